import { expect } from 'chai'
import { EMPTY, hex, utf8 } from '../../../src/base/bytes.ts'
import { atMillis, SECOND_MS } from '../../../src/base/time.ts'
import { certificateOf } from '../../../src/core/channel/announcement.ts'
import { type Frame, makeFrame } from '../../../src/core/channel/frame.ts'
import { inviteText } from '../../../src/core/channel/invite.ts'
import { challengeHash, openChallengeAnswer, sealChallenge } from '../../../src/core/channel/key-request.ts'
import { sealControl } from '../../../src/core/channel/key-schedule.ts'
import { asUserId } from '../../../src/core/identity/user.ts'
import { readUserRecord } from '../../../src/core/identity/user-record.ts'
import { BEHIND_MS } from '../../../src/core/params.ts'
import { Refusal } from '../../../src/core/reject.ts'
import { signingKey } from '../../../src/crypto/sign.ts'
import { TERM_JUMP } from '../../../src/wire/limits.ts'
import { StatementList } from '../../../src/wire/messages.ts'
import { Bus, type GrantLies, type Issued, Liar, type Node, randomOf } from '../bus.ts'

const random = randomOf('join')
const second = signingKey(random(32))
const mallory = signingKey(random(32))

interface World {
  bus: Bus
  liar: Liar
  bob: Node
  issued: Issued
  channel: Uint8Array
}

/** Bob has asked, and an epoch that admits him is issued; the grant is to come. */
function world(bobIs: 'a member' | 'a manager' = 'a member'): World {
  const bus = new Bus('join')
  const bob = bus.add('bob')
  const other = bobIs === 'a manager' ? bob.key : second
  const liar = new Liar(bus, (key) => ({ managers: [key, other.publicKey] }))
  liar.found()
  bus.join(bob, liar.invite())
  const issued = liar.issue([liar.admit(bob.key.publicKey)])
  bob.rejects = []
  return { bus, liar, bob, issued, channel: liar.channel }
}

const grant = ({ liar, bob, issued }: World, lies: GrantLies = {}): Frame => liar.grant(liar.request(bob), issued, lies)

function refuses(check: number, all: World, frame: Frame): void {
  all.bob.rejects = []
  all.liar.publish(frame)
  expect(all.bob.rejects).to.deep.equal([check])
  expect(all.bus.view(all.bob, all.channel)).to.include({ term: 0, key: 'asking' })
  expect(all.bob.notices.filter(({ type }) => type === 'epoch')).to.deep.equal([])
}

const flipped = (bytes: Uint8Array): Uint8Array => {
  const copy = bytes.slice()
  copy[0]! ^= 1
  return copy
}

