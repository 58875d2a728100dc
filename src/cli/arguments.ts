/**
 * From the words of a command line to a command and its checked options.
 *
 * Whatever is not understood is refused before anything is done, with the nearest thing that would have been. Secrets are
 * no options: a passphrase comes from a file or a prompt.
 */
import { parseArgs } from 'node:util'
import { UsageError } from '../base/errors.ts'
import { DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS } from '../base/time.ts'
import { COMMANDS, COMMON, type CommandSpec, type OptionSpec } from './catalogue.ts'
import { displayText, own } from './display-text.ts'
import { nearest } from './nearest.ts'
import type { Output } from './output.ts'
import { USAGE } from './text.ts'

/** What a command is run with. */
export interface Arguments {
  /** Its name in the catalogue. */
  readonly command: string
  readonly operands: readonly string[]
  readonly options: Options
  readonly output: Output
}

type Value = string | boolean | readonly (string | boolean)[] | undefined

/** The options given, by their long names. */
export class Options {
  readonly #values: ReadonlyMap<string, Value>

  constructor(values: Readonly<Record<string, Value>>) {
    this.#values = new Map(Object.entries(values))
  }

  has(name: string): boolean {
    return this.#values.has(name)
  }

  isOn(name: string): boolean {
    return this.#values.get(name) === true
  }

  text(name: string): string | undefined {
    const value = this.#values.get(name)
    return typeof value === 'string' ? value : undefined
  }

  /** Empty when it was not given. */
  texts(name: string): readonly string[] {
    const value = this.#values.get(name)
    return Array.isArray(value) ? value.filter((one) => typeof one === 'string') : []
  }

  /** @throws {UsageError} `BAD_OPTION` */
  duration(name: string, standardMs: number): number {
    const text = this.text(name)
    return text === undefined ? standardMs : requireDuration(text, `--${name}`)
  }

  /** As `duration`, or 0 for `off`. Undefined when it was not given. @throws {UsageError} `BAD_OPTION` */
  durationOrOff(name: string): number | undefined {
    const text = this.text(name)
    return text === undefined ? undefined : requireDurationOrOff(text, `--${name}`)
  }

  /** @throws {UsageError} `BAD_OPTION` when it is no count. */
  count(name: string): number | undefined {
    const text = this.text(name)
    return text === undefined ? undefined : requireCount(text, `--${name}`)
  }

  /** Of an option that repeats. @throws {UsageError} `BAD_OPTION` when one of them is none of the choices. */
  choices<T extends string>(name: string, choices: readonly T[]): T[] {
    return this.texts(name).map((text) => requireChoice(text, `--${name}`, choices))
  }

  /** @throws {UsageError} `BAD_OPTION` when it is none of them. */
  choice<T extends string>(name: string, choices: readonly T[], standard: T): T {
    const text = this.text(name)
    return text === undefined ? standard : requireChoice(text, `--${name}`, choices)
  }
}

const badOption = (message: string): UsageError => new UsageError('BAD_OPTION', message)

/** What a command line asks for. */
export interface Parsed {
  readonly command: string
  readonly spec: CommandSpec
  readonly operands: readonly string[]
  readonly options: Options
}

/**
 * Reads a command line, without the program's own name.
 *
 * @throws {UsageError} `UNKNOWN_COMMAND`, `UNKNOWN_OPTION`, `BAD_OPTION`, `MISSING_ARGUMENT` or `TOO_MANY_ARGUMENTS`.
 */
export function parseCommandLine(argv: readonly string[]): Parsed {
  const { command, rest } = findCommand(argv)
  const spec = COMMANDS[command]!
  const specs = { ...COMMON, ...spec.options }
  const { values, positionals } = parseOptions(rest, specs, command)
  const options = new Options(values)
  if (!options.isOn('help')) checkOperands(command, spec, positionals)
  return { command, spec, operands: positionals, options }
}

