/**
 * The runs of the models, and what comes of each.
 *
 * A variant that takes a rule away must break the claim named: a rule whose absence breaks nothing carries no weight.
 * README.md has the same list with reasons and sizes; models.spec.ts holds the two together.
 */

/** A run of Spin. */
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

/** A run of ProVerif. */
export interface Proof {
  /** The model, a file of this folder. */
  readonly model: 'session.pv' | 'healing.pv'
  /** The names of the variant, by spaces; empty: as it stands. */
  readonly names: string
  /** What is claimed, by spaces; each is a run of its own. */
  readonly claims: string
  /** `holds`, or those of the claims that must break, by spaces. */
  readonly outcome: string
  readonly isQuick: boolean
}

function proofs(model: Proof['model'], isQuick: boolean, outcomes: Readonly<Record<string, string>>): Proof[] {
  return Object.entries(outcomes).map(([run, outcome]) => {
    const [names, claims] = run.split(': ') as [string, string]
    return { model, names, claims, outcome, isQuick }
  })
}

export const PROOFS: readonly Proof[] = [
  ...proofs('healing.pv', true, {
    ': S1 S2 S3 T3 R3': 'holds',
    'LEAK_B: S1 S2 S3 T3 R3': 'holds',
    'KEPT: S1': 'S1',
    'NO_STEP: S2 S3': 'S2 S3',
    'ACTIVE: S2': 'S2'
  }),
  ...proofs('session.pv', true, {
    'SMALL NO_DH1: A1': 'A1',
    'SMALL KNOWN_PREKEY: A1': 'A1',
    'SMALL ALONE EARLY KNOWN_PREKEY: S1': 'holds',
    'SMALL ALONE EARLY KNOWN_PREKEY NO_DH2: S1': 'S1',
    'SMALL ALONE EARLY QUANTUM: S1': 'holds',
    'SMALL ALONE EARLY QUANTUM UNSIGNED: S1': 'S1',
    'SMALL ALONE EARLY QUANTUM NO_KEM: S1': 'S1',
    'SMALL FOREIGN_KEY: U': 'holds',
    'SMALL FOREIGN_KEY UNBOUND: U': 'U',
    'SMALL UNCONFIRMED: A1': 'A1',
    'SMALL REPLAY: A2': 'A2',
    'SMALL EARLY LEAK: S1': 'S1',
    'SMALL NO_STEP LEAK: S2': 'S2',
    'KEM_ALONE LEAK: S1': 'S1'
  }),
  ...proofs('session.pv', false, {
    ': S1 S2 T1 T2 A1 A2 U R1 R2': 'holds',
    'SMALL BOTH: S2 T2 A1': 'holds',
    'LEAK: S1 S2': 'holds',
    'QUANTUM: S1 S2': 'holds',
    'KNOWN_B: T1 A1': 'holds',
    'KNOWN_A: T2': 'holds',
    'KNOWN_PREKEY: S1 T2': 'holds',
    'UNBOUND: U': 'holds',
    'KEPT LEAK: S1': 'S1',
    'QUANTUM LEAK: S1': 'S1',
    'NO_DH1: T1': 'T1'
  })
]