describe('a requester', () => {
  it('takes the grant that answers it, after any number of bad ones', () => {
    const all = world()
    refuses(604, all, grant(all, { grant: { roster: random(32) } }))
    refuses(606, all, grant(all, { content: { epochSecret: random(32) } }))
    all.liar.publish(grant(all))
    expect(all.bus.view(all.bob, all.channel)).to.include({ term: 1, serial: 2, key: 'ready', members: 3 })
    all.liar.publish(all.liar.issue([]).announcement)
    expect(all.bus.view(all.bob, all.channel)).to.include({ serial: 3, key: 'ready' })
  })

  it('forgets with its first key what it heard of terms that nobody can get to from there (R-409)', () => {
    for (const [serial, isBare] of [[1], [1, true], [2, true]] as const) {
      const all = world('a manager')
      const { liar, bus, bob, channel } = all
      const key = { term: 2 ** 40, serial }
      const { announcement } = liar.rebuild({ isKept: false, key })
      liar.publish(isBare ? certificateOf(announcement) : announcement)
      liar.publish(grant(all))
      expect(bus.view(bob, channel)).to.include({ term: 1, serial: 2, key: 'ready' })
      bus.say(bob, channel, 'here')
      bus.pass(20_000)
      expect(bus.view(bob, channel)).to.include({ serial: 1, key: 'ready', waiting: 0 })
      expect(bus.view(bob, channel).term).to.be.within(2, TERM_JUMP)
    }
  })

  it('passes over a grant that answers another request, without a word', () => {
    const all = world()
    all.liar.publish(grant(all, { terms: { request: random(32) } }))
    expect(all.bob.rejects).to.deep.equal([])
    expect(all.bus.view(all.bob, all.channel).key).to.equal('asking')
  })

  it('takes no grant again once it has a key', () => {
    const all = world()
    const again = grant(all)
    all.liar.publish(grant(all), all.liar.issue([]).announcement, again)
    expect(all.bus.view(all.bob, all.channel)).to.include({ serial: 3, key: 'ready' })
    expect(all.bob.rejects).to.deep.equal([])
  })

  it('refuses a grant of another manager than the one it asked (R-602)', () => {
    const all = world()
    refuses(602, all, grant(all, { by: second, parties: { manager: second.publicKey } }))
  })

  it('refuses a grant under another descriptor (R-603)', () => {
    const all = world()
    const { version, hash } = all.liar.charter.ref
    refuses(603, all, grant(all, { terms: { descriptor: { version, hash: flipped(hash) } } }))
    refuses(603, all, grant(all, { terms: { descriptor: { version: version + 1, hash } } }))
  })

  it('refuses a grant of a group it did not ask for (R-604)', () => {
    const all = world()
    refuses(604, all, grant(all, { terms: { group: random(16) } }))
  })

  it('refuses a grant that does not open with everything it binds (R-604)', () => {
    const all = world()
    const { sealed, enc } = grant(all).body.grant!
    refuses(604, all, grant(all, { grant: { sealed: flipped(sealed) } }))
    refuses(604, all, grant(all, { grant: { enc: flipped(enc) } }))
    refuses(604, all, grant(all, { parties: { requester: mallory.publicKey } }))
    refuses(604, all, grant(all, { parties: { channel: random(32) } }))
  })

  it('refuses a grant whose path keys do not fit leaf and depth (R-605)', () => {
    const all = world()
    refuses(605, all, grant(all, { content: { leaf: 1_000 } }))
    refuses(605, all, grant(all, { content: { depth: 9 } }))
    refuses(605, all, grant(all, { content: { epochSecret: EMPTY } }))
  })

  it('refuses a grant whose tree has no depth (R-605)', () => {
    const all = world()
    refuses(605, all, grant(all, { content: { depth: 0, leaf: 0, pathKeys: random(32) } }))
  })

  it('believes a footing on an epoch when it is a manager, and not else (R-605)', () => {
    const footing = ({ issued }: World): GrantLies => ({
      content: {
        epochSecret: EMPTY,
        pathKeys: EMPTY,
        leaf: 0,
        depth: 0,
        init: issued.keys.init,
        control: issued.keys.control
      }
    })
    const all = world()
    refuses(605, all, grant(all, footing(all)))
    const managed = world('a manager')
    managed.liar.publish(grant(managed, footing(managed)))
    expect(managed.bob.rejects).to.deep.equal([])
    expect(managed.bus.view(managed.bob, managed.channel)).to.include({ term: 1, serial: 2, key: 'asking' })
  })

  it('refuses a grant whose epoch secret does not match the commitment (R-606)', () => {
    const all = world()
    refuses(606, all, grant(all, { content: { epochSecret: random(32) } }))
  })

  it('refuses a grant with an announcement that is none (R-607)', () => {
    const all = world()
    refuses(607, all, grant(all, { content: { announcement: EMPTY } }))
    refuses(607, all, grant(all, { content: { announcement: utf8('nonsense') } }))
    const forged = makeFrame(all.channel, mallory, all.issued.announcement.body)
    refuses(607, all, grant(all, { content: { announcement: forged.bytes } }))
  })

  it('refuses a grant with the announcement of another epoch, line, roster or log (R-607)', () => {
    const other = (lies: Parameters<Liar['issue']>[1]): void => {
      const all = world()
      const { liar } = all
      const twin = liar.issue([], { isKept: false, ...lies })
      refuses(607, all, grant(all, { content: { announcement: certificateOf(twin.announcement).bytes } }))
    }
    other({})
    const all = world()
    const head = all.issued.announcement.body.announcement!
    const { attachment } = certificateOf(all.issued.announcement)
    const certified = (changes: Partial<typeof head>): Uint8Array =>
      makeFrame(all.channel, all.liar.key, { announcement: { ...head, ...changes } }, attachment).bytes
    const key = head.key!
    for (const changes of [
      { group: random(16) },
      { key: { ...key, term: 2 } },
      { key: { ...key, serial: 3 } },
      { key: { ...key, commitment: random(16) } },
      { roster: random(32) },
      { logHead: random(32) }
    ]) {
      refuses(607, all, grant(all, { content: { announcement: certified(changes) } }))
    }
    all.liar.publish(grant(all, { content: { announcement: certified({}) } }))
    expect(all.bus.view(all.bob, all.channel).key).to.equal('ready')
  })

  it('refuses a grant with a statement that is none, or not its author\u2019s to make (R-608)', () => {
    const statements = [utf8('nonsense')]
    refuses(608, world(), grant(world(), { content: { statements } }))
    const all = world()
    const list = [...all.liar.log.announced(), all.liar.admit(random(32), mallory)].map((one) => one.bytes)
    refuses(608, all, grant(all, { content: { statements: list } }))
  })

  it('refuses a grant whose statements have not the head granted (R-608)', () => {
    const all = world()
    refuses(608, all, grant(all, { content: { statements: [] } }))
    const more = world()
    const list = [...more.liar.log.announced(), more.liar.admit(random(32))].map((one) => one.bytes)
    refuses(608, more, grant(more, { content: { statements: list } }))
  })

  it('refuses a grant whose roster does not follow from its statements (R-609)', () => {
    const all = world()
    const { liar } = all
    const lie = liar.issue([], {
      isKept: false,
      preview: (one) => ({ ...one, roster: { members: one.roster.members, hash: random(32) } })
    })
    refuses(609, all, liar.grant(liar.request(all.bob), lie))
  })

  it('refuses a grant of a channel it is not a member of (R-609)', () => {
    const bus = new Bus('outside')
    const liar = new Liar(bus)
    const bob = bus.add('bob')
    const issued = liar.found()
    bus.join(bob, liar.invite())
    bob.rejects = []
    liar.publish(liar.grant(liar.request(bob), issued))
    expect(bob.rejects).to.deep.equal([609])
    expect(bus.view(bob, liar.channel).key).to.equal('asking')
  })

  it('refuses a grant of a lower epoch than it has (R-611)', () => {
    const all = world()
    const { bus, liar, bob, issued, channel } = all
    liar.publish(grant(all))
    const next = liar.issue([])
    liar.publish(next.announcement)
    liar.publish(liar.issue([], { isKept: false, rootKey: random(32) }).announcement)
    expect(bus.view(bob, channel)).to.include({ serial: 3, key: 'asking' })
    bob.rejects = []
    const request = liar.request(bob)
    liar.publish(liar.grant(request, issued))
    expect(bob.rejects).to.deep.equal([611])
    liar.publish(liar.grant(request, next))
    expect(bus.view(bob, channel)).to.include({ serial: 3, key: 'ready' })
  })

  it('alarms when the epoch granted contradicts one it has (R-414)', () => {
    const all = world()
    const { bus, liar, bob, channel } = all
    liar.publish(grant(all))
    const [one, other] = [liar.issue([], { isKept: false }), liar.issue([], { isKept: false })]
    liar.publish(one.announcement)
    liar.publish(
      liar.issue([], {
        isKept: false,
        key: { term: 1, serial: 4 },
        rootKey: random(32),
        terms: { previous: one.announcement.id }
      }).announcement
    )
    expect(bus.view(bob, channel)).to.include({ serial: 3, key: 'asking' })
    bob.rejects = []
    liar.publish(liar.grant(liar.request(bob), other))
    expect(bob.rejects).to.deep.equal([414])
    expect(bus.view(bob, channel).key).to.equal('alarmed')
  })

  it('asks nobody for epochs while it has no key to follow them from', () => {
    const { bus, liar, bob, issued } = world()
    const asked: string[] = []
    bus.oracle = (question) => {
      asked.push(...Object.keys(question))
      return undefined
    }
    bus.send(bob, { type: 'frame', frame: liar.message(liar.key, issued) })
    bus.pass(BEHIND_MS + SECOND_MS)
    expect(asked).not.to.include('epochs')
  })

  it('tries again, one request under one name, and says when nobody answers', () => {
    const { bus, liar, bob, channel } = world()
    const first = liar.request(bob)
    bus.pass(8_000)
    const tries = bus
      .frames(channel)
      .filter(({ kind, author }) => kind === 'keyRequest' && hex(author) === hex(first.author))
    expect(tries.map(({ body }) => body.keyRequest!.attempt)).to.deep.equal([0, 1, 2, 3])
    expect(new Set(tries.map(({ body }) => hex(body.keyRequest!.sealed))).size).to.equal(1)
    bus.pass(20_000)
    expect(bus.view(bob, channel).key).to.equal('refused-or-silent')
    const requests = bus.frames(channel).filter(({ kind }) => kind === 'keyRequest')
    expect(requests.length, 'within half a minute').to.be.within(6, 12)
  })

  it('asks anew under its newer record, as nobody who knows that takes the one before (R-505)', () => {
    const { bus, liar, bob } = world()
    const first = liar.request(bob)
    bus.command(bob, { type: 'setNick', nick: 'robert' })
    bus.pass(8_000)
    const next = liar.request(bob)
    expect(next.content.recordSeq).to.equal(first.content.recordSeq + 1)
    expect(hex(next.author)).to.not.equal(hex(first.author))
  })

  it('asks anew under the newer prekey of the manager as soon as it knows of one (R-501)', () => {
    const { bus, liar, bob } = world()
    const first = liar.request(bob)
    liar.prekeys.rotate(liar.random, atMillis(bus.now))
    const { bytes } = liar.recordOf(liar.key, 'liar', liar.prekeys, 2)
    bus.send(bob, { type: 'found', kind: 'user', id: asUserId(liar.key.publicKey), value: bytes })
    const next = liar.request(bob)
    expect(hex(next.author)).to.not.equal(hex(first.author))
    const { body } = bus.frames(liar.channel).findLast(({ kind }) => kind === 'keyRequest')!
    expect(hex(body.keyRequest!.prekey)).to.equal(hex(liar.prekeys.current.id))
  })
})

