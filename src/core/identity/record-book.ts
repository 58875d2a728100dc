/**
 * The user records this peer knows: for each user the newest it has seen, and never an older one again.
 *
 * A record is believed for its signature, whoever brings it; the pins keep anybody from bringing back an old one. The book
 * is bounded: the record brought longest ago goes first, but for those without which a channel cannot go on; its pin stays.
 *
 * A record counts as confirmed when it was brought, and for a while after. Past that it is worth asking for a newer one,
 * and goes on being used when nobody has one.
 */
import { hex } from '../../base/bytes.ts'
import type { Millis } from '../../base/time.ts'
import { UserRow } from '../../wire/rows.ts'
import { type Out, stateKey, stateRow } from '../out.ts'
import { KEPT_RECORDS, RECORD_CACHE_MS } from '../params.ts'
import { Refusal } from '../reject.ts'
import { Pins } from './pins.ts'
import type { UserId } from './user.ts'
import { readUserRecord, type UserRecord } from './user-record.ts'

export class RecordBook {
  readonly #isHeld: (user: UserId) => boolean
  readonly #most: number
  readonly #pins = new Pins()
  readonly #records = new Map<string, UserRecord>()
  /** By user, in this run: when its record was brought last, ms since 1970. */
  readonly #confirmedAt = new Map<string, number>()

  /**
   * @param isHeld - whose record never goes; a few.
   * @param most - records kept, unless more are held.
   */
  constructor(isHeld: (user: UserId) => boolean = () => false, most: number = KEPT_RECORDS) {
    this.#isHeld = isHeld
    this.#most = most
  }

  /** The newest record known of a user. */
  get(user: Uint8Array): UserRecord | undefined {
    return this.#records.get(hex(user))
  }

  /** Whether the record of a user has not expired, and was brought within `RECORD_CACHE_MS`. */
  isConfirmed(user: Uint8Array, now: Millis): boolean {
    const at = this.#confirmedAt.get(hex(user))
    const record = this.get(user)
    if (at === undefined || record === undefined || record.expiresAt <= now) return false
    return at <= now && now < at + RECORD_CACHE_MS
  }

  /**
   * Reads a record and judges it by the pins, without taking it in.
   *
   * @param bytes - a stranger's.
   */
  read(bytes: Uint8Array, now: Millis): UserRecord | Refusal {
    const record = readUserRecord(bytes, now)
    return record instanceof Refusal ? record : (this.#pins.judge(record) ?? record)
  }

  /**
   * Takes in a record.
   *
   * @param bytes - a stranger's.
   * @returns the record, or why it is not believed; the refusal of an older record leaves the newer one in place.
   */
  add(bytes: Uint8Array, now: Millis, out: Out): UserRecord | Refusal {
    const record = readUserRecord(bytes, now)
    return record instanceof Refusal ? record : this.take(record, now, out)
  }

  /** Takes in a record that was read. @returns as `add`. */
  take(record: UserRecord, now: Millis, out: Out): UserRecord | Refusal {
    const refusal = this.#pins.pin(record)
    if (refusal !== undefined) return refusal
    const name = hex(record.user)
    const known = this.#records.get(name)
    this.#records.delete(name)
    this.#records.set(name, known?.seq === record.seq ? known : record)
    this.#confirmedAt.set(name, now)
    if (known?.seq === record.seq) return known
    const { user, seq, hash, bytes } = record
    out.note([stateRow(`user/${name}`, UserRow.encode({ user, seq, hash, record: bytes }))])
    for (const [oldest, { user: whose }] of this.#records) {
      if (this.#records.size <= this.#most) break
      if (this.#isHeld(whose)) continue
      this.#records.delete(oldest)
      this.#confirmedAt.delete(oldest)
      out.note([], [stateKey(`user/${oldest}`)])
    }
    return record
  }

  /**
   * Takes in several records, all or none.
   *
   * @param list - a stranger's.
   * @returns the records in the order given; or which is not believed, from 0, and why: by itself, by its pin, or beside one
   * given before it.
   */
  addAll(
    list: readonly Uint8Array[],
    now: Millis,
    out: Out
  ): UserRecord[] | { readonly index: number; readonly refusal: Refusal } {
    const beside = new Pins()
    const records: UserRecord[] = []
    for (const [index, bytes] of list.entries()) {
      const record = this.read(bytes, now)
      const refusal = record instanceof Refusal ? record : beside.pin(record)
      if (record instanceof Refusal || refusal !== undefined) return { index, refusal: refusal as Refusal }
      records.push(record)
    }
    for (const record of records) this.take(record, now, out)
    return records
  }

  /** What an earlier run noted; an expired record leaves its pin. */
  restore(bytes: Uint8Array, now: Millis): void {
    const row = UserRow.decode(bytes)
    this.#pins.pin({ user: row.user as UserId, seq: row.seq, hash: row.hash })
    const record = readUserRecord(row.record, now)
    if (!(record instanceof Refusal)) this.#records.set(hex(record.user), record)
  }
}
