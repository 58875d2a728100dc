/** Runs of plans with their records, for specs. */
import type { Plan } from '../../src/sim/plan.ts'
import { type Outcome, type Play, type RunOptions, runPlan } from '../../src/sim/play.ts'
import type { RecordLine } from '../../src/sim/record.ts'

export interface Ran extends Outcome {
  readonly lines: readonly RecordLine[]
}

/** Plays a plan to its end. */
export async function ran(
  plan: Plan,
  play: Play,
  options: Pick<RunOptions, 'mode' | 'meter'> & Partial<RunOptions>
): Promise<Ran> {
  const lines: RecordLine[] = []
  const outcome = await runPlan(plan, play, (line) => lines.push(line), {
    command: 'conclave simulate',
    startedAt: new Date(0),
    signal: new AbortController().signal,
    ...options
  })
  return { ...outcome, lines }
}
