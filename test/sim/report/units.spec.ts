import { expect } from 'chai'
import { Spans } from '../../../src/sim/report/quantiles.ts'
import { scaleTo } from '../../../src/sim/report/time-chart.ts'
import { bytes, compact, count, duration, instant, kindName, some, tickMs } from '../../../src/sim/report/units.ts'

describe('the figures of a report', () => {
  it('are written with the unit that fits their size', () => {
    expect([0, 0.254, 12, 1_234.5, 1_234_567].map(count)).to.deep.equal(['0', '0.25', '12', '1,235', '1,234,567'])
    expect([9_999, 12_345, 999_499, 999_500, 2e9].map(compact)).to.deep.equal([
      '9,999',
      '12.3 k',
      '999 k',
      '1 M',
      '2 G'
    ])
    expect([999, 999.5, 1_500, 999_500, 2.34e9].map(bytes)).to.deep.equal([
      '999 B',
      '1 kB',
      '1.5 kB',
      '1 MB',
      '2.34 GB'
    ])
    expect(
      [0.5, 35, 999.5, 2_500, 59_949, 59_951, 65_000, 3_599_600, 12e6, 7 * 86_400_000].map(duration)
    ).to.deep.equal(['0.5 ms', '35 ms', '1 s', '2.5 s', '59.9 s', '1 min', '1 min 5 s', '1 h', '3 h 20 min', '7 d'])
    expect(instant(12_350, 60_000)).to.equal('12.3 s')
    expect(instant(185_000, 600_000)).to.equal('3:05')
    expect(instant(7_800_000, 8_000_000)).to.equal('2 h 10 min')
    expect(instant(86_400_000, 604_800_000)).to.equal('1 d')
    expect([some(1, 'peer'), some(2, 'peer')]).to.deep.equal(['1 peer', '2 peers'])
    expect(['keyRequest', 'key request'].map(kindName)).to.deep.equal(['key request', 'key request'])
  })

  it('stand on axes of round steps that hold them', () => {
    for (const most of [0.003, 1, 3, 7, 11, 99, 100, 101, 12_345, 1e9]) {
      const { step, max } = scaleTo(most)
      expect(max).to.be.at.least(most * (1 - 1e-9))
      expect(max / step).to.be.within(1, 5)
    }
    expect([20_000, 120_000, 600_000, 604_800_000].map((ms) => tickMs(ms, 12))).to.deep.equal([
      2_000, 10_000, 60_000, 86_400_000
    ])
  })

  it('have quantiles in which one value stands for many', () => {
    const spans = new Spans()
    expect(spans.quantile(0.5)).to.be.NaN
    spans.add(30, 1)
    spans.add(10, 98)
    spans.add(20, 1)
    spans.add(99, 0)
    expect([0.5, 0.98, 0.99, 1].map((share) => spans.quantile(share))).to.deep.equal([10, 10, 20, 30])
  })
})
