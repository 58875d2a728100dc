import { expect } from 'chai'
import { EMPTY, equalBytes, hex } from '../../src/base/bytes.ts'
import { DAY_MS, MINUTE_MS, SECOND_MS } from '../../src/base/time.ts'
import { readFrame } from '../../src/core/channel/frame.ts'
import type { Command, GroupView } from '../../src/core/command.ts'
import { Refusal } from '../../src/core/reject.ts'
import { GROUPS } from '../../src/wire/limits.ts'
import { Admission, Privacy } from '../../src/wire/messages.ts'
import { Bus, type Node, textContent } from './bus.ts'

/** A channel with a manager, who is its founder, and members. */
function setUp(seed: string, count: number, settings = {}): { bus: Bus; channel: Uint8Array; ana: Node; all: Node[] } {
  const bus = new Bus(seed)
  const ana = bus.add('ana')
  const channel = bus.open(ana, { admission: Admission.OPEN, ...settings })
  const invite = bus.invite(ana, channel)
  const all = [ana]
  for (let i = 0; i < count; i++) {
    const node = bus.add(`user${i}`)
    all.push(node)
    bus.join(node, invite)
  }
  bus.pass(3 * SECOND_MS)
  for (const node of all) expect(bus.view(node, channel).key, node.nick).to.equal('ready')
  return { bus, channel, ana, all }
}

function createGroup(bus: Bus, by: Node, channel: Uint8Array, name: string): Uint8Array {
  const result = bus.command(by, { type: 'createGroup', channel, name })
  if (result.type !== 'group') throw new Error('no group')
  bus.pass(SECOND_MS)
  return result.group.id
}

function put(bus: Bus, by: Node, channel: Uint8Array, group: Uint8Array, ...nodes: Node[]): void {
  for (const node of nodes) bus.command(by, { type: 'putIntoGroup', channel, group, user: node.key.publicKey })
  bus.pass(SECOND_MS)
}

function groupsOf(bus: Bus, node: Node, channel: Uint8Array): readonly GroupView[] {
  const result = bus.command(node, { type: 'groups', channel })
  return result.type === 'groups' ? result.groups : []
}

const say = (bus: Bus, node: Node, channel: Uint8Array, group: Uint8Array, text: string, isPlain = false): void => {
  bus.command(node, { type: 'say', channel, group, content: textContent(text), isPlain })
}

/** The key of a group as a node holds it: its term, serial and reading secret's name. */
const keysOf = (node: Node, group: Uint8Array): string[] =>
  node.peer
    .unsafeSecrets()
    .filter(({ name }) => name.startsWith(`control/${hex(group)}/`))
    .map(({ bytes }) => hex(bytes))

