/**
 * How long from the start of a process to the first message it has for its user, stage by stage: two processes on
 * loopback, the other one known and up already. Conclave as a member that comes back and as a newcomer, beside a raw
 * gossipsub peer, with its modules as they ship and bundled.
 *
 * The talker of each kind says something every 20 ms, so all rows carry the same ten of waiting. All contenders take
 * turns; ratios are medians of ratios within a round.
 *
 *   node dist/scripts/bench/start.js [--rounds 9] [--only WORD] [--json FILE] [--markdown]
 */
import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { build } from 'esbuild'
import { type Node, startNode } from '../../src/node/index.ts'
import { Admission } from '../../src/wire/messages.ts'
import { rawPeer } from './crowd-raw.ts'
import { median, numberOf, publish, readOptions, short, spread, type Table, tell } from './report.ts'
import { START_TOPIC } from './start-raw.ts'

const options = readOptions({ rounds: '9', only: '' })

const TICK_MS = 20
const LIMIT_MS = 30_000
const ROOT = resolve(import.meta.dirname, '../../..')
const BUNDLE = join(ROOT, 'dist/bench-bundle')
const folder = mkdtempSync(join(tmpdir(), 'conclave-start-'))

// ------------------------------------------------------------------ the talkers

interface Talker {
  readonly address: string
  talk(): void
  stop(): Promise<void>
}

async function rawTalker(): Promise<Talker> {
  const peer = await rawPeer(false)
  const { gossip } = peer.services
  gossip.subscribe(START_TOPIC)
  return {
    address: peer.getMultiaddrs()[0]!.toString(),
    talk() {
      gossip.publish(START_TOPIC, Buffer.from(`tick ${performance.now()}`.padEnd(200))).catch(() => {})
    },
    stop: () => Promise.resolve(peer.stop())
  }
}

interface Founder extends Talker {
  readonly node: Node
  readonly invite: string
}

async function founder(): Promise<Founder> {
  const node = await startNode({ nick: 'talker', listen: ['/ip4/127.0.0.1/tcp/0'], isMdns: false })
  const settings = { name: 'start', admission: Admission.OPEN }
  const founded = await node.command({ type: 'createChannel', settings })
  if (founded.type !== 'channel') throw new Error('no channel')
  const channel = founded.channel.id
  const invited = await node.command({ type: 'invite', channel, uses: 0, lifetimeMs: undefined, addresses: [] })
  if (invited.type !== 'invite') throw new Error('no invite')
  return {
    node,
    invite: invited.invite,
    address: node.addresses()[0]!,
    talk() {
      // With nobody there a message would wait, and come later in a flood.
      if (!node.topics().some((topic) => topic.isReady)) return
      const text = { text: `tick ${performance.now()}`.padEnd(200, '.'), replyTo: new Uint8Array(0), isAction: false }
      node.command({ type: 'say', channel, content: { text }, isPlain: false }).catch(() => {})
    },
    stop: () => node.stop()
  }
}

// ------------------------------------------------------------------ the contenders

interface Contender {
  readonly name: string
  readonly talker: Talker
  /** The command of one start. */
  command(round: number): { readonly args: readonly string[]; readonly env?: Readonly<Record<string, string>> }
}

const STAGES = ['boot', 'modules', 'node', 'connected', 'topic', 'key', 'message'] as const
type Stage = (typeof STAGES)[number]
type Times = Partial<Record<Stage, number>>

const SHIPPED = join(import.meta.dirname, 'start-peer.js')
const BUNDLED = join(BUNDLE, 'start-peer.mjs')
const CACHE = { BENCH_COMPILE_CACHE: join(BUNDLE, 'cache') }
const COMMAND_LINE = join(ROOT, 'bin/conclave.js')

function contenders(raw: Talker, conclave: Founder): Contender[] {
  const { address, invite } = conclave
  const member = join(folder, 'member')
  const fresh = (name: string, round: number): string => join(folder, `${name}-${round}`)
  const all: Contender[] = [
    {
      name: 'raw gossipsub, modules as they ship',
      talker: raw,
      command: () => ({ args: [SHIPPED, 'raw', raw.address] })
    },
    {
      name: 'raw gossipsub, bundled',
      talker: raw,
      command: () => ({ args: [BUNDLED, 'raw', raw.address], env: CACHE })
    },
    {
      name: 'Conclave node, returning member',
      talker: conclave,
      command: () => ({ args: [BUNDLED, 'returning', address, member], env: CACHE })
    },
    {
      name: 'Conclave node, newcomer by invite',
      talker: conclave,
      command: (round) => ({ args: [BUNDLED, 'newcomer', address, fresh('newcomer', round), invite], env: CACHE })
    }
  ]
  if (!existsSync(join(ROOT, 'dist/bundle/conclave.mjs')) || !existsSync(COMMAND_LINE)) {
    tell('dist/bundle is not there: no rows for the command line (npm run build makes it)')
    return all
  }
  const peer = [COMMAND_LINE, 'peer', '--json', '--no-mdns', '--listen', '/ip4/127.0.0.1/tcp/0', '--bootstrap', address]
  all.push(
    {
      name: 'conclave peer, returning member',
      talker: conclave,
      command: () => ({ args: [...peer, '--home', join(folder, 'cli-member')] })
    },
    {
      name: 'conclave peer INVITE, newcomer',
      talker: conclave,
      command: (round) => ({ args: [...peer, '--home', fresh('cli', round), '--no-passphrase', invite] })
    }
  )
  return all
}

