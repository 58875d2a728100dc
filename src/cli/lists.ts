/** Lists and tables for people: channels, members, peers, standing. */

import { SECOND_MS } from '../base/time.ts'
import { CHANNEL, GROUP, INVITE, KEY, MEMBER, RULES } from './channel-text.ts'
import { CONVERSATION, sessionText, trustText } from './conversation-text.ts'
import { displayText, displayWidth, joinText, own, padded, type SafeText, styled } from './display-text.ts'
import { groupText, person, reasonText, shortId } from './event-text.ts'
import {
  type ChannelForm,
  type ConversationForm,
  type GroupForm,
  type InviteRecordForm,
  type LineForm,
  type MemberForm,
  type OfficeForm,
  type PeerForm,
  type RecordForm,
  type SearchForm,
  type SeenForm,
  type StatusForm,
  TRIGGERS
} from './forms.ts'
import {
  channelText,
  clockText,
  durationText,
  groupMark,
  type LineStyle,
  messageLine,
  nickText,
  quotedText,
  stateText
} from './lines.ts'
import { healthText, KEY_STATES, MESSAGE, plural, READ, STATUS } from './text.ts'

/** Rows of columns, each as wide as its widest. */
export function tableLines(rows: readonly (readonly SafeText[])[]): SafeText[] {
  const widths: number[] = []
  for (const row of rows)
    for (const [i, cell] of row.entries()) widths[i] = Math.max(widths[i] ?? 0, displayWidth(cell))
  return rows.map((row) =>
    joinText(
      row.map((cell, i) => (i === row.length - 1 ? cell : padded(cell, widths[i]!))),
      own`  `
    )
  )
}

/** What was found, the newest last as in a conversation, and how far back was looked. */
export const searchLines = ({ messages, isMore, searched }: SearchForm, style: LineStyle): SafeText[] => [
  ...messages.map((one) => messageLine(one, { ...style, withState: true })).reverse(),
  ...searched.map((one) =>
    MESSAGE.searched(channelText(one), one.count, one.since === undefined ? undefined : clockText(one.since))
  ),
  MESSAGE.found(messages.length, isMore)
]

/** Who has a message of ours. */
export function seenLines({ id, about, state, seenBy, notYet }: SeenForm): SafeText[] {
  const of = seenBy.length + notYet.length
  const rows: [SafeText, SafeText][] = []
  if (seenBy.length > 0) rows.push([own`  ${READ.has}`, joinText(seenBy.map(person), own`, `)])
  if (notYet.length > 0) rows.push([own`  ${READ.notYet}`, joinText(notYet.map(person), own`, `)])
  return [
    own`${shortId(id)} ${quotedText(about)}  [${stateText({ state, seenBy: seenBy.length, of })}]`,
    ...tableLines(rows)
  ]
}

export const channelLines = (channels: readonly ChannelForm[]): SafeText[] =>
  channels.length === 0
    ? [CHANNEL.none]
    : tableLines(
        channels.map((one) => [
          displayText(one.id.slice(0, 8)),
          one.name === '' ? CHANNEL.unnamed : own`#${displayText(one.name, { columns: 40, lines: 1 })}`,
          displayText(one.epoch === '' ? '-' : `e${one.epoch}`),
          own`${one.members} in, ${one.online} online`,
          one.waiting > 0 ? own`${one.waiting} waiting; ${KEY_STATES[one.key]}` : KEY_STATES[one.key]
        ])
      )

