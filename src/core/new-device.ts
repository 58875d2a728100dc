/**
 * The rows of a peer that comes from somewhere else, with an import: the same user, and a start that no other one shares.
 *
 * Keys, promises and what was seen come along: promises, or a key manager would use a number twice; what was seen, or
 * messages would be shown twice. No sending chain does, since none is stored: each start has a boot nonce of its own, and
 * the count of starts that hedges it goes on far above any that the other home will reach.
 */
import { SelfRow } from '../wire/rows.ts'
import type { Row } from './machine.ts'
import { STATE_ROOM } from './out.ts'
import { IMPORT_STARTS } from './params.ts'

/** @returns the row as the new home has it. */
export function asNewDevice(row: Row): Row {
  if (row.room !== STATE_ROOM || row.entry !== 'self') return row
  const self = SelfRow.decode(row.value)
  return { ...row, value: SelfRow.encode({ ...self, starts: self.starts + IMPORT_STARTS }) }
}
