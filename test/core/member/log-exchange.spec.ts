import { expect } from 'chai'
import { atMillis, SECOND_MS } from '../../../src/base/time.ts'
import { Context } from '../../../src/core/channel/context.ts'
import { OneTimeKeys } from '../../../src/core/identity/one-time-keys.ts'
import { RecordBook } from '../../../src/core/identity/record-book.ts'
import { Keyring } from '../../../src/core/member/keyring.ts'
import { LogExchange } from '../../../src/core/member/log-exchange.ts'
import { Out } from '../../../src/core/out.ts'
import { Refusal } from '../../../src/core/reject.ts'
import { Operation } from '../../../src/wire/messages.ts'
import { Bus, Liar, randomOf } from '../bus.ts'

const random = randomOf('log-exchange')

const ENV = { now: atMillis(0), uptimeMs: 0, random: (length: number) => new Uint8Array(length).fill(128) }

/** Of a manager among so many members; the liar has its key, and states what a test likes. */
function exchangeOf(members: number, isCarrierReady = true) {
  const liar = new Liar(new Bus('log-exchange'))
  const { key, prekeys, record, charter, log } = liar
  const self = { key, boot: random(16), prekeys, oneTimeKeys: new OneTimeKeys(), record }
  const context = new Context(self, new RecordBook(), charter)
  // The manager is one of them.
  const users = Array.from({ length: members - 1 }, () => random(32))
  const admitted = log.preview(users.map((user) => liar.admit(user)))
  if (admitted instanceof Refusal) throw new Error('not admitted')
  context.log.commit(admitted)
  const exchange = new LogExchange(context, new Keyring(context.name), { isCarrierReady, isKeyReady: () => true })
  return { liar, context, exchange, user: users[0]! }
}

/** In how many ms a member tells again that somebody is removed, when it draws the middle of what it may draw. */
function retoldIn(members: number, isOwn = false): number {
  const { liar, context, exchange, user: subject } = exchangeOf(members)
  const author = isOwn ? liar.key : liar.bus.add('bob').key
  const ends = context.log.admitsOf(subject)
  context.log.addPending(liar.state({ operation: Operation.REMOVE, subject, ends }, author))
  exchange.repeatStatements(ENV, new Out())
  return exchange.nextAt()!
}

describe('statements that wait for an epoch', () => {
  it('are told again after two to four seconds where few have heard them', () => {
    expect(retoldIn(3)).to.equal(3 * SECOND_MS)
    expect(retoldIn(50)).to.equal(3 * SECOND_MS)
  })

  it('are told again the later the more members have heard them, so that few of many tell them at once', () => {
    expect(retoldIn(100)).to.equal(4 * SECOND_MS)
    expect(retoldIn(500)).to.equal(12 * SECOND_MS)
  })

  it('are not held to be told while nobody can carry them', () => {
    const { liar, context, exchange } = exchangeOf(3, false)
    context.log.addStranded(liar.state({ operation: Operation.ADMIT, subject: random(32), admitId: random(16) }))
    exchange.repeatStatements(ENV, new Out(), true)
    expect(context.log.stranded()).to.have.length(1)
  })

  it('are told again as soon as ever by who made them: they may have come to nobody', () => {
    expect(retoldIn(500, true)).to.equal(3 * SECOND_MS)
  })
})
