/**
 * A manager and all members of one tree, through a history, beside a record of every derivation and every wrap.
 *
 * Every arrow of the record has one premise (a key gives what is derived from it; a wrapping key gives what it wraps, all
 * wraps being public), so what several people know together is the union of what each knows, and `closure` is exact as far
 * as nobody guesses keys.
 */
import { assert } from 'chai'
import fc from 'fast-check'
import { KeyTree, type TreeChange } from '../../../src/core/channel/key-tree.ts'
import { MemberTree, wrapIndexes } from '../../../src/core/channel/key-tree-member.ts'
import { TREE_CIPHER, type TreeCipher, type TreeContext } from '../../../src/core/channel/key-tree-update.ts'
import { sha256 } from '../../../src/crypto/kdf.ts'
import type { Label } from '../../../src/crypto/labels.ts'
import type { TreeUpdate } from '../../../src/wire/messages.ts'

export const RUNS = Number(process.env['NUM_RUNS'] ?? 150)

export const name = (bytes: Uint8Array): string => Buffer.from(bytes).toString('latin1')

export const contextAt = (serial: number): TreeContext => ({
  channel: new Uint8Array(32).fill(7),
  group: new Uint8Array(0),
  term: 3,
  serial
})

/** Seeded bytes: a different value at each call. */
export function freshFrom(seed: string): () => Uint8Array {
  let count = 0
  return () => sha256(Buffer.from(`${seed}/${count++}`))
}

/** Tagged terms instead of cryptography: equal inputs give equal terms and nothing else is equal. */
export function idealCipher(): TreeCipher {
  const terms = new Map<string, Uint8Array>()
  const payloads = new Map<string, Uint8Array>()
  const term = (description: string, length: number): Uint8Array => {
    let bytes = terms.get(description)
    if (bytes === undefined) {
      bytes = new Uint8Array(length).fill(0xa5)
      new DataView(bytes.buffer).setUint32(0, terms.size)
      terms.set(description, bytes)
    }
    return bytes.slice()
  }
  return {
    derive: (secret, label, context) => term(`${label}|${name(secret)}|${context.map(name).join('|')}`, 32),
    wrap(kek, key) {
      const wrapped = term(`wrap|${name(kek)}|${name(key)}`, 40)
      payloads.set(name(kek) + name(wrapped), key.slice())
      return wrapped
    },
    unwrap: (kek, wrapped) => payloads.get(name(kek) + name(wrapped))?.slice()
  }
}

/** A cipher that lacks one derivation: the key stays what it was. */
export function unsafeWithout(label: Label, cipher: TreeCipher): TreeCipher {
  return {
    ...cipher,
    derive: (secret, l, context) => (l === label ? secret.slice() : cipher.derive(secret, l, context))
  }
}

/** Remembers what leads to what. */
export class Record {
  readonly arrows = new Map<string, Set<string>>()
  readonly cipher: TreeCipher

  constructor(cipher: TreeCipher = TREE_CIPHER) {
    const note = (from: Uint8Array, to: Uint8Array) => {
      const targets = this.arrows.get(name(from))
      if (targets === undefined) this.arrows.set(name(from), new Set([name(to)]))
      else targets.add(name(to))
    }
    this.cipher = {
      derive(secret, label, context) {
        const key = cipher.derive(secret, label, context)
        note(secret, key)
        return key
      },
      wrap(kek, key) {
        note(kek, key)
        return cipher.wrap(kek, key)
      },
      unwrap: cipher.unwrap
    }
  }

  /** All that can be derived from keys, with every published wrap at hand. */
  closure(keys: Iterable<string>): Set<string> {
    const known = new Set(keys)
    for (const key of known) for (const target of this.arrows.get(key) ?? []) known.add(target)
    return known
  }
}

/** One membership: a person who comes back is another one. */
export interface Person {
  leaf: number
  tree: MemberTree | undefined
  readonly since: number
  until: number
  /** Every key this person ever held, by epoch. */
  readonly held: Map<number, string[]>
}

export interface Operation {
  readonly kind: 'step' | 'path' | 'root' | 'rebuild'
  readonly joiners: number
  readonly removed: readonly number[]
  readonly refreshed: readonly number[]
  /** One for each who comes in by a leaf key of its own: which of the lowest blank leaves it takes. */
  readonly newcomers: readonly number[]
}

