/**
 * How a manager comes into office and out of it (protocol §7): after a start it asks what there has been, waits for one in
 * office to be heard of, stands when there is none, and gives way to whoever is above it.
 *
 * A start opens a new term, so that nothing rests on the state of a tree that a crash may have torn.
 */
import { EMPTY, equalBytes } from '../../base/bytes.ts'
import { type KeyId, Reason } from '../../wire/messages.ts'
import { type IssuedEpoch, mayBegin, readAnnouncement } from '../channel/announcement.ts'
import type { Context } from '../channel/context.ts'
import { isManagerOf } from '../channel/descriptor.ts'
import { needsQuorum } from '../channel/election.ts'
import type { Frame } from '../channel/frame.ts'
import { IdSet } from '../channel/id-set.ts'
import type { Agenda } from '../deadlines.ts'
import type { Env } from '../machine.ts'
import type { Out } from '../out.ts'
import { BACKING_BEAT_MS, COLLECT_MS, PROMISE_JUMP, ROOT_PATIENCE_MS, ROOT_REST_MS, TERM_SKIP } from '../params.ts'
import { Refusal } from '../reject.ts'
import { appliesRemovals } from './batch.ts'
import { Candidacy } from './candidacy.ts'
import { CoSigner, type CoSignerSeat } from './cosigner.ts'
import type { Issuer, Plan } from './issuer.ts'

/** What it sees of the member in the same peer. */
export interface TenureSeat extends CoSignerSeat {
  readonly current: { readonly key: KeyId; readonly announcement: Uint8Array } | undefined
  /** `Env.uptimeMs` of the newest heartbeat of the manager in office. */
  readonly ledAt: number
  /** Whether the epoch held is the newest there is, as far as we know. */
  readonly isUpToDate: boolean
  /** Whether a member has said that it goes. */
  hasLeft(user: Uint8Array): boolean
}

/** What is to be done in office. */
export interface Work {
  /** Whether somebody waits for the next epoch. */
  isAwaited(): boolean
  /** We have come into it, by this epoch. */
  begin(issued: IssuedEpoch, reason: Reason, env: Env, out: Out): void
  /** Another is in it: what we had of it is gone. */
  end(): void
  /** Gives the managers that wait for an epoch a footing on the one held. @returns whether there were any. */
  giveFooting(env: Env, out: Out): boolean
  /** Makes the epoch that waits. */
  issueBatch(env: Env, out: Out): void
  /** Says that we are there. */
  sendBeat(env: Env, out: Out): void
}

/** Records looked up at once. */
const NEWCOMERS = 64

export class Tenure {
  readonly #context: Context
  readonly #seat: TenureSeat
  readonly #issuer: Issuer
  readonly #agenda: Agenda<'collect' | 'stand' | 'beat'>
  readonly #work: Work
  readonly #candidacy: Candidacy
  readonly #coSigner: CoSigner
  #stage: 'resting' | 'collecting' | 'waiting' | 'acting' = 'resting'
  #isCarrierReady = false
  /** Members whose records were looked for. */
  #known = IdSet.EMPTY
  /** Whether the channel is founded in this start. */
  #isFounding = false
  /** Whether anybody could say what epochs there have been. */
  #isAnswered = false
  #seenTerm = 0
  /** The term that stood against a proposal of ours. */
  #refusedTerm = 0
  /** How long we wait for a manager in office, from when the last was heard. */
  #patienceMs = 0
  /** The descriptor's version under which we opened our term. */
  #version = 0
  /** `Env.uptimeMs` until which no new root is tried that can wait. */
  #rootsRestUntil = Number.NEGATIVE_INFINITY

  constructor(
    context: Context,
    seat: TenureSeat,
    issuer: Issuer,
    agenda: Agenda<'collect' | 'stand' | 'beat'>,
    work: Work
  ) {
    this.#context = context
    this.#seat = seat
    this.#issuer = issuer
    this.#agenda = agenda
    this.#work = work
    this.#candidacy = new Candidacy(context)
    this.#coSigner = new CoSigner(context, seat)
  }

