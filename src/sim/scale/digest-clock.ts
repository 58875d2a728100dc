/** When each member of a crowd says its next digest, as `Presence` does it: soon after its start, then rarely, sooner after news. */
import {
  DIGEST_MS,
  DIGEST_PER_MEMBER_MS,
  FIRST_DIGEST_MS,
  FIRST_DIGEST_PER_MEMBER_MS,
  RECEIPT_MS,
  RECEIPT_PER_MEMBER_MS
} from '../../core/params.ts'
import type { Random } from '../random.ts'

/** A row for each: when its next digest is due, the event that waits for it, its last digest, its first key, and its share. */
const ROW = 8
const COLUMN = { due: 0, timer: 1, said: 2, keyed: 3, share: 4, epochAt: 5 } as const

/** The epoch that a member holds: when it was made, virtual ms, and how many are in its roster. */
interface Held {
  readonly at: number
  readonly members: number
}

export class DigestClock {
  readonly #rows: Float64Array
  readonly #hasNews: Uint8Array
  readonly #random: Random
  readonly #clock: { readonly now: number }
  readonly #wake: (peer: number, at: number) => void

  /** @param wake - makes an event at a time, virtual ms, for `isDue` to be asked at. */
  constructor(
    peers: number,
    random: Random,
    clock: { readonly now: number },
    wake: (peer: number, at: number) => void
  ) {
    this.#random = random
    this.#clock = clock
    this.#wake = wake
    this.#hasNews = new Uint8Array(peers)
    this.#rows = new Float64Array(ROW * peers).fill(Number.POSITIVE_INFINITY)
    for (let row = 0; row < this.#rows.length; row += ROW) this.#rows[row + COLUMN.said] = Number.NEGATIVE_INFINITY
  }

  get bytes(): number {
    return this.#rows.byteLength + this.#hasNews.byteLength
  }

  /** A member has its first key. */
  begin(peer: number, held: Held): void {
    const row = ROW * peer
    this.#rows[row + COLUMN.keyed] = this.#clock.now
    this.#rows[row + COLUMN.share] = (1 + 3 * this.#random.fraction()) / 4
    this.#planFirst(row, peer, held)
  }

  /**
   * Each epoch until the first digest sets its time anew. A later epoch never makes it earlier, so it is enough to look when the
   * time has come; and so the share of the time that is drawn may be one for all of them.
   */
  #planFirst(row: number, peer: number, { at, members }: Held): void {
    const soon = Math.max(FIRST_DIGEST_MS, members * FIRST_DIGEST_PER_MEMBER_MS)
    const latest = this.#rows[row + COLUMN.keyed]! + intervalMs(members)
    this.#rows[row + COLUMN.epochAt] = at
    this.#plan(peer, Math.max(this.#clock.now, Math.min(at + this.#rows[row + COLUMN.share]! * soon, latest)))
  }

  /** Something was heard: whoever said it wants to know. */
  noteNews(peer: number, members: number): void {
    if (this.#hasNews[peer] === 1) return
    this.#hasNews[peer] = 1
    const row = ROW * peer
    const within = Math.max(RECEIPT_MS, members * RECEIPT_PER_MEMBER_MS) * (1 - this.#random.fraction() / 4)
    const at = Math.max(this.#clock.now, this.#rows[row + COLUMN.said]!) + within
    this.#plan(peer, Math.min(this.#rows[row + COLUMN.due]!, at))
  }

  /** Its event has come. @returns whether it is time; when it is not, there is another event. */
  isDue(peer: number, held: Held): boolean {
    const row = ROW * peer
    const { now } = this.#clock
    if (now < Math.floor(this.#rows[row + COLUMN.timer]!)) return false
    this.#rows[row + COLUMN.timer] = Number.POSITIVE_INFINITY
    const isFirst = this.#rows[row + COLUMN.said] === Number.NEGATIVE_INFINITY
    if (isFirst && this.#rows[row + COLUMN.epochAt] !== held.at) this.#planFirst(row, peer, held)
    const at = this.#rows[row + COLUMN.due]!
    if (now >= Math.floor(at)) return true
    this.#plan(peer, at)
    return false
  }

  /** It says one. */
  noteSaid(peer: number, members: number): void {
    const { now } = this.#clock
    this.#rows[ROW * peer + COLUMN.said] = now
    this.#hasNews[peer] = 0
    this.#plan(peer, now + intervalMs(members) * (1 - this.#random.fraction() / 4))
  }

  #plan(peer: number, at: number): void {
    const row = ROW * peer
    this.#rows[row + COLUMN.due] = at
    if (at >= this.#rows[row + COLUMN.timer]!) return
    this.#rows[row + COLUMN.timer] = at
    this.#wake(peer, at)
  }
}

const intervalMs = (members: number): number => Math.max(DIGEST_MS, members * DIGEST_PER_MEMBER_MS)
