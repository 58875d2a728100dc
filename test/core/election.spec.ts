import { expect } from 'chai'
import { equalBytes, hex } from '../../src/base/bytes.ts'
import { Reason } from '../../src/wire/messages.ts'
import type { ChannelSettings } from '../../src/core/command.ts'
import { Bus, type Node } from './bus.ts'

interface World {
  readonly bus: Bus
  readonly managers: readonly Node[]
  readonly members: readonly Node[]
  readonly channel: Uint8Array
}

/** A channel of some managers, the first its founder, and two members; everybody has the key. */
function world(count: number, settings: ChannelSettings = {}): World {
  const bus = new Bus(`election ${count}`)
  bus.isHandingOver = true
  const managers = ['alice', 'bert', 'cora', 'dirk', 'edna'].slice(0, count).map((nick) => bus.add(nick))
  const members = ['mia', 'nils'].map((nick) => bus.add(nick))
  const channel = bus.open(managers[0]!, { managers: managers.map(({ key }) => key.publicKey), ...settings })
  const invite = bus.invite(managers[0]!, channel)
  for (const node of [...managers.slice(1), ...members]) bus.join(node, invite)
  bus.pass(6_000)
  const all = { bus, managers, members, channel }
  agree(all, [...managers, ...members])
  return all
}

/** Everybody named has the newest key, and holds the same manager to be in office. @returns that manager. */
function agree({ bus, channel, managers }: World, nodes: readonly Node[]): Node {
  const views = nodes.map((node) => bus.view(node, channel))
  const [first] = views
  for (const [i, view] of views.entries()) {
    const { term, serial } = first!
    expect(view, nodes[i]!.nick).to.include({ key: 'ready', term, serial, isManagerPresent: true })
    expect(hex(view.commitment)).to.equal(hex(first!.commitment))
    expect(hex(view.manager!)).to.equal(hex(first!.manager!))
  }
  return managers.find(({ key }) => equalBytes(key.publicKey, first!.manager!))!
}

const others = (nodes: readonly Node[], but: Node): Node[] => nodes.filter((node) => node !== but)
const reasons = (node: Node): Reason[] =>
  node.notices.flatMap((notice) => (notice.type === 'epoch' ? [notice.reason] : []))

describe('managers that elect one of them', () => {
  it('begin with the founder, and take another when it is gone', () => {
    for (const count of [2, 3, 5]) {
      const all = world(count)
      const { bus, managers, members, channel } = all
      expect(agree(all, managers)).to.equal(managers[0])
      expect(bus.view(members[0]!, channel).term).to.equal(1)
      bus.stop(managers[0]!)
      bus.pass(10_000)
      const staying = [...managers.slice(1), ...members]
      const leader = agree(all, staying)
      expect(leader).not.to.equal(managers[0])
      expect(bus.view(leader, channel).term, `${count} managers`).to.equal(2)
      expect(reasons(members[0]!).at(-1)).to.equal(Reason.TAKEOVER)
      bus.say(members[0]!, channel, 'still here')
      expect(bus.texts(members[1]!)).to.include('mia: still here')
    }
  })
})
