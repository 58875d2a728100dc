import { expect } from 'chai'
import { accountOf } from '../../../src/sim/report/account.ts'
import { crowdRecord, helloRecord } from './records.ts'

describe('the account of a run', () => {
  const hello = accountOf(helloRecord())

  it('follows each peer from key to key, one at a time', () => {
    for (const { keys } of hello.peers.values())
      keys.slice(1).forEach((spell, i) => {
        expect(spell.from).to.equal(keys[i]!.to)
      })
    const erin = hello.peers.get('erin')!.keys
    expect(erin.at(-1)).to.include({ from: 15_400, to: 20_000, state: 'removed' })
    expect(erin.at(-2)).to.include({ term: 2, serial: 1, to: 15_400 })
    expect(hello.peers.get('manager-1')!.absences).to.deep.equal([{ state: 'paused', from: 10_000, to: 12_500 }])
  })

  it('leaves a peer the key it had when it comes back', () => {
    const [run] = helloRecord()
    const bob = { type: 'peer', peer: 'bob', role: 'member' } as const
    const { peers } = accountOf([
      run!,
      { type: 'key', at: 10, peer: 'bob', count: 1, state: 'ready', term: 1, serial: 1 },
      { ...bob, at: 20, state: 'down' },
      { ...bob, at: 30, state: 'up' },
      { type: 'phase', at: 40, name: 'the end' }
    ])
    expect(peers.get('bob')).to.deep.include({
      keys: [{ from: 10, to: 40, state: 'ready', term: 1, serial: 1 }],
      absences: [{ state: 'down', from: 20, to: 30 }]
    })
  })

  it('gives a message to the phase in which it was said, and a fault to the one in which it began', () => {
    const parts = hello.parts.map(({ name, said, faults }) => [name, said, faults])
    expect(parts).to.deep.equal([
      ['founding', 0, 0],
      ['joining', 0, 0],
      ['talk', 14, 0],
      ['apart', 10, 1],
      ['whole again', 10, 0],
      ['removal', 11, 0]
    ])
    expect(hello.parts[3]!.latency.quantile(0.5)).to.be.above(2_000)
    expect(hello.parts.reduce((sum, { shown }) => sum + shown, 0)).to.equal(hello.shown)
    expect(hello.shownIn.reduce((sum, count) => sum + count, 0)).to.equal(hello.shown)
    expect(hello.saidIn.reduce((sum, count) => sum + count, 0)).to.equal(hello.said)
  })

  it('knows terms by number and issuer', () => {
    const terms = hello.terms.map(({ term, by, from, to }) => [term, by, from, to])
    expect(terms).to.deep.equal([
      [1, 'manager-1', 600, 11_000],
      [2, 'manager-2', 11_000, 20_000]
    ])
  })

  it('never counts more holders of keys in a crowd than the newest epoch has members', () => {
    const lines = crowdRecord(5_000, 100)
    const { holdings, isCrowd } = accountOf(lines)
    expect(isCrowd).to.equal(true)
    for (const { at, newest, previous, older } of holdings) {
      const members = lines.findLast((line) => line.type === 'epoch' && line.at <= at)
      expect(newest + previous + older).to.be.at.most(members?.type === 'epoch' ? members.members : 0)
    }
    expect(holdings.at(-1)).to.include({ newest: 5_000, previous: 0, older: 0 })
  })

  it('follows named peers when there are too many for rows', () => {
    const many = Array.from({ length: 80 }, (_, i) => `peer-${i}`)
    const [run] = helloRecord({ peers: 80 })
    const epoch = { type: 'epoch', at: 10, by: 'peer-0', signers: [], members: 80, isRoot: true, bytes: 1 } as const
    const key = { type: 'key', count: 1, term: 1 } as const
    const { holdings } = accountOf([
      run!,
      { ...epoch, term: 1, serial: 1 },
      ...many.map((peer) => ({ ...key, at: 20, peer, state: 'asking', term: 0, serial: 0 })),
      ...many.slice(0, 50).map((peer) => ({ ...key, at: 30, peer, state: 'ready', serial: 1 })),
      { ...epoch, at: 40, term: 1, serial: 2 },
      ...many.slice(0, 20).map((peer) => ({ ...key, at: 50, peer, state: 'ready', serial: 2 })),
      { ...key, at: 60, peer: 'peer-0', state: 'removed', serial: 2 },
      { type: 'peer', at: 70, peer: 'peer-79', role: 'member', state: 'down' },
      { type: 'peer', at: 80, peer: 'peer-1', role: 'member', state: 'down' },
      { type: 'peer', at: 90, peer: 'peer-1', role: 'member', state: 'up' }
    ])
    const last = holdings.map(({ newest, previous, older, without }) => [newest, previous, older, without])
    expect(last.slice(1)).to.deep.equal([
      [0, 0, 0, 80],
      [50, 0, 0, 30],
      [0, 50, 0, 30],
      [20, 30, 0, 30],
      [19, 30, 0, 30],
      [19, 30, 0, 29],
      [18, 30, 0, 29],
      [19, 30, 0, 29]
    ])
  })
})
