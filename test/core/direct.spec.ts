import { expect } from 'chai'
import { EMPTY, equalBytes, hex, joinBytes, zeros } from '../../src/base/bytes.ts'
import { PeerError, UsageError } from '../../src/base/errors.ts'
import { type Frame, makeFrame, readFrame } from '../../src/core/channel/frame.ts'
import type { PairView } from '../../src/core/command.ts'
import { asUserId } from '../../src/core/identity/user.ts'
import { readUserRecord, type UserRecord } from '../../src/core/identity/user-record.ts'
import { DIRECT_FRAMES, REPEAT_MS } from '../../src/core/params.ts'
import { Peer } from '../../src/core/peer.ts'
import { Refusal } from '../../src/core/reject.ts'
import { initiate } from '../../src/core/session/handshake.ts'
import { signingKey } from '../../src/crypto/sign.ts'
import { SessionFrame } from '../../src/wire/messages.ts'
import { Bus, type Node } from './bus.ts'

interface World {
  readonly bus: Bus
  readonly alice: Node
  readonly bob: Node
  readonly others: readonly Node[]
  readonly channel: Uint8Array
}

/** Five in a channel. */
function world(name = 'direct'): World {
  const bus = new Bus(name)
  const [alice, bob, ...others] = ['alice', 'bob', 'carol', 'dave', 'erin'].map((nick) => bus.add(nick)) as [Node, Node]
  const channel = bus.open(alice)
  const invite = bus.invite(alice, channel)
  for (const node of [bob, ...others]) bus.join(node, invite)
  bus.pass(5_000)
  return { bus, alice, bob, others, channel }
}

const text = (words: string): { text: { text: string; replyTo: Uint8Array; isAction: boolean } } => ({
  text: { text: words, replyTo: EMPTY, isAction: false }
})
function tell({ bus }: World, from: Node, to: Node, words: string): string {
  const result = bus.command(from, { type: 'sayTo', user: to.key.publicKey, content: text(words) })
  return result.type === 'said' ? result.local : ''
}
function pairOf({ bus }: World, at: Node, with_: Node): PairView {
  const result = bus.command(at, { type: 'pairs' })
  return (result.type === 'pairs' ? result.pairs : []).find(({ user }) => equalBytes(user, with_.key.publicKey))!
}
/** What is shown in the conversation of two, as `sender: words`. */
const shown = (all: World, at: Node, with_: Node): string[] =>
  all.bus.history(at, pairOf(all, at, with_).id).map(({ nick, content }) => `${nick}: ${content.text?.text}`)
const statesOf = (node: Node, id: string): string[] =>
  node.notices.flatMap((notice) => (notice.type === 'messageState' && notice.id === id ? [notice.state] : []))
const codeOf = (result: unknown): unknown =>
  result instanceof UsageError || result instanceof PeerError ? result.code : result

