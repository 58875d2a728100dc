/** The charts of a run over its time: what is drawn, and what is to be seen in it in words. */
import type { FaultLine } from '../record.ts'
import type { Account, KeySpell, PeerAccount } from './account.ts'
import { COLOUR, type ColourName, type Drawing, type Extent, SERIES, type Series, TINTS } from './chart.ts'
import { visible } from './html.ts'
import { area, CHARACTER_PX, faultName, pxOf, text, timeChart } from './time-chart.ts'
import { bytes, compact, count, duration, instant, kindName, some } from './units.ts'

const ROW_PX = 20
const TITLED_PX = 38
const BELOW_TITLE_PX = 9
const PANEL_PX = 110
export const MOST_ROWS = 12
const MOST_KINDS = 6

/** A bar in a row of a chart over time. */
interface Bar {
  readonly from: number
  readonly to: number
  readonly row: number
  readonly label: string
  readonly fill?: ColourName
  /** Thin dashed: nothing is there but waiting. */
  readonly isThin?: boolean
  readonly stroke?: ColourName
  /** Beside what stands at its beginning. */
  readonly isIndented?: boolean
}

/** Without those after which another of the same lane begins within a pixel: nobody sees them, and there may be thousands. */
function apart<T>(
  all: readonly T[],
  account: Account,
  extent: Extent,
  at: (one: T) => number,
  lane: (one: T) => string
): T[] {
  const next = new Map<string, number>()
  const kept = all.toReversed().filter((one) => {
    const px = pxOf(at(one), account, extent)
    const after = next.get(lane(one))
    if (after !== undefined && after >= px && after < px + 1) return false
    next.set(lane(one), px)
    return true
  })
  return kept.reverse()
}

/** Bars in rows, each with its label where there is room for it. */
function bars(account: Account, extent: Extent, barred: readonly Bar[], belowPx = 0): Series {
  const all = apart(
    barred,
    account,
    extent,
    ({ from }) => from,
    ({ row }) => String(row)
  )
  return {
    type: 'custom',
    progressive: 0,
    data: all.map(({ from, row }) => [from, row]),
    renderItem: (params, api) => {
      const { from, to, row, label, fill, isThin, stroke, isIndented } = all[params.dataIndex]!
      const [x = 0, y = 0] = api.coord([from, row])
      const middle = y + belowPx
      const width = Math.max(1, pxOf(to - from, account, extent))
      const high = ROW_PX - 4
      if (isThin)
        return {
          type: 'line',
          shape: { x1: x, x2: x + width, y1: middle, y2: middle },
          style: { stroke: COLOUR[stroke ?? 'soft'], lineWidth: 1.6, lineDash: [2, 3] }
        }
      const indent = isIndented ? 9 : 4
      const isLabelled = label.length * CHARACTER_PX + indent + 2 <= width
      return {
        type: 'group',
        children: [
          {
            type: 'rect',
            shape: { x, y: middle - high / 2, width: Math.max(1, width - 1), height: high },
            style: {
              fill: COLOUR[fill ?? 't1'],
              ...(stroke !== undefined && { stroke: COLOUR[stroke], lineWidth: 1 })
            }
          },
          ...(isLabelled ? [text(label, x + indent, middle)] : [])
        ]
      }
    }
  }
}

interface Mark {
  readonly at: number
  readonly row: number
  readonly shape: 'dot' | 'diamond' | 'tick'
  readonly colour: ColourName
}

/** Small marks in rows. */
function marks(account: Account, extent: Extent, marked: readonly Mark[], belowPx = 0): Series {
  const all = apart(
    marked,
    account,
    extent,
    ({ at }) => at,
    ({ row, shape }) => `${shape}${row}`
  )
  return {
    type: 'custom',
    progressive: 0,
    z: 12,
    data: all.map(({ at, row }) => [at, row]),
    renderItem: (params, api) => {
      const { at, row, shape, colour } = all[params.dataIndex]!
      const [x = 0, middle = 0] = api.coord([at, row])
      const y = middle + belowPx
      const fill = COLOUR[colour]
      if (shape === 'dot') return { type: 'circle', shape: { cx: x, cy: y, r: 3.5 }, style: { fill } }
      if (shape === 'tick')
        return { type: 'line', shape: { x1: x, x2: x, y1: y + 3, y2: y + 8 }, style: { stroke: fill, lineWidth: 1.5 } }
      const points = [
        [x, y - 5],
        [x + 5, y],
        [x, y + 5],
        [x - 5, y]
      ]
      return { type: 'polygon', shape: { points }, style: { fill } }
    }
  }
}

