/**
 * How the members of a crowd go from one epoch to the next: by announcements as they come, by questions when one is missing,
 * and by a new grant where neither helps. As `Succession` and `KeySeeker` do it.
 */
import { chunksWith } from '../../core/channel/announcement.ts'
import {
  ANSWERED_ANNOUNCEMENTS,
  BEHIND_MS,
  EPOCH_QUESTION_MS,
  KEPT_ANNOUNCEMENTS,
  WAITING_ANNOUNCEMENTS
} from '../../core/params.ts'
import type { Crowd, CrowdParts } from './crowd.ts'
import { EVENT, FRAME } from './events.ts'
import { type Members, NONE, PHASE } from './members.ts'
import type { CrowdEpoch } from './office.ts'
import { EPOCHS_ANSWER_BYTES, RECEIPT_BYTES } from './sizes.ts'

/** Questions for epochs in vain before a grant is asked for. */
const VAIN_QUESTIONS = 2
const CHUNK_BYTES = 40_000

export class Following {
  readonly #host: Crowd
  readonly #members: Members
  readonly #parts: CrowdParts
  readonly #vain: Uint8Array
  readonly #isBehindNoted: Uint8Array
  /** By epoch: the frame of its announcement, and those of its chunks. */
  readonly #frames: number[] = []
  readonly #chunks: number[][] = []
  readonly #wrapRanks = new Map<number, Int32Array>()
  readonly counts = { offChain: 0, mostBehind: 0 }

  constructor(host: Crowd, parts: CrowdParts) {
    this.#host = host
    this.#members = host.members
    this.#parts = parts
    this.#vain = new Uint8Array(host.members.size)
    this.#isBehindNoted = new Uint8Array(host.members.size)
  }

  get bytes(): number {
    return 2 * this.#members.size
  }

  /** Tells everybody of an epoch. */
  announce({ index, issuer, issued: { announcement, chunks } }: CrowdEpoch): void {
    const publish = (name: string, bytes: number, kind: 0 | 1): number =>
      this.#host.publish(issuer, name, bytes, kind, index, true)
    this.#frames.push(publish('announcement', announcement.bytes.length, FRAME.announcement))
    this.#chunks.push(chunks.map(({ bytes }) => publish('chunk', bytes.length, FRAME.chunk)))
  }

  /** Something speaks of an epoch. */
  hearOf(peer: number, epoch: number): void {
    const members = this.#members
    members.tell(peer, epoch)
    if (!members.isReady(peer) || !members.isBehind(peer)) return
    this.follow(peer)
    if (members.isBehind(peer)) this.suspectBehind(peer)
  }

