/**
 * The announcement: one epoch, told to everybody.
 *
 * Its head is a frame signed by the issuer; tree update and sealed statements ride along unsigned and are bound by hashes
 * in the head, so the head with its co-signatures alone is the certificate. The epoch's own key is confirmed by the
 * commitment in the key id: two keys under one (term, serial) are two announcements, which is proof of equivocation.
 */
import { EMPTY, equalBytes, mapKey, u32, u64 } from '../../base/bytes.ts'
import { WRAPPED_KEY_BYTES } from '../../crypto/aead.ts'
import { hash } from '../../crypto/kdf.ts'
import { framed, LABEL } from '../../crypto/labels.ts'
import { type SigningKey, verify } from '../../crypto/sign.ts'
import { decodeStrict } from '../../wire/codec.ts'
import { FRAME_BYTES, TERM_JUMP } from '../../wire/limits.ts'
import {
  type Announcement,
  AnnouncementAttachment,
  AnnouncementPayload,
  type Descriptor,
  type DescriptorRef,
  type KeyId,
  type Reason,
  type SignatureBy,
  StatementList,
  type TreeUpdate,
  TreeUpdateKind
} from '../../wire/messages.ts'
import { Refusal, refuse } from '../reject.ts'
import type { LogPreview } from './control-log.ts'
import { type Charter, charterAt, isManagerOf, isSameDescriptor, signaturesNeeded } from './descriptor.ts'
import type { Office } from './election.ts'
import { type Frame, makeFrame, readFrame, withAttachment } from './frame.ts'
import {
  type EpochKeys,
  epochKeysOf,
  epochSecretOf,
  type Line,
  openAnnounced,
  sealAnnounced,
  transcriptAfter
} from './key-schedule.ts'
import type { WrapAt } from './key-tree-member.ts'
import { type CheckedStatement, readStatement } from './statement.ts'

/** More wraps than this travel in chunks of so many, each a frame of its own. */
const WRAPS_PER_CHUNK = 1_000
const CHUNK_BYTES = WRAPS_PER_CHUNK * WRAPPED_KEY_BYTES

/** A frame known to be an announcement by a manager of the descriptor, with the hashes of its payload checked. */
export interface CheckedAnnouncement {
  readonly frame: Frame
  readonly head: Announcement & { key: KeyId; descriptor: DescriptorRef }
  readonly attachment: AnnouncementAttachment
  /** Absent in a certificate. */
  readonly payload: (AnnouncementPayload & { tree: TreeUpdate }) | undefined
}

/** What an epoch stands for besides its key. */
export interface EpochTerms {
  readonly line: Line
  readonly term: number
  readonly serial: number
  readonly descriptor: DescriptorRef
  /** Id of the announcement before; empty for none. */
  readonly previous: Uint8Array
  readonly reason: Reason
  /** ms since 1970 */
  readonly notAfter: number
  /** Of a group: the channel's epoch that it stands on. */
  readonly base?: KeyId
  /** Of a later serial where a quorum signs new roots: what shows its issuer to be in office, else empty. */
  readonly certificate?: Uint8Array
}

/** An epoch as its issuer has it before anything is sent. */
export interface IssuedEpoch {
  readonly announcement: Frame
  readonly chunks: readonly Frame[]
  readonly key: KeyId
  readonly epochSecret: Uint8Array
  readonly keys: EpochKeys
  readonly transcript: Uint8Array
}

/**
 * Issues an epoch: head, payload, chunks, and the key.
 *
 * @param log - the log with the statements that the announcement adds.
 * @param tree - the update that made `rootKey`; its wraps are moved into chunks when they are many.
 * @param before - `init` and transcript of the epoch before; of a group, what its base has in their place.
 */
