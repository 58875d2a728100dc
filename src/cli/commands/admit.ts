/** `conclave admit` */
import type { Arguments } from '../arguments.ts'
import { EXIT } from '../exit.ts'
import { callAloud, openSession } from '../session.ts'
import { MEMBER } from '../text.ts'

export async function run(args: Arguments): Promise<number> {
  const session = await openSession(args, 'network')
  const params = { channel: args.operands[0]!, user: args.operands[1]! }
  const form = await callAloud<Record<string, unknown>>(session, 'admit', params)
  await session.close()
  args.output.answer(form, () => [MEMBER.admitted])
  return EXIT.ok
}