export const operations = (length: number, joiners = 5): fc.Arbitrary<Operation[]> =>
  fc.array(
    fc.record({
      kind: fc.constantFrom('step', 'path', 'path', 'path', 'root', 'rebuild'),
      joiners: fc.nat(joiners),
      removed: fc.array(fc.nat(), { maxLength: 6 }),
      refreshed: fc.array(fc.nat(), { maxLength: 3 }),
      newcomers: fc.array(fc.nat(4), { maxLength: 3 })
    }),
    { minLength: 1, maxLength: length }
  )

const split = (bytes: Uint8Array): string[] => {
  const keys: string[] = []
  for (let i = 0; i < bytes.length; i += 32) keys.push(name(bytes.subarray(i, i + 32)))
  return keys
}

export class World {
  readonly record: Record
  readonly fresh: () => Uint8Array
  readonly people: Person[] = []
  readonly roots: string[] = []
  manager: KeyTree
  /** Members beyond this many are the manager's word only. */
  readonly watched: number

  constructor(size: number, cipher: TreeCipher, watched = Number.POSITIVE_INFINITY) {
    this.record = new Record(cipher)
    this.fresh = freshFrom('world')
    this.watched = watched
    this.manager = KeyTree.empty(this.record.cipher)
    this.#adopt(this.manager.step(size, contextAt(0), this.fresh), new Map())
  }

  get members(): Person[] {
    return this.people.filter((person) => person.until === Number.POSITIVE_INFINITY)
  }

  get epoch(): number {
    return this.roots.length - 1
  }

  run(operation: Operation): void {
    const members = this.members
    const pick = (numbers: readonly number[]) => new Set(numbers.map((n) => members[n % members.length]!))
    const context = contextAt(this.roots.length)
    if (operation.kind === 'step') {
      this.#adopt(this.manager.step(operation.joiners, context, this.fresh), new Map())
    } else if (operation.kind === 'rebuild') {
      this.#rebuild(context)
    } else {
      const isPath = operation.kind === 'path'
      const removed = pick(isPath ? operation.removed : [])
      if (removed.size === members.length) removed.delete(members[0]!)
      const refreshed = new Map<Person, Uint8Array>()
      for (const person of pick(isPath ? operation.refreshed : [])) {
        if (!removed.has(person)) refreshed.set(person, this.fresh())
      }
      const leaves = [...removed].map((person) => person.leaf)
      const places = (isPath ? operation.newcomers : []).map((n) => this.manager.placesFor(n + 1, leaves)[n]!)
      const newcomers = new Map(places.map((leaf) => [leaf, this.fresh()]))
      const change = this.manager.path(
        {
          removed: leaves,
          refreshed: new Map([...[...refreshed].map(([person, key]) => [person.leaf, key] as const), ...newcomers]),
          joiners: isPath ? operation.joiners : 0
        },
        context,
        this.fresh
      )
      this.#adopt(change, refreshed, newcomers)
    }
  }

