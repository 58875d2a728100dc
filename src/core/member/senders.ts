/**
 * What a member knows of each sender's chain of messages: every message names the one before, so what is missing shows.
 *
 * The first message seen of a sender starts its record: what it said under keys from before we came is not a gap, but what it
 * said before under the same key is, and the counter tells. A missing message may be
 * on its way, so a gap is told only after some patience, and told again when it closes.
 */
import { equalBytes, hex, mapKey } from '../../base/bytes.ts'
import { SenderRow } from '../../wire/rows.ts'
import type { Row, RowKey } from '../machine.ts'
import { stateKey, stateRow } from '../out.ts'
import { GAP_PATIENCE_MS } from '../params.ts'

/** Ids kept for each sender: reordering beyond this looks like a gap that never closes. */
const KNOWN_IDS = 32
const MISSING_IDS = 32

interface Missing {
  readonly id: Uint8Array
  /** `Env.uptimeMs` from which the gap is told; undefined: it has been. */
  toldAt: number | undefined
}

interface Sender {
  readonly sender: Uint8Array
  /** Empty: to the channel itself. */
  readonly group: Uint8Array
  /** Oldest first. */
  known: Uint8Array[]
  missing: Missing[]
}

export interface Gap {
  readonly sender: Uint8Array
  readonly missing: Uint8Array
}

export class Senders {
  readonly #channel: string
  readonly #senders = new Map<string, Sender>()
  readonly #changed = new Set<Sender>()

  constructor(channel: string) {
    this.#channel = channel
  }

  /**
   * Takes note of an accepted message.
   *
   * @param group - to whom it was said; empty: to the channel itself.
   * @param counter - of the sender's messages under this key and start, from 0.
   * @returns the gap that it closes, if it had been told.
   */
  note(
    sender: Uint8Array,
    group: Uint8Array,
    id: Uint8Array,
    previous: Uint8Array,
    counter: number,
    uptimeMs: number
  ): Gap | undefined {
    const name = nameOf(sender, group)
    let entry = this.#senders.get(name)
    const isFirst = entry === undefined
    if (entry === undefined) {
      entry = { sender, group, known: [], missing: [] }
      this.#senders.set(name, entry)
    }
    const closed = entry.missing.find((missing) => equalBytes(missing.id, id))
    if (closed !== undefined) entry.missing = entry.missing.filter((missing) => missing !== closed)
    if ((!isFirst || counter > 0) && previous.length > 0 && !entry.known.some((known) => equalBytes(known, previous))) {
      const isNoted = entry.missing.some((missing) => equalBytes(missing.id, previous))
      if (!isNoted)
        entry.missing = [...entry.missing, { id: previous, toldAt: uptimeMs + GAP_PATIENCE_MS }].slice(-MISSING_IDS)
    }
    entry.known = [...entry.known, id].slice(-KNOWN_IDS)
    this.#changed.add(entry)
    return closed !== undefined && closed.toldAt === undefined ? { sender, missing: id } : undefined
  }

  /** Takes note that a message just accepted stands for this one, which its sender had sealed before. */
  noteReplaced(sender: Uint8Array, group: Uint8Array, id: Uint8Array): void {
    const entry = this.#senders.get(nameOf(sender, group))
    if (entry === undefined || this.knows(sender, group, id)) return
    entry.known = [...entry.known, id].slice(-KNOWN_IDS)
    this.#changed.add(entry)
  }

  /** Whether this message was noted lately. */
  knows(sender: Uint8Array, group: Uint8Array, id: Uint8Array): boolean {
    return this.#senders.get(nameOf(sender, group))?.known.some((known) => equalBytes(known, id)) ?? false
  }

  /** When the next gap is to be told, as `Env.uptimeMs`. */
  nextAt(): number | undefined {
    let next: number | undefined
    for (const { missing } of this.#senders.values()) {
      for (const { toldAt } of missing) if (toldAt !== undefined && (next === undefined || toldAt < next)) next = toldAt
    }
    return next
  }

  /** The gaps whose patience is over, once each. */
  due(uptimeMs: number): Gap[] {
    const gaps: Gap[] = []
    for (const { sender, missing } of this.#senders.values()) {
      for (const gap of missing) {
        if (gap.toldAt === undefined || gap.toldAt > uptimeMs) continue
        gap.toldAt = undefined
        gaps.push({ sender, missing: gap.id })
      }
    }
    return gaps
  }

  /** The rows that changed since they were asked for last. */
  changedRows(): Row[] {
    const rows = [...this.#changed].map((entry) => {
      const { sender, group, known, missing } = entry
      const row = SenderRow.encode({ sender, group, known, missing: missing.map(({ id }) => id) })
      return stateRow(this.#rowName(entry), row)
    })
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
    const { sender, group, known, missing } = SenderRow.decode(bytes)
    this.#senders.set(nameOf(sender, group), {
      sender,
      group,
      known,
      missing: missing.map((id) => ({ id, toldAt: 0 }))
    })
  }
}

const nameOf = (sender: Uint8Array, group: Uint8Array): string => mapKey(sender) + mapKey(group)
