import { expect } from 'chai'
import fc from 'fast-check'
import { hex } from '../../src/base/bytes.ts'
import { type Frame, readFrame } from '../../src/core/channel/frame.ts'
import { GAP_PATIENCE_MS } from '../../src/core/params.ts'
import { Refusal } from '../../src/core/reject.ts'
import { pad } from '../../src/wire/codec.ts'
import { Admission, Content, Privacy } from '../../src/wire/messages.ts'
import { Bus, Liar, type Node, textContent, withholding } from './bus.ts'

/** Alice, Bob and Carol in a channel, keys in hand. */
function trio(settings: Parameters<Bus['open']>[1] = {}): { bus: Bus; nodes: [Node, Node, Node]; channel: Uint8Array } {
  const bus = new Bus('delivery')
  const nodes = ['alice', 'bob', 'carol'].map((nick) => bus.add(nick)) as [Node, Node, Node]
  const [alice, bob, carol] = nodes
  const channel = bus.open(alice, settings)
  const invite = bus.invite(alice, channel)
  for (const node of [bob, carol]) bus.join(node, invite)
  bus.pass(2_000)
  return { bus, nodes, channel }
}
const isMessage = (channel: Uint8Array, bytes: Uint8Array): boolean => {
  const frame = readFrame(channel, bytes)
  return frame !== undefined && !(frame instanceof Refusal) && ['message', 'plainMessage'].includes(frame.kind)
}
const idsOf = (bus: Bus, node: Node, channel: Uint8Array): string[] => bus.history(node, channel).map(({ id }) => id)

describe('messages carried in any order', () => {
  it('are shown once and in one order everywhere, however they are repeated and mixed up', () => {
    const choices = fc.array(fc.nat({ max: 1_000 }), { minLength: 80, maxLength: 80 })
    fc.assert(
      fc.property(choices, (draws) => {
        const { bus, nodes, channel } = trio()
        const held: (() => void)[] = []
        let at = 0
        const draw = (below: number): number => draws[at++ % draws.length]! % below
        bus.carry = (deliver, _to, bytes) => {
          if (!isMessage(channel, bytes)) return deliver()
          for (let i = 0; i <= draw(3); i++) held.push(deliver)
        }
        const release = (count: number): void => {
          for (let i = 0; i < count && held.length > 0; i++) held.splice(draw(held.length), 1)[0]!()
        }
        for (let i = 0; i < 12; i++) {
          bus.say(nodes[draw(3)]!, channel, `number ${i}`)
          release(draw(4))
        }
        release(1_000)
        for (const node of nodes) {
          expect(bus.texts(node).sort(), node.nick).to.deep.equal(bus.texts(nodes[0]).sort())
          expect(new Set(bus.texts(node)).size).to.equal(12)
          expect(idsOf(bus, node, channel)).to.deep.equal(idsOf(bus, nodes[0], channel))
          expect(node.rejects.every((check) => check === 702)).to.equal(true)
        }
      }),
      { numRuns: 25, seed: 1 }
    )
  }).timeout(60_000)

  it('come in the order (lamport, sender, counter), an answer after what it answers', () => {
    const { bus, nodes, channel } = trio()
    for (let i = 0; i < 9; i++) bus.say(nodes[i % 3]!, channel, `number ${i}`)
    const history = bus.history(nodes[1], channel)
    expect(history.map(({ content }) => content.text!.text)).to.deep.equal(
      Array.from({ length: 9 }, (_, i) => `number ${i}`)
    )
    const keys = history.map(({ lamport, sender, counter }) => [lamport, hex(sender), counter] as const)
    const sorted = [...keys].sort(([a, b, c], [x, y, z]) => a - x || (b < y ? -1 : b > y ? 1 : c - z))
    expect(keys).to.deep.equal(sorted)
  })

  it('are shown once over restarts and whatever is said again from the carrier\u2019s memory', () => {
    for (const isPlain of [false, true]) {
      const { bus, nodes, channel } = trio({ privacy: Privacy.MIXED })
      const [alice, bob] = nodes
      for (let i = 0; i < 5; i++) bus.say(alice, channel, `number ${i}`, isPlain)
      bus.pass(5_000)
      const shown = bus.texts(bob).length
      for (let i = 0; i < 3; i++) {
        bus.stop(bob)
        bus.start(bob)
        for (const bytes of [...bus.tap]) if (isMessage(channel, bytes)) bus.deliver(bob, channel, bytes)
        bus.pass(5_000)
      }
      expect(bus.texts(bob).length, isPlain ? 'plain' : 'sealed').to.equal(shown)
      expect(bus.history(bob, channel)).to.have.length(5)
    }
  })
})

