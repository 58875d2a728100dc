/**
 * What a manager keeps of epochs that are over, so that newcomers can read what the history policy lets them.
 *
 * Under `none` nothing is ever kept: forward secrecy. Otherwise the reading secret of each epoch is kept, in the same durable
 * batch as the epoch, as long as messages are to be kept; and with it which admits were first seen there, so that
 * `since-join` starts nobody too early. Everything is wiped when the policy, the office or the membership ends.
 */
import { equalBytes, hex, mapKey } from '../../base/bytes.ts'
import { SECOND_MS } from '../../base/time.ts'
import { HistoryPolicy, type KeyId, Operation } from '../../wire/messages.ts'
import { ArchiveRow } from '../../wire/rows.ts'
import type { Context, EpochKeeper, KeptEpoch } from '../channel/context.ts'
import { isManagerOf } from '../channel/descriptor.ts'
import type { ReadableEpoch } from '../channel/earlier-epochs.ts'
import { keyIdKey } from '../channel/frame.ts'
import { isHigher } from '../channel/key-schedule.ts'
import type { CheckedStatement } from '../channel/statement.ts'
import type { Row, RowKey } from '../machine.ts'
import { stateKey, stateRow } from '../out.ts'
import { ARCHIVED_EPOCHS } from '../params.ts'

interface Archived {
  readonly key: KeyId
  readonly announcement: Uint8Array
  readonly reading: Uint8Array
  /** ms since 1970 */
  readonly beganAt: number
  /** Admit ids first seen in this epoch, or in one before it that is not kept any more. */
  admits: Uint8Array[]
}

export class Archive implements EpochKeeper {
  readonly #context: Context
  /** In order of their key ids. */
  #epochs: Archived[] = []
  /** By admit id: the epoch it was first seen in. */
  readonly #seenIn = new Map<string, Archived>()

  constructor(context: Context) {
    this.#context = context
  }

