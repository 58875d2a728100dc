/**
 * The keys of messages that have not come, while later ones of their chain have: each opens one message, once.
 *
 * At most 1,000 in a session, each for a day: the oldest are destroyed first. What they would have opened its sender seals
 * anew, so nothing is lost with them. They are made before it shows whether the message that is ahead opens, so not at
 * any rate.
 */
import { mapKey } from '../../base/bytes.ts'
import { Allowance } from '../allowance.ts'
import { KEY_AHEAD_MS, KEYS_AHEAD_AT_ONCE, SKIPPED_KEYS, SKIPPED_MS } from '../params.ts'

/** The key of a message that has not come. */
export interface SkippedKey {
  /** 32 bytes. */
  readonly key: Uint8Array
  /** ms since 1970. */
  readonly since: number
}

/** A chain of which messages are missing. */
export interface SkippedChain {
  /** 32 bytes. */
  readonly header: Uint8Array
  /** By number, ascending. */
  readonly keys: Map<number, SkippedKey>
}

export class SkippedKeys {
  /** By tag, the oldest first. */
  readonly #chains = new Map<string, SkippedChain>()
  readonly #changed = new Set<string>()
  readonly #allowance = new Allowance(KEYS_AHEAD_AT_ONCE, KEY_AHEAD_MS)
  #size = 0

  get size(): number {
    return this.#size
  }

  get(tag: Uint8Array): SkippedChain | undefined {
    return this.#chains.get(mapKey(tag))
  }

  chains(): ReadonlyMap<string, SkippedChain> {
    return this.#chains
  }

  /** Whether so many keys may be made now; then they count. */
  mayMake(count: number, uptimeMs: number): boolean {
    if (count === 0) return true
    if (uptimeMs < this.#allowance.nextAt) return false
    this.#allowance.take(uptimeMs, count)
    return true
  }

  /** @param keys - of the messages from this number on; kept. */
  add(tag: Uint8Array, header: Uint8Array, from: number, keys: readonly Uint8Array[], now: number): void {
    if (keys.length === 0) return
    const name = mapKey(tag)
    let chain = this.#chains.get(name)
    if (chain === undefined) {
      chain = { header: header.slice(), keys: new Map() }
      this.#chains.set(name, chain)
    }
    for (const [i, key] of keys.entries()) chain.keys.set(from + i, { key, since: now })
    this.#size += keys.length
    this.#changed.add(name)
    while (this.#size > SKIPPED_KEYS) this.#dropOldest()
  }

  /** Destroys the key of a message that has come. */
  use(tag: Uint8Array, number: number): void {
    const name = mapKey(tag)
    const chain = this.#chains.get(name)
    if (chain !== undefined) this.#drop(name, chain, number)
  }

  /** Destroys what is too old, ms since 1970. */
  prune(now: number): void {
    for (const [name, chain] of this.#chains) {
      for (const [number, { since }] of chain.keys) if (since <= now - SKIPPED_MS) this.#drop(name, chain, number)
    }
  }

  /** @returns the names of the chains that are not as they were; each is told once. */
  takeChanged(): string[] {
    const changed = [...this.#changed]
    this.#changed.clear()
    return changed
  }

  restore(tag: Uint8Array, chain: SkippedChain): void {
    this.#chains.set(mapKey(tag), chain)
    this.#size += chain.keys.size
  }

  destroy(): void {
    for (const { header, keys } of this.#chains.values()) {
      header.fill(0)
      for (const { key } of keys.values()) key.fill(0)
    }
    for (const name of this.#chains.keys()) this.#changed.add(name)
    this.#chains.clear()
    this.#size = 0
  }

  #dropOldest(): void {
    for (const [name, chain] of this.#chains) {
      for (const number of chain.keys.keys()) return this.#drop(name, chain, number)
    }
  }

  #drop(name: string, chain: SkippedChain, number: number): void {
    chain.keys.get(number)?.key.fill(0)
    if (!chain.keys.delete(number)) return
    this.#size--
    this.#changed.add(name)
    if (chain.keys.size > 0) return
    chain.header.fill(0)
    this.#chains.delete(name)
  }
}
