/**
 * Asking for a key: the request, the manager's challenge, and the answer to it (protocol §6).
 *
 * What tells who asks for what is sealed to the manager's prekey (X-Wing) and signed by the user inside; the frame outside
 * is signed by a one-time key that the content names, so nobody can put another's sealed request into a frame of its own.
 * Each HPKE box comes from a fresh encapsulation, so no nonce repeats.
 */
import { EMPTY, equalBytes } from '../../base/bytes.ts'
import { hpkeOpen, hpkeSeal } from '../../crypto/hpke.ts'
import { hash } from '../../crypto/kdf.ts'
import { KEM, x25519 } from '../../crypto/kem.ts'
import { framed, LABEL, type Label } from '../../crypto/labels.ts'
import { type SigningKey, sign, verify } from '../../crypto/sign.ts'
import { type Codec, decodeStrict, pad, unpad } from '../../wire/codec.ts'
import {
  COMMITMENT_BYTES,
  FRAME_BYTES,
  GROUP_BYTES,
  GROUPS,
  HASH_BYTES,
  NONCE_BYTES,
  SHOWN_ADMITS,
  TOKEN_BYTES,
  USER_BYTES
} from '../../wire/limits.ts'
import {
  type Challenge,
  type ChallengeAnswer,
  ChallengeAnswerContent,
  ChallengeContent,
  type KeyRequest,
  KeyRequestContent,
  Signed
} from '../../wire/messages.ts'
import type { Prekey, PrekeyPair } from '../identity/prekeys.ts'
import { type Refusal, refuse } from '../reject.ts'

type Random = (length: number) => Uint8Array

/** A request that was opened and whose signature holds. */
export interface OpenedRequest {
  readonly content: KeyRequestContent
  /** 32 bytes over the content: names the request through all its tries. */
  readonly hash: Uint8Array
}

const CHALLENGE_NONCE_BYTES = 32

/**
 * Seals a request to a manager.
 *
 * @param user - the requester's key; `content.user` is its public half.
 * @returns the body and the request's hash, or undefined when the manager's prekey is unusable.
 */
export function sealRequest(
  content: KeyRequestContent,
  user: SigningKey,
  manager: Prekey,
  attempt: number,
  random: Random
): { body: KeyRequest; hash: Uint8Array } | undefined {
  const bytes = KeyRequestContent.encode(content)
  const info = boxInfo(LABEL.requestInfo, content.channel, content.author)
  const box = sealSigned(bytes, user, LABEL.requestSign, manager, info, random)
  if (box === undefined) return undefined
  return { body: { prekey: manager.id, attempt, ...box }, hash: hash(LABEL.requestHash, bytes) }
}

/**
 * Opens and checks a request as the manager it is meant for.
 *
 * @param author - the frame's author.
 * @param prekey - the pair that `request.prekey` names.
 * @returns when it is not a request to us.
 */
export function openRequest(
  channel: Uint8Array,
  author: Uint8Array,
  request: KeyRequest,
  manager: Uint8Array,
  prekey: PrekeyPair
): OpenedRequest | Refusal {
  const opened = openSigned(KeyRequestContent, request, prekey, boxInfo(LABEL.requestInfo, channel, author))
  if (opened === undefined) return refuse(501)
  const { content, bytes, signature } = opened
  if (!hasRequestLengths(content)) return refuse(502)
  if (!equalBytes(content.channel, channel) || !equalBytes(content.author, author)) return refuse(502)
  if (!equalBytes(content.manager, manager)) return refuse(502)
  if (!verify(content.user, framed(LABEL.requestSign, bytes), signature)) return refuse(503)
  // A grant to a key of small order could not be sealed, and the admission before it would be for nothing.
  if (x25519(prekey.x25519.seed.expose(), content.oneTimeKey) === undefined) return refuse(502)
  return { content, hash: hash(LABEL.requestHash, bytes) }
}

function hasRequestLengths(content: KeyRequestContent): boolean {
  return (
    content.user.length === USER_BYTES &&
    content.nonce.length === NONCE_BYTES &&
    content.oneTimeKey.length === USER_BYTES &&
    content.descriptor?.hash.length === HASH_BYTES &&
    (content.logHead.length === 0 || content.logHead.length === HASH_BYTES) &&
    content.recordHash.length === HASH_BYTES &&
    (content.inviteToken.length === 0 || content.inviteToken.length === TOKEN_BYTES) &&
    content.admits.length <= SHOWN_ADMITS &&
    content.lines.length >= 1 &&
    content.lines.length <= GROUPS + 1 &&
    content.lines.every(
      ({ group, highest }) =>
        (group.length === 0 || group.length === GROUP_BYTES) &&
        (highest === undefined || highest.commitment.length === COMMITMENT_BYTES)
    )
  )
}

