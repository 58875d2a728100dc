/**
 * Where each member of a crowd stands, a row for each: what is asked at every frame that it hears lies together, as it is the
 * way into memory that a crowd of 100,000 waits for.
 */

/** Where a peer stands. */
export const PHASE = { absent: 0, asking: 1, fetching: 2, ready: 3, removed: 4, stopped: 5 } as const
export type Phase = (typeof PHASE)[keyof typeof PHASE]

/** No epoch. */
export const NONE = -1

/** Integers of a row, a power of two. */
const ROW_BITS = 3
const COLUMN = { phase: 0, epoch: 1, since: 2, told: 3, arrived: 4 } as const

export class Members {
  /** How many there may be. */
  readonly size: number
  readonly #rows: Int32Array
  /** How many have the key, and how many asked and have none. */
  ready = 0
  waiting = 0

  constructor(size: number) {
    this.size = size
    this.#rows = new Int32Array(size << ROW_BITS).fill(NONE)
    for (let peer = 0; peer < size; peer++) this.#rows[peer << ROW_BITS] = PHASE.absent
  }

  get bytes(): number {
    return this.#rows.byteLength
  }

  phaseOf(peer: number): Phase {
    return this.#rows[peer << ROW_BITS] as Phase
  }

  isReady(peer: number): boolean {
    return this.phaseOf(peer) === PHASE.ready
  }

  /** It goes to another phase, and is counted there. */
  move(peer: number, phase: Phase): void {
    const before = this.phaseOf(peer)
    this.ready += Number(phase === PHASE.ready) - Number(before === PHASE.ready)
    this.waiting += Number(isWaiting(phase)) - Number(isWaiting(before))
    this.#rows[peer << ROW_BITS] = phase
  }

  /** Index of the epoch in force. */
  epochOf(peer: number): number {
    return this.#rows[(peer << ROW_BITS) + COLUMN.epoch]!
  }

  setEpoch(peer: number, epoch: number): void {
    this.#rows[(peer << ROW_BITS) + COLUMN.epoch] = epoch
    this.tell(peer, epoch)
  }

  /** Index of the epoch of the newest grant: nothing from before it can be read. */
  sinceOf(peer: number): number {
    return this.#rows[(peer << ROW_BITS) + COLUMN.since]!
  }

  setSince(peer: number, epoch: number): void {
    this.#rows[(peer << ROW_BITS) + COLUMN.since] = epoch
  }

  /** Something speaks of an epoch. */
  tell(peer: number, epoch: number): void {
    const index = (peer << ROW_BITS) + COLUMN.told
    if (epoch > this.#rows[index]!) this.#rows[index] = epoch
  }

  /** Index of the newest epoch heard of. */
  toldOf(peer: number): number {
    return this.#rows[(peer << ROW_BITS) + COLUMN.told]!
  }

  /** Whether an epoch was heard of that is not in force. */
  isBehind(peer: number): boolean {
    return this.epochOf(peer) < this.toldOf(peer)
  }

  /** An announcement has come. */
  noteArrived(peer: number, epoch: number): void {
    const index = (peer << ROW_BITS) + COLUMN.arrived
    if (epoch > this.#rows[index]!) this.#rows[index] = epoch
  }

  /** Index of the newest epoch whose announcement has come. */
  arrivedOf(peer: number): number {
    return this.#rows[(peer << ROW_BITS) + COLUMN.arrived]!
  }
}

const isWaiting = (phase: Phase): boolean => phase === PHASE.asking || phase === PHASE.fetching
