/**
 * Who is there: every member says so now and then by a digest, and counts as online until it has not for some time, or
 * leaves (protocol §12).
 *
 * Only what its author made lately counts: a digest heard before, one of a start that has ended, and a leave of another
 * start than the last one heard change nothing. Nothing of it is stored; no safety rests on it.
 */
import { EMPTY, equalBytes, hex, unhex } from '../../base/bytes.ts'
import { SECOND_MS } from '../../base/time.ts'
import type { KeyId, Seen } from '../../wire/messages.ts'
import type { Context } from '../channel/context.ts'
import { makeDigest, openDigest } from '../channel/digest.ts'
import { type Frame, keyIdKey, makeFrame } from '../channel/frame.ts'
import { isHigher } from '../channel/key-schedule.ts'
import { Deadlines } from '../deadlines.ts'
import { readUserRecord } from '../identity/user-record.ts'
import type { Env } from '../machine.ts'
import type { Out } from '../out.ts'
import {
  DIGEST_MS,
  DIGEST_PER_MEMBER_MS,
  DIGESTS_PER_LEASE,
  FIRST_DIGEST_MS,
  FIRST_DIGEST_PER_MEMBER_MS,
  KNOWN_STARTS,
  MEMBERS,
  PRESENCE_SLACK_MS,
  RECEIPT_MS,
  RECEIPT_PER_MEMBER_MS,
  RECORD_DIGESTS,
  TELL_PRESENCE_MS
} from '../params.ts'
import { Refusal, refuse } from '../reject.ts'
import type { Clock } from './clock.ts'
import type { Keyring } from './keyring.ts'
import type { Standing } from './speaker.ts'
import type { Traffic } from './traffic.ts'

/** A member heard of lately. */
interface Lease {
  /** `Env.uptimeMs` at which it counts as gone. */
  until: number
  /** The highest epoch it was heard under; undefined: only in plain. */
  key: KeyId | undefined
}

/** One start of a member's peer. */
interface Start {
  readonly boot: Uint8Array
  /** Of the newest digest; -1: none. */
  counter: number
  hasLeft: boolean
}

/** What digests tell of messages. */
export interface News {
  /** Up to which messages of each sender we miss none. */
  seen(): Seen[]
  onSeen(member: Uint8Array, seen: readonly Seen[], env: Env, out: Out): void
}

export class Presence {
  readonly #context: Context
  readonly #keyring: Keyring
  readonly #standing: Standing
  readonly #clock: Clock
  readonly #traffic: Traffic
  readonly #news: News
  readonly #deadlines = new Deadlines<'digest' | 'lease' | 'tell'>()
  /** Members other than this one, by user. */
  readonly #leases = new Map<string, Lease>()
  /** The starts heard of each, the one heard last at the end. */
  readonly #starts = new Map<string, Start[]>()
  #counter = 0
  #digestAt = Number.NEGATIVE_INFINITY
  /** Of the descriptor, as our newest digest names it. */
  #version = 0
  /** `Env.uptimeMs` of the first epoch of this start. */
  #firstKeyAt = Number.POSITIVE_INFINITY
  #hasLeft = false
  /** Whether we have heard what our digests have not told yet. */
  #hasNews = false
  #told = { online: 1, at: Number.NEGATIVE_INFINITY }
  /** The record that our digests carry, and how many of them still do. */
  #record: { hash: Uint8Array; digests: number } = { hash: EMPTY, digests: 0 }

  constructor(
    context: Context,
    keyring: Keyring,
    standing: Standing,
    { clock, traffic, news }: { clock: Clock; traffic: Traffic; news: News }
  ) {
    this.#context = context
    this.#keyring = keyring
    this.#standing = standing
    this.#clock = clock
    this.#traffic = traffic
    this.#news = news
  }

  /** Members online, this one among them. */
  get online(): number {
    return this.#leases.size + 1
  }

  /** How many other members are online, these users not counted. */
  others(but: readonly Uint8Array[]): number {
    return this.#leases.size - new Set(but.map(hex).filter((name) => this.#leases.has(name))).size
  }

