/**
 * What crosses the control socket and what `--json` prints: the same forms. User ids are peer-id text, channel ids their
 * base32 text, hashes and message ids hexadecimal, instants milliseconds since 1970. Texts of others stand in them raw:
 * whoever shows one passes it through display-text.ts.
 */
import type { Exposure, KeyState, MessageState, PairView } from '../core/command.ts'
import type { Trust } from '../core/identity/contacts.ts'

export type KeyStateName = KeyState

export interface PersonForm {
  readonly user: string
  readonly nick: string
  readonly fingerprint: string
  readonly isSelf: boolean
}

export interface ChannelForm {
  readonly id: string
  /** Empty until the channel was found. */
  readonly name: string
  readonly key: KeyState
  /** `3.12`: term and serial; empty without a key. */
  readonly epoch: string
  readonly term: number
  readonly serial: number
  readonly commitment: string
  readonly notAfter?: number
  readonly members: number
  /** Members heard of lately, this peer among them. */
  readonly online: number
  /** Peers connected now that follow the channel; carriers and ourselves not counted. */
  readonly connected: number
  readonly manager?: string
  readonly isManagerPresent: boolean
  /** Whether this peer stands for office and waits for other managers. */
  readonly isStanding: boolean
  /** How long the manager in office counts as there without a further heartbeat, ms. */
  readonly leaseMs: number
  /** Who signed the certificate of the newest epoch, its issuer first. */
  readonly signers: readonly string[]
  readonly exposure: Exposure
  readonly isManager: boolean
  /** Messages of ours that are not on their way yet. */
  readonly waiting: number
  /** Messages of others that are known to be missing, and looked for. */
  readonly missing: number
  readonly logHead: string
  /** The rest once the channel was found. */
  readonly founder?: string
  readonly managers?: readonly string[]
  /** How many of the managers sign a new root. */
  readonly quorum?: number
  readonly timing?: Timing
  readonly partition?: Partition
  /** How long sending goes on without a manager that could remove anybody, where the channel continues. */
  readonly fenceSeconds?: number
  readonly memberManagers?: readonly string[]
  readonly admission?: Admission
  readonly authentication?: Authentication
  readonly privacy?: Privacy
  readonly history?: History
  readonly keyLifetimeSeconds?: number
  /** 0: never just because of its age. */
  readonly stepSeconds?: number
  /** 0: never because of silence. */
  readonly idleSeconds?: number
  readonly graceSeconds?: number
  /** 0: no limit of the channel's own. */
  readonly maxMembers?: number
  /** 0: for ever. */
  readonly retentionSeconds?: number
  /** What makes no new key here. */
  readonly withoutTriggers?: readonly Trigger[]
  readonly descriptorVersion?: number
  /** Absent for a channel: a conversation with one user, of which nothing of the above but id, name and who is online says anything. */
  readonly conversation?: ConversationForm
}

export const ADMISSIONS = ['open', 'invite', 'members'] as const
export const PRIVACIES = ['encrypted', 'mixed', 'plain'] as const
export const AUTHENTICATIONS = ['signature', 'challenge'] as const
export const TRIGGERS = ['first-member', 'prekey-rotation'] as const
export const HISTORIES = ['none', 'since-join', 'all'] as const
export const TIMINGS = ['local', 'wan'] as const
export const PARTITIONS = ['continue', 'freeze'] as const
export type Admission = (typeof ADMISSIONS)[number]
export type Privacy = (typeof PRIVACIES)[number]
export type Authentication = (typeof AUTHENTICATIONS)[number]
export type Trigger = (typeof TRIGGERS)[number]
export type History = (typeof HISTORIES)[number]
export type Timing = (typeof TIMINGS)[number]
export type Partition = (typeof PARTITIONS)[number]

export interface MemberForm extends PersonForm {
  readonly isFounder: boolean
  readonly isManager: boolean
  readonly isMemberManager: boolean
  /** Whether it was heard of lately. */
  readonly isOnline: boolean
  /** Whether it was last heard of under the key in force. */
  readonly holdsKey: boolean
  /** Absent: this user has not talked to it. */
  readonly trust?: Trust
  /** User id of whom this user knows by that nick. */
  readonly rival?: string
}

/** A conversation with one user. */
export interface ConversationForm extends PersonForm {
  /** Names it as a channel's id does, at both ends. */
  readonly id: string
  /** `@bob`; with the fingerprint in place of a nick that is not known, or that this user knows as another's. */
  readonly name: string
  /** Absent: this user has not talked to it. */
  readonly trust?: Trust
  /** Whom this user knows by that nick. */
  readonly rival?: PersonForm
  readonly session: PairView['session']
  /** Whether what was said last went directly, and not through a channel of both. */
  readonly isDirect: boolean
  /** Texts of ours that nobody has taken yet. */
  readonly waiting: number
  /** Texts of ours that the other has not confirmed, those that wait among them. */
  readonly unseen: number
  readonly isOnline: boolean
}

