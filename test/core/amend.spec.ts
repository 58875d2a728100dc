import { expect } from 'chai'
import { EMPTY, equalBytes, hex, zeros } from '../../src/base/bytes.ts'
import { readCharter } from '../../src/core/channel/descriptor.ts'
import { makeFrame, readFrame } from '../../src/core/channel/frame.ts'
import type { ChannelChanges, ChannelSettings } from '../../src/core/command.ts'
import { Refusal } from '../../src/core/reject.ts'
import { signingKey } from '../../src/crypto/sign.ts'
import { HistoryPolicy, Operation, PartitionPolicy, Reason } from '../../src/wire/messages.ts'
import { channelIdText } from '../../src/wire/names.ts'
import { Bus, type Node, told } from './bus.ts'

interface World {
  readonly bus: Bus
  /** The first is the founder. */
  readonly nodes: readonly Node[]
  readonly channel: Uint8Array
}

const keyOf = ({ key }: Node): Uint8Array => key.publicKey
const keysOf = (...nodes: readonly Node[]): Uint8Array[] => nodes.map(keyOf)

/** A channel in which everybody has the key. @param count - how many of them are managers, from which one on. */
function world(names: string, count: number, first = 0, settings: ChannelSettings = {}): World {
  const bus = new Bus(`amend ${names} ${count} ${first}`)
  bus.isHandingOver = true
  const nodes = names.split(' ').map((nick) => bus.add(nick))
  const managers = nodes.slice(first, first + count)
  const channel = bus.open(nodes[0]!, { managers: keysOf(...managers), ...settings })
  const invite = bus.invite(nodes[0]!, channel)
  for (const node of nodes.slice(1)) bus.join(node, invite)
  bus.pass(20_000)
  const all = { bus, nodes, channel }
  agree(all, nodes)
  return all
}

/** Everybody named has the newest key and the same descriptor, and holds the same manager to be in office. @returns it. */
function agree({ bus, channel, nodes }: World, some: readonly Node[], version?: number): Node {
  const views = some.map((node) => bus.view(node, channel))
  const [first] = views
  for (const [i, view] of views.entries()) {
    const { term, serial } = first!
    expect(view, some[i]!.nick).to.include({ key: 'ready', term, serial, isManagerPresent: true })
    expect(hex(view.commitment)).to.equal(hex(first!.commitment))
    expect(hex(view.manager!)).to.equal(hex(first!.manager!))
    expect(view.descriptor!.version, some[i]!.nick).to.equal(version ?? first!.descriptor!.version)
  }
  return nodes.find((node) => equalBytes(keyOf(node), first!.manager!))!
}

const amend = ({ bus, nodes, channel }: World, changes: ChannelChanges, by = nodes[0]!): unknown =>
  bus.command(by, { type: 'amendChannel', channel, changes })

const kindOf = (channel: Uint8Array, bytes: Uint8Array): string | undefined => {
  const frame = readFrame(channel, bytes)
  return frame instanceof Refusal ? undefined : frame?.kind
}

const isBeatOf = (channel: Uint8Array, node: Node, bytes: Uint8Array): boolean => {
  const frame = readFrame(channel, bytes)
  if (frame === undefined || frame instanceof Refusal) return false
  return frame.kind === 'heartbeat' && equalBytes(frame.author, keyOf(node))
}

const reasonOf = (node: Node): Reason | undefined =>
  node.notices.flatMap((notice) => (notice.type === 'epoch' ? [notice.reason] : [])).at(-1)

