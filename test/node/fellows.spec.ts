import { expect } from 'chai'
import type { ChannelView } from '../../src/core/command.ts'
import { asUserId, type UserId, userIdText } from '../../src/core/identity/user.ts'
import { Fellows } from '../../src/node/fellows.ts'
import type { Descriptor } from '../../src/wire/messages.ts'
import { keyOf } from '../core/identity/people.ts'

const userOf = (name: string): UserId => asUserId(keyOf(name).publicKey)
const ALICE = userOf('alice')
const BOB = userOf('bob')
const CAROL = userOf('carol')
const DAVE = userOf('dave')
const managedBy = (...managers: Uint8Array[]): Pick<ChannelView, 'descriptor'> => ({
  descriptor: { managers } as unknown as Descriptor
})

describe('fellow managers', () => {
  const wanted: string[] = []
  const direct = new Set<string>()
  const streamsOutbound = new Map<string, unknown>()
  let channels = [managedBy(ALICE, BOB, CAROL), managedBy(CAROL, DAVE)]
  let hangUp = (_peer: string): void => {}
  const fellows = new Fellows({
    host: {
      user: ALICE,
      want: (peer) => wanted.push(peer),
      onPeer(listener) {
        hangUp = (peer) => listener(peer, false)
        return () => {}
      }
    },
    gossip: { direct, streamsOutbound },
    channels: async () => channels
  })
  after(() => fellows.stop())

  it('are called, where our user is one of them, and nobody else is', async () => {
    await fellows.look()
    expect(wanted).to.deep.equal([BOB, CAROL].map(userIdText))
  })

  it('are direct peers of gossip as long as they are there', async () => {
    expect([...direct]).to.deep.equal([])
    for (const user of [BOB, DAVE]) streamsOutbound.set(userIdText(user), {})
    await fellows.look()
    expect([...direct]).to.deep.equal([userIdText(BOB)])
    hangUp(userIdText(BOB))
    expect([...direct]).to.deep.equal([])
  })

  it('are none any more when the channel is left', async () => {
    await fellows.look()
    expect(direct.size).to.equal(1)
    channels = []
    await fellows.look()
    expect([...direct]).to.deep.equal([])
  })
})
