/**
 * Charts over the time of a run. All have the same axis in the same place, the same lines where phases begin and where
 * faults happen, so that what stands above one another happened at once.
 */
import type { Account } from './account.ts'
import { type ChartOption, COLOUR, type ColourName, type Extent, FONT_PX, type Series } from './chart.ts'
import { clipped } from './html.ts'
import { instant, tickMs } from './units.ts'

const PHASE_PX = 18
const NAME_PX = 18
const TOP_PX = 24
const GAP_PX = 34
const BOTTOM_PX = 26
/** Names of faults stand at least so far apart. */
const FAULT_LABEL_PX = 28
const LABEL_PX = 9
export const CHARACTER_PX = 7.2

/** One strip of a chart: several may stand above one another, over one axis. */
export interface Panel {
  /** Above it, on the left. */
  readonly name?: string
  readonly height: number
  /** Names of rows, from the top; otherwise figures from zero. */
  readonly rows?: readonly string[]
  /** The names of rows stand above them, in full, not beside them. */
  readonly isTitled?: boolean
  readonly format?: (value: number) => string
  /** Of figures. */
  readonly max?: number
  readonly series: readonly Series[]
}

export const leftPx = ({ isWide }: Extent): number => (isWide ? 132 : 86)
export const RIGHT_PX = 24
export const rowCharacters = ({ isWide }: Extent): number => (isWide ? 17 : 10)

/** Widths along the axis. */
export const pxOf = (ms: number, account: Account, extent: Extent): number =>
  (ms / account.duration) * (extent.width - leftPx(extent) - RIGHT_PX)

export function timeChart(
  account: Account,
  extent: Extent,
  panels: readonly Panel[]
): { height: number; option: ChartOption } {
  let top = TOP_PX + PHASE_PX + (panels[0]?.name === undefined ? 0 : NAME_PX)
  const tops = panels.map((panel) => {
    const place = top
    top = place + panel.height + GAP_PX
    return place
  })
  const height = top - GAP_PX + BOTTOM_PX
  const step = tickMs(account.duration, extent.isWide ? 12 : 4)
  const series: Series[] = []
  panels.forEach((panel, i) => {
    const place = { xAxisIndex: i, yAxisIndex: i, silent: true, animation: false }
    if (panel.isTitled) series.push({ ...titles(panel, extent), ...place } as Series)
    series.push(...panel.series.map((one) => ({ ...one, ...place }) as Series))
    series.push({ ...shades(account, extent), ...place } as Series)
    series.push({ ...lines(account, extent, i === 0), ...place } as Series)
  })
  const option: ChartOption = {
    grid: panels.map((panel, i) => ({
      left: leftPx(extent),
      right: RIGHT_PX,
      top: tops[i]!,
      height: panel.height,
      outerBoundsMode: 'none' as const
    })),
    xAxis: panels.map((_, i) => ({
      type: 'value' as const,
      gridIndex: i,
      min: 0,
      max: account.duration,
      interval: step,
      axisLine: { show: true, onZero: false, lineStyle: { color: COLOUR.line } },
      axisTick: { show: true, lineStyle: { color: COLOUR.line } },
      axisLabel: {
        show: i === panels.length - 1,
        color: COLOUR.soft,
        fontSize: FONT_PX,
        showMaxLabel: account.duration % step === 0,
        formatter: (value: number) => instant(value, account.duration)
      },
      splitLine: { show: false }
    })),
    yAxis: panels.map((panel, i) => yAxis(panel, i, extent)),
    series,
    graphic: panels.flatMap((panel, i) =>
      panel.name === undefined
        ? []
        : [
            {
              type: 'text' as const,
              left: 0,
              top: i === 0 ? 0 : tops[i]! - 19,
              silent: true,
              style: { text: panel.name, fill: COLOUR.soft, font: `${FONT_PX}px sans-serif` }
            }
          ]
    )
  }
  return { height, option }
}

type YAxis = Exclude<ChartOption['yAxis'], undefined | unknown[]>

function yAxis(panel: Panel, gridIndex: number, extent: Extent): YAxis {
  const label = { color: COLOUR.soft, fontSize: FONT_PX }
  const common = { gridIndex, axisLine: { show: false }, axisTick: { show: false } }
  if (panel.rows !== undefined)
    return {
      ...common,
      type: 'category' as const,
      inverse: true,
      data: panel.rows.map((row) => ({ value: clipped(row, rowCharacters(extent)) || '(no name)' })),
      axisLabel: { ...label, interval: 0, show: panel.isTitled !== true },
      splitLine: { show: false }
    }
  const { step, max } = scaleTo(panel.max ?? 1)
  return {
    ...common,
    type: 'value' as const,
    min: 0,
    max,
    interval: step,
    axisLabel: { ...label, formatter: panel.format ?? String },
    splitLine: { lineStyle: { color: COLOUR.line, width: 0.7 } }
  }
}

/** Two to four steps of a round number that reach up to `most`. */
export function scaleTo(most: number): { step: number; max: number } {
  const least = Math.max(most, 1e-9) / 4
  const power = 10 ** Math.floor(Math.log10(least))
  const step = ([1, 2, 2.5, 5, 10].find((n) => n * power >= least * (1 - 1e-9)) ?? 10) * power
  return { step, max: step * Math.max(1, Math.ceil(most / step - 1e-9)) }
}

