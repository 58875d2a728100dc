/**
 * What a peer keeps on its disk: rows in rooms, every name and value sealed, on LevelDB.
 *
 * A row that was acknowledged is there, or an error says that it is not: nothing damaged is skipped. Batches are atomic
 * and keep their order; after one write has failed no later one succeeds, for what was promised might be missing.
 * LevelDB sees keyed hashes instead of names; it does see how many rows a room has, their order numbers and their sizes.
 * Values are sealed by `sealAtRest` with fresh randomness each time, so no key-and-nonce pair comes twice.
 */
import { createHash, randomBytes } from 'node:crypto'
import { mkdir, readdir, readFile, rename, rm } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { ClassicLevel } from 'classic-level'
import { compareBytes, copyBytes, equalBytes, joinBytes, readUtf8, u32, u64, utf8 } from '../base/bytes.ts'
import { UsageError } from '../base/errors.ts'
import { Secret } from '../base/secret.ts'
import { openAtRest, sealAtRest } from '../crypto/aead.ts'
import { hkdfExpand, hmacSha256 } from '../crypto/kdf.ts'
import { homeInUse } from './lock.ts'
import { ensurePrivateFolder, hasCode, requirePrivate, syncFolder } from './vault.ts'

const SCHEMA_VERSION = 1
const SCHEMA_KEY = utf8('schema')
const STORE_ID_BYTES = 16
const HASH_BYTES = 16
const MAX_ORDER = Number.MAX_SAFE_INTEGER
/** Sealed bytes that may wait for the disk, and that go into one LevelDB batch. */
const MAX_WAITING_BYTES = 64 * 1024 * 1024
const MAX_MERGED_BYTES = 4 * 1024 * 1024
const MAX_CACHED_ROOMS = 1024

/** Names a row. The same entry under another order is another row. */
export interface RowKey {
  /** Table of the row; well-formed text. Errors name it. */
  readonly room: string
  /** Name within the room; well-formed text. */
  readonly entry: string
  /** Rows of a room come by this number, then in a fixed but arbitrary order. 0 to 2^53 - 1; 0 unless told. */
  readonly order?: number
}

/** A row and what it holds. */
export interface Row extends RowKey {
  readonly value: Uint8Array
}

/** Changes that happen together or not at all: deletes first, then puts. */
export interface Batch {
  readonly puts: readonly Row[]
  readonly deletes: readonly RowKey[]
  /** Whether it must survive a power cut before `write` resolves; otherwise it survives the end of the process only. */
  readonly isDurable: boolean
}

/** Which rows of a room. */
export interface RowRange {
  /** Lowest order wanted. */
  readonly from?: number
  /** Highest order wanted, itself included. */
  readonly to?: number
  readonly isReverse?: boolean
  /** Rows at most. */
  readonly limit?: number
}

/** Rows in rooms. Everything but `close` throws `UsageError` `STORE_CLOSED` after `close`. */
export interface Store {
  /**
   * Writes a batch; resolves when it is as safe as `isDurable` says. Batches take effect in the order of the calls.
   *
   * @param batch - its values are the store's until the promise settles: do not change them before.
   * @throws {UsageError} `STORE_FAILED` when this or any earlier write failed, with the first cause; `STORE_BUSY` when
   * too much waits for the disk; `BAD_KEY`.
   */
  write(batch: Batch): Promise<void>
  /**
   * @returns the value, or undefined when there is no such row. A write is seen once its promise has resolved.
   * @throws {UsageError} `DAMAGED_STORE` naming the room; `BAD_KEY`.
   */
  read(key: RowKey): Promise<Uint8Array | undefined>
  /**
   * The rows of a room as they were at the first step, by order.
   *
   * @throws {UsageError} `DAMAGED_STORE` naming the room; `BAD_KEY`.
   */
  rows(room: string, range?: RowRange): AsyncIterable<Row>
  /** Finishes the waiting writes and forgets the keys. */
  close(): Promise<void>
}

