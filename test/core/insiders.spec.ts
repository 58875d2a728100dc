import { expect } from 'chai'
import { EMPTY, equalBytes } from '../../src/base/bytes.ts'
import { SECOND_MS } from '../../src/base/time.ts'
import { makeFrame } from '../../src/core/channel/frame.ts'
import { type CheckedStatement, readStatement } from '../../src/core/channel/statement.ts'
import { Refusal } from '../../src/core/reject.ts'
import { Admission, Operation } from '../../src/wire/messages.ts'
import { EpochRow } from '../../src/wire/rows.ts'
import { Bus, type Node, rowsOf, told } from './bus.ts'

/** A channel of a manager, who is its founder, a member manager, and members. */
function setUp(seed: string, nicks: readonly string[]): { bus: Bus; channel: Uint8Array; ana: Node; all: Node[] } {
  const bus = new Bus(seed)
  const [ana, mona] = [bus.add('ana'), bus.add('mona')]
  const channel = bus.open(ana, { admission: Admission.OPEN, memberManagers: [mona.key.publicKey] })
  const all = [mona, ...nicks.map((nick) => bus.add(nick))]
  for (const node of all) bus.join(node, bus.invite(ana, channel))
  bus.pass(3 * SECOND_MS)
  return { bus, channel, ana, all }
}

function openGroup(bus: Bus, by: Node, channel: Uint8Array, ...nodes: readonly Node[]): Uint8Array {
  const result = bus.command(by, { type: 'createGroup', channel, name: 'kitchen' })
  if (result.type !== 'group') throw new Error('no group')
  const group = result.group.id
  bus.pass(SECOND_MS)
  for (const { key } of nodes) bus.command(by, { type: 'putIntoGroup', channel, group, user: key.publicKey })
  bus.pass(SECOND_MS)
  return group
}

/** Who is in the one group there is, by the word of a node. */
function membersAt(bus: Bus, node: Node, channel: Uint8Array): readonly Uint8Array[] {
  const result = bus.command(node, { type: 'groups', channel })
  return result.type === 'groups' ? result.groups[0]!.members : []
}

/** The statements of one operation that a node has on record. */
function announced(node: Node, channel: Uint8Array, operation: Operation): CheckedStatement[] {
  return rowsOf(node, 'log')
    .map(({ value }) => readStatement(channel, value))
    .filter((one): one is CheckedStatement => !(one instanceof Refusal))
    .filter(({ statement }) => statement.operation === operation)
}

