/**
 * What several managers of a channel suffer: the network falls into parts again and again, whoever leads is cut off, dies or
 * stands still, clocks run apart, and one of them, never two, comes back on an old disk or an empty one.
 */
import { DAY_MS, SECOND_MS } from '../base/time.ts'
import { LEADER, twinOf } from './deeds.ts'
import type { Lie } from './lying-manager.ts'
import { CALM } from './network.ts'
import type { SimNode } from './node.ts'
import { ELECTION_MS, everyoneKnows, haveReadAs, somebodyLeads } from './promises.ts'
import type { Random } from './random.ts'
import type { Promised, Step, Story } from './story.ts'
import { QUORUM_FROM } from './truth.ts'
import { isUsurpation, type Usurpation } from './usurper.ts'

/** What a generator may use where there are several managers. */
export const OFFICE_FAULTS = [
  'splits',
  'leader cut off',
  'leader half deaf',
  'leader crashes',
  'leader pauses',
  'clocks apart',
  'old disk',
  'empty disk'
] as const
export type OfficeFault = (typeof OFFICE_FAULTS)[number]

/** One of several managers lies. More than one, or one beside a disk set back, no quorum bears. */
export const LIAR_FAULT = 'lying manager'

/** Who suffers, and when. Times are virtual ms. */
export interface Office {
  readonly random: Random
  readonly people: readonly string[]
  readonly managers: readonly string[]
  readonly fromMs: number
  readonly untilMs: number
}

const SPELLS_MOST = 3
const PARTS_MOST = 4
const OUTAGE_MS = [100, 20 * SECOND_MS] as const

/** When most managers have come, and how long one of them is alone then. */
const OCCASION_MS = [15 * SECOND_MS, 25 * SECOND_MS] as const
const ALONE_MS = 15 * SECOND_MS
const RESTART_MS = 6 * SECOND_MS
const fromTheStart = 100

/** The steps of these faults. */
export function sufferInOffice(faults: readonly OfficeFault[], office: Office): Step[] {
  const isBackInTime = (fault: OfficeFault): boolean => fault === 'old disk' || fault === 'empty disk'
  const [, second] = faults.filter(isBackInTime)
  return faults.filter((fault) => fault !== second).flatMap((fault) => suffer(fault, office))
}

function suffer(fault: OfficeFault, office: Office): Step[] {
  const { random, people, managers } = office
  switch (fault) {
    case 'splits':
      return spells(office).flatMap((spell) => cutFor(spell, [{ type: 'partition', sets: drawSplit(random, people) }]))
    case 'leader cut off':
      return spells(office).flatMap((spell) => cutFor(spell, [{ type: 'isolate', who: LEADER }]))
    case 'leader half deaf':
      return spells(office).flatMap((spell) => cutFor(spell, drawDeafness(random, people)))
    case 'leader crashes':
      return spells(office).map(({ at, forMs }) => {
        const afterEffects = random.chance(0.5) ? { afterEffects: random.between(0, 25) } : {}
        const loss = random.pick(['nothing', 'tail', 'unsynced'] as const)
        return { at, type: 'crash', who: LEADER, loss, forMs, ...afterEffects }
      })
    case 'leader pauses':
      return spells(office).map(({ at, forMs }) => ({ at, type: 'pause', who: LEADER, forMs }))
    case 'clocks apart':
      return managers.map((who) => {
        const rate = 0.5 + 1.5 * random.fraction()
        const jumpMs = random.chance(0.5) ? random.between(-DAY_MS, DAY_MS) : 0
        return { at: random.between(office.fromMs, office.untilMs), type: 'clock', who, rate, jumpMs }
      })
    case 'old disk':
    case 'empty disk':
      return managers.length < QUORUM_FROM ? [] : setBack(fault, office)
    default:
      return fault satisfies never
  }
}

