/**
 * Who is removed, with all it ever held, with a friend removed before it, and with everything that was on the topic, among
 * real nodes.
 */
import { expect } from 'chai'
import { copyBytes, hex } from '../../src/base/bytes.ts'
import { TREE_CIPHER, UpdateKeys, updateHash } from '../../src/core/channel/key-tree-update.ts'
import type { CommandResult } from '../../src/core/command.ts'
import type { Env, Event } from '../../src/core/machine.ts'
import { Peer } from '../../src/core/peer.ts'
import { WRAPPED_KEY_BYTES } from '../../src/crypto/aead.ts'
import { decodeStrict } from '../../src/wire/codec.ts'
import { FRAME_BYTES } from '../../src/wire/limits.ts'
import { AnnouncementAttachment, AnnouncementPayload, type TreeUpdate } from '../../src/wire/messages.ts'
import { agree, ask, companyOf, eventually, type Person, say, viewOf } from './company.ts'

interface Update {
  readonly update: TreeUpdate
  readonly keys: UpdateKeys
}

/** A peer of whose memory nothing is ever lost, as a thief or a dishonest owner would have it. */
class HoardingPeer extends Peer {
  /** Every secret it ever held, by value. */
  readonly hoard = new Map<string, Uint8Array>()
  /** Updates of key trees that came by, with what is derived under them. */
  readonly updates: Update[] = []

  override handle(event: Event, env: Env): ReturnType<Peer['handle']> {
    if (event.type === 'frame' && event.frame.kind === 'announcement') {
      const { attachment, body, channel } = event.frame
      const payload = decodeStrict(AnnouncementAttachment, attachment, FRAME_BYTES)?.payload
      const update = payload && decodeStrict(AnnouncementPayload, payload, FRAME_BYTES)?.tree
      const { group, key } = body.announcement!
      if (update !== undefined && key !== undefined) {
        const context = { channel, group, term: key.term, serial: key.serial }
        this.updates.push({ update, keys: new UpdateKeys(TREE_CIPHER, updateHash(update, context)) })
      }
    }
    const effects = super.handle(event, env)
    for (const { bytes } of this.unsafeSecrets())
      if (!this.hoard.has(hex(bytes))) this.hoard.set(hex(bytes), copyBytes(bytes))
    return effects
  }
}

/** What keys tell of others under an update: each of its wraps tried everywhere, each derivation made. */
function* toldBy(key: Uint8Array, { update, keys }: Update): Generator<Uint8Array> {
  yield keys.step(key)
  yield keys.ratchet(key)
  yield keys.grow(key)
  for (let offset = 0; offset < update.wraps.length; offset += WRAPPED_KEY_BYTES) {
    const wrapped = update.wraps.subarray(offset, offset + WRAPPED_KEY_BYTES)
    for (let level = 0; level < update.depth; level++) {
      for (let position = 0; position < 2 ** (update.depth - level); position++) {
        let secret = keys.unwrap(key, level, position, wrapped)
        for (let above = 0; secret !== undefined && above <= update.depth; above++) {
          yield keys.node(secret)
          secret = keys.path(secret)
        }
      }
    }
  }
}

describe('who is removed from a channel of real nodes', function () {
  this.timeout(120_000)
  const company = companyOf((config) => new HoardingPeer(config))
  const { people } = company

  it('derives nothing of what came after from all that it and a friend ever held and the whole topic', async () => {
    const alice = await company.start('alice')
    const { channel, invite } = await company.open(alice, 'closed')
    for (const nick of ['bob', 'carol', 'trent', 'mallory']) await company.start(nick)
    type Hoarder = Person<HoardingPeer>
    const [, bob, carol, trent, mallory] = people as [Hoarder, Hoarder, Hoarder, Hoarder, Hoarder]
    for (const person of people.slice(1)) await person.node.command({ type: 'join', invite })
    await eventually('all have one key', () => agree(people, 5))

    const { id: group } = (await ask(alice, 'group', { type: 'createGroup', channel, name: 'kitchen' })).group
    for (const { node } of [bob, trent, mallory]) {
      await alice.node.command({ type: 'putIntoGroup', channel, group, user: node.user })
    }
    const isInGroup = async (person: Hoarder): Promise<boolean> => {
      const { groups } = await ask(person, 'groups', { type: 'groups', channel })
      return groups[0]?.isReady === true && groups[0].members.length === 4
    }
    for (const person of [alice, bob, trent, mallory])
      await eventually('they are in the group', () => isInGroup(person))
    await say(bob, channel, 'to all, before')
    await say(bob, channel, 'to the group, before', group)
    await eventually('all were told', () => [trent, mallory].every(({ texts }) => texts.length === 2))

    const remove = ({ node }: Hoarder): Promise<CommandResult> =>
      alice.node.command({ type: 'remove', channel, user: node.user, isForCause: true })
    await remove(trent)
    await eventually('the friend is out', () => agree([alice, bob, carol, mallory], 4))
    const isGroupOf = async (size: number): Promise<boolean> => {
      const { groups } = await ask(bob, 'groups', { type: 'groups', channel })
      return groups[0]?.isReady === true && groups[0].members.length === size
    }
    await eventually('and out of the group', () => isGroupOf(3))
    const before = new Set([...alice.peer.hoard.keys(), ...bob.peer.hoard.keys()])
    const bobBefore = [...bob.peer.hoard.values()]
    await remove(mallory)
    await eventually('she is out', () => agree([alice, bob, carol], 3))
    await eventually('and out of the group', () => isGroupOf(2))
    for (let i = 0; i < 2; i++) {
      const { term, serial } = (await viewOf(bob))!
      await alice.node.command({ type: 'rekey', channel })
      await eventually('there is a new key', async () => {
        const view = (await viewOf(bob))!
        return view.term > term || view.serial > serial
      })
    }
    await say(carol, channel, 'to all, after')
    await say(alice, channel, 'to the group, after', group)
    await eventually(
      'those who stayed were told',
      () => bob.texts.includes('to all, after') && bob.texts.includes('to the group, after')
    )

    // What those inside hold since, and did not hold before, is what nobody outside may come to.
    const inside = [alice, bob, carol].flatMap(({ peer }) => [...peer.hoard])
    const since = new Map(inside.filter(([value]) => !before.has(value)))
    const own = [...people].flatMap(({ peer, node }) =>
      node === mallory.node || node === trent.node ? [...peer.hoard] : []
    )
    const known = new Map(own)
    expect(since.size).to.be.greaterThan(10)
    for (const value of known.keys()) expect(since.has(value), 'held outside').to.equal(false)
    const updates = [...bob.peer.updates, ...carol.peer.updates]
    expect(updates.length).to.be.greaterThan(4)
    for (const update of updates) {
      for (const key of known.values()) {
        for (const told of toldBy(key, update)) expect(since.has(hex(told)), 'derived outside').to.equal(false)
      }
    }
    // The same search with the keys of somebody who stayed finds them.
    const isTold = (key: Uint8Array, update: Update): boolean =>
      [...toldBy(key, update)].some((told) => since.has(hex(told)))
    expect(updates.some((update) => bobBefore.some((key) => isTold(key, update)))).to.equal(true)
    for (const { texts } of [trent, mallory]) {
      expect(texts).not.to.include('to all, after').and.not.to.include('to the group, after')
    }
  })
})
