import { expect } from 'chai'
import { joinBytes, mapKey, utf8 } from '../../src/base/bytes.ts'
import { UsageError } from '../../src/base/errors.ts'
import { Buckets } from '../../src/node/buckets.ts'
import { directoryKey, readDirectoryKey } from '../../src/node/directory-rules.ts'
import { type Floor, type FloorStore, Floors, MAX_SEQ_JUMP } from '../../src/node/floors.ts'
import { RecordStore } from '../../src/node/record-store.ts'

const key = (n: number): Uint8Array => directoryKey('user', new Uint8Array(32).fill(n))
const version = (seq: number, fill = 1) => ({ seq, hash: new Uint8Array(32).fill(fill) })

/** A store in memory; writes can be held back and let fail. */
class HeldStore implements FloorStore {
  readonly rows = new Map<string, Floor>()
  readonly waiting: (() => void)[] = []
  isHeld = false
  isFailing = false

  async load(): Promise<Floor[]> {
    return [...this.rows.values()]
  }

  async write(floor: Floor, dropped: Uint8Array | undefined): Promise<void> {
    if (this.isHeld) await new Promise<void>((resolve) => this.waiting.push(resolve))
    if (this.isFailing) throw new Error('disk full')
    if (dropped !== undefined) this.rows.delete(mapKey(dropped))
    this.rows.set(mapKey(floor.key), floor)
  }
}

describe('directory keys', () => {
  it('are prefix and 32 bytes, whatever the bytes are', () => {
    for (const kind of ['user', 'channel'] as const) {
      const id = utf8('/conclave/user//user/////////////').slice(0, 32)
      expect(readDirectoryKey(directoryKey(kind, id))).to.deep.equal({ kind, id })
    }
  })

  it('are nothing else', () => {
    const id = new Uint8Array(32)
    const others = [
      utf8('/conclave/user/'),
      joinBytes(directoryKey('user', id), id),
      directoryKey('user', id).slice(0, -1),
      joinBytes(utf8('/conclave/group/'), id),
      joinBytes(utf8('/pk/'), id),
      new Uint8Array(0)
    ]
    for (const other of others) expect(readDirectoryKey(other)).to.equal(undefined)
    expect(() => directoryKey('user', new Uint8Array(31))).to.throw(UsageError)
  })
})

describe('floors', () => {
  it('tell newer, same, older, forked and too far a jump', async () => {
    const floors = await Floors.open(new HeldStore())
    expect(await floors.raise(key(1), version(5))).to.equal('newer')
    expect(await floors.raise(key(1), version(5))).to.equal('same')
    expect(await floors.raise(key(1), version(4))).to.equal('older')
    expect(await floors.raise(key(1), version(5, 2))).to.equal('forked')
    expect(await floors.raise(key(1), version(5 + MAX_SEQ_JUMP + 1))).to.equal('jump')
    expect(floors.get(key(1))).to.include({ seq: 5 })
    expect(await floors.raise(key(1), version(5 + MAX_SEQ_JUMP))).to.equal('newer')
    expect(await floors.raise(key(2), version(MAX_SEQ_JUMP + 1))).to.equal('jump')
    expect(await floors.raise(key(2), version(MAX_SEQ_JUMP))).to.equal('newer')
  })

  it('are durable before they are answered, and come back', async () => {
    const store = new HeldStore()
    const floors = await Floors.open(store)
    store.isHeld = true
    let isAnswered = false
    const raised = floors.raise(key(1), version(5)).then(() => {
      isAnswered = true
    })
    const same = floors.raise(key(1), version(5))
    await Promise.resolve()
    expect(isAnswered).to.equal(false)
    store.isHeld = false
    for (const go of store.waiting) go()
    await raised
    expect(await same).to.equal('same')
    expect((await Floors.open(store)).judge(key(1), version(4))).to.equal('older')
  })

  it('never let the older of two racing versions come out as the newest', async () => {
    const store = new HeldStore()
    const floors = await Floors.open(store)
    const answers = await Promise.all([5, 6, 4].map((seq) => floors.raise(key(1), version(seq))))
    expect(answers.slice(1)).to.deep.equal(['newer', 'older'])
    store.isHeld = true
    const late = floors.raise(key(1), version(7))
    const later = floors.raise(key(1), version(8))
    store.isHeld = false
    await Promise.resolve()
    for (const go of store.waiting) go()
    expect(await late).to.equal('older')
    expect(await later).to.equal('newer')
    expect([...store.rows.values()][0]).to.include({ seq: 8 })
  })

  it('fail with the store, stay high in memory, and are written at the next try', async () => {
    const store = new HeldStore()
    const floors = await Floors.open(store)
    store.isFailing = true
    let error: unknown
    await floors.raise(key(1), version(5)).catch((e: unknown) => {
      error = e
    })
    expect(error).to.be.instanceOf(Error)
    expect(floors.judge(key(1), version(4))).to.equal('older')
    store.isFailing = false
    expect(await floors.raise(key(1), version(5))).to.equal('same')
    expect((await Floors.open(store)).judge(key(1), version(4))).to.equal('older')
  })

  it('are bounded; pinned ones are never pushed out, and the store forgets with the table', async () => {
    const store = new HeldStore()
    const floors = await Floors.open(store, 3)
    floors.pin(key(1))
    for (const n of [1, 2, 3, 4, 5, 6]) await floors.raise(key(n), version(1))
    expect(floors.size).to.equal(3)
    expect(store.rows.size).to.equal(3)
    expect([1, 5, 6].every((n) => floors.get(key(n)) !== undefined)).to.equal(true)
    for (const n of [5, 6]) floors.pin(key(n))
    expect(await floors.raise(key(7), version(1))).to.equal('full')
    expect(await floors.raise(key(5), version(2))).to.equal('newer')
  })
})

describe('the records kept for others', () => {
  it('are bounded: the one put longest ago makes room', () => {
    const store = new RecordStore(2)
    const names = ['/a', '/b', '/c'].map((name) => ({ toString: () => name }) as Parameters<RecordStore['get']>[0])
    const [a, b, c] = names as [never, never, never]
    for (const name of [a, b, a, c]) store.put(name, new Uint8Array(1))
    expect(names.map((name) => store.has(name))).to.deep.equal([true, false, true])
    expect(() => store.get(b))
      .to.throw()
      .with.property('name', 'NotFoundError')
  })
})

describe('buckets', () => {
  it('give a peer its burst, then by time, and do not touch other peers', () => {
    let now = 0
    const buckets = new Buckets(10)
    const rate = { perSecond: 2, burst: 3 }
    const take = (peer: string): boolean => buckets.take(peer, 'puts', rate, now)
    expect([1, 2, 3, 4].map(() => take('a'))).to.deep.equal([true, true, true, false])
    expect(take('b')).to.equal(true)
    now = 499
    expect(take('a')).to.equal(false)
    now = 500
    expect(take('a')).to.equal(true)
    expect(take('a')).to.equal(false)
    now = 1_000_000
    expect([1, 2, 3, 4].map(() => take('a'))).to.deep.equal([true, true, true, false])
  })
})
