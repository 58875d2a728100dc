/**
 * Ideal cryptography for key trees: a key is a term, and a record is kept of what follows from what.
 *
 * Every arrow of the record has one premise: a key gives what is derived from it, and the key of a wrap gives what it wraps,
 * since every wrap is public. So what several people know together is the union of what each of them knows, and whoever has
 * none of the terms from which one follows does not have that one. Equal inputs give equal terms, and nothing else does.
 */
import { assert } from '../../base/assert.ts'
import { hex } from '../../base/bytes.ts'
import type { TreeCipher } from '../../core/channel/key-tree-update.ts'
import { WRAPPED_KEY_BYTES } from '../../crypto/aead.ts'

const KEY_BYTES = 32
const FIRST_TERMS = 1 << 16
const NONE = -1

/** How one term follows from another. `open`: it is wrapped under a key that the other gives. */
export const ARROW = { node: 0, path: 1, ratchet: 2, step: 3, grow: 4, wrappingKey: 5, open: 6 } as const
export type Arrow = (typeof ARROW)[keyof typeof ARROW]

/** By the end of the label (protocol, appendix A). */
const ARROWS: Readonly<Record<string, Arrow>> = {
  node: ARROW.node,
  path: ARROW.path,
  ratchet: ARROW.ratchet,
  step: ARROW.step,
  grow: ARROW.grow,
  wrap: ARROW.wrappingKey
}

/** The number of a term that stands for a key. */
export const termOf = (key: Uint8Array): number => new DataView(key.buffer, key.byteOffset).getUint32(0)

/** 32 bytes that stand for a term. */
export function keyOf(term: number): Uint8Array {
  const key = new Uint8Array(KEY_BYTES)
  new DataView(key.buffer).setUint32(0, term)
  return key
}

export class Terms {
  /** Of each term: its newest arrow. */
  #heads = new Int32Array(FIRST_TERMS).fill(NONE)
  #terms = 0
  #conclusions = new Int32Array(FIRST_TERMS)
  /** Of each arrow: how it leads, and under which update. */
  #kinds = new Uint8Array(FIRST_TERMS)
  #updates = new Int32Array(FIRST_TERMS)
  #others = new Int32Array(FIRST_TERMS)
  #arrows = 0
  /** What the people in whose place an attacker stands know, by term. */
  #isKnown = new Uint8Array(FIRST_TERMS)
  readonly #numbers = new Map<string, number>()
  /** The cipher of which all this is the record. */
  readonly cipher: TreeCipher = {
    deriver: (label, context) => {
      const kind = ARROWS[label.slice(label.lastIndexOf('/') + 1)]
      assert(kind !== undefined, 'only keys of the tree are terms')
      const update = this.numberOf(context[0]!)
      return (secret) => keyOf(this.#derive(termOf(secret), kind, update))
    },
    wrap: (kek, key) => {
      const from = termOf(kek)
      this.#lead(from, termOf(key), ARROW.open, 0)
      const wrapped = new Uint8Array(WRAPPED_KEY_BYTES)
      const view = new DataView(wrapped.buffer)
      view.setUint32(0, from)
      view.setUint32(4, termOf(key))
      return wrapped
    },
    unwrap: (kek, wrapped) => {
      const view = new DataView(wrapped.buffer, wrapped.byteOffset)
      return view.getUint32(0) === termOf(kek) ? keyOf(view.getUint32(4)) : undefined
    }
  }

  /** How many there are. */
  get size(): number {
    return this.#terms
  }

  get bytes(): number {
    const arrays = [this.#heads, this.#conclusions, this.#kinds, this.#updates, this.#others, this.#isKnown]
    return arrays.reduce((sum, { byteLength }) => sum + byteLength, 0)
  }

  /** A term that follows from nothing, as 32 bytes. */
  readonly fresh = (): Uint8Array => keyOf(this.#make())

  /** The number by which what follows under an update is known. @param boundTo - the update's hash. */
  numberOf(boundTo: Uint8Array): number {
    const name = hex(boundTo)
    const number = this.#numbers.get(name) ?? this.#numbers.size
    this.#numbers.set(name, number)
    return number
  }

  /** What follows in this way under this update. @returns −1 for nothing. */
  follow(term: number, kind: Arrow, update: number): number {
    for (let arrow = this.#heads[term]!; arrow !== NONE; arrow = this.#others[arrow]!) {
      if (this.#kinds[arrow] === kind && (kind === ARROW.open || this.#updates[arrow] === update))
        return this.#conclusions[arrow]!
    }
    return NONE
  }

  /** From now on it is known to the attacker, with everything that follows, now and later. */
  learn(term: number): void {
    const open = [term]
    for (let next = open.pop(); next !== undefined; next = open.pop()) {
      if (this.#isKnown[next] === 1) continue
      this.#isKnown[next] = 1
      for (let arrow = this.#heads[next]!; arrow !== NONE; arrow = this.#others[arrow]!)
        open.push(this.#conclusions[arrow]!)
    }
  }

  isKnown(term: number): boolean {
    return this.#isKnown[term] === 1
  }

  /** Whether one of these terms follows from this one. Terms that are made later than the newest of them are not looked at. */
  leadsTo(term: number, targets: ReadonlySet<number>, newest: number): boolean {
    const seen = new Set<number>()
    const open = [term]
    for (let next = open.pop(); next !== undefined; next = open.pop()) {
      if (targets.has(next)) return true
      if (next > newest || seen.has(next)) continue
      seen.add(next)
      for (let arrow = this.#heads[next]!; arrow !== NONE; arrow = this.#others[arrow]!)
        open.push(this.#conclusions[arrow]!)
    }
    return false
  }

  #derive(from: number, kind: Arrow, update: number): number {
    const known = this.follow(from, kind, update)
    if (known !== NONE) return known
    const to = this.#make()
    this.#lead(from, to, kind, update)
    return to
  }

  #make(): number {
    if (this.#terms === this.#heads.length) {
      this.#heads = grown(this.#heads).fill(NONE, this.#terms)
      this.#isKnown = grown(this.#isKnown)
    }
    return this.#terms++
  }

  #lead(from: number, to: number, kind: Arrow, update: number): void {
    if (this.#arrows === this.#conclusions.length) {
      this.#conclusions = grown(this.#conclusions)
      this.#kinds = grown(this.#kinds)
      this.#updates = grown(this.#updates)
      this.#others = grown(this.#others)
    }
    const arrow = this.#arrows++
    this.#conclusions[arrow] = to
    this.#kinds[arrow] = kind
    this.#updates[arrow] = update
    this.#others[arrow] = this.#heads[from]!
    this.#heads[from] = arrow
    if (this.#isKnown[from] === 1) this.learn(to)
  }
}

function grown<T extends Int32Array<ArrayBuffer> | Uint8Array<ArrayBuffer>>(array: T): T {
  const twice = new (array.constructor as new (length: number) => T)(2 * array.length)
  twice.set(array)
  return twice
}
