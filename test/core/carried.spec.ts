import { expect } from 'chai'
import { EMPTY, equalBytes, hex, zeros } from '../../src/base/bytes.ts'
import { DAY_MS, HOUR_MS, SECOND_MS } from '../../src/base/time.ts'
import { type Frame, makeFrame, readFrame } from '../../src/core/channel/frame.ts'
import { asUserId } from '../../src/core/identity/user.ts'
import {
  ABSENCE_MS,
  ASKED_CARRIERS,
  ASKED_KEEPERS,
  BROUGHT_START_MS,
  BROUGHT_STARTS_AT_ONCE,
  CARRIED_BYTES,
  CARRIED_MS,
  CARRIED_OF_ONE_BYTES,
  KEEPER_ANSWERS,
  KEEPER_TRIES,
  REPAIR_MAX_MS,
  REPAIR_PAUSE_MS,
  STARTS_AT_ONCE
} from '../../src/core/params.ts'
import { type SigningKey, signingKey } from '../../src/crypto/sign.ts'
import { ANSWERED_FRAMES, KNOWN_FRAMES } from '../../src/wire/limits.ts'
import { type Answer, SessionFrame, type SessionsQuestion } from '../../src/wire/messages.ts'
import { Bus, type Keeper, type Node } from './bus.ts'

const NICKS = ['alice', 'bob', 'carol', 'dave', 'erin'] as const
interface World {
  readonly bus: Bus
  readonly alice: Node
  readonly bob: Node
  readonly carol: Node
  readonly dave: Node
  /** Who manages the keys, and is never away. */
  readonly erin: Node
  readonly channel: Uint8Array
}

/** Five in a channel, none of whom can hand anything to another. */
function world(name: string, settings: Parameters<Bus['open']>[1] = {}): World {
  const bus = new Bus(`carried/${name}`)
  const [alice, bob, carol, dave, erin] = NICKS.map((nick) => bus.add(nick)) as [Node, Node, Node, Node, Node]
  const channel = bus.open(erin, settings)
  const invite = bus.invite(erin, channel)
  for (const node of [alice, bob, carol, dave]) bus.join(node, invite)
  bus.pass(15_000)
  bus.isDirect = false
  return { bus, alice, bob, carol, dave, erin, channel }
}

const tell = ({ bus }: World, from: Node, to: Node, words: string): unknown =>
  bus.command(from, {
    type: 'sayTo',
    user: to.key.publicKey,
    content: { text: { text: words, replyTo: EMPTY, isAction: false } }
  })
/** Alice says something to Bob, who is away, and goes away herself. */
function sayToAbsent(all: World): void {
  const { bus, alice, bob } = all
  bus.stop(bob)
  tell(all, alice, bob, 'for when you are back')
  bus.pass(5_000)
  bus.stop(alice)
}
/** What one was told of the other's texts to it. */
const heard = (at: Node, from: Node): string[] =>
  at.notices.flatMap((notice) =>
    notice.type === 'message' && equalBytes(notice.sender, from.key.publicKey) && notice.group.length === 0
      ? [notice.content.text!.text]
      : []
  )
const questionsOf = ({ bus }: World, node: Node): { to: string; question: SessionsQuestion }[] =>
  bus.trace.flatMap(({ node: by, effect }) =>
    by === node && effect.type === 'ask' && effect.question.sessions !== undefined
      ? [{ to: effect.to === undefined ? '' : hex(effect.to), question: effect.question.sessions }]
      : []
  )
const carriedBy = (node: Node): number =>
  [...node.rows.values()].filter(({ entry }) => entry.startsWith('carried/')).length
const session = (channel: Uint8Array, author: SigningKey, fields: Partial<SessionFrame> = {}): Uint8Array =>
  makeFrame(channel, author, {
    session: { tag: zeros(16), header: zeros(68), sealed: zeros(64), attempt: 0, lamport: 1, ...fields }
  }).bytes
