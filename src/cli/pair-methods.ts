/** Conversations with single users, and how a person makes sure who the other is. */
import { equalBytes } from '../base/bytes.ts'
import { PeerError, UsageError } from '../base/errors.ts'
import { safetyNumber } from '../core/identity/safety-number.ts'
import type { Node } from '../node/index.ts'
import { CONVERSATION } from './conversation-text.ts'
import type { ConversationForm, TrustForm, VerifyForm } from './forms.ts'
import { type Named, pairsOf, pairWith, requirePerson } from './lookups.ts'
import type { Desk } from './methods.ts'
import type { Reader } from './parameters.ts'
import { conversationForm, personForm } from './to-forms.ts'

export async function pairs({ node }: Desk): Promise<{ conversations: ConversationForm[] }> {
  return { conversations: (await pairsOf(node)).map((one) => conversationForm(one, node.user)) }
}

const DIGITS = /^\d{60}$/

/**
 * The safety number of this user and another; with a `code` that the other has told, whether that is the same. Only when it is,
 * the other counts as verified from now on.
 *
 * @throws {PeerError} `SAFETY_NUMBER_DIFFERS`
 * @throws {UsageError} `BAD_SAFETY_NUMBER`, `TO_ONESELF`, and as `requirePerson`.
 */
export async function verify({ node }: Desk, params: Reader): Promise<VerifyForm> {
  const whom = await requireOther(node, params)
  const code = params.optional('code')?.replace(/\s/g, '')
  const number = safetyNumber(node.user, whom.user)
  if (code !== undefined) {
    if (!DIGITS.test(code)) throw new UsageError('BAD_SAFETY_NUMBER', CONVERSATION.badNumber)
    if (code !== number.replaceAll(' ', '')) throw new PeerError('SAFETY_NUMBER_DIFFERS', CONVERSATION.numbersDiffer)
    await node.command({ type: 'trust', user: whom.user, isVerified: true })
  }
  const { user, nick, trust: known } = await pairWith(node, whom.user)
  return { ...personForm(user, nick, node.user), safetyNumber: number, isVerified: known === 'verified' }
}

/**
 * This is the right one: the nick that it has is its from now on.
 *
 * @throws {UsageError} `TO_ONESELF`, and as `requirePerson`.
 */
export async function trust({ node }: Desk, params: Reader): Promise<TrustForm> {
  const whom = await requireOther(node, params)
  const { rival } = await pairWith(node, whom.user)
  await node.command({ type: 'trust', user: whom.user, isVerified: false })
  const { user, nick, trust: known = 'trusted' } = await pairWith(node, whom.user)
  const replaced = rival && { replaced: personForm(rival, nick, node.user) }
  return { ...personForm(user, nick, node.user), trust: known, ...replaced }
}

async function requireOther(node: Node, params: Reader): Promise<Named> {
  const whom = await requirePerson(node, params.text('user'), params.optional('channel'))
  if (equalBytes(whom.user, node.user)) throw new UsageError('TO_ONESELF', CONVERSATION.oneself)
  return whom
}
