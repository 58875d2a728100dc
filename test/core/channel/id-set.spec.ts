import { expect } from 'chai'
import fc from 'fast-check'
import { compareBytes, hex, zeros } from '../../../src/base/bytes.ts'
import { IdSet } from '../../../src/core/channel/id-set.ts'
import { randomOf } from '../bus.ts'

const random = randomOf('id-set')
/** Ids that share long beginnings, so that every depth of the trie is met. */
const POOL = [
  ...Array.from({ length: 24 }, () => random(32)),
  ...Array.from({ length: 12 }, (_, i) => Uint8Array.from({ length: 32 }, (_, at) => (at === 31 ? i : 7))),
  ...Array.from({ length: 12 }, (_, i) =>
    Uint8Array.from({ length: 32 }, (_, at) => (at === 0 ? 1 << (i % 8) : i >> 3))
  )
]
const setOf = (ids: readonly Uint8Array[]): IdSet => ids.reduce((set, id) => set.with(id), IdSet.EMPTY)
const ids = fc.array(fc.constantFrom(...POOL), { maxLength: 40 })
const namesOf = (list: readonly Uint8Array[]): string[] => [...new Set(list.map(hex))].sort()

describe('an id set', () => {
  it('is the set that was put together, whatever the order and the repeats', () => {
    fc.assert(
      fc.property(ids, ids, (list, order) => {
        const shuffled = [...list].sort((a, b) => order.indexOf(a) - order.indexOf(b))
        const [one, other] = [setOf(list), setOf([...shuffled, ...list])]
        expect(one.ids().map(hex)).to.deep.equal(namesOf(list))
        expect(one.size).to.equal(namesOf(list).length)
        expect(other.root()).to.deep.equal(one.root())
        for (const id of POOL) expect(one.has(id)).to.equal(list.includes(id))
        for (const id of POOL) expect(one.rankOf(id)).to.equal(namesOf(list).indexOf(hex(id)))
      }),
      { numRuns: 300, seed: 1 }
    )
  })

  it('behaves as a plain set under any sequence of adding and removing', () => {
    const steps = fc.array(fc.tuple(fc.boolean(), fc.constantFrom(...POOL)), { maxLength: 80 })
    fc.assert(
      fc.property(steps, (list) => {
        let set = IdSet.EMPTY
        const model = new Map<string, Uint8Array>()
        for (const [isAdded, id] of list) {
          set = isAdded ? set.with(id) : set.without(id)
          if (isAdded) model.set(hex(id), id)
          else model.delete(hex(id))
          expect(set.size).to.equal(model.size)
        }
        expect(set.ids().map(hex)).to.deep.equal([...model.keys()].sort())
        expect(set.root()).to.deep.equal(setOf([...model.values()]).root())
      }),
      { numRuns: 300, seed: 2 }
    )
  })

  it('tells what another lacks, whether one was made of the other or not', () => {
    fc.assert(
      fc.property(ids, ids, (list, others) => {
        const missing = namesOf(list).filter((name) => !namesOf(others).includes(name))
        expect(setOf(list).minus(setOf(others)).map(hex)).to.deep.equal(missing)
        const grown = others.reduce((set, id) => set.with(id), setOf(list))
        expect(grown.minus(setOf(list)).map(hex)).to.deep.equal(setOf(others).minus(setOf(list)).map(hex))
        const shrunk = others.reduce((set, id) => set.without(id), setOf(list))
        expect(setOf(list).minus(shrunk).map(hex)).to.deep.equal(
          namesOf(list).filter((name) => namesOf(others).includes(name))
        )
      }),
      { numRuns: 500, seed: 4 }
    )
  })

  it('comes back when what was added is removed', () => {
    fc.assert(
      fc.property(ids, fc.constantFrom(...POOL), (list, id) => {
        const without = setOf(list.filter((one) => one !== id))
        expect(without.with(id).without(id).root()).to.deep.equal(without.root())
        expect(without.with(id).with(id).root()).to.deep.equal(without.with(id).root())
      }),
      { numRuns: 200, seed: 3 }
    )
  })

  it('has another root for every other set', () => {
    const seen = new Map<string, string>()
    fc.assert(
      fc.property(ids, (list) => {
        const name = namesOf(list).join()
        const root = hex(setOf(list).root())
        expect(seen.get(root) ?? name).to.equal(name)
        seen.set(root, name)
      }),
      { numRuns: 500, seed: 4 }
    )
    expect(new Set(seen.values()).size).to.equal(seen.size)
  })

  it('never changes once made', () => {
    const one = setOf(POOL.slice(0, 10))
    const root = one.root()
    one.with(POOL[20]!).without(POOL[3]!).root()
    expect(one.root()).to.deep.equal(root)
    expect(one.size).to.equal(10)
  })

  it('that is empty has the all-zero root, and no other has', () => {
    expect(IdSet.EMPTY.root()).to.deep.equal(zeros(32))
    expect(compareBytes(setOf([zeros(32)]).root(), zeros(32))).to.not.equal(0)
    expect(IdSet.EMPTY.without(zeros(32)).size).to.equal(0)
  })
})
