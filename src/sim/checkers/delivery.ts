/**
 * I-9: a client shows each message once, for ever, also when its sender sealed it again under a newer key. I-15: whatever a sender said later stands later, everywhere.
 *
 * I-17: what was missed is asked for, and what nobody gives in time is *seen* to be missing. Who
 * is shown a message of a sender has been shown the one that it names as the one before, or is told of a gap there. The last
 * messages of a sender, with none after them that the reader can read, may be missing unnoticed; and a reader whose process
 * died before it wrote down what it had just heard may have to hear the sender's next message first, or be shown one that
 * was sealed again a second time, marked as what replaces the first. Nothing said is lost
 * at the sender: each acknowledged message of somebody who stayed, in the group if it was said to one, was given to the
 * carrier by the end. Only where a manager's disk was set back, or one lied whose signature alone is a certificate, may who
 * has no key that it may use at the end still wait: that disk may have had the only key, and that lie may have no end.
 */
import { hex } from '../../base/bytes.ts'
import type { Effect } from '../../core/machine.ts'
import type { MessageView, Notice } from '../../core/notice.ts'
import { Refusal } from '../../core/reject.ts'
import type { SimNode } from '../node.ts'
import type { Packet } from '../packets.ts'
import { Rosters } from '../rosters.ts'
import type { Scene } from '../scene.ts'
import { isTaken, isWanted, keptMessages, type Person, type Shown, type Truth } from '../truth.ts'
import { isTwofold } from '../twofold.ts'
import { type Checker, Violation } from './checker.ts'

/** Rows in which a member keeps whom it has heard saying what. */
const HEARD_ROWS = 'sender/'
/** How long a missing message may be on its way, and a little more. */
const PATIENCE_MS = 3_000

const QUORUM_FROM = 3

/** What the frame of a message says of its place, for all to see. */
interface Place {
  readonly previous: string
  /** How many its author sealed before it under the same key; 0 for a plain one. */
  readonly counter: number
  readonly lamport: number
  /** When it was given to the carrier first, virtual ms. */
  readonly at: number
}

/** What happened to a reader's notes of what it has heard. */
interface Notes {
  readonly savedAt: number[]
  readonly diedAt: number[]
}

export class Delivery implements Checker {
  readonly looks = { 'I-9': 0, 'I-15': 0, 'I-17': 0 }
  readonly #truth: Truth
  readonly #shownAt = new Map<SimNode, Map<string, number>>()
  readonly #places = new Map<string, Place>()
  readonly #notes = new Map<SimNode, Notes>()
  /** What was said under an id. A message that was sealed again has several. */
  readonly #texts = new Map<string, string>()

  constructor(truth: Truth) {
    this.#truth = truth
  }

  onPacket(packet: Packet, world: Scene): void {
    const frame = world.network.read(packet)
    if (frame === undefined || frame instanceof Refusal) return
    const message = frame.body.message ?? frame.body.plainMessage
    if (message === undefined) return
    const { previous, lamport } = message
    const counter = frame.body.message?.counter ?? 0
    const at = this.#places.get(hex(frame.id))?.at ?? world.time
    this.#places.set(hex(frame.id), { previous: hex(previous), counter, lamport, at })
  }

  onEffect(node: SimNode, effect: Effect, world: Scene): void {
    if (effect.type !== 'persist' || !effect.puts.some(({ entry }) => entry.startsWith(HEARD_ROWS))) return
    this.#notesOf(node).savedAt.push(world.time)
  }

  onCrash(node: SimNode, world: Scene): void {
    this.#notesOf(node).diedAt.push(world.time)
    this.#noteKept(node)
  }

  /** A crash may come between writing and showing; then its author's disk alone tells what was said under an id, until it is sealed again. */
  #noteKept(node: SimNode): void {
    if (this.#truth.personOf(node)?.isByzantine !== false) return
    for (const view of keptMessages(node))
      if (view.isOwn && !this.#texts.has(view.id)) this.#texts.set(view.id, saidIn(view))
  }

  #notesOf(node: SimNode): Notes {
    const notes = this.#notes.get(node) ?? { savedAt: [], diedAt: [] }
    this.#notes.set(node, notes)
    return notes
  }

  onNotice(node: SimNode, notice: Notice, world: Scene): void {
    if (notice.type !== 'message') return
    this.looks['I-9']++
    const name = nameOf(notice)
    const said = saidIn(notice)
    this.#texts.set(notice.id, said)
    const shownAt = this.#shownAt.get(node) ?? new Map<string, number>()
    this.#shownAt.set(node, shownAt)
    const sender = this.#truth.personWith(notice.sender)
    // What waits is shown to its author again, by the name it has there, when it is sealed again.
    for (const id of notice.isOwn ? [notice.id] : [notice.id, said]) {
      const before = shownAt.get(id)
      const isReplacing = notice.content.replaces.length > 0 && before !== undefined && this.#isForgotten(node, before)
      const mayBeAgain = isReplacing || before === undefined || this.#mayShowAgain(node, before)
      // An old disk does not know what was sent since, nor what was shown.
      const isSetBack = sender?.isRolledBack || this.#truth.personOf(node)?.isRolledBack
      if (!mayBeAgain && sender?.isByzantine === false && !isSetBack)
        throw new Violation('I-9', `${node.name} shows '${name}' of ${sender.name} twice`)
      shownAt.set(id, world.time)
    }
  }

  /** What was written since the oldest row a crash took may be gone with it. */
  #mayShowAgain(node: SimNode, shownAt: number): boolean {
    if (this.#truth.personOf(node)?.isRolledBack) return true
    return node.losses.some((loss) => loss.since <= shownAt && shownAt <= loss.at)
  }

