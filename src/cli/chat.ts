/**
 * The chat in lines: what is typed is said or done, what happens is shown. Nothing typed is lost, nothing that begins with a
 * slash is sent by mistake, and every security event is a line of the conversation.
 */
import { SECOND_MS } from '../base/time.ts'
import { ChatCommands } from './chat-commands.ts'
import { ChatNames } from './chat-names.ts'
import { CHAT, standingText } from './chat-text.ts'
import { whyUnsent } from './conversation-text.ts'
import { displayText, own, type SafeText, styled } from './display-text.ts'
import { shortId } from './event-text.ts'
import { EXIT } from './exit.ts'
import type { ChannelForm, EventForm, MessageForm, NoticeForm, SendForm, WaitingForm } from './forms.ts'
import { interrupt, interrupted } from './interrupts.ts'
import { openScreen, type Screen } from './line-screen.ts'
import {
  addressOf,
  answerText,
  CHAT_LINES,
  channelText,
  clockText,
  eventLine,
  groupMark,
  type LineStyle,
  messageLine,
  placeIn,
  waitingLine
} from './lines.ts'
import type { Output } from './output.ts'
import { readPages } from './pages.ts'
import type { Served } from './serve.ts'
import { explain, foreseen, KEY_STATES, MESSAGE, READ, RUN } from './text.ts'

/** How long a message may be under way before it is shown as waiting. */
const PATIENCE_MS = 400
/** Standings that usually pass at once are shown when they last this long. */
const LASTING_MS = 1500
const HISTORY_LINES = 10
/** How long what was typed before the end of the input may take to be sent. */
const LAST_SEND_MS = 10 * SECOND_MS

/** Runs until interrupted, told to quit, or the input ends. @returns the exit code. */
export async function chat(served: Served, channel: string | undefined, output: Output): Promise<number> {
  const one = new Chat(served, output)
  await one.open(channel)
  await interrupted
  await one.close()
  return EXIT.ok
}

export class Chat {
  readonly served: Served
  readonly output: Output
  /** The channel or conversation that is typed into. */
  current: ChannelForm | undefined
  readonly #commands: ChatCommands
  #screen: Screen | undefined
  /** What is typed is done in order. */
  #typed: Promise<void> = Promise.resolve()
  #lines = 0
  /** Messages of ours that were shown as waiting, by local name. */
  readonly #waiting = new Map<string, SafeText>()
  readonly #said = new Set<string>()
  /** Where our newest message in each channel stands. */
  readonly #newest = new Map<string, MessageStateForm>()
  /** Messages of ours that nobody said to have when others were there, by local name. */
  readonly #unknown = new Set<string>()
  /** Ids of the earlier messages shown last. */
  #history = new Set<string>()
  #sending = 0
  #heldOwn: MessageForm[] = []
  readonly #standings = new Map<string, NodeJS.Timeout>()
  readonly #keys = new Map<string, ChannelForm['key']>()
  readonly #names = new ChatNames()
  /** What was begun and need not be waited for. */
  readonly #aside = new Set<Promise<void>>()
  #isRestating = false
  #isStale = false

  constructor(served: Served, output: Output) {
    this.served = served
    this.output = output
    this.#commands = new ChatCommands(this)
  }

