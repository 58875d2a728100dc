/** `conclave rekey` */
import type { Arguments } from '../arguments.ts'
import { displayText } from '../display-text.ts'
import { EXIT } from '../exit.ts'
import type { ChannelForm } from '../forms.ts'
import { callAloud, openSession } from '../session.ts'
import { MEMBER } from '../text.ts'

export async function run(args: Arguments): Promise<number> {
  const session = await openSession(args, 'network')
  const form = await callAloud<ChannelForm>(session, 'rekey', { channel: args.operands[0]! })
  await session.close()
  args.output.answer({ ...form }, () => [MEMBER.rekeyed(displayText(form.epoch))])
  return EXIT.ok
}
