/**
 * I-4: once a client knows of a removal, nothing that it says is readable by the one removed. A client knows of it when it
 * writes it down as pending; from there to the epoch that applies it, it seals no message.
 */
import { mapKey } from '../../base/bytes.ts'
import { readStatement } from '../../core/channel/statement.ts'
import type { Effect, Row } from '../../core/machine.ts'
import { Refusal } from '../../core/reject.ts'
import { Operation } from '../../wire/messages.ts'
import type { SimNode } from '../node.ts'
import { peekKind } from '../trace.ts'
import type { Truth } from '../truth.ts'
import { type Checker, Violation } from './checker.ts'

const PENDING_ROWS = 'pending/'
const LOG_ROWS = 'log/'

export class Removal implements Checker {
  readonly #truth: Truth
  /** Whose removal each node knows of and has not applied. */
  readonly #known = new Map<SimNode, Set<string>>()
  /** Whom each node has in its roster. */
  readonly #members = new Map<SimNode, Set<string>>()

  constructor(truth: Truth) {
    this.#truth = truth
  }

  onEffect(node: SimNode, effect: Effect): void {
    if (effect.type === 'persist') for (const row of effect.puts) this.#note(node, row)
    if (effect.type !== 'publish' || peekKind(effect.frame) !== 'message') return
    const members = this.#members.get(node)
    const known = [...(this.#known.get(node) ?? [])].find((subject) => members?.has(subject))
    if (known === undefined) return
    const removed = this.#truth.people.find((person) => mapKey(person.node.user) === known)
    throw new Violation('I-4', `${node.name} says something that ${removed?.name}, removed to its knowledge, can read`)
  }

  #note(node: SimNode, { entry, value }: Row): void {
    const { channel } = this.#truth
    const isPending = entry.startsWith(PENDING_ROWS)
    if (channel === undefined || !(isPending || entry.startsWith(LOG_ROWS))) return
    const read = readStatement(channel, value)
    if (read instanceof Refusal) return
    const { operation, subject } = read.statement
    const key = mapKey(subject)
    const isEnding = operation === Operation.REMOVE || operation === Operation.WITHDRAW
    if (isPending && isEnding) setOf(this.#known, node).add(key)
    if (isPending) return
    if (isEnding) {
      setOf(this.#known, node).delete(key)
      setOf(this.#members, node).delete(key)
    } else if (operation === Operation.ADMIT) setOf(this.#members, node).add(key)
  }
}

function setOf(map: Map<SimNode, Set<string>>, node: SimNode): Set<string> {
  const set = map.get(node) ?? new Set<string>()
  map.set(node, set)
  return set
}
