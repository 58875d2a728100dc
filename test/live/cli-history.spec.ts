import { expect } from 'chai'
import { type Form, Stage } from './cli-processes.ts'

const LOCAL = ['--no-mdns', '--listen', '/ip4/127.0.0.1/tcp/0', '--no-passphrase', '--json']

/** By channel: how newcomers get in, what they may read, and what of the three messages Erin reads. */
const CHANNELS = {
  none: { admission: 'members', history: 'none', reads: ['after'] },
  since: { admission: 'members', history: 'since-join', reads: ['between', 'after'] },
  invited: { admission: 'invite', history: 'since-join', reads: ['after'] },
  all: { admission: 'members', history: 'all', reads: ['before', 'between', 'after'] }
} as const
const NAMES = Object.keys(CHANNELS) as (keyof typeof CHANNELS)[]

describe('history policies, as real processes', function () {
  this.timeout(180_000)
  let stage: Stage

  beforeEach(() => {
    stage = new Stage()
  })
  afterEach(() => stage.close())

  it('let a newcomer read nothing of before, what was said since it was let in, or all', async () => {
    const home = { alice: await stage.home(), bob: await stage.home(), erin: await stage.home() }
    const serve = async (who: keyof typeof home, ...more: string[]) => {
      const process = stage.start('peer', '--headless', '--home', home[who], '--name', who, ...LOCAL, ...more)
      return await process.form({ type: 'ready' })
    }
    const userOf = async (who: 'bob' | 'erin'): Promise<string> => {
      await stage.ask('init', '--name', who, '--no-passphrase', '--home', home[who])
      return String((await stage.ask('id', '--home', home[who]))['user'])
    }
    const alice = (...args: string[]): Promise<Form> => stage.ask(...args, '--home', home.alice)
    const sayEverywhere = async (text: string): Promise<void> => {
      for (const name of NAMES) await alice('send', name, text, '--timeout', '30s')
    }
    const user = { bob: await userOf('bob'), erin: await userOf('erin') }
    const address = ((await serve('alice'))['listen'] as string[])[0]!
    await serve('bob', '--bootstrap', address)
    const ear = await stage.listen(home.bob)
    const invites: string[] = []
    for (const name of NAMES) {
      const { admission, history } = CHANNELS[name]
      await alice('channel', 'create', name, '--admission', admission, '--history', history)
      if (admission === 'members') await alice('admit', name, user.bob)
      invites.push(String((await alice('invite', name))['invite']))
      await stage.ask('join', invites.at(-1)!, '--home', home.bob)
    }
    await sayEverywhere('before')
    for (const name of NAMES.filter((one) => CHANNELS[one].admission === 'members')) {
      const from = ear.count
      await alice('admit', name, user.erin)
      await ear.hear({ type: 'roster', channelName: name, change: 'admitted' }, from)
    }
    await sayEverywhere('between')
    const erin = await serve('erin', '--bootstrap', address)
    expect(erin).to.include({ type: 'ready' })
    const heard = await stage.listen(home.erin)
    for (const invite of invites) await stage.ask('join', invite, '--home', home.erin)
    await sayEverywhere('after')
    for (const name of NAMES)
      for (const text of CHANNELS[name].reads) await heard.hear({ type: 'message', channelName: name, text })

    const read = async (name: string): Promise<unknown[]> =>
      (await stage.run('read', name, '--limit', '0', '--home', home.erin, '--json')).forms.map(({ text }) => text)
    for (const name of NAMES) expect(await read(name), name).to.deep.equal(CHANNELS[name].reads)
  })
})
