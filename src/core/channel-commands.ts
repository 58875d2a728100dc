/** What a user may ask of its peer in one channel, carried out on the roles there. */
import { EMPTY, equalBytes, hex } from '../base/bytes.ts'
import { UsageError } from '../base/errors.ts'
import { ADMIT_ID_BYTES, GROUP_BYTES, GROUPS, NONCE_BYTES, STATEMENT_ENDS, TOKEN_BYTES } from '../wire/limits.ts'
import { Admission, Operation } from '../wire/messages.ts'
import type { Context } from './channel/context.ts'
import { isGroupName, mayStateAboutOthers } from './channel/descriptor.ts'
import { inviteText, tokenHash } from './channel/invite.ts'
import type { Command, CommandResult } from './command.ts'
import { asUserId } from './identity/user.ts'
import type { Env } from './machine.ts'
import type { Out } from './out.ts'
import { groupsOf, groupView, linesOf, membersOf, type Room } from './room.ts'

/** The commands that name a channel, without leaving it: that is the peer's. */
export type ChannelCommand = Exclude<
  Extract<Command, { readonly channel: Uint8Array }>,
  { readonly type: 'leaveChannel' | 'amendChannel' }
>

/** @throws {UsageError} when the command cannot be carried out; nothing has changed then. */
export function runInChannel(room: Room, command: ChannelCommand, env: Env, out: Out): CommandResult {
  const { context, member } = room
  switch (command.type) {
    case 'say':
      return { type: 'said', local: member.say(command.content, command.isPlain, command.group ?? EMPTY, env, out) }
    case 'invite':
      return invite(room, command, env, out)
    case 'admit': {
      requireAuthority(context)
      const ends = context.log.removedAdmitsOf(command.user).slice(0, STATEMENT_ENDS)
      const admitId = env.random(ADMIT_ID_BYTES)
      tell(room, { operation: Operation.ADMIT, subject: asUserId(command.user), admitId, ends }, env, out)
      return { type: 'done' }
    }
    case 'remove': {
      requireAuthority(context)
      const ends = context.log.admitsToEnd(command.user)
      if (ends.length === 0)
        throw new UsageError('NOT_A_MEMBER', 'This user was not admitted here, so there is nothing to remove.')
      const { user: subject, isForCause } = command
      // With one that the removals before ended: whoever knows of all of them has to name no more than that one.
      const named = context.log.removedAdmitsOf(subject).slice(0, STATEMENT_ENDS / 2)
      for (const some of inParts(ends, STATEMENT_ENDS - named.length))
        tell(room, { operation: Operation.REMOVE, subject, ends: [...named, ...some], isForCause }, env, out)
      return { type: 'done' }
    }
    case 'rekey':
      rekey(room, command.group ?? EMPTY, env, out)
      return { type: 'done' }
    case 'members':
      return { type: 'members', members: membersOf(room, env) }
    case 'keys':
      return { type: 'keys', lines: linesOf(room, env) }
    case 'receipts':
      return {
        type: 'receipts',
        receipts: room.member.receipts.views(),
        unknown: room.member.receipts.unknown(),
        unsent: []
      }
    case 'waiting':
      return { type: 'waiting', messages: room.member.speaker.unsealed() }
    case 'createGroup':
      return createGroup(room, command.name, env, out)
    case 'dissolveGroup':
      requireAuthority(context)
      requireGroup(context, command.group)
      tell(room, { operation: Operation.DISSOLVE_GROUP, group: command.group }, env, out)
      return { type: 'done' }
    case 'putIntoGroup':
      requireAuthority(context)
      requireGroup(context, command.group)
      putIntoGroup(room, command.group, command.user, env, out)
      return { type: 'done' }
    case 'takeOutOfGroup':
      takeOutOfGroup(room, command.group, command.user, env, out)
      return { type: 'done' }
    case 'groups':
      return { type: 'groups', groups: groupsOf(room, env) }
    case 'invites':
      return { type: 'invites', invites: context.log.invites() }
    case 'revokeInvite':
      return revokeInvite(room, command.token, env, out)
    case 'askPublicKey':
      return askPublicKey(room, command, env, out)
    default:
      return command satisfies never
  }
}

function invite(room: Room, command: Command & { type: 'invite' }, env: Env, out: Out): CommandResult {
  const { context } = room
  const expiresAt = command.lifetimeMs === undefined ? 0 : env.now + command.lifetimeMs
  const { channel, charter } = context
  let token: Uint8Array = EMPTY
  if (charter.descriptor.admission === Admission.BY_INVITE) {
    requireAuthority(context)
    token = env.random(TOKEN_BYTES)
    const subject = tokenHash(channel, token)
    tell(room, { operation: Operation.INVITE, subject, uses: command.uses, expiresAt }, env, out)
  }
  const addresses = command.addresses.slice(0, 3)
  return {
    type: 'invite',
    invite: inviteText({ channel, descriptor: charter.ref, addresses, token, expiresAt }),
    expiresAt
  }
}

