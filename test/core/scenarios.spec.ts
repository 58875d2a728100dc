import { expect } from 'chai'
import fc from 'fast-check'
import { EMPTY, equalBytes, hex, joinBytes, utf8 } from '../../src/base/bytes.ts'
import { atMillis } from '../../src/base/time.ts'
import { channelIdOf, foundChannel } from '../../src/core/channel/descriptor.ts'
import { type Frame, makeFrame, readFrame } from '../../src/core/channel/frame.ts'
import { inviteText, readInvite, tokenHash } from '../../src/core/channel/invite.ts'
import type { Event } from '../../src/core/machine.ts'
import { ANSWER_MS, ASK_AGAIN_MS } from '../../src/core/params.ts'
import { Peer } from '../../src/core/peer.ts'
import { Refusal } from '../../src/core/reject.ts'
import { hash } from '../../src/crypto/kdf.ts'
import { framed, LABEL } from '../../src/crypto/labels.ts'
import { sign, signingKey } from '../../src/crypto/sign.ts'
import { Admission, Body, Descriptor, DescriptorChain, Operation } from '../../src/wire/messages.ts'
import { channelIdText } from '../../src/wire/names.ts'
import { Bus, Liar, type Node, randomOf, rowsOf, told } from './bus.ts'

const random = randomOf('scenarios')

function group(
  count: number,
  settings: Parameters<Bus['open']>[1] = {}
): { bus: Bus; nodes: Node[]; channel: Uint8Array } {
  const bus = new Bus('scenarios')
  const nodes = Array.from({ length: count }, (_, i) => bus.add(`peer${i}`))
  const channel = bus.open(nodes[0]!, settings)
  const invite = bus.invite(nodes[0]!, channel)
  for (const node of nodes.slice(1)) bus.join(node, invite)
  bus.pass(2_000)
  return { bus, nodes, channel }
}

