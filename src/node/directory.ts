/**
 * The directory: kad-DHT under our own protocol name, a cache that nobody has to trust.
 *
 * Three things js kad-DHT leaves open are closed here. It runs the validator but never the selector on a PUT, so anybody
 * could put an old valid record over a newer one (js-libp2p #3377): the validator asks a durable table of the newest
 * known, which our own puts feed first. It looks validators up in a plain object, so the key `/constructor/x` finds a
 * "validator" that passes everything: those names are shut. It keeps what passes for ever, provider records included:
 * values live in a bounded table of our own that takes nothing else.
 */
import { NotFoundError, type PeerId } from '@libp2p/interface'
import {
  type KadDHT,
  type KadDHTComponents,
  kadDHT,
  MessageType,
  passthroughMapper,
  type QueryEvent,
  type Validators
} from '@libp2p/kad-dht'
import { assert } from '../base/assert.ts'
import { compareBytes, copyBytes, equalBytes, joinBytes, mapKey, utf8 } from '../base/bytes.ts'
import { PeerError, UsageError } from '../base/errors.ts'
import { type Metrics, SILENT_METRICS } from '../base/report.ts'
import { HOUR_MS, SECOND_MS } from '../base/time.ts'
import { DIRECTORY_VALUE_BYTES, HASH_BYTES } from '../wire/limits.ts'
import { DIRECTORY_PROTOCOL } from '../wire/names.ts'

// ------------------------------------------------------------------ keys and values

export type RecordKind = 'user' | 'channel'

const KEY_PREFIXES: readonly (readonly [RecordKind, Uint8Array])[] = [
  ['user', utf8('/conclave/user/')],
  ['channel', utf8('/conclave/channel/')]
]

/**
 * The directory's key: prefix and 32 raw bytes.
 *
 * @throws {UsageError} `BAD_LENGTH` when the id is not 32 bytes.
 */
export function directoryKey(kind: RecordKind, id: Uint8Array): Uint8Array {
  if (id.length !== HASH_BYTES) throw new UsageError('BAD_LENGTH', 'a directory id is 32 bytes')
  return joinBytes(KEY_PREFIXES.find(([name]) => name === kind)![1], id)
}

/** What a key names, or undefined when it is not a key of the directory. */
export function readDirectoryKey(key: Uint8Array): { kind: RecordKind; id: Uint8Array } | undefined {
  for (const [kind, prefix] of KEY_PREFIXES) {
    if (key.length === prefix.length + HASH_BYTES && equalBytes(key.subarray(0, prefix.length), prefix)) {
      return { kind, id: key.slice(prefix.length) }
    }
  }
  return undefined
}

/** What orders a valid value among the others of its key. */
export interface Version {
  /** User record: seq. Channel: descriptor version. */
  readonly seq: number
  /** 32 bytes. */
  readonly hash: Uint8Array
}

/** The version of a valid, unexpired value of this id, or undefined. Does not throw for a stranger's bytes. */
export type CheckRecord = (id: Uint8Array, bytes: Uint8Array) => Version | undefined

export interface DirectoryRules {
  readonly floors: Floors
  readonly checkUser: CheckRecord
  readonly checkChannel: CheckRecord
}

/** Whether `a` is preferred to `b`: higher seq, then higher hash, so that everybody prefers the same one. */
const isPreferred = (a: Version, b: Version): boolean =>
  a.seq !== b.seq ? a.seq > b.seq : compareBytes(a.hash, b.hash) > 0

// ------------------------------------------------------------------ not older than the newest known

/** The newest version known of one key. */
export interface Floor extends Version {
  readonly key: Uint8Array
}

/** Where floors outlive the process. */
export interface FloorStore {
  /** All of them, longest ago raised first if the store can tell. */
  load(): Promise<Iterable<Floor>>
  /** Durable when it resolves. `dropped` is the key that makes room, forgotten with the same write. */
  write(floor: Floor, dropped: Uint8Array | undefined): Promise<void>
}

/** How a version stands to the newest known. Only `newer` and `same` may be kept. */
export type Standing = 'newer' | 'same' | 'older' | 'forked' | 'jump' | 'full'

export const MAX_FLOORS = 10_000
/** A signer who runs through seq faster than this has lost its key, or wants the number used up. */
export const MAX_SEQ_JUMP = 2 ** 32

interface HeldFloor extends Floor {
  isDurable: boolean
}

/**
 * The durable table of the newest versions known. Pinned keys (our own, those of people and channels we know) are never
 * pushed out; others are, longest ago raised first, so a stranger's rate of puts bounds how fast it can make us forget.
 */
