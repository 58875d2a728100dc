import { expect } from 'chai'
import { Pins } from '../../../src/core/identity/pins.ts'
import { asUserId } from '../../../src/core/identity/user.ts'
import { alice, bob, keyOf } from './people.ts'

const a = asUserId(alice.publicKey)
const b = asUserId(bob.publicKey)
const pin = (user: typeof a, seq: number, fill = seq) => ({ user, seq, hash: new Uint8Array(32).fill(fill) })

describe('pins', () => {
  it('refuse a record older than the pinned one, and keep the pinned one (R-122)', () => {
    const pins = new Pins()
    expect(pins.pin(pin(a, 5))).to.equal(undefined)
    expect(pins.pin(pin(a, 4))?.check).to.equal(122)
    expect(pins.get(a)?.seq).to.equal(5)
    expect(pins.pin(pin(a, 5))).to.equal(undefined)
    expect(pins.pin(pin(a, 6))).to.equal(undefined)
    expect(pins.get(a)?.seq).to.equal(6)
    expect(pins.pin(pin(b, 1))).to.equal(undefined)
  })

  it('refuse another record of the same seq (R-123)', () => {
    const pins = new Pins([pin(a, 5)])
    expect(pins.judge(pin(a, 5, 9))?.check).to.equal(123)
    expect(pins.pin(pin(a, 5, 9))?.check).to.equal(123)
    expect(pins.get(a)?.hash).to.deep.equal(pin(a, 5).hash)
  })

  it('do not alias what they were given', () => {
    const pins = new Pins()
    const given = pin(a, 5)
    pins.pin(given)
    given.hash.fill(0)
    expect(pins.judge(pin(a, 5))).to.equal(undefined)
  })

  it('come back from the store as they were', () => {
    const pins = new Pins([pin(a, 5), pin(b, 6)])
    const again = new Pins(pins.entries())
    expect([...again.entries()]).to.deep.equal([...pins.entries()])
    expect(again.judge(pin(a, 4))?.check).to.equal(122)
  })

  it('are bounded: the user without news for longest is forgotten', () => {
    const pins = new Pins([pin(a, 5), pin(b, 5)], 2)
    pins.pin(pin(a, 6))
    pins.pin(pin(asUserId(keyOf('carol').publicKey), 1))
    expect([...pins.entries()]).to.have.length(2)
    expect(pins.get(a)?.seq).to.equal(6)
    expect(pins.get(b)).to.equal(undefined)
  })
})
