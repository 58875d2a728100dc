/** What managers sign and grant, which epochs others follow, and under which they speak: puppets that do it wrong, and who notices. */
import { expect } from 'chai'
import { EMPTY, zeros } from '../../src/base/bytes.ts'
import { SECOND_MS } from '../../src/base/time.ts'
import { makeFrame } from '../../src/core/channel/frame.ts'
import { IdSet } from '../../src/core/channel/id-set.ts'
import { asUserId } from '../../src/core/identity/user.ts'
import { Chain } from '../../src/sim/checkers/chain.ts'
import type { Checker } from '../../src/sim/checkers/checker.ts'
import { Removal } from '../../src/sim/checkers/removal.ts'
import { Signing } from '../../src/sim/checkers/signing.ts'
import { STEP } from '../../src/sim/forger.ts'
import type { Truth } from '../../src/sim/truth.ts'
import { TERM_JUMP } from '../../src/wire/limits.ts'
import {
  type Announcement,
  type AnnouncementAttachment,
  AnnouncementPayload,
  Descriptor,
  Operation
} from '../../src/wire/messages.ts'
import { ALICE, BOB, CAROL, DAVE } from '../people.ts'
import { CHANNEL, headOf, onStage, type Stage } from './stage.ts'

type Act = (stage: Stage) => void

const MANAGERS = [ALICE, BOB, CAROL]
/** Ids of announcements that nobody looks into. */
const [BEFORE, OTHER] = [zeros(32).fill(1), zeros(32).fill(2)]
const BOOT = zeros(16)
const REF = { version: 1, hash: zeros(32) }

const rosterOf = (stage: Stage, ...names: readonly string[]): Uint8Array =>
  names.reduce((ids, name) => ids.with(stage.userOf(name)), IdSet.EMPTY).root()

/** What breaks when puppets do one thing after the other under a checker. */
const watchedBy =
  (checker: (truth: Truth) => Checker) =>
  (...acts: readonly Act[]): string =>
    onStage(MANAGERS.length, checker, (stage) => {
      for (const act of acts) act(stage)
    })

