/**
 * Messages of ours on their way: nothing typed is lost, and nothing is said to be sent that was not.
 *
 * An entry is durable before the user is told that it waits, and its sealed frame is durable before it is published; after
 * a crash the same frame goes out again, which is the same message to everybody. A message is sealed only when there are a
 * key and somebody to carry it. It is never sent under a key that is not current any more: it is sealed again, and names the
 * frame that it replaces, so that whoever has that one does not see the message twice.
 */
import { EMPTY, hex } from '../../base/bytes.ts'
import { Content } from '../../wire/messages.ts'
import { OutboxRow } from '../../wire/rows.ts'
import type { Frame } from '../channel/frame.ts'
import type { Row, RowKey } from '../machine.ts'
import { stateKey, stateRow } from '../out.ts'

export interface OutboxEntry {
  /** Local name until the message has an id. */
  readonly local: string
  readonly content: Content
  readonly isPlain: boolean
  /** Said to this group; empty: to the channel. */
  readonly group: Uint8Array
  /** The order in which messages were typed. */
  readonly order: number
  /** Empty until sealed. */
  frame: Uint8Array
  /** Announcement id of the epoch it was sealed under. */
  epoch: Uint8Array
  lamport: number
  /** The frame as it was made, while this run lasts. */
  made?: Frame
  /** Whether the frame was handed to the carrier and no word has come back. */
  isUnderWay: boolean
}

export class Outbox {
  readonly #channel: string
  readonly #entries = new Map<string, OutboxEntry>()
  #order = 0

  constructor(channel: string) {
    this.#channel = channel
  }

  get size(): number {
    return this.#entries.size
  }

  /** In the order typed. */
  entries(): OutboxEntry[] {
    return [...this.#entries.values()]
  }

  /** In the order typed, apart for the channel and each group. */
  byLine(): OutboxEntry[][] {
    return [...Map.groupBy(this.#entries.values(), ({ group }) => hex(group)).values()]
  }

  get(local: string): OutboxEntry | undefined {
    return this.#entries.get(local)
  }

  add(local: string, content: Content, isPlain: boolean, group: Uint8Array): OutboxEntry {
    const entry: OutboxEntry = {
      local,
      content,
      isPlain,
      group,
      order: this.#order++,
      frame: EMPTY,
      epoch: EMPTY,
      lamport: 0,
      isUnderWay: false
    }
    this.#entries.set(local, entry)
    return entry
  }

  /** @returns the row to forget. */
  delete(local: string): RowKey {
    this.#entries.delete(local)
    return stateKey(this.#name(local))
  }

  rowOf(entry: OutboxEntry): Row {
    const { local, isPlain, group, frame, epoch, order, lamport } = entry
    const content = Content.encode(entry.content)
    return stateRow(
      this.#name(local),
      OutboxRow.encode({ local, content, isPlain, group, frame, epoch, order, lamport })
    )
  }

  restore(bytes: Uint8Array): void {
    const { content, ...row } = OutboxRow.decode(bytes)
    const { local, order } = row
    this.#entries.set(local, { ...row, content: Content.decode(content), isUnderWay: false })
    this.#order = Math.max(this.#order, order + 1)
    const sorted = [...this.#entries.values()].sort((a, b) => a.order - b.order)
    this.#entries.clear()
    for (const one of sorted) this.#entries.set(one.local, one)
  }

  #name(local: string): string {
    return `outbox/${this.#channel}/${local}`
  }
}