describe('a channel', () => {
  it('takes forty who come at once with at most ten announcements', () => {
    const bus = new Bus('forty')
    const alice = bus.add('alice')
    const channel = bus.open(alice)
    const invite = bus.invite(alice, channel)
    const people = Array.from({ length: 40 }, (_, i) => bus.add(`peer ${i}`))
    for (const node of people) bus.join(node, invite)
    bus.pass(3_000)
    for (const node of people) expect(bus.view(node, channel)).to.include({ key: 'ready', members: 41 })
    const announcements = bus.frames(channel).filter(({ kind }) => kind === 'announcement')
    expect(announcements.length).to.be.at.most(10)
    bus.say(people[39]!, channel, 'hello all')
    for (const node of people.slice(0, 39)) expect(bus.texts(node)).to.deep.equal(['peer 39: hello all'])
  })

  it('gives a newcomer the log from a member when it is too long for a grant', () => {
    const { bus, nodes, channel } = group(2)
    const [alice] = nodes as [Node]
    for (let i = 0; i < 170; i++) {
      bus.command(alice, { type: 'admit', channel, user: signingKey(random(32)).publicKey })
      if (i % 20 === 0) bus.pass(600)
    }
    bus.pass(5_000)
    expect(bus.view(alice, channel).members).to.equal(172)
    const late = bus.add('late')
    const asked: number[] = []
    bus.oracle = ({ log }) => {
      if (log !== undefined) asked.push(log.offset)
      return undefined
    }
    bus.join(late, bus.invite(alice, channel))
    bus.pass(3_000)
    expect(asked.length).to.be.at.least(1)
    expect(bus.view(late, channel)).to.include({ key: 'ready', members: 173 })
    expect(late.rejects).to.deep.equal([])
  })

  it('leaves a removed member without an answer, whatever it asks and however it starts again', () => {
    const { bus, nodes, channel } = group(3)
    const [alice, bob, carol] = nodes as [Node, Node, Node]
    bus.remove(alice, channel, carol)
    bus.pass(1_000)
    const invite = bus.invite(alice, channel)
    bus.stop(carol)
    carol.rows.clear()
    bus.start(carol)
    bus.join(carol, invite)
    const before = bus.frames(channel).length
    bus.pass(60_000)
    expect(bus.view(carol, channel).key).to.equal('refused-or-silent')
    const kinds = bus
      .frames(channel)
      .slice(before)
      .map(({ kind }) => kind)
    for (const kind of ['grant', 'challenge', 'announcement']) expect(kinds).to.not.include(kind)
    expect(alice.rejects.length).to.be.at.least(1)
    for (const check of alice.rejects) expect(check).to.be.oneOf([505, 510])
    bus.say(bob, channel, 'without carol')
    expect(bus.texts(carol)).to.deep.equal([])
  })

  it('lets a removed member back in once it is admitted anew, also when it is stopped on the way', () => {
    for (const isStopped of [false, true]) {
      const { bus, nodes, channel } = group(3)
      const [alice, bob, carol] = nodes as [Node, Node, Node]
      bus.remove(alice, channel, carol)
      bus.pass(1_000)
      expect(bus.view(carol, channel).key).to.equal('removed')
      bus.passes = (_from, to) => to !== carol
      bus.command(alice, { type: 'admit', channel, user: carol.key.publicKey })
      const invite = bus.invite(alice, channel)
      if (!isStopped) bus.passes = () => true
      bus.join(carol, invite)
      if (isStopped) {
        bus.stop(carol)
        bus.passes = () => true
        bus.start(carol)
      }
      bus.pass(3_000)
      expect(bus.view(carol, channel)).to.include({ key: 'ready', members: 3 })
      bus.say(bob, channel, 'welcome back')
      expect(bus.texts(carol)).to.deep.equal(['peer1: welcome back'])
    }
  })

  it('takes nobody on an invite that was revoked (R-507)', () => {
    const { bus, nodes, channel } = group(1, { admission: Admission.BY_INVITE })
    const [alice] = nodes as [Node]
    const text = bus.invite(alice, channel)
    const [bob, carol] = [bus.add('bob'), bus.add('carol')]
    bus.join(bob, text)
    bus.pass(2_000)
    expect(bus.view(bob, channel).key).to.equal('ready')
    const invite = readInvite(text)
    if (invite instanceof Refusal) throw new Error('no invite')
    const subject = tokenHash(channel, invite.token)
    bus.deliver(alice, channel, told(bus, channel, alice, [{ operation: Operation.REVOKE_INVITE, subject }]).bytes)
    bus.join(carol, text)
    bus.pass(2_000)
    expect(bus.view(carol, channel).key).to.equal('asking')
    expect(alice.rejects).to.include(507)
  })

  it('bears a member that floods it with statements', () => {
    const { bus, nodes, channel } = group(3)
    const [alice, bob, carol] = nodes as [Node, Node, Node]
    for (let batch = 0; batch < 20; batch++) {
      const list = Array.from({ length: 60 }, () => ({
        operation: Operation.WITHDRAW,
        subject: carol.key.publicKey,
        ends: [random(16)]
      }))
      const frame = told(bus, channel, carol, list)
      for (const node of [alice, bob]) bus.deliver(node, channel, frame.bytes)
    }
    bus.pass(10_000)
    bus.say(bob, channel, 'still here')
    expect(bus.texts(alice)).to.include('peer1: still here')
  })

  it('bears a founder with more invites waiting than one frame holds', () => {
    const bus = new Bus('invites')
    const alice = bus.add('alice')
    const channel = bus.open(alice, { admission: Admission.BY_INVITE })
    let invite = ''
    for (let i = 0; i < 600; i++) invite = bus.invite(alice, channel, 1)
    const bob = bus.add('bob')
    bus.join(bob, invite)
    bus.pass(5_000)
    expect(bus.view(bob, channel).key).to.equal('ready')
  })

  it('is told of every roster change once', () => {
    const { bus, nodes, channel } = group(3)
    const [alice, bob, carol] = nodes as [Node, Node, Node]
    bus.remove(alice, channel, carol)
    bus.pass(1_000)
    const changes = (node: Node): string[] =>
      node.notices.flatMap((one) => (one.type === 'roster' ? [`${one.change} ${hex(one.user).slice(0, 6)}`] : []))
    const name = hex(carol.key.publicKey).slice(0, 6)
    expect(changes(bob).filter((one) => one === `removed ${name}`)).to.have.length(1)
    expect(changes(alice)).to.include(`admitted ${hex(bob.key.publicKey).slice(0, 6)}`)
    expect(new Set(changes(alice)).size).to.equal(changes(alice).length)
  })
})

