import { expect } from 'chai'
import { hex } from '../../../src/base/bytes.ts'
import { Context } from '../../../src/core/channel/context.ts'
import type { CheckedStatement } from '../../../src/core/channel/statement.ts'
import { OneTimeKeys } from '../../../src/core/identity/one-time-keys.ts'
import { RecordBook } from '../../../src/core/identity/record-book.ts'
import { announceable, appliesRemovals } from '../../../src/core/manager/batch.ts'
import { Refusal } from '../../../src/core/reject.ts'
import { Operation } from '../../../src/wire/messages.ts'
import { Bus, Liar, randomOf } from '../bus.ts'

const random = randomOf('batch')

/** A manager who knows of more removals than one announcement holds; before them it was told of more invites than that. */
function crowded(): { context: Context; removals: readonly CheckedStatement[] } {
  const liar = new Liar(new Bus('batch'))
  const { key, prekeys, record, charter, log } = liar
  const users = Array.from({ length: 80 }, () => random(32))
  const admitted = log.preview(users.map((user) => liar.admit(user)))
  if (admitted instanceof Refusal) throw new Error('not admitted')
  const context = new Context(
    { key, boot: random(16), prekeys, oneTimeKeys: new OneTimeKeys(), record },
    new RecordBook(),
    charter
  )
  context.log.commit(admitted)
  log.commit(admitted)
  for (let n = 0; n < 80; n++) context.log.addPending(liar.state({ operation: Operation.INVITE, subject: random(32) }))
  const removals = users.map((user) => liar.removal(user))
  for (const one of removals) context.log.addPending(one)
  return { context, removals }
}

const names = (statements: readonly CheckedStatement[]): string[] => statements.map(({ id }) => hex(id))

describe('what one epoch takes in of the statements that wait', () => {
  it('is removals before all else', () => {
    const { context, removals } = crowded()
    const taken = announceable(context)
    expect(taken.length).to.be.within(20, 79)
    expect(names(taken)).to.deep.equal(names(removals.slice(0, taken.length)))
  })

  it('is first of all those removals that were signed for, so that the others sign them again', () => {
    const { context, removals } = crowded()
    const signed = names(removals.slice(-10))
    context.signedFor = new Set(signed)
    const taken = announceable(context)
    expect(names(taken.slice(0, 10))).to.deep.equal(signed)
    const preview = context.log.preview(taken)
    expect(preview instanceof Refusal || appliesRemovals(context, preview)).to.equal(true)
  })
})
