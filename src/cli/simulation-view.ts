/**
 * The progress of a simulation: on a terminal a view that is drawn anew in place, elsewhere lines. It takes the lines of the
 * record as they come.
 */
import { SECOND_MS } from '../base/time.ts'
import type { Plan } from '../sim/plan.ts'
import type { PeerLine, Recorder, RecordLine, RunLine } from '../sim/record.ts'
import { displayText, displayWidth, own, padded, type SafeText, wrapped } from './display-text.ts'
import type { Output, Sink } from './output.ts'
import { headText, lineText, secondsText } from './simulation-text.ts'

/** Something that shows how far a run is. */
export interface View {
  readonly take: Recorder
  /** Takes itself off the screen. */
  close(): void
}

const MANY_ROWS = 24
const MANY_COLUMNS = 80
/** Drawn at most so often, real ms. */
const DRAW_MS = 100
const BAR_COLUMNS = 24
/** A bar that would be shorter is left out. */
const LEAST_BAR_COLUMNS = 6
/** Rates are those of this time, ms of the run. */
const RATE_MS = 3 * SECOND_MS

/** One object for each line. */
export const jsonView = (output: Output): View => ({ take: (line) => output.json({ ...line }), close: () => {} })

/** A line for each phase, with what was so far, and for what happens in it. */
export function lineView(output: Output): View {
  const counts = new Counts()
  return {
    take: (line) => {
      counts.take(line)
      if (line.type === 'phase') {
        const at = displayText((line.at / SECOND_MS).toFixed(1).padStart(8))
        const sums = own`${counts.said} said, ${counts.shown} times shown, ${counts.up} up, ${counts.epochText()}`
        output.note(own`${at} s  == ${displayText(line.name, { columns: 40, lines: 1 })}  (${sums})`)
        return
      }
      const text = lineText(line)
      if (text !== undefined && (line.type !== 'act' || line.what !== 'asks to join')) output.note(text)
    },
    close: () => {}
  }
}

/** A terminal, or a test's. */
export interface Terminal extends Sink {
  readonly columns?: number | undefined
  readonly rows?: number | undefined
}

interface Row {
  readonly role: PeerLine['role']
  state: string
  key: string
  number: string
  said: number
  shown: number
}

/** What the lines add up to. */
class Counts {
  run: RunLine | undefined
  readonly rows = new Map<string, Row>()
  phase = ''
  phases = 0
  phaseAt = 0
  at = 0
  said = 0
  shown = 0
  epochs = 0
  epoch = ''
  /** In crowds. */
  #online = 0
  news: SafeText = own``
  readonly #recent: { readonly at: number; readonly said: number; readonly shown: number }[] = []

  take(line: RecordLine): void {
    this.at = line.at
    switch (line.type) {
      case 'run':
        this.run = line
        break
      case 'phase':
        this.phase = line.name
        this.phases++
        this.phaseAt = line.at
        break
      case 'peer':
        this.#row(line.peer, line.role).state = line.state
        break
      case 'said':
        this.said++
        this.#countSaid(line.by)
        this.#recent.push({ at: line.at, said: 1, shown: 0 })
        break
      case 'shown':
        this.shown += line.count
        if (line.peer !== undefined) this.#row(line.peer).shown += line.count
        this.#recent.push({ at: line.at, said: 0, shown: line.count })
        break
      case 'key':
        if (line.peer === '') break
        this.#row(line.peer).key = line.state
        this.#row(line.peer).number = line.term === 0 ? '' : `${line.term}.${line.serial}`
        break
      case 'epoch':
        this.epochs++
        this.epoch = `epoch ${line.term}.${line.serial} by ${line.by}`
        break
      case 'sample':
        this.#online = line.online
        break
      default:
    }
    const text = line.type === 'run' ? undefined : lineText(line)
    if (text !== undefined) this.news = text
    while (this.#recent.length > 0 && this.#recent[0]!.at < this.at - RATE_MS) this.#recent.shift()
  }

  #row(peer: string, role: PeerLine['role'] = 'member'): Row {
    const row = this.rows.get(peer) ?? { role, state: 'up', key: '', number: '', said: 0, shown: 0 }
    this.rows.set(peer, row)
    return row
  }

  /** Members of a crowd have no rows: there are too many. */
  #countSaid(peer: string): void {
    if (this.run?.mode !== 'scale' || this.rows.has(peer)) this.#row(peer).said++
  }

  get all(): number {
    return this.run?.mode === 'scale' ? this.run.managers + this.run.peers : this.rows.size
  }

  get up(): number {
    if (this.run?.mode === 'scale') return this.#online
    return [...this.rows.values()].filter(({ state }) => state !== 'down').length
  }

  /** Of the last seconds, a second. */
  rate(of: 'said' | 'shown'): SafeText {
    const sum = this.#recent.reduce((total, one) => total + one[of], 0)
    return displayText(((sum * SECOND_MS) / RATE_MS).toFixed(1))
  }

  epochText(): SafeText {
    return this.epoch === '' ? own`no epoch yet` : displayText(this.epoch, { columns: 50, lines: 1 })
  }
}

/**
 * A view on a terminal: the phase and how far it is, rates, and a row for each peer, as many as there is room for.
 *
 * @param now - real ms.
 */
export class TerminalView implements View {
  readonly #terminal: Terminal
  readonly #now: () => number
  readonly #phases: Plan['phases']
  readonly #counts = new Counts()
  readonly #restore = (): void => void this.#terminal.write(SHOW_CURSOR)
  /** Widths of the lines that are on the screen. */
  #drawn: number[] = []
  #drawnAt = Number.NEGATIVE_INFINITY

