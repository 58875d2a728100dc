/** The frame of a page, and the marks that stand for verdicts: each has a shape of its own beside its colour and its word. */
import type { Verdict } from '../record.ts'
import type { ColourName, Drawing } from './chart.ts'
import { drawn } from './chart.ts'
import { Html, html } from './html.ts'
import { STYLE } from './style.ts'

export type Standing = Verdict | 'not checked' | 'cut off'

const CLASSES: Readonly<Record<Standing, string>> = {
  held: 'held',
  broken: 'broken',
  'not checked': 'open',
  'cut off': 'open'
}

/** A tick in a circle, a cross in an octagon, a dash in a dashed circle. */
const SHAPES: Readonly<Record<string, string>> = {
  held: '<circle cx="12" cy="12" r="10.5" fill="currentColor"/><path d="M6.8 12.4l3.6 3.6 6.8-7.6" fill="none" stroke="var(--ground)" stroke-width="2.6"/>',
  broken:
    '<path d="M7.6 1.5h8.8l6.1 6.1v8.8l-6.1 6.1H7.6l-6.1-6.1V7.6z" fill="currentColor"/><path d="M8 8l8 8M16 8l-8 8" stroke="var(--ground)" stroke-width="2.6"/>',
  open: '<circle cx="12" cy="12" r="9.5" fill="none" stroke="currentColor" stroke-width="2" stroke-dasharray="4 3"/><path d="M7.5 12h9" stroke="currentColor" stroke-width="2.4"/>'
}

const shape = (standing: Standing): Html =>
  new Html(`<svg viewBox="0 0 24 24" aria-hidden="true">${SHAPES[CLASSES[standing]]}</svg>`)

export const mark = (standing: Standing): Html =>
  html`<span class="mark ${CLASSES[standing]}">${shape(standing)}${standing}</span>`

export const banner = (standing: Standing, words: string, more: string): Html =>
  html`<div class="verdict ${CLASSES[standing]}">${shape(standing)}<div><strong>${words}</strong>${more}</div></div>
`

export const facts = (all: readonly (readonly [string, string | Html])[]): Html =>
  html`<dl class="facts">${all.map(([name, value]) => html`<dt>${name}</dt><dd>${value}</dd>`)}</dl>
`

export const tiles = (all: readonly (readonly [value: string, name: string])[]): Html =>
  html`<ul class="tiles">${all.map(([value, name]) => html`<li><b>${value}</b><span>${name}</span></li>`)}</ul>
`

/** A chart under a heading, with words about how to read it, and then its legend. */
export const figure = (drawing: Drawing, caption: string, keys: readonly Html[] = []): Html =>
  html`<figure id="${drawing.id}"><figcaption>${caption}</figcaption>
${keys.length > 0 ? html`<ul class="legend">${keys}</ul>` : undefined}${drawn(drawing)}</figure>
`

type Swatch = 'area' | 'bar' | 'dot' | 'hollow' | 'diamond' | 'tick' | 'dashed' | 'square'

const SWATCHES: Readonly<Record<Swatch, (colour: string) => string>> = {
  area: (colour) => `<rect width="22" height="14" fill="${colour}" fill-opacity=".85"/>`,
  bar: (colour) => `<rect x=".5" y="1.5" width="21" height="11" fill="${colour}" stroke="var(--soft)"/>`,
  dot: (colour) => `<circle cx="11" cy="7" r="4" fill="${colour}"/>`,
  hollow: (colour) => `<circle cx="11" cy="7" r="4" fill="none" stroke="${colour}"/>`,
  diamond: (colour) => `<path d="M11 1l6 6-6 6-6-6z" fill="${colour}"/>`,
  tick: (colour) => `<path d="M11 0v14" stroke="${colour}" stroke-width="1.5"/>`,
  dashed: (colour) => `<path d="M0 7h22" stroke="${colour}" stroke-width="2" stroke-dasharray="5 3"/>`,
  square: (colour) => `<rect x="6" y="2" width="10" height="10" fill="${colour}"/>`
}

export const key = (swatch: Swatch, colour: ColourName, words: string): Html =>
  html`<li><svg viewBox="0 0 22 14" aria-hidden="true">${new Html(SWATCHES[swatch](`var(--${colour})`))}</svg>${words}</li>`

/** A page that needs nothing but itself: what it may load is nothing at all. */
export const pageOf = (title: string, body: Html): string =>
  html`<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8" />
<meta name="viewport" content="width=device-width,initial-scale=1" />
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'" />
<meta name="referrer" content="no-referrer" />
<title>${title}</title>
<style>${new Html(STYLE)}</style>
</head>
<body>
${body}
</body>
</html>
`.markup
