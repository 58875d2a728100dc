/** Each checker must be able to fail: a real peer with one planted fault, and the invariant that notices it. */
import { expect } from 'chai'
import { EMPTY, hex, utf8 } from '../../src/base/bytes.ts'
import { ControlLog } from '../../src/core/channel/control-log.ts'
import { type Frame, makeFrame, readFrame } from '../../src/core/channel/frame.ts'
import { KeyTree } from '../../src/core/channel/key-tree.ts'
import { MemberTree } from '../../src/core/channel/key-tree-member.ts'
import type { Effect, Env, Event } from '../../src/core/machine.ts'
import { Epoch, Keyring } from '../../src/core/member/keyring.ts'
import type { Notice } from '../../src/core/notice.ts'
import { Peer, type PeerConfig } from '../../src/core/peer.ts'
import { Refusal } from '../../src/core/reject.ts'
import type { MakePeer } from '../../src/sim/cast.ts'
import type { Fill, HeldSecret } from '../../src/sim/node.ts'
import type { Step } from '../../src/sim/story.ts'
import { RunError } from '../../src/sim/world.ts'
import { WrappedMachine } from '../../src/sim/wrapped.ts'
import { PREKEY_ID_BYTES } from '../../src/wire/limits.ts'
import { ALICE, BOB, CAROL, gathering, MALLORY, makePeer, tell } from '../people.ts'

/** What a fault may bend. Everything else is the real peer's. */
interface Fault {
  /** What is done instead of one effect. */
  readonly bend?: (effect: Effect, peer: FaultyPeer) => Effect[]
  /** What the peer hears instead of an event. */
  readonly mishear?: (event: Event) => Event
  /** Whether an event never reaches the peer. */
  readonly swallow?: (event: Event) => boolean
  readonly secrets?: (own: readonly HeldSecret[], peer: FaultyPeer) => readonly HeldSecret[]
  readonly fills?: (own: readonly Fill[]) => readonly Fill[]
}

class FaultyPeer extends WrappedMachine {
  readonly config: PeerConfig
  readonly fault: Fault

  constructor(config: PeerConfig, fault: Fault) {
    super(new Peer(config))
    this.config = config
    this.fault = fault
  }

  override handle(event: Event, env: Env): Effect[] {
    if (this.fault.swallow?.(event)) return []
    const effects = super.handle(this.fault.mishear?.(event) ?? event, env)
    const { bend } = this.fault
    return bend === undefined ? effects : effects.flatMap((effect) => bend(effect, this))
  }

  override unsafeSecrets(): readonly HeldSecret[] {
    const own = super.unsafeSecrets()
    return this.fault.secrets?.(own, this) ?? own
  }

  override unsafeFills(): readonly Fill[] {
    const own = super.unsafeFills()
    return this.fault.fills?.(own) ?? own
  }
}

const isOf = (config: PeerConfig, who: string): boolean => config.nick.endsWith(who)

/** Everybody is sound but the one who has this fault. A new fault for each process: it may remember things. */
const withFault =
  (who: string, fault: () => Fault): MakePeer =>
  (config) =>
    isOf(config, who) ? new FaultyPeer(config, fault()) : makePeer(config)

/** The same fault for all processes of a peer. */
const always =
  (fault: Fault): (() => Fault) =>
  () =>
    fault

const bendNotices = (bend: (notice: Notice) => Notice[]): Fault => ({
  bend: (effect) =>
    effect.type === 'notify' ? bend(effect.notice).map((notice) => ({ type: 'notify', notice })) : [effect]
})

const published = (effect: Effect): Frame | undefined => {
  if (effect.type !== 'publish') return undefined
  const frame = readFrame(effect.channel, effect.frame)
  return frame instanceof Refusal ? undefined : frame
}

