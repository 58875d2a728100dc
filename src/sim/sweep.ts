/** Many seeds: each is one world, played and checked; the first broken invariant of a seed is its outcome. */
import { HistoryPolicy } from '../wire/messages.ts'
import { allCheckers } from './checkers/all.ts'
import type { Checker } from './checkers/checker.ts'
import { Knowledge } from './checkers/knowledge.ts'
import { randomScenario, type Scenario, type ScenarioOptions } from './scenario.ts'
import { type MakePeer, type Step, Story } from './story.ts'
import type { Truth } from './truth.ts'
import { RunError } from './world.ts'

export interface Outcome {
  readonly scenario: Scenario
  /** Equal for two runs of one seed and build (I-25). */
  readonly hash: string
  /** Events that machines handled. */
  readonly events: number
  readonly virtualMs: number
  /** Bytes that were on the carrier. */
  readonly carriedBytes: number
  readonly error: RunError | undefined
}

export interface SweepOptions extends ScenarioOptions {
  /** All of them unless told. */
  readonly checkers?: (truth: Truth) => readonly Checker[]
  readonly isSharingFrames?: boolean
  /** Instead of the scenario's own: for making a failing one smaller. */
  readonly steps?: readonly Step[]
}

/** Plays the random scenario of a seed under every checker. */
export function playSeed(seed: number, makePeer: MakePeer, options: SweepOptions = {}): Outcome {
  return playScenario(randomScenario(seed, options), makePeer, options)
}

/** Plays one scenario under every checker. */
export function playScenario(scenario: Scenario, makePeer: MakePeer, options: SweepOptions = {}): Outcome {
  const { seed, people, managers, memberManagers, settings, nodes } = scenario
  const story = new Story({
    seed,
    makePeer,
    people,
    managers,
    memberManagers,
    settings,
    nodes,
    checkers: (truth) =>
      (options.checkers ?? allCheckers)(truth).map((checker) => {
        if (checker instanceof Knowledge) checker.historyOf = () => settings.history ?? HistoryPolicy.NONE
        return checker
      }),
    isSharingFrames: options.isSharingFrames ?? true
  })
  let error: RunError | undefined
  try {
    story.play(options.steps ?? scenario.steps).end()
  } catch (thrown) {
    if (!(thrown instanceof RunError)) throw thrown
    error = thrown
  }
  const { world } = story
  const carriedBytes = world.network.packets.reduce((sum, { bytes }) => sum + bytes.length, 0)
  return { scenario, hash: world.trace.hash, events: world.events, virtualMs: world.time, carriedBytes, error }
}

/**
 * The smallest list of steps found that still breaks the same invariant: leaves out halves, quarters, … as long as it can.
 * The opening and the ending stay.
 *
 * @param outcome - of a seed that failed.
 * @param maxRuns - how many worlds this may cost.
 */
export function shrink(outcome: Outcome, makePeer: MakePeer, maxRuns: number): readonly Step[] {
  const invariant = outcome.error?.violation.invariant
  const all = outcome.scenario.steps
  const isSpare = (step: Step): boolean => step.at !== undefined && step.type !== 'create' && step.type !== 'calm'
  let spare = all.filter(isSpare)
  const withSpare = (kept: readonly Step[]): Step[] => all.filter((step) => !isSpare(step) || kept.includes(step))
  let runs = 0
  for (let size = spare.length >> 1; size >= 1; size >>= 1) {
    for (let from = 0; from < spare.length && runs < maxRuns; ) {
      const fewer = spare.toSpliced(from, size)
      runs++
      const { error } = playScenario(outcome.scenario, makePeer, { steps: withSpare(fewer) })
      if (error?.violation.invariant === invariant) spare = fewer
      else from += size
    }
  }
  return withSpare(spare)
}

/** A scenario in lines, for people who look at a failing seed. */
export function describeScenario(scenario: Scenario, steps: readonly Step[] = scenario.steps): string {
  const head = [`seed ${scenario.seed}: ${scenario.people.join(' ')}`, `faults: ${scenario.faults.join(', ')}`]
  const settings = `settings: ${JSON.stringify(scenario.settings)}`
  const lines = steps.map(({ at, once, withinMs, ...act }) => {
    const when = at === undefined ? (once === undefined ? '' : 'once') : `${(at / 1000).toFixed(3)}`
    return `${when.padStart(8)} ${JSON.stringify(act)}`
  })
  return [...head, settings, ...lines].join('\n')
}
