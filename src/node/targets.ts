/**
 * The table of peers we want to be connected to, and when each is tried next.
 *
 * It is bounded; bootstrap peers and those being dialled are never pushed out. Waits grow with every failure, and are
 * jittered, so that peers cut off together do not come back together.
 */
import type { Multiaddr } from '@multiformats/multiaddr'
import { SECOND_MS } from '../base/time.ts'
import { MAX_ADDRESSES, peerOf, readAddress } from './address.ts'

/** Peers that we try to stay connected to. */
export const MAX_TARGETS = 256
const FIRST_RETRY_MS = 500
const LAST_RETRY_MS = 30 * SECOND_MS

/** How long a target is tried: `always`, or until it failed several times in a row. */
export type Persistence = 'always' | 'while-useful'

/** A peer, or an address whose peer is not known yet. */
export interface Target {
  /** Undefined until an address without peer id was reached. */
  peer: string | undefined
  addresses: Multiaddr[]
  persistence: Persistence
  failures: number
  /** Monotonic ms. */
  dueAt: number
  isDialling: boolean
}

/** The table. */
export class Targets {
  readonly #self: string
  readonly #byName = new Map<string, Target>()

  constructor(self: string) {
    this.#self = self
  }

  values(): Iterable<Target> {
    return this.#byName.values()
  }

  /** @throws {UsageError} `BAD_ADDRESS` before anything is added. */
  add(addresses: readonly string[], persistence: Persistence): void {
    for (const address of addresses.map(readAddress)) {
      const peer = peerOf(address)
      this.#put(peer ?? address.toString(), peer, [address], persistence)
    }
  }

  /** Makes a peer a target, or knows more addresses of it. */
  want(peer: string, addresses: readonly Multiaddr[], persistence: Persistence): void {
    this.#put(peer, peer, addresses, persistence)
  }

  /** A peer is no target any more. */
  forget(peer: string): void {
    for (const [name, target] of this.#byName) if (target.peer === peer) this.#byName.delete(name)
  }

  /** Takes a target out, under whatever name. */
  remove(target: Target): void {
    for (const [name, other] of this.#byName) if (other === target) this.#byName.delete(name)
  }

  /** The peer is there, or gone: its targets count as reached, or are due soon. */
  note(peer: string, isConnected: boolean, now: number): void {
    for (const target of this.#byName.values()) {
      if (target.peer !== peer) continue
      if (isConnected) target.failures = 0
      else target.dueAt = now + jittered(FIRST_RETRY_MS)
    }
  }

  #put(name: string, peer: string | undefined, addresses: readonly Multiaddr[], persistence: Persistence): void {
    if (peer === this.#self) return
    const known = this.#byName.get(name)
    if (known !== undefined) {
      if (persistence === 'always') known.persistence = 'always'
      for (const address of addresses) {
        if (known.addresses.some((other) => other.equals(address))) continue
        known.addresses = [address, ...known.addresses].slice(0, MAX_ADDRESSES)
      }
      return
    }
    if (this.#byName.size >= MAX_TARGETS && !this.#makeRoom()) return
    this.#byName.set(name, {
      peer,
      addresses: addresses.slice(0, MAX_ADDRESSES),
      persistence,
      failures: 0,
      dueAt: 0,
      isDialling: false
    })
  }

  #makeRoom(): boolean {
    for (const [name, target] of this.#byName) {
      if (target.persistence === 'always' || target.isDialling) continue
      this.#byName.delete(name)
      return true
    }
    return false
  }
}

/** Up to half as long again, so that peers cut off together do not come back together. */
const jittered = (ms: number): number => ms * (1 + Math.random() / 2)

/** How long after so many failures in a row. */
export const waitAfter = (failures: number): number =>
  jittered(Math.min(LAST_RETRY_MS, FIRST_RETRY_MS * 2 ** Math.min(failures, 10)))