export function issueEpoch(
  issuer: SigningKey,
  terms: EpochTerms,
  log: LogPreview,
  tree: TreeUpdate,
  rootKey: Uint8Array,
  before: { init: Uint8Array; transcript: Uint8Array }
): IssuedEpoch {
  const { line, term, serial } = terms
  const pieces = splitWraps(tree.wraps)
  const carried = pieces.length > 0 ? { ...tree, wraps: EMPTY } : tree
  const head: Announcement = {
    group: line.group,
    key: { term, serial, commitment: EMPTY },
    roster: log.roster.hash,
    logHead: log.ids.root(),
    descriptor: terms.descriptor,
    previous: terms.previous,
    reason: terms.reason,
    notAfter: terms.notAfter,
    payload: EMPTY,
    chunks: pieces.map(chunkHash),
    ...(terms.base && { base: terms.base })
  }
  const transcript = transcriptAfter(before.transcript, issuer.publicKey, head, carried)
  const epochSecret = epochSecretOf(before.init, rootKey, transcript)
  const keys = epochKeysOf(epochSecret, line, term, serial)
  const statements = StatementList.encode({ statements: log.statements.map((one) => one.bytes) })
  const sealed = sealAnnounced(keys.control, line, statements)
  const payload = AnnouncementPayload.encode({ tree: carried, sealed })
  const key = { term, serial, commitment: keys.commitment }
  const announcement = makeFrame(
    line.channel,
    issuer,
    { announcement: { ...head, key, payload: payloadHash(payload) } },
    AnnouncementAttachment.encode({ payload, coSignatures: [], certificate: terms.certificate ?? EMPTY, attempt: 0 })
  )
  const chunks = pieces.map((data, index) =>
    makeFrame(line.channel, issuer, { chunk: { announcement: announcement.id, index, data } })
  )
  return { announcement, chunks, key, epochSecret, keys, transcript }
}

/**
 * Checks what can be checked from the descriptor alone: issuer, descriptor, term, payload hash, signatures.
 *
 * @param certifiedTerm - the channel's term as adopted so far.
 * @returns.
 */
export function readAnnouncement(charter: Charter, frame: Frame, certifiedTerm: number): CheckedAnnouncement | Refusal {
  const announcement = readProposal(charter, frame, certifiedTerm)
  return announcement instanceof Refusal || isSigned(charter, announcement) ? announcement : refuse(404)
}

/** The same for one that waits for co-signatures: all but R-404. */
export function readProposal(charter: Charter, frame: Frame, certifiedTerm: number): CheckedAnnouncement | Refusal {
  const head = frame.body.announcement
  if (head?.key === undefined || head.descriptor === undefined) return refuse(405)
  if (!isManagerOf(charter.descriptor, frame.author)) return refuse(401)
  if (!isSameDescriptor(head.descriptor, charter.ref)) return refuse(402)
  if (head.group.length === 0 && head.base !== undefined) return refuse(405)
  const { term, serial } = head.key
  // What a quorum signs for its signers have looked at: they may know of promises that lead further.
  const mayLeap = head.group.length === 0 && signaturesNeeded(charter.descriptor) > 1
  const isTooFar = !mayLeap && term > certifiedTerm + TERM_JUMP
  if (term < 1 || serial < 1 || isTooFar || !Number.isSafeInteger(term)) return refuse(409)
  if (head.group.length === 0 && head.previous.length === 0 && !mayBegin(charter.descriptor, frame.author)) {
    return refuse(407)
  }
  const attachment = decodeStrict(AnnouncementAttachment, frame.attachment, FRAME_BYTES)
  if (attachment === undefined) return refuse(405)
  const payload = readPayload(head, attachment)
  if (payload instanceof Refusal) return payload
  return { frame, head: head as CheckedAnnouncement['head'], attachment, payload }
}

/** Whether this manager may issue the epoch that follows none: the founder alone, where it is one of them. */
export const mayBegin = (descriptor: Descriptor, user: Uint8Array): boolean =>
  !isManagerOf(descriptor, descriptor.founder) || equalBytes(user, descriptor.founder)

function readPayload(head: Announcement, attachment: AnnouncementAttachment): CheckedAnnouncement['payload'] | Refusal {
  if (attachment.payload.length === 0) return undefined
  if (!equalBytes(payloadHash(attachment.payload), head.payload)) return refuse(405)
  const payload = decodeStrict(AnnouncementPayload, attachment.payload, FRAME_BYTES)
  return payload?.tree === undefined ? refuse(405) : { ...payload, tree: payload.tree }
}

/**
 * A new root has as many signatures as the descriptor asks for. The founder begins alone. A pure step needs its issuer
 * alone and carries the certificate of its term's first epoch: what shows that this issuer is in office. A group's epoch
 * stands on one of the channel by the same issuer.
 */
function isSigned(charter: Charter, announcement: CheckedAnnouncement): boolean {
  const { frame, head, attachment, payload } = announcement
  const needed = signaturesNeeded(charter.descriptor)
  if (needed === 1 || head.group.length > 0 || isBeginning(charter.descriptor, frame)) return true
  const mayBeStep = head.key.serial > 1 && (payload === undefined || payload.tree.kind === TreeUpdateKind.STEP)
  if (mayBeStep && attachment.certificate.length > 0) return provesOffice(charter, announcement)
  return signersOf(charter.descriptor, announcement).length >= needed
}

