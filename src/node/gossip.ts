/**
 * The gossip service: how gossipsub is set up, what a frame is called in it, and which of its inner parts are relied on.
 *
 * Nobody signs for gossip, since frames carry their own signature. The id of a message is a hash of all of it, so nobody
 * can choose one. Every buffer, list and RPC has a limit. The inner parts are looked for when a carrier is made: a
 * gossipsub built otherwise stops the node at its start.
 */
import crypto from 'node:crypto'
import { type GossipSub, gossipsub, type Message } from '@libp2p/gossipsub'
import { assert } from '../base/assert.ts'
import { MINUTE_MS, SECOND_MS } from '../base/time.ts'
import { FRAME_BYTES } from '../wire/limits.ts'

/** Gossip allows 4 MiB a RPC, many frames; a smaller limit would cut off honest peers that catch up. */
const RPC_BYTES = 4 * 1024 * 1024
const ID_BYTES = 32
/** How its protocol names begin. */
export const GOSSIP_PROTOCOL = '/meshsub/'

/**
 * How a topic of ours counts in a peer's score: a little for being there and for bringing news first, much against
 * invalid frames. Three of them within a minute and the peer is not listened to. Quiet peers lose nothing.
 */
export const TOPIC_SCORE = {
  topicWeight: 1,
  timeInMeshWeight: 0.01,
  timeInMeshQuantum: SECOND_MS,
  timeInMeshCap: 300,
  firstMessageDeliveriesWeight: 0.05,
  firstMessageDeliveriesDecay: 0.9,
  firstMessageDeliveriesCap: 100,
  meshMessageDeliveriesWeight: 0,
  meshMessageDeliveriesDecay: 0.5,
  meshMessageDeliveriesCap: 10,
  meshMessageDeliveriesThreshold: 1,
  meshMessageDeliveriesWindow: 10,
  meshMessageDeliveriesActivation: MINUTE_MS,
  meshFailurePenaltyWeight: 0,
  meshFailurePenaltyDecay: 0.5,
  invalidMessageDeliveriesWeight: -20,
  invalidMessageDeliveriesDecay: 0.99
} as const

/** The gossipsub service of a host. */
export function gossipService(): ReturnType<typeof gossipsub> {
  return (components) => {
    const gossip: GossipSub = settings((topic) => carriedBy(gossip).has(topic))(components)
    carriedBy(gossip)
    return gossip
  }
}

/** The topics that this node carries: a live view. */
function carriedBy(gossip: GossipSub): ReadonlySet<string> {
  const { subscriptions } = gossip as unknown as { readonly subscriptions: unknown }
  assert(subscriptions instanceof Set, 'gossipsub has the set of its topics')
  return subscriptions
}

/** @param isCarried - gossip would remember and pass on what comes on other topics, unseen by any validator of ours. */
function settings(isCarried: (topic: string) => boolean): ReturnType<typeof gossipsub> {
  const inboundTransform = (topic: string, data: Uint8Array): Uint8Array => {
    if (data.length > FRAME_BYTES) throw new RangeError('a frame has at most 64 KiB')
    if (!isCarried(topic)) throw new RangeError('this topic is not carried here')
    return data
  }
  return gossipsub({
    globalSignaturePolicy: 'StrictNoSign',
    msgIdFn: messageId,
    msgIdToStrFn: latin1,
    // Looked at before a message is hashed and remembered.
    dataTransform: { inboundTransform, outboundTransform: (_topic, data) => data },
    // Below this a duplicate costs less than the RPC that would prevent it: half of all CPU, measured.
    idontwantMinDataSize: 8_192,
    fallbackToFloodsub: false,
    // Own frames go to every subscriber, so that a captured mesh cannot keep them back.
    floodPublish: true,
    doPX: false,
    // A publish to nobody throws before gossip remembers the frame as sent, so that it can be published again.
    allowPublishToZeroTopicPeers: false,
    ignoreDuplicatePublishError: true,
    D: 6,
    Dlo: 4,
    Dhi: 12,
    Dscore: 4,
    Dout: 2,
    Dlazy: 6,
    // Whoever leaves may come back soon (a restart).
    unsubcribeBackoff: 2 * SECOND_MS,
    maxOutboundBufferSize: RPC_BYTES,
    maxInboundDataLength: RPC_BYTES,
    decodeRpcLimits: {
      maxSubscriptions: 2_000,
      maxMessages: 5_000,
      maxControlMessages: 5_000,
      maxIhaveMessageIDs: 5_000,
      maxIwantMessageIDs: 5_000,
      maxIdontwantMessageIDs: 512,
      maxPeerInfos: 16
    },
    // Many honest peers share one address: a household, a relay, a test on one machine.
    scoreParams: { IPColocationFactorWeight: 0, behaviourPenaltyThreshold: 6, behaviourPenaltyDecay: 0.9 },
    scoreThresholds: { gossipThreshold: -10, publishThreshold: -50, graylistThreshold: -80 }
  })
}

