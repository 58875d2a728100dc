import { expect } from 'chai'
import { EMPTY, hex } from '../../../src/base/bytes.ts'
import { type EpochTerms, type IssuedEpoch, issueEpoch } from '../../../src/core/channel/announcement.ts'
import type { LogPreview } from '../../../src/core/channel/control-log.ts'
import type { Frame } from '../../../src/core/channel/frame.ts'
import { IdSet } from '../../../src/core/channel/id-set.ts'
import { groupInitOf, groupLeafBase, groupLeafKey } from '../../../src/core/channel/key-schedule.ts'
import { KeyTree } from '../../../src/core/channel/key-tree.ts'
import { type SigningKey, signingKey } from '../../../src/crypto/sign.ts'
import { GROUPS } from '../../../src/wire/limits.ts'
import { Operation, Reason } from '../../../src/wire/messages.ts'
import { Bus, type Issued, Liar, type Node, randomOf } from '../bus.ts'

const random = randomOf('group-follow')
const second = signingKey(random(32))
const kitchen = random(16)

interface World {
  readonly bus: Bus
  readonly liar: Liar
  readonly bob: Node
  readonly carol: Node
  readonly channel: Uint8Array
}

/** A manager in our hands, who has taken Bob and Carol in and has made a group of itself and Bob. */
function world(): World {
  const bus = new Bus('group-follow')
  const liar = new Liar(bus, (key) => ({ managers: [key, second.publicKey] }))
  const [bob, carol] = [bus.add('bob'), bus.add('carol')]
  liar.takeIn(bob, carol)
  const user = bob.key.publicKey
  const statements = [
    liar.state({ operation: Operation.MAKE_GROUP, group: kitchen, name: 'kitchen' }),
    liar.state({
      operation: Operation.PUT_INTO_GROUP,
      group: kitchen,
      subject: user,
      admitId: random(16),
      ends: liar.log.admitsOf(user)
    })
  ]
  liar.publish(liar.issue(statements).announcement)
  for (const node of [bob, carol]) expect(bus.view(node, liar.channel)).to.include({ serial: 3, key: 'ready' })
  return { bus, liar, bob, carol, channel: liar.channel }
}

interface Lies {
  readonly base?: Issued
  readonly issuer?: SigningKey
  readonly terms?: Partial<EpochTerms>
  readonly preview?: Partial<LogPreview>
  readonly rootKey?: Uint8Array
  readonly group?: Uint8Array
}

/** An epoch of the group, built on the channel's newest. */
function groupEpoch({ bus, liar }: World, serial: number, lies: Lies = {}): IssuedEpoch {
  const base = lies.base ?? liar.current!
  const group = lies.group ?? kitchen
  const line = { channel: liar.channel, group }
  const number = { term: base.key.term, serial }
  const roster = liar.log.groupRoster(group)
  const secrets = roster.members.ids().map((user) => {
    const leaf = liar.leaves.indexOf(hex(user))
    if (leaf < 0) return random(32)
    const leafBase = groupLeafBase(base.keys.exporter, liar.tree.leafKey(leaf))
    return groupLeafKey(leafBase, line, number.term, serial, user)
  })
  const change = KeyTree.rebuild(secrets, { ...line, ...number })
  const terms = {
    line,
    ...number,
    descriptor: liar.charter.ref,
    previous: EMPTY,
    reason: Reason.STATED,
    notAfter: bus.now + 86_400_000,
    base: base.key,
    ...lies.terms
  }
  const preview = { statements: [], ids: liar.log.ids, roster, ...lies.preview }
  const before = { init: groupInitOf(base.keys.exporter, line), transcript: base.transcript }
  const root = lies.rootKey ?? change.rootKey
  return issueEpoch(lies.issuer ?? liar.key, terms, preview, change.update, root, before, random)
}

const keyOf = (node: Node, group: Uint8Array = kitchen): string | undefined =>
  node.peer.unsafeSecrets().find(({ name }) => name.startsWith(`control/${hex(group)}/`))?.name

/** Publishes and expects Bob to refuse by one number, and to have no key of the group. */
function refuses(check: number, there: World, ...frames: readonly Frame[]): void {
  there.bob.rejects = []
  there.liar.publish(...frames)
  expect(there.bob.rejects).to.deep.equal([check])
  expect(keyOf(there.bob)).to.equal(undefined)
}

const alarms = (node: Node): number[] =>
  node.notices.flatMap((notice) => (notice.type === 'alarm' ? [notice.check] : []))

