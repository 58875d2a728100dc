/**
 * A node: lock, vault, store, host, directory, carrier, streams and driver put together, and what people's programs see
 * of it.
 *
 * What is opened is closed again in reverse order, whatever fails on the way. A node without a home keeps everything in
 * memory and is a new user every time. A carrier has no machine and no channel's key.
 */
import type { KadDHT } from '@libp2p/kad-dht'
import { type ConclaveError, UsageError } from '../base/errors.ts'
import { type Logger, type Metrics, SILENT_LOGGER } from '../base/report.ts'
import type { Secret } from '../base/secret.ts'
import { DAY_MS } from '../base/time.ts'
import type { Command, CommandResult } from '../core/command.ts'
import { type UserId, userIdText } from '../core/identity/user.ts'
import type { Row } from '../core/machine.ts'
import { compareMessages } from '../core/member/history.ts'
import type { MessageView, Notice } from '../core/notice.ts'
import { Peer } from '../core/peer.ts'
import type { SigningKey } from '../crypto/sign.ts'
import { userOf } from './address.ts'
import { Archive, type ArchiveLimits } from './archive.ts'
import { Carrier } from './carrier.ts'
import { Closers } from './closers.ts'
import { Deliveries } from './deliveries.ts'
import { Directory } from './directory.ts'
import { directoryKey, directoryRules } from './directory-rules.ts'
import { directoryService } from './directory-service.ts'
import { Driver, type JudgingMachine, type Watch } from './driver.ts'
import { Eraser } from './eraser.ts'
import { Fellows } from './fellows.ts'
import { Floors, floorStore } from './floors.ts'
import { framesFrom } from './frames.ts'
import type { Gate } from './gater.ts'
import { insideOf } from './gossip.ts'
import { identityOf, nickOf, openHomeStore, requireNick } from './home.ts'
import { type ConnectedPeer, createHost, type Host, type MakeTransport } from './host.ts'
import { acquireLock } from './lock.ts'
import { openMemoryStore } from './memory-store.ts'
import type { Rates } from './rates.ts'
import { Counters } from './report.ts'
import { SessionStreams } from './session-streams.ts'
import type { RowRange, Store } from './store.ts'
import { Streams, type StreamsInit } from './streams.ts'
import { Threads } from './threads.ts'
import { openVault } from './vault.ts'

/** What a node does: `carrier` has no keys; a `key-manager` is a peer that nobody types at. */
export type Role = 'peer' | 'key-manager' | 'carrier'

/** What a node is made of. Without options it is a new user in memory. */
export interface NodeInit {
  /** The folder of identity and store, made by `initHome`. Undefined: everything in memory, a new user. */
  readonly home?: string | undefined
  /** Of the home's vault; undefined when it has none. Not kept. */
  readonly passphrase?: Secret | undefined
  /** Whether it stops at the end of one command: others wait for its home. Default: no. */
  readonly isBrief?: boolean
  /** Without a home: who to be. */
  readonly key?: SigningKey
  readonly role?: Role
  /** Of a carrier: how much it keeps for others. Default: 512 MiB (16 MiB without a home), 30 days. */
  readonly archive?: Partial<ArchiveLimits>
  /** Multiaddrs to listen on, TCP only. Default: all interfaces, any port. Empty: dial only. */
  readonly listen?: readonly string[]
  /** Multiaddrs that are dialled for ever. */
  readonly bootstrap?: readonly string[]
  /** Whether to look for peers in the local network. Default: yes. */
  readonly isMdns?: boolean
  /** Whether to keep directory records for others. Default: when it listens. */
  readonly isDirectoryServer?: boolean
  /** Nick of a new user; a home keeps its own. Undefined: one made of the user id. */
  readonly nick?: string
  readonly logger?: Logger
  /** Counts besides the node's own counters. */
  readonly metrics?: Metrics
  /** For tests and benchmarks: other rates of frames. */
  readonly unsafeRates?: Partial<Rates>
  /** For tests: another mDNS service name. */
  readonly mdnsService?: string
  /** For tests and the simulator: looks on at what is performed. */
  readonly unsafeWatch?: Watch
  /** For tests and the simulator, without a home: where everything is kept. It is closed with the node. */
  readonly unsafeStore?: Store
  /** For tests and the simulator: with whom it may be connected. */
  readonly unsafeGate?: Gate
  /** For tests and the simulator: in place of TCP, for the same addresses. */
  readonly unsafeTransport?: MakeTransport | undefined
  /** For tests: another machine than `Peer`. */
  readonly makeMachine?: (config: { readonly key: SigningKey; readonly nick: string }) => JudgingMachine
}

