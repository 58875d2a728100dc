/**
 * Following an announcement of a group (protocol §9): it stands on an epoch of the channel that this member holds, and its
 * tree on the group's epoch before, on a leaf key of our own, or on nothing at all. Nothing is changed here.
 */
import { equalBytes } from '../../base/bytes.ts'
import { type TreeUpdate, TreeUpdateKind } from '../../wire/messages.ts'
import { type CheckedAnnouncement, confirmKeys, openStatements, wrapsInChunks } from '../channel/announcement.ts'
import type { Context } from '../channel/context.ts'
import { groupInitOf, groupLeafKey, type Line } from '../channel/key-schedule.ts'
import { type ApplyOptions, MemberTree } from '../channel/key-tree-member.ts'
import { Refusal, refuse } from '../reject.ts'
import { epochOf } from './follow.ts'
import type { Epoch } from './keyring.ts'

/** Fresh leaves in one announcement: each is tried, and an honest manager has as many as statements fit one. */
export const REFRESHED_LEAVES = 1_024

/** What an announcement of a group is judged by. */
export interface GroupStanding {
  /** The channel's epoch that it names as its base. */
  readonly base: Epoch
  /** The group's epoch that this member holds. */
  readonly current: Epoch | undefined
}

/** Whether this member can get the group's key from the announcement by what it holds. */
export function leadsOn({ head, payload }: CheckedAnnouncement, current: Epoch | undefined): boolean {
  if (payload === undefined) return false
  const { kind, refreshed } = payload.tree
  if (kind === TreeUpdateKind.REBUILD || refreshed.length > 0) return true
  return current !== undefined && equalBytes(head.previous, current.announcement)
}

/**
 * @param chunkAt - the data of a chunk, which is looked at when its wraps are needed.
 * @returns the group's epoch, or when it cannot be adopted.
 */
export function followGroup(
  context: Context,
  { base, current }: GroupStanding,
  announcement: CheckedAnnouncement,
  chunkAt: (index: number) => Uint8Array | undefined
): Epoch | Refusal {
  const { head, payload, frame } = announcement
  if (!equalBytes(frame.author, base.issuer)) return refuse(415)
  if (head.key.term !== base.key.term) return refuse(403)
  if (payload === undefined || payload.tree.refreshed.length > REFRESHED_LEAVES) return refuse(405)
  if (!equalBytes(context.log.groupRoster(head.group).hash, head.roster)) return refuse(412)
  const line: Line = { channel: context.channel, group: head.group }
  const options = head.chunks.length > 0 ? { wrapAt: wrapsInChunks(chunkAt) } : {}
  const before = { init: groupInitOf(base.exporter, line), transcript: base.transcript }
  for (const tree of candidateTrees(context, { base, current }, head, payload.tree, line, options)) {
    const confirmed = confirmKeys(announcement, line, payload.tree, tree.rootKey, before)
    if (confirmed instanceof Refusal) continue
    const statements = openStatements(line, payload.sealed, confirmed.keys.control)
    if (statements instanceof Refusal || statements.length > 0) return refuse(410)
    return epochOf(announcement, confirmed, tree)
  }
  return refuse(408)
}

/** The trees this member may have after the update. Which of several fresh leaves is its own shows by what opens. */
function* candidateTrees(
  context: Context,
  { base, current }: GroupStanding,
  head: CheckedAnnouncement['head'],
  update: TreeUpdate,
  line: Line,
  options: Pick<ApplyOptions, 'wrapAt'>
): Generator<MemberTree> {
  const { term, serial } = head.key
  const treeContext = { ...line, term, serial }
  const leafKey = groupLeafKey(base.leafBase, line, term, serial, context.user)
  if (update.kind === TreeUpdateKind.REBUILD) {
    const leaf = context.log.groupRoster(head.group).members.rankOf(context.user)
    const tree = leaf < 0 ? undefined : MemberTree.fromRebuild(update, leaf, leafKey, treeContext, options)
    if (tree !== undefined) yield tree
    return
  }
  if (current !== undefined && equalBytes(head.previous, current.announcement)) {
    const tree = current.tree?.apply(update, treeContext, { ...options, leafKey })
    if (tree !== undefined) yield tree
  }
  for (const leaf of update.refreshed) {
    const tree = MemberTree.fromPath(update, leaf, leafKey, treeContext, options)
    if (tree !== undefined) yield tree
  }
}
