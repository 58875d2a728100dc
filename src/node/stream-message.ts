/**
 * One message on a stream: a length (u32) and that many bytes; more or fewer is an error (protocol §12).
 *
 * Reading keeps at most the length and the bytes allowed, whatever a peer sends, and ends at its signal at the latest.
 */
import type { Stream } from '@libp2p/interface'
import { joinBytes, u32 } from '../base/bytes.ts'

/** What arrived is no message. */
export class MalformedError extends Error {
  constructor() {
    super('malformed')
    this.name = 'MalformedError'
  }
}

const LENGTH_BYTES = 4

/** Puts a message into the stream's buffer. */
export function sendMessage(stream: Stream, message: Uint8Array): void {
  // Its return value asks for a pause; one bounded message may lie in the stream's buffer.
  stream.send(joinBytes(u32(message.length), message))
}

/**
 * The one message that a stream carries in one direction.
 *
 * The library's own readers hold back nothing: this one keeps at most the length and `maxBytes`, and settles at the
 * signal at the latest.
 *
 * @throws {MalformedError} for a length above `maxBytes`, and bytes after the message or too few.
 */
export function readMessage(stream: Stream, maxBytes: number, signal: AbortSignal): Promise<Uint8Array> {
  const { promise, resolve, reject } = Promise.withResolvers<Uint8Array>()
  let parts: Uint8Array[] = []
  let held = 0
  let wanted: number | undefined
  const onAbort = (): void => reject(signal.reason)
  // What lies in the stream's own buffer is still delivered, in a microtask: the end waits for it.
  const onEnd = (): void => void setImmediate(() => reject(new MalformedError()))
  const onClose = (): void => void setImmediate(() => reject(new Error('stream ended')))
  const onMessage = ({ data }: { readonly data: { subarray(): Uint8Array } }): void => {
    const part = data.subarray()
    held += part.length
    parts.push(part)
    if (wanted === undefined && held >= LENGTH_BYTES) {
      const start = joinBytes(...parts)
      wanted = LENGTH_BYTES + new DataView(start.buffer, start.byteOffset).getUint32(0)
      parts = [start]
    }
    if (wanted === undefined || (held < wanted && wanted <= LENGTH_BYTES + maxBytes)) return
    // The listener goes at once, so that nothing more is kept.
    stream.removeEventListener('message', onMessage)
    if (held === wanted && wanted <= LENGTH_BYTES + maxBytes) resolve(joinBytes(...parts).subarray(LENGTH_BYTES))
    else reject(new MalformedError())
  }
  if (signal.aborted) onAbort()
  signal.addEventListener('abort', onAbort, { once: true })
  stream.addEventListener('remoteCloseWrite', onEnd)
  stream.addEventListener('close', onClose)
  stream.addEventListener('message', onMessage)
  if (stream.status !== 'open') onClose()
  else if (stream.remoteWriteStatus !== 'writable') onEnd()
  return promise.finally(() => {
    stream.removeEventListener('message', onMessage)
    stream.removeEventListener('remoteCloseWrite', onEnd)
    stream.removeEventListener('close', onClose)
    signal.removeEventListener('abort', onAbort)
  })
}