const DEFAULT_LISTEN = ['/ip4/0.0.0.0/tcp/0', '/ip6/::/tcp/0']
/** What a carrier keeps for others: with a home, and without. */
const ARCHIVE_BYTES = 512 * 1024 * 1024
const UNSAVED_ARCHIVE_BYTES = 16 * 1024 * 1024
const ARCHIVE_AGE_MS = 30 * DAY_MS
const TEND_MS = 250
/** Where the program above keeps its values. */
const PROGRAM_ROOM = 'program'

/**
 * Starts a node. It is usable when this resolves; channels become ready as peers are found (`keyState` notices).
 *
 * @throws {UsageError} `BAD_NICK`, `NO_VAULT`, `WRONG_PASSPHRASE`, `HOME_IN_USE`, `DAMAGED_STORE`, `CANNOT_LISTEN`, `BAD_ADDRESS`, …:
 * nothing stays open then.
 */
export async function startNode(init: NodeInit): Promise<Node> {
  requireNick(init.nick)
  const closers = new Closers()
  try {
    return await open(init, closers)
  } catch (error) {
    await closers.close().catch(() => {})
    throw error
  }
}

async function open(init: NodeInit, closers: Closers): Promise<Node> {
  const logger = init.logger ?? SILENT_LOGGER
  const counters = new Counters()
  const metrics: Metrics = {
    count(name, by) {
      counters.count(name, by)
      init.metrics?.count(name, by)
    }
  }
  const { store, protection } = await openStoreOf(init, closers)
  const { key, nick } =
    init.key === undefined ? await identityOf(store, init.nick) : { key: init.key, nick: nickOf(init.key, init.nick) }
  const isCarrier = init.role === 'carrier'
  const listen = init.listen ?? DEFAULT_LISTEN

  const rules = directoryRules(await Floors.open(floorStore(store)))
  rules.floors.pin(directoryKey('user', key.publicKey))
  const isServer = init.isDirectoryServer ?? listen.length > 0
  const host = await createHost({
    key,
    listen,
    bootstrap: init.bootstrap ?? [],
    isMdns: init.isMdns ?? true,
    isCarrier,
    directory: directoryService({ ...rules, isServer, metrics }),
    logger,
    metrics,
    unsafeGate: init.unsafeGate,
    unsafeTransport: init.unsafeTransport,
    ...(init.mdnsService === undefined ? {} : { mdnsService: init.mdnsService })
  })
  closers.add(() => host.stop())
  const directory = new Directory({ ...rules, dht: host.libp2p.services.directory as KadDHT, metrics })
  closers.add(() => directory.stop())

  const parts: NodeParts = {
    init,
    store,
    host,
    protection,
    nick,
    counters,
    closers,
    driver: undefined,
    carrier: undefined
  }
  if (isCarrier) {
    return new Node({ ...parts, carrier: await runCarrier({ init, store, host, directory, logger, metrics, closers }) })
  }
  const machine = init.makeMachine?.({ key, nick }) ?? new Peer({ key, nick })
  const { driver, carrier } = await runMachine(machine, { init, store, host, directory, logger, metrics, closers })
  return new Node({ ...parts, driver, carrier })
}

