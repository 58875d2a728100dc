/**
 * What the key management of a live channel takes: many who join at once, and the time until a removal is in force.
 *
 * All nodes are real ones, in one process, at the ordinary rates: the times are of one core that does everybody's work. A
 * storm is `--join` nodes, started and connected, that ask to join at the same moment. A removal is in force when every member
 * holds the new key; then a message is said, which all members must read and the removed one must get and not read.
 *
 *   node dist/scripts/bench/channel.js [--peers 10,50] [--join 8,40] [--removals 10] [--rounds 1] [--degree 10]
 *     [--profile FOLDER] [--json FILE] [--markdown]
 */
import { channel as diagnostics } from 'node:diagnostics_channel'
import type { Socket } from 'node:net'
import { join, resolve } from 'node:path'
import type { Effect, Env, Event } from '../../src/core/machine.ts'
import { Peer } from '../../src/core/peer.ts'
import { addressBytes, type Node } from '../../src/node/index.ts'
import { peekKind } from '../../src/sim/trace.ts'
import { graphOf } from './crowd.ts'
import { gather, isGathered, result, startOne, viewOf } from './crowd-conclave.ts'
import { watchGossip } from './gossip-watch.ts'
import { profiled } from './profiler.ts'
import {
  listOf,
  median,
  numberOf,
  pause,
  publish,
  quantile,
  readOptions,
  short,
  spread,
  tell,
  until
} from './report.ts'

const options = readOptions({
  peers: '10,50',
  join: '8,40',
  removals: '10',
  rounds: '1',
  degree: '10',
  profile: ''
})

const LIMIT_MS = 180_000
/** Meshes come to rest: a few heartbeats. */
const REST_MS = 3_000

const watch = await watchGossip()

/** Every socket of this process: what both ends have written is what was on the wire. */
const sockets = new Set<Socket>()
let closedBytes = 0
for (const name of ['net.client.socket', 'net.server.socket']) {
  diagnostics(name).subscribe((message) => {
    const { socket } = message as { socket: Socket }
    sockets.add(socket)
    socket.once('close', () => {
      sockets.delete(socket)
      closedBytes += socket.bytesWritten
    })
  })
}
const bytesWritten = (): number => [...sockets].reduce((sum, socket) => sum + socket.bytesWritten, closedBytes)

/** What all machines have asked for so far, by name. */
const asked = new Map<string, number>()
const count = (name: string): void => void asked.set(name, (asked.get(name) ?? 0) + 1)

/** A peer whose effects are counted, and which says what frames it was given. */
class WatchedPeer extends Peer {
  readonly frames = new Set<string>()

  override handle(event: Event, env: Env): Effect[] {
    if (event.type === 'frame' && event.frame.kind === 'message') this.frames.add(event.frame.bytes.toString())
    const effects = super.handle(event, env)
    for (const effect of effects) {
      if (effect.type === 'publish') count(`publish ${peekKind(effect.frame)}`)
      else if (effect.type === 'ask') count(`ask ${Object.keys(effect.question).join()}`)
      else if (effect.type === 'lookUp' || effect.type === 'putRecord') count(`${effect.type} ${effect.kind}`)
    }
    return effects
  }
}

interface Member {
  readonly node: Node
  peer: WatchedPeer
}

/** What a stretch of time took, in all nodes together. */
interface Cost {
  readonly wallMs: number
  readonly cpuMs: number
  readonly copies: number
  readonly rpcs: number
  readonly wireBytes: number
  readonly asked: Readonly<Record<string, number>>
}

async function costOf(act: () => Promise<void>): Promise<Cost> {
  const before = new Map(asked)
  const { copies, rpcs } = watch
  const bytes = bytesWritten()
  const cpu = process.cpuUsage()
  const from = performance.now()
  await act()
  const { user, system } = process.cpuUsage(cpu)
  const more = [...asked].map(([name, number]) => [name, number - (before.get(name) ?? 0)] as const)
  return {
    wallMs: performance.now() - from,
    cpuMs: (user + system) / 1_000,
    copies: watch.copies - copies,
    rpcs: watch.rpcs - rpcs,
    wireBytes: bytesWritten() - bytes,
    asked: Object.fromEntries(more.filter(([, number]) => number > 0).sort((a, b) => b[1] - a[1]))
  }
}

const namesOf = ({ asked, copies, rpcs }: Cost): string =>
  `${Object.entries(asked)
    .map(([name, number]) => `${number} ${name}`)
    .join(', ')}; ${copies} copies, ${rpcs} RPCs`

