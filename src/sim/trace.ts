/**
 * What happened, as a hash and as the last few lines. The hash covers times, nodes, kinds and sizes, never bytes: ML-KEM
 * draws its own randomness inside the platform, so ciphertexts differ between two runs of one seed.
 */
import type { Effect, Event } from '../core/machine.ts'
import { QUERIES } from './node.ts'

interface Line {
  readonly at: number
  readonly node: string
  readonly text: string
  readonly size: number
}

const KEPT_LINES = 400
/**
 * Whoever plays a scenario asks peers all the time how they stand. A question that is answered at once counts in the hash, and is
 * not shown: there would be nothing else.
 */
const ANSWERED: ReadonlyMap<string, string> = new Map(QUERIES.map((what) => [`> result ${what}`, `< command ${what}`]))

/** The record of one run. */
export class Trace {
  #low = 0x811c9dc5 | 0
  #high = 0x2545f491 | 0
  #count = 0
  #kept = 0
  readonly #lines: Line[] = []

  /** How many things were noted. */
  get count(): number {
    return this.#count
  }

  /** The same for two runs of one seed and build (I-25). */
  get hash(): string {
    return [this.#high, this.#low].map((lane) => (lane >>> 0).toString(16).padStart(8, '0')).join('')
  }

  /** @param size - bytes or a count, whichever the text is about. */
  note(at: number, node: string, text: string, size = 0): void {
    this.#mix(at)
    this.#mix(size)
    for (let i = 0; i < node.length; i++) this.#mix(node.charCodeAt(i))
    for (let i = 0; i < text.length; i++) this.#mix(text.charCodeAt(i))
    this.#count++
    const newest = this.#kept > 0 ? this.#lines[(this.#kept - 1) % KEPT_LINES] : undefined
    const isAnswer = newest?.node === node && newest.text === ANSWERED.get(text)
    if (isAnswer) this.#kept--
    else this.#lines[this.#kept++ % KEPT_LINES] = { at, node, text, size }
  }

  /** The newest lines, oldest first. */
  last(count: number): string[] {
    const lines: string[] = []
    for (let i = Math.max(0, this.#kept - Math.min(count, KEPT_LINES - 1)); i < this.#kept; i++) {
      const { at, node, text, size } = this.#lines[i % KEPT_LINES]!
      lines.push(`${(at / 1000).toFixed(3).padStart(9)} ${node.padEnd(8)} ${text}${size === 0 ? '' : ` (${size})`}`)
    }
    return lines
  }

  #mix(value: number): void {
    this.#low = Math.imul(this.#low ^ value, 0x01000193)
    this.#high = (Math.imul(this.#high ^ (value + 0x9e37), 0x5bd1e995) ^ (this.#low >>> 13)) | 0
  }
}

/** An event in a few words, without any of its bytes. */
export function describeEvent(event: Event): [text: string, size: number] {
  switch (event.type) {
    case 'restore':
      return ['< restore', event.rows.length]
    case 'frame':
      return [`< frame ${event.frame.kind}`, event.frame.bytes.length]
    case 'wake':
    case 'stop':
      return [`< ${event.type}`, 0]
    case 'command':
      return [`< command ${event.command.type}`, 0]
    case 'carrier':
      return [`< carrier ${event.isReady ? 'ready' : 'gone'}`, 0]
    case 'published':
      return ['< published', event.recipients]
    case 'found':
      return [`< found ${event.kind}`, event.value?.length ?? 0]
    case 'question':
      return [`< question ${kindIn(event.question)}`, 0]
    case 'session':
      return ['< session', event.frame.length]
    case 'handed':
      return [`< handed ${event.outcome}`, 0]
    case 'answer':
      return [`< answer ${event.answer === undefined ? 'none' : 'some'}`, 0]
    default:
      event satisfies never
      return ['', 0]
  }
}

/** An effect in a few words, without any of its bytes. */
export function describeEffect(effect: Effect): [text: string, size: number] {
  switch (effect.type) {
    case 'persist':
      return [effect.isDurable ? '> persist durable' : '> persist', effect.puts.length + effect.deletes.length]
    case 'destroy':
      return ['> destroy', effect.before]
    case 'publish':
      return [`> ${effect.to === undefined ? 'publish' : 'hand'} ${peekKind(effect.frame)}`, effect.frame.length]
    case 'ask':
      return [`> ask ${kindIn(effect.question)}`, 0]
    case 'answer':
      return [`> answer ${effect.answer === undefined ? 'none' : 'some'}`, 0]
    case 'hand':
      return ['> hand session', effect.frame.length]
    case 'answerHand':
      return [`> answer hand ${effect.outcome}`, 0]
    case 'answerFrames':
      return ['> answer frames', effect.ranges.length]
    case 'putRecord':
      return [`> put ${effect.kind}`, effect.value.length]
    case 'lookUp':
      return [`> look up ${effect.kind}`, 0]
    case 'notify':
      return [`> notify ${effect.notice.type}${'state' in effect.notice ? ` ${effect.notice.state}` : ''}`, 0]
    case 'result':
      return [`> result ${effect.result instanceof Error ? effect.result.code : effect.result.type}`, 0]
    case 'reject':
      return ['> reject', effect.check]
    case 'subscribe':
    case 'unsubscribe':
    case 'wakeAt':
      return [`> ${effect.type}`, 0]
    default:
      effect satisfies never
      return ['', 0]
  }
}

const kindIn = (value: object): string =>
  Object.entries(value).find(([, content]) => content !== undefined)?.[0] ?? 'unknown'

const KINDS = [
  'unknown',
  'message',
  'plainMessage',
  'keyRequest',
  'challenge',
  'challengeAnswer',
  'grant',
  'announcement',
  'chunk',
  'coSignature',
  'heartbeat',
  'digest',
  'statements',
  'publicKeyRequest',
  'publicKeyAnswer',
  'session',
  'leave',
  'alarm',
  'demand'
]

/** The kind of an honest frame, read off its bytes without checking anything. */
export function peekKind(frame: Uint8Array): string {
  // author: tag, length, 32 bytes; body: tag, varint length, then the body's first tag.
  let i = 35
  while (frame[i]! >= 0x80) i++
  const first = frame[i + 1] ?? 0
  const field = first < 0x80 ? first >>> 3 : ((first & 0x7f) | (frame[i + 2]! << 7)) >>> 3
  return KINDS[field] ?? 'unknown'
}