const ratesOf = ({ unsafeRates }: NodeInit): { rates?: Partial<Rates> } =>
  unsafeRates === undefined ? {} : { rates: unsafeRates }

async function openStoreOf(
  { home, passphrase, isBrief = false, unsafeStore }: NodeInit,
  closers: Closers
): Promise<{ store: Store; protection: Node['protection'] }> {
  if (home === undefined) {
    const store = unsafeStore ?? openMemoryStore()
    closers.add(() => store.close())
    return { store, protection: 'memory' }
  }
  const lock = await acquireLock(home, { isBrief })
  closers.add(() => lock.release())
  const { storeKey, protection } = await openVault(home, passphrase)
  closers.add(() => storeKey.destroy())
  const store = await openHomeStore(home, storeKey)
  closers.add(() => store.close())
  return { store, protection }
}

interface Running {
  readonly init: NodeInit
  readonly store: Store
  readonly host: Host
  readonly directory: Directory
  readonly logger: Logger
  readonly metrics: Metrics
  readonly closers: Closers
}

/** Ties the machine to the world. Events reach it from `restore` on. */
async function runMachine(machine: JudgingMachine, running: Running): Promise<{ driver: Driver; carrier: Carrier }> {
  const { init, store, host, directory, logger, metrics, closers } = running
  const eraser = await Eraser.start(store)
  closers.add(() => eraser.settled())
  const driver: Driver = new Driver({
    machine,
    logger,
    metrics,
    watch: init.unsafeWatch,
    world: {
      write: (batch) => store.write(batch),
      destroy: (cohort, before) => store.destroy(cohort, before),
      subscribe: (channel) => carrier.subscribe(channel),
      unsubscribe: (channel) => carrier.unsubscribe(channel),
      publish: (channel, frame) => carrier.publish(channel, frame),
      deliver: (to, channel, frame) => deliveries.deliver(to, channel, frame),
      hand: (to, frame, isOnlyWay) => sessions.hand(to, frame, isOnlyWay),
      async ask(channel, to, addresses, question, skip, but) {
        const asked = await streams.ask(channel, to, addresses, question, skip, but)
        // Whoever answered at an address we were given (a manager, an inviter) is worth staying connected to.
        if (asked.from !== undefined && addresses.length > 0 && asked.answer !== undefined) {
          host.want(userIdText(asked.from))
        }
        return asked
      },
      frames: (channel, ranges, signal) => framesFrom(store, channel, ranges, signal),
      putRecord: (kind, id, value) => directory.publish(kind, id, value),
      lookUp: (kind, id) => directory.find(kind, id),
      refuse: () => carrier.refuse()
    }
  })
  driver.onNotice((notice) => eraser.onNotice(notice))
  const onReject = (check: number): void => metrics.count(`reject.${check}`)
  const carrier = new Carrier({
    host,
    mode: 'member',
    judge: (frame) => driver.judge(frame),
    onFrame: (frame, isStranger) => driver.frame(frame, isStranger),
    onReadiness: (channel, isReady) => driver.readiness(channel, isReady),
    onReject,
    logger,
    metrics,
    ...ratesOf(init)
  })
  closers.add(() => carrier.stop())
  const streams = await startStreams(carrier, running, {
    onQuestion: (from, question, signal) => driver.question(from, question, signal),
    onReject
  })
  const deliveries = await Deliveries.start({
    host,
    onFrame: (channel, frame, from) => carrier.take(channel, frame, from),
    onReject,
    logger,
    metrics
  })
  closers.add(() => deliveries.stop())
  const sessions = await SessionStreams.start({
    host,
    onFrame: (frame, from, signal) => driver.session(from, frame, signal),
    onReject,
    logger,
    metrics
  })
  closers.add(() => sessions.stop())
  const fellows = new Fellows({
    host,
    gossip: insideOf(host.libp2p.services.gossip),
    async channels() {
      const result = await driver.command({ type: 'channels' })
      return result.type === 'channels' ? result.channels : []
    }
  })
  closers.add(() => fellows.stop())
  closers.add(() => driver.stop())
  const rows: Row[] = []
  for (const room of machine.rooms) for await (const row of store.rows(room)) rows.push(row)
  await host.start()
  driver.restore(rows)
  fellows.start()
  return { driver, carrier }
}

