/**
 * A scenario as people write it: who is there, the channel, the network, and what is done in which order, in JSON. It is read
 * strictly, after its parameters have been put in: `"$rate"` stands for the value of the parameter `rate`, and `$peers` and
 * `$managers` for how many there are.
 */
import { UsageError } from '../base/errors.ts'
import { MANAGERS } from '../wire/limits.ts'
import {
  choice,
  count,
  flag,
  list,
  misplaced,
  name,
  number,
  object,
  optional,
  type Read,
  shape,
  table,
  text,
  time,
  under
} from './form.ts'
import { FALSE_HEADS, LIES, type Lie } from './lying-manager.ts'

export const MODES = ['live', 'virtual'] as const
export type Mode = (typeof MODES)[number]

/** What a phase may wait for before the next begins. */
const AIMS = ['led', 'ready', 'removed', 'grouped', 'read', 'delivered', 'alarmed'] as const
export type Aim = (typeof AIMS)[number]

/** Lies of a manager that has one life. */
const TOLD_LIES: readonly Lie[] = [...LIES.filter((lie) => lie !== 'two lives'), ...FALSE_HEADS]

const PEERS_MOST = 1_000_000
const RATE_MOST = 10_000
const COUNT_MOST = 100_000

/**
 * Some people: `all`, `members` (who manage nothing), `managers`, `founder`, `leader` (whoever leads when it comes to that), a
 * name, the name of a set, several of these with spaces between, or some `of` them: all `but` others, then the `first` so many, those from one place `to` another,
 * or some at `random`: a number, or a share below 1.
 */
export type Selector =
  | string
  | {
      readonly of: Selector
      readonly but?: Selector
      readonly first?: number
      readonly from?: number
      readonly to?: number
      readonly random?: number
    }

const selector: Read<Selector> = (value, at) => {
  if (typeof value === 'string') return text(value, at)
  return shape({
    of: selector,
    but: optional(selector),
    first: optional(count(0, PEERS_MOST)),
    from: optional(count(1, PEERS_MOST)),
    to: optional(count(1, PEERS_MOST)),
    random: optional(number(0, PEERS_MOST))
  })(value, at)
}

const CHANNEL = shape({
  admission: optional(choice(['open', 'invite'])),
  authentication: optional(choice(['signature', 'challenge'])),
  privacy: optional(choice(['encrypted', 'mixed'])),
  history: optional(choice(['none', 'since-join', 'all'])),
  partition: optional(choice(['continue', 'freeze'])),
  timing: optional(choice(['local', 'wan'])),
  quorum: optional(count(1, MANAGERS)),
  keyLifetime: optional(time),
  step: optional(time),
  idle: optional(time),
  grace: optional(time),
  fence: optional(time)
})
export type ChannelChoices = ReturnType<typeof CHANNEL>

const NETWORK = shape({
  /** One way, in the middle of all. */
  delay: optional(time),
  /** Log-normal; 0: every delay is the same. */
  spread: optional(number(0, 3)),
  loss: optional(number(0, 0.9)),
  repeats: optional(number(0, 1)),
  streamLoss: optional(number(0, 0.9)),
  /** bit/s that a peer sends at most. */
  bandwidth: optional(number(1_000, 1e12))
})
export type NetworkChoices = ReturnType<typeof NETWORK>

/** When and how often something is done: from `after` the phase began on, to each a little later `over` a time, `every` so often, `times`. */
const TIMES = {
  after: optional(time),
  over: optional(time),
  every: optional(time),
  times: optional(count(1, COUNT_MOST))
}