describe('a founder that changes its channel', () => {
  it('opens a new term as the manager in office, and tells everybody what is otherwise', () => {
    const all = world('alice mia nils', 1)
    const { bus, nodes, channel } = all
    amend(all, { name: 'cellar', keyLifetimeSeconds: 3_600, partition: PartitionPolicy.FREEZE })
    bus.pass(3_000)
    expect(agree(all, nodes, 2)).to.equal(nodes[0])
    for (const node of nodes) {
      expect(bus.view(node, channel)).to.include({ term: 2, name: 'cellar' })
      expect(reasonOf(node)).to.equal(Reason.DESCRIPTOR_CHANGED)
      const told = node.notices.filter((notice) => notice.type === 'descriptor')
      expect(told.map(({ before, descriptor }) => [before.name, descriptor.name])).to.deep.equal([['lobby', 'cellar']])
    }
    expect(bus.view(nodes[1]!, channel).notAfter).to.be.at.most(bus.now + 3_600_000)
    const known = readCharter(channel, bus.directory.get(hex(channel))!)
    expect(known instanceof Refusal ? known : known.ref.version, 'in the directory').to.equal(2)
  })

  it('makes one of the members a manager, which takes its place when it goes', () => {
    const all = world('alice mia nils', 1)
    const { bus, nodes } = all
    const [alice, mia, nils] = nodes as [Node, Node, Node]
    amend(all, { addManagers: [keyOf(mia)] })
    bus.pass(3_000)
    expect(agree(all, nodes, 2)).to.equal(alice)
    bus.stop(alice)
    bus.pass(10_000)
    expect(agree(all, [mia, nils])).to.equal(mia)
  })

  it('makes a quorum of one, with a new root that the new managers have signed', () => {
    const all = world('alice mia nils otto', 1)
    const { bus, nodes, channel } = all
    amend(all, { addManagers: keysOf(nodes[1]!, nodes[2]!) })
    bus.pass(4_000)
    agree(all, nodes, 2)
    expect(bus.view(nodes[3]!, channel).signers).to.have.length(2)
  })

  it('gives a key to a manager that was none of the members', () => {
    const all = world('alice mia', 1)
    const { bus, nodes, channel } = all
    const otto = bus.add('otto')
    amend(all, { addManagers: [keyOf(otto)] })
    bus.join(otto, bus.invite(nodes[1]!, channel))
    bus.pass(4_000)
    agree(all, [...nodes, otto], 2)
    bus.stop(nodes[0]!)
    bus.pass(12_000)
    expect(bus.view(nodes[1]!, channel)).to.include({ key: 'ready', isManagerPresent: true })
    expect(hex(bus.view(nodes[1]!, channel).manager!)).to.equal(hex(keyOf(otto)))
  })

  it('is heard of when it is no manager, and the manager in office goes on', () => {
    const all = world('frida alice mia', 1, 1)
    const { bus, nodes, channel } = all
    bus.pass(120_000)
    bus.say(nodes[0]!, channel, 'a message, which stands for a digest')
    amend(all, { maxMembers: 40 })
    bus.pass(3_000)
    expect(agree(all, nodes, 2)).to.equal(nodes[1])
  })

  it('is heard of when the carrier takes its first word away', () => {
    const all = world('frida alice mia', 1, 1)
    const { bus, nodes } = all
    let isLost = true
    bus.passes = (from) => !(isLost && from === nodes[0])
    amend(all, { maxMembers: 40 })
    bus.pass(2_000)
    isLost = false
    bus.pass(70_000)
    agree(all, nodes, 2)
  })

  it('frees its only manager of others that are gone for good', () => {
    const all = world('alice bert cora mia', 3)
    const { bus, nodes, channel } = all
    const [alice, bert, cora, mia] = nodes as [Node, Node, Node, Node]
    for (const node of [alice, bert, cora]) bus.stop(node)
    bus.start(alice)
    bus.pass(30_000)
    expect(bus.view(alice, channel)).to.include({ isStanding: true, term: 1 })
    amend(all, { removeManagers: keysOf(bert, cora) })
    bus.pass(3_000)
    expect(agree(all, [alice, mia], 2)).to.equal(alice)
  })

  it('is not asked on and on for a version that does not exist', () => {
    const all = world('alice mia', 1)
    const { bus, nodes, channel } = all
    const [alice, mia] = nodes as [Node, Node]
    const before = bus.trace.length
    for (let second = 0; second < 60; second++) {
      const heartbeat = {
        group: EMPTY,
        term: 1,
        counter: 1e6 + second,
        announcement: zeros(32),
        logHead: zeros(32),
        descriptor: { version: 9, hash: zeros(32) },
        isBacked: false,
        isFollowing: false,
        boot: zeros(16)
      }
      bus.deliver(mia, channel, makeFrame(channel, alice.key, { heartbeat }).bytes)
      bus.pass(1_000)
    }
    const done = bus.trace.slice(before).filter(({ node }) => node === mia)
    const asked = done.filter(({ effect }) => effect.type === 'ask' && effect.question.descriptor !== undefined)
    const lookedUp = done.filter(({ effect }) => effect.type === 'lookUp' && effect.kind === 'channel')
    expect(asked.length).to.be.within(5, 15)
    expect(lookedUp.length).to.be.within(2, 8)
  })

  it('is heard of by its request for a key when it is none of the members', () => {
    const bus = new Bus('outside')
    const [frida, alice, mia] = ['frida', 'alice', 'mia'].map((nick) => bus.add(nick)) as [Node, Node, Node]
    const channel = bus.open(frida, { managers: keysOf(alice) })
    const invite = bus.invite(frida, channel)
    bus.join(alice, invite)
    bus.passes = (from, to) => from !== frida && to !== frida
    bus.join(mia, invite)
    bus.pass(5_000)
    expect(bus.view(mia, channel).key).to.equal('ready')
    const all = { bus, channel, nodes: [frida, alice, mia] }
    amend(all, { name: 'cellar' })
    bus.passes = () => true
    bus.pass(20_000)
    agree(all, all.nodes, 2)
  })

  it('is told why a change cannot be', () => {
    const all = world('alice mia nils', 1)
    const { bus, nodes, channel } = all
    const [alice, mia] = nodes as [Node, Node]
    const stranger = keyOf(bus.add('otto'))
    expect(() => amend(all, { name: 'attic' }, mia)).to.throw('Only the founder')
    expect(() => amend(all, { name: 'lobby' })).to.throw('these settings already')
    expect(() => amend(all, { removeManagers: keysOf(mia) })).to.throw('names no such manager')
    expect(() => amend(all, { removeManagers: keysOf(alice) })).to.throw('do not make a channel')
    expect(() => amend(all, { quorum: 2 })).to.throw('do not make a channel')
    expect(() => amend(all, { addManagers: [stranger], removeManagers: keysOf(alice) })).to.throw('let them in first')
    bus.pass(2_000)
    expect(bus.view(mia, channel)).to.include({ term: 1 })
    expect(agree(all, nodes, 1)).to.equal(alice)
  })
})

