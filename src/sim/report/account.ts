/**
 * What a record says, put in order: who held which key when, who led, what was said and how long it took.
 *
 * A pure function of the lines. Everything the page shows is read from here; nothing here knows how it is shown.
 */
import type {
  ActLine,
  EndLine,
  EpochLine,
  FaultLine,
  InvariantLine,
  LinksLine,
  NoticeLine,
  PeerRole,
  RecordLine,
  RunLine,
  SampleLine,
  SightLine
} from '../record.ts'
import { Spans } from './quantiles.ts'

/** Of all peers with rows of their own at most so many; more are shown as a crowd. */
const MOST_ROWS = 60
/** Strips of time in which deliveries are counted. */
const STRIPS = 120

export interface Part {
  readonly name: string
  readonly from: number
  to: number
  said: number
  shown: number
  epochs: number
  faults: number
  readonly latency: Spans
}

/** A peer held a key, or was without, from one moment to another, also while it was down: its key is on its disk. */
export interface KeySpell {
  readonly from: number
  to: number
  readonly state: string
  readonly term: number
  readonly serial: number
}

export interface PeerAccount {
  readonly name: string
  readonly role: PeerRole
  readonly keys: KeySpell[]
  /** When it was not there, or did nothing. */
  readonly absences: { readonly state: 'down' | 'paused'; readonly from: number; to: number }[]
}

export interface Term {
  readonly term: number
  readonly by: string
  readonly from: number
  to: number
  readonly signers: readonly string[]
}

/** How many hold the newest epoch, the one before, an older one, or none, at one moment. */
export interface Holding {
  readonly at: number
  readonly newest: number
  readonly previous: number
  readonly older: number
  /** On the way to a key, as far as the record tells. */
  readonly without: number
}

export interface Account {
  readonly lines: readonly RecordLine[]
  readonly run: RunLine
  /** Missing when the run was cut off. */
  readonly end: EndLine | undefined
  /** ms, at least one. */
  readonly duration: number
  readonly parts: readonly Part[]
  readonly faults: readonly FaultLine[]
  /** What ended faults. */
  readonly reliefs: readonly FaultLine[]
  readonly acts: readonly ActLine[]
  readonly epochs: readonly EpochLine[]
  readonly terms: readonly Term[]
  readonly peers: ReadonlyMap<string, PeerAccount>
  /** Whether there are too many peers to tell of each. */
  readonly isCrowd: boolean
  readonly holdings: readonly Holding[]
  readonly said: number
  readonly shown: number
  readonly latency: Spans
  readonly stripMs: number
  /** By strip of `stripMs`; the last may be longer. */
  readonly saidIn: readonly number[]
  readonly shownIn: readonly number[]
  /** Bytes a second, by kind, since the entry before. */
  readonly carried: readonly {
    readonly from: number
    readonly to: number
    readonly kinds: ReadonlyMap<string, number>
  }[]
  /** [frames, bytes], the kind with most bytes first. */
  readonly kinds: ReadonlyMap<string, readonly [frames: number, bytes: number]>
  readonly carriedBytes: number
  readonly samples: readonly SampleLine[]
  readonly links: readonly LinksLine[]
  readonly sights: readonly SightLine[]
  readonly notices: readonly NoticeLine[]
  readonly invariants: readonly InvariantLine[]
}

/** @throws {TypeError} when the first line is no `run`. */
export function accountOf(record: Iterable<RecordLine>): Account {
  const lines = [...record]
  const [run] = lines
  if (run?.type !== 'run') throw new TypeError('a record begins with a run line')
  const duration = Math.max(1, lines.at(-1)!.at)
  const of = <T extends RecordLine['type']>(type: T): Extract<RecordLine, { type: T }>[] =>
    lines.filter((line): line is Extract<RecordLine, { type: T }> => line.type === type)
  const { faults = [], reliefs = [] } = Object.groupBy(of('fault'), ({ isEnd }) =>
    isEnd === true ? 'reliefs' : 'faults'
  )
  const epochs = of('epoch')
  const parts = partsOf(run, lines, duration)
  const peers = peersOf(lines, duration)
  const isCrowd = run.mode === 'scale' || peers.size > MOST_ROWS || run.peers + run.managers > MOST_ROWS
  const { carried, kinds } = carriedOf(lines)
  return {
    lines,
    run,
    end: of('end')[0],
    duration,
    parts,
    faults,
    reliefs,
    acts: of('act'),
    epochs,
    terms: termsOf(epochs, duration),
    peers,
    isCrowd,
    holdings: isCrowd ? holdingsOf(lines) : [],
    ...spokenOf(lines, parts, duration, run.mode === 'scale' ? CROWD_COUNT_MS : 0),
    carried,
    kinds,
    carriedBytes: [...kinds.values()].reduce((sum, [, bytes]) => sum + bytes, 0),
    samples: of('sample'),
    links: of('links').filter((line) => line.links.length > 0),
    sights: of('sight'),
    notices: of('notice'),
    invariants: of('invariant')
  }
}

