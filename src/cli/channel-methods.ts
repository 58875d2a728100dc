/** Channels and the way into them: found, join, leave, invite. */
import { equalBytes, hex } from '../base/bytes.ts'
import { UsageError } from '../base/errors.ts'
import { SECOND_MS } from '../base/time.ts'
import { readInvite, tokenHash } from '../core/channel/invite.ts'
import type { ChannelSettings, ChannelView, InviteView, KeyState } from '../core/command.ts'
import { readUserId } from '../core/identity/user.ts'
import { Refusal } from '../core/reject.ts'
import type { ControlCaller } from '../node/control.ts'
import { addressBytes, addressText, type Node } from '../node/index.ts'
import { INVITE_ADDRESSES } from '../wire/limits.ts'
import { INVITE, MEMBER } from './channel-text.ts'
import { displayText } from './display-text.ts'
import {
  ADMISSIONS,
  AUTHENTICATIONS,
  HISTORIES,
  type InviteForm,
  type InviteRecordForm,
  type JoinForm,
  PARTITIONS,
  PRIVACIES,
  TIMINGS,
  TRIGGERS
} from './forms.ts'
import { ask, formOf, namesOf, requireChannel, until, viewOf } from './lookups.ts'
import type { Desk } from './methods.ts'
import type { Reader } from './parameters.ts'
import {
  ADMISSION,
  AUTHENTICATION,
  HISTORY,
  inviteRecordForm,
  PARTITION,
  PRIVACY,
  placeOf,
  TIMING,
  TRIGGER
} from './to-forms.ts'

export async function createChannel({ node }: Desk, params: Reader): Promise<object> {
  const managers = usersGiven(params, 'manager')
  const memberManagers = usersGiven(params, 'memberManager')
  const settings: ChannelSettings = {
    name: params.text('name').replace(/^#/, '').normalize('NFC').trim(),
    admission: ADMISSION[params.choice('admission', ADMISSIONS, 'invite')],
    privacy: PRIVACY[params.choice('privacy', PRIVACIES, 'encrypted')],
    history: HISTORY[params.choice('history', HISTORIES, 'none')],
    authentication: AUTHENTICATION[params.choice('authentication', AUTHENTICATIONS, 'signature')],
    timing: TIMING[params.choice('timing', TIMINGS, 'local')],
    partition: PARTITION[params.choice('partition', PARTITIONS, 'continue')],
    withoutTriggers: params.choices('withoutTrigger', TRIGGERS).reduce((bits, one) => bits | TRIGGER[one], 0),
    memberManagers,
    ...(managers.length > 0 && { managers }),
    ...numbersGiven(params)
  }
  const { channel } = await ask(node, { type: 'createChannel', settings }, 'channel')
  return formOf(node, channel)
}

/** The settings that are numbers and times, as far as they are given. */
export function numbersGiven(params: Reader): ChannelSettings {
  return withoutUndefined({
    quorum: params.number('quorum'),
    fenceSeconds: params.seconds('fence'),
    maxMembers: params.number('maxMembers'),
    keyLifetimeSeconds: params.seconds('keyLifetime'),
    stepSeconds: params.seconds('step'),
    idleSeconds: params.seconds('idle'),
    graceSeconds: params.seconds('grace'),
    retentionSeconds: params.seconds('retention')
  })
}

/** @throws {UsageError} `NO_SUCH_USER` when one of them is no user id: nobody of the channel can be asked yet. */
const usersGiven = (params: Reader, name: string): Uint8Array[] =>
  params.texts(name).map((text) => {
    const user = readUserId(text)
    if (user !== undefined) return user
    throw new UsageError('NO_SUCH_USER', MEMBER.noUserId(displayText(text, { columns: 60, lines: 1 })))
  })

/** Only what is there. */
export const withoutUndefined = <T extends object>(values: T): { [K in keyof T]?: Exclude<T[K], undefined> } =>
  Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>
  }

export async function leaveChannel({ node }: Desk, params: Reader): Promise<object> {
  const view = await requireChannel(node, params.text('channel'))
  await node.command({ type: 'leaveChannel', channel: view.id })
  return placeOf(view)
}

/** Reachable from far first; loopback only when there is nothing else. */
export function sortedAddresses(addresses: readonly string[]): string[] {
  const rank = (address: string): number =>
    /^\/ip4\/127\.|^\/ip6\/::1\//.test(address) ? 2 : address.startsWith('/ip4/') ? 0 : 1
  return [...addresses].sort((a, b) => rank(a) - rank(b))
}