describe('a group', () => {
  it('has a key of its own, which only its members and the managers hold', () => {
    const { bus, channel, ana, all } = setUp('group', 3)
    const [, bob, carol, dave] = all as [Node, Node, Node, Node]
    const group = createGroup(bus, ana, channel, 'kitchen')
    put(bus, ana, channel, group, bob, carol)
    for (const node of [ana, bob, carol]) expect(keysOf(node, group).length, node.nick).to.be.greaterThan(0)
    expect(keysOf(bob, group)[0]).to.equal(keysOf(carol, group)[0]).and.to.equal(keysOf(ana, group)[0])
    expect(keysOf(dave, group)).to.deep.equal([])
    say(bus, bob, channel, group, 'soup')
    say(bus, carol, channel, group, 'salt')
    bus.say(dave, channel, 'for all')
    bus.pass(SECOND_MS)
    for (const node of [ana, bob, carol]) expect(bus.texts(node)).to.include.members(['user0: soup', 'user1: salt'])
    for (const node of [ana, bob, carol]) expect(bus.texts(node)).to.include('user2: for all')
    expect(bus.texts(dave)).to.deep.equal(['user2: for all'])
    const shown = bus.history(carol, channel).find(({ content }) => content.text?.text === 'soup')
    expect(shown).to.deep.include({ group, isEncrypted: true })
  })

  it('has nothing of before for who is put in, who is not said to have it', () => {
    const { bus, channel, ana, all } = setUp('receipts', 2)
    const [, bob, carol] = all as [Node, Node, Node]
    const group = createGroup(bus, ana, channel, 'kitchen')
    put(bus, ana, channel, group, bob)
    say(bus, ana, channel, group, 'soup')
    bus.pass(15 * SECOND_MS)
    put(bus, ana, channel, group, carol)
    say(bus, ana, channel, group, 'salt')
    bus.pass(30 * SECOND_MS)
    expect(bus.texts(carol)).to.deep.equal(['ana: salt'])
    const states = ana.notices.flatMap((notice) =>
      notice.type === 'messageState' ? [`${notice.id} ${notice.state} ${notice.seenBy} of ${notice.of}`] : []
    )
    const last = bus.history(ana, channel).map(({ id }) =>
      states
        .filter((one) => one.startsWith(id))
        .at(-1)!
        .slice(65)
    )
    expect(last).to.deep.equal(['seen 1 of 1', 'seen 2 of 2'])
  })

  it('costs one wrap a member, and nothing asymmetric or granted', () => {
    const { bus, channel, ana, all } = setUp('cost', 6)
    const from = bus.tap.length
    const group = createGroup(bus, ana, channel, 'kitchen')
    put(bus, ana, channel, group, ...all.slice(1))
    const kinds = bus
      .frames(channel)
      .slice(from)
      .map(({ kind }) => kind)
    expect(kinds).not.to.include('grant').and.not.to.include('keyRequest')
    for (const node of all)
      expect(groupsOf(bus, node, channel)[0], node.nick).to.deep.include({ isReady: true, isMember: true })
  })

  it('is left by who is taken out, removed or goes, and none of them reads on', () => {
    const { bus, channel, ana, all } = setUp('leave', 4)
    const [, bob, carol, dave, eve] = all as [Node, Node, Node, Node, Node]
    const group = createGroup(bus, ana, channel, 'kitchen')
    put(bus, ana, channel, group, bob, carol, dave, eve)
    const before = keysOf(bob, group)[0]
    bus.command(ana, { type: 'takeOutOfGroup', channel, group, user: carol.key.publicKey })
    bus.pass(SECOND_MS)
    bus.remove(ana, channel, dave)
    bus.pass(SECOND_MS)
    bus.command(eve, { type: 'takeOutOfGroup', channel, group, user: eve.key.publicKey })
    bus.pass(SECOND_MS)
    expect(keysOf(bob, group)[0]).not.to.equal(before)
    say(bus, bob, channel, group, 'secret')
    bus.pass(5 * SECOND_MS)
    expect(bus.texts(ana)).to.include('user0: secret')
    for (const node of [carol, dave, eve]) {
      expect(bus.texts(node), node.nick).not.to.include('user0: secret')
      expect(keysOf(node, group)).not.to.include(keysOf(bob, group)[0])
    }
    expect(bus.view(carol, channel).key).to.equal('ready')
    expect(bus.view(dave, channel).key).to.equal('removed')
    expect(() => say(bus, carol, channel, group, 'let me in'))
      .to.throw()
      .with.property('code', 'NOT_IN_GROUP')
    bus.command(ana, { type: 'takeOutOfGroup', channel, group, user: ana.key.publicKey })
    bus.pass(SECOND_MS)
    expect(keysOf(ana, group)[0], 'the manager makes its key on').to.equal(keysOf(bob, group)[0])
    expect(groupsOf(bus, ana, channel)[0]).to.deep.include({ isMember: false, isReady: false })
    bus.pass(DAY_MS / 24)
    for (const node of [carol, eve]) expect(keysOf(node, group), 'gone once the grace is over').to.deep.equal([])
  })

  it('is not given back to who was removed from the channel and admitted again', () => {
    const { bus, channel, ana, all } = setUp('again', 2)
    const [, bob, carol] = all as [Node, Node, Node]
    const group = createGroup(bus, ana, channel, 'kitchen')
    put(bus, ana, channel, group, bob, carol)
    bus.remove(ana, channel, carol)
    bus.pass(SECOND_MS)
    bus.command(ana, { type: 'admit', channel, user: carol.key.publicKey })
    bus.pass(SECOND_MS)
    bus.join(carol, bus.invite(ana, channel))
    bus.pass(15 * SECOND_MS)
    expect(bus.view(carol, channel).key).to.equal('ready')
    expect(groupsOf(bus, carol, channel)[0]).to.deep.include({ isMember: false, isReady: false })
    say(bus, bob, channel, group, 'secret')
    bus.pass(SECOND_MS)
    expect(bus.texts(carol)).not.to.include('user0: secret')
    put(bus, ana, channel, group, carol)
    say(bus, bob, channel, group, 'welcome back')
    bus.pass(SECOND_MS)
    expect(bus.texts(carol)).to.include('user0: welcome back').and.not.to.include('user0: secret')
  })

  it('may overlap with others, and each has its own key and its own order of messages', () => {
    const { bus, channel, ana, all } = setUp('overlap', 3)
    const [, bob, carol, dave] = all as [Node, Node, Node, Node]
    const kitchen = createGroup(bus, ana, channel, 'kitchen')
    const garden = createGroup(bus, ana, channel, 'garden')
    put(bus, ana, channel, kitchen, bob, carol)
    put(bus, ana, channel, garden, carol, dave)
    expect(keysOf(carol, kitchen)[0]).not.to.equal(keysOf(carol, garden)[0])
    for (let i = 0; i < 3; i++) {
      say(bus, carol, channel, kitchen, `kitchen ${i}`)
      say(bus, carol, channel, garden, `garden ${i}`)
      bus.say(carol, channel, `all ${i}`)
    }
    bus.pass(5 * SECOND_MS)
    const heard = (node: Node, word: string): number => bus.texts(node).filter((text) => text.includes(word)).length
    expect([heard(bob, 'kitchen'), heard(bob, 'garden'), heard(bob, 'all')]).to.deep.equal([3, 0, 3])
    expect([heard(dave, 'kitchen'), heard(dave, 'garden'), heard(dave, 'all')]).to.deep.equal([0, 3, 3])
    for (const node of all)
      expect(
        node.notices.some(({ type }) => type === 'gap'),
        node.nick
      ).to.equal(false)
  })

  it('is dissolved for good: nobody says anything to it any more', () => {
    const { bus, channel, ana, all } = setUp('dissolve', 1)
    const bob = all[1]!
    const group = createGroup(bus, ana, channel, 'kitchen')
    put(bus, ana, channel, group, bob)
    bus.command(ana, { type: 'dissolveGroup', channel, group })
    bus.pass(SECOND_MS)
    expect(groupsOf(bus, bob, channel)).to.deep.equal([])
    expect(() => say(bus, bob, channel, group, 'hello?'))
      .to.throw()
      .with.property('code', 'NOT_IN_GROUP')
    const told = bob.notices
      .filter((notice) => notice.type === 'group')
      .map((notice) => (notice as { change: string }).change)
    expect(told).to.deep.equal(['made', 'put-in', 'put-in', 'dissolved'])
    bus.pass(DAY_MS / 24)
    for (const node of [ana, bob]) expect(keysOf(node, group), 'gone once the grace is over').to.deep.equal([])
  })

  it('is made, filled and dissolved only by who has the authority (R-303)', () => {
    const { bus, channel, ana, all } = setUp('authority', 2)
    const [, bob, carol] = all as [Node, Node, Node]
    expect(() => bus.command(bob, { type: 'createGroup', channel, name: 'x' }))
      .to.throw()
      .with.property('code', 'NOT_ALLOWED')
    const group = createGroup(bus, ana, channel, 'kitchen')
    put(bus, ana, channel, group, carol)
    for (const type of ['putIntoGroup', 'takeOutOfGroup'] as const) {
      const command = { type, channel, group, user: (type === 'putIntoGroup' ? bob : carol).key.publicKey }
      expect(() => bus.command(bob, command), type)
        .to.throw()
        .with.property('code', 'NOT_ALLOWED')
    }
    expect(() => bus.command(bob, { type: 'dissolveGroup', channel, group }))
      .to.throw()
      .with.property('code', 'NOT_ALLOWED')
    expect(() => bus.command(ana, { type: 'createGroup', channel, name: 'kitchen' }))
      .to.throw()
      .with.property('code', 'GROUP_EXISTS')
    expect(() => bus.command(ana, { type: 'createGroup', channel, name: '' }))
      .to.throw()
      .with.property('code', 'BAD_GROUP_NAME')
    expect(() => say(bus, carol, channel, group, 'x', true))
      .to.throw()
      .with.property('code', 'PLAIN_FORBIDDEN')
  })

  it('is never written to in the open, not even in a mixed channel', () => {
    const { bus, channel, ana, all } = setUp('mixed', 1, { privacy: Privacy.MIXED })
    const group = createGroup(bus, ana, channel, 'kitchen')
    put(bus, ana, channel, group, all[1]!)
    expect(() => say(bus, ana, channel, group, 'x', true))
      .to.throw()
      .with.property('code', 'PLAIN_FORBIDDEN')
  })

  it('is built again after its manager came back, and for who lost or missed everything', () => {
    const { bus, channel, ana, all } = setUp('restart', 3)
    const [, bob, carol, dave] = all as [Node, Node, Node, Node]
    const group = createGroup(bus, ana, channel, 'kitchen')
    put(bus, ana, channel, group, bob, carol)
    bus.stop(bob)
    bus.losePower(ana)
    bus.start(ana)
    bus.pass(5 * SECOND_MS)
    put(bus, ana, channel, group, dave)
    bus.start(bob)
    bus.pass(20 * SECOND_MS)
    for (const node of [ana, bob, carol, dave]) {
      expect(groupsOf(bus, node, channel)[0], node.nick).to.deep.include({ isReady: true })
      expect(keysOf(node, group)[0], node.nick).to.equal(keysOf(ana, group)[0])
    }
    say(bus, dave, channel, group, 'all here?')
    bus.pass(2 * SECOND_MS)
    for (const node of [ana, bob, carol]) expect(bus.texts(node), node.nick).to.include('user2: all here?')
  })

  it('is kept by a member over a restart, with the message that waited for its key', () => {
    const { bus, channel, ana, all } = setUp('outbox', 2)
    const [, bob, carol] = all as [Node, Node, Node]
    const group = createGroup(bus, ana, channel, 'kitchen')
    put(bus, ana, channel, group, bob, carol)
    bus.passes = () => false
    say(bus, bob, channel, group, 'before')
    bus.stop(ana)
    bus.stop(carol)
    say(bus, bob, channel, group, 'waits')
    bus.losePower(bob)
    bus.passes = () => true
    bus.start(carol)
    bus.start(bob)
    bus.pass(10 * SECOND_MS)
    expect(bus.texts(carol)).to.include('user0: waits')
  })

  it('holds what is said to it while a taking-out is known and not applied', () => {
    const { bus, channel, ana, all } = setUp('pending', 3)
    const [, bob, carol, dave] = all as [Node, Node, Node, Node]
    const group = createGroup(bus, ana, channel, 'kitchen')
    put(bus, ana, channel, group, bob, carol, dave)
    bus.stop(ana)
    bus.command(carol, { type: 'takeOutOfGroup', channel, group, user: carol.key.publicKey })
    const from = bus.tap.length
    say(bus, bob, channel, group, 'not for carol')
    bus.pass(SECOND_MS)
    expect(
      bus
        .frames(channel)
        .slice(from)
        .some(({ kind, author }) => kind === 'message' && equalBytes(author, bob.key.publicKey))
    ).to.equal(false)
    bus.start(ana)
    bus.pass(10 * SECOND_MS)
    expect(bus.texts(dave)).to.include('user0: not for carol')
    expect(bus.texts(carol)).not.to.include('user0: not for carol')
  })

  it('reaches a member again that missed its announcements, and one whose group state is lost', () => {
    const { bus, channel, ana, all } = setUp('missed', 3)
    const [, bob, carol, dave] = all as [Node, Node, Node, Node]
    const group = createGroup(bus, ana, channel, 'kitchen')
    put(bus, ana, channel, group, bob, carol)
    // Nothing of groups gets to bob for a while.
    bus.carry = (deliver, to, bytes) => {
      const isOfGroup = bus.frames(channel).at(-1)?.body.announcement?.group.length === 16
      if (to !== bob || !isOfGroup || bytes.length === 0) deliver()
    }
    bus.command(ana, { type: 'rekey', channel, group })
    bus.command(ana, { type: 'rekey', channel, group })
    put(bus, ana, channel, group, dave)
    bus.carry = (deliver) => deliver()
    bus.pass(20 * SECOND_MS)
    expect(keysOf(bob, group)[0]).to.equal(keysOf(ana, group)[0])
    for (const [key, row] of bob.rows)
      if (row.entry.startsWith('epoch/') && row.value.length > 0 && isGroupRow(row.entry, bob, group))
        bob.rows.delete(key)
    bus.stop(bob)
    bus.start(bob)
    bus.pass(30 * SECOND_MS)
    expect(keysOf(bob, group)[0]).to.equal(keysOf(ana, group)[0])
  })

  it('follows the channel: a fresh root for all is one for its groups', () => {
    const { bus, channel, ana, all } = setUp('follows', 1)
    const group = createGroup(bus, ana, channel, 'kitchen')
    put(bus, ana, channel, group, all[1]!)
    const before = keysOf(ana, group)[0]
    bus.command(ana, { type: 'rekey', channel })
    bus.pass(SECOND_MS)
    expect(keysOf(ana, group)[0]).not.to.equal(before)
    expect(keysOf(all[1]!, group)[0]).to.equal(keysOf(ana, group)[0])
  })

  it('is put into and taken out of only when it is there, and only who is meant by it', () => {
    const { bus, channel, ana, all } = setUp('refusals', 2)
    const [, bob, carol] = all as [Node, Node, Node]
    const group = createGroup(bus, ana, channel, 'kitchen')
    put(bus, ana, channel, group, bob)
    const [user, nobody, nowhere] = [bob.key.publicKey, ana.random(32), ana.random(16)]
    const others = carol.key.publicKey
    const codeOf = (node: Node, command: Command): unknown => (bus.ask(node, command) as { code?: unknown }).code
    for (const one of ['putIntoGroup', 'takeOutOfGroup'] as const)
      expect(codeOf(ana, { type: one, channel, group: nowhere, user: others }), one).to.equal('NO_SUCH_GROUP')
    expect(codeOf(ana, { type: 'dissolveGroup', channel, group: nowhere })).to.equal('NO_SUCH_GROUP')
    expect(codeOf(ana, { type: 'rekey', channel, group: nowhere })).to.equal('NO_SUCH_GROUP')
    expect(codeOf(ana, { type: 'putIntoGroup', channel, group, user: nobody })).to.equal('NOT_A_MEMBER')
    expect(codeOf(ana, { type: 'putIntoGroup', channel, group, user })).to.equal('IN_GROUP_ALREADY')
    expect(codeOf(ana, { type: 'takeOutOfGroup', channel, group, user: others })).to.equal('NOT_IN_GROUP')
    expect(codeOf(carol, { type: 'takeOutOfGroup', channel, group, user: others })).to.equal('NOT_IN_GROUP')
    expect(codeOf(bob, { type: 'rekey', channel, group })).to.equal('NOT_ALLOWED')
    for (let i = groupsOf(bus, ana, channel).length; i < GROUPS; i++)
      bus.command(ana, { type: 'createGroup', channel, name: `group ${i}` })
    expect(codeOf(ana, { type: 'createGroup', channel, name: 'one more' }), 'those that wait count').to.equal(
      'TOO_MANY_GROUPS'
    )
  })

  it('may be made by a founder who is not in the channel, and has nobody in it then', () => {
    const bus = new Bus('outside')
    const [ana, zoe] = [bus.add('ana'), bus.add('zoe')]
    const channel = bus.open(zoe, { admission: Admission.OPEN, managers: [ana.key.publicKey] })
    const invite = bus.invite(zoe, channel)
    bus.join(ana, invite)
    bus.pass(5 * SECOND_MS)
    const result = bus.command(zoe, { type: 'createGroup', channel, name: 'kitchen' })
    expect(result.type === 'group' && result.group.members).to.deep.equal([])
    expect(zoe.notices.some(({ type }) => type === 'alarm')).to.equal(false)
  })

  it('has its key replaced on demand of who has authority: once for what was demanded, and not too often', () => {
    const bus = new Bus('demand')
    const [ana, helper, bob] = [bus.add('ana'), bus.add('helper'), bus.add('bob')]
    const settings = { admission: Admission.OPEN, memberManagers: [helper.key.publicKey] }
    const channel = bus.open(ana, settings)
    for (const node of [helper, bob]) bus.join(node, bus.invite(ana, channel))
    bus.pass(3 * SECOND_MS)
    const group = createGroup(bus, ana, channel, 'kitchen')
    put(bus, ana, channel, group, helper, bob)
    bus.pass(2 * SECOND_MS)
    const codeOf = (command: Command): unknown => (bus.ask(helper, command) as { code?: unknown }).code
    expect(codeOf({ type: 'rekey', channel, group: ana.random(16) })).to.equal('NO_SUCH_GROUP')
    const from = bus.tap.length
    bus.command(helper, { type: 'rekey', channel, group })
    expect(announced(bus, channel, group, from)).to.equal(1)
    const [demand] = bus
      .frames(channel)
      .slice(from)
      .filter(({ kind }) => kind === 'demand')
    bus.command(helper, { type: 'rekey', channel, group })
    expect(announced(bus, channel, group, from), 'just now').to.equal(1)
    bus.pass(3 * SECOND_MS)
    expect(announced(bus, channel, group, from), 'a while later').to.equal(2)
    bus.pass(2 * SECOND_MS)
    bus.deliver(ana, channel, demand!.bytes)
    bus.pass(2 * SECOND_MS)
    expect(announced(bus, channel, group, from), 'that key is gone already').to.equal(2)
    for (const node of [helper, bob]) expect(keysOf(node, group)[0]).to.equal(keysOf(ana, group)[0])
    bus.stop(ana)
    bus.pass(60 * SECOND_MS)
    expect(codeOf({ type: 'rekey', channel, group })).to.equal('NO_KEY_MANAGER')
  })

  it('is announced again only when it is concerned: by who is in it, or by a fresh root for all', () => {
    const { bus, channel, ana, all } = setUp('concern', 3)
    const [, bob, carol, dave] = all as [Node, Node, Node, Node]
    const group = createGroup(bus, ana, channel, 'kitchen')
    const garden = createGroup(bus, ana, channel, 'garden')
    put(bus, ana, channel, group, bob)
    put(bus, ana, channel, garden, bob, carol)
    bus.pass(20 * SECOND_MS)
    const newsOf = (change: () => void): number[] => {
      const from = bus.tap.length
      change()
      bus.pass(10 * SECOND_MS)
      return [group, garden].map((one) => announced(bus, channel, one, from))
    }
    const eve = bus.add('eve')
    expect(newsOf(() => bus.join(eve, bus.invite(ana, channel)))).to.deep.equal([0, 0])
    expect(newsOf(() => lose(bus, dave))).to.deep.equal([0, 0])
    expect(newsOf(() => lose(bus, carol))).to.deep.equal([0, 1])
    expect(newsOf(() => lose(bus, carol, bob, dave))[0]).to.be.greaterThan(0)
    for (const node of [bob, carol]) expect(keysOf(node, garden)[0]).to.equal(keysOf(ana, garden)[0])
    expect(keysOf(bob, group)[0]).to.equal(keysOf(ana, group)[0])
    expect(newsOf(() => bus.remove(ana, channel, eve))).to.deep.equal([0, 0])
    expect(newsOf(() => bus.command(ana, { type: 'rekey', channel }))).to.deep.equal([1, 1])
  })

  it('is told of by the manager in turn with the others, until it is over, and leaves nothing at it', () => {
    const { bus, channel, ana } = setUp('beats', 1)
    const groups = ['kitchen', 'garden', 'attic'].map((name) => createGroup(bus, ana, channel, name))
    bus.pass(5 * SECOND_MS)
    const beatsOf = (): number[] => {
      const from = bus.tap.length
      bus.pass(24 * SECOND_MS)
      const beats = bus
        .frames(channel)
        .slice(from)
        .flatMap(({ body }) => (body.heartbeat ? [hex(body.heartbeat.group)] : []))
      expect(beats.filter((one) => one === '').length).to.equal(24)
      return groups.map((group) => beats.filter((one) => one === hex(group)).length)
    }
    expect(beatsOf()).to.deep.equal([2, 2, 2])
    bus.command(ana, { type: 'dissolveGroup', channel, group: groups[0]! })
    bus.pass(5 * SECOND_MS)
    expect(beatsOf()).to.deep.equal([0, 3, 3])
    const nodes = ana.peer.unsafeSecrets().filter(({ name }) => name.startsWith('node/'))
    expect(nodes.some(({ name }) => name.startsWith(`node/${hex(groups[0]!)}/`))).to.equal(false)
    expect(nodes.some(({ name }) => name.startsWith(`node/${hex(groups[1]!)}/`))).to.equal(true)
  })

  it('is caught up with by a member that hears something said under a key it missed, with no manager there', () => {
    const { bus, channel, ana, all } = setUp('spoken', 2)
    const [, bob, carol] = all as [Node, Node, Node]
    const group = createGroup(bus, ana, channel, 'kitchen')
    put(bus, ana, channel, group, bob, carol)
    bus.passes = (from, to) => from !== ana || to !== carol
    bus.command(ana, { type: 'rekey', channel, group })
    bus.stop(ana)
    bus.passes = () => true
    say(bus, bob, channel, group, 'soup')
    bus.pass(5 * SECOND_MS)
    expect(bus.texts(carol)).to.include('user0: soup')
  })

  it('has a key of no longer life than its channel’s, whatever keeps that from its deadline', () => {
    const { bus, channel, ana, all } = setUp('lifetime', 1, { keyLifetimeSeconds: 600 })
    const bob = all[1]!
    const group = createGroup(bus, ana, channel, 'kitchen')
    put(bus, ana, channel, group, bob)
    for (let i = 0; i < 4; i++) {
      createGroup(bus, ana, channel, `group ${i}`)
      bus.pass(5 * MINUTE_MS)
    }
    const result = bus.command(bob, { type: 'keys', channel })
    const lines = result.type === 'keys' ? result.lines : []
    const { key } = lines.find((line) => equalBytes(line.group, group))!
    expect(key!.notAfter).to.be.greaterThan(bus.now)
  })

  it('is not said to any more when its key is over and no other has come', () => {
    const { bus, channel, ana, all } = setUp('over', 2, { keyLifetimeSeconds: 600, graceSeconds: 60 })
    const [, bob, carol] = all as [Node, Node, Node]
    const group = createGroup(bus, ana, channel, 'kitchen')
    put(bus, ana, channel, group, bob, carol)
    bus.carry = (deliver, _, bytes) => {
      const frame = readFrame(channel, bytes)
      if (frame === undefined || frame instanceof Refusal || frame.body.announcement?.group.length !== 16) deliver()
    }
    bus.oracle = () => ({ descriptors: EMPTY, records: [], frames: [], sealed: EMPTY, isMore: false })
    bus.pass(12 * MINUTE_MS)
    expect(bus.view(bob, channel).key).to.equal('ready')
    expect(groupsOf(bus, bob, channel)[0]).to.deep.include({ isMember: true, isReady: false })
  })

  it('takes none of the room for messages whose key is to come at members who are not in it', () => {
    const { bus, channel, ana, all } = setUp('room', 3)
    const [, bob, carol, dave] = all as [Node, Node, Node, Node]
    const group = createGroup(bus, ana, channel, 'kitchen')
    put(bus, ana, channel, group, bob, carol)
    for (let i = 0; i < 5; i++) say(bus, bob, channel, group, `soup ${i}`)
    const held = dave.peer.unsafeFills().find(({ name }) => name === 'held messages')
    expect(held?.size).to.equal(0)
  })
})

/** How often a key of a group was announced. */
const announced = (bus: Bus, channel: Uint8Array, group: Uint8Array, from: number): number =>
  bus
    .frames(channel)
    .slice(from)
    .filter(({ body }) => body.announcement && equalBytes(body.announcement.group, group)).length

/** All keys of these nodes are gone from their disks. */
function lose(bus: Bus, ...nodes: Node[]): void {
  for (const node of nodes) {
    for (const [key, row] of node.rows) if (row.entry.startsWith('epoch/')) node.rows.delete(key)
    bus.stop(node)
  }
  for (const node of nodes) bus.start(node)
}

/** Whether a row of an epoch is of a group: its announcement is one that the node has as the group's. */
function isGroupRow(entry: string, node: Node, group: Uint8Array): boolean {
  return [...node.rows.values()].some(
    (row) => row.entry === entry && Buffer.from(row.value).includes(Buffer.from(group))
  )
}
