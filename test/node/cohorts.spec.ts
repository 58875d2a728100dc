import { chmod, cp, mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { ClassicLevel } from 'classic-level'
import { joinBytes, u32, utf8 } from '../../src/base/bytes.ts'
import { Secret } from '../../src/base/secret.ts'
import { openAtRest } from '../../src/crypto/aead.ts'
import { derive } from '../../src/crypto/kdf.ts'
import { LABEL } from '../../src/crypto/labels.ts'
import { openMemoryStore } from '../../src/node/memory-store.ts'
import { openStore } from '../../src/node/open-store.ts'
import type { Row, Store } from '../../src/node/store.ts'

const KEY = new Uint8Array(32).fill(3)
const key = () => new Secret(KEY.slice())
const HOUR = 3_600

let base: string
let folder: string
beforeEach(async () => {
  base = await mkdtemp(join(tmpdir(), 'conclave-cohorts-'))
  folder = join(base, 'store')
})
afterEach(() => rm(base, { recursive: true, force: true }))

const row = (order: number, since: number, text = `secret ${order}`): Row => ({
  room: 'talk',
  entry: `e${order}`,
  order,
  value: utf8(text),
  cohort: { name: 'talk', since }
})
const write = (store: Store, ...puts: Row[]) => store.write({ puts, deletes: [], isDurable: true })
const orders = async (store: Store) => (await Array.fromAsync(store.rows('talk'))).map(({ order }) => order)

async function raw<T>(work: (database: ClassicLevel<Uint8Array, Uint8Array>) => Promise<T>): Promise<T> {
  const database = new ClassicLevel<Uint8Array, Uint8Array>(folder, {
    keyEncoding: 'view',
    valueEncoding: 'view',
    compression: false
  })
  await database.open()
  try {
    return await work(database)
  } finally {
    await database.close()
  }
}

const kinds: readonly [string, () => Promise<Store>][] = [
  ['on disk', () => openStore(folder, key())],
  ['in memory', async () => openMemoryStore()]
]
for (const [title, open] of kinds) {
  describe(`cohorts of rows ${title}`, () => {
    it('those that began before the time are gone, those of another time, another name and of none stay', async () => {
      const store = await open()
      await write(store, row(1, HOUR), row(2, 2 * HOUR), row(3, 3 * HOUR))
      const lasting = { room: 'talk', entry: 'lasting', order: 9, value: utf8('v') }
      await write(store, lasting, { ...row(4, HOUR), cohort: { name: 'other', since: HOUR } })
      await store.destroy('talk', 3 * HOUR)
      expect(await orders(store)).to.deep.equal([3, 4, 9])
      expect(await store.read({ room: 'talk', entry: 'e1', order: 1 })).to.equal(undefined)
      expect((await Array.fromAsync(store.all())).length).to.equal(3)
      await store.destroy('talk', 2 * HOUR)
      expect(await orders(store)).to.deep.equal([3, 4, 9])
      await store.close()
    })

    it('limits count what is left, in both directions', async () => {
      const store = await open()
      await write(store, ...[1, 2, 3, 4, 5, 6].map((order) => row(order, order * HOUR)))
      await store.destroy('talk', 4 * HOUR)
      const some = async (isReverse: boolean) =>
        (await Array.fromAsync(store.rows('talk', { limit: 2, isReverse }))).map(({ order }) => order)
      expect(await some(false)).to.deep.equal([4, 5])
      expect(await some(true)).to.deep.equal([6, 5])
      await store.close()
    })
  })
}

describe('cohorts of rows on disk', () => {
  it('what is written into a destroyed cohort is dropped, and takes an older row of that place along', async () => {
    const store = await openStore(folder, key())
    await write(store, row(1, HOUR), row(2, 5 * HOUR))
    await store.destroy('talk', 2 * HOUR)
    await write(store, row(3, HOUR), row(2, HOUR))
    expect(await orders(store)).to.deep.equal([])
    await store.close()
  })

  it('destroying them far ahead of time, by a wrong clock, closes none that is still to come', async () => {
    let store = await openStore(folder, key())
    await write(store, row(1, HOUR), row(2, 2 * HOUR))
    await store.destroy('talk', 1_000 * HOUR)
    await write(store, row(3, HOUR), row(4, 3 * HOUR))
    expect(await orders(store)).to.deep.equal([4])
    await store.close()
    store = await openStore(folder, key())
    expect(await orders(store)).to.deep.equal([4])
    await store.close()
  })

  it('they stay destroyed after a restart, and dead rows are cleared away, so that the store shrinks', async () => {
    let store = await openStore(folder, key())
    for (let i = 0; i < 3_000; i += 500) await write(store, ...Array.from({ length: 500 }, (_, j) => row(i + j, HOUR)))
    await write(store, row(5_000, 9 * HOUR))
    const before = await store.size()
    expect(before).to.be.above(300_000)
    await store.destroy('talk', 2 * HOUR)
    expect(await orders(store)).to.deep.equal([5_000])
    // What clears away has its turns among the writes.
    for (let turn = 0; turn < 8; turn++) await write(store, row(5_001 + turn, 9 * HOUR))
    await store.close()
    const rawKeys = await raw((db) => db.keys().all())
    expect(rawKeys.length).to.equal(2 + 9)
    store = await openStore(folder, key())
    expect(await orders(store)).to.have.length(9)
    expect(await store.size()).to.be.below(before / 10)
    await store.close()
  })

  it('whoever has the store key and every file opens nothing of what was destroyed, and opened it before', async () => {
    let store = await openStore(folder, key())
    await write(store, row(1, HOUR, 'burn after reading'), row(2, 5 * HOUR, 'keep this'))
    await store.close()
    const sealed = (await raw((db) => db.iterator().all())).filter(([levelKey]) => levelKey.length === 40)
    const [doomed] = sealed.filter(([levelKey]) => levelKey[23] === 1)
    const storeId = (await raw((db) => db.get(utf8('schema'))))!.subarray(4, 20)

    /** Every key that can be had from the store key and the files of the store. */
    const keys = async (): Promise<Uint8Array[]> => {
      const fileKey = derive(KEY, LABEL.storeCohortsKey, [])
      const body = openAtRest(fileKey, u32(1), await readFile(join(folder, 'COHORTS')))!
      const windows = Array.from({ length: body.length - 31 }, (_, i) => body.slice(i, i + 32))
      return [KEY, derive(KEY, LABEL.storeValueKey, []), fileKey, ...windows]
    }
    const opens = async ([levelKey, value]: [Uint8Array, Uint8Array]): Promise<string[]> => {
      const context = joinBytes(u32(2), storeId, levelKey, value.subarray(0, 25))
      const opened = (await keys()).map((one) => openAtRest(one, context, value.subarray(25)))
      return opened.flatMap((one) => (one === undefined ? [] : [Buffer.from(one).toString('latin1')]))
    }
    expect((await opens(doomed!)).join()).to.contain('burn after reading')

    store = await openStore(folder, key())
    await store.destroy('talk', 2 * HOUR)
    await store.close()
    // What LevelDB still has of it is of no use.
    const files = await Promise.all((await readdir(folder)).map((name) => readFile(join(folder, name))))
    expect(files.some((content) => content.includes(Buffer.from(doomed![1])))).to.equal(true)
    expect(await opens(doomed!)).to.deep.equal([])
    for (const content of files) expect(content.includes('burn after reading')).to.equal(false)
    expect((await opens(sealed.find((one) => one !== doomed)!)).join()).to.contain('keep this')
  })

  it('a lost file of keys, or an older one, is damage and not a destruction', async () => {
    let store = await openStore(folder, key())
    await write(store, row(1, HOUR))
    await store.close()
    await cp(join(folder, 'COHORTS'), join(base, 'older'))
    store = await openStore(folder, key())
    await write(store, row(2, 2 * HOUR))
    await store.close()
    await cp(join(base, 'older'), join(folder, 'COHORTS'))
    store = await openStore(folder, key())
    const error = await orders(store).catch((thrown) => thrown)
    expect(error.code).to.equal('DAMAGED_STORE')
    await store.close()
    await rm(join(folder, 'COHORTS'))
    const refused = await openStore(folder, key()).catch((thrown) => thrown)
    expect(refused.code).to.equal('DAMAGED_STORE')
    await chmod(folder, 0o700)
  })
})
