/**
 * The process of one crowd. Its parent tells it when to run, so that the kinds take turns on the same cores; CPU time and
 * memory are its own and nobody else's.
 */
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Crowd, Kind } from './crowd.ts'
import { conclaveCrowd } from './crowd-conclave.ts'
import { rawCrowd } from './crowd-raw.ts'
import { watchGossip } from './gossip-watch.ts'
import { profiled } from './profiler.ts'
import { pause, quantile, until } from './report.ts'

/** What the parent asks for. Without a rate: as fast as the sender can. */
export type Order =
  | { readonly type: 'start'; readonly kind: Kind; readonly peers: number; readonly degree: number }
  | { readonly type: 'run'; readonly messages: number; readonly bytes: number; readonly perSecond?: number }
  | { readonly type: 'profile'; readonly messages: number; readonly bytes: number; readonly file: string }
  | { readonly type: 'idle'; readonly ms: number }
  | { readonly type: 'stop' }

export interface Started {
  readonly startMs: number
  readonly connections: number
  readonly mesh: number
  readonly rssMegabytes: number
}

export interface Run {
  readonly deliveries: number
  /** Deliveries that did not come, or came twice: anything but 0 makes the run void. */
  readonly wrong: number
  readonly cpuMicros: number
  readonly wallMs: number
  readonly p50Ms: number
  readonly p99Ms: number
  readonly copies: number
  readonly rpcs: number
  readonly rssMegabytes: number
}

const LIMIT_MS = 180_000

const watch = await watchGossip()
let crowd: Crowd | undefined
let peers = 0
let round = 0
let seen = new Uint8Array(0)
let messages = 0
let deliveries = 0
let extra = 0
let latencies: number[] = []
let lastAt = 0
let cpuAtLast = process.cpuUsage()

function note(peer: number, ofRound: number, index: number, sentAt: number): void {
  const slot = (peer - 1) * messages + index
  if (ofRound !== round || seen[slot] !== 0) {
    extra++
    return
  }
  seen[slot] = 1
  deliveries++
  lastAt = performance.now()
  latencies.push(lastAt - sentAt)
  if (deliveries === seen.length) cpuAtLast = process.cpuUsage()
}

const megabytes = (): number => process.memoryUsage().rss / 2 ** 20
const mean = (values: readonly number[]): number => values.reduce((sum, one) => sum + one, 0) / values.length

async function start(kind: Kind, size: number, degree: number): Promise<Started> {
  const from = performance.now()
  peers = size
  crowd =
    kind === 'signed' || kind === 'unsigned'
      ? await rawCrowd(size, degree, kind === 'signed')
      : await conclaveCrowd(size, degree, kind === 'conclave-disk')
  crowd.onDelivery(note)
  const least = Math.min(4, size - 1)
  await until('the meshes stand', () => watch.meshDegrees().every((degree) => degree >= least))
  const startMs = performance.now() - from
  // Let the meshes come to rest: a few heartbeats.
  await pause(3_000)
  return { startMs, connections: mean(crowd.connections()), mesh: mean(watch.meshDegrees()), rssMegabytes: megabytes() }
}

async function run(count: number, bytes: number, perSecond: number | undefined): Promise<Run> {
  round++
  messages = count
  seen = new Uint8Array((peers - 1) * count)
  deliveries = 0
  extra = 0
  latencies = []
  const { copies, rpcs } = watch
  const cpu = process.cpuUsage()
  const from = performance.now()
  for (let i = 0; i < count; i++) {
    if (perSecond !== undefined) {
      const wait = from + (i * 1_000) / perSecond - performance.now()
      if (wait > 0) await pause(wait)
    }
    await crowd!.say(round, i, bytes)
    await nextTurn()
  }
  await until('all deliveries', () => deliveries === seen.length, LIMIT_MS).catch(() => {})
  if (deliveries < seen.length) cpuAtLast = process.cpuUsage()
  const cpuMicros = cpuAtLast.user + cpuAtLast.system - cpu.user - cpu.system
  const wallMs = lastAt - from
  await pause(300)
  return {
    deliveries,
    wrong: seen.length - deliveries + extra,
    cpuMicros,
    wallMs,
    p50Ms: quantile(latencies, 0.5),
    p99Ms: quantile(latencies, 0.99),
    copies: watch.copies - copies,
    rpcs: watch.rpcs - rpcs,
    rssMegabytes: megabytes()
  }
}

/** CPU share of one core while nobody says anything. */
async function idle(ms: number): Promise<number> {
  const cpu = process.cpuUsage()
  const from = performance.now()
  await pause(ms)
  const { user, system } = process.cpuUsage(cpu)
  return (user + system) / 1_000 / (performance.now() - from)
}

async function obey(order: Order): Promise<unknown> {
  switch (order.type) {
    case 'start':
      return await start(order.kind, order.peers, order.degree)
    case 'run':
      return await run(order.messages, order.bytes, order.perSecond)
    case 'profile':
      // A run that does not count.
      return void (await profiled(order.file, () => run(order.messages, order.bytes, undefined)))
    case 'idle':
      return await idle(order.ms)
    case 'stop':
      await crowd?.stop()
      return undefined
    default:
      order satisfies never
  }
}

process.on('message', (order: Order) => {
  obey(order).then(
    (value) => {
      process.send!({ value: value ?? null })
      if (order.type === 'stop') process.disconnect()
    },
    (error: unknown) =>
      process.send!({ error: error instanceof Error ? (error.stack ?? error.message) : String(error) })
  )
})
process.on('disconnect', () => process.exit())
