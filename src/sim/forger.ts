/**
 * Epochs that a lying manager makes up: one that goes on from the epoch in force by a step of the tree, which whoever has
 * the key can make, with one thing in it that nobody is to believe. All else holds: the key is the one that follows.
 */
import { EMPTY, equalBytes } from '../base/bytes.ts'
import { certificateOf, payloadHash } from '../core/channel/announcement.ts'
import { type Frame, makeFrame } from '../core/channel/frame.ts'
import { epochKeysOf, epochSecretOf, sealAnnounced, transcriptAfter } from '../core/channel/key-schedule.ts'
import { MemberTree } from '../core/channel/key-tree-member.ts'
import { type SigningKey, signingKey } from '../crypto/sign.ts'
import {
  type Announcement,
  AnnouncementAttachment,
  AnnouncementPayload,
  StatementList,
  type TreeUpdate,
  TreeUpdateKind
} from '../wire/messages.ts'
import type { EpochRow } from '../wire/rows.ts'

/**
 * By nobody who may issue; of a term below the one in force; of a new term, and not its first; of a term that nobody signed;
 * with another's certificate; following none; of the term in force, by another than its issuer.
 */
export const FORGERIES = [
  'no manager',
  'lower term',
  'late serial',
  'unsigned root',
  'borrowed certificate',
  'first epoch',
  'other issuer'
] as const
export type Forgery = (typeof FORGERIES)[number]

type Random = (length: number) => Uint8Array

/** Where an epoch goes on from. */
type Before = Pick<EpochRow, 'init' | 'transcript'>

export const STEP: Omit<TreeUpdate, 'depth'> = {
  kind: TreeUpdateKind.STEP,
  added: [],
  removed: [],
  refreshed: [],
  hasFreshRoot: false,
  present: EMPTY,
  wraps: EMPTY,
  termKey: EMPTY,
  encapsulations: EMPTY
}

const LATE_SERIAL = 5

/**
 * @param epoch - in force at the liar.
 * @param announcement - its announcement.
 * @returns undefined where this forgery would be none.
 */
export function forge(
  forgery: Forgery,
  liar: SigningKey,
  epoch: EpochRow,
  announcement: Frame,
  random: Random
): Frame | undefined {
  const head = announcement.body.announcement!
  const number = numberOf(forgery, epoch)
  const before = MemberTree.import(epoch.tree)
  const isOwn = equalBytes(epoch.issuer, liar.publicKey)
  if (before === undefined || number.term < 1 || (isOwn && forgery === 'other issuer')) return undefined
  const { channel } = announcement
  const update: TreeUpdate = { ...STEP, depth: before.depth }
  const tree = before.apply(update, { channel, group: EMPTY, ...number })
  if (tree === undefined) return undefined
  const issuer = forgery === 'no manager' ? signingKey(random(32)) : liar
  const previous = forgery === 'first epoch' ? EMPTY : announcement.id
  const said = { ...head, previous, chunks: [], key: { ...number, commitment: EMPTY } }
  const certificate = forgery === 'borrowed certificate' ? certificateOf(announcement).bytes : EMPTY
  const statements = StatementList.encode({ statements: [] })
  return announceAs(issuer, channel, said, update, tree.rootKey, epoch, { statements, certificate })
}

/** Another for each epoch in force: two for one number would be a lie of another kind. */
function numberOf(forgery: Forgery, { term, serial }: EpochRow): { readonly term: number; readonly serial: number } {
  switch (forgery) {
    case 'lower term':
      return { term: term - 1, serial: 1 }
    case 'other issuer':
      return { term, serial: serial + 1 }
    case 'late serial':
    case 'borrowed certificate':
      return { term: term + serial, serial: LATE_SERIAL }
    default:
      return { term: term + serial, serial: 1 }
  }
}

/**
 * An announcement whose head says anything, and the key that follows from that.
 *
 * @param statements - a list of them, as bytes.
 * @param sealed - in place of the statements under that key.
 */
export function announceAs(
  issuer: SigningKey,
  channel: Uint8Array,
  head: Announcement,
  tree: TreeUpdate,
  rootKey: Uint8Array,
  before: Before,
  { statements, certificate, sealed }: { statements: Uint8Array; certificate: Uint8Array; sealed?: Uint8Array }
): Frame {
  const line = { channel, group: EMPTY }
  const { term, serial } = head.key!
  const transcript = transcriptAfter(before.transcript, issuer.publicKey, head, tree)
  const keys = epochKeysOf(epochSecretOf(before.init, rootKey, transcript), line, term, serial)
  const payload = AnnouncementPayload.encode({ tree, sealed: sealed ?? sealAnnounced(keys.control, line, statements) })
  const key = { term, serial, commitment: keys.commitment }
  const announcement = { ...head, key, payload: payloadHash(payload) }
  const attachment = AnnouncementAttachment.encode({ payload, coSignatures: [], certificate, attempt: 0 })
  return makeFrame(channel, issuer, { announcement }, attachment)
}
