/**
 * What a member knows of each sender's chain of messages: every message names the one before, so what is missing shows.
 *
 * The first message seen of a sender starts its record: what it said under keys from before we came is not a gap, but what it
 * said before under the same key is, and the counter tells. Of what it said under an earlier key nobody can tell until it is
 * seen: such a gap is doubtful, and not told. A missing message may be on its way, so a gap is told only after some patience,
 * and told again when it closes. Lamport times rise along a chain: they bound what is missing.
 */
import { equalBytes, hex, mapKey } from '../../base/bytes.ts'
import { SEEN_SENDERS } from '../../wire/limits.ts'
import type { Seen } from '../../wire/messages.ts'
import { type MissingRow, SenderRow } from '../../wire/rows.ts'
import type { Row, RowKey } from '../machine.ts'
import { stateKey, stateRow } from '../out.ts'
import { GAP_PATIENCE_MS } from '../params.ts'

/** Ids known of each sender: reordering beyond this looks like a gap, until the message has been asked for. */
const KNOWN_IDS = 512
/** Of those, kept over a restart. */
const KEPT_IDS = 32
/** Messages of each sender that were shown in a newer form before they came. */
const REPLACED_IDS = 256
const MISSING_IDS = 32
const TOLD_IDS = 32

/** Where a message stands among those of its sender. */
interface Place {
  readonly sender: Uint8Array
  /** To whom it was said; empty: to the channel itself. */
  readonly group: Uint8Array
  readonly id: Uint8Array
  /** Empty: none. */
  readonly previous: Uint8Array
  readonly lamport: number
}

