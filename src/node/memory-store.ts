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
  const table = new Map<string, Row & { readonly order: number; readonly hash: Uint8Array }>()
  let isClosed = false
  const nameOf = ({ room, entry, order = 0 }: RowKey): string => {
    if (isClosed) throw closedStore()
    return JSON.stringify([requireName(room), requireOrder(order), requireName(entry)])
  }
  return {
    async write({ puts, deletes }) {
      for (const key of [...puts, ...deletes]) nameOf(key)
      for (const key of deletes) table.delete(nameOf(key))
      for (const row of puts) {
        const hash = createHash('sha256').update(row.entry).digest()
        table.set(nameOf(row), { ...row, order: row.order ?? 0, value: copyBytes(row.value), hash })
      }
    },
    async destroy(name, before) {
      for (const [place, { cohort }] of table) if (cohort?.name === name && cohort.since < before) table.delete(place)
    },
    size: async () => 0,
    read: async (key) => copied(table.get(nameOf(key))?.value),
    async *rows(room, { from = 0, to = MAX_ORDER, isReverse = false, limit = Number.POSITIVE_INFINITY } = {}) {
      nameOf({ room, entry: '', order: from })
      const found = [...table.values()].filter(
        (row) => row.room === room && row.order >= from && row.order <= requireOrder(to)
      )
      found.sort((a, b) => (isReverse ? -1 : 1) * (a.order - b.order || compareBytes(a.hash, b.hash)))
      for (const { hash: _, ...row } of found.slice(0, limit)) yield { ...row, value: copyBytes(row.value) }
    },
    async *all() {
      for (const { hash: _, ...row } of table.values()) yield { ...row, value: copyBytes(row.value) }
    },
    async close() {
      isClosed = true
    }
  }
}

const copied = (bytes: Uint8Array | undefined): Uint8Array | undefined => bytes && copyBytes(bytes)