const hashInput = new Uint8Array(2 + FRAME_BYTES + 256)

/**
 * SHA-256(u16(bytes of the topic) ‖ topic ‖ data): nobody can choose the id of a frame, and without the length a frame could
 * share its id with one byte less of it on a topic one byte longer.
 */
function messageId({ topic, data }: Message): Uint8Array {
  const room = 2 + 3 * topic.length + data.length
  const input = room <= hashInput.length ? hashInput : new Uint8Array(room)
  const { written } = encoder.encodeInto(topic, input.subarray(2))
  input[0] = written >>> 8
  input[1] = written
  input.set(data, 2 + written)
  return crypto.hash('sha256', input.subarray(0, 2 + written + data.length), 'buffer')
}

const encoder = new TextEncoder()

const latin1 = (id: Uint8Array): string =>
  Buffer.from(id.buffer, id.byteOffset, Math.min(id.byteLength, ID_BYTES)).toString('latin1')

/** The name under which gossip remembers having seen a frame. */
export const seenName = (topic: string, data: Uint8Array): string =>
  latin1(messageId({ type: 'unsigned', topic, data }))

/** Whether a protocol is gossip, of any version. */
export const isGossip = (protocol: string): boolean => protocol.startsWith(GOSSIP_PROTOCOL)

/** What the library's class offers beyond its interface, and what we rely on. Checked when a carrier is made. */
export interface GossipInside {
  readonly mesh: ReadonlyMap<string, ReadonlySet<string>>
  readonly streamsOutbound: ReadonlyMap<string, unknown>
  /** Peers that everything goes on to and is taken from, in the mesh or not. */
  readonly direct: Set<string>
  /** What is told to peers at the next heartbeat: ids of frames we have. */
  readonly gossip: Map<string, { topicID: string; messageIDs: Uint8Array[] }[]>
  readonly mcache: { getGossipIDs(topics: ReadonlySet<string>): ReadonlyMap<string, Uint8Array[]> }
  /** Ids of the frames of the last two minutes: what is in here is neither validated nor sent again. */
  readonly seenCache: { readonly entries: Map<string, unknown> }
  readonly opts: { readonly scoreParams: { readonly topics: Record<string, unknown> } }
  readonly score: { readonly peerStats: ReadonlyMap<string, { readonly topics: Record<string, unknown> }> }
}

/** @throws {InternalError} when a part is missing. */
export function insideOf(gossip: GossipSub): GossipInside {
  const inside = gossip as unknown as GossipInside
  assert(
    inside.mesh instanceof Map &&
      inside.streamsOutbound instanceof Map &&
      inside.direct instanceof Set &&
      inside.seenCache.entries instanceof Map &&
      inside.gossip instanceof Map &&
      typeof inside.mcache.getGossipIDs === 'function' &&
      inside.score.peerStats instanceof Map &&
      typeof inside.opts.scoreParams.topics === 'object',
    'gossipsub has the inner parts that the carrier looks at'
  )
  return inside
}
