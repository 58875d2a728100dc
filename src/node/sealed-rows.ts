/**
 * Rows as they lie on the disk: every name hashed under a key, every value sealed, and the schema row that says whose.
 *
 * LevelDB sees how many rows a room has, their order numbers, their sizes and their cohorts, and nothing else of them. A
 * value is bound to its store, its place and its form, so that values cannot be exchanged on the disk. Values are sealed by
 * `sealAtRest` with fresh randomness each time, so no key-and-nonce pair comes twice. A row of a cohort is sealed under the
 * key of its cohort alone: when that is destroyed, the store key does not open it.
 */
import { randomBytes } from 'node:crypto'
import { copyBytes, EMPTY, equalBytes, joinBytes, readUtf8, u32, u64, utf8 } from '../base/bytes.ts'
import { UsageError } from '../base/errors.ts'
import { Secret } from '../base/secret.ts'
import { openAtRest, sealAtRest } from '../crypto/aead.ts'
import { derive, mac } from '../crypto/kdf.ts'
import { LABEL } from '../crypto/labels.ts'
import { type CohortKeys, DESTROYED } from './cohort-keys.ts'
import { type Cohort, damagedStore, type Row, type RowKey, requireName, requireOrder } from './store.ts'

/** The form of rows that is written. Version 1 had no cohorts. */
export const SCHEMA_VERSION = 2
/** Where the schema row and the number of the newest write lie: shorter than any row key. */
export const SCHEMA_KEY = utf8('schema')
export const SEQUENCE_KEY = utf8('sequence')
const STORE_ID_BYTES = 16
const NAME_BYTES = 16
const ROW_KEY_BYTES = 2 * NAME_BYTES + 8
const MAX_CACHED_ROOMS = 1024
/** The first byte of a value: without a cohort, or with one, whose name's hash and beginning follow. */
const LASTING = 0
const IN_COHORT = 1
const COHORT_HEADER_BYTES = 1 + NAME_BYTES + 8

/** What a schema row says. */
export interface Schema {
  readonly version: number
  readonly storeId: Uint8Array
}

/** The key of schema rows and of sequence numbers. The caller destroys it. */
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
 * Reads a schema row.
 *
 * @param folder - for the errors.
 * @throws {UsageError} `DAMAGED_STORE` also for the key of another vault, `SCHEMA_TOO_NEW`.
 */
export function readSchema(row: Uint8Array | undefined, schemaKey: Secret, folder: string): Schema {
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
  return { version, storeId: copyBytes(body.subarray(4)) }
}

/** The number of a write, with its authenticator. */
export const makeSequence = (schemaKey: Secret, sequence: number): Uint8Array =>
  joinBytes(u64(sequence), mac(schemaKey.expose(), LABEL.storeSequence, u64(sequence)))

/** @returns undefined when it is not one of this vault. */
export function readSequence(bytes: Uint8Array | undefined, schemaKey: Secret): number | undefined {
  if (bytes?.length !== 8 + 32) return undefined
  const sequence = readU64(bytes, 0)
  return Number.isSafeInteger(sequence) && equalBytes(bytes, makeSequence(schemaKey, sequence)) ? sequence : undefined
}

/** Whether a key of the database is that of a row. */
export const isRowKey = (key: Uint8Array): boolean => key.length === ROW_KEY_BYTES

/** Seals and opens the rows of one store. */
export class SealedRows {
  readonly #schema: Schema
  readonly #cohorts: CohortKeys
  readonly #nameKey: Secret
  readonly #valueKey: Secret
  readonly #roomHashes = new Map<string, Uint8Array>()

