/** Key managers, members and carriers of one channel, each a process with a home of its own, and what is done to them. */
import { createServer } from 'node:net'
import { userIdText } from '../../src/core/identity/user.ts'
import { initHome } from '../../src/node/home.ts'
import { type Ear, type Form, type Process, Stage } from './cli-processes.ts'

const HOST = '127.0.0.1'
/** Below those that systems give to whoever calls: nobody else takes the port of one that is not running. */
const PORTS = { from: 20_000, to: 32_000 }
/** How many peers somebody who starts is told of. */
const KNOWN = 4

export type Role = 'manager' | 'member' | 'carrier'

const VERB: Readonly<Record<Role, readonly string[]>> = {
  manager: ['key-manager'],
  member: ['peer', '--headless'],
  carrier: ['carrier']
}

export interface Hand {
  readonly nick: string
  readonly home: string
  /** User id. */
  readonly user: string
  readonly role: Role
  /** TCP port that it listens on whenever it runs. */
  readonly port: number
  /** Ports of those that it is cut off from. */
  readonly severed: Set<number>
  /** Absent while it is not running. */
  running?: { readonly process: Process; readonly ear: Ear; readonly address: string } | undefined
}

/** Where somebody stands: what `channel.show` says. */
export interface Standing extends Form {
  readonly key: string
  readonly term: number
  readonly serial: number
  readonly commitment: string
  readonly manager: string
  readonly members: number
  readonly isManagerPresent: boolean
}

export class Crew {
  /** Who is in the channel. */
  readonly hands: Hand[] = []
  /** Who carries for it, without keys. */
  readonly carriers: Hand[] = []
  readonly channel = 'crew'
  readonly #stage = new Stage()
  readonly #programs: Readonly<Partial<Record<Role, string>>>
  #port = PORTS.from + Math.floor(Math.random() * (PORTS.to - PORTS.from))

  /** @param programs - how those of a role are run, when not as always. */
  constructor(programs: Readonly<Partial<Record<Role, string>>> = {}) {
    this.#programs = programs
  }

  get managers(): Hand[] {
    return this.hands.filter(({ role }) => role === 'manager')
  }

  get members(): Hand[] {
    return this.hands.filter(({ role }) => role === 'member')
  }

  /** Everybody comes into a channel that the managers share. Carriers that are settled are there before. */
  async gather(managers: readonly string[], members: readonly string[], settings: Form = {}): Promise<void> {
    for (const carrier of this.carriers) await this.start(carrier)
    for (const nick of managers) await this.settle(nick, 'manager')
    for (const nick of members) await this.settle(nick, 'member')
    const [founder, ...others] = this.hands
    const manager = this.managers.map(({ user }) => user)
    await this.start(founder!)
    await earOf(founder!).call('channel.create', { name: this.channel, manager, ...settings })
    await Promise.all(others.map((hand) => this.start(hand)))
    const invite = await this.invite(founder!)
    // Managers first: what members are given takes the signatures of most of them.
    for (const hand of others) await this.join(hand, invite)
  }

