/**
 * The libp2p host: TCP, Noise, Yamux, identify, ping, gossip, directory; who is connected, and who should be.
 *
 * Every peer is an Ed25519 user, else it is hung up on. Every dial is caught and tried again; nothing that a peer or the
 * network does is thrown into the process. All that others can make us hold is bounded, here and in the parts it is made
 * of: connections, pending ones, streams, windows, dial targets.
 */
import { privateKeyFromRaw } from '@libp2p/crypto/keys'
import type { GossipSub } from '@libp2p/gossipsub'
import { identify, identifyPush } from '@libp2p/identify'
import type { Libp2p, ServiceMap, Transport } from '@libp2p/interface'
import { mdns } from '@libp2p/mdns'
import { noise } from '@libp2p/noise'
import { peerIdFromString } from '@libp2p/peer-id'
import { ping } from '@libp2p/ping'
import { tcp } from '@libp2p/tcp'
import type { Multiaddr } from '@multiformats/multiaddr'
import { createLibp2p } from 'libp2p'
import { joinBytes } from '../base/bytes.ts'
import { UsageError } from '../base/errors.ts'
import { type Logger, type Metrics, SILENT_LOGGER, SILENT_METRICS } from '../base/report.ts'
import { MINUTE_MS, SECOND_MS } from '../base/time.ts'
import { asUserId, type UserId, userIdText } from '../core/identity/user.ts'
import type { SigningKey } from '../crypto/sign.ts'
import { IDENTIFY_PREFIX } from '../wire/names.ts'
import { isTcp, MAX_ADDRESSES, peerOf, readAddress, readHint, userOf, withPeer } from './address.ts'
import { Dialler, MAX_PARALLEL_DIALS } from './dialler.ts'
import { type Gate, gater, hasRoomFor, MAX_PENDING_LOOPBACK, PendingConnections } from './gater.ts'
import { gossipService } from './gossip.ts'
import { MAX_TARGETS, type Persistence, Targets } from './targets.ts'
import { mendedYamux } from './yamux.ts'

/** Open connections, both directions. */
const MAX_CONNECTIONS = 100
/** Inbound connections from elsewhere that have not finished their handshake. */
const MAX_PENDING = 10
/** New inbound connections per second from one address; this machine is exempt, its pending ones are not. */
const CONNECTIONS_PER_SECOND = 20
/** Who cannot say who it is within this time is hung up on. */
const HANDSHAKE_MS = 8 * SECOND_MS
const DIAL_MS = 10 * SECOND_MS
/**
 * A ping may take so long, on either side, and others begin meanwhile: a busy event loop, ours or theirs, is no reason to
 * hang up, and a ping that cannot be sent or answered is one.
 */
const PING_MS = MINUTE_MS
const PING_INTERVAL_MS = 20 * SECOND_MS
const PINGS = 1 + PING_MS / PING_INTERVAL_MS
const MDNS_INTERVAL_MS = 10 * SECOND_MS
const MDNS_SERVICE = '_conclave._udp.local'

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

export type MakeTransport = (components: ComponentsOfTransport) => Transport
type ComponentsOfTransport = Parameters<ReturnType<typeof tcp>>[0]
type DirectoryService = (components: never) => unknown

/** What a host is made of. */
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
  readonly unsafeGate?: Gate | undefined
  /** For tests and the simulator: in place of TCP, for the same addresses. */
  readonly unsafeTransport?: MakeTransport | undefined
}

/** The services of a host that others use. */
export interface HostServices extends ServiceMap {
  readonly gossip: GossipSub
  readonly directory: unknown
}

/** A libp2p node, as the rest of the node sees it. */
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
    transports: [
      init.unsafeTransport ??
        tcp({ maxConnections: maxConnections + MAX_PENDING_LOOPBACK, backlog: MAX_PENDING_LOOPBACK })
    ],
    connectionEncrypters: [noise()],
    streamMuxers: [mendedYamux()],
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
      inboundStreamProtocolNegotiationTimeout: PING_MS,
      outboundStreamProtocolNegotiationTimeout: HANDSHAKE_MS,
      dialTimeout: DIAL_MS,
      maxParallelDials: 2 * MAX_PARALLEL_DIALS,
      maxDialQueueLength: MAX_TARGETS,
      maxPeerAddrsToDial: MAX_ADDRESSES,
      reconnectRetries: 0
    },
    connectionMonitor: {
      protocolPrefix: IDENTIFY_PREFIX,
      pingInterval: PING_INTERVAL_MS,
      pingTimeout: { minTimeout: PING_MS / 2, maxTimeout: PING_MS }
    },
    connectionGater: gater(pending, userIdText(asUserId(key.publicKey)), isFull, init.unsafeGate),
    services: {
      identify: identify({ protocolPrefix: IDENTIFY_PREFIX }),
      identifyPush: identifyPush({ protocolPrefix: IDENTIFY_PREFIX }),
      ping: ping({
        protocolPrefix: IDENTIFY_PREFIX,
        timeout: PING_MS,
        maxOutboundStreams: PINGS,
        maxInboundStreams: 2 * PINGS
      }),
      gossip: gossipService(),
      ...(init.directory === undefined ? {} : { directory: init.directory as () => unknown })
    }
  })) as unknown as Libp2p<HostServices>
  return new Libp2pHost(libp2p, asUserId(key.publicKey), targets, pending, init)
}

const LISTEN_ERRORS = new Set(['UnsupportedListenAddressesError', 'NoValidAddressesError', 'ListenError'])

const PEER_AGENT = 'conclave/1'
const CARRIER_AGENT = 'conclave-carrier/1'

class Libp2pHost implements Host {
  readonly user: UserId
  readonly libp2p: Libp2p<HostServices>
  readonly #targets: Targets
  readonly #logger: Logger
  readonly #metrics: Metrics
  readonly #listeners = new Set<(peer: string, isConnected: boolean) => void>()
  /** Peers as told by events: the dialler looks four times a second, and walking all connections is dear. */
  readonly #connected = new Set<string>()
  /** What identify told of connected peers. */
  readonly #identified = new Map<string, { readonly isCarrier: boolean; readonly protocols: readonly string[] }>()
  readonly #stopped = new AbortController()
  readonly #dialler: Dialler

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
    this.#dialler = new Dialler({
      libp2p,
      targets,
      isConnected: (peer) => this.#connected.has(peer),
      stopped: this.#stopped.signal,
      logger: this.#logger,
      metrics: this.#metrics
    })
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
      this.#dialler.tick()
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
    this.#dialler.start()
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
    this.#dialler.tick()
  }

  want(peer: string, persistence: Persistence = 'while-useful'): void {
    this.#targets.want(peer, [], persistence)
    this.#dialler.tick()
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
    this.#dialler.stop()
    this.#stopped.abort()
    this.#listeners.clear()
    await this.libp2p.stop()
  }

  #until(signal: AbortSignal): AbortSignal {
    return AbortSignal.any([signal, this.#stopped.signal])
  }

  #noteConnected(peer: string): void {
    this.#connected.add(peer)
    this.#targets.note(peer, true, performance.now())
    for (const listener of this.#listeners) listener(peer, true)
  }

  #noteDisconnected(peer: string): void {
    this.#connected.delete(peer)
    this.#identified.delete(peer)
    this.#targets.note(peer, false, performance.now())
    for (const listener of this.#listeners) listener(peer, false)
  }
}
