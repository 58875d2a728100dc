/** With whom each live node may be connected where not all may be with all: with the hubs, and with some others, by the seed. */
import type { SimNode } from './node.ts'
import { Random } from './random.ts'

export interface NeighbourhoodConfig {
  readonly seed: number
  /** With about how many others each node may be connected; undefined: with all. */
  readonly degree: number | undefined
  /** So many nodes, the first ones, may be connected with everybody all the same. */
  readonly hubs: number
}

export class Neighbourhood {
  readonly #config: NeighbourhoodConfig
  readonly #nodes: readonly SimNode[]
  readonly #near = new Map<SimNode, ReadonlySet<SimNode>>()

  /** @param nodes - of the world: more may come. */
  constructor(config: NeighbourhoodConfig, nodes: readonly SimNode[]) {
    this.#config = config
    this.#nodes = nodes
  }

  isNear(node: SimNode, other: SimNode): boolean {
    const { degree, hubs } = this.#config
    if (degree === undefined || node.index < hubs || other.index < hubs) return true
    if (this.#near.size < this.#nodes.length) this.#draw(degree)
    return this.#near.get(node)!.has(other)
  }

  /** Everybody draws half of its neighbours, and is drawn by about as many. */
  #draw(degree: number): void {
    const { seed, hubs } = this.#config
    const random = new Random(seed, 'links')
    const near = this.#nodes.map(() => new Set<SimNode>())
    for (const node of this.#nodes) {
      const others = random.shuffle(this.#nodes.filter(({ index }) => index !== node.index && index >= hubs))
      for (const other of others.slice(0, Math.ceil(degree / 2))) {
        near[node.index]!.add(other)
        near[other.index]!.add(node)
      }
    }
    for (const node of this.#nodes) this.#near.set(node, near[node.index]!)
  }
}
