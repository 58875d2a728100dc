/** `conclave simulate` */
import { randomInt } from 'node:crypto'
import {
  accessSync,
  closeSync,
  constants,
  createReadStream,
  existsSync,
  openSync,
  statSync,
  writeFileSync
} from 'node:fs'
import { dirname, resolve } from 'node:path'
import { UsageError } from '../../base/errors.ts'
import { SECOND_MS } from '../../base/time.ts'
import { type Plan, planOf } from '../../sim/plan.ts'
import { TRANSPORTS } from '../../sim/play.ts'
import type { EndLine, InvariantLine, Recorder, RecordLine, RunLine } from '../../sim/record.ts'
import { formOf, settled, stretched } from '../../sim/scenario-acts.ts'
import { MODES, type Mode, readScenario, type ScenarioFile } from '../../sim/scenario-file.ts'
import { builtIn, formText, parametersOf, parseForm, scenarioNames, summaries } from '../../sim/scenarios.ts'
import { smallest } from '../../sim/smaller.ts'
import { MANAGERS } from '../../wire/limits.ts'
import type { Arguments } from '../arguments.ts'
import { displayText, own, type SafeText } from '../display-text.ts'
import { EXIT } from '../exit.ts'
import { interrupted } from '../interrupts.ts'
import { nearest } from '../nearest.ts'
import { type Ended, type Runner, reportOf, runnerOf } from '../plays.ts'
import { listLines, placeLine, SIMULATION, shellWord, verdictLines, whyOf } from '../simulation-text.ts'
import { jsonView, lineView, TerminalView, type View } from '../simulation-view.ts'

const STANDARD = 'hello'
const SEEDS = 1_000_000
/** Making a failing scenario smaller takes no longer, real ms. */
const SHRINK_MS = 60 * SECOND_MS
const WRITTEN_BYTES = 64 * 1024
/** A file of a scenario, and a line of a record, are no longer than that: what has no end is no such file. */
const SCENARIO_CHARACTERS = 4 * 1024 * 1024
const LINE_CHARACTERS = 64 * 1024 * 1024

/** Real time and memory of this process. */
const METER = { now: () => performance.now(), rss: () => process.memoryUsage.rss() }

export async function run(args: Arguments): Promise<number> {
  const { options, operands } = args
  if (options.isOn('list')) return showList(args)
  if (options.has('compare')) return await showComparison(args)
  const name = operands[0] ?? STANDARD
  const form = await formOfName(name)
  if (options.isOn('print')) {
    args.output.line(displayText(formText(form)))
    return EXIT.ok
  }
  return await new Simulation(args, name, form).run()
}

function showList({ output }: Arguments): number {
  const all = summaries.map((one) => ({ ...one, parameters: parametersOf(one.name) }))
  output.answer({ scenarios: all }, () => listLines(all))
  return EXIT.ok
}

/** Two records beside each other: as lines, and as a page where one is wished for. */
async function showComparison({ options, operands, output }: Arguments): Promise<number> {
  const [before, after] = [options.text('compare')!, operands[0]]
  if (after === undefined) throw new UsageError('BAD_OPTION', SIMULATION.oneRecord)
  const report = options.text('report')
  if (report !== undefined) requireWritable(resolve(report))
  const { readRecord } = await import('../../sim/report/reader.ts')
  const read = (path: string): Promise<RecordLine[]> => readRecord(linesOf(path), shownPath(path))
  const [a, b] = [await read(before), await read(after)]
  const { comparisonOf, comparisonText } = await import('../../sim/report/comparison.ts')
  const lines = comparisonText(a, b)
  if (report !== undefined) write(resolve(report), comparisonOf(a, b))
  output.answer({ lines, report }, () => [
    ...lines.map((line) => displayText(line)),
    ...(report === undefined ? [] : [placeLine(own`report:`, resolve(report))])
  ])
  return EXIT.ok
}

/** Of a scenario that comes with the program, or of a file. */
async function formOfName(name: string): Promise<unknown> {
  const own = builtIn(name)
  if (own !== undefined) return own
  if (!/[./\\]/.test(name) && !existsSync(name)) {
    const names = scenarioNames.map((one) => displayText(one))
    throw new UsageError('UNKNOWN_SCENARIO', SIMULATION.unknown(shownPath(name), nearest(name, scenarioNames), names))
  }
  let text = ''
  for await (const chunk of chunksOf(name, SIMULATION.seeList)) {
    text += chunk
    if (text.length > SCENARIO_CHARACTERS) throw new UsageError('CANNOT_READ', SIMULATION.tooLong(shownPath(name)))
  }
  return parseForm(text)
}

const shownPath = (path: string): SafeText => displayText(path, { columns: 60, lines: 1 })

