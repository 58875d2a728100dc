/** From what core says to the forms of forms.ts, and back from the words of options to core's. */
import { equalBytes, hex } from '../base/bytes.ts'
import { OPTIONAL_TRIGGERS, signaturesNeeded } from '../core/channel/descriptor.ts'
import {
  type ChannelView,
  type GroupView,
  type InviteView,
  type LineView,
  type MemberView,
  NOTHING_KNOWN,
  type PairView,
  type WaitingView
} from '../core/command.ts'
import { asUserId, shortFingerprint, userIdText } from '../core/identity/user.ts'
import type { UserRecord } from '../core/identity/user-record.ts'
import { nameOf } from '../core/member/history.ts'
import type { Post, Thread } from '../core/member/thread.ts'
import type { MessageView, Notice } from '../core/notice.ts'
import {
  Admission,
  Authentication,
  type Content,
  HistoryPolicy,
  PartitionPolicy,
  Privacy,
  TimingProfile
} from '../wire/messages.ts'
import { channelIdText } from '../wire/names.ts'
import { amendmentOf } from './amendments.ts'
import {
  type ChannelForm,
  type ConversationForm,
  type EventForm,
  type GroupForm,
  type InChannel,
  type InviteRecordForm,
  type LineForm,
  type MemberForm,
  type MessageForm,
  type OfficeForm,
  type PersonForm,
  type Privacy as PrivacyWord,
  type QuoteForm,
  type RecordForm,
  TRIGGERS,
  type Trigger,
  type WaitingForm
} from './forms.ts'

export const ADMISSION = {
  open: Admission.OPEN,
  invite: Admission.BY_INVITE,
  members: Admission.BY_MEMBERSHIP
} as const
export const AUTHENTICATION = {
  signature: Authentication.BY_SIGNATURE,
  challenge: Authentication.BY_CHALLENGE
} as const
export const PRIVACY = { encrypted: Privacy.ENCRYPTED, mixed: Privacy.MIXED, plain: Privacy.PLAIN } as const
export const HISTORY = {
  none: HistoryPolicy.NONE,
  'since-join': HistoryPolicy.SINCE_JOIN,
  all: HistoryPolicy.ALL
} as const

export const TIMING = { local: TimingProfile.LOCAL, wan: TimingProfile.WAN } as const
export const PARTITION = { continue: PartitionPolicy.CONTINUE, freeze: PartitionPolicy.FREEZE } as const

/** The bit of each trigger in a descriptor. */
export const TRIGGER: Readonly<Record<Trigger, number>> = {
  'first-member': OPTIONAL_TRIGGERS.firstMember,
  'prekey-rotation': OPTIONAL_TRIGGERS.prekeyRotation
}

const wordOf = <W extends string>(words: Readonly<Record<W, unknown>>, value: unknown): W =>
  (Object.keys(words) as W[]).find((word) => words[word] === value)!

/** User id text; also for keys that are no user's, such as the zeros of a channel not found yet: empty. */
export function userText(user: Uint8Array): string {
  try {
    return userIdText(asUserId(user))
  } catch {
    return ''
  }
}

function fingerprintOf(user: Uint8Array): string {
  try {
    return shortFingerprint(asUserId(user))
  } catch {
    return ''
  }
}

export const personForm = (user: Uint8Array, nick: string, self: Uint8Array): PersonForm => ({
  user: userText(user),
  nick,
  fingerprint: fingerprintOf(user),
  isSelf: equalBytes(user, self)
})

export const epochText = (term: number, serial: number): string => (term === 0 ? '' : `${term}.${serial}`)

export const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64')

