import { expect } from 'chai'
import { utf8 } from '../../src/base/bytes.ts'
import { type Frame, makeFrame } from '../../src/core/channel/frame.ts'
import { asUserId } from '../../src/core/identity/user.ts'
import type { Effect, Event } from '../../src/core/machine.ts'
import { type SigningKey, signingKey } from '../../src/crypto/sign.ts'
import { CALM, Network } from '../../src/sim/network.ts'
import type { SimNode } from '../../src/sim/node.ts'
import { World } from '../../src/sim/world.ts'

const CHANNEL = new Uint8Array(32).fill(7)

interface Member {
  readonly node: SimNode
  readonly key: SigningKey
  readonly events: Event[]
  readonly frames: () => number
}

/** Subscribed nodes that take every frame but those whose boot begins with 1 (ignored) or 2 (refused). */
function gathering(names: readonly string[], seed = 1, degree?: number): { world: World; members: Member[] } {
  const world = new World({ seed, ...(degree !== undefined && { degree }) })
  const members = names.map((name): Member => {
    const key = signingKey(new Uint8Array(32).fill(name.charCodeAt(0)))
    const events: Event[] = []
    const judge = (frame: Frame) => (['accept', 'ignore', 107] as const)[frame.body.leave!.boot[0]!]!
    const handle = (event: Event): Effect[] => {
      events.push(event)
      return event.type === 'restore' ? [{ type: 'subscribe', channel: CHANNEL }] : []
    }
    const node = world.addNode({ name, user: asUserId(key.publicKey), boot: () => ({ rooms: [], judge, handle }) })
    return { node, key, events, frames: () => events.filter(({ type }) => type === 'frame').length }
  })
  for (const { node } of members) world.start(node)
  world.run(1_000)
  return { world, members }
}

const leave = (key: SigningKey, counter: number, verdict = 0): Uint8Array =>
  makeFrame(CHANNEL, key, { leave: { group: new Uint8Array(0), boot: new Uint8Array(16).fill(verdict), counter } })
    .bytes

const counts = (members: readonly Member[]): number[] => members.map(({ frames }) => frames())

