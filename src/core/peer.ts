/**
 * A peer: one user, its channels, and in each channel the roles it has. Here the roles meet; they know nothing of each other.
 *
 * Everything a peer knows comes through `handle`; everything it does are the effects that this returns. What it must know
 * again after a restart stands in rows of one room, and a fresh peer is given them by the first event.
 */
import { EMPTY, equalBytes } from '../base/bytes.ts'
import { type ConclaveError, InternalError, PeerError, UsageError } from '../base/errors.ts'
import type { SigningKey } from '../crypto/sign.ts'
import { ASKED_RANGES, STATEMENT_ENDS } from '../wire/limits.ts'
import { type Answer, Operation, type Question } from '../wire/messages.ts'
import { channelIdText, readChannelId } from '../wire/names.ts'
import { ChannelRow } from '../wire/rows.ts'
import { Carried } from './carried.ts'
import { Context } from './channel/context.ts'
import {
  amendChannel,
  CHANNEL_SALT_BYTES,
  type Charter,
  foundChannel,
  isManagerOf,
  readCharter,
  signaturesNeeded,
  succeeds
} from './channel/descriptor.ts'
import { type Frame, readFrame } from './channel/frame.ts'
import { readInvite } from './channel/invite.ts'
import { runInChannel } from './channel-commands.ts'
import type { ChannelChanges, Command, CommandResult } from './command.ts'
import { DIRECT, Direct, isOrdinary } from './direct.ts'
import { RecordBook } from './identity/record-book.ts'
import { asUserId, type UserId } from './identity/user.ts'
import { readUserRecord, type UserRecord } from './identity/user-record.ts'
import type { Env, Event, Machine, Row } from './machine.ts'
import { Manager } from './manager/manager.ts'
import { REQUEST_RECEIPT } from './member/join.ts'
import { Member } from './member/member.ts'
import { Out, STATE_ROOM, stateKey, stateRow } from './out.ts'
import { AMENDED_PER_MEMBER_MS, ANSWER_MS, ASK_AGAIN_MS, CHANNELS, PENDING_STATEMENTS } from './params.ts'
import { CHECKS, type Check, Refusal } from './reject.ts'
import { restoreRooms, rowsByKind } from './restore.ts'
import { type Arrival, type Room, type Search, seatOf, viewOfArrival, viewOfRoom } from './room.ts'
import { SelfKeeper } from './self-keeper.ts'

export interface PeerConfig {
  readonly key: SigningKey
  /** The nick of a new user; one that was kept from an earlier run wins. */
  readonly nick: string
}

/** The descriptor is asked for again and again, half as often each time, down to once in eight times the first wait. */
const MAX_DOUBLINGS = 3

/** Wait after the newest question that was answered in vain, ms. */
const waitAfter = ({ asked }: Search): number => ASK_AGAIN_MS * 2 ** Math.min(asked - 1, MAX_DOUBLINGS)

export class Peer implements Machine {
  /** The rooms of the store that the `restore` event must bring. */
  readonly rooms: readonly string[] = [STATE_ROOM]
  /** Without the records of its managers a channel has no takeover, and they were the first to come. */
  readonly #records = new RecordBook((user) =>
    [...this.#channels.values()].some(({ context }) => isManagerOf(context.charter.descriptor, user))
  )
  readonly #keeper: SelfKeeper
  readonly #direct: Direct
  readonly #carried: Carried
  readonly #channels = new Map<string, Room>()
  readonly #arrivals = new Map<string, Arrival>()
  #wakeAt: number | undefined

  constructor(config: PeerConfig) {
    this.#keeper = new SelfKeeper(config.key, config.nick, this.#records)
    this.#direct = new Direct(this.#keeper, this.#records, () => this.#channels.values())
    this.#carried = new Carried((name) => this.#channels.get(name)?.context.charter.descriptor.retentionSeconds ?? 0)
  }

