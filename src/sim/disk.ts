/**
 * A node's durable store. A batch is whole or absent. A durable batch makes every earlier one durable too, as one log
 * file does; batches written since then are what a power cut can take.
 */
import { copyBytes } from '../base/bytes.ts'
import type { Effect, Row, RowKey } from '../core/machine.ts'
import type { Random } from './random.ts'

type Persist = Extract<Effect, { type: 'persist' }>

/**
 * What a crash takes: `nothing` when only the process died, `tail` the newest unsynced batches, `some` any of them in any
 * order, `unsynced` all of them.
 */
export type Loss = 'nothing' | 'tail' | 'some' | 'unsynced'

/** All rows at one moment; opaque to everybody else. */
export type DiskCopy = ReadonlyMap<string, Row>

interface Batch {
  readonly at: number
  readonly puts: readonly Row[]
  readonly deletes: readonly RowKey[]
}

/** Rows, durable and not yet durable. */
export class Disk {
  #durable = new Map<string, Row>()
  #current = new Map<string, Row>()
  #unsynced: Batch[] = []

  /** Performs a `persist`. Values are copied: what the machine does to its arrays later is not on disk. */
  write(persist: Persist, at: number): void {
    const batch: Batch = {
      at,
      puts: persist.puts.map((row) => ({ ...row, value: copyBytes(row.value) })),
      deletes: persist.deletes
    }
    apply(this.#current, batch)
    this.#unsynced.push(batch)
    if (persist.isDurable) this.sync()
  }

  /** Rows of these cohorts are gone for good, whatever becomes of other writes. */
  destroy(cohort: string, before: number): void {
    const isGone = (row: Row): boolean => row.cohort?.name === cohort && row.cohort.since < before
    for (const table of [this.#durable, this.#current])
      for (const [name, row] of table) if (isGone(row)) table.delete(name)
    this.#unsynced = this.#unsynced.map((batch) => ({ ...batch, puts: batch.puts.filter((row) => !isGone(row)) }))
  }

  /** Everything written so far survives from here on. */
  sync(): void {
    for (const batch of this.#unsynced) apply(this.#durable, batch)
    this.#unsynced = []
  }

  /**
   * The process dies.
   *
   * @returns when the oldest batch lost was written, virtual ms; undefined when nothing was lost.
   */
  crash(loss: Loss, random: Random): number | undefined {
    const batches = this.#unsynced
    const keepFirst = loss === 'tail' ? random.between(0, batches.length) : 0
    const isKept = (i: number): boolean =>
      loss === 'nothing' || (loss === 'tail' && i < keepFirst) || (loss === 'some' && random.chance(0.5))
    let lostAt: number | undefined
    for (const [i, batch] of batches.entries()) {
      if (isKept(i)) apply(this.#durable, batch)
      else lostAt ??= batch.at
    }
    this.#unsynced = []
    this.#current = new Map(this.#durable)
    return lostAt
  }

  /** The rows of these rooms, room by room, each ordered by (order, entry). */
  rows(rooms: readonly string[]): Row[] {
    const byRoom = new Map<string, Row[]>(rooms.map((room) => [room, []]))
    for (const row of this.#current.values()) byRoom.get(row.room)?.push({ ...row, value: copyBytes(row.value) })
    return [...byRoom.values()].flatMap((rows) => rows.sort(compareRows))
  }

  /** Every row there is, unordered: for checkers. */
  *all(): Iterable<Row> {
    yield* this.#current.values()
  }

  /** A row as it is now; undefined when there is none. */
  row(key: RowKey): Row | undefined {
    return this.#current.get(rowName(key))
  }

  /** What a power cut would leave, unordered: for checkers. */
  *allDurable(): Iterable<Row> {
    yield* this.#durable.values()
  }

  /** A row as a power cut would leave it; undefined when it would leave none. */
  durableRow(key: RowKey): Row | undefined {
    return this.#durable.get(rowName(key))
  }

  get size(): number {
    return this.#current.size
  }

  copy(): DiskCopy {
    return new Map(this.#current)
  }

  /** An old copy, or another node's, takes the place of what is there. */
  replace(copy: DiskCopy): void {
    this.#durable = new Map(copy)
    this.#current = new Map(copy)
    this.#unsynced = []
  }
}

function apply(rows: Map<string, Row>, batch: Batch): void {
  for (const key of batch.deletes) rows.delete(rowName(key))
  for (const row of batch.puts) rows.set(rowName(row), row)
}

const rowName = (key: RowKey): string => `${key.room}\n${key.order ?? 0}\n${key.entry}`

const compareRows = (a: Row, b: Row): number =>
  (a.order ?? 0) - (b.order ?? 0) || (a.entry < b.entry ? -1 : a.entry > b.entry ? 1 : 0)