/** One manager begins to tell one of these lies; with two lives it has one on each side of a split. */
export function sufferLiar(lies: readonly Lie[], office: Office): Step[] {
  const { random, people, managers, fromMs, untilMs } = office
  const lie = random.pick(lies)
  // Nothing is drawn for the others: seeds in which they are told are what they are.
  const occasion = isUsurpation(lie) ? occasionFor(lie, office) : undefined
  if (occasion !== undefined) return occasion
  const who = random.pick(managers)
  const at = random.between(fromMs, Math.floor((fromMs + untilMs) / 2))
  if (lie !== 'two lives') return [{ at, type: 'lie', who: random.chance(0.7) ? LEADER : who, lie }]
  const others = random.shuffle(people.filter((one) => one !== who))
  const cut = random.between(1, others.length - 1)
  const sets = [
    [who, ...others.slice(0, cut)],
    [twinOf(who), ...others.slice(cut)]
  ]
  return [
    { at, type: 'lie', who, lie },
    { at, type: 'partition', sets },
    { at, type: 'start', who },
    { at, type: 'start', who: twinOf(who) },
    { at: at + random.between(...OUTAGE_MS), type: 'heal' }
  ]
}

/** What some lies need besides: nobody else in office, a manager that has no key yet, or whoever leads gone for good. */
function occasionFor(lie: Usurpation, { random, people, managers, untilMs }: Office): Step[] | undefined {
  const [founder, ...others] = managers
  const at = random.between(...OCCASION_MS)
  const who = lie === 'false beginning' ? founder! : random.pick(others)
  const rest = managers.filter((one) => one !== who)
  switch (lie) {
    case 'coup':
      return [{ at, type: 'lie', who, lie }]
    case 'kept roster':
      return [
        { at, type: 'lie', who, lie },
        { at, type: 'isolate', who: rest[0]! },
        {
          type: 'remove',
          who: random.pick(people.filter((one) => !managers.includes(one))),
          by: rest.at(-1)!,
          at: at + SECOND_MS
        },
        { at: at + ALONE_MS, type: 'heal' }
      ]
    case 'other way':
      return [
        { at, type: 'lie', who, lie },
        { at, type: 'isolate', who: rest[0]! },
        { at: at + ALONE_MS, type: 'heal' }
      ]
    case 'seized term':
    case 'second beginning':
    case 'false beginning': {
      const novice = rest.at(-1)!
      return [
        { at: fromTheStart, type: 'crash', who: novice },
        // A term of which a quorum has signed the first epoch.
        { at: at - RESTART_MS, type: 'crash', who: founder!, forMs: 100 },
        { at, type: 'isolate', who: rest[0]! },
        { at, type: 'lie', who, lie },
        { at, type: 'start', who: novice },
        { at: at + 100, type: 'join', who: novice },
        { at: at + ALONE_MS, type: 'heal' }
      ]
    }
    case 'desertion': {
      const members = people.filter((one) => !managers.includes(one))
      const side = [founder!, ...members.slice(0, members.length / 2)]
      const sets = [side, people.filter((one) => !side.includes(one))]
      const endsAt = at + ALONE_MS
      return [
        { at: at - RESTART_MS, type: 'weather', conditions: CALM },
        { at, type: 'partition', sets },
        { at: endsAt - RESTART_MS, type: 'createGroup', group: DESERTED, by: founder! },
        { at: endsAt - RESTART_MS, type: 'say', who: members[0]!, text: DESERTED },
        { at: endsAt - 100, type: 'crash', who: founder! },
        { at: endsAt, type: 'heal' },
        { at: endsAt + ALONE_MS, type: 'expect', promise: nothingIsDeserted(founder!) }
      ]
    }
    case 'vacancy': {
      const newcomer = people.findLast((one) => !managers.includes(one))!
      return [
        { at: fromTheStart, type: 'crash', who: newcomer },
        ...managers.slice(0, -1).map((gone): Step => ({ at, type: 'crash', who: gone, forMs: 2 * ALONE_MS })),
        { at: at + SECOND_MS, type: 'start', who: newcomer },
        { at: at + SECOND_MS + 100, type: 'join', who: newcomer }
      ]
    }
    case 'usurped heartbeat': {
      const from = Math.min(at, untilMs - ELECTION_MS - ALONE_MS)
      return [
        { at: from, type: 'lie', who, lie },
        { at: from + SECOND_MS, type: 'crash', who: LEADER },
        { at: from + ALONE_MS, type: 'expect', promise: whoMayLeads }
      ]
    }
    default:
      return undefined
  }
}

