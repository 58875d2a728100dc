/**
 * I-1: from all that was ever on the carrier nobody without keys reads anything. No text, nick or channel name and no
 * secret of any machine stands on it, raw, as hex or as base64. On streams, which only the two ends see, descriptors and
 * user records are public and may carry names; texts and secrets may not be there either.
 */
import { mapKey, utf8 } from '../../base/bytes.ts'
import type { Event } from '../../core/machine.ts'
import type { Notice } from '../../core/notice.ts'
import type { HeldSecret, SimNode } from '../node.ts'
import type { Scene } from '../scene.ts'
import { NAME_MARK, TEXT_MARK, type Truth } from '../truth.ts'
import { type Checker, Violation } from './checker.ts'
import { Needles } from './needles.ts'

/** Secrets of one message or chain are many and short-lived: their raw form is enough. */
const isMinor = (secret: HeldSecret): boolean => secret.name.startsWith('chain/')

/** Whether something happened to a node's keys, so that its secrets should be looked at again. */
export const isAboutKeys = (notice: Notice): boolean => notice.type === 'epoch' || notice.type === 'keyState'

export class Secrecy implements Checker {
  readonly looks = { 'I-1': 0 }
  readonly #truth: Truth
  readonly #secrets = new Map<string, HeldSecret>()
  readonly #changed = new Set<SimNode>()

  constructor(truth: Truth) {
    this.#truth = truth
  }

  onNotice(node: SimNode, notice: Notice): void {
    if (isAboutKeys(notice)) this.#changed.add(node)
  }

  onHandled(node: SimNode, event: Event): void {
    if (event.type === 'restore' || this.#changed.delete(node)) this.#collect(node)
  }

  #collect(node: SimNode): void {
    for (const secret of node.machine?.unsafeSecrets?.() ?? []) {
      const key = mapKey(secret.bytes)
      if (!this.#secrets.has(key))
        this.#secrets.set(key, { name: `${secret.name} of ${node.name}`, bytes: secret.bytes.slice() })
    }
  }

  atEnd(world: Scene): void {
    for (const node of world.nodes) this.#collect(node)
    const everywhere = new Needles()
    // Where plain messages are allowed, their texts are on the carrier by wish; each other text is looked for in full.
    const plain = this.#truth.said.filter(({ isPlain }) => isPlain)
    if (plain.length === 0) everywhere.add(utf8(TEXT_MARK), 'a text', true)
    else
      for (const said of this.#truth.said)
        if (!said.isPlain) everywhere.add(utf8(said.text), `the text '${said.text}'`, true)
    for (const secret of this.#secrets.values()) everywhere.add(secret.bytes, secret.name, !isMinor(secret))
    const names = new Needles()
    names.add(utf8(NAME_MARK), 'a nick or a channel name', true)
    for (const packet of world.network.packets) {
      this.looks['I-1']++
      // What a flipped bit made of a frame is no news.
      const found = everywhere.findIn(packet.bytes) ?? (plain.length === 0 ? names.findIn(packet.bytes) : undefined)
      if (found !== undefined) {
        throw new Violation('I-1', `${found} stands on the carrier, in a frame of ${packet.from?.name ?? 'a stranger'}`)
      }
    }
    for (const { bytes, from } of world.network.streams) {
      this.looks['I-1']++
      const found = everywhere.findIn(bytes)
      if (found !== undefined) throw new Violation('I-1', `${found} stands in a stream of ${from.name}`)
    }
  }
}
