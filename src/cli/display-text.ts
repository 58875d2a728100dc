/**
 * The one way from a stranger's text to a terminal, a log or a report.
 *
 * An allow-list: what is not known to be harmless is replaced or dropped. Time is linear in the length, and
 * displayText(displayText(x)) = displayText(x). `SafeText` is a type of its own that only this file makes, and everything
 * that prints takes nothing else, so a raw string from elsewhere does not compile.
 */

declare const safe: unique symbol

/** Text that may be printed: it cannot move the cursor, change colours, hide or reorder anything. */
export type SafeText = string & { readonly [safe]: true }

export interface DisplayLimits {
  /** Terminal columns a line may have; longer ones end in `…`. */
  readonly columns?: number
  /** Lines at most; what is left out is counted on the last one. One: newlines become `⏎`. */
  readonly lines?: number
}

const REPLACEMENT = '\uFFFD'
const ZERO_WIDTH_JOINER = '\u200D'
const ELLIPSIS = '…'
const RETURN_SIGN = '⏎'
const TAB = '    '
const MARKS_PER_BASE = 8

const MARK = /^\p{M}$/u
const BASE = /^[\p{L}\p{N}\p{P}\p{S}]$/u
const SPACE = /^\p{Zs}$/u
/** Joiners, fillers, variation selectors, tags, bidirectional controls, soft hyphens: they show nothing and do something. */
const INVISIBLE = /^[\p{Default_Ignorable_Code_Point}\p{Cf}]$/u
const PICTURE = /^\p{Extended_Pictographic}$/u
/** What a variation selector may follow: pictures, and the characters of keycaps. */
const VARIABLE = /^\p{Emoji}$/u
const SKIN = /^\p{Emoji_Modifier}$/u
const VARIATION = /^[\uFE0E\uFE0F]$/u
const WIDE_PICTURE = /^\p{Emoji_Presentation}$/u

/**
 * The text with nothing left in it that could harm a terminal or deceive about what it is.
 *
 * Controls, private, unassigned and broken characters become U+FFFD; tabs become spaces; what is invisible is dropped, but
 * for joiners and variation selectors inside emoji; marks beyond eight on one base, or on none, are dropped.
 *
 * @param text - anybody's; any string.
 */
export function displayText(text: string, limits: DisplayLimits = {}): SafeText {
  const clean = new Cleaner()
  for (const character of text) clean.take(character)
  return limited(clean.text, limits) as SafeText
}

/** The walk over one text. What it decides depends on what it has put out, never on what it has dropped. */
class Cleaner {
  text = ''
  #marks = 0
  /** What the text ends with, as far as it matters to what may follow. */
  #end: 'none' | 'base' | 'variable' | 'picture' | 'toned' = 'none'
  /** A joiner is put out only together with the picture after it. */
  #isJoining = false

  take(character: string): void {
    const code = character.codePointAt(0)!
    if (code >= 0x20 && code < 0x7f) return this.#ascii(character, code)
    if (code === 0x0a) return this.#break('\n')
    if (code === 0x09) return this.#break(TAB)
    if (code === 0x200d) {
      this.#isJoining = this.#end === 'picture' || this.#end === 'toned'
      return
    }
    if (VARIATION.test(character)) {
      if ((this.#end === 'variable' || this.#end === 'picture') && !this.#endsVaried()) this.text += character
      this.#isJoining = false
      return
    }
    if (INVISIBLE.test(character)) {
      this.#isJoining = false
      return
    }
    if (MARK.test(character)) {
      this.#isJoining = false
      if (this.#end === 'none' || this.#marks >= MARKS_PER_BASE) return
      this.#marks++
      this.text += character
      this.#end = 'base'
      return
    }
    if (SPACE.test(character)) return this.#break(code === 0x3000 ? character : ' ')
    if (BASE.test(character)) return this.#base(character)
    this.#base(REPLACEMENT)
  }

  #ascii(character: string, code: number): void {
    if (code === 0x20) return this.#break(' ')
    this.text += character
    this.#marks = 0
    this.#isJoining = false
    this.#end = VARIABLE.test(character) ? 'variable' : 'base'
  }

  #base(character: string): void {
    const isPicture = PICTURE.test(character)
    if (isPicture && this.#isJoining) this.text += ZERO_WIDTH_JOINER
    this.text += character
    this.#isJoining = false
    const isOnPicture = SKIN.test(character) && this.#end === 'picture'
    this.#marks = 0
    this.#end = isOnPicture ? 'toned' : isPicture ? 'picture' : VARIABLE.test(character) ? 'variable' : 'base'
  }

  #break(put: string): void {
    this.text += put
    this.#marks = 0
    this.#end = 'none'
    this.#isJoining = false
  }

  #endsVaried(): boolean {
    return VARIATION.test(this.text.slice(-1))
  }
}

function limited(
  text: string,
  { columns = Number.POSITIVE_INFINITY, lines = Number.POSITIVE_INFINITY }: DisplayLimits
): string {
  if (lines === 1) return shortened(text.replaceAll('\n', RETURN_SIGN), columns)
  if (columns === Number.POSITIVE_INFINITY && lines === Number.POSITIVE_INFINITY) return text
  const all = text.split('\n')
  const shown = all.slice(0, lines).map((line) => shortened(line, columns))
  if (all.length > shown.length) shown[shown.length - 1] = ELLIPSIS
  return shown.join('\n')
}