/** @param connected - peers that follow the channel. */
export function channelForm(view: ChannelView, connected = 0): ChannelForm {
  const { id, name, key, term, serial, commitment, notAfter, members, manager, waiting, missing, logHead } = view
  const { descriptor } = view
  return {
    id: channelIdText(id),
    name,
    key,
    epoch: epochText(term, serial),
    term,
    serial,
    commitment: hex(commitment),
    ...(notAfter > 0 && { notAfter }),
    members,
    online: view.online,
    connected,
    ...(manager && { manager: userText(manager) }),
    isManagerPresent: view.isManagerPresent,
    isManager: view.isManager,
    isStanding: view.isStanding,
    leaseMs: Math.round(view.leaseMs),
    signers: view.signers.map(userText),
    exposure: view.exposure,
    waiting,
    missing,
    logHead: hex(logHead),
    ...(descriptor && {
      founder: userText(view.founder),
      managers: descriptor.managers.map(userText),
      quorum: signaturesNeeded(descriptor),
      timing: wordOf(TIMING, descriptor.timing),
      partition: wordOf(PARTITION, descriptor.partition),
      fenceSeconds: descriptor.fenceSeconds,
      memberManagers: descriptor.memberManagers.map(userText),
      admission: wordOf(ADMISSION, descriptor.admission),
      authentication: wordOf(AUTHENTICATION, descriptor.authentication),
      privacy: wordOf(PRIVACY, descriptor.privacy),
      history: wordOf(HISTORY, descriptor.history),
      keyLifetimeSeconds: descriptor.keyLifetimeSeconds,
      stepSeconds: descriptor.stepSeconds,
      idleSeconds: descriptor.idleSeconds,
      graceSeconds: descriptor.graceSeconds,
      maxMembers: descriptor.maxMembers,
      retentionSeconds: descriptor.retentionSeconds,
      withoutTriggers: TRIGGERS.filter((one) => (descriptor.withoutTriggers & TRIGGER[one]) !== 0),
      descriptorVersion: descriptor.version
    })
  }
}

/** A channel, or a conversation with one user in the shape of one. */
export interface PlaceView extends ChannelView {
  readonly pair?: PairView
}

/** `@bob`. A nick that is not known, or known as another's, names nobody. */
const conversationName = ({ user, nick, rival }: PairView): string =>
  `@${nick === '' || rival !== undefined ? fingerprintOf(user) : nick}`

/** What there is to say of a conversation where a channel could stand. */
export const conversationView = (pair: PairView): PlaceView => ({
  ...NOTHING_KNOWN,
  pair,
  id: pair.id,
  name: conversationName(pair),
  key: 'ready',
  members: 2,
  waiting: pair.waiting,
  online: pair.isOnline ? 2 : 1
})

export function conversationForm(pair: PairView, self: Uint8Array): ConversationForm {
  const { user, nick, trust, rival, session, isDirect, waiting, unseen, isOnline } = pair
  return {
    ...personForm(user, nick, self),
    id: channelIdText(pair.id),
    name: conversationName(pair),
    ...(trust !== undefined && { trust }),
    ...(rival !== undefined && { rival: personForm(rival, nick, self) }),
    session,
    isDirect,
    waiting,
    unseen,
    isOnline
  }
}

export const memberForm = ({ user, ...view }: MemberView): MemberForm => ({
  user: userText(user),
  nick: view.nick,
  fingerprint: fingerprintOf(user),
  isSelf: view.isSelf,
  isFounder: view.isFounder,
  isManager: view.isManager,
  isMemberManager: view.isMemberManager,
  isOnline: view.isOnline,
  holdsKey: view.holdsKey
})

/** Who and what the ids of a channel stand for. */
export interface Names {
  person(user: Uint8Array): PersonForm
  /** Empty when it is not known. */
  groupName(group: Uint8Array): string
}

/**
 * @param place - where it was said.
 * @param thread - what the message belongs to.
 * @param isRaw - a text as it was said, not as it is now.
 */
export function messageForm(
  view: MessageView,
  place: InChannel,
  names: Pick<Names, 'groupName'>,
  thread: Thread,
  isRaw = false
): MessageForm {
  const { group, id, local, sender, nick, lamport, counter, content, isEncrypted, isOwn, state, seenAt } = view
  return {
    type: 'message',
    ...place,
    ...groupOf(group, names),
    id,
    ...(local !== undefined && { local }),
    sender: userText(sender),
    nick,
    fingerprint: fingerprintOf(sender),
    lamport,
    counter,
    isEncrypted,
    ...(nameOf(view) !== id && { name: nameOf(view) }),
    ...contentForm(content),
    ...(view.isErased && content.text && { isDeleted: true }),
    ...aboutForm(view, thread),
    ...(content.text && !isRaw && postForm(view, thread)),
    writtenAt: content.writtenAt,
    seenAt,
    isOwn,
    state
  }
}

export function waitingForm(
  { local, group, content, isPlain }: WaitingView,
  place: InChannel,
  names: Pick<Names, 'groupName'>
): WaitingForm {
  return {
    type: 'waiting',
    ...place,
    ...groupOf(group, names),
    local,
    ...contentForm(content),
    isEncrypted: !isPlain,
    writtenAt: content.writtenAt
  }
}

