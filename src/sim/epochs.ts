/** The epochs that a peer has on its disk, for claims and checkers. */
import { equalBytes, hex } from '../base/bytes.ts'
import type { Row } from '../core/machine.ts'
import { EpochRow } from '../wire/rows.ts'
import type { SimNode } from './node.ts'

const EPOCH_ROWS = 'epoch/'

/** Decoded rows by their bytes: they are looked at again and again. */
const decoded = new WeakMap<Uint8Array, EpochRow>()

/** The epoch that a row keeps; undefined when it keeps something else. */
export function epochIn({ entry, value }: Row): EpochRow | undefined {
  if (!entry.startsWith(EPOCH_ROWS)) return undefined
  const row = decoded.get(value) ?? EpochRow.decode(value)
  decoded.set(value, row)
  return row
}

/** The announcement of the key of a group that is in force at a peer, in hex; empty when it has none. */
export function groupEpochOf(node: SimNode, group: Uint8Array): string {
  for (const row of node.disk.all()) {
    const epoch = epochIn(row)
    if (epoch?.endedAt === 0 && equalBytes(epoch.group, group)) return hex(epoch.announcement)
  }
  return ''
}
