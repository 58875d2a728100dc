import { expect } from 'chai'
import { EMPTY, equalBytes, hex } from '../../../src/base/bytes.ts'
import { atMillis, HOUR_MS } from '../../../src/base/time.ts'
import { type Frame, makeFrame } from '../../../src/core/channel/frame.ts'
import { readInvite } from '../../../src/core/channel/invite.ts'
import {
  challengeHash,
  openChallenge,
  sealChallengeAnswer,
  sealRequest
} from '../../../src/core/channel/key-request.ts'
import { type CheckedStatement, makeStatement } from '../../../src/core/channel/statement.ts'
import type { ChannelSettings } from '../../../src/core/command.ts'
import { Prekeys } from '../../../src/core/identity/prekeys.ts'
import { makeUserRecord, readUserRecord, type UserRecord } from '../../../src/core/identity/user-record.ts'
import {
  CHALLENGES,
  OWN_RECORD_MS,
  PENDING_REQUESTS,
  RECORD_CACHE_MS,
  REQUESTS_PER_SECOND
} from '../../../src/core/params.ts'
import { Refusal } from '../../../src/core/reject.ts'
import { x25519KeyPair } from '../../../src/crypto/kem.ts'
import { type SigningKey, signingKey } from '../../../src/crypto/sign.ts'
import {
  Admission,
  Authentication,
  type Challenge,
  type ChallengeAnswerContent,
  type KeyRequest,
  type KeyRequestContent,
  Operation
} from '../../../src/wire/messages.ts'
import { Bus, type Node, randomOf } from '../bus.ts'

const random = randomOf('admission')

/** Somebody outside with a program of its own. */
class Outsider {
  readonly key: SigningKey = signingKey(random(32))
  readonly bus: Bus
  readonly channel: Uint8Array
  manager: UserRecord
  readonly ref: { version: number; hash: Uint8Array }
  prekeys: Prekeys
  record: UserRecord

  constructor(bus: Bus, channel: Uint8Array, manager: Node, descriptor: { version: number; hash: Uint8Array }) {
    this.bus = bus
    this.channel = channel
    this.ref = descriptor
    const record = readUserRecord(bus.directory.get(hex(manager.key.publicKey))!, atMillis(bus.now))
    if (record instanceof Refusal) throw new Error('no record')
    this.manager = record
    this.prekeys = Prekeys.create(random, atMillis(bus.now))
    this.record = this.recordOf(1)
  }

  recordOf(seq: number, nick = 'outsider', key = this.key): UserRecord {
    const { current } = this.prekeys
    const issuedAt = current.notBefore
    const bytes = makeUserRecord({ key, seq, nick, prekey: current, issuedAt, expiresAt: current.notAfter })
    const record = readUserRecord(bytes, issuedAt)
    if (record instanceof Refusal) throw new Error('a bad record')
    return record
  }

  request(fields: Partial<KeyRequestContent> = {}, body: Partial<KeyRequest> = {}, by = this.key): Frame {
    const author = signingKey(random(32))
    const content: KeyRequestContent = {
      channel: this.channel,
      manager: this.manager.user,
      user: this.key.publicKey,
      author: author.publicKey,
      nonce: random(16),
      oneTimeKey: x25519KeyPair(random(32)).publicKey,
      descriptor: this.ref,
      logHead: EMPTY,
      lines: [{ group: EMPTY }],
      recordSeq: this.record.seq,
      recordHash: this.record.hash,
      record: this.record.bytes,
      inviteToken: EMPTY,
      admits: [],
      ...fields
    }
    const sealed = sealRequest(content, by, this.manager.prekey, 0, random)!
    return makeFrame(this.channel, author, { keyRequest: { ...sealed.body, ...body } })
  }
}

function world(settings: ChannelSettings = {}): { bus: Bus; alice: Node; channel: Uint8Array; mallory: Outsider } {
  const bus = new Bus('admission')
  bus.ghosts = 1
  const alice = bus.add('alice')
  const channel = bus.open(alice, settings)
  const invite = readInvite(bus.invite(alice, channel))
  if (invite instanceof Refusal) throw new Error('no invite')
  return { bus, alice, channel, mallory: new Outsider(bus, channel, alice, invite.descriptor!) }
}
type World = ReturnType<typeof world>

