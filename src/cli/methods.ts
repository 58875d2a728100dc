/**
 * What can be asked of a running peer: one table of methods, the same for the process itself, for its control socket, and
 * for a peer that lives only as long as one command.
 *
 * A method's name is the command's, words joined by a dot; its parameters are the command's operands and long options in
 * camelCase. Parameters are checked here, whoever they come from.
 */
import { EMPTY, equalBytes } from '../base/bytes.ts'
import { UsageError } from '../base/errors.ts'
import { SECOND_MS } from '../base/time.ts'
import { readInvite } from '../core/channel/invite.ts'
import type { ChannelSettings, ChannelView, Command, KeyState } from '../core/command.ts'
import { tidyNick } from '../core/identity/nick.ts'
import { readUserId, shortFingerprint } from '../core/identity/user.ts'
import type { Notice } from '../core/notice.ts'
import { Refusal } from '../core/reject.ts'
import type { ControlCaller, Params } from '../node/control.ts'
import { addressBytes, addressText, type Node } from '../node/index.ts'
import { INVITE_ADDRESSES } from '../wire/limits.ts'
import { channelIdText } from '../wire/names.ts'
import { displayText } from './display-text.ts'
import {
  ADMISSIONS,
  HISTORIES,
  type IdentityForm,
  type InviteForm,
  type JoinForm,
  type PeerForm,
  PRIVACIES,
  type SendForm,
  type StatusForm
} from './forms.ts'
import { mark, read } from './history-methods.ts'
import {
  ask,
  channelsOf,
  formOf,
  ID_LETTERS,
  membersOf,
  requireChannel,
  requireUser,
  until,
  viewOf
} from './lookups.ts'
import { Reader } from './parameters.ts'
import { HOME, MEMBER } from './text.ts'
import { ADMISSION, HISTORY, memberForm, PRIVACY, personForm, userText } from './to-forms.ts'

/** What the methods stand on. */
export interface Desk {
  readonly node: Node
  readonly home: string
  readonly startedAt: number
  /** Addresses worth trying after the next start. */
  noteAddresses(addresses: readonly string[]): void
  /** Sends forms of what happens to a caller, from now on until it is gone. */
  subscribe(caller: ControlCaller, channel: string | undefined, withEvents: boolean): void
}

type Method = (desk: Desk, params: Reader, caller: ControlCaller) => Promise<object | undefined>

