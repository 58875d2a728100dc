/**
 * A crowd of plain js-libp2p gossipsub peers, with the library's default signing or with none.
 *
 * Host, limits and mesh are those of src/node/host.ts and src/node/carrier.ts; the application does nothing but look at
 * the message.
 */
import { type GossipSub, gossipsub } from '@libp2p/gossipsub'
import { identify, identifyPush } from '@libp2p/identify'
import type { Libp2p, ServiceMap } from '@libp2p/interface'
import { kadDHT } from '@libp2p/kad-dht'
import { noise } from '@libp2p/noise'
import { ping } from '@libp2p/ping'
import { tcp } from '@libp2p/tcp'
import { yamux } from '@libp2p/yamux'
import { createLibp2p } from 'libp2p'
import { type Crowd, graphOf, MESH, readText, textOf } from './crowd.ts'
import { until } from './report.ts'

export interface RawServices extends ServiceMap {
  readonly gossip: GossipSub
}

export type RawPeer = Libp2p<RawServices>

/** One plain peer. */
export async function rawPeer(isSigned: boolean, isStarted = true): Promise<RawPeer> {
  const made = await createLibp2p({
    start: isStarted,
    addresses: { listen: ['/ip4/127.0.0.1/tcp/0'] },
    transports: [tcp({ maxConnections: 164, backlog: 64 })],
    connectionEncrypters: [noise()],
    streamMuxers: [
      yamux({
        maxInboundStreams: 128,
        maxOutboundStreams: 128,
        streamOptions: {
          maxStreamWindowSize: 2 ** 20,
          maxReadBufferLength: 2 ** 22,
          maxWriteBufferLength: 2 ** 22
        }
      })
    ],
    connectionManager: { allow: ['/ip4/127.0.0.0/ipcidr/8'], inboundConnectionThreshold: 50, reconnectRetries: 0 },
    connectionMonitor: { pingInterval: 20_000, pingTimeout: { minTimeout: 30_000, maxTimeout: 60_000 } },
    connectionGater: { denyDialMultiaddr: () => false },
    services: {
      identify: identify(),
      identifyPush: identifyPush(),
      ping: ping(),
      directory: kadDHT({ protocol: '/bench/kad/1.0.0', clientMode: true }),
      gossip: gossipsub({
        globalSignaturePolicy: isSigned ? 'StrictSign' : 'StrictNoSign',
        fallbackToFloodsub: false,
        allowPublishToZeroTopicPeers: true,
        ...MESH,
        // Else more than ten peers on one address fall silent.
        scoreParams: { IPColocationFactorWeight: 0 }
      })
    }
  })
  return made as unknown as RawPeer
}

const TOPIC = 'bench'

/** Starts a crowd: connected, subscribed, and in one mesh. */
export async function rawCrowd(size: number, degree: number, isSigned: boolean): Promise<Crowd> {
  const peers: RawPeer[] = []
  for (let i = 0; i < size; i++) peers.push(await rawPeer(isSigned))
  const gossips = peers.map(({ services }) => services.gossip)
  const graph = graphOf(size, degree)
  // One after the other, each when it is connected, as people join a channel: that makes denser meshes than all at once.
  for (const [i, gossip] of gossips.entries()) {
    for (const [a, b] of graph) if (Math.max(a, b) === i) await peers[a]!.dial(peers[b]!.getMultiaddrs())
    await until('the neighbours speak gossip', () => {
      const there = graph.filter(([a, b]) => Math.max(a, b) === i).length
      return (gossip as unknown as { streamsOutbound: ReadonlyMap<string, unknown> }).streamsOutbound.size >= there
    })
    gossip.subscribe(TOPIC)
  }
  const neighbours = peers.map((_, i) => graph.filter((pair) => pair.includes(i)).length)
  await until('every neighbour is known to be subscribed', () =>
    gossips.every((gossip, i) => gossip.getSubscribers(TOPIC).length >= neighbours[i]!)
  )
  return {
    async say(round, index, bytes) {
      await gossips[0]!.publish(TOPIC, Buffer.from(textOf(round, index, bytes)))
    },
    onDelivery(listener) {
      for (const [i, gossip] of gossips.entries()) {
        if (i === 0) continue
        gossip.addEventListener('message', ({ detail }) => {
          listener(i, ...readText(Buffer.from(detail.data).toString()))
        })
      }
    },
    connections: () => peers.map((peer) => peer.getConnections().length),
    async stop() {
      await Promise.all(peers.map((peer) => peer.stop()))
    }
  }
}
