import { expect } from 'chai'
import { EMPTY, equalBytes } from '../../../src/base/bytes.ts'
import { atMillis, DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS } from '../../../src/base/time.ts'
import type { Context } from '../../../src/core/channel/context.ts'
import { makeDemand } from '../../../src/core/channel/demand.ts'
import { OPTIONAL_TRIGGERS } from '../../../src/core/channel/descriptor.ts'
import { type Frame, makeFrame } from '../../../src/core/channel/frame.ts'
import { sealControl } from '../../../src/core/channel/key-schedule.ts'
import type { ChannelSettings } from '../../../src/core/command.ts'
import { Guide } from '../../../src/core/manager/guide.ts'
import { Out } from '../../../src/core/out.ts'
import {
  DEMAND_TRIES,
  DIGEST_MS,
  DIGESTS_PER_LEASE,
  GRACE_MS,
  LEAD_MS,
  LED_EPOCHS,
  LED_MEMBERS,
  PRESENCE_SLACK_MS,
  REFRESH_MS
} from '../../../src/core/params.ts'
import { type SigningKey, signingKey } from '../../../src/crypto/sign.ts'
import { peekKind } from '../../../src/sim/trace.ts'
import {
  AnnouncementAttachment,
  AnnouncementPayload,
  DemandContent,
  Reason,
  type TreeUpdate,
  TreeUpdateKind
} from '../../../src/wire/messages.ts'
import { EpochRow } from '../../../src/wire/rows.ts'
import { Bus, type Node, randomOf, rowsOf } from '../bus.ts'

const random = randomOf('triggers')
const LEASE = DIGESTS_PER_LEASE * DIGEST_MS + PRESENCE_SLACK_MS + 2 * SECOND_MS
/** Long enough for a key not to end while a test looks at something else. */
const LONG = { keyLifetimeSeconds: (30 * DAY_MS) / SECOND_MS }

function world(settings: ChannelSettings = {}, names: readonly string[] = ['bob']) {
  const bus = new Bus('triggers')
  bus.ghosts = 1
  const alice = bus.add('alice')
  const members = names.map((name) => bus.add(name))
  const channel = bus.open(alice, { ...LONG, ...settings })
  const invite = bus.invite(alice, channel)
  for (const node of members) bus.join(node, invite)
  bus.pass(3_000)
  return { bus, alice, members, bob: members[0]!, channel }
}
type World = ReturnType<typeof world>

/** Why there were epochs, in order, as a node was told. */
const reasons = (node: Node): Reason[] =>
  node.notices.flatMap((notice) => (notice.type === 'epoch' ? [notice.reason] : []))
const since = (node: Node, act: () => void): Reason[] => {
  const before = reasons(node).length
  act()
  return reasons(node).slice(before)
}
const announcements = ({ bus, channel }: World): Frame[] =>
  bus.frames(channel).filter(({ kind }) => kind === 'announcement')
const treeOf = (frame: Frame): TreeUpdate =>
  AnnouncementPayload.decode(AnnouncementAttachment.decode(frame.attachment).payload).tree!
const restart = (bus: Bus, node: Node, isOrderly = true): void => {
  if (isOrderly) bus.send(node, { type: 'stop' })
  bus.stop(node)
}
const framesOf = ({ bus, channel }: World, kind: string, by: Node): Frame[] =>
  bus.frames(channel).filter((frame) => frame.kind === kind && equalBytes(frame.author, by.key.publicKey))
const current = (node: Node) =>
  rowsOf(node, 'epoch')
    .map(({ value }) => EpochRow.decode(value))
    .find(({ endedAt }) => endedAt === 0)!