type Database = ClassicLevel<Uint8Array, Uint8Array>
type Operation =
  | { readonly type: 'put'; readonly key: Uint8Array; readonly value: Uint8Array }
  | { readonly type: 'del'; readonly key: Uint8Array }

const DATABASE_OPTIONS = { keyEncoding: 'view', valueEncoding: 'view', compression: false } as const

/**
 * Opens the store of a folder, or makes it. The caller holds the home's lock. Every file is checked first, because
 * LevelDB silently skips what it finds damaged: some milliseconds per megabyte.
 *
 * @param folder - mode 0700; made whole when it does not exist.
 * @param storeKey - 32 bytes; not kept, keys derived from it are.
 * @throws {UsageError} `DAMAGED_STORE` (also for a key of another vault), `SCHEMA_TOO_NEW`, `HOME_IN_USE`, `STORE_FAILED`
 * when the disk does not take it, and those of `requirePrivate`.
 */
export async function openStore(folder: string, storeKey: Secret): Promise<Store> {
  const schemaKey = subkey(storeKey, 'conclave/1/store/schema')
  const names = await readdir(folder).catch((error) => {
    if (hasCode(error, 'ENOENT')) return undefined
    throw error
  })
  if (names === undefined) await makeStore(folder, schemaKey)
  await requirePrivate(folder, 'FOLDER')
  const database = await openDatabase(folder, false)
  try {
    const storeId = readSchema(await database.get(SCHEMA_KEY), schemaKey, folder)
    return new LevelStore(database, storeId, storeKey)
  } catch (error) {
    await database.close()
    throw isCorruption(error) ? damaged(`The store in ${folder}`, error) : error
  } finally {
    schemaKey.destroy()
  }
}

/** A new store appears under its name only when it is whole, so that a missing file later is damage and not a beginning. */
async function makeStore(folder: string, schemaKey: Secret): Promise<void> {
  const draft = join(dirname(resolve(folder)), `${basename(folder)}.new`)
  await ensurePrivateFolder(dirname(draft))
  await rm(draft, { recursive: true, force: true })
  await mkdir(draft, { mode: 0o700 })
  const database = await openDatabase(draft, true)
  await database.put(SCHEMA_KEY, schemaRow(SCHEMA_VERSION, new Uint8Array(randomBytes(STORE_ID_BYTES)), schemaKey), {
    sync: true
  })
  await database.close()
  await syncFolder(draft)
  await rename(draft, folder)
  await syncFolder(dirname(draft))
}

async function openDatabase(folder: string, isNew: boolean): Promise<Database> {
  if (!isNew) await checkFiles(folder)
  const database: Database = new ClassicLevel(folder, DATABASE_OPTIONS)
  try {
    await database.open({ createIfMissing: isNew, errorIfExists: isNew })
    return database
  } catch (error) {
    const cause = error instanceof Error ? error.cause : undefined
    if (hasCode(cause, 'LEVEL_LOCKED')) throw homeInUse(dirname(resolve(folder)), undefined, { cause })
    if (hasCode(cause, 'LEVEL_CORRUPTION')) throw damaged(`The store in ${folder}`, cause)
    throw failed(cause ?? error)
  }
}

/** Version, store id and their authenticator. This form never changes, so that an old program can read a new version. */
function schemaRow(version: number, storeId: Uint8Array, schemaKey: Secret): Uint8Array {
  const body = joinBytes(u32(version), storeId)
  return joinBytes(body, hmacSha256(schemaKey.expose(), body))
}

