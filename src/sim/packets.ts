/** Everything that was ever on a topic or handed over, in any world: the same bytes are the same packet, and are read once. */
import { copyBytes, mapKey } from '../base/bytes.ts'
import { type Frame, readFrame } from '../core/channel/frame.ts'
import type { Refusal } from '../core/reject.ts'
import { sha256 } from '../crypto/kdf.ts'
import type { SimNode } from './node.ts'

/** One sequence of bytes on one topic, whoever publishes them. */
export interface Packet {
  readonly id: number
  readonly channel: Uint8Array
  readonly bytes: Uint8Array
  /** When it was first on the carrier, ms of the world. */
  readonly at: number
  /** The node that published it first; undefined when an adversary did. */
  readonly from: SimNode | undefined
}

/** Whom packets are told to. */
export interface PacketHost {
  readonly time: number
  onPacket(packet: Packet): void
}

export class Packets {
  /** In order of first appearance. */
  readonly all: Packet[] = []
  readonly #host: PacketHost
  readonly #byBytes = new Map<string, Packet>()
  readonly #verdicts = new Map<Packet, Frame | Refusal | undefined>()

  constructor(host: PacketHost) {
    this.#host = host
  }

  /** The packet of these bytes; a new one is told. */
  of(channel: Uint8Array, bytes: Uint8Array, from: SimNode | undefined): Packet {
    const key = mapKey(sha256(channel, bytes))
    const known = this.#byBytes.get(key)
    if (known !== undefined) return known
    const { time: at } = this.#host
    const packet = { id: this.all.length, channel: copyBytes(channel), bytes: copyBytes(bytes), at, from }
    this.#byBytes.set(key, packet)
    this.all.push(packet)
    this.#host.onPacket(packet)
    return packet
  }

  /** What `readFrame` says of a packet. */
  read(packet: Packet): Frame | Refusal | undefined {
    if (!this.#verdicts.has(packet)) this.#verdicts.set(packet, readFrame(packet.channel, packet.bytes))
    return this.#verdicts.get(packet)
  }
}
