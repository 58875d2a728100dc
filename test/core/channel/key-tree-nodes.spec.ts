import { expect } from 'chai'
import fc from 'fast-check'
import { hex } from '../../../src/base/bytes.ts'
import { NodeStore } from '../../../src/core/channel/key-tree-nodes.ts'
import { sha256 } from '../../../src/crypto/kdf.ts'

const keyOf = (n: number): Uint8Array => sha256(Uint8Array.of(n >>> 8, n & 255))

describe('core/channel/key-tree-nodes', () => {
  it('gives back what was set, and copies never show what was set in each other', () => {
    const write = fc.record({
      level: fc.nat(17),
      share: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
      isNear: fc.boolean(),
      value: fc.nat(999),
      isCopied: fc.boolean()
    })
    fc.assert(
      fc.property(fc.array(write, { maxLength: 40 }), (writes) => {
        let store = NodeStore.blank(17)
        let model = new Map<string, string>()
        const versions: [NodeStore, Map<string, string>][] = []
        for (const { level, share, isNear, value, isCopied } of writes) {
          if (isCopied) {
            versions.push([store, model])
            store = store.copy()
            model = new Map(model)
          }
          const position = Math.floor(share * Math.min(2 ** (17 - level), isNear ? 40 : Number.POSITIVE_INFINITY))
          store.set(level, position, value === 0 ? undefined : keyOf(value))
          model.set(`${level}/${position}`, value === 0 ? '' : hex(keyOf(value)))
        }
        versions.push([store, model])
        for (const [one, expected] of versions) {
          for (const place of model.keys()) {
            const [level = 0, position = 0] = place.split('/').map(Number)
            expect(hex(one.key(level, position) ?? new Uint8Array(0))).to.equal(expected.get(place) ?? '')
          }
        }
      }),
      { numRuns: 300, seed: 1 }
    )
  })

  it('is blank outside, and in the levels it grows by', () => {
    const store = NodeStore.blank(1)
    store.set(0, 1, keyOf(1))
    expect(store.key(0, 2)).to.equal(undefined)
    expect(store.key(0, 2 ** 20)).to.equal(undefined)
    expect(store.key(2, 0)).to.equal(undefined)
    expect(() => store.set(0, 2, keyOf(2))).to.throw()
    for (let level = 2; level <= 20; level++) store.addLevel()
    expect([store.depth, store.key(20, 0)]).to.deep.equal([20, undefined])
    store.set(0, 2 ** 20 - 1, keyOf(3))
    expect(hex(store.key(0, 2 ** 20 - 1)!)).to.equal(hex(keyOf(3)))
    expect(hex(store.key(0, 1)!)).to.equal(hex(keyOf(1)))
    expect(store.key(0, 2 ** 19)).to.equal(undefined)
  })
})
