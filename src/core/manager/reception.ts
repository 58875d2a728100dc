/**
 * Key requests as the manager receives them (protocol §6): opened, judged, challenged where that is due, and kept for the next
 * epoch; and the grants that answer them.
 */
import { EMPTY, equalBytes, hex } from '../../base/bytes.ts'
import { SECOND_MS } from '../../base/time.ts'
import { trim } from '../../base/trim.ts'
import { PADDABLE_BYTES } from '../../wire/codec.ts'
import { Authentication, type Body, type Grant, GrantContent, type KeyId, Operation } from '../../wire/messages.ts'
import { certificateOf, type IssuedEpoch } from '../channel/announcement.ts'
import type { Context } from '../channel/context.ts'
import type { LogPreview } from '../channel/control-log.ts'
import { isManagerOf } from '../channel/descriptor.ts'
import { packEarlier } from '../channel/earlier-epochs.ts'
import { type Frame, makeFrame } from '../channel/frame.ts'
import { type GrantTerms, sealGrant } from '../channel/grant.ts'
import { CHALLENGE_BYTES, challengeHash, openChallengeAnswer, sealChallenge } from '../channel/key-request.ts'
import { readStatement } from '../channel/statement.ts'
import { asUserId } from '../identity/user.ts'
import type { Env } from '../machine.ts'
import type { Out } from '../out.ts'
import {
  CHALLENGE_MS,
  CHALLENGES,
  HANDED_TRIES,
  INLINE_LOG_BYTES,
  KEPT_GRANTS,
  OWN_RECORD_MS,
  PENDING_REQUESTS,
  REQUESTS_PER_SECOND
} from '../params.ts'
import { Refusal } from '../reject.ts'
import { type Applicant, judgeApplicant, readApplicant } from './admission.ts'
import type { Archive } from './archive.ts'
import type { TreePath } from './tree-keeper.ts'

/** What the next epoch can be followed from: of the epoch held, with its certificate. */
export interface Footing {
  readonly key: KeyId
  readonly announcement: Uint8Array
  readonly transcript: Uint8Array
  readonly init: Uint8Array
  readonly control: Uint8Array
  readonly notAfter: number
}

/** What follows from a request. */
export interface Following {
  /** Somebody waits for the next epoch. */
  onEnlisted(env: Env, out: Out): void
  /** There are statements that no epoch covers. */
  onNews(env: Env, out: Out): void
}

interface Challenged {
  readonly applicant: Applicant
  readonly challenge: Uint8Array
  readonly nonce: Uint8Array
  readonly until: number
}

export class Reception {
  readonly #context: Context
  readonly #archive: Archive
  readonly #following: Following
  /** Applicants for the next epoch, by user. */
  readonly applicants = new Map<string, Applicant>()
  readonly #challenged = new Map<string, Challenged>()
  /** Requests whose record is being looked up, by user. A further try does not wait for it: what is known has to do. */
  readonly #unknown = new Map<string, Frame>()
  /** Grants given, by the request's one-time author. */
  readonly #granted = new Map<string, { grant: Grant; user: Uint8Array; attempt: number }>()
  #second = { at: 0, requests: 0 }

  constructor(context: Context, archive: Archive, following: Following) {
    this.#context = context
    this.#archive = archive
    this.#following = following
  }

