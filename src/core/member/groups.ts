/**
 * The groups this member is in: a keyring for each, kept up with what the control log says and the key manager announces.
 *
 * A group's key counts only while it is made for exactly those who are in the group by the log. Whoever misses one asks the
 * others for its announcement, and the manager for a grant when nobody has it: a fresh leaf in the channel's tree brings
 * fresh keys of all groups.
 */
import { assert, present } from '../../base/assert.ts'
import { EMPTY, equalBytes, hex } from '../../base/bytes.ts'
import { SECOND_MS } from '../../base/time.ts'
import { trim } from '../../base/trim.ts'
import { GROUPS } from '../../wire/limits.ts'
import type { EpochsQuestion, Heartbeat } from '../../wire/messages.ts'
import { type CheckedAnnouncement, readAnnouncement } from '../channel/announcement.ts'
import type { Context } from '../channel/context.ts'
import type { Frame } from '../channel/frame.ts'
import { isHigher } from '../channel/key-schedule.ts'
import { Deadlines } from '../deadlines.ts'
import type { Env, RowKey } from '../machine.ts'
import type { Out } from '../out.ts'
import { BEHIND_MS, RETRY_MS, WAITING_ANNOUNCEMENTS } from '../params.ts'
import { Refusal, refuse } from '../reject.ts'
import { framesAfter } from './chunk-shelf.ts'
import { chainOf, followGroup, leadsOn } from './group-follow.ts'
import { type Epoch, Keyring } from './keyring.ts'
import type { Succession } from './succession.ts'

/** Announcements of one group kept for members that missed one. */
const KEPT_OF_GROUP = 16
/** Groups followed at most: as many as there may be, and as many again that are over or on their way. */
const LINES = 2 * GROUPS
/** Questions for a group's announcements after which a grant is asked for. */
const QUESTIONS = 4
/** How much later a question may come, at random: whoever missed one announcement, many others did too. */
const SPREAD_MS = SECOND_MS

interface GroupLine {
  readonly id: Uint8Array
  readonly keyring: Keyring
  /** Announcements that cannot be followed yet, by id. */
  readonly waiting: Map<string, CheckedAnnouncement>
  /** Adopted ones, oldest first. */
  kept: CheckedAnnouncement[]
  /** An announcement that a heartbeat of the manager named and that we have not adopted; empty: none. */
  told: Uint8Array
  /** Whether somebody says something under a later key; nobody has to believe that there is one. */
  isSpokenOf: boolean
  /** Questions since a key was adopted. */
  asked: number
}

/** What the groups need of the member they belong to. */
export interface GroupsOwner {
  readonly keyring: Keyring
  readonly succession: Succession
  /** A group's key is in force. */
  onKey(env: Env, out: Out): void
  /** Nothing but a grant of the channel's key helps. */
  needGrant(env: Env, out: Out): void
}

export class Groups {
  readonly #context: Context
  readonly #owner: GroupsOwner
  readonly #lines = new Map<string, GroupLine>()
  readonly #deadlines = new Deadlines<'missing' | 'expiry'>()

  constructor(context: Context, owner: GroupsOwner) {
    this.#context = context
    this.#owner = owner
  }

  keyringOf(group: Uint8Array): Keyring | undefined {
    return this.#lines.get(hex(group))?.keyring
  }

