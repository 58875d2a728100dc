/** Messages and events as lines for people. What others wrote comes in raw, in forms, and leaves as `SafeText`. */
import { DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS } from '../base/time.ts'
import { skeleton } from '../core/identity/nick.ts'
import { displayText, indented, joinText, own, type SafeText, styled, wrapped } from './display-text.ts'
import { eventText, groupText, shortId } from './event-text.ts'
import type { ChannelForm, EventForm, InChannel, MessageForm, QuoteForm, WaitingForm } from './forms.ts'
import { CHANGE, READ } from './text.ts'

/** Lines of one message that are shown in the chat; `read` shows all. */
export const CHAT_LINES = 60

export interface LineStyle {
  readonly isColour: boolean
  /** Whether to say which channel it is. */
  readonly withChannel: boolean
  /** Whether to say where messages of ours stand: of those just said that changes at once. */
  readonly withState?: boolean
  /** Nicks that more than one member could be taken for: shown with the fingerprint. */
  readonly isAmbiguous?: (nick: string) => boolean
  readonly lines?: number
  /** Of the terminal it goes to. */
  readonly columns?: number | undefined
}

const INDENT = 6

const fitted = (line: SafeText, { columns }: Pick<LineStyle, 'columns'>): SafeText =>
  columns === undefined ? line : wrapped(line, columns, INDENT)

const twoDigits = (value: number): SafeText => displayText(String(value).padStart(2, '0'))

/** `12:03`, with the day before it when it is another day than today's. */
export function clockText(at: number, now = Date.now()): SafeText {
  const date = new Date(at)
  const time = own`${twoDigits(date.getHours())}:${twoDigits(date.getMinutes())}`
  if (date.toDateString() === new Date(now).toDateString()) return time
  return own`${date.getFullYear()}-${twoDigits(date.getMonth() + 1)}-${twoDigits(date.getDate())} ${time}`
}

export const nickText = (nick: string, fingerprint: string, isAmbiguous = false): SafeText => {
  const mark = displayText(fingerprint)
  if (nick === '') return mark
  const shown = displayText(nick, { columns: 40, lines: 1 })
  return isAmbiguous ? own`${shown}(${mark})` : shown
}

/** `12:03 3fa2b1 bob: text`, further lines below the first; what is no text is a line of its own kind. */
export function messageLine(form: MessageForm, style: LineStyle): SafeText {
  const { isColour, withChannel, isAmbiguous } = style
  const time = styled(clockText(form.seenAt), 'dim', isColour)
  const nick = nickText(form.nick, form.fingerprint, isAmbiguous?.(form.nick) === true)
  const place = withChannel ? own`${channelText(form)} ` : own``
  const target = form.group === undefined ? own`` : own`${groupMark(form)} `
  if (form.kind !== 'text') {
    const line = own`${clockText(form.seenAt)} ${place}-- ${target}${nick} ${changeText(form, style)}`
    const shown = styled(line, form.effect === 'ignored' ? 'warn' : 'dim', isColour)
    return fitted(own`${shown}${stateMark(form, style)}`, style)
  }
  const who = styled(nick, 'bold', isColour)
  const id = styled(shortId(form.name ?? form.id), 'dim', isColour)
  const head = own`${time} ${id} ${place}${target}`
  const text = postText(form, style)
  if (form.isAction === true) return fitted(own`${head}* ${who}${answerText(form)} ${text}`, style)
  return fitted(own`${head}${who}${answerText(form)}: ${text}`, style)
}

