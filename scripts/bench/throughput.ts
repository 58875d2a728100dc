/**
 * What one delivery costs: a room with one sender, beside js-libp2p gossipsub as it comes, and unsigned.
 *
 * Each kind has a process of its own, all stand ready together, and they take turns, again and again, in one run: only
 * ratios from one run mean anything on shared cores. A run in which a delivery is missing or comes twice does not count.
 *
 *   node dist/scripts/bench/throughput.js [--peers 2,10,50] [--kinds signed,unsigned,conclave,conclave-disk] [--rounds 5]
 *     [--messages N] [--rate N] [--paced-seconds S] [--bytes 200] [--degree 10] [--profile FOLDER] [--json FILE] [--markdown]
 *
 * `--profile` adds one burst of each kind under the profiler; `node dist/scripts/bench/profile.js FILE` reads the result.
 */
import { type ChildProcess, fork } from 'node:child_process'
import { join, resolve } from 'node:path'
import { KIND_NAMES, KINDS, type Kind, MESH } from './crowd.ts'
import type { Order, Run, Started } from './crowd-process.ts'
import { listOf, median, numberOf, publish, readOptions, short, spread, type Table, tell } from './report.ts'

const options = readOptions({
  peers: '2,10,50',
  kinds: KINDS.join(','),
  rounds: '5',
  messages: '0',
  rate: '0',
  'paced-seconds': '10',
  bytes: '200',
  degree: '10',
  profile: ''
})

/** More peers, fewer messages: about as many deliveries each. Default signing takes 2 ms of CPU for each. */
const usualMessages = (peers: number): number => (peers <= 10 ? 1_000 : 300)
/** What default signing can still bear on one core. */
const usualRate = (peers: number): number => (peers <= 2 ? 50 : peers <= 10 ? 20 : 4)

/** One crowd, and how to talk to it. */
class CrowdProcess {
  readonly kind: Kind
  readonly #child: ChildProcess
  #answered: PromiseWithResolvers<unknown> | undefined

  constructor(kind: Kind) {
    this.kind = kind
    this.#child = fork(join(import.meta.dirname, 'crowd-process.js'))
    this.#child.on('message', (answer: { value?: unknown; error?: string }) => {
      if (answer.error === undefined) this.#answered?.resolve(answer.value)
      else this.#answered?.reject(new Error(`${kind}: ${answer.error}`))
    })
    this.#child.on('exit', (code) => this.#answered?.reject(new Error(`${kind}: ended with ${code}`)))
  }

  /** Asks for one thing; the next may be asked for when this is answered. */
  async order<T>(order: Order): Promise<T> {
    this.#answered = Promise.withResolvers()
    this.#child.send(order)
    return (await this.#answered.promise) as T
  }
}

interface Figures {
  readonly peers: number
  readonly kind: Kind
  readonly started: Started
  readonly idleShare: number
  readonly flatOut: Run[]
  readonly paced: Run[]
  readonly perSecond: number
}

async function compare(peers: number, kinds: readonly Kind[]): Promise<Figures[]> {
  const crowds: { process: CrowdProcess; figures: Figures }[] = []
  const perSecond = numberOf(options, 'rate') || usualRate(peers)
  for (const kind of kinds) {
    const process = new CrowdProcess(kind)
    const started = await process.order<Started>({ type: 'start', kind, peers, degree: numberOf(options, 'degree') })
    tell(`${peers} peers, ${kind}: up in ${short(started.startMs)} ms, mesh ${short(started.mesh)}`)
    const idleShare = await process.order<number>({ type: 'idle', ms: 2_000 })
    crowds.push({ process, figures: { peers, kind, started, idleShare, flatOut: [], paced: [], perSecond } })
  }
  const count = numberOf(options, 'messages') || usualMessages(peers)
  const bytes = numberOf(options, 'bytes')
  // The first round warms up compilers and caches and is not counted.
  for (let round = 0; round <= numberOf(options, 'rounds'); round++) {
    // Forwards, then backwards: what drifts, drifts for all.
    for (const { process, figures } of round % 2 === 0 ? crowds : crowds.toReversed()) {
      const messages = round === 0 ? Math.ceil(count / 3) : count
      const run = await process.order<Run>({ type: 'run', messages, bytes })
      const perDelivery = short(run.cpuMicros / run.deliveries)
      tell(`${peers} peers, ${process.kind}, round ${round}: ${perDelivery} µs, ${run.wrong} wrong`)
      if (round > 0) figures.flatOut.push(run)
    }
  }
  const pacedSeconds = numberOf(options, 'paced-seconds')
  for (let round = 0; pacedSeconds > 0 && round < 3; round++) {
    for (const { process, figures } of crowds) {
      const messages = Math.ceil((perSecond * pacedSeconds) / 3)
      figures.paced.push(await process.order<Run>({ type: 'run', messages, bytes, perSecond }))
    }
  }
  const folder = options['profile'] ?? ''
  for (const { process } of folder === '' ? [] : crowds) {
    const file = join(resolve(folder), `${process.kind}-${peers}.cpuprofile`)
    await process.order({ type: 'profile', messages: count, bytes, file })
  }
  for (const { process } of crowds) await process.order({ type: 'stop' })
  return crowds.map(({ figures }) => figures)
}

