import { once } from 'node:events'
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { connect, createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { expect } from 'chai'
import { InternalError, PeerError, UsageError } from '../../src/base/errors.ts'
import {
  type ControlCaller,
  type ControlClient,
  type ControlHandler,
  connectControl,
  serveControl
} from '../../src/node/control.ts'

describe('node/control', function () {
  this.timeout(20_000)
  let home: string
  let path: string
  let closers: (() => unknown)[] = []
  beforeEach(async () => {
    home = await mkdtemp(join(tmpdir(), 'conclave-control-'))
    path = join(home, 'control.sock')
  })
  afterEach(async () => {
    for (const close of closers.reverse()) await close()
    closers = []
    await rm(home, { recursive: true, force: true })
  })

  const echo: ControlHandler = async (method, params) => ({ method, params })
  const serve = async (handler: ControlHandler = echo) => {
    const server = await serveControl(path, handler)
    closers.push(() => server.close())
    return server
  }
  const client = async (): Promise<ControlClient> => {
    const made = await connectControl(path)
    if (made === undefined) throw new Error('nobody listens')
    closers.push(() => made.close())
    return made
  }
  const thrown = async (promise: Promise<unknown>): Promise<UsageError> =>
    promise.then(
      () => expect.fail('nothing thrown'),
      (error) => error
    )

  /** A client that writes what it likes. */
  async function rawClient(): Promise<{ socket: Socket; answers(count: number): Promise<Record<string, unknown>[]> }> {
    const socket = connect(path)
    closers.push(() => socket.destroy())
    await once(socket, 'connect')
    let text = ''
    socket.setEncoding('utf8').on('data', (chunk) => {
      text += chunk
    })
    return {
      socket,
      async answers(count) {
        while (text.split('\n').length <= count) await once(socket, 'data')
        const lines = text.split('\n')
        text = lines.pop()!
        return lines.map((line) => JSON.parse(line))
      }
    }
  }

  it('a call is answered with what the handler returns, many at a time, each with its own', async () => {
    await serve(async (_, { n }) => {
      if (Number(n) % 2 === 0) await new Promise((done) => setImmediate(done))
      return { n, text: 'grüße 🔒 \u2028' }
    })
    const one = await client()
    const calls = Array.from({ length: 50 }, (_, n) => one.call('m', { n }))
    expect(await Promise.all(calls)).to.deep.equal(
      Array.from({ length: 50 }, (_, n) => ({ n, text: 'grüße 🔒 \u2028' }))
    )
  })

  it('a handler that returns nothing answers null', async () => {
    await serve(async () => undefined)
    expect(await (await client()).call('m', {})).to.equal(null)
  })

  it('errors of ours come back as the same class with code and message, others without their text', async () => {
    await serve(async (method) => {
      if (method === 'usage') throw new UsageError('NO_KEY_MANAGER', 'nobody is there')
      if (method === 'peer') throw new PeerError('BAD_FRAME', 'a stranger')
      if (method === 'internal') throw new InternalError('a promise')
      if (method === 'unknown') throw new UsageError('NO_SUCH_METHOD', 'no such command')
      if (method === 'circular') return 1n
      throw new Error('the key is hunter2')
    })
    const one = await client()
    const usage = await thrown(one.call('usage', {}))
    expect(usage).to.be.instanceOf(UsageError).and.include({ code: 'NO_KEY_MANAGER', message: 'nobody is there' })
    expect(await thrown(one.call('peer', {})))
      .to.be.instanceOf(PeerError)
      .and.include({ code: 'BAD_FRAME' })
    expect(await thrown(one.call('internal', {})))
      .to.be.instanceOf(InternalError)
      .and.include({ message: 'a promise' })
    expect(await thrown(one.call('unknown', {})))
      .to.be.instanceOf(UsageError)
      .and.include({ code: 'NO_SUCH_METHOD' })
    expect(await thrown(one.call('circular', {}))).to.be.instanceOf(InternalError)
    const other = await thrown(one.call('other', {}))
    expect(other).to.be.instanceOf(InternalError)
    expect(String(other)).not.to.contain('hunter2')
  })

  it('notifications reach the client they are for, in order, and no longer after its end', async () => {
    const callers: ControlCaller[] = []
    await serve(async (_, __, caller) => void callers.push(caller))
    const [one, two] = [await client(), await client()]
    await one.call('subscribe', {})
    await two.call('subscribe', {})
    const heard: unknown[] = []
    const end = one.onNotification((method, params) => heard.push([method, params['n']]))
    two.onNotification(() => expect.fail('another client heard it'))
    for (let n = 0; n < 3; n++) callers[0]!.notify('message', { n })
    await one.call('subscribe', {})
    expect(heard).to.deep.equal([0, 1, 2].map((n) => ['message', n]))
    end()
    callers[0]!.notify('message', { n: 3 })
    await one.call('subscribe', {})
    expect(heard.length).to.equal(3)
  })

  it('a client that goes away aborts its subscriptions and no others', async () => {
    const callers: ControlCaller[] = []
    await serve(async (_, __, caller) => void callers.push(caller))
    const [one, two] = [await client(), await client()]
    await one.call('subscribe', {})
    await two.call('subscribe', {})
    one.close()
    if (!callers[0]!.closed.aborted) await once(callers[0]!.closed, 'abort')
    callers[0]!.notify('message', {})
    expect(callers[1]!.closed.aborted).to.equal(false)
    expect((await thrown(one.call('m', {}))).code).to.equal('CONTROL_CLOSED')
  })

  it('when the server closes, calls under way end with CONTROL_CLOSED and the socket file is gone', async () => {
    let entered = () => {}
    const isEntered = new Promise<void>((done) => {
      entered = done
    })
    const server = await serve(() => {
      entered()
      return new Promise(() => {})
    })
    const one = await client()
    const call = thrown(one.call('m', {}))
    await isEntered
    await server.close()
    expect((await call).code).to.equal('CONTROL_CLOSED')
    expect(one.closed.aborted).to.equal(true)
    expect(await readdir(home)).to.deep.equal([])
    expect(await connectControl(path)).to.equal(undefined)
  })

  it('malformed lines are answered with the JSON-RPC codes and the next line is heard', async () => {
    await serve()
    const raw = await rawClient()
    const codeFor = async (line: string | Uint8Array) => {
      raw.socket.write(line)
      raw.socket.write('\n')
      const [answer] = await raw.answers(1)
      return [(answer as { error: { code: number } }).error.code, answer!['id']]
    }
    expect(await codeFor('{')).to.deep.equal([-32700, null])
    expect(await codeFor(Buffer.from('{"jsonrpc":"2.0","id":1,"method":"\xff"}', 'latin1'))).to.deep.equal([
      -32700,
      null
    ])
    expect(await codeFor('[]')).to.deep.equal([-32600, null])
    expect(await codeFor('null')).to.deep.equal([-32600, null])
    expect(await codeFor('{"id":1,"method":"m"}')).to.deep.equal([-32600, 1])
    expect(await codeFor('{"jsonrpc":"2.0","id":2,"method":5}')).to.deep.equal([-32600, 2])
    expect(await codeFor('{"jsonrpc":"2.0","id":{},"method":"m"}')).to.deep.equal([-32600, null])
    expect(await codeFor('{"jsonrpc":"2.0","id":"a","method":"m","params":[1]}')).to.deep.equal([-32602, 'a'])
    // In pieces, two in one write, an empty line, a carriage return, and a request without an id, which is not answered.
    raw.socket.write('\n{"jsonrpc":"2.0","id":3,')
    raw.socket.write('"method":"m"}\r\n{"jsonrpc":"2.0","method":"m"}\n{"jsonrpc":"2.0","id":4,"method":"m"}\n')
    expect((await raw.answers(2)).map((answer) => answer['id'])).to.deep.equal([3, 4])
  })

  it('a line of exactly 1 MiB is heard, a longer one ends the connection', async () => {
    await serve(async (_, { text }) => String(text).length)
    const frame = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'm', params: { text: '' } })
    const fits = 1024 * 1024 - frame.length
    const raw = await rawClient()
    raw.socket.write(`${frame.replace('""', `"${'a'.repeat(fits)}"`)}\n`)
    expect((await raw.answers(1))[0]!['result']).to.equal(fits)
    raw.socket.on('error', () => {})
    raw.socket.write(frame.replace('""', `"${'a'.repeat(fits + 1)}"`))
    expect((await raw.answers(1))[0]!['error']).to.include({ code: -32600 })
    if (!raw.socket.closed) await once(raw.socket, 'close')
    const one = await client()
    expect((await thrown(one.call('m', { text: 'a'.repeat(1024 * 1024) }))).code).to.equal('LINE_TOO_LONG')
    expect(await one.call('m', { text: 'abc' })).to.equal(3)
  })

  it('an answer that is too long is an error of its own', async () => {
    await serve(async () => 'a'.repeat(1024 * 1024))
    expect((await thrown((await client()).call('m', {}))).code).to.equal('LINE_TOO_LONG')
  })

  it('an id that leaves no room for an answer is refused, and the next call is heard', async () => {
    await serve()
    const raw = await rawClient()
    for (const letters of [257, 1024 * 1024 - 100]) {
      raw.socket.write(`${JSON.stringify({ jsonrpc: '2.0', id: 'a'.repeat(letters), method: 'm' })}\n`)
      const [answer] = await raw.answers(1)
      expect([answer!['id'], (answer as { error: { code: number } }).error.code]).to.deep.equal([null, -32600])
    }
    raw.socket.write(`${JSON.stringify({ jsonrpc: '2.0', id: 'a'.repeat(256), method: 'm' })}\n`)
    expect((await raw.answers(1))[0]!['id']).to.have.length(256)
  })

  it('calls under way are bounded for each client', async () => {
    let release = () => {}
    const gate = new Promise<void>((done) => {
      release = done
    })
    await serve(() => gate)
    const one = await client()
    const calls = Array.from({ length: 65 }, () => one.call('m', {}))
    expect((await thrown(calls[64]!)).code).to.equal('BUSY')
    release()
    await Promise.all(calls.slice(0, 64))
  })

  it('a client that does not read is dropped', async () => {
    const gone = Promise.withResolvers<void>()
    await serve(async (_, __, caller) => {
      caller.closed.addEventListener('abort', () => gone.resolve())
      const text = 'a'.repeat(512 * 1024)
      while (!caller.closed.aborted) {
        caller.notify('message', { text })
        await new Promise((done) => setImmediate(done))
      }
    })
    const socket = connect(path)
    closers.push(() => socket.destroy())
    await once(socket, 'connect')
    socket.pause()
    socket.write('{"jsonrpc":"2.0","id":1,"method":"m"}\n')
    await gone.promise
  })

  it('the socket has mode 0600 and lies in a folder of mode 0700; a wider folder is refused', async () => {
    const before = process.umask(0)
    try {
      await serve()
    } finally {
      process.umask(before)
    }
    expect((await stat(path)).mode & 0o777).to.equal(0o600)
    await chmod(home, 0o755)
    expect((await thrown(serveControl(join(home, 'b'), echo))).code).to.equal('FOLDER_TOO_WIDE')
  })

  it('nobody listening is undefined, with or without a stale socket file, which a new server replaces', async () => {
    expect(await connectControl(path)).to.equal(undefined)
    // A server whose process died leaves its file: node removes it on close, so it is kept under another name.
    const dead = createServer().listen(path)
    await once(dead, 'listening')
    const { link, rename } = await import('node:fs/promises')
    await link(path, `${path}.kept`)
    await new Promise((done) => dead.close(done))
    await rename(`${path}.kept`, path)
    expect((await stat(path)).isSocket()).to.equal(true)
    expect(await connectControl(path)).to.equal(undefined)
    await serve()
    expect(await (await client()).call('m', {})).to.deep.equal({ method: 'm', params: {} })
  })

  it('a socket that answers is never taken over', async () => {
    await serve()
    expect((await thrown(serveControl(path, echo))).code).to.equal('HOME_IN_USE')
    await (await client()).call('m', {})
  })

  describe('in a home whose path is too long for a socket', () => {
    beforeEach(async () => {
      path = join(home, 'x'.repeat(100), 'control.sock')
      await mkdir(dirname(path), { mode: 0o700 })
    })
    const pointer = () => join(dirname(path), 'socket')

    it('a short path is used, private and recorded in the home, and nothing is left after', async () => {
      const server = await serve()
      const place = await readFile(pointer(), 'utf8')
      expect(Buffer.byteLength(place)).to.be.at.most(103)
      expect((await stat(place)).mode & 0o777).to.equal(0o600)
      expect((await stat(dirname(place))).mode & 0o777).to.equal(0o700)
      await (await client()).call('m', {})
      await server.close()
      expect(await readdir(dirname(path))).to.deep.equal([])
      expect(await stat(dirname(place)).catch((error) => error.code)).to.equal('ENOENT')
      expect(await connectControl(path)).to.equal(undefined)
    })

    it('a recorded place that others can reach is refused, one that is gone is nobody', async () => {
      const folder = await mkdtemp(join(tmpdir(), 'conclave-'))
      closers.push(() => rm(folder, { recursive: true, force: true }))
      await chmod(folder, 0o755)
      await writeFile(pointer(), join(folder, 'control'))
      expect((await thrown(connectControl(path))).code).to.equal('FOLDER_TOO_WIDE')
      await rm(folder, { recursive: true })
      expect(await connectControl(path)).to.equal(undefined)
      await serve()
      await (await client()).call('m', {})
    })
  })
})
