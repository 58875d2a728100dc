import { expect } from 'chai'
import { hex } from '../../src/base/bytes.ts'
import type { Step, Story } from '../../src/sim/story.ts'
import { ALICE, BOB, CAROL, cannotRead, gathering, reads, tell } from '../people.ts'

/** Bob says something that does not come to Carol, and something that does. */
const missing: readonly Step[] = [
  ...gathering(BOB, CAROL),
  // Nobody answers questions.
  { type: 'weather', conditions: { streamLossRate: 1 } },
  { type: 'say', who: BOB, text: 'heard' },
  { type: 'wait', forMs: 1_500 },
  { type: 'isolate', who: CAROL },
  { type: 'say', who: BOB, text: 'missed' },
  { type: 'wait', forMs: 200 },
  { type: 'heal' },
  { type: 'say', who: BOB, text: 'heard again' },
  { type: 'wait', forMs: 200 },
  { type: 'expect', promise: reads(CAROL, 'heard again') },
  { type: 'expect', promise: cannotRead(CAROL, 'missed') }
]

const idOf = (story: Story, text: string): string =>
  story.person(BOB).shown.find(({ view }) => view.content.text?.text.endsWith(` ${text}`))!.view.id

describe('stories/gaps', () => {
  it('a lost message is asked for, and shown where it was said, and nobody is told of a gap', () => {
    const whole = missing.filter(({ type }) => type !== 'weather' && type !== 'expect')
    const steps: readonly Step[] = [...whole, { type: 'wait', forMs: 2_000 }]
    const story = tell([ALICE, BOB, CAROL], [...steps, { type: 'expect', promise: reads(CAROL, 'missed') }])
    expect(story.person(CAROL).toldGaps.size).to.equal(0)
  })

  it('a lost message that nothing was said after is asked for, as others say that they have it', () => {
    const end = missing.findIndex((step) => step.type === 'say' && step.text === 'heard again')
    const whole = missing.slice(0, end).filter(({ type }) => type !== 'weather')
    const story = tell([ALICE, BOB, CAROL], [...whole, { type: 'wait', forMs: 8_000 }])
    reads(CAROL, 'missed')(story)
  })

  it('a lost message is told as a gap once a later one of its sender has come', () => {
    const story = tell([ALICE, BOB, CAROL], [...missing, { type: 'wait', forMs: 4_000 }])
    expect(story.person(CAROL).toldGaps).to.deep.equal(new Set([idOf(story, 'missed')]))
    expect(story.person(ALICE).toldGaps.size).to.equal(0)
  })

  it('a gap is told also when the process dies before it was', () => {
    const story = tell(
      [ALICE, BOB, CAROL],
      [
        ...missing,
        { type: 'wait', forMs: 800 },
        { type: 'expect', promise: ({ truth }) => void expect(truth.people[2]!.toldGaps.size).to.equal(0) },
        { type: 'crash', who: CAROL },
        { type: 'start', who: CAROL },
        { type: 'wait', forMs: 4_000 }
      ]
    )
    expect(story.person(CAROL).toldGaps).to.include(idOf(story, 'missed'))
  })

  it('a lost message that comes after all closes its gap, and is shown once', () => {
    const story = tell(
      [ALICE, BOB, CAROL],
      [
        ...missing,
        { type: 'wait', forMs: 4_000 },
        {
          type: 'expect',
          promise: ({ world }) => {
            for (const packet of [...world.network.packets]) world.network.replay(packet, [world.node(CAROL)])
          }
        },
        { type: 'wait', forMs: 2_000 },
        { type: 'expect', promise: reads(CAROL, 'missed') }
      ]
    )
    const notices = story.world.node(CAROL).notices.map(({ notice }) => notice)
    const gaps = notices.filter((notice) => notice.type === 'gap')
    expect(gaps.map(({ isClosed }) => isClosed)).to.deep.equal([false, true])
    expect(gaps.every(({ sender }) => hex(sender) === hex(story.person(BOB).node.user))).to.equal(true)
  })

  it('who joins late is told of no gap in what was said before', () => {
    const story = tell(
      [ALICE, BOB, CAROL],
      [
        ...gathering(BOB),
        { type: 'say', who: BOB, text: 'early' },
        { type: 'wait', forMs: 1_000 },
        { type: 'join', who: CAROL },
        { type: 'settle', withinMs: 10_000 },
        { type: 'say', who: BOB, text: 'late' },
        { type: 'wait', forMs: 5_000 },
        { type: 'expect', promise: reads(CAROL, 'late') }
      ]
    )
    expect(story.person(CAROL).toldGaps.size).to.equal(0)
  })
})
