/** What a start finds in the store: rows by their kind, and the rows of channels in the order in which they build on each other. */
import { InternalError } from '../base/errors.ts'
import { type CheckedStatement, readStatement } from './channel/statement.ts'
import type { Row } from './machine.ts'
import { Refusal } from './reject.ts'
import type { Room } from './room.ts'

export interface NamedRow {
  /** What comes after the kind; of the rows of a channel the text of its id. */
  readonly name: string
  readonly value: Uint8Array
}

/** The rows of one kind. */
export type RowsOf = (kind: string) => readonly NamedRow[]

export function rowsByKind(rows: readonly Row[]): RowsOf {
  const named = rows.map(({ entry, value }) => {
    const [kind = '', name = ''] = entry.split('/')
    return { kind, name, value }
  })
  const byKind = Map.groupBy(named, ({ kind }) => kind)
  return (kind) => byKind.get(kind) ?? []
}

/**
 * Gives the roles in each channel what they kept.
 *
 * @throws {InternalError} for a row that is damaged.
 */
export function restoreRooms(rooms: ReadonlyMap<string, Room>, rowsOf: RowsOf): void {
  restoreLogs(rooms, rowsOf('log'))
  for (const { name, value } of rowsOf('pending')) {
    const context = rooms.get(name)?.context
    const statement = context && readStatement(context.channel, value)
    if (statement !== undefined && !(statement instanceof Refusal)) context?.log.addStranded(statement)
  }
  const restore = (kind: string, give: (room: Room, value: Uint8Array) => unknown): void => {
    for (const { name, value } of rowsOf(kind)) {
      const room = rooms.get(name)
      if (room !== undefined && give(room, value) === false) throw damaged()
    }
  }
  restore('epoch', ({ member }, value) => member.restoreEpoch(value))
  restore('chain', ({ member }, value) => member.restoreChain(value))
  restore('sender', ({ member }, value) => member.conversation.senders.restore(value))
  restore('plain', ({ member }, value) => member.conversation.restorePlain(value))
  restore('outbox', ({ member }, value) => member.speaker.restoreOutbox(value))
  restore('clock', ({ member }, value) => member.clock.restore(value))
  restore('backlog', ({ member }, value) => member.repair.restore(value))
  restore('absence', ({ member }, value) => member.sessionRepair.restore(value))
  restore('receipt', ({ member }, value) => member.receipts.restore(value))
  restore('archive', ({ manager }, value) => manager.archive.restore(value))
  restore('newest', ({ member }, value) => member.succession.restoreNewest(value))
  restore('alarm', ({ member }, value) => member.succession.equivocation.restore(value))
  restore('chunk', ({ member }, value) => member.succession.restoreChunk(value))
}

/** All statements of a log at once: each may rest on another. */
function restoreLogs(rooms: ReadonlyMap<string, Room>, rows: readonly NamedRow[]): void {
  for (const [name, log] of Map.groupBy(rows, (row) => row.name)) {
    const context = rooms.get(name)?.context
    if (context === undefined) continue
    const statements = log.map(({ value }) => readStatement(context.channel, value))
    const checked = statements.filter((one): one is CheckedStatement => !(one instanceof Refusal))
    const preview = context.log.preview(checked)
    if (checked.length !== statements.length || preview instanceof Refusal) throw damaged()
    context.log.commit(preview)
  }
}

const damaged = (): InternalError =>
  new InternalError('a row of the store cannot be read: it was written by another version, or is damaged')