/** `12:03 you: text  [waiting]`: it has no id yet. */
export function waitingLine(form: WaitingForm, style: LineStyle): SafeText {
  const { isColour, lines } = style
  const time = styled(clockText(form.writtenAt), 'dim', isColour)
  const target = form.group === undefined ? own`` : own`${groupMark(form)} `
  const who = styled(READ.you, 'bold', isColour)
  const mark = own`  ${styled(own`[${READ.states.waiting}]`, 'warn', isColour)}`
  if (form.kind === 'deletion' || form.kind === 'reaction') {
    const what = own`${CHANGE.tried[form.kind]} ${shortId(form.target ?? '')}`
    return fitted(own`${time} -- ${target}${who} ${what}${mark}`, style)
  }
  const text = indented(displayText(form.text ?? '', lines === undefined ? {} : { lines }), INDENT)
  const plain = form.isEncrypted ? own`` : own` ${READ.plain}`
  if (form.kind === 'edit') {
    const what = own`${CHANGE.tried.edit} ${shortId(form.target ?? '')}`
    return fitted(own`${time} -- ${target}${who} ${what}: ${text}${plain}${mark}`, style)
  }
  return fitted(
    form.isAction === true
      ? own`${time} ${target}* ${who} ${text}${plain}${mark}`
      : own`${time} ${target}${who}: ${text}${plain}${mark}`,
    style
  )
}

/** `  [seen by 2 of 3]` behind one of ours. */
function stateMark(form: MessageForm, { isColour, withState }: LineStyle): SafeText {
  const { isOwn, state } = form
  if (!isOwn || withState !== true) return own``
  const isAmiss = state === 'waiting' || state === 'unknown'
  return own`  ${styled(own`[${stateText(form)}]`, isAmiss ? 'warn' : 'dim', isColour)}`
}

/** Where a message of ours stands. */
export const stateText = ({ state, seenBy = 0, of = 0 }: Pick<MessageForm, 'state' | 'seenBy' | 'of'>): SafeText =>
  state === 'seen' ? READ.seen(seenBy, of) : READ.states[state]

/** What a text says now, with its marks, and who thinks what of it below. */
function postText(form: MessageForm, style: LineStyle): SafeText {
  const { isColour, lines } = style
  if (form.isDeleted) return styled(READ.deleted, 'dim', isColour)
  const text = indented(displayText(form.text ?? '', lines === undefined ? {} : { lines }), INDENT)
  const edited = form.isEdited ? own` ${styled(READ.edited, 'dim', isColour)}` : own``
  const plain = form.isEncrypted ? own`` : own` ${READ.plain}`
  const { reactions = [] } = form
  const counts = reactions.slice(0, SHOWN_REACTIONS).map(({ emoji, count }) => own`${emojiText(emoji)} ${count}`)
  const more = reactions.length > SHOWN_REACTIONS ? [own`…`] : []
  const below = counts.length === 0 ? own`` : own`\n${joinText([...counts, ...more], own`  `)}`
  return own`${text}${edited}${plain}${stateMark(form, style)}${indented(below, INDENT)}`
}

/** Different reactions to one message that are shown. */
const SHOWN_REACTIONS = 12

const emojiText = (emoji: string): SafeText => displayText(emoji, { columns: 20, lines: 1 })

/** ` → alice "good mor…"` */
export function answerText({ replyTo, about }: Pick<MessageForm, 'replyTo' | 'about'>): SafeText {
  if (about !== undefined) return own` → ${quoteText(about)}`
  return replyTo === undefined ? own`` : own` → ${READ.missing}`
}

/** `alice "good mor…"`; what is quoted cannot end the quotation early. */
const quoteText = (quote: QuoteForm): SafeText => own`${nickText(quote.nick, quote.fingerprint)} ${quotedText(quote)}`

/** What was said, in quotes. */
export const quotedText = ({ text = '', isDeleted }: Pick<QuoteForm, 'text' | 'isDeleted'>): SafeText =>
  isDeleted ? READ.deleted : own`"${displayText(text.replaceAll('"', "'"), { columns: QUOTE_COLUMNS, lines: 1 })}"`

const QUOTE_COLUMNS = 40

/** What an edit, deletion or reaction does, as a clause. */
function changeText(form: MessageForm, { lines }: LineStyle): SafeText {
  const { about, effect } = form
  const id = shortId(about?.id ?? form.target ?? '')
  const isForeign = about !== undefined && about.sender !== form.sender
  const what = about === undefined ? own`${id}` : isForeign ? own`${id} ${quoteText(about)}` : id
  if (effect === 'ignored') return own`${CHANGE.tried[kindOf(form)]} ${what}: ${CHANGE.ignored} ${whyIgnored(form)}`
  if (effect === 'waiting') return own`${CHANGE.did[kindOf(form)]} ${id}, ${READ.missing}`
  if (form.kind === 'edit') {
    const text = displayText(form.text ?? '', lines === undefined ? {} : { lines })
    return own`${CHANGE.did.edit} ${what}: ${indented(text, INDENT)}`
  }
  if (form.kind === 'deletion') return own`${CHANGE.did.deletion} ${what}; ${CHANGE.copies}`
  return own`${CHANGE.did[kindOf(form)]} ${emojiText(form.emoji ?? '')} ${CHANGE.to} ${what}`
}

