import { expect } from 'chai'
import { EMPTY, utf8 } from '../../src/base/bytes.ts'
import { asUserId } from '../../src/core/identity/user.ts'
import type { Effect, Env, Event } from '../../src/core/machine.ts'
import { signingKey } from '../../src/crypto/sign.ts'
import { addressOf, CALM } from '../../src/sim/network.ts'
import type { JudgingMachine, SimNode } from '../../src/sim/node.ts'
import { RunError, World } from '../../src/sim/world.ts'

const CHANNEL = new Uint8Array(32).fill(7)

/** A machine that does what the test says and writes down what it sees. */
class Script implements JudgingMachine {
  readonly rooms = ['a', 'b']
  readonly seen: Event[] = []
  readonly envs: Env[] = []
  readonly #react: (event: Event, env: Env) => Effect[]

  constructor(react: (event: Event, env: Env) => Effect[] = () => []) {
    this.#react = react
  }

  judge(): 'accept' {
    return 'accept'
  }

  handle(event: Event, env: Env): Effect[] {
    this.seen.push(event)
    this.envs.push(env)
    return this.#react(event, env)
  }
}

const put = (entry: string, isDurable: boolean, room = 'a', order = 0): Effect => ({
  type: 'persist',
  puts: [{ room, entry, order, value: utf8(entry) }],
  deletes: [],
  isDurable
})

function addNode(world: World, name: string, boot: () => JudgingMachine, config = {}): SimNode {
  const { publicKey } = signingKey(new Uint8Array(32).fill(name.charCodeAt(0)))
  return world.addNode({ name, user: asUserId(publicKey), boot, ...config })
}

/** A world of one node whose machine answers a `channels` command with these effects. */
function worldOfOne(effects: Effect[], seed = 1) {
  const world = new World({ seed })
  const machines: Script[] = []
  const node = addNode(world, 'alice', () => {
    machines.push(new Script((event) => (event.type === 'command' ? effects : [])))
    return machines.at(-1)!
  })
  world.start(node)
  return { world, node, machines }
}

const restored = (machine: Script): string[] => {
  const [event] = machine.seen
  return event?.type === 'restore' ? event.rows.map(({ room, entry }) => `${room}/${entry}`) : []
}