  /** Somebody with a home, not running yet. */
  async settle(nick: string, role: Role): Promise<Hand> {
    const home = await this.#stage.home()
    const { user } = await initHome(home, undefined, nick)
    const hand = { nick, home, user: userIdText(user), role, port: await this.#freePort(), severed: new Set<number>() }
    const hands = role === 'carrier' ? this.carriers : this.hands
    hands.push(hand)
    return hand
  }

  async start(hand: Hand): Promise<void> {
    const known = [...this.carriers, ...this.hands].flatMap(({ running }) => running?.address ?? []).slice(0, KNOWN)
    const listen = ['--no-mdns', '--json', '--listen', `/ip4/${HOST}/tcp/${hand.port}`]
    const words = [...VERB[hand.role], '--home', hand.home, ...listen]
    const program = this.#programs[hand.role]
    const process = this.#stage.startAs(program, ...words, ...known.flatMap((address) => ['--bootstrap', address]))
    sever(process, hand)
    const ready = await process.form({ type: 'ready' })
    const ear = await this.#stage.listen(hand.home)
    hand.running = { process, ear, address: (ready['listen'] as string[])[0]! }
    sever(process, hand)
  }

  async #freePort(): Promise<number> {
    for (;;) {
      this.#port = this.#port < PORTS.to ? this.#port + 1 : PORTS.from
      if (await isFree(this.#port)) return this.#port
    }
  }

  /** Parts two that are run by the severable program, from now on and through their restarts, until this is healed. */
  cut(a: Hand, b: Hand): void {
    this.#setSevered(a, b, true)
  }

  heal(a: Hand, b: Hand): void {
    this.#setSevered(a, b, false)
  }

  #setSevered(a: Hand, b: Hand, isSevered: boolean): void {
    for (const [hand, { port }] of [
      [a, b],
      [b, a]
    ] as const) {
      if (isSevered) hand.severed.add(port)
      else hand.severed.delete(port)
      if (hand.running !== undefined) sever(hand.running.process, hand)
    }
  }

  /** As by kill -9. */
  async kill(hand: Hand): Promise<void> {
    const { process } = hand.running!
    hand.running = undefined
    await process.kill()
  }

  async quit(hand: Hand): Promise<void> {
    const { process } = hand.running!
    hand.running = undefined
    await process.interrupt()
  }

  signal(hand: Hand, signal: NodeJS.Signals): void {
    hand.running!.process.child.kill(signal)
  }

  async invite(by: Hand): Promise<string> {
    return String((await earOf(by).call('invite', { channel: this.channel }))['invite'])
  }

  async join(hand: Hand, invite: string): Promise<void> {
    const { isReady } = await earOf(hand).call('join', { invite, timeout: '40s' })
    if (isReady !== true) throw new Error(`${hand.nick} has no key: ${JSON.stringify(await this.standing(hand))}`)
  }

  async say(hand: Hand, text: string): Promise<void> {
    await earOf(hand).call('send', { channel: this.channel, text, wait: 'none' })
  }

  standing(hand: Hand): Promise<Standing> {
    return earOf(hand).call<Standing>('channel.show', { channel: this.channel })
  }

  /**
   * Waits until these hold one key and one manager, which is one of them.
   *
   * @returns that manager.
   */
  async agree(hands: readonly Hand[], patienceMs = 60_000): Promise<Hand> {
    const endAt = performance.now() + patienceMs
    for (;;) {
      const standings = await Promise.all(hands.map((hand) => this.standing(hand)))
      const facts = standings.map((one) =>
        JSON.stringify([one.key, one.term, one.serial, one.commitment, one.manager, one.members, one.isManagerPresent])
      )
      const { key, isManagerPresent, manager } = standings[0]!
      const leader = hands.find(({ user }) => user === manager)
      const isOne = new Set(facts).size === 1 && key === 'ready' && isManagerPresent
      if (isOne && leader !== undefined && (await this.standing(leader))['isManager'] === true) return leader
      if (performance.now() > endAt)
        throw new Error(`no agreement:\n${hands.map(({ nick }, i) => `${nick} ${facts[i]}`).join('\n')}`)
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
  }

  close(): Promise<void> {
    // What is stopped cannot be listened to at its end.
    for (const { running } of [...this.carriers, ...this.hands]) running?.process.child.kill('SIGCONT')
    return this.#stage.close()
  }
}

/** The severable program alone listens to this. */
const sever = (process: Process, { severed }: Hand): void => process.type(['severed', ...severed].join(' '))

const isFree = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen(port, HOST, () => server.close(() => resolve(true)))
  })

/** What somebody who runs hears, and is asked by. */
export const earOf = ({ nick, running }: Hand): Ear => {
  if (running === undefined) throw new Error(`${nick} is not running`)
  return running.ear
}
