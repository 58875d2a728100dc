/**
 * Searching what is stored here, newest first, reading one message after the other and keeping no more than is asked for.
 *
 * Case and accents do not count. A text is found by what it says now: not by what was edited away, and never once it is
 * deleted. What is not here is not found, so the answer says how far back the history goes.
 */
import { hex } from '../base/bytes.ts'
import { UsageError } from '../base/errors.ts'
import { asUserId, shortFingerprint } from '../core/identity/user.ts'
import type { Post } from '../core/member/thread.ts'
import type { MessageView } from '../core/notice.ts'
import type { ControlCaller } from '../node/control.ts'
import type { Node } from '../node/index.ts'
import { nickTyped } from './arguments.ts'
import { Deliveries } from './delivery-methods.ts'
import type { MessageForm, SearchedForm, SearchForm } from './forms.ts'
import { namesOf, placesOf, requirePlace } from './lookups.ts'
import type { Desk } from './methods.ts'
import { bad, type Reader } from './parameters.ts'
import { MESSAGE } from './text.ts'
import { messageForm, type PlaceView, placeOf, userText } from './to-forms.ts'

const STANDARD_LIMIT = 20
const MAX_LIMIT = 1000
/** What one answer may hold. */
const ANSWER_BYTES = 512 * 1024

/** A text as it is compared: letters without marks, of one case, with single spaces. */
export const searchable = (text: string): string =>
  text.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase().toUpperCase().replace(/\s+/gu, ' ')

interface Query {
  /** As `searchable` makes it. */
  readonly wanted: string
  readonly isFrom: (message: MessageView) => boolean
  /** ms since 1970 */
  readonly since: number
  readonly limit: number
}

/** Searches one channel or conversation, or all. */
export async function search({ node }: Desk, params: Reader, caller: ControlCaller): Promise<SearchForm> {
  const text = params.text('text')
  const wanted = searchable(text).trim()
  if (wanted === '') throw new UsageError('BAD_MESSAGE', MESSAGE.nothingToFind)
  const named = params.optional('channel')
  const channels = named === undefined ? await placesOf(node) : [await requirePlace(node, named)]
  const from = params.optional('from')
  const limit = params.number('limit') ?? STANDARD_LIMIT
  if (limit < 1 || limit > MAX_LIMIT) throw bad('limit')
  const query: Query = { wanted, isFrom: senderTest(from), since: params.number('since') ?? 0, limit }
  const found: MessageForm[] = []
  const searched: SearchedForm[] = []
  let isMore = false
  for (const view of channels) {
    const result = await searchChannel(node, view, query, caller)
    found.push(...result.found)
    searched.push(result.searched)
    isMore ||= result.isMore
  }
  if (channels.length > 1) found.sort((a, b) => b.seenAt - a.seenAt)
  const messages: MessageForm[] = []
  let bytes = 0
  for (const form of found.slice(0, limit)) {
    bytes += Buffer.byteLength(JSON.stringify(form))
    if (bytes > ANSWER_BYTES && messages.length > 0) break
    messages.push(form)
  }
  return { messages, isMore: isMore || messages.length < found.length, searched }
}

/** Up to the limit, and whether there is one more. */
async function searchChannel(
  node: Node,
  view: PlaceView,
  { wanted, isFrom, since, limit }: Query,
  { closed }: ControlCaller
): Promise<{ found: MessageForm[]; isMore: boolean; searched: SearchedForm }> {
  const { threads } = node
  const names = await namesOf(node, view.id, true)
  const deliveries = await Deliveries.in(node, view)
  const found = new Map<string, MessageForm>()
  let count = 0
  for await (const message of threads.newestFirst(view.id)) {
    if (closed.aborted || found.size > limit) break
    count++
    const { text, edit } = message.content
    const words = text?.text ?? edit?.text
    if (words === undefined || !isFrom(message) || !searchable(words).includes(wanted)) continue
    const thread = await threads.around(view.id, [message])
    const post = edit ? thread.subjectOf(message) : thread.postOf(message)
    if (post === undefined || !isHit(post, message)) continue
    const delivery = post.message.isOwn ? deliveries.of(post.message) : undefined
    const form = { ...messageForm(post.message, placeOf(view), names, thread), ...delivery }
    found.set(`${post.name}/${hex(post.message.sender)}`, form)
  }
  function isHit(post: Post, by: MessageView): boolean {
    const isIts = by.content.text !== undefined || post.edit?.id === by.id
    return isIts && post.message.seenAt >= since && searchable(post.text).includes(wanted)
  }
  const oldest = await firstOf(threads.stream(view.id, { limit: 1 }))
  const searched = { ...placeOf(view), count, ...(oldest && { since: oldest.seenAt }) }
  return { found: [...found.values()].slice(0, limit), isMore: found.size > limit, searched }
}

async function firstOf<T>(items: AsyncIterable<T>): Promise<T | undefined> {
  for await (const one of items) return one
  return undefined
}

/** Whether a message is of whom a person names: by user id, fingerprint, or the nick that it was said under. */
function senderTest(text: string | undefined): Query['isFrom'] {
  if (text === undefined) return () => true
  const nick = nickTyped(text)
  return ({ sender, nick: known }) =>
    known === nick || userText(sender) === text || shortFingerprint(asUserId(sender)) === nick.toUpperCase()
}
