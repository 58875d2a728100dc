import { expect } from 'chai'
import { Random } from '../../../src/sim/random.ts'
import { Wheel } from '../../../src/sim/scale/wheel.ts'

/** More than one turn of the wheel. */
const FAR_MS = 200_000

describe('sim/scale/wheel', () => {
  it('handles events in the order of time, and at one instant in the order in which they were scheduled', () => {
    const wheel = new Wheel()
    const random = new Random(1, 'wheel')
    const seen: (readonly [number, number])[] = []
    const scheduled = Array.from({ length: 5_000 }, (_, i) => [random.between(0, 400), i] as const)
    for (const [at, i] of scheduled) wheel.push(at, at, i)
    expect(wheel.run(400, Number.POSITIVE_INFINITY, (at, i) => seen.push([at, i]))).to.equal(true)
    expect(seen).to.deep.equal(scheduled.toSorted(([a, i], [b, j]) => a - b || i - j))
    expect(wheel).to.include({ handled: 5_000, waiting: 0, now: 400 })
  })

  it('takes what is scheduled for this very instant while it is handled', () => {
    const wheel = new Wheel()
    const seen: number[] = []
    wheel.push(5, 0, 300)
    wheel.run(5, Number.POSITIVE_INFINITY, (_, left) => {
      seen.push(left)
      if (left > 0) wheel.push(wheel.now, 0, left - 1)
    })
    expect(seen).to.have.lengthOf(301)
  })

  it('keeps what is far ahead for its time', () => {
    const wheel = new Wheel()
    const random = new Random(2, 'wheel')
    const times = Array.from({ length: 500 }, () => random.between(0, FAR_MS))
    for (const at of times) wheel.push(at, at, 0)
    const seen: number[] = []
    wheel.run(FAR_MS, Number.POSITIVE_INFINITY, (at) => {
      expect(at).to.equal(wheel.now)
      seen.push(at)
    })
    expect(seen).to.deep.equal(times.toSorted((a, b) => a - b))
  })

  it('stops after as many events as it is told, and goes on where it was', () => {
    const wheel = new Wheel()
    for (let at = 0; at < 100; at++) wheel.push(at, at, 0)
    let count = 0
    while (!wheel.run(99, 10, () => count++)) expect(count % 10).to.equal(0)
    expect(count).to.equal(100)
  })
})