const grantsOf = ({ bus, channel }: World): Frame[] => bus.frames(channel).filter(({ kind }) => kind === 'grant')

/** Gives a frame to Alice; she says nothing, to nobody, and counts the refusal. */
function refuses(check: number, all: World, frame: Frame): void {
  const { bus, alice, channel } = all
  alice.rejects = []
  const [said, members] = [bus.tap.length, bus.view(alice, channel).members]
  bus.deliver(alice, channel, frame.bytes)
  bus.pass(400)
  expect(alice.rejects).to.deep.equal([check])
  const answers =
    bus.tap.slice(said).length -
    bus
      .frames(channel)
      .slice(said)
      .filter(({ kind }) => kind === 'heartbeat' || kind === 'digest').length
  expect(answers, 'silence').to.equal(0)
  expect(bus.view(alice, channel).members).to.equal(members)
}
function admits(all: World, frame: Frame): void {
  const { bus, alice, channel } = all
  alice.rejects = []
  const before = grantsOf(all).length
  bus.deliver(alice, channel, frame.bytes)
  bus.pass(400)
  expect(alice.rejects).to.deep.equal([])
  expect(grantsOf(all).length).to.equal(before + 1)
}
/** Somebody the log knows has to answer a challenge first, whatever the channel asks of others. */
function admitsAgain(all: World, who: Outsider, fields: Partial<KeyRequestContent> = {}): void {
  const { bus, alice, channel } = all
  alice.rejects = []
  const before = grantsOf(all).length
  bus.deliver(alice, channel, who.request(fields).bytes)
  bus.pass(400)
  expect(grantsOf(all).length, 'nothing before the answer').to.equal(before)
  const challenge = bus.frames(channel).findLast(({ kind }) => kind === 'challenge')!.body.challenge!
  const { hash, nonce } = openOwn(all, who, challenge)
  bus.deliver(alice, channel, answerBy(all, who, who.key, { request: challenge.request, challenge: hash, nonce }).bytes)
  bus.pass(400)
  expect(alice.rejects).to.deep.equal([])
  expect(grantsOf(all).length).to.equal(before + 1)
}
const flipped = (bytes: Uint8Array): Uint8Array => {
  const copy = bytes.slice()
  copy[0]! ^= 1
  return copy
}

