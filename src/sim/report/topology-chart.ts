/** Who was linked with whom, at some moments: peers on a circle in the order in which they came. */
import type { Account } from './account.ts'
import { COLOUR, type Drawing, type Extent } from './chart.ts'
import { clipped } from './html.ts'
import { instant, some } from './units.ts'

const MOST_MOMENTS = 3
/** More than that are drawn as dots without names, and beyond the second number not at all. */
const MOST_NAMES = 40
const MOST_NODES = 400
const MOST_LINKS = 4_000

/** The moments that are shown: the first, the last, and between them the one at which faults left the fewest links, or most had changed. */
function moments({ links, faults, duration }: Account): Account['links'] {
  if (links.length <= MOST_MOMENTS) return links
  const between = links.slice(1, -1)
  const isFaulty = ({ at }: { at: number }): boolean =>
    faults.some((fault) => fault.at <= at && at < (fault.until ?? duration))
  const least = between.filter(isFaulty).sort((a, b) => a.links.length - b.links.length || a.at - b.at)[0]
  const keys = links.map((line) => new Set(line.links.map((link) => [...link].sort().join('\n'))))
  const change = between.map((_, i) => keys[i + 1]!.symmetricDifference(keys[i]!).size)
  const most = between[change.indexOf(Math.max(...change))]!
  return [links[0]!, least ?? most, links.at(-1)!]
}

/** Undefined when the record tells of no links, or of too many to be seen. */
export function topology(account: Account): Drawing | undefined {
  const shown = moments(account).filter(({ links }) => links.length <= MOST_LINKS)
  const linked = new Set(shown.flatMap(({ links }) => links.flat()))
  const known = [...account.peers.keys()].filter((name) => linked.has(name) || account.peers.size <= MOST_NAMES)
  const names = [...new Set([...known, ...linked])]
  if (shown.length === 0 || names.length > MOST_NODES) return undefined
  return {
    id: 'topology',
    title: 'Who was linked with whom',
    description: shown
      .map(({ at, links }) => `at ${instant(at, account.duration)} ${some(links.length, 'link')}`)
      .join(', '),
    draw: (extent) => {
      const columns = extent.isWide ? shown.length : 1
      const width = extent.width / columns
      const radius = Math.min(width / 2 - 74, extent.isWide ? 190 : 110)
      const height = 2 * radius + 84
      const rows = Math.ceil(shown.length / columns)
      const elements = shown.flatMap((line, i) => {
        const x = (i % columns) * width + width / 2
        const y = Math.floor(i / columns) * height + height / 2 + 8
        return circle(account, line, names, { x, y, radius }, extent)
      })
      return { height: rows * height, option: { graphic: elements } }
    }
  }
}

interface Circle {
  readonly x: number
  readonly y: number
  readonly radius: number
}

function circle(
  account: Account,
  line: Account['links'][number],
  names: readonly string[],
  { x, y, radius }: Circle,
  extent: Extent
) {
  const place = new Map(
    names.map((name, i) => {
      const angle = (2 * Math.PI * i) / names.length - Math.PI / 2
      return [name, [x + radius * Math.cos(angle), y + radius * Math.sin(angle), angle] as const]
    })
  )
  const isManager = (name: string): boolean => account.peers.get(name)?.role === 'manager'
  const degree = new Map<string, number>()
  for (const name of line.links.flat()) degree.set(name, (degree.get(name) ?? 0) + 1)
  const heading = {
    type: 'text' as const,
    silent: true,
    style: {
      text: `${instant(line.at, account.duration)}: ${some(line.links.length, 'link')}`,
      x,
      y: y - radius - 38,
      align: 'center' as const,
      verticalAlign: 'middle' as const,
      fill: COLOUR.ink,
      font: 'bold 12px sans-serif'
    }
  }
  const lines = line.links.map(([one, other]) => {
    const [x1, y1] = place.get(one)!
    const [x2, y2] = place.get(other)!
    return {
      type: 'line' as const,
      silent: true,
      shape: { x1, y1, x2, y2 },
      style: { stroke: COLOUR.c1, lineWidth: 1, opacity: 0.45 }
    }
  })
  const nodes = names.flatMap((name) => {
    const [cx, cy, angle] = place.get(name)!
    const isLinked = degree.has(name)
    const style = {
      fill: isLinked ? COLOUR[isManager(name) ? 'c2' : 'c1'] : COLOUR.ground,
      stroke: COLOUR.ink,
      lineWidth: 1
    }
    const r = names.length > MOST_NAMES ? 3 : 5
    const shape = isManager(name)
      ? { type: 'rect' as const, silent: true, shape: { x: cx - r, y: cy - r, width: 2 * r, height: 2 * r }, style }
      : { type: 'circle' as const, silent: true, shape: { cx, cy, r }, style }
    if (names.length > MOST_NAMES) return [shape]
    const side = Math.cos(angle)
    const label = {
      type: 'text' as const,
      silent: true,
      style: {
        text: clipped(name, extent.isWide ? 11 : 9),
        x: cx + 10 * side,
        y: cy + 13 * Math.sin(angle),
        align: (Math.abs(side) < 0.15 ? 'center' : side > 0 ? 'left' : 'right') as 'center' | 'left' | 'right',
        verticalAlign: 'middle' as const,
        fill: COLOUR.ink,
        font: '12px sans-serif'
      }
    }
    return [shape, label]
  })
  return [heading, ...lines, ...nodes]
}