  async open(channel: string | undefined): Promise<void> {
    this.served.running.listen((form) => this.#hear(form))
    this.#screen = openScreen({
      isColour: this.output.isColour,
      onLine: (line) => this.#onLine(line),
      onEnd: () => this.#onEnd(),
      complete: (line) => this.#names.complete(line, this.#commands.names)
    })
    // What is typed meanwhile waits for this.
    this.#typed = this.#typed.then(() => (channel === undefined ? this.say(CHAT.noChannel) : this.turnTo(channel)))
    await this.#typed
    this.#showPrompt()
  }

  async close(): Promise<void> {
    for (const timer of this.#standings.values()) clearTimeout(timer)
    const isTerminal = this.#screen?.isTerminal === true
    this.#screen?.close()
    if (isTerminal) this.output.note(RUN.leaving)
    await this.served.session.close()
  }

  /** Makes a channel or conversation the one typed into, and shows how its talk ended. */
  async turnTo(channel: string): Promise<void> {
    const form = await this.served.session.call<ChannelForm>('channel.show', { channel })
    this.current = form
    this.#keys.set(form.id, form.key)
    await this.#learnNicks()
    await this.#learnGroups()
    const messages: MessageForm[] = []
    const waiting: WaitingForm[] = []
    for await (const page of readPages(this.served.session, { channel: addressOf(form), limit: HISTORY_LINES })) {
      messages.push(...page.messages)
      waiting.push(...page.waiting)
    }
    if (messages.length > 0 && !this.output.isJson) {
      this.say(styled(CHAT.earlier, 'dim', this.output.isColour))
      // What comes in just now may be among them and is told besides.
      this.#history = new Set(messages.map(({ id }) => id))
      for (const one of messages) this.#showMessage(one, true)
    }
    this.#showWaiting(waiting, form)
    if (form.key !== 'ready')
      this.#tellLater(form.id, {
        type: 'keyState',
        ...placeIn(form),
        state: form.key,
        waiting: form.waiting,
        ...(form.privacy !== undefined && { privacy: form.privacy })
      })
    this.#showPrompt()
  }

  /** Shows what the channel is like now in the line above the one typed into. */
  async #restate(): Promise<void> {
    this.#isStale = true
    if (this.#isRestating || this.#screen?.isTerminal !== true) return
    this.#isRestating = true
    try {
      while (this.#isStale && this.current !== undefined) {
        this.#isStale = false
        const form = await this.served.session.call<ChannelForm>('channel.show', {
          channel: addressOf(this.current)
        })
        if (this.current?.id !== form.id) continue
        this.current = form
        this.#showPrompt()
      }
    } finally {
      this.#isRestating = false
    }
  }

  leaveCurrent(): void {
    this.current = undefined
    this.#showPrompt()
  }

  say(line: SafeText): void {
    if (this.output.isJson) this.output.json({ type: 'info', text: line })
    else this.#screen?.print(line)
  }

  // ---------------------------------------------------------------- what is typed

  #onLine(line: string): void {
    this.#lines++
    this.#typed = this.#typed.then(() => this.#act(line)).catch((error) => this.#complain(error))
    // What is said comes back as a message, with time and name.
    if (line.trim() !== '' && !isSaid(line)) this.#screen?.keep(line)
  }

  async #act(line: string): Promise<void> {
    if (line.trim() === '') return
    if (isSaid(line)) return await this.sendText(line.startsWith('//') ? line.slice(1) : line, {})
    const begun = await this.#commands.run(line.slice(1))
    if (begun === undefined) return
    // Somebody at a terminal goes on; a script gets one thing after the other.
    if (this.#screen?.isTerminal !== true) return await begun.aside
    const aside = begun.aside.catch((error) => this.#complain(error)).finally(() => this.#aside.delete(aside))
    this.#aside.add(aside)
  }

  async sendText(text: string, how: How): Promise<void> {
    const { current } = this
    const channel = how.to ?? (current && addressOf(current))
    if (channel === undefined) return this.say(CHAT.noChannel)
    const isReady = how.to !== undefined || this.#keys.get(current!.id) === 'ready'
    const params = {
      channel,
      text,
      group: how.group,
      reply: how.reply,
      action: how.isAction === true,
      plain: how.isPlain === true,
      wait: 'sent',
      timeout: isReady ? PATIENCE_MS : 0
    }
    this.#sending++
    try {
      const form = await this.served.session.call<SendForm>('send', params)
      this.#said.add(form.local)
      this.#showOwn(text, how.isAction === true, form)
    } finally {
      if (--this.#sending === 0) this.#releaseOwn()
    }
  }

  /** Edits, deletes or reacts; what is on its way comes back as a message. */
  async change(method: 'edit' | 'delete' | 'react', about: Readonly<Record<string, unknown>>): Promise<void> {
    const { current } = this
    if (current === undefined) return this.say(CHAT.noChannel)
    const timeout = this.#keys.get(current.id) === 'ready' ? PATIENCE_MS : 0
    const params = { channel: addressOf(current), ...about, wait: 'sent', timeout }
    const form = await this.served.session.call<SendForm>(method, params)
    if (this.output.isJson) return this.output.json({ type: 'said', ...form })
    if (form.kind === 'deletion' && form.about !== undefined) this.say(MESSAGE.deleteAsked(shortId(form.about.id)))
    if (form.state === 'waiting') this.say(CHAT.changeWaits(waitingFor(form)))
  }

  #showOwn(text: string, isAction: boolean, form: SendForm): void {
    if (this.output.isJson) return this.output.json({ type: 'said', ...form })
    const shown = displayText(text, { lines: CHAT_LINES })
    const time = styled(clockText(Date.now()), 'dim', this.output.isColour)
    const who = styled(READ.you, 'bold', this.output.isColour)
    const isWaiting = form.state === 'waiting'
    const mark = styled(
      isWaiting ? CHAT.waiting(waitingFor(form)) : CHAT.sent,
      isWaiting ? 'warn' : 'dim',
      this.output.isColour
    )
    if (isWaiting) this.#waiting.set(form.local, displayText(text, { columns: 60, lines: 1 }))
    const place = form.channel === this.current?.id ? own`` : own`${channelText(form)} `
    const target = form.group === undefined ? place : own`${place}${groupMark(form)} `
    const plain = form.isEncrypted ? own`` : own` ${READ.plain}`
    const id = form.id === undefined ? own`` : own`${styled(shortId(form.id), 'dim', this.output.isColour)} `
    const answer = answerText(form)
    this.say(
      isAction
        ? own`${time} ${id}${target}* ${who}${answer} ${shown}${plain}  ${mark}`
        : own`${time} ${id}${target}${who}${answer}: ${shown}${plain}  ${mark}`
    )
  }

  /** Messages of ours that another command said. */
  #releaseOwn(): void {
    const held = this.#heldOwn
    this.#heldOwn = []
    for (const form of held) if (form.local === undefined || !this.#said.delete(form.local)) this.#showMessage(form)
  }

  #complain(error: unknown): void {
    const known = foreseen(error)
    if (this.output.isJson) return this.output.error(known)
    const { what, why, advice } = explain(known)
    this.say(own`${what}${reasonIn(why)}.${advice === undefined ? own`` : own` ${sentence(advice)}.`}`)
  }

  #onEnd(): void {
    if (this.#screen?.isTerminal === true) return interrupt()
    // Nothing ever came: a service manager starts programs so. It stays, as a headless peer does.
    if (this.#lines === 0) return this.output.note(RUN.staysOn)
    void this.#sendLast().finally(interrupt)
  }

  /** What was piped in is sent before the end. */
  async #sendLast(): Promise<void> {
    await this.#typed
    await Promise.all(this.#aside)
    const endAt = performance.now() + LAST_SEND_MS
    if (this.#waiting.size > 0) this.output.note(RUN.waitingToSend)
    while (this.#waiting.size > 0 && performance.now() < endAt) await new Promise((resolve) => setTimeout(resolve, 50))
    if (this.#waiting.size > 0) this.output.note(RUN.leftWaiting(this.#waiting.size))
  }

  // ---------------------------------------------------------------- what happens

  #hear(form: NoticeForm): void {
    if (form.type === 'message') {
      if (form.isOwn && form.local !== undefined) {
        if (this.#sending > 0) return void this.#heldOwn.push(form)
        if (this.#said.delete(form.local) || this.#waiting.has(form.local)) return
      }
      if (!this.#history.delete(form.id)) this.#showMessage(form)
      return
    }
    const isHere = form.channel === this.current?.id
    if (isHere) void this.#restate().catch(() => {})
    if (form.type === 'messageState') return this.#onState(form)
    if (form.type === 'keyState') return this.#onStanding(form)
    if (isHere && (form.type === 'roster' || form.type === 'epoch')) void this.#learnNicks().catch(() => {})
    if (isHere && form.type === 'group') void this.#learnGroups().catch(() => {})
    this.#showEvent(form)
  }

  /** Who has our newest message stands in the line above the one typed into; a line of its own has what is amiss, or mended. */
  #onState(form: MessageStateForm): void {
    const { channel, local, id, state, seenBy, of } = form
    const text = this.#waiting.get(local)
    this.#waiting.delete(local)
    if (state === 'sent' || this.#newest.get(channel)?.local === local) this.#newest.set(channel, form)
    if (state === 'unknown') this.#unknown.add(local)
    const isFound = state === 'seen' && this.#unknown.delete(local)
    if (this.output.isJson) return this.output.json({ ...form })
    if (text !== undefined) this.#note(CHAT.sentLater(shortId(id), text))
    else if (isFound) this.#note(CHAT.seenAfterAll(shortId(id), seenBy, of))
    else this.#showEvent(form)
  }

  #note(text: SafeText): void {
    this.say(styled(own`${clockText(Date.now())} -- ${text}`, 'dim', this.output.isColour))
  }

  #onStanding(form: Extract<EventForm, { type: 'keyState' }>): void {
    this.#keys.set(form.channel, form.state)
    clearTimeout(this.#standings.get(form.channel))
    if (form.state === 'ready' || form.state === 'alarmed' || form.state === 'removed') this.#showEvent(form)
    else this.#tellLater(form.channel, form)
    if (form.channel === this.current?.id) {
      if (this.current.name === '' && form.channelName !== '')
        this.current = { ...this.current, name: form.channelName }
      this.#showPrompt()
    }
  }

  #tellLater(channel: string, form: EventForm): void {
    clearTimeout(this.#standings.get(channel))
    const timer = setTimeout(() => this.#showEvent(form), LASTING_MS)
    this.#standings.set(channel, timer)
  }

  #showEvent(form: EventForm): void {
    if (this.output.isJson) return this.output.json({ ...form })
    const line = eventLine(form, this.style(form.channel))
    if (line !== undefined) this.say(line)
  }

  /** @param isEarlier - one of ours has its state with it: of one just said that changes at once. */
  #showMessage(form: MessageForm, isEarlier = false): void {
    if (this.output.isJson) this.output.json({ ...form })
    else this.say(messageLine(form, { ...this.style(form.channel), withState: isEarlier }))
    if (!form.isOwn) this.#mark(form)
  }

  /** What an earlier run has left to be said: some of it, and how much more there is. */
  #showWaiting(waiting: readonly WaitingForm[], { id, name }: ChannelForm): void {
    for (const [i, form] of waiting.entries()) {
      this.#waiting.set(form.local, displayText(form.text ?? '', { columns: 60, lines: 1 }))
      if (this.output.isJson) this.output.json({ ...form })
      else if (i < HISTORY_LINES) this.say(waitingLine(form, this.style(id)))
    }
    const left = waiting.length - HISTORY_LINES
    if (left > 0 && !this.output.isJson) this.say(CHAT.moreWaiting(left, displayText(name, { columns: 40, lines: 1 })))
  }

  /** What was shown counts as read. */
  #mark({ channel, lamport, sender, counter, id, seenAt }: MessageForm): void {
    this.served.session.call('mark', { channel, position: { lamport, sender, counter, id }, seenAt }).catch(() => {})
  }

  /** How lines of a channel are drawn here. */
  style(channel: string): LineStyle {
    return {
      isColour: this.output.isColour,
      withChannel: channel !== this.current?.id,
      isAmbiguous: this.#names.isAmbiguous,
      lines: CHAT_LINES,
      columns: this.#screen?.isTerminal === true ? process.stdout.columns || 80 : undefined
    }
  }

  async #learnNicks(): Promise<void> {
    const { current } = this
    if (current === undefined || current.name === '') return
    for (const form of await this.#names.learnNicks(this.served.session, current)) this.#showEvent(form)
    this.#showPrompt()
  }

  async #learnGroups(): Promise<void> {
    const { current } = this
    if (current !== undefined && current.name !== '') await this.#names.learnGroups(this.served.session, current)
  }

  // ---------------------------------------------------------------- the line being typed

  #showPrompt(): void {
    if (this.output.isJson) return
    const { current } = this
    if (current === undefined) return this.#screen?.setPrompt(own`> `)
    const name = channelText(placeIn(current))
    const isPlain = current.privacy === 'plain'
    const isReady = this.#keys.get(current.id) === 'ready'
    const prompt = own`${name}${isPlain ? own` ${READ.plain}` : own``}${isReady ? own`` : own` (waiting)`}> `
    const standing = standingText(current, this.#names.nickOf, this.#newest.get(current.id))
    this.#screen?.setPrompt(prompt, standing)
  }
}

