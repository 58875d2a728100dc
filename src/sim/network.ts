/**
 * The carrier: gossip among linked subscribers, and streams between two peers. It loses, delays, repeats, reorders, cuts
 * and replays, and keeps every byte it has ever carried. Machines meet bytes only: each frame is read and judged at each
 * node as on a real one; reading the same bytes again is spared.
 */
import { copyBytes, equalBytes, mapKey } from '../base/bytes.ts'
import { SECOND_MS } from '../base/time.ts'
import { type Frame, readFrame } from '../core/channel/frame.ts'
import type { UserId } from '../core/identity/user.ts'
import type { Effect, Event, HandOutcome } from '../core/machine.ts'
import { Refusal } from '../core/reject.ts'
import { decodeStrict } from '../wire/codec.ts'
import { STREAM_MESSAGE_BYTES } from '../wire/limits.ts'
import { Answer, Question } from '../wire/messages.ts'
import type { SimNode } from './node.ts'
import { type Packet, type PacketHost, Packets } from './packets.ts'
import { Random } from './random.ts'
import { peekKind } from './trace.ts'

/** What the carrier does to what it carries. Rates are probabilities per recipient. */
export interface Conditions {
  readonly lossRate: number
  readonly repeatRate: number
  /** A copy with one bit flipped arrives beside the true one. */
  readonly flipRate: number
  readonly medianDelayMs: number
  /** Log-normal spread; 0: every delay is the median. */
  readonly delaySigma: number
  readonly streamLossRate: number
  /** What a node sends at most, bit/s; 0: no bound. */
  readonly bandwidth: number
}

/** No faults, but an ordinary network's delays. */
export const CALM: Conditions = {
  lossRate: 0,
  repeatRate: 0,
  flipRate: 0,
  medianDelayMs: 20,
  delaySigma: 0.3,
  streamLossRate: 0,
  bandwidth: 0
}

const MAX_DELAY_MS = 10_000
const BITS_PER_BYTE = 8
/** How long gossip remembers what it has seen. */
const SEEN_MS = 120_000
const READINESS_MS = 200
const STREAM_TIMEOUT_MS = 5_000
const DELIVERY_TIMEOUT_MS = 10_000
/** Peers asked one after another when the question is to nobody in particular. */
const STREAM_TRIES = 3

/** One question or answer, as it went over a stream. */
export interface StreamBytes {
  readonly at: number
  readonly from: SimNode
  readonly to: SimNode
  readonly isAnswer: boolean
  readonly bytes: Uint8Array
}

/** What the network needs of the world. */
export interface NetworkHost extends PacketHost {
  readonly seed: number
  readonly nodes: readonly SimNode[]
  schedule(delayMs: number, task: () => void): void
  /** Hands an event to a node that is up. */
  deliver(node: SimNode, event: Event): void
  /** A frame has come to a node's validator. */
  arrive(node: SimNode, packet: Packet, verdict: Frame | Refusal | undefined): boolean
}

type Ask = Extract<Effect, { type: 'ask' }>
type Hand = Extract<Effect, { type: 'hand' }>

export class Network {
  conditions: Conditions = CALM
  readonly streams: StreamBytes[] = []
  /** Frames delivered to validators. */
  arrivals = 0
  /** When links that were cut were whole again last, virtual ms. */
  healedAt: number | undefined
  /** Told of everything that a node sends, once for each way it takes. */
  onSent: ((kind: string, bytes: number) => void) | undefined

  readonly #host: NetworkHost
  readonly #packets: Packets
  readonly #cuts = new Set<number>()
  readonly #slowMs = new Map<number, number>()
  readonly #links = new Map<number, Random>()
  readonly #hands = new Map<number, { readonly to: SimNode; readonly reply: (outcome: HandOutcome) => void }>()
  readonly #questions = new Map<
    number,
    { readonly asked: SimNode; readonly reply: (answer: Answer | undefined) => void }
  >()
  #questionIds = 0
  readonly #isSharingFrames: boolean

