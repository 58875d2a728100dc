/**
 * Every command: its options, what help says of them, and where its code is. Parsing and help read the same entry, so what
 * is documented is what is accepted. Code is loaded only when its command runs.
 */
import type { Arguments } from './arguments.ts'

export interface OptionSpec {
  readonly type: 'string' | 'boolean'
  readonly multiple?: true
  /** What stands for the value in help. */
  readonly value?: string
  readonly help: string
}

export interface CommandSpec {
  readonly group: 'Start here' | 'Run' | 'Channels' | 'Messages' | 'Members' | 'Groups' | 'Keys' | 'Look'
  readonly summary: string
  /** The arguments without options, as help writes them: `CHANNEL`, `[INVITE]`, `TEXT...`. */
  readonly operands: readonly string[]
  readonly options: Readonly<Record<string, OptionSpec>>
  readonly examples: readonly string[]
  readonly more?: string
  /** It stays until it is interrupted, and looks after that itself. */
  readonly isService?: true
  readonly load: () => Promise<{ run(args: Arguments): Promise<number> }>
}

const text = (value: string, help: string): OptionSpec => ({ type: 'string', value, help })
const texts = (value: string, help: string): OptionSpec => ({ type: 'string', multiple: true, value, help })
const flag = (help: string): OptionSpec => ({ type: 'boolean', help })

/** Options that every command has. */
export const COMMON: Readonly<Record<string, OptionSpec>> = {
  home: text('DIR', 'folder of identity and messages (or CONCLAVE_HOME)'),
  json: flag('one JSON object per line'),
  'no-input': flag('never ask anything'),
  help: flag('what this command does')
}

const SECRETS: Readonly<Record<string, OptionSpec>> = {
  'passphrase-file': text('FILE', 'the passphrase is in this file (or CONCLAVE_PASSPHRASE_FILE)'),
  'no-passphrase': flag('a new identity gets no protection on disk')
}

/** Options of what may have to start a peer for itself. */
const REACHING: Readonly<Record<string, OptionSpec>> = {
  'passphrase-file': SECRETS['passphrase-file']!,
  bootstrap: texts('MA', 'multiaddr of a peer to begin with, repeatable'),
  'no-mdns': flag('do not look for peers in the local network')
}

const RUNNING: Readonly<Record<string, OptionSpec>> = {
  ...SECRETS,
  name: text('NICK', 'nick of a new identity'),
  listen: texts('MA', 'multiaddr to listen on, repeatable (default: all interfaces, any port)'),
  bootstrap: REACHING['bootstrap']!,
  'no-mdns': REACHING['no-mdns']!
}

const TIMEOUT = (standard: string): OptionSpec =>
  text('TIME', `how long to wait, such as 10s or 5m (default ${standard})`)

/** Of what is said. */
const SAYING: Readonly<Record<string, OptionSpec>> = {
  wait: text(
    'FOR',
    'sent (default): a neighbour has it; seen: a member says to have it; none: it is kept and goes out'
  ),
  timeout: TIMEOUT('10s; for seen 60s'),
  ...REACHING
}

const MESSAGE_NAMES =
  'MESSAGE is an id, the first letters of one, or counted back: ^ is your own last one to edit or delete, and the last of\n' +
  'somebody else to answer; ^2 the one before.'

const PLACE_NAMES = '@USER in place of CHANNEL: the conversation with that one user.'

const USER_NAMES =
  'USER is a user id, a fingerprint, or the nick of a member of any channel of yours, or of somebody you have talked to.'

const IN_CHANNEL = text('CHANNEL', 'look for USER among its members only')

const GROUP_NAMES = 'GROUP is the name of a group, or the first letters of its id.'

