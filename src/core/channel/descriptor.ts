/**
 * The descriptor: what a channel is, signed by its founder.
 *
 * The channel id is the hash of founder and salt, so it certifies its founder. Versions form a hash chain that only the
 * founder, or enough of the recovery keys named in the version before, can lengthen. A client pins the highest version it
 * has seen and never takes an older one, nor another of the same number.
 */
import { equalBytes, utf8 } from '../../base/bytes.ts'
import { UsageError } from '../../base/errors.ts'
import { SECOND_MS } from '../../base/time.ts'
import { hash } from '../../crypto/kdf.ts'
import { framed, LABEL } from '../../crypto/labels.ts'
import { isStrictPublicKey, type SigningKey, sign, verify } from '../../crypto/sign.ts'
import { decodeStrict } from '../../wire/codec.ts'
import {
  CHANNEL_NAME_BYTES,
  CHANNEL_NAME_GRAPHEMES,
  DESCRIPTOR_BYTES,
  DESCRIPTOR_CHAIN_BYTES,
  HASH_BYTES,
  MANAGERS,
  MEMBER_MANAGERS,
  NICK_BYTES
} from '../../wire/limits.ts'
import {
  Admission,
  Authentication,
  Descriptor,
  DescriptorChain,
  type DescriptorRef,
  HistoryPolicy,
  PartitionPolicy,
  Privacy,
  type SignedDescriptor,
  TimingProfile
} from '../../wire/messages.ts'
import type { ChannelChanges, ChannelSettings } from '../command.ts'
import {
  FENCE_MS,
  FENCE_RANGE_MS,
  GRACE_MS,
  IDLE_MS,
  KEY_LIFETIME_MS,
  KEY_LIFETIME_RANGE_MS,
  STEP_MS
} from '../params.ts'
import { Refusal, refuse } from '../reject.ts'

/** Bits of `Descriptor.withoutTriggers`: what a channel may do without as a reason for a new key (§8). */
export const OPTIONAL_TRIGGERS = { firstMember: 1, prekeyRotation: 2 } as const
const ALL_OPTIONAL_TRIGGERS = 3

/** The one suite of version 1: Ed25519, X25519, X-Wing, HKDF-SHA256, ChaCha20-Poly1305, AES-256 key wrap. */
export const SUITE = 1

const SALT_BYTES = 16

/** A verified chain of versions. */
export interface Charter {
  readonly channel: Uint8Array
  /** The newest version. */
  readonly descriptor: Descriptor
  readonly ref: DescriptorRef
  /** Every version, first to newest, and the hash of each. */
  readonly versions: readonly Descriptor[]
  readonly hashes: readonly Uint8Array[]
  /** Everybody who was ever allowed to make statements or epochs, for judging old ones. */
  readonly authorities: readonly Uint8Array[]
  /** A DescriptorChain. */
  readonly bytes: Uint8Array
}

/** @returns the 32-byte id that certifies founder and salt. */
export const channelIdOf = (founder: Uint8Array, salt: Uint8Array): Uint8Array => hash(LABEL.channelId, founder, salt)

const descriptorHash = (content: Uint8Array): Uint8Array => hash(LABEL.descriptorHash, content)

/**
 * Founds a channel.
 *
 * @param salt - 16 random bytes; not kept.
 * @throws {UsageError} when a setting is out of its range.
 */
export function foundChannel(founder: SigningKey, settings: ChannelSettings, salt: Uint8Array): Charter {
  const descriptor: Descriptor = {
    founder: founder.publicKey,
    salt,
    version: 1,
    previous: new Uint8Array(0),
    name: (settings.name ?? '').normalize('NFC').trim(),
    suite: SUITE,
    managers: settings.managers !== undefined && settings.managers.length > 0 ? settings.managers : [founder.publicKey],
    quorum: settings.quorum ?? 0,
    memberManagers: settings.memberManagers ?? [],
    admission: settings.admission ?? Admission.BY_INVITE,
    authentication: settings.authentication ?? Authentication.BY_SIGNATURE,
    privacy: settings.privacy ?? Privacy.ENCRYPTED,
    history: settings.history ?? HistoryPolicy.NONE,
    partition: settings.partition ?? PartitionPolicy.CONTINUE,
    timing: settings.timing ?? TimingProfile.LOCAL,
    keyLifetimeSeconds: settings.keyLifetimeSeconds ?? KEY_LIFETIME_MS / SECOND_MS,
    stepSeconds: settings.stepSeconds ?? STEP_MS / SECOND_MS,
    graceSeconds: settings.graceSeconds ?? GRACE_MS / SECOND_MS,
    idleSeconds: settings.idleSeconds ?? IDLE_MS / SECOND_MS,
    fenceSeconds: settings.fenceSeconds ?? FENCE_MS / SECOND_MS,
    retentionSeconds: settings.retentionSeconds ?? 0,
    recoveryKeys: [],
    recoveryThreshold: 0,
    maxMembers: settings.maxMembers ?? 0,
    withoutTriggers: settings.withoutTriggers ?? 0
  }
  return signedBy(founder, channelIdOf(founder.publicKey, salt), [], descriptor)
}

