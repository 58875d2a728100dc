import { expect } from 'chai'
import { EMPTY, equalBytes, hex } from '../../../src/base/bytes.ts'
import { atMillis, DAY_MS, HOUR_MS } from '../../../src/base/time.ts'
import { certificateOf } from '../../../src/core/channel/announcement.ts'
import { readFrame } from '../../../src/core/channel/frame.ts'
import { Prekeys } from '../../../src/core/identity/prekeys.ts'
import { Refusal } from '../../../src/core/reject.ts'
import { type SigningKey, signingKey } from '../../../src/crypto/sign.ts'
import { Bus, Liar, type Node, randomOf } from '../bus.ts'

describe('a member that looks for what it missed', () => {
  it('asks for epochs once a second at most, after four at once, however fast new ones come that it is not told', () => {
    const bus = new Bus('behind')
    const [alice, bob] = [bus.add('alice'), bus.add('bob')]
    const channel = bus.open(alice)
    bus.join(bob, bus.invite(alice, channel))
    bus.pass(4_000)
    bus.carry = (deliver, _to, bytes) => {
      const frame = readFrame(channel, bytes)
      if (frame instanceof Refusal || frame?.kind !== 'announcement') deliver()
    }
    const from = bus.trace.length
    for (let i = 0; i < 20; i++) {
      bus.command(alice, { type: 'rekey', channel })
      bus.say(alice, channel, `under key ${i}`)
      bus.pass(500)
    }
    const asked = bus.trace
      .slice(from)
      .filter(({ node, effect }) => node === bob && effect.type === 'ask' && effect.question.epochs !== undefined)
    expect(asked.length).to.be.within(10, 14)
    bus.pass(3_000)
    expect(equalBytes(bus.view(bob, channel).commitment, bus.view(alice, channel).commitment)).to.equal(true)
    expect(bus.texts(bob)).to.have.length(20)
  })

  it('asks ever more rarely, and for a grant, when nobody knows more, also when it has asked a lot before', () => {
    const bus = new Bus('nobody knows')
    const liar = new Liar(bus)
    const bob = bus.add('bob')
    liar.takeIn(bob)
    bus.oracle = ({ epochs }) => epochs && { descriptors: EMPTY, records: [], frames: [], sealed: EMPTY, isMore: false }
    for (let i = 0; i < 6; i++) {
      bus.send(bob, { type: 'carrier', channel: liar.channel, isReady: true })
      liar.publish(liar.issue().announcement)
    }
    const from = bus.trace.length
    liar.issue()
    liar.publish(liar.issue().announcement)
    for (let second = 0; second < 40; second++) {
      liar.publish(liar.heartbeat(second + 100))
      bus.pass(1_000)
    }
    const asked = bus.trace
      .slice(from)
      .filter(({ node, effect }) => node === bob && effect.type === 'ask' && effect.question.epochs !== undefined)
    expect(asked.length).to.be.at.most(12)
    expect(bus.frames(liar.channel).filter(({ kind }) => kind === 'keyRequest').length).to.be.above(3)
  })

  it('requests a grant six times at once and then every two seconds at most, however often it is led on meanwhile', () => {
    const bus = new Bus('led on')
    const liar = new Liar(bus)
    const bob = bus.add('bob')
    liar.takeIn(bob)
    bus.oracle = ({ epochs }) => epochs && { descriptors: EMPTY, records: [], frames: [], sealed: EMPTY, isMore: false }
    const requests = (): number => bus.frames(liar.channel).filter(({ kind }) => kind === 'keyRequest').length
    const before = requests()
    for (let i = 0; i < 10; i++) {
      const kept = liar.issue()
      liar.publish(liar.issue().announcement)
      bus.pass(2_000)
      liar.publish(kept.announcement)
      const { serial } = bus.view(bob, liar.channel)
      expect(serial, 'is led on').to.equal(liar.current!.key.serial)
    }
    expect(requests() - before).to.be.within(12, 16)
    liar.issue()
    liar.publish(liar.issue().announcement)
    bus.pass(4_000)
    expect(requests() - before, 'goes on asking').to.be.within(14, 18)
  })

  it('asks for no other key when its clock says that those it gets are over', () => {
    const bus = new Bus('fast clock')
    const [alice, bob] = [bus.add('alice'), bus.add('bob')]
    const env = bus.env.bind(bus)
    const aheadMs = (node: Node): number => (node === bob ? 2 * HOUR_MS : 0)
    bus.env = (node) => ({ ...env(node), now: atMillis(env(node).now + aheadMs(node)) })
    const channel = bus.open(alice, { keyLifetimeSeconds: 3600 })
    bus.join(bob, bus.invite(alice, channel))
    bus.pass(4_000)
    const requests = (): number => bus.frames(channel).filter(({ kind }) => kind === 'keyRequest').length
    const before = requests()
    for (let i = 0; i < 5; i++) {
      bus.command(alice, { type: 'rekey', channel })
      bus.send(bob, { type: 'carrier', channel, isReady: true })
      bus.pass(2_000)
      expect(bus.view(bob, channel).serial).to.equal(bus.view(alice, channel).serial)
    }
    expect(requests()).to.equal(before)
  })

  it('gets the key soon after its clock, which was far ahead, is set right', () => {
    const bus = new Bus('clock set right')
    const env = bus.env.bind(bus)
    let aheadMs = 30 * HOUR_MS
    bus.env = (node) => ({ ...env(node), now: atMillis(env(node).now + (node.nick === 'bob' ? aheadMs : 0)) })
    const [alice, bob] = [bus.add('alice'), bus.add('bob')]
    const channel = bus.open(alice)
    bus.join(bob, bus.invite(alice, channel))
    bus.pass(4_000)
    expect(bus.view(bob, channel).key).to.not.equal('ready')
    aheadMs = 0
    bus.pass(60_000)
    expect(bus.view(bob, channel).key).to.equal('ready')
  })
})

