import { expect } from 'chai'
import { EMPTY, equalBytes, hex } from '../../src/base/bytes.ts'
import { packEarlier } from '../../src/core/channel/earlier-epochs.ts'
import { type Frame, makeFrame } from '../../src/core/channel/frame.ts'
import { sealControl } from '../../src/core/channel/key-schedule.ts'
import type { ChannelSettings } from '../../src/core/command.ts'
import { Admission, type EarlierEpochs, HistoryPolicy, type KeyId, StatementList } from '../../src/wire/messages.ts'
import { ArchiveRow } from '../../src/wire/rows.ts'
import { Bus, type Issued, Liar, type Node, randomOf, rowsOf, withholding } from './bus.ts'

const random = randomOf('history')

interface World {
  readonly bus: Bus
  readonly alice: Node
  readonly bob: Node
  readonly channel: Uint8Array
}

/** Alice and Bob, who have said one thing under each of three keys. */
function world(history: HistoryPolicy, settings: ChannelSettings = {}): World {
  const bus = new Bus('history')
  // Tests hand over themselves what was said.
  bus.oracle = withholding
  const [alice, bob] = [bus.add('alice'), bus.add('bob')]
  const channel = bus.open(alice, { history, ...settings })
  bus.join(bob, bus.invite(alice, channel))
  bus.pass(2_000)
  const all = { bus, alice, bob, channel }
  for (const text of ['one', 'two', 'three']) speak(all, text)
  return all
}
/** Something is said, then there is a new key. */
function speak({ bus, alice, bob, channel }: World, text: string): void {
  bus.say(bob, channel, text)
  bus.command(alice, { type: 'rekey', channel })
}
const admit = ({ bus, alice, channel }: World, who: Node): void => {
  bus.command(alice, { type: 'admit', channel, user: who.key.publicKey })
  bus.pass(1_000)
}
const enter = ({ bus, alice, channel }: World, who: Node): void => {
  bus.join(who, bus.invite(alice, channel))
  bus.pass(4_000)
  expect(bus.view(who, channel).key).to.equal('ready')
}
/** Hands everything ever said to somebody. @returns what it refused. */
function handOver({ bus, channel }: World, to: Node): number[] {
  to.rejects = []
  for (const frame of bus.frames(channel)) if (frame.kind === 'message') bus.deliver(to, channel, frame.bytes)
  return to.rejects
}
const secretsOf = (node: Node): string[] => node.peer.unsafeSecrets().map(({ bytes }) => hex(bytes))
const archivedAt = (node: Node): ArchiveRow[] => rowsOf(node, 'archive').map(({ value }) => ArchiveRow.decode(value))

