/**
 * Getting the frames of one-to-one sessions that passed while we were away (protocol §12.2).
 *
 * Nothing shows which there were, nor who was there to keep them: so carriers without keys and members are asked, each once,
 * also those that come later. A question says what has come already: of many who keep the same only the first gives it. What
 * comes is for our sessions to judge, of one author after the other, and no faster than starts may come.
 */
import { hex, mapKey, unhex } from '../../base/bytes.ts'
import { inTurn } from '../../base/in-turn.ts'
import { trim } from '../../base/trim.ts'
import { ANSWERED_FRAMES, KNOWN_FRAMES } from '../../wire/limits.ts'
import type { Answer } from '../../wire/messages.ts'
import { AbsenceRow, type AbsenceSpanRow } from '../../wire/rows.ts'
import type { Context } from '../channel/context.ts'
import { type Frame, readFrame } from '../channel/frame.ts'
import { beginningOf, FramesAnswer } from '../channel/frames-answer.ts'
import { Deadlines } from '../deadlines.ts'
import { asUserId, type UserId } from '../identity/user.ts'
import type { Env, Row, RowKey } from '../machine.ts'
import { type Out, stateKey, stateRow } from '../out.ts'
import {
  ABSENCE_MS,
  ABSENCE_SLACK,
  ASKED_CARRIERS,
  ASKED_KEEPERS,
  BACKLOG_SPANS,
  KEEPER_ANSWERS,
  KEEPER_TRIES,
  REPAIR_MAX_MS,
  REPAIR_MS,
  REPAIR_PAUSE_MS
} from '../params.ts'
import { Refusal } from '../reject.ts'
import type { Clock } from './clock.ts'
import type { Readiness } from './repair.ts'

/** Whom a question went to. */
interface Asked {
  readonly isMember: boolean
  /** Its answers so far. */
  readonly answers: number
}

export class SessionRepair {
  readonly #context: Context
  readonly #clock: Clock
  readonly #readiness: Readiness
  readonly #present: () => Uint8Array[]
  readonly #deadlines = new Deadlines<'look'>()
  /** Oldest first. */
  #spans: AbsenceSpanRow[] = []
  /** Tries in vain with each since the newest absence, by hex; as many as there may be once it has given all. */
  readonly #members = new Map<string, number>()
  readonly #carriers = new Map<string, number>()
  /** Those that gave no answer, and are not asked again at once. */
  readonly #passedOver = new Set<string>()
  /** `Env.uptimeMs` from which there may be a carrier to ask, and how often there was none. */
  #carriersAt = Number.NEGATIVE_INFINITY
  #carrierTries = 0
  /** The question under way. */
  #asked: Asked | undefined
  /** One that has more to give. */
  #next: { readonly from: UserId; readonly asked: Asked } | undefined
  /** `Env.uptimeMs` before which nothing is asked for. */
  #restUntil = Number.NEGATIVE_INFINITY
  /** What came, of each author in turn the oldest first. */
  #queue: Frame[] = []
  /** What came on the topic with a start that was not looked at; of each author in turn. */
  #early: Frame[] = []
  /** Those that bring one start too many, and are given a second try. */
  readonly #refused = new WeakSet<Frame>()
  /** How questions name what has come, by hex. */
  readonly #known = new Map<string, Uint8Array>()

  /** @param present - the other members that are online. */
  constructor(context: Context, clock: Clock, readiness: Readiness, present: () => Uint8Array[]) {
    this.#context = context
    this.#clock = clock
    this.#readiness = readiness
    this.#present = present
  }

  nextAt(): number | undefined {
    return this.#deadlines.next()
  }

