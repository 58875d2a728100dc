/**
 * A new root that waits for the other managers: sent to each until enough have signed it.
 *
 * It is sent again unchanged for as long as it stands: a number is signed once, and going on to the next one without need
 * would use numbers up.
 */
import { EMPTY, equalBytes, hex } from '../../base/bytes.ts'
import { verify } from '../../crypto/sign.ts'
import type { SignatureBy } from '../../wire/messages.ts'
import { asAttempt, coSignedBytes, type IssuedEpoch, withCoSignatures } from '../channel/announcement.ts'
import type { Context } from '../channel/context.ts'
import type { LogPreview } from '../channel/control-log.ts'
import { signaturesNeeded } from '../channel/descriptor.ts'
import type { Frame } from '../channel/frame.ts'
import { isHigher } from '../channel/key-schedule.ts'
import { asUserId } from '../identity/user.ts'
import type { Env } from '../machine.ts'
import type { Out } from '../out.ts'
import { type Refusal, refuse } from '../reject.ts'

/** A (term, serial), of the channel or of what somebody promised. */
export interface EpochNumber {
  readonly term: number
  readonly serial: number
}

export class Proposal {
  readonly issued: IssuedEpoch
  /** What the log is with it. */
  readonly preview: LogPreview
  /** `Env.uptimeMs` */
  readonly startedAt: number
  readonly #context: Context
  readonly #signatures = new Map<string, SignatureBy>()
  #attempts = 0
  /** The highest that each has promised who would not sign it. */
  readonly #promises = new Map<string, EpochNumber>()

  constructor(context: Context, issued: IssuedEpoch, preview: LogPreview, env: Env) {
    this.#context = context
    this.issued = issued
    this.preview = preview
    this.startedAt = env.uptimeMs
  }

  /** Whether enough have signed. */
  get isCertified(): boolean {
    return this.#signatures.size + 1 >= signaturesNeeded(this.#context.charter.descriptor)
  }

  isSignedBy(manager: Uint8Array): boolean {
    return this.#signatures.has(hex(manager))
  }

  /**
   * The term above which the next try has to be, for what was promised against this one. As many managers as a quorum can spare
   * may lie: what one more has promised is true, and what is said beyond that counts as far as the limit.
   *
   * @returns undefined: nobody refused it for its number.
   */
  termAgainst(limit: number): number | undefined {
    const { key } = this.issued
    const { descriptor } = this.#context.charter
    const spared = descriptor.managers.length - signaturesNeeded(descriptor)
    const against = [...this.#promises.values()].filter((promised) => !isHigher(key, promised)).map(({ term }) => term)
    const [highest] = against.sort((a, b) => b - a)
    return highest && Math.max(against[spared] ?? 0, Math.min(highest, limit))
  }

  /** To the managers that have not signed. */
  send(out: Out): void {
    const { channel, charter, user } = this.#context
    const { chunks } = this.issued
    const announcement = asAttempt(this.issued.announcement, this.#attempts++)
    for (const manager of charter.descriptor.managers) {
      if (equalBytes(manager, user) || this.isSignedBy(manager)) continue
      const to = asUserId(manager)
      for (const frame of [...chunks, announcement]) out.push({ type: 'publish', channel, frame: frame.bytes, to })
    }
  }

  /** One for another announcement says nothing here. @returns R-431 when it does not verify. */
  onCoSignature(frame: Frame): Refusal | undefined {
    const { announcement, key } = this.issued
    const { author } = frame
    const { announcement: id, signature, promisedTerm, promisedSerial } = frame.body.coSignature!
    if (!equalBytes(id, announcement.id)) return undefined
    if (signature.length === 0) {
      const promised = { term: promisedTerm, serial: promisedSerial }
      const before = this.#promises.get(hex(author))
      if (before === undefined || isHigher(promised, before)) this.#promises.set(hex(author), promised)
      return undefined
    }
    if (!verify(author, coSignedBytes(announcement, EMPTY, key), signature)) return refuse(431)
    this.#signatures.set(hex(author), { signer: author, signature })
    return undefined
  }

  /** The epoch with its certificate. */
  certified(): IssuedEpoch {
    return { ...this.issued, announcement: withCoSignatures(this.issued.announcement, [...this.#signatures.values()]) }
  }
}
