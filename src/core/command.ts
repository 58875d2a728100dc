/** What a user may ask of its peer, and what it gets back. The control socket's methods are these, in the same words. */
import type { Content, Descriptor } from '../wire/messages.ts'

export type Command =
  | { readonly type: 'createChannel'; readonly settings: ChannelSettings }
  | {
      readonly type: 'invite'
      readonly channel: Uint8Array
      readonly uses: number
      readonly lifetimeMs: number | undefined
      readonly addresses: readonly Uint8Array[]
    }
  | { readonly type: 'join'; readonly invite: string }
  | { readonly type: 'leaveChannel'; readonly channel: Uint8Array }
  | {
      readonly type: 'say'
      readonly channel: Uint8Array
      readonly content: Partial<Content>
      readonly isPlain: boolean
    }
  | { readonly type: 'admit'; readonly channel: Uint8Array; readonly user: Uint8Array }
  | { readonly type: 'remove'; readonly channel: Uint8Array; readonly user: Uint8Array; readonly isForCause: boolean }
  | { readonly type: 'rekey'; readonly channel: Uint8Array }
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
    | 'memberManagers'
    | 'admission'
    | 'authentication'
    | 'privacy'
    | 'history'
    | 'partition'
    | 'timing'
    | 'keyLifetimeSeconds'
    | 'idleSeconds'
    | 'graceSeconds'
    | 'maxMembers'
  >
>

export type CommandResult =
  | { readonly type: 'channel'; readonly channel: ChannelView }
  | { readonly type: 'channels'; readonly channels: readonly ChannelView[] }
  | { readonly type: 'members'; readonly members: readonly MemberView[] }
  | { readonly type: 'invite'; readonly invite: string; readonly expiresAt: number }
  /** The message is kept and waits, under a local name; what becomes of it comes as notices. */
  | { readonly type: 'said'; readonly local: string }
  | { readonly type: 'identity'; readonly user: Uint8Array; readonly nick: string; readonly record: Uint8Array }
  | { readonly type: 'done' }

/** Where a message of ours stands. `waiting` for a key or a carrier; `sent` once a neighbour has it. */
export type MessageState = 'waiting' | 'sent'

/** Why there is no usable key, first reason first; `ready` when there is one. */
export type KeyState =
  | 'ready'
  | 'looking-for-channel'
  | 'waiting-for-carrier'
  | 'asking'
  | 'refused-or-silent'
  | 'removal-pending'
  | 'expired'
  | 'alarmed'
  | 'removed'

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
  /** Whether this peer is the key manager. */
  readonly isManager: boolean
  readonly waiting: number
  readonly logHead: Uint8Array
}

export interface MemberView {
  readonly user: Uint8Array
  readonly nick: string
  readonly isFounder: boolean
  readonly isManager: boolean
  readonly isSelf: boolean
}