/** What can be done, by its name. */
const ACTS = {
  join: shape({ do: text, ...TIMES, who: selector }),
  leave: shape({ do: text, ...TIMES, who: selector }),
  /** All together at a `rate` a second, or `count` messages, or one each. */
  say: shape({
    do: text,
    ...TIMES,
    who: selector,
    rate: optional(number(0, RATE_MOST)),
    count: optional(count(0, COUNT_MOST)),
    text: optional(text),
    group: optional(name),
    to: optional(selector),
    plain: optional(flag),
    reply: optional(flag)
  }),
  admit: shape({ do: text, ...TIMES, who: selector, by: optional(selector) }),
  remove: shape({ do: text, ...TIMES, who: selector, by: optional(selector), cause: optional(flag) }),
  rekey: shape({ do: text, ...TIMES, by: optional(selector), group: optional(name) }),
  group: shape({ do: text, ...TIMES, group: name, who: optional(selector), by: optional(selector) }),
  'put-in': shape({ do: text, ...TIMES, group: name, who: selector, by: optional(selector) }),
  'take-out': shape({ do: text, ...TIMES, group: name, who: selector, by: optional(selector) }),
  dissolve: shape({ do: text, ...TIMES, group: name, by: optional(selector) }),
  kill: shape({
    do: text,
    ...TIMES,
    who: selector,
    for: optional(time),
    loss: optional(choice(['nothing', 'tail', 'unsynced']))
  }),
  stop: shape({ do: text, ...TIMES, who: selector, for: optional(time) }),
  start: shape({ do: text, ...TIMES, who: selector }),
  pause: shape({ do: text, ...TIMES, who: selector, for: optional(time) }),
  resume: shape({ do: text, ...TIMES, who: selector }),
  isolate: shape({ do: text, ...TIMES, who: selector, for: optional(time) }),
  partition: shape({ do: text, ...TIMES, sets: list(selector, 2), for: optional(time) }),
  heal: shape({ do: text, ...TIMES }),
  network: shape({ do: text, ...TIMES, set: NETWORK, for: optional(time) }),
  flood: shape({
    do: text,
    ...TIMES,
    what: choice(['garbage', 'mutated', 'requests', 'resigned', 'twisted']),
    count: count(0, COUNT_MOST),
    as: optional(selector)
  }),
  replay: shape({ do: text, ...TIMES, count: count(0, COUNT_MOST) }),
  lie: shape({ do: text, ...TIMES, who: selector, lie: choice(TOLD_LIES) }),
  clock: shape({ do: text, ...TIMES, who: selector, ahead: optional(time), behind: optional(time) }),
  /** Time passes, all at once: whoever is up lives through it. */
  pass: shape({ do: text, ...TIMES, time })
}

type Acts = { readonly [K in keyof typeof ACTS]: Omit<ReturnType<(typeof ACTS)[K]>, 'do'> & { readonly do: K } }
/** Something that is done in a phase. */
export type FileAct = Acts[keyof Acts]

const act: Read<FileAct> = (value, at) => {
  const kind = choice(Object.keys(ACTS) as (keyof typeof ACTS)[])(object(value, at)['do'], under(at, 'do'))
  return ACTS[kind](value, at) as FileAct
}

const PHASE = shape({
  name: text,
  for: time,
  /** Its length stays when the run is made longer or shorter. */
  fixed: optional(flag),
  repeat: optional(count(1, 1_000)),
  do: optional(list(act)),
  until: optional(list(shape({ what: choice(AIMS), within: time })))
})
export type FilePhase = ReturnType<typeof PHASE>

const CROWD = shape({
  /** Members who come each second. */
  joins: number(0.001, PEERS_MOST),
  /** Messages a second, of all together. */
  rate: number(0, RATE_MOST),
  /** How many are removed, all in all. */
  removals: count(0, COUNT_MOST),
  /** Whether the key manager in office is lost. */
  takeover: choice(['yes', 'no']),
  for: time
})
export type Crowd = ReturnType<typeof CROWD>

const PARAMETER: Read<Parameter> = (value, at) => {
  const means = { means: text, is: choice(['number', 'time', 'choice']) }
  const { is } = object(value, at)
  if (is === 'number')
    return shape({
      ...means,
      is: choice(['number']),
      default: number(0, 1e9),
      least: number(0, 1e9),
      most: number(0, 1e9)
    })(value, at)
  if (is === 'time') return shape({ ...means, is: choice(['time']), default: clockTime })(value, at)
  return shape({ ...means, is: choice(['choice']), default: text, choices: list(text, 1) })(value, at)
}

/** A time, kept as it is written. */
const clockTime: Read<string> = (value, at) => {
  time(value, at)
  return text(value, at)
}

/** What can be set on the command line. */
export type Parameter = { readonly means: string } & (
  | { readonly is: 'number'; readonly default: number; readonly least: number; readonly most: number }
  | { readonly is: 'time'; readonly default: string }
  | { readonly is: 'choice'; readonly default: string; readonly choices: readonly string[] }
)

const SCENARIO = shape({
  name,
  about: text,
  modes: list(choice(MODES), 1),
  /** How many members there are who manage nothing, and how many key managers. */
  peers: count(1, PEERS_MOST),
  managers: count(1, MANAGERS),
  /** The members by their names; made up unless told. */
  names: optional(list(name, 1)),
  /** How many neighbours carry what a peer says; absent: everybody does. */
  degree: optional(count(2, 100)),
  channel: optional(CHANNEL),
  network: optional(NETWORK),
  parameters: optional(table(PARAMETER)),
  sets: optional(table(selector)),
  /** Instead of phases: so many that each is a row of a table. */
  crowd: optional(CROWD),
  phases: optional(list(PHASE, 1))
})

