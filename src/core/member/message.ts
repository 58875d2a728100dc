/**
 * A message: sealed by its sender under one key of the epoch's secret tree, opened by every member.
 *
 * Each message key seals one message. The nonce is made from the key and the plaintext, so that even a running process that
 * was cloned, and says two things under one key, repeats no (key, nonce). The cipher does not commit to its key, so a
 * commitment stands in the signed bytes and is compared before anything is opened.
 */
import { EMPTY, equalBytes, joinBytes } from '../../base/bytes.ts'
import { AEAD_NONCE_BYTES, open, seal } from '../../crypto/aead.ts'
import { derive } from '../../crypto/kdf.ts'
import { framed, LABEL } from '../../crypto/labels.ts'
import type { SigningKey } from '../../crypto/sign.ts'
import { decodeStrict, pad, unpad } from '../../wire/codec.ts'
import { FRAME_BYTES } from '../../wire/limits.ts'
import { Content, Message, type PlainMessage } from '../../wire/messages.ts'
import { isContent } from '../channel/content.ts'
import { type Frame, makeFrame } from '../channel/frame.ts'
import { type Refusal, refuse } from '../reject.ts'

/** What stands in a message's header; all of it is bound. */
export type MessageHeader = Omit<Message, 'commitment' | 'sealed'>

/**
 * Seals and signs a message.
 *
 * @param messageKey - 32 bytes, for this message alone.
 * @param content - within the limits of `isContent`.
 */
export function sealMessage(
  channel: Uint8Array,
  author: SigningKey,
  header: MessageHeader,
  messageKey: Uint8Array,
  content: Content
): Frame {
  const aad = messageAad(channel, author.publicKey, header)
  const plaintext = pad(Content.encode(content))
  const nonce = derive(messageKey, LABEL.messageNonce, plaintext, AEAD_NONCE_BYTES)
  const sealed = joinBytes(nonce, seal(derive(messageKey, LABEL.messageKey, EMPTY), nonce, aad, plaintext))
  const commitment = derive(messageKey, LABEL.messageCommitment, aad)
  return makeFrame(channel, author, { message: { ...header, commitment, sealed } })
}

/**
 * Opens a message.
 *
 * @param messageKey - the key its chain gives for its counter.
 * @returns when commitment, seal or content do not hold.
 */
export function openMessage(frame: Frame, message: Message, messageKey: Uint8Array): Content | Refusal {
  const aad = messageAad(frame.channel, frame.author, message)
  if (!equalBytes(derive(messageKey, LABEL.messageCommitment, aad), message.commitment)) return refuse(704)
  if (message.sealed.length <= AEAD_NONCE_BYTES) return refuse(705)
  const nonce = message.sealed.subarray(0, AEAD_NONCE_BYTES)
  const key = derive(messageKey, LABEL.messageKey, EMPTY)
  const plaintext = open(key, nonce, aad, message.sealed.subarray(AEAD_NONCE_BYTES))
  if (plaintext === undefined) return refuse(705)
  const bytes = unpad(plaintext)
  const content = bytes && decodeStrict(Content, bytes, FRAME_BYTES)
  return content !== undefined && isContent(content) ? content : refuse(706)
}

/** Signs a message that everybody may read. It has a kind and a label of its own: nothing sealed can pose as it. */
export const makePlainMessage = (channel: Uint8Array, author: SigningKey, message: PlainMessage): Frame =>
  makeFrame(channel, author, { plainMessage: message })

function messageAad(channel: Uint8Array, author: Uint8Array, header: MessageHeader): Uint8Array {
  const bytes = Message.encode({ ...header, commitment: EMPTY, sealed: EMPTY })
  return framed(LABEL.messageAad, channel, author, bytes)
}
