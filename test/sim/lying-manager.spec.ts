import { expect } from 'chai'
import { hex } from '../../src/base/bytes.ts'
import { atMillis } from '../../src/base/time.ts'
import { signingKey } from '../../src/crypto/sign.ts'
import { epochIn } from '../../src/sim/epochs.ts'
import { FALSE_HEADS, LIES, LyingManager } from '../../src/sim/lying-manager.ts'
import { LIAR_FAULT } from '../../src/sim/office-faults.ts'
import { FAULTS, randomScenario } from '../../src/sim/scenario.ts'
import { describeScenario } from '../../src/sim/sweep.ts'
import { ALICE, BOB, CAROL, DAVE, gathering, makePeer, tell } from '../people.ts'

const SEEDS = Array.from({ length: 200 }, (_, seed) => seed)
/** So many that each lie is drawn. */
const MANY = Array.from({ length: 1_500 }, (_, seed) => seed)

describe('sim/lying-manager', () => {
  it('is one at most, tells every lie, and stands beside no disk that is set back', () => {
    const drawn = MANY.map((seed) => randomScenario(seed, { managers: 4 })).filter(({ faults }) =>
      faults.includes(LIAR_FAULT)
    )
    const lies = drawn.flatMap(({ life }) => life.flatMap((step) => (step.type === 'lie' ? [step.lie] : [])))
    expect(lies).to.have.length(drawn.length)
    expect(new Set(lies)).to.deep.equal(new Set([...LIES, ...FALSE_HEADS]))
    const setBack = drawn.flatMap(({ life }) => life.filter(({ type }) => type === 'oldDisk' || type === 'emptyDisk'))
    expect(setBack).to.deep.equal([])
  })

  it('changes no seed that does not draw it', () => {
    const faults = FAULTS.filter((fault) => fault !== LIAR_FAULT)
    for (const seed of SEEDS) {
      const scenario = randomScenario(seed, { managers: 3 })
      if (scenario.faults.includes(LIAR_FAULT)) continue
      expect(describeScenario(scenario)).to.equal(describeScenario(randomScenario(seed, { managers: 3, faults })))
    }
  })

  it('takes no removal: what it was told nobody may rely on', () => {
    const key = signingKey(new Uint8Array(32))
    const liar = new LyingManager(makePeer({ key, nick: 'liar' }), key, 'silence')
    const env = { now: atMillis(0), uptimeMs: 0, random: (length: number) => new Uint8Array(length) }
    const command = { type: 'remove', channel: key.publicKey, user: key.publicKey, isForCause: false } as const
    const [effect] = liar.handle({ type: 'command', id: 1, command }, env)
    expect(effect?.type === 'result' && effect.result).to.be.instanceOf(Error)
  })

  it('signs in place of an epoch what is one: some adopt the one, some the other', () => {
    const held = [1, 2, 3, 4, 5].map((seed) => {
      const story = tell(
        [ALICE, BOB, CAROL, DAVE],
        [
          ...gathering(BOB, CAROL, DAVE),
          { type: 'lie', who: ALICE, lie: 'two faces' },
          { type: 'rekey', by: ALICE },
          { type: 'wait', forMs: 3_000 }
        ],
        { seed, checkers: () => [] }
      )
      const epochs = story.truth.people
        .filter(({ name }) => name !== ALICE)
        .flatMap(({ node }) => [...node.disk.all()].flatMap((row) => epochIn(row) ?? []))
      const newest = Math.max(...epochs.map(({ serial }) => serial))
      return new Set(epochs.filter(({ serial }) => serial === newest).map(({ announcement }) => hex(announcement))).size
    })
    expect(Math.max(...held)).to.equal(2)
  })
})
