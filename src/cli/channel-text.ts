/** What a person reads about channels, their members and groups, keys and invites. */
import { own, type SafeText } from './display-text.ts'
import { plural } from './text.ts'

export const CHANNEL = {
  created: (name: SafeText, id: SafeText): SafeText[] => [own`Founded #${name}`, own`  id  ${id}`],
  amended: (name: SafeText, managers: number): SafeText[] => [
    own`Changed #${name}: ${managers} key manager${plural(managers)} now.`,
    own`Its members hear of it from you or from each other; a new key follows.`
  ],
  none: own`No channels yet. Make one with: conclave channel create NAME, or join one with: conclave join INVITE`,
  left: (name: SafeText): SafeText => own`Left #${name} and forgot its keys.`,
  unnamed: own`(not found yet)`,
  invite: (name: SafeText, until: SafeText | undefined): SafeText =>
    until === undefined
      ? own`Whoever has this may come into #${name}:`
      : own`Whoever has this may come into #${name} until ${until}:`,
  inviteUse: own`Use it with: conclave join INVITE, or conclave peer INVITE`,
  inviteWithoutAddress: own`No address is in it, since no peer of this home can be reached now: it works for who finds the channel otherwise.`,
  inviteLater: own`The key manager has not heard of it yet; it will when both are online.`,
  joined: (name: SafeText, epoch: SafeText): SafeText => own`In #${name}: the key of epoch ${epoch} is here.`,
  joinedPlain: (name: SafeText): SafeText => own`In #${name}, a channel without encryption.`,
  ambiguous: (text: SafeText): string =>
    `"${text}" could be several channels. More than one has this name or begins so. Use more of the id; see conclave channel list.`,
  unknown: (text: SafeText): string =>
    `There is no channel "${text}" here. Channels are named by name, #name, or the first 8 letters of their id or more. See conclave channel list.`
} as const

/** What a descriptor says, for people. */
export const RULES = {
  admission: {
    open: own`open: whoever knows of the channel`,
    invite: own`by invite`,
    members: own`by name: whom the founder or a manager lets in`
  },
  authentication: {
    signature: own`is known by a signature`,
    challenge: own`is known by a signature, and by answering a challenge sealed to the published key`
  },
  privacy: {
    encrypted: own`every message is encrypted`,
    mixed: own`mixed: messages are encrypted, but for those marked [plain]`,
    plain: own`plain: nothing is encrypted`
  },
  history: {
    none: own`newcomers read nothing from before they came`,
    'since-join': own`members read everything since they came first`,
    all: own`newcomers read what was said before, as far as the keys are still there`
  },
  forEver: own`messages stay until somebody deletes them`,
  retention: (time: SafeText): SafeText => own`members destroy messages after ${time} at the latest`,
  quorum: (signatures: number, managers: number): SafeText =>
    managers === 1 ? own`one key manager, a new key` : own`${signatures} of ${managers} key managers, each new key`,
  timing: {
    local: own`another key manager takes over within seconds`,
    wan: own`another key manager takes over, three times as patient`
  },
  partition: {
    continue: (time: SafeText): SafeText => own`sending goes on with a warning, and stops after ${time}`,
    freeze: (): SafeText => own`sending stops after a minute`
  },
  step: (time: SafeText): SafeText => own`every ${time} while somebody talks`,
  noStep: own`not just because time passes`,
  idle: (time: SafeText): SafeText => own`after ${time} of silence`,
  noIdle: own`not because of silence`,
  triggers: {
    'first-member': (isOn: boolean): SafeText =>
      isOn
        ? own`when a first member comes after there was none`
        : own`not when a first member comes after there was none`,
    'prekey-rotation': (isOn: boolean): SafeText =>
      isOn ? own`when a member renews its own keys` : own`not when a member renews its own keys`
  },
  anySize: own`no limit of its own`,
  size: (members: number): SafeText => own`${members} member${plural(members)} at most`
} as const

export const INVITE = {
  none: own`No invites on record: none was made, or the channel needs none.`,
  revoked: (token: SafeText): SafeText => own`Revoked ${token}. Who came in with it stays; see conclave remove.`,
  name: (token: SafeText): SafeText => own`Its name in conclave invite list and invite revoke: ${token}`,
  anyNumber: own`any number`,
  uses: (used: number, uses: number): SafeText =>
    uses === 0 ? own`${used} used, any number` : own`${used} of ${uses} used`,
  standings: {
    open: own`open`,
    'used-up': own`used up`,
    expired: own`expired`,
    revoked: own`revoked`
  },
  forEver: own`for ever`,
  twoCounts: 'Cannot do both. --once lets one in and --uses says another number. Give one of them.',
  ofOther: 'This invite is for another channel. Its text names the channel it was made for. Name that one.',
  withoutToken:
    'This invite cannot be revoked. It has no token: the channel lets in whoever its admission says, with or without it. Remove who should not be there.',
  ambiguous: (text: SafeText): string =>
    `"${text}" could be several invites. More than one begins so. Use more letters; see conclave invite list CHANNEL.`,
  unknown: (text: SafeText): string =>
    `There is no invite "${text}" on record. An invite is named by its text, or by the first 8 letters of its token's hash or more. See conclave invite list CHANNEL.`
} as const

