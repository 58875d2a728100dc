/** What a person reads about simulations. Names in them come from files that may be anybody's. */
import { DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS } from '../base/time.ts'
import type { EndLine, InvariantLine, RecordLine, RunLine } from '../sim/record.ts'
import type { Parameter } from '../sim/scenario-file.ts'
import type { Summary } from '../sim/scenarios.ts'
import { displayText, displayWidth, joinText, own, padded, type SafeText, styled, wrapped } from './display-text.ts'
import { tableLines } from './lists.ts'
import { plural } from './text.ts'

const NAME = { columns: 40, lines: 1 } as const
const WORDS = { columns: 400, lines: 1 } as const
const TRACE_LINES = 12
/** A column of sentences is at least so wide. */
const NARROW_COLUMNS = 32

export const SIMULATION = {
  tooMany: (most: number): string =>
    `Cannot simulate so many members. Each of them is played in full here. Take ${most} at most with --peers, or the scenario scale.`,
  onlyLive:
    'Cannot simulate in processes, or over a transport. In virtual time there are none. Leave --processes out, and --transport, or use --mode live.',
  oneRecord:
    'Cannot compare one record. It takes two that conclave simulate --events has written. Name both: --compare FILE FILE.',
  unknown: (name: SafeText, near: SafeText | undefined, names: readonly SafeText[]): string =>
    `There is no scenario "${name}". It is none that comes with the program, and no file of this name is there. ` +
    (near === undefined ? `Take one of: ${joinText(names, own`, `)}` : `Did you mean ${near}?`),
  wrongMode: (name: SafeText, modes: readonly SafeText[]): string =>
    `Cannot simulate ${name} in this mode. It does not make sense there. Take --mode ${joinText(modes, own` or --mode `)}.`,
  noSharedMemory:
    'Cannot simulate in processes over the transport memory. Processes share none. Leave out --processes or --transport.',
  cannotRead: (path: SafeText, why: SafeText, advice: SafeText): string => `Cannot read ${path}. ${why}. ${advice}.`,
  seeList: own`Name another file, or see conclave simulate --list`,
  seeEvents: own`Name a file that conclave simulate --events has written`,
  tooLong: (path: SafeText): string =>
    `Cannot read ${path}. It is far longer than such a file can be. Name another file.`,
  cannotWrite: (path: SafeText, why: SafeText): string => `Cannot write ${path}. ${why}. Name another file.`,
  tooManyManagers: (most: number): string =>
    `Cannot simulate so many key managers. A channel has ${most} at most. Write a number from 1 to ${most}.`,
  none: (what: SafeText): string =>
    `Cannot simulate with no ${what}. Somebody has to be there. Write a number from 1 on.`,
  shrinking: own`looking for a smaller scenario that breaks the same …`,
  stopped: own`Stopped before its end: what it came to held.`
} as const

export const secondsText = (ms: number): SafeText => {
  const [unit, size] = UNITS.find(([, least]) => ms >= 2 * least) ?? UNITS.at(-1)!
  return displayText(`${(ms / size).toFixed(1)} ${unit}`)
}

const UNITS: readonly (readonly [string, number])[] = [
  ['days', DAY_MS],
  ['h', HOUR_MS],
  ['min', MINUTE_MS],
  ['s', SECOND_MS]
]

export const listLines = (
  all: readonly (Summary & { readonly parameters: Readonly<Record<string, Parameter>> })[]
): SafeText[] =>
  all.flatMap(({ name, about, modes, parameters }) => [
    own`${displayText(name)}  (${displayText(modes.join(', '))})`,
    own`  ${displayText(about)}`,
    ...tableLines(
      Object.entries(parameters).map(([key, parameter]) => [
        own`  --set ${displayText(shellWord(`${key}=${parameter.default}`))}`,
        own`${displayText(parameter.means)}${choicesText(parameter)}`
      ])
    )
  ])

