import { expect } from 'chai'
import { oneToOne } from './one-to-one.ts'

describe('one-to-one talk of real peers, either of whom is killed now and then', () => {
  for (const isApart of [false, true]) {
    it(`loses and repeats nothing, ${isApart ? 'through the channel alone' : 'directly'}`, async () => {
      const outcome = await oneToOne({ kills: 3, seed: 1, isApart, patienceMs: 60_000, tell: () => {} })
      expect(outcome).to.deep.include({ missing: [], doubled: [], disordered: [], seenByOthers: 0 })
      expect(outcome.acknowledged).to.be.greaterThan(5)
    }).timeout(180_000)
  }
})
