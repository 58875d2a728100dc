/** What the chat says besides messages and events. */
import { MEMBER } from './channel-text.ts'
import { CONVERSATION, sessionText, trustText } from './conversation-text.ts'
import { displayText, joinText, own, padded, type SafeText } from './display-text.ts'
import type { ChannelForm, ConversationForm, MessageForm } from './forms.ts'
import { channelText, placeIn, stateText } from './lines.ts'
import { KEY_STATES, plural, READ } from './text.ts'

/** How each command is written, and what it does. */
export const COMMAND_HELP: readonly (readonly [usage: SafeText, help: SafeText])[] = [
  [own`/me TEXT`, own`say what you do`],
  [own`/to GROUP TEXT`, own`say something to a group only; "two words" in quotes`],
  [own`/plain TEXT`, own`say something unencrypted, where the channel is mixed`],
  [own`/reply MESSAGE TEXT`, own`answer one; MESSAGE: letters of its id, or ^ the last one, ^2 the one before`],
  [own`/edit MESSAGE TEXT`, own`say one of yours anew; ^ is your own last one`],
  [own`/delete MESSAGE`, own`ask everybody's peers to forget one of yours; it cannot make them`],
  [own`/react MESSAGE EMOJI`, own`answer one with an emoji; with back behind it: take that back`],
  [own`/seen [MESSAGE]`, own`who has one of yours; without MESSAGE your last one`],
  [own`/search TEXT`, own`find messages in what is here of this channel`],
  [own`/dm USER [TEXT]`, own`say something to one user, or turn to the conversation with it`],
  [own`/verify USER [DIGITS]`, own`the number to compare with a user; with the one it sees: are they equal`],
  [own`/trust USER`, own`this is the right one, whoever had that nick before`],
  [own`/join INVITE|#NAME`, own`come into a channel, or turn to one you are in`],
  [own`/leave`, own`leave this channel`],
  [own`/channels`, own`your channels`],
  [own`/who, /members`, own`who is in this channel, who is online, who does what`],
  [own`/whois USER`, own`ask the key manager for a member's public keys`],
  [own`/invite [once]`, own`an invite to this channel, for anybody or for one`],
  [own`/invite list`, own`the invites there are`],
  [own`/invite revoke TOKEN`, own`end one of them`],
  [own`/group`, own`the groups of this channel`],
  [own`/group create NAME USER…`, own`make one`],
  [own`/group add NAME USER…`, own`put members in`],
  [own`/group remove NAME USER…`, own`take members out`],
  [own`/group dissolve NAME`, own`end it`],
  [own`/keys`, own`the keys of this channel and its groups, and who holds them`],
  [own`/rekey [GROUP]`, own`a fresh key now`],
  [own`/nick NAME`, own`change your nick`],
  [own`/admit USER`, own`let a user in`],
  [own`/remove USER`, own`take one out`],
  [own`/status`, own`how things stand`],
  [own`/peers`, own`who is connected`],
  [own`/help [COMMAND]`, own`this`],
  [own`//text`, own`sends a text that begins with a slash`],
  [own`/quit`, own`leave the program (or Ctrl-C, Ctrl-D)`]
]

const helpLines = (rows: typeof COMMAND_HELP): SafeText[] =>
  rows.map(([usage, help]) => own`  ${padded(usage, 25)}  ${help}`)

