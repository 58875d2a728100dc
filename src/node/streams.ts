/**
 * One question, one answer, on a stream of its own (protocol §12).
 *
 * Both sides give up at a deadline, whoever is slow. What is malformed resets the stream and is counted; nothing here
 * throws for what a peer does. Answers are bounded at once by stream, peer and node, so that askers who do not read cannot
 * make us hold much. Questions for messages make us read the store: fewer of them are taken of one peer, and few are looked up
 * at once.
 */
import type { Connection, Stream } from '@libp2p/interface'
import { peerIdFromString } from '@libp2p/peer-id'
import { type Logger, type Metrics, SILENT_LOGGER, SILENT_METRICS } from '../base/report.ts'
import { SECOND_MS } from '../base/time.ts'
import { type UserId, userIdText } from '../core/identity/user.ts'
import type { Check } from '../core/reject.ts'
import { type Codec, decodeStrict } from '../wire/codec.ts'
import { STREAM_MESSAGE_BYTES } from '../wire/limits.ts'
import { Answer, Question } from '../wire/messages.ts'
import { HISTORY_PROTOCOL } from '../wire/names.ts'
import { hintedUsers, userOf } from './address.ts'
import { Buckets, type Rate } from './buckets.ts'
import type { Host } from './host.ts'
import { errorFields } from './report.ts'
import { Slots, Turns } from './slots.ts'
import { MalformedError, readMessage, sendMessage } from './stream-message.ts'

/** From the first byte of a question to the last of its answer, on either side. */
const DEADLINE_MS = 10 * SECOND_MS
/** With others left to ask, nobody is waited for longer than this. */
const IMPATIENT_MS = 3 * SECOND_MS
/** Peers asked in turn when the question is not for one peer. */
const MAX_ASKED = 3
/** Questions are small; only answers may fill STREAM_MESSAGE_BYTES. */
export const QUESTION_BYTES = 64 * 1024
/** Questions being answered: in all, and of one peer. */
const MAX_ANSWERING = 32
export const MAX_ANSWERING_PEER = 8
/** Streams of the protocol per connection, each way. */
const MAX_STREAMS = 16
/** Questions of one peer. */
const QUESTIONS: Rate = { perSecond: 20, burst: 60 }
/** Of these, questions for messages: enough for 65,000 messages, then 1,000 a second. */
const FRAMES_QUESTIONS: Rate = { perSecond: 4, burst: 256 }
/** Questions for messages that are looked up at once. */
export const LOOKED_UP_AT_ONCE = 4
const MAX_RATED = 1_024
/** Fields that may repeat in an answer: more is not an honest peer's. */
const MAX_FRAMES = 8_192
const MAX_RECORDS = 64

/** Answers a stranger's question; undefined: no answer. The signal is aborted when nobody waits any more. */
export type Answerer = (from: UserId, question: Question, signal: AbortSignal) => Promise<Answer | undefined>

/** What streams are made of. */
export interface StreamsInit {
  readonly host: Host
  readonly onQuestion: Answerer
  /** Connected peers that may know about a channel, best first. */
  readonly subscribers: (channel: Uint8Array) => readonly UserId[]
  readonly onReject?: (check: Check) => void
  readonly logger?: Logger
  readonly metrics?: Metrics
  /** For tests. */
  readonly deadlineMs?: number
  readonly impatientMs?: number
  readonly framesQuestions?: Rate
}

/** What came back, and from whom; `from` is the one asked last when nobody answered. */
export interface Asked {
  readonly from: UserId | undefined
  readonly answer: Answer | undefined
}

const ANSWER_CODEC: Codec<Answer> = {
  encode: Answer.encode,
  decode: (bytes) => Answer.decode(bytes, { limits: { frames: MAX_FRAMES, records: MAX_RECORDS } })
}

/** Questions out, questions in. */
export class Streams {
  readonly #init: StreamsInit
  readonly #host: Host
  readonly #logger: Logger
  readonly #metrics: Metrics
  readonly #deadlineMs: number
  readonly #slots = new Slots({ inAll: MAX_ANSWERING, perPeer: MAX_ANSWERING_PEER, rate: QUESTIONS })
  readonly #framesRates = new Buckets(MAX_RATED)
  readonly #turns = new Turns(LOOKED_UP_AT_ONCE)
  readonly #stopped = new AbortController()

  private constructor(init: StreamsInit) {
    this.#init = init
    this.#host = init.host
    this.#logger = init.logger ?? SILENT_LOGGER
    this.#metrics = init.metrics ?? SILENT_METRICS
    this.#deadlineMs = init.deadlineMs ?? DEADLINE_MS
  }

