/** Demanding a fresh key of the key manager: told again, sealed anew each time, until there is one, a few times. */
import { EMPTY, equalBytes } from '../../base/bytes.ts'
import type { Context } from '../channel/context.ts'
import { makeDemand } from '../channel/demand.ts'
import { Deadlines } from '../deadlines.ts'
import type { Env } from '../machine.ts'
import type { Out } from '../out.ts'
import { DEMAND_TRIES, RETRY_MS } from '../params.ts'
import type { Standing } from './conversation.ts'
import type { Keyring } from './keyring.ts'

export class Demander {
  readonly #context: Context
  readonly #keyring: Keyring
  readonly #standing: Standing
  readonly #deadlines = new Deadlines<'again'>()
  /** Id of the epoch to be replaced, and how often that was said. */
  #demanded: { announcement: Uint8Array; tries: number } | undefined

  constructor(context: Context, keyring: Keyring, standing: Standing) {
    this.#context = context
    this.#keyring = keyring
    this.#standing = standing
  }

  nextAt(): number | undefined {
    return this.#deadlines.next()
  }

  wake(env: Env, out: Out): void {
    if (this.#deadlines.due(env.uptimeMs).length > 0) this.#tell(env, out)
  }

  /** Demands that the key in force be replaced. @returns false when there is none that can be sealed under. */
  demand(env: Env, out: Out): boolean {
    const { current } = this.#keyring
    if (current === undefined || !this.#standing.isCarrierReady) return false
    this.#demanded = { announcement: current.announcement, tries: 0 }
    this.#tell(env, out)
    return true
  }

  #tell(env: Env, out: Out): void {
    const { current } = this.#keyring
    const demanded = this.#demanded
    if (current === undefined || demanded === undefined) return
    const isReplaced = !equalBytes(current.announcement, demanded.announcement)
    if (isReplaced || demanded.tries >= DEMAND_TRIES || !this.#standing.isCarrierReady) {
      this.#demanded = undefined
      return
    }
    const frame = makeDemand(this.#context, current, EMPTY, current.announcement, env.random(32))
    out.push({ type: 'publish', channel: this.#context.channel, frame: frame.bytes })
    this.#deadlines.set('again', env.uptimeMs + RETRY_MS[1 + demanded.tries++]!)
  }
}
