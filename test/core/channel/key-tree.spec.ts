import { assert } from 'chai'
import fc from 'fast-check'
import { hex } from '../../../src/base/bytes.ts'
import { UsageError } from '../../../src/base/errors.ts'
import { KeyTree, type TreeChange } from '../../../src/core/channel/key-tree.ts'
import { MemberTree, wrapIndexes } from '../../../src/core/channel/key-tree-member.ts'
import {
  maskBytes,
  pathShape,
  rank,
  readChange,
  readRebuild,
  rebuildMask,
  setBit,
  TREE_CIPHER
} from '../../../src/core/channel/key-tree-update.ts'
import { sha256 } from '../../../src/crypto/kdf.ts'
import { LABEL } from '../../../src/crypto/labels.ts'
import { TreeUpdate, TreeUpdateKind } from '../../../src/wire/messages.ts'
import { contextAt, freshFrom, idealCipher, name, operations, RUNS, unsafeWithout, World } from './key-tree-world.ts'

const history = fc.tuple(fc.oneof(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 40 })), operations(14))

/** A tree of `size` members after a step, with everybody's part. */
function founded(size: number, fresh = freshFrom('founded')): { tree: KeyTree; members: MemberTree[] } {
  const { tree } = KeyTree.empty().step(size, contextAt(1), fresh)
  const members = Array.from({ length: size }, (_, leaf) => memberOf(tree, leaf))
  return { tree, members }
}

const memberOf = (tree: KeyTree, leaf: number): MemberTree =>
  MemberTree.fromGrant(leaf, tree.depth, tree.pathKeys(leaf))!

const rootOf = (tree: MemberTree | undefined): string | undefined => tree && hex(tree.rootKey)

