/** A channel of real nodes: many come in at once, and one is shut out. */
import { expect } from 'chai'
import type { Env, Event } from '../../src/core/machine.ts'
import { Peer } from '../../src/core/peer.ts'
import { peekKind } from '../../src/sim/trace.ts'
import { agree, companyOf, eventually, type Person, say, viewOf } from './company.ts'

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

describe('a channel of real nodes', function () {
  this.timeout(180_000)
  const company = companyOf((config) => new WatchedPeer(config))
  const { people } = company

  it('takes twelve at once with ten announcements or fewer, and shuts out whoever is removed', async () => {
    const alice = await company.start('alice')
    const { channel, invite } = await company.open(alice, 'storm')
    for (let i = 0; i < NEWCOMERS; i++) await company.start(`peer${i}`)
    const newcomers = people.slice(1)
    await eventually('all are connected', () => alice.node.peers().length === NEWCOMERS)
    const before = alice.peer.published.length
    await Promise.all(newcomers.map(({ node }) => node.command({ type: 'join', invite })))
    await eventually('all hold the same key', () => agree(people, 1 + NEWCOMERS))
    const storm = alice.peer.published.slice(before)
    expect(storm.filter((kind) => kind === 'announcement').length).to.be.within(1, 10)
    // To the manager and from it, and to nobody else.
    const taken = people.map(({ node }) => node.counters()['deliveries.taken'] ?? 0)
    expect(taken.reduce((sum, one) => sum + one, 0)).to.be.at.least(NEWCOMERS)

    const [removed, ...staying] = newcomers as [Person<WatchedPeer>, ...Person<WatchedPeer>[]]
    await say(alice, channel, 'for all')
    await eventually('it is read', () => newcomers.every(({ texts }) => texts.includes('for all')))
    await alice.node.command({ type: 'remove', channel: channel, user: removed.node.user, isForCause: false })
    await eventually('the removal is in force', () => agree([alice, ...staying], NEWCOMERS))
    const given = removed.peer.messages
    await say(alice, channel, 'for those who stay')
    await eventually('they read it', () => staying.every(({ texts }) => texts.includes('for those who stay')))
    await eventually('the removed one is given it', () => removed.peer.messages > given)
    expect(removed.texts).to.deep.equal(['for all'])
    expect((await viewOf(removed))?.key).to.equal('removed')

    await alice.node.command({ type: 'admit', channel: channel, user: removed.node.user })
    await removed.node.command({ type: 'join', invite })
    await eventually('it is back', () => agree(people, 1 + NEWCOMERS))
    await say(removed, channel, 'back again')
    await eventually('it is heard', () => staying.every(({ texts }) => texts.includes('back again')))
    expect(removed.texts).to.not.include('for those who stay')
  })
})