function partsOf(run: RunLine, lines: readonly RecordLine[], duration: number): Part[] {
  const parts: Part[] = []
  const begin = (name: string, from: number): void => {
    const last = parts.at(-1)
    if (last !== undefined) last.to = from
    parts.push({ name, from, to: duration, said: 0, shown: 0, epochs: 0, faults: 0, latency: new Spans() })
  }
  for (const line of lines) {
    if (line.type === 'phase') begin(line.name, line.at)
    else if (parts.length === 0 && line.at > 0) begin(run.mode === 'live' ? 'nodes start' : 'before the first phase', 0)
    const part = parts.at(-1)
    if (part === undefined) continue
    if (line.type === 'epoch') part.epochs++
    else if (line.type === 'fault' && line.isEnd !== true) part.faults++
  }
  if (parts.length === 0) begin('all of it', 0)
  return parts
}

function peersOf(lines: readonly RecordLine[], duration: number): Map<string, PeerAccount> {
  const peers = new Map<string, PeerAccount>()
  const peer = (name: string, role: PeerRole): PeerAccount => {
    const known = peers.get(name) ?? { name, role, keys: [], absences: [] }
    peers.set(name, known)
    return known
  }
  for (const line of lines) {
    if (line.type === 'peer') {
      const { absences } = peer(line.peer, line.role)
      const last = absences.at(-1)
      if (last?.to === duration) last.to = line.at
      if (line.state === 'down' || line.state === 'paused')
        absences.push({ state: line.state, from: line.at, to: duration })
    } else if (line.type === 'key' && line.peer !== '') {
      const { at, state, term, serial } = line
      const { keys } = peer(line.peer, 'member')
      const last = keys.at(-1)
      if (last?.state === state && last.term === term && last.serial === serial && last.to === duration) continue
      if (last?.to === duration) last.to = at
      keys.push({ from: at, to: duration, state, term, serial })
    }
  }
  return peers
}

function termsOf(epochs: readonly EpochLine[], duration: number): Term[] {
  const terms: Term[] = []
  for (const { at, term, by, signers } of epochs) {
    const last = terms.at(-1)
    if (last?.term === term && last.by === by) continue
    if (last !== undefined) last.to = at
    terms.push({ term, by, signers, from: at, to: duration })
  }
  return terms
}

/** Order of epochs. */
const rank = (term: number, serial: number): number => term * 2 ** 24 + serial

/**
 * Who is where over time. Peers with names are followed one by one. A crowd's record tells only how many come to an epoch:
 * no more hold keys than the newest epoch has members, so those beyond that number have left the oldest.
 */
