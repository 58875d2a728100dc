/**
 * The network of a live world: what of it is seen, and how it is disturbed. Frames are seen where machines publish and judge
 * them, streams where their content arrives. A cut is real: connections across it end, and none is made.
 */
import { copyBytes, mapKey } from '../base/bytes.ts'
import { type Frame, readFrame } from '../core/channel/frame.ts'
import type { Event } from '../core/machine.ts'
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
  /** Whoever may not be connected any more is hung up on. */
  hangUp(): void
  /** Whom a node is connected to on a channel. */
  neighbours(node: SimNode, channel: Uint8Array): readonly SimNode[]
  /** Somebody without keys publishes this. */
  publishAsStranger(channel: Uint8Array, frame: Uint8Array): void
}

export class LiveNetwork implements NetworkFaults {
  conditions: Conditions = CALM
  readonly packets: Packet[] = []
  readonly streams: StreamBytes[] = []
  healedAt: number | undefined
  onSent: ((kind: string, bytes: number) => void) | undefined

  readonly #host: LiveNetworkHost
  readonly #byBytes = new Map<string, Packet>()
  readonly #verdicts = new Map<Packet, Frame | Refusal | undefined>()
  readonly #cuts = new Set<string>()
  readonly #random: Random

  constructor(host: LiveNetworkHost, random: Random) {
    this.#host = host
    this.#random = random
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
    this.#host.hangUp()
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

  /** What becomes of an event that comes over a stream; undefined: it is lost on its way. */
  throughStream(event: Event): Event | undefined {
    const { type } = event
    const isStream = type === 'question' || type === 'session' || type === 'answer' || type === 'handed'
    if (!isStream || !this.#random.chance(this.conditions.streamLossRate)) return event
    // The other end waits, until its patience is over; this one hears that there is no answer.
    if (type === 'answer') return { ...event, answer: undefined }
    return type === 'handed' ? { ...event, outcome: 'failed' } : undefined
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