describe('a first member after zero', () => {
  it('finds a fresh root, once, when everybody had gone', () => {
    const all = world()
    const { bus, alice, bob } = all
    restart(bus, bob)
    expect(since(alice, () => bus.pass(MINUTE_MS))).to.deep.equal([])
    bus.start(bob)
    expect(since(alice, () => bus.pass(3 * SECOND_MS))).to.deep.equal([Reason.FIRST_MEMBER])
    expect(treeOf(announcements(all).at(-1)!)).to.include({ kind: TreeUpdateKind.PATH, hasFreshRoot: true })
    expect(since(alice, () => bus.pass(10 * MINUTE_MS))).to.deep.equal([])
  })

  it('is one after a crash too, when nothing was heard for as long as a lease lasts', () => {
    const { bus, alice, bob } = world()
    restart(bus, bob, false)
    bus.pass(LEASE / 2)
    bus.start(bob)
    expect(since(alice, () => bus.pass(LEASE))).to.deep.equal([])
    restart(bus, bob, false)
    bus.pass(LEASE)
    bus.start(bob)
    expect(since(alice, () => bus.pass(3 * SECOND_MS))).to.deep.equal([Reason.FIRST_MEMBER])
  })

  it('is none while others are there, none who comes to a channel where nobody was, and no manager', () => {
    const { bus, alice, members } = world({}, ['bob', 'carol'])
    const [bob, carol] = members as [Node, Node]
    restart(bus, bob)
    bus.start(bob)
    expect(since(alice, () => bus.pass(3 * SECOND_MS))).to.deep.equal([])
    restart(bus, alice)
    restart(bus, bob)
    restart(bus, carol)
    bus.start(alice)
    bus.pass(MINUTE_MS)
    bus.start(bob)
    expect(since(alice, () => bus.pass(10 * SECOND_MS))).to.not.include(Reason.FIRST_MEMBER)
    const second = world({}, [])
    const maria = second.bus.add('maria')
    const channel = second.bus.open(second.alice, { managers: [second.alice.key.publicKey, maria.key.publicKey] })
    second.bus.join(maria, second.bus.invite(second.alice, channel))
    second.bus.pass(5 * SECOND_MS)
    restart(second.bus, maria)
    second.bus.start(maria)
    expect(since(second.alice, () => second.bus.pass(10 * SECOND_MS))).to.not.include(Reason.FIRST_MEMBER)
  })

  it('comes at most once in a while, whoever comes and goes, and not at all where the channel does without', () => {
    const { bus, alice, bob } = world()
    const epochs = since(alice, () => {
      for (let i = 0; i < 10; i++) {
        restart(bus, bob)
        bus.start(bob)
        bus.pass(2 * SECOND_MS + 100)
      }
    })
    expect(epochs.length).to.be.within(1, 3)
    const without = world({ withoutTriggers: OPTIONAL_TRIGGERS.firstMember })
    restart(without.bus, without.bob)
    without.bus.start(without.bob)
    expect(since(without.alice, () => without.bus.pass(MINUTE_MS))).to.deep.equal([])
  })
})

describe('a silence', () => {
  it('is answered by one fresh root, and the next one after a message by another', () => {
    const all = world({ idleSeconds: 60, stepSeconds: 0 })
    const { bus, alice, bob, channel } = all
    bus.say(bob, channel, 'hello')
    expect(since(alice, () => bus.pass(59 * SECOND_MS))).to.deep.equal([])
    expect(since(alice, () => bus.pass(2 * SECOND_MS))).to.deep.equal([Reason.IDLE])
    expect(treeOf(announcements(all).at(-1)!)).to.include({ kind: TreeUpdateKind.PATH, hasFreshRoot: true })
    expect(since(alice, () => bus.pass(10 * MINUTE_MS))).to.deep.equal([])
    bus.say(alice, channel, 'is anybody there?')
    expect(since(alice, () => bus.pass(61 * SECOND_MS))).to.deep.equal([Reason.IDLE])
  })

  it('is nothing to a channel that has no idle time', () => {
    const { bus, alice } = world({ idleSeconds: 0 })
    expect(since(alice, () => bus.pass(10 * MINUTE_MS))).to.deep.equal([])
  })
})