export class Floors {
  readonly #store: FloorStore
  readonly #limit: number
  readonly #floors = new Map<string, HeldFloor>()
  readonly #pinned = new Set<string>()
  #writes: Promise<void> = Promise.resolve()

  private constructor(store: FloorStore, limit: number) {
    this.#store = store
    this.#limit = limit
  }

  /**
   * Floors of earlier runs.
   *
   * @param limit - entries at most, those pinned included.
   */
  static async open(store: FloorStore, limit: number = MAX_FLOORS): Promise<Floors> {
    const floors = new Floors(store, limit)
    for (const floor of await store.load()) {
      floors.#floors.set(mapKey(floor.key), { ...floor, isDurable: true })
    }
    return floors
  }

  /** Never forget this key, whether it has a floor yet or not. Not durable: pin again after a start. */
  pin(key: Uint8Array): void {
    this.#pinned.add(mapKey(key))
  }

  /** The newest version known of a key. */
  get(key: Uint8Array): Version | undefined {
    return this.#floors.get(mapKey(key))
  }

  get size(): number {
    return this.#floors.size
  }

  /** How a version stands, without keeping it. */
  judge(key: Uint8Array, version: Version): Standing {
    const held = this.#floors.get(mapKey(key))
    if (version.seq - (held?.seq ?? 0) > MAX_SEQ_JUMP) return 'jump'
    if (held === undefined || version.seq > held.seq) return 'newer'
    if (version.seq < held.seq) return 'older'
    return equalBytes(version.hash, held.hash) ? 'same' : 'forked'
  }

  /**
   * Judges and, when the version is newer, keeps it; resolves once that is durable. The judging and the keeping in memory
   * are one step, so of two versions racing each other the older one never comes out `newer` last.
   *
   * @returns `newer` or `same` when the version is the newest known at the time of resolving.
   * @throws what the store throws; the version then stays the newest known in memory and is written at the next try.
   */
  async raise(key: Uint8Array, version: Version): Promise<Standing> {
    const standing = this.judge(key, version)
    if (standing !== 'newer' && standing !== 'same') return standing
    const name = mapKey(key)
    let held = this.#floors.get(name)
    let dropped: Uint8Array | undefined
    if (standing === 'newer') {
      if (held === undefined && this.#floors.size >= this.#limit) {
        dropped = this.#dropOne()
        if (dropped === undefined) return 'full'
      }
      held = { key: copyBytes(key), seq: version.seq, hash: copyBytes(version.hash), isDurable: false }
      this.#floors.delete(name)
      this.#floors.set(name, held)
    }
    if (!held!.isDurable) await this.#write(held!, dropped)
    const after = this.judge(key, version)
    return after === 'same' ? standing : after
  }

  #write(held: HeldFloor, dropped: Uint8Array | undefined): Promise<void> {
    const { key, seq, hash } = held
    const written = this.#writes.then(() => this.#store.write({ key, seq, hash }, dropped))
    this.#writes = written.catch(() => {})
    return written.then(() => {
      held.isDurable = true
    })
  }

  #dropOne(): Uint8Array | undefined {
    for (const [name, floor] of this.#floors) {
      if (this.#pinned.has(name)) continue
      this.#floors.delete(name)
      return floor.key
    }
    return undefined
  }
}

// ------------------------------------------------------------------ the service inside libp2p

export interface DirectoryServiceInit extends DirectoryRules {
  /** Whether this node keeps records for others. One that others cannot dial should not. */
  readonly isServer: boolean
  readonly metrics?: Metrics
  /** What one peer may put at once, and per second afterwards. */
  readonly putBurst?: number
  readonly putsPerSecond?: number
}

const PUT_BURST = 64
const PUTS_PER_SECOND = 2
const MAX_RECORDS = 10_000
const MAX_PUT_PEERS = 1_000
/** How long after the start the first walk begins; puts and finds wait for it. */
const FIRST_WALK_MS = 100

/**
 * The kad-DHT service for `createLibp2p({ services: { dht: directoryService(…), identify, ping } })`.
 *
 * @returns a service factory; pass the service it makes to `Directory`.
 */
