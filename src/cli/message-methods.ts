/**
 * What is said in a channel: texts, and edits, deletions and reactions that are about earlier texts.
 *
 * What is about a text goes to the line on which that was said, and names it by the id that everybody knows. Only what would be
 * in force is sent.
 */
import { EMPTY, equalBytes, hex, unhex } from '../base/bytes.ts'
import { PeerError, UsageError } from '../base/errors.ts'
import type { Command, PairView } from '../core/command.ts'
import { nameOf } from '../core/member/history.ts'
import { type Post, Thread } from '../core/member/thread.ts'
import type { MessageView, Notice } from '../core/notice.ts'
import type { ControlCaller } from '../node/control.ts'
import type { Node } from '../node/index.ts'
import type { Content } from '../wire/messages.ts'
import { isPlainChannel } from './channel-methods.ts'
import { CONVERSATION } from './conversation-text.ts'
import { displayText } from './display-text.ts'
import { person, shortId } from './event-text.ts'
import type { SendForm } from './forms.ts'
import {
  ask,
  groupsOf,
  isAddressed,
  isUnansweredIn,
  pairWith,
  requireGroup,
  requirePerson,
  requirePlace,
  until,
  viewOf
} from './lookups.ts'
import type { Desk } from './methods.ts'
import { type Reader, SEND_MS } from './parameters.ts'
import { MESSAGE, WAITING } from './text.ts'
import { conversationView, type PlaceView, personForm, placeOf, quoteForm, userText } from './to-forms.ts'

/** The fewest letters of an id that may stand for it, and among how many of the newest messages. */
const ID_LETTERS = 3
const RECENT_MESSAGES = 5000

/** To a channel, or to one user, whether anything was said before or not. */
export async function send({ node }: Desk, params: Reader, caller: ControlCaller): Promise<SendForm> {
  const channel = params.text('channel')
  const view = isAddressed(channel)
    ? conversationView(await pairWith(node, (await requirePerson(node, channel)).user))
    : await requirePlace(node, channel)
  return await sendTo(node, view, params, caller)
}

/** To one user. */
export async function dm({ node }: Desk, params: Reader, caller: ControlCaller): Promise<SendForm> {
  const { user } = await requirePerson(node, params.text('user'), params.optional('channel'))
  return await sendTo(node, conversationView(await pairWith(node, user)), params, caller)
}

async function sendTo(node: Node, view: PlaceView, params: Reader, caller: ControlCaller): Promise<SendForm> {
  const isPlain = params.isOn('plain')
  const named = params.optional('group')
  const answered = params.optional('reply')
  if (view.pair && (isPlain || named !== undefined)) throw new UsageError('NOT_A_CHANNEL', CONVERSATION.noGroupNorPlain)
  if (isPlain && named !== undefined) throw new UsageError('PLAIN_FORBIDDEN', WAITING.plainGroup)
  const group = named === undefined ? undefined : (await requireGroup(node, view.id, named)).id
  const about = answered === undefined ? undefined : await requirePost(node, view.id, answered, 'others')
  if (about && group && !equalBytes(about.message.group, group))
    throw new UsageError('OTHER_LINE', MESSAGE.otherLine(shortId(about.name)))
  const content = {
    text: {
      text: requireText(params),
      replyTo: about === undefined ? EMPTY : unhex(about.name),
      isAction: params.isOn('action')
    }
  }
  return await speak(
    node,
    view,
    { content, isPlain, group: about?.message.group ?? group ?? EMPTY, about },
    params,
    caller
  )
}

export async function edit({ node }: Desk, params: Reader, caller: ControlCaller): Promise<SendForm> {
  const { view, about, target } = await subject(node, params, 'own')
  const content = { edit: { target, text: requireText(params) } }
  return await speak(node, view, { content, isPlain: false, group: about.message.group, about }, params, caller)
}

export async function deleteMessage({ node }: Desk, params: Reader, caller: ControlCaller): Promise<SendForm> {
  const { view, about, target } = await subject(node, params, 'own')
  const content = { deletion: { target } }
  return await speak(node, view, { content, isPlain: false, group: about.message.group, about }, params, caller)
}

