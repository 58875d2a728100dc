import { expect } from 'chai'
import { EMPTY, equalBytes, hex, joinBytes, utf8 } from '../../../src/base/bytes.ts'
import { atMillis } from '../../../src/base/time.ts'
import { readAnnouncement } from '../../../src/core/channel/announcement.ts'
import { Context } from '../../../src/core/channel/context.ts'
import { type Frame, makeFrame, withAttachment } from '../../../src/core/channel/frame.ts'
import { IdSet } from '../../../src/core/channel/id-set.ts'
import { sealControl } from '../../../src/core/channel/key-schedule.ts'
import type { CheckedStatement } from '../../../src/core/channel/statement.ts'
import { OneTimeKeys } from '../../../src/core/identity/one-time-keys.ts'
import { Prekeys } from '../../../src/core/identity/prekeys.ts'
import { RecordBook } from '../../../src/core/identity/record-book.ts'
import { epochOf, followAnnouncement } from '../../../src/core/member/follow.ts'
import { Refusal } from '../../../src/core/reject.ts'
import { signingKey } from '../../../src/crypto/sign.ts'
import { TERM_JUMP } from '../../../src/wire/limits.ts'
import { type Answer, Operation, Reason, StatementList } from '../../../src/wire/messages.ts'
import { Bus, type Issued, Liar, type Node, randomOf } from '../bus.ts'

const random = randomOf('follow')
const mallory = signingKey(random(32))
const second = signingKey(random(32))
const noChunks = (): undefined => undefined

/** A manager in our hands, who has taken Bob and Carol in. A second manager never speaks unless told to. */
function world(): { bus: Bus; liar: Liar; bob: Node; carol: Node; channel: Uint8Array } {
  const bus = new Bus('follow')
  const liar = new Liar(bus, (key) => ({ managers: [key, second.publicKey] }))
  const [bob, carol] = [bus.add('bob'), bus.add('carol')]
  liar.takeIn(bob, carol)
  expect(bus.view(bob, liar.channel)).to.include({ term: 1, serial: 2, key: 'ready' })
  return { bus, liar, bob, carol, channel: liar.channel }
}

/** Publishes and expects Bob to refuse by one number, and to stay where he is. */
function refuses(check: number, { bus, liar, bob }: ReturnType<typeof world>, ...frames: readonly Frame[]): void {
  const before = bus.view(bob, liar.channel)
  bob.rejects = []
  liar.publish(...frames)
  expect(bob.rejects).to.deep.equal([check])
  const { term, serial, commitment, members, logHead } = bus.view(bob, liar.channel)
  expect({ term, serial, commitment, members, logHead }).to.deep.equal({
    term: before.term,
    serial: before.serial,
    commitment: before.commitment,
    members: before.members,
    logHead: before.logHead
  })
}

/** Answers the next question for epochs with these frames. */
function answerEpochs({ bus, bob, channel }: ReturnType<typeof world>, ...frames: readonly Uint8Array[]): void {
  bob.rejects = []
  bus.oracle = ({ epochs }) =>
    epochs && { descriptors: EMPTY, records: [], frames: [...frames], sealed: EMPTY, isMore: false }
  bus.send(bob, { type: 'carrier', channel, isReady: true })
}

