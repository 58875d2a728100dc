/** Messages as they are kept, made up: for tests of what they say together. */
import { EMPTY, hex, unhex, utf8 } from '../../../src/base/bytes.ts'
import type { MessageView } from '../../../src/core/notice.ts'
import { sha256 } from '../../../src/crypto/kdf.ts'
import type { Content } from '../../../src/wire/messages.ts'
import { contentOf } from '../bus.ts'

/** An id of 32 bytes, hex, that a word stands for. */
export const idOf = (word: string): string => hex(sha256(utf8(word)))

export const CHANNEL = new Uint8Array(32).fill(7)
export const GROUP = new Uint8Array(16).fill(0xab)
export const ALICE = new Uint8Array(32).fill(0xa1)
export const BOB = new Uint8Array(32).fill(0xb0)
export const MALLORY = new Uint8Array(32).fill(0xee)

/** A message named by a word. */
export function view(word: string, fields: Partial<MessageView> & { content: Content }): MessageView {
  const { lamport = 1, sender = ALICE } = fields
  return {
    channel: CHANNEL,
    group: EMPTY,
    id: idOf(word),
    sender,
    nick: sender === ALICE ? 'alice' : sender === BOB ? 'bob' : 'mallory',
    lamport,
    counter: lamport,
    isEncrypted: true,
    isOwn: false,
    state: 'sent',
    seenAt: 1_000_000 + lamport,
    ...fields
  }
}

type Place = Partial<Omit<MessageView, 'content'>> & { replaces?: string }

const named = ({ replaces }: Place): Partial<Content> =>
  replaces === undefined ? {} : { replaces: unhex(idOf(replaces)) }
const placed = ({ replaces: _, ...place }: Place): Place => place

/** @param replyTo - the word that stands for the message answered. */
export const text = (word: string, words: string, place: Place = {}, replyTo?: string): MessageView =>
  view(word, {
    ...placed(place),
    content: contentOf({
      ...named(place),
      text: { text: words, replyTo: replyTo === undefined ? EMPTY : unhex(idOf(replyTo)), isAction: false }
    })
  })

export const edit = (word: string, target: string, words: string, place: Place = {}): MessageView =>
  view(word, {
    ...placed(place),
    content: contentOf({ ...named(place), edit: { target: unhex(idOf(target)), text: words } })
  })

export const deletion = (word: string, target: string, place: Place = {}): MessageView =>
  view(word, { ...placed(place), content: contentOf({ ...named(place), deletion: { target: unhex(idOf(target)) } }) })

export const reaction = (
  word: string,
  target: string,
  emoji: string,
  place: Place = {},
  isWithdrawn = false
): MessageView =>
  view(word, {
    ...placed(place),
    content: contentOf({ ...named(place), reaction: { target: unhex(idOf(target)), emoji, isWithdrawn } })
  })
