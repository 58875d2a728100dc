/**
 * What is heard on a channel and in its groups: opened under the keys of the line, kept, shown once, in one order.
 *
 * What arrives before its key is held; what is missing is told.
 */
import { assert } from '../../base/assert.ts'
import { EMPTY, equalBytes, hex } from '../../base/bytes.ts'
import { SECOND_MS } from '../../base/time.ts'
import { type Content, type Message, Privacy } from '../../wire/messages.ts'
import { isContent } from '../channel/content.ts'
import type { Context } from '../channel/context.ts'
import type { Frame } from '../channel/frame.ts'
import { isHigher } from '../channel/key-schedule.ts'
import { Deadlines } from '../deadlines.ts'
import type { Env, Row, RowKey } from '../machine.ts'
import type { MessageView } from '../notice.ts'
import type { Out } from '../out.ts'
import { LAMPORT_JUMP, LAMPORT_MAX, PENDING_BYTES, PENDING_FRAMES } from '../params.ts'
import { type Check, Refusal, refuse } from '../reject.ts'
import type { Clock } from './clock.ts'
import { messageRow, rowsBeside } from './history.ts'
import { openMessage } from './message.ts'
import { ReplayWindow } from './replay-window.ts'
import { Senders } from './senders.ts'
import type { Lines } from './speaker.ts'
import type { Traffic } from './traffic.ts'

/**
 * Who said what last is written down this often, not with every message: a crash forgets at most that much of it. That a
 * sender has been heard at all goes with its first message, that a message stands for another with that one, and what keeps a
 * message from being shown twice, its chain's row, with each.
 */
const SAVE_MS = 2 * SECOND_MS

/**
 * What became of a message that was asked for: taken in, waiting for a key, too far ahead of its sender's others to be opened
 * before them, or of no use.
 */
export type Fate = 'taken' | 'waiting' | 'ahead' | 'passed'

/** A message that was opened, or needed no opening. */
interface Opened {
  readonly content: Content
  /** The result of decryption, never a flag of the sender. */
  readonly isEncrypted: boolean
  /** What the store must keep with it. */
  readonly rows: readonly Row[]
  /** Whether it was said under the oldest key that we have; plain ones go for that. */
  readonly isOldest: boolean
}

/** Where a message belongs. */
type Place = Pick<Message, 'group' | 'previous' | 'lamport'>

/** A message that was asked for, and cannot be read. */
interface Unread {
  readonly frame: Frame
  readonly place: Place
  readonly refusal: Refusal
}

/** A message that is broken: the user is told at once, whether or not it was missed. */
const BROKEN: ReadonlySet<Check> = new Set([704, 705, 706])

export class Conversation {
  readonly #context: Context
  readonly #lines: Lines
  readonly #clock: Clock
  readonly #traffic: Traffic
  readonly senders: Senders
  readonly #deadlines = new Deadlines<'gaps' | 'save'>()
  /** Messages whose epoch is not here yet. */
  #held: Frame[] = []
  #heldBytes = 0
  readonly #plainWindow: ReplayWindow

  constructor(context: Context, lines: Lines, clock: Clock, traffic: Traffic) {
    this.#context = context
    this.#lines = lines
    this.#clock = clock
    this.#traffic = traffic
    this.senders = new Senders(context.name)
    this.#plainWindow = new ReplayWindow(context.name)
  }