function shortened(line: string, columns: number): string {
  if (line.length * 2 <= columns) return line
  let width = 0
  let kept = 0
  let at = 0
  for (const character of line) {
    width += widthOf(character)
    if (width > columns) return withoutJoiner(line.slice(0, kept)) + ELLIPSIS
    at += character.length
    // What fits with the ellipsis after it.
    if (width <= columns - 1) kept = at
  }
  return line
}

const withoutJoiner = (text: string): string => (text.endsWith(ZERO_WIDTH_JOINER) ? text.slice(0, -1) : text)

/** First and last of the ranges that terminals draw two columns wide (East Asian Width W and F), coarsely. */
const WIDE: readonly (readonly [number, number])[] = [
  [0x1100, 0x115f],
  [0x2e80, 0x303e],
  [0x3041, 0x4dbf],
  [0x4e00, 0xa4cf],
  [0xa960, 0xa97f],
  [0xac00, 0xd7a3],
  [0xf900, 0xfaff],
  [0xfe30, 0xfe6f],
  [0xff00, 0xff60],
  [0xffe0, 0xffe6],
  [0x1f300, 0x1f64f],
  [0x1f900, 0x1f9ff],
  [0x20000, 0x3fffd]
]

function widthOf(character: string): number {
  const code = character.codePointAt(0)!
  if (code < 0x300) return 1
  if (MARK.test(character) || character === ZERO_WIDTH_JOINER) return 0
  if (WIDE_PICTURE.test(character)) return 2
  return WIDE.some(([first, last]) => code >= first && code <= last) ? 2 : 1
}

/** Columns that a terminal needs for the text, coarsely. */
export function displayWidth(text: SafeText): number {
  let width = 0
  for (const character of text) width += widthOf(character)
  return width
}

/**
 * A text of ours: the literal parts are the program's own words, and what is put in between is safe already.
 *
 * Our own words may hold colours; a stranger's never reach this but through `displayText`.
 */
export function own(words: TemplateStringsArray, ...values: readonly (SafeText | number)[]): SafeText {
  return String.raw({ raw: words }, ...values) as SafeText
}

/** Safe texts one after the other. */
export const joinText = (parts: readonly SafeText[], separator: SafeText): SafeText => parts.join(separator) as SafeText

/** A text drawn in a style of the terminal, where it has styles. */
export const styled = (text: SafeText, style: 'dim' | 'bold' | 'warn', isColour: boolean): SafeText =>
  isColour ? (`\u001B[${STYLES[style]}m${text}\u001B[0m` as SafeText) : text

const STYLES = { dim: '2', bold: '1', warn: '33' } as const

/** Spaces on the right, up to a width. */
export const padded = (text: SafeText, columns: number): SafeText =>
  (text + ' '.repeat(Math.max(0, columns - displayWidth(text)))) as SafeText

/** Every line but the first moved to the right. */
export const indented = (text: SafeText, columns: number): SafeText =>
  text.replaceAll('\n', `\n${' '.repeat(columns)}`) as SafeText

/**
 * Lines no longer than a terminal is wide, broken between words where it can be, what follows moved to the right. A terminal
 * breaks a long line itself, and a stranger could choose what then stands at the left, where lines of ours begin.
 *
 * @param columns - of the terminal; the last one is left free, as widths are coarse.
 */
export function wrapped(text: SafeText, columns: number, indent: number): SafeText {
  const room = Math.max(columns - 1, indent + 10)
  const lines = text.split('\n').map((line) => {
    let shown = ''
    let width = 0
    const put = (part: string, wide: number): void => {
      if (width + wide > room && width > indent) {
        shown = `${shown.trimEnd()}\n${' '.repeat(indent)}`
        width = indent
        if (part.trim() === '') return
      }
      shown += part
      width += wide
    }
    for (const [part] of line.matchAll(STYLE_OR_WORD)) {
      const wide = part.startsWith('\u001B') ? 0 : displayWidth(part as SafeText)
      if (wide <= room - indent) put(part, wide)
      else for (const character of part) put(character, widthOf(character))
    }
    return shown
  })
  return lines.join('\n') as SafeText
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: the styles of `styled` begin so.
const STYLE_OR_WORD = /\u001B\[\d+m|[^\u001B\s]+|[^\u001B\S]+/g

const PLAIN_JSON = /^[\p{L}\p{M}\p{N}\p{P}\p{S} ]$/u

/**
 * One line of JSON that harms no terminal and loses nothing: whatever is not a letter, mark, number, sign or space stands
 * there as an escape.
 */
export function displayJson(value: unknown): SafeText {
  let line = ''
  for (const character of JSON.stringify(value)) {
    if (character <= '~' || (PLAIN_JSON.test(character) && !INVISIBLE.test(character))) line += character
    else
      for (let i = 0; i < character.length; i++) line += `\\u${character.charCodeAt(i).toString(16).padStart(4, '0')}`
  }
  return line as SafeText
}