  /** Whether this peer is the one to manage the key. */
  get isInOffice(): boolean {
    return this.#context.isManager && equalBytes(this.#context.manager, this.#context.user)
  }

  /** Whether this peer stands for office, and waits for the others to sign. */
  get isStanding(): boolean {
    return this.#stage === 'waiting' && this.#issuer.draft !== undefined
  }

  /** Whether it has opened its term, and issues what there is to issue. */
  get isActing(): boolean {
    return this.#stage === 'acting'
  }

  /** Whether we have signed for a term above ours: nothing more can be issued in ours. */
  get isOutbid(): boolean {
    return this.#stage === 'acting' && this.#context.promised.term > this.#context.office.term
  }

  /** Opens a term above the one that we have signed for, as something has to be issued. */
  outbid(env: Env, out: Out): void {
    this.#stand(Reason.TAKEOVER, env, out)
  }

  get isCarrierReady(): boolean {
    return this.#isCarrierReady
  }

  /** Whether enough managers follow for a new root. */
  isBacked(env: Env): boolean {
    return this.#candidacy.isBacked(env)
  }

  /** Whether a manager that asks may be given a footing: nobody is in office who could grant a key. */
  mayGiveFooting(env: Env): boolean {
    return this.#stage === 'waiting' && !this.#seat.isLed(env) && this.#seat.isUpToDate
  }

