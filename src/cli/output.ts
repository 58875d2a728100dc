/**
 * What a command prints: for people, or one JSON object per line.
 *
 * Answers go to standard output, and so do errors under `--json`; what is said on the side goes to standard error. Only
 * `SafeText` is printed.
 */
import type { ConclaveError } from '../base/errors.ts'
import { displayJson, own, type SafeText } from './display-text.ts'
import { codeOf, isRetryable } from './exit.ts'
import { explain } from './text.ts'

/** Something with a `write`: a stream, or a test's ear. */
export interface Sink {
  write(text: string): unknown
}

export type Json = Readonly<Record<string, unknown>>

export class Output {
  readonly isJson: boolean
  /** Whether people look at standard output, and want colours. */
  readonly isColour: boolean
  readonly #out: Sink
  readonly #err: Sink

  constructor(init: { isJson: boolean; isColour?: boolean; out?: Sink; err?: Sink }) {
    this.isJson = init.isJson
    this.isColour = init.isColour === true && !init.isJson
    this.#out = init.out ?? process.stdout
    this.#err = init.err ?? process.stderr
  }

  /** One answer: an object, or what a person reads instead. */
  answer(form: Json, shown: () => readonly SafeText[]): void {
    if (this.isJson) this.json(form)
    else for (const line of shown()) this.line(line)
  }

  line(text: SafeText): void {
    this.#out.write(`${text}\n`)
  }

  json(form: Json): void {
    this.#out.write(`${displayJson({ v: 1, ...form })}\n`)
  }

  /** Said on the side. */
  note(text: SafeText): void {
    this.#err.write(`${text}\n`)
  }

  /** What went wrong, in three parts, or as an object. */
  error(error: ConclaveError): void {
    const { what, why, advice } = explain(error)
    if (this.isJson) {
      const isKept = 'isKept' in error && error.isKept === true ? { isKept: true } : {}
      const message = [what, why, advice].filter((part) => part !== undefined).join('. ')
      this.json({ error: { code: codeOf(error), message, retryable: isRetryable(error), ...isKept } })
      return
    }
    this.note(own`conclave: ${what}`)
    if (why !== undefined) this.note(own`  why:  ${why}`)
    if (advice !== undefined) this.note(own`  try:  ${advice}`)
  }
}