  /**
   * What the carrier should do with a frame before it is handed in: pass it on, pass over it, or hold it against whoever
   * sent it. Reject only what no honest peer sends; an honest one may know more or less than we do.
   */
  judge(frame: Frame): 'accept' | 'ignore' | Check {
    const room = this.#channels.get(channelIdText(frame.channel))
    if (room === undefined) return 'ignore'
    const { context, member } = room
    switch (frame.kind) {
      case 'keyRequest':
      case 'challengeAnswer':
        return 'accept'
      case 'grant':
      case 'challenge':
      case 'announcement':
      case 'chunk':
      case 'coSignature':
      case 'heartbeat':
      case 'publicKeyAnswer':
        return isManagerOf(context.charter.descriptor, frame.author) ? 'accept' : 'ignore'
      default:
        return member.keyring.current === undefined || context.log.isMember(frame.author) || member.mayBeNew(frame)
          ? 'accept'
          : 'ignore'
    }
  }

  /**
   * Every secret this peer holds, for checkers of what somebody who took it could know.
   *
   * @returns the live bytes, not copies: look, do not keep.
   */
  unsafeSecrets(): { readonly name: string; readonly bytes: Uint8Array }[] {
    const epochs = [...this.#channels.values()].flatMap(({ member, manager }) => [
      ...member.unsafeSecrets(),
      ...manager.unsafeSecrets()
    ])
    return [...this.#keeper.unsafeSecrets(), ...epochs]
  }

