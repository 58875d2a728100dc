/** How long messages took to be shown: a box for each phase in which they were said, over a logarithmic axis. */
import { COLOUR, type Drawing, FONT_PX } from './chart.ts'
import { clipped } from './html.ts'
import type { Spans } from './quantiles.ts'
import { leftPx, RIGHT_PX, rowCharacters, text } from './time-chart.ts'
import { count, duration } from './units.ts'

const ROW_PX = 30
const LEAST_MS = 1

export interface Spread {
  readonly name: string
  readonly latency: Spans
}

/** Box plots of those that have any deliveries. The box holds the middle half, the line ends at 1 and 99 of 100. */
export function latencies(id: string, all: readonly Spread[]): Drawing {
  const spreads = all.filter(({ latency }) => latency.total > 0)
  const at = (share: number): number[] => spreads.map(({ latency }) => Math.max(LEAST_MS, latency.quantile(share)))
  const [low, first, median, third, high, most] = [0.01, 0.25, 0.5, 0.75, 0.99, 1].map(at) as [
    number[],
    number[],
    number[],
    number[],
    number[],
    number[]
  ]
  const least = 10 ** Math.floor(Math.log10(Math.min(...low, 1_000)))
  const top = 10 ** Math.max(Math.log10(least) + 1, Math.ceil(Math.log10(Math.max(...most, least)) - 1e-9))
  return {
    id,
    title: 'Delivery latency',
    description: spreads
      .map(
        ({ name, latency }) =>
          `${name}: ${count(latency.total)} deliveries, median ${duration(latency.quantile(0.5))}, 99 of 100 within ${duration(latency.quantile(0.99))}, longest ${duration(latency.quantile(1))}`
      )
      .join('; '),
    draw: (extent) => ({
      height: spreads.length * ROW_PX + 40,
      option: {
        grid: {
          left: leftPx(extent),
          right: RIGHT_PX + 14,
          top: 8,
          height: spreads.length * ROW_PX,
          outerBoundsMode: 'none' as const
        },
        xAxis: {
          type: 'log' as const,
          min: least,
          max: top,
          axisLine: { show: true, onZero: false, lineStyle: { color: COLOUR.line } },
          axisLabel: {
            color: COLOUR.soft,
            fontSize: FONT_PX,
            formatter: (ms: number) => (ms < 1_000 ? `${count(ms)} ms` : `${count(ms / 1_000)} s`)
          },
          splitLine: { lineStyle: { color: COLOUR.line, width: 0.7 } }
        },
        yAxis: {
          type: 'category' as const,
          inverse: true,
          data: spreads.map(({ name }) => clipped(name, rowCharacters(extent))),
          axisLine: { show: false },
          axisTick: { show: false },
          axisLabel: { color: COLOUR.soft, fontSize: FONT_PX, interval: 0 }
        },
        series: [
          {
            type: 'custom' as const,
            silent: true,
            progressive: 0,
            data: spreads.map((_, i) => [median[i]!, i]),
            renderItem: (params, api) => {
              const i = params.dataIndex
              const x = (values: readonly number[]): number => api.coord([values[i]!, i])[0]!
              const y = api.coord([least, i])[1]!
              const stroke = { stroke: COLOUR.ink, lineWidth: 1.3 }
              const bar = (at: number, half: number, lineWidth = 1.3) => ({
                type: 'line' as const,
                shape: { x1: at, x2: at, y1: y - half, y2: y + half },
                style: { ...stroke, lineWidth }
              })
              const words = `median ${duration(spreads[i]!.latency.quantile(0.5))}`
              const right = x(most) + 8
              const isOutside = right + words.length * 7 < extent.width
              return {
                type: 'group',
                children: [
                  { type: 'line', shape: { x1: x(low), x2: x(high), y1: y, y2: y }, style: stroke },
                  bar(x(low), 5),
                  bar(x(high), 5),
                  {
                    type: 'rect',
                    shape: { x: x(first), y: y - 8, width: Math.max(2, x(third) - x(first)), height: 16 },
                    style: { fill: COLOUR.t1, ...stroke }
                  },
                  bar(x(median), 8, 3),
                  { type: 'circle', shape: { cx: x(most), cy: y, r: 2.5 }, style: { fill: COLOUR.ink } },
                  ...(isOutside ? [text(words, right, y, 'soft')] : [])
                ]
              }
            }
          }
        ]
      }
    })
  }
}
