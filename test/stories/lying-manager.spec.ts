import { expect } from 'chai'
import { readFrame } from '../../src/core/channel/frame.ts'
import { type Check, Refusal } from '../../src/core/reject.ts'
import { twinOf } from '../../src/sim/deeds.ts'
import type { Lie } from '../../src/sim/lying-manager.ts'
import type { Promised, Step, Story } from '../../src/sim/story.ts'
import {
  ALICE,
  BOB,
  CAROL,
  DAVE,
  ERIN,
  everyoneReads,
  gathering,
  hasRead,
  isReady,
  MALLORY,
  nobodyIsAlarmed,
  reads,
  tell
} from '../people.ts'

const MANAGERS = [MALLORY, ALICE, BOB]
const MEMBERS = [CAROL, DAVE]

/** Mallory founds and leads, Alice and Bob manage beside her, and from then on she lies. */
const lied = (lie: Lie, steps: readonly Step[], managers: readonly string[] = MANAGERS): Story => {
  const others = [...managers.slice(1), ...MEMBERS]
  const opening: Step[] = [
    { type: 'create', who: MALLORY },
    { type: 'invite', who: MALLORY },
    ...others.map((who): Step => ({ type: 'join', who })),
    { type: 'settle', withinMs: 10_000 },
    { type: 'wait', forMs: 4_000 },
    { type: 'lie', who: MALLORY, lie }
  ]
  return tell([...managers, ...MEMBERS, ERIN], [...opening, ...steps], { managers })
}
const HONEST = [ALICE, BOB, CAROL, DAVE]

/** Who is alarmed. */
const alarmed = ({ truth }: Story): string[] =>
  truth.people.filter(({ node }) => node.notices.some(({ notice }) => notice.type === 'alarm')).map(({ name }) => name)

const areAlarmed =
  (...who: readonly string[]): Promised =>
  (story) =>
    void expect(alarmed(story).filter((name) => name !== MALLORY)).to.have.members(who)

const keyIs =
  (state: string, ...who: readonly string[]): Promised =>
  (story) => {
    for (const name of who) expect(story.view(name)?.key, name).to.equal(state)
  }

/** What was said after the lie, by people who did not lie, stands under no epoch but those that all could have. */
const nothingIsSaid =
  (text: string): Promised =>
  ({ truth, world }) => {
    const said = truth.said.find((one) => one.text.endsWith(text))!
    const sent = world.network.packets.filter(({ bytes, channel, from, at }) => {
      const frame = readFrame(channel, bytes)
      return (
        frame !== undefined &&
        !(frame instanceof Refusal) &&
        frame.kind === 'message' &&
        from === said.by.node &&
        at >= said.at
      )
    })
    expect(sent).to.have.length(0)
  }

const wait = (seconds: number): Step => ({ type: 'wait', forMs: seconds * 1_000 })
const say = (who: string, text: string): Step => ({ type: 'say', who, text })
const expectThat = (promise: Promised): Step => ({ type: 'expect', promise })

/** What is refused of a lie by whoever hears it; of whom: Mallory leads, Alice does not. */
const REFUSED: readonly (readonly [lie: Lie, by: string, check: Check, managers?: readonly string[]])[] = [
  ['unknown version', MALLORY, 402],
  ['wrong key', MALLORY, 408],
  ['torn statements', MALLORY, 410],
  ['bent log', MALLORY, 411],
  ['lower term', ALICE, 403],
  ['late serial', ALICE, 403],
  ['unsigned root', ALICE, 404, MANAGERS],
  ['borrowed certificate', ALICE, 404, MANAGERS],
  ['first epoch', ALICE, 407],
  ['other issuer', ALICE, 415]
]

