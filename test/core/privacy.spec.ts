import { expect } from 'chai'
import { EMPTY } from '../../src/base/bytes.ts'
import { UsageError } from '../../src/base/errors.ts'
import { MINUTE_MS } from '../../src/base/time.ts'
import { type Frame, makeFrame } from '../../src/core/channel/frame.ts'
import type { ChannelSettings } from '../../src/core/command.ts'
import { Privacy } from '../../src/wire/messages.ts'
import { OutboxRow } from '../../src/wire/rows.ts'
import { Bus, Liar, type Node, randomOf, rowsOf, textContent } from './bus.ts'

const random = randomOf('privacy')

function trio(privacy: Privacy, settings: ChannelSettings = {}) {
  const bus = new Bus('privacy')
  const nodes = ['alice', 'bob', 'carol'].map((nick) => bus.add(nick)) as [Node, Node, Node]
  const channel = bus.open(nodes[0], { privacy, ...settings })
  const invite = bus.invite(nodes[0], channel)
  for (const node of nodes.slice(1)) bus.join(node, invite)
  bus.pass(2_000)
  const [alice, bob, carol] = nodes
  return { bus, nodes, alice, bob, carol, channel }
}
type World = ReturnType<typeof trio>

/** Whether a text ever stood on the carrier for all to read. */
const isInClear = ({ bus }: World, text: string): boolean => bus.tap.some((bytes) => Buffer.from(bytes).includes(text))
/** What a node shows, each with its mark. */
const marked = ({ bus, channel }: World, node: Node): string[] =>
  bus
    .history(node, channel)
    .map(({ content, isEncrypted }) => `${isEncrypted ? 'sealed' : 'plain'} ${content.text!.text}`)
const codeOf = (result: unknown): unknown => (result instanceof UsageError ? result.code : 'said')
const restart = ({ bus }: World, node: Node): void => {
  bus.losePower(node)
  bus.start(node)
}

describe('a mixed channel', () => {
  it('shows each message by what became of it: sealed ones locked, plain ones not', () => {
    const all = trio(Privacy.MIXED)
    const { bus, bob, nodes, channel } = all
    bus.say(bob, channel, 'for us alone')
    bus.say(bob, channel, 'for everybody', true)
    for (const node of nodes) expect(marked(all, node)).to.deep.equal(['sealed for us alone', 'plain for everybody'])
    expect([isInClear(all, 'for us alone'), isInClear(all, 'for everybody')]).to.deep.equal([false, true])
  })

  it('never says in clear by itself what was to be sealed: a key that is gone', () => {
    const all = trio(Privacy.MIXED, { keyLifetimeSeconds: 60, graceSeconds: 60 })
    const { bus, alice, bob, carol, channel } = all
    bus.stop(alice)
    bus.pass(3 * MINUTE_MS)
    expect(bus.view(bob, channel).key).to.equal('expired')
    bus.say(bob, channel, 'waits')
    restart(all, bob)
    bus.pass(MINUTE_MS)
    expect(bus.view(bob, channel).waiting).to.equal(1)
    expect(OutboxRow.decode(rowsOf(bob, 'outbox')[0]!.value)).to.include({ isPlain: false })
    bus.start(alice)
    bus.pass(10_000)
    expect(marked(all, carol)).to.deep.equal(['sealed waits'])
    expect(isInClear(all, 'waits')).to.equal(false)
  })

  it('never says in clear by itself what was to be sealed: a removal that no key applies yet', () => {
    const all = trio(Privacy.MIXED)
    const { bus, alice, bob, carol, channel } = all
    bus.passes = (from) => from !== alice
    bus.remove(alice, channel, carol)
    bus.passes = () => true
    const statements = bus.frames(channel).filter(({ kind }) => kind === 'statements')
    for (const frame of statements) bus.deliver(bob, channel, frame.bytes)
    bus.stop(alice)
    expect(bus.view(bob, channel).key).to.equal('removal-pending')
    bus.say(bob, channel, 'not for carol')
    restart(all, bob)
    bus.pass(2_000)
    expect(bus.view(bob, channel)).to.include({ key: 'removal-pending', waiting: 1 })
    bus.start(alice)
    bus.pass(10_000)
    expect(marked(all, alice)).to.deep.equal(['sealed not for carol'])
    expect(marked(all, carol)).to.deep.equal([])
    expect(isInClear(all, 'not for carol')).to.equal(false)
  })

  it('never says in clear by itself what was to be sealed: a fall at any point, before any key', () => {
    for (let falls = 0; falls < 20; falls++) {
      const all = trio(Privacy.MIXED)
      const { bus, alice, channel } = all
      const dave = bus.add('dave')
      bus.join(dave, bus.invite(alice, channel))
      dave.fallsAt = dave.effects + falls
      bus.ask(dave, { type: 'say', channel, content: textContent('soon'), isPlain: false })
      bus.pass(1_000)
      restart(all, dave)
      bus.pass(5_000)
      expect(isInClear(all, 'soon')).to.equal(false)
      for (const mark of marked(all, alice)) expect(mark).to.equal('sealed soon')
    }
  }).timeout(60_000)

  it('holds a plain message of somebody who is no member yet, and of one who is none any more', () => {
    const all = trio(Privacy.MIXED)
    const { bus, alice, bob, carol, channel } = all
    const dave = bus.add('dave')
    bus.stop(alice)
    bus.join(dave, bus.invite(bob, channel))
    bus.pass(1_000)
    bus.say(dave, channel, 'hello', true)
    expect(isInClear(all, 'hello')).to.equal(false)
    bus.start(alice)
    bus.pass(10_000)
    expect(marked(all, bob)).to.deep.equal(['plain hello'])
    bus.remove(alice, channel, carol)
    bus.pass(1_000)
    bus.say(carol, channel, 'am I here?', true)
    restart(all, carol)
    bus.pass(5_000)
    expect(isInClear(all, 'am I here?')).to.equal(false)
  })

  it('says nothing more, not in clear either, once a manager was seen to lie', () => {
    const bus = new Bus('alarm')
    const liar = new Liar(bus, () => ({ privacy: Privacy.MIXED }))
    const bob = bus.add('bob')
    liar.takeIn(bob)
    bus.say(bob, liar.channel, 'all is well', true)
    for (let i = 0; i < 2; i++) liar.publish(liar.issue([], { isKept: false }).announcement)
    expect(bus.view(bob, liar.channel).key).to.equal('alarmed')
    bus.say(bob, liar.channel, 'is it?', true)
    const plain = bus.frames(liar.channel).filter(({ kind }) => kind === 'plainMessage')
    expect(plain.map(({ body }) => body.plainMessage!.content!.text!.text)).to.deep.equal(['all is well'])
  })

  it('takes a plain message for no group: groups are always encrypted (R-707)', () => {
    const all = trio(Privacy.MIXED)
    const { bus, bob, carol, channel } = all
    const group = random(16)
    const command = { type: 'say', channel, content: textContent('psst'), isPlain: true, group } as const
    expect(codeOf(bus.ask(bob, command))).to.equal('PLAIN_FORBIDDEN')
    const place = { device: 0, boot: random(16), counter: 0, previous: EMPTY, lamport: 1, descriptor: random(32) }
    const plain = (to: Uint8Array): Frame =>
      makeFrame(channel, bob.key, { plainMessage: { ...place, group: to, content: textContent('psst') } })
    bus.deliver(carol, channel, plain(group).bytes)
    expect(carol.rejects).to.deep.equal([707])
    bus.deliver(carol, channel, plain(EMPTY).bytes)
    expect(marked(all, carol)).to.deep.equal(['plain psst'])
  })
})

