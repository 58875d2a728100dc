/** The worlds in which a scenario can be played, and the page that is made of a run: the one place where they are put together. */
import { UsageError } from '../base/errors.ts'
import type { Plan } from '../sim/plan.ts'
import type { Play } from '../sim/play.ts'
import type { RecordLine, RunMode } from '../sim/record.ts'
import type { Mode } from '../sim/scenario-file.ts'
import { SIMULATION } from './simulation-text.ts'

/** From so many members on the crowd plays, in which members are rows of a table. */
const CROWD_FROM = 1_000

/** Who plays a plan. @throws {UsageError} `NOT_BUILT_YET` */
export async function playOf(mode: Mode, plan: Plan): Promise<{ readonly mode: RunMode; readonly play: Play }> {
  if (mode === 'live') {
    const { playLive } = await import('../sim/live.ts')
    return { mode, play: playLive() }
  }
  if (plan.members.length >= CROWD_FROM) throw new UsageError('NOT_BUILT_YET', SIMULATION.noCrowd)
  const { playVirtual } = await import('../sim/virtual.ts')
  return { mode: 'virtual', play: playVirtual() }
}

/** Makes the page of a run from its lines; undefined while there is none. */
export const reportOf: ((lines: Iterable<RecordLine>) => string) | undefined = undefined
