/** A channel as a peer has it: what is known of it, the roles in it, and how it looks to the user. */
import { present } from '../base/assert.ts'
import { EMPTY, equalBytes, zeros } from '../base/bytes.ts'
import type { Invite } from '../wire/messages.ts'
import type { Context } from './channel/context.ts'
import { isManagerOf } from './channel/descriptor.ts'
import type { Group } from './channel/groups.ts'
import { MemberTree } from './channel/key-tree-member.ts'
import type { ChannelView, GroupView, MemberView } from './command.ts'
import type { Env } from './machine.ts'
import type { Manager, Seat } from './manager/manager.ts'
import { Epoch } from './member/keyring.ts'
import type { Member } from './member/member.ts'
import { SecretTree } from './member/secret-tree.ts'

/** A channel whose descriptor is known. */
export interface Room {
  readonly context: Context
  readonly member: Member
  readonly manager: Manager
}

/** A channel we have an invite to and no descriptor of yet. */
export interface Arrival {
  readonly invite: Invite
  readonly text: string
  askAt: number
  /** Questions for the descriptor so far. */
  asked: number
}

/** The manager's view of the member in the same peer. */
export function seatOf(member: Member): Seat {
  return {
    get current() {
      return member.keyring.current
    },
    controlOf(key) {
      return member.keyring.find(key)?.control
    },
    adopt(issued, terms, preview, path, publish, env, out) {
      const tree = present(MemberTree.fromGrant(path.leaf, path.depth, path.pathKeys), 'our own path keys fit')
      const { keys, transcript, key, announcement } = issued
      const epoch = new Epoch({
        key,
        announcement: announcement.id,
        transcript,
        notAfter: terms.notAfter,
        issuer: announcement.author,
        reason: terms.reason,
        keys,
        secrets: SecretTree.from(keys.reading),
        tree
      })
      member.adoptIssued(announcement, issued.chunks, epoch, preview, publish, env, out)
    },
    adoptGroup(issued, { group, roster }, path, publish, env, out) {
      const tree = present(MemberTree.fromGrant(path.leaf, path.depth, path.pathKeys), 'our own path keys fit')
      const { keys, transcript, key, announcement, chunks } = issued
      const { notAfter, reason } = announcement.body.announcement!
      const secrets = SecretTree.from(keys.reading)
      const issuer = announcement.author
      const facts = { group, roster, key, announcement: announcement.id, transcript, notAfter, issuer, reason }
      const epoch = new Epoch({ ...facts, keys, secrets, tree })
      member.groups.adoptIssued(epoch, announcement, chunks, publish, env, out)
    }
  }
}

/** A channel that is joined, for its user. */
export function viewOfRoom({ context, member, manager }: Room, env: Env): ChannelView {
  const { descriptor } = context.charter
  const current = member.keyring.current
  return {
    id: context.channel,
    name: descriptor.name,
    founder: descriptor.founder,
    descriptor,
    key: member.keyState(env.now),
    term: current?.key.term ?? 0,
    serial: current?.key.serial ?? 0,
    commitment: current?.key.commitment ?? EMPTY,
    notAfter: current?.notAfter ?? 0,
    members: context.log.roster.members.size,
    manager: context.manager,
    isManagerPresent: manager.isActing || member.isManagerPresent,
    isManager: manager.isInOffice,
    waiting: member.speaker.waiting,
    logHead: context.log.head,
    online: 1
  }
}

/** A channel that is still looked for. */
export function viewOfArrival({ invite }: Arrival): ChannelView {
  return {
    id: invite.channel,
    name: '',
    founder: zeros(32),
    descriptor: undefined,
    key: 'looking-for-channel',
    term: 0,
    serial: 0,
    commitment: EMPTY,
    notAfter: 0,
    members: 0,
    manager: undefined,
    isManagerPresent: false,
    isManager: false,
    waiting: 0,
    logHead: EMPTY,
    online: 0
  }
}

/** The roster, for the user. */
export function membersOf({ context }: Room): MemberView[] {
  const { descriptor } = context.charter
  return context.log.roster.members.ids().map((user) => ({
    user,
    nick: context.log.nickOf(user) || (context.records.get(user)?.nick ?? ''),
    isFounder: equalBytes(user, descriptor.founder),
    isManager: isManagerOf(descriptor, user),
    isMemberManager: descriptor.memberManagers.some((one) => equalBytes(one, user)),
    isSelf: equalBytes(user, context.user),
    isOnline: false,
    holdsKey: false
  }))
}

/** The groups of a channel, those being made among them. */
export const groupsOf = (room: Room): GroupView[] =>
  room.context.log.groupsToBe().map((group) => groupView(room, group))

export function groupView({ context, member }: Room, { id, name }: Group): GroupView {
  const members = context.log.groupMembers(id)
  return {
    id,
    name,
    members: members.ids(),
    isMember: members.has(context.user),
    isReady: member.groups.isReady(id)
  }
}
