/**
 * The network of a live world: what of it is seen, and how it is disturbed. Frames are seen where machines publish and judge
 * them, streams where their content arrives. A cut is real: connections across it end, and none is made.
 */
import type { Frame } from '../core/channel/frame.ts'
import type { Refusal } from '../core/reject.ts'
import { CALM, type Conditions, type StreamBytes } from './network.ts'
import type { SimNode } from './node.ts'
import { type Packet, type PacketHost, Packets } from './packets.ts'
import type { Random } from './random.ts'
import type { NetworkFaults } from './scene.ts'

/** What the network needs of its world. */
export interface LiveNetworkHost extends PacketHost {
  readonly nodes: readonly SimNode[]
  /** The conditions have changed. */
  onWeather(): void
  /** Who may be connected with whom has changed. */
  onLinks(): void
  /** Whom a node is connected to on a channel. */
  neighbours(node: SimNode, channel: Uint8Array): readonly SimNode[]
  /** Somebody without keys publishes this. */
  publishAsStranger(channel: Uint8Array, frame: Uint8Array): void
}

export class LiveNetwork implements NetworkFaults {
  readonly streams: StreamBytes[] = []
  healedAt: number | undefined
  onSent: ((kind: string, bytes: number) => void) | undefined

  readonly #host: LiveNetworkHost
  readonly #packets: Packets
  readonly #cuts = new Set<string>()
  readonly #random: Random
  #conditions: Conditions = CALM

  constructor(host: LiveNetworkHost, random: Random) {
    this.#host = host
    this.#packets = new Packets(host)
    this.#random = random
  }

  get conditions(): Conditions {
    return this.#conditions
  }

  set conditions(conditions: Conditions) {
    this.#conditions = conditions
    this.#host.onWeather()
  }

  // ---------------------------------------------------------------- topology

  get isCalm(): boolean {
    return this.conditions === CALM && this.#cuts.size === 0
  }

  isLinked(from: SimNode, to: SimNode): boolean {
    return from !== to && to.isUp && !this.isCut(from, to)
  }

  isCut(one: SimNode, other: SimNode): boolean {
    return this.#cuts.has(linkOf(one, other))
  }

  /** A connection is there for both directions, or for none. */
  cut(from: SimNode, to: SimNode): void {
    this.partition([from], [to])
  }

  partition(...sets: readonly (readonly SimNode[])[]): void {
    for (const set of sets) {
      for (const other of sets) {
        if (set !== other) for (const from of set) for (const to of other) this.#cuts.add(linkOf(from, to))
      }
    }
    this.#host.onLinks()
  }

  isolate(node: SimNode): void {
    this.partition(
      [node],
      this.#host.nodes.filter((other) => other !== node)
    )
  }

  heal(): void {
    if (this.#cuts.size > 0) this.healedAt = this.#host.time
    this.#cuts.clear()
    this.#host.onLinks()
  }

  linksOf(channel: Uint8Array): (readonly [string, string])[] {
    const { nodes } = this.#host
    const links = new Map<string, readonly [string, string]>()
    for (const node of nodes) {
      for (const other of this.#host.neighbours(node, channel)) {
        const [a, b] = node.index < other.index ? [node, other] : [other, node]
        links.set(linkOf(a, b), [a.name, b.name])
      }
    }
    return [...links].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, pair]) => pair)
  }

  // ---------------------------------------------------------------- what is carried

  /** Whether what comes over a stream now is lost. */
  isStreamLost(): boolean {
    return this.#random.chance(this.conditions.streamLossRate)
  }

  /** Takes note of what a node, or a stranger, publishes. */
  note(channel: Uint8Array, bytes: Uint8Array, from: SimNode | undefined): Packet {
    return this.#packets.of(channel, bytes, from)
  }

  get packets(): readonly Packet[] {
    return this.#packets.all
  }

  read(packet: Packet): Frame | Refusal | undefined {
    return this.#packets.read(packet)
  }

  inject(channel: Uint8Array, frame: Uint8Array): void {
    this.note(channel, frame, undefined)
    this.#host.publishAsStranger(channel, frame)
  }

  replay({ channel, bytes }: Packet): void {
    this.#host.publishAsStranger(channel, bytes)
  }
}

const linkOf = (from: SimNode, to: SimNode): string => `${from.index} ${to.index}`
