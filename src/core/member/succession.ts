/**
 * One epoch after the other: which announcement is followed, and when an epoch is in force.
 *
 * An epoch is adopted only from the one before it, or by a grant, and is durable with everything it stands on before
 * anything is done under it. Two announcements of one manager for one number are proof that it lied: sending stops.
 */
import { assert } from '../../base/assert.ts'
import { EMPTY, equalBytes, hex } from '../../base/bytes.ts'
import { SECOND_MS } from '../../base/time.ts'
import { trim } from '../../base/trim.ts'
import { TERM_JUMP } from '../../wire/limits.ts'
import { type EpochsQuestion, type KeyId, Operation, Reason, TreeUpdateKind } from '../../wire/messages.ts'
import {
  type CheckedAnnouncement,
  certificateOf,
  charterNamed,
  equivocatorOf,
  officeOf,
  readAnnouncement,
  readSide,
  signersOf
} from '../channel/announcement.ts'
import type { Context } from '../channel/context.ts'
import type { LogPreview } from '../channel/control-log.ts'
import { isManagerOf } from '../channel/descriptor.ts'
import { needsQuorum, outranks } from '../channel/election.ts'
import { type Frame, keyIdKey, readFrame } from '../channel/frame.ts'
import type { IdSet } from '../channel/id-set.ts'
import { isHigher } from '../channel/key-schedule.ts'
import type { CheckedStatement } from '../channel/statement.ts'
import { Deadlines } from '../deadlines.ts'
import type { Env, Row, RowKey } from '../machine.ts'
import type { Notice } from '../notice.ts'
import { type Out, stateKey, stateRow } from '../out.ts'
import { KEPT_ANNOUNCEMENTS, KEPT_CHUNKS, WAITING_ANNOUNCEMENTS } from '../params.ts'
import { Refusal, refuse } from '../reject.ts'
import { ChunkShelf, framesAfter, isChunkOf } from './chunk-shelf.ts'
import { Equivocation } from './equivocation.ts'
import { chunksNeeded, followAnnouncement, tryWithoutKey } from './follow.ts'
import type { Epoch, Keyring } from './keyring.ts'

/** Chunks of one announcement at most: wraps for the largest tree. */
const CHUNKS = 1_100

/** First epochs of terms remembered. */
const OPENINGS = 16
const NO_NUMBER = { term: 0, serial: 0 }

const GROUP_CHANGE: Partial<Record<Operation, (Notice & { type: 'group' })['change']>> = {
  [Operation.MAKE_GROUP]: 'made',
  [Operation.DISSOLVE_GROUP]: 'dissolved',
  [Operation.PUT_INTO_GROUP]: 'put-in',
  [Operation.TAKE_OUT_OF_GROUP]: 'taken-out'
}

/** What follows from an epoch. */
export interface Following {
  /**
   * It is about to be in force.
   *
   * @param passed - epochs of ours that others have not, by hex of their announcements.
   * @returns rows that become durable with it.
   */
  onPassed(passed: ReadonlySet<string>): Row[]
  /** It is in force. */
  onAdopted(env: Env, out: Out): void
  /** Somebody has come into the channel, or a group, by it; nothing was said under it yet. */
  onComer(user: Uint8Array, group: Uint8Array, out: Out): void
}

export class Succession {
  readonly #context: Context
  readonly #keyring: Keyring
  readonly #following: Following
  readonly equivocation: Equivocation
  readonly #deadlines = new Deadlines<'expiry'>()
  /** Announcements that do not follow the current epoch yet, by id. */
  readonly #waiting = new Map<string, CheckedAnnouncement>()
  /** Adopted announcements, oldest first, for members that missed one. */
  #kept: CheckedAnnouncement[] = []
  readonly chunks = new ChunkShelf()
  /** How many chunks of our own newest announcement the store has. */
  #storedChunks = 0
  /** The chunks needed to follow one announcement from one epoch: counting them again at each chunk costs too much. */
  #needed: { readonly current: Epoch; readonly next: CheckedAnnouncement; readonly chunks: number[] } | undefined
  /** The highest number that a certificate was seen for without what leads there. */
  #certified = NO_NUMBER
  /** First epochs of terms that were heard of and do not follow ours, newest last: where others parted from us. */
  #openings: CheckedAnnouncement[] = []
  /** Whether the current epoch is known to lead nowhere: only a grant helps. */
  #isOffChain = false

