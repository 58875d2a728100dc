/**
 * The digits that two people read to each other: Signal's numeric fingerprint, version 0.
 *
 * SHA-512 is iterated so that a look-alike key costs 5,200 times the work per try; 30 digits are 100 bits. Nothing here is
 * secret, and nothing is compared by the program: people compare it.
 */
import crypto from 'node:crypto'
import { joinBytes } from '../base/bytes.ts'

const VERSION = Uint8Array.of(0, 0)
const ROUNDS = 5_200
const CHUNKS = 6
const CHUNK_BYTES = 5
const CHUNK_DIGITS = 5

/**
 * Half of a safety number: what one key gives.
 *
 * @param publicKey - any length; Signal puts its 33-byte serialized key here, Conclave the 32-byte Ed25519 key.
 * @param identifier - the stable name of the key's owner, may be empty.
 * @returns 30 decimal digits, without spaces.
 * @see libsignal, NumericFingerprintGenerator (version 0, 5,200 iterations)
 */
export function numericFingerprint(publicKey: Uint8Array, identifier: Uint8Array): string {
  let digest: Uint8Array = joinBytes(VERSION, publicKey, identifier)
  for (let i = 0; i < ROUNDS; i++) digest = crypto.hash('sha512', joinBytes(digest, publicKey), 'buffer')
  return decimalDigits(digest, CHUNKS)
}

/**
 * Bytes as decimal digits, five for each five bytes, in Signal's way: 40 bits modulo 100,000.
 *
 * @param bytes - at least 5 × `chunks`, uniform.
 * @returns 5 × `chunks` digits.
 */
export function decimalDigits(bytes: Uint8Array, chunks: number): string {
  let digits = ''
  for (let i = 0; i < chunks; i++) {
    let value = 0
    for (const byte of bytes.subarray(i * CHUNK_BYTES, (i + 1) * CHUNK_BYTES)) value = value * 256 + byte
    digits += String(value % 100_000).padStart(CHUNK_DIGITS, '0')
  }
  return digits
}