const isLoopback = (address: string): boolean => /^\/ip4\/127\.|^\/ip6\/::1\//.test(address)

/** Own addresses, and one of somebody we called who can be called when we are gone. */
function addressesToGive(node: Node): string[] {
  const all = sortedAddresses(node.addresses()).filter((address) => !address.startsWith('/ip6/fe80'))
  const reachable = all.filter((address) => !isLoopback(address))
  const mine = (reachable.length > 0 ? reachable : all).slice(0, INVITE_ADDRESSES - 1)
  const called = node.peers().filter(({ direction }) => direction === 'outbound')
  const other = called.find(({ isCarrier }) => isCarrier) ?? called[0]
  if (other === undefined) return (reachable.length > 0 ? reachable : all).slice(0, INVITE_ADDRESSES)
  return [...mine, withPeer(other.address, other.peer)]
}

const withPeer = (address: string, peer: string): string =>
  address.includes('/p2p/') ? address : `${address}/p2p/${peer}`

export async function invite({ node }: Desk, params: Reader): Promise<InviteForm> {
  const view = await requireChannel(node, params.text('channel'))
  const lifetimeMs = params.duration('expires', 0)
  const uses = params.number('uses') ?? 0
  if (params.isOn('once') && uses > 1) throw new UsageError('BAD_OPTION', INVITE.twoCounts)
  const given = addressesToGive(node)
  const result = await ask(
    node,
    {
      type: 'invite',
      channel: view.id,
      uses: params.isOn('once') ? 1 : uses,
      lifetimeMs: lifetimeMs === 0 ? undefined : lifetimeMs,
      addresses: given.map(addressBytes)
    },
    'invite'
  )
  return {
    ...placeOf(view),
    invite: result.invite,
    ...tokenOf(result.invite),
    ...(result.expiresAt > 0 && { expiresAt: result.expiresAt }),
    addresses: given
  }
}

/** The name under which the channel's log knows an invite's token; nothing when it has none. */
function tokenOf(invite: string): { token?: string } {
  const read = readInvite(invite)
  return read instanceof Refusal || read.token.length === 0 ? {} : { token: hex(tokenHash(read.channel, read.token)) }
}

/** The invites on record that let somebody in. */
export async function invites({ node }: Desk, params: Reader): Promise<{ invites: InviteRecordForm[] }> {
  const view = await requireChannel(node, params.text('channel'))
  const all = await ask(node, { type: 'invites', channel: view.id }, 'invites')
  const names = await namesOf(node, view.id)
  return { invites: all.invites.map((one) => inviteRecordForm(one, placeOf(view), names)) }
}

/** Ends an invite, named by its text or by the hash of its token, also by the first letters of that. */
export async function revokeInvite({ node }: Desk, params: Reader): Promise<InviteRecordForm> {
  const view = await requireChannel(node, params.text('channel'))
  const { invites: all } = await ask(node, { type: 'invites', channel: view.id }, 'invites')
  const found = inviteNamed(view.id, all, params.text('invite'))
  await node.command({ type: 'revokeInvite', channel: view.id, token: found.token })
  return inviteRecordForm({ ...found, isRevoked: true }, placeOf(view), await namesOf(node, view.id))
}

const TOKEN_LETTERS = 8

function inviteNamed(channel: Uint8Array, all: readonly InviteView[], text: string): InviteView {
  const read = readInvite(text)
  if (!(read instanceof Refusal)) {
    if (!equalBytes(read.channel, channel)) throw new UsageError('NO_SUCH_INVITE', INVITE.ofOther)
    if (read.token.length === 0) throw new UsageError('NO_SUCH_INVITE', INVITE.withoutToken)
  }
  const token = read instanceof Refusal ? text.toLowerCase() : hex(tokenHash(channel, read.token))
  const found = token.length < TOKEN_LETTERS ? [] : all.filter((one) => hex(one.token).startsWith(token))
  const shown = displayText(text, { columns: 40, lines: 1 })
  if (found.length > 1) throw new UsageError('NO_SUCH_INVITE', INVITE.ambiguous(shown))
  if (found.length === 0) throw new UsageError('NO_SUCH_INVITE', INVITE.unknown(shown))
  return found[0]!
}

export const isPlainChannel = (view: ChannelView): boolean =>
  view.descriptor !== undefined && view.descriptor.privacy === PRIVACY.plain

/** States that no waiting mends. */
const FINAL: ReadonlySet<KeyState> = new Set(['removed', 'alarmed'])

export async function join(desk: Desk, params: Reader, caller: ControlCaller): Promise<JoinForm> {
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
