import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { EMPTY, hex, zeros } from '../../src/base/bytes.ts'
import { Secret } from '../../src/base/secret.ts'
import { DAY_MS, HOUR_MS } from '../../src/base/time.ts'
import { type Frame, makeFrame, readFrame } from '../../src/core/channel/frame.ts'
import { type SigningKey, signingKey } from '../../src/crypto/sign.ts'
import { Archive, type ArchiveLimits } from '../../src/node/archive.ts'
import { openMemoryStore } from '../../src/node/memory-store.ts'
import { openStore } from '../../src/node/open-store.ts'
import { Counters } from '../../src/node/report.ts'
import type { Store } from '../../src/node/store.ts'
import { ASKED_RANGES } from '../../src/wire/limits.ts'
import type { Answer, Range, SessionsQuestion } from '../../src/wire/messages.ts'

const MIB = 1024 * 1024
const EVERYTHING: Range = { sender: EMPTY, group: EMPTY, from: 0, to: Number.MAX_SAFE_INTEGER }
const channel = new Uint8Array(randomBytes(32))
const otherChannel = new Uint8Array(randomBytes(32))
const GROUP = new Uint8Array(16).fill(3)
const newKey = (): SigningKey => signingKey(new Uint8Array(randomBytes(32)))
const [alice, bob] = [newKey(), newKey()]

/** A message of some size, as one that reads nothing sees it. */
const said = (author: SigningKey, lamport: number, bytes = 256, group = EMPTY, where = channel): Frame =>
  makeFrame(where, author, {
    message: {
      group,
      key: { term: 1, serial: 1, commitment: zeros(16) },
      device: 0,
      boot: zeros(16),
      counter: lamport,
      previous: EMPTY,
      lamport,
      descriptor: zeros(32),
      logHead: zeros(32),
      commitment: zeros(32),
      sealed: zeros(bytes)
    }
  })

const plain = (author: SigningKey, lamport: number): Frame =>
  makeFrame(channel, author, {
    plainMessage: {
      group: EMPTY,
      device: 0,
      boot: zeros(16),
      counter: 0,
      previous: EMPTY,
      lamport,
      descriptor: zeros(32),
      content: { writtenAt: 1, replaces: EMPTY, text: { text: 'hello', replyTo: EMPTY, isAction: false } }
    }
  })

/** A session frame; without a Lamport time it is not of a topic. */
const session = (author: SigningKey, lamport: number, bytes = 256): Frame =>
  makeFrame(channel, author, {
    session: { tag: zeros(16), header: zeros(68), sealed: zeros(bytes), attempt: 0, lamport }
  })

/** An archive, its clock in the test's hand. */
class Shelf {
  now = 100 * DAY_MS
  uptimeMs = 0
  readonly metrics = new Counters()
  readonly store: Store
  archive!: Archive

  constructor(store: Store) {
    this.store = store
  }

  static async open(limits: Partial<ArchiveLimits> = {}, store: Store = openMemoryStore()): Promise<Shelf> {
    const shelf = new Shelf(store)
    await shelf.reopen(limits)
    return shelf
  }

  async reopen(limits: Partial<ArchiveLimits> = {}): Promise<void> {
    this.archive = await Archive.open({
      store: this.store,
      limits: { maxBytes: 64 * MIB, maxAgeMs: 30 * DAY_MS, ...limits },
      nature: { now: () => this.now, uptimeMs: () => this.uptimeMs },
      metrics: this.metrics
    })
  }

  async keep(...frames: Frame[]): Promise<void> {
    for (const frame of frames) this.archive.keep(frame)
    await this.archive.tend()
  }

  /** Lamport times of what an answer has of somebody. */
  async kept(author: SigningKey, where = channel): Promise<number[]> {
    const lamports: number[] = []
    for (let to = EVERYTHING.to; ; to = lamports.at(-1)! - 1) {
      const answer = await this.ask(where, { ...EVERYTHING, sender: author.publicKey, to })
      lamports.push(...answer.frames.map((frame) => lamportOf(frame, where)))
      if (!answer.isMore) return lamports
    }
  }

