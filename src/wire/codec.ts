/**
 * Untrusted bytes become typed values here or nowhere.
 *
 * Decoding never throws and has one way to fail: `undefined`. What decodes is encoded again and compared, so one value has
 * one encoding: unknown, repeated or unordered fields, overlong varints and trailing bytes are all refused (protocol §3).
 * Decoded arrays alias the input: copy what is kept when the input is not ours to keep.
 */

import { assert } from '../base/assert.ts'
import { equalBytes } from '../base/bytes.ts'
import { PADDING_CLASSES } from './limits.ts'

/** What the generated code offers for each message. */
export interface Codec<T> {
  encode(value: Partial<T>): Uint8Array
  decode(bytes: Uint8Array): T
}

/**
 * The value that `bytes` is the one canonical encoding of.
 *
 * @param bytes - at most `maxBytes`; the result aliases it.
 * @returns undefined for everything else.
 */
export function decodeStrict<T>(codec: Codec<T>, bytes: Uint8Array, maxBytes: number): T | undefined {
  if (bytes.length > maxBytes) return undefined
  try {
    const value = codec.decode(bytes)
    return equalBytes(codec.encode(value), bytes) ? value : undefined
  } catch {
    return undefined
  }
}

const LENGTH_BYTES = 4

/** The longest plaintext that `pad` takes. */
export const PADDABLE_BYTES = PADDING_CLASSES.at(-1)! - LENGTH_BYTES

/**
 * Fills a plaintext up to its size class: length (u32), plaintext, zeros.
 *
 * @throws {InternalError} above PADDABLE_BYTES: the caller checks its own limits first.
 */
export function pad(plaintext: Uint8Array): Uint8Array {
  const size = PADDING_CLASSES.find((size) => plaintext.length + LENGTH_BYTES <= size)
  assert(size !== undefined, 'a plaintext to pad fits the highest size class')
  const padded = new Uint8Array(size)
  new DataView(padded.buffer).setUint32(0, plaintext.length)
  padded.set(plaintext, LENGTH_BYTES)
  return padded
}

/** The plaintext within its padding, aliasing it, or undefined when length, class or zeros are not as `pad` makes them. */
export function unpad(padded: Uint8Array): Uint8Array | undefined {
  if (!PADDING_CLASSES.includes(padded.length)) return undefined
  const length = new DataView(padded.buffer, padded.byteOffset).getUint32(0)
  const end = LENGTH_BYTES + length
  if (end > padded.length) return undefined
  const smallest = PADDING_CLASSES.find((size) => end <= size)
  if (smallest !== padded.length) return undefined
  for (let i = end; i < padded.length; i++) if (padded[i] !== 0) return undefined
  return padded.subarray(LENGTH_BYTES, end)
}