/** The number that two users compare. */
export interface VerifyForm extends PersonForm {
  /** Twelve groups of five digits. */
  readonly safetyNumber: string
  /** Whether this user has compared it, now or earlier. */
  readonly isVerified: boolean
  /** Who has lost the nick by that, now. */
  readonly replaced?: ReplacedForm
}

/** Whom this user knew by a nick until now, and how sure of it it was. */
export interface ReplacedForm extends PersonForm {
  readonly trust: Trust
}

export interface TrustForm extends PersonForm {
  readonly trust: Trust
  readonly replaced?: ReplacedForm
}

/** Where something is said or happens. */
export interface InChannel {
  /** Id of a channel, or of a conversation with one user. */
  readonly channel: string
  readonly channelName: string
  /** User id of the other, in a conversation with one user. */
  readonly with?: string
}

export interface MessageForm extends InChannel {
  readonly type: 'message'
  /** Absent: said to the channel. */
  readonly group?: string
  /** Empty when this peer no longer knows the group. */
  readonly groupName?: string
  readonly id: string
  /** The name it had while it waited, for a message of ours. */
  readonly local?: string
  readonly sender: string
  readonly nick: string
  readonly fingerprint: string
  readonly lamport: number
  readonly counter: number
  readonly kind: 'text' | 'edit' | 'deletion' | 'reaction'
  /** Of a text or an edit. */
  readonly text?: string
  readonly isAction?: boolean
  readonly replyTo?: string
  /** Id by which others name it, when that is another than its own. */
  readonly name?: string
  /** Of a text: it says now what its author made of it later. */
  readonly isEdited?: true
  /** Of a text: its author has deleted it. */
  readonly isDeleted?: true
  /** Of a text. */
  readonly reactions?: readonly ReactionForm[]
  /** How many more different ones there are. */
  readonly moreReactions?: number
  /** Id of the message that an edit, deletion or reaction is about. */
  readonly target?: string
  /** The text that it answers or is about, when that is here. */
  readonly about?: QuoteForm
  /** Of an edit, deletion or reaction: `waiting` for a message that is not here, `ignored` because its sender may not. */
  readonly effect?: 'in-force' | 'waiting' | 'ignored'
  readonly emoji?: string
  readonly isWithdrawn?: boolean
  /** By the sender's clock: shown, never trusted. */
  readonly writtenAt: number
  readonly seenAt: number
  readonly isEncrypted: boolean
  readonly isOwn: boolean
  readonly state: MessageState
  /** Of one of ours in a history: members that say to have it, of how many others there are. */
  readonly seenBy?: number
  readonly of?: number
}

/** A message of ours that waits, and is in no history yet: it has neither id nor place. */
export interface WaitingForm extends InChannel, Pick<MessageForm, 'kind' | 'text' | 'isAction' | 'target' | 'emoji'> {
  readonly type: 'waiting'
  readonly local: string
  readonly group?: string
  readonly groupName?: string
  readonly isEncrypted: boolean
  /** By our clock. */
  readonly writtenAt: number
}

/** A text that another message is about, as it is now. */
export interface QuoteForm {
  readonly id: string
  readonly sender: string
  readonly nick: string
  readonly fingerprint: string
  readonly isOwn: boolean
  /** Absent when it was deleted. */
  readonly text?: string
  readonly isDeleted?: true
}

export interface ReactionForm {
  readonly emoji: string
  /** Users who reacted so. */
  readonly count: number
  /** User ids of the first of them, in the order in which they reacted. */
  readonly users: readonly string[]
}

