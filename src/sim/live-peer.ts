/** A real node as a live world handles it, and one in this process. */
import type { Command, CommandResult } from '../core/command.ts'
import { type UserId, userIdText } from '../core/identity/user.ts'
import type { SigningKey } from '../crypto/sign.ts'
import type { MakeTransport } from '../node/host.ts'
import { type Node, startNode } from '../node/node.ts'
import type { Disk } from './disk.ts'
import { type Listener, SeenMachine } from './live-machine.ts'
import { DiskStore } from './live-store.ts'
import type { JudgingMachine } from './node.ts'

/** What every process is made of, wherever it runs. */
export interface LivePeerInit {
  readonly name: string
  readonly key: SigningKey
  readonly listener: Listener
  readonly listen: string
  readonly bootstrap: readonly string[]
  readonly isDirectoryServer: boolean
}

/** A running process. */
export interface LivePeer {
  /** Multiaddrs with its peer id. */
  readonly addresses: readonly string[]
  /** @param number - by which the listener is told of it. */
  command(command: Command, number: number): Promise<CommandResult>
  /** Connected peers that carry a channel, as they were known last. */
  subscribers(channel: Uint8Array): readonly UserId[]
  /** With whom it may not be connected from now on: it hangs up on them, and takes no call. */
  cutOff(users: readonly UserId[]): void
  /** It ends in order. */
  stop(): Promise<void>
  /** It dies at once; the promise is for what takes its time. */
  kill(): Promise<void>
}

export interface InnerPeerInit extends LivePeerInit {
  readonly disk: Disk
  /** When what is written next was asked for first, ms of the run. */
  readonly askedAt: () => number
  /** As it is now. */
  readonly machine: () => JudgingMachine
  /** All that was asked for is written. */
  readonly onWritten: () => void
  readonly isStreamLost: () => boolean
  /** In place of TCP. */
  readonly transport: MakeTransport | undefined
}

export class InnerPeer implements LivePeer {
  readonly #node: Node
  readonly #store: DiskStore
  readonly #machine: SeenMachine
  readonly #cut: Set<string>

  private constructor(node: Node, store: DiskStore, machine: SeenMachine, cut: Set<string>) {
    this.#node = node
    this.#store = store
    this.#machine = machine
    this.#cut = cut
  }

  /** @throws {UsageError} when it cannot listen. */
  static async start(init: InnerPeerInit): Promise<InnerPeer> {
    const { key, listener, listen, bootstrap, isDirectoryServer, transport } = init
    const machine = new SeenMachine(init.machine, listener, init.isStreamLost)
    const store = new DiskStore(init.disk, init.askedAt, init.onWritten)
    const cut = new Set<string>()
    const node = await startNode({
      key,
      listen: [listen],
      bootstrap,
      isMdns: false,
      isDirectoryServer,
      makeMachine: () => machine,
      unsafeStore: store,
      unsafeWatch: machine,
      unsafeGate: (user) => !cut.has(userIdText(user)),
      unsafeTransport: transport
    })
    node.onFailure((failure) => listener.onFault(failure.cause ?? failure))
    return new InnerPeer(node, store, machine, cut)
  }

  get addresses(): readonly string[] {
    return this.#node.addresses()
  }

  command(command: Command, number: number): Promise<CommandResult> {
    this.#machine.expect(command, number)
    return this.#node.command(command)
  }

  subscribers(channel: Uint8Array): readonly UserId[] {
    const name = channel.join()
    return this.#node.topics().find((topic) => topic.channel.join() === name)?.subscribers ?? []
  }

  cutOff(users: readonly UserId[]): void {
    this.#cut.clear()
    for (const user of users) this.#cut.add(userIdText(user))
    this.#node.unsafeHangUp()
  }

  stop(): Promise<void> {
    return this.#node.stop()
  }

  kill(): Promise<void> {
    this.#store.cut()
    return this.#node.unsafeKill()
  }
}
