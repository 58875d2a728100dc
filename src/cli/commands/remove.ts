/** `conclave remove` */
import { SECOND_MS } from '../../base/time.ts'
import type { Arguments } from '../arguments.ts'
import { EXIT } from '../exit.ts'
import { callAloud, openSession } from '../session.ts'
import { MEMBER } from '../text.ts'

export async function run(args: Arguments): Promise<number> {
  const timeout = args.options.duration('timeout', 10 * SECOND_MS)
  const session = await openSession(args, 'network')
  const params = { channel: args.operands[0]!, user: args.operands[1]!, timeout }
  const form = await callAloud<{ isApplied: boolean }>(session, 'remove', params)
  await session.close()
  args.output.answer(form as unknown as Record<string, unknown>, () => [
    form.isApplied ? MEMBER.removed : MEMBER.removalTold
  ])
  return EXIT.ok
}
