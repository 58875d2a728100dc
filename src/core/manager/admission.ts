/**
 * Who is let in (protocol §6): cheap checks first, then signature, policy, record. Every failure is silence to the asker.
 */
import { EMPTY, equalBytes, hex, mapKey } from '../../base/bytes.ts'
import { Admission, type KeyId, type KeyRequest } from '../../wire/messages.ts'
import type { Context } from '../channel/context.ts'
import { isSameDescriptor } from '../channel/descriptor.ts'
import type { Frame } from '../channel/frame.ts'
import { tokenHash } from '../channel/invite.ts'
import { type OpenedRequest, openRequest } from '../channel/key-request.ts'
import type { UserRecord } from '../identity/user-record.ts'
import type { Env } from '../machine.ts'
import { MEMBERS } from '../params.ts'
import { Refusal, refuse } from '../reject.ts'

/** A request that may be granted. */
export interface Applicant {
  readonly user: Uint8Array
  readonly record: UserRecord
  readonly oneTimeKey: Uint8Array
  /** Names the request; 32 bytes. */
  readonly request: Uint8Array
  /** The frame's one-time author, by which its tries are known. */
  readonly author: string
  attempt: number
  /** Hash of the invite token, or empty. */
  readonly token: Uint8Array
  /** Signed statements that let it in, as it says. */
  readonly admits: readonly Uint8Array[]
  /** The newest epoch of the channel that it says it had. */
  readonly highest: KeyId | undefined
}

/**
 * Opens a request and finds the requester's record.
 *
 * @param isLookedUp - whether the directory was asked about this user already: then what is known has to do.
 * @returns the applicant; the user whose record has to be looked up first; or.
 */
export function readApplicant(
  context: Context,
  frame: Frame,
  request: KeyRequest,
  isLookedUp: (user: Uint8Array) => boolean,
  env: Env
): Applicant | { readonly lookUp: Uint8Array } | Refusal {
  const prekey = context.self.prekeys.find(request.prekey)
  if (prekey === undefined) return refuse(501)
  const opened = openRequest(context.channel, frame.author, request, context.user, prekey)
  if (opened instanceof Refusal) return opened
  const { content } = opened
  context.noteDescriptor(content.user, content.descriptor!)
  if (!isSameDescriptor(content.descriptor!, context.charter.ref)) return refuse(502)
  const record = recordOf(context, opened, env)
  const isInline = content.record.length > 0
  const isConfirmed = context.records.isConfirmed(content.user, env.now) && !isBehind(context, opened)
  if (!isInline && !isConfirmed && !isLookedUp(content.user)) return { lookUp: content.user }
  if (record === undefined) return refuse(504)
  if (record instanceof Refusal) return record
  return {
    user: content.user,
    record,
    oneTimeKey: content.oneTimeKey,
    request: opened.hash,
    author: hex(frame.author),
    attempt: request.attempt,
    highest: content.lines.find(({ group }) => group.length === 0)?.highest,
    token: content.inviteToken.length > 0 ? tokenHash(context.channel, content.inviteToken) : EMPTY,
    admits: content.admits
  }
}

/** Whether the request names a newer record than the one known. */
const isBehind = ({ records }: Context, { content }: OpenedRequest): boolean =>
  (records.get(content.user)?.seq ?? 0) < content.recordSeq

/** The very record that the request names: inline, or as known. */
function recordOf(context: Context, { content }: OpenedRequest, env: Env): UserRecord | Refusal | undefined {
  const known =
    content.record.length > 0 ? context.records.read(content.record, env.now) : context.records.get(content.user)
  if (known instanceof Refusal) return refuse(known.check === 122 || known.check === 123 ? 505 : 504)
  if (known === undefined) return undefined
  if (known.expiresAt <= env.now) return refuse(504)
  const isNamed =
    equalBytes(known.user, content.user) &&
    known.seq === content.recordSeq &&
    equalBytes(known.hash, content.recordHash)
  if (isNamed) return known
  return known.seq > content.recordSeq ? refuse(505) : refuse(504)
}

/**
 * Whether the channel's policy lets an applicant have the key.
 *
 * @param ahead - how many are let in by the same batch already.
 * @param redeemed - users who redeem a token in the same batch, by token: a token for one is not for two at once.
 * @returns undefined when it does.
 */
export function judgeApplicant(
  context: Context,
  { user, token }: Pick<Applicant, 'user' | 'token'>,
  ahead: number,
  redeemed: ReadonlyMap<string, ReadonlySet<string>>,
  env: Env
): Refusal | undefined {
  const { log, charter } = context
  const { admission, founder, memberManagers, maxMembers } = charter.descriptor
  // Also of somebody who is still in the roster: the next epoch is the one that this user must not have.
  const isLeaving = log.unappliedRemovals().some(({ statement }) => equalBytes(statement.subject, user))
  if (isLeaving || log.wasRemoved(user)) return refuse(510)
  if (log.isMember(user)) return undefined
  if (log.roster.members.size + ahead >= (maxMembers || MEMBERS)) return refuse(511)
  const isAuthority = [founder, ...memberManagers].some((one) => equalBytes(one, user))
  if (isAuthority || admission === Admission.OPEN) return undefined
  if (admission !== Admission.BY_INVITE || token.length === 0) return refuse(506)
  const invite = log.inviteOf(token)
  if (invite === undefined || invite.isRevoked) return refuse(507)
  if (invite.expiresAt > 0 && env.now > invite.expiresAt) return refuse(507)
  const redeemers = new Set([...invite.redeemers.keys(), ...(redeemed.get(mapKey(token)) ?? [])])
  return invite.uses > 0 && redeemers.size >= invite.uses && !redeemers.has(mapKey(user)) ? refuse(507) : undefined
}
