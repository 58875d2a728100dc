/** `npm run sessions -- --schedules=100000` plays many more, and `-- --seed=7` one alone. */
import { expect } from 'chai'
import { playSchedule } from './schedule.ts'

const SCHEDULES = 150

describe('the sessions of two users', function () {
  this.timeout(120_000)

  it(`deliver everything once, in order, or say what is missing, in ${SCHEDULES} random schedules`, () => {
    const failed: string[] = []
    for (let seed = 1; seed <= SCHEDULES; seed++) {
      const broken = playSchedule(seed)
      if (broken !== undefined) failed.push(`seed ${seed}: ${broken} (npm run sessions -- --seed=${seed})`)
    }
    expect(failed.join('\n')).to.equal('')
  })
})
