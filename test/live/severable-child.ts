/**
 * The command line in a process that can be cut off from all other hosts: SIGUSR2 ends its TCP connections and lets none
 * begin, and the next SIGUSR2 heals that. Its control socket stays as it is.
 */
import { subscribe } from 'node:diagnostics_channel'
import type { Socket } from 'node:net'
import { start } from '../../src/cli/main.ts'

const sockets = new Set<Socket>()
let isCut = false

const sever = (socket: Socket): void => void socket.destroy(Object.assign(new Error('cut off'), { code: 'ECONNRESET' }))

subscribe('net.client.socket', (message) => watch((message as { socket: Socket }).socket))
subscribe('net.server.socket', (message) => {
  const { socket } = message as { socket: Socket }
  // Pipes have no address.
  if (socket.remoteAddress !== undefined) watch(socket)
})

function watch(socket: Socket): void {
  sockets.add(socket)
  socket.once('close', () => sockets.delete(socket))
  // A client's socket is told of before it connects.
  if (isCut) queueMicrotask(() => sever(socket))
}

process.on('SIGUSR2', () => {
  isCut = !isCut
  if (isCut) for (const socket of sockets) sever(socket)
})

process.umask(0o077)
await start()