function readSchema(row: Uint8Array | undefined, schemaKey: Secret, folder: string): Uint8Array {
  const body = row?.subarray(0, 4 + STORE_ID_BYTES)
  if (
    row === undefined ||
    body === undefined ||
    !equalBytes(row, joinBytes(body, hmacSha256(schemaKey.expose(), body)))
  ) {
    throw damaged(`The store in ${folder} or the vault it belongs to`)
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

interface Waiting {
  readonly batch: Batch
  readonly bytes: number
  readonly done: PromiseWithResolvers<void>
}

/**
 * How long loose writes wait for company. A row that changes with every message is then sealed and written once for
 * many messages. A durable write waits for nothing and takes along what waits.
 */
const LOOSE_WAIT_MS = 20

class LevelStore implements Store {
  readonly #database: Database
  readonly #storeId: Uint8Array
  readonly #nameKey: Secret
  readonly #valueKey: Secret
  readonly #roomHashes = new Map<string, Uint8Array>()
  #waiting: Waiting[] = []
  #waitingBytes = 0
  #writer: Promise<void> | undefined
  #timer: NodeJS.Timeout | undefined
  #failure: UsageError | undefined
  #isClosed = false

  constructor(database: Database, storeId: Uint8Array, storeKey: Secret) {
    this.#database = database
    this.#storeId = storeId
    this.#nameKey = subkey(storeKey, 'conclave/1/store/names')
    this.#valueKey = subkey(storeKey, 'conclave/1/store/values')
  }

  async write(batch: Batch): Promise<void> {
    this.#requireOpen()
    if (this.#failure !== undefined) throw this.#failure
    if (this.#waitingBytes > MAX_WAITING_BYTES) {
      throw new UsageError(
        'STORE_BUSY',
        'Did not save a change. The disk takes them more slowly than they come. Wait for earlier writes first.'
      )
    }
    for (const key of [...batch.deletes, ...batch.puts]) requireKey(key)
    if (batch.deletes.length + batch.puts.length === 0 && !batch.isDurable) return
    const bytes = batch.puts.reduce((sum, { value }) => sum + value.length, 0)
    const done = Promise.withResolvers<void>()
    this.#waiting.push({ batch, bytes, done })
    this.#waitingBytes += bytes
    this.#schedule(batch.isDurable || this.#waitingBytes > MAX_MERGED_BYTES)
    return done.promise
  }

  /** Batches of one tick go together; loose ones wait a little longer. */
  #schedule(isUrgent: boolean): void {
    if (this.#writer !== undefined) return
    if (!isUrgent) {
      this.#timer ??= setTimeout(() => this.#start(), LOOSE_WAIT_MS)
      return
    }
    this.#start()
  }

  #start(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#writer ??= Promise.resolve().then(() => this.#writeAll())
  }

  async read(key: RowKey): Promise<Uint8Array | undefined> {
    this.#requireOpen()
    const levelKey = this.#keyOf(key)
    try {
      const sealed = await this.#database.get(levelKey)
      return sealed === undefined ? undefined : this.#openRow(key.room, levelKey, sealed).value
    } catch (error) {
      throw isCorruption(error) ? damaged(`Room "${key.room}" of the store`, error) : error
    }
  }

  async *rows(room: string, range: RowRange = {}): AsyncGenerator<Row> {
    this.#requireOpen()
    const { from = 0, to = MAX_ORDER, isReverse = false, limit = -1 } = range
    const roomHash = this.#roomHash(room)
    const iterator = this.#database.iterator({
      gte: joinBytes(roomHash, u64(requireOrder(from))),
      lt: joinBytes(roomHash, u64(requireOrder(to) + 1)),
      reverse: isReverse,
      limit
    })
    try {
      for await (const [key, value] of iterator) yield this.#openRow(room, key, value)
    } catch (error) {
      throw isCorruption(error) ? damaged(`Room "${room}" of the store`, error) : error
    }
  }

  async close(): Promise<void> {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#start()
    await this.#writer
    await this.#database.close()
    this.#nameKey.destroy()
    this.#valueKey.destroy()
    this.#roomHashes.clear()
  }

  async #writeAll(): Promise<void> {
    while (this.#waiting.length > 0) {
      const merged = this.#takeMerged()
      try {
        if (this.#failure !== undefined) throw this.#failure
        await this.#database.batch(this.#sealMerged(merged), { sync: merged.some(({ batch }) => batch.isDurable) })
        for (const { done } of merged) done.resolve()
      } catch (cause) {
        this.#failure ??= failed(cause)
        for (const { done } of merged) done.reject(this.#failure)
      }
    }
    this.#writer = undefined
  }

  /** One operation for each row: the last word on it. */
  #sealMerged(merged: readonly Waiting[]): Operation[] {
    const last = new Map<string, { readonly key: RowKey; readonly row: Row | undefined }>()
    const nameOf = ({ room, entry, order = 0 }: RowKey): string => `${room}\u0000${entry}\u0000${order}`
    for (const { batch } of merged) {
      for (const key of batch.deletes) last.set(nameOf(key), { key, row: undefined })
      for (const row of batch.puts) last.set(nameOf(row), { key: row, row })
    }
    return [...last.values()].map(({ key, row }) =>
      row === undefined ? { type: 'del', key: this.#keyOf(key) } : this.#sealRow(row)
    )
  }

  #takeMerged(): Waiting[] {
    let bytes = 0
    let count = 0
    for (const waiting of this.#waiting) {
      if (count > 0 && bytes + waiting.bytes > MAX_MERGED_BYTES) break
      bytes += waiting.bytes
      count++
    }
    this.#waitingBytes -= bytes
    return this.#waiting.splice(0, count)
  }

  #requireOpen(): void {
    if (this.#isClosed) throw new UsageError('STORE_CLOSED', 'The store is closed. Open it again first.')
  }

  #keyOf({ room, entry, order = 0 }: RowKey): Uint8Array {
    requireName(room)
    requireName(entry)
    const roomHash = this.#roomHash(room)
    const entryHash = hmacSha256(this.#nameKey.expose(), Uint8Array.of(1), roomHash, utf8(entry)).subarray(
      0,
      HASH_BYTES
    )
    return joinBytes(roomHash, u64(requireOrder(order)), entryHash)
  }

  #roomHash(room: string): Uint8Array {
    const known = this.#roomHashes.get(room)
    if (known !== undefined) return known
    requireName(room)
    if (this.#roomHashes.size >= MAX_CACHED_ROOMS) this.#roomHashes.clear()
    const hash = hmacSha256(this.#nameKey.expose(), Uint8Array.of(0), utf8(room)).slice(0, HASH_BYTES)
    this.#roomHashes.set(room, hash)
    return hash
  }

  #sealRow(row: Row): Operation {
    const key = this.#keyOf(row)
    const room = utf8(row.room)
    const entry = utf8(row.entry)
    const plaintext = joinBytes(u32(room.length), room, u32(entry.length), entry, row.value)
    return {
      type: 'put',
      key,
      value: sealAtRest(this.#valueKey.expose(), this.#contextOf(key), plaintext, randomBytes(32))
    }
  }

  #openRow(room: string, key: Uint8Array, sealed: Uint8Array): Row {
    const plaintext = openAtRest(this.#valueKey.expose(), this.#contextOf(key), sealed)
    if (plaintext === undefined) throw damaged(`Room "${room}" of the store`)
    const entryOffset = 4 + readU32(plaintext, 0)
    const valueOffset = entryOffset + 4 + readU32(plaintext, entryOffset)
    const entry = readUtf8(plaintext.subarray(entryOffset + 4, valueOffset))
    const isOurs = readUtf8(plaintext.subarray(4, entryOffset)) === room
    if (entry === undefined || !isOurs) throw damaged(`Room "${room}" of the store`)
    return { room, entry, order: readU64(key, HASH_BYTES), value: copyBytes(plaintext.subarray(valueOffset)) }
  }

  /** Binds a value to this store, its place and its form: values cannot be exchanged on the disk. */
  #contextOf(key: Uint8Array): Uint8Array {
    return joinBytes(u32(SCHEMA_VERSION), this.#storeId, key)
  }
}

