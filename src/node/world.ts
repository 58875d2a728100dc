/**
 * What a driver works on: the world that effects reach, and nature: clocks, timers and chance.
 *
 * The driver knows nothing else of what lies outside, so a test can stand in for all of it.
 */
import { randomBytes } from 'node:crypto'
import type { UserId } from '../core/identity/user.ts'
import type { HandOutcome, Row, RowKey } from '../core/machine.ts'
import type { Answer, Question, Range } from '../wire/messages.ts'

/** What effects are performed on. Everything here may fail or take its time; nothing here calls back into the driver at once. */
export interface World {
  /** In the order of the calls. @throws when it is not as safe as asked. */
  write(batch: { puts: readonly Row[]; deletes: readonly RowKey[]; isDurable: boolean }): Promise<void>
  /** Destroys cohorts of rows, on the disk and for ever. */
  destroy(cohort: string, before: number): Promise<void>
  subscribe(channel: Uint8Array): void
  unsubscribe(channel: Uint8Array): void
  /** Resolves to the number of neighbours it went to. */
  publish(channel: Uint8Array, frame: Uint8Array): Promise<number>
  /** Hands a frame to one peer, if it is connected. Resolves to whether that peer has taken it. */
  deliver(to: UserId, channel: Uint8Array, frame: Uint8Array): Promise<boolean>
  /** Hands a frame of a one-to-one session to its user; waits for a connection only when this is its only way. */
  hand(to: UserId, frame: Uint8Array, isOnlyWay: boolean): Promise<HandOutcome>
  ask(
    channel: Uint8Array,
    to: UserId | undefined,
    addresses: readonly Uint8Array[],
    question: Question,
    skip: number,
    but: readonly UserId[]
  ): Promise<{ readonly from: UserId | undefined; readonly answer: Answer | undefined }>
  /** Stored messages, as `FramesAnswer` says; no more of them are looked for once the signal is aborted. */
  frames(channel: Uint8Array, ranges: readonly Range[], signal: AbortSignal): Promise<Answer>
  putRecord(kind: 'user' | 'channel', id: Uint8Array, value: Uint8Array): Promise<unknown>
  lookUp(kind: 'user' | 'channel', id: Uint8Array): Promise<Uint8Array | undefined>
  /** The node fails closed: publish and accept nothing any more. */
  refuse(): void
}

/** The clocks and the randomness of a node; tests bring their own. */
export interface Nature {
  /** ms since 1970 */
  now(): number
  /** monotonic ms */
  uptimeMs(): number
  random(length: number): Uint8Array
  /** Calls back once, no earlier than after `delayMs`. Returns how to call it off. */
  after(delayMs: number, callback: () => void): () => void
  /** Calls back once this turn of the event loop is over. */
  soon(callback: () => void): void
}

const MAX_TIMER_MS = 2 ** 31 - 1

/** The clocks and the randomness of this machine. */
export const NATURE: Nature = {
  now: () => Date.now(),
  uptimeMs: () => performance.now(),
  random: (length) => new Uint8Array(randomBytes(length)),
  after(delayMs, callback) {
    const timer = setTimeout(callback, Math.min(MAX_TIMER_MS, Math.ceil(delayMs)))
    return () => clearTimeout(timer)
  },
  soon: (callback) => void setImmediate(callback)
}
