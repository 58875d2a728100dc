/**
 * Hashes and key derivation: SHA-256, HMAC-SHA256, HKDF-SHA256, and BLAKE2b for two keys at once.
 *
 * What the protocol uses carries a label first (`hash`, `mac`, `derive`, `deriveTwo`); the plain functions serve standards that bring
 * their own framing (HPKE, X-Wing) and the vectors. HMAC is put together here from one-shot hashes: node's `createHmac`
 * costs 5 to 20 µs for a fresh key, this 1 to 2 µs, and a tree path or a message chain is nothing but fresh keys.
 */
import crypto from 'node:crypto'
import { joinBytes, u32 } from '../base/bytes.ts'
import { UsageError } from '../base/errors.ts'
import { chosen } from './backends.ts'
import { framed, type Label } from './labels.ts'

/** Output of SHA-256, HMAC-SHA256 and HKDF-Extract. */
export const HASH_BYTES = 32

const BLOCK_BYTES = 64
const SHORT_MESSAGE_BYTES = 1024
/** Up to here libsodium, without SHA instructions but quickly called, is faster than node:crypto. */
const SHORT_HASH_BYTES = 200
const USUAL_LENGTH = u32(HASH_BYTES)
const FIRST_BLOCK = Uint8Array.of(1)

// Work space of `hmac`, cleared before it returns: allocations less on the hot path. The tag is copied out of it: a fresh
// array costs more once a native library has written to it.
const innerSpace = new Uint8Array(BLOCK_BYTES + SHORT_MESSAGE_BYTES)
const outerSpace = new Uint8Array(BLOCK_BYTES + HASH_BYTES)
const outerTail = outerSpace.subarray(BLOCK_BYTES)
const tagSpace = new Uint8Array(HASH_BYTES)
const twoSpace = new Uint8Array(2 * HASH_BYTES)

/** SHA-256 into 32 given bytes. */
function digestInto(output: Uint8Array, bytes: Uint8Array): void {
  if (bytes.length <= SHORT_HASH_BYTES) chosen.shortHash(output, bytes)
  else output.set(crypto.hash('sha256', bytes, 'buffer'))
}

function digest(bytes: Uint8Array): Uint8Array {
  const output = new Uint8Array(HASH_BYTES)
  digestInto(output, bytes)
  return output
}

/**
 * SHA-256 of the parts one after another, without framing or label.
 *
 * @param parts - any bytes; where one ends and the next begins does not show in the result.
 * @returns 32 bytes.
 * @see FIPS 180-4
 */
export function sha256(...parts: readonly Uint8Array[]): Uint8Array {
  return digest(parts.length === 1 ? parts[0]! : joinBytes(...parts))
}

/**
 * The protocol's hash: SHA-256 of a label and parts, framed.
 *
 * @param label - the purpose.
 * @param parts - any bytes; not kept.
 * @returns 32 bytes.
 */
export function hash(label: Label, ...parts: readonly Uint8Array[]): Uint8Array {
  return digest(framed(label, ...parts))
}

/**
 * HMAC-SHA256 of the parts one after another, without framing or label.
 *
 * @param key - any length. A key and the same key with zero bytes after it are one key (up to 64 bytes).
 * @param parts - any bytes; not kept.
 * @returns 32 bytes.
 * @see RFC 2104
 */
export function hmacSha256(key: Uint8Array, ...parts: readonly Uint8Array[]): Uint8Array {
  const blockKey = key.length > BLOCK_BYTES ? digest(key) : key
  let length = BLOCK_BYTES
  for (const part of parts) length += part.length
  const inner = length <= innerSpace.length ? innerSpace.subarray(0, length) : new Uint8Array(length)
  const outer = outerSpace
  inner.fill(0x36, blockKey.length, BLOCK_BYTES)
  outer.fill(0x5c, blockKey.length, BLOCK_BYTES)
  for (let i = 0; i < blockKey.length; i++) {
    const byte = blockKey[i]!
    inner[i] = byte ^ 0x36
    outer[i] = byte ^ 0x5c
  }
  let offset = BLOCK_BYTES
  for (const part of parts) {
    inner.set(part, offset)
    offset += part.length
  }
  digestInto(outerTail, inner)
  digestInto(tagSpace, outer)
  const tag = tagSpace.slice()
  for (const space of [inner, outer, tagSpace]) space.fill(0)
  return tag
}

/**
 * The protocol's authenticator: HMAC-SHA256 over a label and parts, framed. Compare tags with `equalBytes` only.
 *
 * @param key - 32 bytes or more, used for nothing else; not kept.
 * @param label - the purpose.
 * @param parts - any bytes; not kept.
 * @returns 32 bytes.
 * @throws {UsageError} `BAD_LENGTH` when the key is shorter than 32 bytes.
 * @see RFC 2104
 */
export function mac(key: Uint8Array, label: Label, ...parts: readonly Uint8Array[]): Uint8Array {
  requireStrong(key)
  return hmacSha256(key, framed(label, ...parts))
}

