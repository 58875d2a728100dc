/** Simulations on real nodes: what is well is found well, and each class of bug is found. */
import { expect } from 'chai'
import { exitCodeOf } from '../../src/cli/exit.ts'
import type { MakePeer } from '../../src/sim/cast.ts'
import { playLive } from '../../src/sim/live.ts'
import { type Plan, planOf } from '../../src/sim/plan.ts'
import type { LiveTransport } from '../../src/sim/play.ts'
import type { RecordLine } from '../../src/sim/record.ts'
import { readScenario } from '../../src/sim/scenario-file.ts'
import { type Bug, PLANTED, planted } from '../sim/planted.ts'
import { type Ran, ran } from '../sim/runs.ts'
import { Uncaught } from './hosts.ts'

const SMALL = {
  name: 'small',
  about: 'A few people talk; one falls, one stands still, one is cut off, and one is removed.',
  modes: ['live'],
  peers: 4,
  managers: 1,
  sets: { removed: 'dave' },
  phases: [
    { name: 'joining', for: '500ms', do: [{ do: 'join', who: 'members' }], until: [{ what: 'ready', within: '30s' }] },
    {
      name: 'talk',
      for: '1s',
      do: [
        { do: 'say', who: 'all', count: 8, over: '500ms' },
        { do: 'kill', who: 'alice', after: '100ms', for: '200ms', loss: 'unsynced' },
        { do: 'pause', who: 'carol', after: '100ms', for: '300ms' },
        { do: 'isolate', who: 'bob', after: '100ms', for: '300ms' }
      ],
      until: [{ what: 'ready', within: '30s' }]
    },
    {
      name: 'removal',
      for: '0ms',
      do: [{ do: 'remove', who: 'removed' }],
      until: [{ what: 'removed', within: '15s' }]
    },
    { name: 'talk after it', for: '500ms', do: [1, 2].map(() => ({ do: 'say', who: { of: 'all', but: 'removed' } })) }
  ]
}

interface Ways {
  readonly makePeer?: MakePeer
  readonly signal?: AbortSignal
  readonly isInProcesses?: boolean
  readonly transport?: LiveTransport
}

const run = (plan: Plan, { makePeer, ...ways }: Ways = {}): Promise<Ran> =>
  ran(plan, playLive(makePeer && { makePeer }), {
    mode: 'live',
    meter: { now: () => performance.now(), rss: () => process.memoryUsage.rss() },
    ...ways
  })

const FAULTS = ['crash', 'pause', 'isolate', 'heal']

const small = (): Plan => {
  const plan = planOf(readScenario(SMALL), 7)
  return { ...plan, phases: plan.phases.map((phase) => ({ ...phase, ms: Math.min(phase.ms, 1_000) })) }
}

/** The same without faults, and with little time for messages to come. */
const calm = (): Plan => {
  const plan = small()
  const phases = plan.phases.map((phase) => ({
    ...phase,
    steps: phase.steps.filter(({ act }) => !FAULTS.includes(act.type)),
    until: phase.until.map((goal) => (['read', 'delivered'].includes(goal.what) ? { ...goal, withinMs: 2_000 } : goal))
  }))
  return { ...plan, phases }
}

describe('a live simulation', function () {
  this.timeout(120_000)
  const uncaught = new Uncaught()
  beforeEach(() => uncaught.watch())
  afterEach(() => {
    uncaught.unwatch()
    expect(uncaught.seen).to.deep.equal([])
  })

  it('keeps every promise on real nodes, in one process and in many, over sockets and in memory, and records all of it', async () => {
    const runs = await Promise.all([
      run(small()),
      run(small(), { isInProcesses: true }),
      run({ ...small(), degree: 2 }, { transport: 'memory' })
    ])
    for (const { breach } of runs) expect(breach?.evidence, breach?.trace.join('\n')).to.equal(undefined)
    for (const { lines } of runs) expectWhole(lines)
    const looked = runs[0]!.lines.flatMap((line) => (line.type === 'invariant' && line.looks > 0 ? [line.id] : []))
    for (const id of ['I-1', 'I-3', 'I-4', 'I-7', 'I-8', 'I-10', 'I-15', 'I-16', 'I-17', 'I-18', 'I-20'])
      expect(looked).to.include(id)
    // Four members who each drew one of the others, and the key manager.
    const links = runs.map(({ lines }) => lines.flatMap((line) => (line.type === 'links' ? [line.links.length] : [])))
    expect(Math.max(...links[0]!)).to.equal(10)
    expect(Math.max(...links[2]!)).to.be.within(4, 8)
  })

  /** That nothing is missing from a record. */
  function expectWhole(lines: readonly RecordLine[]): void {
    const times = lines.map(({ at }) => at)
    expect(times.every((at, i) => i === 0 || at >= times[i - 1]!)).to.equal(true)
    const types = new Set(lines.map(({ type }) => type))
    for (const type of [
      'phase',
      'peer',
      'said',
      'shown',
      'key',
      'epoch',
      'notice',
      'carried',
      'sample',
      'links',
      'sight'
    ])
      expect(types, type).to.include(type)
    const alice = lines.flatMap((line) => (line.type === 'peer' && line.peer === 'alice' ? [line.state] : []))
    expect(alice).to.deep.equal(['up', 'down', 'up'])
  }

  it('finds a bug of each class', async () => {
    const culprits: Readonly<Partial<Record<Bug, string>>> = {
      'hands the key to somebody removed': 'dave',
      'loses a message': 'bob',
      'gives two keys to one id': 'manager-1',
      'says in plain what it seals': 'carol',
      'keeps everything in a cache': 'alice'
    }
    const found = await Promise.all(
      Object.entries(culprits).map(async ([bug, who]) => {
        const { breach, verdict } = await run(calm(), { makePeer: planted(bug as Bug, who) })
        const evidence = breach?.evidence ?? ''
        return { bug, id: breach?.id, verdict, evidence: evidence.includes(who) ? who : evidence }
      })
    )
    const planned = Object.entries(culprits).map(([bug, who]) => ({
      bug,
      id: PLANTED[bug as Bug],
      verdict: 'broken',
      evidence: who
    }))
    expect(found).to.have.deep.members(planned)
  })

  it('stops when it is told to, and leaves nothing behind', async () => {
    const stop = new AbortController()
    const handles = (): number => process.getActiveResourcesInfo().filter((one) => one.startsWith('TCP')).length
    const before = handles()
    const running = run(small(), { signal: stop.signal })
    setTimeout(() => stop.abort(), 1_000)
    const { verdict, lines } = await running
    expect(verdict).to.equal('held')
    expect(lines.at(-1)).to.include({ type: 'end' })
    await new Promise((resolve) => setTimeout(resolve, 200))
    expect(handles()).to.equal(before)
  })

  it('refuses what cannot be done to real nodes, before anything begins', async () => {
    const plan = small()
    const steps = [{ at: 0, act: { type: 'wait', forMs: 1 } }] as const
    const fast = { ...plan, phases: [{ name: 'a week later', ms: 0, steps, until: [] }] }
    const error = await run(fast).catch((cause: unknown) => cause)
    expect(error).to.include({ code: 'NOT_LIVE' })
    expect(exitCodeOf(error)).to.equal(2)
  })
})
