/**
 * The manager's key tree: a logical key hierarchy with one manager who makes every change (protocol §4).
 *
 * Every node above an occupied leaf has a key, known to the manager and to exactly the members below it; a node with no
 * member below is blank. Whoever leaves knows no key of the tree afterwards, whoever comes knows none from before, and a
 * key that has wrapped something is replaced by its hash on both sides (ratchet on use). A tree is never changed: each
 * operation returns a new one beside the update that says the same to the members, so a change nobody agrees to costs
 * nothing to drop.
 *
 * See Wong, Gouda, Lam 1998; RFC 2627; Bienstock, Dodis, Tang, "Multicast Key Agreement, Revisited", 2021.
 */
import { assert, present } from '../../base/assert.ts'
import { copyBytes, EMPTY } from '../../base/bytes.ts'
import { UsageError } from '../../base/errors.ts'
import { WRAPPED_KEY_BYTES } from '../../crypto/aead.ts'
import { type TreeUpdate, TreeUpdateKind } from '../../wire/messages.ts'
import { KEY_BYTES, NodeStore } from './key-tree-nodes.ts'
import { type Plan, planPath } from './key-tree-plan.ts'
import {
  depthFor,
  MAX_DEPTH,
  maskBytes,
  rebuildMask,
  setBit,
  TREE_CIPHER,
  type TreeCipher,
  type TreeContext,
  UpdateKeys,
  updateHash
} from './key-tree-update.ts'

/** Gives 32 fresh secret bytes each time: random ones, mixed with the manager's secret, the context and the time. */
export type FreshSecret = () => Uint8Array

/** What an operation returns; nothing of it is in force until the announcement is. */
export interface TreeChange {
  /** The tree as it will be. */
  readonly tree: KeyTree
  /** What the members are told. A rebuild's `termKey` and `encapsulations` are the caller's to add. */
  readonly update: TreeUpdate
  /** 32 bytes, the caller's own copy. */
  readonly rootKey: Uint8Array
}

/** What one PATH update does, as one set. */
export interface PathChanges {
  /** Occupied leaves that become blank. */
  readonly removed?: readonly number[]
  /**
   * Leaves and the new 32-byte leaf key of each, which its member must get or compute by itself. A blank leaf, or one that
   * is removed at once, gets a new member that way, without a grant: see `placesFor`.
   */
  readonly refreshed?: ReadonlyMap<number, Uint8Array>
  /** How many join by grant: they take the lowest blank leaves, those just removed among them. */
  readonly joiners?: number
}

const EXPORT_VERSION = 1

export class KeyTree {
  readonly #cipher: TreeCipher
  readonly #nodes: NodeStore
  #size: number
  /** No leaf below this one is blank. */
  #lowestBlank: number

  private constructor(cipher: TreeCipher, nodes: NodeStore, size: number, lowestBlank: number) {
    this.#cipher = cipher
    this.#nodes = nodes
    this.#size = size
    this.#lowestBlank = lowestBlank
  }

  /** A tree without members. @param cipher - another than the real one in tests only. */
  static empty(cipher: TreeCipher = TREE_CIPHER): KeyTree {
    return new KeyTree(cipher, NodeStore.blank(1), 0, 0)
  }

  /**
   * A new tree over given leaf secrets, with one wrap less than members: each parent's secret comes from its left child's
   * and is wrapped under the right child's key.
   *
   * @param leafSecrets - 32 bytes each, for the leaves 0, 1, … in this order; not kept. A secret may serve only trees of
   * different context.
   * @throws {UsageError} `TREE_SIZE` without members or with more than 2^20.
   */
  static rebuild(
    leafSecrets: readonly Uint8Array[],
    context: TreeContext,
    cipher: TreeCipher = TREE_CIPHER
  ): TreeChange {
    const size = leafSecrets.length
    if (size < 1 || size > 2 ** MAX_DEPTH) throw new UsageError('TREE_SIZE', 'a tree has 1 to 2^20 members')
    const depth = depthFor(size)
    const update = blankUpdate(TreeUpdateKind.REBUILD, depth)
    update.present = rebuildMask(size)
    update.wraps = new Uint8Array(WRAPPED_KEY_BYTES * (size - 1))
    const keys = new UpdateKeys(cipher, updateHash(update, context))
    const nodes = NodeStore.blank(depth)
    let secrets = leafSecrets
    for (let i = 0; i < size; i++) nodes.set(0, i, keys.node(secrets[i]!))
    let offset = 0
    for (let level = 1; level <= depth; level++) {
      const parents: Uint8Array[] = []
      for (let position = 0; 2 * position < secrets.length; position++) {
        const secret = keys.path(secrets[2 * position]!)
        parents.push(secret)
        nodes.set(level, position, keys.node(secret))
        if (2 * position + 1 < secrets.length) {
          update.wraps.set(wrapUnderChild(nodes, keys, level - 1, 2 * position + 1, secret), offset)
          offset += WRAPPED_KEY_BYTES
        }
      }
      secrets = parents
    }
    return new KeyTree(cipher, nodes, size, size).#changeWith(update)
  }

