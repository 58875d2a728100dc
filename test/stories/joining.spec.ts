import { expect } from 'chai'
import { EMPTY } from '../../src/base/bytes.ts'
import { inviteText, readInvite } from '../../src/core/channel/invite.ts'
import { Refusal } from '../../src/core/reject.ts'
import type { Promised, Step } from '../../src/sim/story.ts'
import { Admission, Authentication, Privacy } from '../../src/wire/messages.ts'
import {
  ALICE,
  BOB,
  CAROL,
  cannotRead,
  DAVE,
  everyoneReads,
  gathering,
  haveAllRead,
  isReady,
  MALLORY,
  reads,
  tell
} from '../people.ts'

/** The invite loses its token on the way. */
const stripInvite: Promised = (story) => {
  const invite = readInvite(story.truth.invites.at(-1)!)
  if (invite instanceof Refusal) throw invite
  story.truth.invites = [inviteText({ ...invite, descriptor: invite.descriptor!, token: EMPTY })]
}

describe('stories/joining', () => {
  for (const [authentication, how] of [
    [Authentication.BY_SIGNATURE, 'signature'],
    [Authentication.BY_CHALLENGE, 'challenge']
  ] as const) {
    it(`who joins, known by a ${how}, reads what is said from then on`, () => {
      tell(
        [ALICE, BOB, CAROL],
        [
          ...gathering(BOB, CAROL),
          { type: 'say', who: BOB, text: 'hello', once: isReady(BOB, CAROL) },
          { type: 'expect', promise: everyoneReads('hello'), once: haveAllRead('hello') }
        ],
        { settings: { authentication, admission: Admission.BY_INVITE } }
      )
    })
  }

  it('a late joiner reads nothing of before and everything after', () => {
    tell(
      [ALICE, BOB, CAROL],
      [
        ...gathering(BOB),
        { type: 'say', who: BOB, text: 'early' },
        { type: 'wait', forMs: 2_000 },
        { type: 'join', who: CAROL },
        { type: 'settle', withinMs: 10_000 },
        { type: 'say', who: BOB, text: 'late' },
        { type: 'wait', forMs: 2_000 },
        { type: 'expect', promise: everyoneReads('late') },
        { type: 'expect', promise: cannotRead(CAROL, 'early') }
      ]
    )
  })

  it('all who join at one moment come in, within two epochs', () => {
    const story = tell(
      [ALICE, BOB, CAROL, DAVE],
      [
        ...gathering(),
        { type: 'join', who: BOB },
        { type: 'join', who: CAROL },
        { type: 'join', who: DAVE },
        { type: 'settle', withinMs: 10_000 },
        { type: 'say', who: DAVE, text: 'hello' },
        { type: 'expect', promise: everyoneReads('hello'), once: haveAllRead('hello') }
      ]
    )
    expect(story.view(ALICE)?.serial).to.be.at.most(3)
  })

  it('a joiner who lost its process in the middle comes in when it is back', () => {
    for (let afterEffects = 0; afterEffects < 30; afterEffects++) {
      tell(
        [ALICE, BOB],
        [
          ...gathering(),
          { type: 'crash', who: BOB, afterEffects, loss: 'unsynced' },
          { type: 'join', who: BOB },
          { type: 'wait', forMs: 3_000 },
          { type: 'start', who: BOB },
          { type: 'settle', withinMs: 15_000 },
          { type: 'say', who: ALICE, text: 'welcome' },
          { type: 'wait', forMs: 1_000 },
          { type: 'expect', promise: reads(BOB, 'welcome') }
        ]
      )
    }
  })

  it('who has an invite without its token is never let in', () => {
    const story = tell(
      [ALICE, BOB, MALLORY],
      [
        ...gathering(BOB),
        { type: 'expect', promise: stripInvite },
        { type: 'join', who: MALLORY },
        { type: 'wait', forMs: 30_000 },
        { type: 'say', who: BOB, text: 'among us' },
        { type: 'wait', forMs: 2_000 },
        { type: 'expect', promise: reads(ALICE, 'among us') },
        { type: 'expect', promise: cannotRead(MALLORY, 'among us') }
      ],
      { settings: { admission: Admission.BY_INVITE } }
    )
    expect(story.view(MALLORY)?.key).to.equal('refused-or-silent')
    expect(story.view(ALICE)?.members).to.equal(2)
  })

  it('a message typed without a key waits, visibly, and is sent when the key comes', () => {
    const story = tell(
      [ALICE, BOB],
      [
        ...gathering(),
        { type: 'crash', who: ALICE },
        { type: 'join', who: BOB },
        { type: 'wait', forMs: 5_000 },
        { type: 'start', who: ALICE },
        { type: 'wait', forMs: 1_000 },
        { type: 'crash', who: ALICE },
        { type: 'say', who: BOB, text: 'patience' },
        { type: 'wait', forMs: 10_000 },
        {
          type: 'expect',
          promise: (story) => {
            if (story.view(BOB)?.waiting !== 1) story.fail('the message waits')
          }
        },
        { type: 'start', who: ALICE },
        { type: 'expect', promise: reads(ALICE, 'patience'), once: haveAllRead('patience') }
      ]
    )
    expect(story.view(BOB)?.waiting).to.equal(0)
  })

  it('a message that waits behind one without a key survives the process', () => {
    tell(
      [ALICE, BOB],
      [
        ...gathering(),
        { type: 'join', who: BOB },
        { type: 'wait', forMs: 600 },
        // Bob has a carrier and no key: the plain one could go, the sealed one before it cannot.
        { type: 'crash', who: BOB, loss: 'unsynced' },
        { type: 'cut', from: ALICE, to: BOB },
        { type: 'start', who: BOB },
        { type: 'say', who: BOB, text: 'sealed' },
        { type: 'say', who: BOB, text: 'plain', isPlain: true },
        { type: 'wait', forMs: 1_000 },
        { type: 'say', who: BOB, text: 'sealed too' },
        { type: 'say', who: BOB, text: 'plain too', isPlain: true },
        { type: 'crash', who: BOB, loss: 'unsynced' },
        { type: 'heal' },
        { type: 'start', who: BOB },
        { type: 'settle', withinMs: 15_000 },
        { type: 'wait', forMs: 3_000 },
        ...['sealed', 'plain', 'sealed too', 'plain too'].map(
          (text): Step => ({ type: 'expect', promise: everyoneReads(text) })
        )
      ],
      { settings: { privacy: Privacy.MIXED, admission: Admission.OPEN } }
    )
  })
})