export type EventForm = InChannel &
  /** What became of a message of ours: members that say to have it, of how many others there are. */
  (
    | {
        readonly type: 'messageState'
        readonly local: string
        readonly id: string
        readonly state: MessageState
        readonly seenBy: number
        readonly of: number
      }
    | {
        readonly type: 'keyState'
        readonly state: KeyState
        readonly waiting: number
        /** Once the channel was found. */
        readonly privacy?: Privacy
      }
    | {
        readonly type: 'epoch'
        /** Absent: of the channel itself. */
        readonly group?: string
        readonly groupName?: string
        readonly term: number
        readonly serial: number
        readonly reason: string
        readonly issuer: PersonForm
      }
    | {
        readonly type: 'roster'
        readonly change: 'admitted' | 'removed' | 'withdrew'
        readonly user: PersonForm
        readonly by: PersonForm
      }
    | {
        readonly type: 'group'
        readonly group: string
        readonly groupName: string
        readonly change: 'made' | 'dissolved' | 'put-in' | 'taken-out'
        /** Who was put in or taken out. */
        readonly user?: PersonForm
        readonly by: PersonForm
      }
    | { readonly type: 'presence'; readonly online: number }
    /** Without `user` and `record`: the key manager knows of no such member. The record is base64. */
    | { readonly type: 'publicKey'; readonly request: string; readonly user?: PersonForm; readonly record?: string }
    /** A member is called otherwise than before. */
    | { readonly type: 'nick'; readonly user: PersonForm; readonly before: string }
    | {
        readonly type: 'manager'
        readonly manager: PersonForm
        readonly isPresent: boolean
        /** Other managers that the channel names. */
        readonly others: number
      }
    /** Another manager is in office. */
    | {
        readonly type: 'office'
        readonly manager: PersonForm
        readonly term: number
        /** Who signed for it, itself first; empty when another epoch is in force already. */
        readonly signers: readonly PersonForm[]
        /** Who was in office. */
        readonly before: PersonForm
      }
    | { readonly type: 'gap'; readonly sender: PersonForm; readonly missing: string; readonly isClosed: boolean }
    | { readonly type: 'unreadable'; readonly sender: PersonForm; readonly id: string; readonly check: number }
    | { readonly type: 'exposure'; readonly exposure: Exposure }
    | ({ readonly type: 'descriptor' } & AmendmentForm)
    | { readonly type: 'alarm'; readonly manager: PersonForm; readonly check: number }
    /** A session with one user began; the other began it anew; or we did, on an older state; or so many of its texts will not come. */
    | {
        readonly type: 'session'
        readonly user: PersonForm
        readonly change: 'renewed' | 'setBack' | 'gap'
        readonly missing: number
      }
    /** Somebody says something under a nick by which this user knows another. */
    | { readonly type: 'rival'; readonly user: PersonForm; readonly rival?: PersonForm }
  )

/** The founder has changed the channel. */
export interface AmendmentForm {
  /** Of the descriptor. */
  readonly version: number
  /** The key managers now, and which of them are new. */
  readonly managers: readonly PersonForm[]
  readonly added: readonly PersonForm[]
  /** Who is no key manager any more. */
  readonly removed: readonly PersonForm[]
  /** The other settings that have changed, by the names they have in a channel's form. */
  readonly changed: readonly string[]
}

export type NoticeForm = MessageForm | EventForm

export interface StatusForm {
  readonly type: 'status'
  readonly isRunning: boolean
  readonly home: string
  readonly role?: 'peer' | 'key-manager' | 'carrier'
  readonly user?: string
  readonly nick?: string
  readonly fingerprint?: string
  readonly protection?: 'passphrase' | 'none' | 'memory'
  readonly pid?: number
  readonly uptimeMs?: number
  readonly listen?: readonly string[]
  readonly peers?: number
  /** Bytes of the store on the disk. */
  readonly storeBytes?: number
  readonly channels?: readonly ChannelForm[]
  readonly conversations?: readonly ConversationForm[]
  /** What the node counted, by name; `reject.N` are refusals by check R-N. */
  readonly counters?: Readonly<Record<string, number>>
  /** Worst first. */
  readonly health: readonly {
    readonly level: 'ok' | 'warn' | 'fail'
    readonly code: string
    readonly channel?: string
    readonly state?: KeyState
    readonly count?: number
    readonly office?: OfficeForm
    /** Code of what stopped the peer. */
    readonly error?: string
  }[]
}

/** Which message comes first: (lamport, sender, counter), the same for everybody. The order of the shown history. */
export interface Position {
  readonly lamport: number
  readonly sender: string
  readonly counter: number
  readonly id: string
}

/** One part of a history; ask again, with `after` as it says, when there is more. */
export interface ReadForm extends InChannel {
  /** Texts as they are now, and what else happened to texts that are not among them; with `raw` each message as it came. */
  readonly messages: readonly MessageForm[]
  /** With the last part: what we have said and is in no history yet, as much of it as one answer holds. */
  readonly waiting: readonly WaitingForm[]
  /** How many more of them there are: ask again, with the local name of the last one as `afterWaiting`. */
  readonly waitingLeft: number
  /** How far the channel has been read with this part; absent when there was nothing. */
  readonly upTo?: { readonly position: Position; readonly seenAt: number }
  readonly after?: Position
}

/** What was found in the history that is here, and how far back that goes. */
export interface SearchForm {
  /** Newest first. */
  readonly messages: readonly MessageForm[]
  /** Whether there were more than were asked for. */
  readonly isMore: boolean
  readonly searched: readonly SearchedForm[]
}

