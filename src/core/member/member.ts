/**
 * A member of one channel: it has a keyring, follows the epochs, holds the conversation, and seeks the key when it has none.
 *
 * It sends only under an epoch whose roster applies every removal it knows, and stops when it holds proof that a manager
 * lied (protocol §7.4). The parts know nothing of each other but what is handed to them here.
 */
import { EMPTY, equalBytes, hex } from '../../base/bytes.ts'
import { SECOND_MS } from '../../base/time.ts'
import { SEEN_SENDERS } from '../../wire/limits.ts'
import type { Answer, Content, EpochsQuestion, Seen } from '../../wire/messages.ts'
import { EpochRow } from '../../wire/rows.ts'
import type { Context } from '../channel/context.ts'
import type { LogPreview } from '../channel/control-log.ts'
import { isManagerOf, isSameDescriptor } from '../channel/descriptor.ts'
import { outranks } from '../channel/election.ts'
import { type Frame, readFrame } from '../channel/frame.ts'
import { isHigher } from '../channel/key-schedule.ts'
import type { KeyState } from '../command.ts'
import type { UserId } from '../identity/user.ts'
import type { Env, RowKey } from '../machine.ts'
import { type Out, stateKey } from '../out.ts'
import { Refusal, refuse } from '../reject.ts'
import { Clock } from './clock.ts'
import { Conversation } from './conversation.ts'
import { Demander } from './demander.ts'
import { Groups } from './groups.ts'
import { KeySeeker } from './key-seeker.ts'
import { type Epoch, Keyring } from './keyring.ts'
import { LogExchange } from './log-exchange.ts'
import { type News, Presence } from './presence.ts'
import { PublicKeys } from './public-keys.ts'
import { Receipts } from './receipts.ts'
import { Repair } from './repair.ts'
import { Retention } from './retention.ts'
import { SessionRepair } from './session-repair.ts'
import { type Lines, Speaker, type Standing } from './speaker.ts'
import { Succession } from './succession.ts'
import { Traffic } from './traffic.ts'
import { Watch } from './watch.ts'

/** What nobody says who knows that a manager lied. */
const SAYINGS: ReadonlySet<Frame['kind']> = new Set<Frame['kind']>(['message', 'plainMessage', 'digest'])

export class Member {
  readonly keyring: Keyring
  readonly groups: Groups
  readonly speaker: Speaker
  readonly conversation: Conversation
  readonly clock: Clock
  readonly traffic = new Traffic()
  readonly succession: Succession
  readonly seeker: KeySeeker
  readonly statements: LogExchange
  readonly publicKeys: PublicKeys
  readonly presence: Presence
  readonly demander: Demander
  readonly receipts: Receipts
  readonly repair: Repair
  readonly sessionRepair: SessionRepair
  readonly watch: Watch
  readonly #retention: Retention
  readonly #context: Context
  #isCarrierReady = false
  /** Whom we hold to be the manager in office. */
  #manager = EMPTY
  #hintedTerm = 0
  #toldState: KeyState | undefined
  /** Whether nothing but a grant helped. */
  #wasLost = false

