import { expect } from 'chai'
import fc from 'fast-check'
import { EMPTY, hex } from '../../../src/base/bytes.ts'
import { ControlLog } from '../../../src/core/channel/control-log.ts'
import { foundChannel } from '../../../src/core/channel/descriptor.ts'
import { type CheckedStatement, makeStatement } from '../../../src/core/channel/statement.ts'
import { Refusal } from '../../../src/core/reject.ts'
import { type SigningKey, signingKey } from '../../../src/crypto/sign.ts'
import { GROUPS } from '../../../src/wire/limits.ts'
import { Operation, type Statement } from '../../../src/wire/messages.ts'
import { randomOf } from '../bus.ts'

const random = randomOf('groups')
const [founder, manager, helper, bob, carol] = Array.from({ length: 5 }, () => signingKey(random(32))) as [
  SigningKey,
  SigningKey,
  SigningKey,
  SigningKey,
  SigningKey
]
const settings = { name: 'lobby', managers: [manager.publicKey], memberManagers: [helper.publicKey] }
const charter = foundChannel(founder, settings, random(16))
const { channel } = charter
const [kitchen, garden] = [random(16), random(16)]

let seq = 0
const state = (fields: Partial<Statement>, author = manager): CheckedStatement =>
  makeStatement(author, { channel, seq: ++seq, at: 1, ...fields })
/** @param removed - admits that removals ended. */
const admit = (user: SigningKey, removed: CheckedStatement[] = []): CheckedStatement =>
  state({ operation: Operation.ADMIT, subject: user.publicKey, admitId: random(16), ends: idsOf(removed) })
const remove = (user: SigningKey, ...admits: CheckedStatement[]): CheckedStatement =>
  state({ operation: Operation.REMOVE, subject: user.publicKey, ends: idsOf(admits) })
const withdraw = (user: SigningKey, ...admits: CheckedStatement[]): CheckedStatement =>
  state({ operation: Operation.WITHDRAW, subject: user.publicKey, ends: idsOf(admits) }, user)
const make = (group: Uint8Array, name: string): CheckedStatement =>
  state({ operation: Operation.MAKE_GROUP, group, name })
const dissolve = (group: Uint8Array): CheckedStatement => state({ operation: Operation.DISSOLVE_GROUP, group })
/** @param admits - what the putting-in stands on. */
const put = (group: Uint8Array, user: SigningKey, ...admits: CheckedStatement[]): CheckedStatement =>
  state({
    operation: Operation.PUT_INTO_GROUP,
    group,
    subject: user.publicKey,
    admitId: random(16),
    ends: idsOf(admits)
  })
const takeOut = (group: Uint8Array, user: SigningKey, puts: CheckedStatement[], author = manager): CheckedStatement =>
  state({ operation: Operation.TAKE_OUT_OF_GROUP, group, subject: user.publicKey, ends: idsOf(puts) }, author)
const idsOf = (statements: readonly CheckedStatement[]): Uint8Array[] =>
  statements.map(({ statement }) => statement.admitId)

function commit(log: ControlLog, ...statements: CheckedStatement[]): void {
  const preview = log.preview(statements)
  if (preview instanceof Refusal) throw new Error(`refused by ${preview.check}`)
  log.commit(preview)
}
function logOf(...batches: (readonly CheckedStatement[])[]): ControlLog {
  const log = new ControlLog(charter)
  for (const batch of batches) commit(log, ...batch)
  return log
}

const [b1, c1, b2] = [admit(bob), admit(carol), admit(bob)]
const [made, bobIn, carolIn] = [make(kitchen, 'kitchen'), put(kitchen, bob, b1), put(kitchen, carol, c1)]
const membersOf = (log: ControlLog, group = kitchen): string[] => log.groupMembers(group).ids().map(hex)
const named = (...users: SigningKey[]): string[] => users.map(({ publicKey }) => hex(publicKey)).sort()