/** One channel in full. */
export function channelDetails(form: ChannelForm, members: readonly MemberForm[] = []): SafeText[] {
  const called = calledBy(members)
  const named = (user: string): SafeText =>
    called(user) === '' ? displayText(user) : own`${called(user)}  ${displayText(user)}`
  const rows: [SafeText, SafeText][] = [
    [own`name`, form.name === '' ? CHANNEL.unnamed : own`#${displayText(form.name, { lines: 1 })}`],
    [own`id`, displayText(form.id)],
    [own`key`, own`${displayText(form.epoch === '' ? '-' : `epoch ${form.epoch}`)}: ${KEY_STATES[form.key]}`],
    [own`members`, own`${form.members}, ${form.online} online, ${form.connected} connected to this peer`]
  ]
  if (form.notAfter !== undefined) rows.push([own`good for`, remainingText(form.notAfter)])
  if (form.manager !== undefined && form.manager !== '') {
    const { term, isManager: isSelf, isManagerPresent: isPresent, leaseMs } = form
    const office = {
      term,
      isSelf,
      isPresent,
      leaseMs,
      signers: form.signers.map((user) => called(user) || displayText(user))
    }
    rows.push([own`key manager`, named(form.manager)], [own``, officeText(office)])
  }
  for (const manager of form.managers ?? []) {
    if (manager !== form.manager) rows.push([own`also named`, named(manager)])
  }
  if (form.founder !== undefined) rows.push([own`founder`, displayText(form.founder)])
  for (const one of form.memberManagers ?? []) rows.push([own`lets in too`, displayText(one)])
  rows.push(...ruleRows(form))
  if (form.waiting > 0) rows.push([own`waiting`, own`${form.waiting} to be sent`])
  return tableLines(rows)
}

const calledBy =
  (members: readonly MemberForm[]) =>
  (user: string): SafeText =>
    displayText(members.find((one) => one.user === user)?.nick ?? '', { columns: 40, lines: 1 })

interface Office {
  readonly term: number
  readonly isSelf: boolean
  readonly isPresent: boolean
  readonly leaseMs: number
  /** Of the newest epoch, its issuer among them. */
  readonly signers: readonly SafeText[]
}

/** Since when somebody is in office, whether it is there, and who signed for it. */
function officeText({ term, isSelf, isPresent, leaseMs, signers }: Office): SafeText {
  const lease = leaseMs > 0 ? own`, lease ${durationText(leaseMs)}` : own``
  const standing = isSelf ? MEMBER.you : isPresent ? own`here${lease}` : MEMBER.away
  const signed = signers.length > 1 ? own`, signed by ${joinText(signers, own`, `)}` : own``
  return own`term ${term}, ${standing}${signed}`
}

/** The manager in office, and what there is to say of it. */
function officeLine({ manager, signers, ...office }: OfficeForm): SafeText {
  const names = signers.map(({ nick, fingerprint }) => nickText(nick, fingerprint))
  const text = officeText({ ...office, isSelf: manager.isSelf, signers: names })
  return manager.isSelf ? text : own`${person(manager)}, ${text}`
}

/** What the descriptor says, in words. */
function ruleRows(form: ChannelForm): [SafeText, SafeText][] {
  const { admission, authentication, privacy, history } = form
  if (!admission || !authentication || !privacy || !history) return []
  const time = (seconds = 0): SafeText => durationText(seconds * SECOND_MS)
  const {
    keyLifetimeSeconds,
    stepSeconds = 0,
    idleSeconds = 0,
    graceSeconds,
    maxMembers = 0,
    retentionSeconds = 0
  } = form
  const without = form.withoutTriggers ?? []
  return [
    [own`admission`, RULES.admission[admission]],
    [own`who asks`, RULES.authentication[authentication]],
    [own`privacy`, RULES.privacy[privacy]],
    [own`history`, RULES.history[history]],
    [own`kept`, retentionSeconds === 0 ? RULES.forEver : RULES.retention(time(retentionSeconds))],
    [own`key lives`, own`${time(keyLifetimeSeconds)}, and is readable for ${time(graceSeconds)} after the next`],
    [own`new key`, stepSeconds === 0 ? RULES.noStep : RULES.step(time(stepSeconds))],
    [own``, idleSeconds === 0 ? RULES.noIdle : RULES.idle(time(idleSeconds))],
    ...TRIGGERS.map((one): [SafeText, SafeText] => [own``, RULES.triggers[one](!without.includes(one))]),
    ...managerRows(form),
    [own`size`, maxMembers === 0 ? RULES.anySize : RULES.size(maxMembers)]
  ]
}