/** How many frames are still to be looked at. */
const leftAt = ({ peer }: Node): number[] => {
  const names = ['session frames that wait to be looked at', 'session frames that came too early']
  return names.map((name) => peer.unsafeFills().find((fill) => fill.name === name)!.size)
}
/** Opens for nobody. */
const junkStart = ({ channel }: World, author: SigningKey, n: number): Uint8Array =>
  session(channel, author, {
    start: { enc: new Uint8Array(1120).fill(n), sealed: new Uint8Array(300).fill(n) },
    attempt: n
  })
const answerOf = (frames: Uint8Array[], isMore = false): Answer => ({
  descriptors: EMPTY,
  records: [],
  frames,
  sealed: EMPTY,
  isMore
})
const frameIn = (channel: Uint8Array, bytes: Uint8Array): Frame => readFrame(channel, bytes) as Frame
/** Asks a node for session frames, as a stranger may. */
function ask({ bus, channel }: World, node: Node, question: Partial<SessionsQuestion> = {}): Answer | undefined {
  const id = -1
  const sessions = { channel, from: 0, known: [], ...question }
  const from = asUserId(signingKey(new Uint8Array(32).fill(9)).publicKey)
  const effects = node.peer.handle({ type: 'question', id, from, question: { sessions } }, bus.env(node))
  const found = effects.find((effect) => effect.type === 'answer')
  return found?.type === 'answer' ? found.answer : undefined
}
/** The others start anew, and have kept nothing. */
function loseWhatIsKept({ bus, carol, dave, erin }: World): void {
  for (const node of [carol, dave, erin]) {
    bus.stop(node)
    for (const [key, { entry }] of node.rows) if (entry.startsWith('carried/')) node.rows.delete(key)
    bus.start(node)
  }
}
/** Keeps all session frames of the topic, as a carrier without keys does. */
function carrierOf({ bus, bob, channel }: World, nth = 1): Keeper & { readonly asked: SessionsQuestion[] } {
  const asked: SessionsQuestion[] = []
  const answer = (question: SessionsQuestion, asker: Node): Answer => {
    if (asker === bob) asked.push(question)
    const known = new Set(question.known.map(hex))
    const isWanted = ({ kind, id }: Frame): boolean => kind === 'session' && !known.has(hex(id.subarray(0, 8)))
    const frames = bus.frames(channel).filter(isWanted)
    return answerOf(frames.map(({ bytes }) => bytes))
  }
  return { user: asUserId(signingKey(new Uint8Array(32).fill(100 + nth)).publicKey), answer, asked }
}