const kindOf = ({ kind, isWithdrawn }: MessageForm): keyof typeof CHANGE.did =>
  kind === 'edit' || kind === 'deletion' ? kind : isWithdrawn ? 'withdrawal' : 'reaction'

function whyIgnored({ kind, sender, about }: MessageForm): SafeText {
  if (about === undefined) return CHANGE.otherLine
  return kind !== 'reaction' && about.sender !== sender ? CHANGE.notAuthor : CHANGE.wasDeleted
}

/** `[team]`: said to that group alone. No name of a group can look like another mark, or end the brackets early. */
export function groupMark({ group = '', groupName = '' }: { group?: string; groupName?: string }): SafeText {
  const name = groupName.replaceAll(/[[\]]/g, '').trim()
  const looks = skeleton(name)
  const isMark =
    MARKS.some((one) => looks === skeleton(one)) || MARK_STARTS.some((one) => looks.startsWith(skeleton(one)))
  return isMark ? own`[group ${displayText(group.slice(0, 8))}]` : own`[${groupText({ group, groupName: name })}]`
}

/** What stands in brackets in a line and means something else. */
const MARKS = ['plain', 'sent', 'waiting', 'unknown']
const MARK_STARTS = ['waiting:', 'unknown:', 'seen by']

/** `2d 4h`, `10m`, `45s`: the two largest units. */
export function durationText(ms: number): SafeText {
  const parts: SafeText[] = []
  let rest = Math.max(0, Math.round(ms / SECOND_MS) * SECOND_MS)
  for (const [unit, size] of UNITS) {
    const count = Math.floor(rest / size)
    rest -= count * size
    if (count > 0 && parts.length < 2) parts.push(own`${count}${unit}`)
    else if (parts.length > 0) break
  }
  return parts.length === 0 ? own`0s` : joinText(parts, own` `)
}

const UNITS = [
  [own`d`, DAY_MS],
  [own`h`, HOUR_MS],
  [own`m`, MINUTE_MS],
  [own`s`, SECOND_MS]
] as const

/** `#garden`, or `@bob` for a conversation with one user. */
export const channelText = ({ channel, channelName, with: other }: InChannel): SafeText => {
  const name = displayText(channelName, { columns: 40, lines: 1 })
  if (other !== undefined) return name
  return channelName === '' ? displayText(channel.slice(0, 8)) : own`#${name}`
}

/** What methods take a channel or conversation by, also when nothing was said in it yet. */
export const addressOf = ({ id, conversation }: ChannelForm): string =>
  conversation === undefined ? id : `@${conversation.user}`

/** Where somebody speaks who is in a channel or a conversation. */
export const placeIn = ({ id, name, conversation }: ChannelForm): InChannel => ({
  channel: id,
  channelName: name,
  ...(conversation && { with: conversation.user })
})

/** `12:03 -- bob (K5QH-2M7A) was let in`; undefined for what needs no line. */
export function eventLine(form: EventForm, style: LineStyle): SafeText | undefined {
  const { isColour, withChannel } = style
  const text = eventText(form)
  if (text === undefined) return undefined
  const place = withChannel ? own`${channelText(form)} ` : own``
  const isExposed = form.type === 'exposure' && form.exposure !== 'none'
  const isLoud = isExposed || LOUD.has(form.type)
  const line = styled(own`${clockText(Date.now())} ${place}-- ${text}`, isLoud ? 'warn' : 'dim', isColour)
  return fitted(line, style)
}

/** What somebody at the screen should not miss. */
const LOUD: ReadonlySet<EventForm['type']> = new Set(['alarm', 'gap', 'unreadable', 'messageState', 'rival', 'session'])