const talk: Step[] = [
  ...gathering(BOB, CAROL),
  ...['one', 'two', 'three'].map((text): Step => ({ type: 'say', who: BOB, text })),
  { type: 'wait', forMs: 3_000 },
  { type: 'rekey', by: ALICE },
  { type: 'wait', forMs: 1_000 },
  { type: 'crash', who: BOB },
  { type: 'wait', forMs: 1_000 },
  { type: 'start', who: BOB },
  { type: 'expect', promise: (story) => void story.view(BOB) },
  { type: 'wait', forMs: 2_000 },
  { type: 'say', who: BOB, text: 'four' },
  { type: 'wait', forMs: 6_000 }
]

const EVERYBODY = [ALICE, BOB, CAROL, MALLORY]

const GROUP = 'kitchen'

/** Bob and Carol are in a group, Mallory is not. */
const inGroup: Step[] = [
  ...gathering(BOB, CAROL, MALLORY),
  { type: 'createGroup', group: GROUP, by: ALICE },
  { type: 'wait', forMs: 500 },
  ...[BOB, CAROL].map((who): Step => ({ type: 'putIntoGroup', group: GROUP, who, by: ALICE })),
  { type: 'wait', forMs: 500 },
  ...['one', 'two', 'three'].flatMap((text): Step[] => [
    { type: 'say', who: BOB, text, group: GROUP },
    { type: 'wait', forMs: 300 }
  ])
]

/** Carol is taken out of it, and Bob goes while the manager is away. */
const groupTalk: Step[] = [
  ...inGroup,
  { type: 'takeOutOfGroup', group: GROUP, who: CAROL, by: ALICE },
  { type: 'wait', forMs: 500 },
  { type: 'say', who: BOB, text: 'four', group: GROUP },
  { type: 'wait', forMs: 1_000 },
  { type: 'crash', who: ALICE },
  { type: 'takeOutOfGroup', group: GROUP, who: BOB, by: BOB },
  { type: 'wait', forMs: 500 },
  { type: 'start', who: ALICE },
  { type: 'wait', forMs: 6_000 }
]

/** The invariant that the story breaks. */
function broken(peers: MakePeer, story: readonly Step[] = talk): string {
  try {
    tell(EVERYBODY, story, { makePeer: peers })
  } catch (error) {
    if (error instanceof RunError) return error.violation.message
    throw error
  }
  return 'nothing'
}

/** Two frames for one number, of its issuer's own hand. */
const announceTwice: Fault = {
  bend: (effect, { config }) => {
    const frame = published(effect)
    if (frame?.body.announcement === undefined) return [effect]
    const { announcement } = frame.body
    const other = { announcement: { ...announcement, notAfter: announcement.notAfter + 1 } }
    const { bytes } = makeFrame(frame.channel, config.key, other, frame.attachment)
    return [effect, { type: 'publish', channel: frame.channel, frame: bytes }]
  }
}

/** What alice's peer holds, for the one who gets at it. */
let stolen: readonly HeldSecret[] = []

function keepStolen(own: readonly HeldSecret[]): readonly HeldSecret[] {
  stolen = own.map(({ name, bytes }) => ({ name, bytes: bytes.slice() }))
  return own
}

/** Whether it tells of a message that is missing, or asks for one. */
const isOfGap = (effect: Effect): boolean =>
  (effect.type === 'notify' && effect.notice.type === 'gap') ||
  (effect.type === 'ask' && effect.question.frames !== undefined)

