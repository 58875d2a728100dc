/**
 * Plays a plan in virtual time, on the machines that run on real nodes, with every checker looking on. The same plan and seed
 * give the same record, to the last line, but for real times and memory.
 */
import { equalBytes } from '../base/bytes.ts'
import { Peer } from '../core/peer.ts'
import { HistoryPolicy } from '../wire/messages.ts'
import { lineOf } from './act-words.ts'
import { allCheckers } from './checkers/all.ts'
import type { Checker } from './checkers/checker.ts'
import { Knowledge } from './checkers/knowledge.ts'
import type { Breach } from './invariants.ts'
import type { Goal, Plan, PlannedAct, PlannedPhase, PlannedStep } from './plan.ts'
import type { Play, Played, Stage } from './play.ts'
import {
  everyPairIsHeard,
  groupsAreAsTold,
  hasLostNothing,
  isLed,
  isRemoved,
  nothingIsLost,
  pairsAreHeard,
  removalsAreAdopted
} from './promises.ts'
import { RUNAWAY_LIES } from './scenario.ts'
import { Scribe } from './scribe.ts'
import { type Condition, isSettled, LEADER, type MakePeer, Story, typedText } from './story.ts'
import { isTaken, isWanted, type Person, QUORUM_FROM, type Said, TEXT_MARK } from './truth.ts'
import { RunError } from './world.ts'

const POLL_MS = 50
/** The screen is drawn and Ctrl-C is heard so often, real ms. */
const YIELD_MS = 25
const TRACE_LINES = 30

export interface VirtualOptions {
  /** Tests put faulty ones in place of peers. */
  readonly makePeer?: MakePeer
  /** Called before anything happens. */
  readonly prepare?: (story: Story) => void
}

/** A play in virtual time. */
export const playVirtual =
  (options: VirtualOptions = {}): Play =>
  (plan, stage) =>
    new VirtualRun(plan, stage, options).play()

/** Thrown to get out of the middle of a run; never out of `play`. */
class Interruption extends Error {}

class VirtualRun {
  readonly #plan: Plan
  readonly #stage: Stage
  readonly #story: Story
  readonly #checkers: Checker[] = []
  readonly #scribe: Scribe
  #nextTickAt = 0
  #yieldedAt: number

  constructor(plan: Plan, stage: Stage, { makePeer = (config) => new Peer(config), prepare }: VirtualOptions) {
    this.#plan = plan
    this.#stage = stage
    this.#yieldedAt = stage.meter.now()
    const { seed, managers, members, channel, network, degree } = plan
    let scribe: Scribe | undefined
    this.#story = new Story({
      seed,
      makePeer,
      people: [...managers, ...members],
      managers,
      settings: channel,
      conditions: network,
      ...(degree !== undefined && { degree }),
      checkers: (truth) => {
        for (const checker of allCheckers(truth)) {
          if (checker instanceof Knowledge) checker.historyOf = () => channel.history ?? HistoryPolicy.NONE
          this.#checkers.push(checker)
        }
        scribe = new Scribe(truth, stage.record, stage.meter)
        return [...this.#checkers, scribe]
      }
    })
    this.#scribe = scribe!
    this.#scribe.attend(this.#story.world)
    prepare?.(this.#story)
  }

  async play(): Promise<Played> {
    const { world } = this.#story
    let breach: Breach | undefined
    try {
      for (const phase of this.#plan.phases) await this.#playPhase(phase)
      this.#scribe.tick(world)
      this.#story.end()
    } catch (error) {
      if (error instanceof RunError) breach = this.#breachOf(error)
      else if (!(error instanceof Interruption)) throw error
    }
    const { book } = this.#stage
    for (const { looks } of this.#checkers) if (looks !== undefined) book.noteAll(looks)
    book.note('I-21', world.events)
    book.note('machine', world.events)
    return { at: world.time, events: world.events, breach }
  }

  #breachOf({ violation }: RunError): Breach {
    const { world } = this.#story
    const { invariant, message } = violation
    const evidence = message.startsWith(`${invariant}: `) ? message.slice(invariant.length + 2) : message
    // The marks are for searches, not for people.
    return { id: invariant, evidence: evidence.replaceAll(`${TEXT_MARK} `, ''), trace: world.trace.last(TRACE_LINES) }
  }

  async #playPhase(phase: PlannedPhase): Promise<void> {
    const { world } = this.#story
    this.#scribe.write({ type: 'phase', at: world.time, name: phase.name })
    const from = world.time
    // Time that passes at once moves all that comes after it.
    let begunAt = world.time
    const words = new Set<string>()
    for (const [i, { at, act: planned }] of phase.steps.entries()) {
      await this.#passTo(begunAt + at)
      const act = this.#withLeader(planned)
      this.#announce({ at, act }, phase.steps.slice(i + 1), begunAt, words)
      if (act.type === 'wait') {
        await this.#passTo(world.time + act.forMs)
        begunAt += act.forMs
      } else this.#story.act(act)
      this.#scribe.noteSaid(world)
    }
    await this.#passTo(begunAt + phase.ms)
    for (const goal of phase.until) await this.#reach(goal, from)
  }

