import { expect } from 'chai'
import type { UserId } from '../../src/core/identity/user.ts'
import { Dials, MAX_DIALS } from '../../src/node/dials.ts'

/** A host whose dials end when the test says so. */
class ToyHost {
  readonly dials: PromiseWithResolvers<boolean>[] = []
  readonly signals: AbortSignal[] = []

  dial(_user: UserId, _addresses: readonly Uint8Array[], signal: AbortSignal): Promise<boolean> {
    const dial = Promise.withResolvers<boolean>()
    this.dials.push(dial)
    this.signals.push(signal)
    return dial.promise
  }
}

const user = (n: number): UserId => new Uint8Array(32).fill(n) as UserId

describe('Dials', () => {
  it('makes one dial of a peer at a time, and so many in all', async () => {
    const host = new ToyHost()
    const dials = new Dials(host)
    const first = [dials.reach(user(0)), dials.reach(user(0))]
    for (let i = 1; i < MAX_DIALS; i++) void dials.reach(user(i))
    expect(host.dials).to.have.length(MAX_DIALS)
    expect(await dials.reach(user(MAX_DIALS))).to.equal(false)
    host.dials[0]!.resolve(true)
    expect(await Promise.all(first)).to.deep.equal([true, true])
    void dials.reach(user(MAX_DIALS))
    expect(host.dials).to.have.length(MAX_DIALS + 1)
  })

  it('waits after a failure before it dials that peer again, and no other', async () => {
    const host = new ToyHost()
    const dials = new Dials(host)
    const failing = dials.reach(user(1))
    host.dials[0]!.resolve(false)
    expect(await failing).to.equal(false)
    expect(await dials.reach(user(1))).to.equal(false)
    expect(host.dials).to.have.length(1)
    void dials.reach(user(2))
    expect(host.dials).to.have.length(2)
  })

  it('has no failure against a peer that was reached', async () => {
    const host = new ToyHost()
    const dials = new Dials(host)
    const reached = dials.reach(user(1))
    host.dials[0]!.resolve(true)
    expect(await reached).to.equal(true)
    void dials.reach(user(1))
    expect(host.dials).to.have.length(2)
  })

  it('breaks off what is under way when it stops, and dials no more', async () => {
    const host = new ToyHost()
    const dials = new Dials(host)
    void dials.reach(user(1))
    dials.stop()
    expect(host.signals[0]!.aborted).to.equal(true)
    expect(await dials.reach(user(2))).to.equal(false)
    expect(host.dials).to.have.length(1)
  })
})