describe('a text to one who is away, when its sender has gone, too', () => {
  for (const isFirst of [false, true]) {
    const what = isFirst ? 'the first ever said' : 'one of many'
    it(`is brought by a member that was there: ${what}`, () => {
      const all = world(`member/${isFirst}`)
      const { bus, alice, bob, carol, dave } = all
      if (!isFirst) tell(all, alice, bob, 'are you there?')
      bus.pass(5_000)
      for (const node of [bob, dave]) bus.stop(node)
      tell(all, alice, bob, 'for when you are back')
      bus.pass(60_000)
      bus.stop(alice)
      bus.start(bob)
      bus.pass(30_000)
      expect(heard(bob, alice).at(-1)).to.equal('for when you are back')
      expect(carol.notices.some(({ type }) => type === 'message')).to.equal(false)
      expect([...bob.rejects, ...carol.rejects]).to.deep.equal([])
    })
  }

  it('is brought by the one member that was there, though others are asked who were away', () => {
    const all = world('dave')
    const { bus, alice, bob, carol, dave, erin } = all
    tell(all, alice, bob, 'are you there?')
    bus.pass(5_000)
    for (const node of [bob, carol, erin]) bus.stop(node)
    tell(all, alice, bob, 'for when you are back')
    bus.pass(5_000)
    for (const node of [alice, dave]) bus.stop(node)
    for (const node of [carol, erin, bob]) bus.start(node)
    bus.pass(10 * 60_000)
    expect(heard(bob, alice)).to.deep.equal(['are you there?'])
    bus.start(dave)
    bus.pass(30_000)
    expect(heard(bob, alice)).to.deep.equal(['are you there?', 'for when you are back'])
    expect(bob.notices.some(({ type }) => type === 'session')).to.equal(false)
  })

  it('is brought by a member that started again meanwhile', () => {
    const all = world('restart')
    const { bus, alice, bob, carol, dave } = all
    for (const node of [bob, dave]) bus.stop(node)
    tell(all, alice, bob, 'for when you are back')
    bus.pass(60_000)
    for (const node of [alice, carol, all.erin]) bus.stop(node)
    for (const node of [carol, bob, all.erin]) bus.start(node)
    bus.pass(30_000)
    expect(heard(bob, alice)).to.deep.equal(['for when you are back'])
  })

  it('is brought by a carrier without keys, or by the second of them', () => {
    for (const isSecond of [false, true]) {
      const all = world(`carrier/${isSecond}`)
      const { bus, alice, bob, carol, dave, erin } = all
      bus.ghosts = 1
      tell(all, alice, bob, 'are you there?')
      bus.pass(5_000)
      for (const node of [bob, carol, dave, erin]) bus.stop(node)
      tell(all, alice, bob, 'for when you are back')
      bus.pass(5_000)
      bus.stop(alice)
      const carrier = carrierOf(all)
      const empty = { ...carrierOf(all, 2), answer: () => (isSecond ? answerOf([]) : undefined) }
      bus.carriers.push(empty, carrier)
      for (const node of [bob, erin]) bus.start(node)
      bus.pass(30_000)
      expect(heard(bob, alice)).to.deep.equal(['are you there?', 'for when you are back'])
    }
  })

  it('is brought after a start in the midst of asking', () => {
    const all = world('midst')
    const { bus, alice, bob, dave, erin, carol } = all
    for (const node of [bob, carol, erin]) bus.stop(node)
    tell(all, alice, bob, 'for when you are back')
    bus.pass(5_000)
    for (const node of [alice, dave]) bus.stop(node)
    for (const node of [erin, carol, bob]) bus.start(node)
    bus.pass(60_000)
    // What is heard now must not make it forget what it missed.
    for (let n = 0; n < 300; n++) bus.say(carol, all.channel, `number ${n}`)
    bus.pass(5_000)
    bus.stop(bob)
    bus.start(bob)
    bus.pass(5_000)
    bus.start(dave)
    bus.pass(30_000)
    expect(heard(bob, alice)).to.deep.equal(['for when you are back'])
  })
})

