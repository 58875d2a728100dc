/**
 * A crowd in one channel: for each of its members what it holds, what it waits for and what it has asked, in arrays.
 *
 * A member here does what the machines in `core/member` do as far as keys and messages are concerned, by the same constants:
 * it asks for the key, fetches the log that its grant stands on, follows one epoch after the other, says and hears, asks for
 * what is missing. What it holds of the key tree are terms (`CrowdKeys`).
 */
import { present } from '../../base/assert.ts'
import { SECOND_MS } from '../../base/time.ts'
import { trim } from '../../base/trim.ts'
import { chunksWith } from '../../core/channel/announcement.ts'
import type { CheckedStatement } from '../../core/channel/statement.ts'
import {
  ANSWERED_ANNOUNCEMENTS,
  ASK_AGAIN_MS,
  BEHIND_MS,
  EPOCH_QUESTION_MS,
  HANDED_PATIENCE_MS,
  HANDED_TRIES,
  HANDING_MS,
  INLINE_LOG_BYTES,
  KEPT_ANNOUNCEMENTS,
  KEPT_GRANTS,
  KEY_REQUEST_MS,
  KEY_REQUESTS_AT_ONCE,
  PENDING_FRAMES,
  RETRY_MS,
  WAITING_ANNOUNCEMENTS
} from '../../core/params.ts'
import { Random } from '../random.ts'
import type { CrowdKeys } from './crowd-keys.ts'
import type { Ledger } from './ledger.ts'
import type { Mesh } from './mesh.ts'
import type { CrowdEpoch, Office, OfficeHost } from './office.ts'
import {
  EPOCHS_ANSWER_BYTES,
  grantBytes,
  LOG_ANSWER_BYTES,
  measure,
  RECEIPT_BYTES,
  type Sizes,
  toldBytes
} from './sizes.ts'
import { Talk, type UnsafeTalk } from './talk.ts'
import type { Watch } from './watch.ts'
import type { Wheel } from './wheel.ts'
import type { Witnesses } from './witnesses.ts'

/** Where a peer stands. */
export const PHASE = { absent: 0, asking: 1, fetching: 2, ready: 3, removed: 4, stopped: 5 } as const

/** What an event is about, when it is no copy of a frame: −(kind + 16 × more). */
export const EVENT = {
  task: 1,
  request: 2,
  challenged: 3,
  grant: 4,
  retry: 5,
  logQuestion: 6,
  logAnswer: 7,
  behind: 8,
  epochsQuestion: 9,
  epochsAnswer: 10,
  repair: 11,
  frameAnswer: 12,
  digest: 13
} as const
export type EventKind = (typeof EVENT)[keyof typeof EVENT]
const KIND_BITS = 4

export const FRAME = {
  announcement: 0,
  chunk: 1,
  heartbeat: 2,
  message: 3,
  statements: 4,
  digest: 5,
  request: 6
} as const

/** Round trips from the beginning of a dial to the first frame, as measured with libp2p: half of them one way. */
const DIAL_HOPS = 12
/** How long whoever cannot say something waits before it looks again. */
const _HELD_MS = 250
/** Peers that are asked in turn until one knows something. */
const ASKED_IN_TURN = 3
/** Questions for epochs in vain before a grant is asked for. */
const VAIN_QUESTIONS = 2
/** A key is there in this time, beside waiting in line and fetching the log; and a removal is in force with everybody. */
export const KEY_MS = 30 * SECOND_MS
/** Requests that a manager answers in a second, at least. */
const LINE_PER_SECOND = 100
export const LOG_ANSWER_MS = SECOND_MS / 2
export const REMOVAL_MS = 10 * SECOND_MS
const NONE = -1

export interface Removal {
  readonly peer: number
  readonly at: number
  readonly frame: number
  readonly statement: CheckedStatement
  /** Index of the epoch that applies it. */
  epoch: number
}

/** Faults for tests, each of which checkers must see. */
export type UnsafeCrowd = UnsafeTalk | 'stops following'

