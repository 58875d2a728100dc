/**
 * The carrier: one gossip topic per channel, and what may travel on it.
 *
 * A frame is decoded and verified once, in the topic validator, then passes the rates and the machine's judgement; what
 * is accepted goes on to the driver as it was decoded. Gossip *rejects* (which costs the forwarder its score) only what
 * every peer can see to be bad, R-101 to R-106; for what just this peer refuses, an honest keyless carrier must not pay.
 * Strangers spend from pools of their own and never push a member out of a table.
 */

import crypto from 'node:crypto'
import {
  type GossipSub,
  gossipsub,
  type Message,
  type SubscriptionChangeData,
  TopicValidatorResult
} from '@libp2p/gossipsub'
import type { Connection, Stream } from '@libp2p/interface'
import { assert } from '../base/assert.ts'
import { mapKey } from '../base/bytes.ts'
import { type Logger, type Metrics, SILENT_LOGGER, SILENT_METRICS } from '../base/report.ts'
import { MINUTE_MS, SECOND_MS } from '../base/time.ts'
import { type Frame, type FrameKind, readFrame } from '../core/channel/frame.ts'
import { readUserId, type UserId } from '../core/identity/user.ts'
import { type Check, Refusal } from '../core/reject.ts'
import { FRAME_BYTES, USER_BYTES } from '../wire/limits.ts'
import { channelOfTopic, topicOf } from '../wire/names.ts'
import type { Host } from './host.ts'
import { errorFields } from './report.ts'

// ------------------------------------------------------------------ the gossip service

/** Gossip allows 4 MiB a RPC, many frames; a smaller limit would cut off honest peers that catch up. */
const RPC_BYTES = 4 * 1024 * 1024
const ID_BYTES = 32
const GOSSIP_PROTOCOL = '/meshsub/'

/**
 * How a topic of ours counts in a peer's score: a little for being there and for bringing news first, much against
 * invalid frames. Three of them within a minute and the peer is not listened to. Quiet peers lose nothing.
 */