  async ask(where: Uint8Array, ...ranges: Range[]): Promise<{ frames: Uint8Array[]; isMore: boolean }> {
    return (await this.archive.answer(where, ranges, new AbortController().signal))!
  }

  async askSessions(question: Partial<SessionsQuestion> = {}): Promise<Answer | undefined> {
    const whole = { channel, from: 0, known: [], ...question }
    return this.archive.answerSessions(whole, new AbortController().signal)
  }

  /** Lamport times of the session frames in an answer, of all authors or of one. */
  async sessions(question: Partial<SessionsQuestion> = {}, author?: SigningKey): Promise<number[]> {
    const frames = (await this.askSessions(question))!.frames.map((bytes) => readFrame(channel, bytes) as Frame)
    const some = frames.filter((frame) => author === undefined || hex(frame.author) === hex(author.publicKey))
    return some.map(({ body }) => body.session!.lamport)
  }

  /** What the archive counts itself. */
  get bytes(): number {
    return this.metrics.get('archive.bytes')
  }
}

function lamportOf(bytes: Uint8Array, where = channel): number {
  const frame = readFrame(where, bytes) as Frame
  return (frame.body.message ?? frame.body.plainMessage ?? frame.body.session)!.lamport
}

/** A store that knows how many rows, and of which rooms, were read. */
function countingStore(): { store: Store; reads: { rows: number; open: number; readonly rooms: Set<string> } } {
  const memory = openMemoryStore()
  const reads = { rows: 0, open: 0, rooms: new Set<string>() }
  const store: Store = {
    ...memory,
    async *rows(room, range) {
      reads.rooms.add(room)
      reads.open++
      try {
        for await (const row of memory.rows(room, range)) {
          reads.rows++
          yield row
        }
      } finally {
        reads.open--
      }
    }
  }
  return { store, reads }
}

const times = <T>(count: number, make: (i: number) => T): T[] => Array.from({ length: count }, (_, i) => make(i))