describe('a manager that the founder dismisses', () => {
  it('while in office, is followed by one of the others, and reads nothing after it', () => {
    for (const names of ['frida alice bert mia', 'frida alice bert cora dirk mia']) {
      const all = world(names, names.split(' ').length - 2, 1)
      const { bus, nodes, channel } = all
      const gone = agree(all, nodes)
      const staying = nodes.filter((node) => node !== gone)
      amend(all, { removeManagers: [keyOf(gone)] })
      bus.say(nodes[0]!, channel, 'without it')
      bus.pass(5_000)
      expect(agree(all, staying, 2)).not.to.equal(gone)
      expect(reasonOf(nodes[0]!)).to.equal(Reason.DESCRIPTOR_CHANGED)
      expect(bus.view(gone, channel).key).to.equal('removed')
      expect(bus.texts(gone)).not.to.include('frida: without it')
      for (const node of staying) expect(bus.texts(node), node.nick).to.include('frida: without it')
    }
  })

  it('stays a member when it was admitted', () => {
    const all = world('frida alice bert mia', 2, 1)
    const { bus, nodes, channel } = all
    const gone = agree(all, nodes)
    bus.command(nodes[0]!, { type: 'admit', channel, user: keyOf(gone) })
    bus.command(nodes[0]!, { type: 'rekey', channel })
    bus.pass(3_000)
    amend(all, { removeManagers: [keyOf(gone)] })
    bus.pass(6_000)
    expect(agree(all, nodes, 2)).not.to.equal(gone)
  })

  it('keeps nothing that only managers have, and follows nobody as one', () => {
    const all = world('alice bert cora dirk edna mia', 5, 0, { history: HistoryPolicy.ALL })
    const { bus, nodes, channel } = all
    const [bert, cora] = [nodes[1]!, nodes[2]!]
    const archived = (): number => cora.peer.unsafeFills().find(({ name }) => name === 'archived epochs')!.size
    bus.command(nodes[0]!, { type: 'admit', channel, user: keyOf(bert) })
    bus.command(nodes[0]!, { type: 'rekey', channel })
    bus.pass(3_000)
    expect(archived()).to.be.greaterThan(0)
    amend(all, { removeManagers: keysOf(bert, cora) })
    bus.pass(2_000)
    expect(archived()).to.equal(0)
    const said = (): number => bus.handed.filter((bytes) => isBeatOf(channel, bert, bytes)).length
    const before = said()
    expect(before).to.be.greaterThan(0)
    bus.pass(20_000)
    const staying = nodes.filter((node) => node !== cora)
    agree(all, staying, 2)
    expect(said()).to.equal(before)
  })

  it('is one again when it is named again', () => {
    const all = world('alice bert mia', 2)
    const { bus, nodes, channel } = all
    amend(all, { removeManagers: [keyOf(nodes[1]!)] })
    bus.pass(4_000)
    expect(bus.view(nodes[1]!, channel).key).to.equal('removed')
    amend(all, { addManagers: [keyOf(nodes[1]!)] })
    bus.pass(10_000)
    expect(agree(all, nodes, 3)).to.equal(nodes[0])
    bus.stop(nodes[0]!)
    bus.pass(10_000)
    expect(agree(all, nodes.slice(1))).to.equal(nodes[1])
  })

  it('leaves one of many that then goes on alone', () => {
    const all = world('alice bert cora mia', 3)
    const { bus, nodes, channel } = all
    amend(all, { removeManagers: keysOf(nodes[1]!, nodes[2]!) })
    bus.pass(4_000)
    expect(agree(all, [nodes[0]!, nodes[3]!], 2)).to.equal(nodes[0])
    for (const gone of [nodes[1]!, nodes[2]!]) expect(bus.view(gone, channel).key).to.equal('removed')
    bus.command(nodes[0]!, { type: 'rekey', channel })
    bus.pass(1_000)
    agree(all, [nodes[0]!, nodes[3]!])
  })

  it('is not written to by who knows of it, from when it does, also after a start', () => {
    const all = world('frida alice bert mia nils', 2, 1)
    const { bus, nodes, channel } = all
    const gone = agree(all, nodes)
    const other = [nodes[1]!, nodes[2]!].find((node) => node !== gone)!
    const mia = nodes[3]!
    bus.stop(other)
    amend(all, { removeManagers: [keyOf(gone)] })
    bus.pass(3_000)
    expect(bus.view(mia, channel)).to.include({ key: 'removal-pending' })
    bus.stop(mia)
    bus.start(mia)
    bus.say(mia, channel, 'held')
    bus.pass(3_000)
    expect(bus.view(mia, channel)).to.include({ key: 'removal-pending', waiting: 1 })
    bus.start(other)
    bus.pass(20_000)
    expect(agree(all, [nodes[0]!, other, mia, nodes[4]!], 2)).to.equal(other)
    expect(bus.texts(other)).to.include('mia: held')
    expect(bus.texts(gone)).not.to.include('mia: held')
  })

  it('is ignored when it goes on under the version before, and who followed it so far comes over', () => {
    const all = world('frida alice bert mia nils', 2, 1)
    const { bus, nodes, channel } = all
    const gone = agree(all, nodes)
    const other = [nodes[1]!, nodes[2]!].find((node) => node !== gone)!
    const [frida, mia, nils] = [nodes[0]!, nodes[3]!, nodes[4]!]
    bus.passes = (a, b) => [gone, mia].includes(a) === [gone, mia].includes(b)
    bus.stop(other)
    amend(all, { removeManagers: [keyOf(gone)], addManagers: [keyOf(nils)] })
    // Terms of its own, above all that the others have.
    for (let i = 0; i < 6; i++) {
      bus.stop(gone)
      bus.start(gone)
      bus.pass(3_000)
    }
    expect(agree(all, [gone, mia], 1)).to.equal(gone)
    bus.pass(10_000)
    expect(agree(all, [frida, nils], 2)).to.equal(nils)
    expect(bus.view(mia, channel).term).to.be.greaterThan(bus.view(nils, channel).term)
    bus.passes = () => true
    for (const node of nodes) bus.send(node, { type: 'carrier', channel, isReady: true })
    bus.pass(90_000)
    expect(agree(all, [frida, mia, nils], 2)).to.equal(nils)
    expect(bus.view(gone, channel).key).to.equal('removed')
  })
})

