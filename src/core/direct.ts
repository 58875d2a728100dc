/**
 * One-to-one talk as the user has it: conversations with names, an order and a history, over the sessions of each pair.
 *
 * Sessions know no channels. Here their frames find their way: handed to the other user directly; and when that fails,
 * signed and for all to see, though for one alone to read, through a channel that both are in.
 */
import { present } from '../base/assert.ts'
import { compareBytes, EMPTY, equalBytes, hex, mapKey } from '../base/bytes.ts'
import { PeerError, UsageError } from '../base/errors.ts'
import { trim } from '../base/trim.ts'
import { hash } from '../crypto/kdf.ts'
import { LABEL } from '../crypto/labels.ts'
import { decodeStrict } from '../wire/codec.ts'
import { FRAME_BYTES } from '../wire/limits.ts'
import { HistoryPolicy, SessionFrame } from '../wire/messages.ts'
import { ConversationRow } from '../wire/rows.ts'
import { normalised } from './channel/content.ts'
import type { Self } from './channel/context.ts'
import { type Frame, makeFrame } from './channel/frame.ts'
import type { Command, CommandResult, MemberView, PairView } from './command.ts'
import { Contacts } from './identity/contacts.ts'
import type { RecordBook } from './identity/record-book.ts'
import { asUserId, type UserId } from './identity/user.ts'
import type { UserRecord } from './identity/user-record.ts'
import type { Env, Event, HandOutcome, Row, RowKey } from './machine.ts'
import { messageRow, rowsBeside } from './member/history.ts'
import type { MessageView } from './notice.ts'
import { type Out, stateRow } from './out.ts'
import { DIRECT_FRAMES, SOUGHT_RECORD_MS } from './params.ts'
import { type Refusal, refuse } from './reject.ts'
import type { RowsOf } from './restore.ts'
import type { Room } from './room.ts'
import type { SelfKeeper } from './self-keeper.ts'
import { Sessions, type SessionsContext } from './session/sessions.ts'
import type { DirectText, PairNotice } from './session/turn.ts'

/** Messages of a conversation are kept until they are deleted. */
const TERMS = { history: HistoryPolicy.NONE, retentionSeconds: 0 } as const

/** The name in the receipts of frames to single users. */
export const DIRECT = 'direct'

/** What happens at the moment: what a pair asks of us is part of it. */
interface Moment {
  readonly env: Env
  readonly out: Out
}

/** The user's own view of one pair. */
interface Conversation {
  readonly user: UserId
  readonly id: Uint8Array
  /** Texts kept so far: their order here. */
  count: number
  /** Places of our texts that the other has not confirmed, oldest first. */
  unseen: number[]
  /** Those of them that nobody has taken yet. */
  unsent: number[]
  seenUpTo: number
  isDirect: boolean
  /** Of whom the user was warned in this run: it goes by that user's nick. Hex. */
  warnedOf: string | undefined
  /** `Env.uptimeMs` at which its record was sought last. */
  soughtAt: number
}

/** A frame on its way to one user. */
interface Posted {
  readonly user: UserId
  readonly frame: SessionFrame
  /** Its name on the topic to which it was given. */
  readonly name?: string
}

type Said = Command & { readonly type: 'sayTo' }
/** What may be asked of a conversation as of a channel. */
type Asked = Extract<Command, { readonly channel: Uint8Array }>

export class Direct implements SessionsContext {
  readonly #keeper: SelfKeeper
  readonly #records: RecordBook
  readonly #rooms: () => Iterable<Room>
  readonly #contacts = new Contacts()
  readonly #conversations = new Map<string, Conversation>()
  #started: Sessions | undefined
  #moment: Moment | undefined
  /** Messages made of texts at this moment, by id. */
  readonly #views = new Map<string, MessageView>()
  /** By receipt. */
  readonly #posted = new Map<string, Posted>()
  #receipts = 0
  /** Users whose records are looked for. */
  readonly #sought = new Map<string, UserId>()
  /** By channel: the Lamport time of our newest frame on its topic. */
  readonly #times = new Map<string, number>()
  /** Of each user, frames that a topic has carried since it was heard of, by `nameOf`. */
  readonly #carried = new Map<string, Set<string>>()

