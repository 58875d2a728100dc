/**
 * One session of two users: a ratchet, and what is known of how the other end stands to it.
 *
 * Everything said in it is bound to both users and to the session's id, and with that to every byte of its start. A session
 * is confirmed once the other end surely has it, doubted once it may have lost it. What a session without one-time key says
 * before its answer is nothing: it could be read later by whoever takes the responder's prekey.
 */
import { compareBytes, EMPTY, equalBytes, hex, mapKey } from '../../base/bytes.ts'
import { framed, LABEL } from '../../crypto/labels.ts'
import { decodeStrict, pad, unpad } from '../../wire/codec.ts'
import { FRAME_BYTES, INSTANCE_BYTES, MARK_BYTES, MARKS } from '../../wire/limits.ts'
import { SessionContent, SessionFrame, SessionStart } from '../../wire/messages.ts'
import { SessionRow, SkippedRow } from '../../wire/rows.ts'
import { isContent } from '../channel/content.ts'
import { asUserId, type UserId } from '../identity/user.ts'
import type { Env, Row, RowKey } from '../machine.ts'
import { stateKey, stateRow } from '../out.ts'
import { Refusal, refuse } from '../reject.ts'
import type { Agreed } from './handshake.ts'
import { type Bind, Ratchet } from './ratchet.ts'

/** The two ends of a session. */
export interface Ends {
  readonly self: UserId
  readonly other: UserId
  readonly isInitiator: boolean
}

interface Traits {
  readonly generation: number
  /** Whether a one-time key went into it, so that something may be said before the answer. */
  readonly hasOneTimeKey: boolean
}

export class Session {
  /** 32 bytes, the same at both ends. */
  readonly id: Uint8Array
  readonly other: UserId
  readonly isInitiator: boolean
  readonly generation: number
  readonly hasOneTimeKey: boolean
  /** Instance of the other end in this session; empty before it is heard. */
  life: Uint8Array = EMPTY
  isConfirmed: boolean
  isDoubted = false
  /** Until when a start without answer can be opened by the other end, ms since 1970. */
  usableUntil = 0
  /** Since when another one is talked on, `Env.uptimeMs`; undefined: as far as anybody has looked, it is this one. */
  asideSince: number | undefined
  /** How often a start without answer was sent beside a session that can be talked on. */
  tries = 0
  /** What goes with each frame until there is an answer; undefined at the responder's end. */
  #start: SessionStart | undefined
  /** A frame that says nothing, sealed before all others. */
  #opening: SessionFrame | undefined
  #firstTag: Uint8Array
  readonly #ratchet: Ratchet
  readonly #bind: Bind

  private constructor(ends: Ends, id: Uint8Array, traits: Traits, ratchet: Ratchet, firstTag: Uint8Array) {
    const { self, other, isInitiator } = ends
    this.id = id
    this.other = other
    this.isInitiator = isInitiator
    this.isConfirmed = !isInitiator
    this.generation = traits.generation
    this.hasOneTimeKey = traits.hasOneTimeKey
    this.#ratchet = ratchet
    this.#firstTag = firstTag
    const [first, second] = isInitiator ? [self, other] : [other, self]
    this.#bind = (tag, header) => framed(LABEL.sessionAad, first, second, id, tag, header)
  }

  /** The end that started. @param prekey - X25519 of the responder. */
  static initiator(
    ends: Omit<Ends, 'isInitiator'>,
    agreed: Agreed,
    start: SessionStart,
    traits: Traits,
    prekey: Uint8Array,
    random: Env['random']
  ): Session {
    const ratchet = Ratchet.initiator(agreed.secret, prekey, random)
    const session = new Session({ ...ends, isInitiator: true }, agreed.id, traits, ratchet, ratchet.sendingTag!)
    session.#start = start
    return session
  }

  /** The end that was started with. It lives once `open` has taken the frame that the start came with. */
  static responder(
    ends: Omit<Ends, 'isInitiator'>,
    agreed: Agreed,
    traits: Traits,
    prekey: Parameters<typeof Ratchet.responder>[1],
    firstTag: Uint8Array
  ): Session {
    const ratchet = Ratchet.responder(agreed.secret, prekey)
    return new Session({ ...ends, isInitiator: false }, agreed.id, traits, ratchet, firstTag)
  }

  /** For a `Map`. */
  get name(): string {
    return mapKey(this.id)
  }

  get sendingTag(): Uint8Array | undefined {
    return this.#ratchet.sendingTag
  }

  /** Of messages that have not come. */
  get skippedKeys(): number {
    return this.#ratchet.skipped.size
  }

  /** A frame that brings the start and says nothing; while there is no answer. */
  get opening(): SessionFrame | undefined {
    return this.#opening
  }

  knows(tag: Uint8Array): boolean {
    return this.#ratchet.knows(tag)
  }

  /** Destroys keys of messages that have not come for too long. */
  prune(now: Env['now']): void {
    this.#ratchet.skipped.prune(now)
  }

  /** Whether something may be said in it now. */
  get maySay(): boolean {
    return !this.isDoubted && (this.isConfirmed || this.hasOneTimeKey)
  }

