/**
 * Asking for the key of a channel, and checking what comes back (protocol §6).
 *
 * One request at a time: its one-time keys live as long as it does, its tries differ in number alone. A grant is believed
 * when it answers this request, comes from the manager asked, opens with everything it binds, and everything in it agrees:
 * key with commitment, announcement with signatures, statements with log head, roster with its hash, requester in it.
 */
import { EMPTY, equalBytes } from '../../base/bytes.ts'
import { KEM_SEED_BYTES, type KemKeyPair, x25519KeyPair } from '../../crypto/kem.ts'
import { type SigningKey, signingKey } from '../../crypto/sign.ts'
import { NONCE_BYTES, SHOWN_ADMITS } from '../../wire/limits.ts'
import { type Grant, type GrantContent, HistoryPolicy, type KeyId, type KeyRequest } from '../../wire/messages.ts'
import { Allowance } from '../allowance.ts'
import { type CheckedAnnouncement, readCertificate } from '../channel/announcement.ts'
import type { Context } from '../channel/context.ts'
import { ControlLog, type LogPreview } from '../channel/control-log.ts'
import { isManagerOf, isSameDescriptor } from '../channel/descriptor.ts'
import { type ReadableEpoch, unpackEarlier } from '../channel/earlier-epochs.ts'
import { type Frame, makeFrame } from '../channel/frame.ts'
import { openGrant } from '../channel/grant.ts'
import { challengeHash, openChallenge, sealChallengeAnswer, sealRequest } from '../channel/key-request.ts'
import { type EpochKeys, epochKeysOf, isHigher } from '../channel/key-schedule.ts'
import { type CheckedStatement, readStatement } from '../channel/statement.ts'
import type { Prekey, PrekeyPair } from '../identity/prekeys.ts'
import { asUserId } from '../identity/user.ts'
import type { Env } from '../machine.ts'
import type { Out } from '../out.ts'
import {
  GRANTED_EPOCHS,
  HANDED_PATIENCE_MS,
  HANDED_TRIES,
  HANDING_MS,
  KEY_REQUEST_MS,
  KEY_REQUESTS_AT_ONCE,
  RETRY_MS
} from '../params.ts'
import { Refusal, refuse } from '../reject.ts'

/** The receipt of a request that is handed over. */
export const REQUEST_RECEIPT = 'request'

/** Tries without an answer after which a user is told that there is none. */
const SILENCE_TRIES = 4

interface Pending {
  readonly manager: Uint8Array
  readonly managerPrekey: Prekey
  readonly author: SigningKey
  readonly oneTimeKey: KemKeyPair
  readonly prekey: PrekeyPair
  readonly recordSeq: number
  readonly recordHash: Uint8Array
  readonly body: KeyRequest
  readonly hash: Uint8Array
  attempt: number
  /** Wait after the newest try, when it is on the topic. */
  waitMs: number
  /** `Env.uptimeMs` of the next try. */
  nextAt: number
}

/** A grant that was checked as far as its log goes. */
export interface CheckedGrant {
  readonly grant: Grant
  readonly key: KeyId
  readonly content: GrantContent
  readonly keys: EpochKeys
  /** Of before our time, newest first. */
  readonly earlier: readonly ReadableEpoch[]
  readonly certificate: CheckedAnnouncement
  readonly statements: readonly CheckedStatement[]
}

/** Asks until there is a key. */
export class KeyAsker {
  readonly #context: Context
  #pending: Pending | undefined
  #tries = 0
  /** However often the request begins anew: with each epoch, and with each manager that takes office. */
  readonly #allowance = new Allowance(KEY_REQUESTS_AT_ONCE, KEY_REQUEST_MS)

  constructor(context: Context) {
    this.#context = context
  }

  get isAsking(): boolean {
    return this.#pending !== undefined
  }

  /**
   * Whether the request under way is of no more use: nobody who knows our newer record takes one under the record before,
   * nor does a manager open what is sealed to a prekey of a life that it has not lived.
   */
  get isOutdated(): boolean {
    const pending = this.#pending
    if (pending === undefined) return false
    const { self, records } = this.#context
    const known = records.get(pending.manager)?.prekey.id ?? EMPTY
    return pending.recordSeq < self.record.seq || !equalBytes(known, pending.managerPrekey.id)
  }

  /** Who is asked by the request under way. */
  get asked(): Uint8Array | undefined {
    return this.#pending?.manager
  }

  /** Whether several tries went unanswered: refused, or nobody there. The two look alike on purpose. */
  get isUnanswered(): boolean {
    return this.#tries > SILENCE_TRIES
  }

