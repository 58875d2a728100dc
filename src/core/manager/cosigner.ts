/**
 * Signing what another manager proposes: this is the vote, and what keeps a removal from being undone (protocol §7).
 *
 * A number is signed once and never one below the last promise, which is durable before the signature goes out. Nobody signs
 * against a manager in office that it hears of, nor a root that it cannot follow itself, nor one whose roster ignores a removal
 * that it knows.
 */
import { EMPTY, equalBytes, hex } from '../../base/bytes.ts'
import { sign } from '../../crypto/sign.ts'
import { TERM_JUMP } from '../../wire/limits.ts'
import {
  attemptOf,
  type CheckedAnnouncement,
  coSignedBytes,
  equivocatorOf,
  officeOf,
  provesOffice,
  readProposal
} from '../channel/announcement.ts'
import type { Context } from '../channel/context.ts'
import type { LogPreview } from '../channel/control-log.ts'
import { type Frame, makeFrame } from '../channel/frame.ts'
import { isHigher } from '../channel/key-schedule.ts'
import { asUserId } from '../identity/user.ts'
import type { Env } from '../machine.ts'
import type { Out } from '../out.ts'
import { PROMISE_JUMP, PROMISE_JUMP_MS } from '../params.ts'
import { Refusal, refuse } from '../reject.ts'
import { appliesRemovals } from './batch.ts'

/** What the co-signer sees of the member in the same peer. */
export interface CoSignerSeat {
  readonly current: { readonly announcement: Uint8Array } | undefined
  /** What the log would be with a proposal that follows our epoch, tried on a copy; or why it cannot be followed. */
  tryProposal(proposal: CheckedAnnouncement): LogPreview | Refusal
  /** Whether a manager in office is heard of. */
  isLed(env: Env): boolean
  /** Two announcements prove that a manager lied. */
  raiseAlarm(first: CheckedAnnouncement, second: CheckedAnnouncement, env: Env, out: Out): void
  /** Asks a manager what there is after our epoch. */
  learn(from: Uint8Array, env: Env, out: Out): void
  /** A manager proposes what we could sign, but for the epoch that it follows, which we have not. */
  onProposer(from: Uint8Array, env: Env, out: Out): void
}

export class CoSigner {
  readonly #context: Context
  readonly #seat: CoSignerSeat
  /** What we signed last, to say it again when it got lost. */
  #signed: { readonly proposal: CheckedAnnouncement; readonly signature: Uint8Array } | undefined
  /** How much further than others the one in office may go since we last signed something, and from when it is more. */
  #leeway = 0
  #bearsFrom = Number.NEGATIVE_INFINITY

  constructor(context: Context, seat: CoSignerSeat) {
    this.#context = context
    this.#seat = seat
  }

  /**
   * Judges a proposal and answers its author.
   *
   * @param isInOffice - whether we are: nobody signs against itself.
   * @returns whether it is signed; `again`: it was before.
   */
  onProposal(frame: Frame, isInOffice: boolean, env: Env, out: Out): boolean | 'again' {
    if (this.#signed !== undefined && equalBytes(this.#signed.proposal.frame.id, frame.id)) {
      this.#answer({ frame, head: this.#signed.proposal.head }, this.#signed.signature, out)
      return 'again'
    }
    const proposal = readProposal(this.#context.charter, frame, this.#context.office.term)
    if (proposal instanceof Refusal) {
      out.reject(proposal)
      return false
    }
    const preview = this.#judge(proposal, isInOffice, env, out)
    if (preview instanceof Refusal) {
      out.reject(preview)
      this.#answer(proposal, EMPTY, out)
      return false
    }
    this.#sign(proposal, preview, out)
    return true
  }

  /** @returns what the log is with it, or as `followAnnouncement`. */
  #judge(proposal: CheckedAnnouncement, isInOffice: boolean, env: Env, out: Out): LogPreview | Refusal {
    const { promised, charter } = this.#context
    const { head, frame } = proposal
    const signed = this.#signed?.proposal
    if (signed !== undefined && equivocatorOf(charter.descriptor, signed, proposal) !== undefined) {
      this.#seat.raiseAlarm(signed, proposal, env, out)
      return refuse(414)
    }
    if (head.group.length > 0 || proposal.payload === undefined) return refuse(405)
    if (provesOffice(charter, proposal)) this.#context.noteOffice(officeOf(proposal))
    const { office } = this.#context
    const { current } = this.#seat
    const isFollowing = current === undefined || equalBytes(head.previous, current.announcement)
    // One of us is behind, or our ways have parted: each asks the other, also one in office that nobody tells of a later one.
    if (!isFollowing) this.#seat.learn(frame.author, env, out)
    const isOfOffice = equalBytes(frame.author, office.manager)
    const jump = TERM_JUMP + (isOfOffice ? this.#leeway : 0)
    if (head.key.term > Math.max(office.term, promised.term) + jump) {
      if (isOfOffice) this.#bear(env)
      return refuse(409)
    }
    if (head.key.serial > 1 && !(isOfOffice && head.key.term === office.term)) return refuse(415)
    if (!isHigher(head.key, promised)) return refuse(432)
    if (!isOfOffice && (isInOffice || this.#seat.isLed(env))) return refuse(433)
    if (!isFollowing) {
      this.#seat.onProposer(frame.author, env, out)
      return refuse(435)
    }
    const preview = this.#seat.tryProposal(proposal)
    if (preview instanceof Refusal) return preview
    return appliesRemovals(this.#context, preview) ? preview : refuse(434)
  }

  /**
   * Lies may have taken the one in office so far up while we were away. It cannot go back, and nobody else stands while it is
   * heard: by and by we bear it.
   */
  #bear({ uptimeMs }: Env): void {
    if (uptimeMs < this.#bearsFrom) return
    this.#leeway += PROMISE_JUMP
    this.#bearsFrom = uptimeMs + PROMISE_JUMP_MS
  }

  /** Promise and statements durable, then the signature. What we sign for we know: it is told, whatever becomes of it. */
  #sign(proposal: CheckedAnnouncement, preview: LogPreview, out: Out): void {
    const { frame, head } = proposal
    const context = this.#context
    const { self, log } = context
    const { term, serial } = head.key
    context.promised = { term, serial }
    this.#leeway = 0
    const fresh = preview.statements.filter((one) => log.mayBeKept(one) && log.addPending(one))
    const waiting = new Set(log.unappliedRemovals().map(({ id }) => hex(id)))
    const signed = new Set(preview.statements.map(({ id }) => hex(id)))
    context.signedFor = context.signedFor.union(signed).intersection(waiting)
    out.keep(context.row(), ...fresh.map((one) => context.pendingRow(one)))
    const signature = sign(self.key, coSignedBytes(frame, head.group, head.key))
    this.#signed = { proposal, signature }
    this.#answer(proposal, signature, out)
  }

  /** Says yes, or no with an empty signature; and in any case the promise, above which its author may have to go. */
  #answer({ frame, head }: Pick<CheckedAnnouncement, 'frame' | 'head'>, signature: Uint8Array, out: Out): void {
    const { channel, self, promised } = this.#context
    const { term, serial } = head.key
    const numbers = { term, serial, promisedTerm: promised.term, promisedSerial: promised.serial }
    const coSignature = { announcement: frame.id, signature, ...numbers, attempt: attemptOf(frame) }
    const { bytes } = makeFrame(channel, self.key, { coSignature })
    out.push({ type: 'publish', channel, frame: bytes, to: asUserId(frame.author) })
  }
}
