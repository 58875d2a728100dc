import { expect } from 'chai'
import { EMPTY, hex } from '../../../src/base/bytes.ts'
import { asAttempt, coSignedBytes, withCoSignatures } from '../../../src/core/channel/announcement.ts'
import { type Frame, makeFrame } from '../../../src/core/channel/frame.ts'
import { type CheckedStatement, readStatement } from '../../../src/core/channel/statement.ts'
import { PROMISE_JUMP, PROMISE_JUMP_MS } from '../../../src/core/params.ts'
import { Refusal } from '../../../src/core/reject.ts'
import { type SigningKey, sign, signingKey, verify } from '../../../src/crypto/sign.ts'
import { TERM_JUMP } from '../../../src/wire/limits.ts'
import { type CoSignature, Operation } from '../../../src/wire/messages.ts'
import { ChannelRow } from '../../../src/wire/rows.ts'
import { Bus, type Issued, Liar, type Lies, type Node, randomOf, rowsOf, told } from '../bus.ts'

const random = randomOf('co-signer')
const cora = signingKey(random(32))

interface World {
  readonly bus: Bus
  readonly liar: Liar
  readonly bert: Node
  readonly mia: Node
  readonly channel: Uint8Array
}

/** Of three managers one is the liar, in office, one is Bert, who co-signs, and one is a key in the test's hands. */
function world(): World {
  const bus = new Bus('co-signer')
  const [bert, mia] = [bus.add('bert'), bus.add('mia')]
  const liar = new Liar(bus, (key) => ({ managers: [key, bert.key.publicKey, cora.publicKey] }))
  liar.takeIn(bert, mia)
  bus.pass(2_000)
  expect(bus.view(bert, liar.channel)).to.include({ key: 'ready', serial: 2 })
  return { bus, liar, bert, mia, channel: liar.channel }
}

/** What Bert answers to a proposal. */
function propose({ bus, bert, channel }: World, { announcement }: Issued): CoSignature | undefined {
  const since = bus.tap.length
  bert.rejects = []
  bus.deliver(bert, channel, announcement.bytes)
  const said = bus.frames(channel).slice(-(bus.tap.length - since) || Number.POSITIVE_INFINITY)
  return said.find(({ kind }) => kind === 'coSignature')?.body.coSignature
}
const isSigned = (all: World, issued: Issued): boolean => (propose(all, issued)?.signature.length ?? 0) > 0
/** Asserts that Bert does not sign, and why. */
function refuses(all: World, check: number, issued: Issued): void {
  const answer = propose(all, issued)
  expect(all.bert.rejects).to.include(check)
  expect(answer?.signature.length).to.equal(0)
}
const root = ({ liar }: World, lies: Lies = {}, statements: readonly CheckedStatement[] = []): Issued =>
  liar.issue(statements, { isKept: false, ...lies })
const promised = (node: Node): number[] => {
  const { promisedTerm, promisedSerial } = ChannelRow.decode(rowsOf(node, 'channel')[0]!.value)
  return [promisedTerm, promisedSerial]
}