  constructor(context: Context) {
    const keyring = new Keyring(context.name)
    const member = this
    const standing: Standing = {
      get isCarrierReady() {
        return member.#isCarrierReady
      },
      isKeyReady: (now) => this.keyState(now) === 'ready'
    }
    this.#context = context
    this.keyring = keyring
    this.watch = new Watch(context)
    this.succession = new Succession(context, keyring, {
      onPassed: (passed) => this.speaker.recall(passed),
      onAdopted: (env, out) => this.#onEpoch(env, out),
      onComer: (user, group, out) => this.receipts.noteComer(user, group, this.clock.saidTo(group), out)
    })
    this.seeker = new KeySeeker(context, keyring, standing, this.succession, this.watch)
    this.groups = new Groups(context, {
      keyring,
      succession: this.succession,
      onKey: (env, out) => this.#onKey(env, out),
      needGrant: (env, out) => this.seeker.needGrant(env, out)
    })
    const { groups } = this
    const lines: Lines = {
      keyringOf: (group) => (group.length === 0 ? keyring : groups.keyringOf(group)),
      isReady: (group, now) => groups.isReady(group, now)
    }
    this.clock = new Clock(context.name)
    this.receipts = new Receipts(context)
    const { clock, traffic, receipts } = this
    this.speaker = new Speaker(context, lines, standing, { clock, traffic, receipts })
    this.#retention = new Retention(context, this.speaker)
    this.conversation = new Conversation(context, lines, this.clock, this.traffic)
    this.statements = new LogExchange(context, keyring, standing)
    this.publicKeys = new PublicKeys(context, keyring, standing)
    this.demander = new Demander(context, lines, standing)
    const readiness = {
      get mayRepair() {
        return member.isConnected
      }
    }
    this.repair = new Repair(context, this.conversation, clock, readiness)
    this.sessionRepair = new SessionRepair(context, clock, readiness, () => this.presence.present)
    const news: News = {
      seen: () => [...this.speaker.sent(), ...this.conversation.senders.seen()].slice(-SEEN_SENDERS),
      onSeen: (from, seen, env, out) => this.#onSeen(from, seen, env, out)
    }
    this.presence = new Presence(context, keyring, standing, { clock, traffic, news })
  }

  /** Why this member can or cannot send. */
  keyState(now: number): KeyState {
    const { alarm, wasRemoved, log, charter } = this.#context
    if (alarm.length > 0) return 'alarmed'
    if (wasRemoved) return 'removed'
    const current = this.keyring.current
    // What we cannot follow may remove somebody: nothing is sent before that is known.
    const isLost = current === undefined || current.isFooting
    if (isLost || this.succession.isOffChain || this.succession.isBehind) return this.seeker.state
    if (log.hasUnappliedRemoval || this.#context.hasDismissed) return 'removal-pending'
    if (this.watch.exposure === 'fenced') return 'fenced'
    return now > current.notAfter + charter.descriptor.graceSeconds * SECOND_MS ? 'expired' : 'ready'
  }

  /** Whether we are in the channel, as far as we know, and somebody hears us there. */
  get isConnected(): boolean {
    return this.#isCarrierReady && this.#isUpToDate
  }

  /** Whether we have the newest key that we know of. */
  get #isUpToDate(): boolean {
    const { current } = this.keyring
    const { succession } = this
    const isOver = this.#context.wasRemoved || this.#context.alarm.length > 0
    return current !== undefined && !current.isFooting && !succession.isOffChain && !succession.isBehind && !isOver
  }

  /** A member says how much it has of what others said, and of what we did. */
  #onSeen(from: Uint8Array, seen: readonly Seen[], env: Env, out: Out): void {
    for (const { sender, group, lamport } of seen) {
      if (equalBytes(sender, this.#context.user) && lamport <= this.clock.saidTo(group))
        this.receipts.onSeen(from, group, lamport, out)
    }
    this.repair.onSeen(from, seen, env)
    this.sessionRepair.onMember(from, env)
  }

  /** Whether a frame may be of somebody admitted under an epoch that has not reached us yet. */
  mayBeNew(frame: Frame): boolean {
    const key = (frame.body.message ?? frame.body.digest ?? frame.body.statements)?.key
    const current = this.keyring.current
    return key !== undefined && (current === undefined || isHigher(key, current.key))
  }

  /** Whether a frame is of another member: anybody can name a key id that does not exist. */
  #isOfAnother({ author }: Frame): boolean {
    return this.#context.log.isMember(author) && !equalBytes(author, this.#context.user)
  }

  /** When to wake, as `Env.uptimeMs`. */
  nextAt(): number | undefined {
    const { succession, seeker, speaker, conversation, statements, groups, publicKeys, presence } = this
    const { demander, watch, repair, sessionRepair, receipts } = this
    const talk = [speaker, conversation, repair, sessionRepair, receipts, presence]
    const keys = [
      succession,
      succession.equivocation,
      seeker,
      statements,
      groups,
      publicKeys,
      demander,
      watch,
      this.#retention
    ]
    const moments = [...talk, ...keys].map((part) => part.nextAt()).filter((at) => at !== undefined)
    return moments.length === 0 ? undefined : Math.min(...moments)
  }

