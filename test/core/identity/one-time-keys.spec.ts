import { expect } from 'chai'
import { atMillis, DAY_MS, MINUTE_MS } from '../../../src/base/time.ts'
import { OneTimeKeys } from '../../../src/core/identity/one-time-keys.ts'
import { Prekeys } from '../../../src/core/identity/prekeys.ts'
import { RecordBook } from '../../../src/core/identity/record-book.ts'
import { Out } from '../../../src/core/out.ts'
import { KEPT_ONE_TIME_KEYS, OFFERED_ONE_TIME_KEYS, ONE_TIME_KEYS_MS } from '../../../src/core/params.ts'
import { SelfKeeper } from '../../../src/core/self-keeper.ts'
import { ONE_TIME_KEYS, USER_RECORD_BYTES } from '../../../src/wire/limits.ts'
import { alice, keyOf, NOW, recordOf, seeded } from './people.ts'

describe('one-time keys', () => {
  const random = seeded('one-time')

  it('are offered beside the current prekey, and made up to the number of a record', () => {
    const prekeys = Prekeys.create(random, NOW)
    const keys = new OneTimeKeys()
    keys.fill(prekeys, random)
    const offered = keys.offered(prekeys)
    expect(new Set(offered.map(String)).size).to.equal(OFFERED_ONE_TIME_KEYS)
    for (const key of offered.slice(0, 4)) keys.use(key)
    expect(keys.isFew(prekeys)).to.equal(false)
    keys.use(offered[4]!)
    expect(keys.isFew(prekeys)).to.equal(true)
    keys.fill(prekeys, random)
    expect(keys.offered(prekeys)).to.have.length(OFFERED_ONE_TIME_KEYS)
    expect(keys.offered(prekeys).slice(0, 3)).to.deep.equal(offered.slice(5))
  })

  it('are found once, and gone for good when they were used', () => {
    const prekeys = Prekeys.create(random, NOW)
    const keys = new OneTimeKeys()
    keys.fill(prekeys, random)
    const [one] = keys.offered(prekeys)
    const pair = keys.find(one!)!
    const seed = pair.seed.expose()
    keys.use(one!)
    expect(keys.find(one!)).to.equal(undefined)
    expect(seed.every((byte) => byte === 0)).to.equal(true)
    expect(new OneTimeKeys(keys.row().value).find(one!)).to.equal(undefined)
    expect(new OneTimeKeys(keys.row().value).offered(prekeys)).to.deep.equal(keys.offered(prekeys))
  })

  it('stay as long as the prekey beside which they were made, and are never more than may be kept', () => {
    const prekeys = Prekeys.create(random, NOW)
    const keys = new OneTimeKeys()
    keys.fill(prekeys, random)
    const [first] = keys.offered(prekeys)
    const pair = keys.find(first!)!
    for (const day of [1, 2, 3]) {
      prekeys.rotate(random, atMillis(NOW + day * DAY_MS))
      keys.fill(prekeys, random)
      expect(keys.find(first!) !== undefined).to.equal(day < 3)
      expect(keys.offered(prekeys)).to.not.deep.include(first)
    }
    expect(pair.seed.isDestroyed).to.equal(true)
    expect(keys.pairs()).to.have.length(3 * OFFERED_ONE_TIME_KEYS)
    expect(KEPT_ONE_TIME_KEYS).to.be.above(3 * OFFERED_ONE_TIME_KEYS)
  })

  it('fit into a record with the longest nick', () => {
    const prekeys = Prekeys.create(random, NOW)
    const keys = new OneTimeKeys()
    keys.fill(prekeys, random)
    const record = recordOf({
      nick: '\u65e5\u672c\u8a9e'.repeat(10),
      prekey: prekeys.current,
      oneTimeKeys: keys.offered(prekeys)
    })
    expect(record.length).to.be.below(USER_RECORD_BYTES)
  })

  it('are refused in a record beyond their number, of another length, and twice the same (R-117)', () => {
    const keys = Array.from({ length: ONE_TIME_KEYS + 1 }, () => random(32))
    const fits = { nick: 'a', oneTimeKeys: keys.slice(0, ONE_TIME_KEYS) }
    expect(() => recordOf(fits)).to.not.throw()
    for (const oneTimeKeys of [keys, [random(31)], [keys[0]!, keys[0]!]]) {
      expect(() => recordOf({ ...fits, oneTimeKeys })).to.throw('would be refused')
    }
  })
})

describe('the keeper of one-time keys', () => {
  const env = (uptimeMs: number) => ({ now: atMillis(NOW + uptimeMs), uptimeMs, random: seeded(`keeper ${uptimeMs}`) })
  const use = (keeper: SelfKeeper, count: number): void => {
    for (const key of keeper.self.oneTimeKeys.offered(keeper.self.prekeys).slice(0, count))
      keeper.self.oneTimeKeys.use(key)
  }

  it('publishes a new record when few are left, at most every ten minutes', () => {
    const keeper = new SelfKeeper(alice, 'alice', new RecordBook())
    keeper.start(undefined, undefined, env(0), new Out())
    const refilled = (uptimeMs: number): boolean => {
      const out = new Out()
      keeper.refillWhenFew(env(uptimeMs), out)
      return out.effects.some(({ type }) => type === 'putRecord')
    }
    use(keeper, 4)
    expect(refilled(1)).to.equal(false)
    use(keeper, 1)
    expect(refilled(2)).to.equal(true)
    expect(keeper.self.record.oneTimeKeys).to.have.length(OFFERED_ONE_TIME_KEYS)
    use(keeper, OFFERED_ONE_TIME_KEYS)
    expect(refilled(MINUTE_MS)).to.equal(false)
    expect(keeper.rotateAt).to.equal(2 + ONE_TIME_KEYS_MS)
    const out = new Out()
    keeper.rotateWhenDue(env(2 + ONE_TIME_KEYS_MS), out)
    expect(out.effects.some(({ type }) => type === 'putRecord')).to.equal(true)
  })

  it('keeps them over a restart, private halves in a row of their own', () => {
    const keeper = new SelfKeeper(keyOf('bob'), 'bob', new RecordBook())
    const out = new Out()
    keeper.start(undefined, undefined, env(0), out)
    const rows = out.effects.flatMap((effect) => (effect.type === 'persist' ? effect.puts : []))
    const row = (entry: string): Uint8Array => rows.find((one) => one.entry === entry)!.value
    const again = new SelfKeeper(keyOf('bob'), 'bob', new RecordBook())
    again.start(row('self'), row('one-time-keys'), env(1), new Out())
    expect(again.self.record.oneTimeKeys).to.deep.equal(keeper.self.record.oneTimeKeys)
  })
})
