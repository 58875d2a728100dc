import { expect } from 'chai'
import type { MakePeer } from '../../src/sim/cast.ts'
import { type Plan, planOf } from '../../src/sim/plan.ts'
import type { InvariantLine, RecordLine } from '../../src/sim/record.ts'
import { accountOf } from '../../src/sim/report/account.ts'
import { formOf, membersOf, settled } from '../../src/sim/scenario-acts.ts'
import { readScenario } from '../../src/sim/scenario-file.ts'
import { builtIn, summaries } from '../../src/sim/scenarios.ts'
import { smallest } from '../../src/sim/smaller.ts'
import { playVirtual } from '../../src/sim/virtual.ts'
import { type Bug, PLANTED, planted } from './planted.ts'
import { type Ran, ran } from './runs.ts'

const SEED = 7

/** Four members and a manager, one of whom is removed; some words. */
const SMALL = {
  name: 'small',
  about: 'A few people talk, and one is removed.',
  modes: ['virtual'],
  peers: 4,
  managers: 1,
  sets: { removed: 'dave' },
  phases: [
    { name: 'joining', for: '1s', do: [{ do: 'join', who: 'members' }], until: [{ what: 'ready', within: '30s' }] },
    { name: 'talk', for: '2s', do: [{ do: 'say', who: 'all', over: '1s' }] },
    {
      name: 'in pairs',
      for: '1s',
      do: [{ do: 'say', who: 'alice', to: 'bob' }],
      until: [{ what: 'delivered', within: '9s' }]
    },
    { name: 'removal', for: '1s', do: [{ do: 'remove', who: 'removed' }], until: [{ what: 'removed', within: '15s' }] },
    { name: 'talk after it', for: '2s', do: [{ do: 'say', who: { of: 'all', but: 'removed' }, reply: true }] }
  ]
}

const run = (plan: Plan, makePeer?: MakePeer, options: { readonly signal?: AbortSignal } = {}): Promise<Ran> =>
  ran(plan, playVirtual(makePeer && { makePeer }), {
    mode: 'virtual',
    meter: { now: () => 0, rss: () => 0 },
    ...options
  })

const small = (seed = SEED): Plan => planOf(readScenario(SMALL), seed)
const invariantsIn = (lines: readonly RecordLine[]): InvariantLine[] =>
  lines.filter((line): line is InvariantLine => line.type === 'invariant')

