/**
 * One peer that starts, connects, waits for its first message, and says when it got how far: the process that start.ts
 * measures. It loads what it is asked for and nothing else, so that a raw peer does not pay for Conclave's modules.
 *
 *   node start-peer.js raw ADDRESS
 *   node start-peer.js returning ADDRESS HOME
 *   node start-peer.js newcomer ADDRESS HOME INVITE
 */
import module from 'node:module'

const wallClock = (): number => performance.timeOrigin + performance.now()
const say = (stage: string): void => void process.stdout.write(`${JSON.stringify({ stage, at: wallClock() })}\n`)

say('boot')
// Set for the bundled variants, as bin/conclave.js does for the command line.
if (process.env['BENCH_COMPILE_CACHE'] !== undefined) module.enableCompileCache(process.env['BENCH_COMPILE_CACHE'])
const [kind, address = '', home = '', invite] = process.argv.slice(2)
if (kind === 'raw') {
  const { listenRaw } = await import('./start-raw.ts')
  await listenRaw(address, say)
} else {
  const { listenConclave } = await import('./start-conclave.ts')
  await listenConclave({ address, home, invite }, say)
}
module.flushCompileCache()
process.exit()
