/**
 * The command line in a process that things are done to. SIGUSR2 ends its TCP connections and lets none begin, and the next
 * SIGUSR2 heals that; its control socket stays as it is. Lines of standard input do more:
 *
 *     severed PORT …   it is cut off from those that listen on these ports, and from nobody else
 *     memory           it collects its garbage and prints how much it uses, `{"type":"memory","heapUsed":…,"rss":…}`, bytes
 *
 * A connection is cut by whoever called. It ends with standard input.
 */
import { subscribe } from 'node:diagnostics_channel'
import type { Socket } from 'node:net'
import { createInterface } from 'node:readline'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { start } from '../../src/cli/main.ts'

const sockets = new Set<Socket>()
const callers = new Set<Socket>()
let isCut = false
let severed: ReadonlySet<number> = new Set()

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void

const sever = (socket: Socket): void => void socket.destroy(Object.assign(new Error('cut off'), { code: 'ECONNRESET' }))
const severIfToldTo = (socket: Socket): void => {
  if (severed.has(socket.remotePort ?? 0)) sever(socket)
}

subscribe('net.client.socket', (message) => {
  const { socket } = message as { socket: Socket }
  watch(socket, sockets, callers)
  // Only then it is known whom it calls.
  socket.once('connect', () => severIfToldTo(socket))
})
subscribe('net.server.socket', (message) => {
  const { socket } = message as { socket: Socket }
  // Pipes have no address.
  if (socket.remoteAddress !== undefined) watch(socket, sockets)
})

function watch(socket: Socket, ...sets: Set<Socket>[]): void {
  for (const set of sets) set.add(socket)
  socket.once('close', () => {
    for (const set of sets) set.delete(socket)
  })
  // A client's socket is told of before it connects.
  if (isCut) queueMicrotask(() => sever(socket))
}

process.on('SIGUSR2', () => {
  isCut = !isCut
  if (isCut) for (const socket of sockets) sever(socket)
})

const lines = createInterface({ input: process.stdin })
lines.on('line', (line) => {
  const [word, ...ports] = line.split(' ')
  if (word === 'severed') {
    severed = new Set(ports.map(Number))
    for (const socket of callers) severIfToldTo(socket)
  }
  if (word === 'memory') {
    collectGarbage()
    const { heapUsed, rss } = process.memoryUsage()
    process.stdout.write(`${JSON.stringify({ type: 'memory', heapUsed, rss })}\n`)
  }
})
lines.on('close', () => process.exit())
process.stdin.unref?.()

process.umask(0o077)
await start()