describe('whoever knows the newest version', () => {
  /** Alice is dismissed while the other manager is down: nobody is in office, and everybody knows. */
  function dismissed(): World & { gone: Node; other: Node; mia: Node; before: number } {
    const all = world('frida alice bert mia', 2, 1)
    const { bus, nodes } = all
    const gone = agree(all, nodes)
    const other = [nodes[1]!, nodes[2]!].find((node) => node !== gone)!
    bus.stop(other)
    bus.passes = (from, to) => from !== gone && to !== gone
    amend(all, { removeManagers: [keyOf(gone)] })
    bus.pass(3_000)
    const before = bus.tap.length
    return { ...all, gone, other, mia: nodes[3]!, before }
  }

  it('follows no epoch that a dismissed manager makes, whoever brings it (R-402)', () => {
    const { bus, channel, gone, mia, before } = dismissed()
    bus.command(gone, { type: 'rekey', channel })
    bus.pass(3_000)
    const made = bus.tap.slice(before).filter((bytes) => kindOf(channel, bytes) === 'announcement')
    expect(made.length).to.be.greaterThan(0)
    for (const bytes of made) bus.deliver(mia, channel, bytes)
    expect(mia.rejects, 'live').not.to.include(402)
    bus.oracle = ({ epochs }) =>
      epochs && { descriptors: EMPTY, records: [], frames: made, sealed: EMPTY, isMore: false }
    bus.send(mia, { type: 'carrier', channel, isReady: true })
    bus.pass(3_000)
    expect(
      mia.rejects.some((check) => check === 401 || check === 402),
      'as an answer'
    ).to.equal(true)
    expect(bus.view(mia, channel)).to.include({ key: 'removal-pending', term: 1 })
    expect(hex(bus.view(mia, channel).commitment)).not.to.equal(hex(bus.view(gone, channel).commitment))
  })

  it('follows no epoch of a dismissed manager that the one after it came before (R-402)', () => {
    const all = world('frida alice mia', 2)
    const { bus, nodes, channel } = all
    const [frida, alice, mia] = nodes as [Node, Node, Node]
    bus.stop(frida)
    bus.pass(10_000)
    expect(agree(all, [alice, mia])).to.equal(alice)
    bus.passes = (from, to) => from !== alice && to !== alice
    const before = bus.tap.length
    for (let i = 0; i < 2; i++) bus.command(alice, { type: 'rekey', channel })
    const [first, second] = bus.tap.slice(before).filter((bytes) => kindOf(channel, bytes) === 'announcement')
    bus.deliver(mia, channel, second!)
    bus.start(frida)
    amend(all, { removeManagers: [keyOf(alice)] })
    const known = bus.directory.get(hex(channel))!
    bus.send(mia, { type: 'found', kind: 'channel', id: channel, value: known })
    const { commitment } = bus.view(mia, channel)
    const frames = [first!, second!]
    const answer = { descriptors: EMPTY, records: [], frames, sealed: EMPTY, isMore: false }
    bus.send(mia, { type: 'answer', id: `${channelIdText(channel)}:epochs`, from: undefined, answer })
    expect(bus.view(mia, channel).commitment).to.deep.equal(commitment)
  })

  it('is not stopped by proof that a dismissed manager lied (R-414)', () => {
    const all = world('frida alice bert mia nils', 2, 1)
    const { bus, nodes, channel } = all
    const [frida, mia, nils] = [nodes[0]!, nodes[3]!, nodes[4]!]
    const gone = agree(all, nodes)
    bus.oracle = (_question, from) =>
      from === gone ? { descriptors: EMPTY, records: [], frames: [], sealed: EMPTY, isMore: false } : undefined
    bus.passes = (from, to) => ![gone, nils].includes(from) && ![gone, nils].includes(to)
    const rows = new Map(gone.rows)
    const [first, second] = [0, 1].map(() => {
      const before = bus.tap.length
      bus.stop(gone)
      gone.rows = new Map(rows)
      bus.start(gone)
      bus.send(gone, { type: 'carrier', channel, isReady: true })
      return bus.tap.slice(before).find((bytes) => kindOf(channel, bytes) === 'announcement')!
    })
    amend(all, { removeManagers: [keyOf(gone)] })
    bus.pass(10_000)
    const alarm = makeFrame(channel, mia.key, { alarm: { first: first!, second: second!, at: 0 } }).bytes
    for (const node of [frida, nils]) bus.deliver(node, channel, alarm)
    expect(bus.view(nils, channel).key, 'under the version before').to.equal('alarmed')
    expect(bus.view(frida, channel).key).to.equal('ready')
    expect(frida.rejects).to.include(414)
  })

  it('takes nothing that a dismissed manager states, from a member that tells it on (R-303)', () => {
    const { bus, channel, gone, mia, nodes } = dismissed()
    const stranger = signingKey(gone.random(32)).publicKey
    const admit = { operation: Operation.ADMIT, subject: stranger, admitId: gone.random(16) }
    const frame = told(bus, channel, mia, [admit], gone.key)
    bus.deliver(nodes[0]!, channel, frame.bytes)
    expect(nodes[0]!.rejects).to.include(303)
    bus.start(nodes.find((node) => !node.isUp)!)
    bus.pass(15_000)
    const views = bus.command(nodes[0]!, { type: 'members', channel })
    const users = views.type === 'members' ? views.members.map(({ user }) => hex(user)) : []
    expect(users)
      .to.include(hex(keyOf(mia)))
      .and.not.include(hex(stranger))
  })

  it('holds nobody to be there by what was said under the version before (R-402)', () => {
    const all = world('frida alice mia', 1, 1)
    const { bus, nodes, channel } = all
    const [, alice, mia] = nodes as [Node, Node, Node]
    const lost: Uint8Array[] = []
    bus.carry = (deliver, to, bytes) => {
      if (to === mia && kindOf(channel, bytes) === 'heartbeat') lost.push(bytes)
      else deliver()
    }
    bus.pass(3_000)
    bus.carry = (deliver) => deliver()
    bus.stop(alice)
    amend(all, { name: 'cellar' })
    bus.pass(6_000)
    for (const bytes of lost) bus.deliver(mia, channel, bytes)
    expect(mia.rejects).to.include(402)
    expect(bus.view(mia, channel)).to.include({ name: 'cellar', isManagerPresent: false })
  })

  it('says of no removal that it could make it with those alone that are dismissed', () => {
    const all = world('alice bert cora dirk mia', 3)
    const { bus, nodes, channel } = all
    const [, bert, cora, dirk] = nodes as [Node, Node, Node, Node]
    bus.stop(bert)
    bus.stop(dirk)
    bus.pass(15_000)
    const backed = (): number =>
      bus.frames(channel).filter(({ body, author }) => body.heartbeat?.isBacked && equalBytes(author, keyOf(nodes[0]!)))
        .length
    const before = backed()
    bus.pass(2_000)
    expect(backed()).to.be.greaterThan(before)
    amend(all, { removeManagers: [keyOf(cora)], addManagers: [keyOf(dirk)] })
    const after = backed()
    bus.pass(3_000)
    expect(backed()).to.equal(after)
    bus.start(dirk)
    bus.pass(10_000)
    expect(backed()).to.be.greaterThan(after)
    agree(all, [nodes[0]!, dirk, nodes[4]!], 2)
  })
})

