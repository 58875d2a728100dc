import { expect } from 'chai'
import { EMPTY, equalBytes, hex, joinBytes } from '../../../src/base/bytes.ts'
import { UsageError } from '../../../src/base/errors.ts'
import { HOUR_MS, MINUTE_MS, SECOND_MS } from '../../../src/base/time.ts'
import type { Self } from '../../../src/core/channel/context.ts'
import type { Row } from '../../../src/core/machine.ts'
import {
  ACK_MS,
  BROUGHT_STARTS_AT_ONCE,
  EARLY_TEXTS,
  KNOWN_LIVES,
  KNOWN_SESSION_STARTS,
  KNOWN_STARTS_OF_ONE,
  LIFE_MS,
  OUTBOX_MESSAGES,
  SAID_AT_ONCE,
  SESSION_GRACE_MS,
  SESSIONS_OF_PAIR,
  SKIPPED_MS,
  START_BRINGERS,
  START_MS,
  STARTS_AT_ONCE,
  STARTS_OF_ONE_AT_ONCE
} from '../../../src/core/params.ts'
import { Refusal } from '../../../src/core/reject.ts'
import { initiate } from '../../../src/core/session/handshake.ts'
import { Heard } from '../../../src/core/session/heard.ts'
import { markOf, splitMarks, UNKNOWN } from '../../../src/core/session/mark.ts'
import { Session } from '../../../src/core/session/session.ts'
import { Starts } from '../../../src/core/session/starts.ts'
import { type SessionContent, SessionFrame } from '../../../src/wire/messages.ts'
import { PairRow, SaidRow, StartRow } from '../../../src/wire/rows.ts'
import { keyOf } from '../identity/people.ts'
import { Couple, otherOf, type Side } from './couple.ts'
import { bent, checkOf, good, rotate, seeded, selfOf, textOf } from './ends.ts'

const random = seeded('pair spec')

/** Alice by hand: her end of a session, with which she can say what no honest end would. */
function byHand(couple: Couple, hasOneTimeKey = true, from: Self = couple.alice.self, generation = 1): Session {
  const { self } = couple.bob
  const oneTimeKey = hasOneTimeKey ? self.oneTimeKeys.offered(self.prekeys)[0]! : undefined
  const { start, agreed } = good(initiate(from, self.record, oneTimeKey, generation, random))
  const ends = { self: from.record.user, other: self.record.user }
  return Session.initiator(ends, agreed, start, { generation, hasOneTimeKey }, self.record.prekey.x25519, random)
}

const instance = random(16)
const content = (changes: Partial<SessionContent> = {}): SessionContent => ({
  instance,
  number: 0,
  oldest: 1,
  ackInstance: EMPTY,
  ack: 0,
  origin: EMPTY,
  marks: EMPTY,
  ...changes
})
const START = { now: 0, uptimeMs: 0 }
const said = (number: number, changes: Partial<SessionContent> = {}): SessionContent =>
  content({ number, content: textOf(`text ${number}`), ...changes })

const stateOf = (side: Side): string => JSON.stringify([...side.rows].map(([name, { value }]) => [name, [...value]]))

