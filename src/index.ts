/**
 * The public door: the protocol machines and the types they speak. A running node on libp2p is behind `conclave/node`.
 *
 * @packageDocumentation
 */
export { InternalError, PeerError, UsageError } from './base/errors.ts'
export type { Logger, Metrics } from './base/report.ts'
export { Secret } from './base/secret.ts'
export { atMillis, type Millis } from './base/time.ts'
export type {
  ChannelSettings,
  ChannelView,
  Command,
  CommandResult,
  KeyState,
  MemberView,
  MessageState
} from './core/command.ts'
export { readUserId, type UserId, userIdText } from './core/identity/user.ts'
export type { Effect, Env, Event, Machine } from './core/machine.ts'
export type { MessageView, Notice } from './core/notice.ts'
export { Peer, type PeerConfig } from './core/peer.ts'
export { CHECKS, type Check } from './core/reject.ts'
export { type SigningKey, signingKey } from './crypto/sign.ts'
export { channelIdText, readChannelId } from './wire/names.ts'
