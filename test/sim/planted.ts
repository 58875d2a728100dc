/** Peers with one bug each, to see that a simulation finds it: machines around machines, in tests alone. */
import { type Frame, makeFrame, readFrame } from '../../src/core/channel/frame.ts'
import type { Effect, Env, Event } from '../../src/core/machine.ts'
import { Peer } from '../../src/core/peer.ts'
import { Refusal } from '../../src/core/reject.ts'
import type { SigningKey } from '../../src/crypto/sign.ts'
import type { MakePeer } from '../../src/sim/cast.ts'
import { LyingManager } from '../../src/sim/lying-manager.ts'
import type { Fill, HeldSecret, JudgingMachine } from '../../src/sim/node.ts'
import { NAME_MARK } from '../../src/sim/truth.ts'
import { WrappedMachine } from '../../src/sim/wrapped.ts'

/** Each class of bug, and the invariant it breaks. */
export const PLANTED = {
  'hands the key to somebody removed': 'I-3',
  'loses a message': 'I-17',
  'gives two keys to one id': 'I-10',
  'says in plain what it seals': 'I-1',
  'keeps everything in a cache': 'I-20',
  'shows what was said to another alone': 'I-8',
  'swallows what is said to it alone': 'I-17'
} as const
export type Bug = keyof typeof PLANTED

/** Has friends who tell it every key. */
class Befriended extends WrappedMachine {
  readonly #friend: () => JudgingMachine | undefined

  constructor(peer: Peer, friend: () => JudgingMachine | undefined) {
    super(peer)
    this.#friend = friend
  }

  override unsafeSecrets(): readonly HeldSecret[] {
    return [...super.unsafeSecrets(), ...(this.#friend()?.unsafeSecrets?.() ?? [])]
  }
}

/** Drops what one other says after its first words, and does not tell that it is missing. */
class Forgetful extends WrappedMachine {
  readonly #whom: () => Uint8Array | undefined

  constructor(peer: Peer, whom: () => Uint8Array | undefined) {
    super(peer)
    this.#whom = whom
  }

  #isLost(frame: Frame): boolean {
    const whom = this.#whom()
    const isLater = (frame.body.message?.counter ?? 0) > 0
    return isLater && whom !== undefined && Buffer.compare(frame.author, whom) === 0
  }

  override handle(event: Event, env: Env): Effect[] {
    if (event.type === 'frame' && this.#isLost(event.frame)) return []
    const effects = super.handle(this.#withoutLost(event), env)
    return effects.filter((effect) => effect.type !== 'notify' || effect.notice.type !== 'gap')
  }

  #withoutLost(event: Event): Event {
    const channel = this.#channel(event)
    if (event.type !== 'answer' || event.answer === undefined || channel === undefined) return event
    const frames = event.answer.frames.filter((bytes) => {
      const frame = readFrame(channel, bytes)
      return frame === undefined || frame instanceof Refusal || !this.#isLost(frame)
    })
    return { ...event, answer: { ...event.answer, frames } }
  }

  #known: Uint8Array | undefined
  #channel(event: Event): Uint8Array | undefined {
    if (event.type === 'frame') this.#known = event.frame.channel
    return this.#known
  }
}

/** Publishes, signed and in plain, whatever it is told to say. */
class Talkative extends WrappedMachine {
  readonly #key: SigningKey

  constructor(peer: Peer, key: SigningKey) {
    super(peer)
    this.#key = key
  }

  override handle(event: Event, env: Env): Effect[] {
    const effects = super.handle(event, env)
    if (event.type !== 'command' || event.command.type !== 'say') return effects
    const { channel, content } = event.command
    const nothing = new Uint8Array(0)
    const plainMessage = {
      ...{ group: nothing, device: 0, boot: env.random(16), counter: 0, previous: nothing, lamport: 1 },
      ...{ descriptor: env.random(32), content: { writtenAt: 1, replaces: nothing, ...content } }
    }
    return [...effects, { type: 'publish', channel, frame: makeFrame(channel, this.#key, { plainMessage }).bytes }]
  }
}

/** Shows its user what is said to somebody else. */
class Curious extends WrappedMachine {
  readonly #heard: () => Effect[]

  constructor(peer: Peer, heard: () => Effect[]) {
    super(peer)
    this.#heard = heard
  }

  override handle(event: Event, env: Env): Effect[] {
    return [...super.handle(event, env), ...this.#heard()]
  }
}

/** Lets another know what it shows its user of conversations of two. */
class Overheard extends WrappedMachine {
  readonly #tell: (effects: readonly Effect[]) => void

  constructor(peer: Peer, tell: (effects: readonly Effect[]) => void) {
    super(peer)
    this.#tell = tell
  }

  override handle(event: Event, env: Env): Effect[] {
    const effects = super.handle(event, env)
    if (event.type === 'session') this.#tell(effects.filter(isOfAnother))
    return effects
  }
}

const isOfAnother = (effect: Effect): boolean =>
  effect.type === 'notify' && effect.notice.type === 'message' && !effect.notice.isOwn

/** Says that it has taken what is said to it alone, and throws it away. */
class Swallowing extends WrappedMachine {
  override handle(event: Event, env: Env): Effect[] {
    if (event.type === 'frame' && event.frame.kind === 'session') return []
    if (event.type !== 'session') return super.handle(event, env)
    return [{ type: 'answerHand', id: event.id, outcome: 'taken' }]
  }
}

const CACHE_MOST = 5

/** Remembers every frame. */
class Hoarder extends WrappedMachine {
  readonly #frames: Frame[] = []

  override unsafeFills(): readonly Fill[] {
    return [...super.unsafeFills(), { name: 'all frames', size: this.#frames.length, cap: CACHE_MOST }]
  }

  override handle(event: Event, env: Env): Effect[] {
    if (event.type === 'frame') this.#frames.push(event.frame)
    return super.handle(event, env)
  }
}

/** Makes the peers of a run in which somebody has a bug. @param who - has it. */
export function planted(bug: Bug, who: string): MakePeer {
  const peers = new Map<string, { readonly peer: Peer; readonly user: Uint8Array }>()
  const overheard: Effect[] = []
  return (config) => {
    const peer = new Peer(config)
    const name = config.nick.slice(NAME_MARK.length + 1)
    peers.set(name, { peer, user: config.key.publicKey })
    const isTold = bug === 'shows what was said to another alone'
    if (name !== who) return isTold ? new Overheard(peer, (effects) => overheard.push(...effects)) : peer
    switch (bug) {
      case 'hands the key to somebody removed':
        return new Befriended(peer, () => peers.get('manager-1')?.peer)
      case 'loses a message':
        return new Forgetful(peer, () => peers.get('alice')?.user)
      case 'gives two keys to one id':
        return new LyingManager(peer, config.key, 'two faces')
      case 'says in plain what it seals':
        return new Talkative(peer, config.key)
      case 'keeps everything in a cache':
        return new Hoarder(peer)
      case 'shows what was said to another alone':
        return new Curious(peer, () => overheard.splice(0))
      case 'swallows what is said to it alone':
        return new Swallowing(peer)
      default:
        return bug satisfies never
    }
  }
}
