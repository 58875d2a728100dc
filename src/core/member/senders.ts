/**
 * What a member knows of each sender's chain of messages: every message names the one before, so what is missing shows.
 *
 * The first message seen of a sender starts its record: what it said under keys from before we came is not a gap, but what it
 * said before under the same key is, and the counter tells. A missing message may be on its way, so a gap is told only after
 * some patience, and told again when it closes. Lamport times rise along a chain: they bound what is missing.
 */
import { equalBytes, hex, mapKey } from '../../base/bytes.ts'
import { SEEN_SENDERS } from '../../wire/limits.ts'
import type { Seen } from '../../wire/messages.ts'
import { SenderRow } from '../../wire/rows.ts'
import type { Row, RowKey } from '../machine.ts'
import { stateKey, stateRow } from '../out.ts'
import { GAP_PATIENCE_MS } from '../params.ts'

/** Ids kept for each sender: reordering beyond this looks like a gap, until the message has been asked for. */
const KNOWN_IDS = 32
const MISSING_IDS = 32

/** A message as its sender placed it in its chain. */
export interface Link {
  readonly sender: Uint8Array
  /** To whom it was said; empty: to the channel itself. */
  readonly group: Uint8Array
  readonly id: Uint8Array
  /** Empty: none. */
  readonly previous: Uint8Array
  readonly lamport: number
  /** Of the sender's messages under this key and start, from 0; 0 for a plain one. */
  readonly counter: number
}

/** A message that is missing. */
export interface Gap {
  readonly sender: Uint8Array
  readonly group: Uint8Array
  readonly missing: Uint8Array
  /** Lamport time of the newest message of the sender known before it; 0: none. */
  readonly after: number
  /** Lamport time of the message that names it. */
  readonly before: number
  /** `Env.uptimeMs` at which it was noticed. */
  readonly since: number
}

interface Missing extends Gap {
  isTold: boolean
}

interface Known {
  readonly id: Uint8Array
  readonly lamport: number
}

interface Sender {
  readonly sender: Uint8Array
  /** Empty: to the channel itself. */
  readonly group: Uint8Array
  /** Noted last at the end. */
  known: Known[]
  missing: Missing[]
  /** Lamport time of the newest message. */
  newest: number
  /** Of the newest that could be read. */
  read: number
}

export class Senders {
  readonly #channel: string
  /** Who was heard last at the end. */
  readonly #senders = new Map<string, Sender>()
  readonly #changed = new Set<Sender>()
  /** Those of whom something is missing. */
  readonly #lacking = new Set<Sender>()

  constructor(channel: string) {
    this.#channel = channel
  }

  /**
   * Takes note of an accepted message.
   *
   * @param mayBegin - whether what its sender said before it may have been said before our time.
   * @returns the gap that it closes, if it had been told.
   */
  note(link: Link, mayBegin: boolean, uptimeMs: number): Gap | undefined {
    const { sender, group, id, previous, lamport, counter } = link
    const isFirst = !this.#senders.has(nameOf(sender, group))
    const entry = this.#entryOf(sender, group)
    const closed = this.#take(entry, id)
    const older = entry.known.filter((known) => known.lamport < lamport).map((known) => known.lamport)
    const after = Math.max(closed?.after ?? 0, ...older)
    // What came before the oldest message known may have been said before our time, unless it was under the same key.
    const isOurs = counter > 0 || after > 0 || !(isFirst || mayBegin)
    // Between two times in a row there is none.
    const hasRoom = lamport - after > 1
    const isMissing = entry.missing.some(({ missing }) => equalBytes(missing, previous))
    if (isOurs && hasRoom && previous.length > 0 && !isMissing && !isKnown(entry, previous)) {
      const gap = { sender, group, missing: previous, after, before: lamport, since: uptimeMs, isTold: false }
      this.#miss(entry, [...entry.missing, gap].slice(-MISSING_IDS))
    }
    this.#know(entry, { id, lamport })
    return closed?.isTold ? closed : undefined
  }

  /**
   * Takes note of a message that was shown before, or that another stands for which was.
   *
   * @param lamport - 0: not known.
   * @returns the gap that it closes, if it had been told.
   */
  noteShown(sender: Uint8Array, group: Uint8Array, id: Uint8Array, lamport: number): Gap | undefined {
    const entry = this.#senders.get(nameOf(sender, group))
    if (entry === undefined || this.knows(sender, group, id)) return undefined
    const closed = this.#take(entry, id)
    this.#know(entry, { id, lamport })
    return closed?.isTold ? closed : undefined
  }