interface Council {
  readonly bus: Bus
  readonly alice: Node
  readonly dora: SigningKey
  readonly channel: Uint8Array
  readonly proposal: () => Frame
  readonly follow: (counter: number, by?: SigningKey) => void
}
/** Alice is in office; the other managers are keys in the test's hands. */
function council(): Council {
  const bus = new Bus('proposer')
  bus.ghosts = 1
  const alice = bus.add('alice')
  const dora = signingKey(random(32))
  const managers = [alice.key.publicKey, cora.publicKey, dora.publicKey]
  const channel = bus.open(alice, { managers })
  const proposal = (): Frame => bus.frames(channel).findLast(({ kind }) => kind === 'announcement')!
  const follow = (counter: number, by = cora): void => {
    const { announcement, logHead, descriptor, term, group } = bus
      .frames(channel)
      .findLast(({ kind }) => kind === 'heartbeat')!.body.heartbeat!
    const heartbeat = {
      group,
      term,
      counter,
      announcement,
      logHead,
      descriptor: descriptor!,
      isBacked: false,
      boot: random(16),
      isFollowing: true
    }
    bus.deliver(alice, channel, makeFrame(channel, by, { heartbeat }).bytes)
  }
  return { bus, alice, dora, channel, proposal, follow }
}
const rekey = ({ bus, alice, channel }: Council) => bus.ask(alice, { type: 'rekey', channel })
function coSign({ bus, alice, channel, proposal }: Council, by: SigningKey, fields: Partial<CoSignature> = {}): void {
  const frame = proposal()
  const key = frame.body.announcement!.key!
  const signature = sign(by, coSignedBytes(frame, EMPTY, key))
  const { term, serial } = key
  const answer = {
    announcement: frame.id,
    term,
    serial,
    signature,
    promisedTerm: term,
    promisedSerial: serial,
    attempt: 0
  }
  alice.rejects = []
  bus.deliver(alice, channel, makeFrame(channel, by, { coSignature: { ...answer, ...fields } }).bytes)
}

