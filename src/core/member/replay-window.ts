/**
 * Which counters of one start of a sender were seen: each once, and none far behind the newest (protocol §5). What was seen
 * is kept, or a start of ours would take every recorded message for new.
 */
import { hex, joinBytes, u64 } from '../../base/bytes.ts'
import { BOOT_BYTES, USER_BYTES } from '../../wire/limits.ts'
import type { Row, RowKey } from '../machine.ts'
import { stateKey, stateRow } from '../out.ts'
import { WINDOW_MESSAGES } from '../params.ts'

/** Starts followed at once; the one begun longest ago is forgotten, and its messages count as new again. */
const STARTS = 1024

interface Seen {
  readonly sender: Uint8Array
  readonly boot: Uint8Array
  highest: number
  readonly counters: Set<number>
}

const nameOf = (sender: Uint8Array, boot: Uint8Array): string => `${hex(sender)}.${hex(boot)}`

export class ReplayWindow {
  readonly #channel: string
  readonly #starts = new Map<string, Seen>()

  /** @param channel - the channel id's text, for the names of rows. */
  constructor(channel: string) {
    this.#channel = channel
  }

  /**
   * Takes a counter.
   *
   * @returns what the store must keep and forget with the message; undefined when the counter was taken before, or is too
   * far behind.
   */
  take(sender: Uint8Array, boot: Uint8Array, counter: number): { puts: Row[]; deletes: RowKey[] } | undefined {
    const name = nameOf(sender, boot)
    const seen = this.#starts.get(name) ?? { sender, boot, highest: counter, counters: new Set<number>() }
    if (counter <= seen.highest - WINDOW_MESSAGES || seen.counters.has(counter)) return undefined
    seen.counters.add(counter)
    seen.highest = Math.max(seen.highest, counter)
    for (const old of seen.counters) if (old <= seen.highest - WINDOW_MESSAGES) seen.counters.delete(old)
    this.#starts.set(name, seen)
    const deletes: RowKey[] = []
    for (const oldest of this.#starts.keys()) {
      if (this.#starts.size <= STARTS) break
      this.#starts.delete(oldest)
      deletes.push(stateKey(this.#entry(oldest)))
    }
    return { puts: [this.#rowOf(name, seen)], deletes }
  }

  /** The rows of all starts. */
  keys(): RowKey[] {
    return [...this.#starts.keys()].map((name) => stateKey(this.#entry(name)))
  }

  /** Sender, boot nonce, highest counter (u64), and a bit for each counter of the window, the highest first. */
  #rowOf(name: string, { sender, boot, highest, counters }: Seen): Row {
    const bits = new Uint8Array(WINDOW_MESSAGES / 8)
    for (const counter of counters) bits[(highest - counter) >> 3]! |= 1 << ((highest - counter) & 7)
    return stateRow(this.#entry(name), joinBytes(sender, boot, u64(highest), bits))
  }

  /** @returns false when the row is damaged. */
  restore(bytes: Uint8Array): boolean {
    const start = USER_BYTES + BOOT_BYTES
    if (bytes.length !== start + 8 + WINDOW_MESSAGES / 8) return false
    const sender = bytes.slice(0, USER_BYTES)
    const boot = bytes.slice(USER_BYTES, start)
    const highest = Number(new DataView(bytes.buffer, bytes.byteOffset + start, 8).getBigUint64(0))
    const counters = new Set<number>()
    for (let back = 0; back < WINDOW_MESSAGES; back++) {
      if ((bytes[start + 8 + (back >> 3)]! >> (back & 7)) & 1) counters.add(highest - back)
    }
    this.#starts.set(nameOf(sender, boot), { sender, boot, highest, counters })
    return true
  }

  #entry(name: string): string {
    return `plain/${this.#channel}/${name}`
  }
}
