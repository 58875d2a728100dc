/**
 * I-7: no (key, nonce) pair seals twice. A message key is named by (author, boot, counter, group, key id), and its
 * commitment shows it too; a subkey under a control key is named by its salt. All of it stands in clear on the frames.
 */
import { mapKey } from '../../base/bytes.ts'
import { keyIdKey } from '../../core/channel/frame.ts'
import { Refusal } from '../../core/reject.ts'
import type { Packet } from '../packets.ts'
import type { Scene } from '../scene.ts'
import { type Checker, Violation } from './checker.ts'

const SALT_BYTES = 32

export class Nonce implements Checker {
  readonly looks = { 'I-7': 0 }
  readonly #sealed = new Map<string, string>()

  onPacket(packet: Packet, world: Scene): void {
    if (packet.from === undefined) return
    const frame = world.network.read(packet)
    if (frame === undefined || frame instanceof Refusal) return
    const who = packet.from.name
    const author = mapKey(frame.author)
    const { message, digest, statements } = frame.body
    if (message?.key !== undefined) {
      const { boot, counter, group, key, commitment, sealed } = message
      const content = mapKey(sealed)
      this.#once(`chain ${author} ${mapKey(boot)} ${counter} ${mapKey(group)} ${keyIdKey(key)}`, content, who)
      this.#once(`key ${mapKey(commitment)}`, content, who)
    }
    const controlled = digest ?? statements
    if (controlled?.key !== undefined) {
      const salt = mapKey(controlled.sealed.subarray(0, SALT_BYTES))
      this.#once(`control ${keyIdKey(controlled.key)} ${salt}`, mapKey(controlled.sealed), who)
    }
  }

  #once(key: string, content: string, who: string): void {
    this.looks['I-7']++
    const before = this.#sealed.get(key)
    if (before !== undefined && before !== content) throw new Violation('I-7', `${who} seals twice under one ${key}`)
    this.#sealed.set(key, content)
  }
}
