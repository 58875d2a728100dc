/**
 * Something handed to one peer on a stream of its own, which answers with what it made of it (protocol §3.8, §12).
 *
 * It goes over a connection that is there, and is done only when the other side says so. What is handed to us is believed no
 * more than what comes by gossip, and places and rates are bounded by peer and node. Nothing here throws for what a peer does.
 */
import type { Connection, Stream } from '@libp2p/interface'
import { peerIdFromString } from '@libp2p/peer-id'
import { equalBytes } from '../base/bytes.ts'
import { type Logger, type Metrics, SILENT_LOGGER, SILENT_METRICS } from '../base/report.ts'
import { SECOND_MS } from '../base/time.ts'
import { type UserId, userIdText } from '../core/identity/user.ts'
import type { Check } from '../core/reject.ts'
import { userOf } from './address.ts'
import type { Host } from './host.ts'
import { errorFields } from './report.ts'
import { type SlotLimits, Slots, TurnsByName } from './slots.ts'
import { MalformedError, readMessage, sendMessage } from './stream-message.ts'

/** From when it is handed over until the other side has answered. Sooner, and a busy network would get it twice. */
const DEADLINE_MS = 10 * SECOND_MS
/** Streams of one protocol per connection, each way. */
const MAX_STREAMS = 8

/** What tells one protocol of this kind from another. */
export interface HandoverKind<Outcome extends string> {
  readonly protocol: string
  /** What its counters begin with. */
  readonly name: string
  /** How each outcome is said; no answer stands for none of them. */
  readonly answers: Readonly<Record<Outcome, Uint8Array>>
  readonly maxBytes: number
  /** What is taken at once. We hand half of that to one peer at once: a place is given back a little after the answer. */
  readonly slots: SlotLimits
}

/** What a protocol works with. */
export interface HandoversInit {
  readonly host: Host
  readonly onReject?: (check: Check) => void
  readonly logger?: Logger
  readonly metrics?: Metrics
  /** For tests. */
  readonly deadlineMs?: number
}

/**
 * What becomes of what a peer hands to us; undefined: it is not taken. Settles at the signal at the latest.
 *
 * @throws {MalformedError} when it is nothing of this protocol.
 */
export type Taker<Outcome> = (
  message: Uint8Array,
  from: UserId,
  signal: AbortSignal
) => Outcome | undefined | Promise<Outcome | undefined>

/** One protocol, both ways. */
export class Handovers<Outcome extends string> {
  readonly #kind: HandoverKind<Outcome>
  readonly #take: Taker<Outcome>
  readonly #init: HandoversInit
  readonly #host: Host
  readonly #logger: Logger
  readonly #metrics: Metrics
  readonly #slots: Slots
  readonly #turns: TurnsByName
  readonly #stopped = new AbortController()

  private constructor(kind: HandoverKind<Outcome>, take: Taker<Outcome>, init: HandoversInit) {
    this.#kind = kind
    this.#take = take
    this.#init = init
    this.#host = init.host
    this.#logger = init.logger ?? SILENT_LOGGER
    this.#metrics = init.metrics ?? SILENT_METRICS
    this.#slots = new Slots(kind.slots)
    this.#turns = new TurnsByName(kind.slots.perPeer / 2)
  }

  /** Takes what is handed to us from now on. */
  static async start<Outcome extends string>(
    kind: HandoverKind<Outcome>,
    take: Taker<Outcome>,
    init: HandoversInit
  ): Promise<Handovers<Outcome>> {
    const handovers = new Handovers(kind, take, init)
    await init.host.libp2p.handle(kind.protocol, (stream, connection) => handovers.#serve(stream, connection), {
      maxInboundStreams: MAX_STREAMS,
      maxOutboundStreams: MAX_STREAMS
    })
    return handovers
  }

  /** Breaks off what is under way and takes no more. */
  async stop(): Promise<void> {
    this.#stopped.abort()
    await this.#host.libp2p.unhandle(this.#kind.protocol).catch(() => {})
  }

  /**
   * Hands something over.
   *
   * @returns what the peer says of it; undefined when it does not say, and at once when it is not connected or does not speak
   * the protocol.
   */
  async hand(to: UserId, message: Uint8Array): Promise<Outcome | undefined> {
    const { protocol, name } = this.#kind
    const peer = userIdText(to)
    const connection = this.#host.libp2p
      .getConnections(peerIdFromString(peer))
      .find(({ status, limits }) => status === 'open' && limits === undefined)
    const isSpoken = this.#host.speaks(peer, protocol) !== false
    if (connection === undefined || !isSpoken || this.#stopped.signal.aborted) return undefined
    const signal = this.#deadline()
    const endTurn = await this.#turns.take(peer, signal)
    let stream: Stream | undefined
    try {
      signal.throwIfAborted()
      stream = await connection.newStream(protocol, { signal })
      sendMessage(stream, message)
      const outcome = await this.#outcome(stream, signal)
      this.#metrics.count(`${name}.${outcome}`)
      await stream.close({ signal }).catch(() => {})
      return outcome
    } catch (error) {
      this.#metrics.count(`${name}.failed`)
      this.#logger.log('debug', `${name}.failed`, errorFields(error))
      stream?.abort(new Error('not taken'))
      return undefined
    } finally {
      endTurn?.()
    }
  }

  /** @throws {MalformedError} when the answer is none of the protocol's. */
  async #outcome(stream: Stream, signal: AbortSignal): Promise<Outcome> {
    const answers = Object.entries(this.#kind.answers) as [Outcome, Uint8Array][]
    const answer = await readMessage(stream, Math.max(...answers.map(([, { length }]) => length)), signal)
    const said = answers.find(([, bytes]) => equalBytes(bytes, answer))
    if (said === undefined) throw new MalformedError()
    return said[0]
  }

  #serve(stream: Stream, connection: Connection): void {
    const from = userOf(connection.remotePeer)
    const isWelcome = from !== undefined && !this.#stopped.signal.aborted
    const giveBack = isWelcome ? this.#slots.take(userIdText(from), performance.now()) : undefined
    if (from === undefined || giveBack === undefined) {
      this.#metrics.count(`${this.#kind.name}.busy`)
      stream.abort(new Error('busy'))
      return
    }
    void this.#serveOne(stream, from, this.#deadline()).finally(giveBack)
  }

  async #serveOne(stream: Stream, from: UserId, signal: AbortSignal): Promise<void> {
    const { name, answers, maxBytes } = this.#kind
    try {
      const outcome = await this.#take(await readMessage(stream, maxBytes, signal), from, signal)
      if (outcome === undefined) {
        this.#metrics.count(`${name}.notTaken`)
        stream.abort(new Error('not taken'))
        return
      }
      sendMessage(stream, answers[outcome])
      await stream.close({ signal })
    } catch (error) {
      if (error instanceof MalformedError) this.#reject(803)
      this.#metrics.count(`${name}.brokenOff`)
      this.#logger.log('debug', `${name}.brokenOff`, errorFields(error))
      stream.abort(new Error('broken off'))
    }
  }

  #deadline(): AbortSignal {
    return AbortSignal.any([AbortSignal.timeout(this.#init.deadlineMs ?? DEADLINE_MS), this.#stopped.signal])
  }

  #reject(check: Check): void {
    this.#metrics.count(`${this.#kind.name}.refused.${check}`)
    this.#init.onReject?.(check)
  }
}