  /** Writes down what is done; what is done again and again in a phase, once. */
  #announce(step: PlannedStep, later: readonly PlannedStep[], begunAt: number, words: Set<string>): void {
    const line = lineOf(step, later, begunAt)
    if (line === undefined || (line.type === 'fault' && words.has(line.what) && isRepeated(step.act))) return
    if (line.type === 'fault') words.add(line.what)
    this.#scribe.write({ ...line, at: this.#story.world.time })
  }

  /** Who leads is known when it comes to it; the founder before anybody did. */
  #withLeader(act: PlannedAct): PlannedAct {
    const leader = this.#story.truth.inOffice?.by.name ?? this.#plan.managers[0]!
    return Object.fromEntries(
      Object.entries(act).map(([key, value]) => [key, value === LEADER ? leader : value])
    ) as PlannedAct
  }

  // ---------------------------------------------------------------- time

  async #passTo(at: number): Promise<void> {
    const { world } = this.#story
    while (world.time < at) {
      // Where nothing happens nothing is counted.
      world.runUntil(Math.min(at, Math.max(this.#nextTickAt, world.nextAt ?? at)))
      if (world.time >= this.#nextTickAt) {
        this.#scribe.tick(world)
        this.#nextTickAt = world.time + Scribe.TICK_MS
      }
      await this.#yield()
    }
  }

  /** Lets the screen and signals have their turn. */
  async #yield(): Promise<void> {
    const { meter, signal } = this.#stage
    if (meter.now() - this.#yieldedAt >= YIELD_MS) {
      await new Promise<void>((done) => setImmediate(done))
      this.#yieldedAt = meter.now()
    }
    if (signal.aborted) throw new Interruption('stopped')
  }

  async #until(condition: Condition, withinMs: number): Promise<boolean> {
    const untilMs = this.#story.world.time + withinMs
    while (!condition(this.#story)) {
      if (this.#story.world.time >= untilMs) return false
      await this.#passTo(this.#story.world.time + POLL_MS)
    }
    return true
  }

  // ---------------------------------------------------------------- goals

  async #reach({ what, withinMs }: Goal, phaseFrom: number): Promise<void> {
    const { book } = this.#stage
    const story = this.#story
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
        story.act({ type: 'settle', withinMs: 0 })
        book.note('I-16')
        book.note('I-14')
        break
      case 'removed':
        if (!story.truth.people.some(isRemoved)) break
        removalsAreAdopted(withinMs)(story)
        book.note('I-18')
        break
      case 'grouped':
        await this.#until(isSettled, withinMs)
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
    return this.#story.truth.people.filter((person) => isWanted(person) && person.node.isUp && !person.isByzantine)
  }

  /** Those whom a message is for, and who have not been shown it. */
  #blindTo({ text, by, group, to, pending }: Said): readonly Person[] {
    const story = this.#story
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
    if (this.#story.truth.isLieKnown)
      return 'a lie of a key manager is known, and who knows of it says nothing any more'
    const lies = this.#plan.phases
      .flatMap(({ steps }) => steps)
      .flatMap(({ act }) => (act.type === 'lie' ? [act.lie] : []))
    if (this.#plan.managers.length < QUORUM_FROM && lies.some((lie) => RUNAWAY_LIES.includes(lie)))
      return 'where one signature is enough, a lying key manager can open terms without end'
    return undefined
  }
}

const isGroup = (story: Story, name: string, id: Uint8Array): boolean => {
  const own = story.truth.groupId(name)
  return own !== undefined && equalBytes(own, id)
}

const isAlarmed = ({
  node
}: {
  readonly node: { readonly notices: readonly { notice: { type: string } }[] }
}): boolean => node.notices.some(({ notice }) => notice.type === 'alarm')

const isRepeated = ({ type }: PlannedAct): boolean => type === 'flood' || type === 'replay'