export function directoryService(init: DirectoryServiceInit): (components: KadDHTComponents) => KadDHT {
  const metrics = init.metrics ?? SILENT_METRICS
  return (components) => {
    const datastore = new RecordStore(MAX_RECORDS)
    const dht = kadDHT({
      protocol: DIRECTORY_PROTOCOL,
      logPrefix: 'conclave:directory',
      metricsPrefix: 'conclave_directory',
      clientMode: !init.isServer,
      peerInfoMapper: passthroughMapper,
      initialQuerySelfInterval: FIRST_WALK_MS,
      validators: validators(init, metrics),
      selectors: { conclave: (key, values) => select(init, key, values) }
    })(withDatastore(components, datastore))
    guardMessages(dht, new PutLimit(init.putBurst ?? PUT_BURST, init.putsPerSecond ?? PUTS_PER_SECOND), metrics)
    return dht
  }
}

/** libp2p's components are a proxy: everything else is read through it when it is asked for. */
const withDatastore = (components: KadDHTComponents, datastore: RecordStore): KadDHTComponents =>
  new Proxy(components, {
    get: (target, name, receiver) => (name === 'datastore' ? datastore : Reflect.get(target, name, receiver))
  })

/**
 * One validator for `conclave`, a refusal for every other name that kad-DHT could find: its own `pk`, and what any object
 * inherits (`constructor`, `toString`, …).
 */
function validators(init: DirectoryServiceInit, metrics: Metrics): Validators {
  const named: Validators = {}
  const refuse = (): void => {
    metrics.count('directory.refused.131')
    throw new PeerError('DIRECTORY_KEY', 'not a key of the directory')
  }
  for (const name of ['pk', ...Object.getOwnPropertyNames(Object.prototype)]) {
    Object.defineProperty(named, name, { value: refuse, enumerable: true })
  }
  named['conclave'] = async (key, value) => {
    const broken = await brokenRule(init, key, value)
    if (broken === undefined) return
    metrics.count(`directory.refused.${broken}`)
    throw new PeerError('DIRECTORY_VALUE', 'a directory value broke a rule')
  }
  return named
}

/** The number of the first rule that a value breaks; a value that breaks none has raised its floor, durably. */
async function brokenRule(rules: DirectoryRules, key: Uint8Array, value: Uint8Array): Promise<number | undefined> {
  if (readDirectoryKey(key) === undefined) return 131
  if (value.length > DIRECTORY_VALUE_BYTES) return 132
  const version = check(rules, key, value)
  if (version === undefined) return 133
  return brokenByStanding(await rules.floors.raise(key, version))
}

function brokenByStanding(standing: Standing): number | undefined {
  switch (standing) {
    case 'newer':
    case 'same':
      return undefined
    case 'jump':
      return 135
    case 'older':
    case 'forked':
    case 'full':
      return 134
    default:
      return standing satisfies never
  }
}

/** The version of a valid value, floors aside. */
function check(rules: DirectoryRules, key: Uint8Array, value: Uint8Array): Version | undefined {
  const named = readDirectoryKey(key)
  if (named === undefined || value.length > DIRECTORY_VALUE_BYTES) return undefined
  return named.kind === 'user' ? rules.checkUser(named.id, value) : rules.checkChannel(named.id, value)
}

/** The index of the preferred valid value; 0 when none is valid, which only a peer's lie can bring about. */
function select(rules: DirectoryRules, key: Uint8Array, values: readonly Uint8Array[]): number {
  let best: { version: Version; index: number } | undefined
  for (const [index, value] of values.entries()) {
    const version = check(rules, key, value)
    if (version === undefined) continue
    if (best === undefined || isPreferred(version, best.version)) best = { version, index }
  }
  return best?.index ?? 0
}

type Datastore = KadDHTComponents['datastore']
type DatastoreKey = Parameters<Datastore['get']>[0]

/**
 * The records this node keeps for others, in memory: what is worth keeping is published again by its owner. The record
 * put longest ago makes room.
 */
export class RecordStore implements Pick<Datastore, 'put' | 'get' | 'has' | 'delete' | 'query' | 'queryKeys'> {
  readonly #records = new Map<string, Uint8Array>()
  readonly #limit: number

  constructor(limit: number) {
    this.#limit = limit
  }

