/** What happens in a channel, as clauses: every security event is one. */
import type { Exposure } from '../core/command.ts'
import { displayText, joinText, own, type SafeText } from './display-text.ts'
import type { AmendmentForm, EventForm, KeyStateName } from './forms.ts'
import { KEY_STATES, plural, READ } from './text.ts'

/** Why an epoch began, as a clause. */
const REASONS: Readonly<Record<string, SafeText>> = {
  created: own`the channel was founded`,
  admitted: own`somebody came in`,
  removed: own`somebody was removed`,
  withdrawn: own`somebody left`,
  deadline: own`the old key was due`,
  idle: own`nobody had spoken for long`,
  'first-member': own`a first member came after there had been none`,
  demand: own`a fresh one was asked for`,
  refreshed: own`a member's keys were renewed`,
  takeover: own`the key manager began a new term`,
  'descriptor-changed': own`the channel's rules changed`,
  merged: own`two parts of the channel met again`,
  scheduled: own`the old one had been in use for long enough`,
  stated: own`a decision about groups or invites was put on record`
}

/** Where a group's differ. */
const GROUP_REASONS: Readonly<Record<string, SafeText>> = {
  created: own`the group was made`,
  admitted: own`somebody was put in`,
  removed: own`somebody was taken out`,
  stated: own`its members changed`
}

const UNKNOWN_REASON = own`of a reason unknown here`

/** Why an epoch of a channel, or of a group, began. */
export const reasonText = (reason: string, isGroup: boolean): SafeText =>
  (isGroup ? GROUP_REASONS[reason] : undefined) ?? REASONS[reason] ?? UNKNOWN_REASON

/** A group's name, or the beginning of its id when nobody here knows its name. */
export const groupText = ({ group = '', groupName = '' }: { group?: string; groupName?: string }): SafeText =>
  displayText(groupName === '' ? group.slice(0, 8) : groupName, { columns: 30, lines: 1 })

/** Letters of an id that a message is shown with; the first three are enough to name it most of the time. */
const ID_LETTERS = 6

/** The beginning of the id by which a message is named. */
export const shortId = (id: string): SafeText => displayText(id.slice(0, ID_LETTERS))

/** A security event as one line. Nothing that changes who can read passes silently. */
export function eventText(event: EventForm): SafeText | undefined {
  switch (event.type) {
    case 'epoch': {
      const isGroup = event.group !== undefined
      const line = isGroup ? own`new key of group ${groupText(event)}` : own`new key`
      return own`${line}: epoch ${event.term}.${event.serial}, because ${reasonText(event.reason, isGroup)}${by(event.issuer)}`
    }
    case 'roster': {
      const who = person(event.user)
      if (event.change === 'admitted') return own`${who} ${was(event.user)} let in${by(event.by)}`
      return event.change === 'removed'
        ? own`${who} ${was(event.user)} removed${by(event.by)}`
        : own`${who} left the channel`
    }
    case 'group':
      return groupEventText(event)
    case 'nick': {
      const before = displayText(event.before, { columns: 40, lines: 1 })
      if (event.user.isSelf)
        return own`your name ${displayText(event.user.nick, { columns: 40, lines: 1 })} is on record now`
      return own`${person(event.user)} is the new name of ${before}`
    }
    case 'manager':
      return event.isPresent
        ? own`key manager ${person(event.manager)} is here`
        : own`key manager ${person(event.manager)} is away: chatting goes on, but nobody can come in or be removed until ${event.others > 0 ? own`another takes its place` : own`it is back`}`
    case 'office':
      return officeEventText(event)
    case 'keyState':
      return keyStateText(event)
    case 'gap':
      return event.isClosed
        ? own`a message of ${person(event.sender)} that was missing has come`
        : own`GAP: a message of ${person(event.sender)} before the last one is missing; members and carriers are asked for it until somebody has it`
    case 'unreadable': {
      const { why, next } = unreadableReason(event.check)
      return own`a message of ${person(event.sender)} is not shown: ${why} (R-${event.check}). ${next}`
    }
    case 'messageState':
      return event.state === 'unknown'
        ? own`nobody says to have your message ${shortId(event.id)}, though others are here. It may still reach them: conclave seen shows who has it`
        : undefined
    case 'descriptor':
      return amendmentText(event)
    case 'exposure':
      return EXPOSURES[event.exposure]
    case 'alarm':
      return own`ALARM: key manager ${person(event.manager)} lied (R-${event.check}). Nothing is sent in this channel any more: talk to its founder elsewhere`
    case 'session':
      return sessionEventText(event)
    case 'rival': {
      const known = event.rival === undefined ? own`another user` : person(event.rival)
      return own`WARNING: ${person(event.user)} is not who you know by that nick, which is ${known}. It may be a new device, or somebody who poses as the one you know. Nothing is said to it until you trust it: compare safety numbers first (/verify)`
    }
    default:
      return undefined
  }
}

