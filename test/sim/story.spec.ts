import { expect } from 'chai'
import { SECOND_MS } from '../../src/base/time.ts'
import { LEADER } from '../../src/sim/deeds.ts'
import type { Step, Story } from '../../src/sim/story.ts'
import { ALICE, BOB, CAROL, everyoneReads, gathering, haveAllRead, isReady, tell } from '../people.ts'

const ALL = [ALICE, BOB, CAROL]
const play = (...steps: readonly Step[]): Story =>
  tell(ALL, [...gathering(BOB, CAROL), { type: 'wait', forMs: 2 * SECOND_MS }, ...steps])

const isCutOff = (story: Story, who: string): boolean => story.world.network.isIsolated(story.person(who).node)

describe('sim/story', () => {
  it('the leader is whoever says so on the carrier, and is meant by its own name for what is done to it', () => {
    const story = play({ type: 'isolate', who: LEADER })
    expect(story.leaderAt().name).to.equal(ALICE)
    expect(ALL.filter((who) => isCutOff(story, who))).to.deep.equal([ALICE])
  })

  it('the leader is the one of the highest term, as long as none of a higher one is heard', () => {
    const story = play()
    const by = story.person(BOB)
    story.truth.lead = { by, term: story.truth.lead!.term + 1, at: story.world.time }
    story.world.run(5 * SECOND_MS)
    expect(story.leaderAt().name).to.equal(BOB)
  })

  it('a process that dies for some time comes back by itself', () => {
    const story = play({ type: 'crash', who: LEADER, forMs: 3 * SECOND_MS }, { type: 'wait', forMs: 2 * SECOND_MS })
    const { node } = story.person(ALICE)
    expect(node.isUp).to.equal(false)
    story.world.run(2 * SECOND_MS)
    expect(node.isUp).to.equal(true)
  })

  it('a process that stands still handles nothing, then all of it at once', () => {
    const story = play({ type: 'pause', who: BOB, forMs: 5 * SECOND_MS }, { type: 'say', who: CAROL, text: 'bob?' })
    const { node } = story.person(BOB)
    story.world.run(4 * SECOND_MS)
    expect(node.inbox.length).to.be.above(3)
    expect(haveAllRead('bob?')(story)).to.equal(false)
    story.world.run(SECOND_MS)
    expect(node.inbox.length).to.equal(0)
    everyoneReads('bob?')(story)
  })

  it('who comes back on an empty disk joins again, and is known to be set back', () => {
    const story = play(
      { type: 'crash', who: BOB },
      { type: 'emptyDisk', who: BOB },
      { type: 'start', who: BOB },
      { type: 'wait', forMs: SECOND_MS }
    )
    const bob = story.person(BOB)
    expect([bob.isRolledBack, isReady(BOB)(story)]).to.deep.equal([true, false])
    story.act({ type: 'settle', withinMs: 30 * SECOND_MS })
    expect(isReady(BOB)(story)).to.equal(true)
  })

  it('a disk is not set back under a process that runs', () => {
    const story = play({ type: 'emptyDisk', who: BOB })
    expect(story.person(BOB).isRolledBack).to.equal(false)
  })

  it('a network that was cut into many parts has none of the links between them, and all when it heals', () => {
    const story = play({ type: 'partition', sets: ALL.map((who) => [who]) })
    expect(ALL.every((who) => isCutOff(story, who))).to.equal(true)
    story.act({ type: 'heal' })
    expect(ALL.some((who) => isCutOff(story, who))).to.equal(false)
    expect(story.world.network.healedAt).to.equal(story.world.time)
  })
})
