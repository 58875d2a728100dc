/**
 * The key trees of a whole crowd: which term each member holds for each node from its leaf to the root.
 *
 * A member changes its path as `MemberTree` does, level by level, from the public form of an update and from what it holds
 * alone. What does not follow from that it does not get.
 */
import { hasBit, indexOfPosition, pathShape, rebuildSlot, type Shape } from '../../core/channel/key-tree-update.ts'
import { type TreeUpdate, TreeUpdateKind } from '../../wire/messages.ts'
import { ARROW, type Terms } from './terms.ts'

const NONE = -1

/** An update as its readers need it, read once for all of them. */
export interface CrowdUpdate {
  readonly update: TreeUpdate
  /** As `Terms.numberOf` gives it. */
  readonly number: number
  readonly shape: Shape
  readonly removed: ReadonlySet<number>
}

/** @param number - as `Terms.numberOf` gives it. */
export const readForCrowd = (update: TreeUpdate, number: number): CrowdUpdate => ({
  update,
  number,
  shape: update.kind === TreeUpdateKind.PATH ? pathShape(update.depth, update) : { levels: [], slots: 0 },
  removed: new Set(update.removed)
})

/** Integers of a head, a power of two. */
const HEAD_BITS = 2
const COLUMN = { leaf: 0, depth: 1, root: 2 } as const

export class CrowdKeys {
  readonly #terms: Terms
  readonly #levels: number
  /** Of each member: leaf, or −1 for none; level of the root; and the root, which changes most, apart from the path below. */
  readonly #heads: Int32Array
  /** Of each member: its path below the root, leaf first. */
  readonly #paths: Int32Array
  /** A path that is being changed, leaf first. */
  readonly #draft: Int32Array

  /** @param levels - of the deepest tree there may be, the leaves' among them. */
  constructor(members: number, levels: number, terms: Terms) {
    this.#terms = terms
    this.#levels = levels
    this.#heads = new Int32Array(members << HEAD_BITS).fill(NONE)
    this.#paths = new Int32Array(members * levels)
    this.#draft = new Int32Array(levels)
  }

  get bytes(): number {
    return this.#heads.byteLength + this.#paths.byteLength
  }

  /** −1: it has none. */
  leafOf(member: number): number {
    return this.#heads[member << HEAD_BITS]!
  }

  /** The term that a member holds for the root. */
  rootOf(member: number): number {
    return this.#heads[(member << HEAD_BITS) + COLUMN.root]!
  }

