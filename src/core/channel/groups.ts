/**
 * The groups of a channel as its control log tells them (protocol §9): a group is made once, and is over for good once it is
 * dissolved. Somebody is in it by being put in, as long as the admits that this stood on are in force: who is removed
 * from the channel loses its groups, and does not get them back by being admitted again.
 */
import { compareBytes, mapKey } from '../../base/bytes.ts'
import { Operation } from '../../wire/messages.ts'
import type { CheckedStatement } from './statement.ts'

/** A group that was made and is not dissolved. */
export interface Group {
  /** 16 bytes. */
  readonly id: Uint8Array
  readonly name: string
}

/** What the statements say of one group; they come in any order. */
interface Facts {
  /** Of several statements that make it, the one with the lowest id counts. */
  made: CheckedStatement | undefined
  isDissolved: boolean
  /** By statement id: several may have the same admit id, and none takes the place of another. */
  readonly puts: Map<string, CheckedStatement>
  /** Subjects with the admit ids of theirs that a taking-out ended: nobody's taking-out ends what put somebody else in. */
  readonly ended: Set<string>
}

export class GroupBook {
  readonly #groups = new Map<string, Facts>()

  /** Takes note of a statement; others than those about groups say nothing. */
  record(one: CheckedStatement): void {
    const { operation, group, subject, ends } = one.statement
    switch (operation) {
      case Operation.MAKE_GROUP: {
        const facts = this.#facts(group)
        if (facts.made === undefined || compareBytes(one.id, facts.made.id) < 0) facts.made = one
        return
      }
      case Operation.DISSOLVE_GROUP:
        this.#facts(group).isDissolved = true
        return
      case Operation.PUT_INTO_GROUP:
        this.#facts(group).puts.set(mapKey(one.id), one)
        return
      case Operation.TAKE_OUT_OF_GROUP:
        for (const id of ends) this.#facts(group).ended.add(putKey(subject, id))
        return
      default:
    }
  }

  /** Of a group that is over, too; empty when it was never made. */
  nameOf(group: Uint8Array): string {
    return this.#groups.get(mapKey(group))?.made?.statement.name ?? ''
  }

  /** In order of their ids. */
  all(): Group[] {
    const groups = [...this.#groups.values()].filter(({ made, isDissolved }) => made !== undefined && !isDissolved)
    return groups
      .map(({ made }) => ({ id: made!.statement.group, name: made!.statement.name }))
      .sort((a, b) => compareBytes(a.id, b.id))
  }

  get(group: Uint8Array): Group | undefined {
    const facts = this.#groups.get(mapKey(group))
    if (facts?.made === undefined || facts.isDissolved) return undefined
    return { id: facts.made.statement.group, name: facts.made.statement.name }
  }

  /** The statements that put somebody in and were not ended; empty for a group that is over. */
  puts(group: Uint8Array): CheckedStatement[] {
    const facts = this.#groups.get(mapKey(group))
    if (facts?.made === undefined || facts.isDissolved) return []
    return [...facts.puts.values()].filter(({ statement }) => {
      return !facts.ended.has(putKey(statement.subject, statement.admitId))
    })
  }

  #facts(group: Uint8Array): Facts {
    const key = mapKey(group)
    let facts = this.#groups.get(key)
    if (facts === undefined) {
      facts = { made: undefined, isDissolved: false, puts: new Map(), ended: new Set() }
      this.#groups.set(key, facts)
    }
    return facts
  }
}

const putKey = (subject: Uint8Array, admitId: Uint8Array): string => mapKey(subject) + mapKey(admitId)

const GROUP_OPERATIONS: ReadonlySet<Operation> = new Set([
  Operation.MAKE_GROUP,
  Operation.DISSOLVE_GROUP,
  Operation.PUT_INTO_GROUP,
  Operation.TAKE_OUT_OF_GROUP
])

export const isAboutGroup = ({ statement }: CheckedStatement): boolean => GROUP_OPERATIONS.has(statement.operation)
