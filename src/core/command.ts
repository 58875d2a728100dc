/** What a user may ask of its peer, and what it gets back. The control socket's methods are these, in the same words. */
import { EMPTY } from '../base/bytes.ts'
import type { Content, Descriptor, Reason } from '../wire/messages.ts'
import type { Trust } from './identity/contacts.ts'

export type Command =
  | { readonly type: 'createChannel'; readonly settings: ChannelSettings }
  /** Makes the next version of the descriptor: only the founder may. */
  | { readonly type: 'amendChannel'; readonly channel: Uint8Array; readonly changes: ChannelChanges }
  | {
      readonly type: 'invite'
      readonly channel: Uint8Array
      readonly uses: number
      readonly lifetimeMs: number | undefined
      readonly addresses: readonly Uint8Array[]
    }
  /** Invites on record, those used up, expired or revoked too. */
  | { readonly type: 'invites'; readonly channel: Uint8Array }
  /** @param token - the hash of the invite's token, as `InviteView` names it. */
  | { readonly type: 'revokeInvite'; readonly channel: Uint8Array; readonly token: Uint8Array }
  | { readonly type: 'join'; readonly invite: string }
  | { readonly type: 'leaveChannel'; readonly channel: Uint8Array }
  | {
      readonly type: 'say'
      readonly channel: Uint8Array
      readonly content: Partial<Content>
      readonly isPlain: boolean
      /** Said to a group; absent: to the channel. */
      readonly group?: Uint8Array
    }
  | { readonly type: 'admit'; readonly channel: Uint8Array; readonly user: Uint8Array }
  | { readonly type: 'remove'; readonly channel: Uint8Array; readonly user: Uint8Array; readonly isForCause: boolean }
  /** A fresh key on demand, of the channel or of a group: made here, or asked of the key manager. */
  | { readonly type: 'rekey'; readonly channel: Uint8Array; readonly group?: Uint8Array }
  | { readonly type: 'createGroup'; readonly channel: Uint8Array; readonly name: string }
  | { readonly type: 'dissolveGroup'; readonly channel: Uint8Array; readonly group: Uint8Array }
  | {
      readonly type: 'putIntoGroup' | 'takeOutOfGroup'
      readonly channel: Uint8Array
      readonly group: Uint8Array
      readonly user: Uint8Array
    }
  | { readonly type: 'groups'; readonly channel: Uint8Array }
  /** The key ids of the channel and its groups, and who holds them. */
  | { readonly type: 'keys'; readonly channel: Uint8Array }
  /** Up to which of our messages each member says that it has them. */
  | { readonly type: 'receipts'; readonly channel: Uint8Array }
  /** Messages of ours that wait for a key, or for somebody to carry them, and are in no history yet. */
  | { readonly type: 'waiting'; readonly channel: Uint8Array }
  /** Asks the key manager, through the channel, for the record of a member; the answer is a `publicKey` notice. */
  | { readonly type: 'askPublicKey'; readonly channel: Uint8Array; readonly user?: Uint8Array; readonly nick?: string }
  /** Takes in user records that came by other ways, such as a file: keys registered in advance. */
  | { readonly type: 'importRecords'; readonly records: readonly Uint8Array[] }
  /** Says something to one user, in a session of the two. What becomes of it comes as notices of their conversation. */
  | { readonly type: 'sayTo'; readonly user: Uint8Array; readonly content: Partial<Content> }
  /**
   * The conversations with single users, and everybody whose nick this user has bound to a key; with a user the one with that
   * user alone, also when nothing was said yet.
   */
  | { readonly type: 'pairs'; readonly user?: Uint8Array }
  /** This is the right user, and the nick it has now is its: said by the user of this peer, or shown by equal safety numbers. */
  | { readonly type: 'trust'; readonly user: Uint8Array; readonly isVerified: boolean }
  | { readonly type: 'setNick'; readonly nick: string }
  | { readonly type: 'channels' }
  | { readonly type: 'members'; readonly channel: Uint8Array }
  | { readonly type: 'identity' }