/** A word as a shell takes it. */
export const shellWord = (word: string): string =>
  /^[\w./=:@-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`

const choicesText = (parameter: Parameter): SafeText =>
  parameter.is === 'choice' ? own` (${displayText(parameter.choices.join(', '))})` : own``

/** What is simulated. */
export const headText = ({ scenario, mode, seed, managers, peers }: RunLine): SafeText =>
  own`${displayText(scenario, NAME)}  ${MODES[mode]}  seed ${seed}  ${managers} key manager${plural(managers)}, ${peers} member${plural(peers)}`

const MODES = { live: own`live`, virtual: own`in virtual time`, scale: own`a crowd in virtual time` } as const

/** A line of the record in words, for a progress of lines; undefined for what is too much. */
export function lineText(line: RecordLine): SafeText | undefined {
  const at = own`${displayText((line.at / SECOND_MS).toFixed(1).padStart(8))} s`
  switch (line.type) {
    case 'run':
      return headText(line)
    case 'fault': {
      const who = line.peers.length === 0 ? own`` : own`${displayText(line.peers.join(', '), WORDS)} `
      return own`${at}  ${line.isEnd === true ? own`` : own`! `}${who}${displayText(line.what, WORDS)}`
    }
    case 'act':
      return own`${at}  ${displayText(line.by, NAME)} ${displayText(line.what, WORDS)}${line.about === undefined ? own`` : own` ${displayText(line.about, NAME)}`}`
    case 'notice':
      if (line.what !== 'alarm' && line.what !== 'warning') return undefined
      return own`${at}  ${displayText(line.peer, NAME)}: ${displayText(line.words, WORDS)}`
    default:
      return undefined
  }
}

/**
 * The verdict, and the promises in a table.
 *
 * @param style.columns - of the terminal; undefined: lines are as long as they are.
 */
export function verdictLines(
  run: RunLine,
  end: EndLine,
  invariants: readonly InvariantLine[],
  { isColour, columns }: { readonly isColour: boolean; readonly columns: number | undefined }
): SafeText[] {
  const { figures } = end
  const broken = invariants.filter(({ verdict }) => verdict === 'broken')
  const held = invariants.filter(({ verdict }) => verdict === 'held')
  const unchecked = invariants.filter(({ verdict }) => verdict === 'not checked')
  const verdict =
    end.verdict === 'held'
      ? own`Held: all ${held.length} promises that could be checked`
      : own`Broken: ${displayText(broken.map(({ id }) => id).join(', '), NAME)}`
  const fitted = (line: SafeText, indent: number): SafeText =>
    columns === undefined ? line : wrapped(line, columns, indent)
  const rows = [...broken.map((one) => row(one, own`BROKEN`)), ...held.map((one) => row(one, own`held`))]
  // Claims stand below one another, or in a narrow terminal below their promise.
  const before = Math.max(0, ...tableLines(rows.map((cells) => cells.slice(0, -1))).map(displayWidth)) + 2
  const claimIndent = columns !== undefined && columns < before + NARROW_COLUMNS ? 6 : before
  const time = own`${secondsText(end.at)} of ${run.mode === 'live' ? own`real` : own`virtual`} time in ${secondsText(end.ms)}`
  return [
    fitted(styled(verdict, end.verdict === 'held' ? 'bold' : 'warn', isColour), 2),
    fitted(own`  ${headText(run)}`, 2),
    fitted(
      own`  ${time}; ${figures['messages'] ?? 0} messages, ${figures['deliveries'] ?? 0} times shown, ${figures['epochs'] ?? 0} epochs`,
      2
    ),
    ...tableLines(rows).map((line) => fitted(line, claimIndent)),
    ...[...Map.groupBy(unchecked, ({ evidence }) => evidence)].map(([why, all]) =>
      fitted(
        own`  not checked: ${displayText(all.map(({ id }) => id).join(', '), WORDS)} (${displayText(why, WORDS)})`,
        4
      )
    ),
    ...broken.flatMap(brokenLines).map((line) => fitted(line, 10))
  ]
}

const row = ({ id, looks, claim }: InvariantLine, word: SafeText): SafeText[] => [
  own`  ${displayText(id, NAME)}`,
  word,
  own`${looks}×`,
  displayText(claim, WORDS)
]

const brokenLines = ({ id, claim, evidence, trace = [] }: InvariantLine): SafeText[] => [
  own``,
  own`${displayText(id, NAME)} is broken: ${displayText(claim, WORDS)}`,
  own`  seen:   ${displayText(evidence, { columns: 2_000, lines: 20 })}`,
  ...trace
    .slice(-TRACE_LINES)
    .map((line, i) => own`  ${i === 0 ? own`before:` : own`       `} ${displayText(line, { columns: 160, lines: 1 })}`)
]

/** Where something is, or what to type: not broken into lines, so that it can be copied. */
export const placeLine = (what: SafeText, place: string): SafeText => own`  ${padded(what, 8)} ${displayText(place)}`

/** Why the system does not read or write a file, as a clause. */
export function whyOf(error: unknown): SafeText {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  return REASONS.get(code) ?? own`The system refuses it`
}

const REASONS: ReadonlyMap<unknown, SafeText> = new Map([
  ['ENOENT', own`There is no such file or folder`],
  ['ENOTDIR', own`Something on its path is no folder`],
  ['EISDIR', own`It is a folder`],
  ...['EACCES', 'EPERM', 'EROFS'].map((code) => [code, own`It may not be read or written here`] as const),
  ...['ENOSPC', 'EDQUOT'].map((code) => [code, own`The disk is full`] as const)
])
