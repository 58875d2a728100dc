/**
 * Takes each fence of `FENCES` out of a copy of the build, by itself, and plays random scenarios until one fails that holds
 * with it: the rows of docs/fencing.md.
 *
 *   node dist/scripts/fences.js [--seeds=12] [--only=R-41]
 *
 * Takes minutes. Ends with 1 when a fence is not found in the build.
 */
import { cp, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { Peer } from '../src/core/peer.ts'
import type { MakePeer } from '../src/sim/cast.ts'
import type { Lie } from '../src/sim/lying-manager.ts'
import { type Outcome, playSeed } from '../src/sim/sweep.ts'
import { type Cut, FENCES, type Fence } from './fences-list.ts'

const BUILD = join(import.meta.dirname, '..')
const COPIES = join(BUILD, 'fences')

/** Plays a seed as a build would. */
type Play = (seed: number, managers: number, lie: Lie | undefined) => Outcome

const playWith =
  (play: typeof playSeed, makePeer: MakePeer): Play =>
  (seed, managers, lie) =>
    play(seed, makePeer, { managers, ...(lie !== undefined && { lie }) })

const whole = playWith(playSeed, (config) => new Peer(config))

/** A copy of the build without a fence; or what of it is not there. */
async function without({ cuts }: Fence, name: string): Promise<Play | Cut> {
  const copy = join(COPIES, name)
  await cp(join(BUILD, 'src'), join(copy, 'src'), { recursive: true })
  for (const cut of cuts) {
    const path = join(copy, 'src/core', cut.file)
    const text = await readFile(path, 'utf8')
    if (!text.includes(cut.fence)) return cut
    await writeFile(
      path,
      text.replace(cut.fence, () => cut.instead)
    )
  }
  const { playSeed: play } = await import(join(copy, 'src/sim/sweep.js'))
  const { Peer: Broken } = await import(join(copy, 'src/core/peer.js'))
  return playWith(play, (config) => new Broken(config))
}

/** The first seed that fails without the fence, and how. */
function hunt(broken: Play, { managers, lies, from }: Fence, seeds: number): string | undefined {
  for (const lie of lies.length > 0 ? lies : [undefined]) {
    for (const count of managers) {
      for (let seed = from; seed < from + seeds; seed++) {
        const { error } = broken(seed, count, lie)
        if (error === undefined || whole(seed, count, lie).error !== undefined) continue
        return `${seed} of ${count}${lie === undefined ? '' : `, ${lie}`}: ${error.violation.invariant}`
      }
    }
  }
  return undefined
}

const { values } = parseArgs({
  options: { seeds: { type: 'string', default: '12' }, only: { type: 'string', default: '' } }
})
for (const [index, one] of FENCES.entries()) {
  if (!one.name.includes(values.only)) continue
  const broken = await without(one, String(index))
  if (typeof broken !== 'function') {
    console.error(`${one.name}: "${broken.fence}" is not in ${broken.file}`)
    process.exitCode = 1
  } else console.log(`| ${one.name} | ${hunt(broken, one, Number(values.seeds)) ?? 'none'} |`)
  await rm(COPIES, { recursive: true, force: true })
}