  /** Whether a new root that can wait may be tried now. */
  mayRenew(env: Env): boolean {
    if (this.#issuer.draft !== undefined || env.uptimeMs < this.#rootsRestUntil) return false
    return this.isBacked(env)
  }

  // ---------------------------------------------------------------- the start

  /** Opens the first term of a channel founded here: nobody else can know of an earlier one. */
  found(env: Env, out: Out): void {
    this.#isAnswered = true
    this.#isFounding = true
    if (this.#context.isManager) this.#stand(Reason.CREATED, env, out)
  }

  setCarrier(isReady: boolean, env: Env, out: Out): void {
    this.#isCarrierReady = isReady
    if (!isReady || !this.#context.isManager) return
    if (this.#stage === 'resting') this.#collect(env, out)
    else if (this.#stage === 'acting') this.sendBeat(env, out)
  }

  /** Asks what epochs there have been, before anything is done. */
  #collect(env: Env, out: Out): void {
    this.#stage = 'collecting'
    this.#agenda.set('collect', env.uptimeMs + COLLECT_MS)
    const { channel, name, addresses } = this.#context
    const question = { epochs: { channel, group: EMPTY, after: this.#seat.current?.announcement ?? EMPTY, chunks: [] } }
    out.push({ type: 'ask', id: `${name}:collect`, channel, to: undefined, addresses, question })
  }

  /** What peers answered to the question a start begins with. @param terms - of announcements of ours that they know. */
  onCollected(terms: readonly number[], env: Env, out: Out): void {
    this.#seenTerm = Math.max(this.#seenTerm, ...terms)
    this.#isAnswered = true
    this.begin(env, out)
  }

  /** After a start: whoever was in office goes on, in a new term, and who was not waits for whoever is. */
  begin(env: Env, out: Out): void {
    if (this.#stage !== 'collecting') return
    this.#stage = 'waiting'
    this.#agenda.set('collect', undefined)
    if (this.isInOffice && !this.#seat.isLed(env)) this.#stand(Reason.TAKEOVER, env, out)
    else this.#bide(false, env)
    this.sendBeat(env, out)
  }

  // ---------------------------------------------------------------- waiting

  /** Waits for a manager in office to be heard of, and then stands. */
  #bide(hasLeft: boolean, env: Env): void {
    this.#patienceMs = this.#candidacy.patienceMs(hasLeft, env)
    this.#agenda.set('stand', env.uptimeMs + this.#patienceMs)
  }

  /** Another has our signature and has its time: our own proposal is over. */
  #defer(env: Env): void {
    this.#issuer.drop()
    this.#patienceMs = this.#candidacy.patienceMs(false, env)
    this.#candidacy.noteSigned(this.#patienceMs, env)
    this.#agenda.set('stand', this.#candidacy.defersUntil(this.#patienceMs))
  }

  /** Nobody in office was heard of for the whole time; or the time begins again with the last that was heard. */
  standWhenDue(env: Env, out: Out): void {
    if (this.#stage !== 'waiting' || this.#issuer.draft !== undefined) return
    const isLed = this.#seat.isLed(env)
    if (isLed) this.#candidacy.noteLed()
    if (!this.#isCarrierReady || isLed) this.#bide(false, env)
    const at = Math.max(this.#seat.ledAt + this.#patienceMs, this.#candidacy.defersUntil(this.#patienceMs))
    if (!this.#isCarrierReady) return
    if (at > env.uptimeMs) this.#agenda.set('stand', at)
    else this.#stand(Reason.TAKEOVER, env, out)
  }

  /** A frame that the member in this peer has handled: of who follows us, or of the one in office, which goes. */
  onHeard({ kind, author, body: { heartbeat } }: Frame, env: Env): void {
    if (heartbeat !== undefined) this.#candidacy.noteFollower(author, heartbeat, env)
    const isLeaving = kind === 'leave' && equalBytes(author, this.#context.office.manager)
    const isFree = isLeaving && this.#seat.hasLeft(author)
    if (isFree && this.#stage === 'waiting' && this.#issuer.draft === undefined) this.#bide(true, env)
  }

  /** The one in office says to all that it is there; the others say to it that they follow, where roots need them. */
  sendBeat(env: Env, out: Out): void {
    if (this.#stage === 'acting') return this.#work.sendBeat(env, out)
    if (this.#stage !== 'waiting' || !needsQuorum(this.#context.charter.descriptor)) return
    this.#agenda.set('beat', env.uptimeMs + BACKING_BEAT_MS)
    const current = this.#seat.current
    if (!this.#isCarrierReady || current === undefined || !this.#seat.isLed(env)) return
    this.#candidacy.sayFollowing(current.announcement, env, out)
  }

  // ---------------------------------------------------------------- standing

  /** Whether we could lead on from where we are. */
  get #mayStand(): boolean {
    const { charter, office, user, alarm, wasRemoved, isManager } = this.#context
    if (!isManager || alarm.length > 0 || wasRemoved) return false
    // Where each may go on alone, so may who cannot follow to a term of which nobody is there.
    if (this.#seat.current !== undefined) return this.#seat.isUpToDate || !needsQuorum(charter.descriptor)
    // A founder that comes without a key has lost what it began: where there are others it does not begin again.
    const { founder, managers } = charter.descriptor
    const hasLost = managers.length > 1 && equalBytes(user, founder) && !this.#isFounding
    const isFirst = equalBytes(this.#context.manager, user) || needsQuorum(charter.descriptor)
    return office.term === 0 && isFirst && !hasLost && mayBegin(charter.descriptor, user)
  }

  /** Opens a new term, if the others agree: the tree is built again from the members' prekeys (§7). */
  #stand(reason: Reason, env: Env, out: Out): void {
    if (!this.#mayStand) return this.#bide(false, env)
    const { promised, office, charter, version } = this.#context
    const before = this.#seat.current
    const known = Math.max(promised.term, before?.key.term ?? 0, office.term, this.#seenTerm, this.#refusedTerm)
    const mayHaveForgotten = !this.#isAnswered && !needsQuorum(charter.descriptor)
    const skipped = !mayHaveForgotten ? 0 : new DataView(env.random(4).buffer).getUint32(0) % TERM_SKIP
    const number = { term: known + 1 + skipped, serial: 1 }
    // Whoever lies, and may open terms alone, may leave none above its own.
    if (!Number.isSafeInteger(number.term)) return this.#bide(false, env)
    const preview = this.#issuer.preview([])
    const change = this.#issuer.keeper.rebuild(number.term, preview.roster.members, env)
    const isFirst = before === undefined && this.#seenTerm === 0
    const isAmended = before !== undefined && version < charter.ref.version
    const later = isAmended ? Reason.DESCRIPTOR_CHANGED : reason === Reason.CREATED ? Reason.TAKEOVER : reason
    const why = isFirst ? Reason.CREATED : later
    this.#agenda.set('stand', undefined)
    const whenInForce: Plan['whenInForce'] = (issued, ...now) => this.#takeOffice(issued, why, ...now)
    this.#issuer.issue({ reason: why, number, change, preview, whenInForce }, env, out)
  }

  #takeOffice(issued: IssuedEpoch, reason: Reason, env: Env, out: Out): void {
    this.#stage = 'acting'
    this.#candidacy.noteLed()
    this.#version = this.#context.charter.ref.version
    this.#agenda.set('stand', undefined)
    this.#work.begin(issued, reason, env, out)
  }

  /** A proposal is not signed yet: it goes out again, or is given up for a better one. */
  pursue(env: Env, out: Out): void {
    const { draft } = this.#issuer
    if (draft === undefined) return
    const { log } = this.#context
    const { plan, proposal } = draft
    const isElection = plan.number.serial === 1
    const isLed = this.#stage !== 'acting' && this.#seat.isLed(env)
    if (isLed || !this.#issuer.isCurrent) return this.#drop(env)
    const age = env.uptimeMs - proposal.startedAt
    const { office, promised } = this.#context
    const against = proposal.termAgainst(Math.max(office.term, promised.term) + PROMISE_JUMP)
    if (against !== undefined && age >= this.#candidacy.refusalMs) return this.#standAbove(against, env, out)
    if (!appliesRemovals(this.#context, plan.preview)) {
      this.#drop(env)
      return isElection ? this.#stand(plan.reason, env, out) : this.#work.issueBatch(env, out)
    }
    // Whoever is to sign may not be able to follow, and nobody is granted a key meanwhile: a new term brings it to them. While roots
    // rest, there is none but one without which nobody can be granted a key.
    const isResting = env.uptimeMs < this.#rootsRestUntil
    const mayNotWait = isElection || log.hasUnappliedRemoval || isResting
    const isHoldingUp = this.#stage === 'acting' && mayNotWait && age >= ROOT_PATIENCE_MS
    if (isHoldingUp && this.#work.giveFooting(env, out) && !isElection) {
      this.#drop(env)
      return this.#stand(Reason.TAKEOVER, env, out)
    }
    const mayWait = !isElection && !log.hasUnappliedRemoval && age >= ROOT_PATIENCE_MS
    if (mayWait && this.#work.isAwaited()) {
      this.#drop(env)
      this.#rootsRestUntil = env.uptimeMs + ROOT_REST_MS
      return this.#work.issueBatch(env, out)
    }
    this.#issuer.propose(env, out)
  }

  /** The number proposed is below what somebody has promised: another term, above that, is free. */
  #standAbove(term: number, env: Env, out: Out): void {
    this.#refusedTerm = Math.max(this.#refusedTerm, term)
    this.#candidacy.noteRefused()
    this.#drop(env)
    if (this.#stage === 'acting') this.#stand(Reason.TAKEOVER, env, out)
    else this.#bide(true, env)
  }

  #drop(env: Env): void {
    this.#issuer.drop()
    if (this.#stage !== 'acting') this.#bide(false, env)
  }

  // ---------------------------------------------------------------- signatures

  /** A co-signature, or an announcement that waits for some. @returns whether the frame was one of them. */
  onElection(frame: Frame, env: Env, out: Out): boolean {
    if (frame.kind === 'coSignature') this.#onCoSignature(frame, env, out)
    else if (frame.kind !== 'announcement' || !this.#isProposal(frame)) return false
    // Who starts has to catch up with what it may have forgotten before it signs anything.
    else if (this.#stage === 'waiting' || this.#stage === 'acting') {
      const isSigned = this.#coSigner.onProposal(frame, this.#stage === 'acting', env, out)
      if (isSigned === 'again') this.#candidacy.noteHeard(env)
      else if (isSigned && this.#stage === 'waiting') this.#defer(env)
    }
    return true
  }

  /** Whether it is one of another manager that lacks signatures. */
  #isProposal(frame: Frame): boolean {
    const { charter, isManager, office, user } = this.#context
    if (!isManager || !needsQuorum(charter.descriptor) || equalBytes(frame.author, user)) return false
    const read = readAnnouncement(charter, frame, office.term)
    return read instanceof Refusal && read.check === 404
  }

  #onCoSignature(frame: Frame, env: Env, out: Out): void {
    const proposal = this.#issuer.draft?.proposal
    const refusal = proposal?.onCoSignature(frame)
    if (refusal !== undefined) out.reject(refusal)
    if (proposal === undefined || refusal !== undefined) return
    if (frame.body.coSignature!.signature.length === 0) this.#seat.learn(frame.author, env, out)
    if (proposal.isSignedBy(frame.author)) this.#candidacy.noteSigner(frame.author, env)
    this.#issuer.conclude(env, out)
  }

  // ---------------------------------------------------------------- giving way

  /** The descriptor has changed: what was proposed under the version before is over, and so is what rested on who backed us. */
  onCharter(env: Env, out: Out): void {
    const { charter, office, isManager } = this.#context
    const isVacant = this.isStanding || !isManagerOf(charter.descriptor, office.manager)
    this.#issuer.drop()
    this.#candidacy.clear()
    if (!isManager && this.#stage !== 'resting') this.#resign(env)
    else if (this.#stage === 'waiting') this.#bide(isVacant, env)
    this.review(env, out)
  }

  /** Called whenever something has come in: who is in office may have changed, and what we are to do with it. */
  review(env: Env, out: Out): void {
    this.#lookUpNewcomers(out)
    const { office, user, charter, isManager, rivalTerm, promised } = this.#context
    if (this.#stage === 'acting') {
      // A later term of ours was opened by another machine of our user: this one has nothing of its tree.
      const isOurs = equalBytes(office.manager, user) && office.term <= promised.term
      if (!isManager || !isOurs) return this.#resign(env)
      if (this.#issuer.draft?.plan.number.serial === 1) return
      if (charter.ref.version > this.#version) this.#stand(Reason.DESCRIPTOR_CHANGED, env, out)
      // Another was in office beside us: a term above both is the one that everybody follows.
      else if (rivalTerm >= office.term) this.#stand(Reason.MERGED, env, out)
    } else if (this.#stage === 'resting' && isManager && this.#isCarrierReady) this.#collect(env, out)
  }

  /** Whoever takes office builds the tree from the records of all: they are looked for while there is time. */
  #lookUpNewcomers(out: Out): void {
    const { log, records, charter, isManager } = this.#context
    const { members } = log.roster
    if (!isManager || charter.descriptor.managers.length === 1 || members === this.#known) return
    const unknown = members.minus(this.#known).filter((user) => records.get(user) === undefined)
    this.#known = members
    for (const id of unknown.slice(0, NEWCOMERS)) out.push({ type: 'lookUp', kind: 'user', id })
  }

  /** Another is in office, and whoever waits for us asks there. */
  #resign(env: Env): void {
    this.#stage = this.#context.isManager ? 'waiting' : 'resting'
    this.#issuer.drop()
    this.#issuer.keeper.clear()
    this.#candidacy.clear()
    this.#work.end()
    if (this.#stage === 'waiting') this.#bide(false, env)
  }
}
