/** The epochs that a peer has on its disk, for claims and checkers. */
import { equalBytes, hex } from '../base/bytes.ts'
import { EpochRow } from '../wire/rows.ts'
import type { SimNode } from './node.ts'

const EPOCH_ROWS = 'epoch/'

/** Decoded rows by their bytes: they are looked at again and again. */
const decoded = new WeakMap<Uint8Array, EpochRow>()

/** The announcement of the key of a group that is in force at a peer, in hex; empty when it has none. */
export function groupEpochOf(node: SimNode, group: Uint8Array): string {
  for (const { entry, value } of node.disk.all()) {
    if (!entry.startsWith(EPOCH_ROWS)) continue
    const row = decoded.get(value) ?? EpochRow.decode(value)
    decoded.set(value, row)
    if (row.endedAt === 0 && equalBytes(row.group, group)) return hex(row.announcement)
  }
  return ''
}
