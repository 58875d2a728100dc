/** A machine around another, which does as that one does: what has something to add or to keep back extends it. */
import type { Frame } from '../core/channel/frame.ts'
import type { Effect, Env, Event } from '../core/machine.ts'
import type { Fill, HeldSecret, JudgingMachine } from './node.ts'

export class WrappedMachine implements JudgingMachine {
  protected readonly machine: JudgingMachine

  constructor(machine: JudgingMachine) {
    this.machine = machine
  }

  get rooms(): readonly string[] {
    return this.machine.rooms
  }

  judge(frame: Frame): ReturnType<JudgingMachine['judge']> {
    return this.machine.judge(frame)
  }

  unsafeSecrets(): readonly HeldSecret[] {
    return this.machine.unsafeSecrets?.() ?? []
  }

  unsafeFills(): readonly Fill[] {
    return this.machine.unsafeFills?.() ?? []
  }

  handle(event: Event, env: Env): Effect[] {
    return this.machine.handle(event, env)
  }
}
