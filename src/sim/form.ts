/**
 * Reading a form that somebody wrote by hand: whatever is not understood is refused, with the place where it stands and with
 * what could stand there. Nothing is guessed and nothing is left over.
 */
import { UsageError } from '../base/errors.ts'
import { DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS } from '../base/time.ts'

/** Makes something of a value. @param at - its place, such as `phases[2].do[0].rate`. @throws {UsageError} `BAD_SCENARIO` */
export type Read<T> = (value: unknown, at: string) => T

/** A value that may not stand where it stands. @param what - is so. @param advice - what to write. */
export const misplaced = (at: string, what: string, advice: string): UsageError =>
  new UsageError('BAD_SCENARIO', `The scenario cannot be used. Its ${at || 'text'} ${what}. ${advice}.`)

export const text: Read<string> = (value, at) => {
  if (typeof value === 'string' && value !== '') return value
  throw misplaced(at, 'is no text', 'Write some words in quotes')
}

/** A name that has a place in lines and commands. */
export const name: Read<string> = (value, at) => {
  if (typeof value === 'string' && /^[a-z][a-z0-9-]{0,39}$/.test(value)) return value
  throw misplaced(at, 'is no name', 'Write up to 40 small letters, digits and hyphens, a letter first')
}

export const flag: Read<boolean> = (value, at) => {
  if (typeof value === 'boolean') return value
  throw misplaced(at, 'is neither true nor false', 'Write true or false, without quotes')
}

export const number =
  (least: number, most: number): Read<number> =>
  (value, at) => {
    if (typeof value === 'number' && value >= least && value <= most) return value
    throw misplaced(at, `is no number from ${least} to ${most}`, 'Write such a number, without quotes')
  }

export const count =
  (least: number, most: number): Read<number> =>
  (value, at) => {
    if (Number.isInteger(number(least, most)(value, at))) return value as number
    throw misplaced(at, 'is no whole number', 'Write it without a fraction')
  }

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: SECOND_MS, m: MINUTE_MS, h: HOUR_MS, d: DAY_MS }

/** ms of a text such as `250ms`, `10s`, `5m`, `24h` or `7d`. */
export const time: Read<number> = (value, at) => {
  const match = typeof value === 'string' ? /^(\d{1,9}(?:\.\d{1,3})?)(ms|s|m|h|d)$/.exec(value) : null
  if (match !== null) return Math.round(Number(match[1]) * UNITS[match[2]!]!)
  throw misplaced(at, 'is no time', 'Write a number and a unit in quotes, such as "10s" or "5m"')
}

export const choice =
  <const T extends string>(choices: readonly T[]): Read<T> =>
  (value, at) => {
    const chosen = choices.find((one) => one === value)
    if (chosen !== undefined) return chosen
    throw misplaced(at, 'is none of the words that may stand there', `Take one of: ${choices.join(', ')}`)
  }

export const list =
  <T>(read: Read<T>, least = 0): Read<readonly T[]> =>
  (value, at) => {
    if (!Array.isArray(value)) throw misplaced(at, 'is no list', 'Write values in square brackets')
    if (value.length < least) throw misplaced(at, 'is too short a list', `Write at least ${least} in it`)
    return value.map((one, i) => read(one, `${at}[${i}]`))
  }

export const object: Read<Readonly<Record<string, unknown>>> = (value, at) => {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { ...value }
  throw misplaced(at, 'is no object', 'Write names and values in braces')
}

/** Names of the writer's own, and a value for each. */
export const table =
  <T>(read: Read<T>): Read<Readonly<Record<string, T>>> =>
  (value, at) =>
    Object.fromEntries(
      Object.entries(object(value, at)).map(([key, one]) => [name(key, `${under(at, key)}`), read(one, under(at, key))])
    )

/** A value that may be absent. */
export interface Optional<T> {
  readonly optional: Read<T>
}
export const optional = <T>(read: Read<T>): Optional<T> => ({ optional: read })

type Shape = Readonly<Record<string, Read<unknown> | Optional<unknown>>>
type Shaped<S extends Shape> = {
  readonly [K in keyof S as S[K] extends Optional<unknown> ? never : K]: S[K] extends Read<infer T> ? T : never
} & {
  readonly [K in keyof S as S[K] extends Optional<unknown> ? K : never]?: S[K] extends Optional<infer T> ? T : never
}

/** Exactly these keys. */
export const shape =
  <S extends Shape>(keys: S): Read<Shaped<S>> =>
  (value, at) => {
    const given = object(value, at)
    const unknown = Object.keys(given).find((key) => !Object.hasOwn(keys, key))
    if (unknown !== undefined)
      throw misplaced(under(at, unknown), 'means nothing there', `Take some of: ${Object.keys(keys).join(', ')}`)
    const read: [string, unknown][] = []
    for (const [key, how] of Object.entries(keys)) {
      if (Object.hasOwn(given, key)) {
        read.push([key, (typeof how === 'function' ? how : how.optional)(given[key], under(at, key))])
      } else if (typeof how === 'function') throw misplaced(under(at, key), 'is missing', 'Write it')
    }
    return Object.fromEntries(read) as Shaped<S>
  }

export const under = (at: string, key: string): string => (at === '' ? key : `${at}.${key}`)

/** ms as a form has them. */
export const timeText = (ms: number): string => {
  const unit = ['d', 'h', 'm', 's'].find((one) => ms > 0 && ms % UNITS[one]! === 0) ?? 'ms'
  return `${ms / UNITS[unit]!}${unit}`
}