describe('a member that was away', () => {
  it('asks each keeper once, and names what it has', () => {
    const all = world('once')
    const { bus, alice, bob, carol, erin } = all
    sayToAbsent(all)
    const carrier = carrierOf(all)
    bus.carriers.push(carrier)
    bus.start(bob)
    const before = questionsOf(all, bob).length
    bus.pass(10 * 60_000)
    const questions = questionsOf(all, bob).slice(before)
    const named = questions.filter(({ to }) => to !== '')
    expect(named.map(({ to }) => to)).to.have.members([carol, all.dave, erin].map(({ key }) => hex(key.publicKey)))
    expect(carrier.asked).to.have.length(1)
    expect(carrier.asked[0]!.known).to.deep.equal([])
    const ids = bus
      .frames(all.channel)
      .flatMap(({ kind, id, author }) =>
        kind === 'session' && equalBytes(author, alice.key.publicKey) ? [hex(id.subarray(0, 8))] : []
      )
    for (const { question } of named) expect(question.known.map(hex)).to.include.members(ids)
    expect(heard(bob, alice)).to.deep.equal(['for when you are back'])
  })

  it('asks no more after a day, nor more than so many', () => {
    const all = world('bounds')
    const { bus, bob } = all
    const carriers = Array.from({ length: 20 }, (_, n) => ({ ...carrierOf(all, n), answer: () => answerOf([]) }))
    bus.carriers.push(...carriers)
    for (const node of bus.nodes) bus.stop(node)
    bus.ghosts = 1
    const before = questionsOf(all, bob).length
    bus.start(bob)
    bus.pass(10 * 60_000)
    expect(questionsOf(all, bob).length - before).to.equal(ASKED_CARRIERS)
    bus.stop(bob)
    bus.carriers.splice(0)
    bus.start(bob)
    bus.pass(ABSENCE_MS)
    const after = questionsOf(all, bob).length
    expect(after - before).to.be.within(ABSENCE_MS / REPAIR_MAX_MS, 1.1 * (ABSENCE_MS / REPAIR_MAX_MS))
    bus.pass(HOUR_MS)
    expect(questionsOf(all, bob).length).to.equal(after)
    for (const node of bus.nodes)
      for (const { name, size, cap } of node.peer.unsafeFills()) expect(size, name).to.be.at.most(cap)
  })

  it('is not kept busy by a keeper that has no end of frames', () => {
    const all = world('endless')
    const { bus, bob, carol } = all
    let made = 0
    const endless = (_question: SessionsQuestion, asker: Node): Answer | undefined =>
      asker === bob
        ? answerOf(
            Array.from({ length: ANSWERED_FRAMES }, () => session(all.channel, carol.key, { attempt: made++ })),
            true
          )
        : undefined
    bus.carriers.push({ ...carrierOf(all, 1), answer: endless }, { ...carrierOf(all, 2), answer: endless })
    bus.stop(bob)
    bus.start(bob)
    bus.pass(60_000)
    expect(made).to.equal(2 * ANSWERED_FRAMES * KEEPER_ANSWERS)
    const known = bob.peer.unsafeFills().find(({ name }) => name === 'session frames known')!
    expect(known).to.include({ size: KNOWN_FRAMES, cap: KNOWN_FRAMES })
    expect(questionsOf(all, bob).some(({ to }) => to === hex(carol.key.publicKey))).to.equal(true)
  })

  it('asks one that says nothing new no further, and one that gives no answer a few times', () => {
    const all = world('useless')
    const { bus, bob, carol } = all
    const same = session(all.channel, carol.key)
    let [asked, silent] = [0, 0]
    const useless = (_question: SessionsQuestion, asker: Node): Answer => {
      if (asker === bob) asked++
      return answerOf([same], true)
    }
    const mute = (_question: SessionsQuestion, asker: Node): undefined => {
      if (asker === bob) silent++
    }
    bus.carriers.push({ ...carrierOf(all, 1), answer: useless }, { ...carrierOf(all, 2), answer: mute })
    bus.stop(bob)
    bus.start(bob)
    bus.pass(10 * 60_000)
    expect(asked).to.equal(2)
    expect(silent).to.equal(KEEPER_TRIES)
  })

  it('hears no frame of who is no member, nor one that is forged', () => {
    const all = world('strangers')
    const { bus, alice, bob } = all
    bus.stop(bob)
    tell(all, alice, bob, 'hello')
    bus.pass(5_000)
    bus.stop(alice)
    const [frame] = bus.frames(all.channel).filter(({ kind }) => kind === 'session')
    // The very words of a member, in the mouth of somebody else.
    const stranger = session(all.channel, signingKey(new Uint8Array(32).fill(7)), frame!.body.session!)
    const forged = Uint8Array.from(frame!.bytes)
    forged[forged.length - 1]! ^= 1
    loseWhatIsKept(all)
    bus.carriers.push({ ...carrierOf(all), answer: () => answerOf([stranger, forged]) })
    bus.start(bob)
    bus.pass(30_000)
    expect(heard(bob, alice)).to.deep.equal([])
    expect(bob.rejects).to.deep.equal([104])
    expect(bob.notices.some(({ type }) => type === 'session')).to.equal(false)
  })

  for (const whose of ['another', 'six others', 'their author'] as const) {
    it(`finds its texts behind more starts of ${whose} than are looked at at once`, () => {
      const all = world('starts')
      const { bus, alice, bob, carol, dave, erin } = all
      const crowd = whose === 'six others' ? ['frank', 'grace', 'heidi'].map((nick) => bus.add(nick)) : []
      const invite = bus.invite(erin, all.channel)
      for (const node of crowd) bus.join(node, invite)
      bus.pass(15_000)
      bus.stop(bob)
      const texts = Array.from({ length: 8 }, (_, n) => `number ${n} for when you are back`)
      for (const text of texts) tell(all, alice, bob, text)
      bus.pass(5_000)
      bus.stop(alice)
      const own = bus.frames(all.channel).filter(({ kind }) => kind === 'session')
      const looks = BROUGHT_STARTS_AT_ONCE + REPAIR_PAUSE_MS / BROUGHT_START_MS
      const [authors, each] = {
        another: [[carol], STARTS_AT_ONCE + 100],
        'six others': [[carol, dave, erin, ...crowd], looks],
        'their author': [[alice], looks]
      }[whose] as [Node[], number]
      const junk = authors.flatMap(({ key }) => Array.from({ length: each }, (_, n) => junkStart(all, key, n)))
      for (const node of crowd) bus.stop(node)
      loseWhatIsKept(all)
      bus.carriers.push({ ...carrierOf(all), answer: () => answerOf([...junk, ...own.map(({ bytes }) => bytes)]) })
      bus.start(bob)
      // Others with more are not before it: it is heard as soon as an answer comes.
      bus.pass(whose === 'their author' ? 30_000 : REPAIR_PAUSE_MS)
      expect(heard(bob, alice)).to.deep.equal(texts)
      expect(bob.rejects).to.deep.equal([])
      bus.pass((junk.length / authors.length) * BROUGHT_START_MS)
      expect(leftAt(bob)).to.deep.equal([0, 0])
    })
  }

  it('looks later at a start that came when others had brought too many, whoever brings more and more', () => {
    const all = world('live')
    const { bus, alice, bob, carol, dave, erin, channel } = all
    const zoe = bus.add('zoe')
    bus.join(zoe, bus.invite(erin, channel))
    bus.pass(15_000)
    let made = 0
    const bring = ({ key }: Node, count: number): void => {
      for (let n = 0; n < count; n++) bus.deliver(bob, channel, junkStart(all, key, made++))
    }
    for (const node of [carol, dave, erin, zoe]) bring(node, STARTS_AT_ONCE / 4)
    bring(carol, ANSWERED_FRAMES)
    tell(all, alice, bob, 'for you')
    bus.stop(alice)
    bring(carol, ANSWERED_FRAMES)
    for (const { name, size, cap } of bob.peer.unsafeFills()) expect(size, name).to.be.at.most(cap)
    expect(heard(bob, alice)).to.deep.equal([])
    const [own] = bus
      .frames(channel)
      .filter(({ author }) => equalBytes(author, alice.key.publicKey))
      .slice(-1)
    expect(ask(all, bob)!.frames.map(hex), 'it may be for others').to.include(hex(own!.bytes))
    bus.pass(2 * REPAIR_PAUSE_MS)
    expect(heard(bob, alice)).to.deep.equal(['for you'])
    bus.pass(ANSWERED_FRAMES * BROUGHT_START_MS)
    expect(leftAt(bob)).to.deep.equal([0, 0])
  })

  it('asks, and keeps what it gets, as long as others have it look at all the starts that it may (R-1017)', () => {
    const all = world('busy')
    const { bus, alice, bob, carol, channel } = all
    const flooders = Array.from({ length: 20 }, (_, n) => signingKey(new Uint8Array(32).fill(n + 50)).publicKey)
    for (const user of flooders) bus.command(bob, { type: 'trust', user, isVerified: false })
    sayToAbsent(all)
    const carrier = carrierOf(all)
    bus.carriers.push(carrier)
    loseWhatIsKept(all)
    bus.start(bob)
    let isFlooded = true
    const { start } = frameIn(channel, junkStart(all, carol.key, 0)).body.session!
    const frame = SessionFrame.encode({
      tag: zeros(16),
      header: zeros(68),
      sealed: zeros(64),
      attempt: 0,
      lamport: 0,
      start
    })
    const flood = flooders.flatMap((user) =>
      Array.from({ length: 5 }, () => ({ type: 'session', id: -1, from: asUserId(user), frame }) as const)
    )
    // Before each thing that happens to Bob.
    bob.peer.handle = new Proxy(bob.peer.handle, {
      apply: (handle, peer, [event, env]) =>
        [...(isFlooded ? flood : []), event].flatMap((one) => Reflect.apply(handle, peer, [one, env]))
    })
    bus.deliver(bob, channel, junkStart(all, carol.key, 1))
    bus.pass(5 * REPAIR_PAUSE_MS)
    expect(carrier.asked).to.have.length(1)
    expect(heard(bob, alice)).to.deep.equal([])
    isFlooded = false
    bus.pass(2 * REPAIR_PAUSE_MS)
    expect(heard(bob, alice)).to.deep.equal(['for when you are back'])
  })

  it('gets past a start that is refused for good', () => {
    const all = world('refused')
    const { bus, alice, bob, carol } = all
    const zoe = bus.add('zoe')
    const before = bus.trace.length
    tell(all, zoe, bob, 'let me in')
    sayToAbsent(all)
    const handed = bus.trace.slice(before).find(({ node, effect }) => node === zoe && effect.type === 'hand')!.effect
    const unwelcome = SessionFrame.decode((handed as { frame: Uint8Array }).frame)
    const [own] = bus.frames(all.channel).filter(({ kind }) => kind === 'session')
    loseWhatIsKept(all)
    const frames = [1, 2, 3].map((attempt) => session(all.channel, carol.key, { ...unwelcome, attempt, lamport: 1 }))
    bus.carriers.push({ ...carrierOf(all), answer: () => answerOf([...frames, own!.bytes]) })
    bus.start(bob)
    bus.pass(30_000)
    expect(heard(bob, alice)).to.deep.equal(['for when you are back'])
    expect(heard(bob, zoe)).to.deep.equal([])
    expect(leftAt(bob)).to.deep.equal([0, 0])
  })

  it('looks at no more than an answer may hold, whoever gives a whole answer more', () => {
    const all = world('overlong')
    const { bus, alice, bob, carol } = all
    sayToAbsent(all)
    const [own] = bus.frames(all.channel).filter(({ kind }) => kind === 'session')
    loseWhatIsKept(all)
    const junk = Array.from({ length: ANSWERED_FRAMES }, (_, attempt) => session(all.channel, carol.key, { attempt }))
    bus.carriers.push({ ...carrierOf(all), answer: () => answerOf([...junk, own!.bytes]) })
    bus.start(bob)
    bus.pass(30_000)
    expect(heard(bob, alice)).to.deep.equal([])
  })

  it('gets what was said by one who had heard less than it', () => {
    const all = world('less')
    const { bus, alice, bob, carol } = all
    tell(all, alice, bob, 'are you there?')
    bus.pass(5_000)
    bus.stop(alice)
    for (let n = 0; n < 5; n++) bus.say(bob, all.channel, `number ${n}`)
    bus.pass(5_000)
    bus.stop(bob)
    // What it missed when it came first is not asked for any more.
    bus.now += ABSENCE_MS
    bus.start(alice)
    tell(all, alice, bob, 'for when you are back')
    bus.stop(alice)
    bus.start(bob)
    bus.pass(30_000)
    expect(carriedBy(carol)).to.be.greaterThan(0)
    expect(heard(bob, alice)).to.deep.equal(['are you there?', 'for when you are back'])
  })

  it('asks so many members at most, however many there are', () => {
    const all = world('many')
    const { bus, bob, channel } = all
    const invite = bus.invite(all.erin, channel)
    for (let n = 0; n < ASKED_KEEPERS; n++) bus.join(bus.add(`crowd${n}`), invite)
    bus.pass(20_000)
    bus.stop(bob)
    bus.start(bob)
    const before = questionsOf(all, bob).length
    bus.pass(60_000)
    const asked = questionsOf(all, bob)
      .slice(before)
      .flatMap(({ to }) => to || [])
    expect(asked).to.have.length(ASKED_KEEPERS)
    expect(new Set(asked).size).to.equal(ASKED_KEEPERS)
  })

  it('takes what comes again and again for what it is: nothing is shown, told or counted twice', () => {
    const all = world('again')
    const { bus, alice, bob, carol } = all
    for (let n = 0; n < 5; n++) tell(all, alice, bob, `number ${n}`)
    bus.pass(5_000)
    const [frames, notices] = [bus.tap.length, bob.notices.filter(({ type }) => type !== 'presence').length]
    for (let n = 0; n < 3; n++) {
      bus.stop(bob)
      bus.start(bob)
      bus.pass(60_000)
    }
    expect(carriedBy(carol)).to.be.greaterThan(5)
    expect(heard(bob, alice)).to.have.length(5)
    expect(bob.rejects).to.deep.equal([])
    expect(bob.notices.filter(({ type }) => type === 'message' || type === 'session').length).to.be.at.most(notices)
    const said = bus.tap.slice(frames).filter((bytes) => frameIn(all.channel, bytes).kind === 'session')
    expect(said.length).to.be.lessThan(30)
  })
})

