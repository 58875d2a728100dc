import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import fs, { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { syncBuiltinESMExports } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect } from 'chai'
import { UsageError } from '../../src/base/errors.ts'
import { acquireLock, isHeldBriefly } from '../../src/node/lock.ts'

const CHILD = fileURLToPath(new URL('./lock-child.js', import.meta.url))

describe('node/lock', function () {
  this.timeout(60_000)
  let base: string
  let home: string
  let children: ChildProcess[] = []
  beforeEach(async () => {
    base = await mkdtemp(join(tmpdir(), 'conclave-lock-'))
    home = join(base, 'home')
  })
  afterEach(async () => {
    for (const child of children) child.kill('SIGKILL')
    children = []
    await rm(base, { recursive: true, force: true })
  })

  async function startChild(): Promise<ChildProcess & { nextLine(): Promise<string> }> {
    const child = spawn(process.execPath, [CHILD, home], { stdio: ['pipe', 'pipe', 'inherit'] })
    children.push(child)
    let text = ''
    child.stdout.on('data', (chunk) => {
      text += chunk
    })
    const nextLine = async (): Promise<string> => {
      while (!text.includes('\n')) await once(child.stdout, 'data')
      const end = text.indexOf('\n')
      const line = text.slice(0, end)
      text = text.slice(end + 1)
      return line
    }
    expect(await nextLine()).to.equal('started')
    return Object.assign(child, { nextLine })
  }

  const refusal = async (): Promise<UsageError> => {
    const error = await acquireLock(home).then(
      () => undefined,
      (thrown) => thrown
    )
    expect(error).to.be.instanceOf(UsageError)
    return error
  }

  const highestFile = async (): Promise<string> => {
    const numbers = (await readdir(join(home, 'lock'))).map(Number)
    return join(home, 'lock', String(Math.max(...numbers)))
  }

  it('a held home is refused with the owner by number, and free again after release', async () => {
    const lock = await acquireLock(home)
    const error = await refusal()
    expect(error.code).to.equal('HOME_IN_USE')
    expect(error.message).to.contain(`Process ${process.pid} `)
    await lock.release()
    await lock.release()
    const again = await acquireLock(home)
    await lock.release()
    expect((await refusal()).code).to.equal('HOME_IN_USE')
    await again.release()
  })

  it('a home held for one command only says so to whoever comes', async () => {
    for (const isBrief of [true, false]) {
      const lock = await acquireLock(home, { isBrief })
      expect(isHeldBriefly(await refusal())).to.equal(isBrief)
      await lock.release()
    }
  })

  it('a killed owner leaves the home usable', async () => {
    const child = await startChild()
    child.stdin?.write('x')
    expect(await child.nextLine()).to.equal('owner')
    const error = await refusal()
    expect(error.message).to.contain(`Process ${child.pid} `)
    child.kill('SIGKILL')
    await once(child, 'exit')
    await (await acquireLock(home)).release()
  })

  it('of many processes that race for a dead owner’s home exactly one gets it, and the others learn who', async () => {
    for (let round = 0; round < 5; round++) {
      const racers = await Promise.all(Array.from({ length: 4 }, () => startChild()))
      for (const racer of racers) racer.stdin?.write('x')
      const lines = await Promise.all(racers.map((racer) => racer.nextLine()))
      const owners = racers.filter((_, i) => lines[i] === 'owner')
      expect(owners.length, lines.join(' / ')).to.equal(1)
      const others = lines.filter((line) => line !== 'owner')
      for (const line of others) {
        expect(line).to.match(/^HOME_IN_USE /)
        expect(line).to.contain(`Process ${owners[0]?.pid} `)
      }
      for (const racer of racers) racer.kill('SIGKILL')
      await Promise.all(racers.map((racer) => racer.exitCode ?? racer.signalCode ?? once(racer, 'exit')))
    }
  })

  it('of many calls in one process exactly one gets the home', async () => {
    for (let round = 0; round < 20; round++) {
      const tries = await Promise.allSettled(Array.from({ length: 8 }, () => acquireLock(home)))
      const locks = tries.filter((t) => t.status === 'fulfilled')
      expect(locks.length).to.equal(1)
      for (const t of tries) if (t.status === 'rejected') expect(t.reason.code).to.equal('HOME_IN_USE')
      await locks[0]?.value.release()
    }
  })

  it('a racer that slept while others took over and cleaned up does not get the home', async () => {
    await (await acquireLock(home)).release()
    const { link } = fs
    const folder = join(home, 'lock')
    // Between the racer's look and its link, two others come: the number it makes is free again, but not the highest.
    fs.link = async (from, to) => {
      fs.link = link
      syncBuiltinESMExports()
      await (await acquireLock(home)).release()
      await acquireLock(home)
      await fs.rm(String(to))
      return link(from, to)
    }
    syncBuiltinESMExports()
    try {
      expect((await refusal()).code).to.equal('HOME_IN_USE')
      expect((await readdir(folder)).sort()).to.deep.equal(['1', '3'])
    } finally {
      fs.link = link
      syncBuiltinESMExports()
    }
  })

  it('a process id that another program took over does not hold the home', async function () {
    if (process.platform !== 'linux') return this.skip()
    await acquireLock(home)
    const owner = JSON.parse(await readFile(await highestFile(), 'utf8'))
    expect(owner.pid).to.equal(process.pid)
    await writeFile(await highestFile(), JSON.stringify({ ...owner, startedAt: '1' }))
    await acquireLock(home)
    await writeFile(await highestFile(), JSON.stringify({ ...owner, boot: 'an earlier one' }))
    await acquireLock(home)
    expect((await refusal()).code).to.equal('HOME_IN_USE')
  })

  it('an owner that is dead but not yet reaped does not hold the home', async function () {
    if (process.platform !== 'linux') return this.skip()
    // The shell becomes `sleep`, which never reaps the child it inherited; the child lives until that has happened.
    const parent = spawn('sh', ['-c', 'sh -c "sleep 0.3" & echo $!; exec sleep 60'])
    children.push(parent)
    const pid = Number(String((await once(parent.stdout, 'data'))[0]).trim())
    const stateOf = async () => (await readFile(`/proc/${pid}/stat`, 'utf8')).split(' ')[2]
    while ((await stateOf()) !== 'Z') await new Promise((done) => setTimeout(done, 5))
    await (await acquireLock(home)).release()
    await writeFile(await highestFile(), JSON.stringify({ pid }))
    await (await acquireLock(home)).release()
  })

  it('an unreadable lock file does not make the home unusable', async () => {
    await (await acquireLock(home)).release()
    await writeFile(await highestFile(), '')
    await (await acquireLock(home)).release()
    await writeFile(await highestFile(), '{"pid":')
    await (await acquireLock(home)).release()
  })

  it('files of the lock are private, and do not pile up', async () => {
    for (let i = 0; i < 20; i++) await (await acquireLock(home)).release()
    await writeFile(join(home, 'lock', 'draft-99999999-aa'), '')
    await acquireLock(home)
    const names = await readdir(join(home, 'lock'))
    expect(names.length).to.be.at.most(4)
    expect((await stat(join(home, 'lock'))).mode & 0o777).to.equal(0o700)
    for (const name of names) expect((await stat(join(home, 'lock', name))).mode & 0o777).to.equal(0o600)
  })

  it('a home that others can enter is refused', async () => {
    await rm(home, { recursive: true, force: true })
    const { mkdir, chmod } = await import('node:fs/promises')
    await mkdir(home)
    await chmod(home, 0o755)
    expect((await refusal()).code).to.equal('FOLDER_TOO_WIDE')
  })
})
