/**
 * docs/patent-map.md names files, things in them and tests: all of that exists, and nothing of the patent is left out.
 * docs/architecture.md names the files of each room, all of them and no others.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect } from 'chai'

const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), '../..')
const map = readFileSync(join(ROOT, 'docs/patent-map.md'), 'utf8')
const sections = map
  .slice(map.indexOf('## Claims'))
  .split(/^#{2,3} /m)
  .slice(1)
  .map((section) => section.replace(/\s*\n\s*/g, ' '))
const textOf = (path: string): string => readFileSync(join(ROOT, path), 'utf8').replaceAll('\\u2019', '’')

/** A file and what is named after it: `path` (`one`, `two`), or `path` "one", "two". */
const FILE = /`((?:src|test|bin)\/[^`]+|package\.json)`(?: \(([^)]*)\)|((?:,? "[^"]+")*))/g

const named = sections.flatMap((section) =>
  [...section.matchAll(FILE)].map(([, path, names, titles]) => ({
    path: path!,
    names: [...(names ?? '').matchAll(/`([^`]+)`/g)].map((name) => name[1]!),
    titles: [...(titles ?? '').matchAll(/"([^"]+)"/g)].map((title) => title[1]!)
  }))
)

describe('the map of the patent', () => {
  it('names files that are there, with what is said to be in them', () => {
    const wrong = named.flatMap(({ path, names }) => {
      if (!existsSync(join(ROOT, path))) return [path]
      const text = textOf(path)
      return names.filter((name) => !text.includes(name)).map((name) => `${path}: ${name}`)
    })
    expect(wrong).to.deep.equal([])
    expect(named).to.have.length.above(50)
  })

  it('names tests that are there, by their titles', () => {
    const isTitle = (path: string, title: string): boolean =>
      [`it('${title}'`, `it('${title.replaceAll("'", '’')}'`, `it("${title}"`].some((it) => textOf(path).includes(it))
    const wrong = named.flatMap(({ path, titles }) =>
      path.startsWith('test/') && titles.length === 0
        ? [`${path} without a title`]
        : titles.filter((title) => !isTitle(path, title)).map((title) => `${path}: ${title}`)
    )
    expect(wrong).to.deep.equal([])
    const quoted = sections.join('\n').match(/"[^"]+"/g)!
    expect(named.flatMap(({ titles }) => titles)).to.have.lengthOf(quoted.length)
  })

  it('has each of the twenty claims, and says of each part what is here, where it stands and what shows it', () => {
    const claims = sections.flatMap((section) =>
      section.startsWith('Claim ') || section.startsWith('Claims ') ? (section.split('–')[0]!.match(/\d+/g) ?? []) : []
    )
    expect(claims.map(Number).sort((a, b) => a - b)).to.deep.equal(Array.from({ length: 20 }, (_, i) => i + 1))
    const parts = sections.filter((section) => section.includes(' – ') || section.includes(' - here:'))
    for (const part of parts) expect(part).to.match(/- here: .+ - code: .+ - shown: .+/)
  })

  it('has every row of the live patent test', () => {
    const path = 'test/live/cli-patent.spec.ts'
    const rows = [...textOf(path).matchAll(/^ {2}it\('([^']+)'/gm)].map((row) => row[1]!)
    const titles = named.filter((one) => one.path === path).flatMap((one) => one.titles)
    expect(rows.filter((row) => !titles.includes(row))).to.deep.equal([])
  })
})

describe('the page on architecture', () => {
  const page = textOf('docs/architecture.md')

  it('names every file of the rooms, and no others', () => {
    const parts = page.split(/^### `src\/(\w+)`.*$/m).slice(1)
    const rooms = parts.flatMap((room, i) => (i % 2 === 0 ? [[room, parts[i + 1]!.split(/^## /m)[0]!] as const] : []))
    expect(rooms.map(([room]) => room)).to.deep.equal(
      readdirSync(join(ROOT, 'src'))
        .filter((one) => !one.includes('.'))
        .sort(inFloors)
    )
    const wrong: string[] = []
    for (const [room, text] of rooms) {
      const files = readdirSync(join(ROOT, 'src', room), { recursive: true, encoding: 'utf8' })
        .map((path) => path.replaceAll('\\', '/'))
        .filter((path) => /\.(ts|proto)$/.test(path) && !path.startsWith('commands/'))
      for (const path of files) {
        const name = path.split('/').at(-1)!
        if (!new RegExp(`(^|[^\\w-])${name.replace('.', '\\.')}`).test(text))
          wrong.push(`src/${room}/${path} is not named`)
      }
      for (const [, name] of text.matchAll(/([\w-]+\.(?:ts|proto))\b/g))
        if (!files.some((path) => path.split('/').at(-1) === name) && name !== 'live.ts')
          wrong.push(`src/${room}: no ${name}`)
    }
    expect(wrong).to.deep.equal([])
  })
})

const ORDER = ['base', 'crypto', 'wire', 'core', 'node', 'sim', 'cli']
function inFloors(a: string, b: string): number {
  return ORDER.indexOf(a) - ORDER.indexOf(b)
}
