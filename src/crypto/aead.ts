/**
 * Authenticated encryption: ChaCha20-Poly1305, AES key wrap, and sealing at rest.
 *
 * Nonces. `seal` takes the nonce from its caller, who owes a (key, nonce) pair that never comes twice; whoever calls it
 * says at the top of its own file why. `sealAtRest` uses the zero nonce: its key is derived from 32 fresh random bytes
 * each time, so no key, and hence no pair, comes twice. Key wrap is deterministic and has no nonce. ChaCha20-Poly1305
 * does not commit to its key: where that matters the commitment is separate.
 */
import crypto from 'node:crypto'
import { EMPTY, joinBytes, unhex } from '../base/bytes.ts'
import { UsageError } from '../base/errors.ts'
import { type Backend, chosen } from './backends.ts'
import { derive } from './kdf.ts'
import { LABEL } from './labels.ts'
import { requireLength } from './length.ts'

export const AEAD_KEY_BYTES = 32
export const AEAD_NONCE_BYTES = 12
/** What sealing adds to the plaintext. */
export const AEAD_TAG_BYTES = 16

/** For a key that seals exactly once in its life. */
export const ZERO_NONCE: Uint8Array = new Uint8Array(AEAD_NONCE_BYTES)

/**
 * ChaCha20-Poly1305.
 *
 * @param key - 32 bytes; not kept.
 * @param nonce - 12 bytes, never twice under one key.
 * @param aad - bound, not hidden; may be empty.
 * @param plaintext - may be empty.
 * @returns ciphertext and tag: plaintext + 16 bytes.
 * @throws {UsageError} `BAD_LENGTH` for a key or nonce of another length.
 * @see RFC 8439 §2.8
 */
export function seal(key: Uint8Array, nonce: Uint8Array, aad: Uint8Array, plaintext: Uint8Array): Uint8Array {
  return sealWith(chosen, key, nonce, aad, plaintext)
}

/** `seal` on a given back end, for tests. */
export function sealWith(
  backend: Backend,
  key: Uint8Array,
  nonce: Uint8Array,
  aad: Uint8Array,
  plaintext: Uint8Array
): Uint8Array {
  requireLength(key, AEAD_KEY_BYTES, 'AEAD key')
  requireLength(nonce, AEAD_NONCE_BYTES, 'AEAD nonce')
  return backend.aeadSeal(key, nonce, aad, plaintext)
}

/**
 * Opens what `seal` made.
 *
 * @param key - 32 bytes; not kept.
 * @param nonce - 12 bytes.
 * @param aad - as given to `seal`.
 * @param ciphertext - a stranger's; any length.
 * @returns the plaintext, or undefined when anything at all differs.
 * @throws {UsageError} `BAD_LENGTH` for a key or nonce of another length; never for the ciphertext.
 * @see RFC 8439 §2.8
 */
export function open(
  key: Uint8Array,
  nonce: Uint8Array,
  aad: Uint8Array,
  ciphertext: Uint8Array
): Uint8Array | undefined {
  return openWith(chosen, key, nonce, aad, ciphertext)
}

/** `open` on a given back end, for tests. */
export function openWith(
  backend: Backend,
  key: Uint8Array,
  nonce: Uint8Array,
  aad: Uint8Array,
  ciphertext: Uint8Array
): Uint8Array | undefined {
  requireLength(key, AEAD_KEY_BYTES, 'AEAD key')
  requireLength(nonce, AEAD_NONCE_BYTES, 'AEAD nonce')
  if (ciphertext.length < AEAD_TAG_BYTES) return undefined
  return backend.aeadOpen(key, nonce, aad, ciphertext)
}

/** What `sealAtRest` adds to the plaintext. */
export const AT_REST_OVERHEAD_BYTES = 32 + AEAD_TAG_BYTES

/**
 * Seals a stored value under a key that is used many times.
 *
 * @param key - 32 bytes; not kept.
 * @param context - which record this is, so that values cannot be exchanged on disk; hidden nowhere, may be empty.
 * @param plaintext - may be empty.
 * @param random32 - 32 fresh random bytes each time: the same ones with another plaintext would betray both.
 * @returns the salt, ciphertext and tag: plaintext + 48 bytes.
 * @throws {UsageError} `BAD_LENGTH` for a key or salt of another length.
 */
export function sealAtRest(
  key: Uint8Array,
  context: Uint8Array,
  plaintext: Uint8Array,
  random32: Uint8Array
): Uint8Array {
  requireLength(random32, 32, 'salt at rest')
  return joinBytes(random32, seal(atRestKey(key, random32, context), ZERO_NONCE, EMPTY, plaintext))
}

