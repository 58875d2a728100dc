import { spawn } from 'node:child_process'
import { chmod, cp, mkdir, mkdtemp, readdir, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect } from 'chai'
import { atMillis } from '../../src/base/time.ts'
import { readMessageRow } from '../../src/core/member/history.ts'
import { Peer } from '../../src/core/peer.ts'
import { signingKey } from '../../src/crypto/sign.ts'
import { openStore } from '../../src/node/open-store.ts'
import type { Row } from '../../src/node/store.ts'
import { openVault } from '../../src/node/vault.ts'
import { randomOf } from '../core/bus.ts'

const FIXTURE = fileURLToPath(new URL('../../../test/vectors/home-v1', import.meta.url))
const CHILD = fileURLToPath(new URL('./open-child.js', import.meta.url))

let base: string
let home: string
let folder: string
beforeEach(async () => {
  base = await mkdtemp(join(tmpdir(), 'conclave-migration-'))
  home = join(base, 'home')
  folder = join(home, 'store')
  await cp(FIXTURE, home, { recursive: true })
  await chmod(home, 0o700)
  await chmod(folder, 0o700)
  await chmod(join(home, 'vault.json'), 0o600)
})
afterEach(() => rm(base, { recursive: true, force: true }))

async function contents(): Promise<Row[]> {
  const { storeKey } = await openVault(home, undefined)
  const store = await openStore(folder, storeKey)
  try {
    return await Array.fromAsync(store.all())
  } finally {
    await store.close()
  }
}

const textsOf = (rows: readonly Row[]): string[] =>
  rows.flatMap((row) => readMessageRow(row)?.content.text?.text ?? []).sort()

const TEXTS = ['garden 0', 'garden 1', 'garden 2', 'garden 3', 'kitchen 0', 'kitchen 1', 'kitchen 2', 'kitchen 3']

function expectWhole(rows: readonly Row[]): void {
  expect(rows).to.have.length(33)
  expect(textsOf(rows)).to.deep.equal(TEXTS)
  const read = rows.find(({ room }) => room === 'program')
  expect(Buffer.from(read!.value).toString()).to.equal('eight')
}

describe('a store of version 1', () => {
  it('is brought to the newest form with every row, its messages in cohorts by the hour', async () => {
    const rows = await contents()
    expectWhole(rows)
    for (const one of rows) {
      const message = readMessageRow(one)
      if (message === undefined) expect(one.cohort, one.entry).to.equal(undefined)
      else {
        expect(one.cohort!.name).to.equal(one.room)
        expect(message.seenAt / 1000 - one.cohort!.since).to.be.within(0, 3_599)
      }
    }
    expect(await readdir(home)).to.have.members(['store', 'vault.json'])
    expect(await readdir(folder)).to.include.members(['COHORTS', 'MARK'])
    expect(await contents()).to.deep.equal(rows)
  })

  it('serves its peer as before', async () => {
    const rows = await contents()
    const key = signingKey(rows.find(({ entry }) => entry === 'seed')!.value)
    const peer = new Peer({ key, nick: 'alice' })
    const env = { now: atMillis(Date.UTC(2026, 10, 22, 0, 1)), uptimeMs: 0, random: randomOf('migrated') }
    peer.handle({ type: 'restore', rows: rows.filter(({ room }) => peer.rooms.includes(room)) }, env)
    const effects = peer.handle({ type: 'command', id: 1, command: { type: 'channels' } }, env)
    const result = effects.find((one) => one.type === 'result')
    if (result?.type !== 'result' || result.result instanceof Error || result.result.type !== 'channels')
      throw new Error('no channels')
    const views = result.result.channels
    expect(views.map(({ name, key: state }) => `${name} ${state}`).sort()).to.deep.equal([
      'garden ready',
      'kitchen ready'
    ])
    expect(views.map(({ waiting }) => waiting).sort()).to.deep.equal([0, 1])
  })

  it('is whole however far it had come when it ended', async () => {
    const begun = `${folder}.new`
    // While the copy was made: half a folder.
    await mkdir(begun, { mode: 0o700 })
    await writeFile(join(begun, 'CURRENT'), 'half')
    expectWhole(await contents())
    // Between the two renames, and after them: of two whole stores the new one counts.
    const migrated = join(base, 'migrated')
    await cp(folder, migrated, { recursive: true })
    for (const isRenamed of [false, true]) {
      await rm(folder, { recursive: true })
      await cp(join(FIXTURE, 'store'), `${folder}.old`, { recursive: true })
      await cp(migrated, isRenamed ? folder : begun, { recursive: true })
      await chmod(isRenamed ? folder : begun, 0o700)
      expectWhole(await contents())
      expect(await readdir(home)).to.have.members(['store', 'vault.json'])
    }
  })

  it('is left as it is when the disk is full, and can be opened once there is room', async function () {
    if (process.platform === 'win32') return this.skip()
    // A limit on file size stands for the full disk: the copy does not fit, small files do.
    const script = `ulimit -f 40; exec '${process.execPath}' '${CHILD}' '${home}'`
    const child = spawn('sh', ['-c', script], { stdio: ['ignore', 'pipe', 'inherit'] })
    let text = ''
    for await (const chunk of child.stdout) text += chunk
    expect(text).to.match(/^STORE_FAILED Could not save a change/)
    expect(await readdir(home)).to.have.members(['store', 'vault.json'])
    expect(await readdir(folder)).not.to.include('MARK')
    expectWhole(await contents())
  })

  it('that is damaged is refused, and left as it is', async () => {
    const [table] = (await readdir(folder)).filter((name) => name === '000008.ldb')
    await rm(join(folder, table!))
    const error = await contents().catch((thrown) => thrown)
    expect(error.code).to.equal('DAMAGED_STORE')
    expect(await readdir(home)).to.have.members(['store', 'vault.json'])
    await rename(folder, join(home, 'moved'))
  })
})
