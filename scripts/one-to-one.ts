/**
 * One-to-one talk that nothing is lost of: two peers who talk while either is killed (kill -9) at random moments; afterwards both
 * have to show every text that was acknowledged, once and in its sender's order. Ends with 1 when not.
 *
 *     npm run one-to-one -- [--kills 50] [--seed 1] [--way direct|channel|both] [--patience 120]
 *
 * `--way channel`: nothing passes between the two but what others in the channel carry. `--patience`: seconds.
 */
import { SECOND_MS } from '../src/base/time.ts'
import { isGood, oneToOne } from '../test/live/one-to-one.ts'
import { numberOf, publish, readOptions, short, tell } from './bench/report.ts'

const options = readOptions({ kills: '50', seed: '1', way: 'both', patience: '120' })
const WAYS: Readonly<Record<string, readonly boolean[]>> = { direct: [false], channel: [true], both: [false, true] }
const ways = WAYS[options['way']!]
if (ways === undefined) throw new Error('--way is direct, channel or both')
const outcomes = []
for (const isApart of ways) {
  tell(isApart ? 'through the channel' : 'directly')
  const numbers = { kills: numberOf(options, 'kills'), seed: numberOf(options, 'seed') }
  const patienceMs = numberOf(options, 'patience') * SECOND_MS
  outcomes.push({ isApart, ...(await oneToOne({ ...numbers, isApart, patienceMs, tell })) })
}
const isAll = outcomes.every(isGood)
publish(
  options,
  [
    {
      title: `Two of five who talk one-to-one, ${options['kills']} kills`,
      columns: ['way', 'acknowledged', 'not', 'missing', 'doubled', 'out of order', 'all there after, s'],
      rows: outcomes.map(({ isApart, acknowledged, unacknowledged, missing, doubled, disordered, tookMs }) => [
        isApart ? 'channel' : 'direct',
        ...[acknowledged, unacknowledged, missing.length, doubled.length, disordered.length].map(String),
        short(tookMs / SECOND_MS)
      ]),
      notes: [
        isAll ? 'Nothing is lost or repeated.' : 'Not as it should be:',
        ...outcomes.flatMap(({ missing }) => missing.slice(0, 10))
      ]
    }
  ],
  { outcomes }
)
process.exit(isAll ? 0 : 1)
