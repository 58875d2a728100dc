/**
 * A loopback in memory for live worlds: it takes the addresses of TCP on this machine and opens no socket. What is sent waits
 * its turn on a line with the delay, the losses and the bandwidth that the network has at that moment. It is as reliable as
 * TCP: what is lost comes later.
 */
import {
  type Connection,
  type CreateListenerOptions,
  type DialTransportOptions,
  type Listener,
  type ListenerEvents,
  type Logger,
  type MessageStreamDirection,
  type Transport,
  TypedEventEmitter,
  transportSymbol,
  type Upgrader
} from '@libp2p/interface'
import { AbstractMultiaddrConnection } from '@libp2p/utils'
import { type Multiaddr, multiaddr } from '@multiformats/multiaddr'
import { SECOND_MS } from '../base/time.ts'
import type { Conditions } from './network.ts'
import type { Random } from './random.ts'

const HOST = '127.0.0.1'
/** Ports of listeners; those of callers go round in the rest. */
const LISTENER_PORTS_FROM = 10_000
const CALLER_PORTS = { from: 20_000, to: 65_535 } as const
/** What is lost is sent again after this time. */
const AGAIN_MS = 200
const BITS_PER_BYTE = 8

interface Components {
  readonly logger: { forComponent(name: string): Logger }
}

/** Makes the transport of one node. */
export type MakeTransport = (components: Components) => Transport

/** All connections of one world. */
export class Loopback {
  readonly #conditions: () => Conditions
  readonly #random: Random
  readonly #listeners = new Map<number, LoopbackListener>()
  #listenerPort = LISTENER_PORTS_FROM
  #callerPort: number = CALLER_PORTS.from

  /** @param conditions - as they are now; a median delay of 0 is none at all. */
  constructor(conditions: () => Conditions, random: Random) {
    this.#conditions = conditions
    this.#random = random
  }

  readonly transport: MakeTransport = ({ logger }) => {
    const log = logger.forComponent('conclave:loopback')
    return {
      [transportSymbol]: true,
      [Symbol.toStringTag]: 'conclave-loopback',
      dial: (to, options) => this.#dial(to, options, log),
      createListener: ({ upgrader }: CreateListenerOptions) => new LoopbackListener(this, upgrader),
      listenFilter: (addresses) => addresses.filter(isHere),
      dialFilter: (addresses) => addresses.filter(isHere)
    }
  }