describe('sim/network', () => {
  it('a frame reaches every other subscriber once, and the publisher learns how many there are', () => {
    const { world, members } = gathering(['a', 'b', 'c'])
    expect(world.network.publish(members[0]!.node, CHANNEL, leave(members[0]!.key, 0))).to.equal(2)
    world.run(1_000)
    expect(counts(members)).to.deep.equal([0, 1, 1])
  })

  it('the same bytes are not published twice, as in gossipsub', () => {
    const { world, members } = gathering(['a', 'b'])
    const bytes = leave(members[0]!.key, 0)
    world.network.publish(members[0]!.node, CHANNEL, bytes)
    expect(world.network.publish(members[0]!.node, CHANNEL, bytes)).to.equal(0)
    world.run(200_000)
    expect(world.network.publish(members[0]!.node, CHANNEL, bytes)).to.equal(1)
  })

  it('topics become ready with a neighbour and cease to be without one', () => {
    const { world, members } = gathering(['a', 'b'])
    const ready = () => members[0]!.events.flatMap((event) => (event.type === 'carrier' ? [event.isReady] : []))
    expect(ready()).to.deep.equal([true])
    world.network.isolate(members[0]!.node)
    world.run(1_000)
    world.network.heal()
    world.run(1_000)
    expect(ready()).to.deep.equal([true, false, true])
  })

  it('no machine sees a frame with a bad signature, and none whose judge does not accept', () => {
    const { world, members } = gathering(['a', 'b'])
    const [a, b] = members as [Member, Member]
    const bad = leave(a.key, 0)
    bad[bad.length - 1]! ^= 1
    world.network.inject(CHANNEL, bad)
    world.network.inject(CHANNEL, utf8('no frame'))
    world.network.publish(a.node, CHANNEL, leave(a.key, 1, 1))
    world.network.publish(a.node, CHANNEL, leave(a.key, 2, 2))
    world.run(1_000)
    expect(b.frames()).to.equal(0)
    expect(b.node.rejects).to.deep.equal(
      new Map([
        [104, 1],
        [102, 1],
        [107, 1]
      ])
    )
  })

  it('a cut holds in one direction, and who has a frame carries it on', () => {
    const { world, members } = gathering(['a', 'b', 'c'])
    const [a, b, c] = members as [Member, Member, Member]
    world.network.cut(a.node, c.node)
    world.network.publish(a.node, CHANNEL, leave(a.key, 0))
    world.network.publish(c.node, CHANNEL, leave(c.key, 0))
    world.run(1_000)
    expect(counts([a, b, c])).to.deep.equal([1, 2, 1])
  })

  it('what is refused is not carried on', () => {
    const { world, members } = gathering(['a', 'b', 'c'])
    const [a, , c] = members as [Member, Member, Member]
    world.network.cut(a.node, c.node)
    world.network.publish(a.node, CHANNEL, leave(a.key, 0, 1))
    world.run(1_000)
    expect(c.node.seen.size).to.equal(0)
  })

  it('nothing crosses a partition until it heals', () => {
    const { world, members } = gathering(['a', 'b', 'c', 'd'])
    const [a, b, c, d] = members as [Member, Member, Member, Member]
    world.network.partition([a.node, b.node], [c.node, d.node])
    world.network.publish(a.node, CHANNEL, leave(a.key, 0))
    world.run(1_000)
    expect(counts(members)).to.deep.equal([0, 1, 0, 0])
    world.network.heal()
    world.network.publish(a.node, CHANNEL, leave(a.key, 1))
    world.run(1_000)
    expect(counts(members)).to.deep.equal([0, 2, 1, 1])
  })

  it('loss, repeats and flips happen at about their rates', () => {
    const { world, members } = gathering(['a', 'b'])
    const [a, b] = members as [Member, Member]
    world.network.conditions = { ...world.network.conditions, lossRate: 0.3 }
    for (let i = 0; i < 400; i++) world.network.publish(a.node, CHANNEL, leave(a.key, i))
    world.run(10_000)
    expect(b.frames()).to.be.within(240, 320)
    const before = b.frames()
    world.network.conditions = { ...world.network.conditions, lossRate: 0, repeatRate: 0.5, flipRate: 0.25 }
    for (let i = 0; i < 400; i++) world.network.publish(a.node, CHANNEL, leave(a.key, 1_000 + i))
    world.run(10_000)
    expect(b.frames() - before).to.be.within(560, 640)
    const refused = [...b.node.rejects.values()].reduce((sum, count) => sum + count, 0)
    expect(refused).to.be.within(60, 140)
  })

  it('everything ever carried can be replayed, past what gossip remembers', () => {
    const { world, members } = gathering(['a', 'b'])
    const [a, b] = members as [Member, Member]
    world.network.publish(a.node, CHANNEL, leave(a.key, 0))
    world.run(1_000)
    world.network.replay(world.network.packets[0]!)
    world.run(1_000)
    expect(b.frames()).to.equal(2)
    expect(world.network.packets).to.have.length(1)
  })

  describe('with a mesh', () => {
    const NAMES = Array.from({ length: 30 }, (_, i) => String.fromCharCode(97 + i))

    it('a frame reaches everybody once, over few neighbours each', () => {
      for (let seed = 1; seed <= 10; seed++) {
        const { world, members } = gathering(NAMES, seed, 6)
        const links = world.network.linksOf(CHANNEL)
        expect(links.length).to.be.within(NAMES.length, NAMES.length * 3)
        const recipients = world.network.publish(members[0]!.node, CHANNEL, leave(members[0]!.key, 0))
        expect(recipients).to.be.within(2, 12)
        world.run(2_000)
        expect(counts(members)).to.deep.equal([0, ...Array(NAMES.length - 1).fill(1)])
      }
    })

    it('each part of a split network is whole in itself, and a node that died is gone round', () => {
      const { world, members } = gathering(NAMES, 1, 4)
      const nodes = members.map(({ node }) => node)
      world.network.partition(nodes.slice(0, 10), nodes.slice(10))
      for (const node of nodes.slice(3, 6)) world.crash(node)
      world.network.publish(nodes[0]!, CHANNEL, leave(members[0]!.key, 0))
      world.run(2_000)
      const heard = counts(members)
      expect([...heard.slice(1, 3), ...heard.slice(6, 10)]).to.deep.equal([1, 1, 1, 1, 1, 1])
      expect(heard.slice(10)).to.deep.equal(Array(20).fill(0))
    })
  })

  it('a node with little bandwidth sends one after the other', () => {
    const { world, members } = gathering(['a', 'b', 'c', 'd'])
    const bytes = leave(members[0]!.key, 0)
    const secondEach = bytes.length * 8
    world.network.conditions = { ...CALM, medianDelayMs: 1, delaySigma: 0, bandwidth: secondEach }
    world.network.publish(members[0]!.node, CHANNEL, bytes)
    const heard = [500, 1_000, 1_000, 1_000].map((ms) => {
      world.run(ms)
      return counts(members).reduce((sum, count) => sum + count, 0)
    })
    expect(heard).to.deep.equal([0, 1, 2, 3])
  })

  it('says of everything that is sent what it is and how large, once for each way it takes', () => {
    const { world, members } = gathering(['a', 'b', 'c'])
    const sent: [string, number][] = []
    world.network.onSent = (kind, size) => sent.push([kind, size])
    const bytes = leave(members[0]!.key, 0)
    world.network.publish(members[0]!.node, CHANNEL, bytes)
    expect(sent).to.deep.equal([
      ['leave', bytes.length],
      ['leave', bytes.length]
    ])
  })

  it('a network that does not share frames gives each node its own', () => {
    const { world, members } = gathering(['a', 'b', 'c'])
    const network = new Network(world, false)
    network.publish(members[0]!.node, CHANNEL, leave(members[0]!.key, 0))
    const packet = network.packets[0]!
    expect(network.read(packet)).to.not.equal(network.read(packet))
    expect(world.network.read(packet)).to.equal(world.network.read(packet))
  })
})
