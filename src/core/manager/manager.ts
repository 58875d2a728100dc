/**
 * A key manager of one channel: the one in office admits who may come in, issues every epoch, and grants its key; the others
 * sign its new roots, and one of them takes its place when it is gone (protocol §7).
 *
 * A (term, serial) is used once: it is kept durably as promised before anything is signed under it, and a start opens a new
 * term, so that nothing rests on the state of a tree that a crash may have torn. No secret of the tree is ever written
 * down: members follow a new term through their prekeys.
 */
import { assert } from '../../base/assert.ts'
import { EMPTY, equalBytes, unhex } from '../../base/bytes.ts'
import { UsageError } from '../../base/errors.ts'
import { SECOND_MS } from '../../base/time.ts'
import { type DemandContent, type KeyId, Operation, Reason, TreeUpdateKind } from '../../wire/messages.ts'
import {
  certificateOf,
  type EpochTerms,
  type IssuedEpoch,
  issueEpoch,
  mayBegin,
  readAnnouncement
} from '../channel/announcement.ts'
import type { Context } from '../channel/context.ts'
import type { LogPreview } from '../channel/control-log.ts'
import { readDemand } from '../channel/demand.ts'
import { OPTIONAL_TRIGGERS } from '../channel/descriptor.ts'
import { needsQuorum } from '../channel/election.ts'
import { type Frame, makeFrame } from '../channel/frame.ts'
import { FIRST_TRANSCRIPT, isHigher } from '../channel/key-schedule.ts'
import type { CheckedStatement } from '../channel/statement.ts'
import { Deadlines } from '../deadlines.ts'
import { asUserId } from '../identity/user.ts'
import type { Env } from '../machine.ts'
import type { Out } from '../out.ts'
import {
  BACKING_BEAT_MS,
  BATCH_MAX_MS,
  BATCH_MS,
  COLLECT_MS,
  DEMAND_MS,
  HEARTBEAT_MS,
  LED_EPOCHS,
  LOOKED_UP_RECORDS,
  NICK_PATIENCE_MS,
  NICK_PAUSE_MS,
  PROMISE_JUMP,
  PROPOSAL_MS,
  ROOT_PATIENCE_MS,
  ROOT_REST_MS,
  TERM_SKIP
} from '../params.ts'
import { Refusal } from '../reject.ts'
import type { Applicant } from './admission.ts'
import { Archive } from './archive.ts'
import { announceable, isRegistration, takeBatch } from './batch.ts'
import { Candidacy } from './candidacy.ts'
import { appliesRemovals, CoSigner, type CoSignerSeat } from './cosigner.ts'
import { type GroupBase, GroupOffice } from './group-office.ts'
import { Guide } from './guide.ts'
import { type EpochNumber, Proposal } from './proposal.ts'
import { PublicKeyService } from './public-key-service.ts'
import { Reception } from './reception.ts'
import { type PlannedChange, TreeKeeper, type TreePath } from './tree-keeper.ts'
import { type Circumstances, Triggers } from './triggers.ts'

/** What the manager sees of the member in the same peer: a manager is a member. */
export interface Seat extends CoSignerSeat {
  readonly current:
    | {
        readonly key: KeyId
        readonly announcement: Uint8Array
        readonly transcript: Uint8Array
        readonly init: Uint8Array
        readonly control: Uint8Array
        readonly notAfter: number
      }
    | undefined
  /** `Env.uptimeMs` of the newest heartbeat of the manager in office. */
  readonly ledAt: number
  /** Whether the epoch held is the newest there is, as far as we know. */
  readonly isUpToDate: boolean
  /** Whether an epoch is one of those that led to the one held. */
  hasLedHere(key: KeyId): boolean
  /** Whether a member has said that it goes. */
  hasLeft(user: Uint8Array): boolean
  /** We are in office, with enough others behind us to remove somebody. */
  assure(env: Env, out: Out): void
  /** The control key of an epoch held. */
  controlOf(key: KeyId): Uint8Array | undefined
  /** Messages in this start: how many, and `Env.uptimeMs` of the last one. */
  readonly traffic: { readonly messages: number; readonly lastAt: number }
  /** How many other members are online, these users not counted. */
  present(but: readonly Uint8Array[]): number
  /** The deadline of an epoch whose messages can still be read, ms since 1970. */
  notAfterOf(key: KeyId): number | undefined
  /** The announcements that lead from an epoch to the current one; just the newest when that is more than `most` frames. */
  leadFrom(key: KeyId, most: number): readonly Uint8Array[]
  /** What the next epoch of a group follows from. */
  chainOf(group: Uint8Array): { readonly init: Uint8Array; readonly transcript: Uint8Array }
  /** Adopts an epoch of ours; `publish` is called once it is durable in the order of effects. */
  adopt(
    issued: IssuedEpoch,
    terms: { readonly notAfter: number; readonly reason: Reason },
    preview: LogPreview,
    path: TreePath,
    publish: () => void,
    env: Env,
    out: Out
  ): void
  /** The same for a group. @param roster - hash of those who have its key. */
  adoptGroup(
    issued: IssuedEpoch,
    terms: { readonly group: Uint8Array; readonly roster: Uint8Array },
    path: TreePath,
    publish: () => void,
    env: Env,
    out: Out
  ): void
}

