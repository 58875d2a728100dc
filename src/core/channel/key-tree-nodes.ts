/**
 * The manager's nodes: one 32-byte key for each (level, position), or blank.
 *
 * A copy shares everything with its original and owns what it writes, so that a prepared change costs its path and not the
 * tree. A store that has been copied or handed out is never written again: only its maker writes, before anyone else sees
 * it. A key is never written over, only replaced.
 */
import { assert } from '../../base/assert.ts'

/** Bytes of every key of the tree. */
export const KEY_BYTES = 32

/** A folder has 2^5 entries: a removal at 10,000 members copies about 30 folders. */
const FOLDER_BITS = 5
const FOLDER_MASK = 2 ** FOLDER_BITS - 1

/** Keys, or folders one height lower; a missing entry is blank. */
type Folder = (Uint8Array | Folder | undefined)[]

/** The nodes of a level. At height 0 the entries of the root are keys. */
interface Shelf {
  readonly root: Folder
  readonly height: number
}

/** Keys by level and position, in folders that copies share. */
export class NodeStore {
  /** Levels 0 (leaves) to depth (the root). */
  readonly #levels: Shelf[]
  readonly #owned = new Set<Folder>()

  private constructor(levels: Shelf[]) {
    this.#levels = levels
  }

  /** A store of blank nodes with levels 0 to `depth`. */
  static blank(depth: number): NodeStore {
    return new NodeStore(Array.from({ length: depth + 1 }, blankShelf))
  }

  /** The level of the root. */
  get depth(): number {
    return this.#levels.length - 1
  }

  /** A store with the same keys whose writes do not show here. */
  copy(): NodeStore {
    return new NodeStore(this.#levels.slice())
  }

  /** Adds a blank level above the root. */
  addLevel(): void {
    this.#levels.push(blankShelf())
  }

  /**
   * The key of a node.
   *
   * @returns 32 bytes that belong to the store: do not write to them. Undefined when the node is blank.
   */
  key(level: number, position: number): Uint8Array | undefined {
    const shelf = this.#levels[level]
    if (shelf === undefined || position >= widthOf(shelf.height)) return undefined
    let entry: Uint8Array | Folder | undefined = shelf.root
    for (let height = shelf.height; height >= 0 && entry !== undefined; height--) {
      entry = (entry as Folder)[entryAt(position, height)]
    }
    return entry as Uint8Array | undefined
  }

  /** @param key - 32 bytes, kept; undefined makes the node blank. */
  set(level: number, position: number, key: Uint8Array | undefined): void {
    assert(level <= this.depth && position < 2 ** (this.depth - level), 'a written node lies in the tree')
    assert(key === undefined || key.length === KEY_BYTES, 'a node key has 32 bytes')
    let { root, height } = this.#levels[level]!
    for (; position >= widthOf(height); height++) root = [root]
    root = this.#own(root)
    this.#levels[level] = { root, height }
    let folder = root
    for (; height > 0; height--) {
      const entry = this.#own((folder[entryAt(position, height)] as Folder | undefined) ?? [])
      folder[entryAt(position, height)] = entry
      folder = entry
    }
    folder[entryAt(position, 0)] = key
  }

  /** The folder itself when it is ours to write to, else a copy. */
  #own(folder: Folder): Folder {
    if (this.#owned.has(folder)) return folder
    const copy = folder.slice()
    this.#owned.add(copy)
    return copy
  }
}

const blankShelf = (): Shelf => ({ root: [], height: 0 })

/** How many nodes there are under a folder of this height. */
const widthOf = (height: number): number => 2 ** (FOLDER_BITS * (height + 1))

/** Where in a folder of this height a node is, or the folder it is in. */
const entryAt = (position: number, height: number): number => (position >>> (FOLDER_BITS * height)) & FOLDER_MASK
