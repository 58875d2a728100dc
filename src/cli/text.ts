/**
 * Every sentence that a person reads.
 *
 * What goes wrong is said in three parts: what happened, why, what to try. Nothing here contains a secret, and what others
 * wrote comes in as `SafeText` only.
 */
import { type ConclaveError, InternalError, UsageError } from '../base/errors.ts'
import { displayText, joinText, own, type SafeText } from './display-text.ts'
import { isOurs } from './exit.ts'
import type { KeyStateName, StatusForm } from './forms.ts'

// ------------------------------------------------------------------ errors

/** The three parts of what went wrong. */
export interface Explanation {
  readonly what: SafeText
  readonly why: SafeText | undefined
  readonly advice: SafeText | undefined
}

/** For errors whose own text does not have all parts: what to add. */
const ADDED: ReadonlyMap<string, { readonly why?: SafeText; readonly advice?: SafeText }> = new Map([
  ['NO_SUCH_CHANNEL', { why: own`channels are named by name, #name, or the first 8 letters of their id or more` }],
  ['INVITE_EXPIRED', { why: own`whoever made it gave it an end` }],
  ['BAD_MESSAGE', { why: own`it is empty, or too long` }],
  ['PLAIN_FORBIDDEN', { advice: own`send it without --plain` }],
  ['NOT_A_MEMBER', { why: own`only members can be removed`, advice: own`conclave members CHANNEL shows who is in` }],
  ['BUSY', { why: own`each of them takes memory, so there is a limit` }],
  ['STOPPED', { why: own`it was told to end while this was asked` }],
  ['STORE_FAILED', { why: own`the disk is full or broken, or the home was taken away` }],
  ['STORE_CLOSED', { why: own`the peer was told to end while this was asked` }],
  ['NO_PLAIN_CHANNELS_YET', { why: own`this version only knows channels with a key` }],
  ['NO_SUCH_INVITE', { why: own`it was made for another channel, or nobody here has heard of it` }],
  ['ASK_FOR_ONE', { why: own`an id and a nick may mean two people` }],
  ['NO_KEY_YET', { why: own`questions are sealed to the members` }],
  ['TOO_MANY_QUESTIONS', { why: own`each of them takes memory, so there is a limit` }],
  ['TOO_MANY_CHANNELS', { why: own`each costs memory and connections` }],
  ['NOT_ALLOWED', { why: own`the channel's descriptor names who may` }],
  ['NOT_JOINED_YET', { why: own`nobody who knows it was reached yet` }],
  ['OUTBOX_FULL', { why: own`what waits is kept on disk, so there is a limit` }],
  ['LOG_BUSY', { why: own`what waits is kept on disk, so there is a limit` }],
  ['NO_KEY_MANAGER', { why: own`one peer at a time makes the keys of a channel` }],
  [
    'NOTHING_TO_CHANGE',
    { why: own`a new version has to say something new`, advice: own`conclave channel show CHANNEL` }
  ],
  ['NOT_NAMED', { why: own`only who is named can be taken out`, advice: own`conclave channel show CHANNEL` }],
  ['MANAGERS_NOT_HERE', { why: own`who has no key could make no new one` }],
  ['NO_QUORUM', { why: own`no key manager can make one without the signatures of others` }],
  ['BAD_GROUP_NAME', { why: own`names are shown in one line` }],
  ['GROUP_EXISTS', { why: own`groups are told apart by their names` }],
  ['TOO_MANY_GROUPS', { why: own`each has a key that every change of members renews` }],
  ['IN_GROUP_ALREADY', { advice: own`conclave group list CHANNEL shows who is in which` }],
  ['NOT_IN_GROUP', { why: own`conclave group list CHANNEL shows who is in which` }],
  ['NO_SUCH_GROUP', { why: own`groups are named by name, or by the first letters of their id` }],
  ['TO_ONESELF', { why: own`it takes two to talk` }],
  [
    'BAD_CHANNEL_SETTINGS',
    { why: own`a descriptor is small and has limits`, advice: own`conclave help channel create` }
  ],
  ['NOT_A_PEER', { why: own`it carries what others say, unread` }],
  ['BAD_ADDRESS', { why: own`addresses are multiaddrs: TCP, with or without /p2p/ID at the end` }]
])