/** Every so many heartbeats one tells of a group, one group after the other. */
const GROUP_BEATS = 4

type DeadlineName = 'collect' | 'stand' | 'proposal' | 'beat' | 'batch' | 'renewal' | 'nicks' | 'demand'

/** An epoch that is made and not in force yet. */
interface Draft {
  readonly terms: EpochTerms
  readonly change: PlannedChange
  readonly preview: LogPreview
  /** Called once it is in force. */
  readonly then: (issued: IssuedEpoch, env: Env, out: Out) => void
}

export class Manager {
  readonly publicKeys: PublicKeyService
  readonly archive: Archive
  readonly #context: Context
  readonly #seat: Seat
  readonly #deadlines = new Deadlines<DeadlineName>()
  readonly #reception: Reception
  readonly #keeper: TreeKeeper
  readonly #groups: GroupOffice
  /** What the groups stand on: the epoch of the channel issued last. */
  #base: GroupBase | undefined
  readonly #triggers = new Triggers()
  readonly #guide = new Guide()
  readonly #candidacy: Candidacy
  readonly #coSigner: CoSigner
  /** What the other managers are asked to sign. */
  #draft: (Draft & { readonly proposal: Proposal }) | undefined
  /** What shows that we are in office: the certificate of our term. */
  #certificate = EMPTY
  /** The highest promise that stood against a proposal of ours. */
  #refusedTerm = 0
  /** `Env.uptimeMs` until which no new root is tried that can wait. */
  #rootsRestUntil = Number.NEGATIVE_INFINITY
  /** The descriptor's version under which we opened our term. */
  #version = 0
  /** The last epoch that was demanded, and the one that a demand which waits is to replace. */
  #demanded = { at: Number.NEGATIVE_INFINITY, announcement: EMPTY }
  /** How long we wait for a manager in office, from when the last was heard. */
  #patienceMs = 0
  #stage: 'resting' | 'collecting' | 'waiting' | 'acting' = 'resting'
  #isCarrierReady = false
  #seenTerm = 0
  /** Whether anybody could say what epochs there have been. */
  #isAnswered = false
  #issuedAt = Number.NEGATIVE_INFINITY
  /** How long applicants wait after an epoch to share the next: longer while they keep coming. */
  #windowMs = BATCH_MS
  #beat = 0
  #beats = 0

