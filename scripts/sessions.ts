/**
 * Random schedules for the sessions of two users by the hundred thousand: texts both ways while frames are lost, doubled,
 * delayed, bent and repeated, and ends crash, lose their state and rotate their keys. Ends with 1 at a promise broken.
 *
 *     npm run sessions -- [--schedules=100000] [--from=1]
 *     npm run sessions -- --seed=7
 */
import { parseArgs } from 'node:util'
import { playSchedule } from '../test/core/session/schedule.ts'

const text = { type: 'string' } as const
const { values } = parseArgs({ options: { schedules: text, from: text, seed: text } })
const first = Number(values.seed ?? values.from ?? 1)
const count = values.seed === undefined ? Number(values.schedules ?? 100_000) : 1
const TOLD_EVERY = 5_000
const SHOWN_FAILURES = 5

const since = performance.now()
let failed = 0
for (let seed = first; seed < first + count; seed++) {
  const broken = playSchedule(seed)
  if (broken !== undefined && failed++ < SHOWN_FAILURES) {
    console.log(`seed ${seed}: ${broken}\n  npm run sessions -- --seed=${seed}`)
  }
  const done = seed - first + 1
  if (done % TOLD_EVERY === 0) process.stderr.write(`${done} schedules, ${failed} failed\n`)
}
const seconds = (performance.now() - since) / 1_000
console.log(`${count} schedules in ${seconds.toFixed(1)} s: ${failed} broke a promise`)
process.exitCode = failed > 0 ? 1 : 0
