/**
 * The models come out as they must. Without Spin they are not checked: under CI that is a failure, elsewhere the tests
 * are left out under a title that says so.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { adviceOn, MODELS, missingTools, read, search } from './spin.ts'
import { VARIANTS } from './variants.ts'

const textOf = (file: string): string => readFileSync(join(MODELS, file), 'utf8')
const missing = await missingTools()
const state = missing.length === 0 ? '' : ` (NOT CHECKED: no ${missing.join(', no ')})`

describe('the models', () => {
  it('have every switch in a run, and every run in their README with its outcome', () => {
    const wrong: string[] = []
    for (const model of readdirSync(MODELS).filter((file) => file.endsWith('.pml'))) {
      const runs = VARIANTS.filter((variant) => variant.model === model)
      const section = textOf('README.md')
        .split(/^## /m)
        .find((part) => part.includes(`\`${model}\``))
      for (const [, whole, part] of textOf(model).matchAll(/^#ifn?def (\w+)|defined\((\w+)\)/gm)) {
        const name = (whole ?? part)!
        if (!runs.some(({ defines }) => defines.split(/[ =]/).includes(name)))
          wrong.push(`${model}: nothing runs ${name}`)
      }
      for (const { defines, outcome } of runs) {
        const first = defines === '' ? 'as it stands' : `\`${defines}\``
        if (!section?.split('\n').some((row) => row.startsWith(`| ${first} | ${outcome} |`)))
          wrong.push(`README.md: no row ${first}, ${outcome}`)
      }
    }
    expect(wrong).to.deep.equal([])
  })

  it('are never taken to hold on a search that ended early', () => {
    const done = 'State-vector 68 byte, depth reached 9, errors: 0\n  1862993 states, stored\n'
    expect(read(done)).to.deep.equal({ outcome: 'holds', states: 1_862_993 })
    expect(() => read(`pan: reached -DMEMLIM bound\nWarning: Search not completed\n${done}`)).to.throw('ended early')
    expect(() => read(`error: max search depth too small\n${done}`)).to.throw('not deep enough')
    expect(() => read('')).to.throw('ended early')
  })

  it(`hold, and break without any of their rules: the quick runs${state}`, async function () {
    if (missing.length > 0) {
      if (process.env['CI'] !== undefined) throw new Error(adviceOn(missing))
      process.stderr.write(`${adviceOn(missing)}\n`)
      this.skip()
    }
    this.timeout(600_000).slow(120_000)
    const wrong: string[] = []
    for (const variant of VARIANTS.filter(({ isQuick }) => isQuick)) {
      const { outcome } = await search(variant, 120_000)
      if (outcome !== variant.outcome)
        wrong.push(`${variant.model} ${variant.defines}: ${outcome} instead of ${variant.outcome}`)
    }
    expect(wrong).to.deep.equal([])
  })
})
