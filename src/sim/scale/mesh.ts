/**
 * The carrier of a crowd: a gossip mesh over typed arrays, and what goes from one peer to another alone.
 *
 * Whoever hears a frame for the first time sends it on to all its neighbours but the one that brought it, so most copies are
 * repeated ones. Those that were on their way when another came count as events; those of what the receiver had when they
 * left are carried and counted as such, and nothing more comes of them. A link has its own median delay (log-normal over
 * links, and again from copy to copy); a peer's copies leave one after the other through its uplink; a copy may be lost.
 * What is still missing a second later is told of by lazy gossip (IHAVE), asked for (IWANT), and comes.
 */
import { assert } from '../../base/assert.ts'
import { SECOND_MS } from '../../base/time.ts'
import { Random } from '../random.ts'
import type { Wheel } from './wheel.ts'

const LINK_BITS = 4
/** Links of one peer at most, numbered from 1: what gossipsub calls Dhi, and a few. */
const MOST_LINKS = 2 ** LINK_BITS - 1
const LINK_MASK = MOST_LINKS
/** In place of the link that brought a frame: nobody did. */
const NOBODY = 0
/** A peer's row: how many links it has and since when it hears frames, then two places for each link. */
const ROW_BITS = LINK_BITS + 1
/** It hears nothing. */
const NEVER = 2 ** 31 - 1
/** Delays are drawn from a table of so many quantiles. */
const QUANTILES = 4096
const LOSS_SCALE = 2 ** 20
/** How long it takes until a stream has noticed a loss and sent again. */
const AGAIN_MS = SECOND_MS
/** Both sides of a question give up after this time: protocol §12. */
const ANSWER_TIMEOUT_MS = 10 * SECOND_MS
/** Lazy gossip tells of what came in the last so many seconds, and this share of peers hears of it in each: 1 − e^−6 (Dlazy 6). */
const GOSSIPED_MS = 4 * SECOND_MS
const HEARING_SHARE = 0.9975

export interface MeshConditions {
  readonly medianDelayMs: number
  /** Log-normal spread of links, and of copies on one link. */
  readonly linkSigma: number
  readonly copySigma: number
  /** Probability that a copy is lost. */
  readonly lossRate: number
  readonly uplinkBytesPerSecond: number
  /** Links that a newcomer makes: about half of those that it has in the end. */
  readonly dials: number
}

/** Told of every frame that a peer hears for the first time. */
export type OnFrame = (peer: number, frame: number) => void

export class Mesh {
  readonly conditions: MeshConditions
  readonly #wheel: Wheel
  readonly #random: Random
  /**
   * A row for each peer, as the way into memory is what a large crowd waits for: links, since when it hears frames (virtual ms),
   * and for each link what a copy over it is for, neighbour and link there, and its delay, which is read from `#delays`.
   */
  readonly #rows: Int32Array
  /** The same memory: ms. */
  readonly #delays: Float32Array
  /** Peers from this one on have never come. */
  #newcomer = 0
  /** When the last byte of what waits will have left. */
  readonly #uplinkFreeAt: Float64Array
  /** The same for long answers, which have half of it, so that frames do not wait behind them. */
  readonly #answersFreeAt: Float64Array
  readonly #factors: Float32Array
  readonly #loss: number
  readonly #words: number
  /** Peers that hear. */
  listening = 0
  /** Longest wait for an uplink so far, ms. */
  longestWaitMs = 0
  /** Copies of what their receivers had when they were sent: sent and counted as such, and no events. */
  repeated = 0
  /** Copies and bytes sent, by kind. */
  readonly carried = new Map<string, [frames: number, bytes: number]>()

  /** Of each frame: what was sent of its kind, its bytes, when it was published, how many have it, who. */
  readonly #tallies: [frames: number, bytes: number][] = []
  readonly #bytes: number[] = []
  readonly #publishedAt: number[] = []
  readonly #heard: number[] = []
  readonly #has: Uint32Array[] = []
  readonly #pool: Uint32Array[] = []
  readonly #freeFrames: number[] = []
  readonly #isKept: boolean[] = []
  #young: number[] = []

  constructor(peers: number, conditions: MeshConditions, seed: number, wheel: Wheel) {
    this.conditions = conditions
    this.#wheel = wheel
    this.#random = new Random(seed, 'mesh')
    this.#rows = new Int32Array(peers << ROW_BITS)
    this.#delays = new Float32Array(this.#rows.buffer)
    for (let peer = 0; peer < peers; peer++) this.#rows[(peer << ROW_BITS) + 1] = NEVER
    this.#uplinkFreeAt = new Float64Array(peers)
    this.#answersFreeAt = new Float64Array(peers)
    this.#words = (peers + 31) >>> 5
    this.#loss = Math.round(conditions.lossRate * LOSS_SCALE)
    this.#factors = Float32Array.from({ length: QUANTILES }, () => this.#random.logNormal(1, conditions.copySigma))
  }

