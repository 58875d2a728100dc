import { expect } from 'chai'
import fc from 'fast-check'
import { hex } from '../../src/base/bytes.ts'
import { SECOND_MS } from '../../src/base/time.ts'
import { Admission } from '../../src/wire/messages.ts'
import { Bus, type Node, textContent } from './bus.ts'

const USERS = 3
const GROUPS = 2

/** What happens to a channel and its groups; `group` is the place of one among those made so far. */
interface Step {
  readonly type: (typeof TYPES)[number]
  readonly group: number
  readonly user: number
}

const TYPES = [
  'make',
  'put',
  'put',
  'put',
  'takeOut',
  'leave',
  'remove',
  'readmit',
  'stop',
  'start',
  'restart',
  'fall',
  'restartManager',
  'fallOfManager',
  'dissolve'
] as const

const step: fc.Arbitrary<Step> = fc.record({
  type: fc.constantFrom(...TYPES),
  group: fc.nat(GROUPS - 1),
  user: fc.nat(USERS - 1)
})

/** A channel of a manager and its users, and what is so in it when everything that was said has been heard. */
class World {
  readonly bus: Bus
  readonly ana: Node
  readonly users: Node[]
  readonly channel: Uint8Array
  readonly groups: { id: Uint8Array; members: Set<Node>; isOver: boolean }[] = []
  readonly inChannel: Set<Node>

  constructor() {
    this.bus = new Bus('group-histories')
    this.ana = this.bus.add('ana')
    this.channel = this.bus.open(this.ana, { admission: Admission.OPEN })
    const invite = this.bus.invite(this.ana, this.channel)
    this.users = Array.from({ length: USERS }, (_, i) => this.bus.add(`user${i}`))
    for (const node of this.users) this.bus.join(node, invite)
    this.inChannel = new Set([this.ana, ...this.users])
    this.bus.pass(3 * SECOND_MS)
  }

  take({ type, group: place, user }: Step): void {
    const { bus, ana, channel } = this
    const node = this.users[user]!
    const open = this.groups.filter(({ isOver }) => !isOver)
    const group = open[place]
    const named = { channel, user: node.key.publicKey }
    switch (type) {
      case 'make': {
        if (open.length >= GROUPS) return
        const result = bus.command(ana, { type: 'createGroup', channel, name: `group ${this.groups.length}` })
        if (result.type !== 'group') return
        this.groups.push({ id: result.group.id, members: new Set([ana]), isOver: false })
        break
      }
      case 'dissolve':
        if (group === undefined) return
        bus.command(ana, { type: 'dissolveGroup', channel, group: group.id })
        group.isOver = true
        break
      case 'put':
        if (group === undefined || !this.inChannel.has(node) || group.members.has(node)) return
        bus.command(ana, { type: 'putIntoGroup', group: group.id, ...named })
        group.members.add(node)
        break
      case 'takeOut':
      case 'leave':
        if (!group?.members.has(node) || (type === 'leave' && !node.isUp)) return
        bus.command(type === 'leave' ? node : ana, { type: 'takeOutOfGroup', group: group.id, ...named })
        group.members.delete(node)
        break
      case 'remove':
        if (!this.inChannel.has(node)) return
        bus.remove(ana, channel, node)
        this.inChannel.delete(node)
        for (const { members } of this.groups) members.delete(node)
        break
      case 'readmit':
        if (this.inChannel.has(node)) return
        bus.command(ana, { type: 'admit', ...named })
        this.inChannel.add(node)
        break
      case 'stop':
        return bus.stop(node)
      case 'start':
        return node.isUp ? undefined : bus.start(node)
      case 'restart':
      case 'restartManager':
        return this.#restart(type === 'restart' ? node : ana, false)
      case 'fall':
      case 'fallOfManager':
        return this.#restart(type === 'fall' ? node : ana, true)
    }
    bus.pass(SECOND_MS)
  }

  #restart(node: Node, isFall: boolean): void {
    if (isFall) this.bus.losePower(node)
    else this.bus.stop(node)
    this.bus.start(node)
    if (node === this.ana) this.bus.pass(3 * SECOND_MS)
  }

  /** Everybody is there, and has what it missed. */
  rest(): void {
    const { bus, ana, channel } = this
    for (const node of this.users) if (!node.isUp) bus.start(node)
    bus.pass(5 * SECOND_MS)
    for (const node of this.inChannel)
      if (bus.view(node, channel).key !== 'ready') bus.join(node, bus.invite(ana, channel))
    bus.pass(20 * SECOND_MS)
  }

  check(): void {
    const { bus, ana, channel } = this
    const all = [ana, ...this.users]
    for (const { id, members, isOver } of this.groups) {
      if (isOver) continue
      const keys = keysOf(ana, id)
      expect(keys.length).to.be.greaterThan(0)
      for (const node of all) {
        const held = new Set(node.peer.unsafeSecrets().map(({ bytes }) => hex(bytes)))
        const isIn = members.has(node)
        expect(
          [...keys].every((key) => held.has(key)),
          `${node.nick} has the key`
        ).to.equal(isIn)
        if (!isIn)
          expect(
            keys.some((key) => held.has(key)),
            `${node.nick} has nothing of it`
          ).to.equal(false)
      }
      for (const node of members) {
        const content = textContent(`${node.nick} in ${hex(id)}`)
        bus.command(node, { type: 'say', channel, group: id, content, isPlain: false })
      }
    }
    bus.pass(2 * SECOND_MS)
    for (const { id, members, isOver } of this.groups) {
      for (const node of all) {
        const heard = bus.texts(node).filter((text) => text.endsWith(` in ${hex(id)}`))
        const said =
          isOver || !members.has(node) ? [] : [...members].map(({ nick }) => `${nick}: ${nick} in ${hex(id)}`)
        expect(heard, `${node.nick} of ${hex(id)}`).to.have.members(said)
      }
    }
    for (const node of all) expect(node.notices.some(({ type }) => type === 'alarm')).to.equal(false)
  }
}

/** What the current key of a group is, as the manager has it. */
const keysOf = (node: Node, group: Uint8Array): string[] =>
  node.peer
    .unsafeSecrets()
    .filter(({ name }) => name.startsWith(`control/${hex(group)}/`))
    .map(({ bytes }) => hex(bytes))
    .slice(0, 1)

describe('any history of groups', function () {
  this.timeout(60_000)

  it('ends with each group’s key at its members and nobody else, and its words as well', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 12 }), (steps) => {
        const world = new World()
        for (const one of steps) world.take(one)
        world.rest()
        world.check()
      }),
      { numRuns: 60 }
    )
  })
})
