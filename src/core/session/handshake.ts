/**
 * How two users come to a secret that only they know, while one of them may be away (protocol §11.1): the shape of Signal's
 * PQXDH, with X-Wing as the post-quantum part.
 *
 * A start shows nobody whom it is for: it is sealed under a key that comes of the encapsulation to the responder's prekey,
 * fresh for each start, so that key meets the zero nonce once. The secret is bound to both users and to every byte of the
 * start. Diffie-Hellman alone authenticates the two: there is no signature that would prove anything to others.
 */
import { EMPTY, joinBytes } from '../../base/bytes.ts'
import { open, seal, ZERO_NONCE } from '../../crypto/aead.ts'
import { derive, hash, hkdfExtract } from '../../crypto/kdf.ts'
import {
  type Encapsulation,
  encapsulate,
  KEM,
  KEM_SEED_BYTES,
  type KemKeyPair,
  X25519_BYTES,
  x25519,
  x25519KeyPair
} from '../../crypto/kem.ts'
import { LABEL } from '../../crypto/labels.ts'
import { x25519KeyOf, x25519PairOf } from '../../crypto/montgomery.ts'
import type { SigningKey } from '../../crypto/sign.ts'
import { decodeStrict, pad, unpad } from '../../wire/codec.ts'
import { FRAME_BYTES } from '../../wire/limits.ts'
import { type SessionStart, StartContent } from '../../wire/messages.ts'
import type { PrekeyPair } from '../identity/prekeys.ts'
import type { UserRecord } from '../identity/user-record.ts'
import { type Refusal, refuse } from '../reject.ts'

type Random = (length: number) => Uint8Array

/** What both ends have in common after a start. */
export interface Agreed {
  /** 32 bytes: names the session, and everything that was said in its start. */
  readonly id: Uint8Array
  /** 32 bytes; cleared by who makes a ratchet of it. */
  readonly secret: Uint8Array
}

/** Who starts. */
export interface Initiator {
  readonly key: SigningKey
  readonly record: UserRecord
}

/**
 * Starts a session.
 *
 * @param oneTimeKey - one of the responder's record; undefined: without, and then nothing may be said before it answers.
 * @param generation - from 1.
 * @returns R-1006 when a key of the responder is unusable.
 */
export function initiate(
  self: Initiator,
  other: UserRecord,
  oneTimeKey: Uint8Array | undefined,
  generation: number,
  random: Random
): { start: SessionStart; agreed: Agreed } | Refusal {
  const seed = random(KEM_SEED_BYTES)
  const box = encapsulate(KEM.X_WING, other.prekey.xwing, seed)
  seed.fill(0)
  return box === undefined ? refuse(1006) : initiateWith(box, self, other, oneTimeKey, generation, random)
}

/** `initiate` with an encapsulation that was made before, for vectors: its randomness cannot be given. */
export function initiateWith(
  box: Encapsulation,
  self: Initiator,
  other: UserRecord,
  oneTimeKey: Uint8Array | undefined,
  generation: number,
  random: Random
): { start: SessionStart; agreed: Agreed } | Refusal {
  const seed = random(KEM_SEED_BYTES)
  const ephemeral = x25519KeyPair(seed)
  seed.fill(0)
  const content = StartContent.encode({
    record: self.record.bytes,
    ephemeral: ephemeral.publicKey,
    oneTimeKey: oneTimeKey ?? EMPTY,
    generation
  })
  const key = startKey(box.sharedSecret, other.prekey.id)
  const start = { enc: box.enc, sealed: seal(key, ZERO_NONCE, EMPTY, pad(content)) }
  key.fill(0)
  const identity = x25519PairOf(self.key)
  const secrets = [
    agree(identity, other.prekey.x25519),
    agree(ephemeral, x25519KeyOf(other.user) ?? EMPTY),
    agree(ephemeral, other.prekey.x25519),
    ...(oneTimeKey === undefined ? [] : [agree(ephemeral, oneTimeKey)])
  ]
  identity.destroy()
  ephemeral.destroy()
  const id = transcript(self.record.user, other.user, other.prekey.id, box.enc, content)
  const secret = combine(id, box.sharedSecret, secrets)
  return secret === undefined ? refuse(1006) : { start, agreed: { id, secret } }
}

