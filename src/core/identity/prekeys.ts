/**
 * The keys that others may seal to while their owner is away: one current prekey and up to two older ones.
 *
 * A prekey is made from fresh randomness alone and is destroyed by the third rotation after it was made, however long that
 * takes: what was sealed to it cannot be opened by whoever takes the device later. Rotation is due daily; only records
 * with the current prekey are published.
 */

import { equalBytes, joinBytes, u64 } from '../../base/bytes.ts'
import { UsageError } from '../../base/errors.ts'
import { Secret } from '../../base/secret.ts'
import { atMillis, type Millis } from '../../base/time.ts'
import { hash } from '../../crypto/kdf.ts'
import { KEM_SEED_BYTES, type KemKeyPair, x25519KeyPair, xWingKeyPair } from '../../crypto/kem.ts'
import { LABEL } from '../../crypto/labels.ts'
import { PREKEY_ID_BYTES } from '../../wire/limits.ts'
import { PREKEY_LIFETIME_MS, RECORD_LIFETIME_MS } from '../params.ts'

/** The public half of a prekey, as it stands in a user record. */
export interface Prekey {
  /** 16 bytes. */
  readonly id: Uint8Array
  /** 32 bytes. */
  readonly x25519: Uint8Array
  /** 1,216 bytes. */
  readonly xwing: Uint8Array
  readonly notBefore: Millis
  /** Until when others may seal to it: the end of every record it stands in. */
  readonly notAfter: Millis
}

/** A prekey with its private half. */
export interface PrekeyPair {
  readonly public: Prekey
  readonly x25519: KemKeyPair
  readonly xwing: KemKeyPair
}

/** Older prekeys kept beside the current one. */
const OLDER = 2

const FORM = 1
const ENTRY_BYTES = 2 * KEM_SEED_BYTES + 16

/** 16 bytes that name a prekey by its public keys. */
export function prekeyId(x25519: Uint8Array, xwing: Uint8Array): Uint8Array {
  return hash(LABEL.prekeyId, x25519, xwing).slice(0, PREKEY_ID_BYTES)
}

/** A user's own prekeys. */
export class Prekeys {
  /** Newest first; never empty, never more than 1 + OLDER. */
  #pairs: readonly PrekeyPair[]

  private constructor(pairs: readonly PrekeyPair[]) {
    this.#pairs = pairs
  }

  /**
   * The first prekey of a new user.
   *
   * @param random - fresh uniform bytes at every call; 64 are drawn.
   */
  static create(random: (length: number) => Uint8Array, now: Millis): Prekeys {
    return new Prekeys([freshPair(random, now)])
  }

  /**
   * Prekeys as `export` wrote them.
   *
   * @param bytes - from our own store; copied.
   * @throws {UsageError} `BAD_PREKEYS` when `export` did not write them.
   */
  static import(bytes: Uint8Array): Prekeys {
    const count = (bytes.length - 1) / ENTRY_BYTES
    if (bytes[0] !== FORM || !Number.isInteger(count) || count < 1 || count > 1 + OLDER) {
      throw new UsageError('BAD_PREKEYS', 'the stored prekeys are damaged')
    }
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
    const pairs = Array.from({ length: count }, (_, i) => {
      const at = 1 + i * ENTRY_BYTES
      const lattice = at + KEM_SEED_BYTES
      const times = lattice + KEM_SEED_BYTES
      return pairOf(
        bytes.subarray(at, lattice),
        bytes.subarray(lattice, times),
        atMillis(Number(view.getBigUint64(times))),
        atMillis(Number(view.getBigUint64(times + 8)))
      )
    })
    return new Prekeys(pairs)
  }

  /**
   * Everything, private halves included, for the store. Write it before a record with `current` is shown to anybody.
   *
   * @returns 81 to 241 bytes; destroy it after writing.
   */
  export(): Secret {
    const entries = this.#pairs.flatMap(({ x25519, xwing, public: { notBefore, notAfter } }) => [
      x25519.seed.expose(),
      xwing.seed.expose(),
      u64(notBefore),
      u64(notAfter)
    ])
    return new Secret(joinBytes(Uint8Array.of(FORM), ...entries))
  }

  /** The prekey for the next record. */
  get current(): Prekey {
    return this.#pairs[0]!.public
  }

  /** Whether a day has passed since the current prekey was made, or the clock went back behind it. */
  isDue(now: Millis): boolean {
    const { notBefore } = this.current
    return now >= notBefore + PREKEY_LIFETIME_MS || now < notBefore
  }

  /**
   * Makes a new current prekey and destroys the oldest beyond two.
   *
   * @param random - fresh uniform bytes at every call; 64 are drawn.
   */
  rotate(random: (length: number) => Uint8Array, now: Millis): void {
    const pairs = [freshPair(random, now), ...this.#pairs]
    this.#pairs = pairs.slice(0, 1 + OLDER)
    for (const pair of pairs.slice(1 + OLDER)) destroyPair(pair)
  }

  /**
   * The private half that a sealed thing asks for.
   *
   * @param id - a stranger's; any length.
   * @returns undefined when it is unknown or destroyed: an ordinary answer. Its times are not checked.
   */
  find(id: Uint8Array): PrekeyPair | undefined {
    return this.#pairs.find((pair) => equalBytes(pair.public.id, id))
  }

  /** All pairs held, newest first. */
  pairs(): readonly PrekeyPair[] {
    return this.#pairs
  }

  /** Clears every private half. */
  destroy(): void {
    for (const pair of this.#pairs) destroyPair(pair)
  }
}

function freshPair(random: (length: number) => Uint8Array, now: Millis): PrekeyPair {
  const seeds = [random(KEM_SEED_BYTES), random(KEM_SEED_BYTES)] as const
  const pair = pairOf(...seeds, now, atMillis(now + RECORD_LIFETIME_MS))
  for (const seed of seeds) seed.fill(0)
  return pair
}

function pairOf(x25519Seed: Uint8Array, xwingSeed: Uint8Array, notBefore: Millis, notAfter: Millis): PrekeyPair {
  const x25519 = x25519KeyPair(x25519Seed)
  const xwing = xWingKeyPair(xwingSeed)
  const id = prekeyId(x25519.publicKey, xwing.publicKey)
  return { public: { id, x25519: x25519.publicKey, xwing: xwing.publicKey, notBefore, notAfter }, x25519, xwing }
}

function destroyPair(pair: PrekeyPair): void {
  pair.x25519.destroy()
  pair.xwing.destroy()
}
