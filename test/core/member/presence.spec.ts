import { expect } from 'chai'
import { EMPTY } from '../../../src/base/bytes.ts'
import { SECOND_MS } from '../../../src/base/time.ts'
import type { Self } from '../../../src/core/channel/context.ts'
import { makeDigest, openDigest } from '../../../src/core/channel/digest.ts'
import { type Frame, makeFrame } from '../../../src/core/channel/frame.ts'
import { Prekeys } from '../../../src/core/identity/prekeys.ts'
import {
  DIGEST_MS,
  DIGESTS_PER_LEASE,
  FIRST_DIGEST_PER_MEMBER_MS,
  GRACE_MS,
  PRESENCE_SLACK_MS
} from '../../../src/core/params.ts'
import { type SigningKey, signingKey } from '../../../src/crypto/sign.ts'
import { type DigestContent, Privacy } from '../../../src/wire/messages.ts'
import { UserRow } from '../../../src/wire/rows.ts'
import { Bus, type Issued, Liar, type Node, randomOf, textContent } from '../bus.ts'

const random = randomOf('presence')
const LEASE = DIGESTS_PER_LEASE * DIGEST_MS + PRESENCE_SLACK_MS
/** The time in which three members say for the first time that they are there. */
const FIRST_MS = 3 * FIRST_DIGEST_PER_MEMBER_MS

function world() {
  const bus = new Bus('presence')
  const liar = new Liar(bus)
  const [bob, carol] = [bus.add('bob'), bus.add('carol')]
  const issued = liar.takeIn(bob, carol)
  bus.pass(FIRST_MS)
  bob.rejects = []
  return { bus, liar, bob, carol, issued, channel: liar.channel }
}
type World = ReturnType<typeof world>

/** A digest of anybody whose key the test has. */
function digestOf({ liar }: World, author: SigningKey, issued: Issued, fields: Partial<DigestContent> = {}): Frame {
  const place = { boot: random(16), counter: 0 }
  const honest = { logHead: liar.log.head, descriptor: liar.charter.ref }
  const content = { seen: [], lamport: 1, record: EMPTY, ...honest, ...place, ...fields }
  const self = { key: author } as Self
  return makeDigest(self, liar.line, issued.key, issued.keys.control, content, random(32))
}
const leaveOf = ({ channel }: World, author: SigningKey, boot: Uint8Array): Frame =>
  makeFrame(channel, author, { leave: { group: EMPTY, boot, counter: 0 } })

const onlineOf = ({ bus, channel }: World, node: Node): number => bus.view(node, channel).online
const viewOf = ({ bus, channel, bob }: World, who: Uint8Array) => {
  const result = bus.command(bob, { type: 'members', channel })
  return result.type === 'members' ? result.members.find(({ user }) => user.join() === who.join()) : undefined
}
const digestsOf = ({ bus, channel }: Pick<World, 'bus' | 'channel'>, node: Node): Frame[] =>
  bus.frames(channel).filter(({ kind, author }) => kind === 'digest' && author.join() === node.key.publicKey.join())

/** Gives Bob a frame that he refuses, and that changes nothing of who is online. */
function refuses(check: number, all: World, frame: Frame): void {
  const { bus, bob } = all
  bob.rejects = []
  const before = onlineOf(all, bob)
  bus.send(bob, { type: 'frame', frame })
  expect(bob.rejects).to.deep.equal([check])
  expect(onlineOf(all, bob)).to.equal(before)
}
const hear = ({ bus, bob }: World, frame: Frame): void => {
  bob.rejects = []
  bus.send(bob, { type: 'frame', frame })
  expect(bob.rejects).to.deep.equal([])
}

