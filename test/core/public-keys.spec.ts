import { expect } from 'chai'
import { EMPTY, equalBytes, hex, utf8 } from '../../src/base/bytes.ts'
import { UsageError } from '../../src/base/errors.ts'
import { atMillis } from '../../src/base/time.ts'
import { type Frame, makeFrame } from '../../src/core/channel/frame.ts'
import { sealControl } from '../../src/core/channel/key-schedule.ts'
import { openQuestion, sealAnswer } from '../../src/core/channel/public-key.ts'
import { Prekeys } from '../../src/core/identity/prekeys.ts'
import { OWN_QUESTIONS, QUESTIONS_AT_ONCE, RECORD_CACHE_MS } from '../../src/core/params.ts'
import { Refusal } from '../../src/core/reject.ts'
import { x25519KeyPair } from '../../src/crypto/kem.ts'
import { type SigningKey, signingKey } from '../../src/crypto/sign.ts'
import { Operation, PublicKeyRequestContent } from '../../src/wire/messages.ts'
import { EpochRow } from '../../src/wire/rows.ts'
import { Bus, Liar, type Node, randomOf, rowsOf } from './bus.ts'

const random = randomOf('public-keys')

function trio(): { bus: Bus; nodes: [Node, Node, Node]; channel: Uint8Array } {
  const bus = new Bus('public-keys')
  const nodes = ['alice', 'bob', 'carol'].map((nick) => bus.add(nick)) as [Node, Node, Node]
  const channel = bus.open(nodes[0])
  const invite = bus.invite(nodes[0], channel)
  for (const node of nodes.slice(1)) bus.join(node, invite)
  bus.pass(2_000)
  return { bus, nodes, channel }
}
type Subject = { user?: Uint8Array; nick?: string }

const ask = (bus: Bus, by: Node, channel: Uint8Array, subject: Subject): string => {
  const result = bus.command(by, { type: 'askPublicKey', channel, ...subject })
  if (result.type !== 'asked') throw new Error('not asked')
  return result.request
}
const answersOf = (node: Node) => node.notices.filter((notice) => notice.type === 'publicKey')
const recordOf = (bus: Bus, node: Node): Uint8Array => bus.directory.get(hex(node.key.publicKey))!
const ofKind = (bus: Bus, channel: Uint8Array, kind: Frame['kind']): Frame[] =>
  bus.frames(channel).filter((frame) => frame.kind === kind)

/** The epoch that a member is in: what a member with a program of its own has. */
const epochOf = (node: Node): EpochRow =>
  rowsOf(node, 'epoch')
    .map(({ value }) => EpochRow.decode(value))
    .find(({ endedAt }) => endedAt === 0)!

function question(
  channel: Uint8Array,
  epoch: EpochRow,
  author: SigningKey,
  fields: Partial<PublicKeyRequestContent> = {},
  purpose = 'public-key'
): Frame {
  const oneTimeKey = x25519KeyPair(random(32)).publicKey
  const content = { nonce: random(16), oneTimeKey, user: EMPTY, nick: '', ...fields }
  const plaintext = PublicKeyRequestContent.encode(content)
  const sealed = sealControl(epoch.control, { channel, group: EMPTY }, purpose, plaintext, random(32))
  const { term, serial, commitment } = epoch
  return makeFrame(channel, author, { publicKeyRequest: { key: { term, serial, commitment }, sealed } })
}

