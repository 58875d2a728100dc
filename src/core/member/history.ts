/** Messages as they are kept for showing: one row each, in a room of their own, ordered by Lamport time. */
import { compareBytes, hex, unhex } from '../../base/bytes.ts'
import { type Answer, Content, type Range } from '../../wire/messages.ts'
import { channelIdText, readChannelId } from '../../wire/names.ts'
import { MessageRow } from '../../wire/rows.ts'
import { FramesAnswer, type KeptFrame } from '../channel/frames-answer.ts'
import type { Row } from '../machine.ts'
import type { MessageView } from '../notice.ts'

const ROOM = 'messages/'

/** The room of the store that keeps a channel's messages. */
export const messageRoom = (channel: Uint8Array): string => ROOM + channelIdText(channel)

/** @param frame - the message as it travelled, for those who ask for it later. */
export function messageRow(message: MessageView, frame: Uint8Array): Row {
  const { group, id, sender, lamport, counter, content, isEncrypted, isOwn, seenAt, nick, state } = message
  const value = MessageRow.encode({
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
    nick
  })
  return { room: messageRoom(message.channel), entry: id, order: lamport, value }
}

/** The message in a row of a message room, or undefined when it is none. */
export function readMessageRow(row: Row): MessageView | undefined {
  const channel = row.room.startsWith(ROOM) ? readChannelId(row.room.slice(ROOM.length)) : undefined
  if (channel === undefined) return undefined
  try {
    const { id, content, isSent, frame: _frame, ...rest } = MessageRow.decode(row.value)
    return { channel, ...rest, id: hex(id), content: Content.decode(content), state: isSent ? 'sent' : 'waiting' }
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

/** The order in which everybody sees the same messages: (lamport, sender, counter). */
export const compareMessages = (a: MessageView, b: MessageView): number =>
  a.lamport - b.lamport || compareBytes(a.sender, b.sender) || a.counter - b.counter
