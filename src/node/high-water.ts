/**
 * The high-water mark: which write of a store was the newest that was surely on the disk, kept apart from the database.
 *
 * LevelDB takes a damaged end of its log for one that a crash tore off, and opens without what was there. The number of the
 * newest write lies in the database as well: when that one is lower than the mark, writes that were acknowledged are missing.
 * The mark follows the writes, a second behind at most, and is exact after an orderly end.
 */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Secret } from '../base/secret.ts'
import { hasCode, writeFileWhole } from './private-files.ts'
import { makeSequence, readSequence } from './sealed-rows.ts'
import { damagedStore } from './store.ts'

/** Its name in the folder of the store, which LevelDB leaves alone. */
const MARK_FILE = 'MARK'
/** How far the mark may be behind, while the process lives. */
const BEHIND_MS = 1_000

/** The mark of one store. */
export class HighWater {
  readonly #path: string
  readonly #schemaKey: Secret
  readonly #failed: (cause: unknown) => void
  #marked: number
  #wanted: number
  #timer: NodeJS.Timeout | undefined
  #writing: Promise<void> = Promise.resolve()

  private constructor(folder: string, schemaKey: Secret, marked: number, failed: (cause: unknown) => void) {
    this.#path = join(folder, MARK_FILE)
    this.#schemaKey = schemaKey
    this.#failed = failed
    this.#marked = marked
    this.#wanted = marked
  }

  /** Makes the file of a new store. */
  static async create(folder: string, schemaKey: Secret, sequence: number): Promise<void> {
    await writeFileWhole(join(folder, MARK_FILE), makeSequence(schemaKey, sequence))
  }

  /**
   * Compares the mark with the database.
   *
   * @param sequence - number of the newest write in the database; undefined when that row is damaged.
   * @param schemaKey - kept; the caller destroys it after `close`.
   * @returns what makes the mark of one that is told when the disk does not take it.
   * @throws {UsageError} `DAMAGED_STORE`
   */
  static async open(
    folder: string,
    schemaKey: Secret,
    sequence: number | undefined
  ): Promise<(failed: (cause: unknown) => void) => HighWater> {
    const content = await readFile(join(folder, MARK_FILE)).catch((cause) => {
      if (hasCode(cause, 'ENOENT')) return undefined
      throw cause
    })
    const marked = readSequence(content, schemaKey)
    if (marked === undefined) throw damagedStore(`The file ${join(folder, MARK_FILE)} of the store`)
    if (sequence === undefined) throw damagedStore(`The store in ${folder}`)
    if (sequence < marked) throw damagedStore(`The end of the log of the store in ${folder}`)
    return (failed) => new HighWater(folder, schemaKey, marked, failed)
  }

  /** A write is on the disk. */
  reach(sequence: number): void {
    this.#wanted = sequence
    this.#timer ??= setTimeout(() => this.#write(), BEHIND_MS).unref()
  }

  /** Writes the mark a last time. */
  async close(): Promise<void> {
    this.#write()
    await this.#writing
  }

  #write(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    const wanted = this.#wanted
    if (wanted === this.#marked) return
    this.#marked = wanted
    this.#writing = this.#writing
      .then(() => writeFileWhole(this.#path, makeSequence(this.#schemaKey, wanted)))
      .catch(this.#failed)
  }
}
