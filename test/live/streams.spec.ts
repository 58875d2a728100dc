import { peerIdFromString } from '@libp2p/peer-id'
import { multiaddr } from '@multiformats/multiaddr'
import { expect } from 'chai'
import { equalBytes, joinBytes, u32, zeros } from '../../src/base/bytes.ts'
import { LOOKED_UP_AT_ONCE, MAX_ANSWERING_PEER, QUESTION_BYTES } from '../../src/node/streams.ts'
import { STREAM_MESSAGE_BYTES } from '../../src/wire/limits.ts'
import { Answer, Question } from '../../src/wire/messages.ts'
import { HISTORY_PROTOCOL } from '../../src/wire/names.ts'
import {
  EMPTY_ANSWER,
  type Live,
  type LiveCarrier,
  liveCarrier,
  liveHost,
  newChannel,
  pause,
  Uncaught,
  until
} from './hosts.ts'

const QUESTION: Question = { descriptor: { channel: zeros(32) } }
const FRAMES_QUESTION: Question = { frames: { channel: zeros(32), ranges: [] } }
const FULL: Answer = { ...EMPTY_ANSWER, sealed: new Uint8Array(1_000) }
const framed = (bytes: Uint8Array): Uint8Array => joinBytes(u32(bytes.length), bytes)

