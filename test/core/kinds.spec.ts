import { expect } from 'chai'
import { hex, unhex } from '../../src/base/bytes.ts'
import { ERASURE_ROOM, messageRoom, nameOf, readMessageRow } from '../../src/core/member/history.ts'
import { Thread } from '../../src/core/member/thread.ts'
import type { MessageView } from '../../src/core/notice.ts'
import { type Content, HistoryPolicy, Privacy } from '../../src/wire/messages.ts'
import { ErasureRow, OutboxRow } from '../../src/wire/rows.ts'
import { Bus, type Node, rowsOf, textContent } from './bus.ts'

/** Alice and Bob, who may both make keys, so that what is said may have to be said again. */
function pair(settings: { history?: HistoryPolicy; privacy?: Privacy } = {}) {
  const bus = new Bus('kinds')
  const [alice, bob] = [bus.add('alice'), bus.add('bob')]
  const channel = bus.open(alice, { managers: [alice.key.publicKey, bob.key.publicKey], ...settings })
  bus.join(bob, bus.invite(alice, channel))
  bus.pass(6_000)
  const say = (node: Node, content: Partial<Content>, isPlain = false): void =>
    void bus.command(node, { type: 'say', channel, content, isPlain })
  const remove = (node: Node, target: string): void => say(node, { deletion: { target: unhex(target) } })
  const named = (node: Node, word: string): MessageView =>
    bus.history(node, channel).find(({ content }) => content.text?.text === word)!
  /** Says something that nobody hears, until the next key. */
  const sayUnheard = (node: Node, word: string): void => {
    bus.passes = (from) => from !== node
    bus.say(node, channel, word)
  }
  const goOn = (): void => {
    bus.passes = () => true
    bus.pass(6_000)
  }
  return { bus, alice, bob, channel, say, remove, named, sayUnheard, goOn }
}

const outboxTexts = (node: Node): string[] =>
  rowsOf(node, 'outbox').map(({ value }) => Buffer.from(OutboxRow.decode(value).content).toString())
const roomsOf = (node: Node, kind: string): string[] =>
  [...node.rows.values()].filter(({ room }) => room.startsWith(kind)).map(({ room, entry }) => `${room} ${entry}`)

