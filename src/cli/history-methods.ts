/**
 * Reading what is stored of a channel, part by part, and how far somebody has read.
 *
 * The order is the one that everybody sees. A part is small enough for one line of the control socket, and the next is asked
 * for by the position of the last message, so nothing is kept between calls.
 */
import { EMPTY, equalBytes, hex, readUtf8, utf8 } from '../base/bytes.ts'
import { readUserId } from '../core/identity/user.ts'
import { compareMessages } from '../core/member/history.ts'
import type { Thread } from '../core/member/thread.ts'
import type { MessageView } from '../core/notice.ts'
import type { Node } from '../node/index.ts'
import { channelIdText } from '../wire/names.ts'
import { Deliveries } from './delivery-methods.ts'
import type { MessageForm, Position, ReadForm, WaitingForm } from './forms.ts'
import { ask, groupsOf, namesOf, requireGroup, requirePlace } from './lookups.ts'
import type { Desk } from './methods.ts'
import { bad, isPosition, type Reader } from './parameters.ts'
import { messageForm, type Names, type PlaceView, placeOf, userText, waitingForm } from './to-forms.ts'

/** Rows looked at in one go, and what one answer may hold. */
const PAGE_ROWS = 500
const PAGE_BYTES = 256 * 1024
/** How far back, in Lamport time, a message may come late and still be shown as new. */
const LATE_LAMPORT = 1000

const positionOf = ({ lamport, sender, counter, id }: MessageView): Position => ({
  lamport,
  sender: userText(sender),
  counter,
  id
})

function isAfter(view: MessageView, { lamport, sender, counter, id }: Position): boolean {
  const other = { lamport, sender: readUserId(sender) ?? EMPTY, counter }
  const order = compareMessages(view, other as MessageView)
  return order > 0 || (order === 0 && view.id > id)
}

/** The next rows in the order everybody sees, from a Lamport time on, never half of one Lamport time. */
async function rowsFrom(
  node: Node,
  channel: Uint8Array,
  from: number
): Promise<{ views: MessageView[]; isEnd: boolean }> {
  let views = await node.messages(channel, { from, limit: PAGE_ROWS })
  const isEnd = views.length < PAGE_ROWS
  if (!isEnd) {
    const last = views.at(-1)!.lamport
    const whole = await node.messages(channel, { from: last, to: last })
    views = [...views.filter(({ lamport }) => lamport < last), ...whole]
  }
  return { views: views.sort(compareMessages), isEnd }
}

interface Mark extends Position {
  readonly seenAt: number
}

/** Of the channel with all its groups, or of one group alone. */
const markName = (channel: Uint8Array, group: Uint8Array): string =>
  `read/${channelIdText(channel)}${group.length > 0 ? `/${hex(group)}` : ''}`

async function markOf(node: Node, channel: Uint8Array, group: Uint8Array): Promise<Mark | undefined> {
  const kept = await node.recall(markName(channel, group))
  const value: unknown = kept === undefined ? undefined : JSON.parse(readUtf8(kept) ?? 'null')
  return isPosition(value) ? (value as Mark) : undefined
}

/** What was read of a group alone, and what was read of the whole channel, is no longer new in the group. */
async function marksFor(node: Node, channel: Uint8Array, group: Uint8Array): Promise<Mark[]> {
  const names = group.length > 0 ? [EMPTY, group] : [EMPTY]
  const marks = await Promise.all(names.map((one) => markOf(node, channel, one)))
  return marks.filter((one) => one !== undefined)
}

/**
 * Part of a history. Without `since`, `limit` and `after`: what is new since the last `mark`. Texts are given as they are now;
 * what else was said about one appears only when the text is not among what is asked for. With `raw` every message as it came.
 *
 * @returns as much as one answer holds; ask again with `after`, and with `afterWaiting`, for what follows.
 */