describe('a message that was said again under a newer key', () => {
  it('names one that is missing, also where the first forms of others that were said again stand between them', () => {
    const bus = new Bus('said again')
    const bob = bus.add('bob')
    const liar = new Liar(bus)
    const issued = liar.takeIn(bob)
    const place = { boot: liar.random(16), lamport: 1 }
    const missing = liar.message(liar.key, issued, { ...place, counter: 1, lamport: 2 })
    const other = liar.message(liar.key, issued, { ...place, counter: 3, lamport: 4, previous: liar.random(32) })
    const content = { ...textContent('again'), replaces: liar.random(32) }
    const plaintext = pad(Content.encode(content))
    const next = { ...place, counter: 4, lamport: 5, previous: missing.id, plaintext }
    for (const frame of [liar.message(liar.key, issued, place), other, liar.message(liar.key, issued, next)])
      bus.deliver(bob, liar.channel, frame.bytes)
    bus.pass(GAP_PATIENCE_MS + 1_000)
    const gaps = bob.notices.flatMap((notice) => (notice.type === 'gap' ? [notice.missing] : []))
    expect(gaps).to.include(hex(missing.id))
  })

  it('is shown once, also when the peer stopped right after the newer form and then gets the older', () => {
    const bus = new Bus('said again')
    const bob = bus.add('bob')
    const liar = new Liar(bus)
    const issued = liar.takeIn(bob)
    const boot = liar.random(16)
    const said = (counter: number, content: Content): Frame =>
      liar.message(liar.key, issued, { boot, counter, plaintext: pad(Content.encode(content)) })
    const hello = said(0, textContent('hello'))
    const older = said(1, textContent('once'))
    const newer = said(2, { ...textContent('once'), replaces: older.id })
    const texts = ['liar: hello', 'liar: once']
    bus.deliver(bob, liar.channel, hello.bytes)
    bus.pass(5_000)
    bus.deliver(bob, liar.channel, newer.bytes)
    expect(bus.texts(bob)).to.deep.equal(texts)
    bus.stop(bob)
    bus.start(bob)
    bus.pass(1_000)
    bus.deliver(bob, liar.channel, older.bytes)
    expect(bus.texts(bob)).to.deep.equal(texts)
  })
})

