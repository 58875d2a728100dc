/**
 * What is said and heard on a channel: sealed under the keys of the keyring, kept, shown once, in one order.
 *
 * What cannot be sent yet waits, visibly; what arrives before its key is held; what is missing is told. A sealed frame is
 * durable before it is published, so after a crash the same frame goes out again and no other under its key.
 */
import { assert } from '../../base/assert.ts'
import { EMPTY, equalBytes, hex } from '../../base/bytes.ts'
import { UsageError } from '../../base/errors.ts'
import { SECOND_MS } from '../../base/time.ts'
import { type Content, type Message, Privacy } from '../../wire/messages.ts'
import { ClockRow } from '../../wire/rows.ts'
import type { Context } from '../channel/context.ts'
import { type Frame, readFrame } from '../channel/frame.ts'
import { isHigher } from '../channel/key-schedule.ts'
import { Deadlines } from '../deadlines.ts'
import type { Env, Row, RowKey } from '../machine.ts'
import type { MessageView } from '../notice.ts'
import { type Out, stateKey, stateRow } from '../out.ts'
import { ASK_AGAIN_MS, LAMPORT_JUMP, LAMPORT_MAX, OUTBOX_MESSAGES, PENDING_BYTES, PENDING_FRAMES } from '../params.ts'
import { type Check, Refusal, refuse } from '../reject.ts'
import { messageRoom, messageRow } from './history.ts'
import type { Keyring } from './keyring.ts'
import { isContent, makePlainMessage, openMessage, sealMessage } from './message.ts'
import { Outbox, type OutboxEntry } from './outbox.ts'
import { ReplayWindow } from './replay-window.ts'
import { Senders } from './senders.ts'

/**
 * Who said what last is written down this often, not with every message: a crash forgets at most that much of it. What keeps
 * a message from being shown twice, its chain's row, goes with the message.
 */
const SAVE_MS = 2 * SECOND_MS

/** What a conversation asks of the member it belongs to. */
export interface Standing {
  /** Whether the topic has somebody to carry a frame. */
  readonly isCarrierReady: boolean
  /** Whether the current key may be sent under. */
  isKeyReady(now: number): boolean
}

export class Conversation {
  readonly #context: Context
  readonly #keyring: Keyring
  readonly #standing: Standing
  readonly #outbox: Outbox
  readonly #senders: Senders
  readonly #deadlines = new Deadlines<'gaps' | 'outbox' | 'save'>()
  /** Messages whose epoch is not here yet. */
  #held: Frame[] = []
  #heldBytes = 0
  #lamport = 0
  #previous: Uint8Array = EMPTY
  readonly #plainWindow: ReplayWindow
  #plainCounter = 0

  constructor(context: Context, keyring: Keyring, standing: Standing) {
    this.#context = context
    this.#keyring = keyring
    this.#standing = standing
    this.#outbox = new Outbox(context.name)
    this.#senders = new Senders(context.name)
    this.#plainWindow = new ReplayWindow(context.name)
  }

  /** Messages of ours that are not on their way yet. */
  get waiting(): number {
    return this.#outbox.size
  }

  /** Whether messages are here that a later epoch than ours opens. A stranger's word for that counts nothing. */
  get isAheadOfKey(): boolean {
    return this.#held.some(({ author }) => this.#context.log.isMember(author))
  }

  nextAt(): number | undefined {
    this.#deadlines.set('gaps', this.#senders.nextAt())
    return this.#deadlines.next()
  }

