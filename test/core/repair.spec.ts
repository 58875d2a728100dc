import { expect } from 'chai'
import { EMPTY, hex } from '../../src/base/bytes.ts'
import { makeFrame } from '../../src/core/channel/frame.ts'
import { GAP_PATIENCE_MS, REPAIR_MAX_MS, REPAIR_MS, REPAIR_PAUSE_MS } from '../../src/core/params.ts'
import { ANSWERED_FRAMES } from '../../src/wire/limits.ts'
import { HistoryPolicy, Privacy, type Question } from '../../src/wire/messages.ts'
import { Bus, type Node, withholding } from './bus.ts'

interface World {
  readonly bus: Bus
  readonly alice: Node
  readonly bob: Node
  readonly carol: Node
  readonly channel: Uint8Array
}

/** Alice, Bob and Carol in a channel, keys in hand. */
function world(settings: Parameters<Bus['open']>[1] = {}): World {
  const bus = new Bus('repair')
  const [alice, bob, carol] = [bus.add('alice'), bus.add('bob'), bus.add('carol')]
  const channel = bus.open(alice, settings)
  const invite = bus.invite(alice, channel)
  for (const node of [bob, carol]) bus.join(node, invite)
  bus.pass(3_000)
  return { bus, alice, bob, carol, channel }
}

/** Something is said that one of them does not hear. */
function sayPast({ bus, channel }: World, from: Node, deaf: Node, ...texts: string[]): void {
  bus.passes = (_from, to) => to !== deaf
  for (const text of texts) bus.say(from, channel, text)
  bus.passes = () => true
}

const gapsOf = (node: Node): boolean[] =>
  node.notices.flatMap((notice) => (notice.type === 'gap' ? [notice.isClosed] : []))
const questionsOf = ({ bus }: World, node: Node): Question[] =>
  bus.trace.flatMap(({ node: by, effect }) =>
    by === node && effect.type === 'ask' && effect.question.frames !== undefined ? [effect.question] : []
  )
const numbered = (count: number, name: string): string[] => Array.from({ length: count }, (_, n) => `${name} ${n}`)
const statesOf = (node: Node): string[] =>
  node.notices.flatMap((notice) =>
    notice.type === 'messageState' ? [`${notice.state} ${notice.seenBy} of ${notice.of}`] : []
  )

