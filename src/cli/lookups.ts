/** What several methods look up at a running peer: channels, members, groups, users, and waiting until something is so. */
import { equalBytes, hex } from '../base/bytes.ts'
import { UsageError } from '../base/errors.ts'
import { SECOND_MS } from '../base/time.ts'
import type { ChannelView, Command, CommandResult, GroupView, MemberView } from '../core/command.ts'
import { readUserId, shortFingerprint, type UserId } from '../core/identity/user.ts'
import type { ControlCaller } from '../node/control.ts'
import type { Node } from '../node/index.ts'
import { channelIdText, readChannelId } from '../wire/names.ts'
import { nickTyped } from './arguments.ts'
import { CHANNEL, GROUP, MEMBER } from './channel-text.ts'
import { displayText } from './display-text.ts'
import type { ChannelForm } from './forms.ts'
import { channelForm, type Names, personForm, userText } from './to-forms.ts'

type ResultOf<T extends CommandResult['type']> = Extract<CommandResult, { type: T }>

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

/** A channel with how many of it are connected. */
export function formOf(node: Node, view: ChannelView): ChannelForm {
  const topic = node.topics().find(({ channel }) => equalBytes(channel, view.id))
  const carriers = new Set(node.peers().flatMap(({ isCarrier, peer }) => (isCarrier ? [peer] : [])))
  const connected = topic?.subscribers.filter((user) => !carriers.has(userText(user))) ?? []
  return channelForm(view, connected.length)
}

/** A channel by id, or as it is after something happened. */
export async function viewOf(node: Node, channel: Uint8Array): Promise<ChannelView | undefined> {
  return (await channelsOf(node)).find(({ id }) => equalBytes(id, channel))
}

export const ID_LETTERS = 8

/**
 * The channel a person means: by id, by name or `#name`, or by the first letters of its id.
 *
 * @throws {UsageError} `NO_SUCH_CHANNEL`, `AMBIGUOUS_CHANNEL`
 */
export async function requireChannel(node: Node, text: string): Promise<ChannelView> {
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
  const wanted = nickTyped(text)
  const found = (await membersOf(node, channel)).filter(
    (one) => one.nick === wanted || shortFingerprint(one.user as UserId) === wanted.toUpperCase()
  )
  const shown = displayText(text, { columns: 60, lines: 1 })
  if (found.length > 1) throw new UsageError('AMBIGUOUS_USER', MEMBER.ambiguousUser(shown))
  if (found.length === 0) throw new UsageError('NO_SUCH_USER', MEMBER.unknownUser(shown))
  return found[0]!.user as UserId
}

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
