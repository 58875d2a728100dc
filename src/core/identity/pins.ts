/**
 * The newest record seen of each user: nobody can talk us into an older one, nor into another of the same seq.
 *
 * The directory is only a cache; this is what a client itself remembers (protocol §1). The table is bounded: when it is
 * full, the user pinned longest ago without news is forgotten and would be believed again at any seq.
 */
import { copyBytes, equalBytes, mapKey } from '../../base/bytes.ts'
import type { Refusal } from '../reject.ts'
import { refuse } from '../reject.ts'
import type { UserId } from './user.ts'

/** One pinned record. */
export interface Pin {
  readonly user: UserId
  readonly seq: number
  /** 32 bytes, `recordHash`. */
  readonly hash: Uint8Array
}

/** Users remembered: above the largest channel, some 10 MB. */
export const MAX_PINS = 50_000

export class Pins {
  readonly #pins = new Map<string, Pin>()
  readonly #limit: number

  /**
   * @param pins - what the store kept, longest ago first.
   * @param limit - users at most.
   */
  constructor(pins: Iterable<Pin> = [], limit: number = MAX_PINS) {
    this.#limit = limit
    for (const pin of pins) this.pin(pin)
  }

  /**
   * Whether a verified record may be believed.
   *
   * @returns the refusal (122 older, 123 another of the same seq), or undefined when it may.
   */
  judge(record: Pin): Refusal | undefined {
    const pin = this.#pins.get(mapKey(record.user))
    if (pin === undefined || record.seq > pin.seq) return undefined
    if (record.seq < pin.seq) return refuse(122)
    return equalBytes(record.hash, pin.hash) ? undefined : refuse(123)
  }

  /**
   * Judges, and remembers what may be believed.
   *
   * @param record - verified; what is kept of it is copied.
   * @returns as `judge`; on a refusal nothing changes.
   */
  pin(record: Pin): Refusal | undefined {
    const refusal = this.judge(record)
    if (refusal !== undefined) return refusal
    const key = mapKey(record.user)
    this.#pins.delete(key)
    if (this.#pins.size >= this.#limit) this.#pins.delete(this.#pins.keys().next().value!)
    this.#pins.set(key, { user: copyBytes(record.user) as UserId, seq: record.seq, hash: copyBytes(record.hash) })
    return undefined
  }

  /** What is remembered of a user. */
  get(user: UserId): Pin | undefined {
    return this.#pins.get(mapKey(user))
  }

  /** All of it, longest ago first, for the store. */
  entries(): Iterable<Pin> {
    return this.#pins.values()
  }
}
