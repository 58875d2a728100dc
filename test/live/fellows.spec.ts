import { expect } from 'chai'
import { Fellows } from '../../src/node/fellows.ts'
import { insideOf } from '../../src/node/gossip.ts'
import type { Descriptor } from '../../src/wire/messages.ts'
import { type LiveCarrier, liveCarrier, newChannel, plainFrame, until } from './hosts.ts'

describe('a fellow manager that is a direct peer of gossip', () => {
  const all: LiveCarrier[] = []
  after(() => Promise.all(all.map((one) => one.stop())))

  it('gets and passes on what others say, whether or not it counts us as one, too', async () => {
    const channel = newChannel()
    const [alice, bert, mia] = await Promise.all([liveCarrier(), liveCarrier(), liveCarrier()])
    all.push(alice, bert, mia)
    for (const { carrier } of all) carrier.subscribe(channel)
    for (const one of [bert, mia]) one.host.connect([alice.address])
    const gossip = insideOf(alice.host.libp2p.services.gossip)
    const descriptor = { managers: [alice.host.user, bert.host.user] } as unknown as Descriptor
    const fellows = new Fellows({ host: alice.host, gossip, channels: async () => [{ descriptor }] })
    try {
      await until('all are there', () => all.every(({ carrier }) => carrier.isReady(channel)))
      await until('bert is a direct peer', async () => {
        await fellows.look()
        return gossip.direct.has(bert.id)
      })
      let said = 0
      for (const [from, to] of [[mia, bert] as const, [bert, mia] as const, [alice, bert] as const]) {
        const frame = plainFrame(channel, from.key, ++said)
        await from.carrier.publish(channel, frame.bytes)
        await until('it arrives', () => to.frames.some(({ id }) => id.join() === frame.id.join()))
      }
      all.splice(all.indexOf(bert), 1)
      await bert.stop()
      await until('it is gone', () => gossip.direct.size === 0)
      expect(alice.host.isConnected(mia.id)).to.equal(true)
    } finally {
      fellows.stop()
    }
  })
})