/** The choices of `channel create`; absent ones have the defaults of core/params.ts. */
export type ChannelSettings = Partial<
  Pick<
    Descriptor,
    | 'name'
    | 'managers'
    | 'quorum'
    | 'memberManagers'
    | 'admission'
    | 'authentication'
    | 'privacy'
    | 'history'
    | 'partition'
    | 'fenceSeconds'
    | 'timing'
    | 'keyLifetimeSeconds'
    | 'stepSeconds'
    | 'idleSeconds'
    | 'graceSeconds'
    | 'retentionSeconds'
    | 'maxMembers'
    | 'withoutTriggers'
  >
>

/** What the next version of a descriptor has otherwise; what is absent stays. Privacy and history stay in any case. */
export type ChannelChanges = Omit<ChannelSettings, 'managers' | 'memberManagers' | 'privacy' | 'history'> & {
  readonly addManagers?: readonly Uint8Array[]
  readonly removeManagers?: readonly Uint8Array[]
  readonly addMemberManagers?: readonly Uint8Array[]
  readonly removeMemberManagers?: readonly Uint8Array[]
}

export type CommandResult =
  | { readonly type: 'channel'; readonly channel: ChannelView }
  | { readonly type: 'channels'; readonly channels: readonly ChannelView[] }
  | { readonly type: 'members'; readonly members: readonly MemberView[] }
  | { readonly type: 'invite'; readonly invite: string; readonly expiresAt: number }
  /** The message is kept and waits, under a local name; what becomes of it comes as notices. */
  | { readonly type: 'said'; readonly local: string }
  | { readonly type: 'invites'; readonly invites: readonly InviteView[] }
  | { readonly type: 'group'; readonly group: GroupView }
  | { readonly type: 'groups'; readonly groups: readonly GroupView[] }
  | {
      readonly type: 'receipts'
      readonly receipts: readonly ReceiptView[]
      /** Ids of messages sent by this start that nobody says to have, though others are there. */
      readonly unknown: readonly string[]
      /** Lamport times of messages to one user that nobody has taken yet; of a channel the stored message says it. */
      readonly unsent: readonly number[]
    }
  /** In the order said. */
  | { readonly type: 'waiting'; readonly messages: readonly WaitingView[] }
  | { readonly type: 'pairs'; readonly pairs: readonly PairView[] }
  | { readonly type: 'keys'; readonly lines: readonly LineView[] }
  /** The question is on its way under this name, hex; a `publicKey` notice brings the answer. */
  | { readonly type: 'asked'; readonly request: string }
  /** The users whose records were taken in, in the order given. */
  | { readonly type: 'imported'; readonly users: readonly Uint8Array[] }
  | { readonly type: 'identity'; readonly user: Uint8Array; readonly nick: string; readonly record: Uint8Array }
  | { readonly type: 'done' }

/**
 * Where a message of ours stands. `waiting` for a key or a carrier; `sent` once a neighbour has it; `seen` once a member says
 * that it misses nothing up to it; `unknown` when members are there and none has said so for a while. A text to one user is
 * `sent` once the other, or the topic of a channel of both, has taken it, and `seen` once the other has confirmed it.
 */
export type MessageState = 'waiting' | 'sent' | 'seen' | 'unknown'

/** A message of ours that was never sealed: it has no id and no place in the history. */
export interface WaitingView {
  readonly local: string
  /** Empty: said to the channel. */
  readonly group: Uint8Array
  readonly content: Content
  readonly isPlain: boolean
}

/** A member misses none of our messages on a line from one to another. */
export interface ReceiptView {
  readonly user: Uint8Array
  /** Empty: the channel itself. */
  readonly group: Uint8Array
  /** Lamport time: what was said up to then was said before it came, and is none of its. */
  readonly after: number
  /** Lamport time of the newest message that it has. */
  readonly lamport: number
}

/** What is so of a channel of which nothing is known. */
export const NOTHING_KNOWN: Omit<ChannelView, 'id' | 'key'> = {
  name: '',
  founder: EMPTY,
  descriptor: undefined,
  term: 0,
  serial: 0,
  commitment: EMPTY,
  notAfter: 0,
  members: 0,
  manager: undefined,
  isManagerPresent: false,
  leaseMs: 0,
  signers: [],
  isStanding: false,
  exposure: 'none',
  isManager: false,
  waiting: 0,
  missing: 0,
  logHead: EMPTY,
  online: 0
}

