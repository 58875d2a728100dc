/**
 * What a crowd says and hears: each message shown once to each member that may read it, what comes before its key held, what
 * is missing noticed by the chain of its sender or by digests, asked for, and named.
 */
import { SECOND_MS } from '../../base/time.ts'
import { GAP_PATIENCE_MS, PENDING_FRAMES, RECORD_DIGESTS, REPAIR_MAX_MS, REPAIR_MS } from '../../core/params.ts'
import { SEEN_SENDERS } from '../../wire/limits.ts'
import type { Random } from '../random.ts'
import type { Crowd } from './crowd.ts'
import { DigestClock } from './digest-clock.ts'
import { EVENT, FRAME } from './events.ts'
import type { Ledger } from './ledger.ts'
import { type Members, NONE, PHASE } from './members.ts'
import type { Mesh } from './mesh.ts'
import type { CrowdEpoch } from './office.ts'
import { grouped, type Watch } from './watch.ts'

/** How long whoever cannot say something waits before it looks again. */
const HELD_MS = 250

interface Digest {
  readonly author: number
  /** Messages that not everybody has, and the author has. */
  readonly messages: readonly number[]
  /** Whether it carries its author's record. */
  readonly hasRecord: boolean
}

/** Faults for tests, each of which checkers must see. */
export type UnsafeTalk = 'loses a message' | 'shows a message twice' | 'speaks too early' | 'holds all'

export class Talk {
  readonly #host: Crowd
  readonly #mesh: Mesh
  readonly #watch: Watch
  readonly #ledger: Ledger
  readonly #members: Members
  readonly #digestClock: DigestClock
  /** Digests that carried their author's record. */
  readonly #recordsTold: Uint8Array
  readonly #pending = new Map<number, number[]>()
  readonly #missing = new Map<number, { tries: number; isTold: boolean }>()
  readonly #digests: Digest[] = []
  // Messages, by number.
  readonly #sender: number[] = []
  readonly #epochOf: number[] = []
  readonly #saidAt: number[] = []
  readonly #before: number[] = []
  readonly #shown: Uint32Array[] = []
  readonly #shownCount: number[] = []
  readonly #readers: number[] = []
  readonly #lastOf: Int32Array
  readonly counts = { held: 0, gaps: 0, toldGaps: 0, repaired: 0, lostPending: 0, mostPending: 0, digests: 0 }