  /** @param port - 0: any. @returns the one taken. */
  open(listener: LoopbackListener, port: number): number {
    const taken = port === 0 ? ++this.#listenerPort : port
    if (this.#listeners.has(taken)) throw new Error(`port ${taken} is in use`)
    this.#listeners.set(taken, listener)
    return taken
  }

  shut(listener: LoopbackListener): void {
    for (const [port, one] of this.#listeners) if (one === listener) this.#listeners.delete(port)
  }

  async #dial(to: Multiaddr, options: DialTransportOptions, log: Logger): Promise<Connection> {
    const listener = this.#listeners.get(portOf(to))
    if (listener === undefined) throw new Error('nobody listens there')
    this.#callerPort = this.#callerPort < CALLER_PORTS.to ? this.#callerPort + 1 : CALLER_PORTS.from
    const outbound = new LoopbackEnd(to, 'outbound', log, () => this.#delayOf())
    const inbound = new LoopbackEnd(addressAt(this.#callerPort), 'inbound', log, () => this.#delayOf())
    outbound.join(inbound)
    inbound.join(outbound)
    listener.take(inbound)
    try {
      return await options.upgrader.upgradeOutbound(outbound, options)
    } catch (error) {
      outbound.abort(error instanceof Error ? error : new Error(String(error)))
      throw error
    }
  }

  /** Of what is sent now: ms until it is there, and for each byte. */
  #delayOf(): Delay {
    const { medianDelayMs, delaySigma, lossRate, bandwidth } = this.#conditions()
    const random = this.#random
    const again = random.chance(lossRate) ? AGAIN_MS : 0
    const delayMs = medianDelayMs === 0 ? 0 : random.logNormal(medianDelayMs, delaySigma)
    return { ms: delayMs + again, msPerByte: bandwidth === 0 ? 0 : (BITS_PER_BYTE * SECOND_MS) / bandwidth }
  }
}

interface Delay {
  readonly ms: number
  readonly msPerByte: number
}

class LoopbackListener extends TypedEventEmitter<ListenerEvents> implements Listener {
  readonly #loopback: Loopback
  readonly #upgrader: Upgrader
  readonly #closed = new AbortController()
  #port: number | undefined

  constructor(loopback: Loopback, upgrader: Upgrader) {
    super()
    this.#loopback = loopback
    this.#upgrader = upgrader
  }

  async listen(address: Multiaddr): Promise<void> {
    this.#port = this.#loopback.open(this, portOf(address))
    this.safeDispatchEvent('listening')
  }

  /** Somebody calls. */
  take(connection: LoopbackEnd): void {
    this.#upgrader
      .upgradeInbound(connection, { signal: this.#closed.signal })
      .catch((error) => connection.abort(error instanceof Error ? error : new Error(String(error))))
  }

  getAddrs(): Multiaddr[] {
    return this.#port === undefined ? [] : [addressAt(this.#port)]
  }

  async close(): Promise<void> {
    this.#loopback.shut(this)
    this.#port = undefined
    this.#closed.abort()
    this.safeDispatchEvent('close')
  }

  updateAnnounceAddrs(): void {}
}

/** One end of a connection. */
class LoopbackEnd extends AbstractMultiaddrConnection {
  readonly #delayOf: () => Delay
  /** What is on its way to the other end, in order: when it is there, monotonic ms, and what it does there. */
  readonly #line: { readonly at: number; readonly arrive: (other: LoopbackEnd) => void }[] = []
  #other: LoopbackEnd | undefined
  #isMoving = false
  /** The other end takes no more for now. */
  #isHeld = false

  constructor(remoteAddr: Multiaddr, direction: MessageStreamDirection, log: Logger, delayOf: () => Delay) {
    super({ remoteAddr, direction, log })
    this.#delayOf = delayOf
  }

  join(other: LoopbackEnd): void {
    this.#other = other
  }

  override sendData(data: Parameters<AbstractMultiaddrConnection['sendData']>[0]): {
    readonly sentBytes: number
    readonly canSendMore: boolean
  } {
    const bytes = data.slice()
    this.#send(bytes.length, (other) => other.status === 'open' && other.onData(bytes))
    return { sentBytes: data.byteLength, canSendMore: !this.#isHeld }
  }

  override sendReset(): void {
    this.#send(0, (other) => other.status === 'open' && other.onRemoteReset())
  }

  override async sendClose(): Promise<void> {
    this.#send(0, (other) => other.onTransportClosed())
  }

  override sendPause(): void {
    if (this.#other !== undefined) this.#other.#isHeld = true
  }

  override sendResume(): void {
    const other = this.#other
    if (other === undefined) return
    other.#isHeld = false
    other.safeDispatchEvent('drain')
  }

  #send(bytes: number, arrive: (other: LoopbackEnd) => void): void {
    const { ms, msPerByte } = this.#delayOf()
    const now = performance.now()
    const before = this.#line.at(-1)?.at ?? now
    this.#line.push({ at: Math.max(before, now + ms) + bytes * msPerByte, arrive })
    if (!this.#isMoving) this.#move()
  }

  /** Lets arrive what is due, and waits for the rest. Nothing arrives in the turn in which it is sent. */
  #move(): void {
    this.#isMoving = true
    const go = (): void => {
      while (this.#line.length > 0 && this.#line[0]!.at <= performance.now()) this.#line.shift()!.arrive(this.#other!)
      this.#isMoving = false
      if (this.#line.length > 0) this.#move()
    }
    const waitMs = this.#line[0]!.at - performance.now()
    if (waitMs <= 0) setImmediate(go)
    else setTimeout(go, waitMs)
  }
}

const portOf = (address: Multiaddr): number =>
  Number(address.getComponents().find(({ name }) => name === 'tcp')?.value ?? 0)

const addressAt = (port: number): Multiaddr => multiaddr(`/ip4/${HOST}/tcp/${port}`)

const isHere = (address: Multiaddr): boolean => address.toString().startsWith(`/ip4/${HOST}/tcp/`)
