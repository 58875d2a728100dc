/**
 * A member of one channel: it has a keyring, follows the epochs, holds the conversation, and seeks the key when it has none.
 *
 * It sends only under an epoch whose roster applies every removal it knows, and stops when it holds proof that a manager
 * lied (protocol §7.4). The parts know nothing of each other but what is handed to them here.
 */
import { EMPTY, equalBytes, hex } from '../../base/bytes.ts'
import { SECOND_MS } from '../../base/time.ts'
import type { Content } from '../../wire/messages.ts'
import type { Context } from '../channel/context.ts'
import type { LogPreview } from '../channel/control-log.ts'
import type { Frame } from '../channel/frame.ts'
import { isHigher } from '../channel/key-schedule.ts'
import type { KeyState } from '../command.ts'
import { Deadlines } from '../deadlines.ts'
import type { Env, RowKey } from '../machine.ts'
import { type Out, stateKey } from '../out.ts'
import { LEASE_MS } from '../params.ts'
import { type Refusal, refuse } from '../reject.ts'
import { Conversation, type Standing } from './conversation.ts'
import { Demander } from './demander.ts'
import { KeySeeker } from './key-seeker.ts'
import { type Epoch, Keyring } from './keyring.ts'
import { LogExchange } from './log-exchange.ts'
import { Presence } from './presence.ts'
import { Succession } from './succession.ts'

export class Member {
  readonly keyring: Keyring
  readonly conversation: Conversation
  readonly succession: Succession
  readonly seeker: KeySeeker
  readonly statements: LogExchange
  readonly presence: Presence
  readonly demander: Demander
  readonly #context: Context
  readonly #deadlines = new Deadlines<'lease'>()
  #isCarrierReady = false
  #isManagerPresent = false
  /** The newest heartbeat. */
  #beat = { term: 0, counter: -1 }
  #toldState: KeyState | undefined

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
    this.succession = new Succession(context, keyring, (env, out) => this.#onEpoch(env, out))
    this.seeker = new KeySeeker(context, keyring, standing, this.succession)
    this.conversation = new Conversation(context, keyring, standing)
    this.statements = new LogExchange(context, keyring, standing)
    this.demander = new Demander(context, keyring, standing)
    this.presence = new Presence(context, keyring, standing, this.conversation)
  }

  /** Why this member can or cannot send. */
  keyState(now: number): KeyState {
    const { alarm, wasRemoved, log, charter } = this.#context
    if (alarm.length > 0) return 'alarmed'
    if (wasRemoved) return 'removed'
    const current = this.keyring.current
    if (current === undefined || this.succession.isOffChain) return this.seeker.state
    if (log.hasUnappliedRemoval) return 'removal-pending'
    return now > current.notAfter + charter.descriptor.graceSeconds * SECOND_MS ? 'expired' : 'ready'
  }

