/**
 * The key schedule: from the key tree's root to everything an epoch needs (RFC 9420 §8 in shape).
 *
 * Each epoch secret is made from the one before (through `init`), the new root key and the running transcript, so who lacks
 * any of the three has nothing. The epoch secret itself is not kept: what it yields is, each part for its own purpose.
 *
 * Nonces are zero: each sealing key here is used once. One comes from a fresh salt, the other serves the one announcement
 * whose key it follows from.
 */
import { EMPTY, u32, u64, utf8, zeros } from '../../base/bytes.ts'
import { open, openAtRest, seal, sealAtRest, ZERO_NONCE } from '../../crypto/aead.ts'
import { derive, hash, hkdfExtract } from '../../crypto/kdf.ts'
import { framed, LABEL } from '../../crypto/labels.ts'
import { pad, unpad } from '../../wire/codec.ts'
import { COMMITMENT_BYTES, HASH_BYTES } from '../../wire/limits.ts'
import { Announcement, type KeyId, TreeUpdate } from '../../wire/messages.ts'

/** A channel or a group in it. */
export interface Line {
  readonly channel: Uint8Array
  /** Empty for the channel's own line. */
  readonly group: Uint8Array
}

/** What an epoch secret yields; 32 bytes each but the commitment. */
export interface EpochKeys {
  /** Goes into the next epoch secret. */
  readonly init: Uint8Array
  /** Seals statements, digests and questions. */
  readonly control: Uint8Array
  /** Root of the secret tree from which message keys come. */
  readonly reading: Uint8Array
  /** Groups of the channel are built on it. */
  readonly exporter: Uint8Array
  /** 16 bytes, stands in the key id. */
  readonly commitment: Uint8Array
}

/** The transcript before the first epoch of a channel. */
export const FIRST_TRANSCRIPT: Uint8Array = zeros(HASH_BYTES)

/** @returns 32 bytes: the secret of the epoch that `transcript` ends in. */
export function epochSecretOf(init: Uint8Array, rootKey: Uint8Array, transcript: Uint8Array): Uint8Array {
  return derive(hkdfExtract(init, rootKey), LABEL.epochSecret, transcript)
}

export function epochKeysOf(epochSecret: Uint8Array, line: Line, term: number, serial: number): EpochKeys {
  const context = [line.channel, line.group, u64(term), u32(serial)]
  const reading = derive(epochSecret, LABEL.epochReading, context)
  return {
    init: derive(epochSecret, LABEL.epochInit, context),
    control: derive(epochSecret, LABEL.epochControl, context),
    reading,
    exporter: derive(epochSecret, LABEL.epochExporter, context),
    commitment: commitmentOf(reading, line, term, serial)
  }
}

/**
 * What a key id says of its key. It follows from the reading secret, and so from the epoch secret, so that whoever is given
 * the reading secret alone can tell that it is the one.
 *
 * @returns 16 bytes.
 */
export const commitmentOf = (reading: Uint8Array, line: Line, term: number, serial: number): Uint8Array =>
  derive(reading, LABEL.epochCommitment, [line.channel, line.group, u64(term), u32(serial)], COMMITMENT_BYTES)

/**
 * The transcript with one more announcement. It covers all of the head that is known before the epoch's key is: not the
 * commitment and not the payload's hash, which follow from the key; the next head's `previous` covers those.
 *
 * @param tree - a TreeUpdate, without wraps when these travel in chunks (the head has their hashes).
 */
export function transcriptAfter(
  before: Uint8Array,
  issuer: Uint8Array,
  head: Announcement,
  tree: TreeUpdate
): Uint8Array {
  const key = { term: head.key?.term ?? 0, serial: head.key?.serial ?? 0, commitment: new Uint8Array(0) }
  const known = Announcement.encode({ ...head, key, payload: new Uint8Array(0) })
  return hash(LABEL.transcript, before, issuer, known, hash(LABEL.treeHash, TreeUpdate.encode(tree)))
}

/**
 * Seals something for all members under an epoch's control key. A fresh salt makes a fresh subkey each time, so many
 * authors share the control key and no nonce repeats.
 *
 * @param random32 - 32 fresh random bytes.
 */