/**
 * A store that forgets everything when the process ends, with the semantics of the real one; for tests.
 *
 * @returns a store whose writes take effect at once.
 */
export function openMemoryStore(): Store {
  const table = new Map<string, Row & { readonly order: number; readonly hash: Uint8Array }>()
  let isClosed = false
  const nameOf = ({ room, entry, order = 0 }: RowKey): string => {
    if (isClosed) throw new UsageError('STORE_CLOSED', 'The store is closed. Open it again first.')
    return JSON.stringify([requireName(room), requireOrder(order), requireName(entry)])
  }
  return {
    async write({ puts, deletes }) {
      for (const key of [...puts, ...deletes]) nameOf(key)
      for (const key of deletes) table.delete(nameOf(key))
      for (const row of puts) {
        const hash = createHash('sha256').update(row.entry).digest()
        table.set(nameOf(row), { ...row, order: row.order ?? 0, value: copyBytes(row.value), hash })
      }
    },
    read: async (key) => copied(table.get(nameOf(key))?.value),
    async *rows(room, { from = 0, to = MAX_ORDER, isReverse = false, limit = Number.POSITIVE_INFINITY } = {}) {
      nameOf({ room, entry: '', order: from })
      const found = [...table.values()].filter(
        (row) => row.room === room && row.order >= from && row.order <= requireOrder(to)
      )
      found.sort((a, b) => (isReverse ? -1 : 1) * (a.order - b.order || compareBytes(a.hash, b.hash)))
      for (const { hash: _, ...row } of found.slice(0, limit)) yield { ...row, value: copyBytes(row.value) }
    },
    async close() {
      isClosed = true
    }
  }
}

