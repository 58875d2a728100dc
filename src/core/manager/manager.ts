/**
 * The key manager of one channel: admits who may come in, issues every epoch, and grants its key.
 *
 * A (term, serial) is used once: it is kept durably as promised before anything is signed under it, and a start opens a new
 * term, so that nothing rests on the state of a tree that a crash may have torn. No secret of the tree is ever written
 * down: members follow a new term through their prekeys.
 */
import { present } from '../../base/assert.ts'
import { EMPTY, equalBytes, hex, mapKey, u64, unhex } from '../../base/bytes.ts'
import { UsageError } from '../../base/errors.ts'
import { SECOND_MS } from '../../base/time.ts'
import { derive, hkdfExtract } from '../../crypto/kdf.ts'
import { x25519, x25519KeyPair } from '../../crypto/kem.ts'
import { LABEL } from '../../crypto/labels.ts'
import { PADDABLE_BYTES } from '../../wire/codec.ts'
import { ADMIT_ID_BYTES } from '../../wire/limits.ts'
import {
  Authentication,
  type Body,
  type DemandContent,
  type Grant,
  GrantContent,
  type KeyId,
  Operation,
  Reason,
  TreeUpdateKind
} from '../../wire/messages.ts'
import { certificateOf, type IssuedEpoch, issueEpoch } from '../channel/announcement.ts'
import type { Context } from '../channel/context.ts'
import type { LogPreview } from '../channel/control-log.ts'
import { readDemand } from '../channel/demand.ts'
import { OPTIONAL_TRIGGERS } from '../channel/descriptor.ts'
import { type Frame, makeFrame } from '../channel/frame.ts'
import { sealGrant } from '../channel/grant.ts'
import { IdSet } from '../channel/id-set.ts'
import { CHALLENGE_BYTES, challengeHash, openChallengeAnswer, sealChallenge } from '../channel/key-request.ts'
import { FIRST_INIT, FIRST_TRANSCRIPT, isHigher, type Line, rebuildLeafSecret } from '../channel/key-schedule.ts'
import { KeyTree, type TreeChange } from '../channel/key-tree.ts'
import type { TreeContext } from '../channel/key-tree-update.ts'
import { type CheckedStatement, makeStatement } from '../channel/statement.ts'
import { Deadlines } from '../deadlines.ts'
import { skeleton } from '../identity/nick.ts'
import { asUserId } from '../identity/user.ts'
import type { Env } from '../machine.ts'
import type { Out } from '../out.ts'
import {
  ANNOUNCED_STATEMENT_BYTES,
  BATCH_MAX_MS,
  BATCH_MS,
  CHALLENGE_MS,
  CHALLENGES,
  COLLECT_MS,
  DEMAND_MS,
  HANDED_TRIES,
  HEARTBEAT_MS,
  INLINE_LOG_BYTES,
  KEPT_GRANTS,
  LED_EPOCHS,
  LOOKED_UP_RECORDS,
  NICK_PATIENCE_MS,
  NICK_PAUSE_MS,
  PENDING_REQUESTS,
  REQUESTS_PER_SECOND,
  TERM_SKIP
} from '../params.ts'
import { Refusal } from '../reject.ts'
import { type Applicant, judgeApplicant, readApplicant } from './admission.ts'
import { Archive } from './archive.ts'
import { type GroupBase, GroupOffice, type GroupPath } from './group-office.ts'
import { Guide } from './guide.ts'
import { LeafBook } from './leaf-book.ts'
import { refreshLeaves } from './leaf-refresh.ts'
import { PublicKeyService } from './public-key-service.ts'
import { type Circumstances, Triggers } from './triggers.ts'

/** What the manager sees of the member in the same peer: a manager is a member. */
export interface Seat {
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
  /** Adopts an epoch of ours; `publish` is called once it is durable in the order of effects. */
  adopt(
    issued: IssuedEpoch,
    terms: { readonly notAfter: number; readonly reason: Reason },
    preview: LogPreview,
    path: { readonly leaf: number; readonly depth: number; readonly pathKeys: Uint8Array },
    publish: () => void,
    env: Env,
    out: Out
  ): void
  /** The same for a group. @param roster - hash of those who have its key. */
  adoptGroup(
    issued: IssuedEpoch,
    terms: { readonly group: Uint8Array; readonly roster: Uint8Array },
    path: GroupPath,
    publish: () => void,
    env: Env,
    out: Out
  ): void
}

