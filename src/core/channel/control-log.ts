/**
 * The control log: a set of statements, and the roster that follows from it.
 *
 * Nobody is told the roster, everybody derives it: the managers of the descriptor, and every subject of an admit that no
 * removal or withdrawal ends, and that no removal is unknown to. Adding statements is tried on a preview first, so that an announcement is judged before
 * anything changes. `announced` is exactly what the adopted epoch covers; what is known beyond it waits in `pending`.
 */
import { compareBytes, EMPTY, equalBytes, mapKey } from '../../base/bytes.ts'
import { GROUPS } from '../../wire/limits.ts'
import { type Descriptor, Operation } from '../../wire/messages.ts'
import type { InviteView } from '../command.ts'
import { isNick } from '../identity/nick.ts'
import { PENDING_NICKS, PENDING_STATEMENTS } from '../params.ts'
import { type Refusal, refuse } from '../reject.ts'
import { type Charter, mayStateAboutOthers } from './descriptor.ts'
import { type Group, GroupBook, isAboutGroup } from './groups.ts'
import { IdSet } from './id-set.ts'
import { NickRegister } from './nick-register.ts'
import type { CheckedStatement } from './statement.ts'

/** What a log would be with some statements more. */
export interface LogPreview {
  readonly statements: readonly CheckedStatement[]
  readonly ids: IdSet
  readonly roster: Roster
}

/** The members that follow from a log, as a value. */
export interface Roster {
  readonly members: IdSet
  /** 32-byte hash of the set of members. */
  readonly hash: Uint8Array
}

/** What the log says of one user. */
interface Standing {
  /** Admits that no ending names, by admit id. */
  readonly admits: Map<string, CheckedStatement>
  readonly ended: Set<string>
  readonly removals: CheckedStatement[]
}

/** An invite on record. */
export interface InviteStanding {
  readonly uses: number
  readonly expiresAt: number
  readonly isRevoked: boolean
  /** Users who redeemed it, by map key; their admits may be over. */
  readonly redeemers: ReadonlyMap<string, Uint8Array>
  /** Who made it. */
  readonly by: Uint8Array
}

/** Whether it takes somebody out of the channel. */
export const hasEnding = (statement: CheckedStatement): boolean =>
  isRemoval(statement) || statement.statement.operation === Operation.WITHDRAW

const isRemoval = ({ statement }: CheckedStatement): boolean => statement.operation === Operation.REMOVE

const isAdmit = ({ statement }: CheckedStatement): boolean => statement.operation === Operation.ADMIT

/** Whether an admit is made in knowledge of a removal: it names an admit that the removal ended. */
const knowsOf = (admit: CheckedStatement, removal: CheckedStatement): boolean =>
  removal.statement.ends.length === 0 || hasOneOf(admit.statement.ends, removal.statement.ends)

const hasOneOf = (ids: readonly Uint8Array[], others: readonly Uint8Array[]): boolean =>
  ids.some((id) => others.some((other) => equalBytes(id, other)))

/** Whether its author may make it as the one it is about; undefined where that says nothing. */
function isOfItsOwn({ author, statement: { operation, subject } }: CheckedStatement): boolean | undefined {
  const isOwn = equalBytes(author, subject)
  if (operation === Operation.WITHDRAW) return isOwn
  const mayBeOwn = operation === Operation.REGISTER_NICK || operation === Operation.TAKE_OUT_OF_GROUP
  return isOwn && mayBeOwn ? true : undefined
}

const isRegistration = ({ statement }: CheckedStatement): boolean => statement.operation === Operation.REGISTER_NICK

export class ControlLog {
  #charter: Charter
  readonly #statements = new Map<string, CheckedStatement>()
  readonly #standings = new Map<string, Standing>()
  readonly #invites = new Map<string, CheckedStatement>()
  /** By token: who redeemed it. Statements have no order: an admit may be here before the invite it redeems. */
  readonly #redeemers = new Map<string, Map<string, Uint8Array>>()
  readonly #revoked = new Set<string>()
  readonly nicks = new NickRegister()
  readonly #pending = new Map<string, CheckedStatement>()
  /** Those of them that register a nick, by user. */
  readonly #pendingNicks = new Map<string, CheckedStatement>()
  /** Those of them that nobody has told since we heard of them, or since an epoch came without them. */
  readonly #stranded = new Set<string>()
  readonly #seqs = new Map<string, number>()
  readonly #groups = new GroupBook()
  /** Who is in each group; forgotten when anything changes. */
  readonly #groupMembers = new Map<string, IdSet>()
  #announcedBytes = 0
  #ids = IdSet.EMPTY
  #members = IdSet.EMPTY

