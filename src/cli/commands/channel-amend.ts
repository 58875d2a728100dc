/** `conclave channel amend` */
import type { Arguments } from '../arguments.ts'
import { CHANNEL } from '../channel-text.ts'
import { displayText } from '../display-text.ts'
import { EXIT } from '../exit.ts'
import type { ChannelForm } from '../forms.ts'
import { callAloud, openSession } from '../session.ts'

export async function run(args: Arguments): Promise<number> {
  const { options, operands, output } = args
  const params = {
    channel: operands[0]!,
    name: options.text('name'),
    addManager: options.texts('add-manager'),
    removeManager: options.texts('remove-manager'),
    quorum: options.count('quorum'),
    addMemberManager: options.texts('add-member-manager'),
    removeMemberManager: options.texts('remove-member-manager'),
    admission: options.text('admission'),
    authentication: options.text('authentication'),
    timing: options.text('timing'),
    partition: options.text('partition'),
    fence: options.has('fence') ? options.duration('fence', 0) : undefined,
    keyLifetime: options.has('key-lifetime') ? options.duration('key-lifetime', 0) : undefined,
    step: options.durationOrOff('step'),
    idle: options.durationOrOff('idle'),
    grace: options.has('grace') ? options.duration('grace', 0) : undefined,
    maxMembers: options.count('max-members'),
    retention: options.durationOrOff('retention')
  }
  const session = await openSession(args, 'network')
  const form = await callAloud<ChannelForm>(session, 'channel.amend', params)
  await session.close()
  const name = displayText(form.name, { columns: 40, lines: 1 })
  output.answer({ ...form }, () => CHANNEL.amended(name, form.managers?.length ?? 0))
  return EXIT.ok
}