/** The text of a file, part by part. @param advice - what to do when it cannot be read. */
async function* chunksOf(path: string, advice: SafeText): AsyncIterable<string> {
  try {
    yield* createReadStream(path, 'utf8')
  } catch (cause) {
    throw new UsageError('CANNOT_READ', SIMULATION.cannotRead(shownPath(path), whyOf(cause), advice), { cause })
  }
}

async function* linesOf(path: string): AsyncIterable<string> {
  let rest = ''
  for await (const chunk of chunksOf(path, SIMULATION.seeEvents)) {
    const lines = chunk.split('\n')
    lines[0] = rest + lines[0]
    rest = lines.pop()!
    yield* lines
    if (rest.length > LINE_CHARACTERS) throw new UsageError('CANNOT_READ', SIMULATION.tooLong(shownPath(path)))
  }
  yield rest
}

/** One run from the words of the command line to the files that it leaves. */
class Simulation {
  readonly #args: Arguments
  /** The scenario as it was called. */
  readonly #name: string
  readonly #file: ScenarioFile
  readonly #mode: Mode
  readonly #seed: number
  readonly #lines: RecordLine[] = []
  /** Where the page goes. */
  readonly #page: string
  /** Files that could not be written in the end. */
  readonly #unwritten: UsageError[] = []

