/**
 * What we say on a channel and in its groups: sealed under the current key of the line, kept, sent once it can be.
 *
 * What cannot be sent yet waits, visibly, on each line by itself. A sealed frame is durable before it is published, so
 * after a crash the same frame goes out again and no other under its key.
 */
import { assert, present } from '../../base/assert.ts'
import { EMPTY, equalBytes, hex } from '../../base/bytes.ts'
import { UsageError } from '../../base/errors.ts'
import { type Content, HistoryPolicy, Privacy, type Seen } from '../../wire/messages.ts'
import { isContent, normalised } from '../channel/content.ts'
import type { Context } from '../channel/context.ts'
import { type Frame, readFrame } from '../channel/frame.ts'
import type { WaitingView } from '../command.ts'
import { Deadlines } from '../deadlines.ts'
import type { Env, Row, RowKey } from '../machine.ts'
import type { MessageView } from '../notice.ts'
import type { Out } from '../out.ts'
import { ASK_AGAIN_MS, OUTBOX_MESSAGES } from '../params.ts'
import { Refusal } from '../reject.ts'
import type { Clock } from './clock.ts'
import { indexRow, messageRow, rowsBeside, withoutWords } from './history.ts'
import type { Keyring } from './keyring.ts'
import { makePlainMessage, sealMessage } from './message.ts'
import { Outbox, type OutboxEntry, SENT_MESSAGES } from './outbox.ts'
import type { Receipts } from './receipts.ts'
import type { Traffic } from './traffic.ts'

/** What is asked of the member whose words these are. */
export interface Standing {
  /** Whether the topic has somebody to carry a frame. */
  readonly isCarrierReady: boolean
  /** Whether the channel's current key may be sent under. */
  isKeyReady(now: number): boolean
}

/** The key lines of a channel: itself, and its groups. */
export interface Lines {
  /** @param group - empty for the channel itself. */
  keyringOf(group: Uint8Array): Keyring | undefined
  /** Whether the current key of a group may be sent under, as far as the group goes. */
  isReady(group: Uint8Array, now: number): boolean
}

export class Speaker {
  readonly #context: Context
  readonly #lines: Lines
  readonly #standing: Standing
  readonly #clock: Clock
  readonly #traffic: Traffic
  readonly #receipts: Receipts
  readonly #outbox: Outbox
  readonly #deadlines = new Deadlines<'outbox'>()
  #plainCounter = 0
  /** Our messages that we deleted, by line and name: what of them is still to be sent is kept without its words then. */
  readonly #disowned = new Set<string>()

  constructor(
    context: Context,
    lines: Lines,
    standing: Standing,
    { clock, traffic, receipts }: { clock: Clock; traffic: Traffic; receipts: Receipts }
  ) {
    this.#context = context
    this.#lines = lines
    this.#standing = standing
    this.#clock = clock
    this.#traffic = traffic
    this.#receipts = receipts
    this.#outbox = new Outbox(context)
  }

  /** Messages of ours that are not on their way yet. */
  get waiting(): number {
    return this.#outbox.size
  }

  /** Those of them that no frame was made of yet. */
  unsealed(): WaitingView[] {
    const entries = this.#outbox.entries().filter(({ frame }) => frame.length === 0)
    return entries.map(({ local, group, content, isPlain }) => ({ local, group, content, isPlain }))
  }

  nextAt(): number | undefined {
    return this.#deadlines.next()
  }

