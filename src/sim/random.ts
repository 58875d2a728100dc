/**
 * Seeded randomness. Every stream is named: what one node, link or fault draws never depends on how much another one
 * draws, so adding a node leaves the rest of a run as it was. Not for keys of real people.
 */

/** One stream of random numbers (sfc32). */
export class Random {
  #a: number
  #b: number
  #c: number
  #counter = 1

  /**
   * @param seed - the run's seed.
   * @param names - which stream of the run, such as `node`, `alice`.
   */
  constructor(seed: number, ...names: readonly string[]) {
    const text = `${seed}/${names.join('/')}`
    this.#a = fnv(text, 0x811c9dc5)
    this.#b = fnv(text, 0x9e3779b9)
    this.#c = fnv(text, 0x85ebca6b)
    for (let i = 0; i < 15; i++) this.u32()
  }

  /** A 32-bit unsigned integer. */
  u32(): number {
    const sum = (this.#a + this.#b + this.#counter++) | 0
    this.#a = this.#b ^ (this.#b >>> 9)
    this.#b = (this.#c + (this.#c << 3)) | 0
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + sum) | 0
    return sum >>> 0
  }

  /** Uniform in [0, 1). */
  fraction(): number {
    return this.u32() / 0x1_0000_0000
  }

  /** An integer from `low` to `high`, both included. */
  between(low: number, high: number): number {
    return low + Math.floor(this.fraction() * (high - low + 1))
  }

  /** True with this probability; draws nothing at 0. */
  chance(probability: number): boolean {
    return probability > 0 && this.fraction() < probability
  }

  /** One of the items; the list is not empty. */
  pick<T>(items: readonly T[]): T {
    return items[this.between(0, items.length - 1)]!
  }

  /** The items in random order, in a new list. */
  shuffle<T>(items: readonly T[]): T[] {
    const list = [...items]
    for (let i = list.length - 1; i > 0; i--) {
      const j = this.between(0, i)
      const item = list[i]!
      list[i] = list[j]!
      list[j] = item
    }
    return list
  }

  /** Random bytes, fresh. */
  bytes(length: number): Uint8Array {
    const bytes = new Uint8Array(length)
    for (let i = 0; i < length; i += 4) {
      const word = this.u32()
      bytes[i] = word
      bytes[i + 1] = word >>> 8
      bytes[i + 2] = word >>> 16
      bytes[i + 3] = word >>> 24
    }
    return bytes
  }

  /** Log-normal: `median` is the middle, `sigma` 0 gives the median always. */
  logNormal(median: number, sigma: number): number {
    if (sigma === 0) return median
    const radius = Math.sqrt(-2 * Math.log(1 - this.fraction()))
    return median * Math.exp(sigma * radius * Math.cos(2 * Math.PI * this.fraction()))
  }
}

function fnv(text: string, basis: number): number {
  let value = basis
  for (let i = 0; i < text.length; i++) {
    value = Math.imul(value ^ text.charCodeAt(i), 0x01000193)
    value ^= value >>> 15
  }
  return value | 0
}
