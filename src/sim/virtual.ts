/**
 * Plays a plan in virtual time, on the machines that run on real nodes, with every checker looking on. The same plan and seed
 * give the same record, to the last line, but for real times and memory.
 */
import { Peer } from '../core/peer.ts'
import type { MakePeer } from './cast.ts'
import type { Breach } from './invariants.ts'
import type { Plan } from './plan.ts'
import { breachOf, castOf, Interruption, Onlookers, PlanPlayer } from './plan-player.ts'
import type { Play, Played, Stage } from './play.ts'
import { Scribe } from './scribe.ts'
import { Story } from './story.ts'
import { RunError } from './world.ts'

/** The screen is drawn and Ctrl-C is heard so often, real ms. */
const YIELD_MS = 25

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

class VirtualRun {
  readonly #plan: Plan
  readonly #stage: Stage
  readonly #story: Story
  readonly #onlookers: Onlookers
  #nextTickAt = 0
  #yieldedAt: number

  constructor(plan: Plan, stage: Stage, { makePeer = (config) => new Peer(config), prepare }: VirtualOptions) {
    this.#plan = plan
    this.#stage = stage
    this.#yieldedAt = stage.meter.now()
    const { network, degree } = plan
    let onlookers: Onlookers | undefined
    this.#story = new Story({
      ...castOf(plan),
      makePeer,
      conditions: network,
      ...(degree !== undefined && { degree }),
      checkers: (truth) => {
        onlookers = new Onlookers(truth, plan, stage)
        return onlookers.all
      }
    })
    this.#onlookers = onlookers!
    this.#onlookers.scribe.attend(this.#story.world)
    prepare?.(this.#story)
  }

  async play(): Promise<Played> {
    const { world } = this.#story
    const { scribe } = this.#onlookers
    const player = new PlanPlayer({
      plan: this.#plan,
      stage: this.#stage,
      cast: this.#story,
      scribe,
      passTo: (at) => this.#passTo(at)
    })
    let breach: Breach | undefined
    try {
      await player.play()
    } catch (error) {
      if (error instanceof RunError) breach = breachOf(error, this.#story)
      else if (!(error instanceof Interruption)) throw error
    }
    this.#onlookers.close(this.#stage.book, world.events)
    return { at: world.time, events: world.events, breach }
  }

  async #passTo(at: number): Promise<void> {
    const { world } = this.#story
    while (world.time < at) {
      // Where nothing happens nothing is counted.
      world.runUntil(Math.min(at, Math.max(this.#nextTickAt, world.nextAt ?? at)))
      if (world.time >= this.#nextTickAt) {
        this.#onlookers.scribe.tick(world)
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
}
