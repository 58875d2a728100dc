/** A stranger on the topic: what it can read, and what it can do. */
import { randomBytes } from 'node:crypto'
import { type GossipSub, gossipsub } from '@libp2p/gossipsub'
import { identify } from '@libp2p/identify'
import { noise } from '@libp2p/noise'
import { tcp } from '@libp2p/tcp'
import { yamux } from '@libp2p/yamux'
import { multiaddr } from '@multiformats/multiaddr'
import { expect } from 'chai'
import { createLibp2p } from 'libp2p'
import { copyBytes, utf8, zeros } from '../../src/base/bytes.ts'
import { Peer } from '../../src/core/peer.ts'
import { framed, LABEL } from '../../src/crypto/labels.ts'
import { sign } from '../../src/crypto/sign.ts'
import { type Node, startNode } from '../../src/node/node.ts'
import { Needles } from '../../src/sim/checkers/needles.ts'
import { Admission, Frame } from '../../src/wire/messages.ts'
import { topicOf } from '../../src/wire/names.ts'
import { newKey, pause, Uncaught, until } from './hosts.ts'

const NAME = 'canary garden of the channel'
const NICKS = ['canaryalice', 'canarybobby'] as const

/** A libp2p node with gossip and nothing of ours. */
async function stranger(address: string, topic: string, record: Uint8Array[], stops: (() => Promise<void>)[]) {
  const libp2p = await createLibp2p({
    addresses: { listen: ['/ip4/127.0.0.1/tcp/0'] },
    transports: [tcp()],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux()],
    services: {
      identify: identify({ protocolPrefix: 'conclave' }),
      gossip: gossipsub({ globalSignaturePolicy: 'StrictNoSign' })
    }
  })
  stops.push(async () => libp2p.stop())
  const gossip: GossipSub = libp2p.services.gossip
  gossip.addEventListener('message', ({ detail }) => record.push(copyBytes(detail.data)))
  gossip.subscribe(topic)
  await libp2p.dial(multiaddr(address))
  await until('the stranger is in the topic', () => gossip.getSubscribers(topic).length > 0)
  return gossip
}

describe('a stranger on the topic', function () {
  this.timeout(90_000)
  const uncaught = new Uncaught()
  const stops: (() => Promise<void>)[] = []

  beforeEach(() => uncaught.watch())
  afterEach(async () => {
    for (const stop of stops.splice(0).reverse()) await stop()
    uncaught.unwatch()
    expect(uncaught.seen).to.deep.equal([])
  })

  it('records everything and finds no text, nick, channel name or key; whatever it sends back changes nothing', async () => {
    const peers: Peer[] = []
    const shown: string[][] = [[], []]
    const start = async (nick: string, bootstrap: string[], list: string[]): Promise<Node> => {
      const node = await startNode({
        nick,
        bootstrap,
        listen: ['/ip4/127.0.0.1/tcp/0'],
        isMdns: false,
        makeMachine(config) {
          const peer = new Peer(config)
          peers.push(peer)
          return peer
        }
      })
      stops.push(() => node.stop())
      node.onNotice((notice) => notice.type === 'message' && list.push(notice.content.text?.text ?? ''))
      return node
    }
    const alice = await start(NICKS[0], [], shown[0]!)
    const created = await alice.command({ type: 'createChannel', settings: { name: NAME, admission: Admission.OPEN } })
    if (created.type !== 'channel') throw new Error('a channel was made')
    const channel = created.channel.id
    const record: Uint8Array[] = []
    const gossip = await stranger(alice.addresses()[0]!, topicOf(channel), record, stops)
    const secrets = (): { name: string; bytes: Uint8Array }[] => peers.flatMap((peer) => peer.unsafeSecrets())
    const needles = new Needles()
    const learn = (): void => {
      for (const { name, bytes } of secrets()) needles.add(copyBytes(bytes), name, true)
    }
    learn()

    const bob = await start(NICKS[1], alice.addresses(), shown[1]!)
    const invited = await alice.command({ type: 'invite', channel, uses: 0, lifetimeMs: undefined, addresses: [] })
    if (invited.type !== 'invite') throw new Error('an invite was made')
    await bob.command({ type: 'join', invite: invited.invite })
    const isReady = async (): Promise<boolean> => {
      const views = await bob.command({ type: 'channels' })
      return views.type === 'channels' && views.channels[0]?.key === 'ready'
    }
    for (let i = 0; i < 300 && !(await isReady()); i++) await pause(50)
    learn()
    const said: string[] = []
    const say = async (node: Node, text: string): Promise<void> => {
      said.push(text)
      const content = { text: { text, replyTo: zeros(0), isAction: false } }
      await node.command({ type: 'say', channel, content, isPlain: false })
      await until(`"${text}" is read`, () => shown.every((list) => list.includes(text)))
      learn()
    }
    for (let i = 0; i < 4; i++) await say(i % 2 === 0 ? alice : bob, `canary words number ${i} for nobody else`)

    for (const text of [...said, NAME, ...NICKS]) needles.add(utf8(text), text, true)
    await until('the stranger has the messages too', () => record.length >= 8)
    for (const bytes of record) expect(needles.findIn(bytes)).to.equal(undefined)

    const topic = topicOf(channel)
    const throwIn = (bytes: Uint8Array): Promise<unknown> => gossip.publish(topic, bytes).catch(() => undefined)
    const key = newKey()
    for (const bytes of record.slice()) {
      await throwIn(bytes)
      const bent = copyBytes(bytes)
      bent[Math.floor(bent.length / 2)]! ^= 1
      await throwIn(bent)
      const frame = Frame.decode(bytes)
      const signature = sign(key, framed(LABEL.frameSign, utf8(topic), frame.body))
      await throwIn(Frame.encode({ ...frame, author: key.publicKey, signature }))
    }
    await throwIn(new Uint8Array(randomBytes(100_000)))
    for (let i = 0; i < 40; i++) await throwIn(new Uint8Array(randomBytes(1 + i * 40)))
    await pause(500)
    await say(alice, 'canary words after all that')
    await say(bob, 'and an answer, canary words too')
    expect(shown).to.deep.equal([said, said])
    for (const view of [alice, bob]) expect(view.failure).to.equal(undefined)
  })
})