export class Crowd implements OfficeHost {
  readonly peers: number
  readonly phase: Uint8Array
  /** Index of the epoch in force; −1: none. */
  readonly epoch: Int32Array
  /** Index of the epoch of the newest grant; −1: none. */
  readonly since: Int32Array
  /** Index of the newest epoch heard of, and of the newest whose announcement has come. */
  readonly told: Int32Array
  readonly #arrived: Int32Array
  readonly #askedAt: Float64Array
  readonly #waitingAtAsk: Int32Array
  readonly #attempt: Uint8Array
  readonly #request: Int32Array
  readonly #allowedAt: Float64Array
  readonly #retryAt: Float64Array
  readonly #logLeft: Int32Array
  readonly #vain: Uint8Array
  /** Whether it asks for a grant, and follows if it can meanwhile. */
  readonly #isSeeking: Uint8Array
  readonly #isBehindNoted: Uint8Array
  /** When each had its first key, virtual ms. */
  readonly keyedAt: Float64Array
  /** When the manager in office was heard of last, by manager. */
  readonly #ledAt: Float64Array
  readonly #grants = new Map<number, CrowdEpoch>()
  /** The last grants, and the request that each answers: a further try of that one is answered again. */
  readonly #kept = new Map<number, { readonly epoch: CrowdEpoch; readonly request: number }>()
  readonly epochs: CrowdEpoch[] = []
  readonly #frames: number[] = []
  readonly #chunks: number[][] = []
  readonly #wrapRanks = new Map<number, Int32Array>()
  readonly #frameKinds: number[] = []
  readonly #frameSubjects: number[] = []
  readonly #tasks: (() => void)[] = []
  readonly #freeTasks: number[] = []
  readonly removals: Removal[] = []
  /** Members with the key, members with a grant, and peers that asked and have none. */
  ready = 0
  waiting = 0
  readonly counts = {
    offChain: 0,
    seeks: 0,
    mostBehind: 0,
    questions: 0,
    logAnswers: 0,
    digests: 0
  }
  unsafe: UnsafeCrowd | undefined

  readonly #wheel: Wheel
  readonly #mesh: Mesh
  readonly #keys: CrowdKeys
  readonly #watch: Watch
  readonly #ledger: Ledger
  readonly #random: Random
  readonly #witnesses: Witnesses
  readonly #onIssued: (epoch: CrowdEpoch) => void
  readonly talk: Talk
  office!: Office
  sizes!: Sizes
  #grantBytes = 0

