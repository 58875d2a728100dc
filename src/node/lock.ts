/**
 * One process at a time owns a home.
 *
 * The folder `lock` holds numbered files; the highest number is the lock, and its content says which process holds it.
 * To take the lock is to make the next number, which the file system grants to one process only. The highest file is
 * never removed, only marked as free or outnumbered, so a slow racer can at worst make a number below the highest; it
 * looks again after making one, and yields. A dead owner is recognised by process id, start time and boot, so a killed
 * process leaves nothing to clean up by hand. Behind it stands the lock of LevelDB, which the kernel releases.
 */
import { randomBytes } from 'node:crypto'
import { link, mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { InternalError, UsageError } from '../base/errors.ts'
import { ensurePrivateFolder, hasCode } from './private-files.ts'

const LOCK_FOLDER = 'lock'
/** Numbers kept below the highest, so that a reader of a changing folder sees at least one of them. */
const KEPT_NUMBERS = 2
const MAX_TRIES = 100

/** The right to a home. */
export interface Lock {
  /** Gives the home back; harmless when called again. */
  release(): Promise<void>
}

/** How a home is taken. */
export interface Taking {
  /** Whether it is given back at the end of one command: whoever finds it taken so may wait for it. */
  readonly isBrief?: boolean
}

/** Who holds a lock. `startedAt` and `boot` are the kernel's words, and absent where it says none. */
interface Owner extends Taking {
  readonly pid: number
  readonly startedAt?: string | undefined
  readonly boot?: string | undefined
}

const NOBODY: Owner = { pid: 0 }

/**
 * Takes the home for this process, from a dead owner too. It is never waited for.
 *
 * Processes in different containers cannot see each other: there the lock of LevelDB decides, with the same error.
 *
 * @param home - made, with mode 0700, when it does not exist.
 * @throws {UsageError} `HOME_IN_USE` when a living process holds it, this one included (see `isHeldBriefly`); those of
 * `ensurePrivateFolder`.
 */
export async function acquireLock(home: string, { isBrief = false }: Taking = {}): Promise<Lock> {
  await ensurePrivateFolder(home)
  const folder = join(home, LOCK_FOLDER)
  await mkdir(folder, { mode: 0o700 }).catch(unless('EEXIST'))
  const draft = join(folder, `draft-${process.pid}-${randomBytes(8).toString('hex')}`)
  await writeOwner(draft, { ...(await ownerOf(process.pid)), isBrief })
  try {
    for (let tries = 0; tries < MAX_TRIES; tries++) {
      const path = await takeNext(home, folder, draft)
      if (path !== undefined) return lockOn(path, folder)
    }
  } finally {
    await rm(draft, { force: true })
  }
  throw new InternalError('a lock is taken or refused within a bounded number of tries')
}

/** The error of every way to find a home taken. */
export const homeInUse = (home: string, pid: number | undefined, options?: ErrorOptions): UsageError =>
  new UsageError(
    'HOME_IN_USE',
    `Cannot use ${home}. ${pid === undefined ? 'Another process' : `Process ${pid}`} is using it, and two would spoil each other's keys. ` +
      'Talk to that process (other commands with the same --home do), stop it, or choose another home.',
    options
  )

/** Whether an error says that a home is taken for the length of one command. */
export const isHeldBriefly = (error: unknown): boolean =>
  error instanceof UsageError && 'isBrief' in error && error.isBrief === true

async function takeNext(home: string, folder: string, draft: string): Promise<string | undefined> {
  const highest = (await numbersIn(folder)).at(-1) ?? 0
  if (highest > 0) {
    const owner = await readOwner(join(folder, String(highest)))
    if (await isAlive(owner)) throw Object.assign(homeInUse(home, owner.pid), { isBrief: owner.isBrief === true })
  }
  const mine = highest + 1
  const path = join(folder, String(mine))
  try {
    await link(draft, path)
  } catch (error) {
    if (hasCode(error, 'EEXIST')) return undefined
    throw error
  }
  const numbers = await numbersIn(folder)
  if (numbers.at(-1) !== mine) {
    await rm(path, { force: true })
    return undefined
  }
  for (const number of numbers) {
    if (number < mine - KEPT_NUMBERS) await rm(join(folder, String(number)), { force: true })
  }
  await removeDeadDrafts(folder)
  return path
}

function lockOn(path: string, folder: string): Lock {
  let isHeld = true
  return {
    async release() {
      if (!isHeld) return
      isHeld = false
      const draft = join(folder, `draft-${process.pid}-${randomBytes(8).toString('hex')}`)
      await writeOwner(draft, NOBODY)
      await rename(draft, path)
    }
  }
}

async function numbersIn(folder: string): Promise<number[]> {
  const names = await readdir(folder)
  return names
    .filter((name) => /^[1-9]\d{0,14}$/.test(name))
    .map(Number)
    .sort((a, b) => a - b)
}

async function removeDeadDrafts(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    const pid = /^draft-(\d+)-/.exec(name)?.[1]
    if (pid !== undefined && !(await isAlive({ pid: Number(pid) }))) await rm(join(folder, name), { force: true })
  }
}

async function writeOwner(path: string, owner: Owner): Promise<void> {
  const file = await open(path, 'wx', 0o600)
  try {
    await file.writeFile(JSON.stringify(owner))
    // A link to a file that a power cut emptied would name nobody.
    await file.sync()
  } finally {
    await file.close()
  }
}

/** An unreadable lock names nobody: whoever wrote it died with the machine, and LevelDB's lock stands behind. */
async function readOwner(path: string): Promise<Owner> {
  try {
    const owner: unknown = JSON.parse(await readFile(path, 'utf8'))
    if (typeof owner === 'object' && owner !== null && 'pid' in owner && Number.isSafeInteger(owner.pid)) {
      return owner as Owner
    }
  } catch (error) {
    if (!(error instanceof SyntaxError) && !hasCode(error, 'ENOENT')) throw error
  }
  return NOBODY
}

async function isAlive(owner: Owner): Promise<boolean> {
  if (owner.pid <= 0) return false
  try {
    process.kill(owner.pid, 0)
  } catch (error) {
    return hasCode(error, 'EPERM')
  }
  const today = await ownerOf(owner.pid)
  if (today.startedAt === 'gone') return false
  const isSame = (then: string | undefined, now: string | undefined) =>
    then === undefined || now === undefined || then === now
  return isSame(owner.boot, today.boot) && isSame(owner.startedAt, today.startedAt)
}

/** What the kernel says of a process today. A zombie answers to signals but is `gone`. */
async function ownerOf(pid: number): Promise<Owner> {
  const boot = await readFile('/proc/sys/kernel/random/boot_id', 'utf8').catch(() => undefined)
  const line = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined)
  // The program's name, in parentheses, may hold spaces and parentheses. After it come state (3) … start time (22).
  const fields = line?.slice(line.lastIndexOf(')') + 2).split(' ')
  const startedAt = fields?.[0] === 'Z' || fields?.[0] === 'X' ? 'gone' : fields?.[19]
  return { pid, startedAt, boot: boot?.trim() }
}

const unless =
  (...codes: readonly string[]) =>
  (error: unknown): undefined => {
    if (!hasCode(error, ...codes)) throw error
    return undefined
  }
