/** Collections that others fill, and that stay within a size. */

/** Forgets what was put in first, down to a number of entries. */
export function trim<Key>(entries: Map<Key, unknown> | Set<Key>, most: number): void {
  for (const oldest of entries.keys()) {
    if (entries.size <= most) return
    entries.delete(oldest)
  }
}