const copied = (bytes: Uint8Array | undefined): Uint8Array | undefined => bytes && copyBytes(bytes)

const subkey = (storeKey: Secret, purpose: string): Secret =>
  new Secret(hkdfExpand(storeKey.expose(), utf8(purpose), 32))

/** Ill-formed text would become the same bytes as other text. */
function requireKey({ room, entry, order = 0 }: RowKey): void {
  requireName(room)
  requireName(entry)
  requireOrder(order)
}

function requireName(name: string): string {
  if (!name.isWellFormed()) throw new UsageError('BAD_KEY', 'a room or entry name is not well-formed text')
  return name
}

function requireOrder(order: number): number {
  if (!Number.isSafeInteger(order) || order < 0)
    throw new UsageError('BAD_KEY', 'an order is a whole number from 0 to 2^53 - 1')
  return order
}

const isCorruption = (error: unknown): boolean => hasCode(error, 'LEVEL_CORRUPTION', 'LEVEL_IO_ERROR')

const failed = (cause: unknown): UsageError =>
  new UsageError(
    'STORE_FAILED',
    'Could not save a change, so nothing more will be saved. The disk may be full or broken. Make room on it and start again.',
    { cause }
  )

const damaged = (what: string, cause?: unknown): UsageError =>
  new UsageError(
    'DAMAGED_STORE',
    `${what} is damaged. What was written there cannot be read back, by a fault of the disk or a change from outside. ` +
      'Look after the disk, then put the home back from a backup.',
    { cause }
  )

const view = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
const readU32 = (bytes: Uint8Array, offset: number): number => view(bytes).getUint32(offset)
const readU64 = (bytes: Uint8Array, offset: number): number => Number(view(bytes).getBigUint64(offset))

// ---------------------------------------------------------------------------------------------------------------------
// LevelDB's files, checked before LevelDB sees them. LevelDB 1.20 as classic-level builds it verifies no checksum of a
// table, skips damaged records of its log without an error, and takes a damaged length at the end of a log for a torn
// write. Each of these would be a silently missing row. What is live is what the manifest says; leftovers of a crash are
// not looked at, and a record that the end of the process tore off is not damage.
// See leveldb doc/log_format.md and doc/table_format.md.

const LOG_BLOCK_BYTES = 32 * 1024
const LOG_HEADER_BYTES = 7
const TABLE_FOOTER_BYTES = 48
const TABLE_MAGIC = '57fb808b247547db'
const BLOCK_TRAILER_BYTES = 5
/** Rows end in ciphertext or a keyed hash, so this many zeros were never written (a power cut leaves such ends). */
const UNWRITTEN_BYTES = 8

