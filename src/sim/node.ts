/**
 * One simulated peer: its machine, its disk, its clocks, and what its user has seen. The machine is replaced at every
 * start; everything a restart must not remember lives in it, everything else here.
 */

import type { ConclaveError } from '../base/errors.ts'
import type { Frame } from '../core/channel/frame.ts'
import type { Command, CommandResult } from '../core/command.ts'
import type { UserId } from '../core/identity/user.ts'
import type { Effect, Env, Event, Machine } from '../core/machine.ts'
import type { Notice } from '../core/notice.ts'
import type { Check } from '../core/reject.ts'
import { Clock } from './clock.ts'
import { Disk, type Loss } from './disk.ts'
import { Random } from './random.ts'

/** Commands that change nothing: how a peer stands. */
export const QUERIES: readonly Command['type'][] = ['channels', 'groups']

/** A secret that a machine holds right now. The name says which: see docs of `Peer.unsafeSecrets`. */
export interface HeldSecret {
  readonly name: string
  readonly bytes: Uint8Array
}

/** How full a bounded thing is. */
export interface Fill {
  readonly name: string
  readonly size: number
  readonly cap: number
}

/** What the world needs of a peer. `Peer` of `core/peer.ts` is one. */
export interface JudgingMachine extends Machine {
  /** Store rooms whose rows `restore` must contain. */
  readonly rooms: readonly string[]
  judge(frame: Frame): 'accept' | 'ignore' | Check
  /** For checkers: all secrets held now. */
  unsafeSecrets?(): readonly HeldSecret[]
  /** For checkers: every bounded queue, cache and map (I-20). */
  unsafeFills?(): readonly Fill[]
}

export interface NodeConfig {
  readonly name: string
  readonly user: UserId
  /** Makes the machine of a new process. It must not share state with the one before. */
  readonly boot: () => JudgingMachine
  /** How far the wall clock is ahead, ms. */
  readonly skewMs?: number
  /** ms of the node per ms of the world. */
  readonly rate?: number
  /** How long a durable write takes, ms. */
  readonly syncMs?: number
}

/** What became of a command. */
export interface Pending {
  readonly id: number
  readonly command: Command
  readonly at: number
  result: CommandResult | ConclaveError | undefined
}

/** A peer in the world. Only the world changes it. */
export class SimNode {
  readonly name: string
  readonly user: UserId
  readonly index: number
  readonly boot: () => JudgingMachine
  readonly clock: Clock
  readonly disk = new Disk()
  readonly random: Random
  /** What the machine draws from. */
  readonly entropy: Random
  syncMs: number

  machine: JudgingMachine | undefined
  /** How many processes there have been. */
  incarnation = 0
  isPaused = false
  /** While the machine sleeps: since when, virtual ms. */
  suspendedAt: number | undefined
  /** While a durable write goes on. */
  isSyncing = false
  /** What came in while paused or syncing, in order. */
  inbox: (() => void)[] = []
  /** Effects that wait behind a durable write. */
  effects: Effect[] = []
  /** The event whose effects these are. */
  handling: Event | undefined
  /** The machine's one wish: monotonic ms. */
  wakeUptimeMs: number | undefined
  wakeGeneration = 0
  /** Crash when this many more effects have been performed. */
  effectsUntilCrash: number | undefined
  crashLoss: Loss = 'nothing'
  /** Packets the gossip layer has seen, and when. */
  readonly seen = new Map<number, number>()
  /** Topics subscribed to, by channel. */
  readonly topics = new Map<string, { readonly channel: Uint8Array; isReady: boolean }>()

  readonly commands = new Map<number, Pending>()
  readonly notices: { readonly at: number; readonly incarnation: number; readonly notice: Notice }[] = []
  readonly rejects = new Map<Check, number>()
  /** The oldest unsynced write that any crash has lost, virtual ms. */
  readonly losses: { readonly at: number; readonly since: number }[] = []

  constructor(config: NodeConfig, index: number, seed: number) {
    this.name = config.name
    this.user = config.user
    this.index = index
    this.boot = config.boot
    this.clock = new Clock(config.skewMs ?? 0, config.rate ?? 1)
    this.random = new Random(seed, 'node', config.name)
    this.entropy = new Random(seed, 'entropy', config.name)
    this.syncMs = config.syncMs ?? 0
  }

  /** Whether a process runs, paused or not. */
  get isUp(): boolean {
    return this.machine !== undefined
  }

  env(time: number): Env {
    return {
      now: this.clock.now(time),
      uptimeMs: this.clock.uptimeMs(time),
      random: (length) => this.entropy.bytes(length)
    }
  }
}
