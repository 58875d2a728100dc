/** People with real nodes in one process, and what they do together in a channel. */
import { expect } from 'chai'
import { EMPTY, hex } from '../../src/base/bytes.ts'
import { MINUTE_MS } from '../../src/base/time.ts'
import type { ChannelView, Command, CommandResult } from '../../src/core/command.ts'
import type { Peer, PeerConfig } from '../../src/core/peer.ts'
import { addressBytes } from '../../src/node/address.ts'
import { type Node, startNode } from '../../src/node/node.ts'
import { Admission } from '../../src/wire/messages.ts'
import { Uncaught, until } from './hosts.ts'

export interface Person<P extends Peer> {
  readonly node: Node
  readonly peer: P
  /** Texts of messages shown, in order. */
  readonly texts: string[]
}

export class Company<P extends Peer> {
  readonly people: Person<P>[] = []
  readonly #makePeer: (config: PeerConfig) => P

  constructor(makePeer: (config: PeerConfig) => P) {
    this.#makePeer = makePeer
  }

  /** Somebody more, who knows where the first one listens. */
  async start(nick: string): Promise<Person<P>> {
    let peer: P | undefined
    const node = await startNode({
      nick,
      bootstrap: this.people[0]?.node.addresses() ?? [],
      listen: ['/ip4/127.0.0.1/tcp/0'],
      isMdns: false,
      isDirectoryServer: false,
      makeMachine: (config) => {
        peer = this.#makePeer(config)
        return peer
      }
    })
    const texts: string[] = []
    node.onNotice((notice) => notice.type === 'message' && texts.push(notice.content.text?.text ?? ''))
    const person = { node, peer: peer!, texts }
    this.people.push(person)
    return person
  }

  /** Everybody goes. */
  async stop(): Promise<void> {
    await Promise.all(this.people.splice(0).map(({ node }) => node.stop()))
  }

  /** An open channel of somebody, and an invite to it. */
  async open(founder: Person<P>, name: string): Promise<{ channel: Uint8Array; invite: string }> {
    const settings = { name, admission: Admission.OPEN }
    const { channel } = await ask(founder, 'channel', { type: 'createChannel', settings })
    const addresses = [addressBytes(founder.node.addresses()[0]!)!]
    const given = { type: 'invite', channel: channel.id, uses: 0, lifetimeMs: undefined, addresses } as const
    return { channel: channel.id, invite: (await ask(founder, 'invite', given)).invite }
  }
}

/** A company for the tests of a block: after each everybody goes, and nothing was thrown that nobody caught. */
export function companyOf<P extends Peer>(makePeer: (config: PeerConfig) => P): Company<P> {
  const uncaught = new Uncaught()
  const company = new Company(makePeer)
  beforeEach(() => uncaught.watch())
  afterEach(async () => {
    await company.stop()
    uncaught.unwatch()
    expect(uncaught.seen).to.deep.equal([])
  })
  return company
}

export const eventually = (what: string, holds: () => boolean | Promise<boolean>): Promise<void> =>
  until(what, holds, MINUTE_MS)

/** The result of a command that must be of this type. */
export async function ask<T extends CommandResult['type']>(
  { node }: Pick<Person<Peer>, 'node'>,
  type: T,
  command: Command
): Promise<CommandResult & { readonly type: T }> {
  const got = await node.command(command)
  if (got.type !== type) throw new Error(`${command.type} was answered with ${got.type}`)
  return got as CommandResult & { readonly type: T }
}

export const viewOf = async (person: Pick<Person<Peer>, 'node'>): Promise<ChannelView | undefined> =>
  (await ask(person, 'channels', { type: 'channels' })).channels[0]

/** Whether these hold one key, the newest, of a channel with so many members. */
export async function agree(persons: readonly Pick<Person<Peer>, 'node'>[], members: number): Promise<boolean> {
  const views = await Promise.all(persons.map(viewOf))
  const keys = views.map((view) => view && `${view.key} ${view.members} ${view.serial} ${hex(view.commitment)}`)
  return new Set(keys).size === 1 && views[0]?.key === 'ready' && views[0].members === members
}

/** @param group - absent: to the channel itself. */
export const say = (
  { node }: Pick<Person<Peer>, 'node'>,
  channel: Uint8Array,
  text: string,
  group: Uint8Array = EMPTY
): Promise<CommandResult> =>
  node.command({
    type: 'say',
    channel,
    content: { text: { text, replyTo: EMPTY, isAction: false } },
    isPlain: false,
    group
  })