export async function read({ node }: Desk, params: Reader): Promise<ReadForm> {
  const view = await requirePlace(node, params.text('channel'))
  const group = await groupGiven(node, view, params)
  const since = params.number('since')
  const limit = params.number('limit')
  const after = params.position('after')
  if (after === undefined) await writesSoFar(node)
  const isUnread = params.isOn('unread') || (since === undefined && limit === undefined && after === undefined)
  const marks = isUnread ? await marksFor(node, view.id, group) : []
  const isRaw = params.isOn('raw')
  const isOfGroup = (one: Pick<MessageView, 'group'>): boolean => group.length === 0 || equalBytes(one.group, group)
  const isAsked = (one: MessageView): boolean => {
    if (!isOfGroup(one) || (since !== undefined && one.seenAt < since)) return false
    return marks.every((mark) => isAfter(one, mark) || (!one.isOwn && one.seenAt > mark.seenAt))
  }
  const isWanted = (one: MessageView): boolean => (after === undefined || isAfter(one, after)) && isAsked(one)
  const style = { isRaw, isAsked, isOfGroup }
  const afterWaiting = params.optional('afterWaiting')
  if (afterWaiting !== undefined)
    return { ...placeOf(view), messages: [], ...(await waitingIn(node, view, isOfGroup, PAGE_BYTES, afterWaiting)) }
  if (after === undefined && limit !== undefined && limit > 0) {
    const isCounted = (one: MessageView): boolean => isOfGroup(one) && (isRaw || one.content.text !== undefined)
    return (await pageOf(node, view, await newest(node, view.id, limit, isCounted), true, style))!
  }
  const markedAt = Math.min(...marks.map(({ lamport }) => lamport), Number.MAX_SAFE_INTEGER)
  let from = after?.lamport ?? (marks.length === 0 ? 0 : Math.max(0, markedAt - LATE_LAMPORT))
  for (;;) {
    const { views, isEnd } = await rowsFrom(node, view.id, from)
    const wanted = views.filter(isWanted)
    const page = wanted.length > 0 || isEnd ? await pageOf(node, view, wanted, isEnd, style) : undefined
    if (page !== undefined) return page
    from = views.at(-1)!.lamport + 1
  }
}

/** The group that a call names; empty: all of the channel. */
async function groupGiven(node: Node, view: PlaceView, params: Reader): Promise<Uint8Array> {
  const text = params.optional('group')
  return text === undefined ? EMPTY : (await requireGroup(node, view.id, text)).id
}

/** The last messages of a kind, oldest first. */
async function newest(
  node: Node,
  channel: Uint8Array,
  count: number,
  isWanted: (one: MessageView) => boolean
): Promise<MessageView[]> {
  let rows = count
  for (;;) {
    const views = await node.messages(channel, { isReverse: true, limit: rows })
    const wanted = views.filter(isWanted)
    if (wanted.length >= count || views.length < rows) return wanted.slice(0, count).sort(compareMessages)
    rows *= 4
  }
}

/**
 * Messages are told of before they are on the disk. Writes take effect in the order they are asked for, so whoever first
 * subscribes and then waits for a write of his own misses nothing between what he was told and what he reads.
 */
export const writesSoFar = (node: Node): Promise<void> => node.remember('read', EMPTY)

/** How messages are given. */
interface PageStyle {
  readonly isRaw: boolean
  /** Whether a message is among what the whole reading gives, in this part or another. */
  readonly isAsked: (one: MessageView) => boolean
  readonly isOfGroup: (one: Pick<MessageView, 'group'>) => boolean
}

/** As many of the messages as one answer holds. @returns undefined when none of them is to be shown, and there are more. */
async function pageOf(
  node: Node,
  view: PlaceView,
  views: readonly MessageView[],
  isEnd: boolean,
  { isRaw, isAsked, isOfGroup }: PageStyle
): Promise<ReadForm | undefined> {
  const messages: MessageForm[] = []
  const names = await groupNames(node, view, views)
  const thread = await node.threads.around(view.id, views)
  const deliveries = views.some(({ isOwn }) => isOwn) ? await Deliveries.in(node, view) : undefined
  let bytes = 0
  let last: MessageView | undefined
  let seenAt = 0
  let isCut = false
  for (const one of views) {
    if (isRaw || isShown(one, thread, isAsked)) {
      const delivery = one.isOwn ? deliveries?.of(one) : undefined
      const form = { ...messageForm(one, placeOf(view), names, thread, isRaw), ...delivery }
      bytes += Buffer.byteLength(JSON.stringify(form))
      isCut = bytes > PAGE_BYTES && messages.length > 0
      if (isCut) break
      messages.push(form)
    }
    last = one
    seenAt = Math.max(seenAt, one.seenAt)
  }
  if (messages.length === 0 && !isEnd) return undefined
  const isWhole = isEnd && !isCut
  const waiting = isWhole ? await waitingIn(node, view, isOfGroup, PAGE_BYTES - bytes) : NOTHING_WAITS
  const place = {
    ...placeOf(view),
    messages,
    ...waiting,
    ...(last && { upTo: { position: positionOf(last), seenAt } })
  }
  return last !== undefined && !isWhole ? { ...place, after: positionOf(last) } : place
}

