import { expect } from 'chai'
import fc from 'fast-check'
import { EMPTY } from '../../../src/base/bytes.ts'
import { packEarlier, type ReadableEpoch, unpackEarlier } from '../../../src/core/channel/earlier-epochs.ts'
import { commitmentOf } from '../../../src/core/channel/key-schedule.ts'
import { EarlierEpochs } from '../../../src/wire/messages.ts'
import { randomOf } from '../bus.ts'

const random = randomOf('earlier')
const line = { channel: random(32), group: EMPTY }
const granted = { term: 9, serial: 1, commitment: random(16) }

const epochOf = (term: number, serial: number): ReadableEpoch => {
  const reading = random(32)
  return { key: { term, serial, commitment: commitmentOf(reading, line, term, serial) }, reading }
}
const numbersOf = (epochs: readonly ReadableEpoch[] | undefined): string[] | undefined =>
  epochs?.map(({ key }) => `${key.term}.${key.serial}`)

describe('earlier epochs', () => {
  it('come out as they went in, whatever numbers are missing', () => {
    const numbers = fc.uniqueArray(fc.tuple(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 12 })), {
      selector: String
    })
    fc.assert(
      fc.property(numbers, (all) => {
        const epochs = all.toSorted(([a, b], [x, y]) => x - a || y - b).map(([term, serial]) => epochOf(term, serial))
        expect(unpackEarlier(line, granted, packEarlier(epochs, 1e6), 1e6)).to.deep.equal(epochs)
      }),
      { numRuns: 200 }
    )
  })

  it('take no more room than there is, the newest first', () => {
    const epochs = [...Array.from({ length: 50 }, (_, n) => epochOf(2, 50 - n)), epochOf(1, 7), epochOf(1, 3)]
    for (const bytes of [0, 31, 63, 64, 500, 1_650, 1_700, 1_800]) {
      const runs = packEarlier(epochs, bytes)
      const size = runs.reduce((sum, run) => sum + EarlierEpochs.encode(run).length + 4, 0)
      expect(size, `${bytes}`).to.be.at.most(bytes)
      const taken = unpackEarlier(line, granted, runs, 1e6)
      expect(numbersOf(taken)).to.deep.equal(numbersOf(epochs.slice(0, taken!.length)))
    }
    expect(unpackEarlier(line, granted, packEarlier(epochs, 1e6), 10)).to.have.length(10)
  })

  it('hold a week of steps in one grant', () => {
    const week = Array.from({ length: 1_008 }, (_, n) => epochOf(3, 1_008 - n))
    expect(unpackEarlier(line, granted, packEarlier(week, 60_000), 1e6)).to.have.length(1_008)
  })

  it('leave out all but one of a number', () => {
    const epochs = [epochOf(2, 2), epochOf(2, 2), epochOf(2, 1)]
    expect(numbersOf(unpackEarlier(line, granted, packEarlier(epochs, 1e6), 1e6))).to.deep.equal(['2.2', '2.1'])
  })
})
