/**
 * The libp2p host: TCP, Noise, Yamux, identify, ping, gossip, directory; who is connected, and who should be.
 *
 * Every peer is an Ed25519 user, else it is hung up on. Every dial is caught and tried again with growing, jittered waits;
 * nothing that a peer or the network does is thrown into the process. All that others can make us hold is bounded here:
 * connections, pending ones, streams, windows, dial targets.
 */
import { privateKeyFromRaw } from '@libp2p/crypto/keys'
import type { GossipSub } from '@libp2p/gossipsub'
import { identify, identifyPush } from '@libp2p/identify'
import type {
  Connection,
  ConnectionGater,
  Libp2p,
  MultiaddrConnection,
  PeerId,
  ServiceMap,
  Stream
} from '@libp2p/interface'
import { mdns } from '@libp2p/mdns'
import { noise } from '@libp2p/noise'
import { peerIdFromString } from '@libp2p/peer-id'
import { ping } from '@libp2p/ping'
import { tcp } from '@libp2p/tcp'
import { type YamuxMuxerInit, yamux } from '@libp2p/yamux'
import { type Multiaddr, multiaddr } from '@multiformats/multiaddr'
import { createLibp2p } from 'libp2p'
import { assert } from '../base/assert.ts'
import { joinBytes } from '../base/bytes.ts'
import { UsageError } from '../base/errors.ts'
import { type Logger, type Metrics, SILENT_LOGGER, SILENT_METRICS } from '../base/report.ts'
import { SECOND_MS } from '../base/time.ts'
import { asUserId, readUserId, toUserId, type UserId, userIdText } from '../core/identity/user.ts'
import type { SigningKey } from '../crypto/sign.ts'
import { IDENTIFY_PREFIX } from '../wire/names.ts'
import { gossipService } from './carrier.ts'
import { errorFields } from './report.ts'

// ------------------------------------------------------------------ limits

/** Open connections, both directions. */
export const MAX_CONNECTIONS = 100
/** Open inbound connections from one address of another machine: one attacker must not fill them all. */
export const MAX_CONNECTIONS_PER_HOST = 32
/** Inbound connections that have not finished their handshake: from elsewhere, and from this machine. */
export const MAX_PENDING = 10
export const MAX_PENDING_LOOPBACK = 64
/** New inbound connections per second from one address; this machine is exempt, its pending ones are not. */
const CONNECTIONS_PER_SECOND = 20
/** Who cannot say who it is within this time is hung up on. */
const HANDSHAKE_MS = 8 * SECOND_MS
/** Whoever takes longer may have to make room. */
const HONEST_HANDSHAKE_MS = SECOND_MS
const DIAL_MS = 10 * SECOND_MS
const STREAMS_PER_CONNECTION = 128
const WINDOW_BYTES = 1024 * 1024
const STREAM_BUFFER_BYTES = 4 * 1024 * 1024

/** Peers that we try to stay connected to. Bootstrap peers are never pushed out. */
const MAX_TARGETS = 256
const MAX_ADDRESSES = 8
const MAX_PARALLEL_DIALS = 16
const FIRST_RETRY_MS = 500
const LAST_RETRY_MS = 30 * SECOND_MS
/** A target that is not to be kept for ever is given up after this many tries in a row. */
const TRIES = 6
const TICK_MS = 250
const MDNS_INTERVAL_MS = 10 * SECOND_MS
const MDNS_SERVICE = '_conclave._udp.local'

// ------------------------------------------------------------------ what the rest of the node sees

/** A peer that is connected now. */
export interface ConnectedPeer {
  readonly user: UserId
  /** Text of the user id, which is the peer id. */
  readonly peer: string
  /** Where it was reached or came from. */
  readonly address: string
  readonly direction: 'inbound' | 'outbound'
  /** Whether it says that it is a keyless carrier. Its own claim. */
  readonly isCarrier: boolean
}

type DirectoryService = (components: never) => unknown