export const CHAT = {
  unknownCommand: (word: SafeText, near: SafeText | undefined): SafeText =>
    near === undefined
      ? own`There is no /${word}. Nothing was sent. /help shows what there is; // sends a slash.`
      : own`There is no /${word}. Nothing was sent. Did you mean /${near}? // sends a slash.`,
  ambiguousCommand: (word: SafeText, names: readonly SafeText[]): SafeText =>
    own`/${word} could be ${joinText(
      names.map((name) => own`/${name}`),
      own` or `
    )}. Nothing was sent.`,
  /** @param name - of a channel or conversation, as `read` takes it. */
  moreWaiting: (count: number, name: SafeText): SafeText =>
    own`and ${count} more wait${count === 1 ? own`s` : own``} to be sent; conclave read ${name} shows them all`,
  noChannel: own`You are in no channel. /join INVITE, or: conclave channel create NAME`,
  needs: (usage: SafeText): SafeText => own`Nothing was done. Write it as ${usage}`,
  noPlain: own`Nothing was sent: this channel is encrypted only.`,
  notInConversation: own`Nothing was done: that is for channels, and you are talking to one user. /join #NAME turns to a channel.`,
  seenAfterAll: (id: SafeText, seenBy: number, of: number): SafeText =>
    own`${id} has arrived: ${READ.seen(seenBy, of)}`,
  sentLater: (id: SafeText, text: SafeText): SafeText => own`sent as ${id}: ${text}`,
  newest: (state: SafeText): SafeText => own`your last: ${state}`,
  changeWaits: (why: SafeText): SafeText => own`It waits: ${why}.`,
  waiting: (why: SafeText): SafeText => own`[waiting: ${why}]`,
  sent: own`[sent]`,
  now: (name: SafeText): SafeText => own`Now in ${name}`,
  nowWith: (name: SafeText): SafeText => own`Now talking to ${name} alone. /join #NAME turns back to a channel.`,
  compare: own`Compare it with the number that it sees, in a call or face to face, not here: /verify USER DIGITS`,
  earlier: own`earlier:`,
  exposed: own`WARNING: removals uncertain`,
  nick: (nick: SafeText): SafeText => own`You are ${nick} now.`,
  help: [
    own`Type a message and press Enter. Commands may be shortened; Tab completes them, nicks and groups.`,
    ...helpLines(COMMAND_HELP),
    own`  [name] before a nick: said to that group only.  [plain] after a text: not encrypted.`
  ],
  /** @param name - of a command, without the slash. */
  helpOn: (name: string): SafeText[] =>
    helpLines(COMMAND_HELP.filter(([usage]) => usage.split(/[\s,]+/).includes(`/${name}`)))
} as const

const SEPARATOR = own` · `

/**
 * The line above the one typed into: `🔒 #lobby e3.12 · manager bob★ · 6 online`.
 *
 * @param nickOf - what a member is called; empty when that is not known.
 * @param newest - where our newest message stands.
 */
export function standingText(
  form: ChannelForm,
  nickOf: (user: string) => string,
  newest?: Pick<MessageForm, 'state' | 'seenBy' | 'of'>
): SafeText {
  const name = channelText(placeIn(form))
  const held = form.waiting > 0 ? [own`${form.waiting} message${plural(form.waiting)} held`] : []
  const online = [own`${form.online} online`]
  const last = newest === undefined || newest.state === 'waiting' ? [] : [CHAT.newest(stateText(newest))]
  if (form.conversation !== undefined) return conversationStanding(name, form.conversation, last)
  const exposed = form.exposure === 'none' ? [] : [CHAT.exposed]
  if (form.key === 'removed' || form.key === 'alarmed')
    return joinText([own`✖ ${name}`, KEY_STATES[form.key]], SEPARATOR)
  if (form.key !== 'ready') return joinText([own`⏳ ${name}`, KEY_STATES[form.key], ...held], SEPARATOR)
  if (form.privacy === 'plain') {
    const parts = [
      own`[plain] ${name}`,
      own`nothing is encrypted`,
      managerText(form, nickOf),
      ...online,
      ...held,
      ...last,
      ...exposed
    ]
    return joinText(parts, SEPARATOR)
  }
  const mixed = form.privacy === 'mixed' ? [own`mixed`] : []
  const key = own`🔒 ${name} e${displayText(form.epoch)}`
  return joinText([key, ...mixed, managerText(form, nickOf), ...online, ...held, ...last, ...exposed], SEPARATOR)
}

/** `🔒 @bob · ✓ verified · session open, direct · online` */
function conversationStanding(name: SafeText, form: ConversationForm, last: readonly SafeText[]): SafeText {
  const trust = trustText(form) ?? CONVERSATION.stranger
  const unseen = form.unseen > 0 ? [CONVERSATION.unconfirmed(form.unseen, form.waiting)] : []
  const presence = form.isOnline ? MEMBER.online : MEMBER.away
  return joinText([own`🔒 ${name}`, trust, sessionText(form), presence, ...unseen, ...last], SEPARATOR)
}

function managerText(form: ChannelForm, nickOf: (user: string) => string): SafeText {
  const { manager = '', isManager, isManagerPresent, isStanding } = form
  if (isStanding) return own`you stand for manager`
  if (isManager) return isManagerPresent ? own`you are manager★` : own`you are manager, waiting for others`
  const nick = nickOf(manager)
  const who = displayText(nick === '' ? manager.slice(-8) : nick, { columns: 32, lines: 1 })
  if (manager === '') return own`no key manager`
  return isManagerPresent ? own`manager ${who}★` : own`manager ${who} is away`
}
