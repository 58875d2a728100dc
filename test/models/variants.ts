/**
 * The runs of the models, and what comes of each.
 *
 * A variant that takes a rule away must break the claim named: a rule whose absence breaks nothing carries no weight.
 * README.md has the same list with reasons and sizes; models.spec.ts holds the two together.
 */
export interface Variant {
  /** The model, a file of this folder. */
  readonly model: 'announce.pml' | 'available.pml'
  /** What the model is compiled with, without -D, as in `BUG_LOWER` or `MAXT=1`; empty: as it stands. */
  readonly defines: string
  /** `holds`, or the claim that must break. */
  readonly outcome: string
  /** Part of the quick form: all of these take less than a minute on one core. */
  readonly isQuick: boolean
}

function variants(model: Variant['model'], isQuick: boolean, outcomes: Readonly<Record<string, string>>): Variant[] {
  return Object.entries(outcomes).map(([defines, outcome]) => ({ model, defines, outcome, isQuick }))
}

export const VARIANTS: readonly Variant[] = [
  ...variants('announce.pml', true, {
    'MAXT=1 MAXS=3': 'holds',
    'GROUPS MAXT=1 MAXS=3': 'holds',
    BUG_NOPERSIST: 'A1',
    BUG_STALEDISK: 'A1',
    ONE_STALE: 'A1',
    BUG_NOQUORUM: 'A1',
    BUG_LOWER: 'A1',
    BUG_ANYISSUER: 'A3',
    BUG_RESUME: 'A4',
    'BUG_NOREMCHECK MAXT=3 MAXS=1': 'A2',
    'BUG_PUREANY MAXT=1 MAXS=3': 'A2',
    'GROUPS BUG_GROUPANY MAXT=1 MAXS=3': 'A2',
    'CALM WINDOW=1': 'L1',
    'CALM WINDOW=2 MAXT=3 MAXS=1': 'L1',
    'CALM BUG_STAYS': 'L2',
    SHOW_FORK: 'A5',
    'SHOW_FORK BASECHECK': 'A5'
  }),
  ...variants('available.pml', true, {
    'ISSUES=1': 'holds',
    'ISSUES=1 ADOPTCHECK': 'holds',
    BUG_SENDANY: 'S1',
    BUG_NOREISSUE: 'C',
    BUG_REISSUE_REMOVALS: 'C',
    BUG_NORANK: 'C',
    BUG_OLDDISK: 'S3'
  }),
  ...variants('announce.pml', false, {
    '': 'holds',
    GROUPS: 'holds',
    CALM: 'holds',
    'MAXT=1 MAXS=4': 'holds',
    'MAXT=3 MAXS=1': 'holds',
    'N=4 Q=3 MAXS=1': 'holds',
    'N=4 Q=3 MAXS=1 ONE_STALE': 'holds',
    BUG_NOREMCHECK: 'A2',
    BUG_PUREREMOVAL: 'A2'
  }),
  ...variants('available.pml', false, {
    '': 'holds',
    ADOPTCHECK: 'holds',
    'ISSUES=3': 'holds'
  })
]
