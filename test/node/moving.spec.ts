import { cp, mkdir, mkdtemp, open, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { utf8 } from '../../src/base/bytes.ts'
import { UsageError } from '../../src/base/errors.ts'
import { Secret } from '../../src/base/secret.ts'
import { readExport, writeExport } from '../../src/node/export-file.ts'
import { initHome, openHomeStore, readHome } from '../../src/node/home.ts'
import { acquireLock } from '../../src/node/lock.ts'
import { exportHome, importHome } from '../../src/node/moving.ts'
import type { Row } from '../../src/node/store.ts'
import { openVault } from '../../src/node/vault.ts'
import { numbersOf } from './crash-lab.ts'

const secret = (text = 'correct horse') => new Secret(utf8(text))

let base: string
let home: string
let file: string
let other: string
beforeEach(async () => {
  base = await mkdtemp(join(tmpdir(), 'conclave-moving-'))
  home = join(base, 'home')
  file = join(base, 'alice.conclave')
  other = join(base, 'other')
})
afterEach(() => rm(base, { recursive: true, force: true }))

async function errorOf(promise: Promise<unknown>): Promise<UsageError> {
  const error = await promise.then(
    () => undefined,
    (thrown) => thrown
  )
  expect(error).to.be.instanceOf(UsageError)
  return error
}

async function withStore<T>(folder: string, work: (store: Awaited<ReturnType<typeof openHomeStore>>) => Promise<T>) {
  const { storeKey } = await openVault(folder, undefined)
  const store = await openHomeStore(folder, storeKey)
  try {
    return await work(store)
  } finally {
    await store.close()
  }
}

const rowsIn = (folder: string): Promise<Row[]> => withStore(folder, (store) => Array.fromAsync(store.all()))

/** A home with a history of some size. */
async function makeHome(count: number, bytes: number): Promise<void> {
  await initHome(home, undefined, 'alice')
  await withStore(home, async (store) => {
    const puts = Array.from({ length: count }, (_, i) => ({
      room: 'messages/x',
      entry: `m${i}`,
      order: i,
      value: utf8(`secret text ${i} `.padEnd(bytes, 'x')),
      ...(i % 2 === 0 && { cohort: { name: 'messages/x', since: 3_600 * i } })
    }))
    await store.write({ puts, deletes: [], isDurable: true })
  })
}

describe('an exported identity', function () {
  this.timeout(60_000)

  it('is the same user with every row, in a home with a key and a passphrase of its own', async () => {
    await makeHome(50, 100)
    const exported = await exportHome(home, undefined, file, secret())
    expect((await stat(file)).mode & 0o777).to.equal(0o600)
    expect((await readFile(file)).includes('secret text')).to.equal(false)
    const imported = await importHome(file, secret(), other, secret('another'))
    expect(imported).to.deep.equal(exported)
    expect(await readHome(other, secret('another'))).to.deep.equal(await readHome(home, undefined))
    expect(await readdir(base)).to.have.members(['home', 'other', 'alice.conclave'])
    const [a, b] = [await openVault(home, undefined), await openVault(other, secret('another'))]
    expect(a.storeKey.equals(b.storeKey)).to.equal(false)
    const store = await openHomeStore(other, b.storeKey)
    const found = await Array.fromAsync(store.all())
    await store.close()
    const byName = (x: Row, y: Row) => `${x.room} ${x.entry}`.localeCompare(`${y.room} ${y.entry}`)
    expect(found.sort(byName)).to.deep.equal((await rowsIn(home)).sort(byName))
  })

  it('is written and read a chunk at a time, however long the history is', async () => {
    const value = new Uint8Array(100_000)
    const handle = await open(file, 'w+')
    let ahead = 0
    async function* history(): AsyncGenerator<Row> {
      for (let i = 0; i < 150; i++) {
        ahead = Math.max(ahead, i * value.length - (await handle.stat()).size)
        yield { room: 'messages/x', entry: `m${i}`, order: i, value }
      }
    }
    expect(await writeExport(handle, secret(), history())).to.equal(150)
    expect(ahead).to.be.within(900_000, 1_200_000)
    const sizes: number[] = []
    for await (const rows of readExport(handle, file, secret())) sizes.push(rows.length)
    await handle.close()
    expect(Math.max(...sizes)).to.be.below(13)
    expect(sizes.reduce((sum, size) => sum + size)).to.equal(150)
  })

  it('has chunks that can be read again, however little each of very many rows says', async () => {
    const handle = await open(file, 'w+')
    const room = `texts/${'x'.repeat(52)}`
    async function* index(): AsyncGenerator<Row> {
      for (let i = 0; i < 130_000; i++)
        yield { room, entry: String(i).padStart(64, '0'), value: utf8(i % 2 ? String(i) : '') }
    }
    expect(await writeExport(handle, secret(), index())).to.equal(130_000)
    let rows = 0
    for await (const chunk of readExport(handle, file, secret())) rows += chunk.length
    await handle.close()
    expect(rows).to.equal(130_000)
  })

  it('is whole although the disk takes only a part at a time', async () => {
    const handle = await open(file, 'w+')
    const reluctant = new Proxy(handle, {
      get: (_, name) =>
        name === 'write'
          ? (bytes: Uint8Array, from = 0) => handle.write(bytes, from, Math.min(bytes.length - from, 1_000))
          : handle.sync.bind(handle)
    })
    async function* history(): AsyncGenerator<Row> {
      yield { room: 'messages/x', entry: 'm', order: 1, value: new Uint8Array(5_000) }
    }
    await writeExport(reluctant, secret(), history())
    const rows = await Array.fromAsync(readExport(handle, file, secret()))
    await handle.close()
    expect(rows.flat()).to.have.length(1)
  })

  it('is never written over anything, and comes into no home that has something in it', async () => {
    await makeHome(1, 10)
    await writeFile(file, 'precious')
    expect((await errorOf(exportHome(home, undefined, file, secret()))).code).to.equal('FILE_EXISTS')
    expect((await readFile(file)).toString()).to.equal('precious')
    await rm(file)
    await exportHome(home, undefined, file, secret())
    expect((await errorOf(importHome(file, secret(), home, undefined))).code).to.equal('VAULT_EXISTS')
    await mkdir(other)
    await writeFile(join(other, 'something'), '')
    expect((await errorOf(importHome(file, secret(), other, undefined))).code).to.equal('VAULT_EXISTS')
    expect(await readdir(base)).to.have.members(['home', 'other', 'alice.conclave'])
    await rm(join(other, 'something'))
    await importHome(file, secret(), other, undefined)
  })

  it('that finds no place for its home at the end leaves nothing behind', async () => {
    await makeHome(1, 10)
    await exportHome(home, undefined, file, secret())
    // What is behind a link looks empty, and a folder cannot take the place of a link.
    await mkdir(other)
    await symlink(other, join(base, 'link'))
    const failed = await importHome(file, secret(), join(base, 'link'), undefined).then(
      () => false,
      () => true
    )
    expect(failed).to.equal(true)
    expect(await readdir(base)).to.have.members(['home', 'other', 'link', 'alice.conclave'])
  })

  it('is made of no home that is in use, and makes none where there was none', async () => {
    expect((await errorOf(exportHome(home, undefined, file, secret()))).code).to.equal('NO_VAULT')
    expect(await readdir(base)).to.deep.equal([])
    await makeHome(1, 10)
    const lock = await acquireLock(home)
    expect((await errorOf(exportHome(home, undefined, file, secret()))).code).to.equal('HOME_IN_USE')
    await lock.release()
    expect((await errorOf(exportHome(home, undefined, file, secret('')))).code).to.equal('NO_PASSPHRASE')
    expect((await errorOf(exportHome(home, undefined, join(base, 'no', 'file'), secret()))).code).to.equal(
      'CANNOT_WRITE'
    )
    expect((await errorOf(importHome(file, secret(), other, undefined))).code).to.equal('NO_SUCH_FILE')
    expect(await readdir(base)).to.deep.equal(['home'])
  })

  it('with a wrong passphrase, cut off at any place or with any bit flipped is refused, and leaves nothing behind', async () => {
    await makeHome(30, 60_000)
    await exportHome(home, undefined, file, secret())
    const whole = await readFile(file)
    const attempt = async (): Promise<string> => {
      const { code, message } = await errorOf(importHome(file, secret(), other, undefined))
      expect(message.split(/[.:] /).length, message).to.be.at.least(3)
      expect(await readdir(base)).to.have.members(['home', 'alice.conclave'])
      return code
    }
    expect((await errorOf(importHome(file, secret('wrong horse'), other, undefined))).code).to.equal('WRONG_PASSPHRASE')
    expect(await readdir(base)).to.have.members(['home', 'alice.conclave'])
    const random = numbersOf('export')
    const cuts = [0, 1, whole.indexOf(0x0a), whole.indexOf(0x0a) + 1, whole.length - 1]
    for (const cut of [...cuts, ...Array.from({ length: 4 }, () => random(whole.length))]) {
      await writeFile(file, whole.subarray(0, cut))
      expect(await attempt(), `cut at ${cut}`).to.be.oneOf(['DAMAGED_EXPORT', 'NOT_AN_EXPORT'])
    }
    const header = whole.indexOf(0x0a)
    const bits = [
      ...Array.from({ length: 15 }, () => random(header * 8)),
      ...Array.from({ length: 10 }, () => random(whole.length * 8))
    ]
    for (const bit of bits) {
      const flipped = Buffer.from(whole)
      flipped[bit >> 3]! ^= 1 << (bit & 7)
      await writeFile(file, flipped)
      expect(await attempt(), `bit ${bit}`).to.be.oneOf(['DAMAGED_EXPORT', 'NOT_AN_EXPORT'])
    }
    await writeFile(file, Buffer.concat([whole, Buffer.alloc(1)]))
    expect(await attempt()).to.equal('DAMAGED_EXPORT')
    await writeFile(file, whole)
    await importHome(file, secret(), other, undefined)
  })

  it('has chunks that can be neither left out nor put in another order nor taken from another file', async () => {
    await makeHome(60, 60_000)
    await exportHome(home, undefined, file, secret())
    const whole = await readFile(file)
    const begin = whole.indexOf(0x0a) + 1
    const chunks: Buffer[] = []
    for (let at = begin; at < whole.length; ) {
      const end = at + 4 + whole.readUInt32BE(at)
      chunks.push(whole.subarray(at, end))
      at = end
    }
    expect(chunks.length).to.be.at.least(3)
    await exportHome(home, undefined, join(base, 'second'), secret())
    const second = await readFile(join(base, 'second'))
    const [first, next, ...rest] = chunks as [Buffer, Buffer, ...Buffer[]]
    const foreign = second.subarray(second.indexOf(0x0a) + 1, second.indexOf(0x0a) + 1 + first.length)
    for (const others of [
      [next, first, ...rest],
      [first, ...rest],
      [first, first, next, ...rest],
      [foreign, next, ...rest],
      [first],
      chunks.slice(0, -1)
    ]) {
      await writeFile(file, Buffer.concat([whole.subarray(0, begin), ...others]))
      expect((await errorOf(importHome(file, secret(), other, undefined))).code).to.equal('DAMAGED_EXPORT')
    }
  })

  it('that was being imported when the process ended is imported again', async () => {
    await makeHome(3, 10)
    await exportHome(home, undefined, file, secret())
    await importHome(file, secret(), other, undefined)
    const half = `${join(base, 'third')}.import`
    await cp(other, half, { recursive: true })
    await rm(join(half, 'vault.json'))
    await importHome(file, secret(), join(base, 'third'), undefined)
    expect(await rowsIn(join(base, 'third'))).to.have.length(5)
    expect(await readdir(base)).to.have.members(['home', 'other', 'third', 'alice.conclave'])
  })
})
