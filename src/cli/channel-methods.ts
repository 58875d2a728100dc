/** Channels and the way into them: found, join, leave, invite. */
import { UsageError } from '../base/errors.ts'
import { SECOND_MS } from '../base/time.ts'
import { readInvite } from '../core/channel/invite.ts'
import type { ChannelSettings, ChannelView, KeyState } from '../core/command.ts'
import { readUserId } from '../core/identity/user.ts'
import { Refusal } from '../core/reject.ts'
import type { ControlCaller } from '../node/control.ts'
import { addressBytes, addressText, type Node } from '../node/index.ts'
import { INVITE_ADDRESSES } from '../wire/limits.ts'
import { channelIdText } from '../wire/names.ts'
import { displayText } from './display-text.ts'
import { ADMISSIONS, HISTORIES, type InviteForm, type JoinForm, PRIVACIES } from './forms.ts'
import { ask, formOf, requireChannel, until, viewOf } from './lookups.ts'
import type { Desk } from './methods.ts'
import type { Reader } from './parameters.ts'
import { MEMBER } from './text.ts'
import { ADMISSION, HISTORY, PRIVACY } from './to-forms.ts'

export async function createChannel({ node }: Desk, params: Reader): Promise<object> {
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

export async function leaveChannel({ node }: Desk, params: Reader): Promise<object> {
  const view = await requireChannel(node, params.text('channel'))
  await node.command({ type: 'leaveChannel', channel: view.id })
  return { channel: channelIdText(view.id), channelName: view.name }
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

export const isPlain = (view: ChannelView): boolean =>
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
    if (view.key === 'ready' || isPlain(view) || FINAL.has(view.key)) return view
    if (told !== view.key) caller.notify('progress', { state: view.key })
    told = view.key
    return undefined
  }
  const timeoutMs = params.duration('timeout', 30 * SECOND_MS)
  const view = (await until(node, timeoutMs, caller, look)) ?? (await viewOf(node, channel.id)) ?? channel
  return { isReady: view.key === 'ready' || isPlain(view), channel: formOf(node, view) }
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
