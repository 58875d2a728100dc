/**
 * The keys of cohorts: what has to be destroyed for good must not lie in LevelDB, which keeps old values until it compacts.
 *
 * They are in one small file beside LevelDB's, sealed under a key from the store key and rewritten as a whole: written,
 * synced, renamed, folder synced. A key is on the disk before the first row that is sealed under it. The file says from
 * when on cohorts of a name may exist, so that a row whose key was destroyed is told from one whose key was lost.
 */
import { randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { copyBytes, hex, joinBytes, u32, u64, unhex } from '../base/bytes.ts'
import { Secret } from '../base/secret.ts'
import { openAtRest, sealAtRest } from '../crypto/aead.ts'
import { derive } from '../crypto/kdf.ts'
import { LABEL } from '../crypto/labels.ts'
import { hasCode, writeFileWhole } from './private-files.ts'
import { damagedStore } from './store.ts'

/** Its name in the folder of the store, which LevelDB leaves alone. */
const COHORTS_FILE = 'COHORTS'
const NAME_BYTES = 16
const KEY_BYTES = 32
const CONTEXT = u32(1)

/** In place of a key: it is gone, and so are the rows. */
export const DESTROYED = Symbol('destroyed')

/** A cohort as it is named on the disk. */
export interface HiddenCohort {
  /** 16 bytes. */
  readonly name: Uint8Array
  readonly since: number
}

/** The keys of one name. */
interface Shelf {
  /** Cohorts that began before this, s since 1970, are destroyed. */
  from: number
  readonly keys: Map<number, Uint8Array>
}

/** The keys of a store's cohorts. One call of `make` or `destroy` at a time. */
export class CohortKeys {
  readonly #path: string
  readonly #fileKey: Secret
  readonly #shelves = new Map<string, Shelf>()

  private constructor(folder: string, storeKey: Secret) {
    this.#path = join(folder, COHORTS_FILE)
    this.#fileKey = new Secret(derive(storeKey.expose(), LABEL.storeCohortsKey, []))
  }

  /** Makes the file of a new store; durable but for the entry of its folder. */
  static async create(folder: string, storeKey: Secret): Promise<CohortKeys> {
    const keys = new CohortKeys(folder, storeKey)
    await keys.#save()
    return keys
  }

  /** @throws {UsageError} `DAMAGED_STORE` also when there is none. */
  static async open(folder: string, storeKey: Secret): Promise<CohortKeys> {
    const keys = new CohortKeys(folder, storeKey)
    let sealed: Uint8Array
    try {
      sealed = await readFile(keys.#path)
    } catch (cause) {
      if (!hasCode(cause, 'ENOENT')) throw cause
      throw damagedStore(`The file ${keys.#path} of the store`, cause)
    }
    const body = openAtRest(keys.#fileKey.expose(), CONTEXT, sealed)
    if (body === undefined) throw damagedStore(`The file ${keys.#path} of the store`)
    keys.#decode(body)
    return keys
  }

  /** The key of a cohort; undefined when there is none yet, or it was lost. */
  keyOf(name: Uint8Array, since: number): Uint8Array | typeof DESTROYED | undefined {
    const shelf = this.#shelves.get(hex(name))
    if (shelf === undefined) return undefined
    return since < shelf.from ? DESTROYED : shelf.keys.get(since)
  }

  /** Makes the keys that are missing; durable when it resolves. */
  async make(cohorts: readonly HiddenCohort[]): Promise<void> {
    const missing = cohorts.filter(({ name, since }) => this.keyOf(name, since) === undefined)
    if (missing.length === 0) return
    for (const { name, since } of missing) this.#shelf(name).keys.set(since, new Uint8Array(randomBytes(KEY_BYTES)))
    await this.#save()
  }

  /**
   * Destroys the keys of cohorts that began before a time; gone from the file when it resolves.
   *
   * @returns whether there were any.
   */
  async destroy(name: Uint8Array, before: number): Promise<boolean> {
    const shelf = this.#shelf(name)
    const gone = [...shelf.keys].filter(([since]) => since < before)
    if (gone.length === 0) return false
    for (const [since, key] of gone) {
      // No further than what was there: a clock that is wrong for once must not close what is still to come.
      shelf.from = Math.max(shelf.from, since + 1)
      key.fill(0)
      shelf.keys.delete(since)
    }
    await this.#save()
    return true
  }

  /** Forgets everything. */
  close(): void {
    for (const { keys } of this.#shelves.values()) for (const key of keys.values()) key.fill(0)
    this.#shelves.clear()
    this.#fileKey.destroy()
  }

  #shelf(name: Uint8Array): Shelf {
    const known = this.#shelves.get(hex(name)) ?? { from: 0, keys: new Map<number, Uint8Array>() }
    this.#shelves.set(hex(name), known)
    return known
  }

  async #save(): Promise<void> {
    const parts = [...this.#shelves].flatMap(([name, { from, keys }]) => [
      unhex(name),
      u64(from),
      u32(keys.size),
      ...[...keys].flatMap(([since, key]) => [u64(since), key])
    ])
    const body = joinBytes(...parts)
    await writeFileWhole(this.#path, sealAtRest(this.#fileKey.expose(), CONTEXT, body, randomBytes(32)))
    body.fill(0)
  }

  #decode(body: Uint8Array): void {
    const view = new DataView(body.buffer, body.byteOffset, body.length)
    for (let offset = 0; offset < body.length; ) {
      const shelf = this.#shelf(body.subarray(offset, offset + NAME_BYTES))
      offset += NAME_BYTES
      shelf.from = Number(view.getBigUint64(offset))
      const end = offset + 12 + view.getUint32(offset + 8) * (8 + KEY_BYTES)
      for (offset += 12; offset < end; offset += 8 + KEY_BYTES) {
        const key = copyBytes(body.subarray(offset + 8, offset + 8 + KEY_BYTES))
        shelf.keys.set(Number(view.getBigUint64(offset)), key)
      }
    }
    body.fill(0)
  }
}
