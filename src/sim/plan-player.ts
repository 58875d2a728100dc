/**
 * Plays the phases of a plan with the people of a world, in virtual time or live: each step at its time, then the goals, one
 * after the other.
 */
import { equalBytes } from '../base/bytes.ts'
import { HistoryPolicy } from '../wire/messages.ts'
import { lineOf } from './act-words.ts'
import { type Cast, type Condition, typedText } from './cast.ts'
import { allCheckers } from './checkers/all.ts'
import type { Checker } from './checkers/checker.ts'
import { Knowledge } from './checkers/knowledge.ts'
import { LEADER } from './deeds.ts'
import type { Book, Breach, InvariantId } from './invariants.ts'
import { CALM } from './network.ts'
import type { Goal, Plan, PlannedAct, PlannedPhase, PlannedStep } from './plan.ts'
import type { Stage } from './play.ts'
import {
  areGroupsAsTold,
  areRemovalsAdopted,
  everyPairIsHeard,
  groupsAreAsTold,
  hasLostNothing,
  isLed,
  isRemoved,
  nobodyLingers,
  nothingIsLost,
  pairsAreHeard
} from './promises.ts'
import { RUNAWAY_LIES } from './scenario.ts'
import { Scribe } from './scribe.ts'
import { isSettled, requireSettled } from './settled.ts'
import type { StoryConfig } from './story.ts'
import { isTaken, isWanted, type Person, QUORUM_FROM, type Said, TEXT_MARK, type Truth } from './truth.ts'
import type { RunError } from './world.ts'

/** How often it is looked whether a goal has come true, ms. */
export const POLL_MS = 50
/** A goal waits at most so many times its time for a world in which nobody can do anything. */
const MOST_LOST = 9
const TRACE_LINES = 30

/** Thrown to get out of the middle of a run that was stopped; never out of a play. */
export class Interruption extends Error {}

/** Those who look on at one run: every checker there is, and who writes it down. */
export class Onlookers {
  readonly checkers: readonly Checker[]
  readonly scribe: Scribe
  readonly all: readonly Checker[]
  /** What others alone look at in part. */
  readonly #unseen: readonly InvariantId[]