describe('a scheduled step', () => {
  it('moves the key on one way while there is traffic, and rests without', () => {
    const all = world({ stepSeconds: 60, idleSeconds: 0 })
    const { bus, alice, bob, channel } = all
    expect(since(alice, () => bus.pass(5 * MINUTE_MS))).to.deep.equal([])
    expect(since(alice, () => bus.say(bob, channel, 'hello'))).to.deep.equal([Reason.SCHEDULED])
    const update = treeOf(announcements(all).at(-1)!)
    expect(update).to.include({ kind: TreeUpdateKind.STEP })
    expect(update.wraps).to.have.lengthOf(0)
    expect(since(alice, () => bus.pass(5 * MINUTE_MS))).to.deep.equal([])
    expect(
      since(alice, () => {
        for (let i = 0; i < 180; i++) {
          bus.say(alice, channel, `more ${i}`)
          bus.pass(SECOND_MS)
        }
      })
    ).to.deep.equal([Reason.SCHEDULED, Reason.SCHEDULED, Reason.SCHEDULED])
    expect(bus.view(bob, channel)).to.deep.include({ key: 'ready', serial: bus.view(alice, channel).serial })
    expect(bus.texts(bob)).to.have.lengthOf(181)
  })

  it('is nothing to a channel that has none', () => {
    const { bus, alice, bob, channel } = world({ stepSeconds: 0, idleSeconds: 0 })
    bus.say(bob, channel, 'hello')
    expect(since(alice, () => bus.pass(11 * MINUTE_MS))).to.deep.equal([])
  })
})

describe('the end of a key', () => {
  const SHORT = { keyLifetimeSeconds: 120, idleSeconds: 0 }

  it('is met by the manager in time, by its monotonic clock or its wall clock', () => {
    const { bus, alice, bob, channel } = world(SHORT)
    expect(since(alice, () => bus.pass(4 * MINUTE_MS))).to.deep.equal([Reason.DEADLINE, Reason.DEADLINE])
    bus.now += HOUR_MS
    expect(since(alice, () => bus.pass(2 * SECOND_MS))).to.deep.equal([Reason.DEADLINE])
    expect(bus.view(alice, channel).notAfter).to.be.above(bus.now)
    expect(bus.view(bob, channel)).to.include({ key: 'ready', notAfter: bus.view(alice, channel).notAfter })
  })

  it('members ask for the next key on their own, send under the old one for the grace time, and then no more', () => {
    const all = world({ ...SHORT, graceSeconds: 60 }, ['bob', 'carol'])
    const { bus, alice, bob, channel } = all
    restart(bus, alice)
    bus.pass(110 * SECOND_MS)
    const asked = (): number => bus.trace.filter(({ node, effect }) => node === bob && effect.type === 'ask').length
    const before = asked()
    bus.pass(30 * SECOND_MS)
    expect(asked()).to.be.above(before)
    expect(bus.view(bob, channel).key).to.equal('ready')
    bus.say(bob, channel, 'still here')
    expect(bus.view(bob, channel).waiting).to.equal(0)
    bus.pass(50 * SECOND_MS)
    expect(bob.notices.at(-1)).to.deep.equal({ type: 'keyState', channel, state: 'expired' })
    bus.say(bob, channel, 'too late')
    bus.pass(SECOND_MS)
    expect(bus.view(bob, channel).waiting).to.equal(1)
    const texts = bus.texts(all.members[1]!)
    expect(texts).to.include('bob: still here').and.not.include('bob: too late')
    bus.start(alice)
    bus.pass(5 * SECOND_MS)
    expect(bus.view(bob, channel)).to.include({ key: 'ready', waiting: 0 })
    expect(bus.texts(all.members[1]!)).to.include('bob: too late')
  })

  it('who missed the new key when the old one ended asks for it by itself, though nothing else happens', () => {
    const all = world({ ...SHORT, graceSeconds: 60 })
    const { bus, alice, bob, channel } = all
    bus.passes = (from) => from !== alice
    bus.oracle = () => ({ descriptors: EMPTY, records: [], frames: [], sealed: EMPTY, isMore: false })
    bus.pass(121 * SECOND_MS)
    expect(bus.view(bob, channel).serial).to.be.below(bus.view(alice, channel).serial)
    bus.carry = (deliver, to, bytes) => {
      if (to !== bob || ['grant', 'challenge'].includes(peekKind(bytes))) deliver()
    }
    bus.passes = () => true
    expect(since(bob, () => bus.pass(30 * SECOND_MS))).to.have.lengthOf(1)
  })

  it('sends members asking over some time, not at once', function () {
    this.timeout(120_000)
    const names = Array.from({ length: 12 }, (_, i) => `peer ${i}`)
    const { bus, alice, members } = world({ keyLifetimeSeconds: 60, idleSeconds: 0 }, names)
    const requests = (): number => bus.tap.filter((bytes) => peekKind(bytes) === 'keyRequest').length
    restart(bus, alice)
    const askedAt: number[] = []
    bus.oracle = ({ epochs }) => {
      if (epochs) askedAt.push(bus.uptimeMs)
      return undefined
    }
    bus.pass(90 * SECOND_MS)
    expect(askedAt.length).to.be.at.least(members.length)
    const crowd = askedAt.map((at) => askedAt.filter((other) => other >= at && other < at + SECOND_MS).length)
    expect(Math.max(...crowd)).to.be.below(6)
    // Nobody answers; then they go on, and rest in between.
    const before = requests()
    bus.pass(5 * MINUTE_MS)
    expect(requests() - before).to.be.within(members.length * 10, members.length * 30)
  })
})

