/** What a person reads about conversations with single users, and about who they are. */
import { displayText, joinText, own, type SafeText } from './display-text.ts'
import { person } from './event-text.ts'
import type { ConversationForm, MemberForm, SendForm, TrustForm, VerifyForm } from './forms.ts'

export const CONVERSATION = {
  noChannel: (text: SafeText): string =>
    `Did not do anything. "${text}" names one user, and this is done in a channel. Name a channel; see conclave channel list.`,
  unknownUser: (text: SafeText): string =>
    `Do not know who "${text}" is. A user is named by user id, or by nick or fingerprint when you have a channel in common or have talked before. See conclave members CHANNEL, and conclave status.`,
  /** @param candidates - some of those that it may mean. */
  ambiguous: (text: SafeText, candidates: SafeText): string =>
    `"${text}" could be several users. More than one is called so, namely ${candidates}. Use the fingerprint or the user id; --channel tells members of different channels apart.`,
  oneself: 'This is your own user id. It takes two to talk and to compare numbers. Name somebody else.',
  noGroupNorPlain:
    'Nothing was sent. A conversation with one user has no groups, and is always encrypted. Leave out --group and --plain.',
  /**
   * @param who - who has the nick now.
   * @param known - whom the user knows by it.
   * @param user - id of the first.
   */
  keyChanged: (who: SafeText, known: SafeText, user: SafeText): string =>
    `Nothing was said. You know another user by this nick, with another key, namely ${known}; this is ${who}, which may be its new device, or somebody who poses as the one you know. Compare your safety numbers by another way, with conclave verify ${user}, and if it is the right one: conclave trust ${user}`,
  badNumber:
    'This is no safety number. A safety number has 60 digits, in twelve groups of five. Give all of them, in quotes: conclave verify USER --code "DIGITS"',
  numbersDiffer:
    'The safety numbers differ. Somebody may stand between you, or the digits were mistaken; nothing was changed. Compare them once more by another way, and tell each other no secrets here until they are equal.',
  notTaken: (why: SafeText): string =>
    `Not sent yet. In time, ${why}. The message is kept and goes out when the other can be reached: do not send it again; conclave status shows how things stand.`,
  notAnswered: (why: SafeText): string =>
    `Not with the other yet. In time, ${why}. The message is kept and tried again: do not send it again; the other may have to trust you, by your user id (conclave id): conclave trust USER`,
  /** @param name - of the conversation. */
  notSeen: (name: SafeText, isOnline: boolean): string =>
    `Sent, and not confirmed yet. ${isOnline ? 'The other is online, and has not said in time to have it' : 'The other was not online in time'}. It is on its way: do not send it again; conclave seen ${name} shows when it has arrived.`,
  noSession: own`the public keys of the other were not found yet`,
  notReached: own`nobody was reached who could take it to the other`,
  unanswered: own`the other has not answered, and you share no channel: then it takes only what somebody says whom it has talked to or trusts`,
  compare: (nick: SafeText): SafeText[] => [
    own`Ask for the number that it sees, in a call or face to face, not here. When all digits are equal, nobody stands between you:`,
    own`  conclave verify ${nick} --code "THE DIGITS YOU WERE TOLD"`,
    own`When they differ, somebody may: tell each other no secrets.`
  ],
  heading: own`one to one:`,
  sessions: {
    none: own`no session`,
    starting: own`session not answered yet`,
    open: own`session open`
  },
  direct: own`direct`,
  throughChannel: own`through a channel`,
  /** @param waiting - those of them that nobody has taken yet. */
  unconfirmed: (unseen: number, waiting: number): SafeText =>
    own`${unseen} not confirmed${waiting === 0 ? own`` : own`, ${waiting} of them waiting`}`,
  nothingNew: (name: SafeText): SafeText =>
    own`Nothing new with ${name}. (--limit 20 shows the last ones; conclave dm ${name} TEXT says something.)`,
  nothing: (name: SafeText): SafeText => own`No messages with ${name}. (conclave dm ${name} TEXT says something.)`,
  marks: {
    rival: own`! nick known with another key`,
    verified: own`✓ verified`,
    trusted: own`+ trusted, not verified`,
    met: own`? not verified`
  },
  stranger: own`- not talked to by you`
} as const

/** How sure this user is of another, in words beside the mark; undefined for somebody it has not talked to. */
export function trustText({
  trust,
  rival
}: Pick<MemberForm, 'trust'> & { readonly rival?: unknown }): SafeText | undefined {
  if (rival !== undefined) return CONVERSATION.marks.rival
  return trust && CONVERSATION.marks[trust]
}

/** Why a text to one user waits, as a clause. */
export function whyUnsent({ session, isUnanswered }: Pick<SendForm, 'session' | 'isUnanswered'>): SafeText {
  if (isUnanswered === true) return CONVERSATION.unanswered
  return session === 'none' ? CONVERSATION.noSession : CONVERSATION.notReached
}

/** `session open, direct`; how what was said last went is known once something was said. */
export const sessionText = ({ session, isDirect }: Pick<ConversationForm, 'session' | 'isDirect'>): SafeText =>
  session === 'none'
    ? CONVERSATION.sessions.none
    : own`${CONVERSATION.sessions[session]}, ${isDirect ? CONVERSATION.direct : CONVERSATION.throughChannel}`

const GROUPS_OF_LINE = 4

/** The number in lines that are read aloud, and what to do with it. */
export function safetyNumberLines(form: VerifyForm, withAdvice = true): SafeText[] {
  const groups = form.safetyNumber.split(' ').map((group) => displayText(group))
  const lines: SafeText[] = []
  for (let at = 0; at < groups.length; at += GROUPS_OF_LINE)
    lines.push(own`  ${joinText(groups.slice(at, at + GROUPS_OF_LINE), own` `)}`)
  const verified = form.isVerified ? own`, ${CONVERSATION.marks.verified}` : own``
  return [
    own`Safety number of you and ${person(form)}${verified}:`,
    ...lines,
    ...(withAdvice ? CONVERSATION.compare(displayText(form.user)) : [])
  ]
}

export const verifiedText = (form: VerifyForm): SafeText =>
  own`The safety numbers are equal: ${person(form)} is verified. Nobody stands between you.${replacedText(form)}`

export function trustedText(form: TrustForm): SafeText {
  const mark = form.trust === 'verified' ? own` (${CONVERSATION.marks.verified})` : own``
  return own`You trust ${person(form)} from now on${mark}.${replacedText(form)}`
}

/** Who has lost the nick, as one more sentence, with how sure this user was of it unless it had only talked to it. */
function replacedText({ replaced }: Pick<TrustForm, 'replaced'>): SafeText {
  if (replaced === undefined) return own``
  const mark = replaced.trust === 'met' ? own`` : own`, which was ${CONVERSATION.marks[replaced.trust]}`
  return own` The nick is its, and no longer that of ${person(replaced)}${mark}.`
}
