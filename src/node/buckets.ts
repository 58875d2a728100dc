/**
 * Token buckets: how much of something a peer may cause, at once and over time.
 *
 * Time is monotonic and given by the caller. A table of buckets is bounded: the name that took longest ago makes room,
 * so a stranger with many names costs memory within the bound, and its own names their debts, nobody else's.
 */
import { SECOND_MS } from '../base/time.ts'

/** Tokens per second, and how many at once. */
export interface Rate {
  readonly perSecond: number
  readonly burst: number
}

/** A token bucket. */
export class Bucket {
  #tokens: number
  #at: number

  constructor({ burst }: Rate, now: number) {
    this.#tokens = burst
    this.#at = now
  }

  /** Whether there was a token. @param now - monotonic ms. */
  take({ perSecond, burst }: Rate, now: number): boolean {
    this.#tokens = Math.min(burst, this.#tokens + ((now - this.#at) * perSecond) / SECOND_MS)
    this.#at = now
    if (this.#tokens < 1) return false
    this.#tokens--
    return true
  }
}

/** Buckets by name. The name that took longest ago makes room. */
export class Buckets {
  readonly #limit: number
  readonly #byName = new Map<string, Partial<Record<string, Bucket>>>()

  constructor(limit: number) {
    this.#limit = limit
  }

  /** Whether this name has taken, and was not pushed out since. */
  has(name: string): boolean {
    return this.#byName.has(name)
  }

  /** Whether the bucket of this name and kind had a token. @param now - monotonic ms. */
  take(name: string, kind: string, rate: Rate, now: number): boolean {
    let buckets = this.#byName.get(name)
    if (buckets === undefined) {
      if (this.#byName.size >= this.#limit) this.#byName.delete(this.#byName.keys().next().value!)
      buckets = {}
    } else {
      this.#byName.delete(name)
    }
    this.#byName.set(name, buckets)
    buckets[kind] ??= new Bucket(rate, now)
    return buckets[kind].take(rate, now)
  }
}
