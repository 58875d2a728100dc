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

/** In how many ms a member tells again that somebody is removed, when it draws the middle of what it may draw. */
function retoldIn(members: number, isOwn = false): number {
  const liar = new Liar(new Bus('log-exchange'))
  const { key, prekeys, record, charter, log } = liar
  const self = { key, boot: random(16), prekeys, oneTimeKeys: new OneTimeKeys(), record }
  const context = new Context(self, new RecordBook(), charter)
  // The manager is one of them.
  const users = Array.from({ length: members - 1 }, () => random(32))
  const admitted = log.preview(users.map((user) => liar.admit(user)))
  if (admitted instanceof Refusal) throw new Error('not admitted')
  context.log.commit(admitted)
  const [subject, ends] = [users[0]!, context.log.admitsOf(users[0]!)]
  const author = isOwn ? key : liar.bus.add('bob').key
  context.log.addPending(liar.state({ operation: Operation.REMOVE, subject, ends }, author))
  const exchange = new LogExchange(context, new Keyring(context.name), {
    isCarrierReady: true,
    isKeyReady: () => true
  })
  const env = { now: atMillis(0), uptimeMs: 0, random: (length: number) => new Uint8Array(length).fill(128) }
  exchange.repeatStatements(env, new Out())
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

  it('are told again as soon as ever by who made them: they may have come to nobody', () => {
    expect(retoldIn(500, true)).to.equal(3 * SECOND_MS)
  })
})
