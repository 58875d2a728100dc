/**
 * Who is in a channel and in its groups by the statements that a peer keeps: derived here a second time and in the plainest
 * way, so that checkers do not take a control log's word for it.
 */
import { equalBytes, hex, mapKey, unhex } from '../base/bytes.ts'
import { IdSet } from '../core/channel/id-set.ts'
import { readInvite, tokenHash } from '../core/channel/invite.ts'
import type { Row } from '../core/machine.ts'
import { Refusal } from '../core/reject.ts'
import { Descriptor, DescriptorChain, Operation, SignedStatement, Statement } from '../wire/messages.ts'
import { ChannelRow } from '../wire/rows.ts'
import type { SimNode } from './node.ts'
import type { Truth } from './truth.ts'

const LOG_ROWS = 'log/'
const PENDING_ROWS = 'pending/'
const CHANNEL_ROWS = 'channel/'

/** Decoded statements by the bytes of their rows: rows are looked at again and again. */
const statements = new WeakMap<Uint8Array, Statement>()

/** The members of a channel and its groups, at one moment and as one peer knows it. Users are named by `mapKey`. */
export class Rosters {
  readonly #managers: ReadonlySet<string>
  readonly #log: readonly Statement[]
  /** Their ids. */
  readonly #ids: readonly Uint8Array[]
  /** What the peer knows of and has not applied. */
  readonly #pending: readonly Statement[]
  /** Who says anything of it about a group. */
  readonly authorsOfPendingGroups: ReadonlySet<string>
  /** Ids of admits and puttings-in that were ended. */
  readonly #ended: ReadonlySet<string>

  constructor(truth: Truth, rows: Iterable<Row>) {
    const log: Statement[] = []
    const ids: Uint8Array[] = []
    const pending: Statement[] = []
    const authors = new Set<string>()
    const first = truth.people.filter(({ isManager }) => isManager).map(({ node }): Uint8Array => node.user)
    let managers: readonly Uint8Array[] | undefined
    for (const { entry, value } of rows) {
      if (entry.startsWith(CHANNEL_ROWS)) managers = managersIn(value)
      else if (entry.startsWith(LOG_ROWS)) {
        log.push(statementIn(value))
        ids.push(unhex(entry.slice(entry.lastIndexOf('/') + 1)))
      } else if (entry.startsWith(PENDING_ROWS)) {
        const statement = statementIn(value)
        pending.push(statement)
        if (statement.group.length > 0) authors.add(mapKey(SignedStatement.decode(value).author))
      }
    }
    this.#managers = new Set((managers ?? first).map(mapKey))
    this.#log = log
    this.#ids = ids
    this.#pending = pending
    this.authorsOfPendingGroups = authors
    this.#ended = new Set(log.filter(isEnding).flatMap(({ ends }) => ends.map(mapKey)))
  }

  /** As a peer has it on its disk. @param more - rows that are being written. */
  static of(truth: Truth, node: SimNode, more: readonly Row[] = []): Rosters {
    return new Rosters(truth, [...node.disk.all(), ...more])
  }

  /** The hash of the log that the epoch in force covers. */
  logHead(): Uint8Array {
    return this.#ids.reduce((set, id) => set.with(id), IdSet.EMPTY).root()
  }

