/**
 * The records this node keeps for others, in memory: what is worth keeping is published again by its owner.
 *
 * The table is bounded and takes values of the directory only, nothing else that kad-DHT would put into a datastore. The
 * record put longest ago makes room.
 */
import { NotFoundError } from '@libp2p/interface'
import type { KadDHTComponents } from '@libp2p/kad-dht'

type Datastore = KadDHTComponents['datastore']
type DatastoreKey = Parameters<Datastore['get']>[0]

/** As much of a datastore as kad-DHT uses for values. */
export class RecordStore implements Pick<Datastore, 'put' | 'get' | 'has' | 'delete' | 'query' | 'queryKeys'> {
  readonly #records = new Map<string, Uint8Array>()
  readonly #limit: number

  constructor(limit: number) {
    this.#limit = limit
  }

  put(key: DatastoreKey, value: Uint8Array): DatastoreKey {
    const name = key.toString()
    this.#records.delete(name)
    if (this.#records.size >= this.#limit) this.#records.delete(this.#records.keys().next().value!)
    this.#records.set(name, value)
    return key
  }

  get(key: DatastoreKey): Uint8Array {
    const value = this.#records.get(key.toString())
    if (value === undefined) throw new NotFoundError('no such record')
    return value
  }

  has(key: DatastoreKey): boolean {
    return this.#records.has(key.toString())
  }

  delete(key: DatastoreKey): void {
    this.#records.delete(key.toString())
  }

  /** Only provider records are ever asked for this way, and there are none: the directory service refuses them. */
  *query(): Generator<never> {}
  *queryKeys(): Generator<never> {}
}
