/**
 * Messages as they are kept for showing: one row each, in a room of their own, ordered by Lamport time.
 *
 * An index leads from the id of a text to its row, and from a text to what is about it. Edits and deletions are found by target
 * and sender together, so nobody else's are ever met there. But for texts, whose row is named directly, an index row has no
 * value: its entry and order are those of the message row meant.
 */
import { compareBytes, EMPTY, equalBytes, hex, unhex, utf8 } from '../../base/bytes.ts'
import { type Answer, Content, type Descriptor, HistoryPolicy, type Range } from '../../wire/messages.ts'
import { channelIdText, readChannelId } from '../../wire/names.ts'
import { ErasureRow, MessageRow } from '../../wire/rows.ts'
import { FramesAnswer, type KeptFrame } from '../channel/frames-answer.ts'
import { cohortAt } from '../cohort.ts'
import type { Row, RowKey } from '../machine.ts'
import type { MessageView } from '../notice.ts'

const ROOM = 'messages/'

/** The room of the store that keeps a channel's messages. */
export const messageRoom = (channel: Uint8Array): string => ROOM + channelIdText(channel)

/** The row of the index that a text is found by, by its id; its value is the Lamport time, in digits. */
export const textKey = (channel: Uint8Array, id: string): RowKey => ({
  room: `texts/${channelIdText(channel)}`,
  entry: id
})

/** The index of texts that say they stand for the frame of another id. */
export const claimRoom = (channel: Uint8Array, name: string): string => `claims/${channelIdText(channel)}/${name}`

/** The index of the edits, or deletions, that a user made of a message. */
export const changeRoom = (
  kind: 'edits' | 'deletions',
  channel: Uint8Array,
  target: string,
  author: Uint8Array
): string => `${kind}/${channelIdText(channel)}/${target}/${hex(author)}`

/** The index of reactions to a message. */
export const reactionRoom = (channel: Uint8Array, target: string): string =>
  `reactions/${channelIdText(channel)}/${target}`

/** What is to be erased: rows of deletions, by the Lamport time of each. */
export const ERASURE_ROOM = 'erasures'

/** The row that says what a deletion erases. */
export const erasureKey = ({ group, sender, lamport, content }: MessageView): RowKey => ({
  room: ERASURE_ROOM,
  entry: [content.deletion!.target, sender, group].map(hex).join(''),
  order: lamport
})

/**
 * @param frame - the message as it travelled, for those who ask for it later.
 * @param retentionSeconds - how long the channel's messages are kept; 0: for ever.
 */
export function messageRow(message: MessageView, frame: Uint8Array, retentionSeconds: number): Row {
  const { group, id, sender, lamport, counter, content, isEncrypted, isOwn, seenAt, nick, state } = message
  const row = {
    id: unhex(id),
    group,
    sender,
    lamport,
    counter,
    content: Content.encode(content),
    isEncrypted,
    isOwn,
    isSent: state === 'sent',
    seenAt,
    frame,
    nick,
    isErased: message.isErased === true
  }
  const room = messageRoom(message.channel)
  const cohort = cohortAt(room, seenAt, retentionSeconds)
  return { room, entry: id, order: lamport, value: MessageRow.encode(row), cohort }
}

/** The row of the index for a message. */
export function indexRow(message: MessageView): Row {
  const { channel, id, sender, lamport, content } = message
  const { edit, deletion, reaction } = content
  const place = { entry: id, order: lamport, value: EMPTY }
  if (edit) return { room: changeRoom('edits', channel, hex(edit.target), sender), ...place }
  if (deletion) return { room: changeRoom('deletions', channel, hex(deletion.target), sender), ...place }
  if (reaction) return { room: reactionRoom(channel, hex(reaction.target)), ...place }
  const name = nameOf(message)
  if (name === id) return { ...textKey(channel, id), value: utf8(String(lamport)) }
  return { room: claimRoom(channel, name), ...place }
}

/** The channel's terms for keeping messages. */
export type Terms = Pick<Descriptor, 'history' | 'retentionSeconds'>

