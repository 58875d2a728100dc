/**
 * The rows of a peer that comes from somewhere else, with an import: the same user, and a start that no other one shares.
 *
 * Keys, promises and what was seen come along: promises, or a key manager would use a number twice; what was seen, or
 * messages would be shown twice. No sending chain of a channel does, since none is stored: each start has a boot nonce of its
 * own, and the count of starts that hedges it goes on far above any that the other home will reach. Sessions with single
 * users stay behind, and so do the keys that one start may use: what waits is said again, under the names that it had, in a life
 * of its own.
 */
import { EMPTY } from '../base/bytes.ts'
import { PairRow, SaidRow, SelfRow } from '../wire/rows.ts'
import type { Row } from './machine.ts'
import { STATE_ROOM } from './out.ts'
import { IMPORT_STARTS } from './params.ts'

/** @returns the row as the new home has it; undefined: not at all. */
export function asNewDevice(row: Row): Row | undefined {
  if (row.room !== STATE_ROOM) return row
  const { value } = row
  switch (row.entry.split('/')[0]) {
    case 'self': {
      const self = SelfRow.decode(value)
      return { ...row, value: SelfRow.encode({ ...self, starts: self.starts + IMPORT_STARTS }) }
    }
    case 'pair':
      return { ...row, value: PairRow.encode({ ...PairRow.decode(value), instance: EMPTY }) }
    case 'session-said':
      return { ...row, value: SaidRow.encode({ ...SaidRow.decode(value), session: EMPTY, frame: EMPTY }) }
    case 'session':
    case 'session-skipped':
    case 'one-time-keys':
      return undefined
    default:
      return row
  }
}