describe('sim/office-checkers', () => {
  describe('what a manager signs and grants', () => {
    const signing = watchedBy((truth) => new Signing(truth))

    /** Somebody proposes an epoch that follows another, and Bob signs it. */
    const bobSigns =
      (
        by: string,
        term: number,
        serial: number,
        fields: (stage: Stage) => Partial<Announcement> = () => ({}),
        attempt = 0
      ): Act =>
      (stage) => {
        const head = { ...headOf(term, serial), previous: BEFORE, ...fields(stage) }
        stage.coSigns(BOB, stage.announcesWith(by, head, [], { attempt }), term, serial)
      }

    const admitted: Act = (stage) => stage.keepsStatement(BOB, 'log', Operation.ADMIT, DAVE)

    it('a key for somebody who is not in the roster breaks I-3', () => {
      const grants =
        (to: string): Act =>
        (stage) => {
          stage.follows(BOB, ALICE, 1, 1)
          const place = { request: zeros(32), attempt: 0, group: EMPTY, key: headOf(1, 1).key, transcript: zeros(32) }
          const rest = { roster: zeros(32), logHead: zeros(32), descriptor: REF, ephemeral: zeros(32) }
          const grant = { ...place, ...rest, enc: EMPTY, sealed: EMPTY }
          const { bytes: frame } = makeFrame(CHANNEL, stage.story.keyOf(BOB), { grant })
          stage.does(BOB, { type: 'publish', channel: CHANNEL, frame, to: asUserId(stage.userOf(to)) })
        }
      expect(signing(grants(CAROL))).to.equal('nothing')
      expect(signing(admitted, grants(DAVE))).to.equal('nothing')
      expect(signing(grants(DAVE))).to.match(/^I-3: bob grants 1\.1 to somebody/)
    })

    it('a first epoch with more in it than the managers breaks I-3', () => {
      const first = (logHead: Uint8Array, ...names: readonly string[]): Act =>
        bobSigns(ALICE, 1, 1, (stage) => ({ previous: EMPTY, roster: rosterOf(stage, ...names), logHead }))
      const empty = IdSet.EMPTY.root()
      expect(signing(first(empty, ...MANAGERS))).to.equal('nothing')
      expect(signing(first(empty, ...MANAGERS, DAVE))).to.match(/^I-3: bob signs a first epoch/)
      expect(signing(first(OTHER, ...MANAGERS))).to.match(/^I-3: bob signs a first epoch/)
    })

    it('a roster with somebody in it whose removal is known breaks I-4', () => {
      const removed: Act = (stage) => stage.keepsStatement(BOB, 'pending', Operation.REMOVE, DAVE)
      const roster = (...names: readonly string[]): Act =>
        bobSigns(ALICE, 1, 2, (stage) => ({ roster: rosterOf(stage, ...names) }))
      expect(signing(admitted, roster(...MANAGERS, DAVE))).to.equal('nothing')
      expect(signing(admitted, removed, roster(...MANAGERS))).to.equal('nothing')
      expect(signing(admitted, removed, roster(...MANAGERS, DAVE))).to.match(/^I-4: bob signs a roster with dave,/)
    })

    it('what was signed before a removal was known may be signed again', () => {
      const removed: Act = (stage) => stage.keepsStatement(BOB, 'pending', Operation.REMOVE, DAVE)
      const fields = (stage: Stage): Partial<Announcement> => ({ roster: rosterOf(stage, ...MANAGERS, DAVE) })
      const signed = [0, 1].map((attempt) => bobSigns(ALICE, 1, 2, fields, attempt))
      expect(signing(admitted, signed[0]!, removed, signed[1]!)).to.equal('nothing')
      expect(signing(admitted, removed, signed[1]!)).to.match(/^I-4/)
    })

    it('a later epoch for another than who opened the term breaks I-10', () => {
      const opened: Act = (stage) => {
        stage.announces(CAROL, 2, 1)
        stage.announces(ALICE, 2, 1, BOB)
      }
      expect(signing(opened, bobSigns(ALICE, 2, 2))).to.equal('nothing')
      expect(signing(opened, bobSigns(CAROL, 2, 2))).to.match(/^I-10: bob signs 2\.2 for another/)
    })

    it('a term that nobody can have come to step by step breaks I-19', () => {
      const far = 2 ** 40
      const lying: Act = (stage) => {
        stage.story.person(ALICE).isLiar = true
      }
      expect(signing(lying, bobSigns(ALICE, far, 1))).to.match(/^I-19: bob goes up to term/)
      expect(signing((stage) => void stage.announces(ALICE, far, 1))).to.match(/^I-19: alice goes up to term/)
    })

    it('the founder opens the first term alone', () => {
      const founded: Act = (stage) => void stage.announces(ALICE, 1, 1)
      expect(signing(founded, bobSigns(ALICE, 1, 2))).to.equal('nothing')
      expect(signing(founded, bobSigns(CAROL, 1, 2))).to.match(/^I-10: bob signs 1\.2 for another/)
    })

    it('who signed one of two announcements and is not alarmed by the other breaks I-13', () => {
      const told =
        (...signers: readonly string[]): Act =>
        (stage) => {
          stage.announces(ALICE, 1, 2, ...signers)
          stage.wait(SECOND_MS)
        }
      const alarmed: Act = (stage) => stage.isAlarmed(BOB)
      expect(signing(bobSigns(ALICE, 1, 2), alarmed, told())).to.equal('nothing')
      expect(signing(bobSigns(ALICE, 1, 2), told(CAROL))).to.equal('nothing')
      expect(signing(bobSigns(ALICE, 1, 2), told())).to.match(/^I-13: bob has signed another announcement/)
    })

    it('it need not be by one that was spoilt on the way, or is under another version of the descriptor', () => {
      const told =
        (fields: Partial<Announcement>, rest: Partial<AnnouncementAttachment>): Act =>
        (stage) => {
          stage.announcesWith(ALICE, { ...headOf(1, 2), ...fields }, [], rest)
          stage.wait(SECOND_MS)
        }
      const spoilt = told({}, { payload: zeros(8) })
      const unknown = told({ descriptor: { version: 2, hash: zeros(32) } }, {})
      expect(signing(bobSigns(ALICE, 1, 2), spoilt)).to.equal('nothing')
      expect(signing(bobSigns(ALICE, 1, 2), unknown)).to.equal('nothing')
    })

    describe('while it hears who is in office', () => {
      const beats = (stage: Stage, logHead: Uint8Array): void => {
        const place = { group: EMPTY, term: 1, counter: 1, announcement: BEFORE, logHead, descriptor: REF }
        stage.says(ALICE, { heartbeat: { ...place, isBacked: true, boot: BOOT, isFollowing: false } })
        stage.wait(SECOND_MS)
      }
      const heard: Act = (stage) => {
        stage.follows(BOB, ALICE, 1, 1)
        beats(stage, zeros(32))
      }
      const coup = bobSigns(CAROL, 2, 1)

      it('a new term for another breaks I-19', () => {
        expect(signing(heard, bobSigns(ALICE, 2, 1))).to.equal('nothing')
        expect(signing(heard, coup)).to.match(/^I-19: bob signs a new term, and hears alice/)
      })

      const excuses: Readonly<Record<string, Act>> = {
        'was heard too long ago': (stage) => stage.wait(SECOND_MS),
        'was heard too long ago, and what it said comes again': (stage) => {
          stage.wait(SECOND_MS)
          beats(stage, OTHER)
        },
        'has gone': (stage) => {
          stage.says(ALICE, { leave: { group: EMPTY, boot: BOOT, counter: 2 } })
          stage.wait(SECOND_MS / 4)
        },
        'is dismissed': (stage) => {
          const descriptor = { ...Descriptor.decode(EMPTY), managers: [BOB, CAROL].map((name) => stage.userOf(name)) }
          const notice = { type: 'descriptor', channel: CHANNEL, descriptor, before: descriptor } as const
          stage.does(BOB, { type: 'notify', notice })
        },
        'signs it, too': (stage) =>
          stage.coSigns(ALICE, stage.announcesWith(CAROL, { ...headOf(2, 1), previous: BEFORE }, [], {}), 2, 1),
        'was heard before the clock was set': (stage) => stage.story.person(BOB).node.clock.jump(SECOND_MS),
        'may not be heard by all': (stage) => stage.story.act({ type: 'isolate', who: DAVE })
      }
      for (const [why, excuse] of Object.entries(excuses)) {
        it(`it may be signed when that one ${why}`, () => {
          expect(signing(heard, excuse, coup)).to.equal('nothing')
        })
      }
    })
  })

  describe('which epoch follows', () => {
    const following = (act: Act): string => onStage(MANAGERS.length, (truth) => new Chain(truth), act)

    /** What breaks when Dave follows from Alice's 1.1 to this one. @param previous - what it names as that, where not that. */
    const followed = (by: string, term: number, serial: number, previous?: Uint8Array): string =>
      following((stage) => {
        const first = stage.announces(ALICE, 1, 1)
        stage.follows(DAVE, ALICE, 1, 1, { announcement: first })
        const head = { ...headOf(term, serial), previous: previous ?? first }
        stage.follows(DAVE, by, term, serial, { announcement: stage.announcesWith(by, head, []) })
      })

    it('is the next of that issuer, or the first of a term', () => {
      expect([followed(ALICE, 1, 2), followed(BOB, 2, 1)]).to.deep.equal(['nothing', 'nothing'])
    })

    it('one that names another before it breaks I-10', () => {
      expect(followed(ALICE, 1, 2, OTHER)).to.match(
        /^I-10: dave follows 1\.2 from 1\.1, which is not the one before it/
      )
    })

    it('one of another issuer in the same term breaks I-10', () => {
      expect(followed(BOB, 1, 2)).to.match(/^I-10: dave follows 1\.2 from 1\.1, which is of another issuer/)
    })

    it('one of a new term that is not its first breaks I-10', () => {
      expect(followed(BOB, 2, 2)).to.match(
        /^I-10: dave follows 2\.2 from 1\.1, and that term begins with its first epoch/
      )
    })

    it('a key without a tree breaks I-16 for a member, and not for a manager', () => {
      const hollow =
        (who: string): Act =>
        (stage) =>
          stage.follows(who, ALICE, 1, 1, { tree: EMPTY })
      expect(following(hollow(BOB))).to.equal('nothing')
      expect(following(hollow(DAVE))).to.match(/^I-16: dave takes for a key what opens nothing/)
    })
  })

  describe('under which epoch something is said', () => {
    const speaking = watchedBy((truth) => new Removal(truth))

    const says =
      (serial: number, who = DAVE): Act =>
      (stage) => {
        const place = { group: EMPTY, device: 0, boot: BOOT, counter: 0, previous: EMPTY, lamport: 1 }
        const rest = { descriptor: zeros(32), logHead: zeros(32), commitment: zeros(32), sealed: zeros(272) }
        stage.says(who, { message: { ...place, ...rest, key: headOf(1, serial).key } })
      }

    /** Carol adopts 1.2 as it is announced. */
    const announced =
      (announce: (stage: Stage) => Uint8Array, isAdopted = true): Act =>
      (stage) => {
        const announcement = announce(stage)
        if (isAdopted) stage.follows(CAROL, ALICE, 1, 2, { announcement })
      }
    const signed = (stage: Stage): Uint8Array => stage.announces(ALICE, 1, 2, BOB)
    /** @param certificate - what shows Alice to be in office. */
    const stepped =
      (certificate: Uint8Array) =>
      (stage: Stage): Uint8Array => {
        const payload = AnnouncementPayload.encode({ tree: { ...STEP, depth: 1 }, sealed: EMPTY })
        return stage.announcesWith(ALICE, headOf(1, 2), [], { payload, certificate })
      }
    const wild = (stage: Stage): Uint8Array => stage.announces(ALICE, TERM_JUMP + 2, 1, BOB)
    const heard: Act = (stage) => stage.wait(SECOND_MS)

    for (const [what, announce] of Object.entries({ 'signed by a quorum': signed, 'a step': stepped(BEFORE) })) {
      it(`one before the newest known breaks I-4, where that is ${what}`, () => {
        expect(speaking(announced(announce), heard, says(2))).to.equal('nothing')
        expect(speaking(announced(announce), heard, says(1))).to.match(
          /^I-4: dave says something under 1\.1, and knows/
        )
      })
    }

    it('it may be one before another that it has not heard of in this start, is a mere proposal, out of reach, or nobody follows', () => {
      const restarted: Act = (stage) => {
        stage.story.act({ type: 'crash', who: DAVE })
        stage.story.act({ type: 'start', who: DAVE })
      }
      const told = [
        speaking(announced(signed), says(1)),
        speaking(announced(signed), heard, restarted, says(1)),
        speaking(announced(stepped(EMPTY)), heard, says(1)),
        speaking(announced(signed, false), heard, says(1)),
        speaking(announced(wild), heard, says(1))
      ]
      expect(told).to.deep.equal(told.map(() => 'nothing'))
    })

    it('one with somebody in it whose removal is known breaks I-4', () => {
      const admitted: Act = (stage) => stage.keepsStatement(BOB, 'log', Operation.ADMIT, DAVE)
      const withdrawn: Act = (stage) => stage.keepsStatement(BOB, 'pending', Operation.WITHDRAW, DAVE)
      expect(speaking(admitted, says(1, BOB))).to.equal('nothing')
      expect(speaking(admitted, withdrawn, says(1, BOB))).to.match(/^I-4: bob says something that dave, removed/)
    })
  })
})