describe('streams, live', function () {
  this.timeout(60_000)
  const uncaught = new Uncaught()
  const channel = newChannel()
  const opened: Live[] = []
  const keep = <T extends Live>(live: T): T => {
    opened.push(live)
    return live
  }
  const bytesOf = (live: Live): Uint8Array[] => live.host.libp2p.getMultiaddrs().map(({ bytes }) => bytes)

  beforeEach(() => uncaught.watch())
  afterEach(async () => {
    await Promise.all(opened.splice(0).map((live) => live.stop()))
    uncaught.unwatch()
    expect(uncaught.seen).to.deep.equal([])
  })

  /** A host that answers the protocol in its own way. */
  async function liar(answer: (send: (bytes: Uint8Array) => void, close: () => void) => void): Promise<Live> {
    const live = keep(await liveHost())
    await live.host.libp2p.handle(HISTORY_PROTOCOL, (stream) => {
      answer(
        (bytes) => void (stream.status === 'open' && stream.send(bytes)),
        () => void stream.close().catch(() => {})
      )
    })
    return live
  }

  const ask = (asker: LiveCarrier, to: Live, question = QUESTION): ReturnType<LiveCarrier['streams']['ask']> =>
    asker.streams.ask(channel, to.host.user, bytesOf(to), question)

  it('a question reaches a peer that was not connected, and its answer comes back, small or 1 MiB', async () => {
    const answers = [FULL, { ...EMPTY_ANSWER, sealed: new Uint8Array(STREAM_MESSAGE_BYTES - 10) }]
    const heard: Question[] = []
    const teller = keep(
      await liveCarrier(
        {},
        {},
        {
          onQuestion: async (_from, question) => {
            heard.push(question)
            return answers[heard.length - 1]
          }
        }
      )
    )
    const asker = keep(await liveCarrier())
    for (const answer of answers) {
      const asked = await ask(asker, teller)
      expect(asked.answer).to.deep.equal(answer)
      expect(asked.from).to.deep.equal(teller.host.user)
    }
    expect(heard).to.deep.equal([QUESTION, QUESTION])
    await until('no stream stays open', () =>
      [asker, teller].every(({ host }) =>
        host.libp2p
          .getConnections()
          .every(({ streams }) => streams.every(({ protocol }) => protocol !== HISTORY_PROTOCOL))
      )
    )
  })

  it('up to three subscribers are asked in turn until one knows something', async () => {
    const asker = keep(await liveCarrier({}, {}, { impatientMs: 300 }))
    const heard: string[] = []
    const teller = async (name: string, answer: Answer | undefined, delayMs = 0): Promise<void> => {
      const live = keep(
        await liveCarrier(
          { bootstrap: [asker.address] },
          {},
          {
            onQuestion: async () => {
              heard.push(name)
              await pause(delayMs)
              return answer
            }
          }
        )
      )
      live.carrier.subscribe(channel)
    }
    asker.carrier.subscribe(channel)
    await teller('knows nothing', EMPTY_ANSWER)
    await teller('is silent', undefined, 600)
    await until('two are there', () => asker.carrier.subscribers(channel).length === 2)
    expect((await asker.streams.ask(channel, undefined, [], QUESTION)).answer).to.deep.equal(EMPTY_ANSWER)
    expect(heard.sort()).to.deep.equal(['is silent', 'knows nothing'])
    await teller('knows', FULL)
    await until('three are there', () => asker.carrier.subscribers(channel).length === 3)
    expect((await asker.streams.ask(channel, undefined, [], QUESTION)).answer).to.deep.equal(FULL)
  })

  it('begins with another peer when some are to be passed over, and anew when all are', async () => {
    const asker = keep(await liveCarrier())
    asker.carrier.subscribe(channel)
    let heard: string[] = []
    for (const name of ['a', 'b', 'c', 'd']) {
      const onQuestion = async (): Promise<Answer> => {
        heard.push(name)
        return FULL
      }
      keep(await liveCarrier({ bootstrap: [asker.address] }, {}, { onQuestion })).carrier.subscribe(channel)
    }
    await until('four are there', () => asker.carrier.subscribers(channel).length === 4)
    for (let skip = 0; skip < 5; skip++) await asker.streams.ask(channel, undefined, [], QUESTION, skip)
    expect(heard.slice(0, 4).sort()).to.deep.equal(['a', 'b', 'c', 'd'])
    expect(heard[4]).to.equal(heard[0])
    const order = heard.slice(0, 4)
    heard = []
    const found = await asker.streams.ask(channel, undefined, [], FRAMES_QUESTION, 6)
    expect(heard).to.deep.equal([order[2]])
    expect(found.answer).to.deep.equal(FULL)
  })

  it('a carrier is asked for messages last, for session frames alone, and for nothing else', async () => {
    const asker = keep(await liveCarrier())
    asker.carrier.subscribe(channel)
    const heard: string[] = []
    const teller = async (name: string, isCarrier: boolean, answer: Answer): Promise<LiveCarrier> => {
      const onQuestion = async (): Promise<Answer> => {
        heard.push(name)
        return answer
      }
      const live = keep(await liveCarrier({ bootstrap: [asker.address], isCarrier }, {}, { onQuestion }))
      live.carrier.subscribe(channel)
      await until(`${name} is there`, () =>
        asker.carrier.subscribers(channel).some((user) => equalBytes(user, live.host.user))
      )
      return live
    }
    const carrier = await teller('carrier', true, FULL)
    await teller('withholds', false, EMPTY_ANSWER)
    await until('it is known as one', () => asker.host.isCarrier(carrier.id))
    const asked = await asker.streams.ask(channel, undefined, [], FRAMES_QUESTION)
    expect(asked).to.deep.equal({ from: carrier.host.user, answer: FULL })
    expect(heard.splice(0)).to.deep.equal(['withholds', 'carrier'])
    expect((await asker.streams.ask(channel, undefined, [], QUESTION)).answer).to.deep.equal(EMPTY_ANSWER)
    expect(heard.splice(0)).to.deep.equal(['withholds'])
    await teller('member', false, FULL)
    await asker.streams.ask(channel, undefined, [], FRAMES_QUESTION)
    expect(heard.splice(0)).to.not.include('carrier')
    const question = { sessions: { channel, from: 1, known: [] } }
    expect(await asker.streams.ask(channel, undefined, [], question)).to.deep.equal(asked)
    const others = await asker.streams.ask(channel, undefined, [], question, 0, [carrier.host.user])
    expect(others).to.deep.equal({ from: undefined, answer: undefined })
    expect(heard).to.deep.equal(['carrier'])
  })

  it('has no answer when nobody is there to ask', async () => {
    const asker = keep(await liveCarrier())
    expect(await asker.streams.ask(channel, undefined, [], QUESTION)).to.deep.equal({
      from: undefined,
      answer: undefined
    })
    const gone = await liveHost()
    const addresses = bytesOf(gone)
    await gone.stop()
    expect((await asker.streams.ask(channel, gone.host.user, addresses, QUESTION)).answer).to.equal(undefined)
    expect((await asker.streams.ask(channel, gone.host.user, [Uint8Array.of(9, 9)], QUESTION)).answer).to.equal(
      undefined
    )
    expect((await asker.streams.ask(channel, gone.host.user, [], QUESTION)).answer).to.equal(undefined)
  })

  it('no answer is made of a malformed, overlong, truncated or missing one, and it is counted (R-802)', async () => {
    const asker = keep(await liveCarrier({}, {}, { deadlineMs: 1_500 }))
    const answered = Answer.encode(FULL)
    const liars = await Promise.all([
      liar((send) => send(framed(Uint8Array.of(0xff, 0xff)))),
      liar((send) => send(u32(STREAM_MESSAGE_BYTES + 1))),
      liar((send) => send(joinBytes(framed(answered), Uint8Array.of(0)))),
      liar((send, close) => {
        send(u32(500))
        close()
      }),
      liar((_send, close) => close()),
      liar((send) => send(framed(new Uint8Array(STREAM_MESSAGE_BYTES).map((_, i) => (i % 2 === 0 ? 0x1a : 0))))),
      liar(() => {})
    ])
    for (const live of liars) expect((await ask(asker, live)).answer).to.equal(undefined)
    expect(asker.metrics.get('streams.refused.802')).to.be.at.least(5)
  })

  it('a malformed question resets its stream, is counted, and never reaches the machine (R-801)', async () => {
    let heard = 0
    const teller = keep(
      await liveCarrier(
        {},
        {},
        {
          onQuestion: async () => {
            heard++
            return FULL
          }
        }
      )
    )
    const raw = keep(await liveHost())
    const connection = await raw.host.libp2p.dial(multiaddr(teller.address))
    const good = Question.encode(QUESTION)
    const bad = [
      framed(Uint8Array.of(0xff)),
      framed(zeros(0)),
      u32(QUESTION_BYTES + 1),
      joinBytes(framed(good), good),
      framed(joinBytes(good, good)),
      u32(0xffffffff)
    ]
    for (const bytes of bad) {
      const stream = await connection.newStream(HISTORY_PROTOCOL)
      stream.send(bytes)
      await until('it is reset', () => stream.status !== 'open')
    }
    expect(heard).to.equal(0)
    expect(teller.metrics.get('streams.refused.801')).to.equal(bad.length)
  })

  it('whoever sends its question byte by byte, or never reads the answer, is cut off at the deadline', async () => {
    const teller = keep(
      await liveCarrier(
        {},
        {},
        {
          deadlineMs: 1_000,
          onQuestion: async () => ({ ...EMPTY_ANSWER, sealed: new Uint8Array(STREAM_MESSAGE_BYTES - 10) })
        }
      )
    )
    const raw = keep(await liveHost())
    const connection = await raw.host.libp2p.dial(multiaddr(teller.address))
    const slow = await connection.newStream(HISTORY_PROTOCOL)
    const drip = setInterval(() => {
      if (slow.status === 'open') slow.send(Uint8Array.of(0))
    }, 200)
    const deaf = await connection.newStream(HISTORY_PROTOCOL)
    deaf.pause()
    deaf.send(framed(Question.encode(QUESTION)))
    await until('the slow one is reset', () => slow.status !== 'open', 3_000)
    clearInterval(drip)
    const friend = keep(await liveCarrier())
    expect((await ask(friend, teller)).answer?.sealed).to.have.length(STREAM_MESSAGE_BYTES - 10)
  })

  it('one peer’s questions at once are bounded, and others are served meanwhile', async () => {
    const waiting: (() => void)[] = []
    let isHeld = true
    const teller = keep(
      await liveCarrier(
        {},
        {},
        {
          onQuestion: async () => {
            if (isHeld) await new Promise<void>((resolve) => waiting.push(resolve))
            return FULL
          }
        }
      )
    )
    const greedy = keep(await liveHost())
    const connection = await greedy.host.libp2p.dial(multiaddr(teller.address))
    const question = framed(Question.encode(QUESTION))
    for (let i = 0; i < MAX_ANSWERING_PEER + 4; i++) {
      const stream = await connection.newStream(HISTORY_PROTOCOL).catch(() => undefined)
      if (stream?.status === 'open') stream.send(question)
    }
    await until('some wait', () => waiting.length === MAX_ANSWERING_PEER)
    await pause(300)
    expect(waiting).to.have.length(MAX_ANSWERING_PEER)
    isHeld = false
    const friend = keep(await liveCarrier())
    expect((await ask(friend, teller)).answer).to.deep.equal(FULL)
    for (const resolve of waiting) resolve()
  })

  it('a peer’s questions beyond its rate are refused', async () => {
    const teller = keep(await liveCarrier({}, {}, { onQuestion: async () => FULL }))
    const asker = keep(await liveCarrier())
    let answered = 0
    for (let i = 0; i < 20; i++) {
      const some = await Promise.all(Array.from({ length: 6 }, () => ask(asker, teller)))
      answered += some.filter(({ answer }) => answer !== undefined).length
    }
    expect(answered).to.be.within(60, 119)
    expect(teller.metrics.get('streams.busy')).to.equal(120 - answered)
  })

  it('of one peer fewer questions for messages are taken than others, and of other peers meanwhile', async () => {
    const framesQuestions = { perSecond: 0.001, burst: 10 }
    const teller = keep(await liveCarrier({}, {}, { onQuestion: async () => FULL, framesQuestions }))
    const asker = keep(await liveCarrier())
    let answered = 0
    for (let i = 0; i < 20; i++) if ((await ask(asker, teller, FRAMES_QUESTION)).answer !== undefined) answered++
    expect(answered).to.equal(10)
    expect(asker.metrics.get('streams.askedForFrames')).to.equal(20)
    expect(teller.metrics.get('streams.tooMany')).to.equal(10)
    expect((await ask(asker, teller)).answer).to.deep.equal(FULL)
    const friend = keep(await liveCarrier())
    expect((await ask(friend, teller, FRAMES_QUESTION)).answer).to.deep.equal(FULL)
  })

  it('few questions for messages are looked up at once, none for whoever has gone, and other questions do not wait', async () => {
    const held: (() => void)[] = []
    let begun = 0
    const onQuestion = async (_from: unknown, { frames }: Question): Promise<Answer> => {
      if (frames === undefined) return EMPTY_ANSWER
      begun++
      await new Promise<void>((resolve) => held.push(resolve))
      return FULL
    }
    const teller = keep(await liveCarrier({}, {}, { onQuestion }))
    const askers = await Promise.all([1, 2].map(async () => keep(await liveCarrier())))
    const asking = askers.flatMap((asker) => [1, 2, 3, 4].map(() => ask(asker, teller, FRAMES_QUESTION)))
    await until('some are looked up', () => begun === LOOKED_UP_AT_ONCE)
    expect((await ask(askers[0]!, teller)).answer).to.deep.equal(EMPTY_ANSWER)
    await askers[1]!.stop()
    const isGone = (): boolean => teller.host.libp2p.getConnections(peerIdFromString(askers[1]!.id)).length === 0
    await until('one asker has gone', isGone)
    while (held.length > 0) {
      for (const release of held.splice(0)) release()
      await pause(100)
    }
    const answers = await Promise.all(asking)
    expect(answers.slice(0, 4).map(({ answer }) => answer)).to.deep.equal([FULL, FULL, FULL, FULL])
    expect(begun).to.be.below(8)
  })

  it('an answerer that throws leaves the asker without an answer and the node well', async () => {
    const teller = keep(
      await liveCarrier(
        {},
        {},
        {
          onQuestion: async () => {
            throw new Error('broken')
          }
        }
      )
    )
    const asker = keep(await liveCarrier())
    expect((await ask(asker, teller)).answer).to.equal(undefined)
    expect(asker.host.libp2p.getConnections(peerIdFromString(teller.id))).to.have.length(1)
  })
})
