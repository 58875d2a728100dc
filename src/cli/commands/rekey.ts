/** `conclave rekey` */
import { SECOND_MS } from '../../base/time.ts'
import type { Arguments } from '../arguments.ts'
import { KEY } from '../channel-text.ts'
import { displayText } from '../display-text.ts'
import { EXIT } from '../exit.ts'
import type { LineForm } from '../forms.ts'
import { lineText } from '../lists.ts'
import { callAloud, openSession } from '../session.ts'

export async function run(args: Arguments): Promise<number> {
  const { options, operands, output } = args
  const timeout = options.duration('timeout', 10 * SECOND_MS)
  const session = await openSession(args, 'network')
  const params = { channel: operands[0]!, group: options.text('group'), timeout }
  const form = await callAloud<LineForm>(session, 'rekey', params)
  await session.close()
  output.answer({ ...form }, () => [KEY.fresh(lineText(form), displayText(form.epoch))])
  return EXIT.ok
}
