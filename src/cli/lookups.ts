/** What several methods look up at a running peer: channels, members, groups, users, and waiting until something is so. */
import { equalBytes, hex } from '../base/bytes.ts'
import { UsageError } from '../base/errors.ts'
import { SECOND_MS } from '../base/time.ts'
import type { ChannelView, Command, CommandResult, GroupView, MemberView, PairView } from '../core/command.ts'
import { asUserId, readUserId, shortFingerprint, type UserId } from '../core/identity/user.ts'
import type { ControlCaller } from '../node/control.ts'
import type { Node } from '../node/index.ts'
import { channelIdText, readChannelId } from '../wire/names.ts'
import { nickTyped } from './arguments.ts'
import { CHANNEL, GROUP, MEMBER } from './channel-text.ts'
import { CONVERSATION, trustText } from './conversation-text.ts'
import { displayText, joinText, own, type SafeText } from './display-text.ts'
import { person } from './event-text.ts'
import type { ChannelForm } from './forms.ts'
import {
  channelForm,
  conversationForm,
  conversationView,
  type Names,
  type PlaceView,
  personForm,
  userText
} from './to-forms.ts'

export type ResultOf<T extends CommandResult['type']> = Extract<CommandResult, { type: T }>

export async function ask<T extends CommandResult['type']>(
  node: Node,
  command: Command,
  type: T
): Promise<ResultOf<T>> {
  const result = await node.command(command)
  if (result.type !== type) throw new TypeError(`the answer to ${command.type} is ${type}`)
  return result as ResultOf<T>
}

export async function channelsOf(node: Node): Promise<readonly ChannelView[]> {
  return (await ask(node, { type: 'channels' }, 'channels')).channels
}

export async function pairsOf(node: Node): Promise<readonly PairView[]> {
  return (await ask(node, { type: 'pairs' }, 'pairs')).pairs
}

/** Everywhere where something was said: channels that were found, and conversations. */
export async function placesOf(node: Node): Promise<PlaceView[]> {
  const channels = (await channelsOf(node)).filter(({ descriptor }) => descriptor !== undefined)
  return [...channels, ...(await pairsOf(node)).map(conversationView)]
}

/** A channel with how many of it are connected, or a conversation. */
export function formOf(node: Node, view: PlaceView): ChannelForm {
  const topic = node.topics().find(({ channel }) => equalBytes(channel, view.id))
  const carriers = new Set(node.peers().flatMap(({ isCarrier, peer }) => (isCarrier ? [peer] : [])))
  const connected = topic?.subscribers.filter((user) => !carriers.has(userText(user))) ?? []
  const { pair } = view
  return { ...channelForm(view, connected.length), ...(pair && { conversation: conversationForm(pair, node.user) }) }
}

/** A channel by id, or as it is after something happened. */
export async function viewOf(node: Node, channel: Uint8Array): Promise<ChannelView | undefined> {
  return (await channelsOf(node)).find(({ id }) => equalBytes(id, channel))
}

export const ID_LETTERS = 8

/**
 * The channel a person means: by id, by name or `#name`, or by the first letters of its id.
 *
 * @throws {UsageError} `NO_SUCH_CHANNEL`, `AMBIGUOUS_CHANNEL`, `NOT_A_CHANNEL`
 */
export async function requireChannel(node: Node, text: string): Promise<ChannelView> {
  if (isAddressed(text))
    throw new UsageError('NOT_A_CHANNEL', CONVERSATION.noChannel(displayText(text, { columns: 60, lines: 1 })))
  const channels = await channelsOf(node)
  const exact = readChannelId(text)
  const name = text.startsWith('#') ? text.slice(1) : text
  const isMeant = ({ id, name: known }: ChannelView): boolean => {
    if (exact !== undefined) return equalBytes(id, exact)
    return known !== '' && known === name.normalize('NFC')
  }
  let found = channels.filter(isMeant)
  if (found.length === 0 && exact === undefined && text.length >= ID_LETTERS) {
    found = channels.filter(({ id }) => channelIdText(id).startsWith(text))
  }
  const shown = displayText(text, { columns: 40, lines: 1 })
  if (found.length > 1) throw new UsageError('AMBIGUOUS_CHANNEL', CHANNEL.ambiguous(shown))
  if (found.length === 0) throw new UsageError('NO_SUCH_CHANNEL', CHANNEL.unknown(shown))
  return found[0]!
}