describe('presence', () => {
  it('members say soon that they are there, then at intervals, and count as online until three digests are missing', () => {
    const all = world()
    const { bus, bob, carol } = all
    expect(onlineOf(all, bob)).to.equal(2)
    expect(viewOf(all, carol.key.publicKey)).to.include({ isOnline: true, holdsKey: true, isSelf: false })
    expect(viewOf(all, bob.key.publicKey)).to.include({ isOnline: true, holdsKey: true, isSelf: true })
    expect(viewOf(all, all.liar.key.publicKey)).to.include({ isOnline: false, holdsKey: false })
    const told = digestsOf(all, carol).length
    bus.pass(10 * DIGEST_MS)
    const more = digestsOf(all, carol).length - told
    expect(more).to.be.within(10, 14)
    bus.passes = (from) => from !== carol
    bus.pass(LEASE - DIGEST_MS)
    expect(onlineOf(all, bob)).to.equal(2)
    bus.pass(DIGEST_MS + SECOND_MS)
    expect(onlineOf(all, bob)).to.equal(1)
    expect(viewOf(all, carol.key.publicKey)).to.include({ isOnline: false, holdsKey: false })
    const counts = bob.notices.flatMap((notice) => (notice.type === 'presence' ? [notice.online] : []))
    expect(counts).to.deep.equal([2, 1])
  })

  it('newcomers say nothing while more come in, but not for ever', () => {
    const bus = new Bus('newcomers')
    const liar = new Liar(bus)
    const [bob, carol] = [bus.add('bob'), bus.add('carol')]
    liar.takeIn(bob, carol)
    const digests = (): number => bus.frames(liar.channel).filter(({ kind }) => kind === 'digest').length
    const stepMs = FIRST_MS / 4 - 1
    for (let ms = 0; ms < FIRST_MS; ms += stepMs) {
      bus.pass(stepMs)
      liar.publish(liar.issue().announcement)
    }
    expect(digests()).to.equal(0)
    for (let ms = 0; ms < DIGEST_MS; ms += stepMs) {
      bus.pass(stepMs)
      liar.publish(liar.issue().announcement)
    }
    expect(digests()).to.be.at.least(2)
  })

  it('who talks says no digests, once its record is told, and counts as there all the same', () => {
    const all = world()
    const { bus, bob, carol, channel } = all
    bus.pass(2 * DIGEST_MS)
    const count = (): number => digestsOf(all, carol).length
    const talk = (text: string): number => {
      const before = count()
      for (let ms = 0; ms < 2 * LEASE; ms += DIGEST_MS / 2) {
        bus.say(carol, channel, text)
        bus.pass(DIGEST_MS / 2)
      }
      return count() - before
    }
    expect(talk('still here')).to.equal(0)
    expect(viewOf(all, carol.key.publicKey)).to.include({ isOnline: true, holdsKey: true })
    expect(onlineOf(all, bob)).to.equal(2)
    bus.command(carol, { type: 'setNick', nick: 'caroline' })
    expect(talk('with news')).to.equal(2)
    const before = count()
    bus.pass(2 * DIGEST_MS)
    expect(count()).to.be.above(before)
  })

  it('a message in plain, or to a group, does not tell everybody of a key, and stands for no digest', () => {
    const bus = new Bus('some')
    const [alice, bob] = [bus.add('alice'), bus.add('bob')]
    const channel = bus.open(alice, { privacy: Privacy.MIXED })
    bus.join(bob, bus.invite(alice, channel))
    bus.pass(DIGEST_MS)
    const made = bus.command(alice, { type: 'createGroup', channel, name: 'kitchen' })
    const group = made.type === 'group' ? made.group.id : EMPTY
    bus.command(alice, { type: 'putIntoGroup', channel, group, user: bob.key.publicKey })
    bus.pass(3 * DIGEST_MS)
    const count = (): number => digestsOf({ bus, channel }, bob).length
    const content = textContent('not for all')
    for (const way of [{ isPlain: true }, { isPlain: false, group }]) {
      const before = count()
      for (let ms = 0; ms < 4 * DIGEST_MS; ms += DIGEST_MS / 2) {
        bus.command(bob, { type: 'say', channel, content, ...way })
        bus.pass(DIGEST_MS / 2)
      }
      expect(count() - before).to.be.at.least(4)
    }
  })

  it('a frame of a member keeps it online, and tells under which key it was', () => {
    const all = world()
    const { bus, liar, bob, carol, issued, channel } = all
    bus.passes = (from) => from !== carol
    const boot = random(16)
    for (let counter = 0; counter < 3; counter++) {
      bus.pass(LEASE - SECOND_MS)
      hear(all, liar.message(carol.key, issued, { boot, counter, lamport: counter + 1 }))
    }
    expect(onlineOf(all, bob)).to.equal(2)
    expect(viewOf(all, carol.key.publicKey)).to.include({ holdsKey: true })
    const next = liar.issue()
    liar.publish(next.announcement)
    expect(viewOf(all, carol.key.publicKey)).to.include({ isOnline: true, holdsKey: false })
    const lines = (): unknown => bus.command(bob, { type: 'keys', channel })
    expect(lines()).to.have.deep.nested.property('lines[0].key.serial', next.key.serial)
    expect(lines()).to.nested.include({ 'lines[0].holders': 1, 'lines[0].members': 3, 'lines[0].name': 'lobby' })
    hear(all, liar.message(carol.key, next, { boot, lamport: 9 }))
    expect(lines()).to.nested.include({ 'lines[0].holders': 2 })
    // What comes late of the epoch before does not take that back.
    hear(all, liar.message(carol.key, issued, { boot, counter: 3, lamport: 8 }))
    expect(lines()).to.nested.include({ 'lines[0].holders': 2 })
  })

  it('refuses a digest that does not open, or is not whole (R-421)', () => {
    const all = world()
    const { liar, carol, issued } = all
    const good = digestOf(all, carol.key, issued).body.digest!
    const sealed = good.sealed.map((byte, i) => (i === 40 ? byte ^ 1 : byte))
    refuses(421, all, makeFrame(liar.channel, carol.key, { digest: { ...good, sealed } }))
    refuses(421, all, digestOf(all, carol.key, issued, { boot: random(15) }))
    refuses(421, all, digestOf(all, carol.key, issued, { logHead: EMPTY }))
  })

  it('refuses a digest or leave of somebody who is no member (R-422)', () => {
    const all = world()
    const mallory = signingKey(random(32))
    refuses(422, all, digestOf(all, mallory, all.issued))
    refuses(422, all, leaveOf(all, mallory, random(16)))
  })

  it('refuses a digest heard before, of the start at hand or an earlier one (R-423)', () => {
    const all = world()
    const { bus, bob, carol, issued } = all
    const boots = [random(16), random(16)]
    const first = boots.map((boot) => digestOf(all, carol.key, issued, { boot, counter: 1 }))
    for (const frame of first) hear(all, frame)
    bus.passes = (from) => from !== carol
    bus.pass(LEASE + 2 * SECOND_MS)
    expect(onlineOf(all, bob)).to.equal(1)
    for (const frame of first) refuses(423, all, frame)
    refuses(423, all, digestOf(all, carol.key, issued, { boot: boots[0]!, counter: 0 }))
    hear(all, digestOf(all, carol.key, issued, { boot: boots[1]!, counter: 2 }))
    expect(onlineOf(all, bob)).to.equal(2)
  })

  it('takes in the record that a digest carries, when it is the own one of its author (R-424)', () => {
    const all = world()
    const { bus, liar, bob, carol, issued } = all
    const boot = random(16)
    const mallory = signingKey(random(32))
    const prekeys = Prekeys.create(random, bus.env(bob).now)
    const seq = Math.floor(bus.now / SECOND_MS) + 100
    const other = liar.recordOf(mallory, 'mallory', prekeys, seq)
    bus.send(bob, { type: 'frame', frame: digestOf(all, carol.key, issued, { boot, record: other.bytes }) })
    expect(bob.rejects).to.deep.equal([424])
    const known = (user: Uint8Array): unknown => bus.command(bob, { type: 'channels' }) && recordOf(bob, user)
    expect(known(mallory.publicKey)).to.equal(undefined)
    const newer = liar.recordOf(carol.key, 'carol', prekeys, seq)
    hear(all, digestOf(all, carol.key, issued, { boot, counter: 1, record: newer.bytes }))
    expect(known(carol.key.publicKey)).to.deep.equal(newer.bytes)
    const older = liar.recordOf(carol.key, 'carol', prekeys, seq - 1)
    bus.send(bob, {
      type: 'frame',
      frame: digestOf(all, carol.key, issued, { boot, counter: 2, record: older.bytes })
    })
    expect(bob.rejects).to.deep.equal([122])
    expect(known(carol.key.publicKey)).to.deep.equal(newer.bytes)
  })

  it('ends at once with a leave, which only counts for the start heard last (R-425)', () => {
    const all = world()
    const { bus, bob, carol, issued, channel } = all
    const boot = random(16)
    hear(all, digestOf(all, carol.key, issued, { boot: random(16) }))
    hear(all, digestOf(all, carol.key, issued, { boot }))
    refuses(425, all, leaveOf(all, carol.key, random(16)))
    expect(onlineOf(all, bob)).to.equal(2)
    hear(all, leaveOf(all, carol.key, boot))
    expect(onlineOf(all, bob)).to.equal(1)
    refuses(425, all, leaveOf(all, carol.key, boot))
    // Late frames of the start that ended do not bring it back; a new start does.
    refuses(423, all, digestOf(all, carol.key, issued, { boot, counter: 1 }))
    hear(all, all.liar.message(carol.key, issued, { boot }))
    expect(onlineOf(all, bob)).to.equal(1)
    hear(all, digestOf(all, carol.key, issued))
    expect(onlineOf(all, bob)).to.equal(2)
    bus.send(carol, { type: 'stop' })
    expect(bus.frames(channel).at(-1)).to.include({ kind: 'leave' })
    const said = digestsOf(all, carol).length
    bus.pass(5 * DIGEST_MS)
    expect(digestsOf(all, carol).length).to.equal(said)
  })

  it('a leave as it is made ends the presence of its author, in each channel with a key', () => {
    const bus = new Bus('leave')
    const [alice, bob] = [bus.add('alice'), bus.add('bob')]
    const channel = bus.open(alice)
    bus.join(bob, bus.invite(alice, channel))
    bus.pass(3_000)
    expect(bus.view(alice, channel).online).to.equal(2)
    bus.send(bob, { type: 'stop' })
    expect(bus.view(alice, channel).online).to.equal(1)
    bus.stop(bob)
    bus.start(bob)
    bus.pass(3_000)
    expect(bus.view(alice, channel).online).to.equal(2)
    bus.command(bob, { type: 'leaveChannel', channel })
    expect(bus.view(alice, channel).online).to.equal(1)
  })

  it('carries a record twice when it is new, and no more', () => {
    const all = world()
    const { bus, bob, issued, liar } = all
    const records = (): number[] =>
      digestsOf(all, bob).map(
        (frame) => openDigest(liar.line, issued.keys.control, frame.body.digest!.sealed)!.record.length
      )
    bus.pass(4 * DIGEST_MS)
    const before = records()
    expect(before.filter((length) => length > 0)).to.have.lengthOf(2)
    bus.command(bob, { type: 'setNick', nick: 'robert' })
    bus.pass(4 * DIGEST_MS)
    const after = records().slice(before.length)
    expect(after.filter((length) => length > 0)).to.have.lengthOf(2)
  })

  it('falls silent with a key whose grace is over', () => {
    const all = world()
    const { bus, bob } = all
    const { notAfter } = bus.view(bob, all.channel)
    bus.now = notAfter + GRACE_MS - 2 * DIGEST_MS
    bus.pass(DIGEST_MS)
    const { length } = digestsOf(all, bob)
    bus.pass(DIGEST_MS)
    expect(digestsOf(all, bob).length).to.be.above(length)
    const before = digestsOf(all, bob).length
    bus.pass(10 * DIGEST_MS)
    expect(digestsOf(all, bob).length).to.equal(before)
    expect(bus.view(bob, all.channel).key).to.equal('expired')
  })
})

/** The record of a user in a node's store. */
const recordOf = (node: Node, user: Uint8Array): Uint8Array | undefined => {
  const name = Buffer.from(user).toString('hex')
  const row = [...node.rows.values()].find(({ entry }) => entry === `user/${name}`)
  return row && UserRow.decode(row.value).record
}