  get bytes(): number {
    const arrays = [this.#rows, this.#uplinkFreeAt, this.#answersFreeAt]
    const sets = (this.#has.filter(Boolean).length + this.#pool.length) * this.#words * 4
    return arrays.reduce((sum, { byteLength }) => sum + byteLength, sets)
  }

  // ---------------------------------------------------------------- peers

  isListening(peer: number): boolean {
    return this.#sinceOf(peer) <= this.#wheel.now
  }

  linksOf(peer: number): number {
    return this.#rows[peer << ROW_BITS]!
  }

  /** @param link - from 1. */
  neighbour(peer: number, link: number): number {
    return this.#rows[(peer << ROW_BITS) + 2 * link]! >>> LINK_BITS
  }

  /** Since when it hears frames, virtual ms. */
  #sinceOf(peer: number): number {
    return this.#rows[(peer << ROW_BITS) + 1]!
  }

  /** It hears what is on the topic from now on. @param others - peers to choose its neighbours from. */
  subscribe(peer: number, others: (random: Random) => number): void {
    assert(!this.isListening(peer), 'a peer comes once')
    const most = Math.min(this.conditions.dials, this.listening)
    for (let tries = 0; this.linksOf(peer) < most && tries < 20 * most; tries++) this.#link(peer, others(this.#random))
    this.#rows[(peer << ROW_BITS) + 1] = this.#wheel.now
    this.#newcomer = Math.max(this.#newcomer, peer + 1)
    this.listening++
  }

  /** It is gone, without a word. */
  stop(peer: number): void {
    if (this.isListening(peer)) this.listening--
    this.#rows[(peer << ROW_BITS) + 1] = NEVER
  }

  #link(a: number, b: number): void {
    const [linkOfA, linkOfB] = [this.linksOf(a) + 1, this.linksOf(b) + 1]
    if (a === b || linkOfA > MOST_LINKS || linkOfB > MOST_LINKS || !this.isListening(b)) return
    for (let link = 1; link < linkOfA; link++) if (this.neighbour(a, link) === b) return
    const delay = this.#random.logNormal(this.conditions.medianDelayMs, this.conditions.linkSigma)
    for (const [from, link, to, linkThere] of [
      [a, linkOfA, b, linkOfB],
      [b, linkOfB, a, linkOfA]
    ] as const) {
      const row = from << ROW_BITS
      this.#rows[row] = link
      this.#rows[row + 2 * link] = (to << LINK_BITS) | linkThere
      this.#delays[row + 2 * link + 1] = delay
    }
  }

  // ---------------------------------------------------------------- one to one

