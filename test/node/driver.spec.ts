import { expect } from 'chai'
import { EMPTY } from '../../src/base/bytes.ts'
import { InternalError, UsageError } from '../../src/base/errors.ts'
import type { Frame } from '../../src/core/channel/frame.ts'
import type { UserId } from '../../src/core/identity/user.ts'
import type { Effect, Event, HandOutcome, Row, RowKey } from '../../src/core/machine.ts'
import { Driver, type JudgingMachine } from '../../src/node/driver.ts'
import { MAX_STRANGERS } from '../../src/node/event-queue.ts'
import { Counters } from '../../src/node/report.ts'
import type { Nature, World } from '../../src/node/world.ts'
import type { Answer } from '../../src/wire/messages.ts'

const CHANNEL = new Uint8Array(32)
const FRAME = Uint8Array.of(1)
const BLANK: Answer = { descriptors: EMPTY, records: [], frames: [], sealed: EMPTY, isMore: false }

/** A machine that answers each event as told. */
class ToyMachine implements JudgingMachine {
  readonly rooms = ['toy']
  readonly seen: Event[] = []
  respond: (event: Event) => Effect[] = () => []

  judge(): 'accept' {
    return 'accept'
  }

  handle(event: Event): Effect[] {
    this.seen.push(event)
    return this.respond(event)
  }
}

type Batch = Parameters<World['write']>[0]

/** A world that notes what happens, and whose writes end when the test says so. */
class ToyWorld implements World {
  readonly log: string[] = []
  readonly batches: Batch[] = []
  readonly writes: PromiseWithResolvers<void>[] = []
  recipients = 1
  isTaken = (): Promise<boolean> => Promise.resolve(true)

  write(batch: Batch): Promise<void> {
    this.log.push(batch.isDurable ? 'write durable' : 'write')
    this.batches.push(batch)
    const write = Promise.withResolvers<void>()
    this.writes.push(write)
    return write.promise
  }
  destroy(cohort: string, before: number): Promise<void> {
    this.log.push(`destroy ${cohort} ${before}`)
    return Promise.resolve()
  }
  subscribe(): void {
    this.log.push('subscribe')
  }
  unsubscribe(): void {
    this.log.push('unsubscribe')
  }
  publish(_channel: Uint8Array, frame: Uint8Array): Promise<number> {
    this.log.push(`publish ${frame.join()}`)
    return Promise.resolve(this.recipients)
  }
  deliver(_to: UserId, _channel: Uint8Array, frame: Uint8Array): Promise<boolean> {
    this.log.push(`deliver ${frame.join()}`)
    return this.isTaken()
  }
  hand = (_to: UserId, frame: Uint8Array, isOnlyWay: boolean): Promise<HandOutcome> => {
    this.log.push(`hand ${frame.join()}${isOnlyWay ? ', only way' : ''}`)
    return Promise.resolve('unknown')
  }
  ask(): Promise<{ from: undefined; answer: undefined }> {
    this.log.push('ask')
    return Promise.resolve({ from: undefined, answer: undefined })
  }
  frames = (): Promise<Answer> => Promise.resolve({ ...BLANK, frames: [FRAME] })
  putRecord(): Promise<number> {
    this.log.push('putRecord')
    return Promise.resolve(1)
  }
  lookUp(): Promise<undefined> {
    this.log.push('lookUp')
    return Promise.resolve(undefined)
  }
  refuse(): void {
    this.log.push('refuse')
  }
}

/** A clock that moves when the test moves it, and an event loop that turns when the test turns it. */
class ToyNature implements Nature {
  uptime = 0
  #soon: (() => void)[] = []
  timers: { at: number; callback: () => void }[] = []