/** A message as its sender placed it in its chain. */
export interface Link extends Place {
  /** Of the sender's messages under this key and start, from 0; 0 for a plain one. */
  readonly counter: number
  /** Whether it stands for one that was said before: then the one that it names may be older than others that it passes over. */
  readonly isAgain: boolean
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
  /** Whether it may have been said before our time: nothing older of its sender is known. */
  readonly isDoubtful: boolean
  /** Doubtful, and said under no key that we have: there is no use in asking for it. */
  readonly isOutOfReach: boolean
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
  /** Ids of messages that were shown in a newer form, and have not come: whatever comes until they do, they are not news. */
  replaced: Uint8Array[]
  missing: Missing[]
  /** Ids of messages of which it was told that they cannot be read, the newest at the end. */
  told: Uint8Array[]
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
   * @param isOldest - whether it was said under the oldest key that we have, so that all before it is from before our time.
   * @returns the gap that it closes, if it had been told.
   */
  note(
    { sender, group, id, previous, lamport, counter, isAgain }: Link,
    isOldest: boolean,
    uptimeMs: number
  ): Gap | undefined {
    const entry = this.#entryOf(sender, group)
    const closed = this.#take(entry, id)
    const older = entry.known.filter((known) => known.lamport < lamport).map((known) => known.lamport)
    const newest = Math.max(closed?.after ?? 0, ...older)
    this.#know(entry, { id, lamport })
    for (const one of entry.missing.filter(({ isDoubtful, before }) => isDoubtful && lamport < before)) {
      // Something older is known after all: what stands between is missing.
      this.#take(entry, one.missing)
      this.#miss(entry, { ...one, after: lamport, since: uptimeMs, isDoubtful: false, isOutOfReach: false })
    }
    // What came before the oldest message known may have been said before our time, unless it was under the same key.
    const isDoubtful = counter === 0 && newest === 0
    const doubt = { isDoubtful, isOutOfReach: isDoubtful && isOldest }
    this.#miss(entry, {
      sender,
      group,
      missing: previous,
      after: isAgain ? 0 : newest,
      before: lamport,
      since: uptimeMs,
      ...doubt,
      isTold: false
    })
    return closed?.isTold ? closed : undefined
  }

  /**
   * Takes note of a message that was shown before. A crash may have forgotten that it was, and so what it showed to be missing:
   * that is missed again where something older of the sender is known. Whether it was said again shows no more.
   *
   * @returns the gap that it closes, if it had been told.
   */
  noteShown({ sender, group, id, previous, lamport }: Place, uptimeMs: number): Gap | undefined {
    const entry = this.#senders.get(nameOf(sender, group))
    if (entry === undefined || isKnown(entry, id)) return undefined
    const closed = this.#take(entry, id)
    const hasOlder = entry.known.some((known) => known.lamport < lamport)
    this.#know(entry, { id, lamport })
    const isFirm = { isDoubtful: false, isOutOfReach: false, isTold: false }
    if (hasOlder)
      this.#miss(entry, { sender, group, missing: previous, after: 0, before: lamport, since: uptimeMs, ...isFirm })
    return closed?.isTold ? closed : undefined
  }

  /**
   * Takes note of a message for which a newer form is shown: it is not news when it comes.
   *
   * @returns the gap that this closes, if it had been told.
   */
  noteReplaced(sender: Uint8Array, group: Uint8Array, id: Uint8Array): Gap | undefined {
    const entry = this.#senders.get(nameOf(sender, group))
    if (entry === undefined || this.knows(sender, group, id)) return undefined
    const closed = this.#take(entry, id)
    entry.replaced = [...entry.replaced, id].slice(-REPLACED_IDS)
    this.#changed.add(entry)
    return closed?.isTold ? closed : undefined
  }

  /**
   * A message of this sender has come that cannot be read: it is not waited for. Where it was, the one before it is missing,
   * too: its place in the chain is signed, and no secret.
   *
   * @param mayBegin - whether to take note of somebody of whom nothing is known.
   * @returns whether it was, until now: it was missing, or comes after what could be read.
   */
  pass(place: Place, mayBegin: boolean, uptimeMs: number): boolean {
    const { sender, group, id, previous, lamport } = place
    if (!mayBegin && !this.#senders.has(nameOf(sender, group))) return false
    const entry = this.#entryOf(sender, group)
    // A newer form of it was shown: it need not be read to say what came before it.
    if (isReplaced(entry, id)) {
      this.noteShown(place, uptimeMs)
      return false
    }
    const isLater = entry.known.length > 0 && lamport > entry.read
    const closed = this.#take(entry, id)
    // It may turn out to have been said in our time; until then there is no use in asking for it.
    if (closed?.isDoubtful) this.#setMissing(entry, [...entry.missing, { ...closed, isOutOfReach: true }])
    const isNews = !isTold(entry, id) && (closed?.isDoubtful === false || isLater)
    if (isNews) {
      entry.told = [...entry.told, id].slice(-TOLD_IDS)
      const isFirm = { isDoubtful: false, isOutOfReach: false, isTold: false }
      // Who lost its newest words may name an older one: then what we had read says nothing of what came before that.
      const since = closed?.after ?? entry.read
      const after = since < lamport ? since : 0
      this.#miss(entry, { sender, group, missing: previous, after, before: lamport, since: uptimeMs, ...isFirm })
    }
    entry.newest = Math.max(entry.newest, lamport)
    this.#changed.add(entry)
    return isNews
  }

  /** Lamport time of the newest message known; 0: none. */
  newest(sender: Uint8Array, group: Uint8Array): number {
    return this.#senders.get(nameOf(sender, group))?.newest ?? 0
  }

  /** Whether anything was ever accepted of this sender. */
  hasHeard(sender: Uint8Array, group: Uint8Array): boolean {
    const known = this.#senders.get(nameOf(sender, group))?.known ?? []
    return known.length > 0
  }

  /** Whether this message was noted lately, or a newer form of it was shown. */
  knows(sender: Uint8Array, group: Uint8Array, id: Uint8Array): boolean {
    const entry = this.#senders.get(nameOf(sender, group))
    return entry !== undefined && (isKnown(entry, id) || isReplaced(entry, id))
  }

  /** Whether this message is known to be missing, beyond doubt. */
  isMissed({ sender, group, missing }: Pick<Gap, 'sender' | 'group' | 'missing'>): boolean {
    const gaps = this.#senders.get(nameOf(sender, group))?.missing ?? []
    return gaps.some((gap) => !gap.isDoubtful && equalBytes(gap.missing, missing))
  }

  /** Forgets a doubtful gap, which nobody can fill. */
  drop({ sender, group, missing }: Gap): void {
    const entry = this.#senders.get(nameOf(sender, group))
    if (entry !== undefined) this.#take(entry, missing)
  }

  /** What is missing, and may be had. */
  gaps(): Gap[] {
    return [...this.#lacking].flatMap(({ missing }) => missing.filter(({ isOutOfReach }) => !isOutOfReach))
  }

  /** Up to which message of each sender none is missing, of those heard last. */
  seen(): Seen[] {
    const entries = [...this.#senders.values()].slice(-SEEN_SENDERS)
    return entries.flatMap(({ sender, group, missing, read }) => {
      const lamport = Math.min(read, ...missing.filter(({ isDoubtful }) => !isDoubtful).map(({ after }) => after))
      return lamport === 0 ? [] : [{ sender, group, lamport }]
    })
  }

  #entryOf(sender: Uint8Array, group: Uint8Array): Sender {
    const name = nameOf(sender, group)
    const entry = this.#senders.get(name) ?? {
      sender,
      group,
      known: [],
      replaced: [],
      missing: [],
      told: [],
      newest: 0,
      read: 0
    }
    this.#senders.delete(name)
    this.#senders.set(name, entry)
    return entry
  }

  #know(entry: Sender, known: Known): void {
    entry.known = [...entry.known, known].slice(-KNOWN_IDS)
    entry.replaced = entry.replaced.filter((id) => !equalBytes(id, known.id))
    entry.read = Math.max(entry.read, known.lamport)
    entry.newest = Math.max(entry.newest, known.lamport)
    this.#changed.add(entry)
  }

  #take(entry: Sender, id: Uint8Array): Missing | undefined {
    const found = entry.missing.find(({ missing }) => equalBytes(missing, id))
    if (found !== undefined) this.#setMissing(entry, but(entry.missing, found))
    return found
  }

  /** Takes note of a gap, unless there is none. */
  #miss(entry: Sender, gap: Missing): void {
    const isNoted = entry.missing.some(({ missing }) => equalBytes(missing, gap.missing))
    // Between two times in a row nothing was said.
    if (isNoted || gap.missing.length === 0 || gap.before - gap.after <= 1) return
    if (isKnown(entry, gap.missing) || isReplaced(entry, gap.missing) || isTold(entry, gap.missing)) return
    this.#setMissing(entry, [...entry.missing, gap].slice(-MISSING_IDS))
  }

  #setMissing(entry: Sender, missing: Missing[]): void {
    entry.missing = missing
    if (missing.length > 0) this.#lacking.add(entry)
    else this.#lacking.delete(entry)
  }

  /** When the next gap is to be told, as `Env.uptimeMs`. */
  nextAt(): number | undefined {
    const untold = this.#untold()
    return untold.length === 0 ? undefined : Math.min(...untold.map(({ since }) => since)) + GAP_PATIENCE_MS
  }

  /** The gaps whose patience is over, once each. */
  due(uptimeMs: number): Gap[] {
    const due = this.#untold().filter(({ since }) => since + GAP_PATIENCE_MS <= uptimeMs)
    for (const gap of due) gap.isTold = true
    return due
  }

  #untold(): Missing[] {
    return [...this.#lacking].flatMap(({ missing }) =>
      missing.filter(({ isTold, isDoubtful }) => !(isTold || isDoubtful))
    )
  }

  /** The rows that changed since they were asked for last. */
  changedRows(): Row[] {
    const rows = [...this.#changed].map((entry) =>
      stateRow(this.#rowName(entry), SenderRow.encode({ ...entry, known: entry.known.slice(-KEPT_IDS) }))
    )
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
    const untold = (one: MissingRow): Missing => ({ ...one, sender, group, since: -GAP_PATIENCE_MS, isTold: false })
    const entry = { ...rest, missing: [], told: [] }
    this.#senders.set(nameOf(sender, group), entry)
    this.#setMissing(entry, missing.map(untold))
  }
}

const but = (all: readonly Missing[], one: Missing): Missing[] => all.filter((other) => other !== one)
const isKnown = ({ known }: Sender, id: Uint8Array): boolean => known.some((one) => equalBytes(one.id, id))
const isReplaced = ({ replaced }: Sender, id: Uint8Array): boolean => replaced.some((one) => equalBytes(one, id))
const isTold = ({ told }: Sender, id: Uint8Array): boolean => told.some((one) => equalBytes(one, id))
const nameOf = (sender: Uint8Array, group: Uint8Array): string => mapKey(sender) + mapKey(group)
