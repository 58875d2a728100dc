/**
 * What the key manager in office does: it admits who may come in, gives the channel and its groups a new key whenever one is
 * called for, leads on who missed some, and says that it is there (protocol §6 – §8).
 */
import { EMPTY, equalBytes, unhex } from '../../base/bytes.ts'
import { UsageError } from '../../base/errors.ts'
import { SECOND_MS } from '../../base/time.ts'
import { type DemandContent, type KeyId, Operation, Reason } from '../../wire/messages.ts'
import type { IssuedEpoch } from '../channel/announcement.ts'
import type { Context } from '../channel/context.ts'
import { type InForce, readDemand } from '../channel/demand.ts'
import { OPTIONAL_TRIGGERS } from '../channel/descriptor.ts'
import { needsQuorum } from '../channel/election.ts'
import type { Frame } from '../channel/frame.ts'
import type { CheckedStatement } from '../channel/statement.ts'
import type { Agenda } from '../deadlines.ts'
import type { Env } from '../machine.ts'
import type { Out } from '../out.ts'
import {
  BATCH_MAX_MS,
  BATCH_MS,
  DEMAND_MS,
  HEARTBEAT_MS,
  LOOKED_UP_RECORDS,
  NICK_PATIENCE_MS,
  NICK_PAUSE_MS
} from '../params.ts'
import { Refusal } from '../reject.ts'
import type { Applicant } from './admission.ts'
import type { Archive } from './archive.ts'
import { announceable, isRegistration, takeBatch } from './batch.ts'
import { GroupOffice, type GroupSeat } from './group-office.ts'
import { Guide, type GuideSeat } from './guide.ts'
import { Herald } from './herald.ts'
import type { Issuer, Plan } from './issuer.ts'
import { type Footing, Reception } from './reception.ts'
import type { Tenure, Work } from './tenure.ts'
import { type Circumstances, Triggers } from './triggers.ts'

/** What is seen here of the member in the same peer. */
export interface DutiesSeat extends GuideSeat, GroupSeat {
  readonly current: (InForce & Omit<Footing, 'announcement'>) | undefined
  /** Of the epoch held. */
  readonly certificate: Uint8Array
  /** Whether an epoch is one of those that led to the one held. */
  hasLedHere(key: KeyId): boolean
  /** We are in office, with enough others behind us to remove somebody. */
  assure(env: Env, out: Out): void
  /** Messages in this start: how many, and `Env.uptimeMs` of the last one. */
  readonly traffic: { readonly messages: number; readonly lastAt: number }
  /** How many other members are online, these users not counted. */
  present(but: readonly Uint8Array[]): number
}

export class Duties implements Work {
  readonly #context: Context
  readonly #seat: DutiesSeat
  readonly #issuer: Issuer
  readonly #tenure: Tenure
  readonly #agenda: Agenda<'beat' | 'batch' | 'renewal' | 'nicks' | 'demand'>
  readonly #reception: Reception
  readonly #groups: GroupOffice
  readonly #triggers = new Triggers()
  readonly #guide: Guide
  readonly #herald: Herald
  /** The last epoch that was demanded, and the one that a demand which waits is to replace. */
  #demanded = { at: Number.NEGATIVE_INFINITY, announcement: EMPTY }
  #issuedAt = Number.NEGATIVE_INFINITY
  /** How long applicants wait after an epoch to share the next: longer while they keep coming. */
  #windowMs = BATCH_MS