  constructor(host: Crowd, parts: { mesh: Mesh; watch: Watch; ledger: Ledger }, random: Random) {
    this.#host = host
    this.#members = host.members
    this.#mesh = parts.mesh
    this.#watch = parts.watch
    this.#ledger = parts.ledger
    this.#digestClock = new DigestClock(host.members.size, random, host, (peer, at) =>
      host.push(at, peer, EVENT.digest, 0)
    )
    this.#recordsTold = new Uint8Array(host.members.size)
    this.#lastOf = new Int32Array(host.members.size).fill(NONE)
  }

  get bytes(): number {
    const words = this.#shown.length * ((this.#members.size + 31) >>> 5)
    return this.#digestClock.bytes + this.#lastOf.byteLength + 4 * words
  }

  // ---------------------------------------------------------------- messages

  /** Somebody says something: whoever may, and does not know that it has to wait. */
  say(sender: number): void {
    if (!this.#members.isReady(sender)) return
    if (!this.#maySpeak(sender) && this.#host.unsafe !== 'speaks too early') {
      this.counts.held++
      return this.#host.later(HELD_MS, () => this.say(sender))
    }
    const epoch = this.#members.epochOf(sender)
    for (const { frame, epoch: applied, peer } of this.#host.removals) {
      const isIgnored = this.#mesh.has(sender, frame) && (applied === NONE || applied > epoch)
      this.#watch.look(
        'I-4',
        !isIgnored,
        () => `peer ${sender} speaks under an epoch that peer ${peer} has, who is removed`
      )
    }
    const m = this.#sender.length
    this.#sender.push(sender)
    this.#epochOf.push(epoch)
    this.#saidAt.push(this.#host.now)
    this.#before.push(this.#lastOf[sender]!)
    this.#lastOf[sender] = m
    const shown = new Uint32Array((this.#members.size + 31) >>> 5)
    shown[sender >>> 5]! |= 1 << (sender & 31)
    this.#shown.push(shown)
    this.#shownCount.push(1)
    this.#readers.push(this.#host.epochs[epoch]!.members - 1)
    this.#host.publish(sender, 'message', this.#host.sizes.message, FRAME.message, m, false)
    this.onSaid(m, sender, this.#readers[m]!)
  }

  /** Told of every message. */
  onSaid: (message: number, sender: number, readers: number) => void = () => {}

  /** Not under an epoch whose roster ignores a removal that it knows, nor while it knows of a later epoch (protocol §7.4). */
  #maySpeak(sender: number): boolean {
    const epoch = this.#members.epochOf(sender)
    if (this.#members.toldOf(sender) > epoch) return false
    return this.#host.removals.every(
      ({ frame, epoch: applied }) => (applied !== NONE && applied <= epoch) || !this.#mesh.has(sender, frame)
    )
  }

  hear(peer: number, m: number): void {
    const epoch = this.#epochOf[m]!
    const phase = this.#members.phaseOf(peer)
    if (phase === PHASE.removed) return
    this.#host.following.hearOf(peer, epoch)
    const since = this.#members.sinceOf(peer)
    if (since > epoch) return
    if (!this.#members.isReady(peer) || this.#members.epochOf(peer) < epoch) return this.#hold(peer, m)
    this.#show(peer, m)
    if (this.#host.unsafe === 'shows a message twice') this.#show(peer, m)
  }

  /** What comes before its key waits: so many at most. */
  #hold(peer: number, m: number): void {
    const held = this.#pending.get(peer) ?? []
    this.#pending.set(peer, held)
    held.push(m)
    if (held.length > PENDING_FRAMES && this.#host.unsafe !== 'holds all') {
      held.shift()
      this.counts.lostPending++
    }
    this.counts.mostPending = Math.max(this.counts.mostPending, held.length)
  }

  #flush(peer: number): void {
    const held = this.#pending.get(peer)
    if (held === undefined) return
    const epoch = this.#members.epochOf(peer)
    const rest = held.filter((m) => this.#epochOf[m]! > epoch)
    if (rest.length === 0) this.#pending.delete(peer)
    else this.#pending.set(peer, rest)
    for (const m of held)
      if (this.#epochOf[m]! <= epoch && this.#epochOf[m]! >= this.#members.sinceOf(peer)) this.#show(peer, m)
  }

  #isShown(m: number, peer: number): boolean {
    return ((this.#shown[m]![peer >>> 5]! >>> (peer & 31)) & 1) === 1
  }

  #show(peer: number, m: number): void {
    if (this.#host.unsafe === 'loses a message' && m % 5 === 3 && peer % 11 === 7) return
    const isTwice = this.#isShown(m, peer)
    // A message that is here already is only noted.
    if (isTwice && this.#host.unsafe !== 'shows a message twice') return
    this.#looks9++
    if (isTwice) this.#watch.look('I-9', false, () => `peer ${peer} is shown message ${m} twice`)
    this.#shown[m]![peer >>> 5]! |= 1 << (peer & 31)
    this.#shownCount[m]!++
    this.#ledger.shown(this.#host.now - this.#saidAt[m]!)
    this.#digestClock.noteNews(peer, this.#rosterSize)
    const before = this.#before[m]!
    if (before !== NONE && this.#epochOf[before]! >= this.#members.sinceOf(peer) && !this.#isShown(before, peer))
      this.#noteGap(peer, before)
  }

  #looks9 = 0

  // ---------------------------------------------------------------- what is missing

  #nameOf(peer: number, m: number): number {
    return peer * 2 ** 20 + m
  }

  #noteGap(peer: number, m: number): void {
    const name = this.#nameOf(peer, m)
    if (this.#missing.has(name)) return
    this.counts.gaps++
    this.#missing.set(name, { tries: 0, isTold: false })
    this.#host.later(GAP_PATIENCE_MS, () => {
      const missing = this.#missing.get(name)
      if (missing === undefined || this.#isShown(m, peer)) return
      missing.isTold = true
      this.counts.toldGaps++
    })
    this.#host.push(this.#host.now + REPAIR_MS, peer, EVENT.repair, m)
  }

  /** Asks a neighbour for a message, again and again, ever more rarely. */
  onRepair(peer: number, m: number): void {
    const missing = this.#missing.get(this.#nameOf(peer, m))
    if (missing === undefined || !this.#members.isReady(peer)) return
    if (this.#isShown(m, peer)) {
      this.#missing.delete(this.#nameOf(peer, m))
      return
    }
    const isHeldBy = (one: number): boolean => this.#isShown(m, one) && this.#members.isReady(one)
    const other = this.#host.inTurn(peer, isHeldBy)
    this.#host.counts.questions++
    this.#mesh.arrivalOf(peer, this.#host.sizes.question, 'question')
    if (isHeldBy(other)) {
      const at = this.#mesh.arrivalOf(other, this.#host.sizes.message, 'frames')
      this.#host.push(at, peer, EVENT.frameAnswer, m)
    }
    const wait = Math.min(REPAIR_MS * 2 ** missing.tries++, REPAIR_MAX_MS)
    this.#host.push(this.#host.now + Math.max(wait, SECOND_MS), peer, EVENT.repair, m)
  }

  onFrameAnswer(peer: number, m: number): void {
    if (!this.#members.isReady(peer) || this.#isShown(m, peer)) return
    this.counts.repaired++
    this.#missing.delete(this.#nameOf(peer, m))
    this.hear(peer, m)
  }

  // ---------------------------------------------------------------- digests

  /** A member has its first key. */
  onFirstKey(peer: number, epoch: CrowdEpoch): void {
    this.#digestClock.begin(peer, epoch)
  }

  /** An epoch is in force with a member. */
  onAdopted(peer: number): void {
    if (this.#pending.size > 0) this.#flush(peer)
  }

  get #rosterSize(): number {
    return this.#host.epochs.at(-1)?.members ?? 1
  }

  onDigestDue(peer: number): void {
    const held = this.#host.epochs[this.#members.epochOf(peer)]
    if (held === undefined || !this.#digestClock.isDue(peer, held) || !this.#members.isReady(peer)) return
    this.counts.digests++
    const messages: number[] = []
    for (let m = this.#sender.length - 1; m >= 0 && m >= this.#sender.length - SEEN_SENDERS; m--) {
      if (this.#shownCount[m]! <= this.#readers[m]! && this.#isShown(m, peer)) messages.push(m)
    }
    const hasRecord = this.#recordsTold[peer]! < RECORD_DIGESTS
    if (hasRecord) this.#recordsTold[peer]!++
    this.#digests.push({ author: peer, messages, hasRecord })
    const { digest, digestWithRecord } = this.#host.sizes
    const bytes = hasRecord ? digestWithRecord : digest
    this.#host.publish(peer, 'digest', bytes, FRAME.digest, this.#digests.length - 1, false)
    this.#digestClock.noteSaid(peer, this.#rosterSize)
  }

  /** Its author has what we may lack: the tail of what somebody said. */
  onDigest(peer: number, digest: number): void {
    const { author, messages, hasRecord } = this.#digests[digest]!
    if (hasRecord && peer < this.#host.office.managers) this.#host.office.reception.noteRecord(author)
    if (messages.length === 0 || !this.#members.isReady(peer)) return
    for (const m of messages) {
      const epoch = this.#epochOf[m]!
      const isEntitled = this.#members.sinceOf(peer) <= epoch && this.#members.epochOf(peer) >= epoch
      if (isEntitled && !this.#isShown(m, peer)) this.#noteGap(peer, m)
    }
  }

  /** What was said under epochs that the peer has left out is missing, and its user is told. */
  nameMissed(peer: number, until: number): void {
    const from = this.#members.sinceOf(peer)
    if (from < 0) return
    for (let m = this.#sender.length - 1; m >= 0 && this.#epochOf[m]! > this.#members.epochOf(peer); m--) {
      if (this.#epochOf[m]! >= until || this.#isShown(m, peer)) continue
      this.counts.toldGaps++
    }
  }

  /** What is looked at when everything has had its time. */
  lookBack(): void {
    const { messages, shown } = this.said
    this.#watch.count('I-9', this.#looks9)
    this.#watch.tell(
      'I-4',
      `${grouped(messages)} messages as they were sent off; ${grouped(this.counts.held)} times somebody waited for a newer key first.`
    )
    this.#watch.tell('I-9', `${grouped(messages)} messages, shown ${grouped(shown)} times to others.`)
    this.#watch.tell(
      'I-17',
      `Members, for each message they may read; ${grouped(this.counts.toldGaps)} times one was named as missing.`
    )
    for (let m = 0; m < this.#sender.length; m++) {
      const epoch = this.#epochOf[m]!
      let looks = 0
      for (let peer = 0; peer < this.#members.size; peer++) {
        const since = this.#members.sinceOf(peer)
        if (!this.#members.isReady(peer) || since < 0 || since > epoch) continue
        looks++
        if (this.#isShown(m, peer) || this.#missing.get(this.#nameOf(peer, m))?.isTold) continue
        this.#watch.look(
          'I-17',
          false,
          () => `message ${m} of peer ${this.#sender[m]} is not shown to peer ${peer}, nor missed`
        )
      }
      this.#watch.count('I-17', looks)
    }
  }

  /** Messages said, and times that one was shown to somebody else. */
  get said(): { readonly messages: number; readonly shown: number } {
    const shown = this.#shownCount.reduce((sum, count) => sum + count - 1, 0)
    return { messages: this.#sender.length, shown }
  }
}
