/**
 * What one user says to us, in its order and each once, whatever session it comes by.
 *
 * Everything up to a number is here; what comes earlier than what is before it is held back. The other end counts anew in
 * each life of its state. Which of two lives is the later one does not show for sure in what comes late, so each has its own
 * count; what is held back of one that has ended is given out, and what is missing before it is reported. What one life says
 * for another, from whose end it was moved, is that one's: it counts there, too.
 *
 * An end that was set back to an older state says other things under numbers that are here. So whoever is told what is here
 * is told by marks, too, which texts these are, as far as anybody may still wait to know.
 */
import { EMPTY, equalBytes, hex, joinBytes } from '../../base/bytes.ts'
import { MARKS } from '../../wire/limits.ts'
import { Content, type SessionContent } from '../../wire/messages.ts'
import { EarlyRow, type LifeRow } from '../../wire/rows.ts'
import type { UserId } from '../identity/user.ts'
import type { Env, Row, RowKey } from '../machine.ts'
import { stateKey, stateRow } from '../out.ts'
import { EARLY_TEXTS, KNOWN_LIVES, LIFE_MS } from '../params.ts'
import { type Refusal, refuse } from '../reject.ts'
import { markOf, splitMarks, UNKNOWN } from './mark.ts'

/** What comes of a frame, in order. */
export type HeardEvent =
  | { readonly type: 'text'; readonly instance: Uint8Array; readonly number: number; readonly content: Content }
  /** So many texts will not come. */
  | { readonly type: 'gap'; readonly missing: number }

interface EarlyText {
  readonly content: Content
  /** Instance in which it was said first; empty: in this life. */
  readonly origin: Uint8Array
}

interface Life {
  readonly instance: Uint8Array
  /** Everything up to it is here, or was given up. */
  heard: number
  /** What came before what is before it. */
  readonly early: Map<number, EarlyText>
  /** Of the last texts up to `heard`: what is here under their names. */
  readonly marks: Uint8Array[]
  /** When it was last heard: `Env.uptimeMs`, which a clock that jumps does not change, and `Env.now`, which a start goes by. */
  heardAt: number
  heardOn: number
}

type Time = Pick<Env, 'uptimeMs'> & { readonly now: number }

export class Heard {
  readonly #other: UserId
  /** In the order in which they were met. */
  #lives: Life[] = []
  readonly #changed: { instance: Uint8Array; number: number }[] = []

  constructor(other: UserId) {
    this.#other = other
  }

  /** Texts held back. */
  get early(): number {
    return this.#lives.reduce((sum, { early }) => sum + early.size, 0)
  }

  /** Up to which number everything that a life of the other end has said is here. */
  upTo(instance: Uint8Array): number {
    return this.#lifeOf(instance)?.heard ?? 0
  }

  /**
   * Which texts of a life are here: 8 bytes each, the last of them those of `upTo`. What this life did not bring may be here
   * as another one said it, under the same number.
   */
  marks(instance: Uint8Array): Uint8Array {
    const life = this.#lifeOf(instance)
    if (life === undefined) return EMPTY
    const { marks, heard } = life
    const first = heard - marks.length + 1
    return joinBytes(...marks.map((mark, i) => (equalBytes(mark, UNKNOWN) ? this.#markOfAny(first + i) : mark)))
  }

  /** Whether this life of the other end was heard before. */
  knows(instance: Uint8Array): boolean {
    return this.#lifeOf(instance) !== undefined
  }

  /** R-1014. Nothing has changed. */
  judge({ instance, number, oldest }: SessionContent): Refusal | undefined {
    return number > Math.max(this.upTo(instance), oldest - 1) + EARLY_TEXTS ? refuse(1014) : undefined
  }

  /** Takes in what was judged. */
  take({ instance, number, oldest, content, origin }: SessionContent, time: Time): HeardEvent[] {
    const events: HeardEvent[] = []
    const life = this.#lifeOf(instance) ?? this.#begin(instance, oldest - 1, time, events)
    life.heardAt = time.uptimeMs
    life.heardOn = time.now
    this.#passOver(life, oldest - 1, events)
    if (number > life.heard && !life.early.has(number)) {
      life.early.set(number, { content: content!, origin })
      this.#changed.push({ instance, number })
    }
    this.#release(life, events)
    this.#forgetMarks(life, Math.max(0, life.heard - oldest + 1))
    return events
  }

  /** Lives that keep something back and were not heard for long. */
  silent(uptimeMs: number): Uint8Array[] {
    const silent = this.#lives.filter(({ early, heardAt }) => early.size > 0 && uptimeMs >= heardAt + LIFE_MS)
    return silent.map(({ instance }) => instance)
  }

  /** Nothing more will come of a life: what is held back is given out without what is before it. */
  end(instance: Uint8Array): HeardEvent[] {
    const events: HeardEvent[] = []
    const life = this.#lifeOf(instance)
    if (life === undefined) return events
    this.#forgetShown(life)
    this.#passOver(life, Math.max(0, ...life.early.keys()), events)
    return events
  }

  rows(): { puts: Row[]; deletes: RowKey[] } {
    const puts: Row[] = []
    const deletes: RowKey[] = []
    for (const { instance, number } of this.#changed.splice(0)) {
      const entry = `session-early/${hex(this.#other)}-${hex(instance)}-${number}`
      const text = this.#lifeOf(instance)?.early.get(number)
      if (text === undefined) deletes.push(stateKey(entry))
      else {
        const { content, origin } = text
        const row = { user: this.#other, instance, number, content: Content.encode(content), origin }
        puts.push(stateRow(entry, EarlyRow.encode(row)))
      }
    }
    return { puts, deletes }
  }

  /** For the row of the pair. */
  get lives(): LifeRow[] {
    return this.#lives.map(({ instance, heard, marks, heardOn }) => {
      return { instance, heard, marks: joinBytes(...marks), heardOn }
    })
  }

  restore(lives: readonly LifeRow[], early: readonly EarlyRow[], { now, uptimeMs }: Time): void {
    this.#lives = lives.map(({ instance, heard, marks, heardOn }) => {
      const silentMs = heardOn === 0 ? 0 : Math.min(Math.max(0, now - heardOn), LIFE_MS)
      return { instance, heard, early: new Map(), marks: splitMarks(marks), heardAt: uptimeMs - silentMs, heardOn }
    })
    for (const { instance, number, content, origin } of early) {
      this.#lifeOf(instance)?.early.set(number, { content: Content.decode(content), origin })
    }
  }

