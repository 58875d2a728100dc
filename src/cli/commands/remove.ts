/** `conclave remove` */
import { SECOND_MS } from '../../base/time.ts'
import type { Arguments } from '../arguments.ts'
import { MEMBER } from '../channel-text.ts'
import { displayText } from '../display-text.ts'
import { EXIT } from '../exit.ts'
import type { RemoveForm } from '../forms.ts'
import { callAloud, openSession } from '../session.ts'

export async function run(args: Arguments): Promise<number> {
  const timeout = args.options.duration('timeout', 10 * SECOND_MS)
  const session = await openSession(args, 'network')
  const [channel = '', user = ''] = args.operands
  const params = { channel, user, forCause: args.options.isOn('for-cause'), timeout }
  const form = await callAloud<RemoveForm>(session, 'remove', params)
  await session.close()
  args.output.answer({ ...form }, () => [form.isApplied ? MEMBER.removed(displayText(form.epoch)) : MEMBER.removalTold])
  return EXIT.ok
}