const DESERTED = 'word of the other side'

/** What one side of a split stated and said comes to all, also when the manager that led it is gone. */
const nothingIsDeserted =
  (who: string): Promised =>
  (story) => {
    if (
      !areLinked(
        story,
        story.truth.people.map(({ node }) => node)
      )
    )
      return
    if (!story.until(everyoneKnows, ELECTION_MS)) story.fail('members know of different statements', 'I-14')
    const haveRead = haveReadAs(who, DESERTED)
    if (!story.until(haveRead, ELECTION_MS))
      story.fail('what was said on one side of a split is not read by all', 'I-17')
  }

/** Where most managers hear each other and have the key, one of them leads. */
const whoMayLeads: Promised = (story) => {
  const nodes = story.managers.filter((name) => story.view(name)?.key === 'ready').map((name) => story.world.node(name))
  if (areLinked(story, nodes) && 2 * nodes.length > story.managers.length) somebodyLeads(true)(story)
}

/** Whether those of them that are up are all linked. */
const areLinked = ({ world: { network } }: Story, nodes: readonly SimNode[]): boolean =>
  nodes.every((one) => nodes.every((other) => one === other || !other.isUp || network.isLinked(one, other)))

interface Spell {
  readonly at: number
  readonly forMs: number
}

/** Some spells of a fault, one after the other: it ends, and comes again. */
function spells({ random, fromMs, untilMs }: Office): Spell[] {
  const count = random.between(1, SPELLS_MOST)
  const roomMs = Math.floor((untilMs - fromMs) / count)
  return Array.from({ length: count }, (_, i) => {
    const forMs = Math.min(random.between(...OUTAGE_MS), roomMs)
    return { at: fromMs + i * roomMs + random.between(0, roomMs - forMs), forMs }
  })
}

const cutFor = ({ at, forMs }: Spell, cuts: readonly Step[]): Step[] => [
  ...cuts.map((cut) => ({ ...cut, at })),
  { at: at + forMs, type: 'heal' }
]

/** Any split of these people into two to four parts. */
function drawSplit(random: Random, people: readonly string[]): string[][] {
  const sets = Array.from({ length: random.between(2, Math.min(PARTS_MOST, people.length)) }, (): string[] => [])
  for (const [i, who] of random.shuffle(people).entries()) (sets[i] ?? random.pick(sets)).push(who)
  return sets
}

/** Some do not hear the leader any more, or it does not hear them. */
function drawDeafness(random: Random, people: readonly string[]): Step[] {
  const isFrom = random.chance(0.5)
  const some = random.shuffle(people).slice(0, random.between(1, people.length))
  return some.map((who) => ({ type: 'cut', from: isFrom ? LEADER : who, to: isFrom ? who : LEADER }))
}

/** A manager dies and comes back on the disk of earlier in the run, or with none. */
function setBack(fault: 'old disk' | 'empty disk', { random, managers, fromMs, untilMs }: Office): Step[] {
  const who = random.pick(managers)
  const copiedAt = random.between(fromMs, untilMs)
  const diesAt = random.between(copiedAt, untilMs)
  const isOld = fault === 'old disk'
  return [
    ...(isOld ? [{ at: copiedAt, type: 'copyDisk', who } as const] : []),
    { at: diesAt, type: 'crash', who },
    { at: diesAt, type: isOld ? 'oldDisk' : 'emptyDisk', who },
    { at: diesAt + random.between(...OUTAGE_MS), type: 'start', who }
  ]
}