/** The history of one channel as far as it is here. */
export interface SearchedForm extends InChannel {
  /** Messages of every kind that were looked at. */
  readonly count: number
  /** When the oldest message that is here was first seen here; absent when there is none. */
  readonly since?: number
}

export interface SendForm extends InChannel {
  /** Absent: said to the channel. */
  readonly group?: string
  readonly groupName?: string
  /** Whether it goes out encrypted; it never goes out otherwise than asked. */
  readonly isEncrypted: boolean
  readonly local: string
  /** Absent while it waits. */
  readonly id?: string
  readonly state: MessageState
  /** Once it was sent: members that say to have it, of how many others there are. */
  readonly seenBy?: number
  readonly of?: number
  readonly key: KeyState
  /** Of a conversation with one user. */
  readonly session?: ConversationForm['session']
  /** Of one with somebody of no channel of ours: what was sent was taken and not answered, so it counts as waiting. */
  readonly isUnanswered?: boolean
  /** Members heard of lately, this peer among them. */
  readonly online: number
  readonly kind: MessageForm['kind']
  /** The text that it answers or is about. */
  readonly about?: QuoteForm
}

/** Who has a message of ours. */
export interface SeenForm extends InChannel {
  readonly id: string
  readonly group?: string
  readonly groupName?: string
  readonly about: QuoteForm
  readonly state: MessageState
  /** Members that say to have it. */
  readonly seenBy: readonly PersonForm[]
  /** The others that it was said to. */
  readonly notYet: readonly PersonForm[]
}

export interface JoinForm {
  readonly isReady: boolean
  readonly channel: ChannelForm
}

export interface InviteForm {
  readonly invite: string
  readonly channel: string
  readonly channelName: string
  readonly expiresAt?: number
  /** Hash of its token, as `invite.list` names it; absent when it needs none. */
  readonly token?: string
  readonly addresses: readonly string[]
}

/** One key line: the channel, or a group in it. */
export interface LineForm extends InChannel {
  /** Absent: the channel itself. */
  readonly group?: string
  readonly groupName?: string
  /** `3.12`: term and serial; empty when this peer has no key of the line. */
  readonly epoch: string
  /** The rest with a key only. */
  readonly term?: number
  readonly serial?: number
  readonly commitment?: string
  readonly notAfter?: number
  /** Why it was made, `first-member` and the like. */
  readonly reason?: string
  readonly issuer?: PersonForm
  /** Of the channel itself: who manages its key. */
  readonly office?: OfficeForm
  readonly members: number
  /** Members known to hold it, this peer among them. */
  readonly holders: number
}

/** The key manager in office. */
export interface OfficeForm {
  readonly manager: PersonForm
  readonly term: number
  readonly isPresent: boolean
  /** How long it counts as there without a further heartbeat, ms; 0 for this peer itself. */
  readonly leaseMs: number
  /** Who signed the certificate of the newest epoch, its issuer first. */
  readonly signers: readonly PersonForm[]
}

export interface GroupForm extends InChannel {
  readonly group: string
  readonly groupName: string
  readonly members: readonly PersonForm[]
  readonly isMember: boolean
  /** Whether this peer has the group's key. */
  readonly isReady: boolean
}

/** What became of a change to a group. */
export interface GroupChangeForm extends GroupForm {
  /** Whether it is in force here; else the channel was told, and nobody has acted on it yet. */
  readonly isApplied: boolean
}

/** An invite on record that lets somebody in. */
export interface InviteRecordForm extends InChannel {
  /** Hash of its token. */
  readonly token: string
  /** How often it may be redeemed; 0: any number. */
  readonly uses: number
  readonly redeemers: readonly PersonForm[]
  readonly expiresAt?: number
  readonly isRevoked: boolean
  readonly by: PersonForm
}

/** What a user's record says, and the record itself, base64. */
export interface RecordForm extends PersonForm {
  readonly record: string
  readonly seq: number
  readonly prekey: string
  readonly prekeyNotBefore: number
  readonly prekeyNotAfter: number
  readonly issuedAt: number
  readonly expiresAt: number
}

export interface AdmitForm extends InChannel {
  /** Who was let in. */
  readonly users: readonly string[]
}

export interface RemoveForm extends InChannel {
  readonly user: string
  readonly isApplied: boolean
  /** The epoch in force afterwards. */
  readonly epoch: string
}

export interface IdentityForm extends PersonForm {
  readonly home: string
  readonly addresses: readonly string[]
  readonly protection: 'passphrase' | 'none' | 'memory'
  readonly isRunning: boolean
}

export interface PeerForm {
  readonly user: string
  readonly fingerprint: string
  readonly address: string
  readonly direction: 'inbound' | 'outbound'
  readonly isCarrier: boolean
}
