/**
 * A manager and all members of one tree, through a history, beside a record of every derivation and every wrap.
 *
 * Every arrow of the record has one premise (a key gives what is derived from it; a wrapping key gives what it wraps, all
 * wraps being public), so what several people know together is the union of what each knows, and who has none of the
 * keys `leadingTo` one does not have that one, as far as nobody guesses keys.
 */
import { assert } from 'chai'
import fc from 'fast-check'
import { hex } from '../../../src/base/bytes.ts'
import { KeyTree, type TreeChange } from '../../../src/core/channel/key-tree.ts'
import { MemberTree, wrapIndexes } from '../../../src/core/channel/key-tree-member.ts'
import { TREE_CIPHER, type TreeCipher, type TreeContext } from '../../../src/core/channel/key-tree-update.ts'
import { sha256 } from '../../../src/crypto/kdf.ts'
import type { Label } from '../../../src/crypto/labels.ts'
import { type TreeUpdate, TreeUpdateKind } from '../../../src/wire/messages.ts'

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

/** A tree of `size` members after a step, with everybody's part. */
export function founded(size: number, fresh = freshFrom('founded')): { tree: KeyTree; members: MemberTree[] } {
  const { tree } = KeyTree.empty().step(size, contextAt(1), fresh)
  const members = Array.from({ length: size }, (_, leaf) => memberOf(tree, leaf))
  return { tree, members }
}

export const memberOf = (tree: KeyTree, leaf: number): MemberTree =>
  MemberTree.fromGrant(leaf, tree.depth, tree.pathKeys(leaf))!

export const rootOf = (tree: MemberTree | undefined): string | undefined => tree && hex(tree.rootKey)

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
    deriver(label, context) {
      const bound = `${label}|${context.map(name).join('|')}`
      return (secret) => term(`${bound}|${name(secret)}`, 32)
    },
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
    deriver: (l, context) => (l === label ? (secret) => secret.slice() : cipher.deriver(l, context))
  }
}

/** Remembers what leads to what. */
export class Record {
  /** For each key those from which it follows in one step, with every published wrap at hand. */
  readonly #sources = new Map<string, Set<string>>()
  readonly cipher: TreeCipher

  constructor(cipher: TreeCipher = TREE_CIPHER) {
    const note = (from: Uint8Array, to: Uint8Array) => {
      const sources = this.#sources.get(name(to))
      if (sources === undefined) this.#sources.set(name(to), new Set([name(from)]))
      else sources.add(name(from))
    }
    this.cipher = {
      deriver(label, context) {
        const derive = cipher.deriver(label, context)
        return (secret) => {
          const key = derive(secret)
          note(secret, key)
          return key
        }
      },
      wrap(kek, key) {
        note(kek, key)
        return cipher.wrap(kek, key)
      },
      unwrap: cipher.unwrap
    }
  }

