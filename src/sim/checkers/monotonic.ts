/**
 * I-11: for each client with an honest disk, the adopted (term, serial) and the descriptor version never go down, across
 * restarts too.
 */
import type { ChannelView } from '../../core/command.ts'
import type { Effect } from '../../core/machine.ts'
import type { SimNode } from '../node.ts'
import type { Truth } from '../truth.ts'
import { type Checker, Violation } from './checker.ts'

interface Mark {
  term: number
  serial: number
  version: number
}

export class Monotonic implements Checker {
  readonly #truth: Truth
  readonly #marks = new Map<SimNode, Mark>()

  constructor(truth: Truth) {
    this.#truth = truth
  }

  onEffect(node: SimNode, effect: Effect): void {
    if (effect.type === 'notify' && effect.notice.type === 'epoch') {
      this.#rise(node, effect.notice.term, effect.notice.serial, 0)
    }
    if (effect.type !== 'result' || effect.result instanceof Error) return
    const { result } = effect
    const views: readonly ChannelView[] = result.type === 'channels' ? result.channels : []
    for (const view of views) {
      if (view.key === 'ready') this.#rise(node, view.term, view.serial, view.descriptor?.version ?? 0)
    }
  }

  #rise(node: SimNode, term: number, serial: number, version: number): void {
    if (this.#truth.personOf(node)?.isRolledBack) return
    const mark = this.#marks.get(node)
    if (mark === undefined) {
      this.#marks.set(node, { term, serial, version })
      return
    }
    if (term < mark.term || (term === mark.term && serial < mark.serial)) {
      throw new Violation('I-11', `${node.name} goes down from epoch ${mark.term}.${mark.serial} to ${term}.${serial}`)
    }
    if (version > 0 && version < mark.version) {
      throw new Violation('I-11', `${node.name} goes down from descriptor ${mark.version} to ${version}`)
    }
    this.#marks.set(node, { term, serial, version: Math.max(version, mark.version) })
  }
}
