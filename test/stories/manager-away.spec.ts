import { expect } from 'chai'
import type { Step } from '../../src/sim/story.ts'
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
  reads,
  tell
} from '../people.ts'

describe('stories/manager-away', () => {
  it('while the key manager is away members go on talking, and who joins waits until it is back', () => {
    tell(
      [ALICE, BOB, CAROL, DAVE],
      [
        ...gathering(BOB, CAROL),
        { type: 'crash', who: ALICE },
        { type: 'wait', forMs: 10_000 },
        { type: 'join', who: DAVE },
        { type: 'say', who: BOB, text: 'where is she?' },
        { type: 'wait', forMs: 30_000 },
        { type: 'expect', promise: reads(CAROL, 'where is she?') },
        {
          type: 'expect',
          promise: (story) => {
            if (isReady(DAVE)(story)) story.fail('nobody can let dave in')
          }
        },
        { type: 'start', who: ALICE },
        { type: 'settle', withinMs: 30_000 },
        { type: 'say', who: DAVE, text: 'at last' },
        { type: 'expect', promise: everyoneReads('at last'), once: haveAllRead('at last') },
        { type: 'expect', promise: nobodyIsAlarmed() }
      ]
    )
  })

  it('a channel is whole again after everyone was stopped and started, wherever the key manager stopped', () => {
    const all = [ALICE, BOB, CAROL]
    for (const loss of ['nothing', 'unsynced'] as const) {
      tell(all, [
        ...gathering(BOB, CAROL),
        { type: 'say', who: CAROL, text: 'before' },
        { type: 'wait', forMs: 100 },
        ...all.map((who): Step => ({ type: 'crash', who, loss })),
        { type: 'wait', forMs: 1_000 },
        ...all.map((who): Step => ({ type: 'start', who })),
        { type: 'settle', withinMs: 15_000 },
        { type: 'expect', promise: everyoneAgrees() },
        ...all.map((who): Step => ({ type: 'say', who, text: `${who} is back` })),
        { type: 'wait', forMs: 2_000 },
        ...all.map((who): Step => ({ type: 'expect', promise: everyoneReads(`${who} is back`) })),
        { type: 'expect', promise: nobodyIsAlarmed() }
      ])
    }
  })

  it('a key manager that dies after any effect of a new epoch comes back to a whole channel, never to the same number', () => {
    for (let afterEffects = 0; afterEffects < 12; afterEffects++) {
      tell(
        [ALICE, BOB, CAROL],
        [
          ...gathering(BOB, CAROL),
          { type: 'crash', who: ALICE, afterEffects, loss: 'unsynced' },
          { type: 'rekey', by: ALICE },
          { type: 'wait', forMs: 2_000 },
          { type: 'start', who: ALICE },
          { type: 'settle', withinMs: 20_000 },
          { type: 'say', who: BOB, text: 'hello again' },
          { type: 'wait', forMs: 1_000 },
          { type: 'expect', promise: everyoneReads('hello again') },
          { type: 'expect', promise: nobodyIsAlarmed() }
        ]
      )
    }
  })

  it('a settled channel rests: no epoch, no request, no question within ten minutes', () => {
    const story = tell([ALICE, BOB, CAROL], [...gathering(BOB, CAROL), { type: 'wait', forMs: 600_000 }])
    const since = story.world.time - 595_000
    const { packets, streams } = story.world.network
    const frames = packets.filter(({ at }) => at > since).map((packet) => story.world.network.read(packet))
    const kinds = new Set(frames.map((frame) => (frame !== undefined && 'kind' in frame ? frame.kind : 'unknown')))
    expect([...kinds].sort()).to.deep.equal(['digest', 'heartbeat'])
    expect(streams.filter(({ at }) => at > since)).to.deep.equal([])
  })

  it('a machine that slept goes on where it was: its timers hold, and the channel is whole', () => {
    const story = tell(
      [ALICE, BOB, CAROL],
      [
        ...gathering(BOB, CAROL),
        { type: 'suspend', who: ALICE, forMs: 20_300 },
        { type: 'suspend', who: BOB, forMs: 20_700 },
        { type: 'wait', forMs: 30_000 },
        { type: 'say', who: BOB, text: 'good morning' },
        { type: 'expect', promise: everyoneReads('good morning'), once: haveAllRead('good morning') }
      ]
    )
    expect(story.view(CAROL)?.isManagerPresent).to.equal(true)
  })
})
