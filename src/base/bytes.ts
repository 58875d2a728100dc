/**
 * Bytes without a domain: joining, comparing, and the few text forms the program needs.
 *
 * Integers are big-endian. Comparison of anything secret goes through `equalBytes`, whose time depends on lengths only.
 */
import { alloc, allocUnsafe } from 'uint8arrays/alloc'
import { compare } from 'uint8arrays/compare'
import { concat } from 'uint8arrays/concat'
import { fromString } from 'uint8arrays/from-string'
import { toString as uint8ToString } from 'uint8arrays/to-string'

export const EMPTY: Uint8Array = new Uint8Array(0)

/** Fresh zeroed bytes. */
export const zeros = (length: number): Uint8Array => alloc(length)

/** Bytes of any content, for who writes them all. Small ones share their memory, as those of `joinBytes` do. */
export const unwritten = (length: number): Uint8Array => allocUnsafe(length)

/** One new array holding the parts in order. */
export const joinBytes = (...parts: readonly Uint8Array[]): Uint8Array => concat(parts as Uint8Array[])

/** An independent copy: what is kept from decoded input must not alias the input. */
export const copyBytes = (bytes: Uint8Array): Uint8Array => Uint8Array.prototype.slice.call(bytes)

/** Lexicographic order, for sorting: negative, zero or positive. Not constant in time. */
export const compareBytes = (a: Uint8Array, b: Uint8Array): number => compare(a, b)

/** Equality in time that depends on the lengths only. */
export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false
  let difference = 0
  for (let i = 0; i < a.length; i++) difference |= a[i]! ^ b[i]!
  return difference === 0
}

/** UTF-8 bytes of a string. */
export const utf8 = (text: string): Uint8Array => fromString(text, 'utf8')

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** The string, or undefined when the bytes are not well-formed UTF-8. */
export function readUtf8(bytes: Uint8Array): string | undefined {
  try {
    return decoder.decode(bytes)
  } catch {
    return undefined
  }
}

/** Lower-case hexadecimal. */
export const hex = (bytes: Uint8Array): string => uint8ToString(bytes, 'base16')

/**
 * Bytes of a lower-case hexadecimal string.
 *
 * @throws {Error} when it is not hexadecimal.
 */
export const unhex = (text: string): Uint8Array => fromString(text, 'base16')

/** Upper-case RFC 4648 base32 without padding: the form of invites and of file names made from ids. */
export const base32 = (bytes: Uint8Array): string => uint8ToString(bytes, 'base32upper')

/** The bytes of an upper-case base32 string, or undefined when it is not canonical base32. */
export function unbase32(text: string): Uint8Array | undefined {
  if (!/^[A-Z2-7]*$/.test(text)) return undefined
  try {
    const bytes = fromString(text, 'base32upper')
    return base32(bytes) === text ? bytes : undefined
  } catch {
    return undefined
  }
}

/** 32-bit big-endian. */
export const u32 = (value: number): Uint8Array => Uint8Array.of(value >>> 24, value >>> 16, value >>> 8, value)

/** 64-bit big-endian of a safe non-negative integer. */
export function u64(value: number): Uint8Array {
  const bytes = new Uint8Array(8)
  new DataView(bytes.buffer).setBigUint64(0, BigInt(value))
  return bytes
}

/** A key for a `Map`: one string for one sequence of bytes. Never use an object keyed by a stranger's bytes. */
export const mapKey = (bytes: Uint8Array): string => uint8ToString(bytes, 'base64')
