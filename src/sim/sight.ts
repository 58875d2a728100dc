/** One and the same thing as whoever carries it sees it, and as members do. */
import { hex } from '../base/bytes.ts'
import type { Frame } from '../core/channel/frame.ts'

const SHOWN_BYTES = 6

/** What stands in clear on a frame, and how much of it is sealed: nothing but what everybody on the wire has. */
export function carrierSight({ kind, author, body, attachment, bytes }: Frame): string {
  const parts = fieldsOf((body as Readonly<Record<string, unknown>>)[kind])
  const more = attachment.length > 0 ? [`attachment: ${bytesWords(attachment)}`] : []
  return [`${bytes.length} bytes, signed by key ${hex(author).slice(0, 8)}…`, ...parts, ...more].join('; ')
}

function fieldsOf(content: unknown): string[] {
  if (typeof content !== 'object' || content === null) return []
  return Object.entries(content).flatMap(([name, value]: [string, unknown]) => {
    if (value instanceof Uint8Array) return value.length === 0 ? [] : [`${name}: ${bytesWords(value)}`]
    if (Array.isArray(value)) return value.length === 0 ? [] : [`${name}: ${value.length} of them`]
    if (typeof value === 'object' && value !== null) {
      const inner = fieldsOf(value)
      return inner.length === 0 ? [] : [`${name}: { ${inner.join(', ')} }`]
    }
    return value === undefined || value === '' ? [] : [`${name}: ${String(value)}`]
  })
}

const bytesWords = (bytes: Uint8Array): string =>
  `${hex(bytes.subarray(0, SHOWN_BYTES))}${bytes.length > SHOWN_BYTES ? '…' : ''} (${bytes.length} bytes)`

/** What a kind of frame is to members, where it is no message. */
export const MEANINGS: Readonly<Record<string, string>> = {
  keyRequest: 'somebody asks the key manager for the key',
  challenge: 'the key manager has somebody prove who it is',
  challengeAnswer: 'somebody proves who it is',
  grant: 'the key manager gives one member the key',
  announcement: 'a new epoch: who is in, who came and went, and its key for those who stay',
  chunk: 'a part of a long announcement',
  coSignature: 'a key manager signs what another proposes',
  heartbeat: 'the key manager in office is there',
  digest: 'a member is there, and says what it has of whom',
  statements: 'who was let in, removed, or put into a group, and by whom',
  publicKeyRequest: 'somebody asks for the public keys of a member',
  publicKeyAnswer: 'the public keys of a member',
  session: 'one member says something to one other',
  leave: 'a member goes',
  alarm: 'the proof that a key manager lied',
  demand: 'somebody who may asks for a new key'
}
