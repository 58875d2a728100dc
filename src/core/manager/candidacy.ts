/**
 * When a manager stands for office, and whether enough others stand behind the one that has it (protocol §7).
 *
 * It only spreads candidates out in time: whether one of them comes into office, signatures decide.
 */
import { EMPTY, equalBytes, hex } from '../../base/bytes.ts'
import type { Heartbeat } from '../../wire/messages.ts'
import type { Context } from '../channel/context.ts'
import { isManagerOf, signaturesNeeded } from '../channel/descriptor.ts'
import { patienceMs } from '../channel/election.ts'
import { makeFrame } from '../channel/frame.ts'
import { asUserId } from '../identity/user.ts'
import type { Env } from '../machine.ts'
import type { Out } from '../out.ts'
import { BACKING_MS, PROPOSAL_MS } from '../params.ts'

/** Who waits for what it has signed, or to have signed, waits twice as long each time that nothing came of it, so often. */
const MAX_DOUBLINGS = 6

const NO_DEFERENCE = { times: 0, until: Number.NEGATIVE_INFINITY, heardAt: Number.NEGATIVE_INFINITY }

export class Candidacy {
  readonly #context: Context
  /** How often we waited for what we had signed since somebody led; until when now, and when it was last heard. */
  #deference = NO_DEFERENCE
  /** How often a number of ours was refused since somebody led. */
  #refusals = 0
  /** Managers that follow us, by hex: when we heard so, and the counter of what they said. */
  readonly #backers = new Map<string, { readonly at: number; readonly counter: number }>()

  constructor(context: Context) {
    this.#context = context
  }

  /**
   * How long to wait for a manager in office.
   *
   * @param hasLeft - whether the one that was has said that it goes.
   * @returns ms
   */
  patienceMs(hasLeft: boolean, env: Env): number {
    const { charter, office, promised, user } = this.#context
    const term = Math.max(office.term, promised.term) + 1
    return patienceMs(charter, term, user, office.manager, hasLeft, env.random(1)[0]! / 256)
  }

  /** We have signed what another proposes: it is given its time. One that comes while we wait for another has no more. */
  noteSigned(patienceMs: number, { uptimeMs }: Env): void {
    const { times, until } = this.#deference
    this.#deference =
      uptimeMs < until
        ? { times, until, heardAt: uptimeMs }
        : {
            times: times + 1,
            until: uptimeMs + patienceMs * 2 ** Math.min(times + 1, MAX_DOUBLINGS),
            heardAt: uptimeMs
          }
  }

  /** What we have signed is heard again. */
  noteHeard({ uptimeMs }: Env): void {
    this.#deference = { ...this.#deference, heardAt: uptimeMs }
  }

  /** Somebody leads: what was proposed until then is over. */
  noteLed(): void {
    this.#deference = NO_DEFERENCE
    this.#refusals = 0
  }

  /** A number of ours is refused: we go on to a higher one. */
  noteRefused(): void {
    this.#refusals++
  }

  /** How old a proposal becomes before another takes its place for its number, ms: of those who always know a higher one this would have no end. */
  get refusalMs(): number {
    return 2 * PROPOSAL_MS * 2 ** Math.min(this.#refusals, MAX_DOUBLINGS)
  }

  /**
   * Until when nobody stands against what it has signed: for some time after that was last heard. Of candidates whom the others
   * do not hear this would have no end.
   *
   * @returns `Env.uptimeMs`
   */
  defersUntil(patienceMs: number): number {
    return Math.min(this.#deference.heardAt + patienceMs, this.#deference.until)
  }

  /** A manager says that it follows us. */
  noteFollower(manager: Uint8Array, { term, counter, isFollowing }: Heartbeat, env: Env): void {
    if (!isFollowing) return
    const { charter, office, user } = this.#context
    if (!isManagerOf(charter.descriptor, manager) || equalBytes(manager, user) || term !== office.term) return
    const before = this.#backers.get(hex(manager))
    if (before !== undefined && counter <= before.counter) return
    this.#backers.set(hex(manager), { at: env.uptimeMs, counter })
  }

  /** Says to the one in office that we follow it. @param announcement - of the epoch that we hold. */
  sayFollowing(announcement: Uint8Array, env: Env, out: Out): void {
    const { channel, self, log, charter, office } = this.#context
    const heartbeat = {
      group: EMPTY,
      term: office.term,
      // A time, so that it rises over starts: what was said once says nothing when it is repeated.
      counter: env.now,
      announcement,
      logHead: log.head,
      descriptor: charter.ref,
      isBacked: false,
      boot: self.boot,
      isFollowing: true
    }
    const frame = makeFrame(channel, self.key, { heartbeat }).bytes
    out.push({ type: 'publish', channel, frame, to: asUserId(office.manager) })
  }

  /** Who signs for us follows us. */
  noteSigner(manager: Uint8Array, env: Env): void {
    const counter = this.#backers.get(hex(manager))?.counter ?? -1
    this.#backers.set(hex(manager), { at: env.uptimeMs, counter })
  }

  /** We are not in office any more. */
  clear(): void {
    this.#backers.clear()
  }

  /** Whether enough managers were heard of lately for a new root. */
  isBacked(env: Env): boolean {
    const { descriptor } = this.#context.charter
    const fresh = [...this.#backers].filter(([, { at }]) => at + BACKING_MS > env.uptimeMs)
    return fresh.length + 1 >= signaturesNeeded(descriptor)
  }
}
