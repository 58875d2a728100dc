/** How much is said in a channel, and when it was last, in this start: what presence tells and triggers go by. */
import type { Env } from '../machine.ts'

export class Traffic {
  #sent = 0
  #messages = 0
  #lastAt = Number.NEGATIVE_INFINITY
  #toldAt = Number.NEGATIVE_INFINITY

  /** Messages of ours that were sealed. */
  get sent(): number {
    return this.#sent
  }

  /** Messages of anybody. */
  get messages(): number {
    return this.#messages
  }

  /** `Env.uptimeMs` of the last one; minus infinity: none yet. */
  get lastAt(): number {
    return this.#lastAt
  }

  /** `Env.uptimeMs` of our last one that says to all members which key we hold; minus infinity: none yet. */
  get toldAt(): number {
    return this.#toldAt
  }

  /** @param isTelling - whether all members see by it which key we hold. */
  said(isTelling: boolean, env: Env): void {
    this.#sent++
    if (isTelling) this.#toldAt = env.uptimeMs
    this.heard(env)
  }

  heard(env: Env): void {
    this.#messages++
    this.#lastAt = env.uptimeMs
  }
}
