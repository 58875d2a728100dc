/**
 * How long somebody who was away for days needs to catch up, and from whom.
 *
 * The days themselves are virtual: machines on a bus with a clock of its own live through them, and what they wrote becomes the
 * homes of real nodes. Two members, one of them the key manager, say `--messages` spread over `--days` while a third is away.
 * A carrier without keys has taken in every frame. Then those who are to be there start, and the third comes back: timed is from
 * its start until the last message is shown to it, in a process of its own, beside the CPU it took and the bytes that came.
 *
 *   node dist/scripts/bench/catchup.js [--messages 10000] [--days 7] [--bytes 200] [--history all] [--step 600]
 *     [--from both,carrier,member] [--rounds 1] [--limit 120] [--profile FOLDER] [--json FILE] [--markdown]
 *
 * `both`: the key manager with its messages, and the carrier; `carrier`: the key manager has lost its messages; `member`: no
 * carrier.
 */
import { type ChildProcess, fork } from 'node:child_process'
import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { DAY_MS } from '../../src/base/time.ts'
import type { Row } from '../../src/core/machine.ts'
import { messageRoom } from '../../src/core/member/history.ts'
import { Archive } from '../../src/node/archive.ts'
import { initHome, openHomeStore } from '../../src/node/home.ts'
import { Counters, type Node, startNode } from '../../src/node/index.ts'
import type { Store } from '../../src/node/store.ts'
import { openVault } from '../../src/node/vault.ts'
import { HistoryPolicy } from '../../src/wire/messages.ts'
import { Bus, type Node as Machine } from '../../test/core/bus.ts'
import type { Returned } from './catchup-peer.ts'
import { listOf, numberOf, publish, readOptions, short, spread, type Table, tell } from './report.ts'

const options = readOptions({
  messages: '10000',
  days: '7',
  bytes: '200',
  history: 'all',
  step: '600',
  from: 'both,carrier,member',
  rounds: '1',
  limit: '120',
  profile: ''
})

const SOURCES = ['both', 'carrier', 'member'] as const
type Source = (typeof SOURCES)[number]

const LOCAL = { listen: ['/ip4/127.0.0.1/tcp/0'], isMdns: false, isDirectoryServer: false }
const POLICIES: Readonly<Record<string, HistoryPolicy>> = {
  none: HistoryPolicy.NONE,
  'since-join': HistoryPolicy.SINCE_JOIN,
  all: HistoryPolicy.ALL
}
/** The days go by in leaps, short enough that nobody seems to have gone, with a while after each to say that one is there. */
const LEAP_MS = 20_000
const AWAKE_MS = 1_200

// A copy of a home is its owner's alone, as the home is.
process.umask(0o077)
const folder = mkdtempSync(join(tmpdir(), 'conclave-catchup-'))
process.on('exit', () => rmSync(folder, { recursive: true, force: true }))
const count = numberOf(options, 'messages')

/** What the days left behind. */
interface Past {
  readonly channel: Uint8Array
  readonly epochs: number
  readonly frames: number
}

// ------------------------------------------------------------------ the days

/** Lives through the days and makes the homes `manager`, `reader` and `carrier`. */
async function live(): Promise<Past> {
  const bus = new Bus('catchup')
  const awayMs = numberOf(options, 'days') * DAY_MS
  bus.now = Date.now() - awayMs - 60_000
  const [manager, talker, reader] = ['alice', 'bob', 'carol'].map((nick) => bus.add(nick)) as [
    Machine,
    Machine,
    Machine
  ]
  const history = POLICIES[options['history'] ?? ''] ?? HistoryPolicy.ALL
  const channel = bus.open(manager, { history, stepSeconds: numberOf(options, 'step') })
  const invite = bus.invite(manager, channel)
  for (const one of [talker, reader]) bus.join(one, invite)
  bus.pass(30_000)
  const before = bus.view(manager, channel)
  bus.stop(reader)
  const heard = bus.tap.length
  const everyMs = awayMs / count
  for (let i = 0; i < count; i++) {
    bus.say(i % 2 === 0 ? manager : talker, channel, textOf(i))
    const saidAt = bus.uptimeMs
    for (let leftMs = everyMs; leftMs > 0; leftMs = everyMs - (bus.uptimeMs - saidAt)) {
      const leapMs = Math.min(LEAP_MS, Math.max(0, leftMs - AWAKE_MS))
      bus.now += leapMs
      bus.uptimeMs += leapMs
      bus.pass(Math.min(AWAKE_MS, leftMs))
    }
    bus.trace.length = 0
    if (i % 1_000 === 999) tell(`${i + 1} messages said`)
  }
  const after = bus.view(manager, channel)
  await home('manager', manager)
  await home('reader', reader)
  const said = bus.tap.slice(heard)
  return { channel, epochs: after.serial - before.serial, frames: await fill(bus, channel, said) }
}

const textOf = (i: number): string => `${i} `.padEnd(numberOf(options, 'bytes'), '.')

async function withStore<T>(name: string, work: (store: Store) => Promise<T>): Promise<T> {
  const { storeKey } = await openVault(join(folder, name), undefined)
  const store = await openHomeStore(join(folder, name), storeKey)
  try {
    return await work(store)
  } finally {
    await store.close()
    storeKey.destroy()
  }
}