  constructor(context: Context, seat: Seat) {
    this.#context = context
    this.#seat = seat
    this.archive = new Archive(context)
    this.#candidacy = new Candidacy(context)
    this.#coSigner = new CoSigner(context, seat)
    context.keeper = this.archive
    this.#keeper = new TreeKeeper(context)
    this.#reception = new Reception(context, this.archive, (env, out) => this.#schedule(this.#windowMs, env, out))
    this.#groups = new GroupOffice(context, {
      nextNumber: (out) => {
        const { term, serial } = context.promised
        context.promised = { term, serial: serial + 1 }
        out.keep(context.row())
        return context.promised
      },
      chainOf: (group) => seat.chainOf(group),
      fresh: (group, env) => this.#keeper.fresh(group, env),
      adopt: (group, issued, roster, path, env, out) => {
        const publish = (): void => publishAll(context.channel, issued, out)
        seat.adoptGroup(issued, { group, roster }, path, publish, env, out)
      }
    })
    this.publicKeys = new PublicKeyService(context, ({ body }) => seat.controlOf(body.publicKeyRequest!.key!))
  }

  /** Whether this peer is the one to manage the key. */
  get isInOffice(): boolean {
    return this.#context.isManager && equalBytes(this.#context.manager, this.#context.user)
  }

  /** Whether this peer stands for office, and waits for the others to sign. */
  get isStanding(): boolean {
    return this.#stage === 'waiting' && this.#draft !== undefined
  }

  /** Whether we are in office, and enough managers follow for a new root. */
  isBacked(env: Env): boolean {
    return this.#stage === 'acting' && this.#candidacy.isBacked(env)
  }

  get isActing(): boolean {
    return this.#stage === 'acting'
  }

  /** What somebody who took this peer would have of the tree, beside the path that its member holds. */
  unsafeSecrets(): { readonly name: string; readonly bytes: Uint8Array }[] {
    const archived = this.archive.unsafeSecrets()
    if (this.#stage !== 'acting') return archived
    return [...archived, ...this.#keeper.unsafeSecrets(), ...this.#groups.unsafeSecrets()]
  }

  unsafeFills(): { readonly name: string; readonly size: number; readonly cap: number }[] {
    return [
      ...this.#reception.unsafeFills(),
      ...this.publicKeys.unsafeFills(),
      ...this.archive.unsafeFills(),
      this.#guide.fill
    ]
  }

  nextAt(): number | undefined {
    const moments = [this.#deadlines.next(), this.publicKeys.nextAt()].filter((at) => at !== undefined)
    return moments.length === 0 ? undefined : Math.min(...moments)
  }

  /** Opens the first term of a channel founded here: nobody else can know of an earlier one. */
  found(env: Env, out: Out): void {
    this.#isAnswered = true
    if (this.#context.isManager) this.#stand(Reason.CREATED, env, out)
  }

  setCarrier(isReady: boolean, env: Env, out: Out): void {
    this.#isCarrierReady = isReady
    if (!isReady || !this.#context.isManager) return
    if (this.#stage === 'resting') this.#collect(env, out)
    else if (this.#stage === 'acting') this.#sendBeat(env, out)
  }

  /** Asks what epochs there have been, before anything is done. */
  #collect(env: Env, out: Out): void {
    this.#stage = 'collecting'
    this.#deadlines.set('collect', env.uptimeMs + COLLECT_MS)
    const { channel, name, addresses } = this.#context
    const question = { epochs: { channel, group: EMPTY, after: this.#seat.current?.announcement ?? EMPTY, chunks: [] } }
    out.push({ type: 'ask', id: `${name}:collect`, channel, to: undefined, addresses, question })
  }

  /** What peers answered to the question a start begins with. @param terms - of announcements of ours that they know. */
  onCollected(terms: readonly number[], env: Env, out: Out): void {
    this.#seenTerm = Math.max(this.#seenTerm, ...terms)
    this.#isAnswered = true
    if (this.#stage === 'collecting') this.#begin(env, out)
  }

  /** After a start: whoever was in office goes on, in a new term, and who was not waits for whoever is. */
  #begin(env: Env, out: Out): void {
    this.#stage = 'waiting'
    this.#deadlines.set('collect', undefined)
    if (this.isInOffice && !this.#seat.isLed(env)) this.#stand(Reason.TAKEOVER, env, out)
    else this.#bide(false, env)
    this.#sendBeat(env, out)
  }

  // ---------------------------------------------------------------- election

  /** Waits for a manager in office to be heard of, and then stands. */
  #bide(hasLeft: boolean, env: Env): void {
    this.#patienceMs = this.#candidacy.patienceMs(hasLeft, env)
    this.#deadlines.set('stand', env.uptimeMs + this.#patienceMs)
  }

  /** Nobody in office was heard of for the whole time; or the time begins again with the last that was heard. */
  #standWhenDue(env: Env, out: Out): void {
    if (this.#stage !== 'waiting' || this.#draft !== undefined) return
    if (!this.#isCarrierReady || this.#seat.isLed(env)) this.#bide(false, env)
    const at = this.#seat.ledAt + this.#patienceMs
    if (!this.#isCarrierReady) return
    if (at > env.uptimeMs) this.#deadlines.set('stand', at)
    else this.#stand(Reason.TAKEOVER, env, out)
  }

  /** Called whenever something has come in: who is in office may have changed, and what we are to do with it. */
  review(env: Env, out: Out): void {
    const { office, user, charter, isManager, rivalTerm } = this.#context
    if (this.#stage === 'acting') {
      if (!isManager || !equalBytes(office.manager, user)) return this.#resign(env)
      if (this.#draft?.terms.serial === 1) return
      if (charter.ref.version > this.#version) this.#stand(Reason.DESCRIPTOR_CHANGED, env, out)
      // Another was in office beside us: a term above both is the one that everybody follows.
      else if (rivalTerm >= office.term) this.#stand(Reason.MERGED, env, out)
    } else if (this.#stage === 'resting' && isManager && this.#isCarrierReady) this.#collect(env, out)
  }

  /** Another is in office: what we had of it is gone, and whoever waits for us asks there. */
  #resign(env: Env): void {
    this.#stage = this.#context.isManager ? 'waiting' : 'resting'
    this.#draft = undefined
    this.#base = undefined
    this.#certificate = EMPTY
    this.#keeper.clear()
    this.#groups.clear()
    this.#candidacy.clear()
    this.#reception.applicants.clear()
    for (const name of ['proposal', 'batch', 'renewal', 'nicks', 'demand'] as const)
      this.#deadlines.set(name, undefined)
    if (this.#stage === 'waiting') this.#bide(false, env)
  }

  /** Whether we could lead on from where we are. */
  get #mayStand(): boolean {
    const { charter, office, user, alarm, wasRemoved, isManager } = this.#context
    if (!isManager || alarm.length > 0 || wasRemoved) return false
    if (this.#seat.current !== undefined) return this.#seat.isUpToDate
    const isFirst = equalBytes(this.#context.manager, user) || needsQuorum(charter.descriptor)
    return office.term === 0 && isFirst && mayBegin(charter.descriptor, user)
  }

  /** Opens a new term, if the others agree: the tree is built again from the members' prekeys (§7). */
  #stand(reason: Reason, env: Env, out: Out): void {
    if (!this.#mayStand) return this.#bide(false, env)
    const { promised, office } = this.#context
    const before = this.#seat.current
    const known = Math.max(promised.term, before?.key.term ?? 0, office.term, this.#seenTerm, this.#refusedTerm)
    const mayHaveForgotten = !this.#isAnswered && !needsQuorum(this.#context.charter.descriptor)
    const skipped = !mayHaveForgotten ? 0 : new DataView(env.random(4).buffer).getUint32(0) % TERM_SKIP
    const term = known + 1 + skipped
    const preview = this.#previewOf(announceable(this.#context))
    const change = this.#keeper.rebuild(term, preview.roster.members, env)
    const isFirst = before === undefined && this.#seenTerm === 0
    const why = isFirst ? Reason.CREATED : reason === Reason.CREATED ? Reason.TAKEOVER : reason
    this.#deadlines.set('stand', undefined)
    this.#announce(why, { term, serial: 1 }, change, preview, env, out, (issued, ...now) =>
      this.#takeOffice(issued, why, ...now)
    )
  }

  #takeOffice(issued: IssuedEpoch, reason: Reason, env: Env, out: Out): void {
    this.#stage = 'acting'
    this.#version = this.#context.charter.ref.version
    this.#certificate = certificateOf(issued.announcement).bytes
    this.#deadlines.set('stand', undefined)
    this.#triggers.start(env)
    this.#groups.clear()
    this.#settleGroups(issued, reason, new Set(), env, out)
    this.#issueBatch(env, out)
    this.#sendBeat(env, out)
  }

  /** A co-signature, or an announcement that waits for some. @returns whether the frame was one of them. */
  onElection(frame: Frame, env: Env, out: Out): boolean {
    if (frame.kind === 'coSignature') this.#onCoSignature(frame, env, out)
    else if (frame.kind !== 'announcement' || !this.#isProposal(frame)) return false
    // Who starts has to catch up with what it may have forgotten before it signs anything.
    else if (this.#stage === 'waiting' || this.#stage === 'acting') {
      const isSigned = this.#coSigner.onProposal(frame, this.#stage === 'acting', env, out)
      if (isSigned && this.#stage === 'waiting') this.#give(env)
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

  /** We signed for another: it has its time, and our own proposal is over. */
  #give(env: Env): void {
    this.#draft = undefined
    this.#deadlines.set('proposal', undefined)
    this.#bide(false, env)
  }

  #onCoSignature(frame: Frame, env: Env, out: Out): void {
    const draft = this.#draft
    const refusal = draft?.proposal.onCoSignature(frame)
    if (refusal !== undefined) out.reject(refusal)
    if (draft === undefined || refusal !== undefined) return
    if (draft.proposal.isSignedBy(frame.author)) this.#candidacy.noteSigner(frame.author, env)
    if (draft.proposal.isCertified && this.#isCurrent(draft)) this.#enforce(draft.proposal.certified(), draft, env, out)
  }

  #isCurrent({ terms }: Draft): boolean {
    return equalBytes(terms.previous, this.#seat.current?.announcement ?? EMPTY)
  }

  /** A proposal is not signed yet: it goes out again, or is given up for a better one. */
  #pursue(env: Env, out: Out): void {
    const draft = this.#draft
    if (draft === undefined) return
    const { log } = this.#context
    const isElection = draft.terms.serial === 1
    const isLed = this.#stage !== 'acting' && this.#seat.isLed(env)
    if (isLed || !this.#isCurrent(draft)) return this.#drop(env)
    const age = env.uptimeMs - draft.proposal.startedAt
    const { refusedFor } = draft.proposal
    if (refusedFor !== undefined && age >= 2 * PROPOSAL_MS) return this.#standAbove(refusedFor, env, out)
    if (!appliesRemovals(log.unappliedRemovals(), draft.preview)) {
      this.#drop(env)
      return isElection ? this.#stand(draft.terms.reason, env, out) : this.#issueBatch(env, out)
    }
    const mayWait = !isElection && !log.hasUnappliedRemoval && age >= ROOT_PATIENCE_MS
    if (mayWait && this.#reception.applicants.size > 0) {
      this.#drop(env)
      this.#rootsRestUntil = env.uptimeMs + ROOT_REST_MS
      return this.#issueBatch(env, out)
    }
    draft.proposal.send(out)
    this.#deadlines.set('proposal', env.uptimeMs + PROPOSAL_MS)
  }

  /** The number proposed is below what somebody has promised: another term, above that, is free. */
  #standAbove({ term }: EpochNumber, env: Env, out: Out): void {
    if (term <= this.#context.office.term + PROMISE_JUMP) this.#refusedTerm = Math.max(this.#refusedTerm, term)
    this.#drop(env)
    if (this.#stage === 'acting') this.#stand(Reason.TAKEOVER, env, out)
    else this.#bide(true, env)
  }

  #drop(env: Env): void {
    this.#draft = undefined
    this.#deadlines.set('proposal', undefined)
    if (this.#stage !== 'acting') this.#bide(false, env)
  }

  /** Whether a new root that can wait may be tried now. */
  #mayRenew(env: Env): boolean {
    if (this.#draft !== undefined || env.uptimeMs < this.#rootsRestUntil) return false
    return this.#candidacy.isBacked(env)
  }

  wake(env: Env, out: Out): void {
    this.publicKeys.wake(env, out)
    for (const name of this.#deadlines.due(env.uptimeMs)) {
      switch (name) {
        case 'collect':
          if (this.#stage === 'collecting') this.#begin(env, out)
          break
        case 'stand':
          this.#standWhenDue(env, out)
          break
        case 'proposal':
          this.#pursue(env, out)
          break
        case 'beat':
          this.#look(env, out)
          this.#sendBeat(env, out)
          break
        case 'demand':
          this.#issueDemanded(env, out)
          break
        case 'batch':
          this.#issueBatch(env, out)
          break
        case 'renewal':
          this.#issue(Reason.DEADLINE, [], [], env, out)
          break
        case 'nicks':
          if (announceable(this.#context).some(isRegistration)) this.#issue(Reason.STATED, [], [], env, out)
          break
        default:
          name satisfies never
      }
    }
  }

  // ---------------------------------------------------------------- requests

  onKeyRequest(frame: Frame, env: Env, out: Out): void {
    if (this.isInOffice) this.#reception.onKeyRequest(frame, env, out)
  }

  onChallengeAnswer(frame: Frame, env: Env, out: Out): void {
    if (this.isInOffice) this.#reception.onChallengeAnswer(frame, env, out)
  }

  /** The directory's answer about a user. */
  onRecord(user: Uint8Array, env: Env, out: Out): void {
    this.publicKeys.onRecord(user, env, out)
    this.#reception.onRecord(user, env, out)
  }

  // ---------------------------------------------------------------- the control log

  /** Called when statements have come in: what changes the roster is applied, at once when it is for cause. */
  onStatements(env: Env, out: Out): void {
    const { log } = this.#context
    if (this.isInOffice && log.pendingNicks().length > 0 && log.roster.members.size > 1) {
      const at = Math.max(env.uptimeMs + NICK_PATIENCE_MS, this.#issuedAt + NICK_PAUSE_MS)
      this.#deadlines.setOnce('nicks', at)
    }
    if (!this.isInOffice || !log.hasUnappliedChange) return
    if (log.unappliedRemovals().some((one) => one.statement.isForCause)) this.#issueBatch(env, out)
    else this.#schedule(BATCH_MS, env, out)
  }

  /** A fresh key on demand. @throws {UsageError} when this peer is not the key manager in office. */
  rekey(group: Uint8Array, env: Env, out: Out): void {
    if (this.#stage !== 'acting') {
      throw new UsageError(
        'NO_KEY_MANAGER',
        'This peer is not the key manager in office, so it cannot make a new key. Ask the manager to.'
      )
    }
    if (group.length > 0) this.#issueBatch(env, out)
    if (group.length === 0 ? !this.#mayRenew(env) : !this.#mayRenewGroups) {
      throw new UsageError(
        'NO_QUORUM',
        'Too few of the other key managers are connected to sign a new key. Nothing was changed: start them, or try again later.'
      )
    }
    if (group.length === 0) this.#issue(Reason.DEMAND, [], [], env, out)
    else if (!this.#groups.renew(group, demanded(this.#base!), env, out)) {
      throw new UsageError('NO_SUCH_GROUP', 'There is no such group in this channel. See: conclave group list CHANNEL')
    }
  }

  // ---------------------------------------------------------------- triggers

  /** A frame that the member in this peer has handled: it may be a reason for a new key, or its author may need ours. */
  onHeard(frame: Frame, env: Env, out: Out): void {
    const { heartbeat } = frame.body
    if (heartbeat !== undefined) this.#candidacy.noteFollower(frame.author, heartbeat, env)
    const isLeaving = frame.kind === 'leave' && equalBytes(frame.author, this.#context.office.manager)
    const isFree = isLeaving && this.#seat.hasLeft(frame.author)
    if (isFree && this.#stage === 'waiting' && this.#draft === undefined) this.#bide(true, env)
    if (this.#stage !== 'acting') return
    if (frame.kind === 'demand') return this.#onDemand(frame, env, out)
    const { message, digest, leave } = frame.body
    if (!message && !digest && !leave) return
    this.#look(env, out)
    const key = message?.group.length === 0 ? message.key : digest?.key
    if (key !== undefined) this.#guideOn(frame.author, key, env, out)
  }

  #circumstances(): Circumstances {
    const { traffic, current } = this.#seat
    return {
      present: this.#seat.present(this.#context.charter.descriptor.managers),
      messages: traffic.messages,
      lastMessageAt: traffic.lastAt,
      notAfter: current?.notAfter ?? Number.POSITIVE_INFINITY
    }
  }

  /** Makes the epoch that is called for, if one is. */
  #look(env: Env, out: Out): void {
    if (this.#stage !== 'acting' || this.#draft !== undefined) return
    const { descriptor } = this.#context.charter
    if (needsQuorum(descriptor) && !this.#mayRenew(env)) return
    const reason = this.#triggers.due(descriptor, this.#circumstances(), env)
    if (reason !== undefined) return this.#issue(reason, [], [], env, out)
    if (this.#mayRenewGroups) this.#groups.renewOver(this.#base!, env, out)
    if (!this.#triggers.isLookDue(env)) return
    const stale = this.#keeper.stale(env.now)
    for (const member of stale.slice(0, LOOKED_UP_RECORDS)) out.push({ type: 'lookUp', kind: 'user', id: member })
    const isWanted = (descriptor.withoutTriggers & OPTIONAL_TRIGGERS.prekeyRotation) === 0
    if (isWanted && this.#keeper.isRefreshDue(env.now)) this.#issue(Reason.REFRESHED, [], [], env, out)
  }

  /** Whether groups may have new keys: not while somebody is known to go and the channel's key is still theirs. */
  get #mayRenewGroups(): boolean {
    return this.#base !== undefined && this.#draft === undefined && !this.#context.log.hasUnappliedRemoval
  }

  /** Who uses a key that is over is sent what leads to the current one. */
  #guideOn(user: Uint8Array, key: KeyId, env: Env, out: Out): void {
    const current = this.#seat.current
    if (current === undefined || !isHigher(current.key, key) || !this.#context.log.isMember(user)) return
    const notAfter = this.#seat.notAfterOf(key)
    if (notAfter !== undefined && env.now <= notAfter) return
    if (!this.#guide.take(user, env.uptimeMs)) return
    const { channel } = this.#context
    const to = asUserId(user)
    for (const frame of this.#seat.leadFrom(key, LED_EPOCHS)) out.push({ type: 'publish', channel, frame, to })
  }

  #onDemand(frame: Frame, env: Env, out: Out): void {
    const current = this.#seat.current
    const demand = current && readDemand(this.#context, frame, current)
    if (demand instanceof Refusal) return out.reject(demand)
    if (demand === undefined) return
    if (demand.group.length > 0) return this.#renewGroup(demand, env, out)
    this.#demanded.announcement = demand.announcement
    this.#deadlines.set('demand', Math.max(env.uptimeMs, this.#demanded.at + DEMAND_MS))
  }

  /** A fresh key of a group, unless another than the one named has come meanwhile, or one was demanded just now. */
  #renewGroup({ group, announcement }: DemandContent, env: Env, out: Out): void {
    const newest = this.#groups.newest().find((one) => equalBytes(one.group, group))
    const isDue = env.uptimeMs >= this.#demanded.at + DEMAND_MS
    if (!this.#mayRenewGroups || newest === undefined || !isDue) return
    if (!equalBytes(newest.announcement, announcement)) return
    this.#demanded.at = env.uptimeMs
    this.#groups.renew(group, demanded(this.#base!), env, out)
  }

  /** Unless another epoch has come meanwhile: then there is a fresh key. */
  #issueDemanded(env: Env, out: Out): void {
    const current = this.#seat.current
    if (current === undefined || !equalBytes(current.announcement, this.#demanded.announcement)) return
    if (needsQuorum(this.#context.charter.descriptor) && !this.#mayRenew(env)) return
    this.#demanded.at = env.uptimeMs
    this.#issue(Reason.DEMAND, [], [], env, out)
  }

  // ---------------------------------------------------------------- epochs

  /** The next epoch at once when the last one is some time ago, else at the end of the window. */
  #schedule(windowMs: number, env: Env, out: Out): void {
    if (this.#stage !== 'acting') return
    const at = this.#issuedAt + windowMs
    if (env.uptimeMs >= at) this.#issueBatch(env, out)
    else this.#deadlines.setEarliest('batch', at)
  }

  /** A longer window while one batch of applicants follows the other, the first one again after some quiet. */
  #noteAdmissions(env: Env): void {
    const isStorm = env.uptimeMs < this.#issuedAt + 2 * this.#windowMs
    this.#windowMs = isStorm ? Math.min(this.#windowMs + BATCH_MS, BATCH_MAX_MS) : BATCH_MS
  }

  #issueBatch(env: Env, out: Out): void {
    // While a proposal waits for its signatures, everything else waits for it.
    if (this.#stage !== 'acting' || this.#draft !== undefined) return
    const { applicants, statements } = takeBatch(this.#context, this.#reception.applicants, env, out)
    if (applicants.length === 0 && !this.#context.log.hasUnappliedChange) return
    if (applicants.length > 0) this.#noteAdmissions(env)
    const isAdmitting = applicants.length > 0 || this.#context.log.hasUnappliedAdmit
    const isMerging = applicants.some(({ highest }) => highest !== undefined && this.#isOfAnotherWay(highest))
    const reason = isMerging ? Reason.MERGED : isAdmitting ? Reason.ADMITTED : Reason.STATED
    this.#issue(reason, applicants, statements, env, out)
  }

  /** Whether an epoch stands on a way that parted from ours, which can be where there are several managers. */
  #isOfAnotherWay(key: KeyId): boolean {
    return this.#context.charter.descriptor.managers.length > 1 && !this.#seat.hasLedHere(key)
  }

  #issue(
    reason: Reason,
    applicants: readonly Applicant[],
    statements: readonly CheckedStatement[],
    env: Env,
    out: Out
  ): void {
    if (this.#stage !== 'acting' || this.#draft !== undefined) return
    const { log, promised } = this.#context
    const preview = this.#previewOf([...announceable(this.#context), ...statements])
    const number = { term: promised.term, serial: promised.serial + 1 }
    const { members } = preview.roster
    const granted = applicants.filter(({ user }) => members.has(user))
    const change = this.#keeper.change(reason, number, members, granted, env)
    const leaving = change.gone.filter((name) => log.isMember(unhex(name)))
    const isByThemselves = leaving.every((name) => isWithdrawn(preview.statements, unhex(name)))
    const why = leaving.length === 0 ? reason : isByThemselves ? Reason.WITHDRAWN : Reason.REMOVED
    this.#announce(why, number, change, preview, env, out, (issued, ...now) => {
      for (const one of granted) this.#reception.grant(one, issued, preview, this.#keeper.pathOf(one.user), ...now)
      this.#settleGroups(issued, why, change.renewed, ...now)
    })
  }

  /** @param renewed - whose leaves are new, by hex. */
  #settleGroups(
    { key, keys: { exporter }, announcement }: IssuedEpoch,
    reason: Reason,
    renewed: ReadonlySet<string>,
    env: Env,
    out: Out
  ): void {
    this.#base = { key, notAfter: announcement.body.announcement!.notAfter, reason }
    const source = { exporter, leafKeyOf: (user: Uint8Array) => this.#keeper.leafKeyOf(user), renewed }
    this.#groups.settle(this.#base, source, env, out)
    exporter.fill(0)
  }

  /** What the log would be with these statements, our own and checked ones. */
  #previewOf(statements: readonly CheckedStatement[]): LogPreview {
    const preview = this.#context.log.preview(statements)
    assert(!(preview instanceof Refusal), 'what may be announced may be previewed')
    return preview
  }

  /**
   * Makes one epoch: its number durably promised, and then in force at once, or when the other managers have signed it.
   *
   * @param then - called when it is in force.
   */
  #announce(
    reason: Reason,
    number: EpochNumber,
    change: PlannedChange,
    preview: LogPreview,
    env: Env,
    out: Out,
    then: Draft['then']
  ): void {
    const { channel, self, charter } = this.#context
    const before = this.#seat.current
    const isQuorum = needsQuorum(charter.descriptor)
    const isStep = change.update.kind === TreeUpdateKind.STEP && number.serial > 1
    const terms = {
      line: { channel, group: EMPTY },
      ...number,
      descriptor: charter.ref,
      previous: before?.announcement ?? EMPTY,
      reason,
      notAfter: env.now + charter.descriptor.keyLifetimeSeconds * SECOND_MS,
      certificate: isQuorum && number.serial > 1 ? this.#certificate : EMPTY
    }
    // A first epoch is had by grant alone: what it follows from is forgotten at once.
    const init = before?.init ?? this.#keeper.fresh(EMPTY, env)
    const chain = { init, transcript: before?.transcript ?? FIRST_TRANSCRIPT }
    const issued = issueEpoch(self.key, terms, preview, change.update, change.rootKey, chain)
    this.#context.promised = number
    out.keep(this.#context.row())
    const draft = { terms, change, preview, then }
    // A founder that lost its disk begins nothing where others tell of a term.
    const isFounder = equalBytes(charter.descriptor.founder, self.key.publicKey)
    const isBeginning = before === undefined && this.#seenTerm === 0 && isFounder
    if (!isQuorum || isStep || isBeginning) return this.#enforce(issued, draft, env, out)
    const proposal = new Proposal(this.#context, issued, preview, env)
    this.#draft = { ...draft, proposal }
    proposal.send(out)
    this.#deadlines.set('proposal', env.uptimeMs + PROPOSAL_MS)
  }

  /** Puts an epoch in force that has all its signatures: durable, then announced. */
  #enforce(issued: IssuedEpoch, { terms, change, preview, then }: Draft, env: Env, out: Out): void {
    const { channel, user, charter, log } = this.#context
    this.#draft = undefined
    this.#deadlines.set('proposal', undefined)
    this.#keeper.commit(change)
    this.#issuedAt = env.uptimeMs
    const path = this.#keeper.pathOf(user)
    const publish = (): void => publishAll(channel, issued, out)
    this.#triggers.onEpoch(change.update.kind !== TreeUpdateKind.STEP, this.#circumstances(), env)
    this.#seat.adopt(issued, terms, preview, path, publish, env, out)
    this.#deadlines.set('batch', undefined)
    this.#deadlines.set('nicks', undefined)
    this.#deadlines.set('renewal', env.uptimeMs + charter.descriptor.keyLifetimeSeconds * SECOND_MS)
    then(issued, env, out)
    if (this.#reception.applicants.size > 0 || log.hasUnappliedChange) {
      this.#deadlines.setOnce('batch', env.uptimeMs + BATCH_MS)
    }
  }

  /** The one in office says to all that it is there; the others say to it that they follow, where roots need them. */
  #sendBeat(env: Env, out: Out): void {
    if (this.#stage === 'acting') this.#sayInOffice(env, out)
    else if (this.#stage === 'waiting' && needsQuorum(this.#context.charter.descriptor)) this.#sayFollowing(env, out)
  }

  #sayFollowing(env: Env, out: Out): void {
    this.#deadlines.set('beat', env.uptimeMs + BACKING_BEAT_MS)
    const { channel, self, log, charter, office } = this.#context
    const current = this.#seat.current
    if (!this.#isCarrierReady || current === undefined || !this.#seat.isLed(env)) return
    // A time, so that it rises over starts: what was said once says nothing when it is repeated.
    const beat = { term: office.term, counter: env.now, announcement: current.announcement, logHead: log.head }
    const heartbeat = { group: EMPTY, ...beat, descriptor: charter.ref, isBacked: false, boot: self.boot }
    const frame = makeFrame(channel, self.key, { heartbeat }).bytes
    out.push({ type: 'publish', channel, frame, to: asUserId(office.manager) })
  }

  #sayInOffice(env: Env, out: Out): void {
    const current = this.#seat.current
    if (current === undefined) return
    this.#deadlines.set('beat', env.uptimeMs + HEARTBEAT_MS)
    const isBacked = this.#candidacy.isBacked(env)
    if (isBacked) this.#seat.assure(env, out)
    if (!this.#isCarrierReady) return
    const { channel, self, log, charter } = this.#context
    const tell = (group: Uint8Array, announcement: Uint8Array): void => {
      const counter = this.#beat++
      const heartbeat = {
        group,
        term: current.key.term,
        counter,
        announcement,
        logHead: log.head,
        descriptor: charter.ref,
        isBacked,
        boot: self.boot
      }
      out.push({ type: 'publish', channel, frame: makeFrame(channel, self.key, { heartbeat }).bytes })
    }
    tell(EMPTY, current.announcement)
    const groups = this.#groups.newest()
    if (groups.length === 0 || ++this.#beats % GROUP_BEATS !== 0) return
    const { group, announcement } = groups[(this.#beats / GROUP_BEATS) % groups.length]!
    tell(group, announcement)
  }
}

function publishAll(channel: Uint8Array, { announcement, chunks }: IssuedEpoch, out: Out): void {
  for (const frame of [announcement, ...chunks]) out.push({ type: 'publish', channel, frame: frame.bytes })
}

const demanded = (base: GroupBase): GroupBase => ({ ...base, reason: Reason.DEMAND })

/** Whether a member goes by its own word. */
const isWithdrawn = (statements: readonly CheckedStatement[], user: Uint8Array): boolean =>
  statements.some(({ statement }) => statement.operation === Operation.WITHDRAW && equalBytes(statement.subject, user))
