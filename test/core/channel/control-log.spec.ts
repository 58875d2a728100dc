import { expect } from 'chai'
import fc from 'fast-check'
import { hex, mapKey } from '../../../src/base/bytes.ts'
import { ControlLog, type LogPreview } from '../../../src/core/channel/control-log.ts'
import { amendChannel, type Charter, foundChannel } from '../../../src/core/channel/descriptor.ts'
import { type CheckedStatement, makeStatement } from '../../../src/core/channel/statement.ts'
import { PENDING_NICKS, PENDING_STATEMENTS } from '../../../src/core/params.ts'
import { Refusal } from '../../../src/core/reject.ts'
import { type SigningKey, signingKey } from '../../../src/crypto/sign.ts'
import { Operation, type Statement } from '../../../src/wire/messages.ts'
import { randomOf } from '../bus.ts'

const random = randomOf('control-log')
const [founder, manager, helper, bob, carol, mallory] = Array.from({ length: 6 }, () => signingKey(random(32))) as [
  SigningKey,
  SigningKey,
  SigningKey,
  SigningKey,
  SigningKey,
  SigningKey
]
const settings = { name: 'lobby', managers: [manager.publicKey], memberManagers: [helper.publicKey] }
const charter: Charter = foundChannel(founder, settings, random(16))
const { channel } = charter

let seq = 0
const state = (fields: Partial<Statement>, author = manager): CheckedStatement =>
  makeStatement(author, { channel, seq: ++seq, at: 1, ...fields })
const admit = (user: SigningKey, fields: Partial<Statement> = {}, author = manager): CheckedStatement =>
  state({ operation: Operation.ADMIT, subject: user.publicKey, admitId: random(16), ...fields }, author)
const ending = (operation: Operation, user: SigningKey, ends: CheckedStatement[], author = manager): CheckedStatement =>
  state({ operation, subject: user.publicKey, ends: ends.map((one) => one.statement.admitId) }, author)
const remove = (user: SigningKey, ...ends: CheckedStatement[]): CheckedStatement => ending(Operation.REMOVE, user, ends)

const previewOf = (log: ControlLog, statements: readonly CheckedStatement[]): LogPreview => {
  const preview = log.preview(statements)
  if (preview instanceof Refusal) throw new Error(`refused by ${preview.check}`)
  return preview
}
function logOf(...batches: (readonly CheckedStatement[])[]): ControlLog {
  const log = new ControlLog(charter)
  for (const batch of batches) log.commit(previewOf(log, batch))
  return log
}
/** Everything that anybody derives from a log. */
const meaningOf = (log: ControlLog): unknown => ({
  head: hex(log.head),
  roster: hex(log.roster.hash),
  members: log.roster.members.ids().map(hex),
  removed: [bob, carol].map(({ publicKey }) => log.wasRemoved(publicKey)),
  admits: [bob, carol].map(({ publicKey }) => log.admitsOf(publicKey).map(hex).sort()),
  redeemers: TOKENS.map((token) => [...(log.inviteOf(token)?.redeemers.keys() ?? [])].sort()),
  nicks: [bob, carol].map(({ publicKey }) => log.nickOf(publicKey)),
  revoked: TOKENS.map((token) => log.inviteOf(token)?.isRevoked)
})

const register = (user: SigningKey, name: string, author = user): CheckedStatement =>
  state({ operation: Operation.REGISTER_NICK, subject: user.publicKey, name }, author)

