import { expect } from 'chai'
import { Admission } from '../../src/wire/messages.ts'
import {
  ALICE,
  BOB,
  CAROL,
  canReadNothingAfter,
  DAVE,
  ERIN,
  everyoneAgrees,
  everyoneReads,
  gathering,
  MALLORY,
  nobodyIsAlarmed,
  tell
} from '../people.ts'

describe('stories/amending', () => {
  it('a manager that is dismissed derives nothing of what follows, nor do others with it', () => {
    tell(
      [ALICE, MALLORY, BOB, CAROL],
      [
        ...gathering(MALLORY, BOB, CAROL),
        { type: 'say', who: BOB, text: 'before' },
        { type: 'wait', forMs: 1_000 },
        { type: 'amend', by: ALICE, dismiss: [MALLORY] },
        { type: 'say', who: CAROL, text: 'crossing' },
        { type: 'settle', withinMs: 20_000 },
        { type: 'say', who: BOB, text: 'after' },
        { type: 'wait', forMs: 2_000 },
        { type: 'expect', promise: everyoneReads('after') },
        { type: 'expect', promise: everyoneAgrees() },
        { type: 'expect', promise: nobodyIsAlarmed() }
      ],
      { managers: [ALICE, MALLORY] }
    )
  })

  it('one that leads is dismissed by a founder that only talks, and another of three takes its place', () => {
    for (const seed of [1, 2, 3]) {
      const story = tell(
        [ALICE, MALLORY, BOB, CAROL, DAVE, ERIN],
        [
          ...gathering(MALLORY, BOB, CAROL, DAVE, ERIN).slice(0, -1),
          { type: 'settle', withinMs: 60_000 },
          { type: 'say', who: DAVE, text: 'before' },
          { type: 'wait', forMs: 1_000 },
          { type: 'amend', by: ALICE, dismiss: [MALLORY], promote: [DAVE] },
          { type: 'settle', withinMs: 40_000 },
          { type: 'say', who: ERIN, text: 'after' },
          { type: 'wait', forMs: 2_000 },
          { type: 'expect', promise: everyoneReads('after') },
          { type: 'expect', promise: canReadNothingAfter(MALLORY, 'before') },
          { type: 'expect', promise: nobodyIsAlarmed() }
        ],
        { seed, managers: [MALLORY, BOB, CAROL], settings: { admission: Admission.OPEN } }
      )
      expect(story.leaderAt().name, `seed ${seed}`).not.to.equal(MALLORY)
      expect(story.view(MALLORY)?.key).to.equal('removed')
    }
  })

  it('two changes reach a member whose process was down, and one that was cut off with who is dismissed', () => {
    tell(
      [ALICE, MALLORY, BOB, CAROL, DAVE],
      [
        ...gathering(MALLORY, BOB, CAROL, DAVE),
        { type: 'stop', who: CAROL },
        {
          type: 'partition',
          sets: [
            [ALICE, BOB],
            [MALLORY, DAVE]
          ]
        },
        { type: 'amend', by: ALICE, dismiss: [MALLORY] },
        { type: 'rekey', by: MALLORY },
        { type: 'wait', forMs: 2_000 },
        { type: 'amend', by: ALICE, promote: [BOB] },
        { type: 'wait', forMs: 10_000 },
        { type: 'heal' },
        { type: 'start', who: CAROL },
        { type: 'settle', withinMs: 90_000 },
        { type: 'say', who: DAVE, text: 'after' },
        { type: 'wait', forMs: 5_000 },
        { type: 'expect', promise: everyoneReads('after') },
        { type: 'expect', promise: everyoneAgrees() },
        { type: 'expect', promise: nobodyIsAlarmed() }
      ],
      { managers: [ALICE, MALLORY] }
    )
  })
})