  /** Seals a frame. The session's row has to be durable before anybody sees it. */
  seal(content: SessionContent): SessionFrame {
    const sealed = this.#ratchet.seal(pad(SessionContent.encode(content)), this.#bind)
    return { ...sealed, attempt: 0, lamport: 0, ...(this.#start && { start: this.#start }) }
  }

  /** Seals what is sent again and again until there is an answer. */
  sealOpening(content: SessionContent): void {
    this.#opening = this.seal(content)
  }

  /**
   * Opens a frame; when it is refused nothing has changed.
   *
   * @param judge - what the conversation has to say of the content.
   */
  open(
    frame: SessionFrame,
    env: Pick<Env, 'now' | 'uptimeMs' | 'random'>,
    judge: (content: SessionContent) => Refusal | undefined
  ): SessionContent | Refusal {
    const isFirstFlight = !this.isInitiator && equalBytes(frame.tag, this.#firstTag)
    const opened = this.#ratchet.open(frame, this.#bind, env, (plaintext) => {
      const bytes = unpad(plaintext)
      const content = bytes && decodeStrict(SessionContent, bytes, FRAME_BYTES)
      if (content === undefined || !isWhole(content)) return refuse(1013)
      if (this.life.length > 0 && !equalBytes(content.instance, this.life)) return refuse(1013)
      if (isFirstFlight && !this.hasOneTimeKey && content.number > 0) return refuse(1015)
      return judge(content) ?? content
    })
    if (opened instanceof Refusal) return opened
    this.life = opened.instance
    if (!this.isConfirmed) {
      this.isConfirmed = true
      this.#start = undefined
      this.#opening = undefined
    }
    return opened
  }

  /** The rows of what has changed. */
  rows(): { puts: Row[]; deletes: RowKey[] } {
    const puts = [stateRow(`session/${this.#entry}`, SessionRow.encode(this.#row()))]
    const deletes: RowKey[] = []
    const { skipped } = this.#ratchet
    for (const tag of skipped.takeChanged()) {
      const chain = skipped.chains().get(tag)
      const entry = this.#skippedEntry(tag)
      if (chain === undefined) deletes.push(stateKey(entry))
      else {
        const keys = [...chain.keys].map(([number, skipped]) => ({ number, ...skipped }))
        const row = { user: this.other, session: this.id, header: chain.header, since: 0, keys }
        puts.push(stateRow(entry, SkippedRow.encode(row)))
      }
    }
    return { puts, deletes }
  }

  /** Clears every key. @returns the rows to delete. */
  destroy(): RowKey[] {
    this.#ratchet.destroy()
    const skipped = this.#ratchet.skipped.takeChanged().map((tag) => stateKey(this.#skippedEntry(tag)))
    return [stateKey(`session/${this.#entry}`), ...skipped]
  }

  static restore(self: UserId, row: SessionRow): Session {
    const { id, isInitiator, generation, hasOneTimeKey, firstTag, ratchet } = row
    const ends = { self, other: asUserId(row.user), isInitiator }
    const session = new Session(ends, id, { generation, hasOneTimeKey }, Ratchet.restore(ratchet!), firstTag)
    session.life = row.life
    session.isConfirmed = row.isConfirmed
    session.isDoubted = row.isDoubted
    session.usableUntil = row.usableUntil
    if (row.start.length > 0) session.#start = SessionStart.decode(row.start)
    if (row.opening.length > 0) session.#opening = SessionFrame.decode(row.opening)
    return session
  }

  restoreSkipped({ header, since, keys }: SkippedRow): void {
    const skipped = keys.map(({ number, key, since: own }) => [number, { key, since: own || since }] as const)
    this.#ratchet.restoreSkipped({ header, keys: new Map(skipped) })
  }

  get #entry(): string {
    return hex(this.id)
  }

  /** @param tag - as a `Map` has it; a slash divides the names of rows. */
  #skippedEntry(tag: string): string {
    return `session-skipped/${this.#entry}-${tag.replaceAll('/', '_')}`
  }

  #row(): SessionRow {
    return {
      user: this.other,
      id: this.id,
      isInitiator: this.isInitiator,
      generation: this.generation,
      life: this.life,
      isConfirmed: this.isConfirmed,
      isDoubted: this.isDoubted,
      hasOneTimeKey: this.hasOneTimeKey,
      start: this.#start === undefined ? EMPTY : SessionStart.encode(this.#start),
      opening: this.#opening === undefined ? EMPTY : SessionFrame.encode(this.#opening),
      firstTag: this.#firstTag,
      usableUntil: this.usableUntil,
      ratchet: this.#ratchet.row()
    }
  }
}

/** The order in which both ends prefer sessions: newer generations first, then lower ids. */
export function compareSessions(a: Session, b: Session): number {
  return b.generation - a.generation || compareBytes(a.id, b.id)
}

function isWhole({ instance, number, oldest, ackInstance, ack, content, origin, marks }: SessionContent): boolean {
  const isAckWhole = ackInstance.length === 0 ? ack === 0 : ackInstance.length === INSTANCE_BYTES
  const areMarks = marks.length % MARK_BYTES === 0 && marks.length <= Math.min(ack, MARKS) * MARK_BYTES
  const isSaid = number > 0 ? content !== undefined && isContent(content) : content === undefined
  const isOfAnother = origin.length === INSTANCE_BYTES && number > 0 && !equalBytes(origin, instance)
  if ((origin.length > 0 && !isOfAnother) || !areMarks) return false
  return instance.length === INSTANCE_BYTES && oldest >= 1 && isAckWhole && isSaid && (number === 0 || oldest <= number)
}