  wake(env: Env, out: Out): void {
    if (this.#deadlines.due(env.uptimeMs).length > 0) this.#look(env, out)
  }

  unsafeFills(): { readonly name: string; readonly size: number; readonly cap: number }[] {
    return [
      { name: 'spans of absence', size: this.#spans.length, cap: BACKLOG_SPANS },
      { name: 'members asked for session frames', size: this.#members.size, cap: ASKED_KEEPERS },
      { name: 'carriers asked for session frames', size: this.#carriers.size, cap: ASKED_CARRIERS },
      { name: 'session frames known', size: this.#known.size, cap: KNOWN_FRAMES },
      { name: 'session frames that wait to be looked at', size: this.#queue.length, cap: ANSWERED_FRAMES },
      { name: 'session frames that came too early', size: this.#early.length, cap: ANSWERED_FRAMES }
    ]
  }

  /** Frames may have passed that we have not seen: whoever is there is asked, and whoever comes. */
  noteAbsence(env: Env, out: Out): void {
    const from = Math.max(1, this.#clock.lamport + 1 - ABSENCE_SLACK)
    const until = env.now + ABSENCE_MS
    const alive = this.#aliveSpans(env).filter((span) => span.from !== from)
    const last = alive.length === BACKLOG_SPANS ? alive.pop() : undefined
    this.#spans = [...alive, { from: last?.from ?? from, until }]
    this.#members.clear()
    this.#carriers.clear()
    this.#passedOver.clear()
    out.note([this.#row()])
    this.onCarrier(env)
  }

  /** The topic has somebody again. */
  onCarrier(env: Env): void {
    this.#carriersAt = env.uptimeMs
    this.#carrierTries = 0
    this.lookSoon(env)
  }

  /** A member is there. */
  onMember(user: Uint8Array, env: Env): void {
    const name = hex(user)
    this.#passedOver.delete(name)
    if (this.#mayAskMember(name)) this.lookSoon(env)
  }

  #mayAskMember(name: string): boolean {
    const tries = this.#members.get(name)
    if (this.#passedOver.has(name)) return false
    return tries === undefined ? this.#members.size < ASKED_KEEPERS : tries < KEEPER_TRIES
  }

  /** Somebody may be there who can be asked. */
  lookSoon(env: Env): void {
    if (this.#aliveSpans(env).length > 0) this.#deadlines.setEarliest('look', env.uptimeMs + REPAIR_MS)
  }

  #aliveSpans({ now }: Env): AbsenceSpanRow[] {
    return this.#spans.filter(({ until }) => until > now && until <= now + ABSENCE_MS)
  }

  #look(env: Env, out: Out): void {
    if (this.#asked !== undefined || !this.#readiness.mayRepair) return
    this.#work(env, out)
    if (this.#queue.length > 0 || env.uptimeMs < this.#restUntil) {
      this.#deadlines.setEarliest('look', Math.max(this.#restUntil, env.uptimeMs))
      return
    }
    const spans = this.#aliveSpans(env)
    if (spans.length === 0) return
    const from = Math.min(...spans.map((span) => span.from))
    if (this.#next !== undefined) return this.#ask(this.#next.asked, this.#next.from, from, env, out)
    if (this.#carriers.size < ASKED_CARRIERS) {
      if (this.#carriersAt <= env.uptimeMs) {
        return this.#ask({ isMember: false, answers: 0 }, undefined, from, env, out)
      }
      this.#deadlines.setEarliest('look', this.#carriersAt)
    }
    const member = this.#memberToAsk(env)
    if (member !== undefined) this.#ask({ isMember: true, answers: 0 }, member, from, env, out)
  }

  /** Any of those present: not all ask the same. */
  #memberToAsk(env: Env): UserId | undefined {
    const present = this.#present().filter((user) => this.#mayAskMember(hex(user)))
    if (present.length === 0) return undefined
    const [low, high] = env.random(2) as unknown as [number, number]
    return asUserId(present[(low + 256 * high) % present.length]!)
  }

  #ask(asked: Asked, to: UserId | undefined, from: number, env: Env, out: Out): void {
    const { channel, name } = this.#context
    this.#asked = asked
    this.#next = undefined
    this.#restUntil = env.uptimeMs + REPAIR_PAUSE_MS
    const known = [...this.#known.values()]
    const isOver = (carrier: string): boolean =>
      this.#passedOver.has(carrier) || this.#carriers.get(carrier) === KEEPER_TRIES
    const but = [...this.#carriers.keys()].filter(isOver).map((carrier) => asUserId(unhex(carrier)))
    const question = { sessions: { channel, from, known } }
    out.push({ type: 'ask', id: `${name}:sessions`, channel, to, addresses: [], question, but })
  }

  /**
   * What somebody has kept, or some of it, or nothing.
   *
   * @param from - who was asked; undefined: there was no carrier to ask.
   */
  onAnswer(from: UserId | undefined, answer: Answer | undefined, env: Env, out: Out): void {
    const asked = this.#asked
    if (asked === undefined) return
    this.#asked = undefined
    if (from === undefined) {
      // Those that gave no answer may do so later.
      for (const carrier of this.#carriers.keys()) this.#passedOver.delete(carrier)
      this.#carriersAt = env.uptimeMs + Math.min(REPAIR_MAX_MS, REPAIR_MS * 2 ** this.#carrierTries++)
    } else this.#onAnswerOf(from, asked, answer, out)
    this.#look(env, out)
  }

  #onAnswerOf(from: UserId, asked: Asked, answer: Answer | undefined, out: Out): void {
    const name = hex(from)
    const book = asked.isMember ? this.#members : this.#carriers
    if (answer === undefined) {
      book.set(name, (book.get(name) ?? 0) + 1)
      this.#passedOver.add(name)
      return
    }
    const isNew = this.#takeIn(answer, out)
    const answers = asked.answers + 1
    if (answer.isMore && isNew && answers < KEEPER_ANSWERS) this.#next = { from, asked: { ...asked, answers } }
    else book.set(name, KEEPER_TRIES)
  }

  /** @returns whether there was anything that had not come before. */
  #takeIn(answer: Answer, out: Out): boolean {
    const came: Frame[] = []
    for (const bytes of answer.frames.slice(0, ANSWERED_FRAMES)) {
      const frame = readFrame(this.#context.channel, bytes)
      if (frame instanceof Refusal) out.reject(frame)
      else if (frame?.body.session !== undefined && this.#isNew(frame)) came.push(frame)
    }
    this.#queue = ofEachInTurn(came.sort((a, b) => a.body.session!.lamport - b.body.session!.lamport))
    return came.length > 0
  }

  #isNew({ id }: Frame): boolean {
    const beginning = beginningOf(id)
    const name = hex(beginning)
    if (this.#known.has(name)) return false
    this.#known.set(name, beginning)
    trim(this.#known, KNOWN_FRAMES)
    return true
  }

  /** A frame on the topic, of a member, with a start that was not looked at (R-1017). There is room for what an answer holds. */
  takeEarly(frame: Frame, env: Env): void {
    const room = new FramesAnswer()
    this.#early = ofEachInTurn([...this.#early, frame]).filter(({ bytes }) => room.take(bytes))
    this.#deadlines.setEarliest('look', env.uptimeMs + REPAIR_PAUSE_MS)
  }

  /**
   * Hands over what came: on a topic a member's frames alone would have reached us, and starts no faster than they may. What
   * was not looked at for that waits, and what its author said later, too; a start too many is refused for good at the second try.
   */
  #work(env: Env, out: Out): void {
    const waiting = new Set<string>()
    const isLeft = (frame: Frame): boolean => {
      const author = mapKey(frame.author)
      if (!waiting.has(author) && this.#isOver(frame, env, out)) return false
      waiting.add(author)
      return true
    }
    const next = env.uptimeMs + REPAIR_PAUSE_MS
    this.#queue = this.#queue.filter(isLeft)
    if (this.#queue.length > 0) this.#restUntil = next
    this.#early = this.#early.filter(isLeft)
    if (this.#early.length > 0) this.#deadlines.setEarliest('look', next)
  }

  #isOver(frame: Frame, env: Env, out: Out): boolean {
    if (!this.#context.log.isMember(frame.author)) return true
    const check = this.#context.onSession(frame, env, out)?.check
    if (check === 1017) return false
    if (check !== 1005 || this.#refused.has(frame)) return true
    this.#refused.add(frame)
    return false
  }

  #row(): Row {
    return stateRow(this.#entry, AbsenceRow.encode({ spans: this.#spans }))
  }

  get #entry(): string {
    return `absence/${this.#context.name}`
  }

  /** @returns the rows to delete. */
  keys(): RowKey[] {
    return [stateKey(this.#entry)]
  }

  restore(bytes: Uint8Array): void {
    this.#spans = AbsenceRow.decode(bytes).spans.slice(-BACKLOG_SPANS)
  }
}

/** One frame of each author after the other; those of one stay in their order. */
const ofEachInTurn = (frames: readonly Frame[]): Frame[] => [
  ...inTurn([...Map.groupBy(frames, ({ author }) => mapKey(author)).values()])
]
