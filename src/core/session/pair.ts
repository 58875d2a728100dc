/**
 * The conversation of two users: every text arrives once and in order, or it is reported, whatever becomes of sessions.
 *
 * A text has a number of its own and stays until the other end acknowledges it; it is sent again, and sealed anew when the
 * session under which it was sealed is not used any more. The state of a session is durable before a frame sealed with it
 * goes out, and what was received is durable, with the state that has used its key up, before it is acknowledged: no crash
 * seals two things under one key, or loses a text. Whatever the other end sends, its sessions, lives and texts are bounded.
 */
import { EMPTY, equalBytes, hex } from '../../base/bytes.ts'
import { UsageError } from '../../base/errors.ts'
import { INSTANCE_BYTES, MARK_BYTES, MARKS, ONE_TIME_KEYS, PADDING_CLASSES } from '../../wire/limits.ts'
import { Content, type SessionContent, type SessionFrame } from '../../wire/messages.ts'
import { type EarlyRow, PairRow, type SaidRow } from '../../wire/rows.ts'
import { Allowance } from '../allowance.ts'
import { isContent } from '../channel/content.ts'
import { Deadlines } from '../deadlines.ts'
import type { UserId } from '../identity/user.ts'
import type { Env, Row, RowKey } from '../machine.ts'
import { type Out, stateRow } from '../out.ts'
import {
  ACK_MS,
  OUTBOX_MESSAGES,
  REPEAT_MS,
  REPEATS_AT_ONCE,
  RESEAL_TRIES,
  RESEND_MAX_MS,
  RESEND_MS,
  RESEND_THERE_MS,
  RESENT_AT_ONCE,
  SESSION_GRACE_MS,
  SESSION_RENEW_TRIES,
  SESSION_RENEWAL_MS,
  SESSION_RENEWALS_AT_ONCE,
  START_OF_ONE_MS,
  STARTS_OF_ONE_AT_ONCE
} from '../params.ts'
import { Refusal, refuse } from '../reject.ts'
import { initiate, MAX_GENERATION } from './handshake.ts'
import { Heard, type HeardEvent } from './heard.ts'
import { Said, type SaidText } from './said.ts'
import { Session } from './session.ts'
import { SessionSet } from './session-set.ts'
import type { AcceptedStart } from './starts.ts'
import { type DirectText, directText, type PairContext, Turn } from './turn.ts'

/** The longest content that a frame with a start in it has room for. */
const EARLY_CONTENT_BYTES = PADDING_CLASSES.at(-2)! - 256 - MARKS * MARK_BYTES

export class Pair {
  readonly other: UserId
  readonly #context: PairContext
  readonly #said: Said
  readonly #heard: Heard
  /** 16 bytes; empty until the first event. */
  #instance: Uint8Array = EMPTY
  /** Instance of the other end that was heard last; empty: none was. */
  #life: Uint8Array = EMPTY
  /** Number of what is said next. */
  #next = 1
  /** One-time keys of the other that starts of ours have used. */
  #usedKeys: Uint8Array[] = []
  readonly #sessions = new SessionSet()
  /** Those whose initiator may wait for an answer. */
  readonly #owed = new Set<Session>()
  readonly #deadlines = new Deadlines<'resend' | 'acknowledge' | 'prune'>()
  readonly #renewals = new Allowance(SESSION_RENEWALS_AT_ONCE, SESSION_RENEWAL_MS)
  readonly #starts = new Allowance(STARTS_OF_ONE_AT_ONCE, START_OF_ONE_MS)
  readonly #repeats = new Allowance(REPEATS_AT_ONCE, REPEAT_MS)
  #resendAfterMs = RESEND_MS
  #resentAt = Number.NEGATIVE_INFINITY
  #attempt = 0
  /** Tries since the other end was last heard or came. */
  #unanswered = 0
  #isThere = false

  constructor(context: PairContext, other: UserId) {
    this.#context = context
    this.other = other
    this.#said = new Said(other)
    this.#heard = new Heard(other)
  }

  /** `Env.uptimeMs` of the next `wake`. */
  get nextAt(): number | undefined {
    return this.#deadlines.next()
  }

  /** The sessions, the preferred one first. */
  get sessions(): readonly Session[] {
    return this.#sessions.all
  }

  /** Texts that are not acknowledged. */
  get waiting(): number {
    return this.#said.size
  }