interface Storm {
  /** Until each newcomer could ask, and until it held a key, ms. */
  readonly askingMs: readonly number[]
  readonly readyMs: readonly number[]
  /** Until all hold the newest. */
  readonly gatheredMs: number
  readonly announcements: number
  /** Until the last holds a key. */
  readonly cost: Cost
}

interface Removal {
  /** Until each member held the new key, ms. */
  readonly inForceMs: readonly number[]
  readonly cost: Cost
}

interface Figures {
  readonly peers: number
  readonly newcomers: number
  readonly storms: readonly Storm[]
  readonly removals: readonly Removal[]
}

async function storm(
  there: readonly Member[],
  newcomers: readonly Member[],
  invite: string,
  profile: string | undefined
) {
  const founder = there[0]!.node
  const before = (await viewOf(founder))!
  const asking = new Map<Node, number>()
  const ready = new Map<Node, number>()
  let from = 0
  const stops = newcomers.map(({ node }) =>
    node.onNotice((notice) => {
      if (notice.type !== 'keyState') return
      const times = notice.state === 'asking' ? asking : notice.state === 'ready' ? ready : undefined
      if (times !== undefined && !times.has(node)) times.set(node, performance.now() - from)
    })
  )
  const cost = await profiled(profile, () =>
    costOf(async () => {
      from = performance.now()
      await Promise.all(newcomers.map(({ node }) => node.command({ type: 'join', invite })))
      await until('all hold a key', () => ready.size === newcomers.length, LIMIT_MS)
    })
  )
  const nodes = [...there, ...newcomers].map(({ node }) => node)
  await until('all hold the newest key', () => isGathered(nodes), LIMIT_MS)
  const gatheredMs = performance.now() - from
  for (const stop of stops) stop()
  const after = (await viewOf(founder))!
  return {
    askingMs: [...asking.values()],
    readyMs: [...ready.values()],
    gatheredMs,
    announcements: after.serial - before.serial,
    cost
  }
}

/** Removes a member; checks that it is shut out; lets it in again. */
async function removal(
  members: readonly Member[],
  removed: Member,
  channel: Uint8Array,
  text: string
): Promise<Removal> {
  const founder = members[0]!
  const staying = members.filter((member) => member !== removed)
  const { serial } = (await viewOf(founder.node))!
  const times = new Map<Node, number>()
  const read = new Set<Node>()
  let from = 0
  const stops = members.map(({ node }) =>
    node.onNotice((notice) => {
      if (notice.type === 'epoch' && notice.serial > serial) times.set(node, performance.now() - from)
      if (notice.type === 'message' && notice.content.text?.text === text) read.add(node)
    })
  )
  removed.peer.frames.clear()
  const cost = await costOf(async () => {
    from = performance.now()
    await founder.node.command({ type: 'remove', channel, user: removed.node.user, isForCause: false })
    await until('the removal is in force', () => staying.every(({ node }) => times.has(node)), LIMIT_MS)
  })
  const content = { text: { text, replyTo: new Uint8Array(0), isAction: false } }
  await founder.node.command({ type: 'say', channel, content, isPlain: false })
  await until('all members read it', () => staying.every(({ node }) => read.has(node)), LIMIT_MS)
  await until('the removed one was given it', () => removed.peer.frames.size > 0, LIMIT_MS)
  if (read.has(removed.node) || times.has(removed.node)) throw new Error('the removed one reads on')
  for (const stop of stops) stop()
  return { inForceMs: staying.map(({ node }) => times.get(node)!), cost }
}