/** The command's name may stand behind common options; `channel` takes one more word, `invite` may have one. */
function findCommand(argv: readonly string[]): { command: string; rest: string[] } {
  const at = firstWord(argv)
  const word = argv[at]
  if (word === undefined) {
    const isVersion = argv.includes('--version') || argv.includes('-v')
    const rest = argv.filter((one) => one !== '--version' && one !== '-v' && one !== '--help' && one !== '-h')
    return { command: isVersion ? 'version' : 'help', rest }
  }
  const family = Object.keys(COMMANDS).filter((name) => name.startsWith(`${word} `))
  const next = at + firstWord(argv.slice(at + 1)) + 1
  const command = `${word} ${argv[next] ?? ''}`
  if (Object.hasOwn(COMMANDS, command)) {
    return { command, rest: argv.filter((_, i) => i !== at && i !== next) }
  }
  if (Object.hasOwn(COMMANDS, word)) return { command: word, rest: argv.filter((_, i) => i !== at) }
  if (family.length === 0) throw unknownCommand(word)
  if (argv.includes('--help') || argv.includes('-h')) return { command: 'help', rest: [word] }
  throw new UsageError(
    'UNKNOWN_COMMAND',
    USAGE.unknownSubcommand(
      displayText(word),
      family.map((name) => displayText(name))
    )
  )
}

const unknownCommand = (word: string): UsageError => {
  const families = Object.keys(COMMANDS).map((name) => name.split(' ')[0]!)
  const near = nearest(word, [...new Set(families)])
  return new UsageError('UNKNOWN_COMMAND', USAGE.unknownCommand(displayText(word, { columns: 40, lines: 1 }), near))
}

/** Where the first word is that is neither an option nor a common option's value; the length when there is none. */
function firstWord(argv: readonly string[]): number {
  for (let i = 0; i < argv.length; i++) {
    const word = argv[i]!
    if (!word.startsWith('-') || word === '-') return i
    const spec = COMMON[word.slice(2)]
    if (spec?.type === 'string') i++
  }
  return argv.length
}

function parseOptions(
  argv: readonly string[],
  specs: Readonly<Record<string, OptionSpec>>,
  command: string
): { values: Record<string, Value>; positionals: string[] } {
  const options = Object.fromEntries(
    Object.entries(specs).map(([name, { type, multiple }]) => [
      name,
      { type, ...(multiple && { multiple }), ...(name === 'help' && { short: 'h' }) }
    ])
  )
  try {
    const { values, positionals } = parseArgs({ args: [...argv], options, allowPositionals: true, strict: true })
    return { values, positionals }
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    if (code === 'ERR_PARSE_ARGS_UNKNOWN_OPTION') throw unknownOption(argv, specs, command)
    if (code === 'ERR_PARSE_ARGS_INVALID_OPTION_VALUE') throw badOption(valueAtFault(argv, specs))
    throw error
  }
}

function unknownOption(
  argv: readonly string[],
  specs: Readonly<Record<string, OptionSpec>>,
  command: string
): UsageError {
  const names = argv
    .filter((word) => word.startsWith('-') && word !== '-' && word !== '--')
    .map((word) => word.split('=')[0]!)
  const unknown = names.find((word) => !word.startsWith('--') || !Object.hasOwn(specs, word.slice(2))) ?? '-'
  const near = nearest(unknown.replace(/^-+/, ''), Object.keys(specs))
  const shown = displayText(unknown, { columns: 40, lines: 1 })
  return new UsageError(
    'UNKNOWN_OPTION',
    USAGE.unknownOption(shown, displayText(command), near === undefined ? undefined : own`--${near}`)
  )
}