describe('core/channel/key-tree', function () {
  this.timeout(120_000 + 200 * RUNS)

  describe('histories', () => {
    it('every member has the keys of its path after any history, and each update says which wraps it needs', () => {
      fc.assert(
        fc.property(history, ([size, list]) => {
          const world = new World(size, idealCipher())
          for (const operation of list) world.run(operation)
        }),
        { numRuns: RUNS, seed: 1 }
      )
    })

    it('nobody reads an epoch it was not a member of: not the removed, not later joiners, not all of them together', () => {
      fc.assert(
        fc.property(history, ([size, list]) => {
          const world = new World(size, idealCipher())
          for (const operation of list) world.run(operation)
          assert.deepEqual(world.readableByOutsiders(), [])
        }),
        { numRuns: RUNS, seed: 2 }
      )
    })

    it('a member state stolen later opens no epoch recorded earlier', () => {
      fc.assert(
        fc.property(history, ([size, list]) => {
          const world = new World(size, idealCipher())
          for (const operation of list) world.run(operation)
          assert.deepEqual(world.readableByThieves(), [])
        }),
        { numRuns: RUNS, seed: 3 }
      )
    })

    it('the same holds with real cryptography', () => {
      fc.assert(
        fc.property(history, ([size, list]) => {
          const world = new World(size, TREE_CIPHER)
          for (const operation of list) world.run(operation)
          assert.deepEqual(world.readableByOutsiders(), [])
          assert.deepEqual(world.readableByThieves(), [])
        }),
        { numRuns: Math.ceil(RUNS / 10), seed: 4 }
      )
    })

    it('the same holds in trees of up to 4,096 leaves, for the members watched', () => {
      fc.assert(
        fc.property(fc.integer({ min: 500, max: 4_000 }), operations(6, 60), (size, list) => {
          const world = new World(size, idealCipher(), 24)
          for (const { removed, ...operation } of list) {
            world.run({ ...operation, removed: [...removed, ...removed.map((leaf) => leaf % 24)] })
          }
          assert.deepEqual(world.readableByOutsiders(), [])
          assert.deepEqual(world.readableByThieves(), [])
        }),
        { numRuns: Math.ceil(RUNS / 10), seed: 5 }
      )
    })

    for (const [what, label, find] of [
      ['ratchet on use', LABEL.treeRatchet, 'readableByThieves'],
      ['the one-way step', LABEL.treeStep, 'readableByOutsiders']
    ] as const) {
      it(`without ${what} the same search finds epochs that can be read`, () => {
        let found = 0
        fc.assert(
          fc.property(history, ([size, list]) => {
            const world = new World(size, unsafeWithout(label, idealCipher()))
            for (const operation of list) world.run(operation)
            found += world[find]().length
          }),
          { numRuns: 50, seed: 6 }
        )
        assert.isAbove(found, 0)
      })
    }

    it('a tree exported and imported at any moment goes on as if it had not been', () => {
      fc.assert(
        fc.property(history, ([size, list]) => {
          const world = new World(size, idealCipher())
          for (const operation of list) {
            const bytes = world.manager.export()
            const again = KeyTree.import(bytes, world.record.cipher)!
            assert.strictEqual(name(again.export()), name(bytes))
            world.manager = again
            for (const person of world.members) {
              const stored = person.tree!.export()
              person.tree = MemberTree.import(stored, world.record.cipher)!
              assert.strictEqual(name(person.tree.export()), name(stored))
            }
            world.run(operation)
          }
        }),
        { numRuns: Math.ceil(RUNS / 5), seed: 7 }
      )
    })
  })

  describe('an operation', () => {
    it('leaves the tree it was asked of as it was', () => {
      const { tree } = founded(37)
      const before = hex(tree.export())
      tree.step(40, contextAt(2), freshFrom('a'))
      tree.path(
        { removed: [0, 5], refreshed: new Map([[7, freshFrom('k')()]]), joiners: 50 },
        contextAt(2),
        freshFrom('a')
      )
      tree.path({}, contextAt(2), freshFrom('a'))
      assert.strictEqual(hex(tree.export()), before)
    })

    it('places joiners in the lowest blank leaves and grows only when none is left', () => {
      const { tree } = founded(8)
      assert.strictEqual(tree.depth, 3)
      const some = tree.path({ removed: [6, 2] }, contextAt(2), freshFrom('a')).tree
      const back = some.step(2, contextAt(3), freshFrom('b'))
      assert.deepEqual([back.update.added, back.update.depth], [[2, 6], 3])
      const grown = back.tree.step(1, contextAt(4), freshFrom('c'))
      assert.deepEqual([grown.update.added, grown.update.depth], [[8], 4])
      const replaced = back.tree.path({ removed: [3], joiners: 2 }, contextAt(4), freshFrom('c'))
      assert.deepEqual([replaced.update.added, replaced.update.depth], [[3, 8], 4])
      const far = back.tree.step(25, contextAt(4), freshFrom('c'))
      assert.deepEqual([far.update.depth, far.tree.size], [6, 33])
    })

    it('says which leaves newcomers would take: the lowest blank ones, those about to be removed among them', () => {
      const { tree } = founded(8)
      assert.deepEqual(tree.placesFor(0), [])
      assert.deepEqual(tree.placesFor(2), [8, 9])
      assert.deepEqual(tree.placesFor(3, [6, 2]), [2, 6, 8])
      const some = tree.path({ removed: [6, 2] }, contextAt(2), freshFrom('a')).tree
      assert.deepEqual(some.placesFor(3), [2, 6, 8])
      assert.deepEqual(KeyTree.empty().placesFor(3), [0, 1, 2])
      const key = sha256()
      const filled = some.path({ refreshed: new Map([[2, key]]) }, contextAt(3), freshFrom('b')).tree
      assert.deepEqual([filled.placesFor(2), filled.size, filled.isOccupied(2)], [[6, 8], 7, true])
      assert.deepEqual(filled.step(2, contextAt(4), freshFrom('c')).update.added, [6, 8])
    })

    it('lets members in by leaf keys of their own, into blank leaves, freed ones and the new half of the tree', () => {
      const { tree, members } = founded(8)
      const keys = new Map(tree.placesFor(2, [5]).map((leaf) => [leaf, sha256(Uint8Array.of(leaf))]))
      assert.deepEqual([...keys.keys()], [5, 8])
      const changes = { removed: [5, 6], refreshed: keys, joiners: 2 }
      const { update, rootKey, tree: next } = tree.path(changes, contextAt(2), freshFrom('a'))
      const lists = [update.removed, update.refreshed, update.added]
      assert.deepEqual(lists, [
        [5, 6],
        [5, 8],
        [6, 9]
      ])
      assert.deepEqual([update.depth, next.size], [4, 10])
      for (const [leaf, key] of keys) {
        const member = MemberTree.fromPath(update, leaf, key, contextAt(2))
        assert.strictEqual(hex(member!.export().subarray(6)), hex(next.pathKeys(leaf)))
        const { wraps, ...rest } = update
        const needed = wrapIndexes(update, leaf)
        const wrapAt = (index: number) =>
          needed.includes(index) ? wraps.subarray(40 * index, 40 * index + 40) : undefined
        const bare = { ...rest, wraps: new Uint8Array(0) }
        assert.strictEqual(rootOf(MemberTree.fromPath(bare, leaf, key, contextAt(2), { wrapAt })), hex(rootKey))
      }
      for (const member of members) {
        const isStaying = member.leaf !== 5 && member.leaf !== 6
        assert.strictEqual(rootOf(member.apply(update, contextAt(2))), isStaying ? hex(rootKey) : undefined)
      }
    })

    it('takes members into a tree that has none, and far above those it has', () => {
      const keys = new Map([0, 1, 2].map((leaf) => [leaf, sha256(Uint8Array.of(leaf))]))
      const first = KeyTree.empty().path({ refreshed: keys }, contextAt(1), freshFrom('a'))
      const members = [...keys].map(([leaf, key]) => MemberTree.fromPath(first.update, leaf, key, contextAt(1)))
      for (const member of members) assert.strictEqual(rootOf(member), hex(first.rootKey))
      const far = first.tree.path({ refreshed: new Map([[29, sha256()]]) }, contextAt(2), freshFrom('b'))
      assert.deepEqual([far.update.depth, far.tree.size], [5, 4])
      for (const member of members)
        assert.strictEqual(rootOf(member!.apply(far.update, contextAt(2))), hex(far.rootKey))
      assert.strictEqual(rootOf(MemberTree.fromPath(far.update, 29, sha256(), contextAt(2))), hex(far.rootKey))
    })

    for (const size of [1, 2, 3, 4, 5, 8, 9]) {
      it(`works with ${size} members: removing all but one, stepping, a fresh root, and a rebuild`, () => {
        const { tree, members } = founded(size)
        const check = (change: TreeChange, staying: readonly MemberTree[], serial: number): void => {
          for (const member of staying) {
            const next = member.apply(change.update, contextAt(serial))
            assert.strictEqual(rootOf(next), hex(change.rootKey))
          }
        }
        check(tree.step(0, contextAt(2), freshFrom('a')), members, 2)
        check(tree.step(size, contextAt(2), freshFrom('a')), members, 2)
        const root = tree.path({}, contextAt(2), freshFrom('a'))
        check(root, members, 2)
        assert.strictEqual(root.update.wraps.length, 40 * Math.min(size, 2))
        for (const keeper of [0, size - 1]) {
          const removed = members.map((member) => member.leaf).filter((leaf) => leaf !== keeper)
          if (removed.length === 0) continue
          const change = tree.path({ removed }, contextAt(2), freshFrom('a'))
          check(change, [members[keeper]!], 2)
          assert.strictEqual(change.update.wraps.length, 40)
          for (const leaf of removed) assert.isUndefined(members[leaf]!.apply(change.update, contextAt(2)))
          const again = change.tree.step(size, contextAt(3), freshFrom('b'))
          check(again, [members[keeper]!.apply(change.update, contextAt(2))!], 3)
        }
        const secrets = members.map(freshFrom('leaf'))
        const rebuilt = KeyTree.rebuild(secrets, contextAt(4))
        assert.strictEqual(rebuilt.update.wraps.length, 40 * (size - 1))
        secrets.forEach((secret, leaf) => {
          const member = MemberTree.fromRebuild(rebuilt.update, leaf, secret, contextAt(4))
          assert.strictEqual(rootOf(member), hex(rebuilt.rootKey))
          assert.strictEqual(hex(member!.export().subarray(6)), hex(rebuilt.tree.pathKeys(leaf)))
          assert.strictEqual(wrapIndexes(rebuilt.update, leaf).length, leaf.toString(2).replaceAll('0', '').length)
        })
        assert.isUndefined(MemberTree.fromRebuild(rebuilt.update, size, secrets[0]!, contextAt(4)))
      })
    }

    it('gives a returning member a new leaf and its path, and takes the others along', () => {
      const { tree, members } = founded(11)
      const back = tree.step(2, contextAt(2), freshFrom('a'), [4])
      assert.deepEqual([back.update.added, back.tree.size], [[4, 11, 12], 13])
      for (const member of members) {
        const next = member.apply(back.update, contextAt(2))
        assert.strictEqual(rootOf(next), member.leaf === 4 ? undefined : hex(back.rootKey))
      }
      assert.strictEqual(rootOf(memberOf(back.tree, 4)), hex(back.rootKey))
      assert.notStrictEqual(hex(back.tree.pathKeys(4).subarray(0, 32)), hex(tree.pathKeys(4).subarray(0, 32)))
      const { update, rootKey } = back.tree.path({ removed: [5] }, contextAt(3), freshFrom('b'))
      assert.strictEqual(rootOf(memberOf(back.tree, 4).apply(update, contextAt(3))), hex(rootKey))
      assert.throws(() => tree.step(0, contextAt(2), freshFrom('a'), [11]), UsageError)
    })

    it('refuses what has no meaning', () => {
      const { tree } = founded(4)
      const refuse = (act: () => unknown): void => assert.throws(act, UsageError)
      refuse(() => KeyTree.empty().step(0, contextAt(1), freshFrom('a')))
      refuse(() => KeyTree.empty().path({}, contextAt(1), freshFrom('a')))
      refuse(() => KeyTree.empty().rootKey)
      refuse(() => KeyTree.rebuild([], contextAt(1)))
      refuse(() => tree.path({ removed: [0, 1, 2, 3] }, contextAt(2), freshFrom('a')))
      refuse(() => tree.path({ removed: [1, 1] }, contextAt(2), freshFrom('a')))
      refuse(() => tree.path({ removed: [4] }, contextAt(2), freshFrom('a')))
      for (const leaf of [-1, 0.5, Number.NaN, 2 ** 20]) {
        refuse(() => tree.path({ refreshed: new Map([[leaf, sha256()]]) }, contextAt(2), freshFrom('a')))
      }
      refuse(() => tree.pathKeys(4))
      refuse(() => tree.step(2 ** 20, contextAt(2), freshFrom('a')))
      assert.strictEqual(tree.path({ removed: [0, 1, 2, 3], joiners: 1 }, contextAt(2), freshFrom('a')).tree.size, 1)
    })

    it('costs one wrap for each level to remove a member of a full tree', () => {
      const { tree } = founded(1024)
      const { update } = tree.path({ removed: [17] }, contextAt(2), freshFrom('a'))
      assert.strictEqual(update.wraps.length, 40 * 10)
      assert.isAtMost(TreeUpdate.encode(update).length, 420)
      assert.isAtMost(TreeUpdate.encode(tree.step(1, contextAt(2), freshFrom('a')).update).length, 8)
    })

    it('gives the bytes it gave when the format was frozen', () => {
      const { tree, members } = founded(5)
      const key = sha256(new Uint8Array(1))
      const changes = { removed: [1], refreshed: new Map([[3, key]]), joiners: 5 }
      const { update, rootKey } = tree.path(changes, contextAt(2), freshFrom('frozen'))
      const rebuilt = KeyTree.rebuild(members.map(freshFrom('leaf')), contextAt(2))
      const all = [update, rebuilt.update].map((one) => TreeUpdate.encode(one))
      assert.deepEqual(
        [...all, rootKey, rebuilt.rootKey].map((bytes) => hex(sha256(bytes)).slice(0, 16)),
        FROZEN
      )
    })
  })

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

  describe('stored bytes', () => {
    it('that are not a tree are not taken for one', () => {
      const bytes = founded(5).tree.export()
      assert.isDefined(KeyTree.import(bytes))
      assert.isUndefined(KeyTree.import(bytes.subarray(1)))
      assert.isUndefined(KeyTree.import(bytes.subarray(0, bytes.length - 1)))
      assert.isUndefined(KeyTree.import(new Uint8Array([...bytes, 0])))
      assert.isUndefined(KeyTree.import(new Uint8Array(0)))
      assert.isUndefined(KeyTree.import(bytes.map((byte, i) => (i > 2 ? 0 : byte))))
      const member = founded(5).members[4]!.export()
      assert.isDefined(MemberTree.import(member))
      assert.isUndefined(MemberTree.import(member.subarray(0, member.length - 1)))
      assert.isUndefined(MemberTree.import(new Uint8Array(3)))
      assert.isUndefined(MemberTree.import(member.map((byte, i) => (i === 5 ? 8 : byte))))
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

/** First 8 bytes of SHA-256: a PATH update, a REBUILD update, their root keys. */
const FROZEN = ['7e20f3036c7aa89b', '2f87143418eec7a8', '8fd360fa6c5368bf', '3be1f655584e1d45']