async function measure(peers: number, newcomerCount: number, round: number): Promise<Figures> {
  const members: Member[] = []
  for (let i = 0; i < peers; i++) {
    let peer: WatchedPeer | undefined
    const node = await startOne(i, undefined, {
      makeMachine(config) {
        peer = new WatchedPeer(config)
        return peer
      }
    })
    members.push({ node, peer: peer! })
  }
  const graph = graphOf(peers, numberOf(options, 'degree'))
  const there = members.slice(0, peers - newcomerCount)
  const newcomers = members.slice(there.length)
  const nodes = members.map(({ node }) => node)
  const channel = await gather(nodes.slice(0, there.length), graph)
  for (const [a, b] of graph) {
    if (Math.max(a, b) >= there.length) nodes[a]!.connect(nodes[b]!.addresses())
  }
  const neighbours = nodes.map((_, i) => graph.filter((pair) => pair.includes(i)).length)
  await until('every neighbour is connected', () => nodes.every((node, i) => node.peers().length >= neighbours[i]!))
  await pause(REST_MS)
  const addresses = nodes.slice(0, 2).map((node) => addressBytes(node.addresses()[0]!)!)
  const founder = nodes[0]!
  const { invite } = await result(founder, 'invite', {
    type: 'invite',
    channel,
    uses: 0,
    lifetimeMs: undefined,
    addresses
  })
  const folder = options['profile'] ?? ''
  const file = folder === '' ? undefined : join(resolve(folder), `storm-${peers}.cpuprofile`)
  const stormed = await storm(there, newcomers, invite, file)
  tell(
    `${peers} peers: ${newcomerCount} joined in ${short(Math.max(...stormed.readyMs))} ms, ${stormed.announcements} announcements, CPU ${short(stormed.cost.cpuMs)} ms`
  )
  tell(namesOf(stormed.cost))
  await pause(REST_MS)
  const removals: Removal[] = []
  for (let i = 0; i < numberOf(options, 'removals'); i++) {
    const removed = members[1 + ((i * 7) % (peers - 1))]!
    removals.push(await removal(members, removed, channel, `after removal ${round} ${i}`))
    const last = Math.max(...removals.at(-1)!.inForceMs)
    tell(`${peers} peers: removal ${i} in force everywhere in ${short(last)} ms; ${namesOf(removals.at(-1)!.cost)}`)
    await until('it knows', async () => (await viewOf(removed.node))?.key === 'removed', LIMIT_MS)
    await founder.command({ type: 'admit', channel, user: removed.node.user })
    await removed.node.command({ type: 'join', invite })
    await until('it is back', () => isGathered(nodes), LIMIT_MS)
  }
  await Promise.all(nodes.map((node) => node.stop()))
  return { peers, newcomers: newcomerCount, storms: [stormed], removals }
}

const joins = listOf(options, 'join').map(Number)
const figures: Figures[] = []
for (const [i, peers] of listOf(options, 'peers').map(Number).entries()) {
  const newcomers = joins[i] ?? peers - 1
  const runs: Figures[] = []
  for (let round = 0; round < numberOf(options, 'rounds'); round++) runs.push(await measure(peers, newcomers, round))
  const all = { storms: runs.flatMap(({ storms }) => storms), removals: runs.flatMap(({ removals }) => removals) }
  figures.push({ peers, newcomers, ...all })
}

const millions = (bytes: number): string => short(bytes / 1e6)
const ofStorms = (storms: readonly Storm[], value: (storm: Storm) => number): string => spread(storms.map(value))

publish(
  options,
  [
    {
      title: 'Joining at once: nodes that are started and connected, an open channel with a running key manager',
      columns: [
        'nodes',
        'joining',
        'could ask, median ms',
        'held a key, median ms',
        'last held a key, ms',
        'all hold the newest, ms',
        'announcements',
        'CPU s',
        'gossip copies',
        'gossip RPCs',
        'MB on the wire'
      ],
      rows: figures.map(({ peers, newcomers, storms }) => [
        String(peers),
        String(newcomers),
        ofStorms(storms, ({ askingMs }) => median(askingMs)),
        ofStorms(storms, ({ readyMs }) => median(readyMs)),
        ofStorms(storms, ({ readyMs }) => Math.max(...readyMs)),
        ofStorms(storms, ({ gatheredMs }) => gatheredMs),
        ofStorms(storms, ({ announcements }) => announcements),
        ofStorms(storms, ({ cost }) => cost.cpuMs / 1_000),
        ofStorms(storms, ({ cost }) => cost.copies),
        ofStorms(storms, ({ cost }) => cost.rpcs),
        storms.map(({ cost }) => millions(cost.wireBytes)).join(', ')
      ]),
      notes: [
        `All nodes in one process, at the ordinary rates, memory stores, ${options['degree']} connections each on average; the invite names two members.`,
        'CPU, copies, RPCs and bytes: of all nodes, from the first command until the last newcomer held a key.'
      ]
    },
    {
      title: 'A member removed, not for cause: time from the command until a member holds the new key',
      columns: [
        'nodes',
        'removals',
        'a member, median ms',
        'the last member, median ms',
        'worst ms',
        'CPU ms',
        'kB on the wire'
      ],
      rows: figures.map(({ peers, removals }) => {
        const last = removals.map(({ inForceMs }) => Math.max(...inForceMs))
        return [
          String(peers),
          String(removals.length),
          short(median(removals.flatMap(({ inForceMs }) => inForceMs))),
          spread(last),
          short(quantile(last, 1)),
          spread(removals.map(({ cost }) => cost.cpuMs)),
          spread(removals.map(({ cost }) => cost.wireBytes / 1_000))
        ]
      }),
      notes: ['After each, a message was said: every member read it; the removed one was given it and could not.']
    }
  ],
  figures
)
process.exit()
