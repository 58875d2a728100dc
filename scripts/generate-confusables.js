// Makes src/core/identity/confusables.ts from the npm package unhomoglyph 1.0.6 (data of UTS #39 confusables.txt, Unicode 13).
// Usage: node generate.mjs <path of unhomoglyph/data.json> <output file>
import { readFileSync, writeFileSync } from 'node:fs'

const [, , source, output] = process.argv
const data = JSON.parse(readFileSync(source, 'utf8'))
const HEAD =
  '/**\n * Which letters look alike: 1,115 of them, each with the letters it is taken for.\n *\n * Generated, do not edit: from the data of unhomoglyph 1.0.6 (MIT), which is confusables.txt of UTS #39, version 13\n * (© Unicode, Inc., Unicode License V3), cut down to what a folded nick can hold and closed under itself, with `w` for `vv`\n * added. No target holds a source, so one pass over folded text is enough.\n *\n * One entry is `target=sources`: targets are code points joined by `+`, sources are ascending differences, all in base 36.\n */\nconst TABLE = [\n'
const TAIL =
  "].join('')\n\n/** From a code point of folded text to what it is shown as. */\nexport const CONFUSABLES: ReadonlyMap<string, string> = new Map(TABLE.split(',').flatMap(readEntry))\n\nfunction readEntry(entry: string): [string, string][] {\n  const [target, sources] = entry.split('=')\n  const shownAs = String.fromCodePoint(...target!.split('+').map((point) => Number.parseInt(point, 36)))\n  let point = 0\n  return sources!.split(' ').map((step) => {\n    point += Number.parseInt(step, 36)\n    return [String.fromCodePoint(point), shownAs]\n  })\n}\n"
const SCRIPTS =
  'Arab Armn Beng Bopo Cyrl Deva Ethi Geor Grek Gujr Guru Hang Hani Hebr Hira Knda Kana Khmr Laoo Latn Mlym Mymr Orya Sinh Taml Telu Thaa Thai Tibt'.split(
    ' '
  )
const inNick = new RegExp(
  `^(?=[\\p{L}\\p{M}\\p{Nd}_.'-])(?!\\p{Default_Ignorable_Code_Point})[${SCRIPTS.map((s) => `\\p{scx=${s}}`).join('')}\\p{sc=Zinh}0-9_.'-]$`,
  'u'
)
const fold = (t) => t.normalize('NFKD').toUpperCase().toLowerCase().replaceAll('ς', 'σ').normalize('NFKD')
// Two of our own that UTS #39 leaves out: v v and w.
const pairs = [...Object.entries(data), ['w', 'vv']]
// A capital and its small letter are one after folding, so their look-alikes would join into one class (b β ß в). A small
// letter's own line wins; a capital's line counts only for letters which have none.
const edges = new Map()
for (const isCapital of [false, true])
  for (const [from, to] of pairs) {
    const s = fold(from),
      d = fold(to)
    if ([...s].length !== 1 || s === d) continue
    if ((from !== s) !== isCapital) continue
    // Of the rest only true capitals speak: a circled or long letter is gone by folding and looks like something else.
    if (isCapital && (from.normalize('NFKD') !== from || !/^\p{Lu}$/u.test(from))) continue
    if (!edges.has(s)) edges.set(s, d)
  }
// Close under itself.
const close = (text, seen) =>
  [...text]
    .map((c) => {
      if (!edges.has(c) || seen.has(c)) return c
      return close(fold(edges.get(c)), new Set([...seen, c]))
    })
    .join('')
const table = new Map()
const cycles = []
for (const c of edges.keys()) {
  // representative: follow to the end; in a cycle take the least member
  const d = close(c, new Set())
  table.set(c, d)
  if (d.includes(c)) cycles.push(`${c}>${d}`)
}
for (const c of [...table.keys()]) {
  if (table.get(c).includes(c)) table.delete(c)
}
// again, until targets hold no source
for (let i = 0; i < 10; i++) for (const [c, d] of table) table.set(c, [...d].map((x) => table.get(x) ?? x).join(''))
const bad = [...table].filter(([_c, d]) => [...d].some((x) => table.has(x)))
const kept = [...table].filter(([c]) => inNick.test(c))
console.error({ edges: edges.size, table: table.size, kept: kept.length, cycles, bad: bad.length })
const classes = new Map()
for (const [c, d] of kept) classes.set(d, (classes.get(d) ?? '') + c)
for (const [d, cs] of classes) if (/[a-z]/.test(cs) || /^[a-z0-9]+$/.test(d)) console.error(d, '<', cs.slice(0, 200))
const byTarget = [...classes].map(([d, cs]) => [
  d,
  [...cs].sort((a, b) => a.codePointAt(0) - b.codePointAt(0)).join('')
])
byTarget.sort((a, b) => (a[0] < b[0] ? -1 : 1))
const esc = (t) =>
  [...t]
    .map((c) =>
      /[a-z0-9_.]/.test(c)
        ? c
        : c.codePointAt(0) <= 0xffff
          ? `\\u${c.codePointAt(0).toString(16).padStart(4, '0')}`
          : `\\u{${c.codePointAt(0).toString(16)}}`
    )
    .join('')
globalThis.byTarget = byTarget
const lines = byTarget.map(([d, cs]) => `${d} ${cs}`)
console.error(
  'bytes',
  Buffer.byteLength(lines.join('\n')),
  'lines',
  lines.length,
  'escaped',
  lines.map(esc).join().length
)
if (output) {
  const all = byTarget.map(
    ([d, cs]) =>
      [...d].map((c) => c.codePointAt(0).toString(36)).join('+') +
      '=' +
      (() => {
        let last = 0
        return [...cs]
          .map((c) => {
            const n = c.codePointAt(0) - last
            last = c.codePointAt(0)
            return n.toString(36)
          })
          .join(' ')
      })()
  )
  const text = all.join(',')
  const rows = []
  for (let i = 0; i < text.length; i += 112) rows.push(`  '${text.slice(i, i + 112)}'`)
  writeFileSync(output, `${HEAD + rows.join(',\n')}\n${TAIL}`)
}
