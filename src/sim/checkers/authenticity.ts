/** I-8: every message shown was said by the sender it names, with this content. I-2: the lock tells the truth. */
import { equalBytes } from '../../base/bytes.ts'
import type { Notice } from '../../core/notice.ts'
import type { SimNode } from '../node.ts'
import type { Truth } from '../truth.ts'
import { type Checker, Violation } from './checker.ts'

export class Authenticity implements Checker {
  readonly #truth: Truth

  constructor(truth: Truth) {
    this.#truth = truth
  }

  onNotice(node: SimNode, notice: Notice): void {
    if (notice.type !== 'message') return
    const truth = this.#truth
    const sender = truth.personWith(notice.sender)
    const text = notice.content.text?.text
    if (sender === undefined) throw new Violation('I-8', `${node.name} is shown a message of nobody`)
    if (notice.isOwn !== (sender.node === node)) throw new Violation('I-8', `${node.name} takes a message for its own`)
    if (text === undefined) return
    // Who may speak in plain may say what another has said.
    if (!notice.isEncrypted && sender.isByzantine) return
    const said = truth.saidWith(text)
    if (said === undefined || said.by !== sender) {
      throw new Violation('I-8', `${node.name} is shown a text that ${sender.name} never said`)
    }
    if (truth.channel !== undefined && !equalBytes(notice.channel, truth.channel)) {
      throw new Violation('I-8', `${node.name} is shown a message of ${sender.name} in another channel`)
    }
    if (notice.isEncrypted === said.isPlain) {
      throw new Violation('I-2', `${node.name} is shown the wrong lock on a message of ${sender.name}`)
    }
  }
}
