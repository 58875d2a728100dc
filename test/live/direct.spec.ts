import { expect } from 'chai'
import { EMPTY } from '../../src/base/bytes.ts'
import { Peer } from '../../src/core/peer.ts'
import { agree, companyOf, eventually, type Person } from './company.ts'

const tell = (from: Person<Peer>, to: Person<Peer>, words: string): Promise<unknown> =>
  from.node.command({
    type: 'sayTo',
    user: to.node.user,
    content: { text: { text: words, replyTo: EMPTY, isAction: false } }
  })

describe('one-to-one talk, live', function () {
  this.timeout(120_000)
  const company = companyOf((config) => new Peer(config))

  it('goes from one to the other on streams, every text once', async () => {
    const people = [await company.start('alice'), await company.start('bob'), await company.start('carol')] as const
    const [alice, bob, carol] = people
    const { invite } = await company.open(alice, 'garden')
    for (const { node } of [bob, carol]) await node.command({ type: 'join', invite })
    await eventually('all hold the key', () => agree([...people], 3))
    for (let i = 0; i < 20; i++) await (i % 2 === 0 ? tell(alice, bob, `${i}`) : tell(bob, alice, `${i}`))
    const said = Array.from({ length: 20 }, (_, i) => `${i}`)
    for (const { texts } of [alice, bob]) await eventually('all is there', () => texts.length >= said.length)
    for (const { texts } of [alice, bob]) expect(texts).to.have.members(said)
    const pairs = async (): Promise<unknown> => {
      const result = await alice.node.command({ type: 'pairs' })
      return (
        result.type === 'pairs' && result.pairs.map(({ isDirect, waiting, session }) => [isDirect, waiting, session])
      )
    }
    await eventually('all is confirmed', async () => JSON.stringify(await pairs()) === '[[true,0,"open"]]')
    for (const { node } of [alice, bob]) expect(node.counters()['sessions.taken']).to.be.above(0)
    expect(carol.texts).to.deep.equal([])
  })
})
