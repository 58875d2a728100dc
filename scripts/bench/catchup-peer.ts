/** The one who was away, for `catchup.ts`: starts, counts what it is shown, and says how that went. */
import { channel as diagnostics } from 'node:diagnostics_channel'
import type { Socket } from 'node:net'
import { join } from 'node:path'
import { startNode } from '../../src/node/index.ts'
import { profiled } from './profiler.ts'
import { pause } from './report.ts'

interface Order {
  readonly home: string
  readonly bootstrap: readonly string[]
  /** Messages that are to come. */
  readonly count: number
  readonly limitMs: number
  /** A folder, or empty. */
  readonly profile: string
}

/** How a return went. Times are from the start of the node; NaN: never. */
export interface Returned {
  readonly shown: number
  readonly keyMs: number
  readonly firstMs: number
  readonly lastMs: number
  readonly cpuMs: number
  readonly bytesIn: number
  /** Questions for messages and others that were answered. */
  readonly questions: number
}

const { home, bootstrap, count, limitMs, profile } = JSON.parse(process.argv[2]!) as Order

const sockets: Socket[] = []
diagnostics('net.client.socket').subscribe((message) => {
  sockets.push((message as { socket: Socket }).socket)
})

async function comeBack(): Promise<Returned> {
  const shown = new Set<string>()
  const startedAt = performance.now()
  const cpu = process.cpuUsage()
  let keyMs = Number.NaN
  let firstMs = Number.NaN
  let lastMs = Number.NaN
  const node = await startNode({
    home,
    bootstrap,
    listen: ['/ip4/127.0.0.1/tcp/0'],
    isMdns: false,
    isDirectoryServer: false
  })
  const all = Promise.withResolvers<void>()
  node.onNotice((notice) => {
    const ms = performance.now() - startedAt
    if (notice.type === 'keyState' && notice.state === 'ready' && Number.isNaN(keyMs)) keyMs = ms
    if (notice.type !== 'message' || shown.has(notice.id)) return
    shown.add(notice.id)
    if (shown.size === 1) firstMs = ms
    lastMs = ms
    if (shown.size === count) all.resolve()
  })
  await Promise.race([all.promise, pause(limitMs)])
  const { user, system } = process.cpuUsage(cpu)
  const bytesIn = sockets.reduce((sum, socket) => sum + socket.bytesRead, 0)
  const counters = node.counters()
  if (shown.size < count) console.error(counters)
  const returned = {
    shown: shown.size,
    keyMs,
    firstMs,
    lastMs,
    cpuMs: (user + system) / 1_000,
    bytesIn,
    questions: counters['streams.answered'] ?? 0
  }
  await node.stop()
  return returned
}

const returned = profile === '' ? await comeBack() : await profiled(join(profile, 'catchup.cpuprofile'), comeBack)
process.send!(returned, () => process.exit())