/** What is wrong where an option lacks a value, has one too many, or one that looks like an option. */
function valueAtFault(argv: readonly string[], specs: Readonly<Record<string, OptionSpec>>): string {
  for (const [i, word] of argv.entries()) {
    const [name = '', value] = word.replace(/^--/, '').split('=', 2)
    const spec = word.startsWith('--') && Object.hasOwn(specs, name) ? specs[name] : undefined
    const next = argv[i + 1]
    const shown = displayText(`--${name}`)
    if (spec?.type === 'boolean' && value !== undefined) return USAGE.badValue(shown)
    if (spec?.type !== 'string' || value !== undefined) continue
    if (next === undefined || next.startsWith('--')) return USAGE.badValue(shown)
    if (next.startsWith('-')) return USAGE.likeOption(shown, displayText(next, { columns: 40, lines: 1 }))
  }
  return USAGE.badValue(displayText('--'))
}

function checkOperands(command: string, { operands }: CommandSpec, given: readonly string[]): void {
  const needed = operands.filter((one) => !one.startsWith('['))
  const name = displayText(command)
  if (given.length < needed.length) {
    throw new UsageError('MISSING_ARGUMENT', USAGE.missing(name, displayText(needed[given.length]!)))
  }
  const isOpenEnded = operands.at(-1)?.includes('...') === true
  if (!isOpenEnded && given.length > operands.length) {
    const extra = displayText(given[operands.length]!, { columns: 40, lines: 1 })
    throw new UsageError('TOO_MANY_ARGUMENTS', USAGE.tooMany(name, extra))
  }
}

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: SECOND_MS, m: MINUTE_MS, h: HOUR_MS, d: DAY_MS }

/** Milliseconds of a text such as `10s`, `5m`, `24h`, `7d`, `250ms` or `0`; undefined when it is none. */
export function readDuration(text: string): number | undefined {
  if (text === '0') return 0
  const match = /^(\d{1,9}(?:\.\d{1,3})?)(ms|s|m|h|d)$/.exec(text)
  return match === null ? undefined : Math.round(Number(match[1]) * UNITS[match[2]!]!)
}

/** @throws {UsageError} `BAD_OPTION` */
export function requireDuration(text: string, name: string): number {
  const ms = readDuration(text)
  if (ms === undefined)
    throw badOption(USAGE.badDuration(displayText(name), displayText(text, { columns: 40, lines: 1 })))
  return ms
}

/** @throws {UsageError} `BAD_OPTION` when it is none of them. */
export function requireChoice<T extends string>(text: string, name: string, choices: readonly T[]): T {
  const choice = choices.find((one) => one === text)
  if (choice !== undefined) return choice
  const shown = choices.map((one) => displayText(one))
  throw badOption(USAGE.badChoice(displayText(name), shown))
}

/** A time, or 0 for `off`. @throws {UsageError} `BAD_OPTION` */
export const requireDurationOrOff = (text: string, name: string): number =>
  text === 'off' ? 0 : requireDuration(text, name)

/** A nick as it was typed, with or without `@`. */
export const nickTyped = (text: string): string => (text.startsWith('@') ? text.slice(1) : text).normalize('NFKC')

/** A count such as `20`. @throws {UsageError} `BAD_OPTION` */
export function requireCount(text: string, name: string): number {
  if (!/^\d{1,9}$/.test(text)) throw badOption(USAGE.badCount(displayText(name)))
  return Number(text)
}

/**
 * The instant that `--since` names: so long ago, or a date with or without a time of day (local unless it says otherwise).
 *
 * @param now - ms since 1970
 * @throws {UsageError} `BAD_OPTION`
 */
export function requireInstant(text: string, name: string, now: number): number {
  const ago = readDuration(text)
  if (ago !== undefined) return now - ago
  if (/^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d{1,3})?)?(Z|[+-]\d\d:\d\d)?)?$/.test(text)) {
    const at = Date.parse(text.includes('T') ? text : `${text}T00:00`)
    if (!Number.isNaN(at)) return at
  }
  throw badOption(USAGE.badInstant(displayText(name), displayText(text, { columns: 40, lines: 1 })))
}
