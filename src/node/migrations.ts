/**
 * What each version of the store changed of the rows of the one before it. How rows lie on the disk is the business of
 * `sealed-rows.ts`; here are names and values alone.
 */
import { DAY_MS, SECOND_MS } from '../base/time.ts'
import { cohortAt } from '../core/cohort.ts'
import { readMessageRow } from '../core/member/history.ts'
import type { Row } from './store.ts'

/** A row of a version as the next one has it. */
export type Step = (row: Row) => Row

/** From version 1 to 2, from 2 to 3, and so on. */
export const STEPS: readonly Step[] = [intoCohorts]

/** Messages can be destroyed: an hour of them at once, whatever their channel's rule is. */
function intoCohorts(row: Row): Row {
  const message = readMessageRow(row)
  return message === undefined ? row : { ...row, cohort: cohortAt(row.room, message.seenAt, DAY_MS / SECOND_MS) }
}