export interface HostInit {
  /** Its seed becomes the libp2p identity, so the peer id is the user id. */
  readonly key: SigningKey
  /** Multiaddrs to listen on; empty: dial only. */
  readonly listen: readonly string[]
  /** Multiaddrs dialled for ever. */
  readonly bootstrap: readonly string[]
  readonly isMdns: boolean
  /** Says so to peers, which then do not count it as a member that keeps a topic alive. */
  readonly isCarrier?: boolean
  /** What `directoryService` returned. */
  readonly directory?: DirectoryService | undefined
  readonly logger?: Logger
  readonly metrics?: Metrics
  /** For tests: another mDNS service, so that strangers on the same network are not found. */
  readonly mdnsService?: string
  readonly maxConnections?: number
}

export interface HostServices extends ServiceMap {
  readonly gossip: GossipSub
  readonly directory: unknown
}

/** How long a target is tried: `always`, or until it failed several times in a row. */
export type Persistence = 'always' | 'while-useful'

export interface Host {
  readonly user: UserId
  /** For carrier, streams and directory; nobody else. */
  readonly libp2p: Libp2p<HostServices>
  /**
   * Listens and dials.
   *
   * @throws {UsageError} `CANNOT_LISTEN` when a listen address cannot be used. The host is stopped then.
   */
  start(): Promise<void>
  /** Own addresses, peer id included. */
  addresses(): string[]
  peers(): ConnectedPeer[]
  isConnected(peer: string): boolean
  /** Whether identify says that this peer is a keyless carrier. */
  isCarrier(peer: string): boolean
  /** Whether this peer speaks a protocol whose name starts so; undefined while it has not said what it speaks. */
  speaks(peer: string, protocolPrefix: string): boolean | undefined
  /**
   * Makes peers targets: dialled now, and again whenever they are not connected.
   *
   * @param addresses - multiaddrs with or without peer id.
   * @throws {UsageError} `BAD_ADDRESS` when one is not a TCP multiaddr.
   */
  connect(addresses: readonly string[], persistence?: Persistence): void
  /** Makes a peer a target by its id; its addresses are those known of it. */
  want(peer: string, persistence?: Persistence): void
  /** A peer is no target any more. It stays connected while it is. */
  forget(peer: string): void
  /**
   * Connects once.
   *
   * @param addresses - binary multiaddrs, a stranger's hints; what is not TCP is passed over.
   * @returns whether it is connected now.
   */
  dial(user: UserId, addresses: readonly Uint8Array[], signal: AbortSignal): Promise<boolean>
  /** Hangs up and dials again: the cure for a peer whose streams are broken. */
  reconnect(peer: string): void
  /** Calls back on every first connection to and last disconnection from a peer. Returns how to stop that. */
  onPeer(listener: (peer: string, isConnected: boolean) => void): () => void
  stop(): Promise<void>
}

/**
 * A host that is not started yet: register protocols first, so that peers learn of them at once.
 *
 * @throws {UsageError} `BAD_ADDRESS`
 */