/**
 * Makes the next version of a channel's descriptor. What was promised about messages, privacy and history, stays.
 *
 * @throws {UsageError} when it would be none that everybody takes, or says nothing new.
 */
export function amendChannel(founder: SigningKey, charter: Charter, changes: ChannelChanges): Charter {
  const { addManagers, removeManagers, addMemberManagers, removeMemberManagers, name, ...settings } = changes
  const before = charter.descriptor
  const changed: Descriptor = {
    ...before,
    ...settings,
    name: (name ?? before.name).normalize('NFC').trim(),
    managers: changedList(before.managers, addManagers, removeManagers),
    memberManagers: changedList(before.memberManagers, addMemberManagers, removeMemberManagers)
  }
  if (equalBytes(Descriptor.encode(changed), Descriptor.encode(before))) {
    throw new UsageError('NOTHING_TO_CHANGE', 'The channel has these settings already. Nothing was changed.')
  }
  const next = { ...changed, version: charter.ref.version + 1, previous: charter.ref.hash }
  return signedBy(founder, charter.channel, DescriptorChain.decode(charter.bytes).versions, next)
}

function changedList(
  before: readonly Uint8Array[],
  added: readonly Uint8Array[] = [],
  removed: readonly Uint8Array[] = []
): Uint8Array[] {
  const isIn = (list: readonly Uint8Array[], user: Uint8Array): boolean => list.some((one) => equalBytes(one, user))
  if (!removed.every((user) => isIn(before, user))) {
    throw new UsageError('NOT_NAMED', 'The channel names no such manager. Nothing was changed.')
  }
  return [...before.filter((user) => !isIn(removed, user)), ...added.filter((user) => !isIn(before, user))]
}

/** The chain with one version more, signed by the founder. @throws {UsageError} when readers would refuse it. */
function signedBy(
  founder: SigningKey,
  channel: Uint8Array,
  before: readonly SignedDescriptor[],
  descriptor: Descriptor
): Charter {
  if (!isSane(descriptor)) {
    throw new UsageError(
      'BAD_CHANNEL_SETTINGS',
      'These settings do not make a channel: a name has 1 to 64 characters, managers are one to seven distinct users, ' +
        'a quorum is more than half of them, a key lives between a minute and thirty days, and a fence is ten minutes ' +
        'to seven days.'
    )
  }
  const content = Descriptor.encode(descriptor)
  const signature = sign(founder, framed(LABEL.descriptorSign, content))
  const version = { content, signatures: [{ signer: founder.publicKey, signature }] }
  const charter = readCharter(channel, DescriptorChain.encode({ versions: [...before, version] }))
  if (charter instanceof Refusal) throw new UsageError('BAD_CHANNEL_SETTINGS', 'The settings do not fit a descriptor.')
  return charter
}

/**
 * Checks a chain of versions against the id it must certify.
 *
 * @param bytes - a DescriptorChain; kept.
 * @returns the charter, or.
 */
export function readCharter(channel: Uint8Array, bytes: Uint8Array): Charter | Refusal {
  const chain = decodeStrict(DescriptorChain, bytes, DESCRIPTOR_CHAIN_BYTES)
  if (chain === undefined || chain.versions.length === 0) return refuse(201)
  const versions: Descriptor[] = []
  const hashes: Uint8Array[] = []
  const authorities = new Map<string, Uint8Array>()
  for (const version of chain.versions) {
    const next = decodeStrict(Descriptor, version.content, DESCRIPTOR_BYTES)
    if (next === undefined || next.suite !== SUITE) return refuse(201)
    if (!equalBytes(channelIdOf(next.founder, next.salt), channel)) return refuse(202)
    if (!isSane(next)) return refuse(205)
    if (next.version !== hashes.length + 1) return refuse(204)
    if (!equalBytes(next.previous, hashes.at(-1) ?? new Uint8Array(0))) return refuse(204)
    if (!isSigned(version, next, versions.at(-1))) return refuse(203)
    for (const user of [next.founder, ...next.managers, ...next.memberManagers]) authorities.set(user.join(), user)
    hashes.push(descriptorHash(version.content))
    versions.push(next)
  }
  const ref = { version: hashes.length, hash: hashes.at(-1)! }
  return { channel, descriptor: versions.at(-1)!, ref, versions, hashes, authorities: [...authorities.values()], bytes }
}

