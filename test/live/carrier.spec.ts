import { EventEmitter } from 'node:events'
import type { GossipSub } from '@libp2p/gossipsub'
import { expect } from 'chai'
import { copyBytes, joinBytes } from '../../src/base/bytes.ts'
import { FRAME_BYTES } from '../../src/wire/limits.ts'
import { topicOf } from '../../src/wire/names.ts'
import {
  type Live,
  type LiveCarrier,
  liveCarrier,
  liveHost,
  newChannel,
  newKey,
  pause,
  plainFrame,
  requestFrame,
  Uncaught,
  until
} from './hosts.ts'

EventEmitter.defaultMaxListeners = 0

const gossipOf = (live: Live): GossipSub => live.host.libp2p.services.gossip

/** A gossip node without our rules, in the topic and in our mesh, that knows us in the topic. */
async function rawNode(to: LiveCarrier, channel: Uint8Array): Promise<Live> {
  const raw = await liveHost({ bootstrap: [to.address] })
  const topic = topicOf(channel)
  gossipOf(raw).subscribe(topic)
  await until(
    'both know the other in the topic',
    () => to.carrier.isReady(channel) && gossipOf(raw).getSubscribers(topic).length > 0
  )
  return raw
}

describe('carrier', function () {
  this.timeout(60_000)
  const uncaught = new Uncaught()
  const channel = newChannel()
  const opened: Live[] = []
  const keep = <T extends Live>(live: T): T => {
    opened.push(live)
    return live
  }

  beforeEach(() => uncaught.watch())
  afterEach(async () => {
    await Promise.all(opened.splice(0).map((live) => live.stop()))
    uncaught.unwatch()
    expect(uncaught.seen).to.deep.equal([])
  })

  it('accepts a good frame once, however often it is published', async () => {
    const node = keep(await liveCarrier())
    node.carrier.subscribe(channel)
    const raw = keep(await rawNode(node, channel))
    const frame = plainFrame(channel, newKey(), 1)
    await gossipOf(raw).publish(topicOf(channel), frame.bytes)
    await gossipOf(raw).publish(topicOf(channel), frame.bytes)
    await until('it arrives', () => node.frames.length > 0)
    await pause(300)
    expect(node.frames.map(({ id }) => id)).to.deep.equal([frame.id])
  })

  it('rejects garbage, wrong signatures, other channels’ frames and frames over the limit, and then does not listen', async () => {
    const node = keep(await liveCarrier())
    node.carrier.subscribe(channel)
    const raw = keep(await rawNode(node, channel))
    const topic = topicOf(channel)
    const good = plainFrame(channel, newKey(), 1).bytes
    const forged = copyBytes(good)
    forged[forged.length - 1]! ^= 1
    const bad = [
      Uint8Array.of(1, 2, 3),
      forged,
      plainFrame(newChannel(), newKey(), 1).bytes,
      joinBytes(good, Uint8Array.of(0))
    ]
    for (const data of bad) await gossipOf(raw).publish(topic, data)
    await until('they are refused', () => node.metrics.get('carrier.refused.104') === 2)
    expect(node.metrics.get('carrier.refused.102')).to.equal(2)
    expect(node.metrics.get('carrier.muted')).to.equal(1)
    await gossipOf(raw).publish(topic, new Uint8Array(FRAME_BYTES))
    await gossipOf(raw).publish(topic, good)
    await until('nothing more is looked at', () => node.metrics.get('carrier.refused.107') === 2)
    await pause(1_500)
    expect(node.frames).to.have.length(0)
    expect((gossipOf(node) as unknown as { getScore(peer: string): number }).getScore(raw.id)).to.be.lessThan(-80)
  })

  it('a raw peer’s message over 64 KiB is refused before it is hashed or decoded', async () => {
    const node = keep(await liveCarrier())
    node.carrier.subscribe(channel)
    const raw = keep(await rawNode(node, channel))
    const send = gossipOf(raw) as unknown as { sendRpc(to: string, rpc: unknown): boolean }
    const message = { topic: topicOf(channel), data: new Uint8Array(3 * 1024 * 1024) }
    send.sendRpc(node.id, { subscriptions: [], messages: [message] })
    const score = gossipOf(node) as unknown as { score: { score(peer: string): number } }
    await until('it costs its sender', () => score.score.score(raw.id) < 0)
    expect(node.metrics.snapshot()).to.not.have.property('carrier.refused.101')
    const frame = plainFrame(channel, newKey(), 1)
    await gossipOf(raw).publish(topicOf(channel), frame.bytes)
    await until('gossip with it still works', () => node.frames.length === 1)
  })

  it('what the machine refuses is not passed on, and costs the neighbour nothing', async () => {
    const node = keep(await liveCarrier({}, { judge: () => 701 }))
    const third = keep(await liveCarrier({ bootstrap: [node.address] }))
    for (const { carrier } of [node, third]) carrier.subscribe(channel)
    const raw = keep(await rawNode(node, channel))
    for (let i = 0; i < 10; i++) await gossipOf(raw).publish(topicOf(channel), plainFrame(channel, newKey(), i).bytes)
    await until('they are refused', () => node.metrics.get('carrier.refused.701') === 10)
    await pause(300)
    expect(third.frames).to.have.length(0)
    expect((gossipOf(node) as unknown as { getScore(peer: string): number }).getScore(raw.id)).to.be.at.least(0)
  })

  it('a member’s messages beyond its rate are dropped, and another member’s are not (R-107)', async () => {
    const node = keep(await liveCarrier())
    node.carrier.subscribe(channel)
    const raw = keep(await rawNode(node, channel))
    const [loud, calm] = [newKey(), newKey()]
    for (let i = 0; i < 150; i++) await gossipOf(raw).publish(topicOf(channel), plainFrame(channel, loud, i).bytes)
    await until('some are dropped', () => node.metrics.get('carrier.refused.107') > 50)
    await gossipOf(raw).publish(topicOf(channel), plainFrame(channel, calm, 1).bytes)
    await until('the other’s arrives', () => node.frames.some(({ author }) => author.join() === calm.publicKey.join()))
    expect(node.frames.length).to.be.within(60, 100)
  })

  it('a neighbour’s flood of key requests is cut, and a member’s message gets through it', async () => {
    const member = newKey()
    const node = keep(await liveCarrier())
    node.carrier.subscribe(channel)
    const raw = keep(await rawNode(node, channel))
    await gossipOf(raw).publish(topicOf(channel), plainFrame(channel, member, 1).bytes)
    await until('the member is known', () => node.frames.length === 1)
    for (let i = 0; i < 300; i++)
      await gossipOf(raw).publish(topicOf(channel), requestFrame(channel, newKey(), i).bytes)
    await gossipOf(raw).publish(topicOf(channel), plainFrame(channel, member, 2).bytes)
    await until('the message arrives', () => node.frames.filter(({ kind }) => kind === 'plainMessage').length === 2)
    expect(node.frames.length).to.be.lessThan(100)
  })

  it('a frame that was passed over for its neighbour’s fault is taken from another', async () => {
    const rates = { strangersPerNeighbour: { perSecond: 0.0001, burst: 3 } }
    const node = keep(
      await liveCarrier({}, { rates, judge: (frame) => (frame.kind === 'keyRequest' ? 'ignore' : 'accept') })
    )
    node.carrier.subscribe(channel)
    const flooder = keep(await rawNode(node, channel))
    for (let i = 0; i < 5; i++)
      await gossipOf(flooder).publish(topicOf(channel), requestFrame(channel, newKey(), i).bytes)
    await until('the flooder is beyond its rate', () => node.metrics.get('carrier.refused.107') >= 2)
    const frame = plainFrame(channel, newKey(), 7)
    await gossipOf(flooder).publish(topicOf(channel), frame.bytes)
    await until('it is passed over', () => node.metrics.get('carrier.refused.107') >= 3)
    const other = keep(await liveHost({ bootstrap: [node.address] }))
    gossipOf(other).subscribe(topicOf(channel))
    await until('another is there', () => gossipOf(node).getSubscribers(topicOf(channel)).length === 2)
    await until('it knows that', () => gossipOf(other).getSubscribers(topicOf(channel)).length === 1)
    await gossipOf(other).publish(topicOf(channel), frame.bytes)
    await until('it arrives', () => node.frames.length === 1)
  })

  it('what is published as soon as the carrier is ready arrives at everybody', async () => {
    const first = keep(await liveCarrier())
    const rest = await Promise.all(Array.from({ length: 9 }, () => liveCarrier({ bootstrap: [first.address] })))
    for (const live of rest) keep(live)
    const all = [first, ...rest]
    for (const { carrier } of all) carrier.subscribe(channel)
    await until('all are ready', () => all.every(({ carrier }) => carrier.isReady(channel)))
    for (const { carrier, key } of all)
      expect(await carrier.publish(channel, plainFrame(channel, key, 1).bytes)).to.be.above(0)
    await until('everything is everywhere', () => all.every(({ frames }) => frames.length === all.length - 1))
  })

  it('says 0 when nobody is there, and the same frame goes out once somebody is', async () => {
    const changes: boolean[] = []
    const node = keep(await liveCarrier({}, { onReadiness: (_channel, isReady) => changes.push(isReady) }))
    node.carrier.subscribe(channel)
    const frame = plainFrame(channel, node.key, 1)
    expect(await node.carrier.publish(channel, frame.bytes)).to.equal(0)
    const other = await liveCarrier({ bootstrap: [node.address] })
    other.carrier.subscribe(channel)
    await until('ready', () => node.carrier.isReady(channel))
    expect(await node.carrier.publish(channel, frame.bytes)).to.equal(1)
    await until('it arrives', () => other.frames.length === 1)
    await other.stop()
    await until('not ready', () => !node.carrier.isReady(channel))
    expect(changes).to.deep.equal([true, false])
    expect(await node.carrier.publish(channel, plainFrame(channel, node.key, 2).bytes)).to.equal(0)
  })

  it('a keyless carrier carries what its peers subscribe to, good frames only, until the last of them has left', async () => {
    const carrier = keep(await liveCarrier({ isCarrier: true }, { mode: 'keyless', unusedMs: 300 }))
    const [a, b] = await Promise.all([1, 2].map(() => liveCarrier({ bootstrap: [carrier.address] })))
    for (const live of [a!, b!]) {
      keep(live)
      live.carrier.subscribe(channel)
    }
    await until('ready', () => a!.carrier.isReady(channel) && b!.carrier.isReady(channel))
    await a!.carrier.publish(channel, plainFrame(channel, a!.key, 1).bytes)
    await until('it arrives', () => b!.frames.length === 1)
    expect(carrier.carrier.channels()).to.have.length(1)
    expect(a!.carrier.subscribers(channel).map(String)).to.include(String(carrier.host.user))
    const forged = copyBytes(plainFrame(channel, a!.key, 2).bytes)
    forged[40]! ^= 1
    await gossipOf(a!).publish(topicOf(channel), forged)
    await until(
      'it is refused',
      () => carrier.metrics.get('carrier.refused.104') + carrier.metrics.get('carrier.refused.102') > 0
    )
    expect(b!.frames).to.have.length(1)
    a!.carrier.unsubscribe(channel)
    await pause(2_500)
    expect(carrier.carrier.channels()).to.have.length(1)
    b!.carrier.unsubscribe(channel)
    await until('the topic is dropped', () => carrier.carrier.channels().length === 0)
  })

  it('gossip that was cut while the connection lives is mended', async () => {
    const a = keep(await liveCarrier())
    const b = keep(await liveCarrier({ bootstrap: [a.address] }))
    for (const { carrier } of [a, b]) carrier.subscribe(channel)
    await until('ready', () => a.carrier.isReady(channel) && b.carrier.isReady(channel))
    const streams = a.host.libp2p.getConnections().flatMap(({ streams }) => streams)
    const gossip = streams.find(
      ({ protocol, direction }) => protocol.startsWith('/meshsub/') && direction === 'outbound'
    )
    gossip!.abort(new Error('cut'))
    await until('not ready', () => !a.carrier.isReady(channel))
    await until('ready again', () => a.carrier.isReady(channel) && b.carrier.isReady(channel))
    await a.carrier.publish(channel, plainFrame(channel, a.key, 1).bytes)
    await until('it arrives', () => b.frames.length === 1)
  })

  it('a channel left and joined again works, and leaves no trace of itself in the scores', async () => {
    const a = keep(await liveCarrier())
    const b = keep(await liveCarrier({ bootstrap: [a.address] }))
    for (const { carrier } of [a, b]) carrier.subscribe(channel)
    await until('ready', () => a.carrier.isReady(channel) && b.carrier.isReady(channel))
    a.carrier.unsubscribe(channel)
    const inside = gossipOf(a) as unknown as { score: { peerStats: Map<string, { topics: object }> } }
    expect([...inside.score.peerStats.values()].flatMap(({ topics }) => Object.keys(topics))).to.deep.equal([])
    await until('left', () => !b.carrier.isReady(channel))
    a.carrier.subscribe(channel)
    await until('ready again', () => a.carrier.isReady(channel) && b.carrier.isReady(channel))
    await b.carrier.publish(channel, plainFrame(channel, b.key, 1).bytes)
    await until('it arrives', () => a.frames.length === 1)
  })

  it('more than ten peers at one address all hear each other', async () => {
    const first = keep(await liveCarrier())
    const rest = await Promise.all(
      Array.from({ length: 15 }, () => liveCarrier({ bootstrap: [first.address], listen: [] }))
    )
    for (const live of rest) keep(live)
    for (const { carrier } of [first, ...rest]) carrier.subscribe(channel)
    await until('all are ready', () => [first, ...rest].every(({ carrier }) => carrier.isReady(channel)))
    // The score counts who shares an address at the next heartbeats.
    await pause(2_500)
    await first.carrier.publish(channel, plainFrame(channel, first.key, 1).bytes)
    await until('all have it', () => rest.every(({ frames }) => frames.length === 1))
  })

  it('an RPC with a million empty fields, or a length without end, costs little memory and no connection', async () => {
    const node = keep(await liveCarrier())
    node.carrier.subscribe(channel)
    const raw = keep(await rawNode(node, channel))
    const inside = gossipOf(raw) as unknown as { streamsOutbound: Map<string, { push(data: Uint8Array): void }> }
    const before = process.memoryUsage().heapUsed
    // Field 2 (messages), empty: two bytes each.
    inside.streamsOutbound.get(node.id)!.push(new Uint8Array(2_000_000).map((_, i) => (i % 2 === 0 ? 0x12 : 0)))
    await pause(500)
    expect(process.memoryUsage().heapUsed - before).to.be.lessThan(64 * 1024 * 1024)
    await gossipOf(raw).publish(topicOf(channel), plainFrame(channel, newKey(), 1).bytes)
    await until('gossip still works', () => node.frames.length === 1)
  })
})
