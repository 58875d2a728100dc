/**
 * Yamux, the stream multiplexer, bounded and mended.
 *
 * Streams, windows and buffers of a connection have limits, so that a peer that does not read, or opens without end,
 * costs us a known amount. What is changed inside the library is looked for at the start of each connection: a yamux built
 * otherwise fails there instead of running unmended.
 */
import type { Stream } from '@libp2p/interface'
import { type YamuxMuxerInit, yamux } from '@libp2p/yamux'
import { assert } from '../base/assert.ts'

const STREAMS_PER_CONNECTION = 128
const WINDOW_BYTES = 1024 * 1024
const STREAM_BUFFER_BYTES = 4 * 1024 * 1024

const LIMITS: YamuxMuxerInit = {
  maxInboundStreams: STREAMS_PER_CONNECTION,
  maxOutboundStreams: STREAMS_PER_CONNECTION,
  streamOptions: {
    maxStreamWindowSize: WINDOW_BYTES,
    maxReadBufferLength: STREAM_BUFFER_BYTES,
    maxWriteBufferLength: STREAM_BUFFER_BYTES
  }
}

/**
 * Yamux with two changes in how its streams tell the sender about their window.
 *
 * The first frame of a new stream is sent in a microtask of its own: on a connection that died meanwhile it throws there,
 * where nobody can catch it, and would end the process. And after the first one, an update follows every frame that
 * arrives, a socket write each; half a window left is early enough (go-yamux does the same), which saves an eighth of all
 * CPU under gossip.
 */
export function mendedYamux(): ReturnType<typeof yamux> {
  return () => {
    const factory = yamux(LIMITS)()
    const create = factory.createStreamMuxer.bind(factory)
    factory.createStreamMuxer = (connection) => {
      const muxer = create(connection)
      const inside = muxer as unknown as { _newStream: (...args: unknown[]) => Stream }
      assert(typeof inside._newStream === 'function', 'yamux makes its streams in _newStream')
      const newStream = inside._newStream.bind(muxer)
      inside._newStream = (...args) => mendStream(newStream(...args))
      return muxer
    }
    return factory
  }
}

function mendStream(stream: Stream): Stream {
  const inside = stream as unknown as { sendWindowUpdate(): void; recvWindow: number; recvWindowCapacity: number }
  assert(
    typeof inside.sendWindowUpdate === 'function' && typeof inside.recvWindowCapacity === 'number',
    'a yamux stream updates its window in sendWindowUpdate'
  )
  const update = inside.sendWindowUpdate.bind(stream)
  inside.sendWindowUpdate = () => {
    const { recvWindow: window, recvWindowCapacity: left } = inside
    // A window that is still whole: this opens the stream, or costs nothing.
    if (left < window && left > window / 2) return
    try {
      update()
    } catch (error) {
      stream.abort(error instanceof Error ? error : new Error('the connection is gone'))
    }
  }
  return stream
}
