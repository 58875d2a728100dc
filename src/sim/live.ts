/**
 * Plays a plan on real nodes: the same people, the same checkers and the same lines as in virtual time, over libp2p and in
 * real time. Two runs of a seed do the same things, and what comes of it depends on the machine they run on.
 */
import { setTimeout as delay } from 'node:timers/promises'
import { SECOND_MS } from '../base/time.ts'
import { Peer } from '../core/peer.ts'
import { Cast, type MakePeer } from './cast.ts'
import type { Breach } from './invariants.ts'
import { LiveWorld, unplayable } from './live-world.ts'
import { CALM, type Conditions } from './network.ts'
import type { Plan } from './plan.ts'
import { breachOf, castOf, Interruption, Onlookers, PlanPlayer, POLL_MS } from './plan-player.ts'
import type { Play, Played, Stage } from './play.ts'
import { Scribe } from './scribe.ts'
import { RunError } from './world.ts'

/** How often it is looked whether something went wrong or the run is to stop, ms. */
const LOOK_MS = 50
const MOMENT_MS = 200
/** Of more nodes than this not all may be connected with all: one machine would do nothing else. */
const LINKED_MOST = 24
/** With about so many members each of them may be connected then, beside the key managers. */
const DEGREE = 8
/** A machine that makes all nodes wait for longer than this is named beside what came too late, ms. */
const STANDSTILL_MS = SECOND_MS
/** What has to come within a time. */
const HASTY: readonly string[] = ['I-14', 'I-16', 'I-16b', 'I-17', 'I-18']

export interface LiveOptions {
  /** Tests put faulty ones in place of peers. */
  readonly makePeer?: MakePeer
}

/** A play on real nodes. */
export const playLive =
  (options: LiveOptions = {}): Play =>
  async (plan, stage) => {
    requirePlayable(plan, stage)
    const run = new LiveRun(plan, stage, options)
    try {
      return await run.play()
    } finally {
      await run.close()
    }
  }

class LiveRun {
  readonly #plan: Plan
  readonly #stage: Stage
  readonly #cast: Cast<LiveWorld>
  readonly #onlookers: Onlookers
  #nextTickAt = 0
  /** For so long at most this machine kept all nodes waiting, ms. */
  #standstillMs = 0
  /** And for so long in all, where it was for more than a moment. */
  #lostMs = 0

  constructor(plan: Plan, stage: Stage, { makePeer = (config) => new Peer(config) }: LiveOptions) {
    this.#plan = plan
    this.#stage = stage
    let onlookers: Onlookers | undefined
    const config = {
      ...castOf(plan),
      makePeer,
      checkers: (truth: Cast['truth']) => {
        onlookers = new Onlookers(truth, plan, stage)
        return onlookers.all
      }
    }
    const { seed, network, managers, members } = plan
    const isLarge = managers.length + members.length > LINKED_MOST
    this.#cast = new Cast(
      config,
      (checkers) =>
        new LiveWorld({
          seed,
          checkers,
          network,
          transport: stage.transport,
          isInProcesses: stage.isInProcesses,
          degree: plan.degree ?? (isLarge ? DEGREE : undefined),
          hubs: managers.length,
          keyOf: (name) => this.#cast.keyOf(name)
        })
    )
    this.#onlookers = onlookers!
    this.#onlookers.scribe.attend(this.#cast.world)
  }

  async play(): Promise<Played> {
    const { world } = this.#cast
    const { scribe } = this.#onlookers
    const [plan, stage, cast] = [this.#plan, this.#stage, this.#cast]
    const player = new PlanPlayer({
      plan,
      stage,
      cast,
      scribe,
      passTo: (at) => this.#passTo(at),
      lostMs: () => this.#lostMs,
      lookAgain: () => world.askAll()
    })
    let breach: Breach | undefined
    try {
      await world.settled()
      await player.play()
    } catch (error) {
      if (error instanceof RunError) breach = this.#withStandstill(breachOf(error, cast))
      else if (!(error instanceof Interruption)) throw error
    }
    this.#onlookers.close(this.#stage.book, world.events)
    const figures = { 'standstill, longest, ms': this.#standstillMs, 'standstill, in all, ms': this.#lostMs }
    return { at: world.time, events: world.events, breach, figures }
  }

  /** What came too late may have been made late by this machine: whoever reads of it should know. */
  #withStandstill(breach: Breach): Breach {
    if (!HASTY.includes(breach.id) || this.#standstillMs < STANDSTILL_MS) return breach
    const seconds = (this.#standstillMs / SECOND_MS).toFixed(1)
    const words = `This machine was too busy: all nodes stood still for up to ${seconds} s at a time.`
    return { ...breach, evidence: `${breach.evidence}. ${words}` }
  }

  /** Waits, and looks around. */
  async #passTo(at: number): Promise<void> {
    const { world } = this.#cast
    if (at - world.time > POLL_MS) world.forgetAnswers()
    for (;;) {
      world.requireWhole()
      if (this.#stage.signal.aborted) throw new Interruption('stopped')
      const { time } = world
      if (time >= this.#nextTickAt) {
        this.#onlookers.scribe.tick(world)
        this.#nextTickAt = time + Scribe.TICK_MS
      }
      if (time >= at) return
      const ms = Math.min(LOOK_MS, at - time)
      await delay(ms)
      const stoodMs = world.time - time - ms
      this.#standstillMs = Math.max(this.#standstillMs, stoodMs)
      if (stoodMs > MOMENT_MS) this.#lostMs += stoodMs
    }
  }

  close(): Promise<void> {
    return this.#cast.world.close()
  }
}

/** @throws {UsageError} `NOT_LIVE` before anything begins. */
function requirePlayable({ network, phases }: Plan, { transport, isInProcesses }: Stage): void {
  if (isInProcesses && transport === 'memory')
    throw unplayable('processes share no memory', 'or leave out one of the two')
  const requireWeather = (conditions: Partial<Conditions>): void => {
    const isReal = Object.entries(conditions).every(
      ([what, value]) => what === 'streamLossRate' || value === CALM[what as keyof Conditions]
    )
    if (transport === 'tcp' && !isReal)
      throw unplayable('the network has a weather of its own', 'or --transport memory')
  }
  requireWeather(network)
  for (const { act } of phases.flatMap(({ steps }) => steps)) {
    if (act.type === 'weather') requireWeather(act.conditions)
    if (act.type === 'wait') throw unplayable('time passes at once')
    if (act.type === 'clock') throw unplayable('a clock is set wrong')
    if (act.type === 'lie' && isInProcesses) throw unplayable('a key manager lies', 'or leave out --processes')
    if (act.type === 'lie' && act.lie === 'two lives') throw unplayable('somebody runs twice')
  }
}
