/** The door of what needs Node: a running node on libp2p, with a home on disk or in memory. */
export type { Rate, Rates } from './carrier.ts'
export { RATES } from './carrier.ts'
export type { JudgingMachine } from './driver.ts'
export type { ConnectedPeer } from './host.ts'
export {
  addressBytes,
  addressText,
  type Identity,
  initHome,
  type MessageRange,
  Node,
  type NodeInit,
  type Role,
  readHome,
  startNode,
  type TopicView
} from './node.ts'
export { Counters, lineLogger } from './report.ts'
