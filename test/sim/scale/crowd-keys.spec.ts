import { expect } from 'chai'
import { KeyTree, type TreeChange } from '../../../src/core/channel/key-tree.ts'
import { MemberTree } from '../../../src/core/channel/key-tree-member.ts'
import { updateHash } from '../../../src/core/channel/key-tree-update.ts'
import { Random } from '../../../src/sim/random.ts'
import { CrowdKeys, readForCrowd } from '../../../src/sim/scale/crowd-keys.ts'
import { keyOf, Terms, termOf } from '../../../src/sim/scale/terms.ts'
import { TreeUpdateKind } from '../../../src/wire/messages.ts'
import { contextAt, name, Record } from '../../core/channel/key-tree-world.ts'

const PEOPLE = 60
const LEVELS = 7

/** A manager's tree, and everybody in it twice: as a real member, and as one of a crowd. */
class Twins {
  readonly terms = new Terms()
  readonly record = new Record(this.terms.cipher)
  readonly keys = new CrowdKeys(PEOPLE, LEVELS, this.terms)
  readonly real = new Map<number, MemberTree>()
  readonly gone = new Map<number, number[]>()
  readonly held = new Map<number, number[]>()
  readonly roots: number[] = []
  tree = KeyTree.empty(this.record.cipher)
  #next = 0

  get members(): number[] {
    return [...this.real.keys()]
  }

  step(joiners: number): void {
    const context = contextAt(this.roots.length)
    this.#follow(this.tree.step(Math.min(joiners, PEOPLE - this.#next), context, this.terms.fresh), [])
  }

  remove(removed: readonly number[], joiners: number): void {
    const context = contextAt(this.roots.length)
    const leaves = removed.map((one) => this.keys.leafOf(one))
    const changes = { removed: leaves, joiners: Math.min(joiners, PEOPLE - this.#next) }
    this.#follow(this.tree.path(changes, context, this.terms.fresh), removed)
  }

  rebuild(): void {
    const context = contextAt(this.roots.length)
    const { members } = this
    const secrets = members.map(() => this.terms.fresh())
    const { tree, update, rootKey } = KeyTree.rebuild(secrets, context, this.record.cipher)
    const read = readForCrowd(update, this.terms.numberOf(updateHash(update, context)))
    this.tree = tree
    this.roots.push(termOf(rootKey))
    for (const [leaf, member] of members.entries()) {
      this.held.get(member)!.push(termOf(secrets[leaf]!))
      expect(this.keys.rebuild(member, leaf, termOf(secrets[leaf]!), read)).to.equal(true)
      this.real.set(member, MemberTree.fromRebuild(update, leaf, secrets[leaf]!, context, {}, this.record.cipher)!)
    }
    this.compare()
  }

  #follow({ tree, update, rootKey }: TreeChange, removed: readonly number[]): void {
    const context = contextAt(this.roots.length)
    const read = readForCrowd(update, this.terms.numberOf(updateHash(update, context)))
    this.tree = tree
    this.roots.push(termOf(rootKey))
    for (const [member, real] of this.real) {
      const next = real.apply(update, context)
      expect(this.keys.apply(member, read), `${member}`).to.equal(next !== undefined)
      if (next !== undefined) this.real.set(member, next)
    }
    for (const member of removed) {
      expect(this.real.delete(member)).to.equal(true)
      this.gone.set(member, this.held.get(member)!)
      this.keys.drop(member)
    }
    for (const leaf of update.added) {
      const member = this.#next++
      const keys = this.tree.pathKeys(leaf)
      const path = Array.from({ length: keys.length / 32 }, (_, level) => termOf(keys.subarray(32 * level)))
      this.keys.take(member, leaf, path)
      this.held.set(member, path)
      this.real.set(member, MemberTree.fromGrant(leaf, path.length - 1, keys, this.record.cipher)!)
    }
    this.compare()
  }

  /** Everybody in the crowd has the very keys of the real member beside it. */
  compare(): void {
    for (const [member, real] of this.real) {
      expect(this.keys.pathOf(member)).to.deep.equal(real.unsafeNodes().map(({ key }) => termOf(key)))
      expect(this.keys.rootOf(member)).to.equal(this.roots.at(-1))
    }
  }
}

function lived(seed: number): Twins {
  const random = new Random(seed, 'twins')
  const twins = new Twins()
  twins.step(random.between(1, 12))
  for (let i = 0; i < 20; i++) {
    const drawn = random.between(0, 9)
    const { members } = twins
    const removed = random.shuffle(members).slice(0, Math.min(random.between(1, 3), members.length - 1))
    if (drawn < 5) twins.step(random.between(0, 9))
    else if (drawn < 8) twins.remove(removed, random.between(0, 3))
    else if (drawn < 9) twins.remove([], 0)
    else twins.rebuild()
  }
  return twins
}

describe('sim/scale/crowd-keys', () => {
  it('gives each member of a crowd the keys that the real code gives it, through any history', () => {
    for (let seed = 1; seed <= 4; seed++) lived(seed)
  })

  it('knows as the checker of the real tree does which roots follow from what anybody held', () => {
    for (let seed = 1; seed <= 2; seed++) {
      const { terms, record, roots, held } = lived(seed)
      for (const root of roots) {
        const leading = record.leadingTo(name(keyOf(root)))
        for (const term of new Set([...held.values()].flat()))
          expect(terms.leadsTo(term, new Set([root]), terms.size)).to.equal(leading.has(name(keyOf(term))))
      }
    }
  })

  it('lets those who were removed derive no later root, all of them together', () => {
    for (let seed = 1; seed <= 4; seed++) {
      const { terms, gone, roots } = lived(seed)
      for (const term of [...gone.values()].flat()) terms.learn(term)
      if (gone.size === 0) continue
      expect(terms.isKnown(roots.at(-1)!)).to.equal(false)
    }
  })

  it('leaves a member that cannot follow with what it had', () => {
    const twins = new Twins()
    twins.step(9)
    const before = twins.keys.pathOf(4)
    const context = contextAt(99)
    const { update } = twins.tree.path({ removed: [2] }, context, twins.terms.fresh)
    // Under another number nothing of it opens.
    expect(twins.keys.apply(4, readForCrowd(update, 1_000))).to.equal(false)
    expect(twins.keys.pathOf(4)).to.deep.equal(before)
    expect(update.kind).to.equal(TreeUpdateKind.PATH)
  })
})
