/**
 * A member of one channel: follows its epochs, says and hears messages, and asks for the key when it has none.
 *
 * It sends only under an epoch whose roster applies every removal it knows, and stops for good when it holds proof that a
 * manager lied. What it cannot send waits, visibly. What it adopts is durable before it sends under it.
 */
import { assert } from '../../base/assert.ts'
import { EMPTY, equalBytes, hex } from '../../base/bytes.ts'
import { UsageError } from '../../base/errors.ts'
import { SECOND_MS } from '../../base/time.ts'
import { type Content, type Message, type PlainMessage, Privacy, StatementList } from '../../wire/messages.ts'
import { ClockRow } from '../../wire/rows.ts'
import {
  type CheckedAnnouncement,
  certificateOf,
  isEquivocation,
  readAnnouncement,
  readCertificate,
  readStatementList
} from '../channel/announcement.ts'
import type { Context } from '../channel/context.ts'
import type { LogPreview } from '../channel/control-log.ts'
import { type Frame, makeFrame, readFrame } from '../channel/frame.ts'
import { isHigher, openControl, sealControl } from '../channel/key-schedule.ts'
import { MemberTree } from '../channel/key-tree-member.ts'
import type { CheckedStatement } from '../channel/statement.ts'
import type { KeyState } from '../command.ts'
import { Deadlines } from '../deadlines.ts'
import type { Env, Row, RowKey } from '../machine.ts'
import type { MessageView } from '../notice.ts'
import { type Out, stateKey, stateRow } from '../out.ts'
import {
  ASK_AGAIN_MS,
  BEHIND_MS,
  KEPT_ANNOUNCEMENTS,
  LAMPORT_JUMP,
  LEASE_MS,
  OUTBOX_MESSAGES,
  PENDING_BYTES,
  PENDING_FRAMES,
  WAITING_ANNOUNCEMENTS
} from '../params.ts'
import { type Check, Refusal, refuse } from '../reject.ts'
import { epochOf, followAnnouncement } from './follow.ts'
import { messageRow } from './history.ts'
import { type CheckedGrant, KeyAsker, readGrantedLog } from './join.ts'
import { type Epoch, Keyring } from './keyring.ts'
import { isContent, makePlainMessage, openMessage, sealMessage } from './message.ts'
import { Outbox, type OutboxEntry } from './outbox.ts'
import { Senders } from './senders.ts'

type DeadlineName = 'key' | 'behind' | 'gaps' | 'lease' | 'outbox' | 'expiry' | 'log'

/** Sealing purposes under the control key. */
const STATEMENTS = 'statements'
const LOG = 'log'
/** Bytes of statements in one answer to a question for the log. */
const LOG_ANSWER_BYTES = 48 * 1024

export class Member {
  readonly keyring: Keyring
  readonly #context: Context
  readonly #asker: KeyAsker
  readonly #outbox: Outbox
  readonly #senders: Senders
  readonly #deadlines = new Deadlines<DeadlineName>()
  /** Messages whose epoch is not here yet. */
  #pending: Frame[] = []
  #pendingBytes = 0
  /** Announcements that do not follow the current epoch yet, by id. */
  readonly #waiting = new Map<string, CheckedAnnouncement>()
  /** Adopted announcements, oldest first, for members that missed one. */
  #kept: CheckedAnnouncement[] = []
  /** Chunks by announcement id and index. */
  readonly #chunks = new Map<string, Map<number, Frame>>()
  /** A grant whose log is still being fetched. */
  #granted: { checked: CheckedGrant; statements: Map<string, CheckedStatement>; offset: number } | undefined
  /** Whether the current epoch is known to lead nowhere: only a grant helps. */
  #isOffChain = false
  #isCarrierReady = false
  #beatAt: number | undefined
  #lamport = 0
  #previous: Uint8Array = EMPTY
  #toldState: KeyState | undefined

  constructor(context: Context) {
    this.#context = context
    this.keyring = new Keyring(context.name)
    this.#asker = new KeyAsker(context)
    this.#outbox = new Outbox(context.name)
    this.#senders = new Senders(context.name)
  }

  // ---------------------------------------------------------------- standing

  /** Why this member can or cannot send. */
  keyState(now: number): KeyState {
    const { alarm, wasRemoved, log, charter } = this.#context
    if (alarm.length > 0) return 'alarmed'
    if (wasRemoved) return 'removed'
    const current = this.keyring.current
    if (current === undefined) return this.#askingState()
    if (log.hasUnappliedRemoval) return 'removal-pending'
    if (now > current.notAfter + charter.descriptor.graceSeconds * SECOND_MS) return 'expired'
    return this.#isOffChain ? this.#askingState() : 'ready'
  }

  #askingState(): KeyState {
    if (!this.#isCarrierReady) return 'waiting-for-carrier'
    return this.#asker.isUnanswered ? 'refused-or-silent' : 'asking'
  }

  get isManagerPresent(): boolean {
    return this.#beatAt !== undefined
  }

  /** Messages of ours that are not on their way yet. */
  get waiting(): number {
    return this.#outbox.size
  }

  get isCarrierReady(): boolean {
    return this.#isCarrierReady
  }