/** The charter as it was at one of its versions; undefined for a version that is none of them. */
export function charterAt(charter: Charter, ref: DescriptorRef): Charter | undefined {
  const [descriptor, hash] = [charter.versions[ref.version - 1], charter.hashes[ref.version - 1]]
  if (descriptor === undefined || hash === undefined || !equalBytes(hash, ref.hash)) return undefined
  return { ...charter, descriptor, ref }
}

/**
 * Whether a chain that was found may replace the pinned one.
 *
 * @returns R-206 when it is older, or another chain of the same or a longer length.
 */
export function succeeds(found: Charter, pinned: Charter): Refusal | undefined {
  if (found.hashes.length < pinned.hashes.length) return refuse(206)
  return pinned.hashes.every((hash, i) => equalBytes(hash, found.hashes[i]!)) ? undefined : refuse(206)
}

/** Whether two references name the same version. */
export const isSameDescriptor = (a: DescriptorRef, b: DescriptorRef): boolean =>
  a.version === b.version && equalBytes(a.hash, b.hash)

/** Whether this user is one of the managers. */
export const isManagerOf = (descriptor: Descriptor, user: Uint8Array): boolean =>
  descriptor.managers.some((manager) => equalBytes(manager, user))

/** Whether this user may make statements about others: founder, managers and member managers may. */
export const mayStateAboutOthers = ({ founder, managers, memberManagers }: Descriptor, user: Uint8Array): boolean =>
  [founder, ...managers, ...memberManagers].some((one) => equalBytes(one, user))

/** Signatures that a new root needs: as the quorum rule says, else a majority of 3 – 7 managers, else one (§7). */
export function signaturesNeeded(descriptor: Descriptor): number {
  const { managers, quorum } = descriptor
  if (quorum > 0) return quorum
  return managers.length >= 3 ? Math.floor(managers.length / 2) + 1 : 1
}

/** The first version speaks for itself by the founder alone; a later one by the founder or the recovery keys before it. */
function isSigned(version: SignedDescriptor, next: Descriptor, before: Descriptor | undefined): boolean {
  const signed = framed(LABEL.descriptorSign, version.content)
  const isBy = (user: Uint8Array): boolean =>
    version.signatures.some((by) => equalBytes(by.signer, user) && verify(user, signed, by.signature))
  if (isBy(next.founder)) return true
  if (before === undefined) return false
  const { recoveryKeys, recoveryThreshold } = before
  return recoveryThreshold > 0 && recoveryKeys.filter(isBy).length >= recoveryThreshold
}

const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' })
/** Control, format, surrogate, private and unassigned characters, and line separators, have no place in a name. */
const UNFIT_FOR_NAME = /[\p{C}\p{Zl}\p{Zp}]/u

function isName(name: string): boolean {
  if (name.length === 0 || name !== name.normalize('NFC') || name !== name.trim()) return false
  if (UNFIT_FOR_NAME.test(name) || utf8(name).length > CHANNEL_NAME_BYTES) return false
  return [...graphemes.segment(name)].length <= CHANNEL_NAME_GRAPHEMES
}

/** Whether a group may be called so: as a channel, as far as a statement has room. */
export const isGroupName = (name: string): boolean => isName(name) && utf8(name).length <= NICK_BYTES

const areDistinctUsers = (users: readonly Uint8Array[]): boolean =>
  users.every(isStrictPublicKey) && new Set(users.map((user) => user.join())).size === users.length

const isWithin = (seconds: number, [least, most]: readonly [number, number]): boolean =>
  seconds * SECOND_MS >= least && seconds * SECOND_MS <= most

function isSane(d: Descriptor): boolean {
  return (
    isStrictPublicKey(d.founder) &&
    d.salt.length === SALT_BYTES &&
    (d.previous.length === 0 || d.previous.length === HASH_BYTES) &&
    isName(d.name) &&
    d.managers.length >= 1 &&
    d.managers.length <= MANAGERS &&
    areDistinctUsers(d.managers) &&
    d.quorum <= d.managers.length &&
    (d.quorum === 0 || d.quorum * 2 > d.managers.length) &&
    d.memberManagers.length <= MEMBER_MANAGERS &&
    areDistinctUsers(d.memberManagers) &&
    areDistinctUsers(d.recoveryKeys) &&
    d.recoveryKeys.length <= MANAGERS &&
    d.recoveryThreshold <= d.recoveryKeys.length &&
    isWithin(d.keyLifetimeSeconds, KEY_LIFETIME_RANGE_MS) &&
    isWithin(d.fenceSeconds, FENCE_RANGE_MS) &&
    d.graceSeconds * SECOND_MS <= KEY_LIFETIME_RANGE_MS[1] &&
    d.withoutTriggers <= ALL_OPTIONAL_TRIGGERS
  )
}

/** A fresh salt's length, for `foundChannel`. */
export const CHANNEL_SALT_BYTES = SALT_BYTES