const METHODS: ReadonlyMap<string, Method> = new Map<string, Method>([
  ['id', id],
  ['status', status],
  ['peers', async ({ node }) => ({ peers: node.peers().map(peerForm) })],
  ['nick', nick],
  ['channel.create', createChannel],
  ['channel.list', async ({ node }) => ({ channels: (await channelsOf(node)).map((one) => formOf(node, one)) })],
  ['channel.show', async ({ node }, params) => formOf(node, await requireChannel(node, params.text('channel')))],
  ['channel.leave', leaveChannel],
  ['invite', invite],
  ['join', join],
  ['send', send],
  ['read', read],
  ['mark', mark],
  ['subscribe', subscribe],
  ['settle', settle],
  ['members', members],
  ['admit', admit],
  ['remove', remove],
  ['rekey', rekey]
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
    addresses: sorted(node.addresses()),
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
  const peers = node.peers().length
  const listen = sorted(node.addresses())
  const health: StatusForm['health'][number][] = []
  if (failure !== undefined) health.push({ level: 'fail', code: 'failed' })
  health.push(
    node.protection === 'passphrase' ? { level: 'ok', code: 'protected' } : { level: 'warn', code: 'unprotected' },
    peers > 0 ? { level: 'ok', code: 'connected', count: peers } : { level: 'warn', code: 'alone', count: 0 },
    listen.length > 0
      ? { level: 'ok', code: 'listening', count: listen.length }
      : { level: 'ok', code: 'not-listening', count: 0 },
    ...channels.flatMap(healthOf)
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
    channels: channels.map((one) => formOf(node, one)),
    counters: node.counters(),
    health
  }
}

function healthOf(view: ChannelView): StatusForm['health'][number][] {
  const channel = view.name || channelIdText(view.id).slice(0, ID_LETTERS)
  const health: StatusForm['health'][number][] = []
  const { key } = view
  if (key === 'alarmed' || key === 'removed')
    health.push({ level: 'fail', code: 'channel-not-ready', channel, state: key })
  else if (key !== 'ready') health.push({ level: 'warn', code: 'channel-not-ready', channel, state: key })
  else {
    health.push({ level: 'ok', code: 'channel-ready', channel, count: view.members })
    if (!view.isManagerPresent) health.push({ level: 'warn', code: 'manager-away', channel })
  }
  if (view.waiting > 0) health.push({ level: 'warn', code: 'messages-waiting', channel, count: view.waiting })
  return health
}

// ------------------------------------------------------------------ channels

async function createChannel({ node }: Desk, params: Reader): Promise<object> {
  const managers = params.texts('manager').map((text) => {
    const user = readUserId(text)
    if (user === undefined) {
      throw new UsageError('NO_SUCH_USER', MEMBER.unknownUser(displayText(text, { columns: 60, lines: 1 })))
    }
    return user
  })
  const settings: ChannelSettings = {
    name: params.text('name').replace(/^#/, '').normalize('NFC').trim(),
    admission: ADMISSION[params.choice('admission', ADMISSIONS, 'invite')],
    privacy: PRIVACY[params.choice('privacy', PRIVACIES, 'encrypted')],
    history: HISTORY[params.choice('history', HISTORIES, 'none')],
    ...(managers.length > 0 && { managers }),
    ...(params.has('keyLifetime') && { keyLifetimeSeconds: Math.floor(params.duration('keyLifetime', 0) / SECOND_MS) }),
    ...(params.has('idle') && { idleSeconds: Math.floor(params.duration('idle', 0) / SECOND_MS) })
  }
  const { channel } = await ask(node, { type: 'createChannel', settings }, 'channel')
  return formOf(node, channel)
}

async function leaveChannel({ node }: Desk, params: Reader): Promise<object> {
  const view = await requireChannel(node, params.text('channel'))
  await node.command({ type: 'leaveChannel', channel: view.id })
  return { channel: channelIdText(view.id), channelName: view.name }
}

/** Reachable from far first; loopback only when there is nothing else. */
function sorted(addresses: readonly string[]): string[] {
  const rank = (address: string): number =>
    /^\/ip4\/127\.|^\/ip6\/::1\//.test(address) ? 2 : address.startsWith('/ip4/') ? 0 : 1
  return [...addresses].sort((a, b) => rank(a) - rank(b))
}

const isLoopback = (address: string): boolean => /^\/ip4\/127\.|^\/ip6\/::1\//.test(address)

/** Own addresses, and one of somebody we called who can be called when we are gone. */
export function addressesToGive(node: Node): string[] {
  const all = sorted(node.addresses()).filter((address) => !address.startsWith('/ip6/fe80'))
  const reachable = all.filter((address) => !isLoopback(address))
  const mine = (reachable.length > 0 ? reachable : all).slice(0, INVITE_ADDRESSES - 1)
  const called = node.peers().filter(({ direction }) => direction === 'outbound')
  const other = called.find(({ isCarrier }) => isCarrier) ?? called[0]
  if (other === undefined) return (reachable.length > 0 ? reachable : all).slice(0, INVITE_ADDRESSES)
  return [...mine, withPeer(other.address, other.peer)]
}

const withPeer = (address: string, peer: string): string =>
  address.includes('/p2p/') ? address : `${address}/p2p/${peer}`

async function invite({ node }: Desk, params: Reader): Promise<InviteForm> {
  const view = await requireChannel(node, params.text('channel'))
  const lifetimeMs = params.duration('expires', 0)
  const given = addressesToGive(node)
  const result = await ask(
    node,
    {
      type: 'invite',
      channel: view.id,
      uses: params.isOn('once') ? 1 : 0,
      lifetimeMs: lifetimeMs === 0 ? undefined : lifetimeMs,
      addresses: given.map(addressBytes)
    },
    'invite'
  )
  return {
    invite: result.invite,
    channel: channelIdText(view.id),
    channelName: view.name,
    ...(result.expiresAt > 0 && { expiresAt: result.expiresAt }),
    addresses: given
  }
}

/** States that no waiting mends. */
const FINAL: ReadonlySet<KeyState> = new Set(['removed', 'alarmed'])

async function join(desk: Desk, params: Reader, caller: ControlCaller): Promise<JoinForm> {
  const { node } = desk
  const text = params.text('invite')
  const decoded = readInvite(text)
  if (!(decoded instanceof Refusal)) {
    const hints = decoded.addresses.flatMap((bytes) => addressText(bytes) ?? [])
    connectWhereUsable(node, hints)
    desk.noteAddresses(hints)
  }
  const { channel } = await ask(node, { type: 'join', invite: text }, 'channel')
  let told: KeyState | undefined
  const look = async (): Promise<ChannelView | undefined> => {
    const view = await viewOf(node, channel.id)
    if (view === undefined) return channel
    if (view.key === 'ready' || FINAL.has(view.key)) return view
    if (told !== view.key) caller.notify('progress', { state: view.key })
    told = view.key
    return undefined
  }
  const timeoutMs = params.duration('timeout', 30 * SECOND_MS)
  const view = (await until(node, timeoutMs, caller, look)) ?? (await viewOf(node, channel.id)) ?? channel
  return { isReady: view.key === 'ready', channel: formOf(node, view) }
}

/** An invite's addresses are a stranger's: one that cannot be used does not spoil the others. */
export function connectWhereUsable(node: Node, addresses: readonly string[]): void {
  for (const address of addresses) {
    try {
      node.connect([address])
    } catch (error) {
      if (!(error instanceof UsageError)) throw error
    }
  }
}

// ------------------------------------------------------------------ messages

async function send({ node }: Desk, params: Reader, caller: ControlCaller): Promise<SendForm> {
  const view = await requireChannel(node, params.text('channel'))
  const wait = params.choice('wait', ['sent', 'none'], 'sent')
  const text = params.text('text')
  const isAction = params.isOn('action')
  const sent = new Map<string, string>()
  const stop = node.onNotice((notice) => {
    if (notice.type === 'messageState' && notice.state === 'sent') sent.set(notice.local, notice.id)
  })
  try {
    const content = { text: { text, replyTo: EMPTY, isAction } }
    const command: Command = { type: 'say', channel: view.id, content, isPlain: params.isOn('plain') }
    const { local } = await ask(node, command, 'said')
    const timeoutMs = wait === 'none' ? 0 : params.duration('timeout', 10 * SECOND_MS)
    const messageId = timeoutMs === 0 ? undefined : await until(node, timeoutMs, caller, async () => sent.get(local))
    const place = { channel: channelIdText(view.id), channelName: view.name, local }
    if (messageId !== undefined) return { ...place, id: messageId, state: 'sent', key: 'ready' }
    return { ...place, state: 'waiting', key: (await viewOf(node, view.id))?.key ?? view.key }
  } finally {
    stop()
  }
}

async function subscribe(desk: Desk, params: Reader, caller: ControlCaller): Promise<undefined> {
  const text = params.optional('channel')
  const view = text === undefined ? undefined : await requireChannel(desk.node, text)
  desk.subscribe(caller, view && channelIdText(view.id), params.isOn('events'))
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

// ------------------------------------------------------------------ members

async function members({ node }: Desk, params: Reader): Promise<object> {
  const view = await requireChannel(node, params.text('channel'))
  const all = await membersOf(node, view.id)
  return { channel: channelIdText(view.id), channelName: view.name, members: all.map(memberForm) }
}

async function admit({ node }: Desk, params: Reader): Promise<object> {
  const view = await requireChannel(node, params.text('channel'))
  const user = await requireUser(node, view.id, params.text('user'))
  await node.command({ type: 'admit', channel: view.id, user })
  return { channel: channelIdText(view.id), channelName: view.name, user: userText(user) }
}

async function remove({ node }: Desk, params: Reader, caller: ControlCaller): Promise<object> {
  const view = await requireChannel(node, params.text('channel'))
  const user = await requireUser(node, view.id, params.text('user'))
  let isApplied = false
  const stop = node.onNotice((notice) => {
    isApplied ||= isRemovalOf(notice, view.id, user)
  })
  try {
    await node.command({ type: 'remove', channel: view.id, user, isForCause: false })
    const timeoutMs = params.duration('timeout', 10 * SECOND_MS)
    await until(node, timeoutMs, caller, async () => (isApplied ? true : undefined))
  } finally {
    stop()
  }
  return { channel: channelIdText(view.id), channelName: view.name, user: userText(user), isApplied }
}

const isRemovalOf = (notice: Notice, channel: Uint8Array, user: Uint8Array): boolean =>
  notice.type === 'roster' &&
  notice.change !== 'admitted' &&
  equalBytes(notice.channel, channel) &&
  equalBytes(notice.user, user)

async function rekey({ node }: Desk, params: Reader): Promise<object> {
  const view = await requireChannel(node, params.text('channel'))
  await node.command({ type: 'rekey', channel: view.id })
  return formOf(node, (await viewOf(node, view.id)) ?? view)
}