  /** Everybody applies the update; the removed try to. */
  #adopt(
    change: TreeChange,
    refreshed: ReadonlyMap<Person, Uint8Array>,
    newcomers: ReadonlyMap<number, Uint8Array> = new Map()
  ): void {
    const context = contextAt(this.roots.length)
    const epoch = this.roots.length
    const { update } = change
    for (const person of this.members) {
      const leafKey = refreshed.get(person)
      const options = leafKey === undefined ? {} : { leafKey }
      const next = person.tree?.apply(update, context, options)
      if (update.removed.includes(person.leaf)) {
        assert.isUndefined(next)
        person.until = epoch
        person.tree?.destroy()
        continue
      }
      if (person.tree !== undefined) {
        assert.isDefined(next)
        if (leafKey !== undefined) {
          person.held.set(epoch + 0.5, [name(leafKey)])
          const anew = MemberTree.fromPath(update, person.leaf, leafKey, context, {}, this.record.cipher)
          assert.strictEqual(name(anew!.export()), name(next!.export()))
        }
        this.#checkFetch(person, update, context, options)
      }
      person.tree = next
    }
    this.manager = change.tree
    for (const leaf of update.added) {
      const keys = this.people.length < this.watched ? this.manager.pathKeys(leaf) : undefined
      const tree = keys && MemberTree.fromGrant(leaf, update.depth, keys, this.record.cipher)
      this.people.push({ leaf, tree, since: epoch, until: Number.POSITIVE_INFINITY, held: new Map() })
    }
    for (const [leaf, key] of newcomers) {
      const isWatched = this.people.length < this.watched
      const tree = isWatched ? MemberTree.fromPath(update, leaf, key, context, {}, this.record.cipher) : undefined
      const held = new Map(isWatched ? [[epoch + 0.5, [name(key)]]] : [])
      this.people.push({ leaf, tree, since: epoch, until: Number.POSITIVE_INFINITY, held })
      assert.strictEqual(tree !== undefined, isWatched)
    }
    this.#noteEpoch(change)
  }

  #rebuild(context: TreeContext): void {
    const members = this.members
    const secrets = members.map(this.fresh)
    const change = KeyTree.rebuild(secrets, context, this.record.cipher)
    members.forEach((person, leaf) => {
      person.leaf = leaf
      if (person.tree === undefined) return
      person.tree = MemberTree.fromRebuild(change.update, leaf, secrets[leaf]!, context, {}, this.record.cipher)
      person.held.set(this.roots.length + 0.5, [name(secrets[leaf]!)])
    })
    this.manager = change.tree
    this.#noteEpoch(change)
  }

  /** The promise of the tree: every member has the manager's keys of its path, and no others. */
  #noteEpoch(change: TreeChange): void {
    assert.strictEqual(name(change.rootKey), name(this.manager.rootKey))
    this.roots.push(name(change.rootKey))
    assert.strictEqual(this.manager.size, this.members.length)
    for (const person of this.members) {
      if (person.tree === undefined) continue
      const path = this.manager.pathKeys(person.leaf)
      assert.strictEqual(name(person.tree.export().subarray(6)), name(path))
      assert.strictEqual(name(person.tree.rootKey), this.roots.at(-1))
      person.held.set(this.epoch, split(path))
    }
  }

  /** The wraps `wrapIndexes` names are enough, and none of them is too many. */
  #checkFetch(person: Person, update: TreeUpdate, context: TreeContext, options: { leafKey?: Uint8Array }): void {
    if (this.people.indexOf(person) % 7 !== 0) return
    const indexes = wrapIndexes(update, person.leaf)
    const bare = { ...update, wraps: new Uint8Array(0) }
    const without = (missing: number) => (index: number) =>
      indexes.includes(index) && index !== missing ? update.wraps.subarray(40 * index, 40 * index + 40) : undefined
    const root = person.tree?.apply(bare, context, { ...options, wrapAt: without(-1) })?.rootKey
    const whole = person.tree?.apply(update, context, options)?.rootKey
    assert.strictEqual(name(root!), name(whole!))
    for (const index of indexes) {
      assert.isUndefined(person.tree?.apply(bare, context, { ...options, wrapAt: without(index) }))
    }
  }

  /** What a person can ever derive, from all it held and all that was published. */
  knowledgeOf(person: Person): Set<string> {
    return this.record.closure([...person.held.values()].flat())
  }

  /** Epochs somebody who was not in them can read: there must be none, not even when outsiders of it pool what they have. */
  readableByOutsiders(): number[] {
    const found: number[] = []
    for (const person of this.people) {
      if (person.held.size === 0) continue
      if (person.since === 0 && person.until === Number.POSITIVE_INFINITY) continue
      const known = this.knowledgeOf(person)
      this.roots.forEach((root, epoch) => {
        if ((epoch < person.since || epoch >= person.until) && known.has(root)) found.push(epoch)
      })
    }
    return found
  }

  /** Earlier epochs that a member's state, stolen in a later one, opens from the record: there must be none. */
  readableByThieves(): number[] {
    const found: number[] = []
    for (const person of this.people) {
      for (const [stolenAt, state] of person.held) {
        if (!Number.isInteger(stolenAt)) continue
        const known = this.record.closure(state)
        this.roots.forEach((root, epoch) => {
          if (epoch < stolenAt && known.has(root)) found.push(epoch)
        })
      }
    }
    return found
  }
}
