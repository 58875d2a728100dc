import { expect } from 'chai'
import { type Form, Stage } from './cli-processes.ts'

const LOCAL = ['--no-mdns', '--listen', '/ip4/127.0.0.1/tcp/0', '--no-passphrase', '--json']

describe('messages about messages, as real processes', function () {
  this.timeout(120_000)
  let stage: Stage

  beforeEach(() => {
    stage = new Stage()
  })
  afterEach(() => stage.close())

  /** Alice, who founded the channel, and Bob, each with a peer that runs. */
  async function pair() {
    const homes = { alice: await stage.home(), bob: await stage.home() }
    const alice = stage.start('peer', '--headless', '--home', homes.alice, '--name', 'alice', ...LOCAL)
    const address = ((await alice.form({ type: 'ready' }))['listen'] as string[])[0]!
    await stage.ask('channel', 'create', 'garden', '--home', homes.alice)
    const invite = String((await stage.ask('invite', 'garden', '--home', homes.alice))['invite'])
    const bob = stage.start(
      'peer',
      '--headless',
      '--home',
      homes.bob,
      '--name',
      'bob',
      '--bootstrap',
      address,
      ...LOCAL
    )
    await bob.form({ type: 'ready' })
    await stage.ask('join', invite, '--home', homes.bob)
    const ask = (who: 'alice' | 'bob', verb: string, ...rest: string[]): Promise<Form> =>
      stage.ask(verb, 'garden', ...rest, '--home', homes[who])
    const say = async (who: 'alice' | 'bob', text: string, ...rest: string[]): Promise<string> =>
      String((await ask(who, 'send', text, '--timeout', '30s', ...rest))['id'])
    return {
      homes,
      ask,
      say,
      bob,
      ears: { alice: await stage.listen(homes.alice), bob: await stage.listen(homes.bob) }
    }
  }

  it('are answered, edited, reacted to and deleted, and look the same to both', async () => {
    const { homes, ask, say, ears, bob } = await pair()
    const hello = await say('alice', 'helo')
    const oops = await say('alice', 'the password is mockingbird')
    await ears.bob.hear({ text: 'the password is mockingbird' })
    const answer = await say('bob', 'hi alice', '--reply', hello.slice(0, 8))
    expect(await ears.alice.hear({ id: answer })).to.deep.include({ replyTo: hello })
    await ask('alice', 'edit', hello, 'hello')
    expect(await ears.bob.hear({ kind: 'edit', text: 'hello' })).to.include({ target: hello, effect: 'in-force' })
    await ask('bob', 'react', '^2', '👍')
    await ears.alice.hear({ kind: 'reaction', target: hello })

    const foreign = await stage.run('edit', 'garden', hello, 'forged', '--home', homes.bob, '--json')
    expect([foreign.code, (foreign.forms[0]!['error'] as Form)['code']]).to.deep.equal([1, 'NOT_YOURS'])
    const unknown = await stage.run('delete', 'garden', 'ffffffffffff', '--home', homes.bob)
    expect(unknown.code).to.equal(1)
    expect(unknown.err).to.match(/^conclave: .+\n {2}why: {2}.+\n {2}try: {2}.+\n$/)

    const asked = await stage.run('delete', 'garden', oops, '--home', homes.alice)
    expect(asked.out).to.include('That is a request: it cannot make them')
    await ears.bob.hear({ kind: 'deletion', target: oops, effect: 'in-force' })

    const folded = async (home: string) =>
      (await stage.run('read', 'garden', '--limit', '0', '--peek', '--home', home, '--json')).forms.map((form) => [
        form['id'],
        form['text'],
        form['isEdited'] === true,
        form['isDeleted'] === true,
        ((form['reactions'] ?? []) as Form[]).map(({ emoji }) => emoji)
      ])
    const expected = [
      [hello, 'hello', true, false, ['👍']],
      [oops, '', false, true, []],
      [answer, 'hi alice', false, false, []]
    ]
    for (const home of Object.values(homes)) expect(await folded(home)).to.deep.equal(expected)
    const raw = await stage.run('read', 'garden', '--limit', '0', '--peek', '--raw', '--home', homes.bob, '--json')
    expect(raw.forms.map(({ kind }) => kind)).to.deep.equal(['text', 'text', 'text', 'edit', 'reaction', 'deletion'])
    expect(raw.out).to.include('helo').and.not.include('mockingbird')

    const search = (home: string, ...rest: string[]) => stage.run('search', ...rest, '--home', home, '--json')
    const hits = await search(homes.bob, 'HELLÓ', '--channel', 'garden', '--from', 'alice')
    expect(hits.forms.map(({ text }) => text)).to.deep.equal(['hello', undefined])
    expect(hits.forms.at(-1)).to.include({ type: 'searched', isMore: false })
    for (const home of Object.values(homes))
      for (const gone of ['mockingbird', 'helo ']) expect((await search(home, gone)).forms).to.have.length(1)

    // It stays so after a restart.
    await bob.kill()
    expect(await folded(homes.bob)).to.deep.equal(expected)
  })
})
