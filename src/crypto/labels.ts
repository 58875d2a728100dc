/**
 * Every domain-separation string, on one page.
 *
 * A label names one purpose and is used in one place. It is the first item of every hash, signature, KDF info and HPKE
 * info, in the framing of `framed`, so that no two inputs of different purpose or different parts are the same bytes.
 * Our inputs begin with a byte below 0x60, libp2p's own (Noise payload, signed envelopes) with ASCII letters or another
 * envelope domain, so no signature made for one is good for the other (the user key signs for both).
 */
import { assert } from '../base/assert.ts'
import { unwritten, utf8 } from '../base/bytes.ts'

/** The labels, `conclave/1/<object>/<purpose>`. */
export const LABEL = {
  /** Ed25519 over a carrier frame: topic, body as received. */
  frameSign: 'conclave/1/frame/sign',
  /** Eight characters of a user: key. */
  userFingerprint: 'conclave/1/user/fingerprint',
  /** Name of one version of a user record: envelope. */
  recordHash: 'conclave/1/user-record/hash',
  /** Prekey id: X25519 key, X-Wing key. */
  prekeyId: 'conclave/1/prekey/id',
  /** Digits of an epoch that its members compare: term, serial, roster hash. */
  groupCode: 'conclave/1/epoch/group-code',
  /** Name of a frame: topic, author, body. */
  frameId: 'conclave/1/frame/id',
  /** Channel id: founder, salt. */
  channelId: 'conclave/1/channel/id',
  /** Hash of one descriptor version: content. */
  descriptorHash: 'conclave/1/descriptor/hash',
  /** Ed25519 over a descriptor version: content. */
  descriptorSign: 'conclave/1/descriptor/sign',
  /** Checksum of an invite: its encoding. */
  inviteChecksum: 'conclave/1/invite/checksum',
  /** What the control log keeps of an invite token: channel, token. */
  inviteToken: 'conclave/1/invite/token',
  /** Ed25519 over a statement: content. */
  statementSign: 'conclave/1/statement/sign',
  /** Name of a statement: author, content. */
  statementId: 'conclave/1/statement/id',
  /** Leaf and inner node of a set's hash. */
  setLeaf: 'conclave/1/set/leaf',
  setNode: 'conclave/1/set/node',
  /** Hash of an announcement's payload, and of one chunk of it. */
  payloadHash: 'conclave/1/payload/hash',
  chunkHash: 'conclave/1/chunk/hash',
  /** Running hash over a line's announcements: transcript before, head without commitment and payload, tree. */
  transcript: 'conclave/1/epoch/transcript',
  treeHash: 'conclave/1/tree/hash',
  /** Ed25519 co-signature under an announcement: channel, group, id, term, serial. */
  coSign: 'conclave/1/announcement/co-sign',
  /** A manager's lot in the election for a term: channel, term, manager. */
  electionRank: 'conclave/1/election/rank',
  /** The key schedule: epoch secret from the tree's root, and what comes of it. */
  epochSecret: 'conclave/1/epoch/secret',
  epochInit: 'conclave/1/epoch/init',
  epochControl: 'conclave/1/epoch/control',
  epochReading: 'conclave/1/epoch/reading',
  epochCommitment: 'conclave/1/epoch/commitment',
  epochExporter: 'conclave/1/epoch/exporter',
  /** Of the first epoch of a group on one of its channel: what takes the place of the `init` before, and a member's leaf key. */
  groupInit: 'conclave/1/group/init',
  groupLeaf: 'conclave/1/group/leaf',
  /** Fresh path secret: random bytes mixed with the manager's secret, channel, group, time. */
  freshSecret: 'conclave/1/tree/fresh',
  /** Leaf secret of a rebuilt tree: Diffie-Hellman of term key and prekey. */
  rebuildLeaf: 'conclave/1/tree/rebuild-leaf',
  /** New leaf key of a member: Diffie-Hellman of term key and prekey. */
  refreshLeaf: 'conclave/1/tree/refresh-leaf',
  /** The key tree: what an update says; all that is derived under it is bound to it. */
  treeUpdate: 'conclave/1/tree/update',
  /** From a path secret: the node's key, and the path secret of the parent. */
  treeNode: 'conclave/1/tree/node',
  treePath: 'conclave/1/tree/path',
  /** From a node's key: the key that wraps, the key after it has wrapped, after a joiner came, and the new root above. */
  treeWrap: 'conclave/1/tree/wrap',
  treeRatchet: 'conclave/1/tree/ratchet',
  treeStep: 'conclave/1/tree/step',
  treeGrow: 'conclave/1/tree/grow',
  /** The secret tree: place of (sender, boot nonce), both children of a node, first secret of a chain. */
  secretTreePoint: 'conclave/1/secret-tree/point',
  secretTreeChild: 'conclave/1/secret-tree/child',
  secretTreeChain: 'conclave/1/secret-tree/chain',
  /** A sender's chain: the key of one message, and the next chain secret. */
  chainMessage: 'conclave/1/secret-tree/message',
  chainNext: 'conclave/1/secret-tree/next',
  /** Statements, digests and key questions under the control key: subkey context. */
  controlSeal: 'conclave/1/control/seal',
  /** The one key for an announcement's statements, from the control key. */
  announcedSeal: 'conclave/1/announcement/seal',
  /** One message: key, nonce and commitment from the chain's message key; its associated data. */
  messageKey: 'conclave/1/message/key',
  messageNonce: 'conclave/1/message/nonce',
  messageCommitment: 'conclave/1/message/commitment',
  messageAad: 'conclave/1/message/aad',
  /** Fresh boot nonce hedged with a durable start counter. */
  bootNonce: 'conclave/1/boot/nonce',
  /** Key request: HPKE info, name of its content, signature over it. */
  requestInfo: 'conclave/1/request/hpke',
  requestHash: 'conclave/1/request/hash',
  requestSign: 'conclave/1/request/sign',
  /** Challenge and its answer: HPKE info, name, signature. */
  challengeInfo: 'conclave/1/challenge/hpke',
  challengeHash: 'conclave/1/challenge/hash',
  answerInfo: 'conclave/1/challenge-answer/hpke',
  answerSign: 'conclave/1/challenge-answer/sign',
  /** Grant: HPKE info, PSK id. */
  grantInfo: 'conclave/1/grant/hpke',
  grantPskId: 'conclave/1/grant/psk-id',
  /** Answer to a question for a member's record: HPKE info. */
  publicKeyInfo: 'conclave/1/public-key/hpke',
  /** The start of a session: the key of its sealed part, what both ends agree on, and the first root and header keys. */
  sessionStart: 'conclave/1/session/start',
  sessionTranscript: 'conclave/1/session/transcript',
  sessionFirstRoot: 'conclave/1/session/first-root',
  sessionInitiatorHeader: 'conclave/1/session/initiator-header',
  sessionResponderHeader: 'conclave/1/session/responder-header',
  /** A Diffie-Hellman step of a session: next root and new chain; header key of the chain after it. */
  sessionStep: 'conclave/1/session/step',
  sessionNextHeader: 'conclave/1/session/next-header',
  /** A chain of a session: tag of its frames, nonce of a header; key of one message and next chain key. */
  sessionTag: 'conclave/1/session/tag',
  sessionHeaderNonce: 'conclave/1/session/header-nonce',
  sessionMessage: 'conclave/1/session/message',
  /** One message of a session: commitment and key, and nonce from its message key; its associated data. */
  sessionSeal: 'conclave/1/session/seal',
  sessionNonce: 'conclave/1/session/nonce',
  sessionAad: 'conclave/1/session/aad',
  /** Name of what was said to one user: sender, receiver, instance, number. */
  sessionText: 'conclave/1/session/text',
  sessionMark: 'conclave/1/session/mark',
  /** Name of the conversation of two users: both, the lower one first. */
  conversationId: 'conclave/1/conversation/id',
  /** Name of a start, so that it counts once: its encoding. */
  sessionStartHash: 'conclave/1/session/start-hash',
  /** Subkey of one sealed value at rest: salt, context. */
  atRestKey: 'conclave/1/at-rest/key',
  /** A home's vault: what its sealed store key is bound to, and the check value of an unprotected one. */
  vaultWrap: 'conclave/1/vault/wrap',
  vaultCheck: 'conclave/1/vault/check',
  /** From the store key: the keys of the schema row, of names, of values and of the file of cohort keys. */
  storeSchemaKey: 'conclave/1/store/schema-key',
  storeNameKey: 'conclave/1/store/name-key',
  storeValueKey: 'conclave/1/store/value-key',
  /** Tag of the schema row; what the database sees of a room's name and of an entry's. */
  storeSchema: 'conclave/1/store/schema',
  storeRoom: 'conclave/1/store/room',
  storeEntry: 'conclave/1/store/entry',
  storeCohort: 'conclave/1/store/cohort',
  storeCohortsKey: 'conclave/1/store/cohorts-key',
  /** Number of the newest write: in the database, and in the high-water mark beside it. */
  storeSequence: 'conclave/1/store/sequence',
  /** An exported identity: the key of its chunks, and the check value of the passphrase. */
  exportKey: 'conclave/1/export/key',
  exportCheck: 'conclave/1/export/check'
} as const