export async function createHost(init: HostInit): Promise<Host> {
  const { key } = init
  const targets = new Targets(userIdText(asUserId(key.publicKey)))
  targets.add(init.bootstrap, 'always')
  const maxConnections = init.maxConnections ?? MAX_CONNECTIONS
  const pending = new PendingConnections()
  const isFull = (from: Multiaddr): boolean => !hasRoomFor(from, libp2p.getConnections(), maxConnections)
  const libp2p = (await createLibp2p({
    start: false,
    privateKey: privateKeyFromRaw(joinBytes(key.seed.expose(), key.publicKey)),
    nodeInfo: { name: 'conclave', version: '1', userAgent: init.isCarrier === true ? CARRIER_AGENT : PEER_AGENT },
    addresses: { listen: init.listen.map((address) => readAddress(address).toString()) },
    transports: [tcp({ maxConnections: maxConnections + MAX_PENDING_LOOPBACK, backlog: MAX_PENDING_LOOPBACK })],
    connectionEncrypters: [noise()],
    streamMuxers: [
      mendedYamux({
        maxInboundStreams: STREAMS_PER_CONNECTION,
        maxOutboundStreams: STREAMS_PER_CONNECTION,
        streamOptions: {
          maxStreamWindowSize: WINDOW_BYTES,
          maxReadBufferLength: STREAM_BUFFER_BYTES,
          maxWriteBufferLength: STREAM_BUFFER_BYTES
        }
      })
    ],
    // mDNS finds; the dialling is ours.
    peerDiscovery: init.isMdns
      ? [mdns({ interval: MDNS_INTERVAL_MS, serviceTag: init.mdnsService ?? MDNS_SERVICE })]
      : [],
    connectionManager: {
      maxConnections,
      maxIncomingPendingConnections: MAX_PENDING,
      inboundConnectionThreshold: CONNECTIONS_PER_SECOND,
      // Exempt from the two limits above and from `maxConnections`; `PendingConnections` holds the line instead.
      allow: ['/ip4/127.0.0.0/ipcidr/8', '/ip6/::1/ipcidr/128'],
      inboundUpgradeTimeout: HANDSHAKE_MS,
      inboundStreamProtocolNegotiationTimeout: HANDSHAKE_MS,
      outboundStreamProtocolNegotiationTimeout: HANDSHAKE_MS,
      dialTimeout: DIAL_MS,
      maxParallelDials: 2 * MAX_PARALLEL_DIALS,
      maxDialQueueLength: MAX_TARGETS,
      maxPeerAddrsToDial: MAX_ADDRESSES,
      reconnectRetries: 0
    },
    // Generous: a busy event loop, ours or theirs, is no reason to hang up.
    connectionMonitor: {
      protocolPrefix: IDENTIFY_PREFIX,
      pingInterval: 20 * SECOND_MS,
      pingTimeout: { minTimeout: 30 * SECOND_MS, maxTimeout: 60 * SECOND_MS }
    },
    connectionGater: gater(pending, userIdText(asUserId(key.publicKey)), isFull),
    services: {
      identify: identify({ protocolPrefix: IDENTIFY_PREFIX }),
      identifyPush: identifyPush({ protocolPrefix: IDENTIFY_PREFIX }),
      ping: ping({ protocolPrefix: IDENTIFY_PREFIX }),
      gossip: gossipService(),
      ...(init.directory === undefined ? {} : { directory: init.directory as () => unknown })
    }
  })) as unknown as Libp2p<HostServices>
  return new Libp2pHost(libp2p, asUserId(key.publicKey), targets, pending, init)
}

const LISTEN_ERRORS = new Set(['UnsupportedListenAddressesError', 'NoValidAddressesError', 'ListenError'])

const PEER_AGENT = 'conclave/1'
const CARRIER_AGENT = 'conclave-carrier/1'