describe('a member that has lost its way', () => {
  it('asks with the invite that it is given again, as soon as nobody has answered for a while', () => {
    const all = world()
    const { bus, liar, bob, channel } = all
    liar.publish(grant(all))
    liar.issue()
    liar.publish(liar.issue().announcement)
    bus.pass(BEHIND_MS + SECOND_MS)
    const { charter } = liar
    const token = random(16)
    const invite = inviteText({ channel, descriptor: charter.ref, addresses: [], token, expiresAt: 0 })
    const again = (): Uint8Array => {
      bus.join(bob, invite)
      bus.pass(100)
      return liar.request(bob).content.inviteToken
    }
    expect(bus.view(bob, channel)).to.include({ serial: 2, key: 'asking' })
    expect(hex(again()), 'while it may be answered').to.equal('')
    bus.pass(20_000)
    expect(bus.view(bob, channel).key).to.equal('refused-or-silent')
    expect(hex(again())).to.equal(hex(token))
  })
})

describe('a requester that is given a log too long for its grant', () => {
  const answer = (sealed: Uint8Array, isMore: boolean) => ({
    descriptors: EMPTY,
    records: [],
    frames: [],
    sealed,
    isMore
  })

  it('fetches it piece by piece, from whoever answers', () => {
    const all = world()
    const { bus, liar, issued, bob, channel } = all
    const statements = liar.log.announced().map((one) => one.bytes)
    const asked: number[] = []
    bus.oracle = ({ log }) => {
      if (log === undefined) return undefined
      asked.push(log.offset)
      expect(log.key).to.deep.equal(issued.key)
      const list = StatementList.encode({ statements: statements.slice(log.offset, log.offset + 1) })
      const sealed = sealControl(issued.keys.control, liar.line, 'log', list, random(32))
      return answer(sealed, log.offset + 1 < statements.length)
    }
    liar.publish(grant(all, { content: { statements: [], isLogComplete: false } }))
    expect(asked).to.deep.equal(statements.map((_, i) => i))
    expect(bus.view(bob, channel).key).to.equal('ready')
  })

  it('refuses pieces that do not open, or are none (R-416), and asks again', () => {
    const all = world()
    const { bus, liar, issued, bob, channel } = all
    let sealed: Uint8Array = random(300)
    bus.oracle = ({ log }) => log && answer(sealed, false)
    liar.publish(grant(all, { content: { statements: [], isLogComplete: false } }))
    expect(bob.rejects).to.deep.equal([416])
    sealed = sealControl(issued.keys.control, liar.line, 'log', utf8('nonsense'), random(32))
    bus.pass(1_100)
    expect(bob.rejects).to.deep.equal([416, 416])
    const ghost = liar.admit(random(32)).bytes
    const list = StatementList.encode({ statements: [ghost.slice(0, -1)] })
    sealed = sealControl(issued.keys.control, liar.line, 'log', list, random(32))
    bus.pass(1_100)
    expect(bob.rejects).to.deep.equal([416, 416, 416])
    const right = StatementList.encode({ statements: liar.log.announced().map((one) => one.bytes) })
    sealed = sealControl(issued.keys.control, liar.line, 'log', right, random(32))
    bus.pass(1_100)
    expect(bus.view(bob, channel).key).to.equal('ready')
  })

  it('refuses a log with another head than the one granted (R-608)', () => {
    const all = world()
    const { bus, liar, issued, bob, channel } = all
    const list = StatementList.encode({ statements: [] })
    const sealed = sealControl(issued.keys.control, liar.line, 'log', list, random(32))
    bus.oracle = ({ log }) => log && answer(sealed, false)
    liar.publish(grant(all, { content: { statements: [], isLogComplete: false } }))
    expect(bob.rejects).to.deep.equal([608])
    expect(bus.view(bob, channel).term).to.equal(0)
  })
})

