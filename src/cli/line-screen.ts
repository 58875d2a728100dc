/**
 * Lines in and out. On a terminal an editor with history holds the last line, and whatever is printed goes above it
 * without breaking what is being typed; elsewhere lines are just read and written.
 */
import { clearScreenDown, createInterface, cursorTo, type Interface, moveCursor } from 'node:readline'
import { displayText, displayWidth, own, type SafeText, styled } from './display-text.ts'
import { interrupt } from './interrupts.ts'

const HISTORY = 500

export interface Screen {
  readonly isTerminal: boolean
  print(line: SafeText): void
  /** @param standing - a line above the one typed into. */
  setPrompt(prompt: SafeText, standing?: SafeText): void
  /** Leaves the line just entered on the screen as it was typed; it is taken off otherwise, to come again in another form. */
  keep(line: string): void
  close(): void
}

export interface ScreenInit {
  readonly isColour: boolean
  onLine(line: string): void
  /** No more lines come. */
  onEnd(): void
  /** What the word that is being typed could become. */
  complete(line: string): readonly string[]
}

/** The screen of this process. */
export const openScreen = (init: ScreenInit): Screen =>
  process.stdin.isTTY === true && process.stdout.isTTY === true ? new Terminal(init) : new Pipe(init)

class Pipe implements Screen {
  readonly isTerminal = false
  readonly #lines: Interface
  #isClosed = false

  constructor({ onLine, onEnd }: ScreenInit) {
    this.#lines = createInterface({ input: process.stdin, crlfDelay: Number.POSITIVE_INFINITY, terminal: false })
    this.#lines.on('line', onLine).on('close', () => {
      if (!this.#isClosed) onEnd()
    })
  }

  print(line: SafeText): void {
    process.stdout.write(`${line}\n`)
  }

  setPrompt(): void {}

  keep(): void {}

  close(): void {
    this.#isClosed = true
    this.#lines.close()
  }
}

const columns = (): number => process.stdout.columns || 80

class Terminal implements Screen {
  readonly isTerminal = true
  readonly #editor: Interface
  #prompt = displayText('')
  #standing: SafeText | undefined
  /** What the line just entered is to leave behind. */
  #kept: SafeText | undefined
  #isClosed = false
  readonly #isColour: boolean

  constructor({ isColour, onLine, onEnd, complete }: ScreenInit) {
    this.#isColour = isColour
    this.#editor = createInterface({
      input: process.stdin,
      output: process.stdout,
      terminal: true,
      historySize: HISTORY,
      removeHistoryDuplicates: true,
      tabSize: 4,
      completer: (line: string): [string[], string] => {
        const word = line.slice(line.lastIndexOf(' ') + 1)
        const full = complete(line)
        return [full.length === 1 ? [`${full[0]} `] : [...full], word]
      }
    })
    this.#editor.on('line', (line) => {
      this.#kept = undefined
      onLine(line)
      this.#takeOff(line)
      if (this.#kept !== undefined) process.stdout.write(`${this.#kept}\n`)
      if (!this.#isClosed) this.#editor.prompt()
    })
    process.stdout.on('resize', this.#fit)
    this.#editor.on('SIGINT', interrupt)
    this.#editor.on('close', () => {
      if (this.#isClosed) return
      this.#isClosed = true
      onEnd()
    })
  }

  print(line: SafeText): void {
    if (this.#isClosed) return void process.stdout.write(`${line}\n`)
    const { rows } = this.#editor.getCursorPos()
    moveCursor(process.stdout, 0, -rows)
    cursorTo(process.stdout, 0)
    clearScreenDown(process.stdout)
    process.stdout.write(`${line}\n`)
    this.#redraw()
  }

  setPrompt(prompt: SafeText, standing?: SafeText): void {
    if (prompt === this.#prompt && standing === this.#standing) return
    this.#prompt = prompt
    this.#standing = standing
    this.#fit()
  }

  keep(line: string): void {
    this.#kept = own`${this.#prompt}${displayText(line, { lines: 1 })}`
  }

  /** Writes the prompt anew, as wide as the terminal is now. */
  readonly #fit = (): void => {
    if (this.#isClosed) return
    const standing = this.#standing && displayText(this.#standing, { columns: columns() - 1, lines: 1 })
    const above = standing === undefined ? own`` : own`${styled(standing, 'dim', this.#isColour)}\n`
    this.#editor.setPrompt(own`${above}${this.#prompt}`)
    this.#editor.prompt(true)
  }

  /** Takes the line just entered off the screen, and what stood above it. */
  #takeOff(line: string): void {
    const width = displayWidth(this.#prompt) + displayWidth(displayText(line))
    const rows = Math.floor(width / columns()) + 1 + (this.#standing === undefined ? 0 : 1)
    moveCursor(process.stdout, 0, -rows)
    cursorTo(process.stdout, 0)
    clearScreenDown(process.stdout)
  }

  close(): void {
    process.stdout.off('resize', this.#fit)
    if (this.#isClosed) return
    const { rows } = this.#editor.getCursorPos()
    moveCursor(process.stdout, 0, -rows)
    cursorTo(process.stdout, 0)
    clearScreenDown(process.stdout)
    this.#isClosed = true
    this.#editor.close()
  }

  /** The editor believes that its line began some rows above where the cursor is; now it begins here. */
  #redraw(): void {
    const editor = this.#editor as unknown as { prevRows: number }
    editor.prevRows = 0
    this.#editor.prompt(true)
  }
}
