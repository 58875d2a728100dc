import { expect } from 'chai'
import { EMPTY, hex, joinBytes } from '../../../src/base/bytes.ts'
import {
  type CheckedAnnouncement,
  chunkHash,
  chunksWith,
  readAnnouncement
} from '../../../src/core/channel/announcement.ts'
import { Context } from '../../../src/core/channel/context.ts'
import { type Frame, makeFrame, readFrame } from '../../../src/core/channel/frame.ts'
import { wrapIndexes } from '../../../src/core/channel/key-tree-member.ts'
import { makeStatement } from '../../../src/core/channel/statement.ts'
import { OneTimeKeys } from '../../../src/core/identity/one-time-keys.ts'
import { RecordBook } from '../../../src/core/identity/record-book.ts'
import type { Effect } from '../../../src/core/machine.ts'
import { ChunkShelf } from '../../../src/core/member/chunk-shelf.ts'
import { chunksNeeded, epochOf, followAnnouncement } from '../../../src/core/member/follow.ts'
import { stateRow } from '../../../src/core/out.ts'
import { KEPT_CHUNKS } from '../../../src/core/params.ts'
import { Refusal } from '../../../src/core/reject.ts'
import { STREAM_MESSAGE_BYTES } from '../../../src/wire/limits.ts'
import { Answer, Operation, type Question } from '../../../src/wire/messages.ts'
import { channelIdText } from '../../../src/wire/names.ts'
import { Bus, type Issued, Liar, type Node, randomOf, rowsOf } from '../bus.ts'

const random = randomOf('chunks')

/** A channel of so many strangers and Bob and Carol, and the questions that these two ask. */
function crowd(strangers: number): { bus: Bus; liar: Liar; bob: Node; carol: Node; asked: Question[] } {
  const bus = new Bus('chunks')
  const liar = new Liar(bus)
  const [bob, carol] = [bus.add('bob'), bus.add('carol')]
  liar.takeIn(bob, carol)
  for (let left = strangers; left > 0; left -= 180) {
    const admits = Array.from({ length: Math.min(left, 180) }, () => liar.admit(random(32)))
    liar.publish(liar.issue(admits).announcement)
  }
  const asked: Question[] = []
  bus.oracle = (question) => {
    if (question.sessions === undefined) asked.push(question)
    return undefined
  }
  return { bus, liar, bob, carol, asked }
}

const rank = (liar: Liar, node: Node): number => liar.log.roster.members.rankOf(node.key.publicKey)
const needed = (liar: Liar, issued: Issued, node: Node): number[] =>
  chunksWith(wrapIndexes(issued.change.update, rank(liar, node)))
const isKeyAsked = (bus: Bus, channel: Uint8Array, since: number): boolean =>
  bus.tap.slice(since).some((bytes) => {
    const frame = readFrame(channel, bytes)
    return frame !== undefined && !(frame instanceof Refusal) && frame.kind === 'keyRequest'
  })

