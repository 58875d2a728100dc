/** Records of runs that never were, each like one that could be: for the page and whatever else reads records. */

import { Random } from '../../../src/sim/random.ts'
import type { InvariantLine, RecordLine, RunLine } from '../../../src/sim/record.ts'

const MEMBERS = ['alice', 'bob', 'carol', 'dave', 'erin', 'frank', 'grace', 'heidi']
const MANAGERS = ['manager-1', 'manager-2', 'manager-3']

const run = (init: Partial<RunLine>): RunLine => ({
  type: 'run',
  at: 0,
  version: 1,
  scenario: 'hello',
  about: 'People come into a channel and talk.',
  mode: 'virtual',
  seed: 7,
  managers: 3,
  peers: 8,
  parameters: { rate: 3 },
  command: 'conclave simulate hello --seed 7 --mode virtual',
  startedAt: '2026-01-02T03:04:05.000Z',
  ...init
})

const promise = (id: string, verdict: InvariantLine['verdict'], more: Partial<InvariantLine> = {}): InvariantLine => ({
  type: 'invariant',
  at: 20_000,
  id,
  claim: `The promise of ${id}.`,
  verdict,
  looks: verdict === 'not checked' ? 0 : 120,
  evidence: verdict === 'not checked' ? 'nothing that it is about has happened' : 'frames on topics',
  ...more
})

const inOrder = (lines: readonly RecordLine[]): RecordLine[] => [...lines].sort((a, b) => a.at - b.at)

/** Eleven peers: they join, talk, are cut in two for three seconds, another manager takes over, one member is removed. */
export function helloRecord(init: Partial<RunLine> = {}): RecordLine[] {
  const random = new Random(init.seed ?? 7, 'hello record')
  const peers = [...MANAGERS, ...MEMBERS]
  const lines: RecordLine[] = []
  const epoch = (at: number, term: number, serial: number, by: string, holders: readonly string[]): void => {
    lines.push({
      type: 'epoch',
      at,
      term,
      serial,
      by,
      signers: [by],
      members: holders.length,
      isRoot: serial === 1,
      bytes: 900
    })
    for (const peer of holders)
      lines.push({ type: 'key', at: at + random.between(5, 60), peer, count: 1, state: 'ready', term, serial, ms: 40 })
  }
  for (const [at, name] of [
    [0, 'founding'],
    [1_000, 'joining'],
    [5_000, 'talk'],
    [9_000, 'apart'],
    [12_000, 'whole again'],
    [15_000, 'removal']
  ] as const)
    lines.push({ type: 'phase', at, name })
  for (const peer of peers) {
    lines.push({ type: 'peer', at: 0, peer, role: MANAGERS.includes(peer) ? 'manager' : 'member', state: 'up' })
    lines.push({ type: 'key', at: 500, peer, count: 1, state: 'asking', term: 0, serial: 0 })
  }
  epoch(600, 1, 1, 'manager-1', MANAGERS)
  MEMBERS.forEach((member, i) => {
    lines.push({ type: 'act', at: 1_000 + 400 * i, what: 'asks to join', by: member })
    epoch(1_200 + 400 * i, 1, i + 2, 'manager-1', [...MANAGERS, ...MEMBERS.slice(0, i + 1)])
  })
  lines.push({
    type: 'fault',
    at: 9_000,
    what: 'the network falls into 2 parts',
    peers: ['manager-1', 'alice'],
    until: 12_000
  })
  lines.push({ type: 'peer', at: 10_000, peer: 'manager-1', role: 'manager', state: 'paused' })
  lines.push({ type: 'peer', at: 12_500, peer: 'manager-1', role: 'manager', state: 'resumed' })
  epoch(11_000, 2, 1, 'manager-2', peers.slice(1))
  lines.push({ type: 'notice', at: 11_100, peer: 'bob', what: 'manager', words: 'manager-2 is in office' })
  lines.push({ type: 'notice', at: 12_600, peer: 'carol', what: 'gap', words: 'one message of alice is missing' })
  lines.push({ type: 'act', at: 15_000, what: 'removes', by: 'manager-2', about: 'erin' })
  epoch(
    15_300,
    2,
    2,
    'manager-2',
    peers.filter((peer) => peer !== 'erin')
  )
  lines.push({ type: 'key', at: 15_400, peer: 'erin', count: 1, state: 'removed', term: 2, serial: 1 })
  for (let i = 0; i < 45; i++) {
    const at = 5_000 + i * 300
    const by = MEMBERS[i % 4]!
    lines.push({ type: 'said', at, id: `${by} ${i}`, by, place: i % 9 === 0 ? 'cooks' : '', readers: 10 })
    for (const peer of peers.filter((one) => one !== by)) {
      const ms = random.between(8, 60) + (at > 9_000 && at < 12_000 ? 2_000 : 0)
      if (at + ms < 20_000) lines.push({ type: 'shown', at: at + ms, id: `${by} ${i}`, peer, ms, count: 1 })
    }
  }
  for (let at = 1_000; at <= 20_000; at += 1_000) {
    const kinds = {
      announcement: [11, 9_000 * (at % 3_000 === 0 ? 3 : 1)],
      message: [40, at > 5_000 ? 21_000 : 0],
      heartbeat: [11, 2_500],
      keyRequest: [2, 10_000]
    } as const
    lines.push({ type: 'carried', at, kinds })
    lines.push({ type: 'sample', at, rss: 90e6 + 1e3 * at, events: random.between(100, 300), ms: 250, online: 11 })
  }
  const full = peers.flatMap((a, i) => peers.slice(i + 1).map((b) => [a, b] as const))
  lines.push({ type: 'links', at: 0, links: [] })
  lines.push({ type: 'links', at: 2_000, links: full.slice(0, 20) })
  lines.push({ type: 'links', at: 5_000, links: full })
  lines.push({ type: 'links', at: 10_000, links: full.filter(([a]) => a !== 'manager-1') })
  lines.push({ type: 'links', at: 13_000, links: full })
  lines.push({
    type: 'sight',
    at: 5_100,
    kind: 'message',
    carrier: '539 bytes; sealed: 0da2cf… (284 bytes)',
    members: 'alice says: hello'
  })
  lines.push({ type: 'sight', at: 5_200, kind: 'digest', carrier: '4,277 bytes', members: '' })
  return [
    run(init),
    ...inOrder(lines),
    promise('I-1', 'held'),
    promise('I-10', 'held'),
    promise('I-13', 'not checked'),
    {
      type: 'end',
      at: 20_000,
      verdict: 'held',
      ms: 3_000,
      events: 4_321,
      rss: 140e6,
      figures: { 'first key, median, ms': 40, epochs: 11 }
    }
  ]
}

