/**
 * The X25519 key of an Ed25519 key: a user agrees on secrets under the very identity that it signs with.
 *
 * The public key goes by the birational map, the private one by the hash that Ed25519 itself makes its scalar with; both
 * halves stay a pair. Of the two points with one y both have the same X25519 key, so whoever relies on such a key binds the
 * Ed25519 key, too. A public key is no secret: time may depend on it.
 */
import crypto from 'node:crypto'
import { copyBytes, hex, unhex } from '../base/bytes.ts'
import { type KemKeyPair, x25519KeyPair } from './kem.ts'
import { isStrictPublicKey, type SigningKey } from './sign.ts'

/** The field of both curves. */
const P = 2n ** 255n - 19n
const Y_MASK = 2n ** 255n - 1n

/**
 * The X25519 public key of a user's Ed25519 key: u = (1 + y) / (1 - y).
 *
 * @param publicKey - a stranger's; any length. Whether it is a point of the curve is not looked at: a key under which some
 *   signature was verified is one, and X25519 takes others without harm.
 * @returns 32 bytes, or undefined for a key that no honest user has.
 * @see RFC 7748 §4.1
 */
export function x25519KeyOf(publicKey: Uint8Array): Uint8Array | undefined {
  if (!isStrictPublicKey(publicKey)) return undefined
  const y = littleEndian(publicKey) & Y_MASK
  const u = modulo((1n + y) * inverse(modulo(1n - y)))
  return unhex(u.toString(16).padStart(64, '0')).reverse()
}

/**
 * The X25519 key pair of a user's own Ed25519 key.
 *
 * @returns a pair of its own, to be destroyed by who asked for it.
 * @throws {TypeError} after `key.seed.destroy()`.
 * @see RFC 8032 §5.1.5
 */
export function x25519PairOf(key: SigningKey): KemKeyPair {
  const digest = crypto.createHash('sha512').update(key.seed.expose()).digest()
  // X25519 clamps by itself.
  const pair = x25519KeyPair(digest.subarray(0, 32))
  digest.fill(0)
  return pair
}

const littleEndian = (bytes: Uint8Array): bigint => BigInt(`0x${hex(copyBytes(bytes).reverse())}`)

const modulo = (value: bigint): bigint => ((value % P) + P) % P

/** By Euclid. @param value - not 0: y = 1 is of small order. */
function inverse(value: bigint): bigint {
  let [a, b, x, y] = [value, P, 1n, 0n]
  while (b !== 0n) {
    const quotient = a / b
    ;[a, b, x, y] = [b, a - quotient * b, y, x - quotient * y]
  }
  return modulo(x)
}
