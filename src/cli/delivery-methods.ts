/**
 * What others say to have of our messages, beside what is stored here: a stored message knows whether it was sent, and a member
 * says up to which of ours it misses none.
 *
 * Only those count who are members now, and in the group that it was said to.
 */
import { equalBytes, hex } from '../base/bytes.ts'
import { UsageError } from '../base/errors.ts'
import type { ChannelView, MessageState, ReceiptView } from '../core/command.ts'
import { hasSeen } from '../core/member/receipts.ts'
import type { MessageView } from '../core/notice.ts'
import type { Node } from '../node/index.ts'
import { shortId } from './event-text.ts'
import type { SeenForm } from './forms.ts'
import { ask, groupsOf, isUnansweredIn, membersOf, namesOf, type ResultOf, requirePlace } from './lookups.ts'
import { requirePost } from './message-methods.ts'
import type { Desk } from './methods.ts'
import type { Reader } from './parameters.ts'
import { MESSAGE } from './text.ts'
import { groupOf, type PlaceView, placeOf, quoteForm } from './to-forms.ts'

export interface Delivery {
  readonly state: MessageState
  /** Members that say to have it, of how many others there are. */
  readonly seenBy: number
  readonly of: number
}

/** What is asked about a message of ours. */
type Own = Pick<MessageView, 'id' | 'group' | 'lamport' | 'state'>

/** Who has which of our messages in one channel, at one moment. */
export class Deliveries {
  /** By group, hex. */
  readonly #receipts = new Map<string, ReceiptView[]>()
  /** Members of each group, and under the empty name of the channel. */
  readonly #sizes: ReadonlyMap<string, number>
  readonly #unknown: ReadonlySet<string>
  /** Lamport times. */
  readonly #unsent: ReadonlySet<number>

  /** Whether what was sent may not have been taken. */
  readonly #isUnanswered: boolean

  static async in(node: Node, view: PlaceView): Promise<Deliveries> {
    const result = await ask(node, { type: 'receipts', channel: view.id }, 'receipts')
    const groups = await groupsOf(node, view.id)
    const sizes = groups.map(({ id, members }): [string, number] => [hex(id), members.length])
    return new Deliveries(result, new Map([['', view.members], ...sizes]), await isUnansweredIn(node, view))
  }

  private constructor(
    { receipts, unknown, unsent }: ResultOf<'receipts'>,
    sizes: ReadonlyMap<string, number>,
    isUnanswered: boolean
  ) {
    for (const one of receipts) {
      const line = hex(one.group)
      this.#receipts.set(line, [...(this.#receipts.get(line) ?? []), one])
    }
    this.#sizes = sizes
    this.#unknown = new Set(unknown)
    this.#unsent = new Set(unsent)
    this.#isUnanswered = isUnanswered
  }

  /** Whether nobody has taken it yet. */
  #isWaiting({ lamport, state }: Own): boolean {
    return state === 'waiting' || this.#unsent.has(lamport)
  }

  /** Members that say to have it. */
  whoHas(message: Own): Uint8Array[] {
    if (this.#isWaiting(message)) return []
    const { group, lamport } = message
    const line = this.#receipts.get(hex(group)) ?? []
    return line.filter((one) => hasSeen(one, lamport)).map(({ user }) => user)
  }

  of(message: Own): Delivery {
    const { id, group } = message
    const of = Math.max(0, (this.#sizes.get(hex(group)) ?? 0) - 1)
    const seenBy = this.whoHas(message).length
    if (this.#isWaiting(message)) return { state: 'waiting', seenBy, of }
    if (seenBy > 0) return { state: 'seen', seenBy, of }
    return { state: this.#isUnanswered ? 'waiting' : this.#unknown.has(id) ? 'unknown' : 'sent', seenBy, of }
  }
}

/** Who has a message of ours, as far as they have said so. */
export async function seen({ node }: Desk, params: Reader): Promise<SeenForm> {
  const view = await requirePlace(node, params.text('channel'))
  const post = await requirePost(node, view.id, params.optional('message') ?? '^', 'own')
  const { message } = post
  if (!message.isOwn) throw new UsageError('NOT_YOURS', MESSAGE.notYoursToAsk(shortId(post.name)))
  const deliveries = await Deliveries.in(node, view)
  const names = await namesOf(node, view.id, true)
  const has = deliveries.whoHas(message)
  const others = (await usersOf(node, view, message.group)).filter((one) => !equalBytes(one, node.user))
  const notYet = others.filter((one) => !has.some((user) => equalBytes(user, one)))
  return {
    ...placeOf(view),
    ...groupOf(message.group, names),
    id: message.id,
    about: quoteForm(post),
    state: deliveries.of(message).state,
    seenBy: has.map(names.person),
    notYet: notYet.map(names.person)
  }
}

/** Ids of our messages that nobody says to have, though others are there. */
export async function unknownIn(node: Node, { id, descriptor }: ChannelView): Promise<readonly string[]> {
  return descriptor === undefined ? [] : (await ask(node, { type: 'receipts', channel: id }, 'receipts')).unknown
}

/** Who is in a channel, or in a group of it. */
async function usersOf(node: Node, view: ChannelView, group: Uint8Array): Promise<readonly Uint8Array[]> {
  if (group.length === 0) return (await membersOf(node, view.id)).map(({ user }) => user)
  return (await groupsOf(node, view.id)).find(({ id }) => equalBytes(id, group))?.members ?? []
}
