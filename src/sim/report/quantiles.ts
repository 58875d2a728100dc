/** How long things took, where one value can stand for many. */

export class Spans {
  #sorted = true
  readonly #values: [ms: number, count: number][] = []
  total = 0

  add(ms: number, count: number): void {
    if (count <= 0) return
    this.#values.push([ms, count])
    this.total += count
    this.#sorted = false
  }

  /** The least value that `share` of all are not above; NaN when there are none. */
  quantile(share: number): number {
    if (!this.#sorted) this.#values.sort((a, b) => a[0] - b[0])
    this.#sorted = true
    let left = this.total * share
    for (const [ms, count] of this.#values) {
      left -= count
      if (left <= 1e-9) return ms
    }
    return this.#values.at(-1)?.[0] ?? Number.NaN
  }
}
