/**
 * Who may have how much served at once: places in all, places of one peer, and a rate of each peer; and turns at what few
 * may do at a time, all together or by name.
 *
 * A place is given back exactly once, whatever becomes of what it was taken for.
 */
import { Buckets, type Rate } from './buckets.ts'

const MAX_PEERS = 1_024

/** What may be served at once. */
export interface SlotLimits {
  readonly inAll: number
  readonly perPeer: number
  readonly rate: Rate
}

/** The places of one protocol. */
export class Slots {
  readonly #limits: SlotLimits
  readonly #byPeer = new Map<string, number>()
  readonly #rates = new Buckets(MAX_PEERS)
  #taken = 0

  constructor(limits: SlotLimits) {
    this.#limits = limits
  }

  /**
   * Takes a place.
   *
   * @param now - monotonic ms.
   * @returns how to give it back; undefined when there is none left, or none for this peer now.
   */
  take(peer: string, now: number): (() => void) | undefined {
    const { inAll, perPeer, rate } = this.#limits
    const own = this.#byPeer.get(peer) ?? 0
    if (this.#taken >= inAll || own >= perPeer || !this.#rates.take(peer, 'slots', rate, now)) return undefined
    this.#byPeer.set(peer, own + 1)
    this.#taken++
    return () => {
      this.#taken--
      const left = this.#byPeer.get(peer)! - 1
      if (left === 0) this.#byPeer.delete(peer)
      else this.#byPeer.set(peer, left)
    }
  }
}

/** So many at once of what takes time; the others wait, first come, first served. */
export class Turns {
  #free: number
  readonly #waiting = new Set<() => void>()

  constructor(atOnce: number) {
    this.#free = atOnce
  }

  /**
   * Waits for a turn.
   *
   * @returns how to end it, once; undefined when the signal came first.
   */
  async take(signal: AbortSignal): Promise<(() => void) | undefined> {
    if (signal.aborted) return undefined
    if (this.#free > 0) this.#free--
    else if (!(await this.#next(signal))) return undefined
    return () => {
      const [next] = this.#waiting
      if (next === undefined) this.#free++
      else next()
    }
  }

  #next(signal: AbortSignal): Promise<boolean> {
    const { promise, resolve } = Promise.withResolvers<boolean>()
    const settle = (isOurs: boolean): void => {
      this.#waiting.delete(onTurn)
      signal.removeEventListener('abort', onAbort)
      resolve(isOurs)
    }
    const onTurn = (): void => settle(true)
    const onAbort = (): void => settle(false)
    this.#waiting.add(onTurn)
    signal.addEventListener('abort', onAbort, { once: true })
    return promise
  }
}

/** Turns of each of many names. */
export class TurnsByName {
  readonly #atOnce: number
  readonly #byName = new Map<string, { readonly turns: Turns; users: number }>()

  constructor(atOnce: number) {
    this.#atOnce = atOnce
  }

  /** As `Turns.take`, among those of this name. */
  async take(name: string, signal: AbortSignal): Promise<(() => void) | undefined> {
    const named = this.#byName.get(name) ?? { turns: new Turns(this.#atOnce), users: 0 }
    this.#byName.set(name, named)
    named.users++
    const leave = (): void => {
      if (--named.users === 0) this.#byName.delete(name)
    }
    const end = await named.turns.take(signal)
    if (end === undefined) {
      leave()
      return undefined
    }
    return () => {
      end()
      leave()
    }
  }
}
