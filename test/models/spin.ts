/**
 * Runs one variant of a model with Spin and a C compiler, in a folder of its own that is gone afterwards.
 *
 * A search that ended early, for want of time, memory or depth, shows nothing: it is no outcome but an error.
 */
import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { Variant } from './variants.ts'

/** Where the models are: beside the source of this file, whether it runs from there or compiled. */
export const MODELS = resolve(dirname(fileURLToPath(import.meta.url)), '../../../test/models')

const MEMORY_MB = 4_000
const DEPTH = 1_000_000

const run = promisify(execFile)

export interface Outcome {
  /** `holds`, the name of the claim that broke, or `stuck`: a state that nothing follows. */
  readonly outcome: string
  readonly states: number
}

/** The tools of those needed that are not there, by name. */
export async function missingTools(): Promise<string[]> {
  const tools = [
    ['spin', '-V'],
    ['cc', '--version']
  ] as const
  const there = await Promise.all(
    tools.map(([tool, flag]) =>
      run(tool, [flag]).then(
        () => true,
        () => false
      )
    )
  )
  return tools.flatMap(([tool], i) => (there[i] ? [] : [tool]))
}

/** What to tell somebody who lacks some of them. */
export function adviceOn(missing: readonly string[]): string {
  return [
    `The models were NOT checked: no ${missing.join(' and no ')} on this machine.`,
    'They are searched by Spin, which makes a C program of each.',
    'Try: apt-get install spin gcc libc6-dev   (or https://spinroot.com), then npm run models'
  ].join('\n')
}

/**
 * Searches one variant to its end.
 * @param timeoutMs of the search alone
 * @throws when a tool fails, or the search ended early
 */
export async function search(variant: Variant, timeoutMs: number): Promise<Outcome> {
  const folder = await mkdtemp(join(tmpdir(), 'conclave-model-'))
  try {
    const defines = variant.defines.split(' ').filter((define) => define !== '')
    await run('spin', [...defines.map((define) => `-D${define}`), '-a', join(MODELS, variant.model)], { cwd: folder })
    // Of a short search, compiling is the larger part.
    const flags = ['-w', variant.isQuick ? '-O0' : '-O2', '-DSAFETY', '-DCOLLAPSE', `-DMEMLIM=${MEMORY_MB}`]
    await run('cc', [...flags, '-o', 'pan', 'pan.c'], { cwd: folder })
    const { stdout } = await run(join(folder, 'pan'), [`-m${DEPTH}`, '-w22'], {
      cwd: folder,
      timeout: timeoutMs,
      killSignal: 'SIGKILL'
    })
    return read(stdout)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** What the verifier's report says. */
export function read(report: string): Outcome {
  const errors = /errors: (\d+)/.exec(report)?.[1]
  const states = Number(/^ *([\d.e+]+) states, stored/m.exec(report)?.[1])
  if (report.includes('max search depth too small')) throw new Error('the search was not deep enough')
  if (errors === '0' && !report.includes('Search not completed')) return { outcome: 'holds', states }
  const claim = /assertion violated .*\|\|(\w+)\) \(at depth/.exec(report)?.[1]
  if (claim !== undefined) return { outcome: claim, states }
  if (report.includes('invalid end state')) return { outcome: 'stuck', states }
  throw new Error(`the search ended early:\n${report}`)
}
