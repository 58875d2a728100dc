/** A peer that is made to be killed: says its address on a line and serves until then. */
import { liveCarrier } from './hosts.ts'

const victim = await liveCarrier()
victim.carrier.subscribe(new Uint8Array(32))
process.stdout.write(`${victim.address}\n`)
process.on('disconnect', () => process.exit(0))