describe('a member with a program of its own', () => {
  it('that wants a nick of somebody else is refused that, and nothing that it says with it (R-304)', () => {
    const { bus, channel, all } = setUp('nick', ['bob', 'carol'])
    const [mona, bob, carol] = all as [Node, Node, Node]
    const own = { operation: Operation.REGISTER_NICK, subject: mona.key.publicKey, name: 'bob', seq: 8 }
    const removal = { operation: Operation.REMOVE, subject: bob.key.publicKey, ends: [new Uint8Array(16)], seq: 9 }
    bus.deliver(carol, channel, told(bus, channel, mona, [own, removal]).bytes)
    expect(carol.rejects).to.deep.equal([304])
    expect(bus.view(carol, channel).key).to.equal('removal-pending')
  })

  it('takes itself out of a group, and nobody else with it', () => {
    const { bus, channel, ana, all } = setUp('take-out', ['bob', 'carol'])
    const [, bob, carol] = all as [Node, Node, Node]
    const group = openGroup(bus, ana, channel, bob, carol)
    const ends = announced(bob, channel, Operation.PUT_INTO_GROUP).map(({ statement }) => statement.admitId)
    const fields = { operation: Operation.TAKE_OUT_OF_GROUP, subject: bob.key.publicKey, group, ends, seq: 9 }
    bus.inject(channel, told(bus, channel, bob, [fields]).bytes)
    bus.pass(3 * SECOND_MS)
    for (const node of [ana, bob, carol]) {
      const members = membersAt(bus, node, channel)
      expect(members, node.nick).to.have.length(2)
      expect(members.some((one) => equalBytes(one, bob.key.publicKey))).to.equal(false)
    }
  })

  it('that may put others in cannot make the members see different groups', () => {
    for (let round = 0; round < 4; round++) {
      const { bus, channel, ana, all } = setUp(`one-id/${round}`, ['bob', 'carol'])
      const [mona, bob, carol] = all as [Node, Node, Node]
      const group = openGroup(bus, ana, channel)
      const admits = announced(ana, channel, Operation.ADMIT)
      const twice = [bob, carol].map(({ key: { publicKey: subject } }) => {
        const ends = admits.filter(({ statement }) => equalBytes(statement.subject, subject))
        const ids = ends.map(({ statement }) => statement.admitId)
        return { operation: Operation.PUT_INTO_GROUP, subject, group, admitId: new Uint8Array(16), ends: ids }
      })
      bus.inject(channel, told(bus, channel, mona, twice).bytes)
      bus.pass(3 * SECOND_MS)
      // A newcomer has the log in another order than those who followed it.
      const dave = bus.add('dave')
      bus.join(dave, bus.invite(ana, channel))
      bus.pass(3 * SECOND_MS)
      bus.command(ana, { type: 'putIntoGroup', channel, group, user: dave.key.publicKey })
      bus.pass(3 * SECOND_MS)
      for (const node of [ana, bob, carol, dave]) {
        expect(bus.view(node, channel).key, node.nick).to.equal('ready')
        expect(membersAt(bus, node, channel), node.nick).to.have.length(4)
      }
    }
  })

  it('cannot go without going: a withdrawal that ends nothing makes no epoch and stays in no log', () => {
    const { bus, channel, ana, all } = setUp('withdraw', ['bob', 'carol'])
    const [, bob, carol] = all as [Node, Node, Node]
    const group = openGroup(bus, ana, channel, bob, carol)
    const { serial, logHead } = bus.view(ana, channel)
    for (let seq = 10; seq < 20; seq++) {
      const self = { subject: bob.key.publicKey, group, seq, ends: [new Uint8Array(16)] }
      const list = [
        { ...self, operation: Operation.WITHDRAW },
        { ...self, operation: Operation.TAKE_OUT_OF_GROUP }
      ]
      bus.inject(channel, told(bus, channel, bob, list).bytes)
      bus.pass(SECOND_MS)
    }
    expect(bus.view(ana, channel)).to.deep.include({ serial, logHead })
    expect(bus.view(carol, channel).key).to.equal('ready')
  })

  it('that names a key nobody made has no grants asked for because of it', () => {
    const { bus, channel, ana, all } = setUp('bogus', ['bob', 'carol'])
    const [, bob, carol] = all as [Node, Node, Node]
    bus.say(carol, channel, 'hello')
    bus.pass(10 * SECOND_MS)
    const epochs = rowsOf(bob, 'epoch').map(({ value }) => EpochRow.decode(value))
    const { term } = epochs.find(({ endedAt }) => endedAt === 0)!
    const key = { term, serial: 2 ** 31, commitment: new Uint8Array(16) }
    const { message } = bus.frames(channel).find(({ kind }) => kind === 'message')!.body
    const { serial } = bus.view(ana, channel)
    for (const body of [{ message: { ...message!, key } }, { digest: { key, sealed: new Uint8Array(64) } }]) {
      bus.inject(channel, makeFrame(channel, bob.key, body).bytes)
      for (let i = 0; i < 5; i++) {
        bus.pass(3 * SECOND_MS)
        bus.say(carol, channel, `${i}`)
      }
    }
    expect(bus.view(ana, channel).serial).to.equal(serial)
  })
})

describe('a manager that is not in office', () => {
  it('has no say in the term that the other one opens', () => {
    const bus = new Bus('terms')
    const [ana, max, bob] = [bus.add('ana'), bus.add('max'), bus.add('bob')]
    const managers = [ana.key.publicKey, max.key.publicKey]
    const channel = bus.open(ana, { admission: Admission.OPEN, managers })
    bus.join(bob, bus.invite(ana, channel))
    bus.pass(3 * SECOND_MS)
    const { body, attachment } = bus.frames(channel).find(({ kind }) => kind === 'announcement')!
    const announcement = body.announcement!
    for (const term of [2 ** 40, 2 ** 53 - 1]) {
      const key = { ...announcement.key!, term }
      const { bytes } = makeFrame(channel, max.key, { announcement: { ...announcement, key } }, attachment)
      const answer = { descriptors: EMPTY, records: [], frames: [bytes], sealed: EMPTY, isMore: false }
      bus.oracle = ({ epochs }, from) => (epochs && from === ana ? answer : undefined)
      const before = bus.view(ana, channel).term
      bus.stop(ana)
      bus.start(ana)
      bus.pass(5 * SECOND_MS)
      expect(bus.view(ana, channel).term).to.equal(before + 1)
      expect(bus.view(bob, channel)).to.deep.include({ key: 'ready', term: before + 1 })
    }
  })
})