describe('an announcement with chunks', function () {
  this.timeout(20_000)

  it('is followed with just the chunks that hold own wraps, in any order, each with the hash in the head (R-405)', () => {
    const { bus, liar, bob, carol } = crowd(1_100)
    const { channel } = liar
    const issued = liar.rebuild()
    expect(issued.chunks.length).to.equal(2)
    const sets = [bob, carol].map((node) => needed(liar, issued, node))
    expect(sets).to.deep.equal([[0, 1], [1]])
    for (const [i, node] of [bob, carol].entries()) {
      const last = sets[i]!.at(-1)!
      for (const index of sets[i]!.slice(0, -1)) bus.deliver(node, channel, issued.chunks[index]!.bytes)
      node.rejects = []
      bus.deliver(node, channel, issued.announcement.bytes)
      const { data, ...chunk } = issued.chunks[last]!.body.chunk!
      const spoilt = { ...chunk, data: joinBytes(data.subarray(1), Uint8Array.of(1)) }
      const nowhere = { ...chunk, data, index: 2 }
      for (const wrong of [spoilt, nowhere]) {
        bus.deliver(node, channel, makeFrame(channel, liar.key, { chunk: wrong }).bytes)
      }
      expect(node.rejects).to.deep.equal([405, 405])
      for (const other of [0, 1].filter((index) => !sets[i]!.includes(index))) {
        bus.deliver(node, channel, issued.chunks[other]!.bytes)
      }
      expect(bus.view(node, channel).term).to.equal(1)
      bus.deliver(node, channel, issued.chunks[last]!.bytes)
      expect(bus.view(node, channel)).to.include({ term: 2, serial: 1, key: 'ready' })
      bus.deliver(node, channel, makeFrame(channel, liar.key, { chunk: spoilt }).bytes)
      expect(node.rejects, 'also when it is adopted').to.deep.equal([405, 405, 405])
    }
    liar.publish(liar.issue().announcement)
    for (const node of [bob, carol]) expect(bus.view(node, channel)).to.include({ serial: 2, key: 'ready' })
  })

  it('is not followed with a chunk that is missing or other than the head says (R-405)', () => {
    const { liar, bob } = crowd(1_100)
    const self = {
      key: bob.key,
      boot: random(16),
      prekeys: liar.prekeys,
      oneTimeKeys: new OneTimeKeys(),
      record: liar.record
    }
    const context = new Context(self, new RecordBook(), liar.charter)
    context.log = liar.log
    const current = readAnnouncement(liar.charter, liar.current!.announcement, 1)
    const { keys, transcript } = liar.current!
    const issued = liar.rebuild({ isKept: false })
    const next = readAnnouncement(liar.charter, issued.announcement, 1)
    if (current instanceof Refusal || next instanceof Refusal) throw new Error('refused')
    const epoch = epochOf(current, { keys, transcript }, undefined)
    expect(chunksNeeded(context, epoch, next)).to.deep.equal(needed(liar, issued, bob))
    const data = issued.chunks.map(({ body }) => body.chunk!.data)
    const follow = (chunkAt: (index: number) => Uint8Array | undefined) =>
      followAnnouncement(context, epoch, next, chunkAt)
    expect(follow(() => undefined)).to.deep.equal(new Refusal(405))
    expect(follow((index) => data[1 - index])).to.deep.equal(new Refusal(405))
    expect(
      follow((index) => data[index]),
      'through prekeys it was not made for'
    ).to.deep.equal(new Refusal(408))
  })

  it('that came before its head with other bytes is not taken for it', () => {
    const { bus, liar, bob } = crowd(1_100)
    const { channel } = liar
    const issued = liar.rebuild()
    const spoilt = issued.chunks.map(({ body }) => ({ ...body.chunk!, data: random(400) }))
    for (const chunk of spoilt) bus.deliver(bob, channel, makeFrame(channel, liar.key, { chunk }).bytes)
    bus.deliver(bob, channel, issued.announcement.bytes)
    expect(bus.view(bob, channel)).to.include({ term: 1, key: 'asking' })
    for (const chunk of issued.chunks) bus.deliver(bob, channel, chunk.bytes)
    expect(bus.view(bob, channel)).to.include({ term: 2, key: 'ready' })
  })

  it('is asked for by the chunk that is missing, and no key is', () => {
    const { bus, liar, bob, asked } = crowd(1_100)
    const { channel } = liar
    const since = bus.tap.length
    const issued = liar.rebuild()
    const need = needed(liar, issued, bob)
    liar.bus.nodes
      .filter((node) => node !== bob)
      .forEach((node) => {
        for (const frame of [issued.announcement, ...issued.chunks]) bus.deliver(node, channel, frame.bytes)
      })
    bus.deliver(bob, channel, issued.announcement.bytes)
    for (const index of need.slice(1)) bus.deliver(bob, channel, issued.chunks[index]!.bytes)
    expect(bus.view(bob, channel).term).to.equal(1)
    bus.pass(500)
    expect(asked.map(({ epochs }) => epochs?.chunks)).to.deep.equal([[need[0]!]])
    expect(bus.view(bob, channel)).to.include({ term: 2, key: 'ready' })
    expect(isKeyAsked(bus, channel, since)).to.equal(false)
  })

  it('is given to who missed all of it: first the head, then the chunks it needs', () => {
    const { bus, liar, bob, carol, asked } = crowd(1_100)
    const { channel } = liar
    const since = bus.tap.length
    const issued = liar.rebuild()
    const after = liar.issue()
    for (const frame of [issued.announcement, ...issued.chunks, after.announcement]) {
      bus.deliver(carol, channel, frame.bytes)
    }
    bus.send(bob, { type: 'carrier', channel, isReady: true })
    expect(asked.map(({ epochs }) => epochs?.chunks)).to.deep.equal([[], needed(liar, issued, bob)])
    expect(bus.view(bob, channel)).to.include({ term: 2, serial: 2, key: 'ready' })
    expect(isKeyAsked(bus, channel, since)).to.equal(false)
  })

  it('or without, a member far behind gets as many as fit an answer, and asks until it has all', () => {
    const { bus, liar, bob, carol, asked } = crowd(2)
    const { channel } = liar
    for (let i = 0; i < 20; i++) {
      const admits = Array.from({ length: 100 }, () => liar.admit(random(32)))
      bus.deliver(carol, channel, liar.issue(admits).announcement.bytes)
    }
    const before = bus.trace.length
    bus.send(bob, { type: 'carrier', channel, isReady: true })
    const { key } = liar.current!
    expect(bus.view(bob, channel)).to.include({ serial: key.serial, key: 'ready' })
    const answers = bus.trace
      .slice(before)
      .flatMap(({ node, effect }) =>
        node === carol && effect.type === 'answer' && effect.answer !== undefined ? [effect.answer] : []
      )
    expect(answers.map(({ isMore }) => isMore)).to.deep.equal([true, false])
    expect(asked).to.have.length(2)
    for (const answer of answers) {
      expect(Answer.encode(answer).length).to.be.at.most(STREAM_MESSAGE_BYTES)
      const last = readFrame(channel, answer.frames.at(-1)!)
      const read = last !== undefined && !(last instanceof Refusal) && readAnnouncement(liar.charter, last, 1)
      if (read === false || read instanceof Refusal) throw new Error('no announcement')
      expect(read.head.key.serial).to.equal(key.serial)
      expect(read.payload === undefined).to.equal(answer.isMore)
    }
    expect(Answer.encode(answers[0]!).length).to.be.above(STREAM_MESSAGE_BYTES - 64 * 1024)
  })

  it('of a manager that fell after keeping it and before telling it is given out when it is back', () => {
    const bus = new Bus('fallen')
    const [alice, bob] = [bus.add('alice'), bus.add('bob')]
    const channel = bus.open(alice)
    bus.stop(alice)
    for (let i = 0; i < 1_100; i++) {
      const fields = { channel, operation: Operation.ADMIT, subject: random(32), admitId: random(16) }
      const { id, bytes } = makeStatement(alice.key, { ...fields, seq: 10 + i, at: bus.now })
      const row = stateRow(`log/${channelIdText(channel)}/${hex(id)}`, bytes)
      alice.rows.set(`state|${row.entry}|0`, row)
    }
    bus.start(alice)
    bus.join(bob, bus.invite(alice, channel))
    bus.pass(5_000)
    expect(bus.view(bob, channel)).to.include({ key: 'ready', members: 1_102 })
    const { term } = bus.view(bob, channel)
    bus.stop(alice)
    const isKept = (effect: Effect): boolean =>
      effect.type === 'persist' && effect.puts.some(({ entry }) => entry.startsWith('chunk/'))
    Object.defineProperty(alice, 'fallsAt', {
      configurable: true,
      get() {
        const last = bus.trace.at(-1)
        return last?.node === alice && isKept(last.effect) ? 0 : Number.POSITIVE_INFINITY
      },
      set() {}
    })
    const since = bus.tap.length
    bus.start(alice)
    bus.pass(3_000)
    expect(alice.isUp).to.equal(false)
    expect(bus.frames(channel).filter((frame) => (frame.body.announcement?.key?.term ?? 0) > term)).to.deep.equal([])
    Object.defineProperty(alice, 'fallsAt', { configurable: true, writable: true, value: Number.POSITIVE_INFINITY })
    bus.losePower(alice)
    bus.start(alice)
    bus.pass(3_000)
    expect(bus.view(bob, channel)).to.include({ term: bus.view(alice, channel).term, key: 'ready' })
    expect(bus.view(bob, channel).term).to.be.above(term + 1)
    expect(isKeyAsked(bus, channel, since)).to.equal(false)
    expect(rowsOf(alice, 'chunk')).to.have.length(2)
    bus.command(alice, { type: 'rekey', channel })
    expect(rowsOf(alice, 'chunk'), 'forgotten when no longer of the newest').to.deep.equal([])
  })
})

