/**
 * Frames of one-to-one sessions that passed on a topic: kept, as they are, for members who were away, and given to whoever asks
 * (protocol §12). Those for us, too: whoever asks everybody would learn from what one has not kept that it is that one's.
 *
 * Any member may say them, and whom they are for cannot be seen, so room is shared out: an author has a bound of its own, and
 * when there is no more room the channel that has most of it pays, in it the author that has most, and of that one the oldest
 * goes.
 */
import { copyBytes, hex, mapKey } from '../base/bytes.ts'
import { inTurn } from '../base/in-turn.ts'
import { SECOND_MS } from '../base/time.ts'
import type { Answer, SessionsQuestion } from '../wire/messages.ts'
import { channelIdText } from '../wire/names.ts'
import { CarriedRow } from '../wire/rows.ts'
import type { Frame } from './channel/frame.ts'
import { beginningOf, FramesAnswer, isWithinBounds } from './channel/frames-answer.ts'
import { Deadlines } from './deadlines.ts'
import type { Env, RowKey } from './machine.ts'
import { type Out, stateKey, stateRow } from './out.ts'
import { CARRIED_BYTES, CARRIED_FRAME_BYTES, CARRIED_LOOK_MS, CARRIED_MS, CARRIED_OF_ONE_BYTES } from './params.ts'
import type { NamedRow } from './restore.ts'

interface Author {
  readonly user: Uint8Array
  /** Kept last at the end. */
  readonly frames: Set<CarriedRow>
  bytes: number
}

interface Channel {
  readonly name: string
  readonly authors: Map<string, Author>
  /** Ids, hex. */
  readonly ids: Set<string>
  bytes: number
}

export class Carried {
  readonly #retentionOf: (channel: string) => number
  readonly #channels = new Map<string, Channel>()
  readonly #deadlines = new Deadlines<'look'>()
  #bytes = 0

  /** @param retentionOf - how long a channel, by its id's text, has its messages kept, s; 0: for ever. */
  constructor(retentionOf: (channel: string) => number) {
    this.#retentionOf = retentionOf
  }

  restore(rows: readonly NamedRow[], env: Env): void {
    const kept = rows.map(({ name, value }) => ({ name, row: CarriedRow.decode(value) }))
    for (const { name, row } of kept.sort((a, b) => a.row.keptAt - b.row.keptAt)) this.#add(name, row)
    if (kept.length > 0) this.#deadlines.set('look', env.uptimeMs)
  }

  /** Keeps a frame of a member that came on its topic. */
  keep({ channel, author, id, body, bytes: frame }: Frame, env: Env, out: Out): void {
    const name = channelIdText(channel)
    const { lamport } = body.session!
    const row = { author, lamport, keptAt: env.now, id, frame: copyBytes(frame) }
    if (lamport === 0 || this.#channels.get(name)?.ids.has(hex(id))) return
    const place = this.#add(name, row)
    out.note([stateRow(entryOf(name, row), CarriedRow.encode(row))])
    while (place.author.bytes > CARRIED_OF_ONE_BYTES) this.#dropOldest(place.channel, place.author, out)
    while (this.#bytes > CARRIED_BYTES) {
      const payer = largest(this.#channels.values())
      this.#dropOldest(payer, largest(payer.authors.values()), out)
    }
    this.#deadlines.setEarliest('look', env.uptimeMs + Math.min(CARRIED_LOOK_MS, this.#ageMs(name)))
  }

  /** @returns undefined for what is no proper question. */
  answer(question: SessionsQuestion, env: Env): Answer | undefined {
    if (!isWithinBounds(question)) return undefined
    const { channel, from, known } = question
    const name = channelIdText(channel)
    const since = env.now - this.#ageMs(name)
    const has = new Set(known.map(mapKey))
    const isWanted = ({ lamport, keptAt, id }: CarriedRow): boolean =>
      lamport >= from && keptAt > since && !has.has(mapKey(beginningOf(id)))
    const authors = [...(this.#channels.get(name)?.authors.values() ?? [])]
    const shelves = authors.map(({ frames }) => [...frames].filter(isWanted).sort((a, b) => b.lamport - a.lamport))
    const answer = new FramesAnswer()
    for (const { frame } of inTurn(shelves)) if (!answer.take(frame)) break
    return answer.answer
  }

  nextAt(): number | undefined {
    return this.#deadlines.next()
  }

  /** Lets go of what was kept for long enough. */
  wake(env: Env, out: Out): void {
    if (this.#deadlines.due(env.uptimeMs).length === 0) return
    for (const channel of [...this.#channels.values()]) {
      const ageMs = this.#ageMs(channel.name)
      const isOld = ({ keptAt }: CarriedRow): boolean => keptAt <= env.now - ageMs
      for (const author of [...channel.authors.values()]) {
        for (const row of [...author.frames].filter(isOld)) this.#drop(channel, author, row, out)
      }
      if (this.#channels.has(channel.name))
        this.#deadlines.setEarliest('look', env.uptimeMs + Math.min(CARRIED_LOOK_MS, Math.max(ageMs, SECOND_MS)))
    }
  }

  /** Forgets a channel. @returns the rows to delete. */
  forget(name: string): RowKey[] {
    const channel = this.#channels.get(name)
    if (channel === undefined) return []
    this.#channels.delete(name)
    this.#bytes -= channel.bytes
    return [...channel.authors.values()].flatMap(({ frames }) => [...frames].map((row) => stateKey(entryOf(name, row))))
  }

  unsafeFills(): { readonly name: string; readonly size: number; readonly cap: number }[] {
    return [{ name: 'bytes of session frames for others', size: this.#bytes, cap: CARRIED_BYTES }]
  }

  #ageMs(name: string): number {
    const retentionMs = this.#retentionOf(name) * SECOND_MS
    return retentionMs === 0 ? CARRIED_MS : Math.min(CARRIED_MS, retentionMs)
  }

  #add(name: string, row: CarriedRow): { readonly channel: Channel; readonly author: Author } {
    const channel = this.#channels.get(name) ?? { name, authors: new Map(), ids: new Set(), bytes: 0 }
    this.#channels.set(name, channel)
    const key = mapKey(row.author)
    const author = channel.authors.get(key) ?? { user: row.author, frames: new Set(), bytes: 0 }
    channel.authors.set(key, author)
    author.frames.add(row)
    channel.ids.add(hex(row.id))
    this.#charge(channel, author, costOf(row))
    return { channel, author }
  }

  #dropOldest(channel: Channel, author: Author, out: Out): void {
    const [oldest] = author.frames
    this.#drop(channel, author, oldest!, out)
  }

  #drop(channel: Channel, author: Author, row: CarriedRow, out: Out): void {
    author.frames.delete(row)
    channel.ids.delete(hex(row.id))
    this.#charge(channel, author, -costOf(row))
    if (author.frames.size === 0) channel.authors.delete(mapKey(author.user))
    if (channel.authors.size === 0) this.#channels.delete(channel.name)
    out.note([], [stateKey(entryOf(channel.name, row))])
  }

  #charge(channel: Channel, author: Author, bytes: number): void {
    author.bytes += bytes
    channel.bytes += bytes
    this.#bytes += bytes
  }
}

const entryOf = (name: string, { id }: CarriedRow): string => `carried/${name}/${hex(id)}`

const costOf = ({ frame }: CarriedRow): number => frame.length + CARRIED_FRAME_BYTES

/** The one with the most bytes. */
function largest<T extends { readonly bytes: number }>(some: Iterable<T>): T {
  const [first, ...others] = some
  return others.reduce((best, one) => (one.bytes > best.bytes ? one : best), first!)
}