/** Whether `@bob` is meant, and not a channel. */
export const isAddressed = (text: string): boolean => text.startsWith('@')

/**
 * Where a person wants to read, or to change what was said: a channel as `requireChannel` finds it, or `@NICK`, `@USER` or
 * `@FINGERPRINT` for the conversation with that user, whether anything was said in it or not.
 *
 * @throws {UsageError} as `requireChannel` and `requirePerson`; `TO_ONESELF`
 */
export async function requirePlace(node: Node, text: string): Promise<PlaceView> {
  if (isAddressed(text)) return conversationView(await requirePair(node, text))
  const id = readChannelId(text)
  const pair = id && (await pairsOf(node)).find((one) => equalBytes(one.id, id))
  return pair === undefined ? await requireChannel(node, text) : conversationView(pair)
}

async function requirePair(node: Node, text: string): Promise<PairView> {
  const found = called(await pairsOf(node), text.slice(1))
  const shown = displayText(text, { columns: 60, lines: 1 })
  if (found.length > 1) throw new UsageError('AMBIGUOUS_USER', CONVERSATION.ambiguous(shown, candidatesText(found)))
  return found[0] ?? (await pairWith(node, (await requirePerson(node, text)).user))
}

/** The conversation with a user, also when nothing was said in it. @throws {UsageError} `TO_ONESELF` */
export async function pairWith(node: Node, user: Uint8Array): Promise<PairView> {
  return (await ask(node, { type: 'pairs', user }, 'pairs')).pairs[0]!
}

/**
 * Whether what the other took it may have thrown away: it answers everybody alike, and takes the session of somebody with whom
 * it shares no channel only when it has talked to it or trusts it. Never in a channel, nor once it has answered in the session.
 */
export async function isUnansweredIn(node: Node, { pair }: PlaceView): Promise<boolean> {
  if (pair === undefined || pair.session === 'open') return false
  for (const { id, descriptor } of await channelsOf(node)) {
    const members = descriptor === undefined ? [] : await membersOf(node, id)
    if (members.some((one) => equalBytes(one.user, pair.user))) return false
  }
  return true
}

export async function membersOf(node: Node, channel: Uint8Array): Promise<readonly MemberView[]> {
  return (await ask(node, { type: 'members', channel }, 'members')).members
}

/**
 * The user a person means: by id, or by fingerprint or nick of a member.
 *
 * @throws {UsageError} `NO_SUCH_USER`, `AMBIGUOUS_USER`
 */
export async function requireUser(node: Node, channel: Uint8Array, text: string): Promise<UserId> {
  const user = readUserId(text)
  if (user !== undefined) return user
  const found = (await membersOf(node, channel)).filter(isCalled(text))
  const shown = displayText(text, { columns: 60, lines: 1 })
  if (found.length > 1) throw new UsageError('AMBIGUOUS_USER', MEMBER.ambiguousUser(shown))
  if (found.length === 0) throw new UsageError('NO_SUCH_USER', MEMBER.unknownUser(shown))
  return found[0]!.user as UserId
}

/** Whether somebody has that nick, or that fingerprint. */
function isCalled(text: string): (one: Pick<MemberView, 'user' | 'nick'>) => boolean {
  const nick = nickTyped(text)
  const fingerprint = FINGERPRINT.test(nick) ? nick.toUpperCase() : undefined
  return (one) =>
    one.nick === nick || (fingerprint !== undefined && shortFingerprint(asUserId(one.user)) === fingerprint)
}

