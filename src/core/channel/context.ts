/** What the roles of one peer share about one channel. They meet here and in peer.ts, and nowhere else. */
import { EMPTY, equalBytes, hex } from '../../base/bytes.ts'
import type { SigningKey } from '../../crypto/sign.ts'
import type { DescriptorRef, KeyId, Statement } from '../../wire/messages.ts'
import { channelIdText } from '../../wire/names.ts'
import { ChannelRow } from '../../wire/rows.ts'
import type { OneTimeKeys } from '../identity/one-time-keys.ts'
import type { Prekeys } from '../identity/prekeys.ts'
import type { RecordBook } from '../identity/record-book.ts'
import { asUserId } from '../identity/user.ts'
import type { UserRecord } from '../identity/user-record.ts'
import type { Env, Row, RowKey } from '../machine.ts'
import { type Out, stateRow } from '../out.ts'
import { Refusal } from '../reject.ts'
import { ControlLog } from './control-log.ts'
import { type Charter, isManagerOf } from './descriptor.ts'
import { needsQuorum, type Office, outranks } from './election.ts'
import type { Frame } from './frame.ts'
import { readInvite } from './invite.ts'
import { type CheckedStatement, makeStatement } from './statement.ts'

const NO_OFFICE: Office = { version: 0, term: 0, manager: EMPTY }

/** The user whose peer this is. */
export interface Self {
  readonly key: SigningKey
  /** Fresh for each start. */
  readonly boot: Uint8Array
  readonly prekeys: Prekeys
  readonly oneTimeKeys: OneTimeKeys
  /** Our own newest record. */
  record: UserRecord
  /** `Env.uptimeMs` from which on a newer one may be looked for because somebody sealed to one; absent: now. */
  seekAgainAt?: number
}

/** An epoch of the channel's own line, as it is adopted. */
export interface KeptEpoch {
  readonly key: KeyId
  /** 32-byte id. */
  readonly announcement: Uint8Array
  /** The root of its secret tree; copied by who keeps it. */
  readonly reading: Uint8Array
}

/** Who keeps something of each epoch that is adopted: rows that are durable with it. */
export interface EpochKeeper {
  keep(epoch: KeptEpoch, statements: readonly CheckedStatement[], now: number): { puts: Row[]; deletes: RowKey[] }
}

/** One channel, as member and manager both see it. */
export class Context {
  readonly self: Self
  readonly records: RecordBook
  readonly channel: Uint8Array
  /** The channel id's text, for names of rows. */
  readonly name: string
  charter: Charter
  log: ControlLog
  /** The invite that brought us here, while it may still be needed. */
  invite = ''
  /** Empty, or the manager whose lie stopped sending. */
  alarm: Uint8Array = EMPTY
  /** Takes a frame of a one-to-one session that was kept for us, or says why not. */
  onSession: (frame: Frame, env: Env, out: Out) => Refusal | undefined = () => undefined
  wasRemoved = false
  /** The highest office known by its certificate. */
  office: Office = NO_OFFICE
  /** The version of the descriptor under which the adopted epoch was announced. */
  version = 0
  /** Who named a version of the descriptor that is not known here. */
  teacher: Uint8Array | undefined
  /** The term of a manager that made an office beside a higher one of its own, where no quorum prevents it. */
  rivalTerm = 0
  /** Who says that it is in office, while we know of no certificate. */
  hint: Uint8Array = EMPTY
  /** Set by a role that keeps something of each epoch. */
  keeper: EpochKeeper | undefined
  /** Manager: removals in announcements that it signed, by hex of their ids, while they wait. */
  signedFor: ReadonlySet<string> = new Set()
  /** Manager: the highest (term, serial) used, kept durably before anything is signed under it. */
  promised = { term: 0, serial: 0 }
  /** How often records were looked for. */
  readonly #sought = { own: 0, record: 0 }

  constructor(self: Self, records: RecordBook, charter: Charter) {
    this.self = self
    this.records = records
    this.charter = charter
    this.channel = charter.channel
    this.name = channelIdText(charter.channel)
    this.log = new ControlLog(charter)
  }

  /** Our own user key. */
  get user(): Uint8Array {
    return this.self.key.publicKey
  }

  /** The token of the invite, or empty. */
  get token(): Uint8Array {
    const invite = readInvite(this.invite)
    return invite instanceof Refusal ? EMPTY : invite.token
  }

  /** Where the invite says that somebody listens. */
  get addresses(): readonly Uint8Array[] {
    const invite = readInvite(this.invite)
    return invite instanceof Refusal ? [] : invite.addresses
  }

