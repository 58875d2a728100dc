/**
 * What checkers and stories need of a world: `Scene` is what those see who look on, `Setting` is what people live and suffer
 * in. `World` is one in virtual time, `LiveWorld` one of real nodes.
 */
import type { Frame } from '../core/channel/frame.ts'
import type { Command } from '../core/command.ts'
import type { Refusal } from '../core/reject.ts'
import type { Violation } from './checkers/checker.ts'
import type { DirectoryConditions } from './directory.ts'
import type { Loss } from './disk.ts'
import type { Conditions, StreamBytes } from './network.ts'
import type { NodeConfig, Pending, SimNode } from './node.ts'
import type { Packet } from './packets.ts'
import type { Trace } from './trace.ts'

/** A network as those see it who look on. */
export interface NetworkView {
  /** Everything that was ever on a topic or handed over, in order of first appearance. */
  readonly packets: readonly Packet[]
  readonly streams: readonly StreamBytes[]
  /** Whether it is an ordinary network just now: no faults, no cuts. */
  readonly isCalm: boolean
  /** When links that were cut were whole again last, ms. */
  readonly healedAt: number | undefined
  /** Told of everything that a node sends, once for each way it takes. */
  onSent: ((kind: string, bytes: number) => void) | undefined
  /** Whether what `from` sends can come to `to` now. */
  isLinked(from: SimNode, to: SimNode): boolean
  /** Who is linked with whom on a topic at this moment, by name; each pair once. */
  linksOf(channel: Uint8Array): (readonly [string, string])[]
  /** What `readFrame` says of a packet. */
  read(packet: Packet): Frame | Refusal | undefined
}

/** A world as those see it who look on. */
export interface Scene {
  /** ms since the start of the run. */
  readonly time: number
  readonly nodes: readonly SimNode[]
  /** How many events machines have handled. */
  readonly events: number
  readonly network: NetworkView
  node(name: string): SimNode
}

/** A network that is disturbed. */
export interface NetworkFaults extends NetworkView {
  conditions: Conditions
  cut(from: SimNode, to: SimNode): void
  /** Cuts every link between two different sets; nodes in no set keep all their links. */
  partition(...sets: readonly (readonly SimNode[])[]): void
  isolate(node: SimNode): void
  heal(): void
  /** Bytes from somebody who is no node of the run, to every subscriber. */
  inject(channel: Uint8Array, frame: Uint8Array): void
  /** Delivers a recorded packet again. */
  replay(packet: Packet): void
}

/** A world in which people do things and suffer. */
export interface Setting extends Scene {
  readonly trace: Trace
  readonly network: NetworkFaults
  readonly directory: { conditions: DirectoryConditions }
  addNode(config: NodeConfig): SimNode
  /** The address under which a node can be dialled, as it stands in invites. */
  addressOf(node: SimNode): Uint8Array
  /** Starts a process with what is on disk. */
  start(node: SimNode): void
  /** The process dies now. */
  crash(node: SimNode, loss?: Loss): void
  /** The process dies when it has performed this many more effects; the rest of them is lost. */
  crashAfter(node: SimNode, effects: number, loss: Loss): void
  /** The process ends as it should: it says what is to be said first. */
  stop(node: SimNode): void
  /** The process stands still; clocks go on. */
  pause(node: SimNode): void
  resume(node: SimNode): void
  /** The machine sleeps: like `pause`, and the monotonic clock stands still, too. */
  suspend(node: SimNode, forMs: number): void
  /** The node's clocks run faster or slower from now on. */
  setRate(node: SimNode, rate: number): void
  /**
   * Gives a command to a node that is up.
   *
   * @param before - called when the command has its id and the machine has not heard of it yet.
   */
  command(node: SimNode, command: Command, before?: (pending: Pending) => void): Pending
  schedule(delayMs: number, task: () => void): void
  /** Stops the run: an invariant is broken. */
  fail(violation: Violation): never
  /** Ends the run: every checker says its last word. */
  end(): void
}
