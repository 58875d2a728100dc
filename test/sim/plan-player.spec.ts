import { expect } from 'chai'
import { Peer } from '../../src/core/peer.ts'
import { Book } from '../../src/sim/invariants.ts'
import { type Plan, planOf } from '../../src/sim/plan.ts'
import { castOf, PlanPlayer } from '../../src/sim/plan-player.ts'
import type { RecordLine } from '../../src/sim/record.ts'
import { readScenario } from '../../src/sim/scenario-file.ts'
import { Scribe } from '../../src/sim/scribe.ts'
import { Story } from '../../src/sim/story.ts'
import { RunError } from '../../src/sim/world.ts'

const FORM = {
  name: 'two',
  about: 'Nobody lies.',
  modes: ['virtual'],
  peers: 1,
  managers: 1,
  phases: [{ name: 'none', for: '0ms' }]
}

/** Time passes for a while, and then it is waited in vain for somebody to be alarmed. */
const plan: Plan = {
  ...planOf(readScenario(FORM), 1),
  phases: [
    { name: 'wait', ms: 1_000, steps: [{ at: 0, act: { type: 'create', who: 'manager-1' } }], until: [] },
    { name: 'hope', ms: 0, steps: [], until: [{ what: 'alarmed', withinMs: 1_000 }] }
  ]
}

/** @returns when the second phase began, when its goal was given up, and how often it was looked again before. */
async function play(lostShare: number): Promise<[begunAt: number, endedAt: number, looks: number]> {
  const story = new Story({ ...castOf(plan), makePeer: (config) => new Peer(config), checkers: () => [] })
  const { world } = story
  const lines: RecordLine[] = []
  const meter = { now: () => 0, rss: () => 0 }
  const record = (line: RecordLine): number => lines.push(line)
  const signal = new AbortController().signal
  const stage = { record, book: new Book(), meter, signal, isInProcesses: false, transport: 'tcp' } as const
  let looks = 0
  const player = new PlanPlayer({
    plan,
    stage,
    cast: story,
    scribe: new Scribe(story.truth, record, meter),
    passTo: async (at) => world.runUntil(at),
    lostMs: () => world.time * lostShare,
    lookAgain: async () => {
      looks++
    }
  })
  const error = await player.play().catch((cause: unknown) => cause)
  expect(error).to.be.instanceOf(RunError)
  return [lines.find((line) => line.type === 'phase' && line.name === 'hope')!.at, world.time, looks]
}

describe('sim/plan-player', () => {
  it('goes by the time of the world', async () => {
    expect(await play(0)).to.deep.equal([1_000, 2_000, 1])
  })

  it('goes on later by the time in which nobody could do anything, and gives goals as much on top', async () => {
    expect(await play(0.5)).to.deep.equal([2_000, 4_000, 1])
  })

  it('gives up a goal when that came to nine times its own', async () => {
    const [begunAt, endedAt] = await play(0.99)
    expect(endedAt - begunAt).to.be.within(10_000, 10_100)
  })
})
