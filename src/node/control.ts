/**
 * The control socket: how commands talk to the process that owns the home. JSON-RPC 2.0, one object per line.
 *
 * Whoever reaches the socket is the user, so nobody else may reach it: it lies in a folder of mode 0700 and has mode
 * 0600. Lines, calls under way and unread answers are bounded on both sides. Errors of ours cross with class and code;
 * an error that is not ours crosses as `INTERNAL`, without its text.
 */
import { chmod, lstat, mkdtemp, readFile, rm } from 'node:fs/promises'
import { connect, createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { EMPTY, joinBytes, readUtf8, utf8 } from '../base/bytes.ts'
import { InternalError, PeerError, UsageError } from '../base/errors.ts'
import { homeInUse } from './lock.ts'
import { hasCode, requirePrivate, writeFileWhole } from './private-files.ts'

/** One line, newline not counted. */
const MAX_LINE_BYTES = 1024 * 1024
/** What a client may leave unread before it is dropped. */
const MAX_UNREAD_BYTES = 8 * 1024 * 1024
const MAX_CALLS = 64
/** Of the id of a call, so that there is room for it in every answer. */
const MAX_ID_LETTERS = 256
const MAX_CLIENTS = 64
/** Linux takes 107 bytes, macOS 103. */
const MAX_PATH_BYTES = 103
/** How long a client has to take the last answers when the server closes. */
const CLOSE_MS = 1000

/** File of the home that holds the real path when the home's own is too long for a socket. */
const POINTER_FILE = 'socket'

const PARSE_ERROR = -32700
const INVALID_REQUEST = -32600
const NO_SUCH_METHOD = -32601
const INVALID_PARAMS = -32602
const INTERNAL_ERROR = -32603
/** Ours: `data.code` says which. */
const CONCLAVE_ERROR = -32000

export type Params = Record<string, unknown>

/** Who calls. */
export interface ControlCaller {
  /** Sends a notification; nothing happens when the client is gone. A client that does not read is dropped. */
  notify(method: string, params: Params): void
  /** Aborted when the client is gone: end its subscriptions. */
  readonly closed: AbortSignal
}

/**
 * Answers a call with what JSON can hold; undefined becomes null. Throw `UsageError` `NO_SUCH_METHOD` for an unknown
 * method. An error that is not one of ours reaches the client without its text: log it before it leaves the handler.
 */
export type ControlHandler = (method: string, params: Params, client: ControlCaller) => Promise<unknown>

/** A connection to the process that owns the home. */
export interface ControlClient {
  /**
   * @returns the answer of the handler.
   * @throws what the handler threw, as the same class with the same code; `UsageError` `CONTROL_CLOSED` when the
   * process goes away before it answers; `LINE_TOO_LONG`.
   */
  call(method: string, params: Params): Promise<unknown>
  /** Hears notifications from now on. @returns a function that ends it. */
  onNotification(listener: (method: string, params: Params) => void): () => void
  /** Aborted when the connection has ended, from either side. */
  readonly closed: AbortSignal
  close(): void
}

/**
 * Listens for commands. The caller holds the home's lock, so a socket file that is there is a dead process's.
 *
 * @param path - of the socket, in the home; when it is too long for a socket, a short one is made under the system's
 * temporary folder and its path is kept in the file `socket` beside it.
 * @throws {UsageError} `HOME_IN_USE` when somebody answers there; those of `requirePrivate` for the folder.
 */
export async function serveControl(path: string, handler: ControlHandler): Promise<{ close(): Promise<void> }> {
  await requirePrivate(dirname(path), 'FOLDER')
  const existing = await connectControl(path)
  if (existing !== undefined) {
    existing.close()
    throw homeInUse(dirname(path), undefined)
  }
  await forgetSocket(path)
  const isShort = Buffer.byteLength(path) <= MAX_PATH_BYTES
  const folder = isShort ? dirname(path) : await mkdtemp(join(tmpdir(), 'conclave-'))
  const socketPath = isShort ? path : join(folder, 'control')
  const clients = new Set<Socket>()
  const server = createServer((socket) => {
    clients.add(socket)
    socket.once('close', () => clients.delete(socket))
    serveClient(socket, handler)
  })
  server.maxConnections = MAX_CLIENTS
  await new Promise<void>((done, fail) => {
    server.once('error', fail)
    server.listen(socketPath, done)
  })
  // Until here the folder alone keeps others out; it is private in both cases.
  await chmod(socketPath, 0o600)
  if (!isShort) await writeFileWhole(join(dirname(path), POINTER_FILE), utf8(socketPath))
  return {
    async close() {
      const closed = new Promise<void>((done) => server.close(() => done()))
      for (const socket of clients) {
        socket.destroySoon()
        setTimeout(() => socket.destroy(), CLOSE_MS).unref()
      }
      await closed
      await forgetSocket(path)
    }
  }
}

/**
 * Connects to the process that owns the home.
 *
 * @param path - as given to `serveControl`.
 * @returns undefined when nobody listens there.
 * @throws {UsageError} `FOLDER_NOT_OURS` or `FOLDER_TOO_WIDE` when the recorded place is another user's.
 */
export async function connectControl(path: string): Promise<ControlClient | undefined> {
  const socketPath = await findSocket(path)
  if (socketPath === undefined) return undefined
  const socket = connect(socketPath)
  try {
    await new Promise<void>((done, fail) => socket.once('connect', done).once('error', fail))
  } catch (error) {
    if (hasCode(error, 'ENOENT', 'ECONNREFUSED', 'ENOTSOCK')) return undefined
    throw error
  }
  return new SocketClient(socket)
}

async function findSocket(path: string): Promise<string | undefined> {
  if (Buffer.byteLength(path) <= MAX_PATH_BYTES) return path
  try {
    const socketPath = (await readFile(join(dirname(path), POINTER_FILE), 'utf8')).trim()
    // The temporary folder is everybody's: after it was emptied somebody else may have made the same name.
    const folder = await lstat(dirname(socketPath))
    if (!folder.isDirectory()) return undefined
    await requirePrivate(dirname(socketPath), 'FOLDER')
    return socketPath
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined
    throw error
  }
}

async function forgetSocket(path: string): Promise<void> {
  const socketPath = await findSocket(path)
  if (socketPath === undefined) return
  await rm(socketPath, { force: true })
  if (socketPath === path) return
  await rm(dirname(socketPath), { recursive: true, force: true })
  await rm(join(dirname(path), POINTER_FILE), { force: true })
}

type Id = string | number | null

const isId = (id: unknown): id is Id | undefined =>
  id === undefined || id === null || typeof id === 'number' || (typeof id === 'string' && id.length <= MAX_ID_LETTERS)

function serveClient(socket: Socket, handler: ControlHandler): void {
  const gone = new AbortController()
  let calls = 0
  const send = (message: object): void => {
    if (socket.destroyed || socket.writableEnded) return
    socket.write(lineOf(message))
    if (socket.writableLength > MAX_UNREAD_BYTES) socket.destroy()
  }
  const caller: ControlCaller = {
    notify: (method, params) => send({ method, params }),
    closed: gone.signal
  }
  const refuse = (id: Id, code: number, message: string): void => send({ id, error: { code, message } })

  const answer = async (line: Uint8Array): Promise<void> => {
    const request = readObject(line)
    if (request === 'not JSON') return refuse(null, PARSE_ERROR, 'not a line of JSON in UTF-8')
    const { id, method, params = {} } = request ?? {}
    const isIdGood = isId(id)
    if (request?.['jsonrpc'] !== '2.0' || typeof method !== 'string' || !isIdGood) {
      return refuse(isIdGood ? (id ?? null) : null, INVALID_REQUEST, 'not a JSON-RPC 2.0 request')
    }
    // A request without an id is a notification: it is done, and never answered.
    const reply = (message: object): void => {
      if (id !== undefined) send({ id, ...message })
    }
    if (!isObject(params)) return reply({ error: { code: INVALID_PARAMS, message: 'params must be an object' } })
    if (calls >= MAX_CALLS)
      return reply({ error: errorForm(new UsageError('BUSY', 'Too many calls are under way. Wait for some.')) })
    calls++
    try {
      const result = await handler(method, params, caller)
      reply({ result: result ?? null })
    } catch (error) {
      reply({ error: errorForm(error) })
    } finally {
      calls--
    }
  }

  readLines(
    socket,
    (line) => void answer(line),
    () => {
      refuse(null, INVALID_REQUEST, `a line has at most ${MAX_LINE_BYTES} bytes`)
      socket.destroySoon()
    }
  )
  socket.on('error', () => socket.destroy())
  socket.once('close', () => gone.abort())
}

class SocketClient implements ControlClient {
  readonly #socket: Socket
  readonly #gone = new AbortController()
  readonly #calls = new Map<number, PromiseWithResolvers<unknown>>()
  readonly #listeners = new Set<(method: string, params: Params) => void>()
  #lastId = 0

  constructor(socket: Socket) {
    this.#socket = socket
    readLines(
      socket,
      (line) => this.#hear(line),
      () => socket.destroy()
    )
    socket.on('error', () => socket.destroy())
    socket.once('close', () => {
      this.#gone.abort()
      for (const call of this.#calls.values()) call.reject(closedError())
      this.#calls.clear()
    })
  }

  get closed(): AbortSignal {
    return this.#gone.signal
  }

  async call(method: string, params: Params): Promise<unknown> {
    if (this.#socket.destroyed || this.#socket.writableEnded) throw closedError()
    const id = ++this.#lastId
    const line = lineOf({ id, method, params })
    const call = Promise.withResolvers<unknown>()
    this.#calls.set(id, call)
    this.#socket.write(line)
    return call.promise
  }

  onNotification(listener: (method: string, params: Params) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  close(): void {
    this.#socket.destroySoon()
  }

  #hear(line: Uint8Array): void {
    const message = readObject(line)
    if (message === 'not JSON' || message === undefined) return void this.#socket.destroy()
    const { id, method, params, error, result } = message
    if (typeof method === 'string') {
      for (const listener of [...this.#listeners]) listener(method, isObject(params) ? params : {})
      return
    }
    const call = typeof id === 'number' ? this.#calls.get(id) : undefined
    if (call === undefined) return
    this.#calls.delete(id as number)
    if (error === undefined) call.resolve(result)
    else call.reject(errorOf(error))
  }
}

const closedError = (): UsageError =>
  new UsageError(
    'CONTROL_CLOSED',
    'No answer. The process that owns the home has gone away or closed the connection. Look at its output, then try again.'
  )

/** @throws {UsageError} `LINE_TOO_LONG`. */
function lineOf(message: object): Uint8Array {
  const line = utf8(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`)
  if (line.length - 1 > MAX_LINE_BYTES) {
    throw new UsageError(
      'LINE_TOO_LONG',
      `Did not send a control message. It is longer than ${MAX_LINE_BYTES} bytes. Ask for less at once.`
    )
  }
  return line
}

/** Calls back for every whole line, and once, as the last, when one grows too long. */
function readLines(socket: Socket, onLine: (line: Uint8Array) => void, onTooLong: () => void): void {
  let parts: Uint8Array[] = []
  let partBytes = 0
  let isRefused = false
  socket.on('data', (chunk: Uint8Array) => {
    let start = 0
    while (!isRefused) {
      const end = chunk.indexOf(0x0a, start)
      const part = chunk.subarray(start, end < 0 ? chunk.length : end)
      partBytes += part.length
      if (partBytes > MAX_LINE_BYTES) {
        isRefused = true
        parts = []
        return onTooLong()
      }
      parts.push(part)
      if (end < 0) return
      const line = parts.length === 1 ? part : joinBytes(...parts)
      parts = []
      partBytes = 0
      start = end + 1
      if (line.length > 0) onLine(line)
    }
  })
}

const isObject = (value: unknown): value is Params =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

function readObject(line: Uint8Array): Params | 'not JSON' | undefined {
  try {
    const value: unknown = JSON.parse(readUtf8(line ?? EMPTY) ?? '')
    return isObject(value) ? value : undefined
  } catch {
    return 'not JSON'
  }
}

function errorForm(error: unknown): { code: number; message: string; data: { code: string; kind: string } } {
  if (error instanceof UsageError || error instanceof PeerError) {
    const code = error.code === 'NO_SUCH_METHOD' ? NO_SUCH_METHOD : CONCLAVE_ERROR
    return {
      code,
      message: error.message,
      data: { code: error.code, kind: error instanceof UsageError ? 'usage' : 'peer' }
    }
  }
  const message =
    error instanceof InternalError ? error.message : 'an unexpected error in the process that owns the home'
  return { code: INTERNAL_ERROR, message, data: { code: 'INTERNAL', kind: 'internal' } }
}

function errorOf(form: unknown): Error {
  const { code, message, data } = isObject(form) ? form : {}
  const text = typeof message === 'string' ? message : 'an error without a message'
  const { code: name, kind } = isObject(data) ? data : {}
  if (typeof name === 'string' && kind === 'usage') return new UsageError(name, text)
  if (typeof name === 'string' && kind === 'peer') return new PeerError(name, text)
  if (code === NO_SUCH_METHOD) return new UsageError('NO_SUCH_METHOD', text)
  return new InternalError(text)
}