interface Challenged {
  readonly applicant: Applicant
  readonly challenge: Uint8Array
  readonly nonce: Uint8Array
  readonly until: number
}

/** Every so many heartbeats one tells of a group, one group after the other. */
const GROUP_BEATS = 4

type DeadlineName = 'collect' | 'beat' | 'batch' | 'renewal' | 'nicks' | 'demand'

export class Manager {
  readonly publicKeys: PublicKeyService
  readonly archive: Archive
  readonly #context: Context
  readonly #seat: Seat
  readonly #deadlines = new Deadlines<DeadlineName>()
  readonly #groups: GroupOffice
  /** What the groups stand on: the epoch of the channel issued last. */
  #base: GroupBase | undefined
  readonly #triggers = new Triggers()
  readonly #guide = new Guide()
  readonly #book = new LeafBook()
  /** The last epoch that was demanded, and the one that a demand which waits is to replace. */
  #demanded = { at: Number.NEGATIVE_INFINITY, announcement: EMPTY }
  #stage: 'resting' | 'collecting' | 'acting' = 'resting'
  #isCarrierReady = false
  #seenTerm = 0
  /** Whether anybody could say what epochs there have been. */
  #isAnswered = false
  #tree = KeyTree.empty()
  #leaves = new Map<string, number>()
  /** The roster of the epoch issued last: whoever had a leaf then was in it. */
  #members = IdSet.EMPTY
  #issuedAt = Number.NEGATIVE_INFINITY
  /** How long applicants wait after an epoch to share the next: longer while they keep coming. */
  #windowMs = BATCH_MS
  #beat = 0
  #beats = 0
  /** Applicants for the next epoch, by user. */
  readonly #applicants = new Map<string, Applicant>()
  readonly #challenged = new Map<string, Challenged>()
  /** Requests whose record is being looked up, by user. A further try does not wait for it: what is known has to do. */
  readonly #unknown = new Map<string, Frame>()
  /** Grants given, by the request's one-time author. */
  readonly #granted = new Map<string, { grant: Grant; user: Uint8Array; attempt: number }>()
  #second = { at: 0, requests: 0 }

