/**
 * What a checker is: it watches a run and throws a `Violation` at the moment an invariant breaks, or at the end. It never
 * changes the run: with or without checkers the event hash is the same.
 */
import type { Frame } from '../../core/channel/frame.ts'
import type { Effect, Event } from '../../core/machine.ts'
import type { Notice } from '../../core/notice.ts'
import type { Looks } from '../invariants.ts'
import type { SimNode } from '../node.ts'
import type { Packet } from '../packets.ts'
import type { Scene } from '../scene.ts'

/** An invariant is broken. The message tells which, where, and how to see it again. */
export class Violation extends Error {
  /** Such as `I-7`. */
  readonly invariant: string

  constructor(invariant: string, message: string, options?: ErrorOptions) {
    super(`${invariant}: ${message}`, options)
    this.name = 'Violation'
    this.invariant = invariant
  }
}

/** Watches one run, and counts how often it looked at what it stands for. Methods are called at the moment named, before anything else happens. */
export interface Checker {
  /** The invariants that it stands for. */
  readonly looks?: Looks
  /** New bytes are on a topic. */
  onPacket?(packet: Packet, world: Scene): void
  /** A frame was judged and handed to a machine, and the machine has handled it. */
  onFrame?(node: SimNode, frame: Frame, world: Scene): void
  /** A machine has handled an event, and all that came of it is done. */
  onHandled?(node: SimNode, event: Event, world: Scene): void
  onEffect?(node: SimNode, effect: Effect, world: Scene): void
  onNotice?(node: SimNode, notice: Notice, world: Scene): void
  onStart?(node: SimNode, world: Scene): void
  onCrash?(node: SimNode, world: Scene): void
  /** The run is over. */
  atEnd?(world: Scene): void
}