const FINGERPRINT = /^[a-z2-7]{4}-[a-z2-7]{4}$/i

/** The pairs that a text may mean. Who goes by a nick that is known as another's has it only when nobody else does. */
function called(pairs: readonly PairView[], text: string): readonly PairView[] {
  const user = readUserId(text)
  const found = pairs.filter(user === undefined ? isCalled(text) : (one) => equalBytes(one.user, user))
  const rightful = found.filter(({ rival }) => rival === undefined)
  return rightful.length > 0 ? rightful : found
}

/** Somebody whom a text may mean. */
interface Candidate extends Partial<Pick<PairView, 'trust' | 'rival'>> {
  readonly user: Uint8Array
  /** Empty when it is not known. */
  readonly nick: string
  /** Absent: no member of a channel. */
  readonly channelName?: string
}

/** Whom a text means. */
export interface Named {
  readonly user: UserId
  /** Empty when it is not known. */
  readonly nick: string
}

/**
 * The user a person wants to talk to: by id, or by fingerprint or nick of a member of a channel, or else of a contact. Of several
 * members with a nick it means whose it is, if that is one of them.
 *
 * @param text - with or without `@`.
 * @param channel - to look there only; undefined: in all.
 * @throws {UsageError} `NO_SUCH_USER`, `AMBIGUOUS_USER`, and as `requireChannel`.
 */
export async function requirePerson(node: Node, text: string, channel?: string): Promise<Named> {
  const found = await candidates(node, text, channel)
  return soleOf(holderAmong(found) ?? found, text)
}

/** As `requirePerson`, where whose a nick is shall be settled: of several with that nick it means none. */
export async function requireOneNamed(node: Node, text: string, channel?: string): Promise<Named> {
  return soleOf(await candidates(node, text, channel), text)
}

function soleOf(found: readonly Candidate[], text: string): Named {
  const shown = displayText(text, { columns: 60, lines: 1 })
  const [one, ...others] = found
  if (one === undefined) throw new UsageError('NO_SUCH_USER', CONVERSATION.unknownUser(shown))
  if (others.length > 0) throw new UsageError('AMBIGUOUS_USER', CONVERSATION.ambiguous(shown, candidatesText(found)))
  return { user: asUserId(one.user), nick: one.nick }
}

/** Who has the nick of all these: it is known as nobody else's, and each of the others as its rival. */
function holderAmong(found: readonly Candidate[]): readonly Candidate[] | undefined {
  const holder = found.find(({ trust, rival }) => trust !== undefined && rival === undefined)
  const isRival = ({ rival }: Candidate): boolean => rival !== undefined && equalBytes(rival, holder!.user)
  return holder && found.every((one) => one === holder || isRival(one)) ? [holder] : undefined
}

/** Everybody whom a text may mean; of several, those whom this user talks to come first. */
async function candidates(node: Node, text: string, channel: string | undefined): Promise<readonly Candidate[]> {
  const user = readUserId(text.replace(/^@/, ''))
  const isMeant = user === undefined ? isCalled(text) : (one: Candidate) => equalBytes(one.user, user)
  const channels = channel === undefined ? await channelsOf(node) : [await requireChannel(node, channel)]
  const found = new Map<string, Candidate>()
  for (const { id, name, descriptor } of channels) {
    if (descriptor === undefined) continue
    const members = (await membersOf(node, id)).filter(isMeant)
    for (const { user: one, nick } of members) found.set(hex(one), { user: one, nick, channelName: name })
  }
  if (found.size === 0 && channel === undefined)
    for (const one of called(await pairsOf(node), text)) found.set(hex(one.user), one)
  if (user !== undefined) return [found.get(hex(user)) ?? { user, nick: '' }]
  if (found.size < 2) return [...found.values()]
  const known: Candidate[] = []
  for (const one of found.values()) {
    const isSelf = equalBytes(one.user, node.user)
    const { trust, rival }: Partial<PairView> = isSelf ? {} : await pairWith(node, one.user)
    known.push({ ...one, trust, rival })
  }
  const rank = ({ trust, rival }: Candidate): number => (rival !== undefined ? 1 : trust === undefined ? 2 : 0)
  return known.sort((a, b) => rank(a) - rank(b))
}

