/** Who is there, between real nodes. */
import { expect } from 'chai'
import type { Notice } from '../../src/core/notice.ts'
import { Peer } from '../../src/core/peer.ts'
import { Company } from './company.ts'
import { Uncaught, until } from './hosts.ts'

describe('presence between nodes', function () {
  this.timeout(60_000)
  const uncaught = new Uncaught()
  const company = new Company((config) => new Peer(config))

  beforeEach(() => uncaught.watch())
  afterEach(async () => {
    await company.stop()
    uncaught.unwatch()
    expect(uncaught.seen).to.deep.equal([])
  })

  it('members see each other come, and whoever ends in order is gone at once', async () => {
    const online: number[] = []
    const { node: alice } = await company.start('alice')
    alice.onNotice((notice: Notice) => notice.type === 'presence' && online.push(notice.online))
    const { channel, invite } = await company.open(company.people[0]!, 'garden')
    const [{ node: bob }, { node: carol }] = [await company.start('bob'), await company.start('carol')]
    for (const node of [bob, carol]) await node.command({ type: 'join', invite })
    await until('both are there', () => online.at(-1) === 3)
    await carol.stop()
    // A lease lasts half a minute: only a leave tells so soon.
    await until('carol is gone', () => online.at(-1) === 2)
    const keys = await alice.command({ type: 'keys', channel })
    expect(keys.type === 'keys' && keys.lines[0]).to.include({ members: 3, name: 'garden' })
  })
})
