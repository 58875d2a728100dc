/**
 * Charts as SVG, without a DOM: each is drawn twice, for wide pages and for narrow ones, and is coloured by the page's
 * variables, so that one drawing serves light and dark. Same options, same bytes.
 */
import { CustomChart, type CustomSeriesOption, LineChart, type LineSeriesOption } from 'echarts/charts'
import {
  GraphicComponent,
  type GraphicComponentOption,
  GridComponent,
  type GridComponentOption,
  MarkLineComponent
} from 'echarts/components'
import { type ComposeOption, init, use } from 'echarts/core'
import { SVGRenderer } from 'echarts/renderers'
import { type Html, html, Html as Markup } from './html.ts'

use([CustomChart, LineChart, GraphicComponent, GridComponent, MarkLineComponent, SVGRenderer])

export type ChartOption = ComposeOption<
  CustomSeriesOption | LineSeriesOption | GridComponentOption | GraphicComponentOption
>
export type Series = CustomSeriesOption | LineSeriesOption

/** Names of the page's variables. What a chart is given in their place are colours that stand for them. */
const NAMES = [
  ...['ink', 'soft', 'line', 'ground', 'fault', 'bad', 'good', 'shade'],
  ...['c1', 'c2', 'c3', 'c4', 'c5', 'c6', 'c7'],
  ...['t1', 't2', 't3', 't4', 't5', 't6']
] as const
export type ColourName = (typeof NAMES)[number]

const PLACE = '#c0de'
export const COLOUR = Object.fromEntries(
  NAMES.map((name, i) => [name, PLACE + i.toString(16).padStart(2, '0')])
) as Readonly<Record<ColourName, string>>

/** The colours of series, in the order in which they are given out. */
export const SERIES: readonly ColourName[] = ['c1', 'c2', 'c3', 'c4', 'c5', 'c6', 'c7']
/** Pale ones, for what has text on it. */
export const TINTS: readonly ColourName[] = ['t1', 't2', 't3', 't4', 't5', 't6']

export const FONT_PX = 12

export interface Extent {
  readonly width: number
  readonly isWide: boolean
}

const EXTENTS: readonly Extent[] = [
  { width: 1080, isWide: true },
  { width: 358, isWide: false }
]

export interface Drawing {
  /** Unique in the page. */
  readonly id: string
  readonly title: string
  /** What is to be seen, in words. */
  readonly description: string
  readonly draw: (extent: Extent) => { readonly height: number; readonly option: ChartOption }
}

/** The two drawings of a chart. */
export const drawn = (drawing: Drawing): Html => html`${EXTENTS.map((extent) => drawnAs(drawing, extent))}`

function drawnAs({ id, title, description, draw }: Drawing, extent: Extent): Html {
  const { height, option } = draw(extent)
  const chart = init(null, null, { renderer: 'svg', ssr: true, width: extent.width, height })
  try {
    chart.setOption({ animation: false, textStyle: { fontFamily: 'sans-serif', fontSize: FONT_PX }, ...option })
    const name = `${id}-${extent.isWide ? 'wide' : 'narrow'}`
    const inner = chart
      .renderToSVGString()
      .replace(/^[^>]*>/, '')
      .replace(/<\/svg>\s*$/, '')
      .replace(/<style[\s\S]*?<\/style>/, '')
      .replace(/ (?:class|ecmeta_[a-z_]+|pointer-events)="[^"]*"/g, '')
      .replace(/ style="font(?:-size:12px;font-family:sans-serif;|: 12px sans-serif)"/g, '')
      .replace(/ style="font: bold 12px sans-serif"/g, ' font-weight="bold"')
      .replace(/\bzr\d+-([a-z]+\d+)/g, `${name}-$1`)
      .replaceAll(' fill="#000"', ' fill="none"')
      .replace(/"#c0de([0-9a-f]{2})"/g, (_, i: string) => `"var(--${NAMES[Number.parseInt(i, 16)]})"`)
    return html`<svg xmlns="http://www.w3.org/2000/svg" class="${extent.isWide ? 'wide' : 'narrow'}" viewBox="0 0 ${extent.width} ${height}" role="img" aria-labelledby="${name}-title ${name}-desc">
<title id="${name}-title">${title}</title><desc id="${name}-desc">${description}</desc>
${new Markup(inner)}</svg>
`
  } finally {
    chart.dispose()
  }
}
