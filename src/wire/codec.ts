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

/**
 * Counts the fields of a message without making anything of them: what costs more to decode than to look through is
 * refused first.
 *
 * @param most - fields at most.
 * @returns the number of fields; -1 when there are more, their numbers ever fall, or the form is broken.
 */
export function countFields(bytes: Uint8Array, most: number): number {
  let at = 0
  let fields = 0
  let highest = 0
  const varint = (): number => {
    let value = 0
    for (let shift = 1; at < bytes.length && shift <= 2 ** 49; shift *= 128) {
      const byte = bytes[at++]!
      value += (byte & 0x7f) * shift
      if (byte < 0x80) return value
    }
    return -1
  }
  while (at < bytes.length) {
    const tag = varint()
    const number = Math.floor(tag / 8)
    if (tag < 0 || number < highest || ++fields > most) return -1
    highest = number
    const size = tag % 8 === 0 ? (varint() < 0 ? -1 : 0) : tag % 8 === 2 ? varint() : -1
    if (size < 0 || size > bytes.length - at) return -1
    at += size
  }
  return fields
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
