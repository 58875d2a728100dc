/** So much at once, and one more in each of the times that follow, whatever comes of it. Times are `Env.uptimeMs`. */
export class Allowance {
  readonly #headStartMs: number
  readonly #everyMs: number
  /** Up to when what was taken so far lasts: each takes its time. */
  #takenUntil = Number.NEGATIVE_INFINITY

  constructor(atOnce: number, everyMs: number) {
    this.#headStartMs = (atOnce - 1) * everyMs
    this.#everyMs = everyMs
  }

  /** From when on the next may be taken. */
  get nextAt(): number {
    return this.#takenUntil - this.#headStartMs
  }

  take(uptimeMs: number, count = 1): void {
    this.#takenUntil = Math.max(this.#takenUntil, uptimeMs) + count * this.#everyMs
  }
}
