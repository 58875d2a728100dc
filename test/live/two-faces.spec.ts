/** A key manager that shows two faces to real members: one key to some of them, another under the same number to the rest. */
import { expect } from 'chai'
import { equalBytes } from '../../src/base/bytes.ts'
import type { UserId } from '../../src/core/identity/user.ts'
import type { Effect, Env, Event } from '../../src/core/machine.ts'
import { Peer, type PeerConfig } from '../../src/core/peer.ts'
import { agree, companyOf, eventually, type Person, say, viewOf } from './company.ts'

/** One and the same peer until it shows its faces; from then on two, which share everything but what they draw at random. */
class TwoFacedPeer extends Peer {
  readonly #other: Peer
  #audiences: readonly (readonly UserId[])[] | undefined

  constructor(config: PeerConfig) {
    super(config)
    this.#other = new Peer(config)
  }

  showFaces(...audiences: readonly (readonly UserId[])[]): void {
    this.#audiences = audiences
  }

  override handle(event: Event, env: Env): ReturnType<Peer['handle']> {
    if (this.#audiences !== undefined) {
      const [one = [], two = []] = this.#audiences
      const shown = super.handle(event, env).flatMap((effect) => facing(effect, one))
      const others = this.#other.handle(event, env).filter(({ type }) => type === 'publish')
      return [...shown, ...others.flatMap((effect) => facing(effect, two))]
    }
    const drawn: Uint8Array[] = []
    const random = (length: number): Uint8Array => {
      const bytes = env.random(length)
      drawn.push(bytes.slice())
      return bytes
    }
    const effects = super.handle(event, { ...env, random })
    this.#other.handle(event, { ...env, random: () => drawn.shift()! })
    return effects
  }
}

/** What goes out goes to one audience alone. */
function facing(effect: Effect, audience: readonly UserId[]): Effect[] {
  if (effect.type !== 'publish') return [effect]
  const { channel, frame, to } = effect
  const listeners = to === undefined ? audience : audience.filter((user) => equalBytes(user, to))
  return listeners.map((user) => ({ type: 'publish', channel, frame, to: user }))
}

describe('a key manager with two faces', function () {
  this.timeout(120_000)
  const company = companyOf((config) => new TwoFacedPeer(config))
  const { people } = company

  it('is found out by everybody once its members hear each other, and nobody sends any more', async () => {
    const liar = await company.start('alice')
    const { channel, invite } = await company.open(liar, 'mirrors')
    for (const nick of ['bob', 'carol', 'dave', 'erin', 'frank', 'grace']) await company.start(nick)
    const members = people.slice(1)
    for (const { node } of members) await node.command({ type: 'join', invite })
    await eventually('all have one key', () => agree(people, 7))

    const users = members.map(({ node }) => node.user)
    liar.peer.showFaces(users.slice(0, 3), users.slice(3))
    const before = (await viewOf(liar))!.serial
    await liar.node.command({ type: 'rekey', channel })
    const hasNew = async (person: Person<Peer>): Promise<boolean> => {
      const view = await viewOf(person)
      return view?.key === 'alarmed' || (view?.serial ?? 0) > before
    }
    for (const person of members) await eventually('everybody has a new key, or knows', () => hasNew(person))
    for (const person of members) await say(person, channel, 'can you hear me?')
    const isAlarmed = async (person: Person<Peer>): Promise<boolean> => (await viewOf(person))?.key === 'alarmed'
    for (const person of members) await eventually('everybody is alarmed', () => isAlarmed(person))
    const waiting = (await viewOf(members[0]!))!.waiting
    await say(members[0]!, channel, 'not any more')
    expect((await viewOf(members[0]!))!.waiting).to.equal(waiting + 1)
  })
})
