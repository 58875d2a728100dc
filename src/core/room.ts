/** A channel as a peer has it: what is known of it, the roles in it, and how it looks to the user. */
import { present } from '../base/assert.ts'
import { copyBytes, EMPTY, equalBytes } from '../base/bytes.ts'
import { type Invite, Reason } from '../wire/messages.ts'
import type { Context } from './channel/context.ts'
import { isManagerOf } from './channel/descriptor.ts'
import type { Group } from './channel/groups.ts'
import { MemberTree } from './channel/key-tree-member.ts'
import { type ChannelView, type GroupView, type LineView, type MemberView, NOTHING_KNOWN } from './command.ts'
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
  /** For a version of the descriptor that somebody has named. */
  readonly search: Search
}

/** Questions for a descriptor. */
export interface Search {
  /** `Env.uptimeMs` of the next one. */
  askAt: number
  /** How many there were. */
  asked: number
}

/** A channel we have an invite to and no descriptor of yet. */
export interface Arrival extends Search {
  readonly invite: Invite
  readonly text: string
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
    get certificate() {
      return member.succession.certificate
    },
    get isUpToDate() {
      return !member.succession.isOffChain && !member.succession.isBehind
    },
    hasLeft: (user) => member.presence.hasLeft(user),
    hasLedHere: (key) => member.succession.hasLedHere(key),
    assure: (env, out) => member.watch.assure(env, out),
    tryProposal: (proposal) => member.succession.tryProposal(proposal),
    get ledAt() {
      return member.watch.heardAt
    },
    isLed: (env) => member.watch.leaseMs(env) > 0,
    raiseAlarm: (first, second, env, out) => void member.succession.equivocation.raise(first, second, env, out),
    learn: (from, env, out) => member.seeker.learn(from, env, out),
    onProposer: (from, env, out) => member.seeker.onProposer(from, env, out),
    get traffic() {
      return member.traffic
    },
    present: (but) => member.presence.others(but),
    notAfterOf: (key) => member.keyring.find(key)?.notAfter,
    leadFrom: (key, most) => member.succession.epochsAfterKey(key, most),
    chainOf: (group) => member.groups.chainOf(group),
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
        // The manager still needs its own.
        keys: { ...keys, exporter: copyBytes(keys.exporter) },
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
    isManagerPresent: manager.tenure.isActing || member.watch.isPresent,
    leaseMs: member.watch.leaseMs(env),
    signers: member.succession.signers,
    isStanding: manager.tenure.isStanding,
    exposure: member.watch.exposure,
    isManager: manager.tenure.isInOffice,
    waiting: member.speaker.waiting,
    missing: member.conversation.senders.gaps().length,
    logHead: context.log.head,
    online: member.presence.online
  }
}

/** A channel that is still looked for. */
export const viewOfArrival = ({ invite }: Arrival): ChannelView => ({
  ...NOTHING_KNOWN,
  id: invite.channel,
  key: 'looking-for-channel'
})

/** The keys of the channel and of its groups; of a group it is known who holds the channel's key, from which its own follows. */
export function linesOf({ context, member }: Room, env: Env): LineView[] {
  const { log, charter, user } = context
  const isReady = member.keyState(env.now) === 'ready'
  const viewOf = (group: Uint8Array, name: string, members: readonly Uint8Array[]): LineView => {
    const current = (group.length === 0 ? member.keyring : member.groups.keyringOf(group))?.current
    const isOwn = isReady && members.some((one) => equalBytes(one, user))
    const holders = members.filter((one) => member.presence.holdsKey(one)).length + Number(isOwn)
    const { key, notAfter = 0, reason = Reason.REASON_UNSPECIFIED, issuer = EMPTY } = current ?? {}
    return { group, name, key: key && { ...key, notAfter, reason, issuer }, members: members.length, holders }
  }
  const groups = log.groups().map(({ id, name }) => viewOf(id, name, log.groupMembers(id).ids()))
  return [viewOf(EMPTY, charter.descriptor.name, log.roster.members.ids()), ...groups]
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

/** The groups of a channel, those being made among them. */
export const groupsOf = (room: Room, env: Env): GroupView[] =>
  room.context.log.groupsToBe().map((group) => groupView(room, group, env))

export function groupView({ context, member }: Room, { id, name }: Group, env: Env): GroupView {
  const members = context.log.groupMembers(id)
  return {
    id,
    name,
    members: members.ids(),
    isMember: members.has(context.user),
    isReady: member.groups.isReady(id, env.now)
  }
}
