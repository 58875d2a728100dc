/**
 * What neighbours may bring: each has buckets of its own, and one that brings bad frames is not listened to for a while.
 *
 * The table is bounded: the neighbour that took longest ago makes room. Nothing here looks at what is in a frame.
 */
import { SECOND_MS } from '../base/time.ts'
import { Bucket, Buckets, type Rate } from './buckets.ts'
import type { Rates } from './rates.ts'

const MAX_NEIGHBOURS = 1_024
/** How often a newcomer to a topic is told of recent frames. */
const TOLD: Rate = { perSecond: 1, burst: 32 }
const MUTE_MS = 10 * SECOND_MS

/** The neighbours' buckets. Every `now` is monotonic ms. */
export class Neighbours {
  readonly #rates: Rates
  readonly #buckets = new Buckets(MAX_NEIGHBOURS)
  readonly #requests: Bucket
  /** Neighbours that are not listened to, and until when. */
  readonly #muted = new Map<string, number>()

  constructor(rates: Rates, now: number) {
    this.#rates = rates
    this.#requests = new Bucket(rates.requests, now)
  }

  /** Whether this neighbour is not listened to now. */
  isMuted(neighbour: string, now: number): boolean {
    if (this.#muted.size === 0) return false
    const until = this.#muted.get(neighbour)
    if (until === undefined) return false
    if (now < until) return true
    this.#muted.delete(neighbour)
    return false
  }

  /** Counts a frame that is bad for everybody. @returns whether the neighbour is not listened to from now on. */
  noteBad(neighbour: string, now: number): boolean {
    if (this.#buckets.take(neighbour, 'bad', this.#rates.badPerNeighbour, now)) return false
    if (this.#muted.size >= MAX_NEIGHBOURS) this.#muted.delete(this.#muted.keys().next().value!)
    this.#muted.set(neighbour, now + MUTE_MS)
    return true
  }

  /** Whether it may bring one more frame to a keyless carrier. */
  takeKeyless(neighbour: string, now: number): boolean {
    return this.#buckets.take(neighbour, 'frames', this.#rates.keylessPerNeighbour, now)
  }

  /** Whether it may bring one more frame of an author that is no known member. */
  takeStranger(neighbour: string, now: number): boolean {
    return this.#buckets.take(neighbour, 'strangers', this.#rates.strangersPerNeighbour, now)
  }

  /** Whether it may bring one more key request, of its own share and of all neighbours' together. */
  takeRequest(neighbour: string, now: number): boolean {
    return (
      this.#buckets.take(neighbour, 'requests', this.#rates.requestsPerNeighbour, now) &&
      this.#requests.take(this.#rates.requests, now)
    )
  }

  /** Whether it may be told of recent frames once more. */
  takeTold(neighbour: string, now: number): boolean {
    return this.#buckets.take(neighbour, 'told', TOLD, now)
  }
}
