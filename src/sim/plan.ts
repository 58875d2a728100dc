/**
 * What is to happen in one run, step by step: the one thing that every world plays, be it virtual or live. It follows from a
 * scenario and a seed alone.
 *
 * Each plan begins with a channel that is founded and managed, and ends with the end of all faults, when everything that is
 * promised has to come true.
 */
import { SECOND_MS } from '../base/time.ts'
import type { ChannelSettings } from '../core/command.ts'
import { Admission, Authentication, HistoryPolicy, PartitionPolicy, Privacy, TimingProfile } from '../wire/messages.ts'
import { LEADER } from './deeds.ts'
import { CALM, type Conditions } from './network.ts'
import { LEADING, managersOf, membersOf, settled } from './scenario-acts.ts'
import type { Aim, ChannelChoices, FileAct, FilePhase, NetworkChoices, ScenarioFile } from './scenario-file.ts'
import type { Act } from './story.ts'

/** What is done: data alone. Names are those of the plan, or `LEADER`, whoever leads at that moment. */
export type PlannedAct = Exclude<Act, { readonly type: 'expect' | 'settle' | 'amend' | 'setNick' | 'suspend' }>

export interface PlannedStep {
  /** ms since its phase began. */
  readonly at: number
  readonly act: PlannedAct
}

/** Something that has to come true, and the time it may take, ms. */
export interface Goal {
  readonly what: Aim
  readonly withinMs: number
}

export interface PlannedPhase {
  readonly name: string
  /** How long it lasts; longer when its goals take longer. */
  readonly ms: number
  /** By time. */
  readonly steps: readonly PlannedStep[]
  /** Waited for one after the other when its time is over. One that does not come breaks its invariant. */
  readonly until: readonly Goal[]
}

export interface Plan {
  readonly scenario: string
  readonly about: string
  readonly seed: number
  readonly managers: readonly string[]
  readonly members: readonly string[]
  readonly channel: Omit<ChannelSettings, 'managers' | 'memberManagers'>
  readonly network: Partial<Conditions>
  /** How many neighbours carry what a peer says; undefined: everybody does. */
  readonly degree: number | undefined
  /** As they are in force. */
  readonly parameters: Readonly<Record<string, string | number | boolean>>
  readonly phases: readonly PlannedPhase[]
}

/** T_elect of seven managers whose proposals collide; T_conv; T_remove; T_deliver; T_alarm. */
const WITHIN_MS: Readonly<Record<Aim, number>> = {
  led: 29 * SECOND_MS,
  ready: 60 * SECOND_MS,
  removed: 15 * SECOND_MS,
  grouped: 60 * SECOND_MS,
  read: 30 * SECOND_MS,
  delivered: 60 * SECOND_MS,
  alarmed: 10 * SECOND_MS
}
const LAST_WORDS_MS = 5 * SECOND_MS
/** One says its last word so long after the other; of many so long for each, as each word goes to all of them. */
const LAST_WORD_MS = 100
const LAST_WORD_EACH_MS = 5
/** So many have one at most. */
const LAST_WORDS = 32

/**
 * The plan of a scenario.
 *
 * @throws {UsageError} `BAD_SCENARIO` when people or moments are named that there are not.
 */
export function planOf(file: ScenarioFile, seed: number): Plan {
  const { name, about, channel = {}, network = {}, degree, values, phases } = settled(file, seed)
  const managers = managersOf(file)
  const members = membersOf(file)
  const usual: Conditions = { ...CALM, ...conditionsOf(network) }
  return {
    scenario: name,
    about,
    seed,
    managers,
    members,
    channel: settingsOf(channel),
    network: conditionsOf(network),
    degree,
    parameters: values,
    phases: [
      ...opening(managers),
      ...phases.map((phase) => planned(phase, usual)),
      ...ending([...managers, ...members], groupsIn(phases), isLiedIn(phases))
    ]
  }
}

const goal = (what: Aim): Goal => ({ what, withinMs: WITHIN_MS[what] })

/** The first manager founds the channel, and the others come in. */
function opening([founder, ...others]: readonly string[]): PlannedPhase[] {
  const create = { at: 0, act: { type: 'create', who: founder! } } as const
  const invite = { at: 0, act: { type: 'invite', who: founder! } } as const
  const joins = others.map((who) => ({ at: 100, act: { type: 'join', who } as const }))
  return [
    { name: 'founding', ms: SECOND_MS, steps: [create], until: [goal('ready')] },
    { name: 'managers', ms: SECOND_MS, steps: [invite, ...joins], until: [goal('ready'), goal('led')] }
  ]
}

