import { generateKeyPairFromSeed } from '@libp2p/crypto/keys'
import { identify } from '@libp2p/identify'
import type { PeerId } from '@libp2p/interface'
import { type KadDHT, type KadDHTComponents, kadDHT, passthroughMapper, type QueryEvent } from '@libp2p/kad-dht'
import { noise } from '@libp2p/noise'
import { ping } from '@libp2p/ping'
import { tcp } from '@libp2p/tcp'
import { yamux } from '@libp2p/yamux'
import { expect } from 'chai'
import { createLibp2p } from 'libp2p'
import { equalBytes, joinBytes, mapKey, utf8 } from '../../src/base/bytes.ts'
import { UsageError } from '../../src/base/errors.ts'
import type { Metrics } from '../../src/base/report.ts'
import { atMillis, DAY_MS } from '../../src/base/time.ts'
import { Prekeys } from '../../src/core/identity/prekeys.ts'
import { makeUserRecord, readUserRecord } from '../../src/core/identity/user-record.ts'
import { Refusal } from '../../src/core/reject.ts'
import { sha256 } from '../../src/crypto/kdf.ts'
import { signingKey } from '../../src/crypto/sign.ts'
import type { Rate } from '../../src/node/buckets.ts'
import { Directory } from '../../src/node/directory.ts'
import { type CheckRecord, directoryKey } from '../../src/node/directory-rules.ts'
import { directoryService } from '../../src/node/directory-service.ts'
import { type Floor, type FloorStore, Floors } from '../../src/node/floors.ts'
import { DIRECTORY_PROTOCOL } from '../../src/wire/names.ts'

const NOW = atMillis(1_800_000_000_000)
const SHORT_MS = 5_000

const alice = signingKey(sha256(utf8('alice')))
const prekey = Prekeys.create((length) => sha256(utf8('prekey')).slice(0, length), NOW).current
const record = (seq: number, nick = 'alice'): Uint8Array =>
  makeUserRecord({ key: alice, seq, nick, prekey, issuedAt: NOW, expiresAt: atMillis(NOW + DAY_MS) })
const ALICE_KEY = directoryKey('user', alice.publicKey)

const checkUser: CheckRecord = (id, bytes) => {
  const read = readUserRecord(bytes, NOW)
  return read instanceof Refusal || !equalBytes(read.user, id) ? undefined : read
}
const checkChannel: CheckRecord = (id, bytes) =>
  equalBytes(bytes.subarray(0, 32), id) ? { seq: bytes[32] ?? 0, hash: sha256(bytes) } : undefined

const seqOf = (bytes: Uint8Array | undefined): number | undefined =>
  bytes === undefined ? undefined : checkUser(alice.publicKey, bytes)?.seq

/** What outlives a node. */
class Disk implements FloorStore {
  readonly rows = new Map<string, Floor>()

  async load(): Promise<Floor[]> {
    return [...this.rows.values()]
  }

  async write(floor: Floor): Promise<void> {
    this.rows.set(mapKey(floor.key), floor)
  }
}

const stops: (() => Promise<void>)[] = []

async function startLibp2p(name: string, dht: (components: KadDHTComponents) => KadDHT) {
  const node = await createLibp2p({
    privateKey: await generateKeyPairFromSeed('Ed25519', sha256(utf8(name))),
    addresses: { listen: ['/ip4/127.0.0.1/tcp/0'] },
    transports: [tcp()],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux()],
    connectionMonitor: { enabled: false },
    connectionManager: { inboundConnectionThreshold: 100 },
    services: { identify: identify(), ping: ping(), dht }
  })
  stops.push(async () => await node.stop())
  return node
}

/** A peer as we configure it. */
async function startPeer(name: string, disk = new Disk(), settings: { puts?: Rate; metrics?: Metrics } = {}) {
  const floors = await Floors.open(disk)
  const rules = { floors, checkUser, checkChannel }
  const node = await startLibp2p(name, directoryService({ ...rules, isServer: true, ...settings }))
  const directory = new Directory({ ...rules, dht: node.services.dht, retryMs: 300, ...settings })
  stops.push(async () => directory.stop())
  return { node, directory, disk, floors }
}
type Running = { node: Awaited<ReturnType<typeof startLibp2p>> }

