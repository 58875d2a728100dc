/**
 * Plays a plan on real nodes: the same people, the same checkers and the same lines as in virtual time, over libp2p and in
 * real time. Two runs of a seed do the same things, and what comes of it depends on the machine they run on.
 */
import { Peer } from '../core/peer.ts'
import type { Breach } from './invariants.ts'
import { LiveWorld, unplayable } from './live-world.ts'
import { CALM, type Conditions } from './network.ts'
import type { Plan } from './plan.ts'
import { breachOf, castOf, Interruption, Onlookers, PlanPlayer, POLL_MS } from './plan-player.ts'
import type { Play, Played, Stage } from './play.ts'
import { Scribe } from './scribe.ts'
import { Cast, type MakePeer } from './story.ts'
import { RunError } from './world.ts'

/** How often it is looked whether something went wrong or the run is to stop, ms. */
const LOOK_MS = 50

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
    const { seed, network } = plan
    this.#cast = new Cast(
      config,
      (checkers) =>
        new LiveWorld({
          seed,
          checkers,
          network,
          transport: stage.transport,
          isInProcesses: stage.isInProcesses,
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
    const player = new PlanPlayer({ plan, stage, cast, scribe, passTo: (at) => this.#passTo(at) })
    let breach: Breach | undefined
    try {
      await world.settled()
      await player.play()
    } catch (error) {
      if (error instanceof RunError) breach = breachOf(error, cast)
      else if (!(error instanceof Interruption)) throw error
    }
    this.#onlookers.close(this.#stage.book, world.events)
    return { at: world.time, events: world.events, breach }
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
      await pause(Math.min(LOOK_MS, at - time))
    }
  }

  close(): Promise<void> {
    return this.#cast.world.close()
  }
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

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