/** What it takes to manage the key, and what happens without. */
function managerRows(form: ChannelForm): [SafeText, SafeText][] {
  const { managers = [], quorum, timing, partition, fenceSeconds = 0 } = form
  if (quorum === undefined || timing === undefined || partition === undefined) return []
  return [
    [own`signed by`, RULES.quorum(quorum, managers.length)],
    ...(managers.length > 1 ? [[own`elections`, RULES.timing[timing]] as [SafeText, SafeText]] : []),
    [own`out of touch`, RULES.partition[partition](durationText(fenceSeconds * SECOND_MS))]
  ]
}

/** How long something is still good. */
const remainingText = (at: number, now = Date.now()): SafeText => (at <= now ? KEY.over : durationText(at - now))

export const memberLines = (members: readonly MemberForm[]): SafeText[] =>
  tableLines(
    members.map((one) => [
      one.nick === '' ? own`-` : displayText(one.nick, { columns: 40, lines: 1 }),
      displayText(one.fingerprint),
      standingText(one),
      rolesText(one),
      displayText(one.user)
    ])
  )

const standingText = ({ isSelf, isOnline, holdsKey }: MemberForm): SafeText => {
  if (!isOnline && !isSelf) return own`- ${MEMBER.away}`
  return holdsKey || isSelf ? own`● ${MEMBER.online}` : own`○ ${MEMBER.oldKey}`
}

const rolesText = (form: MemberForm): SafeText => {
  const { isSelf, isFounder, isManager, isMemberManager } = form
  return joinText(
    [
      isSelf && MEMBER.you,
      isFounder && MEMBER.founder,
      isManager && own`★ ${MEMBER.manager}`,
      isMemberManager && MEMBER.memberManager,
      trustText(form)
    ].filter((one) => one !== false && one !== undefined),
    own`, `
  )
}

/** The conversations with single users: whom, how sure of that, by what way, and what waits. */
export const conversationLines = (conversations: readonly ConversationForm[]): SafeText[] =>
  tableLines(
    conversations.map((one) => [
      displayText(one.name, { columns: 40, lines: 1 }),
      displayText(one.fingerprint),
      trustText(one) ?? CONVERSATION.stranger,
      one.isOnline ? own`● ${MEMBER.online}` : own`- ${MEMBER.away}`,
      sessionText(one),
      one.unseen > 0 ? CONVERSATION.unconfirmed(one.unseen, one.waiting) : own``
    ])
  )

/** The groups of a channel, and who is in them. */
export const groupLines = (groups: readonly GroupForm[]): SafeText[] =>
  groups.length === 0
    ? [GROUP.none]
    : tableLines(
        groups.map((one) => [
          groupText(one),
          displayText(one.group.slice(0, 8)),
          own`${one.members.length} member${plural(one.members.length)}`,
          one.isReady ? GROUP.youAreIn : one.isMember ? GROUP.youWait : GROUP.youAreNot,
          joinText(one.members.map(person), own`, `)
        ])
      )

/** Invites on record. */
export const inviteLines = (invites: readonly InviteRecordForm[], now = Date.now()): SafeText[] =>
  invites.length === 0
    ? [INVITE.none]
    : tableLines(
        invites.map((one) => [
          displayText(one.token.slice(0, 8)),
          INVITE.standings[standingOf(one, now)],
          INVITE.uses(one.redeemers.length, one.uses),
          one.expiresAt === undefined ? INVITE.forEver : own`until ${clockText(one.expiresAt, now)}`,
          own`by ${person(one.by)}`,
          one.redeemers.length === 0 ? own`` : own`let in ${joinText(one.redeemers.map(person), own`, `)}`
        ])
      )