describe('an encrypted channel', () => {
  it('says nothing in clear, whoever asks for it', () => {
    const all = trio(Privacy.ENCRYPTED)
    const { bus, bob, channel } = all
    const command = { type: 'say', channel, content: textContent('psst'), isPlain: true } as const
    expect(codeOf(bus.ask(bob, command))).to.equal('PLAIN_FORBIDDEN')
    bus.pass(1_000)
    expect(isInClear(all, 'psst')).to.equal(false)
    expect(bus.view(bob, channel).waiting).to.equal(0)
  })
})

describe('a plain channel', () => {
  it('has members and keys as any other, and says what is said in clear, marked so', () => {
    const all = trio(Privacy.PLAIN)
    const { bus, nodes, bob, channel } = all
    for (const node of nodes) expect(bus.view(node, channel)).to.include({ key: 'ready', members: 3 })
    for (const node of nodes) bus.say(node, channel, `here is ${node.nick}`)
    const texts = nodes.map(({ nick }) => `plain here is ${nick}`)
    for (const node of nodes) expect(marked(all, node)).to.deep.equal(texts)
    expect(bus.frames(channel).filter(({ kind }) => kind === 'message')).to.deep.equal([])
    restart(all, bob)
    bus.pass(2_000)
    for (const frame of bus.frames(channel)) if (frame.kind === 'plainMessage') bus.deliver(bob, channel, frame.bytes)
    expect(marked(all, bob)).to.deep.equal(texts)
  })

  it('listens to members alone, and not to those who were (R-701, R-709)', () => {
    const all = trio(Privacy.PLAIN)
    const { bus, alice, bob, carol, channel } = all
    bus.remove(alice, channel, carol)
    bus.pass(1_000)
    const place = { group: EMPTY, device: 0, boot: random(16), counter: 0, previous: EMPTY, lamport: 1 }
    const said = { plainMessage: { ...place, descriptor: random(32), content: textContent('still here') } }
    bob.rejects = []
    const stranger = bus.add('stranger')
    for (const { key } of [carol, stranger]) {
      bus.send(bob, { type: 'frame', frame: makeFrame(channel, key, said) })
    }
    expect(bob.rejects).to.deep.equal([709, 701])
    expect(marked(all, bob)).to.deep.equal([])
  })

  it('goes on without a key manager', () => {
    const all = trio(Privacy.PLAIN, { keyLifetimeSeconds: 60, graceSeconds: 60 })
    const { bus, alice, bob, carol, channel } = all
    bus.stop(alice)
    bus.pass(3 * MINUTE_MS)
    bus.say(bob, channel, 'anybody?')
    expect(marked(all, carol)).to.deep.equal(['plain anybody?'])
  })
})
