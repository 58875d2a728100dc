/** Where we stand in a channel's conversation: the Lamport time, and our own newest message on each line. */
import { EMPTY, hex } from '../../base/bytes.ts'
import { ClockRow } from '../../wire/rows.ts'
import type { Row, RowKey } from '../machine.ts'
import { stateKey, stateRow } from '../out.ts'

/** Our newest message on a line. */
interface Own {
  readonly group: Uint8Array
  readonly id: Uint8Array
  readonly lamport: number
}

export class Clock {
  readonly #channel: string
  readonly #previous = new Map<string, Own>()
  #lamport = 0

  /** @param channel - the channel id's text, for the names of rows. */
  constructor(channel: string) {
    this.#channel = channel
  }

  get lamport(): number {
    return this.#lamport
  }

  /** Takes note of a message's time. */
  hear(lamport: number): void {
    this.#lamport = Math.max(this.#lamport, lamport)
  }

  /** Id of our newest message to a group, or to the channel; empty for none. */
  previousTo(group: Uint8Array): Uint8Array {
    return this.#previous.get(hex(group))?.id ?? EMPTY
  }

  /** Lamport time of that message; 0 for none. */
  saidTo(group: Uint8Array): number {
    return this.#previous.get(hex(group))?.lamport ?? 0
  }

  /** To whom we have said something. */
  get lines(): Uint8Array[] {
    return [...this.#previous.values()].map(({ group }) => group)
  }

  setPrevious(group: Uint8Array, id: Uint8Array, lamport: number): void {
    this.#previous.set(hex(group), { group, id, lamport })
  }

  rowTo(group: Uint8Array): Row {
    const previous = this.previousTo(group)
    const row = ClockRow.encode({ lamport: this.#lamport, previous, group, said: this.saidTo(group) })
    return stateRow(this.#name(group), row)
  }

  restore(bytes: Uint8Array): void {
    const { lamport, previous, group, said } = ClockRow.decode(bytes)
    this.hear(lamport)
    this.setPrevious(group, previous, said)
  }

  /** The rows there may be. */
  keys(): RowKey[] {
    const groups = [EMPTY, ...[...this.#previous.values()].map(({ group }) => group)]
    return groups.map((group) => stateKey(this.#name(group)))
  }

  #name(group: Uint8Array): string {
    return group.length === 0 ? `clock/${this.#channel}` : `clock/${this.#channel}/${hex(group)}`
  }
}
