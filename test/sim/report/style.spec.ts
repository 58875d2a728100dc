import { expect } from 'chai'
import { STYLE } from '../../../src/sim/report/style.ts'

type Palette = Readonly<Record<string, string>>

/** The palettes of the page: light, dark, and the one on paper. */
const palettes = [...STYLE.matchAll(/(?:--[a-z0-9-]+:#[0-9a-f]+;\s*)+/g)].map(
  ([block]): Palette =>
    Object.fromEntries([...block.matchAll(/--([a-z0-9-]+):(#[0-9a-f]+)/g)].map(([, name, colour]) => [name!, colour!]))
)

/** Relative luminance. @see WCAG 2.2, 1.4.3. */
function luminance(colour: string): number {
  const digits =
    colour.length === 4 ? [...colour.slice(1)].map((digit) => digit + digit) : colour.match(/[0-9a-f]{2}/g)!
  const [red, green, blue] = digits.map((pair) => {
    const value = Number.parseInt(pair, 16) / 255
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4
  }) as [number, number, number]
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue
}

function contrast(a: string, b: string): number {
  const [low, high] = [luminance(a), luminance(b)].sort((one, other) => one - other) as [number, number]
  return (high + 0.05) / (low + 0.05)
}

describe('the colours of a report', () => {
  const WORDS = { ground: ['ink', 'soft', 'fault', 'bad', 'good', 'link'], card: ['ink', 'soft'], shade: ['ink'] }
  const MARKS = {
    'good-ground': ['ink', 'good'],
    'bad-ground': ['ink', 'bad'],
    t1: ['ink'],
    t2: ['ink'],
    t3: ['ink'],
    t4: ['ink'],
    t5: ['ink'],
    t6: ['ink']
  }

  it('let words be read in light, in the dark and on paper', () => {
    expect(palettes).to.have.length(3)
    for (const palette of palettes)
      for (const [ground, inks] of Object.entries({ ...WORDS, ...MARKS }))
        for (const ink of inks)
          expect(contrast(palette[ink]!, palette[ground]!), `${ink} on ${ground}`).to.be.at.least(4.5)
  })

  it('let lines and areas be told from the ground', () => {
    for (const palette of palettes)
      for (const name of ['c1', 'c2', 'c3', 'c4', 'c5', 'c7'])
        expect(contrast(palette[name]!, palette['ground']!), name).to.be.at.least(3)
  })
})