  wake(env: Env, out: Out): void {
    if (this.#deadlines.due(env.uptimeMs).length > 0) this.flush(env, out)
  }

  unsafeFills(): { readonly name: string; readonly size: number; readonly cap: number }[] {
    return [
      { name: 'outbox', size: this.#outbox.size, cap: OUTBOX_MESSAGES + SENT_MESSAGES },
      { name: 'sent messages', size: this.#outbox.sent, cap: SENT_MESSAGES }
    ]
  }

  /**
   * Takes a message into the outbox; it is sealed and published when it can be.
   *
   * @returns the local name it waits under.
   * @throws {UsageError} when the content is not sayable here, or too much waits already.
   */
  say(draft: Partial<Content>, isPlain: boolean, group: Uint8Array, env: Env, out: Out): string {
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
    if (group.length > 0 && isPlain) {
      throw new UsageError('PLAIN_FORBIDDEN', 'Groups are encrypted only. Nothing was sent: send without --plain.')
    }
    if (group.length > 0 && !this.#context.log.groupMembers(group).has(this.#context.user)) {
      throw new UsageError('NOT_IN_GROUP', 'This peer is not in that group. Nothing was sent: ask to be put into it.')
    }
    if (this.#outbox.size >= OUTBOX_MESSAGES) {
      throw new UsageError(
        'OUTBOX_FULL',
        `${OUTBOX_MESSAGES} messages wait already. This one was not taken: wait for a key manager or a peer.`
      )
    }
    const local = hex(env.random(16))
    const isOpen = isPlain || (privacy === Privacy.PLAIN && group.length === 0)
    const entry = this.#outbox.add(local, content, isOpen, group, env.now)
    if (content.deletion !== undefined) this.#disown(placeIn(group, hex(content.deletion.target)), out)
    this.flush(env, out)
    // It may have to wait although it could be sent by itself: behind one that has no key, or one that is under way.
    if (entry.frame.length === 0) out.keep(this.#outbox.rowOf(entry))
    return local
  }

  /** Our newest message on each line where all that we have said was sent. */
  sent(): Seen[] {
    const { user } = this.#context
    const isSealed = ({ frame }: OutboxEntry): boolean => frame.length > 0
    const waiting = new Set(
      this.#outbox
        .entries()
        .filter(isSealed)
        .map(({ group }) => hex(group))
    )
    const lines = this.#clock.lines.filter((group) => !waiting.has(hex(group)) && this.#clock.saidTo(group) > 0)
    return lines.map((group) => ({ sender: user, group, lamport: this.#clock.saidTo(group) }))
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
    const view = this.#viewOf(frame, entry, 'sent', env)
    const isSaidAgain = view.isErased !== true && !entry.isPlain
    const mayPart = this.#context.charter.descriptor.managers.length > 1 && isSaidAgain
    const kept = mayPart ? this.#outbox.keep(entry) : { puts: [], deletes: [this.#outbox.delete(local)] }
    const keptFrame = view.isErased && (entry.isPlain || this.#isReadLater) ? EMPTY : frame.bytes
    out.note([this.#messageRow(view, keptFrame), ...kept.puts], kept.deletes)
    this.#receipts.noteSent({ local, id: view.id, group: view.group, lamport: view.lamport }, env, out)
  }

  /**
   * Others passed over epochs that we spoke under: whoever was not in them is to hear it.
   *
   * @param passed - ids of their announcements, hex.
   * @returns rows that say so.
   */
  recall(passed: ReadonlySet<string>): Row[] {
    return this.#outbox.recall(passed)
  }

  /** What was said under epochs that are long over is let go. @param kept - ids of announcements of the others, hex. */
  prune(kept: ReadonlySet<string>, out: Out): void {
    out.note([], this.#outbox.prune(kept))
  }

  /** A message of ours was deleted: nothing of it is said again. */
  #disown(place: string, out: Out): void {
    this.#disowned.add(place)
    const gone = this.#outbox.sentEntries().filter((entry) => this.#isDisowned(entry))
    const rows = gone.map(({ local }) => this.#outbox.dropSent(local))
    out.note([], rows)
  }

  /** Whether an entry is a text that was deleted, or an edit of one. */
  #isDisowned(entry: OutboxEntry): boolean {
    const { text, edit } = entry.content
    const name = edit ? hex(edit.target) : text ? this.#nameOf(entry) : ''
    return this.#disowned.has(placeIn(entry.group, name))
  }

  /** Whether keys that open what we say are kept for others. */
  get #isReadLater(): boolean {
    return this.#context.charter.descriptor.history !== HistoryPolicy.NONE
  }

  /** Whether a message may go out now. One to nobody but ourselves waits: whoever is just coming in could not read it. A plain one needs no key, but others take it from members alone. */
  #maySend(entry: OutboxEntry, env: Env): boolean {
    const { log, user, wasRemoved, alarm } = this.#context
    if (!this.#standing.isCarrierReady) return false
    if (entry.isPlain) return log.isMember(user) && !wasRemoved && alarm.length === 0
    if (!this.#standing.isKeyReady(env.now)) return false
    if (entry.group.length > 0) return this.#lines.isReady(entry.group, env.now)
    return log.roster.members.size > 1
  }

  /** Seals and publishes what can be, on each line in the order typed. */
  flush(env: Env, out: Out): void {
    for (const entries of this.#outbox.byLine()) this.#flushLine(entries, env, out)
  }

  /** A frame whose key is not current any more is sealed again, with everything after it, once nothing is under way. */
  #flushLine(entries: readonly OutboxEntry[], env: Env, out: Out): void {
    const stale = entries.find((entry) => !entry.isUnderWay && entry.frame.length > 0 && !this.#isCurrent(entry))
    if (stale !== undefined) {
      if (entries.some((entry) => entry.isUnderWay)) return
      this.#clock.setPrevious(stale.group, this.#lastToStay(entries), 0)
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

  /** Id of our newest message on a line that is not about to be sealed again. */
  #lastToStay(entries: readonly OutboxEntry[]): Uint8Array {
    const stale = entries.filter((entry) => entry.frame.length > 0 && !this.#isCurrent(entry))
    const frames = new Map(stale.map((entry) => [hex(this.#frameOf(entry).id), this.#frameOf(entry)]))
    let last = this.#clock.previousTo(entries[0]!.group)
    for (let frame = frames.get(hex(last)); frame !== undefined; frame = frames.get(hex(last)))
      last = frame.body.message!.previous
    return last
  }

  /** Whether the frame of an entry may go out as it is: nothing is sent under a key that is not current any more. */
  #isCurrent(entry: OutboxEntry): boolean {
    if (entry.frame.length === 0) return false
    const current = this.#lines.keyringOf(entry.group)?.current
    return entry.isPlain || (current !== undefined && equalBytes(current.announcement, entry.epoch))
  }

  /** Makes the frame of an entry, durable before it may be published. */
  #seal(entry: OutboxEntry, env: Env, out: Out): boolean {
    const replaced = entry.frame.length > 0 ? this.#frameOf(entry).id : EMPTY
    // Whoever has seen any form of it knows the first.
    if (entry.first.length === 0) entry.first = replaced
    const content = { ...entry.content, replaces: entry.first }
    const lamport = this.#clock.lamport + 1
    const rows: Row[] = []
    const frame = entry.isPlain
      ? this.#plainFrame(entry, content, lamport)
      : this.#sealedFrame(entry, content, lamport, rows)
    if (frame === undefined) return false
    const abandoned = replaced.length > 0 ? this.#rowsOf(entry, env) : []
    entry.frame = frame.bytes
    entry.made = frame
    entry.lamport = lamport
    this.#clock.hear(lamport)
    this.#clock.setPrevious(entry.group, frame.id, lamport)
    this.#traffic.said(!entry.isPlain && entry.group.length === 0, env)
    const view = this.#viewOf(frame, entry, 'waiting', env)
    const shown = [this.#messageRow(view, frame.bytes), ...rowsBeside(view, this.#context.charter.descriptor)]
    const puts = [this.#outbox.rowOf(entry), this.#clock.rowTo(entry.group), ...shown, ...rows]
    out.push({ type: 'persist', puts, deletes: abandoned, isDurable: true })
    out.notify({ type: 'message', ...view })
    return true
  }

  /** Where the message is kept that an entry was sealed into. */
  #rowsOf(entry: OutboxEntry, env: Env): RowKey[] {
    const view = this.#viewOf(this.#frameOf(entry), entry, 'waiting', env)
    return [this.#messageRow(view, EMPTY), indexRow(view)].map(({ room, entry: id, order = 0 }) => ({
      room,
      entry: id,
      order
    }))
  }

  /** The id by which others name the message of an entry; empty before it is sealed. */
  #nameOf(entry: OutboxEntry): string {
    if (entry.frame.length === 0) return ''
    return hex(entry.first.length > 0 ? entry.first : this.#frameOf(entry).id)
  }

  #sealedFrame(entry: OutboxEntry, content: Content, lamport: number, rows: Row[]): Frame | undefined {
    const { self, channel, log, charter } = this.#context
    const keyring = present(this.#lines.keyringOf(entry.group), 'a line that may be sent to has a keyring')
    const epoch = present(keyring.current, 'a line that may be sent to has a key')
    const isFirst = epoch.sending === undefined
    const chain = epoch.sendingChain(self.key.publicKey, self.boot)
    if (chain === undefined) return undefined
    if (isFirst) rows.push(keyring.rowOf(epoch))
    const { counter, key } = chain.next()
    const place = {
      group: entry.group,
      key: epoch.key,
      device: 0,
      boot: self.boot,
      counter,
      previous: this.#clock.previousTo(entry.group),
      lamport
    }
    const bound = { descriptor: charter.ref.hash, logHead: log.head }
    const frame = sealMessage(channel, self.key, { ...place, ...bound }, key, content)
    key.fill(0)
    entry.epoch = epoch.announcement
    entry.under = this.#lines.keyringOf(EMPTY)?.current?.announcement ?? EMPTY
    return frame
  }

  #plainFrame(entry: OutboxEntry, content: Content, lamport: number): Frame {
    const { self, channel, charter } = this.#context
    const counter = this.#plainCounter++
    const place = {
      group: EMPTY,
      device: 0,
      boot: self.boot,
      counter,
      previous: this.#clock.previousTo(entry.group),
      lamport
    }
    return makePlainMessage(channel, self.key, { ...place, descriptor: charter.ref.hash, content })
  }

  /** The frame that an entry was sealed into. */
  #frameOf(entry: OutboxEntry): Frame {
    if (entry.made !== undefined) return entry.made
    const frame = readFrame(this.#context.channel, entry.frame)
    assert(frame !== undefined && !(frame instanceof Refusal), 'a frame of ours reads back')
    return frame
  }

  #messageRow(view: MessageView, frame: Uint8Array): Row {
    return messageRow(view, frame, this.#context.charter.descriptor.retentionSeconds)
  }

  #viewOf(frame: Frame, entry: OutboxEntry, state: 'waiting' | 'sent', env: Env): MessageView {
    const { channel, self } = this.#context
    const { counter, group } = (frame.body.message ?? frame.body.plainMessage)!
    const isErased = this.#isDisowned(entry)
    const content = { ...entry.content, replaces: entry.first }
    return {
      channel,
      group,
      id: hex(frame.id),
      local: entry.local,
      sender: frame.author,
      nick: self.record.nick,
      lamport: entry.lamport,
      counter,
      content: isErased ? withoutWords(content) : content,
      isEncrypted: !entry.isPlain,
      isOwn: true,
      state,
      seenAt: env.now,
      ...(isErased && { isErased })
    }
  }

  /** Destroys what was sent before a time, s since 1970, and is kept to be said again. */
  expire(before: number, out: Out): void {
    const { deletes, ...cohorts } = this.#outbox.expire(before)
    out.note([], deletes)
    out.push({ type: 'destroy', ...cohorts })
  }

  /** Forgets what waits. @returns the rows to delete. */
  forget(): RowKey[] {
    return this.#outbox.clear()
  }

  restoreOutbox(bytes: Uint8Array): void {
    const { content, group, isSent } = this.#outbox.restore(bytes)
    if (content.deletion !== undefined && !isSent) this.#disowned.add(placeIn(group, hex(content.deletion.target)))
  }
}

/** A text of ours on one line: a deletion said on another has no effect. */
const placeIn = (group: Uint8Array, name: string): string => `${hex(group)}/${name}`
