/** Named moments to wake at, in `Env.uptimeMs`. Setting one again moves it. */
export class Deadlines<Name extends string> {
  readonly #at = new Map<Name, number>()

  set(name: Name, at: number | undefined): void {
    if (at === undefined) this.#at.delete(name)
    else this.#at.set(name, at)
  }

  /** Sets it unless it is set: the earlier promise stands. */
  setOnce(name: Name, at: number): void {
    if (!this.#at.has(name)) this.#at.set(name, at)
  }

  /** Sets it, or moves it forward. */
  setEarliest(name: Name, at: number): void {
    this.#at.set(name, Math.min(at, this.#at.get(name) ?? at))
  }

  has(name: Name): boolean {
    return this.#at.has(name)
  }

  /** Takes out and returns the names that are due. */
  due(uptimeMs: number): Name[] {
    const names = [...this.#at].filter(([, at]) => at <= uptimeMs).map(([name]) => name)
    for (const name of names) this.#at.delete(name)
    return names
  }

  next(): number | undefined {
    return this.#at.size === 0 ? undefined : Math.min(...this.#at.values())
  }
}

/** For who sets moments and leaves the waking to another. */
export type Agenda<Name extends string> = Pick<Deadlines<Name>, 'set' | 'setOnce' | 'setEarliest'>