  #depthOf(member: number): number {
    return this.#heads[(member << HEAD_BITS) + COLUMN.depth]!
  }

  /** The terms of a member's path, leaf first: a copy. */
  pathOf(member: number): number[] {
    this.#load(member, 0)
    return [...this.#draft.subarray(0, this.#depthOf(member) + 1)]
  }

  /** What a grant gives. */
  take(member: number, leaf: number, path: readonly number[]): void {
    this.#draft.set(path)
    this.#store(member, leaf, 0, path.length - 1)
  }

  /** It is out: its keys are gone. */
  drop(member: number): void {
    this.#heads[member << HEAD_BITS] = NONE
  }

  /** Makes the draft what a member holds, from a level to the root. */
  #load(member: number, lowest: number): void {
    const row = member * this.#levels
    const depth = this.#depthOf(member)
    for (let level = lowest; level < depth; level++) this.#draft[level] = this.#paths[row + level]!
    this.#draft[depth] = this.rootOf(member)
  }

  /** Makes a member hold the draft, from a level to the root. */
  #store(member: number, leaf: number, lowest: number, depth: number): void {
    const row = member * this.#levels
    for (let level = lowest; level < depth; level++) this.#paths[row + level] = this.#draft[level]!
    const head = member << HEAD_BITS
    this.#heads[head] = leaf
    this.#heads[head + COLUMN.depth] = depth
    this.#heads[head + COLUMN.root] = this.#draft[depth]!
  }

  /**
   * Follows a STEP or PATH update.
   *
   * @returns whether it could; when not, the member holds what it held.
   */
  apply(member: number, read: CrowdUpdate): boolean {
    const { update } = read
    const leaf = this.leafOf(member)
    if (leaf === NONE || read.removed.has(leaf)) return false
    const depth = this.#depthOf(member)
    const isStep = update.kind === TreeUpdateKind.STEP
    const stepped = isStep ? lowestStep(leaf, update) : 0
    if (stepped === NONE) return false
    const lowest = depth < update.depth ? 0 : stepped
    this.#load(member, lowest)
    if (!this.#grow(depth, read)) return false
    const isTaken = isStep ? this.#step(stepped, read) : this.#path(leaf, read)
    if (isTaken) this.#store(member, leaf, lowest, update.depth)
    return isTaken
  }

  /** A tree that has become deeper has new roots above the one before. */
  #grow(depth: number, { update, number }: CrowdUpdate): boolean {
    for (let level = depth; level < update.depth; level++) {
      const root = this.#draft[level]!
      this.#draft[level + 1] = this.#terms.follow(root, ARROW.grow, number)
      this.#draft[level] = this.#terms.follow(root, ARROW.step, number)
      if (this.#draft[level + 1] === NONE || this.#draft[level] === NONE) return false
    }
    return true
  }

  /** Follows a REBUILD: what comes of the secret of the member's leaf, and of the wraps for it. */
  rebuild(member: number, leaf: number, leafSecret: number, { update, number }: CrowdUpdate): boolean {
    const terms = this.#terms
    let secret = leafSecret
    this.#draft[0] = terms.follow(secret, ARROW.node, number)
    for (let level = 1; level <= update.depth; level++) {
      const isLeft = ((leaf >>> (level - 1)) & 1) === 0
      if (isLeft) secret = terms.follow(secret, ARROW.path, number)
      else {
        const isThere = hasBit(update.present, rebuildSlot(update.depth, level, leaf >>> level))
        secret = isThere ? this.#open(level, number) : NONE
      }
      if (secret === NONE) return false
      this.#draft[level] = terms.follow(secret, ARROW.node, number)
    }
    this.#store(member, leaf, 0, update.depth)
    return true
  }

  /** The slots of the wraps that the member at a leaf needs. */
  slotsFor(leaf: number, { update, shape }: CrowdUpdate): number[] {
    const slots: number[] = []
    for (let level = 1; level <= update.depth; level++) {
      const isLeft = ((leaf >>> (level - 1)) & 1) === 0
      let slot = NONE
      if (update.kind === TreeUpdateKind.REBUILD) {
        if (!isLeft) slot = rebuildSlot(update.depth, level, leaf >>> level)
      } else {
        const changed = shape.levels[level]!
        const index = indexOfPosition(changed, leaf >>> level)
        if (index >= 0) slot = isLeft ? changed.leftSlots[index]! : changed.rightSlots[index]!
      }
      if (slot >= 0 && hasBit(update.present, slot)) slots.push(slot)
    }
    return slots
  }

  /** Every own node from this level up steps. */
  #step(lowest: number, { update, number }: CrowdUpdate): boolean {
    for (let level = lowest; level <= update.depth; level++) {
      const next = this.#terms.follow(this.#draft[level]!, ARROW.step, number)
      if (next === NONE) return false
      this.#draft[level] = next
    }
    return true
  }

  #path(leaf: number, { update, number, shape }: CrowdUpdate): boolean {
    const { depth, present } = update
    let secret = NONE
    for (let level = 1; level <= depth; level++) {
      const changed = shape.levels[level]!
      const index = indexOfPosition(changed, leaf >>> level)
      if (index < 0) continue
      const isLeft = ((leaf >>> (level - 1)) & 1) === 0
      const slot = isLeft ? changed.leftSlots[index]! : changed.rightSlots[index]!
      const isWrapped = slot >= 0 && hasBit(present, slot)
      if (isWrapped) secret = this.#open(level, number)
      else if (secret !== NONE) secret = this.#terms.follow(secret, ARROW.path, number)
      if (secret === NONE) return false
      this.#draft[level] = this.#terms.follow(secret, ARROW.node, number)
    }
    return true
  }

  /** Opens the wrap under the own node below this level, and ratchets the key that opened it. */
  #open(level: number, number: number): number {
    const child = this.#draft[level - 1]!
    const wrappingKey = this.#terms.follow(child, ARROW.wrappingKey, number)
    const secret = wrappingKey === NONE ? NONE : this.#terms.follow(wrappingKey, ARROW.open, number)
    if (secret !== NONE) this.#draft[level - 1] = this.#terms.follow(child, ARROW.ratchet, number)
    return secret
  }
}

/**
 * The level of the lowest node above a leaf that a STEP changes: the one that has a joiner below it, or the root.
 *
 * @returns −1 when a joiner has the leaf.
 */
function lowestStep(leaf: number, { added, depth }: TreeUpdate): number {
  let low = 0
  let high = added.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (added[middle]! < leaf) low = middle + 1
    else high = middle
  }
  if (added[low] === leaf) return NONE
  let lowest = depth
  if (low < added.length) lowest = Math.min(lowest, meetingLevel(added[low]!, leaf))
  if (low > 0) lowest = Math.min(lowest, meetingLevel(added[low - 1]!, leaf))
  return lowest
}

/** The lowest level at which two leaves have the same node above them. */
const meetingLevel = (a: number, b: number): number => 32 - Math.clz32(a ^ b)