  /** Whether a heartbeat of the key manager is fresh. */
  get isManagerPresent(): boolean {
    return this.#isManagerPresent
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
    const parts = [this.succession, this.seeker, this.conversation, this.statements, this.presence, this.demander]
    const moments = [this.#deadlines.next(), ...parts.map((part) => part.nextAt())].filter((at) => at !== undefined)
    return moments.length === 0 ? undefined : Math.min(...moments)
  }

  /** Called once after the rows are restored. */
  start(env: Env, out: Out): void {
    this.succession.expirePast(env, out)
    this.seeker.watchExpiry(env)
    this.#tell(env, out)
  }

  setCarrier(isReady: boolean, env: Env, out: Out): void {
    this.#isCarrierReady = isReady
    if (isReady) {
      this.seeker.onCarrier(env, out)
      this.conversation.flush(env, out)
      this.statements.repeatStatements(env, out)
      this.presence.onCarrier(env)
    }
    this.#tell(env, out)
  }

  wake(env: Env, out: Out): void {
    if (this.#deadlines.due(env.uptimeMs).length > 0) this.#setManagerPresent(false, out)
    this.succession.wake(env, out)
    this.seeker.wake(env, out)
    this.conversation.wake(env, out)
    this.statements.wake(env, out)
    this.presence.wake(env, out)
    this.demander.wake(env, out)
    this.#tell(env, out)
  }

  onFrame(frame: Frame, env: Env, out: Out): void {
    const refusal = this.#dispatch(frame, env, out)
    if (refusal !== undefined) out.reject(refusal)
    this.#tell(env, out)
  }

  #dispatch(frame: Frame, env: Env, out: Out): Refusal | undefined {
    switch (frame.kind) {
      case 'message': {
        const refusal = this.conversation.onMessage(frame, env, out)
        if (this.conversation.isAheadOfKey) this.seeker.suspectBehind(env)
        const { group, key, boot } = frame.body.message!
        if (refusal === undefined && group.length === 0) this.presence.hear(frame.author, key, boot, env, out)
        return refusal
      }
      case 'plainMessage': {
        const refusal = this.conversation.onPlainMessage(frame, env, out)
        if (refusal === undefined) this.presence.hear(frame.author, undefined, frame.body.plainMessage!.boot, env, out)
        return refusal
      }
      case 'digest':
        if (this.mayBeNew(frame) && this.#isOfAnother(frame)) this.seeker.suspectBehind(env)
        return this.presence.onDigest(frame, env, out)
      case 'leave':
        return this.presence.onLeave(frame, env, out)
      case 'announcement':
      case 'chunk': {
        const refusal = this.succession.onEpochFrame(frame, env, out)
        if (this.succession.isOffChain) this.seeker.seek(env, out)
        else if (this.succession.isBehind) this.seeker.suspectBehind(env)
        return refusal
      }
      case 'statements': {
        const refusal = this.statements.onStatements(frame, env, out)
        this.conversation.flush(env, out)
        return refusal
      }
      case 'grant':
        return this.seeker.onGrant(frame, env, out)
      case 'challenge':
        return this.seeker.onChallenge(frame, env, out)
      case 'heartbeat':
        return this.#onHeartbeat(frame, env, out)
      case 'alarm':
        return this.succession.onAlarm(frame, out)
      default:
        return undefined
    }
  }

  #onHeartbeat(frame: Frame, env: Env, out: Out): Refusal | undefined {
    const heartbeat = frame.body.heartbeat!
    if (!equalBytes(frame.author, this.#context.manager)) return refuse(417)
    if (heartbeat.group.length > 0) return undefined
    const { term, counter } = heartbeat
    if (term < this.#beat.term || (term === this.#beat.term && counter <= this.#beat.counter)) return refuse(418)
    this.#beat = { term, counter }
    this.#deadlines.set('lease', env.uptimeMs + LEASE_MS)
    this.#setManagerPresent(true, out)
    const current = this.keyring.current
    const isAgreed = current !== undefined && equalBytes(current.announcement, heartbeat.announcement)
    this.presence.hear(frame.author, isAgreed ? current.key : undefined, EMPTY, env, out)
    if (current === undefined) this.seeker.onRecord(env, out)
    else if (heartbeat.term >= current.key.term && !equalBytes(current.announcement, heartbeat.announcement)) {
      this.seeker.suspectBehind(env)
    }
    return undefined
  }

  #setManagerPresent(isPresent: boolean, out: Out): void {
    if (isPresent === this.#isManagerPresent) return
    this.#isManagerPresent = isPresent
    const { channel, manager } = this.#context
    out.notify({ type: 'manager', channel, manager, isPresent })
  }

  #onEpoch(env: Env, out: Out): void {
    this.seeker.settle(env)
    const epoch = this.keyring.current!
    const { term, serial } = epoch.key
    const { reason, issuer } = epoch
    out.notify({ type: 'epoch', channel: this.#context.channel, group: EMPTY, term, serial, reason, issuer })
    this.statements.repeatStatements(env, out)
    this.conversation.onEpoch(env, out)
    this.presence.onEpoch(env, out)
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

  /** Takes a message to be sent when it can be. @returns its local name. @throws {UsageError} as `Conversation.say`. */
  say(content: Partial<Content>, isPlain: boolean, env: Env, out: Out): string {
    const local = this.conversation.say(content, isPlain, env, out)
    this.#tell(env, out)
    return local
  }

  /** A record may have come that we wait for. */
  onRecord(env: Env, out: Out): void {
    this.seeker.onRecord(env, out)
    this.#tell(env, out)
  }

  onEpochs(frames: readonly Uint8Array[], isMore: boolean, env: Env, out: Out): void {
    this.seeker.onEpochs(frames, isMore, env, out)
    this.#tell(env, out)
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
    return [...this.keyring.clear(), ...this.conversation.forget(), ...this.succession.rows(), ...rest]
  }

  /** How full everything is that others can fill, beside its bound. */
  unsafeFills(): { readonly name: string; readonly size: number; readonly cap: number }[] {
    return [...this.conversation.unsafeFills(), ...this.succession.unsafeFills(), ...this.presence.unsafeFills()]
  }

  /** Tells the user when the standing of the key changed. */
  #tell(env: Env, out: Out): void {
    const state = this.keyState(env.now)
    if (state === this.#toldState) return
    this.#toldState = state
    out.notify({ type: 'keyState', channel: this.#context.channel, state })
  }
}
