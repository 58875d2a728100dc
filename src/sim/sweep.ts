/** Many seeds: each is one world, played and checked; the first broken invariant of a seed is its outcome. */
import { HistoryPolicy } from '../wire/messages.ts'
import type { MakePeer } from './cast.ts'
import { allCheckers } from './checkers/all.ts'
import type { Checker } from './checkers/checker.ts'
import { Knowledge } from './checkers/knowledge.ts'
import { twinOf } from './deeds.ts'
import { randomScenario, type Scenario, type ScenarioOptions, stepsOf } from './scenario.ts'
import { type Step, Story } from './story.ts'
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
}

/** The command that plays a seed again, and makes it smaller. */
const repeatWith = (seed: number, { managers, lie }: SweepOptions): string =>
  `npm run sweep -- --seed=${seed}${managers === undefined ? '' : ` --managers=${managers}`}` +
  (lie === undefined ? '' : ` '--lie=${lie}'`)

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
    isSharingFrames: options.isSharingFrames ?? true,
    repeatWith: repeatWith(seed, options)
  })
  let error: RunError | undefined
  try {
    story.play(stepsOf(scenario)).end()
  } catch (thrown) {
    if (!(thrown instanceof RunError)) throw thrown
    error = thrown
  }
  const { world } = story
  const carriedBytes = world.network.packets.reduce((sum, { bytes }) => sum + bytes.length, 0)
  return { scenario, hash: world.trace.hash, events: world.events, virtualMs: world.time, carriedBytes, error }
}

/**
 * The smallest scenario found that breaks the same invariant: with fewer people, groups and odd nodes, and with fewer steps
 * between the opening and the end of faults. Leaves out halves, quarters, … and single ones, until nothing is left to spare.
 *
 * @param outcome - of a seed that failed.
 * @param maxRuns - how many worlds this may cost.
 */
export function shrink(outcome: Outcome, makePeer: MakePeer, maxRuns: number, options: SweepOptions = {}): Scenario {
  const invariant = outcome.error?.violation.invariant
  let best = outcome.scenario
  let runs = 0
  const isStillFailing = (less: Scenario): boolean => {
    const fewer = withoutStrayTwins(less)
    if (runs++ >= maxRuns || playScenario(fewer, makePeer, options).error?.violation.invariant !== invariant)
      return false
    best = fewer
    return true
  }
  for (const who of best.people.slice(1)) isStillFailing(withoutPerson(best, who))
  for (const group of best.groups) isStillFailing(withoutGroup(best, group))
  for (const who of Object.keys(best.nodes)) {
    const { [who]: _, ...nodes } = best.nodes
    isStillFailing({ ...best, nodes })
  }
  const spare = (): Step[] => best.life.filter(({ at, type }) => at !== undefined && type !== 'create')
  for (let size = spare().length >> 1; size >= 1; ) {
    const before = best
    for (let from = 0; from < spare().length; ) {
      const chunk = new Set(spare().slice(from, from + size))
      if (!isStillFailing({ ...best, life: best.life.filter((step) => !chunk.has(step)) })) from += size
    }
    if (size > 1) size >>= 1
    else if (best === before) break
  }
  return best
}

/** Whoever a step is about, and who does it. */
const namesIn = (step: Step): unknown[] => Object.values(step).flat(2)

/** Steps without one name in them. */
const withoutName = (life: readonly Step[], who: string): Step[] =>
  life
    .map((step) => {
      if (step.type !== 'partition') return step
      return { ...step, sets: step.sets.map((set) => set.filter((name) => name !== who)) }
    })
    .filter((step) => !namesIn(step).includes(who))

/** Without second lives of those who are not told to have one any more. */
function withoutStrayTwins(scenario: Scenario): Scenario {
  const isDouble = (who: string): boolean =>
    scenario.life.some((step) => step.type === 'lie' && step.lie === 'two lives' && step.who === who)
  const strays = scenario.managers.filter((who) => !isDouble(who)).map(twinOf)
  return { ...scenario, life: strays.reduce<readonly Step[]>(withoutName, scenario.life) }
}

function withoutPerson(scenario: Scenario, who: string): Scenario {
  const but = (names: readonly string[]): string[] => names.filter((name) => name !== who)
  const life = withoutName(withoutName(scenario.life, who), twinOf(who))
  const [people, managers, memberManagers] = [scenario.people, scenario.managers, scenario.memberManagers].map(but)
  const { [who]: _, ...nodes } = scenario.nodes
  return { ...scenario, people: people!, managers: managers!, memberManagers: memberManagers!, nodes, life }
}

const withoutGroup = (scenario: Scenario, group: string): Scenario => ({
  ...scenario,
  groups: scenario.groups.filter((name) => name !== group),
  life: scenario.life.filter((step) => !namesIn(step).includes(group))
})

/** A scenario in lines, for people who look at a failing seed. */
export function describeScenario(scenario: Scenario): string {
  const { seed, people, managers, faults, settings, nodes, life, untilMs } = scenario
  return [
    `seed ${seed}: ${people.join(' ')}; managers: ${managers.join(' ')}`,
    `faults: ${faults.join(', ')}`,
    `settings: ${JSON.stringify(settings)}`,
    `nodes: ${JSON.stringify(nodes)}`,
    ...life.map(({ at, type, once: _, withinMs: __, ...facts }) => {
      const words = Object.entries(facts).map(([name, value]) => `${name}=${JSON.stringify(value)}`)
      return `${at === undefined ? 'once' : secondsOf(at)} ${[type, ...words].join(' ')}`
    }),
    `${secondsOf(untilMs)} calm`
  ].join('\n')
}

const secondsOf = (ms: number): string => (ms / 1000).toFixed(3).padStart(8)
