import { assert } from 'chai'
import fc from 'fast-check'
import { KeyTree } from '../../../src/core/channel/key-tree.ts'
import { MemberTree } from '../../../src/core/channel/key-tree-member.ts'
import { TREE_CIPHER } from '../../../src/core/channel/key-tree-update.ts'
import { LABEL } from '../../../src/crypto/labels.ts'
import { Group } from './key-tree-groups.ts'
import { idealCipher, name, operations, RUNS, unsafeWithout, World } from './key-tree-world.ts'

/** Histories of small trees in one run of the tests. */
const HISTORIES = Math.max(10_000, RUNS)

const short = fc.tuple(fc.integer({ min: 1, max: 6 }), operations(5, 2))
const long = fc.tuple(fc.oneof(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 40 })), operations(14))

/** After any history: everybody entitled has followed, nobody else knows a thing, nor does who steals a state later. */
function holds(world: World): void {
  world.settle()
  assert.deepEqual(world.readableByOutsiders(), [])
  assert.deepEqual(world.readableByThieves(), [])
}

describe('core/channel/key-tree histories', function () {
  this.timeout(120_000 + 200 * RUNS)

  it('members follow, nobody reads an epoch it was not in, and a stolen state opens none before: short histories', () => {
    let histories = 0
    fc.assert(
      fc.property(short, ([size, list]) => {
        const world = new World(size, idealCipher())
        for (const operation of list) world.run(operation)
        holds(world)
        histories++
      }),
      { numRuns: HISTORIES, seed: 1 }
    )
    assert.isAtLeast(histories, 10_000)
  })

  it('the same holds in longer histories', () => {
    fc.assert(
      fc.property(long, ([size, list]) => {
        const world = new World(size, idealCipher())
        for (const operation of list) world.run(operation)
        holds(world)
      }),
      { numRuns: RUNS, seed: 2 }
    )
  })

  it('the same holds with real cryptography', () => {
    fc.assert(
      fc.property(long, ([size, list]) => {
        const world = new World(size, TREE_CIPHER)
        for (const operation of list) world.run(operation)
        holds(world)
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
        holds(world)
      }),
      { numRuns: Math.ceil(RUNS / 10), seed: 5 }
    )
  })

  it('the same holds for the trees of groups, whose members need no grant: whoever is not in a group reads none of it', () => {
    const moves = fc.array(fc.tuple(fc.array(fc.nat(), { maxLength: 3 }), fc.array(fc.nat(), { maxLength: 3 })))
    fc.assert(
      fc.property(fc.tuple(fc.integer({ min: 1, max: 6 }), operations(6, 2)), moves, ([size, list], moving) => {
        const world = new World(size, idealCipher())
        const groups = [new Group(world, 1), new Group(world, 2)]
        for (const [i, operation] of list.entries()) {
          world.run(operation)
          world.settle()
          const isAnew = operation.kind === 'crash' || operation.kind === 'rebuild'
          for (const [g, group] of groups.entries()) group.follow(moving[i]?.[g] ?? [i + g], isAnew)
        }
        holds(world)
        for (const group of groups) assert.deepEqual(group.readableByOutsiders(), [])
      }),
      { numRuns: RUNS * 2, seed: 8 }
    )
  })

  for (const [what, label, find] of [
    ['ratchet on use', LABEL.treeRatchet, 'readableByThieves'],
    ['the one-way step', LABEL.treeStep, 'readableByOutsiders']
  ] as const) {
    it(`without ${what} the same search finds epochs that can be read`, () => {
      let found = 0
      fc.assert(
        fc.property(short, ([size, list]) => {
          const world = new World(size, unsafeWithout(label, idealCipher()))
          for (const operation of list) world.run(operation)
          world.settle()
          found += world[find]().length
        }),
        { numRuns: 200, seed: 6 }
      )
      assert.isAbove(found, 0)
    })
  }

  it('a tree exported and imported at any moment goes on as if it had not been', () => {
    fc.assert(
      fc.property(long, ([size, list]) => {
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
