/**
 * A store that forgets everything when the process ends, with the semantics of the real one: for a node without a home,
 * and for tests. Nothing of it reaches the disk.
 */
import { createHash } from 'node:crypto'
import { compareBytes, copyBytes } from '../base/bytes.ts'
import { closedStore, MAX_ORDER, type Row, type RowKey, requireName, requireOrder, type Store } from './store.ts'

/**
 * Opens an empty one.
 *
 * @returns a store whose writes take effect at once.
 */
export function openMemoryStore(): Store {
  const rooms = new Map<string, Map<string, Row & { readonly order: number; readonly hash: Uint8Array }>>()
  let isClosed = false
  const nameOf = ({ room, entry, order = 0 }: RowKey): string => {
    if (isClosed) throw closedStore()
    requireName(room)
    return JSON.stringify([requireOrder(order), requireName(entry)])
  }
  return {
    async write({ puts, deletes }) {
      for (const key of [...puts, ...deletes]) nameOf(key)
      for (const key of deletes) {
        const table = rooms.get(key.room)
        if (table?.delete(nameOf(key)) === true && table.size === 0) rooms.delete(key.room)
      }
      for (const row of puts) {
        const hash = createHash('sha256').update(row.entry).digest()
        const table = rooms.get(row.room) ?? new Map()
        rooms.set(row.room, table)
        table.set(nameOf(row), { ...row, order: row.order ?? 0, value: copyBytes(row.value), hash })
      }
    },
    async destroy(cohort, before) {
      const isOver = (row: Row): boolean => row.cohort?.name === cohort && row.cohort.since < before
      for (const rows of rooms.values()) for (const [name, row] of rows) if (isOver(row)) rows.delete(name)
    },
    size: async () => 0,
    async read(key) {
      const name = nameOf(key)
      return copied(rooms.get(key.room)?.get(name)?.value)
    },
    async *rows(room, { from = 0, to = MAX_ORDER, isReverse = false, limit = Number.POSITIVE_INFINITY } = {}) {
      nameOf({ room, entry: '', order: from })
      const found = [...(rooms.get(room)?.values() ?? [])].filter(
        (row) => row.order >= from && row.order <= requireOrder(to)
      )
      found.sort((a, b) => (isReverse ? -1 : 1) * (a.order - b.order || compareBytes(a.hash, b.hash)))
      for (const { hash: _, ...row } of found.slice(0, limit)) yield { ...row, value: copyBytes(row.value) }
    },
    async *all() {
      for (const rows of rooms.values())
        for (const { hash: _, ...row } of rows.values()) yield { ...row, value: copyBytes(row.value) }
    },
    async close() {
      isClosed = true
    }
  }
}

const copied = (bytes: Uint8Array | undefined): Uint8Array | undefined => bytes && copyBytes(bytes)