describe('a manager that is behind while nobody is in office', () => {
  interface World {
    readonly bus: Bus
    readonly liar: Liar
    readonly bert: Node
    /** Tells Bert of an epoch without what leads there. */
    readonly fallBehind: () => void
    /** Delivers a proposal of Cora that goes on from an epoch that Bert has not. */
    readonly propose: (key?: { readonly term: number; readonly serial: number }) => void
    /** Whom Bert has asked for a key, one request after the other, and how often. */
    readonly asked: () => [nick: string, tries: number][]
  }

  /** Of four managers Bert is a node; the one that opened the term is gone, and two are keys that answer nothing. */
  function world(isBehind = true): World {
    const bus = new Bus('proposer')
    const random = randomOf('council')
    const bert = bus.add('bert')
    const [cora, dora] = [signingKey(random(32)), signingKey(random(32))]
    const liar = new Liar(bus, (key) => ({ managers: [key, bert.key.publicKey, cora.publicKey, dora.publicKey] }))
    const people: Record<string, SigningKey> = { liar: liar.key, cora, dora }
    for (const [nick, key] of Object.entries({ cora, dora })) {
      const { bytes } = liar.recordOf(key, nick, Prekeys.create(random, atMillis(bus.now)))
      bus.directory.set(hex(key.publicKey), bytes)
    }
    liar.takeIn(bert)
    bus.oracle = ({ epochs }) => epochs && { descriptors: EMPTY, records: [], frames: [], sealed: EMPTY, isMore: false }
    bus.pass(4_500)
    const step = () => liar.issue([liar.admit(random(32))])
    const from = bus.trace.length
    const fallBehind = (): void => {
      step()
      bus.deliver(bert, liar.channel, certificateOf(step().announcement).bytes)
    }
    if (isBehind) fallBehind()
    const propose: World['propose'] = (key = { term: 2, serial: 1 }): void => {
      const terms = { previous: random(32) }
      const { announcement } = liar.rebuild({ issuer: cora, isKept: false, terms, key })
      bus.deliver(bert, liar.channel, announcement.bytes)
    }
    const asked = (): [string, number][] => {
      const requests = new Map<string, [string, number]>()
      for (const { node, effect } of bus.trace.slice(from)) {
        const frame = node === bert && effect.type === 'publish' && readFrame(liar.channel, effect.frame)
        if (!frame || frame instanceof Refusal || frame.kind !== 'keyRequest') continue
        const name = Object.keys(people).find((one) => equalBytes(people[one]!.publicKey, effect.to ?? EMPTY))
        const [nick, tries] = requests.get(hex(frame.author)) ?? [name!, 0]
        requests.set(hex(frame.author), [nick, tries + 1])
      }
      return [...requests.values()]
    }
    return { bus, liar, bert, fallBehind, propose, asked }
  }

  const nicks = (asked: readonly [string, number][]): string[] => asked.map(([nick]) => nick)

  it('asks the others in turn', () => {
    const { bus, asked } = world()
    bus.pass(90_000)
    expect(nicks(asked()).slice(0, 4)).to.deep.equal(['liar', 'cora', 'dora', 'liar'])
  })

  it('asks three within half a minute, in which a term has to be elected', () => {
    const { bus, asked } = world()
    bus.pass(28_000)
    expect(nicks(asked()).slice(0, 3)).to.deep.equal(['liar', 'cora', 'dora'])
  })

  it('asks at once who proposes what it cannot follow, and in between the others, as that one may lie', () => {
    const { bus, bert, propose, asked } = world()
    bus.pass(3_000)
    expect(nicks(asked())).to.deep.equal(['liar'])
    propose()
    expect(bert.rejects).to.include(435)
    bus.pass(500)
    expect(nicks(asked())).to.deep.equal(['liar', 'cora'])
    for (let i = 0; i < 600; i++) {
      propose()
      bus.pass(400)
    }
    const rounds = nicks(asked().filter(([, tries]) => tries === 4))
    expect(new Set(rounds), 'as often as ever').to.deep.equal(new Set(['liar', 'cora', 'dora']))
    expect(
      rounds.filter((nick, i) => nick === rounds[i - 1]),
      'nobody twice in a row'
    ).to.deep.equal([])
  })

  it('is led by no proposal that it would refuse in any case, as one of long ago that anybody may say again', () => {
    const { bus, bert, propose, asked } = world()
    bus.pass(3_000)
    propose({ term: 2, serial: 7 })
    propose({ term: 900_000, serial: 1 })
    expect(bert.rejects).to.include.members([415, 409])
    bus.pass(500)
    expect(nicks(asked())).to.deep.equal(['liar'])
  })

  it('forgets who proposed something while it needed nothing', () => {
    const { bus, bert, fallBehind, propose, asked } = world(false)
    propose()
    expect(bert.rejects).to.include(435)
    fallBehind()
    bus.pass(3_000)
    expect(nicks(asked())).to.deep.equal(['liar'])
  })

  it('asks who leaves a request unanswered for a newer record of its own, which that one may know (R-505)', () => {
    const { bus, liar, bert } = world()
    bus.pass(20_000)
    const asked = bus.trace.filter(({ node, effect }) => {
      const to = node === bert && effect.type === 'ask' && effect.to
      return (
        to &&
        effect.question.record &&
        equalBytes(effect.question.record.user, bert.key.publicKey) &&
        equalBytes(to, liar.key.publicKey)
      )
    })
    expect(asked).to.have.length(1)
  })

  it('looks for the record of the manager in office once a second at most, however often that is heard of', () => {
    const { bus, liar, bert } = world()
    const env = bus.env.bind(bus)
    bus.env = (node) => ({ ...env(node), now: atMillis(env(node).now + (node === bert ? 30 * DAY_MS : 0)) })
    const from = bus.trace.length
    for (let i = 0; i < 100; i++) {
      liar.publish(liar.heartbeat(i))
      bus.pass(200)
    }
    const lookUps = bus.trace
      .slice(from)
      .filter(
        ({ node, effect }) => node === bert && effect.type === 'lookUp' && equalBytes(effect.id, liar.key.publicKey)
      )
    expect(lookUps.length).to.be.within(15, 22)
  })

  it('is not led away from the manager in office by who proposes something', () => {
    const { bus, liar, propose, asked } = world()
    for (let second = 0; second < 60; second++) {
      liar.publish(liar.heartbeat(second))
      propose()
      bus.pass(1_000)
    }
    const requests = asked()
    expect(new Set(nicks(requests))).to.deep.equal(new Set(['liar']))
    const before = requests.slice(0, -1).map(([, tries]) => tries)
    expect(before.length).to.be.above(3)
    expect(new Set(before), 'nor is any cut short').to.deep.equal(new Set([4]))
  })
})