/** Makes a group, with whoever makes it in it. */
function createGroup(room: Room, text: string, env: Env, out: Out): CommandResult {
  const { context } = room
  const { log, user } = context
  requireAuthority(context)
  const name = text.normalize('NFC').trim()
  const known = log.groupsToBe()
  if (!isGroupName(name)) {
    throw new UsageError('BAD_GROUP_NAME', 'A group has a name of 1 to 64 characters. Choose another.')
  }
  if (known.some((group) => group.name === name)) {
    throw new UsageError('GROUP_EXISTS', 'There is a group of this name already. Choose another name.')
  }
  if (known.length >= GROUPS) {
    throw new UsageError('TOO_MANY_GROUPS', `A channel has at most ${GROUPS} groups. Dissolve one first.`)
  }
  const group = env.random(GROUP_BYTES)
  tell(room, { operation: Operation.MAKE_GROUP, group, name }, env, out)
  if (log.isMember(user)) putIntoGroup(room, group, user, env, out)
  return { type: 'group', group: groupView(room, { id: group, name }, env) }
}

function putIntoGroup(room: Room, group: Uint8Array, user: Uint8Array, env: Env, out: Out): void {
  const { log } = room.context
  if (!log.isMember(user)) {
    throw new UsageError('NOT_A_MEMBER', 'This user is not a member of the channel. Invite or admit it first.')
  }
  if (log.groupMembers(group).has(user)) {
    throw new UsageError('IN_GROUP_ALREADY', 'This user is in the group already. Nothing was changed.')
  }
  const admitId = env.random(ADMIT_ID_BYTES)
  // It stands as long as one of them does.
  const ends = log.admitsOf(user).slice(0, STATEMENT_ENDS)
  tell(room, { operation: Operation.PUT_INTO_GROUP, group, subject: user, admitId, ends }, env, out)
}

/** Anybody may take itself out. */
function takeOutOfGroup(room: Room, group: Uint8Array, user: Uint8Array, env: Env, out: Out): void {
  const { context } = room
  if (!equalBytes(user, context.user)) requireAuthority(context)
  requireGroup(context, group)
  const ends = context.log.putsToEnd(group, user)
  if (ends.length === 0) {
    throw new UsageError('NOT_IN_GROUP', 'This user is not in the group. Nothing was changed.')
  }
  for (const some of inParts(ends, STATEMENT_ENDS))
    tell(room, { operation: Operation.TAKE_OUT_OF_GROUP, group, subject: user, ends: some }, env, out)
}

/** As one statement may end only so many: somebody may have been let in more often. */
const inParts = (ends: readonly Uint8Array[], size: number): Uint8Array[][] =>
  Array.from({ length: Math.ceil(ends.length / size) }, (_, i) => ends.slice(i * size, (i + 1) * size))

function requireGroup({ log }: Context, group: Uint8Array): void {
  if (log.groupsToBe().some(({ id }) => equalBytes(id, group))) return
  throw new UsageError('NO_SUCH_GROUP', 'There is no such group in this channel. See: conclave group list CHANNEL')
}

/** @throws {UsageError} `ASK_FOR_ONE` unless one user is asked for, by id or by nick; as `PublicKeys.ask`. */
function askPublicKey(
  { context, member, manager }: Room,
  { user, nick }: Command & { type: 'askPublicKey' },
  env: Env,
  out: Out
): CommandResult {
  if ((user === undefined) === (nick === undefined)) {
    throw new UsageError('ASK_FOR_ONE', 'A record is asked for by one user id, or by one nick. Give one of them.')
  }
  const subject = user === undefined ? { nick: nick! } : { user: asUserId(user) }
  const request = hex(env.random(NONCE_BYTES))
  if (manager.tenure.isInOffice) manager.publicKeys.askHere(user ?? context.log.nicks.userOf(nick!), request, env, out)
  else member.publicKeys.ask(subject, request, env, out)
  return { type: 'asked', request }
}

/** @throws {UsageError} `NO_SUCH_INVITE`; one that was revoked before stays so. */
function revokeInvite(room: Room, token: Uint8Array, env: Env, out: Out): CommandResult {
  requireAuthority(room.context)
  const invite = room.context.log.inviteOf(token)
  if (invite === undefined)
    throw new UsageError('NO_SUCH_INVITE', 'No invite with this token is on record. Nothing was changed: list them.')
  if (!invite.isRevoked) tell(room, { operation: Operation.REVOKE_INVITE, subject: token }, env, out)
  return { type: 'done' }
}

/** A fresh key: made here, or demanded of the key manager. */
function rekey({ context, member, manager }: Room, group: Uint8Array, env: Env, out: Out): void {
  if (manager.tenure.isActing) return manager.duties.rekey(group, env, out)
  requireAuthority(context)
  if (group.length > 0) requireGroup(context, group)
  if (member.watch.isPresent && member.demander.demand(group, env, out)) return
  throw new UsageError(
    'NO_KEY_MANAGER',
    'No key manager is there to make a new key, or this peer has no key to ask it under. Try again later.'
  )
}

/** Makes a statement of ours known, to the channel and to the manager in this peer. */
export function tell(room: Room, fields: Parameters<Context['state']>[0], env: Env, out: Out): void {
  room.member.statements.tellStatement(room.context.state(fields, env), env, out)
  room.manager.duties.onStatements(env, out)
}

/** @throws {UsageError} `NOT_ALLOWED` for who may not make statements about others here. */
function requireAuthority({ charter, user }: Context): void {
  if (mayStateAboutOthers(charter.descriptor, user)) return
  throw new UsageError(
    'NOT_ALLOWED',
    'Only the founder, the key managers and the member managers of a channel may do this. Ask one of them.'
  )
}
