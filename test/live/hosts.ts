/** Real hosts on loopback for the tests of this folder, and what they say to each other. */
import { randomBytes } from 'node:crypto'
import { zeros } from '../../src/base/bytes.ts'
import { type Frame, makeFrame } from '../../src/core/channel/frame.ts'
import { userIdText } from '../../src/core/identity/user.ts'
import type { SigningKey } from '../../src/crypto/sign.ts'
import { signingKey } from '../../src/crypto/sign.ts'
import { Carrier, type CarrierInit } from '../../src/node/carrier.ts'
import { createHost, type Host, type HostInit } from '../../src/node/host.ts'
import { Counters } from '../../src/node/report.ts'
import { Streams, type StreamsInit } from '../../src/node/streams.ts'
import type { Answer } from '../../src/wire/messages.ts'

export const EMPTY_ANSWER: Answer = {
  descriptors: zeros(0),
  records: [],
  frames: [],
  sealed: zeros(0),
  isMore: false
}

export const newKey = (): SigningKey => signingKey(new Uint8Array(randomBytes(32)))
export const newChannel = (): Uint8Array => new Uint8Array(randomBytes(32))

/** A small frame of an author; `n` makes it another one. */
export const plainFrame = (channel: Uint8Array, author: SigningKey, n: number): Frame =>
  makeFrame(channel, author, {
    plainMessage: {
      group: zeros(0),
      device: 0,
      boot: zeros(16),
      counter: n,
      previous: zeros(0),
      lamport: n,
      descriptor: zeros(32),
      content: { writtenAt: 1, replaces: zeros(0), text: { text: 'hello', replyTo: zeros(0), isAction: false } }
    }
  })

/** A key request frame; anybody may publish one. */
export const requestFrame = (channel: Uint8Array, author: SigningKey, attempt: number, bytes = 4): Frame =>
  makeFrame(channel, author, { keyRequest: { prekey: zeros(16), attempt, enc: zeros(4), sealed: zeros(bytes) } })

export interface Live {
  readonly key: SigningKey
  readonly host: Host
  readonly metrics: Counters
  readonly id: string
  readonly address: string
  stop(): Promise<void>
}

async function unstarted(init: Partial<HostInit>): Promise<Omit<Live, 'id' | 'address' | 'stop'>> {
  const key = init.key ?? newKey()
  const metrics = new Counters()
  const listen = ['/ip4/127.0.0.1/tcp/0']
  const host = await createHost({ listen, bootstrap: [], isMdns: false, metrics, ...init, key })
  return { key, host, metrics }
}

const started = async (host: Host): Promise<Pick<Live, 'id' | 'address'>> => {
  await host.start()
  return { id: userIdText(host.user), address: host.addresses()[0] ?? '' }
}

export async function liveHost(init: Partial<HostInit> = {}): Promise<Live> {
  const parts = await unstarted(init)
  return { ...parts, ...(await started(parts.host)), stop: () => parts.host.stop() }
}

export interface LiveCarrier extends Live {
  readonly carrier: Carrier
  readonly streams: Streams
  readonly frames: Frame[]
}

export async function liveCarrier(
  hostInit: Partial<HostInit> = {},
  carrierInit: Partial<CarrierInit> = {},
  streamsInit: Partial<StreamsInit> = {}
): Promise<LiveCarrier> {
  const parts = await unstarted(hostInit)
  const { host, metrics } = parts
  const frames: Frame[] = []
  const carrier = new Carrier({
    host,
    mode: 'member',
    judge: () => 'accept',
    onFrame: (frame) => frames.push(frame),
    metrics,
    ...carrierInit
  })
  const streams = await Streams.start({
    host,
    onQuestion: async () => EMPTY_ANSWER,
    subscribers: (channel) => carrier.subscribers(channel),
    metrics,
    ...streamsInit
  })
  const stop = async (): Promise<void> => {
    await streams.stop()
    carrier.stop()
    await host.stop()
  }
  return { ...parts, ...(await started(host)), carrier, streams, frames, stop }
}

/** Waits until something holds, looking often. @throws when it does not within the time. */
export async function until(what: string, holds: () => boolean | Promise<boolean>, timeoutMs = 15_000): Promise<void> {
  const end = performance.now() + timeoutMs
  while (!(await holds())) {
    if (performance.now() > end) throw new Error(`not within ${timeoutMs} ms: ${what}`)
    await pause(10)
  }
}

export const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

/** Repeatable randomness (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
}

/** Everything that nobody caught while it was watched. */
export class Uncaught {
  readonly seen: string[] = []
  readonly #note = (error: unknown): void => {
    this.seen.push(error instanceof Error ? (error.stack ?? error.message) : String(error))
  }

  watch(): void {
    process.on('uncaughtExceptionMonitor', this.#note)
    process.on('unhandledRejection', this.#note)
  }

  unwatch(): void {
    process.off('uncaughtExceptionMonitor', this.#note)
    process.off('unhandledRejection', this.#note)
  }
}