  /** The key manager in office; as far as we know of none, who says so, or the first that may be. */
  get manager(): Uint8Array {
    const { descriptor } = this.charter
    const known = [this.office.manager, this.hint].find((user) => isManagerOf(descriptor, user))
    if (known !== undefined) return known
    return isManagerOf(descriptor, descriptor.founder) ? descriptor.founder : descriptor.managers[0]!
  }

  /** Whether this user may be key manager. */
  get isManager(): boolean {
    return isManagerOf(this.charter.descriptor, this.user)
  }

  /** Follows a new version of the descriptor. A manager that it does not name is out, unless it was admitted. */
  follow(charter: Charter): void {
    const wasManager = this.isManager
    this.charter = charter
    this.teacher = undefined
    this.log.follow(charter)
    if (this.isManager) this.wasRemoved = false
    else if (wasManager) this.wasRemoved = !this.log.isMemberToBe(this.user)
  }

  /** Whether a frame names a version of the descriptor that is not known here. */
  isOfNews({ body }: Frame): boolean {
    const ref = (body.announcement ?? body.heartbeat ?? body.grant)?.descriptor
    const named = (body.message ?? body.plainMessage)?.descriptor
    const isUnknown = named !== undefined && !this.charter.hashes.some((hash) => equalBytes(hash, named))
    return isUnknown || (ref !== undefined && ref.version > this.charter.ref.version)
  }

  /** Whether an announcement names a version of the descriptor before the pinned one. */
  isOfOlder({ body }: Frame): boolean {
    const ref = body.announcement?.descriptor
    return ref !== undefined && ref.version < this.charter.ref.version
  }

  /** A user names a version of the descriptor: when it is not known here, there is somebody to ask for it. */
  noteDescriptor(user: Uint8Array, { version }: DescriptorRef): void {
    if (version > this.charter.ref.version) this.teacher = user
  }

  /**
   * Whether the adopted epoch is of managers that a later version of the descriptor does not name, and who are not members
   * otherwise: nothing may be sent under it (§7.4).
   */
  get hasDismissed(): boolean {
    const { version, charter, log } = this
    if (version === charter.ref.version) return false
    return charter.versions[version - 1]?.managers.some((manager) => !log.isMember(manager)) ?? false
  }

  /** A certificate shows who opened a term. */
  noteOffice(office: Office): void {
    if (equalBytes(office.manager, this.office.manager) && office.term === this.office.term) return
    const isHigher = this.office.term === 0 || outranks(this.charter, office, this.office)
    const [winner, loser] = isHigher ? [office, this.office] : [this.office, office]
    this.office = winner
    if (!needsQuorum(this.charter.descriptor)) this.rivalTerm = Math.max(this.rivalTerm, loser.term)
  }

  /** Whoever was taken to be in office is not, nor one beside it. */
  forgetOffice(): void {
    this.office = NO_OFFICE
    this.rivalTerm = 0
  }

  /** A statement of ours about this channel. */
  state(fields: Partial<Statement>, env: Env): CheckedStatement {
    const { channel, log, self } = this
    const seq = log.seqOf(self.key.publicKey) + 1
    return makeStatement(self.key, { channel, previous: log.head, seq, at: env.now, ...fields })
  }

  /**
   * Looks for the newest record of a user: in the directory, and with one after the other of those who are here.
   *
   * @param to - whom alone to ask instead.
   */
  seekRecord(user: Uint8Array, out: Out, to?: Uint8Array): void {
    const { name, channel, addresses } = this
    const topic = equalBytes(user, this.user) ? 'own' : 'record'
    const skip = this.#sought[topic]++
    if (to === undefined) out.push({ type: 'lookUp', kind: 'user', id: user })
    out.push({
      type: 'ask',
      id: `${name}:${topic}`,
      channel,
      to: to && asUserId(to),
      addresses,
      question: { record: { user } },
      skip
    })
  }

  row(): Row {
    const { invite, alarm, wasRemoved, promised, charter } = this
    const value = ChannelRow.encode({
      charter: charter.bytes,
      invite,
      alarm,
      wasRemoved,
      promisedTerm: promised.term,
      promisedSerial: promised.serial
    })
    return stateRow(`channel/${this.name}`, value)
  }

  /** The row of a statement that the adopted epoch covers. */
  logRow(one: CheckedStatement): Row {
    return stateRow(`log/${this.name}/${hex(one.id)}`, one.bytes)
  }

  /** The row of one that it does not cover yet. */
  pendingRow(one: CheckedStatement): Row {
    return stateRow(`pending/${this.name}/${hex(one.id)}`, one.bytes)
  }
}
