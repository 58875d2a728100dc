/**
 * Order on the disk: persists of one turn become one batch, and batches are written in their order.
 *
 * A later change of a row replaces an earlier one, so deletes and puts of a batch never name the same row, and the store
 * may apply them in any order. What is on its way to the disk is bounded: beyond that the next event waits.
 */
import type { Row, RowKey } from '../core/machine.ts'
import type { World } from './world.ts'

/** Bytes on their way to the disk before the next event waits for them. */
const MAX_WRITING_BYTES = 8 * 1024 * 1024

/** Gathers and writes. */
export class WriteBehind {
  readonly #write: World['write']
  readonly #failed: (cause: unknown) => void
  #puts = new Map<string, Row>()
  #deletes = new Map<string, RowKey>()
  #gatheredBytes = 0
  #writingBytes = 0
  #latest: Promise<void> = Promise.resolve()

  constructor(write: World['write'], failed: (cause: unknown) => void) {
    this.#write = write
    this.#failed = failed
  }

  /** Within one persist, as in the store: deletes first. */
  add(puts: readonly Row[], deletes: readonly RowKey[]): void {
    for (const key of deletes) {
      const name = rowName(key)
      this.#puts.delete(name)
      this.#deletes.set(name, key)
    }
    for (const row of puts) {
      const name = rowName(row)
      this.#deletes.delete(name)
      this.#puts.set(name, row)
      this.#gatheredBytes += row.value.length
    }
  }

  /**
   * Writes what is gathered.
   *
   * @returns what must be waited for: the write when it is durable or too much is under way, else nothing.
   */
  flush(isDurable: boolean): Promise<void> | undefined {
    if (!isDurable && this.#puts.size === 0 && this.#deletes.size === 0) return undefined
    const batch = { puts: [...this.#puts.values()], deletes: [...this.#deletes.values()], isDurable }
    const bytes = this.#gatheredBytes
    this.#puts = new Map()
    this.#deletes = new Map()
    this.#gatheredBytes = 0
    this.#writingBytes += bytes
    const written = this.#write(batch).then(
      () => {
        this.#writingBytes -= bytes
      },
      (cause) => {
        this.#failed(cause)
        throw cause
      }
    )
    this.#latest = written.catch(() => {})
    return isDurable || this.#writingBytes > MAX_WRITING_BYTES ? written : undefined
  }

  /** For tests and the simulator: what is gathered is never written. */
  unsafeForget(): void {
    this.#puts.clear()
    this.#deletes.clear()
  }

  /** When the latest write is done, well or badly. */
  settled(): Promise<void> {
    return this.#latest
  }
}

const rowName = ({ room, entry, order = 0 }: RowKey): string => JSON.stringify([room, order, entry])
