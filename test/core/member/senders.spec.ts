import { expect } from 'chai'
import { EMPTY, hex } from '../../../src/base/bytes.ts'
import { Senders } from '../../../src/core/member/senders.ts'

const sender = new Uint8Array(32).fill(7)
const idOf = (n: number): Uint8Array => {
  const id = new Uint8Array(32)
  new DataView(id.buffer).setUint32(0, n + 1)
  return id
}
/** Says messages from one number up to another, each naming the one before. */
function say(senders: Senders, from: number, to: number): void {
  for (let n = from; n < to; n++) {
    const previous = n === 0 ? EMPTY : idOf(n - 1)
    const link = { sender, group: EMPTY, id: idOf(n), previous, lamport: n + 1, counter: n, isAgain: false }
    senders.note(link, false, 0)
  }
}
const knows = (senders: Senders, n: number): boolean => senders.knows(sender, EMPTY, idOf(n))
/** What another run finds on the disk. */
function restarted(senders: Senders): Senders {
  const again = new Senders('room')
  for (const { value } of senders.changedRows()) again.restore(value)
  return again
}

describe('what is known of a sender', () => {
  it('is its newest 512 messages, and after a restart the newest 32', () => {
    const senders = new Senders('room')
    say(senders, 0, 600)
    expect([87, 88, 599].map((n) => knows(senders, n))).to.deep.equal([false, true, true])
    const again = restarted(senders)
    expect([567, 568, 599].map((n) => knows(again, n))).to.deep.equal([false, true, true])
  })

  it('is that a newer form of a message was shown, however much comes before the older one does, and over restarts', () => {
    const senders = new Senders('room')
    say(senders, 0, 1)
    senders.noteReplaced(sender, EMPTY, idOf(5_000))
    say(senders, 1, 1_000)
    const again = restarted(senders)
    for (const one of [senders, again]) {
      expect(knows(one, 5_000)).to.equal(true)
      expect(one.gaps()).to.deep.equal([])
      one.noteShown({ sender, group: EMPTY, id: idOf(5_000), previous: idOf(1), lamport: 3 }, 0)
      say(one, 1_000, 1_600)
      expect(knows(one, 5_000)).to.equal(false)
    }
  })

  it('is that a message came that cannot be read, and is missing once something older shows that it was said in our time', () => {
    const senders = new Senders('room')
    const [older, unread, first] = [3, 5, 6].map((n) => ({
      sender,
      group: EMPTY,
      id: idOf(n),
      previous: EMPTY,
      lamport: n
    }))
    const link = { counter: 0, isAgain: false }
    senders.note({ ...first!, ...link, previous: unread!.id }, false, 0)
    expect(senders.gaps().map(({ isDoubtful }) => isDoubtful)).to.deep.equal([true])
    expect(senders.pass(unread!, true, 0)).to.equal(false)
    expect(senders.gaps()).to.deep.equal([])
    senders.note({ ...older!, ...link }, false, 0)
    expect(senders.gaps().map(({ missing, isDoubtful }) => [hex(missing), isDoubtful])).to.deep.equal([
      [hex(unread!.id), false]
    ])
    expect(senders.pass(unread!, true, 0)).to.equal(true)
    expect(senders.gaps()).to.deep.equal([])
  })

  it('names no message as missing for which a newer form was shown', () => {
    const senders = new Senders('room')
    say(senders, 0, 1)
    senders.noteReplaced(sender, EMPTY, idOf(8))
    const link = { sender, group: EMPTY, id: idOf(9), previous: idOf(8), lamport: 10, counter: 9, isAgain: false }
    senders.note(link, false, 0)
    expect(senders.gaps()).to.deep.equal([])
    senders.note({ ...link, id: idOf(20), previous: idOf(19), lamport: 21 }, false, 0)
    expect(senders.gaps().map(({ missing }) => hex(missing))).to.deep.equal([hex(idOf(19))])
    expect(senders.noteReplaced(sender, EMPTY, idOf(19))).to.equal(undefined)
    expect(senders.gaps()).to.deep.equal([])
  })

  it('is so much at most: of messages shown in a newer form the newest 256', () => {
    const senders = new Senders('room')
    say(senders, 0, 1)
    for (let n = 0; n < 300; n++) senders.noteReplaced(sender, EMPTY, idOf(10_000 + n))
    expect([10_043, 10_044, 10_299].map((n) => knows(senders, n))).to.deep.equal([false, true, true])
  })

  it('leads on to what came before one that cannot be read, also when its author names it late, having lost what it said since', () => {
    const senders = new Senders('room')
    const place = { sender, group: EMPTY }
    say(senders, 0, 1)
    const shown = { ...place, counter: 9, isAgain: false }
    senders.note({ ...shown, id: idOf(9), previous: idOf(8), lamport: 10 }, false, 0)
    senders.note({ ...shown, id: idOf(13), previous: idOf(6), lamport: 14 }, false, 0)
    expect(senders.pass({ ...place, id: idOf(6), previous: idOf(5), lamport: 7 }, true, 0)).to.equal(true)
    expect(senders.gaps().map(({ missing }) => hex(missing))).to.deep.equal([hex(idOf(8)), hex(idOf(5))])
    expect(senders.pass({ ...place, id: idOf(5), previous: idOf(0), lamport: 6 }, true, 0)).to.equal(true)
  })

  it('leads on to what came before one that cannot be read, of which a newer form was shown', () => {
    const senders = new Senders('room')
    const place = { sender, group: EMPTY }
    say(senders, 0, 1)
    senders.note({ ...place, id: idOf(9), previous: idOf(8), lamport: 10, counter: 0, isAgain: true }, false, 0)
    senders.noteReplaced(sender, EMPTY, idOf(7))
    expect(senders.pass({ ...place, id: idOf(8), previous: idOf(7), lamport: 9 }, true, 0)).to.equal(true)
    expect(senders.gaps()).to.deep.equal([])
    expect(senders.pass({ ...place, id: idOf(7), previous: idOf(6), lamport: 8 }, true, 0)).to.equal(false)
    expect(senders.gaps().map(({ missing }) => hex(missing))).to.deep.equal([hex(idOf(6))])
    expect(senders.pass({ ...place, id: idOf(6), previous: idOf(0), lamport: 7 }, true, 0)).to.equal(true)
  })

  it('is missed again when a crash forgot what it was missed by, but not before all that is known', () => {
    const senders = new Senders('room')
    say(senders, 0, 1)
    const shown = (n: number): void => {
      senders.noteShown({ sender, group: EMPTY, id: idOf(n), previous: idOf(n - 1), lamport: n + 1 }, 0)
    }
    const missing = (): string[] => senders.gaps().map((gap) => hex(gap.missing))
    shown(2)
    expect(missing()).to.deep.equal([hex(idOf(1))])
    expect(senders.seen(), 'the first that is missing is not known').to.deep.equal([])
    shown(1)
    expect(missing()).to.deep.equal([])
    shown(-5)
    expect(missing()).to.deep.equal([])
  })
})