describe('a message that is missing', () => {
  it('is asked for and shown, before anybody is told of it', () => {
    const all = world()
    const { bus, alice, bob } = all
    bus.say(alice, all.channel, 'one')
    sayPast(all, alice, bob, 'two', 'three')
    bus.say(alice, all.channel, 'four')
    bus.pass(GAP_PATIENCE_MS)
    expect(bus.texts(bob).sort()).to.deep.equal(['four', 'one', 'three', 'two'].map((text) => `alice: ${text}`))
    expect(gapsOf(bob)).to.deep.equal([])
  })

  it('is asked for when nothing was said after it: the others say that they have it', () => {
    for (const isPlain of [false, true]) {
      const all = world({ privacy: Privacy.MIXED })
      const { bus, alice, bob, channel } = all
      bus.pass(60_000)
      bus.passes = (_from, to) => to !== bob
      bus.say(alice, channel, 'last', isPlain)
      bus.passes = () => true
      expect(bus.texts(bob)).to.deep.equal([])
      bus.pass(8_000)
      expect(bus.texts(bob), isPlain ? 'plain' : 'sealed').to.deep.equal(['alice: last'])
    }
  })

  it('is told when nobody gives it, asked for ever more rarely, and found once somebody has it', () => {
    const all = world()
    const { bus, alice, bob, channel } = all
    bus.oracle = withholding
    bus.say(alice, channel, 'one')
    sayPast(all, alice, bob, 'two')
    bus.say(alice, channel, 'three')
    bus.pass(REPAIR_MAX_MS)
    expect(gapsOf(bob)).to.deep.equal([false])
    expect(bus.view(bob, channel).missing).to.equal(1)
    expect(questionsOf(all, bob).length).to.be.within(8, 16)
    bus.oracle = () => undefined
    bus.pass(REPAIR_MAX_MS)
    expect(bus.texts(bob).sort()).to.deep.equal(['alice: one', 'alice: three', 'alice: two'])
    expect(gapsOf(bob)).to.deep.equal([false, true])
    expect(bus.view(bob, channel).missing).to.equal(0)
  })

  it('is said to be unreadable when it is found too late', () => {
    const all = world()
    const { bus, alice, bob, channel } = all
    bus.oracle = withholding
    bus.say(alice, channel, 'one')
    sayPast(all, alice, bob, 'two')
    bus.say(alice, channel, 'three')
    bus.pass(3_600_000)
    const asked = questionsOf(all, bob).length
    expect(asked).to.be.lessThan(16 + 3_600_000 / REPAIR_MAX_MS)
    bus.oracle = () => undefined
    bus.pass(2 * REPAIR_MAX_MS)
    const unreadable = bob.notices.filter((notice) => notice.type === 'unreadable')
    expect(unreadable.map(({ check }) => check)).to.deep.equal([708])
    bus.pass(3_600_000)
    expect(questionsOf(all, bob).length).to.be.lessThan(asked + 3)
  })

  it('is said to be unreadable with all before it that are missing, too, though only the last one is spoken of', () => {
    const all = world()
    const { bus, alice, bob, channel } = all
    bus.oracle = withholding
    bus.say(alice, channel, 'one')
    sayPast(all, alice, bob, 'two', 'three', 'four')
    bus.say(alice, channel, 'five')
    bus.pass(3_600_000)
    const asked = questionsOf(all, bob).length
    bus.oracle = () => undefined
    bus.pass(3_600_000)
    const unreadable = bob.notices.filter((notice) => notice.type === 'unreadable')
    expect(unreadable.map(({ check }) => check)).to.deep.equal([708, 708, 708])
    expect(questionsOf(all, bob).length, 'one answer has them all').to.equal(asked + 1)
  })

  it('is said to be unreadable once, however many of them come at once', () => {
    const all = world()
    const { bus, alice, bob, channel } = all
    bus.oracle = withholding
    bus.say(alice, channel, 'one')
    sayPast(all, alice, bob, ...numbered(40, 'later'))
    bus.pass(3_600_000)
    bus.oracle = () => undefined
    bus.pass(2 * REPAIR_MAX_MS)
    const ids = bob.notices.flatMap((notice) => (notice.type === 'unreadable' ? [notice.id] : []))
    expect([ids.length, new Set(ids).size]).to.deep.equal([40, 40])
  })

  it('is taken from whoever has it, when the first that is asked has not', () => {
    const all = world()
    const { bus, alice, bob, carol, channel } = all
    bus.say(alice, channel, 'one')
    sayPast(all, alice, bob, 'two')
    bus.stop(alice)
    const asked: string[] = []
    bus.oracle = (question, node) => {
      if (question.frames !== undefined && node === bob) asked.push('bob')
      return undefined
    }
    bus.say(carol, channel, 'three')
    bus.pass(20_000)
    expect(bus.texts(bob)).to.include('alice: two')
    expect(asked.length).to.be.greaterThan(0)
  })

  it('is not shown twice, nor changed, nor made up, whatever somebody answers', () => {
    const all = world()
    const { bus, alice, bob, channel } = all
    bus.say(alice, channel, 'one')
    sayPast(all, alice, bob, 'two')
    const frames = bus.frames(channel).filter(({ kind }) => kind === 'message')
    const stranger = bus.add('stranger')
    const lies: Uint8Array[] = []
    for (const { bytes } of frames) {
      const bent = bytes.slice()
      bent[bent.length - 40]! ^= 1
      lies.push(bent, bytes.slice(1), new Uint8Array(0))
    }
    bus.oracle = ({ frames: asked }, node) => {
      if (asked === undefined || node !== bob) return undefined
      const all = [...lies, ...frames.map(({ bytes }) => bytes), ...frames.map(({ bytes }) => bytes)]
      return { descriptors: stranger.key.publicKey, records: [], frames: all, sealed: new Uint8Array(7), isMore: true }
    }
    bus.say(alice, channel, 'three')
    bus.pass(60_000)
    expect(bus.texts(bob).sort()).to.deep.equal(['alice: one', 'alice: three', 'alice: two'])
    expect(new Set(bob.rejects)).to.be.a('set').that.includes(102)
    expect(questionsOf(all, bob).length).to.be.lessThan(10)
  })

  it('of somebody removed meanwhile is said to be unreadable, and asked for no more', () => {
    const all = world()
    const { bus, alice, bob, carol, channel } = all
    bus.say(carol, channel, 'one')
    bus.pass(5_000)
    bus.oracle = withholding
    sayPast(all, carol, bob, 'two')
    bus.say(carol, channel, 'three')
    bus.remove(alice, channel, carol)
    bus.pass(5_000)
    bus.oracle = () => undefined
    bus.pass(30_000)
    const unreadable = bob.notices.filter((notice) => notice.type === 'unreadable')
    expect(unreadable.map(({ check }) => check)).to.deep.equal([709])
    const asked = questionsOf(all, bob).length
    bus.pass(3_600_000)
    expect(questionsOf(all, bob).length).to.equal(asked)
  })
})