  constructor(keeper: SelfKeeper, records: RecordBook, rooms: () => Iterable<Room>) {
    this.#keeper = keeper
    this.#records = records
    this.#rooms = rooms
  }

  /** What earlier runs have kept. */
  start(rowsOf: RowsOf, env: Env, out: Out): void {
    for (const { value } of rowsOf('contact')) this.#contacts.restore(value)
    for (const { user } of this.#contacts.all()) this.#conversationWith(user)
    for (const { value } of rowsOf('conversation')) {
      const { user, count, unseen, unsent, seenUpTo } = ConversationRow.decode(value)
      Object.assign(this.#conversationWith(asUserId(user)), { count, unseen, unsent, seenUpTo })
    }
    this.#started = new Sessions(this)
    this.#during({ env, out }, (sessions) => sessions.restore(rowsOf, env))
    for (const { other, waiting } of this.#sessions.pairs) {
      // A confirmation may have come, and the note of it been lost.
      const conversation = this.#conversationWith(other)
      const confirmed = conversation.unseen.splice(0, conversation.unseen.length - waiting)
      conversation.seenUpTo = confirmed.at(-1) ?? conversation.seenUpTo
      conversation.unsent = conversation.unsent.filter((place) => place > conversation.seenUpTo)
    }
  }

  get #sessions(): Sessions {
    return present(this.#started, 'the restore event comes first')
  }

  get nextAt(): number | undefined {
    return this.#sessions.nextAt
  }

  wake(env: Env, out: Out): void {
    this.#during({ env, out }, (sessions) => sessions.wake(env, out))
  }

  /** What the pairs ask of us while they are at work belongs to the same moment. */
  #during<T>(moment: Moment, work: (sessions: Sessions) => T): T {
    this.#moment = moment
    try {
      return work(this.#sessions)
    } finally {
      this.#moment = undefined
      this.#views.clear()
    }
  }

  unsafeFills(): { readonly name: string; readonly size: number; readonly cap: number }[] {
    const carried = Math.max(0, ...[...this.#carried.values()].map(({ size }) => size))
    return [
      { name: 'frames on their way', size: this.#posted.size, cap: DIRECT_FRAMES },
      { name: 'frames of one user that a topic has carried', size: carried, cap: DIRECT_FRAMES },
      ...(this.#started?.unsafeFills() ?? [])
    ]
  }

  // ---------------------------------------------------------------- what comes in

  /** A frame on a topic, or one that was kept for us; most are for others. */
  onFrame(frame: Frame, env: Env, out: Out): Refusal | undefined {
    if (equalBytes(frame.author, this.self.record.user)) return undefined
    return this.#during({ env, out }, (sessions) => sessions.receive(frame.body.session!, frame.author, env, out))
  }

  /** A frame that a user handed to us: what is answered comes of what is known with it alone. */
  onHanded({ id, from, frame: bytes }: Event & { type: 'session' }, env: Env, out: Out): void {
    this.onHeard(from, env)
    const frame = decodeStrict(SessionFrame, bytes, FRAME_BYTES)
    const receive = (sessions: Sessions): Refusal | undefined =>
      frame === undefined ? refuse(803) : sessions.receiveHanded(frame, from, env, out)
    const refusal = this.#during({ env, out }, receive)
    if (refusal !== undefined) out.reject(refusal)
    // A start whose record is over is no other than one for others, to all who did not make it.
    const isUnknown = refusal !== undefined && [1001, 1002, 1003, 1007].includes(refusal.check)
    out.push({ type: 'answerHand', id, outcome: isUnknown ? 'unknown' : 'taken' })
  }

  /** A user is heard of: it is there, and may have what it had not. */
  onHeard(user: Uint8Array, env: Env): void {
    if (!this.#conversations.has(mapKey(user))) return
    this.#carried.delete(mapKey(user))
    this.#sessions.setThere(asUserId(user), true, env)
  }

  /** Whether the record of this user is looked for: then it is taken from whoever brings it. */
  isSought(user: Uint8Array): boolean {
    return this.#sought.has(mapKey(user))
  }

  /** Called when anything has come in: a record that was looked for may be there, whoever brought it. */
  settle(env: Env, out: Out): void {
    for (const [key, user] of this.#sought) {
      if ((this.#records.get(user)?.expiresAt ?? 0) <= env.now) continue
      this.#sought.delete(key)
      this.#during({ env, out }, (sessions) => sessions.recordFound(user, env, out))
    }
  }

  // ---------------------------------------------------------------- frames on their way

  /** What became of a frame that was handed to its user. */
  onOutcome(receipt: string, outcome: HandOutcome, env: Env, out: Out): void {
    const posted = this.#posted.get(receipt)
    if (posted === undefined) return
    const { user, frame } = posted
    const conversation = this.#conversationWith(user)
    conversation.isDirect = outcome !== 'failed'
    if (outcome === 'failed') {
      if (!this.#isOnline(user)) this.#sessions.setThere(user, false, env)
      return this.#publish(receipt, posted, out)
    }
    this.#posted.delete(receipt)
    this.onHeard(user, env)
    if (outcome === 'unknown') this.#during({ env, out }, (sessions) => sessions.hint(user, frame.tag, env, out))
    else this.#tellSent(conversation, frame, out)
  }

  /** Puts a frame on the topic of a channel that both are in; on each once, until its user is heard of. */
  #publish(receipt: string, { user, frame }: Posted, out: Out): void {
    this.#posted.delete(receipt)
    const room = this.#roomFor(user, frame)
    if (room === undefined) return
    const name = room.context.name + nameOf(frame)
    if (this.#carried.get(mapKey(user))?.has(name)) return
    this.#posted.set(receipt, { user, frame, name })
    const { channel, self } = room.context
    // After all that was said, and each after the other: whoever was away asks for them with that.
    const lamport = Math.max(room.member.clock.lamport, this.#times.get(room.context.name) ?? 0) + 1
    this.#times.set(room.context.name, lamport)
    const session = { ...frame, lamport }
    out.push({ type: 'publish', channel, frame: makeFrame(channel, self.key, { session }).bytes, receipt })
  }

  onPublished(receipt: string, recipients: number, out: Out): void {
    const posted = this.#posted.get(receipt)
    this.#posted.delete(receipt)
    if (posted?.name === undefined || recipients === 0) return
    const { user, frame, name } = posted
    const key = mapKey(user)
    const carried = this.#carried.get(key) ?? new Set<string>()
    this.#carried.set(key, carried.add(name))
    trim(carried, DIRECT_FRAMES)
    this.#tellSent(this.#conversationWith(user), frame, out)
  }

  /** Somebody has taken a frame: the text in it, if there is one, is on its way. */
  #tellSent(conversation: Conversation, frame: SessionFrame, out: Out): void {
    const { user, id: channel, unseen, unsent } = conversation
    const text = this.#sessions.pairWith(user)?.textIn(frame)
    const place = text && unseen[text.before]
    if (place === undefined || !unsent.includes(place)) return
    conversation.unsent = unsent.filter((one) => one !== place)
    out.note([this.#row(conversation)])
    const id = hex(text!.id)
    out.notify({ type: 'messageState', channel, local: id, id, state: 'sent', seenBy: 0, of: 1 })
  }

  // ---------------------------------------------------------------- for the pairs

  get self(): Self {
    return this.#keeper.self
  }

  /** Whoever shares a channel with us, and whom the user has talked to or trusts. */
  isWelcome(user: Uint8Array): boolean {
    return this.#roomsWith(user).length > 0 || this.#contacts.get(user) !== undefined
  }

  onStarted(initiator: UserRecord, env: Env, out: Out): void {
    this.#records.take(initiator, env.now, out)
    this.#keeper.refillWhenFew(env, out)
  }

  recordOf(user: UserId): UserRecord | undefined {
    return this.#records.get(user)
  }

  rowsOf(text: DirectText): readonly Row[] {
    const { env } = this.#moment!
    const conversation = this.#conversationWith(text.user)
    const place = ++conversation.count
    if (text.isOwn) {
      conversation.unseen = [...conversation.unseen, place]
      conversation.unsent = [...conversation.unsent, place]
    }
    const view = this.#messageOf(text, place, env.now)
    this.#views.set(view.id, view)
    return [...rowsOfMessage(view), this.#row(conversation)]
  }

  /** It stays in its place, and has not been taken by anybody. */
  rowsOfRenamed(was: DirectText, text: DirectText, before: number): { puts: Row[]; deletes: readonly RowKey[] } {
    const conversation = this.#conversationWith(text.user)
    const place = conversation.unseen[before]
    if (place === undefined) return { puts: [], deletes: [] }
    conversation.unsent = [...conversation.unsent.filter((one) => one !== place), place].sort((a, b) => a - b)
    const [old, view] = [was, text].map((one) => this.#messageOf(one, place, one.content.writtenAt)) as [
      MessageView,
      MessageView
    ]
    return { puts: [...rowsOfMessage(view), this.#row(conversation)], deletes: rowsOfMessage(old) }
  }

  #messageOf(text: DirectText, place: number, seenAt: number): MessageView {
    const { id: channel, user } = this.#conversationWith(text.user)
    const self = this.self.record
    const id = hex(text.id)
    return {
      channel,
      group: EMPTY,
      id,
      ...(text.isOwn && { local: id }),
      sender: text.isOwn ? self.user : user,
      nick: text.isOwn ? self.nick : this.#nickOf(user),
      lamport: place,
      counter: text.number,
      content: text.content,
      isEncrypted: true,
      isOwn: text.isOwn,
      state: text.isOwn ? 'waiting' : 'sent',
      seenAt
    }
  }

  post(user: UserId, frame: SessionFrame, out: Out): void {
    const receipt = `${DIRECT}:${this.#receipts++}`
    this.#posted.set(receipt, { user, frame })
    trim(this.#posted, DIRECT_FRAMES)
    const isOnlyWay = this.#roomsWith(user).length === 0
    out.push({ type: 'hand', to: user, frame: SessionFrame.encode(frame), receipt, isOnlyWay })
  }

  tell(notice: PairNotice, out: Out): void {
    const conversation = this.#conversationWith('text' in notice ? notice.text.user : notice.user)
    const { id: channel, user } = conversation
    switch (notice.type) {
      case 'text':
        return this.#show(hex(notice.text.id), conversation, out)
      case 'received': {
        const id = hex(notice.id)
        const [seen] = conversation.unseen.splice(notice.before, 1)
        if (notice.before === 0) conversation.seenUpTo = seen ?? conversation.seenUpTo
        conversation.unsent = conversation.unsent.filter((place) => place !== seen)
        out.note([this.#row(conversation)])
        return out.notify({ type: 'messageState', channel, local: id, id, state: 'seen', seenBy: 1, of: 1 })
      }
      case 'renamed': {
        const [local, id] = [hex(notice.was.id), hex(notice.text.id)]
        return out.notify({ type: 'messageState', channel, local, id, state: 'waiting', seenBy: 0, of: 1 })
      }
      case 'setBack':
        return out.notify({ type: 'session', channel, user, change: 'setBack', missing: 0 })
      case 'gap':
        return out.notify({ type: 'session', channel, user, change: 'gap', missing: notice.missing })
      case 'renewed':
        return out.notify({ type: 'session', channel, user, change: 'renewed', missing: 0 })
      case 'recordNeeded':
        return this.#seekRecord(conversation, out)
      default:
        notice satisfies never
    }
  }

  #show(id: string, conversation: Conversation, out: Out): void {
    const view = this.#views.get(id)
    if (view === undefined) return
    const { user, id: channel } = conversation
    const rival = this.#contacts.rivalOf(user, this.#nicksOf(user))
    if (rival !== undefined && conversation.warnedOf !== hex(rival.user)) {
      conversation.warnedOf = hex(rival.user)
      out.notify({ type: 'rival', channel, user, nick: view.nick })
    }
    out.notify({ type: 'message', ...view })
  }

  /** From the directory, from whoever has it, and from the key manager of a channel that both are in. */
  #seekRecord(conversation: Conversation, out: Out): void {
    const { env } = this.#moment!
    const { user } = conversation
    if (env.uptimeMs < conversation.soughtAt + SOUGHT_RECORD_MS) return
    conversation.soughtAt = env.uptimeMs
    this.#sought.set(mapKey(user), user)
    out.push({ type: 'lookUp', kind: 'user', id: user })
    const room = this.#roomFor(user, { attempt: 0 })
    if (room === undefined) return
    const { channel, name, addresses } = room.context
    out.push({ type: 'ask', id: `${name}:record`, channel, to: undefined, addresses, question: { record: { user } } })
    if (room.member.publicKeys.mayAsk(env)) room.member.publicKeys.ask({ user }, '', env, out)
  }

  // ---------------------------------------------------------------- what the user asks

  /**
   * Says something to one user.
   *
   * @throws {PeerError} `KEY_CHANGED` when the user knows somebody else by that nick. @throws {UsageError} as `Pair.say`,
   * `TO_ONESELF`.
   */
  say({ user, content }: Said, env: Env, out: Out): CommandResult {
    const to = this.#otherThanSelf(user)
    const rival = this.#contacts.meet(to, this.#nicksOf(to), out)
    if (rival !== undefined) {
      throw new PeerError(
        'KEY_CHANGED',
        'Nothing was said: you know another user by this nick. It may be a new device, or somebody who poses as the one you know. ' +
          'Compare safety numbers by another way, then: conclave trust USER'
      )
    }
    const whole = normalised({ ...content, writtenAt: env.now })
    const text = this.#during({ env, out }, (sessions) => {
      const said = sessions.say(to, whole, env, out)
      out.notify({ type: 'message', ...this.#views.get(hex(said.id))! })
      return said
    })
    return { type: 'said', local: hex(text.id) }
  }

  trust({ user, isVerified }: Command & { type: 'trust' }, out: Out): CommandResult {
    const to = asUserId(user)
    this.#contacts.trust(to, this.#nicksOf(to), isVerified ? 'verified' : 'trusted', out)
    this.#conversationWith(to)
    return { type: 'done' }
  }

  /** @param user - of the other, also when nothing was said; undefined: all that have begun. @throws {UsageError} `TO_ONESELF` */
  views(user: Uint8Array | undefined): PairView[] {
    if (user !== undefined) return [this.#viewOf(this.#conversationWith(this.#otherThanSelf(user)))]
    const views = [...this.#conversations.values()].filter((one) => this.#hasBegun(one)).map((one) => this.#viewOf(one))
    return views.sort((a, b) => compareBytes(a.user, b.user))
  }

  #hasBegun({ user, count }: Conversation): boolean {
    return count > 0 || this.#contacts.get(user) !== undefined || this.#sessions.pairWith(user) !== undefined
  }

  #otherThanSelf(user: Uint8Array): UserId {
    if (equalBytes(user, this.self.record.user))
      throw new UsageError(
        'TO_ONESELF',
        'This is your own user id. It takes two to talk and to compare numbers. Name somebody else.'
      )
    return asUserId(user)
  }

  #viewOf({ user, id, isDirect, unseen, unsent, seenUpTo }: Conversation): PairView {
    const pair = this.#sessions.pairWith(user)
    const [session] = pair?.sessions ?? []
    return {
      user,
      id,
      nick: this.#nickOf(user),
      trust: this.#contacts.get(user)?.trust,
      rival: this.#contacts.rivalOf(user, this.#nicksOf(user))?.user,
      session: session === undefined ? 'none' : session.isConfirmed ? 'open' : 'starting',
      isDirect,
      waiting: unsent.length,
      unseen: unseen.length,
      seenUpTo,
      isOnline: this.#isOnline(user)
    }
  }

  /** Whose conversation has this id. */
  userOf(channel: Uint8Array): UserId | undefined {
    return [...this.#conversations.values()].find(({ id }) => equalBytes(id, channel))?.user
  }

  /** A conversation answers what a channel does, as far as it is one. @throws {UsageError} `NOT_A_CHANNEL` */
  run(user: UserId, command: Asked, env: Env, out: Out): CommandResult {
    switch (command.type) {
      case 'say':
        return this.say({ type: 'sayTo', user, content: command.content }, env, out)
      case 'receipts': {
        const { seenUpTo, unsent } = this.#conversationWith(user)
        const receipts = seenUpTo === 0 ? [] : [{ user, group: EMPTY, after: 0, lamport: seenUpTo }]
        return { type: 'receipts', receipts, unknown: [], unsent }
      }
      case 'waiting':
        return { type: 'waiting', messages: [] }
      case 'groups':
        return { type: 'groups', groups: [] }
      case 'members':
        return { type: 'members', members: [this.#memberOf(this.self.record.user), this.#memberOf(user)] }
      default:
        throw new UsageError(
          'NOT_A_CHANNEL',
          'This is a conversation with one user, and no channel: there is nothing like that in it. Name a channel.'
        )
    }
  }

  #memberOf(user: UserId): MemberView {
    const isSelf = equalBytes(user, this.self.record.user)
    const isOnline = isSelf || this.#isOnline(user)
    const nick = isSelf ? this.self.record.nick : this.#nickOf(user)
    return { user, nick, isFounder: false, isManager: false, isMemberManager: false, isSelf, isOnline, holdsKey: true }
  }

  // ---------------------------------------------------------------- names

  #conversationWith(user: UserId): Conversation {
    const key = mapKey(user)
    let known = this.#conversations.get(key)
    if (known === undefined) {
      const id = idOf(this.self.record.user, user)
      const soughtAt = Number.NEGATIVE_INFINITY
      known = {
        user,
        id,
        count: 0,
        unseen: [],
        unsent: [],
        seenUpTo: 0,
        isDirect: false,
        warnedOf: undefined,
        soughtAt
      }
      this.#conversations.set(key, known)
    }
    return known
  }

  #row({ user, count, unseen, unsent, seenUpTo }: Conversation): Row {
    return stateRow(`conversation/${hex(user)}`, ConversationRow.encode({ user, count, unseen, unsent, seenUpTo }))
  }

  /** Channels that both are in. */
  #roomsWith(user: Uint8Array): Room[] {
    return [...this.#rooms()].filter(
      ({ context }) => !context.wasRemoved && context.log.isMember(user) && context.log.isMember(context.user)
    )
  }

  /** The channel for this try: those where the user is online come before those where we are, each in its turn. */
  #roomFor(user: Uint8Array, { attempt }: Pick<SessionFrame, 'attempt'>): Room | undefined {
    const rooms = this.#roomsWith(user)
    const connected = rooms.filter(({ member }) => member.isConnected)
    const online = connected.filter(({ member }) => member.presence.isOnline(user))
    const best = [online, connected, rooms].find(({ length }) => length > 0) ?? []
    return best[attempt % best.length]
  }

  #isOnline(user: UserId): boolean {
    return [...this.#rooms()].some(({ member }) => member.presence.isOnline(user))
  }

  /** As registered in a channel of both, or else as in its record; empty: not known. */
  #nickOf(user: UserId): string {
    return this.#nicksOf(user)[0] ?? ''
  }

  /** All that it goes by: in each channel of both, and in its record. */
  #nicksOf(user: UserId): string[] {
    const logs = [...this.#rooms()].map(({ context }) => context.log).filter((log) => log.isMember(user))
    const nicks = [...logs.map((log) => log.nickOf(user)), this.#records.get(user)?.nick ?? '']
    return nicks.filter((nick) => nick !== '')
  }
}

/** The name of the conversation of two users, the same at both ends. */
function idOf(one: Uint8Array, other: Uint8Array): Uint8Array {
  const [low, high] = compareBytes(one, other) < 0 ? [one, other] : [other, one]
  return hash(LABEL.conversationId, low, high)
}

/** Which of ours are out is kept with the conversation. */
const rowsOfMessage = (view: MessageView): Row[] => [
  messageRow({ ...view, state: 'sent' }, EMPTY, 0),
  ...rowsBeside(view, TERMS)
]

/** A frame whatever its try. */
const nameOf = ({ tag, header }: SessionFrame): string => hex(tag) + hex(header)

/** On a topic most starts are for others, and most sessions are of others. */
export const isOrdinary = ({ check }: Refusal): boolean => check === 1001 || check === 1007
