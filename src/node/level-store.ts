/**
 * The store on the disk: LevelDB, written by one queue, with the keys of cohorts and the high-water mark beside it.
 *
 * Batches take effect in the order of the calls, several of them in one write, and a durable one is synced before it
 * resolves. A write that failed fails all later ones. After a power cut the store is what it was after one of the writes:
 * the last durable one, or a later one.
 */
import { mkdir, readdir, stat } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { ClassicLevel } from 'classic-level'
import { joinBytes } from '../base/bytes.ts'
import { UsageError } from '../base/errors.ts'
import type { Secret } from '../base/secret.ts'
import { CohortKeys, type HiddenCohort } from './cohort-keys.ts'
import { HighWater } from './high-water.ts'
import { checkFiles } from './level-files.ts'
import { homeInUse } from './lock.ts'
import { hasCode, syncFolder } from './private-files.ts'
import {
  isRowKey,
  makeSchema,
  makeSequence,
  readSchema,
  readSequence,
  SCHEMA_KEY,
  type Schema,
  SEQUENCE_KEY,
  SealedRows,
  schemaKeyOf
} from './sealed-rows.ts'
import {
  type Batch,
  closedStore,
  damagedStore,
  MAX_ORDER,
  type Row,
  type RowKey,
  type RowRange,
  requireKey,
  requireName,
  requireOrder,
  type Store
} from './store.ts'

/** Sealed bytes that may wait for the disk, and that go into one LevelDB batch. */
const MAX_WAITING_BYTES = 64 * 1024 * 1024
const MAX_MERGED_BYTES = 4 * 1024 * 1024
/** What LevelDB buffers in memory before it begins a new log and moves the buffer to a table. */
export const BUFFER_BYTES = 4 * 1024 * 1024
/** At most this is what an operation takes of the buffer: its bytes, a quarter for the arena, and its node. */
const BUFFERED = { factor: 1.25, perOperation: 128 } as const
/** Rows that are looked at for dead ones in one turn, and how many dead ones are worth a compaction. */
const SWEPT_ROWS = 1024
const COMPACTED_ROWS = 1024

export type Database = ClassicLevel<Uint8Array, Uint8Array>
type Operation =
  | { readonly type: 'put'; readonly key: Uint8Array; readonly value: Uint8Array }
  | { readonly type: 'del'; readonly key: Uint8Array }

const DATABASE_OPTIONS = { keyEncoding: 'view', valueEncoding: 'view', compression: false } as const

/** The database of a folder. */
export interface OpenedDatabase {
  readonly database: Database
  readonly schema: Schema
}

/**
 * Opens the database of a folder and reads what its schema says. Every file is checked first, because LevelDB silently
 * skips what it finds damaged: some milliseconds per megabyte.
 *
 * @throws {UsageError} `DAMAGED_STORE` (also for a key of another vault), `SCHEMA_TOO_NEW`, `HOME_IN_USE`, `STORE_FAILED`.
 */
export async function openDatabase(folder: string, schemaKey: Secret, bufferBytes: number): Promise<OpenedDatabase> {
  await checkFiles(folder)
  const database = await openFiles(folder, false, bufferBytes)
  try {
    return { database, schema: readSchema(await database.get(SCHEMA_KEY), schemaKey, folder) }
  } catch (error) {
    await database.close()
    throw isCorruption(error) ? damagedStore(`The store in ${folder}`, error) : error
  }
}

/** Makes an empty store in a new folder; on the disk when it resolves, but for the folder's own name. */
export async function makeStore(folder: string, storeKey: Secret): Promise<void> {
  await mkdir(folder, { mode: 0o700 })
  const schemaKey = schemaKeyOf(storeKey)
  try {
    const database = await openFiles(folder, true, BUFFER_BYTES)
    const puts = [
      { type: 'put', key: SCHEMA_KEY, value: makeSchema(schemaKey) },
      { type: 'put', key: SEQUENCE_KEY, value: makeSequence(schemaKey, 0) }
    ] as const
    await database.batch([...puts], { sync: true }).finally(() => database.close())
    const cohorts = await CohortKeys.create(folder, storeKey)
    cohorts.close()
    await HighWater.create(folder, schemaKey, 0)
  } catch (cause) {
    throw cause instanceof UsageError ? cause : failed(cause)
  } finally {
    schemaKey.destroy()
  }
}

