/** How long frames are in a crowd: each kind is made once with real cryptography, as a real peer makes it, and measured. */

import { assert, present } from '../../base/assert.ts'
import { EMPTY } from '../../base/bytes.ts'
import type { Millis } from '../../base/time.ts'
import { certificateOf } from '../../core/channel/announcement.ts'
import type { Context } from '../../core/channel/context.ts'
import { makeDigest } from '../../core/channel/digest.ts'
import { type Frame, makeFrame } from '../../core/channel/frame.ts'
import { sealGrant } from '../../core/channel/grant.ts'
import { sealRequest } from '../../core/channel/key-request.ts'
import { sealControl } from '../../core/channel/key-schedule.ts'
import type { CheckedStatement } from '../../core/channel/statement.ts'
import { Prekeys } from '../../core/identity/prekeys.ts'
import { makeUserRecord, readUserRecord, type UserRecord } from '../../core/identity/user-record.ts'
import { sealMessage } from '../../core/member/message.ts'
import { INLINE_LOG_BYTES } from '../../core/params.ts'
import { Refusal } from '../../core/reject.ts'
import { x25519KeyPair } from '../../crypto/kem.ts'
import { signingKey } from '../../crypto/sign.ts'
import { COMMITMENT_BYTES, NONCE_BYTES, SEEN_SENDERS } from '../../wire/limits.ts'
import { Content, type KeyId, Question, StatementList } from '../../wire/messages.ts'

/** Statements in one answer to a question for the log: protocol §12. */
export const LOG_ANSWER_BYTES = 48 * 1024
/** Bytes of announcements in one answer to a question for epochs: protocol §12. */
export const EPOCHS_ANSWER_BYTES = 1024 * 1024
/** A hand-over's answer, and what a transport adds to a small frame. */
export const RECEIPT_BYTES = 64
const TEXT_BYTES = 200
const KEY: KeyId = { term: 1, serial: 1000, commitment: new Uint8Array(COMMITMENT_BYTES).fill(1) }
const HASH = new Uint8Array(32).fill(1)

export interface Sizes {
  /** A message of 200 bytes of text. */
  readonly message: number
  readonly heartbeat: number
  readonly digest: number
  readonly digestWithRecord: number
  readonly request: number
  readonly question: number
  readonly coSignature: number
}

type Bytes = (length: number) => Uint8Array

/** A record as everybody in the crowd has one: verified, with real prekeys; who it is of is replaced. */
export function recordForAll(random: Bytes, now: Millis): UserRecord {
  const key = signingKey(random(32))
  const { current: prekey } = Prekeys.create(random, now)
  const oneTimeKeys = Array.from({ length: 8 }, () => x25519KeyPair(random(32)).publicKey)
  const input = { key, seq: 1, nick: 'peer 12345', prekey, oneTimeKeys, issuedAt: now, expiresAt: prekey.notAfter }
  const record = readUserRecord(makeUserRecord(input), now)
  assert(!(record instanceof Refusal), 'a record of ours is good')
  return record
}

/** Frames of this channel. @param record - as in the crowd. */
export function measure({ self, channel, charter }: Context, record: UserRecord, random: Bytes): Sizes {
  const line = { channel, group: EMPTY }
  const ref = charter.ref
  const content = Content.decode(
    Content.encode({ writtenAt: 1, text: { text: 'x'.repeat(TEXT_BYTES), replyTo: EMPTY, isAction: false } })
  )
  const place = { lamport: 100_000, counter: 100, boot: random(16) }
  const header = { group: EMPTY, key: KEY, device: 0, previous: HASH, descriptor: ref.hash, logHead: HASH, ...place }
  const message = sealMessage(channel, self.key, header as unknown as Parameters<typeof sealMessage>[2], HASH, content)
  const beat = {
    ...{ group: EMPTY, term: 1, counter: 1000, announcement: HASH, logHead: HASH, descriptor: ref },
    ...{ isBacked: true, boot: place.boot, isFollowing: false }
  }
  const seen = Array.from({ length: SEEN_SENDERS }, () => ({ sender: HASH, group: EMPTY, lamport: 100_000 }))
  const digestWith = (known: Uint8Array): number =>
    makeDigest(self, line, KEY, HASH, { seen, logHead: HASH, record: known, descriptor: ref, ...place }, random(32))
      .bytes.length
  const asked = {
    ...{ channel, manager: self.key.publicKey, user: record.user, author: HASH, nonce: random(NONCE_BYTES) },
    ...{ oneTimeKey: HASH, descriptor: ref, logHead: HASH, lines: [{ group: EMPTY }], recordSeq: record.seq },
    ...{ recordHash: record.hash, record: record.bytes, inviteToken: random(16), admits: [] }
  }
  const sealed = present(sealRequest(asked, self.key, record.prekey, 1, random), 'a request of ours is sealed')
  const signed = { announcement: HASH, signature: random(64), promisedTerm: 1, promisedSerial: 1 }
  const coSignature = makeFrame(channel, self.key, {
    coSignature: { ...signed, group: EMPTY, attempt: 1 } as unknown as NonNullable<Frame['body']['coSignature']>
  })
  const question = Question.encode({ epochs: { channel, group: EMPTY, after: HASH, chunks: [] } })
  return {
    message: message.bytes.length,
    heartbeat: makeFrame(channel, self.key, { heartbeat: beat }).bytes.length,
    digest: digestWith(EMPTY),
    digestWithRecord: digestWith(record.bytes),
    request: makeFrame(channel, self.key, { keyRequest: sealed.body }).bytes.length,
    question: question.length,
    coSignature: coSignature.bytes.length
  }
}

/** Bytes of a frame that tells a statement. */
export function toldBytes({ self, channel }: Context, statement: CheckedStatement, random: Bytes): number {
  const list = StatementList.encode({ statements: [statement.bytes] })
  const sealed = sealControl(HASH, { channel, group: EMPTY }, 'statements', list, random(32))
  return makeFrame(channel, self.key, { statements: { key: KEY, sealed } }).bytes.length
}

/** Bytes of a grant. @param depth - of the tree. @param logBytes - all statements together. */
export function grantBytes(
  { self, channel, charter, user }: Context,
  announcement: Frame,
  record: UserRecord,
  depth: number,
  logBytes: number,
  random: Bytes
): number {
  const isLogComplete = logBytes <= INLINE_LOG_BYTES
  const content = {
    ...{ epochSecret: HASH, leaf: 0, depth, pathKeys: new Uint8Array(32 * (depth + 1)) },
    ...{ announcement: certificateOf(announcement).bytes, isLogComplete },
    ...{ statements: isLogComplete && logBytes > 0 ? [new Uint8Array(logBytes)] : [] },
    ...{ earlier: [], notAfter: 1, init: EMPTY, control: EMPTY }
  }
  const terms = { request: HASH, group: EMPTY, key: KEY, transcript: HASH, roster: HASH, logHead: HASH }
  const parties = { channel, manager: user, requester: record.user }
  const oneTime = x25519KeyPair(random(32)).publicKey
  const grant = sealGrant({ ...terms, descriptor: charter.ref }, parties, content, record.prekey, oneTime, 1, random)
  return makeFrame(channel, self.key, { grant: present(grant, 'a grant of ours is sealed') }).bytes.length
}
