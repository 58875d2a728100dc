/**
 * A run from its first line to its last, in whatever world: a `Play` plays the plan, tells the `Book` of invariants what it
 * looked at, and has each line recorded as it happens. What comes before and after the play is the same in all worlds and
 * stands here: the `run` line, the `invariant` lines, the `end` line.
 */
import { Book, type Breach } from './invariants.ts'
import type { Plan } from './plan.ts'
import { type EndLine, RECORD_VERSION, type Recorder, type RecordLine, type RunMode, type Verdict } from './record.ts'

/** Over what live nodes talk: sockets of this machine, or this process' memory. */
export const TRANSPORTS = ['tcp', 'memory'] as const
export type LiveTransport = (typeof TRANSPORTS)[number]

/** Real time and memory: they differ between two runs of a seed, and nothing else does. */
export interface Meter {
  /** ms, monotonic. */
  now(): number
  /** Resident memory, bytes. */
  rss(): number
}

/** What a world is given to play with. */
export interface Stage {
  /** Takes every line but `run`, `invariant` and `end`. */
  readonly record: Recorder
  readonly book: Book
  readonly meter: Meter
  /** Stops the run early: the play returns as soon as it can, and what it did not come to is not checked. */
  readonly signal: AbortSignal
  /** For live worlds: nodes in processes of their own. */
  readonly isInProcesses: boolean
  /** For live worlds. */
  readonly transport: LiveTransport
}

/** How a play ended. */
export interface Played {
  /** ms since the run began, in the time of that world. */
  readonly at: number
  /** Events handled, of all peers. */
  readonly events: number
  /** The first thing that was broken, if any. */
  readonly breach: Breach | undefined
  /** Figures beside those that follow from the lines: by name, with the unit in it. */
  readonly figures?: Readonly<Record<string, number>>
}

/**
 * Plays a plan in one world: its phases in order, each with a `phase` line; the steps of a phase at their times since it began;
 * then its goals one after the other. A broken invariant is returned, not thrown. Throws only what is nobody's promise: a bug
 * of the world's own, or a `UsageError`.
 */
export type Play = (plan: Plan, stage: Stage) => Promise<Played>

export interface RunOptions {
  readonly mode: RunMode
  /** The exact command that runs it again. */
  readonly command: string
  readonly startedAt: Date
  readonly meter: Meter
  readonly signal: AbortSignal
  readonly isInProcesses?: boolean
  readonly transport?: LiveTransport
}

export interface Outcome extends Played {
  readonly verdict: Verdict
}

/** Runs a plan and records all of it. */
export async function runPlan(plan: Plan, play: Play, recorder: Recorder, options: RunOptions): Promise<Outcome> {
  const { mode, command, startedAt, meter, signal, isInProcesses = false, transport = 'tcp' } = options
  const begun = meter.now()
  const figures = new Figures()
  let rss = meter.rss()
  const record = (line: RecordLine): void => {
    if (line.type === 'sample') rss = Math.max(rss, line.rss)
    figures.take(line)
    recorder(line)
  }
  recorder({
    type: 'run',
    at: 0,
    version: RECORD_VERSION,
    scenario: plan.scenario,
    about: plan.about,
    mode,
    seed: plan.seed,
    managers: plan.managers.length,
    peers: plan.members.length,
    parameters: plan.parameters,
    command,
    startedAt: startedAt.toISOString()
  })
  const book = new Book()
  const played = await play(plan, { record, book, meter, signal, isInProcesses, transport })
  const { at, events, breach } = played
  const isCutShort = signal.aborted && breach === undefined
  for (const line of book.close(breach, isCutShort)) recorder({ type: 'invariant', at, ...line })
  const verdict = breach === undefined ? 'held' : 'broken'
  const all: EndLine['figures'] = { ...figures.all(), ...played.figures }
  const ms = Math.round(meter.now() - begun)
  recorder({ type: 'end', at, verdict, ms, events, rss: Math.max(rss, meter.rss()), figures: all })
  return { ...played, verdict }
}

/** What follows from the lines of any run. */
class Figures {
  #messages = 0
  #deliveries = 0
  #epochs = 0
  #bytes = 0
  /** [ms, how many], of deliveries and of first keys. */
  readonly #shown: [number, number][] = []
  readonly #keyed: [number, number][] = []
  readonly #ready = new Set<string>()

  take(line: RecordLine): void {
    if (line.type === 'said') this.#messages++
    else if (line.type === 'epoch') this.#epochs++
    else if (line.type === 'shown') {
      this.#deliveries += line.count
      this.#shown.push([line.ms, line.count])
    } else if (line.type === 'carried') {
      for (const [, bytes] of Object.values(line.kinds)) this.#bytes += bytes
    } else if (line.type === 'key' && line.state === 'ready' && line.ms !== undefined && !this.#ready.has(line.peer)) {
      if (line.peer !== '') this.#ready.add(line.peer)
      this.#keyed.push([line.ms, line.count])
    }
  }

  all(): Record<string, number> {
    return {
      messages: this.#messages,
      deliveries: this.#deliveries,
      ...(this.#shown.length > 0 && {
        'delivery, median, ms': quantile(this.#shown, 0.5),
        'delivery, 99 of 100, ms': quantile(this.#shown, 0.99)
      }),
      ...(this.#keyed.length > 0 && {
        'first key, median, ms': quantile(this.#keyed, 0.5),
        'first key, 99 of 100, ms': quantile(this.#keyed, 0.99)
      }),
      epochs: this.#epochs,
      'carried, bytes': this.#bytes
    }
  }
}

/** @param values - [value, how often], sorted in place; at least one. */
function quantile(values: [number, number][], share: number): number {
  values.sort((a, b) => a[0] - b[0])
  let left = values.reduce((sum, [, count]) => sum + count, 0) * share
  for (const [value, count] of values) {
    left -= count
    if (left <= 0) return value
  }
  return values.at(-1)![0]
}
