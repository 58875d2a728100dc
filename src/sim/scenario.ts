import { DAY_MS, SECOND_MS } from '../base/time.ts'
import { Admission, Authentication, HistoryPolicy, Privacy } from '../wire/messages.ts'
import type { Cast } from './cast.ts'
import type { Loss } from './disk.ts'
import type { Flood } from './hostile.ts'
import { FALSE_HEADS, LIES, type Lie } from './lying-manager.ts'
import { LIAR_FAULT, OFFICE_FAULTS, type OfficeFault, sufferInOffice, sufferLiar } from './office-faults.ts'
import {
  everyoneReads,
  groupsComeAsTold,
  hasLostNothing,
  haveAllRead,
  nothingIsLost,
  removalsAreAdopted,
  somebodyLeads
} from './promises.ts'
import { Random } from './random.ts'
import { isSettled } from './settled.ts'
import type { Promised, Step, StoryConfig } from './story.ts'
import { isWanted, QUORUM_FROM, type Truth } from './truth.ts'
import { isTwofold } from './twofold.ts'

/** The most managers a seed may draw: as many as the core can have in office. Seeds that draw one stay what they are. */
const MANAGERS_MOST = 5

export interface Scenario {
  readonly seed: number
  readonly people: readonly string[]
  readonly managers: readonly string[]
  readonly memberManagers: readonly string[]
  readonly settings: NonNullable<StoryConfig['settings']>
  readonly nodes: NonNullable<StoryConfig['nodes']>
  readonly groups: readonly string[]
  /** The faults switched on. */
  readonly faults: readonly Fault[]
  /** The opening, and everything up to the end of faults. */
  readonly life: readonly Step[]
  /** When faults end, virtual ms. */
  readonly untilMs: number
}

/** What a generator may use, whoever manages. Swarm testing: each seed has some of these. */
const FAULTS_OF_ALL = [
  'loss',
  'delay',
  'repeats',
  'flips',
  'partition',
  'one-way cut',
  'crash',
  'power cut',
  'crash between effects',
  'pause',
  'clock',
  'slow disk',
  'replay',
  'strangers',
  'impostor',
  'directory',
  'streams'
] as const
type FaultOfAll = (typeof FAULTS_OF_ALL)[number]
export type Fault = FaultOfAll | OfficeFault | typeof LIAR_FAULT
export const FAULTS: readonly Fault[] = [...FAULTS_OF_ALL, ...OFFICE_FAULTS, LIAR_FAULT]

export interface ScenarioOptions {
  /** Faults that may be drawn; all of them unless told. */
  readonly faults?: readonly Fault[]
  /** 1 to 7; drawn up to `MANAGERS_MOST` unless told. */
  readonly managers?: number
  /** The lie of a manager in each; drawn, in some, unless told. */
  readonly lie?: Lie
  readonly maxMembers?: number
}

const NAMES = [
  ...['alice', 'bob', 'carol', 'dave', 'erin', 'frank', 'grace', 'heidi', 'ivan', 'judy', 'mallory', 'niaj'],
  ...['olivia', 'peggy', 'rupert']
]
/** When the life of the channel begins. */
const LIFE_FROM_MS = 2 * SECOND_MS
/** When faults end: most seeds are short, so that there are many of them; some have time for what takes longer. */
const LIFE_TO_MS = [15 * SECOND_MS, 40 * SECOND_MS] as const
const LONG_SHARE = 0.25
/** With several managers there is more of it: several elections fit in. */
const OFFICE_LIFE_MS = 45 * SECOND_MS
/** Most seeds have few members: what goes wrong among eight mostly goes wrong among four. */
const FEW_MEMBERS = 4
const MANY_MEMBERS = 8
const CROWD_SHARE = 0.25
const MESSAGES_MOST = 25
/** Of the messages in channels that allow it. */
const PLAIN_SHARE = 0.3
/** T_conv, protocol §13: two elections that collide fit in. */
const SETTLE_MS = 60 * SECOND_MS
const LAST_WORDS_MS = 20 * SECOND_MS
/** T_deliver. */
const REPAIR_MS = 60 * SECOND_MS
/** T_alarm. */
const ALARM_MS = 10 * SECOND_MS
const FAULT_SHARE = 0.3
/** Of the seeds in which nobody else lies. */
const FALSE_HEADS_SHARE = 0.1
/** Of the seeds. */
const GROUPS_SHARE = 0.35
const GROUP_NAMES = ['kitchen', 'garden', 'attic']
/** From then on a group may be made, when most have joined. */
const GROUPS_FROM_MS = 4 * SECOND_MS
const GROUP_MESSAGES_MOST = 12