  /** The level of the root, at least 1. */
  get depth(): number {
    return this.#nodes.depth
  }

  /** Occupied leaves. */
  get size(): number {
    return this.#size
  }

  /** 32 bytes, a copy. @throws {UsageError} `TREE_SIZE` when there are no members. */
  get rootKey(): Uint8Array {
    const key = this.#nodes.key(this.depth, 0)
    if (key === undefined) throw new UsageError('TREE_SIZE', 'a tree without members has no root key')
    return copyBytes(key)
  }

  isOccupied(leaf: number): boolean {
    return Number.isInteger(leaf) && leaf >= 0 && this.#nodes.key(0, leaf) !== undefined
  }

  /** The keys by node, for checkers of what a thief would have. */
  unsafeNodes(): { readonly level: number; readonly position: number; readonly key: Uint8Array }[] {
    const levels = Array.from({ length: this.depth + 1 }, (_, level) => level)
    return levels.flatMap((level) => {
      const positions = Array.from({ length: 2 ** (this.depth - level) }, (_, position) => position)
      return positions.flatMap((position) => {
        const key = this.#nodes.key(level, position)
        return key === undefined ? [] : [{ level, position, key }]
      })
    })
  }

  /**
   * What a grant carries.
   *
   * @returns a copy: 32 bytes for each node, leaf first, root last.
   * @throws {UsageError} `TREE_LEAF` when nobody is there.
   */
  pathKeys(leaf: number): Uint8Array {
    if (!this.isOccupied(leaf)) throw new UsageError('TREE_LEAF', 'the leaf is blank')
    const bytes = new Uint8Array(KEY_BYTES * (this.depth + 1))
    for (let level = 0; level <= this.depth; level++) {
      bytes.set(present(this.#nodes.key(level, leaf >>> level), 'a node above a member has a key'), KEY_BYTES * level)
    }
    return bytes
  }

  /**
   * Admits members: they take the lowest blank leaves (`update.added`), every key above them steps one-way, and members
   * need nothing but the leaf numbers. With no joiners the root alone steps. A full tree doubles.
   *
   * @param returning - occupied leaves whose members lost their keys: they get a fresh leaf key, their path steps.
   * @throws {UsageError} `TREE_LEAF` for a returning leaf that is blank; `TREE_SIZE` when nobody is or comes in, or past
   * 2^20 leaves.
   */
  step(joiners: number, context: TreeContext, fresh: FreshSecret, returning: readonly number[] = []): TreeChange {
    this.#requireMembers(returning)
    const draft = this.#draft()
    const added = [...draft.#place(joiners), ...returning].sort((a, b) => a - b)
    for (const leaf of returning) draft.#nodes.set(0, leaf, undefined)
    if (draft.#size === 0) throw new UsageError('TREE_SIZE', 'a tree without members cannot step')
    const update = { ...blankUpdate(TreeUpdateKind.STEP, draft.depth), added }
    const keys = new UpdateKeys(draft.#cipher, updateHash(update, context))
    draft.#growKeys(this.depth, keys)
    for (let level = 0; level <= draft.depth; level++) {
      let previous = -1
      for (const leaf of level === draft.depth ? [0] : added) {
        const position = leaf >>> level
        if (position === previous) continue
        previous = position
        const key = draft.#nodes.key(level, position)
        draft.#nodes.set(level, position, key === undefined ? fresh() : keys.step(key))
      }
    }
    return draft.#changeWith(update)
  }

  /**
   * Removes, refreshes and admits in one update: every key above a changed leaf is fresh, about log2 n wraps for one
   * leaf, fewer for each where paths meet.
   *
   * @returns also for no changes at all: then the root alone is fresh (`hasFreshRoot`, at most two wraps).
   * @throws {UsageError} `TREE_LEAF` for a removed leaf that is blank or repeated; `TREE_SIZE` when nobody would be left or
   * past 2^20.
   */
  path(changes: PathChanges, context: TreeContext, fresh: FreshSecret): TreeChange {
    const removed = [...(changes.removed ?? [])].sort((a, b) => a - b)
    const refreshed = [...(changes.refreshed?.keys() ?? [])].sort((a, b) => a - b)
    this.#requireMembers(removed)
    const draft = this.#draft()
    for (const leaf of removed) draft.#nodes.set(0, leaf, undefined)
    draft.#size -= removed.length
    draft.#lowestBlank = Math.min(draft.#lowestBlank, removed[0] ?? Number.POSITIVE_INFINITY)
    for (const [leaf, key] of changes.refreshed ?? []) draft.#refresh(leaf, key)
    const added = draft.#place(changes.joiners ?? 0)
    if (draft.#size === 0) throw new UsageError('TREE_SIZE', 'a tree keeps at least one member')
    const hasFreshRoot = removed.length + refreshed.length + added.length === 0
    const update = { ...blankUpdate(TreeUpdateKind.PATH, draft.depth), added, removed, refreshed, hasFreshRoot }
    // What has no key yet but gets one in `growKeys` are the old root's new ancestors.
    const isGrown = (level: number, position: number): boolean => this.#size > 0 && level > this.depth && position === 0
    const plan = planPath(
      update,
      (level, position) => isGrown(level, position) || draft.#nodes.key(level, position) !== undefined
    )
    update.present = plan.present
    const keys = new UpdateKeys(draft.#cipher, updateHash(update, context))
    draft.#growKeys(this.depth, keys)
    for (const leaf of added) draft.#nodes.set(0, leaf, fresh())
    update.wraps = draft.#writePaths(plan, keys, fresh)
    return draft.#changeWith(update)
  }

  /**
   * The leaves that newcomers would take: for them to compute their leaf keys before `path` names these as refreshed.
   *
   * @param removed - occupied leaves that the same update removes.
   * @returns the lowest blank leaves, ascending; above the tree's width when it would have to grow.
   */
  placesFor(count: number, removed: readonly number[] = []): number[] {
    const freed = new Set(removed)
    const leaves: number[] = []
    for (let leaf = removed.reduce((a, b) => Math.min(a, b), this.#lowestBlank); leaves.length < count; leaf++) {
      if (freed.has(leaf) || !this.isOccupied(leaf)) leaves.push(leaf)
    }
    return leaves
  }

  #requireMembers(leaves: readonly number[]): void {
    if (new Set(leaves).size !== leaves.length || !leaves.every((leaf) => this.isOccupied(leaf))) {
      throw new UsageError('TREE_LEAF', 'changed leaves are occupied, and each is named once')
    }
  }

  #draft(): KeyTree {
    return new KeyTree(this.#cipher, this.#nodes.copy(), this.#size, this.#lowestBlank)
  }

  #changeWith(update: TreeUpdate): TreeChange {
    return { tree: this, update, rootKey: this.rootKey }
  }

  /** Doubles the tree until it is wide enough; the new nodes are still blank. */
  #widen(leaves: number): void {
    if (leaves > 2 ** MAX_DEPTH) throw new UsageError('TREE_SIZE', 'a tree has at most 2^20 members')
    while (leaves > 2 ** this.depth) this.#nodes.addLevel()
  }

  /** Gives a leaf its new key, and counts its member in when it was blank. */
  #refresh(leaf: number, key: Uint8Array): void {
    if (!Number.isInteger(leaf) || leaf < 0) throw new UsageError('TREE_LEAF', 'a refreshed leaf is a number from 0')
    this.#widen(leaf + 1)
    if (!this.isOccupied(leaf)) this.#size++
    this.#nodes.set(0, leaf, copyBytes(key))
    while (this.isOccupied(this.#lowestBlank)) this.#lowestBlank++
  }

  /** Counts joiners in and doubles the tree until they fit; their leaves and the new nodes are still blank. */
  #place(joiners: number): number[] {
    assert(Number.isInteger(joiners) && joiners >= 0, 'joiners are counted')
    this.#size += joiners
    this.#widen(this.#size)
    const leaves: number[] = []
    let leaf = this.#lowestBlank
    for (; leaves.length < joiners; leaf++) if (!this.isOccupied(leaf)) leaves.push(leaf)
    this.#lowestBlank = leaf
    return leaves
  }

  /** Keys for the roots a growing tree has got since it had `depth`. Members do the same in `MemberTree`. */
  #growKeys(depth: number, keys: UpdateKeys): void {
    for (let level = depth; level < this.depth; level++) {
      const root = this.#nodes.key(level, 0)
      if (root === undefined) return
      this.#nodes.set(level + 1, 0, keys.grow(root))
      this.#nodes.set(level, 0, keys.step(root))
    }
  }

  /** Makes the secrets and keys of all changed nodes, bottom-up, and the wraps in canonical order. */
  #writePaths(plan: Plan, keys: UpdateKeys, fresh: FreshSecret): Uint8Array {
    const wraps = new Uint8Array(WRAPPED_KEY_BYTES * plan.wrapCount)
    let offset = 0
    let below: (Uint8Array | undefined)[] = []
    for (let level = 1; level <= this.depth; level++) {
      below = plan.levels[level]!.map((node) => {
        if (!node.hasMembers) {
          this.#nodes.set(level, node.position, undefined)
          return undefined
        }
        const source = below[node.left] ?? below[node.right]
        const secret = source === undefined ? fresh() : keys.path(source)
        this.#nodes.set(level, node.position, keys.node(secret))
        for (const [isWrapped, child] of [
          [node.wrapsLeft, 2 * node.position],
          [node.wrapsRight, 2 * node.position + 1]
        ] as const) {
          if (!isWrapped) continue
          wraps.set(wrapUnderChild(this.#nodes, keys, level - 1, child, secret), offset)
          offset += WRAPPED_KEY_BYTES
        }
        return secret
      })
    }
    assert(offset === wraps.length, 'every planned wrap is written')
    return wraps
  }

  /**
   * All of the tree for the store, secrets included: version, depth, a bit for each leaf, then the keys of all nodes
   * that are not blank, level by level.
   */
  export(): Uint8Array {
    const occupied = new Uint8Array(maskBytes(2 ** this.depth))
    const keys: Uint8Array[] = []
    for (let level = 0; level <= this.depth; level++) {
      for (let position = 0; position < 2 ** (this.depth - level); position++) {
        const key = this.#nodes.key(level, position)
        if (key === undefined) continue
        keys.push(key)
        if (level === 0) setBit(occupied, position)
      }
    }
    const bytes = new Uint8Array(2 + occupied.length + KEY_BYTES * keys.length)
    bytes.set([EXPORT_VERSION, this.depth])
    bytes.set(occupied, 2)
    for (let i = 0; i < keys.length; i++) bytes.set(keys[i]!, 2 + occupied.length + KEY_BYTES * i)
    return bytes
  }

  /** The tree `export` wrote, or undefined when the bytes are not one. */
  static import(bytes: Uint8Array, cipher: TreeCipher = TREE_CIPHER): KeyTree | undefined {
    const depth = bytes[1] ?? 0
    if (bytes[0] !== EXPORT_VERSION || depth < 1 || depth > MAX_DEPTH) return undefined
    const nodes = NodeStore.blank(depth)
    let offset = 2 + maskBytes(2 ** depth)
    if (bytes.length < offset) return undefined
    let positions: number[] = []
    for (let leaf = 0; leaf < 2 ** depth; leaf++) {
      if ((bytes[2 + (leaf >>> 3)]! >>> (leaf & 7)) & 1) positions.push(leaf)
    }
    const size = positions.length
    const lowestBlank = positions.findIndex((leaf, i) => leaf !== i)
    for (let level = 0; level <= depth; level++) {
      for (const position of positions) {
        const key = bytes.slice(offset, offset + KEY_BYTES)
        if (key.length !== KEY_BYTES) return undefined
        nodes.set(level, position, key)
        offset += KEY_BYTES
      }
      positions = [...new Set(positions.map((position) => position >>> 1))]
    }
    return offset === bytes.length ? new KeyTree(cipher, nodes, size, lowestBlank < 0 ? size : lowestBlank) : undefined
  }
}

/** Wraps a parent's secret under a child's key, and ratchets that key. */
function wrapUnderChild(
  nodes: NodeStore,
  keys: UpdateKeys,
  level: number,
  position: number,
  secret: Uint8Array
): Uint8Array {
  const key = present(nodes.key(level, position), 'a child that gets a wrap has a key')
  const wrapped = keys.wrap(key, level, position, secret)
  nodes.set(level, position, keys.ratchet(key))
  return wrapped
}

function blankUpdate(kind: TreeUpdateKind, depth: number): TreeUpdate {
  return {
    kind,
    depth,
    added: [],
    removed: [],
    refreshed: [],
    hasFreshRoot: false,
    present: EMPTY,
    wraps: EMPTY,
    termKey: EMPTY,
    encapsulations: EMPTY
  }
}
