/**
 * Starts of sessions that others send: opened by whoever holds the prekey, looked at once.
 *
 * A start with a one-time key counts once because the key is destroyed with it; one without is remembered as long as its
 * prekey could open it again. Nothing is kept of a start whose first frame does not open: that frame is what shows that
 * its sender has the identity key of the record in it. Whom a start is from does not show before it opens, so the work is
 * shared among those who bring starts, and the memory among those whose they are.
 */
import { equalBytes, hex, mapKey } from '../../base/bytes.ts'
import { trim } from '../../base/trim.ts'
import { hash } from '../../crypto/kdf.ts'
import type { KemKeyPair } from '../../crypto/kem.ts'
import { LABEL } from '../../crypto/labels.ts'
import { type SessionContent, type SessionFrame, SessionStart } from '../../wire/messages.ts'
import { StartRow } from '../../wire/rows.ts'
import { Allowance } from '../allowance.ts'
import type { Self } from '../channel/context.ts'
import type { PrekeyPair } from '../identity/prekeys.ts'
import { readUserRecord, type UserRecord } from '../identity/user-record.ts'
import type { Env, Row, RowKey } from '../machine.ts'
import { stateKey, stateRow } from '../out.ts'
import {
  BROUGHT_START_MS,
  BROUGHT_STARTS_AT_ONCE,
  KNOWN_SESSION_STARTS,
  KNOWN_STARTS_OF_ONE,
  START_BRINGERS,
  START_MS,
  STARTS_AT_ONCE
} from '../params.ts'
import { Refusal, refuse } from '../reject.ts'
import { type OpenedStart, openStart, respond } from './handshake.ts'
import { Session } from './session.ts'

/** A start whose every check has passed, with the session that comes of it. Nothing is kept of it yet. */
export interface AcceptedStart {
  readonly initiator: UserRecord
  readonly session: Session
  /** What its first frame says. */
  readonly content: SessionContent
  readonly name: string
  readonly prekey: Uint8Array
  /** 32 bytes, or empty. */
  readonly oneTimeKey: Uint8Array
}

const KIND = 'session-start'

export class Starts {
  readonly #self: Self
  /** Starts without one-time key, by name. */
  readonly #known = new Map<string, StartRow>()
  readonly #allowance = new Allowance(STARTS_AT_ONCE, START_MS)
  /** By the user who brings them; who came last is last. */
  readonly #shares = new Map<string, Allowance>()

  constructor(self: Self) {
    this.#self = self
  }

  restore(name: string, value: Uint8Array): void {
    this.#known.set(name, StartRow.decode(value))
  }

  unsafeFills(): { readonly name: string; readonly size: number; readonly cap: number }[] {
    return [
      { name: 'starts of sessions', size: this.#known.size, cap: KNOWN_SESSION_STARTS },
      { name: 'bringers of starts', size: this.#shares.size, cap: START_BRINGERS }
    ]
  }

  /**
   * Looks at a frame that brings a start.
   *
   * @param from - who brings it; not always whose it is.
   * @param isHanded - whether it was handed to us: then one of another user than `from` is one for others.
   * @param isWelcome - whether a user may bring us starts and start with us.
   * @returns R-1001 – R-1006 for the start, R-1007 – R-1015 for the frame; R-1017 when it was not looked at, and may come again.
   */
  open(
    frame: SessionFrame,
    from: Uint8Array,
    isHanded: boolean,
    env: Env,
    isWelcome: (user: Uint8Array) => boolean
  ): AcceptedStart | Refusal {
    const start = frame.start!
    if (!isWelcome(from)) return refuse(1005)
    if (!this.#mayLook(from, env)) return refuse(1017)
    for (const prekey of this.#self.prekeys.pairs()) {
      const opened = openStart(start, prekey)
      if (opened instanceof Refusal) return opened
      if (opened === undefined) continue
      const accepted = this.#accept(frame, opened, prekey, env, (user) => {
        if (isHanded && !equalBytes(user, from)) return refuse(1001)
        return isWelcome(user) ? undefined : refuse(1005)
      })
      opened.kemSecret.fill(0)
      return accepted
    }
    return refuse(1001)
  }

  #mayLook(from: Uint8Array, { uptimeMs }: Env): boolean {
    const key = mapKey(from)
    const share = this.#shares.get(key) ?? new Allowance(BROUGHT_STARTS_AT_ONCE, BROUGHT_START_MS)
    if (uptimeMs < Math.max(this.#allowance.nextAt, share.nextAt)) return false
    this.#allowance.take(uptimeMs)
    share.take(uptimeMs)
    this.#shares.delete(key)
    this.#shares.set(key, share)
    trim(this.#shares, START_BRINGERS)
    return true
  }

  #accept(
    frame: SessionFrame,
    opened: OpenedStart,
    prekey: PrekeyPair,
    env: Env,
    judge: (initiator: Uint8Array) => Refusal | undefined
  ): AcceptedStart | Refusal {
    const { record, oneTimeKey, generation } = opened.content
    const initiator = readUserRecord(record, env.now)
    if (initiator instanceof Refusal || equalBytes(initiator.user, this.#self.record.user)) return refuse(1002)
    const refused = judge(initiator.user)
    if (refused !== undefined) return refused
    const name = hex(hash(LABEL.sessionStartHash, SessionStart.encode(frame.start!)))
    if (this.#known.has(name)) return refuse(1004)
    const hasOneTimeKey = oneTimeKey.length > 0
    let own: KemKeyPair | undefined
    if (hasOneTimeKey) {
      own = this.#self.oneTimeKeys.find(oneTimeKey)
      if (own === undefined) return refuse(1003)
    } else if (!this.#mayRemember(initiator.user)) return refuse(1005)
    const agreed = respond(opened, frame.start!.enc, initiator.user, this.#self.key, prekey, own)
    if (agreed instanceof Refusal) return agreed
    const ends = { self: this.#self.record.user, other: initiator.user }
    const session = Session.responder(ends, agreed, { generation, hasOneTimeKey }, prekey.x25519, frame.tag)
    const content = session.open(frame, env, () => undefined)
    if (!(content instanceof Refusal)) {
      return { initiator, session, content, name, prekey: prekey.public.id, oneTimeKey }
    }
    session.destroy()
    return content
  }

  /** Whether there is room for one more start without one-time key. */
  #mayRemember(user: Uint8Array): boolean {
    const held = [...this.#known.values()].filter((row) => this.#isHeld(row))
    const share = held.filter((row) => equalBytes(row.user, user))
    return held.length < KNOWN_SESSION_STARTS && share.length < KNOWN_STARTS_OF_ONE
  }

  /** Whether its prekey could open a start again. */
  #isHeld({ prekey }: StartRow): boolean {
    return this.#self.prekeys.find(prekey) !== undefined
  }

  /**
   * Lets a start count: it never will again.
   *
   * @returns rows to be written together with the session.
   */
  take({ initiator, name, prekey, oneTimeKey }: AcceptedStart): { puts: Row[]; deletes: RowKey[] } {
    if (oneTimeKey.length > 0) {
      this.#self.oneTimeKeys.use(oneTimeKey)
      return { puts: [this.#self.oneTimeKeys.row()], deletes: [] }
    }
    const gone = [...this.#known].filter(([, row]) => !this.#isHeld(row)).map(([old]) => old)
    for (const old of gone) this.#known.delete(old)
    const row = { prekey, user: initiator.user }
    this.#known.set(name, row)
    const put = stateRow(`${KIND}/${name}`, StartRow.encode(row))
    return { puts: [put], deletes: gone.map((old) => stateKey(`${KIND}/${old}`)) }
  }
}