describe('who was away', () => {
  it('gets what was said meanwhile, newest first, over as many answers as it takes, and each once', () => {
    const all = world()
    const { bus, alice, bob, carol, channel } = all
    bus.say(alice, channel, 'before')
    bus.pass(5_000)
    bus.stop(bob)
    const count = 2 * ANSWERED_FRAMES + 50
    for (const [n, text] of numbered(count, 'missed').entries()) bus.say(n % 2 ? alice : carol, channel, text)
    bus.start(bob)
    bus.pass(5_000)
    const texts = bus.texts(bob)
    expect(texts).to.have.length(count + 1)
    expect(new Set(texts).size).to.equal(count + 1)
    const order = (node: Node): string[] => bus.history(node, channel).map(({ id }) => id)
    expect(order(bob)).to.deep.equal(order(alice))
    expect(texts.indexOf(`alice: missed ${count - 1}`)).to.be.lessThan(texts.indexOf('carol: missed 0'))
    expect(questionsOf(all, bob).length).to.be.within(3, 6)
    expect(gapsOf(bob)).to.deep.equal([])
  }).timeout(60_000)

  it('goes on where it stopped', () => {
    const all = world()
    const { bus, alice, bob, channel } = all
    bus.say(alice, channel, 'before')
    bus.pass(5_000)
    bus.stop(bob)
    for (const text of numbered(2 * ANSWERED_FRAMES, 'missed')) bus.say(alice, channel, text)
    // It dies with its second question.
    let asked = 0
    bus.oracle = ({ frames }, node) => {
      if (node === bob && frames !== undefined && ++asked === 2) bus.passes = () => false
      return undefined
    }
    bus.start(bob)
    bus.pass(1_000)
    expect(bus.texts(bob)).to.have.length(ANSWERED_FRAMES + 1)
    bus.stop(bob)
    bus.oracle = () => undefined
    bus.passes = () => true
    const before = questionsOf(all, bob).length
    bus.start(bob)
    bus.pass(5_000)
    expect(new Set(bus.texts(bob)).size).to.equal(2 * ANSWERED_FRAMES + 1)
    expect(bus.texts(bob)).to.have.length(2 * ANSWERED_FRAMES + 1)
    const oldest = bus.history(alice, channel)[ANSWERED_FRAMES + 1]!.lamport
    const again = questionsOf(all, bob).slice(before)
    const tos = again.flatMap(({ frames }) => frames!.ranges.map(({ to }) => to))
    expect(tos.some((to) => to <= oldest)).to.equal(true)
    expect(again.length).to.be.at.most(6)
  }).timeout(60_000)

  it('gets what one sender said far beyond the reach of its chain', () => {
    const all = world({ history: HistoryPolicy.ALL })
    const { bus, alice, bob, channel } = all
    bus.say(alice, channel, 'before')
    bus.pass(5_000)
    bus.stop(bob)
    const count = 2_500
    for (const text of numbered(count, 'missed')) bus.say(alice, channel, text)
    bus.start(bob)
    bus.pass(20_000)
    expect(new Set(bus.texts(bob)).size).to.equal(count + 1)
    expect(bus.history(bob, channel)).to.have.length(count + 1)
  }).timeout(120_000)

  it('asks at once when somebody is there again, however often it asked in vain', () => {
    const all = world()
    const { bus, alice, bob, carol, channel } = all
    bus.say(alice, channel, 'before')
    bus.pass(5_000)
    bus.stop(bob)
    bus.say(alice, channel, 'missed')
    bus.passes = () => false
    bus.start(bob)
    bus.pass(4 * REPAIR_MAX_MS)
    for (const node of [alice, carol]) bus.stop(node)
    bus.pass(1_000)
    bus.passes = () => true
    const before = questionsOf(all, bob).length
    bus.start(carol)
    bus.pass(REPAIR_MS)
    const spans = questionsOf(all, bob).slice(before)
    expect(spans.flatMap(({ frames }) => frames!.ranges.map(({ sender }) => sender.length))).to.include(0)
    expect(bus.texts(bob)).to.include('alice: missed')
  })

  it('is not kept busy by one whose answers are of no use, and gets it from others', () => {
    const all = world()
    const { bus, alice, bob, channel } = all
    bus.say(alice, channel, 'before')
    bus.pass(5_000)
    bus.stop(bob)
    for (const text of numbered(5, 'missed')) bus.say(alice, channel, text)
    const { message } = bus.frames(channel).findLast(({ kind }) => kind === 'message')!.body
    const stranger = bus.add('stranger')
    const rubbish = Array.from({ length: 3 * ANSWERED_FRAMES }, () => new Uint8Array(40))
    const before = questionsOf(all, bob).length
    bus.oracle = ({ frames: asked }, node) => {
      const range = asked?.ranges.find(({ sender }) => sender.length === 0)
      if (node !== bob || range === undefined || questionsOf(all, bob).length - before > 20) return undefined
      // Right below the end of what was asked for: it would take four billion answers to the beginning.
      const frame = makeFrame(channel, stranger.key, { message: { ...message!, lamport: range.to, counter: 5_000 } })
      return { descriptors: EMPTY, records: [], frames: [frame.bytes, ...rubbish], sealed: EMPTY, isMore: true }
    }
    bus.passes = () => false
    bus.start(bob)
    bus.pass(10_000)
    const asked = questionsOf(all, bob).length - before
    expect(asked).to.be.within(5, 2 + 10_000 / REPAIR_PAUSE_MS)
    expect(bob.rejects.length).to.be.at.most(asked * ANSWERED_FRAMES)
    bus.passes = () => true
    bus.pass(30_000)
    expect(bus.texts(bob)).to.have.length(6)
  })

  it('takes an answer to what it did not ask for as none', () => {
    const all = world()
    const { bus, alice, bob, channel } = all
    bus.say(alice, channel, 'before')
    bus.pass(5_000)
    bus.stop(bob)
    bus.say(alice, channel, 'missed')
    const old = bus.frames(channel).find(({ kind }) => kind === 'message')!
    const before = questionsOf(all, bob).length
    bus.oracle = ({ frames: asked }, node) => {
      if (node !== bob || asked === undefined || questionsOf(all, bob).length > before + 1) return undefined
      return { descriptors: EMPTY, records: [], frames: [old.bytes], sealed: EMPTY, isMore: false }
    }
    bus.start(bob)
    bus.pass(3 * REPAIR_MS)
    expect(bus.texts(bob)).to.include('alice: missed')
  })

  it('asks nobody while it could not read the answer', () => {
    const all = world()
    const { bus, alice, bob, carol, channel } = all
    bus.say(alice, channel, 'before')
    bus.pass(5_000)
    bus.stop(bob)
    bus.remove(alice, channel, bob)
    bus.pass(5_000)
    bus.say(carol, channel, 'among ourselves')
    const before = questionsOf(all, bob).length
    bus.start(bob)
    bus.pass(600_000)
    expect(bus.texts(bob)).to.deep.equal(['alice: before'])
    expect(questionsOf(all, bob).length - before).to.be.lessThan(20)
  })
})

