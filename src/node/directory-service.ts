/**
 * The directory inside libp2p: kad-DHT under our own protocol name, a cache that nobody has to trust.
 *
 * Three things js kad-DHT leaves open are closed here. It runs the validator but never the selector on a PUT, so anybody
 * could put an old valid record over a newer one (js-libp2p #3377): the validator asks a durable table of the newest
 * known, which our own puts feed first. It looks validators up in a plain object, so the key `/constructor/x` finds a
 * "validator" that passes everything: those names are shut. It keeps what passes for ever, provider records included:
 * values live in a bounded table of our own that takes nothing else.
 */
import type { PeerId } from '@libp2p/interface'
import {
  type KadDHT,
  type KadDHTComponents,
  kadDHT,
  MessageType,
  passthroughMapper,
  type Validators
} from '@libp2p/kad-dht'
import { assert } from '../base/assert.ts'
import { PeerError } from '../base/errors.ts'
import { type Metrics, SILENT_METRICS } from '../base/report.ts'
import { DIRECTORY_PROTOCOL } from '../wire/names.ts'
import { Buckets, type Rate } from './buckets.ts'
import { brokenRule, type DirectoryRules, preferredOf } from './directory-rules.ts'
import { RecordStore } from './record-store.ts'

/** What the service is made of. */
export interface DirectoryServiceInit extends DirectoryRules {
  /** Whether this node keeps records for others. One that others cannot dial should not. */
  readonly isServer: boolean
  readonly metrics?: Metrics
  /** What one peer may put. */
  readonly puts?: Rate
}

/** */
const PUTS: Rate = { perSecond: 2, burst: 64 }
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
      selectors: { conclave: (key, values) => preferredOf(init, key, values) }
    })(withDatastore(components, datastore))
    guardMessages(dht, init.puts ?? PUTS, metrics)
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

/**
 * Refuses provider records, which anybody may send for any key, and puts above a peer's rate. kad-DHT's public interface
 * does not tell a validator who puts; its message handler knows. So that is wrapped, and a kad-DHT that is built otherwise
 * stops the node at its start instead of running without a limit.
 */
function guardMessages(dht: KadDHT, puts: Rate, metrics: Metrics): void {
  type HandleMessage = (peer: PeerId, message: { readonly type: MessageType }) => Promise<unknown>
  const rpc = (dht as { rpc?: { handleMessage?: HandleMessage } }).rpc
  const buckets = new Buckets(MAX_PUT_PEERS)
  const handle = rpc?.handleMessage
  assert(rpc !== undefined && typeof handle === 'function', 'kad-DHT handles its messages in rpc.handleMessage')
  rpc.handleMessage = async (peer, message) => {
    if (message.type === MessageType.ADD_PROVIDER) {
      metrics.count('directory.refused.131')
      throw new PeerError('DIRECTORY_KEY', 'the directory has no provider records')
    }
    if (message.type === MessageType.PUT_VALUE && !buckets.take(peer.toString(), 'puts', puts, performance.now())) {
      metrics.count('directory.refused.136')
      throw new PeerError('DIRECTORY_RATE', 'too many puts')
    }
    return await handle.call(rpc, peer, message)
  }
}
