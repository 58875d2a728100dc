/** What a peer tells its user, as it happens. Every security event is one of these: nothing changes silently. */
import type { Content, Descriptor, Reason } from '../wire/messages.ts'
import type { Exposure, KeyState, MessageState } from './command.ts'
import type { Check } from './reject.ts'

export type Notice =
  | ({ readonly type: 'message' } & MessageView)
  /** The founder has changed the channel: a new version of its descriptor is in force here. */
  | {
      readonly type: 'descriptor'
      readonly channel: Uint8Array
      readonly descriptor: Descriptor
      /** The version that was in force here until now; not always the one before. */
      readonly before: Descriptor
    }
  /** What became of a message of ours, by the local name that `say` gave. */
  | {
      readonly type: 'messageState'
      readonly channel: Uint8Array
      readonly local: string
      readonly id: string
      readonly state: MessageState
      /** Members that have it, of how many others. */
      readonly seenBy: number
      readonly of: number
    }
  /** The channel's key changed its standing: joining, ready, held and why. */
  | { readonly type: 'keyState'; readonly channel: Uint8Array; readonly state: KeyState }
  | {
      readonly type: 'epoch'
      readonly channel: Uint8Array
      /** Empty for the channel's own key. */
      readonly group: Uint8Array
      readonly term: number
      readonly serial: number
      readonly reason: Reason
      readonly issuer: Uint8Array
    }
  | {
      readonly type: 'roster'
      readonly channel: Uint8Array
      readonly change: 'admitted' | 'removed' | 'withdrew'
      readonly user: Uint8Array
      readonly nick: string
      readonly by: Uint8Array
    }
  /** A group was made or dissolved, or somebody was put in or taken out. */
  | {
      readonly type: 'group'
      readonly channel: Uint8Array
      readonly group: Uint8Array
      readonly name: string
      readonly change: 'made' | 'dissolved' | 'put-in' | 'taken-out'
      /** Empty when the group itself changed. */
      readonly user: Uint8Array
      readonly by: Uint8Array
    }
  /** How many members are online, this peer among them. */
  | { readonly type: 'presence'; readonly channel: Uint8Array; readonly online: number }
  /** The answer to `askPublicKey`; empty when the key manager knows of no such member, or did not answer. */
  | {
      readonly type: 'publicKey'
      readonly channel: Uint8Array
      readonly request: string
      readonly user: Uint8Array
      readonly record: Uint8Array
    }
  | {
      readonly type: 'manager'
      readonly channel: Uint8Array
      readonly manager: Uint8Array
      readonly isPresent: boolean
    }
  /** Whether removals would reach us: no key manager that could remove somebody is in touch, and for how long. */
  | { readonly type: 'exposure'; readonly channel: Uint8Array; readonly exposure: Exposure }
  /** A message of this sender is missing before the one just shown; `isClosed` when it came after all. */
  | {
      readonly type: 'gap'
      readonly channel: Uint8Array
      readonly sender: Uint8Array
      readonly missing: string
      readonly isClosed: boolean
    }
  /**
   * A session with one user was begun anew by the other, which had lost it; or our own state was set back to an
   * older one, and we have begun it anew; or so many texts of the other will not come.
   * `channel` is the conversation's id.
   */
  | {
      readonly type: 'session'
      readonly channel: Uint8Array
      readonly user: Uint8Array
      readonly change: 'renewed' | 'setBack' | 'gap'
      readonly missing: number
    }
  /** Somebody says something to us under a nick that this user knows as another's. */
  | { readonly type: 'rival'; readonly channel: Uint8Array; readonly user: Uint8Array; readonly nick: string }
  /** A message that cannot be read, and why. */
  | {
      readonly type: 'unreadable'
      readonly channel: Uint8Array
      readonly sender: Uint8Array
      readonly id: string
      readonly check: Check
    }
  /** Proof that a manager lied, or bytes only a lying manager can make: sending has stopped. */
  | { readonly type: 'alarm'; readonly channel: Uint8Array; readonly manager: Uint8Array; readonly check: Check }

/** One message as shown and as stored. Order shown is (lamport, sender, counter). */
export interface MessageView {
  readonly channel: Uint8Array
  /** Empty: said to the channel. */
  readonly group: Uint8Array
  /** Hex of the message's 32-byte id. */
  readonly id: string
  /** The name it had while it waited, for a message of ours. */
  readonly local?: string
  readonly sender: Uint8Array
  readonly nick: string
  readonly lamport: number
  readonly counter: number
  readonly content: Content
  /** The result of decryption, never a flag of the sender. */
  readonly isEncrypted: boolean
  readonly isOwn: boolean
  readonly state: MessageState
  /** When this peer saw it first, ms since 1970. */
  readonly seenAt: number
  /** Its author has deleted it, and what it said is gone from here. */
  readonly isErased?: boolean
}