  /** Who is to have the channel's key. */
  members(): Set<string> {
    return new Set([...this.#managers, ...this.#admits().map(({ subject }) => mapKey(subject))])
  }

  /** Who was put into a group and is still in it. */
  groupMembers(group: Uint8Array): Set<string> {
    const name = mapKey(group)
    const ofGroup = this.#log.filter((one) => mapKey(one.group) === name)
    const isMade = ofGroup.some(({ operation }) => operation === Operation.MAKE_GROUP)
    const isOver = ofGroup.some(({ operation }) => operation === Operation.DISSOLVE_GROUP)
    if (!isMade || isOver) return new Set()
    const admits = new Set(this.#admits().map(({ admitId }) => mapKey(admitId)))
    const puts = ofGroup.filter(({ operation, admitId, subject, ends }) => {
      if (operation !== Operation.PUT_INTO_GROUP || this.#ended.has(mapKey(admitId))) return false
      return this.#managers.has(mapKey(subject)) || ends.some((id) => admits.has(mapKey(id)))
    })
    return new Set(puts.map(({ subject }) => mapKey(subject)))
  }

  /** Who is to have a group's key: its members, and the managers who make it. */
  groupRoster(group: Uint8Array): Set<string> {
    return this.#managers.union(this.groupMembers(group))
  }

  /** Members whose removal or withdrawal is known and not applied. */
  leaving(): Set<string> {
    return this.members().intersection(new Set(this.#pending.filter(isParting).map(({ subject }) => mapKey(subject))))
  }

  /** Members of a group whose taking-out is known and not applied; all of them when it is to be dissolved. */
  leavingGroup(group: Uint8Array): Set<string> {
    const members = this.groupMembers(group)
    const ofGroup = this.#pending.filter((one) => hex(one.group) === hex(group))
    if (ofGroup.some(({ operation }) => operation === Operation.DISSOLVE_GROUP)) return members
    const takeOuts = ofGroup.filter(({ operation }) => operation === Operation.TAKE_OUT_OF_GROUP)
    return members.intersection(new Set(takeOuts.map(({ subject }) => mapKey(subject))))
  }

  #admits(): Statement[] {
    const removals = this.#log.filter(({ operation, ends }) => operation === Operation.REMOVE && ends.length > 0)
    return this.#log.filter(({ operation, subject, admitId, ends }) => {
      if (operation !== Operation.ADMIT || this.#ended.has(mapKey(admitId))) return false
      const named = new Set(ends.map(mapKey))
      const own = removals.filter((removal) => mapKey(removal.subject) === mapKey(subject))
      return own.every((removal) => removal.ends.some((id) => named.has(mapKey(id))))
    })
  }
}

const isParting = ({ operation }: Statement): boolean =>
  operation === Operation.REMOVE || operation === Operation.WITHDRAW

const isEnding = (statement: Statement): boolean =>
  isParting(statement) || statement.operation === Operation.TAKE_OUT_OF_GROUP

/** Whether a peer knows of an invite: whoever gave it out has stated it. One without a token is for everybody. */
export function knowsInvite(node: SimNode, text: string): boolean {
  const invite = readInvite(text)
  if (invite instanceof Refusal || invite.token.length === 0) return true
  return hasStatement(node, Operation.INVITE, tokenHash(invite.channel, invite.token))
}

/** Whether a peer knows that a user was removed, whatever came of it. */
export const knowsRemoval = (node: SimNode, user: Uint8Array): boolean => hasStatement(node, Operation.REMOVE, user)

const hasStatement = ({ disk }: SimNode, operation: Operation, subject: Uint8Array): boolean =>
  [...disk.all()].some(({ entry, value }) => {
    const statement = entry.startsWith(LOG_ROWS) || entry.startsWith(PENDING_ROWS) ? statementIn(value) : undefined
    return statement?.operation === operation && equalBytes(statement.subject, subject)
  })

/** Ids of the statements that a peer keeps, in force or not, in hex; of nicks it may keep some and not others. */
export function statementsKept(node: SimNode): Set<string> {
  const rows = [...node.disk.all()].filter(({ entry }) => entry.startsWith(LOG_ROWS) || entry.startsWith(PENDING_ROWS))
  const lasting = rows.filter(({ value }) => statementIn(value).operation !== Operation.REGISTER_NICK)
  return new Set(lasting.map(({ entry }) => entry.slice(entry.lastIndexOf('/') + 1)))
}

/** The managers by the newest version of the descriptor that a peer has; undefined while it has none. */
export function managersIn(row: Uint8Array): readonly Uint8Array[] | undefined {
  const { charter } = ChannelRow.decode(row)
  const newest = DescriptorChain.decode(charter).versions.at(-1)
  return newest && Descriptor.decode(newest.content).managers
}

function statementIn(row: Uint8Array): Statement {
  let statement = statements.get(row)
  if (statement === undefined) {
    statement = Statement.decode(SignedStatement.decode(row).content)
    statements.set(row, statement)
  }
  return statement
}