  follow(peer: number): void {
    if (this.#host.unsafe === 'stops following' && peer % 7 === 5) return
    while (this.#members.isReady(peer)) {
      const next = this.#members.epochOf(peer) + 1
      if (next >= this.#host.epochs.length || !this.#hasCome(peer, next)) return
      if (!this.#step(peer, next)) return
    }
  }

  /** Whether an announcement is here, with the chunks that hold wraps for this peer. Only so many wait. */
  #hasCome(peer: number, index: number): boolean {
    if (index <= this.#members.arrivedOf(peer) - WAITING_ANNOUNCEMENTS) return false
    const { mesh } = this.#parts
    if (!mesh.has(peer, this.#frames[index]!)) return false
    const chunks = this.#chunks[index]!
    if (chunks.length === 0) return true
    return this.#chunksFor(peer, index).every((chunk) => mesh.has(peer, chunks[chunk]!))
  }

  #chunksFor(peer: number, index: number): number[] {
    const { keys } = this.#parts
    const { read, rebuilt } = this.#host.epochs[index]!
    const leaf = rebuilt === undefined ? keys.leafOf(peer) : rebuilt.get(peer)?.leaf
    if (leaf === undefined || leaf < 0) return []
    let ranks = this.#wrapRanks.get(index)
    if (ranks === undefined) {
      ranks = ranksOf(read.update.present)
      this.#wrapRanks.set(index, ranks)
    }
    const wraps = keys.slotsFor(leaf, read).map((slot) => ranks[slot]!)
    return chunksWith(wraps.sort((a, b) => a - b))
  }

  /** Goes from one epoch to the next. @returns whether it is in force. */
  #step(peer: number, index: number): boolean {
    const { keys } = this.#parts
    const epoch = this.#host.epochs[index]!
    const { read, rebuilt } = epoch
    if (epoch.gone.includes(peer)) {
      this.#members.move(peer, PHASE.removed)
      keys.drop(peer)
      return false
    }
    const place = rebuilt?.get(peer)
    const isFollowed =
      rebuilt === undefined
        ? keys.apply(peer, read)
        : place?.secret !== undefined && keys.rebuild(peer, place.leaf, place.secret, read)
    if (!isFollowed || keys.rootOf(peer) !== epoch.root) {
      this.counts.offChain++
      keys.drop(peer)
      this.#host.asking.beginAgain(peer)
      return false
    }
    this.adopt(peer, epoch)
    return true
  }

  /** An epoch is in force. */
  adopt(peer: number, epoch: CrowdEpoch): void {
    this.#members.setEpoch(peer, epoch.index)
    if (this.#vain[peer] !== 0) this.#vain[peer] = 0
    this.#host.onAdopted(peer, epoch)
  }

  suspectBehind(peer: number): void {
    if (this.#isBehindNoted[peer] === 1 || this.#host.unsafe === 'stops following') return
    this.#isBehindNoted[peer] = 1
    this.#host.push(this.#host.now + BEHIND_MS, peer, EVENT.behind, 0)
  }

  onBehind(peer: number): void {
    const host = this.#host
    const members = this.#members
    this.#isBehindNoted[peer] = 0
    if (!members.isReady(peer)) return
    this.follow(peer)
    if (!members.isReady(peer) || !members.isBehind(peer)) return
    if (this.#vain[peer]! >= VAIN_QUESTIONS) host.asking.seek(peer)
    this.#isBehindNoted[peer] = 1
    this.counts.mostBehind = Math.max(this.counts.mostBehind, members.toldOf(peer) - members.epochOf(peer))
    // Who was passed over by those around asks the manager itself.
    const isManagerAsked = this.#vain[peer]! > 0
    const other = isManagerAsked ? host.office.leader : host.inTurn(peer, (one) => this.#leadsOn(one, peer))
    host.counts.questions++
    if (!host.send(peer, other, host.sizes.question, 'question', peer, EVENT.epochsQuestion, other))
      host.push(host.now + EPOCH_QUESTION_MS, peer, EVENT.epochsAnswer, 0)
  }

  /** Whether somebody knows what follows where another is. */
  #leadsOn(one: number, peer: number): boolean {
    const epoch = this.#members.epochOf(peer)
    return this.#members.isReady(one) && this.#members.epochOf(one) > epoch && this.#members.sinceOf(one) <= epoch + 1
  }

  /** What follows where somebody is: as many as an answer holds. */
  onQuestion(peer: number, asked: number): void {
    const members = this.#members
    const from = members.epochOf(peer)
    const until = members.isReady(asked) ? members.epochOf(asked) : NONE
    const first = Math.max(members.sinceOf(asked), until - KEPT_ANNOUNCEMENTS + 1)
    let last = from
    let bytes = RECEIPT_BYTES
    if (from + 1 >= first) {
      for (; last < until && last - from < ANSWERED_ANNOUNCEMENTS; last++) {
        const { announcement, chunks } = this.#host.epochs[last + 1]!.issued
        const chunkBytes = chunks.length === 0 ? 0 : CHUNK_BYTES * this.#chunksFor(peer, last + 1).length
        const more = announcement.bytes.length + chunkBytes
        if (bytes + more > EPOCHS_ANSWER_BYTES) break
        bytes += more
      }
    }
    const { at, hasCome } = this.#parts.mesh.answerOf(asked, bytes, 'epochs')
    this.#host.push(at, peer, EVENT.epochsAnswer, hasCome ? last + 1 : 0)
  }

  /** @param last - index of the newest epoch that the answer leads to. */
  onAnswer(peer: number, last: number): void {
    const members = this.#members
    this.#isBehindNoted[peer] = 0
    if (!members.isReady(peer)) return
    const from = members.epochOf(peer)
    while (members.isReady(peer) && members.epochOf(peer) < last && this.#step(peer, members.epochOf(peer) + 1)) {}
    if (!members.isReady(peer)) return
    this.follow(peer)
    if (!members.isReady(peer) || !members.isBehind(peer)) return
    if (members.epochOf(peer) === from && this.#vain[peer]! < VAIN_QUESTIONS) this.#vain[peer]!++
    this.suspectBehind(peer)
  }
}

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