/** The scenario of a seed. */
export function randomScenario(seed: number, options: ScenarioOptions = {}): Scenario {
  const random = new Random(seed, 'scenario')
  const office = new Random(seed, 'managers')
  const managerCount = options.managers ?? office.between(1, MANAGERS_MOST)
  const most = random.chance(CROWD_SHARE) ? MANY_MEMBERS : FEW_MEMBERS
  const memberCount = random.between(2, Math.min(most, options.maxMembers ?? MANY_MEMBERS))
  const people = NAMES.slice(0, managerCount + memberCount)
  const managers = people.slice(0, managerCount)
  const allowed = options.faults ?? FAULTS
  const ofAll = FAULTS_OF_ALL.filter((fault) => allowed.includes(fault) && random.chance(FAULT_SHARE))
  const isShared = managerCount > 1
  const drawn = OFFICE_FAULTS.filter((fault) => isShared && allowed.includes(fault) && office.chance(FAULT_SHARE))
  // A stream of its own: seeds in which nobody lies are what they are.
  const liar = new Random(seed, 'liar')
  const isLied = isShared && allowed.includes(LIAR_FAULT) && liar.chance(FAULT_SHARE)
  const forger = new Random(seed, 'forger')
  const mayForge = isShared && allowed.includes(LIAR_FAULT) && !drawn.some((one) => one.endsWith('disk'))
  const isForged = !isLied && mayForge && forger.chance(FALSE_HEADS_SHARE)
  const isLiedTo = isLied || isForged || (isShared && options.lie !== undefined)
  // Where each may open a term alone it is none.
  const falseHeads = FALSE_HEADS.filter((lie) => managerCount >= QUORUM_FROM || lie !== 'unsigned root')
  const lies = options.lie !== undefined ? [options.lie] : isForged ? falseHeads : LIES
  // Whose clock and disk are both set back cannot make a record that is newer than its last.
  const isWithDisk = drawn.some((one) => one.endsWith('disk')) && !isLiedTo
  const inOffice = drawn.filter(
    (fault) => !(fault === 'clocks apart' ? isWithDisk : isLiedTo && fault.endsWith('disk'))
  )
  const untilMs = LIFE_TO_MS[random.chance(LONG_SHARE) ? 1 : 0] + (isShared ? OFFICE_LIFE_MS : 0)
  const opportunities = new Random(seed, 'opportunities')
  const settings = { ...drawSettings(random), ...drawTriggers(opportunities) }
  const memberManagers = people.slice(managerCount, managerCount + opportunities.between(0, 1))
  const isMixed = settings.privacy === Privacy.MIXED
  const life = new Life({
    random,
    groupsRandom: new Random(seed, 'groups'),
    office,
    people,
    managers,
    faults: new Set(ofAll),
    untilMs,
    isMixed
  })
  const nodes = life.drawNodes()
  const times = { fromMs: LIFE_FROM_MS, untilMs }
  const suffered = [
    ...sufferInOffice(inOffice, { random: office, people, managers, ...times }),
    ...(isLiedTo ? sufferLiar(lies, { random: isForged ? forger : liar, people, managers, ...times }) : [])
  ]
  return {
    seed,
    people,
    managers,
    memberManagers,
    settings,
    nodes,
    groups: life.groups,
    faults: [...ofAll, ...inOffice, ...(isLiedTo ? ([LIAR_FAULT] as const) : [])],
    life: [...life.opening(), ...life.steps(opportunities, memberManagers, suffered)],
    untilMs
  }
}

/** All that happens in a scenario: its life, then the end of faults, when liveness must come true. */
export const stepsOf = (scenario: Scenario): readonly Step[] => [...scenario.life, ...ending(scenario)]

const isSetBack = ({ faults }: Scenario): boolean =>
  faults.some((fault) => fault.endsWith('disk') && fault !== 'slow disk')