describe('the use of a key that is over', () => {
  /** Bob hears no announcement and no heartbeat, and nobody answers his questions. */
  function deaf() {
    const all = world({ stepSeconds: 0, idleSeconds: 0, graceSeconds: 30 }, ['bob', 'carol'])
    const { bus, bob } = all
    let isDeaf = true
    bus.carry = (deliver, to, bytes) => {
      const isMissed = ['announcement', 'heartbeat', 'message', 'digest'].includes(peekKind(bytes))
      if (!isDeaf || to !== bob || !isMissed) deliver()
    }
    bus.oracle = () => ({ descriptors: EMPTY, records: [], frames: [], sealed: EMPTY, isMore: false })
    const listen = (): void => {
      isDeaf = false
      bus.carry = (deliver, to, bytes) => {
        if (to !== bob || !['heartbeat', 'digest'].includes(peekKind(bytes))) deliver()
      }
    }
    return { ...all, listen }
  }

  it('brings a member that missed announcements and heartbeats the current one', () => {
    const all = deaf()
    const { bus, alice, bob, channel, listen } = all
    for (let i = 0; i < 3; i++) bus.command(alice, { type: 'rekey', channel })
    bus.pass(MINUTE_MS)
    expect(bus.view(bob, channel).serial).to.equal(bus.view(alice, channel).serial - 3)
    listen()
    // A digest may have been answered while he heard nothing, and nobody is answered twice at once.
    const epochs = since(bob, () => {
      bus.say(bob, channel, 'can you hear me?')
      bus.pass(LEAD_MS)
      bus.say(bob, channel, 'and now?')
    })
    expect(epochs).to.deep.equal([Reason.DEMAND, Reason.DEMAND, Reason.DEMAND])
    expect(bus.view(bob, channel)).to.include({ key: 'ready', serial: bus.view(alice, channel).serial })
  })

  it('is answered once in a while for each member, and not while the old key is in its grace', () => {
    const all = deaf()
    const { bus, alice, bob, channel } = all
    bus.command(alice, { type: 'rekey', channel })
    const led = (): number => framesOf(all, 'announcement', alice).length
    let before = led()
    bus.say(bob, channel, 'early')
    expect(led()).to.equal(before)
    bus.pass(MINUTE_MS)
    before = led()
    for (let i = 0; i < 5; i++) bus.say(bob, channel, `late ${i}`)
    expect(led() - before).to.be.within(0, 1)
    bus.pass(LEAD_MS)
    bus.say(bob, channel, 'later')
    expect(led() - before).to.be.within(1, 3)
  })

  it('of long ago is answered by the newest announcement alone', () => {
    const all = deaf()
    const { bus, alice, bob, channel } = all
    for (let i = 0; i <= LED_EPOCHS; i++) bus.command(alice, { type: 'rekey', channel })
    bus.pass(MINUTE_MS)
    const before = framesOf(all, 'announcement', alice).length
    bus.pass(LEAD_MS)
    bus.say(bob, channel, 'hello')
    expect(framesOf(all, 'announcement', alice).length - before).to.be.within(1, 3)
  })

  it('by somebody who was removed is answered by nothing', () => {
    const all = deaf()
    const { bus, alice, bob, channel } = all
    bus.remove(alice, channel, bob)
    bus.pass(MINUTE_MS)
    const before = framesOf(all, 'announcement', alice).length
    const { commitment, term, serial } = current(bob)
    const [message] = framesOf(all, 'message', bob)
    expect(message).to.equal(undefined)
    const digest = { key: { term, serial, commitment }, sealed: random(300) }
    bus.send(alice, { type: 'frame', frame: makeFrame(channel, bob.key, { digest }) })
    expect(framesOf(all, 'announcement', alice).length).to.equal(before)
    const carol = all.members[1]!
    bus.send(alice, { type: 'frame', frame: makeFrame(channel, carol.key, { digest }) })
    expect(framesOf(all, 'announcement', alice).length).to.be.above(before)
  })

  it('remembers no more members than it says', () => {
    const context = { channel: random(32), log: { isMember: () => true } } as unknown as Context
    const keyOf = (serial: number) => ({ term: 1, serial, commitment: EMPTY })
    const lead = [random(32)]
    const guide = new Guide(context, { current: { key: keyOf(2) }, notAfterOf: () => undefined, leadFrom: () => lead })
    for (let i = 0; i < LED_MEMBERS + 5; i++) {
      const out = new Out()
      guide.onKeyUsed(random(32), keyOf(1), { now: atMillis(i), uptimeMs: i, random }, out)
      expect(out.effects.map(({ type }) => type)).to.deep.equal(['publish'])
    }
    expect(guide.fill).to.include({ size: LED_MEMBERS, cap: LED_MEMBERS })
  })
})