describe('the shelf of chunks', () => {
  const channel = random(32)
  const chunkOf = (announcement: Uint8Array, index: number): Frame =>
    ({ body: { chunk: { announcement, index, data: EMPTY } }, channel }) as unknown as Frame

  it('never holds more than it may, and parts with what somebody waits for last', () => {
    const shelf = new ChunkShelf()
    const [old, waited, later] = [random(32), random(32), random(32)]
    const isWaiting = (name: string): boolean => name === hex(waited)
    const chunks = Array.from({ length: KEPT_CHUNKS }, () => chunkHash(EMPTY))
    const has = (id: Uint8Array, index: number): boolean =>
      shelf.get({ frame: { id }, head: { chunks } } as unknown as CheckedAnnouncement, index) !== undefined
    for (let i = 0; i < 10; i++) shelf.put(chunkOf(waited, i), isWaiting)
    for (let i = 0; i < KEPT_CHUNKS - 10; i++) shelf.put(chunkOf(old, i), isWaiting)
    expect(shelf.size).to.equal(KEPT_CHUNKS)
    for (let i = 0; i < KEPT_CHUNKS - 10; i++) {
      shelf.put(chunkOf(later, i), isWaiting)
      expect(shelf.size).to.equal(KEPT_CHUNKS)
    }
    expect([has(waited, 0), has(waited, 9), has(old, KEPT_CHUNKS - 11), has(later, 0)]).to.deep.equal([
      true,
      true,
      false,
      true
    ])
    for (let i = 10; i < 2 * KEPT_CHUNKS; i++) {
      shelf.put(chunkOf(waited, i), isWaiting)
      expect(shelf.size).to.equal(KEPT_CHUNKS)
    }
  })
})
