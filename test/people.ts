/** The people of every story. Alice founds and manages; Mallory does what must not work. */
import { Peer } from '../src/core/peer.ts'
import type { MakePeer } from '../src/sim/cast.ts'
import { allCheckers } from '../src/sim/checkers/all.ts'
import { type Step, Story, type StoryConfig } from '../src/sim/story.ts'

export const ALICE = 'alice'
export const BOB = 'bob'
export const CAROL = 'carol'
export const DAVE = 'dave'
export const ERIN = 'erin'
export const FRANK = 'frank'
export const MALLORY = 'mallory'

export {
  cannotRead,
  canReadNothingAfter,
  everyoneAgrees,
  everyoneReads,
  hasRead,
  haveAllRead,
  isReady,
  nobodyIsAlarmed,
  reads
} from '../src/sim/promises.ts'

export const makePeer: MakePeer = (config) => new Peer(config)

/** Plays a story with real peers under every checker, to its end. */
export const tell = (people: readonly string[], steps: readonly Step[], config: Partial<StoryConfig> = {}): Story =>
  new Story({ seed: 1, people, makePeer, checkers: allCheckers, ...config }).play(steps).end()

/** Alice makes a channel, these people join it, and all have the key. */
export const gathering = (...members: readonly string[]): Step[] => [
  { type: 'create', who: ALICE },
  { type: 'invite', who: ALICE },
  ...members.map((who): Step => ({ type: 'join', who })),
  { type: 'settle', withinMs: 10_000 }
]
