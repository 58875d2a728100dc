import { type ChildProcess, fork } from 'node:child_process'
import { createSocket } from 'node:dgram'
import { createServer, type Server, type Socket, connect as tcpConnect } from 'node:net'
import { fileURLToPath } from 'node:url'
import { multiaddr } from '@multiformats/multiaddr'
import { expect } from 'chai'
import { hasRoomFor, MAX_CONNECTIONS_PER_HOST } from '../../src/node/gater.ts'
import { type LiveCarrier, liveCarrier, liveHost, pause, plainFrame, seeded, Uncaught, until } from './hosts.ts'

const SEED = Number(process.env['SEED'] ?? 1)
const DIALS = 3_000
const PARALLEL = 48
const CHANNEL = new Uint8Array(32)
const MULTISTREAM = Buffer.from('\x13/multistream/1.0.0\n', 'latin1')
const NOISE = Buffer.from('\x07/noise\n', 'latin1')

const portOf = (address: string): number => Number(/\/tcp\/(\d+)/.exec(address)![1])

/** A child process that is killed and started again for as long as the test wants. */
class Victim {
  address: string | undefined
  kills = 0
  #child: ChildProcess | undefined
  #isOver = false

  async start(): Promise<void> {
    const child = fork(fileURLToPath(new URL('./victim-child.js', import.meta.url)), [], {
      stdio: ['ignore', 'pipe', 'ignore', 'ipc']
    })
    this.#child = child
    await new Promise<void>((resolve) => {
      child.stdout!.once('data', (line: Buffer) => {
        this.address = String(line).trim()
        resolve()
      })
      child.once('exit', () => resolve())
    })
  }