describe('a co-signer', () => {
  it('signs a root that it can follow, its promise durable before', () => {
    const all = world()
    const { bus, bert } = all
    const since = bus.trace.length
    const issued = root(all)
    const answer = propose(all, issued)!
    const signed = coSignedBytes(issued.announcement, EMPTY, issued.key)
    expect(verify(bert.key.publicKey, signed, answer.signature)).to.equal(true)
    const effects = bus.trace.slice(since).filter(({ node }) => node === bert)
    const kinds = effects.map(({ effect }) => (effect.type === 'persist' && effect.isDurable ? 'durable' : effect.type))
    expect(kinds.filter((kind) => kind === 'durable' || kind === 'publish')).to.deep.equal(['durable', 'publish'])
    expect(promised(bert)).to.deep.equal([1, 3])
    expect(bus.view(bert, all.channel).serial, 'nothing is adopted').to.equal(2)
  })

  it('says the same again when it is asked again', () => {
    const all = world()
    const issued = root(all)
    const [first, again] = [propose(all, issued), propose(all, issued)]
    expect(again).to.deep.equal(first)
  })

  it('answers each try by a frame of its own, as carriers bring none twice', () => {
    const all = world()
    for (const serial of [5, 4]) {
      const issued = root(all, { key: { term: 1, serial } })
      const tries = [0, 1].map((attempt) => ({ ...issued, announcement: asAttempt(issued.announcement, attempt) }))
      const [first, second] = tries.map((one) => propose(all, one))
      expect(first).to.include({ attempt: 0 })
      expect(second).to.deep.equal({ ...first, attempt: 1 })
    }
  })

  it('signs above its last promise only, also after a restart, and tells what it has promised (R-432)', () => {
    const all = world()
    const { bus, liar, bert } = all
    const number = (serial: number): Lies => ({ key: { term: 1, serial } })
    expect(isSigned(all, root(all, number(5)))).to.equal(true)
    refuses(all, 432, root(all, number(4)))
    bus.losePower(bert)
    bus.start(bert)
    bus.pass(2_000)
    liar.publish(liar.heartbeat(1))
    const answer = propose(all, root(all, number(5)))
    expect(answer).to.include({ promisedTerm: 1, promisedSerial: 5 })
    expect([answer?.signature.length, ...bert.rejects]).to.deep.equal([0, 432])
    expect(isSigned(all, root(all, number(6)))).to.equal(true)
  })

  it('signs no term further than 2^16 above its last promise, and those that were signed so are followed (R-409)', () => {
    const all = world()
    const { liar, bus, bert, mia, channel } = all
    const far = 1 + TERM_JUMP
    refuses(all, 409, root(all, { key: { term: far + 1, serial: 1 } }))
    expect(isSigned(all, root(all, { key: { term: far, serial: 1 } }))).to.equal(true)
    const issued = liar.issue([], { isKept: false, key: { term: far + 1, serial: 1 } })
    const { signature } = propose(all, issued)!
    expect(signature).to.have.length(64)
    bus.deliver(mia, channel, withCoSignatures(issued.announcement, [{ signer: bert.key.publicKey, signature }]).bytes)
    expect(bus.view(mia, channel)).to.include({ term: far + 1, key: 'ready' })
  })

  it('bears by and by how far up the one in office is, which only lies may have taken there, and nobody else (R-409)', () => {
    const all = world()
    const { liar, bus } = all
    const wild = (above: number, fields: Lies = {}): Issued =>
      liar.rebuild({ isKept: false, key: { term: 1 + TERM_JUMP + above, serial: 1 }, ...fields })
    refuses(all, 409, wild(1))
    refuses(all, 409, wild(PROMISE_JUMP, { issuer: cora }))
    refuses(all, 409, wild(PROMISE_JUMP + 1))
    liar.publish(liar.heartbeat(1))
    bus.pass(PROMISE_JUMP_MS - 1_000)
    refuses(all, 409, wild(PROMISE_JUMP + 2))
    bus.pass(1_000)
    refuses(all, 409, wild(2 * PROMISE_JUMP + 1))
    expect(promised(all.bert)[0], 'and promises nothing').to.be.lessThan(TERM_JUMP)
    expect(isSigned(all, wild(2 * PROMISE_JUMP))).to.equal(true)
    const again = 2 * PROMISE_JUMP + TERM_JUMP
    refuses(all, 409, wild(again + 1))
    expect(isSigned(all, wild(again)), 'that counts for once').to.equal(true)
  })

  it('takes two proposals for one number for the lie they are (R-414)', () => {
    const all = world()
    const { bus, liar, bert, channel } = all
    expect(isSigned(all, root(all))).to.equal(true)
    refuses(all, 414, root(all))
    expect(bus.view(bert, channel).key).to.equal('alarmed')
    expect(hex(bert.notices.flatMap((one) => (one.type === 'alarm' ? [one.manager] : []))[0]!)).to.equal(
      hex(liar.key.publicKey)
    )
  })

  it('signs for nobody else while it hears of the manager in office (R-433)', () => {
    const all = world()
    const { bus, liar } = all
    liar.publish(liar.heartbeat(1))
    const takeover = (): Issued => liar.rebuild({ issuer: cora, isKept: false })
    refuses(all, 433, takeover())
    expect(isSigned(all, liar.rebuild({ isKept: false, key: { term: 2, serial: 1 } })), 'itself').to.equal(true)
    bus.pass(4_100)
    expect(isSigned(all, liar.rebuild({ issuer: cora, isKept: false, key: { term: 3, serial: 1 } }))).to.equal(true)
  })

  it('signs later roots of a term for its manager alone (R-415)', () => {
    const all = world()
    refuses(all, 415, root(all, { issuer: cora }))
    refuses(all, 415, root(all, { key: { term: 2, serial: 2 } }))
  })

  it('signs no root that ignores a removal it knows, or has signed for (R-434)', () => {
    const all = world()
    const { bus, bert, mia, channel } = all
    expect(isSigned(all, root(all))).to.equal(true)
    bus.remove(bert, channel, mia)
    const number = (serial: number): Lies => ({ key: { term: 1, serial } })
    refuses(all, 434, root(all, number(4)))
    const pending = rowsOf(bert, 'pending').map(({ value }) => readStatement(channel, value))
    const told = pending.find((one) => !(one instanceof Refusal) && one.statement.operation === Operation.REMOVE)
    if (told === undefined || told instanceof Refusal) throw new Error('no statement')
    expect(isSigned(all, root(all, number(4), [told]))).to.equal(true)
    refuses(all, 434, root(all, number(5)))

    const other = world()
    const removal = other.liar.removal(other.mia.key.publicKey)
    expect(isSigned(other, root(other, {}, [removal]))).to.equal(true)
    other.bus.losePower(other.bert)
    other.bus.start(other.bert)
    other.bus.pass(2_000)
    refuses(other, 434, root(other, { key: { term: 1, serial: 4 } }))
  })

  it('signs for as many removals as an announcement holds, and leaves none out that it has signed for (R-434)', () => {
    const all = world()
    const { bus, liar, bert, channel } = all
    const users = Array.from({ length: 80 }, () => random(32))
    for (let i = 0; i < users.length; i += 20) {
      liar.publish(liar.issue(users.slice(i, i + 20).map((user) => liar.admit(user))).announcement)
    }
    expect(bus.view(bert, channel).members).to.equal(84)
    const removals = users.map((user) => liar.removal(user, liar.key))
    const fields = removals.map(({ statement }) => statement)
    for (let i = 0; i < fields.length; i += 20) {
      bus.deliver(bert, channel, told(bus, channel, bert, fields.slice(i, i + 20)).bytes)
    }
    expect(rowsOf(bert, 'pending').length).to.be.at.least(80)
    const known = rowsOf(bert, 'pending').map(({ value }) => readStatement(channel, value)) as CheckedStatement[]
    const going = known.filter(({ statement }) => statement.operation === Operation.REMOVE)
    const [some, others] = [going.slice(0, 30), going.slice(-30)]
    const number = (serial: number): Lies => ({ key: { term: 1, serial } })
    refuses(all, 434, root(all, number(10), going.slice(0, 10)))
    expect(isSigned(all, root(all, number(11), some))).to.equal(true)
    refuses(all, 434, root(all, number(12), others))
    expect(
      isSigned(all, root(all, number(13), [...some.slice(0, 25), ...some.slice(25), ...others.slice(0, 2)]))
    ).to.equal(true)
  })

  it('signs no root that is full of something else and leaves a removal out (R-434)', () => {
    const all = world()
    const { bus, liar, bert, mia, channel } = all
    bus.remove(bert, channel, mia)
    const invites = Array.from({ length: 80 }, () => liar.state({ operation: Operation.INVITE, subject: random(32) }))
    refuses(all, 434, root(all, {}, invites))
  })

  it('signs what follows the newest epoch it has (R-435)', () => {
    const all = world()
    const { bus, liar, bert, channel } = all
    const old = liar.current!
    refuses(all, 435, root(all, { terms: { previous: random(32) } }))
    const step = liar.issue([liar.admit(random(32))])
    liar.publish(step.announcement)
    expect(bus.view(bert, channel).serial).to.equal(3)
    refuses(all, 435, root(all, { terms: { previous: old.announcement.id }, key: { term: 1, serial: 4 } }))
  })

  it('asks for what it lacks when a proposal follows an epoch it has not, also where it would not sign it anyway', () => {
    const terms = { previous: random(32) }
    const proposals: [check: number, of: (all: World) => Issued][] = [
      [435, (all) => root(all, { terms })],
      [433, ({ liar }) => liar.rebuild({ issuer: cora, isKept: false, terms })]
    ]
    for (const [check, of] of proposals) {
      const all = world()
      all.liar.publish(all.liar.heartbeat(1))
      const asked: Uint8Array[] = []
      all.bus.oracle = ({ epochs }) => {
        if (epochs) asked.push(epochs.after)
        return undefined
      }
      refuses(all, check, of(all))
      expect(asked, `R-${check}`).to.have.length(1)
    }
  })

  it('is asked what it has by whoever it refuses', () => {
    const all = council()
    const asked: Uint8Array[] = []
    all.bus.oracle = ({ epochs }) => {
      if (epochs) asked.push(epochs.after)
      return undefined
    }
    all.bus.pass(1_000)
    asked.length = 0
    all.follow(1)
    rekey(all)
    coSign(all, cora, { signature: EMPTY })
    expect(asked).to.have.length(1)
  })

  it('signs nothing that no member could follow (R-408, R-412)', () => {
    const all = world()
    refuses(all, 408, root(all, { rootKey: random(32) }))
    const { preview } = {
      preview: (honest: Issued['preview']) => ({ ...honest, roster: { ...honest.roster, hash: random(32) } })
    }
    refuses(all, 412, root(all, { preview, key: { term: 1, serial: 4 } }))
  })

  it('signs without a key what begins a channel with the log and the roster that all know (R-411, R-412)', () => {
    const bus = new Bus('keyless')
    const bert = bus.add('bert')
    const managers = (key: Uint8Array): Uint8Array[] => [key, bert.key.publicKey, cora.publicKey]
    const liar = new Liar(bus, (key) => ({ managers: managers(key) }), signingKey(random(32)))
    bus.join(bert, liar.invite())
    bus.pass(2_000)
    const all = { bus, liar, bert, mia: bert, channel: liar.channel }
    const began = (preview?: Lies['preview']): Issued => liar.found({ isKept: false, ...(preview && { preview }) })
    refuses(
      all,
      411,
      began((honest) => ({ ...honest, ids: honest.ids.with(random(32)) }))
    )
    refuses(
      all,
      412,
      began((honest) => ({ ...honest, roster: { ...honest.roster, hash: random(32) } }))
    )
    expect(bus.view(bert, liar.channel).key).not.to.equal('ready')
    expect(isSigned(all, began())).to.equal(true)
  })

  it('signs nothing before it has caught up with what it may have forgotten', () => {
    const all = world()
    const { bus, liar, bert } = all
    bus.stop(bert)
    bus.passes = () => false
    bus.start(bert)
    expect(propose(all, root(all))).to.equal(undefined)
    bus.pass(2_000)
    liar.publish(liar.heartbeat(1))
    expect(isSigned(all, root(all))).to.equal(true)
  })
})

