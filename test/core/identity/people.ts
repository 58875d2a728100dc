/** Keys, randomness and times for the specs of this folder: the same at every run. */
import { utf8 } from '../../../src/base/bytes.ts'
import { atMillis, DAY_MS } from '../../../src/base/time.ts'
import { Prekeys } from '../../../src/core/identity/prekeys.ts'
import { makeUserRecord, type UserRecordInput } from '../../../src/core/identity/user-record.ts'
import { sha256 } from '../../../src/crypto/kdf.ts'
import { type SigningKey, signingKey } from '../../../src/crypto/sign.ts'

export const NOW = atMillis(1_800_000_000_000)

export const keyOf = (name: string): SigningKey => signingKey(sha256(utf8(name)))

/** A stream of bytes that looks random and depends on the seed alone. */
export function seeded(seed: string): (length: number) => Uint8Array {
  let count = 0
  return (length) => sha256(utf8(`${seed} ${count++}`)).slice(0, length)
}

export const alice = keyOf('alice')
export const bob = keyOf('bob')

export const inputOf = (changes: Partial<UserRecordInput> = {}): UserRecordInput => ({
  key: alice,
  seq: 1,
  nick: 'alice',
  prekey: Prekeys.create(seeded('prekeys'), NOW).current,
  issuedAt: NOW,
  expiresAt: atMillis(NOW + DAY_MS),
  ...changes
})

export const recordOf = (changes: Partial<UserRecordInput> = {}): Uint8Array => makeUserRecord(inputOf(changes))
