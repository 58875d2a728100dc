/**
 * The frame: what travels on a channel's topic.
 *
 * A frame is believed to be of its author only after `readFrame`: limits, frame, signature, body, in this order, so that before
 * the signature nothing costs more than checking it. The
 * signature covers (label, topic, body as received), so a frame of one channel is nothing in another. Its id leaves out
 * signature and attachment: who changes those does not make a new message.
 */
import { copyBytes, EMPTY, mapKey, utf8 } from '../../base/bytes.ts'
import { hash } from '../../crypto/kdf.ts'
import { framed, LABEL } from '../../crypto/labels.ts'
import { type SigningKey, sign, verify } from '../../crypto/sign.ts'
import { countFields, decodeStrict } from '../../wire/codec.ts'
import {
  BOOT_BYTES,
  COMMITMENT_BYTES,
  FRAME_BYTES,
  GROUP_BYTES,
  HASH_BYTES,
  PREKEY_ID_BYTES,
  SESSION_HEADER_BYTES,
  SIGNATURE_BYTES,
  TAG_BYTES,
  USER_BYTES
} from '../../wire/limits.ts'
import { Body, type KeyId, Frame as WireFrame } from '../../wire/messages.ts'
import { topicOf } from '../../wire/names.ts'
import { type Refusal, refuse } from '../reject.ts'

/** The kinds of frame body, by their field names in the wire format. */
export type FrameKind = keyof Body

/** A frame that was verified. Its bytes are its own copy. */
export interface Frame {
  readonly channel: Uint8Array
  /** SHA-256 over (label, topic, author, body): the frame's name, the same whoever carries it. */
  readonly id: Uint8Array
  readonly author: Uint8Array
  readonly kind: FrameKind
  readonly body: Body
  readonly bodyBytes: Uint8Array
  readonly attachment: Uint8Array
  readonly signature: Uint8Array
  /** The frame as it travels. */
  readonly bytes: Uint8Array
}

/**
 * Makes and signs a frame.
 *
 * @param body - exactly one kind set.
 * @param attachment - announcements only.
 * @returns the frame, already in its verified form.
 */
export function makeFrame(channel: Uint8Array, author: SigningKey, body: Body, attachment: Uint8Array = EMPTY): Frame {
  const bodyBytes = Body.encode(body)
  const signature = sign(author, signedBytes(channel, bodyBytes))
  const kind = kindOf(body) as FrameKind
  return assemble(channel, author.publicKey, kind, body, bodyBytes, signature, attachment)
}

/** The same frame with another attachment: co-signatures added, payload left out. */
export const withAttachment = (frame: Frame, attachment: Uint8Array): Frame =>
  assemble(frame.channel, frame.author, frame.kind, frame.body, frame.bodyBytes, frame.signature, attachment)

const FRAME_FIELDS = 4
/** Fields of one kind of body: the longest list is an announcement's chunks. */
const CONTENT_FIELDS = 1_200

/** What stands in a body's one field. */
function contentOf(bodyBytes: Uint8Array): Uint8Array {
  let at = 0
  for (let varints = 0; varints < 2 && at < bodyBytes.length; at++) if (bodyBytes[at]! < 0x80) varints++
  return bodyBytes.subarray(at)
}

/**
 * Decodes and verifies what arrived on a channel's topic.
 *
 * @param bytes - not kept; the frame holds a copy.
 * @returns the frame; a Refusal for what no honest peer sends; undefined for a kind this version does not
 * know, which may come from a newer one.
 */
export function readFrame(channel: Uint8Array, bytes: Uint8Array): Frame | Refusal | undefined {
  if (bytes.length > FRAME_BYTES) return refuse(101)
  if (countFields(bytes, FRAME_FIELDS) < 0) return refuse(102)
  const own = copyBytes(bytes)
  const wire = decodeStrict(WireFrame, own, FRAME_BYTES)
  if (wire === undefined) return refuse(102)
  const { author, body: bodyBytes, signature, attachment } = wire
  if (author.length !== USER_BYTES || signature.length !== SIGNATURE_BYTES || bodyBytes.length === 0) return refuse(102)
  if (!verify(author, signedBytes(channel, bodyBytes), signature)) return refuse(104)
  if (isUnknownKind(bodyBytes)) return undefined
  if (countFields(bodyBytes, 1) !== 1 || countFields(contentOf(bodyBytes), CONTENT_FIELDS) < 0) return refuse(103)
  const body = decodeStrict(Body, bodyBytes, FRAME_BYTES)
  const kind = body && kindOf(body)
  if (body === undefined || kind === undefined) return refuse(103)
  if (attachment.length > 0 && kind !== 'announcement') return refuse(105)
  if (!hasFixedLengths(body)) return refuse(106)
  return assemble(channel, author, kind, body, bodyBytes, signature, attachment, own)
}

/** Names one epoch in a `Map`. */
export const keyIdKey = (key: KeyId): string => `${key.term}.${key.serial}.${mapKey(key.commitment)}`

const signedBytes = (channel: Uint8Array, bodyBytes: Uint8Array): Uint8Array =>
  framed(LABEL.frameSign, topicBytes(channel), bodyBytes)

const topics = new WeakMap<Uint8Array, Uint8Array>()

function topicBytes(channel: Uint8Array): Uint8Array {
  let bytes = topics.get(channel)
  if (bytes === undefined) {
    bytes = utf8(topicOf(channel))
    topics.set(channel, bytes)
  }
  return bytes
}

