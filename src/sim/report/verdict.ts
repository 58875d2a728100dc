/** Whether the promises held, in words: the same on every page and every screen. */
import type { InvariantLine, Verdict } from '../record.ts'
import type { Account } from './account.ts'
import { visible } from './html.ts'
import type { Standing } from './page.ts'
import { some } from './units.ts'

const ORDER: readonly InvariantLine['verdict'][] = ['broken', 'held', 'not checked']

/** Broken when anything in the record says so. */
export function standingOf({ end, invariants }: Account): Standing {
  if (end?.verdict === 'broken' || invariants.some(({ verdict }) => verdict === 'broken')) return 'broken'
  return end === undefined ? 'cut off' : ('held' satisfies Verdict)
}

/** Each invariant once, broken ones first; of several lines for one, the worst. */
export function invariantsOf({ invariants }: Account): InvariantLine[] {
  const worst = new Map<string, InvariantLine>()
  for (const line of invariants) {
    const known = worst.get(line.id)
    if (known === undefined || ORDER.indexOf(line.verdict) < ORDER.indexOf(known.verdict)) worst.set(line.id, line)
  }
  return [...worst.values()].sort((a, b) => ORDER.indexOf(a.verdict) - ORDER.indexOf(b.verdict))
}

export function verdictWords(account: Account): { words: string; more: string } {
  const all = invariantsOf(account)
  const of = (verdict: InvariantLine['verdict']): InvariantLine[] => all.filter((line) => line.verdict === verdict)
  const [held, broken, open] = [of('held'), of('broken'), of('not checked')]
  const counts = `${some(held.length, 'promise')} held${open.length > 0 ? `, ${some(open.length, 'promise')} not checked` : ''}.`
  const standing = standingOf(account)
  if (standing === 'broken')
    return {
      words:
        broken.length === 0
          ? 'A promise was broken'
          : `${some(broken.length, 'promise was', 'promises were')} broken: ${broken.map(({ id }) => id).join(', ')}`,
      more: `${broken.map(({ claim }) => visible(claim)).join(' ')} ${counts}`
    }
  if (standing === 'cut off')
    return { words: 'The run was cut off', more: `Its record has no end, so nothing is known of the rest. ${counts}` }
  if (held.length === 0) return { words: 'Nothing was broken', more: 'No promise was looked at in this run.' }
  return { words: 'All promises that were checked held', more: counts }
}
