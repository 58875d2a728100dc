/**
 * Leading members on: who uses a key that is over is given what leads to the current one (protocol §8).
 *
 * A message under an old key can be a repetition by anybody, so each member is led at most once in a while.
 */
import { hex } from '../../base/bytes.ts'
import { trim } from '../../base/trim.ts'
import type { KeyId } from '../../wire/messages.ts'
import type { Context } from '../channel/context.ts'
import { isHigher } from '../channel/key-schedule.ts'
import { asUserId } from '../identity/user.ts'
import type { Env } from '../machine.ts'
import type { Out } from '../out.ts'
import { LEAD_MS, LED_EPOCHS, LED_MEMBERS } from '../params.ts'

/** What the guide sees of the member in the same peer. */
export interface GuideSeat {
  readonly current: { readonly key: KeyId } | undefined
  /** The deadline of an epoch whose messages can still be read, ms since 1970. */
  notAfterOf(key: KeyId): number | undefined
  /** The announcements that lead from an epoch to the current one; just the newest when that is more than `most` frames. */
  leadFrom(key: KeyId, most: number): readonly Uint8Array[]
}

export class Guide {
  readonly #context: Context
  readonly #seat: GuideSeat
  /** `Env.uptimeMs` by user, the one led longest ago first. */
  readonly #ledAt = new Map<string, number>()

  constructor(context: Context, seat: GuideSeat) {
    this.#context = context
    this.#seat = seat
  }

  get fill(): { readonly name: string; readonly size: number; readonly cap: number } {
    return { name: 'members led on', size: this.#ledAt.size, cap: LED_MEMBERS }
  }

  /** Somebody uses a key: when that is over, it is sent what leads to the current one. */
  onKeyUsed(user: Uint8Array, key: KeyId, env: Env, out: Out): void {
    const { channel, log } = this.#context
    const current = this.#seat.current
    if (current === undefined || !isHigher(current.key, key) || !log.isMember(user)) return
    const notAfter = this.#seat.notAfterOf(key)
    if (notAfter !== undefined && env.now <= notAfter) return
    if (!this.#take(user, env.uptimeMs)) return
    const to = asUserId(user)
    for (const frame of this.#seat.leadFrom(key, LED_EPOCHS)) out.push({ type: 'publish', channel, frame, to })
  }

  /** Whether a member is to be led now; then it counts as done. */
  #take(user: Uint8Array, uptimeMs: number): boolean {
    const name = hex(user)
    if (uptimeMs < (this.#ledAt.get(name) ?? Number.NEGATIVE_INFINITY) + LEAD_MS) return false
    this.#ledAt.delete(name)
    this.#ledAt.set(name, uptimeMs)
    trim(this.#ledAt, LED_MEMBERS)
    return true
  }
}
