/**
 * What people call each other. A nick is never an identity.
 *
 * A nick that passes is in one normal form, of one writing system, without anything invisible; two nicks that look alike
 * have the same skeleton, and skeleton(skeleton(x)) = skeleton(x) for every string. Skeletons are compared, never shown.
 * See UTS #39 §4 (skeleton), §5.2 (highly restrictive). The table of look-alikes is the one of Unicode 13 without accents
 * folded away: `é` and `e` differ. Whether a letter is known at all depends on the platform's Unicode version.
 */
import { utf8 } from '../../base/bytes.ts'
import { NICK_BYTES, NICK_GRAPHEMES } from '../../wire/limits.ts'
import { CONFUSABLES } from './confusables.ts'

/** Recommended scripts of UAX #31, table 5, without those that may only appear together. */
const SINGLE_SCRIPTS =
  'Arab Armn Beng Cyrl Deva Ethi Geor Grek Gujr Guru Hebr Knda Khmr Laoo Latn Mlym Mymr Orya Sinh Taml Telu Thaa Thai Tibt'.split(
    ' '
  )
/** Japanese, Chinese with Bopomofo, Korean; each with Latin (UTS #39 §5.2, highly restrictive). */
const TOGETHER = [
  ['Latn', 'Hani', 'Hira', 'Kana'],
  ['Latn', 'Hani', 'Bopo'],
  ['Latn', 'Hani', 'Hang']
]

/** One alphabet: its letters, marks and digits, marks that go with any script, ASCII digits, and five signs. */
const alphabet = (scripts: readonly string[]): RegExp =>
  new RegExp(`^[${scripts.map((script) => `\\p{scx=${script}}`).join('')}\\p{sc=Zinh}0-9 _.'-]+$`, 'u')
const ALPHABETS: readonly RegExp[] = [...SINGLE_SCRIPTS.map((script) => [script]), ...TOGETHER].map(alphabet)

/** Letters, marks, decimal digits and the five signs; so no control, format, private or unassigned character. */
const ALLOWED = /^[\p{L}\p{M}\p{Nd} _.'-]+$/u
/** What may be shown as nothing: joiners, fillers, variation selectors, bidirectional controls. */
const INVISIBLE = /\p{Default_Ignorable_Code_Point}/u
const FIRST = /^[\p{L}\p{Nd}]/u
const SPACING = / {2}| $/
const MARKS_IN_A_ROW = /\p{M}{5}/u

const graphemes = new Intl.Segmenter('und', { granularity: 'grapheme' })

/** Nicks that speak for the program or for everybody, as skeletons. */
const RESERVED: ReadonlySet<string> = new Set(
  ['conclave', 'system', 'server', 'root', 'admin', 'administrator', 'moderator', 'manager', 'founder', 'everyone'].map(
    skeleton
  )
)

/**
 * Whether the text may stand in a record as a nick: NFKC, 1 to 32 graphemes, at most 128 bytes, beginning with a letter or
 * digit, letters of one writing system, single spaces inside only, and not like a reserved word.
 *
 * @param text - a stranger's; any string.
 */
export function isNick(text: string): boolean {
  if (text.length === 0 || text.length > NICK_BYTES || utf8(text).length > NICK_BYTES) return false
  if (!ALLOWED.test(text) || INVISIBLE.test(text)) return false
  if (!FIRST.test(text) || SPACING.test(text) || MARKS_IN_A_ROW.test(text)) return false
  if (text.normalize('NFKC') !== text) return false
  if (!ALPHABETS.some((letters) => letters.test(text))) return false
  let count = 0
  for (const _ of graphemes.segment(text)) if (++count > NICK_GRAPHEMES) return false
  return !RESERVED.has(skeleton(text))
}

/**
 * The nick that a person meant: normalised and with spaces tidied.
 *
 * @param typed - what the person typed.
 * @returns undefined when no nick comes of it.
 */
export function tidyNick(typed: string): string | undefined {
  if (typed.length > 4 * NICK_BYTES) return undefined
  const nick = typed.normalize('NFKC').replace(/\s+/gu, ' ').trim()
  return isNick(nick) ? nick : undefined
}

/**
 * What a text looks like, for comparing nicks: equal skeletons are look-alikes. Idempotent. Total on any string; meant for
 * nicks, whose length is bounded.
 *
 * @see UTS #39 §4; Spotify 2013, where a canonical form that was not idempotent gave accounts away
 */
export function skeleton(text: string): string {
  let shown = ''
  for (const letter of fold(text)) shown += CONFUSABLES.get(letter) ?? letter
  return shown.normalize('NFKD')
}

/**
 * Case and compatibility forms gone, accents apart. Lower, upper, lower: so ẞ and ß both end as ss. The last one goes letter
 * by letter, because sigma at the end of a word has another lower case.
 */
function fold(text: string): string {
  let folded = ''
  for (const letter of text.normalize('NFKD').toLowerCase().toUpperCase()) folded += letter.toLowerCase()
  return folded.normalize('NFKD')
}

/** Whether two nicks could be taken for one another. */
export const looksAlike = (one: string, other: string): boolean => skeleton(one) === skeleton(other)