describe('a member following epochs', () => {
  it('adopts admits, removals, fresh keys and new terms, each told once', () => {
    const { bus, liar, bob, carol } = world()
    const dave = random(32)
    for (const statements of [[liar.admit(dave)], [], [liar.admit(random(32))]]) {
      const issued = liar.issue(statements)
      liar.publish(issued.announcement)
    }
    liar.publish(liar.issue([liar.removal(dave)]).announcement)
    liar.publish(liar.rebuild().announcement)
    for (const node of [bob, carol]) {
      expect(bus.view(node, liar.channel)).to.include({ term: 2, serial: 1, key: 'ready', members: 5 })
      const epochs = node.notices.filter(({ type }) => type === 'epoch')
      expect(epochs.map((one) => one.type === 'epoch' && `${one.term}.${one.serial}`)).to.deep.equal([
        '1.2',
        '1.3',
        '1.4',
        '1.5',
        '1.6',
        '2.1'
      ])
      expect(node.rejects).to.deep.equal([])
    }
  })

  it('adopts announcements that come in any order', () => {
    const { bus, liar, bob } = world()
    const frames = [1, 2, 3, 4].map(() => liar.issue([liar.admit(random(32))]).announcement)
    liar.publish(...frames.reverse())
    expect(bus.view(bob, liar.channel)).to.include({ serial: 6, key: 'ready' })
  })

  it('takes a fresh leaf through whichever of its prekeys the manager used', () => {
    const { bus, liar, bob, carol } = world()
    const old = new Map(bus.directory)
    for (const rotations of [0, 1, 2]) {
      if (rotations > 0) bus.pass(25 * 3_600_000)
      liar.publish(liar.heartbeat(rotations))
      const newest = bus.directory.get(hex(bob.key.publicKey))!
      bus.directory.set(hex(bob.key.publicKey), old.get(hex(bob.key.publicKey))!)
      liar.publish(liar.refresh([bob]).announcement)
      bus.directory.set(hex(bob.key.publicKey), newest)
      liar.publish(liar.refresh([bob, carol]).announcement)
      const serial = 4 + 2 * rotations
      for (const node of [bob, carol]) expect(bus.view(node, liar.channel)).to.include({ serial })
    }
    liar.publish(liar.issue([liar.removal(carol.key.publicKey)]).announcement)
    expect(bus.view(bob, liar.channel)).to.include({ serial: 9, members: 3, key: 'ready' })
  })

  it('is off the chain when its leaf was refreshed through a prekey it has not, or a bad term key (R-408)', () => {
    for (const lie of ['another prekey', 'small order', 'none'] as const) {
      const all = world()
      const { bus, liar, bob, carol } = all
      if (lie === 'another prekey') {
        const foreign = liar.recordOf(bob.key, 'bob', Prekeys.create(random, atMillis(bus.now)), 2)
        bus.directory.set(hex(bob.key.publicKey), foreign.bytes)
      }
      const termKey = lie === 'small order' ? new Uint8Array(32) : EMPTY
      const issued = liar.refresh([bob], { isKept: false, ...(lie === 'another prekey' ? {} : { termKey }) })
      refuses(408, all, issued.announcement)
      expect(bus.view(bob, liar.channel).key).to.equal('asking')
      expect(bus.view(carol, liar.channel)).to.include({ serial: 3, key: 'ready' })
    }
  })

  it('refuses announcements in an answer that are by no manager (R-401)', () => {
    const all = world()
    const { liar, bob, channel } = all
    const { announcement } = liar.issue([], { isKept: false })
    const forged = makeFrame(channel, mallory, announcement.body)
    answerEpochs(all, withAttachment(forged, announcement.attachment).bytes)
    expect(bob.rejects).to.deep.equal([401])
  })

  it('refuses frames in an answer that are none, and takes announcements alone from it (R-102, R-104)', () => {
    const all = world()
    const { bus, liar, bob, channel } = all
    const { announcement } = liar.issue([], { isKept: false })
    const leave = makeFrame(channel, bob.key, { leave: { group: EMPTY, boot: random(16), counter: 1 } })
    answerEpochs(all, utf8('nonsense'), makeFrame(random(32), liar.key, announcement.body).bytes, leave.bytes)
    expect(bob.rejects).to.deep.equal([102, 104])
    answerEpochs(all, announcement.bytes)
    expect(bus.view(bob, channel).serial).to.equal(3)
  })

  it('refuses an announcement under another descriptor (R-402)', () => {
    const all = world()
    const issued = all.liar.issue([], { isKept: false, terms: { descriptor: { version: 1, hash: random(32) } } })
    refuses(402, all, issued.announcement)
  })

  it('refuses an announcement that is lower than the adopted one (R-403)', () => {
    const bus = new Bus('lower')
    const liar = new Liar(bus)
    const bob = bus.add('bob')
    const { announcement } = liar.found()
    liar.takeIn(bob)
    liar.publish(liar.rebuild().announcement)
    bob.rejects = []
    liar.publish(announcement)
    expect(bob.rejects).to.deep.equal([403])
    expect(bus.view(bob, liar.channel).term).to.equal(2)
  })

  it('refuses a term that begins with another serial than 1 (R-403)', () => {
    const all = world()
    refuses(403, all, all.liar.issue([], { isKept: false, key: { term: 2, serial: 3 } }).announcement)
  })

  it('refuses an announcement whose key does not match its commitment (R-408)', () => {
    const all = world()
    refuses(408, all, all.liar.issue([], { isKept: false, rootKey: random(32) }).announcement)
    expect(all.bus.view(all.bob, all.channel).key).to.equal('asking')
  })

  it('refuses an announcement whose tree update does not apply, as one whose key it cannot have (R-408)', () => {
    const all = world()
    const { liar } = all
    const before = liar.tree
    const { change } = liar.issue([], { isKept: false })
    liar.tree = { ...before, path: () => ({ ...change, update: { ...change.update, wraps: random(40) } }) } as never
    const { announcement } = liar.issue([], { isKept: false })
    liar.tree = before
    refuses(408, all, announcement)
  })

  it('refuses a term further than 2^16 above the adopted one (R-409)', () => {
    const all = world()
    const key = { term: 1 + TERM_JUMP + 1, serial: 1 }
    refuses(409, all, all.liar.issue([], { isKept: false, key }).announcement)
  })

  const garbage = { ...({} as CheckedStatement), bytes: utf8('nonsense'), id: random(32) }
  const LIES: readonly (readonly [check: number, what: string, lie: (liar: Liar) => Issued])[] = [
    [
      410,
      'a statement that is none (R-410)',
      (liar) => liar.issue([], { isKept: false, preview: (one) => ({ ...one, statements: [garbage] }) })
    ],
    [
      410,
      'a statement that its author did not sign (R-410)',
      (liar) => {
        const signed = liar.admit(random(32))
        const forged = { ...signed, bytes: joinBytes(signed.bytes.subarray(0, -1), Uint8Array.of(1)) }
        return liar.issue([], { isKept: false, preview: (one) => ({ ...one, statements: [forged] }) })
      }
    ],
    [
      303,
      'an admit by somebody who may not (R-303)',
      (liar) => {
        const ghost = liar.admit(random(32), mallory)
        const ids = liar.log
          .announced()
          .reduce((set, one) => set.with(one.id), IdSet.EMPTY)
          .with(ghost.id)
        return liar.issue([], { isKept: false, preview: (one) => ({ ...one, ids, statements: [ghost] }) })
      }
    ],
    [
      411,
      'another log head than that of its statements (R-411)',
      (liar) => liar.issue([], { isKept: false, preview: (one) => ({ ...one, ids: IdSet.EMPTY.with(random(32)) }) })
    ],
    [
      411,
      'a statement held back (R-411)',
      (liar) => liar.issue([liar.admit(random(32))], { isKept: false, preview: (one) => ({ ...one, statements: [] }) })
    ],
    [
      412,
      'another roster than follows: a ghost (R-412)',
      (liar) => {
        const lie = (members: IdSet) => ({ members, hash: members.root() })
        return liar.issue([], {
          isKept: false,
          preview: (one) => ({ ...one, roster: lie(one.roster.members.with(random(32))) })
        })
      }
    ]
  ]
  for (const [check, what, lie] of LIES) {
    it(`alarms and stops sending at an announcement with ${what}`, () => {
      const all = world()
      const { bus, liar, bob, channel } = all
      refuses(check, all, lie(liar).announcement)
      expect(bus.view(bob, channel).key).to.equal('alarmed')
      const alarm = bob.notices.find(({ type }) => type === 'alarm')
      expect(alarm).to.deep.include({ type: 'alarm', manager: liar.key.publicKey, check })
      const frames = bus.tap.length
      bus.say(bob, channel, 'is anybody there?')
      bus.pass(10_000)
      expect(bus.tap.length).to.equal(frames)
      expect(bus.view(bob, channel).waiting).to.equal(1)
    })
  }

  it('adopts no announcement with any field of its head changed, though its issuer signs it anew', () => {
    const commitment = random(16)
    const changes = {
      group: { group: random(16), base: { term: 1, serial: 2, commitment } },
      term: { key: { term: 2, serial: 1, commitment } },
      serial: { key: { term: 1, serial: 4, commitment } },
      commitment: { key: { term: 1, serial: 3, commitment } },
      roster: { roster: random(32) },
      logHead: { logHead: random(32) },
      descriptor: { descriptor: { version: 1, hash: random(32) } },
      previous: { previous: random(32) },
      reason: { reason: Reason.IDLE },
      notAfter: { notAfter: 1 },
      payload: { payload: random(32) },
      chunks: { chunks: [random(32)] }
    }
    const checks: Record<string, number[]> = {}
    for (const [field, fields] of Object.entries(changes)) {
      const { bus, liar, bob, channel } = world()
      const { announcement } = liar.issue([], { isKept: false })
      const head = { ...announcement.body.announcement!, ...fields }
      bob.rejects = []
      liar.publish(makeFrame(channel, liar.key, { announcement: head }, announcement.attachment))
      checks[field] = bob.rejects
      expect(bus.view(bob, channel), field).to.include({ term: 1, serial: 2 })
    }
    expect(checks).to.deep.equal({
      group: [],
      term: [408],
      serial: [408],
      commitment: [408],
      roster: [408],
      logHead: [408],
      descriptor: [402],
      previous: [],
      reason: [408],
      notAfter: [408],
      payload: [405],
      chunks: []
    })
  })

  it('refuses later serials of a term from another issuer than its first (R-415)', () => {
    const all = world()
    refuses(415, all, all.liar.issue([], { isKept: false, issuer: second }).announcement)
  })

  it('follows another manager into a new term', () => {
    const { bus, liar, bob } = world()
    liar.publish(liar.rebuild({ issuer: second }).announcement)
    expect(bus.view(bob, liar.channel)).to.include({ term: 2, serial: 1, key: 'ready' })
  })

  it('follows only what names the adopted epoch as the one before (R-406)', () => {
    const all = world()
    const { liar, bob, channel } = all
    const stranded = liar.issue([], { isKept: false, terms: { previous: random(32) } })
    bob.rejects = []
    liar.publish(stranded.announcement)
    expect(all.bus.view(bob, channel), 'what it cannot follow may remove somebody').to.include({
      serial: 2,
      key: 'asking'
    })
    const self = {
      key: bob.key,
      boot: random(16),
      prekeys: liar.prekeys,
      oneTimeKeys: new OneTimeKeys(),
      record: liar.record
    }
    const context = new Context(self, new RecordBook(), liar.charter)
    const current = readAnnouncement(liar.charter, liar.current!.announcement, 1)
    const next = readAnnouncement(liar.charter, stranded.announcement, 1)
    if (current instanceof Refusal || next instanceof Refusal) throw new Error('refused')
    const { keys, transcript } = liar.current!
    const followed = followAnnouncement(context, epochOf(current, { keys, transcript }, undefined), next, noChunks)
    expect(followed).to.deep.equal(new Refusal(406))
  })

  it('refuses a certificate without payload (R-405)', () => {
    const { liar, bob } = world()
    const self = {
      key: bob.key,
      boot: random(16),
      prekeys: liar.prekeys,
      oneTimeKeys: new OneTimeKeys(),
      record: liar.record
    }
    const context = new Context(self, new RecordBook(), liar.charter)
    const current = readAnnouncement(liar.charter, liar.current!.announcement, 1)
    const next = readAnnouncement(liar.charter, liar.issue([], { isKept: false }).announcement, 1)
    if (current instanceof Refusal || next instanceof Refusal) throw new Error('refused')
    const epoch = epochOf(current, liar.current!, undefined)
    const bare = { ...next, payload: undefined }
    expect(followAnnouncement(context, epoch, bare, noChunks)).to.deep.equal(new Refusal(405))
  })

  it('holds its messages from the moment it knows of a removal until an epoch applies it', () => {
    const { bus, liar, bob, carol, channel } = world()
    const removal = liar.removal(carol.key.publicKey)
    liar.publish(statementsFrame(liar, [removal.bytes]))
    expect(bus.view(bob, channel).key).to.equal('removal-pending')
    const before = bus.frames(channel).length
    bus.say(bob, channel, 'secret')
    liar.publish(liar.issue([], {}).announcement)
    expect(bus.view(bob, channel), 'an epoch that ignores it').to.include({ key: 'removal-pending', serial: 3 })
    expect(
      bus
        .frames(channel)
        .slice(before)
        .map(({ kind }) => kind)
    ).to.not.include('message')
    liar.publish(liar.issue([removal]).announcement)
    expect(bus.view(bob, channel)).to.include({ key: 'ready', members: 3, waiting: 0 })
    expect(bus.frames(channel).at(-1)!.body.message!.key!.serial).to.equal(4)
    expect(bus.texts(carol)).to.deep.equal([])
    expect(bus.view(carol, channel).key).to.equal('removed')
  })
})

