import { expect } from 'chai'
import { Slots, Turns, TurnsByName } from '../../src/node/slots.ts'

describe('Slots', () => {
  const limits = { inAll: 3, perPeer: 2, rate: { perSecond: 1, burst: 4 } }

  it('has so many places in all and of one peer, and a place given back is there again', () => {
    const slots = new Slots(limits)
    const first = slots.take('a', 0)
    slots.take('a', 0)
    expect(slots.take('a', 0)).to.equal(undefined)
    expect(slots.take('b', 0)).to.not.equal(undefined)
    expect(slots.take('c', 0)).to.equal(undefined)
    first!()
    expect(slots.take('c', 0)).to.not.equal(undefined)
  })

  it('takes from one peer no faster than its rate, and from others meanwhile', () => {
    const slots = new Slots(limits)
    for (let i = 0; i < 4; i++) slots.take('a', 0)!()
    expect(slots.take('a', 0)).to.equal(undefined)
    expect(slots.take('b', 0)).to.not.equal(undefined)
    expect(slots.take('a', 1_000)).to.not.equal(undefined)
  })
})

describe('Turns', () => {
  const forEver = new AbortController().signal

  it('come first to those who came first, so many at once', async () => {
    const turns = new Turns(2)
    const had: string[] = []
    const take = async (name: string): Promise<() => void> => {
      const end = await turns.take(forEver)
      had.push(name)
      return end!
    }
    const [endA, endB] = [await take('a'), await take('b')]
    const [c, d] = [take('c'), take('d')]
    await Promise.resolve()
    expect(had).to.deep.equal(['a', 'b'])
    endA()
    const endC = await c
    expect(had).to.deep.equal(['a', 'b', 'c'])
    endB()
    endC()
    const endD = await d
    endD()
    await take('e')
    await take('f')
    expect(had).to.deep.equal(['a', 'b', 'c', 'd', 'e', 'f'])
  })

  it('pass over those who have gone', async () => {
    const turns = new Turns(1)
    const end = await turns.take(forEver)
    const gone = new AbortController()
    const waiting = turns.take(gone.signal)
    const next = turns.take(forEver)
    gone.abort()
    expect(await waiting).to.equal(undefined)
    expect(await turns.take(gone.signal)).to.equal(undefined)
    end!()
    expect(await next).to.be.a('function')
  })
})

const pause = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

describe('TurnsByName', () => {
  it('each name has its own, and those who have gone hold none', async () => {
    const turns = new TurnsByName(1)
    const forEver = new AbortController().signal
    const end = await turns.take('a', forEver)
    ;(await turns.take('b', forEver))!()
    const gone = new AbortController()
    const waiting = turns.take('a', gone.signal)
    gone.abort()
    expect(await waiting).to.equal(undefined)
    let isNext = false
    const next = turns.take('a', forEver).then((endNext) => {
      isNext = true
      return endNext
    })
    await pause()
    expect(isNext).to.equal(false)
    end!()
    ;(await next)!()
    expect(await turns.take('a', forEver)).to.be.a('function')
  })
})
