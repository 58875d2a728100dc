/** Who is in a channel: look, let in, take out, and the records of users by which they are let in. */
import { equalBytes, hex } from '../base/bytes.ts'
import { UsageError } from '../base/errors.ts'
import { atMillis, SECOND_MS } from '../base/time.ts'
import type { MemberView, PairView } from '../core/command.ts'
import { skeleton } from '../core/identity/nick.ts'
import { readUserId, shortFingerprint, type UserId } from '../core/identity/user.ts'
import { readUserRecord, type UserRecord } from '../core/identity/user-record.ts'
import type { Notice } from '../core/notice.ts'
import { Refusal } from '../core/reject.ts'
import type { ControlCaller } from '../node/control.ts'
import type { Node } from '../node/index.ts'
import { nickTyped } from './arguments.ts'
import { MEMBER, RECORD } from './channel-text.ts'
import { displayText } from './display-text.ts'
import type { AdmitForm, MemberForm, PersonForm, RecordForm, RemoveForm } from './forms.ts'
import { ask, membersOf, pairsOf, requireChannel, requirePlace, requireUser, until, viewOf } from './lookups.ts'
import type { Desk } from './methods.ts'
import { bad, type Reader } from './parameters.ts'
import { base64, epochText, memberForm, personForm, placeOf, recordForm, userText } from './to-forms.ts'

export async function members({ node }: Desk, params: Reader): Promise<object> {
  const view = await requirePlace(node, params.text('channel'))
  const trustIn = trustAmong(await pairsOf(node))
  const all = await membersOf(node, view.id)
  return { ...placeOf(view), members: all.map((one) => ({ ...memberForm(one), ...(!one.isSelf && trustIn(one)) })) }
}

/** How sure this user is of a member, and whom it knows by the member's nick. */
function trustAmong(pairs: readonly PairView[]): (member: MemberView) => Pick<MemberForm, 'trust' | 'rival'> {
  const known = new Map(pairs.map((one) => [hex(one.user), one]))
  const rightful = pairs.filter(({ nick, trust, rival }) => nick !== '' && trust !== undefined && rival === undefined)
  const named = new Map(rightful.map(({ nick, user }) => [skeleton(nick), user]))
  return ({ user, nick }) => {
    const trust = known.get(hex(user))?.trust
    const holder = known.get(hex(user))?.rival ?? named.get(skeleton(nick))
    const rival = holder === undefined || equalBytes(holder, user) ? undefined : userText(holder)
    return { ...(trust !== undefined && { trust }), ...(rival !== undefined && { rival }) }
  }
}

/** This user's own signed record: who has it can let the user in before it was ever seen. */
export async function record({ node }: Desk): Promise<RecordForm> {
  const { record: bytes } = await ask(node, { type: 'identity' }, 'identity')
  return recordForm(requireRecord(bytes), node.user)
}

/** @throws {UsageError} `BAD_RECORD` */
function requireRecord(bytes: Uint8Array): UserRecord {
  const read = readUserRecord(bytes, atMillis(Date.now()))
  if (read instanceof Refusal) throw new UsageError('BAD_RECORD', RECORD.refused(read.check))
  return read
}

/** Takes in records that came by other ways, such as a file: keys registered in advance. All of them, or none. */
export async function importRecords({ node }: Desk, params: Reader): Promise<{ users: PersonForm[] }> {
  const records = params.texts('records').map((text) => {
    const bytes = Buffer.from(text, 'base64')
    if (base64(bytes) !== text) throw bad('records')
    return requireRecord(bytes)
  })
  await node.command({ type: 'importRecords', records: records.map(({ bytes }) => bytes) })
  return { users: records.map(({ user, nick }) => personForm(user, nick, node.user)) }
}

/** Lets users in, all of them or none. */
export async function admit({ node }: Desk, params: Reader): Promise<AdmitForm> {
  const view = await requireChannel(node, params.text('channel'))
  const users: Uint8Array[] = []
  for (const text of params.texts('users')) users.push(await requireUser(node, view.id, text))
  for (const user of users) await node.command({ type: 'admit', channel: view.id, user })
  return { ...placeOf(view), users: users.map(userText) }
}

export async function remove({ node }: Desk, params: Reader, caller: ControlCaller): Promise<RemoveForm> {
  const view = await requireChannel(node, params.text('channel'))
  const user = await requireUser(node, view.id, params.text('user'))
  let isApplied = false
  const stop = node.onNotice((notice) => {
    isApplied ||= isRemovalOf(notice, view.id, user)
  })
  try {
    await node.command({ type: 'remove', channel: view.id, user, isForCause: params.isOn('forCause') })
    const timeoutMs = params.duration('timeout', 10 * SECOND_MS)
    await until(node, timeoutMs, caller, async () => (isApplied ? true : undefined))
  } finally {
    stop()
  }
  const { term, serial } = (await viewOf(node, view.id)) ?? view
  return { ...placeOf(view), user: userText(user), isApplied, epoch: epochText(term, serial) }
}

const isRemovalOf = (notice: Notice, channel: Uint8Array, user: Uint8Array): boolean =>
  notice.type === 'roster' &&
  notice.change !== 'admitted' &&
  equalBytes(notice.channel, channel) &&
  equalBytes(notice.user, user)

/**
 * Asks the key manager, through the channel, for the record of a member.
 *
 * @throws {UsageError} `NOT_A_MEMBER` when the key manager knows of none, `NO_KEY_MANAGER` when there is none to ask,
 * `TIMEOUT` when it does not answer.
 */
export async function whois({ node }: Desk, params: Reader, caller: ControlCaller): Promise<RecordForm> {
  const view = await requireChannel(node, params.text('channel'))
  const text = params.text('user')
  const whom = await memberAskedFor(node, view.id, text)
  const answers = new Map<string, Uint8Array>()
  const stop = node.onNotice((notice) => {
    if (notice.type === 'publicKey') answers.set(notice.request, notice.record)
  })
  try {
    const { request } = await ask(node, { type: 'askPublicKey', channel: view.id, ...whom }, 'asked')
    const timeoutMs = params.duration('timeout', 10 * SECOND_MS)
    const bytes = await until(node, timeoutMs, caller, async () => answers.get(request))
    const isThere = (await viewOf(node, view.id))?.isManagerPresent === true
    if (bytes !== undefined && bytes.length > 0) return recordForm(requireRecord(bytes), node.user)
    if (!isThere) throw new UsageError('NO_KEY_MANAGER', MEMBER.nobodyToAsk)
    const shown = displayText(text, { columns: 60, lines: 1 })
    if (bytes === undefined) throw new UsageError('TIMEOUT', MEMBER.noAnswer(shown))
    throw new UsageError('NOT_A_MEMBER', MEMBER.notKnown(shown))
  } finally {
    stop()
  }
}

/** A user id and a fingerprint say who; everything else is a nick, and the key manager knows whose. */
async function memberAskedFor(
  node: Node,
  channel: Uint8Array,
  text: string
): Promise<{ user: Uint8Array } | { nick: string }> {
  const user = readUserId(text)
  if (user !== undefined) return { user }
  const isMeant = ({ user: one }: MemberView): boolean => shortFingerprint(one as UserId) === text.toUpperCase()
  const found = (await membersOf(node, channel)).find(isMeant)
  return found === undefined ? { nick: nickTyped(text) } : { user: found.user }
}