/** Everything that anybody derives of the groups of a log. */
const meaningOf = (log: ControlLog): unknown => ({
  groups: log.groups().map(({ id, name }) => ({ id: hex(id), name })),
  members: [kitchen, garden].map((group) => membersOf(log, group)),
  rosters: [kitchen, garden].map((group) => hex(log.groupRoster(group).hash)),
  puts: [bob, carol].map(({ publicKey }) => log.putsOf(kitchen, publicKey).map(hex).sort()),
  names: [kitchen, garden].map((group) => log.groupName(group))
})

describe('the groups of a control log', () => {
  it('follow from its set of statements, whatever their order', () => {
    const all = [
      ...[b1, c1, b2, made, make(kitchen, 'cuisine'), make(garden, 'garden'), bobIn, carolIn],
      ...[put(garden, bob, b2), put(kitchen, bob, b1, b2), takeOut(kitchen, bob, [bobIn]), remove(bob, b1)],
      ...[takeOut(kitchen, carol, [carolIn]), dissolve(garden), put(kitchen, manager)]
    ]
    const some = fc.shuffledSubarray(all)
    fc.assert(
      fc.property(some, some, (a, b) => {
        const one = meaningOf(logOf([...a, ...b]))
        expect(meaningOf(logOf(a, b))).to.deep.equal(one)
        expect(meaningOf(logOf(b, a))).to.deep.equal(one)
        expect(meaningOf(logOf([...b, ...a].toReversed()))).to.deep.equal(one)
      }),
      { numRuns: 200, seed: 1 }
    )
  })

  it('have the name that the making with the lowest id gives', () => {
    const others = ['a', 'b', 'c', 'd'].map((name) => make(kitchen, name))
    const [first] = [...others].sort((a, b) => (hex(a.id) < hex(b.id) ? -1 : 1)) as [CheckedStatement]
    for (const log of [logOf(others), logOf(others.toReversed())]) {
      expect(log.groupName(kitchen)).to.equal(first.statement.name)
      expect(log.group(kitchen)?.name).to.equal(first.statement.name)
      expect(log.groups()).to.deep.equal([{ id: kitchen, name: first.statement.name }])
    }
  })

  it('are there only once they are made, and never again once they are dissolved', () => {
    const unmade = logOf([b1, bobIn])
    expect([unmade.groups(), unmade.group(kitchen), unmade.groupName(kitchen)]).to.deep.equal([[], undefined, ''])
    expect(membersOf(unmade)).to.deep.equal([])
    commit(unmade, made)
    expect(membersOf(unmade)).to.deep.equal(named(bob))
    for (const log of [logOf([b1, made, bobIn], [dissolve(kitchen)]), logOf([dissolve(kitchen)], [b1, made, bobIn])]) {
      expect([log.groups(), log.group(kitchen)]).to.deep.equal([[], undefined])
      expect(log.groupName(kitchen), 'its name is still known').to.equal('kitchen')
      expect(membersOf(log)).to.deep.equal([])
      expect(log.putsOf(kitchen, bob.publicKey)).to.deep.equal([])
      expect(hex(log.groupRoster(kitchen).hash)).to.equal(hex(new ControlLog(charter).roster.hash))
    }
  })

  it('have in them who was put in on an admit in force, and not on another one', () => {
    const log = logOf([b1, c1, made, bobIn, put(kitchen, carol), put(kitchen, manager)])
    const again = admit(bob, [b1])
    expect(membersOf(log), 'a manager stands on nothing').to.deep.equal(named(bob, manager))
    commit(log, remove(bob, b1))
    expect(membersOf(log)).to.deep.equal(named(manager))
    commit(log, again)
    expect(membersOf(log), 'nobody comes back by a new admit').to.deep.equal(named(manager))
    commit(log, put(kitchen, bob, again))
    expect(membersOf(log)).to.deep.equal(named(bob, manager))
  })

  it('lose a manager of an earlier descriptor, who was never admitted, and give the key to the new ones', () => {
    const log = logOf([made, put(kitchen, manager)])
    log.follow({ ...charter, descriptor: { ...charter.descriptor, managers: [carol.publicKey] } })
    expect(membersOf(log)).to.deep.equal([])
    expect(log.groupRoster(kitchen).members.ids().map(hex)).to.deep.equal(named(carol))
    commit(log, b1, bobIn)
    expect(log.groupRoster(kitchen).members.ids().map(hex).sort()).to.deep.equal(named(bob, carol))
  })

  it('let a taking-out end the putting-in that it names, whichever is known first, and no other', () => {
    const out = takeOut(kitchen, bob, [bobIn])
    for (const log of [logOf([b1, made, bobIn], [out]), logOf([b1, made, out], [bobIn])]) {
      expect(membersOf(log)).to.deep.equal([])
      expect(log.putsOf(kitchen, bob.publicKey)).to.deep.equal([])
    }
    expect(logOf([b1, c1, made, bobIn, carolIn]).putsOf(kitchen, bob.publicKey)).to.deep.equal(idsOf([bobIn]))
    const again = put(kitchen, bob, b1)
    expect(membersOf(logOf([b1, c1, made, bobIn, carolIn, again], [out]))).to.deep.equal(named(bob, carol))
    const elsewhere = logOf([b1, made, bobIn, make(garden, 'garden')], [takeOut(garden, bob, [bobIn])])
    expect(membersOf(elsewhere), 'of its own group alone').to.deep.equal(named(bob))
  })

  it('are the business of those with authority, except that everybody may go (R-303)', () => {
    const log = logOf([b1, c1, made, bobIn, carolIn])
    const fields: Partial<Statement>[] = [
      { operation: Operation.MAKE_GROUP, group: garden, name: 'garden' },
      { operation: Operation.DISSOLVE_GROUP, group: kitchen },
      { operation: Operation.PUT_INTO_GROUP, group: kitchen, subject: bob.publicKey, admitId: random(16) },
      { operation: Operation.TAKE_OUT_OF_GROUP, group: kitchen, subject: carol.publicKey }
    ]
    for (const one of fields) {
      for (const author of [founder, manager, helper]) expect(log.mayState(state(one, author))).to.equal(true)
      expect(log.mayState(state(one, bob))).to.equal(false)
    }
    expect(log.mayState(takeOut(kitchen, bob, [bobIn], bob))).to.equal(true)
    const ownMake = state({ operation: Operation.MAKE_GROUP, group: garden, name: 'x', subject: bob.publicKey }, bob)
    expect(log.mayState(ownMake)).to.equal(false)
  })

  it('are so many and no more, those that wait among them', () => {
    const groups = Array.from({ length: GROUPS - 2 }, (_, i) => make(random(16), `group ${i}`))
    const log = logOf(groups)
    const next = (): CheckedStatement => make(random(16), 'one more')
    expect(log.mayBeKept(next())).to.equal(true)
    const waiting = next()
    log.addPending(waiting)
    log.addPending(admit(bob))
    expect(log.groupsToBe()).to.have.length(GROUPS - 1)
    expect(log.groupsToBe().at(-1)).to.deep.equal({ id: waiting.statement.group, name: 'one more' })
    expect(log.mayBeKept(next())).to.equal(true)
    log.addPending(next())
    expect(log.mayBeKept(next())).to.equal(false)
    expect(log.mayBeKept(dissolve(groups[0]!.statement.group))).to.equal(true)
    commit(log, dissolve(groups[0]!.statement.group))
    expect(log.mayBeKept(next()), 'one is over').to.equal(true)
  })

  it('keep of what members say of themselves what does something, once', () => {
    const inGarden = put(garden, bob, b1)
    const log = logOf([b1, c1, made, make(garden, 'garden'), bobIn, inGarden])
    const goes = (group = kitchen): CheckedStatement => takeOut(group, bob, [group === kitchen ? bobIn : inGarden], bob)
    expect(log.mayBeKept(takeOut(garden, bob, [bobIn], bob)), 'what ends nothing').to.equal(false)
    expect(log.mayBeKept(takeOut(kitchen, carol, [], carol)), 'who is not in it').to.equal(false)
    expect(log.mayBeKept(takeOut(kitchen, carol, [])), 'by who may say more').to.equal(true)
    expect(log.mayBeKept(put(kitchen, carol, c1))).to.equal(true)
    expect(log.mayBeKept(goes())).to.equal(true)
    log.addPending(withdraw(bob, b1))
    expect(log.mayBeKept(goes()), 'going altogether is another thing').to.equal(true)
    log.addPending(put(kitchen, bob, b1))
    expect(log.mayBeKept(goes()), 'so is coming').to.equal(true)
    log.addPending(remove(carol, c1))
    log.addPending(takeOut(kitchen, carol, []))
    expect(log.mayBeKept(goes()), 'somebody else is taken out').to.equal(true)
    const first = goes()
    log.addPending(first)
    expect(log.mayBeKept(goes())).to.equal(false)
    expect(log.mayBeKept(goes(garden)), 'another group').to.equal(true)
    expect(log.mayBeKept(withdraw(bob, b1))).to.equal(false)
    expect(log.mayBeKept(withdraw(carol, c1))).to.equal(true)
    expect(log.mayBeKept(withdraw(founder))).to.equal(false)
    expect(log.spent()).to.deep.equal([])
    commit(log, first)
    log.addPending(goes())
    expect(log.spent()).to.have.length(1)
  })

  it('know which words of members about themselves are spent', () => {
    const log = logOf([b1, c1, made, bobIn, carolIn])
    const [goes, leaves] = [takeOut(kitchen, bob, [bobIn], bob), withdraw(carol, c1)]
    const others = [takeOut(kitchen, bob, [bobIn]), remove(carol, c1), put(kitchen, bob, b1)]
    for (const one of [goes, leaves, ...others]) log.addPending(one)
    expect(log.spent()).to.deep.equal([])
    commit(log, takeOut(kitchen, bob, [bobIn]))
    expect(log.spent()).to.deep.equal([goes])
    commit(log, remove(carol, c1))
    expect(log.spent()).to.deep.equal([goes, leaves])
    const own = state({ operation: Operation.REGISTER_NICK, subject: bob.publicKey, name: 'bob' }, bob)
    log.addPending(own)
    commit(log, remove(bob, b1))
    expect(log.spent(), 'a nick is no going').to.deep.equal([goes, leaves])
  })

  it('wait for an admit that a putting-in stands on, of who is a member by another', () => {
    const elsewhere = admit(bob)
    const log = logOf([b1, made, put(kitchen, bob, elsewhere)])
    expect(log.groupMembers(kitchen).has(bob.publicKey)).to.equal(false)
    log.addPending(elsewhere)
    expect(log.hasUnappliedAdmit, 'it lets nobody in').to.equal(false)
    expect(log.hasUnappliedChange).to.equal(true)
    commit(log, elsewhere)
    expect(log.groupMembers(kitchen).has(bob.publicKey)).to.equal(true)
    expect(log.hasUnappliedChange).to.equal(false)
  })

  it('wait to be brought to what is said of them, and are silent while somebody is to go', () => {
    const before = [b1, c1, made, make(garden, 'garden'), bobIn]
    for (const one of [make(random(16), 'x'), put(kitchen, carol, c1), takeOut(kitchen, bob, []), dissolve(garden)]) {
      const log = logOf(before)
      expect(log.hasUnappliedChange).to.equal(false)
      log.addPending(one)
      expect(log.hasUnappliedChange).to.equal(true)
      const { operation, group } = one.statement
      const isTakeOut = operation === Operation.TAKE_OUT_OF_GROUP || operation === Operation.DISSOLVE_GROUP
      expect(log.unappliedTakeOuts()).to.deep.equal(isTakeOut ? [one] : [])
      for (const id of [kitchen, garden]) expect(log.hasUnappliedTakeOut(id)).to.equal(isTakeOut && id === group)
    }
    const log = logOf(before)
    log.addPending(state({ operation: Operation.REGISTER_NICK, subject: bob.publicKey, name: 'bob' }, bob))
    expect(log.hasUnappliedChange).to.equal(false)
    log.addPending(put(kitchen, bob, b1))
    expect(log.hasUnappliedTakeOut(kitchen), 'who comes again does not go').to.equal(false)
    log.addPending(takeOut(kitchen, carol, []))
    expect(log.hasUnappliedTakeOut(kitchen), 'who is not in it cannot go').to.equal(false)
    expect(log.hasUnappliedTakeOut(EMPTY)).to.equal(false)
  })
})