describe('a peer with an invite', () => {
  const founder = signingKey(random(32))
  const salt = random(16)
  const first = foundChannel(founder, { name: 'lobby', admission: Admission.OPEN }, salt)
  const channel = channelIdOf(founder.publicKey, salt)
  const chainOf = (...names: string[]): Uint8Array => {
    const versions = DescriptorChain.decode(first.bytes).versions.slice()
    for (const name of names) {
      const previous = hash(LABEL.descriptorHash, versions.at(-1)!.content)
      const content = Descriptor.encode({ ...first.descriptor, version: versions.length + 1, previous, name })
      const signature = sign(founder, framed(LABEL.descriptorSign, content))
      versions.push({ content, signatures: [{ signer: founder.publicKey, signature }] })
    }
    return DescriptorChain.encode({ versions })
  }
  const refOf = (chain: Uint8Array): { version: number; hash: Uint8Array } => {
    const { versions } = DescriptorChain.decode(chain)
    return { version: versions.length, hash: hash(LABEL.descriptorHash, versions.at(-1)!.content) }
  }
  const invited = (descriptor: { version: number; hash: Uint8Array }): { bus: Bus; bob: Node } => {
    const bus = new Bus('invited')
    const bob = bus.add('bob')
    bus.join(bob, inviteText({ channel, descriptor, addresses: [], token: EMPTY, expiresAt: 0 }))
    return { bus, bob }
  }
  const find = (bus: Bus, node: Node, value: Uint8Array, id = channel): number[] => {
    node.rejects = []
    bus.send(node, { type: 'found', kind: 'channel', id, value })
    return node.rejects
  }

  it('takes the descriptor that the invite names, or one that follows it', () => {
    for (const [named, found] of [
      [chainOf(), chainOf()],
      [chainOf(), chainOf('cellar')],
      [chainOf('cellar'), chainOf('cellar', 'attic')]
    ] as const) {
      const { bus, bob } = invited(refOf(named))
      expect(bus.view(bob, channel).key).to.equal('looking-for-channel')
      expect(find(bus, bob, found)).to.deep.equal([])
      expect(bus.view(bob, channel).descriptor!.version).to.equal(refOf(found).version)
    }
  })

  it('asks for it again beside an answer that is long in coming, and sooner after one in vain', () => {
    const peer = new Peer({ key: signingKey(random(32)), nick: 'bob' })
    let uptimeMs = 0
    const give = (event: Event): { asked: string[]; waitMs: number } => {
      const effects = peer.handle(event, { now: atMillis(0), uptimeMs, random })
      const asked = effects.flatMap((effect) => (effect.type === 'ask' ? [effect.id] : []))
      const wakes = effects.flatMap((effect) => (effect.type === 'wakeAt' ? [effect.uptimeMs! - uptimeMs] : []))
      return { asked, waitMs: wakes.at(-1)! }
    }
    give({ type: 'restore', rows: [] })
    const invite = inviteText({ channel, descriptor: refOf(chainOf()), addresses: [], token: EMPTY, expiresAt: 0 })
    const first = give({ type: 'command', id: 1, command: { type: 'join', invite } })
    expect(first).to.deep.equal({ asked: [`${channelIdText(channel)}:charter`], waitMs: ANSWER_MS })
    uptimeMs += ANSWER_MS
    expect(give({ type: 'wake' }).asked).to.deep.equal(first.asked)
    const vain = give({ type: 'answer', id: first.asked[0]!, from: undefined, answer: undefined })
    expect(vain).to.deep.equal({ asked: [], waitMs: 2 * ASK_AGAIN_MS })
  })

  it('refuses a descriptor that is none, or another channel\u2019s (R-201, R-202)', () => {
    const { bus, bob } = invited(refOf(chainOf()))
    expect(find(bus, bob, utf8('nonsense'))).to.deep.equal([201])
    expect(find(bus, bob, foundChannel(founder, { name: 'lobby' }, random(16)).bytes)).to.deep.equal([202])
    expect(find(bus, bob, chainOf(), random(5))).to.deep.equal([201])
    expect(bus.view(bob, channel).key).to.equal('looking-for-channel')
  })

  it('refuses a descriptor that the invite does not name, older or beside it (R-208)', () => {
    const { bus, bob } = invited(refOf(chainOf('cellar')))
    expect(find(bus, bob, chainOf())).to.deep.equal([208])
    expect(find(bus, bob, chainOf('attic'))).to.deep.equal([208])
    expect(find(bus, bob, chainOf('attic', 'cellar'))).to.deep.equal([208])
    expect(bus.view(bob, channel).key).to.equal('looking-for-channel')
    expect(find(bus, bob, chainOf('cellar'))).to.deep.equal([])
  })

  it('pins what it found: later versions take its place, older and other ones never do (R-206)', () => {
    const { bus, bob } = invited(refOf(chainOf()))
    find(bus, bob, chainOf('cellar'))
    expect(find(bus, bob, chainOf())).to.deep.equal([206])
    expect(find(bus, bob, chainOf('attic'))).to.deep.equal([206])
    expect(find(bus, bob, chainOf('attic', 'roof'))).to.deep.equal([206])
    expect(find(bus, bob, chainOf('cellar', 'roof'))).to.deep.equal([])
    expect(bus.view(bob, channel).descriptor!.name).to.equal('roof')
    bus.losePower(bob)
    bus.start(bob)
    expect(bus.view(bob, channel).descriptor!.name).to.equal('roof')
    expect(find(bus, bob, chainOf('cellar'))).to.deep.equal([206])
  })
})