/** One of the strings of `LABEL`. */
export type Label = (typeof LABEL)[keyof typeof LABEL]

/** A label with its length byte stays below this, and so does the first byte of every framed input. */
const LENGTH_BYTE_LIMIT = 0x60

const prefixes = new Map<string, Uint8Array>()
for (const label of Object.values(LABEL)) {
  assert(/^conclave\/1\/[a-z0-9-]+\/[a-z0-9-]+$/.test(label), `label ${label} has the form conclave/1/object/purpose`)
  assert(label.length < LENGTH_BYTE_LIMIT, `label ${label} is short`)
  assert(!prefixes.has(label), `label ${label} has one purpose`)
  prefixes.set(label, utf8(String.fromCharCode(label.length) + label))
}

/**
 * The one framing of everything that is hashed, signed or given to a KDF: label with a length byte, each part with a u32
 * length. It is injective: different labels or different lists of parts never give the same bytes.
 *
 * @param label - the purpose.
 * @param parts - any bytes, each shorter than 2^32; not kept.
 * @returns fresh bytes: 1 + label + the sum of (4 + part) bytes.
 * @throws {InternalError} when the label is not on the page above.
 * @see protocol §3.5
 */
export function framed(label: Label, ...parts: readonly Uint8Array[]): Uint8Array {
  const prefix = prefixes.get(label)
  assert(prefix !== undefined, 'a label stands in LABEL')
  let length = prefix.length
  for (const part of parts) length += 4 + part.length
  const bytes = unwritten(length)
  bytes.set(prefix)
  let offset = prefix.length
  for (const part of parts) {
    const size = part.length
    bytes[offset] = size >>> 24
    bytes[offset + 1] = size >>> 16
    bytes[offset + 2] = size >>> 8
    bytes[offset + 3] = size
    bytes.set(part, offset + 4)
    offset += 4 + size
  }
  return bytes
}
