/**
 * X25519 keys that a user offers in its record, each for one start of a session.
 *
 * The private half is destroyed with the first start that uses it, in the same durable write as the session that comes of
 * it: what was said in that start is out of reach of whoever takes the device later. A key that nobody uses goes with the
 * prekey beside which it was made.
 */
import { equalBytes } from '../../base/bytes.ts'
import { KEM_SEED_BYTES, type KemKeyPair, x25519KeyPair } from '../../crypto/kem.ts'
import { OneTimeKeysRow } from '../../wire/rows.ts'
import type { Row } from '../machine.ts'
import { stateRow } from '../out.ts'
import { FEW_ONE_TIME_KEYS, KEPT_ONE_TIME_KEYS, OFFERED_ONE_TIME_KEYS } from '../params.ts'
import type { Prekeys } from './prekeys.ts'

interface OneTimeKey {
  readonly pair: KemKeyPair
  /** Id of the prekey beside which it was made. */
  readonly prekey: Uint8Array
}

/** The row that holds the private halves. */
export const ONE_TIME_KEYS_ENTRY = 'one-time-keys'

export class OneTimeKeys {
  /** The newest last. */
  #keys: readonly OneTimeKey[] = []

  /** @param value - of the row that was kept; undefined: none. */
  constructor(value?: Uint8Array) {
    if (value === undefined) return
    this.#keys = OneTimeKeysRow.decode(value).keys.map(({ seed, prekey }) => ({ pair: x25519KeyPair(seed), prekey }))
  }

  /** Public halves for a record with the current prekey. */
  offered(prekeys: Prekeys): Uint8Array[] {
    return this.#besides(prekeys).map(({ pair }) => pair.publicKey)
  }

  /** Whether so few are left beside the current prekey that a new record is worth it. */
  isFew(prekeys: Prekeys): boolean {
    return this.#besides(prekeys).length <= FEW_ONE_TIME_KEYS
  }

  /**
   * Makes as many as a record offers, and destroys those whose prekey is gone.
   *
   * @param random - fresh uniform bytes at every call.
   */
  fill(prekeys: Prekeys, random: (length: number) => Uint8Array): void {
    const missing = OFFERED_ONE_TIME_KEYS - this.#besides(prekeys).length
    const fresh = Array.from({ length: Math.max(0, missing) }, () => {
      const seed = random(KEM_SEED_BYTES)
      const pair = x25519KeyPair(seed)
      seed.fill(0)
      return { pair, prekey: prekeys.current.id }
    })
    const kept = this.#keys.filter(({ prekey }) => prekeys.find(prekey) !== undefined)
    const all = [...kept, ...fresh].slice(-KEPT_ONE_TIME_KEYS)
    for (const key of this.#keys) if (!all.includes(key)) key.pair.destroy()
    this.#keys = all
  }

  /** @param publicKey - a stranger's; any length. @returns undefined when it is unknown, or was used. */
  find(publicKey: Uint8Array): KemKeyPair | undefined {
    return this.#keys.find(({ pair }) => equalBytes(pair.publicKey, publicKey))?.pair
  }

  /** All pairs held, the newest last. */
  pairs(): readonly KemKeyPair[] {
    return this.#keys.map(({ pair }) => pair)
  }

  /** Destroys one. The row without it has to be durable before anything comes of its use. */
  use(publicKey: Uint8Array): void {
    this.find(publicKey)?.destroy()
    this.#keys = this.#keys.filter(({ pair }) => !equalBytes(pair.publicKey, publicKey))
  }

  /** Private halves included. */
  row(): Row {
    const keys = this.#keys.map(({ pair, prekey }) => ({ seed: pair.seed.expose(), prekey }))
    return stateRow(ONE_TIME_KEYS_ENTRY, OneTimeKeysRow.encode({ keys }))
  }

  #besides(prekeys: Prekeys): OneTimeKey[] {
    return this.#keys.filter(({ prekey }) => equalBytes(prekey, prekeys.current.id))
  }
}
