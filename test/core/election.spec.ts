import { expect } from 'chai'
import { EMPTY, equalBytes, hex } from '../../src/base/bytes.ts'
import { MINUTE_MS } from '../../src/base/time.ts'
import { type Frame, makeFrame, readFrame } from '../../src/core/channel/frame.ts'
import type { ChannelSettings } from '../../src/core/command.ts'
import { Refusal } from '../../src/core/reject.ts'
import { Admission, Privacy, Reason } from '../../src/wire/messages.ts'
import { Bus, type Node, rowsOf, told } from './bus.ts'

interface World {
  readonly bus: Bus
  readonly managers: readonly Node[]
  readonly members: readonly Node[]
  readonly channel: Uint8Array
}

/** A channel of some managers, the first its founder, and two members; everybody has the key. */
function world(count: number, settings: ChannelSettings = {}): World {
  const bus = new Bus(`election ${count}`)
  bus.isHandingOver = true
  const managers = ['alice', 'bert', 'cora', 'dirk', 'edna'].slice(0, count).map((nick) => bus.add(nick))
  const members = ['mia', 'nils'].map((nick) => bus.add(nick))
  const channel = bus.open(managers[0]!, { managers: managers.map(({ key }) => key.publicKey), ...settings })
  const invite = bus.invite(managers[0]!, channel)
  for (const node of [...managers.slice(1), ...members]) bus.join(node, invite)
  bus.pass(6_000)
  const all = { bus, managers, members, channel }
  agree(all, [...managers, ...members])
  return all
}

/** Everybody named has the newest key, and holds the same manager to be in office. @returns that manager. */
function agree({ bus, channel, managers }: World, nodes: readonly Node[]): Node {
  const views = nodes.map((node) => bus.view(node, channel))
  const [first] = views
  for (const [i, view] of views.entries()) {
    const { term, serial } = first!
    expect(view, nodes[i]!.nick).to.include({ key: 'ready', term, serial, isManagerPresent: true })
    expect(hex(view.commitment)).to.equal(hex(first!.commitment))
    expect(hex(view.manager!)).to.equal(hex(first!.manager!))
  }
  return managers.find(({ key }) => equalBytes(key.publicKey, first!.manager!))!
}

const reasons = (node: Node): Reason[] =>
  node.notices.flatMap((notice) => (notice.type === 'epoch' ? [notice.reason] : []))

/** The terms of what managers handed to each other to be signed. @param from - how many frames had been handed over before. */
function proposed(bus: Bus, channel: Uint8Array, from: number): Set<number> {
  const frames = bus.handed.slice(from).map((bytes) => readFrame(channel, bytes))
  return new Set(
    frames.flatMap((frame) => (frame instanceof Refusal ? [] : (frame?.body.announcement?.key?.term ?? [])))
  )
}

