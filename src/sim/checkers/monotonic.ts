/**
 * I-11: for each client with an honest disk, the adopted (term, serial) of the channel and of each group, and the descriptor
 * version, never go down, across restarts too; nor do, on its disk, the number of its record, the highest (term, serial) that
 * it used as a manager, and the statements of a channel that it did not leave. I-12: nor the record that it knows of a user.
 */
import { EMPTY, hex } from '../../base/bytes.ts'
import type { ChannelView } from '../../core/command.ts'
import type { Effect, Row } from '../../core/machine.ts'
import { ChannelRow, SelfRow, UserRow } from '../../wire/rows.ts'
import type { SimNode } from '../node.ts'
import type { Truth } from '../truth.ts'
import { type Checker, Violation } from './checker.ts'

interface Mark {
  term: number
  serial: number
  version: number
}

export class Monotonic implements Checker {
  readonly looks = { 'I-11': 0, 'I-12': 0 }
  readonly #truth: Truth
  /** By node and group. */
  readonly #marks = new Map<SimNode, Map<string, Mark>>()

  constructor(truth: Truth) {
    this.#truth = truth
  }

  onEffect(node: SimNode, effect: Effect): void {
    if (effect.type === 'notify' && effect.notice.type === 'epoch') {
      const { group, term, serial } = effect.notice
      this.#rise(node, group, term, serial, 0)
    }
    if (effect.type === 'persist') this.#write(node, effect)
    if (effect.type !== 'result' || effect.result instanceof Error) return
    const { result } = effect
    const views: readonly ChannelView[] = result.type === 'channels' ? result.channels : []
    for (const view of views) {
      if (view.key === 'ready') this.#rise(node, EMPTY, view.term, view.serial, view.descriptor?.version ?? 0)
    }
  }

  #write(node: SimNode, { puts, deletes }: Extract<Effect, { type: 'persist' }>): void {
    for (const row of puts) {
      const before = node.disk.row(row)
      if (before === undefined) continue
      this.looks[row.entry.startsWith('user/') ? 'I-12' : 'I-11']++
      requireRise(node, before, row)
    }
    // One whose epoch was passed over waits to be announced again.
    const waits = new Set(puts.map(({ entry }) => entry.replace(/^pending/, 'log')))
    const forgotten = deletes.find(({ entry }) => entry.startsWith('log/') && !waits.has(entry))
    const hasLeft = [...node.commands.values()].some(({ command }) => command.type === 'leaveChannel')
    if (forgotten !== undefined && !hasLeft) throw new Violation('I-11', `${node.name} forgets a statement`)
  }

  #rise(node: SimNode, group: Uint8Array, term: number, serial: number, version: number): void {
    if (this.#truth.personOf(node)?.isRolledBack) return
    const marks = this.#marks.get(node) ?? new Map<string, Mark>()
    this.#marks.set(node, marks)
    this.looks['I-11']++
    const line = hex(group)
    const mark = marks.get(line)
    if (mark === undefined) {
      marks.set(line, { term, serial, version })
      return
    }
    if (term < mark.term || (term === mark.term && serial < mark.serial)) {
      throw new Violation('I-11', `${node.name} goes down from epoch ${mark.term}.${mark.serial} to ${term}.${serial}`)
    }
    if (version > 0 && version < mark.version) {
      throw new Violation('I-11', `${node.name} goes down from descriptor ${mark.version} to ${version}`)
    }
    marks.set(line, { term, serial, version: Math.max(version, mark.version) })
  }
}

/** @param before - what stands where this row is written. */
function requireRise(node: SimNode, before: Row, row: Row): void {
  const require = (isRise: boolean, invariant: string, what: string): void => {
    if (!isRise) throw new Violation(invariant, `${node.name} goes down in ${what}`)
  }
  if (row.entry === 'self') {
    const isRise = SelfRow.decode(row.value).recordSeq >= SelfRow.decode(before.value).recordSeq
    require(isRise, 'I-11', 'the number of its record')
  } else if (row.entry.startsWith('user/')) {
    require(UserRow.decode(row.value).seq >= UserRow.decode(before.value).seq, 'I-12', 'what it knows of a user')
  } else if (row.entry.startsWith('channel/')) {
    const [old, now] = [ChannelRow.decode(before.value), ChannelRow.decode(row.value)]
    const isSame = now.promisedTerm === old.promisedTerm && now.promisedSerial >= old.promisedSerial
    require(now.promisedTerm > old.promisedTerm || isSame, 'I-11', 'the number that it used')
  }
}
