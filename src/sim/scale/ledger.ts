/**
 * The record of a crowd's run, kept short: what happened to many peers stands in one line for each second and span of time.
 */
import { SECOND_MS } from '../../base/time.ts'
import type { Recorder } from '../record.ts'
import type { CrowdEpoch } from './office.ts'

/** Spans of time: two to each doubling. */
const SPANS = 64

/** The span in which a time lies, ms. */
const spanOf = (ms: number): number => {
  const whole = Math.max(1, Math.round(ms))
  const octave = 31 - Math.clz32(whole)
  return 2 * octave + (octave > 0 ? (whole >>> (octave - 1)) & 1 : 0)
}

/** The middle of a span, ms. */
const middleOf = (span: number): number => Math.round(2 ** (span >> 1) * (span & 1 ? 1.75 : 1.25))

/** Times of many peers, by span. */
export class Spans {
  readonly counts = new Float64Array(SPANS)
  total = 0
  sum = 0
  longest = 0

  add(ms: number): void {
    this.counts[spanOf(ms)]!++
    this.total++
    this.sum += ms
    if (ms > this.longest) this.longest = ms
  }

  /** The time below which a share of all lies, as exactly as spans are: ms. */
  quantile(share: number): number {
    let before = 0
    for (let span = 0; span < SPANS; span++) {
      before += this.counts[span]!
      if (before >= share * this.total) return Math.min(middleOf(span), Math.round(this.longest))
    }
    return 0
  }
}

export class Ledger {
  readonly #record: Recorder
  readonly #shown = new Float64Array(SPANS)
  readonly #keys = new Map<CrowdEpoch, Float64Array>()
  /** Times of all messages, of all epochs at members that follow, of all joins. */
  readonly delivery = new Spans()
  readonly adoption = new Spans()
  readonly joining = new Spans()
  #carried = new Map<string, readonly [number, number]>()
  #handled = 0
  #realMs: number
  mostRss = 0

  constructor(record: Recorder) {
    this.#record = record
    this.#realMs = performance.now()
  }

  shown(ms: number): void {
    this.delivery.add(ms)
    this.#shown[spanOf(ms)]!++
  }

  /** Somebody has the key of an epoch. @param ms - since it was made. */
  keyed(epoch: CrowdEpoch, ms: number): void {
    let spans = this.#keys.get(epoch)
    if (spans === undefined) {
      spans = new Float64Array(SPANS)
      this.#keys.set(epoch, spans)
    }
    this.adoption.add(ms)
    spans[spanOf(ms)]!++
  }

  /** What there is to say of the last second. */
  flush(at: number, online: number, handled: number, carried: ReadonlyMap<string, readonly [number, number]>): void {
    for (let span = 0; span < SPANS; span++) {
      if (this.#shown[span]! > 0) this.#record({ type: 'shown', at, ms: middleOf(span), count: this.#shown[span]! })
    }
    this.#shown.fill(0)
    for (const [{ term, serial }, spans] of this.#keys) {
      for (const [span, count] of spans.entries()) {
        if (count === 0) continue
        this.#record({ type: 'key', at, peer: '', count, state: 'ready', term, serial, ms: middleOf(span) })
      }
    }
    this.#keys.clear()
    const kinds: Record<string, readonly [number, number]> = {}
    for (const [kind, [frames, bytes]] of carried) {
      const [before, bytesBefore] = this.#carried.get(kind) ?? [0, 0]
      if (frames > before) kinds[kind] = [frames - before, Math.round(bytes - bytesBefore)]
      this.#carried.set(kind, [frames, bytes])
    }
    if (Object.keys(kinds).length > 0) this.#record({ type: 'carried', at, kinds })
    const rss = process.memoryUsage.rss()
    this.mostRss = Math.max(this.mostRss, rss)
    const now = performance.now()
    const events = handled - this.#handled
    this.#record({ type: 'sample', at, rss, events, ms: Math.round(now - this.#realMs), online })
    this.#handled = handled
    this.#realMs = now
  }
}

/** How often the record is written. */
export const FLUSH_MS = SECOND_MS