/** Whom it is done to stands before it, unless there are too many to name them. */
const faultWords = ({ what, peers }: FaultLine): string =>
  peers.length === 0 || peers.length > 3 ? what : `${peers.join(', ')}: ${what}`

/** What was done when: phases above, faults as bars, what people asked for as dots. */
export function timeLine(account: Account): Drawing {
  const { acts, faults, duration: whole } = account
  const kinds = [...new Set(acts.map(({ what }) => what))].slice(0, MOST_ROWS)
  const shown = faults.slice(0, MOST_ROWS)
  const rows = [...shown.map((line, i) => `${faultName(i)} ${faultWords(line)}`), ...kinds]
  const spans = shown.flatMap(({ at, until }, row): Bar[] =>
    until === undefined
      ? []
      : [{ from: at, to: Math.min(until, whole), row, label: faultName(row), fill: 't2', stroke: 'fault' }]
  )
  const moments = [
    ...shown.flatMap(({ at, until }, row): Mark[] =>
      until === undefined ? [{ at, row, shape: 'diamond', colour: 'fault' }] : []
    ),
    ...acts.flatMap(({ at, what }): Mark[] => {
      const kind = kinds.indexOf(what)
      return kind < 0 ? [] : [{ at, row: shown.length + kind, shape: 'dot', colour: 'c1' }]
    })
  ]
  const words = [
    some(account.parts.length, 'phase'),
    some(faults.length, 'fault'),
    some(acts.length, 'request of people', 'requests of people')
  ]
  return {
    id: 'time-line',
    title: 'Time line of the run',
    description: `${words.join(', ')} in ${duration(whole)}. The tables below say the same in words.`,
    draw: (extent) =>
      timeChart(account, extent, [
        {
          height: Math.max(1, rows.length) * TITLED_PX,
          isTitled: true,
          rows: rows.length > 0 ? rows : ['nothing was asked for'],
          series: [bars(account, extent, spans, BELOW_TITLE_PX), marks(account, extent, moments, BELOW_TITLE_PX)]
        }
      ])
  }
}

const isGone = (state: string): boolean => state === 'removed' || state === 'left'
const isKeyed = ({ state, term }: KeySpell): boolean => term > 0 && !isGone(state)

/** Which peer held which epoch when, a row for each. */
export function keysOfPeers(account: Account): Drawing {
  const rank = ({ role }: PeerAccount): number => (role === 'manager' ? 0 : role === 'member' ? 1 : 2)
  const peers = [...account.peers.values()]
    .filter(({ keys, role }) => keys.length > 0 || role !== 'carrier')
    .sort((a, b) => rank(a) - rank(b))
  const order = [
    ...new Set(peers.flatMap(({ keys }) => keys.filter(isKeyed).map(({ term, serial }) => term * 2 ** 24 + serial)))
  ].sort((a, b) => a - b)
  const tints = new Map(order.map((one, i) => [one, TINTS[i % TINTS.length]!]))
  const all = peers.flatMap(({ keys, absences }, row): Bar[] => [
    ...keys.map(({ from, to, state, term, serial }): Bar => {
      if (isGone(state)) return { from, to, row, label: '', isThin: true, stroke: 'bad' }
      if (!isKeyed({ from, to, state, term, serial })) return { from, to, row, label: '', isThin: true }
      return { from, to, row, label: `${term}.${serial}`, fill: tints.get(term * 2 ** 24 + serial)! }
    }),
    ...absences.map(({ state, from, to }): Bar => ({ from, to, row, label: state, fill: 'ground', stroke: 'fault' }))
  ])
  const last = peers.map(({ keys }) => keys.findLast(isKeyed)).filter((one) => one !== undefined)
  return {
    id: 'keys',
    title: 'Which peer held which epoch, and when',
    description: `${some(peers.length, 'peer')} over ${some(order.length, 'epoch')}; ${count(last.length)} held a key at some time. Each bar is an epoch, numbered term.serial; a dashed line is a peer without a key.`,
    draw: (extent) =>
      timeChart(account, extent, [
        {
          height: Math.max(1, peers.length) * ROW_PX,
          rows: peers.map(({ name }) => name),
          series: [bars(account, extent, all)]
        }
      ])
  }
}