  constructor(args: Arguments, name: string, form: unknown) {
    const { options } = args
    this.#args = args
    this.#name = name
    const [peers, managers] = (['peers', 'managers'] as const).map((what) => countOf(args, what))
    const file = readScenario(form, {
      ...(peers !== undefined && { peers }),
      ...(managers !== undefined && { managers }),
      set: options.texts('set')
    })
    this.#mode = modeOf(args, file)
    this.#file = options.has('duration') ? stretched(file, options.duration('duration', 0)) : file
    this.#seed = options.count('seed') ?? randomInt(1, SEEDS)
    this.#page = resolve(options.text('report') ?? `${this.#baseName()}.html`)
    // A run may be long: whether there is a place for what comes of it is seen before.
    requireWritable(this.#page)
  }

  async run(): Promise<number> {
    const { options, output } = this.#args
    const runner = await runnerOf(this.#file, this.#seed, this.#mode)
    const stop = new AbortController()
    void interrupted.then(() => stop.abort())
    const events = options.text('events')
    const file = events === undefined ? undefined : new LineFile(resolve(events))
    const view = this.#view()
    const command = this.#command()
    let ended: Ended
    try {
      const take = (line: RecordLine): void => {
        this.#lines.push(line)
        file?.write(line)
        view.take(line)
      }
      ended = await this.#run(runner, take, command, stop.signal)
    } finally {
      view.close()
      file?.close()
    }
    if (file?.failure !== undefined) this.#unwritten.push(file.failure)
    this.#showVerdict()
    const page = await reportOf(this.#lines)
    const report = this.#write(this.#page, page)
    const smaller = await this.#shrink(ended, stop.signal)
    const written = file?.failure === undefined ? file?.path : undefined
    output.answer({ type: 'files', report, events: written, command, smaller }, () => [
      ...(report === undefined ? [] : [placeLine(own`report:`, report)]),
      ...(written === undefined ? [] : [placeLine(own`events:`, written)]),
      placeLine(own`again:`, command),
      ...(smaller === undefined ? [] : [placeLine(own`smaller:`, smaller)])
    ])
    for (const error of this.#unwritten) output.error(error)
    if (ended.verdict === 'broken') return EXIT.broken
    if (this.#unwritten.length > 0) return EXIT.fixable
    if (!stop.signal.aborted) return EXIT.ok
    output.note(SIMULATION.stopped)
    return EXIT.interrupted
  }

  #run(runner: Runner, record: Recorder, command: string, signal: AbortSignal): Promise<Ended> {
    const { options } = this.#args
    const isInProcesses = options.isOn('processes')
    const transport = options.choice('transport', TRANSPORTS, 'tcp')
    return runner(record, { command, startedAt: new Date(), meter: METER, signal, isInProcesses, transport })
  }

  #view(): View {
    const { output } = this.#args
    if (output.isJson) return jsonView(output)
    const isTerminal = process.stdout.isTTY === true && process.env['TERM'] !== 'dumb'
    return isTerminal ? new TerminalView(process.stdout, this.#phases()) : lineView(output)
  }

  /** Names and lengths, as far as they are known beforehand. */
  #phases(): Plan['phases'] {
    return this.#file.crowd === undefined ? planOf(this.#file, this.#seed).phases : []
  }

  /** The command that runs it again. */
  #command(): string {
    const { options } = this.#args
    const words = ['conclave', 'simulate', this.#name, '--seed', String(this.#seed), '--mode', this.#mode]
    for (const name of ['peers', 'managers', 'duration', 'transport']) {
      const value = options.text(name)
      if (value !== undefined) words.push(`--${name}`, value)
    }
    for (const one of options.texts('set')) words.push('--set', one)
    if (options.isOn('processes')) words.push('--processes')
    return words.map(shellWord).join(' ')
  }

  #showVerdict(): void {
    const { output } = this.#args
    if (output.isJson) return
    const run = this.#lines.find((line): line is RunLine => line.type === 'run')!
    const end = this.#lines.findLast((line): line is EndLine => line.type === 'end')!
    const invariants = this.#lines.filter((line): line is InvariantLine => line.type === 'invariant')
    const { columns } = process.stdout
    for (const line of verdictLines(run, end, invariants, { isColour: output.isColour, columns })) output.line(line)
  }

  /** The path, when it was written. */
  #write(path: string, text: string): string | undefined {
    try {
      write(path, text)
      return path
    } catch (error) {
      this.#unwritten.push(error as UsageError)
      return undefined
    }
  }

  /** Makes what failed in virtual time smaller, and says how to run that. */
  async #shrink({ broken }: Ended, signal: AbortSignal): Promise<string | undefined> {
    if (broken === undefined || this.#mode !== 'virtual') return undefined
    const { output, options } = this.#args
    output.note(SIMULATION.shrinking)
    const until = METER.now() + SHRINK_MS
    const seed = this.#seed
    const stillFails = async (file: ScenarioFile): Promise<boolean> => {
      const again = await this.#run(await runnerOf(file, seed, 'virtual'), () => {}, '', signal)
      return again.broken === broken
    }
    const isOver = (): boolean => signal.aborted || METER.now() > until
    const found = await smallest(settled(this.#file, seed), stillFails, isOver)
    const beside = options.text('events') ?? options.text('report')
    const path = resolve(`${beside === undefined ? this.#baseName() : beside.replace(/\.\w+$/, '')}.smaller.json`)
    if (this.#write(path, `${formText(formOf(found))}\n`) === undefined) return undefined
    return ['conclave', 'simulate', path, '--seed', String(seed), '--mode', 'virtual'].map(shellWord).join(' ')
  }

  #baseName(): string {
    return `conclave-${this.#file.name}-${this.#seed}`
  }
}

function countOf({ options }: Arguments, what: 'peers' | 'managers'): number | undefined {
  const count = options.count(what)
  if (count === 0) throw new UsageError('BAD_OPTION', SIMULATION.none(displayText(what)))
  if (what === 'managers' && count !== undefined && count > MANAGERS)
    throw new UsageError('BAD_OPTION', SIMULATION.tooManyManagers(MANAGERS))
  return count
}

function modeOf({ options }: Arguments, { name, modes }: ScenarioFile): Mode {
  const mode = options.choice('mode', MODES, modes[0]!)
  const transport = options.choice('transport', TRANSPORTS, 'tcp')
  if (mode !== 'live' && (options.isOn('processes') || options.has('transport')))
    throw new UsageError('BAD_OPTION', SIMULATION.onlyLive)
  if (options.isOn('processes') && transport === 'memory') throw new UsageError('BAD_OPTION', SIMULATION.noSharedMemory)
  if (modes.includes(mode)) return mode
  const shown = modes.map((one) => displayText(one))
  throw new UsageError('BAD_OPTION', SIMULATION.wrongMode(displayText(name, { columns: 40, lines: 1 }), shown))
}

/** What the system refuses is told before anything begins, as far as it is known then. */
function requireWritable(path: string): void {
  attempt(path, () => {
    const there = statSync(path, { throwIfNoEntry: false })
    if (there?.isDirectory() === true) throw Object.assign(new Error(), { code: 'EISDIR' })
    accessSync(there === undefined ? dirname(path) : path, constants.W_OK)
  })
}

const write = (path: string, text: string): void => attempt(path, () => writeFileSync(path, text))

/** @throws {UsageError} `CANNOT_WRITE` */
function attempt<T>(path: string, act: () => T): T {
  try {
    return act()
  } catch (cause) {
    throw new UsageError('CANNOT_WRITE', SIMULATION.cannotWrite(shownPath(path), whyOf(cause)), { cause })
  }
}

/** A file of lines, written as they come. When it cannot be, the run goes on without it. */
class LineFile {
  readonly path: string
  failure: UsageError | undefined
  readonly #file: number
  #waiting = ''

  constructor(path: string) {
    this.path = path
    this.#file = attempt(path, () => openSync(path, 'w'))
  }

  write(line: RecordLine): void {
    this.#waiting += `${JSON.stringify(line)}\n`
    if (this.#waiting.length >= WRITTEN_BYTES) this.#flush()
  }

  #flush(): void {
    try {
      if (this.failure === undefined) attempt(this.path, () => writeFileSync(this.#file, this.#waiting))
    } catch (error) {
      this.failure = error as UsageError
    }
    this.#waiting = ''
  }

  close(): void {
    this.#flush()
    closeSync(this.#file)
  }
}