describe('a question for a member\u2019s record', () => {
  it('is answered with that user\u2019s own record, by id and by registered nick, to the asker alone', () => {
    const { bus, nodes, channel } = trio()
    const [alice, bob, carol] = nodes
    const user = carol.key.publicKey
    const requests = [
      ask(bus, bob, channel, { user }),
      ask(bus, bob, channel, { nick: 'carol' }),
      ask(bus, bob, channel, { nick: 'CAR0L' }),
      ask(bus, bob, channel, { user: alice.key.publicKey })
    ]
    const records = [carol, carol, carol, alice].map((one) => recordOf(bus, one))
    expect(answersOf(bob)).to.deep.equal(
      requests.map((request, i) => {
        const who = i === 3 ? alice.key.publicKey : user
        return { type: 'publicKey', channel, request, user: who, record: records[i] }
      })
    )
    expect([...answersOf(alice), ...answersOf(carol)]).to.deep.equal([])
    bus.pass(30_000)
    expect(answersOf(bob)).to.have.length(4)
    expect(ofKind(bus, channel, 'publicKeyRequest')).to.have.length(4)
    expect(nodes.flatMap(({ rejects }) => rejects)).to.deep.equal([])
  })

  it('tells the carrier neither who is asked for nor what the answer is', () => {
    const { bus, nodes, channel } = trio()
    const [, bob, carol] = nodes
    ask(bus, bob, channel, { user: carol.key.publicKey })
    ask(bus, bob, channel, { nick: 'carol' })
    const said = [...ofKind(bus, channel, 'publicKeyRequest'), ...ofKind(bus, channel, 'publicKeyAnswer')]
    expect(said).to.have.length(4)
    for (const frame of said) {
      for (const needle of [carol.key.publicKey, utf8('carol'), recordOf(bus, carol).subarray(40, 80)]) {
        expect(hex(frame.bodyBytes)).to.not.include(hex(needle))
      }
    }
  })

  it('for nobody who is a member is answered with nothing', () => {
    const { bus, nodes, channel } = trio()
    const [alice, bob, carol] = nodes
    const dave = bus.add('dave')
    bus.remove(alice, channel, carol)
    bus.pass(1_000)
    for (const subject of [{ user: dave.key.publicKey }, { nick: 'dave' }, { user: carol.key.publicKey }]) {
      const request = ask(bus, bob, channel, subject)
      const user = subject.user ?? EMPTY
      expect(answersOf(bob).at(-1)).to.deep.equal({ type: 'publicKey', channel, request, user, record: EMPTY })
    }
  })

  it('of the key manager itself is answered in its own peer, after the command', () => {
    const { bus, nodes, channel } = trio()
    const [alice, bob] = nodes
    for (const subject of [{ user: bob.key.publicKey }, { nick: 'bob' }]) {
      const request = ask(bus, alice, channel, subject)
      bus.pass(10)
      const answer = { type: 'publicKey', channel, request, user: bob.key.publicKey, record: recordOf(bus, bob) }
      expect(answersOf(alice).at(-1)).to.deep.equal(answer)
    }
    const order = bus.trace.filter(
      ({ node, effect }) =>
        node === alice && (effect.type === 'result' || (effect.type === 'notify' && effect.notice.type === 'publicKey'))
    )
    expect(order.slice(-4).map(({ effect }) => effect.type)).to.deep.equal(['result', 'notify', 'result', 'notify'])
    ask(bus, alice, channel, { nick: 'nobody' })
    bus.pass(10)
    expect(answersOf(alice).at(-1)).to.include({ user: EMPTY, record: EMPTY })
    expect(ofKind(bus, channel, 'publicKeyRequest')).to.have.length(0)
  })

  it('is put four times, each in a frame of its own, and given up', () => {
    const { bus, nodes, channel } = trio()
    const [alice, bob, carol] = nodes
    bus.stop(alice)
    const user = carol.key.publicKey
    const request = ask(bus, bob, channel, { user })
    bus.pass(6_500)
    expect(answersOf(bob)).to.deep.equal([])
    bus.pass(4_000)
    expect(answersOf(bob)).to.deep.equal([{ type: 'publicKey', channel, request, user, record: EMPTY }])
    const said = ofKind(bus, channel, 'publicKeyRequest')
    expect(new Set(said.map(({ id }) => hex(id))).size).to.equal(4)
    bus.pass(60_000)
    expect(ofKind(bus, channel, 'publicKeyRequest')).to.have.length(4)
  })

  it('is answered when a later try gets through', () => {
    const { bus, nodes, channel } = trio()
    const [, bob, carol] = nodes
    bus.passes = () => false
    ask(bus, bob, channel, { user: carol.key.publicKey })
    bus.pass(200)
    bus.passes = () => true
    bus.pass(1_000)
    expect(answersOf(bob).map(({ record }) => hex(record))).to.deep.equal([hex(recordOf(bus, carol))])
  })

  it('is taken from members with a key alone, for one user, a few at a time', () => {
    const { bus, nodes, channel } = trio()
    const [alice, bob, carol] = nodes
    const codeOf = (by: Node, subject: Subject): unknown => {
      const result = bus.ask(by, { type: 'askPublicKey', channel, ...subject })
      return result instanceof UsageError ? result.code : 'asked'
    }
    const user = carol.key.publicKey
    expect(codeOf(bob, {})).to.equal('ASK_FOR_ONE')
    expect(codeOf(bob, { user, nick: 'carol' })).to.equal('ASK_FOR_ONE')
    expect(codeOf(bob, { user: new Uint8Array(32) })).to.equal('BAD_USER')
    bus.stop(alice)
    for (let i = 0; i < OWN_QUESTIONS; i++) expect(codeOf(bob, { user })).to.equal('asked')
    expect(codeOf(bob, { user })).to.equal('TOO_MANY_QUESTIONS')
    const dave = bus.add('dave')
    bus.join(dave, bus.invite(bob, channel))
    bus.pass(1_000)
    expect(codeOf(dave, { user })).to.equal('NO_KEY_YET')
  })
})

