/**
 * The worlds in which a scenario can be played, and the page that is made of a run: the one place where they are put
 * together.
 */
import { UsageError } from '../base/errors.ts'
import { planOf } from '../sim/plan.ts'
import { type Play, type RunOptions, runPlan } from '../sim/play.ts'
import type { Recorder, RecordLine, Verdict } from '../sim/record.ts'
import type { Crowd, Mode, ScenarioFile } from '../sim/scenario-file.ts'
import { SIMULATION } from './simulation-text.ts'

/** More members than this are too many to play each of them in full. */
const PLAYED_MOST = 999

/** How a run ended. */
export interface Ended {
  readonly verdict: Verdict
  /** What was broken first, where that is known and can be looked for again. */
  readonly broken?: string | undefined
}

export type Runner = (recorder: Recorder, options: Omit<RunOptions, 'mode'>) => Promise<Ended>

/** Who runs a scenario. @throws {UsageError} `NOT_BUILT_YET`, `BAD_OPTION`, `BAD_SCENARIO` */
export async function runnerOf(file: ScenarioFile, seed: number, mode: Mode): Promise<Runner> {
  if (file.crowd !== undefined) return crowdOf(file, file.crowd, seed)
  if (file.peers > PLAYED_MOST) throw new UsageError('BAD_OPTION', SIMULATION.tooMany(PLAYED_MOST))
  const play = await playOf(mode)
  const plan = planOf(file, seed)
  return async (recorder, options) => {
    const { verdict, breach } = await runPlan(plan, play, recorder, { ...options, mode })
    return { verdict, broken: breach?.id }
  }
}

/** Members of a crowd are rows of a table: there can be very many of them. */
async function crowdOf(file: ScenarioFile, crowd: Crowd, seed: number): Promise<Runner> {
  const { checkScale, runScale, SCALE_DEFAULTS } = await import('../sim/scale/scale.ts')
  const { name: scenario, about, peers, managers } = file
  const parameters = {
    ...SCALE_DEFAULTS,
    seed,
    peers,
    managers,
    joinsPerSecond: crowd.joins,
    messagesPerSecond: crowd.rate,
    removals: crowd.removals,
    takeover: crowd.takeover === 'yes',
    durationMs: crowd.for
  }
  checkScale(parameters)
  return async (recorder, { signal, command, startedAt }) =>
    await runScale(parameters, recorder, { signal, command, scenario, about, startedAt: startedAt.toISOString() })
}

async function playOf(mode: Mode): Promise<Play> {
  if (mode === 'live') {
    const { playLive } = await import('../sim/live.ts')
    return playLive()
  }
  const { playVirtual } = await import('../sim/virtual.ts')
  return playVirtual()
}

/** Makes the page of a run from its lines. Charts are dear to load: only now. */
export async function reportOf(lines: Iterable<RecordLine>): Promise<string> {
  const { reportOf: pageOf } = await import('../sim/report/report.ts')
  return pageOf(lines)
}