/** How many held the newest epoch, the one before, or an older one. */
export function keysOfCrowd(account: Account): Drawing {
  const { holdings } = account
  const every = Math.ceil(holdings.length / 600)
  const thinned = holdings.filter((_, i) => i % every === 0 || i === holdings.length - 1)
  const last = holdings.at(-1)
  const points = last === undefined ? [] : [...thinned, { ...last, at: account.duration }]
  const of = (field: 'newest' | 'previous' | 'older' | 'without'): [number, number][] =>
    points.map((one) => [one.at, one[field]])
  const top = holdings.reduce((most, one) => Math.max(most, one.newest + one.previous + one.older + one.without), 1)
  return {
    id: 'keys',
    title: 'How many peers held the newest epoch',
    description: `At the end ${count(last?.newest ?? 0)} peers held the newest epoch, ${count(last?.previous ?? 0)} the one before and ${count(last?.older ?? 0)} an older one; ${count(top)} at most were counted at once.`,
    draw: (extent) =>
      timeChart(account, extent, [
        {
          name: 'peers',
          height: 200,
          max: top,
          format: compact,
          series: [
            area(of('newest'), 'c1', { stack: 'peers', step: true, isFull: true }),
            area(of('previous'), 'c6', { stack: 'peers', step: true, isFull: true }),
            area(of('older'), 'c2', { stack: 'peers', step: true, isFull: true }),
            area(of('without'), 'c7', { stack: 'peers', step: true, isFull: true })
          ]
        }
      ])
  }
}

/** Who led when: a bar for each term, a tick for each epoch. */
export function offices(account: Account): Drawing {
  const { terms, epochs, peers, duration: whole } = account
  const named = [...peers.values()].filter(({ role }) => role === 'manager').map(({ name }) => name)
  const managers = [...new Set([...named, ...terms.map(({ by }) => by)])].slice(0, 24)
  const rowOf = new Map(managers.map((name, row) => [name, row]))
  const away = managers.flatMap((name, row) =>
    (peers.get(name)?.absences ?? []).map(
      ({ state, from, to }): Bar => ({ from, to, row, label: state, fill: 'ground', stroke: 'fault' })
    )
  )
  const led = terms.flatMap(({ term, by, from, to }): Bar[] => {
    const row = rowOf.get(by)
    return row === undefined
      ? []
      : [{ from, to, row, label: `term ${term}`, isIndented: true, fill: TINTS[(term - 1) % 2 === 0 ? 0 : 1]! }]
  })
  const said = terms
    .slice(0, 6)
    .map(({ term, by, from }) => `term ${term} by ${visible(by)} from ${instant(from, whole)}`)
  const first = terms.flatMap(({ from, by }): Mark[] => {
    const row = rowOf.get(by)
    return row === undefined ? [] : [{ at: from, row, shape: 'diamond', colour: 'c1' }]
  })
  const made = epochs.flatMap(({ at, by }): Mark[] => {
    const row = rowOf.get(by)
    return row === undefined ? [] : [{ at, row, shape: 'tick', colour: 'c1' }]
  })
  return {
    id: 'offices',
    title: 'Who led, and which epochs were made',
    description: `${some(terms.length, 'term')}, ${some(epochs.length, 'epoch')}${said.length > 0 ? `: ${said.join(', ')}` : ''}.`,
    draw: (extent) =>
      timeChart(account, extent, [
        {
          height: Math.max(1, managers.length) * ROW_PX,
          rows: managers.length > 0 ? managers : ['nobody'],
          series: [bars(account, extent, [...led, ...away]), marks(account, extent, [...first, ...made])]
        },
        {
          name: 'members of the newest epoch',
          height: 80,
          max: epochs.reduce((most, { members }) => Math.max(most, members), 1),
          format: compact,
          series: [
            area(
              steps(
                epochs.map(({ at, members }) => [at, members]),
                whole
              ),
              'c3',
              { step: true }
            )
          ]
        }
      ])
  }
}

/** The last value holds to the end. */
const steps = (points: readonly (readonly [number, number])[], end: number): (readonly [number, number])[] =>
  points.length === 0 ? [] : [...points, [end, points.at(-1)![1]]]

const UNITS = [
  ['second', 1_000],
  ['minute', 60_000],
  ['hour', 3_600_000]
] as const

