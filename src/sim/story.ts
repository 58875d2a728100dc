/**
 * A story: people, a channel, and what they do and suffer in virtual time, as data. A step happens at a time, once something is
 * so, or right after the one before. Everything else follows from the seed.
 */
import { Cast, type CastConfig, type Condition } from './cast.ts'
import type { Checker } from './checkers/checker.ts'
import type { Deed } from './deeds.ts'
import { CALM, type Conditions } from './network.ts'
import { isSettled, requireSettled } from './settled.ts'
import { World } from './world.ts'

/** A claim that may take virtual time to come true. */
export type Promised = (story: Story) => void

/** What is done, and what takes time or says something of the story. */
export type Act =
  | Deed
  | { readonly type: 'wait'; readonly forMs: number }
  /** All who should be members have the key, and the same one. */
  | { readonly type: 'settle'; readonly withinMs: number }
  | { readonly type: 'expect'; readonly promise: Promised }

export type Step = Act & {
  /** Virtual ms since the start; at once when that is past. */
  readonly at?: number
  /** Waits for this; the story fails when it does not come. */
  readonly once?: Condition
  /** How long `once` may take; 30 s unless told. */
  readonly withinMs?: number
}

export interface StoryConfig extends CastConfig {
  readonly isSharingFrames?: boolean
  /** What the network is like, where it is not as usual. */
  readonly conditions?: Partial<Conditions>
  /** See `WorldConfig.degree`. */
  readonly degree?: number
  readonly repeatWith?: string
}

const ONCE_MS = 30_000
const POLL_MS = 50

/** What people do and suffer in virtual time, step by step. */
export class Story extends Cast<World> {
  constructor(config: StoryConfig) {
    super(config, (checkers) => worldOf(config, checkers))
  }

  /** Plays steps in order. */
  play(steps: readonly Step[]): this {
    for (const step of steps) {
      if (step.at !== undefined) this.world.runUntil(Math.max(step.at, this.world.time))
      if (step.once !== undefined && !this.until(step.once, step.withinMs ?? ONCE_MS)) {
        this.fail(`the condition of '${step.type}' did not come true in time`)
      }
      this.act(step)
    }
    return this
  }

  /** Ends the run with every checker's last word. */
  end(): this {
    this.world.end()
    return this
  }

  /** Lets time pass until the condition holds, looking every 50 ms; false when it does not within this time. */
  until(condition: Condition, withinMs: number): boolean {
    const untilMs = this.world.time + withinMs
    while (!condition(this)) {
      if (this.world.time >= untilMs) return false
      this.world.run(POLL_MS)
    }
    return true
  }

  /** Does one thing now, in the time that it takes. */
  override act(act: Act): void {
    if (act.type === 'wait') this.world.run(act.forMs)
    else if (act.type === 'expect') act.promise(this)
    else if (act.type === 'settle') {
      this.until(isSettled, act.withinMs)
      requireSettled(this, act.withinMs)
    } else super.act(act)
  }
}

function worldOf(config: StoryConfig, checkers: readonly Checker[]): World {
  const { seed, isSharingFrames, degree, repeatWith, conditions = {} } = config
  const world = new World({
    seed,
    checkers,
    ...(isSharingFrames !== undefined && { isSharingFrames }),
    ...(degree !== undefined && { degree }),
    ...(repeatWith !== undefined && { repeatWith })
  })
  if (Object.keys(conditions).length > 0) world.network.conditions = { ...CALM, ...conditions }
  return world
}
