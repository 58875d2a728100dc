/**
 * How the members of a crowd get the key: each asks the manager in office, tries again, is challenged where that is due, and
 * fetches the log that its grant stands on from neighbours. As `KeySeeker`, `KeyAsker` and `Reception` do it.
 */
import { present } from '../../base/assert.ts'
import { SECOND_MS } from '../../base/time.ts'
import { trim } from '../../base/trim.ts'
import {
  ASK_AGAIN_MS,
  HANDED_PATIENCE_MS,
  HANDED_TRIES,
  HANDING_MS,
  INLINE_LOG_BYTES,
  KEPT_GRANTS,
  KEY_REQUEST_MS,
  KEY_REQUESTS_AT_ONCE,
  RETRY_MS
} from '../../core/params.ts'
import type { Random } from '../random.ts'
import type { Crowd, CrowdParts } from './crowd.ts'
import { EVENT, FRAME } from './events.ts'
import { type Members, PHASE } from './members.ts'
import type { CrowdEpoch } from './office.ts'
import { grantBytes, LOG_ANSWER_BYTES, RECEIPT_BYTES } from './sizes.ts'

/** Round trips from the beginning of a dial to the first frame, as measured with libp2p: half of them one way. */
const DIAL_HOPS = 12
/** A key is there in this time, beside waiting in line and fetching the log. */
const KEY_MS = 30 * SECOND_MS
/** Requests that a manager answers in a second, at least. */
const LINE_PER_SECOND = 100
const LOG_ANSWER_MS = SECOND_MS / 2

export class Asking {
  readonly #host: Crowd
  readonly #members: Members
  readonly #parts: CrowdParts
  readonly #random: Random
  readonly #askedAt: Float64Array
  readonly #waitingAtAsk: Int32Array
  readonly #attempt: Uint8Array
  /** Number of the request under way. */
  readonly #request: Int32Array
  readonly #allowedAt: Float64Array
  readonly #retryAt: Float64Array
  readonly #answersLeft: Int32Array
  /** Whether a member asks for a grant, and follows if it can meanwhile. */
  readonly #isSeeking: Uint8Array
  readonly #grants = new Map<number, CrowdEpoch>()
  /** The last grants, and the request that each answers: a further try of that one is answered again. */
  readonly #kept = new Map<number, { readonly epoch: CrowdEpoch; readonly request: number }>()
  #grantBytes = 0
  readonly counts = { seeks: 0, tries: 0, logAnswers: 0, longestMs: 0 }

  constructor(host: Crowd, parts: CrowdParts, random: Random) {
    const { size } = host.members
    this.#host = host
    this.#members = host.members
    this.#parts = parts
    this.#random = random
    this.#askedAt = new Float64Array(size)
    this.#waitingAtAsk = new Int32Array(size)
    this.#attempt = new Uint8Array(size)
    this.#request = new Int32Array(size)
    this.#allowedAt = new Float64Array(size)
    this.#retryAt = new Float64Array(size)
    this.#answersLeft = new Int32Array(size)
    this.#isSeeking = new Uint8Array(size)
  }

  get bytes(): number {
    return this.#members.size * (3 * 8 + 3 * 4 + 2)
  }

