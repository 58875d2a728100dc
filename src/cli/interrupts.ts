/**
 * Ctrl-C and being told to end: the first leaves gracefully, the second at once.
 */
import { UsageError } from '../base/errors.ts'
import { EXIT } from './exit.ts'

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

const first = Promise.withResolvers<void>()
let isLeaving = false

/** As if the user had pressed Ctrl-C. */
export function interrupt(): void {
  if (isLeaving) process.exit(EXIT.interrupted)
  isLeaving = true
  first.resolve()
}

/** Resolves at the first interruption. */
export const interrupted: Promise<void> = first.promise

/** Begins to listen for signals. */
export function watchSignals(): void {
  for (const signal of SIGNALS) process.on(signal, interrupt)
}

/** What a command throws when it is interrupted. */
export const interruption = (): UsageError =>
  new UsageError('INTERRUPTED', 'Interrupted. It was stopped from outside. Start it again when you like.')