  /** Called once after the rows are restored. */
  start(env: Env, out: Out): void {
    this.succession.expirePast(env, out)
    this.#retention.look(env, out)
    if (this.keyring.current !== undefined) this.groups.onChannelEpoch(env, out)
    // An invite is kept until it has brought a key: with a key from before, it is to bring us back.
    if (this.#context.invite !== '') this.succession.leaveChain()
    this.seeker.watchExpiry(env)
    this.#manager = this.#context.manager
    if (this.keyring.current !== undefined) this.watch.start(env)
    this.#noteAbsence(env, out)
    this.#tell(env, out)
  }

  setCarrier(isReady: boolean, env: Env, out: Out): void {
    if (isReady && !this.#isCarrierReady) this.#noteAbsence(env, out)
    this.#isCarrierReady = isReady
    if (isReady) {
      this.seeker.onCarrier(env, out)
      this.speaker.flush(env, out)
      this.statements.repeatStatements(env, out)
      this.presence.onCarrier(env)
      this.repair.onCarrier(env)
      this.sessionRepair.onCarrier(env)
    }
    this.#tell(env, out)
  }

  wake(env: Env, out: Out): void {
    this.watch.wake(env, out)
    this.#retention.wake(env, out)
    this.succession.wake(env, out)
    this.succession.equivocation.wake(env, out)
    this.seeker.wake(env, out)
    this.speaker.wake(env, out)
    this.conversation.wake(env, out)
    this.repair.wake(env, out)
    this.sessionRepair.wake(env, out)
    this.receipts.wake(this.presence.online === 1, env, out)
    this.groups.wake(env, out)
    this.statements.wake(env, out)
    this.publicKeys.wake(env, out)
    this.presence.wake(env, out)
    this.demander.wake(env, out)
    this.#tell(env, out)
  }

  onFrame(frame: Frame, env: Env, out: Out): void {
    const refusal = this.#dispatch(frame, env, out)
    if (refusal !== undefined) out.reject(refusal)
    if (SAYINGS.has(frame.kind) && this.#isOfAnother(frame)) this.succession.equivocation.onHeard(frame.author, env)
    this.#followOffice(env, out)
    this.#tell(env, out)
  }

  #dispatch(frame: Frame, env: Env, out: Out): Refusal | undefined {
    const key = (frame.body.message ?? frame.body.digest ?? frame.body.statements)?.key
    if (key !== undefined && this.keyring.contradicts(key) && this.#isOfAnother(frame)) {
      this.seeker.learn(frame.author, env, out)
    }
    if (this.#context.isOfNews(frame)) this.#context.teacher = frame.author
    switch (frame.kind) {
      case 'message': {
        const refusal = this.conversation.onMessage(frame, env, out)
        const { group, key, boot } = frame.body.message!
        if (this.conversation.isHolding(frame)) {
          if (group.length === 0) this.seeker.suspectBehind(env)
          else this.groups.suspectBehind(group, env)
        }
        if (refusal === undefined && group.length === 0) this.presence.hear(frame.author, key, boot, env, out)
        if (refusal === undefined) this.#onHeard(env)
        return refusal
      }
      case 'plainMessage': {
        const refusal = this.conversation.onPlainMessage(frame, env, out)
        if (refusal === undefined) this.presence.hear(frame.author, undefined, frame.body.plainMessage!.boot, env, out)
        if (refusal === undefined) this.#onHeard(env)
        return refusal
      }
      case 'digest':
        if (this.mayBeNew(frame) && this.#isOfAnother(frame)) this.seeker.suspectBehind(env)
        return this.presence.onDigest(frame, env, out)
      case 'leave': {
        const refusal = this.presence.onLeave(frame, env, out)
        if (equalBytes(frame.author, this.#context.manager) && this.presence.hasLeft(frame.author))
          this.watch.forget(out)
        return refusal
      }
      case 'announcement':
      case 'chunk': {
        const refusal = this.#onEpochFrame(frame, env, out)
        if (this.succession.isOffChain) this.seeker.seek(env, out)
        else if (this.succession.isBehind) this.seeker.suspectBehind(env)
        return refusal
      }
      case 'statements': {
        const refusal = this.statements.onStatements(frame, env, out)
        this.speaker.flush(env, out)
        return refusal
      }
      case 'publicKeyAnswer':
        return this.publicKeys.onAnswer(frame, env, out)
      case 'grant':
        return this.seeker.onGrant(frame, env, out)
      case 'challenge':
        return this.seeker.onChallenge(frame, env, out)
      case 'heartbeat':
        return this.#onHeartbeat(frame, env, out)
      case 'alarm':
        return this.succession.equivocation.onAlarm(frame, env, out)
      default:
        return undefined
    }
  }

  #onHeard(env: Env): void {
    this.presence.noteHeard(env)
    if (this.conversation.senders.gaps().length > 0) this.repair.lookSoon(env)
  }

  /** Messages that were asked for; believed no more than live ones. */
  onKept(answer: Answer | undefined, env: Env, out: Out): void {
    this.repair.onAnswer(answer, env, out)
    if (this.conversation.isHoldingLater) this.seeker.suspectBehind(env)
    this.presence.noteHeard(env)
    this.#tell(env, out)
  }

  /** Frames of sessions that somebody has kept. @param from - undefined: there was nobody to ask. */
  onKeptSessions(from: UserId | undefined, answer: Answer | undefined, env: Env, out: Out): void {
    this.sessionRepair.onAnswer(from, answer, env, out)
    this.#tell(env, out)
  }

  /** We may have missed what was said until now. */
  #noteAbsence(env: Env, out: Out): void {
    this.repair.noteAbsence(env, out)
    this.sessionRepair.noteAbsence(env, out)
  }

  /** An announcement or a chunk, of the channel or of a group. */
  #onEpochFrame(frame: Frame, env: Env, out: Out): Refusal | undefined {
    const isOfGroup = (frame.body.announcement?.group.length ?? 0) > 0
    const refusal = isOfGroup
      ? this.groups.onAnnouncement(frame, env, out)
      : this.succession.onEpochFrame(frame, env, out)
    if (frame.kind === 'chunk') this.groups.onChunk(env, out)
    this.speaker.flush(env, out)
    return refusal
  }

  #onHeartbeat(frame: Frame, env: Env, out: Out): Refusal | undefined {
    const { heartbeat } = frame.body
    const { office, charter } = this.#context
    const { term, group, isFollowing } = heartbeat!
    const current = this.keyring.current
    if (equalBytes(frame.author, this.#context.user) || !isManagerOf(charter.descriptor, frame.author))
      return refuse(417)
    // Said to the one in office alone.
    if (isFollowing) return undefined
    if (!isSameDescriptor(heartbeat!.descriptor!, charter.ref)) return refuse(402)
    if (current === undefined && office.term === 0) {
      const { hint } = this.#context
      // Of two who say so each may be wrong: a certificate tells.
      if (hint.length > 0 && !equalBytes(frame.author, hint)) this.seeker.learn(frame.author, env, out)
      this.#takeHint(frame.author, term)
    }
    const isOfOffice = equalBytes(frame.author, this.#context.manager)
    const said = { version: charter.ref.version, term, manager: frame.author }
    if (office.term > 0 && outranks(charter, said, office)) {
      // A term whose certificate we have not: whoever says so has it.
      this.seeker.learn(frame.author, env, out)
      return undefined
    }
    if (!isOfOffice) return refuse(417)
    const refusal = this.watch.onHeartbeat(frame, env, out)
    if (refusal !== undefined) return refusal
    this.seeker.onManager(env, out)
    if (group.length > 0) {
      this.groups.onHeartbeat(heartbeat!, env)
      return undefined
    }
    const isAgreed = current !== undefined && equalBytes(current.announcement, heartbeat!.announcement)
    this.presence.hear(frame.author, isAgreed ? current.key : undefined, heartbeat!.boot, env, out)
    if (current === undefined) this.seeker.onRecord(env, out)
    else if (isAgreed) this.seeker.onAgreed()
    else if (this.#context.version < charter.ref.version || term >= current.key.term) this.seeker.suspectBehind(env)
    return undefined
  }

  /** Without a certificate whoever says so is held to be in office, until it falls silent or another says so of a later term. */
  #takeHint(manager: Uint8Array, term: number): void {
    if (this.watch.isPresent && term <= this.#hintedTerm) return
    this.#hintedTerm = term
    this.#context.hint = manager
  }

  /** Another manager may be in office now, as far as we know: what is asked for is asked of that one. */
  #followOffice(env: Env, out: Out): void {
    const { manager } = this.#context
    if (equalBytes(manager, this.#manager)) return
    this.#manager = manager
    this.watch.forget(out)
    this.seeker.askAnew(env, out)
  }

  /** A new version of the descriptor is pinned. */
  onCharter(env: Env, out: Out): void {
    this.watch.onCharter()
    this.#retention.look(env, out)
    this.succession.onCharter()
    this.#followOffice(env, out)
    this.#tell(env, out)
  }

  #onEpoch(env: Env, out: Out): void {
    this.seeker.settle(env)
    this.watch.start(env)
    this.#followOffice(env, out)
    const epoch = this.keyring.current!
    const { charter } = this.#context
    const { term, serial } = epoch.key
    const { reason, issuer } = epoch
    out.notify({ type: 'epoch', channel: this.#context.channel, group: EMPTY, term, serial, reason, issuer })
    if (charter.descriptor.managers.length > 1) this.speaker.prune(this.succession.lately, out)
    this.statements.onEpoch(env, out)
    this.statements.registerNick(env, out)
    this.groups.onChannelEpoch(env, out)
    this.#onKey(env, out)
  }

  /** A key of a line is in force: what waited for it goes on. */
  #onKey(env: Env, out: Out): void {
    this.conversation.onEpoch(env, out)
    this.presence.onEpoch(env, out)
    // Nothing is said under a key that is on its way out: whoever is granted the next one could not read it.
    if (!this.succession.isPassing) this.speaker.flush(env, out)
  }

  /** Adopts an epoch that we issued ourselves as the key manager; `publish` is called between durable and in force. */
  adoptIssued(
    announcement: Frame,
    chunks: readonly Frame[],
    epoch: Epoch,
    preview: LogPreview,
    publish: () => void,
    env: Env,
    out: Out
  ): void {
    this.succession.adoptIssued(announcement, chunks, epoch, preview, publish, env, out)
    this.#tell(env, out)
  }

  /** Takes a message to be sent when it can be. @returns its local name. @throws {UsageError} as `Speaker.say`. */
  say(content: Partial<Content>, isPlain: boolean, group: Uint8Array, env: Env, out: Out): string {
    const local = this.speaker.say(content, isPlain, group, env, out)
    this.#tell(env, out)
    return local
  }

  /** Comes in anew by an invite: what follows the epoch of before is the removal, again and again. */
  rejoin(env: Env, out: Out): void {
    this.succession.leaveChain()
    this.seeker.askAnew(env, out)
    this.onRecord(env, out)
  }

  /** A record may have come that we wait for. */
  onRecord(env: Env, out: Out): void {
    this.seeker.onRecord(env, out)
    this.#tell(env, out)
  }

  /** The answer to a question for epochs: frames, believed no more than live ones. */
  onEpochs(frames: readonly Uint8Array[], isMore: boolean, env: Env, out: Out): void {
    const older: Frame[] = []
    for (const bytes of frames) {
      const frame = readFrame(this.#context.channel, bytes)
      if (frame === undefined) continue
      if (!(frame instanceof Refusal) && this.#context.isOfNews(frame)) this.#context.teacher = frame.author
      const refusal = frame instanceof Refusal ? frame : this.#onAnswered(frame, env, out)
      if (!(frame instanceof Refusal) && this.#context.isOfOlder(frame)) older.unshift(frame)
      else if (refusal !== undefined) out.reject(refusal)
    }
    // What an older version of the descriptor allowed leads on to what the newest does: that has to be known first.
    for (const frame of older) {
      const refusal = this.#onEpochFrame(frame, env, out)
      if (refusal !== undefined) out.reject(refusal)
    }
    this.seeker.onEpochs(isMore, env, out)
    this.#followOffice(env, out)
    this.#tell(env, out)
  }

  /** What came with an answer to a question for epochs. */
  #onAnswered(frame: Frame, env: Env, out: Out): Refusal | undefined {
    if (frame.kind === 'alarm') return this.succession.equivocation.onAlarm(frame, env, out)
    return this.#onEpochFrame(frame, env, out)
  }

  onLog(sealed: Uint8Array, isMore: boolean, env: Env, out: Out): void {
    this.seeker.onLog(sealed, isMore, env, out)
    this.#tell(env, out)
  }

  /** Forgets all keys. @returns every row of this channel's state but the channel's own. */
  forget(): RowKey[] {
    const { name, log } = this.#context
    const announced = log.announced().map(({ id }) => `log/${name}/${hex(id)}`)
    const pending = log.pending().map(({ id }) => `pending/${name}/${hex(id)}`)
    const rest = [...announced, ...pending].map(stateKey)
    const words = [...this.clock.keys(), ...this.speaker.forget(), ...this.conversation.keys()]
    const notes = [
      ...this.repair.keys(),
      ...this.sessionRepair.keys(),
      ...this.receipts.keys(),
      ...this.succession.equivocation.keys()
    ]
    return [...this.keyring.clear(), ...this.groups.clear(), ...words, ...notes, ...this.succession.rows(), ...rest]
  }

  /** What a member that is behind on a line is told. */
  epochsAfter(question: EpochsQuestion): { frames: Uint8Array[]; isMore: boolean } {
    const { group } = question
    const answer = group.length === 0 ? this.succession.epochsAfter(question) : this.groups.epochsAfter(question)
    return { ...answer, frames: [...this.succession.equivocation.frames(), ...answer.frames] }
  }

  /** Every secret held under keys, for checkers. */
  unsafeSecrets(): { readonly name: string; readonly bytes: Uint8Array }[] {
    return [...this.keyring.unsafeSecrets(), ...this.groups.unsafeSecrets()]
  }

  /** @returns false when the row is damaged. */
  restoreEpoch(bytes: Uint8Array): boolean {
    const { group } = EpochRow.decode(bytes)
    return group.length === 0 ? this.keyring.restoreEpoch(bytes) : this.groups.restoreEpoch(group, bytes)
  }

  /** @returns false when the row is damaged. */
  restoreChain(bytes: Uint8Array): boolean {
    return this.keyring.restoreChain(bytes) && this.groups.restoreChain(bytes)
  }

  /** How full everything is that others can fill, beside its bound. */
  unsafeFills(): { readonly name: string; readonly size: number; readonly cap: number }[] {
    const { speaker, conversation, succession, groups, publicKeys, presence, repair, sessionRepair } = this
    const parts = [speaker, conversation, succession, groups, publicKeys, presence, repair, sessionRepair]
    return parts.flatMap((part) => part.unsafeFills())
  }

  /** Tells the user when the standing of the key changed. */
  #tell(env: Env, out: Out): void {
    const state = this.keyState(env.now)
    const isLost = this.keyring.current === undefined || this.succession.isOffChain
    if (this.#wasLost && !isLost) this.#noteAbsence(env, out)
    this.#wasLost = isLost
    if (state === this.#toldState) return
    this.#toldState = state
    out.notify({ type: 'keyState', channel: this.#context.channel, state })
    if (state !== 'ready') return
    this.speaker.flush(env, out)
    this.repair.lookSoon(env)
    this.sessionRepair.lookSoon(env)
  }
}
