/**
 * What one user says to us, in its order and each once, whatever session it comes by.
 *
 * Everything up to a number is here; what comes earlier than what is before it is held back. The other end counts anew in
 * each life of its state; what an earlier life has not said for us is then missing for good, and reported.
 */
import { equalBytes, hex } from '../../base/bytes.ts'
import { Content, type SessionContent } from '../../wire/messages.ts'
import { EarlyRow, type LifeRow } from '../../wire/rows.ts'
import type { UserId } from '../identity/user.ts'
import type { Row, RowKey } from '../machine.ts'
import { stateKey, stateRow } from '../out.ts'
import { EARLY_TEXTS, KNOWN_LIVES } from '../params.ts'
import { type Refusal, refuse } from '../reject.ts'

/** What comes of a frame, in order. */
export type HeardEvent =
  | { readonly type: 'text'; readonly instance: Uint8Array; readonly number: number; readonly content: Content }
  /** These numbers will not come; both included. */
  | { readonly type: 'gap'; readonly from: number; readonly to: number }

interface Life {
  readonly instance: Uint8Array
  /** Everything up to it is here, or was given up. */
  heard: number
}

export class Heard {
  readonly #other: UserId
  /** The newest last. */
  #lives: Life[] = []
  /** Of the newest life. */
  readonly #early = new Map<number, Content>()
  #changed: number[] = []

  constructor(other: UserId) {
    this.#other = other
  }

  get life(): Readonly<Life> | undefined {
    return this.#lives.at(-1)
  }

  /** Texts held back. */
  get early(): number {
    return this.#early.size
  }

  /** R-1014. Nothing has changed. */
  judge({ instance, number, oldest }: SessionContent): Refusal | undefined {
    const heard = this.#lifeOf(instance)?.heard ?? 0
    return number > Math.max(heard, oldest - 1) + EARLY_TEXTS ? refuse(1014) : undefined
  }

  /** Whether this is a life of the other end that was not heard of before. */
  isNewLife(instance: Uint8Array): boolean {
    return this.#lifeOf(instance) === undefined
  }

  isCurrent(instance: Uint8Array): boolean {
    return this.life !== undefined && equalBytes(this.life.instance, instance)
  }

  /** Takes in what was judged. */
  take({ instance, number, oldest, content }: SessionContent): HeardEvent[] {
    const events: HeardEvent[] = []
    if (this.isNewLife(instance)) {
      this.#passOver(Math.max(0, ...this.#early.keys()), events)
      this.#lives = [...this.#lives, { instance, heard: oldest - 1 }].slice(-KNOWN_LIVES)
    }
    const life = this.#lifeOf(instance)!
    if (life !== this.life) {
      // Of an earlier life only what is new counts: nothing waits for anything there any more.
      if (number <= life.heard) return events
      if (number > life.heard + 1) events.push({ type: 'gap', from: life.heard + 1, to: number - 1 })
      life.heard = number
      return [...events, { type: 'text', instance, number, content: content! }]
    }
    this.#passOver(oldest - 1, events)
    if (number > life.heard && !this.#early.has(number)) {
      this.#early.set(number, content!)
      this.#changed.push(number)
    }
    this.#release(events)
    return events
  }

  rows(): { puts: Row[]; deletes: RowKey[] } {
    const puts: Row[] = []
    const deletes: RowKey[] = []
    for (const number of this.#changed) {
      const entry = `session-early/${hex(this.#other)}-${number}`
      const content = this.#early.get(number)
      if (content === undefined) deletes.push(stateKey(entry))
      else puts.push(stateRow(entry, EarlyRow.encode({ user: this.#other, number, content: Content.encode(content) })))
    }
    this.#changed = []
    return { puts, deletes }
  }

  /** For the row of the pair. */
  get lives(): LifeRow[] {
    return this.#lives
  }

  restore(lives: readonly LifeRow[], early: readonly EarlyRow[]): void {
    this.#lives = lives.map(({ instance, heard }) => ({ instance, heard }))
    for (const { number, content } of early) this.#early.set(number, Content.decode(content))
  }

  /** Everything up to a number that is not here will not come. */
  #passOver(upTo: number, events: HeardEvent[]): void {
    const life = this.#lives.at(-1)
    while (life !== undefined && life.heard < upTo) {
      const next = Math.min(upTo + 1, ...[...this.#early.keys()].filter((number) => number > life.heard))
      if (next > life.heard + 1) events.push({ type: 'gap', from: life.heard + 1, to: next - 1 })
      life.heard = next - 1
      this.#release(events)
    }
  }

  #release(events: HeardEvent[]): void {
    const life = this.#lives.at(-1)!
    for (let number = life.heard + 1; this.#early.has(number); number++) {
      events.push({ type: 'text', instance: life.instance, number, content: this.#early.get(number)! })
      this.#early.delete(number)
      this.#changed.push(number)
      life.heard = number
    }
  }

  #lifeOf(instance: Uint8Array): Life | undefined {
    return this.#lives.find((life) => equalBytes(life.instance, instance))
  }
}
