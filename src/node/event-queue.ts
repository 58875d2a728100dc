/**
 * Events that wait for the machine: commands, answers and wakes first, then frames of members and of strangers.
 *
 * Frames wait in bounded queues of their own, so that a flood of strangers' costs members nothing; when both wait, a few
 * of the strangers' still get their turn. The rest is few, bounded by who makes it.
 */
import type { Event } from '../core/machine.ts'

/** Verified frames of members, and of strangers, that wait. */
const MAX_FRAMES = 4_096
export const MAX_STRANGERS = 256
/** Of so many frames one is a stranger's, when both wait. */
const STRANGER_TURN = 8

/** The queue of one driver. */
export class EventQueue {
  readonly #events = new Fifo<Event>()
  readonly #frames = new Fifo<Event>()
  readonly #strangers = new Fifo<Event>()
  #frameCount = 0

  /** All that wait. */
  get length(): number {
    return this.#events.length + this.#frames.length + this.#strangers.length
  }

  /** Those that wait and are no frames. */
  get urgent(): number {
    return this.#events.length
  }

  /** Adds an event that is no frame. */
  push(event: Event): void {
    this.#events.push(event)
  }

  /** Adds a frame, or drops it. @returns whether there was room. */
  pushFrame(event: Event, isStranger: boolean): boolean {
    const queue = isStranger ? this.#strangers : this.#frames
    if (queue.length >= (isStranger ? MAX_STRANGERS : MAX_FRAMES)) return false
    queue.push(event)
    return true
  }

  /** The next one, or undefined when none waits. */
  take(): Event | undefined {
    const event = this.#events.shift()
    if (event !== undefined) return event
    const isStrangersTurn = ++this.#frameCount % STRANGER_TURN === 0
    const [first, second] = isStrangersTurn ? [this.#strangers, this.#frames] : [this.#frames, this.#strangers]
    return first.shift() ?? second.shift()
  }

  /** Forgets the frames. */
  clearFrames(): void {
    this.#frames.clear()
    this.#strangers.clear()
  }

  /** Forgets everything. */
  clear(): void {
    this.#events.clear()
    this.clearFrames()
  }
}

/** A queue that never runs empty is moved to its front this often. */
const COMPACT_AT = 4_096

/** First in, first out, without moving what stays. */
class Fifo<T> {
  #items: T[] = []
  #first = 0

  get length(): number {
    return this.#items.length - this.#first
  }

  push(item: T): void {
    this.#items.push(item)
  }

  shift(): T | undefined {
    if (this.#first >= this.#items.length) return undefined
    const item = this.#items[this.#first]
    this.#items[this.#first++] = undefined as T
    if (this.#first === this.#items.length) {
      this.clear()
    } else if (this.#first >= COMPACT_AT) {
      this.#items = this.#items.slice(this.#first)
      this.#first = 0
    }
    return item
  }

  clear(): void {
    this.#items = []
    this.#first = 0
  }
}
