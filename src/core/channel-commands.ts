/** What a user may ask of its peer in one channel, carried out on the roles there. */
import { EMPTY } from '../base/bytes.ts'
import { UsageError } from '../base/errors.ts'
import { ADMIT_ID_BYTES, TOKEN_BYTES } from '../wire/limits.ts'
import { Admission, Operation } from '../wire/messages.ts'
import type { Context } from './channel/context.ts'
import { mayStateAboutOthers } from './channel/descriptor.ts'
import { inviteText, tokenHash } from './channel/invite.ts'
import type { Command, CommandResult } from './command.ts'
import { asUserId } from './identity/user.ts'
import type { Env } from './machine.ts'
import type { Out } from './out.ts'
import { lineOf, membersOf, type Room } from './room.ts'

/** The commands that name a channel, without leaving it: that is the peer's. */
export type ChannelCommand = Exclude<
  Extract<Command, { readonly channel: Uint8Array }>,
  { readonly type: 'leaveChannel' }
>

/** @throws {UsageError} when the command cannot be carried out; nothing has changed then. */
export function runInChannel(room: Room, command: ChannelCommand, env: Env, out: Out): CommandResult {
  const { context, member } = room
  switch (command.type) {
    case 'say':
      return { type: 'said', local: member.say(command.content, command.isPlain, env, out) }
    case 'invite':
      return invite(room, command, env, out)
    case 'admit':
      requireAuthority(context)
      tell(
        room,
        { operation: Operation.ADMIT, subject: asUserId(command.user), admitId: env.random(ADMIT_ID_BYTES) },
        env,
        out
      )
      return { type: 'done' }
    case 'remove': {
      requireAuthority(context)
      const ends = context.log.admitsOf(command.user)
      if (ends.length === 0)
        throw new UsageError('NOT_A_MEMBER', 'This user was not admitted here, so there is nothing to remove.')
      const { isForCause } = command
      tell(room, { operation: Operation.REMOVE, subject: command.user, ends, isForCause }, env, out)
      return { type: 'done' }
    }
    case 'rekey':
      rekey(room, env, out)
      return { type: 'done' }
    case 'members':
      return { type: 'members', members: membersOf(room, env) }
    case 'keys':
      return { type: 'keys', lines: [lineOf(room, env)] }
    case 'invites':
    case 'revokeInvite':
    case 'createGroup':
    case 'dissolveGroup':
    case 'putIntoGroup':
    case 'takeOutOfGroup':
    case 'groups':
    case 'askPublicKey':
      throw new UsageError('NOT_BUILT_YET', 'This command is not built yet. Nothing was changed. Use a newer version.')
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

/** A fresh key: made here, or demanded of the key manager. */
function rekey({ context, member, manager }: Room, env: Env, out: Out): void {
  if (manager.isInOffice) return manager.rekey(env, out)
  requireAuthority(context)
  if (member.isManagerPresent && member.demander.demand(env, out)) return
  throw new UsageError(
    'NO_KEY_MANAGER',
    'No key manager is there to make a new key, or this peer has no key to ask it under. Try again later.'
  )
}

/** Makes a statement of ours known, to the channel and to the manager in this peer. */
export function tell(room: Room, fields: Parameters<Context['state']>[0], env: Env, out: Out): void {
  room.member.statements.tellStatement(room.context.state(fields, env), env, out)
  room.manager.onStatements(env, out)
}

/** @throws {UsageError} `NOT_ALLOWED` for who may not make statements about others here. */
export function requireAuthority({ charter, user }: Context): void {
  if (mayStateAboutOthers(charter.descriptor, user)) return
  throw new UsageError(
    'NOT_ALLOWED',
    'Only the founder, the key managers and the member managers of a channel may do this. Ask one of them.'
  )
}
