/**
 * A chain of message keys: one key for each message of one start of a sender, deleted when it is used.
 *
 * `message key = KDF(secret, "message")`, `next secret = KDF(secret, "next")`: what is left of a chain leads to no key used
 * before. Looking consumes nothing: `peek` gives a key and a `commit` to call once the AEAD has opened, so a forged frame
 * neither uses a key up nor moves a chain. A key serves one message: a chain is made once for each (sender, boot nonce),
 * only moves on, and a sending chain cannot be stored.
 */
import { copyBytes, u32, u64 } from '../../base/bytes.ts'
import { UsageError } from '../../base/errors.ts'
import { derive } from '../../crypto/kdf.ts'
import { LABEL } from '../../crypto/labels.ts'

const SECRET_BYTES = 32

/**
 * A message opens when its counter is less than this behind the newest one used (protocol §5). Bounds the kept keys.
 */
export const CHAIN_WINDOW = 1_024

/**
 * How far one message may be ahead of the next expected one: just so far that every message it passes over stays inside
 * the window, so no single jump makes a message unreadable, and a member's wild counter costs at most 2,047 derivations
 * (about 6 ms). A longer gap is filled by backfill in ascending order, or given up on purpose with `skipTo`.
 */
export const MAX_JUMP = CHAIN_WINDOW - 1

/** How far `skipTo` goes at once: about 3 s of derivations, more than a sender at its rate limit sends in half a day. */
export const MAX_SKIP = 2 ** 20

/** Counters are u32 on the wire. */
const MAX_COUNTER = 2 ** 32 - 1

/** A key that has been looked at and not yet used up. */
export interface PeekedKey {
  /** 32 bytes. */
  readonly key: Uint8Array
  /**
   * Uses the key up.
   *
   * @returns false when it has been used up, or fell out of the window, since it was looked at: take it for a replay.
   */
  commit(): boolean
}

const messageKey = (secret: Uint8Array): Uint8Array => derive(secret, LABEL.chainMessage, [])
const nextSecret = (secret: Uint8Array): Uint8Array => derive(secret, LABEL.chainNext, [])

/**
 * Our own chain of one start. It has no export: a sender that starts again has a new boot nonce, so no counter is ever
 * resumed and a restored disk repeats no key.
 */
export class SendingChain {
  #secret: Uint8Array
  #counter = 0

  private constructor(secret: Uint8Array) {
    this.#secret = secret
  }

  /** @param secret - 32 bytes, the chain's first secret; kept and overwritten. */
  static from(secret: Uint8Array): SendingChain {
    return new SendingChain(secret)
  }

  /** The counter `next` will give. */
  get counter(): number {
    return this.#counter
  }