  wake(env: Env, out: Out): void {
    for (const name of this.#deadlines.due(env.uptimeMs)) {
      if (name === 'outbox') this.flush(env, out)
      else if (name === 'save') out.note([...this.#senders.changedRows(), this.#clockRow()])
      else for (const gap of this.#senders.due(env.uptimeMs)) this.#notifyGap(gap.sender, gap.missing, false, out)
    }
  }

  unsafeFills(): { readonly name: string; readonly size: number; readonly cap: number }[] {
    return [
      { name: 'held messages', size: this.#held.length, cap: PENDING_FRAMES },
      { name: 'held bytes', size: this.#heldBytes, cap: PENDING_BYTES },
      { name: 'outbox', size: this.#outbox.size, cap: OUTBOX_MESSAGES }
    ]
  }

  /** A new epoch is in force: what was held may be opened, what waits may be sent. */
  onEpoch(env: Env, out: Out): void {
    const held = this.#held
    this.#held = []
    this.#heldBytes = 0
    for (const frame of held) {
      const refusal = this.onMessage(frame, env, out)
      if (refusal !== undefined) out.reject(refusal)
    }
    this.flush(env, out)
  }

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
    this.flush(env, out)
    // It may have to wait although it could be sent by itself: behind one that has no key, or one that is under way.
    if (entry.frame.length === 0) out.keep(this.#outbox.rowOf(entry))
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
    const view = this.#viewOf(frame, entry, 'sent', env)
    out.note([messageRow(view, frame.bytes)], deletes)
    out.notify({ type: 'messageState', channel: this.#context.channel, local, id: view.id, state: 'sent' })
  }

  /**
   * Whether a message may go out now. One to nobody but ourselves waits: whoever is just coming in could not read it. A plain
   * one needs no key, but others take it from members alone.
   */
  #maySend(entry: OutboxEntry, env: Env): boolean {
    const { log, user, wasRemoved, alarm } = this.#context
    if (!this.#standing.isCarrierReady) return false
    if (entry.isPlain) return log.isMember(user) && !wasRemoved && alarm.length === 0
    return this.#standing.isKeyReady(env.now) && log.roster.members.size > 1
  }

  /** Seals and publishes what can be, in the order typed. */
  flush(env: Env, out: Out): void {
    const entries = this.#outbox.entries()
    const stale = entries.find((entry) => !entry.isUnderWay && entry.frame.length > 0 && !this.#isCurrent(entry))
    if (stale !== undefined) {
      if (entries.some((entry) => entry.isUnderWay)) return
      this.#previous = this.#frameOf(stale).body.message!.previous
    }
    for (const entry of entries) {
      if (entry.isUnderWay) continue
      if (!this.#maySend(entry, env)) return
      if (!this.#isCurrent(entry) && !this.#seal(entry, env, out)) return
      entry.isUnderWay = true
      const { channel, name } = this.#context
      out.push({ type: 'publish', channel, frame: entry.frame, receipt: `${name}:${entry.local}` })
    }
  }

  /** Whether the frame of an entry may go out as it is: nothing is sent under a key that is not current any more. */
  #isCurrent(entry: OutboxEntry): boolean {
    if (entry.frame.length === 0) return false
    const current = this.#keyring.current
    return entry.isPlain || (current !== undefined && equalBytes(current.announcement, entry.epoch))
  }

  /** Makes the frame of an entry, durable before it may be published. */
  #seal(entry: OutboxEntry, env: Env, out: Out): boolean {
    const { channel } = this.#context
    const replaced = entry.frame.length > 0 ? this.#frameOf(entry).id : EMPTY
    const content = { ...entry.content, replaces: replaced }
    const lamport = this.#lamport + 1
    const rows: Row[] = []
    const frame = entry.isPlain ? this.#plainFrame(content, lamport) : this.#sealedFrame(entry, content, lamport, rows)
    if (frame === undefined) return false
    const abandoned = { room: messageRoom(channel), entry: hex(replaced), order: entry.lamport }
    entry.frame = frame.bytes
    entry.made = frame
    entry.lamport = lamport
    this.#lamport = lamport
    this.#previous = frame.id
    const view = this.#viewOf(frame, entry, 'waiting', env)
    const puts = [this.#outbox.rowOf(entry), this.#clockRow(), messageRow(view, frame.bytes), ...rows]
    out.push({ type: 'persist', puts, deletes: replaced.length > 0 ? [abandoned] : [], isDurable: true })
    out.notify({ type: 'message', ...view })
    return true
  }

  #sealedFrame(entry: OutboxEntry, content: Content, lamport: number, rows: Row[]): Frame | undefined {
    const { self, channel, log, charter } = this.#context
    const epoch = this.#keyring.current!
    const isFirst = epoch.sending === undefined
    const chain = epoch.sendingChain(self.key.publicKey, self.boot)
    if (chain === undefined) return undefined
    if (isFirst) rows.push(this.#keyring.rowOf(epoch))
    const { counter, key } = chain.next()
    const place = {
      group: EMPTY,
      key: epoch.key,
      device: 0,
      boot: self.boot,
      counter,
      previous: this.#previous,
      lamport
    }
    const bound = { descriptor: charter.ref.hash, logHead: log.head }
    const frame = sealMessage(channel, self.key, { ...place, ...bound }, key, content)
    key.fill(0)
    entry.epoch = epoch.announcement
    return frame
  }

  #plainFrame(content: Content, lamport: number): Frame {
    const { self, channel, charter } = this.#context
    const counter = this.#plainCounter++
    const place = { group: EMPTY, device: 0, boot: self.boot, counter, previous: this.#previous, lamport }
    return makePlainMessage(channel, self.key, { ...place, descriptor: charter.ref.hash, content })
  }

  /** The frame that an entry was sealed into. */
  #frameOf(entry: OutboxEntry): Frame {
    if (entry.made !== undefined) return entry.made
    const frame = readFrame(this.#context.channel, entry.frame)
    assert(frame !== undefined && !(frame instanceof Refusal), 'a frame of ours reads back')
    return frame
  }

  #viewOf(frame: Frame, entry: OutboxEntry, state: 'waiting' | 'sent', env: Env): MessageView {
    const { channel, self } = this.#context
    const { counter, group } = (frame.body.message ?? frame.body.plainMessage)!
    return {
      channel,
      group,
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

  onMessage(frame: Frame, env: Env, out: Out): Refusal | undefined {
    const message = frame.body.message!
    const { log, user } = this.#context
    if (message.group.length > 0 || equalBytes(frame.author, user)) return undefined
    const epoch = this.#keyring.findToRead(message.key!)
    if (epoch === undefined) return this.#hold(frame, message)
    if (!log.isMember(frame.author)) return refuse(log.wasRemoved(frame.author) ? 709 : 701)
    if (message.lamport > Math.min(this.#lamport + LAMPORT_JUMP, LAMPORT_MAX)) return refuse(703)
    const isNewChain = !epoch.hasChain(frame.author, message.boot)
    const peeked = epoch.peek(frame.author, message.boot, message.counter)
    if (peeked === undefined) return refuse(702)
    const content = openMessage(frame, message, peeked.key)
    peeked.key.fill(0)
    if (content instanceof Refusal) {
      this.#notifyUnreadable(frame, content.check, out)
      return content
    }
    assert(peeked.commit(), 'nothing happens between looking at a key and using it')
    const rows = this.#keyring.chainRowOf(epoch, frame.author, message.boot)
    if (isNewChain) rows.push(this.#keyring.rowOf(epoch))
    this.#accept(frame, message, content, true, rows, env, out)
    return undefined
  }

  onPlainMessage(frame: Frame, env: Env, out: Out): Refusal | undefined {
    const message = frame.body.plainMessage!
    const { charter, log, user } = this.#context
    if (charter.descriptor.privacy === Privacy.ENCRYPTED) return refuse(707)
    if (message.group.length > 0) return refuse(707)
    if (equalBytes(frame.author, user)) return undefined
    if (!log.isMember(frame.author)) return refuse(log.wasRemoved(frame.author) ? 709 : 701)
    if (message.lamport > Math.min(this.#lamport + LAMPORT_JUMP, LAMPORT_MAX)) return refuse(703)
    if (!isContent(message.content!)) return refuse(706)
    const taken = this.#plainWindow.take(frame.author, message.boot, message.counter)
    if (taken === undefined) return refuse(702)
    out.note([], taken.deletes)
    this.#accept(frame, message, message.content!, false, taken.puts, env, out)
    return undefined
  }

  /** A message that was opened, and is new. */
  #accept(
    frame: Frame,
    { group, previous, lamport, counter }: Pick<Message, 'group' | 'previous' | 'lamport' | 'counter'>,
    content: Content,
    isEncrypted: boolean,
    rows: Row[],
    env: Env,
    out: Out
  ): void {
    const { channel } = this.#context
    this.#lamport = Math.max(this.#lamport, lamport)
    const isRepeated = content.replaces.length > 0 && this.#senders.knows(frame.author, content.replaces)
    const from = isEncrypted ? counter : 0
    const closed = this.#senders.note(frame.author, frame.id, previous, from, env.uptimeMs)
    const view: MessageView = {
      channel,
      group,
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
    out.note(isRepeated ? rows : [...rows, messageRow(view, frame.bytes)])
    this.#deadlines.setOnce('save', env.uptimeMs + SAVE_MS)
    if (!isRepeated) out.notify({ type: 'message', ...view })
    if (closed !== undefined) this.#notifyGap(closed.sender, closed.missing, true, out)
  }

  /** Keeps a message whose key has not come; one of an epoch that is over, or was before our time, stays unread. */
  #hold(frame: Frame, message: Message): Refusal | undefined {
    const current = this.#keyring.current
    if (current !== undefined && !isHigher(message.key!, current.key)) return refuse(708)
    this.#held.push(frame)
    this.#heldBytes += frame.bytes.length
    while (this.#held.length > PENDING_FRAMES || this.#heldBytes > PENDING_BYTES) {
      this.#heldBytes -= this.#held.shift()!.bytes.length
    }
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

  #notifyGap(sender: Uint8Array, missing: Uint8Array, isClosed: boolean, out: Out): void {
    out.notify({ type: 'gap', channel: this.#context.channel, sender, missing: hex(missing), isClosed })
  }

  #notifyUnreadable(frame: Frame, check: Check, out: Out): void {
    out.notify({ type: 'unreadable', channel: this.#context.channel, sender: frame.author, id: hex(frame.id), check })
  }

  /** Forgets what waits. @returns the rows to delete. */
  forget(): RowKey[] {
    const outbox = this.#outbox.entries().map(({ local }) => this.#outbox.delete(local))
    return [stateKey(`clock/${this.#context.name}`), ...this.#senders.keys(), ...this.#plainWindow.keys(), ...outbox]
  }

  restoreSender(bytes: Uint8Array): void {
    this.#senders.restore(bytes)
  }

  /** @returns false when the row is damaged. */
  restorePlain(bytes: Uint8Array): boolean {
    return this.#plainWindow.restore(bytes)
  }

  restoreOutbox(bytes: Uint8Array): void {
    this.#outbox.restore(bytes)
  }

  restoreClock(bytes: Uint8Array): void {
    const { lamport, previous } = ClockRow.decode(bytes)
    this.#lamport = lamport
    this.#previous = previous
  }
}

/** The content whole, with its texts in NFC, as everybody expects it. */
function normalised({ writtenAt = 0, text, edit, deletion, reaction }: Partial<Content>): Content {
  const { replyTo = EMPTY, isAction = false } = text ?? {}
  return {
    writtenAt,
    replaces: EMPTY,
    ...(text && { text: { text: (text.text ?? '').normalize('NFC'), replyTo, isAction } }),
    ...(edit && { edit: { target: edit.target ?? EMPTY, text: (edit.text ?? '').normalize('NFC') } }),
    ...(deletion && { deletion: { target: deletion.target ?? EMPTY } }),
    ...(reaction && { reaction })
  }
}
