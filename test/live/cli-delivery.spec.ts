import { expect } from 'chai'
import { type Form, type Process, Stage } from './cli-processes.ts'

const LOCAL = ['--no-mdns', '--listen', '/ip4/127.0.0.1/tcp/0', '--no-passphrase', '--json']

describe('delivery, as real processes', function () {
  this.timeout(180_000)
  let stage: Stage

  beforeEach(() => {
    stage = new Stage()
  })
  afterEach(() => stage.close())

  it('is promised by the exit code of send, shown by read, seen and status, and never made up', async () => {
    const home = { alice: await stage.home(), bob: await stage.home(), carol: await stage.home() }
    const serve = async (who: keyof typeof home, ...more: string[]): Promise<Process> => {
      const process = stage.start('peer', '--headless', '--home', home[who], '--name', who, ...LOCAL, ...more)
      await process.form({ type: 'ready' })
      return process
    }
    const ask = (verb: string, ...rest: string[]): Promise<Form> =>
      stage.ask(verb, 'garden', ...rest, '--home', home.alice)
    const rowsOf = async (): Promise<readonly Form[]> =>
      (await stage.run('read', 'garden', '--limit', '0', '--peek', '--home', home.alice, '--json')).forms
    const healthOf = async (): Promise<unknown[]> =>
      ((await stage.ask('status', '--home', home.alice))['health'] as Form[]).map(({ code }) => code)
    const alice = await serve('alice')
    const address = (alice.forms()[0]!['listen'] as string[])[0]!
    await stage.ask('channel', 'create', 'garden', '--home', home.alice)
    const invite = String((await ask('invite'))['invite'])
    const bob = await serve('bob', '--bootstrap', address)
    const carol = await serve('carol', '--bootstrap', address)
    for (const who of [home.bob, home.carol]) await stage.ask('join', invite, '--home', who)
    const ear = await stage.listen(home.alice)

    const said = await ask('send', 'is anybody there?', '--wait', 'seen')
    expect(said).to.include({ state: 'seen', of: 2 })
    expect(said['seenBy']).to.be.within(1, 2)
    await ear.hear({ type: 'messageState', state: 'seen', id: said['id'], seenBy: 2, of: 2 })
    expect(await rowsOf()).to.have.length(1)
    expect((await rowsOf())[0]).to.include({ id: said['id'], state: 'seen', seenBy: 2, of: 2 })
    const shown = await stage.run('read', 'garden', '--limit', '0', '--peek', '--home', home.alice)
    expect(shown.out).to.match(/is anybody there\? {2}\[seen by 2 of 2\]\n$/)
    const who = (form: Form, part: string): unknown[] => (form[part] as Form[]).map(({ nick }) => nick).sort()
    const seen = await ask('seen')
    expect([who(seen, 'seenBy'), who(seen, 'notYet')]).to.deep.equal([['bob', 'carol'], []])

    // Bob is gone. Carol is connected, and stands still: what is sent is not seen.
    await bob.interrupt()
    carol.child.kill('SIGSTOP')
    const unseen = await stage.run(
      'send',
      'garden',
      'and now?',
      '--wait',
      'seen',
      '--timeout',
      '3s',
      '--home',
      home.alice
    )
    expect(unseen.code).to.equal(6)
    expect(unseen.err).to.match(/^conclave: Sent, and not seen by anybody yet\n {2}why: {2}.+\n {2}try: {2}.+\n$/)
    expect((await rowsOf()).at(-1)).to.include({ text: 'and now?', state: 'sent', seenBy: 0, of: 2 })
    expect(who(await ask('seen'), 'notYet')).to.deep.equal(['bob', 'carol'])
    const from = ear.count
    carol.child.kill('SIGCONT')
    await ear.hear({ type: 'messageState', state: 'seen', seenBy: 1, of: 2 }, from)
    expect(who(await ask('seen'), 'seenBy')).to.deep.equal(['carol'])

    // Nobody is left to carry it: it waits, and says so.
    await carol.interrupt()
    const unsent = await stage.run(
      'send',
      'garden',
      'alone',
      '--wait',
      'seen',
      '--timeout',
      '2s',
      '--home',
      home.alice,
      '--json'
    )
    expect([unsent.code, (unsent.forms[0]!['error'] as Form)['code']]).to.deep.equal([3, 'NO_PEERS'])
    expect((await rowsOf()).at(-1)).to.include({ type: 'waiting', text: 'alone' })
    expect(await healthOf()).to.include('messages-waiting')
    const until = ear.count
    await serve('bob', '--bootstrap', address)
    await ear.hear({ type: 'messageState', state: 'seen', seenBy: 1 }, until)
    expect((await rowsOf()).map(({ type, text, state }) => [type, text, state]).at(-1)).to.deep.equal([
      'message',
      'alone',
      'seen'
    ])
    expect(await healthOf()).not.to.include('messages-waiting')
  })
})
