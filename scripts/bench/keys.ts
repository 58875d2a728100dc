/**
 * What changing a group's key costs by the size of the group: sender's CPU, bytes on the wire, one receiver's CPU.
 *
 * Ours is measured from the change to the signed frames and from their bytes to the confirmed keys; beside it MLS in
 * TypeScript and one HPKE seal for each member, in the same run. CPU is that of the whole process, so that work on the
 * thread pool counts too; the figure is the median of the rounds. What would not end within its budget is not begun.
 *
 *   node dist/scripts/bench/keys.js [--sizes 2,10,…] [--rounds 15] [--budget SECONDS] [--json FILE] [--markdown]
 */
import {
  cpuMs,
  flatSeals,
  MLS_SUITE,
  type MlsGroup,
  mlsAdmission,
  mlsChange,
  mlsGroup,
  mlsRemoval
} from './keys-others.ts'
import { treeChanges } from './keys-tree.ts'
import { listOf, median, numberOf, publish, readOptions, short, type Table, tell } from './report.ts'

const options = readOptions({ sizes: '2,10,100,1000,10000,100000', rounds: '15', budget: '30' })
const sizes = listOf(options, 'sizes').map(Number)
const rounds = numberOf(options, 'rounds')
const budgetMs = numberOf(options, 'budget') * 1_000

interface Cell {
  readonly sendMs: number
  readonly wireBytes: number
  readonly receiveMs: number
}

/** By change, then by scheme, then by size. */
const cells = new Map<string, Map<string, Map<number, Cell>>>()

function note(change: string, scheme: string, size: number, cell: Cell): void {
  const schemes = cells.get(change) ?? new Map<string, Map<number, Cell>>()
  cells.set(change, schemes)
  const bySize = schemes.get(scheme) ?? new Map<number, Cell>()
  schemes.set(scheme, bySize)
  bySize.set(size, cell)
}

/** CPU ms of one: the median of rounds, each of as many as take some milliseconds, within the budget. */
async function timeOf(act: () => unknown): Promise<number> {
  const first = await cpuMs(act)
  if (first * 3 > budgetMs) return first
  const times = Math.max(1, Math.ceil(10 / Math.max(await cpuMs(act), 0.01)))
  const all: number[] = []
  const end = performance.now() + budgetMs / 2
  while (all.length < rounds && (all.length === 0 || performance.now() < end)) {
    const many = await cpuMs(() => {
      for (let i = 0; i < times; i++) act()
    })
    all.push(many / times)
  }
  return median(all)
}

async function measureOurs(size: number): Promise<void> {
  for (const [name, prepare] of treeChanges(size)) {
    tell(`ours: ${name}, ${size}`)
    const change = prepare()
    if (change === undefined) continue
    const { send, receive, wireBytes } = change
    note(name, 'Conclave', size, { wireBytes, sendMs: await timeOf(send), receiveMs: await timeOf(receive) })
  }
}

/** @param seals - how many members must be told. */
async function measureFlat(change: string, size: number, seals: number): Promise<void> {
  // A seal takes about 0.1 ms; preparing does it once more than measuring.
  if (seals < 1 || seals * 0.1 * 3 > budgetMs) return
  tell(`HPKE seals: ${change}, ${size}`)
  const { send, receive, wireBytes } = flatSeals(seals)
  note(change, 'HPKE seals', size, { wireBytes, sendMs: await timeOf(send), receiveMs: await timeOf(receive) })
}

const shareOf = (size: number, share: number): number[] => {
  const count = Math.round(size * share)
  return count < 2 ? [] : Array.from({ length: count }, (_, i) => 2 + i)
}

/** @returns real ms that making the group took: the next size takes longer by more than it is larger. */
async function measureMls(size: number): Promise<number> {
  const start = performance.now()
  tell(`ts-mls: creation, ${size}`)
  const group: MlsGroup = await mlsGroup(size)
  const spent = performance.now() - start
  note('creation, leaf keys at hand', 'ts-mls', size, group.creation)
  const changes: [string, () => Parameters<typeof mlsChange>[1]][] = [
    ['admission, with its grant', () => mlsAdmission(group)],
    ['removal', () => mlsRemoval(size > 2 ? [size - 1] : [])],
    ['removal of 1 % at once', () => mlsRemoval(shareOf(size, 0.01))],
    ['removal of 10 % at once', () => mlsRemoval(shareOf(size, 0.1))]
  ]
  for (const [name, proposals] of changes) {
    if (proposals().length === 0) continue
    tell(`ts-mls: ${name}, ${size}`)
    const all: Cell[] = []
    const end = performance.now() + budgetMs / 8
    while (all.length < rounds && (all.length === 0 || performance.now() < end))
      all.push(await mlsChange(group, proposals()))
    const sendMs = median(all.map((one) => one.sendMs))
    note(name, 'ts-mls', size, {
      sendMs,
      wireBytes: all[0]!.wireBytes,
      receiveMs: median(all.map((one) => one.receiveMs))
    })
  }
  return spent
}

for (const size of sizes) await measureOurs(size)
for (const size of sizes) {
  await measureFlat('removal', size, size - 1)
  await measureFlat('removal of 1 % at once', size, size >= 200 ? Math.round(size * 0.99) : 0)
  await measureFlat('removal of 10 % at once', size, size >= 20 ? Math.round(size * 0.9) : 0)
  await measureFlat('creation, leaf keys at hand', size, size)
}
let [spentMs, before] = [0, 0]
for (const size of sizes) {
  if (before > 0 && (spentMs * size) / before > budgetMs) break
  spentMs = await measureMls(size)
  before = size
}

const kilo = (bytes: number): string => (bytes < 10_000 ? `${bytes}` : `${short(bytes / 1_000)}k`)
const cellText = (cell: Cell | undefined): string =>
  cell === undefined ? '–' : `${short(cell.sendMs)} / ${kilo(cell.wireBytes)} / ${short(cell.receiveMs)}`
const tables: Table[] = [...cells].map(([change, schemes]) => ({
  title: `${change}: sender ms / bytes / receiver ms`,
  columns: ['members', ...['Conclave', 'HPKE seals', 'ts-mls'].filter((scheme) => schemes.has(scheme))],
  rows: sizes.map((size) => [
    size.toLocaleString('en'),
    ...['Conclave', 'HPKE seals', 'ts-mls']
      .filter((scheme) => schemes.has(scheme))
      .map((scheme) => cellText(schemes.get(scheme)?.get(size)))
  ])
}))
const notes = [
  'Conclave: all frames of the announcement, chunks included; of an admission also the grant. Batches without the statements,',
  'about 240 bytes for each removal, which several announcements share. A receiver reads the chunks with its own wraps.',
  `ts-mls: ${MLS_SUITE}; one member makes every commit; commits as public messages, with their welcome where there is one.`,
  'HPKE seals: X25519, one for each member that stays, signed as a whole. –: not within the budget, or it makes no sense.'
]
const figures = [...cells].flatMap(([change, schemes]) =>
  [...schemes].flatMap(([scheme, bySize]) => [...bySize].map(([size, cell]) => ({ change, scheme, size, ...cell })))
)
publish(
  options,
  tables.map((table, i) => (i === tables.length - 1 ? { ...table, notes } : table)),
  figures
)
