/** The rules of docs/architecture.md, executed over the sources. */
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect } from 'chai'
import { CHECKS } from '../src/core/reject.ts'
import { LABEL } from '../src/crypto/labels.ts'

const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), '../..')
const FLOORS = ['base', 'crypto', 'wire', 'core', 'node', 'sim', 'cli']
const PURE = ['base', 'crypto', 'wire', 'core']

/** What each room may import besides its own files; a prefix ends in a slash. */
const PACKAGES: Readonly<Record<string, readonly string[]>> = {
  base: ['uint8arrays/'],
  crypto: ['node:crypto', 'node:module', 'sodium-native'],
  wire: ['protons-runtime', 'uint8arrays/', 'uint8arraylist'],
  core: [],
  node: [
    'node:',
    '@libp2p/',
    '@multiformats/',
    'libp2p',
    'classic-level',
    'it-',
    'uint8arraylist',
    'interface-datastore',
    'multiformats/',
    'uint8arrays/'
  ],
  sim: ['node:crypto', 'echarts/'],
  cli: ['node:']
}

interface Source {
  readonly path: string
  readonly room: string
  readonly text: string
  readonly imports: readonly string[]
}

function filesUnder(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name)
    return entry.isDirectory() ? filesUnder(path) : path.endsWith('.ts') ? [path] : []
  })
}

const IMPORT =
  /(?:^|\n)\s*(?:import|export)\b[^;'"]*?from\s*'([^']+)'|\bimport\(\s*'([^']+)'\s*\)|(?:^|\n)import\s+'([^']+)'/g

function read(path: string): Source {
  const text = readFileSync(path, 'utf8')
  const imports = [...text.matchAll(IMPORT)].map((match) => (match[1] ?? match[2] ?? match[3])!)
  const parts = relative(join(ROOT, 'src'), path).split('/')
  return { path: relative(ROOT, path), room: parts.length > 1 ? parts[0]! : 'index', text, imports }
}

const sources = filesUnder(join(ROOT, 'src')).map(read)
/** The live world of the simulator, which real nodes run in. */
const isLive = ({ path }: Source): boolean => /^src\/sim\/live[a-z-]*\.ts$/.test(path)
const isRelative = (name: string): boolean => name.startsWith('.')
const target = (source: Source, name: string): string =>
  relative(join(ROOT, 'src'), resolve(ROOT, dirname(source.path), name))
const withoutComments = (text: string): string => text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/(^|\s)\/\/.*$/gm, '')

describe('the sources', () => {
  it('import only from their own floor and those below', () => {
    const wrong: string[] = []
    for (const source of sources.filter(({ room }) => room !== 'index')) {
      for (const name of source.imports.filter(isRelative)) {
        const room = target(source, name).split('/')[0]!
        if (FLOORS.indexOf(room) > FLOORS.indexOf(source.room)) wrong.push(`${source.path} imports ${name}`)
      }
    }
    expect(wrong).to.deep.equal([])
  })

  it('import packages only where they belong', () => {
    const wrong: string[] = []
    for (const source of sources.filter(({ room }) => room !== 'index')) {
      const allowed = PACKAGES[isLive(source) ? 'node' : source.room] ?? []
      for (const name of source.imports.filter((one) => !isRelative(one))) {
        const isAllowed = allowed.some((one) => name === one || (/[/:-]$/.test(one) && name.startsWith(one)))
        if (!isAllowed) wrong.push(`${source.path} imports ${name}`)
      }
    }
    expect(wrong).to.deep.equal([])
  })

  it('reach real nodes from the simulator through its live world alone', () => {
    const files = sources.filter(
      ({ room, imports }) => room === 'sim' && imports.some((name) => name.includes('/node/'))
    )
    expect(files.filter((source) => !isLive(source)).map(({ path }) => path)).to.deep.equal([])
  })

  it('keep the roles of the core apart', () => {
    const order = [['identity'], ['channel'], ['member', 'manager', 'session']]
    const rank = (part: string): number => order.findIndex((names) => names.includes(part))
    const wrong: string[] = []
    for (const source of sources.filter(({ room }) => room === 'core')) {
      const own = source.path.split('/')[2]!
      for (const name of source.imports.filter(isRelative)) {
        const [room, part] = target(source, name).split('/')
        if (room !== 'core' || rank(own) < 0 || part === own) continue
        const isUpward = part === 'peer.ts' || rank(part!) > rank(own)
        if (isUpward || (rank(part!) === rank(own) && part !== own)) wrong.push(`${source.path} imports ${name}`)
      }
    }
    expect(wrong).to.deep.equal([])
  })

  it('have no clock, chance, timer or promise in the pure rooms', () => {
    const impure =
      /\bDate\.now\b|\bnew Date\b|\bMath\.random\b|\bset(?:Timeout|Interval|Immediate)\b|\bPromise\b|\basync\b|\bawait\b|\bprocess\./
    const wrong = sources.filter(({ room, text }) => PURE.includes(room) && impure.test(withoutComments(text)))
    const allowed = ['src/wire/messages.ts', 'src/wire/rows.ts']
    expect(wrong.map(({ path }) => path).filter((path) => !allowed.includes(path))).to.deep.equal([])
  })

  it('are named in kebab case, after a noun', () => {
    const wrong = sources.filter(
      ({ path }) =>
        !/^src(\/[a-z0-9-]+)+(\.pb)?\.ts$/.test(path) || /\/(utils?|helpers?|common|misc)(\/|\.ts)/.test(path)
    )
    expect(wrong.map(({ path }) => path)).to.deep.equal([])
  })

  it('use each label in one place', () => {
    const wrong: string[] = []
    for (const name of Object.keys(LABEL)) {
      const uses = sources.filter(
        ({ path, text }) => path !== 'src/crypto/labels.ts' && new RegExp(`LABEL\\.${name}\\b`).test(text)
      )
      if (uses.length !== 1) wrong.push(`${name}: ${uses.map(({ path }) => path).join(', ') || 'nowhere'}`)
    }
    expect(wrong).to.deep.equal([])
  })

  it('give every check a place in the protocol, a place in the code and a test that names it', () => {
    const protocol = readFileSync(join(ROOT, 'docs/protocol.md'), 'utf8')
    const tests = filesUnder(join(ROOT, 'test'))
      .map((path) => readFileSync(path, 'utf8'))
      .join('\n')
    const code = sources
      .filter(({ path }) => path !== 'src/core/reject.ts')
      .map(({ text }) => text)
      .join('\n')
    const wrong: string[] = []
    for (const number of Object.keys(CHECKS)) {
      if (!protocol.includes(`R-${number}`)) wrong.push(`R-${number} is not in docs/protocol.md`)
      if (!new RegExp(`\\b${number}\\b`).test(code)) wrong.push(`R-${number} is not in the code`)
      if (!tests.includes(`R-${number}`)) wrong.push(`R-${number} has no test that names it`)
    }
    expect(wrong).to.deep.equal([])
  })

  it('stay importable in a browser behind the public door', () => {
    const seen = new Set<string>()
    const open = ['src/index.ts']
    const wrong: string[] = []
    for (let path = open.pop(); path !== undefined; path = open.pop()) {
      if (seen.has(path)) continue
      seen.add(path)
      const source = sources.find((one) => one.path === path)
      for (const name of source?.imports ?? []) {
        if (isRelative(name)) open.push(join('src', target(source!, name)))
        else if (/^(libp2p|@libp2p\/|classic-level)/.test(name)) wrong.push(`${path} imports ${name}`)
      }
    }
    expect(wrong).to.deep.equal([])
  })
})
