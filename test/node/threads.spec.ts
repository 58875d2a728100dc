import { expect } from 'chai'
import fc from 'fast-check'
import { EMPTY, hex, unhex, utf8 } from '../../src/base/bytes.ts'
import type { Row } from '../../src/core/machine.ts'
import { ERASURE_ROOM, messageRoom, messageRow, readMessageRow, rowsBeside } from '../../src/core/member/history.ts'
import { type Post, Thread } from '../../src/core/member/thread.ts'
import type { MessageView } from '../../src/core/notice.ts'
import { Eraser } from '../../src/node/eraser.ts'
import { openMemoryStore } from '../../src/node/memory-store.ts'
import type { Store } from '../../src/node/store.ts'
import { Threads } from '../../src/node/threads.ts'
import { HistoryPolicy } from '../../src/wire/messages.ts'
import { ErasureRow, MessageRow } from '../../src/wire/rows.ts'
import { someMessages } from '../core/member/thread-samples.ts'
import { ALICE, BOB, CHANNEL, deletion, edit, GROUP, idOf, MALLORY, reaction, text } from '../core/member/views.ts'

const SECRET = 'the words themselves'

/** Keeps messages as a member does, and tells the eraser of each. */
class Home {
  readonly store: Store = openMemoryStore()
  readonly threads = new Threads(this.store)
  eraser: Eraser | undefined

  async start(): Promise<void> {
    this.eraser = await Eraser.start(this.store)
    await this.eraser.settled()
  }

  async keep(message: MessageView, isReadLater = false): Promise<void> {
    const { text: said, edit: changed } = message.content
    const frame = utf8(`frame: ${said?.text ?? changed?.text}`)
    const terms = { history: isReadLater ? HistoryPolicy.ALL : HistoryPolicy.NONE, retentionSeconds: 0 }
    const puts = [messageRow(message, frame, 0), ...rowsBeside(message, terms)]
    await this.store.write({ puts, deletes: [], isDurable: false })
    this.eraser?.onNotice({ type: 'message', ...message })
    await this.eraser?.settled()
  }

  async rows(room = messageRoom(CHANNEL)): Promise<Row[]> {
    const rows: Row[] = []
    for await (const row of this.store.rows(room)) rows.push(row)
    return rows
  }

  /** Whether anything that is kept still holds the words. */
  async holds(words = SECRET): Promise<boolean> {
    return (await this.rows()).some(({ value }) => Buffer.from(value).includes(words))
  }

  async row(word: string): Promise<MessageRow> {
    return MessageRow.decode((await this.rows()).find(({ entry }) => entry === idOf(word))!.value)
  }
}

describe('finding what belongs together', () => {
  it('gives for each message what all of the history would', async () => {
    await fc.assert(
      fc.asyncProperty(someMessages, async (messages) => {
        const home = new Home()
        for (const one of messages) await home.keep(one)
        const all = new Thread(messages)
        for (const one of messages) {
          const part = await home.threads.around(CHANNEL, [one])
          expect(words(part.postOf(one))).to.deep.equal(words(all.postOf(one)))
          expect(words(part.subjectOf(one))?.slice(0, 3)).to.deep.equal(words(all.subjectOf(one))?.slice(0, 3))
          expect(part.effectOf(one)).to.equal(all.effectOf(one))
        }
      }),
      { numRuns: 100 }
    )
  })

  it('lets a deletion that was said on another line hide nothing of what a text says now', async () => {
    for (const [line, other] of [
      [EMPTY, GROUP],
      [GROUP, EMPTY]
    ] as const) {
      const home = new Home()
      const said = text('m', 'first', { group: line })
      await home.keep(said)
      await home.keep(edit('e', 'm', 'second', { group: line, lamport: 2 }))
      await home.keep(reaction('r', 'm', '👍', { group: line, lamport: 3, sender: BOB }))
      await home.keep(deletion('elsewhere', 'm', { group: other, lamport: 4 }))
      const found = async () => words((await home.threads.around(CHANNEL, [said])).postOf(said))
      expect(await found()).to.deep.equal([idOf('m'), 'second', false, [['👍', [idOf('r')]]]])
      await home.keep(deletion('here', 'm', { group: line, lamport: 5 }))
      expect(await found()).to.deep.equal([idOf('m'), '', true, []])
    }
  })

  it('goes through a history newest first, in the order that everybody sees', async () => {
    const home = new Home()
    const messages = [3, 1, 2, 2, 2, 1].map((lamport, i) => text(`m${i}`, 'x', { lamport, counter: i }))
    for (const one of messages) await home.keep(one)
    const found: string[] = []
    for await (const { lamport, counter } of home.threads.newestFirst(CHANNEL)) found.push(`${lamport}.${counter}`)
    expect(found).to.deep.equal(['3.0', '2.4', '2.3', '2.2', '1.5', '1.1'])
  })
})