describe('sim/virtual', function () {
  this.timeout(120_000)

  it('writes a record from its run to its end, in which every promise is held, or not checked and why', async () => {
    const { lines, verdict } = await run(small())
    expect(verdict).to.equal('held')
    expect(lines[0]).to.include({ type: 'run', scenario: 'small', seed: SEED, managers: 1, peers: 4 })
    expect(lines.at(-1)).to.include({ type: 'end', verdict: 'held' })
    const times = lines.map(({ at }) => at)
    expect(times.every((at, i) => i === 0 || at >= times[i - 1]!)).to.equal(true)
    const invariants = invariantsIn(lines)
    expect(invariants.filter(({ verdict }) => verdict === 'broken')).to.deep.equal([])
    for (const { id, looks, verdict, evidence } of invariants) {
      expect(looks > 0, id).to.equal(verdict === 'held')
      expect(evidence, id).to.not.equal('')
    }
    const held = invariants.filter(({ verdict }) => verdict === 'held').map(({ id }) => id)
    expect(held).to.include.members(['I-1', 'I-3', 'I-4', 'I-7', 'I-8', 'I-9', 'I-10', 'I-15', 'I-16', 'I-17', 'I-18'])
  })

  it('says of everybody when it has which key, of every message who was shown it, and of every act who did it', async () => {
    const { lines } = await run(small())
    const of = <T extends RecordLine['type']>(type: T): Extract<RecordLine, { type: T }>[] =>
      lines.filter((line): line is Extract<RecordLine, { type: T }> => line.type === type)
    expect(of('phase').map(({ name }) => name)).to.deep.equal([
      ...['founding', 'managers', 'joining', 'talk', 'in pairs', 'removal', 'talk after it', 'calm', 'last words']
    ])
    const keyed = new Set(
      of('key')
        .filter(({ state }) => state === 'ready')
        .map(({ peer }) => peer)
    )
    expect(keyed).to.deep.equal(new Set(['manager-1', 'alice', 'bob', 'carol', 'dave']))
    const talk = of('said').filter(({ at, id }) => !id.startsWith('last') && at < of('phase')[5]!.at)
    for (const { id, readers } of talk)
      expect(
        of('shown').filter((one) => one.id === id),
        id
      ).to.have.lengthOf(readers)
    expect(of('act').find(({ what }) => what === 'removes')).to.include({ by: 'manager-1', about: 'dave' })
    expect(of('epoch').length).to.be.above(1)
    expect(of('carried').length).to.be.above(1)
    expect(of('links').at(-1)!.links).to.have.lengthOf((5 * 4) / 2)
    expect(of('sight').find(({ kind }) => kind === 'message')?.members).to.match(/says: /)
    for (const { carrier } of of('sight')) expect(carrier).to.not.include('canary')
  })

  it('tells of faults and their end where there are any, and of whoever leaves', async () => {
    const calm = await run(small())
    expect(calm.lines.filter(({ type }) => type === 'fault')).to.deep.equal([])
    const disturbed = {
      ...SMALL,
      phases: [
        { name: 'joining', for: '5s', do: [{ do: 'join', who: 'members' }] },
        {
          name: 'trouble',
          for: '5s',
          do: [
            { do: 'isolate', who: 'alice', for: '1s' },
            { do: 'network', set: { loss: 0.1 }, after: '2s', for: '1s' },
            { do: 'leave', who: 'bob', after: '4s' }
          ]
        }
      ]
    }
    const { lines } = await run(planOf(readScenario(disturbed), SEED))
    const faults = lines.flatMap((line) => (line.type === 'fault' ? [[line.what, line.isEnd === true]] : []))
    expect(faults).to.deep.equal([
      ['is cut off', false],
      ['every link is whole again', true],
      ['the network changes: 10 % of frames are lost', false],
      ['the network is as it was', true],
      ['all faults end', true]
    ])
    const account = accountOf(lines)
    expect([account.faults, account.reliefs].map(({ length }) => length)).to.deep.equal([2, 3])
    const keys = lines.filter((line) => line.type === 'key' && line.peer === 'bob')
    expect(keys.at(-1)).to.include({ state: 'left', term: 1 })
  })

  it('one seed gives one record, and another seed another', async () => {
    const [first, again, other] = [await run(small()), await run(small()), await run(small(SEED + 1))]
    expect(again.lines.map(withoutSizes)).to.deep.equal(first.lines.map(withoutSizes))
    expect(other.lines.map(withoutSizes)).to.not.deep.equal(first.lines.map(withoutSizes))
  })

  const CULPRITS: Readonly<Record<Bug, string>> = {
    'hands the key to somebody removed': 'dave',
    'loses a message': 'bob',
    'gives two keys to one id': 'manager-1',
    'says in plain what it seals': 'carol',
    'keeps everything in a cache': 'alice',
    'shows what was said to another alone': 'carol',
    'swallows what is said to it alone': 'bob'
  }
  for (const [bug, invariant] of Object.entries(PLANTED) as [Bug, string][]) {
    it(`a peer that ${bug} breaks ${invariant}, and the record says how`, async () => {
      const who = CULPRITS[bug]
      const { verdict, lines, breach } = await run(small(), planted(bug, who))
      expect(breach?.id, breach?.evidence).to.equal(invariant)
      expect(verdict).to.equal('broken')
      const broken = invariantsIn(lines).filter((line) => line.verdict === 'broken')
      expect(broken.map(({ id }) => id)).to.deep.equal([invariant])
      expect(broken[0]!.evidence).to.include(who)
      expect(broken[0]!.trace).to.have.length.above(5)
      expect(broken[0]!.trace!.join('\n'), 'no question of who plays it').to.not.match(/command (channels|groups)/)
    })
  }

  /** What is waited for in vain, after what was done, and what is said of it. */
  const inVain: readonly [
    what: string,
    acts: readonly object[],
    bug: [Bug, string] | undefined,
    id: string,
    words: RegExp
  ][] = [
    ['led', [{ do: 'kill', who: 'leader' }], undefined, 'I-16b', /nobody leads/],
    [
      'ready',
      [
        { do: 'isolate', who: 'bob' },
        { do: 'rekey', by: 'founder' }
      ],
      undefined,
      'I-14',
      /not settled/
    ],
    [
      'removed',
      [
        { do: 'isolate', who: 'bob' },
        { do: 'remove', who: 'dave' }
      ],
      undefined,
      'I-18',
      /dave, removed, is in/
    ],
    ['read', [{ do: 'say', who: 'alice', count: 3 }], ['loses a message', 'bob'], 'I-17', /^bob cannot read 'alice/],
    [
      'read',
      [{ do: 'say', who: 'alice', to: 'bob' }],
      ['swallows what is said to it alone', 'bob'],
      'I-17',
      /^bob cannot read/
    ],
    [
      'delivered',
      [{ do: 'say', who: 'alice', to: 'bob' }],
      ['swallows what is said to it alone', 'bob'],
      'I-17',
      /^bob is not shown what alice/
    ],
    [
      'delivered',
      [{ do: 'say', who: 'alice', count: 2 }],
      ['loses a message', 'bob'],
      'I-17',
      /^bob is not shown '.*alice/
    ],
    ['alarmed', [{ do: 'say', who: 'alice' }], undefined, 'I-13', /bob.* is not alarmed/]
  ]
  for (const [what, acts, bug, id, words] of inVain) {
    it(`${what} does not come true after ${JSON.stringify(acts)}: ${id}`, async () => {
      const talk = { name: 'talk', for: '4s', do: [{ do: 'say', who: 'all', over: '1s' }] }
      const vain = { name: 'vain', for: '3s', do: acts, until: [{ what, within: '1s' }] }
      const form = { ...SMALL, phases: [SMALL.phases[0], ...(bug === undefined ? [talk] : []), vain] }
      const { breach } = await run(planOf(readScenario(form), SEED), bug && planted(...bug))
      expect(breach?.id, breach?.evidence).to.equal(id)
      expect(breach?.evidence).to.match(words)
    })
  }

  it('a lie that members can prove alarms all of them, and then nothing more is asked for', async () => {
    const form = {
      ...SMALL,
      managers: 3,
      phases: [
        SMALL.phases[0],
        {
          name: 'lying',
          for: '4s',
          do: [
            { do: 'lie', who: 'leader', lie: 'two faces' },
            { do: 'rekey', by: 'founder', after: '1s' }
          ],
          until: [{ what: 'alarmed', within: '10s' }]
        }
      ]
    }
    const { verdict, lines } = await run(planOf(readScenario(form), SEED))
    expect(verdict).to.equal('held')
    const alarmed = lines.filter((line) => line.type === 'notice' && line.what === 'alarm')
    expect(alarmed.length).to.be.at.least(6)
    expect(invariantsIn(lines).find(({ id }) => id === 'I-13')).to.include({ verdict: 'held' })
    expect(invariantsIn(lines).find(({ id }) => id === 'I-18')?.evidence).to.include('a lie')
  })

  it('who leads is the manager in office, not one that follows it', async () => {
    const form = { ...SMALL, managers: 3, phases: [{ name: 'loss', for: '20s', do: [{ do: 'kill', who: 'leader' }] }] }
    const { lines } = await run(planOf(readScenario(form), SEED))
    expect(lines.find((line) => line.type === 'fault')).to.deep.include({ peers: ['manager-1'] })
    const terms = lines.flatMap((line) => (line.type === 'epoch' ? [line.term] : []))
    expect(new Set(terms).size).to.equal(2)
  })

  it('a run that is stopped ends at once, and says of each promise that it was not come to', async () => {
    const { verdict, lines } = await run(small(), undefined, { signal: AbortSignal.abort() })
    expect(verdict).to.equal('held')
    expect(lines.at(-1)!.at).to.be.below(2_000)
    for (const { verdict: one, evidence } of invariantsIn(lines))
      if (one !== 'held') expect(evidence).to.include('stopped')
  })

  it('of a scenario that fails a smaller one is found, which can be written down and fails alike', async () => {
    const makePeer = planted('says in plain what it seals', 'carol')
    const fails = async (form: unknown): Promise<boolean> =>
      (await run(planOf(readScenario(form), SEED), makePeer)).breach?.id === 'I-1'
    const file = settled(readScenario(SMALL), SEED)
    const found = await smallest(
      file,
      (less) => fails(formOf(less)),
      () => false
    )
    expect(membersOf(found)).to.deep.equal(['carol'])
    expect(found.phases.length).to.be.below(file.phases.length)
    expect(await fails(JSON.parse(JSON.stringify(formOf(found))))).to.equal(true)
  })

  for (const { name, modes } of summaries.filter((one) => one.modes.includes('virtual') && one.name !== 'scale')) {
    it(`${name} keeps every promise`, async () => {
      expect(modes).to.include('virtual')
      const file = readScenario(builtIn(name), { peers: PEERS[name] ?? 5, set: SET[name] ?? [] })
      const { breach } = await run(planOf(file, SEED))
      expect(breach?.evidence, breach?.trace.join('\n')).to.equal(undefined)
    })
  }
})

/** Fewer than people play with, to be quick. */
const PEERS: Readonly<Record<string, number>> = {
  'join-storm': 8,
  churn: 7,
  groups: 6,
  'partition-heal': 4,
  'manager-crash': 4
}
const SET: Readonly<Record<string, readonly string[]>> = {
  'offline-week': ['days=1', 'away=1'],
  flood: ['size=5']
}

/** ML-KEM draws its own randomness, so that what is sealed differs between two runs, and where it is shown. */
function withoutSizes(line: RecordLine): unknown {
  return line.type === 'sight' ? { ...line, carrier: '' } : line
}
