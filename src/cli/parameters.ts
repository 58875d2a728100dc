/** Parameters of a call, which may be anything: read one by one, and refused by name. */
import { UsageError } from '../base/errors.ts'
import { SECOND_MS } from '../base/time.ts'
import type { Params } from '../node/control.ts'
import { requireChoice, requireDuration } from './arguments.ts'
import { displayText } from './display-text.ts'
import type { Position } from './forms.ts'
import { USAGE } from './text.ts'

/** How long `--wait` waits, unless told: members say what they have every ten seconds, and rarer where they are many. */
export const SEND_MS = { sent: 10 * SECOND_MS, seen: 60 * SECOND_MS, none: 0 } as const

/** Parameters of a call, which may be anything. */
export class Reader {
  readonly #params: Params

  constructor(params: Params) {
    this.#params = params
  }

  has(name: string): boolean {
    return Object.hasOwn(this.#params, name) && this.#params[name] !== undefined && this.#params[name] !== null
  }

  text(name: string): string {
    const value = this.has(name) ? this.#params[name] : undefined
    if (typeof value !== 'string') throw bad(name)
    return value
  }

  optional(name: string): string | undefined {
    return this.has(name) ? this.text(name) : undefined
  }

  texts(name: string): string[] {
    const value = this.has(name) ? this.#params[name] : []
    if (!Array.isArray(value) || value.some((one) => typeof one !== 'string')) throw bad(name)
    return value
  }

  isOn(name: string): boolean {
    const value = this.has(name) ? this.#params[name] : false
    if (typeof value !== 'boolean') throw bad(name)
    return value
  }

  number(name: string): number | undefined {
    if (!this.has(name)) return undefined
    const value = this.#params[name]
    if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0) throw bad(name)
    return value
  }

  /** A number of milliseconds, or a text such as `10s`. */
  duration(name: string, standardMs: number): number {
    if (!this.has(name)) return standardMs
    const value = this.#params[name]
    return typeof value === 'string' ? requireDuration(value, name) : this.number(name)!
  }

  /** Seconds of a time, rounded up; 0 for `off`. Undefined when it was not given. */
  seconds(name: string): number | undefined {
    if (!this.has(name)) return undefined
    const ms = this.#params[name] === 'off' ? 0 : this.duration(name, 0)
    return Math.ceil(ms / SECOND_MS)
  }

  choice<T extends string>(name: string, choices: readonly T[], standard: T): T {
    const text = this.optional(name)
    return text === undefined ? standard : requireChoice(text, `--${name}`, choices)
  }

  choices<T extends string>(name: string, choices: readonly T[]): T[] {
    return this.texts(name).map((text) => requireChoice(text, `--${name}`, choices))
  }

  position(name: string): Position | undefined {
    if (!this.has(name)) return undefined
    const value = this.#params[name]
    if (!isPosition(value)) throw bad(name)
    return value
  }
}

export const bad = (name: string): UsageError => new UsageError('BAD_OPTION', USAGE.badValue(displayText(name)))

export const isPosition = (value: unknown): value is Position =>
  typeof value === 'object' &&
  value !== null &&
  'lamport' in value &&
  Number.isSafeInteger(value.lamport) &&
  'counter' in value &&
  Number.isSafeInteger(value.counter) &&
  'sender' in value &&
  typeof value.sender === 'string' &&
  'id' in value &&
  typeof value.id === 'string'
