import { expect } from 'chai'
import { equalBytes, hex } from '../../src/base/bytes.ts'
import { HOUR_MS } from '../../src/base/time.ts'
import { type Frame, readFrame } from '../../src/core/channel/frame.ts'
import { readUserRecord, type UserRecord } from '../../src/core/identity/user-record.ts'
import type { Row } from '../../src/core/machine.ts'
import { Refusal } from '../../src/core/reject.ts'
import { Admission, Operation, Privacy, SignedStatement, Statement } from '../../src/wire/messages.ts'
import { ChannelRow, EpochRow, OutboxRow, SelfRow } from '../../src/wire/rows.ts'
import { Bus, Liar, type Node } from './bus.ts'

/** What a node had made sure of, each time that it published. */
interface Published {
  readonly node: Node
  readonly frame: Frame
  /** Durable rows of the state room by their entry. */
  readonly durable: ReadonlyMap<string, Row>
}

/** Replays the effects of everybody: a row counts when its own persist waits for the disk, whatever else comes after it. */
function publishedBy(bus: Bus, channel: Uint8Array): Published[] {
  const found: Published[] = []
  const disks = new Map<Node, Map<string, Row>>()
  for (const { node, effect } of bus.trace) {
    const durable = disks.get(node) ?? new Map<string, Row>()
    disks.set(node, durable)
    if (effect.type === 'persist' && effect.isDurable) {
      for (const { entry } of effect.deletes) durable.delete(entry)
      for (const row of effect.puts) durable.set(row.entry, row)
    } else if (effect.type === 'publish') {
      const frame = readFrame(channel, effect.frame)
      if (frame !== undefined && !(frame instanceof Refusal)) found.push({ node, frame, durable: new Map(durable) })
    }
  }
  return found
}

const values = <T>({ durable }: Published, kind: string, codec: { decode(bytes: Uint8Array): T }): T[] =>
  [...durable].filter(([entry]) => entry.startsWith(kind)).map(([, { value }]) => codec.decode(value))

/** Whether a node waited for the disk with the first row like this. */
function isDurableIn(bus: Bus, node: Node, isSought: (row: Row) => boolean): boolean {
  for (const { node: by, effect } of bus.trace) {
    if (by === node && effect.type === 'persist' && effect.puts.some(isSought)) return effect.isDurable
  }
  return false
}

/** A conversation with joins, a removal, fresh keys, restarts and messages on both sides of each. */
function story(): { bus: Bus; channel: Uint8Array; published: Published[] } {
  const bus = new Bus('persist')
  const [alice, bob, carol] = [bus.add('alice'), bus.add('bob'), bus.add('carol')]
  const channel = bus.open(alice, { admission: Admission.BY_INVITE, memberManagers: [bob.key.publicKey] })
  const invite = bus.invite(alice, channel)
  for (const node of [bob, carol]) bus.join(node, invite)
  bus.pass(2_000)
  for (const node of [alice, bob, carol]) bus.say(node, channel, `here is ${node.nick}`)
  bus.command(alice, { type: 'rekey', channel })
  for (const node of [alice, bob, carol]) bus.say(node, channel, `again ${node.nick}`)
  for (const node of [alice, bob]) {
    bus.stop(node)
    bus.pass(500)
    bus.start(node)
    bus.pass(4_000)
    bus.say(node, channel, 'back')
  }
  bus.remove(bob, channel, carol)
  bus.pass(1_000)
  bus.say(bob, channel, 'gone')
  return { bus, channel, published: publishedBy(bus, channel) }
}

