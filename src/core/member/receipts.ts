/**
 * Who has our messages: members say in their digests up to which message of ours they miss none (protocol §12.2).
 *
 * A message that nobody says to have, though others are there, is told to be unknown after a while; it may still be seen.
 */
import { equalBytes, hex } from '../../base/bytes.ts'
import { HistoryPolicy } from '../../wire/messages.ts'
import { ReceiptRow } from '../../wire/rows.ts'
import type { Context } from '../channel/context.ts'
import type { MessageState, ReceiptView } from '../command.ts'
import { Deadlines } from '../deadlines.ts'
import type { Env, RowKey } from '../machine.ts'
import { type Out, stateKey, stateRow } from '../out.ts'
import { DIGEST_MS, DIGEST_PER_MEMBER_MS, DIGESTS_PER_LEASE, RECEIPTS, WATCHED_MESSAGES } from '../params.ts'

/** A message of ours that was sent. */
interface Sent {
  readonly local: string
  readonly id: string
  readonly group: Uint8Array
  readonly lamport: number
}

interface Watched extends Sent {
  /** `Env.uptimeMs` at which it is unknown when nobody has it. */
  unknownAt: number | undefined
  /** Whether that was told. */
  isUnknown: boolean
}

export class Receipts {
  readonly #context: Context
  /** Up to which of our messages a member has all, by member and line. */
  readonly #receipts = new Map<string, ReceiptView>()
  /** The messages sent last, oldest first. */
  #watched: Watched[] = []
  readonly #deadlines = new Deadlines<'unknown'>()

  constructor(context: Context) {
    this.#context = context
  }

  nextAt(): number | undefined {
    return this.#deadlines.next()
  }

  /** @param isAlone - whether no other member is online. */
  wake(isAlone: boolean, env: Env, out: Out): void {
    if (this.#deadlines.due(env.uptimeMs).length === 0) return
    for (const one of this.#watched) {
      if (one.unknownAt === undefined || one.unknownAt > env.uptimeMs) continue
      one.unknownAt = isAlone ? env.uptimeMs + this.#patienceMs : undefined
      if (isAlone || this.#seenBy(one) > 0) continue
      one.isUnknown = true
      this.#tell(one, 'unknown', out)
    }
    this.#setDeadline()
  }

  /** A message of ours was given to the carrier. */
  noteSent(sent: Sent, env: Env, out: Out): void {
    const watched = { ...sent, unknownAt: env.uptimeMs + this.#patienceMs, isUnknown: false }
    this.#watched = [...this.#watched, watched].slice(-WATCHED_MESSAGES)
    this.#setDeadline()
    this.#tell(watched, 'sent', out)
  }

  /**
   * Somebody has come into the channel or a group, and has none of what was said there before: what it says to have begins here.
   *
   * @param lamport - up to which messages were said; 0: none.
   */
  noteComer(user: Uint8Array, group: Uint8Array, lamport: number, out: Out): void {
    const mayReadAll = group.length === 0 && this.#context.charter.descriptor.history === HistoryPolicy.ALL
    if (lamport === 0 || mayReadAll) return
    this.#keep({ user, group, after: lamport, lamport }, out)
  }

  /** A member says up to which of our messages on a line it misses none. */
  onSeen(user: Uint8Array, group: Uint8Array, lamport: number, out: Out): void {
    const { lamport: before, after } = this.#receipts.get(nameOf(user, group)) ?? { lamport: 0, after: 0 }
    if (lamport <= before) return
    this.#keep({ user, group, after, lamport }, out)
    for (const one of this.#watched) {
      if (!equalBytes(one.group, group) || one.lamport <= before || one.lamport > lamport) continue
      one.unknownAt = undefined
      one.isUnknown = false
      this.#tell(one, 'seen', out)
    }
  }

  #keep(receipt: ReceiptView, out: Out): void {
    const name = nameOf(receipt.user, receipt.group)
    this.#receipts.delete(name)
    this.#receipts.set(name, receipt)
    out.note([stateRow(this.#entryOf(name), ReceiptRow.encode(receipt))], this.#evict())
  }

  /** Which of our messages each member has. */
  views(): ReceiptView[] {
    const all = [...this.#receipts.values()]
    return all.filter(({ user, group, after, lamport }) => lamport > after && this.#membersOf(group).has(user))
  }

  /** Ids of the messages sent last that nobody says to have, though others are there. */
  unknown(): string[] {
    return this.#watched.filter(({ isUnknown }) => isUnknown).map(({ id }) => id)
  }

  #membersOf(group: Uint8Array): { has(user: Uint8Array): boolean; readonly size: number } {
    const { log } = this.#context
    return group.length === 0 ? log.roster.members : log.groupMembers(group)
  }

  #seenBy({ group, lamport }: Sent): number {
    return this.views().filter((one) => equalBytes(one.group, group) && hasSeen(one, lamport)).length
  }

  #tell(one: Watched, state: MessageState, out: Out): void {
    const { channel } = this.#context
    const { local, id, group } = one
    const others = this.#membersOf(group).size - 1
    out.notify({ type: 'messageState', channel, local, id, state, seenBy: this.#seenBy(one), of: others })
  }

  /** As long as a member that is there may take until it has said what it has. */
  get #patienceMs(): number {
    const { size } = this.#context.log.roster.members
    return DIGESTS_PER_LEASE * Math.max(DIGEST_MS, size * DIGEST_PER_MEMBER_MS)
  }

  #setDeadline(): void {
    const moments = this.#watched.flatMap(({ unknownAt }) => unknownAt ?? [])
    this.#deadlines.set('unknown', moments.length === 0 ? undefined : Math.min(...moments))
  }

  #evict(): RowKey[] {
    const gone = [...this.#receipts.keys()].slice(0, Math.max(0, this.#receipts.size - RECEIPTS))
    for (const name of gone) this.#receipts.delete(name)
    return gone.map((name) => stateKey(this.#entryOf(name)))
  }

  #entryOf(name: string): string {
    return `receipt/${this.#context.name}/${name}`
  }

  /** @returns the rows to delete. */
  keys(): RowKey[] {
    return [...this.#receipts.keys()].map((name) => stateKey(this.#entryOf(name)))
  }

  restore(bytes: Uint8Array): void {
    const receipt = ReceiptRow.decode(bytes)
    this.#receipts.set(nameOf(receipt.user, receipt.group), receipt)
  }
}

/** Whether a member has the message of ours on that line. */
export const hasSeen = (receipt: Pick<ReceiptView, 'after' | 'lamport'>, lamport: number): boolean =>
  receipt.after < lamport && lamport <= receipt.lamport

const nameOf = (user: Uint8Array, group: Uint8Array): string =>
  group.length === 0 ? hex(user) : `${hex(user)}/${hex(group)}`
