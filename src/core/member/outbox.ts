/**
 * Messages of ours on their way: nothing typed is lost, and nothing is said to be sent that was not.
 *
 * An entry is durable before the user is told that it waits, and its sealed frame is durable before it is published; after
 * a crash the same frame goes out again, which is the same message to everybody. A message is sealed only when there are a
 * key and somebody to carry it. It is never sent under a key that is not current any more: it is sealed again, and names the
 * frame that it replaces, so that whoever has that one does not see the message twice.
 *
 * Where several managers may part from each other, what was sent lately is kept: when the epoch that it was said under is
 * passed over by others, it is said again. It goes with the messages of its time when these are not to be kept any more.
 */
import { EMPTY, hex } from '../../base/bytes.ts'
import { Content } from '../../wire/messages.ts'
import { OutboxRow } from '../../wire/rows.ts'
import type { Context } from '../channel/context.ts'
import type { Frame } from '../channel/frame.ts'
import { cohortAt } from '../cohort.ts'
import type { Row, RowKey } from '../machine.ts'
import { stateKey, stateRow } from '../out.ts'

/** Sent messages kept at most. */
export const SENT_MESSAGES = 256

/** How often one message is said again. */
const SAID_AGAIN = 4

export interface OutboxEntry {
  /** Local name until the message has an id. */
  readonly local: string
  readonly content: Content
  readonly isPlain: boolean
  /** Said to this group; empty: to the channel. */
  readonly group: Uint8Array
  /** The order in which messages were typed. */
  readonly order: number
  /** Empty until sealed. */
  frame: Uint8Array
  /** Announcement id of the epoch it was sealed under. */
  epoch: Uint8Array
  /** Announcement id of the channel's epoch at that time. */
  under: Uint8Array
  lamport: number
  /** Id of the first frame it was sealed into, once there is another: what all later ones replace. */
  first: Uint8Array
  /** The frame as it was made, while this run lasts. */
  made?: Frame
  /** When its cohort began, s since 1970; 0: in none. */
  readonly since: number
  /** How often it was said again. */
  again?: number
  /** Whether the frame was handed to the carrier and no word has come back. */
  isUnderWay: boolean
}

export class Outbox {
  readonly #context: Context
  readonly #entries = new Map<string, OutboxEntry>()
  /** Sent ones that may have to be said again, oldest first. */
  readonly #sent = new Map<string, OutboxEntry>()
  #order = 0

  constructor(context: Context) {
    this.#context = context
  }

  get size(): number {
    return this.#entries.size
  }

