import { multiaddr } from '@multiformats/multiaddr'
import { expect } from 'chai'
import { joinBytes, u32, zeros } from '../../src/base/bytes.ts'
import { DAY_MS } from '../../src/base/time.ts'
import type { UserId } from '../../src/core/identity/user.ts'
import type { HandOutcome } from '../../src/core/machine.ts'
import { MAX_HANDED_PEER, SessionStreams, type SessionStreamsInit } from '../../src/node/session-streams.ts'
import { FRAME_BYTES } from '../../src/wire/limits.ts'
import { SESSION_PROTOCOL } from '../../src/wire/names.ts'
import { type Live, liveHost, pause, Uncaught, until } from './hosts.ts'

const framed = (bytes: Uint8Array): Uint8Array => joinBytes(u32(bytes.length), bytes)
const FRAME = Uint8Array.of(1, 2, 3)

interface Talker extends Live {
  readonly sessions: SessionStreams
  /** What was handed to it. */
  readonly frames: { readonly frame: Uint8Array; readonly from: UserId }[]
}

describe('session streams, live', function () {
  this.timeout(60_000)
  const uncaught = new Uncaught()
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

  /** A node that takes session frames. */
  async function talker(init: Partial<SessionStreamsInit> = {}): Promise<Talker> {
    const live = keep(await liveHost())
    const frames: Talker['frames'] = []
    const onFrame: SessionStreamsInit['onFrame'] = (frame, from) => {
      frames.push({ frame, from })
      return 'taken'
    }
    const { host, metrics } = live
    return { ...live, frames, sessions: keep(await SessionStreams.start({ host, metrics, onFrame, ...init })) }
  }

  /** Two of them that are connected. */
  async function pair(init: Partial<SessionStreamsInit> = {}): Promise<readonly [Talker, Talker]> {
    const [a, b] = [await talker(), await talker(init)]
    await a.host.libp2p.dial(multiaddr(b.address))
    await until('they know what they speak', () => a.host.speaks(b.id, SESSION_PROTOCOL) === true)
    return [a, b]
  }

  /** Somebody who says what he likes. */
  async function raw(to: Live): Promise<(bytes: Uint8Array) => Promise<{ readonly status: string }>> {
    const live = keep(await liveHost())
    const connection = await live.host.libp2p.dial(multiaddr(to.address))
    return async (bytes) => {
      const stream = await connection.newStream(SESSION_PROTOCOL)
      stream.send(bytes)
      return stream
    }
  }

  /** It knows where somebody is, and does not dial him by itself: whom a host hears of first, it dials. */
  async function knows({ host, metrics }: Talker, live: Live): Promise<void> {
    const failed = metrics.get('host.dialFailed')
    const { peerStore } = host.libp2p
    await peerStore.merge(live.host.libp2p.peerId, {})
    await until('it finds nothing to dial', () => metrics.get('host.dialFailed') > failed)
    host.forget(live.id)
    await peerStore.merge(live.host.libp2p.peerId, { multiaddrs: [multiaddr(live.address)] })
  }

  it('a frame comes to its user, small or of 64 KiB, with the name of who handed it over', async () => {
    const [a, b] = await pair()
    const large = zeros(FRAME_BYTES)
    expect(await a.sessions.hand(b.host.user, FRAME, false)).to.equal('taken')
    expect(await a.sessions.hand(b.host.user, large, true)).to.equal('taken')
    expect(b.frames).to.deep.equal([FRAME, large].map((frame) => ({ frame, from: a.host.user })))
    expect(await b.sessions.hand(a.host.user, FRAME, false)).to.equal('taken')
    expect(a.frames).to.deep.equal([{ frame: FRAME, from: b.host.user }])
    expect(a.metrics.get('sessions.taken')).to.equal(2)
  })

  it('a frame that the other can do nothing with is told so, and one that it leaves without a word has failed', async () => {
    const words: (HandOutcome | undefined)[] = ['unknown', undefined]
    const [a, b] = await pair({ onFrame: () => words.shift() as 'unknown' | undefined })
    expect(await a.sessions.hand(b.host.user, FRAME, false)).to.equal('unknown')
    expect(await a.sessions.hand(b.host.user, FRAME, false)).to.equal('failed')
    expect(a.metrics.get('sessions.unknown')).to.equal(1)
    expect(b.metrics.get('sessions.notTaken')).to.equal(1)
  })

  it('many frames at once come to their user, none turned away', async () => {
    const answers: (() => void)[] = []
    const onFrame: SessionStreamsInit['onFrame'] = () => new Promise((resolve) => answers.push(() => resolve('taken')))
    const [a, b] = await pair({ onFrame })
    const handed = Promise.all(Array.from({ length: 40 }, () => a.sessions.hand(b.host.user, FRAME, false)))
    await until('they come', () => answers.length === MAX_HANDED_PEER / 2)
    await pause(200)
    expect(answers).to.have.length(MAX_HANDED_PEER / 2)
    for (let i = 0; i < 40; i++) {
      await until('the next one', () => answers.length > i)
      answers[i]!()
    }
    expect(new Set(await handed)).to.deep.equal(new Set(['taken']))
    expect(b.metrics.get('sessions.busy')).to.equal(0)
  })

  it('without a connection a frame fails at once, and the next one finds the connection', async () => {
    const [a, b] = [await talker(), await talker()]
    await knows(a, b)
    expect(await a.sessions.hand(b.host.user, FRAME, false)).to.equal('failed')
    expect(b.frames).to.deep.equal([])
    await until('they are connected', () => a.host.isConnected(b.id))
    expect(await a.sessions.hand(b.host.user, FRAME, false)).to.equal('taken')
    expect(b.frames).to.have.length(1)
  })

  it('a frame that has no other way waits for the connection, and many of them for the same one', async () => {
    const [a, b] = [await talker(), await talker()]
    await knows(a, b)
    const handed = await Promise.all([1, 2, 3].map(() => a.sessions.hand(b.host.user, FRAME, true)))
    expect(handed).to.deep.equal(['taken', 'taken', 'taken'])
    expect(a.host.libp2p.getConnections()).to.have.length(1)
  })

  it('a frame for a user that nobody finds has failed', async () => {
    const a = await talker()
    const gone = await liveHost()
    await gone.stop()
    await knows(a, gone)
    const failed = a.metrics.get('host.dialFailed')
    expect(await a.sessions.hand(gone.host.user, FRAME, true)).to.equal('failed')
    expect(a.metrics.get('host.dialFailed')).to.equal(failed + 1)
    expect(await a.sessions.hand(gone.host.user, FRAME, true)).to.equal('failed')
    expect(a.metrics.get('host.dialFailed')).to.equal(failed + 1)
    expect(await a.sessions.hand(a.host.user, FRAME, true)).to.equal('failed')
  })

  it('nothing is handed to a peer that does not speak the protocol', async () => {
    const [a, mute] = [await talker(), keep(await liveHost())]
    await a.host.libp2p.dial(multiaddr(mute.address))
    expect(await a.sessions.hand(mute.host.user, FRAME, true)).to.equal('failed')
  })

  it('a malformed or overlong message resets its stream, is counted, and nothing of it is looked at (R-803)', async () => {
    const node = await talker()
    const say = await raw(node)
    const bad = [framed(zeros(0)), u32(FRAME_BYTES + 1), u32(0xffffffff), joinBytes(framed(FRAME), FRAME)]
    for (const bytes of bad) {
      const stream = await say(bytes)
      await until('it is reset', () => stream.status !== 'open')
    }
    expect(node.frames).to.deep.equal([])
    expect(node.metrics.get('sessions.refused.803')).to.equal(bad.length)
    await say(framed(FRAME))
    await until('a good one is taken', () => node.frames.length === 1)
  })

  it('an answer that is none of the two has failed', async () => {
    const a = await talker()
    const answers = [framed(Uint8Array.of(2)), framed(zeros(1)), framed(Uint8Array.of(1, 1)), u32(0xffffffff)]
    for (const answer of answers) {
      const liar = keep(await liveHost())
      await liar.host.libp2p.handle(SESSION_PROTOCOL, (stream) => void stream.send(answer))
      await a.host.libp2p.dial(multiaddr(liar.address))
      expect(await a.sessions.hand(liar.host.user, FRAME, false)).to.equal('failed')
    }
    expect(a.metrics.get('sessions.failed')).to.equal(answers.length)
  })

  it('whoever opens streams and says nothing holds a few places of its own, for a while', async () => {
    const [a, b] = await pair({ deadlineMs: 1_000 })
    const say = await raw(b)
    // One connection has no more streams than a peer has places.
    const other = await raw(b)
    for (let i = 0; i < MAX_HANDED_PEER; i++) await say(u32(100))
    await other(u32(100))
    expect(await a.sessions.hand(b.host.user, FRAME, false)).to.equal('taken')
    await until('the silent ones are cut off', () => b.metrics.get('sessions.brokenOff') === MAX_HANDED_PEER + 1)
  })

  it('frames of one peer beyond its rate are turned away, those of another are taken meanwhile', async () => {
    const [a, b] = await pair()
    const outcomes: HandOutcome[] = []
    for (let i = 0; i < 100; i++) outcomes.push(await a.sessions.hand(b.host.user, FRAME, false))
    expect(outcomes.slice(0, 60)).to.not.include('failed')
    expect(outcomes).to.include('failed')
    expect(b.metrics.get('sessions.busy')).to.be.above(0)
    const other = await talker()
    await other.host.libp2p.dial(multiaddr(b.address))
    expect(await other.sessions.hand(b.host.user, FRAME, false)).to.equal('taken')
  })

  it('a peer that never answers is waited for until the deadline, and so is one whose machine does not', async () => {
    const live = await talker({ deadlineMs: 500 })
    const liar = keep(await liveHost())
    await liar.host.libp2p.handle(SESSION_PROTOCOL, () => {})
    await live.host.libp2p.dial(multiaddr(liar.address))
    const handed = Array.from({ length: 20 }, () => live.sessions.hand(liar.host.user, FRAME, true))
    expect(new Set(await Promise.all(handed))).to.deep.equal(new Set(['failed']))
    const onFrame: SessionStreamsInit['onFrame'] = (_frame, _from, signal) =>
      new Promise((resolve) => signal.addEventListener('abort', () => resolve(undefined)))
    const stuck = await talker({ onFrame, deadlineMs: 500 })
    await live.host.libp2p.dial(multiaddr(stuck.address))
    expect(await live.sessions.hand(stuck.host.user, FRAME, true)).to.equal('failed')
  })

  it('breaks off what is under way when it stops, on either side, and neither takes nor dials any more', async () => {
    const onFrame: SessionStreamsInit['onFrame'] = (_frame, _from, signal) =>
      new Promise((resolve) => signal.addEventListener('abort', () => resolve(undefined)))
    for (const stopping of [0, 1]) {
      const nodes = [await talker({ deadlineMs: DAY_MS }), await talker({ onFrame, deadlineMs: DAY_MS })] as const
      const [a, b] = nodes
      await a.host.libp2p.dial(multiaddr(b.address))
      const handed = Array.from({ length: 10 }, () => a.sessions.hand(b.host.user, FRAME, false))
      await pause(100)
      await nodes[stopping as 0 | 1].sessions.stop()
      expect(new Set(await Promise.all(handed))).to.deep.equal(new Set(['failed']))
      expect(await a.sessions.hand(b.host.user, FRAME, true)).to.equal('failed')
    }
    const [a, b] = [await talker(), await talker()]
    await knows(a, b)
    await a.sessions.stop()
    expect(await a.sessions.hand(b.host.user, FRAME, true)).to.equal('failed')
    expect(a.host.isConnected(b.id)).to.equal(false)
  })
})
