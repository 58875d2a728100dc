/**
 * Argon2id: a passphrase made slow to guess.
 *
 * One lane, because libsodium knows no other. The parameters are stored beside what they protect and authenticated with
 * it, so they are bounded here: a tampered file must not make us allocate without end.
 */
import crypto from 'node:crypto'
import { UsageError } from '../base/errors.ts'
import { sodium } from './backends.ts'
import { requireLength } from './length.ts'

export const PASSPHRASE_SALT_BYTES = 16

/** What one guess costs. */
export interface StretchCost {
  /** 8 KiB to 2 GiB, in KiB; 65,536 or more where it protects a store. */
  readonly memoryKiB: number
  /** 1 to 64; 3 or more where it protects a store. */
  readonly passes: number
}

const MAX_MEMORY_KIB = 2 * 1024 * 1024
const MAX_PASSES = 64

/**
 * Stretches a passphrase to a key with Argon2id version 1.3, one lane.
 *
 * @param passphrase - any length; not kept.
 * @param salt - 16 random bytes, one per passphrase.
 * @param cost - at 64 MiB and 3 passes about 0.1 s (libsodium) to 0.2 s (node). It blocks.
 * @returns 32 bytes.
 * @throws {UsageError} `BAD_LENGTH` for another salt, `BAD_COST` out of bounds, `NO_ARGON2` where neither library has it.
 * @see RFC 9106
 */
export function stretchPassphrase(passphrase: Uint8Array, salt: Uint8Array, cost: StretchCost): Uint8Array {
  const available = stretchers[0]
  if (available === undefined) throw new UsageError('NO_ARGON2', 'Argon2id needs sodium-native, or Node 24.7 or later')
  return stretchWith(available, passphrase, salt, cost)
}

/** A library's Argon2id; lengths and bounds are already checked. */
export interface Stretcher {
  readonly name: 'libsodium' | 'node'
  stretch(passphrase: Uint8Array, salt: Uint8Array, cost: StretchCost): Uint8Array
}

/** Those this process has, the faster first; for tests. */
export const stretchers: readonly Stretcher[] = [sodiumStretcher(), nodeStretcher()].filter((s) => s !== undefined)

/** `stretchPassphrase` on a given library, for tests. */
export function stretchWith(
  stretcher: Stretcher,
  passphrase: Uint8Array,
  salt: Uint8Array,
  cost: StretchCost
): Uint8Array {
  requireLength(salt, PASSPHRASE_SALT_BYTES, 'passphrase salt')
  if (!isWithin(cost.memoryKiB, 8, MAX_MEMORY_KIB) || !isWithin(cost.passes, 1, MAX_PASSES)) {
    throw new UsageError('BAD_COST', 'passphrase cost is out of bounds')
  }
  return stretcher.stretch(passphrase, salt, cost)
}

const isWithin = (value: number, low: number, high: number): boolean =>
  Number.isInteger(value) && value >= low && value <= high

function sodiumStretcher(): Stretcher | undefined {
  if (sodium === undefined) return undefined
  const na = sodium
  return {
    name: 'libsodium',
    stretch(passphrase, salt, { memoryKiB, passes }) {
      const key = new Uint8Array(32)
      na.crypto_pwhash(key, passphrase, salt, passes, memoryKiB * 1024, na.crypto_pwhash_ALG_ARGON2ID13)
      return key
    }
  }
}

function nodeStretcher(): Stretcher | undefined {
  if (typeof crypto.argon2Sync !== 'function') return undefined
  return {
    name: 'node',
    stretch: (passphrase, salt, { memoryKiB, passes }) =>
      new Uint8Array(
        crypto.argon2Sync('argon2id', {
          message: passphrase,
          nonce: salt,
          parallelism: 1,
          tagLength: 32,
          memory: memoryKiB,
          passes
        })
      )
  }
}