  /** @param phases - as far as they are known beforehand. */
  constructor(terminal: Terminal, phases: Plan['phases'], now: () => number = () => performance.now()) {
    this.#terminal = terminal
    this.#phases = phases
    this.#now = now
    terminal.write(HIDE_CURSOR)
    process.once('exit', this.#restore)
  }

  readonly take = (line: RecordLine): void => {
    this.#counts.take(line)
    if (this.#now() - this.#drawnAt < DRAW_MS) return
    this.#drawnAt = this.#now()
    const lines = this.#lines()
    this.#terminal.write(`${this.#back()}${lines.map((one) => `${one}${ERASE_LINE}\n`).join('')}${ERASE_BELOW}`)
    this.#drawn = lines.map(displayWidth)
  }

  close(): void {
    this.#terminal.write(`${this.#back()}${ERASE_BELOW}${SHOW_CURSOR}`)
    this.#drawn = []
    process.off('exit', this.#restore)
  }

  /** Up to where the view begins: a line that a narrower terminal has broken counts as several. */
  #back(): string {
    const rows = this.#drawn.reduce((sum, width) => sum + Math.max(1, Math.ceil(width / this.#columns)), 0)
    return rows === 0 ? '' : `\u001B[${rows}A\r`
  }

  get #columns(): number {
    return this.#terminal.columns || MANY_COLUMNS
  }

  #lines(): SafeText[] {
    const head = this.#headLines()
    const room = Math.max(1, (this.#terminal.rows || MANY_ROWS) - head.length - 2)
    return [...head, ...this.#rowLines(room)].map((line) => cut(line, this.#columns - 1))
  }

  #headLines(): SafeText[] {
    const counts = this.#counts
    const { run, at, phaseAt } = counts
    if (run === undefined) return []
    const phase = this.#phases[counts.phases - 1]
    const passed = at - phaseAt
    const waiting = phase !== undefined && passed > phase.ms && phase.until.length > 0
    const goal = waiting ? own`  until ${displayText(phase.until.map(({ what }) => what).join(', '))}` : own``
    const of = phase === undefined ? own`` : own` of ${secondsText(phase.ms)}`
    const place = phase === undefined ? own`${counts.phases}` : own`${counts.phases}/${this.#phases.length}`
    const before = own`${place} ${displayText(counts.phase, { columns: 28, lines: 1 })}`
    const after = own`${secondsText(passed)}${of}${goal}`
    const room = this.#columns - 1 - displayWidth(before) - displayWidth(after) - 4
    const bar = phase === undefined ? undefined : barOf(passed / Math.max(1, phase.ms), room)
    return [
      ...wrapped(headText(run), this.#columns, 2).split('\n'),
      ...flowed(bar === undefined ? [before, after] : [before, bar, after], this.#columns),
      ...flowed(
        [
          own`said ${counts.said} (${counts.rate('said')}/s)`,
          own`shown ${counts.shown} (${counts.rate('shown')}/s)`,
          counts.epochText(),
          own`up ${counts.up} of ${counts.all}`
        ],
        this.#columns
      ),
      counts.news
    ] as SafeText[]
  }

  #rowLines(room: number): SafeText[] {
    const { rows } = this.#counts
    const isRoom = rows.size <= room
    const all = isRoom ? [...rows] : [...rows].sort(([, a], [, b]) => rank(a) - rank(b))
    const shown = isRoom ? all : all.slice(0, room - 1)
    const left = all.length - shown.length
    const wide = Math.min(24, Math.max(0, ...shown.map(([peer]) => peer.length)))
    const states = shown.map(([, row]) => stateText(row))
    const stateWide = Math.max(0, ...states.map(displayWidth))
    const lines = shown.map(([peer, row], i) => {
      const name = padded(displayText(peer, { columns: 24, lines: 1 }), wide)
      const mark = row.role === 'manager' ? own`★` : own` `
      const key = own`${padded(states[i]!, stateWide)} ${padded(displayText(row.number), 6)}`
      return own`${mark} ${name}  ${key} said ${padded(displayText(String(row.said)), 4)} shown ${row.shown}`
    })
    if (left === 0) return lines
    const ready = all.slice(shown.length).filter(([, { key }]) => key === 'ready').length
    return [...lines, own`  … and ${left} more, ${ready} of them with a key`]
  }
}

const stateText = ({ state, key }: Row): SafeText =>
  displayText(state === 'up' || state === 'resumed' ? key || 'not in the channel' : state)

/** How far it is, as long as there is room for it; undefined where that is too little. */
function barOf(share: number, room: number): SafeText | undefined {
  const columns = Math.min(BAR_COLUMNS, room)
  if (columns < LEAST_BAR_COLUMNS) return undefined
  const full = Math.round(Math.min(1, share) * columns)
  return displayText('█'.repeat(full) + '░'.repeat(columns - full))
}

/** Cells beside each other, as many as fit into a line. */
function flowed(cells: readonly SafeText[], columns: number): SafeText[] {
  const lines: SafeText[] = []
  for (const cell of cells) {
    const last = lines.at(-1)
    if (last !== undefined && displayWidth(last) + 2 + displayWidth(cell) < columns)
      lines.splice(-1, 1, own`${last}  ${cell}`)
    else lines.push(cell)
  }
  return lines
}

/** Managers first, then who has something the matter. */
const rank = ({ role, state, key }: Row): number =>
  role === 'manager' ? 0 : state === 'down' || state === 'paused' ? 1 : key === 'ready' ? 3 : 2

const cut = (line: SafeText, columns: number): SafeText => displayText(line, { columns, lines: 1 })

const HIDE_CURSOR = '\u001B[?25l'
const SHOW_CURSOR = '\u001B[?25h'
const ERASE_LINE = '\u001B[K'
const ERASE_BELOW = '\u001B[J'
