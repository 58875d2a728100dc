/**
 * The page about one run: whether the promises held, what happened and when, and how it went.
 *
 * A pure function of the record: same lines, same bytes. The page is one file, runs no script and loads nothing.
 */
import type { InvariantLine, NoticeLine, RecordLine, RunLine, RunMode } from '../record.ts'
import { type Account, accountOf } from './account.ts'
import { TINTS } from './chart.ts'
import { carriage, keysOfCrowd, keysOfPeers, MOST_ROWS, machine, offices, talk, timeLine } from './charts.ts'
import { embedded } from './embedded.ts'
import { clipped, type Html, html, table } from './html.ts'
import { latencies } from './latency-chart.ts'
import { banner, facts, figure, key, mark, pageOf, tiles } from './page.ts'
import { faultName } from './time-chart.ts'
import { topology } from './topology-chart.ts'
import { bytes, compact, count, duration, instant, kindName, some } from './units.ts'
import { invariantsOf, standingOf, verdictWords } from './verdict.ts'

const MODES = {
  live: 'live: real nodes in real time',
  virtual: 'virtual: the same machines in virtual time',
  scale: 'scale: a crowd in virtual time, with ideal cryptography'
} as const
const MOST_HAPPENINGS = 300
const MOST_SIGHTS = 60
const MOST_NAMED_PEERS = 30
const NAME_CHARACTERS = 48
const ID_CHARACTERS = 16
const FAULT_KEY = key('dashed', 'fault', 'a fault: begins at the line, lasts as long as the shade')

/** The page as one HTML file. @throws {TypeError} when the first line is no `run`. */
export function reportOf(lines: Iterable<RecordLine>): string {
  const account = accountOf(lines)
  const { scenario } = account.run
  const standing = standingOf(account)
  const sections = [
    ['promises', 'Promises', promises(account)],
    ['what', 'What happened, and when', story(account)],
    ['keys-section', 'Keys', keys(account)],
    ['messages', 'Messages', messages(account)],
    ['network', 'Network', network(account)],
    ['carrier', 'What the carrier sees', sights(account)],
    ['figures', 'Machine and figures', figures(account)]
  ] as const
  const present = sections.filter((section) => section[2] !== undefined)
  return pageOf(
    `${scenario}: ${standing} – Conclave simulation`,
    html`<header>${head(account)}
<nav aria-label="Sections"><ul>${present.map(([id, name]) => html`<li><a href="#${id}">${name}</a></li>`)}</ul></nav></header>
<main>
${present.map(([id, name, body]) => html`<section aria-labelledby="${id}"><h2 id="${id}">${name}</h2>\n${body}</section>\n`)}
</main>
<footer>${embedded(account.lines)}</footer>`
  )
}

function head(account: Account): Html {
  const { run, end, duration: whole } = account
  const { words, more } = verdictWords(account)
  return html`<h1>Simulation: ${run.scenario}</h1>
<p>${run.about}</p>
${banner(standingOf(account), words, more)}${facts([
  ['Mode', MODES[run.mode]],
  ['Peers', `${some(run.managers, 'manager')}, ${count(run.peers)} others`],
  ['Seed', String(run.seed)],
  ...parametersOf(run),
  ['Duration', `${duration(whole)}${end === undefined ? '' : `, played in ${duration(end.ms)}`}`],
  ['Started', run.startedAt === '' ? 'not recorded' : run.startedAt],
  ['Run it again', html`<code>${run.command}</code>`]
])}${tiles(tilesOf(account))}`
}

const parametersOf = ({ parameters }: RunLine): (readonly [string, string])[] => {
  const all = Object.entries(parameters).map(([name, value]) => `${name} ${value}`)
  return all.length === 0 ? [] : [['Parameters', all.join(', ')]]
}

