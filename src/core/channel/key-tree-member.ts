/**
 * A member's part of the key tree: the keys from its own leaf to the root, and how an update changes them.
 *
 * A member tree is never changed: `apply` returns a new one, for the caller to adopt only when commitment, statements and
 * roster all agree with it, and to destroy the old one then. Whatever a stranger puts into an update,
 * the answer is a tree or undefined, after work bounded by the update's length.
 */
import { assert } from '../../base/assert.ts'
import { copyBytes } from '../../base/bytes.ts'
import { UsageError } from '../../base/errors.ts'
import { WRAPPED_KEY_BYTES } from '../../crypto/aead.ts'
import { type TreeUpdate, TreeUpdateKind } from '../../wire/messages.ts'
import { KEY_BYTES } from './key-tree-nodes.ts'
import {
  hasBit,
  indexOfPosition,
  MAX_DEPTH,
  type ReadUpdate,
  rank,
  readChange,
  readRebuild,
  rebuildSlot,
  TREE_CIPHER,
  type TreeCipher,
  type TreeContext,
  UpdateKeys,
  updateHash
} from './key-tree-update.ts'

/** Gives the 40-byte wrap with this running number, or undefined when it has not come. */
export type WrapAt = (index: number) => Uint8Array | undefined

export interface ApplyOptions {
  /** 32 bytes, kept as a copy: the member's own new leaf key, needed when its leaf is among the refreshed. */
  readonly leafKey?: Uint8Array
  /** Where the wraps are when they travel in chunks; `update.wraps` must then be empty. */
  readonly wrapAt?: WrapAt
}

const EXPORT_VERSION = 1
const EXPORT_HEAD_BYTES = 6

export class MemberTree {
  /** The member's own leaf. */
  readonly leaf: number
  readonly #cipher: TreeCipher
  /** 32 bytes a level, leaf first. */
  readonly #keys: Uint8Array

  private constructor(leaf: number, keys: Uint8Array, cipher: TreeCipher) {
    this.leaf = leaf
    this.#keys = keys
    this.#cipher = cipher
  }

  /**
   * The tree a grant gives.
   *
   * @param pathKeys - 32 bytes a node, leaf first, root last: depth + 1 of them; copied.
   * @returns undefined when leaf, depth and keys do not fit each other.
   */
  static fromGrant(
    leaf: number,
    depth: number,
    pathKeys: Uint8Array,
    cipher: TreeCipher = TREE_CIPHER
  ): MemberTree | undefined {
    if (!Number.isInteger(depth) || depth < 1 || depth > MAX_DEPTH) return undefined
    if (!Number.isInteger(leaf) || leaf < 0 || leaf >= 2 ** depth) return undefined
    if (pathKeys.length !== KEY_BYTES * (depth + 1)) return undefined
    return new MemberTree(leaf, copyBytes(pathKeys), cipher)
  }

  /**
   * The tree a rebuild gives to the member at a leaf.
   *
   * @param leafSecret - 32 bytes as the manager computed them for this leaf; not kept.
   * @returns undefined when the update is malformed, has no such leaf, or does not open.
   */
  static fromRebuild(
    update: TreeUpdate,
    leaf: number,
    leafSecret: Uint8Array,
    context: TreeContext,
    options: Pick<ApplyOptions, 'wrapAt'> = {},
    cipher: TreeCipher = TREE_CIPHER
  ): MemberTree | undefined {
    const read = readRebuild(update, options.wrapAt !== undefined)
    if (read === undefined || !Number.isInteger(leaf) || leaf < 0 || leaf > read.wrapCount) return undefined
    const tree = new MemberTree(leaf, new Uint8Array(KEY_BYTES * (update.depth + 1)), cipher)
    const keys = new UpdateKeys(cipher, updateHash(update, context))
    let secret = leafSecret
    tree.#set(0, keys.node(secret))
    for (let level = 1; level <= update.depth; level++) {
      const slot = slotAbove(read, leaf, level) ?? -1
      const opened = slot < 0 ? keys.path(secret) : tree.#open(read, slot, level, keys, options.wrapAt)
      if (opened === undefined) return undefined
      secret = opened
      tree.#set(level, keys.node(secret))
    }
    return tree
  }

