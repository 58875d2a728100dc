/** `conclave invite`, `conclave invite list|revoke` */
import { HOUR_MS } from '../../base/time.ts'
import type { Arguments } from '../arguments.ts'
import { CHANNEL, INVITE } from '../channel-text.ts'
import { displayText } from '../display-text.ts'
import { EXIT } from '../exit.ts'
import type { ChannelForm, InviteForm, InviteRecordForm } from '../forms.ts'
import { clockText } from '../lines.ts'
import { inviteLines } from '../lists.ts'
import { callAloud, openSession } from '../session.ts'

const STANDARD_MS = 24 * HOUR_MS

export async function run(args: Arguments): Promise<number> {
  switch (args.command) {
    case 'invite list':
      return list(args)
    case 'invite revoke':
      return revoke(args)
    default:
      return make(args)
  }
}

async function make(args: Arguments): Promise<number> {
  const { options, operands, output } = args
  const channel = operands[0]!
  const expires = options.duration('expires', STANDARD_MS)
  const session = await openSession(args, 'network')
  const { admission, isManager } = await session.call<ChannelForm>('channel.show', { channel })
  const params = { channel, once: options.isOn('once'), uses: options.count('uses'), expires }
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
    if (form.token !== undefined) output.note(INVITE.name(displayText(form.token.slice(0, 8))))
    if (form.addresses.length === 0) output.note(CHANNEL.inviteWithoutAddress)
  }
  return EXIT.ok
}

async function list(args: Arguments): Promise<number> {
  const session = await openSession(args, 'store')
  const { invites } = await session.call<{ invites: InviteRecordForm[] }>('invite.list', { channel: args.operands[0]! })
  await session.close()
  if (args.output.isJson) for (const one of invites) args.output.json({ ...one })
  else for (const line of inviteLines(invites)) args.output.line(line)
  return EXIT.ok
}

async function revoke(args: Arguments): Promise<number> {
  const [channel = '', invite = ''] = args.operands
  const session = await openSession(args, 'network')
  const form = await callAloud<InviteRecordForm>(session, 'invite.revoke', { channel, invite })
  await session.close()
  args.output.answer({ ...form }, () => [INVITE.revoked(displayText(form.token.slice(0, 8)))])
  return EXIT.ok
}
