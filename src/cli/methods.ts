/**
 * What can be asked of a running peer: one table of methods, the same for the process itself, for its control socket, and
 * for a peer that lives only as long as one command.
 *
 * A method's name is the command's, words joined by a dot; its parameters are the command's operands and long options in
 * camelCase. Parameters are checked here, whoever they come from.
 */
import { equalBytes, hex } from '../base/bytes.ts'
import { UsageError } from '../base/errors.ts'
import { SECOND_MS } from '../base/time.ts'
import type { ChannelView } from '../core/command.ts'
import { tidyNick } from '../core/identity/nick.ts'
import { shortFingerprint } from '../core/identity/user.ts'
import type { ControlCaller, Params } from '../node/control.ts'
import type { Node } from '../node/index.ts'
import { channelIdText } from '../wire/names.ts'
import { amendChannel } from './amendments.ts'
import { createChannel, invite, invites, join, leaveChannel, revokeInvite, sortedAddresses } from './channel-methods.ts'
import { seen, unknownIn } from './delivery-methods.ts'
import type { IdentityForm, PeerForm, StatusForm } from './forms.ts'
import { addToGroup, createGroup, dissolveGroup, groups, removeFromGroup } from './group-methods.ts'
import { mark, read } from './history-methods.ts'
import { keys, rekey } from './key-methods.ts'
import {
  ask,
  channelsOf,
  formOf,
  ID_LETTERS,
  namesOf,
  pairsOf,
  requireChannel,
  requireGroup,
  requirePlace,
  until,
  viewOf
} from './lookups.ts'
import { admit, importRecords, members, record, remove, whois } from './member-methods.ts'
import { deleteMessage, dm, edit, react, send } from './message-methods.ts'
import { pairs, trust, verify } from './pair-methods.ts'
import { Reader } from './parameters.ts'
import { search } from './search-methods.ts'
import { HOME } from './text.ts'
import { conversationForm, officeForm, personForm } from './to-forms.ts'

/** What a subscriber hears. */
export interface Wanted {
  /** Undefined: all channels. */
  readonly channel?: string | undefined
  /** Only what was said to this group. */
  readonly group?: string | undefined
  readonly withEvents: boolean
}

/** What the methods stand on. */
export interface Desk {
  readonly node: Node
  readonly home: string
  readonly startedAt: number
  /** Addresses worth trying after the next start. */
  noteAddresses(addresses: readonly string[]): void
  /** Sends forms of what happens to a caller, from now on until it is gone. */
  subscribe(caller: ControlCaller, wanted: Wanted): void
}

type Method = (desk: Desk, params: Reader, caller: ControlCaller) => Promise<object | undefined>

const METHODS: ReadonlyMap<string, Method> = new Map<string, Method>([
  ['id', id],
  ['status', status],
  ['peers', async ({ node }) => ({ peers: node.peers().map(peerForm) })],
  ['nick', nick],
  ['channel.create', createChannel],
  ['channel.list', async ({ node }) => ({ channels: (await channelsOf(node)).map((one) => formOf(node, one)) })],
  ['channel.show', async ({ node }, params) => formOf(node, await requirePlace(node, params.text('channel')))],
  ['channel.amend', amendChannel],
  ['channel.leave', leaveChannel],
  ['invite', invite],
  ['invite.list', invites],
  ['invite.revoke', revokeInvite],
  ['join', join],
  ['send', send],
  ['dm', dm],
  ['verify', verify],
  ['trust', trust],
  ['pairs', pairs],
  ['edit', edit],
  ['delete', deleteMessage],
  ['react', react],
  ['seen', seen],
  ['read', read],
  ['search', search],
  ['mark', mark],
  ['subscribe', subscribe],
  ['settle', settle],
  ['members', members],
  ['whois', whois],
  ['record', record],
  ['record.import', importRecords],
  ['admit', admit],
  ['remove', remove],
  ['keys', keys],
  ['rekey', rekey],
  ['group.list', groups],
  ['group.create', createGroup],
  ['group.add', addToGroup],
  ['group.remove', removeFromGroup],
  ['group.dissolve', dissolveGroup]
])

/**
 * Carries out a call.
 *
 * @throws {UsageError} `NO_SUCH_METHOD`, `BAD_OPTION`, and whatever the method says.
 */
export async function callMethod(desk: Desk, name: string, params: Params, caller: ControlCaller): Promise<object> {
  const method = METHODS.get(name)
  if (method === undefined) throw new UsageError('NO_SUCH_METHOD', 'There is no such method.')
  const reader = new Reader(params)
  const bootstrap = reader.texts('bootstrap')
  if (bootstrap.length > 0) {
    desk.node.connect(bootstrap)
    desk.noteAddresses(bootstrap)
  }
  return (await method(desk, reader, caller)) ?? {}
}

// ------------------------------------------------------------------ who and how

async function id({ node, home }: Desk): Promise<IdentityForm> {
  const known = node.role === 'carrier' ? undefined : await ask(node, { type: 'identity' }, 'identity')
  return {
    ...personForm(node.user, known?.nick ?? node.nick, node.user),
    home,
    addresses: sortedAddresses(node.addresses()),
    protection: node.protection,
    isRunning: true
  }
}