describe('a message that is missing, and that nobody gives', () => {
  const cut = (settings = {}) => {
    const all = trio(settings)
    const { bus, nodes, channel } = all
    bus.oracle = withholding
    const lost: Uint8Array[] = []
    const say = (text: string, isLost: boolean): void => {
      bus.passes = (_from, to) => !isLost || to !== nodes[1]
      const before = bus.tap.length
      bus.say(nodes[0], channel, text)
      if (isLost) lost.push(...bus.tap.slice(before))
      bus.passes = () => true
    }
    const gaps = () => nodes[1].notices.filter((notice) => notice.type === 'gap')
    return { ...all, say, lost, gaps }
  }

  it('is told after some patience, once, and told again when it has come', () => {
    const { bus, nodes, channel, say, lost, gaps } = cut()
    say('one', false)
    say('two', true)
    say('three', false)
    bus.pass(GAP_PATIENCE_MS - 1)
    expect(gaps()).to.deep.equal([])
    bus.pass(2)
    expect(gaps()).to.have.length(1)
    expect(gaps()[0]).to.deep.include({ sender: nodes[0].key.publicKey, isClosed: false })
    bus.pass(60_000)
    expect(gaps()).to.have.length(1)
    for (const bytes of lost) bus.deliver(nodes[1], channel, bytes)
    expect(gaps().map(({ isClosed }) => isClosed)).to.deep.equal([false, true])
    expect(gaps()[0]!.missing).to.equal(gaps()[1]!.missing)
    expect(idsOf(bus, nodes[1], channel)).to.deep.equal(idsOf(bus, nodes[0], channel))
  })

  it('is not told when it comes in time', () => {
    const { bus, nodes, channel, say, lost, gaps } = cut()
    say('one', false)
    say('two', true)
    say('three', false)
    bus.pass(GAP_PATIENCE_MS - 10)
    for (const bytes of lost) bus.deliver(nodes[1], channel, bytes)
    bus.pass(60_000)
    expect(gaps()).to.deep.equal([])
  })

  it('is told also when the peer stopped before its patience was over', () => {
    const { bus, nodes, say, gaps } = cut()
    say('one', false)
    bus.pass(5_000)
    say('two', true)
    say('three', false)
    bus.pass(GAP_PATIENCE_MS - 10)
    bus.stop(nodes[1])
    bus.start(nodes[1])
    say('four', false)
    bus.pass(10_000)
    expect(gaps().filter(({ isClosed }) => !isClosed)).to.have.length(1)
  })

  it('is told also when the peer stopped right after it had heard its sender for the first time', () => {
    const { bus, nodes, channel, say, gaps } = cut()
    say('one', false)
    bus.stop(nodes[1])
    say('two', true)
    bus.start(nodes[1])
    bus.command(nodes[0], { type: 'rekey', channel })
    say('three', false)
    bus.pass(10_000)
    expect(gaps()).to.have.length(1)
  })

  it('at the end shows with the next message', () => {
    const { bus, say, gaps } = cut()
    say('one', false)
    say('two', true)
    bus.pass(10_000)
    expect(gaps()).to.deep.equal([])
    say('three', false)
    bus.pass(10_000)
    expect(gaps()).to.have.length(1)
  })
})