function statementsFrame(liar: Liar, statements: readonly Uint8Array[], author = liar.key, list?: Uint8Array): Frame {
  const { keys, key } = liar.current!
  const plain = list ?? StatementList.encode({ statements: [...statements] })
  const sealed = sealControl(keys.control, liar.line, 'statements', plain, liar.random(32))
  return makeFrame(liar.channel, author, { statements: { key, sealed } })
}

describe('a member told of statements', () => {
  it('refuses a frame that does not open under the control key (R-416)', () => {
    const all = world()
    const { liar, channel } = all
    const { key } = liar.current!
    refuses(416, all, makeFrame(channel, liar.key, { statements: { key, sealed: random(300) } }))
    const { keys } = liar.current!
    const sealed = sealControl(keys.control, liar.line, 'log', EMPTY, random(32))
    refuses(416, all, makeFrame(channel, liar.key, { statements: { key, sealed } }))
  })

  it('refuses a list that is not canonical (R-410)', () => {
    const all = world()
    refuses(410, all, statementsFrame(all.liar, [], all.liar.key, utf8('nonsense')))
  })

  it('refuses a statement that is malformed (R-301), unsigned (R-302) or not its author\u2019s to make (R-303)', () => {
    const all = world()
    const { liar } = all
    const good = liar.admit(random(32))
    const unsigned = joinBytes(good.bytes.subarray(0, -1), Uint8Array.of(good.bytes.at(-1)! ^ 1))
    refuses(301, all, statementsFrame(liar, [utf8('nonsense')]))
    refuses(301, all, statementsFrame(liar, [liar.state({ operation: Operation.ADMIT, channel: random(32) }).bytes]))
    refuses(302, all, statementsFrame(liar, [unsigned]))
    refuses(303, all, statementsFrame(liar, [liar.admit(random(32), mallory).bytes]))
    refuses(303, all, statementsFrame(liar, [liar.removal(all.carol.key.publicKey, all.bob.key).bytes]))
  })

  it('passes over a frame of an epoch it has not', () => {
    const { liar, bob, channel } = world()
    bob.rejects = []
    const key = { term: 1, serial: 9, commitment: random(16) }
    liar.publish(makeFrame(channel, liar.key, { statements: { key, sealed: random(300) } }))
    expect(bob.rejects).to.deep.equal([])
  })
})

