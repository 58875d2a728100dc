/** Messages and events as lines for people. What others wrote comes in raw, in forms, and leaves as `SafeText`. */
import { DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS } from '../base/time.ts'
import { skeleton } from '../core/identity/nick.ts'
import { displayText, indented, joinText, own, type SafeText, styled, wrapped } from './display-text.ts'
import { eventText, groupText } from './event-text.ts'
import type { EventForm, MessageForm } from './forms.ts'
import { READ } from './text.ts'

/** Lines of one message that are shown in the chat; `read` shows all. */
export const CHAT_LINES = 60

export interface LineStyle {
  readonly isColour: boolean
  /** Whether to say which channel it is. */
  readonly withChannel: boolean
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

/** What a message says, without who and when. */
export function contentText(form: MessageForm, lines?: number): SafeText {
  switch (form.kind) {
    case 'text':
    case 'edit':
      return displayText(form.text ?? '', lines === undefined ? {} : { lines })
    case 'deletion':
      return READ.deleted
    case 'reaction':
      return own`${READ.reacted} ${displayText(form.emoji ?? '', { columns: 20, lines: 1 })}`
    default:
      return form.kind satisfies never
  }
}

/** `12:03 bob: text`, further lines below the first. */
export function messageLine(form: MessageForm, style: LineStyle): SafeText {
  const { isColour, withChannel, isAmbiguous } = style
  const time = styled(clockText(form.seenAt), 'dim', isColour)
  const nick = nickText(form.nick, form.fingerprint, isAmbiguous?.(form.nick) === true)
  const who = styled(form.isOwn ? own`${nick}` : nick, 'bold', isColour)
  const place = withChannel ? own`${channelText(form)} ` : own``
  const plain = form.isEncrypted ? own`` : own` ${READ.plain}`
  const target = form.group === undefined ? own`` : own`${groupMark(form)} `
  const text = indented(contentText(form, style.lines), INDENT)
  const mark = form.kind === 'edit' ? own` ${READ.edited}` : own``
  if (form.kind === 'text' && form.isAction === true)
    return fitted(own`${time} ${place}${target}* ${who} ${text}${plain}`, style)
  return fitted(own`${time} ${place}${target}${who}: ${text}${mark}${plain}`, style)
}

/** `[team]`: said to that group alone. No name of a group can look like another mark, or end the brackets early. */
export function groupMark({ group = '', groupName = '' }: { group?: string; groupName?: string }): SafeText {
  const name = groupName.replaceAll(/[[\]]/g, '').trim()
  const isMark = MARKS.some((one) => skeleton(one) === skeleton(name))
  return isMark ? own`[group ${displayText(group.slice(0, 8))}]` : own`[${groupText({ group, groupName: name })}]`
}

/** What stands in brackets in a line and means something else. */
const MARKS = ['plain', 'sent', 'waiting']

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

export const channelText = ({ channel, channelName }: { channel: string; channelName: string }): SafeText =>
  channelName === '' ? displayText(channel.slice(0, 8)) : own`#${displayText(channelName, { columns: 40, lines: 1 })}`

/** `12:03 -- bob (K5QH-2M7A) was let in`; undefined for what needs no line. */
export function eventLine(form: EventForm, style: LineStyle): SafeText | undefined {
  const { isColour, withChannel } = style
  const text = eventText(form)
  if (text === undefined) return undefined
  const place = withChannel ? own`${channelText(form)} ` : own``
  const isExposed = form.type === 'exposure' && form.exposure !== 'none'
  const isLoud = isExposed || form.type === 'alarm' || form.type === 'gap' || form.type === 'unreadable'
  const line = styled(own`${clockText(Date.now())} ${place}-- ${text}`, isLoud ? 'warn' : 'dim', isColour)
  return fitted(line, style)
}
