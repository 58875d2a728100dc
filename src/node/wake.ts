/**
 * The one time at which the machine wants to be woken: the latest wish wins, and it is never woken early.
 *
 * Timers of the platform may fire a little before their time, and cannot wait longer than some weeks: what is early is
 * set again.
 */
import type { Nature } from './world.ts'

/** A machine's wish to be woken. */
export class Wake {
  readonly #nature: Nature
  readonly #wake: () => void
  #cancel: (() => void) | undefined

  /** @param wake - called back once for each wish that is not replaced. */
  constructor(nature: Nature, wake: () => void) {
    this.#nature = nature
    this.#wake = wake
  }

  /** Replaces the wish. @param uptimeMs - monotonic ms; undefined: not at all. */
  at(uptimeMs: number | undefined): void {
    this.cancel()
    if (uptimeMs === undefined) return
    const wake = (): void => {
      const early = uptimeMs - this.#nature.uptimeMs()
      if (early > 0) {
        this.#cancel = this.#nature.after(early, wake)
        return
      }
      this.#cancel = undefined
      this.#wake()
    }
    this.#cancel = this.#nature.after(Math.max(0, uptimeMs - this.#nature.uptimeMs()), wake)
  }

  /** Forgets it. */
  cancel(): void {
    this.#cancel?.()
    this.#cancel = undefined
  }
}