/** `bob (K5QH-2M7A) ✓ verified in #garden, bob (AAAA-BBBB)` */
const candidatesText = (found: readonly Candidate[]): SafeText =>
  joinText(
    found.slice(0, 3).map(({ user, nick, channelName = '', ...known }) => {
      const mark = trustText(known)
      const named = person({ nick, fingerprint: shortFingerprint(asUserId(user)) })
      const who = mark === undefined ? named : own`${named} ${mark}`
      return channelName === '' ? who : own`${who} in #${displayText(channelName, { columns: 40, lines: 1 })}`
    }),
    own`, `
  )

/** The names that members of a channel and its groups have now. */
export async function namesOf(node: Node, channel: Uint8Array, withGroups = false): Promise<Names> {
  const nicks = new Map((await membersOf(node, channel)).map(({ user, nick }) => [hex(user), nick]))
  const groups = new Map((withGroups ? await groupsOf(node, channel) : []).map(({ id, name }) => [hex(id), name]))
  return {
    person: (user) => personForm(user, nicks.get(hex(user)) ?? '', node.user),
    groupName: (group) => groups.get(hex(group)) ?? ''
  }
}

export async function groupsOf(node: Node, channel: Uint8Array): Promise<readonly GroupView[]> {
  return (await ask(node, { type: 'groups', channel }, 'groups')).groups
}

/** The fewest letters of an id of 16 bytes that may stand for it. */
const GROUP_LETTERS = 4

/**
 * The group a person means: by name, by id, or by the first letters of its id.
 *
 * @throws {UsageError} `NO_SUCH_GROUP`, `AMBIGUOUS_GROUP`
 */
export async function requireGroup(node: Node, channel: Uint8Array, text: string): Promise<GroupView> {
  const groups = await groupsOf(node, channel)
  const name = text.normalize('NFC').trim()
  let found = groups.filter((one) => one.name === name)
  if (found.length === 0 && text.length >= GROUP_LETTERS)
    found = groups.filter(({ id }) => hex(id).startsWith(text.toLowerCase()))
  const shown = displayText(text, { columns: 40, lines: 1 })
  if (found.length > 1) throw new UsageError('AMBIGUOUS_GROUP', GROUP.ambiguous(shown))
  if (found.length === 0) throw new UsageError('NO_SUCH_GROUP', GROUP.unknown(shown))
  return found[0]!
}

/**
 * Waits until something is so, looking again at every notice.
 *
 * @param isSo - undefined as long as it is not.
 * @returns undefined when the time is up, or the caller is gone.
 */
export async function until<T>(
  node: Node,
  timeoutMs: number,
  caller: ControlCaller,
  isSo: () => Promise<T | undefined>
): Promise<T | undefined> {
  let look = Promise.withResolvers<void>()
  const stir = (): void => look.resolve()
  const stop = node.onNotice(stir)
  // What no notice speaks of, such as connections, is looked at now and then.
  const ticker = setInterval(stir, SECOND_MS / 4)
  caller.closed.addEventListener('abort', stir, { once: true })
  const endAt = performance.now() + timeoutMs
  try {
    for (;;) {
      const found = await isSo()
      if (found !== undefined || caller.closed.aborted || performance.now() >= endAt) return found
      await look.promise
      look = Promise.withResolvers()
    }
  } finally {
    clearInterval(ticker)
    stop()
    caller.closed.removeEventListener('abort', stir)
  }
}