  /** Everything up to a number that is not here will not come. */
  #passOver(life: Life, upTo: number, events: HeardEvent[]): void {
    while (life.heard < upTo) {
      const next = Math.min(upTo + 1, ...life.early.keys())
      const passed = next - life.heard - 1
      if (passed > 0) {
        const missing = passed - this.#countElsewhere(life, next)
        if (missing > 0) events.push({ type: 'gap', missing })
        life.marks.push(...Array.from({ length: Math.min(passed, MARKS) }, () => UNKNOWN))
        this.#forgetMarks(life, MARKS)
      }
      life.heard = next - 1
      this.#release(life, events)
    }
  }

  /**
   * How many texts between what is here of a life and a number are here, held back, or told as missing, as a life said them
   * before that this one speaks for: such lives number alike.
   */
  #countElsewhere(life: Life, before: number): number {
    const spokenFor = new Set([life])
    for (const { early } of spokenFor) {
      for (const { origin } of early.values()) {
        const first = this.#lifeOf(origin)
        if (first !== undefined) spokenFor.add(first)
      }
    }
    const upTo = Math.min(before - 1, Math.max(...[...spokenFor].map(({ heard }) => heard)))
    const early = [...spokenFor].flatMap(({ early }) => [...early.keys()])
    return upTo - life.heard + new Set(early.filter((number) => number > upTo && number < before)).size
  }

  /** The mark of what the newest of the lives that have a text under this number has said; `UNKNOWN` when none has. */
  #markOfAny(number: number): Uint8Array {
    const marks = this.#lives.map(({ heard, marks }) => (number > heard ? UNKNOWN : marks.at(number - heard - 1)))
    return marks.findLast((mark) => mark !== undefined && !equalBytes(mark, UNKNOWN)) ?? UNKNOWN
  }

  #begin(instance: Uint8Array, heard: number, { now, uptimeMs }: Time, events: HeardEvent[]): Life {
    if (this.#lives.length >= KNOWN_LIVES) for (const life of this.#lives) this.#forgetShown(life)
    // What one gives out may be of others, that begin with it.
    while (this.#lives.length >= KNOWN_LIVES) {
      const oldest = this.#lives.shift()!
      this.#passOver(oldest, Math.max(0, ...oldest.early.keys()), events)
    }
    const life = { instance, heard, early: new Map(), marks: [], heardAt: uptimeMs, heardOn: now }
    this.#lives.push(life)
    return life
  }

  /** Lets go of what a life holds back and another one, that said it first, has shown. */
  #forgetShown({ instance, early }: Life): void {
    for (const [number, { origin }] of early) {
      if (origin.length === 0 || number > this.upTo(origin)) continue
      early.delete(number)
      this.#changed.push({ instance, number })
    }
  }

  #release(life: Life, events: HeardEvent[]): void {
    const { instance, early } = life
    for (let text = early.get(life.heard + 1); text !== undefined; text = early.get(life.heard + 1)) {
      const number = ++life.heard
      early.delete(number)
      this.#changed.push({ instance, number })
      const { content, origin } = text
      if (origin.length === 0) {
        events.push({ type: 'text', instance, number, content })
        life.marks.push(markOf(content))
      } else {
        const first =
          this.#lifeOf(origin) ?? this.#begin(origin, number - 1, { uptimeMs: life.heardAt, now: life.heardOn }, events)
        life.marks.push(this.#hearFor(first, number, content, events))
      }
      this.#forgetMarks(life, MARKS)
    }
  }

  #forgetMarks(life: Life, kept: number): void {
    life.marks.splice(0, life.marks.length - kept)
  }

  /**
   * A later life says what this one has said first: shown in its order, unless it was.
   *
   * @returns the mark of what is here under that name, `UNKNOWN` when that is forgotten.
   */
  #hearFor(life: Life, number: number, content: Content, events: HeardEvent[]): Uint8Array {
    if (number <= life.heard) return life.marks.at(number - life.heard - 1) ?? UNKNOWN
    life.early.set(number, { content, origin: EMPTY })
    const passed: HeardEvent[] = []
    this.#passOver(life, number, passed)
    // What is not here of what is before has come by another life, or comes by none.
    events.push(...passed.filter(({ type }) => type === 'text'))
    return markOf(content)
  }

  #lifeOf(instance: Uint8Array): Life | undefined {
    return this.#lives.find((life) => equalBytes(life.instance, instance))
  }
}