/** The first epoch of all, by the founder: of the first term, or a founder could take any office alone. */
function isBeginning({ founder }: Descriptor, { author, body }: Frame): boolean {
  const { previous, key } = body.announcement!
  return previous.length === 0 && key!.term === 1 && key!.serial === 1 && equalBytes(author, founder)
}

/** Whether the certificate that an announcement carries is of its term's first epoch, by the same issuer. */
export function provesOffice(charter: Charter, { frame, head, attachment }: CheckedAnnouncement): boolean {
  const proven = offices.get(charter)
  if (proven !== undefined && equalBytes(proven.certificate, attachment.certificate)) {
    return proven.term === head.key.term && equalBytes(proven.manager, frame.author)
  }
  const first = readFrame(charter.channel, attachment.certificate)
  const key = first instanceof Refusal ? undefined : first?.body.announcement?.key
  if (first === undefined || first instanceof Refusal || key?.serial !== 1 || key.term !== head.key.term) return false
  if (readAnnouncement(charter, first, key.term) instanceof Refusal) return false
  offices.set(charter, { certificate: attachment.certificate, term: key.term, manager: first.author })
  return equalBytes(first.author, frame.author)
}

/** The office that an announcement with its signatures shows. */
export const officeOf = ({ head, frame }: CheckedAnnouncement): Office => ({
  version: head.descriptor.version,
  term: head.key.term,
  manager: frame.author
})

/** The last certificate that was good: every step of a term carries the same. */
const offices = new WeakMap<Charter, Pick<Office, 'term' | 'manager'> & { readonly certificate: Uint8Array }>()

/** Issuer and co-signers whose signatures hold, each once. */
export function signersOf(descriptor: Descriptor, { frame, head, attachment }: CheckedAnnouncement): Uint8Array[] {
  const known = signers.get(frame)
  if (known !== undefined) return known
  const signed = coSignedBytes(frame, head.group, head.key)
  const coSigners = attachment.coSignatures
    .filter(({ signer, signature }) => isManagerOf(descriptor, signer) && verify(signer, signed, signature))
    .map(({ signer }) => signer)
  const found = [...new Map([frame.author, ...coSigners].map((signer) => [mapKey(signer), signer])).values()]
  signers.set(frame, found)
  return found
}

/** Each frame is verified once; the descriptor that it names does not change. */
const signers = new WeakMap<Frame, Uint8Array[]>()

/** What a co-signature covers. */
export const coSignedBytes = (frame: Frame, group: Uint8Array, key: KeyId): Uint8Array =>
  framed(LABEL.coSign, frame.channel, group, frame.id, u64(key.term), u32(key.serial))

/** An announcement with the co-signatures that its quorum gave. */
export const withCoSignatures = (announcement: Frame, coSignatures: SignatureBy[]): Frame =>
  attached(announcement, { coSignatures, certificate: EMPTY })

/** A proposal as it is sent for the n-th time. */
export const asAttempt = (announcement: Frame, attempt: number): Frame => attached(announcement, { attempt })

/** How often a proposal was sent before; 0 where it does not say. */
export const attemptOf = (announcement: Frame): number =>
  decodeStrict(AnnouncementAttachment, announcement.attachment, FRAME_BYTES)?.attempt ?? 0

/** The same announcement with some of what is not signed replaced. */
function attached(announcement: Frame, changes: Partial<AnnouncementAttachment>): Frame {
  const attachment = decodeStrict(AnnouncementAttachment, announcement.attachment, FRAME_BYTES)
  const { payload = EMPTY, coSignatures = [], certificate = EMPTY, attempt = 0 } = attachment ?? {}
  const fields = { payload, coSignatures, certificate, attempt, ...changes }
  return withAttachment(announcement, AnnouncementAttachment.encode(fields))
}

/** The head with its signatures, without tree and statements: all that proves the epoch. */
export const certificateOf = (announcement: Frame): Frame => attached(announcement, { payload: EMPTY })

/** Reads a certificate that came inside something else. */
export function readCertificate(
  charter: Charter,
  bytes: Uint8Array,
  certifiedTerm: number
): CheckedAnnouncement | Refusal {
  const frame = readFrame(charter.channel, bytes)
  if (frame === undefined || frame instanceof Refusal) return refuse(405)
  return readAnnouncement(charter, frame, certifiedTerm)
}