/** What a message is about, and whether that counts. */
function aboutForm(view: MessageView, thread: Thread): Pick<MessageForm, 'about' | 'effect'> {
  const subject = thread.subjectOf(view)
  const about = subject && { about: quoteForm(subject) }
  return view.content.text ? { ...about } : { ...about, effect: thread.effectOf(view) }
}

/** What became of a text. */
function postForm(view: MessageView, thread: Thread): Partial<MessageForm> {
  const post = thread.postOf(view)
  if (post === undefined || post.isDeleted) return { text: '', isDeleted: true }
  const { text, edit, reactions } = post
  return {
    text,
    ...(edit && { isEdited: true, isEncrypted: view.isEncrypted && edit.isEncrypted }),
    ...(reactions.length > 0 && {
      reactions: reactions.slice(0, EMOJI).map(({ emoji, by }) => ({
        emoji,
        count: by.length,
        users: by.slice(0, USERS_OF_EMOJI).map(({ sender }) => userText(sender))
      }))
    }),
    ...(reactions.length > EMOJI && { moreReactions: reactions.length - EMOJI })
  }
}

/** Different reactions to a text that are told, and who reacted so: others can make any number of them. */
const EMOJI = 64
const USERS_OF_EMOJI = 32

export const quoteForm = ({ message, name, text, isDeleted }: Post): QuoteForm => ({
  id: name,
  sender: userText(message.sender),
  nick: message.nick,
  fingerprint: fingerprintOf(message.sender),
  isOwn: message.isOwn,
  ...(isDeleted ? { isDeleted } : { text: text.slice(0, QUOTE_LETTERS) })
})

/** A quote is a reminder: whoever wants all of it reads the message. */
const QUOTE_LETTERS = 200

type ContentForm = Pick<MessageForm, 'kind' | 'text' | 'isAction' | 'replyTo' | 'target' | 'emoji' | 'isWithdrawn'>

function contentForm({ text, edit, deletion, reaction }: Content): ContentForm {
  if (edit) return { kind: 'edit', text: edit.text, target: hex(edit.target) }
  if (deletion) return { kind: 'deletion', target: hex(deletion.target) }
  if (reaction) {
    return { kind: 'reaction', emoji: reaction.emoji, target: hex(reaction.target), isWithdrawn: reaction.isWithdrawn }
  }
  const { text: words = '', replyTo, isAction = false } = text ?? {}
  return { kind: 'text', text: words, isAction, ...(replyTo && replyTo.length > 0 && { replyTo: hex(replyTo) }) }
}

/** The group, unless it is the channel itself. */
export const groupOf = (
  group: Uint8Array,
  { groupName }: Pick<Names, 'groupName'>
): { group?: string; groupName?: string } =>
  group.length > 0 ? { group: hex(group), groupName: groupName(group) } : {}

/** `FIRST_MEMBER` as `first-member`. */
const reasonWord = (reason: string): string => reason.toLowerCase().replaceAll('_', '-')

/**
 * @param place - where it happened.
 * @param names - in the channel of the notice.
 * @param view - of that channel; undefined when it was left.
 */