describe('a message of ours', () => {
  it('is sent, then seen by one after the other', () => {
    const all = world()
    const { bus, alice, channel } = all
    bus.say(alice, channel, 'one')
    expect(statesOf(alice)).to.deep.equal(['sent 0 of 2'])
    bus.pass(10_000)
    expect(statesOf(alice)).to.deep.equal(['sent 0 of 2', 'seen 1 of 2', 'seen 2 of 2'])
  })

  it('is not seen by whom it has not reached, until it has', () => {
    const all = world()
    const { bus, alice, bob } = all
    bus.oracle = withholding
    sayPast(all, alice, bob, 'one')
    bus.pass(60_000)
    expect(statesOf(alice)).to.deep.equal(['sent 0 of 2', 'seen 1 of 2'])
    bus.oracle = () => undefined
    bus.pass(REPAIR_MAX_MS + 60_000)
    expect(statesOf(alice).at(-1)).to.equal('seen 2 of 2')
  })

  it('is not seen by who came after it, but where newcomers read all', () => {
    for (const history of [HistoryPolicy.NONE, HistoryPolicy.SINCE_JOIN, HistoryPolicy.ALL]) {
      const all = world({ history })
      const { bus, alice, channel } = all
      bus.say(alice, channel, 'one')
      bus.pass(10_000)
      const dave = bus.add('dave')
      bus.join(dave, bus.invite(alice, channel))
      bus.pass(5_000)
      bus.say(alice, channel, 'two')
      bus.pass(30_000)
      const isAll = history === HistoryPolicy.ALL
      expect(bus.texts(dave)).to.deep.equal(isAll ? ['alice: one', 'alice: two'] : ['alice: two'])
      const [one] = bus.history(alice, channel)
      const states = alice.notices.filter((notice) => notice.type === 'messageState' && notice.id === one!.id)
      expect(states.at(-1), history).to.deep.include(isAll ? { seenBy: 3, of: 3 } : { seenBy: 2, of: 2 })
      bus.stop(alice)
      bus.start(alice)
      const result = bus.command(alice, { type: 'receipts', channel })
      const receipts = result?.type === 'receipts' ? result.receipts : []
      const seers = receipts.filter(({ after, lamport }) => after < one!.lamport && one!.lamport <= lamport)
      expect([receipts.length, seers.length], history).to.deep.equal([3, isAll ? 3 : 2])
    }
  })

  it('is unknown when members are there and none has it', () => {
    const all = world()
    const { bus, alice, channel } = all
    bus.oracle = withholding
    bus.passes = (from, to) => from !== alice || to === alice
    const before = alice.notices.length
    bus.carry = () => {}
    bus.say(alice, channel, 'one')
    bus.passes = () => true
    expect(alice.notices.length).to.be.greaterThan(before)
    bus.pass(2_000)
    bus.carry = (deliver) => deliver()
    bus.pass(60_000)
    expect(statesOf(alice).filter((state) => state.startsWith('seen'))).to.deep.equal([])
    expect(statesOf(alice).at(-1)).to.equal('unknown 0 of 2')
    const unknown = (): readonly string[] => {
      const result = bus.command(alice, { type: 'receipts', channel })
      return result.type === 'receipts' ? result.unknown : []
    }
    expect(unknown()).to.deep.equal(bus.history(alice, channel).map(({ id }) => id))
    bus.oracle = () => undefined
    bus.pass(REPAIR_MAX_MS)
    expect(statesOf(alice).at(-1)).to.equal('seen 2 of 2')
    expect(unknown()).to.deep.equal([])
  })

  it('is known to have been seen after a start', () => {
    const all = world()
    const { bus, alice, bob, carol, channel } = all
    bus.say(alice, channel, 'one')
    bus.pass(10_000)
    for (const node of [bob, carol]) bus.stop(node)
    bus.stop(alice)
    bus.start(alice)
    const result = bus.command(alice, { type: 'receipts', channel })
    const receipts = result?.type === 'receipts' ? result.receipts : []
    const [message] = bus.history(alice, channel)
    expect(receipts.map(({ lamport }) => lamport)).to.deep.equal([message!.lamport, message!.lamport])
    const users = receipts.map(({ user }) => hex(user)).sort()
    expect(users).to.deep.equal([bob, carol].map(({ key }) => hex(key.publicKey)).sort())
  })
})
