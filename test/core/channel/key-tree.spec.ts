import { assert } from 'chai'
import { hex } from '../../../src/base/bytes.ts'
import { UsageError } from '../../../src/base/errors.ts'
import { KeyTree, type TreeChange } from '../../../src/core/channel/key-tree.ts'
import { MemberTree, wrapIndexes } from '../../../src/core/channel/key-tree-member.ts'
import { sha256 } from '../../../src/crypto/kdf.ts'
import { TreeUpdate } from '../../../src/wire/messages.ts'
import { contextAt, founded, freshFrom, memberOf, RUNS, rootOf } from './key-tree-world.ts'

describe('core/channel/key-tree', function () {
  this.timeout(120_000 + 200 * RUNS)

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
      for (const leaf of [4, -1, 0.5, Number.NaN, 2 ** 21]) {
        refuse(() => tree.path({ removed: [leaf] }, contextAt(2), freshFrom('a')))
        refuse(() => tree.step(0, contextAt(2), freshFrom('a'), [leaf]))
        refuse(() => tree.pathKeys(leaf))
      }
      for (const leaf of [-1, 0.5, Number.NaN, 2 ** 20]) {
        refuse(() => tree.path({ refreshed: new Map([[leaf, sha256()]]) }, contextAt(2), freshFrom('a')))
      }
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

  describe('stored bytes', () => {
    it('that are not a tree are not taken for one', () => {
      const bytes = founded(5).tree.export()
      assert.isDefined(KeyTree.import(bytes))
      assert.isUndefined(KeyTree.import(bytes.subarray(1)))
      assert.isUndefined(KeyTree.import(bytes.subarray(0, bytes.length - 1)))
      assert.isUndefined(KeyTree.import(new Uint8Array([...bytes, 0])))
      assert.isUndefined(KeyTree.import(new Uint8Array(0)))
      const member = founded(5).members[4]!.export()
      assert.isDefined(MemberTree.import(member))
      assert.isUndefined(MemberTree.import(member.subarray(0, member.length - 1)))
      assert.isUndefined(MemberTree.import(new Uint8Array(3)))
      assert.isUndefined(MemberTree.import(member.map((byte, i) => (i === 5 ? 8 : byte))))
    })
  })
})

/** First 8 bytes of SHA-256: a PATH update, a REBUILD update, their root keys. */
const FROZEN = ['7e20f3036c7aa89b', '2f87143418eec7a8', '8fd360fa6c5368bf', '3be1f655584e1d45']