/** What is said of an error. */
export function explain(error: ConclaveError): Explanation {
  if (error instanceof InternalError) {
    return {
      what: own`something went wrong inside: ${displayText(error.message, { lines: 1 })}`,
      why: own`this is a fault of the program, not yours; it stopped rather than send something wrong`,
      advice: own`start it again; if it comes back, report it with DEBUG=conclave:*`
    }
  }
  const sentences = displayText(error.message, { lines: 1 })
    .split(/(?<=[.!?:]) (?=[A-Z/\u0022#])/)
    .map((sentence) => displayText(sentence.replace(/[.:]$/, '')))
  const [what = own`it did not work`, ...rest] = sentences
  const added = ADDED.get(error.code)
  if (rest.length >= 2) return { what, why: joinText(rest.slice(0, -1), own`. `), advice: rest.at(-1) }
  if (added?.advice !== undefined) return { what, why: added.why ?? rest[0], advice: added.advice }
  if (added?.why !== undefined) return { what, why: added.why, advice: rest[0] }
  // "It did not work: this is why. Try that."
  const [first = what, ...reasons] = what.split(': ').map((part) => displayText(part))
  return { what: first, why: reasons.length > 0 ? joinText(reasons, own`: `) : undefined, advice: rest[0] }
}

/** What the system says of the disk, or of the rights to it. */
const DISK: ReadonlyMap<unknown, string> = new Map([
  ...['ENOSPC', 'EDQUOT'].map((code) => [code, 'The disk is full.'] as const),
  ...['EACCES', 'EPERM', 'EROFS'].map((code) => [code, 'A file or folder may not be read or written.'] as const),
  ['ENOENT', 'A file or folder is gone.'],
  ['EIO', 'The disk cannot be read or written.']
])

/** An error of ours, or what is said of one that is not: the text of that may be anybody's. */
export function foreseen(error: unknown): ConclaveError {
  if (isOurs(error)) return error
  const why = error instanceof Error && 'code' in error ? DISK.get(error.code) : undefined
  if (why === undefined) return unforeseen(error)
  const message = `Could not go on. ${why} Look after the disk and the home on it, then try again.`
  return new UsageError('DISK_FAILED', message, { cause: error })
}

/** An error nobody foresaw, from the system or a library: its text may be anybody's. */
function unforeseen(error: unknown): InternalError {
  const name = error instanceof Error ? error.name : typeof error
  const code = error instanceof Error && 'code' in error && typeof error.code === 'string' ? ` ${error.code}` : ''
  return new InternalError(displayText(`an unexpected ${name}${code}`, { columns: 80, lines: 1 }), { cause: error })
}

// ------------------------------------------------------------------ the command line

const list = (names: readonly SafeText[]): SafeText => joinText(names, own`, `)

export const USAGE = {
  unknownCommand: (word: SafeText, near: SafeText | undefined): string =>
    `There is no command "${word}". The commands are listed by conclave help. ` +
    (near === undefined ? 'Try conclave help.' : `Did you mean: conclave ${near}`),
  unknownSubcommand: (word: SafeText, names: readonly SafeText[]): string =>
    `"conclave ${word}" needs one more word. It is a family of commands. Try one of: ${list(names)}`,
  unknownOption: (option: SafeText, command: SafeText, near: SafeText | undefined): string =>
    `There is no option ${option}. The command "${command}" does not have it. ` +
    (near === undefined ? `Try conclave help ${command}.` : `Did you mean ${near}?`),
  badChoice: (option: SafeText, choices: readonly SafeText[]): string =>
    `Cannot use this value of ${option}. It is none that there is. Take one of: ${list(choices)}`,
  badValue: (option: SafeText): string =>
    `Cannot use ${option} like this. A value is missing, or there is one that does not belong there. Write --option VALUE, or the option alone where it takes none.`,
  likeOption: (option: SafeText, text: SafeText): string =>
    `Cannot use "${text}" as the value of ${option}. What begins with - is taken for an option. Give another value, or write ${option}=${text} if it is meant.`,
  badDuration: (option: SafeText, text: SafeText): string =>
    `Cannot use "${text}" as a time in ${option}. A time is a number and a unit. Write it as 10s, 5m, 24h or 7d.`,
  badCount: (option: SafeText): string =>
    `Cannot use this value of ${option}. It is no count. Write a number such as 20.`,
  badInstant: (option: SafeText, text: SafeText): string =>
    `Cannot use "${text}" in ${option}. It is neither a time ago nor a date. Write it as 2h, 2026-01-31 or 2026-01-31T08:00.`,
  missing: (command: SafeText, operand: SafeText): string =>
    `Did not do anything. The command "${command}" needs ${operand} behind it. Try conclave help ${command}.`,
  tooMany: (command: SafeText, extra: SafeText): string =>
    `Did not expect "${extra}". The command "${command}" takes fewer words. Put a text of several words in quotes, or see conclave help ${command}.`
} as const

export const HELP = {
  title: own`Conclave: peer-to-peer, end-to-end encrypted group chat`,
  usage: own`usage:`,
  start: own`Begin with: conclave peer`,
  options: own`options:`,
  common: own`every command:`,
  examples: own`examples:`,
  footer: own`More on one: conclave help COMMAND.  Exit codes: 0 ok, 1 you can fix it, 2 usage, 3 network, 4 untrusted key, 5 no key manager or not a member, 6 timeout, 70 our bug, 130 interrupted.`
} as const

// ------------------------------------------------------------------ home and identity

export const HOME = {
  passphrase: own`Passphrase: `,
  newPassphrase: own`New passphrase (empty: no protection): `,
  again: own`The same again: `,
  differ: own`These were not the same. Once more.`,
  wrong: own`This passphrase does not fit. Once more.`,
  unprotected: [
    own`WARNING: this identity is NOT protected on disk.`,
    own`  Whoever can read its folder can read all messages and speak in your name.`,
    own`  For a protected one: conclave init --home OTHER-FOLDER, with a passphrase.`
  ],
  exportPassphrase: own`Passphrase of the exported file: `,
  needsExportPassphrase:
    'A passphrase is needed. The file has every key and message in it, and there is nobody to ask. Give it with --export-passphrase-file FILE.',
  exported: (nick: SafeText, path: SafeText): SafeText[] => [
    own`Exported ${nick} to ${path}`,
    own`  Whoever has this file and its passphrase can read everything and speak in your name.`,
    own`  Do not go on with both homes: use the new one, or keep the file for the day on which this one is lost.`
  ],
  imported: (nick: SafeText, user: SafeText, home: SafeText): SafeText[] => [
    own`Imported ${nick} into ${home}`,
    own`  user id  ${user}`
  ],
  unprotectedShort: own`not protected: whoever reads the disk reads everything`,
  protectedShort: own`protected by a passphrase`,
  made: (nick: SafeText, user: SafeText, home: SafeText): SafeText[] => [
    own`Made an identity for ${nick} in ${home}`,
    own`  user id  ${user}`
  ],
  wideSecret: (path: SafeText): SafeText => own`WARNING: others can read ${path}: chmod 600 it.`,
  needsChoice:
    'Did not make an identity. There is nobody to ask for a passphrase, and none was given. Give one with --passphrase-file FILE, or say --no-passphrase.',
  noSecretFile: (path: SafeText): string =>
    `Cannot read the passphrase. The file ${path} is not there, is empty, or may not be read. Look after --passphrase-file and CONCLAVE_PASSPHRASE_FILE.`,
  twoSecrets: 'Cannot do both. --passphrase-file protects and --no-passphrase does not. Give one of them.',
  badNick:
    'This cannot be a nick. A nick has 1 to 32 letters and digits of one alphabet, single spaces and _ . \' - inside, and is not like "admin" or "system". Choose another.',
  exists: (home: SafeText): string =>
    `Did not make an identity. ${home} already holds one, and a new one would make it unreadable for ever. Use it as it is, or choose another home with --home.`,
  notRunning: (home: SafeText): string =>
    `No peer is running. Nobody uses ${home} now. Start one with: conclave peer, or conclave peer --headless`
} as const

// ------------------------------------------------------------------ running

export const RUN = {
  ready: (id: SafeText, listen: SafeText, socket: SafeText): SafeText =>
    own`conclave is ready  id=${id} listen=${listen} socket=${socket}`,
  leaving: own`Leaving… (once more to leave at once)`,
  failed: own`This peer has stopped: nothing is sent, taken in or read until it is started again. (conclave status says why.)`,
  staysOn: own`There is nothing to read on standard input: running until stopped.`,
  waitingForHome: own`Another command is using this home for a moment: waiting for it, for 5 seconds at most…`,
  waitingToSend: own`Sending what was typed…`,
  leftWaiting: (count: number): SafeText =>
    own`${count} message${plural(count)} could not be sent yet; kept until this peer runs again.`
} as const

/** The ending of a noun. */
export const plural = (count: number): SafeText => (count === 1 ? own`` : own`s`)

/** How to do what was just done in another terminal, or on another machine. */
export const FIRST_RUN = {
  welcome: (nick: SafeText): SafeText =>
    own`Hello ${nick}. Type a message and press Enter; /help shows what else there is.`,
  created: (name: SafeText): SafeText =>
    own`Made the channel #${name}: anybody with the invite below may come in, and this peer hands out its key.`,
  secondTerminal: own`To talk to yourself, in a second terminal of this machine:`,
  otherMachine: own`To invite somebody, on another machine:`,
  onlyHere: own`This peer listens on this machine only. For other machines start it with --listen /ip4/0.0.0.0/tcp/4001`
} as const

// ------------------------------------------------------------------ keys and waiting

/** Why there is no usable key, as a clause. */
export const KEY_STATES: Readonly<Record<KeyStateName, SafeText>> = {
  ready: own`the key is here`,
  'looking-for-channel': own`nobody who knows the channel was found yet`,
  'waiting-for-carrier': own`nobody else of the channel is connected`,
  asking: own`the key manager was asked for the key and has not answered yet`,
  'refused-or-silent': own`the key manager does not answer: it is away, or does not let this user in`,
  'removal-pending': own`somebody was removed, and the new key without them is not here yet`,
  expired: own`the key has expired, and the key manager is away`,
  fenced: own`no key manager that can remove people was heard of for too long`,
  alarmed: own`a key manager was caught in a lie, so nothing is sent in this channel any more`,
  removed: own`this user was removed from the channel`
}

export const WAITING = {
  sendTimeout: (why: SafeText): string =>
    `Not sent yet. In time, ${why}. The message is kept and goes out when it can: do not send it again; conclave status shows how things stand.`,
  noCarrier: (why: SafeText): string =>
    `Not sent yet. In time, ${why}. The message is kept and goes out when a peer runs and others are there: try conclave peer, or --bootstrap ADDRESS.`,
  joinTimeout: (why: SafeText): string =>
    `Not in the channel yet. In time, ${why}. A running peer goes on trying: conclave peer, or join again with a longer --timeout.`,
  joinAlarm: (why: SafeText): string => `Will not use this channel. What is known of it says: ${why}. Ask its founder.`,
  /** @param others - other members that are online. */
  notSeen: (id: SafeText, others: number): string =>
    `Sent, and not seen by anybody yet. ${others > 0 ? 'Others are here, and none of them has said in time to have it' : 'No other member was here in time'}. It is on its way: do not send it again; conclave seen CHANNEL ${id} shows who has it.`,
  plainGroup:
    'Nothing was sent. A message to a group is always encrypted, and --plain asks for the opposite. Leave out one of --plain and --group.',
  noText:
    'There is nothing to send. The text is empty, or has nothing in it that can be seen. Write it in quotes as the last word, or give - and pipe it in.',
  notUtf8:
    'Nothing was sent. What was piped in is no text in UTF-8, and would arrive garbled. Convert it first, as iconv does.',
  longText: 'This text is too long. A message has at most 16 KiB. Send it in parts.',
  progress: (state: KeyStateName): SafeText => own`… ${KEY_STATES[state]}`
} as const

export const MESSAGE = {
  unknown: (text: SafeText): string =>
    `There is no message "${text}" here. Messages are named by their id, by its first 3 letters or more among the newest 5,000, or counted back: ^ the last one, ^2 the one before. See: conclave read CHANNEL --limit 20`,
  notSoMany: (text: SafeText): string =>
    `There is no message "${text}" here. There are not so many: ^ counts back among your own to edit, delete or ask about, and among those of others to answer. See: conclave read CHANNEL --limit 20`,
  ambiguous: (text: SafeText): string =>
    `"${text}" could be several messages. Their ids begin alike. Give more letters of the id, as read --json shows it.`,
  notYours: (id: SafeText): string =>
    `Did not change ${id}. Somebody else said it, and only its author edits or deletes a message: everybody would ignore it. Answer it instead: conclave send CHANNEL TEXT --reply ${id}`,
  notYoursToAsk: (id: SafeText): string =>
    `Cannot tell who has ${id}. Somebody else said it, and members say what they have to its author. Ask for one of yours: conclave seen CHANNEL MESSAGE`,
  deletedAlready: (id: SafeText): string =>
    `Nothing was sent. Message ${id} was deleted by its author, and that cannot be taken back. Say something new.`,
  otherLine: (id: SafeText): string =>
    `Nothing was sent. Message ${id} was said elsewhere, and an answer goes where that was said. Leave out --group.`,
  badReaction:
    'Nothing was sent. A reaction is one emoji or one other character. Say more than that with: conclave send CHANNEL TEXT --reply MESSAGE',
  nothingToFind:
    'There is nothing to look for. The text is empty. Write what the message says, in quotes if it is more than one word.',
  deleteAsked: (id: SafeText): SafeText =>
    own`Asked everybody's peers to forget ${id}. That is a request: it cannot make them, and copies may exist.`,
  found: (count: number, isMore: boolean): SafeText =>
    isMore ? own`The newest ${count}; there are more (--limit).` : own`${count} message${plural(count)} found.`,
  /** @param count - messages looked at. */
  searched: (name: SafeText, count: number, since: SafeText | undefined): SafeText =>
    since === undefined
      ? own`${name}: nothing is here.`
      : own`${name}: looked at ${count} message${plural(count)}; what is here goes back to ${since}. What this peer never got is not found.`
} as const

// ------------------------------------------------------------------ reading

export const READ = {
  nothingNew: (name: SafeText): SafeText => own`Nothing new in ${name}. (--limit 20 shows the last ones.)`,
  nothing: (name: SafeText): SafeText => own`No messages in ${name}.`,
  unreadFrom: own`new`,
  you: own`you`,
  seen: (seenBy: number, of: number): SafeText => own`seen by ${seenBy} of ${of}`,
  states: {
    waiting: own`waiting`,
    sent: own`sent`,
    unknown: own`unknown: nobody says to have it`
  },
  has: own`has it`,
  notYet: own`not yet`,
  plain: own`[plain]`,
  deleted: own`(deleted by its author; copies may exist)`,
  edited: own`(edited)`,
  missing: own`a message that is not here`,
  ownerGone: 'Cannot follow any longer. The process that owns the home has ended. Start it again, then this.'
} as const

/** What edits, deletions and reactions do, as parts of a clause. */
export const CHANGE = {
  did: {
    edit: own`edited`,
    deletion: own`deleted`,
    reaction: own`reacted`,
    withdrawal: own`took back`
  },
  tried: {
    edit: own`wanted to edit`,
    deletion: own`wanted to delete`,
    reaction: own`wanted to react to`,
    withdrawal: own`wanted to take back a reaction to`
  },
  to: own`to`,
  copies: own`copies may exist`,
  ignored: own`ignored, since`,
  notAuthor: own`only its author can`,
  wasDeleted: own`it was deleted`,
  otherLine: own`it was said elsewhere, or several claim to be it`
} as const

// ------------------------------------------------------------------ status

export const STATUS = {
  ok: own`ok  `,
  warn: own`!   `,
  fail: own`FAIL`,
  notRunning: own`no peer is running for this home: conclave peer`,
  peers: (count: number): SafeText =>
    count === 0 ? own`nobody is connected` : own`${count} peer${plural(count)} connected`,
  listening: (count: number): SafeText =>
    count === 0
      ? own`listens nowhere: it can call others and not be called`
      : own`listens on ${count} address${count === 1 ? own`` : own`es`}`,
  stopped: (error: string | undefined): SafeText =>
    error === 'STORE_FAILED'
      ? own`stopped: the disk takes no changes. Look after it, then start the peer again; what others did not hear of is sent then`
      : own`stopped: something went wrong inside. Start the peer again`,
  channelReady: (name: SafeText, members: number): SafeText =>
    own`#${name}: the key is here, ${members} member${plural(members)}`,
  channelNotReady: (name: SafeText, state: KeyStateName): SafeText => own`#${name}: ${KEY_STATES[state]}`,
  manager: (name: SafeText, office: SafeText): SafeText => own`#${name}: key manager ${office}`,
  managerAway: (name: SafeText, others: number): SafeText =>
    own`#${name}: the key manager is away: nobody can come in or be removed${others > 0 ? own` until another takes its place` : own``}`,
  managerWaiting: (name: SafeText): SafeText =>
    own`#${name}: this peer manages the key, and begins when it has reached somebody to ask what it has missed`,
  standing: (name: SafeText): SafeText =>
    own`#${name}: this peer stands for key manager, and too few of the others have signed for it yet`,
  uncertain: (name: SafeText): SafeText =>
    own`#${name}: no key manager that can remove people was heard of for a while: a removal may not have reached you`,
  waiting: (name: SafeText, count: number): SafeText =>
    own`#${name}: ${count} message${plural(count)} waiting to be sent`,
  missing: (name: SafeText, count: number): SafeText =>
    own`#${name}: ${count} message${plural(count)} of others missing; members and carriers are asked for ${count === 1 ? own`it` : own`them`}`,
  unknown: (name: SafeText, count: number): SafeText =>
    own`#${name}: ${count} message${plural(count)} of yours that nobody says to have, though others are here`,
  isAlarmed: (name: SafeText): SafeText => own`#${name}: ${KEY_STATES.alarmed}`
} as const

/** One finding of `status`. */
export function healthText({ code, channel, state, count, error }: StatusForm['health'][number]): SafeText {
  const name = displayText(channel ?? '', { columns: 40, lines: 1 })
  switch (code) {
    case 'protected':
      return HOME.protectedShort
    case 'unprotected':
      return HOME.unprotectedShort
    case 'not-running':
      return STATUS.notRunning
    case 'failed':
      return STATUS.stopped(error)
    case 'connected':
    case 'alone':
      return STATUS.peers(count ?? 0)
    case 'listening':
    case 'not-listening':
      return STATUS.listening(count ?? 0)
    case 'channel-ready':
      return STATUS.channelReady(name, count ?? 0)
    case 'channel-not-ready':
      return STATUS.channelNotReady(name, state ?? 'asking')
    case 'manager-away':
      return STATUS.managerAway(name, count ?? 0)
    case 'manager-waiting':
      return STATUS.managerWaiting(name)
    case 'standing':
      return STATUS.standing(name)
    case 'removals-uncertain':
      return STATUS.uncertain(name)
    case 'messages-waiting':
      return STATUS.waiting(name, count ?? 0)
    case 'messages-missing':
      return STATUS.missing(name, count ?? 0)
    case 'messages-unknown':
      return STATUS.unknown(name, count ?? 0)
    default:
      return displayText(code)
  }
}