  unsafeFills(): { readonly name: string; readonly size: number; readonly cap: number }[] {
    return [
      { name: 'applicants', size: this.applicants.size, cap: PENDING_REQUESTS },
      { name: 'challenges', size: this.#challenged.size, cap: CHALLENGES },
      { name: 'unknown requesters', size: this.#unknown.size, cap: CHALLENGES },
      { name: 'kept grants', size: this.#granted.size, cap: KEPT_GRANTS }
    ]
  }

  onKeyRequest(frame: Frame, env: Env, out: Out): void {
    if (this.#repeatGrant(frame, out) || this.#isEnlisted(frame)) return
    if (!this.#takeRequest(env)) return out.reject(509)
    const isLookedUp = (user: Uint8Array): boolean => this.#unknown.has(hex(user))
    const applicant = readApplicant(this.#context, frame, frame.body.keyRequest!, isLookedUp, env)
    if (applicant instanceof Refusal) {
      if (applicant.check === 501) this.#seekOwnRecord(env, out)
      return out.reject(applicant)
    }
    if ('lookUp' in applicant) {
      if (this.#unknown.size >= CHALLENGES) return out.reject(504)
      this.#unknown.set(hex(applicant.lookUp), frame)
      return out.push({ type: 'lookUp', kind: 'user', id: applicant.lookUp })
    }
    const refusal = judgeApplicant(this.#context, applicant, 0, new Map(), env)
    if (refusal !== undefined) {
      const isUnknown = refusal.check === 506 || refusal.check === 507
      if (!isUnknown || !this.#learnAdmits(applicant, env, out)) out.reject(refusal)
      return
    }
    // A recorded request can be sent again by anybody, but only its user can answer a challenge. The first admission needs
    // none: a request of somebody unknown, repeated, is one of somebody known.
    const isChallenged =
      this.#context.charter.descriptor.authentication === Authentication.BY_CHALLENGE ||
      this.#context.log.knows(applicant.user)
    if (isChallenged) this.#challenge(applicant, env, out)
    else this.#enlist(applicant, env, out)
  }

  /**
   * Takes in the statements by which somebody was let in who is no member to our knowledge: an epoch may have covered them that
   * nobody else has any more. Its next try finds it a member.
   */
  #learnAdmits({ user, admits }: Applicant, env: Env, out: Out): boolean {
    const { channel, log } = this.#context
    let isNews = false
    for (const bytes of admits) {
      const one = readStatement(channel, bytes)
      if (one instanceof Refusal || !log.mayTell(one)) continue
      const { operation, subject } = one.statement
      if (operation !== Operation.ADMIT || !equalBytes(subject, user) || !log.addPending(one)) continue
      out.keep(this.#context.pendingRow(one))
      isNews = true
    }
    if (isNews) this.#following.onNews(env, out)
    return isNews
  }

  /** What others seal to may be of a newer record of ours, which another life of ours has made. */
  #seekOwnRecord(env: Env, out: Out): void {
    const { self, user, manager } = this.#context
    // Of others' requests on the topic none opens for who is not in office.
    if (!equalBytes(manager, user) || env.uptimeMs < (self.seekAgainAt ?? env.uptimeMs)) return
    self.seekAgainAt = env.uptimeMs + OWN_RECORD_MS
    this.#context.seekRecord(user, out)
  }

  /** The directory's answer about a user whose request waits. */
  onRecord(user: Uint8Array, env: Env, out: Out): void {
    const frame = this.#unknown.get(hex(user))
    if (frame === undefined) return
    if (this.#context.records.get(user) === undefined) out.reject(504)
    else this.onKeyRequest(frame, env, out)
    this.#unknown.delete(hex(user))
  }

  onChallengeAnswer(frame: Frame, env: Env, out: Out): void {
    if (!this.#takeRequest(env)) return out.reject(509)
    const { self, channel, user } = this.#context
    const body = frame.body.challengeAnswer!
    const prekey = self.prekeys.find(body.prekey)
    if (prekey === undefined) return out.reject(508)
    const answer = openChallengeAnswer(channel, frame.author, body, user, prekey)
    if (answer instanceof Refusal) return out.reject(answer)
    const waiting = this.#challenged.get(hex(answer.request))
    const isAnswered =
      waiting !== undefined &&
      waiting.until > env.uptimeMs &&
      equalBytes(answer.user, waiting.applicant.user) &&
      equalBytes(answer.challenge, waiting.challenge) &&
      equalBytes(answer.nonce, waiting.nonce)
    if (!isAnswered) return out.reject(508)
    this.#challenged.delete(hex(answer.request))
    this.#enlist(waiting.applicant, env, out)
  }

  /**
   * Whether this is a further try of a request that waits for the next epoch. Challenged again and answered after that, it
   * would be granted a second time, which undoes the first.
   */
  #isEnlisted(frame: Frame): boolean {
    const author = hex(frame.author)
    const applicant = [...this.applicants.values()].find((one) => one.author === author)
    if (applicant === undefined) return false
    applicant.attempt = Math.max(applicant.attempt, frame.body.keyRequest!.attempt)
    return true
  }

  #challenge(applicant: Applicant, env: Env, out: Out): void {
    const { channel, user } = this.#context
    const nonce = env.random(CHALLENGE_BYTES)
    const { seq, hash } = applicant.record
    const parties = { channel, manager: user, user: applicant.user, recordSeq: seq, recordHash: hash }
    const content = { ...parties, request: applicant.request, nonce }
    const challenge = sealChallenge(content, applicant.record.prekey, applicant.attempt, env.random)
    if (challenge === undefined) return out.reject(504)
    const until = env.uptimeMs + CHALLENGE_MS
    this.#challenged.set(hex(applicant.request), { applicant, challenge: challengeHash(content), nonce, until })
    trim(this.#challenged, CHALLENGES)
    this.#answer({ challenge }, applicant.user, applicant.attempt, out)
  }

  /** Answers a further try of a request that was granted in this term: from there the announcements lead on. */
  #repeatGrant(frame: Frame, out: Out): boolean {
    const given = this.#granted.get(hex(frame.author))
    if (given === undefined) return false
    const { attempt } = frame.body.keyRequest!
    if (given.grant.key!.term !== this.#context.promised.term) return false
    if (attempt <= given.attempt) return true
    given.attempt = attempt
    this.#answer({ grant: { ...given.grant, attempt } }, given.user, attempt, out)
    return true
  }

  /** To the requester alone, unless it has asked so often that there is something wrong with that way. */
  #answer(body: Body, user: Uint8Array, attempt: number, out: Out): void {
    const { channel, self } = this.#context
    const to = attempt < HANDED_TRIES && { to: asUserId(user) }
    out.push({ type: 'publish', channel, frame: makeFrame(channel, self.key, body).bytes, ...to })
  }

  #takeRequest(env: Env): boolean {
    if (env.uptimeMs >= this.#second.at + SECOND_MS) this.#second = { at: env.uptimeMs, requests: 0 }
    return ++this.#second.requests <= REQUESTS_PER_SECOND
  }

  #enlist(applicant: Applicant, env: Env, out: Out): void {
    const name = hex(applicant.user)
    if (this.applicants.size >= PENDING_REQUESTS && !this.applicants.has(name)) return out.reject(509)
    this.#context.records.take(applicant.record, env.now, out)
    this.applicants.set(name, applicant)
    this.#following.onEnlisted(env, out)
  }

  /**
   * Grants an epoch that was just issued.
   *
   * @param path - the applicant's path in the tree of that epoch.
   */
  grant(applicant: Applicant, issued: IssuedEpoch, preview: LogPreview, path: TreePath, env: Env, out: Out): void {
    const { charter, log } = this.#context
    const isLogComplete = log.announcedBytes <= INLINE_LOG_BYTES
    const bare = {
      epochSecret: issued.epochSecret,
      ...path,
      announcement: certificateOf(issued.announcement).bytes,
      statements: isLogComplete ? log.announced().map((one) => one.bytes) : [],
      isLogComplete,
      earlier: [],
      notAfter: issued.announcement.body.announcement!.notAfter,
      init: EMPTY,
      control: EMPTY
    }
    const room = PADDABLE_BYTES - GrantContent.encode(bare).length
    const earlier = this.#archive.earlierFor(applicant.user, issued.key, applicant.highest, env.now)
    const content = { ...bare, earlier: packEarlier(earlier, room) }
    const terms = {
      request: applicant.request,
      group: EMPTY,
      key: issued.key,
      transcript: issued.transcript,
      roster: preview.roster.hash,
      logHead: preview.ids.root(),
      descriptor: charter.ref
    }
    const grant = this.#seal(applicant, terms, content, env)
    if (grant === undefined) return out.reject(504)
    this.#granted.set(applicant.author, { grant, user: applicant.user, attempt: applicant.attempt })
    trim(this.#granted, KEPT_GRANTS)
    this.#answer({ grant }, applicant.user, applicant.attempt, out)
  }

  /**
   * Gives the other managers that ask a footing on our epoch: while nobody is in office, or too few sign for the one who is,
   * nobody can grant its key, but who has a footing can sign the next one, and then follow it.
   *
   * @returns whether one asks.
   */
  giveFooting({ key, announcement, transcript, init, control, notAfter }: Footing, env: Env, out: Out): boolean {
    const { charter, log } = this.#context
    const managers = [...this.applicants.values()].filter(({ user }) => isManagerOf(charter.descriptor, user))
    const isLogComplete = log.announcedBytes <= INLINE_LOG_BYTES
    const statements = isLogComplete ? log.announced().map((one) => one.bytes) : []
    const secrets = { epochSecret: EMPTY, leaf: 0, depth: 0, pathKeys: EMPTY, init, control }
    const content = { ...secrets, announcement, statements, isLogComplete, earlier: [], notAfter }
    const place = { group: EMPTY, key, transcript, roster: log.roster.hash, logHead: log.head, descriptor: charter.ref }
    for (const applicant of managers) {
      this.applicants.delete(hex(applicant.user))
      const grant = this.#seal(applicant, { request: applicant.request, ...place }, content, env)
      if (grant !== undefined) this.#answer({ grant }, applicant.user, applicant.attempt, out)
    }
    return managers.length > 0
  }

  #seal(applicant: Applicant, terms: GrantTerms, content: GrantContent, env: Env): Grant | undefined {
    const { channel, user } = this.#context
    const parties = { channel, manager: user, requester: applicant.user }
    const { record, oneTimeKey, attempt } = applicant
    return sealGrant(terms, parties, content, record.prekey, oneTimeKey, attempt, env.random)
  }
}