function assemble(
  channel: Uint8Array,
  author: Uint8Array,
  kind: FrameKind,
  body: Body,
  bodyBytes: Uint8Array,
  signature: Uint8Array,
  attachment: Uint8Array,
  bytes: Uint8Array = WireFrame.encode({ author, body: bodyBytes, signature, attachment })
): Frame {
  const id = hash(LABEL.frameId, topicBytes(channel), author, bodyBytes)
  return { channel, id, author, kind, body, bodyBytes, attachment, signature, bytes }
}

function kindOf(body: Body): FrameKind | undefined {
  for (const [kind, value] of Object.entries(body)) if (value !== undefined) return kind as FrameKind
  return undefined
}

const HIGHEST_KIND = 18
const LENGTH_DELIMITED = 2

/** Whether the first field of a body is a message of a kind that this version has no number for. */
function isUnknownKind(bodyBytes: Uint8Array): boolean {
  let tag = 0
  for (let i = 0; i < 4 && i < bodyBytes.length; i++) {
    tag |= (bodyBytes[i]! & 0x7f) << (7 * i)
    if (bodyBytes[i]! < 0x80) return (tag & 7) === LENGTH_DELIMITED && tag >>> 3 > HIGHEST_KIND
  }
  return false
}

const isLength = (bytes: Uint8Array, length: number): boolean => bytes.length === length
const isEmptyOr = (bytes: Uint8Array, length: number): boolean => bytes.length === 0 || bytes.length === length
const isKeyId = (key: KeyId | undefined): boolean => key !== undefined && isLength(key.commitment, COMMITMENT_BYTES)
const isGroup = (group: Uint8Array): boolean => isEmptyOr(group, GROUP_BYTES)

/** One line per kind, so that a new field without its length stands out. */
function hasFixedLengths(body: Body): boolean {
  const {
    message: m,
    plainMessage: p,
    keyRequest: q,
    challenge: c,
    challengeAnswer: w,
    grant: g,
    announcement: a
  } = body
  if (m) {
    return (
      isGroup(m.group) &&
      isKeyId(m.key) &&
      isLength(m.boot, BOOT_BYTES) &&
      isEmptyOr(m.previous, HASH_BYTES) &&
      isLength(m.descriptor, HASH_BYTES) &&
      isLength(m.logHead, HASH_BYTES) &&
      isLength(m.commitment, HASH_BYTES)
    )
  }
  if (p) {
    return (
      isGroup(p.group) &&
      isLength(p.boot, BOOT_BYTES) &&
      isEmptyOr(p.previous, HASH_BYTES) &&
      isLength(p.descriptor, HASH_BYTES) &&
      p.content !== undefined
    )
  }
  if (q) return isLength(q.prekey, PREKEY_ID_BYTES)
  if (c) return isLength(c.request, HASH_BYTES)
  if (w) return isLength(w.prekey, PREKEY_ID_BYTES)
  if (g) {
    return (
      isGroup(g.group) &&
      isKeyId(g.key) &&
      isLength(g.request, HASH_BYTES) &&
      isLength(g.transcript, HASH_BYTES) &&
      isLength(g.roster, HASH_BYTES) &&
      isLength(g.logHead, HASH_BYTES) &&
      g.descriptor !== undefined &&
      isLength(g.descriptor.hash, HASH_BYTES) &&
      isLength(g.ephemeral, USER_BYTES)
    )
  }
  if (a) {
    return (
      isGroup(a.group) &&
      isKeyId(a.key) &&
      isLength(a.roster, HASH_BYTES) &&
      isLength(a.logHead, HASH_BYTES) &&
      a.descriptor !== undefined &&
      isLength(a.descriptor.hash, HASH_BYTES) &&
      isEmptyOr(a.previous, HASH_BYTES) &&
      isLength(a.payload, HASH_BYTES) &&
      a.chunks.every((chunk) => isLength(chunk, HASH_BYTES)) &&
      (a.group.length === 0 || isKeyId(a.base))
    )
  }
  const {
    chunk,
    coSignature,
    heartbeat,
    digest,
    statements,
    publicKeyRequest,
    publicKeyAnswer,
    session,
    leave,
    demand
  } = body
  if (chunk) return isLength(chunk.announcement, HASH_BYTES)
  if (coSignature)
    return isLength(coSignature.announcement, HASH_BYTES) && isEmptyOr(coSignature.signature, SIGNATURE_BYTES)
  if (heartbeat) {
    return (
      isGroup(heartbeat.group) &&
      isLength(heartbeat.announcement, HASH_BYTES) &&
      isLength(heartbeat.logHead, HASH_BYTES) &&
      heartbeat.descriptor !== undefined &&
      isLength(heartbeat.descriptor.hash, HASH_BYTES) &&
      isLength(heartbeat.boot, BOOT_BYTES)
    )
  }
  if (digest) return isKeyId(digest.key)
  if (statements) return isKeyId(statements.key)
  if (publicKeyRequest) return isKeyId(publicKeyRequest.key)
  if (publicKeyAnswer) return isLength(publicKeyAnswer.request, HASH_BYTES)
  if (session) return isLength(session.tag, TAG_BYTES) && isLength(session.header, SESSION_HEADER_BYTES)
  if (demand) return isKeyId(demand.key)
  if (leave) return isGroup(leave.group) && isLength(leave.boot, BOOT_BYTES)
  return body.alarm !== undefined
}
