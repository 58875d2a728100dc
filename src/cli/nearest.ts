/** What somebody meant who typed a word a little wrong. */
import { displayText, type SafeText } from './display-text.ts'

/** The command a person meant, by the fewest slips of the finger; undefined when nothing is near. */
export function nearest(typed: string, names: readonly string[]): SafeText | undefined {
  const starting = names.filter((name) => typed.length >= 2 && name.startsWith(typed))
  if (starting.length === 1) return displayText(starting[0]!)
  let best: string | undefined
  let least = Math.max(1, Math.floor(typed.length / 3)) + 1
  for (const name of names) {
    const slips = distance(typed.slice(0, 40), name)
    if (slips >= least) continue
    best = name
    least = slips
  }
  return best === undefined ? undefined : displayText(best)
}

/** Letters to insert, delete, change or swap with the next. */
function distance(a: string, b: string): number {
  let before: number[] = []
  let row = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const change = row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)
      let least = Math.min(change, row[j]! + 1, next[j - 1]! + 1)
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) least = Math.min(least, before[j - 2]! + 1)
      next.push(least)
    }
    before = row
    row = next
  }
  return row[b.length]!
}