  constructor(truth: Truth, { channel }: Plan, { record, meter, book, isInProcesses }: Stage) {
    // It has to look into machines at the very moment when something changes.
    this.checkers = allCheckers(truth).filter((checker) => !(isInProcesses && checker instanceof Knowledge))
    this.#unseen = isInProcesses ? ['I-3', 'I-7b'] : []
    for (const id of this.#unseen)
      book.skip(id, 'what other processes have in their memory is not seen at every moment')
    for (const checker of this.checkers)
      if (checker instanceof Knowledge) checker.historyOf = () => channel.history ?? HistoryPolicy.NONE
    this.scribe = new Scribe(truth, record, meter)
    this.all = [...this.checkers, this.scribe]
  }

  /** Writes down how often they looked, in a run of so many events. */
  close(book: Book, events: number): void {
    for (const { looks = {} } of this.checkers) {
      const seen = Object.entries(looks).filter(([id]) => !this.#unseen.some((unseen) => unseen === id))
      book.noteAll(Object.fromEntries(seen))
    }
    book.note('I-21', events)
    book.note('machine', events)
  }
}

/** Who is in a plan, and how its channel is. */
export const castOf = ({ seed, managers, members, channel }: Plan): Omit<StoryConfig, 'makePeer' | 'checkers'> => ({
  seed,
  people: [...managers, ...members],
  managers,
  settings: channel
})

export interface PlayerInit {
  readonly plan: Plan
  readonly stage: Stage
  readonly cast: Cast
  readonly scribe: Scribe
  /** Lets time pass until this ms of the world. @throws {Interruption} @throws {RunError} when something breaks meanwhile. */
  readonly passTo: (at: number) => Promise<void>
  /** How long in all nobody in the world could do anything, ms: the plan goes on later by that, and goals have it on top. */
  readonly lostMs?: () => number
  /** Looks once more how everybody stands, before it is said that a goal has not come true. */
  readonly lookAgain?: () => Promise<void>
}

export class PlanPlayer {
  readonly #plan: Plan
  readonly #book: Stage['book']
  readonly #cast: Cast
  readonly #scribe: Scribe
  readonly #passTo: (at: number) => Promise<void>
  readonly #lostMs: () => number
  readonly #lookAgain: () => Promise<void>
  #hasFaults = false

  constructor({ plan, stage, cast, scribe, passTo, lostMs = () => 0, lookAgain = async () => {} }: PlayerInit) {
    this.#plan = plan
    this.#book = stage.book
    this.#cast = cast
    this.#scribe = scribe
    this.#passTo = passTo
    this.#lostMs = lostMs
    this.#lookAgain = lookAgain
  }

  /** @throws {RunError} when an invariant is broken. @throws {Interruption} */
  async play(): Promise<void> {
    for (const phase of this.#plan.phases) await this.#playPhase(phase)
    this.#scribe.tick(this.#cast.world)
    this.#cast.world.end()
  }

  async #playPhase(phase: PlannedPhase): Promise<void> {
    const { world } = this.#cast
    this.#scribe.write({ type: 'phase', at: world.time, name: phase.name })
    const from = world.time
    // Time that passes at once moves all that comes after it.
    let begunAt = this.#now
    const words = new Set<string>()
    for (const [i, { at, act: planned }] of phase.steps.entries()) {
      await this.#wait(begunAt + at)
      const act = this.#withLeader(planned)
      this.#announce({ at, act }, phase.steps.slice(i + 1), begunAt + this.#lostMs(), words)
      if (act.type === 'wait') {
        await this.#wait(this.#now + act.forMs)
        begunAt += act.forMs
      } else this.#cast.act(act)
    }
    await this.#wait(begunAt + phase.ms)
    for (const goal of phase.until) await this.#reach(goal, from)
  }

  /** ms of the world in which somebody could do something: a plan goes by them. */
  get #now(): number {
    return this.#cast.world.time - this.#lostMs()
  }

  /** Lets time pass until this ms of them. */
  async #wait(at: number): Promise<void> {
    do await this.#passTo(this.#cast.world.time + Math.max(0, at - this.#now))
    while (this.#now < at)
  }

  /** Writes down what is done; what is done again and again in a phase, once. */
  #announce(step: PlannedStep, later: readonly PlannedStep[], begunAt: number, words: Set<string>): void {
    const line = lineOf(step, later, begunAt, { ...CALM, ...this.#plan.network })
    if (line === undefined) return
    if (line.type === 'fault') {
      const isNews = line.isEnd === true ? this.#hasFaults : !(words.has(line.what) && isRepeated(step.act))
      if (!isNews) return
      this.#hasFaults = true
      words.add(line.what)
    }
    this.#scribe.write({ ...line, at: this.#cast.world.time })
  }

  /** Who leads is known when it comes to it; the founder before anybody did. */
  #withLeader(act: PlannedAct): PlannedAct {
    const leader = this.#cast.truth.inOffice?.by.name ?? this.#plan.managers[0]!
    return Object.fromEntries(
      Object.entries(act).map(([key, value]) => [key, value === LEADER ? leader : value])
    ) as PlannedAct
  }

  async #until(condition: Condition, withinMs: number): Promise<boolean> {
    const { world } = this.#cast
    const [from, lostBefore] = [world.time, this.#lostMs()]
    const isOver = (): boolean => {
      const lostMs = Math.min(this.#lostMs() - lostBefore, MOST_LOST * withinMs)
      return world.time - from - lostMs >= withinMs
    }
    while (!condition(this.#cast)) {
      if (isOver()) {
        await this.#lookAgain()
        return condition(this.#cast)
      }
      await this.#passTo(world.time + POLL_MS)
    }
    return true
  }

  // ---------------------------------------------------------------- goals

  async #reach({ what, withinMs }: Goal, phaseFrom: number): Promise<void> {
    const [book, story] = [this.#book, this.#cast]
    const reason = this.#whyNotPromised()
    if (reason !== undefined && what !== 'alarmed') {
      for (const id of ['I-14', 'I-16', 'I-16b', 'I-18'] as const) book.skip(id, reason)
      return
    }
    switch (what) {
      case 'led':
        if (!(await this.#until(isLed(story, true), withinMs))) story.fail('nobody leads', 'I-16b')
        book.note('I-16b')
        break
      case 'ready':
        await this.#until(isSettled, withinMs)
        requireSettled(story, withinMs)
        book.note('I-16')
        book.note('I-14')
        break
      case 'removed':
        if (!story.truth.people.some(isRemoved)) break
        await this.#until(areRemovalsAdopted, withinMs)
        nobodyLingers()(story)
        book.note('I-18')
        break
      case 'grouped':
        await this.#until((one) => isSettled(one) && areGroupsAsTold(one), withinMs)
        groupsAreAsTold()(story)
        break
      case 'read': {
        const said = story.truth.said.filter(({ at }) => at >= phaseFrom)
        await this.#until(() => said.every((one) => this.#blindTo(one).length === 0), withinMs)
        const unread = said.find((one) => this.#blindTo(one).length > 0)
        if (unread !== undefined) {
          const who = this.#blindTo(unread).map(({ name }) => name)
          story.fail(`${who.join(', ')} cannot read '${typedText(unread.text)}' of ${unread.by.name}`, 'I-17')
        }
        book.note('I-17', said.length)
        break
      }
      case 'delivered':
        await this.#until((one) => hasLostNothing(one) && pairsAreHeard(one), withinMs)
        nothingIsLost()(story)
        everyPairIsHeard()(story)
        book.note('I-17', story.truth.said.length)
        break
      case 'alarmed': {
        const calm = (): string[] =>
          this.#honest()
            .filter((person) => !isAlarmed(person))
            .map(({ name }) => name)
        await this.#until(() => calm().length === 0, withinMs)
        if (calm().length > 0) story.fail(`${calm().join(', ')} met a lie and is not alarmed`, 'I-13')
        book.note('I-13')
        break
      }
      default:
        what satisfies never
    }
  }

  #honest() {
    return this.#cast.truth.people.filter((person) => isWanted(person) && person.node.isUp && !person.isByzantine)
  }

  /** Those whom a message is for, and who have not been shown it. */
  #blindTo({ text, by, group, to, pending }: Said): readonly Person[] {
    const story = this.#cast
    if (!isTaken(pending) || !isWanted(by)) return []
    const name = [...story.truth.groups.keys()].find((one) => isGroup(story, one, group))
    const readers = to !== undefined ? [to] : name !== undefined ? story.inGroup(name) : story.truth.people
    // Who was taken out of a group waits with what it said to it; so does who is alone.
    if (to === undefined && !readers.includes(by)) return []
    return readers.filter(
      (person) => person !== by && isWanted(person) && person.node.isUp && !person.shownTexts.has(text)
    )
  }

  /** Why not all that is promised can come true any more; undefined when it can. */
  #whyNotPromised(): string | undefined {
    if (this.#cast.truth.isLieKnown) return 'a lie of a key manager is known, and who knows of it says nothing any more'
    const lies = this.#plan.phases
      .flatMap(({ steps }) => steps)
      .flatMap(({ act }) => (act.type === 'lie' ? [act.lie] : []))
    if (this.#plan.managers.length < QUORUM_FROM && lies.some((lie) => RUNAWAY_LIES.includes(lie)))
      return 'where one signature is enough, a lying key manager can open terms without end'
    return undefined
  }
}

const isGroup = (story: Cast, name: string, id: Uint8Array): boolean => {
  const own = story.truth.groupId(name)
  return own !== undefined && equalBytes(own, id)
}

const isAlarmed = ({
  node
}: {
  readonly node: { readonly notices: readonly { notice: { type: string } }[] }
}): boolean => node.notices.some(({ notice }) => notice.type === 'alarm')

const isRepeated = ({ type }: PlannedAct): boolean => type === 'flood' || type === 'replay'

/** What was broken, with the last things that happened before. */
export function breachOf({ violation }: RunError, { world }: Cast): Breach {
  const { invariant, message } = violation
  const evidence = message.startsWith(`${invariant}: `) ? message.slice(invariant.length + 2) : message
  // The marks are for searches, not for people.
  return { id: invariant, evidence: evidence.replaceAll(`${TEXT_MARK} `, ''), trace: world.trace.last(TRACE_LINES) }
}