describe('a start of a session', () => {
  it('is refused when it is for another user or bent, and changes nothing (R-1001)', () => {
    const couple = new Couple()
    const before = stateOf(couple.bob)
    const carol = selfOf('carol')
    const { start } = good(initiate(couple.alice.self, carol.record, undefined, 1, random))
    const frame = byHand(couple).seal(content())
    expect(couple.give('bob', { ...frame, start })).to.equal(1001)
    expect(couple.give('bob', { ...frame, start: { ...frame.start!, enc: bent(frame.start!.enc, 3) } })).to.equal(1001)
    expect(stateOf(couple.bob)).to.equal(before)
    expect(couple.give('bob', frame)).to.equal(undefined)
  })

  it('is refused with a record that does not hold, or is the own one of the responder (R-1002)', () => {
    const couple = new Couple()
    const record = { ...couple.alice.self.record, bytes: bent(couple.alice.self.record.bytes, 99) }
    expect(couple.give('bob', byHand(couple, true, { ...couple.alice.self, record }).seal(content()))).to.equal(1002)
    expect(couple.give('bob', byHand(couple, true, couple.bob.self).seal(content()))).to.equal(1002)
  })

  it('is refused when its first frame does not open: a record proves nothing (R-1007)', () => {
    const couple = new Couple()
    const posing = { ...selfOf('mallory'), record: couple.alice.self.record }
    expect(couple.give('bob', byHand(couple, true, posing).seal(said(1)))).to.equal(1007)
    expect(couple.bob.sessions.pairs).to.have.length(0)
    expect(couple.bob.heard).to.deep.equal([])
  })

  it('is refused when its one-time key was used, by whomever (R-1003)', () => {
    const couple = new Couple()
    const [one, other] = [byHand(couple), byHand(couple)]
    const theft = byHand(couple, true, selfOf('carol'))
    expect(couple.give('bob', one.seal(said(1)))).to.equal(undefined)
    expect(couple.give('bob', other.seal(content()))).to.equal(1003)
    expect(couple.give('bob', theft.seal(content()))).to.equal(1003)
  })

  it('destroys its one-time key in the write that keeps the session', () => {
    const couple = new Couple()
    const key = couple.bob.self.oneTimeKeys.offered(couple.bob.self.prekeys)[0]!
    const pair = couple.bob.self.oneTimeKeys.find(key)!
    couple.give('bob', byHand(couple).seal(said(1)))
    expect(pair.seed.isDestroyed).to.equal(true)
    const [first] = couple.bob.effects
    const write = first?.type === 'persist' ? first : undefined
    expect(write?.isDurable).to.equal(true)
    const kinds = write!.puts.map(({ entry }) => entry.split('/')[0])
    expect(kinds).to.include.members(['one-time-keys', 'session', 'pair'])
    expect(kinds.some((kind) => kind!.startsWith('false 1'))).to.equal(true)
  })

  it('without one-time key counts once, after a restart and after its session is gone, too (R-1004)', () => {
    const couple = new Couple()
    const frame = byHand(couple, false).seal(content())
    expect(couple.give('bob', frame)).to.equal(undefined)
    expect(couple.give('bob', frame)).to.equal(1009)
    const another = byHand(couple, false, couple.alice.self, 2)
    couple.give('bob', another.seal(content()))
    couple.pass(3 * SESSION_GRACE_MS)
    expect(couple.bob.sessionRows).to.have.length(1)
    expect(couple.give('bob', frame)).to.equal(1004)
    couple.bob.restart()
    expect(couple.give('bob', frame)).to.equal(1004)
  })

  it('is remembered no longer than its prekey could open it', () => {
    const couple = new Couple()
    const starts = new Starts(couple.bob.self)
    const accept = (): string[] => {
      const frame = byHand(couple, false).seal(content())
      const start = good(starts.open(frame, couple.alice.self.record.user, false, couple.bob.env, () => true))
      return starts.take(start).deletes.map(({ entry }) => entry)
    }
    expect(accept()).to.deep.equal([])
    for (const day of [1, 2]) rotate(couple.bob.self, random, day)
    expect(accept()).to.deep.equal([])
    rotate(couple.bob.self, random, 3)
    expect(accept()).to.have.length(1)
  })

  it('that is handed over by another than its initiator is as one for others, whatever else is wrong with it (R-1001)', () => {
    const couple = new Couple()
    const carol = selfOf('carol').record.user
    const [taken, plain] = [byHand(couple).seal(said(1)), byHand(couple, false).seal(content())]
    const stale = byHand(couple).seal(content())
    for (const frame of [taken, plain]) {
      expect(couple.hand('bob', frame, carol)).to.equal(1001)
      expect(couple.hand('bob', frame)).to.equal(undefined)
      expect(couple.hand('bob', frame)).to.equal(1009)
    }
    expect(couple.hand('bob', stale)).to.equal(1003)
    couple.pass(3 * SESSION_GRACE_MS)
    couple.give('bob', byHand(couple, false, couple.alice.self, 2).seal(content()))
    couple.pass(3 * SESSION_GRACE_MS)
    expect(couple.give('bob', plain)).to.equal(1004)
    couple.bob.isWelcome = (user) => equalBytes(user, carol)
    const known = couple.bob.sessions.pairs.length
    for (const frame of [taken, plain, stale]) expect(couple.hand('bob', frame, carol)).to.equal(1001)
    expect(couple.bob.sessions.pairs).to.have.length(known)
    expect(couple.hand('bob', plain)).to.equal(1005)
  })

  it('is looked at within a rate, in all and of one user, and when it is welcome (R-1005, R-1017)', () => {
    const couple = new Couple()
    const noise = byHand(couple).seal(content())
    const start = { enc: random(32), sealed: random(32) }
    for (let i = 0; i < STARTS_AT_ONCE; i++) {
      const from = keyOf(`bringer ${i % 10}`).publicKey
      expect(couple.give('bob', { ...noise, start }, from)).to.equal(1001)
    }
    expect(couple.give('bob', noise)).to.equal(1017)
    couple.at += HOUR_MS
    couple.bob.isWelcome = () => false
    expect(couple.give('bob', noise)).to.equal(1005)
    couple.bob.isWelcome = () => true
    expect(couple.give('bob', noise)).to.equal(undefined)
    couple.at += HOUR_MS
    const flood = Array.from({ length: STARTS_OF_ONE_AT_ONCE + 1 }, () => byHand(couple, false).seal(content()))
    expect(flood.map((frame) => couple.give('bob', frame)).filter((check) => check === 1005)).to.have.length(1)
    expect(couple.bob.sessions.pairs[0]!.sessions).to.have.length(SESSIONS_OF_PAIR)
    // What was refused for its rate was not taken, and may come again.
    couple.at += HOUR_MS
    expect(couple.give('bob', flood.at(-1)!)).to.equal(undefined)
  })

  it('is looked at within a share of whoever brings it: no user alone keeps others from starting (R-1017)', () => {
    const couple = new Couple()
    const noise = byHand(couple).seal(content())
    const start = { enc: random(32), sealed: random(32) }
    const flooder = keyOf('flooder').publicKey
    const flood = (): (number | undefined)[] =>
      Array.from({ length: 2 * STARTS_AT_ONCE }, () => couple.give('bob', { ...noise, start }, flooder))
    expect(flood().filter((check) => check === 1001)).to.have.length(BROUGHT_STARTS_AT_ONCE)
    for (let second = 0; second < 10; second++) {
      couple.at += 1_000
      flood()
      expect(couple.give('bob', { ...noise, start }), `${second}`).to.equal(1001)
    }
  })

  it('makes us remember no more bringers than we may', () => {
    const couple = new Couple()
    const frame = { ...byHand(couple).seal(content()), start: { enc: random(32), sealed: random(32) } }
    for (let i = 0; i < START_BRINGERS + 10; i++) {
      couple.at += START_MS
      couple.give('bob', frame, random(32))
    }
    const fills = couple.bob.sessions.unsafeFills().map(({ name, size, cap }) => ({ name, size, cap }))
    expect(fills).to.deep.include({ name: 'bringers of starts', size: START_BRINGERS, cap: START_BRINGERS })
  })

  it('is looked at when whoever brings it is welcome, only (R-1005)', () => {
    const couple = new Couple()
    const stranger = keyOf('stranger').publicKey
    couple.bob.isWelcome = (user) => user !== stranger
    const frame = byHand(couple).seal(content())
    expect(couple.give('bob', frame, stranger)).to.equal(1005)
    expect(couple.give('bob', frame)).to.equal(undefined)
  })

  describe('without one-time key, remembered', () => {
    /** Bob's starts, and those of users that he is made to remember. */
    function memory(): {
      couple: Couple
      starts: Starts
      remember: (name: string, from: Self) => Row[]
      checkOf: (from: Self, hasOneTimeKey?: boolean) => number | undefined
    } {
      const couple = new Couple()
      const starts = new Starts(couple.bob.self)
      const open = (from: Self, hasOneTimeKey = false): ReturnType<Starts['open']> => {
        couple.at += 1_000
        const frame = byHand(couple, hasOneTimeKey, from).seal(content())
        return starts.open(frame, from.record.user, false, couple.bob.env, () => true)
      }
      const accepted = good(open(couple.alice.self))
      return {
        couple,
        starts,
        remember: (name, { record }) => starts.take({ ...accepted, name, initiator: record }).puts,
        checkOf: (from, hasOneTimeKey) => checkOf(open(from, hasOneTimeKey))
      }
    }

    it('is refused when its user has as many as it may, and nobody else is (R-1005)', () => {
      const { couple, starts, remember, checkOf } = memory()
      const [alice, carol] = [couple.alice.self, selfOf('carol')]
      const rows = Array.from({ length: KNOWN_STARTS_OF_ONE }, (_, i) => remember(`${i}`, alice)).flat()
      expect(checkOf(alice)).to.equal(1005)
      expect(checkOf(alice, true)).to.equal(undefined)
      expect(checkOf(carol)).to.equal(undefined)
      // After a restart, too.
      const other = new Starts(couple.bob.self)
      for (const { entry, value } of rows) other.restore(entry.split('/')[1]!, value)
      expect(other.unsafeFills()[0]!.size).to.equal(KNOWN_STARTS_OF_ONE)
      const frame = byHand(couple, false).seal(content())
      const again = other.open(frame, alice.record.user, false, couple.bob.env, () => true)
      expect(again instanceof Refusal && again.check).to.equal(1005)
      expect(starts.unsafeFills()[0]!.size).to.equal(KNOWN_STARTS_OF_ONE)
    })

    it('counts for nobody where a row of before does not say whose it was', () => {
      const { couple, starts, checkOf } = memory()
      const value = StartRow.encode({ prekey: couple.bob.self.prekeys.current.id, user: EMPTY })
      for (let i = 0; i < KNOWN_STARTS_OF_ONE; i++) starts.restore(`${i}`, value)
      expect(checkOf(couple.alice.self)).to.equal(undefined)
      for (let i = 0; i < KNOWN_SESSION_STARTS; i++) starts.restore(`${i}`, value)
      expect(checkOf(couple.alice.self)).to.equal(1005)
    })

    it('is refused while as many as can be are remembered, until their prekey is gone (R-1005)', () => {
      const { couple, starts, checkOf } = memory()
      const [alice, carol] = [couple.alice.self, selfOf('carol')]
      const prekey = couple.bob.self.prekeys.current.id
      for (let i = 0; i < KNOWN_SESSION_STARTS; i++)
        starts.restore(`${i}`, StartRow.encode({ prekey, user: random(32) }))
      expect(checkOf(alice)).to.equal(1005)
      expect(checkOf(carol)).to.equal(1005)
      expect(checkOf(carol, true)).to.equal(undefined)
      for (const day of [1, 2, 3]) rotate(couple.bob.self, random, day)
      expect(checkOf(alice)).to.equal(undefined)
    })
  })

  it('without one-time key brings no text, and the text waits for the answer (R-1015)', () => {
    const couple = new Couple()
    expect(couple.give('bob', byHand(couple, false).seal(said(1)))).to.equal(1015)
    const hand = byHand(couple, false)
    expect(couple.give('bob', hand.seal(content()))).to.equal(undefined)
    expect(couple.give('bob', hand.seal(said(1)))).to.equal(1015)
    expect(couple.bob.heard).to.deep.equal([])
    const other = new Couple()
    other.alice.record = { ...other.alice.record!, oneTimeKeys: [] }
    other.say('alice', 'waits')
    expect(other.alice.posted).to.have.length(1)
    other.carry()
    expect(other.bob.heard).to.deep.equal(['waits'])
  })
})

