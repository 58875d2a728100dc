import { assert } from 'chai'
import fc from 'fast-check'
import { hex } from '../../../src/base/bytes.ts'
import { UsageError } from '../../../src/base/errors.ts'
import { KeyTree } from '../../../src/core/channel/key-tree.ts'
import { MemberTree, wrapIndexes } from '../../../src/core/channel/key-tree-member.ts'
import {
  maskBytes,
  pathShape,
  rank,
  readChange,
  readRebuild,
  rebuildMask,
  setBit
} from '../../../src/core/channel/key-tree-update.ts'
import { sha256 } from '../../../src/crypto/kdf.ts'
import { type TreeUpdate, TreeUpdateKind } from '../../../src/wire/messages.ts'
import { contextAt, founded, freshFrom, RUNS, rootOf } from './key-tree-world.ts'

describe('core/channel/key-tree-update', function () {
  this.timeout(120_000 + 200 * RUNS)

  describe('a stranger’s update', () => {
    const fresh = freshFrom('stranger')
    const { tree, members } = founded(11)
    const leafKey = sha256(Uint8Array.of(9))
    const path = tree.path({ removed: [2, 3, 8], refreshed: new Map([[5, leafKey]]), joiners: 1 }, contextAt(2), fresh)
    const coming = tree.path(
      {
        removed: [2, 3],
        refreshed: new Map([
          [2, leafKey],
          [5, leafKey],
          [17, leafKey]
        ])
      },
      contextAt(2),
      fresh
    )
    const step = tree.step(7, contextAt(2), fresh)
    const root = tree.path({}, contextAt(2), fresh)
    const secrets = members.map(freshFrom('leaf'))
    const rebuilt = KeyTree.rebuild(secrets, contextAt(2))

    const take = (update: TreeUpdate, leaf: number, context = contextAt(2)): string | undefined =>
      update.kind === TreeUpdateKind.REBUILD
        ? rootOf(MemberTree.fromRebuild(update, leaf, secrets[leaf]!, context))
        : rootOf(members[leaf]!.apply(update, context, { leafKey }))

    /** As a newcomer at this leaf. */
    const come = (update: TreeUpdate, leaf: number, context = contextAt(2)): string | undefined =>
      rootOf(MemberTree.fromPath(update, leaf, leafKey, context))

    const kind = fc.constantFrom(TreeUpdateKind.STEP, TreeUpdateKind.PATH, TreeUpdateKind.REBUILD)
    const list = fc.array(fc.oneof(fc.nat(40), fc.constantFrom(-1, 0.5, Number.NaN, 2 ** 32, 2 ** 20)), {
      maxLength: 4
    })
    const bytes = fc.uint8Array({ maxLength: 3 })
    const flip = (value: Uint8Array, bit: number): Uint8Array => {
      const flipped = value.slice()
      if (flipped.length > 0) flipped[(bit >>> 3) % flipped.length]! ^= 1 << (bit & 7)
      return flipped
    }
    const mutation = fc.oneof(
      fc.record({ kind }),
      fc.record({ depth: fc.oneof(fc.nat(25), fc.constantFrom(-1, Number.NaN, 2.5, 2 ** 31)) }),
      fc.record({ added: list }),
      fc.record({ removed: list }),
      fc.record({ refreshed: list }),
      fc.record({ hasFreshRoot: fc.boolean() }),
      fc.record({ present: bytes }),
      fc.record({ wraps: bytes }),
      fc.record({ termKey: fc.oneof(bytes, fc.uint8Array({ minLength: 32, maxLength: 32 })) }),
      fc.record({ encapsulations: bytes })
    )

    for (const [title, change] of Object.entries({ path, coming, step, root, rebuilt })) {
      it(`that differs from a ${title} update in any field gives no root or another one, and never throws`, () => {
        const fields = Object.keys(change.update) as (keyof TreeUpdate)[]
        // Leaf keys and leaf secrets are made of these two, so they are the caller's to judge there.
        const { refreshed } = change.update
        const unbound = title === 'rebuilt' ? ['termKey', 'encapsulations'] : refreshed.length > 0 ? ['termKey'] : []
        fc.assert(
          fc.property(mutation, fc.nat(10), (changed, leaf) => {
            const update = { ...change.update, ...changed } as TreeUpdate
            const isSame = fields.every(
              (field) => unbound.includes(field) || String(update[field]) === String(change.update[field])
            )
            const rootKey = take(update, leaf)
            if (!isSame) assert.notStrictEqual(rootKey, hex(change.rootKey))
            for (const place of new Set([leaf, ...refreshed])) {
              if (!isSame) assert.notStrictEqual(come(update, place), hex(change.rootKey))
            }
          }),
          { numRuns: RUNS * 10, seed: 8 }
        )
      })

      it(`of a ${title} elsewhere, or with a flipped bit that concerns the member, opens nothing`, () => {
        for (const member of members) {
          const { leaf } = member
          if (change.update.removed.includes(leaf)) continue
          assert.strictEqual(take(change.update, leaf), hex(change.rootKey))
          for (const elsewhere of [
            { channel: new Uint8Array(32) },
            { group: new Uint8Array(16) },
            { term: 4 },
            { serial: 3 }
          ]) {
            const other = take(change.update, leaf, { ...contextAt(2), ...elsewhere })
            assert.notStrictEqual(other, hex(change.rootKey))
          }
          for (const index of wrapIndexes(change.update, leaf)) {
            for (const bit of [0, 63, 64, 200, 319]) {
              const update = { ...change.update, wraps: flip(change.update.wraps, 320 * index + bit) }
              assert.isUndefined(take(update, leaf))
            }
          }
          for (let bit = 0; bit < 8 * change.update.present.length; bit++) {
            assert.isUndefined(take({ ...change.update, present: flip(change.update.present, bit) }, leaf))
          }
        }
      })
    }

    it('opens nothing for a newcomer elsewhere, at another leaf, with another key, or with a flipped bit', () => {
      const { update, rootKey } = coming
      for (const leaf of [2, 5, 17]) {
        assert.strictEqual(come(update, leaf), hex(rootKey))
        assert.isUndefined(MemberTree.fromPath(update, leaf, sha256(), contextAt(2)))
        assert.isUndefined(come(update, leaf, contextAt(3)))
        for (const index of wrapIndexes(update, leaf)) {
          assert.isUndefined(come({ ...update, wraps: flip(update.wraps, 320 * index + 77) }, leaf))
        }
        for (let bit = 0; bit < 8 * update.present.length; bit++) {
          assert.isUndefined(come({ ...update, present: flip(update.present, bit) }, leaf))
        }
        assert.isUndefined(come({ ...update, kind: TreeUpdateKind.STEP }, leaf))
        assert.isUndefined(come({ ...update, kind: TreeUpdateKind.REBUILD }, leaf))
      }
      for (const leaf of [0, 3, 16, 18, 32, -1, 0.5, Number.NaN]) assert.isUndefined(come(update, leaf))
      assert.throws(() => MemberTree.fromPath(update, 2, new Uint8Array(31), contextAt(2)), UsageError)
    })

    it('that gives a removed member’s leaf to another opens nothing for the removed one, whatever key it is given', () => {
      assert.isUndefined(members[2]!.apply(coming.update, contextAt(2), { leafKey }))
      assert.isUndefined(members[3]!.apply(coming.update, contextAt(2), { leafKey }))
      assert.strictEqual(rootOf(members[5]!.apply(coming.update, contextAt(2), { leafKey })), hex(coming.rootKey))
    })

    it('of nothing but noise is refused without an exception', () => {
      const noise = fc.record({
        kind,
        depth: fc.oneof(fc.nat(6), fc.nat(2 ** 31)),
        added: list,
        removed: list,
        refreshed: list,
        hasFreshRoot: fc.boolean(),
        present: fc.uint8Array({ maxLength: 4 }),
        wraps: fc.uint8Array({ maxLength: 200 }),
        termKey: bytes,
        encapsulations: bytes
      })
      fc.assert(
        fc.property(noise, fc.nat(10), (update, leaf) => {
          const indexes = wrapIndexes(update, leaf)
          assert.isAtMost(indexes.length, 20)
          if (update.kind !== TreeUpdateKind.STEP) assert.isUndefined(take(update, leaf))
          else take(update, leaf)
          members[leaf]!.apply(update, contextAt(2), { wrapAt: () => new Uint8Array(40) })
        }),
        { numRuns: RUNS * 10, seed: 9 }
      )
    })

    it('names a leaf once among those who come in, grows only for these, and has a term key only beside them', () => {
      const fitting = (lists: Partial<TreeUpdate>): TreeUpdate => {
        const bare = { ...root.update, hasFreshRoot: false, wraps: new Uint8Array(0), ...lists }
        return { ...bare, present: new Uint8Array(maskBytes(pathShape(bare.depth, bare).slots)) }
      }
      const read = (lists: Partial<TreeUpdate>) => readChange(fitting(lists), 4, false)
      assert.isDefined(read({ added: [3], refreshed: [2, 4] }))
      assert.isUndefined(read({ added: [2], refreshed: [2, 4] }))
      assert.isDefined(read({ removed: [2], refreshed: [2] }))
      assert.isDefined(read({ refreshed: [15] }))
      assert.isUndefined(read({ refreshed: [16] }))
      assert.isDefined(read({ refreshed: [16], depth: 5 }))
      assert.isDefined(read({ refreshed: [1], added: [31], depth: 5 }))
      assert.isUndefined(read({ refreshed: [15], depth: 5 }))
      assert.isUndefined(read({ refreshed: [32], depth: 5 }))
      assert.isUndefined(read({ removed: [16], refreshed: [17], depth: 5 }), 'removed from where nobody was')
      for (const [length, isFit] of [
        [0, true],
        [31, false],
        [32, true],
        [33, false]
      ] as const) {
        const termKey = new Uint8Array(length)
        assert.strictEqual(read({ refreshed: [3], termKey }) !== undefined, isFit)
        assert.strictEqual(read({ removed: [3], termKey }) !== undefined, length === 0)
        assert.strictEqual(readChange({ ...step.update, termKey }, 4, false) !== undefined, length === 0)
        assert.strictEqual(readChange({ ...root.update, termKey }, 4, false) !== undefined, length === 0)
      }
      assert.isUndefined(read({ refreshed: [3], encapsulations: new Uint8Array(32) }))
    })

    it('is refused when it is out of form in just one way', () => {
      const base = path.update
      const refused: [string, Partial<TreeUpdate>][] = [
        ['not ascending', { removed: [3, 2, 8] }],
        ['repeated', { removed: [2, 2, 8] }],
        ['out of range', { removed: [2, 3, 16] }],
        ['shallower', { depth: 3 }],
        ['deeper without need', { depth: 5 }],
        ['too deep', { depth: 21, added: [2 ** 20] }],
        ['with a short term key', { termKey: new Uint8Array(31) }],
        ['with encapsulations', { encapsulations: new Uint8Array(1) }],
        ['with fresh root said twice', { hasFreshRoot: true }],
        ['without a mask', { present: new Uint8Array(0) }],
        ['with a longer mask', { present: new Uint8Array([...base.present, 0]) }],
        ['with a wrap too few', { wraps: base.wraps.subarray(40) }],
        ['with a trailing byte', { wraps: new Uint8Array([...base.wraps, 0]) }]
      ]
      assert.isDefined(readChange(base, 4, false))
      for (const [what, fields] of refused) assert.isUndefined(readChange({ ...base, ...fields }, 4, false), what)
      assert.isUndefined(readChange({ ...root.update, hasFreshRoot: false }, 4, false))
      assert.isUndefined(readChange(base, 4, true), 'wraps both here and apart')
      for (const fields of [
        { removed: [1] },
        { refreshed: [1] },
        { hasFreshRoot: true },
        { present: new Uint8Array(1) }
      ]) {
        assert.isUndefined(readChange({ ...step.update, ...fields }, 4, false))
      }
      const mask = new Uint8Array(base.present.length)
      setBit(mask, 8 * mask.length - 1)
      assert.isUndefined(readChange({ ...base, present: mask, wraps: new Uint8Array(40) }, 4, false), 'spare bit')
    })

    it('that changes nothing, or says twice that the root is fresh, is refused though its mask would fit', () => {
      const nothing = { ...root.update, hasFreshRoot: false, present: new Uint8Array(0), wraps: new Uint8Array(0) }
      assert.isUndefined(readChange(nothing, 4, false))
      assert.isDefined(readChange(root.update, 4, false))
      assert.isUndefined(readChange({ ...root.update, removed: [1] }, 4, false))
    })

    it('that rebuilds the tree in another than the one canonical form is refused', () => {
      const base = rebuilt.update
      assert.isDefined(readRebuild(base, false))
      assert.isUndefined(readRebuild(base, true))
      for (const fields of [
        { kind: TreeUpdateKind.PATH },
        { added: [1] },
        { removed: [1] },
        { refreshed: [1] },
        { hasFreshRoot: true },
        { wraps: base.wraps.subarray(40) }
      ]) {
        assert.isUndefined(readRebuild({ ...base, ...fields }, false), Object.keys(fields)[0])
      }
      const two = { ...base, wraps: new Uint8Array(40) }
      assert.isDefined(readRebuild({ ...two, depth: 1, present: Uint8Array.of(1) }, false))
      assert.isUndefined(
        readRebuild({ ...two, depth: 4, present: Uint8Array.of(1, 0) }, false),
        'deeper than it need be'
      )
      assert.isUndefined(readRebuild({ ...two, depth: 1, present: Uint8Array.of(2) }, false), 'a spare bit')
      const three = { ...base, depth: 2, wraps: new Uint8Array(80) }
      assert.isDefined(readRebuild({ ...three, present: Uint8Array.of(0b101) }, false))
      assert.isUndefined(
        readRebuild({ ...three, present: Uint8Array.of(0b110) }, false),
        'a leaf missing in the middle'
      )
      const million = { ...base, depth: 20, present: rebuildMask(2 ** 20), wraps: new Uint8Array(0) }
      assert.isDefined(readRebuild(million, true))
      assert.isUndefined(readRebuild({ ...million, depth: 21, present: rebuildMask(2 ** 20 + 1) }, true), 'too deep')
    })

    it('that takes the member’s leaf, or refreshes it without a new key, is not applied', () => {
      assert.isUndefined(members[2]!.apply(path.update, contextAt(2)))
      assert.isUndefined(members[5]!.apply(path.update, contextAt(2)))
      assert.isUndefined(members[5]!.apply(path.update, contextAt(2), { leafKey: sha256() }))
      assert.isUndefined(members[7]!.apply({ ...step.update, added: [7, 11, 12, 13, 14, 15, 16] }, contextAt(2)))
      assert.isUndefined(members[7]!.apply(rebuilt.update, contextAt(2)))
      assert.isUndefined(MemberTree.fromRebuild(path.update, 7, secrets[7]!, contextAt(2)))
      assert.throws(() => members[5]!.apply(path.update, contextAt(2), { leafKey: new Uint8Array(31) }), UsageError)
    })

    it('of the largest size is refused or applied in bounded time', () => {
      const added = Array.from({ length: 30_000 }, (_, i) => 11 + 30 * i)
      const present = new Uint8Array(100_000)
      const update = { ...path.update, depth: 20, removed: [], refreshed: [], added, present, wraps: new Uint8Array(0) }
      const started = process.cpuUsage()
      assert.isUndefined(members[0]!.apply(update, contextAt(2)))
      const spent = process.cpuUsage(started)
      assert.isBelow(spent.user + spent.system, 2_000_000)
    })
  })

  it('rank counts the bits before a slot', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 9 }), fc.nat(71), (mask, n) => {
        const slot = n % (8 * mask.length)
        let expected = 0
        for (let i = 0; i < slot; i++) expected += (mask[i >>> 3]! >>> (i & 7)) & 1
        assert.strictEqual(rank(mask, slot), expected)
      }),
      { numRuns: RUNS, seed: 10 }
    )
  })
})