  /** All keys of which a single one is enough to have this one. */
  leadingTo(key: string): Set<string> {
    const found = new Set([key])
    for (const one of found) for (const source of this.#sources.get(one) ?? []) found.add(source)
    return found
  }
}

/** An update with all that a member needs to follow it. */
interface Told {
  readonly update: TreeUpdate
  readonly epoch: number
  readonly options: { readonly leafKey?: Uint8Array }
}

/** One membership: a person who comes back after a removal is another one. */
export interface Person {
  leaf: number
  tree: MemberTree | undefined
  /** What this person has missed so far, oldest first. */
  missed: Told[]
  readonly since: number
  until: number
  /** Every key this person ever held, by epoch. */
  readonly held: Map<number, string[]>
}

export interface Operation {
  /** `crash`: a change is prepared and lost with the manager, whose successor rebuilds. */
  readonly kind: 'step' | 'path' | 'root' | 'rebuild' | 'crash'
  readonly joiners: number
  readonly removed: readonly number[]
  readonly refreshed: readonly number[]
  /** One for each who comes in by a leaf key of its own: which of the lowest blank leaves it takes. */
  readonly newcomers: readonly number[]
  /** Members who have lost their keys and are granted new ones, in a step. */
  readonly returning: readonly number[]
  /** Members whom this update does not reach, and those who get all they have missed after it. */
  readonly missing: readonly number[]
  readonly hearing: readonly number[]
}

export const operations = (length: number, joiners = 5): fc.Arbitrary<Operation[]> =>
  fc.array(
    fc.record({
      kind: fc.constantFrom('step', 'path', 'path', 'path', 'root', 'rebuild', 'crash'),
      joiners: fc.nat(joiners),
      removed: fc.array(fc.nat(), { maxLength: 6 }),
      refreshed: fc.array(fc.nat(), { maxLength: 3 }),
      newcomers: fc.array(fc.nat(4), { maxLength: 3 }),
      returning: fc.array(fc.nat(), { maxLength: 2 }),
      missing: fc.array(fc.nat(), { maxLength: 3 }),
      hearing: fc.array(fc.nat(), { maxLength: 3 })
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
    this.#missing = pick(operation.missing)
    if (operation.kind === 'step') {
      this.#step(operation.joiners, pick(operation.returning), context)
    } else if (operation.kind === 'rebuild' || operation.kind === 'crash') {
      if (operation.kind === 'crash') this.manager.path({ joiners: operation.joiners }, contextAt(10_000), this.fresh)
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
    for (const person of pick(operation.hearing)) this.#catchUp(person)
  }

  /** Everybody hears of everything that has been announced. */
  settle(): void {
    for (const person of this.people) this.#catchUp(person)
  }

  #missing: ReadonlySet<Person> = new Set()

  #step(joiners: number, returning: ReadonlySet<Person>, context: TreeContext): void {
    const leaves = [...returning].map((person) => person.leaf)
    const change = this.manager.step(joiners, context, this.fresh, leaves)
    for (const person of returning) {
      this.#catchUp(person)
      if (person.tree !== undefined) assert.isUndefined(person.tree.apply(change.update, context))
    }
    const back = new Set(leaves)
    this.#adopt(change, new Map(), new Map(), back)
    for (const person of returning) {
      if (person.tree === undefined) continue
      person.tree = MemberTree.fromGrant(
        person.leaf,
        change.update.depth,
        this.manager.pathKeys(person.leaf),
        this.record.cipher
      )
      this.#check(person)
    }
  }

  /** Everybody who hears it applies the update; the removed try to. */
  #adopt(
    change: TreeChange,
    refreshed: ReadonlyMap<Person, Uint8Array>,
    newcomers: ReadonlyMap<number, Uint8Array> = new Map(),
    returning: ReadonlySet<number> = new Set()
  ): void {
    const epoch = this.roots.length
    const { update } = change
    const staying = this.members
    this.manager = change.tree
    this.#noteEpoch(change)
    for (const person of staying) {
      const leafKey = refreshed.get(person)
      if (update.removed.includes(person.leaf)) person.until = epoch
      if (returning.has(person.leaf) || person.tree === undefined) continue
      if (leafKey !== undefined) this.#hold(person, epoch + 0.5, [name(leafKey)])
      person.missed.push({ update, epoch, options: leafKey === undefined ? {} : { leafKey } })
      if (!this.#missing.has(person)) this.#catchUp(person)
    }
    for (const leaf of update.added) {
      if (returning.has(leaf)) continue
      const keys = this.people.length < this.watched ? this.manager.pathKeys(leaf) : undefined
      this.#enter(leaf, keys && MemberTree.fromGrant(leaf, update.depth, keys, this.record.cipher))
    }
    for (const [leaf, key] of newcomers) {
      const isWatched = this.people.length < this.watched
      const context = contextAt(epoch)
      const tree = isWatched ? MemberTree.fromPath(update, leaf, key, context, {}, this.record.cipher) : undefined
      assert.strictEqual(tree !== undefined, isWatched)
      const person = this.#enter(leaf, tree)
      if (isWatched) this.#hold(person, epoch + 0.5, [name(key)])
    }
    assert.strictEqual(this.manager.size, this.members.length)
  }

  #enter(leaf: number, tree: MemberTree | undefined): Person {
    const until = Number.POSITIVE_INFINITY
    const person: Person = { leaf, tree, missed: [], since: this.epoch, until, held: new Map() }
    this.people.push(person)
    this.#check(person)
    return person
  }

  /** Follows what was missed, one update after the other. */
  #catchUp(person: Person): void {
    const { missed } = person
    if (missed.length > 1) {
      // Out of turn: what comes of it counts for nothing, whatever it is, because epochs hang on those before.
      const before = person.tree && name(person.tree.export())
      const { update, epoch, options } = missed.at(-1)!
      this.#apply(person, update, epoch, options)
      assert.strictEqual(person.tree && name(person.tree.export()), before)
    }
    for (const { update, epoch, options } of missed) {
      const next = this.#apply(person, update, epoch, options)
      if (epoch >= person.until) {
        assert.isUndefined(next)
        person.tree?.destroy()
        person.tree = undefined
        break
      }
      assert.isDefined(next)
      this.#checkFetch(person, update, epoch, options)
      if (options.leafKey !== undefined && update.kind === TreeUpdateKind.PATH) {
        const anew = MemberTree.fromPath(update, next!.leaf, options.leafKey, contextAt(epoch), {}, this.record.cipher)
        assert.strictEqual(name(anew!.export()), name(next!.export()))
      }
      person.tree = next
      this.#check(person, epoch)
    }
    person.missed = []
  }

