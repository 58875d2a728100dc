/** A channel of real nodes: many come in at once, and one is shut out. */
import { expect } from 'chai'
import { hex } from '../../src/base/bytes.ts'
import type { ChannelView, Command, CommandResult } from '../../src/core/command.ts'
import type { Env, Event } from '../../src/core/machine.ts'
import { Peer } from '../../src/core/peer.ts'
import { addressBytes } from '../../src/node/address.ts'
import { type Node, startNode } from '../../src/node/node.ts'
import { peekKind } from '../../src/sim/trace.ts'
import { Admission } from '../../src/wire/messages.ts'
import { pause, Uncaught } from './hosts.ts'

const NEWCOMERS = 12

/** A peer that counts what is asked of its world. */
class WatchedPeer extends Peer {
  readonly published: string[] = []
  /** Messages it was given, readable or not. */
  messages = 0

  override handle(event: Event, env: Env): ReturnType<Peer['handle']> {
    if (event.type === 'frame' && event.frame.kind === 'message') this.messages++
    const effects = super.handle(event, env)
    for (const effect of effects) if (effect.type === 'publish') this.published.push(peekKind(effect.frame))
    return effects
  }
}

interface Person {
  readonly node: Node
  readonly peer: WatchedPeer
  readonly texts: string[]
}

/** The result of a command that must be of this type. */
async function result<T extends CommandResult['type']>(
  { node }: Person,
  type: T,
  command: Command
): Promise<CommandResult & { readonly type: T }> {
  const got = await node.command(command)
  if (got.type !== type) throw new Error(`${command.type} was answered with ${got.type}`)
  return got as CommandResult & { readonly type: T }
}

const viewOf = async (person: Person): Promise<ChannelView | undefined> =>
  (await result(person, 'channels', { type: 'channels' })).channels[0]

/** Waits until something holds. @throws when it does not within the time. */
async function until(what: string, holds: () => Promise<boolean>): Promise<void> {
  const end = performance.now() + 60_000
  while (!(await holds())) {
    if (performance.now() > end) throw new Error(`not within a minute: ${what}`)
    await pause(50)
  }
}

describe('a channel of real nodes', function () {
  this.timeout(180_000)
  const uncaught = new Uncaught()
  const people: Person[] = []

  beforeEach(() => uncaught.watch())
  afterEach(async () => {
    await Promise.all(people.splice(0).map(({ node }) => node.stop()))
    uncaught.unwatch()
    expect(uncaught.seen).to.deep.equal([])
  })

  async function start(nick: string, bootstrap: readonly string[]): Promise<Person> {
    let peer: WatchedPeer | undefined
    const node = await startNode({
      nick,
      bootstrap,
      listen: ['/ip4/127.0.0.1/tcp/0'],
      isMdns: false,
      isDirectoryServer: false,
      makeMachine(config) {
        peer = new WatchedPeer(config)
        return peer
      }
    })
    const texts: string[] = []
    node.onNotice((notice) => notice.type === 'message' && texts.push(notice.content.text?.text ?? ''))
    people.push({ node, peer: peer!, texts })
    return people.at(-1)!
  }

  const say = (by: Person, channel: Uint8Array, text: string): Promise<CommandResult> =>
    by.node.command({
      type: 'say',
      channel,
      content: { text: { text, replyTo: new Uint8Array(0), isAction: false } },
      isPlain: false
    })

  /** Whether these hold one key, the newest, of a channel with so many members. */
  async function agree(persons: readonly Person[], members: number): Promise<boolean> {
    const views = await Promise.all(persons.map(viewOf))
    const keys = views.map((view) => view && `${view.key} ${view.members} ${view.serial} ${hex(view.commitment)}`)
    return new Set(keys).size === 1 && views[0]?.key === 'ready' && views[0].members === members
  }

  it('takes twelve at once with ten announcements or fewer, and shuts out whoever is removed', async () => {
    const alice = await start('alice', [])
    const { channel } = await result(alice, 'channel', {
      type: 'createChannel',
      settings: { name: 'storm', admission: Admission.OPEN }
    })
    const addresses = [addressBytes(alice.node.addresses()[0]!)!]
    const { invite } = await result(alice, 'invite', {
      type: 'invite',
      channel: channel.id,
      uses: 0,
      lifetimeMs: undefined,
      addresses
    })
    for (let i = 0; i < NEWCOMERS; i++) await start(`peer${i}`, alice.node.addresses())
    const newcomers = people.slice(1)
    await until('all are connected', async () => alice.node.peers().length === NEWCOMERS)
    const before = alice.peer.published.length
    await Promise.all(newcomers.map(({ node }) => node.command({ type: 'join', invite })))
    await until('all hold the same key', () => agree(people, 1 + NEWCOMERS))
    const storm = alice.peer.published.slice(before)
    expect(storm.filter((kind) => kind === 'announcement').length).to.be.within(1, 10)
    // To the manager and from it, and to nobody else.
    const taken = people.map(({ node }) => node.counters()['deliveries.taken'] ?? 0)
    expect(taken.reduce((sum, one) => sum + one, 0)).to.be.at.least(NEWCOMERS)

    const [removed, ...staying] = newcomers as [Person, ...Person[]]
    await say(alice, channel.id, 'for all')
    await until('it is read', async () => newcomers.every(({ texts }) => texts.includes('for all')))
    await alice.node.command({ type: 'remove', channel: channel.id, user: removed.node.user, isForCause: false })
    await until('the removal is in force', () => agree([alice, ...staying], NEWCOMERS))
    const given = removed.peer.messages
    await say(alice, channel.id, 'for those who stay')
    await until('they read it', async () => staying.every(({ texts }) => texts.includes('for those who stay')))
    await until('the removed one is given it', async () => removed.peer.messages > given)
    expect(removed.texts).to.deep.equal(['for all'])
    expect((await viewOf(removed))?.key).to.equal('removed')

    await alice.node.command({ type: 'admit', channel: channel.id, user: removed.node.user })
    await removed.node.command({ type: 'join', invite })
    await until('it is back', () => agree(people, 1 + NEWCOMERS))
    await say(removed, channel.id, 'back again')
    await until('it is heard', async () => staying.every(({ texts }) => texts.includes('back again')))
    expect(removed.texts).to.not.include('for those who stay')
  })
})
