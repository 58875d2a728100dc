import { EventEmitter } from 'node:events'
import type { Stream } from '@libp2p/interface'
import { expect } from 'chai'
import { joinBytes, u32 } from '../../src/base/bytes.ts'
import { readMessage } from '../../src/node/stream-message.ts'

/** A stream that delivers what the test pushes. */
class ToyStream {
  status = 'open'
  remoteWriteStatus = 'writable'
  readonly #emitter = new EventEmitter()

  addEventListener(type: string, listener: (event: unknown) => void): void {
    this.#emitter.on(type, listener)
  }
  removeEventListener(type: string, listener: (event: unknown) => void): void {
    this.#emitter.off(type, listener)
  }
  push(...bytes: number[]): void {
    this.#emitter.emit('message', { data: Uint8Array.from(bytes) })
  }
  end(): void {
    this.remoteWriteStatus = 'closed'
    this.#emitter.emit('remoteCloseWrite', {})
  }
  close(): void {
    this.status = 'reset'
    this.#emitter.emit('close', {})
  }
  listeners(): number {
    return ['message', 'close', 'remoteCloseWrite'].reduce((sum, type) => sum + this.#emitter.listenerCount(type), 0)
  }
}

const MAX_BYTES = 5

describe('readMessage', () => {
  const read = (signal = new AbortController().signal) => {
    const stream = new ToyStream()
    const message = readMessage(stream as unknown as Stream, MAX_BYTES, signal)
    const name = message.then(
      (bytes) => `bytes ${bytes.join()}`,
      (error: Error) => error.name
    )
    return { stream, name }
  }

  it('puts a message together however it was cut', async () => {
    const whole = joinBytes(u32(3), Uint8Array.of(7, 8, 9))
    for (let cut = 0; cut <= whole.length; cut++) {
      const { stream, name } = read()
      stream.push(...whole.subarray(0, cut))
      stream.push(...whole.subarray(cut))
      expect(await name).to.equal('bytes 7,8,9')
      expect(stream.listeners()).to.equal(0)
    }
  })

  it('takes an empty message and one of the highest length', async () => {
    const empty = read()
    empty.stream.push(0, 0, 0, 0)
    expect(await empty.name).to.equal('bytes ')
    const full = read()
    full.stream.push(0, 0, 0, MAX_BYTES, 1, 2, 3, 4, 5)
    expect(await full.name).to.equal('bytes 1,2,3,4,5')
  })

  it('refuses a length above the limit at once, and keeps nothing of what follows', async () => {
    const { stream, name } = read()
    stream.push(0, 0, 0, MAX_BYTES + 1)
    expect(stream.listeners()).to.equal(2)
    expect(await name).to.equal('MalformedError')
    expect(stream.listeners()).to.equal(0)
  })

  it('refuses bytes after the message', async () => {
    const { stream, name } = read()
    stream.push(0, 0, 0, 1, 1, 2)
    expect(await name).to.equal('MalformedError')
  })

  it('refuses a message that ends too early', async () => {
    const { stream, name } = read()
    stream.push(0, 0, 0, 2, 1)
    stream.end()
    expect(await name).to.equal('MalformedError')
  })

  it('takes a message whose stream ends right behind it', async () => {
    const { stream, name } = read()
    stream.end()
    stream.push(0, 0, 0, 1, 1)
    expect(await name).to.equal('bytes 1')
  })

  it('ends with the stream and with the signal', async () => {
    const { stream, name } = read()
    stream.close()
    expect(await name).to.equal('Error')
    const stopped = new AbortController()
    const other = read(stopped.signal)
    stopped.abort()
    expect(await other.name).to.equal('AbortError')
    expect(other.stream.listeners()).to.equal(0)
  })
})
