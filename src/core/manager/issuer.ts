/**
 * How an epoch of the channel comes into force: its number is promised, the epoch is made, the other managers sign it where it
 * needs them (protocol §7), and then it is adopted and told.
 *
 * A (term, serial) is used once: it is kept durably as promised before anything is signed under it.
 */
import { assert } from '../../base/assert.ts'
import { EMPTY, equalBytes } from '../../base/bytes.ts'
import { SECOND_MS } from '../../base/time.ts'
import { type Reason, TreeUpdateKind } from '../../wire/messages.ts'
import { certificateOf, type EpochTerms, type IssuedEpoch, issueEpoch } from '../channel/announcement.ts'
import type { Context } from '../channel/context.ts'
import type { LogPreview } from '../channel/control-log.ts'
import { needsQuorum } from '../channel/election.ts'
import { FIRST_TRANSCRIPT } from '../channel/key-schedule.ts'
import type { CheckedStatement } from '../channel/statement.ts'
import type { Agenda } from '../deadlines.ts'
import type { Env } from '../machine.ts'
import type { Out } from '../out.ts'
import { PROPOSAL_MS } from '../params.ts'
import { Refusal } from '../reject.ts'
import { announceable } from './batch.ts'
import { type EpochNumber, Proposal } from './proposal.ts'
import { type PlannedChange, TreeKeeper, type TreePath } from './tree-keeper.ts'

/** What the issuer sees of the member in the same peer. */
export interface IssuerSeat {
  readonly current:
    | { readonly announcement: Uint8Array; readonly transcript: Uint8Array; readonly init: Uint8Array }
    | undefined
  /** Adopts an epoch of ours; `publish` is called once it is durable in the order of effects. */
  adopt(
    issued: IssuedEpoch,
    terms: { readonly notAfter: number; readonly reason: Reason },
    preview: LogPreview,
    path: TreePath,
    publish: () => void,
    env: Env,
    out: Out
  ): void
}

/** What there is to make an epoch of. */
export interface Plan {
  readonly reason: Reason
  readonly number: EpochNumber
  readonly change: PlannedChange
  readonly preview: LogPreview
  /** Called once it is in force. */
  readonly whenInForce: (issued: IssuedEpoch, env: Env, out: Out) => void
}

/** An epoch that waits for its signatures. */
interface Draft {
  readonly plan: Plan
  readonly terms: EpochTerms
  readonly proposal: Proposal
}

export class Issuer {
  readonly keeper: TreeKeeper
  readonly #context: Context
  readonly #seat: IssuerSeat
  readonly #agenda: Agenda<'proposal'>
  /** Called when an epoch comes into force, before it is adopted. */
  readonly #onEpoch: (isRoot: boolean, env: Env) => void
  #draft: Draft | undefined
  /** What shows that we are in office: the certificate of the term that we opened last. */
  #certificate = EMPTY

  constructor(
    context: Context,
    seat: IssuerSeat,
    agenda: Agenda<'proposal'>,
    onEpoch: (isRoot: boolean, env: Env) => void
  ) {
    this.#context = context
    this.#seat = seat
    this.#agenda = agenda
    this.#onEpoch = onEpoch
    this.keeper = new TreeKeeper(context)
  }

  /** What the other managers are asked to sign. While there is something, everything else waits for it. */
  get draft(): Draft | undefined {
    return this.#draft
  }

  /** Whether the draft still follows the epoch held. */
  get isCurrent(): boolean {
    const current = this.#seat.current?.announcement ?? EMPTY
    return this.#draft !== undefined && equalBytes(this.#draft.terms.previous, current)
  }

  /** What the log would be with what waits in it, and with these statements, checked ones. */
  preview(statements: readonly CheckedStatement[]): LogPreview {
    const preview = this.#context.log.preview([...announceable(this.#context), ...statements])
    assert(!(preview instanceof Refusal), 'what may be announced may be previewed')
    return preview
  }

  /** The number after the one promised last. */
  get nextNumber(): EpochNumber {
    const { term, serial } = this.#context.promised
    return { term, serial: serial + 1 }
  }

  /** Keeps a number durably as used. */
  promise({ term, serial }: EpochNumber, out: Out): void {
    this.#context.promised = { term, serial }
    out.keep(this.#context.row())
  }

  /** Makes one epoch: in force at once, or when the other managers have signed it. */
  issue(plan: Plan, env: Env, out: Out): void {
    const { reason, number, change, preview } = plan
    const { channel, self, charter } = this.#context
    const before = this.#seat.current
    const isQuorum = needsQuorum(charter.descriptor)
    const isStep = change.update.kind === TreeUpdateKind.STEP && number.serial > 1
    const terms = {
      line: { channel, group: EMPTY },
      ...number,
      descriptor: charter.ref,
      previous: before?.announcement ?? EMPTY,
      reason,
      notAfter: env.now + charter.descriptor.keyLifetimeSeconds * SECOND_MS,
      certificate: isQuorum && number.serial > 1 ? this.#certificate : EMPTY
    }
    // A first epoch is had by grant alone: what it follows from is forgotten at once.
    const init = before?.init ?? this.keeper.fresh(EMPTY, env)
    const chain = { init, transcript: before?.transcript ?? FIRST_TRANSCRIPT }
    const issued = issueEpoch(self.key, terms, preview, change.update, change.rootKey, chain)
    this.promise(number, out)
    const isBeginning = before === undefined && equalBytes(charter.descriptor.founder, self.key.publicKey)
    if (!isQuorum || isStep || isBeginning) return this.#enforce(issued, plan, terms, env, out)
    this.#draft = { plan, terms, proposal: new Proposal(this.#context, issued, preview, env) }
    this.propose(env, out)
  }

  /** Sends the draft to whoever has not signed it. */
  propose(env: Env, out: Out): void {
    this.#draft?.proposal.send(out)
    this.#agenda.set('proposal', env.uptimeMs + PROPOSAL_MS)
  }

  /** Gives the draft up. */
  drop(): void {
    this.#draft = undefined
    this.#agenda.set('proposal', undefined)
  }

  /** Puts the draft in force once it has all its signatures. */
  conclude(env: Env, out: Out): void {
    if (!this.#draft?.proposal.isCertified || !this.isCurrent) return
    const { proposal, plan, terms } = this.#draft
    this.#enforce(proposal.certified(), plan, terms, env, out)
  }

  /** Durable, then announced. */
  #enforce(issued: IssuedEpoch, { change, preview, whenInForce }: Plan, terms: EpochTerms, env: Env, out: Out): void {
    const { channel, user } = this.#context
    this.drop()
    this.keeper.commit(change)
    if (terms.serial === 1) this.#certificate = certificateOf(issued.announcement).bytes
    const path = this.keeper.pathOf(user)
    // What we begin with needs no invite, which would have us wait for somebody else's key after a start.
    if (this.#context.invite !== '') {
      this.#context.invite = ''
      out.keep(this.#context.row())
    }
    this.#onEpoch(change.update.kind !== TreeUpdateKind.STEP, env)
    this.#seat.adopt(issued, terms, preview, path, () => publishAll(channel, issued, out), env, out)
    whenInForce(issued, env, out)
  }
}

/** An announcement and its chunks, to everybody. */
export function publishAll(channel: Uint8Array, { announcement, chunks }: IssuedEpoch, out: Out): void {
  for (const frame of [announcement, ...chunks]) out.push({ type: 'publish', channel, frame: frame.bytes })
}
