/**
 * Where a node's own words go: log lines to a stream, counters to a table.
 *
 * Both take fixed names and fields of ours only (base/report.ts), so nothing a stranger wrote can reach them; the table
 * of counters is bounded all the same.
 */
import type { Logger, Metrics, ReportFields } from '../base/report.ts'

type Level = Parameters<Logger['log']>[0]

const LEVELS: readonly Level[] = ['debug', 'info', 'warn', 'error']
const MAX_COUNTERS = 4_096

/**
 * A logger that writes one line per event: time, level, event, `name=value` fields.
 *
 * @param write - gets whole lines, newline included.
 * @param lowest - what is below is dropped.
 * @param now - wall clock in ms since 1970.
 */
export function lineLogger(
  write: (line: string) => void,
  lowest: Level = 'info',
  now: () => number = Date.now
): Logger {
  const floor = LEVELS.indexOf(lowest)
  return {
    log(level, event, fields) {
      if (LEVELS.indexOf(level) < floor) return
      write(`${new Date(now()).toISOString()} ${level} ${event}${fieldsText(fields)}\n`)
    }
  }
}

function fieldsText(fields: ReportFields | undefined): string {
  let text = ''
  for (const [name, value] of Object.entries(fields ?? {})) {
    text += ` ${name}=${typeof value === 'string' && /[\s"=]/.test(value) ? JSON.stringify(value) : String(value)}`
  }
  return text
}

/** Counters by name. */
export class Counters implements Metrics {
  readonly #counts = new Map<string, number>()

  count(name: string, by = 1): void {
    const before = this.#counts.get(name)
    if (before === undefined && this.#counts.size >= MAX_COUNTERS) return
    this.#counts.set(name, (before ?? 0) + by)
  }

  /** 0 when it was never counted. */
  get(name: string): number {
    return this.#counts.get(name) ?? 0
  }

  /** All of them, by name. */
  snapshot(): Record<string, number> {
    return Object.fromEntries([...this.#counts].sort(([a], [b]) => (a < b ? -1 : 1)))
  }
}

/**
 * What an error may say in a log: its class and code, never its text, which may hold a stranger's words.
 *
 * @param error - anything thrown.
 */
export function errorFields(error: unknown): ReportFields {
  if (!(error instanceof Error)) return { error: typeof error }
  const code = 'code' in error && typeof error.code === 'string' ? error.code : ''
  return code === '' ? { error: error.name } : { error: error.name, code }
}
