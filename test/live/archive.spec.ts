import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { EMPTY, hex } from '../../src/base/bytes.ts'
import { type Frame, readFrame } from '../../src/core/channel/frame.ts'
import { userIdText } from '../../src/core/identity/user.ts'
import { Peer } from '../../src/core/peer.ts'
import { initHome } from '../../src/node/home.ts'
import { type Node, type NodeInit, startNode } from '../../src/node/node.ts'
import type { Question } from '../../src/wire/messages.ts'
import { agree, Company, type Person, say } from './company.ts'
import { type LiveCarrier, liveCarrier, Uncaught, until } from './hosts.ts'

describe('a carrier that keeps messages, live', function () {
  this.timeout(60_000)
  const uncaught = new Uncaught()
  let folder: string
  let company: Company<Peer>
  let carriers: Node[]
  let askers: LiveCarrier[]

  beforeEach(async () => {
    uncaught.watch()
    folder = await mkdtemp(join(tmpdir(), 'conclave-carrier-'))
    company = new Company((config) => new Peer(config))
    carriers = []
    askers = []
  })
  afterEach(async () => {
    await company.stop()
    await Promise.all([...carriers, ...askers].map((one) => one.stop()))
    await rm(folder, { recursive: true, force: true })
    uncaught.unwatch()
    expect(uncaught.seen).to.deep.equal([])
  })

  async function carrier(init: Partial<NodeInit> = {}): Promise<Node> {
    const node = await startNode({ role: 'carrier', listen: ['/ip4/127.0.0.1/tcp/0'], isMdns: false, ...init })
    carriers.push(node)
    return node
  }

  /** Two members who talk where a carrier carries, until it has kept so many messages. */
  async function talk(among: Node, texts: readonly string[]): Promise<{ channel: Uint8Array; people: Person<Peer>[] }> {
    const people = [await company.start('alice'), await company.start('bob')]
    for (const { node } of people) node.connect(among.addresses())
    const { channel, invite } = await company.open(people[0]!, 'garden')
    await people[1]!.node.command({ type: 'join', invite })
    await until('both hold the key', () => agree(people, 2))
    await until('the carrier carries', () => among.topics().some(({ subscribers }) => subscribers.length === 2))
    for (const [i, text] of texts.entries()) await say(people[i % 2]!, channel, text)
    await until('the carrier has them', () => among.counters()['archive.frames'] === texts.length)
    return { channel, people }
  }

  /** Whoever knows the channel and asks for everything said in it. */
  async function asked(channel: Uint8Array, among: Node): Promise<readonly Uint8Array[]> {
    const asker = await liveCarrier({ bootstrap: among.addresses() })
    askers.push(asker)
    asker.carrier.subscribe(channel)
    await until('the carrier is there', () => asker.carrier.subscribers(channel).length === 1)
    const range = { sender: EMPTY, group: EMPTY, from: 0, to: Number.MAX_SAFE_INTEGER }
    const question: Question = { frames: { channel, ranges: [range] } }
    return (await asker.streams.ask(channel, undefined, [], question)).answer?.frames ?? []
  }

  const TEXTS = ['one', 'two', 'three', 'four']

  it('gives what members said to one who comes when they have gone, and can read none of it', async () => {
    const among = await carrier()
    const { channel, people } = await talk(among, TEXTS)
    await company.stop()
    const frames = await asked(channel, among)
    expect(frames).to.have.length(TEXTS.length)
    const authors = frames.map((bytes) => hex((readFrame(channel, bytes) as Frame).author))
    expect(new Set(authors)).to.deep.equal(new Set(people.map(({ node }) => hex(node.user))))
    for (const text of TEXTS) {
      expect(frames.some((bytes) => Buffer.from(bytes).includes(text))).to.equal(false)
    }
  })

  it('has them after a restart, and none when it is to keep none', async () => {
    const home = join(folder, 'carrier')
    await initHome(home, undefined, 'carrier')
    const among = await carrier({ home })
    const { channel } = await talk(among, TEXTS)
    await company.stop()
    await among.stop()
    const again = await carrier({ home })
    expect(await asked(channel, again)).to.have.length(TEXTS.length)
    await again.stop()
    const off = await carrier({ home, archive: { maxBytes: 0 } })
    await until('it has let go of them', () => off.counters()['archive.frames'] === 0)
    expect(await asked(channel, off)).to.have.length(0)
  })

  it('gives a member that was away what was said meanwhile, when nobody else is there', async () => {
    const among = await carrier()
    const home = join(folder, 'carol')
    await initHome(home, undefined, 'carol')
    const begin = (): Promise<Node> =>
      startNode({ home, bootstrap: among.addresses(), listen: [], isMdns: false, isDirectoryServer: false })
    const carol = await begin()
    carriers.push(carol)
    const people = [await company.start('alice'), await company.start('bob')]
    for (const { node } of people) node.connect(among.addresses())
    const { channel, invite } = await company.open(people[0]!, 'garden')
    await people[1]!.node.command({ type: 'join', invite })
    await carol.command({ type: 'join', invite })
    await until('all hold the key', () => agree([...people, { node: carol }], 3))
    await say(people[0]!, channel, 'before')
    await until('carol has it', async () => (await carol.messages(channel)).length === 1)
    await carol.stop()
    for (let i = 0; i < 20; i++) await say(people[i % 2]!, channel, `message ${i}`)
    await until('the carrier has them', () => among.counters()['archive.frames'] === 21)
    await company.stop()
    const again = await begin()
    carriers.push(again)
    await until('carol has them', async () => (await again.messages(channel)).length === 21, 30_000)
    const texts = (await again.messages(channel)).map(({ content }) => content.text?.text)
    expect(texts.toSorted()).to.deep.equal(
      ['before', ...Array.from({ length: 20 }, (_, i) => `message ${i}`)].toSorted()
    )
  })

  it('answers no question but for messages', async () => {
    const among = await carrier()
    const { channel } = await talk(among, TEXTS)
    const asker = await liveCarrier({ bootstrap: among.addresses() })
    askers.push(asker)
    const ask = (question: Question): Promise<unknown> =>
      asker.streams.ask(channel, among.user, [], question).then(({ answer }) => answer)
    await until('they are connected', () => asker.host.isConnected(userIdText(among.user)))
    expect(await ask({ descriptor: { channel } })).to.equal(undefined)
    expect(await ask({ record: { user: asker.host.user } })).to.equal(undefined)
    expect(await ask({ epochs: { channel, group: EMPTY, after: EMPTY, chunks: [] } })).to.equal(undefined)
    expect(await ask({ frames: { channel, ranges: [] } })).to.include({ isMore: false })
  })
})
