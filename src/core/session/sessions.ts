/** All conversations of one user with single others, and the starts by which they begin. */
import { copyBytes, hex, mapKey } from '../../base/bytes.ts'
import type { Content, SessionFrame } from '../../wire/messages.ts'
import { EarlyRow, PairRow, SaidRow, SessionRow, SkippedRow } from '../../wire/rows.ts'
import type { Self } from '../channel/context.ts'
import { asUserId, type UserId } from '../identity/user.ts'
import type { UserRecord } from '../identity/user-record.ts'
import type { Env } from '../machine.ts'
import type { Out } from '../out.ts'
import { Refusal, refuse } from '../reject.ts'
import { Pair } from './pair.ts'
import { Session } from './session.ts'
import { Starts } from './starts.ts'
import type { DirectText, PairContext } from './turn.ts'

/** What the sessions need of the peer that owns them. */
export interface SessionsContext extends PairContext {
  readonly self: Self
  /** Whether this user may start with us, and bring us starts. */
  isWelcome(user: Uint8Array): boolean
  /** A session came of a start of this user; a one-time key may have been used up by it. */
  onStarted(user: UserRecord, env: Env, out: Out): void
}

/** The rows of one kind, by the names after it. */
type RowsOf = (kind: string) => readonly { readonly name: string; readonly value: Uint8Array }[]

export class Sessions {
  readonly #context: SessionsContext
  readonly #starts: Starts
  readonly #pairs = new Map<string, Pair>()

  constructor(context: SessionsContext) {
    this.#context = context
    this.#starts = new Starts(context.self)
  }

  /** `Env.uptimeMs` of the next `wake`. */
  get nextAt(): number | undefined {
    const times = [...this.#pairs.values()].map(({ nextAt }) => nextAt).filter((at) => at !== undefined)
    return times.length === 0 ? undefined : Math.min(...times)
  }

  get pairs(): readonly Pair[] {
    return [...this.#pairs.values()]
  }

  pairWith(user: UserId): Pair | undefined {
    return this.#pairs.get(mapKey(user))
  }

  /** What earlier runs have kept. */
  restore(rowsOf: RowsOf, env: Env): void {
    for (const { name, value } of rowsOf('session-start')) this.#starts.restore(name, value)
    const said = byUser(rowsOf('session-said').map(({ value }) => SaidRow.decode(value)))
    const early = byUser(rowsOf('session-early').map(({ value }) => EarlyRow.decode(value)))
    // Keys are cleared where they lie: not in the rows of whoever gave them.
    const skipped = byUser(rowsOf('session-skipped').map(({ value }) => SkippedRow.decode(copyBytes(value))))
    const sessions = byUser(rowsOf('session').map(({ value }) => SessionRow.decode(copyBytes(value))))
    for (const { value } of rowsOf('pair')) {
      const row = PairRow.decode(value)
      const pair = this.#pairOf(asUserId(row.user))
      const own = sessions(row.user).map((one) => Session.restore(this.#context.self.record.user, one))
      for (const chain of skipped(row.user)) {
        own.find(({ id }) => hex(id) === hex(chain.session))?.restoreSkipped(chain)
      }
      pair.restore(row, said(row.user), early(row.user), own, env)
    }
  }

  unsafeFills(): ReturnType<Starts['unsafeFills']> {
    return this.#starts.unsafeFills()
  }

  /** As `Pair.say`. */
  say(to: UserId, content: Content, env: Env, out: Out): DirectText {
    return this.#pairOf(to).say(content, env, out)
  }

  /**
   * A frame that comes by way of others.
   *
   * @param from - who brings it: nothing says that it is who made it.
   * @returns what is wrong with it: R-1001 for a start that is for another user, R-1007 for a session that is none of ours,
   *   ordinary things on a topic; R-1017 for a start that may be looked at later.
   */
  receive(frame: SessionFrame, from: Uint8Array, env: Env, out: Out): Refusal | undefined {
    return this.#receive(frame, from, false, this.pairs, env, out)
  }

  /**
   * A frame that a user handed to us. It is a frame of its own, or none for us: so nobody learns for whom those of others are.
   *
   * @returns as `receive`: R-1001 – R-1003 and R-1007 are worth a hint.
   */
  receiveHanded(frame: SessionFrame, from: UserId, env: Env, out: Out): Refusal | undefined {
    const pair = this.pairWith(from)
    return this.#receive(frame, from, true, pair === undefined ? [] : [pair], env, out)
  }

  #receive(
    frame: SessionFrame,
    from: Uint8Array,
    isHanded: boolean,
    pairs: readonly Pair[],
    env: Env,
    out: Out
  ): Refusal | undefined {
    const known = pairs.find((pair) => pair.knows(frame.tag))
    if (known !== undefined) return known.receive(frame, env, out)
    if (frame.start === undefined) return refuse(1007)
    const start = this.#starts.open(frame, from, isHanded, env, (user) => this.#context.isWelcome(user))
    if (start instanceof Refusal) return start
    const pair = this.#pairOf(start.initiator.user)
    const refused = pair.welcome(start, frame, () => this.#starts.take(start), env, out)
    if (refused === undefined) this.#context.onStarted(start.initiator, env, out)
    return refused
  }

  /** As `Pair.setThere`. */
  setThere(user: UserId, isThere: boolean, env: Env): void {
    this.pairWith(user)?.setThere(isThere, env)
  }

  /** As `Pair.hint`. */
  hint(user: UserId, tag: Uint8Array, env: Env, out: Out): void {
    this.pairWith(user)?.hint(tag, env, out)
  }

  /** As `Pair.recordFound`. */
  recordFound(user: UserId, env: Env, out: Out): void {
    this.pairWith(user)?.recordFound(env, out)
  }

  wake(env: Env, out: Out): void {
    for (const pair of this.#pairs.values()) pair.wake(env, out)
  }

  #pairOf(user: UserId): Pair {
    const key = mapKey(user)
    let pair = this.#pairs.get(key)
    if (pair === undefined) {
      pair = new Pair(this.#context, user)
      this.#pairs.set(key, pair)
    }
    return pair
  }
}

/** Rows of one user. */
function byUser<T extends { readonly user: Uint8Array }>(rows: readonly T[]): (user: Uint8Array) => readonly T[] {
  const groups = Map.groupBy(rows, ({ user }) => mapKey(user))
  return (user) => groups.get(mapKey(user)) ?? []
}
