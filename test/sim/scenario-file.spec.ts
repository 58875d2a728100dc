import { expect } from 'chai'
import { UsageError } from '../../src/base/errors.ts'
import { explain } from '../../src/cli/text.ts'
import { planOf } from '../../src/sim/plan.ts'
import { formOf, settled, stretched } from '../../src/sim/scenario-acts.ts'
import { readScenario } from '../../src/sim/scenario-file.ts'
import { builtIn, formText, parametersOf, parseForm, summaries } from '../../src/sim/scenarios.ts'

const SEED = 3

const FORM = {
  name: 'mine',
  about: 'Two people talk.',
  modes: ['virtual'],
  peers: 2,
  managers: 1,
  parameters: { rate: { means: 'messages a second', is: 'number', default: 2, least: 0, most: 10 } },
  sets: { some: { of: 'members', random: 1 } },
  phases: [{ name: 'talk', for: '10s', do: [{ do: 'say', who: 'some', rate: '$rate' }] }]
}

/** The form with something else at a place. */
function changed(place: string, value: unknown): unknown {
  const form = structuredClone(FORM) as Record<string, unknown>
  const keys = place.split('.')
  let at: Record<string, unknown> = form
  for (const key of keys.slice(0, -1)) at = at[key] as Record<string, unknown>
  if (value === undefined) delete at[keys.at(-1)!]
  else at[keys.at(-1)!] = value
  return form
}

function refusalOf(act: () => unknown): UsageError {
  try {
    act()
  } catch (error) {
    if (error instanceof UsageError) return error
    throw error
  }
  return expect.fail('nothing was refused')
}

