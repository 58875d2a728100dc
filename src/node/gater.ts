/**
 * Who may connect: how many, from where, how fast a handshake must end, and that every peer is an Ed25519 user.
 *
 * One address of another machine can never take all connections. This machine's own addresses are exempt from the
 * library's limits, which many peers on one machine would break; pending handshakes are bounded here for all.
 */
import type { Connection, ConnectionGater, MultiaddrConnection, PeerId } from '@libp2p/interface'
import type { Multiaddr } from '@multiformats/multiaddr'
import { SECOND_MS } from '../base/time.ts'
import type { UserId } from '../core/identity/user.ts'
import { userOf } from './address.ts'

/** Open inbound connections from one address of another machine: one attacker must not fill them all. */
export const MAX_CONNECTIONS_PER_HOST = 32
/** Inbound connections that have not finished their handshake, in all. */
export const MAX_PENDING_LOOPBACK = 64
/** Whoever takes longer may have to make room. */
const HONEST_HANDSHAKE_MS = SECOND_MS

/**
 * Inbound connections between accept and the end of the handshake. An honest handshake takes some milliseconds, so when
 * too many are pending the one that began longest ago makes room.
 */
export class PendingConnections {
  readonly #pending = new Map<string, { readonly connection: MultiaddrConnection; readonly since: number }>()

  /** Whether one more may begin its handshake. */
  admit(connection: MultiaddrConnection): boolean {
    const now = performance.now()
    if (this.#pending.size >= MAX_PENDING_LOOPBACK) {
      const [oldest, { connection: slow, since }] = this.#pending.entries().next().value!
      if (now - since < HONEST_HANDSHAKE_MS) return false
      this.#pending.delete(oldest)
      slow.abort(new Error('too slow'))
    }
    const name = connection.remoteAddr.toString()
    this.#pending.set(name, { connection, since: now })
    connection.addEventListener('close', () => this.#pending.delete(name), { once: true })
    return true
  }

  /** The connection from there is open, or gone. */
  done(address: Multiaddr): void {
    this.#pending.delete(address.decapsulateCode(P2P_CODE).toString())
    this.#pending.delete(address.toString())
  }
}

const P2P_CODE = 421

/** Who is behind an address: an IPv4 address, or the half of an IPv6 one that a network is given as a whole. */
function hostOf(address: Multiaddr): string {
  const host = String(address.getComponents()[0]?.value)
  if (!host.includes(':') || host === '::1') return host
  const [front = '', back] = host.split('::')
  const groups = front.split(':').filter((group) => group !== '')
  const missing = back === undefined ? 0 : 8 - groups.length - back.split(':').filter((group) => group !== '').length
  const whole = [...groups, ...Array.from({ length: missing }, () => '0'), ...(back ?? '').split(':')]
  return whole.slice(0, 4).join(':')
}
const isLoopback = (host: string): boolean => host.startsWith('127.') || host === '::1'

/** Whether one more inbound connection may be opened from an address. */
export function hasRoomFor(
  from: Multiaddr,
  open: readonly Pick<Connection, 'direction' | 'remoteAddr'>[],
  maxConnections: number
): boolean {
  if (open.length >= maxConnections) return false
  const host = hostOf(from)
  if (isLoopback(host)) return true
  const same = open.filter(({ direction, remoteAddr }) => direction === 'inbound' && hostOf(remoteAddr) === host)
  return same.length < MAX_CONNECTIONS_PER_HOST
}

/** For tests and the simulator: with whom there may be a connection at this moment. */
export type Gate = (user: UserId) => boolean

/**
 * The rules as libp2p asks for them.
 *
 * @param self - text of our own peer id.
 * @param isFull - whether no more connections may be opened from an address.
 * @param gate - absent: with everybody.
 */
export function gater(
  pending: PendingConnections,
  self: string,
  isFull: (from: Multiaddr) => boolean,
  gate: Gate = () => true
): ConnectionGater {
  const isStranger = (peer: PeerId): boolean => {
    const user = userOf(peer)
    return user === undefined || peer.toString() === self || !gate(user)
  }
  return {
    // Where it is known whom an address leads to there need be no handshake first.
    denyDialPeer: isStranger,
    // Node's default gater refuses nothing; an address that is private is what a local network consists of.
    denyDialMultiaddr: () => false,
    denyInboundConnection: (connection) => isFull(connection.remoteAddr) || !pending.admit(connection),
    denyInboundEncryptedConnection: isStranger,
    // Once more: others may have finished their handshake meanwhile.
    denyInboundUpgradedConnection: (_peer, connection) => isFull(connection.remoteAddr),
    denyOutboundEncryptedConnection: isStranger
  }
}