describe('stories/lying-manager', function () {
  this.timeout(30_000)

  it('one that signs two announcements for a number is known to lie by everybody within seconds, and nobody speaks', () => {
    for (const managers of [MANAGERS, [MALLORY, ALICE]]) {
      const honest = HONEST.filter((who) => who !== BOB || managers.includes(BOB))
      lied(
        'two faces',
        [
          { type: 'rekey', by: MALLORY },
          wait(10),
          expectThat(areAlarmed(...honest)),
          say(CAROL, 'after'),
          wait(5),
          expectThat(nothingIsSaid('after'))
        ],
        managers
      )
    }
  })

  it('one that runs twice, once on each side of a split, is known to lie when the sides meet', () => {
    lied('two lives', [
      {
        type: 'partition',
        sets: [
          [MALLORY, ALICE, CAROL],
          [twinOf(MALLORY), BOB, DAVE]
        ]
      },
      { type: 'start', who: MALLORY },
      { type: 'start', who: twinOf(MALLORY) },
      wait(15),
      expectThat(nobodyIsAlarmed()),
      say(CAROL, 'here'),
      say(DAVE, 'there'),
      wait(2),
      expectThat((story) => expect(hasRead(ALICE, 'here')(story) && hasRead(BOB, 'there')(story)).to.equal(true)),
      { type: 'heal' },
      wait(10),
      expectThat(areAlarmed(...HONEST)),
      say(CAROL, 'after'),
      wait(5),
      expectThat(nothingIsSaid('after'))
    ])
  })

  it('one that runs twice at once gives way to what its other machine has opened, and all follow it when that one is gone', () => {
    lied(
      'two lives',
      [
        { type: 'crash', who: MALLORY },
        { type: 'start', who: MALLORY },
        wait(3),
        { type: 'start', who: twinOf(MALLORY) },
        wait(5),
        { type: 'crash', who: twinOf(MALLORY) },
        { type: 'settle', withinMs: 30_000 },
        say(CAROL, 'after'),
        wait(5),
        expectThat(everyoneReads('after'))
      ],
      [MALLORY, ALICE]
    )
  })

  it('a roster with somebody whom nobody admitted is an alarm, and nothing is said under it', () => {
    for (const managers of [MANAGERS, [MALLORY, ALICE]]) {
      lied(
        'ghost',
        [
          { type: 'join', who: ERIN },
          wait(8),
          expectThat((story) => expect(alarmed(story)).to.include.members([CAROL, DAVE])),
          say(CAROL, 'after'),
          wait(5),
          expectThat(nothingIsSaid('after'))
        ],
        managers
      )
    }
  })

  it('a removal that the one in office ignores is one after which nobody speaks who knows of it', () => {
    lied('hidden removals', [
      { type: 'remove', who: DAVE, by: ALICE },
      wait(2),
      say(CAROL, 'held'),
      { type: 'join', who: ERIN },
      wait(20),
      expectThat(keyIs('removal-pending', ALICE, BOB, CAROL)),
      expectThat(nothingIsSaid('held')),
      { type: 'calm' },
      { type: 'settle', withinMs: 30_000 },
      wait(2),
      expectThat(everyoneReads('held')),
      expectThat((story) => expect(hasRead(DAVE, 'held')(story)).to.equal(false)),
      expectThat(nobodyIsAlarmed())
    ])
  })

  it('a tree update that some cannot follow parts nobody from the others in silence', () => {
    lied('bad tree path', [
      { type: 'join', who: ERIN },
      wait(3),
      { type: 'rekey', by: MALLORY },
      wait(10),
      say(CAROL, 'after'),
      wait(10),
      expectThat((story) => {
        const isHeard = HONEST.every((who) => hasRead(who, 'after')(story))
        if (!isHeard) expect(alarmed(story)).to.include.members(HONEST)
      })
    ])
  })

  it('one that answers nobody keeps newcomers waiting and the others talking, until it is gone', () => {
    lied('silence', [
      { type: 'join', who: ERIN },
      wait(15),
      expectThat((story) => expect(isReady(ERIN)(story)).to.equal(false)),
      say(CAROL, 'meanwhile'),
      wait(2),
      ...HONEST.map((who) => expectThat(reads(who, 'meanwhile'))),
      { type: 'calm' },
      { type: 'settle', withinMs: 30_000 },
      say(ERIN, 'at last'),
      wait(3),
      expectThat(everyoneReads('at last'))
    ])
  })

  it('wild terms stop nobody: others are taken in, removed and elected, and the term stays below what is wild', () => {
    const founder: Step[] = gathering(MALLORY, BOB, CAROL, DAVE)
    const story = tell(
      [ALICE, MALLORY, BOB, CAROL, DAVE, ERIN],
      [
        ...founder,
        { type: 'lie', who: MALLORY, lie: 'wild terms' },
        wait(10),
        { type: 'join', who: ERIN },
        wait(5),
        expectThat(keyIs('ready', ALICE, BOB, CAROL, DAVE, ERIN)),
        { type: 'remove', who: DAVE, by: BOB },
        wait(10),
        say(CAROL, 'without Dave'),
        wait(3),
        { type: 'crash', who: ALICE },
        wait(30),
        { type: 'start', who: ALICE },
        wait(20),
        expectThat(keyIs('ready', ALICE, BOB, CAROL, ERIN)),
        say(ERIN, 'still here'),
        wait(3),
        expectThat(everyoneReads('still here')),
        expectThat(nobodyIsAlarmed())
      ],
      { managers: [ALICE, MALLORY, BOB] }
    )
    expect(story.view(CAROL)!.term).to.be.lessThan(2 ** 17)
  })

  for (const [lie, by, check, managers = [MALLORY, ALICE]] of REFUSED) {
    it(`one that tells of an epoch with a lie (${lie}) is refused by everybody (R-${check})`, () => {
      const others = [...managers.slice(1), ...MEMBERS]
      const { truth } = tell(
        [...managers, ...MEMBERS],
        [
          { type: 'create', who: MALLORY },
          { type: 'invite', who: MALLORY },
          ...others.map((who): Step => ({ type: 'join', who })),
          { type: 'settle', withinMs: 10_000 },
          { type: 'crash', who: MALLORY },
          { type: 'start', who: MALLORY },
          { type: 'settle', withinMs: 10_000 },
          wait(4),
          { type: 'lie', who: by, lie },
          { type: 'rekey', by: MALLORY },
          wait(2),
          { type: 'rekey', by: MALLORY },
          wait(2)
        ],
        { managers }
      )
      const members = truth.people.filter(({ isManager }) => !isManager)
      for (const { name, node } of members) expect(node.rejects.get(check), name).to.be.greaterThan(0)
    })
  }
})