describe('a member of a group', () => {
  it('takes its key from the manager, and nobody else does', () => {
    const there = world()
    there.liar.publish(groupEpoch(there, 4).announcement)
    expect(keyOf(there.bob)).not.to.equal(undefined)
    expect(keyOf(there.carol)).to.equal(undefined)
    expect(there.bob.rejects.concat(there.carol.rejects)).to.deep.equal([])
  })

  it('refuses a key of a manager that is not the one of the channel’s epoch (R-415)', () => {
    const there = world()
    refuses(415, there, groupEpoch(there, 4, { issuer: second }).announcement)
  })

  it('refuses one of another term than its base, and one that is not newer (R-403)', () => {
    const there = world()
    refuses(403, there, groupEpoch(there, 4, { terms: { term: 2 } }).announcement)
    there.liar.publish(groupEpoch(there, 6).announcement)
    const held = keyOf(there.bob)
    there.bob.rejects = []
    there.liar.publish(groupEpoch(there, 5).announcement)
    expect(there.bob.rejects).to.deep.equal([403])
    expect(keyOf(there.bob)).to.equal(held)
  })

  it('refuses a channel’s announcement that names a base (R-405)', () => {
    const there = world()
    const { key } = there.liar.current!
    const serial = there.bus.view(there.bob, there.channel).serial
    refuses(405, there, there.liar.issue([], { terms: { base: key }, isKept: false }).announcement)
    expect(there.bus.view(there.bob, there.channel).serial).to.equal(serial)
  })

  it('refuses a key that is not what its commitment says (R-408)', () => {
    const there = world()
    refuses(408, there, groupEpoch(there, 4, { rootKey: random(32) }).announcement)
    expect(alarms(there.bob)).to.deep.equal([])
  })

  it('alarms at a roster that is not the log’s, and only refuses one of another log (R-412)', () => {
    const there = world()
    const members = there.liar.log.groupRoster(kitchen).members.with(there.carol.key.publicKey)
    const roster = { members, hash: members.root() }
    refuses(412, there, groupEpoch(there, 4, { preview: { roster, ids: IdSet.EMPTY.with(random(32)) } }).announcement)
    expect(alarms(there.bob)).to.deep.equal([])
    refuses(412, there, groupEpoch(there, 5, { preview: { roster } }).announcement)
    expect(alarms(there.bob)).to.deep.equal([412])
    expect(there.bus.view(there.bob, there.channel).key).to.equal('alarmed')
  })

  it('alarms at statements in a group’s announcement: they belong into the channel’s (R-410)', () => {
    const there = world()
    const statements = [there.liar.admit(random(32))]
    refuses(410, there, groupEpoch(there, 4, { preview: { statements } }).announcement)
    expect(alarms(there.bob)).to.deep.equal([410])
  })

  it('alarms at two keys of one number (R-414)', () => {
    const there = world()
    there.liar.publish(groupEpoch(there, 4).announcement)
    there.bob.rejects = []
    there.liar.publish(groupEpoch(there, 4).announcement)
    expect(there.bob.rejects).to.deep.equal([414])
    expect(alarms(there.bob)).to.deep.equal([414])
  })

  it('hears nobody there who is not in it, even with the group’s key (R-701)', () => {
    const there = world()
    const issued = groupEpoch(there, 4)
    there.liar.publish(issued.announcement)
    there.bob.rejects = []
    const asIssued = issued as unknown as Issued
    there.liar.publish(there.liar.message(there.carol.key, asIssued, { group: kitchen }))
    there.liar.publish(there.liar.message(there.liar.key, asIssued, { group: kitchen }))
    expect(there.bob.rejects).to.deep.equal([701, 701])
    expect(there.bus.texts(there.bob)).to.deep.equal([])
  })

  it('opens no message of the channel as one of the group, nor the other way round', () => {
    const there = world()
    const issued = groupEpoch(there, 4) as unknown as Issued
    there.liar.publish(issued.announcement)
    there.bob.rejects = []
    there.liar.publish(there.liar.message(there.carol.key, issued))
    there.liar.publish(there.liar.message(there.carol.key, there.liar.current!, { group: kitchen }))
    expect(there.bus.texts(there.bob)).to.deep.equal([])
  })

  it('keeps bounded what a manager tells of groups that are not there', () => {
    const there = world()
    const base = { ...there.liar.current!, key: { ...there.liar.current!.key, serial: 9_000 } }
    for (let i = 0; i < 3 * GROUPS; i++) {
      const group = random(16)
      there.liar.publish(groupEpoch(there, 10_000 + i, { group, base }).announcement)
    }
    for (const { name, size, cap } of there.bob.peer.unsafeFills()) expect(size, name).to.be.at.most(cap)
  })
})
