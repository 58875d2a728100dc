import { expect } from 'chai'
import { equalBytes } from '../../src/base/bytes.ts'
import { NICK_PATIENCE_MS, NICK_PAUSE_MS } from '../../src/core/params.ts'
import { Operation } from '../../src/wire/messages.ts'
import { Bus, type Node, rowsOf, told } from './bus.ts'

function trio(): { bus: Bus; nodes: [Node, Node, Node]; channel: Uint8Array } {
  const bus = new Bus('nicks')
  const nodes = ['alice', 'bob', 'carol'].map((nick) => bus.add(nick)) as [Node, Node, Node]
  const channel = bus.open(nodes[0])
  const invite = bus.invite(nodes[0], channel)
  for (const node of nodes.slice(1)) bus.join(node, invite)
  bus.pass(2_000)
  return { bus, nodes, channel }
}
const nickAt = (bus: Bus, at: Node, channel: Uint8Array, of: Node): string | undefined => {
  const result = bus.command(at, { type: 'members', channel })
  const members = result.type === 'members' ? result.members : []
  return members.find(({ user }) => equalBytes(user, of.key.publicKey))?.nick
}
const waitingAt = (node: Node): number => rowsOf(node, 'pending').length

describe('a nick', () => {
  it('is registered for whoever comes in, and for the manager itself', () => {
    const { bus, nodes, channel } = trio()
    for (const at of nodes) for (const of of nodes) expect(nickAt(bus, at, channel, of)).to.equal(of.nick)
    // The log says so: records of the manager and of each other do not.
    for (const node of nodes) for (const { entry } of rowsOf(node, 'user')) node.rows.delete(`state|${entry}|0`)
    for (const node of nodes.slice(1)) {
      bus.stop(node)
      bus.start(node)
      expect(nickAt(bus, node, channel, nodes[0])).to.equal('alice')
    }
  })

  it('that its user changes is announced to all, without another reason for an epoch, and not at once again', () => {
    const { bus, nodes, channel } = trio()
    const [alice, bob, carol] = nodes
    bus.pass(NICK_PAUSE_MS)
    const { serial } = bus.view(alice, channel)
    bus.command(bob, { type: 'setNick', nick: 'robert' })
    bus.pass(NICK_PATIENCE_MS - 1)
    expect(nickAt(bus, carol, channel, bob)).to.equal('bob')
    bus.pass(1)
    for (const at of nodes) expect(nickAt(bus, at, channel, bob)).to.equal('robert')
    bus.command(bob, { type: 'setNick', nick: 'rob' })
    bus.pass(NICK_PAUSE_MS - 1)
    expect(nickAt(bus, carol, channel, bob)).to.equal('robert')
    bus.pass(1)
    for (const at of nodes) expect(nickAt(bus, at, channel, bob)).to.equal('rob')
    expect(bus.view(alice, channel).serial).to.equal(serial + 2)
    for (const node of nodes) expect(waitingAt(node)).to.equal(0)
    bus.pass(NICK_PAUSE_MS * 3)
    expect(bus.view(alice, channel).serial).to.equal(serial + 2)
  })

  it('changed twice before an epoch ends as the last one', () => {
    const { bus, nodes, channel } = trio()
    const [, bob, carol] = nodes
    bus.command(bob, { type: 'setNick', nick: 'robert' })
    bus.command(bob, { type: 'setNick', nick: 'rob' })
    expect(carol.rejects).to.deep.equal([305])
    bus.pass(NICK_PAUSE_MS * 3)
    for (const at of nodes) expect(nickAt(bus, at, channel, bob)).to.equal('rob')
  })

  it('that looks like somebody else\u2019s on record is registered for nobody, whoever asks (R-304)', () => {
    const { bus, nodes, channel } = trio()
    const [alice, bob, carol] = nodes
    bus.command(carol, { type: 'setNick', nick: 'BOB' })
    expect(waitingAt(carol)).to.equal(0)
    const subject = carol.key.publicKey
    const frame = told(bus, channel, carol, [{ operation: Operation.REGISTER_NICK, subject, name: 'BOB', seq: 9 }])
    for (const node of [alice, bob]) {
      node.rejects = []
      bus.deliver(node, channel, frame.bytes)
      expect(node.rejects).to.deep.equal([304])
      expect(waitingAt(node)).to.equal(0)
    }
    bus.pass(NICK_PAUSE_MS * 3)
    expect(nickAt(bus, alice, channel, carol)).to.equal('carol')
  })

  it('of somebody else is stated by nobody without authority (R-303)', () => {
    const { bus, nodes, channel } = trio()
    const [alice, bob, carol] = nodes
    const fields = { operation: Operation.REGISTER_NICK, subject: bob.key.publicKey, name: 'fool' }
    alice.rejects = []
    bus.deliver(alice, channel, told(bus, channel, carol, [fields]).bytes)
    expect(alice.rejects).to.deep.equal([303])
    expect(waitingAt(alice)).to.equal(0)
  })

  it('wanted by two at once is the first one\u2019s, and the other stops waiting', () => {
    const { bus, nodes, channel } = trio()
    const [alice, bob, carol] = nodes
    bus.pass(NICK_PAUSE_MS)
    bus.passes = (from, to) => !(from === bob && to === carol) && !(from === carol && to === bob)
    bus.command(bob, { type: 'setNick', nick: 'max' })
    bus.command(carol, { type: 'setNick', nick: 'MAX' })
    bus.passes = () => true
    bus.pass(NICK_PAUSE_MS * 3)
    for (const at of nodes) {
      expect(nickAt(bus, at, channel, bob)).to.equal('max')
      expect(nickAt(bus, at, channel, carol)).to.equal('carol')
      expect(waitingAt(at), at.nick).to.equal(0)
    }
    bus.remove(alice, channel, bob)
    bus.pass(1_000)
    bus.command(carol, { type: 'setNick', nick: 'max' })
    bus.pass(NICK_PAUSE_MS * 3)
    expect(nickAt(bus, alice, channel, carol), 'of somebody who was here').to.equal('carol')
  })

  it('set while the key manager is away is registered when it is back, also after a restart', () => {
    const { bus, nodes, channel } = trio()
    const [alice, bob, carol] = nodes
    bus.stop(alice)
    bus.command(bob, { type: 'setNick', nick: 'robert' })
    bus.losePower(bob)
    bus.start(bob)
    expect(waitingAt(bob)).to.equal(1)
    bus.start(alice)
    bus.pass(NICK_PAUSE_MS * 3)
    for (const at of nodes) expect(nickAt(bus, at, channel, bob)).to.equal('robert')
    expect(nickAt(bus, carol, channel, alice)).to.equal('alice')
  })
})