describe('a member listening for its manager', () => {
  it('refuses a heartbeat of a manager who is not in office (R-417)', () => {
    const all = world()
    const { bus, liar, bob, channel } = all
    const heartbeat = liar.heartbeat(0).body.heartbeat!
    refuses(417, all, makeFrame(channel, second, { heartbeat: { ...heartbeat, term: 0 } }))
    expect(bus.view(bob, channel).isManagerPresent).to.equal(false)
    liar.publish(makeFrame(channel, liar.key, { heartbeat }))
    expect(bus.view(bob, channel).isManagerPresent).to.equal(true)
    bus.pass(3_999)
    expect(bus.view(bob, channel).isManagerPresent).to.equal(true)
    bus.pass(2)
    expect(bus.view(bob, channel).isManagerPresent).to.equal(false)
  })
})

describe('a member that meets two announcements for one number', () => {
  const twins = (liar: Liar): [Issued, Issued] => [liar.issue([], { isKept: false }), liar.issue([], { isKept: false })]

  it('alarms, stops sending and passes the proof on, and so does everybody (R-414)', () => {
    const { bus, liar, bob, carol, channel } = world()
    const [one, other] = twins(liar)
    bus.passes = () => false
    bus.deliver(bob, channel, one.announcement.bytes)
    bus.deliver(carol, channel, other.announcement.bytes)
    expect([bob, carol].map((node) => bus.view(node, channel).key)).to.deep.equal(['ready', 'ready'])
    bus.passes = () => true
    bob.rejects = []
    bus.deliver(bob, channel, other.announcement.bytes)
    expect(bob.rejects).to.deep.equal([414])
    for (const node of [bob, carol]) {
      expect(bus.view(node, channel).key).to.equal('alarmed')
      const alarm = node.notices.filter(({ type }) => type === 'alarm')
      expect(alarm, node.nick).to.have.length(1)
      expect(alarm[0]).to.deep.include({ manager: liar.key.publicKey, check: 414 })
      const before = bus.tap.length
      bus.say(node, channel, 'hello?')
      bus.pass(5_000)
      expect(bus.tap.length).to.equal(before)
    }
  })

  it('stays alarmed after a restart, power cut or not', () => {
    for (const stop of ['stop', 'losePower'] as const) {
      const { bus, liar, bob, channel } = world()
      const [one, other] = twins(liar)
      liar.publish(one.announcement, other.announcement)
      bus[stop](bob)
      bus.start(bob)
      expect(bus.view(bob, channel).key).to.equal('alarmed')
    }
  })

  const blank: Answer = { descriptors: EMPTY, records: [], frames: [], sealed: EMPTY, isMore: false }

  it('tells whoever was away and says something, after a restart too, and no more often than it helps', () => {
    for (const isRestarted of [false, true]) {
      const { bus, liar, bob, carol, channel } = world()
      const [one, other] = twins(liar)
      bus.passes = (_from, to) => to !== carol
      bus.oracle = (_question, node) => (node === carol ? blank : undefined)
      for (const { bytes } of [one.announcement, other.announcement]) bus.deliver(bob, channel, bytes)
      bus.pass(1_000)
      if (isRestarted) {
        bus.losePower(bob)
        bus.start(bob)
      }
      const tellings = (): Frame[] =>
        bus.frames(channel).filter(({ kind, author }) => kind === 'alarm' && equalBytes(author, bob.key.publicKey))
      expect(tellings()).to.have.length(1)
      // She hears nothing, and goes on talking.
      for (let minute = 0; minute < 10; minute++) {
        bus.say(carol, channel, `minute ${minute}`)
        bus.pass(60_000)
      }
      expect(tellings().length).to.be.within(5, 10)
      expect(new Set(tellings().map(({ id }) => hex(id))).size).to.equal(tellings().length)
      expect(bus.view(carol, channel).key).to.equal('ready')
      bus.passes = () => true
      bus.say(carol, channel, 'anybody?')
      bus.pass(300_000)
      expect(bus.view(carol, channel).key).to.equal('alarmed')
      const told = tellings().length
      bus.pass(600_000)
      expect(tellings()).to.have.length(told)
    }
  })

  it('is told of the lie by whom it asks for epochs', () => {
    const { bus, liar, bob, carol, channel } = world()
    const [one, other] = twins(liar)
    bus.carry = () => {}
    for (const { bytes } of [one.announcement, other.announcement]) bus.deliver(bob, channel, bytes)
    liar.issue()
    bus.deliver(carol, channel, liar.issue().announcement.bytes)
    bus.pass(5_000)
    expect(bus.view(carol, channel).key).to.equal('alarmed')
  })

  it('finds out when somebody speaks under another key of that number, and asks it (R-414)', () => {
    const { bus, liar, bob, carol, channel } = world()
    const [one, other] = twins(liar)
    bus.deliver(bob, channel, one.announcement.bytes)
    bus.deliver(carol, channel, other.announcement.bytes)
    bus.pass(1_000)
    bus.say(carol, channel, 'hello?')
    bus.pass(1_000)
    for (const node of [bob, carol]) expect(bus.view(node, channel).key, node.nick).to.equal('alarmed')
  })

  it('alarms also when the two wait, unadopted, or come as a certificate in a grant (R-414)', () => {
    const { bus, liar, bob, channel } = world()
    const key = { term: 1, serial: 5 }
    const terms = { previous: random(32) }
    const [one, other] = [liar.issue([], { isKept: false, key, terms }), liar.issue([], { isKept: false, key, terms })]
    bus.deliver(bob, channel, one.announcement.bytes)
    expect(bus.view(bob, channel).key).to.equal('asking')
    bus.deliver(bob, channel, other.announcement.bytes)
    expect(bus.view(bob, channel).key).to.equal('alarmed')
  })

  it('believes an alarm of a stranger only with proof in it (R-414)', () => {
    const all = world()
    const { bus, liar, bob, carol, channel } = all
    const [one, other] = twins(liar)
    const alarm = (first: Uint8Array, second: Uint8Array): Frame =>
      makeFrame(channel, carol.key, { alarm: { first, second, at: 0 } })
    const forged = makeFrame(channel, mallory, other.announcement.body)
    refuses(414, all, alarm(one.announcement.bytes, one.announcement.bytes))
    refuses(414, all, alarm(one.announcement.bytes, liar.current!.announcement.bytes))
    refuses(414, all, alarm(utf8('x'), utf8('y')))
    refuses(414, all, alarm(one.announcement.bytes, utf8('y')))
    refuses(414, all, alarm(one.announcement.bytes, withAttachment(forged, other.announcement.attachment).bytes))
    expect(bus.view(bob, channel).key).to.equal('ready')
    liar.publish(alarm(one.announcement.bytes, other.announcement.bytes))
    expect(bus.view(bob, channel).key).to.equal('alarmed')
    expect(
      hex(bob.notices.filter(({ type }) => type === 'alarm').map((n) => (n as { manager: Uint8Array }).manager)[0]!)
    ).to.equal(hex(liar.key.publicKey))
  })
})
