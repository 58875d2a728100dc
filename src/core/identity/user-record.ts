/**
 * A user record: what a user says about itself, sealed in libp2p's signed envelope (RFC 0002 of the libp2p specs).
 *
 * Every reading checks the bytes whole: one canonical encoding, one strict signature, by the user that the record names.
 * A `UserRecord` in hand is therefore verified, within its times when it was read, and names the bytes it came from.
 */

import { compareBytes, copyBytes, equalBytes, joinBytes, mapKey, utf8 } from '../../base/bytes.ts'
import { UsageError } from '../../base/errors.ts'
import { atMillis, DAY_MS, type Millis } from '../../base/time.ts'
import { hash } from '../../crypto/kdf.ts'
import { KEM, KEM_PUBLIC_KEY_BYTES, X25519_BYTES, x25519 } from '../../crypto/kem.ts'
import { LABEL } from '../../crypto/labels.ts'
import { type SigningKey, sign, verify } from '../../crypto/sign.ts'
import { decodeStrict } from '../../wire/codec.ts'
import { ONE_TIME_KEYS, USER_RECORD_BYTES } from '../../wire/limits.ts'
import { Envelope, UserRecord as UserRecordMessage } from '../../wire/messages.ts'
import { RECORD_LIFETIME_MS } from '../params.ts'
import { type Check, Refusal, refuse } from '../reject.ts'
import { isNick } from './nick.ts'
import { type Prekey, prekeyId } from './prekeys.ts'
import { asUserId, publicKeyMessage, readPublicKeyMessage, type UserId } from './user.ts'

/** A verified record. Its byte arrays are its own. */
export interface UserRecord {
  readonly user: UserId
  /** Rises with each record of the user, from 1. */
  readonly seq: number
  readonly nick: string
  readonly prekey: Prekey
  /** X25519 keys for starts of sessions, each for one. Whether one is usable shows when it is used. */
  readonly oneTimeKeys: readonly Uint8Array[]
  readonly issuedAt: Millis
  readonly expiresAt: Millis
  /** The sealed envelope, as it travels. */
  readonly bytes: Uint8Array
  /** 32 bytes, names these bytes. */
  readonly hash: Uint8Array
}

/** What the user decides about its record. */
export interface UserRecordInput {
  readonly key: SigningKey
  readonly seq: number
  readonly nick: string
  readonly prekey: Prekey
  /** None unless told. */
  readonly oneTimeKeys?: readonly Uint8Array[]
  readonly issuedAt: Millis
  /** Not after the prekey's own end. */
  readonly expiresAt: Millis
}

/** A record from a clock ahead of ours is believed this far: clocks of people's devices go wrong by time zones. */
export const RECORD_SKEW_MS = DAY_MS

/** The domain under which the envelope is signed, and the type of its payload. */
export const USER_RECORD_DOMAIN = 'conclave-user-record'
export const USER_RECORD_TYPE = '/conclave/user-record/1'

const TYPE_BYTES = utf8(USER_RECORD_TYPE)
const DEVICE = 0

/**
 * Makes and signs a record.
 *
 * @returns the sealed envelope, at most 2 KiB.
 * @throws {UsageError} `BAD_USER_RECORD` when a peer would refuse it, `cause` being the `Refusal`.
 */
export function makeUserRecord(input: UserRecordInput): Uint8Array {
  const { key, seq, nick, prekey, oneTimeKeys = [], issuedAt, expiresAt } = input
  const user = asUserId(key.publicKey)
  const { x25519, xwing, notBefore, notAfter } = prekey
  const device = { number: DEVICE, prekey: { x25519, xwing, notBefore, notAfter }, oneTimeKeys: [...oneTimeKeys] }
  const payload = UserRecordMessage.encode({ user, seq, nick, devices: [device], issuedAt, expiresAt })
  const signature = sign(key, signedBytes(payload))
  const bytes = Envelope.encode({ publicKey: publicKeyMessage(user), payloadType: TYPE_BYTES, payload, signature })
  const record = readUserRecord(bytes, issuedAt)
  if (record instanceof Refusal) {
    throw new UsageError('BAD_USER_RECORD', 'this user record would be refused by every peer', { cause: record })
  }
  return bytes
}

/**
 * Checks a record from its length to its times.
 *
 * @param bytes - a stranger's; any length; copied.
 * @param now - to judge its times; a refusal by 120 or 121 may turn out otherwise at another time, no other does.
 */
