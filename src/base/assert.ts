import { InternalError } from './errors.ts'

/**
 * States what our own code promises at this point; stays on in production.
 *
 * @throws {InternalError} when the promise is broken. Never use it on a stranger's input.
 */
export function assert(claim: boolean, promise: string): asserts claim {
  if (!claim) throw new InternalError(promise)
}

/**
 * The value, where absence would be our own mistake.
 *
 * @throws {InternalError} when the value is undefined.
 */
export function present<T>(value: T | undefined, promise: string): T {
  if (value === undefined) throw new InternalError(promise)
  return value
}
