/**
 * One epoch after the other: which announcement is followed, when an epoch is in force, and when a manager has lied.
 *
 * An epoch is adopted only from the one before it, or by a grant, and is durable with everything it stands on before
 * anything is done under it. Two announcements of one manager for one number are proof that it lied: sending stops.
 */
import { assert } from '../../base/assert.ts'
import { equalBytes, hex } from '../../base/bytes.ts'
import { SECOND_MS } from '../../base/time.ts'
import {
  type CheckedAnnouncement,
  certificateOf,
  chunkHash,
  isEquivocation,
  readAnnouncement,
  readCertificate
} from '../channel/announcement.ts'
import type { Context } from '../channel/context.ts'
import type { LogPreview } from '../channel/control-log.ts'
import { isManagerOf } from '../channel/descriptor.ts'
import { type Frame, makeFrame } from '../channel/frame.ts'
import { isHigher } from '../channel/key-schedule.ts'
import type { CheckedStatement } from '../channel/statement.ts'
import { Deadlines } from '../deadlines.ts'
import type { Env, Row, RowKey } from '../machine.ts'
import { type Out, stateKey, stateRow } from '../out.ts'
import { KEPT_ANNOUNCEMENTS, WAITING_ANNOUNCEMENTS } from '../params.ts'
import { type Check, Refusal, refuse } from '../reject.ts'
import { followAnnouncement } from './follow.ts'
import type { Epoch, Keyring } from './keyring.ts'

/** Chunks of one announcement at most: wraps for the largest tree. */
const CHUNKS = 1_100

export class Succession {
  readonly #context: Context
  readonly #keyring: Keyring
  /** Called when an epoch is in force. */
  readonly #onAdopted: (env: Env, out: Out) => void
  readonly #deadlines = new Deadlines<'expiry'>()
  /** Announcements that do not follow the current epoch yet, by id. */
  readonly #waiting = new Map<string, CheckedAnnouncement>()
  /** Adopted announcements, oldest first, for members that missed one. */
  #kept: CheckedAnnouncement[] = []
  /** Chunks by announcement id and index. */
  readonly #chunks = new Map<string, Map<number, Frame>>()
  /** Whether the current epoch is known to lead nowhere: only a grant helps. */
  #isOffChain = false

  constructor(context: Context, keyring: Keyring, onAdopted: (env: Env, out: Out) => void) {
    this.#context = context
    this.#keyring = keyring
    this.#onAdopted = onAdopted
  }

  get isOffChain(): boolean {
    return this.#isOffChain
  }