  constructor(
    context: Context,
    seat: DutiesSeat,
    issuer: Issuer,
    tenure: Tenure,
    archive: Archive,
    agenda: Agenda<'beat' | 'batch' | 'renewal' | 'nicks' | 'demand'>
  ) {
    this.#context = context
    this.#seat = seat
    this.#issuer = issuer
    this.#tenure = tenure
    this.#agenda = agenda
    this.#reception = new Reception(context, archive, {
      onEnlisted: (env, out) => this.#onEnlisted(env, out),
      onNews: (env, out) => this.onStatements(env, out)
    })
    this.#guide = new Guide(context, seat)
    this.#herald = new Herald(context)
    this.#groups = new GroupOffice(context, seat, issuer)
  }

  unsafeSecrets(): { readonly name: string; readonly bytes: Uint8Array }[] {
    return [...this.#issuer.keeper.unsafeSecrets(), ...this.#groups.unsafeSecrets()]
  }

  unsafeFills(): { readonly name: string; readonly size: number; readonly cap: number }[] {
    return [...this.#reception.unsafeFills(), this.#guide.fill]
  }

  // ---------------------------------------------------------------- the office

  isAwaited(): boolean {
    return this.#reception.applicants.size > 0
  }

  begin(issued: IssuedEpoch, reason: Reason, env: Env, out: Out): void {
    this.#triggers.start(env)
    this.#groups.clear()
    this.#settle(issued, reason, new Set(), env, out)
    this.issueBatch(env, out)
    this.sendBeat(env, out)
    this.#scheduleRest(env)
  }

  end(): void {
    this.#groups.clear()
    this.#reception.applicants.clear()
    for (const name of ['batch', 'renewal', 'nicks', 'demand'] as const) this.#agenda.set(name, undefined)
  }

  sendBeat(env: Env, out: Out): void {
    const { current } = this.#seat
    if (current === undefined) return
    this.#agenda.set('beat', env.uptimeMs + HEARTBEAT_MS)
    const isBacked = this.#tenure.isBacked(env)
    if (isBacked) this.#seat.assure(env, out)
    if (this.#tenure.isCarrierReady) this.#herald.tell(current, this.#groups.newest(), isBacked, out)
  }

  // ---------------------------------------------------------------- what comes in

  /** Somebody waits for the next epoch; or, while nobody is in office, a manager for a footing. */
  #onEnlisted(env: Env, out: Out): void {
    if (this.#tenure.isActing) return this.#schedule(this.#windowMs, env, out)
    if (!this.#tenure.mayGiveFooting(env)) return
    this.giveFooting(env, out)
    this.#reception.applicants.clear()
  }

  giveFooting(env: Env, out: Out): boolean {
    const { current, certificate } = this.#seat
    return current !== undefined && this.#reception.giveFooting({ ...current, announcement: certificate }, env, out)
  }

  onKeyRequest(frame: Frame, env: Env, out: Out): void {
    if (this.#tenure.isInOffice || this.#tenure.mayGiveFooting(env)) this.#reception.onKeyRequest(frame, env, out)
  }

  onChallengeAnswer(frame: Frame, env: Env, out: Out): void {
    if (this.#tenure.isInOffice || this.#tenure.mayGiveFooting(env)) this.#reception.onChallengeAnswer(frame, env, out)
  }

  /** The directory's answer about a user. */
  onRecord(user: Uint8Array, env: Env, out: Out): void {
    this.#reception.onRecord(user, env, out)
  }

  /** Called when statements have come in: what changes the roster is applied, at once when it is for cause. */
  onStatements(env: Env, out: Out): void {
    if (!this.#tenure.isInOffice) return
    const { log } = this.#context
    if (log.pendingNicks().length > 0 && log.roster.members.size > 1) {
      this.#agenda.setOnce('nicks', Math.max(env.uptimeMs + NICK_PATIENCE_MS, this.#issuedAt + NICK_PAUSE_MS))
    }
    if (!log.hasUnappliedChange) return
    if (log.unappliedRemovals().some((one) => one.statement.isForCause)) this.issueBatch(env, out)
    else this.#schedule(BATCH_MS, env, out)
  }

  /** A frame that the member in this peer has handled: it may be a reason for a new key, or its author may need ours. */
  onHeard(frame: Frame, env: Env, out: Out): void {
    if (!this.#tenure.isActing) return
    if (frame.kind === 'demand') return this.#onDemand(frame, env, out)
    const { message, digest, leave } = frame.body
    if (!message && !digest && !leave) return
    this.look(env, out)
    const key = message?.group.length === 0 ? message.key : digest?.key
    if (key !== undefined) this.#guide.onKeyUsed(frame.author, key, env, out)
  }

  // ---------------------------------------------------------------- reasons for a new key

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
  look(env: Env, out: Out): void {
    if (!this.#tenure.isActing || this.#issuer.draft !== undefined) return
    const { descriptor } = this.#context.charter
    if (needsQuorum(descriptor) && !this.#tenure.mayRenew(env)) return
    const reason = this.#triggers.due(descriptor, this.#circumstances(), env)
    if (reason !== undefined) return this.#issue(reason, [], [], env, out)
    if (this.#mayRenewGroups) this.#groups.renewOver(env, out)
    if (!this.#triggers.isLookDue(env)) return
    const { keeper } = this.#issuer
    const stale = keeper.stale(env.now)
    for (const member of stale.slice(0, LOOKED_UP_RECORDS)) out.push({ type: 'lookUp', kind: 'user', id: member })
    const isWanted = (descriptor.withoutTriggers & OPTIONAL_TRIGGERS.prekeyRotation) === 0
    if (isWanted && keeper.isRefreshDue(env.now)) this.#issue(Reason.REFRESHED, [], [], env, out)
  }

  /** The key's lifetime is over. */
  renew(env: Env, out: Out): void {
    this.#issue(Reason.DEADLINE, [], [], env, out)
  }

  /** Nicks have waited for an epoch to go with, and none came. */
  issueNicks(env: Env, out: Out): void {
    if (announceable(this.#context).some(isRegistration)) this.#issue(Reason.STATED, [], [], env, out)
  }

  /** Whether groups may have new keys: not while somebody is known to go and the channel's key is still theirs. */
  get #mayRenewGroups(): boolean {
    return this.#issuer.draft === undefined && !this.#context.log.hasUnappliedRemoval
  }

  /** A fresh key on demand. @throws {UsageError} when this peer is not the key manager in office. */
  rekey(group: Uint8Array, env: Env, out: Out): void {
    if (!this.#tenure.isActing) {
      throw new UsageError(
        'NO_KEY_MANAGER',
        'This peer is not the key manager in office, so it cannot make a new key. Ask the manager to.'
      )
    }
    if (group.length > 0) this.issueBatch(env, out)
    if (group.length === 0 ? !this.#tenure.mayRenew(env) : !this.#mayRenewGroups) {
      throw new UsageError(
        'NO_QUORUM',
        'Too few of the other key managers are connected to sign a new key. Nothing was changed: start them, or try again later.'
      )
    }
    if (group.length === 0) this.#issue(Reason.DEMAND, [], [], env, out)
    else if (!this.#groups.renew(group, Reason.DEMAND, env, out)) {
      throw new UsageError('NO_SUCH_GROUP', 'There is no such group in this channel. See: conclave group list CHANNEL')
    }
  }

  #onDemand(frame: Frame, env: Env, out: Out): void {
    const current = this.#seat.current
    const demand = current && readDemand(this.#context, frame, current)
    if (demand instanceof Refusal) return out.reject(demand)
    if (demand === undefined) return
    if (demand.group.length > 0) return this.#renewGroup(demand, env, out)
    this.#demanded.announcement = demand.announcement
    this.#agenda.set('demand', Math.max(env.uptimeMs, this.#demanded.at + DEMAND_MS))
  }

  /** A fresh key of a group, unless another than the one named has come meanwhile, or one was demanded just now. */
  #renewGroup({ group, announcement }: DemandContent, env: Env, out: Out): void {
    const newest = this.#groups.newest().find((one) => equalBytes(one.group, group))
    const isDue = env.uptimeMs >= this.#demanded.at + DEMAND_MS
    if (!this.#mayRenewGroups || newest === undefined || !isDue) return
    if (!equalBytes(newest.announcement, announcement)) return
    this.#demanded.at = env.uptimeMs
    this.#groups.renew(group, Reason.DEMAND, env, out)
  }

  /** Unless another epoch has come meanwhile: then there is a fresh key. */
  issueDemanded(env: Env, out: Out): void {
    const current = this.#seat.current
    if (current === undefined || !equalBytes(current.announcement, this.#demanded.announcement)) return
    if (needsQuorum(this.#context.charter.descriptor) && !this.#tenure.mayRenew(env)) return
    this.#demanded.at = env.uptimeMs
    this.#issue(Reason.DEMAND, [], [], env, out)
  }

  // ---------------------------------------------------------------- epochs

  /** The next epoch at once when the last one is some time ago, else at the end of the window. */
  #schedule(windowMs: number, env: Env, out: Out): void {
    if (!this.#tenure.isActing) return
    const at = this.#issuedAt + windowMs
    if (env.uptimeMs >= at) this.issueBatch(env, out)
    else this.#agenda.setEarliest('batch', at)
  }

  /** What an epoch did not take in shares the next one. */
  #scheduleRest(env: Env): void {
    if (this.isAwaited() || this.#context.log.hasUnappliedChange) {
      this.#agenda.setOnce('batch', env.uptimeMs + BATCH_MS)
    }
  }

  /** A longer window while one batch of applicants follows the other, the first one again after some quiet. */
  #noteAdmissions(env: Env): void {
    const isStorm = env.uptimeMs < this.#issuedAt + 2 * this.#windowMs
    this.#windowMs = isStorm ? Math.min(this.#windowMs + BATCH_MS, BATCH_MAX_MS) : BATCH_MS
  }

  /** Whether an epoch can be issued in the term that is ours; where another has our word, one above it is opened first. */
  #mayIssue(env: Env, out: Out): boolean {
    if (!this.#tenure.isActing || this.#issuer.draft !== undefined) return false
    if (this.#tenure.isOutbid) this.#tenure.outbid(env, out)
    return !this.#tenure.isOutbid
  }

  issueBatch(env: Env, out: Out): void {
    if (!this.#mayIssue(env, out)) return
    const { applicants, statements } = takeBatch(this.#context, this.#reception.applicants, env, out)
    if (applicants.length === 0 && !this.#context.log.hasUnappliedChange) return
    if (applicants.length > 0) this.#noteAdmissions(env)
    const isAdmitting = applicants.length > 0 || this.#context.log.hasUnappliedAdmit
    const isMerging = applicants.some(({ highest }) => highest !== undefined && this.#isOfAnotherWay(highest))
    const reason = isMerging ? Reason.MERGED : isAdmitting ? Reason.ADMITTED : Reason.STATED
    this.#issue(reason, applicants, statements, env, out)
  }

  /**
   * Whether somebody comes from a way that parted from ours, or could not follow the way to our term, which can be where there
   * are several managers: what was said in this term it has not heard.
   */
  #isOfAnotherWay(key: KeyId): boolean {
    const { charter, office } = this.#context
    return charter.descriptor.managers.length > 1 && (key.term < office.term || !this.#seat.hasLedHere(key))
  }

  #issue(
    reason: Reason,
    applicants: readonly Applicant[],
    statements: readonly CheckedStatement[],
    env: Env,
    out: Out
  ): void {
    if (!this.#mayIssue(env, out)) return
    const { keeper, nextNumber: number } = this.#issuer
    const preview = this.#issuer.preview(statements)
    const { members } = preview.roster
    const granted = applicants.filter(({ user }) => members.has(user))
    const change = keeper.change(reason, number, members, granted, env)
    const leaving = change.gone.map(unhex).filter((user) => this.#context.log.isMember(user))
    const isByThemselves = leaving.every((user) => isWithdrawn(preview.statements, user))
    const why = leaving.length === 0 ? reason : isByThemselves ? Reason.WITHDRAWN : Reason.REMOVED
    const whenInForce: Plan['whenInForce'] = (issued, ...now) => {
      for (const one of granted) this.#reception.grant(one, issued, preview, keeper.pathOf(one.user), ...now)
      this.#settle(issued, why, change.renewed, ...now)
      this.#scheduleRest(now[0])
    }
    this.#issuer.issue({ reason: why, number, change, preview, whenInForce }, env, out)
  }

  /** An epoch comes into force. */
  onEpoch(isRoot: boolean, env: Env): void {
    this.#issuedAt = env.uptimeMs
    this.#triggers.onEpoch(isRoot, this.#circumstances(), env)
    this.#agenda.set('batch', undefined)
    this.#agenda.set('nicks', undefined)
    const { keyLifetimeSeconds } = this.#context.charter.descriptor
    this.#agenda.set('renewal', env.uptimeMs + keyLifetimeSeconds * SECOND_MS)
  }

  /** Brings the groups to an epoch. @param renewed - whose leaves are new, by hex. */
  #settle(
    { key, keys: { exporter }, announcement }: IssuedEpoch,
    reason: Reason,
    renewed: ReadonlySet<string>,
    env: Env,
    out: Out
  ): void {
    const base = { key, notAfter: announcement.body.announcement!.notAfter, reason }
    const leafKeyOf = (user: Uint8Array): Uint8Array | undefined => this.#issuer.keeper.leafKeyOf(user)
    this.#groups.settle(base, { exporter, leafKeyOf, renewed }, env, out)
    exporter.fill(0)
  }
}

/** Whether a member goes by its own word. */
const isWithdrawn = (statements: readonly CheckedStatement[], user: Uint8Array): boolean =>
  statements.some(({ statement }) => statement.operation === Operation.WITHDRAW && equalBytes(statement.subject, user))