function tilesOf(account: Account): (readonly [string, string])[] {
  const { run, end, latency } = account
  const ms = end?.ms ?? 0
  return [
    [compact(run.peers + run.managers), 'peers, managers among them'],
    [compact(account.said), 'messages said'],
    [compact(account.shown), 'deliveries'],
    ...(latency.total > 0
      ? ([
          [duration(latency.quantile(0.5)), 'median delivery'],
          [duration(latency.quantile(0.99)), '99 of 100 deliveries within']
        ] as const)
      : []),
    [compact(account.epochs.length), 'epochs made'],
    [compact(account.terms.length), account.terms.length === 1 ? 'term of a manager' : 'terms of managers'],
    [compact(account.faults.length), account.faults.length === 1 ? 'fault' : 'faults'],
    [bytes(account.carriedBytes), run.mode === 'live' ? 'carried, once to each peer' : 'carried, copies included'],
    ...(end === undefined
      ? []
      : ([
          [ms > 0 ? compact(Math.round((end.events * 1_000) / ms)) : '–', 'events per second of real time'],
          [bytes(end.rss), 'memory at most']
        ] as const))
  ]
}

function promises(account: Account): Html {
  const all = invariantsOf(account)
  if (all.length === 0) return html`<p>The record says nothing about promises.</p>`
  const rows = all.map(({ id, claim, verdict, looks, evidence }) => [
    html`<span class="nobreak">${clipped(id, ID_CHARACTERS)}</span>`,
    mark(verdict),
    claim,
    count(looks),
    evidence
  ])
  return html`<p>What Conclave promises, and what checkers saw that looked at every step of the run. <em>Looks</em> is how often there was something to look at, <em>evidence</em> what that was, or what was seen where a promise was broken.</p>
${table('Promises, broken ones first', ['Id', 'Verdict', 'Promise', '#Looks', 'Evidence'], rows, true)}${all.map((line) => traced(line, account.run.mode))}`
}

/** The last things that happened before a promise was broken, each in a line. */
const traced = ({ id, verdict, trace = [] }: InvariantLine, mode: RunMode): Html | undefined =>
  trace.length === 0
    ? undefined
    : html`<details${verdict === 'broken' ? html` open=""` : undefined}><summary>The last ${some(trace.length, 'thing')} before ${clipped(id, ID_CHARACTERS)} was ${verdict}</summary>
${mode === 'scale' ? undefined : html`<p class="soft">The second, the peer, what came to it (&lt;) or what it did (&gt;), and in brackets how many or how many bytes.</p>`}<pre>${trace.map((line) => html`${line}\n`)}</pre></details>`

interface Happening {
  readonly at: number
  readonly kind: string
  readonly words: string
}

/** What a reader would tell, in order. Notices that follow from requests are left to the charts. */
function happenings(account: Account): Happening[] {
  const { faults, reliefs, acts, terms, parts, lines, duration: whole } = account
  const told: readonly NoticeLine['what'][] = ['alarm', 'gap', 'unreadable', 'warning']
  const all: Happening[] = [
    ...parts.map(({ from, name }) => ({ at: from, kind: 'phase', words: name })),
    ...faults.map(({ at, what, peers, until }, i) => ({
      at,
      kind: `fault ${faultName(i)}`,
      words: `${peers.length === 0 ? '' : `${names(peers)}: `}${what}${until === undefined ? '' : `, until ${instant(until, whole)}`}`
    })),
    ...reliefs.map(({ at, what }) => ({ at, kind: 'end of faults', words: what })),
    ...acts.map(({ at, by, what, about }) => ({
      at,
      kind: 'request',
      words: `${by} ${what}${about === undefined ? '' : ` ${about}`}`
    })),
    ...terms.map(({ from, term, by, signers }) => ({
      at: from,
      kind: 'term',
      words: `${by} begins term ${term}${signers.length > 1 ? `, signed by ${names(signers)}` : ''}`
    }))
  ]
  for (const line of lines) {
    if (line.type === 'notice' && told.includes(line.what))
      all.push({ at: line.at, kind: line.what, words: `${line.peer} is told: ${line.words}` })
    else if (line.type === 'peer' && (line.at > 0 || line.state !== 'up'))
      all.push({ at: line.at, kind: 'peer', words: `${line.peer} is ${line.state}` })
    else if (line.type === 'key' && line.state === 'removed' && line.peer !== '')
      all.push({ at: line.at, kind: 'key', words: `${line.peer} is removed, and has no key any more` })
  }
  return all.sort((a, b) => a.at - b.at)
}

const names = (peers: readonly string[]): string =>
  peers.length <= 12 ? peers.join(', ') : `${peers.slice(0, 12).join(', ')} and ${count(peers.length - 12)} more`

