/**
 * Watching over the manager in office: whether it is heard of, and how long removals may have passed us by (protocol §7).
 *
 * No safety rests on a lease. What rests on time is only how long this member goes on sending while nobody could tell it of a
 * removal: after a while it warns, and then it stops.
 */
import { EMPTY, equalBytes } from '../../base/bytes.ts'
import { SECOND_MS } from '../../base/time.ts'
import { PartitionPolicy } from '../../wire/messages.ts'
import type { Context } from '../channel/context.ts'
import type { Frame } from '../channel/frame.ts'
import type { Exposure } from '../command.ts'
import { Deadlines } from '../deadlines.ts'
import type { Env } from '../machine.ts'
import type { Out } from '../out.ts'
import { LEASE_MS, WARN_MS } from '../params.ts'
import { type Refusal, refuse } from '../reject.ts'

/** How far wall clock and monotonic clock may be apart since a heartbeat: more, and this peer slept. */
const CLOCKS_APART_MS = SECOND_MS

const NO_BEAT = { author: EMPTY, term: 0, counter: -1 }

export class Watch {
  readonly #context: Context
  readonly #deadlines = new Deadlines<'lease' | 'warn' | 'fence'>()
  /** The newest heartbeat, and whose it was. */
  #beat = NO_BEAT
  #heard = { now: 0, uptimeMs: Number.NEGATIVE_INFINITY }
  #isPresent = false
  #isCounting = false
  #exposure: Exposure = 'none'

  constructor(context: Context) {
    this.#context = context
  }

  /** Whether a heartbeat of the manager in office is fresh. */
  get isPresent(): boolean {
    return this.#isPresent
  }

  /** How far it is uncertain that removals would reach us. */
  get exposure(): Exposure {
    return this.#exposure
  }

  /** How long the manager in office still counts as there without a further heartbeat, ms; 0: it does not. */
  leaseMs(env: Env): number {
    const elapsedMs = env.uptimeMs - this.#heard.uptimeMs
    const isVoid = Math.abs(env.now - this.#heard.now - elapsedMs) > CLOCKS_APART_MS
    return this.#isPresent && !isVoid ? Math.max(0, LEASE_MS - elapsedMs) : 0
  }

  /** `Env.uptimeMs` of the newest heartbeat of the manager in office; minus infinity: none. */
  get heardAt(): number {
    return this.#heard.uptimeMs
  }

  nextAt(): number | undefined {
    return this.#deadlines.next()
  }

  /** Time begins to count: a start, or the first epoch. */
  start(env: Env): void {
    if (!this.#isCounting) this.#count(env)
  }

  wake(env: Env, out: Out): void {
    for (const name of this.#deadlines.due(env.uptimeMs)) {
      if (name === 'lease') this.#setPresent(false, out)
      else this.#setExposure(name === 'fence' ? 'fenced' : 'warned', out)
    }
  }

  /** A heartbeat of the manager in office: R-418 when it is not newer than the newest. */
  onHeartbeat({ author, body }: Frame, env: Env, out: Out): Refusal | undefined {
    const { term, counter, isBacked } = body.heartbeat!
    const { office } = this.#context
    // Who was held to be in office without a certificate may have named any term: it binds nobody else, nor its real one.
    const isOfHint = office.term > 0 && this.#beat.term > office.term
    const newest = isOfHint || !equalBytes(author, this.#beat.author) ? NO_BEAT : this.#beat
    const least = Math.max(office.term, newest.term)
    if (term < least || (term === newest.term && counter <= newest.counter)) return refuse(418)
    this.#beat = { author, term, counter }
    this.#heard = { now: env.now, uptimeMs: env.uptimeMs }
    this.#deadlines.set('lease', env.uptimeMs + LEASE_MS)
    this.#setPresent(true, out)
    if (isBacked) this.assure(env, out)
    return undefined
  }

  /** The manager in office, with enough others behind it to remove somebody, is in touch with us: or we are that one. */
  assure(env: Env, out: Out): void {
    this.#count(env)
    this.#setExposure('none', out)
  }

  /** Terms of another version of the descriptor do not count in this one, and nothing said under it does. */
  onCharter(): void {
    this.#beat = NO_BEAT
  }

  #count(env: Env): void {
    this.#isCounting = true
    const fenceMs = this.#fenceMs
    this.#deadlines.set('warn', fenceMs > WARN_MS ? env.uptimeMs + WARN_MS : undefined)
    this.#deadlines.set('fence', env.uptimeMs + fenceMs)
  }

  /** Another is in office now, or the one that was says that it goes. */
  forget(out: Out): void {
    this.#deadlines.set('lease', undefined)
    this.#setPresent(false, out)
  }

  get #fenceMs(): number {
    const { partition, fenceSeconds } = this.#context.charter.descriptor
    return partition === PartitionPolicy.FREEZE ? WARN_MS : fenceSeconds * SECOND_MS
  }

  #setPresent(isPresent: boolean, out: Out): void {
    if (isPresent === this.#isPresent) return
    this.#isPresent = isPresent
    const { channel, manager, user } = this.#context
    if (!equalBytes(manager, user)) out.notify({ type: 'manager', channel, manager, isPresent })
  }

  #setExposure(exposure: Exposure, out: Out): void {
    if (exposure === this.#exposure) return
    this.#exposure = exposure
    out.notify({ type: 'exposure', channel: this.#context.channel, exposure })
  }
}
