/**
 * Getting what is missing: what was said while we were away, gaps in somebody's chain, and tails that others have (protocol
 * §12.2).
 *
 * Messages prove themselves, so whoever has them may give them; what one does not give another is asked for. One question is
 * under way at a time. What nobody gives stays a gap that is told, and is asked for again ever more rarely.
 */
import { EMPTY, equalBytes, hex, mapKey, unhex } from '../../base/bytes.ts'
import { ANSWERED_FRAMES, ASKED_RANGES } from '../../wire/limits.ts'
import { type Answer, HistoryPolicy, type Range, type Seen } from '../../wire/messages.ts'
import { BacklogRow, type SpanRow } from '../../wire/rows.ts'
import type { Context } from '../channel/context.ts'
import { type Frame, readFrame } from '../channel/frame.ts'
import { isInRange } from '../channel/frames-answer.ts'
import { Deadlines } from '../deadlines.ts'
import { asUserId } from '../identity/user.ts'
import type { Env, Row, RowKey } from '../machine.ts'
import { type Out, stateKey, stateRow } from '../out.ts'
import {
  BACKLOG_SPANS,
  LAMPORT_JUMP,
  LAMPORT_MAX,
  REPAIR_MAX_MS,
  REPAIR_MS,
  REPAIR_PAUSE_MS,
  TAIL_TRIES,
  TAILS
} from '../params.ts'
import { Refusal } from '../reject.ts'
import type { Clock } from './clock.ts'
import type { Conversation, Fate } from './conversation.ts'
import type { Gap } from './senders.ts'

/** So many say that there is nothing of what was said while we were away before it is believed. */
const BACKLOG_TRIES = 2

/** Members whose word that they have something is taken, for each thing. */
const HOLDERS = 8

/** What is asked of the member. */
export interface Readiness {
  /** Whether there are a carrier and the newest key that we know of: what is asked for could be read. */
  readonly mayRepair: boolean
}

/** How often something was asked for in vain, and when it is asked for next. */
interface Patience {
  tries: number
  /** `Env.uptimeMs` */
  askAt: number
  /** Who has it, by its own word, and is still to be asked, by hex. */
  readonly holders: Set<string>
  /** Who said so, by hex: each is asked once. */
  readonly told: Set<string>
}

/** A member has messages of a sender up to this one, and we have not. */
interface Tail extends Patience {
  readonly sender: Uint8Array
  readonly group: Uint8Array
  /** Lamport time. */
  to: number
}

/** What is being asked for. */
interface Asked {
  readonly gaps: readonly Gap[]
  readonly tails: readonly Tail[]
  readonly span: SpanRow | undefined
  readonly ranges: readonly Range[]
}

interface Pass {
  readonly to: number
  /** Whether a pass before it took nothing in: what is missing before something is given up for it. */
  readonly isBold: boolean
  hasTaken: boolean
  hasPassedOver: boolean
}

export class Repair {
  readonly #context: Context
  readonly #conversation: Conversation
  readonly #clock: Clock
  readonly #readiness: Readiness
  readonly #deadlines = new Deadlines<'look'>()
  /** Of gaps, by id. */
  #patience = new Map<string, Patience>()
  readonly #tails = new Map<string, Tail>()
  /** Times of absence that are still to be asked for, oldest first. */
  #backlog: SpanRow[] = []
  /** Answers in a row that led nowhere. */
  #backlogTries = 0
  /** Answers in all that brought nothing: so many peers are passed over. */
  #backlogSkip = 0
  /** `Env.uptimeMs` */
  #backlogAt = Number.NEGATIVE_INFINITY
  /** Going through the newest of them: where it began, and whether something was taken in, and something was out of reach. */
  #pass: Pass | undefined
  #asked: Asked | undefined
  /** `Env.uptimeMs` until which no gap or tail is asked for. */
  #restUntil = Number.NEGATIVE_INFINITY

  constructor(context: Context, conversation: Conversation, clock: Clock, readiness: Readiness) {
    this.#context = context
    this.#conversation = conversation
    this.#clock = clock
    this.#readiness = readiness
  }

  nextAt(): number | undefined {
    return this.#deadlines.next()
  }

