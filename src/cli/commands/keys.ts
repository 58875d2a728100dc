/** `conclave keys` */
import type { Arguments } from '../arguments.ts'
import { EXIT } from '../exit.ts'
import type { LineForm } from '../forms.ts'
import { keyLines } from '../lists.ts'
import { openSession } from '../session.ts'

export async function run(args: Arguments): Promise<number> {
  const session = await openSession(args, 'store')
  const { lines } = await session.call<{ lines: LineForm[] }>('keys', { channel: args.operands[0]! })
  await session.close()
  if (args.output.isJson) for (const one of lines) args.output.json({ ...one })
  else for (const line of keyLines(lines)) args.output.line(line)
  return EXIT.ok
}
