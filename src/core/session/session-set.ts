/** The sessions with one user, and which of them is talked on: few, so they are looked through. */
import { SESSIONS_OF_PAIR } from '../params.ts'
import { compareSessions, type Session } from './session.ts'

export class SessionSet {
  /** The preferred one first. */
  #sessions: readonly Session[] = []

  /** The preferred one first. */
  get all(): readonly Session[] {
    return this.#sessions
  }

  /** The one that has a chain with this tag. */
  of(tag: Uint8Array): Session | undefined {
    return this.#sessions.find((session) => session.knows(tag))
  }

  /** The session on which something may be said: one that both ends surely have before one that we have started. */
  talking(): Session | undefined {
    const usable = this.#sessions.filter(({ maySay }) => maySay)
    return usable.find(({ isConfirmed }) => isConfirmed) ?? usable[0]
  }

  /** A start of ours without answer that would be talked on if it had one. */
  pending(): Session | undefined {
    const best = this.#sessions.find(({ isDoubted }) => !isDoubted)
    return best === undefined || best.isConfirmed ? undefined : best
  }

  add(session: Session): void {
    this.#sessions = [...this.#sessions, session].sort(compareSessions)
  }

  delete(session: Session): void {
    this.#sessions = this.#sessions.filter((one) => one !== session)
  }

  /** Those for which there is no room, now that this one was added. */
  spare(added: Session): readonly Session[] {
    const talking = this.talking()
    const spare = this.#sessions
      .filter((one) => one !== added && one !== talking)
      .sort((a, b) => Number(a.isDoubted) - Number(b.isDoubted))
    const excess = this.#sessions.length - SESSIONS_OF_PAIR
    return excess > 0 ? spare.slice(-excess) : []
  }
}
