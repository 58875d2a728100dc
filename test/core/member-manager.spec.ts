import { expect } from 'chai'
import { equalBytes, hex } from '../../src/base/bytes.ts'
import { UsageError } from '../../src/base/errors.ts'
import { atMillis } from '../../src/base/time.ts'
import { readInvite, tokenHash } from '../../src/core/channel/invite.ts'
import type { ChannelSettings, InviteView } from '../../src/core/command.ts'
import { readUserRecord } from '../../src/core/identity/user-record.ts'
import { Refusal } from '../../src/core/reject.ts'
import { signingKey } from '../../src/crypto/sign.ts'
import { Admission, Authentication, Operation } from '../../src/wire/messages.ts'
import { Bus, type Node, randomOf, told } from './bus.ts'

const random = randomOf('member-manager')

interface World {
  readonly bus: Bus
  /** Founder and key manager. */
  readonly alice: Node
  /** Member manager and no key manager. */
  readonly mona: Node
  readonly channel: Uint8Array
}

/** A channel whose member manager has come in by her office alone. */
function world(settings: ChannelSettings): World {
  const bus = new Bus('member-manager')
  const [alice, mona] = [bus.add('alice'), bus.add('mona')]
  const channel = bus.open(alice, { ...settings, memberManagers: [mona.key.publicKey] })
  bus.join(mona, bus.invite(alice, channel))
  bus.pass(2_000)
  return { bus, alice, mona, channel }
}

const admit = ({ bus, channel }: World, by: Node, who: Node): void => {
  bus.command(by, { type: 'admit', channel, user: who.key.publicKey })
}
const keyOf = ({ bus, channel }: World, node: Node): string | undefined => bus.view(node, channel)?.key
const invitesOf = ({ bus, channel }: World, at: Node): readonly InviteView[] => {
  const result = bus.command(at, { type: 'invites', channel })
  return result.type === 'invites' ? result.invites : []
}
const tokenOf = (channel: Uint8Array, text: string): Uint8Array => {
  const invite = readInvite(text)
  if (invite instanceof Refusal) throw new Error('no invite')
  return tokenHash(channel, invite.token)
}
const codeOf = (result: unknown): unknown => (result instanceof UsageError ? result.code : result)

