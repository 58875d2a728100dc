/** Collects the effects of one event, in the order they must happen. */
import type { Effect, Row, RowKey } from './machine.ts'
import type { Notice } from './notice.ts'
import type { Check, Refusal } from './reject.ts'

/** The room of the store that holds everything a machine needs again after a restart. */
export const STATE_ROOM = 'state'

export class Out {
  readonly effects: Effect[] = []

  push(effect: Effect): void {
    this.effects.push(effect)
  }

  /** Keeps rows of the state room, durable before anything that follows. */
  keep(...puts: readonly Row[]): void {
    this.effects.push({ type: 'persist', puts, deletes: [], isDurable: true })
  }

  /** Keeps and forgets rows without waiting for the disk: a crash may undo it. */
  note(puts: readonly Row[], deletes: readonly RowKey[] = []): void {
    if (puts.length + deletes.length > 0) this.effects.push({ type: 'persist', puts, deletes, isDurable: false })
  }

  notify(notice: Notice): void {
    this.effects.push({ type: 'notify', notice })
  }

  reject(refusal: Refusal | Check): void {
    this.effects.push({ type: 'reject', check: typeof refusal === 'number' ? refusal : refusal.check })
  }
}

/** A row of the state room. */
export const stateRow = (entry: string, value: Uint8Array): Row => ({ room: STATE_ROOM, entry, value })

/** The key of a row of the state room. */
export const stateKey = (entry: string): RowKey => ({ room: STATE_ROOM, entry })
