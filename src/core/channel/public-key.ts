/**
 * A question for a member's user record through the channel, and the key manager's answer (protocol §10).
 *
 * The question is sealed to all members under the control key, the answer to the asker alone: HPKE to a key made for this
 * question, bound to channel, question, asker and manager. The record in it is signed by its own user, so the manager's word
 * adds nothing. Each box comes from a fresh encapsulation, so no nonce repeats.
 */
import { EMPTY } from '../../base/bytes.ts'
import { hpkeOpen, hpkeSeal } from '../../crypto/hpke.ts'
import { KEM, type KemKeyPair, X25519_BYTES, x25519, x25519KeyPair } from '../../crypto/kem.ts'
import { framed, LABEL } from '../../crypto/labels.ts'
import { decodeStrict, pad, unpad } from '../../wire/codec.ts'
import { FRAME_BYTES, NICK_BYTES, NONCE_BYTES, USER_BYTES } from '../../wire/limits.ts'
import {
  type KeyId,
  type PublicKeyAnswer,
  PublicKeyAnswerContent,
  type PublicKeyRequest,
  PublicKeyRequestContent
} from '../../wire/messages.ts'
import { type Refusal, refuse } from '../reject.ts'
import { openControl, sealControl } from './key-schedule.ts'

/** Sealing purpose of a question. */
const PURPOSE = 'public-key'

/** Between whom an answer goes. */
export interface AnswerParties {
  readonly channel: Uint8Array
  /** 32 bytes: the frame of the question. */
  readonly request: Uint8Array
  readonly asker: Uint8Array
  readonly manager: Uint8Array
}

/** Seals a question under the control key of the epoch named. */
export function sealQuestion(
  channel: Uint8Array,
  { key, control }: { readonly key: KeyId; readonly control: Uint8Array },
  content: PublicKeyRequestContent,
  random: (length: number) => Uint8Array
): PublicKeyRequest {
  const plaintext = PublicKeyRequestContent.encode(content)
  return { key, sealed: sealControl(control, { channel, group: EMPTY }, PURPOSE, plaintext, random(32)) }
}

/**
 * Opens a question.
 *
 * @returns R-901 when it does not open, or does not ask for one user, by id or by nick, with a usable key for the answer.
 */
export function openQuestion(
  channel: Uint8Array,
  control: Uint8Array,
  sealed: Uint8Array
): PublicKeyRequestContent | Refusal {
  const bytes = openControl(control, { channel, group: EMPTY }, PURPOSE, sealed)
  const content = bytes && decodeStrict(PublicKeyRequestContent, bytes, FRAME_BYTES)
  if (content === undefined || content.nonce.length !== NONCE_BYTES) return refuse(901)
  const { user, nick, oneTimeKey } = content
  const isOneSubject = nick === '' ? user.length === USER_BYTES : user.length === 0 && nick.length <= NICK_BYTES
  return isOneSubject && isUsable(oneTimeKey) ? content : refuse(901)
}

const PROBE = x25519KeyPair(new Uint8Array(X25519_BYTES).fill(1))

const isUsable = (key: Uint8Array): boolean => x25519(PROBE.seed.expose(), key) !== undefined

/**
 * Seals an answer.
 *
 * @param record - the user's own signed record; empty: there is none.
 * @returns undefined when the asker's key is unusable.
 */
export function sealAnswer(
  parties: AnswerParties,
  oneTimeKey: Uint8Array,
  record: Uint8Array,
  random: (length: number) => Uint8Array
): PublicKeyAnswer | undefined {
  const box = hpkeSeal({
    kem: KEM.X25519,
    recipientPublicKey: oneTimeKey,
    info: answerInfo(parties),
    aad: EMPTY,
    plaintext: pad(PublicKeyAnswerContent.encode({ record })),
    ephemeralSeed: random(32)
  })
  return box && { request: parties.request, enc: box.enc, sealed: box.ciphertext }
}

/** The record in an answer, unread; empty for none; R-905 when it does not open with everything it binds. */
export function openAnswer(
  parties: AnswerParties,
  { enc, sealed }: PublicKeyAnswer,
  recipient: KemKeyPair
): Uint8Array | Refusal {
  const padded = hpkeOpen({ recipient, enc, info: answerInfo(parties), aad: EMPTY, ciphertext: sealed })
  const bytes = padded && unpad(padded)
  return (bytes && decodeStrict(PublicKeyAnswerContent, bytes, FRAME_BYTES))?.record ?? refuse(905)
}

const answerInfo = ({ channel, request, asker, manager }: AnswerParties): Uint8Array =>
  framed(LABEL.publicKeyInfo, channel, request, asker, manager)