/**
 * HKDF-Extract: makes a uniform key from material that is secret but not uniform, such as a DH result.
 *
 * @param salt - any length, may be empty; need not be secret.
 * @param ikm - any length; not kept.
 * @returns 32 bytes.
 * @see RFC 5869 §2.2
 */
export function hkdfExtract(salt: Uint8Array, ikm: Uint8Array): Uint8Array {
  return hmacSha256(salt, ikm)
}

/**
 * HKDF-Expand.
 *
 * @param prk - a uniform key of at least 32 bytes; not kept.
 * @param info - any length.
 * @param length - bytes wanted, 0 to 8,160. Outputs of different length with one info share their beginning.
 * @returns `length` bytes.
 * @throws {UsageError} `BAD_LENGTH` when the length is out of range.
 * @see RFC 5869 §2.3
 */
export function hkdfExpand(prk: Uint8Array, info: Uint8Array, length: number): Uint8Array {
  if (!Number.isInteger(length) || length < 0 || length > 255 * HASH_BYTES) {
    throw new UsageError('BAD_LENGTH', 'HKDF gives 0 to 8160 bytes')
  }
  if (length <= HASH_BYTES) return hmacSha256(prk, info, FIRST_BLOCK).slice(0, length)
  const output = new Uint8Array(length)
  let block: Uint8Array = new Uint8Array(0)
  for (let offset = 0, i = 1; offset < length; offset += HASH_BYTES, i++) {
    block = hmacSha256(prk, block, info, Uint8Array.of(i))
    output.set(offset + HASH_BYTES <= length ? block : block.subarray(0, length - offset), offset)
  }
  return output
}

/**
 * The protocol's key derivation: one purpose, one context, one length give one key. The length is part of the input, so a
 * shorter key is never the beginning of a longer one.
 *
 * @param secret - uniform, at least 32 bytes; not kept. Pass a DH result or a token through `hkdfExtract` first.
 * @param label - the purpose.
 * @param context - what the key is bound to: one part, or several in fixed order.
 * @param length - bytes wanted; 32 unless told.
 * @returns `length` bytes.
 * @throws {UsageError} `BAD_LENGTH` when the secret is shorter than 32 bytes or the length out of range.
 * @see RFC 5869 §3.3 (why Extract may be left out), RFC 9420 §8 (length in the input)
 */
export function derive(
  secret: Uint8Array,
  label: Label,
  context: Uint8Array | readonly Uint8Array[],
  length: number = HASH_BYTES
): Uint8Array {
  requireStrong(secret)
  const parts = context instanceof Uint8Array ? [context] : context
  const lengthBytes = length === HASH_BYTES ? USUAL_LENGTH : u32(length)
  return hkdfExpand(secret, framed(label, lengthBytes, ...parts), length)
}

/**
 * `derive` for many secrets under one label and context: the same keys, faster.
 *
 * @param label - the purpose.
 * @param context - as in `derive`; not kept.
 * @returns what makes 32 bytes of a secret, and throws {UsageError} `BAD_LENGTH` when it is shorter than 32.
 */
export function deriver(label: Label, context: readonly Uint8Array[]): (secret: Uint8Array) => Uint8Array {
  const info = joinBytes(framed(label, USUAL_LENGTH, ...context), FIRST_BLOCK)
  return (secret) => {
    requireStrong(secret)
    return hmacSha256(secret, info)
  }
}

/**
 * Two keys at once, at a quarter of the time of two by `derive`: the halves of BLAKE2b-512 of label, secret and context.
 *
 * Nothing can be put behind a hash of BLAKE2b, as it can behind one of SHA-256, so a secret in front makes it a
 * pseudorandom function without HMAC around it, and each half is a key of its own.
 *
 * @param label - the purpose.
 * @param secret - uniform, at least 32 bytes; not kept.
 * @param context - what the keys are bound to, in fixed order; a DH result may be mixed in here. Not kept.
 * @returns 32 bytes each.
 * @throws {UsageError} `BAD_LENGTH` when the secret is shorter than 32 bytes.
 * @see RFC 7693; Luykx, Mennink, Neves, "Security Analysis of BLAKE2's Modes of Operation" (why no key input is needed)
 */
export function deriveTwo(
  label: Label,
  secret: Uint8Array,
  ...context: readonly Uint8Array[]
): readonly [Uint8Array, Uint8Array] {
  requireStrong(secret)
  const input = framed(label, secret, ...context)
  chosen.blake2b(twoSpace, input)
  const keys = [twoSpace.slice(0, HASH_BYTES), twoSpace.slice(HASH_BYTES)] as const
  for (const space of [input, twoSpace]) space.fill(0)
  return keys
}

function requireStrong(key: Uint8Array): void {
  if (key.length < HASH_BYTES) throw new UsageError('BAD_LENGTH', 'a secret must be at least 32 bytes')
}