describe('a key manager asked for a key', () => {
  it('grants it to whoever may have it, and says so to all', () => {
    const all = world()
    admits(all, all.mallory.request())
    expect(all.bus.view(all.alice, all.channel)).to.include({ members: 2, serial: 2 })
  })

  it('refuses a request under a prekey it has not (R-501)', () => {
    const all = world()
    refuses(501, all, all.mallory.request({}, { prekey: random(16) }))
  })

  it('refuses a request that does not open (R-501)', () => {
    const all = world()
    refuses(501, all, all.mallory.request({}, { sealed: random(1040) }))
    const { keyRequest } = all.mallory.request().body
    const moved = makeFrame(all.channel, all.mallory.key, { keyRequest: keyRequest! })
    refuses(501, all, moved)
  })

  it('that cannot open a request looks for a newer record of its own, which another life of it may have made (R-501)', () => {
    const all = world()
    const { bus, alice, mallory } = all
    const sought = (): number =>
      bus.trace.filter(
        ({ node, effect }) => node === alice && effect.type === 'lookUp' && equalBytes(effect.id, alice.key.publicKey)
      ).length
    const { publicKey } = alice.key
    mallory.manager = mallory.recordOf(mallory.manager.seq + 5, 'alice', alice.key)
    bus.directory.set(hex(publicKey), mallory.manager.bytes)
    refuses(501, all, mallory.request())
    const newer = readUserRecord(bus.directory.get(hex(publicKey))!, atMillis(bus.now)) as UserRecord
    expect(newer.seq).to.equal(mallory.manager.seq + 1)
    mallory.manager = newer
    admits(all, mallory.request())
    for (let i = 0; i < 5; i++) refuses(501, all, mallory.request({}, { prekey: random(16) }))
    expect(sought(), 'whatever is sent to it, no more than once in a time').to.equal(1)
    bus.pass(OWN_RECORD_MS)
    refuses(501, all, mallory.request({}, { prekey: random(16) }))
    expect(sought()).to.equal(2)
  })

  it('refuses a request for another manager or under another descriptor (R-502)', () => {
    const all = world()
    const { version, hash } = all.mallory.ref
    refuses(502, all, all.mallory.request({ manager: random(32) }))
    refuses(502, all, all.mallory.request({ descriptor: { version, hash: flipped(hash) } }))
    refuses(502, all, all.mallory.request({ descriptor: { version: version + 1, hash } }))
  })

  it('refuses a request that the user it names did not sign (R-503)', () => {
    const all = world()
    refuses(503, all, all.mallory.request({}, {}, signingKey(random(32))))
    refuses(503, all, all.mallory.request({ user: all.alice.key.publicKey }))
  })

  it('refuses a request whose record is invalid, another\u2019s, or not the one it names (R-504)', () => {
    const all = world()
    const { mallory } = all
    const other = mallory.recordOf(1, 'other', signingKey(random(32)))
    refuses(504, all, mallory.request({ record: flipped(mallory.record.bytes) }))
    refuses(504, all, mallory.request({ record: other.bytes }))
    refuses(504, all, mallory.request({ record: other.bytes, recordHash: other.hash }))
    refuses(504, all, mallory.request({ recordHash: random(32) }))
    refuses(504, all, mallory.request({ recordSeq: 2 }))
    all.bus.now += 80 * HOUR_MS
    refuses(504, all, mallory.request())
  })

  it('looks a record up that is not inline, and refuses when there is none (R-504)', () => {
    const all = world()
    const { bus, mallory } = all
    refuses(504, all, mallory.request({ record: EMPTY }))
    bus.directory.set(hex(mallory.key.publicKey), mallory.record.bytes)
    admits(all, mallory.request({ record: EMPTY }))
  })

  it('looks a record up again that it has not heard of for an hour, once, and does with what it has', () => {
    const all = world()
    const { bus, alice, channel, mallory } = all
    const other = new Outsider(bus, channel, alice, mallory.ref)
    const lookUps = (): number =>
      bus.trace.filter(({ node, effect }) => node === alice && effect.type === 'lookUp').length
    const before = lookUps()
    bus.command(alice, { type: 'importRecords', records: [mallory.record.bytes, other.record.bytes] })
    admits(all, mallory.request({ record: EMPTY }))
    expect(lookUps()).to.equal(before)
    bus.now += RECORD_CACHE_MS
    bus.isDirectorySilent = true
    const granted = grantsOf(all).length
    bus.deliver(alice, channel, other.request({ record: EMPTY }).bytes)
    bus.pass(400)
    expect([lookUps(), grantsOf(all).length]).to.deep.equal([before + 1, granted])
    admits(all, other.request({ record: EMPTY }))
    expect(lookUps()).to.equal(before + 1)
  })

  it('looks a record up when the request names a newer one than it knows', () => {
    const all = world()
    const { bus, alice, mallory } = all
    bus.command(alice, { type: 'importRecords', records: [mallory.record.bytes] })
    mallory.record = mallory.recordOf(2)
    refuses(504, all, mallory.request({ record: EMPTY }))
    bus.directory.set(hex(mallory.key.publicKey), mallory.record.bytes)
    admits(all, mallory.request({ record: EMPTY }))
  })

  it('does not do with a record that has expired meanwhile (R-504)', () => {
    const all = world()
    const { bus, alice, mallory } = all
    bus.command(alice, { type: 'importRecords', records: [mallory.record.bytes] })
    bus.now += 80 * HOUR_MS
    refuses(504, all, mallory.request({ record: EMPTY }))
  })

  it('has no more look-ups under way than it may (R-504)', () => {
    const all = world()
    const { bus, alice, channel, mallory } = all
    bus.isDirectorySilent = true
    alice.rejects = []
    for (let i = 0; i <= CHALLENGES; i++) {
      if (i % 150 === 0) bus.pass(1_000)
      const key = signingKey(random(32))
      bus.deliver(alice, channel, mallory.request({ user: key.publicKey, record: EMPTY }, {}, key).bytes)
    }
    expect(alice.rejects).to.deep.equal([504])
  }).timeout(60_000)

  it('refuses a record older than the newest one known, or another of the same number (R-505)', () => {
    const all = world()
    const { mallory } = all
    const old = mallory.record
    mallory.record = mallory.recordOf(2)
    admits(all, mallory.request())
    const named = (record: UserRecord, inline = record.bytes): Frame =>
      mallory.request({ record: inline, recordSeq: record.seq, recordHash: record.hash })
    refuses(505, all, named(old))
    refuses(505, all, named(mallory.recordOf(2, 'twin')))
    refuses(505, all, named(old, EMPTY))
  })

  it('refuses everybody but those whom the admission policy lets in (R-506)', () => {
    for (const admission of [Admission.BY_INVITE, Admission.BY_MEMBERSHIP]) {
      const all = world({ admission })
      refuses(506, all, all.mallory.request())
    }
    const all = world({ admission: Admission.BY_MEMBERSHIP })
    refuses(506, all, all.mallory.request({ inviteToken: random(16) }))
    all.bus.command(all.alice, { type: 'admit', channel: all.channel, user: all.mallory.key.publicKey })
    all.bus.pass(500)
    admitsAgain(all, all.mallory)
    refuses(506, all, new Outsider(all.bus, all.channel, all.alice, all.mallory.ref).request())
  })

  it('lets in who shows by what statement it was let in, though no epoch known here covers that, and only who may be', () => {
    const all = world({ admission: Admission.BY_INVITE })
    const { bus, alice, channel, mallory } = all
    const admit = (author: SigningKey, subject: Uint8Array): CheckedStatement =>
      makeStatement(author, { channel, seq: 99, at: bus.now, operation: Operation.ADMIT, subject, admitId: random(16) })
    const own = admit(mallory.key, mallory.key.publicKey)
    const other = new Outsider(bus, channel, alice, mallory.ref)
    const foreign = admit(alice.key, other.key.publicKey)
    const right = admit(alice.key, mallory.key.publicKey)
    refuses(506, all, mallory.request({ admits: [own.bytes, foreign.bytes] }))
    refuses(506, all, mallory.request({ admits: [right.bytes.slice(1), EMPTY] }))
    bus.deliver(alice, channel, mallory.request({ admits: [right.bytes] }).bytes)
    bus.pass(500)
    expect(bus.view(alice, channel).members).to.equal(2)
    admitsAgain(all, mallory)
    bus.command(alice, { type: 'remove', channel, user: mallory.key.publicKey, isForCause: false })
    bus.pass(1_000)
    refuses(510, all, mallory.request({ admits: [right.bytes] }))
    refuses(510, all, mallory.request({ admits: [admit(alice.key, mallory.key.publicKey).bytes] }))
  })

  it('refuses an invite token that is not on record (R-507)', () => {
    const all = world({ admission: Admission.BY_INVITE })
    refuses(507, all, all.mallory.request({ inviteToken: random(16) }))
  })

  it('refuses an invite token once it has expired (R-507)', () => {
    const all = world({ admission: Admission.BY_INVITE })
    const inviteToken = tokenOf(all.bus.invite(all.alice, all.channel, 0, 10_000))
    admits(all, all.mallory.request({ inviteToken }))
    const late = new Outsider(all.bus, all.channel, all.alice, all.mallory.ref)
    all.bus.pass(9_000)
    admits(all, late.request({ inviteToken }))
    all.bus.pass(2_000)
    refuses(507, all, new Outsider(all.bus, all.channel, all.alice, all.mallory.ref).request({ inviteToken }))
  })

  it('binds an invite token for one to the first who redeems it (R-507)', () => {
    const all = world({ admission: Admission.BY_INVITE })
    const inviteToken = tokenOf(all.bus.invite(all.alice, all.channel, 1))
    const second = new Outsider(all.bus, all.channel, all.alice, all.mallory.ref)
    admits(all, all.mallory.request({ inviteToken }))
    refuses(507, all, second.request({ inviteToken }))
    admitsAgain(all, all.mallory, { inviteToken })
  })

  it('lets no more in at once than an invite token is for (R-507)', () => {
    const all = world({ admission: Admission.BY_INVITE })
    const { bus, alice, channel } = all
    admits(all, all.mallory.request({ inviteToken: tokenOf(bus.invite(alice, channel, 1)) }))
    const inviteToken = tokenOf(bus.invite(alice, channel, 2))
    alice.rejects = []
    const people = [0, 1, 2, 3].map(() => new Outsider(bus, channel, alice, all.mallory.ref))
    for (const one of people) bus.deliver(alice, channel, one.request({ inviteToken }).bytes)
    bus.pass(1_000)
    expect(alice.rejects).to.deep.equal([507, 507])
    expect(bus.view(alice, channel).members).to.equal(4)
  })

  it('keeps in mind who redeemed a token, over a restart and a removal (R-507)', () => {
    const all = world({ admission: Admission.BY_INVITE })
    const { bus, alice, channel, mallory } = all
    const inviteToken = tokenOf(bus.invite(alice, channel, 1))
    admits(all, mallory.request({ inviteToken }))
    bus.command(alice, { type: 'remove', channel, user: mallory.key.publicKey, isForCause: true })
    bus.pass(1_000)
    for (let i = 0; i < 3; i++) {
      bus.stop(alice)
      bus.start(alice)
      bus.pass(3_000)
      const next = new Outsider(bus, channel, alice, mallory.ref)
      refuses(507, all, next.request({ inviteToken }))
    }
  })

  it('lets the founder in without an invite, also where members have to be named (R-506)', () => {
    const bus = new Bus('founder')
    const [founder, alice, bob] = [bus.add('zoe'), bus.add('alice'), bus.add('bob')]
    const channel = bus.open(founder, { admission: Admission.BY_MEMBERSHIP, managers: [alice.key.publicKey] })
    const invite = bus.invite(founder, channel)
    for (const node of [alice, bob]) bus.join(node, invite)
    bus.pass(5_000)
    expect(bus.view(founder, channel)).to.include({ key: 'ready', members: 2 })
    expect(bus.view(bob, channel).term).to.equal(0)
    expect(new Set(alice.rejects)).to.deep.equal(new Set([506]))
  })

  it('refuses whoever is about to go, though the epoch without it is still to come (R-510)', () => {
    const all = world()
    const { bus, alice, channel, mallory } = all
    admits(all, mallory.request())
    bus.command(alice, { type: 'rekey', channel })
    bus.command(alice, { type: 'remove', channel, user: mallory.key.publicKey, isForCause: false })
    expect(bus.view(alice, channel).key).to.equal('removal-pending')
    bus.deliver(alice, channel, mallory.request().bytes)
    expect(alice.rejects).to.deep.equal([510])
  })

  it('refuses requests above its rate (R-509)', () => {
    const all = world()
    const { bus, alice, channel, mallory } = all
    const frame = mallory.request({}, { prekey: random(16) })
    for (let i = 0; i < REQUESTS_PER_SECOND; i++) bus.deliver(alice, channel, frame.bytes)
    expect(alice.rejects.filter((check) => check === 509)).to.deep.equal([])
    refuses(509, all, mallory.request())
    bus.pass(1_000)
    admits(all, mallory.request())
  })

  it('refuses more applicants than it lets wait (R-509)', function () {
    this.timeout(60_000)
    const all = world()
    const { bus, alice, channel, mallory } = all
    bus.stop(alice)
    bus.ghosts = -1_000
    bus.start(alice)
    alice.rejects = []
    for (let i = 0; i <= PENDING_REQUESTS; i++) {
      if (i % 150 === 0) bus.pass(1_000)
      const key = signingKey(random(32))
      const record = mallory.recordOf(1, 'many', key)
      const named = { user: key.publicKey, record: record.bytes, recordHash: record.hash }
      bus.deliver(alice, channel, mallory.request(named, {}, key).bytes)
    }
    expect(alice.rejects).to.deep.equal([509])
  })

  it('refuses whoever was removed, until somebody admits it anew (R-510)', () => {
    const all = world()
    const { bus, alice, channel, mallory } = all
    admits(all, mallory.request())
    bus.command(alice, { type: 'remove', channel, user: mallory.key.publicKey, isForCause: false })
    bus.pass(1_000)
    refuses(510, all, mallory.request())
    bus.command(alice, { type: 'admit', channel, user: mallory.key.publicKey })
    bus.pass(1_000)
    admitsAgain(all, mallory)
  })

  it('refuses whoever comes when the channel is full (R-511)', () => {
    const all = world({ maxMembers: 2 })
    const { bus, alice, channel, mallory } = all
    const second = new Outsider(bus, channel, alice, mallory.ref)
    admits(all, mallory.request())
    refuses(511, all, second.request())
    admitsAgain(all, mallory)
  })

  it('judges again those who wait for the next epoch: two do not take the last place (R-511)', () => {
    const all = world({ maxMembers: 3 })
    const { bus, alice, channel, mallory } = all
    admits(all, mallory.request())
    alice.rejects = []
    bus.command(alice, { type: 'rekey', channel })
    const people = [0, 1].map(() => new Outsider(bus, channel, alice, mallory.ref))
    for (const one of people) bus.deliver(alice, channel, one.request().bytes)
    bus.pass(1_000)
    expect(bus.view(alice, channel).members).to.equal(3)
  })

  it('refuses an unusable one-time key without admitting anybody (R-502)', () => {
    const all = world()
    const { bus, alice, channel, mallory } = all
    bus.deliver(alice, channel, mallory.request({ oneTimeKey: new Uint8Array(32) }).bytes)
    bus.pass(500)
    expect(alice.rejects).to.deep.equal([502])
    expect(bus.view(alice, channel)).to.include({ members: 1, serial: 1 })
  })

  it('answers the tries of one request with one grant, repeated', () => {
    const all = world()
    const { bus, alice, channel, mallory } = all
    const content = mallory.request()
    admits(all, content)
    for (let i = 0; i < 5; i++) bus.deliver(alice, channel, content.bytes)
    expect(grantsOf(all)).to.have.length(1)
    expect(bus.view(alice, channel).serial).to.equal(2)
  })
})