describe('a manager that proposes', () => {
  it('puts a root in force when enough have signed it, and with their signatures', () => {
    const all = council()
    const { bus, alice, channel } = all
    all.follow(1)
    rekey(all)
    expect(bus.view(alice, channel).serial).to.equal(1)
    coSign(all, cora)
    expect(bus.view(alice, channel)).to.include({ serial: 2, key: 'ready' })
    expect(bus.view(alice, channel).signers.map(hex)).to.deep.equal([alice.key.publicKey, cora.publicKey].map(hex))
  })

  it('takes no signature that does not verify (R-431)', () => {
    const all = council()
    const { bus, alice, channel } = all
    all.follow(1)
    rekey(all)
    coSign(all, cora, { signature: random(64) })
    expect(alice.rejects).to.deep.equal([431])
    coSign(all, signingKey(random(32)))
    expect(bus.view(alice, channel).serial).to.equal(1)
  })

  it('sends a proposal again until it is signed, the same one', () => {
    const all = council()
    const { bus, alice, channel } = all
    all.follow(1)
    rekey(all)
    const first = all.proposal()
    bus.pass(3_000)
    const sent = bus.frames(channel).filter(({ id }) => hex(id) === hex(first.id))
    expect(sent.length).to.be.greaterThan(6)
    coSign(all, cora)
    expect(bus.view(alice, channel).serial).to.equal(2)
  })

  it('gives a proposal up for one that applies a removal it is told of meanwhile', () => {
    const all = council()
    const { bus, alice, channel } = all
    const user = random(32)
    bus.command(alice, { type: 'admit', channel, user })
    bus.pass(500)
    expect(bus.view(alice, channel)).to.include({ serial: 2, members: 4 })
    all.follow(1)
    rekey(all)
    const first = all.proposal()
    bus.command(alice, { type: 'remove', channel, user, isForCause: false })
    bus.pass(500)
    expect(hex(all.proposal().id)).not.to.equal(hex(first.id))
    coSign(all, cora)
    expect(bus.view(alice, channel)).to.include({ serial: 4, members: 3, key: 'ready' })
  })

  /** Somebody says that it has promised this term, and refuses what is proposed. */
  const refuse = (all: Council, by: SigningKey, promisedTerm: number): void =>
    coSign(all, by, { signature: EMPTY, promisedTerm, promisedSerial: 1 })

  it('stands above a promise that somebody refuses it for, and goes no further than 2^10 for a wild one', () => {
    for (const { promisedTerm, next } of [
      { promisedTerm: 9, next: 10 },
      { promisedTerm: 2 ** 40, next: 1 + 2 ** 10 + 1 }
    ]) {
      const all = council()
      all.follow(1)
      rekey(all)
      refuse(all, cora, promisedTerm)
      all.bus.pass(1_500)
      expect(all.proposal().body.announcement!.key).to.include({ term: next, serial: 1 })
    }
  })

  it('goes as far as more managers say than a quorum can spare, whatever one of them says', () => {
    for (const wild of [2 ** 40, 5_000]) {
      const all = council()
      all.follow(1)
      rekey(all)
      refuse(all, cora, wild)
      refuse(all, all.dora, 5_000)
      all.bus.pass(1_500)
      expect(all.proposal().body.announcement!.key).to.include({ term: 5_001, serial: 1 })
    }
  })

  it('uses few numbers up against somebody who always says that it has promised a higher one', () => {
    const all = council()
    all.follow(1)
    rekey(all)
    const numbers = new Set<number>()
    for (let second = 0; second < 60; second++) {
      const { term } = all.proposal().body.announcement!.key!
      numbers.add(term)
      refuse(all, cora, term + 1)
      all.bus.pass(1_000)
    }
    expect(numbers.size).to.be.within(3, 8)
    coSign(all, cora)
    expect(all.bus.view(all.alice, all.channel)).to.include({ key: 'ready', serial: 1 })
    all.follow(2)
    rekey(all)
    const { term } = all.proposal().body.announcement!.key!
    refuse(all, cora, term + 1)
    all.bus.pass(1_000)
    expect(all.proposal().body.announcement!.key, 'what was before counts no more').to.include({ term: term + 2 })
  })

  it('counts a manager as a follower by what it says now, not by what it said once', () => {
    const all = council()
    const { bus } = all
    expect(rekey(all)).to.have.property('code', 'NO_QUORUM')
    all.follow(7)
    bus.pass(6_100)
    expect(rekey(all)).to.have.property('code', 'NO_QUORUM')
    all.follow(7)
    expect(rekey(all)).to.have.property('code', 'NO_QUORUM')
    all.follow(8, signingKey(random(32)))
    expect(rekey(all)).to.have.property('code', 'NO_QUORUM')
    all.follow(8)
    expect(rekey(all)).to.have.property('type', 'done')
  })
})

describe('a member that meets two certificates for one number', () => {
  it('knows that whoever signed both has lied, also when neither issuer did (R-414)', () => {
    const all = world()
    const { bus, liar, mia, channel } = all
    const dora = signingKey(random(32))
    const certified = (issued: Issued, by: SigningKey): Frame =>
      withCoSignatures(issued.announcement, [
        { signer: by.publicKey, signature: sign(by, coSignedBytes(issued.announcement, EMPTY, issued.key)) }
      ])
    const mine = liar.rebuild({ isKept: false, terms: { previous: random(32) } })
    const other = liar.rebuild({ isKept: false, issuer: all.bert.key, terms: { previous: random(32) } })
    bus.deliver(mia, channel, certified(mine, dora).bytes)
    bus.deliver(mia, channel, certified(mine, cora).bytes)
    expect(bus.view(mia, channel).key).to.equal('asking')
    bus.deliver(mia, channel, certified(other, cora).bytes)
    expect(bus.view(mia, channel).key).to.equal('alarmed')
    const accused = mia.notices.flatMap((one) => (one.type === 'alarm' ? [hex(one.manager)] : []))
    expect(accused).to.deep.equal([hex(cora.publicKey)])
  })
})