describe('managers that elect one of them', () => {
  it('begin with the founder, and take another when it is gone', () => {
    for (const count of [2, 3, 5]) {
      const all = world(count)
      const { bus, managers, members, channel } = all
      expect(agree(all, managers)).to.equal(managers[0])
      expect(bus.view(members[0]!, channel).term).to.equal(1)
      bus.stop(managers[0]!)
      bus.pass(10_000)
      const staying = [...managers.slice(1), ...members]
      const leader = agree(all, staying)
      expect(leader).not.to.equal(managers[0])
      expect(bus.view(leader, channel).term, `${count} managers`).to.equal(2)
      expect(reasons(members[0]!).at(-1)).to.equal(Reason.TAKEOVER)
      bus.say(members[0]!, channel, 'still here')
      expect(bus.texts(members[1]!)).to.include('mia: still here')
    }
  })

  it('hand over within a second when the one in office goes in order', () => {
    const all = world(3)
    const { bus, managers, members } = all
    bus.send(managers[0]!, { type: 'stop' })
    bus.stop(managers[0]!)
    bus.pass(1_000)
    agree(all, [...managers.slice(1), ...members])
  })

  it('use few numbers up while they are too few, and have a leader as soon as they are enough', () => {
    const all = world(4)
    const { bus, managers, members, channel } = all
    const [alice, bert, cora, dirk] = managers
    bus.stop(alice!)
    bus.stop(bert!)
    const from = bus.handed.length
    bus.pass(10 * MINUTE_MS)
    expect(proposed(bus, channel, from).size).to.be.within(2, 20)
    bus.start(bert!)
    bus.pass(15_000)
    agree(all, [bert!, cora!, dirk!, ...members])
  }).timeout(60_000)

  it('have a leader whichever two of a bare quorum do not hear each other', () => {
    for (const cut of [
      [1, 2],
      [1, 3],
      [2, 3]
    ]) {
      const all = world(4)
      const { bus, managers } = all
      const [one, other] = cut.map((place) => managers[place]!)
      bus.passes = (from, to) => !((from === one && to === other) || (from === other && to === one))
      bus.stop(managers[0]!)
      bus.pass(30_000)
      const between = managers.find((node) => node.isUp && node !== one && node !== other)!
      expect(agree(all, managers.slice(1))).to.equal(between)
    }
  })

  it('wait no longer for one that they signed for and that is not heard any more', () => {
    const gone = (all: World): void => {
      all.bus.stop(all.managers[0]!)
      all.bus.pass(10_000)
    }
    const before = world(5)
    gone(before)
    const first = before.managers.indexOf(agree(before, before.managers.slice(1)))
    const all = world(5)
    const { bus, managers, channel } = all
    const candidate = managers[first]!
    bus.passes = (_, to) => to !== candidate
    bus.stop(managers[0]!)
    const from = bus.handed.length
    for (let i = 0; i < 100 && proposed(bus, channel, from).size === 0; i++) bus.pass(100)
    bus.stop(candidate)
    bus.pass(9_000)
    agree(
      all,
      managers.filter(({ isUp }) => isUp)
    )
  })

  it('give a key to who asks for it meanwhile', () => {
    const all = world(3)
    const { bus, managers, members, channel } = all
    const newcomer = bus.add('otto')
    const invite = bus.invite(managers[0]!, channel)
    bus.stop(managers[0]!)
    bus.join(newcomer, invite)
    bus.pass(4_000)
    expect(bus.view(newcomer, channel).key).not.to.equal('ready')
    bus.pass(8_000)
    agree(all, [...managers.slice(1), ...members, newcomer])
  })

  it('apply with their first epoch what was stated while nobody was in office', () => {
    const all = world(3)
    const { bus, managers, members, channel } = all
    bus.stop(managers[0]!)
    bus.remove(managers[1]!, channel, members[0]!)
    bus.pass(1_000)
    expect(bus.view(members[1]!, channel).key).to.equal('removal-pending')
    bus.say(members[1]!, channel, 'after')
    bus.pass(9_000)
    agree(all, [...managers.slice(1), members[1]!])
    expect(bus.view(members[0]!, channel).key).to.equal('removed')
    expect(bus.texts(members[0]!)).not.to.include('nils: after')
    expect(bus.texts(managers[1]!)).to.include('nils: after')
  })

  it('let who was in office come back as one of the others', () => {
    for (const count of [2, 3]) {
      const all = world(count)
      const { bus, managers, members } = all
      bus.stop(managers[0]!)
      bus.pass(10_000)
      const leader = agree(all, [...managers.slice(1), ...members])
      bus.start(managers[0]!)
      bus.pass(8_000)
      expect(agree(all, [...managers, ...members]), `${count} managers`).to.equal(leader)
    }
  })

  it('go on with the one that was in office when it is back at once, in a new term', () => {
    for (const count of [2, 3]) {
      const all = world(count)
      const { bus, managers, members, channel } = all
      bus.stop(managers[0]!)
      bus.start(managers[0]!)
      bus.pass(4_000)
      expect(agree(all, [...managers, ...members]), `${count} managers`).to.equal(managers[0])
      expect(bus.view(members[0]!, channel).term).to.equal(2)
    }
  })

  it('are not held to be there for what they said in an earlier term of theirs', () => {
    const { bus, managers, members, channel } = world(2)
    const [alice, bert] = managers
    const mia = members[0]!
    const isBeat = ({ kind }: Frame): boolean => kind === 'heartbeat'
    const old = bus
      .frames(channel)
      .findLast((frame) => isBeat(frame) && equalBytes(frame.author, alice!.key.publicKey))!
    bus.stop(alice!)
    bus.pass(10_000)
    bus.start(alice!)
    bus.pass(4_000)
    expect(bus.view(mia, channel)).to.include({ term: 2, isManagerPresent: true })
    bus.carry = (deliver, to, bytes) => {
      const frame = readFrame(channel, bytes)
      if (to !== mia || frame === undefined || frame instanceof Refusal || !isBeat(frame)) deliver()
    }
    bus.stop(bert!)
    bus.pass(10_000)
    expect(bus.view(mia, channel)).to.include({ term: 3, isManagerPresent: false })
    bus.deliver(mia, channel, old.bytes)
    expect(bus.view(mia, channel).isManagerPresent).to.equal(false)
    expect(mia.rejects.at(-1)).to.equal(418)
  })

  it('come to one when all of them start at once', () => {
    const all = world(5)
    const { bus, managers, members } = all
    for (const node of managers) bus.stop(node)
    for (const node of managers) bus.start(node)
    bus.pass(10_000)
    agree(all, [...managers, ...members])
  })

  it('begin without their founder when it is none of them', () => {
    const bus = new Bus('staff')
    bus.isHandingOver = true
    const founder = bus.add('frida')
    const managers = ['alice', 'bert', 'cora'].map((nick) => bus.add(nick))
    const channel = bus.open(founder, { managers: managers.map(({ key }) => key.publicKey) })
    const invite = bus.invite(founder, channel)
    for (const node of managers.slice(0, 1)) bus.join(node, invite)
    bus.pass(20_000)
    expect(bus.view(managers[0]!, channel).key, 'one of three').not.to.equal('ready')
    for (const node of managers.slice(1)) bus.join(node, invite)
    bus.pass(20_000)
    agree({ bus, managers, members: [], channel }, managers)
  })
})