describe('what a member keeps of sessions', () => {
  it('is given from a time on, but for what is known; and no more than an answer holds, of each in turn', () => {
    const all = world('answers')
    const { carol, alice, dave, bus, channel } = all
    for (let n = 1; n <= 300; n++) bus.deliver(carol, channel, session(channel, alice.key, { lamport: n }))
    for (let n = 1; n <= 3; n++) bus.deliver(carol, channel, session(channel, dave.key, { lamport: n }))
    const lamports = (answer: Answer | undefined): number[] =>
      answer!.frames.map((bytes) => frameIn(channel, bytes).body.session!.lamport)
    const whole = ask(all, carol)!
    expect(lamports(whole).slice(0, 7)).to.deep.equal([300, 3, 299, 2, 298, 1, 297])
    expect(whole).to.include({ isMore: true })
    expect(whole.frames).to.have.length(ANSWERED_FRAMES)
    const known = whole.frames.map((bytes) => frameIn(channel, bytes).id.subarray(0, 8))
    const rest = ask(all, carol, { known })!
    expect(lamports(rest)).to.deep.equal(Array.from({ length: 47 }, (_, n) => 47 - n))
    expect(rest.isMore).to.equal(false)
    expect(lamports(ask(all, carol, { from: 299 }))).to.deep.equal([300, 299])
    expect(ask(all, carol, { channel: zeros(32) })!.frames).to.deep.equal([])
    const tooMuch = Array.from({ length: KNOWN_FRAMES + 1 }, () => zeros(8))
    for (const known of [[zeros(7)], tooMuch]) expect(ask(all, carol, { known })).to.equal(undefined)
  })

  it('is of members alone, on a topic, and each frame once', () => {
    const all = world('whose')
    const { bus, carol, alice, channel } = all
    bus.deliver(carol, channel, session(channel, alice.key, { lamport: 0 }))
    bus.deliver(carol, channel, session(channel, signingKey(new Uint8Array(32).fill(7))))
    expect(carriedBy(carol)).to.equal(0)
    // Who has no key knows of no members.
    const invite = bus.invite(all.erin, channel)
    bus.stop(all.erin)
    const zoe = bus.add('zoe')
    bus.command(zoe, { type: 'join', invite })
    bus.deliver(zoe, channel, session(channel, alice.key))
    expect(carriedBy(zoe)).to.equal(0)
    for (let n = 0; n < 2; n++) bus.deliver(carol, channel, session(channel, alice.key))
    expect(carriedBy(carol)).to.equal(1)
  })

  it('does not show whoever asks all members for whom a frame is', () => {
    const all = world('for whom')
    const { bus, alice, bob, carol, dave, erin, channel } = all
    tell(all, alice, bob, 'for bob')
    tell(all, carol, alice, 'for alice')
    bus.pass(20_000)
    expect([heard(bob, alice), heard(alice, carol)]).to.deep.equal([['for bob'], ['for alice']])
    const nodes = [alice, bob, carol, dave, erin]
    const isBy = (node: Node, bytes: Uint8Array): boolean =>
      equalBytes(frameIn(channel, bytes).author, node.key.publicKey)
    const said = bus.frames(channel).filter(({ kind, body }) => kind === 'session' && body.session!.lamport > 0)
    expect(said).to.have.length.greaterThan(3)
    for (const node of nodes) {
      const others = said.filter(({ author }) => !equalBytes(author, node.key.publicKey))
      const kept = ask(all, node)!.frames.filter((bytes) => !isBy(node, bytes))
      const ids = kept.map((bytes) => hex(frameIn(channel, bytes).id))
      expect(ids, node.nick).to.have.members(others.map(({ id }) => hex(id)))
    }
  })

  it('has bounds: one author pays with its own, then whoever has most', () => {
    const all = world('flood')
    const { bus, carol, alice, dave, channel } = all
    const garden = bus.open(alice)
    bus.join(carol, bus.invite(alice, garden))
    bus.pass(3_000)
    bus.deliver(carol, garden, session(garden, alice.key, { lamport: 1 }))
    bus.deliver(carol, channel, session(channel, dave.key, { lamport: 1 }))
    const size = 60_000
    const flood = (author: SigningKey, count: number): void => {
      for (let n = 1; n <= count; n++)
        bus.deliver(carol, channel, session(channel, author, { lamport: n, sealed: zeros(size) }))
    }
    flood(alice.key, 40)
    const ofOne = Math.floor(CARRIED_OF_ONE_BYTES / (size + 500))
    expect(carriedBy(carol)).to.equal(2 + ofOne)
    const keptOf = (author: Node): Frame[] =>
      ask(all, carol)!
        .frames.map((bytes) => frameIn(channel, bytes))
        .filter((frame) => equalBytes(frame.author, author.key.publicKey))
    expect(keptOf(alice)[0]!.body.session!.lamport).to.equal(40)
    const invite = bus.invite(all.erin, channel)
    const crowd = Array.from({ length: 10 }, (_, n) => bus.add(`crowd${n}`))
    for (const node of crowd) bus.join(node, invite)
    bus.pass(10_000)
    for (const { key } of crowd) flood(key, 20)
    const fill = carol.peer.unsafeFills().find(({ name }) => name.includes('session frames for others'))!
    expect(fill.size).to.be.within(CARRIED_BYTES * 0.9, CARRIED_BYTES)
    expect(keptOf(dave)).to.have.length(1)
    expect(ask(all, carol, { channel: garden })!.frames).to.have.length(1)
    bus.stop(carol)
    bus.start(carol)
    const after = carol.peer.unsafeFills().find(({ name }) => name.includes('session frames for others'))!
    expect(after.size).to.equal(fill.size)
  })

  it('goes after thirty days, or when the messages of its channel do, or with its channel', () => {
    for (const [retentionSeconds, ageMs] of [
      [0, CARRIED_MS],
      [3_600, 3_600 * SECOND_MS]
    ] as const) {
      const all = world(`age/${retentionSeconds}`, { retentionSeconds })
      const { bus, carol, alice, channel } = all
      for (const node of [all.bob, all.dave, all.erin, alice]) bus.stop(node)
      bus.deliver(carol, channel, session(channel, alice.key))
      expect(carriedBy(carol)).to.equal(1)
      bus.now += ageMs - 60_000
      bus.stop(carol)
      bus.start(carol)
      bus.pass(1)
      expect(carriedBy(carol), 'not yet').to.equal(1)
      expect(ask(all, carol)!.frames).to.have.length(1)
      bus.now += 60_001
      expect(ask(all, carol)!.frames).to.deep.equal([])
      bus.pass(HOUR_MS)
      expect(carriedBy(carol)).to.equal(0)
    }
    const all = world('left')
    all.bus.deliver(all.carol, all.channel, session(all.channel, all.alice.key))
    all.bus.command(all.carol, { type: 'leaveChannel', channel: all.channel })
    expect(carriedBy(all.carol)).to.equal(0)
    expect(all.carol.peer.unsafeFills().find(({ name }) => name.includes('for others'))).to.include({ size: 0 })
    expect(DAY_MS).to.be.lessThan(CARRIED_MS)
  })
})