function holdingsOf(lines: readonly RecordLine[]): Holding[] {
  const held = new Map<number, number>()
  const where = new Map<string, number | undefined>()
  const asleep = new Map<string, number | undefined>()
  const known = new Set<number>()
  const holdings: Holding[] = []
  let members = 0
  let total = 0
  let without = 0
  const add = (at: number | undefined, count: number): void => {
    if (at === undefined) {
      without += count
      return
    }
    total += count
    const sum = (held.get(at) ?? 0) + count
    if (sum > 0) held.set(at, sum)
    else held.delete(at)
  }
  const look = (at: number): void => {
    const [newest, previous] = [...known].sort((a, b) => b - a)
    const first = newest === undefined ? 0 : (held.get(newest) ?? 0)
    const second = previous === undefined ? 0 : (held.get(previous) ?? 0)
    const now = { at, newest: first, previous: second, older: total - first - second, without }
    if (holdings.at(-1)?.at === at) holdings.pop()
    holdings.push(now)
  }
  let pending: number | undefined
  for (const line of lines) {
    if (pending !== undefined && line.at > pending) {
      look(pending)
      pending = undefined
    }
    if (line.type === 'epoch') {
      members = line.members
      known.add(rank(line.term, line.serial))
      for (const one of [...known].sort((a, b) => b - a).slice(2)) known.delete(one)
    } else if (line.type === 'peer' && line.state === 'down' && where.has(line.peer)) {
      add(where.get(line.peer), -1)
      asleep.set(line.peer, where.get(line.peer))
      where.delete(line.peer)
    } else if (line.type === 'peer' && line.state === 'up' && asleep.has(line.peer)) {
      add(asleep.get(line.peer), 1)
      where.set(line.peer, asleep.get(line.peer))
      asleep.delete(line.peer)
    } else if (line.type === 'key') {
      const to = line.state === 'ready' ? rank(line.term, line.serial) : undefined
      if (line.peer !== '') {
        asleep.delete(line.peer)
        if (where.has(line.peer)) add(where.get(line.peer), -1)
        if (line.state === 'removed' || line.state === 'left') where.delete(line.peer)
        else {
          where.set(line.peer, to)
          add(to, 1)
        }
      } else if (to !== undefined) {
        add(to, line.count)
        for (const oldest of [...held.keys()].sort((a, b) => a - b)) {
          if (total <= members) break
          add(oldest, -Math.min(held.get(oldest)!, total - members))
        }
      }
    } else continue
    pending = line.at
  }
  if (pending !== undefined) look(pending)
  return holdings
}

type Spoken = Pick<Account, 'said' | 'shown' | 'latency' | 'stripMs' | 'saidIn' | 'shownIn'>

/** @param leastMs - what was shown is counted by no less. */
function spokenOf(lines: readonly RecordLine[], parts: readonly Part[], duration: number, leastMs: number): Spoken {
  const stripMs = STRIP_MS.find((ms) => ms >= leastMs && duration / ms <= STRIPS) ?? Math.ceil(duration / STRIPS)
  const strips = Math.max(1, Math.floor(duration / stripMs))
  const saidIn = new Array<number>(strips).fill(0)
  const shownIn = new Array<number>(strips).fill(0)
  const latency = new Spans()
  const strip = (at: number): number => Math.min(strips - 1, Math.floor(at / stripMs))
  const partAt = (at: number): Part => parts.findLast(({ from }) => from <= at) ?? parts[0]!
  let said = 0
  for (const line of lines) {
    if (line.type === 'said') {
      said++
      saidIn[strip(line.at)]!++
      partAt(line.at).said++
    } else if (line.type === 'shown') {
      shownIn[strip(line.at)]! += line.count
      latency.add(line.ms, line.count)
      const part = partAt(Math.max(0, line.at - line.ms))
      part.shown += line.count
      part.latency.add(line.ms, line.count)
    }
  }
  return { said, shown: latency.total, latency, stripMs, saidIn, shownIn }
}

/** How often what is shown in a crowd is counted. */
const CROWD_COUNT_MS = 1_000
const STRIP_MS = [10, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 30_000, 60_000, 300_000, 900_000, 3_600_000]

function carriedOf(lines: readonly RecordLine[]): {
  carried: { from: number; to: number; kinds: Map<string, number> }[]
  kinds: Map<string, readonly [number, number]>
} {
  const carried: { from: number; to: number; kinds: Map<string, number> }[] = []
  const kinds = new Map<string, readonly [number, number]>()
  let from = 0
  for (const line of lines) {
    if (line.type !== 'carried') continue
    const seconds = Math.max(1, line.at - from) / 1_000
    const rates = new Map<string, number>()
    for (const [kind, [frames, bytes]] of Object.entries(line.kinds)) {
      const [allFrames, allBytes] = kinds.get(kind) ?? [0, 0]
      kinds.set(kind, [allFrames + frames, allBytes + bytes])
      rates.set(kind, bytes / seconds)
    }
    carried.push({ from, to: line.at, kinds: rates })
    from = line.at
  }
  return { carried, kinds: new Map([...kinds].sort(([, a], [, b]) => b[1] - a[1])) }
}
