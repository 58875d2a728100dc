/** Conversations with single users, and how a person makes sure who the other is. */
import { equalBytes } from '../base/bytes.ts'
import { PeerError, UsageError } from '../base/errors.ts'
import type { Trust } from '../core/identity/contacts.ts'
import { safetyNumber } from '../core/identity/safety-number.ts'
import type { UserId } from '../core/identity/user.ts'
import type { Node } from '../node/index.ts'
import { CONVERSATION } from './conversation-text.ts'
import type { ConversationForm, PersonForm, ReplacedForm, TrustForm, VerifyForm } from './forms.ts'
import { pairsOf, pairWith, requireOneNamed, requirePerson } from './lookups.ts'
import type { Desk } from './methods.ts'
import type { Reader } from './parameters.ts'
import { conversationForm, personForm } from './to-forms.ts'

export async function pairs({ node }: Desk): Promise<{ conversations: ConversationForm[] }> {
  return { conversations: (await pairsOf(node)).map((one) => conversationForm(one, node.user)) }
}

const DIGITS = /^\d{60}$/

/**
 * The safety number of this user and another; with a `code` that the other has told, whether that is the same. Only when it is,
 * the other counts as verified from now on, and the nick that it has is its.
 *
 * @throws {PeerError} `SAFETY_NUMBER_DIFFERS`
 * @throws {UsageError} `BAD_SAFETY_NUMBER`, `TO_ONESELF`, and as `requirePerson`.
 */
export async function verify({ node }: Desk, params: Reader): Promise<VerifyForm> {
  const { user } = await requirePerson(node, params.text('user'), params.optional('channel'))
  requireOther(node, user)
  const code = params.optional('code')?.replace(/\s/g, '')
  const number = safetyNumber(node.user, user)
  if (code !== undefined) {
    if (!DIGITS.test(code)) throw new UsageError('BAD_SAFETY_NUMBER', CONVERSATION.badNumber)
    if (code !== number.replaceAll(' ', '')) throw new PeerError('SAFETY_NUMBER_DIFFERS', CONVERSATION.numbersDiffer)
  }
  const { trust: known, ...form } = await settle(node, user, code === undefined ? undefined : 'verified')
  return { ...form, safetyNumber: number, isVerified: known === 'verified' }
}

/**
 * This is the right one: the nick that it has is its from now on. A nick that several have does not say which of them is.
 *
 * @throws {UsageError} `TO_ONESELF`, and as `requireOneNamed`.
 */
export async function trust({ node }: Desk, params: Reader): Promise<TrustForm> {
  const { user } = await requireOneNamed(node, params.text('user'), params.optional('channel'))
  requireOther(node, user)
  return { trust: 'trusted', ...(await settle(node, user, 'trusted')) }
}

/** Trusts a user, or only looks at it. @returns how sure of it this user is then, and who has lost the nick by that. */
async function settle(
  node: Node,
  other: UserId,
  how: 'trusted' | 'verified' | undefined
): Promise<PersonForm & { trust?: Trust; replaced?: ReplacedForm }> {
  const { rival } = await pairWith(node, other)
  const before = how && rival && (await pairWith(node, rival))
  if (how !== undefined) await node.command({ type: 'trust', user: other, isVerified: how === 'verified' })
  const { user, nick, trust: known } = await pairWith(node, other)
  const replaced = before && { ...personForm(before.user, nick, node.user), trust: before.trust ?? 'met' }
  return { ...personForm(user, nick, node.user), ...(known && { trust: known }), ...(replaced && { replaced }) }
}

function requireOther(node: Node, user: UserId): void {
  if (equalBytes(user, node.user)) throw new UsageError('TO_ONESELF', CONVERSATION.oneself)
}