type MessageStateForm = Extract<EventForm, { type: 'messageState' }>

/** A reason behind a sentence: a clause goes on, a sentence stands for itself. */
const reasonIn = (why: SafeText | undefined): SafeText => {
  if (why === undefined) return own``
  return /^\p{Ll}/u.test(why) ? own`: ${why}` : own`. ${why}`
}

/** What to type may stand alone on a line, and behind a sentence needs a word before it. */
const sentence = (advice: SafeText): SafeText => (/^\p{Ll}/u.test(advice) ? own`Try: ${advice}` : advice)

/** Why something waits. */
const waitingFor = (form: SendForm): SafeText => {
  if (form.with !== undefined) return whyUnsent(form)
  return KEY_STATES[form.key === 'ready' ? 'waiting-for-carrier' : form.key]
}

/** How a text is said. */
interface How {
  readonly isAction?: true
  readonly isPlain?: true
  /** The message that it answers, as somebody typed it. */
  readonly reply?: string
  /** To this group only; its name or id. */
  readonly group?: string
  /** To this user, `@bob`, and not to where is typed into. */
  readonly to?: string
}

/** Whether a line is to be sent, not obeyed. */
const isSaid = (line: string): boolean => line.trim() !== '' && (!line.startsWith('/') || line.startsWith('//'))