/** Faults end; then everybody says a last word, of many every second or further one, and everybody it is for reads it. */
function ending(people: readonly string[], groups: readonly string[], isLied: boolean): PlannedPhase[] {
  const pauseMs = Math.max(LAST_WORD_MS, people.length * LAST_WORD_EACH_MS)
  const every = Math.ceil(people.length / LAST_WORDS)
  const speakers = people.filter((_, i) => i % every === 0)
  const words = speakers.flatMap((who, i): PlannedStep[] => [
    { at: i * pauseMs, act: { type: 'say', who, text: `last words of ${who}` } },
    ...groups.map((group) => ({
      at: i * pauseMs,
      act: { type: 'say', who, text: `last words of ${who} to the ${group}`, group } as const
    }))
  ])
  return [
    {
      name: 'calm',
      // Whoever holds a proof tells whoever has none.
      ms: isLied ? WITHIN_MS.alarmed + SECOND_MS : SECOND_MS,
      steps: [{ at: 0, act: { type: 'calm' } }],
      until: [goal('led'), goal('ready'), goal('removed'), goal('grouped')]
    },
    {
      name: 'last words',
      ms: Math.max(LAST_WORDS_MS, (speakers.length - 1) * pauseMs),
      steps: words,
      until: [goal('read'), goal('ready'), goal('delivered')]
    }
  ]
}

const groupsIn = (phases: readonly FilePhase[]): string[] => [
  ...new Set(phases.flatMap((phase) => phase.do ?? []).flatMap((act) => (act.do === 'group' ? [act.group] : [])))
]

const isLiedIn = (phases: readonly FilePhase[]): boolean =>
  phases.some((phase) => phase.do?.some((act) => act.do === 'lie'))

/** @param usual - what the network is like when nothing is wrong. */
function planned(phase: FilePhase, usual: Conditions): PlannedPhase {
  const steps = (phase.do ?? []).flatMap((act) => stepsOf(act, phase.for, usual))
  const until = (phase.until ?? []).map(({ what, within }) => ({ what, withinMs: within }))
  return { name: phase.name, ms: phase.for, steps: steps.toSorted((a, b) => a.at - b.at), until }
}

/** One thing that is done, by one person at one moment; with its end, at the end of the phase at the latest. */
function stepsOf(act: FileAct, phaseMs: number, usual: Conditions): PlannedStep[] {
  const at = act.after ?? 0
  const spell = (forMs: number | undefined): { readonly forMs?: number } =>
    forMs === undefined ? {} : { forMs: Math.max(0, Math.min(forMs, phaseMs - at)) }
  const done = (one: PlannedAct): PlannedStep[] => [{ at, act: one }]
  const spanned = (forMs: number | undefined, begin: PlannedAct, end: PlannedAct): PlannedStep[] =>
    forMs === undefined ? done(begin) : [...done(begin), { at: at + spell(forMs).forMs!, act: end }]
  switch (act.do) {
    case 'join':
    case 'leave':
    case 'start':
    case 'resume':
      return done({ type: act.do, who: named(act.who) })
    case 'say':
      return done(sayingOf(act))
    case 'admit':
      return done({ type: 'admit', who: named(act.who), by: named(act.by) })
    case 'remove':
      return done({ type: 'remove', who: named(act.who), by: named(act.by), isForCause: act.cause ?? false })
    case 'rekey':
      return done({ type: 'rekey', by: named(act.by), ...(act.group !== undefined && { group: act.group }) })
    case 'group':
      return done({ type: 'createGroup', group: act.group, by: named(act.by) })
    case 'put-in':
      return done({ type: 'putIntoGroup', group: act.group, who: named(act.who), by: named(act.by) })
    case 'take-out':
      return done({ type: 'takeOutOfGroup', group: act.group, who: named(act.who), by: named(act.by) })
    case 'dissolve':
      return done({ type: 'dissolveGroup', group: act.group, by: named(act.by) })
    case 'kill':
      return done({ type: 'crash', who: named(act.who), loss: act.loss ?? 'nothing', ...spell(act.for) })
    case 'stop':
      return done({ type: 'stop', who: named(act.who), ...spell(act.for) })
    case 'pause':
      return done({ type: 'pause', who: named(act.who), ...spell(act.for) })
    case 'isolate':
      return spanned(act.for, { type: 'isolate', who: named(act.who) }, { type: 'heal' })
    case 'partition':
      return spanned(act.for, { type: 'partition', sets: act.sets.map(namesIn) }, { type: 'heal' })
    case 'heal':
      return done({ type: 'heal' })
    case 'network':
      return spanned(
        act.for,
        { type: 'weather', conditions: conditionsOf(act.set) },
        { type: 'weather', conditions: usual }
      )
    case 'flood':
      return done({
        type: 'flood',
        what: act.what,
        count: act.count,
        ...(act.as !== undefined && { as: named(act.as) })
      })
    case 'replay':
      return done({ type: 'replay', count: act.count })
    case 'lie':
      return done({ type: 'lie', who: named(act.who), lie: act.lie })
    case 'clock':
      return done({ type: 'clock', who: named(act.who), jumpMs: (act.ahead ?? 0) - (act.behind ?? 0) })
    case 'pass':
      return done({ type: 'wait', forMs: act.time })
    default:
      return act satisfies never
  }
}

