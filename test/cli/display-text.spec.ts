import { expect } from 'chai'
import fc from 'fast-check'
import {
  type DisplayLimits,
  displayJson,
  displayText,
  displayWidth,
  own,
  padded,
  type SafeText
} from '../../src/cli/display-text.ts'

/** What may stand in a text that is shown, written down apart from the code; then what must not, once emoji are taken out. */
const SHOWN = /^(?:[\n \u3000\p{L}\p{M}\p{N}\p{P}\p{S}]|\u200D)*$/u
const HIDDEN = /[\p{Default_Ignorable_Code_Point}\p{Cf}]/u
const JOINED = /(\p{Extended_Pictographic}(?:\uFE0E|\uFE0F)?\p{Emoji_Modifier}?)\u200D(?=\p{Extended_Pictographic})/gu
const VARIED = /(\p{Emoji}\p{Emoji_Modifier}?)(?:\uFE0E|\uFE0F)/gu
const NINE_MARKS = /\p{M}{9}/u
const BARE_MARK = /(?:^|[\n \u3000])\p{M}/u

function harmIn(text: string): string | undefined {
  if (!SHOWN.test(text)) return 'a character that is not allowed'
  const bare = text.replace(JOINED, '$1').replace(VARIED, '$1')
  if (HIDDEN.test(bare)) return 'something invisible outside an emoji'
  if (NINE_MARKS.test(bare)) return 'too many marks'
  return BARE_MARK.test(text) ? 'a mark on nothing' : undefined
}

/** Characters that have hurt somebody, in between ordinary ones. */
const hostile = fc.constantFrom(
  ...[
    '\u001B[2J',
    '\u001B]52;c;aGk=\u0007',
    '\u009B31m',
    '\u0090q',
    '\r',
    '\b',
    '\u0007',
    '\u202E',
    '\u2066',
    '\u200F',
    '\u061C'
  ],
  ...[
    '\u200D',
    '\u200B',
    '\uFE0F',
    '\uFE0E',
    '\u{E0041}',
    '\u{E007F}',
    '\u0301',
    '\u0489',
    '\u20E3',
    '\u3164',
    '\u00AD',
    '\uD800',
    '\uDC00'
  ],
  ...[
    '👩',
    '👩‍🚀',
    '❤️',
    '🏴',
    '🇩🇪',
    '👍🏽',
    '1️⃣',
    '字',
    'é',
    'ي',
    '\t',
    '\n',
    ' ',
    '\u00A0',
    '\u2028',
    '\uFFFF',
    '\uE000',
    'a',
    '#'
  ]
)
const anything = fc.oneof(
  { weight: 3, arbitrary: fc.array(hostile, { maxLength: 24 }).map((parts) => parts.join('')) },
  { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 24 }) },
  {
    weight: 1,
    arbitrary: fc
      .array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 16 })
      .map((codes) => String.fromCharCode(...codes))
  }
)
const limits: fc.Arbitrary<DisplayLimits> = fc.oneof(
  fc.constant({}),
  fc.record({ columns: fc.integer({ min: 2, max: 30 }), lines: fc.integer({ min: 1, max: 4 }) })
)

describe('text from others, as shown', () => {
  it('whatever comes in, only allowed characters come out, the same again when shown again', function () {
    this.timeout(120_000)
    fc.assert(
      fc.property(anything, limits, (text, limit) => {
        const shown = displayText(text, limit)
        const harm = harmIn(shown)
        if (harm !== undefined) throw new Error(harm)
        if (displayText(shown, limit) !== shown) throw new Error('it changes when shown again')
        const { columns = Number.POSITIVE_INFINITY, lines = Number.POSITIVE_INFINITY } = limit
        const shownLines = shown.split('\n')
        if (shownLines.length > lines) throw new Error('too many lines')
        if (shownLines.some((line) => displayWidth(line as SafeText) > columns)) throw new Error('too wide')
      }),
      { numRuns: 100_000 }
    )
  })

  it('ordinary text of any script stays as it is', () => {
    for (const text of [
      'hello',
      'naïve café',
      'привет мир',
      '你好，世界',
      'नमस्ते',
      'שלום',
      'مرحبا',
      'a\nb',
      '½ € → “x”',
      '1️⃣ 👩‍🚀 ❤️ 👍🏽 🇩🇪'
    ]) {
      expect(displayText(text)).to.equal(text)
    }
  })

  it('a terminal is told nothing: escapes, C1 controls, carriage returns and bells become signs', () => {
    expect(displayText('a\u001B[31mb')).to.equal('a\uFFFD[31mb')
    expect(displayText('a\u009Bb\rc\u0007d\u007Fe')).to.equal('a\uFFFDb\uFFFDc\uFFFDd\uFFFDe')
  })

  it('nothing is reordered, hidden or stacked', () => {
    expect(displayText('ab\u202Ecd\u2066ef\u061Cg')).to.equal('abcdefg')
    expect(displayText('pay\u200Bpal\u{E0041}\u00AD\u3164')).to.equal('paypal')
    expect(displayText(`a${'\u0301'.repeat(20)}b`)).to.equal(`a${'\u0301'.repeat(8)}b`)
    expect(displayText('\u0301a \u0301b')).to.equal('a b')
    expect(displayText('a\u200Db 👩\u200Db 👩\u200D\u200D🚀')).to.equal('ab 👩b 👩‍🚀')
  })

  it('tabs become spaces, strange spaces plain ones', () => {
    expect(displayText('a\tb\u00A0c\u2003d')).to.equal('a    b c d')
  })

  it('a line is cut to its columns, wide characters counted double', () => {
    expect(displayText('abcdef', { columns: 6 })).to.equal('abcdef')
    expect(displayText('abcdefg', { columns: 6 })).to.equal('abcde…')
    expect(displayText('字字字字', { columns: 6 })).to.equal('字字…')
    expect(displayText('a\nb\nc', { lines: 2 })).to.equal('a\n…')
    expect(displayText('a\nb', { lines: 1 })).to.equal('a⏎b')
  })

  it('a text of half a million characters is walked once', () => {
    const shown = displayText('\u0301\u202Ea\u200D👩'.repeat(100_000), { columns: 80, lines: 20 })
    expect(shown).to.equal(`${'a👩\u0301'.repeat(26)}a…`)
  })

  it('JSON loses nothing and harms no terminal', () => {
    fc.assert(
      fc.property(anything, (text) => {
        const line = displayJson({ text })
        expect(line).to.match(/^[ \p{L}\p{M}\p{N}\p{P}\p{S}]*$/u)
        // A lone half of a pair is no character, and JSON says so with an escape.
        expect(JSON.parse(line)).to.deep.equal(JSON.parse(JSON.stringify({ text })))
      }),
      { numRuns: 20_000 }
    )
  })

  it('our own words carry safe texts only', () => {
    expect(own`${displayText('a')} and ${2}`).to.equal('a and 2')
    // @ts-expect-error a raw string must not be printed
    void own`${'raw'}`
    expect(padded(displayText('字'), 4)).to.equal('字  ')
  })
})