describe('a member manager', () => {
  it('comes in by its office, is no key manager, and is in the roster only from then on', () => {
    const bus = new Bus('office')
    const [alice, mona] = [bus.add('alice'), bus.add('mona')]
    const settings = { admission: Admission.BY_MEMBERSHIP, memberManagers: [mona.key.publicKey] }
    const channel = bus.open(alice, settings)
    expect(bus.view(alice, channel).members).to.equal(1)
    bus.join(mona, bus.invite(alice, channel))
    bus.pass(2_000)
    expect(bus.view(mona, channel)).to.include({ key: 'ready', members: 2, isManager: false })
    expect(alice.rejects).to.deep.equal([])
    const dave = bus.add('dave')
    bus.join(dave, bus.invite(alice, channel))
    bus.pass(2_000)
    expect(bus.view(dave, channel).key).to.equal('asking')
    expect(alice.rejects).to.include(506)
  })

  it('admits in advance who then comes in without a token, and removes whom it likes', () => {
    const all = world({ admission: Admission.BY_MEMBERSHIP })
    const { bus, alice, mona, channel } = all
    const [bob, carol] = [bus.add('bob'), bus.add('carol')]
    admit(all, mona, bob)
    bus.pass(1_000)
    expect(bus.view(alice, channel).members).to.equal(3)
    const text = bus.invite(mona, channel)
    bus.join(bob, text)
    bus.join(carol, text)
    bus.pass(3_000)
    expect([keyOf(all, bob), keyOf(all, carol)]).to.deep.equal(['ready', 'asking'])
    bus.say(bob, channel, 'among us')
    expect(bus.texts(mona)).to.deep.equal(['bob: among us'])
    admit(all, mona, carol)
    bus.pass(15_000)
    expect(keyOf(all, carol)).to.equal('ready')
    bus.remove(mona, channel, bob)
    bus.pass(1_000)
    expect(keyOf(all, bob)).to.equal('removed')
    bus.say(mona, channel, 'without bob')
    expect(bus.texts(carol)).to.deep.equal(['mona: without bob'])
    expect(bus.texts(bob)).to.deep.equal(['bob: among us'])
  })

  it('removes somebody however often it was let in, also by what no epoch covers yet', () => {
    const all = world({ admission: Admission.BY_MEMBERSHIP })
    const { bus, alice, mona, channel } = all
    const bob = bus.add('bob')
    for (let times = 0; times < 20; times++) admit(all, alice, bob)
    bus.join(bob, bus.invite(alice, channel))
    bus.pass(2_000)
    const { group } = bus.command(mona, { type: 'createGroup', channel, name: 'team' }) as { group: { id: Uint8Array } }
    bus.command(mona, { type: 'putIntoGroup', channel, group: group.id, user: bob.key.publicKey })
    bus.pass(2_000)
    expect(bus.view(bob, channel)).to.include({ key: 'ready', members: 3 })
    bus.passes = (from) => from !== alice && from !== mona
    admit(all, alice, bob)
    bus.deliver(mona, channel, bus.tap.at(-1)!)
    bus.stop(alice)
    admit(all, mona, bob)
    bus.remove(mona, channel, bob)
    bus.passes = () => true
    bus.start(alice)
    bus.pass(10_000)
    for (const node of [alice, mona])
      expect(bus.view(node, channel), node.nick).to.include({ key: 'ready', members: 2 })
    expect(keyOf(all, bob)).to.equal('removed')
  })

  it('removes and admits the same user as often as it likes', () => {
    const all = world({ admission: Admission.BY_MEMBERSHIP })
    const { bus, alice, mona, channel } = all
    const bob = bus.add('bob')
    for (let n = 0; n < 20; n++) {
      for (const [by, isIn] of [
        [n % 2 === 0 ? mona : alice, true],
        [n % 3 === 0 ? mona : alice, false]
      ] as const) {
        if (isIn) admit(all, by, bob)
        else bus.remove(by, channel, bob)
        bus.pass(2_000)
        for (const node of [alice, mona])
          expect(bus.view(node, channel), `${n}`).to.include({ key: 'ready', members: isIn ? 3 : 2 })
      }
    }
  })

  it('says so while the key manager is away, and it is done when that is back', () => {
    const all = world({ admission: Admission.BY_MEMBERSHIP })
    const { bus, alice, mona, channel } = all
    const bob = bus.add('bob')
    bus.stop(alice)
    admit(all, mona, bob)
    bus.losePower(mona)
    bus.start(mona)
    bus.start(alice)
    bus.pass(3_000)
    bus.join(bob, bus.invite(mona, channel))
    bus.pass(3_000)
    expect(keyOf(all, bob)).to.equal('ready')
  })

  it('is what nobody else is: neither a member nor a stranger admits or removes (R-303)', () => {
    const all = world({ admission: Admission.OPEN })
    const { bus, alice, channel } = all
    const [bob, carol] = [bus.add('bob'), bus.add('carol')]
    const text = bus.invite(alice, channel)
    for (const node of [bob, carol]) bus.join(node, text)
    bus.pass(2_000)
    for (const type of ['admit', 'remove'] as const) {
      const command = { type, channel, user: carol.key.publicKey, isForCause: false }
      expect(codeOf(bus.ask(bob, command))).to.equal('NOT_ALLOWED')
    }
    alice.rejects = []
    const subject = signingKey(random(32)).publicKey
    const forged = told(bus, channel, bob, [{ operation: Operation.ADMIT, subject, admitId: random(16) }])
    bus.deliver(alice, channel, forged.bytes)
    expect(alice.rejects).to.deep.equal([303])
    bus.pass(1_000)
    expect(bus.view(alice, channel).members).to.equal(4)
  })
})

