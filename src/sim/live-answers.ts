/**
 * How a live node stands, by its own word. Whoever plays asks in the middle of something else and cannot wait: it gets what the
 * node said last, as long as that is fresh, and the node is asked again.
 */
import { SECOND_MS } from '../base/time.ts'
import type { Command } from '../core/command.ts'
import { QUERY } from './live-machine.ts'
import type { LivePeer } from './live-peer.ts'
import { type Pending, QUERIES } from './node.ts'

/** What a peer said of itself longer ago is not its word any more. */
export const FRESH_MS = 10 * SECOND_MS

/** Whether a command changes nothing. */
export const isQuery = (command: Command): boolean => QUERIES.includes(command.type)

interface Query {
  readonly pending: Pending
  askedAt: number
  /** Settles when it has answered. */
  underWay: Promise<void> | undefined
}

/** What a node needs to be asked. */
export interface Asked {
  readonly time: number
  /** So long it is not asked the same again, ms. */
  readonly restMs: number
  /** Who answers; undefined when nobody does. */
  readonly peer: LivePeer | undefined
}

export class Answers {
  readonly #asked: Asked
  readonly #known = new Map<string, Query>()
  /** When it was last told to do something, or something was done to it, ms: what it said before is over. */
  #changedAt = 0

  constructor(asked: Asked) {
    this.#asked = asked
  }

  /** What it said so far is not its word any more. */
  forget(): void {
    this.#changedAt = this.#asked.time
  }

  /** Another process has said nothing yet. */
  clear(): void {
    this.#known.clear()
  }

  /** What it said last, if that is fresh; it is asked again. */
  query(command: Command): Pending {
    const { time, restMs } = this.#asked
    const name = 'channel' in command ? `${command.type} ${command.channel.join()}` : command.type
    const known = this.#known.get(name) ?? { pending: this.#blank(command), askedAt: 0, underWay: undefined }
    this.#known.set(name, known)
    if (known.askedAt <= this.#changedAt || time - known.askedAt >= restMs) void this.#ask(known)
    const isFresh = known.askedAt > this.#changedAt && time - known.askedAt < FRESH_MS
    return isFresh ? known.pending : this.#blank(command)
  }

  /** Asks all again that it was ever asked, and waits for what it says. */
  async askAgain(): Promise<void> {
    const again = async (known: Query): Promise<void> => {
      await known.underWay
      await this.#ask(known)
    }
    await Promise.all([...this.#known.values()].map(again))
  }

  /** Asks it now, unless that is under way or nobody is there. Ends when it has answered. */
  async #ask(known: Query): Promise<void> {
    const { peer, time: askedAt } = this.#asked
    if (known.underWay === undefined && peer !== undefined) {
      const done = (result: Pending['result']): void => {
        known.underWay = undefined
        known.askedAt = askedAt
        known.pending.result = result
      }
      known.underWay = peer.command(known.pending.command, QUERY).then(done, () => done(undefined))
    }
    await known.underWay
  }

  #blank(command: Command): Pending {
    return { id: QUERY, command, at: this.#asked.time, result: undefined }
  }
}