/** The stage that a line of output shows, our own scripts' or the command line's. */
function readLine(line: string, now: number): { stage: Stage; at: number } | undefined {
  let form: Record<string, unknown>
  try {
    form = JSON.parse(line) as Record<string, unknown>
  } catch {
    return undefined
  }
  if (typeof form['stage'] === 'string') return { stage: form['stage'] as Stage, at: Number(form['at']) }
  if (form['type'] === 'ready') return { stage: 'node', at: now }
  if (form['type'] === 'keyState' && (form['state'] ?? form['key']) === 'ready') return { stage: 'key', at: now }
  return typeof form['text'] === 'string' && form['text'].startsWith('tick') ? { stage: 'message', at: now } : undefined
}

const wallClock = (): number => performance.timeOrigin + performance.now()

/** Starts a peer, and ends it when it has its first message. @returns ms since its start, by stage. */
async function startOnce({ name, talker, command }: Contender, round: number): Promise<Times> {
  const { args, env } = command(round)
  const times: Times = {}
  const done = Promise.withResolvers<void>()
  const from = wallClock()
  const child = spawn(process.execPath, args, { env: { ...process.env, ...env }, stdio: ['pipe', 'pipe', 'pipe'] })
  const ticker = setInterval(() => talker.talk(), TICK_MS)
  const limit = setTimeout(() => done.reject(new Error(`${name}: no message within ${LIMIT_MS} ms`)), LIMIT_MS)
  let errors = ''
  child.stderr.on('data', (data: Buffer) => {
    errors = (errors + data.toString()).slice(-2_000)
  })
  createInterface({ input: child.stdout }).on('line', (line) => {
    const read = readLine(line, wallClock())
    if (read === undefined || times[read.stage] !== undefined) return
    times[read.stage] = read.at - from
    if (read.stage === 'message') done.resolve()
  })
  const ended = new Promise<void>((resolve) => child.on('exit', () => resolve()))
  ended.then(
    () => done.reject(new Error(`${name}: ended before its first message\n${errors}`)),
    () => {}
  )
  try {
    await done.promise
    return times
  } finally {
    clearInterval(ticker)
    clearTimeout(limit)
    child.kill('SIGINT')
    const patience = setTimeout(() => child.kill('SIGKILL'), 5_000)
    await ended
    clearTimeout(patience)
  }
}

async function bundle(): Promise<void> {
  rmSync(BUNDLE, { recursive: true, force: true })
  await build({
    entryPoints: { 'start-peer': SHIPPED },
    outdir: BUNDLE,
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node24',
    outExtension: { '.js': '.mjs' },
    external: ['sodium-native', 'classic-level'],
    banner: {
      js: "import { createRequire as benchRequire } from 'node:module'; const require = benchRequire(import.meta.url);"
    },
    legalComments: 'none',
    logLevel: 'warning'
  })
}

// ------------------------------------------------------------------ running

await bundle()
const raw = await rawTalker()
const conclave = await founder()
try {
  const all = contenders(raw, conclave)
  // Makes the members that come back later, and fills the compile caches.
  const asMember = (one: Contender, home: string): Contender => ({
    ...one,
    command: (round) => {
      const { args, ...rest } = one.command(round)
      return { args: args.map((arg) => (arg.startsWith(folder) ? join(folder, home) : arg)), ...rest }
    }
  })
  for (const one of all) {
    const home = one.name.startsWith('conclave') ? 'cli-member' : 'member'
    if (one.name.includes('newcomer')) await startOnce(asMember(one, home), -1)
  }
  // The first is what all others are compared with.
  const chosen = all.filter(({ name }, i) => i === 0 || name.includes(options['only'] ?? ''))
  const times = new Map<Contender, Times[]>(chosen.map((one) => [one, []]))
  for (let round = 0; round <= numberOf(options, 'rounds'); round++) {
    for (const one of round % 2 === 0 ? chosen : chosen.toReversed()) {
      const got = await startOnce(one, round)
      // Round 0 warms up.
      if (round > 0) times.get(one)!.push(got)
      tell(`${one.name}, round ${round}: ${short(got.message ?? Number.NaN)} ms`)
    }
  }
  const baseline = times.get(chosen[0]!)!
  const ofStage = (runs: readonly Times[], stage: Stage): string => {
    const values = runs.flatMap((run) => run[stage] ?? [])
    return values.length === 0 ? '' : stage === 'message' ? spread(values) : short(median(values))
  }
  const table: Table = {
    title: 'From process start to first message: ms at which each stage was reached',
    columns: [
      'contender',
      ...STAGES.map((stage) => (stage === 'message' ? 'first message' : stage)),
      '× raw as shipped'
    ],
    rows: chosen.map((one) => {
      const runs = times.get(one)!
      const ratios = runs.map((run, i) => run.message! / baseline[i]!.message!)
      return [one.name, ...STAGES.map((stage) => ofStage(runs, stage)), spread(ratios)]
    }),
    notes: [
      'boot: first line of the program runs; topic: somebody is there to carry the channel; key: it is at rest or was granted.',
      'A newcomer makes its home and identity in this time, too. Medians (ranges); contenders interleaved.'
    ]
  }
  const figures = chosen.map((one) => ({ name: one.name, runs: times.get(one) }))
  publish(options, [table], figures)
} finally {
  await Promise.allSettled([raw.stop(), conclave.stop()])
  rmSync(folder, { recursive: true, force: true })
}
process.exit()
