/**
 * The models come out as they must. Without Spin they are not checked: under CI that is a failure, elsewhere the tests
 * are left out under a title that says so. So they are without ProVerif, which no package brings, under CI too.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { isProVerifThere, namesIn, PROVERIF_ADVICE, prove, readProof, variantOf } from './proverif.ts'
import { adviceOn, MODELS, missingTools, read, search } from './spin.ts'
import { PROOFS, VARIANTS } from './variants.ts'

const textOf = (file: string): string => readFileSync(join(MODELS, file), 'utf8')
const missing = await missingTools()
const state = missing.length === 0 ? '' : ` (NOT CHECKED: no ${missing.join(', no ')})`
const isProving = await isProVerifThere()

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

  it('of ProVerif have every name and claim in a run, and every run in their README with its outcome', () => {
    const wrong: string[] = []
    for (const model of readdirSync(MODELS).filter((file) => file.endsWith('.pv'))) {
      const runs = PROOFS.filter((proof) => proof.model === model)
      const section = textOf('README.md')
        .split(/^## /m)
        .find((part) => part.includes(`\`${model}\``))
      const { variants, claims } = namesIn(textOf(model))
      const run = new Set(runs.flatMap((proof) => proof.names.split(' ')))
      for (const name of variants) if (!run.has(name)) wrong.push(`${model}: nothing runs ${name}`)
      const claimed = runs.flatMap((proof) => (proof.outcome === 'holds' ? proof.claims.split(' ') : []))
      for (const claim of claims) if (!claimed.includes(claim)) wrong.push(`${model}: nothing claims ${claim}`)
      for (const proof of runs) {
        for (const name of proof.names.split(' '))
          if (name !== '' && !variants.has(name)) wrong.push(`${model}: has no ${name}`)
        for (const claim of proof.claims.split(' ')) if (!claims.has(claim)) wrong.push(`${model}: has no ${claim}`)
        const first = proof.names === '' ? 'as it stands' : `\`${proof.names}\``
        const row = `| ${first} | ${proof.claims} | ${proof.outcome} |`
        if (!section?.split('\n').some((line) => line.startsWith(row))) wrong.push(`README.md: no row ${row}`)
      }
    }
    expect(wrong).to.deep.equal([])
  })

  it('of ProVerif are read line by line, and an open question is no outcome', () => {
    const text = [
      'query event(A). (* S *)',
      'query event(B). (* reachable R *)',
      'always',
      'as it stands (* not X, Y *)',
      '  (* X: in X *)',
      '(* Z: in Z *)'
    ].join('\n')
    expect(variantOf(text, 'X', 'R').split('\n')).to.deep.equal([
      'query event(B). (* reachable R *)',
      'always',
      '  in X',
      '(* Z: in Z *)'
    ])
    const report = (verdict: string): string => `RESULT\nVerification summary:\n\n - Query event(A) ${verdict}.\n\n---`
    expect(readProof(report('is true'))).to.equal(true)
    expect(readProof(report('is false'))).to.equal(false)
    expect(() => readProof(report('cannot be proved'))).to.throw('neither')
    expect(() => readProof('')).to.throw('neither')
  })

  it(`of ProVerif hold, and break: the quick runs${isProving ? '' : ' (NOT CHECKED: no proverif)'}`, async function () {
    if (!isProving) {
      process.stderr.write(`${PROVERIF_ADVICE}\n`)
      this.skip()
    }
    this.timeout(600_000).slow(120_000)
    const wrong: string[] = []
    for (const proof of PROOFS.filter(({ isQuick }) => isQuick)) {
      const outcome = await prove(proof, 120_000)
      if (outcome !== proof.outcome) wrong.push(`${proof.model} ${proof.names}: ${outcome} instead of ${proof.outcome}`)
    }
    expect(wrong).to.deep.equal([])
  })
})