export const GROUP = {
  none: own`No groups here. Make one with: conclave group create CHANNEL NAME USER...`,
  made: (name: SafeText): SafeText => own`Made the group ${name}.`,
  added: (name: SafeText): SafeText => own`Put into ${name}: it has a new key.`,
  takenOut: (name: SafeText): SafeText => own`Taken out of ${name}: it has a new key without them.`,
  dissolved: (name: SafeText): SafeText => own`Dissolved ${name}. What was said there stays where it was read.`,
  told: own`Told the channel. The key manager has not acted on it yet.`,
  youAreIn: own`you are in it`,
  youWait: own`you are in it, its key is not here yet`,
  youAreNot: own`you are not in it`,
  unknown: (text: SafeText): string =>
    `There is no group "${text}" here. A group is named by its name, or by the first letters of its id. See conclave group list CHANNEL.`,
  ambiguous: (text: SafeText): string =>
    `"${text}" could be several groups. More than one has this name or begins so. Use the id; see conclave group list CHANNEL.`
} as const

export const KEY = {
  fresh: (line: SafeText, epoch: SafeText): SafeText => own`${line} has a fresh key: epoch ${epoch}.`,
  none: own`no key here`,
  heldBy: (holders: number, members: number): SafeText => own`held by ${holders} of ${members}`,
  over: own`over`,
  notRenewed:
    'There is no new key yet. The key manager was asked and has not made one in time. Look later with conclave keys CHANNEL, or ask again with a longer --timeout.',
  nobodyToAsk:
    'There is no new key. No key manager of the channel is there to make one. Chatting goes on under the old one: try again when conclave channel show says that a key manager is here.',
  groupGone: 'This group is gone. It was dissolved while its key was made. See conclave group list CHANNEL.'
} as const

export const RECORD = {
  written: (path: SafeText): SafeText => own`Wrote your record to ${path}. Nothing in it is secret.`,
  expires: (at: SafeText): SafeText =>
    own`It is good until ${at}: who runs the channel lets you in with conclave admit CHANNEL --records FILE.`,
  refused: (check: number): string =>
    `This user record cannot be used. It breaks rule R-${check}: it is damaged, or has expired. Ask its owner for a fresh one: conclave record.`,
  notInFile: (path: SafeText, line: number): string =>
    `Cannot read line ${line} of ${path}. Each line is one user record: base64, hexadecimal, or the JSON of conclave record. Nobody was let in: mend the line and try again.`,
  noFile: (path: SafeText): string =>
    `Cannot read the records. The file ${path} is not there, may not be read, or is longer than 64 MiB. Look after --records.`,
  emptyFile: (path: SafeText): string =>
    `There is no record in ${path}. Each line of the file is one user record. Make them with conclave record.`,
  ambiguous: (text: SafeText): string =>
    `"${text}" could be several users. More than one record of the file has this nick. Use the user id or the fingerprint.`,
  exists: (path: SafeText): string =>
    `Did not write the record. ${path} is there already, or its folder is not. Choose another name with --out.`,
  nobody:
    'Nobody was let in. Neither a user nor a file of records was named. Write conclave admit CHANNEL USER, or give --records FILE.'
} as const

export const MEMBER = {
  admitted: (count: number): SafeText =>
    count === 1
      ? own`Let in. The key goes to them as soon as they ask.`
      : own`Let ${count} users in. The key goes to each as soon as they ask.`,
  removed: (epoch: SafeText): SafeText => own`Removed. The channel has a new key without them: epoch ${epoch}.`,
  removalTold: own`Told the channel. The key manager has not acted on it yet; nobody sends under the old key meanwhile.`,
  noUserId: (text: SafeText): string =>
    `"${text}" is no user id. A user id begins with 12D3KooW; nicks are not known before there is a channel. Each user sees the own one with conclave id.`,
  notKnown: (text: SafeText): string =>
    `The key manager knows of no member "${text}". Nobody of that id is in, and nobody registered that nick. See conclave members CHANNEL.`,
  noAnswer: (text: SafeText): string =>
    `Do not know yet who "${text}" is. The key manager was asked and has not answered in time. Ask again, or with a longer --timeout.`,
  nobodyToAsk:
    'Nobody answers for the keys of members. The key manager of the channel is not there. Ask again when conclave channel show says that it is here.',
  memberManager: own`member manager`,
  online: own`online`,
  away: own`away`,
  oldKey: own`online, without the key in force`,
  unknownUser: (text: SafeText): string =>
    `Do not know who "${text}" is. A user is named by user id, by fingerprint, or by the nick of one member. See conclave members CHANNEL.`,
  ambiguousUser: (text: SafeText): string =>
    `"${text}" could be several members. They have the same nick. Use the user id or the fingerprint; see conclave members CHANNEL.`,
  you: own`you`,
  founder: own`founder`,
  manager: own`key manager`
} as const
