/**
 * The rows of the patent table (docs/protocol.md §0), walked with real processes: a key manager, a founder, members, and a
 * member manager, each with a home of its own. What is done is done with commands; what happens is heard at the peers.
 */
import { join } from 'node:path'
import { expect } from 'chai'
import { type Ear, type Form, Stage } from './cli-processes.ts'

const LOCAL = ['--no-mdns', '--listen', '/ip4/127.0.0.1/tcp/0', '--no-passphrase']

describe('what the patent asks for, from the command line', function () {
  this.timeout(90_000)
  const stage = new Stage()
  /** Homes by nick. */
  const home: Record<string, string> = {}
  const user: Record<string, string> = {}
  const ear: Record<string, Ear> = {}
  let bootstrap: string[] = []

  before(async () => {
    await Promise.all(['carol', 'alice', 'bob', 'dave', 'erin'].map(settleIn))
    const carol = await serve('key-manager', 'carol')
    bootstrap = ['--bootstrap', carol]
    await Promise.all(['alice', 'bob', 'dave'].map((nick) => serve('peer --headless', nick)))
    await Promise.all([
      found('garden'),
      found('brief', '--key-lifetime', '1m', '--grace', '10s', '--step', 'off'),
      found('vault', '--authentication', 'challenge')
    ])
    await Promise.all([enter('garden', 'bob'), enter('garden', 'dave'), enter('vault', 'bob')])
  })
  after(() => stage.close())

  async function settleIn(nick: string): Promise<void> {
    home[nick] = await stage.home()
    user[nick] = String((await stage.ask('init', '--home', home[nick]!, '--no-passphrase', '--name', nick))['user'])
  }

  /** A process that stays, and the address of its peer. */
  async function serve(verb: string, nick: string): Promise<string> {
    const process = stage.start(...verb.split(' '), '--home', home[nick]!, ...LOCAL, '--json', ...bootstrap)
    const ready = await process.form({ type: 'ready' })
    ear[nick] = await stage.listen(home[nick]!)
    running.set(nick, process)
    return (ready['listen'] as string[])[0]!
  }
  const running = new Map<string, ReturnType<Stage['start']>>()

  async function quit(nick: string): Promise<void> {
    await running.get(nick)!.interrupt()
  }

  /** What somebody's command answers; it must end well. */
  const ask = (nick: string, ...words: string[]): Promise<Form> => stage.ask(...words, '--home', home[nick]!)
  const list = async (nick: string, ...words: string[]): Promise<readonly Form[]> => {
    const { code, forms, out, err } = await stage.run(...words, '--home', home[nick]!, '--json')
    expect(code, out + err).to.equal(0)
    return forms
  }
  const refusal = async (nick: string, ...words: string[]): Promise<{ exit: number | null; code: string }> => {
    const { code, forms } = await stage.run(...words, '--home', home[nick]!, '--json')
    const error = forms.at(-1)?.['error'] as { code: string } | undefined
    return { exit: code, code: error?.code ?? 'none' }
  }

  /** Alice founds a channel whose keys carol makes. */
  async function found(name: string, ...settings: string[]): Promise<void> {
    await ask('alice', 'channel', 'create', name, '--manager', user['carol']!, ...settings)
    await enter(name, 'carol')
    await enter(name, 'alice')
  }

  async function enter(name: string, nick: string): Promise<Form> {
    const { invite } = await ask('alice', 'invite', name)
    return await ask(nick, 'join', String(invite))
  }

  const keyOf = async (nick: string, name: string, group?: string): Promise<Form> => {
    const lines = await list(nick, 'keys', name)
    return lines.find((one) => one['groupName'] === group) ?? {}
  }
  const memberOf = async (nick: string, name: string, who: string): Promise<Form | undefined> =>
    (await list(nick, 'members', name)).find((one) => one['user'] === user[who])

  /** Waits for the next epoch of a channel with this reason. */
  const epoch = (nick: string, channelName: string, reason: string, from: number, patienceMs?: number): Promise<Form> =>
    ear[nick]!.hear({ type: 'epoch', channelName, reason }, from, patienceMs)

  // ------------------------------------------------------------ keys and how they are handed out

  it('each channel has a key of its own, the same for all its members, with a name and a deadline', async () => {
    const [garden, brief] = [await keyOf('alice', 'garden'), await keyOf('alice', 'brief')]
    expect(garden['commitment']).to.match(/^[0-9a-f]{32}$/)
    expect(garden['commitment']).to.not.equal(brief['commitment'])
    for (const nick of ['bob', 'carol', 'dave']) {
      const { commitment, epoch: name, notAfter } = await keyOf(nick, 'garden')
      expect({ commitment, name, notAfter }, nick).to.deep.equal({
        commitment: garden['commitment'],
        name: garden['epoch'],
        notAfter: garden['notAfter']
      })
    }
    const day = 24 * 3_600_000
    expect(Number(garden['notAfter']) - Date.now()).to.be.within(day - 120_000, day + 1000)
    expect(Number(brief['notAfter']) - Date.now()).to.be.below(61_000)
    expect((garden['issuer'] as Form)['user']).to.equal(user['carol'])
  })

  it('who asks through the channel shows who it is by a challenge, where the channel wants that', async () => {
    expect(await enter('vault', 'dave')).to.include({
      key: 'ready',
      authentication: 'challenge',
      manager: user['carol']
    })
  })

  it('a member registers with its nick, and the key manager tells others its public keys by id and by nick', async () => {
    const byNick = await ask('bob', 'whois', 'garden', 'dave')
    const byId = await ask('bob', 'whois', 'garden', user['dave']!)
    expect(byNick).to.include({ user: user['dave'], nick: 'dave', record: byId['record'] })
    expect(byNick['prekey']).to.match(/^[0-9a-f]{32}$/)
    expect((await ask('dave', 'record'))['prekey']).to.equal(byNick['prekey'])
    expect(await refusal('bob', 'whois', 'garden', 'nobody')).to.deep.equal({ exit: 5, code: 'NOT_A_MEMBER' })
  })

  it('one record, and so one public key, serves every channel', async () => {
    const inGarden = await ask('carol', 'whois', 'garden', user['bob']!)
    const inVault = await ask('carol', 'whois', 'vault', user['bob']!)
    expect(inVault['prekey']).to.equal(inGarden['prekey'])
  })

  it('keys of users are registered in advance, by a member manager that makes no keys itself', async () => {
    await found('ops', '--admission', 'members', '--member-manager', user['dave']!)
    const file = join(home['erin']!, 'erin.record')
    await ask('erin', 'record', '--out', file)
    await ask('alice', 'admit', 'ops', user['dave']!)
    await enter('ops', 'dave')
    expect(await memberOf('dave', 'ops', 'dave')).to.include({ isMemberManager: true, isManager: false })
    const admitted = await ask('dave', 'admit', 'ops', '--records', file)
    expect(admitted).to.deep.include({ users: [user['erin']], imported: [user['erin']] })
    await serve('peer --headless', 'erin')
    expect(await enter('ops', 'erin')).to.include({ key: 'ready', manager: user['carol'] })
    const from = ear['alice']!.count
    expect(await ask('dave', 'remove', 'ops', user['erin']!, '--for-cause')).to.include({ isApplied: true })
    const removed = await ear['alice']!.hear({ type: 'roster', change: 'removed', channelName: 'ops' }, from)
    expect((removed['by'] as Form)['user']).to.equal(user['dave'])
    const { issuer } = await epoch('alice', 'ops', 'removed', from)
    expect((issuer as Form)['user']).to.equal(user['carol'])
  })

  it('an invite for one lets in one, and a revoked one nobody', async () => {
    const once = await ask('alice', 'invite', 'brief', '--once')
    const revoked = await ask('alice', 'invite', 'brief')
    await ask('alice', 'invite', 'revoke', 'brief', String(revoked['token']).slice(0, 8))
    expect(await ask('bob', 'join', String(once['invite']))).to.include({ key: 'ready' })
    const late = await Promise.all([
      refusal('dave', 'join', String(once['invite']), '--timeout', '3s'),
      refusal('erin', 'join', String(revoked['invite']), '--timeout', '3s')
    ])
    for (const one of late) expect(one).to.deep.equal({ exit: 6, code: 'TIMEOUT' })
    const invites = await list('alice', 'invite', 'list', 'brief')
    const used = invites.find(({ token }) => token === once['token'])
    expect(used).to.include({ uses: 1, isRevoked: false })
    expect((used!['redeemers'] as Form[]).map((one) => one['user'])).to.deep.equal([user['bob']])
    expect(invites.find(({ token }) => token === revoked['token'])).to.include({ isRevoked: true })
  })

  // ------------------------------------------------------------ groups, and what is said

  it('a group has a key of its own: who is not in it can neither read nor have it', async () => {
    const made = await ask('carol', 'group', 'create', 'garden', 'night shift', user['alice']!, user['bob']!)
    expect(made).to.include({ isApplied: true, groupName: 'night shift' })
    const group = String(made['group'])
    await ear['bob']!.hear({ type: 'epoch', group })
    const from = ear['dave']!.count
    await ask('alice', 'send', 'garden', 'at nine', '--group', 'night shift')
    await ask('alice', 'send', 'garden', 'good morning')
    expect(await ear['bob']!.hear({ text: 'at nine' })).to.include({
      group,
      groupName: 'night shift',
      isEncrypted: true
    })
    await ear['dave']!.hear({ text: 'good morning' }, from)
    expect(ear['dave']!.hasHeard('at nine')).to.equal(false)
    const [channel, own] = [await keyOf('bob', 'garden'), await keyOf('bob', 'garden', 'night shift')]
    expect(own['commitment']).to.be.a('string').and.not.equal(channel['commitment'])
    expect((await keyOf('dave', 'garden', 'night shift'))['commitment']).to.equal(undefined)
    expect((await list('bob', 'read', 'garden', '--group', group.slice(0, 8))).map(({ text }) => text)).to.deep.equal([
      'at nine'
    ])

    expect(await ask('carol', 'group', 'remove', 'garden', 'night shift', 'bob')).to.include({ isApplied: true })
    await ear['bob']!.hear({ type: 'group', group, change: 'taken-out' })
    await ask('alice', 'send', 'garden', 'without bob', '--group', 'night shift')
    await ask('alice', 'send', 'garden', 'good night')
    await ear['bob']!.hear({ text: 'good night' })
    expect(ear['bob']!.hasHeard('without bob')).to.equal(false)
    expect((await refusal('bob', 'send', 'garden', 'me too', '--group', group)).exit).to.be.oneOf([1, 5])
    expect(await ask('carol', 'group', 'dissolve', 'garden', group)).to.include({ isApplied: true })
  })

  it('encrypted and plain messages share a channel where it is mixed, marked by what decryption says', async () => {
    await found('square', '--privacy', 'mixed')
    await enter('square', 'bob')
    await ask('alice', 'send', 'square', 'for all the world', '--plain')
    await ask('alice', 'send', 'square', 'for us')
    expect(await ear['bob']!.hear({ text: 'for all the world' })).to.include({ isEncrypted: false })
    expect(await ear['bob']!.hear({ text: 'for us' })).to.include({ isEncrypted: true })
    const { out } = await stage.run('read', 'square', '--limit', '2', '--home', home['bob']!)
    expect(out).to.match(/for all the world \[plain\]\n.*for us\n/)
    expect(await refusal('alice', 'send', 'garden', 'a slip', '--plain')).to.deep.equal({
      exit: 1,
      code: 'PLAIN_FORBIDDEN'
    })
  })

  it('what newcomers may read of before is for the channel to say: nothing, or all', async () => {
    await Promise.all([found('closed'), found('archive', '--history', 'all')])
    for (const name of ['closed', 'archive']) await ask('alice', 'send', name, `early in ${name}`)
    await Promise.all(['closed', 'archive'].map((name) => enter(name, 'bob')))
    await ear['bob']!.hear({ text: 'early in archive' })
    await ask('alice', 'send', 'closed', 'late in closed')
    await ear['bob']!.hear({ text: 'late in closed' })
    expect(ear['bob']!.hasHeard('early in closed')).to.equal(false)
  })

  // ------------------------------------------------------------ a new key when there is reason for one

  it('a new key comes on demand of somebody who may make statements, and of nobody else', async () => {
    const before = await keyOf('alice', 'garden')
    const from = ear['bob']!.count
    const after = await ask('alice', 'rekey', 'garden')
    expect(after).to.include({ reason: 'demand' }).and.not.include({ commitment: before['commitment'] })
    await epoch('bob', 'garden', 'demand', from)
    expect((await keyOf('bob', 'garden'))['commitment']).to.equal(after['commitment'])
    expect(await refusal('bob', 'rekey', 'garden')).to.deep.equal({ exit: 1, code: 'NOT_ALLOWED' })
  })

  it('a new key comes when a member withdraws', async () => {
    const from = ear['alice']!.count
    await ask('bob', 'channel', 'leave', 'vault')
    await epoch('alice', 'vault', 'withdrawn', from)
    expect(await memberOf('alice', 'vault', 'bob')).to.equal(undefined)
  })

  it('a new key comes when a member is removed, who reads nothing from then on', async () => {
    await enter('garden', 'erin')
    const from = ear['bob']!.count
    expect(await ask('alice', 'remove', 'garden', user['erin']!)).to.include({ isApplied: true })
    await epoch('bob', 'garden', 'removed', from)
    await ear['erin']!.hear({ type: 'keyState', channelName: 'garden', state: 'removed' })
    await ask('alice', 'send', 'garden', 'among ourselves')
    await ear['bob']!.hear({ text: 'among ourselves' }, from)
    expect(ear['erin']!.hasHeard('among ourselves')).to.equal(false)
    expect(await refusal('erin', 'send', 'garden', 'still here', '--timeout', '1s')).to.deep.equal({
      exit: 5,
      code: 'REMOVED'
    })
  })

  it('a new key comes after a silence', async () => {
    await found('quiet', '--idle', '3s')
    await epoch('alice', 'quiet', 'idle', 0)
  })

  it('a new key comes when the first member comes after there was none', async () => {
    const from = ear['carol']!.count
    await Promise.all([...running.keys()].filter((nick) => nick !== 'carol').map(quit))
    await ear['carol']!.hear({ type: 'presence', channelName: 'garden', online: 1 }, from)
    await serve('peer --headless', 'alice')
    await epoch('carol', 'garden', 'first-member', from)
  })

  it('a new key comes when the old one is due, and the members know how many hold it', async () => {
    await epoch('carol', 'brief', 'deadline', 0, 75_000)
    const { members, holders } = await keyOf('carol', 'brief')
    expect(Number(holders)).to.be.within(1, Number(members))
  })

  it('without a key manager there is no new key, and the exit code says so', async () => {
    await quit('carol')
    expect(await refusal('alice', 'rekey', 'garden', '--timeout', '8s')).to.deep.equal({
      exit: 5,
      code: 'NO_KEY_MANAGER'
    })
  })
})