/** Carries what it has no keys for, and keeps messages for those who ask. */
async function runCarrier(running: Running): Promise<Carrier> {
  const { init, store, host, logger, metrics, closers } = running
  const maxBytes = init.home === undefined ? UNSAVED_ARCHIVE_BYTES : ARCHIVE_BYTES
  const limits = { maxBytes, maxAgeMs: ARCHIVE_AGE_MS, ...init.archive }
  const archive = await Archive.open({ store, limits, logger, metrics })
  closers.add(() => archive.stop())
  const carrier = new Carrier({
    host,
    mode: 'keyless',
    onFrame: (frame) => archive.keep(frame),
    logger,
    metrics,
    ...ratesOf(init)
  })
  closers.add(() => carrier.stop())
  await startStreams(carrier, running, {
    onQuestion: async (_from, { frames, sessions }, signal) =>
      sessions === undefined
        ? frames && archive.answer(frames.channel, frames.ranges, signal)
        : archive.answerSessions(sessions, signal)
  })
  const timer = setInterval(() => void archive.tend(), TEND_MS)
  closers.add(() => clearInterval(timer))
  await host.start()
  return carrier
}

/** Asks, and answers, whoever carries the same channels. */
async function startStreams(
  carrier: Carrier,
  { host, logger, metrics, closers }: Running,
  answering: Pick<StreamsInit, 'onQuestion' | 'onReject'>
): Promise<Streams> {
  const subscribers = (channel: Uint8Array): UserId[] => carrier.subscribers(channel)
  const streams = await Streams.start({ ...answering, host, subscribers, logger, metrics })
  closers.add(() => streams.stop())
  return streams
}

interface NodeParts {
  readonly init: NodeInit
  readonly store: Store
  readonly host: Host
  readonly protection: Node['protection']
  readonly nick: string
  readonly counters: Counters
  readonly closers: Closers
  readonly driver: Driver | undefined
  readonly carrier: Carrier | undefined
}

/** How a channel's topic stands, for `status` and `doctor`. */
export interface TopicView {
  readonly channel: Uint8Array
  /** Whether a frame published now has somebody to go to. */
  readonly isReady: boolean
  /** Connected peers that carry it. */
  readonly subscribers: readonly UserId[]
}

/** Which stored messages. Order is the machine's: newest have the highest. */
export type MessageRange = RowRange

/** A running node. */
export class Node {
  readonly user: UserId
  readonly role: Role
  /** The nick it started with; `setNick` is a command. */
  readonly nick: string
  /** How the store is protected: `none` means that whoever reads the disk reads everything. */
  readonly protection: 'passphrase' | 'none' | 'memory'
  /** What belongs together among the stored messages. Works after the node failed closed, too. */
  readonly threads: Threads
  readonly #parts: NodeParts
  #stopping: Promise<void> | undefined

  /** Made by `startNode`. */
  constructor(parts: NodeParts) {
    this.#parts = parts
    this.threads = new Threads(parts.store)
    this.user = parts.host.user
    this.role = parts.init.role ?? 'peer'
    this.nick = parts.nick
    this.protection = parts.protection
  }

  /** Why the node failed closed: it reads, and sends nothing more. Undefined while it works. */
  get failure(): ConclaveError | undefined {
    return this.#parts.driver?.failure
  }

  /** Own multiaddrs with peer id, to give to others. */
  addresses(): string[] {
    return this.#parts.host.addresses()
  }

  /** Who is connected. */
  peers(): ConnectedPeer[] {
    return this.#parts.host.peers()
  }