async function openFiles(folder: string, isNew: boolean, writeBufferSize: number): Promise<Database> {
  const database: Database = new ClassicLevel(folder, { ...DATABASE_OPTIONS, writeBufferSize })
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

interface Write {
  readonly batch: Batch
  readonly bytes: number
  readonly done: PromiseWithResolvers<void>
}

/** Anything else that has its turn among the writes. */
interface Task {
  run(): Promise<void>
  readonly done: PromiseWithResolvers<void>
}

type Waiting = Write | Task

/**
 * How long loose writes wait for company. A row that changes with every message is then sealed and written once for
 * many messages. A durable write waits for nothing and takes along what waits.
 */
const LOOSE_WAIT_MS = 20

/** What a store is made of. */
interface Parts {
  readonly folder: string
  readonly database: Database
  readonly bufferBytes: number
  readonly schemaKey: Secret
  readonly sealed: SealedRows
  readonly cohorts: CohortKeys
  readonly sequence: number
}

/** The rows of one database. */
export class LevelStore implements Store {
  readonly #parts: Parts
  readonly #mark: HighWater
  #waiting: Waiting[] = []
  #waitingBytes = 0
  #writer: Promise<void> | undefined
  #timer: NodeJS.Timeout | undefined
  #failure: UsageError | undefined
  #isClosed = false
  /** Number of the newest write. */
  #sequence: number
  /** What LevelDB's buffer holds at most, and the number of the newest log. */
  #buffered = 0
  #log: number

  private constructor(parts: Parts, mark: (failed: (cause: unknown) => void) => HighWater, log: number) {
    this.#parts = parts
    this.#sequence = parts.sequence
    this.#log = log
    this.#mark = mark((cause) => {
      this.#failure ??= failed(cause)
    })
  }

  /**
   * The store of an opened database of the newest schema version.
   *
   * @param storeKey - 32 bytes; not kept, keys derived from it are.
   * @throws {UsageError} `DAMAGED_STORE`, also when the newest writes are missing. The database is closed then.
   */
  static async open(
    folder: string,
    { database, schema }: OpenedDatabase,
    storeKey: Secret,
    bufferBytes = BUFFER_BYTES
  ): Promise<LevelStore> {
    const schemaKey = schemaKeyOf(storeKey)
    try {
      const cohorts = await CohortKeys.open(folder, storeKey)
      const sequence = readSequence(await database.get(SEQUENCE_KEY), schemaKey)
      const mark = await HighWater.open(folder, schemaKey, sequence)
      // LevelDB has made a new log, and names no folder durable but when it changes its list of files.
      await syncFolder(folder)
      const sealed = new SealedRows(schema, storeKey, cohorts)
      const parts = { folder, database, bufferBytes, schemaKey, sealed, cohorts, sequence: sequence ?? 0 }
      return new LevelStore(parts, mark, await newestLog(folder))
    } catch (error) {
      schemaKey.destroy()
      await database.close()
      throw isCorruption(error) ? damagedStore(`The store in ${folder}`, error) : error
    }
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

  async destroy(cohort: string, before: number): Promise<void> {
    this.#requireOpen()
    requireName(cohort)
    requireOrder(before)
    const { sealed, cohorts } = this.#parts
    let isAny = false
    await this.#inTurn(async () => {
      isAny = await cohorts.destroy(sealed.cohortOf(cohort), before)
    })
    // The rows of a cohort are in the room of its name; others are deleted by who wrote them.
    if (isAny) void this.#sweep(...sealed.rangeOf(cohort, 0, MAX_ORDER))
  }

  /** Clears away what lies dead in a range, some at a time, so that nobody waits for long. A start forgets it. */
  async #sweep(from: Uint8Array, below: Uint8Array): Promise<void> {
    const { database, sealed } = this.#parts
    let dead = 0
    let next: Uint8Array | undefined = from
    while (next !== undefined && !this.#isClosed && this.#failure === undefined) {
      const gte: Uint8Array = next
      await this.#inTurn(async () => {
        const found = await database.iterator({ gte, lt: below, limit: SWEPT_ROWS }).all()
        const operations = found
          .filter(([, value]) => sealed.isDestroyed(value))
          .map(([key]): Operation => ({ type: 'del', key }))
        if (operations.length > 0) await this.#commit(operations, false)
        dead += operations.length
        next = found.length < SWEPT_ROWS ? undefined : joinBytes(found.at(-1)![0], Uint8Array.of(0))
      }).catch(() => {})
    }
    if (dead >= COMPACTED_ROWS && !this.#isClosed)
      await this.#inTurn(() => database.compactRange(from, below)).catch(() => {})
  }

  #inTurn(run: () => Promise<void>): Promise<void> {
    const done = Promise.withResolvers<void>()
    this.#waiting.push({ run, done })
    this.#schedule(true)
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
    const { database, sealed } = this.#parts
    const levelKey = sealed.keyOf(key)
    try {
      const value = await database.get(levelKey)
      return value === undefined ? undefined : sealed.open(key.room, levelKey, value)?.value
    } catch (error) {
      throw isCorruption(error) ? damagedStore(`Room "${key.room}" of the store`, error) : error
    }
  }

  async *rows(room: string, range: RowRange = {}): AsyncGenerator<Row> {
    this.#requireOpen()
    const { from = 0, to = MAX_ORDER, isReverse = false, limit = Number.POSITIVE_INFINITY } = range
    const { database, sealed } = this.#parts
    const [gte, lt] = sealed.rangeOf(room, from, to)
    let left = limit
    if (left <= 0) return
    try {
      for await (const [key, value] of database.iterator({ gte, lt, reverse: isReverse })) {
        const row = sealed.open(room, key, value)
        if (row === undefined) continue
        yield row
        if (--left <= 0) return
      }
    } catch (error) {
      throw isCorruption(error) ? damagedStore(`Room "${room}" of the store`, error) : error
    }
  }

  async *all(): AsyncGenerator<Row> {
    this.#requireOpen()
    yield* rowsOf(this.#parts.database, this.#parts.sealed)
  }

  async size(): Promise<number> {
    this.#requireOpen()
    return await sizeOf(this.#parts.folder)
  }

  async close(): Promise<void> {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#start()
    await this.#writer
    await this.#mark.close()
    const { database, sealed, cohorts, schemaKey } = this.#parts
    await database.close()
    for (const one of [sealed, schemaKey]) one.destroy()
    cohorts.close()
  }

  async #writeAll(): Promise<void> {
    for (let next = this.#waiting[0]; next !== undefined; next = this.#waiting[0]) {
      const tasks = 'batch' in next ? this.#takeMerged() : this.#waiting.splice(0, 1)
      try {
        if (this.#failure !== undefined) throw this.#failure
        await ('batch' in next ? this.#writeMerged(tasks as Write[]) : next.run())
        for (const { done } of tasks) done.resolve()
      } catch (cause) {
        this.#failure ??= failed(cause)
        for (const { done } of tasks) done.reject(this.#failure)
      }
    }
    this.#writer = undefined
  }

  /** One operation for each row: the last word on it. */
  async #writeMerged(merged: readonly Write[]): Promise<void> {
    const { sealed, cohorts } = this.#parts
    const last = new Map<string, { readonly key: RowKey; readonly row: Row | undefined }>()
    const nameOf = ({ room, entry, order = 0 }: RowKey): string => JSON.stringify([room, order, entry])
    for (const { batch } of merged) {
      for (const key of batch.deletes) last.set(nameOf(key), { key, row: undefined })
      for (const row of batch.puts) last.set(nameOf(row), { key: row, row })
    }
    const needed = new Map<string, HiddenCohort>()
    for (const { row } of last.values()) {
      if (row?.cohort === undefined) continue
      const { name, since } = row.cohort
      needed.set(`${since} ${name}`, { name: sealed.cohortOf(name), since })
    }
    await cohorts.make([...needed.values()])
    const operations = [...last.values()].map(({ key, row }): Operation => {
      const levelKey = sealed.keyOf(key)
      const value = row && sealed.seal(row, levelKey)
      return value === undefined ? { type: 'del', key: levelKey } : { type: 'put', key: levelKey, value }
    })
    await this.#commit(
      operations,
      merged.some(({ batch }) => batch.isDurable)
    )
  }

  /**
   * LevelDB begins a new log when its buffer is full, and never syncs the end of the old one. A later synced write would
   * then survive a power cut that takes earlier ones. So whatever may fill the buffer is synced.
   */
  async #commit(operations: readonly Operation[], isDurable: boolean): Promise<void> {
    const { database, schemaKey, folder, bufferBytes } = this.#parts
    const sequence = this.#sequence + 1
    const all: Operation[] = [
      ...operations,
      { type: 'put', key: SEQUENCE_KEY, value: makeSequence(schemaKey, sequence) }
    ]
    const bytes = all.reduce((sum, one) => sum + one.key.length + (one.type === 'put' ? one.value.length : 0), 0)
    const takes = BUFFERED.factor * (bytes + all.length * BUFFERED.perOperation)
    const wasFull = this.#buffered > bufferBytes
    this.#buffered += takes
    const isSynced = isDurable || this.#buffered > bufferBytes
    await database.batch(all, { sync: isSynced })
    this.#sequence = sequence
    if (wasFull) {
      const log = await newestLog(folder)
      if (log !== this.#log) {
        // The name of the new log is not on the disk yet, so nothing in it is.
        await syncFolder(folder)
        this.#log = log
        this.#buffered = takes
      }
    }
    if (isSynced) this.#mark.reach(sequence)
  }

  #takeMerged(): Write[] {
    let bytes = 0
    let count = 0
    for (const waiting of this.#waiting) {
      if (!('batch' in waiting) || (count > 0 && bytes + waiting.bytes > MAX_MERGED_BYTES)) break
      bytes += waiting.bytes
      count++
    }
    this.#waitingBytes -= bytes
    return this.#waiting.splice(0, count) as Write[]
  }

  #requireOpen(): void {
    if (this.#isClosed) throw closedStore()
  }
}