function standingOf({ isRevoked, expiresAt, uses, redeemers }: InviteRecordForm, now: number) {
  if (isRevoked) return 'revoked'
  if (expiresAt !== undefined && expiresAt <= now) return 'expired'
  return uses > 0 && redeemers.length >= uses ? 'used-up' : 'open'
}

/** The key of each line: what it is called, why it is there, how long it is good, and who has it. */
export const keyLines = (lines: readonly LineForm[]): SafeText[] => {
  const blocks = lines.map((one) => {
    const heading = own`${lineText(one)}  ${KEY.heldBy(one.holders, one.members)}`
    if (one.issuer === undefined) return [heading, own`  ${KEY.none}`]
    const rows: [SafeText, SafeText][] = [
      [own`  epoch`, displayText(one.epoch)],
      [own`  key id`, displayText(one.commitment ?? '')],
      [own`  good for`, remainingText(one.notAfter ?? 0)],
      [own`  made`, own`by ${person(one.issuer)}, because ${reasonText(one.reason ?? '', one.group !== undefined)}`]
    ]
    if (one.office !== undefined) rows.push([own`  manager`, officeLine(one.office)])
    return [heading, ...tableLines(rows)]
  })
  return blocks.flat()
}

/** `#lobby`, or `#lobby [team]`. */
export const lineText = (line: LineForm): SafeText =>
  line.group === undefined ? channelText(line) : own`${channelText(line)} ${groupMark(line)}`

/** What a user's record says. */
export const recordLines = (form: RecordForm): SafeText[] =>
  tableLines([
    [own`nick`, displayText(form.nick, { columns: 60, lines: 1 })],
    [own`fingerprint`, displayText(form.fingerprint)],
    [own`user id`, displayText(form.user)],
    [own`prekey`, displayText(form.prekey)],
    [own`  good for`, remainingText(form.prekeyNotAfter)],
    [own`record`, own`number ${form.seq}, good for ${remainingText(form.expiresAt)}`]
  ])

export const peerLines = (peers: readonly PeerForm[]): SafeText[] =>
  peers.length === 0
    ? [STATUS.peers(0)]
    : tableLines(
        peers.map(({ user, fingerprint, address, direction, isCarrier }) => [
          displayText(user),
          displayText(fingerprint),
          isCarrier ? own`carrier` : own`peer`,
          displayText(direction),
          displayText(address, { lines: 1 })
        ])
      )

export function statusLines(form: StatusForm, isColour: boolean): SafeText[] {
  const marks = { ok: STATUS.ok, warn: STATUS.warn, fail: STATUS.fail } as const
  const health = form.health.map((one) => {
    const name = displayText(one.channel ?? '', { columns: 40, lines: 1 })
    const text = one.office === undefined ? healthText(one) : STATUS.manager(name, officeLine(one.office))
    const line = own`${marks[one.level]}  ${text}`
    return one.level === 'ok' ? line : styled(line, 'warn', isColour)
  })
  const rows: [SafeText, SafeText][] = []
  const { user, nick, fingerprint, role, pid, uptimeMs, listen } = form
  if (user !== undefined)
    rows.push([
      own`you`,
      own`${nickText(nick ?? '', fingerprint ?? '')}  ${displayText(fingerprint ?? '')}  ${displayText(user)}`
    ])
  rows.push([own`home`, displayText(form.home, { lines: 1 })])
  if (role !== undefined)
    rows.push([
      own`runs as`,
      own`${displayText(role)}, process ${pid ?? 0}, for ${Math.round((uptimeMs ?? 0) / 1000)} s`
    ])
  if (form.storeBytes !== undefined && form.storeBytes > 0)
    rows.push([own`on disk`, own`${displayText((form.storeBytes / 1_000_000).toFixed(1))} MB`])
  for (const address of listen ?? []) rows.push([own`address`, displayText(address, { lines: 1 })])
  const { conversations = [] } = form
  const talks = conversations.length === 0 ? [] : [own``, CONVERSATION.heading, ...conversationLines(conversations)]
  return [...health, own``, ...tableLines(rows), ...talks]
}