const tokenOf = (text: string): Uint8Array => {
  const invite = readInvite(text)
  if (invite instanceof Refusal) throw new Error('no invite')
  return invite.token
}

describe('a key manager that challenges', () => {
  const challenging = (): World => world({ authentication: Authentication.BY_CHALLENGE })

  /** What an honest peer sends, taken off the bus before the manager hears it. */
  function asked(): World & { bob: Node; answer: Frame } {
    const all = challenging()
    const { bus, alice, channel } = all
    const bob = bus.add('bob')
    let answer: Frame | undefined
    bus.carry = (deliver, to) => {
      const last = bus.frames(channel).at(-1)!
      if (to === alice && last.kind === 'challengeAnswer') answer = last
      else deliver()
    }
    bus.join(bob, bus.invite(alice, channel))
    if (answer === undefined) throw new Error('no answer')
    alice.rejects = []
    return { ...all, bob, answer }
  }

  it('lets in whoever answers', () => {
    const { bus, alice, channel } = challenging()
    const bob = bus.add('bob')
    bus.join(bob, bus.invite(alice, channel))
    bus.pass(2_000)
    expect(bus.view(bob, channel).key).to.equal('ready')
    const kinds = bus.frames(channel).map(({ kind }) => kind)
    expect(kinds.indexOf('challenge')).to.be.lessThan(kinds.indexOf('challengeAnswer'))
    expect(kinds.indexOf('challengeAnswer')).to.be.lessThan(kinds.indexOf('grant'))
    expect(alice.rejects).to.deep.equal([])
  })

  it('grants nothing before the answer', () => {
    const { bus, channel } = asked()
    expect(bus.frames(channel).map(({ kind }) => kind)).to.not.include('grant')
  })

  it('takes the answer that holds, once (R-508)', () => {
    const { bus, alice, channel, answer, bob } = asked()
    bus.carry = (deliver) => deliver()
    bus.deliver(alice, channel, answer.bytes)
    bus.pass(500)
    alice.rejects = []
    expect(bus.view(bob, channel).key).to.equal('ready')
    bus.deliver(alice, channel, answer.bytes)
    expect(alice.rejects).to.deep.equal([508])
  })

  it('refuses an answer that does not open, is sealed to no prekey of its, or is of nobody asked (R-508)', () => {
    const all = asked()
    const { bus, bob, answer, channel, mallory } = all
    const body = answer.body.challengeAnswer!
    const other = signingKey(random(32))
    bob.isUp = false
    bus.pass(1_000)
    refuses(508, all, makeFrame(channel, other, { challengeAnswer: body }))
    refuses(508, all, makeFrame(channel, other, { challengeAnswer: { ...body, prekey: random(16) } }))
    refuses(508, all, makeFrame(channel, other, { challengeAnswer: { ...body, sealed: random(1040) } }))
    const fields = { request: random(32), challenge: random(32), nonce: random(32) }
    refuses(508, all, answerBy(all, mallory, mallory.key, fields))
    expect(all.bus.frames(channel).map(({ kind }) => kind)).to.not.include('grant')
  })

  it('refuses an answer with another user, nonce or challenge than asked (R-508)', () => {
    const all = challenging()
    const { bus, alice, channel, mallory } = all
    bus.deliver(alice, channel, mallory.request().bytes)
    const challenge = bus.frames(channel).find(({ kind }) => kind === 'challenge')!.body.challenge!
    const opened = openOwn(all, mallory, challenge)
    const { hash, nonce } = opened
    const right = { request: challenge.request, challenge: hash, nonce }
    refuses(508, all, answerBy(all, mallory, mallory.key, { ...right, nonce: random(32) }))
    refuses(508, all, answerBy(all, mallory, mallory.key, { ...right, challenge: random(32) }))
    const other = new Outsider(bus, channel, alice, mallory.ref)
    refuses(508, all, answerBy(all, other, other.key, right))
    admits(all, answerBy(all, mallory, mallory.key, right))
  })

  it('refuses an answer that comes too late (R-508)', () => {
    const { bus, alice, channel, bob, answer } = asked()
    bob.isUp = false
    bus.pass(31_000)
    alice.rejects = []
    bus.deliver(alice, channel, answer.bytes)
    expect(alice.rejects).to.deep.equal([508])
  })

  it('refuses answers above its rate (R-509)', () => {
    const all = asked()
    const { bus, alice, channel, answer } = all
    const bad = makeFrame(channel, signingKey(random(32)), answer.body)
    bus.pass(1_000)
    for (let i = 0; i < REQUESTS_PER_SECOND; i++) bus.deliver(alice, channel, bad.bytes)
    alice.rejects = []
    bus.deliver(alice, channel, bad.bytes)
    expect(alice.rejects).to.deep.equal([509])
  })
})