const NOTHING_WAITS: Pick<ReadForm, 'waiting' | 'waitingLeft'> = { waiting: [], waitingLeft: 0 }

/**
 * What we have said here and is in no history yet: one at least, and as many as there is room for.
 *
 * @param after - local name of the one before; when that waits no more, all are given.
 */
async function waitingIn(
  node: Node,
  view: PlaceView,
  isWanted: PageStyle['isOfGroup'],
  room: number,
  after?: string
): Promise<Pick<ReadForm, 'waiting' | 'waitingLeft'>> {
  // What waits in a conversation has its place in the history.
  if (view.waiting === 0 || view.pair !== undefined) return NOTHING_WAITS
  const { messages } = await ask(node, { type: 'waiting', channel: view.id }, 'waiting')
  const names = await namesOf(node, view.id, true)
  const wanted = messages.filter(isWanted)
  const left = wanted.slice(wanted.findIndex(({ local }) => local === after) + 1)
  const waiting: WaitingForm[] = []
  let bytes = 0
  for (const one of left) {
    const form = waitingForm(one, placeOf(view), names)
    bytes += Buffer.byteLength(JSON.stringify(form))
    if (bytes > room && waiting.length > 0) break
    waiting.push(form)
  }
  return { waiting, waitingLeft: left.length - waiting.length }
}

/** Texts are shown, and news of a text that is not itself among what is read, while it is the latest. */
function isShown(one: MessageView, thread: Thread, isAsked: PageStyle['isAsked']): boolean {
  const { text, edit, deletion, reaction } = one.content
  if (text) return thread.postOf(one)?.message.id === one.id
  const subject = thread.subjectOf(one)
  if (subject === undefined || thread.effectOf(one) !== 'in-force' || isAsked(subject.message)) return false
  if (edit) return subject.edit?.id === one.id
  if (deletion) return true
  return subject.reactions.some(({ emoji, by }) => emoji === reaction?.emoji && by.some(({ id }) => id === one.id))
}

/** Names of the groups that messages were said to; nothing is asked when there are none. */
async function groupNames(
  node: Node,
  view: PlaceView,
  views: readonly MessageView[]
): Promise<Pick<Names, 'groupName'>> {
  const isNeeded = views.some(({ group }) => group.length > 0)
  const names = new Map((isNeeded ? await groupsOf(node, view.id) : []).map(({ id, name }) => [hex(id), name]))
  return { groupName: (group) => names.get(hex(group)) ?? '' }
}

/** Everything up to this message has been read. */
export async function mark({ node }: Desk, params: Reader): Promise<undefined> {
  const view = await requirePlace(node, params.text('channel'))
  const group = await groupGiven(node, view, params)
  const position = params.position('position')
  const seenAt = params.number('seenAt')
  if (position === undefined || seenAt === undefined) throw bad('position')
  const before = await markOf(node, view.id, group)
  const isBack = before !== undefined && compareMarks(position, before) < 0
  const { lamport, sender, counter, id: messageId } = isBack ? before : position
  const next: Mark = { lamport, sender, counter, id: messageId, seenAt: Math.max(seenAt, before?.seenAt ?? 0) }
  await node.remember(markName(view.id, group), utf8(JSON.stringify(next)))
}

const compareMarks = (a: Position, b: Position): number => a.lamport - b.lamport || (a.id < b.id ? -1 : 1)
