/**
 * The shape of every protocol machine: an event goes in, effects come out.
 *
 * Effects are performed in the order given, and a durable `persist` is durable before any effect after it happens: that
 * order is the crash-safety contract. A machine reads no clock and draws no randomness but through `Env`, has no timers,
 * awaits nothing, and changes its state only after every check has passed. One `wakeAt` per machine: the latest wins.
 */
import type { ConclaveError } from '../base/errors.ts'
import type { Millis } from '../base/time.ts'
import type { Answer, Question, Range } from '../wire/messages.ts'
import type { Frame } from './channel/frame.ts'
import type { Command, CommandResult } from './command.ts'
import type { UserId } from './identity/user.ts'
import type { Notice } from './notice.ts'
import type { Check } from './reject.ts'

/** What a machine may know of the world while it handles one event. */
export interface Env {
  /** Wall clock, for what people see and for validity times. */
  readonly now: Millis
  /** Monotonic clock in ms, for durations. It starts anywhere. */
  readonly uptimeMs: number
  /** Fresh random bytes. */
  readonly random: (length: number) => Uint8Array
}

/**
 * Names one row of the durable store; both names are well-formed text. Rows of a room come by `order` (0 to 2^53 - 1, 0 unless
 * told), then in a fixed but arbitrary order. The same entry under another order is another row.
 */
export interface RowKey {
  readonly room: string
  readonly entry: string
  readonly order?: number
}

export interface Row extends RowKey {
  readonly value: Uint8Array
  /** With what it is destroyed; absent: it stays until it is deleted, and what is deleted may be found on the disk. */
  readonly cohort?: Cohort | undefined
}

/** Rows that are destroyed together: their key is, so that nobody reads them any more, whatever is left on the disk. */
export interface Cohort {
  readonly name: string
  /** When its first row may have been written, s since 1970. */
  readonly since: number
}

/** `taken`; `unknown`: the other can do nothing with it; `failed`: it has not got it. */
export type HandOutcome = 'taken' | 'unknown' | 'failed'

export type Event =
  /** First event after a start: what earlier runs persisted in the rooms of `Peer.rooms`. */
  | { readonly type: 'restore'; readonly rows: readonly Row[] }
  /** A frame whose signature was verified by `readFrame`, and which `Peer.judge` accepted. */
  | { readonly type: 'frame'; readonly frame: Frame }
  | { readonly type: 'wake' }
  /** Last event before an orderly end: what others should know of it goes out. A crash has none. */
  | { readonly type: 'stop' }
  | { readonly type: 'command'; readonly id: number; readonly command: Command }
  /** The topic of a channel has, or has no longer, somebody to carry frames. */
  | { readonly type: 'carrier'; readonly channel: Uint8Array; readonly isReady: boolean }
  /**
   * What became of a `publish` with a receipt: to how many neighbours it went; 0 is failure. `isHanded` when the one peer
   * that it is for has taken it.
   */
  | {
      readonly type: 'published'
      readonly receipt: string
      readonly recipients: number
      readonly isHanded?: boolean
    }
  /** The directory's answer to a `lookUp`; absent when it had none. */
  | {
      readonly type: 'found'
      readonly kind: 'user' | 'channel'
      readonly id: Uint8Array
      readonly value: Uint8Array | undefined
    }
  /** A stranger's question on a stream. */
  | { readonly type: 'question'; readonly id: number; readonly from: UserId; readonly question: Question }
  /** A frame of a one-to-one session, as a peer handed it to us on a stream; an `answerHand` says what became of it. */
  | { readonly type: 'session'; readonly id: number; readonly from: UserId; readonly frame: Uint8Array }
  /** What became of a `hand`. */
  | { readonly type: 'handed'; readonly receipt: string; readonly outcome: HandOutcome }
  /** The answer to an `ask`; absent when nobody answered in time. */
  | {
      readonly type: 'answer'
      readonly id: string
      readonly from: UserId | undefined
      readonly answer: Answer | undefined
    }

export type Effect =
  | {
      readonly type: 'persist'
      readonly puts: readonly Row[]
      readonly deletes: readonly RowKey[]
      readonly isDurable: boolean
    }
  /** Destroys the cohorts of a name that began before a time, s since 1970. Nothing waits for it: what failed is said again. */
  | { readonly type: 'destroy'; readonly cohort: string; readonly before: number }
  | { readonly type: 'subscribe'; readonly channel: Uint8Array }
  | { readonly type: 'unsubscribe'; readonly channel: Uint8Array }
  /**
   * Puts a frame on the topic of its channel. With `to` it is for one peer alone: handed to it when there is a connection,
   * and put on the topic only when it was not taken.
   */
  | {
      readonly type: 'publish'
      readonly channel: Uint8Array
      readonly frame: Uint8Array
      readonly receipt?: string
      readonly to?: UserId
    }
  /** Ask peers of a channel (or one peer) on a stream; `id` comes back with the answer. Addresses are hints to dial. */
  | {
      readonly type: 'ask'
      readonly id: string
      readonly channel: Uint8Array
      readonly to: UserId | undefined
      readonly addresses: readonly Uint8Array[]
      readonly question: Question
      /** Without `to`: how many peers to pass over, as they were asked before. */
      readonly skip?: number
      /** For session frames, which without `to` one carrier without keys is asked for: who is not asked. */
      readonly but?: readonly UserId[]
    }
  | { readonly type: 'answer'; readonly id: number; readonly answer: Answer | undefined }
  /** Answers a question with messages that the world finds in the store, as `FramesAnswer` says. */
  | {
      readonly type: 'answerFrames'
      readonly id: number
      readonly channel: Uint8Array
      readonly ranges: readonly Range[]
    }
  /**
   * Hands a frame of a one-to-one session to its user on a stream; `receipt` comes back with what became of it. Without a
   * connection one is begun, and waited for only when `isOnlyWay`.
   */
  | {
      readonly type: 'hand'
      readonly to: UserId
      readonly frame: Uint8Array
      readonly receipt: string
      readonly isOnlyWay: boolean
    }
  /** Answers a `session` event. */
  | { readonly type: 'answerHand'; readonly id: number; readonly outcome: Exclude<HandOutcome, 'failed'> }
  | {
      readonly type: 'putRecord'
      readonly kind: 'user' | 'channel'
      readonly id: Uint8Array
      readonly value: Uint8Array
    }
  | { readonly type: 'lookUp'; readonly kind: 'user' | 'channel'; readonly id: Uint8Array }
  /** Monotonic time, as `Env.uptimeMs`; undefined: no more. */
  | { readonly type: 'wakeAt'; readonly uptimeMs: number | undefined }
  | { readonly type: 'notify'; readonly notice: Notice }
  | { readonly type: 'result'; readonly id: number; readonly result: CommandResult | ConclaveError }
  /** A stranger's bytes broke a check: for counting and for the operator, never towards the stranger. */
  | { readonly type: 'reject'; readonly check: Check }

/** Deterministic: the same events with the same `Env` give the same effects. */
export interface Machine {
  handle(event: Event, env: Env): Effect[]
}
