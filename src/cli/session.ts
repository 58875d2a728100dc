/**
 * How a command reaches the peer of its home: the process that owns it, over the socket, or else a peer of its own that
 * lives as long as the command. libp2p is loaded in the second case only.
 */
import { UsageError } from '../base/errors.ts'
import { SECOND_MS } from '../base/time.ts'
import { type ControlCaller, type ControlClient, connectControl, type Params } from '../node/control.ts'
import type { Arguments } from './arguments.ts'
import { displayText } from './display-text.ts'
import { existingPassphrase, homeOf, socketOf } from './home.ts'
import { HOME } from './text.ts'

export interface Session {
  readonly home: string
  /** Whether the peer was started for this command. */
  readonly isShort: boolean
  call<T>(method: string, params?: Params): Promise<T>
  /** Hears notifications from now on. */
  onNotification(listener: (method: string, params: Params) => void): void
  /** Aborted when the peer has gone away. */
  readonly closed: AbortSignal
  close(): Promise<void>
}

/** What a command wants of the peer when none runs. */
export type Need =
  /** To look at what is stored: nobody is called. */
  | 'store'
  /** To reach others, and be gone soon. */
  | 'network'
  /** To stay, and be reachable. */
  | 'presence'
  /** Not to start one. */
  | 'running'

/** How long an owner of the home may take to open its socket. */
const STARTING_MS = 5 * SECOND_MS
const AGAIN_MS = 100

const open = new Set<Session>()

/** Closes what an interrupted or failed command left open. */
export async function closeSessions(): Promise<void> {
  await Promise.allSettled([...open].map((session) => session.close()))
}

/**
 * Reaches the peer of the home.
 *
 * @throws {UsageError} `NOT_RUNNING`, and what opening a home or starting a node throws.
 */
export async function openSession(args: Arguments, need: Need): Promise<Session> {
  const home = homeOf(args.options)
  const deadline = performance.now() + STARTING_MS
  for (;;) {
    const client = await connectOrNone(home)
    if (client !== undefined) return new RemoteSession(home, client, args.options.texts('bootstrap'))
    if (need === 'running') throw new UsageError('NOT_RUNNING', HOME.notRunning(displayText(home, { lines: 1 })))
    try {
      return await startSession(home, args, need)
    } catch (error) {
      // Its owner has the lock and not the socket yet, or no longer.
      const isStarting = error instanceof UsageError && error.code === 'HOME_IN_USE'
      if (!isStarting || performance.now() > deadline) throw error
    }
    await new Promise((resolve) => setTimeout(resolve, AGAIN_MS))
  }
}

/** How long a short-lived peer looks for others before it speaks, and stays after it has spoken. */
const SETTLE = '5s'
const LINGER_MS = 300

/**
 * Calls a method that tells the channel something. A peer that lives for this command first waits until somebody can hear
 * it, and does not leave in the middle of the word; what nobody heard is kept, and said at the next occasion.
 */
export async function callAloud<T>(session: Session, method: string, params: Params & { channel: string }): Promise<T> {
  if (!session.isShort) return await session.call<T>(method, params)
  await session.call('settle', { channel: params.channel, timeout: SETTLE })
  const answer = await session.call<T>(method, params)
  await new Promise((resolve) => setTimeout(resolve, LINGER_MS))
  return answer
}

async function connectOrNone(home: string): Promise<ControlClient | undefined> {
  try {
    return await connectControl(socketOf(home))
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOTDIR') return undefined
    throw error
  }
}

async function startSession(home: string, args: Arguments, need: Need): Promise<Session> {
  const passphrase = await existingPassphrase(home, args)
  const { startRunning } = await import('./running.ts')
  const { options } = args
  const isOnline = need !== 'store'
  const running = await startRunning({
    home,
    passphrase,
    role: 'peer',
    isBrief: need !== 'presence',
    listen: need === 'presence' ? undefined : [],
    bootstrap: isOnline ? options.texts('bootstrap') : [],
    isMdns: isOnline && !options.isOn('no-mdns'),
    isOnline
  })
  passphrase?.destroy()
  return new OwnSession(home, running)
}

type Running = Awaited<ReturnType<typeof import('./running.ts')['startRunning']>>

class RemoteSession implements Session {
  readonly home: string
  readonly isShort = false
  readonly #client: ControlClient
  /** Told to the peer with the first call. */
  #bootstrap: readonly string[]

  constructor(home: string, client: ControlClient, bootstrap: readonly string[]) {
    this.home = home
    this.#client = client
    this.#bootstrap = bootstrap
    open.add(this)
  }

  get closed(): AbortSignal {
    return this.#client.closed
  }

  async call<T>(method: string, params: Params = {}): Promise<T> {
    const bootstrap = this.#bootstrap
    this.#bootstrap = []
    return (await this.#client.call(method, bootstrap.length > 0 ? { ...params, bootstrap } : params)) as T
  }

  onNotification(listener: (method: string, params: Params) => void): void {
    this.#client.onNotification(listener)
  }

  async close(): Promise<void> {
    open.delete(this)
    this.#client.close()
  }
}

/** A peer in this process, asked as if over the socket. */
export class OwnSession implements Session {
  readonly home: string
  readonly isShort = true
  readonly #running: Running
  readonly #gone = new AbortController()
  readonly #listeners = new Set<(method: string, params: Params) => void>()
  readonly #caller: ControlCaller

  constructor(home: string, running: Running) {
    this.home = home
    this.#running = running
    this.#caller = {
      closed: this.#gone.signal,
      notify: (method, params) => {
        for (const listener of [...this.#listeners]) listener(method, params)
      }
    }
    open.add(this)
  }

  get closed(): AbortSignal {
    return this.#gone.signal
  }

  async call<T>(method: string, params: Params = {}): Promise<T> {
    return (await this.#running.call(method, params, this.#caller)) as T
  }

  onNotification(listener: (method: string, params: Params) => void): void {
    this.#listeners.add(listener)
  }

  async close(): Promise<void> {
    open.delete(this)
    this.#gone.abort()
    await this.#running.close()
  }
}