  /** @param storeKey - 32 bytes; not kept, keys derived from it are. */
  constructor(schema: Schema, storeKey: Secret, cohorts: CohortKeys) {
    this.#schema = schema
    this.#cohorts = cohorts
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

  /** What the name of a cohort is on the disk: hidden as other names are. */
  cohortOf(name: string): Uint8Array {
    return mac(this.#nameKey.expose(), LABEL.storeCohort, utf8(name)).slice(0, NAME_BYTES)
  }

  /** The value of a row as it lies at `key`. Undefined when its cohort is destroyed. Its cohort's key must be there. */
  seal(row: Row, key: Uint8Array): Uint8Array | undefined {
    const room = utf8(row.room)
    const entry = utf8(row.entry)
    const header = this.#headerOf(row.cohort)
    const sealingKey = this.#keyFor(header)
    if (sealingKey === DESTROYED) return undefined
    if (sealingKey === undefined) throw new TypeError('the key of a cohort is made before its first row')
    // In front of the value, so that a row tells the name of its cohort when it is copied.
    const cohort = utf8(row.cohort?.name ?? '')
    const names = [room, entry, cohort].flatMap((name) => [u32(name.length), name])
    const sealed = sealAtRest(sealingKey, this.#contextOf(key, header), joinBytes(...names, row.value), randomBytes(32))
    return joinBytes(header, sealed)
  }

  /**
   * The row that lies at `key`. Undefined when its cohort is destroyed.
   *
   * @param room - where it must belong; undefined: anywhere.
   * @throws {UsageError} `DAMAGED_STORE` naming the room.
   */
  open(room: string | undefined, key: Uint8Array, value: Uint8Array): Row | undefined {
    const damaged = damagedStore(room === undefined ? 'A room of the store' : `Room "${room}" of the store`)
    const isFirstForm = this.#schema.version === 1
    const header = isFirstForm ? EMPTY : headerIn(value)
    if (header === undefined) throw damaged
    const openingKey = isFirstForm ? this.#valueKey.expose() : this.#keyFor(header)
    if (openingKey === DESTROYED) return undefined
    const plaintext = openingKey && openAtRest(openingKey, this.#contextOf(key, header), value.subarray(header.length))
    if (plaintext === undefined) throw damaged
    const names: (string | undefined)[] = []
    let offset = 0
    for (let i = 0; i < (isFirstForm ? 2 : 3); i++) {
      const end = offset + 4 + readU32(plaintext, offset)
      names.push(readUtf8(plaintext.subarray(offset + 4, end)))
      offset = end
    }
    const [itsRoom, entry, name = ''] = names
    if (itsRoom === undefined || entry === undefined || (room ?? itsRoom) !== itsRoom) throw damaged
    const row = { room: itsRoom, entry, order: readU64(key, NAME_BYTES), value: copyBytes(plaintext.subarray(offset)) }
    return name === '' ? row : { ...row, cohort: { name, since: readU64(header, 1 + NAME_BYTES) } }
  }

  /** Whether a value lies in a destroyed cohort: nobody can open it. */
  isDestroyed(value: Uint8Array): boolean {
    const header = headerIn(value)
    return header !== undefined && this.#keyFor(header) === DESTROYED
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

  #headerOf(cohort: Cohort | undefined): Uint8Array {
    if (cohort === undefined) return Uint8Array.of(LASTING)
    return joinBytes(Uint8Array.of(IN_COHORT), this.cohortOf(cohort.name), u64(cohort.since))
  }

  #keyFor(header: Uint8Array): Uint8Array | typeof DESTROYED | undefined {
    if (header.length < COHORT_HEADER_BYTES) return this.#valueKey.expose()
    return this.#cohorts.keyOf(header.subarray(1, 1 + NAME_BYTES), readU64(header, 1 + NAME_BYTES))
  }

  /** Binds a value to this store, its place, its form and its cohort: values cannot be exchanged on the disk. */
  #contextOf(key: Uint8Array, header: Uint8Array): Uint8Array {
    return joinBytes(u32(this.#schema.version), this.#schema.storeId, key, header)
  }
}

function headerIn(value: Uint8Array): Uint8Array | undefined {
  if (value[0] === LASTING) return value.subarray(0, 1)
  if (value[0] === IN_COHORT && value.length >= COHORT_HEADER_BYTES) return value.subarray(0, COHORT_HEADER_BYTES)
  return undefined
}

const view = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
const readU32 = (bytes: Uint8Array, offset: number): number => view(bytes).getUint32(offset)
const readU64 = (bytes: Uint8Array, offset: number): number => Number(view(bytes).getBigUint64(offset))
