/**
 * How long messages are kept, and the end of those that were kept for long enough.
 *
 * Messages of a channel are kept in cohorts, by the time at which they were seen. A cohort is destroyed when its first
 * message would be older than the descriptor allows before the next look, so that none is kept for longer; none is destroyed
 * earlier than by twice the length of a cohort.
 */
import { SECOND_MS } from '../../base/time.ts'
import type { Context } from '../channel/context.ts'
import { cohortSeconds } from '../cohort.ts'
import type { Env } from '../machine.ts'
import type { Out } from '../out.ts'
import { messageRoom } from './history.ts'
import type { Speaker } from './speaker.ts'

/** The end of a channel's messages. */
export class Retention {
  readonly #context: Context
  readonly #speaker: Speaker
  #at: number | undefined

  constructor(context: Context, speaker: Speaker) {
    this.#context = context
    this.#speaker = speaker
  }

  nextAt(): number | undefined {
    return this.#at
  }

  /** Destroys what is due, and sets the next time: a cohort later. Called at a start, too, and for a new descriptor. */
  look(env: Env, out: Out): void {
    const { retentionSeconds } = this.#context.charter.descriptor
    this.#at = undefined
    if (retentionSeconds === 0) return
    const length = cohortSeconds(retentionSeconds)
    this.#at = env.uptimeMs + length * SECOND_MS
    const before = Math.floor(env.now / SECOND_MS) + length - retentionSeconds
    if (before <= 0) return
    out.push({ type: 'destroy', cohort: messageRoom(this.#context.channel), before })
    this.#speaker.expire(before, out)
  }

  wake(env: Env, out: Out): void {
    if (this.#at !== undefined && this.#at <= env.uptimeMs) this.look(env, out)
  }
}
