/** `conclave record` */
import { writeFile } from 'node:fs/promises'
import { UsageError } from '../../base/errors.ts'
import type { Arguments } from '../arguments.ts'
import { RECORD } from '../channel-text.ts'
import { displayText } from '../display-text.ts'
import { EXIT } from '../exit.ts'
import type { RecordForm } from '../forms.ts'
import { clockText } from '../lines.ts'
import { openSession } from '../session.ts'

export async function run(args: Arguments): Promise<number> {
  const { options, output } = args
  const session = await openSession(args, 'store')
  const form = await session.call<RecordForm>('record')
  await session.close()
  const path = options.text('out')
  if (path === undefined) output.answer({ ...form }, () => [displayText(form.record)])
  else {
    await write(path, form.record)
    const shown = displayText(path, { lines: 1 })
    output.answer({ ...form, file: path }, () => [RECORD.written(shown)])
  }
  if (!output.isJson) output.note(RECORD.expires(clockText(form.expiresAt)))
  return EXIT.ok
}

/** A new file: what stands in another is nobody's to overwrite by a slip. */
async function write(path: string, record: string): Promise<void> {
  try {
    await writeFile(path, `${record}\n`, { flag: 'wx', mode: 0o644 })
  } catch (cause) {
    throw new UsageError('CANNOT_WRITE', RECORD.exists(displayText(path, { lines: 1 })), { cause })
  }
}
