/**
 * Following an announcement from the epoch before (protocol §7.4): the update is applied to a copy, and what comes of it
 * counts only when key, statements, log and roster all agree with the head. Nothing is changed here.
 */
import { EMPTY, equalBytes } from '../../base/bytes.ts'
import { x25519 } from '../../crypto/kem.ts'
import { type TreeUpdate, TreeUpdateKind } from '../../wire/messages.ts'
import {
  type CheckedAnnouncement,
  chunksWith,
  confirmKeys,
  openStatements,
  wrapsInChunks
} from '../channel/announcement.ts'
import type { Context } from '../channel/context.ts'
import type { LogPreview, Roster } from '../channel/control-log.ts'
import { type EpochKeys, type Line, rebuildLeafSecret, refreshLeafKey } from '../channel/key-schedule.ts'
import { type ApplyOptions, MemberTree, wrapIndexes } from '../channel/key-tree-member.ts'
import { Refusal, refuse } from '../reject.ts'
import { isChunkOf } from './chunk-shelf.ts'
import { Epoch } from './keyring.ts'
import { SecretTree } from './secret-tree.ts'

/** An epoch that may be adopted. */
export interface Followed {
  readonly epoch: Epoch
  readonly preview: LogPreview
}

/**
 * The chunks of an announcement that this member needs: those with a wrap of its own. It never waits for the others.
 *
 * @param current - the epoch that `announcement.head.previous` names.
 * @returns indexes, ascending; empty when it needs none, or can do nothing with any.
 */
export function chunksNeeded(context: Context, current: Epoch, { head, payload }: CheckedAnnouncement): number[] {
  if (payload === undefined || head.chunks.length === 0) return []
  const { tree } = payload
  const leaf = tree.kind === TreeUpdateKind.REBUILD ? rebuiltLeaf(context, head) : (current.tree?.leaf ?? -1)
  return chunksWith(wrapIndexes(tree, leaf))
}

/** Our leaf in a rebuilt tree, or −1. */
const rebuiltLeaf = (context: Context, head: CheckedAnnouncement['head']): number =>
  rosterUnder(context, head, { statements: [], roster: context.log.roster }).members.rankOf(context.user)

/** The roster under the version of the descriptor that an announcement names: on the way to the newest it may be older. */
function rosterUnder(
  { charter, log }: Context,
  head: CheckedAnnouncement['head'],
  preview: Pick<LogPreview, 'statements' | 'roster'>
): Roster {
  const { version } = head.descriptor
  if (version === charter.ref.version) return preview.roster
  return log.rosterOf(charter.versions[version - 1]!, preview.statements)
}

/**
 * @param current - the epoch that `announcement.head.previous` names.
 * @param chunkAt - the data of a chunk, as far as it has come; those of `chunksNeeded` are looked at, and no others.
 * @returns when it cannot be adopted.
 */
export function followAnnouncement(
  context: Context,
  current: Epoch,
  announcement: CheckedAnnouncement,
  chunkAt: (index: number) => Uint8Array | undefined
): Followed | Refusal {
  const { head, payload, frame } = announcement
  if (head.key.term === current.key.term && !equalBytes(frame.author, current.issuer)) return refuse(415)
  if (head.key.term !== current.key.term && head.key.serial !== 1) return refuse(403)
  if (!equalBytes(head.previous, current.announcement)) return refuse(406)
  if (payload === undefined) return refuse(405)
  const chunks = new Map<number, Uint8Array>()
  for (const index of chunksNeeded(context, current, announcement)) {
    const data = chunkAt(index)
    if (data === undefined || !isChunkOf(head, index, data)) return refuse(405)
    chunks.set(index, data)
  }
  const options = head.chunks.length > 0 ? { wrapAt: wrapsInChunks((index) => chunks.get(index)) } : {}
  const line: Line = { channel: context.channel, group: EMPTY }
  for (const tree of candidateTrees(context, current, announcement, payload.tree, line, options)) {
    const before = { init: current.init, transcript: current.transcript }
    const confirmed = confirmKeys(announcement, line, payload.tree, tree.rootKey, before)
    if (confirmed instanceof Refusal) continue
    const statements = openStatements(line, payload.sealed, confirmed.keys.control)
    if (statements instanceof Refusal) return refuse(410)
    const preview = context.log.preview(statements)
    if (preview instanceof Refusal) return preview
    if (!equalBytes(preview.ids.root(), head.logHead)) return refuse(411)
    if (!equalBytes(rosterUnder(context, head, preview).hash, head.roster)) return refuse(412)
    return { preview, epoch: epochOf(announcement, confirmed, tree) }
  }
  return refuse(408)
}

/**
 * The trees this member may have after the update: one, or one for each prekey the manager may have used, when the update
 * rebuilds the tree or refreshes our leaf.
 */
function* candidateTrees(
  context: Context,
  current: Epoch,
  { head }: CheckedAnnouncement,
  update: TreeUpdate,
  line: Line,
  options: Pick<ApplyOptions, 'wrapAt'>
): Generator<MemberTree> {
  const { tree: before } = current
  const { user, self } = context
  const { term, serial } = head.key
  const treeContext = { ...line, term, serial }
  const isRebuild = update.kind === TreeUpdateKind.REBUILD
  const isRefreshed = update.termKey.length > 0 && before !== undefined && update.refreshed.includes(before.leaf)
  if (!isRebuild && !isRefreshed) {
    const tree = before?.apply(update, treeContext, options)
    if (tree !== undefined) yield tree
    return
  }
  const leaf = isRebuild ? rebuiltLeaf(context, head) : -1
  if (isRebuild && leaf < 0) return
  for (const prekey of self.prekeys.pairs()) {
    const shared = x25519(prekey.x25519.seed.expose(), update.termKey)
    if (shared === undefined) return
    const tree = isRebuild
      ? MemberTree.fromRebuild(update, leaf, rebuildLeafSecret(shared, line, term, user), treeContext, options)
      : before?.apply(update, treeContext, { ...options, leafKey: refreshLeafKey(shared, line, term, serial, user) })
    if (tree !== undefined) yield tree
  }
}

/**
 * A proposal as a manager sees it that never had a key: it cannot be followed, whoever issues it grants its key. Of the first
 * epoch of all, roster and log are those that everybody knows. Of a later one nothing is known that it could ignore: whatever
 * has been certified, somebody else knows who has to propose this or sign it, too.
 *
 * @returns.
 */
export function tryWithoutKey({ log }: Context, { head }: CheckedAnnouncement): LogPreview | Refusal {
  if (head.previous.length > 0) return { statements: [], ids: log.ids, roster: log.roster }
  if (!equalBytes(head.logHead, log.head)) return refuse(411)
  if (!equalBytes(head.roster, log.roster.hash)) return refuse(412)
  return { statements: [], ids: log.ids, roster: log.roster }
}

/** The epoch of an announcement whose keys are confirmed. */
export function epochOf(
  { frame, head }: CheckedAnnouncement,
  { keys, transcript }: { keys: EpochKeys; transcript: Uint8Array },
  tree: MemberTree | undefined
): Epoch {
  return new Epoch({
    group: head.group,
    roster: head.group.length > 0 ? head.roster : EMPTY,
    key: head.key,
    announcement: frame.id,
    transcript,
    notAfter: head.notAfter,
    issuer: frame.author,
    reason: head.reason,
    keys,
    secrets: keys.reading.length > 0 ? SecretTree.from(keys.reading) : SecretTree.empty(),
    tree
  })
}
