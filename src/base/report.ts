/** Where the rooms above report to. Fields are numbers, booleans and short names of ours: never text of a stranger. */

export type ReportFields = Readonly<Record<string, string | number | boolean>>

export interface Logger {
  /** @param event - a fixed name such as `carrier.rejected`. */
  log(level: 'debug' | 'info' | 'warn' | 'error', event: string, fields?: ReportFields): void
}

export interface Metrics {
  /** Adds to a counter. */
  count(name: string, by?: number): void
}

export const SILENT_LOGGER: Logger = { log() {} }
export const SILENT_METRICS: Metrics = { count() {} }
