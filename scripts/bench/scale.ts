/**
 * A crowd in one channel, in virtual time with ideal cryptography: its verdict and its figures.
 *
 *   node dist/scripts/bench/scale.js [--peers 10000] [--managers 3] [--joinsPerSecond 150] … [--takeover no] [--record FILE]
 */
import { createWriteStream } from 'node:fs'
import { parseArgs } from 'node:util'
import type { RecordLine } from '../../src/sim/record.ts'
import { runScale, SCALE_DEFAULTS, type ScaleParameters } from '../../src/sim/scale/scale.ts'

const names = Object.keys(SCALE_DEFAULTS) as (keyof ScaleParameters)[]
const { values } = parseArgs({
  options: {
    record: { type: 'string' },
    ...Object.fromEntries(names.map((name) => [name, { type: 'string' as const }]))
  },
  strict: true
})
const given = values as Readonly<Record<string, string | undefined>>
const parameters = Object.fromEntries(
  names.map((name) => {
    const text = given[name]
    if (text === undefined) return [name, SCALE_DEFAULTS[name]]
    return [name, name === 'takeover' ? text !== 'no' : Number(text)]
  })
) as unknown as ScaleParameters

const file = given['record'] === undefined ? undefined : createWriteStream(given['record'])
const carried = new Map<string, [number, number]>()

function show(line: RecordLine): void {
  file?.write(`${JSON.stringify(line)}\n`)
  if (line.type === 'phase') console.log(`${(line.at / 1000).toFixed(0).padStart(6)} s  ${line.name}`)
  if (line.type === 'carried') {
    for (const [kind, [frames, bytes]] of Object.entries(line.kinds)) {
      const [framesBefore, bytesBefore] = carried.get(kind) ?? [0, 0]
      carried.set(kind, [framesBefore + frames, bytesBefore + bytes])
    }
  }
  if (line.type === 'invariant') console.log(`${line.id.padEnd(5)} ${line.verdict}: ${line.claim} ${line.evidence}`)
  if (line.type !== 'end') return
  console.log(
    `\n${line.verdict} in ${(line.ms / 1000).toFixed(1)} s, ${line.events} events, ${line.rss >> 20} MiB at most`
  )
  for (const [name, value] of Object.entries(line.figures)) console.log(`${name.padEnd(28)} ${value}`)
  const peers = parameters.peers + parameters.managers
  for (const [kind, [frames, bytes]] of carried)
    console.log(`${kind.padEnd(18)} ${frames} copies, ${Math.round(bytes / peers)} bytes a peer`)
}

await runScale(parameters, show)
file?.end()
