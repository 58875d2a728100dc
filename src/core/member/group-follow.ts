/**
 * Following an announcement of a group (protocol §9): it stands on an epoch of the channel that this member holds, and its
 * tree on the group's epoch before, on a leaf key of our own, or on nothing at all. Nothing is changed here.
 *
 * The first of a group's epochs on one of the channel follows from that, each further one from the one before. So nothing that
 * a member keeps leads to an epoch of the group that it has had.
 */
import { equalBytes } from '../../base/bytes.ts'
import { type TreeUpdate, TreeUpdateKind } from '../../wire/messages.ts'
import { type CheckedAnnouncement, confirmKeys, openStatements, wrapsInChunks } from '../channel/announcement.ts'
import type { Context } from '../channel/context.ts'
import type { Line } from '../channel/key-schedule.ts'
import { type ApplyOptions, MemberTree } from '../channel/key-tree-member.ts'
import { Refusal, refuse } from '../reject.ts'
import { epochOf } from './follow.ts'
import type { Entry, Epoch } from './keyring.ts'

/** Fresh leaves in one announcement: each is tried, and an honest manager has as many as statements fit one. */
export const REFRESHED_LEAVES = 1_024

/** What an announcement of a group is judged by. */
export interface GroupStanding {
  /** The channel's epoch that it names as its base. */
  readonly base: Epoch
  /** The group's epoch that this member holds. */
  readonly current: Epoch | undefined
}

/** What an epoch of a group follows from when it stands on this base; undefined for who can follow none. */
export function chainOf(
  { base, current }: GroupStanding,
  entry: Entry | undefined
): { readonly init: Uint8Array; readonly transcript: Uint8Array } | undefined {
  return entry === undefined ? current : { init: entry.init, transcript: base.transcript }
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
  const entry = base.entryOf(head.group)
  const before = chainOf({ base, current }, entry)
  if (before === undefined) return refuse(408)
  for (const tree of candidateTrees(context, current, entry, head, payload.tree, options)) {
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
  current: Epoch | undefined,
  entry: Entry | undefined,
  head: CheckedAnnouncement['head'],
  update: TreeUpdate,
  options: Pick<ApplyOptions, 'wrapAt'>
): Generator<MemberTree> {
  const { channel, log, user } = context
  const { term, serial } = head.key
  const treeContext = { channel, group: head.group, term, serial }
  const isNext = current !== undefined && equalBytes(head.previous, current.announcement)
  if (isNext && update.kind !== TreeUpdateKind.REBUILD) {
    const tree = current.tree?.apply(update, treeContext, { ...options, ...entry })
    if (tree !== undefined) yield tree
  }
  if (entry === undefined) return
  const { leafKey } = entry
  if (update.kind === TreeUpdateKind.REBUILD) {
    const leaf = log.groupRoster(head.group).members.rankOf(user)
    const tree = leaf < 0 ? undefined : MemberTree.fromRebuild(update, leaf, leafKey, treeContext, options)
    if (tree !== undefined) yield tree
    return
  }
  for (const leaf of update.refreshed) {
    const tree = MemberTree.fromPath(update, leaf, leafKey, treeContext, options)
    if (tree !== undefined) yield tree
  }
}
