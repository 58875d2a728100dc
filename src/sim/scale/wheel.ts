/**
 * What happens next, for worlds of many millions of events: a bucket wheel over typed arrays, one bucket for each virtual ms.
 *
 * Events at one instant run in the order in which they were scheduled; those scheduled more than one turn of the wheel ahead
 * run after those of their instant that were scheduled before the wheel came there, and before the others. An event is two
 * integers: whoever schedules it knows what they mean.
 */

/** Buckets of the wheel, a power of two: events less far ahead are put into their bucket at once. */
const TURN_BITS = 16
const TURN = 2 ** TURN_BITS
const MASK = TURN - 1
/** Events in one piece of a bucket. */
const PIECE = 64
const PIECE_INTS = 2 * PIECE
const FIRST_PIECES = 1 << 14
const NONE = -1

export class Wheel {
  /** Virtual ms. */
  now = 0
  /** Events handled. */
  handled = 0
  /** Events that wait. */
  waiting = 0
  #events = new Int32Array(FIRST_PIECES * PIECE_INTS)
  /** The piece after each piece of a bucket, or of the free ones. */
  #next = new Int32Array(FIRST_PIECES)
  #free = NONE
  #pieces = 0
  readonly #first = new Int32Array(TURN).fill(NONE)
  readonly #last = new Int32Array(TURN).fill(NONE)
  /** Integers in the last piece of each bucket. */
  readonly #filled = new Int32Array(TURN)
  /** Events beyond the wheel, by the turn they are in. */
  readonly #far = new Map<number, number[]>()

  /** Bytes of its arrays. */
  get bytes(): number {
    return this.#events.byteLength + this.#next.byteLength + 3 * this.#first.byteLength
  }

  /** @param at - virtual ms, an integer, not before now. */
  push(at: number, a: number, b: number): void {
    this.waiting++
    if (at - this.now >= TURN) this.#pushFar(at, a, b)
    else this.#put(at & MASK, a, b)
  }

  /**
   * Handles what is due, in order, until the time is reached, or so many events are handled.
   *
   * @returns whether the time is reached.
   */
  run(untilMs: number, most: number, handle: (a: number, b: number) => void): boolean {
    const end = this.handled + most
    for (;;) {
      const bucket = this.now & MASK
      for (let piece = this.#first[bucket]!; piece !== NONE; piece = this.#first[bucket]!) {
        const from = piece * PIECE_INTS
        let at = 0
        // What is handled may add to this very bucket, and may move the arrays: what stood there before stands in the old ones.
        for (let filled = this.#filledOf(piece, bucket); at < filled; filled = this.#filledOf(piece, bucket)) {
          const events = this.#events
          for (; at < filled; at += 2) handle(events[from + at]!, events[from + at + 1]!)
        }
        this.handled += at >> 1
        this.waiting -= at >> 1
        if (piece === this.#last[bucket]) {
          this.#first[bucket] = NONE
          this.#last[bucket] = NONE
        } else this.#first[bucket] = this.#next[piece]!
        this.#next[piece] = this.#free
        this.#free = piece
      }
      if (this.now >= untilMs) return true
      this.now++
      if ((this.now & MASK) === 0) this.#turn()
      if (this.handled >= end) return false
    }
  }

  /** Integers in a piece of a bucket: only the last one may have room. */
  #filledOf(piece: number, bucket: number): number {
    return piece === this.#last[bucket] ? this.#filled[bucket]! : PIECE_INTS
  }

  #put(bucket: number, a: number, b: number): void {
    let piece = this.#last[bucket]!
    let filled = this.#filled[bucket]!
    if (piece === NONE || filled === PIECE_INTS) {
      const fresh = this.#take()
      if (piece === NONE) this.#first[bucket] = fresh
      else this.#next[piece] = fresh
      this.#last[bucket] = fresh
      piece = fresh
      filled = 0
    }
    const index = piece * PIECE_INTS + filled
    this.#events[index] = a
    this.#events[index + 1] = b
    this.#filled[bucket] = filled + 2
  }

  #take(): number {
    const free = this.#free
    if (free !== NONE) {
      this.#free = this.#next[free]!
      return free
    }
    if (this.#pieces === this.#next.length) {
      this.#events = grown(this.#events)
      this.#next = grown(this.#next)
    }
    return this.#pieces++
  }

  #pushFar(at: number, a: number, b: number): void {
    const turn = Math.floor(at / TURN)
    const events = this.#far.get(turn) ?? []
    this.#far.set(turn, events)
    events.push(at & MASK, a, b)
  }

  /** A new turn begins: what waits for it comes onto the wheel. */
  #turn(): void {
    const turn = this.now / TURN
    const events = this.#far.get(turn) ?? []
    this.#far.delete(turn)
    for (let i = 0; i < events.length; i += 3) this.#put(events[i]!, events[i + 1]!, events[i + 2]!)
  }
}

function grown(array: Int32Array<ArrayBuffer>): Int32Array<ArrayBuffer> {
  const twice = new Int32Array(2 * array.length)
  twice.set(array)
  return twice
}
