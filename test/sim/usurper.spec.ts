import { expect } from 'chai'
import { playSeed } from '../../src/sim/sweep.ts'
import { USURPATIONS, type Usurpation } from '../../src/sim/usurper.ts'
import { makePeer } from '../people.ts'

/** A seed in which each would do harm if the check that it is against were not there: docs/fencing.md. */
const PLAYED: Record<Usurpation, readonly [seed: number, managers: number]> = {
  coup: [7, 3],
  'kept roster': [7, 3],
  'seized term': [1, 3],
  'other way': [5, 3],
  'second beginning': [8, 3],
  'false beginning': [3, 3],
  'usurped heartbeat': [36, 3],
  'hollow grant': [2, 2],
  'stale grant': [2, 2],
  desertion: [8, 2],
  vacancy: [2, 3]
}

describe('sim/usurper', function () {
  this.timeout(30_000)

  for (const lie of USURPATIONS) {
    it(`does no harm by a ${lie}`, () => {
      const [seed, managers] = PLAYED[lie]
      expect(playSeed(seed, makePeer, { managers, lie }).error?.message).to.equal(undefined)
    })
  }
})
