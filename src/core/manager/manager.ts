/**
 * The key manager of one channel: admits who may come in, issues every epoch, and grants its key.
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
import { type IssuedEpoch, issueEpoch } from '../channel/announcement.ts'
import type { Context } from '../channel/context.ts'
import type { LogPreview } from '../channel/control-log.ts'
import { readDemand } from '../channel/demand.ts'
import { OPTIONAL_TRIGGERS } from '../channel/descriptor.ts'
import { type Frame, makeFrame } from '../channel/frame.ts'
import { FIRST_TRANSCRIPT, isHigher } from '../channel/key-schedule.ts'
import type { TreeChange } from '../channel/key-tree.ts'
import type { CheckedStatement } from '../channel/statement.ts'
import { Deadlines } from '../deadlines.ts'
import { asUserId } from '../identity/user.ts'
import type { Env } from '../machine.ts'
import type { Out } from '../out.ts'
import {
  BATCH_MAX_MS,
  BATCH_MS,
  COLLECT_MS,
  DEMAND_MS,
  HEARTBEAT_MS,
  LED_EPOCHS,
  LOOKED_UP_RECORDS,
  NICK_PATIENCE_MS,
  NICK_PAUSE_MS,
  TERM_SKIP
} from '../params.ts'
import { Refusal } from '../reject.ts'
import type { Applicant } from './admission.ts'
import { Archive } from './archive.ts'
import { announceable, isRegistration, takeBatch } from './batch.ts'
import { type GroupBase, GroupOffice } from './group-office.ts'
import { Guide } from './guide.ts'
import { PublicKeyService } from './public-key-service.ts'
import { Reception } from './reception.ts'
import { TreeKeeper, type TreePath } from './tree-keeper.ts'
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

type DeadlineName = 'collect' | 'beat' | 'batch' | 'renewal' | 'nicks' | 'demand'

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
  /** The last epoch that was demanded, and the one that a demand which waits is to replace. */
  #demanded = { at: Number.NEGATIVE_INFINITY, announcement: EMPTY }
  #stage: 'resting' | 'collecting' | 'acting' = 'resting'
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
    return equalBytes(this.#context.manager, this.#context.user)
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
    const stale = this.#keeper.stale(env.now)
    for (const member of stale.slice(0, LOOKED_UP_RECORDS)) out.push({ type: 'lookUp', kind: 'user', id: member })
    const isWanted = (descriptor.withoutTriggers & OPTIONAL_TRIGGERS.prekeyRotation) === 0
    if (isWanted && this.#keeper.isRefreshDue(env.now)) this.#issue(Reason.REFRESHED, [], [], env, out)
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
    const { applicants, statements } = takeBatch(this.#context, this.#reception.applicants, env, out)
    if (applicants.length === 0 && !this.#context.log.hasUnappliedChange) return
    if (applicants.length > 0) this.#noteAdmissions(env)
    const isAdmitting = applicants.length > 0 || this.#context.log.hasUnappliedAdmit
    this.#issue(isAdmitting ? Reason.ADMITTED : Reason.STATED, applicants, statements, env, out)
    const isMore = this.#reception.applicants.size > 0 || this.#context.log.hasUnappliedChange
    if (isMore) this.#deadlines.setOnce('batch', env.uptimeMs + BATCH_MS)
  }

  /** A new term: the tree is built again from the members' prekeys (§7). */
  #openTerm(env: Env, out: Out): void {
    const { promised } = this.#context
    const before = this.#seat.current
    const known = Math.max(promised.term, before?.key.term ?? 0, this.#seenTerm)
    const term = known + 1 + (!this.#isAnswered ? new DataView(env.random(4).buffer).getUint32(0) % TERM_SKIP : 0)
    const preview = this.#previewOf([])
    const change = this.#keeper.rebuild(term, env)
    this.#triggers.start(env)
    this.#stage = 'acting'
    this.#deadlines.set('collect', undefined)
    const reason = before === undefined && this.#seenTerm === 0 ? Reason.CREATED : Reason.TAKEOVER
    const issued = this.#announce(reason, { term, serial: 1 }, change, preview, env, out)
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
    const preview = this.#previewOf([...announceable(this.#context), ...statements])
    const { term, serial } = this.#context.promised
    const number = { term, serial: serial + 1 }
    const { members } = preview.roster
    const granted = applicants.filter(({ user }) => members.has(user))
    const change = this.#keeper.change(reason, number, members, granted, env)
    const { gone } = change
    const isByThemselves = gone.every((name) => isWithdrawn(preview.statements, unhex(name)))
    const why = gone.length === 0 ? reason : isByThemselves ? Reason.WITHDRAWN : Reason.REMOVED
    const issued = this.#announce(why, number, change, preview, env, out)
    for (const one of granted) this.#reception.grant(one, issued, preview, this.#keeper.pathOf(one.user), env, out)
    this.#settleGroups(issued, why, change.renewed, env, out)
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
    // A first epoch is had by grant alone: what it follows from is forgotten at once.
    const init = before?.init ?? this.#keeper.fresh(EMPTY, env)
    const chain = { init, transcript: before?.transcript ?? FIRST_TRANSCRIPT }
    const issued = issueEpoch(self.key, terms, preview, change.update, change.rootKey, chain)
    this.#context.promised = number
    out.keep(this.#context.row())
    this.#keeper.commit(change, preview.roster.members)
    this.#issuedAt = env.uptimeMs
    const path = this.#keeper.pathOf(user)
    const publish = (): void => publishAll(channel, issued, out)
    this.#triggers.onEpoch(change.update.kind !== TreeUpdateKind.STEP, this.#circumstances(), env)
    this.#seat.adopt(issued, terms, preview, path, publish, env, out)
    this.#deadlines.set('batch', undefined)
    this.#deadlines.set('nicks', undefined)
    this.#deadlines.set('renewal', env.uptimeMs + lifetimeMs)
    return issued
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

/** Whether a member goes by its own word. */
const isWithdrawn = (statements: readonly CheckedStatement[], user: Uint8Array): boolean =>
  statements.some(({ statement }) => statement.operation === Operation.WITHDRAW && equalBytes(statement.subject, user))
