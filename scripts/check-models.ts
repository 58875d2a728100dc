/**
 * Searches the models of test/models, one line for each variant: what came of it, what must, and what it took.
 *
 *   node dist/scripts/check-models.js [quick|full]
 *
 * quick, which is the default: a minute and a half; full: everything, a quarter of an hour and up to 4 GB. Ends with 1
 * when a variant does not come out as it must, and with 2 when Spin or a C compiler is not there. Without ProVerif its
 * models are passed over, which it says.
 */
import { isProVerifThere, PROVERIF_ADVICE, prove } from '../test/models/proverif.ts'
import { adviceOn, missingTools, search } from '../test/models/spin.ts'
import { PROOFS, VARIANTS } from '../test/models/variants.ts'

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
const isWanted = ({ isQuick }: { readonly isQuick: boolean }): boolean => isQuick || form === 'full'

let wrong = 0
for (const variant of VARIANTS.filter(isWanted)) {
  await check(`${variant.model} ${variant.defines}`.trim(), variant.outcome, async () => {
    const { outcome, states } = await search(variant, TIMEOUT_MS)
    return { outcome, effort: `${states.toLocaleString('en')} states, ` }
  })
}
const isComplete = await isProVerifThere()
for (const proof of isComplete ? PROOFS.filter(isWanted) : []) {
  const name = [proof.model, proof.names, `(${proof.claims})`].filter((part) => part !== '').join(' ')
  await check(name, proof.outcome, async () => ({ outcome: await prove(proof, TIMEOUT_MS), effort: '' }))
}
const scope = isComplete ? 'Every variant' : 'Every Spin variant'
console.log(wrong === 0 ? `${scope} came out as it must.` : `${wrong} did not come out as they must.`)
if (!isComplete) console.error(PROVERIF_ADVICE)
process.exitCode = wrong === 0 ? 0 : 1

/** Runs one and prints its line. */
async function check(
  name: string,
  expected: string,
  runIt: () => Promise<{ readonly outcome: string; readonly effort: string }>
): Promise<void> {
  const start = performance.now()
  try {
    const { outcome, effort } = await runIt()
    const seconds = ((performance.now() - start) / 1_000).toFixed(1)
    const isRight = outcome === expected
    if (!isRight) wrong++
    const verdict = isRight ? outcome : `${outcome} INSTEAD OF ${expected}`
    console.log(`${verdict.padEnd(6)} ${name}: ${effort}${seconds} s`)
  } catch (error) {
    wrong++
    console.log(`FAILED ${name}: ${error instanceof Error ? error.message : error}`)
  }
}