  /**
   * A message of this sender has come that cannot be read: it is not waited for.
   *
   * @param mayBegin - whether to take note of somebody of whom nothing is known.
   * @returns whether it was: it was missing, or something is known that was said before it.
   */
  pass(sender: Uint8Array, group: Uint8Array, id: Uint8Array, lamport: number, mayBegin: boolean): boolean {
    if (!mayBegin && !this.#senders.has(nameOf(sender, group))) return false
    const entry = this.#entryOf(sender, group)
    const isNewer = entry.known.length > 0 && lamport > entry.newest
    const isMissed = this.#take(entry, id) !== undefined
    entry.newest = Math.max(entry.newest, lamport)
    this.#changed.add(entry)
    return isMissed || isNewer
  }

  /** Lamport time of the newest message known; 0: none. */
  newest(sender: Uint8Array, group: Uint8Array): number {
    return this.#senders.get(nameOf(sender, group))?.newest ?? 0
  }

  /** Whether this message was noted lately. */
  knows(sender: Uint8Array, group: Uint8Array, id: Uint8Array): boolean {
    const entry = this.#senders.get(nameOf(sender, group))
    return entry !== undefined && isKnown(entry, id)
  }

  /** What is missing. */
  gaps(): Gap[] {
    return [...this.#lacking].flatMap(({ missing }) => missing)
  }

  /** Up to which message of each sender none is missing, of those heard last. */
  seen(): Seen[] {
    const entries = [...this.#senders.values()].slice(-SEEN_SENDERS)
    return entries.flatMap(({ sender, group, missing, read }) => {
      const lamport = Math.min(read, ...missing.map(({ after }) => after))
      return lamport === 0 ? [] : [{ sender, group, lamport }]
    })
  }

  #entryOf(sender: Uint8Array, group: Uint8Array): Sender {
    const name = nameOf(sender, group)
    const entry = this.#senders.get(name) ?? { sender, group, known: [], missing: [], newest: 0, read: 0 }
    this.#senders.delete(name)
    this.#senders.set(name, entry)
    return entry
  }

  #know(entry: Sender, known: Known): void {
    entry.known = [...entry.known, known].slice(-KNOWN_IDS)
    entry.read = Math.max(entry.read, known.lamport)
    entry.newest = Math.max(entry.newest, known.lamport)
    this.#changed.add(entry)
  }

  #take(entry: Sender, id: Uint8Array): Missing | undefined {
    const found = entry.missing.find(({ missing }) => equalBytes(missing, id))
    if (found !== undefined)
      this.#miss(
        entry,
        entry.missing.filter((one) => one !== found)
      )
    return found
  }

  #miss(entry: Sender, missing: Missing[]): void {
    entry.missing = missing
    if (missing.length > 0) this.#lacking.add(entry)
    else this.#lacking.delete(entry)
  }

  /** When the next gap is to be told, as `Env.uptimeMs`. */
  nextAt(): number | undefined {
    let next: number | undefined
    for (const { missing } of this.#lacking) {
      for (const { since, isTold } of missing) {
        if (!isTold && (next === undefined || since + GAP_PATIENCE_MS < next)) next = since + GAP_PATIENCE_MS
      }
    }
    return next
  }

  /** The gaps whose patience is over, once each. */
  due(uptimeMs: number): Gap[] {
    const all = [...this.#lacking].flatMap(({ missing }) => missing)
    const due = all.filter(({ since, isTold }) => !isTold && since + GAP_PATIENCE_MS <= uptimeMs)
    for (const gap of due) gap.isTold = true
    return due
  }

  /** The rows that changed since they were asked for last. */
  changedRows(): Row[] {
    const rows = [...this.#changed].map((entry) => stateRow(this.#rowName(entry), SenderRow.encode(entry)))
    this.#changed.clear()
    return rows
  }

  /** The rows of all senders. */
  keys(): RowKey[] {
    return [...this.#senders.values()].map((entry) => stateKey(this.#rowName(entry)))
  }

  #rowName({ sender, group }: Sender): string {
    return `sender/${this.#channel}/${hex(sender)}${group.length > 0 ? `/${hex(group)}` : ''}`
  }

  /** What was missing when an earlier run ended is told again: that run may have ended before it told it. */
  restore(bytes: Uint8Array): void {
    const { missing, ...rest } = SenderRow.decode(bytes)
    const { sender, group } = rest
    const untold = missing.map((one) => ({ ...one, sender, group, since: -GAP_PATIENCE_MS, isTold: false }))
    const entry = { ...rest, missing: [] }
    this.#senders.set(nameOf(sender, group), entry)
    this.#miss(entry, untold)
  }
}

const isKnown = ({ known }: Sender, id: Uint8Array): boolean => known.some((one) => equalBytes(one.id, id))
const nameOf = (sender: Uint8Array, group: Uint8Array): string => mapKey(sender) + mapKey(group)
