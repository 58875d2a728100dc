/**
 * The invite: one line of upper-case base32 that brings somebody into a channel.
 *
 * It names the channel by its self-certifying id and pins the descriptor's version and hash, so whoever hands out the
 * descriptor cannot choose another. Its checksum catches slips of the hand, not forgeries: authority comes from the
 * descriptor, and from the token, which the control log knows by hash.
 */
import { base32, equalBytes, joinBytes, unbase32 } from '../../base/bytes.ts'
import { hash } from '../../crypto/kdf.ts'
import { LABEL } from '../../crypto/labels.ts'
import { decodeStrict } from '../../wire/codec.ts'
import { HASH_BYTES, INVITE_ADDRESSES, INVITE_BYTES, TOKEN_BYTES } from '../../wire/limits.ts'
import { Invite } from '../../wire/messages.ts'
import { type Refusal, refuse } from '../reject.ts'

const PREFIX = 'CONCLAVE1'
const CHECKSUM_BYTES = 4

const checksum = (bytes: Uint8Array): Uint8Array => hash(LABEL.inviteChecksum, bytes).subarray(0, CHECKSUM_BYTES)

/** The text of an invite: `CONCLAVE1…`, upper-case letters and digits, fit for a QR code. */
export function inviteText(invite: Invite): string {
  const bytes = Invite.encode(invite)
  return PREFIX + base32(joinBytes(bytes, checksum(bytes)))
}

/**
 * Reads what a person pasted; spaces, line breaks and lower case are forgiven.
 *
 * @returns the invite, or R-207.
 */
export function readInvite(text: string): Invite | Refusal {
  const compact = text.replace(/\s+/g, '').toUpperCase()
  if (!compact.startsWith(PREFIX)) return refuse(207)
  const bytes = unbase32(compact.slice(PREFIX.length))
  if (bytes === undefined || bytes.length > INVITE_BYTES || bytes.length <= CHECKSUM_BYTES) return refuse(207)
  const body = bytes.subarray(0, -CHECKSUM_BYTES)
  if (!equalBytes(checksum(body), bytes.subarray(-CHECKSUM_BYTES))) return refuse(207)
  const invite = decodeStrict(Invite, body, INVITE_BYTES)
  if (invite?.descriptor === undefined || invite.channel.length !== HASH_BYTES) return refuse(207)
  if (invite.descriptor.hash.length !== HASH_BYTES || invite.descriptor.version === 0) return refuse(207)
  if (invite.addresses.length > INVITE_ADDRESSES) return refuse(207)
  if (invite.token.length !== 0 && invite.token.length !== TOKEN_BYTES) return refuse(207)
  return invite
}

/** What the control log keeps of a token: nobody who reads the log can redeem it. */
export const tokenHash = (channel: Uint8Array, token: Uint8Array): Uint8Array => hash(LABEL.inviteToken, channel, token)
