import { expect } from 'chai'
import { EMPTY, hex } from '../../../src/base/bytes.ts'
import { SECOND_MS } from '../../../src/base/time.ts'
import { certificateOf, type EpochTerms, type IssuedEpoch, issueEpoch } from '../../../src/core/channel/announcement.ts'
import type { LogPreview } from '../../../src/core/channel/control-log.ts'
import type { Frame } from '../../../src/core/channel/frame.ts'
import { IdSet } from '../../../src/core/channel/id-set.ts'
import { groupInitOf, groupLeafKey } from '../../../src/core/channel/key-schedule.ts'
import { KeyTree } from '../../../src/core/channel/key-tree.ts'
import type { CheckedStatement } from '../../../src/core/channel/statement.ts'
import { REFRESHED_LEAVES } from '../../../src/core/member/group-follow.ts'
import { type SigningKey, signingKey } from '../../../src/crypto/sign.ts'
import { GROUPS } from '../../../src/wire/limits.ts'
import { type EpochsQuestion, Operation, Reason, type TreeUpdate, TreeUpdateKind } from '../../../src/wire/messages.ts'
import { Bus, type Issued, Liar, type Node, randomOf, textContent } from '../bus.ts'

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
  readonly tree?: (honest: TreeUpdate) => TreeUpdate
  readonly group?: Uint8Array
  /** The epoch on the same base that this one is a fresh root after; the first, with a tree of its own, otherwise. */
  readonly after?: GroupEpoch
}

interface GroupEpoch extends IssuedEpoch {
  readonly tree: KeyTree
}

/** An epoch of the group, built on the channel's newest. */
function groupEpoch({ bus, liar }: World, serial: number, lies: Lies = {}): GroupEpoch {
  const base = lies.base ?? liar.current!
  const group = lies.group ?? kitchen
  const line = { channel: liar.channel, group }
  const number = { term: base.key.term, serial }
  const roster = liar.log.groupRoster(group)
  const secrets = roster.members.ids().map((user) => {
    const leaf = liar.leaves.indexOf(hex(user))
    if (leaf < 0) return random(32)
    return groupLeafKey(base.keys.exporter, liar.tree.leafKey(leaf), line, user)
  })
  const context = { ...line, ...number }
  const change = lies.after?.tree.path({}, context, () => random(32)) ?? KeyTree.rebuild(secrets, context)
  const terms = {
    line,
    ...number,
    descriptor: liar.charter.ref,
    previous: lies.after?.announcement.id ?? EMPTY,
    reason: Reason.STATED,
    notAfter: bus.now + 86_400_000,
    base: base.key,
    ...lies.terms
  }
  const preview = { statements: [], ids: liar.log.ids, roster, ...lies.preview }
  const entry = { init: groupInitOf(base.keys.exporter, line), transcript: base.transcript }
  const before = lies.after === undefined ? entry : { ...lies.after, init: lies.after.keys.init }
  const root = lies.rootKey ?? change.rootKey
  const update = lies.tree?.(change.update) ?? change.update
  const issued = issueEpoch(lies.issuer ?? liar.key, terms, preview, update, root, before)
  return { ...issued, tree: change.tree }
}

/** A statement that puts somebody into the group. */
const putIn = (liar: Liar, user: Uint8Array, ends = liar.log.admitsOf(user)): CheckedStatement =>
  liar.state({ operation: Operation.PUT_INTO_GROUP, group: kitchen, subject: user, admitId: random(16), ends })

/** What the manager tells to be the newest key of a group. */
function beat({ liar }: World, counter: number, group: Uint8Array, announcement: Uint8Array): Frame {
  return liar.heartbeat(counter, { group, announcement })
}

/** The questions for a group's announcements that are asked from now on. */
function questionsTo(bus: Bus): EpochsQuestion[] {
  const asked: EpochsQuestion[] = []
  bus.oracle = ({ epochs }) => {
    if (epochs !== undefined && epochs.group.length > 0) asked.push(epochs)
    return undefined
  }
  return asked
}

const keyOf = (node: Node, group: Uint8Array = kitchen): string | undefined =>
  node.peer.unsafeSecrets().find(({ name }) => name.startsWith(`control/${hex(group)}/`))?.name