describe('a requester that is challenged', () => {
  const challengeOf = (all: World, changes: object = {}, by = all.liar.key): Frame => {
    const { liar, bob, channel } = all
    const { hash, content } = liar.request(bob)
    const record = readUserRecord(content.record, all.bus.env(bob).now)
    if (record instanceof Refusal) throw new Error('a bad record')
    const { seq: recordSeq, hash: recordHash } = record
    const manager = liar.key.publicKey
    const fields = {
      channel,
      manager,
      user: bob.key.publicKey,
      recordSeq,
      recordHash,
      request: hash,
      nonce: random(32)
    }
    const challenge = sealChallenge({ ...fields, ...changes }, record.prekey, 0, random)!
    return makeFrame(channel, by, { challenge: { ...challenge, request: hash } })
  }
  it('answers its manager alone, about its own request and record (R-612)', () => {
    const all = world()
    refuses(612, all, challengeOf(all, {}, second))
    refuses(612, all, challengeOf(all, { recordSeq: 9 }))
    refuses(612, all, challengeOf(all, { user: mallory.publicKey }))
    refuses(612, all, challengeOf(all, { nonce: random(16) }))
    expect(all.bus.frames(all.channel).map(({ kind }) => kind)).to.not.include('challengeAnswer')
  })

  it('repeats what it was asked, signed by the user and sealed to the manager', () => {
    const all = world()
    const { bus, liar, bob, channel } = all
    const nonce = random(32)
    liar.publish(challengeOf(all, { nonce }))
    const frame = bus.frames(channel).find(({ kind }) => kind === 'challengeAnswer')!
    const body = frame.body.challengeAnswer!
    const prekey = liar.prekeys.find(body.prekey)!
    const answer = openChallengeAnswer(channel, frame.author, body, liar.key.publicKey, prekey)
    if (answer instanceof Refusal) throw new Error('refused')
    const { hash, content, author } = liar.request(bob)
    expect(answer).to.deep.include({ user: bob.key.publicKey, request: hash, nonce, author })
    const { recordSeq, recordHash } = content
    const asked = {
      channel,
      manager: liar.key.publicKey,
      user: bob.key.publicKey,
      recordSeq,
      recordHash,
      request: hash
    }
    expect(answer.challenge).to.deep.equal(challengeHash({ ...asked, nonce }))
  })

  it('passes over a challenge to somebody else', () => {
    const all = world()
    const frame = challengeOf(all)
    const { challenge } = frame.body
    all.liar.publish(makeFrame(all.channel, all.liar.key, { challenge: { ...challenge!, request: random(32) } }))
    expect(all.bob.rejects).to.deep.equal([])
  })
})
