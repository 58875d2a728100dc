/**
 * Every refusal has a number, the same here and in docs/protocol.md, and a test that breaks it. A stranger's fault is a
 * value in core, never an exception.
 */

/** The checks. The texts are ours and carry nothing of the refused bytes. */
export const CHECKS = {
  // Frames
  101: 'a frame has at most 64 KiB',
  102: 'a frame is the canonical encoding of author, body, signature and attachment of the right lengths',
  103: 'a body is canonical, of one known kind',
  104: 'the signature covers the label, the topic and the body, by the author',
  105: 'only announcements carry an attachment',
  106: 'the fixed-length fields of the body have their lengths',
  107: 'an author stays within the rate of its kind of frame',
  // User records
  111: 'a user record has at most 2 KiB',
  112: 'a user record is the canonical encoding of its envelope and of its payload',
  113: 'the envelope has the payload type of a user record',
  114: 'the envelope is signed under the domain of user records by the strict Ed25519 key in it',
  115: 'the user in the record is the key of the envelope',
  116: 'a record has exactly one device, number 0',
  117: 'the prekeys of a record have their lengths and are usable',
  118: 'the nick of a record keeps the rules for nicks',
  119: 'seq is at least 1',
  120: 'issued, prekey and expiry times are in order, not in the future, and not too far apart',
  121: 'the record has not expired',
  // Pins
  122: 'a record is never older than the newest one known',
  123: 'two different records never share a seq',
  // Directory
  131: 'a directory key is /conclave/user/ or /conclave/channel/ and 32 bytes',
  132: 'a directory value has at most 4 KiB',
  133: 'a directory value is a valid record of the key it stands under',
  134: 'a directory value is not older than the newest one known, nor another of the same seq',
  135: 'seq jumps at most 2^32 above the newest one known',
  136: 'a peer stays within its rate of directory puts',
  // Descriptors and invites
  201: 'a descriptor is canonical, within its size, of a known suite',
  202: 'the channel id is the hash of founder and salt',
  203: 'each version is signed by the founder, or by enough recovery keys',
  204: 'each version follows the one before by number and hash, and keeps founder and salt',
  205: 'one to seven distinct managers, and every field in its range',
  206: 'a descriptor is never older than the pinned one, nor another of the same version',
  207: 'an invite is canonical base32 of a known form',
  208: 'the descriptor found is the one the invite names, or follows it',
  // Statements
  301: 'a statement is canonical, for this channel, with the fields of its operation',
  302: 'a statement is signed by its author',
  303: 'the author may make this statement',
  304: 'a nick to be registered keeps the rules, is of a member, and looks like nobody else\u2019s on record',
  305: 'one nick registration of a user waits at a time',
  // Announcements
  401: 'the issuer is a manager of the descriptor',
  402: 'the descriptor named is the pinned one, or older on the way to it',
  403: 'the announcement is higher than the adopted one',
  404: 'a new root has the signatures its quorum asks for',
  405: 'payload and chunks have the hashes of the head',
  406: 'the announcement follows the adopted one',
  407: 'the epoch that follows none is by the founder, where it is a manager',
  408: 'the tree update applies, and the key that comes of it matches its commitment',
  409: 'terms stay below 2^53, and none jumps further than 2^16 without a quorum that has signed it',
  410: 'the sealed statements open, and each of them is valid',
  411: 'the log with the new statements has the announced head',
  412: 'the roster derived from the log has the announced hash',
  414: 'two announcements for one (term, serial) with a common signer are equivocation',
  415: 'later serials of a term come from the issuer of its first',
  416: 'a statement frame opens under the control key of an epoch held',
  417: 'a heartbeat comes from the key manager in office',
  418: 'a heartbeat is newer than the newest one heard',
  431: 'a co-signature is of a manager, for the announcement proposed, and verifies',
  432: 'a manager signs above its last promise only, and each number once',
  433: 'nobody stands against a manager in office that is heard of',
  434: 'a new root applies every removal known',
  435: 'a proposal follows the newest epoch of who signs it',
  // Presence and demands
  421: 'a digest opens under the control key of the epoch it names, and is canonical',
  422: 'a digest or leave is of a member',
  423: 'a digest is newer than the newest one heard of its start, which has not ended',
  424: 'a record in a digest is the own one of its author',
  425: 'a leave is of the start of its author that was heard last',
  426: 'a demand opens under the control key of the epoch in force, is canonical, and names it',
  427: 'a demand is of a member who may make statements about others',
  // Key requests, seen by the manager
  501: 'the request opens under a prekey of ours',
  502: 'the request is canonical, for this channel, manager and author',
  503: 'the request is signed by the user it names',
  504: 'the record is inline or known, valid, and has the hash the request names',
  505: 'the record is not older than the newest one known',
  506: 'the admission policy lets the user in',
  507: 'the invite token is on record, unexpired, unrevoked, and not used up by others',
  508: 'the challenge answer opens, is signed by the user, and names challenge and request',
  509: 'requests stay within their rate',
  510: 'a user who was removed needs a new admit',
  511: 'the channel is not full',
  // Grants, seen by the requester
  602: 'the grant comes from the manager that was asked',
  603: 'the grant names the pinned descriptor',
  604: 'the grant opens under prekey and one-time key with everything it binds',
  605: 'the grant is canonical and its path keys fit leaf and depth',
  606: 'the epoch secret matches the commitment in the key id',
  607: 'the announcement in the grant is valid and is the epoch granted',
  608: 'the statements are valid and have the head granted',
  609: 'the roster derived has the hash granted, and the requester is in it',
  611: 'the epoch granted is not lower than the adopted one',
  612: 'the challenge opens, comes from the manager asked, and names the request and record',
  613: 'earlier epochs granted are in order, below the one granted, and allowed by the history policy',
  // Messages
  701: 'the sender is in the roster of the epoch',
  702: 'each (sender, boot, counter) is accepted once, and within reach of the window',
  703: 'the Lamport time is within reach of ours',
  704: 'the message key matches its commitment',
  705: 'the message opens under everything it binds',
  706: 'the content is canonical, of one kind, within its limits',
  707: 'plain messages are for mixed and plain channels only, and for no group',
  708: 'the epoch is one this member may read',
  709: 'the sender has not been removed before this message',
  // Streams
  801: 'a question is canonical and of one known kind',
  802: 'an answer is canonical and within its limits',
  803: 'what is handed over is one message: a channel id and a frame, or a frame of a session',
  // Questions for records
  901: 'a question for a record opens under the control key of its epoch, for one user, with a usable one-time key',
  902: 'who asks for a record is a member',
  903: 'questions for records stay within their rate',
  904: 'the answer comes from the key manager in office',
  905: 'the answer opens under the one-time key with everything it binds',
  906: 'the record in the answer is valid, and of the user asked for',
  // Sessions
  1001: 'a start of a session opens under a prekey of ours',
  1002: 'a start is canonical, with a valid record of another user',
  1003: 'the one-time key of a start is ours and unused',
  1004: 'a start without one-time key counts once',
  1005: 'starts are of users who may start with us, and as many as they may',
  1006: 'no Diffie-Hellman key of a start or header is of small order',
  1007: 'the tag of a frame is that of a chain held',
  1008: 'a header opens under the header key of its chain and continues it',
  1009: 'the key of each message is used once',
  1010: 'a message is at most 1,000 ahead of those that came',
  1011: 'the message key matches its commitment',
  1012: 'the message opens under everything it binds',
  1013: 'the content is canonical, within its limits, of the life that its session is with',
  1014: 'what is said is within reach of what has come',
  1015: 'without one-time key nothing is said before there is an answer',
  1016: 'keys of messages that have not come are made within their rate',
  1017: 'starts are looked at no faster than who brings them and all together may bring them'
} as const

export type Check = keyof typeof CHECKS

/** A refusal as a value: which check failed. */
export class Refusal {
  readonly check: Check

  constructor(check: Check) {
    this.check = check
  }
}

/** Shorthand for `new Refusal(check)`, so that a refusal reads as one at the place it happens. */
export const refuse = (check: Check): Refusal => new Refusal(check)
