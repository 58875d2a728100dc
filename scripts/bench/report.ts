/**
 * How figures are written down: header, aligned table, markdown table, JSON.
 *
 * Every number stands beside what it was measured on; medians always come with their range, so that nobody reads more out
 * of a figure than two shared cores put into it.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { cpus, platform, release, totalmem } from 'node:os'
import { basename, dirname } from 'node:path'
import { parseArgs } from 'node:util'

/** Options every benchmark has, and its own ones. All take a value but `--markdown`. */
export type Options = Readonly<Record<string, string | undefined>> & { readonly isMarkdown: boolean }

/**
 * Reads the command line.
 *
 * @param defaults - the benchmark's own options and what they are when not given.
 */
export function readOptions(defaults: Readonly<Record<string, string>>): Options {
  const own = Object.fromEntries(Object.keys(defaults).map((name) => [name, { type: 'string' as const }]))
  const { values } = parseArgs({
    options: { ...own, json: { type: 'string' }, markdown: { type: 'boolean' } },
    strict: true
  })
  const { markdown, ...texts } = values as Record<string, string | undefined> & { markdown?: boolean }
  return { ...defaults, ...texts, isMarkdown: markdown === true } as Options
}

/** A whole number among the options. */
export const numberOf = (options: Options, name: string): number => Number(options[name])

/** A comma-separated list among the options. */
export const listOf = (options: Options, name: string): string[] => (options[name] ?? '').split(',').filter(Boolean)

// ------------------------------------------------------------------ figures

/** The value below which a share of the values lies. @returns NaN when there are none. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN
}

export const median = (values: readonly number[]): number => {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle]! : ((sorted[middle - 1] ?? Number.NaN) + sorted[middle]!) / 2
}

/** A number with about three significant digits. */
export function short(value: number): string {
  if (Number.isNaN(value)) return '–'
  const digits = Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2
  return value.toFixed(digits).replace(/\B(?=(\d{3})+(?!\d))/g, Math.abs(value) >= 1_000 ? ',' : '')
}

/** Median and range. */
export const spread = (values: readonly number[]): string =>
  values.length < 2
    ? short(median(values))
    : `${short(median(values))} (${short(Math.min(...values))}–${short(Math.max(...values))})`

// ------------------------------------------------------------------ tables

export interface Table {
  readonly title: string
  readonly columns: readonly string[]
  /** The first cell is left-aligned, the others right. */
  readonly rows: readonly (readonly string[])[]
  /** A sentence or two under the table. */
  readonly notes?: readonly string[]
}

function aligned({ title, columns, rows, notes = [] }: Table): string {
  const widths = columns.map((column, i) => Math.max(column.length, ...rows.map((row) => (row[i] ?? '').length)))
  const line = (cells: readonly string[]): string =>
    widths.map((width, i) => (i === 0 ? (cells[i] ?? '').padEnd(width) : (cells[i] ?? '').padStart(width))).join('  ')
  const rule = '─'.repeat(widths.reduce((sum, width) => sum + width + 2, -2))
  return [title, rule, line(columns), rule, ...rows.map(line), rule, ...notes, ''].join('\n')
}

function markdown({ title, columns, rows, notes = [] }: Table): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`
  const rule = line(columns.map((_, i) => (i === 0 ? '---' : '---:')))
  return [`**${title}**`, '', line(columns), rule, ...rows.map(line), '', ...notes, ''].join('\n')
}

// ------------------------------------------------------------------ what it was measured on

/** What the figures depend on. */
export interface Setting {
  readonly machine: string
  readonly node: string
  readonly packages: Readonly<Record<string, string>>
  readonly date: string
  readonly command: string
  readonly load: string
}

const MEASURED_PACKAGES = ['libp2p', '@libp2p/gossipsub', '@libp2p/noise', '@libp2p/yamux', 'sodium-native', 'ts-mls']

function versionOf(name: string): string {
  try {
    return String(JSON.parse(readFileSync(`node_modules/${name}/package.json`, 'utf8')).version)
  } catch {
    return 'not found'
  }
}

export function setting(): Setting {
  const program = process.argv[1] ?? ''
  const script = basename(program).replace(/\.js$/, '')
  const task = basename(dirname(program)) === 'bench' ? `bench:${script}` : script
  const model = cpus()[0]?.model.trim() ?? 'unknown processor'
  let load = ''
  try {
    load = readFileSync('/proc/loadavg', 'utf8').split(' ').slice(0, 3).join(' ')
  } catch {
    load = 'unknown'
  }
  return {
    machine: `${model}, ${cpus().length} cores, ${Math.round(totalmem() / 2 ** 30)} GiB, ${platform()} ${release()}`,
    node: process.versions.node,
    packages: Object.fromEntries(MEASURED_PACKAGES.map((name) => [name, versionOf(name)])),
    date: new Date().toISOString().slice(0, 16).replace('T', ' '),
    command: `npm run ${task}${process.argv.length > 2 ? ` -- ${process.argv.slice(2).join(' ')}` : ''}`,
    load
  }
}

/** Prints the tables, and writes the raw figures when `--json FILE` was given. */
export function publish(options: Options, tables: readonly Table[], figures: unknown): void {
  const where = setting()
  const packages = Object.entries(where.packages).map(([name, version]) => `${name} ${version}`)
  const head = [
    `${where.machine}; Node ${where.node}; load ${where.load}`,
    packages.join(', '),
    `${where.date} UTC, \`${where.command}\``
  ]
  if (options.isMarkdown) console.log([head.join('  \n'), '', ...tables.map(markdown)].join('\n'))
  else console.log(['', ...head, '', ...tables.map(aligned)].join('\n'))
  if (options['json'] !== undefined) {
    writeFileSync(options['json'], `${JSON.stringify({ ...where, figures }, undefined, 2)}\n`)
  }
}

/** Progress, for people who wait: never on stdout. */
export const tell = (text: string): void => void process.stderr.write(`${text}\n`)

export const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

/** Waits until something holds. @throws when it does not within the time. */
export async function until(what: string, holds: () => boolean | Promise<boolean>, timeoutMs = 60_000): Promise<void> {
  const end = performance.now() + timeoutMs
  while (!(await holds())) {
    if (performance.now() > end) throw new Error(`not within ${timeoutMs} ms: ${what}`)
    await pause(20)
  }
}
