/**
 * Of a scenario that breaks an invariant, the smallest found that breaks it still: with fewer phases, people and steps. What
 * comes out is a scenario like any other, settled for its seed.
 */
import { UsageError } from '../base/errors.ts'
import { managersOf, membersOf } from './scenario-acts.ts'
import type { FileAct, FilePhase, ScenarioFile } from './scenario-file.ts'

/** Whether a scenario still breaks what the first one broke. @throws {UsageError} when it cannot be played at all. */
export type StillFails = (file: ScenarioFile) => Promise<boolean>

/**
 * @param file - settled.
 * @param isTimeOver - asked before each try.
 */
export async function smallest(
  file: ScenarioFile,
  stillFails: StillFails,
  isTimeOver: () => boolean
): Promise<ScenarioFile> {
  let best: ScenarioFile = { ...file, names: membersOf(file) }
  const attempt = async (less: ScenarioFile | undefined): Promise<boolean> => {
    if (less === undefined || isTimeOver() || !(await isPlayableAndFails(less, stillFails))) return false
    best = less
    return true
  }
  for (const [from] of [...best.phases.entries()].reverse())
    await attempt({ ...best, phases: best.phases.filter((_, i) => i !== from) })
  await leaveOut(
    () => best.phases.flatMap((phase) => phase.do ?? []),
    (acts) => attempt(withoutActs(best, acts))
  )
  await leaveOut(
    () => membersOf(best),
    (people) => attempt(people.reduce<ScenarioFile | undefined>((less, who) => less && withoutMember(less, who), best))
  )
  while (await attempt(withoutLastManager(best))) {}
  const { degree: _, network: __, ...plain } = best
  await attempt(plain)
  return best
}

/** Tries to do without halves, quarters, … and single ones, until nothing is left to spare. */
async function leaveOut<T>(
  all: () => readonly T[],
  without: (some: ReadonlyArray<T>) => Promise<boolean>
): Promise<void> {
  for (let size = Math.max(1, all().length >> 1); ; ) {
    let hasShrunk = false
    for (let from = 0; from < all().length; ) {
      if (await without(all().slice(from, from + size))) hasShrunk = true
      else from += size
    }
    if (size > 1) size >>= 1
    else if (!hasShrunk) return
  }
}

async function isPlayableAndFails(file: ScenarioFile, stillFails: StillFails): Promise<boolean> {
  try {
    return await stillFails(file)
  } catch (error) {
    if (error instanceof UsageError) return false
    throw error
  }
}

function withActs(file: ScenarioFile, change: (acts: readonly FileAct[]) => readonly FileAct[]): ScenarioFile {
  return { ...file, phases: file.phases.map((phase): FilePhase => ({ ...phase, do: change(phase.do ?? []) })) }
}

function withoutActs(file: ScenarioFile, some: readonly FileAct[]): ScenarioFile {
  const gone = new Set(some)
  return withActs(file, (acts) => acts.filter((act) => !gone.has(act)))
}

const ROLES = ['who', 'by', 'to', 'as'] as const

/** Without somebody, and all that it does and suffers. */
function withoutPerson(file: ScenarioFile, who: string): ScenarioFile {
  return withActs(file, (acts) =>
    acts
      .filter((act) => ROLES.every((role) => (act as Readonly<Record<string, unknown>>)[role] !== who))
      .map((act) => {
        if (act.do !== 'partition') return act
        const less = act.sets.map((set) =>
          String(set)
            .split(' ')
            .filter((name) => name !== who)
            .join(' ')
        )
        return { ...act, sets: less.map((set) => (set === '' ? 'nobody' : set)) }
      })
  )
}

function withoutMember(file: ScenarioFile, who: string): ScenarioFile | undefined {
  const names = membersOf(file).filter((name) => name !== who)
  return names.length === 0 ? undefined : { ...withoutPerson(file, who), names, peers: names.length }
}

function withoutLastManager(file: ScenarioFile): ScenarioFile | undefined {
  const last = managersOf(file).at(-1)!
  return file.managers < 2 ? undefined : { ...withoutPerson(file, last), managers: file.managers - 1 }
}
