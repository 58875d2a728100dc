import { expect } from 'chai'
import fc from 'fast-check'
import { CONFUSABLES } from '../../../src/core/identity/confusables.ts'
import { isNick, looksAlike, skeleton, tidyNick } from '../../../src/core/identity/nick.ts'

/** Any string: code points from everywhere, ASCII and look-alikes often. */
const letters = fc.oneof(
  fc.constantFrom(...CONFUSABLES.keys()),
  fc.integer({ min: 0x20, max: 0x7e }).map((point) => String.fromCodePoint(point)),
  fc.integer({ min: 0x300, max: 0x345 }).map((point) => String.fromCodePoint(point)),
  fc.string({ unit: 'binary', minLength: 1, maxLength: 1 })
)
const texts = fc.array(letters, { maxLength: 24 }).map((parts) => parts.join(''))

describe('nick', () => {
  it('may be written in one of the living scripts, with digits and the five signs', () => {
    for (const nick of [
      'alice',
      'Zoë',
      "o'brien",
      'x_y-z.1',
      'Жанна',
      'Ελένη',
      '日本のアリス',
      'Kenカタカナ',
      '홍길동',
      'नमस्ते',
      'مريم',
      'Alice Smith',
      '7'
    ]) {
      expect(isNick(nick), nick).to.equal(true)
    }
  })

  it('never mixes scripts', () => {
    for (const nick of ['pаypal', 'аlice', 'aλice', 'Жan', 'カЖ', 'אa', 'a٣', '홍カ'])
      expect(isNick(nick), nick).to.equal(false)
  })

  it('never holds what is not shown, or what moves other text', () => {
    const hidden = [0, 7, 9, 10, 0x7f, 0x85, 0x9b, 0xad, 0x34f, 0x61c, 0x115f, 0x180e, 0x200b, 0x200c, 0x200d, 0x200e]
    const more = [
      0x202a, 0x202e, 0x2028, 0x2060, 0x2066, 0x2069, 0x2800, 0x3164, 0xfe0f, 0xfeff, 0xffa0, 0xfff9, 0xe0001, 0xe0041,
      0xe000, 0x1f600, 0xd800
    ]
    for (const point of [...hidden, ...more]) {
      expect(isNick(`al${String.fromCodePoint(point)}ice`), point.toString(16)).to.equal(false)
    }
  })

  it('has letters, marks and digits only, beside the signs', () => {
    for (const nick of ['aↀ', 'م؟', 'a\ua789', 'ab։', 'a!', 'a😀']) expect(isNick(nick), nick).to.equal(false)
  })

  it('is normalised, begins with a letter or digit, and has single spaces inside only', () => {
    const bad = [
      '',
      ' ',
      ' alice',
      'alice ',
      'al  ice',
      '-a',
      '.a',
      '_a',
      "'a",
      '\u0301a',
      'ﬁona',
      'e\u0301ric',
      'ａlice',
      'a<b',
      'a/b',
      'a@b',
      'a\u0316\u0317\u0318\u0319\u031c'
    ]
    for (const nick of bad) expect(isNick(nick), JSON.stringify(nick)).to.equal(false)
    expect(tidyNick('  Ａlice \t Smith ')).to.equal('Alice Smith')
    expect(tidyNick('e\u0301ric')).to.equal('\u00e9ric')
    expect(tidyNick('pаypal')).to.equal(undefined)
    expect(tidyNick('a'.repeat(1_000_000))).to.equal(undefined)
  })

  it('has 32 graphemes and 128 bytes at most', () => {
    expect(isNick('a'.repeat(32))).to.equal(true)
    expect(isNick('a'.repeat(33))).to.equal(false)
    expect(isNick('नि'.repeat(21))).to.equal(true)
    expect(isNick('नि'.repeat(22))).to.equal(false)
  })

  it('never looks like a reserved word', () => {
    for (const nick of [
      'admin',
      'Admin',
      'ADMlN',
      'adrnin',
      'systern',
      'сonсlаvе',
      'conc1ave',
      'manager',
      'rооt',
      'r00t'
    ]) {
      expect(isNick(nick), nick).to.equal(false)
    }
    expect(isNick('administer')).to.equal(true)
  })

  it('shows its look-alikes by an equal skeleton, and by no other', () => {
    const alike = [
      ['paypal', 'раураӏ'],
      ['paypal', 'PAYPA1'],
      ['modern', 'modem'],
      ['wow', 'vvovv'],
      ['o0O', '000'],
      ['Ill1', 'lIiI'],
      ['сор', 'cop'],
      ['οναρ', 'ovap'],
      ['ѕіјԛԝ', 'sijqw'],
      ['ﬁne', 'fine'],
      ['Σας', 'ΣΑΣ'],
      ['straße', 'STRASSE']
    ]
    for (const [one, other] of alike) expect(looksAlike(one!, other!), `${one} ${other}`).to.equal(true)
    for (const [one, other] of [
      ['alice', 'alise'],
      ['bob', 'rob'],
      ['Zoe', 'Zoë'],
      ['anna', 'hanna']
    ]) {
      expect(looksAlike(one!, other!), `${one} ${other}`).to.equal(false)
    }
  })

  it('keeps the letters a to z apart, but for i and l', () => {
    const shown = [...'abcdefghijklmnopqrstuvwxyz'].map(skeleton)
    expect(new Set(shown)).to.have.length(25)
    expect(skeleton('i')).to.equal(skeleton('l'))
  })

  it('has a skeleton that is its own skeleton: every code point', () => {
    for (let point = 0; point <= 0x10ffff; point++) {
      const once = skeleton(String.fromCodePoint(point))
      if (skeleton(once) !== once) expect.fail(point.toString(16))
    }
  }).timeout(30_000)

  it('has a skeleton that is its own skeleton: any string', () => {
    fc.assert(
      fc.property(texts, (text) => skeleton(skeleton(text)) === skeleton(text)),
      { numRuns: 50_000 }
    )
  }).timeout(30_000)

  it('judges any string without throwing', () => {
    fc.assert(
      fc.property(texts, (text) => typeof isNick(text) === 'boolean'),
      { numRuns: 10_000 }
    )
  }).timeout(30_000)
})