describe('two members of a channel', () => {
  it('talk one-to-one, directly, and nothing of it is on the topic', () => {
    const all = world()
    const { bus, alice, bob, others } = all
    const [before, handed] = [bus.tap.length, bus.trace.length]
    const id = tell(all, alice, bob, 'just you and me')
    tell(all, bob, alice, 'nobody else')
    bus.pass(2_000)
    for (const [at, with_] of [
      [alice, bob],
      [bob, alice]
    ] as const) {
      expect(shown(all, at, with_), at.nick).to.have.members(['alice: just you and me', 'bob: nobody else'])
      expect(pairOf(all, at, with_)).to.include({
        session: 'open',
        isDirect: true,
        waiting: 0,
        unseen: 0,
        nick: with_.nick
      })
    }
    expect(pairOf(all, alice, bob).id).to.deep.equal(pairOf(all, bob, alice).id)
    expect(statesOf(alice, id).at(-1)).to.equal('seen')
    expect(bus.frames(all.channel).filter(({ kind }) => kind === 'session')).to.deep.equal([])
    const said = bus.trace.slice(handed).flatMap(({ effect }) => (effect.type === 'hand' ? [effect.frame] : []))
    expect(said.length).to.be.greaterThan(1)
    for (const bytes of [...bus.tap.slice(before), ...said])
      expect(Buffer.from(bytes).includes('just you')).to.equal(false)
    for (const node of others) expect(bus.command(node, { type: 'pairs' })).to.deep.equal({ type: 'pairs', pairs: [] })
  })

  it('talk through the channel when there is no other way, and neither lose nor repeat anything when that changes', () => {
    const all = world()
    const { bus, alice, bob, others, channel } = all
    const expected: string[] = []
    for (let n = 0; n < 12; n++) {
      bus.isDirect = n % 4 >= 2
      const [from, to] = n % 3 === 0 ? [bob, alice] : [alice, bob]
      tell(all, from, to, `number ${n}`)
      expected.push(`${from.nick}: number ${n}`)
      bus.pass(n % 2 === 0 ? 50 : 3_000)
    }
    bus.pass(10_000)
    expect(bus.frames(channel).some(({ kind }) => kind === 'session')).to.equal(true)
    for (const [at, with_] of [
      [alice, bob],
      [bob, alice]
    ] as const) {
      expect(shown(all, at, with_), at.nick).to.have.members(expected)
      expect(shown(all, at, with_)).to.have.length(12)
      expect(pairOf(all, at, with_)).to.include({ waiting: 0, unseen: 0 })
    }
    for (const node of others) {
      expect(bus.command(node, { type: 'pairs' })).to.deep.equal({ type: 'pairs', pairs: [] })
      expect(node.notices.some((notice) => notice.type === 'message')).to.equal(false)
      expect(node.rejects).to.deep.equal([])
    }
  })

  it('talk through another channel of both when one carries nothing', () => {
    for (const way of ['not ready', 'silent', 'mute'] as const) {
      const all = world(`two channels, one ${way}`)
      const { bus, alice, bob, channel } = all
      const other = bus.open(alice, { name: 'other' })
      bus.join(bob, bus.invite(alice, other))
      bus.pass(10_000)
      bus.isDirect = false
      if (way === 'not ready') bus.send(alice, { type: 'carrier', channel, isReady: false })
      else {
        // Of the first channel nothing comes, or everything but what is for one user.
        bus.carry = (deliver, _to, bytes) => {
          const frame = readFrame(channel, bytes)
          const isOfOther = frame === undefined || frame instanceof Refusal
          if (isOfOther || (way === 'mute' && frame.kind !== 'session')) deliver()
        }
      }
      if (way === 'silent') bus.pass(120_000)
      for (const words of ['one', 'two']) tell(all, alice, bob, words)
      bus.pass(way === 'mute' ? 5_000 : 0)
      expect(shown(all, bob, alice), way).to.deep.equal(['alice: one', 'alice: two'])
      const byAlice = bus.frames(channel).filter(({ author }) => equalBytes(author, alice.key.publicKey))
      const isTried = byAlice.some(({ kind }) => kind === 'session')
      expect(isTried, way).to.equal(way === 'mute')
    }
  })

  it('notice by silence, on the topic alone, that the other has lost a session, and begin another soon', () => {
    for (const way of ['sessions gone', 'older disk', 'whole state gone'] as const) {
      for (const isOtherFirst of [false, true]) {
        const name = `${way}/${isOtherFirst}`
        const all = world(name)
        const { bus, alice, bob } = all
        bus.isDirect = false
        tell(all, alice, bob, 'one')
        bus.pass(5_000)
        tell(all, bob, alice, 'two')
        bus.pass(5_000)
        const before = new Map(bob.rows)
        for (let n = 0; n < 3; n++) {
          tell(all, alice, bob, 'more')
          bus.pass(5_000)
        }
        bus.stop(bob)
        if (way === 'older disk') bob.rows = before
        const kinds = way === 'sessions gone' ? /\|session/ : /\|(session|pair|one-time-keys)/
        if (way !== 'older disk') for (const key of bob.rows.keys()) if (kinds.test(key)) bob.rows.delete(key)
        bus.start(bob)
        if (isOtherFirst) tell(all, bob, alice, 'from the one who lost it')
        else tell(all, alice, bob, 'to the one who lost it')
        bus.pass(60_000)
        const [reader, writer] = isOtherFirst ? [alice, bob] : [bob, alice]
        expect(shown(all, reader, writer).at(-1), name).to.include('the one who lost it')
        expect(pairOf(all, writer, reader), name).to.include({ waiting: 0, session: 'open' })
      }
    }
  })

  it('are told where a message stands: it waits for one who is away, and comes when that is back', () => {
    const all = world()
    const { bus, alice, bob } = all
    tell(all, alice, bob, 'are you there?')
    bus.pass(2_000)
    bus.stop(bob)
    const id = tell(all, alice, bob, 'when you are back')
    bus.pass(60_000)
    expect(statesOf(alice, id)).to.deep.equal(['sent'])
    expect(pairOf(all, alice, bob)).to.include({ waiting: 0, unseen: 1 })
    bus.start(bob)
    bus.pass(20_000)
    expect(statesOf(alice, id)).to.deep.equal(['sent', 'seen'])
    expect(pairOf(all, alice, bob)).to.include({ waiting: 0, unseen: 0 })
    expect(shown(all, bob, alice)).to.deep.equal(['alice: are you there?', 'alice: when you are back'])
  })

  it('are told of each of several texts that it is out, and then that it is confirmed', () => {
    for (const isDirect of [true, false]) {
      const all = world(`several/${isDirect}`)
      all.bus.isDirect = isDirect
      tell(all, all.alice, all.bob, 'are you there?')
      all.bus.pass(5_000)
      const ids = ['one', 'two', 'three'].map((words) => tell(all, all.alice, all.bob, words))
      all.bus.pass(5_000)
      for (const id of ids) expect(statesOf(all.alice, id), `${isDirect}`).to.deep.equal(['sent', 'seen'])
    }
  })

  it('are not told that a text is out before anybody has it, also after a restart', () => {
    const all = world()
    const { bus, alice, bob, others } = all
    tell(all, alice, bob, 'are you there?')
    bus.pass(2_000)
    const { id: channel } = pairOf(all, alice, bob)
    const unsent = (): unknown => {
      const result = bus.command(alice, { type: 'receipts', channel })
      return result.type === 'receipts' && result.unsent
    }
    for (const node of [bob, ...others]) bus.stop(node)
    const alone = tell(all, alice, bob, 'nobody hears me')
    const shownAs = alice.notices.flatMap((one) => (one.type === 'message' && one.id === alone ? [one.state] : []))
    expect(shownAs).to.deep.equal(['waiting'])
    bus.pass(10_000)
    bus.stop(alice)
    bus.start(alice)
    bus.pass(10_000)
    expect(statesOf(alice, alone)).to.deep.equal([])
    expect(pairOf(all, alice, bob)).to.include({ waiting: 1, unseen: 1 })
    expect(unsent()).to.deep.equal([2])
    bus.start(others[0]!)
    bus.pass(180_000)
    expect(statesOf(alice, alone)).to.deep.equal(['sent'])
    expect(unsent()).to.deep.equal([])
    bus.losePower(alice)
    bus.start(alice)
    expect(pairOf(all, alice, bob)).to.include({ unseen: 1 })
    for (const node of [bob, ...others.slice(1)]) bus.start(node)
    bus.pass(180_000)
    expect(statesOf(alice, alone).at(-1)).to.equal('seen')
    expect(pairOf(all, alice, bob)).to.include({ waiting: 0, unseen: 0 })
  })

  it('have a conversation before its first text, which is on no list', () => {
    const all = world()
    const { bus, alice, bob } = all
    const ask = (user: Uint8Array): PairView => {
      const result = bus.command(alice, { type: 'pairs', user })
      return result.type === 'pairs' ? result.pairs[0]! : expect.fail()
    }
    const before = ask(bob.key.publicKey)
    expect(before).to.include({ nick: 'bob', trust: undefined, session: 'none', waiting: 0, unseen: 0, isOnline: true })
    expect(bus.command(alice, { type: 'receipts', channel: before.id })).to.include({ type: 'receipts' })
    expect(pairOf(all, alice, bob)).to.equal(undefined)
    expect(codeOf(bus.ask(alice, { type: 'pairs', user: alice.key.publicKey }))).to.equal('TO_ONESELF')
    tell(all, alice, bob, 'hello')
    expect(pairOf(all, alice, bob).id).to.deep.equal(before.id)
    expect(ask(bob.key.publicKey).id).to.deep.equal(before.id)
  })

  it('go on in the session they have when one was away for long: nothing is started anew for somebody who cannot answer', () => {
    const all = world()
    const { bus, alice, bob, channel } = all
    tell(all, alice, bob, 'are you there?')
    bus.pass(2_000)
    bus.stop(bob)
    bus.pass(600_000)
    const id = tell(all, alice, bob, 'when you are back')
    bus.pass(3_600_000)
    const carried = bus.frames(channel).flatMap(({ body }) => body.session ?? [])
    expect(carried.filter(({ start }) => start !== undefined)).to.deep.equal([])
    expect(carried).to.have.length(1)
    bus.start(bob)
    bus.pass(20_000)
    expect(statesOf(alice, id).at(-1)).to.equal('seen')
    expect(bob.notices.filter((notice) => notice.type === 'session')).to.deep.equal([])
  })

  it('do not flood their channel, nor each other, when one shows itself all the time and never answers', () => {
    for (const isDirect of [false, true]) {
      const all = world(`mute/${isDirect}`)
      const { bus, alice, bob, channel } = all
      bus.isDirect = isDirect
      bus.carry = (deliver, to, bytes) => {
        const frame = readFrame(channel, bytes)
        if (to !== bob || frame === undefined || frame instanceof Refusal || frame.kind !== 'session') deliver()
      }
      bob.peer.handle = new Proxy(bob.peer.handle, {
        apply: (handle, peer, [event, env]) =>
          event.type === 'session'
            ? [{ type: 'answerHand', id: event.id, outcome: 'taken' }]
            : Reflect.apply(handle, peer, [event, env])
      })
      const before = bus.trace.length
      for (let n = 0; n < 8; n++) tell(all, alice, bob, `number ${n}`)
      for (let n = 0; n < 120; n++) {
        bus.say(bob, channel, `chatter ${n}`)
        bus.pass(500)
      }
      const handed = bus.trace.slice(before).filter(({ node, effect }) => node === alice && effect.type === 'hand')
      const published = bus.frames(channel).filter(({ kind }) => kind === 'session')
      expect(handed.length, `handed, ${isDirect}`).to.be.lessThan(80)
      expect(published.length, `published, ${isDirect}`).to.be.lessThan(80)
    }
  })

  it('are not made to speak for ever by others who repeat what they said', () => {
    const all = world()
    const { bus, alice, bob, others, channel } = all
    bus.isDirect = false
    tell(all, bob, alice, 'once')
    bus.pass(2_000)
    bus.stop(bob)
    const sessionFrames = (): Frame[] => bus.frames(channel).filter(({ kind }) => kind === 'session')
    const said = sessionFrames().find(({ author }) => equalBytes(author, bob.key.publicKey))!.body.session!
    const before = sessionFrames().length
    for (let attempt = 1; attempt <= 200; attempt++) {
      bus.inject(channel, makeFrame(channel, others[0]!.key, { session: { ...said, attempt } }).bytes)
      bus.pass(600)
    }
    expect(sessionFrames().length - before).to.be.lessThan(30)
    for (const { name, size, cap } of alice.peer.unsafeFills()) expect(size, name).to.be.at.most(cap)
  })

  it('say how full they are before they are restored, too', () => {
    const peer = new Peer({ key: signingKey(zeros(32)), nick: 'alice' })
    expect(peer.unsafeFills().every(({ size }) => size === 0)).to.equal(true)
  })

  it('remember of what a topic has carried for one who is away no more than they may', () => {
    const all = world('carried')
    const { bus, alice, bob, others, channel } = all
    bus.isDirect = false
    tell(all, bob, alice, 'once')
    bus.pass(2_000)
    for (const node of [bob, ...others]) bus.stop(node)
    bus.ghosts = 1
    const isOfBob = ({ kind, author }: Frame): boolean => kind === 'session' && equalBytes(author, bob.key.publicKey)
    const said = bus.frames(channel).findLast(isOfBob)!.body.session!
    // Each repeated frame is answered by a new one.
    for (let attempt = 1; attempt <= DIRECT_FRAMES + 20; attempt++) {
      bus.inject(channel, makeFrame(channel, others[0]!.key, { session: { ...said, attempt } }).bytes)
      bus.pass(REPEAT_MS + 1_000)
    }
    const fills = alice.peer.unsafeFills().filter(({ name }) => name.includes('carried'))
    expect(fills.map(({ size, cap }) => [size, cap])).to.deep.equal([[DIRECT_FRAMES, DIRECT_FRAMES]])
  })

  it('are told when what is handed over is no frame of a session, and it changes nothing (R-803)', () => {
    const all = world('handed')
    const { bus, alice, bob } = all
    tell(all, alice, bob, 'before')
    bus.pass(2_000)
    const frame = bus.trace.flatMap(({ effect }) => (effect.type === 'hand' ? [effect.frame] : []))[0]!
    const bad = [Uint8Array.of(0xff), frame.slice(0, -1), joinBytes(frame, Uint8Array.of(0x78, 0))]
    for (const [id, bytes] of bad.entries()) {
      const event = { type: 'session', id, from: asUserId(alice.key.publicKey), frame: bytes } as const
      const effects = bob.peer.handle(event, bus.env(bob))
      expect(effects).to.deep.include({ type: 'reject', check: 803 })
      expect(effects).to.deep.include({ type: 'answerHand', id, outcome: 'taken' })
      expect(effects.some(({ type }) => type === 'persist' || type === 'notify')).to.equal(false)
    }
    tell(all, alice, bob, 'after')
    bus.pass(2_000)
    expect(shown(all, bob, alice)).to.deep.equal(['alice: before', 'alice: after'])
  })

  it('are found out by nobody who hands each one their frames: those of others are answered alike by all', () => {
    const all = world('captured')
    const { bus, alice, bob, others, channel } = all
    const [carol, dave] = others as [Node, Node]
    bus.isDirect = false
    for (const [from, to] of [
      [alice, bob],
      [bob, alice],
      [alice, bob]
    ] as const) {
      tell(all, from, to, 'had')
      bus.pass(5_000)
    }
    bus.carry = (deliver, to, bytes) => {
      const frame = readFrame(channel, bytes)
      const isOfSession = frame !== undefined && !(frame instanceof Refusal) && frame.kind === 'session'
      if (!isOfSession || (to !== bob && to !== dave)) deliver()
    }
    for (const to of [bob, dave]) tell(all, alice, to, 'not had')
    const captured = bus.frames(channel).filter(({ kind }) => kind === 'session')
    const bytesOf = ({ body }: Frame): Uint8Array => SessionFrame.encode(body.session!)
    const hasStart = ({ body }: Frame): boolean => body.session!.start !== undefined
    expect(captured.map(hasStart)).to.include.members([true, false])
    expect(hasStart(captured.at(-1)!), 'to Dave').to.equal(true)
    const stranger = signingKey(new Uint8Array(32).fill(77)).publicKey
    for (const by of [carol.key.publicKey, stranger]) {
      for (const [n, frame] of captured.entries()) {
        // Who may start with nobody is told so, of whatever start.
        const expected = by === stranger && hasStart(frame) ? 'taken' : 'unknown'
        for (const to of bus.nodes.filter((node) => node !== carol))
          expect(bus.handAs(by, to, bytesOf(frame)), `${n}, ${to.nick}`).to.equal(expected)
      }
    }
    bus.pass(5_000)
    const isOfThem = ({ kind, author }: Frame): boolean =>
      kind === 'session' && [bob, dave].some(({ key }) => equalBytes(author, key.publicKey))
    expect(bus.frames(channel).filter(isOfThem)).to.have.length(captured.filter(isOfThem).length)
    expect(pairOf(all, dave, alice)).to.equal(undefined)
    expect(shown(all, bob, alice)).to.have.length(3)
    for (const [to, frame] of [
      [bob, captured.at(-2)!],
      [dave, captured.at(-1)!]
    ] as const)
      for (const time of ['first', 'again'])
        expect(bus.handAs(alice.key.publicKey, to, bytesOf(frame)), `${to.nick}, ${time}`).to.equal('taken')
    expect(shown(all, bob, alice)).to.deep.equal(['alice: had', 'bob: had', 'alice: had', 'alice: not had'])
    expect(shown(all, dave, alice)).to.deep.equal(['alice: not had'])
  })

  it('answer a start with a record that does not hold as if it were for others, who hands it over (R-1002)', () => {
    const { bus, bob, others } = world('over')
    const [carol, dave] = others as [Node, Node]
    const recordOf = (node: Node): UserRecord => {
      const identity = bus.command(node, { type: 'identity' })
      return readUserRecord(identity.type === 'identity' ? identity.record : EMPTY, bus.env(node).now) as UserRecord
    }
    const self = { key: carol.key, record: { ...recordOf(carol), bytes: recordOf(carol).bytes.slice(1) } }
    const started = initiate(self, recordOf(bob), undefined, 1, carol.random)
    if (started instanceof Refusal) throw new Error('no start')
    const frame = { tag: zeros(16), header: zeros(68), sealed: zeros(64), attempt: 0, lamport: 0, start: started.start }
    for (const to of [bob, dave])
      expect(bus.handAs(carol.key.publicKey, to, SessionFrame.encode(frame)), to.nick).to.equal('unknown')
    expect([bob, dave].map(({ rejects }) => rejects)).to.deep.equal([[1002], [1001]])
  })

  it('keep their conversation and its order over restarts of both, power cut or not', () => {
    const all = world()
    const { bus, alice, bob } = all
    for (let n = 0; n < 6; n++) {
      const [from, to] = n % 2 === 0 ? [alice, bob] : [bob, alice]
      tell(all, from, to, `number ${n}`)
      bus.pass(n === 2 ? 0 : 2_000)
      bus[n % 2 === 0 ? 'losePower' : 'stop'](n % 3 === 0 ? alice : bob)
      bus.start(n % 3 === 0 ? alice : bob)
      bus.pass(2_000)
    }
    bus.pass(20_000)
    const expected = Array.from({ length: 6 }, (_, n) => `${n % 2 === 0 ? 'alice' : 'bob'}: number ${n}`)
    for (const [at, with_] of [
      [alice, bob],
      [bob, alice]
    ] as const) {
      expect(shown(all, at, with_), at.nick).to.deep.equal(expected)
      expect(pairOf(all, at, with_)).to.include({ waiting: 0, unseen: 0 })
    }
    expect(pairOf(all, alice, bob).seenUpTo).to.equal(5)
  })

  it('go on when the older disk of one is put back: what is said then comes once, and states say what is so', () => {
    for (const [isDirect, said] of [
      [true, 1],
      [true, 4],
      [false, 4]
    ] as const) {
      const all = world(`older/${isDirect}/${said}`)
      const { bus, alice, bob } = all
      tell(all, alice, bob, 'before')
      tell(all, bob, alice, 'heard')
      bus.pass(5_000)
      const copy = new Map(alice.rows)
      for (let n = 0; n < 3; n++) {
        tell(all, alice, bob, `undone ${n}`)
        bus.pass(2_000)
        tell(all, bob, alice, `answer ${n}`)
        bus.pass(2_000)
      }
      bus.stop(alice)
      alice.rows = new Map(copy)
      alice.durable = new Map(copy)
      bus.start(alice)
      bus.isDirect = isDirect
      const seen = alice.notices.length
      const texts = Array.from({ length: said }, (_, n) => `anew ${n}`)
      for (const words of texts) tell(all, alice, bob, words)
      tell(all, bob, alice, 'and you?')
      bus.pass(400_000)
      tell(all, alice, bob, 'last')
      tell(all, bob, alice, 'bye')
      bus.pass(20_000)
      const what = `${isDirect}, ${said}`
      const heard = shown(all, bob, alice).filter((line) => /anew|last/.test(line))
      expect(heard.toSorted(), what).to.deep.equal([...texts, 'last'].map((words) => `alice: ${words}`))
      const own = bus.history(alice, pairOf(all, alice, bob).id)
      const lines = own.map(({ nick, content }) => `${nick}: ${content.text?.text}`)
      expect(lines, what).to.include.members(['bob: heard', 'bob: and you?', 'bob: bye'])
      expect(
        lines.filter((line) => line.startsWith('alice')),
        what
      ).to.deep.equal(['before', ...texts, 'last'].map((words) => `alice: ${words}`))
      // Each is known to both by one name, and said to be seen.
      const names = new Set(bus.history(bob, pairOf(all, bob, alice).id).map(({ id }) => id))
      for (const { id, isOwn } of own) if (isOwn) expect(names.has(id), `${what}: name`).to.equal(true)
      for (const { id, content, isOwn } of own) {
        if (isOwn && content.text!.text !== 'before') expect(statesOf(alice, id).at(-1), what).to.equal('seen')
      }
      expect(pairOf(all, alice, bob), what).to.include({ waiting: 0, unseen: 0 })
      expect(pairOf(all, alice, bob).seenUpTo, what).to.equal(own.findLast(({ isOwn }) => isOwn)!.lamport)
      const changes = alice.notices.slice(seen).flatMap((one) => (one.type === 'session' ? [one.change] : []))
      expect(
        changes.filter((change) => change === 'setBack'),
        what
      ).to.have.length(1)
    }
  })

  it('keep each text in its place when an older disk was put back on which one waited that had come', () => {
    const all = world('older/waiting')
    const { bus, alice, bob } = all
    tell(all, alice, bob, 'before')
    tell(all, bob, alice, 'heard')
    bus.pass(5_000)
    tell(all, alice, bob, 'waits')
    const copy = new Map(alice.rows)
    tell(all, alice, bob, 'undone')
    bus.pass(5_000)
    bus.stop(alice)
    alice.rows = new Map(copy)
    alice.durable = new Map(copy)
    bus.start(alice)
    tell(all, alice, bob, 'anew')
    bus.pass(60_000)
    expect(shown(all, alice, bob)).to.deep.equal(['alice: before', 'bob: heard', 'alice: waits', 'alice: anew'])
    expect(pairOf(all, alice, bob)).to.include({ waiting: 0, unseen: 0, seenUpTo: 4 })
  })

  it('are warned of another who takes a nick they know, and say nothing to it until told that it is the right one', () => {
    const all = world()
    const { bus, alice, bob, others, channel } = all
    tell(all, alice, bob, 'hello bob')
    bus.pass(2_000)
    bus.remove(alice, channel, bob)
    bus.pass(2_000)
    const other = bus.add('b0b')
    bus.command(other, { type: 'setNick', nick: 'bob' })
    bus.join(other, bus.invite(alice, channel))
    bus.pass(20_000)
    expect(others.length).to.equal(3)
    const said = { type: 'sayTo', user: other.key.publicKey, content: text('is it you?') } as const
    expect(codeOf(bus.ask(alice, said))).to.equal('KEY_CHANGED')
    expect(pairOf(all, alice, other)).to.equal(undefined)
    const warnings = (): number => alice.notices.filter(({ type }) => type === 'rival').length
    for (const words of ['a new phone', 'are you there?']) {
      tell(all, other, alice, words)
      bus.pass(2_000)
      expect(warnings(), words).to.equal(1)
    }
    expect(codeOf(bus.ask(alice, said))).to.equal('KEY_CHANGED')
    bus.stop(alice)
    bus.start(alice)
    tell(all, other, alice, 'once more')
    bus.pass(20_000)
    expect(warnings(), 'in the next run').to.equal(2)
    expect(hex(pairOf(all, alice, other).rival!)).to.equal(hex(bob.key.publicKey))
    bus.command(alice, { type: 'trust', user: other.key.publicKey, isVerified: true })
    bus.command(alice, said)
    bus.pass(2_000)
    expect(shown(all, other, alice)).to.include('alice: is it you?')
    expect(pairOf(all, alice, other)).to.include({ trust: 'verified', rival: undefined })
  })

  it('are warned of a nick that another has in a channel of its own choice, too', () => {
    const all = world('two channels')
    const { bus, alice, bob, others } = all
    const mallory = others[0]!
    tell(all, alice, bob, 'hello bob')
    bus.pass(2_000)
    const aside = bus.open(alice, { name: 'aside' })
    bus.join(mallory, bus.invite(alice, aside))
    bus.pass(5_000)
    tell(all, alice, mallory, 'hello carol')
    bus.command(mallory, { type: 'setNick', nick: 'b0b' })
    bus.pass(20_000)
    expect(hex(pairOf(all, alice, mallory).rival!)).to.equal(hex(bob.key.publicKey))
    const again = { type: 'sayTo', user: mallory.key.publicKey, content: text('is it you?') } as const
    expect(codeOf(bus.ask(alice, again))).to.equal('KEY_CHANGED')
  })

  it('take a conversation for a channel where messages are amended and looked at, and nowhere else', () => {
    const all = world()
    const { bus, alice, bob } = all
    const id = tell(all, alice, bob, 'helo')
    bus.pass(2_000)
    const { id: channel } = pairOf(all, alice, bob)
    const target = Buffer.from(id, 'hex')
    const edit = { edit: { target, text: 'hello' } }
    bus.command(alice, { type: 'say', channel, content: edit, isPlain: false })
    bus.pass(2_000)
    expect(bus.history(bob, channel).map(({ content }) => content.edit?.text)).to.deep.equal([undefined, 'hello'])
    const receipts = bus.command(alice, { type: 'receipts', channel })
    expect(receipts).to.deep.include({ unknown: [] })
    expect(receipts.type === 'receipts' && receipts.receipts[0]).to.include({ after: 0, lamport: 2 })
    const members = bus.command(alice, { type: 'members', channel })
    expect(members.type === 'members' && members.members.map(({ nick }) => nick)).to.deep.equal(['alice', 'bob'])
    expect(codeOf(bus.ask(alice, { type: 'rekey', channel }))).to.equal('NOT_A_CHANNEL')
    expect(codeOf(bus.ask(alice, { type: 'sayTo', user: alice.key.publicKey, content: text('me') }))).to.equal(
      'TO_ONESELF'
    )
  })

  it('get the record that a session needs from the directory, from a member, or from the key manager', () => {
    for (const way of ['directory', 'member', 'manager'] as const) {
      const all = world(`record/${way}`)
      const { bus, alice, others } = all
      const [carol, dave] = others as [Node, Node]
      // Alice is the key manager. Dave, who comes back with a book without Carol's record, wants to talk to her.
      bus.stop(dave)
      for (const name of dave.rows.keys()) if (name.includes(`user/${hex(carol.key.publicKey)}`)) dave.rows.delete(name)
      bus.isDirectorySilent = way !== 'directory'
      const blank = { descriptors: EMPTY, records: [], frames: [], sealed: EMPTY, isMore: false }
      bus.oracle = (question, node) =>
        node === dave && question.record !== undefined && way !== 'member' ? blank : undefined
      const isOnTopic = ({ kind }: { kind: string }): boolean => kind === 'publicKeyRequest'
      bus.start(dave)
      if (way !== 'manager') bus.stop(alice)
      tell(all, dave, carol, 'hello')
      // Sooner than her next digest, which may bring it, too.
      bus.pass(1_000)
      expect(shown(all, carol, dave), way).to.deep.equal(['dave: hello'])
      if (way === 'manager') expect(bus.frames(all.channel).some(isOnTopic)).to.equal(true)
    }
  })

  it('do not hear strangers who share no channel with them, until they are trusted', () => {
    const all = world()
    const { bus, alice } = all
    const zoe = bus.add('zoe')
    tell(all, zoe, alice, 'psst')
    bus.pass(20_000)
    expect(bus.command(alice, { type: 'pairs' })).to.deep.equal({ type: 'pairs', pairs: [] })
    expect(alice.rejects).to.include(1005)
    bus.command(alice, { type: 'trust', user: zoe.key.publicKey, isVerified: false })
    bus.pass(600_000)
    expect(shown(all, alice, zoe)).to.deep.equal(['zoe: psst'])
  })
})
