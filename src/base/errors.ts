/**
 * Errors say whose fault it is.
 *
 * A `UsageError` is the caller's or the user's, a `PeerError` is a stranger's, an `InternalError` is ours. They are told
 * apart by class or by `code`, never by their text. In `core` a stranger's fault is never thrown: it becomes a `reject`
 * effect that carries the number of the broken check.
 */

abstract class ConclaveError extends Error {
  /** Stable upper-case name, for scripts and for the command line's exit code. */
  readonly code: string

  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = new.target.name
    this.code = code
  }
}

/** The caller asked for something that cannot be done as asked; asking differently can mend it. */
export class UsageError extends ConclaveError {}

/** Bytes from somebody else broke a rule. Its text never contains those bytes. */
export class PeerError extends ConclaveError {}

/** A promise of our own code was broken. Stop and fail closed: never go on sending. */
export class InternalError extends ConclaveError {
  constructor(message: string, options?: ErrorOptions) {
    super('INTERNAL', message, options)
  }
}

export type { ConclaveError }