  /** The other members that are online. */
  get present(): Uint8Array[] {
    return [...this.#leases.keys()].map(unhex)
  }

  /** Whether another member is online. */
  isOnline(user: Uint8Array): boolean {
    return this.#leases.has(hex(user))
  }

  /** Whether another member has said that it goes, in the start that was heard last. */
  hasLeft(user: Uint8Array): boolean {
    return this.#starts.get(hex(user))?.at(-1)?.hasLeft ?? false
  }

  /** Whether another member was heard of lately under the key in force. */
  holdsKey(user: Uint8Array): boolean {
    const current = this.#keyring.current
    const key = this.#leases.get(hex(user))?.key
    return current !== undefined && key !== undefined && keyIdKey(key) === keyIdKey(current.key)
  }

  unsafeFills(): { readonly name: string; readonly size: number; readonly cap: number }[] {
    const { maxMembers, managers } = this.#context.charter.descriptor
    const cap = (maxMembers || MEMBERS) + managers.length
    const starts = Math.max(0, ...[...this.#starts.values()].map(({ length }) => length))
    return [
      { name: 'members online', size: this.#leases.size, cap },
      { name: 'members heard of', size: this.#starts.size, cap },
      { name: 'starts of a member', size: starts, cap: KNOWN_STARTS }
    ]
  }

  nextAt(): number | undefined {
    return this.#deadlines.next()
  }

  wake(env: Env, out: Out): void {
    for (const name of this.#deadlines.due(env.uptimeMs)) {
      if (name === 'digest') this.#sayDigest(env, out)
      else if (name === 'lease') this.#endLeases(env)
    }
    this.#tell(env, out)
  }

  /** The topic has somebody again. */
  onCarrier(env: Env): void {
    const soon = Math.max(this.#soon(env), this.#digestAt + FIRST_DIGEST_MS)
    this.#deadlines.set('digest', soon)
  }

  /** We have changed the descriptor: what others do not know they ask us for. */
  onAmended(env: Env): void {
    this.#deadlines.set('digest', env.uptimeMs)
  }

  /** An epoch is in force: who is not in it is not there. The first one of a start is a reason to say that we are. */
  onEpoch(env: Env, out: Out): void {
    // Many that come in at once say so when all of them have: each epoch until then is a reason to wait a little longer.
    this.#firstKeyAt = Math.min(this.#firstKeyAt, env.uptimeMs)
    const isFirst = this.#digestAt === Number.NEGATIVE_INFINITY
    if (isFirst) this.#deadlines.set('digest', Math.min(this.#soon(env), this.#firstKeyAt + this.#intervalMs))
    else this.#deadlines.setOnce('digest', this.#soon(env))
    const { log } = this.#context
    for (const [name] of this.#starts) if (!log.roster.members.has(unhex(name))) this.#starts.delete(name)
    for (const [name] of this.#leases) if (!log.roster.members.has(unhex(name))) this.#leases.delete(name)
    this.#tell(env, out)
  }

  /** Says that we go, where somebody can hear it, and nothing more after it. */
  leave(out: Out): void {
    if (!this.#mayBeHeard || this.#hasLeft) return
    this.#hasLeft = true
    this.#deadlines.set('digest', undefined)
    const { channel, self } = this.#context
    const leave = { group: EMPTY, boot: self.boot, counter: this.#traffic.sent }
    out.push({ type: 'publish', channel, frame: makeFrame(channel, self.key, { leave }).bytes })
  }

  // ---------------------------------------------------------------- others

  /**
   * A frame of another member was accepted, and is no repetition of an earlier one.
   *
   * @param key - the epoch it was sealed under; undefined for one in plain.
   * @param boot - the start it was made in; empty when it does not say.
   */
  hear(user: Uint8Array, key: KeyId | undefined, boot: Uint8Array, env: Env, out: Out): void {
    if (equalBytes(user, this.#context.user) || !this.#context.log.isMember(user)) return
    // After a crash a frame of the start before goes out again: it does not say which start is the last.
    if (this.#startOf(user, boot)?.hasLeft) return
    if (boot.length > 0 && !this.#starts.has(hex(user))) this.#noteStart(user, { boot, counter: -1, hasLeft: false })
    this.#renew(user, key, env)
    this.#tell(env, out)
  }

  onDigest(frame: Frame, env: Env, out: Out): Refusal | undefined {
    const { key, sealed } = frame.body.digest!
    const { channel, log, user } = this.#context
    const epoch = this.#keyring.find(key!)
    if (epoch === undefined || equalBytes(frame.author, user)) return undefined
    if (!log.isMember(frame.author)) return refuse(422)
    const content = openDigest({ channel, group: EMPTY }, epoch.control, sealed)
    if (content === undefined) return refuse(421)
    const start = this.#startOf(frame.author, content.boot)
    if (start !== undefined && (start.hasLeft || content.counter <= start.counter)) return refuse(423)
    this.#context.noteDescriptor(frame.author, content.descriptor!)
    this.#news.onSeen(frame.author, content.seen, env, out)
    if (content.record.length > 0) this.#takeRecord(frame.author, content.record, env, out)
    this.#noteStart(frame.author, { boot: content.boot, counter: content.counter, hasLeft: false })
    this.#renew(frame.author, key, env)
    this.#tell(env, out)
    return undefined
  }

  /** A record in a digest is its author's own; an older one than known leaves the digest as it is. */
  #takeRecord(author: Uint8Array, bytes: Uint8Array, env: Env, out: Out): void {
    const { records } = this.#context
    const read = readUserRecord(bytes, env.now)
    if (read instanceof Refusal) return out.reject(read)
    if (!equalBytes(read.user, author)) return out.reject(424)
    const added = records.add(bytes, env.now, out)
    if (added instanceof Refusal) out.reject(added)
  }

  onLeave(frame: Frame, env: Env, out: Out): Refusal | undefined {
    const { group, boot } = frame.body.leave!
    const isOurs = equalBytes(frame.author, this.#context.user)
    if (this.#keyring.current === undefined || isOurs || group.length > 0) return undefined
    if (!this.#context.log.isMember(frame.author)) return refuse(422)
    const last = this.#starts.get(hex(frame.author))?.at(-1)
    if (last === undefined) return undefined
    if (!equalBytes(last.boot, boot) || last.hasLeft) return refuse(425)
    last.hasLeft = true
    this.#leases.delete(hex(frame.author))
    this.#tell(env, out)
    return undefined
  }

  #startOf(user: Uint8Array, boot: Uint8Array): Start | undefined {
    return this.#starts.get(hex(user))?.find((start) => equalBytes(start.boot, boot))
  }

  #noteStart(user: Uint8Array, start: Start): void {
    const others = (this.#starts.get(hex(user)) ?? []).filter(({ boot }) => !equalBytes(boot, start.boot))
    this.#starts.set(hex(user), [...others, start].slice(-KNOWN_STARTS))
  }

  #renew(user: Uint8Array, key: KeyId | undefined, env: Env): void {
    const until = env.uptimeMs + DIGESTS_PER_LEASE * this.#intervalMs + PRESENCE_SLACK_MS
    const before = this.#leases.get(hex(user))?.key
    const isOlder = key === undefined || (before !== undefined && isHigher(before, key))
    this.#leases.set(hex(user), { until, key: isOlder ? before : key })
    this.#deadlines.setOnce('lease', until)
  }

  /** Leases that were renewed meanwhile are looked at again, at most once a second. */
  #endLeases(env: Env): void {
    let next: number | undefined
    for (const [name, { until }] of this.#leases) {
      if (until <= env.uptimeMs) this.#leases.delete(name)
      else if (next === undefined || until < next) next = until
    }
    this.#deadlines.set('lease', next && Math.max(next, env.uptimeMs + SECOND_MS))
  }

  /** Tells the user how many are online, when the number changed, not more often than once a second. */
  #tell(env: Env, out: Out): void {
    const { online } = this
    if (online === this.#told.online) return this.#deadlines.set('tell', undefined)
    const at = this.#told.at + TELL_PRESENCE_MS
    if (env.uptimeMs < at) return this.#deadlines.set('tell', at)
    this.#told = { online, at: env.uptimeMs }
    this.#deadlines.set('tell', undefined)
    out.notify({ type: 'presence', channel: this.#context.channel, online })
  }

  // ---------------------------------------------------------------- ourselves

  get #intervalMs(): number {
    return Math.max(DIGEST_MS, this.#context.log.roster.members.size * DIGEST_PER_MEMBER_MS)
  }

  /** We have heard something: whoever said it wants to know. */
  noteHeard(env: Env): void {
    if (this.#hasNews) return
    this.#hasNews = true
    const withinMs = Math.max(RECEIPT_MS, this.#context.log.roster.members.size * RECEIPT_PER_MEMBER_MS)
    const at = Math.max(env.uptimeMs, this.#digestAt) + withinMs * (1 - env.random(1)[0]! / 1024)
    this.#deadlines.setEarliest('digest', at)
  }

  /** Within a short time, but longer where many may come at once, and not while they do. */
  #soon(env: Env): number {
    const withinMs = Math.max(FIRST_DIGEST_MS, this.#context.log.roster.members.size * FIRST_DIGEST_PER_MEMBER_MS)
    return env.uptimeMs + ((1 + (3 * env.random(1)[0]!) / 256) / 4) * withinMs
  }

  /** Whether there is somebody, and a key that anything may be sealed under. */
  get #mayBeHeard(): boolean {
    const { wasRemoved, alarm, log } = this.#context
    const { current } = this.#keyring
    const hasKey = current !== undefined && !current.isFooting && !wasRemoved && alarm.length === 0
    return hasKey && this.#standing.isCarrierReady && log.roster.members.size > 1
  }

  /** The deadline stays unset where nobody can hear us: the carrier or the next epoch sets it. */
  #sayDigest(env: Env, out: Out): void {
    const epoch = this.#keyring.current
    if (epoch === undefined || !this.#mayBeHeard || this.#hasLeft) return
    const { charter, channel, self, log } = this.#context
    if (env.now > epoch.notAfter + charter.descriptor.graceSeconds * SECOND_MS) return
    // Never later than the interval, so that a lease spans as many digests as it says.
    const intervalMs = this.#intervalMs * (1 - env.random(1)[0]! / 1024)
    const againAt = this.#toldAt + intervalMs
    if (env.uptimeMs < againAt) return this.#deadlines.set('digest', againAt)
    const { lamport } = this.#clock
    const place = { boot: self.boot, counter: this.#counter++ }
    const record = this.#recordToTell()
    this.#hasNews = false
    const content = { seen: this.#news.seen(), logHead: log.head, lamport, record, descriptor: charter.ref, ...place }
    const frame = makeDigest(self, { channel, group: EMPTY }, epoch.key, epoch.control, content, env.random(32))
    out.push({ type: 'publish', channel, frame: frame.bytes })
    this.#digestAt = env.uptimeMs
    this.#version = charter.ref.version
    this.#deadlines.set('digest', env.uptimeMs + intervalMs)
  }

  /** `Env.uptimeMs` of our last message that said what a digest would: all but what is news. */
  get #toldAt(): number {
    const isNews = this.#hasNews || this.#recordDigests > 0 || this.#version !== this.#context.charter.ref.version
    return isNews ? Number.NEGATIVE_INFINITY : this.#traffic.toldAt
  }

  /** How many more digests carry our record: what others seal to us rests on it. */
  get #recordDigests(): number {
    const { record } = this.#context.self
    return equalBytes(record.hash, this.#record.hash) ? this.#record.digests : RECORD_DIGESTS
  }

  #recordToTell(): Uint8Array {
    const { record } = this.#context.self
    const digests = this.#recordDigests
    if (digests === 0) return EMPTY
    this.#record = { hash: record.hash, digests: digests - 1 }
    return record.bytes
  }
}
