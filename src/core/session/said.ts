/** What was said to one user and is not acknowledged: each under one number for good, sealed when it may be. */
import { EMPTY, equalBytes, hex } from '../../base/bytes.ts'
import { Content, SessionFrame } from '../../wire/messages.ts'
import { SaidRow } from '../../wire/rows.ts'
import type { UserId } from '../identity/user.ts'
import type { Row, RowKey } from '../machine.ts'
import { stateKey, stateRow } from '../out.ts'
import { SAID_AT_ONCE } from '../params.ts'
import type { Session } from './session.ts'

export interface SaidText {
  readonly number: number
  readonly content: Content
  /** Instance in which it was said first: with the number its name for good. */
  readonly instance: Uint8Array
  /** Id of the session under which it is sealed, and the frame; undefined: it waits. */
  sealed: { readonly session: Uint8Array; readonly frame: SessionFrame } | undefined
}

export class Said {
  readonly #other: UserId
  /** By number, ascending. */
  readonly #texts = new Map<number, SaidText>()

  constructor(other: UserId) {
    this.#other = other
  }

  get size(): number {
    return this.#texts.size
  }

  /** The lowest number that may still be waited for. @param next - when there is none. */
  oldest(next: number): number {
    for (const number of this.#texts.keys()) return number
    return next
  }

  add(number: number, content: Content, instance: Uint8Array): SaidText {
    const text = { number, content, instance, sealed: undefined }
    this.#texts.set(number, text)
    return text
  }

  /** Those that may be on their way, the oldest first. */
  window(): SaidText[] {
    const window: SaidText[] = []
    for (const text of this.#texts.values()) {
      if (window.length === SAID_AT_ONCE) break
      window.push(text)
    }
    return window
  }

  /** Lets go of all up to a number. @returns those there were. */
  acknowledge(upTo: number): SaidText[] {
    const done: SaidText[] = []
    for (const text of this.#texts.values()) {
      if (text.number > upTo) break
      done.push(text)
    }
    for (const { number } of done) this.#texts.delete(number)
    return done
  }

  /** What was sealed under a session that is not used any more waits again. */
  unseal(session: Session): void {
    for (const text of this.#texts.values()) if (isUnder(text, session)) text.sealed = undefined
  }

  /** What is not sealed under one of these sessions waits again. */
  unsealBut(sessions: readonly Session[]): void {
    for (const text of this.#texts.values()) {
      if (!sessions.some((session) => isUnder(text, session))) text.sealed = undefined
    }
  }

  /** Whether something that may be on its way is sealed under a session. */
  isUnder(session: Session): boolean {
    return this.window().some((text) => isUnder(text, session))
  }

  row({ number, content, instance, sealed }: SaidText): Row {
    const value = SaidRow.encode({
      user: this.#other,
      number,
      content: Content.encode(content),
      session: sealed?.session ?? EMPTY,
      frame: sealed === undefined ? EMPTY : SessionFrame.encode(sealed.frame),
      instance
    })
    return stateRow(this.#entry(number), value)
  }

  key(number: number): RowKey {
    return stateKey(this.#entry(number))
  }

  /** @param own - the instance of what says none. */
  restore(rows: readonly SaidRow[], own: Uint8Array): void {
    for (const { number, content, session, frame, instance } of [...rows].sort((a, b) => a.number - b.number)) {
      const sealed = session.length === 0 ? undefined : { session, frame: SessionFrame.decode(frame) }
      const origin = instance.length === 0 ? own : instance
      this.#texts.set(number, { number, content: Content.decode(content), instance: origin, sealed })
    }
  }

  #entry(number: number): string {
    return `session-said/${hex(this.#other)}-${number}`
  }
}

const isUnder = ({ sealed }: SaidText, { id }: Session): boolean =>
  sealed !== undefined && equalBytes(sealed.session, id)
