/**
 * Proves, or refutes, the claims of one ProVerif model in one variant, each in a run of its own.
 *
 * A claim that ProVerif neither proves nor refutes with a trace shows nothing: it is no outcome but an error.
 */
import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { MODELS } from './spin.ts'
import type { Proof } from './variants.ts'

const run = promisify(execFile)

const QUERY = /^query .* \(\* (reachable )?(\w+) \*\)$/
const NOT_IN = / \(\* not ([A-Z_0-9, ]+) \*\)$/
const ONLY_IN = /^( *)\(\* ([A-Z_0-9, ]+): (.*) \*\)$/

/** What to tell somebody who lacks it. */
export const PROVERIF_ADVICE = [
  'The ProVerif models were NOT checked: no proverif on this machine.',
  'It is no package of Debian; 2.05 was used.',
  'Try: https://proverif.inria.fr   (built from source with ocaml, or opam install proverif), then npm run models'
].join('\n')

export function isProVerifThere(): Promise<boolean> {
  return run('proverif', ['--help']).then(
    () => true,
    () => false
  )
}

/** The names a model's text gives to its variants and to its claims. */
export function namesIn(text: string): { readonly variants: Set<string>; readonly claims: Set<string> } {
  const lines = text.split('\n')
  const variants = lines.flatMap((line) => (NOT_IN.exec(line)?.[1] ?? ONLY_IN.exec(line)?.[2])?.split(', ') ?? [])
  return { variants: new Set(variants), claims: new Set(lines.flatMap((line) => QUERY.exec(line)?.[2] ?? [])) }
}

/**
 * The text of a model with one claim, in one variant.
 * @param names of the variant, by spaces; empty: as it stands
 */
export function variantOf(text: string, names: string, claim: string): string {
  const given = names.split(' ')
  const applies = (list: string | undefined): boolean => list?.split(', ').some((name) => given.includes(name)) ?? false
  return text
    .split('\n')
    .filter((line) => !applies(NOT_IN.exec(line)?.[1]) && (QUERY.exec(line)?.[2] ?? claim) === claim)
    .map((line) => {
      const [, indent, list, code] = ONLY_IN.exec(line) ?? []
      return applies(list) ? `${indent}${code}` : line
    })
    .join('\n')
}

/** Whether the one query of a report came out true. */
export function readProof(report: string): boolean {
  const [, summary] = report.split('Verification summary:')
  const verdicts = [...(summary ?? '').matchAll(/^(?: - )?Query .* is (true|false)\.$/gm)]
  if (verdicts.length !== 1) throw new Error(`neither proved nor refuted:\n${summary ?? report.slice(-2_000)}`)
  return verdicts[0]![1] === 'true'
}

/**
 * @param timeoutMs of each claim
 * @returns `holds`, or the claims that do not, by spaces
 * @throws when a claim is neither proved nor refuted
 */
export async function prove({ model, names, claims }: Proof, timeoutMs: number): Promise<string> {
  const text = await readFile(join(MODELS, model), 'utf8')
  const folder = await mkdtemp(join(tmpdir(), 'conclave-model-'))
  const broken: string[] = []
  try {
    for (const claim of claims.split(' ')) {
      const file = join(folder, `${claim}.pv`)
      const chosen = variantOf(text, names, claim)
      await writeFile(file, chosen)
      const { stdout } = await run('proverif', [file], {
        timeout: timeoutMs,
        killSignal: 'SIGKILL',
        maxBuffer: 2 ** 28
      })
      // Of what must be reachable, ProVerif is asked whether it never happens.
      if (readProof(stdout) === chosen.includes(`(* reachable ${claim} *)`)) broken.push(claim)
    }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
  return broken.length === 0 ? 'holds' : broken.join(' ')
}
