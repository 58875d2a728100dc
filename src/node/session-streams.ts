/**
 * Frames of one-to-one sessions, handed to the user they are for (protocol §12).
 *
 * To a peer that is not connected a dial is begun, so that a later frame finds the connection there; it is waited for only by
 * a frame that has no other way.
 */
import { EMPTY } from '../base/bytes.ts'
import { type UserId, userIdText } from '../core/identity/user.ts'
import type { HandOutcome } from '../core/machine.ts'
import { FRAME_BYTES } from '../wire/limits.ts'
import { SESSION_PROTOCOL } from '../wire/names.ts'
import { Dials } from './dials.ts'
import { type HandoverKind, Handovers, type HandoversInit, type Taker } from './handovers.ts'
import type { Host } from './host.ts'
import { MalformedError } from './stream-message.ts'

/** What the other end says of a frame that it has got. */
export type HandAnswer = Exclude<HandOutcome, 'failed'>

/** Session frames of one peer that are taken at once. */
export const MAX_HANDED_PEER = 8

const KIND: HandoverKind<HandAnswer> = {
  protocol: SESSION_PROTOCOL,
  name: 'sessions',
  answers: { taken: EMPTY, unknown: Uint8Array.of(1) },
  maxBytes: FRAME_BYTES,
  slots: { inAll: 128, perPeer: MAX_HANDED_PEER, rate: { perSecond: 20, burst: 60 } }
}

/** What session streams are made of. */
export interface SessionStreamsInit extends HandoversInit {
  /** A frame as a user handed it to us. */
  readonly onFrame: Taker<HandAnswer>
}

/** Session frames out, session frames in. */
export class SessionStreams {
  readonly #host: Host
  readonly #handovers: Handovers<HandAnswer>
  readonly #dials: Dials

  private constructor(host: Host, handovers: Handovers<HandAnswer>) {
    this.#host = host
    this.#handovers = handovers
    this.#dials = new Dials(host)
  }

  /** Takes session frames from now on. */
  static async start({ onFrame, ...init }: SessionStreamsInit): Promise<SessionStreams> {
    const take: Taker<HandAnswer> = (frame, from, signal) => {
      if (frame.length === 0) throw new MalformedError()
      return onFrame(frame, from, signal)
    }
    return new SessionStreams(init.host, await Handovers.start(KIND, take, init))
  }

  /** Breaks off what is under way, and takes and dials no more. */
  async stop(): Promise<void> {
    this.#dials.stop()
    await this.#handovers.stop()
  }

  /**
   * Hands a frame over.
   *
   * @param isOnlyWay - whether to wait for a connection when there is none; else it has failed at once.
   */
  async hand(to: UserId, frame: Uint8Array, isOnlyWay: boolean): Promise<HandOutcome> {
    if (!this.#host.isConnected(userIdText(to))) {
      const dial = this.#dials.reach(to)
      if (!isOnlyWay || !(await dial)) return 'failed'
    }
    return (await this.#handovers.hand(to, frame)) ?? 'failed'
  }
}