/** What goes with a message that is new here: its place in the index, and for a deletion what it asks for. */
export function rowsBeside(message: MessageView, { history, retentionSeconds }: Terms): Row[] {
  const { channel, group, sender, content, seenAt } = message
  const cohort = cohortAt(messageRoom(channel), seenAt, retentionSeconds)
  const index = { ...indexRow(message), cohort }
  if (content.deletion === undefined) return [index]
  const { target } = content.deletion
  // Where keys that open it are kept for others, its frame has to go, too.
  const value = ErasureRow.encode({ channel, group, sender, target, keepsFrame: history === HistoryPolicy.NONE })
  return [index, { ...erasureKey(message), value, cohort }]
}

/** The message in a row of a message room, or undefined when it is none. */
export function readMessageRow(row: Row): MessageView | undefined {
  const channel = row.room.startsWith(ROOM) ? readChannelId(row.room.slice(ROOM.length)) : undefined
  if (channel === undefined) return undefined
  try {
    const { id, content, isSent, isErased, frame: _frame, ...rest } = MessageRow.decode(row.value)
    const view = { channel, ...rest, id: hex(id), content: Content.decode(content), ...(isErased && { isErased }) }
    return { ...view, state: isSent ? 'sent' : 'waiting' }
  } catch {
    return undefined
  }
}

/** The message of a row as it travels, and where it belongs; undefined when it has not been sent yet, or is none. */
export function readKeptFrame(row: Row): KeptFrame | undefined {
  try {
    const { isSent, ...kept } = MessageRow.decode(row.value)
    return isSent && kept.frame.length > 0 ? kept : undefined
  } catch {
    return undefined
  }
}

/** The answer to a question for messages, where all rows of the room are at hand. */
export function framesAmong(rows: readonly Row[], ranges: readonly Range[]): Answer {
  const frames = new FramesAnswer()
  const newestFirst = rows.toSorted((a, b) => b.order! - a.order!)
  for (const range of ranges) {
    const among = newestFirst.filter(({ order }) => order! >= range.from && order! <= range.to)
    if (!among.every((row) => frames.look(range, readKeptFrame(row)))) break
  }
  return frames.answer
}

/**
 * The row of a message without what it said: who said something, when, and for an edit of what, is what stays, for as long as
 * the message would have.
 *
 * @param erasure - who has it erased, and on which line; whether the frame of an encrypted message stays, for those who
 * still lack it.
 * @returns undefined when there is nothing to erase, or it is somebody else's, or was said on another line.
 */
export function erasedRow(row: Row, { sender, group, keepsFrame }: ErasureRow): Row | undefined {
  const view = readMessageRow(row)
  if (view === undefined || view.isErased) return undefined
  if (!equalBytes(view.sender, sender) || !equalBytes(view.group, group)) return undefined
  const frame = keepsFrame && view.isEncrypted ? MessageRow.decode(row.value).frame : EMPTY
  const { value } = messageRow({ ...view, content: withoutWords(view.content), isErased: true }, frame, 0)
  return { ...row, value }
}

/** A content without what it said. */
export function withoutWords(content: Content): Content {
  const { writtenAt, replaces, text, edit } = content
  if (edit) return { writtenAt, replaces, edit: { target: edit.target, text: '' } }
  return text ? { writtenAt, replaces, text: { text: '', replyTo: EMPTY, isAction: false } } : content
}

/** The id by which others name a message: that of the first frame it was sealed into. */
export const nameOf = ({ id, content }: Pick<MessageView, 'id' | 'content'>): string =>
  content.replaces.length > 0 ? hex(content.replaces) : id

/** The message row that a row of the index leads to. */
export const placeOf = (channel: Uint8Array, { entry, order = 0 }: Omit<RowKey, 'room'>): RowKey => ({
  room: messageRoom(channel),
  entry,
  order
})

/** The order in which everybody sees the same messages: (lamport, sender, counter). */
export const compareMessages = (a: MessageView, b: MessageView): number =>
  a.lamport - b.lamport || compareBytes(a.sender, b.sender) || a.counter - b.counter