describe('what is said in a session', () => {
  /** A couple whose alice speaks by hand. */
  function started(): { couple: Couple; hand: Session } {
    const couple = new Couple()
    const hand = byHand(couple)
    expect(couple.give('bob', hand.seal(said(1)))).to.equal(undefined)
    for (const frame of couple.bob.posted.splice(0)) good(hand.open(frame, couple.alice.env, () => undefined))
    return { couple, hand }
  }

  it('is canonical, of the life that the session is with, and acknowledges what was said (R-1013)', () => {
    const { couple, hand } = started()
    const own = couple.bob.sessionRows
    const wrong: Partial<SessionContent>[] = [
      { instance: random(16) },
      { instance: random(15) },
      { oldest: 0 },
      { oldest: 3 },
      { ackInstance: random(3) },
      { ack: 1 },
      { number: 0 },
      { origin: random(15) },
      { origin: instance },
      { number: 0, content: undefined, origin: random(16) },
      { content: { ...textOf('x'), text: { text: '', replyTo: EMPTY, isAction: false } } }
    ]
    for (const changes of wrong) {
      expect(couple.give('bob', hand.seal(said(2, changes))), JSON.stringify(changes)).to.equal(1013)
    }
    const short = said(1, { instance: random(15) })
    expect(couple.give('bob', byHand(couple, false).seal({ ...short, number: 0, content: undefined }))).to.equal(1013)
    const { content: _, ...nothing } = said(2)
    expect(couple.give('bob', hand.seal(nothing))).to.equal(1013)
    couple.say('bob', 'the first')
    const [frame] = couple.bob.posted.splice(0)
    const heard = good(hand.open(frame!, couple.alice.env, () => undefined))
    const marks = markOf(heard.content!)
    const ack = { ackInstance: heard.instance, ack: 1, marks }
    for (const wrong of [joinBytes(marks, marks), marks.slice(1), new Uint8Array(8 * 33)]) {
      const many = { ...ack, ack: wrong.length > 32 ? 40 : 1, marks: wrong }
      expect(couple.give('bob', hand.seal(content(many)))).to.equal(1013)
    }
    expect(couple.bob.sessions.pairs[0]!.waiting).to.equal(1)
    expect(couple.give('bob', hand.seal(content(ack)))).to.equal(undefined)
    expect(couple.bob.sessions.pairs[0]!.waiting).to.equal(0)
    expect(own).to.have.length(1)
  })

  it('is within reach of what has come: whoever is far ahead makes us keep nothing (R-1014)', () => {
    const { couple, hand } = started()
    expect(couple.give('bob', hand.seal(said(1 + EARLY_TEXTS + 1)))).to.equal(1014)
    for (let number = 3; number <= 1 + EARLY_TEXTS; number++) {
      expect(couple.give('bob', hand.seal(said(number)))).to.equal(undefined)
    }
    expect(couple.bob.sessions.pairs[0]!.early).to.equal(EARLY_TEXTS - 1)
    expect(couple.bob.heard).to.deep.equal(['text 1'])
    couple.bob.restart()
    expect(couple.give('bob', hand.seal(said(2)))).to.equal(undefined)
    expect(couple.bob.heard).to.have.length(1 + EARLY_TEXTS)
    expect(couple.bob.heard.at(-1)).to.equal(`text ${1 + EARLY_TEXTS}`)
  })

  it('is told as missing when the other end does not have it any more', () => {
    const { couple, hand } = started()
    couple.give('bob', hand.seal(said(5)))
    couple.give('bob', hand.seal(said(7, { oldest: 4 })))
    expect(couple.bob.heard).to.deep.equal(['text 1'])
    couple.give('bob', hand.seal(said(8, { oldest: 7 })))
    expect(couple.bob.heard).to.deep.equal(['text 1', 'text 5', 'text 7', 'text 8'])
    const gaps = couple.bob.notices.flatMap((notice) => (notice.type === 'gap' ? [notice.missing] : []))
    expect(gaps).to.deep.equal([2, 1, 1])
  })

  it('comes once, however often it is said', () => {
    const { couple, hand } = started()
    for (let i = 0; i < 3; i++) couple.give('bob', hand.seal(said(2)))
    expect(couple.bob.heard).to.deep.equal(['text 1', 'text 2'])
  })

  it('is on the disk with the key that it used up before it is told or acknowledged', () => {
    const { couple, hand } = started()
    couple.bob.effects.length = 0
    couple.give('bob', hand.seal(said(2)))
    const [first, ...rest] = couple.bob.effects
    expect(
      first?.type === 'persist' && first.isDurable && first.puts.map(({ entry }) => entry.split('/')[0])
    ).to.include.members(['session', 'pair', 'false 2 text 2'])
    expect(rest.some(({ type }) => type === 'post')).to.equal(false)
  })

  it('shows of its size the class alone', () => {
    const { hand } = started()
    const sizes = (texts: string[]): Set<number> =>
      new Set(texts.map((text) => SessionFrame.encode(hand.seal({ ...said(9), content: textOf(text) })).length))
    expect(sizes(['x', 'x'.repeat(100), 'x'.repeat(150)]).size).to.equal(1)
    expect(sizes(['x', 'x'.repeat(300)]).size).to.equal(2)
  })
})

