import { expect } from 'chai'
import type { RecordLine } from '../../../src/sim/record.ts'
import { comparisonOf, comparisonText } from '../../../src/sim/report/comparison.ts'
import { reportOf } from '../../../src/sim/report/report.ts'
import { elementsOf } from './markup.ts'
import { brokenRecord, crowdRecord, HOSTILE, helloRecord, hostileRecord } from './records.ts'

const hello = helloRecord()
const page = reportOf(hello)
const broken = reportOf(brokenRecord())
const hostile = reportOf(hostileRecord())
const comparison = comparisonOf(hello, brokenRecord())
const pages = { hello: page, broken, hostile, comparison }

const textOf = (markup: string): string =>
  elementsOf(markup)
    .filter(({ name }) => name !== 'script' && name !== 'style')
    .map(({ text }) => text)
    .join('\n')

const embeddedIn = (markup: string): RecordLine[] =>
  JSON.parse(elementsOf(markup).find(({ name }) => name === 'script')!.text)

describe('the report of a run', () => {
  for (const [name, markup] of Object.entries(pages)) {
    it(`is well-formed, with each id once: ${name}`, () => {
      const ids = elementsOf(markup).flatMap(({ attributes }) => attributes.get('id') ?? [])
      expect(ids).to.deep.equal([...new Set(ids)])
    })

    it(`names nothing outside of itself, and runs nothing: ${name}`, () => {
      for (const { name: tag, attributes } of elementsOf(markup)) {
        expect([
          'link',
          'img',
          'image',
          'iframe',
          'object',
          'embed',
          'use',
          'base',
          'form',
          'foreignObject'
        ]).not.to.include(tag)
        if (tag === 'script') expect(attributes.get('type')).to.equal('application/json')
        for (const [key, value] of attributes) {
          expect(key).not.to.match(/^(on|src|action|formaction|xlink:href|style$)/)
          if (key === 'href') expect(value).to.match(/^#[a-z-]+$/)
          if (/url\(/.test(value)) expect(value).to.match(/^url\(#[a-z0-9-]+\)$/)
        }
      }
      const style = elementsOf(markup).find(({ name: tag }) => tag === 'style')!.text
      expect(style).not.to.match(/url\(|@import|@font-face/)
      expect(markup).to.include(`content="default-src 'none'; style-src 'unsafe-inline'"`)
    })

    it(`gives each chart a title and a description, and each table a caption and heads: ${name}`, () => {
      const all = elementsOf(markup)
      const charts = all.filter(({ attributes }) => attributes.get('role') === 'img')
      expect(charts).to.have.length.above(8)
      for (const { attributes } of charts)
        for (const id of attributes.get('aria-labelledby')!.split(' '))
          expect(all.find((one) => one.attributes.get('id') === id)?.text).to.match(/\S/)
      const tables = all.filter(({ name: tag }) => tag === 'table')
      for (const table of tables) {
        expect(all.some(({ name: tag, parent }) => tag === 'caption' && parent === table)).to.equal(true)
        expect(
          all.some(
            ({ name: tag, attributes, parent }) =>
              tag === 'th' && attributes.get('scope') === 'col' && parent?.parent?.parent === table
          )
        ).to.equal(true)
      }
      const levels = all.filter(({ name: tag }) => /^h[1-6]$/.test(tag)).map(({ name: tag }) => Number(tag[1]))
      expect(levels[0]).to.equal(1)
      for (const [i, level] of levels.slice(1).entries()) expect(level - levels[i]!).to.be.at.most(1)
    })

    it(`has no colours of its own in charts: ${name}`, () => {
      const colours = elementsOf(markup).flatMap(({ name: tag, attributes, parent }) =>
        parent?.name === 'clipPath' || tag === 'svg' ? [] : [attributes.get('fill'), attributes.get('stroke')]
      )
      const known = /^(none|currentColor|var\(--[a-z0-9]+\))$/
      expect([...new Set(colours)].filter((one) => one !== undefined && !known.test(one))).to.deep.equal([])
    })
  }

  it('is the same, byte for byte, for the same record', () => {
    expect(reportOf(helloRecord())).to.equal(page)
    expect(comparisonOf(helloRecord(), brokenRecord())).to.equal(comparison)
  })

  it('shows all words that a record holds, or has them in its embedded lines', () => {
    expect(embeddedIn(page)).to.deep.equal(hello)
    const text = textOf(page)
    const [run] = hello
    if (run?.type !== 'run') throw new Error('no run')
    for (const words of [
      run.scenario,
      run.about,
      run.command,
      run.startedAt,
      'rate 3',
      'F1',
      'the network falls into 2 parts',
      'carol is told: one message of alice is missing',
      'manager-2 removes erin',
      'erin is removed',
      'alice says: hello',
      'first key, median, ms',
      'removal',
      'key request',
      'term 2'
    ])
      expect(text).to.include(words)
  })

  it('says in words and by a shape of its own whether the promises held', () => {
    expect(textOf(page))
      .to.include('All promises that were checked held')
      .and.to.include('2 promises held, 1 promise not checked.')
    expect(textOf(broken)).to.include('1 promise was broken: I-3')
    const shapes = [page, broken].map((markup) => /<div class="verdict \w+"><svg[^>]*>(.*?)<\/svg>/.exec(markup)![1])
    expect(shapes[0]).not.to.equal(shapes[1])
    const cut = textOf(reportOf(helloRecord().slice(0, 200)))
    expect(cut).to.include('The run was cut off').and.not.to.include('All promises')
  })

  it('is broken when one promise is, whatever its last line says', () => {
    const lines = brokenRecord().map((line) => (line.type === 'end' ? { ...line, verdict: 'held' as const } : line))
    expect(textOf(reportOf(lines))).to.include('1 promise was broken: I-3')
  })

  it('puts what was broken first, with what happened before it', () => {
    const ids = [...broken.matchAll(/<span class="nobreak">(I-\d+)<\/span>/g)].map(([, id]) => id)
    expect(ids[0]).to.equal('I-3')
    expect(broken).to.include('<details open="">')
    expect(textOf(broken)).to.include('15.2 s  erin derives the key of epoch 2.2')
  })

  it('counts and measures what the record says', () => {
    const tiles = [...page.matchAll(/<li><b>(.*?)<\/b><span>(.*?)<\/span>/g)].map(
      ([, value, name]) => `${value} ${name}`
    )
    const shown = hello.filter(({ type }) => type === 'shown').length
    const said = hello.filter(({ type }) => type === 'said').length
    expect(tiles).to.include.members([
      '11 peers, managers among them',
      `${said} messages said`,
      `${shown} deliveries`,
      '11 epochs made',
      '2 terms of managers',
      '1 fault',
      '1,440 events per second of real time',
      '140 MB memory at most'
    ])
  })

  it('shows words of strangers as they are, with nothing hidden, and lets none of them act', () => {
    const names = new Set(elementsOf(hostile).map(({ name }) => name))
    expect([...names].filter((name) => ['img', 'iframe'].includes(name))).to.deep.equal([])
    expect(hostile.match(/<script/g)).to.have.length(1)
    for (const hidden of ['\u202E', '\u2028', '\u0000', '\u001B']) expect(hostile).not.to.include(hidden)
    expect(hostile.isWellFormed()).to.equal(true)
    const text = textOf(hostile)
    expect(text).to.include(HOSTILE[0]).and.to.include('\\u{202e}gnp.exe\\u{0}')
    expect(embeddedIn(hostile).map(({ type }) => type)).to.deep.equal(brokenRecord().map(({ type }) => type))
    expect(JSON.stringify(embeddedIn(hostile)[0])).to.equal(JSON.stringify(hostileRecord()[0]))
  })

  it('leaves all other objects as they were, whatever the names in it', () => {
    expect(Object.keys(Object.prototype)).to.deep.equal([])
    for (const name of ['__proto__', 'constructor', 'toString']) {
      const before = Reflect.ownKeys(Object.prototype).length
      reportOf(
        helloRecord().map((line) =>
          'peer' in line ? { ...line, peer: name } : 'name' in line ? { ...line, name } : line
        )
      )
      expect(Reflect.ownKeys(Object.prototype).length).to.equal(before)
      expect(Object.keys((Object.prototype as Record<string, object>)[name] ?? {})).to.deep.equal([])
    }
  }).timeout(30_000)

  it('is a page for the least record there can be', () => {
    const least = reportOf(hello.slice(0, 1))
    expect(elementsOf(least)).to.have.length.above(20)
    expect(textOf(least))
      .to.include('Nothing was said in this run.')
      .and.not.to.match(/NaN|undefined|Infinity/)
    for (const markup of Object.values(pages)) expect(textOf(markup)).not.to.match(/NaN|undefined|Infinity|\[object/)
  })

  it('refuses lines that do not begin with a run', () => {
    expect(() => reportOf(hello.slice(1))).to.throw(TypeError)
  })

  it('has a line for each fault that can be told from the one before, and shades a time of many once', () => {
    const faults = Array.from({ length: 90 }, (_, i) => i).map(
      (i): RecordLine => ({ type: 'fault', at: 10_000 + 50 * i, what: 'stops', peers: ['bob'], until: 16_000 })
    )
    const lines = [hello[0]!, ...faults, { type: 'phase', at: 20_000, name: 'the end' } as const]
    const wide = /<svg[^>]*aria-labelledby="time-line-wide-title[\s\S]*?<\/svg>/.exec(reportOf(lines))![0]
    expect(wide.match(/stroke="var\(--fault\)" stroke-width="1.5"/g)).to.have.length(90)
    expect(wide.match(/fill="var\(--fault\)" fill-opacity="0.1"/g)).to.have.length(1)
  })

  it('shows the key that a peer has, not the one that it had within the same moment', () => {
    const key = { type: 'key', peer: 'alice', count: 1 } as const
    const lines: RecordLine[] = [
      hello[0]!,
      { ...key, at: 0, state: 'asking', term: 0, serial: 0 },
      { ...key, at: 0, state: 'ready', term: 3, serial: 4 },
      { ...key, at: 5_000, state: 'ready', term: 3, serial: 5 },
      { ...key, at: 5_001, state: 'ready', term: 3, serial: 6 },
      { type: 'phase', at: 10_000, name: 'the end' }
    ]
    const words = elementsOf(reportOf(lines)).flatMap(({ name, text }) => (name === 'text' ? [text] : []))
    expect(words.filter((word) => /^3\.\d$/.test(word))).to.deep.equal(['3.4', '3.6', '3.4', '3.6'])
  })

  it('shows the links that a fault left, whatever had changed more before', () => {
    expect(textOf(page)).to.match(/\n10 s: 45 links\n/)
    const calm = hello.filter(({ type }) => type !== 'fault')
    expect(textOf(reportOf(calm))).to.match(/\n5 s: 55 links\n/)
  })

  it('says why what is said after a lie was found out is shown to nobody', () => {
    const words = 'Who knows that a key manager lied sends nothing any more'
    expect(textOf(page)).to.not.include(words)
    const alarm: RecordLine = { type: 'notice', at: hello.at(-1)!.at, peer: 'alice', what: 'alarm', words: 'a lie' }
    expect(textOf(reportOf(hello.toSpliced(-1, 0, alarm)))).to.include(words)
  })

  it('folds a crowd into bands, and stays small', () => {
    const lines = crowdRecord(100_000, 3_000)
    const crowd = reportOf(lines)
    expect(lines).to.have.length.above(100_000)
    expect(crowd.length).to.be.below(8_000_000)
    expect(embeddedIn(crowd).length).to.be.below(20_001)
    expect(textOf(crowd)).to.include('of the 129,').and.to.include('How many peers held the newest epoch')
    expect(textOf(crowd)).to.include('At the end 100,000 peers held the newest epoch')
    expect(textOf(crowd)).to.not.include('Epochs held')
    elementsOf(crowd)
  }).timeout(30_000)
})

describe('the comparison of two runs', () => {
  it('says what differs between them, in plain lines too', () => {
    const quick = helloRecord({ seed: 8 })
    const lines = comparisonText(
      hello,
      quick.filter((line) => line.type !== 'said' || line.by !== 'alice')
    )
    expect(lines[0]).to.equal('A: hello, virtual, seed 7: All promises that were checked held')
    expect(lines.find((line) => line.startsWith('messages said'))!.split(/ {2,}/)).to.deep.equal([
      'messages said',
      '45',
      '33',
      '−12',
      '−26.7'
    ])
    expect(lines.find((line) => line.startsWith('epochs made'))!.split(/ {2,}/)).to.deep.equal([
      'epochs made',
      '11',
      '11',
      '='
    ])
    expect(lines.at(-1)).to.equal('All promises have the same verdict in both.')
    expect(comparisonText(hello, brokenRecord())).to.include('I-3: not in A -> broken')
  })

  it('keeps words of strangers in one line, with nothing hidden', () => {
    for (const line of comparisonText(hostileRecord(), hello)) expect(line).not.to.match(/[\p{Cc}\p{Cf}]/u)
  })
})