  constructor(context: Context, seat: Seat) {
    this.#context = context
    this.#seat = seat
    this.archive = new Archive(context)
    context.keeper = this.archive
    this.#groups = new GroupOffice(context, {
      nextNumber: (out) => {
        const { term, serial } = context.promised
        context.promised = { term, serial: serial + 1 }
        out.keep(context.row())
        return context.promised
      },
      fresh: (env) => this.#fresh(env),
      adopt: (group, issued, roster, path, env, out) => {
        const publish = (): void => publishAll(context.channel, issued, out)
        seat.adoptGroup(issued, { group, roster }, path, publish, env, out)
      }
    })
    this.publicKeys = new PublicKeyService(context, ({ body }) => seat.controlOf(body.publicKeyRequest!.key!))
  }

  /** Whether this peer is the one to manage the key. */
  get isInOffice(): boolean {
    return equalBytes(this.#context.manager, this.#context.user)
  }

  get isActing(): boolean {
    return this.#stage === 'acting'
  }

  /** What somebody who took this peer would have of the tree, beside the path that its member holds. */
  unsafeSecrets(): { readonly name: string; readonly bytes: Uint8Array }[] {
    const archived = this.archive.unsafeSecrets()
    if (this.#stage !== 'acting') return archived
    const own = this.#tree
      .unsafeNodes()
      .map(({ level, position, key }) => ({ name: `node//${level}.${position}`, bytes: key }))
    return [...archived, ...own, ...this.#groups.unsafeSecrets()]
  }

  unsafeFills(): { readonly name: string; readonly size: number; readonly cap: number }[] {
    return [
      { name: 'applicants', size: this.#applicants.size, cap: PENDING_REQUESTS },
      { name: 'challenges', size: this.#challenged.size, cap: CHALLENGES },
      { name: 'unknown requesters', size: this.#unknown.size, cap: CHALLENGES },
      { name: 'kept grants', size: this.#granted.size, cap: KEPT_GRANTS },
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
    if (this.isInOffice) this.#openTerm(env, out)
  }

  setCarrier(isReady: boolean, env: Env, out: Out): void {
    this.#isCarrierReady = isReady
    if (!isReady || !this.isInOffice) return
    if (this.#stage === 'resting') {
      this.#stage = 'collecting'
      this.#deadlines.set('collect', env.uptimeMs + COLLECT_MS)
      const { channel, name, addresses } = this.#context
      const question = {
        epochs: { channel, group: EMPTY, after: this.#seat.current?.announcement ?? EMPTY, chunks: [] }
      }
      out.push({ type: 'ask', id: `${name}:collect`, channel, to: undefined, addresses, question })
    } else if (this.#stage === 'acting') this.#sendBeat(env, out)
  }

  /** What peers answered to the question a start begins with. @param terms - of the announcements they know. */
  onCollected(terms: readonly number[], env: Env, out: Out): void {
    this.#seenTerm = Math.max(this.#seenTerm, ...terms)
    this.#isAnswered = true
    if (this.#stage === 'collecting') this.#openTerm(env, out)
  }

  wake(env: Env, out: Out): void {
    this.publicKeys.wake(env, out)
    for (const name of this.#deadlines.due(env.uptimeMs)) {
      switch (name) {
        case 'collect':
          if (this.#stage === 'collecting') this.#openTerm(env, out)
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
          if (this.#announceable().some(isRegistration)) this.#issue(Reason.STATED, [], [], env, out)
          break
        default:
          name satisfies never
      }
    }
  }

  // ---------------------------------------------------------------- requests

  onKeyRequest(frame: Frame, env: Env, out: Out): void {
    if (!this.isInOffice || this.#repeatGrant(frame, out) || this.#isEnlisted(frame)) return
    if (!this.#takeRequest(env)) return out.reject(509)
    const isLookedUp = (user: Uint8Array): boolean => this.#unknown.has(hex(user))
    const applicant = readApplicant(this.#context, frame, frame.body.keyRequest!, isLookedUp, env)
    if (applicant instanceof Refusal) return out.reject(applicant)
    if ('lookUp' in applicant) {
      if (this.#unknown.size >= CHALLENGES) return out.reject(504)
      this.#unknown.set(hex(applicant.lookUp), frame)
      return out.push({ type: 'lookUp', kind: 'user', id: applicant.lookUp })
    }
    const refusal = judgeApplicant(this.#context, applicant, 0, new Map(), env)
    if (refusal !== undefined) return out.reject(refusal)
    // A recorded request can be sent again by anybody, but only its user can answer a challenge. The first admission needs
    // none: a request of somebody unknown, repeated, is one of somebody known.
    const isChallenged =
      this.#context.charter.descriptor.authentication === Authentication.BY_CHALLENGE ||
      this.#context.log.knows(applicant.user)
    if (isChallenged) this.#challenge(applicant, env, out)
    else this.#enlist(applicant, env, out)
  }

  /** The directory's answer about a user whose request waits. */
  onRecord(user: Uint8Array, env: Env, out: Out): void {
    this.publicKeys.onRecord(user, env, out)
    const frame = this.#unknown.get(hex(user))
    if (frame === undefined) return
    if (this.#context.records.get(user) === undefined) out.reject(504)
    else this.onKeyRequest(frame, env, out)
    this.#unknown.delete(hex(user))
  }

  onChallengeAnswer(frame: Frame, env: Env, out: Out): void {
    if (!this.isInOffice) return
    if (!this.#takeRequest(env)) return out.reject(509)
    const { self, channel, user } = this.#context
    const body = frame.body.challengeAnswer!
    const prekey = self.prekeys.find(body.prekey)
    if (prekey === undefined) return out.reject(508)
    const answer = openChallengeAnswer(channel, frame.author, body, user, prekey)
    if (answer instanceof Refusal) return out.reject(answer)
    const waiting = this.#challenged.get(hex(answer.request))
    const isAnswered =
      waiting !== undefined &&
      waiting.until > env.uptimeMs &&
      equalBytes(answer.user, waiting.applicant.user) &&
      equalBytes(answer.challenge, waiting.challenge) &&
      equalBytes(answer.nonce, waiting.nonce)
    if (!isAnswered) return out.reject(508)
    this.#challenged.delete(hex(answer.request))
    this.#enlist(waiting.applicant, env, out)
  }

  /**
   * Whether this is a further try of a request that waits for the next epoch. Challenged again and answered after that, it
   * would be granted a second time, which undoes the first.
   */
  #isEnlisted(frame: Frame): boolean {
    const author = hex(frame.author)
    const applicant = [...this.#applicants.values()].find((one) => one.author === author)
    if (applicant === undefined) return false
    applicant.attempt = Math.max(applicant.attempt, frame.body.keyRequest!.attempt)
    return true
  }

  #challenge(applicant: Applicant, env: Env, out: Out): void {
    const { channel, user } = this.#context
    const nonce = env.random(CHALLENGE_BYTES)
    const { seq, hash } = applicant.record
    const parties = { channel, manager: user, user: applicant.user, recordSeq: seq, recordHash: hash }
    const content = { ...parties, request: applicant.request, nonce }
    const challenge = sealChallenge(content, applicant.record.prekey, applicant.attempt, env.random)
    if (challenge === undefined) return out.reject(504)
    const until = env.uptimeMs + CHALLENGE_MS
    this.#challenged.set(hex(applicant.request), { applicant, challenge: challengeHash(content), nonce, until })
    for (const oldest of this.#challenged.keys()) {
      if (this.#challenged.size <= CHALLENGES) break
      this.#challenged.delete(oldest)
    }
    this.#answer({ challenge }, applicant.user, applicant.attempt, out)
  }

  /** Answers a further try of a request that was granted in this term: from there the announcements lead on. */
  #repeatGrant(frame: Frame, out: Out): boolean {
    const given = this.#granted.get(hex(frame.author))
    if (given === undefined) return false
    const { attempt } = frame.body.keyRequest!
    if (given.grant.key!.term !== this.#context.promised.term) return false
    if (attempt <= given.attempt) return true
    given.attempt = attempt
    this.#answer({ grant: { ...given.grant, attempt } }, given.user, attempt, out)
    return true
  }

  /** To the requester alone, unless it has asked so often that there is something wrong with that way. */
  #answer(body: Body, user: Uint8Array, attempt: number, out: Out): void {
    const { channel, self } = this.#context
    const to = attempt < HANDED_TRIES && { to: asUserId(user) }
    out.push({ type: 'publish', channel, frame: makeFrame(channel, self.key, body).bytes, ...to })
  }

  #takeRequest(env: Env): boolean {
    if (env.uptimeMs >= this.#second.at + SECOND_MS) this.#second = { at: env.uptimeMs, requests: 0 }
    return ++this.#second.requests <= REQUESTS_PER_SECOND
  }

  #enlist(applicant: Applicant, env: Env, out: Out): void {
    const name = hex(applicant.user)
    if (this.#applicants.size >= PENDING_REQUESTS && !this.#applicants.has(name)) return out.reject(509)
    this.#context.records.add(applicant.record.bytes, env.now, out)
    this.#applicants.set(name, applicant)
    this.#schedule(this.#windowMs, env, out)
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
    if (group.length === 0) this.#issue(Reason.DEMAND, [], [], env, out)
    else if (this.#base === undefined || !this.#groups.renew(group, demanded(this.#base), env, out)) {
      throw new UsageError('NO_SUCH_GROUP', 'There is no such group in this channel. See: conclave group list CHANNEL')
    }
  }

  // ---------------------------------------------------------------- triggers

  /** A frame that the member in this peer has handled: it may be a reason for a new key, or its author may need ours. */
  onHeard(frame: Frame, env: Env, out: Out): void {
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
    if (this.#stage !== 'acting') return
    const { descriptor } = this.#context.charter
    const reason = this.#triggers.due(descriptor, this.#circumstances(), env)
    if (reason !== undefined) return this.#issue(reason, [], [], env, out)
    if (this.#base !== undefined) this.#groups.renewOver(this.#base, env, out)
    if (!this.#triggers.isLookDue(env)) return
    const stale = this.#book.stale(this.#leaves, this.#context, env.now)
    for (const { member } of stale.slice(0, LOOKED_UP_RECORDS)) out.push({ type: 'lookUp', kind: 'user', id: member })
    const isWanted = (descriptor.withoutTriggers & OPTIONAL_TRIGGERS.prekeyRotation) === 0
    if (isWanted && this.#book.due(this.#leaves, this.#context, env.now).length > 0)
      this.#issue(Reason.REFRESHED, [], [], env, out)
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
    if (this.#base === undefined || newest === undefined || !isDue) return
    if (!equalBytes(newest.announcement, announcement)) return
    this.#demanded.at = env.uptimeMs
    this.#groups.renew(group, demanded(this.#base), env, out)
  }

  /** Unless another epoch has come meanwhile: then there is a fresh key. */
  #issueDemanded(env: Env, out: Out): void {
    const current = this.#seat.current
    if (current === undefined || !equalBytes(current.announcement, this.#demanded.announcement)) return
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
    if (this.#stage !== 'acting') return
    const { applicants, statements } = this.#takeBatch(env, out)
    if (applicants.length === 0 && !this.#context.log.hasUnappliedChange) return
    if (applicants.length > 0) this.#noteAdmissions(env)
    const isAdmitting = applicants.length > 0 || this.#context.log.hasUnappliedAdmit
    this.#issue(isAdmitting ? Reason.ADMITTED : Reason.STATED, applicants, statements, env, out)
    const isMore = this.#applicants.size > 0 || this.#context.log.hasUnappliedChange
    if (isMore) this.#deadlines.setOnce('batch', env.uptimeMs + BATCH_MS)
  }

  /** As many applicants as fit one announcement, each judged again, and the statements that admit them. */
  #takeBatch(env: Env, out: Out): { applicants: Applicant[]; statements: CheckedStatement[] } {
    const taken: Applicant[] = []
    const statements: CheckedStatement[] = []
    const redeemed = new Map<string, Set<string>>()
    const waiting = this.#announceable()
    const skeletons = new Set(waiting.filter(isRegistration).map(({ statement }) => skeleton(statement.name)))
    let bytes = waiting.reduce((sum, one) => sum + one.bytes.length, 0)
    for (const [name, applicant] of this.#applicants) {
      const admits = statements.filter(({ statement }) => statement.operation === Operation.ADMIT)
      const refusal = judgeApplicant(this.#context, applicant, admits.length, redeemed, env)
      if (refusal !== undefined) {
        this.#applicants.delete(name)
        out.reject(refusal)
        continue
      }
      const statement = this.#welcome(applicant, skeletons, statements.length, env)
      if (statement !== undefined) {
        if (bytes + statement.bytes.length > ANNOUNCED_STATEMENT_BYTES) break
        bytes += statement.bytes.length
        statements.push(statement)
        const redeemers = redeemed.get(mapKey(applicant.token)) ?? new Set()
        redeemed.set(mapKey(applicant.token), redeemers.add(mapKey(applicant.user)))
      }
      this.#applicants.delete(name)
      taken.push(applicant)
    }
    return { applicants: taken, statements }
  }

  /**
   * The statement that lets somebody in, or names a member nobody has named yet: with the nick of its record, unless somebody
   * here has one that looks like it.
   */
  #welcome(
    { user, record, token }: Applicant,
    skeletons: Set<string>,
    ahead: number,
    env: Env
  ): CheckedStatement | undefined {
    const { self, channel, log } = this.#context
    const isMember = log.isMember(user)
    const shape = skeleton(record.nick)
    const isFree = !skeletons.has(shape) && log.nicks.isFree(record.nick, user)
    if (isMember && (!isFree || log.nickOf(user) !== '' || log.pendingNickOf(user) !== undefined)) return undefined
    if (isFree) skeletons.add(shape)
    const operation = isMember ? Operation.REGISTER_NICK : Operation.ADMIT
    return makeStatement(self.key, {
      channel,
      operation,
      subject: user,
      ...(!isMember && { admitId: env.random(ADMIT_ID_BYTES), token }),
      name: isFree ? record.nick : '',
      previous: log.head,
      seq: log.seqOf(self.key.publicKey) + 1 + ahead,
      at: env.now
    })
  }

  /** A new term: the tree is built again from the members' prekeys (§7). */
  #openTerm(env: Env, out: Out): void {
    const { log, promised, records, channel, user } = this.#context
    const before = this.#seat.current
    const known = Math.max(promised.term, before?.key.term ?? 0, this.#seenTerm)
    const term = known + 1 + (!this.#isAnswered ? new DataView(env.random(4).buffer).getUint32(0) % TERM_SKIP : 0)
    const line: Line = { channel, group: EMPTY }
    const termKey = x25519KeyPair(env.random(32))
    const members = log.roster.members.ids()
    this.#book.clear()
    const secrets = members.map((member) => {
      const prekey = equalBytes(member, user) ? undefined : records.get(member)?.prekey
      const shared = prekey && prekey.notAfter > env.now ? x25519(termKey.seed.expose(), prekey.x25519) : undefined
      this.#book.note(hex(member), shared && prekey, env.now)
      return shared === undefined ? this.#fresh(env) : rebuildLeafSecret(shared, line, term, member)
    })
    const change = KeyTree.rebuild(secrets, { ...line, term, serial: 1 })
    const update = { ...change.update, termKey: termKey.publicKey }
    termKey.destroy()
    this.#leaves = new Map(members.map((member, leaf) => [hex(member), leaf]))
    this.#triggers.start(env)
    this.#stage = 'acting'
    this.#deadlines.set('collect', undefined)
    const reason = before === undefined && this.#seenTerm === 0 ? Reason.CREATED : Reason.TAKEOVER
    const preview = present(this.#previewOf([]), 'the log as it is has a preview')
    const issued = this.#announce(reason, { term, serial: 1 }, { ...change, update }, preview, env, out)
    this.#groups.clear()
    this.#settleGroups(issued, reason, new Set(), env, out)
    this.#issueBatch(env, out)
    this.#sendBeat(env, out)
  }

  #issue(
    reason: Reason,
    applicants: readonly Applicant[],
    statements: readonly CheckedStatement[],
    env: Env,
    out: Out
  ): void {
    if (this.#stage !== 'acting') return
    const preview = present(this.#previewOf(statements), 'our own and checked statements may be made')
    const { channel, promised } = this.#context
    const { term } = promised
    const serial = promised.serial + 1
    const context = { channel, group: EMPTY, term, serial }
    const fresh = (): Uint8Array => this.#fresh(env)
    const gone = this.#members.minus(preview.roster.members).map(hex)
    const removed = gone.flatMap((name) => this.#leaves.get(name) ?? [])
    for (const name of gone) this.#leaves.delete(name)
    const staying = applicants.filter(({ user }) => preview.roster.members.has(user))
    const returning = staying.filter(({ user }) => this.#leaves.has(hex(user)))
    const joining = staying.filter(({ user }) => !this.#leaves.has(hex(user)))
    const returningLeaves = returning.map(({ user }) => this.#leaves.get(hex(user))!)
    const renewed = new Set(staying.map(({ user }) => hex(user)))
    let change: TreeChange
    if (removed.length > 0) {
      const refreshed = new Map(returningLeaves.map((leaf) => [leaf, fresh()]))
      change = this.#tree.path({ removed, refreshed, joiners: joining.length }, context, fresh)
    } else if (staying.length > 0 || reason === Reason.STATED) {
      change = this.#tree.step(joining.length, context, fresh, returningLeaves)
    } else change = this.#renewal(reason, context, renewed, env)
    for (const name of gone) this.#book.forget(name)
    for (const { user, record } of staying) this.#book.note(hex(user), record.prekey, env.now)
    const free = change.update.added.filter((leaf) => !returningLeaves.includes(leaf))
    for (const [i, { user }] of joining.entries()) this.#leaves.set(hex(user), free[i]!)
    const isByThemselves = gone.every((name) => isWithdrawn(preview.statements, unhex(name)))
    const why = removed.length === 0 ? reason : isByThemselves ? Reason.WITHDRAWN : Reason.REMOVED
    const issued = this.#announce(why, { term, serial }, change, preview, env, out)
    for (const applicant of staying) this.#grant(applicant, issued, preview, env, out)
    this.#settleGroups(issued, why, renewed, env, out)
  }

  /** @param renewed - whose leaves are new, by hex. */
  #settleGroups(
    { key, keys, transcript, announcement }: IssuedEpoch,
    reason: Reason,
    renewed: ReadonlySet<string>,
    env: Env,
    out: Out
  ): void {
    this.#base = {
      key,
      exporter: keys.exporter,
      transcript,
      notAfter: announcement.body.announcement!.notAfter,
      reason,
      leafKeyOf: (user) => {
        const leaf = this.#leaves.get(hex(user))
        return leaf === undefined ? undefined : this.#tree.leafKey(leaf)
      },
      renewed
    }
    this.#groups.settle(this.#base, env, out)
  }

  /** A change of keys alone, with new leaves for whom that is due: of the root, or just a step of it. */
  #renewal(reason: Reason, context: TreeContext, renewed: Set<string>, env: Env): TreeChange {
    const fresh = (): Uint8Array => this.#fresh(env)
    const isRefreshing = reason === Reason.REFRESHED || reason === Reason.SCHEDULED || reason === Reason.DEADLINE
    const chosen = isRefreshing ? this.#book.due(this.#leaves, this.#context, env.now) : []
    const refresh = refreshLeaves(chosen, context, context, env.random)
    if (refresh === undefined) {
      return reason === Reason.SCHEDULED ? this.#tree.step(0, context, fresh) : this.#tree.path({}, context, fresh)
    }
    for (const { member, leaf, prekey } of chosen) {
      if (!refresh.refreshed.has(leaf)) continue
      this.#book.note(hex(member), prekey, env.now)
      renewed.add(hex(member))
    }
    const change = this.#tree.path({ refreshed: refresh.refreshed }, context, fresh)
    return { ...change, update: { ...change.update, termKey: refresh.termKey } }
  }

  /** What the log would be with everything that waits, and these statements. */
  #previewOf(statements: readonly CheckedStatement[]): LogPreview | undefined {
    const { log } = this.#context
    const preview = log.preview([...(this.#tree.size > 0 ? this.#announceable() : []), ...statements])
    return preview instanceof Refusal ? undefined : preview
  }

  /** As many of the statements that wait as fit half an announcement, removals first: the other half is for admits. */
  #announceable(): CheckedStatement[] {
    const { log } = this.#context
    const removals = log.unappliedRemovals()
    const rest = log.pending().filter((one) => !removals.includes(one))
    const taken: CheckedStatement[] = []
    const skeletons = new Set<string>()
    let bytes = 0
    for (const one of [...removals, ...rest]) {
      if (!log.mayState(one)) continue
      if (isRegistration(one)) {
        const shape = skeleton(one.statement.name)
        if (skeletons.has(shape) || !log.mayRegister(one)) continue
        skeletons.add(shape)
      }
      bytes += one.bytes.length
      if (bytes > ANNOUNCED_STATEMENT_BYTES / 2) break
      taken.push(one)
    }
    return taken
  }

  /** Issues one epoch: promise and epoch durable, then announced. */
  #announce(
    reason: Reason,
    number: { term: number; serial: number },
    change: TreeChange,
    preview: LogPreview,
    env: Env,
    out: Out
  ): IssuedEpoch {
    const { channel, self, charter, user } = this.#context
    const before = this.#seat.current
    const lifetimeMs = charter.descriptor.keyLifetimeSeconds * SECOND_MS
    const terms = {
      line: { channel, group: EMPTY },
      ...number,
      descriptor: charter.ref,
      previous: before?.announcement ?? EMPTY,
      reason,
      notAfter: env.now + lifetimeMs
    }
    const chain = { init: before?.init ?? FIRST_INIT, transcript: before?.transcript ?? FIRST_TRANSCRIPT }
    const issued = issueEpoch(self.key, terms, preview, change.update, change.rootKey, chain)
    this.#context.promised = number
    out.keep(this.#context.row())
    this.#tree = change.tree
    this.#members = preview.roster.members
    this.#issuedAt = env.uptimeMs
    const leaf = present(this.#leaves.get(hex(user)), 'a manager is a member')
    const path = { leaf, depth: this.#tree.depth, pathKeys: this.#tree.pathKeys(leaf) }
    const publish = (): void => publishAll(channel, issued, out)
    this.#triggers.onEpoch(change.update.kind !== TreeUpdateKind.STEP, this.#circumstances(), env)
    this.#seat.adopt(issued, terms, preview, path, publish, env, out)
    this.#deadlines.set('batch', undefined)
    this.#deadlines.set('nicks', undefined)
    this.#deadlines.set('renewal', env.uptimeMs + lifetimeMs)
    return issued
  }

  #grant(applicant: Applicant, issued: IssuedEpoch, preview: LogPreview, env: Env, out: Out): void {
    const { channel, charter, log, user } = this.#context
    const leaf = present(this.#leaves.get(hex(applicant.user)), 'who is granted a key has a leaf')
    const isLogComplete = log.announcedBytes <= INLINE_LOG_BYTES
    const bare = {
      epochSecret: issued.epochSecret,
      leaf,
      depth: this.#tree.depth,
      pathKeys: this.#tree.pathKeys(leaf),
      announcement: certificateOf(issued.announcement).bytes,
      statements: isLogComplete ? log.announced().map((one) => one.bytes) : [],
      isLogComplete,
      earlier: [],
      notAfter: issued.announcement.body.announcement!.notAfter
    }
    const room = PADDABLE_BYTES - GrantContent.encode(bare).length
    const earlier = this.archive.earlierFor(applicant.user, issued.key, applicant.highest, room, env.now)
    const content = { ...bare, earlier }
    const terms = {
      request: applicant.request,
      group: EMPTY,
      key: issued.key,
      transcript: issued.transcript,
      roster: preview.roster.hash,
      logHead: preview.ids.root(),
      descriptor: charter.ref
    }
    const parties = { channel, manager: user, requester: applicant.user }
    const grant = sealGrant(
      terms,
      parties,
      content,
      applicant.record.prekey,
      applicant.oneTimeKey,
      applicant.attempt,
      env.random
    )
    if (grant === undefined) return out.reject(504)
    this.#granted.set(applicant.author, { grant, user: applicant.user, attempt: applicant.attempt })
    for (const oldest of this.#granted.keys()) {
      if (this.#granted.size <= KEPT_GRANTS) break
      this.#granted.delete(oldest)
    }
    this.#answer({ grant }, applicant.user, applicant.attempt, out)
  }

  /** 32 fresh bytes, mixed with the manager's own secret, the channel and the time (§4, the patent's figure 8). */
  #fresh(env: Env): Uint8Array {
    const { self, channel } = this.#context
    return derive(hkdfExtract(self.key.seed.expose(), env.random(32)), LABEL.freshSecret, [
      channel,
      EMPTY,
      u64(env.now)
    ])
  }

  #sendBeat(env: Env, out: Out): void {
    const current = this.#seat.current
    if (this.#stage !== 'acting' || current === undefined) return
    this.#deadlines.set('beat', env.uptimeMs + HEARTBEAT_MS)
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
        descriptor: charter.ref
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

const isRegistration = ({ statement }: CheckedStatement): boolean => statement.operation === Operation.REGISTER_NICK

/** Whether a member goes by its own word. */
const isWithdrawn = (statements: readonly CheckedStatement[], user: Uint8Array): boolean =>
  statements.some(({ statement }) => statement.operation === Operation.WITHDRAW && equalBytes(statement.subject, user))
