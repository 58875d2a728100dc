/** Which counters of one start of a sender were seen: each once, and none far behind the newest (protocol §5). */
import { WINDOW_MESSAGES } from '../params.ts'

/** Starts followed at once; the one begun longest ago is forgotten, and its messages count as new again. */
const STARTS = 1024

interface Seen {
  highest: number
  readonly counters: Set<number>
}

export class ReplayWindow {
  readonly #starts = new Map<string, Seen>()

  /** Takes a counter. @returns false when it was taken before, or is too far behind. */
  take(start: string, counter: number): boolean {
    const seen = this.#starts.get(start) ?? { highest: counter, counters: new Set() }
    if (counter <= seen.highest - WINDOW_MESSAGES || seen.counters.has(counter)) return false
    seen.counters.add(counter)
    seen.highest = Math.max(seen.highest, counter)
    for (const old of seen.counters) if (old <= seen.highest - WINDOW_MESSAGES) seen.counters.delete(old)
    this.#starts.set(start, seen)
    for (const oldest of this.#starts.keys()) {
      if (this.#starts.size <= STARTS) break
      this.#starts.delete(oldest)
    }
    return true
  }
}