export function sealControl(
  control: Uint8Array,
  line: Line,
  purpose: string,
  plaintext: Uint8Array,
  random32: Uint8Array
): Uint8Array {
  return sealAtRest(control, controlContext(line, purpose), pad(plaintext), random32)
}

/** Opens what `sealControl` made; undefined when anything differs. */
export function openControl(
  control: Uint8Array,
  line: Line,
  purpose: string,
  sealed: Uint8Array
): Uint8Array | undefined {
  const padded = openAtRest(control, controlContext(line, purpose), sealed)
  return padded === undefined ? undefined : unpad(padded)
}

/**
 * Seals the statements of an announcement. There is one for each control key, so it needs neither salt nor nonce: the key
 * follows from the announcement's own head and from a root that is fresh for each (term, serial).
 */
export function sealAnnounced(control: Uint8Array, line: Line, plaintext: Uint8Array): Uint8Array {
  return seal(announcedKey(control, line), ZERO_NONCE, EMPTY, pad(plaintext))
}

/** Opens what `sealAnnounced` made; undefined when anything differs. */
export function openAnnounced(control: Uint8Array, line: Line, sealed: Uint8Array): Uint8Array | undefined {
  const padded = open(announcedKey(control, line), ZERO_NONCE, EMPTY, sealed)
  return padded === undefined ? undefined : unpad(padded)
}

const announcedKey = (control: Uint8Array, line: Line): Uint8Array =>
  derive(control, LABEL.announcedSeal, [line.channel, line.group])

const controlContext = (line: Line, purpose: string): Uint8Array =>
  framed(LABEL.controlSeal, line.channel, line.group, utf8(purpose))

/**
 * The secret of one member's leaf in a rebuilt tree: a Diffie-Hellman of the term key and the member's prekey (§7).
 *
 * @param shared - 32 bytes as `x25519` gives them.
 */
export const rebuildLeafSecret = (shared: Uint8Array, line: Line, term: number, member: Uint8Array): Uint8Array =>
  derive(hkdfExtract(line.channel, shared), LABEL.rebuildLeaf, [line.channel, line.group, u64(term), member])

/**
 * The new leaf key of a member whose leaf a PATH update refreshes: a Diffie-Hellman of the update's term key and the
 * member's prekey. Who holds all the member had before, but not this prekey, cannot follow.
 *
 * @param shared - 32 bytes as `x25519` gives them.
 */
export const refreshLeafKey = (
  shared: Uint8Array,
  line: Line,
  term: number,
  serial: number,
  member: Uint8Array
): Uint8Array =>
  derive(hkdfExtract(line.channel, shared), LABEL.refreshLeaf, [
    line.channel,
    line.group,
    u64(term),
    u32(serial),
    member
  ])

/**
 * The key of one member's leaf in a group's tree, for the first epoch of the group that stands on an epoch of the channel
 * (§9): the manager and the member compute it, nothing of it travels. Who lacks the channel's epoch has nothing of it, who
 * lacks the member's leaf neither.
 *
 * @param leafKey - 32 bytes: of the member's leaf in the channel's tree, as it is in that epoch.
 */
export const groupLeafKey = (exporter: Uint8Array, leafKey: Uint8Array, line: Line, member: Uint8Array): Uint8Array =>
  derive(hkdfExtract(exporter, leafKey), LABEL.groupLeaf, [line.channel, line.group, member])

/**
 * Stands in the first epoch of a group on an epoch of the channel where `init` of the epoch before stands elsewhere: so that
 * epoch needs none before it, and whoever is not in the channel has no part in it.
 */
export const groupInitOf = (exporter: Uint8Array, line: Line): Uint8Array =>
  derive(exporter, LABEL.groupInit, [line.channel, line.group])

/** Whether (term, serial) of `a` is above that of `b`. */
export const isHigher = (a: Pick<KeyId, 'term' | 'serial'>, b: Pick<KeyId, 'term' | 'serial'>): boolean =>
  a.term > b.term || (a.term === b.term && a.serial > b.serial)