describe('a demand', () => {
  const bobsKey = new Bus('triggers').add('bob')
  const withBob = (): World => {
    // The seed of the bus makes Bob's key the same in every world.
    const bus = new Bus('triggers')
    bus.add('alice')
    return world({ memberManagers: [bus.add('bob').key.publicKey] }, ['bob', 'carol'])
  }
  /** A demand of anybody, sealed under the key in force. */
  function demandOf({ alice, channel }: World, author: SigningKey, fields: Partial<DemandContent> = {}): Frame {
    const { control, announcement, term, serial, commitment } = current(alice)
    const content = DemandContent.encode({ group: EMPTY, announcement, ...fields })
    const sealed = sealControl(control, { channel, group: EMPTY }, 'demand', content, random(32))
    return makeFrame(channel, author, { demand: { key: { term, serial, commitment }, sealed } })
  }
  const give = ({ bus, alice }: World, frame: Frame): number[] => {
    alice.rejects = []
    bus.send(alice, { type: 'frame', frame })
    return alice.rejects
  }

  it('of somebody who may is met with a fresh root', () => {
    const all = withBob()
    const { bus, alice, bob, channel } = all
    expect(bob.key.publicKey).to.deep.equal(bobsKey.key.publicKey)
    const epochs = since(alice, () => {
      bus.command(bob, { type: 'rekey', channel })
      bus.pass(SECOND_MS)
    })
    expect(epochs).to.deep.equal([Reason.DEMAND])
    expect(treeOf(announcements(all).at(-1)!)).to.include({ kind: TreeUpdateKind.PATH, hasFreshRoot: true })
    bus.pass(MINUTE_MS)
    expect(framesOf(all, 'demand', bob)).to.have.lengthOf(1)
  })

  it('of a member without authority is not made, nor one that no key manager is there for', () => {
    const { bus, alice, bob, members, channel } = withBob()
    expect(bus.ask(members[1]!, { type: 'rekey', channel })).to.have.property('code', 'NOT_ALLOWED')
    restart(bus, alice)
    bus.pass(10 * SECOND_MS)
    expect(bus.ask(bob, { type: 'rekey', channel })).to.have.property('code', 'NO_KEY_MANAGER')
  })

  it('is said again until there is a new key, sealed anew, a few times', () => {
    const all = withBob()
    const { bus, alice, bob, channel } = all
    let lost = 2
    bus.passes = (from, to) => !(from === bob && to === alice && lost-- > 0)
    const epochs = since(alice, () => {
      bus.command(bob, { type: 'rekey', channel })
      bus.pass(20 * SECOND_MS)
    })
    expect(epochs).to.deep.equal([Reason.DEMAND])
    bus.passes = (from, to) => !(from === bob && to === alice)
    const before = framesOf(all, 'demand', bob).length
    bus.command(bob, { type: 'rekey', channel })
    bus.pass(MINUTE_MS)
    const told = framesOf(all, 'demand', bob).slice(before)
    expect(told).to.have.lengthOf(DEMAND_TRIES)
    expect(new Set(told.map(({ id }) => id.join())).size).to.equal(DEMAND_TRIES)
  })

  it('is met at most once a second, and a repeated one is of an epoch that is replaced', () => {
    const all = withBob()
    const { bus, alice, bob, channel } = all
    const epochs = since(alice, () => {
      for (let i = 0; i < 20; i++) {
        bus.send(alice, { type: 'frame', frame: demandOf(all, bob.key) })
        bus.pass(100)
      }
    })
    expect(epochs.length).to.be.within(2, 3)
    bus.pass(2 * SECOND_MS)
    // One that has to wait is met by whatever epoch comes first.
    give(all, demandOf(all, bob.key))
    bus.pass(500)
    give(all, demandOf(all, bob.key))
    expect(
      since(alice, () => {
        bus.command(alice, { type: 'rekey', channel })
        bus.pass(3 * SECOND_MS)
      })
    ).to.have.lengthOf(1)
    const old = framesOf(all, 'demand', bob)
    const real = demandOf(all, bob.key)
    give(all, real)
    bus.pass(SECOND_MS)
    expect(
      since(alice, () => {
        for (const frame of [...old, real]) expect(give(all, frame)).to.deep.equal([])
        bus.pass(5 * SECOND_MS)
      })
    ).to.deep.equal([])
    expect(bus.view(bob, channel).serial).to.equal(bus.view(alice, channel).serial)
  })

  it('is refused when it does not open, is not whole, or names another epoch (R-426)', () => {
    const all = withBob()
    const { bus, alice, bob } = all
    const good = demandOf(all, bob.key).body.demand!
    const sealed = good.sealed.map((byte, i) => (i === 40 ? byte ^ 1 : byte))
    const epochs = since(alice, () => {
      expect(give(all, makeFrame(all.channel, bob.key, { demand: { ...good, sealed } }))).to.deep.equal([426])
      expect(give(all, demandOf(all, bob.key, { announcement: random(32) }))).to.deep.equal([426])
      expect(give(all, demandOf(all, bob.key, { announcement: EMPTY }))).to.deep.equal([426])
      bus.pass(3 * SECOND_MS)
    })
    expect(epochs).to.deep.equal([])
  })

  it('is refused of who may not state anything about others, or is no member (R-427)', () => {
    const all = withBob()
    const { bus, alice, bob, members, channel } = all
    const epochs = since(alice, () => {
      expect(give(all, demandOf(all, members[1]!.key))).to.deep.equal([427])
      expect(give(all, demandOf(all, signingKey(random(32))))).to.deep.equal([427])
      bus.pass(3 * SECOND_MS)
    })
    expect(epochs).to.deep.equal([])
    bus.remove(alice, channel, bob)
    bus.pass(3 * SECOND_MS)
    expect(give(all, demandOf(all, bob.key))).to.deep.equal([427])
  })

  it('reads back as it was made', () => {
    const all = withBob()
    const { bob, alice, channel } = all
    const { control, announcement, ...key } = current(alice)
    const context = { channel, self: { key: bob.key } } as unknown as Context
    const frame = makeDemand(context, { key, control }, EMPTY, announcement, random(32))
    expect(since(alice, () => give(all, frame) && all.bus.pass(SECOND_MS))).to.deep.equal([Reason.DEMAND])
  })
})

