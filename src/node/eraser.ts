/**
 * Erases what its author has deleted: the words go from the rows of the message and of its edits, now or when they come.
 *
 * What is to be erased stands in a room of the store, written in one batch with the deletion, so a crash undoes nothing: a
 * start looks at all of it again. Kept are the newest deletions of each sender in each channel; an older one has been obeyed,
 * unless its message comes very late.
 */
import { hex } from '../base/bytes.ts'
import type { RowKey } from '../core/machine.ts'
import { changeRoom, ERASURE_ROOM, erasedRow, erasureKey, nameOf, placeOf } from '../core/member/history.ts'
import { targetOf } from '../core/member/thread.ts'
import type { MessageView, Notice } from '../core/notice.ts'
import { ErasureRow } from '../wire/rows.ts'
import type { Row, Store } from './store.ts'
import { textsNamed } from './threads.ts'

/** Deletions of one sender in one channel that are remembered. */
const KEPT_ERASURES = 64

interface Erasure extends ErasureRow {
  readonly key: RowKey
}

export class Eraser {
  readonly #store: Store
  /** By channel and sender, then by line and target; oldest first. */
  readonly #erasures = new Map<string, Map<string, Erasure>>()
  /** What is done is done one after the other. */
  #work: Promise<void> = Promise.resolve()

  private constructor(store: Store) {
    this.#store = store
  }

  /** Goes on where an earlier run ended. @throws {UsageError} `DAMAGED_STORE` */
  static async start(store: Store): Promise<Eraser> {
    const eraser = new Eraser(store)
    for await (const row of store.rows(ERASURE_ROOM)) eraser.#take(row)
    for (const erasures of eraser.#erasures.values()) for (const one of erasures.values()) eraser.#later(one)
    return eraser
  }

  /** Hears of every message that is kept. */
  onNotice(notice: Notice): void {
    if (notice.type !== 'message') return
    const { deletion, reaction } = notice.content
    if (deletion !== undefined) this.#do(() => this.#learn(notice))
    else if (reaction === undefined) {
      const erasure = this.#erasures
        .get(ownerOf(notice))
        ?.get(subjectOf(notice.group, targetOf(notice) ?? nameOf(notice)))
      if (erasure !== undefined) this.#later(erasure)
    }
  }

  /** When all that was asked for is done. */
  async settled(): Promise<void> {
    await this.#work
  }

  /** A new deletion: its row says what to erase. */
  async #learn(deletion: MessageView): Promise<void> {
    await this.#writesSoFar()
    const key = erasureKey(deletion)
    const value = await this.#store.read(key)
    if (value !== undefined) await this.#erase(this.#take({ ...key, value }))
  }

  #take({ value, ...key }: Row): Erasure {
    const erasure = { ...ErasureRow.decode(value), key }
    const owner = ownerOf(erasure)
    const known = this.#erasures.get(owner) ?? new Map<string, Erasure>()
    this.#erasures.set(owner, known)
    const subject = subjectOf(erasure.group, hex(erasure.target))
    const before = known.get(subject)
    known.delete(subject)
    known.set(subject, erasure)
    if (before !== undefined && before.key.order !== key.order) this.#forget(before)
    const [oldest] = known.size > KEPT_ERASURES ? known : []
    if (oldest !== undefined) {
      known.delete(oldest[0])
      this.#forget(oldest[1])
    }
    return erasure
  }

  #forget({ key }: Erasure): void {
    this.#do(() => this.#store.write({ puts: [], deletes: [key], isDurable: false }))
  }

  #later(erasure: Erasure): void {
    this.#do(() => this.#erase(erasure))
  }

  async #erase(erasure: Erasure): Promise<void> {
    await this.#writesSoFar()
    const { channel, sender } = erasure
    const name = hex(erasure.target)
    const erase = async (key: RowKey): Promise<void> => {
      const found = await this.#rowAt(key)
      const row = found && erasedRow(found, erasure)
      if (row !== undefined) await this.#store.write({ puts: [row], deletes: [], isDurable: false })
    }
    for await (const key of textsNamed(this.#store, channel, name)) await erase(key)
    const edits = this.#store.rows(changeRoom('edits', channel, name, sender))
    for await (const place of edits) await erase(placeOf(channel, place))
  }

  /** A row with the cohort that it is in. */
  async #rowAt({ room, entry, order = 0 }: RowKey): Promise<Row | undefined> {
    for await (const row of this.#store.rows(room, { from: order, to: order })) if (row.entry === entry) return row
    return undefined
  }

  /** Messages are told of before they are on the disk, and writes take effect in the order they are asked for. */
  async #writesSoFar(): Promise<void> {
    await this.#store.write({ puts: [], deletes: [{ room: ERASURE_ROOM, entry: '' }], isDurable: false })
  }

  /** A write that fails stops the node; what could not be read is tried again at the next start. */
  #do(step: () => Promise<void>): void {
    this.#work = this.#work.then(step).catch(() => {})
  }
}

const ownerOf = ({ channel, sender }: Pick<MessageView, 'channel' | 'sender'>): string =>
  `${hex(channel)}/${hex(sender)}`

/** A text of an owner, by line and name. */
const subjectOf = (group: Uint8Array, name: string): string => `${hex(group)}/${name}`