describe('a takeover soon after many came in', () => {
  it('loses nothing that was said meanwhile, to whomever', () => {
    for (const afterMs of [500, 1_500, 3_000]) {
      const bus = new Bus('soon')
      bus.isHandingOver = true
      const managers = ['alice', 'bert', 'cora'].map((nick) => bus.add(nick))
      const members = ['mia', 'nils', 'otto', 'paul', 'quin', 'rosa'].map((nick) => bus.add(nick))
      const channel = bus.open(managers[0]!, { managers: managers.map(({ key }) => key.publicKey) })
      const invite = bus.invite(managers[0]!, channel)
      for (const node of [...managers.slice(1), ...members]) {
        bus.join(node, invite)
        bus.pass(600)
      }
      bus.pass(afterMs)
      bus.stop(managers[0]!)
      const texts = Array.from({ length: 60 }, (_, n) => `text ${n}`)
      for (const [n, text] of texts.entries()) {
        bus.say(members[n % members.length]!, channel, text)
        bus.pass(200)
      }
      bus.pass(10_000)
      const staying = [...managers.slice(1), ...members]
      agree({ bus, managers, members, channel }, staying)
      for (const node of staying) {
        const heard = bus.texts(node).map((text) => text.split(': ')[1])
        expect(
          texts.filter((text) => !heard.includes(text)),
          `${node.nick} after ${afterMs} ms`
        ).to.deep.equal([])
        expect(new Set(heard).size, `${node.nick} was told each once`).to.equal(heard.length)
      }
    }
  })
})

describe('managers told of more removals than one announcement holds', () => {
  it('apply all of them, some after the other', () => {
    const all = world(3)
    const { bus, managers, members, channel } = all
    const crowd = Array.from({ length: 90 }, (_, n) => bus.add(`n${n}`))
    for (const node of crowd) bus.command(managers[0]!, { type: 'admit', channel, user: node.key.publicKey })
    bus.pass(10_000)
    expect(bus.view(members[0]!, channel).members).to.equal(95)
    // All at once, by one that is not in office: everybody knows of all of them before any is applied.
    for (const node of crowd) bus.remove(managers[1]!, channel, node)
    bus.pass(15_000)
    agree(all, [...managers, ...members])
    expect(bus.view(members[0]!, channel).members).to.equal(5)
    expect(bus.view(members[0]!, channel).serial).to.be.lessThan(20)
  })
})