  /** In the order typed. */
  entries(): OutboxEntry[] {
    return [...this.#entries.values()]
  }

  /** Forgets everything. @returns the rows to delete. */
  clear(): RowKey[] {
    const locals = [...this.#entries.keys(), ...this.#sent.keys()]
    this.#entries.clear()
    this.#sent.clear()
    return locals.map((local) => stateKey(this.#name(local)))
  }

  /** In the order typed, apart for the channel and each group. */
  byLine(): OutboxEntry[][] {
    return [...Map.groupBy(this.#entries.values(), ({ group }) => hex(group)).values()]
  }

  get(local: string): OutboxEntry | undefined {
    return this.#entries.get(local)
  }

  add(local: string, content: Content, isPlain: boolean, group: Uint8Array, now: number): OutboxEntry {
    const { retentionSeconds } = this.#context.charter.descriptor
    const entry: OutboxEntry = {
      local,
      content,
      isPlain,
      group,
      order: this.#order++,
      frame: EMPTY,
      epoch: EMPTY,
      under: EMPTY,
      lamport: 0,
      first: EMPTY,
      since: cohortAt(this.#cohort, now, retentionSeconds).since,
      isUnderWay: false
    }
    this.#entries.set(local, entry)
    return entry
  }

  /** @returns the row to forget. */
  delete(local: string): RowKey {
    this.#entries.delete(local)
    return stateKey(this.#name(local))
  }

  /** An entry was sent, and is kept to be said again. @returns the rows that change. */
  keep(entry: OutboxEntry): { puts: Row[]; deletes: RowKey[] } {
    this.#entries.delete(entry.local)
    if ((entry.again ?? 0) >= SAID_AGAIN) return { puts: [], deletes: [stateKey(this.#name(entry.local))] }
    this.#sent.set(entry.local, entry)
    const gone = [...this.#sent.keys()].slice(0, Math.max(0, this.#sent.size - SENT_MESSAGES))
    for (const local of gone) this.#sent.delete(local)
    return { puts: [this.rowOf(entry)], deletes: gone.map((local) => stateKey(this.#name(local))) }
  }

  /** Sent ones that are kept to be said again. */
  sentEntries(): OutboxEntry[] {
    return [...this.#sent.values()]
  }

  /** A sent one is not said again. @returns the row to forget. */
  dropSent(local: string): RowKey {
    this.#sent.delete(local)
    return stateKey(this.#name(local))
  }

  /** Forgets sent ones but for those under some epochs of the channel, by hex. @returns the rows to forget. */
  prune(epochs: ReadonlySet<string>): RowKey[] {
    const gone = [...this.#sent.values()].filter(({ under }) => !epochs.has(hex(under)))
    for (const { local } of gone) this.#sent.delete(local)
    return gone.map(({ local }) => stateKey(this.#name(local)))
  }

  /**
   * Lets go of sent ones in cohorts that began before a time, s since 1970; what waits stays, however old it is.
   *
   * @returns what destroys them.
   */
  expire(before: number): { deletes: RowKey[]; cohort: string; before: number } {
    const gone = [...this.#sent.values()].filter(({ since }) => since > 0 && since < before)
    for (const { local } of gone) this.#sent.delete(local)
    const waiting = [...this.#entries.values()].flatMap(({ since }) => (since > 0 ? [since] : []))
    return {
      deletes: gone.map(({ local }) => stateKey(this.#name(local))),
      cohort: this.#cohort,
      before: Math.min(before, ...waiting)
    }
  }

  /** Puts sent ones under these epochs back, to be sealed and sent again, before what waits. @returns the rows that change. */
  recall(epochs: ReadonlySet<string>): Row[] {
    const again = [...this.#sent.values()].filter(({ under }) => epochs.has(hex(under)))
    for (const entry of again) {
      this.#sent.delete(entry.local)
      entry.again = (entry.again ?? 0) + 1
    }
    this.#take([...again, ...this.#entries.values()])
    return again.map((entry) => this.rowOf(entry))
  }

  #take(entries: readonly OutboxEntry[]): void {
    const sorted = entries.toSorted((a, b) => a.order - b.order)
    this.#entries.clear()
    for (const one of sorted) this.#entries.set(one.local, one)
  }

  /** Sent ones that are kept. */
  get sent(): number {
    return this.#sent.size
  }

  rowOf(entry: OutboxEntry): Row {
    const { local, isPlain, group, frame, epoch, under, order, lamport, first, since } = entry
    const content = Content.encode(entry.content)
    const isSent = this.#sent.has(local)
    const row = stateRow(
      this.#name(local),
      OutboxRow.encode({ local, content, isPlain, group, frame, epoch, under, order, lamport, isSent, first, since })
    )
    return since === 0 ? row : { ...row, cohort: { name: this.#cohort, since } }
  }

  /** @returns what the row holds. */
  restore(bytes: Uint8Array): { readonly content: Content; readonly group: Uint8Array; readonly isSent: boolean } {
    const { content, isSent, ...row } = OutboxRow.decode(bytes)
    const entry = { ...row, content: Content.decode(content), isUnderWay: false }
    this.#order = Math.max(this.#order, entry.order + 1)
    if (isSent) this.#sent.set(entry.local, entry)
    else this.#take([...this.#entries.values(), entry])
    return { content: entry.content, group: entry.group, isSent }
  }

  #name(local: string): string {
    return `${this.#cohort}/${local}`
  }

  get #cohort(): string {
    return `outbox/${this.#context.name}`
  }
}