describe('a history policy', () => {
  it('of none gives a newcomer nothing of before, and the manager keeps nothing that opens it (R-708)', () => {
    const all = world(HistoryPolicy.NONE)
    const { bus, alice, bob } = all
    const carol = bus.add('carol')
    enter(all, carol)
    expect(handOver(all, carol)).to.deep.equal([708, 708, 708])
    expect(bus.texts(carol)).to.deep.equal([])
    bus.pass(3_600_000)
    for (const node of [alice, bob, carol]) {
      const names = node.peer.unsafeSecrets().map(({ name }) => name.split('/')[0])
      expect(names.filter((name) => name === 'control')).to.have.length(1)
      expect(names.filter((name) => name === 'reading').length).to.be.at.most(1)
      expect(archivedAt(node)).to.deep.equal([])
    }
  }).timeout(60_000)

  it('of all gives a newcomer every epoch there was, each message once, over restarts', () => {
    const all = world(HistoryPolicy.ALL)
    const { bus, channel } = all
    const carol = bus.add('carol')
    enter(all, carol)
    expect(handOver(all, carol)).to.deep.equal([])
    const texts = ['bob: one', 'bob: two', 'bob: three']
    expect(bus.texts(carol)).to.deep.equal(texts)
    expect(bus.history(carol, channel).every(({ isEncrypted }) => isEncrypted)).to.equal(true)
    bus.losePower(carol)
    bus.start(carol)
    bus.pass(2_000)
    bus.pass(3_600_000)
    handOver(all, carol)
    expect(new Set(bus.texts(carol))).to.deep.equal(new Set(texts))
    bus.stop(carol)
    bus.start(carol)
    expect(handOver(all, carol)).to.deep.equal([702, 702, 702])
  }).timeout(60_000)

  it('of all outlives the manager\u2019s start', () => {
    const all = world(HistoryPolicy.ALL)
    const { bus, alice } = all
    bus.losePower(alice)
    bus.start(alice)
    bus.pass(3_000)
    speak(all, 'four')
    const carol = bus.add('carol')
    enter(all, carol)
    handOver(all, carol)
    expect(bus.texts(carol)).to.deep.equal(['one', 'two', 'three', 'four'].map((text) => `bob: ${text}`))
  })

  it('since joining gives somebody new nothing of before (R-708)', () => {
    const all = world(HistoryPolicy.SINCE_JOIN)
    const { bus } = all
    const carol = bus.add('carol')
    enter(all, carol)
    expect(handOver(all, carol)).to.deep.equal([708, 708, 708])
    expect(bus.texts(carol)).to.deep.equal([])
  })

  it('since joining gives who was admitted in advance what was said since, and nothing of before (R-708)', () => {
    const all = world(HistoryPolicy.SINCE_JOIN, { admission: Admission.OPEN })
    const { bus, alice } = all
    const carol = bus.add('carol')
    admit(all, carol)
    for (const text of ['four', 'five']) speak(all, text)
    bus.losePower(alice)
    bus.start(alice)
    bus.pass(3_000)
    speak(all, 'six')
    enter(all, carol)
    expect(handOver(all, carol)).to.deep.equal([708, 708, 708])
    expect(bus.texts(carol)).to.deep.equal(['bob: four', 'bob: five', 'bob: six'])
  })

  it('since joining starts again with the admit that is in force (R-708)', () => {
    const all = world(HistoryPolicy.SINCE_JOIN)
    const { bus, alice, channel } = all
    const carol = bus.add('carol')
    admit(all, carol)
    speak(all, 'four')
    bus.remove(alice, channel, carol)
    bus.pass(1_000)
    speak(all, 'five')
    admit(all, carol)
    speak(all, 'six')
    enter(all, carol)
    expect(handOver(all, carol)).to.deep.equal([708, 708, 708, 708, 708])
    expect(bus.texts(carol)).to.deep.equal(['bob: six'])
  })

  it('gives who comes back what it missed, and shows nothing again that it had', () => {
    for (const history of [HistoryPolicy.SINCE_JOIN, HistoryPolicy.ALL]) {
      const all = world(history)
      const { bus, alice, bob, channel } = all
      const carol = bus.add('carol')
      enter(all, carol)
      bus.say(bob, channel, 'heard')
      bus.stop(carol)
      for (const text of ['missed', 'missed too']) speak(all, text)
      // The manager starts anew and keeps no announcements of before: Carol needs a grant.
      for (const node of [alice, bob]) {
        bus.stop(node)
        bus.start(node)
        bus.pass(3_000)
      }
      speak(all, 'last')
      bus.pass(3_600_000)
      bus.start(carol)
      bus.pass(10_000)
      expect(bus.view(carol, channel).key).to.equal('ready')
      handOver(all, carol)
      const texts = bus.texts(carol).filter((text) => !['bob: one', 'bob: two', 'bob: three'].includes(text))
      expect(texts, history).to.deep.equal(['bob: heard', 'bob: missed', 'bob: missed too', 'bob: last'])
      handOver(all, carol)
      expect(bus.texts(carol).filter((text) => text === 'bob: heard')).to.have.length(1)
    }
  }).timeout(60_000)

  it('holds for a second manager too, which keeps what it adopts', () => {
    const bus = new Bus('second')
    const [alice, bob] = [bus.add('alice'), bus.add('bob')]
    const managers = [alice.key.publicKey, bob.key.publicKey]
    const channel = bus.open(alice, { history: HistoryPolicy.ALL, managers })
    bus.join(bob, bus.invite(alice, channel))
    bus.pass(2_000)
    const all = { bus, alice, bob, channel }
    speak(all, 'one')
    speak(all, 'two')
    const ids = (node: Node): string[] => archivedAt(node).map(({ announcement }) => hex(announcement))
    expect(ids(bob).length).to.be.at.least(3)
    expect(ids(alice)).to.include.members(ids(bob))
    const carol = bus.add('carol')
    enter(all, carol)
    expect(archivedAt(carol)).to.deep.equal([])
  })

  it('is kept in the batch of each epoch, and wiped when the manager leaves', () => {
    const all = world(HistoryPolicy.ALL)
    const { bus, alice, bob, channel } = all
    for (const { node, effect } of bus.trace) {
      if (node !== alice || effect.type !== 'persist') continue
      const began = effect.puts.filter(({ entry }) => entry.startsWith('newest/')).length
      const kept = effect.puts.filter(({ entry }) => entry.startsWith('archive/')).length
      expect(kept).to.equal(began)
      if (began > 0) expect(effect.isDurable).to.equal(true)
    }
    const readings = archivedAt(alice).map(({ reading }) => hex(reading))
    expect(readings.length).to.be.at.least(4)
    bus.remove(alice, channel, bob)
    bus.pass(1_000)
    bus.command(alice, { type: 'leaveChannel', channel })
    expect(archivedAt(alice)).to.deep.equal([])
    expect(secretsOf(alice).filter((one) => readings.includes(one))).to.deep.equal([])
  })

  it('ends with the time that messages are kept, at the manager and at who was given an epoch (R-708)', () => {
    const all = world(HistoryPolicy.ALL, { retentionSeconds: 7_200, stepSeconds: 0 })
    const { bus, alice } = all
    bus.pass(3_600_000)
    speak(all, 'four')
    const carol = bus.add('carol')
    enter(all, carol)
    bus.pass(3_600_000 + 1_000)
    speak(all, 'five')
    expect(archivedAt(alice).length).to.be.at.most(5)
    const dave = bus.add('dave')
    enter(all, dave)
    expect(handOver(all, dave)).to.deep.equal([708, 708, 708])
    expect(bus.texts(dave)).to.deep.equal(['bob: four', 'bob: five'])
    bus.pass(4_500_000)
    expect(handOver(all, carol).filter((check) => check === 708).length).to.be.at.least(4)
  }).timeout(120_000)
})