/** Lies that open terms of which nobody is given a key. Of a step whose issuer's signature is enough no certificate is looked at. */
export const RUNAWAY_LIES: readonly Lie[] = ['wild terms', 'late serial', 'borrowed certificate', 'first epoch']

/**
 * Where one signature is enough for a root, a wild proposal is a certificate: its term is true, and who knows of it waits for
 * one above it, which its author, honest by now, may not know that it needs.
 */
const isRunAway = ({ managers, life }: Scenario): boolean =>
  managers.length < QUORUM_FROM && life.some((step) => step.type === 'lie' && RUNAWAY_LIES.includes(step.lie))

/**
 * Whether one of two lives led a term above all that there is now, and is over: the machine that is left knows nothing of it,
 * and who heard of it waits for one above it. Where more than one signature is needed another manager knows of it, too.
 */
const isOutlived = ({ people, inOffice }: Truth, { managers, life }: Scenario): boolean =>
  managers.length < QUORUM_FROM &&
  life.some((step) => step.type === 'lie' && step.lie === 'two lives') &&
  people.some(({ ledTerm }) => ledTerm > (inOffice?.term ?? 0))

/**
 * Whether all that is promised can come true when faults are over. Where a lie is known nobody speaks any more. A manager
 * that was set back counts as faulty: it may have signed twice, and may have had the only key.
 */
function isPromised(story: Cast, scenario: Scenario): boolean {
  const { truth } = story
  if (truth.isLieKnown || isRunAway(scenario) || isTwofold(truth) || isOutlived(truth, scenario)) return false
  const { managers } = scenario
  const keyed = managers.filter((name) => {
    const { isRolledBack, readyAt } = story.person(name)
    return !isRolledBack && readyAt !== undefined
  })
  return truth.people.every(({ isRolledBack }) => !isRolledBack) || 2 * keyed.length > managers.length
}

/** Faults end, everybody who should has the keys, everybody says a last word to everybody, and everybody reads it. */
function ending(scenario: Scenario): Step[] {
  const { people, groups, faults, untilMs } = scenario
  const last: LastWord[] = people.map((who) => ({ who, text: `last words of ${who}` }))
  for (const group of groups)
    last.push(...people.map((who) => ({ who, text: `last words of ${who} to the ${group}`, group })))
  const calm: Step = { type: 'calm', at: untilMs }
  // Who lost the command to join is told again, whatever comes of it.
  const quiet: Step[] = [
    { type: 'expect', promise: (story) => void story.until(isSettled, SETTLE_MS) },
    { type: 'wait', forMs: ALARM_MS }
  ]
  const rest: Step[] = [
    { type: 'expect', promise: somebodyLeads() },
    { type: 'settle', withinMs: SETTLE_MS },
    { type: 'expect', promise: removalsAreAdopted() },
    { type: 'expect', promise: groupsComeAsTold() },
    ...last.map((words): Step => ({ type: 'say', ...words })),
    { type: 'expect', promise: (story) => void story.until(everyLastWord(last), LAST_WORDS_MS) },
    ...last.map(
      (words): Step => ({
        type: 'expect',
        promise: (story) => {
          if (isSayable(story, words)) everyoneReads(words.text, words.group)(story)
        }
      })
    ),
    // Time for what is still missing of older messages.
    { type: 'wait', forMs: 5 * SECOND_MS },
    { type: 'settle', withinMs: SETTLE_MS },
    { type: 'expect', promise: (story) => void story.until(hasLostNothing, REPAIR_MS) },
    { type: 'expect', promise: nothingIsLost() }
  ]
  const go =
    (otherwise: readonly Step[]): Promised =>
    (story) =>
      void story.play(isPromised(story, scenario) ? rest : otherwise)
  if (!isSetBack(scenario) && !faults.includes(LIAR_FAULT)) return [calm, ...rest]
  // Who signed twice, by a lie or for an old disk, is found out by then.
  return [calm, { type: 'wait', forMs: ALARM_MS }, { type: 'expect', promise: go(isSetBack(scenario) ? quiet : []) }]
}