/** A home with the identity of a machine, and what it wrote. */
async function home(name: string, machine: Machine): Promise<void> {
  await initHome(join(folder, name), undefined, machine.nick)
  const identity: Row = { room: 'identity', entry: 'seed', value: machine.seed }
  await withStore(name, async (store) => {
    const rows = [identity, ...machine.rows.values()]
    for (let from = 0; from < rows.length; from += 1_000)
      await store.write({ puts: rows.slice(from, from + 1_000), deletes: [], isDurable: true })
  })
}

/** The home of a carrier that took in all frames. @returns how many it keeps. */
async function fill(bus: Bus, channel: Uint8Array, said: readonly Uint8Array[]): Promise<number> {
  await initHome(join(folder, 'carrier'), undefined, 'carrier')
  const metrics = new Counters()
  await withStore('carrier', async (store) => {
    const archive = await Archive.open({ store, limits: { maxBytes: 2 ** 30, maxAgeMs: 30 * DAY_MS }, metrics })
    const frames = bus.frames(channel).slice(-said.length)
    for (const [i, frame] of frames.entries()) {
      archive.keep(frame)
      if (i % 1_000 === 999) await archive.tend()
    }
    await archive.stop()
  })
  return metrics.get('archive.frames')
}

// ------------------------------------------------------------------ the return

interface Figures extends Returned {
  readonly source: Source
  /** CPU of those who answered, ms. */
  readonly answererCpuMs: number
}

async function comeBack(source: Source, round: number, { channel }: Past): Promise<Figures> {
  const place = (name: string): string => {
    const copy = `${name}-${source}-${round}`
    cpSync(join(folder, name), join(folder, copy), { recursive: true })
    return copy
  }
  const managerHome = place('manager')
  if (source === 'carrier') await withStore(managerHome, (store) => loseMessages(store, channel))
  const nodes: Node[] = [await startNode({ home: join(folder, managerHome), ...LOCAL })]
  const bootstrap = nodes[0]!.addresses()
  if (source !== 'member') {
    nodes.push(await startNode({ home: join(folder, place('carrier')), role: 'carrier', bootstrap, ...LOCAL }))
  }
  const cpu = process.cpuUsage()
  const addresses = nodes.flatMap((node) => node.addresses())
  const returned = await returnOf(join(folder, place('reader')), addresses)
  const { user, system } = process.cpuUsage(cpu)
  await Promise.all(nodes.map((node) => node.stop()))
  return { source, ...returned, answererCpuMs: (user + system) / 1_000 }
}

async function loseMessages(store: Store, channel: Uint8Array): Promise<void> {
  const deletes: Row[] = []
  for await (const row of store.rows(messageRoom(channel))) deletes.push(row)
  await store.write({ puts: [], deletes, isDurable: true })
}

/** Starts the one who was away, in a process of its own. */
async function returnOf(path: string, bootstrap: readonly string[]): Promise<Returned> {
  const profile = options['profile'] === '' ? '' : resolve(options['profile'] ?? '')
  const order = { home: path, bootstrap, count, limitMs: numberOf(options, 'limit') * 1_000, profile }
  const child: ChildProcess = fork(join(import.meta.dirname, 'catchup-peer.js'), [JSON.stringify(order)])
  const { promise, resolve: tellAll, reject } = Promise.withResolvers<Returned>()
  child.on('message', (returned: Returned) => tellAll(returned))
  child.on('exit', (code) => reject(new Error(`ended with ${code}`)))
  return await promise
}

const past = await live()
tell(`${past.epochs} epochs; the carrier keeps ${past.frames} messages`)
const figures: Figures[] = []
for (let round = 0; round < numberOf(options, 'rounds'); round++) {
  for (const source of SOURCES.filter((one) => listOf(options, 'from').includes(one))) {
    const one = await comeBack(source, round, past)
    tell(`${source}: ${one.shown} shown in ${short(one.lastMs)} ms`)
    figures.push(one)
  }
}
const TITLES: Readonly<Record<Source, string>> = {
  both: 'a member and a carrier without keys',
  carrier: 'a carrier without keys alone',
  member: 'a member alone'
}
const table: Table = {
  title: `${count} messages of ${options['bytes']} B in ${options['days']} days and ${past.epochs} epochs, history ${options['history']}`,
  columns: [
    'from',
    'shown',
    'key, ms',
    'first, ms',
    'last, ms',
    'own CPU, ms',
    'answerers’ CPU, ms',
    'MB in',
    'questions'
  ],
  rows: SOURCES.flatMap((source) => {
    const some = figures.filter((one) => one.source === source)
    const of = (pick: (one: Figures) => number): string => spread(some.map(pick))
    return some.length === 0
      ? []
      : [
          [
            TITLES[source],
            of((one) => one.shown),
            of((one) => one.keyMs),
            of((one) => one.firstMs),
            of((one) => one.lastMs),
            of((one) => one.cpuMs),
            of((one) => one.answererCpuMs),
            of((one) => one.bytesIn / 1e6),
            of((one) => one.questions)
          ]
        ]
  }),
  notes: ['From the start of the node that was away, modules loaded; homes on disk; all on loopback.']
}
publish(options, [table], figures)
process.exit()
