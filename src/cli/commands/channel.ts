/** `conclave channel create|list|show|leave` */
import type { Arguments } from '../arguments.ts'
import { CHANNEL } from '../channel-text.ts'
import { displayText } from '../display-text.ts'
import { EXIT } from '../exit.ts'
import {
  ADMISSIONS,
  AUTHENTICATIONS,
  type ChannelForm,
  HISTORIES,
  type MemberForm,
  PARTITIONS,
  PRIVACIES,
  TIMINGS,
  TRIGGERS
} from '../forms.ts'
import { channelText } from '../lines.ts'
import { channelDetails, channelLines } from '../lists.ts'
import { callAloud, openSession } from '../session.ts'

export async function run(args: Arguments): Promise<number> {
  switch (args.command) {
    case 'channel create':
      return create(args)
    case 'channel list':
      return list(args)
    case 'channel leave':
      return leave(args)
    default:
      return show(args)
  }
}

async function create(args: Arguments): Promise<number> {
  const { options, operands, output } = args
  const params = {
    name: operands[0]!,
    admission: options.choice('admission', ADMISSIONS, 'invite'),
    privacy: options.choice('privacy', PRIVACIES, 'encrypted'),
    history: options.choice('history', HISTORIES, 'none'),
    authentication: options.choice('authentication', AUTHENTICATIONS, 'signature'),
    timing: options.choice('timing', TIMINGS, 'local'),
    partition: options.choice('partition', PARTITIONS, 'continue'),
    manager: options.texts('manager'),
    quorum: options.count('quorum'),
    fence: options.has('fence') ? options.duration('fence', 0) : undefined,
    memberManager: options.texts('member-manager'),
    withoutTrigger: options.choices('without-trigger', TRIGGERS),
    keyLifetime: options.has('key-lifetime') ? options.duration('key-lifetime', 0) : undefined,
    step: options.durationOrOff('step'),
    idle: options.durationOrOff('idle'),
    grace: options.has('grace') ? options.duration('grace', 0) : undefined,
    maxMembers: options.count('max-members'),
    retention: options.durationOrOff('retention')
  }
  const session = await openSession(args, 'store')
  const form = await session.call<ChannelForm>('channel.create', params)
  await session.close()
  output.answer({ ...form }, () =>
    CHANNEL.created(displayText(form.name, { columns: 40, lines: 1 }), displayText(form.id))
  )
  return EXIT.ok
}

async function list(args: Arguments): Promise<number> {
  const session = await openSession(args, 'store')
  const { channels } = await session.call<{ channels: ChannelForm[] }>('channel.list')
  await session.close()
  if (args.output.isJson) for (const one of channels) args.output.json({ ...one })
  else for (const line of channelLines(channels)) args.output.line(line)
  return EXIT.ok
}

async function show(args: Arguments): Promise<number> {
  const session = await openSession(args, 'store')
  const form = await session.call<ChannelForm>('channel.show', { channel: args.operands[0]! })
  const { members } = await session.call<{ members: MemberForm[] }>('members', { channel: form.id })
  await session.close()
  args.output.answer({ ...form }, () => channelDetails(form, members))
  return EXIT.ok
}

async function leave(args: Arguments): Promise<number> {
  const session = await openSession(args, 'network')
  const params = { channel: args.operands[0]! }
  const left = await callAloud<{ channel: string; channelName: string }>(session, 'channel.leave', params)
  await session.close()
  args.output.answer(left, () => [CHANNEL.left(displayText(channelText(left).slice(1)))])
  return EXIT.ok
}
