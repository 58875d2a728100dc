import { expect } from 'chai'
import { EMPTY, hex } from '../../src/base/bytes.ts'
import { asNewDevice } from '../../src/core/new-device.ts'
import { stateRow } from '../../src/core/out.ts'
import { Peer } from '../../src/core/peer.ts'
import { ChannelRow, PairRow, SaidRow, SelfRow } from '../../src/wire/rows.ts'
import { Bus, type Node, randomOf, rowsOf } from './bus.ts'

describe('a peer on rows that were exported', () => {
  function pairOnBus(): { bus: Bus; channel: Uint8Array; alice: Node; bob: Node } {
    const bus = new Bus('twins')
    const [alice, bob] = [bus.add('alice'), bus.add('bob')]
    const channel = bus.open(alice)
    bus.join(bob, bus.invite(alice, channel))
    bus.pass(2_000)
    return { bus, channel, alice, bob }
  }

  const importOf = (node: Node): Node => ({
    ...node,
    random: randomOf('the same'),
    peer: new Peer({ key: node.key, nick: node.nick }),
    rows: new Map([...node.rows].flatMap(([name, row]) => (asNewDevice(row) ? [[name, asNewDevice(row)!]] : []))),
    notices: [],
    subscribed: new Set()
  })

  /** Two homes of one user that go on from the same rows, against all advice, with the same random numbers. */
  function twins(): { bus: Bus; channel: Uint8Array; old: Node; imported: Node } {
    const { bus, channel, bob } = pairOnBus()
    bus.say(bob, channel, 'before')
    bus.stop(bob)
    const imported = importOf(bob)
    const old: Node = {
      ...bob,
      random: randomOf('the same'),
      peer: new Peer({ key: bob.key, nick: bob.nick }),
      subscribed: new Set()
    }
    bus.nodes.splice(bus.nodes.indexOf(bob), 1, old, imported)
    return { bus, channel, old, imported }
  }

  it('has a boot nonce that no start of the other home has, even when both draw the same random numbers', () => {
    const { bus, channel, old, imported } = twins()
    for (const node of [old, imported]) {
      bus.start(node)
      bus.pass(2_000)
      bus.say(node, channel, `from ${node === old ? 'the old' : 'the new'} one`)
      bus.stop(node)
    }
    const messages = bus
      .frames(channel)
      .flatMap(({ author, body }) => (body.message ? [{ author, ...body.message }] : []))
    const places = messages
      .filter(({ author }) => hex(author) === hex(old.key.publicKey))
      .map(({ key, boot, counter }) => `${hex(key!.commitment)} ${hex(boot)} ${counter}`)
    expect(places).to.have.length(3)
    expect(new Set(places).size).to.equal(3)
  })

  it('goes on where it was: it has the key, the history and what a manager promised', () => {
    const { bus, channel, imported } = twins()
    bus.start(imported)
    bus.pass(2_000)
    expect(bus.view(imported, channel).key).to.equal('ready')
    expect(bus.history(imported, channel).map(({ content }) => content.text?.text)).to.deep.equal(['before'])
    const [alice] = bus.nodes
    const row = rowsOf(alice!, 'channel')[0]!
    expect(ChannelRow.decode(row.value).promisedTerm).to.be.at.least(1)
    expect(asNewDevice(row)).to.deep.equal(row)
  })

  it('says what waits for one user once, under the name by which it is known', () => {
    const { bus, alice, bob } = pairOnBus()
    const tell = (node: Node, words: string): string => {
      const content = { text: { text: words, replyTo: EMPTY, isAction: false } }
      const said = bus.command(node, { type: 'sayTo', user: alice.key.publicKey, content })
      return said.type === 'said' ? said.local : ''
    }
    const names = [tell(bob, 'one')]
    bus.pass(2_000)
    // Two has come, and that it has does not.
    names.push(tell(bob, 'two'))
    bus.stop(alice)
    names.push(tell(bob, 'three'))
    bus.stop(bob)
    const imported = importOf(bob)
    bus.nodes.splice(bus.nodes.indexOf(bob), 1, imported)
    bus.start(imported)
    names.push(tell(imported, 'four'))
    bus.start(alice)
    bus.pass(60_000)
    const pairs = bus.command(alice, { type: 'pairs' })
    const { id } = (pairs.type === 'pairs' ? pairs.pairs : [])[0]!
    const shown = bus.history(alice, id).map((view) => [view.content.text?.text, view.id])
    expect(shown).to.deep.equal(['one', 'two', 'three', 'four'].map((words, i) => [words, names[i]]))
    const seen = imported.notices.flatMap((notice) =>
      notice.type === 'messageState' && notice.state === 'seen' ? [notice.local] : []
    )
    expect(seen).to.deep.equal(names.slice(1))
  })

  it('is changed in nothing but its count of starts', () => {
    const self = { starts: 7, recordSeq: 3, nick: 'bob', prekeys: Uint8Array.of(1), record: Uint8Array.of(2) }
    const { value } = asNewDevice(stateRow('self', SelfRow.encode(self)))!
    expect(SelfRow.decode(value)).to.deep.equal({ ...self, starts: 7 + 2 ** 20 })
    const other = { room: 'program', entry: 'self', value: SelfRow.encode(self) }
    expect(asNewDevice(other)).to.equal(other)
  })

  it('has no session, and none of the keys of starts; what waits in a pair it says in a life of its own', () => {
    const drops = ['session/x', 'session-skipped/x', 'one-time-keys']
    for (const entry of drops) expect(asNewDevice(stateRow(entry, new Uint8Array(0)))).to.equal(undefined)
    const user = new Uint8Array(32).fill(1)
    const lives = [{ instance: user.slice(16), heard: 7, marks: user.slice(24), heardOn: 8 }]
    const pair = { user, instance: user.slice(16), next: 5, lives, life: user.slice(16), usedKeys: [] }
    const value = asNewDevice(stateRow('pair/x', PairRow.encode(pair)))!.value
    expect(PairRow.decode(value)).to.deep.equal({ ...pair, instance: new Uint8Array(0) })
    const said = { user, number: 4, content: user, session: user, frame: user, instance: user.slice(16) }
    const left = SaidRow.decode(asNewDevice(stateRow('session-said/x', SaidRow.encode(said)))!.value)
    expect(left).to.deep.equal({ ...said, session: new Uint8Array(0), frame: new Uint8Array(0) })
    const kept = stateRow('session-start/x', user)
    expect(asNewDevice(kept)).to.equal(kept)
  })
})