/** The names of rows, each at the top of its own, and a line below each, so that it is seen what belongs to it. */
function titles({ rows = [], height }: Panel, extent: Extent): Series {
  const room = Math.floor(extent.width / CHARACTER_PX) - 2
  return {
    type: 'custom',
    progressive: 0,
    z: 11,
    clip: false,
    data: rows.map((_, row) => [0, row]),
    renderItem: (params, api) => {
      const half = height / rows.length / 2
      const y = api.coord([0, params.dataIndex])[1]!
      const { style, ...rest } = text(clipped(rows[params.dataIndex]!, room), 0, y - half + 9, 'soft')
      const edge = { x1: 0, x2: extent.width - RIGHT_PX, y1: y + half, y2: y + half }
      return {
        type: 'group',
        children: [
          { type: 'line', shape: edge, style: { stroke: COLOUR.line, lineWidth: 0.7 } },
          { ...rest, style: { ...style, stroke: COLOUR.ground, lineWidth: 3 } }
        ]
      }
    }
  }
}

/** Under all else, the times in which at least one fault lasts. */
function shades(account: Account, extent: Extent): Series {
  const spans: { from: number; to: number }[] = []
  for (const { at, until = at } of account.faults) {
    const to = Math.min(until, account.duration)
    const last = spans.at(-1)
    if (last !== undefined && at <= last.to) last.to = Math.max(last.to, to)
    else if (to > at) spans.push({ from: at, to })
  }
  return {
    type: 'custom',
    progressive: 0,
    z: 0,
    data: spans.map(({ from }) => [from, 0]),
    renderItem: (params, api) => {
      const { from, to } = spans[params.dataIndex]!
      const { y, height } = params.coordSys as unknown as { y: number; height: number }
      const [x = 0] = api.coord([from, 0])
      return {
        type: 'rect',
        shape: { x, y, width: pxOf(to - from, account, extent), height },
        style: { fill: COLOUR.fault, opacity: 0.1 }
      }
    }
  }
}

/** Where phases begin and faults happen, over the whole height of a panel; with `isNamed`, what they are called, above it. */
function lines(account: Account, extent: Extent, isNamed: boolean): Series {
  const marks: { at: number; kind: 'phase' | 'fault'; label: string }[] = []
  const { parts, faults } = account
  parts.forEach(({ name, from, to }, i) => {
    const room = Math.floor((pxOf(to - from, account, extent) - 8) / CHARACTER_PX)
    const label =
      room >= Math.min(name.length, 9) ? clipped(name, room) : room >= String(i + 1).length ? String(i + 1) : ''
    marks.push({ at: from, kind: 'phase', label })
  })
  let drawn = Number.NEGATIVE_INFINITY
  let labelled = Number.NEGATIVE_INFINITY
  faults.forEach(({ at }, i) => {
    const px = pxOf(at, account, extent)
    if (px - drawn < 2) return
    drawn = px
    const label = px - labelled > FAULT_LABEL_PX ? faultName(i) : ''
    if (label !== '') labelled = px
    marks.push({ at, kind: 'fault', label })
  })
  return {
    type: 'custom',
    progressive: 0,
    z: 10,
    data: marks.map(({ at }) => [at, 0]),
    renderItem: (params, api) => {
      const { at, kind, label } = marks[params.dataIndex]!
      const box = params.coordSys as unknown as { y: number; height: number }
      const [x = 0] = api.coord([at, 0])
      const isFault = kind === 'fault'
      const stroke = isFault ? COLOUR.fault : COLOUR.line
      const y1 = box.y - (isNamed ? (isFault ? 4 : PHASE_PX - 4) : 0)
      return {
        type: 'group',
        children: [
          {
            type: 'line',
            shape: { x1: x, x2: x, y1, y2: box.y + box.height },
            style: { stroke, lineWidth: isFault ? 1.5 : 1, lineDash: isFault ? [5, 3] : [2, 3] }
          },
          ...(isNamed && label !== ''
            ? [
                text(
                  label,
                  isFault ? x : x + 3,
                  isFault ? box.y - PHASE_PX - 10 : box.y - LABEL_PX,
                  isFault ? 'fault' : 'soft',
                  isFault ? 'center' : 'left',
                  isFault
                )
              ]
            : [])
        ]
      }
    }
  }
}

export const faultName = (index: number): string => `F${index + 1}`

/** A word in a custom series, its middle at `y`. */
export const text = (
  words: string,
  x: number,
  y: number,
  colour: ColourName = 'ink',
  align: 'left' | 'center' | 'right' = 'left',
  isBold = false
) => ({
  type: 'text' as const,
  style: {
    text: words,
    x,
    y,
    fill: COLOUR[colour],
    align,
    verticalAlign: 'middle' as const,
    font: `${isBold ? 'bold ' : ''}${FONT_PX}px sans-serif`
  }
})

/** A filled area under steps or slopes: [ms, value], stacked on others of the same `stack`. */
export const area = (
  data: readonly (readonly [number, number])[],
  colour: ColourName,
  more: { readonly stack?: string; readonly step?: boolean; readonly isFull?: boolean } = {}
): Series => ({
  type: 'line',
  data: data.map(([at, value]) => [at, value]),
  symbol: 'none',
  ...(more.stack !== undefined && { stack: more.stack }),
  ...(more.step && { step: 'end' as const }),
  lineStyle: { color: COLOUR[colour], width: more.isFull ? 0 : 1.6 },
  areaStyle: { color: COLOUR[colour], opacity: more.isFull ? 0.85 : 0.22 },
  itemStyle: { color: COLOUR[colour] }
})
