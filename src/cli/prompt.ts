/** Asking for a secret on the terminal: nothing is echoed, and what is typed stays bytes. */
import { UsageError } from '../base/errors.ts'
import { Secret } from '../base/secret.ts'
import type { SafeText } from './display-text.ts'

const MAX_BYTES = 1024
const ENTER = [0x0a, 0x0d]
const INTERRUPT = 0x03
const END = 0x04
const ERASE = [0x08, 0x7f]
const ERASE_ALL = 0x15

/**
 * Asks once. What is typed ahead after Enter is not lost to the next question.
 *
 * @returns the bytes typed, possibly none.
 * @throws {UsageError} `INTERRUPTED` at Ctrl-C.
 */
export function askSecret(question: SafeText): Promise<Secret> {
  const { stdin, stderr } = process
  stderr.write(question)
  const typed = new Uint8Array(MAX_BYTES)
  let length = 0
  return new Promise((resolve, reject) => {
    const end = (settle: () => void, rest: Buffer): void => {
      stdin.off('data', hear)
      stdin.setRawMode(false)
      stdin.pause()
      if (rest.length > 0) stdin.unshift(rest)
      stderr.write('\n')
      settle()
    }
    const hear = (data: Buffer): void => {
      for (const [i, byte] of data.entries()) {
        if (ENTER.includes(byte) || byte === END) {
          const secret = new Secret(typed.slice(0, length))
          typed.fill(0)
          return end(() => resolve(secret), data.subarray(i + 1))
        }
        if (byte === INTERRUPT) {
          typed.fill(0)
          const interrupted = new UsageError('INTERRUPTED', 'Interrupted. No passphrase was given. Start again.')
          return end(() => reject(interrupted), data.subarray(i + 1))
        }
        if (ERASE.includes(byte)) length = beforeLast(typed, length)
        else if (byte === ERASE_ALL) length = 0
        else if (byte >= 0x20 && length < MAX_BYTES) typed[length++] = byte
      }
    }
    stdin.setRawMode(true)
    stdin.on('data', hear)
    stdin.resume()
  })
}

/** Where the last character of UTF-8 begins. */
function beforeLast(bytes: Uint8Array, length: number): number {
  let at = length - 1
  while (at > 0 && (bytes[at]! & 0xc0) === 0x80) at--
  return Math.max(0, at)
}
