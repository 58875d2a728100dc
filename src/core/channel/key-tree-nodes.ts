/**
 * The manager's nodes: one 32-byte key for each (level, position), or blank.
 *
 * A node is blank exactly when its 32 bytes are zero, which no derived key is. A copy shares pages with its original and
 * owns what it writes, so that a prepared change costs its path and not the tree. A store that has been copied or handed
 * out is never written again: only its maker writes, before anyone else sees it.
 */
import { assert } from '../../base/assert.ts'

/** Bytes of every key of the tree. */
export const KEY_BYTES = 32

/** Nodes on a page: a removal at 10,000 members copies about 14 pages of 1 KiB. */
const PAGE_NODES = 32
const PAGE_BYTES = PAGE_NODES * KEY_BYTES

type Page = Uint8Array

/** Keys by level and position, in pages that copies share. */
export class NodeStore {
  /** Levels 0 (leaves) to depth (the root); a missing page is blank. */
  readonly #levels: (Page | undefined)[][]
  readonly #owned = new Set<Page>()

  private constructor(levels: (Page | undefined)[][]) {
    this.#levels = levels
  }

  /** A store of blank nodes with levels 0 to `depth`. */
  static blank(depth: number): NodeStore {
    return new NodeStore(Array.from({ length: depth + 1 }, () => []))
  }

  /** The level of the root. */
  get depth(): number {
    return this.#levels.length - 1
  }

  /** A store with the same keys whose writes do not show here. */
  copy(): NodeStore {
    return new NodeStore(this.#levels.map((pages) => pages.slice()))
  }

  /** Adds a blank level above the root. */
  addLevel(): void {
    this.#levels.push([])
  }

  /**
   * The key of a node.
   *
   * @returns 32 bytes that belong to the store: do not write to them, copy what is to outlive the next `set`. Undefined
   * when the node is blank.
   */
  key(level: number, position: number): Uint8Array | undefined {
    const page = this.#levels[level]?.[Math.floor(position / PAGE_NODES)]
    if (page === undefined) return undefined
    const start = (position % PAGE_NODES) * KEY_BYTES
    for (let i = start; i < start + KEY_BYTES; i++) {
      if (page[i] !== 0) return page.subarray(start, start + KEY_BYTES)
    }
    return undefined
  }

  /** @param key - 32 bytes, copied; undefined makes the node blank. */
  set(level: number, position: number, key: Uint8Array | undefined): void {
    const pages = this.#levels[level]
    assert(pages !== undefined && position < 2 ** (this.depth - level), 'a written node lies in the tree')
    assert(key === undefined || key.length === KEY_BYTES, 'a node key has 32 bytes')
    const index = Math.floor(position / PAGE_NODES)
    let page = pages[index]
    if (page === undefined || !this.#owned.has(page)) {
      const fresh: Page = new Uint8Array(PAGE_BYTES)
      if (page !== undefined) fresh.set(page)
      page = fresh
      this.#owned.add(page)
      while (pages.length < index) pages.push(undefined)
      pages[index] = page
    }
    const start = (position % PAGE_NODES) * KEY_BYTES
    if (key === undefined) page.fill(0, start, start + KEY_BYTES)
    else page.set(key, start)
  }
}