describe('an invite', () => {
  it('of a member manager brings people in, each use counted once, and everybody can list it', () => {
    const all = world({ admission: Admission.BY_INVITE })
    const { bus, alice, mona, channel } = all
    const [bob, carol] = [bus.add('bob'), bus.add('carol')]
    const text = bus.invite(mona, channel, 2, 60_000)
    const token = tokenOf(channel, text)
    const view = { token, uses: 2, expiresAt: bus.now + 60_000, isRevoked: false, by: mona.key.publicKey }
    const listed = (at: Node): InviteView | undefined => invitesOf(all, at).find((one) => equalBytes(one.token, token))
    for (const at of [alice, mona]) expect(listed(at)).to.deep.equal({ ...view, redeemers: [] })
    bus.join(bob, text)
    bus.pass(2_000)
    bus.join(carol, text)
    bus.pass(2_000)
    const redeemers = [bob, carol].map(({ key }) => hex(key.publicKey)).sort()
    for (const at of [alice, mona, bob, carol]) {
      expect(listed(at)!.redeemers.map(hex).sort(), at.nick).to.deep.equal(redeemers)
      expect({ ...listed(at)!, redeemers: [] }).to.deep.equal({ ...view, redeemers: [] })
    }
  })

  it('for one is bound to who redeemed it: that user may come back with it, another may not (R-507)', () => {
    const all = world({ admission: Admission.BY_INVITE })
    const { bus, alice, mona, channel } = all
    const [bob, carol] = [bus.add('bob'), bus.add('carol')]
    const text = bus.invite(mona, channel, 1)
    bus.join(bob, text)
    bus.pass(2_000)
    alice.rejects = []
    bus.join(carol, text)
    bus.pass(2_000)
    expect(alice.rejects).to.include(507)
    expect(keyOf(all, carol)).to.equal('asking')
    bus.command(bob, { type: 'leaveChannel', channel })
    bus.pass(1_000)
    expect(bus.view(alice, channel).members).to.equal(2)
    bus.join(bob, text)
    bus.pass(4_000)
    expect(keyOf(all, bob)).to.equal('ready')
    expect(keyOf(all, carol)).to.not.equal('ready')
  })

  it('for one stays one when its statement waits longer than its first use (R-507)', () => {
    const bus = new Bus('many invites')
    const alice = bus.add('alice')
    const channel = bus.open(alice, { admission: Admission.BY_INVITE })
    let text = ''
    for (let i = 0; i < 300; i++) text = bus.invite(alice, channel, 1)
    const [bob, carol] = [bus.add('bob'), bus.add('carol')]
    bus.join(bob, text)
    bus.pass(300)
    expect(bus.view(bob, channel).key).to.equal('ready')
    bus.join(carol, text)
    bus.pass(5_000)
    expect(bus.view(carol, channel).key).to.not.equal('ready')
    expect(alice.rejects).to.include(507)
  })

  it('past its end lets nobody in (R-507)', () => {
    const all = world({ admission: Admission.BY_INVITE })
    const { bus, alice, mona, channel } = all
    const bob = bus.add('bob')
    const text = bus.invite(mona, channel, 0, 10_000)
    // Bob's clock and invite say otherwise; what the log says counts.
    bus.passes = (from, to) => from !== bob && to !== bob
    bus.join(bob, text)
    bus.pass(11_000)
    bus.passes = () => true
    bus.pass(20_000)
    expect(alice.rejects).to.include(507)
    expect(keyOf(all, bob)).to.not.equal('ready')
  })

  it('that is revoked lets nobody in from that moment on, and nobody without authority revokes one (R-507)', () => {
    const all = world({ admission: Admission.BY_INVITE })
    const { bus, alice, mona, channel } = all
    const [bob, carol] = [bus.add('bob'), bus.add('carol')]
    const text = bus.invite(alice, channel)
    bus.join(bob, text)
    bus.pass(2_000)
    const token = tokenOf(channel, text)
    expect(codeOf(bus.ask(bob, { type: 'revokeInvite', channel, token }))).to.equal('NOT_ALLOWED')
    expect(codeOf(bus.ask(mona, { type: 'revokeInvite', channel, token: random(32) }))).to.equal('NO_SUCH_INVITE')
    bus.command(mona, { type: 'revokeInvite', channel, token })
    const said = bus.frames(channel).filter(({ kind }) => kind === 'statements').length
    bus.command(mona, { type: 'revokeInvite', channel, token })
    expect(bus.frames(channel).filter(({ kind }) => kind === 'statements')).to.have.length(said)
    bus.join(carol, text)
    bus.pass(2_000)
    expect(alice.rejects).to.include(507)
    expect(keyOf(all, carol)).to.equal('asking')
    expect(invitesOf(all, alice).find((one) => equalBytes(one.token, token))?.isRevoked).to.equal(true)
  })
})