async function checkFiles(folder: string): Promise<void> {
  let name = 'CURRENT'
  try {
    name = (await readFile(join(folder, name), 'utf8')).trimEnd()
    if (!/^MANIFEST-\d+$/.test(name)) throw new RangeError('CURRENT names no manifest')
    const { tables, firstLog, previousLog } = liveFiles(logRecords(await readFile(join(folder, name))))
    for (const number of tables) {
      name = await fileOf(folder, number, 'ldb', 'sst')
      checkTable(await readFile(join(folder, name)))
    }
    const logs = (await readdir(folder)).filter((file) => file.endsWith('.log'))
    name = await fileOf(folder, firstLog, 'log')
    for (name of logs) {
      const number = Number.parseInt(name, 10)
      if (number >= firstLog || number === previousLog) logRecords(await readFile(join(folder, name)))
    }
  } catch (cause) {
    if (!(cause instanceof RangeError) && !hasCode(cause, 'ENOENT')) throw cause
    throw damaged(`The file ${join(folder, name)} of the store`, cause)
  }
}

async function fileOf(folder: string, number: number, ...endings: readonly string[]): Promise<string> {
  const names = endings.map((ending) => `${String(number).padStart(6, '0')}.${ending}`)
  const found = (await readdir(folder)).find((name) => names.includes(name))
  if (found === undefined) throw new RangeError(`${names[0]} is missing`)
  return found
}

/** @throws {RangeError} when a record is damaged, unless it is the torn end of the file. */
function logRecords(file: Uint8Array): Uint8Array[] {
  const records: Uint8Array[] = []
  let fragments: Uint8Array[] = []
  let offset = 0
  while (file.length - offset >= LOG_HEADER_BYTES) {
    const blockLeft = LOG_BLOCK_BYTES - (offset % LOG_BLOCK_BYTES)
    if (blockLeft < LOG_HEADER_BYTES) {
      offset += blockLeft
      continue
    }
    const length = file[offset + 4]! | (file[offset + 5]! << 8)
    const type = file[offset + 6]!
    const end = offset + LOG_HEADER_BYTES + length
    const isWhole = LOG_HEADER_BYTES + length <= blockLeft && end <= file.length
    if (!isWhole || unmasked(file, offset) !== crc32c(file, offset + 6, end)) {
      if (isTorn(file, offset, end, isWhole || LOG_HEADER_BYTES + length > blockLeft)) break
      throw new RangeError(`the record at ${offset} is damaged`)
    }
    // Types: 1 whole, 2 first, 3 middle, 4 last.
    if (type === 1 || type === 2) fragments = []
    fragments.push(file.subarray(offset + LOG_HEADER_BYTES, end))
    if (type === 1 || type === 4) records.push(joinBytes(...fragments))
    offset = end
  }
  return records
}

/**
 * Whether the process or the machine died while writing the record at `offset`: the file ends within it, and no shorter
 * length would make it whole (that would be a damaged length); or the file ends in bytes that never reached the disk.
 */
function isTorn(file: Uint8Array, offset: number, end: number, isLengthWithin: boolean): boolean {
  const unwritten = file.subarray(Math.max(offset + LOG_HEADER_BYTES, Math.min(end, file.length) - UNWRITTEN_BYTES))
  if (unwritten.length >= UNWRITTEN_BYTES && unwritten.every((byte) => byte === 0)) return true
  if (isLengthWithin) return false
  const wanted = unmasked(file, offset)
  let crc = 0xffffffff
  for (let i = offset + 6; i < file.length; i++) {
    crc = CRC_TABLE[(crc ^ file[i]!) & 0xff]! ^ (crc >>> 8)
    const nextType = file[i + LOG_HEADER_BYTES]
    if ((crc ^ 0xffffffff) >>> 0 === wanted && (nextType === undefined || (nextType >= 1 && nextType <= 4)))
      return false
  }
  return true
}

interface LiveFiles {
  readonly tables: ReadonlySet<number>
  readonly firstLog: number
  readonly previousLog: number
}