  constructor(
    peers: number,
    managers: number,
    parts: { wheel: Wheel; mesh: Mesh; keys: CrowdKeys; watch: Watch; ledger: Ledger; witnesses: Witnesses },
    seed: number,
    onIssued: (epoch: CrowdEpoch) => void
  ) {
    this.peers = peers
    this.#wheel = parts.wheel
    this.#mesh = parts.mesh
    this.#keys = parts.keys
    this.#watch = parts.watch
    this.#ledger = parts.ledger
    this.#witnesses = parts.witnesses
    this.#random = new Random(seed, 'crowd')
    this.#onIssued = onIssued
    this.phase = new Uint8Array(peers)
    this.epoch = new Int32Array(peers).fill(NONE)
    this.since = new Int32Array(peers).fill(NONE)
    this.told = new Int32Array(peers).fill(NONE)
    this.#arrived = new Int32Array(peers).fill(NONE)
    this.#askedAt = new Float64Array(peers)
    this.#waitingAtAsk = new Int32Array(peers)
    this.#attempt = new Uint8Array(peers)
    this.#request = new Int32Array(peers)
    this.#allowedAt = new Float64Array(peers)
    this.#retryAt = new Float64Array(peers)
    this.#logLeft = new Int32Array(peers)
    this.#vain = new Uint8Array(peers)
    this.#isSeeking = new Uint8Array(peers)
    this.#isBehindNoted = new Uint8Array(peers)
    this.keyedAt = new Float64Array(peers)
    this.#ledAt = new Float64Array(managers)
    this.talk = new Talk(this, parts, this.#random)
  }

  /** The managers are there. */
  begin(office: Office): void {
    this.office = office
    this.sizes = measure(office.context, office.record, (length) => this.#random.bytes(length))
    this.#mesh.subscribe(0, () => 0)
    this.phase[0] = PHASE.ready
    this.ready = 1
    office.found()
  }

  // ---------------------------------------------------------------- time

  get now(): number {
    return this.#wheel.now
  }

  later(ms: number, task: () => void): void {
    const slot = this.#freeTasks.pop() ?? this.#tasks.length
    this.#tasks[slot] = task
    this.push(this.now + Math.ceil(ms), 0, EVENT.task, slot)
  }

  push(at: number, peer: number, kind: EventKind, more: number): void {
    this.#wheel.push(Math.ceil(at), peer, -(kind | (more << KIND_BITS)))
  }

  /** Handles one event of the wheel. */
  readonly handle = (a: number, b: number): void => {
    if (b >= 0) return this.#mesh.arrive(a, b, this.#onFrame)
    const more = -b >>> KIND_BITS
    switch ((-b & (2 ** KIND_BITS - 1)) as EventKind) {
      case EVENT.task: {
        const task = this.#tasks[more]!
        this.#freeTasks.push(more)
        return task()
      }
      case EVENT.request:
        return this.#onRequest(a, false)
      case EVENT.challenged:
        return this.#onRequest(a, true)
      case EVENT.grant:
        return this.#onGrant(a)
      case EVENT.retry:
        return this.#onRetry(a)
      case EVENT.logQuestion:
        return this.#onLogQuestion(a, more)
      case EVENT.logAnswer:
        return this.#onLogAnswer(a, more === 1)
      case EVENT.behind:
        return this.#onBehind(a)
      case EVENT.epochsQuestion:
        return this.#onEpochsQuestion(a, more)
      case EVENT.epochsAnswer:
        return this.#onEpochsAnswer(a, more - 1)
      case EVENT.repair:
        return this.talk.onRepair(a, more)
      case EVENT.frameAnswer:
        return this.talk.onFrameAnswer(a, more)
      default:
        return this.talk.onDigestDue(a)
    }
  }

  /** Something goes from one peer to another alone. @returns whether it will come. */
  #send(from: number, to: number, bytes: number, name: string, peer: number, kind: EventKind, more = 0): boolean {
    const at = this.#mesh.arrivalOf(from, bytes, name)
    if (!this.#mesh.isListening(to)) return false
    this.push(at, peer, kind, more)
    return true
  }

  // ---------------------------------------------------------------- what managers need

  onEpoch(epoch: CrowdEpoch): void {
    this.#watch.onEpoch(
      epoch,
      epoch.gone.flatMap((peer) => this.#everHeld(peer))
    )
    this.epochs.push(epoch)
    const { announcement, chunks } = epoch.issued
    const { issuer } = epoch
    const frame = this.publish(issuer, 'announcement', announcement.bytes.length, FRAME.announcement, epoch.index, true)
    this.#frames.push(frame)
    this.#chunks.push(
      chunks.map(({ bytes }) => this.publish(issuer, 'chunk', bytes.length, FRAME.chunk, epoch.index, true))
    )
    for (const peer of epoch.gone) {
      const removal = this.removals.find((one) => one.peer === peer && one.epoch === NONE)
      if (removal !== undefined) removal.epoch = epoch.index
    }
    const { leaf, path } = this.office.ownPlace()
    this.#keys.take(issuer, leaf, path)
    this.since[issuer] = Math.max(0, this.since[issuer]!)
    this.#adopt(issuer, epoch)
    this.#witnesses.onEpoch(epoch)
    this.#grantBytes = 0
    for (const peer of epoch.granted.keys()) this.#grant(peer, epoch)
    this.#onIssued(epoch)
  }

  hand(from: number, to: number, kind: string, bytes: number, task: () => void): void {
    const at = this.#mesh.arrivalOf(from, bytes, kind)
    if (this.#mesh.isListening(to)) this.later(at - this.now, task)
  }

  beat(manager: number): void {
    this.publish(manager, 'heartbeat', this.sizes.heartbeat, FRAME.heartbeat, this.epoch[manager]!, false)
  }

  epochOf(manager: number): number {
    return this.phase[manager] === PHASE.ready ? this.epoch[manager]! : NONE
  }

  isUp(manager: number): boolean {
    return this.#mesh.isListening(manager)
  }

  /** The manager in office is stopped for good. */
  stopLeader(): void {
    const { leader } = this.office
    this.#mesh.stop(leader)
    this.phase[leader] = PHASE.stopped
    this.ready--
    this.#watch.note(`peer ${leader}, the manager in office, stops`)
    this.office.lose((manager) => this.#ledAt[manager]!)
  }

  /** All that a peer was ever given: by its grants, and by its prekey. What it derived follows from that. */
  #everHeld(peer: number): number[] {
    const held: number[] = []
    for (const { granted, rebuilt } of this.epochs) {
      held.push(...(granted.get(peer)?.path ?? []))
      const secret = rebuilt?.get(peer)?.secret
      if (secret !== undefined) held.push(secret)
    }
    return held
  }

  publish(from: number, name: string, bytes: number, kind: number, subject: number, isKept: boolean): number {
    const frame = this.#mesh.publish(from, name, bytes, isKept)
    this.#frameKinds[frame] = kind
    this.#frameSubjects[frame] = subject
    return frame
  }

  // ---------------------------------------------------------------- the topic

  readonly #onFrame = (peer: number, frame: number): void => {
    const subject = this.#frameSubjects[frame]!
    switch (this.#frameKinds[frame]) {
      case FRAME.announcement:
        if (subject > this.#arrived[peer]!) this.#arrived[peer] = subject
        return this.hearOf(peer, subject)
      case FRAME.chunk:
        return this.#follow(peer)
      case FRAME.heartbeat:
        if (peer < this.#ledAt.length) this.#ledAt[peer] = this.now
        return this.hearOf(peer, subject)
      case FRAME.message:
        return this.talk.hear(peer, subject)
      case FRAME.statements:
        if (peer < this.#ledAt.length) this.office.onRemoval(peer, this.removals[subject]!.statement)
        return
      case FRAME.digest:
        return this.talk.onDigest(peer, subject)
      default:
        if (peer === this.office.leader) this.#onRequest(subject, false)
    }
  }

  /** Something speaks of an epoch. */
  hearOf(peer: number, epoch: number): void {
    if (epoch > this.told[peer]!) this.told[peer] = epoch
    if (this.phase[peer] !== PHASE.ready || this.epoch[peer]! >= this.told[peer]!) return
    this.#follow(peer)
    if (this.epoch[peer]! < this.told[peer]!) this.#suspectBehind(peer)
  }

  // ---------------------------------------------------------------- coming in

  /** A peer comes: it finds neighbours, and the manager, and asks for the key. */
  join(peer: number): void {
    this.#mesh.subscribe(peer, (random) => random.between(0, Math.max(0, peer - 1)))
    this.#ask(peer)
    this.#retryAt[peer] = this.now + DIAL_HOPS * this.#mesh.conditions.medianDelayMs
    this.push(this.#retryAt[peer]!, peer, EVENT.retry, 0)
  }

  #ask(peer: number): void {
    if (this.phase[peer] === PHASE.ready) this.ready--
    this.phase[peer] = PHASE.asking
    this.waiting++
    this.#beginRequest(peer)
  }

  #beginRequest(peer: number): void {
    this.#askedAt[peer] = this.now
    this.#waitingAtAsk[peer] = this.waiting
    this.#attempt[peer] = 0
    this.#request[peer]!++
  }

  #onRetry(peer: number): void {
    if (!this.#isAsking(peer) || this.now < Math.floor(this.#retryAt[peer]!)) return
    const allowedAt = this.#allowedAt[peer]! - (KEY_REQUESTS_AT_ONCE - 1) * KEY_REQUEST_MS
    if (this.now < allowedAt) return this.#retry(peer, allowedAt)
    this.#allowedAt[peer] = Math.max(this.now, this.#allowedAt[peer]!) + KEY_REQUEST_MS
    const attempt = this.#attempt[peer]!
    const wait = RETRY_MS[Math.min(attempt, RETRY_MS.length - 1)]! * (1 + this.#random.fraction() / 4)
    this.#attempt[peer] = (attempt + 1) % (HANDED_TRIES + 1)
    if (this.#attempt[peer] === 0) this.#request[peer]!++
    if (attempt >= HANDED_TRIES) {
      this.publish(peer, 'key request', this.sizes.request, FRAME.request, peer, false)
      return this.#retry(peer, this.now + wait)
    }
    const { leader } = this.office
    const isTaken = this.#send(peer, leader, this.sizes.request, 'key request', peer, EVENT.request)
    if (isTaken) this.#mesh.arrivalOf(leader, RECEIPT_BYTES, 'receipt')
    this.#retry(peer, this.now + (isTaken ? HANDED_PATIENCE_MS * 2 ** attempt : HANDING_MS))
  }

  #retry(peer: number, at: number): void {
    this.#retryAt[peer] = at
    this.push(at, peer, EVENT.retry, 0)
  }

  /** A request has come to the one in office. */
  #onRequest(peer: number, isAnswered: boolean): void {
    const { leader } = this.office
    if (!this.#mesh.isListening(leader) || !this.#isAsking(peer)) return
    const given = this.#kept.get(peer)
    const isRepeated = given?.request === this.#request[peer] && given?.epoch.term === this.office.newest?.term
    if (given !== undefined && isRepeated) return this.#hand(peer, given.epoch)
    if (this.office.isEnlisted(peer) || !this.office.mayOpen()) return
    if (isAnswered || !this.office.knows(peer)) return this.office.enlist(peer)
    // Challenge and answer.
    const at = this.#mesh.arrivalOf(leader, this.sizes.request, 'challenge') + this.#mesh.conditions.medianDelayMs
    this.#mesh.arrivalOf(peer, this.sizes.request, 'challenge answer')
    this.push(at, peer, EVENT.challenged, 0)
  }

  #grant(peer: number, epoch: CrowdEpoch): void {
    this.#kept.delete(peer)
    this.#kept.set(peer, { epoch, request: this.#request[peer]! })
    trim(this.#kept, KEPT_GRANTS)
    this.#hand(peer, epoch)
  }

  #hand(peer: number, epoch: CrowdEpoch): void {
    const { context, record } = this.office
    if (this.#grantBytes === 0) {
      const bytes = (length: number): Uint8Array => this.#random.bytes(length)
      const { announcement } = epoch.issued
      this.#grantBytes = grantBytes(context, announcement, record, epoch.read.update.depth, epoch.logBytes, bytes)
    }
    this.#grants.set(peer, epoch)
    this.#send(this.office.leader, peer, this.#grantBytes, 'grant', peer, EVENT.grant)
  }

  #onGrant(peer: number): void {
    const epoch = this.#grants.get(peer)
    // not below the adopted epoch.
    if (!this.#isAsking(peer) || epoch === undefined || epoch.index < this.epoch[peer]!) return
    this.#grants.delete(peer)
    if (this.phase[peer] === PHASE.ready) {
      this.ready--
      this.waiting++
    }
    this.#isSeeking[peer] = 0
    const { leaf, path } = present(epoch.granted.get(peer), 'an epoch that is granted has the path')
    this.talk.nameMissed(peer, epoch.index)
    this.#keys.take(peer, leaf, path)
    this.since[peer] = epoch.index
    this.phase[peer] = PHASE.fetching
    this.#logLeft[peer] = epoch.logBytes <= INLINE_LOG_BYTES ? 0 : Math.ceil(epoch.logBytes / LOG_ANSWER_BYTES)
    if (this.#logLeft[peer] === 0) this.#take(peer)
    else this.#askLog(peer)
  }

  /** Part of the log that a grant stands on, from a neighbour that has it. */
  #askLog(peer: number): void {
    const other = this.inTurn(peer, (one) => this.#hasLogFor(one, peer))
    this.counts.questions++
    if (!this.#send(peer, other, this.sizes.question, 'question', peer, EVENT.logQuestion, other))
      this.push(this.now + ASK_AGAIN_MS, peer, EVENT.logAnswer, 0)
  }

  #onLogQuestion(peer: number, asked: number): void {
    const has = this.#hasLogFor(asked, peer)
    const bytes = has ? LOG_ANSWER_BYTES : RECEIPT_BYTES
    this.counts.logAnswers += Number(has)
    const { at, hasCome } = this.#mesh.answerOf(asked, bytes, 'log')
    this.push(at, peer, EVENT.logAnswer, Number(has && hasCome))
  }

  /** Whether somebody holds the epoch that another was granted. */
  #hasLogFor(one: number, peer: number): boolean {
    const epoch = this.since[peer]!
    return this.phase[one] === PHASE.ready && this.epoch[one]! >= epoch && this.since[one]! <= epoch
  }

  #onLogAnswer(peer: number, hasCome: boolean): void {
    if (this.phase[peer] !== PHASE.fetching) return
    if (hasCome) this.#logLeft[peer]!--
    if (this.#logLeft[peer]! > 0) this.#askLog(peer)
    else this.#take(peer)
  }

  /** The grant holds: the key is there. */
  #take(peer: number): void {
    this.phase[peer] = PHASE.ready
    this.ready++
    this.waiting--
    const epoch = this.epochs[this.since[peer]!]!
    const ms = this.now - this.#askedAt[peer]!
    this.#lookAtWaiting(peer, ms)
    this.#ledger.joining.add(ms)
    this.keyedAt[peer] = Math.min(this.keyedAt[peer]! || this.now, this.now)
    if (peer < this.#ledAt.length) this.#ledAt[peer] = Math.max(this.#ledAt[peer]!, this.now)
    this.#witnesses.onGranted(peer, epoch)
    this.#adopt(peer, epoch)
    this.#follow(peer)
    if (this.epoch[peer]! < this.told[peer]!) this.#suspectBehind(peer)
  }

  /** Whether a peer has waited for its key no longer than waiting in line and fetching the log explain. */
  #lookAtWaiting(peer: number, ms: number): void {
    const { logBytes } = this.epochs[Math.max(0, this.since[peer]!)]!
    const answers = Math.ceil(logBytes / LOG_ANSWER_BYTES)
    const bound = KEY_MS + (this.#waitingAtAsk[peer]! / LINE_PER_SECOND) * SECOND_MS + answers * LOG_ANSWER_MS
    const words = (): string =>
      `peer ${peer} waits for its key for ${Math.round(ms)} ms, and ${Math.round(bound)} are allowed`
    this.#watch.look('I-16', ms <= bound, words)
  }

  // ---------------------------------------------------------------- one epoch after the other

  #follow(peer: number): void {
    if (this.unsafe === 'stops following' && peer % 7 === 5) return
    while (this.phase[peer] === PHASE.ready) {
      const next = this.epoch[peer]! + 1
      if (next >= this.epochs.length || !this.#hasCome(peer, next)) return
      if (!this.#step(peer, next)) return
    }
  }

  /** Whether an announcement is here, with the chunks that hold wraps for this peer. Only so many wait. */
  #hasCome(peer: number, index: number): boolean {
    if (index <= this.#arrived[peer]! - WAITING_ANNOUNCEMENTS) return false
    if (!this.#mesh.has(peer, this.#frames[index]!)) return false
    const chunks = this.#chunks[index]!
    if (chunks.length === 0) return true
    return this.#chunksFor(peer, index).every((chunk) => this.#mesh.has(peer, chunks[chunk]!))
  }

  #chunksFor(peer: number, index: number): number[] {
    const { read, rebuilt } = this.epochs[index]!
    const leaf = rebuilt === undefined ? this.#keys.leaf[peer]! : rebuilt.get(peer)?.leaf
    if (leaf === undefined || leaf < 0) return []
    let ranks = this.#wrapRanks.get(index)
    if (ranks === undefined) {
      ranks = ranksOf(read.update.present)
      this.#wrapRanks.set(index, ranks)
    }
    return chunksWith(
      this.#keys
        .slotsFor(leaf, read)
        .map((slot) => ranks[slot]!)
        .sort((a, b) => a - b)
    )
  }

  /** Goes from one epoch to the next. @returns whether it is in force. */
  #step(peer: number, index: number): boolean {
    const epoch = this.epochs[index]!
    const { read, rebuilt } = epoch
    if (epoch.gone.includes(peer)) {
      this.#out(peer)
      return false
    }
    const place = rebuilt?.get(peer)
    const isFollowed =
      rebuilt === undefined
        ? this.#keys.apply(peer, read)
        : place?.secret !== undefined && this.#keys.rebuild(peer, place.leaf, place.secret, read)
    if (!isFollowed || this.#keys.rootOf(peer) !== epoch.root) {
      this.#leaveChain(peer)
      return false
    }
    this.#adopt(peer, epoch)
    return true
  }

  #adopt(peer: number, epoch: CrowdEpoch): void {
    this.epoch[peer] = epoch.index
    this.#vain[peer] = 0
    this.#isSeeking[peer] = 0
    if (epoch.index > this.told[peer]!) this.told[peer] = epoch.index
    this.#ledger.keyed(epoch, this.now - epoch.at)
    this.talk.planFirstDigest(peer, epoch)
    this.#witnesses.onAdopted(peer, epoch)
    this.talk.flush(peer)
  }

  #isAsking(peer: number): boolean {
    return this.phase[peer] === PHASE.asking || (this.phase[peer] === PHASE.ready && this.#isSeeking[peer] === 1)
  }

  /** Nobody could tell what leads on: a grant is asked for, unless it comes meanwhile. */
  #seek(peer: number): void {
    this.counts.seeks++
    this.#isSeeking[peer] = 1
    this.#beginRequest(peer)
    this.#retry(peer, this.now + 1)
  }

  /** It is out: what follows its epoch is the removal. */
  #out(peer: number): void {
    if (this.phase[peer] === PHASE.ready) this.ready--
    this.phase[peer] = PHASE.removed
    this.#keys.drop(peer)
  }