  get #isKeeping(): boolean {
    const { charter, user } = this.#context
    return charter.descriptor.history !== HistoryPolicy.NONE && isManagerOf(charter.descriptor, user)
  }

  unsafeSecrets(): { readonly name: string; readonly bytes: Uint8Array }[] {
    return this.#epochs.map(({ key, reading }) => ({ name: `reading//${keyIdKey(key)}`, bytes: reading }))
  }

  unsafeFills(): { readonly name: string; readonly size: number; readonly cap: number }[] {
    return [{ name: 'archived epochs', size: this.#epochs.length, cap: ARCHIVED_EPOCHS }]
  }

  /** @param statements - those that came with the epoch; ones known before do no harm. */
  keep(epoch: KeptEpoch, statements: readonly CheckedStatement[], now: number): { puts: Row[]; deletes: RowKey[] } {
    if (!this.#isKeeping) return { puts: [], deletes: this.clear() }
    const { key, announcement, reading } = epoch
    const passed = this.#passOver(admitIdsOf(this.#context.log.pending()))
    const admits = admitIdsOf(statements).filter((id) => !this.#seenIn.has(mapKey(id)))
    const archived: Archived = { key, announcement, reading: reading.slice(), beganAt: now, admits }
    this.#add(archived)
    const { changed, deletes } = this.#trim(now)
    const rows = new Set([archived, ...passed, ...(changed === undefined ? [] : [changed])])
    return { puts: [...rows].filter((one) => this.#epochs.includes(one)).map((one) => this.#rowOf(one)), deletes }
  }

  /** Admits that wait again were seen on a way that was passed over: on this one they are not. @returns what changes. */
  #passOver(waiting: readonly Uint8Array[]): Archived[] {
    const changed = waiting.flatMap((id) => this.#seenIn.get(mapKey(id)) ?? [])
    for (const one of changed) one.admits = one.admits.filter((id) => !waiting.some((other) => equalBytes(id, other)))
    for (const id of waiting) this.#seenIn.delete(mapKey(id))
    return changed
  }

  #add(one: Archived): void {
    this.#epochs = [...this.#epochs, one].sort((a, b) => (isHigher(a.key, b.key) ? 1 : -1))
    for (const id of one.admits) this.#seenIn.set(mapKey(id), one)
  }

  /** Drops what is over for longer than messages are kept, and the oldest beyond the bound. */
  #trim(now: number): { changed: Archived | undefined; deletes: RowKey[] } {
    const over = this.#epochs.filter((_, i) => this.#isOver(i, now)).length
    const dropped = this.#epochs.splice(0, Math.max(over, this.#epochs.length - ARCHIVED_EPOCHS))
    const oldest = this.#epochs[0]
    if (oldest === undefined || dropped.length === 0) return { changed: undefined, deletes: [] }
    oldest.admits = [...dropped.flatMap(({ admits }) => admits), ...oldest.admits]
    for (const id of oldest.admits) this.#seenIn.set(mapKey(id), oldest)
    return { changed: oldest, deletes: dropped.map((one) => this.#forget(one)) }
  }

  /** Whether an epoch ended longer ago than messages are kept. */
  #isOver(index: number, now: number): boolean {
    const { retentionSeconds } = this.#context.charter.descriptor
    const next = this.#epochs[index + 1]
    return retentionSeconds > 0 && next !== undefined && next.beganAt + retentionSeconds * SECOND_MS < now
  }

  /**
   * The earlier epochs that a user may read, newest first.
   *
   * @param granted - the epoch whose key the user is given.
   * @param highest - the newest epoch that the user had by its own word: what came before it was its to keep.
   */
  earlierFor(user: Uint8Array, granted: KeyId, highest: KeyId | undefined, now: number): ReadableEpoch[] {
    const from = this.#isKeeping ? this.#firstFor(user) : -1
    if (from < 0) return []
    const taken: ReadableEpoch[] = []
    for (let i = this.#epochs.length - 1; i >= from; i--) {
      const { key, reading } = this.#epochs[i]!
      if (!isHigher(granted, key) || this.#isOver(i, now)) continue
      if (highest !== undefined && !isHigher(key, highest)) break
      taken.push({ key, reading })
    }
    return taken
  }

  /** The place of the first epoch that a user may read; -1 for none. */
  #firstFor(user: Uint8Array): number {
    const { charter, log } = this.#context
    const isFromTheStart = charter.descriptor.history === HistoryPolicy.ALL || isManagerOf(charter.descriptor, user)
    if (isFromTheStart) return 0
    const places = log.admitsOf(user).map((id) => this.#epochs.indexOf(this.#seenIn.get(mapKey(id))!))
    const known = places.filter((place) => place >= 0)
    return known.length === 0 ? -1 : Math.min(...known)
  }

  #rowOf({ key, announcement, reading, beganAt, admits }: Archived): Row {
    const row = ArchiveRow.encode({ ...key, announcement, reading, beganAt, admits })
    return stateRow(this.#entryOf(announcement), row)
  }

  #entryOf(announcement: Uint8Array): string {
    return `archive/${this.#context.name}/${hex(announcement)}`
  }

  restore(bytes: Uint8Array): void {
    const { term, serial, commitment, announcement, reading, beganAt, admits } = ArchiveRow.decode(bytes)
    if (this.#epochs.some((one) => equalBytes(one.announcement, announcement))) return
    this.#add({ key: { term, serial, commitment }, announcement, reading, beganAt, admits })
  }

  #forget({ announcement, reading }: Archived): RowKey {
    reading.fill(0)
    return stateKey(this.#entryOf(announcement))
  }

  /** Wipes everything. @returns the rows to forget. */
  clear(): RowKey[] {
    const all = this.#epochs
    this.#epochs = []
    this.#seenIn.clear()
    return all.map((one) => this.#forget(one))
  }
}

const admitIdsOf = (statements: readonly CheckedStatement[]): Uint8Array[] =>
  statements
    .filter(({ statement }) => statement.operation === Operation.ADMIT)
    .map(({ statement }) => statement.admitId)
