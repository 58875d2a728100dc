/**
 * Finding in the store what belongs together: a message with what became of it and with what it is about.
 *
 * Everything is read by the index of core/member/history.ts, so it costs the same however long the history is. One message
 * brings in only so much, however often others react to it.
 */
import { equalBytes, hex, readUtf8 } from '../base/bytes.ts'
import type { RowKey } from '../core/machine.ts'
import {
  changeRoom,
  claimRoom,
  compareMessages,
  messageRoom,
  nameOf,
  placeOf,
  reactionRoom,
  readMessageRow,
  textKey
} from '../core/member/history.ts'
import { Thread, targetOf } from '../core/member/thread.ts'
import type { MessageView } from '../core/notice.ts'
import type { RowRange, Store } from './store.ts'

/** Reactions to one message that are looked at, newest first, and texts that claim to be one. */
const MANY = 1000
/** Edits of one Lamport time that are looked at: an honest sender has one. */
const TWINS = 16

/** The rows of the texts that a name may mean. @param limit - of those that only claim to be it. */
export async function* textsNamed(
  store: Store,
  channel: Uint8Array,
  name: string,
  limit = Number.MAX_SAFE_INTEGER
): AsyncGenerator<RowKey> {
  const lamport = await store.read(textKey(channel, name))
  if (lamport !== undefined) yield placeOf(channel, { entry: name, order: Number(readUtf8(lamport)) })
  for await (const place of store.rows(claimRoom(channel, name), { limit })) yield placeOf(channel, place)
}

export class Threads {
  readonly #store: Store

  constructor(store: Store) {
    this.#store = store
  }

  /** Stored messages of a channel, one by one. @throws {UsageError} `DAMAGED_STORE` */
  async *stream(channel: Uint8Array, range: RowRange = {}): AsyncGenerator<MessageView> {
    for await (const row of this.#store.rows(messageRoom(channel), range)) {
      const view = readMessageRow(row)
      if (view !== undefined) yield view
    }
  }

  /** Stored messages of a channel in the order that everybody sees, the newest first. */
  async *newestFirst(channel: Uint8Array): AsyncGenerator<MessageView> {
    // Rows of one Lamport time come in the store's order.
    let together: MessageView[] = []
    for await (const view of this.stream(channel, { isReverse: true })) {
      if (together.length > 0 && together[0]!.lamport !== view.lamport) {
        yield* together.sort(compareMessages).reverse()
        together = []
      }
      together.push(view)
    }
    yield* together.sort(compareMessages).reverse()
  }

  /** The texts that a name may mean. @param name - id of the first frame, hex. */
  async named(channel: Uint8Array, name: string): Promise<MessageView[]> {
    const views: MessageView[] = []
    for await (const key of textsNamed(this.#store, channel, name, MANY)) {
      const view = await this.#read(key)
      if (view !== undefined) views.push(view)
    }
    return views
  }

  /** Messages of one channel together with what became of each text, and with the texts that they are about. */
  async around(channel: Uint8Array, messages: readonly MessageView[]): Promise<Thread> {
    const found = new Map(messages.map((one) => [one.id, one]))
    const names = new Set<string>()
    for (const one of messages) {
      const { text } = one.content
      const target = text && text.replyTo.length > 0 ? hex(text.replyTo) : targetOf(one)
      if (target !== undefined) names.add(target)
      if (text) names.add(nameOf(one))
    }
    for (const name of names) for (const one of await this.named(channel, name)) found.set(one.id, one)
    const texts = [...found.values()].filter(({ content, isErased }) => content.text && isErased !== true)
    for (const text of texts) for (const one of await this.#about(text)) found.set(one.id, one)
    return new Thread(found.values())
  }

  /** What became of a text: of edits the newest. */
  async #about(text: MessageView): Promise<MessageView[]> {
    const { channel, sender, group } = text
    const name = nameOf(text)
    const deletions = await this.#follow(channel, changeRoom('deletions', channel, name, sender), { limit: TWINS })
    // One on another line has no effect.
    if (deletions.some((one) => equalBytes(one.group, group))) return deletions
    const edits = await this.#follow(channel, changeRoom('edits', channel, name, sender), { limit: TWINS })
    const reactions = await this.#follow(channel, reactionRoom(channel, name), { limit: MANY })
    return [...deletions, ...edits, ...reactions]
  }

  /** The messages that rows of the index lead to, newest first. */
  async #follow(channel: Uint8Array, room: string, range: RowRange): Promise<MessageView[]> {
    const views: MessageView[] = []
    for await (const place of this.#store.rows(room, { isReverse: true, ...range })) {
      const view = await this.#read(placeOf(channel, place))
      if (view !== undefined) views.push(view)
    }
    return views
  }

  async #read(key: RowKey): Promise<MessageView | undefined> {
    const value = await this.#store.read(key)
    return value && readMessageRow({ ...key, value })
  }
}