  /** What follows cannot be followed: only a grant helps. */
  #leaveChain(peer: number): void {
    this.counts.offChain++
    this.#keys.drop(peer)
    this.#ask(peer)
    this.#retry(peer, this.now + 1)
  }

  #suspectBehind(peer: number): void {
    if (this.#isBehindNoted[peer] === 1 || this.unsafe === 'stops following') return
    this.#isBehindNoted[peer] = 1
    this.push(this.now + BEHIND_MS, peer, EVENT.behind, 0)
  }

  #onBehind(peer: number): void {
    this.#isBehindNoted[peer] = 0
    if (this.phase[peer] !== PHASE.ready) return
    this.#follow(peer)
    if (this.phase[peer] !== PHASE.ready || this.epoch[peer]! >= this.told[peer]!) return
    if (this.#vain[peer]! >= VAIN_QUESTIONS && this.#isSeeking[peer] === 0) this.#seek(peer)
    this.#isBehindNoted[peer] = 1
    this.counts.mostBehind = Math.max(this.counts.mostBehind, this.told[peer]! - this.epoch[peer]!)
    // Who was passed over by those around asks the manager itself.
    const other = this.#vain[peer]! > 0 ? this.office.leader : this.inTurn(peer, (one) => this.#leadsOn(one, peer))
    this.counts.questions++
    if (!this.#send(peer, other, this.sizes.question, 'question', peer, EVENT.epochsQuestion, other))
      this.push(this.now + EPOCH_QUESTION_MS, peer, EVENT.epochsAnswer, 0)
  }

  /** Whether somebody knows what follows where another is. */
  #leadsOn(one: number, peer: number): boolean {
    const epoch = this.epoch[peer]!
    return this.phase[one] === PHASE.ready && this.epoch[one]! > epoch && this.since[one]! <= epoch + 1
  }

  /** The first of some neighbours, asked in turn, that knows something; the last of them when none does. */
  inTurn(peer: number, knows: (one: number) => boolean): number {
    const links = this.#mesh.linksOf(peer)
    const first = this.#random.between(0, links - 1)
    let one = peer
    for (let tries = 0; tries < Math.min(ASKED_IN_TURN, links); tries++) {
      one = this.#mesh.neighbour(peer, (first + tries) % links)
      if (knows(one)) break
    }
    return one
  }

  /** What follows where somebody is: as many as an answer holds. */
  #onEpochsQuestion(peer: number, asked: number): void {
    const from = this.epoch[peer]!
    const until = this.phase[asked] === PHASE.ready ? this.epoch[asked]! : NONE
    const first = Math.max(this.since[asked]!, until - KEPT_ANNOUNCEMENTS + 1)
    let last = from
    let bytes = RECEIPT_BYTES
    if (from + 1 >= first) {
      for (; last < until && last - from < ANSWERED_ANNOUNCEMENTS; last++) {
        const { announcement, chunks } = this.epochs[last + 1]!.issued
        const chunkBytes = chunks.length === 0 ? 0 : CHUNK_BYTES * this.#chunksFor(peer, last + 1).length
        const more = announcement.bytes.length + chunkBytes
        if (bytes + more > EPOCHS_ANSWER_BYTES) break
        bytes += more
      }
    }
    const { at, hasCome } = this.#mesh.answerOf(asked, bytes, 'epochs')
    this.push(at, peer, EVENT.epochsAnswer, hasCome ? last + 1 : 0)
  }

  #onEpochsAnswer(peer: number, last: number): void {
    this.#isBehindNoted[peer] = 0
    if (this.phase[peer] !== PHASE.ready) return
    const from = this.epoch[peer]!
    while (this.phase[peer] === PHASE.ready && this.epoch[peer]! < last && this.#step(peer, this.epoch[peer]! + 1)) {}
    if (this.phase[peer] !== PHASE.ready) return
    this.#follow(peer)
    if (this.phase[peer] !== PHASE.ready || this.epoch[peer]! >= this.told[peer]!) return
    if (this.epoch[peer] === from && this.#vain[peer]! < VAIN_QUESTIONS) this.#vain[peer]!++
    this.#suspectBehind(peer)
  }

  // ---------------------------------------------------------------- removals

  /** Whether a peer has the key and nobody is about to remove it. */
  isReady(peer: number): boolean {
    return this.phase[peer] === PHASE.ready && this.removals.every((removal) => removal.peer !== peer)
  }

  /** A member is removed. @param by - a manager. */
  remove(peer: number, by: number): void {
    const statement = this.office.removal(by, peer)
    const bytes = toldBytes(this.office.context, statement, (length) => this.#random.bytes(length))
    const frame = this.publish(by, 'statements', bytes, FRAME.statements, this.removals.length, true)
    const removal: Removal = { peer, at: this.now, frame, statement, epoch: NONE }
    this.removals.push(removal)
    this.#watch.note(`peer ${peer} is to be removed`)
    this.office.onRemoval(by, statement)
    this.later(REMOVAL_MS, () => this.#lookAtRemoval(removal))
  }

  /** In time from when somebody is in office who can apply it. */
  #lookAtRemoval(removal: Removal): void {
    const { peer, epoch, at } = removal
    if (this.now < this.office.inOfficeSince + REMOVAL_MS)
      return this.later(SECOND_MS, () => this.#lookAtRemoval(removal))
    this.#watch.look('I-18', epoch !== NONE, () => `the removal of peer ${peer} at ${Math.round(at)} ms is in no epoch`)
    if (epoch === NONE) return
    let late = 0
    for (let other = 0; other < this.peers; other++) {
      const isLate = this.phase[other] === PHASE.ready && this.epoch[other]! < epoch
      // Who came in meanwhile is on its way through the epochs since its grant.
      if (isLate && other !== peer && this.now - this.keyedAt[other]! > REMOVAL_MS) late++
    }
    this.#watch.look('I-18', late === 0, () => `${late} members do not apply the removal of peer ${peer} in time`)
  }

  // ---------------------------------------------------------------- the end

  /** What is looked at when everything has had its time. */
  lookBack(): void {
    const watch = this.#watch
    const newest = this.epochs.at(-1)!
    const behind: number[] = []
    for (let peer = 0; peer < this.peers; peer++) {
      const phase = this.phase[peer]!
      if (phase === PHASE.asking || phase === PHASE.fetching) {
        this.#lookAtWaiting(peer, this.now - this.#askedAt[peer]!)
      }
      if (phase !== PHASE.ready) continue
      const isThere = this.epoch[peer] === newest.index && this.#keys.rootOf(peer) === newest.root
      if (!isThere) behind.push(peer)
    }
    watch.look(
      'I-14',
      behind.length === 0,
      () => `${behind.length} members hold another epoch, peer ${behind[0]} among them`
    )
    for (const { peer, epoch } of this.removals)
      watch.look('I-18', epoch !== NONE, () => `the removal of peer ${peer} is in no epoch in the end`)
    this.talk.lookBack()
    const fills = [
      ...this.office.fills,
      { name: 'messages before their key', size: this.talk.counts.mostPending, cap: PENDING_FRAMES },
      { name: 'kept grants', size: this.#kept.size, cap: KEPT_GRANTS },
      {
        name: 'seconds of waiting for an uplink',
        size: Math.ceil(this.#mesh.longestWaitMs / SECOND_MS),
        cap: UPLINK_SECONDS
      }
    ]
    for (const { name, size, cap } of fills)
      watch.look('I-20', size <= cap, () => `${name}: ${size}, and ${cap} are allowed`)
  }

  get bytes(): number {
    return this.peers * (4 * 8 + 8 * 5 + 8) + this.talk.bytes
  }
}

const CHUNK_BYTES = 40_000
/** Something that has to wait longer than this for an uplink comes too late to be of use. */
const UPLINK_SECONDS = 60

/** The running number of the wrap in each slot that has one. */
function ranksOf(mask: Uint8Array): Int32Array {
  const ranks = new Int32Array(8 * mask.length)
  let rank = 0
  for (let slot = 0; slot < ranks.length; slot++) {
    ranks[slot] = rank
    rank += (mask[slot >>> 3]! >>> (slot & 7)) & 1
  }
  return ranks
}
