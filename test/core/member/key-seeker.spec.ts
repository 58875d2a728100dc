import { expect } from 'chai'
import { EMPTY, equalBytes } from '../../../src/base/bytes.ts'
import { atMillis, HOUR_MS } from '../../../src/base/time.ts'
import { readFrame } from '../../../src/core/channel/frame.ts'
import { Refusal } from '../../../src/core/reject.ts'
import { Bus, Liar, type Node } from '../bus.ts'

describe('a member that looks for what it missed', () => {
  it('asks for epochs once a second at most, after four at once, however fast new ones come that it is not told', () => {
    const bus = new Bus('behind')
    const [alice, bob] = [bus.add('alice'), bus.add('bob')]
    const channel = bus.open(alice)
    bus.join(bob, bus.invite(alice, channel))
    bus.pass(4_000)
    bus.carry = (deliver, _to, bytes) => {
      const frame = readFrame(channel, bytes)
      if (frame instanceof Refusal || frame?.kind !== 'announcement') deliver()
    }
    const from = bus.trace.length
    for (let i = 0; i < 20; i++) {
      bus.command(alice, { type: 'rekey', channel })
      bus.say(alice, channel, `under key ${i}`)
      bus.pass(500)
    }
    const asked = bus.trace
      .slice(from)
      .filter(({ node, effect }) => node === bob && effect.type === 'ask' && effect.question.epochs !== undefined)
    expect(asked.length).to.be.within(10, 14)
    bus.pass(3_000)
    expect(equalBytes(bus.view(bob, channel).commitment, bus.view(alice, channel).commitment)).to.equal(true)
    expect(bus.texts(bob)).to.have.length(20)
  })

  it('asks ever more rarely, and for a grant, when nobody knows more, also when it has asked a lot before', () => {
    const bus = new Bus('nobody knows')
    const liar = new Liar(bus)
    const bob = bus.add('bob')
    liar.takeIn(bob)
    bus.oracle = ({ epochs }) => epochs && { descriptors: EMPTY, records: [], frames: [], sealed: EMPTY, isMore: false }
    for (let i = 0; i < 6; i++) {
      bus.send(bob, { type: 'carrier', channel: liar.channel, isReady: true })
      liar.publish(liar.issue().announcement)
    }
    const from = bus.trace.length
    liar.issue()
    liar.publish(liar.issue().announcement)
    for (let second = 0; second < 40; second++) {
      liar.publish(liar.heartbeat(second + 100))
      bus.pass(1_000)
    }
    const asked = bus.trace
      .slice(from)
      .filter(({ node, effect }) => node === bob && effect.type === 'ask' && effect.question.epochs !== undefined)
    expect(asked.length).to.be.at.most(12)
    expect(bus.frames(liar.channel).filter(({ kind }) => kind === 'keyRequest').length).to.be.above(3)
  })

  it('requests a grant six times at once and then every two seconds at most, however often it is led on meanwhile', () => {
    const bus = new Bus('led on')
    const liar = new Liar(bus)
    const bob = bus.add('bob')
    liar.takeIn(bob)
    bus.oracle = ({ epochs }) => epochs && { descriptors: EMPTY, records: [], frames: [], sealed: EMPTY, isMore: false }
    const requests = (): number => bus.frames(liar.channel).filter(({ kind }) => kind === 'keyRequest').length
    const before = requests()
    for (let i = 0; i < 10; i++) {
      const kept = liar.issue()
      liar.publish(liar.issue().announcement)
      bus.pass(2_000)
      liar.publish(kept.announcement)
      const { serial } = bus.view(bob, liar.channel)
      expect(serial, 'is led on').to.equal(liar.current!.key.serial)
    }
    expect(requests() - before).to.be.within(12, 16)
    liar.issue()
    liar.publish(liar.issue().announcement)
    bus.pass(4_000)
    expect(requests() - before, 'goes on asking').to.be.within(14, 18)
  })

  it('asks for no other key when its clock says that those it gets are over', () => {
    const bus = new Bus('fast clock')
    const [alice, bob] = [bus.add('alice'), bus.add('bob')]
    const env = bus.env.bind(bus)
    const aheadMs = (node: Node): number => (node === bob ? 2 * HOUR_MS : 0)
    bus.env = (node) => ({ ...env(node), now: atMillis(env(node).now + aheadMs(node)) })
    const channel = bus.open(alice, { keyLifetimeSeconds: 3600 })
    bus.join(bob, bus.invite(alice, channel))
    bus.pass(4_000)
    const requests = (): number => bus.frames(channel).filter(({ kind }) => kind === 'keyRequest').length
    const before = requests()
    for (let i = 0; i < 5; i++) {
      bus.command(alice, { type: 'rekey', channel })
      bus.send(bob, { type: 'carrier', channel, isReady: true })
      bus.pass(2_000)
      expect(bus.view(bob, channel).serial).to.equal(bus.view(alice, channel).serial)
    }
    expect(requests()).to.equal(before)
  })

  it('gets the key soon after its clock, which was far ahead, is set right', () => {
    const bus = new Bus('clock set right')
    const env = bus.env.bind(bus)
    let aheadMs = 30 * HOUR_MS
    bus.env = (node) => ({ ...env(node), now: atMillis(env(node).now + (node.nick === 'bob' ? aheadMs : 0)) })
    const [alice, bob] = [bus.add('alice'), bus.add('bob')]
    const channel = bus.open(alice)
    bus.join(bob, bus.invite(alice, channel))
    bus.pass(4_000)
    expect(bus.view(bob, channel).key).to.not.equal('ready')
    aheadMs = 0
    bus.pass(60_000)
    expect(bus.view(bob, channel).key).to.equal('ready')
  })
})
