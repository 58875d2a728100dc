/**
 * What one update of a key tree gives to whoever holds a key: exact by value, and the same for everybody, so that each key
 * is tried once however many people hold it.
 *
 * The nodes are true: their issuer and their members had them. What is derived and is no node of the tree after the update is
 * dropped, unless not all of these nodes are known.
 */
import { mapKey } from '../../base/bytes.ts'
import { TREE_CIPHER, type TreeContext, UpdateKeys, updateHash } from '../../core/channel/key-tree-update.ts'
import { WRAPPED_KEY_BYTES } from '../../crypto/aead.ts'
import { type TreeUpdate, TreeUpdateKind } from '../../wire/messages.ts'

/** A secret as a key of maps. */
export type Value = string

/** Where a key stands in a tree. */
export interface Place {
  readonly level: number
  readonly position: number
  /** Derived, and perhaps no key of the tree at all. */
  readonly isGuess?: boolean
}

/** The keys of a tree as far as they are known, by value. */
export interface TreeNodes {
  readonly places: Map<Value, Place>
  /** Whether these are all. */
  isWhole: boolean
  /** Level of the root. */
  depth: number
}

export type Learned = ReadonlyMap<Value, Uint8Array>

const NOTHING: Learned = new Map()
/** A node steps once because the tree grows, and once because somebody comes in below it. */
const MOST_STEPS = 2

interface Candidate extends Place {
  readonly key: Uint8Array
}

export class TreeClosure {
  readonly update: TreeUpdate
  readonly before: TreeNodes
  readonly after: TreeNodes
  readonly #keys: UpdateKeys
  readonly #learned = new Map<string, Learned>()

  /** @param before - of the epoch before on the same line; not looked at for a rebuild. */
  constructor(update: TreeUpdate, context: TreeContext, before: TreeNodes, after: TreeNodes) {
    this.update = update
    this.before = before
    this.after = after
    this.#keys = new UpdateKeys(TREE_CIPHER, updateHash(update, context))
  }

  /** From a key of the tree before or after the update. */
  fromKey(value: Value, key: Uint8Array): Learned {
    return this.once(value, () => {
      const { before, after, update } = this
      const here = after.places.get(value)
      const candidates: Candidate[] = here === undefined || here.isGuess ? [] : [{ ...here, key }]
      const place = before.places.get(value)
      if (place !== undefined) {
        const growth = place.level === before.depth ? update.depth - before.depth : 0
        let grown = key
        for (let i = 0; i <= growth; i++) {
          let stepped = grown
          for (let steps = 0; steps <= MOST_STEPS; steps++) {
            candidates.push({ level: place.level + i, position: place.position, key: stepped })
            stepped = this.#keys.step(stepped)
          }
          grown = this.#keys.grow(grown)
        }
      }
      return this.#explore(candidates)
    })
  }

  /** From a key that the member at a refreshed leaf is to have: which leaf is its own does not matter. */
  fromLeafKey(key: Uint8Array): Learned {
    return this.once(`key ${mapKey(key)}`, () =>
      this.#explore(this.update.refreshed.map((position) => ({ level: 0, position, key })))
    )
  }

  /** From the secret of a leaf in a rebuilt tree. */
  fromLeafSecret(secret: Uint8Array): Learned {
    if (this.update.kind !== TreeUpdateKind.REBUILD) return NOTHING
    return this.once(`secret ${mapKey(secret)}`, () => {
      const key = this.#keys.node(secret)
      const places = this.after.places
      const place = places.get(mapKey(key)) ?? places.get(mapKey(this.#keys.ratchet(key)))
      const leaves = this.update.wraps.length / WRAPPED_KEY_BYTES + 1
      const guesses = this.after.isWhole ? [] : Array.from({ length: leaves }, (_, position) => ({ position }))
      const positions = place === undefined ? guesses : [place]
      return this.#explore(positions.flatMap(({ position }) => this.#pathOf(secret, { level: 0, position })))
    })
  }

  /** Learns something once for all who ask by this name. */
  once(name: string, learn: () => Learned): Learned {
    let learned = this.#learned.get(name)
    if (learned === undefined) {
      learned = learn()
      this.#learned.set(name, learned)
    }
    return learned
  }

  /** The keys that follow from a node's secret: its own, and as long as it is handed up those above. */
  #pathOf(secret: Uint8Array, { level, position }: Place): Candidate[] {
    const candidates: Candidate[] = []
    let current = secret
    for (let up = 0; level + up <= this.update.depth; up++) {
      candidates.push({ level: level + up, position: position >>> up, key: this.#keys.node(current) })
      current = this.#keys.path(current)
    }
    return candidates
  }

  /** Everything that follows from these keys: what they wrap, what they become, and what follows from that. */
  #explore(from: readonly Candidate[]): Learned {
    const learned = new Map<Value, Uint8Array>()
    const tried = new Set<string>()
    const queue = [...from]
    for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
      const { key, level, position } = next
      const name = `${level}.${position} ${mapKey(key)}`
      if (tried.has(name)) continue
      tried.add(name)
      this.#learn(learned, next)
      this.#learn(learned, { level, position, key: this.#keys.ratchet(key) })
      const above = { level: level + 1, position: position >>> 1 }
      for (const secret of this.#unwrapAll(next)) queue.push(...this.#pathOf(secret, above))
    }
    return learned
  }

  #learn(learned: Map<Value, Uint8Array>, { key, level, position }: Candidate): void {
    const value = mapKey(key)
    const { places, isWhole } = this.after
    if (!places.has(value)) {
      if (isWhole) return
      places.set(value, { level, position, isGuess: true })
    }
    learned.set(value, key)
  }

  /** Every wrap of the update that opens under this key. */
  #unwrapAll({ key, level, position }: Candidate): Uint8Array[] {
    const { wraps, depth } = this.update
    if (level >= depth) return []
    const secrets: Uint8Array[] = []
    for (let offset = 0; offset < wraps.length; offset += WRAPPED_KEY_BYTES) {
      const secret = this.#keys.unwrap(key, level, position, wraps.subarray(offset, offset + WRAPPED_KEY_BYTES))
      if (secret !== undefined) secrets.push(secret)
    }
    return secrets
  }
}
