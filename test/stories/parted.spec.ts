/** Ways that part and come together again, and what becomes of what was said. */
import type { Step } from '../../src/sim/story.ts'
import { ALICE, BOB, CAROL, DAVE, reads, tell } from '../people.ts'

const wait = (forMs: number): Step => ({ type: 'wait', forMs })
const PEOPLE = [ALICE, BOB, CAROL, DAVE]
const TEXTS = ['one', 'two']
/** Of Carol's effects since the heal: from before she comes over to after she has said everything again. */
const [FIRST, LAST] = [8, 24]

/** Carol says something on a way that is passed over, and her process dies after so many effects from the heal on. */
const dying = (afterEffects: number): readonly Step[] => [
  { type: 'create', who: ALICE },
  { type: 'invite', who: ALICE },
  ...[BOB, CAROL, DAVE].map((who): Step => ({ type: 'join', who })),
  wait(5_000),
  {
    type: 'partition',
    sets: [
      [ALICE, CAROL],
      [BOB, DAVE]
    ]
  },
  wait(12_000),
  // An epoch that nobody beyond the split has.
  { type: 'rekey', by: ALICE },
  wait(1_000),
  ...TEXTS.map((text): Step => ({ type: 'say', who: CAROL, text })),
  wait(2_000),
  { type: 'crash', who: CAROL, loss: 'unsynced', afterEffects },
  { type: 'heal' },
  wait(15_000),
  { type: 'start', who: CAROL },
  wait(15_000),
  ...TEXTS.map((text): Step => ({ type: 'expect', promise: reads(DAVE, text) }))
]

describe('stories/parted', () => {
  it('what was said on a way that is passed over is said again, whenever its author dies meanwhile', () => {
    for (let effects = FIRST; effects <= LAST; effects++) tell(PEOPLE, dying(effects), { managers: [ALICE, BOB] })
  })
})
