/**
 * Nothing is lost, nothing is silent: peers that talk while they are killed (kill -9) and links between them part and heal;
 * afterwards everybody has to have everything, in one order, or to have been told what is missing. Ends with 1 when not.
 *
 *     npm run chaos -- [--minutes 5] [--peers 20] [--messages 2000] [--cut 0.3] [--seed 1] [--converge 180]
 *
 * Three of the peers are key managers; a carrier without keys is there besides, and is killed and cut off as the others are.
 * Each is killed once in two and a half minutes. `--converge`: how long it may take from when all are up again, s.
 */
import { MINUTE_MS, SECOND_MS } from '../src/base/time.ts'
import { type ChaosOutcome, chaos, complaints, isGood } from '../test/live/chaos.ts'
import { numberOf, publish, readOptions, spread, tell } from './bench/report.ts'

const MANAGERS = 3
const LIFE_MS = 2.5 * MINUTE_MS

const options = readOptions({ minutes: '5', peers: '20', messages: '2000', cut: '0.3', seed: '1', converge: '180' })
const durationMs = numberOf(options, 'minutes') * MINUTE_MS

const outcome: ChaosOutcome = await chaos({
  managers: MANAGERS,
  members: numberOf(options, 'peers') - MANAGERS,
  messages: numberOf(options, 'messages'),
  durationMs,
  cut: numberOf(options, 'cut'),
  kills: Math.max(1, Math.round(durationMs / LIFE_MS)),
  seed: numberOf(options, 'seed'),
  convergenceMs: numberOf(options, 'converge') * SECOND_MS,
  tell
})

const { verdict, acknowledged, unacknowledged, kills, cuts, questions, gaps } = outcome
const isAll = isGood(outcome)
const took = [...outcome.convergenceMs.values()].map((ms) => ms / SECOND_MS)
const unnamed = verdict.missing.filter(({ isNamed }) => !isNamed).length
publish(
  options,
  [
    {
      title: `${options['peers']} peers and a carrier, ${options['minutes']} minutes, ${options['cut']} of the links cut`,
      columns: ['', ''],
      rows: [
        ['messages acknowledged', String(acknowledged)],
        ['said to a peer that was killed before it acknowledged', String(unacknowledged)],
        ['messages shown', String(verdict.messages)],
        ['kills', String(kills)],
        ['cuts', String(cuts)],
        ['gaps told', String(gaps)],
        ['questions for messages', String(questions)],
        ['until one has everything, s after all were up and healed', spread(took)],
        ['missing, and told of; never told of', `${verdict.missing.length - unnamed}; ${unnamed}`]
      ],
      notes: [isAll ? 'Nothing is lost, nothing is silent.' : 'Not as it should be:', ...complaints(outcome)]
    }
  ],
  { ...outcome, convergenceMs: Object.fromEntries(outcome.convergenceMs) }
)
process.exit(isAll ? 0 : 1)
