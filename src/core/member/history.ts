/** Messages as they are kept for showing: one row each, in a room of their own, ordered by Lamport time. */
import { compareBytes, hex, unhex } from '../../base/bytes.ts'
import { Content } from '../../wire/messages.ts'
import { channelIdText, readChannelId } from '../../wire/names.ts'
import { MessageRow } from '../../wire/rows.ts'
import { cohortAt } from '../cohort.ts'
import type { Row } from '../machine.ts'
import type { MessageView } from '../notice.ts'

const ROOM = 'messages/'

/** The room of the store that keeps a channel's messages. */
export const messageRoom = (channel: Uint8Array): string => ROOM + channelIdText(channel)

/**
 * @param frame - the message as it travelled, for those who ask for it later.
 * @param retentionSeconds - how long the channel's messages are kept; 0: for ever.
 */
export function messageRow(message: MessageView, frame: Uint8Array, retentionSeconds: number): Row {
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
  const room = messageRoom(message.channel)
  return { room, entry: id, order: lamport, value, cohort: cohortAt(room, seenAt, retentionSeconds) }
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

/** The order in which everybody sees the same messages: (lamport, sender, counter). */
export const compareMessages = (a: MessageView, b: MessageView): number =>
  a.lamport - b.lamport || compareBytes(a.sender, b.sender) || a.counter - b.counter