  constructor(charter: Charter) {
    this.#charter = charter
    this.#members = withAll(IdSet.EMPTY, charter.descriptor.managers)
  }

  /** The hash of the announced statements. */
  get head(): Uint8Array {
    return this.#ids.root()
  }

  get roster(): Roster {
    return { members: this.#members, hash: this.#members.root() }
  }

  /** Announced statements, in order of their ids. */
  announced(): CheckedStatement[] {
    return this.#ids.ids().map((id) => this.#statements.get(mapKey(id))!)
  }

  get size(): number {
    return this.#ids.size
  }

  /** How many bytes the announced statements have together. */
  get announcedBytes(): number {
    return this.#announcedBytes
  }

  /** The ids of the announced statements, as a value. */
  get ids(): IdSet {
    return this.#ids
  }

  /** Announced statements by id, in order of their ids; those that are not here are left out. */
  statementsOf(ids: IdSet): CheckedStatement[] {
    return ids
      .ids()
      .map((id) => this.#statements.get(mapKey(id)))
      .filter((one) => one !== undefined)
  }

  /** Statements known that the adopted epoch does not cover yet. */
  pending(): CheckedStatement[] {
    return [...this.#pending.values()]
  }

  has(id: Uint8Array): boolean {
    return this.#ids.has(id) || this.#pending.has(mapKey(id))
  }

  isMember(user: Uint8Array): boolean {
    return this.#members.has(user)
  }

  /** Whether a removal is known of this user, with no admit in force since. */
  wasRemoved(user: Uint8Array): boolean {
    return (this.#standings.get(mapKey(user))?.removals.length ?? 0) > 0 && !this.isMember(user)
  }

  /** The admit ids of this user that are in force. */
  admitsOf(user: Uint8Array): Uint8Array[] {
    return this.admittingOf(user).map(({ statement }) => statement.admitId)
  }

  /** Of each removal known of this user an admit that it ended: what a new admit has to name. */
  removedAdmitsOf(user: Uint8Array): Uint8Array[] {
    const removals = this.pending().filter((one) => isRemoval(one) && equalBytes(one.statement.subject, user))
    const named: Uint8Array[] = []
    for (const { statement } of [...(this.#standings.get(mapKey(user))?.removals ?? []), ...removals])
      if (!hasOneOf(named, statement.ends)) named.push(...statement.ends.slice(0, 1))
    return named
  }

  /** The statements by which this user is let in. */
  admittingOf(user: Uint8Array): CheckedStatement[] {
    return this.#admitsWith(user, [])
  }

  /** The admit ids that a removal of this user has to end: those in force, and those that wait to be announced. */
  admitsToEnd(user: Uint8Array): Uint8Array[] {
    return [...this.admitsOf(user), ...this.#waitingIds(Operation.ADMIT, EMPTY, user)]
  }

  #waitingIds(operation: Operation, group: Uint8Array, user: Uint8Array): Uint8Array[] {
    const waiting = this.pending().map(({ statement }) => statement)
    return waiting
      .filter((one) => one.operation === operation && equalBytes(one.group, group) && equalBytes(one.subject, user))
      .map(({ admitId }) => admitId)
  }

  /** The nick on record of a user, member or not; empty for none. */
  nickOf(user: Uint8Array): string {
    return this.nicks.nickOf(user)
  }

  /**
   * An invite on record, announced or pending.
   *
   * @param token - the token's hash.
   */
  inviteOf(token: Uint8Array): InviteStanding | undefined {
    const key = mapKey(token)
    const isOf = (one: CheckedStatement, operation: Operation): boolean =>
      one.statement.operation === operation && equalBytes(one.statement.subject, token)
    const pending = this.pending()
    const invite = this.#invites.get(key) ?? pending.find((one) => isOf(one, Operation.INVITE))
    if (invite === undefined) return undefined
    const isRevoked = this.#revoked.has(key) || pending.some((one) => isOf(one, Operation.REVOKE_INVITE))
    const { uses, expiresAt } = invite.statement
    return { uses, expiresAt, isRevoked, redeemers: this.#redeemers.get(key) ?? new Map(), by: invite.author }
  }

  /** All invites on record, announced or pending, in no order that means anything. */
  invites(): InviteView[] {
    const waiting = this.pending().filter(({ statement }) => statement.operation === Operation.INVITE)
    const tokens = new Map([...this.#invites.values(), ...waiting].map((one) => [mapKey(one.statement.subject), one]))
    return [...tokens.values()].map(({ statement }) => {
      const { redeemers, ...rest } = this.inviteOf(statement.subject)!
      return { ...rest, token: statement.subject, redeemers: [...redeemers.values()] }
    })
  }

  /**
   * Whether the author of a statement may make it, R-303. Managers change with the descriptor, and what one of an earlier
   * version said stays said.
   */
  mayState(one: CheckedStatement): boolean {
    return isOfItsOwn(one) ?? this.#charter.authorities.some((authority) => equalBytes(authority, one.author))
  }

  /** The same for one that we are told of now: who is named no more makes no more of them. */
  mayTell(one: CheckedStatement): boolean {
    return isOfItsOwn(one) ?? mayStateAboutOthers(this.#charter.descriptor, one.author)
  }

  /** The highest number an author has used. */
  seqOf(author: Uint8Array): number {
    return this.#seqs.get(mapKey(author)) ?? 0
  }

  /**
   * Keeps a statement that no epoch covers yet. Removals always find room: only who has authority makes them, and a member
   * withdraws once. Nicks, which anybody may register, take a part of the room only, and each user one place of it.
   *
   * @returns false when it is known, or too many wait.
   */
  addPending(one: CheckedStatement): boolean {
    if (this.has(one.id)) return false
    if (this.#pending.size >= PENDING_STATEMENTS && !hasEnding(one)) return false
    if (isRegistration(one)) {
      const user = mapKey(one.statement.subject)
      if (this.#pendingNicks.size >= PENDING_NICKS || this.#pendingNicks.has(user)) return false
      this.#pendingNicks.set(user, one)
    }
    this.#pending.set(mapKey(one.id), one)
    this.#noteSeq(one)
    return true
  }

  /**
   * Keeps a statement that others may not know: an epoch covered it which was passed over, and whoever did not see that one has not
   * heard of it; or it waited when we stopped, and whoever made it may be gone since.
   */
  addStranded(one: CheckedStatement): void {
    if (this.addPending(one)) this.#stranded.add(mapKey(one.id))
  }

  /** Keeps one that was told just now, as `addPending`: who told it may be gone, and who makes the epochs may have missed it. */
  addHeard(one: CheckedStatement): boolean {
    const isAdded = this.addPending(one)
    if (isAdded) this.#strand(one)
    return isAdded
  }

  /** An epoch came without what waits: whoever made it has not heard of that. */
  strandPending(): void {
    for (const one of this.pending()) this.#strand(one)
  }

  /** A nick may have to wait for ever; and what its author may make no more is taken by nobody. */
  #strand(one: CheckedStatement): void {
    if (!isRegistration(one) && this.mayTell(one)) this.#stranded.add(mapKey(one.id))
  }

  /** Those that nobody has told since, oldest first. */
  stranded(): CheckedStatement[] {
    return [...this.#stranded].flatMap((key) => this.#pending.get(key) ?? [])
  }

  /** Somebody told it. */
  noteTold(one: CheckedStatement): void {
    this.#stranded.delete(mapKey(one.id))
  }

  /** Forgets a statement that waits. */
  dropPending(one: CheckedStatement): void {
    this.#stranded.delete(mapKey(one.id))
    if (this.#pending.delete(mapKey(one.id)) && isRegistration(one)) {
      this.#pendingNicks.delete(mapKey(one.statement.subject))
    }
  }

  /** The registrations of nicks that wait, oldest first. */
  pendingNicks(): CheckedStatement[] {
    return [...this.#pendingNicks.values()]
  }

  /** The nick that a user waits for. */
  pendingNickOf(user: Uint8Array): CheckedStatement | undefined {
    return this.#pendingNicks.get(mapKey(user))
  }

  /** Whether a registration can be announced as far as we can tell: of a member, and of a nick nobody else is known by. */
  mayRegister({ statement: { subject, name } }: CheckedStatement): boolean {
    return this.isMember(subject) && isNick(name) && this.nicks.isFree(name, subject)
  }

  /** Whether a registration that somebody tells may wait here. One that is known may be told again. */
  judgeRegistration(one: CheckedStatement): Refusal | undefined {
    if (!isRegistration(one) || this.has(one.id)) return undefined
    if (!this.mayRegister(one)) return refuse(304)
    return this.#pendingNicks.has(mapKey(one.statement.subject)) ? refuse(305) : undefined
  }

  #noteSeq({ author, statement }: CheckedStatement): void {
    const key = mapKey(author)
    this.#seqs.set(key, Math.max(this.#seqs.get(key) ?? 0, statement.seq))
  }

  /** Whether a statement that may be made is worth keeping until an epoch covers it: not one group too many, nor what says nothing. */
  mayBeKept({ author, statement }: CheckedStatement): boolean {
    const { operation, subject, group, ends } = statement
    if (operation === Operation.MAKE_GROUP) return this.groupsToBe().length < GROUPS
    if (operation !== Operation.WITHDRAW && operation !== Operation.TAKE_OUT_OF_GROUP) return true
    if (!equalBytes(author, subject)) return true
    const isTold = this.pending().some(
      (one) =>
        one.statement.operation === operation &&
        equalBytes(one.statement.subject, subject) &&
        equalBytes(one.statement.group, group)
    )
    const isWithdrawal = operation === Operation.WITHDRAW
    const isIn = isWithdrawal ? this.isMember(subject) : this.groupMembers(group).has(subject)
    // One that ends nothing could be said again for ever: each makes an epoch, and stays in the log.
    const inForce = isWithdrawal ? this.admitsOf(subject) : this.putsOf(group, subject)
    return isIn && !isTold && hasOneOf(inForce, ends)
  }

  /** What members said of themselves to go, and need not any more: they are out already, and nobody would keep it. */
  spent(): CheckedStatement[] {
    return this.pending().filter(({ author, statement: { operation, subject, group } }) => {
      if (!equalBytes(author, subject)) return false
      if (operation === Operation.TAKE_OUT_OF_GROUP) return !this.groupMembers(group).has(subject)
      return operation === Operation.WITHDRAW && !this.isMember(subject)
    })
  }

  /**
   * Whether a pending statement may change who is in the roster, or in a group. So may a further admit of a member: a
   * putting-in stands on the admits that it names, and on no other.
   */
  get hasUnappliedChange(): boolean {
    return this.hasUnappliedRemoval || this.pending().some((one) => isAdmit(one) || isAboutGroup(one))
  }

  /** Whether a pending admit lets somebody in. */
  get hasUnappliedAdmit(): boolean {
    if (this.#pending.size === 0) return false
    return this.pending().some((one) => isAdmit(one) && !this.#members.has(one.statement.subject))
  }

  /** Whether the log knows anything of a user: it was admitted, or removed, once. */
  knows(user: Uint8Array): boolean {
    return this.#standings.has(mapKey(user)) || this.isMember(user)
  }

  /** Whether a pending removal or withdrawal names somebody in the roster: nothing may be sent under it (§7.4). */
  get hasUnappliedRemoval(): boolean {
    return this.unappliedRemovals().length > 0
  }

  /** The removals and withdrawals that the adopted epoch ignores. */
  unappliedRemovals(): CheckedStatement[] {
    if (this.#pending.size === 0) return []
    return this.pending().filter((one) => hasEnding(one) && this.#members.has(one.statement.subject))
  }

  /**
   * What the log would be with these statements announced.
   *
   * @param statements - of this channel, checked; ones already there do no harm.
   * @returns R-303 when an author may not make one of them.
   */
  preview(statements: readonly CheckedStatement[]): LogPreview | Refusal {
    if (!statements.every((one) => this.mayState(one))) return refuse(303)
    const fresh = statements.filter((one) => !this.#ids.has(one.id))
    const ids = withAll(
      this.#ids,
      fresh.map((one) => one.id)
    )
    let members = this.#members
    for (const subject of distinctSubjects(fresh)) {
      members = this.#isMemberWith(subject, fresh) ? members.with(subject) : members.without(subject)
    }
    return { statements: fresh, ids, roster: { members, hash: members.root() } }
  }

  /** Makes a preview of this log the log. */
  commit(preview: LogPreview): void {
    for (const one of preview.statements) {
      this.#statements.set(mapKey(one.id), one)
      this.dropPending(one)
      this.#announcedBytes += one.bytes.length
      this.#record(one)
    }
    this.#ids = preview.ids
    this.#members = preview.roster.members
    this.#groupMembers.clear()
  }

  /** Follows a new version of the descriptor: its managers are members. */
  follow(charter: Charter): void {
    this.#charter = charter
    this.#members = this.rosterOf(charter.descriptor).members
    this.#groupMembers.clear()
  }

  /** The roster as it is under a version of the descriptor. @param extra - announced with it. */
  rosterOf({ managers }: Descriptor, extra: readonly CheckedStatement[] = []): Roster {
    let members = this.#members
    for (const user of [...this.#charter.authorities, ...distinctSubjects(extra)]) {
      members = this.#isMemberWith(user, extra, managers) ? members.with(user) : members.without(user)
    }
    return { members, hash: members.root() }
  }

  // ---------------------------------------------------------------- groups

  /** The groups there are, in order of their ids. */
  groups(): Group[] {
    return this.#groups.all()
  }

  group(id: Uint8Array): Group | undefined {
    return this.#groups.get(id)
  }

  /** Also of a group that is over. */
  groupName(id: Uint8Array): string {
    return this.#groups.nameOf(id)
  }

  /** Groups with those whose making waits to be announced. */
  groupsToBe(): Group[] {
    const made = this.pending().filter(({ statement }) => statement.operation === Operation.MAKE_GROUP)
    return [...this.groups(), ...made.map(({ statement }) => ({ id: statement.group, name: statement.name }))]
  }

  /** Who was put into a group and is still in it. */
  groupMembers(group: Uint8Array): IdSet {
    const key = mapKey(group)
    let members = this.#groupMembers.get(key)
    if (members === undefined) {
      const subjects = this.#groups.puts(group).filter((put) => this.#isStanding(put))
      members = withAll(
        IdSet.EMPTY,
        subjects.map(({ statement }) => statement.subject)
      )
      this.#groupMembers.set(key, members)
    }
    return members
  }

  /** Who has the key of a group: its members, and the managers, who make it. */
  groupRoster(group: Uint8Array): Roster {
    const members = withAll(this.groupMembers(group), this.#charter.descriptor.managers)
    return { members, hash: members.root() }
  }

  /** The groups whose keys a user is to have. */
  groupsOf(user: Uint8Array): Uint8Array[] {
    return this.groups()
      .map(({ id }) => id)
      .filter((id) => this.groupRoster(id).members.has(user))
  }

  /** The ids of what put this user into a group and is in force. */
  putsOf(group: Uint8Array, user: Uint8Array): Uint8Array[] {
    const puts = this.#groups.puts(group).filter(({ statement }) => equalBytes(statement.subject, user))
    return puts.map(({ statement }) => statement.admitId)
  }

  /** The ids that a taking-out of this user has to end: those in force, and those that wait to be announced. */
  putsToEnd(group: Uint8Array, user: Uint8Array): Uint8Array[] {
    return [...this.putsOf(group, user), ...this.#waitingIds(Operation.PUT_INTO_GROUP, group, user)]
  }

  /** Whether a pending statement takes somebody out of a group, or ends it: nothing may be said to it until it is applied. */
  hasUnappliedTakeOut(group: Uint8Array): boolean {
    return this.unappliedTakeOuts().some(({ statement }) => equalBytes(statement.group, group))
  }

  /** The takings-out and dissolvings that the adopted epoch ignores. */
  unappliedTakeOuts(): CheckedStatement[] {
    return this.pending().filter(({ statement: { operation, group, subject } }) => {
      const isTakeOut = operation === Operation.TAKE_OUT_OF_GROUP && this.groupMembers(group).has(subject)
      return isTakeOut || operation === Operation.DISSOLVE_GROUP
    })
  }

  /** A manager is in the roster without an admit; for everybody else one that the putting-in names is to be in force. */
  #isStanding({ statement: { subject, ends } }: CheckedStatement): boolean {
    const isManager = this.#charter.descriptor.managers.some((manager) => equalBytes(manager, subject))
    return isManager || hasOneOf(this.admitsOf(subject), ends)
  }

  /** Whether a user is to be in the roster once everything that waits is announced. */
  isMemberToBe(user: Uint8Array): boolean {
    return this.#isMemberWith(user, this.pending())
  }

  #isMemberWith(
    user: Uint8Array,
    extra: readonly CheckedStatement[],
    managers: readonly Uint8Array[] = this.#charter.descriptor.managers
  ): boolean {
    return managers.some((manager) => equalBytes(manager, user)) || this.#admitsWith(user, extra).length > 0
  }

  /** The admits of a user that are in force with these statements more. */
  #admitsWith(user: Uint8Array, extra: readonly CheckedStatement[]): CheckedStatement[] {
    const standing = this.#standings.get(mapKey(user))
    const own = extra.filter((one) => equalBytes(one.statement.subject, user))
    const endings = own.filter(hasEnding)
    const ended = new Set(standing?.ended)
    for (const { statement } of endings) for (const id of statement.ends) ended.add(mapKey(id))
    const removals = [...(standing?.removals ?? []), ...endings.filter(isRemoval)]
    return [...(standing?.admits.values() ?? []), ...own.filter(isAdmit)].filter(
      (admit) => !ended.has(mapKey(admit.statement.admitId)) && removals.every((removal) => knowsOf(admit, removal))
    )
  }

  #record(one: CheckedStatement): void {
    this.#noteSeq(one)
    this.#groups.record(one)
    const { operation, subject, admitId, ends, name, token } = one.statement
    const key = mapKey(subject)
    switch (operation) {
      case Operation.ADMIT: {
        const standing = this.#standing(key)
        if (!standing.ended.has(mapKey(admitId))) standing.admits.set(mapKey(admitId), one)
        if (name !== '') this.nicks.record(one)
        if (token.length > 0) {
          const redeemers = this.#redeemers.get(mapKey(token)) ?? new Map<string, Uint8Array>()
          this.#redeemers.set(mapKey(token), redeemers.set(key, subject))
        }
        return
      }
      case Operation.REMOVE:
      case Operation.WITHDRAW: {
        const standing = this.#standing(key)
        for (const id of ends) {
          standing.ended.add(mapKey(id))
          standing.admits.delete(mapKey(id))
        }
        if (operation === Operation.REMOVE) standing.removals.push(one)
        return
      }
      case Operation.REGISTER_NICK:
        this.nicks.record(one)
        return
      case Operation.INVITE: {
        const known = this.#invites.get(key)
        if (known === undefined || compareBytes(one.id, known.id) < 0) this.#invites.set(key, one)
        return
      }
      case Operation.REVOKE_INVITE: {
        this.#revoked.add(key)
      }
    }
  }

  #standing(key: string): Standing {
    let standing = this.#standings.get(key)
    if (standing === undefined) {
      standing = { admits: new Map(), ended: new Set(), removals: [] }
      this.#standings.set(key, standing)
    }
    return standing
  }
}

const withAll = (set: IdSet, ids: readonly Uint8Array[]): IdSet => ids.reduce((grown, id) => grown.with(id), set)

function distinctSubjects(statements: readonly CheckedStatement[]): Uint8Array[] {
  const subjects = new Map<string, Uint8Array>()
  for (const { statement } of statements) {
    if (
      statement.operation === Operation.ADMIT ||
      statement.operation === Operation.REMOVE ||
      statement.operation === Operation.WITHDRAW
    ) {
      subjects.set(mapKey(statement.subject), statement.subject)
    }
  }
  return [...subjects.values()]
}
