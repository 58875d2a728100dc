/** `conclave invite` */
import { HOUR_MS } from '../../base/time.ts'
import type { Arguments } from '../arguments.ts'
import { displayText } from '../display-text.ts'
import { EXIT } from '../exit.ts'
import type { ChannelForm, InviteForm } from '../forms.ts'
import { clockText } from '../lines.ts'
import { callAloud, openSession } from '../session.ts'
import { CHANNEL } from '../text.ts'

const STANDARD_MS = 24 * HOUR_MS

export async function run(args: Arguments): Promise<number> {
  const { options, operands, output } = args
  const channel = operands[0]!
  const expires = options.duration('expires', STANDARD_MS)
  const session = await openSession(args, 'network')
  const { admission, isManager } = await session.call<ChannelForm>('channel.show', { channel })
  const params = { channel, once: options.isOn('once'), expires }
  // Only an invite with a token has to be told, and only to another key manager.
  const isTold = admission === 'invite' && !isManager
  const form = isTold
    ? await callAloud<InviteForm>(session, 'invite', params)
    : await session.call<InviteForm>('invite', params)
  await session.close()
  output.answer({ ...form }, () => {
    const until = form.expiresAt === undefined ? undefined : clockText(form.expiresAt)
    return [CHANNEL.invite(displayText(form.channelName, { columns: 40, lines: 1 }), until), displayText(form.invite)]
  })
  if (!output.isJson) {
    output.note(CHANNEL.inviteUse)
    if (form.addresses.length === 0) output.note(CHANNEL.inviteWithoutAddress)
  }
  return EXIT.ok
}
