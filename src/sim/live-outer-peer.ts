/** A live node in a process of its own, and what its parent has of its machine. */
import { type ChildProcess, fork } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { UsageError } from '../base/errors.ts'
import { type Frame, readFrame } from '../core/channel/frame.ts'
import type { Command, CommandResult } from '../core/command.ts'
import type { UserId } from '../core/identity/user.ts'
import type { Effect } from '../core/machine.ts'
import { STATE_ROOM } from '../core/out.ts'
import { Refusal } from '../core/reject.ts'
import type { Order, Report, Told } from './live-child.ts'
import type { LivePeer, LivePeerInit } from './live-peer.ts'
import type { Fill, HeldSecret, JudgingMachine } from './node.ts'

/** Beside this file, as it is compiled or as it is bundled. */
const PROGRAM = ['./live-child.js', './live-child.mjs']
  .map((name) => fileURLToPath(new URL(name, import.meta.url)))
  .find((path) => existsSync(path))
/** Who does not end in order within this time is killed, ms. */
const END_MS = 5_000

/** What is known of a machine elsewhere: what it told last. */
export class OuterMachine implements JudgingMachine {
  readonly rooms = [STATE_ROOM]
  secrets: readonly HeldSecret[] = []
  fills: readonly Fill[] = []

  judge(): never {
    throw new Error('a machine in another process judges there')
  }

  handle(): Effect[] {
    throw new Error('a machine in another process works there')
  }

  unsafeSecrets(): readonly HeldSecret[] {
    return this.secrets
  }

  unsafeFills(): readonly Fill[] {
    return this.fills
  }
}

export interface OuterPeerInit extends LivePeerInit {
  readonly machine: OuterMachine
  readonly home: string
  readonly seed: Uint8Array
  readonly nick: string
  readonly cut: readonly UserId[]
}

export class OuterPeer implements LivePeer {
  readonly #child: ChildProcess
  readonly #init: OuterPeerInit
  readonly #gone: Promise<void>
  readonly #calls = new Map<number, PromiseWithResolvers<CommandResult>>()
  readonly #started = Promise.withResolvers<void>()
  readonly #subscribers = new Map<string, readonly UserId[]>()
  #callIds = 0
  #isEnding = false
  addresses: readonly string[] = []

  private constructor(init: OuterPeerInit) {
    this.#init = init
    this.#child = fork(PROGRAM!, { serialization: 'advanced', stdio: ['ignore', 'ignore', 'inherit', 'ipc'] })
    this.#gone = new Promise((resolve) => this.#child.once('exit', () => resolve()))
    this.#child.on('message', (report: Report) => this.#hear(report))
    // A child that is gone cannot be told anything; its end is noticed.
    this.#child.on('error', () => {})
    // Nobody may have asked for it to start yet.
    this.#started.promise.catch(() => {})
    void this.#gone.then(() => {
      const gone = new UsageError('STOPPED', 'The process of the node has ended. Start it again.')
      this.#started.reject(gone)
      if (!this.#isEnding) init.listener.onFault(new Error(`the process of ${init.name} has ended by itself`))
      for (const call of this.#calls.values()) call.reject(gone)
    })
  }

  /** @throws {UsageError} when it cannot start. */
  static async start(init: OuterPeerInit, onForked: (peer: OuterPeer) => void): Promise<OuterPeer> {
    const peer = new OuterPeer(init)
    onForked(peer)
    const { home, seed, nick, listen, bootstrap, isDirectoryServer, cut } = init
    peer.#tell({ type: 'start', home, seed, nick, listen, bootstrap, isDirectoryServer, cut })
    await peer.#started.promise
    return peer
  }

  #tell(order: Order): void {
    if (this.#child.connected) this.#child.send(order, () => {})
  }

  #hear(report: Report): void {
    const { listener, machine } = this.#init
    switch (report.type) {
      case 'started':
        this.addresses = report.addresses
        this.#started.resolve()
        break
      case 'failed':
        this.#started.reject(errorOf(report.error))
        break
      case 'event':
        listener.onEvent(report.event)
        break
      case 'arrival': {
        const frame = readFrame(report.channel, report.frame)
        if (isFrame(frame)) listener.onArrival(frame, report.judgement as ReturnType<JudgingMachine['judge']>)
        break
      }
      case 'effect':
        listener.onEffect(report.effect)
        break
      case 'result': {
        const { number, result, error } = report
        listener.onEffect({ type: 'result', id: number, result: result ?? errorOf(error!) })
        break
      }
      case 'handled':
        machine.secrets = report.secrets ?? machine.secrets
        machine.fills = report.fills ?? machine.fills
        listener.onHandled()
        break
      case 'kept':
        listener.onKept?.(report.rows)
        break
      case 'fault':
        listener.onFault(new Error(report.text))
        break
      case 'answer': {
        const call = this.#calls.get(report.call)
        this.#calls.delete(report.call)
        if (report.error !== undefined) call?.reject(errorOf(report.error))
        else call?.resolve(report.result!)
        break
      }
      case 'topics':
        for (const { channel, subscribers } of report.topics) this.#subscribers.set(channel.join(), subscribers)
        break
      default:
        report satisfies never
    }
  }

  command(command: Command, number: number): Promise<CommandResult> {
    const call = Promise.withResolvers<CommandResult>()
    this.#calls.set(++this.#callIds, call)
    this.#tell({ type: 'command', call: this.#callIds, command, number })
    return call.promise
  }

  subscribers(channel: Uint8Array): readonly UserId[] {
    return this.#subscribers.get(channel.join()) ?? []
  }

  cutOff(users: readonly UserId[]): void {
    this.#tell({ type: 'cut', users })
  }

  loseStreams(lossRate: number): void {
    this.#tell({ type: 'streams', lossRate })
  }

  /** It stands still, and others do not hear of that. */
  pause(): void {
    this.#child.kill('SIGSTOP')
  }

  resume(): void {
    this.#child.kill('SIGCONT')
  }

  async stop(): Promise<void> {
    this.#isEnding = true
    this.#tell({ type: 'stop' })
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), END_MS)
    await this.#gone
    clearTimeout(timer)
  }

  async kill(): Promise<void> {
    this.#isEnding = true
    this.#child.kill('SIGKILL')
    await this.#gone
  }
}

const isFrame = (frame: Frame | Refusal | undefined): frame is Frame =>
  frame !== undefined && !(frame instanceof Refusal)

const errorOf = ({ code, message }: Told): UsageError => new UsageError(code, message)