describe('a record registered in advance', () => {
  const recordOf = (bus: Bus, node: Node): Uint8Array => bus.directory.get(hex(node.key.publicKey))!
  const imported = (bus: Bus, node: Node, ...records: Uint8Array[]): unknown =>
    bus.ask(node, { type: 'importRecords', records })

  it('lets its user in by challenge once it is admitted, with no directory there', () => {
    const all = world({ admission: Admission.BY_MEMBERSHIP, authentication: Authentication.BY_CHALLENGE })
    const { bus, alice, mona, channel } = all
    const bob = bus.add('bob')
    expect(imported(bus, alice, recordOf(bus, bob))).to.deep.equal({ type: 'imported', users: [bob.key.publicKey] })
    bus.directory.clear()
    admit(all, mona, bob)
    bus.pass(1_000)
    const before = bus.frames(channel).length
    bus.join(bob, bus.invite(mona, channel))
    bus.pass(4_000)
    expect(keyOf(all, bob)).to.equal('ready')
    const kinds = bus
      .frames(channel)
      .slice(before)
      .map(({ kind }) => kind)
      .filter((kind) => kind !== 'heartbeat')
    expect(kinds.slice(0, 5)).to.deep.equal(['keyRequest', 'challenge', 'challengeAnswer', 'announcement', 'grant'])
  })

  it('gives the key of the next term at once to who was admitted before it came', () => {
    const all = world({ admission: Admission.BY_MEMBERSHIP })
    const { bus, alice, mona } = all
    const bob = bus.add('bob')
    imported(bus, alice, recordOf(bus, bob))
    const known = readUserRecord(recordOf(bus, bob), atMillis(bus.now))
    expect(known).to.not.be.instanceOf(Refusal)
    admit(all, mona, bob)
    bus.pass(1_000)
    bus.losePower(alice)
    bus.start(alice)
    bus.pass(3_000)
    expect(bus.view(alice, all.channel)).to.include({ members: 3, term: 2 })
  })

  it('that is bad, older, or not the same as one beside it is named, and nothing is taken in', () => {
    const bus = new Bus('import')
    const [alice, bob, carol] = [bus.add('alice'), bus.add('bob'), bus.add('carol')]
    const older = recordOf(bus, bob)
    bus.pass(2_000)
    bus.command(bob, { type: 'setNick', nick: 'robert' })
    const newer = recordOf(bus, bob)
    const broken = newer.slice()
    broken[broken.length - 1]! ^= 1
    const rowsBefore = alice.rows.size
    for (const [records, place, why] of [
      [[recordOf(bus, carol), broken], 'Record 2', 'signed'],
      [[newer, older], 'Record 2', 'older'],
      [[new Uint8Array(5)], 'Record 1', 'canonical']
    ] as const) {
      const result = imported(bus, alice, ...records)
      expect(codeOf(result)).to.equal('BAD_USER_RECORD')
      expect(String(result)).to.include(place).and.to.include(why)
      expect(alice.rows.size).to.equal(rowsBefore)
    }
    imported(bus, alice, newer, recordOf(bus, carol))
    expect(codeOf(imported(bus, alice, older))).to.equal('BAD_USER_RECORD')
    bus.now += 4 * 86_400_000
    expect(String(imported(bus, alice, newer))).to.include('expired')
  })
})
