/** One of each at a time: nobody with many comes before others with few. */

/** The first of each, then the second of each that has one, and so on. */
export function* inTurn<T>(shelves: readonly (readonly T[])[]): Generator<T> {
  const longest = Math.max(0, ...shelves.map(({ length }) => length))
  for (let i = 0; i < longest; i++) for (const shelf of shelves) if (i < shelf.length) yield shelf[i]!
}
