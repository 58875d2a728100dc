/**
 * A user is an Ed25519 key, and nothing else is an identity.
 *
 * Its text is the libp2p peer id of that key, so what people pass around is what the network dials. A key that anybody
 * could sign for (small order, non-canonical) never becomes a `UserId`.
 */

import { base58, unbase58 } from '../../base/base58.ts'
import { base32, copyBytes, joinBytes, unhex } from '../../base/bytes.ts'
import { UsageError } from '../../base/errors.ts'
import { hash } from '../../crypto/kdf.ts'
import { LABEL } from '../../crypto/labels.ts'
import { isStrictPublicKey } from '../../crypto/sign.ts'
import { USER_BYTES } from '../../wire/limits.ts'

declare const userId: unique symbol

/** 32 bytes: a user's Ed25519 public key, in its one canonical encoding. */
export type UserId = Uint8Array & { readonly [userId]: true }

/** The libp2p `PublicKey` message of an Ed25519 key, before its 32 bytes: type 1, then 32 bytes of data. */
const PUBLIC_KEY_PREFIX = unhex('08011220')
/** Identity multihash of those 36 bytes. */
const PEER_ID_PREFIX = joinBytes(unhex('0024'), PUBLIC_KEY_PREFIX)

/**
 * The user whose key these bytes are.
 *
 * @param key - a stranger's; any length; copied.
 * @returns undefined when an honest user cannot have such a key.
 */
export function toUserId(key: Uint8Array): UserId | undefined {
  return isStrictPublicKey(key) ? (copyBytes(key) as UserId) : undefined
}

/**
 * `toUserId` for a key that is ours.
 *
 * @throws {UsageError} `BAD_USER` when it is no user's key.
 */
export function asUserId(key: Uint8Array): UserId {
  const user = toUserId(key)
  if (user === undefined) throw new UsageError('BAD_USER', 'a user id is the 32 bytes of a strict Ed25519 key')
  return user
}

/**
 * The text of a user id: its libp2p peer id, `12D3KooW…`, 52 characters.
 *
 * @see libp2p specs, peer-ids: identity multihash of the key's protobuf, base58btc
 */
export const userIdText = (user: UserId): string => base58(joinBytes(PEER_ID_PREFIX, user))

/** The user of a peer id's text, or undefined when it is not the peer id of a strict Ed25519 key. */
export function readUserId(text: string): UserId | undefined {
  const bytes = unbase58(text)
  return bytes === undefined ? undefined : afterPrefix(bytes, PEER_ID_PREFIX)
}

/** The libp2p `PublicKey` message of a user's key: 36 bytes. */
export const publicKeyMessage = (user: UserId): Uint8Array => joinBytes(PUBLIC_KEY_PREFIX, user)

/** The user of a libp2p `PublicKey` message, or undefined when it is not one of a strict Ed25519 key, canonical. */
export const readPublicKeyMessage = (bytes: Uint8Array): UserId | undefined => afterPrefix(bytes, PUBLIC_KEY_PREFIX)

function afterPrefix(bytes: Uint8Array, prefix: Uint8Array): UserId | undefined {
  if (bytes.length !== prefix.length + USER_BYTES) return undefined
  if (!prefix.every((byte, i) => bytes[i] === byte)) return undefined
  return toUserId(bytes.subarray(prefix.length))
}

const FINGERPRINT_BYTES = 5

/**
 * Eight characters in two groups that tell two users apart when their nicks look alike. Forty bits: enough against
 * mistakes and against one look-alike, not against a patient forger. Verification takes the safety number.
 *
 * @returns for example `K5QH-2M7A`.
 */
export function shortFingerprint(user: UserId): string {
  const text = base32(hash(LABEL.userFingerprint, user).subarray(0, FINGERPRINT_BYTES))
  return `${text.slice(0, 4)}-${text.slice(4)}`
}