describe('a pair', () => {
  /** Each has said something, and no one-time key is left to Alice for another start. */
  function talked(): Couple {
    const couple = new Couple()
    couple.say('alice', 'one')
    couple.carry()
    couple.say('bob', 'hello')
    couple.carry()
    couple.alice.record = { ...couple.alice.record!, oneTimeKeys: [] }
    return couple
  }

  it('carries texts both ways, each under one name at both ends', () => {
    const couple = new Couple()
    couple.say('alice', 'hello')
    couple.carry()
    couple.say('bob', 'hello yourself')
    couple.carry()
    expect([couple.bob.heard, couple.alice.heard]).to.deep.equal([['hello'], ['hello yourself']])
    const [heard] = couple.bob.notices.flatMap((notice) => (notice.type === 'text' ? [notice.text.id] : []))
    const [received] = couple.alice.notices.flatMap((notice) => (notice.type === 'received' ? [notice.id] : []))
    expect(received).to.deep.equal(heard)
  })

  it('writes what it seals before it posts it, so that no crash seals two things under one key', () => {
    const couple = new Couple()
    // Without one-time key the first text is sealed when the answer comes, which changes nothing else on the disk.
    couple.alice.record = { ...couple.alice.record!, oneTimeKeys: [] }
    for (const text of ['one', 'two']) {
      couple.say('alice', text)
      couple.carry()
      couple.pass(MINUTE_MS)
      couple.carry()
    }
    for (const side of [couple.alice, couple.bob]) {
      const posts = side.effects.flatMap(({ type }, i) => (type === 'post' ? [i] : []))
      expect(posts.length).to.be.above(1)
      for (const at of posts) {
        const write = side.effects.slice(0, at).findLast(({ type }) => type === 'persist')
        expect(write?.type === 'persist' && write.isDurable).to.equal(true)
      }
    }
  })

  it('sends again what was not acknowledged, with more and more time between, and stops when it was', () => {
    const couple = new Couple()
    couple.say('alice', 'hello')
    const [first] = couple.alice.posted.splice(0)
    const counts: number[] = []
    for (let i = 0; i < 5; i++) {
      couple.pass(MINUTE_MS)
      counts.push(couple.alice.posted.splice(0).length)
    }
    expect(counts[0]).to.be.within(5, 8)
    expect(counts.slice(2).every((count) => count <= 1)).to.equal(true)
    couple.give('bob', first!)
    couple.carry()
    couple.pass(MINUTE_MS)
    couple.carry()
    couple.pass(HOUR_MS)
    expect(couple.alice.posted).to.have.length(0)
    expect(couple.bob.heard).to.deep.equal(['hello'])
  })

  it('sends it at once, under another attempt, when the other shows up', () => {
    const couple = new Couple()
    couple.say('alice', 'hello')
    couple.pass(HOUR_MS)
    const before = couple.alice.posted.splice(0)
    const { sessions, env } = couple.alice
    sessions.setThere(couple.bob.self.record.user, true, env)
    couple.pass(0)
    expect(couple.alice.posted).to.have.length(1)
    const again = couple.alice.posted[0]!
    expect(again.sealed).to.deep.equal(before[0]!.sealed)
    expect(before.map(({ attempt }) => attempt)).to.not.include(again.attempt)
  })

  it('has no more on its way than a window, and no more waiting than it may', () => {
    const couple = new Couple()
    for (let i = 0; i < SAID_AT_ONCE + 10; i++) couple.say('alice', `${i}`)
    expect(couple.alice.posted).to.have.length(SAID_AT_ONCE)
    for (let i = SAID_AT_ONCE + 10; i < OUTBOX_MESSAGES; i++) couple.say('alice', `${i}`)
    expect(() => couple.say('alice', 'too many')).to.throw(UsageError)
    expect(() => couple.say('alice', '')).to.throw(UsageError)
  })

  it('comes to one session when both start at once, the same at both ends, and lets the other go', () => {
    const couple = new Couple()
    couple.say('alice', 'from alice')
    couple.say('bob', 'from bob')
    couple.carry()
    expect([couple.bob.heard, couple.alice.heard]).to.deep.equal([['from alice'], ['from bob']])
    couple.say('alice', 'again from alice')
    couple.say('bob', 'again from bob')
    couple.carry()
    couple.pass(3 * SESSION_GRACE_MS)
    couple.carry()
    const [a, b] = [couple.alice.sessionRows, couple.bob.sessionRows]
    expect([a.length, b.length]).to.deep.equal([1, 1])
    expect(a[0]!.id).to.deep.equal(b[0]!.id)
    const notices = [...couple.alice.notices, ...couple.bob.notices]
    expect(notices.some(({ type }) => type === 'renewed')).to.equal(false)
  })

  it('goes on after a restart at every point', () => {
    const couple = new Couple()
    for (const text of ['a', 'b', 'c', 'd']) {
      couple.say('alice', `alice ${text}`)
      couple.alice.restart()
      couple.say('bob', `bob ${text}`)
      couple.bob.restart()
      couple.carry()
      couple.alice.restart()
      couple.pass(MINUTE_MS)
      couple.carry()
    }
    expect(couple.bob.heard).to.deep.equal(['a', 'b', 'c', 'd'].map((text) => `alice ${text}`))
    expect(couple.alice.heard).to.deep.equal(['a', 'b', 'c', 'd'].map((text) => `bob ${text}`))
  })

  it('starts anew after the other has lost its state: said so at both ends, nothing twice, nothing lost', () => {
    for (const hasHint of [true, false]) {
      const couple = new Couple()
      couple.say('alice', 'one')
      couple.carry()
      couple.pass(MINUTE_MS)
      couple.carry()
      couple.bob.rows.clear()
      couple.bob.restart()
      couple.say('alice', 'two')
      const [frame] = couple.alice.posted.splice(0)
      expect(couple.give('bob', frame!)).to.equal(1007)
      if (hasHint) couple.hint('alice', frame!.tag)
      else {
        couple.alice.sessions.setThere(couple.bob.self.record.user, true, couple.alice.env)
        couple.pass(MINUTE_MS)
      }
      couple.carry()
      expect(couple.bob.heard).to.deep.equal(['one', 'two'])
      couple.say('bob', 'back')
      couple.carry()
      expect(couple.alice.heard).to.deep.equal(['back'])
      expect(couple.alice.notices.filter(({ type }) => type === 'renewed')).to.have.length(1)
    }
  })

  it('tells whoever gets a new start where there was a session', () => {
    const couple = new Couple()
    couple.say('alice', 'one')
    couple.carry()
    couple.alice.rows.clear()
    couple.alice.restart()
    couple.say('alice', 'two')
    couple.carry()
    expect(couple.bob.notices.filter(({ type }) => type === 'renewed')).to.have.length(1)
    expect(couple.bob.heard).to.deep.equal(['one', 'two'])
  })

  it('believes hints only so often: whoever forges them makes a few starts and no more', () => {
    const couple = new Couple()
    couple.say('alice', 'one')
    couple.carry()
    for (let i = 0; i < 50; i++) {
      couple.hint('alice', couple.alice.sessions.pairs[0]!.sessions[0]!.sendingTag!)
      couple.carry()
    }
    expect(couple.carried.filter(({ frame }) => frame.start !== undefined).length).to.be.below(10)
    couple.say('alice', 'two')
    couple.carry()
    expect(couple.bob.heard).to.deep.equal(['one', 'two'])
  })

  it('goes on with a session that was given up as soon as the other end says something in it', () => {
    const couple = talked()
    const [before] = couple.alice.sessions.pairs[0]!.sessions
    couple.hint('alice', before!.sendingTag!)
    expect(before!.isDoubted).to.equal(true)
    couple.alice.posted.length = 0
    couple.say('bob', 'still here')
    couple.carry()
    couple.alice.posted.length = 0
    couple.say('alice', 'two')
    expect(couple.alice.posted[0]!.tag).to.deep.equal(before!.sendingTag)
  })

  it('acknowledges again what comes again, whose acknowledgement was lost', () => {
    const couple = new Couple()
    couple.say('alice', 'one')
    couple.carry()
    couple.say('bob', 'two')
    couple.carry()
    couple.pass(MINUTE_MS)
    for (const side of [couple.alice, couple.bob]) side.posted.length = 0
    couple.carry()
    couple.say('alice', 'three')
    const [frame] = couple.alice.posted.splice(0)
    couple.give('bob', frame!)
    couple.pass(1_000)
    couple.bob.posted.length = 0
    expect(couple.give('bob', frame!)).to.equal(1009)
    couple.pass(1_000)
    couple.alice.posted.length = 0
    couple.carry()
    expect(couple.alice.sessions.pairs[0]!.waiting).to.equal(0)
  })

  describe('one of whose ends has let go of the keys of a text that has not come', () => {
    /** Alice has said two texts: Bob has the second alone, and a day has gone by. */
    function keyless(): Couple {
      const couple = talked()
      couple.pass(MINUTE_MS)
      couple.carry()
      couple.say('alice', 'two')
      couple.alice.posted.length = 0
      couple.say('alice', 'three')
      couple.give('bob', couple.alice.posted.splice(0)[0]!)
      couple.pass(ACK_MS)
      couple.bob.posted.length = 0
      couple.at += SKIPPED_MS
      for (const side of [couple.alice, couple.bob]) side.notices.length = 0
      return couple
    }
    function talk(couple: Couple, minutes: number): void {
      for (let second = 0; second < 60 * minutes; second++) {
        for (const who of ['alice', 'bob'] as const)
          couple[who].sessions.setThere(couple[otherOf(who)].self.record.user, true, couple[who].env)
        couple.pass(SECOND_MS)
        couple.carry()
      }
    }

    it('gets it sealed anew when nobody says anything', () => {
      const couple = keyless()
      talk(couple, 3)
      expect(couple.bob.heard).to.deep.equal(['two', 'three'])
      expect(couple.alice.sessions.pairs[0]!.waiting).to.equal(0)
      expect(couple.bob.notices.some(({ type }) => type === 'renewed')).to.equal(false)
    })

    it('gets it so while the other goes on talking, by hints or without', () => {
      for (const isHinted of [true, false]) {
        const couple = keyless()
        const [stale] = couple.alice.sessions.pairs[0]!.sessions.map(({ sendingTag }) => sendingTag!)
        couple.say('bob', 'are you there?')
        couple.carry()
        if (isHinted) {
          couple.alice.posted.length = 0
          couple.hint('alice', stale!)
          couple.carry()
          expect(couple.bob.heard).to.deep.equal(['two', 'three'])
        }
        for (let n = 0; n < 6; n++) {
          couple.say('bob', `and now? ${n}`)
          talk(couple, 1 / 2)
        }
        expect(couple.bob.heard).to.deep.equal(['two', 'three'])
        expect(couple.bob.notices.some(({ type }) => type === 'renewed')).to.equal(false)
      }
    })
  })

  it('tells nothing of texts in a start without one-time key, which keys that go on may open later', () => {
    const couple = talked()
    couple.hint('alice', couple.alice.sessions.pairs[0]!.sessions[0]!.sendingTag!)
    const [opening] = couple.alice.posted.splice(0)
    const responder = new Starts(couple.bob.self)
    const accepted = responder.open(opening!, couple.alice.self.record.user, true, couple.bob.env, () => true)
    expect(accepted).to.not.be.instanceOf(Refusal)
    const { ackInstance, ack, marks } = (accepted as Exclude<typeof accepted, Refusal>).content
    expect([ackInstance, ack, marks]).to.deep.equal([EMPTY, 0, EMPTY])
  })

  it('seals anew after a restart what was sealed under a session that is not used any more', () => {
    const couple = talked()
    couple.say('alice', 'two')
    const [frame] = couple.alice.posted.splice(0)
    couple.hint('alice', frame!.tag)
    couple.alice.restart()
    couple.carry()
    expect(couple.bob.heard).to.deep.equal(['one', 'two'])
  })

  it('asks for a record where it has none, and starts when it comes', () => {
    const couple = new Couple()
    const { record } = couple.alice
    couple.alice.record = undefined
    couple.say('alice', 'hello')
    expect(couple.alice.notices.map(({ type }) => type)).to.include('recordNeeded')
    expect(couple.alice.posted).to.have.length(0)
    couple.alice.record = record
    couple.alice.act((out) => couple.alice.sessions.recordFound(record!.user, couple.alice.env, out))
    couple.carry()
    expect(couple.bob.heard).to.deep.equal(['hello'])
  })

  it('takes another key, or none, when the one-time key of its start was used by somebody else', () => {
    const couple = new Couple()
    for (const key of couple.bob.self.oneTimeKeys.offered(couple.bob.self.prekeys)) couple.bob.self.oneTimeKeys.use(key)
    couple.say('alice', 'hello')
    const [frame] = couple.alice.posted.splice(0)
    expect(couple.give('bob', frame!)).to.equal(1003)
    couple.hint('alice', frame!.tag)
    couple.carry()
    expect(couple.bob.heard).to.deep.equal(['hello'])
  })

  describe('from which one end was moved to another home', () => {
    const receivedBy = (side: Side): string[] =>
      side.notices.flatMap((notice) => (notice.type === 'received' ? [hex(notice.id)] : []))
    const shownBy = (side: Side): string[] =>
      side.notices.flatMap((notice) => (notice.type === 'text' ? [hex(notice.text.id)] : []))
    const gapsOf = (side: Side): number => side.notices.filter(({ type }) => type === 'gap').length
    /** Alice has said something, and knows that it came. */
    function begun(): { readonly couple: Couple; readonly one: string } {
      const couple = new Couple()
      const one = couple.say('alice', 'one')
      couple.carry()
      couple.pass(MINUTE_MS)
      couple.carry()
      return { couple, one }
    }
    /** Alice has said four more, and Bob has the second and the last of them. */
    function heldBack(): Couple {
      const { couple } = begun()
      const frames = ['two', 'three', 'four', 'five'].map((text) => {
        couple.say('alice', text)
        return couple.alice.posted.splice(0)[0]!
      })
      for (const i of [1, 3]) couple.give('bob', frames[i]!)
      return couple
    }
    /** Time for a new session, whatever is lost. */
    function settle(couple: Couple): void {
      for (const who of ['alice', 'bob'] as const)
        couple[who].sessions.setThere(couple[otherOf(who)].self.record.user, true, couple[who].env)
      for (let i = 0; i < 10; i++) {
        couple.carry()
        couple.pass(MINUTE_MS)
      }
    }

    it('says what waits under the name that it had, and nothing that has come again', () => {
      const { couple, one } = begun()
      const names = [one]
      names.push(couple.say('alice', 'two'))
      couple.carry()
      // Two has come, and nobody says so; three has not.
      couple.alice.posted.length = 0
      names.push(couple.say('alice', 'three'))
      couple.alice.posted.length = 0
      couple.bob.posted.length = 0
      couple.alice.move()
      names.push(couple.say('alice', 'four'))
      settle(couple)
      expect(couple.bob.heard).to.deep.equal(['one', 'two', 'three', 'four'])
      expect(shownBy(couple.bob)).to.deep.equal(names)
      expect(receivedBy(couple.alice)).to.deep.equal(names)
      expect(couple.alice.sessions.pairs[0]!.waiting).to.equal(0)
    })

    it('says it so after it was moved twice, with restarts of both', () => {
      const { couple, one } = begun()
      const names = [one]
      for (const text of ['two', 'three']) names.push(couple.say('alice', text))
      couple.alice.move()
      couple.pass(0)
      // Of what the second home says the last alone comes, and is held back by Bob.
      const posted = couple.alice.posted.splice(0)
      expect(posted).to.have.length(2)
      expect(couple.give('bob', posted[1]!)).to.equal(undefined)
      expect(couple.bob.sessions.pairs[0]!.early).to.equal(1)
      couple.bob.posted.length = 0
      couple.bob.restart()
      couple.alice.move()
      names.push(couple.say('alice', 'four'))
      couple.alice.restart()
      settle(couple)
      couple.pass(2 * LIFE_MS)
      expect(couple.bob.heard).to.deep.equal(['one', 'two', 'three', 'four'])
      expect(shownBy(couple.bob)).to.deep.equal(names)
      expect(gapsOf(couple.bob)).to.equal(0)
      expect(couple.alice.sessions.pairs[0]!.waiting).to.equal(0)
    })

    it('gives out what was held back, under its name, when the home that said it is lost', () => {
      const { couple } = begun()
      couple.say('alice', 'two')
      const three = couple.say('alice', 'three')
      couple.alice.move()
      couple.pass(0)
      expect(couple.give('bob', couple.alice.posted[1]!)).to.equal(undefined)
      couple.bob.restart()
      couple.alice.rows.clear()
      couple.alice.posted.length = 0
      couple.alice.restart()
      couple.say('alice', 'anew')
      settle(couple)
      couple.pass(2 * LIFE_MS)
      expect(couple.bob.heard).to.deep.equal(['one', 'anew', 'three'])
      expect(shownBy(couple.bob).at(-1)).to.equal(three)
      expect(gapsOf(couple.bob)).to.equal(1)
    })

    it('shows once what two homes have said, also when there were too many to know them all', () => {
      const heard = new Heard(selfOf('alice').record.user)
      heard.take(said(1), START)
      heard.take(said(2), START)
      const second = random(16)
      heard.take(said(2, { instance: second, origin: instance }), START)
      heard.take(said(3, { instance: second }), START)
      const others = Array.from({ length: KNOWN_LIVES - 1 }, () => random(16))
      for (const other of others) expect(heard.take(said(1, { instance: other }), START)).to.have.length(1)
      expect([heard.knows(instance), heard.knows(second)]).to.deep.equal([false, true])
      expect(heard.end(second)).to.deep.equal([
        { type: 'gap', missing: 2 },
        { type: 'text', instance: second, number: 3, content: textOf('text 3') }
      ])
    })

    it('says it under its name to an end that has lost its state, too', () => {
      const { couple } = begun()
      const two = couple.say('alice', 'two')
      couple.bob.rows.clear()
      couple.bob.restart()
      couple.alice.move()
      settle(couple)
      expect(shownBy(couple.bob).slice(1)).to.deep.equal([two])
    })

    it('says again of what it has given out without the rest what is missing, and nothing else', () => {
      const couple = heldBack()
      couple.bob.posted.length = 0
      couple.alice.move()
      couple.say('alice', 'from the new home')
      couple.pass(0)
      for (const frame of couple.alice.posted.splice(0).slice(-1)) couple.give('bob', frame)
      couple.bob.posted.length = 0
      couple.pass(2 * LIFE_MS)
      couple.alice.posted.length = 0
      expect(couple.bob.heard).to.deep.equal(['one', 'three', 'five'])
      settle(couple)
      expect(couple.bob.heard.toSorted()).to.deep.equal(['five', 'four', 'from the new home', 'one', 'three', 'two'])
    })

    it('misses, of what it gives out without the rest, nothing that the home before has said', () => {
      const heard = new Heard(selfOf('alice').record.user)
      const second = random(16)
      for (const number of [1, 2, 3]) heard.take(said(number), START)
      heard.take(said(5), START)
      heard.take(said(1, { instance: second, origin: instance }), START)
      heard.take(said(7, { instance: second, origin: instance }), START)
      // Two and three are here, five is held back; four and six are missing.
      expect(heard.end(second)).to.deep.equal([
        { type: 'gap', missing: 2 },
        { type: 'text', instance, number: 5, content: textOf('text 5') },
        { type: 'text', instance, number: 7, content: textOf('text 7') }
      ])
      expect(heard.end(instance)).to.deep.equal([])
      const marks = [1, 2, 3, undefined, 5, undefined, 7].map((number) =>
        number === undefined ? UNKNOWN : markOf(textOf(`text ${number}`))
      )
      expect(splitMarks(heard.marks(second))).to.deep.equal(marks)
    })

    it('tells once what it misses of a home, and of the one before', () => {
      const heard = new Heard(selfOf('alice').record.user)
      const second = random(16)
      for (const number of [1, 5]) heard.take(said(number), START)
      for (const number of [1, 7]) heard.take(said(number, { instance: second, origin: instance }), START)
      expect(heard.end(instance)).to.deep.equal([
        { type: 'gap', missing: 3 },
        { type: 'text', instance, number: 5, content: textOf('text 5') }
      ])
      expect(heard.end(second)).to.deep.equal([
        { type: 'gap', missing: 1 },
        { type: 'text', instance, number: 7, content: textOf('text 7') }
      ])
    })

    it('misses what an end without its state does not say, whatever that says under the same numbers', () => {
      const heard = new Heard(selfOf('alice').record.user)
      const anew = random(16)
      heard.take(said(1), START)
      heard.take(said(3), START)
      for (const number of [1, 2, 3]) heard.take(said(number, { instance: anew }), START)
      expect(heard.end(instance)[0]).to.deep.equal({ type: 'gap', missing: 1 })
    })

    it('gives out what was held back of a home that is lost, however often it starts meanwhile', () => {
      const couple = new Couple()
      couple.say('bob', 'hi')
      settle(couple)
      couple.say('alice', 'lost')
      couple.say('alice', 'held back')
      couple.give('bob', couple.alice.posted.splice(0)[1]!)
      couple.alice.rows.clear()
      couple.alice.restart()
      couple.say('alice', 'from a new home')
      settle(couple)
      expect(couple.bob.heard).to.deep.equal(['from a new home'])
      for (let day = 0; day < 2; day++) {
        couple.pass(LIFE_MS / 2)
        couple.bob.restart()
      }
      couple.pass(SESSION_GRACE_MS)
      expect(couple.bob.heard).to.deep.equal(['from a new home', 'held back'])
    })

    it('gives out once, in order, what was held back of the home before', () => {
      const couple = heldBack()
      expect(couple.bob.heard).to.deep.equal(['one'])
      couple.bob.posted.length = 0
      couple.alice.move()
      settle(couple)
      couple.pass(2 * LIFE_MS)
      expect(couple.bob.heard).to.deep.equal(['one', 'two', 'three', 'four', 'five'])
      expect(gapsOf(couple.bob)).to.equal(0)
      expect(couple.bob.sessions.pairs[0]!.early).to.equal(0)
      expect([...couple.bob.rows.keys()].filter((name) => name.includes('session-early'))).to.deep.equal([])
    })

    it('loses nothing of what either home says when the one before goes on, against all advice', () => {
      const couple = new Couple()
      couple.say('alice', 'one')
      couple.carry()
      couple.say('alice', 'two')
      couple.alice.posted.length = 0
      const export_ = new Map(couple.alice.rows)
      couple.say('alice', 'three, from the old home')
      settle(couple)
      expect(couple.bob.heard).to.deep.equal(['one', 'two', 'three, from the old home'])
      couple.alice.rows = export_
      couple.alice.move()
      couple.say('alice', 'three, from the new home')
      settle(couple)
      expect(couple.bob.heard.slice(3)).to.deep.equal(['three, from the new home'])
      expect(couple.alice.sessions.pairs[0]!.waiting).to.equal(0)
    })

    it('takes rows of before, that do not say where they were said, for what it says now', () => {
      const couple = new Couple()
      const names = [couple.say('alice', 'one')]
      couple.carry()
      names.push(couple.say('alice', 'two'))
      couple.alice.posted.length = 0
      for (const [name, row] of couple.alice.rows) {
        if (!name.includes('session-said/')) continue
        const value = SaidRow.encode({ ...SaidRow.decode(row.value), instance: EMPTY })
        couple.alice.rows.set(name, { ...row, value })
      }
      const rows = new Map(couple.alice.rows)
      couple.alice.restart()
      settle(couple)
      expect(couple.bob.heard).to.deep.equal(['one', 'two'])
      expect(receivedBy(couple.alice)).to.deep.equal(names)
      // Moved, they have a new name, the same at both ends.
      couple.alice.rows = rows
      couple.alice.move()
      settle(couple)
      expect(couple.bob.heard).to.deep.equal(['one', 'two', 'two'])
      expect(receivedBy(couple.alice).at(-1)).to.equal(shownBy(couple.bob).at(-1))
    })
  })

  describe('of an end whose older disk was put back', () => {
    const receivedBy = ({ notices }: Side): string[] =>
      notices.flatMap((notice) => (notice.type === 'received' ? [hex(notice.id)] : []))
    const idsOf = ({ notices }: Side): string[] =>
      notices.flatMap((notice) => (notice.type === 'text' ? [hex(notice.text.id)] : []))
    const setBacks = ({ notices }: Side): number => notices.filter(({ type }) => type === 'setBack').length
    const renamed = ({ notices }: Side): [string, string][] =>
      notices.flatMap((notice) => (notice.type === 'renamed' ? [[hex(notice.was.id), hex(notice.text.id)]] : []))
    function settle(couple: Couple, minutes = 20): void {
      for (const who of ['alice', 'bob'] as const)
        couple[who].sessions.setThere(couple[otherOf(who)].self.record.user, true, couple[who].env)
      for (let i = 0; i < minutes; i++) {
        couple.carry()
        couple.pass(MINUTE_MS)
      }
    }
    /** Both have talked, and a copy was made of Alice's disk; then each has said so many texts more, which came. */
    function older(more: number): { couple: Couple; disk: ReturnType<Side['backUp']> } {
      const couple = new Couple()
      couple.say('alice', 'one')
      couple.say('bob', 'hello')
      settle(couple)
      const disk = couple.alice.backUp()
      for (let n = 1; n <= more; n++) {
        couple.say('alice', `lost ${n}`)
        settle(couple, 1)
        couple.say('bob', `lost answer ${n}`)
        settle(couple, 2)
      }
      for (const side of [couple.alice, couple.bob]) side.notices.length = 0
      return { couple, disk }
    }

    it('is told so and goes on when the other says something, by a start or in a session of both', () => {
      for (const isTurned of [true, false]) {
        const { couple, disk } = older(isTurned ? 3 : 0)
        if (!isTurned) {
          couple.say('alice', 'lost')
          settle(couple, 1)
          couple.alice.notices.length = 0
          couple.bob.notices.length = 0
        }
        couple.alice.putBack(disk)
        couple.say('bob', 'are you there?')
        // As over a stream: she can do nothing with it.
        if (isTurned) couple.hint('bob', couple.bob.posted[0]!.tag)
        settle(couple)
        expect(couple.alice.heard).to.deep.equal(['are you there?'])
        expect(setBacks(couple.alice)).to.equal(1)
        const id = couple.say('alice', 'yes')
        couple.say('bob', 'good')
        settle(couple)
        expect(couple.bob.heard).to.deep.equal(['yes'])
        expect(idsOf(couple.bob)).to.deep.equal([id])
        expect(couple.alice.heard).to.deep.equal(['are you there?', 'good'])
        expect(receivedBy(couple.alice)).to.deep.equal([id])
        expect(couple.bob.notices.some(({ type }) => type === 'renewed')).to.equal(true)
        for (const { sessions } of [couple.alice, couple.bob]) expect(sessions.pairs[0]!.waiting).to.equal(0)
        expect(setBacks(couple.alice)).to.equal(1)
      }
    })

    it('loses nothing of what it says under numbers that the other knows, however much that is', () => {
      const counts = [
        [1, 1],
        [1, 3],
        [3, 2],
        [3, 5],
        [40, 2],
        [40, 42]
      ] as const
      for (const [more, said] of counts) {
        const { couple, disk } = older(0)
        for (let n = 1; n <= more; n++) couple.say('alice', `lost ${n}`)
        settle(couple, 3)
        expect(couple.bob.heard).to.have.length(more)
        couple.bob.notices.length = 0
        couple.alice.notices.length = 0
        couple.alice.putBack(disk)
        const texts = Array.from({ length: said }, (_, n) => `anew ${n}`)
        const names = texts.map((text) => couple.say('alice', text))
        settle(couple, 40)
        const what = `${more} lost, ${said} said`
        expect(couple.bob.heard.toSorted(), what).to.deep.equal(texts.toSorted())
        expect(couple.alice.sessions.pairs[0]!.waiting, what).to.equal(0)
        const now = new Map(renamed(couple.alice))
        const present = names.map((name) => now.get(name) ?? name)
        expect(idsOf(couple.bob).toSorted(), what).to.deep.equal(present.toSorted())
        expect(receivedBy(couple.alice).toSorted(), what).to.deep.equal(present.toSorted())
        expect(setBacks(couple.alice), what).to.be.at.most(1)
      }
    })

    it('says once, under its name, what waited on that disk, whether it had come or not', () => {
      for (const hasCome of [true, false]) {
        const { couple } = older(0)
        const two = couple.say('alice', 'two')
        const disk = couple.alice.backUp()
        if (!hasCome) couple.alice.posted.length = 0
        couple.carry()
        couple.bob.posted.length = 0
        couple.alice.putBack(disk)
        const three = couple.say('alice', 'three')
        settle(couple)
        expect(couple.bob.heard).to.deep.equal(['two', 'three'])
        expect(idsOf(couple.bob)).to.deep.equal([two, three])
        expect(setBacks(couple.alice)).to.equal(0)
      }
    })

    it('repeats of that at most what the other has acknowledged since, under another name, and says so', () => {
      const { couple } = older(0)
      const two = couple.say('alice', 'two')
      const disk = couple.alice.backUp()
      settle(couple, 2)
      couple.say('alice', 'lost')
      settle(couple, 1)
      couple.alice.notices.length = 0
      couple.alice.putBack(disk)
      couple.say('alice', 'three')
      settle(couple)
      expect(couple.bob.heard).to.deep.equal(['two', 'lost', 'two', 'three'])
      expect(renamed(couple.alice)[0]![0]).to.equal(two)
      expect(couple.alice.sessions.pairs[0]!.waiting).to.equal(0)
    })

    it('is not taken in by what it has said itself and comes late', () => {
      const { couple, disk } = older(0)
      const late = ['lost 1', 'lost 2'].map((text) => {
        couple.say('alice', text)
        return couple.alice.posted.splice(0)[0]!
      })
      // Of the two the second alone has come when she goes on.
      couple.give('bob', late[1]!)
      couple.alice.putBack(disk)
      const names = ['anew 1', 'anew 2', 'anew 3'].map((text) => couple.say('alice', text))
      const early = couple.alice.posted.splice(0)
      couple.give('bob', early[2]!)
      couple.give('bob', late[0]!)
      settle(couple)
      expect(couple.bob.heard.filter((text) => text.startsWith('anew')).toSorted()).to.deep.equal([
        'anew 1',
        'anew 2',
        'anew 3'
      ])
      expect(names).to.have.length(3)
      expect(couple.alice.sessions.pairs[0]!.waiting).to.equal(0)
    })

    it('begins by itself when it has nothing to say', () => {
      const { couple, disk } = older(0)
      couple.say('alice', 'lost')
      settle(couple, 1)
      couple.alice.putBack(disk)
      couple.say('bob', 'are you there?')
      couple.give('alice', couple.bob.posted.splice(0)[0]!)
      expect(couple.alice.posted.some(({ start }) => start !== undefined)).to.equal(true)
      settle(couple, 1)
      expect(couple.bob.notices.at(-1)!.type).to.be.oneOf(['renewed', 'received'])
      expect(couple.alice.sessionRows).to.have.length(1)
      expect(couple.alice.sessions.pairs[0]!.sessions[0]!.isConfirmed).to.equal(true)
    })

    it('goes on in the session that the other starts, and keeps none that the other knows its former life by', () => {
      const { couple, disk } = older(3)
      couple.alice.putBack(disk)
      couple.say('bob', 'are you there?')
      couple.hint('bob', couple.bob.posted.splice(0)[0]!.tag)
      for (const frame of couple.bob.posted.splice(0)) couple.give('alice', frame)
      expect(setBacks(couple.alice)).to.equal(1)
      expect(couple.alice.sessionRows.map(({ isInitiator }) => isInitiator)).to.deep.equal([false])
    })

    it('is talked to where it is, though what it said in its former life comes late', () => {
      const { couple, disk } = older(0)
      couple.say('alice', 'lost')
      settle(couple, 1)
      couple.alice.putBack(disk)
      for (let n = 1; n <= 5; n++) couple.say('alice', `anew ${n}`)
      const late = couple.alice.posted.splice(0).at(-1)!
      couple.say('bob', 'are you there?')
      settle(couple, 5)
      expect(setBacks(couple.alice)).to.equal(1)
      expect(couple.give('bob', late)).to.equal(undefined)
      couple.carry()
      couple.say('bob', 'good')
      couple.carry()
      expect(couple.alice.heard).to.deep.equal(['are you there?', 'good'])
    })

    it('is told which texts have come: no more than the last 32, and of a gap none', () => {
      const heard = new Heard(selfOf('alice').record.user)
      for (let number = 1; number <= 40; number++) heard.take(said(number), START)
      expect(heard.upTo(instance)).to.equal(40)
      const marks = Array.from({ length: 32 }, (_, n) => markOf(said(n + 9).content!))
      expect(hex(heard.marks(instance))).to.equal(hex(joinBytes(...marks)))
      heard.take(said(43, { instance: random(16), oldest: 43, origin: instance }), START)
      const missing = [UNKNOWN, UNKNOWN]
      const rest = [...marks.slice(3), ...missing, markOf(said(43).content!)]
      expect(hex(heard.marks(instance))).to.equal(hex(joinBytes(...rest)))
      heard.take(said(44, { oldest: 44 }), START)
      expect(hex(heard.marks(instance))).to.equal(hex(markOf(said(44).content!)))
    })

    it('loses nothing when it is moved before it knows', () => {
      for (const rounds of [1, 2]) {
        const { couple, disk } = older(0)
        for (const text of ['lost 1', 'lost 2']) {
          couple.say('alice', text)
          settle(couple, rounds)
        }
        couple.bob.notices.length = 0
        couple.alice.putBack(disk)
        for (const text of ['anew 1', 'anew 2']) couple.say('alice', text)
        couple.alice.move()
        settle(couple)
        expect(couple.bob.heard).to.deep.equal(['anew 1', 'anew 2'])
        expect(couple.alice.sessions.pairs[0]!.waiting).to.equal(0)
      }
    })

    it('goes on after a restart in the midst of it, and after it was put back again', () => {
      const { couple, disk } = older(2)
      const said: string[] = []
      for (let n = 0; n < 3; n++) {
        couple.alice.putBack(disk)
        said.push(`anew ${n}`, `more ${n}`)
        couple.say('alice', `anew ${n}`)
        couple.alice.restart()
        couple.say('alice', `more ${n}`)
        settle(couple)
        couple.alice.restart()
        settle(couple)
      }
      expect(couple.bob.heard.toSorted()).to.deep.equal(said.toSorted())
    })

    it('speaks of its texts by their new names', () => {
      const { couple, disk } = older(2)
      couple.alice.putBack(disk)
      const name = couple.say('alice', 'helo')
      const target = new Uint8Array(Buffer.from(name, 'hex'))
      const { sessions, env } = couple.alice
      const edit = { writtenAt: 2, edit: { target, text: 'hello' }, replaces: EMPTY }
      couple.alice.act((out) => sessions.say(couple.bob.self.record.user, edit, env, out))
      settle(couple)
      const texts = couple.bob.notices.flatMap((notice) => (notice.type === 'text' ? [notice.text] : []))
      expect(texts).to.have.length(2)
      expect(hex(texts[1]!.content.edit!.target)).to.equal(hex(texts[0]!.id)).and.not.equal(name)
    })

    it('begins anew only so often, whatever the other end claims, and loses nothing by it', () => {
      const couple = new Couple()
      couple.give('bob', byHand(couple).seal(said(1)))
      couple.say('bob', 'here')
      let claims = 0
      for (let n = 0; n < 20; n++) {
        const row = [...couple.bob.rows.values()].find(({ entry }) => entry.startsWith('pair/'))!
        const { instance: ackInstance } = PairRow.decode(row.value)
        const hand = byHand(couple, false, couple.alice.self, n + 2)
        if (couple.give('bob', hand.seal(content({ ackInstance, ack: 1_000_000 }))) === undefined) claims++
        couple.pass(11_000)
      }
      expect(claims).to.be.greaterThan(10)
      expect(setBacks(couple.bob)).to.equal(3)
      expect(couple.bob.sessions.pairs[0]!.waiting).to.equal(1)
    })
  })

  it('destroys after a day the keys of what never came, when nothing more is said, after a restart, too', () => {
    for (const isRestarted of [false, true]) {
      const couple = new Couple()
      const { alice, bob } = couple
      couple.say('alice', 'one')
      couple.carry()
      couple.pass(MINUTE_MS)
      couple.carry()
      // One frame with it is recorded by somebody, and carried by nobody.
      couple.say('alice', 'two')
      const [recorded] = alice.posted.splice(0)
      couple.say('alice', 'three')
      for (let i = 0; i < 40; i++) {
        if (i === 20) couple.say('bob', 'yes')
        const others = alice.posted.splice(0).filter(({ header }) => !equalBytes(header, recorded!.header))
        alice.posted.push(...others)
        couple.carry()
        couple.pass(5 * SECOND_MS)
      }
      expect(bob.heard).to.deep.equal(['one', 'two', 'three'])
      const [session] = bob.sessions.pairs[0]!.sessions
      const rows = (): number => [...bob.rows.keys()].filter((name) => name.includes('session-skipped/')).length
      expect([session!.skippedKeys, rows()]).to.deep.equal([1, 1])
      if (isRestarted) bob.restart()
      couple.pass(SKIPPED_MS + 2 * SESSION_GRACE_MS)
      expect([bob.sessions.pairs[0]!.sessions[0]!.skippedKeys, rows()]).to.deep.equal([0, 0])
    }
  })

  it('forgets one life after the other, and gives out what each holds back', () => {
    const heard = new Heard(selfOf('alice').record.user)
    const lives = Array.from({ length: KNOWN_LIVES }, () => random(16))
    const [first, second] = lives as [Uint8Array, Uint8Array]
    for (const life of lives) heard.take(content({ instance: life }), START)
    for (const number of [2, 3]) heard.take(said(number, { instance: second }), START)
    // What the first holds back was said in lives that nobody knows: as many begin.
    for (const number of [2, 3]) heard.take(said(number, { instance: first, origin: random(16) }), START)
    const kept = new Set(heard.rows().puts.map(({ entry }) => entry))
    const events = heard.take(said(1, { instance: first }), START)
    for (const { entry } of heard.rows().deletes) kept.delete(entry)
    const ofSecond = events.filter((event) => event.type === 'text' && equalBytes(event.instance, second))
    expect(ofSecond).to.have.length(2)
    expect(events.filter(({ type }) => type === 'gap')).to.deep.equal([{ type: 'gap', missing: 1 }])
    expect(heard.lives).to.have.length(KNOWN_LIVES)
    expect([heard.early, kept.size]).to.deep.equal([0, 0])
  })

  it('sends a long text after the answer, when there is room for it beside no start', () => {
    const couple = new Couple()
    const long = 'x'.repeat(16_384)
    couple.say('alice', long)
    for (const frame of couple.alice.posted) expect(SessionFrame.encode(frame).length).to.be.below(8_000)
    couple.carry()
    expect(couple.bob.heard).to.deep.equal([long])
  })
})