describe('a manager\u2019s heartbeat', () => {
  it('counts once: one said again proves nothing (R-418)', () => {
    const bus = new Bus('beat')
    const liar = new Liar(bus)
    const bob = bus.add('bob')
    liar.takeIn(bob)
    const beat = (term: number, counter: number): Frame => liar.heartbeat(counter, { term })
    liar.publish(beat(1, 5))
    expect(bus.view(bob, liar.channel).isManagerPresent).to.equal(true)
    bus.pass(5_000)
    bob.rejects = []
    liar.publish(beat(1, 5), beat(1, 4))
    expect(bob.rejects).to.deep.equal([418, 418])
    expect(bus.view(bob, liar.channel).isManagerPresent).to.equal(false)
    liar.publish(beat(1, 6))
    expect(bus.view(bob, liar.channel).isManagerPresent).to.equal(true)
  })
})

describe('chunks', () => {
  it('of nobody who may issue, or beyond any tree, are refused (R-401, R-405)', () => {
    const bus = new Bus('chunks')
    const liar = new Liar(bus)
    const bob = bus.add('bob')
    liar.takeIn(bob)
    const chunk = (index: number, by = liar.key): Frame =>
      makeFrame(liar.channel, by, { chunk: { announcement: random(32), index, data: random(40) } })
    const asked = (frame: Frame): number[] => {
      bob.rejects = []
      bus.oracle = ({ epochs }) =>
        epochs && { descriptors: EMPTY, records: [], frames: [frame.bytes], sealed: EMPTY, isMore: false }
      bus.send(bob, { type: 'carrier', channel: liar.channel, isReady: true })
      bus.oracle = () => undefined
      return bob.rejects
    }
    expect(asked(chunk(0))).to.deep.equal([])
    expect(asked(chunk(0, bob.key))).to.deep.equal([401])
    expect(asked(chunk(1_099))).to.deep.equal([])
    expect(asked(chunk(1_100))).to.deep.equal([405])
    expect(asked(chunk(2 ** 32 - 1))).to.deep.equal([405])
  })

  it('that are not the head\u2019s do not keep the right ones out, before or after it (R-405)', () => {
    const bus = new Bus('wrong chunks')
    const liar = new Liar(bus)
    const bob = bus.add('bob')
    liar.takeIn(bob)
    for (let i = 0; i < 6; i++) {
      liar.publish(liar.issue(Array.from({ length: 180 }, () => liar.admit(random(32)))).announcement)
    }
    const issued = liar.rebuild()
    const wrong = issued.chunks.map((frame) => {
      const body = frame.body.chunk!
      return makeFrame(liar.channel, liar.key, { chunk: { ...body, data: joinBytes(body.data, Uint8Array.of(1)) } })
    })
    liar.publish(...wrong, issued.announcement)
    expect(bus.view(bob, liar.channel).term).to.equal(1)
    bob.rejects = []
    liar.publish(wrong[0]!)
    expect(bob.rejects).to.deep.equal([405])
    liar.publish(...issued.chunks)
    expect(bus.view(bob, liar.channel)).to.include({ term: 2, key: 'ready' })
  })
})

