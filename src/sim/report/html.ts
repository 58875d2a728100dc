/**
 * Text on its way into a page: whatever a record says is shown as it is, and does nothing.
 *
 * A value put into `html` is escaped unless it is `Html` already. What shows nothing, or changes how its neighbours are shown
 * (controls, bidirectional overrides, unassigned characters), is spelled out.
 */

const LONGEST = 1_000
const HIDDEN = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Co}\p{Cn}]/gu
const MARKS = /(\p{M}{4})\p{M}+/gu
const ENTITY: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }

/** Markup that is ready to stand in a page. */
export class Html {
  readonly markup: string

  constructor(markup: string) {
    this.markup = markup
  }
}

type Value = string | number | Html | undefined | readonly (string | number | Html | undefined)[]

/** The text with nothing hidden in it, in at most 1,000 characters; newlines and tabs become spaces. */
export function visible(text: string): string {
  const whole = text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text
  return whole
    .toWellFormed()
    .replace(/[\n\r\t]+/g, ' ')
    .replace(HIDDEN, (character) => `\\u{${character.codePointAt(0)!.toString(16)}}`)
    .replace(MARKS, '$1')
}

/**
 * The first characters of a text that has to fit somewhere. What charts write passes through here: their library keeps texts
 * as keys of objects, and one named like what every object has, such as `__proto__`, would change all objects there are.
 */
export function clipped(text: string, characters: number): string {
  const all = [...visible(text)]
  const fit = all.length <= characters ? all.join('') : `${all.slice(0, characters - 1).join('')}…`
  return fit in Object.prototype ? `${fit} ` : fit
}

/** Markup with values put in; lists are joined, `undefined` is nothing. */
export function html(parts: TemplateStringsArray, ...values: readonly Value[]): Html {
  let markup = parts[0]!
  values.forEach((value, i) => {
    markup += markupOf(value) + parts[i + 1]!
  })
  return new Html(markup)
}

function markupOf(value: Value): string {
  if (value === undefined) return ''
  if (value instanceof Html) return value.markup
  if (typeof value === 'object') return value.map(markupOf).join('')
  return visible(String(value)).replace(/[&<>"']/g, (character) => ENTITY[character]!)
}

/** A value as JSON for a script element: no character of it can end the element, and none is hidden. */
export function scriptJson(value: unknown): string {
  return JSON.stringify(value).replace(/[<>&\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Co}\p{Cn}]/gu, (character) =>
    [...Array(character.length).keys()]
      .map((i) => `\\u${character.charCodeAt(i).toString(16).padStart(4, '0')}`)
      .join('')
  )
}

/**
 * A table in a frame that scrolls sideways where it must; with `isStacked`, a narrow page shows each row as a block of lines.
 *
 * @param columns - those that hold figures begin with `#`, those that hold bytes and such with `$`.
 */
export function table(
  caption: string,
  columns: readonly string[],
  rows: readonly (readonly Value[])[],
  isStacked = false
): Html {
  const names = columns.map((name) => name.replace(/^[#$]/, ''))
  const kinds = columns.map((name) => (name.startsWith('#') ? 'n' : name.startsWith('$') ? 'mono' : undefined))
  const kind = (i: number): Html | undefined => (kinds[i] === undefined ? undefined : html` class="${kinds[i]}"`)
  const heads = names.map((name, i) => html`<th scope="col"${kind(i)}>${name}</th>`)
  const cell = (value: Value, i: number): Html =>
    i === 0 ? html`<th scope="row"${kind(i)}>${value}</th>` : html`<td${kind(i)} data-label="${names[i]}">${value}</td>`
  const body = rows.map((row) => html`<tr>${row.map(cell)}</tr>\n`)
  return html`<p class="caption" aria-hidden="true">${caption}</p>
<div class="scroll${isStacked ? ' stack' : ''}" tabindex="0" role="region" aria-label="${caption}"><table><caption>${caption}</caption>
<thead><tr>${heads}</tr></thead>
<tbody>${body}</tbody></table></div>
`
}
