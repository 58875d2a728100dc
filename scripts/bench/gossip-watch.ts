/**
 * Looks into every gossip router of this process, whoever made it: copies received, RPCs sent, and mesh degrees.
 *
 * It wraps methods of the library's class, the same for every kind of crowd, so what it costs (one addition per call)
 * is the same for all.
 */
import type { GossipSub } from '@libp2p/gossipsub'
import { rawPeer } from './crowd-raw.ts'

export interface GossipWatch {
  /** Copies of messages received so far, in all peers. */
  copies: number
  /** RPCs sent so far, by all peers. */
  rpcs: number
  /** Peers in each peer's mesh. */
  meshDegrees(): number[]
}

/** The library's class has this, its interface does not. */
type Meshed = GossipSub & { getMeshPeers(topic: string): string[] }

type Wrapped = Record<string, (this: GossipSub, ...args: unknown[]) => unknown>

/** Begins to watch. Call before any peer is made. */
export async function watchGossip(): Promise<GossipWatch> {
  const probe = await rawPeer(false, false)
  const router = Object.getPrototypeOf(probe.services.gossip) as Wrapped
  const subscriptions = new Map<GossipSub, string>()
  const watch: GossipWatch = {
    copies: 0,
    rpcs: 0,
    meshDegrees: () => [...subscriptions].map(([gossip, topic]) => (gossip as Meshed).getMeshPeers(topic).length)
  }
  wrap(router, 'handleReceivedMessage', () => {
    watch.copies++
  })
  wrap(router, 'sendRpc', () => {
    watch.rpcs++
  })
  // This one writes to the streams itself.
  wrap(router, 'sendRpcInBatch', (_gossip, [to]) => {
    watch.rpcs += (to as ReadonlySet<string>).size
  })
  wrap(router, 'subscribe', (gossip, [topic]) => {
    subscriptions.set(gossip, String(topic))
  })
  return watch
}

function wrap(router: Wrapped, name: string, before: (gossip: GossipSub, args: unknown[]) => void): void {
  const method = router[name]
  if (method === undefined) throw new Error(`gossipsub has no ${name} any more`)
  router[name] = function (...args) {
    before(this, args)
    return method.apply(this, args)
  }
}