function drawSettings(random: Random): Scenario['settings'] {
  return {
    admission: random.chance(0.5) ? Admission.OPEN : Admission.BY_INVITE,
    authentication: random.chance(0.3) ? Authentication.BY_CHALLENGE : Authentication.BY_SIGNATURE,
    privacy: random.chance(0.2) ? Privacy.MIXED : Privacy.ENCRYPTED,
    history: random.pick([HistoryPolicy.NONE, HistoryPolicy.SINCE_JOIN, HistoryPolicy.ALL])
  }
}

/** What makes new keys: as it is by itself, or so often that a short life sees it. */
function drawTriggers(random: Random): Scenario['settings'] {
  if (random.chance(0.4)) return {}
  return {
    stepSeconds: random.pick([0, 5, 15]),
    idleSeconds: random.pick([0, 5, 15]),
    keyLifetimeSeconds: random.pick([60, DAY_MS / SECOND_MS]),
    graceSeconds: random.pick([5, 600]),
    withoutTriggers: random.between(0, 3)
  }
}

class Life {
  readonly #random: Random
  /** What happens with groups is drawn from a stream of its own: seeds without them are what they are. */
  readonly #groupsRandom: Random
  /** Which of several managers does something: a stream of its own again. */
  readonly #office: Random
  readonly #people: readonly string[]
  readonly #managers: readonly string[]
  readonly groups: readonly string[]
  readonly #founder: string
  readonly #faults: ReadonlySet<FaultOfAll>
  /** When faults end, ms. */
  readonly #untilMs: number
  readonly #isMixed: boolean
  readonly #steps: Step[] = []
  #texts = 0

  constructor(facts: {
    random: Random
    groupsRandom: Random
    office: Random
    people: readonly string[]
    managers: readonly string[]
    faults: ReadonlySet<FaultOfAll>
    untilMs: number
    isMixed: boolean
  }) {
    const { groupsRandom } = facts
    this.#random = facts.random
    this.#groupsRandom = groupsRandom
    this.#office = facts.office
    const hasGroups = groupsRandom.chance(GROUPS_SHARE)
    this.groups = hasGroups ? GROUP_NAMES.slice(0, groupsRandom.between(1, GROUP_NAMES.length)) : []
    this.#people = facts.people
    this.#managers = facts.managers
    this.#founder = facts.managers[0]!
    this.#faults = facts.faults
    this.#untilMs = facts.untilMs
    this.#isMixed = facts.isMixed
  }

  drawNodes(): Scenario['nodes'] {
    const random = this.#random
    const draw = () => ({
      skewMs: this.#faults.has('clock') ? random.between(-600_000, 600_000) : 0,
      syncMs: this.#faults.has('slow disk') ? random.between(0, 300) : 0
    })
    return Object.fromEntries(this.#people.map((name) => [name, draw()]))
  }

  opening(): Step[] {
    const who = this.#founder
    return [
      { type: 'create', who, at: 0 },
      { type: 'invite', who, once: (story) => story.view(who)?.key === 'ready' }
    ]
  }

  /** Everything between the opening and the end of faults, by time. @param suffered - what is added to it. */
  steps(opportunities: Random, memberManagers: readonly string[], suffered: readonly Step[]): Step[] {
    const random = this.#random
    for (const who of this.#people.slice(1)) {
      // Most come early, some in the middle of everything.
      const latest = random.chance(0.6) ? 6 * SECOND_MS : this.#untilMs - 5 * SECOND_MS
      this.#add(random.between(LIFE_FROM_MS, latest), { type: 'join', who })
    }
    for (let i = random.between(5, MESSAGES_MOST); i > 0; i--) this.#say(this.#moment(), random.pick(this.#people))
    this.#changes()
    this.#lifeOfGroups()
    for (const fault of this.#faults) for (const step of this.#suffer(fault)) this.#add(step.at!, step)
    this.#comings(opportunities)
    for (const by of memberManagers) this.#add(this.#moment(opportunities), { type: 'rekey', by })
    for (const step of suffered) this.#add(step.at!, step)
    return this.#steps.toSorted((a, b) => a.at! - b.at!)
  }

  /** Some end in order and come back. */
  #comings(random: Random): void {
    for (let i = random.between(0, 3); i > 0; i--) {
      const who = random.pick(this.#people)
      const at = this.#moment(random)
      this.#add(at, { type: 'stop', who })
      this.#add(at + random.between(100, 8 * SECOND_MS), { type: 'start', who })
    }
  }

  #changes(): void {
    const random = this.#random
    const others = random.shuffle(this.#people.slice(this.#managers.length))
    const leastLeft = 2
    for (let i = random.between(0, 2); i > 0 && others.length > leastLeft; i--) {
      this.#add(this.#moment(), {
        type: 'remove',
        who: others.pop()!,
        by: this.#manager(),
        isForCause: random.chance(0.5)
      })
    }
    if (random.chance(0.3) && others.length > leastLeft)
      this.#add(this.#moment(), { type: 'leave', who: others.pop()! })
    for (let i = random.between(0, 2); i > 0; i--) this.#add(this.#moment(), { type: 'rekey', by: this.#manager() })
    if (random.chance(0.3)) this.#add(this.#moment(), { type: 'invite', who: this.#manager() })
  }

