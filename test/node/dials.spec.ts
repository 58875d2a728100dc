import { expect } from 'chai'
import type { UserId } from '../../src/core/identity/user.ts'
import { Dials, MAX_DIALS, MAX_FAILED } from '../../src/node/dials.ts'

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

const user = (n: number): UserId => new Uint8Array(32).fill(n % 256).fill(n / 256, 1) as UserId

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

  it('waits longer after each failure before it dials that peer again, and no other, until it was reached', async () => {
    const host = new ToyHost()
    const nature = { uptime: 0, uptimeMs: () => nature.uptime }
    const dials = new Dials(host, nature)
    const end = async (isReached: boolean): Promise<void> => {
      const dial = dials.reach(user(1))
      host.dials.at(-1)!.resolve(isReached)
      expect(await dial).to.equal(isReached)
    }
    for (const [isReached, shortestMs] of [
      [false, 1_000],
      [false, 2_000],
      [false, 4_000],
      [true, 0],
      [false, 1_000]
    ] as const) {
      const count = host.dials.length
      await end(isReached)
      expect(host.dials).to.have.length(count + 1)
      nature.uptime += Math.max(0, shortestMs - 1)
      if (shortestMs > 0) expect(await dials.reach(user(1))).to.equal(false)
      expect(host.dials).to.have.length(count + 1)
      nature.uptime += 1 + shortestMs / 2
    }
    await end(false)
    void dials.reach(user(2))
    expect(host.dials).to.have.length(7)
  })

  it('remembers the failures of a bounded number of peers', async () => {
    const host = new ToyHost()
    const dials = new Dials(host, { uptimeMs: () => 0 })
    for (let i = 0; i <= MAX_FAILED; i++) {
      const dial = dials.reach(user(i))
      host.dials.at(-1)!.resolve(false)
      await dial
    }
    void dials.reach(user(0))
    expect(host.dials).to.have.length(MAX_FAILED + 2)
    expect(await dials.reach(user(1))).to.equal(false)
    expect(host.dials).to.have.length(MAX_FAILED + 2)
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
