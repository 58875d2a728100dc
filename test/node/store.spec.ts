import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, cp, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect } from 'chai'
import { ClassicLevel } from 'classic-level'
import { joinBytes, u32, utf8 } from '../../src/base/bytes.ts'
import { UsageError } from '../../src/base/errors.ts'
import { Secret } from '../../src/base/secret.ts'
import { derive, mac } from '../../src/crypto/kdf.ts'
import { LABEL } from '../../src/crypto/labels.ts'
import { openMemoryStore } from '../../src/node/memory-store.ts'
import { openStore } from '../../src/node/open-store.ts'
import type { Row, Store } from '../../src/node/store.ts'

const CHILD = fileURLToPath(new URL('./store-child.js', import.meta.url))
const KEY_BYTES = new Uint8Array(32).fill(7)
const key = () => new Secret(KEY_BYTES.slice())

const row = (room: string, entry: string, order: number, text: string): Row => ({
  room,
  entry,
  order,
  value: utf8(text)
})
const puts = (...rows: Row[]) => ({ puts: rows, deletes: [], isDurable: false })

async function collect(store: Store, room: string, range?: Parameters<Store['rows']>[1]): Promise<string[]> {
  const found: string[] = []
  for await (const { entry, order, value } of store.rows(room, range)) {
    found.push(`${order} ${entry} ${Buffer.from(value).toString()}`)
  }
  return found
}

async function errorOf(promise: Promise<unknown>): Promise<UsageError> {
  const error = await promise.then(
    () => undefined,
    (thrown) => thrown
  )
  expect(error).to.be.instanceOf(UsageError)
  return error
}

let base: string
let folder: string
beforeEach(async () => {
  base = await mkdtemp(join(tmpdir(), 'conclave-store-'))
  folder = join(base, 'store')
})
afterEach(() => rm(base, { recursive: true, force: true }))

/** The bare database, for what somebody with the disk in hand would do. */
async function rawDatabase<T>(work: (database: ClassicLevel<Uint8Array, Uint8Array>) => Promise<T>): Promise<T> {
  const database = new ClassicLevel<Uint8Array, Uint8Array>(folder, { keyEncoding: 'view', valueEncoding: 'view' })
  await database.open()
  try {
    return await work(database)
  } finally {
    await database.close()
  }
}

const kinds: readonly [string, () => Promise<Store>][] = [
  ['node/store', () => openStore(folder, key())],
  ['node/store in memory', async () => openMemoryStore()]
]
for (const [title, open] of kinds) {
  describe(title, () => {
    let store: Store
    beforeEach(async () => {
      store = await open()
    })
    afterEach(() => store.close())

    it('what was written is read back, and what was not is undefined', async () => {
      const value = utf8('hello')
      await store.write(puts({ room: 'a', entry: 'x', value }))
      value.fill(0)
      expect(await store.read({ room: 'a', entry: 'x' })).to.deep.equal(utf8('hello'))
      expect(await store.read({ room: 'a', entry: 'y' })).to.equal(undefined)
      expect(await store.read({ room: 'b', entry: 'x' })).to.equal(undefined)
      expect(await store.read({ room: 'a', entry: 'x', order: 1 })).to.equal(undefined)
    })

    it('rows of a room come by order, within the range, in both directions, and never from another room', async () => {
      const all = [5, 0, 256, 3, Number.MAX_SAFE_INTEGER, 1].map((order) => row('a', `e${order}`, order, 'v'))
      await store.write(puts(...all, row('b', 'other', 3, 'v')))
      const max = Number.MAX_SAFE_INTEGER
      expect(await collect(store, 'a')).to.deep.equal([0, 1, 3, 5, 256, max].map((o) => `${o} e${o} v`))
      expect(await collect(store, 'a', { from: 1, to: 5 })).to.deep.equal(['1 e1 v', '3 e3 v', '5 e5 v'])
      expect(await collect(store, 'a', { to: 5, isReverse: true, limit: 2 })).to.deep.equal(['5 e5 v', '3 e3 v'])
      expect(await collect(store, 'a', { limit: 0 })).to.deep.equal([])
      expect(await collect(store, 'c')).to.deep.equal([])
    })

    it('batches take effect in the order of the calls, deletes of a batch before its puts', async () => {
      const done = []
      for (let i = 0; i < 50; i++) {
        done.push(
          store.write({ puts: [row('a', 'x', 0, `${i}`)], deletes: [{ room: 'a', entry: 'x' }], isDurable: i === 20 })
        )
      }
      done.push(store.write({ puts: [row('a', 'y', 0, 'y')], deletes: [], isDurable: true }))
      done.push(store.write({ puts: [], deletes: [{ room: 'a', entry: 'y' }], isDurable: false }))
      await Promise.all(done)
      expect(await store.read({ room: 'a', entry: 'x' })).to.deep.equal(utf8('49'))
      expect(await store.read({ room: 'a', entry: 'y' })).to.equal(undefined)
    })

    it('a batch with a bad row changes nothing', async () => {
      for (const bad of [
        row('\ud800', 'e', 0, ''),
        row('r', '\udc00', 0, ''),
        row('r', 'e', -1, ''),
        row('r', 'e', 0.5, '')
      ]) {
        expect((await errorOf(store.write(puts(row('a', 'x', 0, 'v'), bad)))).code).to.equal('BAD_KEY')
      }
      expect(await store.read({ room: 'a', entry: 'x' })).to.equal(undefined)
    })

    it('after close nothing is read or written', async () => {
      await store.close()
      await store.close()
      expect((await errorOf(store.read({ room: 'a', entry: 'x' }))).code).to.equal('STORE_CLOSED')
      expect((await errorOf(store.write(puts(row('a', 'x', 0, 'v'))))).code).to.equal('STORE_CLOSED')
      expect((await errorOf(collect(store, 'a'))).code).to.equal('STORE_CLOSED')
    })
  })
}

