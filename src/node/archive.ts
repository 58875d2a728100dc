/**
 * The messages, and session frames, that a carrier without keys keeps for those who were away, as they travelled, and gives to
 * whoever asks.
 *
 * A carrier cannot know who is a member, and authors cost nothing. So room is shared out: when there is no more, the channel
 * that has most of it pays, in it the author that has most, and of that one the oldest goes. An author costs room by itself,
 * and those heard for less than a day pay first once they hold half of their channel. What a flood takes is taken from others
 * down to its own share, and never from a channel with less.
 *
 * Everything is in the store. Each author of a channel has a room of its own for messages and one for session frames, ordered by
 * Lamport time, and for each of them a row that sums it up, written in the same batch. Writes are not durable: a crash may lose the newest.
 */
import { EMPTY, hex, unhex } from '../base/bytes.ts'
import { type Logger, type Metrics, SILENT_LOGGER, SILENT_METRICS } from '../base/report.ts'
import { DAY_MS, HOUR_MS } from '../base/time.ts'
import type { Frame } from '../core/channel/frame.ts'
import { beginningOf, FramesAnswer, isWithinBounds, type KeptFrame } from '../core/channel/frames-answer.ts'
import { ASKED_RANGES } from '../wire/limits.ts'
import type { Answer, Range, SessionsQuestion } from '../wire/messages.ts'
import { ArchivedAuthorRow, ArchivedFrameRow } from '../wire/rows.ts'
import { Bucket, type Rate } from './buckets.ts'
import { errorFields } from './report.ts'
import type { Row, RowKey, Store } from './store.ts'
import { NATURE, type Nature } from './world.ts'

/** How much is kept, and for how long. */
export interface ArchiveLimits {
  /** Of frames, and what each of them and each author costs beside. 0: nothing is kept, and what was kept goes. */
  readonly maxBytes: number
  /** Since a frame was taken in. */
  readonly maxAgeMs: number
}

/** What an archive is made of. */
export interface ArchiveInit {
  readonly store: Store
  readonly limits: ArchiveLimits
  readonly nature?: Pick<Nature, 'now' | 'uptimeMs'>
  readonly logger?: Logger
  readonly metrics?: Metrics
}

const ROOM = 'archive'
/** What a row costs beside its frame, and an author beside its frames. */
const ROW_BYTES = 256
const AUTHOR_BYTES = 16 * 1024
/** Frames that wait to be written: beyond this they are not kept. */
const MAX_WAITING_BYTES = 8 * 1024 * 1024
/** Authors never heard before, in all channels. */
const NEW_AUTHORS: Rate = { perSecond: 10, burst: 1_000 }
/** How long an author counts as new. */
const NEW_MS = DAY_MS
/** What is full is emptied by this share, so that the next frame finds room. */
const SLACK = 1 / 64
/** Rows deleted in one write, and authors that give up rows before frames that wait are looked at again. */
const DELETED_AT_ONCE = 256
const MAX_GIVING = 64
/** How much too old something may be: each author's rows are looked through once in this time at most. */
const AGE_SLACK_MS = HOUR_MS
/** Authors whose frames are put together when those of everybody are asked for: those known longest. */
const MERGED_AUTHORS = 1_024

/** What is kept of one author in one channel: its messages, or its session frames. */
interface Author {
  readonly channel: string
  readonly user: Uint8Array
  readonly isSessions: boolean
  readonly room: string
  /** ms since 1970 */
  readonly heardAt: number
  frames: number
  bytes: number
  /** No frame has a higher Lamport time. */
  newest: number
  /** No frame was taken in earlier, ms since 1970. */
  oldestAt: number
}

interface Channel {
  /** By `nameIn`. */
  readonly authors: Map<string, Author>
  bytes: number
}

interface Head {
  row: Row
  readonly author: Author
  readonly rest: AsyncIterator<Row>
}

/** Keeps and answers. */
export class Archive {
  readonly #store: Store
  readonly #limits: ArchiveLimits
  readonly #nature: Pick<Nature, 'now' | 'uptimeMs'>
  readonly #logger: Logger
  readonly #metrics: Metrics
  readonly #channels = new Map<string, Channel>()
  #bytes = 0
  #waiting: Frame[] = []
  #waitingBytes = 0
  readonly #newAuthors: Bucket
  #tending: Promise<void> | undefined
  #hasFailed = false

  private constructor({ store, limits, nature = NATURE, logger, metrics }: ArchiveInit) {
    this.#store = store
    this.#limits = limits
    this.#nature = nature
    this.#logger = logger ?? SILENT_LOGGER
    this.#metrics = metrics ?? SILENT_METRICS
    this.#newAuthors = new Bucket(NEW_AUTHORS, nature.uptimeMs())
  }