function sayingOf({
  who,
  text = '',
  to,
  group,
  plain = false,
  reply = false
}: Extract<FileAct, { do: 'say' }>): PlannedAct {
  if (to !== undefined) return { type: 'sayTo', who: named(who), to: named(to), text }
  return {
    type: 'say',
    who: named(who),
    text,
    isPlain: plain,
    isReply: reply,
    ...(group !== undefined && { group })
  }
}

/** The one name that a settled scenario has here. */
const named = (selector: unknown): string => {
  const who = String(selector)
  return who === LEADING ? LEADER : who
}

const namesIn = (selector: unknown): string[] =>
  String(selector)
    .split(' ')
    .filter((who) => who !== 'nobody')

function conditionsOf({ delay, spread, loss, repeats, streamLoss, bandwidth }: NetworkChoices): Partial<Conditions> {
  return {
    ...(delay !== undefined && { medianDelayMs: delay }),
    ...(spread !== undefined && { delaySigma: spread }),
    ...(loss !== undefined && { lossRate: loss }),
    ...(repeats !== undefined && { repeatRate: repeats }),
    ...(streamLoss !== undefined && { streamLossRate: streamLoss }),
    ...(bandwidth !== undefined && { bandwidth })
  }
}

const ADMISSIONS = { open: Admission.OPEN, invite: Admission.BY_INVITE }
const AUTHENTICATIONS = { signature: Authentication.BY_SIGNATURE, challenge: Authentication.BY_CHALLENGE }
const PRIVACIES = { encrypted: Privacy.ENCRYPTED, mixed: Privacy.MIXED }
const HISTORIES = { none: HistoryPolicy.NONE, 'since-join': HistoryPolicy.SINCE_JOIN, all: HistoryPolicy.ALL }
const PARTITIONS = { continue: PartitionPolicy.CONTINUE, freeze: PartitionPolicy.FREEZE }
const TIMINGS = { local: TimingProfile.LOCAL, wan: TimingProfile.WAN }

function settingsOf(choices: ChannelChoices): Plan['channel'] {
  const { admission, authentication, privacy, history, partition, timing, quorum } = choices
  const seconds = (ms: number | undefined): number | undefined =>
    ms === undefined ? undefined : Math.ceil(ms / SECOND_MS)
  const settings = {
    admission: ADMISSIONS[admission ?? 'open'],
    authentication: AUTHENTICATIONS[authentication ?? 'signature'],
    privacy: PRIVACIES[privacy ?? 'encrypted'],
    history: HISTORIES[history ?? 'none'],
    partition: partition && PARTITIONS[partition],
    timing: timing && TIMINGS[timing],
    quorum,
    keyLifetimeSeconds: seconds(choices.keyLifetime),
    stepSeconds: seconds(choices.step),
    idleSeconds: seconds(choices.idle),
    graceSeconds: seconds(choices.grace),
    fenceSeconds: seconds(choices.fence)
  }
  return Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined)) as Plan['channel']
}