/** A raw node of somebody who keeps no rule at all. */
async function startAttacker() {
  const accept = { conclave: () => {}, constructor: () => {}, other: () => {} }
  const node = await startLibp2p(
    'mallory',
    kadDHT({
      protocol: DIRECTORY_PROTOCOL,
      clientMode: false,
      peerInfoMapper: passthroughMapper,
      initialQuerySelfInterval: 100,
      validators: accept,
      selectors: { conclave: () => 0, other: () => 0 }
    })
  )
  return { node }
}

async function until(isTrue: () => boolean, what: string): Promise<void> {
  const end = performance.now() + 10_000
  while (!isTrue()) {
    if (performance.now() > end) throw new Error(`never: ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}

const knownTo = ({ node }: Running): number =>
  (node.services.dht as unknown as { routingTable: { size: number } }).routingTable.size

/** Connects all with all and waits until every routing table has everybody. */
async function meet(...peers: Running[]): Promise<void> {
  for (const [i, one] of peers.entries()) {
    for (const other of peers.slice(i + 1)) await one.node.dial(other.node.getMultiaddrs())
  }
  await until(() => peers.every((peer) => knownTo(peer) >= peers.length - 1), 'routing tables filled')
}

async function events(query: AsyncIterable<QueryEvent>): Promise<QueryEvent[]> {
  const seen: QueryEvent[] = []
  try {
    for await (const event of query) seen.push(event)
  } catch {
    // kad-DHT throws when a peer refuses a correction; what was seen counts.
  }
  return seen
}

type Handlers = Record<string, { handle(from: PeerId, message: unknown): Promise<unknown> }>
const handlersOf = ({ node }: Running): Handlers =>
  (node.services.dht as unknown as { rpc: { handlers: Handlers } }).rpc.handlers

interface Network {
  sendRequest(to: PeerId, message: object, options: object): AsyncIterable<QueryEvent>
}
const path = { index: 0, queued: 0, running: 0, total: 0 }

/** One message straight to one peer, without a walk. */
async function tell(from: Running, to: Running, message: object): Promise<QueryEvent[]> {
  const { network } = from.node.services.dht as unknown as { network: Network }
  const signal = AbortSignal.timeout(SHORT_MS)
  const whole = { clusterLevel: 0, closer: [], providers: [], ...message }
  return await events(network.sendRequest(to.node.peerId, whole, { signal, path }))
}

/** Whether the peer took the value. */
async function putAt(from: Running, to: Running, key: Uint8Array, value: Uint8Array): Promise<boolean> {
  const { Record } = await import('@libp2p/kad-dht')
  const wrapped = new Record(key, value, new Date()).serialize()
  const answers = await tell(from, to, { type: 'PUT_VALUE', key, record: wrapped })
  return answers.some((event) => event.name === 'PEER_RESPONSE')
}

/** What the peer serves to others. */
async function servedBy(from: Running, at: Running, key: Uint8Array): Promise<Uint8Array | undefined> {
  for (const event of await tell(from, at, { type: 'GET_VALUE', key })) {
    if (event.name === 'PEER_RESPONSE') return event.record?.value
  }
  return undefined
}

describe('directory on real nodes', () => {
  afterEach(async () => {
    for (const stop of stops.splice(0).reverse()) await stop()
  })

  it('works between two nodes', async () => {
    const [a, b] = [await startPeer('a'), await startPeer('b')]
    await meet(a, b)
    expect(await a.directory.publish('user', alice.publicKey, record(1))).to.equal(1)
    expect(seqOf(await b.directory.find('user', alice.publicKey))).to.equal(1)
    const channel = new Uint8Array(32).fill(0x2f)
    expect(await b.directory.find('channel', channel)).to.equal(undefined)
    await b.directory.publish('channel', channel, joinBytes(channel, Uint8Array.of(3)))
    expect(await a.directory.find('channel', channel)).to.deep.equal(joinBytes(channel, Uint8Array.of(3)))
  })

  it('ends a put and a find in bounded time when nobody is there', async () => {
    const a = await startPeer('a')
    const start = performance.now()
    expect(await a.directory.publish('user', alice.publicKey, record(1), { timeoutMs: 300 })).to.equal(0)
    expect(seqOf(await a.directory.find('user', alice.publicKey, { timeoutMs: 300 }))).to.equal(1)
    expect(await a.directory.find('channel', new Uint8Array(32), { signal: AbortSignal.timeout(100) })).to.equal(
      undefined
    )
    expect(performance.now() - start).to.be.lessThan(3_000)
  })

  it('publishes again by itself, to peers that came later', async () => {
    const a = await startPeer('a')
    expect(await a.directory.publish('user', alice.publicKey, record(1), { timeoutMs: 100 })).to.equal(0)
    const b = await startPeer('b')
    await meet(a, b)
    await until(() => b.floors.get(ALICE_KEY)?.seq === 1, 'published again')
    expect(seqOf(await servedBy(a, b, ALICE_KEY))).to.equal(1)
  })

  it('keeps the newest record on every node, the author included, when an old one is put again (R-134)', async () => {
    const peers = [await startPeer('a'), await startPeer('b'), await startPeer('c')] as const
    const mallory = await startAttacker()
    await meet(...peers, mallory)
    const [author] = peers
    await author.directory.publish('user', alice.publicKey, record(1))
    expect(await author.directory.publish('user', alice.publicKey, record(2))).to.equal(3)

    await events(mallory.node.services.dht.put(ALICE_KEY, record(1), { signal: AbortSignal.timeout(SHORT_MS) }))
    for (const peer of peers) {
      expect(await putAt(mallory, peer, ALICE_KEY, record(1))).to.equal(false)
      expect(await putAt(mallory, peer, ALICE_KEY, record(2, 'alicia'))).to.equal(false)
      expect(seqOf(await servedBy(mallory, peer, ALICE_KEY))).to.equal(2)
    }
    for (const peer of peers) expect(seqOf(await peer.directory.find('user', alice.publicKey))).to.equal(2)
  }).timeout(15_000)

  it('keeps refusing the old record after a restart with nothing but the floors', async () => {
    const a = await startPeer('a')
    const before = await startPeer('b')
    await meet(a, before)
    expect(await a.directory.publish('user', alice.publicKey, record(2))).to.equal(1)
    await before.node.stop()

    const after = await startPeer('b', before.disk)
    const mallory = await startAttacker()
    await meet(after, mallory)
    expect(await servedBy(mallory, after, ALICE_KEY)).to.equal(undefined)
    expect(await putAt(mallory, after, ALICE_KEY, record(1))).to.equal(false)
    expect(await servedBy(mallory, after, ALICE_KEY)).to.equal(undefined)
    await putAt(after, mallory, ALICE_KEY, record(1))
    expect(await after.directory.find('user', alice.publicKey)).to.equal(undefined)
    expect(await putAt(mallory, after, ALICE_KEY, record(2))).to.equal(true)
    expect(seqOf(await servedBy(mallory, after, ALICE_KEY))).to.equal(2)
  }).timeout(15_000)

  it('finds the newest when some peers hold older ones, and when a peer refuses the correction', async () => {
    const [a, b, c] = [await startPeer('a'), await startPeer('b'), await startPeer('c')] as const
    const mallory = await startAttacker()
    await meet(a, b, c, mallory)
    for (const [peer, seq] of [
      [a, 1],
      [b, 3],
      [mallory, 2]
    ] as const) {
      expect(await putAt(mallory === peer ? a : mallory, peer, ALICE_KEY, record(seq))).to.equal(true)
    }
    expect(seqOf(await servedBy(c, a, ALICE_KEY))).to.equal(1)
    // Mallory serves an old one first and takes no correction, at which kad-DHT throws and keeps what it found to itself.
    handlersOf(mallory)['PUT_VALUE']!.handle = async () => {
      throw new Error('no')
    }
    const getAtB = handlersOf(b)['GET_VALUE']!
    const serve = getAtB.handle.bind(getAtB)
    getAtB.handle = async (from, message) => {
      await until(() => c.floors.get(ALICE_KEY)?.seq === 2, 'the old record arrived')
      return await serve(from, message)
    }
    expect(seqOf(await c.directory.find('user', alice.publicKey))).to.equal(3)
    expect(c.directory.newest('user', alice.publicKey)?.seq).to.equal(3)
  }).timeout(15_000)

  it('takes no foreign key, no invalid or oversized value, no seq out of reach and no provider record (R-131, R-132, R-133, R-135)', async () => {
    const refusals = new Map<string, number>()
    const metrics = { count: (name: string) => void refusals.set(name, (refusals.get(name) ?? 0) + 1) }
    const peer = await startPeer('a', new Disk(), { metrics })
    const mallory = await startAttacker()
    await meet(peer, mallory)
    const channel = new Uint8Array(32).fill(7)
    const channelKey = directoryKey('channel', channel)
    const own = mallory.node.peerId.toMultihash().bytes
    const refused: [Uint8Array, Uint8Array][] = [
      [utf8('/other/x'), utf8('x')],
      [utf8('/conclave/other/x'), utf8('x')],
      [joinBytes(channelKey, utf8('x')), joinBytes(channel, utf8('x'))],
      [joinBytes(utf8('/pk/'), own), joinBytes(Uint8Array.of(8, 1, 18, 32), own.slice(-32))],
      ...['constructor', 'toString', 'valueOf', 'hasOwnProperty', '__proto__'].map((name): [Uint8Array, Uint8Array] => [
        utf8(`/${name}/x`),
        utf8('x')
      ]),
      [ALICE_KEY, utf8('x')],
      [directoryKey('user', channel), record(1)],
      [ALICE_KEY, record(2 ** 32 + 1)],
      [channelKey, joinBytes(channel, new Uint8Array(4065))]
    ]
    for (const [key, value] of refused) {
      expect(await putAt(mallory, peer, key, value), new TextDecoder().decode(key)).to.equal(false)
      if (!equalBytes(key.subarray(0, 4), utf8('/pk/'))) expect(await servedBy(mallory, peer, key)).to.equal(undefined)
    }
    expect(await putAt(mallory, peer, channelKey, joinBytes(channel, new Uint8Array(4064)))).to.equal(true)
    const foreign = refusals.get('directory.refused.131') ?? 0
    const provider = { id: own, multiaddrs: mallory.node.getMultiaddrs().map((address) => address.bytes) }
    const cid = joinBytes(Uint8Array.of(18, 32), new Uint8Array(32))
    await tell(mallory, peer, { type: 'ADD_PROVIDER', key: cid, providers: [provider] })
    await until(() => refusals.get('directory.refused.131') === foreign + 1, 'the provider record was refused')
    const answer = await tell(mallory, peer, { type: 'GET_PROVIDERS', key: cid })
    expect(answer.flatMap((event) => (event.name === 'PEER_RESPONSE' ? event.providers : []))).to.deep.equal([])
  }).timeout(15_000)

  it('lets a peer put only so often (R-136)', async () => {
    const peer = await startPeer('a', new Disk(), { puts: { perSecond: 2, burst: 3 } })
    const mallory = await startAttacker()
    await meet(peer, mallory)
    const taken: boolean[] = []
    for (let seq = 1; seq <= 5; seq++) taken.push(await putAt(mallory, peer, ALICE_KEY, record(seq)))
    expect(taken.slice(0, 3)).to.deep.equal([true, true, true])
    expect(taken).to.include(false)
  })

  it('does not publish what is invalid or older than known', async () => {
    const a = await startPeer('a')
    const failing = async (bytes: Uint8Array): Promise<string> =>
      await a.directory.publish('user', alice.publicKey, bytes, { timeoutMs: 50 }).then(
        () => 'published',
        (error: unknown) => (error instanceof UsageError ? error.code : 'other')
      )
    expect(await failing(record(2))).to.equal('published')
    expect(await failing(utf8('x'))).to.equal('BAD_RECORD')
    expect(await failing(record(1))).to.equal('OLD_RECORD')
    expect(await failing(record(2, 'alicia'))).to.equal('OLD_RECORD')
    expect(await failing(record(2))).to.equal('published')
  })
})
