/**
 * The key tree as a crowd's managers have it: who sits on which leaf, and how an epoch's changes become one update. As
 * `TreeKeeper` does it, over terms.
 */
import { present } from '../../base/assert.ts'
import { IdSet } from '../../core/channel/id-set.ts'
import { KeyTree, type TreeChange } from '../../core/channel/key-tree.ts'
import type { TreeContext } from '../../core/channel/key-tree-update.ts'
import { type Terms, termOf } from './terms.ts'

/** Leaf and secret of each leaf of a rebuilt tree, by peer; no secret where the manager knows no prekey to give it by. */
export type Rebuilt = ReadonlyMap<number, { readonly leaf: number; readonly secret: number | undefined }>

export interface OfficeChange extends TreeChange {
  readonly granted: readonly number[]
  readonly gone: readonly number[]
  readonly rebuilt: Rebuilt | undefined
  /** Terms from this one on were made with it. */
  readonly firstTerm: number
  /** Notes who sits where. */
  readonly settle: () => void
}

/** Faults for tests, each of which checkers must see. */
export type UnsafeTree = 'wraps for who is removed' | 'keeps a node'

export class OfficeTree {
  readonly #terms: Terms
  #tree: KeyTree
  #leaves = new Map<number, number>()
  /** The roster of the epoch issued last. */
  #members = IdSet.EMPTY
  unsafe: UnsafeTree | undefined

  constructor(terms: Terms) {
    this.#terms = terms
    this.#tree = KeyTree.empty(terms.cipher)
  }

  /** Who is not in this roster any more, by user. */
  goneFrom(roster: IdSet): Uint8Array[] {
    return this.#members.minus(roster)
  }

  /** Who is granted the key gets a leaf or a new one, who is gone loses it. @param roster - of the new epoch. */
  change(context: TreeContext, roster: IdSet, granted: readonly number[], gone: readonly number[]): OfficeChange {
    const { fresh, size: firstTerm } = this.#terms
    const joining = granted.filter((peer) => !this.#leaves.has(peer))
    const returning = granted.flatMap((peer) => this.#leaves.get(peer) ?? [])
    const removed = gone.flatMap((peer) => this.#leaves.get(peer) ?? [])
    const change =
      gone.length > 0
        ? this.#remove(removed, returning, joining.length, context)
        : this.#tree.step(joining.length, context, fresh, returning)
    const free = change.update.added.filter((leaf) => !returning.includes(leaf))
    const settle = (): void => {
      for (const peer of gone) this.#leaves.delete(peer)
      for (const [i, peer] of joining.entries()) this.#leaves.set(peer, free[i]!)
      this.#members = roster
    }
    return { ...change, granted, gone, rebuilt: undefined, firstTerm, settle }
  }

  #remove(removed: readonly number[], returning: readonly number[], joiners: number, context: TreeContext): TreeChange {
    const { fresh } = this.#terms
    const refreshed = new Map(returning.map((leaf) => [leaf, fresh()]))
    if (this.unsafe === 'wraps for who is removed') {
      for (const leaf of removed) refreshed.set(leaf ^ 1, fresh())
      return this.#tree.path({ removed: [], refreshed, joiners }, context, fresh)
    }
    return this.#tree.path({ removed, refreshed, joiners }, context, this.#freshFor(removed))
  }

  /** What a secret begins with; unsafely something that who is removed has. */
  #freshFor(removed: readonly number[]): () => Uint8Array {
    const [leaf] = removed
    if (this.unsafe !== 'keeps a node' || leaf === undefined) return this.#terms.fresh
    return () => this.#tree.pathKeys(leaf).slice(32, 64)
  }

  /**
   * A tree for a new term, over everybody in the roster so far.
   *
   * @param members - that roster.
   * @param peers - the peers in it, in the same order.
   * @param isKnown - whether a peer's prekey is known, and it stays.
   */
  rebuild(
    context: TreeContext,
    members: IdSet,
    peers: readonly number[],
    gone: readonly number[],
    isKnown: (peer: number) => boolean
  ): OfficeChange {
    const { fresh, size: firstTerm } = this.#terms
    const rebuilt = new Map<number, { readonly leaf: number; readonly secret: number | undefined }>()
    const secrets = peers.map((peer, leaf) => {
      const secret = fresh()
      rebuilt.set(peer, { leaf, secret: isKnown(peer) ? termOf(secret) : undefined })
      return secret
    })
    const change = KeyTree.rebuild(secrets, context, this.#terms.cipher)
    const settle = (): void => {
      this.#leaves = new Map(peers.map((peer, leaf) => [peer, leaf]))
      this.#members = members
    }
    return { ...change, granted: [], gone, rebuilt, firstTerm, settle }
  }

  /** Puts a change in force. */
  commit({ tree, settle }: OfficeChange): void {
    this.#tree = tree
    settle()
  }

  /** A peer's leaf, and the terms of its path. @throws {InternalError} for who has no leaf. */
  placeOf(peer: number): { leaf: number; path: number[] } {
    const leaf = present(this.#leaves.get(peer), 'who is granted a key has a leaf')
    const keys = this.#tree.pathKeys(leaf)
    return { leaf, path: Array.from({ length: keys.length / 32 }, (_, level) => termOf(keys.subarray(32 * level))) }
  }
}
