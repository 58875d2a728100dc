/** Key managers and members of one channel, each a process with a home of its own, and what is done to them. */
import { userIdText } from '../../src/core/identity/user.ts'
import { initHome } from '../../src/node/home.ts'
import { type Ear, type Form, type Process, Stage } from './cli-processes.ts'

const LOCAL = ['--no-mdns', '--listen', '/ip4/127.0.0.1/tcp/0', '--json']
/** How many peers somebody who starts is told of. */
const KNOWN = 4

export interface Hand {
  readonly nick: string
  readonly home: string
  /** User id. */
  readonly user: string
  readonly isManager: boolean
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
  readonly hands: Hand[] = []
  readonly channel = 'crew'
  readonly #stage = new Stage()
  /** How managers are run, when not as always. */
  readonly #managersProgram: string | undefined

  constructor(managersProgram?: string) {
    this.#managersProgram = managersProgram
  }

  get managers(): Hand[] {
    return this.hands.filter(({ isManager }) => isManager)
  }

  get members(): Hand[] {
    return this.hands.filter(({ isManager }) => !isManager)
  }

  /** Everybody comes into a channel that the managers share. */
  async gather(managers: readonly string[], members: readonly string[], settings: Form = {}): Promise<void> {
    for (const nick of managers) await this.settle(nick, true)
    for (const nick of members) await this.settle(nick, false)
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
  async settle(nick: string, isManager: boolean): Promise<Hand> {
    const home = await this.#stage.home()
    const { user } = await initHome(home, undefined, nick)
    const hand = { nick, home, user: userIdText(user), isManager }
    this.hands.push(hand)
    return hand
  }

  async start(hand: Hand): Promise<void> {
    const known = this.hands.flatMap(({ running }) => running?.address ?? []).slice(0, KNOWN)
    const verb = hand.isManager ? ['key-manager'] : ['peer', '--headless']
    const words = [...verb, '--home', hand.home, ...LOCAL, ...known.flatMap((address) => ['--bootstrap', address])]
    const process = this.#stage.startAs(hand.isManager ? this.#managersProgram : undefined, ...words)
    const ready = await process.form({ type: 'ready' })
    const ear = await this.#stage.listen(hand.home)
    hand.running = { process, ear, address: (ready['listen'] as string[])[0]! }
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
    for (const { running } of this.hands) running?.process.child.kill('SIGCONT')
    return this.#stage.close()
  }
}

/** What somebody who runs hears, and is asked by. */
export const earOf = ({ nick, running }: Hand): Ear => {
  if (running === undefined) throw new Error(`${nick} is not running`)
  return running.ear
}
