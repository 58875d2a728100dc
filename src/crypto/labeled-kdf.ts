/**
 * The two KDFs of RFC 9180 with its own labelling, under both the KEM and the key schedule.
 *
 * Its labels are the RFC's, not ours; our separation comes in through `info`. SHA-512 serves the published vectors alone.
 */
import crypto from 'node:crypto'
import { joinBytes, utf8 } from '../base/bytes.ts'
import { hkdfExpand, hkdfExtract } from './kdf.ts'

/** One HKDF. */
export interface Kdf {
  readonly id: number
  readonly hashBytes: number
  extract(salt: Uint8Array, ikm: Uint8Array): Uint8Array
  expand(prk: Uint8Array, info: Uint8Array, length: number): Uint8Array
}

/** The protocol's KDF. */
export const HKDF_SHA256: Kdf = { id: 0x0001, hashBytes: 32, extract: hkdfExtract, expand: hkdfExpand }

const hmacSha512 = (key: Uint8Array, ...parts: readonly Uint8Array[]): Uint8Array =>
  new Uint8Array(
    crypto
      .createHmac('sha512', key)
      .update(joinBytes(...parts))
      .digest()
  )

/** For the vectors of RFC 9180. */
export const HKDF_SHA512: Kdf = {
  id: 0x0003,
  hashBytes: 64,
  extract: (salt, ikm) => hmacSha512(salt, ikm),
  expand(prk, info, length) {
    const blocks: Uint8Array[] = []
    let block: Uint8Array = new Uint8Array(0)
    for (let i = 1; (i - 1) * 64 < length; i++) {
      block = hmacSha512(prk, block, info, Uint8Array.of(i))
      blocks.push(block)
    }
    return joinBytes(...blocks).slice(0, length)
  }
}

const VERSION = utf8('HPKE-v1')
const encoded = new Map<string, Uint8Array>()

/** The RFC's labels are a dozen constants of ours, so the map stays small. */
function ascii(label: string): Uint8Array {
  let bytes = encoded.get(label)
  if (bytes === undefined) {
    bytes = utf8(label)
    encoded.set(label, bytes)
  }
  return bytes
}

/** I2OSP(value, 2). */
export const u16 = (value: number): Uint8Array => Uint8Array.of(value >>> 8, value & 0xff)

/**
 * LabeledExtract.
 *
 * @param suiteId - of the KEM or of the whole suite.
 * @param label - one of the RFC's constants, never a stranger's text.
 * @returns one hash length.
 * @see RFC 9180 §4
 */
export function labeledExtract(
  kdf: Kdf,
  suiteId: Uint8Array,
  salt: Uint8Array,
  label: string,
  ikm: Uint8Array
): Uint8Array {
  return kdf.extract(salt, joinBytes(VERSION, suiteId, ascii(label), ikm))
}

/**
 * LabeledExpand.
 *
 * @param suiteId - of the KEM or of the whole suite.
 * @param label - one of the RFC's constants, never a stranger's text.
 * @param length - bytes wanted.
 * @returns `length` bytes.
 * @see RFC 9180 §4
 */
export function labeledExpand(
  kdf: Kdf,
  suiteId: Uint8Array,
  prk: Uint8Array,
  label: string,
  info: Uint8Array,
  length: number
): Uint8Array {
  return kdf.expand(prk, joinBytes(u16(length), VERSION, suiteId, ascii(label), info), length)
}
