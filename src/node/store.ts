/**
 * What a node keeps: rows in rooms, and what every store of them promises.
 *
 * A row that was acknowledged is there, or an error says that it is not: nothing damaged is skipped. Batches are atomic
 * and keep their order; after one write has failed no later one succeeds, for what was promised might be missing.
 */
import { UsageError } from '../base/errors.ts'
import type { Cohort, Row, RowKey } from '../core/machine.ts'

/** Highest order of a row. */
export const MAX_ORDER = Number.MAX_SAFE_INTEGER

export type { Cohort, Row, RowKey }

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
  /** Every row there is, room by room. @throws {UsageError} `DAMAGED_STORE` */
  all(): AsyncIterable<Row>
  /**
   * Destroys all rows of cohorts that began before a time: once it resolves, nothing that is left on the disk opens with the
   * store key. They are not read any more, and what is written into one of them later is dropped.
   *
   * @param before - s since 1970.
   * @throws {UsageError} `STORE_FAILED`
   */
  destroy(cohort: string, before: number): Promise<void>
  /** Bytes on the disk. */
  size(): Promise<number>
  /** Finishes the waiting writes and forgets the keys. */
  close(): Promise<void>
}

/** @throws {UsageError} `BAD_KEY`: ill-formed text would become the same bytes as other text. */
export function requireKey({ room, entry, order = 0 }: RowKey): void {
  requireName(room)
  requireName(entry)
  requireOrder(order)
}

/** @throws {UsageError} `BAD_KEY` */
export function requireName(name: string): string {
  if (!name.isWellFormed()) throw new UsageError('BAD_KEY', 'a room or entry name is not well-formed text')
  return name
}

/** @throws {UsageError} `BAD_KEY` */
export function requireOrder(order: number): number {
  if (!Number.isSafeInteger(order) || order < 0)
    throw new UsageError('BAD_KEY', 'an order is a whole number from 0 to 2^53 - 1')
  return order
}

/** What cannot be read back. @param what - begins the sentence. */
export const damagedStore = (what: string, cause?: unknown): UsageError =>
  new UsageError(
    'DAMAGED_STORE',
    `${what} is damaged. What was written there cannot be read back, by a fault of the disk or a change from outside. ` +
      'Look after the disk, then put the home back from a backup.',
    { cause }
  )

/** What comes after `close`. */
export const closedStore = (): UsageError => new UsageError('STORE_CLOSED', 'The store is closed. Open it again first.')
