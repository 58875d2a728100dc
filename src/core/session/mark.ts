/** Eight bytes that tell a text from another of the same name, as only an end that was set back says one. */

import { hash } from '../../crypto/kdf.ts'
import { LABEL } from '../../crypto/labels.ts'
import { MARK_BYTES } from '../../wire/limits.ts'
import { Content } from '../../wire/messages.ts'

export const markOf = (content: Content): Uint8Array =>
  hash(LABEL.sessionMark, Content.encode(content)).slice(0, MARK_BYTES)

/** The mark of no text. */
export const UNKNOWN: Uint8Array = new Uint8Array(MARK_BYTES)

/** Of joined ones. */
export function splitMarks(marks: Uint8Array): Uint8Array[] {
  const count = Math.floor(marks.length / MARK_BYTES)
  return Array.from({ length: count }, (_, i) => marks.slice(i * MARK_BYTES, (i + 1) * MARK_BYTES))
}