describe('sim/world', () => {
  it('a start sends restore first, with the rows of the named rooms in order', () => {
    const { world, node, machines } = worldOfOne([
      put('late', true, 'a', 2),
      put('z', true, 'b'),
      put('early', true, 'a', 1),
      put('other', true, 'c'),
      put('also', true, 'a', 1)
    ])
    world.command(node, { type: 'channels' })
    world.crash(node)
    world.start(node)
    expect(restored(machines[1]!)).to.deep.equal(['a/also', 'a/early', 'a/late', 'b/z'])
  })

  it('a crash between two effects loses the rest, and only the rest', () => {
    for (let performed = 0; performed <= 3; performed++) {
      const { world, node, machines } = worldOfOne([put('1', true), put('2', true), put('3', true)])
      world.crashAfter(node, performed, 'nothing')
      world.command(node, { type: 'channels' })
      world.crash(node)
      world.start(node)
      expect(restored(machines[1]!)).to.have.length(performed)
    }
  })

  it('a power cut takes unsynced rows and never durable ones', () => {
    const { world, node, machines } = worldOfOne([put('old', false), put('kept', true), put('new', false)])
    world.command(node, { type: 'channels' })
    world.crash(node, 'unsynced')
    world.start(node)
    expect(restored(machines[1]!)).to.deep.equal(['a/kept', 'a/old'])
    expect(node.losses).to.have.length(1)
  })

  it('a process that dies without a power cut keeps what it wrote', () => {
    const { world, node, machines } = worldOfOne([put('old', false), put('new', false)])
    world.command(node, { type: 'channels' })
    world.crash(node, 'nothing')
    world.start(node)
    expect(restored(machines[1]!)).to.deep.equal(['a/new', 'a/old'])
    expect(node.losses).to.deep.equal([])
  })

  it('effects and events after a durable write wait until it is on disk', () => {
    const world = new World({ seed: 1 })
    const machine = new Script((event) =>
      event.type === 'command' ? [put('x', true), { type: 'result', id: event.id, result: { type: 'done' } }] : []
    )
    const node = addNode(world, 'alice', () => machine, { syncMs: 100 })
    world.start(node)
    const first = world.command(node, { type: 'channels' })
    const second = world.command(node, { type: 'channels' })
    expect(first.result).to.equal(undefined)
    expect(machine.seen).to.have.length(2)
    world.run(100)
    expect(first.result).to.deep.equal({ type: 'done' })
    expect(second.result).to.equal(undefined)
    world.run(100)
    expect(second.result).to.deep.equal({ type: 'done' })
  })

  it('the latest wakeAt wins, and none wakes after undefined', () => {
    const wishes: (number | undefined)[] = [500, 200, undefined]
    for (const [count, expected] of [
      [1, 500],
      [2, 200],
      [3, undefined]
    ] as const) {
      const world = new World({ seed: 1 })
      let base = 0
      const machine = new Script((event, env) => {
        if (event.type !== 'command') return []
        base = env.uptimeMs
        return wishes.slice(0, count).map((ms) => ({ type: 'wakeAt', uptimeMs: ms === undefined ? ms : base + ms }))
      })
      const node = addNode(world, 'alice', () => machine)
      world.start(node)
      world.command(node, { type: 'channels' })
      world.run(1_000)
      const wakes = machine.seen.flatMap((event, i) =>
        event.type === 'wake' ? [machine.envs[i]!.uptimeMs - base] : []
      )
      expect(wakes).to.deep.equal(expected === undefined ? [] : [expected])
    }
  })

  it('a wake is never early, whatever the rate of the clock', () => {
    for (const rate of [0.5, 0.73, 1, 1.9, 2]) {
      const world = new World({ seed: 3 })
      let due = 0
      const machine = new Script((event, env) => {
        if (event.type === 'restore') due = env.uptimeMs + 1000.3
        return event.type === 'restore' ? [{ type: 'wakeAt', uptimeMs: due }] : []
      })
      world.start(addNode(world, 'alice', () => machine, { rate }))
      world.run(3_000)
      expect(machine.seen.map(({ type }) => type)).to.deep.equal(['restore', 'wake'])
      expect(machine.envs[1]!.uptimeMs).to.be.within(due, due + 2)
    }
  })

  it('a suspended machine sees wall time jump and monotonic time stand still', () => {
    const world = new World({ seed: 1 })
    const machine = new Script()
    const node = addNode(world, 'alice', () => machine)
    world.start(node)
    world.suspend(node, 60_000)
    world.run(60_000)
    world.command(node, { type: 'channels' })
    const [before, after] = [machine.envs[0]!, machine.envs.at(-1)!]
    expect(after.now - before.now).to.equal(60_000)
    expect(after.uptimeMs - before.uptimeMs).to.equal(0)
  })

  it('a paused process handles nothing, and everything in order once it goes on', () => {
    const { world, node, machines } = worldOfOne([])
    world.pause(node)
    world.command(node, { type: 'channels' })
    world.command(node, { type: 'identity' })
    world.run(1_000)
    expect(machines[0]!.seen).to.have.length(1)
    world.resume(node)
    expect(machines[0]!.seen.slice(1).map((event) => event.type === 'command' && event.command.type)).to.deep.equal([
      'channels',
      'identity'
    ])
  })

  it('nothing meant for a dead process reaches the next one', () => {
    const { world, node, machines } = worldOfOne([
      { type: 'lookUp', kind: 'user', id: EMPTY },
      { type: 'wakeAt', uptimeMs: 0 },
      {
        type: 'ask',
        id: 'q',
        channel: CHANNEL,
        to: undefined,
        addresses: [],
        question: { log: { channel: CHANNEL, key: undefined, offset: 0 } }
      }
    ])
    world.command(node, { type: 'channels' })
    world.crash(node)
    world.start(node)
    world.run(60_000)
    expect(machines[1]!.seen.map(({ type }) => type)).to.deep.equal(['restore'])
  })

  it('two answers to one command, an exception and a livelock end the run with the seed and the last events', () => {
    const result: Effect = { type: 'result', id: 1, result: { type: 'done' } }
    const twice = worldOfOne([result, result], 42)
    expect(() => twice.world.command(twice.node, { type: 'channels' })).to.throw(
      RunError,
      /--seed=42[\s\S]*command channels/
    )
    const thrower = new World({ seed: 5 })
    const node = addNode(
      thrower,
      'alice',
      () =>
        new Script(() => {
          throw new TypeError('oops')
        })
    )
    expect(() => thrower.start(node)).to.throw(RunError, /oops/)
  })

  it('adding a node leaves the random streams of the others as they were', () => {
    const draw = (names: string[]): string[] => {
      const world = new World({ seed: 9 })
      const drawn: string[] = []
      for (const name of names) {
        const node = addNode(
          world,
          name,
          () =>
            new Script((_event, env) => {
              drawn.push(`${name} ${env.random(8).join()} ${env.uptimeMs}`)
              return []
            })
        )
        world.start(node)
      }
      return drawn.filter((line) => !line.startsWith('zoe'))
    }
    expect(draw(['zoe', 'alice', 'bob'])).to.deep.equal(draw(['alice', 'bob']))
  })

  it('a question reaches a peer, and its answer comes back; nobody there gives no answer', () => {
    const world = new World({ seed: 1 })
    const answer = { frames: [utf8('f')], descriptors: EMPTY, records: [], sealed: EMPTY, isMore: false }
    const asked = new Script((event) => (event.type === 'question' ? [{ type: 'answer', id: event.id, answer }] : []))
    const bob = addNode(world, 'bob', () => asked)
    const question = { descriptor: { channel: CHANNEL } }
    const asker = new Script((event) =>
      event.type === 'command'
        ? [{ type: 'ask', id: 'q', channel: CHANNEL, to: undefined, addresses: [addressOf(bob)], question }]
        : []
    )
    const alice = addNode(world, 'alice', () => asker)
    world.start(alice)
    world.start(bob)
    world.command(alice, { type: 'channels' })
    world.run(10_000)
    const [found] = asker.seen.filter((event) => event.type === 'answer')
    expect(found).to.deep.equal({ type: 'answer', id: 'q', from: bob.user, answer })
    world.network.cut(bob, alice)
    world.command(alice, { type: 'channels' })
    world.run(20_000)
    expect(asker.seen.at(-1)).to.deep.equal({ type: 'answer', id: 'q', from: undefined, answer: undefined })
    expect(world.network.streams).to.have.length(2)
  })

  it('an ordinary network loses nothing', () => {
    expect(CALM.lossRate + CALM.repeatRate + CALM.flipRate + CALM.streamLossRate).to.equal(0)
  })
})