  /**
   * When something that leaves one peer now comes to another, between whom there is a connection. It does come: what is lost
   * there is sent again, and takes longer.
   */
  arrivalOf(from: number, bytes: number, kind: string): number {
    const { medianDelayMs, linkSigma, lossRate } = this.conditions
    const leftAt = this.#leave(from, bytes)
    count(this.#tallyOf(kind), 1, bytes)
    const again = this.#random.chance(lossRate) ? AGAIN_MS : 0
    return Math.ceil(leftAt + again + this.#random.logNormal(medianDelayMs, linkSigma))
  }

  /**
   * When a long answer comes, or when whoever asked gives up because others are answered before.
   *
   * @returns the time, virtual ms, and whether it comes.
   */
  answerOf(from: number, bytes: number, kind: string): { readonly at: number; readonly hasCome: boolean } {
    const { now } = this.#wheel
    const leftAt = Math.max(now, this.#answersFreeAt[from]!) + 2 * this.#msOf(bytes)
    if (leftAt - now > ANSWER_TIMEOUT_MS) return { at: now + ANSWER_TIMEOUT_MS, hasCome: false }
    this.#answersFreeAt[from] = leftAt
    count(this.#tallyOf(kind), 1, bytes)
    const { medianDelayMs, linkSigma } = this.conditions
    return { at: Math.ceil(leftAt + this.#random.logNormal(medianDelayMs, linkSigma)), hasCome: true }
  }

  #leave(from: number, bytes: number): number {
    const leftAt = Math.max(this.#wheel.now, this.#uplinkFreeAt[from]!) + this.#msOf(bytes)
    this.#uplinkFreeAt[from] = leftAt
    this.longestWaitMs = Math.max(this.longestWaitMs, leftAt - this.#wheel.now)
    return leftAt
  }

  #msOf(bytes: number): number {
    return (bytes * SECOND_MS) / this.conditions.uplinkBytesPerSecond
  }

  // ---------------------------------------------------------------- the topic

  /** Whether a peer has heard a frame. */
  has(peer: number, frame: number): boolean {
    return ((this.#has[frame]![peer >>> 5]! >>> (peer & 31)) & 1) === 1
  }

  /** How many have heard it. */
  reach(frame: number): number {
    return this.#heard[frame]!
  }

  /** @param isKept - whether it is asked later who has heard it. @returns its number. */
  publish(from: number, kind: string, bytes: number, isKept: boolean): number {
    const frame = this.#freeFrames.pop() ?? this.#tallies.length
    this.#tallies[frame] = this.#tallyOf(kind)
    this.#bytes[frame] = bytes
    this.#publishedAt[frame] = this.#wheel.now
    this.#heard[frame] = 1
    this.#isKept[frame] = isKept
    const has = this.#pool.pop() ?? new Uint32Array(this.#words)
    has[from >>> 5]! |= 1 << (from & 31)
    this.#has[frame] = has
    this.#young.push(frame)
    this.#spread(from, NOBODY, frame)
    return frame
  }

  /** A copy has come. @param to - peer and link, as scheduled. */
  arrive(to: number, frame: number, onFrame: OnFrame): void {
    const peer = to >>> LINK_BITS
    const has = this.#has[frame]!
    const bit = 1 << (peer & 31)
    const word = peer >>> 5
    // Most copies are of something that is here already: that is looked at first, in little memory.
    if ((has[word]! & bit) !== 0 || !this.isListening(peer)) return
    has[word]! |= bit
    this.#heard[frame]!++
    this.#spread(peer, to & LINK_MASK, frame)
    onFrame(peer, frame)
  }

  #spread(from: number, via: number, frame: number): void {
    const row = from << ROW_BITS
    const end = row + 2 * this.#rows[row]!
    const except = row + 2 * via
    const bytes = this.#bytes[frame]!
    const { now } = this.#wheel
    const stepMs = (bytes * SECOND_MS) / this.conditions.uplinkBytesPerSecond
    let leftAt = Math.max(now, this.#uplinkFreeAt[from]!)
    let copies = 0
    let repeated = 0
    const has = this.#has[frame]!
    for (let link = row + 2; link <= end; link += 2) {
      if (link === except) continue
      leftAt += stepMs
      copies++
      const drawn = this.#random.u32()
      if (drawn >>> 12 < this.#loss) continue
      const to = this.#rows[link]!
      const receiver = to >>> LINK_BITS
      // Who has it now will have it when the copy comes: nothing would come of that.
      if (((has[receiver >>> 5]! >>> (receiver & 31)) & 1) === 1) {
        repeated++
        continue
      }
      const delay = this.#delays[link + 1]! * this.#factors[drawn & (QUANTILES - 1)]!
      this.#wheel.push((leftAt + delay + 1) | 0, to, frame)
    }
    this.#uplinkFreeAt[from] = leftAt
    if (leftAt - now > this.longestWaitMs) this.longestWaitMs = leftAt - now
    this.repeated += repeated
    count(this.#tallies[frame]!, copies, copies * bytes)
  }

  /** What was sent of a kind. */
  #tallyOf(kind: string): [frames: number, bytes: number] {
    const tally = this.carried.get(kind) ?? [0, 0]
    this.carried.set(kind, tally)
    return tally
  }

  /** Lazy gossip, once a second: whoever misses a frame of the last seconds hears of it from peers that are no neighbours. */
  gossip(): void {
    const { now } = this.#wheel
    const { medianDelayMs, linkSigma, lossRate } = this.conditions
    const isDone = (frame: number): boolean => now - this.#publishedAt[frame]! > GOSSIPED_MS
    for (const frame of this.#young) {
      const age = now - this.#publishedAt[frame]!
      if (age < SECOND_MS || this.#heard[frame]! >= this.listening) continue
      const has = this.#has[frame]!
      for (let peer = 0; peer < this.#newcomer; peer++) {
        if ((peer & 31) === 0 && has[peer >>> 5] === 0xffffffff) {
          peer += 31
          continue
        }
        if (this.#sinceOf(peer) > this.#publishedAt[frame]! || this.has(peer, frame)) continue
        const share = HEARING_SHARE * (this.#heard[frame]! / this.listening) * (1 - lossRate) ** 3
        if (!this.#random.chance(share)) continue
        const delay = 3 * this.#random.logNormal(medianDelayMs, linkSigma)
        count(this.#tallyOf('gossip'), 2, 2 * GOSSIP_BYTES)
        count(this.#tallies[frame]!, 1, this.#bytes[frame]!)
        this.#wheel.push(Math.ceil(now + delay), (peer << LINK_BITS) | NOBODY, frame)
      }
    }
    // A copy is under way for some seconds at most.
    this.#young = this.#young.filter((frame) => {
      if (!isDone(frame)) return true
      if (!this.#isKept[frame]) this.#old.push({ frame, at: now })
      return false
    })
    while (this.#old.length > 0 && now - this.#old[0]!.at > FORGOTTEN_MS) this.#forget(this.#old.shift()!.frame)
  }

  readonly #old: { readonly frame: number; readonly at: number }[] = []

  #forget(frame: number): void {
    this.#has[frame]!.fill(0)
    this.#pool.push(this.#has[frame]!)
    this.#has[frame] = EMPTY
    this.#freeFrames.push(frame)
  }
}

function count(tally: [frames: number, bytes: number], frames: number, bytes: number): void {
  tally[0] += frames
  tally[1] += bytes
}

const EMPTY = new Uint32Array(0)
/** Of what tells of a frame, and of what asks for it. */
const GOSSIP_BYTES = 64
/** Nothing of a frame is under way this long after lazy gossip has done with it: the longest delays and waits are shorter. */
const FORGOTTEN_MS = 120 * SECOND_MS
