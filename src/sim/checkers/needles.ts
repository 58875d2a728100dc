/** Finds any of many byte strings in many bytes, in one pass: raw, and as hexadecimal or base64 text. */
import { hex, utf8 } from '../../base/bytes.ts'

const PREFIX_BYTES = 4
const FILTER_BITS = 20
const FILTER_SHIFT = 32 - FILTER_BITS
const MULTIPLIER = 0x9e3779b1
/** Shorter strings turn up by chance. */
const MIN_BYTES = 8

interface Needle {
  readonly bytes: Uint8Array
  readonly name: string
}

export class Needles {
  readonly #filter = new Uint8Array(2 ** FILTER_BITS)
  readonly #byPrefix = new Map<number, Needle[]>()

  /**
   * @param bytes - at least 8.
   * @param name - what a find is called.
   * @param areTextsToo - look for the hexadecimal and base64 forms as well.
   */
  add(bytes: Uint8Array, name: string, areTextsToo: boolean): void {
    if (bytes.length < MIN_BYTES) return
    this.#addOne(bytes, name)
    if (!areTextsToo) return
    const hexadecimal = hex(bytes)
    this.#addOne(utf8(hexadecimal), `${name}, as hex`)
    this.#addOne(utf8(hexadecimal.toUpperCase()), `${name}, as hex`)
    for (const text of base64Cores(bytes)) {
      this.#addOne(utf8(text), `${name}, as base64`)
      this.#addOne(utf8(text.replaceAll('+', '-').replaceAll('/', '_')), `${name}, as base64url`)
    }
  }

  /** The name of a string that occurs in these bytes, or undefined. */
  findIn(bytes: Uint8Array): string | undefined {
    let window = 0
    for (let i = 0; i < bytes.length; i++) {
      window = (window << 8) | bytes[i]!
      if (i < PREFIX_BYTES - 1 || this.#filter[Math.imul(window, MULTIPLIER) >>> FILTER_SHIFT] === 0) continue
      for (const needle of this.#byPrefix.get(window) ?? []) {
        if (isAt(bytes, i - PREFIX_BYTES + 1, needle.bytes)) return needle.name
      }
    }
    return undefined
  }

  #addOne(bytes: Uint8Array, name: string): void {
    const prefix = (bytes[0]! << 24) | (bytes[1]! << 16) | (bytes[2]! << 8) | bytes[3]!
    this.#filter[Math.imul(prefix, MULTIPLIER) >>> FILTER_SHIFT] = 1
    const needles = this.#byPrefix.get(prefix)
    if (needles === undefined) this.#byPrefix.set(prefix, [{ bytes, name }])
    else needles.push({ bytes, name })
  }
}

function isAt(bytes: Uint8Array, offset: number, needle: Uint8Array): boolean {
  if (offset + needle.length > bytes.length) return false
  for (let i = 0; i < needle.length; i++) if (bytes[offset + i] !== needle[i]) return false
  return true
}

/** The characters of a base64 text that depend on these bytes alone, for each of the three ways to fall into groups. */
function base64Cores(bytes: Uint8Array): string[] {
  return [0, 1, 2].map((shift) => {
    const text = Buffer.concat([new Uint8Array(shift), bytes])
      .toString('base64')
      .replaceAll('=', '')
    const first = shift === 0 ? 0 : shift + 1
    const last = Math.floor(((shift + bytes.length) * 8) / 6)
    return text.slice(first, last)
  })
}
