/** Two users and what the specs of this folder do with them, the same at every run. */
import { EMPTY } from '../../../src/base/bytes.ts'
import { atMillis, DAY_MS } from '../../../src/base/time.ts'
import type { Self } from '../../../src/core/channel/context.ts'
import { OneTimeKeys } from '../../../src/core/identity/one-time-keys.ts'
import { Prekeys } from '../../../src/core/identity/prekeys.ts'
import { makeUserRecord, readUserRecord, type UserRecord } from '../../../src/core/identity/user-record.ts'
import { Refusal } from '../../../src/core/reject.ts'
import type { SigningKey } from '../../../src/crypto/sign.ts'
import type { Content } from '../../../src/wire/messages.ts'
import { keyOf, NOW, seeded } from '../identity/people.ts'

export { NOW, seeded }

export type Random = (length: number) => Uint8Array

/** The value, where a refusal would be a fault of the spec. */
export function good<T>(value: T | Refusal | undefined): T {
  if (value instanceof Refusal) throw new Error(`refused: R-${value.check}`)
  if (value === undefined) throw new Error('nothing there')
  return value
}

/** The number of the broken check; undefined when there is none. */
export const checkOf = (value: unknown): number | undefined => (value instanceof Refusal ? value.check : undefined)

/** The newest record of a user with these keys. */
export function recordOf(
  key: SigningKey,
  nick: string,
  prekeys: Prekeys,
  oneTimeKeys: OneTimeKeys,
  seq = 1,
  now = NOW
): UserRecord {
  const bytes = makeUserRecord({
    key,
    seq,
    nick,
    prekey: prekeys.current,
    oneTimeKeys: oneTimeKeys.offered(prekeys),
    issuedAt: now,
    expiresAt: prekeys.current.notAfter
  })
  return good(readUserRecord(bytes, now))
}

/** A user with prekeys and one-time keys. */
export function selfOf(nick: string, random: Random = seeded(nick)): Self {
  const key = keyOf(nick)
  const prekeys = Prekeys.create(random, NOW)
  const oneTimeKeys = new OneTimeKeys()
  oneTimeKeys.fill(prekeys, random)
  return { key, boot: random(16), prekeys, oneTimeKeys, record: recordOf(key, nick, prekeys, oneTimeKeys) }
}

/** A day later, with a new prekey and a new record. */
export function rotate(self: Self, random: Random, days: number): void {
  const now = atMillis(NOW + days * DAY_MS)
  self.prekeys.rotate(random, now)
  self.oneTimeKeys.fill(self.prekeys, random)
  self.record = recordOf(self.key, self.record.nick, self.prekeys, self.oneTimeKeys, self.record.seq + 1, now)
}

export const textOf = (text: string): Content => ({
  writtenAt: 1,
  text: { text, replyTo: EMPTY, isAction: false },
  replaces: EMPTY
})

/** The bytes with one bit turned. */
export function bent(bytes: Uint8Array, bit: number): Uint8Array {
  const copy = bytes.slice()
  copy[bit >> 3]! ^= 1 << (bit & 7)
  return copy
}