export function eventForm(
  notice: Exclude<Notice, { type: 'message' }>,
  place: InChannel,
  names: Names,
  view: Pick<PlaceView, 'waiting' | 'descriptor' | 'pair'> | undefined
): EventForm {
  const { person } = names
  switch (notice.type) {
    case 'messageState': {
      const { type, local, id, state, seenBy, of } = notice
      return { type, ...place, local, id, state, seenBy, of }
    }
    case 'keyState':
      return { type: 'keyState', ...place, state: notice.state, waiting: view?.waiting ?? 0, ...privacyOf(view) }
    case 'epoch': {
      const { type, group, term, serial, reason, issuer } = notice
      return {
        type,
        ...place,
        ...groupOf(group, names),
        term,
        serial,
        reason: reasonWord(String(reason)),
        issuer: person(issuer)
      }
    }
    case 'roster': {
      const { type, change, user, nick, by } = notice
      const who = person(user)
      return { type, ...place, change, user: { ...who, nick: nick || who.nick }, by: person(by) }
    }
    case 'manager': {
      const others = Math.max(0, (view?.descriptor?.managers.length ?? 1) - 1)
      return { type: 'manager', ...place, manager: person(notice.manager), isPresent: notice.isPresent, others }
    }
    case 'group': {
      const { type, group, name, change, user, by } = notice
      const who = user.length > 0 && { user: person(user) }
      return { type, ...place, group: hex(group), groupName: name, change, ...who, by: person(by) }
    }
    case 'presence':
      return { type: 'presence', ...place, online: notice.online }
    case 'publicKey': {
      const { type, request, user, record } = notice
      const found = user.length > 0 && { user: person(user), record: base64(record) }
      return { type, ...place, request, ...found }
    }
    case 'gap': {
      const { type, sender, missing, isClosed } = notice
      return { type, ...place, sender: person(sender), missing, isClosed }
    }
    case 'unreadable':
      return { type: 'unreadable', ...place, sender: person(notice.sender), id: notice.id, check: notice.check }
    case 'alarm':
      return { type: 'alarm', ...place, manager: person(notice.manager), check: notice.check }
    case 'descriptor':
      return { type: 'descriptor', ...place, ...amendmentOf(notice, person) }
    case 'exposure':
      return { type: 'exposure', ...place, exposure: notice.exposure }
    case 'session': {
      const { type, user, change, missing } = notice
      return { type, ...place, user: person(user), change, missing }
    }
    case 'rival': {
      const { type, user, nick } = notice
      const rival = view?.pair?.rival
      return { type, ...place, user: { ...person(user), nick }, ...(rival && { rival: { ...person(rival), nick } }) }
    }
    default:
      return notice satisfies never
  }
}

/** Another manager is in office, by an epoch that it made. @param before - who was. */
export function officeEvent(
  { term, issuer }: Extract<Notice, { type: 'epoch' }>,
  before: Uint8Array,
  place: InChannel,
  { person }: Pick<Names, 'person'>,
  view: ChannelView | undefined
): EventForm {
  const signers = view?.term === term ? view.signers.map(person) : []
  return { type: 'office', ...place, manager: person(issuer), term, signers, before: person(before) }
}

/** The key manager in office; undefined without a key. */
export function officeForm(view: ChannelView, { person }: Pick<Names, 'person'>): OfficeForm | undefined {
  const { manager, term, isManagerPresent, leaseMs, signers } = view
  if (manager === undefined || term === 0) return undefined
  const lease = Math.round(leaseMs)
  return { manager: person(manager), term, isPresent: isManagerPresent, leaseMs: lease, signers: signers.map(person) }
}

const privacyOf = (view: Pick<ChannelView, 'descriptor'> | undefined): { privacy?: PrivacyWord } =>
  view?.descriptor === undefined ? {} : { privacy: wordOf(PRIVACY, view.descriptor.privacy) }

export function lineForm({ group, key, members, holders }: LineView, place: InChannel, names: Names): LineForm {
  const line = { ...place, ...groupOf(group, names), members, holders }
  if (key === undefined) return { ...line, epoch: '' }
  const { term, serial, commitment, notAfter, reason, issuer } = key
  return {
    ...line,
    epoch: epochText(term, serial),
    term,
    serial,
    commitment: hex(commitment),
    notAfter,
    reason: reasonWord(String(reason)),
    issuer: names.person(issuer)
  }
}

export const placeOf = ({ id, name, pair }: PlaceView): InChannel => ({
  channel: channelIdText(id),
  channelName: name,
  ...(pair && { with: userText(pair.user) })
})

export const groupForm = (view: GroupView, place: InChannel, { person }: Pick<Names, 'person'>): GroupForm => ({
  ...place,
  group: hex(view.id),
  groupName: view.name,
  members: view.members.map(person),
  isMember: view.isMember,
  isReady: view.isReady
})

export const inviteRecordForm = (
  view: InviteView,
  place: InChannel,
  { person }: Pick<Names, 'person'>
): InviteRecordForm => ({
  ...place,
  token: hex(view.token),
  uses: view.uses,
  redeemers: view.redeemers.map(person),
  ...(view.expiresAt > 0 && { expiresAt: view.expiresAt }),
  isRevoked: view.isRevoked,
  by: person(view.by)
})

export const recordForm = (record: UserRecord, self: Uint8Array): RecordForm => ({
  ...personForm(record.user, record.nick, self),
  record: base64(record.bytes),
  seq: record.seq,
  prekey: hex(record.prekey.id),
  prekeyNotBefore: record.prekey.notBefore,
  prekeyNotAfter: record.prekey.notAfter,
  issuedAt: record.issuedAt,
  expiresAt: record.expiresAt
})
