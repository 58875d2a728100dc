import { expect } from 'chai'
import type { Command } from '../../src/core/command.ts'
import { Admission } from '../../src/wire/messages.ts'
import { Bus, type Node } from './bus.ts'

const say = (bus: Bus, node: Node, channel: Uint8Array, text: string): void => {
  const content = { text: { text, replyTo: new Uint8Array(0), isAction: false } }
  bus.command(node, { type: 'say', channel, content, isPlain: false })
}

function open(bus: Bus, founder: Node, settings: (Command & { type: 'createChannel' })['settings'] = {}): Uint8Array {
  const result = bus.command(founder, {
    type: 'createChannel',
    settings: { name: 'lobby', admission: Admission.OPEN, ...settings }
  })
  if (result.type !== 'channel') throw new Error('no channel')
  return result.channel.id
}

function invite(bus: Bus, node: Node, channel: Uint8Array, uses = 0): string {
  const result = bus.command(node, { type: 'invite', channel, uses, lifetimeMs: undefined, addresses: [] })
  if (result.type !== 'invite') throw new Error('no invite')
  return result.invite
}

describe('a peer', () => {
  it('founds a channel and manages its key', () => {
    const bus = new Bus()
    const alice = bus.add('alice')
    const channel = open(bus, alice)
    expect(alice.notices.find((notice) => notice.type === 'epoch')).to.include({ term: 1, serial: 1 })
    say(bus, alice, channel, 'anybody?')
    expect(bus.texts(alice)).to.deep.equal([])
  })

  it('lets others join by invite and talk', () => {
    const bus = new Bus()
    const [alice, bob, carol] = ['alice', 'bob', 'carol'].map((nick) => bus.add(nick)) as [Node, Node, Node]
    const channel = open(bus, alice)
    const text = invite(bus, alice, channel)
    bus.command(bob, { type: 'join', invite: text })
    bus.pass(2_000)
    bus.command(carol, { type: 'join', invite: text })
    bus.pass(2_000)
    say(bus, alice, channel, 'hello')
    say(bus, bob, channel, 'hi')
    say(bus, carol, channel, 'good morning')
    for (const node of [alice, bob, carol]) {
      expect(bus.texts(node)).to.deep.equal(['alice: hello', 'bob: hi', 'carol: good morning'])
    }
    expect([...alice.rejects, ...bob.rejects, ...carol.rejects]).to.deep.equal([])
  })

  it('goes on after every peer was stopped and started', () => {
    const bus = new Bus()
    const [alice, bob, carol] = ['alice', 'bob', 'carol'].map((nick) => bus.add(nick)) as [Node, Node, Node]
    const channel = open(bus, alice, { admission: Admission.BY_INVITE })
    const text = invite(bus, alice, channel)
    for (const node of [bob, carol]) bus.command(node, { type: 'join', invite: text })
    bus.pass(3_000)
    say(bus, bob, channel, 'one')
    for (const node of [alice, bob, carol]) {
      bus.stop(node)
      bus.pass(1_000)
      bus.start(node)
      bus.pass(5_000)
    }
    say(bus, carol, channel, 'two')
    say(bus, alice, channel, 'three')
    expect(bus.texts(bob)).to.deep.equal(['bob: one', 'carol: two', 'alice: three'])
    expect([...alice.rejects, ...bob.rejects, ...carol.rejects]).to.deep.equal([])
  })

  it('removes a member, who reads nothing afterwards', () => {
    const bus = new Bus()
    const [alice, bob, carol] = ['alice', 'bob', 'carol'].map((nick) => bus.add(nick)) as [Node, Node, Node]
    const channel = open(bus, alice)
    const text = invite(bus, alice, channel)
    for (const node of [bob, carol]) bus.command(node, { type: 'join', invite: text })
    bus.pass(3_000)
    const members = bus.command(alice, { type: 'members', channel })
    const user =
      members.type === 'members' ? members.members.find(({ nick }) => nick === 'carol')!.user : new Uint8Array(0)
    bus.command(alice, { type: 'remove', channel, user, isForCause: false })
    bus.pass(1_000)
    say(bus, alice, channel, 'secret')
    say(bus, bob, channel, 'quite')
    bus.pass(20_000)
    expect(bus.texts(bob)).to.deep.equal(['alice: secret', 'bob: quite'])
    expect(bus.texts(carol)).to.deep.equal([])
  })

  it('keeps messages while the key manager is away, and takes a newcomer when it is back', () => {
    const bus = new Bus()
    const [alice, bob, carol, dave] = ['alice', 'bob', 'carol', 'dave'].map((nick) => bus.add(nick)) as [
      Node,
      Node,
      Node,
      Node
    ]
    const channel = open(bus, alice)
    const text = invite(bus, alice, channel)
    for (const node of [bob, carol]) bus.command(node, { type: 'join', invite: text })
    bus.pass(3_000)
    bus.stop(alice)
    say(bus, bob, channel, 'without alice')
    bus.command(dave, { type: 'join', invite: text })
    bus.pass(30_000)
    say(bus, dave, channel, 'waiting')
    bus.start(alice)
    bus.pass(20_000)
    say(bus, carol, channel, 'welcome')
    expect(bus.texts(carol)).to.deep.equal(['bob: without alice', 'dave: waiting', 'carol: welcome'])
    expect(bus.texts(dave)).to.deep.equal(['dave: waiting', 'carol: welcome'])
  })
})