  /** Answers from now on. */
  static async start(init: StreamsInit): Promise<Streams> {
    const streams = new Streams(init)
    await init.host.libp2p.handle(HISTORY_PROTOCOL, (stream, connection) => streams.#serve(stream, connection), {
      maxInboundStreams: MAX_STREAMS,
      maxOutboundStreams: MAX_STREAMS
    })
    return streams
  }

  /** Breaks off what is under way and answers no more. */
  async stop(): Promise<void> {
    this.#stopped.abort()
    await this.#host.libp2p.unhandle(HISTORY_PROTOCOL).catch(() => {})
  }

  /**
   * Asks one peer, or up to three in turn until one has something to say.
   *
   * @param to - undefined: whoever the addresses name, then connected subscribers of the channel.
   * @param addresses - binary multiaddrs, tried for a peer that is not connected; hints of a stranger.
   * @param skip - without `to`: how many to pass over; when all are, it begins anew.
   * @param but - for session frames without `to`, which one carrier without keys is asked for: who is not asked.
   * @returns an answer that may be empty: its sender knows nothing of it. `answer` is undefined when nobody answered.
   */
  async ask(
    channel: Uint8Array,
    to: UserId | undefined,
    addresses: readonly Uint8Array[],
    question: Question,
    skip = 0,
    but: readonly UserId[] = []
  ): Promise<Asked> {
    const bytes = Question.encode(question)
    let best: Asked = { from: to, answer: undefined }
    if (bytes.length > QUESTION_BYTES || this.#stopped.signal.aborted) return best
    if (question.frames !== undefined) this.#metrics.count('streams.askedForFrames')
    const candidates =
      to !== undefined
        ? [to]
        : question.sessions !== undefined
          ? this.#carriersBut(channel, but).slice(0, 1)
          : this.#candidates(channel, addresses, question, skip)
    for (const [i, from] of candidates.entries()) {
      const isLast = i === candidates.length - 1
      const patienceMs = isLast ? this.#deadlineMs : Math.min(this.#deadlineMs, this.#init.impatientMs ?? IMPATIENT_MS)
      const answer = await this.#askOne(from, addresses, bytes, AbortSignal.timeout(patienceMs))
      if (answer !== undefined || best.answer === undefined) best = { from, answer: answer ?? best.answer }
      if (answer !== undefined && Answer.encode(answer).length > 0) break
    }
    return best
  }

  /** Whoever the hints name, then subscribers. Carriers without keys have frames, and nothing else. */
  #candidates(channel: Uint8Array, addresses: readonly Uint8Array[], { frames }: Question, skip: number): UserId[] {
    const byName = new Map<string, UserId>()
    for (const user of [...hintedUsers(addresses), ...this.#init.subscribers(channel)]) {
      const peer = userIdText(user)
      if (frames === undefined && this.#host.isCarrier(peer)) continue
      if (this.#host.speaks(peer, HISTORY_PROTOCOL) !== false) byName.set(peer, user)
    }
    byName.delete(userIdText(this.#host.user))
    const all = [...byName.values()]
    const first = all.length === 0 ? 0 : skip % all.length
    return [...all.slice(first), ...all.slice(0, first)].slice(0, MAX_ASKED)
  }

  /** Carriers without keys that carry a channel. */
  #carriersBut(channel: Uint8Array, but: readonly UserId[]): UserId[] {
    const names = new Set(but.map(userIdText))
    return this.#init.subscribers(channel).filter((user) => {
      const peer = userIdText(user)
      return this.#host.isCarrier(peer) && !names.has(peer) && this.#host.speaks(peer, HISTORY_PROTOCOL) !== false
    })
  }

  async #askOne(
    to: UserId,
    addresses: readonly Uint8Array[],
    question: Uint8Array,
    patience: AbortSignal
  ): Promise<Answer | undefined> {
    const signal = AbortSignal.any([patience, this.#stopped.signal])
    let stream: Stream | undefined
    try {
      // A dial that takes too long goes on while others are asked: broken off it would be made again, and the next question,
      // or a frame for this very peer, finds the connection there.
      const dialling = AbortSignal.any([AbortSignal.timeout(this.#deadlineMs), this.#stopped.signal])
      if (!(await within(this.#host.dial(to, addresses, dialling), signal))) return undefined
      stream = await this.#host.libp2p.dialProtocol(peerIdFromString(userIdText(to)), HISTORY_PROTOCOL, { signal })
      sendMessage(stream, question)
      const bytes = await readMessage(stream, STREAM_MESSAGE_BYTES, signal)
      await stream.close({ signal })
      const answer = decodeStrict(ANSWER_CODEC, bytes, STREAM_MESSAGE_BYTES)
      if (answer === undefined) this.#reject(802)
      else this.#metrics.count('streams.answered')
      return answer
    } catch (error) {
      this.#metrics.count('streams.unanswered')
      this.#logger.log('debug', 'streams.unanswered', errorFields(error))
      if (error instanceof MalformedError) this.#reject(802)
      stream?.abort(new Error('no answer'))
      return undefined
    }
  }

  #serve(stream: Stream, connection: Connection): void {
    const peer = connection.remotePeer.toString()
    const from = userOf(connection.remotePeer)
    const isWelcome = from !== undefined && !this.#stopped.signal.aborted
    const giveBack = isWelcome ? this.#slots.take(peer, performance.now()) : undefined
    if (from === undefined || giveBack === undefined) {
      this.#metrics.count('streams.busy')
      stream.abort(new Error('busy'))
      return
    }
    const done = new AbortController()
    const signal = AbortSignal.any([AbortSignal.timeout(this.#deadlineMs), this.#stopped.signal, done.signal])
    void this.#serveOne(stream, from, signal).finally(() => {
      done.abort()
      giveBack()
    })
  }

  async #serveOne(stream: Stream, from: UserId, signal: AbortSignal): Promise<void> {
    try {
      const bytes = await readMessage(stream, QUESTION_BYTES, signal)
      const question = decodeStrict(Question, bytes, QUESTION_BYTES)
      if (question === undefined || Object.values(question).every((kind) => kind === undefined)) {
        throw new MalformedError()
      }
      const answer = await this.#answer(from, question, AbortSignal.any([signal, endOf(stream)]))
      const encoded = answer === undefined ? undefined : Answer.encode(answer)
      if (encoded === undefined || encoded.length > STREAM_MESSAGE_BYTES) {
        this.#metrics.count('streams.notAnswered')
        stream.abort(new Error('no answer'))
        return
      }
      sendMessage(stream, encoded)
      // Resolves when the bytes are on their way, or rejects at the deadline when the other side does not read.
      await stream.close({ signal })
      this.#metrics.count('streams.served')
    } catch (error) {
      if (error instanceof MalformedError) this.#reject(801)
      this.#metrics.count('streams.brokenOff')
      this.#logger.log('debug', 'streams.brokenOff', errorFields(error))
      stream.abort(new Error('broken off'))
    }
  }

  #answer(from: UserId, question: Question, signal: AbortSignal): Promise<Answer | undefined> {
    const isLookUp = question.frames !== undefined || question.sessions !== undefined
    return within(
      isLookUp ? this.#lookUp(from, question, signal) : this.#init.onQuestion(from, question, signal),
      signal
    )
  }

  /** Answers a question for messages, when it is its turn. */
  async #lookUp(from: UserId, question: Question, signal: AbortSignal): Promise<Answer | undefined> {
    const rate = this.#init.framesQuestions ?? FRAMES_QUESTIONS
    if (!this.#framesRates.take(userIdText(from), 'frames', rate, performance.now())) {
      this.#metrics.count('streams.tooMany')
      return undefined
    }
    const endTurn = await this.#turns.take(signal)
    if (endTurn === undefined) return undefined
    try {
      return await this.#init.onQuestion(from, question, signal)
    } finally {
      endTurn()
    }
  }

  #reject(check: Check): void {
    this.#metrics.count(`streams.refused.${check}`)
    this.#init.onReject?.(check)
  }
}

/** Aborted when the other side breaks the stream off, or its connection ends. */
function endOf(stream: Stream): AbortSignal {
  const end = new AbortController()
  const onClose = (): void => end.abort(new Error('stream ended'))
  stream.addEventListener('close', onClose, { once: true })
  if (stream.status !== 'open') onClose()
  return end.signal
}

/** The promise, or a rejection when the signal comes first. What the promise does later is nobody's concern. */
async function within<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  const { promise: aborted, reject } = Promise.withResolvers<never>()
  const onAbort = (): void => reject(signal.reason)
  signal.addEventListener('abort', onAbort, { once: true })
  try {
    return await Promise.race([promise, aborted])
  } finally {
    signal.removeEventListener('abort', onAbort)
  }
}
