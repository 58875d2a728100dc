import { expect } from 'chai'
import { RecordBook } from '../../../src/core/identity/record-book.ts'
import { asUserId } from '../../../src/core/identity/user.ts'
import { Out } from '../../../src/core/out.ts'
import { alice, bob, keyOf, NOW, recordOf } from './people.ts'

describe('the records of others', () => {
  const users = [alice, bob, keyOf('carol'), keyOf('dave')].map((key) => ({ key, user: asUserId(key.publicKey) }))

  it('are as many as may be kept: what came first goes first, but for those that are held', () => {
    const book = new RecordBook((user) => user.join() === users[0]!.user.join(), 2)
    const out = new Out()
    for (const { key } of users) book.add(recordOf({ key }), NOW, out)
    expect(users.map(({ user }) => book.get(user) !== undefined)).to.deep.equal([true, false, false, true])
    const deleted = out.effects.flatMap((effect) => (effect.type === 'persist' ? effect.deletes : []))
    expect(deleted).to.have.length(2)
  })
})
