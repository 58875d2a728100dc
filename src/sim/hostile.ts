/**
 * What strangers, removed members and lying carriers put on a topic: bytes that decode and are signed by their maker, yet
 * must change nothing. All of it is drawn from one seeded stream.
 */
import { copyBytes } from '../base/bytes.ts'
import { type Frame, makeFrame } from '../core/channel/frame.ts'
import { Refusal } from '../core/reject.ts'
import { type SigningKey, signingKey } from '../crypto/sign.ts'
import { PREKEY_ID_BYTES } from '../wire/limits.ts'
import type { Random } from './random.ts'
import type { NetworkFaults } from './scene.ts'

/**
 * `garbage`: random bytes; `mutated`: recorded frames with a flipped bit; `requests`: well-formed key requests by fresh
 * strangers that nobody can open; `resigned`: recorded bodies under the flooder's own key; `twisted`: the same with random
 * bytes in every sealed part.
 */
export type Flood = 'garbage' | 'mutated' | 'requests' | 'resigned' | 'twisted'

/** X-Wing encapsulation and a padded request with its tag. */
const REQUEST_ENC_BYTES = 1120
const REQUEST_SEALED_BYTES = 1024 + 16

export class Hostile {
  readonly #network: NetworkFaults
  readonly #random: Random

  constructor(network: NetworkFaults, random: Random) {
    this.#network = network
    this.#random = random
  }

  /** Delivers recorded packets again. */
  replay(count: number): void {
    const { packets } = this.#network
    for (let i = 0; i < count && packets.length > 0; i++) this.#network.replay(this.#random.pick(packets))
  }

  /** @param as - whose key signs; a fresh stranger's unless told. */
  flood(channel: Uint8Array, what: Flood, count: number, as: SigningKey | undefined): void {
    for (let i = 0; i < count; i++) {
      const bytes = this.#make(channel, what, as)
      if (bytes !== undefined) this.#network.inject(channel, bytes)
    }
  }

  #make(channel: Uint8Array, what: Flood, as: SigningKey | undefined): Uint8Array | undefined {
    const random = this.#random
    const key = as ?? signingKey(random.bytes(32))
    switch (what) {
      case 'garbage':
        return random.bytes(random.between(0, 600))
      case 'mutated': {
        const packet = this.#pick()
        const bytes = packet && copyBytes(packet.bytes)
        if (bytes !== undefined) bytes[random.between(0, bytes.length - 1)]! ^= 1 << random.between(0, 7)
        return bytes
      }
      case 'requests':
        return makeFrame(channel, key, {
          keyRequest: {
            prekey: random.bytes(PREKEY_ID_BYTES),
            attempt: random.between(0, 3),
            enc: random.bytes(REQUEST_ENC_BYTES),
            sealed: random.bytes(REQUEST_SEALED_BYTES)
          }
        }).bytes
      case 'resigned':
      case 'twisted': {
        const packet = this.#pick()
        const frame = packet && this.#network.read(packet)
        if (frame === undefined || frame instanceof Refusal) return undefined
        return makeFrame(channel, key, what === 'twisted' ? this.#twist(frame) : frame.body, frame.attachment).bytes
      }
      default:
        return what satisfies never
    }
  }

  #twist(frame: Frame): Frame['body'] {
    const content = frame.body[frame.kind] as { sealed?: Uint8Array } | undefined
    if (content?.sealed === undefined) return frame.body
    return { [frame.kind]: { ...content, sealed: this.#random.bytes(content.sealed.length) } }
  }

  #pick() {
    const { packets } = this.#network
    return packets.length === 0 ? undefined : this.#random.pick(packets)
  }
}
