import { expect } from 'chai'
import { type Frame, makeFrame } from '../../src/core/channel/frame.ts'
import { Refusal } from '../../src/core/reject.ts'
import type { Flood } from '../../src/sim/hostile.ts'
import type { Promised, Step, Story } from '../../src/sim/story.ts'
import { peekKind } from '../../src/sim/trace.ts'
import { Privacy } from '../../src/wire/messages.ts'
import {
  ALICE,
  BOB,
  CAROL,
  everyoneAgrees,
  everyoneReads,
  gathering,
  isReady,
  MALLORY,
  nobodyIsAlarmed,
  tell
} from '../people.ts'

/** What a member stands for: nothing of it may change by what others say twice. */
const standing = (story: Story): unknown =>
  story.truth.people.map(({ name, shown }) => {
    const view = story.view(name)
    return [name, view?.key, view?.term, view?.serial, view?.members, shown.length]
  })

const replayAll: Promised = ({ world }) => {
  for (const packet of [...world.network.packets]) world.network.replay(packet)
}

const frames = (story: Story): Frame[] => {
  const { network } = story.world
  return network.packets
    .map((packet) => network.read(packet))
    .filter((frame): frame is Frame => frame !== undefined && !(frame instanceof Refusal))
}

/** A life with a frame of every kind that this version makes. */
const eventful: Step[] = [
  ...gathering(BOB, CAROL, MALLORY),
  { type: 'say', who: BOB, text: 'one' },
  { type: 'rekey', by: ALICE },
  { type: 'say', who: CAROL, text: 'two' },
  { type: 'say', who: CAROL, text: 'in clear', isPlain: true },
  { type: 'remove', who: MALLORY, by: ALICE },
  { type: 'wait', forMs: 3_000 },
  { type: 'settle', withinMs: 10_000 },
  { type: 'say', who: ALICE, text: 'three' },
  { type: 'wait', forMs: 3_000 }
]

const unchangedBy = (steps: readonly Step[]): Step[] => {
  let before: unknown
  return [
    {
      type: 'expect',
      promise: (story) => {
        before = standing(story)
      }
    },
    ...steps,
    { type: 'wait', forMs: 5_000 },
    { type: 'expect', promise: (story) => void expect(standing(story)).to.deep.equal(before) },
    { type: 'expect', promise: nobodyIsAlarmed() }
  ]
}

const members = [ALICE, BOB, CAROL]
const mixed = { settings: { privacy: Privacy.MIXED } }
const restart: Step[] = [
  ...members.map((who): Step => ({ type: 'crash', who })),
  { type: 'wait', forMs: 1_000 },
  ...members.map((who): Step => ({ type: 'start', who })),
  { type: 'settle', withinMs: 15_000 },
  { type: 'wait', forMs: 3_000 }
]

describe('stories/hostile', function () {
  this.timeout(20_000)

  it('everything ever carried, carried again, changes nothing', () => {
    tell(
      [...members, MALLORY],
      [
        ...eventful,
        ...unchangedBy([{ type: 'expect', promise: replayAll }]),
        { type: 'say', who: BOB, text: 'still here' },
        { type: 'wait', forMs: 1_000 },
        { type: 'expect', promise: everyoneReads('still here') }
      ],
      mixed
    )
  })

  it('nor does it when gossip has forgotten it, after 121 s', () => {
    tell(
      [...members, MALLORY],
      [...eventful, { type: 'wait', forMs: 121_000 }, ...unchangedBy([{ type: 'expect', promise: replayAll }])],
      mixed
    )
  })

  it('nor does it when everyone was stopped and started in between', () => {
    tell(
      [...members, MALLORY],
      [...eventful, ...restart, ...unchangedBy([{ type: 'expect', promise: replayAll }])],
      mixed
    )
  })

  it('a message that was sealed again is shown once, also when its first form comes after all', () => {
    const story = tell(
      [ALICE, BOB, CAROL],
      [
        ...gathering(BOB, CAROL),
        // He hears the others, and has not noticed yet that nobody carries what he says.
        { type: 'cut', from: BOB, to: ALICE },
        { type: 'cut', from: BOB, to: CAROL },
        { type: 'say', who: BOB, text: 'once' },
        { type: 'rekey', by: ALICE },
        { type: 'wait', forMs: 1_000 },
        { type: 'heal' },
        { type: 'wait', forMs: 10_000 },
        { type: 'expect', promise: everyoneReads('once') },
        { type: 'expect', promise: replayAll },
        { type: 'wait', forMs: 5_000 }
      ]
    )
    const forms = story.world.network.packets.filter(
      ({ from, bytes }) => from?.name === BOB && peekKind(bytes) === 'message'
    )
    expect(forms.length).to.equal(2)
  })

  it('strangers who flood the topic change nothing, and members go on talking', () => {
    const floods: Flood[] = ['garbage', 'mutated', 'requests', 'resigned', 'twisted']
    tell(
      [...members, MALLORY],
      [
        ...eventful,
        ...unchangedBy(floods.map((what): Step => ({ type: 'flood', what, count: 100 }))),
        { type: 'say', who: BOB, text: 'undisturbed' },
        { type: 'wait', forMs: 1_000 },
        { type: 'expect', promise: everyoneReads('undisturbed') }
      ],
      mixed
    )
  })

  it('a newcomer comes in while strangers flood the topic with requests', () => {
    const flood: Step[] = Array.from({ length: 20 }, () => [
      { type: 'flood', what: 'requests', count: 50 } as const,
      { type: 'wait', forMs: 250 } as const
    ]).flat()
    tell(
      [ALICE, BOB, CAROL],
      [
        ...gathering(BOB),
        { type: 'join', who: CAROL },
        ...flood,
        { type: 'settle', withinMs: 20_000 },
        { type: 'expect', promise: everyoneAgrees() }
      ]
    )
  })

  it('a grant that its manager did not sign is worth nothing', () => {
    tell(
      [ALICE, BOB, MALLORY],
      [
        ...gathering(MALLORY),
        // The manager hears what the newcomer says, and is not heard by it.
        { type: 'cut', from: ALICE, to: BOB },
        { type: 'cut', from: MALLORY, to: BOB },
        { type: 'join', who: BOB },
        { type: 'wait', forMs: 4_000 },
        {
          type: 'expect',
          promise: (story) => {
            const grants = frames(story).filter((frame) => frame.body.grant !== undefined)
            const { network } = story.world
            expect(grants.length).to.be.above(0)
            for (const grant of grants) {
              const forged = makeFrame(grant.channel, story.keyOf(MALLORY), grant.body, grant.attachment)
              network.inject(grant.channel, forged.bytes)
              const bent = grant.bytes.slice()
              bent[bent.length - 1]! ^= 1
              network.inject(grant.channel, bent)
            }
          }
        },
        { type: 'wait', forMs: 500 },
        {
          type: 'expect',
          promise: (story) => {
            if (isReady(BOB)(story)) story.fail('bob took a forged grant')
          }
        },
        { type: 'heal' },
        { type: 'settle', withinMs: 15_000 },
        { type: 'expect', promise: nobodyIsAlarmed() }
      ]
    )
  })
})