  /** When to wake, as `Env.uptimeMs`. */
  nextAt(): number | undefined {
    this.#deadlines.set('gaps', this.#senders.nextAt())
    return this.#deadlines.next()
  }

  // ---------------------------------------------------------------- events

  /** Called once after the rows are restored. */
  start(env: Env, out: Out): void {
    this.#isCarrierReady = false
    this.#expirePast(env, out)
    this.#tell(env, out)
  }

  setCarrier(isReady: boolean, env: Env, out: Out): void {
    this.#isCarrierReady = isReady
    if (isReady) {
      if (this.keyring.current !== undefined && !this.#isOffChain) this.#deadlines.setOnce('behind', env.uptimeMs)
      this.#seekKey(env, out)
      this.#flush(env, out)
      this.#repeatStatements(env, out)
    }
    this.#tell(env, out)
  }

  wake(env: Env, out: Out): void {
    for (const name of this.#deadlines.due(env.uptimeMs)) {
      switch (name) {
        case 'key':
          if (this.#asker.wake(env, out) === 'stale') this.#refreshManagerRecord(out)
          this.#seekKey(env, out)
          break
        case 'behind':
          this.#askEpochs(out)
          this.#deadlines.set('key', env.uptimeMs + ASK_AGAIN_MS)
          break
        case 'gaps':
          for (const gap of this.#senders.due(env.uptimeMs)) this.#notifyGap(gap.sender, gap.missing, false, out)
          break
        case 'lease':
          this.#beatAt = undefined
          this.#notifyManager(false, out)
          break
        case 'outbox':
          this.#flush(env, out)
          break
        case 'expiry':
          this.#expirePast(env, out)
          this.#seekKey(env, out)
          break
        case 'log':
          this.#askLog(out)
          this.#deadlines.set('log', env.uptimeMs + ASK_AGAIN_MS)
          break
        default:
          name satisfies never
      }
    }
    this.#tell(env, out)
  }

  /** @returns false for kinds that are not a member's business. */
  onFrame(frame: Frame, env: Env, out: Out): boolean {
    const refusal = this.#dispatch(frame, env, out)
    if (refusal instanceof Refusal) out.reject(refusal)
    this.#tell(env, out)
    return refusal !== false
  }

  #dispatch(frame: Frame, env: Env, out: Out): Refusal | undefined | false {
    switch (frame.kind) {
      case 'message':
        return this.#onMessage(frame, frame.body.message!, env, out)
      case 'plainMessage':
        return this.#onPlainMessage(frame, frame.body.plainMessage!, env, out)
      case 'announcement':
        return this.#onAnnouncement(frame, env, out)
      case 'chunk':
        return this.#onChunk(frame, env, out)
      case 'statements':
        return this.#onStatements(frame, env, out)
      case 'grant':
        return this.#onGrant(frame, env, out)
      case 'challenge':
        return this.#asker.onChallenge(frame, env, out)
      case 'heartbeat':
        return this.#onHeartbeat(frame, env, out)
      case 'alarm':
        return this.#onAlarm(frame, env, out)
      default:
        return false
    }
  }

  /** Whether a frame may be of somebody admitted under an epoch that has not reached us yet. */
  mayBeNew(frame: Frame): boolean {
    const key = (frame.body.message ?? frame.body.digest ?? frame.body.statements)?.key
    const current = this.keyring.current
    return key !== undefined && (current === undefined || isHigher(key, current.key))
  }

  /** A record may have come that we wait for. */
  onRecord(env: Env, out: Out): void {
    if (!this.#asker.isAsking) this.#seekKey(env, out)
    this.#tell(env, out)
  }

  /** Forgets all keys. @returns every row of this channel's state but the channel's own. */
  forget(): RowKey[] {
    const { name, log } = this.#context
    const statements = [
      ...log.announced().map(({ id }) => `log/${name}/${hex(id)}`),
      ...log.pending().map(({ id }) => `pending/${name}/${hex(id)}`)
    ]
    const outbox = this.#outbox.entries().map(({ local }) => this.#outbox.delete(local))
    const rest = [`clock/${name}`, `newest/${name}`, ...statements].map(stateKey)
    return [...this.keyring.clear(), ...this.#senders.keys(), ...outbox, ...rest]
  }

  // ---------------------------------------------------------------- messages

  /**
   * Takes a message into the outbox; it is sealed and published when it can be.
   *
   * @returns the local name it waits under.
   * @throws {UsageError} when the content is not sayable here, or too much waits already.
   */
  say(draft: Partial<Content>, isPlain: boolean, env: Env, out: Out): string {
    const content = normalised({ ...draft, writtenAt: env.now })
    if (!isContent(content)) {
      throw new UsageError(
        'BAD_MESSAGE',
        'A message has 1 byte to 16 KiB of text. Nothing was sent: shorten it and try again.'
      )
    }
    const { privacy } = this.#context.charter.descriptor
    if (isPlain && privacy === Privacy.ENCRYPTED) {
      throw new UsageError('PLAIN_FORBIDDEN', 'This channel is encrypted only. Nothing was sent: send without --plain.')
    }
    if (this.#outbox.size >= OUTBOX_MESSAGES) {
      throw new UsageError(
        'OUTBOX_FULL',
        `${OUTBOX_MESSAGES} messages wait already. This one was not taken: wait for a key manager or a peer.`
      )
    }
    const local = hex(env.random(16))
    const entry = this.#outbox.add(local, content, isPlain || privacy === Privacy.PLAIN)
    if (!this.#maySend(entry, env)) out.keep(this.#outbox.rowOf(entry))
    this.#flush(env, out)
    this.#tell(env, out)
    return local
  }

  /** What became of a frame with the receipt of an outbox entry. */
  onPublished(local: string, recipients: number, env: Env, out: Out): void {
    const entry = this.#outbox.get(local)
    if (entry === undefined) return
    entry.isUnderWay = false
    if (recipients === 0) {
      this.#deadlines.setOnce('outbox', env.uptimeMs + ASK_AGAIN_MS)
      return
    }
    const frame = this.#frameOf(entry)
    const deletes = [this.#outbox.delete(local)]
    if (frame === undefined) return out.note([], deletes)
    const view = this.#viewOf(frame, entry, 'sent', env)
    out.note([messageRow(view, frame.bytes)], deletes)
    out.notify({ type: 'messageState', channel: this.#context.channel, local, id: view.id, state: 'sent' })
  }

  #maySend(entry: OutboxEntry, env: Env): boolean {
    return this.#isCarrierReady && (entry.isPlain || this.keyState(env.now) === 'ready')
  }

  /** Seals and publishes what can be, in the order typed. */
  #flush(env: Env, out: Out): void {
    for (const entry of this.#outbox.entries()) {
      if (entry.isUnderWay) continue
      if (!this.#maySend(entry, env)) return
      const isSealed = entry.frame.length > 0 && (entry.isUncertain || this.#isCurrent(entry.epoch))
      if (!isSealed && !this.#seal(entry, env, out)) return
      entry.isUnderWay = true
      const { channel, name } = this.#context
      out.push({ type: 'publish', channel, frame: entry.frame, receipt: `${name}:${entry.local}` })
    }
  }

  #isCurrent(announcement: Uint8Array): boolean {
    const current = this.keyring.current
    return current !== undefined && equalBytes(current.announcement, announcement)
  }

  /** Makes the frame of an entry, durable before it may be published. */
  #seal(entry: OutboxEntry, env: Env, out: Out): boolean {
    const { self, channel } = this.#context
    const lamport = this.#lamport + 1
    const rows: Row[] = []
    let frame: Frame
    if (entry.isPlain) {
      const { charter } = this.#context
      const counter = lamport
      const header = { group: EMPTY, device: 0, boot: self.boot, counter, previous: this.#previous, lamport }
      frame = makePlainMessage(channel, self.key, { ...header, descriptor: charter.ref.hash, content: entry.content })
      entry.epoch = EMPTY
    } else {
      const epoch = this.keyring.current!
      const isFirst = epoch.sending === undefined
      const chain = epoch.sendingChain(self.key.publicKey, self.boot)
      if (chain === undefined) return false
      if (isFirst) rows.push(this.keyring.rowOf(epoch))
      const { counter, key } = chain.next()
      const { log, charter } = this.#context
      const header = {
        group: EMPTY,
        key: epoch.key,
        device: 0,
        boot: self.boot,
        counter,
        previous: this.#previous,
        lamport
      }
      const bound = { descriptor: charter.ref.hash, logHead: log.head }
      frame = sealMessage(channel, self.key, { ...header, ...bound }, key, entry.content)
      key.fill(0)
      entry.epoch = epoch.announcement
    }
    entry.frame = frame.bytes
    entry.lamport = lamport
    this.#lamport = lamport
    this.#previous = frame.id
    const view = this.#viewOf(frame, entry, 'waiting', env)
    out.keep(this.#outbox.rowOf(entry), this.#clockRow(), messageRow(view, frame.bytes), ...rows)
    out.notify({ type: 'message', ...view })
    return true
  }

  #frameOf(entry: OutboxEntry): Frame | undefined {
    const frame = readFrame(this.#context.channel, entry.frame)
    return frame instanceof Refusal ? undefined : frame
  }

  #viewOf(frame: Frame, entry: OutboxEntry, state: 'waiting' | 'sent', env: Env): MessageView {
    const { channel, self } = this.#context
    const { counter } = (frame.body.message ?? frame.body.plainMessage)!
    return {
      channel,
      id: hex(frame.id),
      local: entry.local,
      sender: frame.author,
      nick: self.record.nick,
      lamport: entry.lamport,
      counter,
      content: entry.content,
      isEncrypted: !entry.isPlain,
      isOwn: true,
      state,
      seenAt: env.now
    }
  }

  #onMessage(frame: Frame, message: Message, env: Env, out: Out): Refusal | undefined {
    const { log, user } = this.#context
    if (message.group.length > 0 || equalBytes(frame.author, user)) return undefined
    const epoch = this.keyring.find(message.key!)
    if (epoch === undefined) return this.#hold(frame, message, env)
    if (!log.isMember(frame.author)) return refuse(log.wasRemoved(frame.author) ? 709 : 701)
    if (message.lamport > this.#lamport + LAMPORT_JUMP) return refuse(703)
    const isNewChain = !epoch.hasChain(frame.author, message.boot)
    const peeked = epoch.peek(frame.author, message.boot, message.counter)
    if (peeked === undefined) return refuse(702)
    const content = openMessage(frame, message, peeked.key)
    peeked.key.fill(0)
    if (content instanceof Refusal) {
      this.#notifyUnreadable(frame, content.check, out)
      return content
    }
    if (!peeked.commit()) return refuse(702)
    const rows = this.keyring.chainRowOf(epoch, frame.author, message.boot)
    if (isNewChain) rows.push(this.keyring.rowOf(epoch))
    this.#accept(frame, message, content, true, rows, env, out)
    return undefined
  }

  #onPlainMessage(frame: Frame, message: PlainMessage, env: Env, out: Out): Refusal | undefined {
    const { charter, log, user } = this.#context
    if (charter.descriptor.privacy === Privacy.ENCRYPTED) return refuse(707)
    if (message.group.length > 0 || equalBytes(frame.author, user)) return undefined
    if (!log.isMember(frame.author)) return refuse(log.wasRemoved(frame.author) ? 709 : 701)
    if (message.lamport > this.#lamport + LAMPORT_JUMP) return refuse(703)
    if (!isContent(message.content!)) return refuse(706)
    if (this.#senders.knows(frame.author, frame.id)) return refuse(702)
    this.#accept(frame, message, message.content!, false, [], env, out)
    return undefined
  }

  /** A message that was opened, and is new. */
  #accept(
    frame: Frame,
    { previous, lamport, counter }: Pick<Message, 'previous' | 'lamport' | 'counter'>,
    content: Content,
    isEncrypted: boolean,
    rows: Row[],
    env: Env,
    out: Out
  ): void {
    const { channel } = this.#context
    this.#lamport = Math.max(this.#lamport, lamport)
    const closed = this.#senders.note(frame.author, frame.id, previous, env.uptimeMs)
    const view: MessageView = {
      channel,
      id: hex(frame.id),
      sender: frame.author,
      nick: this.#nickOf(frame.author),
      lamport,
      counter,
      content,
      isEncrypted,
      isOwn: false,
      state: 'sent',
      seenAt: env.now
    }
    out.note([...rows, ...this.#senders.rowOf(frame.author), this.#clockRow(), messageRow(view, frame.bytes)])
    out.notify({ type: 'message', ...view })
    if (closed !== undefined) this.#notifyGap(closed.sender, closed.missing, true, out)
  }

  /** Keeps a message whose key has not come; one of an epoch that is over, or was before our time, stays unread. */
  #hold(frame: Frame, message: Message, env: Env): Refusal | undefined {
    const current = this.keyring.current
    if (current !== undefined && !isHigher(message.key!, current.key)) return refuse(708)
    this.#pending.push(frame)
    this.#pendingBytes += frame.bytes.length
    while (this.#pending.length > PENDING_FRAMES || this.#pendingBytes > PENDING_BYTES) {
      this.#pendingBytes -= this.#pending.shift()!.bytes.length
    }
    if (current !== undefined) this.#deadlines.setOnce('behind', env.uptimeMs + BEHIND_MS)
    return undefined
  }

  #clockRow(): Row {
    return stateRow(
      `clock/${this.#context.name}`,
      ClockRow.encode({ lamport: this.#lamport, previous: this.#previous })
    )
  }

  #nickOf(user: Uint8Array): string {
    return this.#context.log.nickOf(user) || (this.#context.records.get(user)?.nick ?? '')
  }

  // ---------------------------------------------------------------- epochs

  #onAnnouncement(frame: Frame, env: Env, out: Out): Refusal | undefined {
    const current = this.keyring.current
    const announcement = readAnnouncement(
      this.#context.charter,
      frame,
      current?.key.term ?? frame.body.announcement!.key!.term
    )
    if (announcement instanceof Refusal) return announcement
    if (announcement.head.group.length > 0 || this.#isKnown(frame)) return undefined
    const lie = [...this.#kept, ...this.#waiting.values()].find((known) => isEquivocation(known, announcement))
    if (lie !== undefined) return this.#raiseAlarm(lie, announcement, env, out)
    if (current !== undefined && !isHigher(announcement.head.key, current.key)) return refuse(403)
    if (announcement.payload === undefined) return undefined
    this.#waiting.set(hex(frame.id), announcement)
    for (const oldest of this.#waiting.keys()) {
      if (this.#waiting.size <= WAITING_ANNOUNCEMENTS) break
      this.#waiting.delete(oldest)
    }
    this.#follow(env, out)
    return undefined
  }

  #isKnown(frame: Frame): boolean {
    return this.#kept.some((kept) => equalBytes(kept.frame.id, frame.id))
  }

  #onChunk(frame: Frame, env: Env, out: Out): Refusal | undefined {
    const { announcement, index } = frame.body.chunk!
    const name = hex(announcement)
    const chunks = this.#chunks.get(name) ?? new Map<number, Frame>()
    chunks.set(index, frame)
    this.#chunks.set(name, chunks)
    for (const oldest of this.#chunks.keys()) {
      if (this.#chunks.size <= WAITING_ANNOUNCEMENTS) break
      this.#chunks.delete(oldest)
    }
    this.#follow(env, out)
    return undefined
  }

  /** Adopts every announcement that follows, one after the other. */
  #follow(env: Env, out: Out): void {
    for (;;) {
      const current = this.keyring.current
      if (current === undefined || this.#isOffChain) return
      const next = [...this.#waiting.values()].find(({ head }) => equalBytes(head.previous, current.announcement))
      if (next === undefined) {
        const isMissing = [...this.#waiting.values()].some(({ head }) => isHigher(head.key, current.key))
        if (isMissing) this.#deadlines.setOnce('behind', env.uptimeMs + BEHIND_MS)
        return
      }
      const chunks = this.#chunksOf(next)
      if (chunks === undefined) {
        this.#deadlines.setOnce('behind', env.uptimeMs + BEHIND_MS)
        return
      }
      this.#waiting.delete(hex(next.frame.id))
      const followed = followAnnouncement(this.#context, current, next, chunks)
      if (followed instanceof Refusal) {
        out.reject(followed)
        this.#onUnfollowed(next, followed, env, out)
        return
      }
      this.#adopt(followed.epoch, followed.preview, next, env, out)
    }
  }

  /** An announcement that follows by name but not in substance: we were removed, or our state or its issuer is wrong. */
  #onUnfollowed(announcement: CheckedAnnouncement, { check }: Refusal, env: Env, out: Out): void {
    const leaf = this.keyring.current?.tree?.leaf
    const isRemoved = leaf !== undefined && announcement.payload!.tree.removed.includes(leaf)
    if (isRemoved) {
      this.#context.wasRemoved = true
      out.keep(this.#context.row())
      return
    }
    const isProof = check === 410 || check === 411 || check === 412 || check === 303
    if (isProof) return this.#alarm(announcement.frame.author, check, out)
    this.#isOffChain = true
    this.#seekKey(env, out)
  }

  #chunksOf({ frame, head }: CheckedAnnouncement): Uint8Array[] | undefined {
    const chunks = this.#chunks.get(hex(frame.id))
    const data = head.chunks.map((_, index) => chunks?.get(index)?.body.chunk?.data)
    return data.every((one) => one !== undefined) ? data : undefined
  }

  /**
   * Adopts an epoch that we issued ourselves as the key manager.
   *
   * @param publish - called when the epoch is durable and before anything is sent under it.
   */
  adoptIssued(
    announcement: Frame,
    chunks: readonly Frame[],
    epoch: Epoch,
    preview: LogPreview,
    publish: () => void,
    env: Env,
    out: Out
  ): void {
    const checked = readAnnouncement(this.#context.charter, announcement, epoch.key.term)
    assert(!(checked instanceof Refusal), 'an announcement of ours is valid')
    for (const chunk of chunks) this.#onChunk(chunk, env, out)
    this.#adopt(epoch, preview, checked, env, out, publish)
  }

  #adopt(
    epoch: Epoch,
    preview: LogPreview,
    announcement: CheckedAnnouncement,
    env: Env,
    out: Out,
    publish: () => void = () => {}
  ): void {
    const { log, channel } = this.#context
    const before = new Set(log.roster.members.ids().map(hex)) // names for the notices below
    log.commit(preview)
    const statements = preview.statements.map((one) => this.#context.logRow(one))
    const settled = preview.statements.map((one) => stateKey(`pending/${this.#context.name}/${hex(one.id)}`))
    this.#install(epoch, announcement, statements, settled, env, out)
    publish()
    this.#notifyRoster(preview.statements, before, out)
    out.notify({
      type: 'epoch',
      channel,
      term: epoch.key.term,
      serial: epoch.key.serial,
      reason: epoch.reason,
      issuer: epoch.issuer
    })
    this.#afterAdoption(env, out)
  }

  /** Puts an epoch in force, durably, with everything it stands on. */
  #install(
    epoch: Epoch,
    announcement: CheckedAnnouncement,
    statements: readonly Row[],
    settled: readonly RowKey[],
    env: Env,
    out: Out
  ): void {
    const { puts, deletes } = this.keyring.begin(epoch, env.now)
    out.push({
      type: 'persist',
      puts: [...statements, ...puts, this.#keepAnnouncement(announcement)],
      deletes: [...deletes, ...settled],
      isDurable: true
    })
    this.#isOffChain = false
    this.#asker.settle()
    this.#granted = undefined
    this.#deadlines.set('key', undefined)
    this.#deadlines.set('behind', undefined)
    this.#deadlines.set('log', undefined)
    const grace = this.#context.charter.descriptor.graceSeconds * SECOND_MS
    this.#deadlines.setOnce('expiry', env.uptimeMs + grace + SECOND_MS)
  }

  #keepAnnouncement(announcement: CheckedAnnouncement): Row {
    this.#kept.push(announcement)
    const dropped = this.#kept.splice(0, this.#kept.length - KEPT_ANNOUNCEMENTS)
    for (const { frame } of dropped) this.#chunks.delete(hex(frame.id))
    return stateRow(`newest/${this.#context.name}`, announcement.frame.bytes)
  }

  #afterAdoption(env: Env, out: Out): void {
    for (const [name, { head }] of this.#waiting) {
      if (!isHigher(head.key, this.keyring.current!.key)) this.#waiting.delete(name)
    }
    const pending = this.#pending
    this.#pending = []
    this.#pendingBytes = 0
    for (const frame of pending) {
      const refusal = this.#onMessage(frame, frame.body.message!, env, out)
      if (refusal !== undefined) out.reject(refusal)
    }
    this.#repeatStatements(env, out)
    this.#flush(env, out)
  }

  #expirePast(env: Env, out: Out): void {
    const grace = this.#context.charter.descriptor.graceSeconds * SECOND_MS
    out.note([], this.keyring.expire(env.now, grace))
    if (this.keyring.epochs.length > 1) this.#deadlines.set('expiry', env.uptimeMs + grace / 2 + SECOND_MS)
  }

  // ---------------------------------------------------------------- the key manager, and asking it

  #onHeartbeat(frame: Frame, env: Env, out: Out): Refusal | undefined {
    const heartbeat = frame.body.heartbeat!
    if (!equalBytes(frame.author, this.#context.manager)) return refuse(417)
    if (heartbeat.group.length > 0) return undefined
    const wasAbsent = this.#beatAt === undefined
    this.#beatAt = env.uptimeMs
    this.#deadlines.set('lease', env.uptimeMs + LEASE_MS)
    if (wasAbsent) this.#notifyManager(true, out)
    const current = this.keyring.current
    if (current === undefined) this.#seekKey(env, out)
    else if (!equalBytes(current.announcement, heartbeat.announcement) && heartbeat.term >= current.key.term) {
      this.#deadlines.setOnce('behind', env.uptimeMs + BEHIND_MS)
    }
    return undefined
  }

  /** Asks for the key, when one is needed and can be asked for. */
  #seekKey(env: Env, out: Out): void {
    const { charter, manager, user, alarm, wasRemoved, records } = this.#context
    if (!this.#isCarrierReady || alarm.length > 0 || wasRemoved || equalBytes(manager, user)) return
    if (charter.descriptor.privacy === Privacy.PLAIN) return
    if (this.#granted !== undefined || !this.#needsKey(env)) return
    const record = records.get(manager)
    if (record === undefined || record.prekey.notAfter < env.now) {
      this.#refreshManagerRecord(out)
      this.#deadlines.set('key', env.uptimeMs + ASK_AGAIN_MS)
      return
    }
    this.#asker.ask(manager, record.prekey, this.keyring.current?.key, this.#token(), env, out)
    this.#deadlines.set('key', this.#asker.nextAt ?? env.uptimeMs + ASK_AGAIN_MS)
  }

  #needsKey(env: Env): boolean {
    const current = this.keyring.current
    return current === undefined || this.#isOffChain || env.now > current.notAfter || this.#isBehind()
  }

  /** Whether announcements are known that we cannot reach from where we are. */
  #isBehind(): boolean {
    const current = this.keyring.current
    return (
      [...this.#waiting.values()].some(({ head }) => current !== undefined && isHigher(head.key, current.key)) ||
      this.#pending.length > 0
    )
  }

  #token(): Uint8Array {
    return this.#context.token
  }

  #refreshManagerRecord(out: Out): void {
    const { channel, manager, name, addresses } = this.#context
    out.push({ type: 'lookUp', kind: 'user', id: manager })
    const question = { record: { user: manager } }
    out.push({ type: 'ask', id: `${name}:record`, channel, to: undefined, addresses, question })
  }

  #askEpochs(out: Out): void {
    const { channel, name, addresses } = this.#context
    const after = this.keyring.current?.announcement ?? EMPTY
    out.push({
      type: 'ask',
      id: `${name}:epochs`,
      channel,
      to: undefined,
      addresses,
      question: { epochs: { channel, group: EMPTY, after } }
    })
  }

  /** The answer to a question for epochs: frames, believed no more than live ones. */
  onEpochs(frames: readonly Uint8Array[], env: Env, out: Out): void {
    for (const bytes of frames) {
      const frame = readFrame(this.#context.channel, bytes)
      if (frame === undefined) continue
      if (frame instanceof Refusal) out.reject(frame)
      else if (frame.kind === 'announcement' || frame.kind === 'chunk') this.onFrame(frame, env, out)
    }
    this.#seekKey(env, out)
  }

  /** Frames for a member that has not followed since `after`; just the newest when we do not know that one. */
  epochsAfter(after: Uint8Array): Uint8Array[] {
    const index = this.#kept.findIndex(({ frame }) => equalBytes(frame.id, after))
    const wanted = after.length > 0 && index >= 0 ? this.#kept.slice(index + 1) : this.#kept.slice(-1)
    const chunksOf = ({ frame }: CheckedAnnouncement): Uint8Array[] =>
      [...(this.#chunks.get(hex(frame.id))?.values() ?? [])].map((chunk) => chunk.bytes)
    return wanted.flatMap((one) => [one.frame.bytes, ...chunksOf(one)])
  }

  #onGrant(frame: Frame, env: Env, out: Out): Refusal | undefined {
    const checked = this.#asker.readGrant(frame, this.keyring.current?.key)
    if (checked === undefined || checked instanceof Refusal) return checked
    const known = this.#kept.find((kept) => isEquivocation(kept, checked.certificate))
    if (known !== undefined) return this.#raiseAlarm(known, checked.certificate, env, out)
    const statements = new Map(checked.statements.map((one) => [hex(one.id), one]))
    this.#granted = { checked, statements, offset: 0 }
    this.#asker.stop()
    if (checked.content.isLogComplete) return this.#takeGrant(env, out)
    for (const one of this.#context.log.announced()) statements.set(hex(one.id), one)
    this.#deadlines.set('log', env.uptimeMs + ASK_AGAIN_MS)
    this.#askLog(out)
    return undefined
  }

  #askLog(out: Out): void {
    if (this.#granted === undefined) return
    const { channel, name, addresses } = this.#context
    const { checked, offset } = this.#granted
    const question = { log: { channel, key: checked.key, offset } }
    out.push({ type: 'ask', id: `${name}:log`, channel, to: undefined, addresses, question })
  }

  /** Part of the log that a grant stands on, sealed by a member under the epoch granted. */
  onLog(sealed: Uint8Array, isMore: boolean, env: Env, out: Out): void {
    const granted = this.#granted
    if (granted === undefined) return
    const line = { channel: this.#context.channel, group: EMPTY }
    const opened = openControl(granted.checked.keys.control, line, LOG, sealed)
    const statements = readStatementList(line, opened)
    if (statements instanceof Refusal) return out.reject(416)
    for (const one of statements) granted.statements.set(hex(one.id), one)
    granted.offset += statements.length
    if (isMore && statements.length > 0) return this.#askLog(out)
    const refusal = this.#takeGrant(env, out)
    if (refusal === undefined) return
    out.reject(refusal)
    granted.offset = 0
  }

  /** Statements for a member that holds the epoch named; empty when we do not. */
  logFrom(key: Message['key'], offset: number, env: Env): { sealed: Uint8Array; isMore: boolean } | undefined {
    const epoch = key && this.keyring.find(key)
    if (epoch === undefined) return undefined
    const all = this.#context.log.announced()
    const statements: Uint8Array[] = []
    let bytes = 0
    for (const one of all.slice(offset)) {
      bytes += one.bytes.length + 4
      if (bytes > LOG_ANSWER_BYTES) break
      statements.push(one.bytes)
    }
    const line = { channel: this.#context.channel, group: EMPTY }
    const sealed = sealControl(epoch.control, line, LOG, StatementList.encode({ statements }), env.random(32))
    return { sealed, isMore: offset + statements.length < all.length }
  }

  /** Adopts a grant whose log is complete. */
  #takeGrant(env: Env, out: Out): Refusal | undefined {
    const { checked, statements } = this.#granted!
    const { content, keys, grant, certificate } = checked
    const read = readGrantedLog(this.#context, checked, [...statements.values()])
    const tree = MemberTree.fromGrant(content.leaf, content.depth, content.pathKeys)
    if (read instanceof Refusal || tree === undefined) {
      this.#granted = undefined
      this.#deadlines.set('key', env.uptimeMs + ASK_AGAIN_MS)
      return read instanceof Refusal ? read : refuse(605)
    }
    const epoch = epochOf(certificate, { keys, transcript: grant.transcript }, tree)
    const before = new Set(this.#context.log.roster.members.ids().map(hex))
    const isNew = this.keyring.current === undefined
    this.#context.log = read.log
    this.#context.invite = ''
    const announced = read.preview.statements
    const rows = [...announced.map((one) => this.#context.logRow(one)), this.#context.row()]
    const settled = announced.map((one) => stateKey(`pending/${this.#context.name}/${hex(one.id)}`))
    this.#install(epoch, certificate, rows, settled, env, out)
    if (!isNew) this.#notifyRoster(announced, before, out)
    const { channel } = this.#context
    out.notify({ type: 'epoch', channel, ...epoch.key, reason: epoch.reason, issuer: epoch.issuer })
    this.#afterAdoption(env, out)
    this.#follow(env, out)
    return undefined
  }

  // ---------------------------------------------------------------- statements

  /** Makes a statement of ours known: kept, and told to the channel. */
  tellStatement(statement: CheckedStatement, env: Env, out: Out): void {
    this.#context.log.addPending(statement)
    out.keep(this.#context.pendingRow(statement))
    this.#publishStatements([statement], env, out)
  }

  #repeatStatements(env: Env, out: Out): void {
    const own = this.#context.log.pending().filter((one) => equalBytes(one.author, this.#context.user))
    if (own.length > 0) this.#publishStatements(own, env, out)
  }

  #publishStatements(statements: readonly CheckedStatement[], env: Env, out: Out): void {
    const epoch = this.keyring.current
    if (epoch === undefined || !this.#isCarrierReady) return
    const { channel, self } = this.#context
    const list = StatementList.encode({ statements: statements.map((one) => one.bytes) })
    const sealed = sealControl(epoch.control, { channel, group: EMPTY }, STATEMENTS, list, env.random(32))
    out.push({
      type: 'publish',
      channel,
      frame: makeFrame(channel, self.key, { statements: { key: epoch.key, sealed } }).bytes
    })
  }

  #onStatements(frame: Frame, env: Env, out: Out): Refusal | undefined {
    const { key, sealed } = frame.body.statements!
    const epoch = this.keyring.find(key!)
    if (epoch === undefined) return undefined
    const { channel, log } = this.#context
    const line = { channel, group: EMPTY }
    const opened = openControl(epoch.control, line, STATEMENTS, sealed)
    if (opened === undefined) return refuse(416)
    const statements = readStatementList(line, opened)
    if (statements instanceof Refusal) return statements
    for (const one of statements) {
      if (!log.mayState(one)) return refuse(303)
      if (log.addPending(one)) out.keep(this.#context.pendingRow(one))
    }
    this.#flush(env, out)
    return undefined
  }

  // ---------------------------------------------------------------- lies

  #raiseAlarm(first: CheckedAnnouncement, second: CheckedAnnouncement, env: Env, out: Out): Refusal {
    const { channel, self, alarm } = this.#context
    if (alarm.length === 0) {
      this.#alarm(second.frame.author, 414, out)
      const proof = { first: certificateOf(first.frame).bytes, second: certificateOf(second.frame).bytes }
      out.push({ type: 'publish', channel, frame: makeFrame(channel, self.key, { alarm: proof }).bytes })
    }
    this.#tell(env, out)
    return refuse(414)
  }

  #alarm(manager: Uint8Array, check: Check, out: Out): void {
    this.#context.alarm = manager
    out.keep(this.#context.row())
    out.notify({ type: 'alarm', channel: this.#context.channel, manager, check })
  }

  #onAlarm(frame: Frame, env: Env, out: Out): Refusal | undefined {
    const { charter, alarm } = this.#context
    if (alarm.length > 0) return undefined
    const term = this.keyring.current?.key.term ?? Number.MAX_SAFE_INTEGER / 2
    const first = readCertificate(charter, frame.body.alarm!.first, term)
    const second = readCertificate(charter, frame.body.alarm!.second, term)
    if (first instanceof Refusal || second instanceof Refusal || !isEquivocation(first, second)) return refuse(414)
    return this.#raiseAlarm(first, second, env, out)
  }

  // ---------------------------------------------------------------- notices

  /** Tells the user when the standing of the key changed. */
  #tell(env: Env, out: Out): void {
    const state = this.keyState(env.now)
    if (state === this.#toldState) return
    this.#toldState = state
    out.notify({ type: 'keyState', channel: this.#context.channel, state })
  }

  #notifyManager(isPresent: boolean, out: Out): void {
    const { channel, manager } = this.#context
    out.notify({ type: 'manager', channel, manager, isPresent })
  }

  #notifyGap(sender: Uint8Array, missing: Uint8Array, isClosed: boolean, out: Out): void {
    out.notify({ type: 'gap', channel: this.#context.channel, sender, missing: hex(missing), isClosed })
    out.note(this.#senders.rowOf(sender))
  }

  #notifyUnreadable(frame: Frame, check: Check, out: Out): void {
    out.notify({ type: 'unreadable', channel: this.#context.channel, sender: frame.author, id: hex(frame.id), check })
  }

  #notifyRoster(statements: readonly CheckedStatement[], before: ReadonlySet<string>, out: Out): void {
    const { channel, log } = this.#context
    const told = new Set<string>()
    for (const { statement, author } of statements) {
      const name = hex(statement.subject)
      const isIn = log.isMember(statement.subject)
      if (told.has(name) || statement.subject.length === 0 || before.has(name) === isIn) continue
      told.add(name)
      const change = isIn ? 'admitted' : equalBytes(author, statement.subject) ? 'withdrew' : 'removed'
      out.notify({
        type: 'roster',
        channel,
        change,
        user: statement.subject,
        nick: log.nickOf(statement.subject),
        by: author
      })
    }
  }

  // ---------------------------------------------------------------- restoring

  restoreEpoch(bytes: Uint8Array): boolean {
    return this.keyring.restoreEpoch(bytes)
  }

  restoreChain(bytes: Uint8Array): boolean {
    return this.keyring.restoreChain(bytes)
  }

  restoreSender(bytes: Uint8Array): void {
    this.#senders.restore(bytes)
  }

  restoreOutbox(bytes: Uint8Array): void {
    this.#outbox.restore(bytes)
  }

  restoreClock(bytes: Uint8Array): void {
    const { lamport, previous } = ClockRow.decode(bytes)
    this.#lamport = lamport
    this.#previous = previous
  }

  /** The newest announcement adopted; a certificate alone after a grant. */
  restoreNewest(bytes: Uint8Array): void {
    const announcement = readCertificate(this.#context.charter, bytes, this.keyring.current?.key.term ?? 0)
    if (!(announcement instanceof Refusal)) this.#kept = [announcement]
  }
}

/** The content with its texts in NFC, as everybody expects it. */
function normalised(content: Partial<Content>): Content {
  const { text, edit } = content
  return {
    writtenAt: 0,
    ...content,
    ...(text && { text: { ...text, text: text.text.normalize('NFC') } }),
    ...(edit && { edit: { ...edit, text: edit.text.normalize('NFC') } })
  }
}
