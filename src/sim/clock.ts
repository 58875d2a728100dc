/**
 * A node's clocks. The wall clock may be wrong, jump and drift; the monotonic clock starts anywhere at each start of the
 * process, drifts with the wall clock, and stands still while the machine is suspended.
 */
import { atMillis, type Millis } from '../base/time.ts'

/** Wall time at virtual time 0 of every run: 2026-01-01T00:00:00Z. */
export const WORLD_STARTS_AT = 1_767_225_600_000

/** The two clocks of one node, as functions of the world's virtual time. */
export class Clock {
  #anchor = 0
  #wall: number
  #uptime = 0
  #rate: number

  /**
   * @param skewMs - how far the wall clock is ahead at the start.
   * @param rate - ms of the node per ms of the world, above 0.
   */
  constructor(skewMs: number, rate: number) {
    this.#wall = WORLD_STARTS_AT + skewMs
    this.#rate = rate
  }

  /** ms of the node per ms of the world. */
  get rate(): number {
    return this.#rate
  }

  /** The wall clock, whole ms. */
  now(time: number): Millis {
    return atMillis(Math.floor(this.#wall + (time - this.#anchor) * this.#rate))
  }

  /** The monotonic clock, ms. */
  uptimeMs(time: number): number {
    return this.#uptime + (time - this.#anchor) * this.#rate
  }

  /** The first whole virtual ms at which the monotonic clock has reached `uptimeMs`. */
  timeOf(uptimeMs: number): number {
    let time = Math.ceil(this.#anchor + (uptimeMs - this.#uptime) / this.#rate)
    while (this.uptimeMs(time) < uptimeMs) time++
    return time
  }

  /** A new process: its monotonic clock starts somewhere else. */
  startUptime(time: number, uptimeMs: number): void {
    this.#moveAnchor(time)
    this.#uptime = uptimeMs
  }

  /** Sets the wall clock forward, or back. */
  jump(byMs: number): void {
    this.#wall += byMs
  }

  /** Somebody sets the wall clock right. */
  repair(time: number): void {
    this.#wall += WORLD_STARTS_AT + time - this.now(time)
  }

  setRate(time: number, rate: number): void {
    this.#moveAnchor(time)
    this.#rate = rate
  }

  /** The monotonic clock did not advance for this long. */
  holdUptime(time: number, forMs: number): void {
    this.#moveAnchor(time)
    this.#uptime -= forMs * this.#rate
  }

  #moveAnchor(time: number): void {
    const passed = (time - this.#anchor) * this.#rate
    this.#wall += passed
    this.#uptime += passed
    this.#anchor = time
  }
}
