/**
 * Crashes by the thousand: a peer's work on a real store, stopped at random bytes, with its power lost, its disk full and
 * its bits flipped. Ends with 1 at the first store that is not what it must be.
 *
 *     npm run crash [kill points] [bit flips] [seed]
 */
import { bitFlips, killPoints, numbersOf, record, refusedWrites } from '../test/node/crash-lab.ts'

const [points = '2000', flips = '2000', seed = 'crash'] = process.argv.slice(2)
const recording = await record()
const { states, snapshots, claims } = recording
console.log(
  `recorded: ${states.length - 1} writes, ${snapshots.length} moments, ${claims.length} things told to others`
)

const killed = await killPoints(recording, Number(points), numbersOf(`${seed} kill`))
console.log(
  `kill points: ${killed.points}, each the store after some write not before the last acknowledged one: ${killed.whole}; ` +
    `things told before the crash and found after it: ${killed.claims}`
)
const refused = await refusedWrites(
  recording,
  states.slice(1).map((_, i) => i + 1)
)
console.log(
  `writes refused by the disk: ${refused.points}, reported: ${refused.reported}, stores whole: ${refused.whole}`
)
const flipped = await bitFlips(recording, Number(flips), numbersOf(`${seed} flip`))
console.log(
  `bit flips: ${flipped.points}, reported: ${flipped.reported}, without any effect: ${flipped.whole} ` +
    `(${[...flipped.byFile].map(([name, count]) => `${name} ${count}`).join(', ')})`
)
