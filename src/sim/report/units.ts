/** Figures as people read them. Deterministic: no locale of the machine is asked. */

const SECOND = 1_000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

const trimmed = (value: number, digits: number): string => String(Number(value.toFixed(digits)))

/** Three significant digits, and no more behind the point than needed. */
function short(value: number): string {
  const size = Math.abs(value)
  return trimmed(value, size >= 100 ? 0 : size >= 10 ? 1 : 2)
}

/** `12,345`, or `0.25`. */
export function count(value: number): string {
  const [whole, rest] = trimmed(value, Math.abs(value) >= 100 ? 0 : 2).split('.')
  const grouped = whole!.replace(/\B(?=(\d{3})+$)/g, ',')
  return rest === undefined ? grouped : `${grouped}.${rest}`
}

/** `950`, `12.3 k`, `4.56 M`. */
export function compact(value: number): string {
  const size = Math.abs(value)
  if (size >= 999_500_000) return `${short(value / 1e9)} G`
  if (size >= 999_500) return `${short(value / 1e6)} M`
  if (size >= 9_999.5) return `${short(value / 1e3)} k`
  return count(size >= 10 ? Math.round(value) : value)
}

/** `512 B`, `12.3 kB`, `4.56 MB`: powers of a thousand. */
export function bytes(value: number): string {
  const size = Math.abs(value)
  if (size >= 999.5e6) return `${short(value / 1e9)} GB`
  if (size >= 999.5e3) return `${short(value / 1e6)} MB`
  if (size >= 999.5) return `${short(value / 1e3)} kB`
  return `${short(value)} B`
}

/** `35 ms`, `2.5 s`, `1 min 5 s`, `3 h 20 min`, `7 d`. @param ms - also negative. */
export function duration(ms: number): string {
  const size = Math.abs(ms)
  if (size < 999.5) return `${short(ms)} ms`
  if (size < 59_950) return `${short(ms / SECOND)} s`
  const sign = ms < 0 ? '-' : ''
  const seconds = Math.round(size / SECOND)
  if (size < HOUR - SECOND / 2) return sign + parts(seconds, 60, 'min', 's')
  if (size < 2 * DAY) return sign + parts(Math.round(seconds / 60), 60, 'h', 'min')
  return sign + parts(Math.round(seconds / 3600), 24, 'd', 'h')
}

function parts(value: number, base: number, large: string, little: string): string {
  const rest = value % base
  return `${Math.floor(value / base)} ${large}${rest === 0 ? '' : ` ${rest} ${little}`}`
}

/** An instant of a run, as its axis shows it: `12.4 s`, `3:05`, `2 h 10 min`. */
export function instant(ms: number, ofMs: number): string {
  if (ofMs < 2 * MINUTE) return `${trimmed(ms / SECOND, ofMs < 2 * SECOND ? 2 : 1)} s`
  if (ofMs >= 2 * DAY && ms >= DAY) return parts(Math.round(ms / HOUR), 24, 'd', 'h')
  if (ofMs >= 2 * HOUR) return ms === 0 ? '0' : duration(ms)
  const seconds = Math.round(ms / SECOND)
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`
}

const STEPS = [
  ...[1, 2, 5, 10, 20, 50, 100, 200, 500],
  ...[1, 2, 5, 10, 15, 30].map((n) => n * SECOND),
  ...[1, 2, 5, 10, 15, 30].map((n) => n * MINUTE),
  ...[1, 2, 3, 6, 12].map((n) => n * HOUR),
  ...[1, 2, 7, 14, 28, 91, 364].map((n) => n * DAY)
]

/** The distance of the ticks on an axis of so many ms with about so many ticks. */
export const tickMs = (ofMs: number, ticks: number): number =>
  STEPS.find((step) => ofMs / step <= ticks) ?? STEPS.at(-1)! * Math.ceil(ofMs / STEPS.at(-1)! / ticks)

/** `1 peer`, `2 peers`. */
export const some = (n: number, one: string, many = `${one}s`): string => `${count(n)} ${n === 1 ? one : many}`

/** Kinds of frames are recorded as the wire names them: `keyRequest`. */
export const kindName = (kind: string): string =>
  kind.replace(/([a-z])([A-Z])/g, (_, end: string, next: string) => `${end} ${next.toLowerCase()}`)
