/**
 * From an error to the number a process ends with: 0 ok, 1 the user can fix it, 2 usage, 3 network, 4 untrusted or changed
 * key, 5 no key manager or not a member, 6 timeout, 7 a simulation
 * broke an invariant, 70 our bug, 130 interrupted.
 *
 * Errors are told apart by class and code, never by their text.
 */
import { type ConclaveError, InternalError, PeerError } from '../base/errors.ts'

export const EXIT = {
  ok: 0,
  fixable: 1,
  usage: 2,
  network: 3,
  untrusted: 4,
  noManager: 5,
  timeout: 6,
  broken: 7,
  bug: 70,
  interrupted: 130
} as const

const BY_CODE: ReadonlyMap<string, number> = new Map([
  ...[
    'UNKNOWN_COMMAND',
    'UNKNOWN_OPTION',
    'BAD_OPTION',
    'MISSING_ARGUMENT',
    'TOO_MANY_ARGUMENTS',
    'NO_SUCH_METHOD',
    'BAD_ADDRESS',
    'UNKNOWN_SCENARIO',
    'UNKNOWN_PARAMETER',
    'NOT_LIVE'
  ].map((code) => [code, EXIT.usage] as const),
  ...['CANNOT_LISTEN', 'NO_PEERS', 'CONTROL_CLOSED', 'STOPPED', 'BUSY'].map((code) => [code, EXIT.network] as const),
  ...['ALARMED', 'OLD_RECORD', 'BAD_RECORD', 'BAD_USER_RECORD'].map((code) => [code, EXIT.untrusted] as const),
  ...['NO_KEY_MANAGER', 'NO_QUORUM', 'NOT_A_MEMBER', 'REMOVED', 'KEY_EXPIRED', 'REMOVAL_PENDING'].map(
    (code) => [code, EXIT.noManager] as const
  ),
  ...['TIMEOUT', 'NOT_SEEN', 'NOT_ANSWERED'].map((code) => [code, EXIT.timeout] as const),
  ['INTERRUPTED', EXIT.interrupted]
])

/** The number a process ends with after an error. */
export function exitCodeOf(error: unknown): number {
  if (error instanceof InternalError) return EXIT.bug
  if (error instanceof PeerError) return EXIT.untrusted
  if (!isOurs(error)) return EXIT.bug
  return BY_CODE.get(error.code) ?? EXIT.fixable
}

const RETRYABLE: ReadonlySet<string> = new Set([
  'NO_KEY_MANAGER',
  'NO_QUORUM',
  'NO_PEERS',
  'TIMEOUT',
  'BUSY',
  'CONTROL_CLOSED',
  'STORE_BUSY',
  'REMOVAL_PENDING',
  'KEY_EXPIRED',
  'OUTBOX_FULL',
  'NOT_JOINED_YET',
  'HOME_IN_USE'
])

/** Whether the very same command may succeed later. */
export const isRetryable = (error: ConclaveError): boolean => RETRYABLE.has(error.code)

export const codeOf = (error: ConclaveError): string => error.code

/** Whether an error is one of base/errors.ts. */
export function isOurs(error: unknown): error is ConclaveError {
  return error instanceof Error && 'code' in error && ['UsageError', 'PeerError', 'InternalError'].includes(error.name)
}
