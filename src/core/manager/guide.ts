/**
 * Leading members on: who uses a key that is over is given what leads to the current one (protocol §8).
 *
 * A message under an old key can be a repetition by anybody, so each member is led at most once in a while.
 */
import { hex } from '../../base/bytes.ts'
import { LEAD_MS, LED_MEMBERS } from '../params.ts'

export class Guide {
  /** `Env.uptimeMs` by user, the one led longest ago first. */
  readonly #ledAt = new Map<string, number>()

  get fill(): { readonly name: string; readonly size: number; readonly cap: number } {
    return { name: 'members led on', size: this.#ledAt.size, cap: LED_MEMBERS }
  }

  /** Whether a member is to be led now; then it counts as done. */
  take(user: Uint8Array, uptimeMs: number): boolean {
    const name = hex(user)
    if (uptimeMs < (this.#ledAt.get(name) ?? Number.NEGATIVE_INFINITY) + LEAD_MS) return false
    this.#ledAt.delete(name)
    this.#ledAt.set(name, uptimeMs)
    for (const oldest of this.#ledAt.keys()) {
      if (this.#ledAt.size <= LED_MEMBERS) break
      this.#ledAt.delete(oldest)
    }
    return true
  }
}