  atEnd(world: Scene): void {
    for (const { node } of this.#truth.people) this.#noteKept(node)
    for (const reader of this.#truth.people) if (!reader.isRolledBack) this.#requireGaps(reader, world)
    this.#requireSent()
  }

  /** Every message shown stands behind the one that it names, and that one is shown, or told to be missing. */
  #requireGaps(reader: Person, world: Scene): void {
    const { node } = reader
    const hasLeft = reader.partings.some((parting) => parting.command.type === 'leaveChannel' && isTaken(parting))
    if (!node.isUp || hasLeft) return
    const shownAt = this.#shownAt.get(node)
    const lineOf = ({ view }: Shown): string => `${hex(view.sender)} ${hex(view.group)}`
    // What a crash came before stands in the history, too.
    const kept = new Set(keptMessages(node).flatMap((view) => [view.id, saidIn(view)]))
    const lines = Map.groupBy(reader.shown, lineOf)
    for (const shown of reader.shown) {
      const { view, at } = shown
      const sender = this.#truth.personWith(view.sender)
      const place = this.#places.get(view.id)
      if (sender === undefined || sender === reader || sender.isByzantine || place === undefined) continue
      // A clock that was set back orders nothing: what stands between two of its times is anybody's guess.
      if (sender.isRolledBack) continue
      this.looks['I-15']++
      if (view.lamport !== place.lamport) throw new Violation('I-15', `${reader.name} orders ${view.id} differently`)
      // Of whom one comes to know midway one misses nothing but what was said before under the same key. Each group has a
      // chain of its own.
      const isKept = (one: Shown): boolean => one.incarnation === shown.incarnation || !this.#isForgotten(node, one.at)
      const older = lines.get(lineOf(shown))!.filter((one) => one.view.lamport < view.lamport && isKept(one))
      const isKnown = older.length > 0
      const before = this.#places.get(place.previous)
      // What is sealed again may name one from before our time, too.
      const isEarlier = before !== undefined && before.at < (reader.readyAt ?? 0)
      const isStart = (!isKnown || isEarlier) && place.counter === 0
      if (before !== undefined && before.lamport >= place.lamport)
        throw new Violation('I-15', `${sender.name} says ${view.id} after what it stands before`)
      this.looks['I-17']++
      const names = [place.previous, this.#texts.get(place.previous) ?? '']
      const isShown = names.some((name) => shownAt?.has(name) || kept.has(name))
      if (isStart || place.previous === '' || isShown) continue
      // Where nothing older was known of the sender when it was shown, the first that is known shows that something is missing.
      const missedAt = place.counter > 0 ? at : Math.max(at, Math.min(...older.map((one) => one.at)))
      if (missedAt > world.time - PATIENCE_MS) continue
      if (reader.toldGaps.has(place.previous) || this.#isForgotten(node, at)) continue
      const text = view.content.text?.text
      throw new Violation('I-17', `${reader.name} is not told what ${sender.name} said before '${text}'`)
    }
  }

  /** Whether a process died without having written down durably what it heard at this time. */
  #isForgotten(node: SimNode, heardAt: number): boolean {
    const { savedAt, diedAt } = this.#notesOf(node)
    const died = diedAt.find((time) => time >= heardAt)
    if (died === undefined) return false
    // What was written down at the very moment may have been written before it was heard.
    const saved = savedAt.find((time) => time > heardAt)
    return saved === undefined || saved > died || node.losses.some(({ since, at }) => since <= saved && saved <= at)
  }

  #requireSent(): void {
    const { said, people } = this.#truth
    // Where a lie is known, some say nothing any more, and others get no key.
    if (this.#truth.isLieKnown) return
    // A crash may come between publishing and showing; then the disk alone tells under which id it went.
    const views = people.flatMap((person) => [...person.shown.map(({ view }) => view), ...keptMessages(person.node)])
    const sent = new Set(views.filter(({ id }) => this.#places.has(id)).map(nameOf))
    const managers = people.filter(({ isManager }) => isManager)
    const isAlone = managers.length < QUORUM_FROM && managers.some(({ isByzantine }) => isByzantine)
    // Who lived twice may have two records of one number: no manager takes the one for the other.
    const mayWait = isAlone || isTwofold(this.#truth) || people.some(({ isRolledBack }) => isRolledBack)
    for (const { pending, by, text, group, to } of said) {
      if (to !== undefined || !isTaken(pending) || !isWanted(by) || by.isRolledBack || !by.node.isUp) continue
      if ((mayWait || by.isByzantine) && !isKeyReady(by.node)) continue
      // There is nobody to carry what is said by the only member.
      if (people.every((other) => other === by || !isWanted(other))) continue
      const isOut = group.length > 0 && !Rosters.of(this.#truth, by.node).groupMembers(group).has(by.key)
      if (isOut) continue
      this.looks['I-17']++
      if (!sent.has(text)) throw new Violation('I-17', `'${text}' of ${by.name} was never given to the carrier`)
    }
  }
}

/** Whether a client said last that it has a key that it may use. */
const isKeyReady = ({ notices }: SimNode): boolean => {
  const last = notices.findLast(({ notice }) => notice.type === 'keyState')?.notice
  return last?.type === 'keyState' && last.state === 'ready'
}

/** What a message is known by whatever its id: each text of a run is said once. */
const nameOf = ({ content, id }: MessageView): string => content.text?.text ?? id

/** A text counts with who says it: a dishonest member may say another's words after it. */
const saidIn = (view: MessageView): string => `${hex(view.sender)} ${nameOf(view)}`
