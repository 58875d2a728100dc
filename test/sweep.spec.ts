/**
 * Many seeds, random faults, every checker. `npm run sweep -- --seed=7` plays one seed, prints its scenario and makes it
 * smaller; `npm run sweep -- --seeds=5000 --from=1` plays many.
 */
import { expect } from 'chai'
import { describeScenario, type Outcome, playSeed, shrink } from '../src/sim/sweep.ts'
import { makePeer } from './people.ts'

/** `--name=value`: mocha takes no other form. */
const option = (name: string): number | undefined => {
  const found = process.argv.find((arg) => arg.startsWith(`--${name}=`))
  return found === undefined ? undefined : Number(found.slice(name.length + 3))
}

const SEED = option('seed')
const FROM = SEED ?? option('from') ?? 1
const SEEDS = SEED === undefined ? (option('seeds') ?? 500) : 1
/** Beyond the seeds of every run: those that once found something. */
const PAST_SEEDS = [502, 633, 749, 871, 1075, 1078, 1114, 1577]
const SHRINK_RUNS = 150
const SHOWN_FAILURES = 3
/** One seed of so many is played twice. */
const TWICE_EVERY = 50
const MS_PER_SEED = 2_000

/** All there is to say about one failure. */
function report(outcome: Outcome): string {
  const { scenario, error } = outcome
  if (SEED === undefined) return `${error?.message}`
  const smaller = shrink(outcome, makePeer, SHRINK_RUNS)
  return [error?.message, describeScenario(scenario), 'smaller:', describeScenario(scenario, smaller)].join('\n')
}

describe('sweep', function () {
  this.timeout(60_000 + SEEDS * MS_PER_SEED)

  const hashes = new Map<number, Pick<Outcome, 'hash' | 'events'>>()

  it(`${SEEDS} random scenarios keep every invariant`, () => {
    const failed: Outcome[] = []
    const seeds = Array.from({ length: SEEDS }, (_, i) => FROM + i)
    for (const seed of SEED === undefined ? [...seeds, ...PAST_SEEDS] : seeds) {
      const outcome = playSeed(seed, makePeer)
      const { hash, events } = outcome
      hashes.set(seed, { hash, events })
      if (outcome.error !== undefined) failed.push(outcome)
    }
    const names = failed.map(({ scenario, error }) => `${scenario.seed} (${error?.violation.invariant})`)
    const details = failed.slice(0, SHOWN_FAILURES).map(report)
    expect(failed.length, [`seeds ${names.join(', ')}`, ...details].join('\n\n')).to.equal(0)
  })

  it('one seed gives one run, to the last event, also when every node has frames of its own', () => {
    for (let seed = FROM; seed < FROM + SEEDS; seed += TWICE_EVERY) {
      const first = hashes.get(seed) ?? playSeed(seed, makePeer)
      const { hash, events } = playSeed(seed, makePeer, { isSharingFrames: false })
      expect({ hash, events }, `seed ${seed}`).to.deep.equal({ hash: first.hash, events: first.events })
    }
  })
})
