/**
 * Two runs beside each other: the same figures of both, with what differs, as a page and as a few lines of plain text. What is
 * compared is the same on both. `a` is the one before, `b` the one after.
 */
import type { RecordLine } from '../record.ts'
import { type Account, accountOf } from './account.ts'
import type { Drawing } from './chart.ts'
import { carriage, keysOfCrowd, keysOfPeers, offices, talk } from './charts.ts'
import { clipped, type Html, html, table } from './html.ts'
import { latencies } from './latency-chart.ts'
import { banner, facts, figure, key, mark, pageOf } from './page.ts'
import { bytes, compact, count, duration, kindName, some } from './units.ts'
import { invariantsOf, standingOf, verdictWords } from './verdict.ts'

/** One figure of two runs; `undefined` where a run does not have it. */
interface Figure {
  readonly name: string
  readonly a: number | undefined
  readonly b: number | undefined
  readonly show: (value: number) => string
}

const NAME_CHARACTERS = 44

type Lines = Iterable<RecordLine>

/** The page as one HTML file. @throws {TypeError} when one does not begin with its `run`. */
export function comparisonOf(a: Lines, b: Lines): string {
  const [one, other] = [accountOf(a), accountOf(b)]
  const title = `${one.run.scenario} and ${other.run.scenario}`
  return pageOf(
    `Comparison of ${title} – Conclave simulation`,
    html`<header><h1>Two simulations: ${title}</h1>
<p>A is the run before, B the run after. Each chart has the time axis of its own run.</p>
<div class="two">${[introduced('A', one), introduced('B', other)]}</div></header>
<main>
<section aria-labelledby="figures"><h2 id="figures">Figures</h2>
${table('What was counted and measured; the difference is that of B from A', ['Figure', '#A', '#B', '#Difference', '#In %'], rowsOf(one, other))}</section>
<section aria-labelledby="promises"><h2 id="promises">Promises</h2>
${promises(one, other)}</section>
<section aria-labelledby="latency-section"><h2 id="latency-section">How long it took until a message was shown</h2>
${spread(one, other)}</section>
${pairs(one, other)}
</main>
<footer><p>Both were read from their records; nothing else was measured.</p></footer>`
  )
}

/** The same in plain lines of at most 100 columns: verdicts, then a table of the figures. Text of strangers is made visible, not trusted. */
export function comparisonText(a: Lines, b: Lines): string[] {
  const [one, other] = [accountOf(a), accountOf(b)]
  const head = [one, other].map((account, i) => {
    const { run } = account
    return clipped(`${'AB'[i]}: ${run.scenario}, ${run.mode}, seed ${run.seed}: ${verdictWords(account).words}`, 100)
  })
  const rows = [
    ['figure', 'A', 'B', 'difference', 'in %'],
    ...rowsOf(one, other).map((row) => row.map((cell) => clipped(cell, NAME_CHARACTERS)))
  ]
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => [...row[column]!].length)))
  const lines = rows.map((row) =>
    row
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[0]!) : cell.padStart(widths[column]!)))
      .join('  ')
      .trimEnd()
  )
  const changed = verdictsOf(one, other).filter(({ a: before, b: after }) => before !== after)
  return [
    ...head,
    '',
    ...lines,
    '',
    ...(changed.length === 0
      ? ['All promises have the same verdict in both.']
      : changed.map(({ id, a: before, b: after }) =>
          clipped(`${id}: ${before ?? 'not in A'} -> ${after ?? 'not in B'}`, 100)
        ))
  ]
}

function introduced(name: string, account: Account): Html {
  const { run } = account
  const { words, more } = verdictWords(account)
  return html`<div><h2>${name}: ${run.scenario}</h2>
${banner(standingOf(account), words, more)}${facts([
  ['Mode', run.mode],
  ['Seed', String(run.seed)],
  ['Peers', `${some(run.managers, 'manager')}, ${count(run.peers)} others`],
  ['Started', run.startedAt === '' ? 'not recorded' : run.startedAt],
  ['Run it again', html`<code>${run.command}</code>`]
])}</div>`
}

/** What a run's own figures repeat is left out of them. */
function figuresOf(one: Account, other: Account): Figure[] {
  const of = (
    name: string,
    show: (value: number) => string,
    value: (account: Account) => number | undefined
  ): Figure => {
    const finite = (account: Account): number | undefined => {
      const found = value(account)
      return found === undefined || !Number.isFinite(found) ? undefined : found
    }
    return { name, show, a: finite(one), b: finite(other) }
  }
  const kinds = [...new Set([...one.kinds.keys(), ...other.kinds.keys()])]
  const own = [...new Set([...Object.keys(one.end?.figures ?? {}), ...Object.keys(other.end?.figures ?? {})])]
  const shared = [
    of('peers, managers among them', count, ({ run }) => run.peers + run.managers),
    of('duration of the run', duration, (account) => account.duration),
    of('played in', duration, ({ end }) => end?.ms),
    of('messages said', count, ({ said }) => said),
    of('deliveries', count, ({ shown }) => shown),
    of('median delivery', duration, ({ latency }) => latency.quantile(0.5)),
    of('99 of 100 deliveries within', duration, ({ latency }) => latency.quantile(0.99)),
    of('longest delivery', duration, ({ latency }) => latency.quantile(1)),
    of('epochs made', count, ({ epochs }) => epochs.length),
    of('terms of managers', count, ({ terms }) => terms.length),
    of('faults', count, ({ faults }) => faults.length),
    of('bytes carried', bytes, ({ carriedBytes }) => carriedBytes),
    ...kinds.map((kind) => of(`  of them ${kindName(kind)}`, bytes, (account) => account.kinds.get(kind)?.[1] ?? 0)),
    of('events', count, ({ end }) => end?.events),
    of('events per second of real time', compact, ({ end }) =>
      end === undefined ? undefined : (end.events * 1_000) / end.ms
    ),
    of('memory at most', bytes, ({ end }) => end?.rss)
  ]
  const differs = (value: number | undefined, other: number | undefined): boolean =>
    value !== undefined && value !== other
  const isNew = (figure: Figure): boolean => shared.every(({ a, b }) => differs(figure.a, a) || differs(figure.b, b))
  return [...shared, ...own.map((name) => of(name, count, ({ end }) => end?.figures[name])).filter(isNew)]
}