/** Every row of a database that is still to be read. @throws {UsageError} `DAMAGED_STORE` */
export async function* rowsOf(database: Database, sealed: SealedRows): AsyncGenerator<Row> {
  try {
    for await (const [key, value] of database.iterator()) {
      const row = isRowKey(key) ? sealed.open(undefined, key, value) : undefined
      if (row !== undefined) yield row
    }
  } catch (error) {
    throw isCorruption(error) ? damagedStore('The store', error) : error
  }
}

async function newestLog(folder: string): Promise<number> {
  const logs = (await readdir(folder)).filter((name) => name.endsWith('.log'))
  return Math.max(...logs.map((name) => Number.parseInt(name, 10)))
}

/** Bytes of the files in a folder. One that LevelDB has just removed counts nothing. */
async function sizeOf(folder: string): Promise<number> {
  const sizes = (await readdir(folder)).map((name) =>
    stat(join(folder, name)).then(
      ({ size }) => size,
      () => 0
    )
  )
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0)
}

const isCorruption = (error: unknown): boolean => hasCode(error, 'LEVEL_CORRUPTION', 'LEVEL_IO_ERROR')

const failed = (cause: unknown): UsageError =>
  new UsageError(
    'STORE_FAILED',
    'Could not save a change, so nothing more will be saved. The disk may be full or broken. Make room on it and start again.',
    { cause }
  )