describe('a manager without a quorum', () => {
  /** Two of three managers are gone; who stays is in office, or not. */
  const alone = (all: World): Node => {
    for (const node of all.managers.slice(1)) all.bus.stop(node)
    all.bus.pass(10_000)
    return all.managers[0]!
  }

  it('lets newcomers in, and says that it can make no new key', () => {
    const all = world(3)
    const { bus, members, channel } = all
    const leader = alone(all)
    const rekey = (): unknown => bus.command(leader, { type: 'rekey', channel })
    expect(rekey).to.throw('Too few of the other key managers')
    const newcomer = bus.add('otto')
    bus.join(newcomer, bus.invite(leader, channel))
    bus.pass(3_000)
    agree(all, [leader, ...members, newcomer])
    bus.start(all.managers[1]!)
    bus.pass(5_000)
    rekey()
    agree(all, [leader, all.managers[1]!, ...members, newcomer])
  })

  it('admits whom it is told to, and does not take even somebody out who never came', () => {
    const all = world(3)
    const { bus, members, channel } = all
    const leader = alone(all)
    const otto = bus.add('otto')
    bus.command(leader, { type: 'admit', channel, user: otto.key.publicKey })
    bus.pass(2_000)
    expect(bus.view(members[0]!, channel)).to.include({ key: 'ready', members: 6 })
    bus.remove(leader, channel, otto)
    bus.pass(10_000)
    expect(bus.view(members[0]!, channel)).to.include({ key: 'removal-pending', members: 6 })
    bus.start(all.managers[2]!)
    bus.pass(8_000)
    expect(bus.view(members[0]!, channel)).to.include({ key: 'ready', members: 5 })
  })

  it('brings the key to another that cannot follow any more, and has its signature for a removal', () => {
    const all = world(3)
    const { bus, managers, members, channel } = all
    const [alice, bert, cora] = managers as [Node, Node, Node]
    bus.stop(bert)
    bus.command(alice, { type: 'rekey', channel })
    // Who starts remembers no announcement but the newest.
    for (const node of [cora, ...members, alice]) {
      bus.stop(node)
      bus.start(node)
    }
    bus.pass(15_000)
    expect(agree(all, [alice, cora, ...members])).to.equal(alice)
    bus.stop(cora)
    bus.remove(alice, channel, members[0]!)
    bus.pass(8_000)
    expect(bus.view(members[1]!, channel).key).to.equal('removal-pending')
    bus.start(bert)
    bus.pass(30_000)
    agree(all, [alice, bert, members[1]!])
    expect(bus.view(bert, channel).members).to.equal(4)
  })

  it('removes nobody and lets nobody in while a removal waits, and nobody who knows of it sends', () => {
    const all = world(3)
    const { bus, members, channel } = all
    const leader = alone(all)
    bus.remove(leader, channel, members[0]!)
    const newcomer = bus.add('otto')
    bus.join(newcomer, bus.invite(leader, channel))
    bus.say(members[1]!, channel, 'held')
    bus.pass(20_000)
    expect(bus.view(members[1]!, channel)).to.include({ key: 'removal-pending', waiting: 1 })
    expect(bus.view(newcomer, channel).key).not.to.equal('ready')
    bus.start(all.managers[2]!)
    bus.pass(8_000)
    agree(all, [leader, all.managers[2]!, members[1]!, newcomer])
    expect(bus.view(members[0]!, channel).key).to.equal('removed')
    expect(bus.texts(all.managers[2]!)).to.include('nils: held')
  })

  it('never comes into office by itself, and its terms do not run away', () => {
    const all = world(3)
    const { bus, managers, members, channel } = all
    bus.stop(managers[0]!)
    bus.stop(managers[1]!)
    bus.pass(600_000)
    expect(bus.view(members[0]!, channel)).to.include({ term: 1, isManagerPresent: false })
    expect(bus.view(managers[2]!, channel)).to.include({ isStanding: true, term: 1 })
    bus.start(managers[0]!)
    bus.pass(10_000)
    agree(all, [managers[0]!, managers[2]!, ...members])
    expect(bus.view(members[0]!, channel).term).to.be.lessThan(6)
  })
})

