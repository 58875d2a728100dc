/**
 * I-4: once a client knows of a removal, nothing that it says is readable by the one removed. A client knows of it when it
 * writes it down as pending; from there to the epoch that applies it, it says nothing. The same for a group, from which
 * somebody is taken out or which is dissolved: nothing is said to that group.
 */

import { readFrame } from '../../core/channel/frame.ts'
import type { Effect } from '../../core/machine.ts'
import { Refusal } from '../../core/reject.ts'
import type { SimNode } from '../node.ts'
import { Rosters } from '../rosters.ts'
import { peekKind } from '../trace.ts'
import type { Truth } from '../truth.ts'
import { type Checker, Violation } from './checker.ts'

export class Removal implements Checker {
  readonly looks = { 'I-4': 0 }
  readonly #truth: Truth

  constructor(truth: Truth) {
    this.#truth = truth
  }

  onEffect(node: SimNode, effect: Effect): void {
    if (effect.type !== 'publish' || peekKind(effect.frame) !== 'message') return
    const frame = readFrame(effect.channel, effect.frame)
    if (frame === undefined || frame instanceof Refusal || frame.body.message === undefined) return
    const { group } = frame.body.message
    const rosters = Rosters.of(this.#truth, node)
    this.#require(node, rosters.leaving(), 'removed')
    if (group.length > 0) this.#require(node, rosters.leavingGroup(group), 'taken out')
  }

  #require(node: SimNode, leaving: ReadonlySet<string>, how: string): void {
    this.looks['I-4']++
    if (leaving.size === 0) return
    const who = this.#truth.people.filter((person) => leaving.has(person.key)).map(({ name }) => name)
    throw new Violation('I-4', `${node.name} says something that ${who.join(', ')}, ${how} to its knowledge, can read`)
  }
}