  /**
   * The tree a PATH update gives to a member that has nothing but its own new leaf key: it comes in with this update, or
   * has lost the rest. Every node above a refreshed leaf is made new, so the update has all of its path.
   *
   * @param leafKey - 32 bytes, copied.
   * @returns undefined when the update is malformed, does not refresh this leaf, or does not open.
   * @throws {UsageError} `BAD_LENGTH` when `leafKey` has not 32 bytes.
   */
  static fromPath(
    update: TreeUpdate,
    leaf: number,
    leafKey: Uint8Array,
    context: TreeContext,
    options: Pick<ApplyOptions, 'wrapAt'> = {},
    cipher: TreeCipher = TREE_CIPHER
  ): MemberTree | undefined {
    requireLeafKey(leafKey)
    const { wrapAt } = options
    // Whether the tree has grown shows only to those who knew it before.
    const read = readChange(update, Math.max(1, update.depth), wrapAt !== undefined)
    if (read === undefined || !update.refreshed.includes(leaf)) return undefined
    const tree = new MemberTree(leaf, new Uint8Array(KEY_BYTES * (update.depth + 1)), cipher)
    tree.#set(0, leafKey)
    return tree.#takePath(read, new UpdateKeys(cipher, updateHash(update, context)), wrapAt) ? tree : undefined
  }

  /** The level of the root, at least 1. */
  get depth(): number {
    return this.#keys.length / KEY_BYTES - 1
  }