function story(account: Account): Html {
  const all = happenings(account)
  const rows = all
    .slice(0, MOST_HAPPENINGS)
    .map(({ at, kind, words }) => [html`<span class="nobreak">${instant(at, account.duration)}</span>`, kind, words])
  const left = all.length - rows.length
  const parts = account.parts.map((part, i) => [
    `${i + 1} ${clipped(part.name, NAME_CHARACTERS)}`,
    instant(part.from, account.duration),
    duration(part.to - part.from),
    count(part.said),
    count(part.shown),
    ...[0.5, 0.99, 1].map((share) => (part.latency.total > 0 ? duration(part.latency.quantile(share)) : '–')),
    count(part.epochs),
    count(part.faults)
  ])
  return html`${figure(
    timeLine(account),
    `Phases are written above, or numbered where there is no room, with a dotted line where each begins. All charts below have this time axis and these lines.${account.faults.length > MOST_ROWS ? ` The first ${MOST_ROWS} faults have rows; all of them are among the lines in words below.` : ''}`,
    [
      key('dot', 'c1', 'somebody asks for something'),
      ...(account.faults.length > 0 ? [FAULT_KEY, key('diamond', 'fault', 'a fault of one moment, or for good')] : [])
    ]
  )}
${table(`Phase by phase; messages count in the phase in which they were said${account.run.mode === 'scale' ? ', deliveries in a crowd to the second' : ''}`, ['Phase', '#Begins', '#Lasts', '#Messages', '#Deliveries', '#Median', '#99 of 100', '#Longest', '#Epochs', '#Faults'], parts)}
<details><summary>All that happened, in words: ${some(all.length, 'line')}</summary>
${table('In the order of time', ['When', 'Kind', 'What'], rows)}${left > 0 ? html`<p>${some(left, 'further line')} left out here.</p>` : undefined}</details>`
}

function keys(account: Account): Html {
  if (account.epochs.length === 0 && account.lines.every(({ type }) => type !== 'key'))
    return html`<p>No epoch was made in this run.</p>`

  const bars = html`<li><svg viewBox="0 0 22 14" aria-hidden="true">${TINTS.map((tint, i) => html`<rect x="${i * 3.7}" y="1" width="3.2" height="12" fill="var(--${tint})" />`)}</svg>an epoch, numbered term.serial; the next one has another colour</li>`
  const who = account.isCrowd
    ? figure(
        keysOfCrowd(account),
        'A manager gives out a new key, an epoch, whenever somebody comes or goes. Of a crowd the record counts who comes to an epoch; who leaves one is taken from the oldest.',
        [
          key('area', 'c1', 'hold the newest epoch'),
          key('area', 'c6', 'the one before'),
          key('area', 'c2', 'an older one'),
          ...(account.holdings.some(({ without }) => without > 0) ? [key('area', 'c7', 'none yet')] : [])
        ]
      )
    : figure(
        keysOfPeers(account),
        'A manager gives out a new key, an epoch, whenever somebody comes or goes. Each row is a peer; where bars of one number, and so of one colour, stand above one another, those peers can read one another.',
        [
          bars,
          key('dashed', 'soft', 'has no key yet'),
          key('dashed', 'bad', 'was removed, or has left'),
          key('bar', 'ground', 'down or paused')
        ]
      )
  return html`<h3>Who held which key</h3>
${who}
<h3>Who led</h3>
${figure(
  offices(account),
  'One manager at a time makes the epochs. When it fails, another takes over and begins a new term.',
  [
    key('bar', 't1', 'in office'),
    key('diamond', 'c1', 'first epoch of a term'),
    key('tick', 'c1', 'an epoch'),
    ...(account.isCrowd ? [] : [key('bar', 'ground', 'down or paused')])
  ]
)}`
}

function messages(account: Account): Html {
  if (account.said === 0 && account.shown === 0) return html`<p>Nothing was said in this run.</p>`
  const spreads = [
    ...account.parts,
    ...(account.parts.length > 1 ? [{ name: 'whole run', latency: account.latency }] : [])
  ]
  return html`<h3>How much was said</h3>
${figure(talk(account), `One message is one delivery for each reader it is shown to.${account.notices.some(({ what }) => what === 'alarm') ? ' Who knows that a key manager lied sends nothing any more: what it says then waits, and is shown to nobody.' : ''}`)}
${
  account.latency.total === 0
    ? undefined
    : html`<h3>How long it took until it was shown</h3>
${figure(latencies('latency', spreads), 'By the phase in which it was said, over a logarithmic axis. The box is the middle half of all deliveries, the thick line the median, which is given in figures; the whiskers reach from 1 to 99 of 100, the dot is the longest.')}`
}`
}