describe('what is made sure of before anybody is told', () => {
  let told: ReturnType<typeof story>
  before(() => {
    told = story()
  })
  const ofKind = (kind: Frame['kind']): Published[] => told.published.filter(({ frame }) => frame.kind === kind)

  it('the promise of a (term, serial) is durable before its announcement is published', () => {
    const announced = ofKind('announcement')
    expect(announced.length).to.be.at.least(5)
    for (const one of announced) {
      const { term, serial } = one.frame.body.announcement!.key!
      const [row] = values(one, 'channel/', ChannelRow)
      expect([row?.promisedTerm, row?.promisedSerial], `${term}.${serial}`).to.deep.equal([term, serial])
    }
  })

  it('the promise is durable before the epoch that rests on it', () => {
    const seen = new Map<Node, string>()
    for (const { node, effect } of told.bus.trace) {
      if (effect.type !== 'persist') continue
      for (const { entry, value } of effect.puts) {
        if (entry.startsWith('channel/')) {
          const { promisedTerm, promisedSerial } = ChannelRow.decode(value)
          if (promisedTerm > 0) seen.set(node, `${promisedTerm}.${promisedSerial}`)
        }
        if (entry.startsWith('epoch/') && seen.has(node)) {
          const { term, serial, endedAt } = EpochRow.decode(value)
          if (endedAt === 0) expect(seen.get(node)).to.equal(`${term}.${serial}`)
        }
      }
    }
  })

  it('an epoch is durable at its issuer before its announcement is published', () => {
    for (const one of ofKind('announcement')) {
      const { id } = one.frame
      const rows = values(one, 'epoch/', EpochRow)
      expect(
        rows.some(({ announcement }) => equalBytes(announcement, id)),
        'epoch'
      ).to.equal(true)
      const newest = [...one.durable.keys()].filter((entry) => entry.startsWith('newest/'))
      expect(newest).to.have.length(1)
    }
  })

  it('an epoch is durable at its issuer before a grant of it is published', () => {
    const granted = ofKind('grant')
    expect(granted.length).to.be.at.least(2)
    for (const one of granted) {
      const { commitment } = one.frame.body.grant!.key!
      expect(values(one, 'epoch/', EpochRow).some((row) => equalBytes(row.commitment, commitment))).to.equal(true)
    }
  })

  it('an adopted epoch is durable before the first message under it is published', () => {
    const messages = ofKind('message')
    expect(messages.length).to.be.at.least(8)
    for (const one of messages) {
      const { commitment } = one.frame.body.message!.key!
      expect(values(one, 'epoch/', EpochRow).some((row) => equalBytes(row.commitment, commitment))).to.equal(true)
    }
  })

  it('the log that an adopted epoch covers is durable with it', () => {
    for (const one of ofKind('message')) {
      const { node, frame } = one
      const rows = [...one.durable.keys()].filter((entry) => entry.startsWith('log/'))
      expect(rows.length, `${node.nick} ${hex(frame.id).slice(0, 8)}`).to.be.at.least(2)
    }
  })

  it('the sealed frame of a message is durable in the outbox before it is published', () => {
    for (const one of ofKind('message')) {
      const rows = values(one, 'outbox/', OutboxRow)
      expect(rows.some(({ frame }) => equalBytes(frame, one.frame.bytes))).to.equal(true)
    }
  })

  it('the clock of a sender is durable before its message is published', () => {
    for (const one of ofKind('message')) {
      const [entry] = [...one.durable].filter(([name]) => name.startsWith('clock/'))
      expect(entry).to.not.equal(undefined)
    }
  })

  it('a plain message is durable before it is published', () => {
    const bus = new Bus('plain')
    const [alice, bob] = [bus.add('alice'), bus.add('bob')]
    const channel = bus.open(alice, { privacy: Privacy.MIXED })
    bus.join(bob, bus.invite(alice, channel))
    bus.pass(1_000)
    bus.say(bob, channel, 'in clear', true)
    const plain = publishedBy(bus, channel).filter(({ frame }) => frame.kind === 'plainMessage')
    expect(plain).to.have.length(1)
    expect(values(plain[0]!, 'outbox/', OutboxRow).map(({ frame }) => hex(frame))).to.deep.equal([
      hex(plain[0]!.frame.bytes)
    ])
  })

  it('a statement is durable at its author before it is told', () => {
    const stated = ofKind('statements').filter(({ node }) => node.nick === 'bob')
    expect(stated.length).to.be.at.least(1)
    const rows = [...stated[0]!.durable].filter(([entry]) => entry.startsWith('pending/'))
    const statements = rows.map(([, { value }]) => Statement.decode(SignedStatement.decode(value).content).operation)
    expect(statements).to.include(Operation.REMOVE)
  })

  it('a start is durable before anything is said under its boot nonce', () => {
    for (const one of told.published) expect(values(one, 'self', SelfRow)[0]?.starts).to.be.at.least(1)
    for (const node of told.bus.nodes) {
      const first = told.bus.trace.find((one) => one.node === node)!
      expect(first.effect.type === 'persist' && first.effect.isDurable && first.effect.puts[0]!.entry).to.equal('self')
    }
  })

  it('a message that cannot be sent yet is durable before its user is told that it waits', () => {
    const bus = new Bus('waits')
    const alice = bus.add('alice')
    const channel = bus.open(alice)
    bus.say(alice, channel, 'anybody?')
    const result = bus.trace.findLastIndex(({ effect }) => effect.type === 'result')
    const kept = bus.trace.findIndex(({ effect }) => {
      return (
        effect.type === 'persist' && effect.isDurable && effect.puts.some(({ entry }) => entry.startsWith('outbox/'))
      )
    })
    expect(kept).to.be.within(0, result - 1)
    expect([...alice.durable.keys()].some((name) => name.includes('outbox/'))).to.equal(true)
  })

  for (const who of ['the directory', 'another peer'])
    it(`a disk set back, and a clock too, keeps nobody from being believed, when ${who} alone knows what was newest`, () => {
      const bus = new Bus('set back')
      const [alice, bob] = [bus.add('alice'), bus.add('bob')]
      const channel = bus.open(alice)
      bus.stop(bob)
      const old = new Map(bob.rows)
      bus.now -= 2 * HOUR_MS
      bus.start(bob)
      bus.join(bob, bus.invite(alice, channel))
      bus.pass(2_000)
      expect(bus.view(bob, channel).key).to.equal('ready')
      bus.stop(bob)
      const newest = bus.directory.get(hex(bob.key.publicKey))!
      bob.rows = old
      bus.start(bob)
      if (who === 'the directory') bus.directory.set(hex(bob.key.publicKey), newest)
      bus.join(bob, bus.invite(alice, channel))
      bus.pass(30_000)
      expect(alice.rejects).to.include(505)
      expect(bus.view(bob, channel).key).to.equal('ready')
    })

  it('an alarm is durable before its proof is passed on', () => {
    const bus = new Bus('alarm')
    const liar = new Liar(bus)
    const bob = bus.add('bob')
    liar.takeIn(bob)
    for (let i = 0; i < 2; i++) liar.publish(liar.issue([], { isKept: false }).announcement)
    const alarms = publishedBy(bus, liar.channel).filter(({ frame }) => frame.kind === 'alarm')
    expect(alarms).to.have.length(1)
    expect(hex(values(alarms[0]!, 'channel/', ChannelRow)[0]!.alarm)).to.equal(hex(liar.key.publicKey))
  })

  it('a removal heard of is durable at once: after a power cut nothing is sent past it', () => {
    const bus = new Bus('removal')
    const [alice, bob, carol] = [bus.add('alice'), bus.add('bob'), bus.add('carol')]
    const channel = bus.open(alice, { memberManagers: [carol.key.publicKey] })
    const invite = bus.invite(alice, channel)
    for (const node of [bob, carol]) bus.join(node, invite)
    bus.pass(2_000)
    bus.stop(alice)
    bus.remove(carol, channel, carol)
    expect(bus.view(bob, channel).key).to.equal('removal-pending')
    expect(isDurableIn(bus, bob, ({ entry }) => entry.startsWith('pending/'))).to.equal(true)
    bus.losePower(bob)
    bus.start(bob)
    expect(bus.view(bob, channel).key).to.equal('removal-pending')
  })

  it('that we were removed is durable at once', () => {
    const bus = new Bus('removed')
    const [alice, bob] = [bus.add('alice'), bus.add('bob')]
    const channel = bus.open(alice)
    bus.join(bob, bus.invite(alice, channel))
    bus.pass(1_000)
    bus.remove(alice, channel, bob)
    bus.pass(1_000)
    expect(bus.view(bob, channel).key).to.equal('removed')
    expect(
      isDurableIn(bus, bob, ({ entry, value }) => entry.startsWith('channel/') && ChannelRow.decode(value).wasRemoved)
    ).to.equal(true)
    bus.losePower(bob)
    bus.start(bob)
    expect(bus.view(bob, channel).key).to.equal('removed')
  })

  it('an invite taken is durable before anybody is asked about it', () => {
    const bus = new Bus('arrival')
    const [alice, bob] = [bus.add('alice'), bus.add('bob')]
    const invite = bus.invite(alice, bus.open(alice))
    bus.isDirectorySilent = true
    bus.join(bob, invite)
    const effects = bus.trace.filter(({ node }) => node === bob).map(({ effect }) => effect)
    const kept = effects.findIndex((one) => one.type === 'persist' && one.puts[0]?.entry.startsWith('channel/'))
    const asked = effects.findIndex(({ type }) => type === 'lookUp')
    expect(kept).to.be.within(0, asked - 1)
    expect(isDurableIn(bus, bob, ({ entry }) => entry.startsWith('channel/'))).to.equal(true)
  })

  it('an invite and a descriptor followed are durable before the topic is joined', () => {
    const bus = new Bus('join')
    const [alice, bob] = [bus.add('alice'), bus.add('bob')]
    const channel = bus.open(alice)
    bus.join(bob, bus.invite(alice, channel))
    for (const node of [alice, bob]) {
      let charter = 0
      for (const { effect } of bus.trace.filter((one) => one.node === node)) {
        if (effect.type === 'persist' && effect.isDurable) {
          const row = effect.puts.find(({ entry }) => entry.startsWith('channel/'))
          if (row !== undefined) charter = ChannelRow.decode(row.value).charter.length
        }
        if (effect.type === 'subscribe') expect(charter, node.nick).to.be.greaterThan(0)
      }
    }
  })
})

describe('a record of a user', () => {
  it('is newer at each start than what another life of that user said before', () => {
    const bus = new Bus('lives')
    const [ana, bob] = [bus.add('ana'), bus.add('bob')]
    const channel = bus.open(ana)
    const disk = new Map(ana.rows)
    const published = (): UserRecord => {
      const record = readUserRecord(bus.directory.get(hex(ana.key.publicKey))!, bus.env(ana).now)
      if (record instanceof Refusal) throw new Error('no record')
      return record
    }
    const live = (): void => {
      bus.stop(ana)
      ana.rows = new Map(disk)
      bus.pass(2_000)
      bus.start(ana)
    }
    live()
    const other = published()
    live()
    expect(published().seq).to.be.greaterThan(other.seq)
    bus.join(bob, bus.invite(ana, channel))
    bus.pass(2_000)
    expect(bus.view(bob, channel).key).to.equal('ready')
  })
})
