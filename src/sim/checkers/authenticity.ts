/**
 * I-8: every message shown was said by the sender it names, with this content, and to whom it says. What was said to a group
 * is shown to nobody outside. I-2: the lock tells the truth.
 */
import { equalBytes, mapKey } from '../../base/bytes.ts'
import type { Notice } from '../../core/notice.ts'
import type { SimNode } from '../node.ts'
import { Rosters } from '../rosters.ts'
import type { Said, Truth } from '../truth.ts'
import { type Checker, Violation } from './checker.ts'

export class Authenticity implements Checker {
  readonly looks = { 'I-8': 0, 'I-2': 0 }
  readonly #truth: Truth

  constructor(truth: Truth) {
    this.#truth = truth
  }

  onNotice(node: SimNode, notice: Notice): void {
    if (notice.type !== 'message') return
    this.looks['I-8']++
    const truth = this.#truth
    const sender = truth.personWith(notice.sender)
    const text = notice.content.text?.text
    if (sender === undefined) throw new Violation('I-8', `${node.name} is shown a message of nobody`)
    if (notice.isOwn !== (sender === truth.personOf(node)))
      throw new Violation('I-8', `${node.name} takes a message for its own`)
    if (text === undefined) return
    // Who may speak in plain may say what another has said.
    if (!notice.isEncrypted && sender.isByzantine) return
    const said = truth.saidWith(text)
    if (said === undefined || said.by !== sender) {
      throw new Violation('I-8', `${node.name} is shown a text that ${sender.name} never said`)
    }
    this.looks['I-2']++
    if (said.to !== undefined) {
      this.#requirePair(node, notice, said)
      return
    }
    if (truth.channel !== undefined && !equalBytes(notice.channel, truth.channel)) {
      throw new Violation('I-8', `${node.name} is shown a message of ${sender.name} in another channel`)
    }
    if (!equalBytes(notice.group, said.group)) {
      throw new Violation('I-8', `${node.name} is shown a message of ${sender.name} as said to others`)
    }
    if (said.group.length > 0 && !this.#isInGroup(node, said.group)) {
      throw new Violation('I-8', `${node.name} is shown a message of ${sender.name} to a group that it is not in`)
    }
    if (notice.isEncrypted === said.isPlain) {
      throw new Violation('I-2', `${node.name} is shown the wrong lock on a message of ${sender.name}`)
    }
  }

  /** What is said to one other is shown to the two alone, in their conversation, and is encrypted. */
  #requirePair(node: SimNode, { channel, isEncrypted }: Extract<Notice, { type: 'message' }>, { by, to }: Said): void {
    const reader = this.#truth.personOf(node)
    if (reader !== by && reader !== to)
      throw new Violation('I-8', `${node.name} is shown what ${by.name} said to ${to?.name} alone`)
    if (this.#truth.channel !== undefined && equalBytes(channel, this.#truth.channel))
      throw new Violation('I-8', `${node.name} is shown in the channel what ${by.name} said to one alone`)
    if (!isEncrypted) throw new Violation('I-2', `${node.name} is shown the wrong lock on a message of ${by.name}`)
  }

  /** By the statements that the peer itself has. */
  #isInGroup(node: SimNode, group: Uint8Array): boolean {
    return Rosters.of(this.#truth, node).groupMembers(group).has(mapKey(node.user))
  }
}