/** What the edits of a manifest add up to. */
function liveFiles(edits: readonly Uint8Array[]): LiveFiles {
  const tables = new Set<number>()
  let firstLog = 0
  let previousLog = 0
  for (const edit of edits) {
    const reader = new VarintReader(edit)
    while (!reader.isAtEnd) {
      const tag = reader.varint()
      if (tag === 1) reader.skip()
      else if (tag === 2) firstLog = reader.varint()
      else if (tag === 3 || tag === 4) reader.varint()
      else if (tag === 5) reader.level().skip()
      else if (tag === 6) tables.delete(reader.level().varint())
      else if (tag === 7) {
        tables.add(reader.level().varint())
        reader.varint()
        reader.skip().skip()
      } else if (tag === 9) previousLog = reader.varint()
      else throw new RangeError(`the manifest has an unknown field ${tag}`)
    }
  }
  return { tables, firstLog, previousLog }
}

class VarintReader {
  readonly #bytes: Uint8Array
  offset: number

  constructor(bytes: Uint8Array, offset = 0) {
    this.#bytes = bytes
    this.offset = offset
  }

  get isAtEnd(): boolean {
    return this.offset >= this.#bytes.length
  }

  varint(): number {
    let value = 0
    for (let factor = 1; factor < 2 ** 53; factor *= 128) {
      const byte = this.#bytes[this.offset++]
      if (byte === undefined) break
      value += (byte & 0x7f) * factor
      if (byte < 0x80) return value
    }
    throw new RangeError('a number is cut short')
  }

  level(): this {
    this.varint()
    return this
  }

  skip(): this {
    const length = this.varint()
    this.offset += length
    return this
  }
}

/** @throws {RangeError} when a block of the table is damaged. */
function checkTable(file: Uint8Array): void {
  const footer = file.subarray(-TABLE_FOOTER_BYTES)
  if (Buffer.from(footer.subarray(-8)).toString('hex') !== TABLE_MAGIC) throw new RangeError('a table has no end')
  const handles = new VarintReader(footer)
  const metaBlock = checkBlock(file, handles)
  const indexBlock = checkBlock(file, handles)
  for (const block of [metaBlock, indexBlock]) {
    const restarts = view(block).getUint32(block.length - 4, true)
    const reader = new VarintReader(block)
    while (reader.offset < block.length - 4 - 4 * restarts) {
      reader.varint()
      const keyBytes = reader.varint()
      const valueBytes = reader.varint()
      reader.offset += keyBytes
      checkBlock(file, new VarintReader(block, reader.offset))
      reader.offset += valueBytes
    }
  }
}

function checkBlock(file: Uint8Array, handle: VarintReader): Uint8Array {
  const offset = handle.varint()
  const end = offset + handle.varint()
  if (end + BLOCK_TRAILER_BYTES > file.length - TABLE_FOOTER_BYTES)
    throw new RangeError('a block lies outside its table')
  // The type before the checksum is 0: we write without compression.
  if (file[end] !== 0 || unmasked(file, end + 1) !== crc32c(file, offset, end + 1)) {
    throw new RangeError(`the block at ${offset} is damaged`)
  }
  return file.subarray(offset, end)
}

/** A checksum as LevelDB stores it, turned back. */
function unmasked(bytes: Uint8Array, offset: number): number {
  const rotated = (view(bytes).getUint32(offset, true) - 0xa282ead8) >>> 0
  return ((rotated >>> 17) | (rotated << 15)) >>> 0
}

const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte
  for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0x82f63b78 : 0)
  return crc
})

/** CRC-32C (RFC 3720 §12.1) of the bytes from `start` up to `end`. */
function crc32c(bytes: Uint8Array, start: number, end: number): number {
  let crc = 0xffffffff
  for (let i = start; i < end; i++) crc = CRC_TABLE[(crc ^ bytes[i]!) & 0xff]! ^ (crc >>> 8)
  return (crc ^ 0xffffffff) >>> 0
}