/** A run that a removed member could read on in. */
export function brokenRecord(): RecordLine[] {
  const trace = ['14.9 s  manager-2 removes erin', '15.2 s  erin derives the key of epoch 2.2']
  const evidence = 'erin derives the key of epoch 2.2, and is not in its roster'
  return helloRecord({ scenario: 'removal', seed: 41 }).map((line) => {
    if (line.type === 'end') return { ...line, verdict: 'broken' }
    return line.type === 'invariant' && line.id === 'I-10' ? promise('I-3', 'broken', { evidence, trace }) : line
  })
}

/** A crowd, in which whoever comes to an epoch within a second, and after the same time, is one line. */
export function crowdRecord(members = 100_000, seconds = 600): RecordLine[] {
  const random = new Random(3, 'crowd record')
  const lines: RecordLine[] = [
    { type: 'phase', at: 0, name: 'members come' },
    { type: 'phase', at: seconds * 400, name: 'everybody talks' },
    { type: 'fault', at: seconds * 700, what: 'stops for good', peers: ['peer0'] }
  ]
  const arriving = Math.floor(seconds * 0.4)
  let joined = 0
  for (let second = 1; second <= seconds; second++) {
    const at = second * 1_000
    const term = second > seconds * 0.7 ? 2 : 1
    if (second <= arriving || second % 30 === 0) {
      if (second <= arriving) joined = Math.round((members * second) / arriving)
      const epoch = { term, serial: second }
      lines.push({
        type: 'epoch',
        at: at - 900,
        ...epoch,
        by: `peer${term - 1}`,
        signers: [`peer${term - 1}`],
        members: joined,
        isRoot: false,
        bytes: 40_000
      })
      for (let step = 0; step < 40; step++)
        lines.push({
          type: 'key',
          at,
          peer: '',
          count: Math.floor(joined / 40) + (step === 0 ? joined % 40 : 0),
          state: 'ready',
          ...epoch,
          ms: 40 + 20 * step
        })
    } else {
      lines.push({
        type: 'said',
        at: at - 500,
        id: String(second),
        by: `peer${random.between(3, members)}`,
        place: '',
        readers: joined
      })
      for (let step = 0; step < 40; step++)
        lines.push({ type: 'shown', at, ms: 60 + 10 * step, count: Math.floor(joined / 40) })
    }
    lines.push({
      type: 'carried',
      at,
      kinds: { announcement: [joined, joined * 800], message: [joined * 3, joined * 900] }
    })
    lines.push({ type: 'sample', at, rss: 2e8 + joined * 2_000, events: joined * 3, ms: 700, online: joined })
  }
  return [
    run({ scenario: 'scale', mode: 'scale', peers: members, command: `conclave simulate scale --peers ${members}` }),
    ...inOrder(lines),
    promise('I-17', 'held', { at: seconds * 1_000 }),
    { type: 'end', at: seconds * 1_000, verdict: 'held', ms: 240_000, events: 9e7, rss: 2.1e9, figures: {} }
  ]
}

/** Words that want to be markup, a script, another direction, or the end of the element they stand in. */
export const HOSTILE = [
  '</script><script>alert(1)</script>',
  '"><img src=x onerror=alert(1)>',
  "' onmouseover='alert(1)",
  '<!-- --> ]]> &lt; &amp; <svg onload=alert(1)>',
  '\u202Egnp.exe\u0000\u001B[31m\u2028\uD800',
  '{a|b} {b} $& $1 {{x}} \\u003c',
  '__proto__',
  '',
  'x'.repeat(5_000),
  `z${'\u0301'.repeat(500)}`
]

/** The run of eleven with each word that a record can hold replaced by a hostile one. */
export function hostileRecord(): RecordLine[] {
  let next = 0
  const word = (): string => HOSTILE[next++ % HOSTILE.length]!
  const fixed = ['type', 'mode', 'role', 'verdict', 'version', 'state']
  const spoilt = (value: unknown, name = ''): unknown => {
    if (name === 'what' && ['gap', 'alarm', 'manager', 'member'].includes(value as string)) return value
    if (typeof value === 'string') return fixed.includes(name) ? value : word()
    if (Array.isArray(value)) return value.map((one) => spoilt(one))
    if (typeof value !== 'object' || value === null) return value
    const isMap = ['kinds', 'figures', 'parameters'].includes(name)
    const entries = Object.entries(value).map(([key, one]) => [isMap ? `${word()}${key}` : key, spoilt(one, key)])
    return Object.fromEntries(entries)
  }
  return brokenRecord().map((line) => spoilt(line) as RecordLine)
}