/** How much was said, and shown, in each second, or in a longer time where little was. */
export function talk(account: Account): Drawing {
  const { stripMs, duration: whole } = account
  const [unit, unitMs] = UNITS.findLast(([, ms]) => stripMs >= ms / 2) ?? UNITS[0]
  const rates = (all: readonly number[]): [number, number][] => {
    const points = all.map((value, i): [number, number] => [
      i * stripMs,
      (value * unitMs) / (i === all.length - 1 ? whole - i * stripMs : stripMs)
    ])
    return points.length === 0 ? [] : [...points, [whole, points.at(-1)![1]]]
  }
  const said = rates(account.saidIn)
  const shown = rates(account.shownIn)
  const top = (points: readonly (readonly [number, number])[]): number =>
    points.reduce((most, [, value]) => Math.max(most, value), 0) || 1
  return {
    id: 'talk',
    title: `Messages and deliveries per ${unit}`,
    description: `${some(account.said, 'message')}, shown ${some(account.shown, 'time')}. At most ${count(top(said))} messages and ${count(top(shown))} deliveries per ${unit}, in strips of ${duration(stripMs)}.`,
    draw: (extent) =>
      timeChart(account, extent, [
        {
          name: `deliveries per ${unit}`,
          height: PANEL_PX,
          max: top(shown),
          format: compact,
          series: [area(shown, 'c1', { step: true })]
        },
        {
          name: `messages said per ${unit}`,
          height: 70,
          max: top(said),
          format: compact,
          series: [area(said, 'c2', { step: true })]
        }
      ])
  }
}

export interface Kinds {
  readonly drawing: Drawing
  /** From the bottom. */
  readonly legend: readonly (readonly [string, ColourName])[]
}

/** What the network carried, by kind; `named`: all kinds, those first that have layers of their own. */
export function carriage(account: Account, named: readonly string[] = [...account.kinds.keys()]): Kinds {
  const { carried, kinds } = account
  const shown = named.length <= MOST_KINDS + 1 ? named : named.slice(0, MOST_KINDS)
  const hasRest = shown.length < named.length
  const rest = named.slice(shown.length)
  const rate = (at: number, kind: string): number => carried[at]?.kinds.get(kind) ?? 0
  const restRate = (at: number): number => rest.reduce((sum, kind) => sum + rate(at, kind), 0)
  const line = (of: (at: number) => number): [number, number][] => [
    ...carried.map(({ from }, i): [number, number] => [from, of(i)]),
    ...(carried.length > 0 ? [[carried.at(-1)!.to, of(carried.length - 1)] as [number, number]] : [])
  ]
  const top = carried.reduce(
    (most, { kinds: all }) =>
      Math.max(
        most,
        [...all.values()].reduce((a, b) => a + b, 0)
      ),
    1
  )
  const layers = [
    ...shown.map((kind, i) => [kind, SERIES[i]!, line((at) => rate(at, kind))] as const),
    ...(hasRest ? [['all others', 'c7', line(restRate)] as const] : [])
  ]
  return {
    drawing: {
      id: 'carried',
      title: 'Bytes carried per second, by kind',
      description: `${bytes(account.carriedBytes)} in all, at most ${bytes(top)} per second. Most of it: ${[...kinds]
        .slice(0, 3)
        .map(([kind, [, size]]) => `${visible(kindName(kind))} ${bytes(size)}`)
        .join(', ')}.`,
      draw: (extent) =>
        timeChart(account, extent, [
          {
            name: 'bytes per second',
            height: 180,
            max: top,
            format: bytes,
            series: layers.map(([, colour, data]) => area(data, colour, { stack: 'bytes', step: true, isFull: true }))
          }
        ])
    },
    legend: layers.map(([kind, colour]) => [kind, colour])
  }
}

/** What the machine did. */
export function machine(account: Account): Drawing {
  const { samples } = account
  const rates = samples.map(({ at, events, ms }): [number, number] => [at, ms > 0 ? (events * 1_000) / ms : 0])
  const memory = samples.map(({ at, rss }): [number, number] => [at, rss])
  const online = samples.map(({ at, online: peers }): [number, number] => [at, peers])
  const top = (points: readonly [number, number][]): number =>
    points.reduce((most, [, value]) => Math.max(most, value), 1)
  return {
    id: 'machine',
    title: 'Peers online, memory, and events per second',
    description: `At most ${count(top(online))} peers online, ${bytes(top(memory))} of memory, ${compact(Math.round(top(rates)))} events per second of real time.`,
    draw: (extent) =>
      timeChart(account, extent, [
        {
          name: 'peers online',
          height: 70,
          max: top(online),
          format: compact,
          series: [area(steps(online, account.duration), 'c3', { step: true })]
        },
        { name: 'memory in use', height: 70, max: top(memory), format: bytes, series: [area(memory, 'c4')] },
        {
          name: 'events per second of real time',
          height: 70,
          max: top(rates),
          format: compact,
          series: [area(rates, 'c5')]
        }
      ])
  }
}
