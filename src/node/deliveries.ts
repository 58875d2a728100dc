/**
 * Frames handed to one peer in place of the topic that brings them to everybody (protocol §3.8).
 *
 * No connection is made for one: whenever it is not taken, the topic is left.
 */
import { EMPTY, joinBytes } from '../base/bytes.ts'
import { type UserId, userIdText } from '../core/identity/user.ts'
import { FRAME_BYTES, HASH_BYTES } from '../wire/limits.ts'
import { FRAMES_PROTOCOL } from '../wire/names.ts'
import { type HandoverKind, Handovers, type HandoversInit } from './handovers.ts'
import { MalformedError } from './stream-message.ts'

/** Frames of one peer that are taken at once. */
export const MAX_TAKING_PEER = 4

const KIND: HandoverKind<'taken'> = {
  protocol: FRAMES_PROTOCOL,
  name: 'deliveries',
  answers: { taken: EMPTY },
  maxBytes: HASH_BYTES + FRAME_BYTES,
  slots: { inAll: 128, perPeer: MAX_TAKING_PEER, rate: { perSecond: 10, burst: 40 } }
}

/** What deliveries are made of. */
export interface DeliveriesInit extends HandoversInit {
  /** A frame of a channel as a peer brought it. Returns whether it was taken; false leaves it to the topic. */
  readonly onFrame: (channel: Uint8Array, frame: Uint8Array, from: string) => boolean
}

/** Frames out, frames in. */
export class Deliveries {
  readonly #handovers: Handovers<'taken'>

  private constructor(handovers: Handovers<'taken'>) {
    this.#handovers = handovers
  }

  /** Takes frames from now on. */
  static async start({ onFrame, ...init }: DeliveriesInit): Promise<Deliveries> {
    const take = (message: Uint8Array, from: UserId): 'taken' | undefined => {
      if (message.length <= HASH_BYTES) throw new MalformedError()
      const [channel, frame] = [message.subarray(0, HASH_BYTES), message.subarray(HASH_BYTES)]
      return onFrame(channel, frame, userIdText(from)) ? 'taken' : undefined
    }
    return new Deliveries(await Handovers.start(KIND, take, init))
  }

  /** Breaks off what is under way and takes no more. */
  stop(): Promise<void> {
    return this.#handovers.stop()
  }

  /**
   * Hands a frame over.
   *
   * @param channel - 32 bytes.
   * @returns whether the peer has taken it; false at once when it is not connected or does not speak the protocol.
   */
  async deliver(to: UserId, channel: Uint8Array, frame: Uint8Array): Promise<boolean> {
    return (await this.#handovers.hand(to, joinBytes(channel, frame))) === 'taken'
  }
}