describe('sim/scenario-file', () => {
  it('every scenario that comes along is well-formed, for every seed, and says what its parameters mean', () => {
    for (const { name, about } of summaries) {
      expect(about, name).to.match(/^[A-Z].*\.$/)
      const file = readScenario(builtIn(name))
      if (file.crowd !== undefined) continue
      for (let seed = 1; seed <= 20; seed++) {
        const { phases } = planOf(file, seed)
        for (const { ms, steps, name: phase } of phases)
          for (const { at } of steps) expect(at, `${name}, ${phase}`).to.be.within(0, ms)
      }
      for (const { means } of Object.values(parametersOf(name))) expect(means.length).to.be.above(5)
    }
  })

  const wrong: readonly [string, unknown, string][] = [
    ['phases.0.do.0.rat', 3, 'phases[0].do[0].rat means nothing there'],
    ['phases.0.do.0.rate', 'fast', 'phases[0].do[0].rate is no number'],
    ['phases.0.do.0.do', 'shout', 'phases[0].do[0].do is none of the words'],
    ['phases.0.do.0.who', undefined, 'phases[0].do[0].who is missing'],
    ['phases.0.do.0.who', 'nemo', 'names "nemo", which is nobody'],
    ['phases.0.do.0.after', '11s', 'phases[0].do[0].after is after the end of the phase'],
    ['phases.0.do.0.rate', '$speed', 'names a parameter $speed that there is not'],
    ['phases.0.for', 10, 'phases[0].for is no time'],
    ['phases.0.for', '10 s', 'phases[0].for is no time'],
    ['phases', [], 'phases is too short a list'],
    ['phases', {}, 'phases is no list'],
    ['peers', 0, 'peers is no number from 1'],
    ['peers', 1.5, 'peers is no whole number'],
    ['managers', 8, 'managers is no number from 1 to 7'],
    ['names', ['alice'], 'names are not as many as peers'],
    ['names', ['alice', 'alice'], 'names name somebody twice'],
    ['names', ['alice', '../x'], 'names[1] is no name'],
    ['sets.all', 'members', 'sets.all has a name that means something else'],
    ['sets.some.of', { but: 'all' }, 'sets.some.of.of is missing'],
    ['channel', { privacy: 'plain' }, 'channel.privacy is none of the words'],
    ['network', { loss: 1.5 }, 'network.loss is no number'],
    ['modes', [], 'modes is too short a list'],
    ['phases', undefined, 'phases are missing'],
    ['crowd', { joins: 1, rate: 1, removals: 0, takeover: 'no', for: '5m' }, 'or there is a crowd beside them'],
    ['secret', 1, 'secret means nothing there']
  ]
  for (const [place, value, words] of wrong) {
    it(`${place} = ${JSON.stringify(value)} is refused by its place: ${words}`, () => {
      const error = refusalOf(() => planOf(readScenario(changed(place, value)), SEED))
      expect(error.code).to.equal('BAD_SCENARIO')
      expect(error.message).to.include(words)
      const { why, advice } = explain(error)
      expect([why, advice]).to.not.include(undefined)
    })
  }

  it('a parameter is set by its name, within what it may be', () => {
    const count = (set: readonly string[]): number =>
      planOf(readScenario(FORM, { set }), SEED).phases.find(({ name }) => name === 'talk')!.steps.length
    expect(count([])).to.equal(20)
    expect(count(['rate=5'])).to.equal(50)
    for (const [set, code] of [
      ['speed=5', 'UNKNOWN_PARAMETER'],
      ['rate=11', 'BAD_OPTION'],
      ['rate=x', 'BAD_OPTION'],
      ['rate', 'BAD_OPTION']
    ] as const) {
      const error = refusalOf(() => readScenario(FORM, { set: [set] }))
      expect(error.code, set).to.equal(code)
      expect(explain(error).advice, set).to.not.equal(undefined)
    }
  })

  it('a scenario that is settled for a seed is one to its end, and can be written down', () => {
    for (const { name } of summaries) {
      const once = settled(readScenario(builtIn(name)), SEED)
      const written = readScenario(JSON.parse(formText(formOf(once))))
      expect(written.crowd, name).to.deep.equal(once.crowd)
      expect(settled(written, SEED + 1).phases, name).to.deep.equal(once.phases)
      const { parameters: _, ...plan } = planOf(once, SEED)
      expect({ ...planOf(written, SEED), parameters: undefined }, name).to.deep.equal({
        ...plan,
        parameters: undefined
      })
    }
  })

  it('everything that is said in a run has a text of its own, so that it can be told who was shown it', () => {
    const say = (words: object) => ({ do: 'say', who: 'members', ...words })
    const acts = [
      say({ text: 'hi', count: 3 }),
      say({ who: 'alice', text: 'hi', count: 1 }),
      say({ who: 'bob', text: 'hi', count: 1 })
    ]
    const form = changed('phases.0.do', acts)
    const texts = planOf(readScenario(form), SEED)
      .phases.flatMap(({ steps }) => steps)
      .flatMap(({ act }) => (act.type === 'say' ? [act.text] : []))
    expect(new Set(texts).size).to.equal(texts.length)
    expect(texts).to.include('hi')
  })

  it('the same seed draws the same people and moments', () => {
    const file = readScenario(builtIn('churn'))
    expect(planOf(file, 5)).to.deep.equal(planOf(file, 5))
    expect(planOf(file, 6)).to.not.deep.equal(planOf(file, 5))
  })

  it('a run is made longer or shorter in its elastic phases alone', () => {
    const file = readScenario(builtIn('manager-crash'))
    const lengths = (ms: number): number[] => stretched(file, ms).phases.map((phase) => phase.for)
    expect(lengths(64_000).reduce((a, b) => a + b)).to.equal(64_000)
    expect(lengths(64_000).slice(2)).to.deep.equal([30_000, 20_000])
    expect(refusalOf(() => stretched(file, 50_000)).code).to.equal('BAD_OPTION')
  })

  it('the text of a scenario is read again as what it is', () => {
    for (const { name } of summaries) expect(parseForm(formText(builtIn(name)))).to.deep.equal(builtIn(name))
    expect(refusalOf(() => parseForm('{ x')).code).to.equal('BAD_SCENARIO')
  })
})