const rowsOf = (one: Account, other: Account): string[][] =>
  figuresOf(one, other).map(({ name, a, b, show }) => {
    const value = (of: number | undefined): string => (of === undefined ? '–' : show(of))
    if (a === undefined || b === undefined) return [clipped(name, NAME_CHARACTERS), value(a), value(b), '–', '–']
    const difference = a === b ? '=' : `${b > a ? '+' : '−'}${show(Math.abs(b - a))}`
    const share =
      a === b || a === 0 ? '' : `${b > a ? '+' : '−'}${count(Math.round((1_000 * Math.abs(b - a)) / a) / 10)}`
    return [clipped(name, NAME_CHARACTERS), value(a), value(b), difference, share]
  })

function verdictsOf(one: Account, other: Account) {
  const [ofA, ofB] = [invariantsOf(one), invariantsOf(other)].map(
    (all) => new Map(all.map((line) => [line.id, line]))
  ) as [Map<string, ReturnType<typeof invariantsOf>[number]>, Map<string, ReturnType<typeof invariantsOf>[number]>]
  return [...new Set([...ofA.keys(), ...ofB.keys()])].map((id) => ({
    id,
    claim: (ofA.get(id) ?? ofB.get(id))!.claim,
    a: ofA.get(id)?.verdict,
    b: ofB.get(id)?.verdict
  }))
}

function promises(one: Account, other: Account): Html {
  const all = verdictsOf(one, other)
  if (all.length === 0) return html`<p>Neither record says anything about promises.</p>`
  const isChanged = ({ a, b }: (typeof all)[number]): boolean => a !== b
  const verdict = (of: (typeof all)[number]['a']): Html | string => (of === undefined ? 'not in it' : mark(of))
  const row = ({ id, a, b, claim }: (typeof all)[number]) => [
    html`<span class="nobreak">${clipped(id, 16)}</span>`,
    verdict(a),
    verdict(b),
    claim
  ]
  const columns = ['Id', 'A', 'B', 'Promise']
  const changed = all.filter(isChanged).map(row)
  const same = all.filter((one) => !isChanged(one)).map(row)
  return html`${changed.length === 0 ? html`<p>All promises have the same verdict in both.</p>` : table('With different verdicts', columns, changed)}${
    same.length === 0
      ? undefined
      : html`<details><summary>${some(same.length, 'promise')} with the same verdict in both</summary>${table('With the same verdict', columns, same)}</details>`
  }`
}

function spread(one: Account, other: Account): Html {
  const all = [
    ...one.parts.map(({ name, latency }) => ({ name: `A ${name}`, latency })),
    { name: 'A whole run', latency: one.latency },
    ...other.parts.map(({ name, latency }) => ({ name: `B ${name}`, latency })),
    { name: 'B whole run', latency: other.latency }
  ]
  if (all.every(({ latency }) => latency.total === 0)) return html`<p>Nothing was shown to anybody in either run.</p>`
  return figure(
    latencies('latency', all),
    'By the phase in which it was said, over a logarithmic axis. The box is the middle half of all deliveries, the thick line the median; the whiskers reach from 1 to 99 of 100, the dot is the longest.'
  )
}

function pairs(one: Account, other: Account): Html[] {
  const total = (kind: string): number => (one.kinds.get(kind)?.[1] ?? 0) + (other.kinds.get(kind)?.[1] ?? 0)
  const kinds = [...new Set([...one.kinds.keys(), ...other.kinds.keys()])].sort((x, y) => total(y) - total(x))
  const { legend } = carriage(one, kinds)
  const keysOf = (account: Account): Drawing => (account.isCrowd ? keysOfCrowd(account) : keysOfPeers(account))
  return [
    pairOf('talk-section', 'Messages and deliveries', one, other, talk),
    pairOf('keys-section', 'Who held which key', one, other, keysOf),
    pairOf('offices-section', 'Who led', one, other, offices),
    pairOf(
      'carried-section',
      'Bytes carried',
      one,
      other,
      (account) => carriage(account, kinds).drawing,
      legend.map(([kind, colour]) => key('area', colour, kindName(kind)))
    )
  ]
}

/** Two charts of one kind. */
function pairOf(
  id: string,
  name: string,
  one: Account,
  other: Account,
  draw: (account: Account) => Drawing,
  legend: readonly Html[] = []
): Html {
  const pair = [one, other].map((account, i) => {
    const drawing = draw(account)
    return html`<h3>${'AB'[i]}: ${account.run.scenario}, seed ${account.run.seed}</h3>
${figure({ ...drawing, id: `${'ab'[i]}-${drawing.id}` }, drawing.description, legend)}`
  })
  return html`<section aria-labelledby="${id}"><h2 id="${id}">${name}</h2>
${pair}</section>
`
}
