/** `conclave read` */
import { UsageError } from '../../base/errors.ts'
import { SECOND_MS } from '../../base/time.ts'
import { type Arguments, requireCount, requireInstant } from '../arguments.ts'
import { CONVERSATION } from '../conversation-text.ts'
import { EXIT } from '../exit.ts'
import type { EventForm, InChannel, NoticeForm, Position, WaitingForm } from '../forms.ts'
import { interrupted, interruption } from '../interrupts.ts'
import { channelText, eventLine, type LineStyle, messageLine, waitingLine } from '../lines.ts'
import { type ReadRange, readPages } from '../pages.ts'
import { openSession, type Session } from '../session.ts'
import { READ } from '../text.ts'

/** How often the read marker moves while following. */
const MARK_MS = SECOND_MS / 2

export async function run(args: Arguments): Promise<number> {
  const { options, operands, output } = args
  const since = options.text('since')
  const limit = options.text('limit')
  const range = {
    ...(since !== undefined && { since: requireInstant(since, '--since', Date.now()) }),
    ...(limit !== undefined && { limit: requireCount(limit, '--limit') })
  }
  const isFollowing = options.isOn('follow')
  const session = await openSession(args, isFollowing ? 'presence' : 'store')
  const reader = new Reading(session, operands[0]!, args)
  if (isFollowing) await reader.prepareToFollow()
  const { count, place } = await reader.showHistory(range)
  if (isFollowing) await reader.follow()
  else if (count === 0 && !output.isJson) {
    const words = place.with === undefined ? READ : CONVERSATION
    const name = channelText(place)
    output.note(since === undefined && limit === undefined ? words.nothingNew(name) : words.nothing(name))
  }
  await reader.mark()
  await session.close()
  if (isFollowing && session.closed.aborted && !reader.isInterrupted) {
    throw new UsageError('CONTROL_CLOSED', READ.ownerGone)
  }
  if (reader.isInterrupted) throw interruption()
  return EXIT.ok
}

class Reading {
  isInterrupted = false
  /** Whether what is shown has only just been said. */
  #isLive = false
  readonly #session: Session
  /** The channel, and the group when only that is wanted. */
  readonly #place: { readonly channel: string; readonly group?: string }
  readonly #args: Arguments
  /** What came while history was shown. */
  #held: NoticeForm[] | undefined
  /** Ids, and local names of what waits, that were shown, so that nothing is shown twice. */
  readonly #shown = new Set<string>()
  #newest: Position | undefined
  #latestSeen = 0
  #isMarked = true

  constructor(session: Session, channel: string, args: Arguments) {
    this.#session = session
    const group = args.options.text('group')
    this.#place = { channel, ...(group !== undefined && { group }) }
    this.#args = args
  }

  /** From here on nothing is missed. */
  async prepareToFollow(): Promise<void> {
    this.#held = []
    this.#session.onNotification((method, params) => {
      if (method !== 'message' && method !== 'event') return
      const form = params as unknown as NoticeForm
      if (this.#held !== undefined) this.#held.push(form)
      else this.#show(form)
    })
    await this.#session.call('subscribe', { ...this.#place, events: this.#args.options.isOn('events') })
  }

  async showHistory(range: ReadRange): Promise<{ count: number; place: InChannel }> {
    let count = 0
    let place: InChannel | undefined
    for await (const page of readPages(this.#session, { ...this.#place, ...range, raw: this.#isRaw })) {
      for (const one of page.messages) this.#show(one)
      const waiting = page.waiting.filter(({ local }) => !this.#shown.has(local))
      for (const one of waiting) this.#showWaiting(one)
      count += page.messages.length + waiting.length
      if (page.upTo !== undefined) this.#note(page.upTo.position, page.upTo.seenAt)
      place ??= page
    }
    return { count, place: place! }
  }

  /** Until interrupted, or the peer goes away. */
  async follow(): Promise<void> {
    const held = this.#held ?? []
    this.#held = undefined
    this.#isLive = true
    for (const form of held) if (form.type !== 'message' || !this.#shown.has(form.id)) this.#show(form)
    this.#shown.clear()
    const marker = setInterval(() => void this.mark().catch(() => {}), MARK_MS)
    const closed = new Promise<void>((resolve) => {
      if (this.#session.closed.aborted) resolve()
      this.#session.closed.addEventListener('abort', () => resolve(), { once: true })
    })
    await Promise.race([interrupted.then(() => (this.isInterrupted = true)), closed])
    clearInterval(marker)
  }

  /** What was shown counts as read. */
  async mark(): Promise<void> {
    if (this.#isMarked || this.#newest === undefined || this.#args.options.isOn('peek') || this.#session.closed.aborted)
      return
    this.#isMarked = true
    await this.#session.call('mark', { ...this.#place, position: this.#newest, seenAt: this.#latestSeen })
  }

  get #style(): LineStyle {
    const columns = process.stdout.isTTY === true ? process.stdout.columns : undefined
    return { isColour: this.#args.output.isColour, withChannel: false, withState: !this.#isLive, columns }
  }

  #show(form: NoticeForm): void {
    const { output } = this.#args
    const style = this.#style
    if (form.type !== 'message') {
      if (output.isJson) output.json({ ...form })
      else this.#line(form)
      return
    }
    if (!this.#isLive) this.#shown.add(form.id)
    const { lamport, sender, counter, id } = form
    this.#note({ lamport, sender, counter, id }, form.seenAt)
    if (output.isJson) output.json({ ...form })
    else output.line(messageLine(form, style))
  }

  #showWaiting(form: WaitingForm): void {
    const { output } = this.#args
    this.#shown.add(form.local)
    if (output.isJson) output.json({ ...form })
    else output.line(waitingLine(form, this.#style))
  }

  /** Everything up to here has been shown. */
  #note(position: Position, seenAt: number): void {
    if (this.#newest === undefined || position.lamport >= this.#newest.lamport) this.#newest = position
    this.#latestSeen = Math.max(this.#latestSeen, seenAt)
    this.#isMarked = false
  }

  get #isRaw(): boolean {
    return this.#args.options.isOn('raw')
  }

  #line(form: EventForm): void {
    const { output } = this.#args
    const line = eventLine(form, this.#style)
    if (line !== undefined) output.line(line)
  }
}
