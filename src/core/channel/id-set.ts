/**
 * A set of 32-byte ids with one hash, whatever the order of insertion.
 *
 * A binary trie over the ids' bits without one-armed nodes, so a set has exactly one shape; a node's hash covers the bit
 * it branches on and both arms. Nodes are never changed: a set is a value, and adding to it costs about log2 n hashes.
 */
import { compareBytes, equalBytes, u32, zeros } from '../../base/bytes.ts'
import { hash } from '../../crypto/kdf.ts'
import { LABEL } from '../../crypto/labels.ts'
import { HASH_BYTES } from '../../wire/limits.ts'

interface Leaf {
  readonly id: Uint8Array
  readonly hash: Uint8Array
}

interface Inner {
  /** The first bit in which the two arms differ. */
  readonly bit: number
  readonly zero: Trie
  readonly one: Trie
  hash: Uint8Array | undefined
}

type Trie = Leaf | Inner

const isLeaf = (trie: Trie): trie is Leaf => 'id' in trie
const bitOf = (id: Uint8Array, bit: number): boolean => (id[bit >>> 3]! & (0x80 >>> (bit & 7))) !== 0

function hashOf(trie: Trie): Uint8Array {
  if (isLeaf(trie)) return trie.hash
  trie.hash ??= hash(LABEL.setNode, u32(trie.bit), hashOf(trie.zero), hashOf(trie.one))
  return trie.hash
}

function firstDifference(a: Uint8Array, b: Uint8Array): number {
  for (let i = 0; i < a.length; i++) {
    const difference = a[i]! ^ b[i]!
    if (difference !== 0) return i * 8 + Math.clz32(difference) - 24
  }
  return -1
}

function insert(trie: Trie, leaf: Leaf, bit: number): Trie {
  if (isLeaf(trie) || bit < trie.bit) {
    const [zero, one] = bitOf(leaf.id, bit) ? [trie, leaf] : [leaf, trie]
    return { bit, zero, one, hash: undefined }
  }
  return bitOf(leaf.id, trie.bit)
    ? { bit: trie.bit, zero: trie.zero, one: insert(trie.one, leaf, bit), hash: undefined }
    : { bit: trie.bit, zero: insert(trie.zero, leaf, bit), one: trie.one, hash: undefined }
}

function nearest(trie: Trie, id: Uint8Array): Leaf {
  let at = trie
  while (!isLeaf(at)) at = bitOf(id, at.bit) ? at.one : at.zero
  return at
}

function remove(trie: Trie, id: Uint8Array): Trie | undefined {
  if (isLeaf(trie)) return undefined
  if (bitOf(id, trie.bit)) {
    const one = remove(trie.one, id)
    return one === undefined ? trie.zero : { bit: trie.bit, zero: trie.zero, one, hash: undefined }
  }
  const zero = remove(trie.zero, id)
  return zero === undefined ? trie.one : { bit: trie.bit, zero, one: trie.one, hash: undefined }
}

/** Collects the ids of `a` that are not in `b`, ascending. */
function collectMissing(a: Trie, b: Trie | undefined, found: Uint8Array[]): void {
  if (a === b) return
  if (isLeaf(a)) {
    if (b === undefined || !equalBytes(nearest(b, a.id).id, a.id)) found.push(a.id)
    return
  }
  if (b === undefined || isLeaf(b) || b.bit > a.bit) {
    // All of b has the same bit here, so it is on one side of a.
    const isOne = b !== undefined && bitOf(anyOf(b), a.bit)
    collectMissing(a.zero, isOne ? undefined : b, found)
    collectMissing(a.one, isOne ? b : undefined, found)
  } else if (b.bit < a.bit) collectMissing(a, bitOf(anyOf(a), b.bit) ? b.one : b.zero, found)
  else {
    collectMissing(a.zero, b.zero, found)
    collectMissing(a.one, b.one, found)
  }
}

function anyOf(trie: Trie): Uint8Array {
  let at = trie
  while (!isLeaf(at)) at = at.zero
  return at.id
}

/** An immutable set of ids. */
export class IdSet {
  static readonly EMPTY = new IdSet(undefined, 0)

  readonly #trie: Trie | undefined
  readonly size: number

  private constructor(trie: Trie | undefined, size: number) {
    this.#trie = trie
    this.size = size
  }

  /** @param id - 32 bytes; kept. */
  with(id: Uint8Array): IdSet {
    const leaf = { id, hash: hash(LABEL.setLeaf, id) }
    if (this.#trie === undefined) return new IdSet(leaf, 1)
    const bit = firstDifference(nearest(this.#trie, id).id, id)
    return bit < 0 ? this : new IdSet(insert(this.#trie, leaf, bit), this.size + 1)
  }

  without(id: Uint8Array): IdSet {
    return this.has(id) ? new IdSet(remove(this.#trie!, id), this.size - 1) : this
  }

  has(id: Uint8Array): boolean {
    return this.#trie !== undefined && equalBytes(nearest(this.#trie, id).id, id)
  }

  /** The 32-byte hash of the set; all zeros for the empty one. */
  root(): Uint8Array {
    return this.#trie === undefined ? zeros(HASH_BYTES) : hashOf(this.#trie)
  }

  /** The ids in ascending order. */
  ids(): Uint8Array[] {
    const found: Uint8Array[] = []
    const open: Trie[] = this.#trie === undefined ? [] : [this.#trie]
    for (let at = open.pop(); at !== undefined; at = open.pop()) {
      if (isLeaf(at)) found.push(at.id)
      else open.push(at.one, at.zero)
    }
    return found
  }

  /**
   * The ids that are in this set and not in the other, ascending. What the two have in common because one was made of the
   * other is not looked at: the cost is that of the difference.
   */
  minus(other: IdSet): Uint8Array[] {
    const found: Uint8Array[] = []
    if (this.#trie !== undefined) collectMissing(this.#trie, other.#trie, found)
    return found
  }

  /** The place of an id in ascending order, or -1. Linear in the size. */
  rankOf(id: Uint8Array): number {
    return this.ids().findIndex((other) => compareBytes(other, id) === 0)
  }
}
