/**
 * Numbers that people compare aloud. Both sides compute the same digits from the same keys, in whichever order they ask;
 * equal digits mean that nobody stands between them.
 */

import { compareBytes, u32, u64, utf8 } from '../../base/bytes.ts'
import { UsageError } from '../../base/errors.ts'
import { decimalDigits, numericFingerprint } from '../../crypto/fingerprint.ts'
import { hash } from '../../crypto/kdf.ts'
import { LABEL } from '../../crypto/labels.ts'
import { type UserId, userIdText } from './user.ts'

/** Digits of one group, as they are read aloud. */
const GROUP = /.{5}/g
const inGroups = (digits: string): string => digits.match(GROUP)!.join(' ')

/**
 * The safety number of two users: 60 digits, 30 from each key, the lower half first. Costs 10,400 rounds of SHA-512, some
 * 10 ms: compute it on demand.
 *
 * @returns twelve groups of five digits with single spaces; the same whichever user comes first.
 * @throws {UsageError} `SAME_USER` when both are the same user: such a number would prove nothing.
 * @see Signal, "Safety number updates", and libsignal's NumericFingerprint, version 0
 */
export function safetyNumber(one: UserId, other: UserId): string {
  if (compareBytes(one, other) === 0) throw new UsageError('SAME_USER', 'a safety number takes two different users')
  const halves = [one, other].map((user) => numericFingerprint(user, utf8(userIdText(user))))
  return inGroups(halves.sort().join(''))
}

const GROUP_CODE_CHUNKS = 6

/**
 * The code of a channel's epoch: members who read the same 30 digits have the same key and the same roster.
 *
 * @param rosterHash - 32 bytes, as the announcement names it.
 * @returns six groups of five digits with single spaces.
 */
export function groupCode(term: number, serial: number, rosterHash: Uint8Array): string {
  const digest = hash(LABEL.groupCode, u64(term), u32(serial), rosterHash)
  return inGroups(decimalDigits(digest, GROUP_CODE_CHUNKS))
}