function sessionEventText({ user, change, missing }: Extract<EventForm, { type: 'session' }>): SafeText {
  switch (change) {
    case 'renewed':
      return own`${person(user)} has begun a new session: its earlier state is lost`
    case 'setBack':
      return own`${person(user)} has heard other things from you than are known here: this home is an older copy. What waits is said in a new session, and may come twice`
    case 'gap':
      return own`GAP: ${missing} text${plural(missing)} of ${person(user)} will not come: ${missing === 1 ? own`it is` : own`they are`} lost`
    default:
      return change satisfies never
  }
}

/** Why a message is not shown, as a clause, and what happens next, as a sentence. */
interface UnreadableReason {
  readonly why: SafeText
  readonly next: SafeText
}

const BROKEN: UnreadableReason = {
  why: own`it is broken, or was made by a peer that does not keep the rules`,
  next: own`It is left out; only its author can say it again.`
}

/** By the check that failed. */
const UNREADABLE: Readonly<Record<number, UnreadableReason>> = {
  701: {
    why: own`its author is not a member, or not in the group it was said to`,
    next: own`It is left out, and not asked for again.`
  },
  704: BROKEN,
  705: BROKEN,
  706: BROKEN,
  707: {
    why: own`it is not encrypted, and here everything has to be`,
    next: own`It is left out; only its author can say it again.`
  },
  708: {
    why: own`its key is over and was destroyed, or is from before you came in`,
    next: own`No other peer can open it for you; only its author can say it again.`
  },
  709: {
    why: own`its author was removed from the channel before it got here`,
    next: own`It is left out, and not asked for again.`
  }
}

const unreadableReason = (check: number): UnreadableReason => UNREADABLE[check] ?? BROKEN

function amendmentText({ version, managers, added, removed, changed }: AmendmentForm): SafeText {
  const areOthers = added.length > 0 || removed.length > 0
  const list = (people: readonly Person[]): SafeText => joinText(people.map(person), own`, `)
  const named = areOthers ? own`: key managers are now ${list(managers)}` : own``
  const gone = removed.length > 0 ? own`, and no more ${list(removed)}` : own``
  const rest = changed.length > 0 ? own` (changed: ${displayText(changed.join(', '))})` : own``
  return own`the founder changed the channel, version ${version}${named}${gone}${rest}`
}

/** What it means that removals may not reach us. */
const EXPOSURES: Readonly<Record<Exposure, SafeText>> = {
  none: own`a key manager that can remove people is in touch again`,
  warned: own`WARNING: no key manager that can remove people was heard of for a while, so a removal may not have reached you`,
  fenced: own`sending has stopped: no key manager that can remove people was heard of for too long`
}

function officeEventText({ manager, term, signers, before }: Extract<EventForm, { type: 'office' }>): SafeText {
  const others = signers.filter(({ user }) => user !== manager.user).map(person)
  const signed = others.length > 0 ? own`, signed by ${joinText(others, own`, `)}` : own``
  const is = manager.isSelf ? own`are` : own`is`
  return own`${person(manager)} ${is} key manager now instead of ${person(before)} (term ${term})${signed}`
}

function groupEventText(event: Extract<EventForm, { type: 'group' }>): SafeText {
  const name = groupText(event)
  const { user } = event
  const who = user === undefined ? own`somebody` : person(user)
  const isOwnDoing = user?.user === event.by.user
  switch (event.change) {
    case 'made':
      return own`group ${name} was made${by(event.by)}`
    case 'dissolved':
      return own`group ${name} was dissolved${by(event.by)}`
    case 'put-in':
      return isOwnDoing
        ? own`${who} joined group ${name}`
        : own`${who} ${was(user)} put into group ${name}${by(event.by)}`
    case 'taken-out':
      return isOwnDoing
        ? own`${who} left group ${name}`
        : own`${who} ${was(user)} taken out of group ${name}${by(event.by)}`
    default:
      return event.change satisfies never
  }
}

function keyStateText({ state, waiting, privacy }: Extract<EventForm, { type: 'keyState' }>): SafeText {
  const held = waiting > 0 ? own` (${waiting} message${plural(waiting)} waiting)` : own``
  if (state === 'ready' && privacy === 'plain') return own`messages are NOT encrypted here${held}`
  if (state === 'ready' && privacy === 'mixed')
    return own`messages are end-to-end encrypted, but for those marked ${READ.plain}${held}`
  if (state === 'ready') return own`messages are end-to-end encrypted${held}`
  if (LASTING.has(state)) return own`cannot send any more: ${KEY_STATES[state]}${held}`
  return own`cannot send yet: ${KEY_STATES[state]}${held}`
}

/** States that pass by no waiting. */
const LASTING: ReadonlySet<KeyStateName> = new Set(['removed', 'alarmed'])

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

const was = (who: Person | undefined): SafeText => (who?.isSelf === true ? own`were` : own`was`)

const by = (who: Person | undefined): SafeText => (who === undefined ? own`` : own`, by ${person(who)}`)
