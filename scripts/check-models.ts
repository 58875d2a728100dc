/**
 * Searches the models of test/models, one line for each variant: what came of it, what must, and how many states.
 *
 *   node dist/scripts/check-models.js [quick|full]
 *
 * quick, which is the default: under a minute; full: everything, about ten minutes and up to 4 GB. Ends with 1 when a
 * variant does not come out as it must, and with 2 when Spin or a C compiler is not there.
 */
import { adviceOn, missingTools, search } from '../test/models/spin.ts'
import { VARIANTS } from '../test/models/variants.ts'

const TIMEOUT_MS = 900_000

const form = process.argv[2] ?? 'quick'
if (form !== 'quick' && form !== 'full') {
  console.error(`No form "${form}": there are quick and full.`)
  process.exit(2)
}
const missing = await missingTools()
if (missing.length > 0) {
  console.error(adviceOn(missing))
  process.exit(2)
}

let wrong = 0
for (const variant of VARIANTS.filter(({ isQuick }) => isQuick || form === 'full')) {
  const name = `${variant.model} ${variant.defines}`.trim()
  const start = performance.now()
  try {
    const { outcome, states } = await search(variant, TIMEOUT_MS)
    const seconds = ((performance.now() - start) / 1_000).toFixed(1)
    const isRight = outcome === variant.outcome
    if (!isRight) wrong++
    const verdict = isRight ? outcome : `${outcome} INSTEAD OF ${variant.outcome}`
    console.log(`${verdict.padEnd(6)} ${name}: ${states.toLocaleString('en')} states, ${seconds} s`)
  } catch (error) {
    wrong++
    console.log(`FAILED ${name}: ${error instanceof Error ? error.message : error}`)
  }
}
console.log(wrong === 0 ? 'Every variant came out as it must.' : `${wrong} did not come out as they must.`)
process.exitCode = wrong === 0 ? 0 : 1
