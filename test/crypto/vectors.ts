/** Reads the published vectors from the source tree: the specs run from dist/test/crypto. */
import { readFileSync } from 'node:fs'
import { unhex } from '../../src/base/bytes.ts'
import { type Backend, libsodium, nodeCrypto } from '../../src/crypto/backends.ts'

const FOLDER = new URL('../../../test/vectors/', import.meta.url)

/** @param name - below test/vectors. */
export const readVectors = <T>(name: string): T => JSON.parse(readFileSync(new URL(name, FOLDER), 'utf8')) as T

/** A Wycheproof case; the fields differ from file to file. */
export type Case = Readonly<Record<string, string>> & {
  readonly tcId: number
  readonly result: 'valid' | 'invalid' | 'acceptable'
}

interface Group {
  readonly tests: readonly Case[]
  readonly publicKey?: { readonly pk: string }
  readonly ivSize?: number
}

/** The groups of a Wycheproof file. */
export const readWycheproof = (name: string): readonly Group[] =>
  readVectors<{ testGroups: Group[] }>(`wycheproof/${name}_test.json`).testGroups

/** The bytes of a hexadecimal field that must be there. */
export function field(from: Readonly<Record<string, unknown>>, name: string): Uint8Array {
  const text = from[name]
  if (typeof text !== 'string') throw new Error(`vector without ${name}`)
  return unhex(text.toLowerCase())
}

/** Every back end of this machine; node:crypto is always among them. */
export const backends: readonly Backend[] = [libsodium, nodeCrypto].filter((backend) => backend !== undefined)

/** A copy with one bit turned over. */
export function flipped(bytes: Uint8Array, bit: number): Uint8Array {
  const copy = bytes.slice()
  const at = bit % (bytes.length * 8)
  copy[at >>> 3]! ^= 1 << (at & 7)
  return copy
}
