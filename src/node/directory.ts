/**
 * The directory as the node uses it: publishing and finding user records and channel descriptors.
 *
 * Nothing is sent whose floor is not raised durably before, and nothing is returned that is older than the newest ever
 * seen here. What we published is published again and again, for kad-DHT does not do it.
 */
import { type KadDHT, MessageType, type QueryEvent } from '@libp2p/kad-dht'
import { copyBytes, equalBytes, mapKey } from '../base/bytes.ts'
import { UsageError } from '../base/errors.ts'
import { type Metrics, SILENT_METRICS } from '../base/report.ts'
import { HOUR_MS, SECOND_MS } from '../base/time.ts'
import { brokenByStanding, type DirectoryRules, directoryKey, type RecordKind, versionOf } from './directory-rules.ts'
import { isPreferred, type Version } from './floors.ts'

/** What a directory is made of. */
export interface DirectoryInit extends DirectoryRules {
  /** What `directoryService` made, inside a started libp2p node. */
  readonly dht: KadDHT
  readonly metrics?: Metrics
  /** How often what was published is published again. */
  readonly republishMs?: number
  /** How soon it is, when nobody took it. */
  readonly retryMs?: number
}

/** How long one call may take. */
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
    const version = versionOf(this.#init, key, own)
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
      const version = versionOf(this.#init, key, value)
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
      const version = versionOf(this.#init, published.key, published.bytes)
      if (version === undefined || this.#init.floors.judge(published.key, version) !== 'same') {
        this.#published.delete(name)
        continue
      }
      if ((await this.#put(published, {})) === 0) isTaken = false
    }
    this.#schedule(isTaken ? this.#republishMs : this.#retryMs)
  }
}