describe('node/store on disk', function () {
  this.timeout(120_000)

  const withStore = async <T>(work: (store: Store) => Promise<T>): Promise<T> => {
    const store = await openStore(folder, key())
    try {
      return await work(store)
    } finally {
      await store.close()
    }
  }

  it('rows outlive closing, which finishes the writes under way', async () => {
    const store = await openStore(folder, key())
    const done = Array.from({ length: 100 }, (_, i) => store.write(puts(row('a', `e${i}`, i, `${i}`))))
    await store.close()
    await Promise.all(done)
    expect(await withStore((again) => collect(again, 'a'))).to.have.length(100)
  })

  it('neither names nor values appear in any file, and equal rows never look equal', async () => {
    await withStore((store) => store.write(puts(row('room-of-alice', 'entry-of-bob', 1, 'secret text of carol'))))
    await withStore((store) => store.write(puts(row('room-of-alice', 'entry-of-bob', 1, 'secret text of carol'))))
    for (const name of await readdir(folder)) {
      const content = (await readFile(join(folder, name))).toString('latin1')
      for (const word of ['alice', 'bob', 'carol', 'secret']) expect(content, name).not.to.contain(word)
    }
    const other = join(base, 'other')
    const twin = await openStore(other, key())
    await twin.write(puts(row('room-of-alice', 'entry-of-bob', 1, 'secret text of carol')))
    await twin.close()
    const rawValues = async () => rawDatabase((db) => db.values().all())
    const first = await rawValues()
    folder = other
    const second = await rawValues()
    expect(first.length).to.equal(3)
    expect(first[0]).not.to.deep.equal(second[0])
  })

  it('the folder has mode 0700, and a wider one is refused', async () => {
    await withStore(async () => {})
    expect((await stat(folder)).mode & 0o777).to.equal(0o700)
    await chmod(folder, 0o750)
    expect((await errorOf(openStore(folder, key()))).code).to.equal('FOLDER_TOO_WIDE')
  })

  it('the key of another vault opens nothing', async () => {
    await withStore((store) => store.write(puts(row('a', 'x', 0, 'v'))))
    const error = await errorOf(openStore(folder, new Secret(new Uint8Array(32).fill(8))))
    expect(error.code).to.equal('DAMAGED_STORE')
    await withStore(async (store) => expect(await store.read({ room: 'a', entry: 'x' })).to.deep.equal(utf8('v')))
  })

  it('a store of a newer schema is refused by name, a forged version as damage', async () => {
    await withStore(async () => {})
    const write = (value: Uint8Array) => rawDatabase((db) => db.put(utf8('schema'), value))
    const body = joinBytes(u32(3), new Uint8Array(16))
    await write(joinBytes(body, new Uint8Array(32)))
    expect((await errorOf(openStore(folder, key()))).code).to.equal('DAMAGED_STORE')
    const schemaKey = derive(KEY_BYTES, LABEL.storeSchemaKey, [])
    await write(joinBytes(body, mac(schemaKey, LABEL.storeSchema, body)))
    expect((await errorOf(openStore(folder, key()))).code).to.equal('SCHEMA_TOO_NEW')
  })

  it('a second opening is refused as HOME_IN_USE even without the lock file', async () => {
    const store = await openStore(folder, key())
    expect((await errorOf(openStore(folder, key()))).code).to.equal('HOME_IN_USE')
    await store.close()
  })

  it('a store that died while being made is made again', async () => {
    await cp(await mkdtemp(join(base, 'x-')), `${folder}.new`, { recursive: true })
    await writeFile(join(`${folder}.new`, 'CURRENT'), 'half')
    await withStore((store) => store.write(puts(row('a', 'x', 0, 'v'))))
    expect(await readdir(base)).not.to.contain('store.new')
  })

  it('a value changed behind the store is an error that names its room; other rooms stay readable', async () => {
    await withStore((store) => store.write(puts(row('ledger', 'x', 3, 'v'), row('other', 'y', 0, 'w'))))
    const rawKeys = await rawDatabase((db) => db.keys().all())
    const orderOf = (bytes: Uint8Array) => bytes.length === 40 && bytes[23] === 3
    const target = rawKeys.find(orderOf)!
    const sealed = await rawDatabase((db) => db.get(target))
    for (const position of [0, 31, 32, sealed!.length - 1]) {
      const changed = sealed!.slice()
      changed[position]! ^= 1
      await rawDatabase((db) => db.put(target, changed))
      await withStore(async (store) => {
        for (const attempt of [store.read({ room: 'ledger', entry: 'x', order: 3 }), collect(store, 'ledger')]) {
          const error = await errorOf(attempt)
          expect(error.code).to.equal('DAMAGED_STORE')
          expect(error.message).to.contain('"ledger"')
        }
        expect(await store.read({ room: 'other', entry: 'y' })).to.deep.equal(utf8('w'))
      })
    }
  })

  it('a value moved to another row, or from another store, is an error', async () => {
    await withStore((store) => store.write(puts(row('a', 'x', 1, 'one'), row('a', 'x', 2, 'two'))))
    const own = folder
    const rawKeys = (await rawDatabase((db) => db.keys().all())).filter((k) => k.length === 40)
    const values = await rawDatabase((db) => db.getMany(rawKeys))
    folder = join(base, 'twin')
    await withStore((store) => store.write(puts(row('a', 'x', 1, 'one'))))
    await rawDatabase((db) => db.put(rawKeys[0]!, values[0]!))
    expect((await errorOf(withStore((store) => collect(store, 'a')))).code).to.equal('DAMAGED_STORE')
    folder = own
    await rawDatabase((db) => db.put(rawKeys[0]!, values[1]!))
    const error = await errorOf(withStore((store) => store.read({ room: 'a', entry: 'x', order: 1 })))
    expect(error.code).to.equal('DAMAGED_STORE')
  })

  /** A store with rows in a table and in the log. */
  async function smallStore(): Promise<string[]> {
    await withStore((store) => store.write(puts(row('a', 'one', 1, 'in the table'), row('b', 'two', 2, 'there too'))))
    await withStore((store) => store.write({ ...puts(row('a', 'three', 3, 'in the log')), isDurable: true }))
    // Opening moved the first rows to a table; this log has a record of its own and is the file at risk.
    const names = await readdir(folder)
    expect(names.some((name) => name.endsWith('.ldb')) && names.some((name) => name.endsWith('.log'))).to.equal(true)
    return ['1 one in the table', '3 three in the log', '2 two there too']
  }

  const contentOf = () => withStore(async (store) => [...(await collect(store, 'a')), ...(await collect(store, 'b'))])

  it('a flipped bit in any file of a store is an error at opening, or changes nothing', async () => {
    const expected = await smallStore()
    const intact = join(base, 'intact')
    await cp(folder, intact, { recursive: true })
    const refused = new Map<string, number>()
    const stride = Number(process.env['CONCLAVE_FLIP_STRIDE'] ?? 29)
    for (const name of await readdir(intact)) {
      const whole = await readFile(join(intact, name))
      // Every third bit of the log: its damage is the hardest to tell from a torn write.
      for (let bit = 0; bit < whole.length * 8; bit += name.endsWith('.log') ? 3 : stride) {
        const flipped = Buffer.from(whole)
        flipped[bit >> 3]! ^= 1 << (bit & 7)
        await writeFile(join(folder, name), flipped)
        const outcome = await contentOf().catch((error) => error)
        if (outcome instanceof Error) {
          expect((outcome as UsageError).code, `${name} bit ${bit}: ${outcome}`).to.equal('DAMAGED_STORE')
          refused.set(name, (refused.get(name) ?? 0) + 1)
        } else {
          expect(outcome, `${name} bit ${bit}`).to.deep.equal(expected)
        }
        await rm(folder, { recursive: true })
        await cp(intact, folder, { recursive: true })
        await chmod(folder, 0o700)
      }
    }
    const refusedNames = [...new Set([...refused.keys()].map((name) => name.replace(/[-\d]+/, '')))].sort()
    expect(refusedNames).to.deep.equal(['.ldb', '.log', 'COHORTS', 'CURRENT', 'MANIFEST', 'MARK'])
  })

  it('a missing table, log, manifest or CURRENT is an error, never an empty store', async () => {
    await smallStore()
    const intact = join(base, 'intact')
    await cp(folder, intact, { recursive: true })
    for (const name of await readdir(intact)) {
      if (!/^(CURRENT|COHORTS|MARK|MANIFEST.*|.*\.ldb|.*\.log)$/.test(name)) continue
      await rm(join(folder, name))
      expect((await errorOf(contentOf())).code, name).to.equal('DAMAGED_STORE')
      await rm(folder, { recursive: true })
      await cp(intact, folder, { recursive: true })
      await chmod(folder, 0o700)
    }
    await contentOf()
  })

  it('an end of the log that was acknowledged and is gone is an error, whether it is cut off or never reached the disk', async () => {
    await withStore((store) => store.write({ ...puts(row('a', 'first', 1, 'v')), isDurable: true }))
    await withStore(async (store) => {
      for (const i of [2, 3, 4]) await store.write({ ...puts(row('a', `e${i}`, i, 'v')), isDurable: true })
    })
    const intact = join(base, 'intact')
    await cp(folder, intact, { recursive: true })
    const log = (await readdir(folder)).find((name) => name.endsWith('.log'))!
    const whole = await readFile(join(folder, log))
    const third = Math.floor(whole.length / 3)
    const ends = [whole.subarray(0, 0), whole.subarray(0, third), whole.subarray(0, 2 * third), whole.subarray(0, -9)]
    for (const end of ends.flatMap((one) => [one, Buffer.concat([one, Buffer.alloc(whole.length - one.length)])])) {
      await rm(folder, { recursive: true })
      await cp(intact, folder, { recursive: true })
      await writeFile(join(folder, log), end)
      for (let again = 0; again < 2; again++) expect((await errorOf(contentOf())).code).to.equal('DAMAGED_STORE')
    }
  })

  it('a write torn off by the end of the process or the machine is not damage', async () => {
    await withStore((store) => store.write(puts(row('a', 'kept', 1, 'v'))))
    const [log] = (await readdir(folder)).filter((name) => name.endsWith('.log'))
    const path = join(folder, log!)
    const before = (await readFile(path)).length
    expect(before).to.be.greaterThan(0)
    await cp(folder, join(base, 'first'), { recursive: true })
    // A second record after the first, as another process left it: whole, then cut at every place, then zeroed.
    const first = await readFile(path)
    const whole = Buffer.concat([first, first])
    // Every place of the header, then every fifth.
    for (let cut = before; cut < whole.length; cut += cut < before + 8 ? 1 : 5) {
      for (const tail of [Buffer.alloc(0), Buffer.alloc(whole.length - cut), Buffer.alloc(5000)]) {
        if (tail.length > 0 && tail.length < 4) continue
        await rm(folder, { recursive: true })
        await cp(join(base, 'first'), folder, { recursive: true })
        await chmod(folder, 0o700)
        await writeFile(path, Buffer.concat([whole.subarray(0, cut), tail]))
        expect(await withStore((store) => collect(store, 'a')), `cut ${cut} tail ${tail.length}`).to.deep.equal([
          '1 kept v'
        ])
      }
    }
  })

  it('durable rows acknowledged before kill -9 are there afterwards, ten times over', async () => {
    const acknowledged = new Set<string>()
    for (let round = 0; round < 10; round++) {
      const child = spawn(process.execPath, [CHILD, folder, String(round)], { stdio: ['ignore', 'pipe', 'inherit'] })
      const wanted = acknowledged.size + 3 + round * 7
      let text = ''
      for await (const chunk of child.stdout) {
        text += chunk
        const lines = text.split('\n')
        text = lines.pop()!
        for (const line of lines) acknowledged.add(line.replace('ack ', ''))
        if (acknowledged.size >= wanted) child.kill('SIGKILL')
      }
      await withStore(async (store) => {
        const found = new Set<string>()
        for await (const { entry, value } of store.rows('durable')) {
          found.add(entry)
          expect(value).to.deep.equal(new Uint8Array(100).fill(9))
        }
        for (const entry of acknowledged) {
          expect(found.has(entry), entry).to.equal(true)
          // Not durable, but the process alone died: acknowledged means handed to the system.
          const [order] = [Number(entry.split('-')[1])]
          expect(await store.read({ room: 'loose', entry: `${entry}-4`, order })).to.not.equal(undefined)
        }
      })
    }
    expect(acknowledged.size).to.be.greaterThan(100)
  })

  it('after the disk refused a write every later one is refused, with the first cause, and the rest stays readable', async function () {
    if (process.platform === 'win32') return this.skip()
    await withStore(async () => {})
    // A limit on file size stands for the full disk; node ignores the signal that comes with it.
    const script = `ulimit -f 64; exec '${process.execPath}' '${CHILD}' '${folder}' full 2000`
    const child = spawn('sh', ['-c', script], { stdio: ['ignore', 'pipe', 'inherit'] })
    let text = ''
    for await (const chunk of child.stdout) text += chunk
    const lines = text.trim().split('\n')
    expect(lines.pop()).to.match(/^refused STORE_FAILED later STORE_FAILED cause LEVEL_/)
    expect(lines.length).to.be.greaterThan(0)
    if (child.exitCode === null) await once(child, 'exit')
    await withStore(async (store) => {
      for (const [order, line] of lines.entries()) {
        expect(await store.read({ room: 'durable', entry: line.replace('ack ', ''), order })).to.not.equal(undefined)
      }
    })
  })

  /** Does some work while every batch on its way to LevelDB passes through `seam`. */
  async function withBatch(
    seam: (operations: unknown[], options: { sync?: boolean }, real: () => Promise<void>) => Promise<void>,
    work: () => Promise<void>
  ): Promise<void> {
    const { batch } = ClassicLevel.prototype
    const put = (value: unknown) =>
      Object.defineProperty(ClassicLevel.prototype, 'batch', { configurable: true, writable: true, value })
    put(function (this: unknown, operations: unknown[], options: { sync?: boolean }) {
      return seam(operations, options, () => Reflect.apply(batch, this, [operations, options]))
    })
    try {
      await work()
    } finally {
      put(batch)
    }
  }

  it('one failed write ends all writing, also of what waits, with the first cause, though the disk recovers', async () => {
    const store = await openStore(folder, key())
    let count = 0
    await withBatch(
      async (_, __, real) => {
        if (++count === 1) throw new Error('fault 1')
        await real()
      },
      async () => {
        const write = (entry: string) => errorOf(store.write({ ...puts(row('a', entry, 0, 'v')), isDurable: true }))
        const first = [write('1'), write('2')]
        await Promise.resolve()
        await Promise.resolve()
        const errors = await Promise.all([...first, write('3'), write('4')])
        errors.push(await write('5'))
        for (const error of errors) {
          expect(error.code).to.equal('STORE_FAILED')
          expect((error.cause as Error).message).to.equal('fault 1')
        }
      }
    )
    expect(await collect(store, 'a')).to.deep.equal([])
    await store.close()
  })

  it('loose batches wait for company, a durable one takes them along, and of one row only the last word is written', async () => {
    const store = await openStore(folder, key())
    const calls: [number, boolean | undefined][] = []
    await withBatch(
      async (operations, options, real) => {
        calls.push([operations.length, options.sync])
        await real()
      },
      async () => {
        const loose = (entry: string) => store.write(puts(row('a', entry, 0, 'v')))
        const durable = (entry: string) => store.write({ ...puts(row('a', entry, 0, 'v')), isDurable: true })
        await Promise.all([loose('1'), loose('2'), loose('1')])
        await Promise.all([loose('4'), durable('5'), loose('4')])
        await loose('7')
        await durable('8')
      }
    )
    await store.close()
    expect(calls).to.deep.equal([
      [3, false],
      [3, true],
      [2, false],
      [2, true]
    ])
  })

  it('a reader that stops early leaves nothing open', async () => {
    await withStore(async (store) => {
      await store.write(puts(...Array.from({ length: 500 }, (_, i) => row('a', `e${i}`, i, 'v'))))
      for await (const { order } of store.rows('a')) if (order === 3) break
    })
    await withStore((store) => collect(store, 'a'))
  })

  it('a flood that the disk cannot follow is refused before memory is', async () => {
    await withStore(async (store) => {
      const value = new Uint8Array(1024 * 1024)
      const done = Array.from({ length: 100 }, (_, i) =>
        store.write({ puts: [{ room: 'a', entry: 'x', order: i, value }], deletes: [], isDurable: false })
      )
      const refusedCodes = (await Promise.allSettled(done)).flatMap((d) =>
        d.status === 'rejected' ? [d.reason.code] : []
      )
      expect(new Set(refusedCodes)).to.deep.equal(new Set(['STORE_BUSY']))
      await store.write(puts(row('a', 'later', 0, 'v')))
    })
  })
})