export function readUserRecord(bytes: Uint8Array, now: Millis): UserRecord | Refusal {
  if (bytes.length > USER_RECORD_BYTES) return refuse(111)
  const own = copyBytes(bytes)
  const envelope = decodeStrict(Envelope, own, USER_RECORD_BYTES)
  if (envelope === undefined) return refuse(112)
  if (!equalBytes(envelope.payloadType, TYPE_BYTES)) return refuse(113)
  const signer = readPublicKeyMessage(envelope.publicKey)
  if (signer === undefined || !verify(signer, signedBytes(envelope.payload), envelope.signature)) {
    return refuse(114)
  }
  const message = decodeStrict(UserRecordMessage, envelope.payload, USER_RECORD_BYTES)
  if (message === undefined) return refuse(112)
  const broken = brokenRule(message, signer, now)
  if (broken !== undefined) return refuse(broken)
  const { prekey: given, oneTimeKeys } = message.devices[0]!
  const prekey = given!
  return {
    user: signer,
    seq: message.seq,
    nick: message.nick,
    prekey: {
      id: prekeyId(prekey.x25519, prekey.xwing),
      x25519: prekey.x25519,
      xwing: prekey.xwing,
      notBefore: atMillis(prekey.notBefore),
      notAfter: atMillis(prekey.notAfter)
    },
    oneTimeKeys,
    issuedAt: atMillis(message.issuedAt),
    expiresAt: atMillis(message.expiresAt),
    bytes: own,
    hash: recordHash(own)
  }
}

/** The first rule that a signed record breaks. */
function brokenRule(message: UserRecordMessage, signer: UserId, now: Millis): Check | undefined {
  if (!equalBytes(message.user, signer)) return 115
  const device = message.devices[0]
  if (message.devices.length !== 1 || device?.number !== DEVICE || device.prekey === undefined) return 116
  const { x25519, xwing, notBefore, notAfter } = device.prekey
  if (!isUsablePrekey(x25519, xwing) || !areOneTimeKeys(device.oneTimeKeys)) return 117
  if (!isNick(message.nick)) return 118
  if (message.seq < 1) return 119
  const { issuedAt, expiresAt } = message
  const isInOrder = notBefore <= issuedAt && issuedAt < expiresAt && expiresAt <= notAfter
  const isShort = notAfter - notBefore <= RECORD_LIFETIME_MS
  if (!isInOrder || !isShort || issuedAt > now + RECORD_SKEW_MS) return 120
  return expiresAt <= now ? 121 : undefined
}

const PROBE = new Uint8Array(X25519_BYTES).fill(1)

/** Lengths, and no X25519 key of small order, with which every secret would be known. */
function isUsablePrekey(x25519Key: Uint8Array, xwing: Uint8Array): boolean {
  if (x25519Key.length !== X25519_BYTES || xwing.length !== KEM_PUBLIC_KEY_BYTES[KEM.X_WING]) return false
  const xwingHalf = xwing.subarray(xwing.length - X25519_BYTES)
  return x25519(PROBE, x25519Key) !== undefined && x25519(PROBE, xwingHalf) !== undefined
}

/** Their number and lengths, and that each is there once. */
const areOneTimeKeys = (keys: readonly Uint8Array[]): boolean =>
  keys.length <= ONE_TIME_KEYS &&
  keys.every((key) => key.length === X25519_BYTES) &&
  new Set(keys.map(mapKey)).size === keys.length

/**
 * The hash that names a record.
 *
 * @param bytes - the sealed envelope.
 * @returns 32 bytes.
 */
export const recordHash = (bytes: Uint8Array): Uint8Array => hash(LABEL.recordHash, bytes)

/** Order of two records of one user: by seq, then by hash, so that everybody prefers the same one. */
export function isNewer(a: Pick<UserRecord, 'seq' | 'hash'>, b: Pick<UserRecord, 'seq' | 'hash'>): boolean {
  return a.seq !== b.seq ? a.seq > b.seq : compareBytes(a.hash, b.hash) > 0
}

/** What the envelope's signature covers: domain, payload type and payload, each after its length. */
function signedBytes(payload: Uint8Array): Uint8Array {
  const parts = [utf8(USER_RECORD_DOMAIN), TYPE_BYTES, payload]
  return joinBytes(...parts.flatMap((part) => [varint(part.length), part]))
}

/** Unsigned LEB128 of a length. */
function varint(value: number): Uint8Array {
  const bytes: number[] = []
  for (; value > 0x7f; value >>>= 7) bytes.push((value & 0x7f) | 0x80)
  return Uint8Array.of(...bytes, value)
}
