/** `conclave simulate` */
import { randomInt } from 'node:crypto'
import { closeSync, openSync, readFileSync, writeFileSync, writeSync } from 'node:fs'
import { resolve } from 'node:path'
import { UsageError } from '../../base/errors.ts'
import { SECOND_MS } from '../../base/time.ts'
import { type Plan, planOf } from '../../sim/plan.ts'
import { TRANSPORTS } from '../../sim/play.ts'
import type { EndLine, InvariantLine, Recorder, RecordLine, RunLine } from '../../sim/record.ts'
import { formOf, settled, stretched } from '../../sim/scenario-acts.ts'
import { MODES, type Mode, readScenario, type ScenarioFile } from '../../sim/scenario-file.ts'
import { builtIn, formText, parametersOf, parseForm, scenarioNames, summaries } from '../../sim/scenarios.ts'
import { smallest } from '../../sim/smaller.ts'
import type { Arguments } from '../arguments.ts'
import { nearest } from '../catalogue.ts'
import { displayText, own } from '../display-text.ts'
import { EXIT } from '../exit.ts'
import { interrupted } from '../interrupts.ts'
import { type Ended, type Runner, reportOf, runnerOf } from '../plays.ts'
import { againLine, fileLine, listLines, SIMULATION, smallerLine, verdictLines } from '../simulation-text.ts'
import { jsonView, lineView, TerminalView, type View } from '../simulation-view.ts'

const STANDARD = 'hello'
const SEEDS = 1_000_000
/** Making a failing scenario smaller takes no longer, real ms. */
const SHRINK_MS = 60 * SECOND_MS
const WRITTEN_BYTES = 64 * 1024

/** Real time and memory of this process. */
const METER = { now: () => performance.now(), rss: () => process.memoryUsage.rss() }

export async function run(args: Arguments): Promise<number> {
  const { options, operands } = args
  if (options.isOn('list')) return showList(args)
  if (options.has('compare')) return await showComparison(args)
  const name = operands[0] ?? STANDARD
  const form = formOfName(name)
  if (options.isOn('print')) {
    process.stdout.write(`${displayText(formText(form))}\n`)
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
  const { readRecord } = await import('../../sim/report/reader.ts')
  const [a, b] = [await readRecord(read(before)), await readRecord(read(after))]
  const { comparisonOf, comparisonText } = await import('../../sim/report/comparison.ts')
  const lines = comparisonText(a, b)
  const report = options.text('report')
  if (report !== undefined) write(resolve(report), comparisonOf(a, b))
  output.answer({ lines, report }, () => [
    ...lines.map((line) => displayText(line)),
    ...(report === undefined ? [] : [fileLine(own`report: `, resolve(report))])
  ])
  return EXIT.ok
}

/** Of a scenario that comes with the program, or of a file. */
function formOfName(name: string): unknown {
  const own = builtIn(name)
  if (own !== undefined) return own
  const shown = displayText(name, { columns: 60, lines: 1 })
  if (!/[./\\]/.test(name)) {
    const names = scenarioNames.map((one) => displayText(one))
    throw new UsageError('UNKNOWN_SCENARIO', SIMULATION.unknown(shown, nearest(name, scenarioNames), names))
  }
  return parseForm(read(name))
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    throw new UsageError('CANNOT_READ', SIMULATION.cannotRead(displayText(path, { columns: 60, lines: 1 })))
  }
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
    this.#showVerdict()
    const report = await this.#writeReport()
    const smaller = await this.#shrink(ended, stop.signal)
    output.answer({ type: 'files', report, events: file?.path, command, smaller }, () => [
      fileLine(own`report: `, report),
      ...(file === undefined ? [] : [fileLine(own`events: `, file.path)]),
      againLine(command),
      ...(smaller === undefined ? [] : [smallerLine(smaller)])
    ])
    if (ended.verdict === 'broken') return EXIT.broken
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
    return words.map(quoted).join(' ')
  }

  #showVerdict(): void {
    const { output } = this.#args
    if (output.isJson) return
    const run = this.#lines.find((line): line is RunLine => line.type === 'run')!
    const end = this.#lines.findLast((line): line is EndLine => line.type === 'end')!
    const invariants = this.#lines.filter((line): line is InvariantLine => line.type === 'invariant')
    for (const line of verdictLines(run, end, invariants, output.isColour)) output.line(line)
  }

  async #writeReport(): Promise<string> {
    const path = resolve(this.#args.options.text('report') ?? `${this.#baseName()}.html`)
    write(path, await reportOf(this.#lines))
    return path
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
    write(path, `${formText(formOf(found))}\n`)
    return ['conclave', 'simulate', path, '--seed', String(seed), '--mode', 'virtual'].map(quoted).join(' ')
  }

  #baseName(): string {
    return `conclave-${this.#file.name}-${this.#seed}`
  }
}

function countOf({ options }: Arguments, what: 'peers' | 'managers'): number | undefined {
  const count = options.count(what)
  if (count === 0) throw new UsageError('BAD_OPTION', SIMULATION.none(displayText(what)))
  return count
}

function modeOf({ options }: Arguments, { name, modes }: ScenarioFile): Mode {
  const mode = options.choice('mode', MODES, modes[0]!)
  if (mode !== 'live' && (options.isOn('processes') || options.has('transport')))
    throw new UsageError('BAD_OPTION', SIMULATION.onlyLive)
  if (modes.includes(mode)) return mode
  const shown = modes.map((one) => displayText(one))
  throw new UsageError('BAD_OPTION', SIMULATION.wrongMode(displayText(name, { columns: 40, lines: 1 }), shown))
}

const quoted = (word: string): string => (/^[\w./=:@-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`)

function write(path: string, text: string): void {
  try {
    writeFileSync(path, text)
  } catch {
    throw cannotWrite(path)
  }
}

const cannotWrite = (path: string): UsageError =>
  new UsageError('CANNOT_WRITE', SIMULATION.cannotWrite(displayText(path, { lines: 1 })))

/** A file of lines, written as they come. */
class LineFile {
  readonly path: string
  readonly #file: number
  #waiting = ''

  constructor(path: string) {
    this.path = path
    try {
      this.#file = openSync(path, 'w')
    } catch {
      throw cannotWrite(path)
    }
  }

  write(line: RecordLine): void {
    this.#waiting += `${JSON.stringify(line)}\n`
    if (this.#waiting.length >= WRITTEN_BYTES) this.#flush()
  }

  #flush(): void {
    writeSync(this.#file, this.#waiting)
    this.#waiting = ''
  }

  close(): void {
    this.#flush()
    closeSync(this.#file)
  }
}
