/**
 * Frames handed to one peer on a stream, in place of the topic that brings them to everybody (protocol §3.8).
 *
 * A delivery goes over a connection that is there, never makes one, and is done only when the other side says that it has
 * taken the frame; in every other case the topic is left. What is delivered here is believed no more than what comes by
 * gossip, and places and rates are bounded by peer and node. Nothing here throws for what a peer does.
 */
import type { Connection, Stream } from '@libp2p/interface'
import { peerIdFromString } from '@libp2p/peer-id'
import { EMPTY, joinBytes } from '../base/bytes.ts'
import { type Logger, type Metrics, SILENT_LOGGER, SILENT_METRICS } from '../base/report.ts'
import { SECOND_MS } from '../base/time.ts'
import { type UserId, userIdText } from '../core/identity/user.ts'
import type { Check } from '../core/reject.ts'
import { FRAME_BYTES, HASH_BYTES } from '../wire/limits.ts'
import { FRAMES_PROTOCOL } from '../wire/names.ts'
import { userOf } from './address.ts'
import type { Rate } from './buckets.ts'
import type { Host } from './host.ts'
import { errorFields } from './report.ts'
import { Slots } from './slots.ts'
import { MalformedError, readMessage, sendMessage } from './stream-message.ts'

/** From opening the stream until the other side has taken the frame. Sooner, and a busy network would get the frame twice. */
const DEADLINE_MS = 10 * SECOND_MS
/** Frames being taken: in all (64 KiB each), and of one peer. */
const MAX_TAKING = 128
export const MAX_TAKING_PEER = 4
/** Deliveries of one peer. */
const DELIVERIES: Rate = { perSecond: 10, burst: 40 }
/** Streams of the protocol per connection, each way. */
const MAX_STREAMS = 8
const MAX_BYTES = HASH_BYTES + FRAME_BYTES

/** What deliveries are made of. */
export interface DeliveriesInit {
  readonly host: Host
  /** A frame of a channel as a peer brought it. Returns whether it was taken; false leaves it to the topic. */
  readonly onFrame: (channel: Uint8Array, frame: Uint8Array, from: string) => boolean
  readonly onReject?: (check: Check) => void
  readonly logger?: Logger
  readonly metrics?: Metrics
  /** For tests. */
  readonly deadlineMs?: number
}

/** Frames out, frames in. */
export class Deliveries {
  readonly #init: DeliveriesInit
  readonly #host: Host
  readonly #logger: Logger
  readonly #metrics: Metrics
  readonly #deadlineMs: number
  readonly #slots = new Slots({ inAll: MAX_TAKING, perPeer: MAX_TAKING_PEER, rate: DELIVERIES })
  readonly #stopped = new AbortController()

  private constructor(init: DeliveriesInit) {
    this.#init = init
    this.#host = init.host
    this.#logger = init.logger ?? SILENT_LOGGER
    this.#metrics = init.metrics ?? SILENT_METRICS
    this.#deadlineMs = init.deadlineMs ?? DEADLINE_MS
  }

  /** Takes frames from now on. */
  static async start(init: DeliveriesInit): Promise<Deliveries> {
    const deliveries = new Deliveries(init)
    await init.host.libp2p.handle(FRAMES_PROTOCOL, (stream, connection) => deliveries.#serve(stream, connection), {
      maxInboundStreams: MAX_STREAMS,
      maxOutboundStreams: MAX_STREAMS
    })
    return deliveries
  }

  /** Breaks off what is under way and takes no more. */
  async stop(): Promise<void> {
    this.#stopped.abort()
    await this.#host.libp2p.unhandle(FRAMES_PROTOCOL).catch(() => {})
  }

  /**
   * Hands a frame over.
   *
   * @param channel - 32 bytes.
   * @returns whether the peer has taken it; false at once when it is not connected or does not speak the protocol.
   */
  async deliver(to: UserId, channel: Uint8Array, frame: Uint8Array): Promise<boolean> {
    const peer = userIdText(to)
    const connection = this.#host.libp2p
      .getConnections(peerIdFromString(peer))
      .find(({ status, limits }) => status === 'open' && limits === undefined)
    const isSpoken = this.#host.speaks(peer, FRAMES_PROTOCOL) !== false
    if (connection === undefined || !isSpoken || this.#stopped.signal.aborted) return false
    const signal = this.#deadline()
    let stream: Stream | undefined
    try {
      stream = await connection.newStream(FRAMES_PROTOCOL, { signal })
      sendMessage(stream, joinBytes(channel, frame))
      await readMessage(stream, 0, signal)
      this.#metrics.count('deliveries.taken')
      await stream.close({ signal }).catch(() => {})
      return true
    } catch (error) {
      this.#metrics.count('deliveries.failed')
      this.#logger.log('debug', 'deliveries.failed', errorFields(error))
      stream?.abort(new Error('not taken'))
      return false
    }
  }

  #serve(stream: Stream, connection: Connection): void {
    const peer = connection.remotePeer.toString()
    const isUser = userOf(connection.remotePeer) !== undefined && !this.#stopped.signal.aborted
    const giveBack = isUser ? this.#slots.take(peer, performance.now()) : undefined
    if (giveBack === undefined) {
      this.#metrics.count('deliveries.busy')
      stream.abort(new Error('busy'))
      return
    }
    void this.#serveOne(stream, peer, this.#deadline()).finally(giveBack)
  }

  async #serveOne(stream: Stream, peer: string, signal: AbortSignal): Promise<void> {
    try {
      const bytes = await readMessage(stream, MAX_BYTES, signal)
      if (bytes.length <= HASH_BYTES) throw new MalformedError()
      const [channel, frame] = [bytes.subarray(0, HASH_BYTES), bytes.subarray(HASH_BYTES)]
      if (!this.#init.onFrame(channel, frame, peer)) {
        this.#metrics.count('deliveries.notTaken')
        stream.abort(new Error('not taken'))
        return
      }
      sendMessage(stream, EMPTY)
      await stream.close({ signal })
    } catch (error) {
      if (error instanceof MalformedError) this.#reject(803)
      this.#metrics.count('deliveries.brokenOff')
      this.#logger.log('debug', 'deliveries.brokenOff', errorFields(error))
      stream.abort(new Error('broken off'))
    }
  }

  #deadline(): AbortSignal {
    return AbortSignal.any([AbortSignal.timeout(this.#deadlineMs), this.#stopped.signal])
  }

  #reject(check: Check): void {
    this.#metrics.count(`deliveries.refused.${check}`)
    this.#init.onReject?.(check)
  }
}
