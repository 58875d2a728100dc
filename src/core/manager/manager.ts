/**
 * A key manager of one channel: the one in office admits who may come in, issues every epoch, and grants its key; the others
 * sign its new roots, and one of them takes its place when it is gone (protocol §7).
 *
 * The parts meet here: how it comes into office, what it does there, how an epoch is made. No secret of the tree is ever
 * written down: members follow a new term through their prekeys.
 */
import type { KeyId } from '../../wire/messages.ts'
import type { Context } from '../channel/context.ts'
import type { Frame } from '../channel/frame.ts'
import { Deadlines } from '../deadlines.ts'
import type { Env } from '../machine.ts'
import type { Out } from '../out.ts'
import { Archive } from './archive.ts'
import { Duties, type DutiesSeat } from './duties.ts'
import { Issuer, type IssuerSeat } from './issuer.ts'
import { PublicKeyService } from './public-key-service.ts'
import { Tenure, type TenureSeat } from './tenure.ts'

/** What the manager sees of the member in the same peer: a manager is a member. */
export interface Seat extends TenureSeat, IssuerSeat, DutiesSeat {
  readonly current: TenureSeat['current'] & IssuerSeat['current'] & DutiesSeat['current']
  /** The control key of an epoch held. */
  controlOf(key: KeyId): Uint8Array | undefined
}

type DeadlineName = 'collect' | 'stand' | 'proposal' | 'beat' | 'batch' | 'renewal' | 'nicks' | 'demand'

export class Manager {
  readonly publicKeys: PublicKeyService
  readonly archive: Archive
  readonly tenure: Tenure
  readonly duties: Duties
  readonly #context: Context
  readonly #deadlines = new Deadlines<DeadlineName>()
  readonly #issuer: Issuer

  constructor(context: Context, seat: Seat) {
    this.#context = context
    this.archive = new Archive(context)
    context.keeper = this.archive
    this.publicKeys = new PublicKeyService(context, ({ body }) => seat.controlOf(body.publicKeyRequest!.key!))
    this.#issuer = new Issuer(context, seat, this.#deadlines, (isRoot, env) => this.duties.onEpoch(isRoot, env))
    this.tenure = new Tenure(context, seat, this.#issuer, this.#deadlines, {
      isAwaited: () => this.duties.isAwaited(),
      begin: (...epoch) => this.duties.begin(...epoch),
      end: () => this.duties.end(),
      giveFooting: (...now) => this.duties.giveFooting(...now),
      issueBatch: (...now) => this.duties.issueBatch(...now),
      sendBeat: (...now) => this.duties.sendBeat(...now)
    })
    this.duties = new Duties(context, seat, this.#issuer, this.tenure, this.archive, this.#deadlines)
  }

  /** What somebody who took this peer would have of the tree, beside the path that its member holds. */
  unsafeSecrets(): { readonly name: string; readonly bytes: Uint8Array }[] {
    const archived = this.archive.unsafeSecrets()
    return this.tenure.isActing ? [...archived, ...this.duties.unsafeSecrets()] : archived
  }

  unsafeFills(): { readonly name: string; readonly size: number; readonly cap: number }[] {
    return [...this.duties.unsafeFills(), ...this.publicKeys.unsafeFills(), ...this.archive.unsafeFills()]
  }

  /** When to wake, as `Env.uptimeMs`. */
  nextAt(): number | undefined {
    const moments = [this.#deadlines.next(), this.publicKeys.nextAt()].filter((at) => at !== undefined)
    return moments.length === 0 ? undefined : Math.min(...moments)
  }

  wake(env: Env, out: Out): void {
    this.publicKeys.wake(env, out)
    for (const name of this.#deadlines.due(env.uptimeMs)) {
      switch (name) {
        case 'collect':
          this.tenure.begin(env, out)
          break
        case 'stand':
          this.tenure.standWhenDue(env, out)
          break
        case 'proposal':
          this.tenure.pursue(env, out)
          break
        case 'beat':
          this.duties.look(env, out)
          this.tenure.sendBeat(env, out)
          break
        case 'demand':
          this.duties.issueDemanded(env, out)
          break
        case 'batch':
          this.duties.issueBatch(env, out)
          break
        case 'renewal':
          this.duties.renew(env, out)
          break
        case 'nicks':
          this.duties.issueNicks(env, out)
          break
        default:
          name satisfies never
      }
    }
  }

  /** A frame that the member in this peer has handled. */
  onHeard(frame: Frame, env: Env, out: Out): void {
    this.tenure.onHeard(frame, env)
    this.duties.onHeard(frame, env, out)
  }

  /** The directory's answer about a user. */
  onRecord(user: Uint8Array, env: Env, out: Out): void {
    this.publicKeys.onRecord(user, env, out)
    this.duties.onRecord(user, env, out)
  }

  /** The descriptor has changed. */
  onCharter(env: Env, out: Out): void {
    if (!this.#context.isManager) out.note([], this.archive.clear())
    this.tenure.onCharter(env, out)
  }
}
