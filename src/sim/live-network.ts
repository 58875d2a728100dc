/**
 * The network of a live world: what of it is seen, and how it is disturbed. Frames are seen where machines publish and judge
 * them, streams where their content arrives. A cut is real: connections across it end, and none is made.
 */
import { copyBytes, mapKey } from '../base/bytes.ts'
import { type Frame, readFrame } from '../core/channel/frame.ts'
import type { Refusal } from '../core/reject.ts'
import { sha256 } from '../crypto/kdf.ts'
import { CALM, type Conditions, type Packet, type StreamBytes } from './network.ts'
import type { SimNode } from './node.ts'
import type { Random } from './random.ts'
import type { NetworkFaults } from './scene.ts'

/** What the network needs of its world. */
export interface LiveNetworkHost {
  readonly time: number
  readonly nodes: readonly SimNode[]
  onPacket(packet: Packet): void
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
  readonly packets: Packet[] = []
  readonly streams: StreamBytes[] = []
  healedAt: number | undefined
  onSent: ((kind: string, bytes: number) => void) | undefined

  readonly #host: LiveNetworkHost
  readonly #byBytes = new Map<string, Packet>()
  readonly #verdicts = new Map<Packet, Frame | Refusal | undefined>()
  readonly #cuts = new Set<string>()
  readonly #random: Random
  #conditions: Conditions = CALM

  constructor(host: LiveNetworkHost, random: Random) {
    this.#host = host
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
    const key = mapKey(sha256(channel, bytes))
    const known = this.#byBytes.get(key)
    if (known !== undefined) return known
    const id = this.packets.length
    const packet = { id, channel: copyBytes(channel), bytes: copyBytes(bytes), at: this.#host.time, from }
    this.#byBytes.set(key, packet)
    this.packets.push(packet)
    this.#host.onPacket(packet)
    return packet
  }

  read(packet: Packet): Frame | Refusal | undefined {
    if (!this.#verdicts.has(packet)) this.#verdicts.set(packet, readFrame(packet.channel, packet.bytes))
    return this.#verdicts.get(packet)
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