export async function react({ node }: Desk, params: Reader, caller: ControlCaller): Promise<SendForm> {
  const { view, about, target } = await subject(node, params, 'others')
  const emoji = params.text('emoji').normalize('NFC').trim()
  if (!isEmoji(emoji)) throw new UsageError('BAD_MESSAGE', MESSAGE.badReaction)
  const content = { reaction: { target, emoji, isWithdrawn: params.isOn('withdraw') } }
  return await speak(node, view, { content, isPlain: false, group: about.message.group, about }, params, caller)
}

/** @throws {UsageError} `BAD_MESSAGE` when nobody would see anything of it. */
function requireText(params: Reader): string {
  const text = params.text('text')
  if (displayText(text).trim() === '') throw new UsageError('BAD_MESSAGE', WAITING.noText)
  return text
}

/** One character, as people count, and no word: what others see beside a text is not for speaking. */
function isEmoji(text: string): boolean {
  return [...new Intl.Segmenter().segment(text)].length === 1 && !/[\s\p{C}]/u.test(text.replace(/[\p{Cf}]/gu, ''))
}

/** The text that a call is about, which its caller may change. */
async function subject(
  node: Node,
  params: Reader,
  whose: Whose
): Promise<{ view: PlaceView; about: Post; target: Uint8Array }> {
  const view = await requirePlace(node, params.text('channel'))
  const about = await requirePost(node, view.id, params.text('message'), whose)
  const shown = shortId(about.name)
  if (about.isDeleted) throw new UsageError('MESSAGE_DELETED', MESSAGE.deletedAlready(shown))
  if (whose === 'own' && !about.message.isOwn) throw new UsageError('NOT_YOURS', MESSAGE.notYours(shown))
  return { view, about, target: unhex(about.name) }
}

type MessageStateNotice = Extract<Notice, { type: 'messageState' }>

interface Said {
  readonly content: Partial<Content>
  readonly isPlain: boolean
  /** Empty: to the channel. */
  readonly group: Uint8Array
  readonly about: Post | undefined
}

/**
 * Says something, and waits until it is on its way, or a member has said to have it, or the time is up.
 *
 * @throws {PeerError} `KEY_CHANGED`
 */
async function speak(
  node: Node,
  view: PlaceView,
  { content, isPlain, group, about }: Said,
  params: Reader,
  caller: ControlCaller
): Promise<SendForm> {
  const wait = params.choice('wait', ['sent', 'seen', 'none'], 'sent')
  const states = new Map<string, MessageStateNotice>()
  const stop = node.onNotice((notice) => {
    if (notice.type === 'messageState') states.set(notice.local, notice)
  })
  try {
    const line = group.length > 0 ? { group } : {}
    const command: Command = view.pair
      ? { type: 'sayTo', user: view.pair.user, content }
      : { type: 'say', channel: view.id, content, isPlain, ...line }
    const { local } = await ask(node, command, 'said').catch((error) => {
      throw isKeyChange(error) && view.pair ? keyChanged(view.pair, node.user) : error
    })
    const timeoutMs = wait === 'none' ? 0 : params.duration('timeout', SEND_MS[wait])
    const isSo = async (): Promise<true | undefined> => {
      const state = states.get(local)?.state
      if (state === 'seen') return true
      if (wait === 'seen' || state === undefined || state === 'waiting') return undefined
      return (await isUnansweredIn(node, await placeNow(node, view))) ? undefined : true
    }
    if (timeoutMs > 0) await until(node, timeoutMs, caller, isSo)
    const now = await placeNow(node, view)
    const { key, online } = now
    const known = timeoutMs > 0 ? states.get(local) : undefined
    const isUnanswered = known?.state === 'sent' && (await isUnansweredIn(node, now))
    const place = {
      ...placeOf(now),
      ...(now.pair && { session: now.pair.session }),
      ...(group.length > 0 && { group: hex(group), groupName: await groupName(node, view.id, group) }),
      kind: kindOf(content),
      ...(about && { about: quoteForm(about) }),
      isEncrypted: !isPlain && (group.length > 0 || !isPlainChannel(view)),
      local,
      online
    }
    if (known === undefined || isUnanswered)
      return { ...place, state: 'waiting', key, ...(isUnanswered && { isUnanswered }) }
    const { id: messageId, state, seenBy, of } = known
    return { ...place, id: messageId, state, seenBy, of, key: 'ready' }
  } finally {
    stop()
  }
}