  /** The text of ours in a frame, while it is not acknowledged: how many of those not acknowledged come before it, and its id. */
  textIn({ tag, header }: SessionFrame): { readonly before: number; readonly id: Uint8Array } | undefined {
    const texts = this.#said.window()
    const isIn = ({ sealed }: SaidText): boolean =>
      sealed !== undefined && equalBytes(sealed.frame.tag, tag) && equalBytes(sealed.frame.header, header)
    const before = texts.findIndex(isIn)
    return before < 0 ? undefined : { before, id: this.#ownOf(texts[before]!).id }
  }

  /** Texts that came before what is before them. */
  get early(): number {
    return this.#heard.early
  }

  /** Whether a frame with this tag is for this pair. */
  knows(tag: Uint8Array): boolean {
    return this.#sessions.of(tag) !== undefined
  }

  /** Goes on with what earlier runs have kept. */
  restore(
    row: PairRow,
    said: readonly SaidRow[],
    early: readonly EarlyRow[],
    sessions: readonly Session[],
    env: Env
  ): void {
    this.#instance = row.instance.length > 0 ? row.instance : env.random(INSTANCE_BYTES)
    this.#life = row.life
    this.#next = row.next
    this.#usedKeys = row.usedKeys
    this.#said.restore(said, this.#instance)
    this.#heard.restore(row.lives, early, env)
    for (const session of sessions) this.#sessions.add(session)
    this.#said.unsealBut(sessions.filter(({ isDoubted }) => !isDoubted))
    if (this.#isWaiting()) this.#deadlines.set('resend', env.uptimeMs)
    this.#pruneLater(env)
  }

  /**
   * Says something to the other user. From now on it is on its way, until it is acknowledged.
   *
   * @returns the text as it is kept.
   * @throws {UsageError} `BAD_MESSAGE` for a content out of its limits, `OUTBOX_FULL` when too much waits.
   */
  say(content: Content, env: Env, out: Out): DirectText {
    if (!isContent(content))
      throw new UsageError(
        'BAD_MESSAGE',
        'This cannot be said: a message has one kind of content, within its limits. Nothing was sent: make it shorter.'
      )
    if (this.#said.size >= OUTBOX_MESSAGES)
      throw new UsageError(
        'OUTBOX_FULL',
        'Too many messages wait for this user already. Nothing was said: try again when some have arrived.'
      )
    const turn = this.#turn(env)
    const text = this.#said.add(this.#next++, content, this.#instance)
    const shown = this.#ownOf(text)
    turn.isDurable = true
    turn.write({ puts: [this.#row(), this.#said.row(text), ...this.#context.rowsOf(shown)], deletes: [] })
    this.#pump(env, turn)
    turn.finish(this.other, this.#context, out)
    return shown
  }

  /** A frame with a tag that `knows`. @returns R-1006 – R-1015 when it is refused. */
  receive(frame: SessionFrame, env: Env, out: Out): Refusal | undefined {
    const session = this.#sessions.of(frame.tag)
    if (session === undefined) return refuse(1007)
    const opened = session.open(frame, env, (content) => this.#heard.judge(content))
    if (opened instanceof Refusal) {
      if (opened.check === 1009) this.#answerRepeated(session, frame, env)
      return opened
    }
    const turn = this.#turn(env)
    const { sessions } = this
    this.#hear(session, frame, opened, env, turn)
    const isSetBack = this.#acknowledged(opened, env, turn)
    if (isSetBack) {
      this.#start(env, turn, true)
      for (const outdated of sessions) this.#drop(outdated, turn)
      this.#resendSoon(env)
    }
    this.#pump(env, turn)
    if (isSetBack) this.#open(turn)
    turn.finish(this.other, this.#context, out)
    return undefined
  }

  /**
   * A start of the other user that every check has passed.
   *
   * @param rows - what lets it count once, to be written with what comes of it.
   * @returns R-1005 or R-1014; then nothing may be kept of it.
   */
  welcome(
    start: AcceptedStart,
    frame: SessionFrame,
    rows: () => { readonly puts: readonly Row[]; readonly deletes: readonly RowKey[] },
    env: Env,
    out: Out
  ): Refusal | undefined {
    const refused = env.uptimeMs < this.#starts.nextAt ? refuse(1005) : this.#heard.judge(start.content)
    if (refused !== undefined) {
      start.session.destroy()
      return refused
    }
    this.#starts.take(env.uptimeMs)
    const turn = this.#turn(env)
    turn.write(rows())
    const { session } = start
    // Two starts that cross are of one generation.
    if (this.sessions.some((one) => one.isConfirmed && one.generation < session.generation)) turn.isRenewed = true
    if (this.#acknowledged(start.content, env, turn)) for (const outdated of this.sessions) this.#drop(outdated, turn)
    this.#add(session, turn)
    this.#hear(session, frame, start.content, env, turn)
    this.#answer(session, turn)
    this.#pump(env, turn)
    this.#pruneLater(env)
    turn.finish(this.other, this.#context, out)
    return undefined
  }

  /**
   * The other user shows itself, or is gone. What waits is sent at once when it comes, and at no long intervals while it is
   * there: being heard of is no answer.
   */
  setThere(isThere: boolean, env: Env): void {
    const comes = isThere && !this.#isThere
    this.#isThere = isThere
    if (comes) this.#unanswered = 0
    if (!isThere || !this.#deadlines.has('resend')) return
    if (comes) this.#resendAfterMs = RESEND_MS
    const pause = Math.min(this.#resendAfterMs, RESEND_THERE_MS)
    this.#deadlines.setEarliest('resend', Math.max(env.uptimeMs, this.#resentAt + pause))
  }

  /**
   * The other end says, and nothing proves it, that it can do nothing with our frames of this tag: a session that it does not
   * have, a start whose one-time key was used, or a chain that it has let go of.
   */
  hint(tag: Uint8Array, env: Env, out: Out): void {
    const session = this.sessions.find(({ sendingTag }) => sendingTag && equalBytes(sendingTag, tag))
    const turn = this.#turn(env)
    if (session === undefined) {
      if (!this.#said.unsealTag(tag)) return
    } else if (session.isDoubted || !this.#renew(env, turn)) return
    this.#pump(env, turn)
    this.#open(turn)
    this.#resendSoon(env)
    turn.finish(this.other, this.#context, out)
  }

  /** There is a newer record of the other user. */
  recordFound(env: Env, out: Out): void {
    const turn = this.#turn(env)
    this.#pump(env, turn)
    turn.finish(this.other, this.#context, out)
  }

  /** What is due now. */
  wake(env: Env, out: Out): void {
    const due = this.#deadlines.due(env.uptimeMs)
    if (due.length === 0) return
    const turn = this.#turn(env)
    if (due.includes('prune')) this.#prune(env, turn)
    if (due.includes('resend')) this.#resend(env, turn)
    if (due.includes('acknowledge')) this.#acknowledge(turn)
    turn.finish(this.other, this.#context, out)
  }

  // ------------------------------------------------------------------ sessions

  #add(session: Session, turn: Turn): void {
    this.#sessions.add(session)
    for (const spare of this.#sessions.spare(session)) this.#drop(spare, turn)
  }

  #drop(session: Session, turn: Turn): void {
    this.#sessions.delete(session)
    this.#owed.delete(session)
    this.#said.unseal(session)
    turn.write({ puts: [], deletes: session.destroy() })
  }

  #doubt(session: Session, turn: Turn): void {
    session.isDoubted = true
    this.#said.unseal(session)
    turn.write(session.rows())
  }

  #start(env: Env, turn: Turn, mayUseOneTimeKey: boolean): void {
    const record = this.#context.recordOf(this.other)
    if (record === undefined || record.expiresAt <= env.now) {
      turn.notices.push({ type: 'recordNeeded', user: this.other })
      return
    }
    const generation = Math.min(Math.max(0, ...this.sessions.map((one) => one.generation)) + 1, MAX_GENERATION)
    const unused = record.oneTimeKeys.filter((key) => !this.#usedKeys.some((used) => equalBytes(used, key)))
    const pick = unused[env.random(1)[0]! % Math.max(1, unused.length)]
    const oneTimeKey = mayUseOneTimeKey ? pick : undefined
    const { self } = this.#context
    const started = initiate(self, record, oneTimeKey, generation, env.random)
    if (started instanceof Refusal) {
      if (oneTimeKey !== undefined) this.#start(env, turn, false)
      return
    }
    if (oneTimeKey !== undefined) this.#usedKeys = [...this.#usedKeys, oneTimeKey].slice(-ONE_TIME_KEYS)
    const traits = { generation, hasOneTimeKey: oneTimeKey !== undefined }
    const ends = { self: self.record.user, other: this.other }
    const session = Session.initiator(ends, started.agreed, started.start, traits, record.prekey.x25519, env.random)
    session.usableUntil = Math.min(record.prekey.notAfter, self.record.expiresAt)
    this.#add(session, turn)
    turn.isDurable = true
    turn.write({ puts: [this.#row()], deletes: [] })
    turn.write(session.rows())
    this.#unanswered = 0
    this.#pruneLater(env)
  }

  /** Starts anew beside sessions of which the other end may know nothing any more. @returns whether it is time for that. */
  #renew(env: Env, turn: Turn): boolean {
    if (env.uptimeMs < this.#renewals.nextAt) return false
    this.#renewals.take(env.uptimeMs)
    const hadOneTimeKey = this.sessions.some((session) => !session.isConfirmed && session.hasOneTimeKey)
    for (const session of this.sessions) this.#doubt(session, turn)
    this.#start(env, turn, !hadOneTimeKey)
    return true
  }

  #pruneLater(env: Env): void {
    const isAnySkipped = this.sessions.some(({ skippedKeys }) => skippedKeys > 0)
    if (this.sessions.length > 1 || this.#heard.early > 0 || isAnySkipped)
      this.#deadlines.setOnce('prune', env.uptimeMs + SESSION_GRACE_MS)
  }

  /** Lets go of sessions that were beside the one talked on for a while, of old keys, and of lives that have long ended. */
  #prune(env: Env, turn: Turn): void {
    const talking = this.#sessions.talking()
    const pending = this.#sessions.pending()
    for (const session of this.sessions) {
      if (!talking?.isConfirmed || session === talking || session === pending) session.asideSince = undefined
      else if (session.asideSince === undefined) session.asideSince = env.uptimeMs
      else if (env.uptimeMs >= session.asideSince + SESSION_GRACE_MS) this.#drop(session, turn)
    }
    for (const session of this.sessions) {
      session.prune(env.now)
      turn.write(session.rows())
    }
    for (const instance of this.#heard.silent(env.uptimeMs)) {
      const isOver = ![this.#life, ...this.sessions.map(({ life }) => life)].some((life) => equalBytes(life, instance))
      if (isOver) this.#show(this.#heard.end(instance), turn)
    }
    turn.write({ puts: [this.#row()], deletes: [] })
    this.#pump(env, turn)
    this.#pruneLater(env)
  }

  // ------------------------------------------------------------------ hearing

  #hear(session: Session, frame: SessionFrame, content: SessionContent, env: Env, turn: Turn): void {
    const isOther = !equalBytes(content.instance, this.#life)
    // What comes late of a life that was left brings none of its sessions back.
    if (!isOther || !session.isDoubted) {
      this.#unanswered = 0
      if (isOther) this.#meet(content.instance, turn)
      session.isDoubted = false
    }
    this.#show(this.#heard.take(content, env), turn)
    if (content.number > 0 || frame.start !== undefined) this.#answerLater(session, frame, env.uptimeMs + ACK_MS)
    turn.write({ puts: [this.#row()], deletes: [] })
    turn.write(session.rows())
    this.#pruneLater(env)
  }

  /** Another life of the other end than the one heard last: it has none of the sessions of that. */
  #meet(instance: Uint8Array, turn: Turn): void {
    if (this.#life.length > 0 && !this.#heard.knows(instance)) turn.isRenewed = true
    this.#life = instance
    for (const session of this.sessions) {
      if (session.life.length > 0 && !equalBytes(session.life, instance)) this.#doubt(session, turn)
    }
  }

  #show(events: readonly HeardEvent[], turn: Turn): void {
    turn.write(this.#heard.rows())
    for (const event of events) {
      if (event.type === 'gap') {
        turn.notices.push({ type: 'gap', user: this.other, missing: event.missing })
        continue
      }
      const { instance, number, content } = event
      const text = directText(this.#context.self.record.user, this.other, false, instance, number, content)
      turn.isDurable = true
      turn.write({ puts: this.#context.rowsOf(text), deletes: [] })
      turn.notices.push({ type: 'text', text })
    }
  }

  /**
   * The other end has what we said, or something else instead: then our state was set back to an older one, and we begin
   * another life, in which nothing has a name that the other end may know another text by.
   *
   * @returns whether that is so: no session that we have had can be gone on with.
   */
  #acknowledged({ ackInstance, ack, marks }: SessionContent, env: Env, turn: Turn): boolean {
    if (!equalBytes(ackInstance, this.#instance)) return false
    const told = this.#said.upTo(ack, marks)
    const isSetBack = ack >= this.#next || told.some(({ hasCome }) => !hasCome)
    if (isSetBack && env.uptimeMs < this.#renewals.nextAt) return false
    let before = 0
    for (const { text, hasCome } of told) {
      if (hasCome) this.#arrived(text, before, turn)
      else before++
    }
    if (isSetBack) {
      this.#renewals.take(env.uptimeMs)
      this.#beginAnew(told, Math.min(ack, this.#next - 1), env, turn)
    }
    this.#said.unsealTried(RESEAL_TRIES)
    if (told.length === 0) return isSetBack
    this.#resendAfterMs = RESEND_MS
    this.#attempt = 0
    this.#deadlines.set('resend', this.#isWaiting() ? env.uptimeMs + RESEND_MS : undefined)
    return isSetBack
  }

  #arrived(text: SaidText, before: number, turn: Turn): void {
    this.#said.delete(text)
    turn.write({ puts: [], deletes: [this.#said.key(text.number)] })
    turn.notices.push({ type: 'received', user: this.other, id: this.#ownOf(text).id, before })
  }

  /** Begins another life. @param told - of these the texts that have not come go on in it under other names, up to a number. */
  #beginAnew(told: ReturnType<Said['upTo']>, upTo: number, env: Env, turn: Turn): void {
    const lost = told.filter(({ hasCome }) => !hasCome).map(({ text }) => text)
    const come = told.filter(({ hasCome }) => hasCome).map(({ text }) => text.number)
    this.#instance = env.random(INSTANCE_BYTES)
    turn.isDurable = true
    turn.notices.push({ type: 'setBack', user: this.other })
    const renamed = this.#said.rename(lost, upTo, this.#instance, (text) => this.#ownOf(text).id)
    turn.write({ puts: [this.#row()], deletes: renamed.map(({ was }) => this.#said.key(was.number)) })
    for (const { was, text, before } of renamed) {
      const [old, own] = [this.#ownOf(was), this.#ownOf(text)]
      const comeBefore = come.filter((number) => number < was.number).length
      const { puts, deletes } = this.#context.rowsOfRenamed(old, own, before + comeBefore)
      turn.write({ puts: [], deletes })
      turn.write({ puts: [this.#said.row(text), ...puts], deletes: [] })
      turn.notices.push({ type: 'renamed', was: old, text: own })
    }
  }

  // ------------------------------------------------------------------ saying

  /** Seals what may be on its way, and starts a session when there is none to say it in. */
  #pump(env: Env, turn: Turn): void {
    const waiting = this.#said.window().filter(({ sealed }) => sealed === undefined)
    if (waiting.length === 0) return
    const isStarting = this.#sessions.talking() === undefined && this.#sessions.pending() === undefined
    if (isStarting) this.#start(env, turn, true)
    const session = this.#sessions.talking()
    for (const text of waiting) {
      if (session === undefined) break
      if (!session.isConfirmed && Content.encode(text.content).length > EARLY_CONTENT_BYTES) break
      turn.frames.push(this.#seal(text, session, turn))
    }
    if (isStarting) this.#open(turn)
    this.#resendSoon(env)
  }

  /** Sends a start of ours without answer by itself, when nothing that is on its way brings it. */
  #open(turn: Turn): void {
    const pending = this.#sessions.pending()
    if (pending === undefined || this.#said.isUnder(pending)) return
    if (pending.opening === undefined) {
      pending.sealOpening(this.#content(pending))
      turn.isDurable = true
      turn.write(pending.rows())
    }
    turn.frames.push({ ...pending.opening!, attempt: this.#attempt })
  }

  #seal(text: SaidText, session: Session, turn: Turn): SessionFrame {
    const { number, content, instance } = text
    const origin = equalBytes(instance, this.#instance) ? EMPTY : instance
    const frame = session.seal({ ...this.#content(session), number, content, origin })
    text.sealed = { session: session.id, frame, tries: 0 }
    this.#settle(session)
    turn.isDurable = true
    turn.write({ puts: [this.#said.row(text)], deletes: [] })
    turn.write(session.rows())
    return frame
  }

  /** Whether there is anything that the other end should have, and may not. */
  #isWaiting(): boolean {
    return this.#said.size > 0 || this.#sessions.pending() !== undefined
  }

  #resendSoon(env: Env): void {
    this.#deadlines.setOnce('resend', env.uptimeMs + this.#resendAfterMs)
  }

  #resend(env: Env, turn: Turn): void {
    this.#resentAt = env.uptimeMs
    this.#unanswered++
    this.#attempt++
    const pending = this.#sessions.pending()
    const isOver = pending !== undefined && env.now >= pending.usableUntil
    if (isOver || (this.#isThere && this.#unanswered > SESSION_RENEW_TRIES)) this.#renew(env, turn)
    const session = this.#sessions.talking()
    // There is one to talk on: a start that nobody answers is not needed.
    if (pending !== undefined && session?.isConfirmed && ++pending.tries > SESSION_RENEW_TRIES)
      this.#doubt(pending, turn)
    const texts = this.#said.window().filter(({ sealed }) => sealed !== undefined)
    for (const text of texts.slice(0, RESENT_AT_ONCE)) {
      const isOfOther = session !== undefined && !equalBytes(text.sealed!.session, session.id)
      text.sealed!.tries++
      const frame = isOfOther && session.isConfirmed ? this.#seal(text, session, turn) : text.sealed!.frame
      turn.frames.push({ ...frame, attempt: this.#attempt })
    }
    this.#pump(env, turn)
    this.#open(turn)
    if (!this.#isWaiting()) return
    this.#resendAfterMs = Math.min(this.#resendAfterMs * 2, RESEND_MAX_MS)
    this.#deadlines.set('resend', env.uptimeMs + this.#resendAfterMs)
  }

  #answerLater(session: Session, { start }: SessionFrame, at: number): void {
    if (start !== undefined) this.#owed.add(session)
    this.#deadlines.setEarliest('acknowledge', at)
  }

  /**
   * Whoever sends again what has come does not know that it has: it is told once more. But others can repeat a frame, too,
   * so not at any pace.
   */
  #answerRepeated(session: Session, frame: SessionFrame, env: Env): void {
    if (!this.#deadlines.has('acknowledge')) {
      if (env.uptimeMs < this.#repeats.nextAt) return
      this.#repeats.take(env.uptimeMs)
    }
    this.#answerLater(session, frame, env.uptimeMs + RESEND_MS)
  }

  #acknowledge(turn: Turn): void {
    const talking = this.#sessions.talking()
    const sessions = this.#owed.size > 0 ? [...this.#owed] : talking === undefined ? [] : [talking]
    for (const session of sessions) this.#answer(session, turn)
  }

  /** Says nothing, but what has arrived, and that the session is here. */
  #answer(session: Session, turn: Turn): void {
    turn.frames.push(session.seal(this.#content(session)))
    turn.isDurable = true
    turn.write(session.rows())
    this.#settle(session)
  }

  /** A frame that goes out in a session is an answer in it. */
  #settle(session: Session): void {
    this.#owed.delete(session)
    if (this.#owed.size === 0) this.#deadlines.set('acknowledge', undefined)
  }

  #content({ life, isConfirmed, hasOneTimeKey }: Session): SessionContent {
    const instance = this.#instance
    const oldest = this.#said.oldest(this.#next)
    // Keys that go on may open it later: it tells nothing of texts.
    if (!isConfirmed && !hasOneTimeKey)
      return { instance, number: 0, oldest, ackInstance: EMPTY, ack: 0, marks: EMPTY, origin: EMPTY }
    const ackInstance = life.length > 0 ? life : this.#life
    return {
      instance,
      number: 0,
      oldest,
      ackInstance,
      ack: this.#heard.upTo(ackInstance),
      marks: this.#heard.marks(ackInstance),
      origin: EMPTY
    }
  }

  // ------------------------------------------------------------------ rows and names

  #turn(env: Env): Turn {
    if (this.#instance.length === 0) this.#instance = env.random(INSTANCE_BYTES)
    return new Turn()
  }

  #row(): Row {
    const row = {
      user: this.other,
      instance: this.#instance,
      next: this.#next,
      lives: this.#heard.lives,
      life: this.#life,
      usedKeys: this.#usedKeys
    }
    return stateRow(`pair/${hex(this.other)}`, PairRow.encode(row))
  }

  #ownOf({ instance, number, content }: SaidText): DirectText {
    return directText(this.#context.self.record.user, this.other, true, instance, number, content)
  }
}
