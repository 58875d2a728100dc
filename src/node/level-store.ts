/**
 * The store on the disk: LevelDB, written by one queue.
 *
 * Batches take effect in the order of the calls, several of them in one write, and a durable one is synced before it
 * resolves. A write that failed fails all later ones. The files are checked before LevelDB opens them, and a new store
 * appears under its name only when it is whole.
 */
import { mkdir, readdir, rename, rm } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { ClassicLevel } from 'classic-level'
import { UsageError } from '../base/errors.ts'
import type { Secret } from '../base/secret.ts'
import { checkFiles } from './level-files.ts'
import { homeInUse } from './lock.ts'
import { ensurePrivateFolder, hasCode, requirePrivate, syncFolder } from './private-files.ts'
import { makeSchema, readSchema, SCHEMA_KEY, SealedRows, schemaKeyOf } from './sealed-rows.ts'
import {
  type Batch,
  closedStore,
  damagedStore,
  MAX_ORDER,
  type Row,
  type RowKey,
  type RowRange,
  requireKey,
  type Store
} from './store.ts'

/** Sealed bytes that may wait for the disk, and that go into one LevelDB batch. */
const MAX_WAITING_BYTES = 64 * 1024 * 1024
const MAX_MERGED_BYTES = 4 * 1024 * 1024

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
  const schemaKey = schemaKeyOf(storeKey)
  const names = await readdir(folder).catch((error) => {
    if (hasCode(error, 'ENOENT')) return undefined
    throw error
  })
  if (names === undefined) await makeStore(folder, schemaKey)
  await requirePrivate(folder, 'FOLDER')
  const database = await openDatabase(folder, false)
  try {
    const storeId = readSchema(await database.get(SCHEMA_KEY), schemaKey, folder)
    return new LevelStore(database, new SealedRows(storeId, storeKey))
  } catch (error) {
    await database.close()
    throw isCorruption(error) ? damagedStore(`The store in ${folder}`, error) : error
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
  await database.put(SCHEMA_KEY, makeSchema(schemaKey), { sync: true })
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
    if (hasCode(cause, 'LEVEL_CORRUPTION')) throw damagedStore(`The store in ${folder}`, cause)
    throw failed(cause ?? error)
  }
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
  readonly #sealed: SealedRows
  #waiting: Waiting[] = []
  #waitingBytes = 0
  #writer: Promise<void> | undefined
  #timer: NodeJS.Timeout | undefined
  #failure: UsageError | undefined
  #isClosed = false

  constructor(database: Database, sealed: SealedRows) {
    this.#database = database
    this.#sealed = sealed
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
    const levelKey = this.#sealed.keyOf(key)
    try {
      const sealed = await this.#database.get(levelKey)
      return sealed === undefined ? undefined : this.#sealed.open(key.room, levelKey, sealed).value
    } catch (error) {
      throw isCorruption(error) ? damagedStore(`Room "${key.room}" of the store`, error) : error
    }
  }

  async *rows(room: string, range: RowRange = {}): AsyncGenerator<Row> {
    this.#requireOpen()
    const { from = 0, to = MAX_ORDER, isReverse = false, limit = -1 } = range
    const [gte, lt] = this.#sealed.rangeOf(room, from, to)
    const iterator = this.#database.iterator({
      gte,
      lt,
      reverse: isReverse,
      limit
    })
    try {
      for await (const [key, value] of iterator) yield this.#sealed.open(room, key, value)
    } catch (error) {
      throw isCorruption(error) ? damagedStore(`Room "${room}" of the store`, error) : error
    }
  }

  async close(): Promise<void> {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#start()
    await this.#writer
    await this.#database.close()
    this.#sealed.destroy()
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
    const nameOf = ({ room, entry, order = 0 }: RowKey): string => JSON.stringify([room, order, entry])
    for (const { batch } of merged) {
      for (const key of batch.deletes) last.set(nameOf(key), { key, row: undefined })
      for (const row of batch.puts) last.set(nameOf(row), { key: row, row })
    }
    return [...last.values()].map(({ key, row }) => {
      const levelKey = this.#sealed.keyOf(key)
      return row === undefined
        ? { type: 'del', key: levelKey }
        : { type: 'put', key: levelKey, value: this.#sealed.seal(row, levelKey) }
    })
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
    if (this.#isClosed) throw closedStore()
  }
}

const isCorruption = (error: unknown): boolean => hasCode(error, 'LEVEL_CORRUPTION', 'LEVEL_IO_ERROR')

const failed = (cause: unknown): UsageError =>
  new UsageError(
    'STORE_FAILED',
    'Could not save a change, so nothing more will be saved. The disk may be full or broken. Make room on it and start again.',
    { cause }
  )
