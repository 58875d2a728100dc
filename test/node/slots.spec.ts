import { expect } from 'chai'
import { Slots } from '../../src/node/slots.ts'

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