  /** Knows again what the store holds. @throws {UsageError} `DAMAGED_STORE` */
  static async open(init: ArchiveInit): Promise<Archive> {
    const archive = new Archive(init)
    for await (const { value } of init.store.rows(ROOM)) {
      const { channel, user, frames, isSessions, ...rest } = ArchivedAuthorRow.decode(value)
      const room = roomOf(channel, user, isSessions)
      const author = { ...rest, channel: hex(channel), user, isSessions, room, frames: 0, bytes: 0 }
      archive.#admit(author)
      archive.#charge(author, frames, rest.bytes)
    }
    return archive
  }

  /** Takes a message or a session frame in, to be written by `tend`. Frames of other kinds are not for keeping. */
  keep(frame: Frame): void {
    const { bytes } = frame
    if (placeOf(frame) === undefined || this.#maxBytes === 0 || this.#hasFailed) return
    if (this.#waitingBytes + bytes.length > MAX_WAITING_BYTES) {
      this.#metrics.count('archive.tooFast')
      return
    }
    this.#waiting.push(frame)
    this.#waitingBytes += bytes.length
  }

  /**
   * Writes what waits, makes room, and lets go of what is too old. To be called every now and then; one call at a time does
   * the work. When the store fails, nothing more is kept.
   */
  tend(): Promise<void> {
    this.#tending ??= this.#tend().finally(() => {
      this.#tending = undefined
    })
    return this.#tending
  }

  /** Writes what waits; to be called last. */
  async stop(): Promise<void> {
    await this.#tending
    await this.tend()
  }

  /**
   * The answer to a question for messages: what has been written of them.
   *
   * @returns undefined for what is no proper question. Incomplete when the signal is aborted, as nobody waits for it.
   * @throws {UsageError} `DAMAGED_STORE`
   */
  async answer(channel: Uint8Array, ranges: readonly Range[], signal: AbortSignal): Promise<Answer | undefined> {
    if (ranges.length > ASKED_RANGES) return undefined
    const frames = new FramesAnswer()
    for (const range of ranges) {
      for await (const kept of this.#newestFirst(hex(channel), range)) {
        if (signal.aborted || !frames.look(range, kept)) return frames.answer
      }
    }
    return frames.answer
  }

  /** The answer to a question for session frames. As `answer`. */
  async answerSessions(question: SessionsQuestion, signal: AbortSignal): Promise<Answer | undefined> {
    if (!isWithinBounds(question)) return undefined
    const known = new Set(question.known.map(hex))
    const frames = new FramesAnswer()
    for await (const { entry, value } of this.#inTurn(question)) {
      const isKnown = known.has(hex(beginningOf(unhex(entry))))
      if (signal.aborted || !frames.take(isKnown ? undefined : ArchivedFrameRow.decode(value).frame)) break
    }
    return frames.answer
  }

  // ---------------------------------------------------------------- what is kept

  get #maxBytes(): number {
    return this.#limits.maxAgeMs === 0 ? 0 : this.#limits.maxBytes
  }

  #admit(author: Author): void {
    let channel = this.#channels.get(author.channel)
    if (channel === undefined) {
      channel = { authors: new Map(), bytes: 0 }
      this.#channels.set(author.channel, channel)
    }
    channel.authors.set(nameIn(author), author)
    this.#cost(channel, AUTHOR_BYTES)
  }

  #forget(author: Author): void {
    const channel = this.#channels.get(author.channel)!
    channel.authors.delete(nameIn(author))
    this.#cost(channel, -AUTHOR_BYTES)
    if (channel.authors.size === 0) this.#channels.delete(author.channel)
  }

  #charge(author: Author, frames: number, bytes: number): void {
    author.frames += frames
    author.bytes += bytes
    this.#cost(this.#channels.get(author.channel)!, bytes)
    this.#metrics.count('archive.frames', frames)
  }

  #cost(channel: Channel, bytes: number): void {
    channel.bytes += bytes
    this.#bytes += bytes
    this.#metrics.count('archive.bytes', bytes)
  }

  /** Known, or made known; undefined when too many are new. */
  #authorOf(channelId: Uint8Array, user: Uint8Array, isSessions: boolean, now: number): Author | undefined {
    const channel = hex(channelId)
    const authors = this.#channels.get(channel)?.authors
    const known = authors?.get(nameIn({ user, isSessions }))
    if (known !== undefined) return known
    const other = authors?.get(nameIn({ user, isSessions: !isSessions }))
    if (other === undefined && !this.#newAuthors.take(NEW_AUTHORS, this.#nature.uptimeMs())) {
      this.#metrics.count('archive.tooManyAuthors')
      return undefined
    }
    const room = roomOf(channelId, user, isSessions)
    const heardAt = other?.heardAt ?? now
    const author = { channel, user, isSessions, room, heardAt, frames: 0, bytes: 0, newest: 0, oldestAt: now }
    this.#admit(author)
    return author
  }

  // ---------------------------------------------------------------- tending

  async #tend(): Promise<void> {
    if (this.#hasFailed) return
    try {
      await this.#writeWaiting()
      await this.#makeRoom()
      await this.#letGoOld()
    } catch (error) {
      this.#hasFailed = true
      this.#waiting = []
      this.#metrics.count('archive.failed')
      this.#logger.log('error', 'archive.failed', errorFields(error))
    }
  }

  async #writeWaiting(): Promise<void> {
    const waiting = new Map(this.#waiting.map((frame) => [nameOf(frame), frame]))
    this.#waiting = []
    this.#waitingBytes = 0
    const now = this.#nature.now()
    const puts: Row[] = []
    const changed = new Set<Author>()
    for (const frame of waiting.values()) {
      const { group, lamport } = placeOf(frame)!
      const isSessions = frame.kind === 'session'
      const key = { room: roomOf(frame.channel, frame.author, isSessions), entry: hex(frame.id), order: lamport }
      // What comes again must not be counted twice.
      if ((await this.#store.read(key)) !== undefined) continue
      const author = this.#authorOf(frame.channel, frame.author, isSessions, now)
      if (author === undefined) continue
      author.newest = Math.max(author.newest, lamport)
      author.oldestAt = Math.min(author.oldestAt, now)
      this.#charge(author, 1, frame.bytes.length + ROW_BYTES)
      changed.add(author)
      puts.push({ ...key, value: ArchivedFrameRow.encode({ group, keptAt: now, frame: frame.bytes }) })
    }
    if (puts.length > 0) await this.#write([...puts, ...[...changed].map(authorRow)], [])
  }

  async #makeRoom(): Promise<void> {
    if (this.#bytes <= this.#maxBytes) return
    const wanted = this.#maxBytes * (1 - SLACK)
    for (let i = 0; i < MAX_GIVING && this.#bytes > wanted; i++) {
      let excess = this.#bytes - wanted
      const old: Row[] = []
      const payer = this.#payer()
      for await (const row of this.#store.rows(payer.room, { limit: DELETED_AT_ONCE })) {
        if (excess <= 0) break
        old.push(row)
        excess -= bytesOf(row)
      }
      await this.#drop(payer, old)
      this.#metrics.count('archive.evicted', old.length)
    }
  }

  /** Whose oldest frames make room. */
  #payer(): Author {
    const { authors, bytes } = largest(this.#channels.values())
    const newSince = this.#nature.now() - NEW_MS
    const [newcomers, others] = partition(authors.values(), ({ heardAt }) => heardAt > newSince)
    const theirs = newcomers.reduce((sum, author) => sum + author.bytes + AUTHOR_BYTES, 0)
    const payers = others.length === 0 || theirs > bytes / 2 ? newcomers : others
    // Messages and session frames of one count together.
    const otherOf = ({ user, isSessions }: Author): Author | undefined =>
      authors.get(nameIn({ user, isSessions: !isSessions }))
    const whole = payers.map((author) => ({ author, bytes: author.bytes + (otherOf(author)?.bytes ?? 0) }))
    const { author } = largest(whole)
    const other = otherOf(author)
    return other !== undefined && other.bytes > author.bytes ? other : author
  }

  async #letGoOld(): Promise<void> {
    const since = this.#nature.now() - this.#limits.maxAgeMs
    const isDue = ({ oldestAt }: Author): boolean => oldestAt < since - AGE_SLACK_MS
    const due = [...this.#channels.values()].flatMap(({ authors }) => [...authors.values()].filter(isDue))
    for (const author of due.slice(0, MAX_GIVING)) {
      let oldestAt = this.#nature.now()
      let old: Row[] = []
      for await (const row of this.#store.rows(author.room)) {
        const { keptAt } = ArchivedFrameRow.decode(row.value)
        if (keptAt >= since) oldestAt = Math.min(oldestAt, keptAt)
        else old.push(row)
        if (old.length < DELETED_AT_ONCE) continue
        await this.#drop(author, old)
        old = []
      }
      author.oldestAt = oldestAt
      // Of one who is forgotten already nothing is left.
      if (author.frames > 0) await this.#drop(author, old)
    }
  }

  /** Deletes frames of an author, and the author with the last of them. */
  async #drop(author: Author, rows: readonly Row[]): Promise<void> {
    this.#charge(author, -rows.length, -rows.reduce((sum, row) => sum + bytesOf(row), 0))
    const row = authorRow(author)
    if (author.frames > 0) return this.#write([row], rows)
    this.#forget(author)
    await this.#write([], [...rows, row])
  }

  #write(puts: readonly Row[], deletes: readonly RowKey[]): Promise<void> {
    return this.#store.write({ puts, deletes, isDurable: false })
  }

  // ---------------------------------------------------------------- answers

  /** The kept messages of a range, by falling Lamport time; undefined for each author that has none after all. */
  async *#newestFirst(channel: string, { sender, from, to }: Range): AsyncGenerator<KeptFrame | undefined> {
    const heads: Head[] = []
    try {
      for (const author of this.#authorsAmong(channel, sender, from)) {
        yield* above(heads, author.newest)
        const rest = this.#store.rows(author.room, { from, to, isReverse: true })[Symbol.asyncIterator]()
        const { value: row } = await rest.next()
        if (row === undefined) yield undefined
        else heads.push({ row, author, rest })
      }
      yield* above(heads, -1)
    } finally {
      for (const { rest } of heads) await rest.return?.()
    }
  }

  /** The kept session frames of a channel: of each author the newest first, of one after the other in turn. */
  async *#inTurn({ channel, from }: SessionsQuestion): AsyncGenerator<Row> {
    const authors = [...(this.#channels.get(hex(channel))?.authors.values() ?? [])]
    const some = authors.filter(({ isSessions, newest }) => isSessions && newest >= from)
    some.sort((a, b) => a.heardAt - b.heardAt).splice(MERGED_AUTHORS)
    const opened = some.map(({ room }) => this.#store.rows(room, { from, isReverse: true })[Symbol.asyncIterator]())
    try {
      for (let left = opened; left.length > 0; ) {
        const more: typeof opened = []
        for (const rows of left) {
          const { value: row } = await rows.next()
          if (row === undefined) continue
          more.push(rows)
          yield row
        }
        left = more
      }
    } finally {
      for (const rows of opened) await rows.return?.()
    }
  }

  /** Authors that may have messages in a range, those with the newest first. */
  #authorsAmong(channel: string, sender: Uint8Array, from: number): Author[] {
    const authors = this.#channels.get(channel)?.authors
    const one = { user: sender, isSessions: false }
    const some = sender.length > 0 ? [authors?.get(nameIn(one)) ?? []].flat() : [...(authors?.values() ?? [])]
    const inRange = some.filter(({ newest, isSessions }) => newest >= from && !isSessions)
    if (inRange.length > MERGED_AUTHORS) inRange.sort((a, b) => a.heardAt - b.heardAt).splice(MERGED_AUTHORS)
    return inRange.sort((a, b) => b.newest - a.newest)
  }
}