  /** Of each topic, whom each node carries it to; empty after a change. */
  readonly #meshes = new Map<string, ReadonlyMap<SimNode, ReadonlySet<SimNode>>>()
  /** Until when a node is busy sending, virtual ms. */
  readonly #busyUntil = new Map<SimNode, number>()
  readonly #degree: number | undefined

  /**
   * @param isSharingFrames - false: every node gets frames of its own, to notice a machine that changes them.
   * @param degree - about how many neighbours carry on what a node says; undefined: it says it to everybody itself.
   */
  constructor(host: NetworkHost, isSharingFrames: boolean, degree?: number) {
    this.#host = host
    this.#packets = new Packets(host)
    this.#isSharingFrames = isSharingFrames
    this.#degree = degree
  }

  /** Everything that was ever on a topic or handed over, in order of first appearance. */
  get packets(): readonly Packet[] {
    return this.#packets.all
  }

  // ---------------------------------------------------------------- topology

  /** Whether what `from` sends can come to `to` now. */
  isLinked(from: SimNode, to: SimNode): boolean {
    return from !== to && to.isUp && !this.#cuts.has(linkOf(from, to))
  }

  /** Cuts one direction. */
  cut(from: SimNode, to: SimNode): void {
    this.#cuts.add(linkOf(from, to))
    this.refresh()
  }

  /** Cuts every link between two different sets; nodes in no set keep all their links. */
  partition(...sets: readonly (readonly SimNode[])[]): void {
    for (const set of sets) {
      for (const other of sets) {
        if (set === other) continue
        for (const from of set) for (const to of other) this.#cuts.add(linkOf(from, to))
      }
    }
    this.refresh()
  }

  /** Cuts all links of one node. */
  isolate(node: SimNode): void {
    this.partition(
      [node],
      this.#host.nodes.filter((other) => other !== node)
    )
  }

  /** Whether a node has no link at all: then it has no directory either. */
  isIsolated(node: SimNode): boolean {
    return (
      this.#host.nodes.length > 1 &&
      this.#host.nodes.every((other) => other === node || this.#cuts.has(linkOf(node, other)))
    )
  }

  slowDown(from: SimNode, to: SimNode, extraMs: number): void {
    this.#slowMs.set(linkOf(from, to), extraMs)
  }

  /** Whether it is an ordinary network just now: no faults, no cuts. */
  get isCalm(): boolean {
    return this.conditions === CALM && this.#cuts.size === 0 && this.#slowMs.size === 0
  }

  /** Undoes every cut and slow link. */
  heal(): void {
    if (this.#cuts.size > 0) this.healedAt = this.#host.time
    this.#cuts.clear()
    this.#slowMs.clear()
    this.refresh()
  }

  /** Tells nodes, a little later, whether their topics have somebody to carry frames. */
  refresh(): void {
    this.#meshes.clear()
    for (const node of this.#host.nodes) {
      for (const [key, topic] of node.topics) {
        if (this.#hasNeighbour(node, key) === topic.isReady) continue
        const { incarnation } = node
        this.#host.schedule(READINESS_MS, () => {
          const isReady = this.#hasNeighbour(node, key)
          if (node.incarnation !== incarnation || node.topics.get(key) !== topic || topic.isReady === isReady) return
          topic.isReady = isReady
          this.#host.deliver(node, { type: 'carrier', channel: topic.channel, isReady })
        })
      }
    }
  }

  subscribe(node: SimNode, channel: Uint8Array): void {
    const key = mapKey(channel)
    if (node.topics.has(key)) return
    node.topics.set(key, { channel: copyBytes(channel), isReady: false })
    this.refresh()
  }

  unsubscribe(node: SimNode, channel: Uint8Array): void {
    if (node.topics.delete(mapKey(channel))) this.refresh()
  }

