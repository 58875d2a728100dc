/** What people do and suffer, as data: the same in every world. */
import type { ChannelChanges } from '../core/command.ts'
import type { DirectoryConditions } from './directory.ts'
import type { Loss } from './disk.ts'
import type { Flood } from './hostile.ts'
import type { Lie } from './lying-manager.ts'
import type { Conditions } from './network.ts'

/** Stands for a name: whoever leads at that moment. */
export const LEADER = '(leader)'

/** The name of the second life of somebody, in steps that are about nodes. */
export const twinOf = (name: string): string => `${name}'`

/** What people do and suffer; names are those of `StoryConfig.people`, or `LEADER`. */
export type Deed =
  | { readonly type: 'create'; readonly who: string }
  | { readonly type: 'invite'; readonly who: string; readonly uses?: number }
  /** Redeems the newest invite. */
  | { readonly type: 'join'; readonly who: string }
  /** @see sayText for the text on the wire. */
  | {
      readonly type: 'say'
      readonly who: string
      readonly text: string
      readonly isPlain?: boolean
      readonly group?: string
      /** In answer to the newest message of somebody else that it was shown there. */
      readonly isReply?: boolean
    }
  /** To one other, in a session of the two. */
  | { readonly type: 'sayTo'; readonly who: string; readonly to: string; readonly text: string }
  | { readonly type: 'admit'; readonly who: string; readonly by: string }
  | { readonly type: 'remove'; readonly who: string; readonly by: string; readonly isForCause?: boolean }
  | { readonly type: 'leave'; readonly who: string }
  /** The founder changes the channel. Who is dismissed was not admitted otherwise, and is out. */
  | {
      readonly type: 'amend'
      readonly by: string
      readonly promote?: readonly string[]
      readonly dismiss?: readonly string[]
      readonly changes?: ChannelChanges
    }
  | { readonly type: 'rekey'; readonly by: string; readonly group?: string }
  /** Groups have names of the story's own. What is done to one that was not made is not done. */
  | { readonly type: 'createGroup' | 'dissolveGroup'; readonly group: string; readonly by: string }
  | {
      readonly type: 'putIntoGroup' | 'takeOutOfGroup'
      readonly group: string
      readonly who: string
      readonly by: string
    }
  | { readonly type: 'setNick'; readonly who: string; readonly nick: string }
  /** Now, or when it has performed some more effects. It stays down until `start`, or for some ms. */
  | {
      readonly type: 'crash'
      readonly who: string
      readonly loss?: Loss
      readonly afterEffects?: number
      readonly forMs?: number
    }
  /** An orderly end, where `crash` is none. It stays down until `start`, or for some ms. */
  | { readonly type: 'stop'; readonly who: string; readonly forMs?: number }
  | { readonly type: 'start'; readonly who: string }
  /** Until `resume`, or for some ms. */
  | { readonly type: 'pause'; readonly who: string; readonly forMs?: number }
  | { readonly type: 'resume'; readonly who: string }
  | { readonly type: 'suspend'; readonly who: string; readonly forMs: number }
  | { readonly type: 'clock'; readonly who: string; readonly jumpMs?: number; readonly rate?: number }
  | { readonly type: 'copyDisk'; readonly who: string }
  /** The copy takes the place of the disk; the process must be down. */
  | { readonly type: 'oldDisk'; readonly who: string }
  /** Nothing takes the place of the disk; the process must be down. */
  | { readonly type: 'emptyDisk'; readonly who: string }
  | { readonly type: 'partition'; readonly sets: readonly (readonly string[])[] }
  | { readonly type: 'isolate'; readonly who: string }
  | { readonly type: 'cut'; readonly from: string; readonly to: string }
  | { readonly type: 'heal' }
  | { readonly type: 'weather'; readonly conditions: Partial<Conditions> }
  | { readonly type: 'directory'; readonly conditions: Partial<DirectoryConditions> }
  | { readonly type: 'replay'; readonly count: number }
  | { readonly type: 'flood'; readonly what: Flood; readonly count: number; readonly as?: string }
  /** From now on, over restarts, until `calm`. With two lives both are down until they are started. */
  | { readonly type: 'lie'; readonly who: string; readonly lie: Lie }
  /** Every fault ends: carrier and directory calm, links whole, everybody up, and whoever lied is started anew and honest. */
  | { readonly type: 'calm' }