describe('a manager in office', () => {
  it('signs for nobody against itself', () => {
    const all = world(3)
    const { bus, managers, members } = all
    const [alice, bert, cora] = managers as [Node, Node, Node]
    bus.stop(cora)
    bus.passes = (from, to) => !(from === alice && to === bert)
    bus.pass(30_000)
    expect(agree(all, [alice, ...members])).to.equal(alice)
    expect(bus.view(alice, all.channel)).to.include({ term: 1, isManager: true })
  })

  it('says whether it could remove somebody, and everybody warns who hears that it could not', () => {
    const all = world(3)
    const { bus, managers, members, channel } = all
    bus.pass(60_000)
    expect(bus.view(members[0]!, channel).exposure).to.equal('none')
    for (const node of managers.slice(1)) bus.stop(node)
    bus.pass(70_000)
    for (const node of [managers[0]!, ...members]) {
      expect(bus.view(node, channel), node.nick).to.include({ exposure: 'warned', isManagerPresent: true })
    }
    bus.start(managers[1]!)
    bus.pass(6_000)
    for (const node of [managers[0]!, ...members]) expect(bus.view(node, channel).exposure).to.equal('none')
  })
})

describe('managers apart', () => {
  /** Cuts the company in two. @returns what heals it. */
  function part({ bus, channel }: World, one: readonly Node[]): () => void {
    bus.passes = (a, b) => one.includes(a) === one.includes(b)
    return () => {
      bus.passes = () => true
      for (const node of bus.nodes) bus.send(node, { type: 'carrier', channel, isReady: true })
    }
  }

  it('in a majority take another, and the one that was cut off follows it', () => {
    const all = world(3)
    const { bus, managers, members, channel } = all
    const heal = part(all, [managers[0]!, members[0]!])
    bus.pass(10_000)
    const leader = agree(all, [managers[1]!, managers[2]!, members[1]!])
    expect(leader).not.to.equal(managers[0])
    expect(agree(all, [managers[0]!, members[0]!])).to.equal(managers[0])
    bus.command(leader, { type: 'rekey', channel })
    heal()
    bus.pass(12_000)
    expect(agree(all, [...managers, ...members])).to.equal(leader)
  })

  it('lose no removal and no admission of either side, where two may each go on', () => {
    const all = world(2)
    const { bus, managers, members, channel } = all
    const [alice, bert] = managers as [Node, Node]
    const heal = part(all, [alice, members[0]!])
    bus.pass(12_000)
    expect(bus.view(bert, channel)).to.include({ key: 'ready', isManager: true, term: 2 })
    const [otto, paul] = [bus.add('otto'), bus.add('paul')]
    bus.passes = (
      (cut) => (a: Node, b: Node) =>
        a === otto || b === otto
          ? cut(alice, a === otto ? b : a)
          : a === paul || b === paul
            ? cut(bert, a === paul ? b : a)
            : cut(a, b)
    )(bus.passes)
    bus.join(otto, bus.invite(alice, channel))
    bus.join(paul, bus.invite(bert, channel))
    bus.pass(4_000)
    expect(bus.view(otto, channel)).to.include({ key: 'ready', term: 1 })
    expect(bus.view(paul, channel)).to.include({ key: 'ready', term: 2 })
    bus.remove(alice, channel, members[1]!)
    bus.pass(2_000)
    heal()
    bus.pass(20_000)
    agree(all, [alice, bert, members[0]!, otto, paul])
    expect(bus.view(members[1]!, channel).key).to.equal('removed')
  })

  it('lets everybody read what was said on either side, once', () => {
    for (const count of [2, 3]) {
      const all = world(count)
      const { bus, managers, members, channel } = all
      const [mia, nils] = members as [Node, Node]
      bus.say(mia, channel, 'before')
      const heal = part(all, [managers[0]!, mia])
      const newcomer = bus.add('otto')
      const cut = bus.passes
      bus.passes = (a, b) => cut(a === newcomer ? mia : a, b === newcomer ? mia : b)
      bus.join(newcomer, bus.invite(managers[0]!, channel))
      bus.pass(12_000)
      bus.say(mia, channel, 'here')
      bus.say(newcomer, channel, 'new here')
      bus.say(nils, channel, 'there')
      bus.pass(2_000)
      expect(bus.texts(newcomer)).to.include('mia: here')
      heal()
      bus.pass(20_000)
      agree(all, [...managers, mia, nils, newcomer])
      const heard = (node: Node, text: string): number => bus.texts(node).filter((one) => one === text).length
      for (const node of [...managers, nils]) {
        expect(heard(node, 'mia: here'), `${node.nick} of ${count}`).to.equal(1)
        expect(heard(node, 'otto: new here'), `${node.nick} of ${count}`).to.equal(1)
      }
      expect(heard(newcomer, 'mia: here')).to.equal(1)
      expect(heard(nils, 'mia: before'), 'said under an epoch of both').to.equal(1)
      expect(heard(mia, 'nils: there')).to.equal(1)
    }
  })

  it('lose nothing that was stated on the side passed over, though its author is gone', () => {
    const all = world(2)
    const { bus, managers, members, channel } = all
    const [alice, bert] = managers as [Node, Node]
    const heal = part(all, [alice, ...members])
    const otto = bus.add('otto').key.publicKey
    bus.command(alice, { type: 'admit', channel, user: otto })
    const made = bus.command(alice, { type: 'createGroup', channel, name: 'kitchen' })
    if (made.type !== 'group') throw new Error('no group')
    bus.command(alice, { type: 'putIntoGroup', channel, group: made.group.id, user: members[0]!.key.publicKey })
    bus.pass(12_000)
    expect(members.map((node) => bus.view(node, channel).members)).to.deep.equal([5, 5])
    bus.stop(alice)
    const toldBefore = bus.frames(channel).filter(({ kind }) => kind === 'statements').length
    heal()
    bus.pass(40_000)
    agree(all, [bert, ...members])
    expect(bus.view(bert, channel).members).to.equal(5)
    const groups = bus.command(members[0]!, { type: 'groups', channel })
    if (groups.type !== 'groups') throw new Error('no groups')
    const [kitchen, ...others] = groups.groups
    expect(kitchen).to.include({ name: 'kitchen', isMember: true, isReady: true })
    expect(others).to.deep.equal([])
    const told = bus
      .frames(channel)
      .filter(({ kind }) => kind === 'statements')
      .slice(toldBefore)
    expect(
      told.map(({ author }) => hex(author)),
      'by one of those who know, and not by both'
    ).to.have.length(1)
  })

  it('do not take back whom one side removed and the other has admitted meanwhile', () => {
    for (const isAdmittedLate of [false, true]) {
      const all = world(2)
      const { bus, managers, members, channel } = all
      const [alice, bert] = managers as [Node, Node]
      const otto = bus.add('otto')
      const admit = (by: Node): void => void bus.command(by, { type: 'admit', channel, user: otto.key.publicKey })
      const heal = part(all, [alice, members[0]!])
      bus.pass(12_000)
      admit(bert)
      if (!isAdmittedLate) admit(alice)
      bus.pass(2_000)
      bus.remove(bert, channel, otto)
      bus.pass(2_000)
      if (isAdmittedLate) admit(alice)
      bus.pass(2_000)
      expect(members.map((node) => bus.view(node, channel).members)).to.deep.equal([5, 4])
      heal()
      bus.pass(40_000)
      agree(all, [...managers, ...members])
      expect(bus.view(members[0]!, channel).members).to.equal(4)
      admit(alice)
      bus.pass(5_000)
      expect(bus.view(members[1]!, channel).members, 'who knows of the removal may').to.equal(5)
    }
  })

  /** Messages on the carrier, each once, with the one that its author names as said before. */
  const saidBy = ({ bus, channel }: World, node: Node): { readonly id: string; readonly previous: string }[] => {
    const found = new Map<string, string>()
    for (const { author, id, body } of bus.frames(channel)) {
      const message = body.message ?? body.plainMessage
      if (message !== undefined && equalBytes(author, node.key.publicKey)) found.set(hex(id), hex(message.previous))
    }
    return [...found].map(([id, previous]) => ({ id, previous }))
  }

  it('lose nothing said in the clear between what is said again', () => {
    const all = world(2, { privacy: Privacy.MIXED })
    const { bus, members, channel } = all
    const [mia, nils] = members as [Node, Node]
    bus.say(mia, channel, 'before')
    const heal = part(all, [all.managers[0]!, mia])
    bus.pass(12_000)
    bus.command(all.managers[0]!, { type: 'rekey', channel })
    bus.say(mia, channel, 'sealed')
    bus.say(mia, channel, 'in the clear', true)
    bus.say(mia, channel, 'sealed, too')
    const before = saidBy(all, mia)
    heal()
    bus.pass(20_000)
    agree(all, [...all.managers, ...members])
    const texts = ['before', 'sealed', 'in the clear', 'sealed, too'].map((text) => `mia: ${text}`)
    expect(bus.texts(nils)).to.include.members(texts)
    const again = saidBy(all, mia).filter(({ id }) => before.every((one) => one.id !== id))
    const inTheClear = before.at(-2)!.id
    expect(again.map(({ previous }) => previous)).to.deep.equal([inTheClear, again[0]!.id])
  })

  it('take in whom only a manager had admitted that does not come back', () => {
    const all = world(3, { admission: Admission.BY_INVITE })
    const { bus, managers, members, channel } = all
    const [alice, ...others] = managers as [Node, Node, Node]
    const invite = bus.invite(alice, channel)
    bus.pass(2_000)
    const otto = bus.add('otto')
    const heal = part(all, [alice, otto])
    bus.join(otto, invite)
    bus.pass(12_000)
    expect(bus.view(otto, channel).key).to.equal('ready')
    bus.stop(alice)
    heal()
    bus.pass(60_000)
    agree(all, [...others, ...members, otto])
  })

  it('keep what each side knows over a restart after they came together', () => {
    const all = world(2)
    const { bus, managers, members, channel } = all
    const heal = part(all, [managers[0]!, members[0]!])
    bus.command(managers[0]!, { type: 'admit', channel, user: bus.add('otto').key.publicKey })
    bus.pass(12_000)
    heal()
    bus.pass(20_000)
    for (const node of [...managers, ...members]) {
      bus.stop(node)
      bus.start(node)
    }
    bus.pass(12_000)
    agree(all, [...managers, ...members])
    expect(bus.view(members[1]!, channel).members).to.equal(5)
  })

  it('keep what one side stated though who stated it is gone, and who knows it stops before telling it', () => {
    const all = world(3)
    const { bus, managers, members, channel } = all
    const [alice, ...others] = managers as [Node, Node, Node]
    const [mia, nils] = members as [Node, Node]
    const heal = part(all, [alice, mia])
    bus.command(alice, { type: 'admit', channel, user: bus.add('otto').key.publicKey })
    bus.pass(12_000)
    bus.stop(alice)
    heal()
    while (bus.view(mia, channel).term !== bus.view(nils, channel).term) bus.pass(100)
    bus.stop(mia)
    bus.start(mia)
    bus.pass(20_000)
    agree(all, [...others, ...members])
    expect(bus.view(nils, channel).members).to.equal(6)
  })

  it('keep an invite that only a member has heard of, though who gave it out is gone, and whether it is told at once or with the next key', () => {
    for (const isLate of [false, true]) {
      const all = world(3, { admission: Admission.BY_INVITE })
      const { bus, managers, members, channel } = all
      const leader = agree(all, [...managers, ...members])
      const [giver, other] = managers.filter((node) => node !== leader) as [Node, Node]
      const nils = members[1]!
      bus.carry = (deliver, to, bytes) => {
        const frame = readFrame(channel, bytes)
        const isStated = frame !== undefined && !(frame instanceof Refusal) && frame.kind === 'statements'
        if (!isStated || to === members[0]) deliver()
      }
      const invite = bus.invite(giver, channel)
      bus.stop(giver)
      if (isLate) bus.pass(20_000)
      bus.carry = (deliver) => deliver()
      const otto = bus.add('otto')
      bus.join(otto, invite)
      bus.pass(2_000)
      if (isLate) bus.command(leader, { type: 'rekey', channel })
      bus.pass(40_000)
      agree(all, [leader, other, ...members, otto])
      expect(bus.view(nils, channel).members).to.equal(6)
    }
  })

  it('have told them what is stated though somebody keeps saying nothing by frames of statements', () => {
    const all = world(3, { admission: Admission.BY_INVITE })
    const { bus, managers, members, channel } = all
    const [giver, mia, nils] = [managers[1]!, members[0]!, members[1]!]
    bus.carry = (deliver, to) => to === mia && deliver()
    const knows = (node: Node): boolean => rowsOf(node, 'pending').length > 0
    bus.invite(giver, channel)
    bus.stop(giver)
    bus.carry = (deliver) => deliver()
    expect([mia, nils].map(knows)).to.deep.equal([true, false])
    for (let second = 0; second < 10; second++) {
      bus.inject(channel, told(bus, channel, nils, []).bytes)
      bus.pass(1_000)
    }
    expect([managers[0]!, managers[2]!, nils].map(knows)).to.deep.equal([true, true, true])
  })

  it('that went parted ways come together though whoever was in office is gone', () => {
    const all = world(3)
    const { bus, managers, members, channel } = all
    const [alice, mia] = [managers[0]!, members[0]!]
    const heal = part(all, [alice, mia])
    bus.command(alice, { type: 'admit', channel, user: bus.add('otto').key.publicKey })
    bus.pass(12_000)
    const leader = agree(all, [managers[1]!, managers[2]!, members[1]!])
    const other = managers.find((node) => node !== leader && node !== alice)!
    expect(bus.view(alice, channel).serial, 'a step of her own').to.be.greaterThan(1)
    bus.stop(leader)
    heal()
    bus.pass(40_000)
    agree(all, [alice, other, ...members])
    expect(bus.view(alice, channel).members, 'and the admission counts').to.equal(6)
  })

  it('come to one manager in a term above both when both opened the same one, however far either went on', () => {
    for (const busy of [0, 1]) {
      const all = world(2)
      const { bus, managers, members, channel } = all
      const heal = part(all, [managers[0]!, members[0]!])
      bus.stop(managers[0]!)
      bus.start(managers[0]!)
      bus.pass(12_000)
      for (let n = 0; n < 6; n++) bus.command(managers[busy]!, { type: 'rekey', channel })
      expect(managers.map((node) => bus.view(node, channel).term)).to.deep.equal([2, 2])
      heal()
      bus.pass(15_000)
      agree(all, [...managers, ...members])
      for (const node of members) expect(bus.view(node, channel), node.nick).to.include({ term: 3, members: 4 })
    }
  })
})

