import { multiaddr } from '@multiformats/multiaddr'
import { expect } from 'chai'
import { copyBytes, joinBytes, u32, zeros } from '../../src/base/bytes.ts'
import { Deliveries, type DeliveriesInit, MAX_TAKING_PEER } from '../../src/node/deliveries.ts'
import { FRAME_BYTES } from '../../src/wire/limits.ts'
import { FRAMES_PROTOCOL } from '../../src/wire/names.ts'
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

const framed = (bytes: Uint8Array): Uint8Array => joinBytes(u32(bytes.length), bytes)

describe('deliveries, live', function () {
  this.timeout(60_000)
  const uncaught = new Uncaught()
  const channel = newChannel()
  const opened: Pick<Live, 'stop'>[] = []
  const keep = <T extends Pick<Live, 'stop'>>(live: T): T => {
    opened.push(live)
    return live
  }

  beforeEach(() => uncaught.watch())
  afterEach(async () => {
    for (const live of opened.splice(0).reverse()) await live.stop()
    uncaught.unwatch()
    expect(uncaught.seen).to.deep.equal([])
  })

  /** A node that takes frames, and carries the channel. */
  async function taker(init: Partial<DeliveriesInit> = {}): Promise<LiveCarrier & { deliveries: Deliveries }> {
    const live = keep(await liveCarrier())
    live.carrier.subscribe(channel)
    const { host, metrics } = live
    const onFrame: DeliveriesInit['onFrame'] = (...args) => live.carrier.take(...args)
    const deliveries = keep(await Deliveries.start({ host, metrics, onFrame, ...init }))
    return { ...live, deliveries }
  }

  /** Two takers that are connected. */
  async function pair(init: Partial<DeliveriesInit> = {}): Promise<Awaited<ReturnType<typeof taker>>[]> {
    const nodes = [await taker(), await taker(init)]
    const [a, b] = nodes as unknown as [LiveCarrier, LiveCarrier]
    await a.host.libp2p.dial(multiaddr(b.address))
    await until('they know what they speak', () => a.host.speaks(b.id, FRAMES_PROTOCOL) === true)
    return nodes
  }

  /** A connection to a node of somebody who says what he likes on it. */
  async function raw(to: Live) {
    const live = keep(await liveHost())
    const connection = await live.host.libp2p.dial(multiaddr(to.address))
    return async (bytes: Uint8Array) => {
      const stream = await connection.newStream(FRAMES_PROTOCOL)
      stream.send(bytes)
      return stream
    }
  }

  it('a frame comes to the peer it is for, small or of 64 KiB, and to nobody else', async () => {
    const [a, b] = (await pair()) as [LiveCarrier & { deliveries: Deliveries }, LiveCarrier]
    const other = keep(await liveCarrier({ bootstrap: [a.address, b.address] }))
    other.carrier.subscribe(channel)
    const small = plainFrame(channel, a.key, 1)
    expect(await a.deliveries.deliver(b.host.user, channel, small.bytes)).to.equal(true)
    expect(b.frames.map(({ bytes }) => bytes)).to.deep.equal([small.bytes])
    const empty = requestFrame(channel, a.key, 1)
    const large = requestFrame(channel, a.key, 1, FRAME_BYTES - empty.bytes.length - 4)
    expect(large.bytes.length).to.be.within(FRAME_BYTES - 16, FRAME_BYTES)
    expect(await a.deliveries.deliver(b.host.user, channel, large.bytes)).to.equal(true)
    expect(b.frames).to.have.length(2)
    await pause(500)
    expect(other.frames).to.deep.equal([])
  })

  it('nothing is handed to a peer that is not connected, nor is it dialled', async () => {
    const [a, b] = [await taker(), await taker()]
    expect(await a.deliveries.deliver(b.host.user, channel, plainFrame(channel, a.key, 1).bytes)).to.equal(false)
    expect(a.host.isConnected(b.id)).to.equal(false)
  })

  it('nothing is taken by a peer that does not speak the protocol, does not carry the channel, or passes the frame over', async () => {
    const [a, b] = (await pair()) as [LiveCarrier & { deliveries: Deliveries }, LiveCarrier]
    const elsewhere = newChannel()
    expect(await a.deliveries.deliver(b.host.user, elsewhere, plainFrame(elsewhere, a.key, 1).bytes)).to.equal(false)
    const mute = keep(await liveHost())
    await a.host.libp2p.dial(multiaddr(mute.address))
    expect(await a.deliveries.deliver(mute.host.user, channel, plainFrame(channel, a.key, 2).bytes)).to.equal(false)
    const picky = keep(await liveCarrier({}, { judge: () => 'ignore' }))
    picky.carrier.subscribe(channel)
    const onFrame: DeliveriesInit['onFrame'] = (...args) => picky.carrier.take(...args)
    keep(await Deliveries.start({ host: picky.host, onFrame }))
    await a.host.libp2p.dial(multiaddr(picky.address))
    expect(await a.deliveries.deliver(picky.host.user, channel, plainFrame(channel, a.key, 3).bytes)).to.equal(false)
    expect([...b.frames, ...picky.frames]).to.deep.equal([])
  })

  it('a frame handed over meets the checks and rates of the topic (R-104, R-107)', async () => {
    const [a, b] = (await pair()) as [LiveCarrier & { deliveries: Deliveries }, LiveCarrier]
    const forged = copyBytes(plainFrame(channel, a.key, 1).bytes)
    forged[forged.length - 1]! ^= 1
    expect(await a.deliveries.deliver(b.host.user, channel, forged)).to.equal(false)
    expect(b.metrics.get('carrier.refused.104')).to.equal(1)
    let taken = 0
    for (let i = 0; i < 60; i++) {
      if (await a.deliveries.deliver(b.host.user, channel, requestFrame(channel, newKey(), i).bytes)) taken++
    }
    expect(taken).to.be.within(30, 59)
    expect(b.frames).to.have.length(taken)
  })

  it('a frame that has come on the topic is not handled again', async () => {
    const [a, b] = (await pair()) as [LiveCarrier & { deliveries: Deliveries }, LiveCarrier]
    a.carrier.subscribe(channel)
    await until('ready', () => a.carrier.isReady(channel) && b.carrier.isReady(channel))
    const frame = plainFrame(channel, a.key, 1)
    await a.carrier.publish(channel, frame.bytes)
    await until('it is there', () => b.frames.length === 1)
    expect(await a.deliveries.deliver(b.host.user, channel, frame.bytes)).to.equal(true)
    expect(b.frames).to.have.length(1)
  })

  it('a malformed delivery resets its stream, is counted, and nothing of it is looked at (R-803)', async () => {
    let seen = 0
    const node = await taker({
      onFrame: () => {
        seen++
        return true
      }
    })
    const say = await raw(node)
    const good = joinBytes(channel, plainFrame(channel, newKey(), 1).bytes)
    const bad = [
      framed(zeros(0)),
      framed(channel),
      u32(32 + FRAME_BYTES + 1),
      u32(0xffffffff),
      joinBytes(framed(good), good)
    ]
    for (const bytes of bad) {
      const stream = await say(bytes)
      await until('it is reset', () => stream.status !== 'open')
    }
    expect(seen).to.equal(0)
    expect(node.metrics.get('deliveries.refused.803')).to.equal(bad.length)
  })

  it('whoever opens streams and says nothing holds a few places of its own, for a while', async () => {
    const [a, b] = (await pair({ deadlineMs: 1_000 })) as [LiveCarrier & { deliveries: Deliveries }, LiveCarrier]
    const say = await raw(b)
    for (let i = 0; i < MAX_TAKING_PEER + 3; i++) await say(u32(100)).catch(() => undefined)
    await until('the rest is turned away', () => b.metrics.get('deliveries.busy') === 3)
    expect(await a.deliveries.deliver(b.host.user, channel, plainFrame(channel, a.key, 1).bytes)).to.equal(true)
    await until('the silent ones are cut off', () => b.metrics.get('deliveries.brokenOff') === MAX_TAKING_PEER)
  })

  it('a peer that takes a frame and never says so leaves it to the topic', async () => {
    const live = keep(await liveCarrier())
    const deliveries = keep(await Deliveries.start({ host: live.host, onFrame: () => true, deadlineMs: 500 }))
    const answers = [(): void => {}, (send: (bytes: Uint8Array) => void) => send(framed(Uint8Array.of(1)))]
    for (const answer of answers) {
      const liar = keep(await liveHost())
      await liar.host.libp2p.handle(FRAMES_PROTOCOL, (stream) => answer((bytes) => void stream.send(bytes)))
      await live.host.libp2p.dial(multiaddr(liar.address))
      const frame = plainFrame(channel, live.key, 1).bytes
      expect(await deliveries.deliver(liar.host.user, channel, frame)).to.equal(false)
    }
  })
})
