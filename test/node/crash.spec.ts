import { expect } from 'chai'
import { bitFlips, killPoints, numbersOf, type Recording, record, refusedWrites } from './crash-lab.ts'

describe('a store after a crash', function () {
  this.timeout(240_000)

  let recording: Recording
  before(async () => {
    recording = await record()
  })

  it('the recorded work fills several logs and tables, changes keys, tells others of them and destroys messages', () => {
    const names = new Set(recording.snapshots.flatMap(({ files }) => [...files.keys()]))
    expect([...names].filter((name) => name.endsWith('.log')).length).to.be.at.least(4)
    expect([...names].filter((name) => name.endsWith('.ldb')).length).to.be.at.least(3)
    expect(recording.claims.length).to.be.at.least(50)
    expect(recording.snapshots.at(-1)!.destroyed.size).to.equal(2)
  })

  it('killed or without power at any byte, it is what it was after a write, not before the last acknowledged one', async () => {
    const findings = await killPoints(recording, 200, numbersOf('kill'))
    expect(findings).to.include({ points: 200, whole: 200, reported: 0 })
    expect(findings.claims).to.be.at.least(5_000)
  })

  it('a write that the disk refuses is said to be refused, and what was acknowledged before is there', async () => {
    const findings = await refusedWrites(recording, [1, 2, 3, 7, 20, 60])
    expect(findings).to.include({ points: 6, whole: 6, reported: 6 })
  })

  it('a flipped bit in any file of a home is reported, or changes nothing', async () => {
    const findings = await bitFlips(recording, 300, numbersOf('flip'))
    expect(findings.whole + findings.reported).to.equal(300)
    expect([...findings.byFile.keys()].sort()).to.deep.equal(
      [
        'store/.ldb',
        'store/.log',
        'store/COHORTS',
        'store/CURRENT',
        'store/MANIFEST',
        'store/MARK',
        'vault.json'
      ].sort()
    )
  })
})