  put(key: DatastoreKey, value: Uint8Array): DatastoreKey {
    const name = key.toString()
    this.#records.delete(name)
    if (this.#records.size >= this.#limit) this.#records.delete(this.#records.keys().next().value!)
    this.#records.set(name, value)
    return key
  }

  get(key: DatastoreKey): Uint8Array {
    const value = this.#records.get(key.toString())
    if (value === undefined) throw new NotFoundError('no such record')
    return value
  }

  has(key: DatastoreKey): boolean {
    return this.#records.has(key.toString())
  }

  delete(key: DatastoreKey): void {
    this.#records.delete(key.toString())
  }

  /** Only provider records are ever asked for this way, and there are none: `guardMessages` refuses them. */
  *query(): Generator<never> {}
  *queryKeys(): Generator<never> {}
}

/**
 * Refuses provider records, which anybody may send for any key, and puts above a peer's rate. kad-DHT's public interface
 * does not tell a validator who puts; its message handler knows. So that is wrapped, and a kad-DHT that is built otherwise
 * stops the node at its start instead of running without a limit.
 */
function guardMessages(dht: KadDHT, limit: PutLimit, metrics: Metrics): void {
  type HandleMessage = (peer: PeerId, message: { readonly type: MessageType }) => Promise<unknown>
  const rpc = (dht as { rpc?: { handleMessage?: HandleMessage } }).rpc
  const handle = rpc?.handleMessage
  assert(rpc !== undefined && typeof handle === 'function', 'kad-DHT handles its messages in rpc.handleMessage')
  rpc.handleMessage = async (peer, message) => {
    if (message.type === MessageType.ADD_PROVIDER) {
      metrics.count('directory.refused.131')
      throw new PeerError('DIRECTORY_KEY', 'the directory has no provider records')
    }
    if (message.type === MessageType.PUT_VALUE && !limit.take(peer.toString())) {
      metrics.count('directory.refused.136')
      throw new PeerError('DIRECTORY_RATE', 'too many puts')
    }
    return await handle.call(rpc, peer, message)
  }
}

/** A bucket of puts per peer. The peer that put longest ago makes room for a new one. */
export class PutLimit {
  readonly #buckets = new Map<string, { tokens: number; at: number }>()
  readonly #burst: number
  readonly #perSecond: number
  readonly #uptimeMs: () => number

  /** @param uptimeMs - a monotonic clock. */
  constructor(burst: number, perSecond: number, uptimeMs: () => number = () => performance.now()) {
    this.#burst = burst
    this.#perSecond = perSecond
    this.#uptimeMs = uptimeMs
  }

