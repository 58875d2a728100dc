/**
 * The form of a tree update: which nodes change, which wraps may stand in it and in which order, what each is bound to.
 *
 * Manager and member read it from here, so they cannot disagree. Nothing in a stranger's update throws: it is read into a
 * checked form, or it is undefined. All that is derived under an update is bound to the hash of what it says: one that
 * differs anywhere gives its members other keys or none. Work is bounded by the lengths of the lists times the depth.
 *
 * Canonical order of wraps: nodes bottom-up by level, in a level by position, of one node the left child before the right.
 */
import { u32, u64 } from '../../base/bytes.ts'
import { unwrapKey, WRAPPED_KEY_BYTES, wrapKey } from '../../crypto/aead.ts'
import { deriver, hash } from '../../crypto/kdf.ts'
import { LABEL, type Label } from '../../crypto/labels.ts'
import { type TreeUpdate, TreeUpdateKind } from '../../wire/messages.ts'

/** The deepest tree: a million leaves, a hundred times what the roster is designed for (protocol §14). */
export const MAX_DEPTH = 20

/** A term key: an X25519 public key, of whose Diffie-Hellman with their prekeys members make leaf keys or secrets. */
const TERM_KEY_BYTES = 32

/** What a tree is made with. Tests and the simulator put ideal or recording functions in its place; nothing else may. */
export interface TreeCipher {
  /** What makes 32 bytes of a secret, for one label and context. */
  deriver(label: Label, context: readonly Uint8Array[]): (secret: Uint8Array) => Uint8Array
  wrap(kek: Uint8Array, key: Uint8Array): Uint8Array
  unwrap(kek: Uint8Array, wrapped: Uint8Array): Uint8Array | undefined
}

/** HKDF-SHA256 and AES-256 key wrap. */
export const TREE_CIPHER: TreeCipher = { deriver, wrap: wrapKey, unwrap: unwrapKey }

/** Where an update belongs: the same update elsewhere opens nothing. */
export interface TreeContext {
  /** 32-byte channel id. */
  readonly channel: Uint8Array
  /** Group id, empty for the channel's own line. */
  readonly group: Uint8Array
  readonly term: number
  readonly serial: number
}

/** An update that passed every check but the opening of its wraps. */
export interface ReadUpdate {
  readonly update: TreeUpdate
  readonly shape: Shape
  /** How many wraps there are. */
  readonly wrapCount: number
}

/** Nodes of one level that change, ascending, and for each the slots of the wraps of its secret; −1 where none may be. */
export interface ChangedLevel {
  readonly positions: readonly number[]
  readonly leftSlots: readonly number[]
  readonly rightSlots: readonly number[]
}

/** What changes under an update. */
export interface Shape {
  /** Level 0 lists the changed leaves and has no slots. Empty for a step and a rebuild. */
  readonly levels: readonly ChangedLevel[]
  /** How many wraps there may be: the bits of `present`. */
  readonly slots: number
}

/**
 * The hash all derivations of an update are bound to: the context and all its fields except the wraps (which it governs),
 * the term key and the encapsulations (of which the leaf secrets are made).
 *
 * @returns 32 bytes.
 * @see protocol §4: parent and node version follow from the node and from ratchet on use
 */
export function updateHash(update: TreeUpdate, context: TreeContext): Uint8Array {
  return hash(
    LABEL.treeUpdate,
    context.channel,
    context.group,
    u64(context.term),
    u32(context.serial),
    Uint8Array.of(KIND_BYTE[update.kind], update.depth, update.hasFreshRoot ? 1 : 0),
    u32List(update.added),
    u32List(update.removed),
    u32List(update.refreshed),
    update.present
  )
}

const KIND_BYTE: Readonly<Record<TreeUpdateKind, number>> = {
  [TreeUpdateKind.STEP]: 0,
  [TreeUpdateKind.PATH]: 1,
  [TreeUpdateKind.REBUILD]: 2
}

function u32List(values: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(4 * values.length)
  const view = new DataView(bytes.buffer)
  for (let i = 0; i < values.length; i++) view.setUint32(4 * i, values[i]!)
  return bytes
}

/** The derivations of one update: each is one-way, and bound to the update's hash. */
export class UpdateKeys {
  readonly #cipher: TreeCipher
  readonly #boundTo: Uint8Array
  /** Key of a node from its path secret. */
  readonly node: (secret: Uint8Array) => Uint8Array
  /** Path secret of the parent from that of the child that hands it up. */
  readonly path: (secret: Uint8Array) => Uint8Array
  /** What replaces a key after it has wrapped: so a state that leaks later opens nothing recorded earlier. */
  readonly ratchet: (key: Uint8Array) => Uint8Array
  /** What replaces the key of a node when a joiner comes below it: the joiner cannot go back. */
  readonly step: (key: Uint8Array) => Uint8Array
  /** Key of the new root above an old one, which itself steps: it was an epoch's root, and is to be so no longer. */
  readonly grow: (key: Uint8Array) => Uint8Array

