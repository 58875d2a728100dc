/**
 * The other key managers of the channels that our user manages: connections to them are kept, and what gossip carries goes on to
 * them, and is taken from them, whatever their score. A new key takes their signatures, which should not wait for a mesh.
 *
 * Gossip counts only those as direct that it has a stream to: it would dial the others itself, and its heart would stand
 * still meanwhile.
 */
import { equalBytes } from '../base/bytes.ts'
import { SECOND_MS } from '../base/time.ts'
import type { ChannelView } from '../core/command.ts'
import { asUserId, userIdText } from '../core/identity/user.ts'
import type { GossipInside } from './gossip.ts'
import type { Host } from './host.ts'

/** How often we look who they are. */
const LOOK_MS = 5 * SECOND_MS

export interface FellowsInit {
  readonly host: Pick<Host, 'user' | 'want' | 'onPeer'>
  readonly gossip: Pick<GossipInside, 'direct' | 'streamsOutbound'>
  readonly channels: () => Promise<readonly Pick<ChannelView, 'descriptor'>[]>
}

export class Fellows {
  readonly #init: FellowsInit
  #ticker: NodeJS.Timeout | undefined
  readonly #stopListening: () => void

  constructor(init: FellowsInit) {
    this.#init = init
    this.#stopListening = init.host.onPeer((peer, isConnected) => {
      if (!isConnected) init.gossip.direct.delete(peer)
    })
  }

  /** Looks again and again. */
  start(): void {
    this.#ticker = setInterval(() => void this.look().catch(() => {}), LOOK_MS)
    this.#ticker.unref()
  }

  /** Looks who they are now, and calls those who are not connected. */
  async look(): Promise<void> {
    const { host, gossip, channels } = this.#init
    const { direct, streamsOutbound } = gossip
    const views = await channels()
    const fellows = new Set(views.flatMap(({ descriptor }) => fellowsIn(descriptor?.managers ?? [], host.user)))
    for (const peer of fellows) host.want(peer)
    for (const peer of direct) if (!fellows.has(peer) || !streamsOutbound.has(peer)) direct.delete(peer)
    for (const peer of fellows) if (streamsOutbound.has(peer)) direct.add(peer)
  }

  stop(): void {
    clearInterval(this.#ticker)
    this.#stopListening()
  }
}

/** The others, if the user is one of them. */
function fellowsIn(managers: readonly Uint8Array[], user: Uint8Array): string[] {
  const others = managers.filter((manager) => !equalBytes(manager, user))
  return others.length < managers.length ? others.map((manager) => userIdText(asUserId(manager))) : []
}