  /**
   * The key of the next message, once.
   *
   * @returns the message's counter and its 32-byte key.
   * @throws {UsageError} `CHAIN_END` after 2^32 messages, or once destroyed.
   */
  next(): { readonly counter: number; readonly key: Uint8Array } {
    if (this.#counter > MAX_COUNTER) throw new UsageError('CHAIN_END', 'the chain has no further keys')
    const key = messageKey(this.#secret)
    const secret = nextSecret(this.#secret)
    this.#secret.fill(0)
    this.#secret = secret
    return { counter: this.#counter++, key }
  }

  /** Overwrites the secret; the chain is unusable afterwards. */
  destroy(): void {
    this.#secret.fill(0)
    this.#counter = MAX_COUNTER + 1
  }
}

/** A chain as it would be further on. */
interface Advance {
  /** The counter it was made from; it is out of date when the chain has moved since. */
  readonly from: number
  readonly to: number
  readonly secret: Uint8Array
  readonly skipped: readonly (readonly [counter: number, key: Uint8Array])[]
}

const EXPORT_VERSION = 1
const HEAD_BYTES = 1 + 8 + SECRET_BYTES
const SKIPPED_BYTES = 4 + SECRET_BYTES

/**
 * Another's chain of one start. It keeps the secret of the next counter and the keys of messages that have not come and
 * still may: at most 1,024 of 32 bytes, 37 kB exported; normally none, 41 bytes.
 */
export class ReceivingChain {
  #counter: number
  #secret: Uint8Array
  /** Keys of messages below `#counter` that have not come, ascending by counter. */
  readonly #skipped: Map<number, Uint8Array>

  private constructor(counter: number, secret: Uint8Array, skipped: Map<number, Uint8Array>) {
    this.#counter = counter
    this.#secret = secret
    this.#skipped = skipped
  }

  /** @param secret - 32 bytes, the chain's first secret; kept and overwritten. */
  static from(secret: Uint8Array): ReceivingChain {
    return new ReceivingChain(0, secret, new Map())
  }

  /** The counter expected next: one more than the highest used or skipped. */
  get counter(): number {
    return this.#counter
  }

  /** The lowest counter of which there is a key. */
  get lowest(): number {
    const [lowest] = this.#skipped.keys()
    return lowest ?? this.#counter
  }

  /**
   * The key of a message, without using it up.
   *
   * @param counter - a stranger's.
   * @returns undefined for a key used before, behind the window, or more than `MAX_JUMP` ahead.
   */
  peek(counter: number): PeekedKey | undefined {
    if (!Number.isInteger(counter) || counter < 0 || counter > MAX_COUNTER) return undefined
    if (counter < this.#counter) {
      const key = this.#skipped.get(counter)
      return key && { key: copyBytes(key), commit: () => this.#drop(counter) }
    }
    if (counter - this.#counter > MAX_JUMP) return undefined
    const advance = this.#advance(counter)
    return { key: messageKey(advance.secret), commit: () => this.#use(counter, advance) }
  }

  /**
   * The key of a message, used up at once.
   *
   * @returns as `peek`.
   */
  keyAt(counter: number): Uint8Array | undefined {
    const peeked = this.peek(counter)
    return peeked?.commit() ? peeked.key : undefined
  }

  /**
   * Moves on to a counter when backfill has nothing more to fill the gap with; never on the word of one message. Keys
   * inside the window stay.
   *
   * @throws {UsageError} `CHAIN_SKIP` when the counter is behind, or ahead by more than `MAX_SKIP`.
   */
  skipTo(counter: number): void {
    const ahead = counter - this.#counter
    if (!Number.isInteger(ahead) || ahead < 0 || ahead > MAX_SKIP || counter > MAX_COUNTER) {
      throw new UsageError('CHAIN_SKIP', 'a chain skips forward only, and not without bound')
    }
    this.#adopt(this.#advance(counter))
  }

  /** All of the chain for the store: version, counter (u64), secret, then counter (u32) and key of each skipped one. */
  export(): Uint8Array {
    const bytes = new Uint8Array(HEAD_BYTES + SKIPPED_BYTES * this.#skipped.size)
    bytes[0] = EXPORT_VERSION
    bytes.set(u64(this.#counter), 1)
    bytes.set(this.#secret, 9)
    let offset = HEAD_BYTES
    for (const [counter, key] of this.#skipped) {
      bytes.set(u32(counter), offset)
      bytes.set(key, offset + 4)
      offset += SKIPPED_BYTES
    }
    return bytes
  }

  /** The chain `export` wrote, or undefined when the bytes are not one. */
  static import(bytes: Uint8Array): ReceivingChain | undefined {
    if (bytes.length < HEAD_BYTES || bytes[0] !== EXPORT_VERSION) return undefined
    if ((bytes.length - HEAD_BYTES) % SKIPPED_BYTES !== 0) return undefined
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
    const counter = Number(view.getBigUint64(1))
    if (counter > MAX_COUNTER + 1) return undefined
    const skipped = new Map<number, Uint8Array>()
    let lowest = Math.max(0, counter - CHAIN_WINDOW)
    for (let offset = HEAD_BYTES; offset < bytes.length; offset += SKIPPED_BYTES) {
      const skippedCounter = view.getUint32(offset)
      if (skippedCounter < lowest || skippedCounter >= counter) return undefined
      lowest = skippedCounter + 1
      skipped.set(skippedCounter, bytes.slice(offset + 4, offset + SKIPPED_BYTES))
    }
    return new ReceivingChain(counter, bytes.slice(9, HEAD_BYTES), skipped)
  }

  /** Overwrites what is kept; the chain is unusable afterwards. */
  destroy(): void {
    this.#secret.fill(0)
    for (const counter of this.#skipped.keys()) this.#drop(counter)
    this.#counter = MAX_COUNTER + 1
  }

  /** The chain as it would be at a counter not behind it, with the keys the window would still reach from there. */
  #advance(to: number): Advance {
    const skipped: [number, Uint8Array][] = []
    let secret = copyBytes(this.#secret)
    for (let counter = this.#counter; counter < to; counter++) {
      if (counter >= to - CHAIN_WINDOW) skipped.push([counter, messageKey(secret)])
      const next = nextSecret(secret)
      secret.fill(0)
      secret = next
    }
    return { from: this.#counter, to, secret, skipped }
  }

  #adopt(advance: Advance): void {
    this.#secret.fill(0)
    this.#secret = advance.secret
    this.#counter = advance.to
    for (const [counter, key] of advance.skipped) this.#skipped.set(counter, key)
    for (const counter of this.#skipped.keys()) {
      if (counter >= this.#counter - CHAIN_WINDOW) break
      this.#drop(counter)
    }
  }

  /** Uses up the key at a counter that was ahead when it was looked at. */
  #use(counter: number, advance: Advance): boolean {
    if (counter < this.#counter) return this.#drop(counter)
    const current = advance.from === this.#counter ? advance : this.#advance(counter)
    const { secret } = current
    this.#adopt({ ...current, to: counter + 1, secret: nextSecret(secret) })
    secret.fill(0)
    return true
  }

  /** Uses a skipped key up. */
  #drop(counter: number): boolean {
    this.#skipped.get(counter)?.fill(0)
    return this.#skipped.delete(counter)
  }
}
