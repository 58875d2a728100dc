/**
 * Reading what is stored of a channel, part by part, and how far somebody has read.
 *
 * The order is the one that everybody sees. A part is small enough for one line of the control socket, and the next is asked
 * for by the position of the last message, so nothing is kept between calls.
 */
import { EMPTY, readUtf8, utf8 } from '../base/bytes.ts'
import type { ChannelView } from '../core/command.ts'
import { readUserId } from '../core/identity/user.ts'
import { compareMessages } from '../core/member/history.ts'
import type { MessageView } from '../core/notice.ts'
import type { Node } from '../node/index.ts'
import { channelIdText } from '../wire/names.ts'
import type { MessageForm, Position, ReadForm } from './forms.ts'
import { requireChannel } from './lookups.ts'
import type { Desk } from './methods.ts'
import { bad, isPosition, type Reader } from './parameters.ts'
import { messageForm, userText } from './to-forms.ts'

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

const markName = (channel: Uint8Array): string => `read/${channelIdText(channel)}`

async function markOf(node: Node, channel: Uint8Array): Promise<Mark | undefined> {
  const kept = await node.recall(markName(channel))
  const value: unknown = kept === undefined ? undefined : JSON.parse(readUtf8(kept) ?? 'null')
  return isPosition(value) ? (value as Mark) : undefined
}

/**
 * Part of a history. Without `since`, `limit` and `after`: what is new since the last `mark`.
 *
 * @returns at most some hundred messages; ask again with `after` for those that follow.
 */
export async function read({ node }: Desk, params: Reader): Promise<ReadForm> {
  const view = await requireChannel(node, params.text('channel'))
  const since = params.number('since')
  const limit = params.number('limit')
  const after = params.position('after')
  if (after === undefined) await writesSoFar(node)
  const isUnread = params.isOn('unread') || (since === undefined && limit === undefined && after === undefined)
  const mark = isUnread ? await markOf(node, view.id) : undefined
  const isWanted = (one: MessageView): boolean => {
    if (after !== undefined && !isAfter(one, after)) return false
    if (since !== undefined && one.seenAt < since) return false
    return mark === undefined || isAfter(one, mark) || (!one.isOwn && one.seenAt > mark.seenAt)
  }
  let from = after?.lamport ?? Math.max(0, (mark?.lamport ?? 0) - LATE_LAMPORT)
  if (after === undefined && limit !== undefined && limit > 0) {
    const newest = (await node.messages(view.id, { isReverse: true, limit })).sort(compareMessages)
    const first = newest[0]
    if (first === undefined) return { channel: channelIdText(view.id), channelName: view.name, messages: [] }
    return pageOf(view, newest, true)
  }
  for (;;) {
    const { views, isEnd } = await rowsFrom(node, view.id, from)
    const wanted = views.filter(isWanted)
    if (wanted.length > 0 || isEnd) return pageOf(view, wanted, isEnd)
    from = views.at(-1)!.lamport + 1
  }
}

/**
 * Messages are told of before they are on the disk. Writes take effect in the order they are asked for, so whoever first
 * subscribes and then waits for a write of his own misses nothing between what he was told and what he reads.
 */
const writesSoFar = (node: Node): Promise<void> => node.remember('read', EMPTY)

/** As many of the messages as one answer holds. */
function pageOf(view: ChannelView, views: readonly MessageView[], isEnd: boolean): ReadForm {
  const messages: MessageForm[] = []
  let bytes = 0
  for (const one of views) {
    const form = messageForm(one, view.name)
    bytes += JSON.stringify(form).length
    if (bytes > PAGE_BYTES && messages.length > 0) break
    messages.push(form)
  }
  const place = { channel: channelIdText(view.id), channelName: view.name, messages }
  const last = views[messages.length - 1]
  const isMore = last !== undefined && (!isEnd || messages.length < views.length)
  return isMore ? { ...place, after: positionOf(last) } : place
}

/** Everything up to this message has been read. */
export async function mark({ node }: Desk, params: Reader): Promise<undefined> {
  const view = await requireChannel(node, params.text('channel'))
  const position = params.position('position')
  const seenAt = params.number('seenAt')
  if (position === undefined || seenAt === undefined) throw bad('position')
  const before = await markOf(node, view.id)
  const isBack = before !== undefined && compareMarks(position, before) < 0
  const { lamport, sender, counter, id: messageId } = isBack ? before : position
  const next: Mark = { lamport, sender, counter, id: messageId, seenAt: Math.max(seenAt, before?.seenAt ?? 0) }
  await node.remember(markName(view.id), utf8(JSON.stringify(next)))
}

const compareMarks = (a: Position, b: Position): number => a.lamport - b.lamport || (a.id < b.id ? -1 : 1)