  #apply(person: Person, update: TreeUpdate, epoch: number, options: Told['options']): MemberTree | undefined {
    const context = contextAt(epoch)
    if (update.kind !== TreeUpdateKind.REBUILD) return person.tree?.apply(update, context, options)
    const leaf = this.#ranks.get(epoch)!.indexOf(person)
    const tree = MemberTree.fromRebuild(update, leaf, options.leafKey!, context, {}, this.record.cipher)
    return tree
  }

  /** The members in the order of their leaves, by the epoch of a rebuild. */
  readonly #ranks = new Map<number, Person[]>()

  #rebuild(context: TreeContext): void {
    const members = this.members
    const secrets = members.map(this.fresh)
    const change = KeyTree.rebuild(secrets, context, this.record.cipher)
    const epoch = this.roots.length
    this.#ranks.set(epoch, members)
    this.manager = change.tree
    this.#noteEpoch(change)
    members.forEach((person, leaf) => {
      person.leaf = leaf
      if (person.tree === undefined) return
      this.#hold(person, epoch + 0.5, [name(secrets[leaf]!)])
      person.missed.push({ update: change.update, epoch, options: { leafKey: secrets[leaf]! } })
      if (!this.#missing.has(person)) this.#catchUp(person)
    })
  }

  #hold(person: Person, at: number, keys: string[]): void {
    person.held.set(at, [...(person.held.get(at) ?? []), ...keys])
  }

  #noteEpoch(change: TreeChange): void {
    assert.strictEqual(name(change.rootKey), name(this.manager.rootKey))
    this.roots.push(name(change.rootKey))
  }

  /** The promise of the tree: a member that has followed to an epoch has the manager's keys of its path, and no others. */
  #check(person: Person, epoch: number = this.epoch): void {
    if (person.tree === undefined) return
    const keys = person.tree.export().subarray(6)
    assert.strictEqual(name(person.tree.rootKey), this.roots[epoch])
    if (epoch === this.epoch && person.tree.leaf === person.leaf) {
      assert.strictEqual(name(keys), name(this.manager.pathKeys(person.leaf)))
    }
    person.held.set(epoch, split(keys))
  }

  /** The wraps `wrapIndexes` names are enough, and none of them is too many. */
  #checkFetch(person: Person, update: TreeUpdate, epoch: number, options: { leafKey?: Uint8Array }): void {
    if (update.kind === TreeUpdateKind.REBUILD || this.people.indexOf(person) % 7 !== 0) return
    const context = contextAt(epoch)
    const indexes = wrapIndexes(update, person.tree!.leaf)
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

  /** Epochs somebody who was not in them can read: there must be none, not even when outsiders of it pool what they have. */
  readableByOutsiders(): number[] {
    return this.#readable((person, epoch) => epoch < person.since || epoch >= person.until)
  }

  /** Earlier epochs that a member's state, stolen in a later one, opens from the record: there must be none. */
  readableByThieves(): number[] {
    return this.#readable((_person, epoch, heldAt) => Number.isInteger(heldAt) && epoch < heldAt)
  }

  /** Epochs that follow from what people held at a time that counts. */
  #readable(counts: (person: Person, epoch: number, heldAt: number) => boolean): number[] {
    return this.roots.flatMap((root, epoch) => {
      const leading = this.record.leadingTo(root)
      return this.people.flatMap((person) =>
        [...person.held].flatMap(([heldAt, keys]) =>
          counts(person, epoch, heldAt) && keys.some((key) => leading.has(key)) ? [epoch] : []
        )
      )
    })
  }
}