const isGood = (run: Run): boolean => run.wrong === 0
const perDelivery = (run: Run): number => run.cpuMicros / run.deliveries

/** Medians of ratios of one round, not a ratio of medians: a slow minute slows all kinds of its round. */
function ratio(figures: Figures, others: Figures | undefined): string {
  if (others === undefined || others === figures) return figures === others ? '1' : '–'
  const ratios = figures.flatOut.flatMap((run, i) => {
    const other = others.flatOut[i]
    return isGood(run) && other !== undefined && isGood(other) ? [perDelivery(run) / perDelivery(other)] : []
  })
  return spread(ratios)
}

function tableOf(peers: number, all: readonly Figures[]): Table {
  const of = (kind: Kind): Figures | undefined => all.find((figures) => figures.kind === kind)
  const rows = all.map((figures) => {
    const { kind, started, flatOut, paced, idleShare } = figures
    const good = flatOut.filter(isGood)
    const fine = paced.filter(isGood)
    return [
      KIND_NAMES[kind],
      spread(good.map(perDelivery)),
      ratio(figures, of('signed')),
      ratio(figures, of('unsigned')),
      spread(good.map((run) => (run.deliveries / run.wallMs) * 1_000)),
      short(median(good.map((run) => run.copies / run.deliveries))),
      short(median(good.map((run) => run.rpcs / run.deliveries))),
      spread(fine.map((run) => run.p50Ms)),
      spread(fine.map((run) => run.p99Ms)),
      short(median(fine.map(perDelivery))),
      short(Math.max(started.rssMegabytes, ...flatOut.map((run) => run.rssMegabytes))),
      short(idleShare * 100),
      `${good.length + fine.length}/${flatOut.length + paced.length}`
    ]
  })
  const { perSecond, started } = all[0]!
  const count = numberOf(options, 'messages') || usualMessages(peers)
  return {
    title: `Room of ${peers}: one sender, ${count} messages of ${options['bytes']} B flat out, then ${perSecond}/s`,
    columns: [
      'kind',
      'CPU µs/delivery',
      '× signed',
      '× unsigned',
      'deliveries/s',
      'copies',
      'RPCs',
      'paced p50 ms',
      'paced p99 ms',
      'paced µs/del.',
      'RSS MB',
      'idle CPU %',
      'good runs'
    ],
    rows,
    notes: [
      `All ${peers} peers of a kind in one process, ${short(started.connections)} connections each, ` +
        `TCP + Noise + Yamux, D ${MESH.D} (${MESH.Dlo}–${MESH.Dhi}); kinds interleaved, medians (ranges).`,
      'Copies and RPCs: received and sent per delivery, in all peers.'
    ]
  }
}

const kinds = KINDS.filter((kind) => listOf(options, 'kinds').includes(kind))
const tables: Table[] = []
const figures: Figures[] = []
for (const peers of listOf(options, 'peers').map(Number)) {
  const all = await compare(peers, kinds)
  figures.push(...all)
  tables.push(tableOf(peers, all))
}
publish(options, tables, figures)
process.exit()