/** Takes from the heads what lies above a Lamport time, newest first. */
async function* above(heads: Head[], lamport: number): AsyncGenerator<KeptFrame> {
  for (;;) {
    const top = heads.reduce<Head | undefined>(
      (best, head) => (best === undefined || head.row.order! > best.row.order! ? head : best),
      undefined
    )
    if (top === undefined || top.row.order! <= lamport) return
    const { group, frame } = ArchivedFrameRow.decode(top.row.value)
    yield { sender: top.author.user, group, lamport: top.row.order!, frame }
    const { value: row } = await top.rest.next()
    if (row === undefined) heads.splice(heads.indexOf(top), 1)
    else top.row = row
  }
}

const roomOf = (channel: Uint8Array, user: Uint8Array, isSessions: boolean): string =>
  `${ROOM}/${hex(channel)}/${nameIn({ user, isSessions })}`

/** An author's name among those of its channel. */
const nameIn = ({ user, isSessions }: Pick<Author, 'user' | 'isSessions'>): string =>
  hex(user) + (isSessions ? '/sessions' : '')

/** Where a frame belongs among what is kept; undefined: nowhere. A session frame without a channel's time is not for a topic. */
function placeOf({ body }: Frame): Pick<KeptFrame, 'group' | 'lamport'> | undefined {
  const lamport = body.session?.lamport ?? 0
  return lamport > 0 ? { group: EMPTY, lamport } : (body.message ?? body.plainMessage)
}

const nameOf = ({ channel, id }: Frame): string => `${hex(channel)}/${hex(id)}`

/** What a kept frame costs. */
const bytesOf = (row: Row): number => ArchivedFrameRow.decode(row.value).frame.length + ROW_BYTES

const authorRow = ({ channel, user, room, ...sums }: Author): Row => ({
  room: ROOM,
  entry: room,
  value: ArchivedAuthorRow.encode({ ...sums, channel: unhex(channel), user })
})

/** The one with the most bytes. */
function largest<T extends { readonly bytes: number }>(some: Iterable<T>): T {
  const [first, ...others] = some
  return others.reduce((best, one) => (one.bytes > best.bytes ? one : best), first!)
}

function partition<T>(some: Iterable<T>, isFirst: (one: T) => boolean): readonly [T[], T[]] {
  const first: T[] = []
  const second: T[] = []
  for (const one of some) (isFirst(one) ? first : second).push(one)
  return [first, second]
}