  /** 32 bytes, a copy: the key of the own leaf. */
  get leafKey(): Uint8Array {
    return copyBytes(this.#key(0))
  }

  /** 32 bytes, a copy: what the key schedule takes. */
  get rootKey(): Uint8Array {
    return copyBytes(this.#key(this.depth))
  }

  /**
   * What the tree becomes under a STEP or PATH update.
   *
   * @param update - a stranger's; not kept.
   * @returns undefined when the update is malformed, removes this member or gives its leaf away, lacks or spoils a wrap it
   * needs, or refreshes its leaf and no new key is given.
   * @throws {UsageError} `BAD_LENGTH` when `leafKey` has not 32 bytes.
   */
  apply(update: TreeUpdate, context: TreeContext, options: ApplyOptions = {}): MemberTree | undefined {
    const { leafKey, wrapAt } = options
    if (leafKey !== undefined) requireLeafKey(leafKey)
    const read = readChange(update, this.depth, wrapAt !== undefined)
    if (read === undefined) return undefined
    // Who is removed is stopped by the form too: a wrap may stand under its leaf only when that has another member now.
    if (update.added.includes(this.leaf) || update.removed.includes(this.leaf)) return undefined
    const isRefreshed = update.refreshed.includes(this.leaf)
    if (isRefreshed && leafKey === undefined) return undefined
    const keys = new UpdateKeys(this.#cipher, updateHash(update, context))
    const tree = this.#grown(update.depth, keys)
    if (isRefreshed) tree.#set(0, leafKey!)
    if (update.kind === TreeUpdateKind.PATH) return tree.#takePath(read, keys, wrapAt) ? tree : undefined
    tree.#takeStep(update.added, keys)
    return tree
  }

  /** All of the tree for the store, secrets included: version, depth, leaf (u32), path keys. */
  export(): Uint8Array {
    const bytes = new Uint8Array(EXPORT_HEAD_BYTES + this.#keys.length)
    bytes.set([EXPORT_VERSION, this.depth])
    new DataView(bytes.buffer).setUint32(2, this.leaf)
    bytes.set(this.#keys, EXPORT_HEAD_BYTES)
    return bytes
  }

  /** The tree `export` wrote, or undefined when the bytes are not one. */
  static import(bytes: Uint8Array, cipher: TreeCipher = TREE_CIPHER): MemberTree | undefined {
    if (bytes.length < EXPORT_HEAD_BYTES || bytes[0] !== EXPORT_VERSION) return undefined
    const leaf = new DataView(bytes.buffer, bytes.byteOffset).getUint32(2)
    return MemberTree.fromGrant(leaf, bytes[1]!, bytes.subarray(EXPORT_HEAD_BYTES), cipher)
  }

  /** The keys by node, for checkers of what a thief would have. */
  unsafeNodes(): { readonly level: number; readonly position: number; readonly key: Uint8Array }[] {
    return Array.from({ length: this.depth + 1 }, (_, level) => ({
      level,
      position: this.leaf >>> level,
      key: this.#key(level)
    }))
  }

  /** Overwrites the keys; the tree is unusable afterwards. */
  destroy(): void {
    this.#keys.fill(0)
  }

  #key(level: number): Uint8Array {
    return this.#keys.subarray(KEY_BYTES * level, KEY_BYTES * (level + 1))
  }

  #set(level: number, key: Uint8Array): void {
    assert(key.length === KEY_BYTES, 'a node key has 32 bytes')
    this.#keys.set(key, KEY_BYTES * level)
  }

  /** A copy with the given depth and keys for the new roots: the same as the manager's `growKeys`. */
  #grown(depth: number, keys: UpdateKeys): MemberTree {
    const bytes = new Uint8Array(KEY_BYTES * (depth + 1))
    bytes.set(this.#keys)
    const tree = new MemberTree(this.leaf, bytes, this.#cipher)
    for (let level = this.depth; level < depth; level++) {
      const root = tree.#key(level)
      tree.#set(level + 1, keys.grow(root))
      tree.#set(level, keys.step(root))
    }
    return tree
  }

  #takeStep(added: readonly number[], keys: UpdateKeys): void {
    // From the lowest node that has a joiner below it, every own node up to the root has one. The root always steps.
    let lowest = this.depth
    for (const leaf of added) lowest = Math.min(lowest, meetingLevel(leaf, this.leaf))
    for (let level = lowest; level <= this.depth; level++) this.#set(level, keys.step(this.#key(level)))
  }

  #takePath(read: ReadUpdate, keys: UpdateKeys, wrapAt: WrapAt | undefined): boolean {
    let secret: Uint8Array | undefined
    for (let level = 1; level <= this.depth; level++) {
      const slot = slotAbove(read, this.leaf, level)
      if (slot === undefined) continue
      if (slot >= 0) secret = this.#open(read, slot, level, keys, wrapAt)
      else if (secret !== undefined) secret = keys.path(secret)
      if (secret === undefined) return false
      this.#set(level, keys.node(secret))
    }
    return true
  }

  /** Opens the wrap of the secret of the own node at `level`, and ratchets the child's key that opened it. */
  #open(
    read: ReadUpdate,
    slot: number,
    level: number,
    keys: UpdateKeys,
    wrapAt: WrapAt | undefined
  ): Uint8Array | undefined {
    const index = rank(read.update.present, slot)
    const wrapped = wrapAt === undefined ? wrapIn(read.update.wraps, index) : wrapAt(index)
    if (wrapped === undefined) return undefined
    const child = this.#key(level - 1)
    const secret = keys.unwrap(child, level - 1, this.leaf >>> (level - 1), wrapped)
    if (secret !== undefined) this.#set(level - 1, keys.ratchet(child))
    return secret
  }
}

/**
 * Which wraps a member needs, so that it can fetch just the chunks they are in.
 *
 * @param update - a stranger's, with or without its wraps.
 * @returns running numbers among the wraps that are there, ascending; empty for a step, a malformed update, a leaf that
 * changes nothing or is not in the tree. For a leaf that changes hands: what its new member needs.
 */
export function wrapIndexes(update: TreeUpdate, leaf: number): number[] {
  const bare = { ...update, wraps: new Uint8Array(0) }
  const isRebuild = update.kind === TreeUpdateKind.REBUILD
  const read = isRebuild ? readRebuild(bare, true) : readChange(bare, Math.max(1, update.depth), true)
  if (read === undefined || !Number.isInteger(leaf) || leaf < 0 || leaf >= 2 ** update.depth) return []
  const isWithout = update.added.includes(leaf) || (update.removed.includes(leaf) && !update.refreshed.includes(leaf))
  if (isRebuild ? leaf > read.wrapCount : isWithout) return []
  const indexes: number[] = []
  for (let level = 1; level <= update.depth; level++) {
    const slot = slotAbove(read, leaf, level)
    if (slot !== undefined && slot >= 0) indexes.push(rank(update.present, slot))
  }
  return indexes
}

/**
 * The slot of the wrap, under the own child, of the secret of the node above `leaf` at `level`.
 *
 * @returns −1 when there is no such wrap and the secret must come from the child's; undefined when the node stays as it is.
 */
function slotAbove(read: ReadUpdate, leaf: number, level: number): number | undefined {
  const { update, shape } = read
  const position = leaf >>> level
  const isLeft = ((leaf >>> (level - 1)) & 1) === 0
  if (update.kind === TreeUpdateKind.REBUILD) return isLeft ? -1 : rebuildSlot(update.depth, level, position)
  const changed = shape.levels[level]
  const index = changed === undefined ? -1 : indexOfPosition(changed, position)
  if (changed === undefined || index < 0) return undefined
  const slot = isLeft ? changed.leftSlots[index]! : changed.rightSlots[index]!
  return slot >= 0 && hasBit(update.present, slot) ? slot : -1
}

function requireLeafKey(leafKey: Uint8Array): void {
  if (leafKey.length !== KEY_BYTES) throw new UsageError('BAD_LENGTH', 'a leaf key has 32 bytes')
}

function wrapIn(wraps: Uint8Array, index: number): Uint8Array | undefined {
  const wrapped = wraps.subarray(WRAPPED_KEY_BYTES * index, WRAPPED_KEY_BYTES * (index + 1))
  return wrapped.length === WRAPPED_KEY_BYTES ? wrapped : undefined
}

/** The lowest level at which two leaves have the same node above them. */
const meetingLevel = (a: number, b: number): number => 32 - Math.clz32(a ^ b)