  /** @param boundTo - the update's hash. */
  constructor(cipher: TreeCipher, boundTo: Uint8Array) {
    this.#cipher = cipher
    this.#boundTo = boundTo
    this.node = cipher.deriver(LABEL.treeNode, [boundTo])
    this.path = cipher.deriver(LABEL.treePath, [boundTo])
    this.ratchet = cipher.deriver(LABEL.treeRatchet, [boundTo])
    this.step = cipher.deriver(LABEL.treeStep, [boundTo])
    this.grow = cipher.deriver(LABEL.treeGrow, [boundTo])
  }

  /**
   * Wraps a parent's path secret under a child's key, which must be replaced by its `ratchet` at once.
   *
   * @returns 40 bytes.
   */
  wrap(childKey: Uint8Array, level: number, position: number, secret: Uint8Array): Uint8Array {
    return this.#cipher.wrap(this.#wrappingKey(childKey, level, position), secret)
  }

  /** @returns the parent's path secret, 32 bytes, or undefined when this was not wrapped for this child. */
  unwrap(childKey: Uint8Array, level: number, position: number, wrapped: Uint8Array): Uint8Array | undefined {
    return this.#cipher.unwrap(this.#wrappingKey(childKey, level, position), wrapped)
  }

  #wrappingKey(childKey: Uint8Array, level: number, position: number): Uint8Array {
    return this.#cipher.deriver(LABEL.treeWrap, [this.#boundTo, Uint8Array.of(level), u32(position)])(childKey)
  }
}

/**
 * Which nodes a PATH update changes and where wraps may stand.
 *
 * A changed inner child hands its own secret up, the left one first, so it has no slot, except a right one whose left
 * sibling changes too. A leaf has no secret: unchanged or refreshed it has a slot, also when its member comes in with
 * this very update and computes its leaf key by itself; removed or added it has none (what such a joiner needs is in its
 * grant).
 */
export function pathShape(
  depth: number,
  changes: Pick<TreeUpdate, 'added' | 'removed' | 'refreshed' | 'hasFreshRoot'>
): Shape {
  const leaves = mergeAscending(mergeAscending(changes.removed, changes.added), changes.refreshed)
  const refreshed = new Set(changes.refreshed)
  const levels: ChangedLevel[] = [{ positions: leaves, leftSlots: [], rightSlots: [] }]
  let slots = 0
  for (let level = 1; level <= depth; level++) {
    const children = levels[level - 1]!.positions
    const positions: number[] = []
    const leftSlots: number[] = []
    const rightSlots: number[] = []
    for (let i = 0; i < children.length; i++) {
      const child = children[i]!
      const position = child >>> 1
      const isLeftChanged = (child & 1) === 0
      const isRightChanged = !isLeftChanged || children[i + 1] === child + 1
      const left = 2 * position
      const hasLeftSlot = !isLeftChanged || (level === 1 && refreshed.has(left))
      const hasRightSlot = !isRightChanged || (level === 1 ? refreshed.has(left + 1) : isLeftChanged)
      positions.push(position)
      leftSlots.push(hasLeftSlot ? slots++ : -1)
      rightSlots.push(hasRightSlot ? slots++ : -1)
      if (isLeftChanged && isRightChanged) i++
    }
    levels.push({ positions, leftSlots, rightSlots })
  }
  if (changes.hasFreshRoot) {
    levels[depth] = { positions: [0], leftSlots: [0], rightSlots: [1] }
    slots = 2
  }
  return { levels, slots }
}

/** The union of two ascending lists, ascending. */
function mergeAscending(a: readonly number[], b: readonly number[]): readonly number[] {
  if (a.length === 0) return b
  if (b.length === 0) return a
  const merged: number[] = []
  for (let i = 0, j = 0; i < a.length || j < b.length; ) {
    const x = a[i] ?? Number.POSITIVE_INFINITY
    const y = b[j] ?? Number.POSITIVE_INFINITY
    merged.push(Math.min(x, y))
    if (x <= y) i++
    if (y <= x) j++
  }
  return merged
}

/** Depth of a tree just large enough: at least 1. */
export const depthFor = (leaves: number): number => Math.max(1, 32 - Math.clz32(leaves - 1))

/** The slot of the wrap under the right child of a node, in a rebuild. */
export const rebuildSlot = (depth: number, level: number, position: number): number =>
  2 ** depth - 2 ** (depth - level + 1) + position

/** The one bit mask a rebuild of `leaves` members has: a bit for each inner node whose right child is not blank. */
export function rebuildMask(leaves: number): Uint8Array {
  const depth = depthFor(leaves)
  const mask = new Uint8Array(maskBytes(2 ** depth - 1))
  for (let level = 1; level <= depth; level++) {
    for (let position = 0; (2 * position + 1) * 2 ** (level - 1) < leaves; position++) {
      setBit(mask, rebuildSlot(depth, level, position))
    }
  }
  return mask
}

export const maskBytes = (slots: number): number => Math.ceil(slots / 8)

export const hasBit = (mask: Uint8Array, slot: number): boolean => ((mask[slot >>> 3]! >>> (slot & 7)) & 1) === 1

export function setBit(mask: Uint8Array, slot: number): void {
  mask[slot >>> 3]! |= 1 << (slot & 7)
}

