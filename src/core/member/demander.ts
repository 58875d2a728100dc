/** Demanding a fresh key of the key manager: told again, sealed anew each time, until there is one, a few times. */
import { EMPTY, equalBytes } from '../../base/bytes.ts'
import type { Context } from '../channel/context.ts'
import { makeDemand } from '../channel/demand.ts'
import { Deadlines } from '../deadlines.ts'
import type { Env } from '../machine.ts'
import type { Out } from '../out.ts'
import { DEMAND_TRIES, RETRY_MS } from '../params.ts'
import type { Lines, Standing } from './speaker.ts'

export class Demander {
  readonly #context: Context
  readonly #lines: Lines
  readonly #standing: Standing
  readonly #deadlines = new Deadlines<'again'>()
  /** Id of the epoch to be replaced, and how often that was said. */
  #demanded: { group: Uint8Array; announcement: Uint8Array; tries: number } | undefined

  constructor(context: Context, lines: Lines, standing: Standing) {
    this.#context = context
    this.#lines = lines
    this.#standing = standing
  }

  nextAt(): number | undefined {
    return this.#deadlines.next()
  }

  wake(env: Env, out: Out): void {
    if (this.#deadlines.due(env.uptimeMs).length > 0) this.#tell(env, out)
  }

  /** Demands that the key of a line be replaced. @returns false when this peer has none, or nobody to tell. */
  demand(group: Uint8Array, env: Env, out: Out): boolean {
    const current = this.#lines.keyringOf(group)?.current
    if (current === undefined || !this.#standing.isCarrierReady) return false
    this.#demanded = { group, announcement: current.announcement, tries: 0 }
    this.#tell(env, out)
    return true
  }

  #tell(env: Env, out: Out): void {
    const demanded = this.#demanded
    const channel = this.#lines.keyringOf(EMPTY)?.current
    const current = demanded && this.#lines.keyringOf(demanded.group)?.current
    if (channel === undefined || current === undefined || demanded === undefined) return
    const isReplaced = !equalBytes(current.announcement, demanded.announcement)
    if (isReplaced || demanded.tries >= DEMAND_TRIES || !this.#standing.isCarrierReady) {
      this.#demanded = undefined
      return
    }
    const frame = makeDemand(this.#context, channel, demanded.group, current.announcement, env.random(32))
    out.push({ type: 'publish', channel: this.#context.channel, frame: frame.bytes })
    this.#deadlines.set('again', env.uptimeMs + RETRY_MS[1 + demanded.tries++]!)
  }
}