const TOPIC_SCORE = {
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
  return gossipsub({
    globalSignaturePolicy: 'StrictNoSign',
    msgIdFn: messageId,
    msgIdToStrFn: latin1,
    // Its length is looked at before a message is hashed.
    dataTransform: { inboundTransform: refuseLong, outboundTransform: (_topic, data) => data },
    // Below this a duplicate costs less than the RPC that would prevent it: half of all CPU, measured.
    idontwantMinDataSize: 4_096,
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

function refuseLong(_topic: string, data: Uint8Array): Uint8Array {
  if (data.length > FRAME_BYTES) throw new RangeError('a frame has at most 64 KiB')
  return data
}

const hashInput = new Uint8Array(FRAME_BYTES + 256)

/** SHA-256(topic ‖ data): nobody can choose the id of a frame, and nobody can give one id to two. */
function messageId({ topic, data }: Message): Uint8Array {
  const length = topic.length + data.length
  const input = length <= hashInput.length ? hashInput : new Uint8Array(length)
  const { written } = asciiEncoder.encodeInto(topic, input)
  // A topic that is not plain ASCII is none of ours; its id just has to be one.
  input.set(data.subarray(0, input.length - written), written)
  return crypto.hash('sha256', input.subarray(0, written + data.length), 'buffer')
}

const asciiEncoder = new TextEncoder()

const latin1 = (id: Uint8Array): string =>
  Buffer.from(id.buffer, id.byteOffset, Math.min(id.byteLength, ID_BYTES)).toString('latin1')

/** What the library's class offers beyond its interface, and what we rely on. Checked when a carrier is made. */
interface GossipInside {
  readonly mesh: ReadonlyMap<string, ReadonlySet<string>>
  readonly streamsOutbound: ReadonlyMap<string, unknown>
  /** What is told to peers at the next heartbeat: ids of frames we have. */
  readonly gossip: Map<string, { topicID: string; messageIDs: Uint8Array[] }[]>
  readonly mcache: { getGossipIDs(topics: ReadonlySet<string>): ReadonlyMap<string, Uint8Array[]> }
  /** Ids of the frames of the last two minutes: what is in here is neither validated nor sent again. */
  readonly seenCache: { readonly entries: Map<string, unknown> }
  readonly opts: { readonly scoreParams: { readonly topics: Record<string, unknown> } }
  readonly score: { readonly peerStats: ReadonlyMap<string, { readonly topics: Record<string, unknown> }> }
}

function insideOf(gossip: GossipSub): GossipInside {
  const inside = gossip as unknown as GossipInside
  assert(
    inside.mesh instanceof Map &&
      inside.streamsOutbound instanceof Map &&
      inside.seenCache.entries instanceof Map &&
      inside.gossip instanceof Map &&
      typeof inside.mcache.getGossipIDs === 'function' &&
      inside.score.peerStats instanceof Map &&
      typeof inside.opts.scoreParams.topics === 'object',
    'gossipsub has the inner parts that the carrier looks at'
  )
  return inside
}

// ------------------------------------------------------------------ rates

/** Tokens per second, and how many at once. */
export interface Rate {
  readonly perSecond: number
  readonly burst: number
}

/** The first group is per author. */
export interface Rates {
  readonly messages: Rate
  readonly statements: Rate
  /** Announcements, chunks, co-signatures, heartbeats, grants, digests, answers: what managers and members say by themselves. */
  readonly others: Rate
  /** Key requests, by the neighbour that brings them: their authors are made up for each. */
  readonly requestsPerNeighbour: Rate
  readonly requests: Rate
  /** Frames of authors the machine does not know, before their signature is looked at. */
  readonly strangersPerNeighbour: Rate
  /** Everything a neighbour brings to a keyless carrier, which knows no members. */
  readonly keylessPerNeighbour: Rate
  /** Frames that are bad for everybody: a neighbour that brings more is not listened to for a while. */
  readonly badPerNeighbour: Rate
}

export const RATES: Rates = {
  messages: { perSecond: 20, burst: 60 },
  statements: { perSecond: 1, burst: 10 },
  others: { perSecond: 100, burst: 400 },
  requestsPerNeighbour: { perSecond: 10, burst: 40 },
  requests: { perSecond: 200, burst: 200 },
  strangersPerNeighbour: { perSecond: 20, burst: 100 },
  keylessPerNeighbour: { perSecond: 1_000, burst: 4_000 },
  badPerNeighbour: { perSecond: 0.1, burst: 3 }
}

const MAX_AUTHORS = 16_384
const MAX_NEIGHBOURS = 1_024
/** How often a newcomer to a topic is told of recent frames, and of how many. */
const TOLD: Rate = { perSecond: 1, burst: 32 }
const MAX_TOLD = 1_000
const MUTE_MS = 10 * SECOND_MS

type RateClass = 'messages' | 'statements' | 'others' | 'requests'

/** The bucket of each kind of frame; one line per kind, so that a new kind does not compile without one. */
const RATE_CLASS: Readonly<Record<FrameKind, RateClass>> = {
  message: 'messages',
  plainMessage: 'messages',
  keyRequest: 'requests',
  challenge: 'others',
  challengeAnswer: 'requests',
  grant: 'others',
  announcement: 'others',
  chunk: 'others',
  coSignature: 'others',
  heartbeat: 'others',
  digest: 'others',
  statements: 'statements',
  publicKeyRequest: 'statements',
  publicKeyAnswer: 'others',
  session: 'messages',
  leave: 'statements',
  alarm: 'statements'
}

/** A token bucket. */
class Bucket {
  #tokens: number
  #at: number

  constructor({ burst }: Rate, now: number) {
    this.#tokens = burst
    this.#at = now
  }

  take({ perSecond, burst }: Rate, now: number): boolean {
    this.#tokens = Math.min(burst, this.#tokens + ((now - this.#at) * perSecond) / SECOND_MS)
    this.#at = now
    if (this.#tokens < 1) return false
    this.#tokens--
    return true
  }
}

/** Buckets by name. The name that took longest ago makes room. */
class Buckets {
  readonly #limit: number
  readonly #byName = new Map<string, Partial<Record<string, Bucket>>>()

  constructor(limit: number) {
    this.#limit = limit
  }

  has(name: string): boolean {
    return this.#byName.has(name)
  }

  take(name: string, kind: string, rate: Rate, now: number): boolean {
    let buckets = this.#byName.get(name)
    if (buckets === undefined) {
      if (this.#byName.size >= this.#limit) this.#byName.delete(this.#byName.keys().next().value!)
      buckets = {}
    } else {
      this.#byName.delete(name)
    }
    this.#byName.set(name, buckets)
    buckets[kind] ??= new Bucket(rate, now)
    return buckets[kind].take(rate, now)
  }
}

// ------------------------------------------------------------------ the carrier

/** What the machine thinks of a verified frame: carry and handle it, not now, or the number of the check it broke. */
export type Judgement = 'accept' | 'ignore' | Check

export interface CarrierInit {
  readonly host: Host
  /** `keyless` carries every channel that peers subscribe to and judges nothing but signatures and rates. */
  readonly mode: 'member' | 'keyless'
  /** Called once per frame whose signature is good. Pure and cheap. Not used when keyless. */
  readonly judge?: (frame: Frame) => Judgement
  /** An accepted frame, not to be handled before this returns. Strangers' frames may be dropped under load. */
  readonly onFrame?: (frame: Frame, isStranger: boolean) => void
  readonly onReadiness?: (channel: Uint8Array, isReady: boolean) => void
  readonly onReject?: (check: Check) => void
  readonly rates?: Partial<Rates>
  readonly logger?: Logger
  readonly metrics?: Metrics
}

interface Topic {
  readonly channel: Uint8Array
  readonly name: string
  isReady: boolean
  /** Monotonic time since which there is a subscriber we can write to. */
  reachableSince: number | undefined
  /** Keyless: since when nobody but carriers is subscribed. */
  unusedSince: number | undefined
  nextLookAt: number
  lookEveryMs: number
}

const TICK_MS = SECOND_MS
/** Topics of a keyless carrier. */
export const MAX_TOPICS = 1_000
/** A topic without users is kept for a while: re-joining at once would find every mesh closed. */
const UNUSED_MS = 30 * SECOND_MS
/** Own frames go to every subscriber, mesh or not: after this time an empty mesh is no reason to wait. */
const MESH_PATIENCE_MS = 1_500
/** How many subscribers of a channel we want to be connected to, and how often we look for more. */
const WANTED_SUBSCRIBERS = 8
const FIRST_LOOK_MS = 2 * SECOND_MS
const LAST_LOOK_MS = 2 * MINUTE_MS
const DIALS_PER_LOOK = 4
/** How long gossip with a connected peer may be broken before we hang up on it and dial again. */
const BROKEN_MS = 3 * SECOND_MS

/** Carries frames. */
export class Carrier {
  readonly #init: CarrierInit
  readonly #host: Host
  readonly #gossip: GossipSub
  readonly #inside: GossipInside
  readonly #rates: Rates
  readonly #logger: Logger
  readonly #metrics: Metrics
  readonly #topics = new Map<string, Topic>()
  /** Authors that `judge` accepted as members, by key: their buckets. */
  readonly #members = new Buckets(MAX_AUTHORS)
  readonly #neighbours = new Buckets(MAX_NEIGHBOURS)
  readonly #requests: Bucket
  /** Neighbours that are not listened to, and until when. */
  readonly #muted = new Map<string, number>()
  /** Peers whose gossip looked broken at the last ticks, and since when. */
  readonly #broken = new Map<string, number>()
  readonly #stopped = new AbortController()
  readonly #ticker: NodeJS.Timeout
  #isRefusing = false

  constructor(init: CarrierInit) {
    this.#init = init
    this.#host = init.host
    this.#gossip = init.host.libp2p.services.gossip
    this.#inside = insideOf(this.#gossip)
    this.#rates = { ...RATES, ...init.rates }
    this.#logger = init.logger ?? SILENT_LOGGER
    this.#metrics = init.metrics ?? SILENT_METRICS
    this.#requests = new Bucket(this.#rates.requests, performance.now())
    const options = { signal: this.#stopped.signal }
    const look = (): void => this.#lookAtReadiness()
    this.#gossip.addEventListener('subscription-change', ({ detail }) => this.#noteSubscriptions(detail), options)
    this.#gossip.addEventListener(
      'gossipsub:graft',
      ({ detail }) => {
        this.#tellRecent(detail.peerId, detail.topic)
        look()
      },
      options
    )
    this.#gossip.addEventListener('gossipsub:prune', look, options)
    this.#host.libp2p.addEventListener('peer:disconnect', look, options)
    this.#ticker = setInterval(() => this.#tick(), TICK_MS)
    this.#ticker.unref()
    if (init.mode === 'keyless') this.#adoptTopics()
  }

  /** Begins to carry a channel. Harmless when it is carried already. */
  subscribe(channel: Uint8Array): void {
    const name = topicOf(channel)
    if (this.#topics.has(name) || this.#stopped.signal.aborted) return
    this.#topics.set(name, {
      channel,
      name,
      isReady: false,
      reachableSince: undefined,
      unusedSince: undefined,
      nextLookAt: 0,
      lookEveryMs: FIRST_LOOK_MS
    })
    this.#inside.opts.scoreParams.topics[name] = TOPIC_SCORE
    this.#gossip.topicValidators.set(name, (peer, { data }) => this.#validate(channel, name, data, peer.toString()))
    this.#gossip.subscribe(name)
    this.#lookAtReadiness()
  }

  /** Ends it. */
  unsubscribe(channel: Uint8Array): void {
    const name = topicOf(channel)
    if (!this.#topics.delete(name)) return
    this.#gossip.unsubscribe(name)
    this.#gossip.topicValidators.delete(name)
    // Scores without their parameters would throw inside the library: they go first.
    for (const { topics } of this.#inside.score.peerStats.values()) delete topics[name]
    delete this.#inside.opts.scoreParams.topics[name]
  }

  /**
   * Publishes a frame.
   *
   * @param frame - as `Frame.bytes`; not changed afterwards.
   * @returns to how many neighbours it went. 0: to nobody, and it may be published again. Gossip does not send again what
   * it carried within the last two minutes; that counts as gone to one.
   */
  async publish(channel: Uint8Array, frame: Uint8Array): Promise<number> {
    assert(frame.length <= FRAME_BYTES, 'a frame to publish is within its limit')
    const name = topicOf(channel)
    if (this.#isRefusing || this.#reachable(name).length === 0) return 0
    const { entries: seen } = this.#inside.seenCache
    const id = latin1(messageId({ type: 'unsigned', topic: name, data: frame }))
    if (seen.has(id)) return 1
    try {
      const { recipients } = await this.#gossip.publish(name, frame)
      // Nobody took it (every buffer full), yet gossip remembers it as sent.
      if (recipients.length === 0) seen.delete(id)
      else this.#metrics.count('carrier.published')
      return recipients.length
    } catch (error) {
      this.#metrics.count('carrier.publishFailed')
      this.#logger.log('debug', 'carrier.publishFailed', errorFields(error))
      return 0
    }
  }

  /** Whether somebody is there to carry this channel's frames. */
  isReady(channel: Uint8Array): boolean {
    return this.#topics.get(topicOf(channel))?.isReady === true
  }

  /** Connected peers that are subscribed to a channel, keyless carriers last. */
  subscribers(channel: Uint8Array): UserId[] {
    const peers = this.#gossip.getSubscribers(topicOf(channel)).map(String)
    peers.sort((a, b) => Number(this.#host.isCarrier(a)) - Number(this.#host.isCarrier(b)))
    return peers.filter((peer) => this.#host.isConnected(peer)).flatMap((peer) => readUserId(peer) ?? [])
  }

  /** The channels carried now. */
  channels(): Uint8Array[] {
    return [...this.#topics.values()].map(({ channel }) => channel)
  }

  /** Fails closed: nothing is published or accepted any more. */
  refuse(): void {
    this.#isRefusing = true
  }

  /** Leaves every topic, so that neighbours know at once. */
  stop(): void {
    clearInterval(this.#ticker)
    this.#stopped.abort()
    for (const { channel } of [...this.#topics.values()]) this.unsubscribe(channel)
  }

  // ---------------------------------------------------------------- what arrives

  #validate(channel: Uint8Array, name: string, data: Uint8Array, neighbour: string): TopicValidatorResult {
    const { Accept, Ignore } = TopicValidatorResult
    if (this.#isRefusing) return Ignore
    const now = performance.now()
    const author = peekAuthor(data)
    const isKnown = author !== undefined && this.#members.has(author)
    if (this.#isMuted(neighbour, now) || !this.#takeUnverified(neighbour, isKnown, now)) {
      return this.#passOver(name, data)
    }
    const frame = readFrame(channel, data)
    if (frame === undefined) return Ignore
    if (frame instanceof Refusal) return this.#refuseBad(frame.check, neighbour, now)
    const rateClass = RATE_CLASS[frame.kind]
    if (rateClass === 'requests') {
      if (!this.#takeRequest(neighbour, now)) return this.#passOver(name, data)
    } else if ((isKnown || this.#isKeyless) && !this.#takeMember(mapKey(frame.author), rateClass, now)) {
      return this.#refuse(107, Ignore)
    }
    const judgement = this.#isKeyless ? 'accept' : (this.#init.judge?.(frame) ?? 'ignore')
    if (judgement === 'ignore') return Ignore
    if (judgement !== 'accept') return this.#refuse(judgement, verdictOf(judgement))
    // An author whose frame is accepted is a member from now on; one who may only ask for a key is not.
    if (rateClass !== 'requests' && !isKnown && !this.#isKeyless) this.#takeMember(mapKey(frame.author), rateClass, now)
    this.#metrics.count('carrier.accepted')
    this.#init.onFrame?.(frame, rateClass === 'requests')
    return Accept
  }

  get #isKeyless(): boolean {
    return this.#init.mode === 'keyless'
  }

  /**
   * Ignores a frame for its neighbour's fault. Gossip forgets that it saw it, else a neighbour beyond its rate could keep
   * genuine frames from us by bringing them first.
   */
  #passOver(name: string, data: Uint8Array): TopicValidatorResult {
    this.#inside.seenCache.entries.delete(latin1(messageId({ type: 'unsigned', topic: name, data })))
    return this.#refuse(107, TopicValidatorResult.Ignore)
  }

  #refuseBad(check: Check, neighbour: string, now: number): TopicValidatorResult {
    if (!this.#neighbours.take(neighbour, 'bad', this.#rates.badPerNeighbour, now)) {
      if (this.#muted.size >= MAX_NEIGHBOURS) this.#muted.delete(this.#muted.keys().next().value!)
      this.#muted.set(neighbour, now + MUTE_MS)
      this.#metrics.count('carrier.muted')
    }
    return this.#refuse(check, TopicValidatorResult.Reject)
  }

  #isMuted(neighbour: string, now: number): boolean {
    if (this.#muted.size === 0) return false
    const until = this.#muted.get(neighbour)
    if (until === undefined) return false
    if (now < until) return true
    this.#muted.delete(neighbour)
    return false
  }

  #takeMember(author: string, rateClass: Exclude<RateClass, 'requests'>, now: number): boolean {
    return this.#members.take(author, rateClass, this.#rates[rateClass], now)
  }

  #takeRequest(neighbour: string, now: number): boolean {
    return (
      this.#neighbours.take(neighbour, 'requests', this.#rates.requestsPerNeighbour, now) &&
      this.#requests.take(this.#rates.requests, now)
    )
  }

  /** What a neighbour may bring before signatures are looked at. Members' frames are free of it. */
  #takeUnverified(neighbour: string, isKnown: boolean, now: number): boolean {
    if (this.#isKeyless) return this.#neighbours.take(neighbour, 'frames', this.#rates.keylessPerNeighbour, now)
    return isKnown || this.#neighbours.take(neighbour, 'strangers', this.#rates.strangersPerNeighbour, now)
  }

  #refuse(check: Check, verdict: TopicValidatorResult): TopicValidatorResult {
    this.#metrics.count(`carrier.refused.${check}`)
    this.#init.onReject?.(check)
    return verdict
  }

  // ---------------------------------------------------------------- who is there

  /** Subscribers with an open gossip stream to them. */
  #reachable(name: string): string[] {
    return this.#gossip
      .getSubscribers(name)
      .map(String)
      .filter((peer) => this.#inside.streamsOutbound.has(peer))
  }

  #lookAtReadiness(): void {
    const now = performance.now()
    for (const topic of this.#topics.values()) {
      if (this.#reachable(topic.name).length === 0) topic.reachableSince = undefined
      else topic.reachableSince ??= now
      const isMeshed = (this.#inside.mesh.get(topic.name)?.size ?? 0) > 0
      const isReady = topic.reachableSince !== undefined && (isMeshed || now - topic.reachableSince >= MESH_PATIENCE_MS)
      if (isReady === topic.isReady) continue
      topic.isReady = isReady
      this.#init.onReadiness?.(topic.channel, isReady)
    }
  }

  #noteSubscriptions({ peerId, subscriptions }: SubscriptionChangeData): void {
    for (const { topic, subscribe } of subscriptions) {
      if (!subscribe) continue
      if (this.#isKeyless) this.#adopt(topic)
      this.#tellRecent(peerId.toString(), topic)
    }
    this.#lookAtReadiness()
  }

  /**
   * Tells a newcomer to a topic, at the next heartbeat, which frames of the last seconds we have. Gossip itself tells only
   * peers outside the mesh: what arrived while somebody was on the way into it would be lost to them.
   */
  #tellRecent(peer: string, name: string): void {
    if (!this.#topics.has(name) || !this.#neighbours.take(peer, 'told', TOLD, performance.now())) return
    const messageIDs = this.#inside.mcache
      .getGossipIDs(new Set([name]))
      .get(name)
      ?.slice(0, MAX_TOLD)
    if (messageIDs === undefined) return
    const told = this.#inside.gossip.get(peer) ?? []
    this.#inside.gossip.set(peer, [...told, { topicID: name, messageIDs }])
  }

  #adopt(topic: string): void {
    const channel = this.#topics.has(topic) ? undefined : channelOfTopic(topic)
    if (channel === undefined) return
    if (this.#topics.size < MAX_TOPICS) this.subscribe(channel)
    else this.#metrics.count('carrier.tooManyTopics')
  }

  /** Topics that peers were subscribed to before this carrier was made. */
  #adoptTopics(): void {
    const topics = (this.#gossip as unknown as { readonly topics?: ReadonlyMap<string, unknown> }).topics
    for (const topic of [...(topics?.keys() ?? [])]) this.#adopt(topic)
  }

  #tick(): void {
    this.#lookAtReadiness()
    this.#watchStreams()
    const now = performance.now()
    for (const topic of [...this.#topics.values()]) {
      if (this.#isKeyless) this.#dropUnused(topic, now)
      else if (now >= topic.nextLookAt) this.#lookForSubscribers(topic, now)
    }
    if (this.#isKeyless && this.#topics.size < MAX_TOPICS) this.#adoptTopics()
  }

  #dropUnused(topic: Topic, now: number): void {
    const isUsed = this.#gossip.getSubscribers(topic.name).some((peer) => !this.#host.isCarrier(peer.toString()))
    topic.unusedSince = isUsed ? undefined : (topic.unusedSince ?? now)
    if (topic.unusedSince !== undefined && now - topic.unusedSince >= UNUSED_MS) this.unsubscribe(topic.channel)
  }

  /** Too few subscribers: dial some peers that we know of; the directory's walks keep bringing new ones. */
  #lookForSubscribers(topic: Topic, now: number): void {
    const count = this.#gossip.getSubscribers(topic.name).length
    topic.lookEveryMs = Math.min(LAST_LOOK_MS, topic.lookEveryMs * 2)
    topic.nextLookAt = now + topic.lookEveryMs * (1 + Math.random() / 4)
    if (count < WANTED_SUBSCRIBERS) void this.#dialKnownPeers(Math.min(DIALS_PER_LOOK, WANTED_SUBSCRIBERS - count))
  }

  async #dialKnownPeers(count: number): Promise<void> {
    try {
      const known = await this.#host.libp2p.peerStore.all({
        filters: [({ addresses, protocols }) => addresses.length > 0 && protocols.some(isGossip)],
        limit: MAX_NEIGHBOURS
      })
      const absent = known.map(({ id }) => id.toString()).filter((peer) => !this.#host.isConnected(peer))
      for (let i = 0; i < count && absent.length > 0; i++) {
        this.#host.want(absent.splice(Math.floor(Math.random() * absent.length), 1)[0]!)
      }
    } catch (error) {
      this.#logger.log('debug', 'carrier.lookFailed', errorFields(error))
    }
  }

  /**
   * Gossip with a peer can end while the connection lives (an aborted stream, a RPC over the limit), and the library never
   * opens it again: a connected peer that speaks gossip has a stream each way, or is hung up on and dialled again.
   */
  #watchStreams(): void {
    const now = performance.now()
    const byPeer = new Map<string, Connection[]>()
    for (const connection of this.#host.libp2p.getConnections()) {
      const peer = connection.remotePeer.toString()
      if (connection.status !== 'open' || this.#host.speaks(peer, GOSSIP_PROTOCOL) !== true) continue
      byPeer.set(peer, [...(byPeer.get(peer) ?? []), connection])
    }
    for (const peer of this.#broken.keys()) if (!byPeer.has(peer)) this.#broken.delete(peer)
    for (const [peer, connections] of byPeer) {
      const streams = connections
        .flatMap((connection) => connection.streams)
        .filter(({ protocol }) => isGossip(protocol))
      if (streams.some(isWriting) && streams.some(isReading) && this.#inside.streamsOutbound.has(peer)) {
        this.#broken.delete(peer)
        continue
      }
      const since = this.#broken.get(peer) ?? now
      this.#broken.set(peer, since)
      if (now - since < BROKEN_MS) continue
      this.#broken.delete(peer)
      this.#metrics.count('carrier.severed')
      this.#logger.log('info', 'carrier.severed')
      this.#host.reconnect(peer)
    }
  }
}

const isGossip = (protocol: string): boolean => protocol.startsWith(GOSSIP_PROTOCOL)
const isWriting = ({ direction, status, writeStatus }: Stream): boolean =>
  direction === 'outbound' && status === 'open' && writeStatus === 'writable'
const isReading = ({ direction, status, remoteWriteStatus }: Stream): boolean =>
  direction === 'inbound' && status === 'open' && remoteWriteStatus === 'writable'

const FIRST_PEER_SIDE_CHECK = 107

/** Below 107 a frame is bad for everybody; above, another peer may rightly have thought otherwise. */
const verdictOf = (check: Check): TopicValidatorResult =>
  check < FIRST_PEER_SIDE_CHECK ? TopicValidatorResult.Reject : TopicValidatorResult.Ignore

const AUTHOR_TAG = 0x0a

/** The author a frame names, before anything is verified, or undefined. Every canonical frame begins with it. */
function peekAuthor(data: Uint8Array): string | undefined {
  if (data.length < 2 + USER_BYTES || data[0] !== AUTHOR_TAG || data[1] !== USER_BYTES) return undefined
  return mapKey(data.subarray(2, 2 + USER_BYTES))
}