const words = (post: Post | undefined) =>
  post && [post.name, post.text, post.isDeleted, post.reactions.map(({ emoji, by }) => [emoji, by.map(({ id }) => id)])]

describe('a deletion', () => {
  it('destroys what the message and its edits said here, and leaves who said something when', async () => {
    const home = new Home()
    await home.start()
    await home.keep(text('m', SECRET, { lamport: 3 }, 'x'))
    await home.keep(edit('e', 'm', `${SECRET}, mended`, { lamport: 4 }))
    await home.keep(reaction('r', 'm', '👍', { lamport: 5, sender: BOB }))
    expect(await home.holds()).to.equal(true)
    await home.keep(deletion('d', 'm', { lamport: 6 }), true)
    const kept = (await home.rows()).map((row) => readMessageRow(row)!)
    expect(kept.find(({ id }) => id === idOf('m'))).to.deep.include({ isErased: true, lamport: 3, seenAt: 1_000_003 })
    expect(kept.find(({ id }) => id === idOf('m'))!.content.text!.replyTo).to.have.length(0)
    expect(kept.find(({ id }) => id === idOf('e'))!.content.edit!.text).to.equal('')
    const frames = await Promise.all(['m', 'e', 'r'].map(async (word) => (await home.row(word)).frame.length))
    expect(frames.map((length) => length > 0)).to.deep.equal([false, false, true])
  })

  it('keeps the frame of an encrypted message whose key is gone, for those who lack it, and of no other', async () => {
    for (const [isEncrypted, isReadLater, isKept] of [
      [true, false, true],
      [true, true, false],
      [false, false, false]
    ] as const) {
      const home = new Home()
      await home.start()
      await home.keep(text('m', 'said', { isEncrypted }))
      await home.keep(deletion('d', 'm', { lamport: 2, isEncrypted }), isReadLater)
      expect((await home.row('m')).frame.length > 0, `${isEncrypted} ${isReadLater}`).to.equal(isKept)
      expect((await home.row('m')).content.length).to.be.below(10)
    }
  })

  it('by somebody else destroys nothing', async () => {
    const home = new Home()
    await home.start()
    await home.keep(text('m', SECRET))
    await home.keep(edit('e', 'm', SECRET, { lamport: 2 }))
    await home.keep(deletion('d', 'm', { sender: MALLORY, lamport: 3 }))
    expect((await home.row('m')).isErased).to.equal(false)
    expect((await home.row('e')).isErased).to.equal(false)
  })

  it('on another line destroys nothing, whichever comes first and also after a restart, and undoes no other', async () => {
    for (const [line, other] of [
      [EMPTY, GROUP],
      [GROUP, EMPTY]
    ] as const) {
      for (const isFirst of [false, true]) {
        const home = new Home()
        await home.start()
        const said = [text('m', SECRET, { group: line }), edit('e', 'm', SECRET, { group: line, lamport: 2 })]
        const deleted = deletion('elsewhere', 'm', { group: other, lamport: 3 })
        for (const one of isFirst ? [deleted, ...said] : [...said, deleted]) await home.keep(one, true)
        await home.start()
        expect((await home.row('m')).isErased).to.equal(false)
        expect((await home.row('e')).isErased).to.equal(false)
        // An edit of the other line, which is in force for nothing, goes.
        await home.keep(edit('stray', 'm', SECRET, { group: other, lamport: 4 }))
        expect((await home.row('stray')).isErased).to.equal(true)
        await home.keep(deletion('here', 'm', { group: line, lamport: 3 }), true)
        expect(await home.holds()).to.equal(false)
        expect(await home.rows(ERASURE_ROOM)).to.have.length(2)
        // Both are remembered for what is still to come.
        await home.keep(edit('late', 'm', SECRET, { group: line, lamport: 5 }))
        await home.keep(edit('late stray', 'm', SECRET, { group: other, lamport: 6 }))
        expect(await home.holds()).to.equal(false)
      }
    }
  })

  it('leaves what stays of a message for just as long as the message would have stayed', async () => {
    const home = new Home()
    await home.start()
    const retentionSeconds = 3_600
    const terms = { history: HistoryPolicy.NONE, retentionSeconds }
    for (const one of [text('m', SECRET), edit('e', 'm', SECRET, { lamport: 2 })]) {
      const puts = [messageRow(one, utf8('frame'), retentionSeconds), ...rowsBeside(one, terms)]
      await home.store.write({ puts, deletes: [], isDurable: false })
    }
    await home.keep(deletion('d', 'm', { lamport: 3 }))
    expect((await home.row('m')).isErased).to.equal(true)
    // They were seen in the second 1,000, and their cohort began some two minutes before.
    const left = async (before: number): Promise<string[]> => {
      await home.store.destroy(messageRoom(CHANNEL), before)
      return (await home.rows()).map(({ entry }) => entry).filter((entry) => entry !== idOf('d'))
    }
    expect(await left(800)).to.have.members([idOf('m'), idOf('e')])
    expect(await left(2_000)).to.deep.equal([])
  })

  it('that was kept before rows of it named a line is one of the channel itself', async () => {
    const home = new Home()
    await home.keep(text('m', SECRET))
    await home.keep(text('g', 'in the group', { group: GROUP }))
    const targets = ['m', 'g'].map((word) => unhex(idOf(word)))
    const puts = targets.map((target, i) => ({
      room: ERASURE_ROOM,
      entry: hex(target) + hex(ALICE),
      order: 6 + i,
      value: ErasureRow.encode({ channel: CHANNEL, sender: ALICE, target, keepsFrame: false })
    }))
    await home.store.write({ puts, deletes: [], isDurable: false })
    await home.start()
    expect(await home.holds()).to.equal(false)
    expect((await home.row('g')).isErased).to.equal(false)
  })

  it('that comes first destroys the message, and each edit, when they come, also after a restart', async () => {
    for (const isRestarted of [false, true]) {
      const home = new Home()
      await home.start()
      await home.keep(deletion('d', 'm', { lamport: 6 }), true)
      if (isRestarted) await home.start()
      await home.keep(text('n', 'another', { lamport: 2 }))
      await home.keep(text('m', SECRET, { lamport: 3 }))
      await home.keep(edit('e', 'm', SECRET, { lamport: 4 }))
      expect(await home.holds()).to.equal(false)
      expect((await home.row('n')).isErased).to.equal(false)
    }
  })

  it('that a crash cut short is carried out at the next start', async () => {
    const home = new Home()
    await home.keep(text('m', SECRET))
    await home.keep(deletion('d', 'm', { lamport: 6 }), true)
    expect(await home.holds()).to.equal(true)
    await home.start()
    expect(await home.holds()).to.equal(false)
  })

  it('reaches every form of a message that was sealed again', async () => {
    const home = new Home()
    await home.start()
    await home.keep(text('two', SECRET, { lamport: 5, replaces: 'one' }))
    await home.keep(deletion('d', 'one', { lamport: 6 }), true)
    expect(await home.holds()).to.equal(false)
  })

  it('is remembered for the newest of each sender, so that none is pushed out by others', async () => {
    const home = new Home()
    await home.start()
    await home.keep(deletion('mine', 'm', { lamport: 1 }), true)
    for (const at of [(i: number) => 2 + i, () => 99]) {
      for (let i = 0; i < 70; i++) {
        await home.keep(deletion(`d${i}/${at(i)}`, `t${i}`, { sender: MALLORY, lamport: at(i) }), true)
      }
      expect(await home.rows(ERASURE_ROOM)).to.have.length(65)
    }
    await home.keep(text('m', SECRET))
    expect(await home.holds()).to.equal(false)
  })
})
