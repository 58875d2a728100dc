import { expect } from 'chai'
import { DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS } from '../../src/base/time.ts'
import { cohortAt } from '../../src/core/cohort.ts'
import { messageRoom } from '../../src/core/member/history.ts'
import { Bus, type Node, rowsOf } from './bus.ts'

const HOUR_S = 3_600

function lobby(retentionSeconds: number): { bus: Bus; alice: Node; bob: Node; channel: Uint8Array } {
  const bus = new Bus('retention')
  const [alice, bob] = [bus.add('alice'), bus.add('bob')]
  const channel = bus.open(alice, { retentionSeconds })
  bus.join(bob, bus.invite(alice, channel))
  bus.pass(2_000)
  return { bus, alice, bob, channel }
}

const textsOf = (bus: Bus, node: Node, channel: Uint8Array): (string | undefined)[] =>
  bus.history(node, channel).map(({ content }) => content.text?.text)

describe('cohorts of messages', () => {
  it('are a part of the retention, from a second to a day', () => {
    const since = (seconds: number, retention: number): number => cohortAt('a', seconds * 1000 + 999, retention).since
    expect(since(100 * HOUR_S + 7, 24 * HOUR_S)).to.equal(100 * HOUR_S)
    expect(since(101 * HOUR_S - 1, 24 * HOUR_S)).to.equal(100 * HOUR_S)
    expect(since(1_234_567, 10)).to.equal(1_234_567)
    const day = DAY_MS / 1000
    for (const retention of [0, 4_000_000_000]) expect(since(7 * day + 5, retention)).to.equal(7 * day)
  })
})

describe('a channel that keeps messages for a time', () => {
  it('keeps none for longer at any member, and destroys none earlier than by two cohorts', () => {
    const { bus, alice, bob, channel } = lobby(2_400)
    const said = new Map<string, number>()
    for (let i = 0; i < 60; i++) {
      bus.say(i % 2 ? alice : bob, channel, `${i}`)
      said.set(`${i}`, bus.now)
      bus.pass(MINUTE_MS)
      for (const node of [alice, bob]) {
        const kept = textsOf(bus, node, channel)
        for (const [text, at] of said) {
          const age = (bus.now - at) / SECOND_MS
          if (age > 2_400) expect(kept, `${text} after ${age} s`).not.to.include(text)
          if (age < 2_200) expect(kept, `${text} after ${age} s`).to.include(text)
        }
      }
    }
    expect(textsOf(bus, alice, channel).length).to.be.within(36, 40)
  })

  it('destroys at a start what became due while the peer was away', () => {
    const { bus, bob, channel } = lobby(60)
    bus.say(bob, channel, 'before')
    bus.stop(bob)
    bus.pass(5 * MINUTE_MS)
    expect(textsOf(bus, bob, channel)).to.deep.equal(['before'])
    bus.start(bob)
    expect(textsOf(bus, bob, channel)).to.deep.equal([])
  })

  it('does so from when its founder says so, also with what is there', () => {
    const { bus, alice, bob, channel } = lobby(0)
    bus.say(alice, channel, 'for ever?')
    bus.pass(HOUR_MS)
    expect(textsOf(bus, bob, channel)).to.deep.equal(['for ever?'])
    bus.command(alice, { type: 'amendChannel', channel, changes: { retentionSeconds: 60 } })
    bus.pass(2_000)
    for (const node of [alice, bob]) expect(textsOf(bus, node, channel)).to.deep.equal([])
  })

  it('keeps what still waits, however long, and lets go of what is kept to be said again', () => {
    const bus = new Bus('retention outbox')
    const [alice, bob, carol] = [bus.add('alice'), bus.add('bob'), bus.add('carol')]
    const managers = [alice.key.publicKey, bob.key.publicKey]
    const channel = bus.open(alice, { retentionSeconds: 60, managers })
    const invite = bus.invite(alice, channel)
    for (const node of [bob, carol]) bus.join(node, invite)
    bus.pass(5_000)
    bus.say(carol, channel, 'sent')
    expect(rowsOf(carol, 'outbox')).to.have.length(1)
    bus.stop(alice)
    bus.stop(bob)
    bus.say(carol, channel, 'waits')
    expect(rowsOf(carol, 'outbox')).to.have.length(2)
    bus.pass(10 * MINUTE_MS)
    expect(rowsOf(carol, 'outbox')).to.have.length(1)
    expect(bus.view(carol, channel).waiting).to.equal(1)
    bus.losePower(carol)
    bus.start(carol)
    expect(bus.view(carol, channel).waiting).to.equal(1)
  })

  it('has nothing destroyed when it keeps them for ever', () => {
    const { bus, alice, channel } = lobby(0)
    bus.say(alice, channel, 'stays')
    bus.pass(HOUR_MS)
    expect(bus.trace.some(({ effect }) => effect.type === 'destroy')).to.equal(false)
    expect([...alice.rows.values()].filter(({ room }) => room === messageRoom(channel))).to.have.length(1)
  })
})