  /** The topics carried now. */
  topics(): TopicView[] {
    const { carrier } = this.#parts
    return (carrier?.channels() ?? []).map((channel) => ({
      channel,
      isReady: carrier!.isReady(channel),
      subscribers: carrier!.subscribers(channel)
    }))
  }

  /**
   * Connects to peers, now and whenever the connection is lost.
   *
   * @param addresses - multiaddrs, such as an invite's.
   * @throws {UsageError} `BAD_ADDRESS`
   */
  connect(addresses: readonly string[]): void {
    this.#parts.host.connect(addresses)
  }

  /**
   * Carries out a command.
   *
   * @throws {UsageError} the machine's refusal by its code; `NOT_A_PEER` on a carrier; `STORE_FAILED` after a failed write;
   * `STOPPED`; `BUSY`.
   * @throws {InternalError} after the node failed closed by a fault of ours.
   */
  async command(command: Command): Promise<CommandResult> {
    const { driver } = this.#parts
    if (driver === undefined) {
      throw new UsageError('NOT_A_PEER', 'A carrier has no channels and no keys. Run `conclave peer` to chat.')
    }
    return await driver.command(command)
  }

  /** Calls back on every notice, in order. Returns how to stop that. */
  onNotice(listener: (notice: Notice) => void): () => void {
    return this.#parts.driver?.onNotice(listener) ?? (() => {})
  }

  /** Calls back once if the node fails closed. Returns how to stop that. */
  onFailure(listener: (failure: ConclaveError) => void): () => void {
    return this.#parts.driver?.onFailure(listener) ?? (() => {})
  }

  /**
   * Stored messages of a channel. Works after the node failed closed, too.
   *
   * @param channel - 32 bytes.
   * @returns in their order (newest first with `isReverse`); empty when there are none. A row that cannot be read is left out.
   * @throws {UsageError} `DAMAGED_STORE`
   */
  async messages(channel: Uint8Array, range: MessageRange = {}): Promise<MessageView[]> {
    const views: MessageView[] = []
    for await (const view of this.threads.stream(channel, range)) views.push(view)
    // Rows of one Lamport time come in the store's order; people see the order that is the same everywhere.
    views.sort(compareMessages)
    return range.isReverse === true ? views.reverse() : views
  }

  /** A small value that the program above keeps in the store, such as how far somebody has read. */
  recall(name: string): Promise<Uint8Array | undefined> {
    return this.#parts.store.read({ room: PROGRAM_ROOM, entry: name })
  }

  /** Keeps such a value; durable with the next durable write. */
  remember(name: string, value: Uint8Array): Promise<void> {
    return this.#parts.store.write({
      puts: [{ room: PROGRAM_ROOM, entry: name, value }],
      deletes: [],
      isDurable: false
    })
  }

  /** Bytes of the store on the disk; 0 in memory. */
  storeBytes(): Promise<number> {
    return this.#parts.store.size()
  }

  /** Counters by name, for `status`, `doctor` and reports. */
  counters(): Record<string, number> {
    return this.#parts.counters.snapshot()
  }

  /** For tests and the simulator: hangs up on everybody with whom the gate allows no connection any more. */
  unsafeHangUp(): void {
    const { host, init } = this.#parts
    for (const connection of host.libp2p.getConnections()) {
      const user = userOf(connection.remotePeer)
      if (user !== undefined && init.unsafeGate?.(user) === false) connection.abort(new Error('cut off'))
    }
  }

  /** For tests and the simulator: ends as a killed process does, as far as others and the disk can tell. */
  unsafeKill(): Promise<void> {
    const { driver, host } = this.#parts
    driver?.unsafeKill()
    for (const connection of host.libp2p.getConnections()) connection.abort(new Error('killed'))
    return this.stop()
  }

  /** Leaves the topics, closes connections, store and lock. Harmless when called again. */
  stop(): Promise<void> {
    this.#stopping ??= this.#parts.closers.close()
    return this.#stopping
  }
}
