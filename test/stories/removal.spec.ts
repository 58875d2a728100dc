import { expect } from 'chai'
import { isReady } from '../../src/sim/promises.ts'
import { peekKind } from '../../src/sim/trace.ts'
import {
  ALICE,
  BOB,
  CAROL,
  cannotRead,
  canReadNothingAfter,
  everyoneReads,
  gathering,
  haveAllRead,
  MALLORY,
  tell
} from '../people.ts'

describe('stories/removal', () => {
  it('a removed member reads nothing more', () => {
    tell(
      [ALICE, BOB, MALLORY, CAROL],
      [
        ...gathering(BOB, MALLORY),
        { type: 'say', who: BOB, text: 'before' },
        { type: 'wait', forMs: 1_000 },
        { type: 'remove', who: MALLORY, by: ALICE },
        { type: 'settle', withinMs: 15_000 },
        { type: 'say', who: BOB, text: 'after' },
        { type: 'join', who: CAROL },
        { type: 'settle', withinMs: 15_000 },
        { type: 'say', who: ALICE, text: 'later' },
        { type: 'wait', forMs: 2_000 },
        { type: 'expect', promise: everyoneReads('later') },
        { type: 'expect', promise: canReadNothingAfter(MALLORY, 'before') }
      ]
    )
  })

  it('a removed member is told so, falls silent, and asks for nothing more', () => {
    let packets = 0
    const story = tell(
      [ALICE, BOB, MALLORY],
      [
        ...gathering(BOB, MALLORY),
        { type: 'remove', who: MALLORY, by: ALICE },
        { type: 'wait', forMs: 5_000 },
        {
          type: 'expect',
          promise: ({ world }) => {
            packets = world.network.packets.length
          }
        },
        { type: 'say', who: MALLORY, text: 'let me in' },
        { type: 'wait', forMs: 60_000 }
      ]
    )
    expect(story.view(MALLORY)?.key).to.equal('removed')
    const later = story.world.network.packets.slice(packets)
    expect(later.filter(({ from }) => from?.name === MALLORY)).to.deep.equal([])
    const asked = story.world.network.streams.filter(({ at, from }) => at > 10_000 && from.name === MALLORY)
    expect(asked).to.deep.equal([])
  })

  it('who knows of a removal says nothing under a key that the removed one has', () => {
    const story = tell(
      [ALICE, BOB, CAROL, MALLORY],
      [
        ...gathering(BOB, CAROL, MALLORY),
        { type: 'say', who: BOB, text: 'before' },
        { type: 'wait', forMs: 1_000 },
        // The manager knows of the removal and dies before it can make the epoch that applies it.
        { type: 'crash', who: ALICE, afterEffects: 4 },
        { type: 'remove', who: MALLORY, by: ALICE },
        { type: 'wait', forMs: 3_000 },
        { type: 'say', who: BOB, text: 'held' },
        { type: 'wait', forMs: 20_000 },
        { type: 'start', who: ALICE },
        { type: 'settle', withinMs: 30_000 },
        { type: 'expect', promise: (story) => void story.until(haveAllRead('held'), 5_000) },
        { type: 'expect', promise: everyoneReads('held') },
        { type: 'expect', promise: canReadNothingAfter(MALLORY, 'before') }
      ],
      // A seed under which both are granted one epoch: who is granted a later one cannot read what is said before it.
      { seed: 2 }
    )
    expect(isReady(ALICE, BOB, CAROL)(story)).to.equal(true)
  })

  it('what a removed member says under the key it has left is shown to nobody', () => {
    tell(
      [ALICE, BOB, MALLORY],
      [
        ...gathering(BOB, MALLORY),
        // She hears nothing of her removal, and is heard.
        { type: 'cut', from: ALICE, to: MALLORY },
        { type: 'cut', from: BOB, to: MALLORY },
        { type: 'remove', who: MALLORY, by: ALICE },
        { type: 'settle', withinMs: 15_000 },
        { type: 'say', who: MALLORY, text: 'I am still here' },
        { type: 'wait', forMs: 3_000 },
        { type: 'expect', promise: cannotRead(ALICE, 'I am still here') },
        { type: 'expect', promise: cannotRead(BOB, 'I am still here') },
        {
          type: 'expect',
          promise: ({ world }) => {
            const { packets } = world.network
            expect(packets.some(({ from, bytes }) => from?.name === MALLORY && peekKind(bytes) === 'message')).to.equal(
              true
            )
          }
        }
      ]
    )
  })

  it('who leaves reads nothing more', () => {
    tell(
      [ALICE, BOB, MALLORY],
      [
        ...gathering(BOB, MALLORY),
        { type: 'say', who: BOB, text: 'before' },
        { type: 'wait', forMs: 1_000 },
        { type: 'leave', who: MALLORY },
        { type: 'settle', withinMs: 15_000 },
        { type: 'say', who: BOB, text: 'after' },
        { type: 'wait', forMs: 1_000 },
        { type: 'expect', promise: everyoneReads('after') },
        { type: 'expect', promise: canReadNothingAfter(MALLORY, 'before') }
      ]
    )
  })

  it('who asks for a key at the moment of its removal gets none', () => {
    // Mallory lost everything and asks again; somewhere among these moments her request waits beside the removal.
    for (let forMs = 0; forMs <= 1_500; forMs += 50) {
      tell(
        [ALICE, BOB, MALLORY],
        [
          { type: 'copyDisk', who: MALLORY },
          ...gathering(BOB, MALLORY),
          { type: 'say', who: BOB, text: 'before' },
          { type: 'wait', forMs: 6_000 },
          { type: 'crash', who: MALLORY },
          { type: 'oldDisk', who: MALLORY },
          { type: 'start', who: MALLORY },
          { type: 'join', who: MALLORY },
          { type: 'wait', forMs },
          { type: 'rekey', by: ALICE },
          { type: 'remove', who: MALLORY, by: ALICE },
          { type: 'wait', forMs: 2_000 },
          { type: 'settle', withinMs: 15_000 },
          { type: 'say', who: BOB, text: 'after' },
          { type: 'wait', forMs: 1_000 },
          { type: 'expect', promise: everyoneReads('after') },
          { type: 'expect', promise: canReadNothingAfter(MALLORY, 'before') }
        ]
      )
    }
  })
})