describe('a newcomer that knows of no certificate yet', () => {
  /** A channel of three managers, and somebody who joins; what it asks of managers is lost until it is let through. */
  function arrival(): World & { readonly otto: Node; readonly letThrough: () => void } {
    const all = world(3)
    const { bus, managers, channel } = all
    const otto = bus.add('otto')
    bus.isHandingOver = false
    bus.carry = (deliver, to, bytes) => {
      const frame = readFrame(channel, bytes)
      const isLost = frame !== undefined && !(frame instanceof Refusal) && frame.kind === 'keyRequest'
      if (!isLost || !managers.includes(to)) deliver()
    }
    const letThrough = (): void => {
      bus.carry = (deliver) => deliver()
    }
    bus.join(otto, bus.invite(managers[0]!, channel))
    return { ...all, otto, letThrough }
  }

  it('hears the one in office though another said that it is, under a term out of the air', () => {
    const { bus, managers, channel, otto, letThrough } = arrival()
    const [alice, bert] = managers
    const { heartbeat } = bus.frames(channel).findLast(({ kind }) => kind === 'heartbeat')!.body
    const wild = { ...heartbeat!, term: 1_000, counter: 5 }
    bus.deliver(otto, channel, makeFrame(channel, bert!.key, { heartbeat: wild }).bytes)
    letThrough()
    bus.pass(8_000)
    expect(bus.view(otto, channel)).to.include({ key: 'ready', isManagerPresent: true })
    expect(hex(bus.view(otto, channel).manager!)).to.equal(hex(alice!.key.publicKey))
    expect(otto.rejects).not.to.include(418)
  })

  it('asks the one in office as soon as it can, though it could not find its record and turned to others', () => {
    const { bus, managers, channel, otto, letThrough } = arrival()
    const name = hex(managers[0]!.key.publicKey)
    const record = bus.directory.get(name)!
    bus.directory.delete(name)
    bus.oracle = (_, from) =>
      from === otto ? { descriptors: EMPTY, records: [], frames: [], sealed: EMPTY, isMore: false } : undefined
    bus.pass(6_000)
    const asked = bus.trace.filter(({ node, effect }) => node === otto && effect.type === 'publish')
    expect(asked.length, 'it asks somebody else').to.be.greaterThan(0)
    bus.directory.set(name, record)
    bus.oracle = () => undefined
    letThrough()
    bus.pass(6_000)
    expect(bus.view(otto, channel)).to.include({ key: 'ready', isManagerPresent: true })
  })
})
