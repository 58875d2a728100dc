import { expect } from 'chai'
import { hex } from '../../src/base/bytes.ts'
import { Bus, type Node } from './bus.ts'

/** What an acknowledged message looks like to everybody else. */
interface Run {
  readonly bus: Bus
  readonly channel: Uint8Array
  readonly nodes: readonly Node[]
  /** Texts whose sender was told that they wait or are sent. */
  readonly acknowledged: string[]
}

/** A scripted conversation in which one node falls after so many effects, is started again, and all goes on. */
function run(victim: 'alice' | 'bob', fallsAfter: number, isPowerCut: boolean): Run & { hasFallen: boolean } {
  const bus = new Bus('crash')
  const nodes = ['alice', 'bob', 'carol'].map((nick) => bus.add(nick))
  const [alice, bob, carol] = nodes as [Node, Node, Node]
  const channel = bus.open(alice)
  const invite = bus.invite(alice, channel)
  for (const node of [bob, carol]) bus.join(node, invite)
  bus.pass(1_500)
  const acknowledged: string[] = []
  const fallen = nodes.find(({ nick }) => nick === victim)!
  fallen.fallsAt = fallen.effects + fallsAfter
  const restart = (): void => {
    if (fallen.isUp) return
    if (isPowerCut) bus.losePower(fallen)
    bus.start(fallen)
  }
  const say = (node: Node, text: string): void => {
    if (!node.isUp) return
    const content = { text: { text, replyTo: new Uint8Array(0), isAction: false } }
    const result = bus.ask(node, { type: 'say', channel, content, isPlain: false })
    if (result !== undefined && !(result instanceof Error)) acknowledged.push(`${node.nick}: ${text}`)
  }
  const steps = [
    () => say(bob, 'one'),
    () => say(alice, 'two'),
    () => alice.isUp && bus.ask(alice, { type: 'rekey', channel }),
    () => say(bob, 'three'),
    () => say(carol, 'four'),
    () => say(alice, 'five'),
    () => bus.pass(300),
    () => say(bob, 'six')
  ]
  for (const step of steps) {
    step()
    restart()
  }
  const hasFallen = fallen.fallsAt === Number.POSITIVE_INFINITY
  fallen.fallsAt = Number.POSITIVE_INFINITY
  bus.pass(20_000)
  say(carol, 'end')
  bus.pass(3_000)
  return { bus, channel, nodes, acknowledged, hasFallen }
}

function check({ bus, channel, nodes, acknowledged }: Run, victim: string, label: string): void {
  for (const node of nodes) {
    // What was carried while it was down is for the history of others to give back.
    const due = acknowledged.filter((text) => node.nick !== victim || text.startsWith(victim))
    const kept = bus.history(node, channel).map(({ nick, content }) => `${nick}: ${content.text?.text}`)
    for (const text of due) expect(kept, `${label}: ${node.nick} has it`).to.include(text)
    for (const text of kept)
      expect(
        kept.filter((one) => one === text),
        `${label}: ${node.nick} has it once`
      ).to.have.length(1)
    expect(bus.view(node, channel).key, `${label}: ${node.nick}`).to.equal('ready')
    expect(bus.view(node, channel).waiting, `${label}: ${node.nick}`).to.equal(0)
    expect(
      node.notices.filter(({ type }) => type === 'alarm'),
      label
    ).to.deep.equal([])
  }
  const [longest, ...rest] = nodes
    .map((node) => bus.history(node, channel).map(({ id }) => id))
    .sort((a, b) => b.length - a.length)
  for (const list of rest) expect(list, `${label}: one order`).to.deep.equal(longest!.filter((id) => list.includes(id)))
  const places = new Map<string, string>()
  const numbers = new Map<string, string>()
  for (const frame of bus.frames(channel)) {
    const { message, announcement } = frame.body
    if (message) {
      const place = `${hex(frame.author)} ${hex(message.key!.commitment)} ${hex(message.boot)} ${message.counter}`
      expect(places.get(place) ?? hex(frame.bytes), `${label}: one message for one key`).to.equal(hex(frame.bytes))
      places.set(place, hex(frame.bytes))
    }
    if (announcement) {
      const { term, serial } = announcement.key!
      const number = `${term}.${serial}`
      expect(numbers.get(number) ?? hex(frame.id), `${label}: one announcement for ${number}`).to.equal(hex(frame.id))
      numbers.set(number, hex(frame.id))
    }
  }
}

describe('a peer that stops between any two effects', () => {
  for (const victim of ['alice', 'bob'] as const) {
    for (const isPowerCut of [false, true]) {
      it(`as ${victim === 'alice' ? 'key manager' : 'member'}${isPowerCut ? ', by a power cut,' : ''} loses nothing acknowledged and repeats no key and no number`, () => {
        let falls = 0
        for (let after = 0; ; after++) {
          const one = run(victim, after, isPowerCut)
          if (!one.hasFallen) break
          falls++
          check(one, victim, `${victim} after ${after} effects`)
        }
        expect(falls, 'points at which it fell').to.be.at.least(25)
      }).timeout(120_000)
    }
  }

  it('tells everything once when it does not stop at all', () => {
    const one = run('bob', 1_000_000, false)
    check(one, 'nobody', 'undisturbed')
    const texts = one.nodes.map((node) => one.bus.texts(node).sort())
    expect(texts[0]).to.deep.equal([...one.acknowledged].sort())
    expect(texts[1]).to.deep.equal(texts[0])
    expect(texts[2]).to.deep.equal(texts[0])
  })
})