  constructor(context: Context, keyring: Keyring, following: Following) {
    this.#context = context
    this.#keyring = keyring
    this.#following = following
    this.equivocation = new Equivocation(context)
  }

  get isOffChain(): boolean {
    return this.#isOffChain
  }

  /** The epoch held leads nowhere any more: only a grant helps. */
  leaveChain(): void {
    this.#isOffChain = this.#keyring.current !== undefined
  }

  /** Whether announcements are known that we cannot reach from where we are. */
  get isBehind(): boolean {
    const current = this.#keyring.current
    const ahead = [...this.#waiting.values()].map(({ head }) => head.key)
    return current !== undefined && [this.#certified, ...ahead].some((key) => isHigher(key, current.key))
  }

  unsafeFills(): { readonly name: string; readonly size: number; readonly cap: number }[] {
    return [
      { name: 'waiting announcements', size: this.#waiting.size, cap: WAITING_ANNOUNCEMENTS },
      { name: 'kept announcements', size: this.#kept.length, cap: KEPT_ANNOUNCEMENTS },
      { name: 'openings', size: this.#openings.length, cap: OPENINGS },
      { name: 'kept chunks', size: this.chunks.size, cap: KEPT_CHUNKS }
    ]
  }

  nextAt(): number | undefined {
    return this.#deadlines.next()
  }

  wake(env: Env, out: Out): void {
    if (this.#deadlines.due(env.uptimeMs).length > 0) this.expirePast(env, out)
  }

  #onAnnouncement(frame: Frame, env: Env, out: Out): Refusal | undefined {
    const current = this.#keyring.current
    // One of an older version leads only to where a newer one goes on from it: its issuer may be dismissed by now.
    const charter = this.#isNamed(frame) ? charterNamed(this.#context.charter, frame) : this.#context.charter
    const announcement = readAnnouncement(charter, frame, current?.key.term ?? frame.body.announcement!.key!.term)
    if (announcement instanceof Refusal) return announcement
    this.#context.noteOffice(officeOf(announcement))
    if (this.#isKnown(frame)) return undefined
    if (announcement.head.key.serial === 1) this.#openings = [...this.#openings, announcement].slice(-OPENINGS)
    const lie = this.contradicted(announcement)
    if (lie !== undefined) return this.equivocation.raise(lie, announcement, env, out)
    if (current !== undefined && !isHigher(announcement.head.key, current.key)) return refuse(403)
    if (announcement.payload === undefined) {
      if (isHigher(announcement.head.key, this.#certified)) this.#certified = announcement.head.key
      return undefined
    }
    this.#waiting.set(hex(frame.id), announcement)
    trim(this.#waiting, WAITING_ANNOUNCEMENTS)
    this.follow(env, out)
    return undefined
  }

  /** Whether an announcement that waits follows this one. */
  #isNamed({ id }: Frame): boolean {
    return [...this.#waiting.values()].some(({ head }) => equalBytes(head.previous, id))
  }

  /** The descriptor has changed: what waits under the version before counts only with what follows it. */
  onCharter(): void {
    this.#certified = NO_NUMBER
    this.#waiting.clear()
  }

  #isKnown(frame: Frame): boolean {
    return this.#kept.some((kept) => equalBytes(kept.frame.id, frame.id))
  }

  /** Keeps a chunk; once its announcement is known, only one with the hash in the head. */
  #onChunk(frame: Frame, env: Env, out: Out): Refusal | undefined {
    const { announcement, index, data } = frame.body.chunk!
    if (!isManagerOf(this.#context.charter.descriptor, frame.author)) return refuse(401)
    if (index >= CHUNKS) return refuse(405)
    const known =
      this.#waiting.get(hex(announcement)) ?? this.#kept.find((kept) => equalBytes(kept.frame.id, announcement))
    if (known !== undefined && !isChunkOf(known.head, index, data)) return refuse(405)
    this.chunks.put(frame, (name) => this.#waiting.has(name))
    this.follow(env, out)
    return undefined
  }

  /** An announcement, or a chunk of one. */
  onEpochFrame(frame: Frame, env: Env, out: Out): Refusal | undefined {
    if (frame.kind === 'announcement') return this.#onAnnouncement(frame, env, out)
    return frame.kind === 'chunk' ? this.#onChunk(frame, env, out) : undefined
  }

  /** Adopts every announcement that follows, one after the other. */
  follow(env: Env, out: Out): void {
    for (;;) {
      const current = this.#keyring.current
      const next = this.#next
      if (current === undefined || next === undefined || this.missingChunks.length > 0) return
      this.#waiting.delete(hex(next.frame.id))
      const chunkAt = (index: number): Uint8Array | undefined => this.chunks.get(next, index)?.body.chunk?.data
      const followed = followAnnouncement(this.#context, current, next, chunkAt)
      if (followed instanceof Refusal) {
        out.reject(followed)
        this.#onUnfollowed(next, followed, out)
        return
      }
      this.#adopt(followed.epoch, followed.preview, next, env, out)
    }
  }

  /** An announcement that follows by name but not in substance: we were removed, or our state or its issuer is wrong. */
  #onUnfollowed(announcement: CheckedAnnouncement, { check }: Refusal, out: Out): void {
    const leaf = this.#keyring.current?.tree?.leaf
    const { kind, removed } = announcement.payload!.tree
    const isNamed = leaf !== undefined && removed.includes(leaf)
    // A rebuilt tree does not say who has no part in it, but a removal may have been told before.
    const isToldOf = kind === TreeUpdateKind.REBUILD && this.#isRemovalTold
    if (check === 408 && (isNamed || isToldOf)) {
      this.#context.wasRemoved = true
      out.keep(this.#context.row())
      return
    }
    const isProof = check === 410 || check === 411 || check === 412 || check === 303
    if (isProof) return this.equivocation.stop(announcement.frame.author, check, out)
    this.#isOffChain = true
  }

  get #isRemovalTold(): boolean {
    const { log, user } = this.#context
    return log.unappliedRemovals().some(({ statement }) => equalBytes(statement.subject, user))
  }

  /** The announcement that follows the current epoch, as far as it has come: where there are two, of the higher office. */
  get #next(): CheckedAnnouncement | undefined {
    const { current } = this.#keyring
    if (current === undefined || this.#isOffChain) return undefined
    let next: CheckedAnnouncement | undefined
    for (const one of this.#waiting.values()) {
      if (!equalBytes(one.head.previous, current.announcement)) continue
      if (next === undefined || outranks(this.#context.charter, officeOf(one), officeOf(next))) next = one
    }
    return next
  }

  /** Who signed the certificate of the newest epoch, its issuer first; of its term, where it is a pure step. */
  get signers(): Uint8Array[] {
    const newest = this.#kept.at(-1)
    if (newest === undefined) return []
    const charter = charterNamed(this.#context.charter, newest.frame)
    const { certificate } = newest.attachment
    const first = certificate.length > 0 ? readSide(charter, certificate) : newest
    return first instanceof Refusal ? [] : signersOf(charter.descriptor, first)
  }

  /** Of the epoch held; empty for none. */
  get certificate(): Uint8Array {
    const newest = this.#kept.at(-1)
    return newest === undefined ? EMPTY : certificateOf(newest.frame).bytes
  }

  /** What the log would be with an announcement that is proposed and follows the current epoch; nothing is changed. */
  tryProposal(proposal: CheckedAnnouncement): LogPreview | Refusal {
    const { current } = this.#keyring
    if (current === undefined) return tryWithoutKey(this.#context, proposal)
    const chunkAt = (index: number): Uint8Array | undefined => this.chunks.get(proposal, index)?.body.chunk?.data
    const followed = followAnnouncement(this.#context, current, proposal, chunkAt)
    if (followed instanceof Refusal) return followed
    followed.epoch.end(0)
    followed.epoch.destroy()
    return followed.preview
  }

  /** Whether the current epoch is over already, by an announcement that is about to be followed. */
  get isPassing(): boolean {
    return this.#next !== undefined && this.missingChunks.length === 0
  }

  /** Which chunks of the announcement that follows we still need: indexes, ascending. */
  get missingChunks(): number[] {
    const { current } = this.#keyring
    const next = this.#next
    if (current === undefined || next === undefined) return []
    if (this.#needed?.current !== current || this.#needed.next !== next) {
      this.#needed = { current, next, chunks: chunksNeeded(this.#context, current, next) }
    }
    return this.#needed.chunks.filter((index) => this.chunks.get(next, index) === undefined)
  }

  /**
   * Adopts an epoch that we issued ourselves as the key manager.
   *
   * @param publish - called when the epoch is durable and before anything is sent under it.
   */
  adoptIssued(
    announcement: Frame,
    chunks: readonly Frame[],
    epoch: Epoch,
    preview: LogPreview,
    publish: () => void,
    env: Env,
    out: Out
  ): void {
    const checked = readAnnouncement(this.#context.charter, announcement, epoch.key.term)
    assert(!(checked instanceof Refusal), 'an announcement of ours is valid')
    this.#adopt(epoch, preview, checked, env, out, publish, chunks)
  }

  #adopt(
    epoch: Epoch,
    preview: LogPreview,
    announcement: CheckedAnnouncement,
    env: Env,
    out: Out,
    publish: () => void = () => {},
    chunks: readonly Frame[] = []
  ): void {
    const { log } = this.#context
    const before = log.roster.members
    log.commit(preview)
    const kept = this.kept(epoch, preview.statements, env)
    const statements = [...preview.statements.map((one) => this.#context.logRow(one)), ...kept.puts]
    const told = preview.statements.map((one) => stateKey(`pending/${this.#context.name}/${hex(one.id)}`))
    const settled = [...told, ...kept.deletes]
    this.install(epoch, announcement, statements, settled, env, out, chunks)
    publish()
    this.notifyRoster(preview.statements, before, out)
    this.afterAdoption(env, out)
  }

  /** What a role in this peer keeps of an epoch that is about to be adopted. */
  kept(epoch: Epoch, statements: readonly CheckedStatement[], env: Env): { puts: Row[]; deletes: RowKey[] } {
    const { key, announcement, secrets } = epoch
    const reading = secrets.reading
    const { keeper } = this.#context
    if (keeper === undefined || reading === undefined) return { puts: [], deletes: [] }
    return keeper.keep({ key, announcement, reading }, statements, env.now)
  }

  /** Tells everybody that an epoch is in force. */
  afterAdoption(env: Env, out: Out): void {
    for (const [name, { head }] of this.#waiting) {
      if (!isHigher(head.key, this.#keyring.current!.key)) this.#waiting.delete(name)
    }
    this.#following.onAdopted(env, out)
  }

  /**
   * Whether an announcement contradicts one we have: the one it contradicts.
   *
   * @param known - of its line.
   */
  contradicted(
    announcement: CheckedAnnouncement,
    known: readonly CheckedAnnouncement[] = [...this.#kept, ...this.#waiting.values()]
  ): CheckedAnnouncement | undefined {
    return known.find((one) => equivocatorOf(this.#context.charter.descriptor, one, announcement) !== undefined)
  }

  /**
   * Puts an epoch in force, durably, with everything it stands on.
   *
   * @param chunks - of an announcement of ours: nobody else may have them when we come back from a crash.
   */
  install(
    epoch: Epoch,
    announcement: CheckedAnnouncement,
    statements: readonly Row[],
    settled: readonly RowKey[],
    env: Env,
    out: Out,
    chunks: readonly Frame[] = []
  ): void {
    const { log, channel, user } = this.#context
    if (this.#keyring.current === undefined) this.#forgetBeyondReach(announcement.head.key.term)
    this.#context.noteOffice(officeOf(announcement))
    this.#context.version = announcement.head.descriptor.version
    const recalled = this.#following.onPassed(this.#passedOver(announcement))
    epoch.log = log.ids
    epoch.openTo(log.groupsOf(user), channel, user)
    const { puts, deletes } = this.#keyring.begin(epoch, env.now)
    const stale = this.#chunkEntries().slice(chunks.length).map(stateKey)
    this.#storedChunks = chunks.length
    const stored = this.#chunkEntries().map((entry, index) => stateRow(entry, chunks[index]!.bytes))
    this.#needed = undefined
    out.push({
      type: 'persist',
      puts: [...statements, ...recalled, ...puts, this.#keepAnnouncement(announcement), ...stored],
      deletes: [...deletes, ...settled, ...stale],
      isDurable: true
    })
    for (const chunk of chunks) this.chunks.put(chunk, (name) => this.#waiting.has(name))
    this.#isOffChain = false
    const grace = this.#context.charter.descriptor.graceSeconds * SECOND_MS
    this.#deadlines.setOnce('expiry', env.uptimeMs + grace + SECOND_MS)
  }

  /** What was heard while there was no epoch to measure terms by, and what R-409 refuses from the first one on. */
  #forgetBeyondReach(term: number): void {
    if (needsQuorum(this.#context.charter.descriptor)) return
    const isBeyond = (one: { readonly term: number }): boolean => one.term > term + TERM_JUMP
    for (const [name, { head }] of this.#waiting) if (isBeyond(head.key)) this.#waiting.delete(name)
    if (isBeyond(this.#certified)) this.#certified = NO_NUMBER
    if (isBeyond(this.#context.office)) this.#context.forgetOffice()
  }

  /**
   * Our epochs since the one that the chain of an announcement went on from, when that is not the last. Who came in after
   * that has none of before: all it has is passed over, as far as it can tell.
   */
  #passedOver({ head }: CheckedAnnouncement): ReadonlySet<string> {
    const { current } = this.#keyring
    if (current === undefined) return new Set()
    if (equalBytes(head.previous, current.announcement)) return head.reason === Reason.MERGED ? this.#ofTerm : new Set()
    const others = this.#openings.filter((one) => one.head.key.term <= head.key.term && !this.#isKnown(one.frame))
    if (others.length === 0 || others.some((one) => equalBytes(one.head.previous, current.announcement)))
      return new Set()
    const partings = others.map((one) =>
      this.#kept.findIndex((ours) => equalBytes(ours.head.previous, one.head.previous))
    )
    const known = partings.filter((place) => place >= 0)
    const first = known.length > 0 ? Math.min(...known) : 0
    return new Set(this.#kept.slice(first).map(({ frame }) => hex(frame.id)))
  }

  /** Our epochs of this term: who comes to us from another way has none of them. */
  get #ofTerm(): ReadonlySet<string> {
    const opening = this.#kept.findLastIndex(({ head }) => head.key.serial === 1)
    return new Set(this.#kept.slice(Math.max(0, opening)).map(({ frame }) => hex(frame.id)))
  }

  /** Whether an epoch is one of those that led here. */
  hasLedHere(key: KeyId): boolean {
    return this.#kept.some(({ head }) => keyIdKey(head.key) === keyIdKey(key))
  }

  /** The epochs adopted lately, by hex of their announcements. */
  get lately(): ReadonlySet<string> {
    return new Set(this.#kept.map(({ frame }) => hex(frame.id)))
  }

  #chunkEntries(): string[] {
    return Array.from({ length: this.#storedChunks }, (_, index) => `chunk/${this.#context.name}/${index}`)
  }

  #keepAnnouncement(announcement: CheckedAnnouncement): Row {
    this.#kept.push(announcement)
    const dropped = this.#kept.splice(0, this.#kept.length - KEPT_ANNOUNCEMENTS)
    for (const one of dropped) this.chunks.drop(one)
    return stateRow(`newest/${this.#context.name}`, announcement.frame.bytes)
  }

  expirePast(env: Env, out: Out): void {
    const { graceSeconds, retentionSeconds } = this.#context.charter.descriptor
    const grace = graceSeconds * SECOND_MS
    const retention = retentionSeconds > 0 ? retentionSeconds * SECOND_MS : Number.POSITIVE_INFINITY
    out.note([], this.#keyring.expire(env.now, grace, retention))
    if (this.#keyring.hasExpiring(retention)) this.#deadlines.set('expiry', env.uptimeMs + grace / 2 + SECOND_MS)
  }

  /** What a member that is behind is told. */
  epochsAfter(question: EpochsQuestion): { frames: Uint8Array[]; isMore: boolean } {
    return framesAfter(this.#kept, this.chunks, question)
  }

  /** Announcements for a member that uses this key, without chunks, as long as they are not many; else just the newest. */
  epochsAfterKey(key: KeyId, most: number): Uint8Array[] {
    const known = this.#kept.find(({ head }) => keyIdKey(head.key) === keyIdKey(key))
    const after = (id: Uint8Array): Uint8Array[] =>
      framesAfter(this.#kept, this.chunks, { after: id, chunks: [] }).frames
    const frames = after(known?.frame.id ?? EMPTY)
    return frames.length <= most ? frames : after(EMPTY)
  }

  /** @param before - who was in the roster before these statements. */
  notifyRoster(statements: readonly CheckedStatement[], before: IdSet, out: Out): void {
    const { channel, log } = this.#context
    const told = new Set<string>()
    for (const { statement, author } of statements) {
      const groupChange = GROUP_CHANGE[statement.operation]
      if (groupChange !== undefined) {
        const { group, subject: user } = statement
        out.notify({ type: 'group', channel, group, name: log.groupName(group), change: groupChange, user, by: author })
        if (groupChange === 'put-in') this.#following.onComer(user, group, out)
        continue
      }
      const name = hex(statement.subject)
      const isIn = log.isMember(statement.subject)
      if (told.has(name) || statement.subject.length === 0 || before.has(statement.subject) === isIn) continue
      told.add(name)
      const change = isIn ? 'admitted' : equalBytes(author, statement.subject) ? 'withdrew' : 'removed'
      out.notify({
        type: 'roster',
        channel,
        change,
        user: statement.subject,
        nick: log.nickOf(statement.subject),
        by: author
      })
      if (isIn) this.#following.onComer(statement.subject, EMPTY, out)
    }
  }

  /** The newest announcement adopted; a certificate alone after a grant. */
  restoreNewest(bytes: Uint8Array): void {
    const frame = readFrame(this.#context.channel, bytes)
    if (frame === undefined || frame instanceof Refusal) return
    const charter = charterNamed(this.#context.charter, frame)
    const announcement = readAnnouncement(charter, frame, this.#keyring.current?.key.term ?? 0)
    if (announcement instanceof Refusal) return
    this.#kept = [announcement]
    this.#context.version = announcement.head.descriptor.version
    this.#context.noteOffice(officeOf(announcement))
  }

  /** A chunk of our own newest announcement, after `restoreNewest`. @returns whether it is one. */
  restoreChunk(bytes: Uint8Array): boolean {
    const frame = readFrame(this.#context.channel, bytes)
    if (frame === undefined || frame instanceof Refusal || frame.kind !== 'chunk') return false
    this.#storedChunks = Math.max(this.#storedChunks, frame.body.chunk!.index + 1)
    this.chunks.put(frame, () => false)
    return true
  }

  /** The rows that this part keeps. */
  rows(): RowKey[] {
    return [`newest/${this.#context.name}`, ...this.#chunkEntries()].map(stateKey)
  }
}