describe('a member that was away', () => {
  it('while the channel was changed twice follows the announcements of all versions', () => {
    const all = world('alice bert mia nils', 2)
    const { bus, nodes, channel } = all
    const [alice, bert, mia, nils] = nodes as [Node, Node, Node, Node]
    bus.stop(mia)
    bus.command(alice, { type: 'rekey', channel })
    bus.pass(1_000)
    amend(all, { removeManagers: keysOf(bert), addManagers: keysOf(nils) })
    bus.pass(4_000)
    bus.command(alice, { type: 'rekey', channel })
    bus.pass(1_000)
    // One more in the roster, that is none of the members yet.
    amend(all, { addManagers: [signingKey(mia.random(32)).publicKey] })
    bus.pass(4_000)
    mia.notices = []
    bus.passes = (from, to) => from !== mia && to !== mia
    bus.start(mia)
    bus.send(mia, { type: 'found', kind: 'channel', id: channel, value: bus.directory.get(hex(channel))! })
    bus.passes = () => true
    bus.send(mia, { type: 'carrier', channel, isReady: true })
    bus.pass(10_000)
    expect(mia.rejects).not.to.include(402)
    agree(all, [alice, mia, nils], 3)
    const late = mia.notices.flatMap((notice) => (notice.type === 'epoch' ? [notice.reason] : []))
    const { DEMAND, DESCRIPTOR_CHANGED } = Reason
    expect(late.slice(0, 4)).to.deep.equal([DEMAND, DESCRIPTOR_CHANGED, DEMAND, DESCRIPTOR_CHANGED])
  })

  it('learns of the new version from what leads on, where only a manager is left that it does not know', () => {
    const all = world('frida alice mia nils', 1, 1)
    const { bus, nodes, channel } = all
    const [frida, alice, mia, nils] = nodes as [Node, Node, Node, Node]
    bus.isDirectorySilent = true
    bus.stop(mia)
    amend(all, { addManagers: keysOf(nils), removeManagers: keysOf(alice) })
    bus.pass(6_000)
    expect(agree(all, [frida, nils], 2)).to.equal(nils)
    for (const node of [frida, alice]) bus.stop(node)
    bus.start(mia)
    bus.pass(90_000)
    expect(agree(all, [mia, nils], 2)).to.equal(nils)
    expect(bus.view(mia, channel).descriptor!.version).to.equal(2)
  })

  it('comes back with the descriptor that it had pinned, and with the office of the version before', () => {
    const all = world('frida alice bert mia', 2, 1)
    const { bus, nodes, channel } = all
    const gone = agree(all, nodes)
    const other = [nodes[1]!, nodes[2]!].find((node) => node !== gone)!
    bus.stop(other)
    amend(all, { removeManagers: [keyOf(gone)] })
    bus.pass(3_000)
    const mia = nodes[3]!
    bus.stop(mia)
    bus.start(mia)
    expect(bus.view(mia, channel).descriptor!.version).to.equal(2)
    expect(bus.view(mia, channel).signers.map(hex)).to.deep.equal([hex(keyOf(gone))])
  })

  it('never takes an older descriptor for a newer one', () => {
    const all = world('alice mia', 1)
    const { bus, nodes, channel } = all
    const old = bus.directory.get(hex(channel))!
    amend(all, { name: 'cellar' })
    bus.pass(3_000)
    bus.send(nodes[1]!, { type: 'found', kind: 'channel', id: channel, value: old })
    expect(nodes[1]!.rejects).to.include(206)
    expect(bus.view(nodes[1]!, channel)).to.include({ name: 'cellar' })
  })
})
