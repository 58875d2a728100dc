/**
 * Ed25519 signatures, and the one strict verification of the whole code base.
 *
 * Libraries differ in what they let pass: a small-order key makes one signature good for any message under OpenSSL 3.0,
 * and a second encoding of a point or scalar makes a second signature of the same message. So the encoding rules are
 * checked here, on the bytes, before any library is asked. A signature is over `framed(label, …)`, never over bare bytes.
 */
import { unhex } from '../base/bytes.ts'
import { UsageError } from '../base/errors.ts'
import { Secret } from '../base/secret.ts'
import { type Backend, chosen, type Signer } from './backends.ts'
import { requireLength } from './length.ts'

/** Ed25519 public key, seed and signature. */
export const SIGN_PUBLIC_KEY_BYTES = 32
export const SIGN_SEED_BYTES = 32
export const SIGNATURE_BYTES = 64

/** An Ed25519 key pair. `seed.destroy()` ends its use. */
export interface SigningKey {
  /** 32 bytes. */
  readonly publicKey: Uint8Array
  /** 32 bytes. */
  readonly seed: Secret
}

const signers = new WeakMap<SigningKey, Signer>()

/**
 * The key pair of a seed.
 *
 * @param seed - 32 uniform bytes, copied: the caller may clear its own.
 * @param backend - for tests.
 * @returns a key for `sign`.
 * @throws {UsageError} `BAD_LENGTH` when the seed is not 32 bytes.
 * @see RFC 8032 §5.1.5
 */
export function signingKey(seed: Uint8Array, backend: Backend = chosen): SigningKey {
  requireLength(seed, SIGN_SEED_BYTES, 'signing seed')
  const signer = backend.signer(seed)
  const key: SigningKey = { publicKey: signer.publicKey, seed: new Secret(signer.seed) }
  signers.set(key, signer)
  return key
}

/**
 * Signs. Deterministic: the same key and message give the same signature.
 *
 * @param key - made by `signingKey`, not a copy of one.
 * @param message - `framed(label, …)`; not kept.
 * @returns 64 bytes.
 * @throws {UsageError} `NOT_A_KEY` when `signingKey` did not make the key.
 * @throws {TypeError} after `key.seed.destroy()`.
 * @see RFC 8032 §5.1.6
 */
export function sign(key: SigningKey, message: Uint8Array): Uint8Array {
  const signer = signers.get(key)
  if (signer === undefined) throw new UsageError('NOT_A_KEY', 'a signing key is made by signingKey')
  key.seed.expose()
  return signer.sign(message)
}

/**
 * Whether the signature is good, by the strictest reading of RFC 8032: canonical encodings of key, R and S, no point of
 * small order. For one key and message nobody but the key's owner can make a second accepted signature. Never throws.
 *
 * @param publicKey - a stranger's; any length.
 * @param message - the bytes as received, framed; not kept.
 * @param signature - a stranger's; any length.
 * @see RFC 8032 §5.1.7; Chalkias, Garillot, Nikolaenko, "Taming the many EdDSAs", 2020
 */
export function verify(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  return verifyWith(chosen, publicKey, message, signature)
}

/**
 * `verify` on a given back end, for tests.
 *
 * @param backend - asked only after every check on the bytes has passed.
 */
export function verifyWith(
  backend: Backend,
  publicKey: Uint8Array,
  message: Uint8Array,
  signature: Uint8Array
): boolean {
  if (signature.length !== SIGNATURE_BYTES) return false
  if (!isStrictPublicKey(publicKey)) return false
  if (!isStrictPoint(signature.subarray(0, 32))) return false
  if (!isReducedScalar(signature.subarray(32))) return false
  return backend.verify(publicKey, message, signature)
}

/**
 * Whether the bytes can be an honest user's key: right length, the canonical encoding, not of small order. Bytes that are
 * no point of the curve at all pass here; no signature verifies under them.
 *
 * @param publicKey - a stranger's; any length.
 */
export function isStrictPublicKey(publicKey: Uint8Array): boolean {
  return publicKey.length === SIGN_PUBLIC_KEY_BYTES && isStrictPoint(publicKey)
}

const isStrictPoint = (point: Uint8Array): boolean => isCanonical(point) && !isSmallOrder(point)

/** y < p = 2^255 - 19, little-endian, the sign bit of x aside. */
function isCanonical(point: Uint8Array): boolean {
  if ((point[31]! & 0x7f) !== 0x7f) return true
  for (let i = 30; i > 0; i--) if (point[i] !== 0xff) return true
  return point[0]! < 0xed
}

/**
 * The y of the eight points whose order divides 8; either sign of x is refused. For y = 1 and y = -1, where x = 0, the
 * set sign bit would be the one non-canonical encoding that `isCanonical` does not see.
 */
const SMALL_ORDER_Y: readonly Uint8Array[] = [
  '0000000000000000000000000000000000000000000000000000000000000000', // 0, order 4
  '0100000000000000000000000000000000000000000000000000000000000000', // 1, the identity
  'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f', // -1, order 2
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05', // order 8
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a' // order 8
].map(unhex)

function isSmallOrder(point: Uint8Array): boolean {
  return SMALL_ORDER_Y.some((y) => {
    for (let i = 0; i < 31; i++) if (point[i] !== y[i]) return false
    return (point[31]! & 0x7f) === y[31]
  })
}

/** The order of the base point, 2^252 + 27742317777372353535851937790883648493, little-endian. */
const GROUP_ORDER = unhex('edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010')

/** S < L. */
function isReducedScalar(scalar: Uint8Array): boolean {
  for (let i = 31; i >= 0; i--) {
    if (scalar[i]! < GROUP_ORDER[i]!) return true
    if (scalar[i]! > GROUP_ORDER[i]!) return false
  }
  return false
}
