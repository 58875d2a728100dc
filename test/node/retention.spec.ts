/** A peer's messages after their time, for somebody who has the disk and the store key. */
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { ClassicLevel } from 'classic-level'
import { joinBytes, u32, utf8 } from '../../src/base/bytes.ts'
import { openAtRest } from '../../src/crypto/aead.ts'
import { derive } from '../../src/crypto/kdf.ts'
import { LABEL } from '../../src/crypto/labels.ts'
import { openStore } from '../../src/node/open-store.ts'
import { createVault } from '../../src/node/vault.ts'
import { Bus } from '../core/bus.ts'

const CANARY = 'the canary sings'

describe('messages whose time is over', () => {
  let home: string
  beforeEach(async () => {
    home = await mkdtemp(join(tmpdir(), 'conclave-retention-'))
  })
  afterEach(() => rm(home, { recursive: true, force: true }))

  it('open with no key that the store key and the files of the home give, wherever a row held them', async function () {
    this.timeout(60_000)
    const bus = new Bus('canary')
    const [alice, bob, carol] = [bus.add('alice'), bus.add('bob'), bus.add('carol')]
    // Two managers: what was sent is kept for a while, to be said again.
    const managers = [alice.key.publicKey, bob.key.publicKey]
    const channel = bus.open(alice, { retentionSeconds: 600, managers })
    const invite = bus.invite(alice, channel)
    for (const node of [bob, carol]) bus.join(node, invite)
    bus.pass(5_000)
    for (let i = 0; i < 5; i++) {
      bus.say(carol, channel, `${CANARY} ${i}`)
      bus.say(alice, channel, `${CANARY} too ${i}`)
      bus.pass(10_000)
    }
    bus.pass(1_200_000)
    const effects = bus.trace.filter(({ node }) => node === carol).map(({ effect }) => effect)
    const frames = bus.frames(channel).filter(({ kind }) => kind === 'message')
    expect(frames.length).to.be.at.least(10)

    const { storeKey } = await createVault(home, undefined)
    const folder = join(home, 'store')
    const written: { key: Uint8Array; value: Uint8Array }[] = []
    const { batch } = ClassicLevel.prototype
    const put = (value: unknown) =>
      Object.defineProperty(ClassicLevel.prototype, 'batch', { configurable: true, writable: true, value })
    /** Every key that can be had from the store key and the files. */
    const keys = async (): Promise<Uint8Array[]> => {
      const fileKey = derive(storeKey.expose(), LABEL.storeCohortsKey, [])
      const body = openAtRest(fileKey, u32(1), await readFile(join(folder, 'COHORTS')))!
      const windows = Array.from({ length: Math.max(0, body.length - 31) }, (_, i) => body.slice(i, i + 32))
      return [storeKey.expose(), derive(storeKey.expose(), LABEL.storeValueKey, []), fileKey, ...windows]
    }
    const tells = (text: string): boolean =>
      text.includes(CANARY) || frames.some(({ bytes }) => text.includes(Buffer.from(bytes).toString('latin1')))
    let storeId = new Uint8Array(0)
    /** How many of all values ever written tell a message to who has these keys. */
    const telling = async (): Promise<number> => {
      const all = await keys()
      return written.filter(({ key, value }) => {
        if (key.length !== 40) return false
        const length = value[0] === 0 ? 1 : 25
        const context = joinBytes(u32(2), storeId, key, value.subarray(0, length))
        return all.some((one) => {
          const opened = openAtRest(one, context, value.subarray(length))
          return opened !== undefined && tells(Buffer.from(opened).toString('latin1'))
        })
      }).length
    }
    const store = await openStore(folder, storeKey)
    put(function (this: unknown, operations: { type: string; key: Uint8Array; value: Uint8Array }[], options: unknown) {
      written.push(...operations.filter(({ type }) => type === 'put'))
      return Reflect.apply(batch, this, [operations, options])
    })
    try {
      const last = effects.findLastIndex(
        (one) => one.type === 'persist' && one.puts.some(({ room }) => room.startsWith('messages/'))
      )
      for (const effect of effects.slice(0, last + 1)) if (effect.type === 'persist') await store.write(effect)
      storeId = (await readSchemaOf(folder, store)).slice(4, 20)
      const reopened = await openStore(folder, storeKey)
      try {
        expect(await telling(), 'before').to.be.at.least(20)
        for (const effect of effects) {
          if (effect.type === 'destroy') await reopened.destroy(effect.cohort, effect.before)
        }
        for (const effect of effects.slice(last + 1)) if (effect.type === 'persist') await reopened.write(effect)
        expect(await telling(), 'after').to.equal(0)
        for await (const { entry, value } of reopened.all())
          expect(tells(Buffer.from(value).toString('latin1')), entry).to.equal(false)
      } finally {
        await reopened.close()
      }
    } finally {
      put(batch)
    }
    for (const name of await readdir(folder))
      expect((await readFile(join(folder, name))).includes(Buffer.from(utf8(CANARY))), name).to.equal(false)
  })
})

/** The schema row, read while the store is closed. */
async function readSchemaOf(folder: string, store: { close(): Promise<void> }): Promise<Uint8Array> {
  await store.close()
  const database = new ClassicLevel<Uint8Array, Uint8Array>(folder, {
    keyEncoding: 'view',
    valueEncoding: 'view',
    compression: false
  })
  await database.open()
  try {
    return (await database.get(utf8('schema')))!
  } finally {
    await database.close()
  }
}
