/**
 * ML-KEM-768 by node:crypto, as X-Wing needs it.
 *
 * Native from Node 24.7 on. The platform draws the randomness of an encapsulation itself and cannot be given any: this is
 * the one place of the room whose output does not follow from its input. OpenSSL makes the public-key check of FIPS 203
 * §7.2 on import; the vectors of unreduced keys hold it to that.
 */
import crypto, { type KeyObject } from 'node:crypto'
import { unhex } from '../base/bytes.ts'
import { UsageError } from '../base/errors.ts'
import { requireLength } from './length.ts'

export const ML_KEM_PUBLIC_KEY_BYTES = 1184
export const ML_KEM_CIPHERTEXT_BYTES = 1088
export const ML_KEM_SEED_BYTES = 64

/** Whether this Node has ML-KEM at all (24.7 and later). */
export const ML_KEM_AVAILABLE: boolean = isAvailable()

// DER around a seed and around a raw public key (RFC 9935).
const SEED_PKCS8 = unhex('3054020100300b060960864801650304040204428040')
const PUBLIC_SPKI = unhex('308204b2300b0609608648016503040402038204a100')

function isAvailable(): boolean {
  return typeof crypto.encapsulate === 'function' && typeof crypto.decapsulate === 'function'
}

function requireMlKem(): void {
  if (!ML_KEM_AVAILABLE) throw new UsageError('NO_ML_KEM', 'this Node has no ML-KEM; 24.7 or later is needed')
}

/** A decapsulation key inside node. */
export interface MlKemKey {
  readonly privateKey: KeyObject
  /** 1,184 bytes. */
  readonly publicKey: Uint8Array
}

/**
 * The key pair of a seed.
 *
 * @param seed - 64 bytes, d ‖ z of FIPS 203; not kept here, but inside the key object.
 * @throws {UsageError} `NO_ML_KEM` on a Node without it; `BAD_LENGTH` when the seed is not 64 bytes.
 * @see FIPS 203 §7.1
 */
export function mlKemKey(seed: Uint8Array): MlKemKey {
  requireMlKem()
  requireLength(seed, ML_KEM_SEED_BYTES, 'ML-KEM seed')
  const der = Buffer.alloc(SEED_PKCS8.length + ML_KEM_SEED_BYTES)
  der.set(SEED_PKCS8)
  der.set(seed, SEED_PKCS8.length)
  const privateKey = crypto.createPrivateKey({ key: der, format: 'der', type: 'pkcs8' })
  der.fill(0)
  const spki = crypto.createPublicKey(privateKey).export({ format: 'der', type: 'spki' })
  return { privateKey, publicKey: new Uint8Array(spki.subarray(PUBLIC_SPKI.length)) }
}

/**
 * Makes a shared secret for a public key, with randomness of the platform's own.
 *
 * @param publicKey - a stranger's; any length.
 * @returns 1,088 bytes of ciphertext and 32 of secret, or undefined when the key is unusable.
 * @throws {UsageError} `NO_ML_KEM` on a Node without it.
 * @see FIPS 203 §7.2
 */
export function mlKemEncapsulate(publicKey: Uint8Array): { ciphertext: Uint8Array; secret: Uint8Array } | undefined {
  requireMlKem()
  if (publicKey.length !== ML_KEM_PUBLIC_KEY_BYTES) return undefined
  try {
    const der = Buffer.alloc(PUBLIC_SPKI.length + ML_KEM_PUBLIC_KEY_BYTES)
    der.set(PUBLIC_SPKI)
    der.set(publicKey, PUBLIC_SPKI.length)
    const { ciphertext, sharedKey } = crypto.encapsulate(
      crypto.createPublicKey({ key: der, format: 'der', type: 'spki' })
    )
    return { ciphertext: new Uint8Array(ciphertext), secret: new Uint8Array(sharedKey) }
  } catch {
    return undefined
  }
}

/**
 * The shared secret in a ciphertext. A ciphertext of the right length always gives one: a wrong one gives a secret that
 * nobody else has (implicit rejection), and the AEAD after it fails.
 *
 * @param ciphertext - a stranger's; any length.
 * @returns 32 bytes, or undefined when it is not 1,088 bytes.
 * @see FIPS 203 §7.3
 */
export function mlKemDecapsulate(key: MlKemKey, ciphertext: Uint8Array): Uint8Array | undefined {
  try {
    // Another length is refused by node itself; the vectors hold it to that.
    return new Uint8Array(crypto.decapsulate(key.privateKey, ciphertext))
  } catch {
    return undefined
  }
}