/** What a `carried` line counts. */
const COUNTED: Readonly<Record<RunMode, string>> = {
  live: 'What comes to a peer for the first time counts, copies that it has already do not.',
  virtual: 'Every copy on every link counts.',
  scale: 'Every copy on every link counts.'
}

function network(account: Account): Html {
  const links = topology(account)
  const { kinds } = account
  if (kinds.size === 0 && links === undefined) return html`<p>The record says nothing about the network.</p>`
  const { drawing, legend } = carriage(account)
  const rows = [...kinds].map(([kind, [frames, size]]) => [
    clipped(kindName(kind), NAME_CHARACTERS),
    count(frames),
    bytes(size),
    frames > 0 ? bytes(size / frames) : '–',
    `${count((100 * size) / Math.max(1, account.carriedBytes))} %`
  ])
  return html`${
    kinds.size === 0
      ? undefined
      : html`<h3>What was carried</h3>
${figure(
  drawing,
  `${COUNTED[account.run.mode]} The kinds are stacked, with the first of the legend at the bottom.`,
  legend.map(([kind, colour]) => key('area', colour, clipped(kindName(kind), NAME_CHARACTERS)))
)}
<details><summary>Frames and bytes of each kind</summary>${table('By kind, most bytes first', ['Kind', '#Frames', '#Bytes', '#Per frame', '#Share'], rows)}</details>`
  }${
    links === undefined
      ? undefined
      : html`<h3>Who was linked with whom</h3>
${figure(links, 'The first moment of which the record tells, one between, when faults left the fewest links or else most had changed, and the last.', [key('square', 'c2', 'manager'), key('dot', 'c1', 'other peer'), key('hollow', 'ink', 'hollow: no link')])}`
  }`
}

function sights(account: Account): Html | undefined {
  const { sights: all } = account
  if (all.length === 0) return undefined
  const rows = all
    .slice(0, MOST_SIGHTS)
    .map(({ at, kind, carrier, members }) => [
      html`${clipped(kindName(kind), NAME_CHARACTERS)}<br /><span class="soft nobreak">${instant(at, account.duration)}</span>`,
      carrier,
      members === '' ? '(nothing that is shown)' : members
    ])
  return html`<p>One and the same frame, as whoever carries it or listens in sees it, and as members do. The carrier has no key.</p>
${table('Carrier and members side by side', ['Frame', '$The carrier sees', 'Members have'], rows, true)}${
  all.length > rows.length ? html`<p>${some(all.length - rows.length, 'further frame')} left out here.</p>` : undefined
}`
}

function figures(account: Account): Html {
  const { end, samples, run } = account
  const roles = [...account.peers.values()].slice(0, MOST_NAMED_PEERS)
  // The record of a crowd does not say who holds what.
  const hasKeys = roles.some(({ keys: held }) => held.length > 0)
  const rows = Object.entries(end?.figures ?? {}).map(([name, value]) => [clipped(name, NAME_CHARACTERS), count(value)])
  return html`${samples.length === 0 ? undefined : figure(machine(account), `What the machine that ran it did. ${run.mode === 'live' ? '' : 'Time runs along the axis as in the world of the run; rates are by real time.'}`)}
<div class="two"><div>${rows.length === 0 ? undefined : table('Figures of the run, units in their names', ['Figure', '#Value'], rows)}</div>
<div>${
    roles.length === 0
      ? undefined
      : table(
          account.peers.size > roles.length
            ? `Peers: the first ${count(roles.length)} of ${count(account.peers.size)}`
            : 'Peers',
          ['Peer', 'Role', ...(hasKeys ? ['#Epochs held'] : []), '#Away'],
          roles.map(({ name, role, keys: held, absences }) => [
            clipped(name, NAME_CHARACTERS),
            role,
            ...(hasKeys
              ? [
                  count(
                    new Set(held.filter(({ term }) => term > 0).map(({ term, serial }) => `${term}.${serial}`)).size
                  )
                ]
              : []),
            duration(absences.reduce((sum, { from, to }) => sum + to - from, 0))
          ])
        )
  }</div></div>`
}
