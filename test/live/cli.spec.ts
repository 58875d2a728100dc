import { randomBytes } from 'node:crypto'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect } from 'chai'
import { acquireLock } from '../../src/node/lock.ts'
import { type Form, type Process, Stage } from './cli-processes.ts'
import { until } from './hosts.ts'

const LOCAL = ['--no-mdns', '--listen', '/ip4/127.0.0.1/tcp/0', '--no-passphrase']

describe('the command line, as real processes', function () {
  this.timeout(180_000)
  let stage: Stage

  beforeEach(() => {
    stage = new Stage()
  })
  afterEach(() => stage.close())

  /** A process that stays, and its ready form. */
  async function serve(
    verb: string,
    home: string,
    ...rest: string[]
  ): Promise<{ process: Process; ready: Form; address: string }> {
    const process = stage.start(...verb.split(' '), '--home', home, ...LOCAL, '--json', ...rest)
    const ready = await process.form({ type: 'ready' })
    return { process, ready, address: (ready['listen'] as string[])[0]! }
  }

  /** A carrier, a key manager, and a founder whose channel names that manager. */
  async function foundation() {
    const homes = {
      carrier: await stage.home(),
      manager: await stage.home(),
      alice: await stage.home(),
      bob: await stage.home()
    }
    const carrier = await serve('carrier', homes.carrier)
    const bootstrap = ['--bootstrap', carrier.address]
    const keyManager = await stage.ask('init', '--home', homes.manager, '--no-passphrase', '--name', 'carol')
    const alice = await serve('peer --headless', homes.alice, '--name', 'alice', ...bootstrap)
    const manager = String(keyManager['user'])
    const channel = await stage.ask('channel', 'create', 'garden', '--manager', manager, '--home', homes.alice)
    expect(channel['managers']).to.deep.equal([manager])
    const forManager = String((await stage.ask('invite', 'garden', '--home', homes.alice))['invite'])
    const carol = await serve('key-manager', homes.manager, ...bootstrap, forManager)
    // A join of a channel one is in already ends when its key is there.
    expect(await stage.ask('join', forManager, '--home', homes.alice)).to.include({ key: 'ready' })
    return { homes, bootstrap, carrier, alice, carol, manager, id: String(channel['id']) }
  }

  /** Waits until a home's peer sees so many others of the channel. */
  async function waitForOthers(home: string, count: number): Promise<void> {
    const ear = await stage.listen(home)
    await until('the others come', async () => {
      const { connected, key } = await ear.call('channel.show', { channel: 'garden' })
      return Number(connected) >= count && key === 'ready'
    })
  }

  it('four processes found one another by one bootstrap address and talk, with the key from a manager that is a third', async () => {
    const { homes, bootstrap, alice, carol, manager } = await foundation()
    const invite = String((await stage.ask('invite', 'garden', '--home', homes.alice))['invite'])

    // Bob's key comes from carol while alice, who founded the channel, is not there.
    const left = await alice.process.interrupt()
    expect(left.code).to.equal(0)
    const bob = await serve('peer --headless', homes.bob, '--name', 'bob', ...bootstrap)
    const joined = await stage.ask('join', invite, '--home', homes.bob)
    expect(joined).to.include({ name: 'garden', key: 'ready', manager })

    const aliceAgain = await serve('peer --headless', homes.alice, ...bootstrap)
    expect(aliceAgain.ready['id']).to.equal(alice.ready['id'])
    await waitForOthers(homes.alice, 2)
    await waitForOthers(homes.bob, 2)
    const atAlice = stage.start('read', 'garden', '--follow', '--events', '--json', '--home', homes.alice)
    const atBob = stage.start('read', 'garden', '--follow', '--json', '--home', homes.bob)

    const sent = await stage.ask('send', 'garden', 'hello alice', '--home', homes.bob)
    expect(sent).to.include({ state: 'sent', channelName: 'garden' })
    const heard = await atAlice.form({ text: 'hello alice' })
    expect(heard).to.include({ v: 1, type: 'message', nick: 'bob', isEncrypted: true, isOwn: false, id: sent['id'] })
    await stage.ask('send', '#garden', 'hello bob', '--home', homes.alice)
    const back = await atBob.form({ text: 'hello bob' })
    expect(back).to.include({ nick: 'alice', isOwn: false })
    // The reader also sees what its own home said.
    await atBob.form({ text: 'hello alice', isOwn: true })

    const members = await stage.run('members', 'garden', '--home', homes.bob, '--json')
    expect(members.forms.map(({ nick }) => nick)).to.have.members(['alice', 'bob', 'carol'])
    expect(carol.ready['id']).to.equal(manager)
    await atAlice.interrupt()
    await atBob.interrupt()
    void bob
  })

  it('a process that is killed and started again is the same user, in the same channels, and reads on', async () => {
    const { homes, bootstrap, carrier, alice, carol } = await foundation()
    const invite = String((await stage.ask('invite', 'garden', '--home', homes.alice))['invite'])
    const bob = await serve('peer --headless', homes.bob, '--name', 'bob', ...bootstrap)
    await stage.ask('join', invite, '--home', homes.bob)

    const port = /\/tcp\/(\d+)/.exec(carrier.address)![1]!
    await Promise.all([carrier.process.kill(), carol.process.kill(), alice.process.kill(), bob.process.kill()])

    const again = stage.start(
      'carrier',
      '--home',
      homes.carrier,
      '--json',
      '--no-mdns',
      '--listen',
      `/ip4/127.0.0.1/tcp/${port}`
    )
    expect((await again.form({ type: 'ready' }))['id']).to.equal(carrier.ready['id'])
    const carolAgain = await serve('key-manager', homes.manager, ...bootstrap)
    expect(carolAgain.ready['id']).to.equal(carol.ready['id'])
    // These two are told nothing: they call whom they knew.
    const aliceAgain = await serve('peer --headless', homes.alice)
    const bobAgain = await serve('peer --headless', homes.bob)
    expect([aliceAgain.ready['id'], bobAgain.ready['id']]).to.deep.equal([alice.ready['id'], bob.ready['id']])

    await waitForOthers(homes.alice, 2)
    await waitForOthers(homes.bob, 2)
    const atBob = stage.start('read', 'garden', '--follow', '--events', '--json', '--home', homes.bob)
    await stage.ask('send', 'garden', 'still here', '--home', homes.alice, '--timeout', '30s')
    await atBob.form({ text: 'still here', nick: 'alice' })
    await atBob.kill()
  })

  it('a message that could not be sent is kept over a kill, and sent later', async () => {
    const { homes, bootstrap, carrier, alice, carol } = await foundation()
    const invite = String((await stage.ask('invite', 'garden', '--home', homes.alice))['invite'])
    const bob = await serve('peer --headless', homes.bob, '--name', 'bob', ...bootstrap)
    await stage.ask('join', invite, '--home', homes.bob)
    const ear = await stage.listen(homes.alice)
    await Promise.all([bob.process.kill(), carol.process.kill(), carrier.process.kill()])
    await until('nobody is there', async () => (await ear.call<{ peers: Form[] }>('peers')).peers.length === 0)

    const waiting = await stage.run('send', 'garden', 'kept', '--home', homes.alice, '--timeout', '1s', '--json')
    expect(waiting.code).to.equal(3)
    expect(waiting.forms[0]!['error']).to.include({ code: 'NO_PEERS', isKept: true, retryable: true })
    await alice.process.kill()
    const port = /\/tcp\/(\d+)/.exec(carrier.address)![1]!
    const listen = ['--listen', `/ip4/127.0.0.1/tcp/${port}`]
    const again = stage.start('carrier', '--home', homes.carrier, '--json', '--no-mdns', ...listen)
    await Promise.all([
      again.form({ type: 'ready' }),
      serve('key-manager', homes.manager, ...bootstrap),
      serve('peer --headless', homes.bob, ...bootstrap)
    ])
    const atBob = stage.start('read', 'garden', '--follow', '--json', '--home', homes.bob)
    await serve('peer --headless', homes.alice, ...bootstrap)
    await atBob.form({ text: 'kept', nick: 'alice' })
  })

  it('commands without a running peer start one for themselves', async () => {
    const { homes, bootstrap, alice } = await foundation()
    const invite = String((await stage.ask('invite', 'garden', '--home', homes.alice))['invite'])
    await stage.ask('init', '--home', homes.bob, '--no-passphrase', '--name', 'bob')
    const joined = await stage.ask('join', invite, '--home', homes.bob, '--no-mdns', ...bootstrap)
    expect(joined).to.include({ key: 'ready' })
    const atAlice = stage.start('read', 'garden', '--follow', '--json', '--home', homes.alice)
    // Nobody said where to begin this time: the addresses of the last time are remembered.
    await stage.ask('send', 'garden', 'short and sweet', '--home', homes.bob, '--no-mdns')
    await atAlice.form({ text: 'short and sweet', nick: 'bob' })
    void alice
  })

  it('two chats without a terminal: lines in, lines out, commands obeyed, slips not sent', async () => {
    const homes = [await stage.home(), await stage.home()] as const
    const alice = stage.start('peer', '--home', homes[0], '--name', 'alice', ...LOCAL)
    const ready = await alice.until('the ready line', () =>
      /^conclave is ready {2}id=(\S+) listen=(\S+) socket=(\S+)$/m.exec(alice.out)
    )
    expect(ready[1]).to.match(/^12D3KooW/)
    const invite = await alice.until('an invite', () => /CONCLAVE1[A-Z0-9]+/.exec(alice.out)?.[0])
    expect(alice.err).to.include('NOT protected')
    const bob = stage.start('peer', '--home', homes[1], '--name', 'bob', ...LOCAL, invite)
    await bob.until('the key', () => bob.out.includes('end-to-end encrypted'))
    bob.type('hello from bob')
    await alice.until('the message', () => /bob: hello from bob/.test(alice.out))
    expect(alice.out).to.match(/-- bob \([A-Z2-7]{4}-[A-Z2-7]{4}\) was let in, by you/)
    alice.type('/qiut')
    alice.type('//slash')
    alice.type('/me waves')
    await bob.until('the action', () => bob.out.includes('* alice waves'))
    expect(bob.out).to.include('alice: /slash').and.not.include('qiut')
    expect(alice.out).to.include('There is no /qiut')
    alice.type('/who')
    await alice.until('the members', () => /bob +[A-Z2-7]{4}-[A-Z2-7]{4} .*12D3KooW/.test(alice.out))
    bob.child.stdin.end()
    expect((await bob.ended).code).to.equal(0)
    alice.type('/quit')
    expect((await alice.ended).code).to.equal(0)
  })

  it('a home in use says so, and by whom', async () => {
    const home = await stage.home()
    const { process } = await serve('peer --headless', home)
    const second = await stage.run('peer', '--home', home, '--no-passphrase')
    expect(second.code).to.equal(1)
    expect(second.err).to.match(/Cannot use .*\n {2}why: +Process \d+ is using it/)
    expect(second.err).to.include(String(process.child.pid))
    expect(second.err).to.match(/\n {2}try: /)
    expect(second.err).to.not.include('waiting for it')
    const asJson = await stage.run('carrier', '--home', home, '--json', '--no-passphrase')
    expect(asJson.forms[0]?.['error']).to.include({ code: 'HOME_IN_USE', retryable: true })
  })

  it('a home that another command holds for a moment is waited for, and not for long', async () => {
    const home = await stage.home()
    await stage.ask('init', '--home', home, '--no-passphrase')
    const [held, waiting] = [await acquireLock(home, { isBrief: true }), /using this home for a moment/]
    const peer = stage.start('peer', '--headless', '--home', home, '--no-mdns', '--json')
    await peer.until('that it waits', () => waiting.test(peer.err))
    await held.release()
    await peer.form({ type: 'ready' })
    expect(peer.err.match(waiting)).to.have.length(1)
    expect((await peer.interrupt()).code).to.equal(0)
    await acquireLock(home, { isBrief: true })
    const { code, forms } = await stage.run('key-manager', '--home', home, '--no-mdns', '--json')
    expect(code).to.equal(1)
    expect(forms.at(-1)?.['error']).to.include({ code: 'HOME_IN_USE' })
  })

  it('nothing secret is printed: no passphrase, no key of the store', async () => {
    const home = join(await stage.home(), 'deeper')
    await mkdir(home, { mode: 0o700 })
    const passphrase = randomBytes(12).toString('hex')
    const file = join(home, '..', 'passphrase')
    await writeFile(file, `${passphrase}\n`, { mode: 0o600 })
    const made = await stage.run('init', '--home', home, '--passphrase-file', file, '--json')
    const wrong = join(home, '..', 'wrong')
    await writeFile(wrong, 'not this one', { mode: 0o600 })
    const refused = await stage.run('id', '--home', home, '--passphrase-file', wrong)
    const missing = await stage.run('id', '--home', home, '--no-input')
    const opened = await stage.run('id', '--home', home, '--passphrase-file', file, '--json')
    expect([made.code, refused.code, missing.code, opened.code]).to.deep.equal([0, 1, 1, 0])
    expect(refused.err).to.include('does not fit')
    expect(opened.forms[0]).to.include({ user: made.forms[0]!['user'], protection: 'passphrase' })
    for (const { out, err } of [made, refused, missing, opened]) {
      expect(out + err).to.not.include(passphrase)
      expect(out + err).to.not.include('not this one')
    }
  })

  it('a first run with nobody to ask ends in a usable chat, and says loudly that it is not protected', async () => {
    const home = join(await stage.home(), 'new')
    const startedAt = performance.now()
    const peer = stage.start('peer', '--home', home, '--no-mdns')
    await peer.until('the ready line', () => peer.out.includes('conclave is ready'))
    expect(performance.now() - startedAt).to.be.below(10_000)
    await peer.until('the invite', () => /CONCLAVE1[A-Z0-9]+/.test(peer.out))
    expect(peer.err).to.include('NOT protected')
    peer.type('anybody here?')
    await peer.until('my message', () => /you: anybody here\? {2}\[waiting/.test(peer.out))
    const list = await stage.run('channel', 'list', '--home', home, '--json')
    expect(list.forms).to.have.length(1)
    expect(list.forms[0]).to.include({ v: 1, name: 'lobby', admission: 'open', isManager: true, key: 'ready' })
    expect((await peer.interrupt()).code).to.equal(0)
    // The second run finds all as it was.
    const again = stage.start('peer', '--home', home, '--no-mdns')
    await again.until('the history', () => again.out.includes('conclave is ready') && again.err === '')
    await again.interrupt()
  })

  it('standard input that is empty from the start keeps a peer running', async () => {
    const home = await stage.home()
    const peer = stage.start('peer', '--home', home, '--no-passphrase', '--no-mdns')
    peer.child.stdin.end()
    await peer.until('that it stays', () => peer.err.includes('running until stopped'))
    const status = await stage.ask('status', '--home', home)
    expect(status).to.include({ isRunning: true, role: 'peer' })
    peer.child.kill('SIGTERM')
    expect((await peer.ended).code).to.equal(0)
  })
})