  /** Whether announcements are known that we cannot reach from where we are. */
  get isBehind(): boolean {
    const current = this.#keyring.current
    return current !== undefined && [...this.#waiting.values()].some(({ head }) => isHigher(head.key, current.key))
  }

  unsafeFills(): { readonly name: string; readonly size: number; readonly cap: number }[] {
    return [
      { name: 'waiting announcements', size: this.#waiting.size, cap: WAITING_ANNOUNCEMENTS },
      { name: 'kept announcements', size: this.#kept.length, cap: KEPT_ANNOUNCEMENTS }
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
    const announcement = readAnnouncement(
      this.#context.charter,
      frame,
      current?.key.term ?? frame.body.announcement!.key!.term
    )
    if (announcement instanceof Refusal) return announcement
    if (announcement.head.group.length > 0 || this.#isKnown(frame)) return undefined
    const lie = this.contradicted(announcement)
    if (lie !== undefined) return this.raiseAlarm(lie, announcement, out)
    if (current !== undefined && !isHigher(announcement.head.key, current.key)) return refuse(403)
    if (announcement.payload === undefined) return undefined
    this.#waiting.set(hex(frame.id), announcement)
    for (const oldest of this.#waiting.keys()) {
      if (this.#waiting.size <= WAITING_ANNOUNCEMENTS) break
      this.#waiting.delete(oldest)
    }
    this.follow(env, out)
    return undefined
  }

  #isKnown(frame: Frame): boolean {
    return this.#kept.some((kept) => equalBytes(kept.frame.id, frame.id))
  }

  /** Keeps a chunk; once its announcement is known, only one with the hash in the head. */
  #onChunk(frame: Frame, env: Env, out: Out): Refusal | undefined {
    const { announcement, index, data } = frame.body.chunk!
    if (!isManagerOf(this.#context.charter.descriptor, frame.author)) return refuse(401)
    if (index >= CHUNKS) return refuse(405)
    const name = hex(announcement)
    const named = this.#waiting.get(name)?.head.chunks[index]
    if (named !== undefined && !equalBytes(chunkHash(data), named)) return refuse(405)
    const chunks = this.#chunks.get(name) ?? new Map<number, Frame>()
    chunks.set(index, frame)
    this.#chunks.set(name, chunks)
    for (const oldest of this.#chunks.keys()) {
      if (this.#chunks.size <= WAITING_ANNOUNCEMENTS + KEPT_ANNOUNCEMENTS) break
      this.#chunks.delete(oldest)
    }
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
      if (current === undefined || this.#isOffChain) return
      const next = [...this.#waiting.values()].find(({ head }) => equalBytes(head.previous, current.announcement))
      if (next === undefined) return
      const chunks = this.#chunksOf(next)
      if (chunks === undefined) return
      this.#waiting.delete(hex(next.frame.id))
      const followed = followAnnouncement(this.#context, current, next, chunks)
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
    const isRemoved = check === 408 && leaf !== undefined && announcement.payload!.tree.removed.includes(leaf)
    if (isRemoved) {
      this.#context.wasRemoved = true
      out.keep(this.#context.row())
      return
    }
    const isProof = check === 410 || check === 411 || check === 412 || check === 303
    if (isProof) return this.#alarm(announcement.frame.author, check, out)
    this.#isOffChain = true
  }

  #chunksOf({ frame, head }: CheckedAnnouncement): Uint8Array[] | undefined {
    const chunks = this.#chunks.get(hex(frame.id))
    const data = head.chunks.map((_, index) => chunks?.get(index)?.body.chunk?.data)
    const isThere = (one: Uint8Array | undefined, index: number): one is Uint8Array =>
      one !== undefined && equalBytes(chunkHash(one), head.chunks[index]!)
    return data.every(isThere) ? data : undefined
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
    for (const chunk of chunks) this.#onChunk(chunk, env, out)
    this.#adopt(epoch, preview, checked, env, out, publish)
  }

  #adopt(
    epoch: Epoch,
    preview: LogPreview,
    announcement: CheckedAnnouncement,
    env: Env,
    out: Out,
    publish: () => void = () => {}
  ): void {
    const { log } = this.#context
    const before = new Set(log.roster.members.ids().map(hex)) // names for the notices below
    log.commit(preview)
    const kept = this.kept(epoch, preview.statements, env)
    const statements = [...preview.statements.map((one) => this.#context.logRow(one)), ...kept.puts]
    const told = preview.statements.map((one) => stateKey(`pending/${this.#context.name}/${hex(one.id)}`))
    const settled = [...told, ...kept.deletes]
    this.install(epoch, announcement, statements, settled, env, out)
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
    this.#onAdopted(env, out)
  }

  /** Whether an announcement contradicts one we have: the one it contradicts. */
  contradicted(announcement: CheckedAnnouncement): CheckedAnnouncement | undefined {
    return [...this.#kept, ...this.#waiting.values()].find((known) => isEquivocation(known, announcement))
  }

  /** Puts an epoch in force, durably, with everything it stands on. */
  install(
    epoch: Epoch,
    announcement: CheckedAnnouncement,
    statements: readonly Row[],
    settled: readonly RowKey[],
    env: Env,
    out: Out
  ): void {
    epoch.log = this.#context.log.ids
    const { puts, deletes } = this.#keyring.begin(epoch, env.now)
    out.push({
      type: 'persist',
      puts: [...statements, ...puts, this.#keepAnnouncement(announcement)],
      deletes: [...deletes, ...settled],
      isDurable: true
    })
    this.#isOffChain = false
    const grace = this.#context.charter.descriptor.graceSeconds * SECOND_MS
    this.#deadlines.setOnce('expiry', env.uptimeMs + grace + SECOND_MS)
  }

  #keepAnnouncement(announcement: CheckedAnnouncement): Row {
    this.#kept.push(announcement)
    const dropped = this.#kept.splice(0, this.#kept.length - KEPT_ANNOUNCEMENTS)
    for (const { frame } of dropped) this.#chunks.delete(hex(frame.id))
    return stateRow(`newest/${this.#context.name}`, announcement.frame.bytes)
  }

  expirePast(env: Env, out: Out): void {
    const { graceSeconds, retentionSeconds } = this.#context.charter.descriptor
    const grace = graceSeconds * SECOND_MS
    const retention = retentionSeconds > 0 ? retentionSeconds * SECOND_MS : Number.POSITIVE_INFINITY
    out.note([], this.#keyring.expire(env.now, grace, retention))
    if (this.#keyring.hasExpiring(retention)) this.#deadlines.set('expiry', env.uptimeMs + grace / 2 + SECOND_MS)
  }

  /** Frames for a member that has not followed since `after`; just the newest when we do not know that one. */
  epochsAfter(after: Uint8Array): Uint8Array[] {
    const index = this.#kept.findIndex(({ frame }) => equalBytes(frame.id, after))
    const wanted = after.length > 0 && index >= 0 ? this.#kept.slice(index + 1) : this.#kept.slice(-1)
    const chunksOf = ({ frame }: CheckedAnnouncement): Uint8Array[] =>
      [...(this.#chunks.get(hex(frame.id))?.values() ?? [])].map((chunk) => chunk.bytes)
    return wanted.flatMap((one) => [one.frame.bytes, ...chunksOf(one)])
  }

  raiseAlarm(first: CheckedAnnouncement, second: CheckedAnnouncement, out: Out): Refusal {
    const { channel, self, alarm } = this.#context
    if (alarm.length === 0) {
      this.#alarm(second.frame.author, 414, out)
      const proof = { first: certificateOf(first.frame).bytes, second: certificateOf(second.frame).bytes }
      out.push({ type: 'publish', channel, frame: makeFrame(channel, self.key, { alarm: proof }).bytes })
    }
    return refuse(414)
  }

  #alarm(manager: Uint8Array, check: Check, out: Out): void {
    this.#context.alarm = manager
    out.keep(this.#context.row())
    out.notify({ type: 'alarm', channel: this.#context.channel, manager, check })
  }

  onAlarm(frame: Frame, out: Out): Refusal | undefined {
    const { charter, alarm } = this.#context
    if (alarm.length > 0) return undefined
    const term = this.#keyring.current?.key.term ?? Number.MAX_SAFE_INTEGER / 2
    const first = readCertificate(charter, frame.body.alarm!.first, term)
    const second = readCertificate(charter, frame.body.alarm!.second, term)
    if (first instanceof Refusal || second instanceof Refusal || !isEquivocation(first, second)) return refuse(414)
    return this.raiseAlarm(first, second, out)
  }

  notifyRoster(statements: readonly CheckedStatement[], before: ReadonlySet<string>, out: Out): void {
    const { channel, log } = this.#context
    const told = new Set<string>()
    for (const { statement, author } of statements) {
      const name = hex(statement.subject)
      const isIn = log.isMember(statement.subject)
      if (told.has(name) || statement.subject.length === 0 || before.has(name) === isIn) continue
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
    }
  }

  /** The newest announcement adopted; a certificate alone after a grant. */
  restoreNewest(bytes: Uint8Array): void {
    const announcement = readCertificate(this.#context.charter, bytes, this.#keyring.current?.key.term ?? 0)
    if (!(announcement instanceof Refusal)) this.#kept = [announcement]
  }
}
