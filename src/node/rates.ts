/**
 * The rates of frames: how many a member may send of each kind, and how many a neighbour may bring of what is not
 * known to be a member's.
 *
 * Members and strangers spend from different pools, so that no stranger's flood takes a member's share.
 */
import type { FrameKind } from '../core/channel/frame.ts'
import type { Rate } from './buckets.ts'

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

/** The rates of every node. */
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

/** What members share out by kind, and key requests, which are strangers'. */
export type RateClass = 'messages' | 'statements' | 'others' | 'requests'

/** The bucket of each kind of frame; one line per kind, so that a new kind does not compile without one. */
export const RATE_CLASS: Readonly<Record<FrameKind, RateClass>> = {
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
  alarm: 'statements',
  demand: 'statements'
}