  /** `Env.uptimeMs` of the next try, or undefined when none is due. */
  get nextAt(): number | undefined {
    return this.#pending && Math.max(this.#pending.nextAt, this.#allowance.nextAt)
  }

  /**
   * Starts a request, unless one is under way; its first try goes out as soon as the allowance lets it.
   *
   * @param manager - whom to ask; its prekey comes from its record.
   * @param highest - the newest epoch held.
   * @param token - 16 bytes of the invite, or empty.
   */
  ask(
    manager: Uint8Array,
    managerPrekey: Prekey,
    highest: KeyId | undefined,
    token: Uint8Array,
    env: Env,
    out: Out
  ): void {
    if (this.#pending !== undefined) return
    const { self, channel, charter, log } = this.#context
    const author = signingKey(env.random(32))
    const oneTimeKey = x25519KeyPair(env.random(KEM_SEED_BYTES))
    const { record } = self
    const prekey = self.prekeys.find(record.prekey.id)
    if (prekey === undefined) return
    const content = {
      channel,
      manager,
      user: self.key.publicKey,
      author: author.publicKey,
      nonce: env.random(NONCE_BYTES),
      oneTimeKey: oneTimeKey.publicKey,
      descriptor: charter.ref,
      logHead: log.head,
      lines: [{ group: EMPTY, ...(highest && { highest }) }],
      recordSeq: record.seq,
      recordHash: record.hash,
      record: record.bytes,
      inviteToken: token,
      admits: log
        .admittingOf(self.key.publicKey)
        .slice(0, SHOWN_ADMITS)
        .map(({ bytes }) => bytes)
    }
    const request = sealRequest(content, self.key, managerPrekey, 0, env.random)
    if (request === undefined) return
    this.#pending = {
      manager,
      managerPrekey,
      author,
      oneTimeKey,
      prekey,
      recordSeq: record.seq,
      recordHash: record.hash,
      body: request.body,
      hash: request.hash,
      attempt: 0,
      waitMs: 0,
      nextAt: env.uptimeMs
    }
    this.wake(env, out)
  }

  /** Tries again when it is time. @returns whether the request should be made afresh: the manager's prekey may be stale. */
  wake(env: Env, out: Out): 'waiting' | 'stale' {
    const pending = this.#pending
    if (pending === undefined || env.uptimeMs < this.nextAt!) return 'waiting'
    if (this.isOutdated) {
      // The same manager is asked anew.
      this.stop()
      return 'waiting'
    }
    if (pending.attempt >= SILENCE_TRIES) {
      this.stop()
      return 'stale'
    }
    this.#send(pending, env, out)
    return 'waiting'
  }

  /** Gives up the request under way; the count of tries stays. */
  stop(): void {
    this.#pending?.oneTimeKey.destroy()
    this.#pending = undefined
  }

  /** The key is there. */
  settle(): void {
    this.stop()
    this.#tries = 0
  }

  /** The newest try is with the manager, and there is no hurry to make the next; or it is on the topic. */
  onPublished(isHanded: boolean, env: Env): void {
    const pending = this.#pending
    if (pending === undefined) return
    const patienceMs = HANDED_PATIENCE_MS * 2 ** (pending.attempt - 1)
    pending.nextAt = env.uptimeMs + (isHanded ? patienceMs : pending.waitMs)
  }

