import { readdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { expect } from 'chai'
import { type Form, type Process, Stage } from './cli-processes.ts'

const LOCAL = ['--no-mdns', '--listen', '/ip4/127.0.0.1/tcp/0', '--no-passphrase', '--json']

describe('moving to another home, as real processes', function () {
  this.timeout(180_000)
  let stage: Stage

  beforeEach(() => {
    stage = new Stage()
  })
  afterEach(() => stage.close())

  async function serve(home: string, ...rest: string[]): Promise<{ process: Process; ready: Form }> {
    const process = stage.start('peer', '--headless', '--home', home, ...LOCAL, ...rest)
    return { process, ready: await process.form({ type: 'ready' }) }
  }

  it('a member takes its keys and its history along, and goes on speaking', async () => {
    const [alice, bob, empty] = [await stage.home(), await stage.home(), await stage.home()]
    const atAlice = await serve(alice, '--name', 'alice')
    const bootstrap = ['--bootstrap', (atAlice.ready['listen'] as string[])[0]!]
    await stage.ask('channel', 'create', 'garden', '--retention', '24h', '--home', alice)
    expect(await stage.ask('channel', 'show', 'garden', '--home', alice)).to.include({ retentionSeconds: 86_400 })
    const invite = String((await stage.ask('invite', 'garden', '--home', alice))['invite'])
    const atBob = await serve(bob, '--name', 'bob', ...bootstrap)
    await stage.ask('join', invite, '--home', bob)
    const reader = stage.start('read', 'garden', '--follow', '--json', '--home', alice)
    await stage.ask('send', 'garden', 'said at home', '--home', bob)
    await reader.form({ text: 'said at home' })
    expect(Number((await stage.ask('status', '--home', bob))['storeBytes'])).to.be.above(1_000)

    const secret = join(dirname(empty), `${empty.split('/').at(-1)}-secret`)
    const file = join(empty, 'bob.conclave')
    const moved = join(empty, 'moved')
    await writeFile(secret, 'for the way', { mode: 0o600 })
    const withSecret = ['--export-passphrase-file', secret]
    const busy = await stage.run('export', file, '--home', bob, ...withSecret)
    expect([busy.code, busy.err.includes('is using it')]).to.deep.equal([1, true])
    await atBob.process.interrupt()
    const unasked = await stage.run('export', file, '--home', bob)
    expect([unasked.code, unasked.err.includes('--export-passphrase-file')]).to.deep.equal([1, true])
    const exported = await stage.ask('export', file, '--home', bob, ...withSecret)
    expect(exported).to.include({ nick: 'bob', file })
    expect(await readdir(empty)).to.deep.equal(['bob.conclave'])

    const over = await stage.run('import', file, '--home', alice, '--no-passphrase', ...withSecret)
    expect([over.code, over.err.includes('never written over')]).to.deep.equal([1, true])
    const wrong = await stage.run('import', secret, '--home', moved, '--no-passphrase', ...withSecret)
    expect([wrong.code, wrong.err.includes('conclave export')]).to.deep.equal([1, true])
    expect(await readdir(empty)).to.deep.equal(['bob.conclave'])
    const imported = await stage.ask('import', file, '--home', moved, '--no-passphrase', ...withSecret)
    expect(imported).to.include({ user: exported['user'], nick: 'bob', home: moved })

    const history = await stage.run('read', 'garden', '--home', moved, '--json', '--no-mdns')
    expect(history.forms.map(({ text }) => text)).to.include('said at home')
    await serve(moved, ...bootstrap)
    expect(await stage.ask('send', 'garden', 'said from the new home', '--home', moved)).to.include({ state: 'sent' })
    await reader.form({ text: 'said from the new home', nick: 'bob' })
    await stage.ask('send', 'garden', 'welcome', '--home', alice)
    const atMoved = stage.start('read', 'garden', '--follow', '--json', '--home', moved)
    await atMoved.form({ text: 'welcome', nick: 'alice' })
    await reader.interrupt()
    await atMoved.interrupt()
  })
})