/** How many bits are set below `slot`: the running number of the wrap that stands there. */
export function rank(mask: Uint8Array, slot: number): number {
  let count = 0
  for (let i = 0; i < slot >>> 3; i++) count += bitCount(mask[i]!)
  return count + ((slot & 7) === 0 ? 0 : bitCount(mask[slot >>> 3]! & ((1 << (slot & 7)) - 1)))
}

function bitCount(byte: number): number {
  const pairs = byte - ((byte >>> 1) & 0x55)
  const fours = (pairs & 0x33) + ((pairs >>> 2) & 0x33)
  return (fours + (fours >>> 4)) & 0x0f
}

/**
 * Checks a STEP or PATH update from a stranger in every way that needs no key.
 *
 * @param update - decoded; not kept beyond the result.
 * @param depth - of the tree it is to change.
 * @param areWrapsApart - the wraps travel in chunks: `update.wraps` must be empty.
 * @returns undefined when anything is out of form. A PATH update that refreshes may have a term key, the caller's to judge.
 */
export function readChange(update: TreeUpdate, depth: number, areWrapsApart: boolean): ReadUpdate | undefined {
  const { kind, added, removed, refreshed, hasFreshRoot, present } = update
  if (kind !== TreeUpdateKind.STEP && kind !== TreeUpdateKind.PATH) return undefined
  if (!isDepth(update.depth) || update.depth < depth) return undefined
  const isTermKey = update.termKey.length === 0 || (update.termKey.length === TERM_KEY_BYTES && refreshed.length > 0)
  if (!isTermKey || update.encapsulations.length !== 0) return undefined
  if (!isAscending(added, 2 ** update.depth) || !isAscending(refreshed, 2 ** update.depth)) return undefined
  if (!isAscending(removed, 2 ** depth)) return undefined
  // A tree grows for somebody who comes into its new half and for nothing else.
  const highest = Math.max(added.at(-1) ?? -1, refreshed.at(-1) ?? -1)
  if (update.depth > depth && highest < 2 ** (update.depth - 1)) return undefined
  const isEmpty = added.length + removed.length + refreshed.length === 0
  if (kind === TreeUpdateKind.STEP) {
    if (removed.length + refreshed.length + present.length + update.wraps.length !== 0 || hasFreshRoot) return undefined
    return { update, shape: { levels: [], slots: 0 }, wrapCount: 0 }
  }
  if (hasFreshRoot !== isEmpty) return undefined
  // One leaf may lose its member and get another, but only in one way.
  if (refreshed.length > 0 && added.length > 0) {
    const byGrant = new Set(added)
    if (refreshed.some((leaf) => byGrant.has(leaf))) return undefined
  }
  const shape = pathShape(update.depth, update)
  return checkMask(update, shape, areWrapsApart)
}

/**
 * Checks a REBUILD update from a stranger in every way that needs no key. The members are the leaves 0 to wraps.
 *
 * @returns undefined when anything is out of form; `termKey` and `encapsulations` are the caller's to judge.
 */
export function readRebuild(update: TreeUpdate, areWrapsApart: boolean): ReadUpdate | undefined {
  const { kind, depth, added, removed, refreshed, hasFreshRoot, present } = update
  if (kind !== TreeUpdateKind.REBUILD || !isDepth(depth)) return undefined
  if (added.length + removed.length + refreshed.length !== 0 || hasFreshRoot) return undefined
  const read = checkMask(update, { levels: [], slots: 2 ** depth - 1 }, areWrapsApart)
  if (read === undefined || depthFor(read.wrapCount + 1) !== depth) return undefined
  const mask = rebuildMask(read.wrapCount + 1)
  return mask.every((byte, i) => byte === present[i]) ? read : undefined
}

function checkMask(update: TreeUpdate, shape: Shape, areWrapsApart: boolean): ReadUpdate | undefined {
  const { present, wraps } = update
  if (present.length !== maskBytes(shape.slots)) return undefined
  const spare = 8 * present.length - shape.slots
  if (spare > 0 && present[present.length - 1]! >>> (8 - spare) !== 0) return undefined
  const wrapCount = rank(present, 8 * present.length)
  if (wraps.length !== (areWrapsApart ? 0 : wrapCount * WRAPPED_KEY_BYTES)) return undefined
  return { update, shape, wrapCount }
}

const isDepth = (depth: number): boolean => Number.isInteger(depth) && depth >= 1 && depth <= MAX_DEPTH

function isAscending(leaves: readonly number[], capacity: number): boolean {
  let previous = -1
  for (const leaf of leaves) {
    if (!Number.isInteger(leaf) || leaf <= previous || leaf >= capacity) return false
    previous = leaf
  }
  return true
}

/**
 * Where in a level a position stands.
 *
 * @returns its index, or −1 when the node does not change.
 */
export function indexOfPosition(level: ChangedLevel, position: number): number {
  const { positions } = level
  let low = 0
  let high = positions.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (positions[middle]! < position) low = middle + 1
    else high = middle
  }
  return positions[low] === position ? low : -1
}
