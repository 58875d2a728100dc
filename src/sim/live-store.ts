/** A node's store on a simulated disk, so that a live node loses its power as a simulated one does. */
import type { Batch, RowRange, Store } from '../node/store.ts'
import { closedStore, MAX_ORDER } from '../node/store.ts'
import type { Disk } from './disk.ts'

export class DiskStore implements Store {
  readonly #disk: Disk
  readonly #askedAt: () => number
  readonly #onWritten: () => void
  #isClosed = false

  /** @param askedAt - when what is written now was asked for first. @param onWritten - told of each batch. */
  constructor(disk: Disk, askedAt: () => number, onWritten: () => void) {
    this.#disk = disk
    this.#askedAt = askedAt
    this.#onWritten = onWritten
  }

  /** The process is dead: what it still has under way does not reach the disk. */
  cut(): void {
    this.#isClosed = true
  }

  async write(batch: Batch): Promise<void> {
    this.#requireOpen()
    this.#disk.write({ type: 'persist', ...batch }, this.#askedAt())
    this.#onWritten()
  }

  async read(key: Parameters<Store['read']>[0]): ReturnType<Store['read']> {
    this.#requireOpen()
    return this.#disk.row(key)?.value.slice()
  }

  async *rows(room: string, range: RowRange = {}): ReturnType<Store['rows']> {
    const { from = 0, to = MAX_ORDER, isReverse = false, limit = Number.POSITIVE_INFINITY } = range
    this.#requireOpen()
    const rows = this.#disk.rows([room]).filter(({ order = 0 }) => order >= from && order <= to)
    yield* (isReverse ? rows.reverse() : rows).slice(0, limit)
  }

  async *all(): ReturnType<Store['all']> {
    this.#requireOpen()
    yield* [...this.#disk.all()]
  }

  async destroy(cohort: string, before: number): Promise<void> {
    this.#requireOpen()
    this.#disk.destroy(cohort, before)
  }

  async size(): Promise<number> {
    return 0
  }

  async close(): Promise<void> {
    this.#isClosed = true
  }

  #requireOpen(): void {
    if (this.#isClosed) throw closedStore()
  }
}