  /**
   * Messages that were asked for: judged as any others. What cannot be read is not waited for any longer, and its reader is
   * told why where it was missed.
   *
   * @param frames - the oldest first.
   * @param isBold - whether a message far ahead of its sender's others is opened, though some before it may be lost by that.
   * @returns what became of them.
   */
  onKept(frames: readonly Frame[], isBold: boolean, env: Env, out: Out): Set<Fate> {
    const unread: Unread[] = []
    const fates = frames.map((frame) => this.#onKept(frame, isBold, unread, env, out))
    // Only one that came after it may have shown that one of them is missing.
    for (const { frame, place, refusal } of unread.toReversed()) {
      const isMissed = this.senders.isMissed({ sender: frame.author, group: place.group, missing: frame.id })
      if (isMissed) this.#pass(frame, place, refusal, env, out)
    }
    return new Set(fates)
  }

  #onKept(frame: Frame, isBold: boolean, unread: Unread[], env: Env, out: Out): Fate {
    const { message, plainMessage } = frame.body
    const place = message ?? plainMessage
    if (place === undefined || equalBytes(frame.author, this.#context.user)) return 'passed'
    if (this.#held.some(({ id }) => equalBytes(id, frame.id))) return 'waiting'
    if (message && this.#isAhead(frame, message, isBold)) return 'ahead'
    const refusal = message ? this.onMessage(frame, env, out) : this.onPlainMessage(frame, env, out)
    if (this.isHolding(frame)) return 'waiting'
    if (refusal === undefined) return 'taken'
    if (refusal.check === 702) this.#noteShown(frame, place, env, out)
    else if (refusal.check !== 703) {
      this.#pass(frame, place, refusal, env, out)
      unread.push({ frame, place, refusal })
    }
    return 'passed'
  }

  /** What cannot be read is not waited for; where it was missed, or is news of somebody known, the user is told why. */
  #pass({ author, id }: Frame, { group, previous, lamport }: Place, { check }: Refusal, env: Env, out: Out): void {
    const place = { sender: author, group, id, previous, lamport }
    const isMissed = this.senders.pass(place, this.#context.log.isMember(author), env.uptimeMs)
    if (isMissed && !BROKEN.has(check)) this.#notifyUnreadable({ author, id }, check, out)
  }

  #noteShown({ author, id }: Frame, { group, previous, lamport }: Place, env: Env, out: Out): void {
    const closed = this.senders.noteShown({ sender: author, group, id, previous, lamport }, env.uptimeMs)
    if (closed !== undefined) this.#notifyGap(closed.sender, closed.missing, true, out)
  }

  #isAhead({ author }: Frame, { group, key, boot, counter }: Message, isBold: boolean): boolean {
    if (!this.#context.log.isMember(author)) return false
    return this.#lines.keyringOf(group)?.findToRead(key!)?.isAhead(author, boot, counter, isBold) ?? false
  }

  /** Whether a message has just been held for a later key than ours. A stranger's word for that counts nothing. */
  isHolding(frame: Frame): boolean {
    return this.#held.at(-1) === frame && this.#context.log.isMember(frame.author)
  }

  /** Whether messages wait for a later key than ours. */
  get isHoldingLater(): boolean {
    return this.#held.some(({ body }) => body.message!.group.length === 0)
  }

  nextAt(): number | undefined {
    this.#deadlines.set('gaps', this.senders.nextAt())
    return this.#deadlines.next()
  }

  wake(env: Env, out: Out): void {
    for (const name of this.#deadlines.due(env.uptimeMs)) {
      if (name === 'save') out.note(this.notes())
      else for (const gap of this.senders.due(env.uptimeMs)) this.#notifyGap(gap.sender, gap.missing, false, out)
    }
  }

  /** The rows of what we have heard that have changed. */
  notes(): Row[] {
    return [...this.senders.changedRows(), this.#clock.rowTo(EMPTY)]
  }

  unsafeFills(): { readonly name: string; readonly size: number; readonly cap: number }[] {
    return [
      { name: 'held messages', size: this.#held.length, cap: PENDING_FRAMES },
      { name: 'held bytes', size: this.#heldBytes, cap: PENDING_BYTES }
    ]
  }

  /** A new epoch is in force: what was held may be opened. */
  onEpoch(env: Env, out: Out): void {
    const held = this.#held
    this.#held = []
    this.#heldBytes = 0
    for (const frame of held) {
      const refusal = this.onMessage(frame, env, out)
      if (refusal !== undefined) out.reject(refusal)
    }
  }

  onMessage(frame: Frame, env: Env, out: Out): Refusal | undefined {
    const message = frame.body.message!
    const { log, user } = this.#context
    const { group } = message
    if (equalBytes(frame.author, user)) return undefined
    if (group.length > 0 && !log.groupMembers(group).has(user)) return this.#passOver(frame, message, env, out)
    const keyring = this.#lines.keyringOf(group)
    const epoch = keyring?.findToRead(message.key!)
    if (keyring === undefined || epoch === undefined) return this.#hold(frame, message, env, out)
    if (!log.isMember(frame.author)) return refuse(log.wasRemoved(frame.author) ? 709 : 701)
    if (group.length > 0 && !log.groupMembers(group).has(frame.author)) return refuse(701)
    if (message.lamport > Math.min(this.#clock.lamport + LAMPORT_JUMP, LAMPORT_MAX)) return refuse(703)
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
    const rows = keyring.chainRowOf(epoch, frame.author, message.boot)
    if (isNewChain) rows.push(keyring.rowOf(epoch))
    const isOldest = !keyring.epochs.some(({ key }) => isHigher(epoch.key, key))
    this.#accept(frame, message, { content, isEncrypted: true, rows, isOldest }, env, out)
    return undefined
  }

  onPlainMessage(frame: Frame, env: Env, out: Out): Refusal | undefined {
    const message = frame.body.plainMessage!
    const { charter, log, user } = this.#context
    if (charter.descriptor.privacy === Privacy.ENCRYPTED) return refuse(707)
    if (message.group.length > 0) return refuse(707)
    if (equalBytes(frame.author, user)) return undefined
    if (!log.isMember(frame.author)) return refuse(log.wasRemoved(frame.author) ? 709 : 701)
    if (message.lamport > Math.min(this.#clock.lamport + LAMPORT_JUMP, LAMPORT_MAX)) return refuse(703)
    if (!isContent(message.content!)) return refuse(706)
    const taken = this.#plainWindow.take(frame.author, message.boot, message.counter)
    if (taken === undefined) return refuse(702)
    out.note([], taken.deletes)
    const opened = { content: message.content!, isEncrypted: false, rows: taken.puts, isOldest: true }
    this.#accept(frame, message, opened, env, out)
    return undefined
  }

  /** A message that was opened, and is new. */
  #accept(
    frame: Frame,
    { group, previous, lamport, counter }: Pick<Message, 'group' | 'previous' | 'lamport' | 'counter'>,
    { content, isEncrypted, rows, isOldest }: Opened,
    env: Env,
    out: Out
  ): void {
    const { channel } = this.#context
    this.#clock.hear(lamport)
    this.#traffic.heard(env)
    // Whichever form of a message that was sealed again comes first is the one shown.
    const { replaces } = content
    const isRepeated = [replaces, frame.id].some((id) => this.senders.knows(frame.author, group, id))
    // A crash must not forget whom we have heard of at all, nor that another form of a message was shown.
    const isNotable = replaces.length > 0 || !this.senders.hasHeard(frame.author, group)
    const place = { sender: frame.author, group, id: frame.id, previous, lamport }
    const link = { ...place, counter: isEncrypted ? counter : 0, isAgain: replaces.length > 0 }
    const closed = this.senders.note(link, isOldest, env.uptimeMs)
    const stoodFor = replaces.length > 0 ? this.senders.noteReplaced(frame.author, group, replaces) : undefined
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
    const { descriptor } = this.#context.charter
    const kept = (): Row[] => [
      messageRow(view, frame.bytes, descriptor.retentionSeconds),
      ...rowsBeside(view, descriptor)
    ]
    out.note([...rows, ...(isRepeated ? [] : kept()), ...(isNotable ? this.notes() : [])])
    this.#deadlines.setOnce('save', env.uptimeMs + SAVE_MS)
    if (!isRepeated) out.notify({ type: 'message', ...view })
    for (const gap of [closed, stoodFor]) if (gap !== undefined) this.#notifyGap(gap.sender, gap.missing, true, out)
  }

  /** A message to a group that we are not in: it is none of ours, unless an epoch on its way puts us in. */
  #passOver(frame: Frame, message: Message, env: Env, out: Out): Refusal | undefined {
    const current = this.#lines.keyringOf(EMPTY)?.current
    if (current === undefined || !isHigher(message.key!, current.key)) return undefined
    // Its numbers are above the channel's most of the time: who says it by the very log we have knows no more than we do.
    return equalBytes(message.logHead, this.#context.log.head) ? undefined : this.#hold(frame, message, env, out)
  }

  /** Keeps a message whose key has not come; one of an epoch that is over, or was before our time, stays unread. */
  #hold(frame: Frame, message: Message, env: Env, out: Out): Refusal | undefined {
    const current = this.#lines.keyringOf(message.group)?.current
    if (current !== undefined && !isHigher(message.key!, current.key)) {
      this.#pass(frame, message, refuse(708), env, out)
      return refuse(708)
    }
    this.#held.push(frame)
    this.#heldBytes += frame.bytes.length
    while (this.#held.length > PENDING_FRAMES || this.#heldBytes > PENDING_BYTES) {
      this.#heldBytes -= this.#held.shift()!.bytes.length
    }
    return undefined
  }

  #nickOf(user: Uint8Array): string {
    return this.#context.log.nickOf(user) || (this.#context.records.get(user)?.nick ?? '')
  }

  #notifyGap(sender: Uint8Array, missing: Uint8Array, isClosed: boolean, out: Out): void {
    out.notify({ type: 'gap', channel: this.#context.channel, sender, missing: hex(missing), isClosed })
  }

  #notifyUnreadable(frame: Pick<Frame, 'author' | 'id'>, check: Check, out: Out): void {
    out.notify({ type: 'unreadable', channel: this.#context.channel, sender: frame.author, id: hex(frame.id), check })
  }

  /** @returns the rows to delete. */
  keys(): RowKey[] {
    return [...this.senders.keys(), ...this.#plainWindow.keys()]
  }

  /** @returns false when the row is damaged. */
  restorePlain(bytes: Uint8Array): boolean {
    return this.#plainWindow.restore(bytes)
  }
}
