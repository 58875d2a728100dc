/**
 * Rows as they lie on the disk: every name hashed under a key, every value sealed, and the schema row that says whose.
 *
 * LevelDB sees how many rows a room has, their order numbers and their sizes, and nothing else of them. A value is bound
 * to its store, its place and its form, so that values cannot be exchanged on the disk. Values are sealed by `sealAtRest`
 * with fresh randomness each time, so no key-and-nonce pair comes twice.
 */
import { randomBytes } from 'node:crypto'
import { copyBytes, equalBytes, joinBytes, readUtf8, u32, u64, utf8 } from '../base/bytes.ts'
import { UsageError } from '../base/errors.ts'
import { Secret } from '../base/secret.ts'
import { openAtRest, sealAtRest } from '../crypto/aead.ts'
import { derive, mac } from '../crypto/kdf.ts'
import { LABEL } from '../crypto/labels.ts'
import { damagedStore, type Row, type RowKey, requireName, requireOrder } from './store.ts'

const SCHEMA_VERSION = 1
/** Where the schema row lies: shorter than any row key. */
export const SCHEMA_KEY = utf8('schema')
const STORE_ID_BYTES = 16
const NAME_BYTES = 16
const MAX_CACHED_ROOMS = 1024

/** The key of schema rows. The caller destroys it. */
export const schemaKeyOf = (storeKey: Secret): Secret => new Secret(derive(storeKey.expose(), LABEL.storeSchemaKey, []))

/**
 * The row that a new store begins with: version, a fresh store id and their authenticator. This form never changes, so
 * that an old program can read a new version.
 */
export function makeSchema(schemaKey: Secret): Uint8Array {
  const body = joinBytes(u32(SCHEMA_VERSION), new Uint8Array(randomBytes(STORE_ID_BYTES)))
  return joinBytes(body, schemaTag(schemaKey, body))
}

const schemaTag = (schemaKey: Secret, body: Uint8Array): Uint8Array => mac(schemaKey.expose(), LABEL.storeSchema, body)

/**
 * The store id of a schema row.
 *
 * @param folder - for the errors.
 * @throws {UsageError} `DAMAGED_STORE` also for the key of another vault, `SCHEMA_TOO_NEW`.
 */
export function readSchema(row: Uint8Array | undefined, schemaKey: Secret, folder: string): Uint8Array {
  const body = row?.subarray(0, 4 + STORE_ID_BYTES)
  if (row === undefined || body === undefined || !equalBytes(row, joinBytes(body, schemaTag(schemaKey, body)))) {
    throw damagedStore(`The store in ${folder} or the vault it belongs to`)
  }
  const version = readU32(body, 0)
  if (version > SCHEMA_VERSION) {
    throw new UsageError(
      'SCHEMA_TOO_NEW',
      `Cannot open the store in ${folder}. A newer version of conclave wrote it (form ${version}, this one knows ${SCHEMA_VERSION}). ` +
        'Install that version again.'
    )
  }
  return copyBytes(body.subarray(4))
}

/** Seals and opens the rows of one store. */
export class SealedRows {
  readonly #storeId: Uint8Array
  readonly #nameKey: Secret
  readonly #valueKey: Secret
  readonly #roomHashes = new Map<string, Uint8Array>()

  /** @param storeKey - 32 bytes; not kept, keys derived from it are. */
  constructor(storeId: Uint8Array, storeKey: Secret) {
    this.#storeId = storeId
    this.#nameKey = new Secret(derive(storeKey.expose(), LABEL.storeNameKey, []))
    this.#valueKey = new Secret(derive(storeKey.expose(), LABEL.storeValueKey, []))
  }

  /** Where a row lies: hash of the room, order, hash of the entry. @throws {UsageError} `BAD_KEY` */
  keyOf({ room, entry, order = 0 }: RowKey): Uint8Array {
    requireName(room)
    requireName(entry)
    const roomHash = this.#roomHash(room)
    const entryHash = mac(this.#nameKey.expose(), LABEL.storeEntry, roomHash, utf8(entry)).subarray(0, NAME_BYTES)
    return joinBytes(roomHash, u64(requireOrder(order)), entryHash)
  }

  /** The keys of a room's rows: from the first, up to the second, itself not included. @throws {UsageError} `BAD_KEY` */
  rangeOf(room: string, from: number, to: number): readonly [from: Uint8Array, below: Uint8Array] {
    const roomHash = this.#roomHash(room)
    return [joinBytes(roomHash, u64(requireOrder(from))), joinBytes(roomHash, u64(requireOrder(to) + 1))]
  }

  /** The value of a row as it lies at `key`. */
  seal(row: Row, key: Uint8Array): Uint8Array {
    const room = utf8(row.room)
    const entry = utf8(row.entry)
    const plaintext = joinBytes(u32(room.length), room, u32(entry.length), entry, row.value)
    return sealAtRest(this.#valueKey.expose(), this.#contextOf(key), plaintext, randomBytes(32))
  }

  /** The row that lies at `key`. @throws {UsageError} `DAMAGED_STORE` naming the room. */
  open(room: string, key: Uint8Array, sealed: Uint8Array): Row {
    const plaintext = openAtRest(this.#valueKey.expose(), this.#contextOf(key), sealed)
    if (plaintext === undefined) throw damagedStore(`Room "${room}" of the store`)
    const entryOffset = 4 + readU32(plaintext, 0)
    const valueOffset = entryOffset + 4 + readU32(plaintext, entryOffset)
    const entry = readUtf8(plaintext.subarray(entryOffset + 4, valueOffset))
    const isOurs = readUtf8(plaintext.subarray(4, entryOffset)) === room
    if (entry === undefined || !isOurs) throw damagedStore(`Room "${room}" of the store`)
    return { room, entry, order: readU64(key, NAME_BYTES), value: copyBytes(plaintext.subarray(valueOffset)) }
  }

  /** Forgets the keys. */
  destroy(): void {
    this.#nameKey.destroy()
    this.#valueKey.destroy()
    this.#roomHashes.clear()
  }

  #roomHash(room: string): Uint8Array {
    const known = this.#roomHashes.get(room)
    if (known !== undefined) return known
    requireName(room)
    if (this.#roomHashes.size >= MAX_CACHED_ROOMS) this.#roomHashes.clear()
    const hash = mac(this.#nameKey.expose(), LABEL.storeRoom, utf8(room)).slice(0, NAME_BYTES)
    this.#roomHashes.set(room, hash)
    return hash
  }

  /** Binds a value to this store, its place and its form: values cannot be exchanged on the disk. */
  #contextOf(key: Uint8Array): Uint8Array {
    return joinBytes(u32(SCHEMA_VERSION), this.#storeId, key)
  }
}

const view = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
const readU32 = (bytes: Uint8Array, offset: number): number => view(bytes).getUint32(offset)
const readU64 = (bytes: Uint8Array, offset: number): number => Number(view(bytes).getBigUint64(offset))