function answerBy(
  all: World,
  who: Outsider,
  key: SigningKey,
  fields: Pick<ChallengeAnswerContent, 'request' | 'challenge' | 'nonce'>
): Frame {
  const author = signingKey(random(32))
  const parties = { channel: all.channel, manager: who.manager.user, user: who.key.publicKey, author: author.publicKey }
  const challengeAnswer = sealChallengeAnswer({ ...parties, ...fields }, key, who.manager.prekey, 0, random)!
  expect(equalBytes(key.publicKey, who.key.publicKey)).to.equal(true)
  return makeFrame(all.channel, author, { challengeAnswer })
}

/** Opens a challenge as the one it is sealed to. */
function openOwn(all: World, who: Outsider, challenge: Challenge): { hash: Uint8Array; nonce: Uint8Array } {
  const { seq: recordSeq, hash: recordHash } = who.record
  const { request } = challenge
  const expected = {
    channel: all.channel,
    manager: who.manager.user,
    user: who.key.publicKey,
    recordSeq,
    recordHash,
    request
  }
  const opened = openChallenge(all.channel, challenge, who.prekeys.find(who.prekeys.current.id)!, expected)
  if (opened instanceof Refusal) throw new Error('the challenge does not open')
  return { hash: challengeHash(opened), nonce: opened.nonce }
}