async function nick({ node }: Desk, params: Reader): Promise<{ nick: string }> {
  const tidy = tidyNick(params.text('nick'))
  if (tidy === undefined) throw new UsageError('BAD_NICK', HOME.badNick)
  await node.command({ type: 'setNick', nick: tidy })
  return { nick: tidy }
}

const peerForm = ({ user, peer, address, direction, isCarrier }: ReturnType<Node['peers']>[number]): PeerForm => ({
  user: peer,
  fingerprint: shortFingerprint(user),
  address,
  direction,
  isCarrier
})

const LEVELS = ['fail', 'warn', 'ok'] as const

async function status({ node, home, startedAt }: Desk): Promise<StatusForm> {
  const isCarrier = node.role === 'carrier'
  const failure = node.failure
  const channels = isCarrier || failure !== undefined ? [] : await channelsOf(node)
  const identity = isCarrier || failure !== undefined ? undefined : await ask(node, { type: 'identity' }, 'identity')
  const conversations = identity === undefined ? [] : await pairsOf(node)
  const peers = node.peers().length
  const listen = sortedAddresses(node.addresses())
  const health: StatusForm['health'][number][] = []
  if (failure !== undefined) health.push({ level: 'fail', code: 'failed', error: failure.code })
  health.push(
    node.protection === 'passphrase' ? { level: 'ok', code: 'protected' } : { level: 'warn', code: 'unprotected' },
    peers > 0 ? { level: 'ok', code: 'connected', count: peers } : { level: 'warn', code: 'alone', count: 0 },
    listen.length > 0
      ? { level: 'ok', code: 'listening', count: listen.length }
      : { level: 'ok', code: 'not-listening', count: 0 },
    ...(await Promise.all(channels.map((view) => healthOf(node, view)))).flat()
  )
  health.sort((a, b) => LEVELS.indexOf(a.level) - LEVELS.indexOf(b.level))
  const { nick, ...who } = personForm(node.user, identity?.nick ?? node.nick, node.user)
  return {
    type: 'status',
    isRunning: true,
    home,
    role: node.role,
    user: who.user,
    nick,
    fingerprint: who.fingerprint,
    protection: node.protection,
    pid: process.pid,
    uptimeMs: Math.round(performance.now() - startedAt),
    listen,
    peers,
    storeBytes: await node.storeBytes(),
    channels: channels.map((one) => formOf(node, one)),
    conversations: conversations.map((one) => conversationForm(one, node.user)),
    counters: node.counters(),
    health
  }
}

async function healthOf(node: Node, view: ChannelView): Promise<StatusForm['health'][number][]> {
  const channel = view.name || channelIdText(view.id).slice(0, ID_LETTERS)
  const health: StatusForm['health'][number][] = []
  const { key } = view
  if (key === 'alarmed' || key === 'removed')
    health.push({ level: 'fail', code: 'channel-not-ready', channel, state: key })
  else if (key !== 'ready') health.push({ level: 'warn', code: 'channel-not-ready', channel, state: key })
  else {
    health.push({ level: 'ok', code: 'channel-ready', channel, count: view.members })
    const office = officeForm(view, await namesOf(node, view.id))
    const others = (view.descriptor?.managers.length ?? 1) - 1
    if (!view.isManagerPresent && view.isManager) health.push({ level: 'warn', code: 'manager-waiting', channel })
    else if (!view.isManagerPresent) health.push({ level: 'warn', code: 'manager-away', channel, count: others })
    else if (office) health.push({ level: 'ok', code: 'manager', channel, office })
  }
  if (view.isStanding) health.push({ level: 'warn', code: 'standing', channel })
  if (view.exposure === 'warned') health.push({ level: 'warn', code: 'removals-uncertain', channel })
  if (view.waiting > 0) health.push({ level: 'warn', code: 'messages-waiting', channel, count: view.waiting })
  if (view.missing > 0) health.push({ level: 'warn', code: 'messages-missing', channel, count: view.missing })
  const unknown = await unknownIn(node, view)
  if (unknown.length > 0) health.push({ level: 'warn', code: 'messages-unknown', channel, count: unknown.length })
  return health
}

// ------------------------------------------------------------------ messages

async function subscribe(desk: Desk, params: Reader, caller: ControlCaller): Promise<undefined> {
  const text = params.optional('channel')
  const view = text === undefined ? undefined : await requirePlace(desk.node, text)
  const named = params.optional('group')
  const group = view && named !== undefined ? await requireGroup(desk.node, view.id, named) : undefined
  const channel = view && channelIdText(view.id)
  desk.subscribe(caller, { channel, group: group && hex(group.id), withEvents: params.isOn('events') })
}

/** Waits until what is said in a channel now reaches somebody who can read it, or the time is up. */
async function settle({ node }: Desk, params: Reader, caller: ControlCaller): Promise<object> {
  const view = await requireChannel(node, params.text('channel'))
  const isSo = async (): Promise<true | undefined> => {
    const now = await viewOf(node, view.id)
    const topic = node.topics().find(({ channel }) => equalBytes(channel, view.id))
    return topic?.isReady === true && now?.key === 'ready' ? true : undefined
  }
  return { isSettled: (await until(node, params.duration('timeout', 5 * SECOND_MS), caller, isSo)) === true }
}
