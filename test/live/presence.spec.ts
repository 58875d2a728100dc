/** Who is there, between real nodes. */
import { expect } from 'chai'
import type { Notice } from '../../src/core/notice.ts'
import { type Node, startNode } from '../../src/node/node.ts'
import { Admission } from '../../src/wire/messages.ts'
import { Uncaught, until } from './hosts.ts'

describe('presence between nodes', function () {
  this.timeout(60_000)
  const uncaught = new Uncaught()
  const stops: (() => Promise<void>)[] = []

  beforeEach(() => uncaught.watch())
  afterEach(async () => {
    for (const stop of stops.splice(0).reverse()) await stop()
    uncaught.unwatch()
    expect(uncaught.seen).to.deep.equal([])
  })

  it('members see each other come, and whoever ends in order is gone at once', async () => {
    const online: number[] = []
    const start = async (nick: string, bootstrap: string[]): Promise<Node> => {
      const node = await startNode({ nick, bootstrap, listen: ['/ip4/127.0.0.1/tcp/0'], isMdns: false })
      stops.push(() => node.stop())
      return node
    }
    const alice = await start('alice', [])
    alice.onNotice((notice: Notice) => notice.type === 'presence' && online.push(notice.online))
    const created = await alice.command({
      type: 'createChannel',
      settings: { name: 'garden', admission: Admission.OPEN }
    })
    if (created.type !== 'channel') throw new Error('a channel was made')
    const channel = created.channel.id
    const invited = await alice.command({ type: 'invite', channel, uses: 0, lifetimeMs: undefined, addresses: [] })
    if (invited.type !== 'invite') throw new Error('an invite was made')
    const [bob, carol] = [await start('bob', alice.addresses()), await start('carol', alice.addresses())]
    for (const node of [bob, carol]) await node.command({ type: 'join', invite: invited.invite })
    await until('both are there', () => online.at(-1) === 3)
    await carol.stop()
    // A lease lasts half a minute: only a leave tells so soon.
    await until('carol is gone', () => online.at(-1) === 2)
    const keys = await alice.command({ type: 'keys', channel })
    expect(keys.type === 'keys' && keys.lines[0]).to.include({ members: 3, name: 'garden' })
  })
})
