import { equalBytes } from './bytes.ts'

/**
 * Bytes that must never be seen. Whatever prints, joins, inspects or serialises a `Secret` gets `[secret]`; the only way
 * to the bytes is `expose()`, which is easy to look for in a review. Memory is cleared on `destroy()` as well as the
 * language allows: copies the runtime made are out of reach.
 */
export class Secret {
  #bytes: Uint8Array | undefined

  /** @param bytes - kept, not copied: the caller gives them away. */
  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
  }

  /**
   * The bytes themselves, not a copy.
   *
   * @throws {TypeError} after `destroy()`.
   */
  expose(): Uint8Array {
    if (this.#bytes === undefined) throw new TypeError('secret was destroyed')
    return this.#bytes
  }

  /** Whether `destroy()` has been called. */
  get isDestroyed(): boolean {
    return this.#bytes === undefined
  }

  /** Compares in constant time. */
  equals(other: Secret): boolean {
    return equalBytes(this.expose(), other.expose())
  }

  /** Overwrites the bytes; the secret is unusable afterwards. */
  destroy(): void {
    this.#bytes?.fill(0)
    this.#bytes = undefined
  }

  toString(): string {
    return '[secret]'
  }

  toJSON(): string {
    return '[secret]'
  }

  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return '[secret]'
  }
}
