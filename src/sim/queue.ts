/**
 * What happens next. Tasks at one instant run in the order they were scheduled, so a trace does not depend on the engine.
 */

interface Entry {
  readonly at: number
  readonly sequence: number
  readonly task: () => void
}

/** A binary heap of tasks by (time, sequence number). */
export class Queue {
  readonly #heap: Entry[] = []
  #sequence = 0

  get size(): number {
    return this.#heap.length
  }

  /** Time of the next task, ms; undefined when there is none. */
  get nextAt(): number | undefined {
    return this.#heap[0]?.at
  }

  /** @param at - virtual ms, integer. */
  push(at: number, task: () => void): void {
    const heap = this.#heap
    const entry: Entry = { at, sequence: this.#sequence++, task }
    let i = heap.length
    heap.push(entry)
    while (i > 0) {
      const parent = (i - 1) >> 1
      if (!isBefore(entry, heap[parent]!)) break
      heap[i] = heap[parent]!
      i = parent
    }
    heap[i] = entry
  }

  /** Takes the next task out; undefined when there is none. */
  pop(): { readonly at: number; readonly task: () => void } | undefined {
    const heap = this.#heap
    const top = heap[0]
    const last = heap.pop()
    if (last === undefined || last === top) return top
    let i = 0
    for (;;) {
      let child = 2 * i + 1
      if (child >= heap.length) break
      if (child + 1 < heap.length && isBefore(heap[child + 1]!, heap[child]!)) child++
      if (!isBefore(heap[child]!, last)) break
      heap[i] = heap[child]!
      i = child
    }
    heap[i] = last
    return top
  }
}

const isBefore = (a: Entry, b: Entry): boolean => a.at < b.at || (a.at === b.at && a.sequence < b.sequence)