  #hasNeighbour(node: SimNode, topic: string): boolean {
    return this.#host.nodes.some((other) => other.topics.has(topic) && this.isLinked(node, other))
  }

  // ---------------------------------------------------------------- gossip

  /**
   * Publishes as a node does.
   *
   * @returns to how many neighbours it went; 0 for what this node's gossip has seen before, as gossipsub has it.
   */
  publish(from: SimNode, channel: Uint8Array, frame: Uint8Array): number {
    const packet = this.#packets.of(channel, frame, from)
    if (this.#hasSeen(from, packet)) return 0
    const topic = mapKey(channel)
    const recipients = this.#neighbours(from, topic)
    if (recipients.length === 0) return 0
    from.seen.set(packet.id, this.#host.time)
    for (const to of recipients) this.#send(from, to, packet)
    return recipients.length
  }

  /** To whom a node passes what is on a topic. */
  #neighbours(node: SimNode, topic: string): SimNode[] {
    if (this.#degree === undefined)
      return this.#host.nodes.filter((other) => other.topics.has(topic) && this.isLinked(node, other))
    const mesh = this.#meshes.get(topic) ?? this.#meshOf(topic, this.#degree)
    this.#meshes.set(topic, mesh)
    return [...(mesh.get(node) ?? [])].filter((other) => this.isLinked(node, other))
  }

  /** Who is linked with whom on a topic at this moment, by name; each pair once. For those who look on. */
  linksOf(channel: Uint8Array): (readonly [string, string])[] {
    const topic = mapKey(channel)
    return this.#host.nodes
      .filter((node) => node.topics.has(topic) && node.isUp)
      .flatMap((node) => this.#neighbours(node, topic).map((other) => [node, other] as const))
      .filter(([node, other]) => node.index < other.index)
      .map(([node, other]) => [node.name, other.name] as const)
  }

  /** A ring of those who reach each other, so that all are connected, and chords across it, drawn by the seed for each pair. */
  #meshOf(topic: string, degree: number): ReadonlyMap<SimNode, ReadonlySet<SimNode>> {
    const nodes = this.#host.nodes.filter((node) => node.topics.has(topic) && node.isUp)
    const mesh = new Map(nodes.map((node) => [node, new Set<SimNode>()]))
    for (const [i, node] of nodes.entries()) {
      const others = [...nodes.slice(i + 1), ...nodes.slice(0, i)].filter((other) => this.#isDuplex(node, other))
      const chords = others
        .map((other) => ({ other, chance: pairChance(this.#host.seed, node.index, other.index) }))
        .sort((a, b) => a.chance - b.chance)
        .slice(0, Math.max(1, degree / 2 - 1))
      for (const other of new Set([...others.slice(0, 1), ...chords.map((chord) => chord.other)])) {
        mesh.get(node)!.add(other)
        mesh.get(other)!.add(node)
      }
    }
    return mesh
  }

  /**
   * Hands a frame to one node, as over a connection that is there. It counts as carried: whoever keeps what is carried has it.
   *
   * @param done - whether the node has taken it; a loss on the way back is no answer at all.
   */
  deliver(from: SimNode, user: UserId, channel: Uint8Array, frame: Uint8Array, done: (isTaken: boolean) => void): void {
    const to = this.#host.nodes.find((node) => equalBytes(node.user, user))
    if (to === undefined || !this.#isDuplex(from, to) || !this.#isConnected(from, to)) {
      done(false)
      return
    }
    const random = this.#link(from, to)
    const packet = this.#packets.of(channel, frame, from)
    let isDone = false
    const finish = (isTaken: boolean): void => {
      if (!isDone) done(isTaken)
      isDone = true
    }
    this.#host.schedule(DELIVERY_TIMEOUT_MS, () => finish(false))
    if (random.chance(this.conditions.streamLossRate)) return
    this.#host.schedule(this.#travel(from, random, kindOf(packet), packet.bytes), () => {
      if (!this.#isDuplex(from, to)) return
      const isTaken = to.topics.has(mapKey(channel)) && this.#take(to, packet)
      if (random.chance(this.conditions.streamLossRate)) return
      this.#host.schedule(this.#delay(this.#link(to, from)), () => {
        if (this.#isDuplex(from, to)) finish(isTaken)
      })
    })
  }

  /** Performs a `hand`: over the connections that there are; the only way to somebody makes one. */
  hand(from: SimNode, { to: user, frame, isOnlyWay }: Hand, done: (outcome: HandOutcome) => void): void {
    const to = this.#host.nodes.find((node) => equalBytes(node.user, user))
    if (to === undefined || !this.#isDuplex(from, to) || !(isOnlyWay || this.#isConnected(from, to))) {
      done('failed')
      return
    }
    let isDone = false
    const finish = (outcome: HandOutcome): void => {
      if (!isDone) done(outcome)
      isDone = true
    }
    this.#host.schedule(DELIVERY_TIMEOUT_MS, () => finish('failed'))
    const [there, back] = [this.#link(from, to), this.#link(to, from)]
    this.streams.push({ at: this.#host.time, from, to, isAnswer: false, bytes: frame })
    if (there.chance(this.conditions.streamLossRate)) return
    this.#host.schedule(this.#travel(from, there, 'one to one', frame), () => {
      if (!this.#isDuplex(from, to)) return
      const id = ++this.#questionIds
      const reply = (outcome: HandOutcome): void => {
        if (there.chance(this.conditions.streamLossRate)) return
        this.#host.schedule(this.#delay(back), () => {
          if (this.#isDuplex(from, to)) finish(outcome)
        })
      }
      this.#hands.set(id, { to, reply })
      this.#host.deliver(to, { type: 'session', id, from: from.user, frame })
    })
  }

  /** Performs an `answerHand`. */
  answerHand(node: SimNode, id: number, outcome: HandOutcome): void {
    const hand = this.#hands.get(id)
    if (hand?.to !== node) return
    this.#hands.delete(id)
    hand.reply(outcome)
  }

  #take(to: SimNode, packet: Packet): boolean {
    if (this.#hasSeen(to, packet)) return true
    this.arrivals++
    return this.#host.arrive(to, packet, this.read(packet))
  }

  /** Whether two nodes have a connection, beside what gossip has: half of all pairs do. */
  #isConnected(a: SimNode, b: SimNode): boolean {
    const [first, second] = a.index < b.index ? [a, b] : [b, a]
    return new Random(this.#host.seed, 'connection', first.name, second.name).chance(0.5)
  }

  /** Bytes from somebody who is no node of the run, to every subscriber or to those named. */
  inject(channel: Uint8Array, frame: Uint8Array, to?: readonly SimNode[]): Packet {
    const packet = this.#packets.of(channel, frame, undefined)
    this.replay(packet, to)
    return packet
  }

  /** Delivers a recorded packet again, past every memory the gossip layer has. */
  replay(packet: Packet, to?: readonly SimNode[]): void {
    const topic = mapKey(packet.channel)
    for (const node of to ?? this.#host.nodes) {
      if (!node.topics.has(topic)) continue
      this.#host.schedule(this.#delay(this.#adversary(node)), () => this.#arrive(undefined, node, packet, true))
    }
  }

  /** What `readFrame` says of a packet. */
  read(packet: Packet): Frame | Refusal | undefined {
    const verdict = this.#packets.read(packet)
    if (this.#isSharingFrames || verdict === undefined || verdict instanceof Refusal) return verdict
    return readFrame(copyBytes(packet.channel), packet.bytes)
  }

  #send(from: SimNode, to: SimNode, packet: Packet): void {
    const { lossRate, repeatRate, flipRate } = this.conditions
    const random = this.#link(from, to)
    if (!random.chance(lossRate)) this.#fly(from, to, packet, random, false)
    if (random.chance(repeatRate)) this.#fly(from, to, packet, random, true)
    if (random.chance(flipRate)) {
      const bytes = copyBytes(packet.bytes)
      bytes[random.between(0, bytes.length - 1)]! ^= 1 << random.between(0, 7)
      this.#fly(from, to, this.#packets.of(packet.channel, bytes, undefined), random, true)
    }
  }

  #fly(from: SimNode, to: SimNode, packet: Packet, random: Random, isRepeat: boolean): void {
    const delayMs = this.#travel(from, random, kindOf(packet), packet.bytes) + (this.#slowMs.get(linkOf(from, to)) ?? 0)
    this.#host.schedule(delayMs, () => {
      if (this.isLinked(from, to)) this.#arrive(from, to, packet, isRepeat)
    })
  }

  #arrive(from: SimNode | undefined, to: SimNode, packet: Packet, isRepeat: boolean): void {
    if (!to.isUp || !to.topics.has(mapKey(packet.channel))) return
    if (!isRepeat) {
      if (this.#hasSeen(to, packet)) return
      to.seen.set(packet.id, this.#host.time)
    }
    this.arrivals++
    const isAccepted = this.#host.arrive(to, packet, this.read(packet))
    if (!isAccepted || isRepeat || from === undefined) return
    const topic = mapKey(packet.channel)
    if (this.#degree !== undefined) {
      for (const next of this.#neighbours(to, topic))
        if (next !== from && next !== packet.from) this.#send(to, next, packet)
      return
    }
    if (this.#cuts.size === 0) return
    // Who has it carries it on to those whom the sender does not reach.
    for (const next of this.#host.nodes) {
      if (next === from || next === packet.from || !next.topics.has(topic)) continue
      if (this.isLinked(to, next) && !this.isLinked(from, next)) this.#send(to, next, packet)
    }
  }

  #hasSeen(node: SimNode, packet: Packet): boolean {
    const at = node.seen.get(packet.id)
    return at !== undefined && this.#host.time - at < SEEN_MS
  }

  // ---------------------------------------------------------------- streams

  /** Performs an `ask`: one peer after another until one answers. */
  ask(from: SimNode, ask: Ask): void {
    const candidates = this.#whomToAsk(from, ask)
    const { incarnation } = from
    const bytes = Question.encode(ask.question)
    const finish = (peer: SimNode | undefined, answer: Answer | undefined): void => {
      if (from.incarnation !== incarnation) return
      this.#host.deliver(from, { type: 'answer', id: ask.id, from: peer?.user, answer })
    }
    const tryNext = (): void => {
      const to = candidates.shift()
      if (to === undefined) this.#host.schedule(1, () => finish(undefined, undefined))
      else this.#askOne(from, to, bytes, (answer) => (answer === undefined ? tryNext() : finish(to, answer)))
    }
    tryNext()
  }

  /** Performs an `answer`. */
  answer(node: SimNode, id: number, answer: Answer | undefined): void {
    const question = this.#questions.get(id)
    if (question === undefined || question.asked !== node) return
    this.#questions.delete(id)
    question.reply(answer)
  }

  #whomToAsk(from: SimNode, ask: Ask): SimNode[] {
    const { nodes } = this.#host
    if (ask.to !== undefined) {
      const to = ask.to
      return nodes.filter((node) => node !== from && equalBytes(node.user, to))
    }
    const dialled = nodes.filter(
      (node) => node !== from && ask.addresses.some((address) => equalBytes(address, addressOf(node)))
    )
    // No node of the simulation is a carrier without keys.
    if (ask.question.sessions !== undefined) return []
    const topic = mapKey(ask.channel)
    const others = nodes.filter(
      (node) => node !== from && !dialled.includes(node) && node.topics.has(topic) && this.isLinked(from, node)
    )
    return [...dialled, ...from.random.shuffle(others)].slice(0, STREAM_TRIES)
  }

  #askOne(from: SimNode, to: SimNode, bytes: Uint8Array, done: (answer: Answer | undefined) => void): void {
    const host = this.#host
    const random = this.#link(from, to)
    let isDone = false
    const finish = (answer: Answer | undefined): void => {
      if (isDone) return
      isDone = true
      done(answer)
    }
    host.schedule(STREAM_TIMEOUT_MS, () => finish(undefined))
    if (!this.#isDuplex(from, to)) {
      host.schedule(this.#delay(random), () => finish(undefined))
      return
    }
    this.streams.push({ at: host.time, from, to, isAnswer: false, bytes })
    if (random.chance(this.conditions.streamLossRate)) return
    host.schedule(this.#travel(from, random, 'question', bytes), () => {
      const question = decodeStrict(Question, copyBytes(bytes), STREAM_MESSAGE_BYTES)
      if (!this.#isDuplex(from, to) || question === undefined) {
        finish(undefined)
        return
      }
      const id = ++this.#questionIds
      this.#questions.set(id, { asked: to, reply: (answer) => this.#carryBack(from, to, answer, finish) })
      host.deliver(to, { type: 'question', id, from: from.user, question })
    })
  }

  #carryBack(
    from: SimNode,
    to: SimNode,
    answer: Answer | undefined,
    finish: (answer: Answer | undefined) => void
  ): void {
    const bytes = answer && Answer.encode(answer)
    if (bytes !== undefined) this.streams.push({ at: this.#host.time, from: to, to: from, isAnswer: true, bytes })
    const delayMs =
      bytes === undefined ? this.#delay(this.#link(to, from)) : this.#travel(to, this.#link(to, from), 'answer', bytes)
    this.#host.schedule(delayMs, () => {
      if (this.#isDuplex(from, to)) finish(bytes && decodeStrict(Answer, copyBytes(bytes), STREAM_MESSAGE_BYTES))
    })
  }

  #isDuplex(a: SimNode, b: SimNode): boolean {
    return this.isLinked(a, b) && this.isLinked(b, a)
  }

  // ---------------------------------------------------------------- chance

  #delay(random: Random): number {
    const { medianDelayMs, delaySigma } = this.conditions
    return Math.min(MAX_DELAY_MS, Math.max(1, Math.round(random.logNormal(medianDelayMs, delaySigma))))
  }

  /** How long it takes until what a node sends arrives: as long as others do, after all that it sends before. */
  #travel(from: SimNode, random: Random, kind: string, bytes: Uint8Array): number {
    this.onSent?.(kind, bytes.length)
    const delayMs = this.#delay(random)
    const { bandwidth } = this.conditions
    if (bandwidth === 0) return delayMs
    const { time } = this.#host
    const doneAt =
      Math.max(time, this.#busyUntil.get(from) ?? 0) + (bytes.length * BITS_PER_BYTE * SECOND_MS) / bandwidth
    this.#busyUntil.set(from, doneAt)
    return delayMs + Math.round(doneAt - time)
  }

  #link(from: SimNode, to: SimNode): Random {
    return this.#stream(linkOf(from, to), from.name, to.name)
  }

  #adversary(to: SimNode): Random {
    return this.#stream(-1 - to.index, 'adversary', to.name)
  }

  #stream(key: number, from: string, to: string): Random {
    let random = this.#links.get(key)
    if (random === undefined) {
      random = new Random(this.#host.seed, 'link', from, to)
      this.#links.set(key, random)
    }
    return random
  }
}

/** A number in [0, 1) for a pair, either way around. */
function pairChance(seed: number, a: number, b: number): number {
  let value = Math.imul(Math.min(a, b) + 1, 0x9e3779b1) ^ Math.imul(Math.max(a, b) + 1, 0x85ebca6b) ^ seed
  value = Math.imul(value ^ (value >>> 16), 0xc2b2ae35)
  value = Math.imul(value ^ (value >>> 13), 0x27d4eb2f)
  return ((value ^ (value >>> 16)) >>> 0) / 0x1_0000_0000
}

/** What a packet is called when it is counted. */
const kindOf = ({ bytes, from }: Packet): string => (from === undefined ? 'forged' : peekKind(bytes))

const MAX_NODES = 100_000

const linkOf = (from: SimNode, to: SimNode): number => from.index * MAX_NODES + to.index

/** The address under which a node can be dialled, as it stands in invites. */
export const addressOf = (node: SimNode): Uint8Array => new TextEncoder().encode(`/sim/${node.name}`)
