/** One real node in this process, as a live world handles it. */
import type { Command, CommandResult } from '../core/command.ts'
import type { UserId } from '../core/identity/user.ts'
import type { SigningKey } from '../crypto/sign.ts'
import type { Watch } from '../node/driver.ts'
import type { MakeTransport } from '../node/host.ts'
import { type Node, startNode } from '../node/node.ts'
import type { Disk } from './disk.ts'
import { DiskStore } from './live-store.ts'
import type { JudgingMachine } from './node.ts'

/** What a process is made of. */
export interface LivePeerInit {
  readonly key: SigningKey
  readonly disk: Disk
  /** ms of the run */
  readonly now: () => number
  readonly machine: JudgingMachine
  readonly watch: Watch
  /** All that was written is safe. */
  readonly onSynced: () => void
  /** The node failed closed. */
  readonly onFailure: (failure: Error) => void
  /** With whom it may be connected. */
  /** In place of TCP. */
  readonly transport: MakeTransport | undefined
  readonly gate: (user: UserId) => boolean
  readonly listen: readonly string[]
  readonly bootstrap: readonly string[]
  readonly isDirectoryServer: boolean
}

/** A running process. */
export class LivePeer {
  readonly #node: Node
  readonly #store: DiskStore

  private constructor(node: Node, store: DiskStore) {
    this.#node = node
    this.#store = store
  }

  /** @throws {UsageError} when it cannot listen. */
  static async start(init: LivePeerInit): Promise<LivePeer> {
    const { key, disk, now, machine, watch, gate, transport, listen, bootstrap, isDirectoryServer } = init
    const store = new DiskStore(disk, now, init.onSynced)
    const node = await startNode({
      key,
      listen,
      bootstrap,
      isMdns: false,
      isDirectoryServer,
      makeMachine: () => machine,
      unsafeStore: store,
      unsafeWatch: watch,
      unsafeGate: gate,
      unsafeTransport: transport
    })
    node.onFailure(init.onFailure)
    return new LivePeer(node, store)
  }

  /** Multiaddrs with its peer id. */
  get addresses(): readonly string[] {
    return this.#node.addresses()
  }

  command(command: Command): Promise<CommandResult> {
    return this.#node.command(command)
  }

  /** Connected peers that carry a channel. */
  subscribers(channel: Uint8Array): readonly UserId[] {
    const name = channel.join()
    return this.#node.topics().find((topic) => topic.channel.join() === name)?.subscribers ?? []
  }

  /** Hangs up on those with whom it may not be connected any more. */
  hangUp(): void {
    this.#node.unsafeHangUp()
  }

  /** It ends in order. */
  stop(): Promise<void> {
    return this.#node.stop()
  }

  /** It dies at once; the promise is for what takes its time in this process. */
  kill(): Promise<void> {
    this.#store.cut()
    return this.#node.unsafeKill()
  }
}