/** A start that opened under a prekey of ours; its content is canonical, and not yet believed. */
export interface OpenedStart {
  readonly content: StartContent
  /** The content as it was sealed. */
  readonly bytes: Uint8Array
  /** 32 bytes; cleared by `respond`, or by who gives the start up. */
  readonly kemSecret: Uint8Array
}

/**
 * Opens a start as somebody for whom it may be.
 *
 * @returns undefined when it is for another prekey; R-1002 when it is for this one and has no canonical content.
 */
export function openStart(start: SessionStart, prekey: PrekeyPair): OpenedStart | Refusal | undefined {
  const kemSecret = prekey.xwing.decapsulate(start.enc)
  if (kemSecret === undefined) return undefined
  const key = startKey(kemSecret, prekey.public.id)
  const padded = open(key, ZERO_NONCE, EMPTY, start.sealed)
  key.fill(0)
  if (padded === undefined) {
    kemSecret.fill(0)
    return undefined
  }
  const bytes = unpad(padded)
  const content = bytes && decodeStrict(StartContent, bytes, FRAME_BYTES)
  if (content !== undefined && hasLengths(content)) return { content, bytes: bytes!, kemSecret }
  kemSecret.fill(0)
  return refuse(1002)
}

/**
 * Comes to the initiator's secret.
 *
 * @param initiator - whose valid record stands in the start.
 * @param oneTimeKey - the private half of the one-time key named; undefined when none is.
 * @returns R-1006 when a key of the initiator is of small order.
 */
export function respond(
  opened: OpenedStart,
  enc: Uint8Array,
  initiator: Uint8Array,
  self: SigningKey,
  prekey: PrekeyPair,
  oneTimeKey: KemKeyPair | undefined
): Agreed | Refusal {
  const { content, bytes, kemSecret } = opened
  const identity = x25519PairOf(self)
  const secrets = [
    agree(prekey.x25519, x25519KeyOf(initiator) ?? EMPTY),
    agree(identity, content.ephemeral),
    agree(prekey.x25519, content.ephemeral),
    ...(oneTimeKey === undefined ? [] : [agree(oneTimeKey, content.ephemeral)])
  ]
  identity.destroy()
  const id = transcript(initiator, self.publicKey, prekey.public.id, enc, bytes)
  const secret = combine(id, kemSecret, secrets)
  return secret === undefined ? refuse(1006) : { id, secret }
}

/** Generations stay below it, so that there is always room in the wire format. */
export const MAX_GENERATION = 2 ** 31

const hasLengths = ({ ephemeral, oneTimeKey, generation }: StartContent): boolean =>
  ephemeral.length === X25519_BYTES &&
  (oneTimeKey.length === 0 || oneTimeKey.length === X25519_BYTES) &&
  generation >= 1 &&
  generation <= MAX_GENERATION

const agree = (own: KemKeyPair, publicKey: Uint8Array): Uint8Array | undefined => x25519(own.seed.expose(), publicKey)

const startKey = (kemSecret: Uint8Array, prekeyId: Uint8Array): Uint8Array =>
  derive(kemSecret, LABEL.sessionStart, prekeyId)

const transcript = (
  initiator: Uint8Array,
  responder: Uint8Array,
  prekeyId: Uint8Array,
  enc: Uint8Array,
  content: Uint8Array
): Uint8Array => hash(LABEL.sessionTranscript, initiator, responder, prekeyId, enc, content)

/** @param kemSecret, secrets - cleared here. @returns undefined when one of them could be known to others. */
function combine(
  id: Uint8Array,
  kemSecret: Uint8Array,
  secrets: readonly (Uint8Array | undefined)[]
): Uint8Array | undefined {
  const whole = secrets.filter((secret) => secret !== undefined)
  const material = joinBytes(kemSecret, ...whole)
  const secret = whole.length === secrets.length ? hkdfExtract(id, material) : undefined
  for (const bytes of [kemSecret, material, ...whole]) bytes.fill(0)
  return secret
}
