import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { UsageError } from '../../src/base/errors.ts'
import { parseCommandLine } from '../../src/cli/arguments.ts'
import { run } from '../../src/cli/commands/simulate.ts'
import { exitCodeOf } from '../../src/cli/exit.ts'
import { Output } from '../../src/cli/output.ts'
import { lineView, TerminalView } from '../../src/cli/simulation-view.ts'
import { explain } from '../../src/cli/text.ts'
import { planOf } from '../../src/sim/plan.ts'
import type { RecordLine } from '../../src/sim/record.ts'
import { readScenario } from '../../src/sim/scenario-file.ts'
import { builtIn } from '../../src/sim/scenarios.ts'

/** Somebody waits for a key while it is cut off, and that is not what the scenario wants. */
const HOPELESS = {
  name: 'hopeless',
  about: 'One is cut off and is to have the key all the same.',
  modes: ['virtual'],
  peers: 3,
  managers: 1,
  phases: [
    { name: 'talk', for: '1s', do: [{ do: 'say', who: 'all' }] },
    {
      name: 'joining',
      for: '1s',
      do: [
        { do: 'isolate', who: 'alice' },
        { do: 'join', who: 'members' }
      ],
      until: [{ what: 'ready', within: '2s' }]
    }
  ]
}

const HAPPY = {
  ...HOPELESS,
  name: 'happy',
  peers: 1,
  phases: [
    { name: 'joining', for: '1s', do: [{ do: 'join', who: 'members' }], until: [{ what: 'ready', within: '9s' }] }
  ]
}

interface Heard {
  readonly code: number
  readonly out: string
  readonly err: string
}

