import { expect } from 'chai'
import fc from 'fast-check'
import { nameOf } from '../../../src/core/member/history.ts'
import { type Post, Thread } from '../../../src/core/member/thread.ts'
import type { MessageView } from '../../../src/core/notice.ts'
import { someMessages } from './thread-samples.ts'
import { ALICE, BOB, deletion, edit, GROUP, idOf, MALLORY, reaction, text } from './views.ts'

const HELLO = text('hello', 'hello')
const postIn = (word: string, ...messages: MessageView[]): Post => {
  const thread = new Thread(messages)
  return thread.posts.find(({ name }) => name === idOf(word))!
}
const reactionsOf = ({ reactions }: Post): string[] =>
  reactions.map(({ emoji, by }) => `${emoji} ${by.map(({ nick }) => nick).join('+')}`)

describe('a thread', () => {
  it('says what the newest edit by the author says, in the order that everybody sees', () => {
    const second = edit('e2', 'hello', 'second', { lamport: 9 })
    const first = edit('e1', 'hello', 'first', { lamport: 5 })
    expect(postIn('hello', HELLO)).to.include({ text: 'hello', edit: undefined })
    expect(postIn('hello', HELLO, second, first)).to.include({ text: 'second', edit: second })
    const thread = new Thread([HELLO, first])
    expect(thread.effectOf(first)).to.equal('in-force')
    expect(thread.posts).to.have.length(1)
  })

  it('lets nobody but the author edit or delete', () => {
    const attempts = [
      edit('e', 'hello', 'forged', { sender: MALLORY, lamport: 5 }),
      deletion('d', 'hello', { sender: MALLORY, lamport: 6 })
    ]
    expect(postIn('hello', HELLO, ...attempts)).to.include({ text: 'hello', isDeleted: false, edit: undefined })
    const thread = new Thread([HELLO, ...attempts])
    for (const one of attempts) {
      expect(thread.effectOf(one)).to.equal('ignored')
      expect(thread.subjectOf(one)?.message).to.equal(HELLO)
    }
  })

  it('counts nothing across lines: not from a group to the channel, nor back', () => {
    const elsewhere = [
      edit('e', 'hello', 'other', { group: GROUP }),
      deletion('d', 'hello', { group: GROUP }),
      reaction('r', 'hello', '👍', { group: GROUP, sender: BOB })
    ]
    expect(postIn('hello', HELLO, ...elsewhere)).to.deep.include({ text: 'hello', isDeleted: false, reactions: [] })
    const thread = new Thread([HELLO, ...elsewhere, text('answer', 'so?', { group: GROUP }, 'hello')])
    for (const one of elsewhere) expect(thread.effectOf(one)).to.equal('ignored')
    expect(thread.find(GROUP, idOf('hello'))).to.equal(undefined)
    expect(thread.subjectOf(thread.posts.at(-1)!.message)).to.equal(undefined)
  })

  it('shows nothing of what was deleted, whatever is said about it later', () => {
    const all = [
      HELLO,
      edit('e1', 'hello', 'before', { lamport: 2 }),
      deletion('d', 'hello', { lamport: 3 }),
      edit('e2', 'hello', 'after', { lamport: 9 }),
      reaction('r', 'hello', '👍', { sender: BOB, lamport: 9 })
    ]
    expect(postIn('hello', ...all)).to.deep.include({ text: '', isDeleted: true, edit: undefined, reactions: [] })
    const thread = new Thread(all)
    expect(thread.effectOf(all[2]!)).to.equal('in-force')
    expect(thread.effectOf(all[3]!)).to.equal('ignored')
    const erased = { ...text('gone', ''), isErased: true }
    expect(postIn('gone', erased)).to.include({ isDeleted: true })
    // One form of it being erased is enough.
    const forms = [
      text('one', 'a', { lamport: 1 }),
      { ...text('two', '', { lamport: 2, replaces: 'one' }), isErased: true }
    ]
    expect(postIn('one', ...forms)).to.include({ isDeleted: true, text: '' })
  })

  it('an edit names the first text, never another edit', () => {
    const first = edit('e1', 'hello', 'first', { lamport: 2 })
    const ofEdit = edit('e2', 'e1', 'second', { lamport: 3 })
    expect(postIn('hello', HELLO, first, ofEdit).text).to.equal('first')
    expect(new Thread([HELLO, first, ofEdit]).effectOf(ofEdit)).to.equal('waiting')
  })

  it('counts reactions by emoji and user, until they are taken back', () => {
    const all = [
      reaction('r1', 'hello', '👍', { sender: BOB, lamport: 2 }),
      reaction('r2', 'hello', '👍', { sender: BOB, lamport: 3 }),
      reaction('r3', 'hello', '👍', { sender: ALICE, lamport: 4 }),
      reaction('r4', 'hello', '🎉', { sender: MALLORY, lamport: 5 })
    ]
    expect(reactionsOf(postIn('hello', HELLO, ...all))).to.deep.equal(['👍 bob+alice', '🎉 mallory'])
    const back = reaction('r5', 'hello', '👍', { sender: BOB, lamport: 6 }, true)
    const foreign = reaction('r6', 'hello', '🎉', { sender: BOB, lamport: 7 }, true)
    expect(reactionsOf(postIn('hello', HELLO, ...all, back, foreign))).to.deep.equal(['👍 alice', '🎉 mallory'])
    const again = reaction('r7', 'hello', '👍', { sender: BOB, lamport: 8 })
    expect(reactionsOf(postIn('hello', HELLO, ...all, back, again))).to.deep.equal(['👍 bob+alice', '🎉 mallory'])
  })

  it('what is about a text that is not here waits, and is in force when that comes', () => {
    const early = [
      edit('e', 'hello', 'mended', { lamport: 5 }),
      reaction('r', 'hello', '👍', { sender: BOB, lamport: 6 })
    ]
    const before = new Thread(early)
    for (const one of early) expect(before.effectOf(one)).to.equal('waiting')
    expect(before.posts).to.deep.equal([])
    expect(postIn('hello', ...early, HELLO)).to.include({ text: 'mended' })
    expect(postIn('hello', deletion('d', 'hello', { lamport: 7 }), HELLO)).to.include({ isDeleted: true, text: '' })
  })

  it('a text that was sealed again is one text, by the name of its first frame', () => {
    const first = text('one', 'hi', { lamport: 4 })
    const again = text('two', 'hi', { lamport: 8, replaces: 'one' })
    const mended = edit('e', 'one', 'mended', { lamport: 9 })
    for (const form of [first, again]) expect(postIn('one', form, mended)).to.include({ text: 'mended' })
    expect(new Thread([again, first, mended]).posts.map(({ message }) => message)).to.deep.equal([first])
  })

  it('nobody takes the place of a text by claiming to be it', () => {
    const claim = text('claim', 'I owe you', { sender: MALLORY, lamport: 2, replaces: 'hello' })
    const answer = text('answer', 'thanks', { sender: BOB, lamport: 3 }, 'hello')
    const liked = reaction('r', 'hello', '👍', { sender: BOB, lamport: 4 })
    const mine = edit('e', 'hello', 'I owe you more', { sender: MALLORY, lamport: 5 })
    const thread = new Thread([HELLO, claim, answer, liked, mine])
    expect(thread.subjectOf(answer)?.message).to.equal(HELLO)
    expect(reactionsOf(thread.postOf(HELLO)!)).to.deep.equal(['👍 bob'])
    expect(thread.postOf(HELLO)?.text).to.equal('hello')
    expect(thread.postOf(claim)).to.deep.include({ text: 'I owe you more', reactions: [] })
    // Where only forms of it are here, two that claim one name leave it to nobody.
    const again = text('again', 'hello', { replaces: 'hello' })
    const unsure = new Thread([again, claim, answer, liked])
    expect(unsure.subjectOf(answer)).to.equal(undefined)
    expect(unsure.effectOf(liked)).to.equal('ignored')
    expect(new Thread([again, answer, liked]).subjectOf(answer)?.message).to.equal(again)
  })

  it('is the same for the same set, in whatever order it came', () => {
    fc.assert(
      fc.property(someMessages, fc.infiniteStream(fc.double({ min: 0, max: 1, noNaN: true })), (messages, dice) => {
        const shuffled = messages.map((one) => ({ one, key: dice.next().value })).sort((a, b) => a.key - b.key)
        const first = new Thread(messages)
        const second = new Thread(shuffled.map(({ one }) => one))
        expect(second.posts.map(shown)).to.deep.equal(first.posts.map(shown))
        for (const one of messages) expect(second.effectOf(one)).to.equal(first.effectOf(one))
      }),
      { numRuns: 300 }
    )
  })

  it('never lets one user change what another said', () => {
    fc.assert(
      fc.property(someMessages, (messages) => {
        const of = (sender: Uint8Array) => messages.filter((one) => one.sender === sender || one.content.reaction)
        const alone = new Thread(of(ALICE)).posts.filter(({ message }) => message.sender === ALICE)
        const amongAll = new Thread(messages).posts.filter(({ message }) => message.sender === ALICE)
        const words = ({ name, text: says, isDeleted }: Post) => [name, says, isDeleted]
        expect(amongAll.map(words)).to.deep.equal(alone.map(words))
      }),
      { numRuns: 300 }
    )
  })
})

const shown = ({ message, name, text: says, isDeleted, reactions }: Post) => ({
  id: message.id,
  name,
  says,
  isDeleted,
  reactions: reactions.map(({ emoji, by }) => [emoji, ...by.map(({ id }) => id)])
})

describe('the name of a message', () => {
  it('is the id of the first frame that it was sealed into', () => {
    expect(nameOf(HELLO)).to.equal(HELLO.id)
    expect(nameOf(text('two', 'x', { replaces: 'one' }))).to.equal(idOf('one'))
  })
})