  /** How full everything is that others can fill, beside its bound. */
  unsafeFills(): { readonly name: string; readonly size: number; readonly cap: number }[] {
    const rooms = [...this.#channels.values()].flatMap(({ member, manager, context }) => [
      ...member.unsafeFills(),
      ...manager.unsafeFills(),
      { name: 'pending statements', size: context.log.pending().length, cap: PENDING_STATEMENTS }
    ])
    const channels = { name: 'channels', size: this.#channels.size + this.#arrivals.size, cap: CHANNELS }
    return [channels, ...rooms, ...this.#direct.unsafeFills(), ...this.#carried.unsafeFills()]
  }

  handle(event: Event, env: Env): ReturnType<Machine['handle']> {
    const out = new Out()
    // A wake uses the wish up, also one that comes early: a machine that slept finds its clock behind the timer.
    if (event.type === 'wake') this.#wakeAt = undefined
    this.#dispatch(event, env, out)
    for (const room of this.#channels.values()) this.#seekAmended(room, env, out)
    this.#direct.settle(env, out)
    const next = this.#nextAt()
    if (next !== this.#wakeAt) {
      this.#wakeAt = next
      out.push({ type: 'wakeAt', uptimeMs: next })
    }
    return out.effects
  }

  #dispatch(event: Event, env: Env, out: Out): void {
    if (event.type === 'restore') return this.#restore(event.rows, env, out)
    switch (event.type) {
      case 'frame':
        return this.#onFrame(event.frame, env, out)
      case 'wake':
        return this.#wake(env, out)
      case 'stop':
        for (const { member } of this.#channels.values()) member.presence.leave(out)
        return
      case 'command':
        return this.#onCommand(event.id, event.command, env, out)
      case 'carrier':
        return this.#onCarrier(event.channel, event.isReady, env, out)
      case 'published': {
        const [name = '', local = ''] = event.receipt.split(':')
        if (name === DIRECT) return this.#direct.onPublished(event.receipt, event.recipients, out)
        const member = this.#channels.get(name)?.member
        if (local !== REQUEST_RECEIPT) return member?.speaker.onPublished(local, event.recipients, env, out)
        return member?.seeker.onPublished(event.isHanded === true, env)
      }
      case 'found':
        return this.#onFound(event.kind, event.id, event.value, env, out)
      case 'question':
        return this.#onQuestion(event.id, event.question, env, out)
      case 'answer':
        return this.#onAnswer(event, env, out)
      case 'session':
        return this.#direct.onHanded(event, env, out)
      case 'handed':
        return this.#direct.onOutcome(event.receipt, event.outcome, env, out)
      default:
        event satisfies never
    }
  }

  // ---------------------------------------------------------------- starting

  #restore(rows: readonly Row[], env: Env, out: Out): void {
    const rowsOf = rowsByKind(rows)
    for (const { value } of rowsOf('user')) this.#records.restore(value, env.now)
    this.#keeper.start(rowsOf('self')[0]?.value, rowsOf('one-time-keys')[0]?.value, env, out)
    for (const { name, value } of rowsOf('channel')) this.#restoreChannel(name, ChannelRow.decode(value), env)
    restoreRooms(this.#channels, rowsOf)
    this.#direct.start(rowsOf, env, out)
    this.#carried.restore(rowsOf('carried'), env)
    for (const { context, member } of this.#channels.values()) {
      member.start(env, out)
      out.push({ type: 'subscribe', channel: context.channel })
    }
    for (const arrival of this.#arrivals.values()) this.#seekCharter(arrival, env, out)
  }

  #restoreChannel(name: string, row: ChannelRow, env: Env): void {
    const channel = readChannelId(name)
    if (channel === undefined) return
    if (row.charter.length === 0) {
      const invite = readInvite(row.invite)
      if (!(invite instanceof Refusal))
        this.#arrivals.set(name, { invite, text: row.invite, askAt: env.uptimeMs, asked: 0 })
      return
    }
    const charter = readCharter(channel, row.charter)
    if (charter instanceof Refusal) throw new InternalError('the descriptor in the store is not the one that was kept')
    const { context } = this.#enter(charter, row.invite)
    context.alarm = row.alarm
    context.wasRemoved = row.wasRemoved
    context.promised = { term: row.promisedTerm, serial: row.promisedSerial }
  }

  /** Sets up the roles in a channel. */
  #enter(charter: Charter, invite: string): Room {
    const context = new Context(this.#keeper.self, this.#records, charter)
    context.invite = invite
    context.onSession = (frame, env, out) => this.#direct.onFrame(frame, env, out)
    const member = new Member(context)
    const manager = new Manager(context, seatOf(member))
    const room = { context, member, manager, search: { askAt: Number.NEGATIVE_INFINITY, asked: 0 } }
    this.#channels.set(context.name, room)
    return room
  }

  // ---------------------------------------------------------------- time

  #nextAt(): number | undefined {
    let next: number | undefined
    const consider = (at: number | undefined): void => {
      if (at !== undefined && (next === undefined || at < next)) next = at
    }
    for (const { context, member, manager, search } of this.#channels.values()) {
      consider(member.nextAt())
      consider(manager.nextAt())
      if (context.teacher !== undefined) consider(search.askAt)
    }
    for (const { askAt } of this.#arrivals.values()) consider(askAt)
    consider(this.#keeper.rotateAt)
    consider(this.#direct.nextAt)
    consider(this.#carried.nextAt())
    return next
  }

  #wake(env: Env, out: Out): void {
    for (const { member, manager } of this.#channels.values()) {
      member.wake(env, out)
      manager.wake(env, out)
    }
    for (const arrival of this.#arrivals.values())
      if (arrival.askAt <= env.uptimeMs) this.#seekCharter(arrival, env, out)
    this.#keeper.rotateWhenDue(env, out)
    this.#direct.wake(env, out)
    this.#carried.wake(env, out)
  }

  // ---------------------------------------------------------------- frames and the carrier

  #onFrame(frame: Frame, env: Env, out: Out): void {
    const room = this.#channels.get(channelIdText(frame.channel))
    if (room === undefined) return
    const { member, manager } = room
    if (frame.kind === 'session') return this.#onSession(room, frame, env, out)
    if (frame.kind === 'keyRequest') return manager.duties.onKeyRequest(frame, env, out)
    if (frame.kind === 'challengeAnswer') return manager.duties.onChallengeAnswer(frame, env, out)
    if (frame.kind === 'publicKeyRequest') return manager.publicKeys.onQuestion(frame, env, out)
    if (manager.tenure.onElection(frame, env, out)) return
    member.onFrame(frame, env, out)
    if (frame.kind === 'statements') manager.duties.onStatements(env, out)
    else manager.onHeard(frame, env, out)
    manager.tenure.review(env, out)
    if (member.presence.isOnline(frame.author)) this.#direct.onHeard(frame.author, env)
  }

  /** Frames of sessions are kept for others, our own with them: what is missing would tell whose it is. What was not looked at is, later. */
  #onSession({ context, member }: Room, frame: Frame, env: Env, out: Out): void {
    const refusal = this.#direct.onFrame(frame, env, out)
    if (refusal !== undefined && !isOrdinary(refusal)) out.reject(refusal)
    if (!context.log.isMember(frame.author)) return
    if (refusal?.check === 1017) member.sessionRepair.takeEarly(frame, env)
    this.#carried.keep(frame, env, out)
  }

  #onCarrier(channel: Uint8Array, isReady: boolean, env: Env, out: Out): void {
    const room = this.#channels.get(channelIdText(channel))
    room?.member.setCarrier(isReady, env, out)
    room?.manager.tenure.setCarrier(isReady, env, out)
  }

  // ---------------------------------------------------------------- questions and answers

  #onQuestion(id: number, question: Question, env: Env, out: Out): void {
    const { frames, sessions } = question
    const isOurs = frames !== undefined && this.#channels.has(channelIdText(frames.channel))
    if (isOurs && frames.ranges.length <= ASKED_RANGES)
      out.push({ type: 'answerFrames', id, channel: frames.channel, ranges: frames.ranges })
    else if (sessions !== undefined) out.push({ type: 'answer', id, answer: this.#carried.answer(sessions, env) })
    else out.push({ type: 'answer', id, answer: this.#answer(question, env) })
  }

  #answer({ descriptor, record, epochs, log }: Question, env: Env): Answer | undefined {
    const blank: Answer = { descriptors: EMPTY, records: [], frames: [], sealed: EMPTY, isMore: false }
    if (descriptor) {
      const charter = this.#channels.get(channelIdText(descriptor.channel))?.context.charter
      return charter && { ...blank, descriptors: charter.bytes, records: this.#recordsOf(charter.descriptor.managers) }
    }
    if (record) return { ...blank, records: this.#recordsOf([record.user]) }
    if (epochs) {
      const member = this.#channels.get(channelIdText(epochs.channel))?.member
      if (member === undefined) return undefined
      return { ...blank, ...member.epochsAfter(epochs) }
    }
    if (log) {
      const answer = this.#channels.get(channelIdText(log.channel))?.member.statements.logFrom(log.key, log.offset, env)
      return answer && { ...blank, ...answer }
    }
    return undefined
  }

  #recordsOf(users: readonly Uint8Array[]): Uint8Array[] {
    return users.map((user) => this.#records.get(user)?.bytes).filter((bytes) => bytes !== undefined)
  }

  #onAnswer({ id, from, answer }: Event & { type: 'answer' }, env: Env, out: Out): void {
    const [name = '', topic = ''] = id.split(':')
    if (topic === 'charter') {
      if (answer !== undefined && answer.descriptors.length > 0) this.#onCharter(name, answer.descriptors, env, out)
      const search = this.#arrivals.get(name) ?? this.#channels.get(name)?.search
      if (search !== undefined) search.askAt = Math.min(search.askAt, env.uptimeMs + waitAfter(search))
    }
    const room = this.#channels.get(name)
    if (room === undefined) return
    for (const bytes of answer?.records ?? []) this.#addManagerRecord(room, bytes, env, out)
    const { member } = room
    if (topic === 'epochs') member.onEpochs(answer?.frames ?? [], answer?.isMore ?? false, env, out)
    else if (topic === 'frames') member.onKept(answer, env, out)
    else if (topic === 'sessions') member.onKeptSessions(from, answer, env, out)
    else if (topic === 'log' && answer !== undefined) member.onLog(answer.sealed, answer.isMore, env, out)
    else if (topic === 'record') member.onRecord(env, out)
    else if (topic === 'collect') this.#onCollected(room, answer, env, out)
    room.manager.tenure.review(env, out)
  }

  #onCollected({ context, member, manager }: Room, answer: Answer | undefined, env: Env, out: Out): void {
    const terms: number[] = []
    for (const bytes of answer?.frames ?? []) {
      const frame = readFrame(context.channel, bytes)
      if (frame === undefined || frame instanceof Refusal) continue
      const term = frame.body.announcement?.key?.term
      // Of our own making: another manager's word could send us beyond what anybody follows, or beyond all numbers.
      if (term !== undefined && equalBytes(frame.author, context.user)) terms.push(term)
      if (member.keyring.current !== undefined) member.onFrame(frame, env, out)
    }
    if (answer !== undefined) manager.tenure.onCollected(terms, env, out)
  }

  #onFound(kind: 'user' | 'channel', id: Uint8Array, value: Uint8Array | undefined, env: Env, out: Out): void {
    if (kind === 'channel') {
      if (value !== undefined) this.#onCharter(channelIdText(id), value, env, out)
      return
    }
    if (value !== undefined) this.#addRecord(value, env, out)
    this.#onRecord(id, env, out)
  }

  #onRecord(user: Uint8Array, env: Env, out: Out): void {
    for (const { member, manager } of this.#channels.values()) {
      // A member waits for none of its own.
      if (!equalBytes(user, this.#keeper.key.publicKey)) member.onRecord(env, out)
      manager.onRecord(user, env, out)
    }
  }

  /** A record that came beside others is of interest when it is a manager's, or looked for: strangers cannot fill the book. */
  #addManagerRecord({ context }: Room, bytes: Uint8Array, env: Env, out: Out): void {
    const isWanted = ({ user }: UserRecord): boolean =>
      isManagerOf(context.charter.descriptor, user) || this.#direct.isSought(user)
    this.#addRecord(bytes, env, out, isWanted)
  }

  #addRecord(bytes: Uint8Array, env: Env, out: Out, isWanted: (record: UserRecord) => boolean = () => true): void {
    const record = readUserRecord(bytes, env.now)
    if (record instanceof Refusal) return out.reject(record)
    // One of ours: nobody else can have made it.
    if (equalBytes(record.user, this.#keeper.key.publicKey)) return this.#keeper.outdo(record, env, out)
    const taken = isWanted(record) ? this.#records.take(record, env.now, out) : record
    if (taken instanceof Refusal) out.reject(taken)
  }

  // ---------------------------------------------------------------- arriving

  #seekCharter(arrival: Arrival, env: Env, out: Out): void {
    const { channel, addresses } = arrival.invite
    out.push({ type: 'lookUp', kind: 'channel', id: channel })
    this.#askCharter(arrival, { channel, addresses }, undefined, env, out)
  }

  /** A question for a descriptor, after which the next has to wait. */
  #askCharter(
    search: Search,
    { channel, addresses }: Pick<Context, 'channel' | 'addresses'>,
    to: UserId | undefined,
    env: Env,
    out: Out
  ): void {
    search.asked++
    search.askAt = env.uptimeMs + Math.max(ANSWER_MS, waitAfter(search))
    const id = `${channelIdText(channel)}:charter`
    out.push({ type: 'ask', id, channel, to, addresses, question: { descriptor: { channel } } })
  }

  /**
   * Asks for a version of the descriptor that somebody has named: first whoever did so, then everywhere else. Each member asks
   * at a moment of its own.
   */
  #seekAmended({ context, search }: Room, env: Env, out: Out): void {
    const { teacher, channel, log } = context
    if (teacher === undefined) return
    const spreadMs = log.roster.members.size * AMENDED_PER_MEMBER_MS
    if (search.askAt === Number.NEGATIVE_INFINITY) search.askAt = env.uptimeMs + (env.random(1)[0]! / 256) * spreadMs
    if (env.uptimeMs < search.askAt) return
    const isFirst = search.asked % 2 === 0
    context.teacher = undefined
    if (!isFirst) out.push({ type: 'lookUp', kind: 'channel', id: channel })
    this.#askCharter(search, context, isFirst ? asUserId(teacher) : undefined, env, out)
  }

  /** A descriptor was found: it must be the one the invite names, or a later version of it. */
  #onCharter(name: string, bytes: Uint8Array, env: Env, out: Out): void {
    const channel = readChannelId(name)
    const charter = channel && readCharter(channel, bytes)
    if (charter === undefined || charter instanceof Refusal) return out.reject(charter ?? 201)
    const arrival = this.#arrivals.get(name)
    const room = this.#channels.get(name)
    if (room !== undefined) {
      const refusal = succeeds(charter, room.context.charter)
      if (refusal !== undefined) out.reject(refusal)
      else if (charter.ref.version > room.context.charter.ref.version) this.#follow(room, charter, env, out)
      return
    }
    if (arrival === undefined) return
    const { version, hash: named } = arrival.invite.descriptor!
    const known = charter.hashes[version - 1]
    if (known === undefined || !equalBytes(known, named)) return out.reject(208)
    this.#arrivals.delete(name)
    const entered = this.#enter(charter, arrival.text)
    out.keep(entered.context.row())
    out.push({ type: 'subscribe', channel: charter.channel })
    entered.member.start(env, out)
  }

