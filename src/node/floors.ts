/**
 * Floors: the newest version known of each directory key, on the disk before anybody relies on it.
 *
 * A floor never sinks. What is older than it, or another value of the same seq, is refused whoever brings it, so nobody can
 * put an old valid record over a newer one. The table is bounded; what we pin is never pushed out of it.
 */
import { compareBytes, copyBytes, equalBytes, hex, joinBytes, mapKey, u64 } from '../base/bytes.ts'
import { HASH_BYTES } from '../wire/limits.ts'
import type { Store } from './store.ts'

/** What orders a valid value among the others of its key. */
export interface Version {
  /** User record: seq. Channel: descriptor version. */
  readonly seq: number
  /** 32 bytes. */
  readonly hash: Uint8Array
}

/** Whether `a` is preferred to `b`: higher seq, then higher hash, so that everybody prefers the same one. */
export const isPreferred = (a: Version, b: Version): boolean =>
  a.seq !== b.seq ? a.seq > b.seq : compareBytes(a.hash, b.hash) > 0

/** The newest version known of one key. */
export interface Floor extends Version {
  readonly key: Uint8Array
}

/** Where floors outlive the process. */
export interface FloorStore {
  /** All of them, longest ago raised first if the store can tell. */
  load(): Promise<Iterable<Floor>>
  /** Durable when it resolves. `dropped` is the key that makes room, forgotten with the same write. */
  write(floor: Floor, dropped: Uint8Array | undefined): Promise<void>
}

/** How a version stands to the newest known. Only `newer` and `same` may be kept. */
export type Standing = 'newer' | 'same' | 'older' | 'forked' | 'jump' | 'full'

const MAX_FLOORS = 10_000
/** A signer who runs through seq faster than this has lost its key, or wants the number used up. */
export const MAX_SEQ_JUMP = 2 ** 32

interface HeldFloor extends Floor {
  isDurable: boolean
}

/**
 * The durable table of the newest versions known. Pinned keys (our own, those of people and channels we know) are never
 * pushed out; others are, longest ago raised first, so a stranger's rate of puts bounds how fast it can make us forget.
 */
export class Floors {
  readonly #store: FloorStore
  readonly #limit: number
  readonly #floors = new Map<string, HeldFloor>()
  readonly #pinned = new Set<string>()
  #writes: Promise<void> = Promise.resolve()

  private constructor(store: FloorStore, limit: number) {
    this.#store = store
    this.#limit = limit
  }

  /**
   * Floors of earlier runs.
   *
   * @param limit - entries at most, those pinned included.
   */
  static async open(store: FloorStore, limit: number = MAX_FLOORS): Promise<Floors> {
    const floors = new Floors(store, limit)
    for (const floor of await store.load()) {
      floors.#floors.set(mapKey(floor.key), { ...floor, isDurable: true })
    }
    return floors
  }

  /** Never forget this key, whether it has a floor yet or not. Not durable: pin again after a start. */
  pin(key: Uint8Array): void {
    this.#pinned.add(mapKey(key))
  }

  /** The newest version known of a key. */
  get(key: Uint8Array): Version | undefined {
    return this.#floors.get(mapKey(key))
  }

  get size(): number {
    return this.#floors.size
  }

  /** How a version stands, without keeping it. */
  judge(key: Uint8Array, version: Version): Standing {
    const held = this.#floors.get(mapKey(key))
    if (version.seq - (held?.seq ?? 0) > MAX_SEQ_JUMP) return 'jump'
    if (held === undefined || version.seq > held.seq) return 'newer'
    if (version.seq < held.seq) return 'older'
    return equalBytes(version.hash, held.hash) ? 'same' : 'forked'
  }

  /**
   * Judges and, when the version is newer, keeps it; resolves once that is durable. The judging and the keeping in memory
   * are one step, so of two versions racing each other the older one never comes out `newer` last.
   *
   * @returns `newer` or `same` when the version is the newest known at the time of resolving.
   * @throws what the store throws; the version then stays the newest known in memory and is written at the next try.
   */
  async raise(key: Uint8Array, version: Version): Promise<Standing> {
    const standing = this.judge(key, version)
    if (standing !== 'newer' && standing !== 'same') return standing
    const name = mapKey(key)
    let held = this.#floors.get(name)
    let dropped: Uint8Array | undefined
    if (standing === 'newer') {
      if (held === undefined && this.#floors.size >= this.#limit) {
        dropped = this.#dropOne()
        if (dropped === undefined) return 'full'
      }
      held = { key: copyBytes(key), seq: version.seq, hash: copyBytes(version.hash), isDurable: false }
      this.#floors.delete(name)
      this.#floors.set(name, held)
    }
    if (!held!.isDurable) await this.#write(held!, dropped)
    const after = this.judge(key, version)
    return after === 'same' ? standing : after
  }

  #write(held: HeldFloor, dropped: Uint8Array | undefined): Promise<void> {
    const { key, seq, hash } = held
    const written = this.#writes.then(() => this.#store.write({ key, seq, hash }, dropped))
    this.#writes = written.catch(() => {})
    return written.then(() => {
      held.isDurable = true
    })
  }

  #dropOne(): Uint8Array | undefined {
    for (const [name, floor] of this.#floors) {
      if (this.#pinned.has(name)) continue
      this.#floors.delete(name)
      return floor.key
    }
    return undefined
  }
}

const FLOOR_ROOM = 'floors'

/** Floors as rows: raised at (u64), seq (u64), hash, key. */
export function floorStore(store: Store): FloorStore {
  return {
    async load() {
      const rows: { raisedAt: number; floor: Floor }[] = []
      for await (const { value } of store.rows(FLOOR_ROOM)) {
        const view = new DataView(value.buffer, value.byteOffset, value.byteLength)
        const hash = copyBytes(value.subarray(16, 16 + HASH_BYTES))
        const key = copyBytes(value.subarray(16 + HASH_BYTES))
        const floor = { key, seq: Number(view.getBigUint64(8)), hash }
        rows.push({ raisedAt: Number(view.getBigUint64(0)), floor })
      }
      rows.sort((a, b) => a.raisedAt - b.raisedAt)
      return rows.map(({ floor }) => floor)
    },
    async write({ key, seq, hash }, dropped) {
      const value = joinBytes(u64(Date.now()), u64(seq), hash, key)
      const deletes = dropped === undefined ? [] : [{ room: FLOOR_ROOM, entry: hex(dropped) }]
      await store.write({ puts: [{ room: FLOOR_ROOM, entry: hex(key), value }], deletes, isDurable: true })
    }
  }
}