const TOKENS = [random(32), random(32)]
const [b1, b2, c1] = [admit(bob), admit(bob), admit(carol)]
const redeemed = [admit(bob, { token: TOKENS[0]! }), admit(carol, { token: TOKENS[0]! })]
const POOL = [
  b1,
  b2,
  c1,
  ...redeemed,
  remove(bob, b1),
  remove(bob, b1, b2, redeemed[0]!),
  ending(Operation.WITHDRAW, carol, [c1], carol),
  remove(carol, c1, redeemed[1]!),
  state({ operation: Operation.INVITE, subject: TOKENS[0]!, uses: 2 }),
  state({ operation: Operation.INVITE, subject: TOKENS[1]!, uses: 1 }),
  state({ operation: Operation.REVOKE_INVITE, subject: TOKENS[1]! }),
  admit(bob, { name: 'bob' }),
  admit(bob, { name: 'bobby', ends: [b1.statement.admitId] }),
  register(bob, 'robert'),
  register(bob, 'rob'),
  register(carol, 'robert')
]
const some = fc.uniqueArray(fc.constantFrom(...POOL), { maxLength: POOL.length })

/** A roster as anybody would write it down: an admit counts unless some ending names it, or some removal is unknown to it. */
function naiveMembers(statements: readonly CheckedStatement[]): string[] {
  const ended = new Set(
    statements.flatMap(({ statement: { operation, subject, ends } }) =>
      operation === Operation.REMOVE || operation === Operation.WITHDRAW
        ? ends.map((id) => mapKey(subject) + mapKey(id))
        : []
    )
  )
  const admitted = statements
    .filter(({ statement: { operation, subject, admitId } }) => {
      return operation === Operation.ADMIT && !ended.has(mapKey(subject) + mapKey(admitId))
    })
    .filter(({ statement: { subject, ends: named } }) =>
      statements
        .filter(({ statement }) => statement.operation === Operation.REMOVE && hex(statement.subject) === hex(subject))
        .every(({ statement }) => statement.ends.some((id) => named.some((one) => hex(one) === hex(id))))
    )
    .map((one) => hex(one.statement.subject))
  return [...new Set([...admitted, hex(manager.publicKey)])].sort()
}