  async killForEver(random: () => number): Promise<void> {
    while (!this.#isOver) {
      await pause(200 + 800 * random())
      if (this.#isOver) return
      const gone = new Promise((resolve) => this.#child?.once('exit', resolve))
      this.#child?.kill('SIGKILL')
      await gone
      this.kills++
      if (!this.#isOver) await this.start()
    }
  }

  end(): void {
    this.#isOver = true
    this.#child?.kill('SIGKILL')
  }
}

/** Servers that no honest peer would be. */
async function badServers(): Promise<{ ports: number[]; close(): void }> {
  const sockets = new Set<Socket>()
  const behaviours: ((socket: Socket) => void)[] = [
    (socket) => socket.resetAndDestroy(),
    (socket) => void socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'),
    (socket) => void socket.write(Buffer.concat([MULTISTREAM, NOISE, Buffer.alloc(300, 7)])),
    (socket) => void socket.write(Buffer.alloc(64 * 1024, 0xff)),
    (socket) => void socket.once('data', () => socket.resetAndDestroy()),
    (socket) => {
      socket.write(Buffer.concat([MULTISTREAM, NOISE]))
      socket.once('data', () => socket.once('data', () => socket.destroy()))
    },
    // Says nothing, for ever.
    () => {}
  ]
  const servers: Server[] = []
  for (const behave of behaviours) {
    const server = createServer((socket) => {
      sockets.add(socket)
      socket.on('error', () => {}).on('close', () => sockets.delete(socket))
      behave(socket)
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    servers.push(server)
  }
  const ports = servers.map((server) => (server.address() as { port: number }).port)
  return {
    ports,
    close() {
      for (const server of servers) server.close()
      for (const socket of sockets) socket.destroy()
    }
  }
}

/** One rude visit to a port. */
async function visit(port: number, random: () => number): Promise<void> {
  const bytes = [
    Buffer.alloc(0),
    Buffer.alloc(1 + Math.floor(4096 * random()), Math.floor(256 * random())),
    MULTISTREAM,
    Buffer.concat([MULTISTREAM, NOISE]),
    Buffer.concat([MULTISTREAM, NOISE, Buffer.from([0xff, 0xff]), Buffer.alloc(70_000, 1)]),
    Buffer.concat([MULTISTREAM, NOISE, Buffer.from([0, 32]), Buffer.alloc(32, 9)]),
    Buffer.concat([MULTISTREAM, Buffer.from([0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f])])
  ][Math.floor(7 * random())]!
  const isReset = random() < 0.5
  await new Promise<void>((resolve) => {
    const socket = tcpConnect(port, '127.0.0.1', () => {
      socket.write(bytes)
      setTimeout(() => (isReset ? socket.resetAndDestroy() : socket.destroy()), 20 * random())
    })
    socket.on('error', () => {}).on('close', () => resolve())
  })
}

/** Does `count` things, so many at once. */
async function many(count: number, parallel: number, one: (i: number) => Promise<unknown>): Promise<void> {
  let next = 0
  const worker = async (): Promise<void> => {
    while (next < count) await one(next++)
  }
  await Promise.all(Array.from({ length: parallel }, worker))
}

/** Whether a datagram to a multicast group comes back to a socket that joined it. */
async function hasMulticast(): Promise<boolean> {
  const group = '224.0.0.251'
  const socket = createSocket({ type: 'udp4', reuseAddr: true })
  try {
    await new Promise<void>((resolve) => socket.bind(0, resolve))
    socket.addMembership(group)
    const heard = new Promise<boolean>((resolve) => socket.once('message', () => resolve(true)))
    socket.send('conclave', socket.address().port, group)
    return await Promise.race([heard, pause(1_000).then(() => false)])
  } catch {
    return false
  } finally {
    socket.close()
  }
}

describe('dials', function () {
  this.timeout(60_000)
  const uncaught = new Uncaught()
  let survivor: LiveCarrier

  beforeEach(async () => {
    uncaught.watch()
    survivor = await liveCarrier()
  })

  afterEach(async () => {
    await survivor.stop()
    uncaught.unwatch()
    expect(uncaught.seen).to.deep.equal([])
  })

  it(`a node survives thousands of chaotic dials with nothing uncaught, and works afterwards (seed ${SEED})`, async () => {
    const random = seeded(SEED)
    survivor.carrier.subscribe(CHANNEL)
    const servers = await badServers()
    const victims = [new Victim(), new Victim()]
    await Promise.all(victims.map((victim) => victim.start()))
    const chaos = victims.map((victim) => victim.killForEver(random))
    // The node's own way of dialling goes on beside: it must give up nothing and throw nothing.
    survivor.host.connect(
      servers.ports.map((port) => `/ip4/127.0.0.1/tcp/${port}`),
      'always'
    )
    survivor.host.connect(['/ip4/127.0.0.1/tcp/1', '/dns4/no.such.name.invalid/tcp/1'], 'always')
    for (const { address } of victims) if (address !== undefined) survivor.host.connect([address])

    const { libp2p } = survivor.host
    let connected = 0
    const dial = async (): Promise<void> => {
      const kind = random()
      const victim = victims[Math.floor(victims.length * random())]!
      const port = servers.ports[Math.floor(servers.ports.length * random())]!
      const address =
        kind < 0.4 ? (victim.address ?? '') : kind < 0.8 ? `/ip4/127.0.0.1/tcp/${port}` : '/ip4/127.0.0.1/tcp/1'
      // Aborted anywhere in the handshake, or soon after it.
      const signal = AbortSignal.timeout(1 + Math.floor(150 * random()))
      try {
        const connection = await libp2p.dial(multiaddr(address), { signal })
        connected++
        if (random() < 0.5) await connection.newStream('/conclave/history/1', { signal })
        const end = random()
        if (end < 0.5) connection.abort(new Error('chaos'))
        else if (end < 0.75) await libp2p.hangUp(connection.remotePeer, { signal })
      } catch {
        // Most of them fail: that is the test.
      }
    }
    await Promise.all([
      many(DIALS, PARALLEL, dial),
      many(DIALS / 3, PARALLEL / 4, () => visit(portOf(survivor.address), random))
    ])
    for (const victim of victims) victim.end()
    await Promise.all(chaos)
    servers.close()

    const friend = await liveCarrier({ bootstrap: [survivor.address] })
    friend.carrier.subscribe(CHANNEL)
    await until('a friend is ready', () => friend.carrier.isReady(CHANNEL) && survivor.carrier.isReady(CHANNEL))
    const frame = plainFrame(CHANNEL, friend.key, 1)
    expect(await friend.carrier.publish(CHANNEL, frame.bytes)).to.be.greaterThan(0)
    await until('the frame arrives', () => survivor.frames.length === 1)
    await friend.stop()
    expect(connected).to.be.greaterThan(20)
    expect(victims[0]!.kills + victims[1]!.kills).to.be.greaterThan(2)
  })

  it('a stream opened on a connection that dies in the same tick throws nothing that nobody catches', async () => {
    const other = await liveHost()
    const connection = await survivor.host.libp2p.dial(multiaddr(other.address))
    type Closable = { close(): Promise<void> }
    const { muxer } = connection as unknown as { muxer: { maConn: Closable; createStream(): Promise<unknown> } }
    const stream = muxer.createStream().catch(() => {})
    void muxer.maConn.close().catch(() => {})
    await stream
    await pause(50)
    await other.stop()
  })

  it('sockets that never finish their handshake keep nobody out for long', async () => {
    const sockets = Array.from({ length: 300 }, () => {
      const socket = tcpConnect(portOf(survivor.address), '127.0.0.1')
      return socket.on('error', () => {})
    })
    const drip = setInterval(() => {
      for (const socket of sockets) if (socket.writable) socket.write('\x13')
    }, 500)
    const friend = await liveHost({ bootstrap: [survivor.address] })
    await until('the friend gets in', () => friend.host.peers().length === 1, 30_000)
    clearInterval(drip)
    for (const socket of sockets) socket.destroy()
    await friend.stop()
  })

  it('a lost connection is dialled again until the peer is back', async () => {
    const first = await liveHost()
    survivor.host.connect([first.address], 'always')
    await until('connected', () => survivor.host.isConnected(first.id))
    await first.stop()
    await until('disconnected', () => !survivor.host.isConnected(first.id))
    const second = await liveHost({ key: first.key, listen: [first.address.replace(/\/p2p\/.*/, '')] })
    await until('connected again', () => survivor.host.isConnected(second.id))
    await second.stop()
  })

  it('a node reached at an address without peer id is dialled once and kept', async () => {
    const other = await liveHost()
    survivor.host.connect([other.address.replace(/\/p2p\/.*/, ''), survivor.address.replace(/\/p2p\/.*/, '')])
    await until('connected', () => survivor.host.isConnected(other.id))
    await pause(2_000)
    expect(survivor.host.libp2p.getConnections()).to.have.length(1)
    await other.stop()
  })

  it('refuses connections above its cap, of this machine too', async () => {
    const small = await liveHost({ maxConnections: 3 })
    const others = await Promise.all(
      Array.from({ length: 6 }, () => liveHost({ bootstrap: [small.address], listen: [] }))
    )
    await until('some are in', () => small.host.peers().length === 3)
    await pause(1_500)
    expect(small.host.peers().length).to.be.at.most(3)
    await Promise.all([...others, small].map((live) => live.stop()))
  })

  it('one address of another machine may fill a part of the connections, not all of them', () => {
    const open = (address: string, count: number) =>
      Array.from({ length: count }, () => ({ direction: 'inbound' as const, remoteAddr: multiaddr(address) }))
    const taken = open('/ip4/203.0.113.1/tcp/1', MAX_CONNECTIONS_PER_HOST)
    expect(hasRoomFor(multiaddr('/ip4/203.0.113.1/tcp/2'), taken, 100)).to.equal(false)
    expect(hasRoomFor(multiaddr('/ip4/203.0.113.1/tcp/2'), taken.slice(1), 100)).to.equal(true)
    expect(hasRoomFor(multiaddr('/ip4/203.0.113.2/tcp/2'), taken, 100)).to.equal(true)
    expect(hasRoomFor(multiaddr('/ip4/127.0.0.1/tcp/2'), open('/ip4/127.0.0.1/tcp/1', 99), 100)).to.equal(true)
    expect(hasRoomFor(multiaddr('/ip4/127.0.0.1/tcp/2'), open('/ip4/127.0.0.1/tcp/1', 100), 100)).to.equal(false)
  })

  it('nodes find each other in the local network', async function () {
    // Whether this machine carries multicast is asked of the machine itself, so that a fault of ours is not taken for its lack.
    if (!(await hasMulticast())) return this.skip()
    const service = `_conclave-${Date.now()}._udp.local`
    const [a, b] = await Promise.all([1, 2].map(() => liveHost({ isMdns: true, mdnsService: service })))
    try {
      await until('they found each other', () => a!.host.isConnected(b!.id))
    } finally {
      await Promise.all([a!.stop(), b!.stop()])
    }
  })

  it('says that an address in use or of another kind cannot be used', async () => {
    const errors = await Promise.all(
      ['/ip4/127.0.0.1/udp/1/quic-v1', 'nonsense', '/ip4/203.0.113.77/tcp/1'].map((address) =>
        liveHost({ listen: [address] }).then(
          async (live) => void (await live.stop()),
          (error: { code?: string }) => error.code
        )
      )
    )
    expect(errors).to.deep.equal(['BAD_ADDRESS', 'BAD_ADDRESS', 'CANNOT_LISTEN'])
    expect(() => survivor.host.connect(['/ip4/127.0.0.1/udp/1/quic-v1']))
      .to.throw()
      .with.property('code', 'BAD_ADDRESS')
  })
})