describe('edits, deletions and reactions', () => {
  it('reach others and are in force there as here', () => {
    const { bus, alice, bob, channel, say, named } = pair()
    bus.say(alice, channel, 'hello')
    const target = unhex(named(bob, 'hello').id)
    say(alice, { edit: { target, text: 'hello all' } })
    say(bob, { reaction: { target, emoji: '👍', isWithdrawn: false } })
    say(bob, { edit: { target, text: 'forged' } })
    for (const node of [alice, bob]) {
      const [post] = new Thread(bus.history(node, channel)).posts
      expect(post).to.include({ text: 'hello all', isDeleted: false })
      expect(post!.reactions.map(({ emoji, by }) => [emoji, by.map(({ nick }) => nick)])).to.deep.equal([
        ['👍', ['bob']]
      ])
    }
  })

  it('name a message that was sealed again as everybody names it, and leave nothing of the frame it stood in', () => {
    const { bus, alice, bob, channel, sayUnheard, goOn, named } = pair()
    sayUnheard(alice, 'again')
    const first = named(alice, 'again').id
    bus.command(alice, { type: 'rekey', channel })
    goOn()
    const [mine, heard] = [named(alice, 'again'), named(bob, 'again')]
    expect(mine.id).to.equal(heard.id)
    expect(mine.id).to.not.equal(first)
    expect([nameOf(mine), nameOf(heard)]).to.deep.equal([first, first])
    for (const node of [alice, bob]) {
      const places = [...roomsOf(node, 'texts/'), ...roomsOf(node, 'claims/')].filter((place) => place.includes(first))
      expect(places.map((place) => place.split(' ')[1])).to.deep.equal([mine.id])
    }
  })

  it('a deletion is kept with what it asks for in one batch, and says whether a key is kept that opens the frame', () => {
    for (const [history, keepsFrame] of [
      [HistoryPolicy.NONE, true],
      [HistoryPolicy.ALL, false]
    ] as const) {
      const { bus, alice, bob, channel, remove, named } = pair({ history })
      bus.say(alice, channel, 'oops')
      const target = named(bob, 'oops').id
      bus.trace.length = 0
      remove(alice, target)
      for (const node of [alice, bob]) {
        const puts = bus.trace.flatMap(({ node: by, effect }) =>
          by === node && effect.type === 'persist' ? [effect.puts] : []
        )
        const batch = puts.find((rows) => rows.some(({ room }) => room === ERASURE_ROOM))!
        expect(batch.some((row) => readMessageRow(row)?.content.deletion !== undefined)).to.equal(true)
        const row = ErasureRow.decode(batch.find(({ room }) => room === ERASURE_ROOM)!.value)
        expect([hex(row.target), hex(row.sender), row.keepsFrame]).to.deep.equal([
          target,
          hex(alice.key.publicKey),
          keepsFrame
        ])
      }
    }
  })

  it('a message of ours that we deleted is not kept to be said again, nor its edits', () => {
    const { bus, alice, channel, say, remove, named } = pair()
    bus.say(alice, channel, 'keep this')
    bus.say(alice, channel, 'first words')
    const target = named(alice, 'first words').id
    say(alice, { edit: { target: unhex(target), text: 'second words' } })
    expect(outboxTexts(alice).join()).to.include('first words').and.include('second words')
    remove(alice, target)
    expect(outboxTexts(alice).join())
      .to.include('keep this')
      .and.not.match(/(first|second) words/)
  })

  it('a deletion of ours that is said on another line keeps nothing from being said again, over a restart, too', () => {
    const { bus, alice, channel, say, sayUnheard, goOn, named } = pair()
    const created = bus.command(alice, { type: 'createGroup', channel, name: 'kitchen' })
    const group = created.type === 'group' ? created.group.id : undefined
    bus.pass(6_000)
    sayUnheard(alice, 'still meant')
    const { id } = named(alice, 'still meant')
    bus.command(alice, {
      type: 'say',
      channel,
      group: group!,
      content: { deletion: { target: unhex(id) } },
      isPlain: false
    })
    expect(outboxTexts(alice).join()).to.include('still meant')
    bus.stop(alice)
    bus.start(alice)
    goOn()
    expect(named(alice, 'still meant')).to.include({ state: 'sent' })
    say(alice, { deletion: { target: unhex(named(alice, 'still meant').id) } })
    expect(outboxTexts(alice).join()).to.not.include('still meant')
  })

  it('one that we deleted before it was sent is kept without its words once it is, over a restart, too', () => {
    for (const isRestarted of [false, true]) {
      for (const [history, isFrameKept] of [
        [HistoryPolicy.NONE, true],
        [HistoryPolicy.ALL, false]
      ] as const) {
        const { bus, alice, channel, remove, sayUnheard, goOn, named } = pair({ history })
        sayUnheard(alice, 'never mind')
        const { id } = named(alice, 'never mind')
        remove(alice, id)
        if (isRestarted) {
          bus.stop(alice)
          bus.start(alice)
        }
        goOn()
        const kept = bus.history(alice, channel).filter(({ content }) => content.text)
        expect(kept.map(({ isErased, state, content }) => [isErased, state, content.text!.text])).to.deep.equal([
          [true, 'sent', '']
        ])
        expect(outboxTexts(alice).join()).to.not.include('never mind')
        const row = [...alice.rows.values()].find(
          ({ room, entry }) => room === messageRoom(channel) && entry === kept[0]!.id
        )!
        expect(row.value.length > 200, String(history)).to.equal(isFrameKept)
      }
    }
  })

  it('each kind travels, in a channel without encryption, too', () => {
    const { bus, alice, bob, channel, say, named } = pair({ privacy: Privacy.PLAIN })
    say(alice, textContent('open'))
    const target = unhex(named(bob, 'open').id)
    say(alice, { edit: { target, text: 'opened' } })
    const thread = new Thread(bus.history(bob, channel))
    expect(thread.posts[0]).to.include({ text: 'opened' })
    expect(thread.posts[0]!.edit?.isEncrypted).to.equal(false)
  })
})
