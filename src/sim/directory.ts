/**
 * The directory: put and look up, slowly, by a table that the carrier's owners may bend. It is only a cache: whatever it
 * returns, hides or rolls back, peers must stay safe (protocol §1).
 */
import { copyBytes, mapKey } from '../base/bytes.ts'
import { DIRECTORY_VALUE_BYTES } from '../wire/limits.ts'
import type { Random } from './random.ts'

export type RecordKind = 'user' | 'channel'

/** What the directory does to those who use it. */
export interface DirectoryConditions {
  readonly delayMs: number
  /** An answer is kept back. */
  readonly hideRate: number
  /** An old value is returned for the newest. */
  readonly rollBackRate: number
}

export const CALM_DIRECTORY: DirectoryConditions = { delayMs: 300, hideRate: 0, rollBackRate: 0 }

/** Values by (kind, id), every one ever put. */
export class Directory {
  conditions: DirectoryConditions = CALM_DIRECTORY
  readonly #values = new Map<string, Uint8Array[]>()
  readonly #random: Random

  constructor(random: Random) {
    this.#random = random
  }

  /** Values over the limit are dropped, as every directory node does. */
  put(kind: RecordKind, id: Uint8Array, value: Uint8Array): void {
    if (value.length > DIRECTORY_VALUE_BYTES) return
    const key = `${kind}/${mapKey(id)}`
    const values = this.#values.get(key) ?? []
    values.push(copyBytes(value))
    this.#values.set(key, values)
  }

  /** The newest value put, unless the directory lies. */
  get(kind: RecordKind, id: Uint8Array): Uint8Array | undefined {
    const values = this.#values.get(`${kind}/${mapKey(id)}`)
    if (values === undefined || this.#random.chance(this.conditions.hideRate)) return undefined
    const value = this.#random.chance(this.conditions.rollBackRate) ? this.#random.pick(values) : values.at(-1)
    return value && copyBytes(value)
  }

  /** Every value ever put: for checkers. */
  *all(): Iterable<Uint8Array> {
    for (const values of this.#values.values()) yield* values
  }
}