describe('a control log', () => {
  it('has the members that follow from its set of statements', () => {
    fc.assert(
      fc.property(some, (list) => {
        expect(logOf(list).roster.members.ids().map(hex)).to.deep.equal(naiveMembers(list))
      }),
      { numRuns: 400, seed: 1 }
    )
  })

  it('merges associatively, commutatively and idempotently', () => {
    fc.assert(
      fc.property(some, some, some, (a, b, c) => {
        const one = meaningOf(logOf([...a, ...b, ...c]))
        expect(meaningOf(logOf(a, b, c))).to.deep.equal(one)
        expect(meaningOf(logOf(c, [...b, ...a]))).to.deep.equal(one)
        expect(meaningOf(logOf([...b, ...c], a))).to.deep.equal(one)
        expect(meaningOf(logOf(a, b, c, a, [...c, ...b]))).to.deep.equal(one)
      }),
      { numRuns: 250, seed: 2 }
    )
  })

  it('lets a removal win over the admits it names, whichever is known first', () => {
    for (const log of [logOf([b1], [remove(bob, b1)]), logOf([remove(bob, b1)], [b1])]) {
      expect(log.isMember(bob.publicKey)).to.equal(false)
      expect(log.wasRemoved(bob.publicKey)).to.equal(true)
    }
  })

  it('lets a removal win over an admit that did not know of it, whichever is known first', () => {
    for (const log of [logOf([b1, b2], [remove(bob, b1)]), logOf([b1], [remove(bob, b1)], [b2])]) {
      expect(log.isMember(bob.publicKey)).to.equal(false)
      expect(log.wasRemoved(bob.publicKey)).to.equal(true)
      expect(log.admitsOf(bob.publicKey)).to.deep.equal([])
    }
  })

  it('lets a withdrawal, and a removal that ends nothing, not undo an admit it does not name', () => {
    for (const ended of [ending(Operation.WITHDRAW, bob, [b1], bob), remove(bob)])
      expect(logOf([b1, b2], [ended]).isMember(bob.publicKey)).to.equal(true)
  })

  it('says what a new admit has to name: of every removal known, also one that waits, an admit that it ended', () => {
    const log = logOf([b1, b2, c1], [remove(bob, b1, b2), remove(bob, b2)])
    log.addPending(remove(bob, redeemed[0]!))
    log.addPending(remove(carol, c1))
    const named = log.removedAdmitsOf(bob.publicKey)
    expect(named.map(hex)).to.deep.equal([b1, b2, redeemed[0]!].map(({ statement }) => hex(statement.admitId)))
    log.commit(previewOf(log, [...log.pending(), admit(bob, { ends: named })]))
    expect(log.isMember(bob.publicKey)).to.equal(true)
    expect(log.isMember(carol.publicKey)).to.equal(false)
  })

  it('takes nobody back on an old admit, only on a new one', () => {
    const log = logOf([b1], [remove(bob, b1)], [b1])
    expect(log.isMember(bob.publicKey)).to.equal(false)
    log.commit(previewOf(log, [admit(bob, { ends: log.removedAdmitsOf(bob.publicKey) })]))
    expect(log.isMember(bob.publicKey)).to.equal(true)
    expect(log.wasRemoved(bob.publicKey)).to.equal(false)
  })

  it('ends only admits of the user that the ending names', () => {
    const log = logOf([c1], [ending(Operation.WITHDRAW, bob, [c1], bob)])
    expect(log.isMember(carol.publicKey)).to.equal(true)
  })

  it('has the managers among its members whatever is said of them', () => {
    const own = admit(manager)
    const log = logOf([own], [remove(manager, own)])
    expect(log.isMember(manager.publicKey)).to.equal(true)
    expect(new ControlLog(charter).isMember(manager.publicKey)).to.equal(true)
    expect(new ControlLog(charter).isMember(founder.publicKey)).to.equal(false)
  })

  it('follows the managers of a new descriptor', () => {
    const log = logOf([b1])
    const before = log.roster
    const { managers } = charter.descriptor
    const next = amendChannel(founder, charter, { addManagers: [carol.publicKey], removeManagers: managers })
    log.follow(next)
    expect(log.roster.members.ids().map(hex)).to.deep.equal([bob, carol].map(({ publicKey }) => hex(publicKey)).sort())
    expect(log.rosterOf(charter.descriptor).hash, 'as it was').to.deep.equal(before.hash)
    expect(log.rosterOf(charter.descriptor, [c1]).members.has(carol.publicKey)).to.equal(true)
  })

  it('takes what somebody has said who is named no more, and is told nothing more by it (R-303)', () => {
    const log = logOf([b1])
    log.follow(amendChannel(founder, charter, { addManagers: [carol.publicKey], removeManagers: [manager.publicKey] }))
    const said = admit(bob, {}, manager)
    expect(log.mayState(said)).to.equal(true)
    for (const [author, isHeard] of [
      [manager, false],
      [founder, true],
      [carol, true],
      [mallory, false]
    ] as const) {
      expect(log.mayTell(admit(bob, {}, author))).to.equal(isHeard)
      expect(log.mayTell(admit(author, {}, author)), 'of itself').to.equal(isHeard)
    }
    expect(log.mayTell(register(manager, 'emma', manager)), 'a nick of its own').to.equal(true)
    expect(log.mayTell(ending(Operation.WITHDRAW, manager, [], manager))).to.equal(true)
  })

  it('takes statements from founder, managers, member managers, and of withdrawal from the user itself (R-303)', () => {
    const log = new ControlLog(charter)
    const checkOf = (statement: CheckedStatement): number | 'none' => {
      const preview = log.preview([c1, statement])
      return preview instanceof Refusal ? preview.check : 'none'
    }
    for (const author of [founder, manager, helper]) expect(checkOf(admit(bob, {}, author))).to.equal('none')
    expect(checkOf(admit(bob, {}, mallory))).to.equal(303)
    expect(checkOf(admit(mallory, {}, mallory))).to.equal(303)
    expect(checkOf(ending(Operation.REMOVE, carol, [c1], mallory))).to.equal(303)
    expect(checkOf(ending(Operation.WITHDRAW, carol, [c1], carol))).to.equal('none')
    expect(checkOf(ending(Operation.WITHDRAW, carol, [c1], mallory))).to.equal(303)
    expect(checkOf(ending(Operation.WITHDRAW, carol, [c1], manager)), 'not even a manager').to.equal(303)
    expect(checkOf(ending(Operation.REMOVE, carol, [c1], carol)), 'a removal of oneself').to.equal(303)
    for (const author of [carol, founder, manager, helper]) {
      expect(checkOf(register(carol, 'carol', author))).to.equal('none')
    }
    expect(checkOf(register(carol, 'carol', mallory)), 'a nick for somebody else').to.equal(303)
    expect(log.size).to.equal(0)
  })

  it('is not changed by a preview', () => {
    const log = logOf([b1])
    const before = meaningOf(log)
    previewOf(log, [remove(bob, b1), c1])
    expect(meaningOf(log)).to.deep.equal(before)
  })

  it('knows of a removal that no epoch applies, until one does', () => {
    const log = logOf([b1])
    const removal = remove(bob, b1)
    expect(log.addPending(removal)).to.equal(true)
    expect(log.addPending(removal)).to.equal(false)
    expect(log.hasUnappliedRemoval).to.equal(true)
    expect(log.unappliedRemovals()).to.deep.equal([removal])
    log.commit(previewOf(log, [removal]))
    expect(log.hasUnappliedRemoval).to.equal(false)
    expect(log.pending()).to.deep.equal([])
  })

  it('counts a removal as unapplied only while its subject is in the roster', () => {
    const log = logOf([b1])
    log.addPending(remove(carol, c1))
    log.addPending(c1)
    expect(log.hasUnappliedRemoval).to.equal(false)
    log.commit(previewOf(log, [c1]))
    expect(log.hasUnappliedRemoval).to.equal(true)
  })

  it('holds a bounded number of statements that wait', () => {
    const log = new ControlLog(charter)
    const one = admit(bob)
    for (let i = 0; i < PENDING_STATEMENTS; i++) expect(log.addPending({ ...one, id: random(32) })).to.equal(true)
    expect(log.addPending({ ...one, id: random(32) })).to.equal(false)
    expect(log.pending()).to.have.length(PENDING_STATEMENTS)
  })

  it('holds one nick of a user, of a bounded number of users, and leaves room for the others', () => {
    const people = Array.from({ length: PENDING_NICKS + 1 }, () => signingKey(random(32)))
    const log = logOf(people.map((one) => admit(one)))
    const [first, ...others] = people as [SigningKey, ...SigningKey[]]
    expect(log.addPending(register(first, 'one'))).to.equal(true)
    expect(log.addPending(register(first, 'two'))).to.equal(false)
    expect(others.map((one, i) => log.addPending(register(one, `nick ${i}`))).filter(Boolean)).to.have.length(
      PENDING_NICKS - 1
    )
    expect(log.pendingNicks()).to.have.length(PENDING_NICKS)
    expect(log.addPending(admit(bob))).to.equal(true)
    log.dropPending(log.pendingNickOf(first.publicKey)!)
    expect(log.addPending(register(first, 'two'))).to.equal(true)
  })

  it('judges the nick that a user waits for (R-304, R-305)', () => {
    const log = logOf([b1, c1, admit(bob, { name: 'bob' })])
    const checkOf = (one: CheckedStatement): number | undefined => log.judgeRegistration(one)?.check
    expect(checkOf(register(carol, 'carol'))).to.equal(undefined)
    expect(checkOf(register(bob, 'b0b'))).to.equal(undefined)
    expect(checkOf(register(carol, 'caro  line')), 'no nick').to.equal(304)
    expect(checkOf(register(carol, 'BOB')), 'looks like bob').to.equal(304)
    expect(checkOf(register(mallory, 'mallory')), 'no member').to.equal(304)
    const waiting = register(carol, 'carol')
    log.addPending(waiting)
    expect(checkOf(waiting)).to.equal(undefined)
    expect(checkOf(register(carol, 'caro'))).to.equal(305)
    expect(checkOf(admit(carol))).to.equal(undefined)
  })

  it('names a user by its own registration, the latest, whatever the order', () => {
    const statements = [
      admit(bob, { name: 'bob' }),
      register(bob, 'rob'),
      register(bob, 'robert'),
      admit(bob),
      register(bob, 'fool', manager)
    ]
    for (const order of [statements, statements.toReversed(), [...statements.slice(2), ...statements.slice(0, 2)]]) {
      const log = logOf(...order.map((one) => [one]))
      expect(log.nickOf(bob.publicKey)).to.equal('robert')
      expect(log.nicks.userOf('rob')).to.equal(undefined)
      expect(log.nicks.isFree('rob', carol.publicKey)).to.equal(true)
    }
  })

  it('names nobody by a nick that two have', () => {
    const log = logOf([b1, register(bob, 'same'), register(carol, 'same')])
    expect(log.nicks.userOf('same')).to.equal(undefined)
  })

  it('lists the invites on record, with who redeemed them, also one whose statement still waits', () => {
    const invite = state({ operation: Operation.INVITE, subject: TOKENS[0]!, uses: 2, expiresAt: 7 })
    const log = logOf([redeemed[0]!])
    expect(log.invites()).to.deep.equal([])
    log.addPending(invite)
    const view = { token: TOKENS[0]!, uses: 2, expiresAt: 7, isRevoked: false, by: manager.publicKey }
    expect(log.invites()).to.deep.equal([{ ...view, redeemers: [bob.publicKey] }])
    log.commit(previewOf(log, [invite]))
    log.addPending(state({ operation: Operation.REVOKE_INVITE, subject: TOKENS[0]! }))
    expect(log.invites()).to.deep.equal([{ ...view, redeemers: [bob.publicKey], isRevoked: true }])
  })

  it('counts who redeemed an invite, whichever came first, and heeds its revocation while that still waits', () => {
    const invite = state({ operation: Operation.INVITE, subject: TOKENS[0]!, uses: 2, expiresAt: 7 })
    for (const log of [logOf([invite], redeemed), logOf(redeemed, [invite]), logOf([...redeemed, invite])]) {
      const standing = log.inviteOf(TOKENS[0]!)!
      expect(standing).to.include({ uses: 2, expiresAt: 7, isRevoked: false })
      expect([...standing.redeemers.keys()].sort()).to.deep.equal(
        [bob, carol].map((one) => mapKey(one.publicKey)).sort()
      )
      log.addPending(state({ operation: Operation.REVOKE_INVITE, subject: TOKENS[0]! }))
      expect(log.inviteOf(TOKENS[0]!)!.isRevoked).to.equal(true)
    }
    expect(new ControlLog(charter).inviteOf(TOKENS[0]!)).to.equal(undefined)
  })

  it('remembers who redeemed an invite after they were removed', () => {
    const invite = state({ operation: Operation.INVITE, subject: TOKENS[0]!, uses: 1 })
    const [first] = redeemed as [CheckedStatement]
    for (const batches of [
      [[invite], [first], [remove(bob, first)]],
      [[first, remove(bob, first)], [invite]],
      [[remove(bob, first)], [first], [invite]]
    ]) {
      expect([
        ...logOf(...batches)
          .inviteOf(TOKENS[0]!)!
          .redeemers.keys()
      ]).to.deep.equal([mapKey(bob.publicKey)])
    }
  })

  it('keeps nicks of those who were here, and numbers of their authors', () => {
    const named = admit(bob, { name: 'bob' })
    const log = logOf([named], [remove(bob, named)])
    expect(log.nickOf(bob.publicKey)).to.equal('bob')
    expect(log.nicks.userOf('BOB')).to.deep.equal(bob.publicKey)
    expect(log.nicks.isFree('bob', carol.publicKey)).to.equal(false)
    expect(log.nicks.isFree('bob', bob.publicKey)).to.equal(true)
    expect(log.seqOf(manager.publicKey)).to.equal(seq)
    expect(log.seqOf(mallory.publicKey)).to.equal(0)
  })
})
