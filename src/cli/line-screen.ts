/**
 * Lines in and out. On a terminal an editor with history holds the last line, and whatever is printed goes above it
 * without breaking what is being typed; elsewhere lines are just read and written.
 */
import { clearScreenDown, createInterface, cursorTo, type Interface, moveCursor } from 'node:readline'
import { displayText, displayWidth, type SafeText } from './display-text.ts'
import { interrupt } from './interrupts.ts'

const HISTORY = 500

export interface Screen {
  readonly isTerminal: boolean
  print(line: SafeText): void
  setPrompt(prompt: SafeText): void
  /** Takes the line just entered off the screen, because it comes again in another form. */
  takeBack(line: string): void
  close(): void
}

export interface ScreenInit {
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

  takeBack(): void {}

  close(): void {
    this.#isClosed = true
    this.#lines.close()
  }
}

class Terminal implements Screen {
  readonly isTerminal = true
  readonly #editor: Interface
  #prompt = displayText('')
  #isClosed = false

  constructor({ onLine, onEnd, complete }: ScreenInit) {
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
      onLine(line)
      if (!this.#isClosed) this.#editor.prompt()
    })
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

  setPrompt(prompt: SafeText): void {
    this.#prompt = prompt
    this.#editor.setPrompt(prompt)
    if (!this.#isClosed) this.#editor.prompt(true)
  }

  takeBack(line: string): void {
    const columns = process.stdout.columns || 80
    const width = displayWidth(this.#prompt) + displayWidth(displayText(line))
    moveCursor(process.stdout, 0, -(Math.floor(width / columns) + 1))
    cursorTo(process.stdout, 0)
    clearScreenDown(process.stdout)
  }

  close(): void {
    if (this.#isClosed) return
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
