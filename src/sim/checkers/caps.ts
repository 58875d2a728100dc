/** I-20: every queue, cache and map stays under the cap declared in params.ts or limits.ts. */
import type { SimNode } from '../node.ts'
import type { Scene } from '../scene.ts'
import { type Checker, Violation } from './checker.ts'

const EVENTS_BETWEEN_CHECKS = 1_000

export class Caps implements Checker {
  readonly looks = { 'I-20': 0 }
  #events = 0

  onHandled(_node: SimNode, _event: unknown, world: Scene): void {
    if (++this.#events % EVENTS_BETWEEN_CHECKS === 0) this.atEnd(world)
  }

  atEnd(world: Scene): void {
    for (const node of world.nodes) {
      for (const { name, size, cap } of node.machine?.unsafeFills?.() ?? []) {
        this.looks['I-20']++
        if (size > cap) throw new Violation('I-20', `${name} of ${node.name} holds ${size}, its cap is ${cap}`)
      }
    }
  }
}