  get fill(): { readonly name: string; readonly size: number; readonly cap: number } {
    return { name: 'kept grants', size: this.#kept.size, cap: KEPT_GRANTS }
  }

  // ---------------------------------------------------------------- the request

  /** A peer comes: it finds the manager, and asks for the key. */
  begin(peer: number): void {
    this.#ask(peer)
    this.#retry(peer, this.#host.now + DIAL_HOPS * this.#parts.mesh.conditions.medianDelayMs)
  }

  /** What follows cannot be followed: only a grant helps. */
  beginAgain(peer: number): void {
    this.#ask(peer)
    this.#retry(peer, this.#host.now + 1)
  }

  /** Nobody could tell what leads on: a grant is asked for, unless it comes meanwhile. */
  seek(peer: number): void {
    if (this.#isSeeking[peer] === 1) return
    this.counts.seeks++
    this.#isSeeking[peer] = 1
    this.#beginRequest(peer)
    this.#retry(peer, this.#host.now + 1)
  }

  /** An epoch is in force: nothing has to be asked for. */
  settle(peer: number): void {
    if (this.#isSeeking[peer] === 1) this.#isSeeking[peer] = 0
  }

  #ask(peer: number): void {
    this.#members.move(peer, PHASE.asking)
    this.#beginRequest(peer)
  }

  #beginRequest(peer: number): void {
    this.#askedAt[peer] = this.#host.now
    this.#waitingAtAsk[peer] = this.#members.waiting
    this.#attempt[peer] = 0
    this.#request[peer]!++
  }

  #isAsking(peer: number): boolean {
    const phase = this.#members.phaseOf(peer)
    return phase === PHASE.asking || (phase === PHASE.ready && this.#isSeeking[peer] === 1)
  }

  onRetry(peer: number): void {
    const { now, office, sizes } = this.#host
    if (!this.#isAsking(peer) || now < Math.floor(this.#retryAt[peer]!)) return
    const allowedAt = this.#allowedAt[peer]! - (KEY_REQUESTS_AT_ONCE - 1) * KEY_REQUEST_MS
    if (now < allowedAt) return this.#retry(peer, allowedAt)
    this.#allowedAt[peer] = Math.max(now, this.#allowedAt[peer]!) + KEY_REQUEST_MS
    const attempt = this.#attempt[peer]!
    const wait = RETRY_MS[Math.min(attempt, RETRY_MS.length - 1)]! * (1 + this.#random.fraction() / 4)
    this.#attempt[peer] = (attempt + 1) % (HANDED_TRIES + 1)
    if (this.#attempt[peer] === 0) this.#request[peer]!++
    if (attempt >= HANDED_TRIES) {
      this.counts.tries++
      this.#host.publish(peer, 'key request', sizes.request, FRAME.request, peer, false)
      return this.#retry(peer, now + wait)
    }
    const isTaken = this.#host.send(peer, office.leader, sizes.request, 'key request', peer, EVENT.request)
    if (isTaken) this.#parts.mesh.arrivalOf(office.leader, RECEIPT_BYTES, 'receipt')
    this.#retry(peer, now + (isTaken ? HANDED_PATIENCE_MS * 2 ** attempt : HANDING_MS))
  }

  #retry(peer: number, at: number): void {
    this.#retryAt[peer] = at
    this.#host.push(at, peer, EVENT.retry, 0)
  }

  /** A request has come to the one in office. @param isAnswered - whether it is the answer to a challenge. */
  onRequest(peer: number, isAnswered: boolean): void {
    const { office, sizes } = this.#host
    const { mesh } = this.#parts
    const { leader } = office
    if (!mesh.isListening(leader) || !this.#isAsking(peer)) return
    const given = this.#kept.get(peer)
    const isRepeated = given?.request === this.#request[peer] && given?.epoch.term === office.newest?.term
    if (given !== undefined && isRepeated) return this.#hand(peer, given.epoch)
    if (office.reception.isEnlisted(peer) || !office.reception.mayOpen(this.#host.now)) return
    if (isAnswered || !office.knows(peer)) return office.enlist(peer)
    const at = mesh.arrivalOf(leader, sizes.request, 'challenge') + mesh.conditions.medianDelayMs
    mesh.arrivalOf(peer, sizes.request, 'challenge answer')
    this.#host.push(at, peer, EVENT.challenged, 0)
  }

  // ---------------------------------------------------------------- the grant

  /** Whom an epoch takes in is granted it. */
  grantAll(epoch: CrowdEpoch): void {
    this.#grantBytes = 0
    for (const peer of epoch.granted.keys()) {
      this.#kept.delete(peer)
      this.#kept.set(peer, { epoch, request: this.#request[peer]! })
      trim(this.#kept, KEPT_GRANTS)
      this.#hand(peer, epoch)
    }
  }

  #hand(peer: number, epoch: CrowdEpoch): void {
    const { context, record, leader } = this.#host.office
    if (this.#grantBytes === 0) {
      const bytes = (length: number): Uint8Array => this.#random.bytes(length)
      const { announcement } = epoch.issued
      this.#grantBytes = grantBytes(context, announcement, record, epoch.read.update.depth, epoch.logBytes, bytes)
    }
    this.#grants.set(peer, epoch)
    this.#host.send(leader, peer, this.#grantBytes, 'grant', peer, EVENT.grant)
  }

  onGrant(peer: number): void {
    const epoch = this.#grants.get(peer)
    // not below the adopted epoch.
    if (!this.#isAsking(peer) || epoch === undefined || epoch.index < this.#members.epochOf(peer)) return
    this.#grants.delete(peer)
    this.#isSeeking[peer] = 0
    const { leaf, path } = present(epoch.granted.get(peer), 'an epoch that is granted has the path')
    this.#host.talk.nameMissed(peer, epoch.index)
    this.#parts.keys.take(peer, leaf, path)
    this.#members.setSince(peer, epoch.index)
    this.#members.move(peer, PHASE.fetching)
    this.#answersLeft[peer] = epoch.logBytes <= INLINE_LOG_BYTES ? 0 : Math.ceil(epoch.logBytes / LOG_ANSWER_BYTES)
    if (this.#answersLeft[peer] === 0) this.#take(peer)
    else this.#askLog(peer)
  }

  /** The grant holds: the key is there. */
  #take(peer: number): void {
    const epoch = this.#host.epochs[this.#members.sinceOf(peer)]!
    this.#members.move(peer, PHASE.ready)
    const ms = this.#host.now - this.#askedAt[peer]!
    this.#lookAtWaiting(peer, ms)
    this.#parts.ledger.joining.add(ms)
    this.#host.onKeyed(peer, epoch)
  }

  // ---------------------------------------------------------------- the log

  /** Part of the log that a grant stands on, from a neighbour that has it. */
  #askLog(peer: number): void {
    const host = this.#host
    const other = host.inTurn(peer, (one) => this.#hasLogFor(one, peer))
    host.counts.questions++
    if (!host.send(peer, other, host.sizes.question, 'question', peer, EVENT.logQuestion, other))
      host.push(host.now + ASK_AGAIN_MS, peer, EVENT.logAnswer, 0)
  }

  onLogQuestion(peer: number, asked: number): void {
    const has = this.#hasLogFor(asked, peer)
    this.counts.logAnswers += Number(has)
    const { at, hasCome } = this.#parts.mesh.answerOf(asked, has ? LOG_ANSWER_BYTES : RECEIPT_BYTES, 'log')
    this.#host.push(at, peer, EVENT.logAnswer, Number(has && hasCome))
  }

  /** Whether somebody holds the epoch that another was granted. */
  #hasLogFor(one: number, peer: number): boolean {
    const members = this.#members
    const epoch = members.sinceOf(peer)
    return members.isReady(one) && members.epochOf(one) >= epoch && members.sinceOf(one) <= epoch
  }

  onLogAnswer(peer: number, hasCome: boolean): void {
    if (this.#members.phaseOf(peer) !== PHASE.fetching) return
    if (hasCome) this.#answersLeft[peer]!--
    if (this.#answersLeft[peer]! > 0) this.#askLog(peer)
    else this.#take(peer)
  }

  // ---------------------------------------------------------------- in time

  /** Whether a peer has waited for its key no longer than waiting in line and fetching the log explain. */
  #lookAtWaiting(peer: number, ms: number): void {
    const { logBytes } = this.#host.epochs[Math.max(0, this.#members.sinceOf(peer))]!
    const answers = Math.ceil(logBytes / LOG_ANSWER_BYTES)
    const bound = KEY_MS + (this.#waitingAtAsk[peer]! / LINE_PER_SECOND) * SECOND_MS + answers * LOG_ANSWER_MS
    this.counts.longestMs = Math.max(this.counts.longestMs, ms)
    const words = (): string =>
      `peer ${peer} waits for its key for ${Math.round(ms)} ms, and ${Math.round(bound)} are allowed`
    this.#parts.watch.look('I-16', ms <= bound, words)
  }

  /** Looks at those who still wait when everything has had its time. */
  lookBack(): void {
    for (let peer = 0; peer < this.#members.size; peer++) {
      const phase = this.#members.phaseOf(peer)
      if (phase === PHASE.asking || phase === PHASE.fetching)
        this.#lookAtWaiting(peer, this.#host.now - this.#askedAt[peer]!)
    }
  }
}