  /** A later version of a descriptor takes the place of the pinned one. */
  #follow({ context, member, manager, search }: Room, charter: Charter, env: Env, out: Out): void {
    const before = context.charter.descriptor
    context.follow(charter)
    search.askAt = Number.NEGATIVE_INFINITY
    search.asked = 0
    out.keep(context.row())
    out.notify({ type: 'descriptor', channel: context.channel, descriptor: charter.descriptor, before })
    member.onCharter(env, out)
    manager.onCharter(env, out)
  }

  // ---------------------------------------------------------------- commands

  #onCommand(id: number, command: Command, env: Env, out: Out): void {
    let result: CommandResult | ConclaveError
    try {
      result = this.#run(command, env, out)
    } catch (error) {
      if (!(error instanceof UsageError || error instanceof PeerError)) throw error
      result = error
    }
    out.push({ type: 'result', id, result })
  }

  #run(command: Command, env: Env, out: Out): CommandResult {
    switch (command.type) {
      case 'createChannel':
        return this.#createChannel(command, env, out)
      case 'join':
        return this.#join(command.invite, env, out)
      case 'channels': {
        const views = [...this.#channels.values()].map((room) => viewOfRoom(room, env))
        return { type: 'channels', channels: [...views, ...[...this.#arrivals.values()].map(viewOfArrival)] }
      }
      case 'identity': {
        const { key, nick, self } = this.#keeper
        return { type: 'identity', user: key.publicKey, nick, record: self.record.bytes }
      }
      case 'setNick':
        return this.#setNick(command.nick, env, out)
      case 'importRecords':
        return this.#importRecords(command.records, env, out)
      case 'amendChannel':
        return this.#amend(this.#roomOf(command.channel), command.changes, env, out)
      case 'leaveChannel':
        return this.#leave(this.#roomOf(command.channel), env, out)
      case 'sayTo':
        return this.#direct.say(command, env, out)
      case 'trust':
        return this.#direct.trust(command, out)
      case 'pairs':
        return { type: 'pairs', pairs: this.#direct.views(command.user) }
      default: {
        const isChannel = this.#channels.has(channelIdText(command.channel))
        const user = isChannel ? undefined : this.#direct.userOf(command.channel)
        if (user !== undefined) return this.#direct.run(user, command, env, out)
        return runInChannel(this.#roomOf(command.channel), command, env, out)
      }
    }
  }

  #createChannel({ settings }: Command & { type: 'createChannel' }, env: Env, out: Out): CommandResult {
    this.#requireRoom()
    const charter = foundChannel(this.#keeper.key, settings, env.random(CHANNEL_SALT_BYTES))
    const room = this.#enter(charter, '')
    out.keep(room.context.row())
    out.push({ type: 'putRecord', kind: 'channel', id: charter.channel, value: charter.bytes })
    out.push({ type: 'subscribe', channel: charter.channel })
    room.member.start(env, out)
    room.manager.tenure.found(env, out)
    return { type: 'channel', channel: viewOfRoom(room, env) }
  }

  #amend(room: Room, changes: ChannelChanges, env: Env, out: Out): CommandResult {
    const { context, member } = room
    if (!equalBytes(context.charter.descriptor.founder, context.user)) {
      throw new UsageError('NOT_ALLOWED', 'Only the founder of a channel may change it. Ask the founder.')
    }
    const charter = amendChannel(this.#keeper.key, context.charter, changes)
    const ready = charter.descriptor.managers.filter((manager) => context.log.isMember(manager))
    if (member.keyring.current !== undefined && ready.length < signaturesNeeded(charter.descriptor)) {
      throw new UsageError(
        'MANAGERS_NOT_HERE',
        'Too few of these key managers are members of the channel. Nothing was changed: let them in first.'
      )
    }
    this.#follow(room, charter, env, out)
    out.push({ type: 'putRecord', kind: 'channel', id: charter.channel, value: charter.bytes })
    member.presence.onAmended(env)
    return { type: 'channel', channel: viewOfRoom(room, env) }
  }

  #join(text: string, env: Env, out: Out): CommandResult {
    const invite = readInvite(text)
    if (invite instanceof Refusal) {
      throw new UsageError(
        'BAD_INVITE',
        'This is not an invite: it is damaged, or cut off. Copy all of it, from CONCLAVE1 to its end.'
      )
    }
    if (invite.expiresAt > 0 && invite.expiresAt < env.now) {
      throw new UsageError('INVITE_EXPIRED', 'This invite has expired. Ask for a new one.')
    }
    const name = channelIdText(invite.channel)
    const known = this.#channels.get(name)
    if (known !== undefined) {
      const isLost = known.member.keyState(env.now) === 'refused-or-silent'
      if (known.member.keyring.current === undefined || known.context.wasRemoved || isLost) {
        known.context.invite = text
        known.context.wasRemoved = false
        out.keep(known.context.row())
        known.member.rejoin(env, out)
      }
      return { type: 'channel', channel: viewOfRoom(known, env) }
    }
    if (!this.#arrivals.has(name)) this.#requireRoom()
    const arrival: Arrival = { invite, text, askAt: env.uptimeMs, asked: 0 }
    this.#arrivals.set(name, arrival)
    const row = { charter: EMPTY, invite: text, alarm: EMPTY, wasRemoved: false, promisedTerm: 0, promisedSerial: 0 }
    out.keep(stateRow(`channel/${name}`, ChannelRow.encode(row)))
    this.#seekCharter(arrival, env, out)
    return { type: 'channel', channel: viewOfArrival(arrival) }
  }

  #leave({ context, member, manager }: Room, env: Env, out: Out): CommandResult {
    if (manager.tenure.isActing && context.log.roster.members.size > 1) {
      throw new UsageError(
        'STILL_KEY_MANAGER',
        'This peer is the key manager of the channel: without it nobody can join. The founder has to name another first.'
      )
    }
    const ends = context.log.admitsToEnd(context.user).slice(0, STATEMENT_ENDS)
    if (ends.length > 0) {
      member.statements.tellStatement(
        context.state({ operation: Operation.WITHDRAW, subject: context.user, ends }, env),
        env,
        out
      )
    }
    member.presence.leave(out)
    out.note([], [...member.forget(), ...manager.archive.clear(), stateKey(`channel/${context.name}`)])
    out.note([], this.#carried.forget(context.name))
    out.push({ type: 'unsubscribe', channel: context.channel })
    this.#channels.delete(context.name)
    return { type: 'done' }
  }

  #setNick(nick: string, env: Env, out: Out): CommandResult {
    this.#keeper.rename(nick, env, out)
    for (const { member, manager } of this.#channels.values()) {
      member.statements.registerNick(env, out)
      manager.duties.onStatements(env, out)
    }
    return { type: 'done' }
  }

  /** @throws {UsageError} `BAD_USER_RECORD`, which one and why; then nothing was taken in. */
  #importRecords(records: readonly Uint8Array[], env: Env, out: Out): CommandResult {
    const added = this.#records.addAll(records, env.now, out)
    if (!Array.isArray(added)) {
      throw new UsageError(
        'BAD_USER_RECORD',
        `Record ${added.index + 1} was not taken in, nor any other. It breaks a rule: ${CHECKS[added.refusal.check]}. ` +
          'Ask its user for a new one.'
      )
    }
    for (const { user } of added) this.#onRecord(user, env, out)
    return { type: 'imported', users: added.map(({ user }) => user) }
  }

  #requireRoom(): void {
    if (this.#channels.size + this.#arrivals.size < CHANNELS) return
    throw new UsageError('TOO_MANY_CHANNELS', `A peer has at most ${CHANNELS} channels. Leave one first.`)
  }

  #roomOf(channel: Uint8Array): Room {
    const room = this.#channels.get(channelIdText(channel))
    if (room !== undefined) return room
    if (this.#arrivals.has(channelIdText(channel))) {
      throw new UsageError(
        'NOT_JOINED_YET',
        'This channel is still being looked for. Wait until it is found, or check the invite.'
      )
    }
    throw new UsageError('NO_SUCH_CHANNEL', 'This peer is in no such channel. See: conclave channel list')
  }
}