  wake(env: Env, out: Out): void {
    if (this.#deadlines.due(env.uptimeMs).length > 0) this.#look(env, out)
  }

  unsafeFills(): { readonly name: string; readonly size: number; readonly cap: number }[] {
    return [
      { name: 'tails', size: this.#tails.size, cap: TAILS },
      { name: 'backlog', size: this.#backlog.length, cap: BACKLOG_SPANS }
    ]
  }

  /**
   * We may have missed what was said since the newest message that we know: what comes after it is to be asked for. Whoever
   * knows of none has missed something only where newcomers may read what was said before them.
   */
  noteAbsence(env: Env, out: Out): void {
    const from = this.#clock.lamport + 1
    const mayRead = from > 1 || this.#context.charter.descriptor.history !== HistoryPolicy.NONE
    const isNoted = this.#backlog.some((span) => span.to === LAMPORT_MAX && span.from <= from)
    if (!mayRead || isNoted) return
    this.#addSpan({ from, to: LAMPORT_MAX }, env, out)
  }

  #addSpan(span: SpanRow, env: Env, out: Out): void {
    const [first, ...rest] = [...this.#backlog, span]
    const isFull = rest.length === BACKLOG_SPANS
    this.#backlog = isFull ? [{ from: first!.from, to: rest[0]!.to }, ...rest.slice(1)] : [first!, ...rest]
    this.#pass = undefined
    this.#backlogAt = env.uptimeMs
    out.note([this.#row()])
    this.lookSoon(env)
  }

  /** Something is missing, or may be had now that could not before. */
  lookSoon(env: Env): void {
    this.#deadlines.setEarliest('look', env.uptimeMs + REPAIR_MS)
  }

  /** The topic has somebody again, who may have what nobody had. */
  onCarrier(env: Env): void {
    for (const one of [...this.#patience.values(), ...this.#tails.values()]) one.askAt = env.uptimeMs
    this.#backlogAt = env.uptimeMs
    this.lookSoon(env)
  }

  /** A member says up to which messages of others it misses none. */
  onSeen(member: Uint8Array, seen: readonly Seen[], env: Env): void {
    const { log, user } = this.#context
    const { senders } = this.#conversation
    const gaps = senders.gaps()
    for (const { sender, group, lamport } of seen) {
      const isOurs = group.length === 0 || log.groupMembers(group).has(user)
      if (equalBytes(sender, user) || !log.isMember(sender) || !isOurs) continue
      for (const gap of gaps) {
        const isHeld = equalBytes(gap.sender, sender) && equalBytes(gap.group, group) && gap.before <= lamport
        if (isHeld) this.#hasIt(this.#patienceOf(gap), member, env)
      }
      const isPlausible = lamport <= Math.min(this.#clock.lamport + LAMPORT_JUMP, LAMPORT_MAX)
      if (isPlausible && lamport > senders.newest(sender, group))
        this.#noteTail(member, { sender, group, lamport }, env)
    }
  }

  #noteTail(member: Uint8Array, { sender, group, lamport }: Seen, env: Env): void {
    const name = mapKey(sender) + mapKey(group)
    const known = this.#tails.get(name)
    if (known === undefined && this.#tails.size === TAILS) return
    const tail = known ?? { sender, group, to: lamport, ...freshPatience(env.uptimeMs + REPAIR_MS) }
    if (lamport > tail.to) {
      tail.to = lamport
      tail.holders.clear()
      tail.told.clear()
    }
    this.#tails.set(name, tail)
    if (tail.to === lamport) this.#hasIt(tail, member, env)
  }

  /** Whoever says to have it is asked soon, once for each that says so. */
  #hasIt(patience: Patience, member: Uint8Array, env: Env): void {
    const { holders, told, tries, askAt } = patience
    if (told.has(hex(member)) || told.size === HOLDERS) return
    told.add(hex(member))
    holders.add(hex(member))
    patience.askAt = Math.min(askAt, env.uptimeMs + waitAfter(tries))
    this.#lookLater(env)
  }

  #patienceOf(gap: Gap): Patience {
    const name = hex(gap.missing)
    const known = this.#patience.get(name) ?? freshPatience(gap.since + REPAIR_MS)
    this.#patience.set(name, known)
    return known
  }

  /** Asks for what is due, unless a question is under way. */
  #look(env: Env, out: Out): void {
    if (this.#asked !== undefined || !this.#readiness.mayRepair) return
    this.#forgetOld()
    const span = this.#backlog.at(-1)
    if (span !== undefined && this.#backlogAt <= env.uptimeMs) return this.#ask([], [], span, out)
    const isDue = ({ askAt }: Patience): boolean => Math.max(askAt, this.#restUntil) <= env.uptimeMs
    const gaps = this.#conversation.senders.gaps().filter((gap) => isDue(this.#patienceOf(gap)))
    const tails = [...this.#tails.values()].filter(isDue)
    if (gaps.length + tails.length > 0) {
      this.#restUntil = env.uptimeMs + REPAIR_PAUSE_MS
      return this.#askFor(gaps, tails, out)
    }
    this.#lookLater(env)
  }

  #lookLater(env: Env): void {
    const gaps = this.#conversation.senders.gaps().map((gap) => this.#patienceOf(gap).askAt)
    const tails = [...this.#tails.values()].map(({ askAt }) => askAt)
    const rested = [...gaps, ...tails].map((at) => Math.max(at, this.#restUntil))
    const moments = [...rested, ...(this.#backlog.length > 0 ? [this.#backlogAt] : [])]
    if (moments.length > 0) this.#deadlines.setEarliest('look', Math.max(Math.min(...moments), env.uptimeMs))
  }

  /** What has come meanwhile, or is not believed any more. */
  #forgetOld(): void {
    const { senders } = this.#conversation
    const missing = new Set(senders.gaps().map((gap) => hex(gap.missing)))
    for (const name of this.#patience.keys()) if (!missing.has(name)) this.#patience.delete(name)
    for (const [name, { sender, group, to, tries }] of this.#tails) {
      if (senders.newest(sender, group) >= to || tries >= TAIL_TRIES) this.#tails.delete(name)
    }
  }

  /** Asks one who says to have it, for all that it has by its word; or others in turn for what nobody says to have. */
  #askFor(gaps: readonly Gap[], tails: readonly Tail[], out: Out): void {
    const [holder] = [...gaps.map((gap) => this.#patienceOf(gap)), ...tails].flatMap(({ holders }) => [...holders])
    const isIts = ({ holders }: Patience): boolean =>
      holders.size === 0 || (holder !== undefined && holders.has(holder))
    const its = gaps.filter((gap) => isIts(this.#patienceOf(gap))).slice(0, ASKED_RANGES)
    const few = tails.filter(isIts).slice(0, ASKED_RANGES - its.length)
    this.#ask(its, few, undefined, out, holder)
  }

  #ask(gaps: readonly Gap[], tails: readonly Tail[], span: SpanRow | undefined, out: Out, holder?: string): void {
    const { channel, name } = this.#context
    const { senders } = this.#conversation
    const ranges: Range[] = [
      ...gaps.map(({ sender, group, after, before }) => ({ sender, group, from: after + 1, to: before - 1 })),
      ...tails.map(({ sender, group, to }) => {
        const newest = senders.newest(sender, group)
        // Of whom nothing is known the newest shows whether there is anything for us.
        return { sender, group, from: newest === 0 ? to : newest + 1, to }
      }),
      ...(span === undefined ? [] : [{ sender: EMPTY, group: EMPTY, ...span }])
    ]
    const patience = [...gaps.map((gap) => this.#patienceOf(gap)), ...tails]
    const skip = Math.max(span === undefined ? 0 : this.#backlogSkip, ...patience.map(({ tries }) => tries))
    const to = holder === undefined ? undefined : asUserId(unhex(holder))
    if (holder !== undefined) for (const { holders } of patience) holders.delete(holder)
    this.#asked = { gaps, tails, span, ranges }
    const question = { frames: { channel, ranges } }
    out.push({ type: 'ask', id: `${name}:frames`, channel, to, addresses: [], question, skip })
  }

  /** What was asked for has come, or some of it, or nothing. */
  onAnswer(answer: Answer | undefined, env: Env, out: Out): void {
    const asked = this.#asked
    if (asked === undefined) return
    this.#asked = undefined
    const frames = this.#messagesOf(answer, asked.ranges, out)
    const isBold = asked.span !== undefined && this.#pass?.isBold === true
    const fates = this.#conversation.onKept(frames, isBold, env, out)
    const { senders } = this.#conversation
    const isMissing = ({ missing }: Gap): boolean => senders.gaps().some((gap) => equalBytes(gap.missing, missing))
    for (const gap of asked.gaps.filter(isMissing)) {
      const patience = this.#patienceOf(gap)
      this.#goOn(patience, env)
      if (gap.isDoubtful && patience.tries >= TAIL_TRIES) senders.drop(gap)
    }
    for (const tail of asked.tails) if (senders.newest(tail.sender, tail.group) < tail.to) this.#goOn(tail, env)
    // What is beyond the reach of a chain takes going through all that is before it.
    if (asked.span === undefined && fates.has('ahead')) this.#addSpan(spanOf(asked.ranges), env, out)
    if (asked.span !== undefined) this.#onSpan(asked.span, answer, frames, fates, env, out)
    // What has come shows what else is missing: it has no need of patience.
    if (frames.length > 0) {
      for (const patience of senders.gaps().map((gap) => this.#patienceOf(gap))) {
        if (patience.tries === 0) patience.askAt = env.uptimeMs
      }
    }
    this.#look(env, out)
  }

  /** Those of an answer that were asked for, in the order in which they were said. */
  #messagesOf(answer: Answer | undefined, ranges: readonly Range[], out: Out): Frame[] {
    const frames: Frame[] = []
    for (const bytes of answer?.frames.slice(0, ANSWERED_FRAMES) ?? []) {
      const frame = readFrame(this.#context.channel, bytes)
      if (frame instanceof Refusal) out.reject(frame)
      else if (frame !== undefined && ranges.some((range) => isAskedFor(range, frame))) frames.push(frame)
    }
    return frames.sort((a, b) => lamportOf(a) - lamportOf(b))
  }

  #goOn(patience: Patience, env: Env): void {
    patience.askAt = env.uptimeMs + waitAfter(++patience.tries)
  }

  /** Part of what was said while we were away, newest first: the rest is below it. */
  #onSpan(
    span: SpanRow,
    answer: Answer | undefined,
    frames: readonly Frame[],
    fates: ReadonlySet<Fate>,
    env: Env,
    out: Out
  ): void {
    const isOurs = this.#backlog.includes(span)
    // What waits for a key is not ours yet; and one who has nothing of it may just have come back, too.
    const isDoubtful = frames.length === 0 && this.#backlogTries + 1 < BACKLOG_TRIES
    if (answer === undefined || isDoubtful || fates.has('waiting') || !isOurs) {
      this.#backlogAt = env.uptimeMs + waitAfter(++this.#backlogTries)
      this.#backlogSkip++
      return
    }
    this.#backlogTries = 0
    // Whoever gives what is of no use is not asked again soon, nor are others in haste.
    const isOfUse = fates.has('taken') || fates.has('ahead')
    if (!isOfUse) this.#backlogSkip++
    this.#backlogAt = env.uptimeMs + (isOfUse ? 0 : REPAIR_PAUSE_MS)
    const oldest = frames.length === 0 ? span.from : lamportOf(frames[0]!)
    // Many may have said something at one time; but an answer that leads nowhere ends there.
    const to = Math.min(oldest, span.to - 1)
    const isDone = !answer.isMore || frames.length === 0 || to < span.from
    const pass = this.#pass ?? { to: span.to, isBold: false, hasTaken: false, hasPassedOver: false }
    pass.hasTaken ||= fates.has('taken')
    pass.hasPassedOver ||= fates.has('ahead')
    // What was out of reach of its chain is in reach once the messages before it are there, or will never be.
    const isAgain = isDone && pass.hasPassedOver && (pass.hasTaken || !pass.isBold)
    const next = { to: pass.to, isBold: !pass.hasTaken, hasTaken: false, hasPassedOver: false }
    this.#pass = isAgain ? next : isDone ? undefined : pass
    const rest = isAgain ? [{ from: span.from, to: pass.to }] : isDone ? [] : [{ from: span.from, to }]
    this.#backlog = this.#backlog.flatMap((one) => (one === span ? rest : one))
    // With what we have heard: a start asks for what came after it, and for what is left of this.
    out.note([this.#row(), ...this.#conversation.notes()])
  }

  #row(): Row {
    return stateRow(this.#entry, BacklogRow.encode({ spans: this.#backlog }))
  }

  get #entry(): string {
    return `backlog/${this.#context.name}`
  }

  /** @returns the rows to delete. */
  keys(): RowKey[] {
    return [stateKey(this.#entry)]
  }

  restore(bytes: Uint8Array): void {
    this.#backlog = BacklogRow.decode(bytes).spans.slice(-BACKLOG_SPANS)
  }
}

const freshPatience = (askAt: number): Patience => ({ tries: 0, askAt, holders: new Set(), told: new Set() })

/** Wait after so many tries in vain, ms. */
const waitAfter = (tries: number): number => Math.min(REPAIR_MAX_MS, REPAIR_MS * 2 ** tries)

const spanOf = (ranges: readonly Range[]): SpanRow => ({
  from: Math.min(...ranges.map(({ from }) => from)),
  to: Math.max(...ranges.map(({ to }) => to))
})

const isAskedFor = (range: Range, { author, body, bytes }: Frame): boolean => {
  const { message = body.plainMessage } = body
  return message !== undefined && message.lamport > 0 && isInRange(range, { sender: author, ...message, frame: bytes })
}

const lamportOf = ({ body }: Frame): number => (body.message ?? body.plainMessage)!.lamport