/** The keys of an announced epoch for a member that has the root; R-408 when they do not match the commitment. */
export function confirmKeys(
  announcement: CheckedAnnouncement,
  line: Line,
  tree: TreeUpdate,
  rootKey: Uint8Array,
  before: { init: Uint8Array; transcript: Uint8Array }
): { keys: EpochKeys; transcript: Uint8Array } | Refusal {
  const { frame, head } = announcement
  const transcript = transcriptAfter(before.transcript, frame.author, head, tree)
  const keys = epochKeysOf(epochSecretOf(before.init, rootKey, transcript), line, head.key.term, head.key.serial)
  return equalBytes(keys.commitment, head.key.commitment) ? { keys, transcript } : refuse(408)
}

/** The statements of an announcement, opened and checked one by one; R-410. */
export function openStatements(line: Line, sealed: Uint8Array, control: Uint8Array): CheckedStatement[] | Refusal {
  return readStatementList(line, openAnnounced(control, line, sealed))
}

/** The statements of an opened list; R-410 when it does not decode, or what is wrong with the first bad one. */
export function readStatementList(line: Line, bytes: Uint8Array | undefined): CheckedStatement[] | Refusal {
  const list = bytes && decodeStrict(StatementList, bytes, FRAME_BYTES)
  if (list === undefined) return refuse(410)
  const statements: CheckedStatement[] = []
  for (const one of list.statements) {
    const statement = readStatement(line.channel, one)
    if (statement instanceof Refusal) return statement
    statements.push(statement)
  }
  return statements
}

/**
 * Who signed two announcements for one (term, serial) of a line, as issuer or co-signer: a proof that it lied, R-414.
 *
 * @returns undefined for none.
 */
export function equivocatorOf(
  descriptor: Descriptor,
  a: CheckedAnnouncement,
  b: CheckedAnnouncement
): Uint8Array | undefined {
  const isOneNumber = a.head.key.term === b.head.key.term && a.head.key.serial === b.head.key.serial
  if (!isOneNumber || !equalBytes(a.head.group, b.head.group) || equalBytes(a.frame.id, b.frame.id)) return undefined
  if (equalBytes(a.frame.author, b.frame.author)) return a.frame.author
  const others = signersOf(descriptor, b)
  return signersOf(descriptor, a).find((signer) => others.some((other) => equalBytes(other, signer)))
}

/** Reads one side of such a proof, under the version that it names: signatures count, certified or not.. */
export function readSide(charter: Charter, bytes: Uint8Array): CheckedAnnouncement | Refusal {
  const frame = readFrame(charter.channel, bytes)
  if (frame === undefined || frame instanceof Refusal) return refuse(405)
  return readProposal(charterNamed(charter, frame), frame, frame.body.announcement?.key?.term ?? 0)
}

/** The charter at the version that an announcement names, where it is one of ours. */
export function charterNamed(charter: Charter, { body }: Frame): Charter {
  const ref = body.announcement?.descriptor
  return (ref && charterAt(charter, ref)) ?? charter
}

export const payloadHash = (payload: Uint8Array): Uint8Array => hash(LABEL.payloadHash, payload)

/** The hash in the head that a chunk's data must have. */
export const chunkHash = (data: Uint8Array): Uint8Array => hash(LABEL.chunkHash, data)

function splitWraps(wraps: Uint8Array): Uint8Array[] {
  if (wraps.length <= CHUNK_BYTES) return []
  const pieces: Uint8Array[] = []
  for (let at = 0; at < wraps.length; at += CHUNK_BYTES) pieces.push(wraps.slice(at, at + CHUNK_BYTES))
  return pieces
}

/**
 * Which chunks hold these wraps.
 *
 * @param wraps - running numbers, ascending.
 * @returns indexes of chunks, ascending.
 */
export const chunksWith = (wraps: readonly number[]): number[] => [
  ...new Set(wraps.map((wrap) => Math.floor(wrap / WRAPS_PER_CHUNK)))
]

/**
 * Finds wraps in chunks.
 *
 * @param dataAt - the data of the chunk with this index, as far as it has come.
 */
export const wrapsInChunks =
  (dataAt: (index: number) => Uint8Array | undefined): WrapAt =>
  (wrap) => {
    const start = (wrap % WRAPS_PER_CHUNK) * WRAPPED_KEY_BYTES
    return dataAt(Math.floor(wrap / WRAPS_PER_CHUNK))?.subarray(start, start + WRAPPED_KEY_BYTES)
  }
