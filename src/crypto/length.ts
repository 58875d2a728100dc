import { UsageError } from '../base/errors.ts'

/**
 * Refuses a key, nonce or salt of the wrong size. Only for what our own side supplies: a stranger's bytes of the wrong
 * length are an ordinary answer (undefined, false), never an error.
 *
 * @param bytes - what the caller gave; not kept and not shown in the error.
 * @param length - the only length allowed, in bytes.
 * @param name - the protocol's word for it, for the error text.
 * @throws {UsageError} `BAD_LENGTH` when it has another length.
 */
export function requireLength(bytes: Uint8Array, length: number, name: string): void {
  if (bytes.length !== length) throw new UsageError('BAD_LENGTH', `${name} must be ${length} bytes`)
}