/** @throws {UsageError} `BAD_ADDRESS` */
function readAddress(text: string): Multiaddr {
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
function isTcp(address: Multiaddr): boolean {
  const parts = address.getComponents().filter(({ name }) => name !== 'ip6zone')
  if (parts.length < 2 || parts.length > 3) return false
  return HOST_PARTS.has(parts[0]!.name) && parts[1]!.name === 'tcp' && (parts[2]?.name ?? 'p2p') === 'p2p'
}

const peerOf = (address: Multiaddr): string | undefined =>
  address.getComponents().find(({ name }) => name === 'p2p')?.value

const userOf = (peer: PeerId): UserId | undefined =>
  peer.type === 'Ed25519' ? toUserId(peer.publicKey.raw) : undefined

// ------------------------------------------------------------------ yamux, mended

/**
 * Yamux with two changes in how its streams tell the sender about their window.
 *
 * The first frame of a new stream is sent in a microtask of its own: on a connection that died meanwhile it throws there,
 * where nobody can catch it, and would end the process. And after the first one, an update follows every frame that
 * arrives, a socket write each; half a window left is early enough (go-yamux does the same), which saves an eighth of all
 * CPU under gossip.
 */
function mendedYamux(init: YamuxMuxerInit): ReturnType<typeof yamux> {
  return () => {
    const factory = yamux(init)()
    const create = factory.createStreamMuxer.bind(factory)
    factory.createStreamMuxer = (connection) => {
      const muxer = create(connection)
      const inside = muxer as unknown as { _newStream: (...args: unknown[]) => Stream }
      assert(typeof inside._newStream === 'function', 'yamux makes its streams in _newStream')
      const newStream = inside._newStream.bind(muxer)
      inside._newStream = (...args) => mendStream(newStream(...args))
      return muxer
    }
    return factory
  }
}

function mendStream(stream: Stream): Stream {
  const inside = stream as unknown as { sendWindowUpdate(): void; recvWindow: number; recvWindowCapacity: number }
  assert(
    typeof inside.sendWindowUpdate === 'function' && typeof inside.recvWindowCapacity === 'number',
    'a yamux stream updates its window in sendWindowUpdate'
  )
  const update = inside.sendWindowUpdate.bind(stream)
  inside.sendWindowUpdate = () => {
    const { recvWindow: window, recvWindowCapacity: left } = inside
    // A window that is still whole: this opens the stream, or costs nothing.
    if (left < window && left > window / 2) return
    try {
      update()
    } catch (error) {
      stream.abort(error instanceof Error ? error : new Error('the connection is gone'))
    }
  }
  return stream
}

// ------------------------------------------------------------------ who may come in

/**
 * Inbound connections between accept and the end of the handshake. An honest handshake takes some milliseconds, so when
 * too many are pending the one that began longest ago makes room.
 */
class PendingConnections {
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

  done(address: Multiaddr): void {
    this.#pending.delete(address.decapsulateCode(P2P_CODE).toString())
    this.#pending.delete(address.toString())
  }
}

const P2P_CODE = 421

const hostOf = (address: Multiaddr): string => String(address.getComponents()[0]?.value)
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

/** @param isFull - whether no more connections may be opened from an address. */
function gater(pending: PendingConnections, self: string, isFull: (from: Multiaddr) => boolean): ConnectionGater {
  const isStranger = (peer: PeerId): boolean => userOf(peer) === undefined || peer.toString() === self
  return {
    // Node's default gater refuses nothing; an address that is private is what a local network consists of.
    denyDialMultiaddr: () => false,
    denyInboundConnection: (connection) => isFull(connection.remoteAddr) || !pending.admit(connection),
    denyInboundEncryptedConnection: isStranger,
    // Once more: others may have finished their handshake meanwhile.
    denyInboundUpgradedConnection: (_peer, connection) => isFull(connection.remoteAddr),
    denyOutboundEncryptedConnection: isStranger
  }
}

// ------------------------------------------------------------------ who should be connected

interface Target {
  /** Undefined until an address without peer id was reached. */
  peer: string | undefined
  addresses: Multiaddr[]
  persistence: Persistence
  failures: number
  dueAt: number
  isDialling: boolean
}

/** The table of peers we want to be connected to. */
class Targets {
  readonly #self: string
  readonly #byName = new Map<string, Target>()

  constructor(self: string) {
    this.#self = self
  }

  values(): Iterable<Target> {
    return this.#byName.values()
  }

  /** @throws {UsageError} `BAD_ADDRESS` before anything is added. */
  add(addresses: readonly string[], persistence: Persistence): void {
    for (const address of addresses.map(readAddress)) {
      const peer = peerOf(address)
      this.#put(peer ?? address.toString(), peer, [address], persistence)
    }
  }

  want(peer: string, addresses: readonly Multiaddr[], persistence: Persistence): void {
    this.#put(peer, peer, addresses, persistence)
  }

  forget(peer: string): void {
    for (const [name, target] of this.#byName) if (target.peer === peer) this.#byName.delete(name)
  }

  remove(target: Target): void {
    for (const [name, other] of this.#byName) if (other === target) this.#byName.delete(name)
  }

  isWanted(peer: string): boolean {
    for (const target of this.#byName.values()) if (target.peer === peer) return true
    return false
  }

  /** The peer is there, or gone: its targets count as reached, or are due soon. */
  note(peer: string, isConnected: boolean, now: number): void {
    for (const target of this.#byName.values()) {
      if (target.peer !== peer) continue
      if (isConnected) target.failures = 0
      else target.dueAt = now + jittered(FIRST_RETRY_MS)
    }
  }

  #put(name: string, peer: string | undefined, addresses: readonly Multiaddr[], persistence: Persistence): void {
    if (peer === this.#self) return
    const known = this.#byName.get(name)
    if (known !== undefined) {
      if (persistence === 'always') known.persistence = 'always'
      for (const address of addresses) {
        if (known.addresses.some((other) => other.equals(address))) continue
        known.addresses = [address, ...known.addresses].slice(0, MAX_ADDRESSES)
      }
      return
    }
    if (this.#byName.size >= MAX_TARGETS && !this.#makeRoom()) return
    this.#byName.set(name, {
      peer,
      addresses: addresses.slice(0, MAX_ADDRESSES),
      persistence,
      failures: 0,
      dueAt: 0,
      isDialling: false
    })
  }

  #makeRoom(): boolean {
    for (const [name, target] of this.#byName) {
      if (target.persistence === 'always' || target.isDialling) continue
      this.#byName.delete(name)
      return true
    }
    return false
  }
}

/** Up to half as long again, so that peers cut off together do not come back together. */
const jittered = (ms: number): number => ms * (1 + Math.random() / 2)

const waitAfter = (failures: number): number =>
  jittered(Math.min(LAST_RETRY_MS, FIRST_RETRY_MS * 2 ** Math.min(failures, 10)))

// ------------------------------------------------------------------ the host

class Libp2pHost implements Host {
  readonly user: UserId
  readonly libp2p: Libp2p<HostServices>
  readonly #targets: Targets
  readonly #logger: Logger
  readonly #metrics: Metrics
  readonly #listeners = new Set<(peer: string, isConnected: boolean) => void>()
  /** What identify told of connected peers. */
  readonly #identified = new Map<string, { readonly isCarrier: boolean; readonly protocols: readonly string[] }>()
  readonly #stopped = new AbortController()
  #ticker: NodeJS.Timeout | undefined
  #dials = 0

  constructor(
    libp2p: Libp2p<HostServices>,
    user: UserId,
    targets: Targets,
    pending: PendingConnections,
    { logger, metrics }: HostInit
  ) {
    this.libp2p = libp2p
    this.user = user
    this.#targets = targets
    this.#logger = logger ?? SILENT_LOGGER
    this.#metrics = metrics ?? SILENT_METRICS
    const on: Libp2p['addEventListener'] = (type, listener) =>
      libp2p.addEventListener(type, listener, { signal: this.#stopped.signal })
    on('peer:connect', ({ detail }) => this.#noteConnected(detail.toString()))
    on('peer:disconnect', ({ detail }) => this.#noteDisconnected(detail.toString()))
    on('connection:open', ({ detail }) => pending.done(detail.remoteAddr))
    on('peer:identify', ({ detail }) => {
      if (!this.isConnected(detail.peerId.toString())) return
      this.#identified.set(detail.peerId.toString(), {
        isCarrier: detail.agentVersion?.startsWith('conclave-carrier/') === true,
        protocols: detail.protocols
      })
    })
    on('peer:discovery', ({ detail }) => {
      if (userOf(detail.id) === undefined) return
      this.#targets.want(detail.id.toString(), detail.multiaddrs.filter(isTcp), 'while-useful')
      this.#tick()
    })
  }

  async start(): Promise<void> {
    try {
      await this.libp2p.start()
    } catch (cause) {
      await this.stop().catch(() => {})
      if (!(cause instanceof Error) || !LISTEN_ERRORS.has(cause.name)) throw cause
      throw new UsageError(
        'CANNOT_LISTEN',
        'Cannot listen on the addresses given. They belong to another machine or are in use. Choose others with --listen.',
        { cause }
      )
    }
    this.#logger.log('info', 'host.started', { addresses: this.addresses().length })
    this.#ticker = setInterval(() => this.#tick(), TICK_MS)
    this.#tick()
  }

  addresses(): string[] {
    return this.libp2p.getMultiaddrs().map(String)
  }

  peers(): ConnectedPeer[] {
    const seen = new Map<string, ConnectedPeer>()
    for (const connection of this.libp2p.getConnections()) {
      const user = userOf(connection.remotePeer)
      const peer = connection.remotePeer.toString()
      if (user === undefined || connection.status !== 'open' || seen.has(peer)) continue
      seen.set(peer, {
        user,
        peer,
        address: connection.remoteAddr.toString(),
        direction: connection.direction,
        isCarrier: this.isCarrier(peer)
      })
    }
    return [...seen.values()]
  }

  isConnected(peer: string): boolean {
    return this.libp2p
      .getConnections()
      .some(({ remotePeer, status }) => status === 'open' && remotePeer.toString() === peer)
  }

  isCarrier(peer: string): boolean {
    return this.#identified.get(peer)?.isCarrier === true
  }

  speaks(peer: string, protocolPrefix: string): boolean | undefined {
    return this.#identified.get(peer)?.protocols.some((protocol) => protocol.startsWith(protocolPrefix))
  }

  connect(addresses: readonly string[], persistence: Persistence = 'while-useful'): void {
    this.#targets.add(addresses, persistence)
    this.#tick()
  }

  want(peer: string, persistence: Persistence = 'while-useful'): void {
    this.#targets.want(peer, [], persistence)
    this.#tick()
  }

  forget(peer: string): void {
    this.#targets.forget(peer)
  }

  async dial(user: UserId, addresses: readonly Uint8Array[], signal: AbortSignal): Promise<boolean> {
    const peer = userIdText(user)
    if (this.isConnected(peer)) return true
    const hints: Multiaddr[] = []
    for (const bytes of addresses.slice(0, MAX_ADDRESSES)) {
      const hint = readHint(bytes)
      if (hint !== undefined && (peerOf(hint) ?? peer) === peer) hints.push(withPeer(hint, peer))
    }
    try {
      await this.libp2p.dial(hints.length > 0 ? hints : peerIdFromString(peer), { signal: this.#until(signal) })
      return true
    } catch {
      this.#metrics.count('host.dialFailed')
      return false
    }
  }

  reconnect(peer: string): void {
    this.#metrics.count('host.reconnect')
    this.#targets.want(peer, [], 'while-useful')
    this.libp2p.hangUp(peerIdFromString(peer), { signal: this.#until(AbortSignal.timeout(SECOND_MS)) }).catch(() => {
      for (const connection of this.libp2p.getConnections(peerIdFromString(peer))) {
        connection.abort(new Error('reconnecting'))
      }
    })
  }

  onPeer(listener: (peer: string, isConnected: boolean) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  async stop(): Promise<void> {
    clearInterval(this.#ticker)
    this.#stopped.abort()
    this.#listeners.clear()
    await this.libp2p.stop()
  }

  #until(signal: AbortSignal): AbortSignal {
    return AbortSignal.any([signal, this.#stopped.signal])
  }

  #noteConnected(peer: string): void {
    this.#targets.note(peer, true, performance.now())
    for (const listener of this.#listeners) listener(peer, true)
  }

  #noteDisconnected(peer: string): void {
    this.#identified.delete(peer)
    this.#targets.note(peer, false, performance.now())
    for (const listener of this.#listeners) listener(peer, false)
  }

  /** Dials every target that is due. */
  #tick(): void {
    if (this.#stopped.signal.aborted || this.libp2p.status !== 'started') return
    const now = performance.now()
    for (const target of this.#targets.values()) {
      if (this.#dials >= MAX_PARALLEL_DIALS) return
      if (target.isDialling || target.dueAt > now) continue
      if (target.peer !== undefined && this.isConnected(target.peer)) continue
      void this.#reach(target)
    }
  }

  async #reach(target: Target): Promise<void> {
    target.isDialling = true
    this.#dials++
    try {
      const { peer, addresses } = target
      const to =
        addresses.length === 0
          ? peerIdFromString(peer!)
          : addresses.map((a) => (peer === undefined ? a : withPeer(a, peer)))
      const connection = await this.libp2p.dial(to, { signal: this.#stopped.signal })
      target.peer = connection.remotePeer.toString()
      target.failures = 0
      target.dueAt = performance.now() + waitAfter(0)
    } catch (error) {
      target.failures++
      target.dueAt = performance.now() + waitAfter(target.failures)
      this.#metrics.count('host.dialFailed')
      this.#logger.log('debug', 'host.dialFailed', { failures: target.failures, ...errorFields(error) })
      if (target.persistence !== 'always' && target.failures >= TRIES) this.#targets.remove(target)
    } finally {
      target.isDialling = false
      this.#dials--
    }
  }
}

function readHint(bytes: Uint8Array): Multiaddr | undefined {
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

const withPeer = (address: Multiaddr, peer: string): Multiaddr =>
  peerOf(address) === undefined ? address.encapsulate(`/p2p/${peer}`) : address