  /** Whether something may be said to a group: its key is here, and is of exactly those who are in it. */
  isReady(group: Uint8Array, now: number): boolean {
    const { log, user } = this.#context
    const epoch = this.keyringOf(group)?.current
    if (epoch === undefined || !log.groupMembers(group).has(user)) return false
    if (now > epoch.notAfter + this.#graceMs) return false
    return this.#isOfLog(epoch) && !log.hasUnappliedTakeOut(group)
  }

  nextAt(): number | undefined {
    return this.#deadlines.next()
  }

  wake(env: Env, out: Out): void {
    for (const name of this.#deadlines.due(env.uptimeMs)) {
      if (name === 'missing') this.#seek(env, out)
      else this.#expire(env, out)
    }
  }

  /** Called after the rows are restored, and whenever the channel has a new epoch: what the log says now counts. */
  onChannelEpoch(env: Env, out: Out): void {
    const { log } = this.#context
    this.#deadlines.setOnce('expiry', env.uptimeMs + this.#graceMs + SECOND_MS)
    for (const line of this.#lines.values()) {
      if (!this.#isEntitled(line.id)) this.#close(line, out)
      else this.#follow(line, env, out)
    }
    for (const { id } of log.groups()) if (this.#isEntitled(id) && this.#isMissing(this.#line(id))) this.#suspect(env)
  }

  onAnnouncement(frame: Frame, env: Env, out: Out): Refusal | undefined {
    const { charter } = this.#context
    const { succession, keyring } = this.#owner
    const announcement = readAnnouncement(charter, frame, keyring.current?.key.term ?? 0)
    if (announcement instanceof Refusal) return announcement
    const { head } = announcement
    const isAhead = keyring.current !== undefined && isHigher(head.base!, keyring.current.key)
    if (!isAhead && !this.#isEntitled(head.group)) return undefined
    if (!this.#lines.has(hex(head.group)) && this.#lines.size >= LINES) return refuse(403)
    const line = this.#line(head.group)
    const known = [...line.kept, ...line.waiting.values()]
    if (known.some((one) => equalBytes(one.frame.id, frame.id))) return undefined
    const lie = succession.contradicted(announcement, known)
    if (lie !== undefined) return succession.equivocation.raise(lie, announcement, env, out)
    const { current } = line.keyring
    if (current !== undefined && !isHigher(head.key, current.key)) return refuse(403)
    if (announcement.payload === undefined) return undefined
    line.waiting.set(hex(frame.id), announcement)
    trim(line.waiting, WAITING_ANNOUNCEMENTS)
    this.#follow(line, env, out)
    if (line.waiting.size > 0) this.suspectBehind(head.group, env)
    return undefined
  }

  /** A chunk came: it may be the one that an announcement waits for. */
  onChunk(env: Env, out: Out): void {
    for (const line of this.#lines.values()) if (line.waiting.size > 0) this.#follow(line, env, out)
  }

  /** The manager tells which announcement of a group is the newest. */
  onHeartbeat({ group, announcement }: Heartbeat, env: Env): void {
    if (!this.#isEntitled(group)) return
    const line = this.#line(group)
    // A heartbeat may be on its way while we follow on: what we have had is nothing that we miss.
    line.told = line.kept.some(({ frame }) => equalBytes(frame.id, announcement)) ? EMPTY : announcement
    if (this.#isMissing(line)) this.#suspect(env)
  }

  /** A message came under a key of a group that we do not have. */
  suspectBehind(group: Uint8Array, env: Env): void {
    const line = this.#lines.get(hex(group))
    if (line !== undefined) line.isSpokenOf = true
    this.#suspect(env)
  }

  /** What a member of the group that is behind is told. */
  epochsAfter(question: EpochsQuestion): { frames: Uint8Array[]; isMore: boolean } {
    const kept = this.#lines.get(hex(question.group))?.kept ?? []
    return framesAfter(kept, this.#owner.succession.chunks, question)
  }

  /** What the next epoch of a group that we issue follows from: it stands on the channel's current one. */
  chainOf(group: Uint8Array): { readonly init: Uint8Array; readonly transcript: Uint8Array } {
    const base = present(this.#owner.keyring.current, 'groups stand on an epoch of the channel')
    const standing = { base, current: this.keyringOf(group)?.current }
    return present(chainOf(standing, base.entryOf(group)), 'who makes the keys of a group has its part in each')
  }

  /** Adopts a group's epoch that we issued ourselves; `publish` is called when it is durable. */
  adoptIssued(
    epoch: Epoch,
    announcement: Frame,
    chunks: readonly Frame[],
    publish: () => void,
    env: Env,
    out: Out
  ): void {
    const checked = readAnnouncement(this.#context.charter, announcement, epoch.key.term)
    assert(!(checked instanceof Refusal), 'an announcement of ours is valid')
    for (const chunk of chunks) this.#owner.succession.onEpochFrame(chunk, env, out)
    this.#adopt(this.#line(epoch.group), epoch, checked, env, out, publish)
  }

  #line(group: Uint8Array): GroupLine {
    const name = hex(group)
    let line = this.#lines.get(name)
    if (line === undefined) {
      const keyring = new Keyring(this.#context.name)
      line = { id: group, keyring, waiting: new Map(), kept: [], told: EMPTY, isSpokenOf: false, asked: 0 }
      this.#lines.set(name, line)
    }
    return line
  }

  /** Whether we are to have the key of a group: there is one, and we are in it or make its keys. */
  #isEntitled(group: Uint8Array): boolean {
    const { log, user } = this.#context
    return log.group(group) !== undefined && log.groupRoster(group).members.has(user)
  }

  #isOfLog(epoch: Epoch): boolean {
    return equalBytes(epoch.roster, this.#context.log.groupRoster(epoch.group).hash)
  }

  /** Whether there is a key of the group that we have not. */
  #isMissing(line: GroupLine): boolean {
    return line.isSpokenOf || this.#isKnownMissing(line)
  }

  /** The same by the log and the manager, not only by what a member says. */
  #isKnownMissing({ keyring, told }: GroupLine): boolean {
    const { current } = keyring
    if (current === undefined || !this.#isOfLog(current)) return true
    return told.length > 0 && !equalBytes(told, current.announcement)
  }

  /** Adopts the newest announcement that leads on, then what follows it. */
  #follow(line: GroupLine, env: Env, out: Out): void {
    const { keyring, succession } = this.#owner
    for (const announcement of [...line.waiting.values()].sort((a, b) => (isHigher(a.head.key, b.head.key) ? -1 : 1))) {
      const { head, frame } = announcement
      const name = hex(frame.id)
      const base = keyring.find(head.base!)
      const isAhead = keyring.current !== undefined && isHigher(head.base!, keyring.current.key)
      if (base === undefined && isAhead) continue
      const { current } = line.keyring
      const isOver = current !== undefined && !isHigher(head.key, current.key)
      if (base === undefined || isOver) {
        line.waiting.delete(name)
        continue
      }
      if (!leadsOn(announcement, current) || this.#missingChunks(announcement).length > 0) continue
      const chunkAt = (index: number): Uint8Array | undefined =>
        succession.chunks.get(announcement, index)?.body.chunk?.data
      const epoch = followGroup(this.#context, { base, current }, announcement, chunkAt)
      line.waiting.delete(name)
      if (!(epoch instanceof Refusal)) {
        this.#adopt(line, epoch, announcement, env, out)
        return this.#follow(line, env, out)
      }
      out.reject(epoch)
      this.#onUnfollowed(announcement, epoch, out)
    }
  }

  /** Which chunks of an announcement have not come; a group waits for all of them, for it is small. */
  #missingChunks(announcement: CheckedAnnouncement): number[] {
    const indexes = [...announcement.head.chunks.keys()]
    return indexes.filter((index) => this.#owner.succession.chunks.get(announcement, index) === undefined)
  }

  /** A roster that is not the log's is a lie when the log is the very one that it names; else one of us is behind. */
  #onUnfollowed({ head, frame }: CheckedAnnouncement, { check }: Refusal, out: Out): void {
    const isProof = check === 410 || (check === 412 && equalBytes(head.logHead, this.#context.log.head))
    if (isProof) this.#owner.succession.equivocation.stop(frame.author, check, out)
  }

  #adopt(
    line: GroupLine,
    epoch: Epoch,
    announcement: CheckedAnnouncement,
    env: Env,
    out: Out,
    publish: () => void = () => {}
  ): void {
    const { puts, deletes } = line.keyring.begin(epoch, env.now)
    const closed = this.#owner.keyring.closeTo(line.id, announcement.head.base!)
    out.push({ type: 'persist', puts: [...puts, ...closed], deletes, isDurable: true })
    publish()
    this.#deadlines.setOnce('expiry', env.uptimeMs + this.#graceMs + SECOND_MS)
    line.kept = [...line.kept, announcement].slice(-KEPT_OF_GROUP)
    line.asked = 0
    line.isSpokenOf = false
    for (const [name, { head }] of line.waiting) if (!isHigher(head.key, epoch.key)) line.waiting.delete(name)
    // What was told may be older than what we have now; what is newer will be told again.
    if (!line.waiting.has(hex(line.told))) line.told = EMPTY
    const { channel, log, user } = this.#context
    if (log.groupMembers(line.id).has(user)) {
      const { term, serial } = epoch.key
      out.notify({ type: 'epoch', channel, group: line.id, term, serial, reason: epoch.reason, issuer: epoch.issuer })
    }
    this.#owner.onKey(env, out)
  }

  /** We are out of the group, or it is over: nothing of it is kept. */
  #close(line: GroupLine, out: Out): void {
    const { keyring } = this.#owner
    out.note(keyring.closeTo(line.id, keyring.current!.key), line.keyring.clear())
    this.#lines.delete(hex(line.id))
  }

  get #graceMs(): number {
    return this.#context.charter.descriptor.graceSeconds * SECOND_MS
  }

  /** Destroys past keys whose grace is over. */
  #expire(env: Env, out: Out): void {
    out.note(
      [],
      [...this.#lines.values()].flatMap(({ keyring }) => keyring.expire(env.now, this.#graceMs, 0))
    )
    const isMore = [...this.#lines.values()].some(({ keyring }) => keyring.hasExpiring(0))
    if (isMore) this.#deadlines.set('expiry', env.uptimeMs + this.#graceMs / 2 + SECOND_MS)
  }

  #suspect(env: Env): void {
    this.#deadlines.setOnce('missing', env.uptimeMs + BEHIND_MS)
  }

  /** Asks for what is missing: other members first, then for a grant. */
  #seek(env: Env, out: Out): void {
    const { log, channel, name, addresses, user, manager, wasRemoved, alarm } = this.#context
    if (equalBytes(user, manager) || wasRemoved || alarm.length > 0 || this.#owner.keyring.current === undefined) return
    let wait: number | undefined
    for (const { id } of log.groups()) {
      const line = this.#line(id)
      if (!this.#isEntitled(id) || !this.#isMissing(line)) continue
      if (line.asked >= QUESTIONS && !this.#isKnownMissing(line)) {
        line.isSpokenOf = false
        line.asked = 0
        continue
      }
      if (line.asked >= QUESTIONS && log.groupMembers(id).has(user)) this.#owner.needGrant(env, out)
      const newest = [...line.waiting.values()].find((one) => leadsOn(one, line.keyring.current))
      const chunks = newest === undefined ? [] : this.#missingChunks(newest)
      const after = newest?.head.previous ?? line.keyring.current?.announcement ?? EMPTY
      const question = { epochs: { channel, group: id, after, chunks } }
      out.push({ type: 'ask', id: `${name}:epochs`, channel, to: undefined, addresses, question })
      wait = Math.min(wait ?? Number.POSITIVE_INFINITY, RETRY_MS[Math.min(line.asked++, RETRY_MS.length - 1)]!)
    }
    const spread = (env.random(1)[0]! / 256) * SPREAD_MS
    if (wait !== undefined) this.#deadlines.set('missing', env.uptimeMs + wait + spread)
  }

  // ---------------------------------------------------------------- rows

  /** @returns false when the row is damaged. */
  restoreEpoch(group: Uint8Array, bytes: Uint8Array): boolean {
    return this.#line(group).keyring.restoreEpoch(bytes)
  }

  /** @returns false when the row is damaged. */
  restoreChain(bytes: Uint8Array): boolean {
    return [...this.#lines.values()].every(({ keyring }) => keyring.restoreChain(bytes))
  }

  /** Forgets all keys. @returns the rows to delete. */
  clear(): RowKey[] {
    return [...this.#lines.values()].flatMap(({ keyring }) => keyring.clear())
  }

  unsafeSecrets(): { readonly name: string; readonly bytes: Uint8Array }[] {
    return [...this.#lines.values()].flatMap(({ keyring }) => keyring.unsafeSecrets())
  }

  unsafeFills(): { readonly name: string; readonly size: number; readonly cap: number }[] {
    const waiting = Math.max(0, ...[...this.#lines.values()].map((line) => line.waiting.size))
    return [
      { name: 'groups', size: this.#lines.size, cap: LINES },
      { name: 'waiting announcements of a group', size: waiting, cap: WAITING_ANNOUNCEMENTS }
    ]
  }
}