describe('the archive of a carrier', () => {
  it('keeps messages, sealed and plain, and no other frame, and gives them as they came, newest first', async () => {
    const shelf = await Shelf.open()
    const frames = [said(alice, 1), plain(bob, 2), said(alice, 5), said(bob, 4)]
    const request = { prekey: zeros(16), attempt: 0, enc: zeros(4), sealed: zeros(4) }
    await shelf.keep(...frames, makeFrame(channel, alice, { keyRequest: request }))
    const answer = await shelf.ask(channel, EVERYTHING)
    const newestFirst = [frames[2]!, frames[3]!, frames[1]!, frames[0]!]
    expect(answer.frames.map(hex)).to.deep.equal(newestFirst.map(({ bytes }) => hex(bytes)))
    expect(answer.isMore).to.equal(false)
    expect(shelf.metrics.get('archive.frames')).to.equal(4)
    expect((await shelf.ask(otherChannel, EVERYTHING)).frames).to.deep.equal([])
  })

  it('keeps session frames that have a Lamport time apart from messages, under the same bounds', async () => {
    const shelf = await Shelf.open({ maxBytes: 2 * MIB })
    await shelf.keep(said(alice, 1), session(alice, 2), session(bob, 3), session(bob, 0), said(bob, 4))
    const answer = await shelf.ask(channel, EVERYTHING)
    expect(answer.frames.map((frame) => lamportOf(frame))).to.deep.equal([4, 1])
    expect(await shelf.sessions()).to.deep.equal([2, 3])
    expect(shelf.metrics.get('archive.frames')).to.equal(4)
    await shelf.keep(...times(100, (i) => session(bob, 10 + i, 60_000)))
    expect(shelf.bytes).to.be.at.most(2 * MIB)
    expect(await shelf.kept(alice)).to.deep.equal([1])
    expect(await shelf.sessions({}, alice)).to.deep.equal([2])
    expect((await shelf.sessions({}, bob))[0]).to.equal(109)
    shelf.now += 31 * DAY_MS
    await shelf.keep()
    expect(shelf.metrics.get('archive.frames')).to.equal(0)
  })

  it('gives session frames of each author in turn, from a time on, but for what is known', async () => {
    const shelf = await Shelf.open()
    const ofAlice = times(300, (i) => session(alice, i + 1))
    await shelf.keep(...ofAlice, session(bob, 1), session(bob, 2))
    expect((await shelf.sessions()).slice(0, 5)).to.deep.equal([300, 2, 299, 1, 298])
    expect(await shelf.sessions()).to.have.length(256)
    const known = ofAlice.slice(5).map(({ id }) => id.subarray(0, 8))
    expect(await shelf.sessions({ known })).to.have.members([1, 2, 3, 4, 5, 2, 1])
    expect(await shelf.sessions({ from: 299 })).to.deep.equal([300, 299])
    expect(await shelf.sessions({ channel: otherChannel })).to.deep.equal([])
    expect(await shelf.askSessions({ known: [zeros(7)] })).to.equal(undefined)
  })

  it('gives session frames of those known longest first, and of them alone where there are too many', async () => {
    const shelf = await Shelf.open()
    await shelf.keep(said(alice, 1), said(bob, 1))
    for (let i = 0; i < 3; i++) {
      shelf.now++
      shelf.uptimeMs += 60_000
      await shelf.keep(...times(500, (j) => session(newKey(), 1_000 * i + j + 1)))
    }
    await shelf.keep(session(alice, 9), session(bob, 8))
    const found: number[] = []
    const known: Uint8Array[] = []
    for (let isMore = true; isMore; ) {
      const answer = (await shelf.askSessions({ known }))!
      known.push(...answer.frames.map((bytes) => (readFrame(channel, bytes) as Frame).id.subarray(0, 8)))
      found.push(...answer.frames.map((bytes) => lamportOf(bytes)))
      isMore = answer.isMore
    }
    expect(found.slice(0, 2)).to.have.members([9, 8])
    expect(found).to.have.length(1_024)
  })

  it('a flood of both messages and session frames by one author is paid for by that one', async () => {
    const shelf = await Shelf.open({ maxBytes: 2 * MIB })
    await shelf.keep(...times(12, (i) => said(alice, i, 60_000)))
    for (let i = 1; i <= 60; i++) await shelf.keep(i % 2 === 0 ? said(bob, i, 60_000) : session(bob, i, 60_000))
    expect(await shelf.kept(alice)).to.have.length(12)
    const carol = newKey()
    await shelf.keep(...times(3, (i) => session(carol, i + 1, 60_000)))
    for (let i = 1; i <= 40; i++) await shelf.keep(said(carol, i, 60_000))
    expect(await shelf.sessions({}, carol), 'of what it has more of').to.have.length(3)
  })

  it('gives of each range what it asks for: a sender, its line, Lamport times', async () => {
    const shelf = await Shelf.open()
    await shelf.keep(...times(9, (i) => said(i % 2 === 0 ? alice : bob, i)), said(alice, 20, 256, GROUP))
    const lamports = async (...ranges: Partial<Range>[]): Promise<number[]> =>
      (await shelf.ask(channel, ...ranges.map((range) => ({ ...EVERYTHING, ...range })))).frames.map((frame) =>
        lamportOf(frame)
      )
    expect(await lamports({ sender: alice.publicKey })).to.deep.equal([8, 6, 4, 2, 0])
    expect(await lamports({ sender: alice.publicKey, group: GROUP })).to.deep.equal([20])
    expect(await lamports({ sender: bob.publicKey, from: 3, to: 5 }, { from: 7, to: 8 })).to.deep.equal([5, 3, 8, 7])
    expect(await lamports({ from: 2, to: 4 })).to.deep.equal([4, 3, 2])
    expect(await lamports({ sender: newKey().publicKey })).to.deep.equal([])
  })

  it('says when there is more, and the asker comes to the end below the oldest', async () => {
    const shelf = await Shelf.open()
    await shelf.keep(...times(1_500, (i) => said(i % 3 === 0 ? alice : bob, i)))
    const first = await shelf.ask(channel, EVERYTHING)
    expect(first.isMore).to.equal(true)
    expect(first.frames).to.have.length.above(100)
    const lamports = first.frames.map((frame) => lamportOf(frame))
    while (lamports.length < 1_500) {
      const next = await shelf.ask(channel, { ...EVERYTHING, to: lamports.at(-1)! - 1 })
      lamports.push(...next.frames.map((frame) => lamportOf(frame)))
    }
    expect(lamports).to.deep.equal(times(1_500, (i) => 1_499 - i))
  })

  it('answers no question with too many ranges', async () => {
    const shelf = await Shelf.open()
    const ranges = times(ASKED_RANGES + 1, () => EVERYTHING)
    expect(await shelf.archive.answer(channel, ranges, new AbortController().signal)).to.equal(undefined)
  })

  it('reads no further once the asker has gone', async () => {
    const { store, reads } = countingStore()
    const shelf = await Shelf.open({}, store)
    await shelf.keep(...times(100, (i) => said(alice, i)))
    const gone = new AbortController()
    gone.abort()
    reads.rows = 0
    await shelf.archive.answer(
      channel,
      times(ASKED_RANGES, () => EVERYTHING),
      gone.signal
    )
    expect(reads.rows).to.be.at.most(1)
  })

  it('reads nothing of authors whose turn does not come in an answer, and leaves nothing open', async () => {
    const { store, reads } = countingStore()
    const shelf = await Shelf.open({}, store)
    await shelf.keep(...times(50, (i) => said(newKey(), i)), ...times(300, (i) => said(alice, 100 + i)))
    await shelf.keep(...times(300, (i) => said(bob, 100 + i)))
    reads.rooms.clear()
    expect((await shelf.ask(channel, EVERYTHING)).isMore).to.equal(true)
    expect(reads.rooms.size).to.equal(2)
    expect(reads.open).to.equal(0)
  })

  it('counts what comes again once', async () => {
    const shelf = await Shelf.open()
    const frame = said(alice, 1)
    await shelf.keep(frame, frame)
    const { bytes } = shelf
    await shelf.keep(frame)
    expect(shelf.bytes).to.equal(bytes)
    expect(shelf.metrics.get('archive.frames')).to.equal(1)
    expect(await shelf.kept(alice)).to.deep.equal([1])
  })

  it('a flood by one author takes nothing from the others, and of its own the oldest goes', async () => {
    const shelf = await Shelf.open({ maxBytes: 2 * MIB })
    await shelf.keep(...times(100, (i) => said(bob, i)))
    for (let from = 0; from < 400; from += 100) {
      await shelf.keep(...times(100, (i) => said(alice, 10 ** 12 + from + i, 60_000)))
      expect(shelf.bytes).to.be.at.most(2 * MIB)
    }
    expect(await shelf.kept(bob)).to.have.length(100)
    const kept = await shelf.kept(alice)
    expect(kept).to.have.length.within(20, 40)
    expect(kept[0]).to.equal(10 ** 12 + 399)
    expect(shelf.metrics.get('archive.frames')).to.equal(100 + kept.length)
    expect(shelf.metrics.get('archive.evicted')).to.equal(400 - kept.length)
  })

  it('a flood in one channel takes nothing from another', async () => {
    const shelf = await Shelf.open({ maxBytes: 2 * MIB })
    await shelf.keep(...times(10, (i) => said(bob, i, 60_000, EMPTY, otherChannel)))
    for (let i = 0; i < 20; i++) await shelf.keep(...times(5, (j) => said(newKey(), j, 60_000)))
    expect(shelf.bytes).to.be.at.most(2 * MIB)
    expect(await shelf.kept(bob, otherChannel)).to.have.length(10)
  })

  it('a flood of new names leaves half of the channel to those known for a day', async () => {
    const shelf = await Shelf.open({ maxBytes: 2 * MIB })
    await shelf.keep(...times(15, (i) => said(bob, i, 60_000)))
    shelf.now += DAY_MS + 1
    for (let i = 0; i < 20; i++) await shelf.keep(...times(10, (j) => said(newKey(), j, 60_000)))
    expect(shelf.bytes).to.be.at.most(2 * MIB)
    expect(await shelf.kept(bob)).to.have.length(15)
  })

  it('authors known for a day give room to new ones that have little', async () => {
    const shelf = await Shelf.open({ maxBytes: 2 * MIB })
    await shelf.keep(...times(30, (i) => said(bob, i, 60_000)))
    shelf.now += DAY_MS + 1
    await shelf.keep(...times(5, (i) => said(alice, i)), ...times(10, (i) => said(bob, 100 + i, 60_000)))
    expect(shelf.bytes).to.be.at.most(2 * MIB)
    expect(await shelf.kept(alice)).to.have.length(5)
    expect((await shelf.kept(bob))[0]).to.equal(109)
  })

  it('takes in new authors no faster than their rate, and known ones meanwhile', async () => {
    const shelf = await Shelf.open()
    await shelf.keep(said(alice, 1))
    await shelf.keep(...times(1_200, (i) => said(newKey(), i)), said(alice, 2))
    expect(shelf.metrics.get('archive.frames')).to.equal(1_000 + 1)
    expect(shelf.metrics.get('archive.tooManyAuthors')).to.equal(201)
    expect(await shelf.kept(alice)).to.deep.equal([2, 1])
    shelf.uptimeMs += 1_000
    await shelf.keep(...times(20, (i) => said(newKey(), i)))
    expect(shelf.metrics.get('archive.frames')).to.equal(1_011)
  })

  it('holds a bounded number of bytes that wait for the disk', async () => {
    const shelf = await Shelf.open()
    const frames = times(200, (i) => said(alice, i, 60_000))
    await shelf.keep(...frames)
    expect(shelf.metrics.get('archive.tooFast')).to.be.within(50, 100)
    expect((await shelf.kept(alice)).length + shelf.metrics.get('archive.tooFast')).to.equal(200)
  })

  it('what was taken in longer ago than it is to be kept goes, whatever its Lamport time', async () => {
    const shelf = await Shelf.open({ maxAgeMs: DAY_MS })
    await shelf.keep(said(alice, 1_000), said(bob, 1))
    shelf.now += DAY_MS
    await shelf.keep(...times(600, (i) => said(alice, i)))
    shelf.now += HOUR_MS + 1
    await shelf.keep()
    expect(await shelf.kept(alice)).to.have.length(600)
    expect(await shelf.kept(bob)).to.deep.equal([])
    shelf.now += DAY_MS + HOUR_MS
    await shelf.keep()
    expect(shelf.bytes).to.equal(0)
    expect(shelf.metrics.get('archive.frames')).to.equal(0)
    for await (const row of shelf.store.rows('archive')) throw new Error(`left: ${row.entry}`)
  })

  it('an author is let go of once, however many of its messages go at once', async () => {
    const shelf = await Shelf.open()
    await shelf.keep(said(bob, 1))
    const before = shelf.bytes
    shelf.now -= 40 * DAY_MS
    await shelf.keep(...times(512, (i) => said(alice, i, 10)))
    await shelf.keep(...times(256, (i) => said(alice, i, 10, EMPTY, otherChannel)))
    shelf.now += 40 * DAY_MS
    await shelf.keep()
    expect(await shelf.kept(alice)).to.deep.equal([])
    expect(shelf.bytes).to.equal(before)
    await shelf.keep(said(alice, 1_000))
    expect(await shelf.kept(alice)).to.deep.equal([1_000])
    expect(shelf.metrics.get('archive.failed')).to.equal(0)
  })

  it('keeps nothing when it is switched off, and lets go of what it kept', async () => {
    for (const off of [{ maxBytes: 0 }, { maxAgeMs: 0 }]) {
      const shelf = await Shelf.open()
      await shelf.keep(...times(300, (i) => said(alice, i)), said(bob, 1))
      await shelf.reopen(off)
      await shelf.keep(said(alice, 1_000))
      await shelf.archive.tend()
      expect(await shelf.kept(alice)).to.deep.equal([])
      expect(await shelf.kept(bob)).to.deep.equal([])
      for await (const row of shelf.store.rows('archive')) throw new Error(`left: ${row.entry}`)
    }
  })

  it('keeps no more after the store has failed, and neither throws nor grows', async () => {
    const store: Store = { ...openMemoryStore(), write: () => Promise.reject(new Error('no room on the disk')) }
    const shelf = await Shelf.open({}, store)
    await shelf.keep(said(alice, 1))
    for (let i = 0; i < 300; i++) await shelf.keep(said(alice, i, 60_000))
    expect(shelf.metrics.get('archive.failed')).to.equal(1)
    expect(shelf.metrics.get('archive.tooFast')).to.equal(0)
  })

  it('puts together no more authors than those known longest', async () => {
    const shelf = await Shelf.open()
    await shelf.keep(...times(10, (i) => said(alice, i)))
    shelf.now++
    for (let i = 0; i < 3; i++) {
      shelf.uptimeMs += 60_000
      await shelf.keep(...times(500, (j) => said(newKey(), 1_000 * i + j)))
    }
    const all: Uint8Array[] = []
    for (let to: number | undefined = EVERYTHING.to; to !== undefined; ) {
      const answer = await shelf.ask(channel, { ...EVERYTHING, to })
      all.push(...answer.frames)
      to = answer.isMore ? lamportOf(answer.frames.at(-1)!) : undefined
    }
    const authors = new Set(all.map((frame) => hex((readFrame(channel, frame) as Frame).author)))
    expect(authors.size).to.equal(1_024)
    expect([...authors]).to.include(hex(alice.publicKey))
  })

  describe('on the disk', () => {
    let base: string
    const open = (): Promise<Store> => openStore(join(base, 'store'), new Secret(new Uint8Array(32).fill(7)))
    beforeEach(async () => {
      base = await mkdtemp(join(tmpdir(), 'conclave-archive-'))
    })
    afterEach(() => rm(base, { recursive: true, force: true }))

    it('knows after a restart what it has, and shares out its room as before', async () => {
      const before = await Shelf.open({ maxBytes: 2 * MIB }, await open())
      await before.keep(...times(30, (i) => said(alice, i, 30_000)), ...times(5, (i) => said(bob, i)))
      const { bytes } = before
      before.archive.keep(said(bob, 5))
      before.archive.keep(session(bob, 6))
      await before.archive.stop()
      await before.store.close()
      const shelf = await Shelf.open({ maxBytes: 2 * MIB }, await open())
      expect(shelf.bytes).to.be.above(bytes)
      expect(await shelf.kept(bob)).to.deep.equal([5, 4, 3, 2, 1, 0])
      expect(await shelf.sessions()).to.deep.equal([6])
      await shelf.keep(...times(60, (i) => said(alice, 100 + i, 30_000)))
      expect(shelf.bytes).to.be.at.most(2 * MIB)
      expect(await shelf.kept(bob)).to.have.length(6)
      expect((await shelf.kept(alice))[0]).to.equal(159)
      await shelf.store.close()
    })
  })
})