describe('a key manager asked for a record', () => {
  it('looks up one that it has not heard of for an hour, and gives what it has when nobody answers', () => {
    const { bus, nodes, channel } = trio()
    const [alice, bob, carol] = nodes
    const user = carol.key.publicKey
    const lookUps = (): number =>
      bus.trace.filter(({ node, effect }) => node === alice && effect.type === 'lookUp' && equalBytes(effect.id, user))
        .length
    const before = lookUps()
    ask(bus, bob, channel, { user })
    expect(lookUps(), 'heard of when she came').to.equal(before)
    bus.now += RECORD_CACHE_MS
    ask(bus, bob, channel, { user })
    expect(lookUps()).to.equal(before + 1)
    ask(bus, bob, channel, { user })
    expect(lookUps(), 'just confirmed').to.equal(before + 1)
    bus.now += RECORD_CACHE_MS
    bus.isDirectorySilent = true
    ask(bus, bob, channel, { user })
    expect(answersOf(bob)).to.have.length(3)
    bus.pass(399)
    expect(answersOf(bob)).to.have.length(3)
    bus.pass(1)
    expect(answersOf(bob).map(({ record }) => hex(record))).to.deep.equal(Array(4).fill(hex(recordOf(bus, carol))))
  })

  it('gives the newest record that the directory has', () => {
    const { bus, nodes, channel } = trio()
    const [, bob, carol] = nodes
    bus.pass(2_000)
    bus.command(carol, { type: 'setNick', nick: 'caroline' })
    bus.now += RECORD_CACHE_MS
    ask(bus, bob, channel, { user: carol.key.publicKey })
    expect(answersOf(bob).map(({ record }) => hex(record))).to.deep.equal([hex(recordOf(bus, carol))])
  })

  it('refuses what is no question (R-901)', () => {
    const { bus, nodes, channel } = trio()
    const [alice, bob, carol] = nodes
    const epoch = epochOf(bob)
    const user = carol.key.publicKey
    for (const fields of [
      {},
      { user, nick: 'carol' },
      { user: random(31) },
      { nick: 'n'.repeat(129) },
      { user, nonce: random(15) },
      { user, oneTimeKey: new Uint8Array(32) },
      { user, oneTimeKey: random(31) }
    ]) {
      alice.rejects = []
      bus.deliver(alice, channel, question(channel, epoch, bob.key, fields).bytes)
      expect(alice.rejects, JSON.stringify(fields)).to.deep.equal([901])
    }
    alice.rejects = []
    bus.deliver(alice, channel, question(channel, epoch, bob.key, { user }, 'statements').bytes)
    bus.deliver(alice, channel, question(channel, { ...epoch, control: random(32) }, bob.key, { user }).bytes)
    expect(alice.rejects).to.deep.equal([901, 901])
    expect(ofKind(bus, channel, 'publicKeyAnswer')).to.deep.equal([])
    bus.deliver(alice, channel, question(channel, epoch, bob.key, { user }).bytes)
    expect(ofKind(bus, channel, 'publicKeyAnswer')).to.have.length(1)
  })

  it('answers members alone, though others still have the key (R-902)', () => {
    const { bus, nodes, channel } = trio()
    const [alice, bob, carol] = nodes
    const epoch = epochOf(bob)
    bus.remove(alice, channel, bob)
    bus.pass(1_000)
    alice.rejects = []
    for (const author of [bob.key, signingKey(random(32))]) {
      const { body, bytes } = question(channel, epoch, author, { user: carol.key.publicKey })
      bus.deliver(alice, channel, bytes)
      const frame = makeFrame(channel, author, body)
      bus.send(alice, { type: 'frame', frame })
    }
    expect(alice.rejects).to.deep.equal([902, 902])
    expect(ofKind(bus, channel, 'publicKeyAnswer')).to.deep.equal([])
  })

  it('answers each question once, and each asker at its rate (R-903)', () => {
    const { bus, nodes, channel } = trio()
    const [alice, bob, carol] = nodes
    const epoch = epochOf(bob)
    const put = (by: Node): Frame => question(channel, epoch, by.key, { user: carol.key.publicKey })
    const first = put(bob)
    for (let i = 0; i < 5; i++) bus.deliver(alice, channel, first.bytes)
    expect(ofKind(bus, channel, 'publicKeyAnswer')).to.have.length(1)
    alice.rejects = []
    for (let i = 0; i < QUESTIONS_AT_ONCE; i++) bus.deliver(alice, channel, put(bob).bytes)
    expect(alice.rejects).to.deep.equal([903])
    bus.deliver(alice, channel, put(carol).bytes)
    expect(alice.rejects).to.deep.equal([903])
    bus.pass(1_000)
    bus.deliver(alice, channel, put(bob).bytes)
    bus.deliver(alice, channel, put(bob).bytes)
    expect(alice.rejects).to.deep.equal([903, 903])
  })

  it('is the one in office: nobody else answers', () => {
    const bus = new Bus('second')
    const [alice, bob, carol] = [bus.add('alice'), bus.add('bob'), bus.add('carol')]
    const channel = bus.open(alice, { managers: [alice.key.publicKey, bob.key.publicKey] })
    const invite = bus.invite(alice, channel)
    for (const node of [bob, carol]) bus.join(node, invite)
    bus.pass(2_000)
    bus.stop(alice)
    ask(bus, carol, channel, { user: bob.key.publicKey })
    bus.pass(20_000)
    expect(ofKind(bus, channel, 'publicKeyAnswer')).to.deep.equal([])
    expect(answersOf(carol).map(({ record }) => record)).to.deep.equal([EMPTY])
  })
})

