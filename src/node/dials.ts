/**
 * Dials that are made when something is to go to a peer: one of a peer at a time, some at once, and after a failure none for
 * a while that grows with each further one.
 */
import { SECOND_MS } from '../base/time.ts'
import { type UserId, userIdText } from '../core/identity/user.ts'
import type { Host } from './host.ts'
import { waitAfter } from './targets.ts'
import { NATURE, type Nature } from './world.ts'

/** Dials under way. */
export const MAX_DIALS = 8
/** A dial, looking for the peer's addresses included. */
const DIAL_MS = 10 * SECOND_MS
/** Peers whose failures are remembered; the one that failed longest ago makes room. */
export const MAX_FAILED = 1_024

interface Failures {
  readonly count: number
  /** Monotonic ms: no dial earlier. */
  readonly until: number
}

/** Dials for one purpose. */
export class Dials {
  readonly #host: Pick<Host, 'dial'>
  readonly #nature: Pick<Nature, 'uptimeMs'>
  readonly #underWay = new Map<string, Promise<boolean>>()
  readonly #failures = new Map<string, Failures>()
  readonly #stopped = new AbortController()

  constructor(host: Pick<Host, 'dial'>, nature: Pick<Nature, 'uptimeMs'> = NATURE) {
    this.#host = host
    this.#nature = nature
  }

  /** Breaks off what is under way and dials no more. */
  stop(): void {
    this.#stopped.abort()
  }

  /**
   * Dials a peer at the addresses known of it, or joins the dial under way.
   *
   * @returns whether it is connected now; false at once when it has failed too recently, or too many dials are under way.
   */
  reach(user: UserId): Promise<boolean> {
    const peer = userIdText(user)
    const underWay = this.#underWay.get(peer)
    if (underWay !== undefined) return underWay
    const isTooEarly = this.#nature.uptimeMs() < (this.#failures.get(peer)?.until ?? 0)
    if (isTooEarly || this.#underWay.size >= MAX_DIALS || this.#stopped.signal.aborted) return Promise.resolve(false)
    const dial = this.#dial(user, peer)
    this.#underWay.set(peer, dial)
    return dial
  }

  async #dial(user: UserId, peer: string): Promise<boolean> {
    const signal = AbortSignal.any([AbortSignal.timeout(DIAL_MS), this.#stopped.signal])
    const isConnected = await this.#host.dial(user, [], signal)
    this.#underWay.delete(peer)
    const count = (this.#failures.get(peer)?.count ?? 0) + 1
    this.#failures.delete(peer)
    if (isConnected) return true
    if (this.#failures.size >= MAX_FAILED) this.#failures.delete(this.#failures.keys().next().value!)
    this.#failures.set(peer, { count, until: this.#nature.uptimeMs() + waitAfter(count) })
    return false
  }
}