/** A scenario whose parameters have been put in. */
export type ScenarioFile = Omit<ReturnType<typeof SCENARIO>, 'phases'> & {
  /** None where there is a crowd. */
  readonly phases: readonly FilePhase[]
  /** As they are in force. */
  readonly values: Readonly<Record<string, string | number>>
}

/** What is told otherwise than in the file. */
export interface Settings {
  readonly peers?: number
  readonly managers?: number
  /** `name=value`, in force over the defaults. */
  readonly set?: readonly string[]
}

/**
 * Reads a scenario.
 *
 * @param form - what stands in the file.
 * @throws {UsageError} `BAD_SCENARIO`; `UNKNOWN_PARAMETER` or `BAD_OPTION` for what is set.
 */
export function readScenario(form: unknown, settings: Settings = {}): ScenarioFile {
  const { parameters: specs = {}, ...given } = object(form, '')
  const parameters = readParameters(specs)
  const values = valuesOf(parameters, settings.set ?? [])
  const peers = settings.peers ?? given['peers']
  const managers = settings.managers ?? given['managers']
  const filled = fill({ ...given, peers, managers }, { ...values, peers, managers }, '')
  const scenario = SCENARIO({ ...object(filled, ''), parameters: specs }, '')
  if (scenario.names !== undefined && scenario.names.length !== scenario.peers) {
    throw settings.peers === undefined
      ? misplaced('names', 'are not as many as peers', 'Write as many names, or none')
      : new UsageError('BAD_OPTION', 'Cannot use --peers here. The scenario names its members. Leave it out.')
  }
  const { phases, crowd } = scenario
  if ((phases === undefined) === (crowd === undefined))
    throw misplaced('phases', 'are missing, or there is a crowd beside them', 'Write either phases or a crowd')
  return { ...scenario, phases: phases ?? [], values }
}

/** The parameters of a form. @throws {UsageError} `BAD_SCENARIO` */
export const readParameters = (specs: unknown = {}): Readonly<Record<string, Parameter>> =>
  table(PARAMETER)(specs, 'parameters')

function valuesOf(
  parameters: Readonly<Record<string, Parameter>>,
  set: readonly string[]
): Record<string, string | number> {
  const values = Object.fromEntries(Object.entries(parameters).map(([key, one]) => [key, one.default]))
  const names = Object.keys(parameters)
  const offer = names.length === 0 ? 'This scenario has none' : `Take one of: ${names.join(', ')}`
  for (const one of set) {
    const [key = '', value] = one.split(/=(.*)/s)
    const parameter = Object.hasOwn(parameters, key) ? parameters[key]! : undefined
    if (parameter === undefined)
      throw new UsageError(
        'UNKNOWN_PARAMETER',
        `There is no parameter "${key}". The scenario does not have it. ${offer}.`
      )
    if (value === undefined)
      throw new UsageError(
        'BAD_OPTION',
        `Cannot set ${key} to nothing. It takes a value. Write --set ${key}=${parameter.default}, for example.`
      )
    values[key] = setTo(key, value, parameter)
  }
  return values
}

function setTo(key: string, value: string, parameter: Parameter): string | number {
  const refuse = (why: string, advice: string): UsageError =>
    new UsageError('BAD_OPTION', `Cannot set ${key} to "${value}". ${why}. ${advice}.`)
  switch (parameter.is) {
    case 'number': {
      const { least, most } = parameter
      const given = /^\d+(\.\d+)?$/.test(value) ? Number(value) : Number.NaN
      if (given >= least && given <= most) return given
      throw refuse('It is no number that may stand there', `Write one from ${least} to ${most}`)
    }
    case 'time':
      try {
        return clockTime(value, key)
      } catch {
        throw refuse('It is no time', 'Write a number and a unit, such as 10s or 5m')
      }
    case 'choice':
      if (parameter.choices.includes(value)) return value
      throw refuse('It is none of the words that may stand there', `Take one of: ${parameter.choices.join(', ')}`)
    default:
      return parameter satisfies never
  }
}

/** Puts values where their names stand. */
function fill(value: unknown, values: Readonly<Record<string, unknown>>, at: string): unknown {
  if (typeof value === 'string' && value.startsWith('$')) {
    const key = value.slice(1)
    if (Object.hasOwn(values, key)) return values[key]
    throw misplaced(
      at,
      `names a parameter ${value} that there is not`,
      `Take one of: ${Object.keys(values).join(', ')}`
    )
  }
  if (Array.isArray(value)) return value.map((one, i) => fill(one, values, `${at}[${i}]`))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, fill(one, values, under(at, key))]))
}