/** An empty list of statements, sealed as if under an epoch. */
function statementsUnder({ channel, key: author }: Liar, key: KeyId, control: Uint8Array): Frame {
  const list = StatementList.encode({ statements: [] })
  const sealed = sealControl(control, { channel, group: EMPTY }, 'statements', list, random(32))
  return makeFrame(channel, author, { statements: { key, sealed } })
}

describe('an earlier epoch in a grant', () => {
  /** Bob has asked a liar for the key; what it may give him of the two epochs before. */
  function world(history: HistoryPolicy) {
    const bus = new Bus('lying')
    const liar = new Liar(bus, () => ({ history }))
    const bob = bus.add('bob')
    const before = [liar.found(), liar.issue()]
    bus.join(bob, liar.invite())
    const issued = liar.issue([liar.admit(bob.key.publicKey)])
    liar.publish(issued.announcement)
    const giveRuns = (...earlier: EarlierEpochs[]): number[] => {
      bob.rejects = []
      liar.publish(liar.grant(liar.request(bob), issued, { content: { earlier } }))
      return bob.rejects
    }
    const give = (...epochs: Issued[]): number[] => giveRuns(...earlierOf(...epochs))
    return { bus, liar, bob, before: before as [Issued, Issued], issued, give, giveRuns }
  }
  const earlierOf = (...epochs: Issued[]): EarlierEpochs[] =>
    packEarlier(
      epochs.map(({ key, keys }) => ({ key, reading: keys.reading })),
      1e6
    )

  it('is read from, by whoever was given it and under its own key id alone', () => {
    const { bus, liar, bob, before, give } = world(HistoryPolicy.ALL)
    expect(give(before[1], before[0])).to.deep.equal([])
    expect(bus.view(bob, liar.channel).key).to.equal('ready')
    liar.publish(liar.message(liar.key, before[0]))
    expect(bus.texts(bob)).to.have.length(1)
    bob.rejects = []
    liar.publish(liar.message(liar.key, { ...before[0], key: before[1].key }))
    expect(bob.rejects).to.deep.equal([704])
  })

  it('is refused where its secrets are no secrets, or more than there are numbers, or in disorder (R-613)', () => {
    const { bus, liar, bob, before, giveRuns } = world(HistoryPolicy.ALL)
    const [older, newer] = before.map(({ keys }) => keys.reading)
    const lies: readonly EarlierEpochs[][] = [
      [{ term: 1, serial: 2, readingSecrets: random(31) }],
      [{ term: 1, serial: 2, readingSecrets: EMPTY }],
      [{ term: 1, serial: 1, readingSecrets: random(96) }],
      [
        { term: 1, serial: 1, readingSecrets: older! },
        { term: 1, serial: 2, readingSecrets: newer! }
      ],
      [
        { term: 1, serial: 2, readingSecrets: newer! },
        { term: 1, serial: 2, readingSecrets: newer! }
      ]
    ]
    for (const runs of lies) {
      expect(giveRuns(...runs), JSON.stringify(runs.map(({ serial }) => serial))).to.deep.equal([613])
      expect(bus.view(bob, liar.channel).key).to.equal('asking')
    }
    expect(giveRuns(...earlierOf(before[1], before[0]))).to.deep.equal([])
  })

  it('opens nothing of another number', () => {
    const { bus, liar, bob, before, giveRuns } = world(HistoryPolicy.ALL)
    const { term, serial } = before[1].key
    giveRuns({ term, serial, readingSecrets: before[0].keys.reading })
    bob.rejects = []
    for (const one of before) liar.publish(liar.message(liar.key, one))
    expect(bob.rejects).to.deep.equal([708, 708])
    expect(bus.texts(bob)).to.deep.equal([])
  })

  it('is refused when it is not below the one granted (R-613)', () => {
    const { before, issued, give, giveRuns } = world(HistoryPolicy.ALL)
    expect(giveRuns({ term: 1, serial: 9, readingSecrets: random(32) })).to.deep.equal([613])
    expect(give(issued)).to.deep.equal([613])
    expect(give(before[0])).to.deep.equal([])
  })

  it('is refused where the policy gives none (R-613)', () => {
    const { before, give } = world(HistoryPolicy.NONE)
    expect(give(before[0])).to.deep.equal([613])
    expect(give()).to.deep.equal([])
  })

  it('opens nothing but messages: a statement under its key id is passed over', () => {
    const { liar, bob, before, give } = world(HistoryPolicy.ALL)
    give(before[0])
    const row = rowsOf(bob, 'epoch').length
    expect(row).to.equal(2)
    const names = bob.peer.unsafeSecrets().map(({ name }) => name)
    expect(names.filter((name) => name.startsWith('control/'))).to.have.length(1)
    expect(names.filter((name) => name.startsWith('reading/'))).to.have.length(2)
    bob.rejects = []
    const { key } = before[0]
    for (const control of [before[0].keys.control, random(32)]) liar.publish(statementsUnder(liar, key, control))
    expect(bob.rejects).to.deep.equal([])
  })

  it('is never one that the member had itself', () => {
    const bus = new Bus('had')
    const liar = new Liar(bus, () => ({ history: HistoryPolicy.ALL }))
    const bob = bus.add('bob')
    const first = liar.takeIn(bob)
    const message = liar.message(liar.key, first)
    liar.publish(message)
    liar.publish(liar.issue().announcement)
    bus.pass(3_600_000)
    liar.issue()
    const last = liar.issue()
    liar.publish(last.announcement)
    bus.pass(10_000)
    liar.publish(liar.grant(liar.request(bob), last, { content: { earlier: earlierOf(first) } }))
    expect(equalBytes(bus.view(bob, liar.channel).commitment, last.key.commitment)).to.equal(true)
    bob.rejects = []
    liar.publish(message)
    expect(bob.rejects).to.deep.equal([708])
    expect(bus.texts(bob)).to.have.length(1)
  }).timeout(60_000)
})
