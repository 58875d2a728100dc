/**
 * Finds the peers whose gossip is broken while their connection lives.
 *
 * Gossip with a peer can end while the connection lives (an aborted stream, a RPC over the limit), and the library never
 * opens it again: a connected peer that speaks gossip has a stream each way, or is hung up on and dialled again.
 */
import type { Connection, Stream } from '@libp2p/interface'
import { SECOND_MS } from '../base/time.ts'
import { GOSSIP_PROTOCOL, type GossipInside, isGossip } from './gossip.ts'
import type { Host } from './host.ts'

/**
 * How long gossip with a connected peer may be broken before we hang up on it and dial again. Where many begin at once the
 * streams take seconds to open, and hanging up on all of them makes it worse.
 */
const BROKEN_MS = 8 * SECOND_MS

/** Watches the streams of gossip. */
export class GossipWatch {
  readonly #host: Host
  readonly #inside: GossipInside
  /** Peers whose gossip looked broken at the last looks, and since when. */
  readonly #broken = new Map<string, number>()

  constructor(host: Host, inside: GossipInside) {
    this.#host = host
    this.#inside = inside
  }

  /** The peers whose gossip has been broken for too long, each told once. @param now - monotonic ms. */
  look(now: number): string[] {
    const byPeer = this.#speakers()
    const severed: string[] = []
    for (const peer of this.#broken.keys()) if (!byPeer.has(peer)) this.#broken.delete(peer)
    for (const [peer, connections] of byPeer) {
      if (this.#isWhole(peer, connections)) {
        this.#broken.delete(peer)
        continue
      }
      const since = this.#broken.get(peer) ?? now
      this.#broken.set(peer, since)
      if (now - since < BROKEN_MS) continue
      this.#broken.delete(peer)
      severed.push(peer)
    }
    return severed
  }

  /** Open connections of the peers that speak gossip. */
  #speakers(): Map<string, Connection[]> {
    const byPeer = new Map<string, Connection[]>()
    for (const connection of this.#host.libp2p.getConnections()) {
      const peer = connection.remotePeer.toString()
      if (connection.status !== 'open' || this.#host.speaks(peer, GOSSIP_PROTOCOL) !== true) continue
      byPeer.set(peer, [...(byPeer.get(peer) ?? []), connection])
    }
    return byPeer
  }

  #isWhole(peer: string, connections: readonly Connection[]): boolean {
    const streams = connections.flatMap((connection) => connection.streams).filter(({ protocol }) => isGossip(protocol))
    return streams.some(isWriting) && streams.some(isReading) && this.#inside.streamsOutbound.has(peer)
  }
}

const isWriting = ({ direction, status, writeStatus }: Stream): boolean =>
  direction === 'outbound' && status === 'open' && writeStatus === 'writable'
const isReading = ({ direction, status, remoteWriteStatus }: Stream): boolean =>
  direction === 'inbound' && status === 'open' && remoteWriteStatus === 'writable'
