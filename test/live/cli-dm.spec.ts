import { expect } from 'chai'
import { type Ear, type Form, type Process, Stage } from './cli-processes.ts'

const LOCAL = ['--no-mdns', '--listen', '/ip4/127.0.0.1/tcp/0', '--no-passphrase', '--json']
const NAMES = ['alice', 'bob', 'carol', 'dave', 'erin'] as const
type Name = (typeof NAMES)[number]

describe('one-to-one talk, as real processes', function () {
  this.timeout(240_000)
  let stage: Stage
  const homes = {} as Record<Name, string>
  const peers = {} as Record<Name, Process>
  let address = ''
  let invite = ''

  /** A peer of a home that calls Alice's. */
  async function serve(home: string, name: string): Promise<Process> {
    const bootstrap = address === '' ? [] : ['--bootstrap', address]
    const process = stage.start('peer', '--headless', '--home', home, '--name', name, ...bootstrap, ...LOCAL)
    await process.form({ type: 'ready' })
    return process
  }

  const run = (who: Name, ...args: string[]) => stage.run(...args, '--home', homes[who], '--json')
  const ask = (who: Name, ...args: string[]): Promise<Form> => stage.ask(...args, '--home', homes[who])
  const readBy = async (who: Name, place: string): Promise<readonly Form[]> =>
    (await run(who, 'read', place, '--limit', '0', '--peek')).forms
  const conversationsOf = async (who: Name): Promise<Form[]> => (await ask(who, 'status'))['conversations'] as Form[]
  const codeOf = ([form = {}]: readonly Form[]): unknown => ((form['error'] ?? {}) as Form)['code']
  const texts = (forms: readonly Form[]): unknown[] => forms.map(({ text }) => text)

  beforeEach(async () => {
    stage = new Stage()
    address = ''
    for (const name of NAMES) homes[name] = await stage.home()
    peers.alice = await serve(homes.alice, 'alice')
    address = (peers.alice.forms()[0]!['listen'] as string[])[0]!
    await ask('alice', 'channel', 'create', 'garden')
    invite = String((await ask('alice', 'invite', 'garden'))['invite'])
    for (const name of NAMES.slice(1)) {
      peers[name] = await serve(homes[name], name)
      await ask(name, 'join', invite, '--timeout', '60s')
    }
    // Everybody is known to those who are spoken of.
    for (const name of ['alice', 'bob'] as const) await everybodyIn(name)
  })
  afterEach(() => stage.close())

  async function everybodyIn(who: Name): Promise<void> {
    const ear = await stage.listen(homes[who])
    const isMissing = async (): Promise<boolean> =>
      (await ear.call<{ members: Form[] }>('members', { channel: 'garden' })).members.length < NAMES.length
    for (let from = 0; await isMissing(); from = ear.count) await ear.hear({ type: 'roster', change: 'admitted' }, from)
  }

  it('is said, read, changed and confirmed by the two, and by nobody else', async () => {
    const ears: Record<'alice' | 'bob' | 'carol', Ear> = {
      alice: await stage.listen(homes.alice),
      bob: await stage.listen(homes.bob),
      carol: await stage.listen(homes.carol)
    }
    const hello = await ask('alice', 'dm', 'bob', 'not for the othrs', '--wait', 'seen')
    expect(hello).to.include({ state: 'seen', seenBy: 1, of: 1, channelName: '@bob', isEncrypted: true })
    expect(await ears.bob.hear({ text: 'not for the othrs' })).to.include({ channelName: '@alice', isEncrypted: true })
    const answer = await ask('bob', 'send', '@alice', 'nor this', '--reply', '^', '--wait', 'seen')
    expect(answer).to.include({ state: 'seen', channel: hello['channel'] })
    expect(await ears.alice.hear({ text: 'nor this' })).to.include({ replyTo: hello['id'] })

    await ask('alice', 'edit', '@bob', '^', 'not for the others')
    await ears.bob.hear({ kind: 'edit', text: 'not for the others', effect: 'in-force' })
    await ask('bob', 'react', '@alice', String(hello['id']), '👍')
    await ears.alice.hear({ kind: 'reaction', target: hello['id'] })
    const oops = await ask('bob', 'dm', 'alice', 'mockingbird')
    await ears.alice.hear({ text: 'mockingbird' })
    await ask('bob', 'delete', '@alice', '^')
    await ears.alice.hear({ kind: 'deletion', target: oops['id'], effect: 'in-force' })
    expect((await run('alice', 'edit', '@bob', String(answer['id']), 'forged')).code).to.equal(1)

    const shown = (forms: readonly Form[]) =>
      forms
        .map((form) => [
          form['id'],
          form['text'],
          form['isEdited'] === true,
          form['isDeleted'] === true,
          ((form['reactions'] ?? []) as Form[]).map(({ emoji }) => emoji)
        ])
        .sort()
    const expected = [
      [hello['id'], 'not for the others', true, false, ['👍']],
      [answer['id'], 'nor this', false, false, []],
      [oops['id'], '', false, true, []]
    ].sort()
    expect(shown(await readBy('alice', '@bob'))).to.deep.equal(expected)
    expect(shown(await readBy('bob', '@alice'))).to.deep.equal(expected)
    const seen = await ask('alice', 'seen', '@bob', String(hello['id']))
    expect((seen['seenBy'] as Form[]).map(({ nick }) => nick)).to.deep.equal(['bob'])
    expect(texts((await run('bob', 'search', 'OTHERS', '--channel', '@alice')).forms)[0]).to.equal('not for the others')
    expect((await run('bob', 'search', 'mockingbird')).forms).to.have.length(1)

    // Whoever carries it, and whoever else is in the channel, sees none of it.
    const [conversation] = await conversationsOf('alice')
    expect(conversation).to.include({ name: '@bob', session: 'open', trust: 'met', waiting: 0, unseen: 0 })
    for (const who of ['carol', 'dave', 'erin'] as const) {
      expect(await conversationsOf(who)).to.deep.equal([])
      expect((await run(who, 'search', 'others')).forms).to.have.length(1)
    }
    expect(ears.carol.forms.filter(({ type }) => type === 'message')).to.deep.equal([])
    expect(await readBy('alice', 'garden')).to.deep.equal([])
  })

  it('is with whom the safety numbers show, and with nobody of another key until that is trusted', async () => {
    await ask('alice', 'dm', 'bob', 'is it you?', '--wait', 'seen')
    const { safetyNumber } = await ask('alice', 'verify', 'bob')
    expect((await ask('bob', 'verify', 'alice'))['safetyNumber']).to.equal(safetyNumber)
    const digits = String(safetyNumber)
    const wrong = digits.replace(/\d$/, (last) => String((Number(last) + 1) % 10))
    const differs = await run('alice', 'verify', 'bob', '--code', wrong)
    expect([differs.code, codeOf(differs.forms)]).to.deep.equal([4, 'SAFETY_NUMBER_DIFFERS'])
    expect((await conversationsOf('alice'))[0]).to.include({ trust: 'met' })
    expect(await ask('alice', 'verify', 'bob', '--code', digits.replaceAll(' ', ''))).to.include({ isVerified: true })
    expect((await conversationsOf('alice'))[0]).to.include({ trust: 'verified' })
    const members = (await run('alice', 'members', 'garden')).forms
    expect(members.find(({ nick }) => nick === 'bob')).to.include({ trust: 'verified' })

    // Bob is gone, and somebody comes with his nick.
    const [old] = await conversationsOf('alice')
    await ask('alice', 'remove', 'garden', 'bob')
    await peers.bob.interrupt()
    const ear = await stage.listen(homes.alice)
    const home = await stage.home()
    await serve(home, 'bob')
    await stage.ask('join', invite, '--timeout', '60s', '--home', home)
    const { user } = await stage.ask('id', '--home', home)
    const admitted = await run('alice', 'members', 'garden')
    if (!admitted.forms.some((one) => one['user'] === user)) await ear.hear({ type: 'roster', change: 'admitted' })
    expect(user).to.not.equal(old!['user'])

    const refused = await stage.run('dm', 'bob', 'the key is under the mat', '--home', homes.alice)
    expect(refused.code).to.equal(4)
    expect(refused.err).to.match(/^conclave: Nothing was said\n {2}why: {2}.+another key.+\n {2}try: {2}.+\n$/)
    expect(refused.err).to.include(`conclave trust ${String(user)}`)
    expect(codeOf((await run('alice', 'dm', 'bob', 'the mat')).forms)).to.equal('KEY_CHANGED')
    await stage.ask('dm', 'alice', 'it is me', '--home', home)
    const rival = await ear.hear({ type: 'rival' })
    expect([(rival['user'] as Form)['user'], (rival['rival'] as Form)['user']]).to.deep.equal([user, old!['user']])
    expect(await ear.hear({ text: 'it is me' })).to.include({ with: user })

    const trusted = await ask('alice', 'trust', 'bob')
    expect(trusted).to.include({ user, trust: 'trusted' })
    expect(trusted['replaced']).to.include({ user: old!['user'], trust: 'verified' })
    expect(await ask('alice', 'dm', 'bob', 'welcome back', '--wait', 'seen')).to.include({ with: user, state: 'seen' })
    const said = (await stage.run('read', '@alice', '--limit', '0', '--peek', '--home', home, '--json')).forms
    expect(texts(said)).to.have.members(['it is me', 'welcome back'])
  })

  it('means by a nick whom this user knows by it, whoever else comes with it, until another is trusted', async () => {
    const first = await ask('alice', 'dm', 'bob', 'is it you?', '--wait', 'seen')
    const home = await stage.home()
    const ear = await stage.listen(homes.alice)
    await serve(home, 'bob')
    await stage.ask('join', invite, '--timeout', '60s', '--home', home)
    const { user, fingerprint } = await stage.ask('id', '--home', home)
    const members = await run('alice', 'members', 'garden')
    if (!members.forms.some((one) => one['user'] === user)) await ear.hear({ type: 'roster', change: 'admitted' })
    for (const [verb, whom] of [
      ['dm', 'bob'],
      ['dm', '@bob'],
      ['send', '@bob']
    ] as const)
      expect(await ask('alice', verb, whom, 'still you?', '--wait', 'seen')).to.include({ with: first['with'] })
    const refused = await run('alice', 'dm', String(fingerprint), 'and you?')
    expect([refused.code, codeOf(refused.forms)]).to.deep.equal([4, 'KEY_CHANGED'])
    const unclear = await stage.run('trust', 'bob', '--home', homes.alice)
    expect(unclear.code).to.equal(1)
    expect(unclear.err).to.match(/ \? not verified in #garden, bob \(.+\) ! nick known with another key in #garden/)
    const digits = String((await ask('alice', 'verify', String(user)))['safetyNumber'])
    const verified = await stage.run('verify', String(user), '--code', digits, '--home', homes.alice)
    expect(verified.out).to.match(/is verified\..+ The nick is its, and no longer that of bob \(/)
    for (const whom of ['bob', '@bob'])
      expect(await ask('alice', 'dm', whom, 'it is you', '--wait', 'seen')).to.include({ with: user })
    const [rival] = (await conversationsOf('alice')).flatMap((one) => one['rival'] ?? [])
    expect(rival).to.include({ user, nick: 'bob' })
  })

  it('is had in the chat, where its lines are told from those of channels', async () => {
    await peers.carol.interrupt()
    const options = ['--no-mdns', '--listen', '/ip4/127.0.0.1/tcp/0', '--bootstrap', address]
    const chat = stage.start('peer', 'garden', '--home', homes.carol, ...options)
    await chat.until('the ready line', () => /conclave is ready/.test(chat.out))
    const ear = await stage.listen(homes.bob)
    chat.type('/dm bob hello')
    expect(await ear.hear({ text: 'hello' })).to.include({ channelName: '@carol' })
    await chat.until('what was said', () => /@bob you: hello/.test(chat.out))
    await ask('bob', 'dm', 'carol', 'hello yourself')
    await chat.until('the answer', () => /@bob bob: hello yourself\n/.test(chat.out))
    chat.type('/dm bob')
    await chat.until('turning', () => /Now talking to @bob alone/.test(chat.out))
    chat.type('how are you?')
    expect(await ear.hear({ text: 'how are you?' })).to.include({ channelName: '@carol' })
    chat.type('/verify bob')
    const digits = String((await ask('bob', 'verify', 'carol'))['safetyNumber'])
    await chat.until('the number', () => chat.out.includes(digits.slice(0, 23)) && chat.out.includes(digits.slice(-23)))
    chat.type(`/verify bob ${digits.split('').reverse().join('')}`)
    await chat.until('the difference', () => /The safety numbers differ/.test(chat.out))
    chat.type('/trust bob')
    await chat.until('trust', () => /You trust bob/.test(chat.out))
    chat.type(`/verify bob ${digits}`)
    await chat.until('equality', () => /bob \(\S+\) is verified/.test(chat.out))
    chat.type('/who')
    await chat.until('the mark', () => /^bob .*✓ verified/m.test(chat.out))
    chat.type('/join #garden')
    chat.type('hello all')
    expect(await ear.hear({ text: 'hello all' })).to.include({ channelName: 'garden' })
    expect((await chat.interrupt()).code).to.equal(0)
  })

  it('is said to wait until somebody has it, everywhere alike', async () => {
    for (const name of ['bob', 'carol', 'dave', 'erin'] as const) await peers[name].interrupt()
    const ear = await stage.listen(homes.alice)
    const alone = await run('alice', 'dm', 'bob', 'anybody?', '--timeout', '3s')
    expect([alone.code, codeOf(alone.forms)]).to.deep.equal([3, 'NO_PEERS'])
    expect(await ear.hear({ text: 'anybody?' })).to.include({ state: 'waiting' })
    expect((await readBy('alice', '@bob')).map(({ state }) => state)).to.deep.equal(['waiting'])
    expect(await ask('alice', 'seen', '@bob')).to.include({ state: 'waiting' })
    expect((await run('alice', 'search', 'anybody')).forms[0]).to.include({ state: 'waiting' })
    expect((await conversationsOf('alice'))[0]).to.include({ waiting: 1, unseen: 1 })
    expect((await stage.run('read', '@bob', '--limit', '1', '--home', homes.alice)).out).to.include('[waiting]')
    const from = ear.count
    peers.bob = await serve(homes.bob, 'bob')
    expect(await ear.hear({ type: 'messageState' }, from, 60_000)).to.include({ state: 'sent', seenBy: 0, of: 1 })
    await ear.hear({ type: 'messageState', state: 'seen' }, from, 60_000)
    expect((await readBy('alice', '@bob')).map(({ state }) => state)).to.deep.equal(['seen'])
    expect((await conversationsOf('alice'))[0]).to.include({ waiting: 0, unseen: 0 })
  })

  it('has a place before the first text, to read, to compare numbers in and to type into', async () => {
    const before = await stage.run('read', '@bob', '--home', homes.alice)
    expect([before.code, before.out]).to.deep.equal([0, ''])
    expect(before.err).to.match(/^Nothing new with @bob\. \(.*conclave dm @bob TEXT/)
    expect(await ask('alice', 'verify', 'bob')).to.include({ isVerified: false })
    expect(await conversationsOf('alice')).to.deep.equal([])
    await peers.alice.interrupt()
    const port = /\/tcp\/(\d+)/.exec(address)![1]!
    const listen = ['--no-mdns', '--listen', `/ip4/127.0.0.1/tcp/${port}`]
    const chat = stage.start('peer', '--home', homes.alice, ...listen)
    await chat.until('the start', () => /conclave is ready/.test(chat.out))
    const ear = await stage.listen(homes.bob)
    for (const line of ['/dm bob', '/seen', '/search word', 'the first word']) chat.type(line)
    await chat.until('the turn', () => /Now talking to @bob alone/.test(chat.out))
    expect(await ear.hear({ text: 'the first word' }, 0, 60_000)).to.include({ channelName: '@alice' })
    chat.type('/search word')
    await chat.until('what was said', () => /1 message found/.test(chat.out))
    expect((await chat.interrupt()).code).to.equal(0)
  })

  it('is refused when nobody would see it, or it is no text', async () => {
    const blank = await stage.run('dm', 'bob', '   ', '--home', homes.alice)
    expect(blank.code).to.equal(1)
    expect(blank.err).to.match(/^conclave: There is nothing to send\n {2}why: {2}.+\n {2}try: {2}.+last word.+\n$/)
    const garbled = stage.start('dm', 'bob', '-', '--home', homes.alice)
    garbled.child.stdin.end(Buffer.from([0x61, 0xff, 0x62]))
    const { code, err } = await garbled.ended
    expect([code, /UTF-8/.test(err)]).to.deep.equal([1, true])
    expect(await conversationsOf('alice')).to.deep.equal([])
  })

  it('with whom no channel is shared waits until the other trusts and has answered', async () => {
    const home = await stage.home()
    await serve(home, 'frank')
    const { user } = await ask('alice', 'id')
    const { user: frank } = await stage.ask('id', '--home', home)
    const hello = await stage.run('dm', String(user), 'hello', '--timeout', '5s', '--home', home, '--json')
    expect([hello.code, codeOf(hello.forms)]).to.deep.equal([6, 'NOT_ANSWERED'])
    const [kept] = (await stage.run('read', `@${user}`, '--limit', '0', '--peek', '--home', home, '--json')).forms
    expect(kept).to.include({ text: 'hello', state: 'waiting' })
    expect(await conversationsOf('alice')).to.deep.equal([])
    const ear = await stage.listen(home)
    await ask('alice', 'trust', String(frank))
    await ear.hear({ type: 'messageState', state: 'seen' }, 0, 60_000)
    const again = await stage.ask('dm', String(user), 'hello again', '--home', home)
    expect(again).to.include({ state: 'sent', session: 'open' })
  })

  it('reaches who was killed when that is back, once', async () => {
    await ask('alice', 'dm', 'bob', 'one', '--wait', 'seen')
    await ask('bob', 'dm', 'alice', 'two', '--wait', 'seen')
    const ear = await stage.listen(homes.alice)
    await peers.bob.kill()
    const away = await run('alice', 'dm', 'bob', 'three', '--wait', 'seen', '--timeout', '8s')
    expect([away.code, codeOf(away.forms)]).to.deep.equal([6, 'NOT_SEEN'])
    await ask('alice', 'dm', 'bob', 'four', '--wait', 'none')
    expect((await conversationsOf('alice'))[0]).to.include({ unseen: 2 })
    const from = ear.count
    peers.bob = await serve(homes.bob, 'bob')
    await ear.hear({ type: 'messageState', state: 'seen' }, from, 60_000)
    const again = await stage.listen(homes.bob)
    const five = await ask('alice', 'dm', 'bob', 'five', '--wait', 'seen', '--timeout', '60s')
    expect(five).to.include({ state: 'seen' })
    expect(texts(await readBy('bob', '@alice'))).to.deep.equal(['one', 'two', 'three', 'four', 'five'])
    expect(again.forms.filter(({ text }) => text === 'five')).to.have.length(1)
    expect((await conversationsOf('alice'))[0]).to.include({ waiting: 0, unseen: 0 })

    // So does what the other says to who was killed.
    await peers.alice.kill()
    await ask('bob', 'dm', 'alice', 'six', '--wait', 'none')
    const port = /\/tcp\/(\d+)/.exec(address)![1]!
    const listen = ['--no-mdns', '--listen', `/ip4/127.0.0.1/tcp/${port}`, '--json']
    peers.alice = stage.start('peer', '--headless', '--home', homes.alice, ...listen)
    await peers.alice.form({ type: 'ready' })
    expect(await ask('bob', 'dm', 'alice', 'seven', '--wait', 'seen', '--timeout', '60s')).to.include({ state: 'seen' })
    expect(texts(await readBy('alice', '@bob'))).to.deep.equal(['one', 'two', 'three', 'four', 'five', 'six', 'seven'])
  })
})