export const COMMANDS: Readonly<Record<string, CommandSpec>> = {
  init: {
    group: 'Start here',
    summary: 'make an identity',
    operands: [],
    options: { name: text('NICK', 'what others call you'), ...SECRETS },
    examples: ['conclave init --name alice', 'conclave init --passphrase-file ~/.secrets/conclave --no-input'],
    more: 'Never overwrites an identity. Without --name you get a name to begin with; /nick changes it.',
    load: () => import('./commands/init.ts')
  },
  peer: {
    isService: true,
    group: 'Start here',
    summary: 'chat; makes identity and a first channel on the way',
    operands: ['[CHANNEL|INVITE]'],
    options: {
      ...RUNNING,
      plain: flag('lines instead of a full screen'),
      headless: flag('no chat, only the control socket for other commands')
    },
    examples: [
      'conclave peer',
      'conclave peer "#lobby"',
      'conclave peer CONCLAVE1ABC…',
      'conclave peer --headless --json'
    ],
    more:
      'On a terminal: type, and /help shows what else can be done. Otherwise lines are read from standard input and\n' +
      'printed to standard output; when the input ends, what was typed is sent, and the peer leaves. With no input at all\n' +
      'it stays until it is stopped.',
    load: () => import('./commands/peer.ts')
  },
  id: {
    group: 'Start here',
    summary: 'who you are: user id, nick, fingerprint, addresses',
    operands: [],
    options: { 'passphrase-file': SECRETS['passphrase-file']! },
    examples: ['conclave id', 'conclave id --json'],
    load: () => import('./commands/id.ts')
  },
  export: {
    group: 'Start here',
    summary: 'all of an identity into one file: keys, channels, history',
    operands: ['FILE'],
    options: {
      'passphrase-file': SECRETS['passphrase-file']!,
      'export-passphrase-file': text('FILE', 'the passphrase of the exported file is in this one')
    },
    examples: [
      'conclave export alice.conclave',
      'conclave export alice.conclave --export-passphrase-file ~/.secrets/export'
    ],
    more:
      'Stop the peer first. The file has a passphrase of its own. It is for moving to another machine, or for the day on\n' +
      'which this one is lost: never run the old home and the new one side by side.',
    load: () => import('./commands/export.ts')
  },
  import: {
    group: 'Start here',
    summary: 'a new home of an exported identity',
    operands: ['FILE'],
    options: {
      ...SECRETS,
      'export-passphrase-file': text('FILE', 'the passphrase of the exported file is in this one')
    },
    examples: ['conclave import alice.conclave', 'conclave import alice.conclave --home ~/second --no-passphrase'],
    more: 'Never writes over anything. A file that is damaged or cut off leaves nothing behind.',
    load: () => import('./commands/import.ts')
  },
  'key-manager': {
    isService: true,
    group: 'Run',
    summary: 'run a peer that hands out keys in the channels that name it',
    operands: ['[INVITE]'],
    options: RUNNING,
    examples: ['conclave key-manager CONCLAVE1ABC…', 'conclave key-manager --home /var/lib/conclave --no-mdns'],
    more: 'It learns of a channel from an invite to it, here or with `conclave join` in the same home.',
    load: () => import('./commands/key-manager.ts')
  },
  carrier: {
    isService: true,
    group: 'Run',
    summary: 'run a node without keys that carries messages, and keeps them for those who are away',
    operands: [],
    options: {
      ...RUNNING,
      'keep-days': text('N', 'keep messages for so many days (default 30); 0: keep none'),
      'keep-mb': text('N', 'keep so many megabytes at most (default 512); 0: keep none')
    },
    examples: [
      'conclave carrier --listen /ip4/0.0.0.0/tcp/4001',
      'conclave carrier --keep-days 7 --keep-mb 2000',
      'conclave carrier --keep-mb 0'
    ],
    more: 'It keeps what it cannot read, and gives it to whoever asks by the channel id. With 0 it drops what it kept.',
    load: () => import('./commands/carrier.ts')
  },
  'channel create': {
    group: 'Channels',
    summary: 'found a channel',
    operands: ['NAME'],
    options: {
      admission: text('HOW', 'who gets in: open, invite (default) or members'),
      authentication: text('HOW', 'how a newcomer shows who it is: signature (default) or challenge'),
      privacy: text('HOW', 'encrypted (default), mixed or plain'),
      manager: texts('ID', 'user id of a key manager, repeatable, up to seven (default: you)'),
      quorum: text('N', 'so many of them sign a new key (default: most of three or more, one of fewer)'),
      timing: text('HOW', 'how soon another takes over: local (default) or wan, three times as long'),
      partition: text('HOW', 'out of touch with them: continue with a warning (default) or freeze'),
      fence: text('TIME', 'continue for so long, 10m to 7d, then stop sending (default 24h)'),
      'member-manager': texts('ID', 'user id of one who may let in and remove without making keys, repeatable'),
      'key-lifetime': text('TIME', 'a key lives this long (default 24h)'),
      step: text('TIME', 'is renewed this often while somebody talks (default 10m), or off'),
      idle: text('TIME', 'and after a silence of this long (default 12h), or off'),
      grace: text('TIME', 'and is readable this long after the next (default 10m)'),
      'without-trigger': texts('WHAT', 'no new key because of it: first-member or prekey-rotation, repeatable'),
      'max-members': text('N', 'members at most (0, the default: no limit of its own)'),
      retention: text(
        'TIME',
        'members keep messages this long, at most; then they are destroyed (default off: for ever)'
      ),
      history: text('HOW', 'what newcomers may read of before: none (default), since-join or all'),
      ...REACHING
    },
    examples: [
      'conclave channel create garden',
      'conclave channel create ops --admission members --manager 12D3KooW… --member-manager 12D3KooW…',
      'conclave channel create vault --authentication challenge --key-lifetime 1h --step off --idle 10m',
      'conclave channel create crew --manager ID --manager ID --manager ID --partition freeze'
    ],
    more:
      'History is settled for good. With since-join newcomers read what was said since they were let in by admit, started or not.\n' +
      'With --manager exactly those users hand out keys: name yourself, too, if you should be one of them. They elect one\n' +
      'of them, and another when it is gone. From three on a new key takes the signatures of most of them.',
    load: () => import('./commands/channel.ts')
  },
  'channel amend': {
    group: 'Channels',
    summary: 'change a channel, as its founder',
    operands: ['CHANNEL'],
    options: {
      'add-manager': texts('WHO', 'one more key manager, by user id, nick or fingerprint, repeatable'),
      'remove-manager': texts('WHO', 'is no key manager any more, repeatable'),
      quorum: text('N', 'so many of them sign a new key (0: most of three or more, one of fewer)'),
      'add-member-manager': texts('WHO', 'may let in and remove, repeatable'),
      'remove-member-manager': texts('WHO', 'may not any more, repeatable'),
      name: text('NAME', 'what it is called'),
      admission: text('HOW', 'who gets in: open, invite or members'),
      authentication: text('HOW', 'how a newcomer shows who it is: signature or challenge'),
      timing: text('HOW', 'how soon another key manager takes over: local or wan'),
      partition: text('HOW', 'out of touch with them: continue with a warning, or freeze'),
      fence: text('TIME', 'continue for so long, 10m to 7d, then stop sending'),
      'key-lifetime': text('TIME', 'a key lives this long'),
      step: text('TIME', 'is renewed this often while somebody talks, or off'),
      idle: text('TIME', 'and after a silence of this long, or off'),
      grace: text('TIME', 'and is readable this long after the next'),
      'max-members': text('N', 'members at most (0: no limit of its own)'),
      retention: text('TIME', 'members keep messages this long, at most; then they are destroyed, or off'),
      ...REACHING
    },
    examples: [
      'conclave channel amend garden --add-manager bob --add-manager carol',
      'conclave channel amend garden --remove-manager 12D3KooW…',
      'conclave channel amend crew --partition freeze --key-lifetime 1h'
    ],
    more:
      'A new key follows at once. Who is no key manager any more is no member either, unless it was let in: admit it first\n' +
      'if it is to stay. What was promised about encryption and history cannot be changed.',
    load: () => import('./commands/channel-amend.ts')
  },
  'channel list': {
    group: 'Channels',
    summary: 'the channels you are in',
    operands: [],
    options: REACHING,
    examples: ['conclave channel list --json'],
    load: () => import('./commands/channel.ts')
  },
  'channel show': {
    group: 'Channels',
    summary: 'one channel in full',
    operands: ['CHANNEL'],
    options: REACHING,
    examples: ['conclave channel show garden'],
    load: () => import('./commands/channel.ts')
  },
  'channel leave': {
    group: 'Channels',
    summary: 'leave a channel and forget its keys',
    operands: ['CHANNEL'],
    options: REACHING,
    examples: ['conclave channel leave garden'],
    load: () => import('./commands/channel.ts')
  },
  invite: {
    group: 'Channels',
    summary: 'make an invite to a channel',
    operands: ['CHANNEL'],
    options: {
      once: flag('for one person'),
      uses: text('N', 'for so many (0, the default: any number)'),
      expires: text('TIME', 'good for this long (default 24h; 0: for ever)'),
      ...REACHING
    },
    examples: ['conclave invite garden', 'conclave invite garden --once --expires 1h', 'conclave invite "#list"'],
    more: 'A channel that is called list or revoke is named with its #.',
    load: () => import('./commands/invite.ts')
  },
  'invite list': {
    group: 'Channels',
    summary: 'the invites to a channel, and who came in by them',
    operands: ['CHANNEL'],
    options: REACHING,
    examples: ['conclave invite list garden', 'conclave invite list garden --json'],
    load: () => import('./commands/invite.ts')
  },
  'invite revoke': {
    group: 'Channels',
    summary: 'end an invite; who came in by it stays',
    operands: ['CHANNEL', 'TOKEN|INVITE'],
    options: REACHING,
    examples: ['conclave invite revoke garden 3fa2b1c0', 'conclave invite revoke garden CONCLAVE1ABC…'],
    more: "TOKEN is the hash of the invite's token, as invite list shows it; its first 8 letters are enough.",
    load: () => import('./commands/invite.ts')
  },
  join: {
    group: 'Channels',
    summary: 'join a channel by an invite; waits until its key is here',
    operands: ['INVITE'],
    options: { timeout: TIMEOUT('30s'), ...REACHING },
    examples: ['conclave join CONCLAVE1ABC…'],
    load: () => import('./commands/join.ts')
  },
  send: {
    group: 'Messages',
    summary: 'send a message',
    operands: ['CHANNEL', 'TEXT|-'],
    options: {
      group: text('GROUP', 'to a group of the channel only'),
      reply: text('MESSAGE', 'as an answer to that message'),
      plain: flag('not encrypted, where the channel allows it'),
      ...SAYING
    },
    examples: [
      'conclave send garden "the gate is open"',
      'fortune | conclave send garden -',
      'conclave send ops "at nine" --group night-shift',
      'conclave send garden "by whom?" --reply 3fa2b1',
      'conclave send garden "the well is dry" --wait seen --timeout 2m'
    ],
    more:
      'Exit code 0 means that what --wait says is true. A message that could not be sent in time is kept and goes out later.\n' +
      'With --wait seen one other member at least has said that it has the message; exit code 6 says that it was sent, and\n' +
      'nobody has said so in time. Members say what they have every ten seconds, and rarer where they are many.\n' +
      `${MESSAGE_NAMES}\n${PLACE_NAMES}`,
    load: () => import('./commands/send.ts')
  },
  dm: {
    group: 'Messages',
    summary: 'say something to one user, for its eyes only',
    operands: ['USER', 'TEXT|-'],
    options: { channel: IN_CHANNEL, reply: text('MESSAGE', 'as an answer to that message'), ...SAYING },
    examples: ['conclave dm bob "not for the others"', 'conclave dm 12D3KooW… "hello" --wait seen --timeout 2m'],
    more:
      'It goes over a session of the two of you, straight to the other, or else through a channel that both are in, where nobody\n' +
      'else can read it. With --wait seen the other has confirmed it. Exit code 4: the nick is known to you with another key, and\n' +
      'nothing was said (conclave verify, conclave trust); 6: sent, and not confirmed in time, or not answered by somebody of no channel\n' +
      'of yours, who has to trust you first. Read it with: conclave read @USER\n' +
      `${USER_NAMES}\n${MESSAGE_NAMES}`,
    load: () => import('./commands/send.ts')
  },
  edit: {
    group: 'Messages',
    summary: 'say a message of yours anew',
    operands: ['CHANNEL', 'MESSAGE', 'TEXT|-'],
    options: SAYING,
    examples: [
      'conclave edit garden 3fa2b1 "the gate is shut"',
      'conclave edit garden ^ "the last thing I said, mended"'
    ],
    more: `Only its author edits a message; everybody ignores others. Who saw the first words may remember them.\n${MESSAGE_NAMES}\n${PLACE_NAMES}`,
    load: () => import('./commands/send.ts')
  },
  delete: {
    group: 'Messages',
    summary: "ask everybody's peers to forget a message of yours",
    operands: ['CHANNEL', 'MESSAGE'],
    options: SAYING,
    examples: ['conclave delete garden 3fa2b1', 'conclave delete garden ^'],
    more:
      "It asks everybody's peers to forget; it cannot make them. What it said is destroyed in this home, and in those of all who\n" +
      'obey; that somebody said something then, and deleted it, stays. Nobody but its author can, and nothing undoes it.\n' +
      `${MESSAGE_NAMES}\n${PLACE_NAMES}`,
    load: () => import('./commands/send.ts')
  },
  react: {
    group: 'Messages',
    summary: 'answer a message with an emoji',
    operands: ['CHANNEL', 'MESSAGE', 'EMOJI'],
    options: { withdraw: flag('take it back'), ...SAYING },
    examples: ['conclave react garden 3fa2b1 👍', 'conclave react garden 3fa2b1 👍 --withdraw'],
    more: `${MESSAGE_NAMES}\n${PLACE_NAMES}`,
    load: () => import('./commands/send.ts')
  },
  seen: {
    group: 'Messages',
    summary: 'who has a message of yours, as far as they have said so',
    operands: ['CHANNEL', '[MESSAGE]'],
    options: REACHING,
    examples: ['conclave seen garden', 'conclave seen garden 3fa2b1 --json'],
    more:
      'Without MESSAGE: your last one. Members say now and then up to which message of yours they miss none; that somebody\n' +
      `has it does not mean that it was looked at.\n${MESSAGE_NAMES}\n${PLACE_NAMES}`,
    load: () => import('./commands/seen.ts')
  },
  read: {
    isService: true,
    group: 'Messages',
    summary: 'read messages',
    operands: ['CHANNEL'],
    options: {
      since: text('WHEN', 'from then on: 2h, 2026-01-31, 2026-01-31T08:00'),
      limit: text('N', 'the last N messages, read before or not; 0: all'),
      group: text('GROUP', 'what was said to that group only'),
      follow: flag('and go on as they come'),
      events: flag('with --follow: also who came and went, keys, gaps'),
      peek: flag('leave them unread'),
      raw: flag('each edit, deletion and reaction by itself, and texts as they were said'),
      ...REACHING
    },
    examples: ['conclave read garden', 'conclave read garden --since 1h', 'conclave read garden --follow --json'],
    more:
      'Without --since and --limit: what is new since the last read. Texts as they are now: edited, deleted, with reactions\n' +
      'below. Behind the time stands how the id begins. [name] before a nick: said to that group only. Behind your own\n' +
      'messages stands who has them: [waiting], [sent], [seen by 2 of 3], or [unknown] when others are there and none says so;\n' +
      'in a conversation with one user [seen by 1 of 1] or [not confirmed].\n' +
      PLACE_NAMES,
    load: () => import('./commands/read.ts')
  },
  search: {
    group: 'Messages',
    summary: 'find messages in what is stored here, newest first',
    operands: ['TEXT...'],
    options: {
      channel: text('CHANNEL', 'in that channel only, or in the conversation @USER'),
      from: text('WHO', 'said by them: user id, fingerprint, or the nick they had'),
      since: text('WHEN', 'from then on: 2h, 2026-01-31, 2026-01-31T08:00'),
      limit: text('N', 'so many at most (default 20)'),
      ...REACHING
    },
    examples: ['conclave search gate', 'conclave search "the gate" --channel garden --from bob --since 7d --json'],
    more:
      'Case and accents do not count. Nothing leaves this peer, and nobody else is asked: it says how far back its history goes.\n' +
      'What was edited away or deleted is not found. Conversations with single users are searched, too.',
    load: () => import('./commands/search.ts')
  },
  members: {
    group: 'Members',
    summary: 'who is in a channel, who of them is online, and who does what',
    operands: ['CHANNEL'],
    options: REACHING,
    examples: ['conclave members garden', 'conclave members garden --json'],
    load: () => import('./commands/members.ts')
  },
  whois: {
    group: 'Members',
    summary: "ask the key manager for a member's public keys",
    operands: ['CHANNEL', 'USER|NICK'],
    options: { timeout: TIMEOUT('10s'), ...REACHING },
    examples: ['conclave whois garden bob', 'conclave whois garden 12D3KooW… --json'],
    more:
      "The question and the answer go through the channel, sealed. The answer is the member's own signed record: the word of\n" +
      'the key manager adds nothing to it. Exit code 5: there is no such member, or no key manager; 6: no answer in time.',
    load: () => import('./commands/whois.ts')
  },
  record: {
    group: 'Members',
    summary: 'your own signed record, by which others can let you in',
    operands: [],
    options: { out: text('FILE', 'write it there'), 'passphrase-file': SECRETS['passphrase-file']! },
    examples: ['conclave record --out alice.record', 'conclave record --json'],
    more: 'Nothing in it is secret. It is good for some days; the next one replaces it.',
    load: () => import('./commands/record.ts')
  },
  admit: {
    group: 'Members',
    summary: 'let users in',
    operands: ['CHANNEL', '[USER...]'],
    options: {
      records: text('FILE', 'user records, one a line, to know their keys in advance; no USER: lets all of them in'),
      ...REACHING
    },
    examples: ['conclave admit ops 12D3KooW…', 'conclave admit ops --records team.records'],
    more: 'A line of FILE is what conclave record prints, with or without --json. USER is a user id, or a nick in FILE.',
    load: () => import('./commands/admit.ts')
  },
  remove: {
    group: 'Members',
    summary: 'remove a member; the channel gets a new key without them',
    operands: ['CHANNEL', 'USER'],
    options: {
      'for-cause': flag('at once, not together with others that leave in the same moment'),
      timeout: TIMEOUT('10s'),
      ...REACHING
    },
    examples: ['conclave remove ops bob', 'conclave remove ops bob --for-cause'],
    more: 'USER is a user id, a fingerprint, or the nick of one member.',
    load: () => import('./commands/remove.ts')
  },
  verify: {
    group: 'Members',
    summary: 'make sure who somebody is: the number to compare, and whether it is equal',
    operands: ['USER'],
    options: {
      code: text('DIGITS', 'the number that the other sees; spaces do not count'),
      channel: IN_CHANNEL,
      ...REACHING
    },
    examples: ['conclave verify bob', 'conclave verify bob --code "12345 67890 …"'],
    more:
      'Both see the same 60 digits when nobody stands between them. Compare them in a call or face to face. With --code: exit code 0\n' +
      'when they are equal, and the user counts as verified from then on; 4 when they differ, and nothing has changed.\n' +
      USER_NAMES,
    load: () => import('./commands/verify.ts')
  },
  trust: {
    group: 'Members',
    summary: 'this is the right one: the nick that it has is its from now on',
    operands: ['USER'],
    options: { channel: IN_CHANNEL, ...REACHING },
    examples: ['conclave trust bob', 'conclave trust 12D3KooW…'],
    more:
      'After the nick of somebody you have talked to has come with another key, or to hear somebody with whom you have no channel in\n' +
      `common. Of several with a nick name one by fingerprint or user id. Compare safety numbers first: conclave verify.\n${USER_NAMES}`,
    load: () => import('./commands/verify.ts')
  },
  'group list': {
    group: 'Groups',
    summary: 'the groups in a channel, and who is in them',
    operands: ['CHANNEL'],
    options: REACHING,
    examples: ['conclave group list ops'],
    load: () => import('./commands/group.ts')
  },
  'group create': {
    group: 'Groups',
    summary: 'make a group of members, with a key of its own',
    operands: ['CHANNEL', 'NAME', '[USER...]'],
    options: { timeout: TIMEOUT('10s'), ...REACHING },
    examples: ['conclave group create ops night-shift alice bob'],
    more: 'Then: conclave send ops TEXT --group night-shift. Only who is in the group can read it.',
    load: () => import('./commands/group.ts')
  },
  'group add': {
    group: 'Groups',
    summary: 'put members into a group',
    operands: ['CHANNEL', 'GROUP', 'USER...'],
    options: { timeout: TIMEOUT('10s'), ...REACHING },
    examples: ['conclave group add ops night-shift carol'],
    more: GROUP_NAMES,
    load: () => import('./commands/group.ts')
  },
  'group remove': {
    group: 'Groups',
    summary: 'take members out of a group; it gets a new key without them',
    operands: ['CHANNEL', 'GROUP', 'USER...'],
    options: { timeout: TIMEOUT('10s'), ...REACHING },
    examples: ['conclave group remove ops night-shift bob'],
    more: GROUP_NAMES,
    load: () => import('./commands/group.ts')
  },
  'group dissolve': {
    group: 'Groups',
    summary: 'end a group',
    operands: ['CHANNEL', 'GROUP'],
    options: { timeout: TIMEOUT('10s'), ...REACHING },
    examples: ['conclave group dissolve ops night-shift'],
    more: GROUP_NAMES,
    load: () => import('./commands/group.ts')
  },
  keys: {
    group: 'Keys',
    summary: 'the keys of a channel and its groups: name, age, reason, and how many hold them',
    operands: ['CHANNEL'],
    options: REACHING,
    examples: ['conclave keys ops', 'conclave keys ops --json'],
    load: () => import('./commands/keys.ts')
  },
  rekey: {
    group: 'Keys',
    summary: 'a fresh key now: made here, or asked of the key manager; waits until it is in force',
    operands: ['CHANNEL'],
    options: { group: text('GROUP', 'of that group'), timeout: TIMEOUT('10s'), ...REACHING },
    examples: ['conclave rekey ops', 'conclave rekey ops --group night-shift'],
    more: 'For founder, key managers and member managers. Exit code 5: there is no key manager; 6: it made none in time.',
    load: () => import('./commands/rekey.ts')
  },
  status: {
    group: 'Look',
    summary: 'whether all is well, health first',
    operands: [],
    options: { 'passphrase-file': SECRETS['passphrase-file']! },
    examples: ['conclave status', 'conclave status --json'],
    load: () => import('./commands/status.ts')
  },
  peers: {
    group: 'Look',
    summary: 'who is connected',
    operands: [],
    options: {},
    examples: ['conclave peers'],
    load: () => import('./commands/peers.ts')
  },
  simulate: {
    isService: true,
    group: 'Look',
    summary: 'plays a scenario with many peers, and checks every promise',
    operands: ['[SCENARIO|FILE]'],
    options: {
      list: flag('the scenarios there are, and their parameters'),
      print: flag('the text of SCENARIO, to copy and change'),
      compare: text('FILE', 'two records of --events beside each other: this one and FILE'),
      peers: text('N', 'members who manage nothing'),
      managers: text('N', 'key managers, 1 to 7'),
      seed: text('N', 'chance begins here: the same number gives the same run (default: another one each time)'),
      duration: text('TIME', 'how long it lasts, such as 60s'),
      mode: text('MODE', 'live: real nodes on this machine; virtual: the same machines in virtual time'),
      processes: flag('with live: nodes in processes of their own'),
      transport: text('NAME', 'with live: tcp (default), or memory, which takes many more nodes'),
      set: texts('NAME=VALUE', 'a parameter of the scenario, repeatable'),
      report: text('FILE', 'the page about the run (default: a new file in this folder)'),
      events: text('FILE', 'everything that happened, one JSON object per line')
    },
    examples: [
      'conclave simulate',
      'conclave simulate removal --seed 7 --set removed=5',
      'conclave simulate --list',
      'conclave simulate --print hello',
      'conclave simulate ./mine.json --events run.ndjson',
      'conclave simulate --compare before.ndjson after.ndjson --report both.html'
    ],
    more:
      'Needs no home and touches no network but its own. Exit code 7: a promise was broken; then the same is looked for in\n' +
      'a smaller scenario, and the command that plays it is printed. A FILE called like a scenario takes a slash: ./hello.',
    load: () => import('./commands/simulate.ts')
  },
  version: {
    group: 'Look',
    summary: 'version of the program',
    operands: [],
    options: {},
    examples: ['conclave version --json'],
    load: () => import('./commands/version.ts')
  },
  help: {
    group: 'Look',
    summary: 'this, or help on a command',
    operands: ['[COMMAND...]'],
    options: {},
    examples: ['conclave help channel create'],
    load: () => import('./commands/help.ts')
  }
}
