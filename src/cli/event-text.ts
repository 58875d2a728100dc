/** What happens in a channel, as clauses: every security event is one. */
import { displayText, own, type SafeText } from './display-text.ts'
import type { EventForm, KeyStateName } from './forms.ts'
import { KEY_STATES, plural } from './text.ts'

/** Why an epoch began, as a clause. */
const REASONS: Readonly<Record<string, SafeText>> = {
  created: own`the channel was founded`,
  admitted: own`somebody came in`,
  removed: own`somebody was removed`,
  withdrawn: own`somebody left`,
  deadline: own`the old key was due`,
  idle: own`after a long silence`,
  'first-member': own`the first member came`,
  demand: own`the key manager was asked for a fresh key`,
  refreshed: own`a member renewed its part`,
  takeover: own`the key manager began a new term`,
  'descriptor-changed': own`the channel's rules changed`
}

/** A security event as one line. Nothing that changes who can read passes silently. */
export function eventText(event: EventForm): SafeText | undefined {
  switch (event.type) {
    case 'epoch':
      return own`new key: epoch ${event.term}.${event.serial}, because ${REASONS[event.reason] ?? own`of a reason unknown here`}${by(event.issuer)}`
    case 'roster': {
      const who = person(event.user)
      if (event.change === 'admitted') return own`${who} was let in${by(event.by)}`
      return event.change === 'removed' ? own`${who} was removed${by(event.by)}` : own`${who} left the channel`
    }
    case 'manager':
      return event.isPresent
        ? own`key manager ${person(event.manager)} is here`
        : own`key manager ${person(event.manager)} is away: chatting goes on, but nobody can come in or be removed until it is back`
    case 'keyState':
      return keyStateText(event.state, event.waiting)
    case 'gap':
      return event.isClosed
        ? own`a message of ${person(event.sender)} that was missing has come`
        : own`GAP: a message of ${person(event.sender)} before the last one is missing`
    case 'unreadable':
      return own`a message of ${person(event.sender)} cannot be read (R-${event.check})`
    case 'alarm':
      return own`ALARM: key manager ${person(event.manager)} lied (R-${event.check}). Nothing is sent in this channel any more: talk to its founder elsewhere`
    default:
      return undefined
  }
}

function keyStateText(state: KeyStateName, waiting: number): SafeText {
  const held = waiting > 0 ? own` (${waiting} message${plural(waiting)} waiting)` : own``
  if (state === 'ready') return own`messages are end-to-end encrypted${held}`
  return own`cannot send yet: ${KEY_STATES[state]}${held}`
}

interface Person {
  readonly nick: string
  readonly fingerprint: string
  readonly isSelf?: boolean
}

/** `alice (K5QH-2M7A)`: a nick alone is no identity. */
export function person({ nick, fingerprint, isSelf }: Person): SafeText {
  const mark = displayText(fingerprint)
  if (isSelf === true) return own`you`
  return nick === '' ? own`user ${mark}` : own`${displayText(nick, { columns: 40, lines: 1 })} (${mark})`
}

const by = (who: Person | undefined): SafeText => (who === undefined ? own`` : own`, by ${person(who)}`)
