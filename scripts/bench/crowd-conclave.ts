/**
 * A crowd of whole Conclave nodes in one encrypted channel: founded, joined by invite, keys granted, nothing left out.
 *
 * Only the rates of frames are lifted (`unsafeRates`): a benchmark says more in a second than a member may.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ChannelView, CommandResult } from '../../src/core/command.ts'
import { initHome, type Node, type NodeInit, type Rates, startNode } from '../../src/node/index.ts'
import { Admission } from '../../src/wire/messages.ts'
import { type Crowd, graphOf, readText, textOf } from './crowd.ts'
import { until } from './report.ts'

const PLENTY = { perSecond: 1e6, burst: 1e6 }
const UNSAFE_RATES: Rates = {
  messages: PLENTY,
  statements: PLENTY,
  others: PLENTY,
  requestsPerNeighbour: PLENTY,
  requests: PLENTY,
  strangersPerNeighbour: PLENTY,
  keylessPerNeighbour: PLENTY,
  badPerNeighbour: PLENTY
}

/** A node of a crowd. @param folder - where its home is made; undefined: in memory. */
export async function startOne(i: number, folder: string | undefined, more: Partial<NodeInit> = {}): Promise<Node> {
  const home = folder && join(folder, String(i))
  if (home !== undefined) await initHome(home, undefined, `p${i}`)
  return await startNode({
    home,
    nick: `p${i}`,
    listen: ['/ip4/127.0.0.1/tcp/0'],
    isMdns: false,
    isDirectoryServer: false,
    ...more
  })
}

/** The result of a command that must be of this type. */
export async function result<T extends CommandResult['type']>(
  node: Node,
  type: T,
  command: Parameters<Node['command']>[0]
): Promise<CommandResult & { readonly type: T }> {
  const got = await node.command(command)
  if (got.type !== type) throw new Error(`${command.type} was answered with ${got.type}`)
  return got as CommandResult & { readonly type: T }
}

/** How a node sees its first channel; undefined when it has none. */
export const viewOf = async (node: Node): Promise<ChannelView | undefined> =>
  (await result(node, 'channels', { type: 'channels' })).channels[0]

/** Newcomers at once: all peers of this process wait for one event loop. */
const JOIN_TOGETHER = 7

/** Whether these are the members, and all hold the newest key. */
export async function isGathered(nodes: readonly Node[]): Promise<boolean> {
  const newest = await viewOf(nodes[0]!)
  if (newest?.members !== nodes.length) return false
  const views = await Promise.all(nodes.map(viewOf))
  return views.every((view) => view?.key === 'ready' && view.term === newest.term && view.serial === newest.serial)
}

/**
 * Founds a channel with the first node, and brings the others in, some at a time.
 *
 * @returns the channel's id.
 */
export async function gather(nodes: readonly Node[], graph: ReturnType<typeof graphOf>): Promise<Uint8Array> {
  const founder = nodes[0]!
  const { channel } = await result(founder, 'channel', {
    type: 'createChannel',
    settings: { name: 'bench', admission: Admission.OPEN }
  })
  const { invite } = await result(founder, 'invite', {
    type: 'invite',
    channel: channel.id,
    uses: 0,
    lifetimeMs: undefined,
    addresses: []
  })
  for (let from = 1; from < nodes.length; from += JOIN_TOGETHER) {
    const there = nodes.slice(0, from + JOIN_TOGETHER)
    for (const [a, b] of graph) {
      const later = Math.max(a, b)
      if (later >= from && later < there.length) nodes[a]!.connect(nodes[b]!.addresses())
    }
    for (const node of there.slice(from)) await node.command({ type: 'join', invite })
    await until(`${there.length} members hold the newest key`, () => isGathered(there), 120_000)
  }
  return channel.id
}

/** Starts a crowd: connected, and every member holds the newest key. */
export async function conclaveCrowd(size: number, degree: number, isOnDisk: boolean): Promise<Crowd> {
  const folder = isOnDisk ? mkdtempSync(join(tmpdir(), 'conclave-bench-')) : undefined
  if (folder !== undefined) process.on('exit', () => rmSync(folder, { recursive: true, force: true }))
  const nodes: Node[] = []
  for (let i = 0; i < size; i++) nodes.push(await startOne(i, folder, { unsafeRates: UNSAFE_RATES }))
  const graph = graphOf(size, degree)
  const channel = await gather(nodes, graph)
  const neighbours = nodes.map((_, i) => graph.filter((pair) => pair.includes(i)).length)
  await until('every neighbour is connected', () => nodes.every((node, i) => node.peers().length >= neighbours[i]!))
  return {
    async say(round, index, bytes) {
      const text = { text: textOf(round, index, bytes), replyTo: new Uint8Array(0), isAction: false }
      await nodes[0]!.command({ type: 'say', channel, content: { text }, isPlain: false })
    },
    onDelivery(listener) {
      for (const [i, node] of nodes.entries()) {
        if (i === 0) continue
        node.onNotice((notice) => {
          if (notice.type === 'message') listener(i, ...readText(notice.content.text?.text ?? ''))
        })
      }
    },
    connections: () => nodes.map((node) => node.peers().length),
    async stop() {
      await Promise.all(nodes.map((node) => node.stop()))
    }
  }
}
