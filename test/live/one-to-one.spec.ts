import { expect } from 'chai'
import { SEVERABLE } from './cli-processes.ts'
import { Crew, earOf, type Hand } from './crew.ts'
import { until } from './hosts.ts'
import { oneToOne, shownAt } from './one-to-one.ts'

describe('one-to-one talk of real peers, either of whom is killed now and then', () => {
  for (const isApart of [false, true]) {
    it(`loses and repeats nothing, ${isApart ? 'through the channel alone' : 'directly'}`, async () => {
      const outcome = await oneToOne({ kills: 3, seed: 1, isApart, patienceMs: 60_000, tell: () => {} })
      expect(outcome).to.deep.include({ missing: [], doubled: [], disordered: [], seenByOthers: 0 })
      expect(outcome.acknowledged).to.be.greaterThan(5)
    }).timeout(180_000)
  }

  for (const keeper of ['carrier', 'member'] as const) {
    const what = keeper === 'carrier' ? 'a carrier without keys' : 'a third member'
    it(`reaches one who was away while the other is: ${what} has kept it, and nobody else is there`, async () => {
      const crew = new Crew({ manager: SEVERABLE, member: SEVERABLE })
      try {
        if (keeper === 'carrier') await crew.settle('post', 'carrier')
        await crew.gather(['keeper'], ['alice', 'bob', ...(keeper === 'member' ? ['carol'] : [])])
        const [alice, bob] = crew.members as [Hand, Hand]
        const say = (text: string, wait: string): Promise<object> =>
          earOf(alice).call('dm', { user: bob.user, text, wait, timeout: 20_000 })
        await say('are you there?', 'seen')
        await crew.kill(bob)
        await say('for when you are back', 'sent')
        for (const hand of [alice, ...crew.managers]) await crew.quit(hand)
        await crew.start(bob)
        // It may have come before anybody could listen.
        await until('it has come', async () => (await shownAt(bob, alice)).length > 1, 60_000)
        expect(await shownAt(bob, alice)).to.deep.equal(['are you there?', 'for when you are back'])
      } finally {
        await crew.close()
      }
    }).timeout(120_000)
  }
})
