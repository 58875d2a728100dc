import { expect } from 'chai'
import { type Frame, readFrame } from '../../../src/core/channel/frame.ts'
import { BATCH_MS, HANDED_TRIES } from '../../../src/core/params.ts'
import { Refusal } from '../../../src/core/reject.ts'
import { peekKind } from '../../../src/sim/trace.ts'
import { Authentication } from '../../../src/wire/messages.ts'
import { Bus, type Node } from '../bus.ts'

const kindsOf = (frames: readonly (Frame | Refusal | undefined)[]): Map<string, number> => {
  const counts = new Map<string, number>()
  for (const frame of frames) {
    if (frame === undefined || frame instanceof Refusal) continue
    counts.set(frame.kind, (counts.get(frame.kind) ?? 0) + 1)
  }
  return counts
}
const handed = (bus: Bus, channel: Uint8Array): Map<string, number> =>
  kindsOf(bus.handed.map((bytes) => readFrame(channel, bytes)))
const published = (bus: Bus, channel: Uint8Array): Map<string, number> => kindsOf(bus.frames(channel))

function open(
  count: number,
  settings: Parameters<Bus['open']>[1] = {}
): { bus: Bus; people: Node[]; alice: Node; channel: Uint8Array } {
  const bus = new Bus('storm')
  bus.isHandingOver = true
  const alice = bus.add('alice')
  const channel = bus.open(alice, settings)
  return { bus, alice, channel, people: Array.from({ length: count }, (_, i) => bus.add(`peer${i}`)) }
}

describe('what requester and manager say to each other', () => {
  it('goes from one to the other alone when they are connected, challenged or not', () => {
    for (const authentication of [Authentication.BY_SIGNATURE, Authentication.BY_CHALLENGE]) {
      const { bus, alice, channel, people } = open(2, { authentication })
      for (const node of people) bus.join(node, bus.invite(alice, channel))
      bus.pass(2_000)
      for (const node of people) expect(bus.view(node, channel)).to.include({ key: 'ready', members: 3 })
      const isChallenged = authentication === Authentication.BY_CHALLENGE
      expect(Object.fromEntries(handed(bus, channel))).to.deep.equal({
        keyRequest: 2,
        ...(isChallenged && { challenge: 2, challengeAnswer: 2 }),
        grant: 2
      })
      for (const kind of ['keyRequest', 'challenge', 'challengeAnswer', 'grant']) {
        expect(published(bus, channel).has(kind)).to.equal(false)
      }
    }
  })

  it('goes on the topic once a few tries have had no answer that way', () => {
    const { bus, alice, channel, people } = open(1)
    const [bob] = people as [Node]
    // Every frame is taken, and then lost.
    bus.carry = () => {}
    bus.deliver = () => {}
    bus.join(bob, bus.invite(alice, channel))
    bus.ghosts = 1
    bus.pass(60_000)
    expect(handed(bus, channel).get('keyRequest')).to.be.at.least(HANDED_TRIES)
    expect(published(bus, channel).get('keyRequest')).to.be.at.least(1)
  })

  it('is challenged and granted once, whatever other tries come while the first waits for its epoch', () => {
    const { bus, alice, channel, people } = open(2, { authentication: Authentication.BY_CHALLENGE })
    const [bob, carol] = people as [Node, Node]
    bus.isHandingOver = false
    const invite = bus.invite(alice, channel)
    const held: (() => void)[] = []
    bus.carry = (deliver, to, bytes) =>
      to === alice && peekKind(bytes) === 'keyRequest' ? held.push(deliver) : deliver()
    bus.join(bob, invite)
    bus.pass(700)
    bus.carry = (deliver) => deliver()
    bus.join(carol, invite)
    expect(bus.view(carol, channel).key).to.equal('ready')
    expect(held).to.have.length(2)
    for (const deliver of held) deliver()
    bus.pass(3_000)
    expect(published(bus, channel).get('challenge')).to.equal(2)
    expect(published(bus, channel).get('grant')).to.equal(2)
    expect(bus.view(bob, channel)).to.include({ key: 'ready', members: 3 })
  })
})

describe('a storm of newcomers', () => {
  it('takes at most ten announcements, however long it goes on within ten seconds, and leaves nobody waiting', () => {
    for (const gapMs of [10, 60, 120, 240]) {
      const { bus, alice, channel, people } = open(40)
      const invite = bus.invite(alice, channel)
      for (const node of people) {
        bus.join(node, invite)
        bus.pass(gapMs)
      }
      bus.pass(3_000)
      for (const node of people) expect(bus.view(node, channel)).to.include({ key: 'ready', members: 41 })
      expect(published(bus, channel).get('announcement'), `one in ${gapMs} ms`).to.be.at.most(1 + 10)
    }
  })

  it('holds up no removal beyond the first window, and none for cause at all', () => {
    for (const isForCause of [false, true]) {
      const { bus, alice, channel, people } = open(60)
      const invite = bus.invite(alice, channel)
      const coming = [...people]
      // Until the fourth batch has just been let in, and the window is a long one.
      while (bus.view(alice, channel).serial < 5) {
        bus.join(coming.shift()!, invite)
        bus.pass(60)
      }
      const [removed, ...rest] = people.filter((node) => bus.view(node, channel)?.key === 'ready') as [Node, ...Node[]]
      const serials = (): number[] => rest.map((node) => bus.view(node, channel).serial)
      const before = serials()
      bus.command(alice, { type: 'remove', channel, user: removed.key.publicKey, isForCause })
      bus.pass(isForCause ? 1 : BATCH_MS + 1)
      expect(bus.view(removed, channel).key).to.equal('removed')
      expect(serials().every((serial, i) => serial > before[i]!)).to.equal(true)
    }
  })

  it('is none when a newcomer hears a heartbeat of before its time: it asks for nothing more', () => {
    const { bus, alice, channel, people } = open(2)
    const [bob, carol] = people as [Node, Node]
    bus.join(bob, bus.invite(alice, channel))
    bus.pass(3_000)
    const old = bus.frames(channel).findLast(({ kind }) => kind === 'heartbeat')!
    bus.carry = (deliver, to, bytes) => {
      if (to !== carol || peekKind(bytes) !== 'heartbeat') deliver()
    }
    bus.join(carol, bus.invite(alice, channel))
    bus.pass(10)
    expect(bus.view(carol, channel).key).to.equal('ready')
    bus.carry = (deliver) => deliver()
    const before = bus.frames(channel).length
    bus.deliver(carol, channel, old.bytes)
    bus.pass(10_000)
    const kinds = kindsOf(bus.frames(channel).slice(before))
    expect(kinds.get('heartbeat')).to.be.at.least(9)
    for (const kind of ['keyRequest', 'announcement', 'grant']) expect(kinds.get(kind), kind).to.equal(undefined)
    expect(handed(bus, channel).get('keyRequest')).to.equal(2)
    expect(bus.view(carol, channel)).to.include({ key: 'ready', members: 3 })
  })

  it('is over when it is quiet: who comes alone is let in at once', () => {
    const { bus, alice, channel, people } = open(20)
    const invite = bus.invite(alice, channel)
    for (const node of people) {
      bus.join(node, invite)
      bus.pass(120)
    }
    bus.pass(10_000)
    const [early, late] = [bus.add('early'), bus.add('late')]
    bus.join(early, invite)
    bus.pass(1)
    expect(bus.view(early, channel).key).to.equal('ready')
    bus.join(late, invite)
    bus.pass(BATCH_MS + 1)
    expect(bus.view(late, channel).key).to.equal('ready')
  })
})