describe('an answer with a record', () => {
  interface Lies {
    readonly by?: SigningKey
    readonly asker?: Uint8Array
    readonly request?: Uint8Array
    readonly manager?: Uint8Array
    readonly channel?: Uint8Array
    readonly oneTimeKey?: Uint8Array
    readonly tamper?: (sealed: Uint8Array) => Uint8Array
  }
  const flipped = (bytes: Uint8Array): Uint8Array => bytes.map((byte, i) => (i === 3 ? byte ^ 1 : byte))

  /** Bob has asked the liar for Carol. */
  function world() {
    const bus = new Bus('lying')
    const liar = new Liar(bus)
    const [bob, carol] = [bus.add('bob'), bus.add('carol')]
    liar.takeIn(bob, carol)
    const { control } = liar.current!.keys
    const put = (subject: Subject): void => void ask(bus, bob, liar.channel, subject)
    const answer = (record: Uint8Array, lies: Lies = {}): number[] => {
      const asked = ofKind(bus, liar.channel, 'publicKeyRequest').at(-1)!
      const { channel } = liar
      const content = openQuestion(channel, control, asked.body.publicKeyRequest!.sealed)
      if (content instanceof Refusal) throw new Error('no question')
      const parties = { channel, request: asked.id, asker: bob.key.publicKey, manager: liar.key.publicKey, ...lies }
      const sealed = sealAnswer(parties, lies.oneTimeKey ?? content.oneTimeKey, record, random)!
      const body = { ...sealed, request: asked.id, sealed: (lies.tamper ?? ((one) => one))(sealed.sealed) }
      bob.rejects = []
      bus.send(bob, { type: 'frame', frame: makeFrame(channel, lies.by ?? liar.key, { publicKeyAnswer: body }) })
      return bob.rejects
    }
    return { bus, liar, bob, carol, put, answer }
  }

  it('of the manager in office, to a question under way, is taken once', () => {
    const { bus, bob, carol, put, answer } = world()
    put({ user: carol.key.publicKey })
    expect(answer(recordOf(bus, carol))).to.deep.equal([])
    expect(answersOf(bob).map(({ record }) => hex(record))).to.deep.equal([hex(recordOf(bus, carol))])
    expect(answer(EMPTY)).to.deep.equal([])
    expect(answersOf(bob)).to.have.length(1)
  })

  it('of anybody else is refused (R-904)', () => {
    const { bus, bob, carol, put, answer } = world()
    put({ user: carol.key.publicKey })
    expect(answer(recordOf(bus, carol), { by: carol.key, manager: carol.key.publicKey })).to.deep.equal([904])
    expect(answer(recordOf(bus, carol), { by: carol.key })).to.deep.equal([904])
    expect(answersOf(bob)).to.deep.equal([])
    expect(answer(recordOf(bus, carol))).to.deep.equal([])
    expect(answersOf(bob)).to.have.length(1)
  })

  it('that does not open with everything it binds is refused (R-905)', () => {
    const { bus, bob, carol, put, answer } = world()
    put({ user: carol.key.publicKey })
    const record = recordOf(bus, carol)
    for (const lies of [
      { asker: carol.key.publicKey },
      { request: random(32) },
      { manager: bob.key.publicKey },
      { channel: random(32) },
      { oneTimeKey: x25519KeyPair(random(32)).publicKey },
      { tamper: flipped }
    ]) {
      expect(answer(record, lies), Object.keys(lies)[0]).to.deep.equal([905])
    }
    expect(answersOf(bob)).to.deep.equal([])
    expect(answer(record)).to.deep.equal([])
  })

  it('whose record is bad, older than known, or of another user is refused (R-906)', () => {
    const { bus, liar, bob, carol, put, answer } = world()
    const older = recordOf(bus, carol)
    bus.pass(2_000)
    bus.command(carol, { type: 'setNick', nick: 'caroline' })
    bus.command(bob, { type: 'importRecords', records: [recordOf(bus, carol)] })
    const prekeys = Prekeys.create(random, atMillis(bus.now))
    const mallory = liar.recordOf(signingKey(random(32)), 'carol', prekeys).bytes
    for (const subject of [{ user: carol.key.publicKey }, { nick: 'carol' }]) {
      put(subject)
      for (const record of [flipped(older), older, recordOf(bus, bob), mallory, random(40)]) {
        expect(answer(record)).to.deep.equal([906])
      }
    }
    expect(answersOf(bob)).to.deep.equal([])
    liar.publish(
      liar.issue([liar.state({ operation: Operation.REGISTER_NICK, subject: carol.key.publicKey, name: 'carol' })])
        .announcement
    )
    expect(answer(recordOf(bus, carol))).to.deep.equal([])
    expect(answersOf(bob)).to.have.length(1)
  })
})