async function placeNow(node: Node, view: PlaceView): Promise<PlaceView> {
  if (view.pair) return conversationView(await pairWith(node, view.pair.user))
  return (await viewOf(node, view.id)) ?? view
}

const isKeyChange = (error: unknown): boolean => error instanceof PeerError && error.code === 'KEY_CHANGED'

/** Says whom it is about, so that what is to be typed next means the very same user. */
function keyChanged({ user, nick, rival = user }: PairView, self: Uint8Array): PeerError {
  const [who, known] = [user, rival].map((one) => person(personForm(one, nick, self)))
  return new PeerError('KEY_CHANGED', CONVERSATION.keyChanged(who!, known!, displayText(userText(user))))
}

const kindOf = ({ edit, deletion, reaction }: Partial<Content>): SendForm['kind'] =>
  edit ? 'edit' : deletion ? 'deletion' : reaction ? 'reaction' : 'text'

async function groupName(node: Node, channel: Uint8Array, group: Uint8Array): Promise<string> {
  return (await groupsOf(node, channel)).find(({ id }) => equalBytes(id, group))?.name ?? ''
}

// ------------------------------------------------------------------ which message is meant

/** Whose messages `^` counts: those that a person wants to change are its own, those to answer are not. */
type Whose = 'own' | 'others'

/**
 * The text that a person means: by its id, by the first letters of that, or counted back, `^` the last one. The id of an edit,
 * deletion or reaction means the text that it is about.
 *
 * @throws {UsageError} `NO_SUCH_MESSAGE`, `AMBIGUOUS_MESSAGE`
 */
export async function requirePost(node: Node, channel: Uint8Array, text: string, whose: Whose): Promise<Post> {
  const shown = displayText(text, { columns: 40, lines: 1 })
  const back = /^\^(\d{0,4})$/.exec(text)
  if (back !== null) {
    const post = await countedBack(node, channel, Number(back[1] || 1), whose === 'own')
    if (post === undefined) throw new UsageError('NO_SUCH_MESSAGE', MESSAGE.notSoMany(shown))
    return post
  }
  const letters = text.toLowerCase()
  if (!/^[0-9a-f]+$/.test(letters) || letters.length < ID_LETTERS)
    throw new UsageError('NO_SUCH_MESSAGE', MESSAGE.unknown(shown))
  const found = await messagesNamed(node, channel, letters)
  const thread = await node.threads.around(channel, found)
  const posts = new Map<string, Post>()
  for (const one of found) {
    const post = one.content.text ? thread.postOf(one) : thread.subjectOf(one)
    if (post !== undefined) posts.set(post.name + hex(post.message.sender), post)
  }
  if (posts.size > 1) throw new UsageError('AMBIGUOUS_MESSAGE', MESSAGE.ambiguous(shown))
  for (const post of posts.values()) return post
  throw new UsageError('NO_SUCH_MESSAGE', MESSAGE.unknown(shown))
}

/** The messages whose id, or name, begins so; of a whole id the oldest, too. */
async function messagesNamed(node: Node, channel: Uint8Array, letters: string): Promise<MessageView[]> {
  const isWhole = letters.length === 64
  if (isWhole) {
    const thread = new Thread(await node.threads.named(channel, letters))
    const exact = thread.posts.find(({ message }) => message.id === letters)
    if (exact !== undefined) return [exact.message]
  }
  const found: MessageView[] = []
  let count = 0
  for await (const one of node.threads.newestFirst(channel)) {
    if (!isWhole && ++count > RECENT_MESSAGES) break
    if (one.id.startsWith(letters) || nameOf(one).startsWith(letters)) found.push(one)
  }
  return found
}

/** The last text but so many that was said by us, or by others, and is not deleted. */
async function countedBack(node: Node, channel: Uint8Array, count: number, isOwn: boolean): Promise<Post | undefined> {
  let left = count
  for await (const one of node.threads.newestFirst(channel)) {
    if (one.isOwn !== isOwn || one.content.text === undefined || one.isErased) continue
    const post = (await node.threads.around(channel, [one])).postOf(one)
    if (post === undefined || post.isDeleted || post.message.id !== one.id) continue
    if (--left === 0) return post
  }
  return undefined
}
