import { expect } from 'chai'
import { DAY_MS, MINUTE_MS, SECOND_MS } from '../../../src/base/time.ts'
import type { ChannelSettings } from '../../../src/core/command.ts'
import { PartitionPolicy } from '../../../src/wire/messages.ts'
import { Bus, Liar, type Node } from '../bus.ts'

interface World {
  readonly bus: Bus
  readonly liar: Liar
  readonly bob: Node
  /** A heartbeat of the manager, and some time after it. */
  readonly beat: (thenMs?: number, isBacked?: boolean) => void
}

function world(settings: ChannelSettings = {}): World {
  const bus = new Bus('watch')
  const bob = bus.add('bob')
  const liar = new Liar(bus, () => ({ keyLifetimeSeconds: (30 * DAY_MS) / SECOND_MS, ...settings }))
  liar.takeIn(bob)
  let counter = 0
  const beat = (thenMs = 0, isBacked = true): void => {
    liar.publish(liar.heartbeat(counter++, { isBacked }))
    bus.pass(thenMs)
  }
  return { bus, liar, bob, beat }
}
const view = ({ bus, liar, bob }: World) => bus.view(bob, liar.channel)
const told = ({ bob }: World): string[] =>
  bob.notices.flatMap((notice) => (notice.type === 'exposure' ? [notice.exposure] : []))

describe('a member that hears of no manager who could remove somebody', () => {
  it('warns after a minute, and says when it is over', () => {
    const all = world()
    all.beat(MINUTE_MS - 1)
    expect(view(all)).to.include({ exposure: 'none', key: 'ready' })
    all.bus.pass(1)
    expect(view(all)).to.include({ exposure: 'warned', key: 'ready' })
    all.beat()
    expect(view(all)).to.include({ exposure: 'none', key: 'ready' })
    expect(told(all)).to.deep.equal(['warned', 'none'])
  })

  it('counts from its start, and from the last heartbeat with a quorum behind it', () => {
    const all = world()
    all.bus.pass(30 * SECOND_MS)
    for (let i = 0; i < 30; i++) all.beat(SECOND_MS, false)
    expect(view(all)).to.include({ exposure: 'warned', isManagerPresent: true })
    const silent = world()
    silent.bus.stop(silent.bob)
    silent.bus.start(silent.bob)
    silent.bus.pass(MINUTE_MS)
    expect(view(silent)).to.include({ exposure: 'warned' })
  })

  it('goes on sending for a day, then holds its messages until one is heard of', () => {
    const all = world()
    all.beat(DAY_MS - 1)
    expect(view(all)).to.include({ exposure: 'warned', key: 'ready' })
    all.bus.pass(1)
    expect(view(all)).to.include({ exposure: 'fenced', key: 'fenced' })
    all.bus.say(all.bob, all.liar.channel, 'held')
    expect(view(all).waiting).to.equal(1)
    all.liar.publish(all.liar.issue([all.liar.admit(all.bus.add('carol').key.publicKey)]).announcement)
    all.bus.pass(2 * MINUTE_MS)
    expect(view(all), 'an epoch alone says nothing').to.include({ exposure: 'fenced', serial: 3, waiting: 1 })
    all.beat()
    expect(view(all)).to.include({ exposure: 'none', key: 'ready', waiting: 0 })
  })

  it('stops with the warning where the channel freezes', () => {
    const all = world({ partition: PartitionPolicy.FREEZE })
    all.beat(MINUTE_MS)
    expect(view(all)).to.include({ exposure: 'fenced', key: 'fenced' })
    expect(told(all)).to.deep.equal(['fenced'])
  })
})

describe('a lease', () => {
  it('lasts four seconds, and is void when this peer slept', () => {
    const all = world()
    all.beat(1_500)
    expect(view(all)).to.include({ isManagerPresent: true, leaseMs: 2_500 })
    all.bus.now += 1_001
    expect(view(all).leaseMs).to.equal(0)
    all.beat()
    expect(view(all).leaseMs).to.equal(4_000)
    all.bus.pass(4_000)
    expect(view(all)).to.include({ isManagerPresent: false, leaseMs: 0 })
  })
})