describe('simulate', function () {
  this.timeout(60_000)

  let folder: string
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'conclave-simulate-'))
    writeFileSync(join(folder, 'hopeless.json'), JSON.stringify(HOPELESS))
    writeFileSync(join(folder, 'happy.json'), JSON.stringify(HAPPY))
    writeFileSync(join(folder, 'torn.json'), '{ "name": ')
  })
  after(() => rmSync(folder, { recursive: true, force: true }))

  async function simulate(...words: string[]): Promise<Heard> {
    let [out, err] = ['', '']
    const page = words.includes('--report') ? [] : ['--report', join(folder, 'page.html')]
    const parsed = parseCommandLine(['simulate', ...words, ...page])
    const isJson = parsed.options.isOn('json')
    const output = new Output({
      isJson,
      out: { write: (text) => (out += text) },
      err: { write: (text) => (err += text) }
    })
    const code = await run({ ...parsed, output })
    return { code, out, err }
  }

  async function refusalOf(...words: string[]): Promise<UsageError> {
    try {
      await simulate(...words)
    } catch (error) {
      if (error instanceof UsageError) return error
      throw error
    }
    return expect.fail('nothing was refused')
  }

  it('a run ends with its verdict, its promises, its file, and the command that runs it again', async () => {
    const [file, events] = [join(folder, 'happy.json'), join(folder, 'happy.ndjson')]
    const { code, out, err } = await simulate(file, '--seed', '5', '--events', events)
    expect(code).to.equal(0)
    expect(out).to.match(/^Held: all \d+ promises/)
    expect(out).to.match(/I-16 +held +\d+× +A member that reaches/)
    expect(out).to.include(`again:   conclave simulate ${file} --seed 5 --mode virtual`)
    expect(err).to.match(/== joining {2}\(0 said/)
    const lines = readFileSync(events, 'utf8')
      .trimEnd()
      .split('\n')
      .map((line): RecordLine => JSON.parse(line))
    expect(lines[0]!.type).to.equal('run')
    expect(lines.at(-1)!.type).to.equal('end')
    expect(out).to.include(`report:  ${join(folder, 'page.html')}`)
    expect(readFileSync(join(folder, 'page.html'), 'utf8')).to.match(/^<!doctype html>.*Simulation: happy/is)
  })

  it('two records are compared, in lines and on a page, and one is not enough', async () => {
    const [a, b, page] = ['a.ndjson', 'b.ndjson', 'both.html'].map((name) => join(folder, name)) as [
      string,
      string,
      string
    ]
    for (const [events, seed] of [
      [a, '5'],
      [b, '6']
    ] as const)
      await simulate(join(folder, 'happy.json'), '--seed', seed, '--events', events)
    const { code, out } = await simulate('--compare', a, b, '--report', page)
    expect(code).to.equal(0)
    expect(out).to.match(/A: happy, virtual, seed 5: .*B: happy, virtual, seed 6: .*messages said +\d+/s)
    expect(readFileSync(page, 'utf8')).to.include('Two simulations: happy and happy')
    const torn = join(folder, 'torn.json')
    for (const [words, part] of [
      [[a], 'It takes two'],
      [[a, torn], `${torn} is no record of a run`],
      [[torn, a], `${torn} is no record of a run`],
      [[a, join(folder, 'absent')], 'conclave simulate --events'],
      [[a, folder], 'It is a folder']
    ] as const) {
      const error = await refusalOf('--compare', ...words)
      expect(error.message).to.include(part)
      expect(exitCodeOf(error), part).to.be.oneOf([1, 2])
    }
  })

  it('what cannot be written to is told before anything is played', async () => {
    const events = join(folder, 'never.ndjson')
    for (const [option, path, why] of [
      ['--report', join(folder, 'absent', 'page.html'), 'There is no such file or folder'],
      ['--report', folder, 'It is a folder'],
      ['--events', join(folder, 'absent', 'x'), 'There is no such file or folder']
    ] as const) {
      const more = option === '--report' ? ['--events', events] : []
      const { message } = await refusalOf('hello', '--mode', 'virtual', option, path, ...more)
      expect(message).to.include('Cannot write').and.include(why)
    }
    expect(existsSync(events)).to.equal(false)
  })

  it('a disk that is full in the end takes the file, not the verdict', async function () {
    if (!existsSync('/dev/full')) return this.skip()
    const { code, out, err } = await simulate(
      ...[join(folder, 'happy.json'), '--seed', '5', '--report', '/dev/full', '--events', '/dev/full']
    )
    expect(code).to.equal(1)
    expect(out)
      .to.match(/^Held: /)
      .and.include('again:')
      .and.not.include('report:')
    expect(err.match(/Cannot write \/dev\/full\n {2}why: {2}The disk is full/g)).to.have.lengthOf(2)
  })

  it('a file needs no slash in its name, unless a scenario is called like it', async () => {
    const before = process.cwd()
    process.chdir(folder)
    try {
      writeFileSync('mine', JSON.stringify(HAPPY))
      writeFileSync('hello', JSON.stringify(HAPPY))
      expect((await simulate('mine', '--print')).out).to.include('"happy"')
      expect((await simulate('./hello', '--print')).out).to.include('"happy"')
      expect((await simulate('hello', '--print')).out).to.include('"hello"')
    } finally {
      process.chdir(before)
    }
  })

  it('for programs is one object per line, the record and the files', async () => {
    const { out } = await simulate(join(folder, 'happy.json'), '--seed', '5', '--json')
    const lines = out
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line))
    expect(lines.every(({ v }) => v === 1)).to.equal(true)
    expect(lines[0]).to.include({ type: 'run', scenario: 'happy', seed: 5 })
    expect(lines.at(-2)).to.include({ type: 'end', verdict: 'held' })
    expect(lines.at(-1)).to.include({ type: 'files' })
  })

  it('a broken promise is exit code 7, with evidence, and a smaller scenario that breaks it too', async () => {
    const events = join(folder, 'hopeless.ndjson')
    const { code, out } = await simulate(join(folder, 'hopeless.json'), '--seed', '5', '--events', events)
    expect(code).to.equal(7)
    expect(out).to.match(/^Broken: I-16/)
    expect(out).to.match(/seen: +not settled within .*alice/)
    const smaller = join(folder, 'hopeless.smaller.json')
    expect(out).to.include(`smaller: conclave simulate ${smaller} --seed 5 --mode virtual`)
    const form = JSON.parse(readFileSync(smaller, 'utf8'))
    expect(form.names).to.deep.equal(['alice'])
    expect(form.phases).to.have.lengthOf(1)
    const again = await simulate(smaller, '--seed', '5', '--events', join(folder, 'again.ndjson'))
    expect(again.code).to.equal(7)
  })

  it('a word too many or too few is refused by name, with what there is instead', async () => {
    const refusals: readonly [readonly string[], string, number][] = [
      [['helo'], 'Did you mean hello', 2],
      [['nothing-like-it'], 'Take one of: hello, join-storm', 2],
      [['hello', '--set', 'speed=3'], 'Take one of: rate', 2],
      [['hello', '--set', 'rate=many'], 'from 0 to 1000', 2],
      [['hello', '--mode', 'quick'], 'live, virtual', 2],
      [['hello', '--peers', '0'], 'no peers', 2],
      [['hello', '--managers', '9'], 'from 1 to 7', 2],
      [['hello', '--processes', '--transport', 'memory'], 'share none', 2],
      [['hello', '--set', 'rate'], '--set rate=3', 2],
      [[folder], 'It is a folder', 1],
      [['scale', '--duration', '1s'], 'duration in ms: 1000', 1],
      [['scale', '--duration', '20s'], 'a longer --duration', 1],
      [['hello', '--duration', 'long'], '10s', 2],
      [['hello', '--seed', 'x'], 'no count', 2],
      [['offline-week', '--mode', 'live'], '--mode virtual', 2],
      [['hello', '--mode', 'virtual', '--processes'], 'Leave --processes out', 2],
      [['hello', '--peers', '1000'], 'the scenario scale', 2],
      [[join(folder, 'absent.json')], 'Cannot read', 1],
      [[join(folder, 'torn.json')], 'no JSON', 1],
      [[join(folder, 'happy.json'), '--events', join(folder, 'absent', 'x')], 'Cannot write', 1]
    ]
    for (const [words, part, code] of refusals) {
      const error = await refusalOf(...words)
      expect(error.message, words.join(' ')).to.include(part)
      expect(exitCodeOf(error), words.join(' ')).to.equal(code)
      const { why, advice } = explain(error)
      expect([why, advice], words.join(' ')).to.not.include(undefined)
    }
  })

  it('the list has every scenario with its parameters', async () => {
    const { out } = await simulate('--list')
    expect(out).to.match(/^hello {2}\(live, virtual\)\n {2}Some people/)
    expect(out).to.include('--set rate=3')
    expect(out).to.match(/--set 'lie=two faces' +what it does \(two faces, ghost, /)
    const { scenarios } = JSON.parse((await simulate('--list', '--json')).out)
    expect(scenarios.map(({ name }: { name: string }) => name)).to.include.members(['hello', 'scale', 'one-to-one'])
  })
})

