/**
 * A crowd: many peers of one kind in one process, in one room, on one connection graph.
 *
 * Every kind gets the same transports, limits, graph, mesh degrees and payload, so that what differs in the figures is
 * what differs in the kinds. A message that one peer lacks, or that one peer gets twice, makes the run void.
 */

/** What each kind of crowd can do. Peer 0 is the sender. */
export interface Crowd {
  /** Says one message; resolves when it is handed to the network. */
  say(round: number, index: number, bytes: number): Promise<void>
  /** Calls back for every message that a peer other than the sender has for its user. */
  onDelivery(listener: (peer: number, round: number, index: number, sentAt: number) => void): void
  /** Open connections of each peer. */
  connections(): number[]
  stop(): Promise<void>
}

/** The kinds that are compared. */
export const KINDS = ['signed', 'unsigned', 'conclave', 'conclave-disk'] as const
export type Kind = (typeof KINDS)[number]

export const KIND_NAMES: Readonly<Record<Kind, string>> = {
  signed: 'gossipsub, default signing',
  unsigned: 'gossipsub, unsigned',
  conclave: 'Conclave, memory store',
  'conclave-disk': 'Conclave, disk store'
}

/** Mesh degrees of every kind: what src/node/carrier.ts sets. */
export const MESH = { D: 6, Dlo: 4, Dhi: 12, Dscore: 4, Dout: 2, Dlazy: 6 } as const

/** Repeatable randomness (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
}

/**
 * Who dials whom: a ring and random chords, the same for every kind; everybody with everybody when that is fewer.
 *
 * @param degree - connections per peer, on average.
 */
export function graphOf(peers: number, degree: number): readonly (readonly [from: number, to: number])[] {
  const pairs = new Map<string, readonly [number, number]>()
  const add = (a: number, b: number): void => {
    if (a !== b) pairs.set(`${Math.min(a, b)}-${Math.max(a, b)}`, [a, b])
  }
  if (peers <= degree + 1) {
    for (let a = 0; a < peers; a++) for (let b = 0; b < a; b++) add(a, b)
    return [...pairs.values()]
  }
  const random = seeded(peers * 1_000 + degree)
  for (let a = 0; a < peers; a++) add((a + 1) % peers, a)
  while (pairs.size < (peers * degree) / 2) add(Math.floor(random() * peers), Math.floor(random() * peers))
  return [...pairs.values()]
}

/** What a message says: round, index and when it was sent, then filled up to its size. */
export const textOf = (round: number, index: number, bytes: number): string =>
  `${round} ${index} ${performance.now().toFixed(3)} `.padEnd(bytes, 'x')

export function readText(text: string): [round: number, index: number, sentAt: number] {
  const [round, index, sentAt] = text.split(' ', 3).map(Number)
  return [round ?? -1, index ?? -1, sentAt ?? Number.NaN]
}