describe('sim/checkers', () => {
  it('sound peers break nothing', () => {
    expect(broken(makePeer)).to.equal('nothing')
  })

  /** Puts something beside each message, in a frame of a kind that nobody looks into. */
  const leaker = (leak: (peer: FaultyPeer) => Uint8Array): Fault => ({
    bend: (effect, peer) => {
      const frame = published(effect)
      if (frame?.body.message === undefined) return [effect]
      const keyRequest = { prekey: new Uint8Array(PREKEY_ID_BYTES), attempt: 0, enc: frame.id, sealed: leak(peer) }
      const { bytes } = makeFrame(frame.channel, peer.config.key, { keyRequest })
      return [effect, { type: 'publish', channel: frame.channel, frame: bytes }]
    }
  })

  const control = (peer: FaultyPeer): Uint8Array =>
    peer.unsafeSecrets().find(({ name }) => name.startsWith('control/'))!.bytes

  /** Says something else under the key of what it said. */
  const keyReuser: Fault = {
    bend: (effect, { config }) => {
      const frame = published(effect)
      const { message } = frame?.body ?? {}
      if (frame === undefined || message === undefined) return [effect]
      const { bytes } = makeFrame(frame.channel, config.key, { message: { ...message, sealed: frame.id } })
      return [effect, { type: 'publish', channel: frame.channel, frame: bytes }]
    }
  }

  const stormer: Fault = {
    bend: (effect) => (effect.type === 'ask' ? Array.from({ length: 20 }, () => effect) : [effect])
  }

  const planted: readonly [fault: string, invariant: string, peers: () => MakePeer][] = [
    ['says in clear what it sealed', 'I-1', () => withFault(BOB, always(leaker(() => utf8('canarytext one'))))],
    ['puts its key on the carrier', 'I-1', () => withFault(BOB, always(leaker(control)))],
    [
      'puts its key on the carrier in hex',
      'I-1',
      () => withFault(BOB, always(leaker((peer) => utf8(hex(control(peer))))))
    ],
    ['seals twice under one key', 'I-7', () => withFault(BOB, always(keyReuser))],
    [
      'lets a stranger have what it holds',
      'I-3',
      () => (config) => {
        if (isOf(config, ALICE)) return new FaultyPeer(config, { secrets: keepStolen })
        if (isOf(config, MALLORY)) return new FaultyPeer(config, { secrets: (own) => [...own, ...stolen] })
        return makePeer(config)
      }
    ],
    [
      'shows a message twice',
      'I-9',
      () => withFault(CAROL, always(bendNotices((notice) => (notice.type === 'message' ? [notice, notice] : [notice]))))
    ],
    [
      'shows a message under another name',
      'I-8',
      () => {
        const alice: { sender: Uint8Array } = { sender: EMPTY }
        const forge = (notice: Notice): Notice[] => {
          if (notice.type === 'epoch') alice.sender = notice.issuer
          return [notice.type === 'message' && !notice.isOwn ? { ...notice, sender: alice.sender } : notice]
        }
        return withFault(CAROL, always(bendNotices(forge)))
      }
    ],
    [
      'shows a text that nobody said',
      'I-8',
      () => {
        const forge = (notice: Notice): Notice[] => {
          if (notice.type !== 'message' || notice.content.text === undefined) return [notice]
          return [
            { ...notice, content: { ...notice.content, text: { ...notice.content.text, text: 'canarytext lie' } } }
          ]
        }
        return withFault(CAROL, always(bendNotices(forge)))
      }
    ],
    [
      'says that a sealed message was plain',
      'I-2',
      () =>
        withFault(
          CAROL,
          always(bendNotices((notice) => [notice.type === 'message' ? { ...notice, isEncrypted: false } : notice]))
        )
    ],
    ['issues two epochs under one number', 'I-10', () => withFault(ALICE, always(announceTwice))],
    [
      'forgets its newest epoch when it starts again',
      'I-11',
      () =>
        withFault(BOB, () => {
          // No epoch that it keeps after its first message is there the next time.
          let isLosing = false
          return {
            bend: (effect) => {
              if (published(effect)?.kind === 'message') isLosing = true
              const hasEpoch = effect.type === 'persist' && effect.puts.some(({ entry }) => entry.startsWith('epoch/'))
              return hasEpoch && isLosing ? [] : [effect]
            }
          }
        })
    ],
    [
      'speaks under a roster that it has not seen all of',
      'I-3',
      () => {
        const isLogRow = ({ entry }: { readonly entry: string }): boolean => entry.startsWith('log/')
        const forget: Fault = {
          bend: (effect) =>
            effect.type === 'persist' ? [{ ...effect, puts: effect.puts.filter((row) => !isLogRow(row)) }] : [effect]
        }
        return withFault(BOB, always(forget))
      }
    ],
    [
      'speaks although it knows that a manager lied',
      'I-13',
      () => {
        const alarm = (notice: Notice): Notice[] =>
          notice.type === 'epoch'
            ? [notice, { type: 'alarm', channel: notice.channel, manager: notice.issuer, check: 414 }]
            : [notice]
        return withFault(BOB, always(bendNotices(alarm)))
      }
    ],
    [
      'misses a message and does not say so',
      'I-17',
      () => {
        let messages = 0
        return withFault(
          CAROL,
          always({
            swallow: (event) => event.type === 'frame' && event.frame.kind === 'message' && ++messages === 2,
            bend: (effect) => (isOfGap(effect) ? [] : [effect])
          })
        )
      }
    ],
    [
      'says that it sent what it kept',
      'I-17',
      () => {
        const keeper: Fault = { bend: (effect) => (published(effect)?.kind === 'message' ? [] : [effect]) }
        return withFault(BOB, always(keeper))
      }
    ],
    ['asks twenty times instead of once', 'I-19', () => withFault(CAROL, always(stormer))],
    [
      'lets a table grow without bound',
      'I-20',
      () => withFault(CAROL, always({ fills: (own) => own.map((fill) => ({ ...fill, size: fill.cap + 1 })) }))
    ]
  ]
  for (const [fault, invariant, peers] of planted) {
    it(`a peer that ${fault} breaks ${invariant}`, () => {
      stolen = []
      expect(broken(peers())).to.match(new RegExp(`^${invariant}:`))
    })
  }

  it('a missed message that is told is no broken promise', () => {
    let messages = 0
    const swallow = (event: Event): boolean =>
      event.type === 'frame' && event.frame.kind === 'message' && ++messages === 2
    expect(broken(withFault(CAROL, always({ swallow })))).to.equal('nothing')
  })

  it('sound peers break nothing in groups either', () => {
    expect(broken(makePeer, groupTalk)).to.equal('nothing')
  })

  const plantedInGroups: readonly [fault: string, invariant: string, peers: () => MakePeer][] = [
    [
      'says to the channel what is for a group',
      'I-8',
      () => {
        const mishear = (event: Event): Event =>
          event.type === 'command' && event.command.type === 'say'
            ? { ...event, command: { ...event.command, group: EMPTY } }
            : event
        return withFault(BOB, always({ mishear }))
      }
    ],
    [
      'lets a stranger have the keys of a group',
      'I-3',
      () => (config) => {
        if (isOf(config, ALICE)) return new FaultyPeer(config, { secrets: keepStolen })
        const ofGroup = () => stolen.filter(({ name }) => /^control\/./.test(name) && !name.startsWith('control//'))
        if (isOf(config, MALLORY)) return new FaultyPeer(config, { secrets: (own) => [...own, ...ofGroup()] })
        return makePeer(config)
      }
    ],
    [
      'misses a message to a group and does not say so',
      'I-17',
      () => {
        let messages = 0
        return withFault(
          CAROL,
          always({
            swallow: (event) => event.type === 'frame' && event.frame.kind === 'message' && ++messages === 2,
            bend: (effect) => (isOfGap(effect) ? [] : [effect])
          })
        )
      }
    ],
    [
      'forgets the newest epoch of a group when it starts again',
      'I-11',
      () =>
        withFault(BOB, () => ({
          bend: (effect) => {
            if (effect.type !== 'notify' || effect.notice.type !== 'epoch') return [effect]
            const { notice } = effect
            return notice.group.length > 0 ? [effect, { ...effect, notice: { ...notice, serial: 1 } }] : [effect]
          }
        }))
    ]
  ]
  for (const [fault, invariant, peers] of plantedInGroups) {
    it(`a peer that ${fault} breaks ${invariant}`, () => {
      stolen = []
      expect(broken(peers(), groupTalk)).to.match(new RegExp(`^${invariant}:`))
    })
  }

  /** What a story breaks while one method of the real code is another. */
  function brokenWith<T extends object, K extends keyof T>(
    target: T,
    name: K,
    bend: (own: T[K]) => T[K],
    story: readonly Step[] = groupTalk
  ): string {
    const own = target[name]
    target[name] = bend(own)
    try {
      return broken(makePeer, story)
    } finally {
      target[name] = own
    }
  }

  it('a tree of a group that keeps who was taken out breaks I-3', () => {
    type Path = KeyTree['path']
    const keep = (own: Path): Path =>
      function (this: KeyTree, changes, context, fresh) {
        const removed = context.group.length > 0 ? [] : changes.removed
        return own.call(this, { ...changes, ...(removed && { removed }) }, context, fresh)
      }
    expect(brokenWith(KeyTree.prototype, 'path', keep)).to.match(/^I-3: carol.* of group/)
  })

  it('leaf keys of a group that do not depend on the leaf break I-3', () => {
    const same = (): Uint8Array => new Uint8Array(32)
    const memberLeaf = Object.getOwnPropertyDescriptor(MemberTree.prototype, 'leafKey')!
    Object.defineProperty(MemberTree.prototype, 'leafKey', { ...memberLeaf, get: same })
    try {
      expect(brokenWith(KeyTree.prototype, 'leafKey', () => same)).to.match(/^I-3: .*mallory.* of group/)
    } finally {
      Object.defineProperty(MemberTree.prototype, 'leafKey', memberLeaf)
    }
  })

  it('a leaf that its member keeps over its removal from the channel breaks I-3', () => {
    type Path = KeyTree['path']
    const keep = (own: Path): Path =>
      function (this: KeyTree, changes, context, fresh) {
        return own.call(this, context.group.length > 0 ? changes : { ...changes, removed: [] }, context, fresh)
      }
    const removal: Step[] = [
      { type: 'remove', who: CAROL, by: ALICE },
      { type: 'wait', forMs: 3_000 }
    ]
    const story = [...gathering(BOB, CAROL), ...removal]
    expect(brokenWith(KeyTree.prototype, 'path', keep, story)).to.match(/^I-3: carol/)
  })

  it('a group that can be entered a second time breaks I-7b', () => {
    expect(brokenWith(Keyring.prototype, 'closeTo', () => () => [])).to.match(/^I-7b: .* of group/)
  })

  it('what groups are entered with, kept, breaks I-7b', () => {
    const keep = (own: Epoch['openTo']): Epoch['openTo'] =>
      function (this: Epoch, groups, channel, user) {
        const exporter = this.exporter.slice()
        own.call(this, groups, channel, user)
        this.exporter = exporter
      }
    expect(brokenWith(Epoch.prototype, 'openTo', keep)).to.match(/^I-7b: .* of group/)
  })

  it('what an epoch follows from, kept, breaks I-7b', () => {
    const keep = (own: Epoch['end']): Epoch['end'] =>
      function (this: Epoch, at) {
        const init = this.init.slice()
        own.call(this, at)
        this.init = init
      }
    expect(brokenWith(Epoch.prototype, 'end', keep, talk)).to.match(/^I-7b: /)
  })

  it('who says something to a group from which somebody is being taken out breaks I-4', () => {
    const heedless = () => (): boolean => false
    const story: Step[] = [
      ...inGroup,
      { type: 'crash', who: ALICE },
      { type: 'takeOutOfGroup', group: GROUP, who: CAROL, by: CAROL },
      { type: 'wait', forMs: 500 },
      { type: 'say', who: BOB, text: 'five', group: GROUP }
    ]
    expect(brokenWith(ControlLog.prototype, 'hasUnappliedTakeOut', heedless, story)).to.match(/^I-4: bob .*carol/)
  })
})