/**
 * Opens what `sealAtRest` made.
 *
 * @param key - 32 bytes; not kept.
 * @param context - as given to `sealAtRest`.
 * @param sealed - from the disk; any length.
 * @returns the plaintext, or undefined when anything at all differs.
 * @throws {UsageError} `BAD_LENGTH` for a key of another length.
 */
export function openAtRest(key: Uint8Array, context: Uint8Array, sealed: Uint8Array): Uint8Array | undefined {
  // Anything shorter than salt and tag leaves `open` less than a tag.
  const salt = sealed.subarray(0, 32)
  return open(atRestKey(key, salt, context), ZERO_NONCE, EMPTY, sealed.subarray(32))
}

function atRestKey(key: Uint8Array, salt: Uint8Array, context: Uint8Array): Uint8Array {
  requireLength(key, AEAD_KEY_BYTES, 'key at rest')
  return derive(key, LABEL.atRestKey, [salt, context])
}

/** A wrapped 32-byte key. */
export const WRAPPED_KEY_BYTES = 40

/**
 * Wraps one 32-byte key under another with AES-256 key wrap. Deterministic: the same pair gives the same bytes.
 *
 * @param kek - 32 bytes; not kept.
 * @param key - 32 bytes; not kept.
 * @returns 40 bytes.
 * @throws {UsageError} `BAD_LENGTH` for any other length.
 * @see RFC 3394
 */
export function wrapKey(kek: Uint8Array, key: Uint8Array): Uint8Array {
  requireLength(kek, 32, 'key-encryption key')
  requireLength(key, 32, 'wrapped key')
  return aesWrap(kek, key)
}

/**
 * Unwraps what `wrapKey` made.
 *
 * @param kek - 32 bytes; not kept.
 * @param wrapped - a stranger's; any length.
 * @returns the 32-byte key, or undefined when it was not wrapped under this key or is not 40 bytes.
 * @throws {UsageError} `BAD_LENGTH` when the key-encryption key is not 32 bytes.
 * @see RFC 3394
 */
export function unwrapKey(kek: Uint8Array, wrapped: Uint8Array): Uint8Array | undefined {
  requireLength(kek, 32, 'key-encryption key')
  return wrapped.length === WRAPPED_KEY_BYTES ? aesUnwrap(kek, wrapped) : undefined
}

const WRAP_IV = unhex('a6a6a6a6a6a6a6a6')

/**
 * AES key wrap of any size the standard allows, for its vectors; the protocol uses `wrapKey`.
 *
 * @param kek - 16, 24 or 32 bytes.
 * @param payload - at least 16 bytes, a multiple of 8.
 * @returns payload + 8 bytes.
 * @throws {UsageError} `BAD_LENGTH` for any other length.
 * @see RFC 3394 §2.2.1
 */
export function aesWrap(kek: Uint8Array, payload: Uint8Array): Uint8Array {
  const algorithm = wrapAlgorithm(kek)
  if (payload.length < 16 || payload.length % 8 !== 0) {
    throw new UsageError('BAD_LENGTH', 'key wrap takes 16 bytes or more, in eights')
  }
  // Key wrap takes everything in one piece and has nothing to give at the end.
  const wrapped = crypto.createCipheriv(algorithm, crypto.createSecretKey(kek), WRAP_IV).update(payload)
  return new Uint8Array(wrapped.buffer, wrapped.byteOffset, wrapped.length)
}

/**
 * The reverse of `aesWrap`. The lengths are checked here because node accepts a wrapping of nothing.
 *
 * @param kek - 16, 24 or 32 bytes.
 * @param wrapped - a stranger's; any length.
 * @returns the payload, or undefined when the check value or the length is wrong.
 * @throws {UsageError} `BAD_LENGTH` when the key-encryption key has another length.
 * @see RFC 3394 §2.2.2
 */
export function aesUnwrap(kek: Uint8Array, wrapped: Uint8Array): Uint8Array | undefined {
  const algorithm = wrapAlgorithm(kek)
  if (wrapped.length < 24 || wrapped.length % 8 !== 0) return undefined
  try {
    const payload = crypto.createDecipheriv(algorithm, crypto.createSecretKey(kek), WRAP_IV).update(wrapped)
    return new Uint8Array(payload.buffer, payload.byteOffset, payload.length)
  } catch {
    return undefined
  }
}

function wrapAlgorithm(kek: Uint8Array): string {
  if (kek.length !== 16 && kek.length !== 24 && kek.length !== 32) {
    throw new UsageError('BAD_LENGTH', 'an AES key has 16, 24 or 32 bytes')
  }
  return `id-aes${kek.length * 8}-wrap`
}