  #send(pending: Pending, env: Env, out: Out): void {
    const { channel, name } = this.#context
    const body = { ...pending.body, attempt: pending.attempt }
    // Managers ask one of the others after the other, and none can be elected without those that have no footing.
    const isSlow = this.#tries > SILENCE_TRIES && !this.#context.isManager
    const wait = RETRY_MS[Math.min(pending.attempt + (isSlow ? SILENCE_TRIES : 0), RETRY_MS.length - 1)]!
    pending.waitMs = wait * (1 + env.random(1)[0]! / 1024)
    pending.attempt++
    this.#tries++
    this.#allowance.take(env.uptimeMs)
    const isHanded = body.attempt < HANDED_TRIES
    pending.nextAt = env.uptimeMs + (isHanded ? HANDING_MS : pending.waitMs)
    const frame = makeFrame(channel, pending.author, { keyRequest: body }).bytes
    const handed = isHanded && { to: asUserId(pending.manager), receipt: `${name}:${REQUEST_RECEIPT}` }
    out.push({ type: 'publish', channel, frame, ...handed })
  }

  /** Answers a challenge to the request under way. */
  onChallenge(frame: Frame, env: Env, out: Out): Refusal | undefined {
    const challenge = frame.body.challenge!
    const pending = this.#pending
    if (pending === undefined || !equalBytes(challenge.request, pending.hash)) return undefined
    if (!equalBytes(frame.author, pending.manager)) return refuse(612)
    const { self, channel } = this.#context
    const user = self.key.publicKey
    const content = openChallenge(channel, challenge, pending.prekey, {
      channel,
      manager: pending.manager,
      user,
      recordSeq: pending.recordSeq,
      recordHash: pending.recordHash,
      request: pending.hash
    })
    if (content instanceof Refusal) return content
    const answer = sealChallengeAnswer(
      {
        channel,
        manager: pending.manager,
        user,
        author: pending.author.publicKey,
        request: pending.hash,
        challenge: challengeHash(content),
        nonce: content.nonce
      },
      self.key,
      pending.managerPrekey,
      challenge.attempt,
      env.random
    )
    if (answer === undefined) return refuse(612)
    const { bytes } = makeFrame(channel, pending.author, { challengeAnswer: answer })
    const handed = challenge.attempt < HANDED_TRIES && { to: asUserId(pending.manager) }
    out.push({ type: 'publish', channel, frame: bytes, ...handed })
    return undefined
  }

  /**
   * Opens and checks a grant, all but its log.
   *
   * @param adopted - the newest epoch held.
   * @returns undefined when it is not for us: an ordinary thing, grants of others pass by.
   */
  readGrant(frame: Frame, adopted: KeyId | undefined): CheckedGrant | Refusal | undefined {
    const grant = frame.body.grant!
    const pending = this.#pending
    if (pending === undefined || !equalBytes(grant.request, pending.hash)) return undefined
    const { self, channel, charter } = this.#context
    if (!equalBytes(frame.author, pending.manager) || !isManagerOf(charter.descriptor, frame.author)) return refuse(602)
    if (!isSameDescriptor(grant.descriptor!, charter.ref)) return refuse(603)
    const key = grant.key!
    if (grant.group.length !== 0) return refuse(604)
    if (adopted !== undefined && isHigher(adopted, key)) return refuse(611)
    const parties = { channel, manager: frame.author, requester: self.key.publicKey }
    const content = openGrant(grant, parties, pending.prekey, pending.oneTimeKey)
    if (content instanceof Refusal) return content
    const isFooting = content.epochSecret.length === 0
    if (isFooting && !this.#context.isManager) return refuse(605)
    const keys = isFooting
      ? { ...content, reading: EMPTY, exporter: EMPTY, commitment: key.commitment }
      : epochKeysOf(content.epochSecret, { channel, group: EMPTY }, key.term, key.serial)
    if (!equalBytes(keys.commitment, key.commitment)) return refuse(606)
    const certificate = readCertificate(charter, content.announcement, key.term)
    if (certificate instanceof Refusal || !isOf(certificate, grant)) return refuse(607)
    const earlier = unpackEarlier({ channel, group: EMPTY }, key, content.earlier, GRANTED_EPOCHS)
    const isNone = charter.descriptor.history === HistoryPolicy.NONE
    if (earlier === undefined || (isNone && earlier.length > 0)) return refuse(613)
    const statements: CheckedStatement[] = []
    for (const bytes of content.statements) {
      const statement = readStatement(channel, bytes)
      if (statement instanceof Refusal) return refuse(608)
      statements.push(statement)
    }
    return { grant, key, content, keys, earlier, certificate, statements }
  }
}

/** the certificate in a grant is of the very epoch granted. */
function isOf({ head }: CheckedAnnouncement, grant: Grant): boolean {
  const key = grant.key!
  return (
    head.group.length === 0 &&
    head.key.term === key.term &&
    head.key.serial === key.serial &&
    equalBytes(head.key.commitment, key.commitment) &&
    equalBytes(head.roster, grant.roster) &&
    equalBytes(head.logHead, grant.logHead)
  )
}

/**
 * Checks the log that belongs to a grant, complete, against what the member knows already.
 *
 * @returns a new log and its preview, to take the place of the old one; or. A removal that it ignores
 * waits: the key is taken, and nothing is sent under it until the removal is in force (§7.4).
 */
export function readGrantedLog(
  context: Context,
  { grant }: CheckedGrant,
  statements: readonly CheckedStatement[]
): { log: ControlLog; preview: LogPreview } | Refusal {
  const log = new ControlLog(context.charter)
  const preview = log.preview(statements)
  if (preview instanceof Refusal) return refuse(608)
  if (!equalBytes(preview.ids.root(), grant.logHead)) return refuse(608)
  if (!equalBytes(preview.roster.hash, grant.roster)) return refuse(609)
  if (!preview.roster.members.has(context.self.key.publicKey)) return refuse(609)
  log.commit(preview)
  for (const known of context.log.announced()) log.addStranded(known)
  for (const known of context.log.pending()) log.addPending(known)
  return { log, preview }
}
