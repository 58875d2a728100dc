/**
 * Addresses of peers: TCP multiaddrs, as text, as bytes in an invite, with or without the peer id at their end.
 *
 * No relays and no other transports: what is not `/host/tcp/port` is refused when a user wrote it and passed over when a
 * stranger hinted at it.
 */
import type { PeerId } from '@libp2p/interface'
import { type Multiaddr, multiaddr } from '@multiformats/multiaddr'
import { UsageError } from '../base/errors.ts'
import { readUserId, toUserId, type UserId } from '../core/identity/user.ts'

/** Addresses of one peer that are looked at. */
export const MAX_ADDRESSES = 8

/** A user's address. @throws {UsageError} `BAD_ADDRESS` */
export function readAddress(text: string): Multiaddr {
  try {
    const address = multiaddr(text)
    if (isTcp(address)) return address
  } catch {
    // Said below.
  }
  throw new UsageError(
    'BAD_ADDRESS',
    `Cannot use the address ${JSON.stringify(text)}. Write it as /ip4/192.0.2.1/tcp/4001`
  )
}

const HOST_PARTS = new Set(['ip4', 'ip6', 'dns', 'dns4', 'dns6'])

/** `/host/tcp/port`, with or without `/p2p/id` after it: no relays, no other transports. */
export function isTcp(address: Multiaddr): boolean {
  const parts = address.getComponents().filter(({ name }) => name !== 'ip6zone')
  if (parts.length < 2 || parts.length > 3) return false
  return HOST_PARTS.has(parts[0]!.name) && parts[1]!.name === 'tcp' && (parts[2]?.name ?? 'p2p') === 'p2p'
}

/** Text of the peer id that an address ends in. */
export const peerOf = (address: Multiaddr): string | undefined =>
  address.getComponents().find(({ name }) => name === 'p2p')?.value

/** The same address, with the peer id at its end. */
export const withPeer = (address: Multiaddr, peer: string): Multiaddr =>
  peerOf(address) === undefined ? address.encapsulate(`/p2p/${peer}`) : address

/** Whom a peer id names; undefined when its key is not Ed25519. */
export const userOf = (peer: PeerId): UserId | undefined =>
  peer.type === 'Ed25519' ? toUserId(peer.publicKey.raw) : undefined

/** A stranger's hint, or undefined when it is no TCP multiaddr. */
export function readHint(bytes: Uint8Array): Multiaddr | undefined {
  try {
    const address = multiaddr(bytes)
    return isTcp(address) ? address : undefined
  } catch {
    return undefined
  }
}

/** The users whose peer ids stand in binary multiaddrs, a stranger's hints, each once. */
export function hintedUsers(addresses: readonly Uint8Array[]): UserId[] {
  const peers = addresses.slice(0, MAX_ADDRESSES).flatMap((bytes) => {
    const hint = readHint(bytes)
    return (hint === undefined ? undefined : peerOf(hint)) ?? []
  })
  return [...new Set(peers)].flatMap((peer) => readUserId(peer) ?? [])
}

/** A multiaddr as an invite carries it. @throws {Error} when it is none. */
export const addressBytes = (text: string): Uint8Array => multiaddr(text).bytes

/** The text of an invite's multiaddr, or undefined when it is none. */
export function addressText(bytes: Uint8Array): string | undefined {
  try {
    return multiaddr(bytes).toString()
  } catch {
    return undefined
  }
}