describe('the progress of a simulation', () => {
  const plan = planOf(readScenario(builtIn('hello'), { peers: 30 }), 1)
  const lines: readonly RecordLine[] = [
    {
      type: 'run',
      at: 0,
      version: 1,
      scenario: 'hello',
      about: '',
      mode: 'virtual',
      seed: 1,
      managers: 3,
      peers: 30,
      parameters: {},
      command: '',
      startedAt: ''
    },
    { type: 'phase', at: 0, name: 'founding' },
    ...plan.managers.map((peer): RecordLine => ({ type: 'peer', at: 0, peer, role: 'manager', state: 'up' })),
    ...plan.members.map((peer): RecordLine => ({ type: 'peer', at: 0, peer, role: 'member', state: 'up' })),
    { type: 'key', at: 10, peer: 'manager-1', count: 1, state: 'ready', term: 1, serial: 2 },
    { type: 'said', at: 20, id: 'x', by: 'manager-1', place: '', readers: 1 },
    { type: 'shown', at: 40, id: 'x', peer: 'alice', ms: 20, count: 1 },
    { type: 'peer', at: 50, peer: 'zoe', role: 'member', state: 'down' },
    { type: 'fault', at: 500, what: `is killed \u001B[2J${', and more'.repeat(20)}`, peers: ['zoe'] }
  ]

  /** What a terminal of this size is written, draw by draw. */
  function drawn(columns: number, rows: number, all = lines): { readonly draws: string[]; readonly end: string } {
    const writes: string[] = []
    let now = 0
    const terminal = { columns, rows, write: (text: string) => writes.push(text) }
    const view = new TerminalView(terminal, plan.phases, () => (now += 1_000))
    for (const line of all) view.take(line)
    const draws = writes.slice(1)
    view.close()
    return { draws, end: writes.at(-1)! }
  }

  it('fits the terminal in height and width, and says how many are left out', () => {
    const { draws } = drawn(60, 12)
    for (const draw of draws) {
      const shown = textOf(draw)
      expect(shown.length).to.be.at.most(11)
      for (const line of shown) expect([...line].length).to.be.at.most(59)
    }
    const last = textOf(draws.at(-1)!)
    expect(last[0]).to.include('seed 1')
    expect(last[2]).to.include('said 1').and.include('shown 1').and.include('up 32 of 33')
    expect(last[4]).to.match(/★ manager-1 +ready +1\.2 +said 1/)
    expect(last.some((line) => /zoe +down/.test(line))).to.equal(true)
    expect(last.at(-1)).to.match(/… and \d+ more, 0 of them with a key/)
  })

  it('keeps what counts in a narrow terminal, in lines below one another', () => {
    const last = textOf(drawn(40, 20).draws.at(-1)!)
    for (const line of last) expect([...line].length).to.be.at.most(39)
    const all = last.join('\n')
    expect(all)
      .to.match(/founding .*of/)
      .and.include('said 1')
      .and.include('shown 1')
      .and.include('up 32 of 33')
    expect(all).to.match(/★ manager-1 +ready +1\.2/)
  })

  it('has a row for each manager of a crowd and none for its members, and counts them all', () => {
    const run: RecordLine = {
      ...(lines[0] as Extract<RecordLine, { type: 'run' }>),
      mode: 'scale',
      managers: 1,
      peers: 999
    }
    const crowd: RecordLine[] = [
      run,
      { type: 'phase', at: 0, name: 'talk' },
      { type: 'peer', at: 0, peer: 'peer0', role: 'manager', state: 'up' },
      { type: 'said', at: 10, id: '0', by: 'peer17', place: '', readers: 900 },
      { type: 'sample', at: 1_000, rss: 1, events: 1, ms: 1, online: 901 }
    ]
    const last = textOf(drawn(80, 12, crowd).draws.at(-1)!)
    expect(last[2]).to.include('said 1').and.include('up 901 of 1000')
    expect(last.slice(4)).to.have.lengthOf(1)
  })

  it('draws over itself, takes itself off at the end, and gives the cursor back', () => {
    const { draws, end } = drawn(100, 50)
    const before = textOf(draws.at(-2)!).length
    expect(draws.at(-1)!.startsWith(`\u001B[${before}A\r`)).to.equal(true)
    expect(end.endsWith('\u001B[J\u001B[?25h')).to.equal(true)
  })

  it('shows nothing of what is in a name or a fault but text', () => {
    const { draws } = drawn(100, 50)
    expect(draws.join('')).to.not.include('\u001B[2J')
  })

  it('away from a terminal is a line for each phase and for what is done, without joins', () => {
    let err = ''
    const output = new Output({ isJson: false, out: { write: () => {} }, err: { write: (text) => (err += text) } })
    const view = lineView(output)
    for (const line of lines) view.take(line)
    view.take({ type: 'act', at: 600, by: 'alice', what: 'asks to join' })
    view.take({ type: 'act', at: 700, by: 'manager-1', what: 'removes', about: 'alice' })
    expect(err).to.match(/^hello {2}in virtual time {2}seed 1/)
    expect(err).to.include('0.0 s  == founding  (0 said').and.include('0.5 s  ! zoe is killed')
    expect(err).to.include('manager-1 removes alice').and.not.include('asks to join')
  })
})

// biome-ignore lint/suspicious/noControlCharactersInRegex: these are the cursor's.
const CONTROLS = /\u001B\[[\d?]*[A-Za-z]|\r/g

/** The lines of one draw, without what moves the cursor. */
const textOf = (draw: string): string[] => draw.replace(CONTROLS, '').split('\n').slice(0, -1)