/** A conversation with one user. */
export interface PairView {
  readonly user: Uint8Array
  /** Names the conversation in messages, notices and the store, as a channel's id does; the same at both ends. 32 bytes. */
  readonly id: Uint8Array
  /** As registered in a channel of both, or else as in its record. */
  readonly nick: string
  /** Absent: the user of this peer has not talked to it. */
  readonly trust: Trust | undefined
  /** Who else this user knows by that nick: then nothing is said until one of them is trusted. */
  readonly rival: Uint8Array | undefined
  /** `open`: both ends have it; `starting`: the other has not answered yet. */
  readonly session: 'none' | 'starting' | 'open'
  /** Whether the newest frame went directly. */
  readonly isDirect: boolean
  /** Texts of ours that nobody has taken yet. */
  readonly waiting: number
  /** Texts of ours that the other has not confirmed, those that wait among them. */
  readonly unseen: number
  /** Lamport time, in the conversation's own order, up to which the other has all that we said; 0: nothing. */
  readonly seenUpTo: number
  /** Whether it was heard of lately, in a channel of both or directly. */
  readonly isOnline: boolean
}

/** Why there is no usable key, first reason first; `ready` when there is one. */
export type KeyState =
  | 'ready'
  | 'looking-for-channel'
  | 'waiting-for-carrier'
  | 'asking'
  | 'refused-or-silent'
  | 'removal-pending'
  | 'expired'
  | 'fenced'
  | 'alarmed'
  | 'removed'

/** How far it is uncertain that removals would reach a member: nobody could tell it of one for a while, or for too long. */
export type Exposure = 'none' | 'warned' | 'fenced'

export interface ChannelView {
  readonly id: Uint8Array
  readonly name: string
  readonly founder: Uint8Array
  readonly descriptor: Descriptor | undefined
  readonly key: KeyState
  readonly term: number
  readonly serial: number
  readonly commitment: Uint8Array
  readonly notAfter: number
  /** Size of the roster. */
  readonly members: number
  readonly manager: Uint8Array | undefined
  /** Whether a heartbeat of the manager is fresh. */
  readonly isManagerPresent: boolean
  /** How long the manager in office counts as there without a further heartbeat, ms. */
  readonly leaseMs: number
  /** Who signed the certificate of the newest epoch, its issuer first; empty without a key. */
  readonly signers: readonly Uint8Array[]
  /** Whether this peer stands for office and waits for other managers. */
  readonly isStanding: boolean
  readonly exposure: Exposure
  /** Whether this peer is the key manager. */
  readonly isManager: boolean
  /** Messages of ours that are not on their way yet. */
  readonly waiting: number
  /** Messages of others that are known to be missing, and looked for. */
  readonly missing: number
  readonly logHead: Uint8Array
  /** Members that were heard of lately, this peer among them. */
  readonly online: number
}

export interface MemberView {
  readonly user: Uint8Array
  readonly nick: string
  readonly isFounder: boolean
  readonly isManager: boolean
  readonly isMemberManager: boolean
  readonly isSelf: boolean
  /** Whether it was heard of lately. */
  readonly isOnline: boolean
  /** Whether it was last heard of under the key in force. */
  readonly holdsKey: boolean
}

/** The key of one line. */
export interface LineView {
  /** Empty for the channel itself. */
  readonly group: Uint8Array
  /** Name of the channel or group. */
  readonly name: string
  /** Absent: this peer has no key of the line. */
  readonly key:
    | {
        readonly term: number
        readonly serial: number
        readonly commitment: Uint8Array
        /** ms since 1970 */
        readonly notAfter: number
        readonly reason: Reason
        readonly issuer: Uint8Array
      }
    | undefined
  readonly members: number
  /** Members known to hold it: heard of lately under it, this peer among them. */
  readonly holders: number
}

export interface GroupView {
  readonly id: Uint8Array
  readonly name: string
  /** Who was put in, in order of their keys. */
  readonly members: readonly Uint8Array[]
  /** Whether this peer was put in. */
  readonly isMember: boolean
  /** Whether this peer has the group's key. */
  readonly isReady: boolean
}

export interface InviteView {
  /** Hash of its token; 32 bytes. */
  readonly token: Uint8Array
  /** How often it may be redeemed; 0: any number. */
  readonly uses: number
  readonly redeemers: readonly Uint8Array[]
  /** ms since 1970; 0: never */
  readonly expiresAt: number
  readonly isRevoked: boolean
  /** Who made it. */
  readonly by: Uint8Array
}
