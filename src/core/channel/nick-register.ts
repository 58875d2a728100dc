/**
 * Which nick the log gives to which user.
 *
 * Statements have no order, so of several that name one user the same one counts everywhere: a registration by the user
 * itself, then one by others, then the name that an admit came with; then the higher number, then the higher id. Who had a nick first is the key manager's to say, by
 * announcing one registration and not the other; the register only tells who has one that looks like it.
 */
import { compareBytes, equalBytes, mapKey } from '../../base/bytes.ts'
import { Operation } from '../../wire/messages.ts'
import { skeleton } from '../identity/nick.ts'
import type { CheckedStatement } from './statement.ts'

export class NickRegister {
  /** By user: the statement that names it. */
  readonly #names = new Map<string, CheckedStatement>()
  /** By skeleton: the users whose nick looks so. */
  readonly #users = new Map<string, Map<string, Uint8Array>>()

  /** Takes note of an announced statement that names its subject. */
  record(one: CheckedStatement): void {
    const { subject, name } = one.statement
    const user = mapKey(subject)
    const known = this.#names.get(user)
    if (known !== undefined && !outnames(one, known)) return
    if (known !== undefined) this.#users.get(skeleton(known.statement.name))?.delete(user)
    this.#names.set(user, one)
    const shape = skeleton(name)
    const alike = this.#users.get(shape) ?? new Map<string, Uint8Array>()
    this.#users.set(shape, alike.set(user, subject))
  }

  /** The nick on record, or an empty one. */
  nickOf(user: Uint8Array): string {
    return this.#names.get(mapKey(user))?.statement.name ?? ''
  }

  /** The one user whose nick on record looks like this; undefined for none, and for several. */
  userOf(nick: string): Uint8Array | undefined {
    const users = [...(this.#users.get(skeleton(nick))?.values() ?? [])]
    return users.length === 1 ? users[0] : undefined
  }

  /** Whether nobody but this user, member or not, has a nick on record that looks like this. */
  isFree(nick: string, user: Uint8Array): boolean {
    const users = [...(this.#users.get(skeleton(nick))?.values() ?? [])]
    return users.every((one) => equalBytes(one, user))
  }
}

/** How much the word of a statement's author counts for a nick. */
function weightOf({ author, statement: { operation, subject } }: CheckedStatement): number {
  return operation !== Operation.REGISTER_NICK ? 0 : equalBytes(author, subject) ? 2 : 1
}

const outnames = (one: CheckedStatement, other: CheckedStatement): boolean =>
  (weightOf(one) - weightOf(other) || one.statement.seq - other.statement.seq || compareBytes(one.id, other.id)) > 0