/** The name of a challenge: what its answer must repeat. */
export const challengeHash = (content: ChallengeContent): Uint8Array =>
  hash(LABEL.challengeHash, ChallengeContent.encode(content))

/** Seals a challenge to the prekey that the requester has published. */
export function sealChallenge(
  content: ChallengeContent,
  requester: Prekey,
  attempt: number,
  random: Random
): Challenge | undefined {
  const info = boxInfo(LABEL.challengeInfo, content.channel, content.request)
  const box = hpkeSeal({
    kem: KEM.X_WING,
    recipientPublicKey: requester.xwing,
    info,
    aad: EMPTY,
    plaintext: pad(ChallengeContent.encode(content)),
    ephemeralSeed: random(32)
  })
  return box === undefined ? undefined : { request: content.request, attempt, enc: box.enc, sealed: box.ciphertext }
}

/** Opens a challenge as the requester; R-612 when it is none for this request. */
export function openChallenge(
  channel: Uint8Array,
  challenge: Challenge,
  prekey: PrekeyPair,
  expected: Omit<ChallengeContent, 'nonce'>
): ChallengeContent | Refusal {
  const info = boxInfo(LABEL.challengeInfo, channel, challenge.request)
  const padded = hpkeOpen({
    recipient: prekey.xwing,
    enc: challenge.enc,
    info,
    aad: EMPTY,
    ciphertext: challenge.sealed
  })
  const bytes = padded && unpad(padded)
  const content = bytes && decodeStrict(ChallengeContent, bytes, FRAME_BYTES)
  if (content === undefined || content.nonce.length !== CHALLENGE_NONCE_BYTES) return refuse(612)
  const asExpected = ChallengeContent.encode({ ...expected, nonce: content.nonce })
  return equalBytes(asExpected, bytes!) ? content : refuse(612)
}

/** Seals and signs the answer to a challenge. */
export function sealChallengeAnswer(
  content: ChallengeAnswerContent,
  user: SigningKey,
  manager: Prekey,
  attempt: number,
  random: Random
): ChallengeAnswer | undefined {
  const info = boxInfo(LABEL.answerInfo, content.channel, content.author)
  const box = sealSigned(ChallengeAnswerContent.encode(content), user, LABEL.answerSign, manager, info, random)
  return box === undefined ? undefined : { prekey: manager.id, attempt, ...box }
}

/** Opens an answer as the manager; R-508 when it does not hold. Whether it is expected is the caller's to say. */
export function openChallengeAnswer(
  channel: Uint8Array,
  author: Uint8Array,
  answer: ChallengeAnswer,
  manager: Uint8Array,
  prekey: PrekeyPair
): ChallengeAnswerContent | Refusal {
  const opened = openSigned(ChallengeAnswerContent, answer, prekey, boxInfo(LABEL.answerInfo, channel, author))
  if (opened === undefined) return refuse(508)
  const { content, bytes, signature } = opened
  const isForUs =
    equalBytes(content.channel, channel) && equalBytes(content.author, author) && equalBytes(content.manager, manager)
  if (!isForUs || !verify(content.user, framed(LABEL.answerSign, bytes), signature)) return refuse(508)
  return content
}

const boxInfo = (label: Label, channel: Uint8Array, party: Uint8Array): Uint8Array => framed(label, channel, party)

interface Box {
  readonly enc: Uint8Array
  readonly sealed: Uint8Array
}

function sealSigned(
  content: Uint8Array,
  user: SigningKey,
  label: Label,
  recipient: Prekey,
  info: Uint8Array,
  random: Random
): Box | undefined {
  const signature = sign(user, framed(label, content))
  const plaintext = pad(Signed.encode({ content, signature }))
  const box = hpkeSeal({
    kem: KEM.X_WING,
    recipientPublicKey: recipient.xwing,
    info,
    aad: EMPTY,
    plaintext,
    ephemeralSeed: random(32)
  })
  return box === undefined ? undefined : { enc: box.enc, sealed: box.ciphertext }
}

function openSigned<T>(
  codec: Codec<T>,
  box: Box,
  prekey: PrekeyPair,
  info: Uint8Array
): { content: T; bytes: Uint8Array; signature: Uint8Array } | undefined {
  const padded = hpkeOpen({ recipient: prekey.xwing, enc: box.enc, info, aad: EMPTY, ciphertext: box.sealed })
  const plaintext = padded && unpad(padded)
  const signed = plaintext && decodeStrict(Signed, plaintext, FRAME_BYTES)
  const content = signed && decodeStrict(codec, signed.content, FRAME_BYTES)
  return content === undefined ? undefined : { content, bytes: signed!.content, signature: signed!.signature }
}

/** What a challenge's nonce is made of. */
export const CHALLENGE_BYTES = CHALLENGE_NONCE_BYTES