  /** Whether the peer may put once more now. */
  take(peer: string): boolean {
    const at = this.#uptimeMs()
    const bucket = this.#buckets.get(peer) ?? { tokens: this.#burst, at }
    const tokens = Math.min(this.#burst, bucket.tokens + ((at - bucket.at) / SECOND_MS) * this.#perSecond)
    const isAllowed = tokens >= 1
    this.#buckets.delete(peer)
    if (this.#buckets.size >= MAX_PUT_PEERS) this.#buckets.delete(this.#buckets.keys().next().value!)
    this.#buckets.set(peer, { tokens: isAllowed ? tokens - 1 : tokens, at })
    return isAllowed
  }
}

// ------------------------------------------------------------------ for the node

export interface DirectoryInit extends DirectoryRules {
  /** What `directoryService` made, inside a started libp2p node. */
  readonly dht: KadDHT
  readonly metrics?: Metrics
  /** How often what was published is published again. */
  readonly republishMs?: number
  /** How soon it is, when nobody took it. */
  readonly retryMs?: number
}

export interface DirectoryOptions {
  readonly signal?: AbortSignal
  readonly timeoutMs?: number
}

/** Records go stale on peers that leave and never reach newcomers by themselves: kad-DHT republishes nothing. */
const REPUBLISH_MS = HOUR_MS
const RETRY_MS = 30 * SECOND_MS
const TIMEOUT_MS = 15 * SECOND_MS

interface Published {
  readonly key: Uint8Array
  readonly bytes: Uint8Array
  readonly version: Version
}

/** Publishing and finding. Never throws for what peers do, and every call ends in bounded time. */
export class Directory {
  readonly #init: DirectoryInit
  readonly #metrics: Metrics
  readonly #published = new Map<string, Published>()
  readonly #stopped = new AbortController()
  #timer: NodeJS.Timeout | undefined

  constructor(init: DirectoryInit) {
    this.#init = init
    this.#metrics = init.metrics ?? SILENT_METRICS
  }

  /**
   * Publishes a value now and then hourly, until `withdraw` or `stop`. Its floor is raised durably before anything is sent.
   *
   * @param id - 32 bytes: user id or channel id.
   * @param bytes - the value, at most 4 KiB; copied.
   * @returns how many peers took it; 0 when nobody is there or nobody would.
   * @throws {UsageError} `BAD_RECORD` when it is not a valid value of this id, `OLD_RECORD` when a newer one, or another of
   * the same seq, is known: make one with a higher seq than `newest` tells.
   */
  async publish(kind: RecordKind, id: Uint8Array, bytes: Uint8Array, options: DirectoryOptions = {}): Promise<number> {
    const key = directoryKey(kind, id)
    const own = copyBytes(bytes)
    const version = check(this.#init, key, own)
    if (version === undefined) throw new UsageError('BAD_RECORD', 'not a valid directory value of this id')
    this.#init.floors.pin(key)
    if (brokenByStanding(await this.#init.floors.raise(key, version)) !== undefined) {
      throw new UsageError('OLD_RECORD', 'the directory knows a newer record of this id')
    }
    const published = { key, bytes: own, version }
    this.#published.set(mapKey(key), published)
    const taken = await this.#put(published, options)
    this.#schedule(taken === 0 ? this.#retryMs : this.#republishMs)
    return taken
  }

  /** Publishes a value no more. What peers hold of it expires there. */
  withdraw(kind: RecordKind, id: Uint8Array): void {
    this.#published.delete(mapKey(directoryKey(kind, id)))
  }

  /** The newest version ever seen here, whether or not its value can still be found. */
  newest(kind: RecordKind, id: Uint8Array): Version | undefined {
    return this.#init.floors.get(directoryKey(kind, id))
  }

  /**
   * The newest value that peers or this node itself hold, never older than the newest ever seen here.
   *
   * @param id - 32 bytes: user id or channel id.
   * @returns undefined when there is none, or none in time.
   */
  async find(kind: RecordKind, id: Uint8Array, options: DirectoryOptions = {}): Promise<Uint8Array | undefined> {
    const key = directoryKey(kind, id)
    let best = this.#published.get(mapKey(key))
    const consider = (value: Uint8Array): void => {
      const version = check(this.#init, key, value)
      if (version === undefined || (best !== undefined && !isPreferred(version, best.version))) return
      best = { key, bytes: copyBytes(value), version }
    }
    await this.#walk(this.#init.dht.get(key, { signal: this.#signal(options) }), (event) => {
      if (event.name === 'VALUE') consider(event.value)
      if (event.name === 'PEER_RESPONSE' && event.record !== undefined && equalBytes(event.record.key, key)) {
        consider(event.record.value)
      }
    })
    if (best === undefined) return undefined
    const broken = brokenByStanding(await this.#init.floors.raise(key, best.version))
    return broken === undefined ? best.bytes : undefined
  }

  /** Ends what is under way and the republishing. */
  stop(): void {
    this.#stopped.abort()
    clearTimeout(this.#timer)
  }

  get #republishMs(): number {
    return this.#init.republishMs ?? REPUBLISH_MS
  }

  get #retryMs(): number {
    return this.#init.retryMs ?? RETRY_MS
  }

  async #put({ key, bytes }: Published, options: DirectoryOptions): Promise<number> {
    const takers = new Set<string>()
    await this.#walk(this.#init.dht.put(key, bytes, { signal: this.#signal(options) }), (event) => {
      if (event.name !== 'PEER_RESPONSE' || event.messageType !== MessageType.PUT_VALUE) return
      if (event.record !== undefined && equalBytes(event.record.value, bytes)) takers.add(event.from.toString())
    })
    this.#metrics.count('directory.published')
    return takers.size
  }

  /**
   * Reads a query to its end. It fails whenever one peer misbehaves (kad-DHT throws when a peer refuses a correction), the
   * time is up, or the node stops: what was seen until then counts.
   */
  async #walk(events: AsyncIterable<QueryEvent>, see: (event: QueryEvent) => void): Promise<void> {
    try {
      for await (const event of events) see(event)
    } catch {
      this.#metrics.count('directory.brokenOff')
    }
  }

  #signal({ signal, timeoutMs }: DirectoryOptions): AbortSignal {
    const signals = [AbortSignal.timeout(timeoutMs ?? TIMEOUT_MS), this.#stopped.signal]
    return AbortSignal.any(signal === undefined ? signals : [...signals, signal])
  }

  #schedule(delayMs: number): void {
    clearTimeout(this.#timer)
    if (this.#stopped.signal.aborted) return
    this.#timer = setTimeout(() => void this.#republish(), delayMs)
    this.#timer.unref()
  }

  async #republish(): Promise<void> {
    let isTaken = true
    for (const [name, published] of [...this.#published]) {
      // Another device of ours may have published a newer one meanwhile, and ours may have expired.
      const version = check(this.#init, published.key, published.bytes)
      if (version === undefined || this.#init.floors.judge(published.key, version) !== 'same') {
        this.#published.delete(name)
        continue
      }
      if ((await this.#put(published, {})) === 0) isTaken = false
    }
    this.#schedule(isTaken ? this.#republishMs : this.#retryMs)
  }
}
