/**
 * I-11: for each client with an honest disk, the adopted (term, serial) of the channel and of each group, and the descriptor
 * version, never go down, across restarts too.
 */
import { EMPTY, hex } from '../../base/bytes.ts'
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
  /** By node and group. */
  readonly #marks = new Map<SimNode, Map<string, Mark>>()

  constructor(truth: Truth) {
    this.#truth = truth
  }

  onEffect(node: SimNode, effect: Effect): void {
    if (effect.type === 'notify' && effect.notice.type === 'epoch') {
      const { group, term, serial } = effect.notice
      this.#rise(node, group, term, serial, 0)
    }
    if (effect.type !== 'result' || effect.result instanceof Error) return
    const { result } = effect
    const views: readonly ChannelView[] = result.type === 'channels' ? result.channels : []
    for (const view of views) {
      if (view.key === 'ready') this.#rise(node, EMPTY, view.term, view.serial, view.descriptor?.version ?? 0)
    }
  }

  #rise(node: SimNode, group: Uint8Array, term: number, serial: number, version: number): void {
    if (this.#truth.personOf(node)?.isRolledBack) return
    const marks = this.#marks.get(node) ?? new Map<string, Mark>()
    this.#marks.set(node, marks)
    const line = hex(group)
    const mark = marks.get(line)
    if (mark === undefined) {
      marks.set(line, { term, serial, version })
      return
    }
    if (term < mark.term || (term === mark.term && serial < mark.serial)) {
      throw new Violation('I-11', `${node.name} goes down from epoch ${mark.term}.${mark.serial} to ${term}.${serial}`)
    }
    if (version > 0 && version < mark.version) {
      throw new Violation('I-11', `${node.name} goes down from descriptor ${mark.version} to ${version}`)
    }
    marks.set(line, { term, serial, version: Math.max(version, mark.version) })
  }
}
