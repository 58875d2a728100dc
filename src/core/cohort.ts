/** What is destroyed together: rows of a name that were written within a part of the time for which they may be kept. */
import { SECOND_MS } from '../base/time.ts'
import type { Cohort } from './machine.ts'
import { COHORT_RANGE_SECONDS, COHORTS_PER_RETENTION } from './params.ts'

/**
 * The cohort of what was written at a time.
 *
 * @param at - ms since 1970.
 * @param retentionSeconds - how long it may be kept; 0: for ever, as far as anybody knows today.
 */
export function cohortAt(name: string, at: number, retentionSeconds: number): Cohort {
  const length = cohortSeconds(retentionSeconds)
  return { name, since: Math.floor(at / SECOND_MS / length) * length }
}

/** How long one of its cohorts is, s. */
export function cohortSeconds(retentionSeconds: number): number {
  const [shortest, longest] = COHORT_RANGE_SECONDS
  if (retentionSeconds === 0) return longest
  return Math.min(longest, Math.max(shortest, Math.floor(retentionSeconds / COHORTS_PER_RETENTION)))
}
