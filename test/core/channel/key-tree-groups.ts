/**
 * A group of a channel's members with a tree of its own, whose leaf keys follow from those of the channel's tree: nobody is
 * granted anything. It lives in the same record, so what follows from the channel's keys is known of.
 */
import { assert } from 'chai'
import { KeyTree, type TreeChange } from '../../../src/core/channel/key-tree.ts'
import { MemberTree } from '../../../src/core/channel/key-tree-member.ts'
import type { TreeContext } from '../../../src/core/channel/key-tree-update.ts'
import { LABEL } from '../../../src/crypto/labels.ts'
import { contextAt, name, type Person, type World } from './key-tree-world.ts'

interface Seat {
  readonly leaf: number
  readonly tree: MemberTree
}

export class Group {
  readonly #world: World
  readonly #id: Uint8Array
  #tree = KeyTree.empty()
  #seats = new Map<Person, Seat>()
  /** Root keys and who may read under them. */
  readonly #epochs: { readonly root: string; readonly readers: ReadonlySet<Person> }[] = []
  /** Every key of the group's tree that somebody ever held. */
  readonly #held = new Map<Person, string[]>()

  constructor(world: World, id: number) {
    this.#world = world
    this.#id = new Uint8Array(16).fill(id)
    this.#tree = KeyTree.empty(world.record.cipher)
  }

  /**
   * Follows a change of the channel, everybody in it having followed: who left it leaves the group, and some others come
   * and go.
   *
   * @param isAnew - the manager is another one and has nothing of the old tree.
   */
  follow(moving: readonly number[], isAnew: boolean): void {
    const members = this.#world.members
    const moved = new Set(moving.map((n) => members[n % members.length]!))
    const staying = [...this.#seats.keys()].filter((person) => members.includes(person) && !moved.has(person))
    const coming = [...moved].filter((person) => !this.#seats.has(person))
    if (staying.length + coming.length === 0) {
      this.#seats.clear()
      this.#tree = KeyTree.empty(this.#world.record.cipher)
    } else if (isAnew) this.#rebuild([...staying, ...coming])
    else this.#path(staying, coming)
  }

  get #context(): TreeContext {
    return { ...contextAt(this.#epochs.length), group: this.#id }
  }

  /** What follows from a leaf key of the channel's tree, for the manager and for the member alike. */
  #leafKey(channelKey: Uint8Array): Uint8Array {
    const serial = Uint8Array.of(this.#epochs.length)
    return this.#world.record.cipher.deriver(LABEL.refreshLeaf, [this.#id, serial])(channelKey)
  }

  #managersKey = (person: Person): Uint8Array =>
    this.#leafKey(this.#world.manager.pathKeys(person.leaf).subarray(0, 32))

  #membersKey = (person: Person): Uint8Array => this.#leafKey(person.tree!.unsafeNodes()[0]!.key)

  #rebuild(people: readonly Person[]): void {
    const { cipher } = this.#world.record
    const context = this.#context
    const change = KeyTree.rebuild(people.map(this.#managersKey), context, cipher)
    const seats = people.map((person, leaf) => {
      const tree = MemberTree.fromRebuild(change.update, leaf, this.#membersKey(person), context, {}, cipher)
      return [person, { leaf, tree: tree! }] as const
    })
    this.#begin(change, new Map(seats))
  }

  #path(staying: readonly Person[], coming: readonly Person[]): void {
    const { cipher } = this.#world.record
    const context = this.#context
    const removed = [...this.#seats].filter(([person]) => !staying.includes(person)).map(([, { leaf }]) => leaf)
    const places = this.#tree.placesFor(coming.length, removed)
    const refreshed = new Map(coming.map((person, i) => [places[i]!, this.#managersKey(person)]))
    const change = this.#tree.path({ removed, refreshed }, context, this.#world.fresh)
    const seats = new Map<Person, Seat>()
    for (const [person, { leaf, tree }] of this.#seats) {
      const next = tree.apply(change.update, context)
      assert.strictEqual(next !== undefined, staying.includes(person))
      if (next !== undefined) seats.set(person, { leaf, tree: next })
    }
    for (const [i, person] of coming.entries()) {
      const leaf = places[i]!
      const tree = MemberTree.fromPath(change.update, leaf, this.#membersKey(person), context, {}, cipher)
      seats.set(person, { leaf, tree: tree! })
    }
    this.#begin(change, seats)
  }

  #begin(change: TreeChange, seats: Map<Person, Seat>): void {
    const root = name(change.rootKey)
    for (const [person, { leaf, tree }] of seats) {
      assert.strictEqual(name(tree.rootKey), root)
      assert.strictEqual(name(tree.export().subarray(6)), name(change.tree.pathKeys(leaf)))
      const keys = tree.unsafeNodes().map(({ key }) => name(key))
      this.#held.set(person, [...(this.#held.get(person) ?? []), ...keys])
    }
    assert.strictEqual(change.tree.size, seats.size)
    this.#tree = change.tree
    this.#seats = seats
    this.#epochs.push({ root, readers: new Set(seats.keys()) })
  }

  /** Epochs of the group that somebody can read who was not in it then, with all it ever held of channel and groups. */
  readableByOutsiders(): number[] {
    return this.#epochs.flatMap(({ root, readers }, epoch) => {
      const leading = this.#world.record.leadingTo(root)
      const outsiders = this.#world.people.filter((person) => !readers.has(person))
      const isRead = outsiders.some((person) =>
        [...[...person.held.values()].flat(), ...(this.#held.get(person) ?? [])].some((key) => leading.has(key))
      )
      return isRead ? [epoch] : []
    })
  }
}
