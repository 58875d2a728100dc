import { expect } from 'chai'
import { DAY_MS, MINUTE_MS, SECOND_MS } from '../../src/base/time.ts'
import type { Cast } from '../../src/sim/cast.ts'
import type { Step } from '../../src/sim/story.ts'
import { peekKind } from '../../src/sim/trace.ts'
import { Reason } from '../../src/wire/messages.ts'
import {
  ALICE,
  BOB,
  CAROL,
  DAVE,
  everyoneAgrees,
  everyoneReads,
  gathering,
  haveAllRead,
  isReady,
  nobodyIsAlarmed,
  tell
} from '../people.ts'

/** Why there were epochs, and when, as somebody was told. */
const epochs = (story: Cast, who: string): { at: number; reason: Reason }[] =>
  story
    .person(who)
    .node.notices.flatMap(({ at, notice }) => (notice.type === 'epoch' ? [{ at, reason: notice.reason }] : []))
const reasons = (story: Cast, who: string, fromMs = 0): Reason[] =>
  epochs(story, who)
    .filter(({ at }) => at >= fromMs)
    .map(({ reason }) => reason)
const isOnline =
  (who: string, count: number) =>
  (story: Cast): boolean =>
    story.view(who)?.online === count

describe('stories/triggers', () => {
  it('who is there is known to everybody within seconds, who goes at once, who falls within its lease', () => {
    tell(
      [ALICE, BOB, CAROL],
      [
        ...gathering(BOB, CAROL),
        ...[ALICE, BOB, CAROL].map(
          (who): Step => ({ type: 'expect', promise: () => {}, once: isOnline(who, 3), withinMs: 15_000 })
        ),
        { type: 'stop', who: CAROL },
        ...[ALICE, BOB].map(
          (who): Step => ({ type: 'expect', promise: () => {}, once: isOnline(who, 2), withinMs: 1_000 })
        ),
        { type: 'start', who: CAROL },
        { type: 'expect', promise: () => {}, once: isOnline(BOB, 3), withinMs: 4_000 },
        { type: 'crash', who: CAROL },
        { type: 'wait', forMs: 20_000 },
        {
          type: 'expect',
          promise: (story) => {
            if (!isOnline(BOB, 3)(story)) story.fail('nobody can know yet that carol fell')
          }
        },
        { type: 'expect', promise: () => {}, once: isOnline(BOB, 2), withinMs: 20_000 }
      ]
    )
  })

  it('presence holds under loss: nobody flickers at one lost digest in five', () => {
    const story = tell(
      [ALICE, BOB, CAROL],
      [
        ...gathering(BOB, CAROL),
        { type: 'wait', forMs: 15_000 },
        { type: 'weather', conditions: { lossRate: 0.2 } },
        { type: 'wait', forMs: 10 * MINUTE_MS }
      ]
    )
    for (const who of [ALICE, BOB, CAROL]) {
      const { notices } = story.person(who).node
      expect(notices.filter(({ notice, at }) => notice.type === 'presence' && at > 20_000).length).to.be.at.most(4)
    }
  })

  it('the first who comes after everybody had gone finds a fresh key, once', () => {
    const story = tell(
      [ALICE, BOB, CAROL],
      [
        ...gathering(BOB, CAROL),
        { type: 'say', who: BOB, text: 'good night' },
        { type: 'wait', forMs: 5_000 },
        { type: 'stop', who: BOB },
        { type: 'stop', who: CAROL },
        { type: 'wait', forMs: 60_000 },
        { type: 'start', who: CAROL },
        { type: 'wait', forMs: 4_000 },
        { type: 'start', who: BOB },
        { type: 'settle', withinMs: 10_000 },
        { type: 'say', who: CAROL, text: 'good morning' },
        { type: 'expect', promise: everyoneReads('good morning'), once: haveAllRead('good morning') }
      ]
    )
    expect(reasons(story, ALICE).filter((reason) => reason === Reason.FIRST_MEMBER)).to.have.lengthOf(1)
  })

  it('a silent channel gets one fresh key, a talking one steps on, and both last through loss', () => {
    const words = Array.from({ length: 20 }, (_, i): Step[] => [
      { type: 'say', who: i % 2 === 0 ? BOB : CAROL, text: `word ${i}.` },
      { type: 'wait', forMs: 3_000 }
    ]).flat()
    const story = tell(
      [ALICE, BOB, CAROL],
      [
        ...gathering(BOB, CAROL),
        { type: 'weather', conditions: { lossRate: 0.1, medianDelayMs: 150 } },
        ...words,
        { type: 'calm' },
        { type: 'settle', withinMs: 15_000 },
        { type: 'wait', forMs: 5 * MINUTE_MS },
        { type: 'expect', promise: everyoneAgrees() },
        { type: 'expect', promise: nobodyIsAlarmed() }
      ],
      { settings: { stepSeconds: 10, idleSeconds: 60 } }
    )
    const told = reasons(story, ALICE)
    expect(told.filter((reason) => reason === Reason.SCHEDULED).length).to.be.within(4, 8)
    expect(told.filter((reason) => reason === Reason.IDLE)).to.have.lengthOf(1)
  })

  it('a key manager that is away when the key ends makes the next one when it is back; meanwhile nobody storms or talks on for ever', () => {
    const story = tell(
      [ALICE, BOB, CAROL, DAVE],
      [
        ...gathering(BOB, CAROL, DAVE),
        { type: 'crash', who: ALICE, loss: 'unsynced' },
        { type: 'wait', forMs: 2 * MINUTE_MS },
        { type: 'say', who: BOB, text: 'held' },
        { type: 'wait', forMs: 3 * MINUTE_MS },
        {
          type: 'expect',
          promise: (story) => {
            for (const who of [BOB, CAROL, DAVE]) {
              if (story.view(who)?.key !== 'expired') story.fail(`${who} would talk under a key that is over`)
            }
            if (haveAllRead('held')(story)) story.fail('nothing is said under a key that is over')
          }
        },
        { type: 'start', who: ALICE },
        { type: 'settle', withinMs: 20_000 },
        { type: 'expect', promise: everyoneReads('held'), once: haveAllRead('held') }
      ],
      { settings: { keyLifetimeSeconds: 60, graceSeconds: 30 } }
    )
    const asked = story.world.network.packets.filter(({ bytes }) => peekKind(bytes) === 'keyRequest').length
    expect(asked).to.be.below(150)
  })

  it('a clock that is wrong makes nobody ask for ever: not ahead, not behind, not when it jumps', () => {
    const hour = 3_600_000
    const story = tell(
      [ALICE, BOB, CAROL],
      [
        ...gathering(BOB, CAROL),
        { type: 'clock', who: BOB, jumpMs: 2 * DAY_MS },
        { type: 'clock', who: CAROL, jumpMs: -2 * DAY_MS },
        { type: 'rekey', by: ALICE },
        { type: 'wait', forMs: hour },
        { type: 'calm' },
        { type: 'settle', withinMs: 15_000 },
        { type: 'clock', who: ALICE, jumpMs: 2 * DAY_MS },
        { type: 'wait', forMs: 60_000 },
        { type: 'calm' },
        { type: 'settle', withinMs: 15_000 },
        { type: 'say', who: BOB, text: 'what time is it?' },
        { type: 'expect', promise: everyoneReads('what time is it?'), once: haveAllRead('what time is it?') }
      ],
      { settings: { idleSeconds: 0 } }
    )
    expect(epochs(story, ALICE).length).to.be.below(12)
  })

  it('who is cut off while the key moves on is whole again when it talks', () => {
    tell(
      [ALICE, BOB, CAROL],
      [
        ...gathering(BOB, CAROL),
        { type: 'isolate', who: CAROL },
        { type: 'wait', forMs: 60_000 },
        ...Array.from({ length: 4 }, (_, i): Step[] => [
          { type: 'say', who: BOB, text: `without carol ${i}.` },
          { type: 'wait', forMs: 20_000 }
        ]).flat(),
        { type: 'heal' },
        { type: 'settle', withinMs: 20_000 },
        { type: 'say', who: CAROL, text: 'back' },
        { type: 'expect', promise: everyoneReads('back'), once: haveAllRead('back') }
      ],
      { settings: { stepSeconds: 10, graceSeconds: 30 } }
    )
  })

  it('a member manager that is no key manager gets a fresh key for everybody, through loss', () => {
    const story = tell(
      [ALICE, BOB, CAROL],
      [
        ...gathering(BOB, CAROL),
        { type: 'wait', forMs: 3_000 },
        { type: 'weather', conditions: { lossRate: 0.2 } },
        { type: 'rekey', by: BOB },
        { type: 'wait', forMs: 8_000 },
        // Nobody listens to one who may not.
        { type: 'rekey', by: CAROL },
        { type: 'wait', forMs: 8_000 },
        { type: 'calm' },
        { type: 'settle', withinMs: 10_000 }
      ],
      { memberManagers: [BOB] }
    )
    expect(reasons(story, ALICE).filter((reason) => reason === Reason.DEMAND)).to.have.lengthOf(1)
    expect(reasons(story, CAROL)).to.include(Reason.DEMAND)
  })

  it('members with newer prekeys get new leaves, and a key manager that falls meanwhile harms nobody', () => {
    for (const afterEffects of [0, 9, 20]) {
      const story = tell(
        [ALICE, BOB, CAROL],
        [
          ...gathering(BOB, CAROL),
          // Members look at their prekeys hourly.
          ...[ALICE, BOB, CAROL].map((who): Step => ({ type: 'clock', who, jumpMs: DAY_MS + MINUTE_MS })),
          { type: 'wait', forMs: 55 * MINUTE_MS },
          { type: 'crash', who: ALICE, afterEffects, loss: 'unsynced' },
          { type: 'wait', forMs: 10 * MINUTE_MS },
          { type: 'start', who: ALICE },
          { type: 'wait', forMs: 15 * MINUTE_MS },
          { type: 'settle', withinMs: 10_000 },
          { type: 'say', who: CAROL, text: 'whole' },
          { type: 'expect', promise: everyoneReads('whole'), once: haveAllRead('whole') },
          { type: 'expect', promise: nobodyIsAlarmed() }
        ],
        { settings: { keyLifetimeSeconds: (30 * DAY_MS) / SECOND_MS, idleSeconds: 0 } }
      )
      expect(isReady(ALICE, BOB, CAROL)(story)).to.equal(true)
    }
  })

  it('a member with newer prekeys follows its new leaf without asking', () => {
    const story = tell(
      [ALICE, BOB, CAROL],
      [
        ...gathering(BOB, CAROL),
        ...[ALICE, BOB, CAROL].map((who): Step => ({ type: 'clock', who, jumpMs: DAY_MS + MINUTE_MS })),
        { type: 'wait', forMs: 90 * MINUTE_MS },
        { type: 'settle', withinMs: 10_000 },
        { type: 'say', who: CAROL, text: 'followed' },
        { type: 'expect', promise: everyoneReads('followed'), once: haveAllRead('followed') }
      ],
      { settings: { keyLifetimeSeconds: (30 * DAY_MS) / SECOND_MS, idleSeconds: 0 } }
    )
    expect(reasons(story, BOB)).to.include(Reason.REFRESHED)
    const asked = story.world.network.packets.filter(({ bytes, at }) => at > 20_000 && peekKind(bytes) === 'keyRequest')
    expect(asked).to.deep.equal([])
  })
})
