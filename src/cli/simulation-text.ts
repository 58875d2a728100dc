/** What a person reads about simulations. Names in them come from files that may be anybody's. */
import { DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS } from '../base/time.ts'

import type { EndLine, InvariantLine, RecordLine, RunLine } from '../sim/record.ts'
import type { Parameter } from '../sim/scenario-file.ts'
import type { Summary } from '../sim/scenarios.ts'
import { displayText, joinText, own, type SafeText, styled } from './display-text.ts'
import { tableLines } from './lists.ts'
import { plural } from './text.ts'

const NAME = { columns: 40, lines: 1 } as const
const WORDS = { columns: 400, lines: 1 } as const
const TRACE_LINES = 12

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
  cannotRead: (path: SafeText): string =>
    `Cannot read ${path}. It is not there, or may not be read. Name another file, or see conclave simulate --list.`,
  cannotWrite: (path: SafeText): string =>
    `Cannot write ${path}. The folder is not there, or may not be written to. Name another file.`,
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
        own`  --set ${displayText(key)}=${displayText(String(parameter.default))}`,
        displayText(parameter.means)
      ])
    )
  ])

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

/** The verdict, and the promises in a table. */
export function verdictLines(
  run: RunLine,
  end: EndLine,
  invariants: readonly InvariantLine[],
  isColour: boolean
): SafeText[] {
  const { figures } = end
  const broken = invariants.filter(({ verdict }) => verdict === 'broken')
  const held = invariants.filter(({ verdict }) => verdict === 'held')
  const unchecked = invariants.filter(({ verdict }) => verdict === 'not checked')
  const verdict =
    end.verdict === 'held'
      ? own`Held: all ${held.length} promises that could be checked`
      : own`Broken: ${displayText(broken.map(({ id }) => id).join(', '), NAME)}`
  const time = own`${secondsText(end.at)} of ${run.mode === 'live' ? own`real` : own`virtual`} time in ${secondsText(end.ms)}`
  return [
    styled(verdict, end.verdict === 'held' ? 'bold' : 'warn', isColour),
    own`  ${headText(run)}`,
    own`  ${time}; ${figures['messages'] ?? 0} messages, ${figures['deliveries'] ?? 0} times shown, ${figures['epochs'] ?? 0} epochs`,
    ...tableLines([...broken.map((one) => row(one, own`BROKEN`)), ...held.map((one) => row(one, own`held`))]),
    ...[...Map.groupBy(unchecked, ({ evidence }) => evidence)].map(
      ([why, all]) =>
        own`  not checked: ${displayText(all.map(({ id }) => id).join(', '), WORDS)} (${displayText(why, WORDS)})`
    ),
    ...broken.flatMap(brokenLines)
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

export const fileLine = (what: SafeText, path: string): SafeText => own`  ${what}  ${displayText(path)}`
export const againLine = (command: string): SafeText => own`  again:   ${displayText(command)}`
export const smallerLine = (command: string): SafeText => own`  smaller: ${displayText(command)}`
