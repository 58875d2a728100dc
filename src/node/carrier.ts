/**
 * The carrier: one gossip topic per channel, and what may travel on it.
 *
 * A frame is decoded and verified once, in the topic validator, then passes the rates and the machine's judgement; what
 * is accepted goes on to the driver as it was decoded. Gossip *rejects* (which costs the forwarder its score) only what
 * every peer can see to be bad, R-101 to R-106; for what just this peer refuses, an honest keyless carrier must not pay.
 * Strangers spend from pools of their own and never push a member out of a table.
 */
import { type GossipSub, type SubscriptionChangeData, TopicValidatorResult } from '@libp2p/gossipsub'
import { assert } from '../base/assert.ts'
import { mapKey } from '../base/bytes.ts'
import { type Logger, type Metrics, SILENT_LOGGER, SILENT_METRICS } from '../base/report.ts'
import { MINUTE_MS, SECOND_MS } from '../base/time.ts'
import { type Frame, readFrame } from '../core/channel/frame.ts'
import { readUserId, type UserId } from '../core/identity/user.ts'
import { type Check, Refusal } from '../core/reject.ts'
import { FRAME_BYTES, USER_BYTES } from '../wire/limits.ts'
import { channelOfTopic, topicOf } from '../wire/names.ts'
import { Buckets } from './buckets.ts'
import { type GossipInside, insideOf, isGossip, seenName, TOPIC_SCORE } from './gossip.ts'
import { GossipWatch } from './gossip-watch.ts'
import type { Host } from './host.ts'
import { Neighbours } from './neighbours.ts'
import { RATE_CLASS, RATES, type RateClass, type Rates } from './rates.ts'
import { errorFields } from './report.ts'

/** What the machine thinks of a verified frame: carry and handle it, not now, or the number of the check it broke. */
export type Judgement = 'accept' | 'ignore' | Check

/** What a carrier is made of. */
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
  /** For tests: how long a keyless carrier keeps a topic without users. */
  readonly unusedMs?: number
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

const MAX_AUTHORS = 16_384
/** Recent frames that a newcomer to a topic is told of. */
const MAX_TOLD = 1_000
const TICK_MS = SECOND_MS
/** Topics of a keyless carrier. */
const MAX_TOPICS = 1_000
/** A topic without users is kept for a while: re-joining at once would find every mesh closed. */
const UNUSED_MS = 30 * SECOND_MS
/** Own frames go to every subscriber, mesh or not: after this time an empty mesh is no reason to wait. */
const MESH_PATIENCE_MS = 1_500
/** How many subscribers of a channel we want to be connected to, and how often we look for more. */
const WANTED_SUBSCRIBERS = 8
const FIRST_LOOK_MS = 2 * SECOND_MS
const LAST_LOOK_MS = 2 * MINUTE_MS
const DIALS_PER_LOOK = 4
/** Known peers among whom to choose. */
const MAX_KNOWN = 1_024

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
  readonly #neighbours: Neighbours
  readonly #watch: GossipWatch
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
    this.#neighbours = new Neighbours(this.#rates, performance.now())
    this.#watch = new GossipWatch(this.#host, this.#inside)
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
      // Where somebody is there already, others who come at the same time are left to find us.
      nextLookAt: this.#reachable(name).length === 0 ? 0 : performance.now() + FIRST_LOOK_MS * (1 + Math.random() / 4),
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
    const id = seenName(name, frame)
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

  /**
   * Looks at a frame that a peer handed over by itself, just as at one that it brings on the topic.
   *
   * @param channel - 32 bytes, a stranger's. @param data - not kept.
   * @returns whether it was accepted, now or when it came on the topic.
   */
  take(channel: Uint8Array, data: Uint8Array, from: string): boolean {
    const name = topicOf(channel)
    const topic = this.#topics.get(name)
    if (topic === undefined || this.#isKeyless || data.length > FRAME_BYTES) return false
    if (this.#inside.seenCache.entries.has(seenName(name, data))) return true
    return this.#validate(topic.channel, name, data, from) === TopicValidatorResult.Accept
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
    if (this.#neighbours.isMuted(neighbour, now) || !this.#takeUnverified(neighbour, isKnown, now)) {
      return this.#passOver(name, data)
    }
    const frame = readFrame(channel, data)
    if (frame === undefined) return Ignore
    if (frame instanceof Refusal) return this.#refuseBad(frame.check, neighbour, now)
    const rateClass = RATE_CLASS[frame.kind]
    if (rateClass === 'requests') {
      if (!this.#neighbours.takeRequest(neighbour, now)) return this.#passOver(name, data)
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
    this.#inside.seenCache.entries.delete(seenName(name, data))
    return this.#refuse(107, TopicValidatorResult.Ignore)
  }

  #refuseBad(check: Check, neighbour: string, now: number): TopicValidatorResult {
    if (this.#neighbours.noteBad(neighbour, now)) this.#metrics.count('carrier.muted')
    return this.#refuse(check, TopicValidatorResult.Reject)
  }

  #takeMember(author: string, rateClass: Exclude<RateClass, 'requests'>, now: number): boolean {
    return this.#members.take(author, rateClass, this.#rates[rateClass], now)
  }

  /** What a neighbour may bring before signatures are looked at. Members' frames are free of it. */
  #takeUnverified(neighbour: string, isKnown: boolean, now: number): boolean {
    if (this.#isKeyless) return this.#neighbours.takeKeyless(neighbour, now)
    return isKnown || this.#neighbours.takeStranger(neighbour, now)
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
    if (!this.#topics.has(name) || !this.#neighbours.takeTold(peer, performance.now())) return
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
    const now = performance.now()
    for (const peer of this.#watch.look(now)) {
      this.#metrics.count('carrier.severed')
      this.#logger.log('info', 'carrier.severed')
      this.#host.reconnect(peer)
    }
    for (const topic of [...this.#topics.values()]) {
      if (this.#isKeyless) this.#dropUnused(topic, now)
      else if (now >= topic.nextLookAt) this.#lookForSubscribers(topic, now)
    }
    if (this.#isKeyless && this.#topics.size < MAX_TOPICS) this.#adoptTopics()
  }

  #dropUnused(topic: Topic, now: number): void {
    const isUsed = this.#gossip.getSubscribers(topic.name).some((peer) => !this.#host.isCarrier(peer.toString()))
    topic.unusedSince = isUsed ? undefined : (topic.unusedSince ?? now)
    if (topic.unusedSince !== undefined && now - topic.unusedSince >= this.#unusedMs) this.unsubscribe(topic.channel)
  }

  get #unusedMs(): number {
    return this.#init.unusedMs ?? UNUSED_MS
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
        limit: MAX_KNOWN
      })
      const absent = known.map(({ id }) => id.toString()).filter((peer) => !this.#host.isConnected(peer))
      for (let i = 0; i < count && absent.length > 0; i++) {
        this.#host.want(absent.splice(Math.floor(Math.random() * absent.length), 1)[0]!)
      }
    } catch (error) {
      this.#logger.log('debug', 'carrier.lookFailed', errorFields(error))
    }
  }
}

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