describe('a prekey rotation', () => {
  const QUIET = { idleSeconds: 0 }
  const rotate = (bus: Bus): void => {
    bus.now += DAY_MS
    bus.pass(HOUR_MS + DIGEST_MS)
  }

  it('renews the leaf of the member, who follows without asking', () => {
    const all = world(QUIET)
    const { bus, alice, bob, channel } = all
    expect(since(alice, () => bus.pass(2 * REFRESH_MS))).to.deep.equal([])
    const grants = framesOf(all, 'grant', alice).length
    const epochs = since(alice, () => rotate(bus))
    bus.pass(REFRESH_MS)
    expect(epochs).to.deep.equal([Reason.REFRESHED])
    const update = treeOf(announcements(all).at(-1)!)
    expect(update.refreshed).to.have.lengthOf(1)
    expect(update.termKey).to.have.lengthOf(32)
    expect(bus.view(bob, channel)).to.include({ key: 'ready', serial: bus.view(alice, channel).serial })
    expect(framesOf(all, 'grant', alice)).to.have.lengthOf(grants)
    expect(since(alice, () => bus.pass(2 * REFRESH_MS))).to.deep.equal([])
  })

  it('makes no epoch of its own where the channel does without, but goes with the next scheduled one', () => {
    const all = world({ ...QUIET, stepSeconds: 60, withoutTriggers: OPTIONAL_TRIGGERS.prekeyRotation })
    const { bus, alice, bob, channel } = all
    expect(
      since(alice, () => {
        rotate(bus)
        bus.pass(2 * REFRESH_MS)
      })
    ).to.deep.equal([])
    expect(since(alice, () => bus.say(bob, channel, 'hello'))).to.deep.equal([Reason.SCHEDULED])
    const update = treeOf(announcements(all).at(-1)!)
    expect(update).to.include({ kind: TreeUpdateKind.PATH })
    expect(update.refreshed).to.have.lengthOf(1)
    expect(bus.view(bob, channel)).to.include({ key: 'ready', serial: bus.view(alice, channel).serial })
  })

  it('is heard of in the directory, too, when no digest told of it', () => {
    const all = world(QUIET)
    const { bus, alice, bob } = all
    bus.now += DAY_MS
    bus.passes = (from) => from !== bob
    const epochs = since(alice, () => bus.pass(HOUR_MS + 2 * REFRESH_MS))
    expect(epochs).to.deep.equal([Reason.REFRESHED])
  })
})

describe('removals', () => {
  it('wait for each other for a moment, and for nothing when they are for cause', () => {
    const all = world({}, ['bob', 'carol', 'dave'])
    const { bus, alice, members, channel } = all
    const epochs = since(alice, () => {
      for (const node of members.slice(0, 2)) bus.remove(alice, channel, node)
      bus.pass(260)
    })
    // The first is long after the last epoch and waits for nobody; the second waits for the end of the batch.
    expect(epochs).to.deep.equal([Reason.REMOVED, Reason.REMOVED])
    const user = members[2]!.key.publicKey
    expect(since(alice, () => bus.command(alice, { type: 'remove', channel, user, isForCause: true }))).to.deep.equal([
      Reason.REMOVED
    ])
  })

  it('of oneself are told as such', () => {
    const { bus, alice, bob, channel } = world()
    expect(
      since(alice, () => {
        bus.command(bob, { type: 'leaveChannel', channel })
        bus.pass(260)
      })
    ).to.deep.equal([Reason.WITHDRAWN])
    expect(GRACE_MS).to.be.above(0)
  })
})