/** How many secrets a node holds that lead into groups. */
const entriesOf = ({ peer }: Node): number =>
  peer.unsafeSecrets().filter(({ name }) => name.startsWith('group-')).length

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

  it('tries no more fresh leaves than an honest manager makes at once (R-405)', () => {
    const there = world()
    const refreshed = Array.from({ length: REFRESHED_LEAVES + 1 }, (_, leaf) => leaf)
    const tree = (update: TreeUpdate): TreeUpdate => ({ ...update, kind: TreeUpdateKind.PATH, refreshed })
    refuses(405, there, groupEpoch(there, 4, { tree }).announcement)
    const fewer = (update: TreeUpdate): TreeUpdate => ({ ...tree(update), refreshed: refreshed.slice(1) })
    refuses(408, there, groupEpoch(there, 5, { tree: fewer }).announcement)
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
    for (let i = 0; i < 3 * GROUPS; i++) there.liar.publish(beat(there, i + 1, random(16), random(32)))
    for (const { name, size, cap } of there.bob.peer.unsafeFills()) expect(size, name).to.be.at.most(cap)
    there.bob.rejects = []
    there.liar.publish(groupEpoch(there, 4).announcement)
    expect(there.bob.rejects, 'its own group is followed still').to.deep.equal([])
    expect(keyOf(there.bob)).not.to.equal(undefined)
  })

  it('takes a key but once, and a certificate for none', () => {
    const there = world()
    const { announcement } = groupEpoch(there, 4)
    there.liar.publish(certificateOf(announcement))
    expect(keyOf(there.bob)).to.equal(undefined)
    there.liar.publish(announcement, announcement)
    expect(keyOf(there.bob)).not.to.equal(undefined)
    expect(there.bob.rejects).to.deep.equal([])
    const told = there.bob.notices.filter((notice) => notice.type === 'epoch' && notice.group.length > 0)
    expect(told).to.have.length(1)
  })

  it('refuses a key of another descriptor (R-402), and has none while it has no key of the channel', () => {
    const there = world()
    const descriptor = { ...there.liar.charter.ref, hash: random(32) }
    refuses(402, there, groupEpoch(there, 4, { terms: { descriptor } }).announcement)
    const dave = there.bus.add('dave')
    there.bus.join(dave, there.liar.invite())
    there.liar.publish(groupEpoch(there, 4).announcement)
    expect(keyOf(dave)).to.equal(undefined)
    expect(keyOf(there.bob)).not.to.equal(undefined)
  })

  it('follows keys whose order was lost, each on the one before', () => {
    const there = world()
    const first = groupEpoch(there, 4)
    const next = groupEpoch(there, 5, { after: first })
    const last = groupEpoch(there, 6, { after: next })
    there.liar.publish(first.announcement, last.announcement)
    expect(hex(there.bob.peer.unsafeSecrets().find(({ name }) => name === keyOf(there.bob))!.bytes)).to.equal(
      hex(first.keys.control)
    )
    there.liar.publish(next.announcement)
    const held = there.bob.peer.unsafeSecrets().map(({ bytes }) => hex(bytes))
    expect(held).to.include(hex(last.keys.control))
    expect(there.bob.rejects).to.deep.equal([])
  })

  it('enters it once from each epoch of the channel, and from none before that (R-408)', () => {
    const there = world()
    const { liar, bob } = there
    const [earlier, first] = [groupEpoch(there, 4), groupEpoch(there, 5)]
    const before = liar.current!
    liar.publish(first.announcement)
    const held = keyOf(bob)
    liar.publish(groupEpoch(there, 6).announcement)
    expect(entriesOf(bob)).to.equal(0)
    for (let i = 0; i < 2; i++) liar.publish(liar.issue().announcement)
    expect(entriesOf(bob), 'two of each').to.equal(4)
    const again = groupEpoch(there, 9)
    liar.publish(again.announcement)
    expect(keyOf(bob)).not.to.equal(held)
    expect(entriesOf(bob)).to.equal(0)
    liar.publish(groupEpoch(there, 10, { base: before }).announcement)
    expect(bob.rejects).to.deep.equal([408, 408])
    const next = groupEpoch(there, 11, { after: again })
    liar.publish(next.announcement, earlier.announcement)
    const newest = bob.peer.unsafeSecrets().find(({ name }) => name === keyOf(bob))!
    expect(hex(newest.bytes)).to.equal(hex(next.keys.control))
  })

  it('enters it once, whatever starts there are between', () => {
    const there = world()
    const { bus, liar, bob } = there
    bus.losePower(bob)
    bus.start(bob)
    const first = groupEpoch(there, 4)
    liar.publish(first.announcement)
    expect(keyOf(bob)).not.to.equal(undefined)
    bus.losePower(bob)
    bus.start(bob)
    expect(entriesOf(bob)).to.equal(0)
    const held = keyOf(bob)
    liar.publish(groupEpoch(there, 5, { after: first }).announcement)
    expect(keyOf(bob)).not.to.equal(held)
    expect(bob.rejects).to.deep.equal([])
  })

  it('holds nothing that leads into one before it is in it, nor when it is out of it', () => {
    const { liar, bob, carol } = world()
    expect([entriesOf(bob), entriesOf(carol)]).to.deep.equal([2, 0])
    const subject = bob.key.publicKey
    const ends = liar.log.putsOf(kitchen, subject)
    const out = liar.state({ operation: Operation.TAKE_OUT_OF_GROUP, group: kitchen, subject, ends })
    liar.publish(liar.issue([out, putIn(liar, carol.key.publicKey)]).announcement)
    expect([entriesOf(bob), entriesOf(carol)]).to.deep.equal([0, 2])
  })

  it('keeps a key that is ahead of its channel until it comes there, and forgets one of a base it never had', () => {
    const there = world()
    const { liar, bob, carol } = there
    const old = { ...liar.current!, key: { ...liar.current!.key, serial: 1 } }
    liar.publish(groupEpoch(there, 4, { base: old }).announcement)
    expect(keyOf(bob)).to.equal(undefined)
    const next = liar.issue([putIn(liar, carol.key.publicKey)])
    const issued = groupEpoch(there, 5) as unknown as Issued
    for (const { key } of [bob, carol]) liar.publish(liar.message(key, issued, { group: kitchen }))
    liar.publish(issued.announcement)
    expect([keyOf(bob), keyOf(carol)]).to.deep.equal([undefined, undefined])
    liar.publish(next.announcement)
    for (const node of [bob, carol]) {
      expect(keyOf(node), node.nick).not.to.equal(undefined)
      expect(there.bus.texts(node), 'what was said under it was held').to.deep.equal([': forged'])
      expect(node.rejects, node.nick).to.deep.equal([])
    }
  })

  it('says nothing there before its key is of exactly those who are in it', () => {
    const there = world()
    const { bus, liar, bob, carol, channel } = there
    const said = (): number => bus.frames(channel).filter(({ kind }) => kind === 'message').length
    const say = (text: string): void => {
      bus.command(bob, { type: 'say', channel, group: kitchen, content: textContent(text), isPlain: false })
    }
    say('before any key')
    expect(said()).to.equal(0)
    liar.publish(groupEpoch(there, 4).announcement)
    expect(said()).to.equal(1)
    liar.publish(liar.issue([putIn(liar, carol.key.publicKey)]).announcement)
    say('for carol, too')
    expect(said()).to.equal(1)
    const first = groupEpoch(there, 6)
    liar.publish(first.announcement)
    expect(said()).to.equal(2)
    expect(bus.texts(carol)).to.deep.equal([': for carol, too'])
    const coming = groupEpoch(there, 7, { after: first }) as unknown as Issued
    liar.publish(liar.message(carol.key, coming, { group: kitchen }), coming.announcement)
    expect(bus.texts(bob).at(-1)).to.equal(': forged')
    expect(bob.rejects).to.deep.equal([])
  })

  it('asks the others for a key that it misses: the log says so, or a heartbeat', () => {
    const there = world()
    const { bus, liar, bob, carol, channel } = there
    const asked = questionsTo(bus)
    const next = liar.issue([putIn(liar, carol.key.publicKey)])
    const first = groupEpoch(there, 5)
    bus.deliver(carol, channel, next.announcement.bytes)
    bus.deliver(carol, channel, first.announcement.bytes)
    bus.deliver(bob, channel, next.announcement.bytes)
    bus.pass(SECOND_MS)
    expect(asked.length).to.be.greaterThan(0)
    expect(keyOf(bob)).to.equal(keyOf(carol)).and.not.to.equal(undefined)
    const second = groupEpoch(there, 6, { after: first })
    bus.deliver(carol, channel, second.announcement.bytes)
    bus.pass(5 * SECOND_MS)
    asked.length = 0
    liar.publish(beat(there, 1, kitchen, second.announcement.id))
    bus.pass(SECOND_MS)
    expect(asked.map(({ after }) => hex(after))).to.deep.equal([hex(first.announcement.id)])
    const held = bob.peer.unsafeSecrets().map(({ bytes }) => hex(bytes))
    expect(held).to.include(hex(second.keys.control))
  })

  it('asks for a key that an announcement follows, or a message needs, and does not go on at it', () => {
    const there = world()
    const { bus, liar, channel } = there
    const first = groupEpoch(there, 4)
    const next = groupEpoch(there, 5, { after: first })
    const last = groupEpoch(there, 6, { after: next })
    liar.publish(first.announcement)
    bus.pass(5 * SECOND_MS)
    const asked = questionsTo(bus)
    const since = bus.tap.length
    liar.publish(last.announcement)
    bus.pass(60 * SECOND_MS)
    expect(asked).to.have.length(4)
    for (const { after } of asked) expect(hex(after)).to.equal(hex(first.announcement.id))
    const kinds = bus
      .frames(channel)
      .slice(since)
      .filter(({ kind }) => kind === 'keyRequest')
    expect(kinds, 'no grant is asked for on that word').to.deep.equal([])
    liar.publish(next.announcement)
    bus.pass(5 * SECOND_MS)
    asked.length = 0
    const coming = groupEpoch(there, 7, { after: last }) as unknown as Issued
    liar.publish(liar.message(liar.key, coming))
    bus.pass(5 * SECOND_MS)
    expect(asked, 'of the channel').to.deep.equal([])
    liar.publish(liar.message(signingKey(random(32)), coming, { group: kitchen }))
    bus.pass(5 * SECOND_MS)
    expect(asked, 'of a stranger').to.deep.equal([])
    liar.publish(liar.message(liar.key, coming, { group: kitchen }))
    bus.pass(60 * SECOND_MS)
    expect(asked).to.have.length(4)
    for (const { after } of asked) expect(hex(after)).to.equal(hex(last.announcement.id))
  })

  it('asks for nothing when it has the newest, also after a start', () => {
    const there = world()
    const { bus, liar, bob } = there
    const issued = groupEpoch(there, 4)
    liar.publish(issued.announcement)
    bus.pass(5 * SECOND_MS)
    const asked = questionsTo(bus)
    liar.publish(liar.issue().announcement)
    liar.publish(beat(there, 1, kitchen, issued.announcement.id))
    bus.pass(2 * SECOND_MS)
    bus.stop(bob)
    bus.start(bob)
    liar.publish(beat(there, 2, kitchen, issued.announcement.id))
    bus.pass(2 * SECOND_MS)
    expect(asked).to.deep.equal([])
  })

  it('asks for nothing any more once its manager has lied', () => {
    const there = world()
    const members = there.liar.log.groupRoster(kitchen).members.with(there.carol.key.publicKey)
    const asked = questionsTo(there.bus)
    there.liar.publish(groupEpoch(there, 4, { preview: { roster: { members, hash: members.root() } } }).announcement)
    expect(alarms(there.bob)).to.deep.equal([412])
    there.bus.pass(10 * SECOND_MS)
    expect(asked).to.deep.equal([])
  })

  it('holds no message of a group that it is not in, unless a key ahead of its own may put it there', () => {
    const there = world()
    const { liar, carol } = there
    const held = (): number => carol.peer.unsafeFills().find(({ name }) => name === 'held messages')!.size
    const base = liar.current!
    liar.publish(liar.issue().announcement, liar.issue().announcement)
    const past = groupEpoch(there, 4, { base }) as unknown as Issued
    liar.publish(liar.message(there.bob.key, past, { group: kitchen }))
    expect([held(), carol.rejects]).to.deep.equal([0, []])
    const coming = groupEpoch(there, 6) as unknown as Issued
    liar.publish(liar.message(there.bob.key, coming, { group: kitchen }))
    expect([held(), carol.rejects], 'by the log we have').to.deep.equal([0, []])
    liar.publish(liar.message(there.bob.key, coming, { group: kitchen, logHead: random(32) }))
    expect([held(), carol.rejects]).to.deep.equal([1, []])
  })

  it('follows one of so many members that it comes in chunks, and asks for a chunk that is missing', () => {
    const there = world()
    const { bus, liar, bob, carol, channel } = there
    const admits = Array.from({ length: 1_100 }, () => liar.admit(random(32)))
    const puts = admits.map(({ statement }) => putIn(liar, statement.subject, [statement.admitId]))
    const statements = [putIn(liar, carol.key.publicKey), ...admits, ...puts]
    for (let at = 0; at < statements.length; at += 120)
      liar.publish(liar.issue(statements.slice(at, at + 120)).announcement)
    const issued = groupEpoch(there, 100)
    const { announcement, chunks } = issued
    expect(chunks).to.have.length(2)
    for (const frame of [...chunks, announcement]) bus.deliver(carol, channel, frame.bytes)
    expect(keyOf(carol), 'chunks before their head').not.to.equal(undefined)
    const asked = questionsTo(bus)
    for (const frame of [announcement, chunks[0]!]) bus.deliver(bob, channel, frame.bytes)
    expect(keyOf(bob)).to.equal(undefined)
    bus.pass(SECOND_MS)
    expect(asked.map((question) => question.chunks)).to.deep.equal([[1]])
    expect(keyOf(bob)).to.equal(keyOf(carol))
    liar.publish(liar.issue().announcement)
    const later = groupEpoch(there, 101)
    for (const frame of [later.announcement, ...later.chunks]) bus.deliver(bob, channel, frame.bytes)
    expect(bob.peer.unsafeSecrets().map(({ bytes }) => hex(bytes))).to.include(hex(later.keys.control))
    for (const node of [bob, carol]) expect(node.rejects, node.nick).to.deep.equal([])
  })
})
