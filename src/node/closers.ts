/**
 * What has been opened, to be closed in reverse order. Everything is closed, whatever fails on the way.
 */

/** Things to close, last opened first. */
export class Closers {
  readonly #closers: (() => Promise<void> | void)[] = []

  /** Remembers how to close what was just opened. */
  add(close: () => Promise<void> | void): void {
    this.#closers.push(close)
  }

  /** Closes all, even when some fail. @throws the first failure, at the end. */
  async close(): Promise<void> {
    const failures: unknown[] = []
    for (let close = this.#closers.pop(); close !== undefined; close = this.#closers.pop()) {
      try {
        await close()
      } catch (error) {
        failures.push(error)
      }
    }
    if (failures.length > 0) throw failures[0]
  }
}