  now(): number {
    return 1_000_000 + this.uptime
  }
  uptimeMs(): number {
    return this.uptime
  }
  random(length: number): Uint8Array {
    return new Uint8Array(length)
  }
  after(delayMs: number, callback: () => void): () => void {
    const timer = { at: this.uptime + delayMs, callback }
    this.timers.push(timer)
    return () => {
      this.timers = this.timers.filter((other) => other !== timer)
    }
  }
  soon(callback: () => void): void {
    this.#soon.push(callback)
  }
  async turn(): Promise<void> {
    for (let i = 0; i < 20; i++) {
      for (const callback of this.#soon.splice(0)) callback()
      await Promise.resolve()
    }
  }
  async moveTo(uptimeMs: number): Promise<void> {
    this.uptime = uptimeMs
    for (const timer of this.timers.filter(({ at }) => at <= uptimeMs)) {
      this.timers = this.timers.filter((other) => other !== timer)
      timer.callback()
    }
    await this.turn()
  }
}

function setUp() {
  const machine = new ToyMachine()
  const world = new ToyWorld()
  const nature = new ToyNature()
  const metrics = new Counters()
  const driver = new Driver({ machine, world, nature, metrics })
  return { machine, world, nature, metrics, driver }
}

const row = (entry: string, value = 1): Row => ({ room: 'toy', entry, value: Uint8Array.of(value) })
const persist = (isDurable: boolean, puts: Row[], deletes: RowKey[] = []): Effect => ({
  type: 'persist',
  puts,
  deletes,
  isDurable
})
const publish = (byte: number, receipt?: string): Effect => ({
  type: 'publish',
  channel: CHANNEL,
  frame: Uint8Array.of(byte),
  ...(receipt === undefined ? {} : { receipt })
})
const frame = (n: number): Frame => ({ bodyBytes: Uint8Array.of(n), bytes: FRAME }) as unknown as Frame
const caught = async (promise: Promise<unknown>): Promise<unknown> =>
  await promise.then(
    () => undefined,
    (e) => e
  )

describe('driver', () => {
  it('publishes nothing before the durable persist that comes before it is on the disk', async () => {
    const { machine, world, nature, driver } = setUp()
    machine.respond = ({ type }) => (type === 'restore' ? [persist(true, [row('vote')]), publish(1)] : [publish(2)])
    driver.restore([])
    driver.frame(frame(0), false)
    await nature.turn()
    expect(world.log).to.deep.equal(['write durable'])
    expect(machine.seen.map(({ type }) => type)).to.deep.equal(['restore'])
    world.writes[0]!.resolve()
    await nature.turn()
    expect(world.log).to.deep.equal(['write durable', 'publish 1', 'publish 2'])
  })

  it('does not wait for a persist that is not durable, and writes it before a later durable one or with it', async () => {
    const { machine, world, nature, driver } = setUp()
    machine.respond = () => [persist(false, [row('a')]), publish(1)]
    driver.restore([])
    await nature.turn()
    expect(world.log).to.deep.equal(['publish 1', 'write'])
    machine.respond = () => [persist(false, [row('b')]), persist(true, [row('c')]), publish(2)]
    driver.readiness(CHANNEL, true)
    await nature.turn()
    expect(world.log).to.deep.equal(['publish 1', 'write', 'write durable'])
    expect(world.batches[1]!.puts.map(({ entry }) => entry)).to.deep.equal(['b', 'c'])
  })

  it('merges the persists of one turn so that the last word on each row stands', async () => {
    const { machine, world, nature, driver } = setUp()
    machine.respond = () => [
      persist(false, [row('a', 1), row('b', 1)]),
      persist(false, [row('a', 2)], [{ room: 'toy', entry: 'b' }]),
      persist(false, [row('c', 3)], [{ room: 'toy', entry: 'c' }])
    ]
    driver.restore([])
    await nature.turn()
    expect(world.batches).to.have.length(1)
    expect(world.batches[0]!.puts.map(({ entry, value }) => `${entry}${value[0]}`)).to.deep.equal(['a2', 'c3'])
    expect(world.batches[0]!.deletes.map(({ entry }) => entry)).to.deep.equal(['b'])
  })

  it('holds back events while more is on its way to the disk than it may take', async () => {
    const { machine, world, nature, driver } = setUp()
    const big = { room: 'toy', entry: 'big', value: new Uint8Array(9 * 1024 * 1024) }
    machine.respond = ({ type }) => (type === 'restore' ? [persist(false, [big])] : [publish(1)])
    driver.restore([])
    await nature.turn()
    driver.readiness(CHANNEL, true)
    await nature.turn()
    expect(world.log).to.deep.equal(['write'])
    world.writes[0]!.resolve()
    await nature.turn()
    expect(world.log).to.deep.equal(['write', 'publish 1'])
  })

  it('fails closed when the store refuses a durable write', async () => {
    const { machine, world, nature, driver } = setUp()
    machine.respond = ({ type }) => (type === 'command' ? [persist(true, [row('a')]), publish(1)] : [publish(9)])
    const answer = caught(driver.command({ type: 'channels' }))
    await nature.turn()
    world.writes[0]!.reject(new Error('no space'))
    await nature.turn()
    expect(await answer)
      .to.be.instanceOf(UsageError)
      .with.property('code', 'STORE_FAILED')
    driver.frame(frame(0), false)
    driver.readiness(CHANNEL, true)
    await nature.turn()
    expect(world.log).to.deep.equal(['write durable', 'refuse'])
    expect(await caught(driver.command({ type: 'channels' }))).to.have.property('code', 'STORE_FAILED')
    expect(driver.judge(frame(0))).to.equal('ignore')
  })

  it('fails closed when the store refuses a write that nobody waits for', async () => {
    const { machine, world, nature, driver } = setUp()
    const failures: string[] = []
    driver.onFailure(({ code }) => failures.push(code))
    machine.respond = () => [persist(false, [row('a')])]
    driver.restore([])
    await nature.turn()
    world.writes[0]!.reject(new Error('no space'))
    await nature.turn()
    machine.respond = () => [publish(1)]
    driver.readiness(CHANNEL, true)
    await nature.turn()
    expect(failures).to.deep.equal(['STORE_FAILED'])
    expect(world.log).to.deep.equal(['write', 'refuse'])
  })

  it('fails closed when the machine throws while it handles an event', async () => {
    const { machine, world, nature, driver } = setUp()
    machine.respond = ({ type }) => {
      if (type === 'frame') throw new TypeError('broken')
      return [publish(1)]
    }
    const answers = [caught(driver.command({ type: 'channels' }))]
    driver.frame(frame(0), false)
    await nature.turn()
    answers.push(caught(driver.command({ type: 'channels' })))
    await nature.turn()
    for (const answer of answers) expect(await answer).to.be.instanceOf(InternalError)
    expect(world.log).to.deep.equal(['publish 1', 'refuse'])
    expect(driver.failure).to.be.instanceOf(InternalError)
  })

  it('fails closed when the machine throws while it judges a frame', async () => {
    const { machine, world, driver } = setUp()
    machine.judge = () => {
      throw new TypeError('broken')
    }
    expect(driver.judge(frame(0))).to.equal('ignore')
    expect(driver.failure).to.be.instanceOf(InternalError)
    expect(world.log).to.deep.equal(['refuse'])
  })

  it('resolves a command with its result and rejects it with its error', async () => {
    const { machine, nature, driver } = setUp()
    machine.respond = (event) => {
      if (event.type !== 'command') return []
      const result =
        event.command.type === 'channels'
          ? ({ type: 'done' } as const)
          : new UsageError('NO_CHANNEL', 'no such channel')
      return [{ type: 'result', id: event.id, result }]
    }
    const answers = [driver.command({ type: 'channels' }), caught(driver.command({ type: 'identity' }))]
    await nature.turn()
    expect(await answers[0]).to.deep.equal({ type: 'done' })
    expect(await answers[1]).to.have.property('code', 'NO_CHANNEL')
  })

  it('wakes the machine once, at the latest time it asked for and never earlier', async () => {
    const { machine, nature, driver } = setUp()
    machine.respond = ({ type }) =>
      type === 'restore' ? [50, 30, 40].map((uptimeMs) => ({ type: 'wakeAt', uptimeMs }) as const) : []
    driver.restore([])
    await nature.turn()
    await nature.moveTo(39)
    expect(machine.seen).to.have.length(1)
    await nature.moveTo(40)
    await nature.moveTo(100)
    expect(machine.seen.map(({ type }) => type)).to.deep.equal(['restore', 'wake'])
  })

  it('waits on when a timer fires early', async () => {
    const { machine, nature, driver } = setUp()
    machine.respond = ({ type }) => (type === 'restore' ? [{ type: 'wakeAt', uptimeMs: 50 }] : [])
    driver.restore([])
    await nature.turn()
    nature.timers.splice(0)[0]!.callback()
    await nature.moveTo(49)
    expect(machine.seen).to.have.length(1)
    await nature.moveTo(50)
    expect(machine.seen).to.have.length(2)
  })

  it('drops frames of strangers beyond their bound, counts them, and drops no member’s', async () => {
    const { machine, nature, metrics, driver } = setUp()
    for (let i = 0; i < MAX_STRANGERS + 10; i++) driver.frame(frame(i % 256), true)
    for (let i = 0; i < 1_000; i++) driver.frame(frame(i % 256), false)
    for (let i = 0; i < 20; i++) await nature.turn()
    expect(machine.seen).to.have.length(MAX_STRANGERS + 1_000)
    expect(metrics.get('driver.strangersDropped')).to.equal(10)
  })

  it('lets strangers take turns with members, and both wait for commands', async () => {
    const { machine, nature, driver } = setUp()
    for (let i = 0; i < 16; i++) driver.frame(frame(1), false)
    for (let i = 0; i < 2; i++) driver.frame(frame(2), true)
    void caught(driver.command({ type: 'channels' }))
    await nature.turn()
    const order = machine.seen.map((event) => (event.type === 'frame' ? event.frame.bodyBytes[0] : event.type))
    expect(order[0]).to.equal('command')
    expect(order.indexOf(2)).to.equal(8)
  })

  it('tells the machine what became of a publish that has a receipt', async () => {
    const { machine, world, nature, driver } = setUp()
    machine.respond = ({ type }) => (type === 'restore' ? [publish(1, 'mine'), publish(2)] : [])
    world.recipients = 3
    driver.restore([])
    await nature.turn()
    expect(machine.seen[1]).to.deep.equal({ type: 'published', receipt: 'mine', recipients: 3 })
    expect(machine.seen).to.have.length(2)
  })

  it('hands a frame for one peer to that peer, and publishes it when it was not taken', async () => {
    const { machine, world, nature, driver } = setUp()
    const answers = [Promise.resolve(true), Promise.resolve(false), Promise.reject(new Error('no'))]
    world.isTaken = () => answers.shift()!
    machine.respond = ({ type }) =>
      type === 'restore'
        ? [1, 2, 3].map((byte) => ({ ...publish(byte, `${byte}`), to: CHANNEL as UserId }) as Effect)
        : []
    driver.restore([])
    await nature.turn()
    await nature.turn()
    expect(world.log).to.deep.equal(['deliver 1', 'deliver 2', 'deliver 3', 'publish 2', 'publish 3'])
    expect(machine.seen.slice(1)).to.deep.equal([
      { type: 'published', receipt: '1', recipients: 1, isHanded: true },
      { type: 'published', receipt: '2', recipients: 1 },
      { type: 'published', receipt: '3', recipients: 1 }
    ])
  })

  it('tells the machine what became of a session frame, a failure when the world throws', async () => {
    const { machine, world, nature, driver } = setUp()
    const hand = (byte: number, isOnlyWay: boolean): Effect => {
      const frame = Uint8Array.of(byte)
      return { type: 'hand', to: CHANNEL as UserId, frame, receipt: `${byte}`, isOnlyWay }
    }
    machine.respond = ({ type }) => (type === 'restore' ? [hand(1, false), hand(2, true)] : [])
    driver.restore([])
    await nature.turn()
    expect(world.log).to.deep.equal(['hand 1', 'hand 2, only way'])
    expect(machine.seen.slice(1)).to.deep.equal([
      { type: 'handed', receipt: '1', outcome: 'unknown' },
      { type: 'handed', receipt: '2', outcome: 'unknown' }
    ])
    world.hand = () => Promise.reject(new Error('no'))
    machine.respond = ({ type }) => (type === 'carrier' ? [hand(3, false)] : [])
    driver.readiness(CHANNEL, true)
    await nature.turn()
    expect(machine.seen.at(-1)).to.deep.equal({ type: 'handed', receipt: '3', outcome: 'failed' })
  })

  it('answers a session frame once what the machine made of it is on the disk', async () => {
    const { machine, world, nature, driver } = setUp()
    machine.respond = (event) =>
      event.type === 'session'
        ? [persist(true, [row('text')]), { type: 'answerHand', id: event.id, outcome: 'taken' }]
        : []
    let outcome: HandOutcome | undefined
    const answered = driver.session(CHANNEL as UserId, FRAME, AbortSignal.timeout(60_000)).then((said) => {
      outcome = said
    })
    await nature.turn()
    expect(machine.seen).to.deep.equal([{ type: 'session', id: 1, from: CHANNEL, frame: FRAME }])
    expect(outcome).to.equal(undefined)
    world.writes[0]!.resolve()
    await answered
    expect(outcome).to.equal('taken')
  })

  it('has no answer for a session frame when nobody waits, when it fails, and when it stops', async () => {
    const { machine, nature, driver } = setUp()
    const from = CHANNEL as UserId
    const [nobody, forEver] = [new AbortController(), new AbortController().signal]
    const [left, kept] = [nobody.signal, forEver].map((signal) => driver.session(from, FRAME, signal))
    await nature.turn()
    nobody.abort()
    expect(await left).to.equal(undefined)
    expect(await driver.session(from, FRAME, nobody.signal)).to.equal(undefined)
    const stopped = driver.stop()
    expect(await driver.session(from, FRAME, forEver)).to.equal(undefined)
    await nature.turn()
    await stopped
    expect(await kept).to.equal(undefined)
    expect(machine.seen.map(({ type }) => type)).to.deep.equal(['session', 'session', 'stop'])
    expect(await driver.session(from, FRAME, forEver)).to.equal(undefined)
  })

  it('answers lookUp and ask with an event even when the world throws', async () => {
    const { machine, world, nature, driver } = setUp()
    world.lookUp = () => Promise.reject(new Error('no'))
    world.ask = () => Promise.reject(new Error('no'))
    machine.respond = ({ type }) =>
      type !== 'restore'
        ? []
        : [
            { type: 'lookUp', kind: 'user', id: CHANNEL },
            { type: 'ask', id: 'q', channel: CHANNEL, to: undefined, addresses: [], question: {} }
          ]
    driver.restore([])
    await nature.turn()
    expect(machine.seen.slice(1)).to.deep.equal([
      { type: 'found', kind: 'user', id: CHANNEL, value: undefined },
      { type: 'answer', id: 'q', from: undefined, answer: undefined }
    ])
  })

  it('gives a question its answer, and none once nobody waits', async () => {
    const { machine, nature, driver } = setUp()
    const answer = { ...BLANK, descriptors: FRAME, sealed: FRAME }
    const stopped = new AbortController()
    const from = CHANNEL as never
    const waiting = driver.question(from, {}, stopped.signal)
    await nature.turn()
    machine.respond = (event) => (event.type === 'question' ? [{ type: 'answer', id: event.id, answer }] : [])
    const answered = driver.question(from, {}, stopped.signal)
    await nature.turn()
    expect(await answered).to.equal(answer)
    stopped.abort()
    expect(await waiting).to.equal(undefined)
  })

  it('answers a question for messages from the store, and not at all when that cannot be read', async () => {
    const { machine, world, nature, driver } = setUp()
    machine.respond = (event) =>
      event.type === 'question' ? [{ type: 'answerFrames', id: event.id, channel: CHANNEL, ranges: [] }] : []
    const ask = (): Promise<Answer | undefined> =>
      driver.question(CHANNEL as never, {}, AbortSignal.timeout(60_000)) as Promise<Answer | undefined>
    const answered = ask()
    await nature.turn()
    expect((await answered)?.frames).to.deep.equal([FRAME])
    world.frames = () => Promise.reject(new Error('damaged'))
    const unanswered = ask()
    await nature.turn()
    expect(await unanswered).to.equal(undefined)
  })

  it('goes on notifying when a listener throws', async () => {
    const { machine, nature, driver } = setUp()
    const heard: string[] = []
    driver.onNotice(() => {
      throw new Error('listener')
    })
    driver.onNotice(({ type }) => heard.push(type))
    machine.respond = () => [{ type: 'notify', notice: { type: 'keyState', channel: CHANNEL, state: 'ready' } }]
    driver.restore([])
    await nature.turn()
    expect(heard).to.deep.equal(['keyState'])
    expect(driver.failure).to.equal(undefined)
  })

  it('finishes writes and refuses commands when it stops', async () => {
    const { machine, world, nature, driver } = setUp()
    machine.respond = ({ type }) => (type === 'restore' ? [persist(true, [row('a')]), publish(1)] : [])
    driver.restore([])
    const stopped = driver.stop()
    await nature.turn()
    world.writes[0]!.resolve()
    await stopped
    expect(world.log).to.deep.equal(['write durable', 'publish 1', 'refuse'])
    expect(await caught(driver.command({ type: 'channels' }))).to.have.property('code', 'STOPPED')
  })

  it('lets the machine say its last words when it stops, and waits until they are out, not for ever', async () => {
    for (const isOut of [true, false]) {
      const { machine, world, nature, driver } = setUp()
      machine.respond = ({ type }) => (type === 'stop' ? [publish(7)] : [])
      const sent = Promise.withResolvers<number>()
      world.publish = () => sent.promise
      driver.restore([])
      await nature.turn()
      let isStopped = false
      const stopped = driver.stop().then(() => {
        isStopped = true
      })
      await nature.turn()
      expect(isStopped).to.equal(false)
      if (isOut) sent.resolve(1)
      else await nature.moveTo(300)
      await stopped
      expect(machine.seen.map(({ type }) => type)).to.deep.equal(['restore', 'stop'])
      expect(nature.timers).to.deep.equal([])
    }
  })
})
