/** A channel as a peer has it: what is known of it, the roles in it, and how it looks to the user. */
import { present } from '../base/assert.ts'
import { EMPTY, equalBytes, zeros } from '../base/bytes.ts'
import type { Invite } from '../wire/messages.ts'
import type { Context } from './channel/context.ts'
import { isManagerOf } from './channel/descriptor.ts'
import { MemberTree } from './channel/key-tree-member.ts'
import type { ChannelView, LineView, MemberView } from './command.ts'
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
}

/** The manager's view of the member in the same peer. */
export function seatOf(member: Member): Seat {
  return {
    get current() {
      return member.keyring.current
    },
    get traffic() {
      return member.conversation.traffic
    },
    present: (but) => member.presence.others(but),
    notAfterOf: (key) => member.keyring.find(key)?.notAfter,
    leadFrom: (key, most) => member.succession.epochsAfterKey(key, most),
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
    waiting: member.conversation.waiting,
    logHead: context.log.head,
    online: member.presence.online
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

/** The channel's own key, for its user. */
export function lineOf({ context, member }: Room, env: Env): LineView {
  const { current } = member.keyring
  const { name } = context.charter.descriptor
  const users = context.log.roster.members.ids()
  const others = users.filter((user) => member.presence.holdsKey(user))
  const holders = others.length + Number(member.keyState(env.now) === 'ready')
  if (current === undefined) return { group: EMPTY, name, key: undefined, members: users.length, holders }
  const { key, notAfter, reason, issuer } = current
  return { group: EMPTY, name, key: { ...key, notAfter, reason, issuer }, members: users.length, holders }
}

/** The roster, for the user. */
export function membersOf({ context, member }: Room, env: Env): MemberView[] {
  const { descriptor } = context.charter
  const { presence } = member
  const isSelf = (user: Uint8Array): boolean => equalBytes(user, context.user)
  return context.log.roster.members.ids().map((user) => ({
    user,
    nick: context.log.nickOf(user) || (context.records.get(user)?.nick ?? ''),
    isFounder: equalBytes(user, descriptor.founder),
    isManager: isManagerOf(descriptor, user),
    isMemberManager: descriptor.memberManagers.some((one) => equalBytes(one, user)),
    isSelf: isSelf(user),
    isOnline: isSelf(user) || presence.isOnline(user),
    holdsKey: isSelf(user) ? member.keyState(env.now) === 'ready' : presence.holdsKey(user)
  }))
}