describe('a message that waits', () => {
  it('for a key is sent when the key comes, in the order typed', () => {
    const bus = new Bus('wait')
    const liar = new Liar(bus)
    const [bob, carol] = [bus.add('bob'), bus.add('carol')]
    const issued = liar.takeIn(carol)
    expect(issued.key.serial).to.equal(2)
    bus.join(bob, liar.invite())
    for (const text of ['one', 'two', 'three']) bus.say(bob, liar.channel, text)
    expect(bus.view(bob, liar.channel)).to.include({ key: 'asking', waiting: 3 })
    expect(bus.texts(carol)).to.deep.equal([])
    const next = liar.issue([liar.admit(bob.key.publicKey)])
    liar.publish(next.announcement, liar.grant(liar.request(bob), next))
    expect(bus.history(carol, liar.channel).map(({ content }) => content.text!.text)).to.deep.equal([
      'one',
      'two',
      'three'
    ])
    expect(bus.view(bob, liar.channel)).to.include({ key: 'ready', waiting: 0 })
  })

  it('for a carrier is sent when somebody is there, over any number of restarts', () => {
    const { bus, nodes, channel } = trio()
    const [alice, bob, carol] = nodes
    bus.stop(alice)
    bus.stop(carol)
    bus.say(bob, channel, 'one')
    for (const stop of ['stop', 'losePower'] as const) {
      bus[stop](bob)
      bus.start(bob)
      bus.pass(3_000)
    }
    expect(bus.view(bob, channel).waiting).to.equal(1)
    bus.start(carol)
    bus.pass(1_000)
    expect(bus.texts(carol)).to.deep.equal(['bob: one'])
    expect(bus.view(bob, channel).waiting).to.equal(0)
    expect(bob.notices.filter(({ type }) => type === 'messageState')).to.have.length(1)
  })

  it('that reached nobody is sent again, and shown once', () => {
    const { bus, nodes, channel } = trio()
    const [alice, bob, carol] = nodes
    bus.passes = (from) => from !== bob
    bus.say(bob, channel, 'one')
    expect(bus.view(bob, channel).waiting).to.equal(1)
    bus.pass(5_000)
    bus.passes = () => true
    bus.pass(2_000)
    expect(bus.view(bob, channel).waiting).to.equal(0)
    for (const node of [alice, carol]) expect(bus.texts(node)).to.deep.equal(['bob: one'])
  })

  it('never goes out in clear for want of a key', () => {
    const bus = new Bus('clear')
    const liar = new Liar(bus, () => ({ privacy: Privacy.MIXED }))
    const bob = bus.add('bob')
    bus.join(bob, liar.invite())
    bus.say(bob, liar.channel, 'canary')
    bus.pass(60_000)
    expect(bus.view(bob, liar.channel).waiting).to.equal(1)
    expect(bus.frames(liar.channel).map(({ kind }) => kind)).to.not.include('plainMessage')
    for (const bytes of bus.tap) expect(Buffer.from(bytes).includes('canary')).to.equal(false)
  })

  it('goes out under the newest key alone: never under one that was superseded while it waited', () => {
    const { bus, nodes, channel } = trio()
    const [alice, bob, carol] = nodes
    bus.passes = (from) => from !== bob
    bus.say(bob, channel, 'late')
    bus.command(alice, { type: 'rekey', channel })
    bus.pass(500)
    bus.passes = () => true
    bus.pass(5_000)
    for (const node of [alice, carol]) expect(bus.texts(node)).to.deep.equal(['bob: late'])
    expect(bus.frames(channel).findLast(({ kind }) => kind === 'message')!.body.message!.key!.serial).to.equal(
      bus.view(alice, channel).serial
    )
  })
})

describe('what a carrier sees', () => {
  it('is no text, nick, channel name, statement or one who asks', () => {
    const { bus, nodes, channel } = trio({ admission: Admission.BY_INVITE, name: 'canary-lobby' })
    const [alice, bob, carol] = nodes
    bus.say(bob, channel, 'canary-text')
    bus.remove(alice, channel, carol)
    bus.pass(1_000)
    bus.say(alice, channel, 'canary-more')
    const frames = bus.frames(channel)
    expect(frames.length).to.be.greaterThan(10)
    const needles = ['canary-text', 'canary-more', 'canary-lobby', ...['bob', 'carol'].map((nick) => `\u0003${nick}`)]
    for (const { bytes, kind } of frames) {
      const buffer = Buffer.from(bytes)
      for (const text of needles) {
        for (const form of [text, Buffer.from(text).toString('hex'), Buffer.from(text).toString('base64')]) {
          expect(buffer.includes(form), `${kind}: ${text}`).to.equal(false)
        }
      }
      if (kind === 'message') continue
      const users = kind === 'grant' || kind === 'keyRequest' ? [bob, carol] : [carol]
      for (const { key, nick } of users) {
        if (hex(key.publicKey) === hex(readAuthor(channel, bytes))) continue
        expect(buffer.includes(Buffer.from(key.publicKey)), `${kind}: the user ${nick}`).to.equal(false)
      }
    }
  })
})

function readAuthor(channel: Uint8Array, bytes: Uint8Array): Uint8Array {
  const frame = readFrame(channel, bytes)
  if (frame === undefined || frame instanceof Refusal) throw new Error('no frame')
  return frame.author
}
