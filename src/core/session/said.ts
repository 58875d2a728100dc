/** What was said to one user and is not acknowledged: each under one number for good, sealed when it may be. */
import { EMPTY, equalBytes, hex } from '../../base/bytes.ts'
import { Content, SessionFrame } from '../../wire/messages.ts'
import { SaidRow } from '../../wire/rows.ts'
import { about } from '../channel/content.ts'
import type { UserId } from '../identity/user.ts'
import type { Row, RowKey } from '../machine.ts'
import { stateKey, stateRow } from '../out.ts'
import { SAID_AT_ONCE } from '../params.ts'
import { markOf, splitMarks } from './mark.ts'
import type { Session } from './session.ts'

export interface SaidText {
  readonly number: number
  readonly content: Content
  /** Instance in which it was said first: with the number its name for good. */
  readonly instance: Uint8Array
  /** Undefined: it waits. */
  sealed: Sealed | undefined
}

/** How a text goes to the other end. */
interface Sealed {
  /** Id of the session. */
  readonly session: Uint8Array
  readonly frame: SessionFrame
  /** How often it was sent again. */
  tries: number
}

/** A text that is said again under another name. */
export interface Renamed {
  readonly was: SaidText
  readonly text: SaidText
  /** How many that are not acknowledged come before it. */
  readonly before: number
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

  /**
   * The texts up to a number, in order, and which of them have come: those of the marks that the other end gives. It has
   * something else under the names of the others, or passed them over.
   */
  upTo(ack: number, marks: Uint8Array): { readonly text: SaidText; readonly hasCome: boolean }[] {
    const last = splitMarks(marks)
    const texts = [...this.#texts.values()].filter(({ number }) => number <= ack)
    return texts.map((text) => {
      const mark = last.at(text.number - ack - 1)
      return { text, hasCome: mark !== undefined && equalBytes(mark, markOf(text.content)) }
    })
  }

  delete({ number }: SaidText): void {
    this.#texts.delete(number)
  }

  /**
   * Gives new names to texts that bear the lowest numbers: those closest below the other ones, in another instance.
   *
   * @param nameOf - what a text is called.
   * @returns each in its old and its new state, those that speak of one that was renamed, too.
   */
  rename(
    texts: readonly SaidText[],
    upTo: number,
    instance: Uint8Array,
    nameOf: (text: SaidText) => Uint8Array
  ): Renamed[] {
    const renamed: Renamed[] = []
    const names = new Map<string, Uint8Array>()
    const lost = new Map(texts.map((text, i) => [text, upTo - texts.length + 1 + i]))
    const all = [...this.#texts.values()]
    this.#texts.clear()
    for (const was of all) {
      const content = about(was.content, names)
      const isSame = !lost.has(was) && content === was.content
      const text = isSame ? was : { number: lost.get(was) ?? was.number, content, instance, sealed: undefined }
      this.#texts.set(text.number, text)
      if (isSame) continue
      names.set(hex(nameOf(was)), nameOf(text))
      renamed.push({ was, text, before: this.#texts.size - 1 })
    }
    return renamed
  }

  /** What was sent again so often and has not come, though we hear of the other end, waits again: it may not open there any more. */
  unsealTried(tries: number): void {
    for (const text of this.#texts.values()) if (text.sealed && text.sealed.tries >= tries) text.sealed = undefined
  }

  /** What is sealed with this tag waits again. @returns whether there is anything. */
  unsealTag(tag: Uint8Array): boolean {
    const texts = this.window().filter(({ sealed }) => sealed && equalBytes(sealed.frame.tag, tag))
    for (const text of texts) text.sealed = undefined
    return texts.length > 0
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
      const sealed = session.length === 0 ? undefined : { session, frame: SessionFrame.decode(frame), tries: 0 }
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