describe('garbage', () => {
  it('of any bytes changes nothing and throws nothing', () => {
    const { bus, nodes, channel } = group(3)
    bus.say(nodes[1]!, channel, 'before')
    const real = bus.tap.slice()
    const before = nodes.map((node) => standing(bus, node, channel))
    const spoilt = fc
      .tuple(
        fc.constantFrom(...real),
        fc.array(fc.tuple(fc.nat(), fc.nat({ max: 255 })), { minLength: 1, maxLength: 4 })
      )
      .map(([bytes, changes]) => {
        const copy = bytes.slice()
        for (const [at, value] of changes) copy[at % copy.length]! ^= value | 1
        return copy
      })
    const cut = fc.tuple(fc.constantFrom(...real), fc.nat()).map(([bytes, at]) => bytes.subarray(0, at % bytes.length))
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 500 }), spoilt, cut), (bytes) => {
        for (const node of nodes) bus.deliver(node, channel, bytes)
      }),
      { numRuns: 600, seed: 1 }
    )
    expect(nodes.map((node) => standing(bus, node, channel))).to.deep.equal(before)
  })

  it('signed by strangers and members in frames of every kind changes nothing and throws nothing', () => {
    const { bus, nodes, channel } = group(3)
    const [alice, bob, carol] = nodes as [Node, Node, Node]
    bus.command(alice, { type: 'rekey', channel })
    bus.say(bob, channel, 'before')
    bus.pass(3_000)
    bus.remove(alice, channel, bob)
    bus.pass(1_000)
    const bodies = bus.frames(channel).map(({ body }) => body)
    const before = [alice, carol].map((node) => standing(bus, node, channel))
    const mallory = signingKey(random(32))
    const choices = fc.tuple(
      fc.constantFrom(...bodies),
      fc.constantFrom(mallory, carol.key),
      fc.nat(),
      fc.nat({ max: 255 })
    )
    fc.assert(
      fc.property(choices, ([body, author, at, value]) => {
        const bytes = Body.encode(body)
        const copy = bytes.slice()
        if (value > 0) copy[at % copy.length]! ^= value
        let changed: Body
        try {
          changed = Body.decode(copy)
        } catch {
          return
        }
        if (Object.values(changed).every((kind) => kind === undefined)) return
        const frame = makeFrame(channel, author, changed)
        const read = readFrame(channel, frame.bytes)
        if (
          read === undefined ||
          read instanceof Refusal ||
          (changed.message && equalBytes(author.publicKey, carol.key.publicKey))
        )
          return
        for (const node of [alice, carol]) bus.deliver(node, channel, frame.bytes)
      }),
      { numRuns: 500, seed: 2 }
    )
    bus.pass(3_000)
    expect([alice, carol].map((node) => standing(bus, node, channel))).to.deep.equal(before)
  })

  it('in answers, lookups and records changes nothing and throws nothing', () => {
    const { bus, nodes, channel } = group(2)
    const [, bob] = nodes as [Node, Node]
    const before = standing(bus, bob, channel)
    const bytes = fc.uint8Array({ maxLength: 300 })
    const answers = fc.record({
      descriptors: bytes,
      records: fc.array(bytes, { maxLength: 2 }),
      frames: fc.array(fc.oneof(bytes, fc.constantFrom(...bus.tap)), { maxLength: 3 }),
      sealed: bytes,
      isMore: fc.boolean()
    })
    const name = `${rowsOf(bob, 'channel')[0]!.entry.split('/')[1]}`
    const ids = fc.constantFrom('charter', 'epochs', 'log', 'record', 'collect', 'x').map((topic) => `${name}:${topic}`)
    fc.assert(
      fc.property(answers, ids, bytes, (answer, id, value) => {
        bus.send(bob, { type: 'answer', id, from: undefined, answer })
        bus.send(bob, { type: 'found', kind: 'user', id: value, value })
        bus.send(bob, { type: 'found', kind: 'channel', id: channel, value })
      }),
      { numRuns: 200, seed: 3 }
    )
    expect(standing(bus, bob, channel)).to.deep.equal(before)
  })
})

const standing = (bus: Bus, node: Node, channel: Uint8Array): object => {
  const { term, serial, key, members, logHead } = bus.view(node, channel)
  return { term, serial, key, members, logHead: hex(logHead), texts: bus.texts(node) }
}