  #manager(): string {
    return this.#office.pick(this.#managers)
  }

  #lifeOfGroups(): void {
    if (this.groups.length === 0) return
    const random = this.#groupsRandom
    for (const group of this.groups) this.#lifeOfGroup(group)
    for (let i = random.between(0, 3); i > 0; i--)
      this.#add(random.between(GROUPS_FROM_MS, this.#untilMs), { type: 'rekey', by: this.#founder })
  }

  /** A group is made, filled and talked to; some are taken out or go, some come back, and some groups are dissolved. */
  #lifeOfGroup(group: string): void {
    const random = this.#groupsRandom
    const by = this.#founder
    const madeAt = random.between(GROUPS_FROM_MS, this.#untilMs / 2)
    const latest = this.#untilMs - 2 * SECOND_MS
    const moment = (): number => random.between(madeAt, latest)
    this.#add(madeAt, { type: 'createGroup', group, by })
    const members = this.#people.filter((who) => who !== by && random.chance(0.6))
    for (const who of members) {
      const putAt = random.chance(0.5) ? madeAt + random.between(300, 3 * SECOND_MS) : moment()
      this.#add(putAt, { type: 'putIntoGroup', group, who, by })
      if (random.chance(0.6)) continue
      const outAt = random.between(Math.min(putAt, latest), latest)
      this.#add(outAt, { type: 'takeOutOfGroup', group, who, by: random.chance(0.3) ? who : by })
      if (random.chance(0.3)) this.#add(random.between(outAt, latest), { type: 'putIntoGroup', group, who, by })
    }
    for (let i = random.between(0, 2); i > 0; i--) this.#add(moment(), { type: 'rekey', group, by })
    if (random.chance(0.15)) this.#add(moment(), { type: 'dissolveGroup', group, by })
    for (let i = random.between(3, GROUP_MESSAGES_MOST); i > 0; i--)
      this.#say(moment(), random.pick([by, ...members]), group)
  }

  /** What one fault of the menu does in this run. */
  #suffer(fault: FaultOfAll): readonly Step[] {
    const random = this.#random
    switch (fault) {
      case 'loss':
        return this.#weather({ lossRate: random.fraction() * 0.3 })
      case 'delay':
        return this.#weather({ medianDelayMs: random.between(1, 500), delaySigma: 0.3 + random.fraction() })
      case 'repeats':
        return this.#weather({ repeatRate: random.fraction() * 0.5 })
      case 'flips':
        return this.#weather({ flipRate: random.fraction() * 0.05 })
      case 'streams':
        return this.#weather({ streamLossRate: random.fraction() * 0.5 })
      case 'partition':
        return this.#span(this.#drawPartition(), { type: 'heal' })
      case 'one-way cut': {
        const [from, to] = random.shuffle(this.#people)
        return this.#span({ type: 'cut', from: from!, to: to! }, { type: 'heal' })
      }
      case 'crash':
      case 'power cut':
      case 'crash between effects':
        return repeat(random.between(1, 3), () => this.#crash(fault))
      case 'pause': {
        const who = random.pick(this.#people)
        if (random.chance(0.7)) return this.#span({ type: 'pause', who }, { type: 'resume', who })
        return [{ at: this.#moment(), type: 'suspend', who, forMs: random.between(SECOND_MS, 15 * SECOND_MS) }]
      }
      case 'clock': {
        const step: Step = { at: this.#moment(), type: 'clock', who: random.pick(this.#people) }
        if (random.chance(0.5)) return [{ ...step, rate: 0.5 + 1.5 * random.fraction() }]
        return [{ ...step, jumpMs: random.between(-DAY_MS, DAY_MS) }]
      }
      case 'slow disk':
        return [] // The nodes have it from the start.
      case 'replay':
        return repeat(random.between(1, 6), () => [
          { at: this.#moment(), type: 'replay', count: random.between(1, 20) }
        ])
      case 'strangers':
        return repeat(random.between(1, 4), () =>
          this.#flood(['garbage', 'mutated', 'requests', 'resigned', 'twisted'])
        )
      case 'impostor': {
        const as = random.pick(this.#people.slice(this.#managers.length))
        return repeat(random.between(1, 3), () => this.#flood(['resigned', 'twisted'], as))
      }
      case 'directory': {
        const conditions = {
          delayMs: random.between(10, 5_000),
          hideRate: random.fraction() * 0.5,
          rollBackRate: random.fraction()
        }
        return [{ at: LIFE_FROM_MS, type: 'directory', conditions }]
      }
      default:
        return fault satisfies never
    }
  }

  #drawPartition(): Step {
    const people = this.#random.shuffle(this.#people)
    if (this.#random.chance(0.4)) return { type: 'isolate', who: people[0]! }
    const cut = this.#random.between(1, people.length - 1)
    return { type: 'partition', sets: [people.slice(0, cut), people.slice(cut)] }
  }

  #crash(fault: 'crash' | 'power cut' | 'crash between effects'): Step[] {
    const random = this.#random
    const who = random.pick(this.#people)
    const loss: Loss = fault === 'crash' ? 'nothing' : random.pick(['nothing', 'tail', 'unsynced'])
    const afterEffects = fault === 'crash between effects' ? { afterEffects: random.between(0, 25) } : {}
    const at = this.#moment()
    return [
      { at, type: 'crash', who, loss, ...afterEffects },
      { at: at + random.between(100, 8 * SECOND_MS), type: 'start', who }
    ]
  }

  #flood(kinds: readonly Flood[], as?: string): Step[] {
    const random = this.#random
    const step: Step = { at: this.#moment(), type: 'flood', what: random.pick(kinds), count: random.between(1, 10) }
    return [as === undefined ? step : { ...step, as }]
  }

  #weather(conditions: Extract<Step, { type: 'weather' }>['conditions']): Step[] {
    return [{ at: this.#random.between(0, 5 * SECOND_MS), type: 'weather', conditions }]
  }

  /** A fault that begins and ends. */
  #span(begin: Step, end: Step): Step[] {
    const at = this.#moment()
    return [
      { ...begin, at },
      { ...end, at: at + this.#random.between(SECOND_MS, 20 * SECOND_MS) }
    ]
  }

  #say(at: number, who: string, group?: string): void {
    const isPlain = group === undefined && this.#isMixed && this.#random.chance(PLAIN_SHARE)
    // The full stop keeps one text from being the beginning of another.
    const said = { who, text: `${who} ${++this.#texts}.`, isPlain }
    this.#add(at, { type: 'say', ...said, ...(group !== undefined && { group }) })
  }

  #moment(random = this.#random): number {
    return random.between(LIFE_FROM_MS, this.#untilMs - 2 * SECOND_MS)
  }

  #add(at: number, step: Step): void {
    this.#steps.push({ ...step, at: Math.min(at, this.#untilMs) })
  }
}

const repeat = (count: number, make: () => readonly Step[]): Step[] => Array.from({ length: count }, make).flat()

interface LastWord {
  readonly who: string
  readonly text: string
  readonly group?: string
}

/** Whether whoever says it is in the channel, not alone there, and in the group it is said to. */
const isSayable = (story: Cast, { who, group }: LastWord): boolean => {
  const person = story.person(who)
  const isAlone = story.truth.people.every((other) => other === person || !isWanted(other))
  return isWanted(person) && !isAlone && (group === undefined || story.inGroup(group).includes(person))
}

const everyLastWord =
  (last: readonly LastWord[]) =>
  (story: Cast): boolean =>
    last.every((words) => !isSayable(story, words) || haveAllRead(words.text, words.group)(story))
