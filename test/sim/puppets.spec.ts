/** What only several managers can break, and what rests on time or on a disk: puppets that do just that, and who notices. */
import { expect } from 'chai'
import { EMPTY, utf8, zeros } from '../../src/base/bytes.ts'
import { MINUTE_MS, SECOND_MS } from '../../src/base/time.ts'
import { stateKey, stateRow } from '../../src/core/out.ts'
import { Alarms } from '../../src/sim/checkers/alarms.ts'
import { Calm } from '../../src/sim/checkers/calm.ts'
import { Delivery } from '../../src/sim/checkers/delivery.ts'
import { Monotonic } from '../../src/sim/checkers/monotonic.ts'
import { OneValue } from '../../src/sim/checkers/one-value.ts'
import { Pace } from '../../src/sim/checkers/pace.ts'
import { Promised } from '../../src/sim/checkers/promised.ts'
import { LEADER } from '../../src/sim/deeds.ts'
import { removalsAreAdopted, somebodyLeads } from '../../src/sim/promises.ts'
import type { Step } from '../../src/sim/story.ts'
import { Operation, Reason } from '../../src/wire/messages.ts'
import { ChannelRow, EpochRow, SelfRow, UserRow } from '../../src/wire/rows.ts'
import { ALICE, BOB, CAROL, DAVE, gathering, tell } from '../people.ts'
import { broken, CHANNEL, EPOCH, headOf, NAME, onStage, type Puppet, type Stage } from './stage.ts'

const channelRow = (term: number, serial: number): Uint8Array =>
  ChannelRow.encode({ ...ChannelRow.decode(EMPTY), promisedTerm: term, promisedSerial: serial })
const selfRow = (recordSeq: number, record = EMPTY): Uint8Array =>
  SelfRow.encode({ ...SelfRow.decode(EMPTY), recordSeq, record })
const userRow = (seq: number): Uint8Array => UserRow.encode({ ...UserRow.decode(EMPTY), seq })

describe('sim/puppets', () => {
  describe('one value per number', () => {
    const among = (managers: number, act: (stage: Stage) => void): string =>
      onStage(managers, (truth) => new OneValue(truth), act)

    const twice = (stage: Stage): void => {
      stage.announces(ALICE, 5, 1, CAROL, DAVE)
      stage.announces(BOB, 5, 1, CAROL, DAVE)
    }

    it('two certified announcements of one number break I-10', () => {
      expect(among(3, twice)).to.match(/^I-10: two announcements of 5\.1/)
    })

    it('signatures under something else make no certificate', () => {
      const told = among(3, (stage) => {
        stage.announces(ALICE, 5, 1, BOB, CAROL)
        const coSignatures = [ALICE, CAROL].map((name) => ({ signer: stage.userOf(name), signature: zeros(64) }))
        stage.announcesWith(BOB, headOf(5, 1), coSignatures)
      })
      expect(told).to.equal('nothing')
    })

    it('co-signatures that travel alone make a certificate, too', () => {
      const act = (stage: Stage): void => {
        stage.coSigns(CAROL, stage.announces(ALICE, 5, 1), 5, 1)
        stage.coSigns(CAROL, stage.announces(BOB, 5, 1), 5, 1)
      }
      expect(among(3, act)).to.match(/^I-10: two announcements of 5\.1/)
    })

    it('a term with two issuers breaks I-10', () => {
      const act = (stage: Stage): void => {
        stage.announces(ALICE, 5, 1, CAROL)
        stage.announces(BOB, 5, 2, CAROL)
      }
      expect(among(3, act)).to.match(/^I-10: term 5 is that of alice and of bob/)
    })

    it('proposals that nobody co-signs, or one signature of a member, are no certificates', () => {
      const act = (stage: Stage): void => {
        stage.announces(ALICE, 5, 1)
        stage.announces(BOB, 5, 1, DAVE)
      }
      expect(among(3, act)).to.equal('nothing')
    })

    it('each of two managers may open a term by itself', () => {
      expect(among(2, twice)).to.equal('nothing')
    })

    it('three managers bear none on an old disk, four bear one', () => {
      const rolledBack = (stage: Stage): void => {
        stage.story.person(CAROL).isRolledBack = true
        twice(stage)
      }
      expect(among(3, rolledBack)).to.equal('nothing')
      expect(among(4, rolledBack)).to.match(/^I-10/)
    })
  })

  describe('lies', () => {
    const among = (managers: number, act: (stage: Stage) => void): string =>
      onStage(
        managers,
        (truth) => new Alarms(truth),
        (stage) => {
          stage.story.person(ALICE).isByzantine = true
          act(stage)
        }
      )

    it('who is taken for a liar and never lied breaks I-13', () => {
      const act = (stage: Stage): void => {
        stage.story.person(ALICE).isByzantine = false
        stage.isAlarmed(BOB)
      }
      expect(among(1, act)).to.match(/^I-13: bob takes alice for a liar, who never lied/)
    })

    it('two members in contact that hold two epochs of one number and are not alarmed break I-13', () => {
      const act = (stage: Stage): void => {
        stage.holds(BOB, 1)
        stage.holds(CAROL, 2)
        stage.isAlarmed(BOB)
        stage.wait(12 * SECOND_MS)
      }
      expect(among(1, act)).to.match(/^I-13: carol and bob hold two epochs 5\.1; carol is not alarmed/)
    })

    it('alarmed ones break nothing, nor those who have not met, or not for long', () => {
      const alarmed = (stage: Stage): void => {
        stage.holds(BOB, 1)
        stage.holds(CAROL, 2)
        stage.wait(5 * SECOND_MS)
        stage.isAlarmed(BOB)
        stage.isAlarmed(CAROL)
        stage.wait(20 * SECOND_MS)
      }
      const apart = (stage: Stage): void => {
        stage.story.act({ type: 'isolate', who: BOB })
        stage.holds(BOB, 1)
        stage.holds(CAROL, 2)
        stage.wait(MINUTE_MS)
        stage.story.act({ type: 'heal' })
        stage.wait(8 * SECOND_MS)
      }
      expect([among(1, alarmed), among(1, apart)]).to.deep.equal(['nothing', 'nothing'])
    })

    it('whose epochs are one again, and who were never brought both, have until they have been apart for long', () => {
      const parting =
        (forMs: number) =>
        (stage: Stage): void => {
          const all = [BOB, CAROL]
          for (const [i, who] of all.entries()) stage.holds(who, i + 1)
          stage.wait(5 * SECOND_MS)
          for (const who of all) stage.holds(who, 3, ALICE, 6)
          stage.wait(20 * SECOND_MS)
          stage.holds(BOB, 4, ALICE, 7)
          stage.wait(forMs)
        }
      expect(among(1, parting(5 * SECOND_MS))).to.equal('nothing')
      expect(among(1, parting(12 * SECOND_MS))).to.match(/^I-13/)
    })

    it('whose epochs are one again, and who were brought both, are to be alarmed, unless they took up one in a run before', () => {
      const both =
        (isRestarted: boolean) =>
        (stage: Stage): void => {
          const head = headOf(5, 1)
          const ids = [head, { ...head, notAfter: 2 }].map((one) => stage.announcesWith(ALICE, one, []))
          stage.wait(SECOND_MS)
          for (const [i, who] of [BOB, CAROL].entries()) {
            stage.follows(who, ALICE, 5, 1, { announcement: ids[i] })
            stage.follows(who, ALICE, 6, 1, { announcement: zeros(32).fill(6) })
            if (!isRestarted) continue
            stage.story.act({ type: 'crash', who })
            stage.story.act({ type: 'start', who })
          }
          stage.wait(12 * SECOND_MS)
        }
      expect(among(1, both(false))).to.match(/^I-13: carol and bob hold two epochs 5\.1/)
      expect(among(1, both(true))).to.equal('nothing')
    })

    it('two issuers of one number are a lie where a quorum is asked for', () => {
      const act = (stage: Stage): void => {
        stage.holds(CAROL, 1, ALICE)
        stage.holds(DAVE, 2, BOB)
        stage.wait(12 * SECOND_MS)
      }
      expect(among(2, act)).to.equal('nothing')
      expect(among(3, act)).to.match(/^I-13/)
    })
  })

  describe('what is missing', () => {
    /** Bob is shown Alice's third message, then after a while her first, and is told nothing of the one between them. */
    const untold = (apartMs: number, afterMs: number): string =>
      onStage(
        1,
        (truth) => new Delivery(truth),
        (stage) => {
          const [first, second] = [stage.seals(1, EMPTY), zeros(32).fill(2)]
          const third = stage.seals(3, second)
          stage.shows(BOB, third, 3)
          stage.wait(apartMs)
          stage.shows(BOB, first, 1)
          stage.wait(afterMs)
          stage.story.end()
        }
      )

    it('is to be told some time after something older is known, and no sooner (I-17)', () => {
      expect(untold(0, 10_000)).to.match(/^I-17: bob is not told what alice said before/)
      expect(untold(10_000, 4_000)).to.match(/^I-17/)
      expect(untold(10_000, 1_000)).to.equal('nothing')
    })
  })

  describe('pace', () => {
    const inAMinute = (epochs: number, heads: (i: number) => Uint8Array): string =>
      onStage(
        1,
        (truth) => new Pace(truth),
        (stage) => {
          for (let serial = 1; serial <= epochs; serial++) {
            const head = { ...headOf(1, serial), reason: Reason.STATED, logHead: heads(serial) }
            stage.announcesWith(ALICE, head, [])
            stage.wait(SECOND_MS / 2)
          }
        }
      )

    it('more epochs in a minute than there may be reasons break I-19', () => {
      expect(inAMinute(61, () => zeros(32))).to.equal('nothing')
      expect(inAMinute(62, () => zeros(32))).to.match(/^I-19: alice makes epochs 61 times/)
    })

    it('epochs for what is stated break nothing', () => {
      expect(inAMinute(62, (i) => zeros(32).fill(i))).to.equal('nothing')
    })
  })

  describe('a calm world', () => {
    const inCalm = (act: (stage: Stage) => void): string => onStage(3, (truth) => new Calm(truth), act)

    it('a third term within an hour breaks I-19', () => {
      const act = (stage: Stage): void => {
        for (const term of [1, 2, 3]) {
          stage.wait(15 * MINUTE_MS)
          stage.announces(ALICE, term, 1, BOB)
        }
      }
      expect(inCalm(act)).to.match(/^I-19: 3 terms/)
    })

    it('proposals that nobody signs begin no term', () => {
      const act = (stage: Stage): void => {
        for (const term of [1, 2, 3]) {
          stage.wait(15 * MINUTE_MS)
          stage.announces(ALICE, term, 1)
        }
      }
      expect(inCalm(act)).to.equal('nothing')
      expect(onStage(2, (truth) => new Calm(truth), act)).to.match(/^I-19: 3 terms/)
    })

    it('terms begin above those of a manager that lies, where one signature is enough', () => {
      const act = (stage: Stage): void => {
        stage.story.person(BOB).isLiar = true
        for (const term of [2, 4, 6, 8]) {
          stage.announces(BOB, term - 1, 5)
          stage.wait(5 * SECOND_MS)
          stage.announces(ALICE, term, 1, BOB)
          stage.wait(MINUTE_MS)
        }
      }
      expect(onStage(2, (truth) => new Calm(truth), act)).to.equal('nothing')
      expect(inCalm(act)).to.match(/^I-19: 3 terms/)
    })

    it('terms begin as often as they must while something is wrong, and later serials begin none', () => {
      const act = (stage: Stage): void => {
        for (const term of [1, 2, 3, 4]) {
          stage.story.act({ type: 'crash', who: DAVE, forMs: SECOND_MS })
          stage.wait(5 * SECOND_MS)
          stage.announces(ALICE, term, 1, BOB)
        }
        stage.wait(MINUTE_MS)
        for (const serial of [2, 3, 4, 5]) stage.announces(ALICE, 4, serial)
      }
      expect(inCalm(act)).to.equal('nothing')
    })

    const healed = (stage: Stage): void => {
      stage.story.act({ type: 'isolate', who: BOB })
      stage.wait(5 * SECOND_MS + 1)
      stage.story.act({ type: 'heal' })
    }

    it('a member that asks for key after key when the network is whole again breaks I-19', () => {
      const act = (stage: Stage): void => {
        healed(stage)
        for (const request of [1, 2, 3]) {
          stage.asksForKey(BOB, request)
          stage.getsKey(BOB)
        }
      }
      expect(inCalm(act)).to.match(/^I-19: bob asks for the key again/)
    })

    it('asking again for what nobody gave breaks nothing', () => {
      const act = (stage: Stage): void => {
        healed(stage)
        for (const request of [1, 1, 2, 3, 3]) stage.asksForKey(BOB, request)
      }
      expect(inCalm(act)).to.equal('nothing')
    })
  })

  describe('what others rely on', () => {
    const keeping = (act: (stage: Stage) => void): string => onStage(3, (truth) => new Promised(truth), act)
    const said = (stage: Stage): void => {
      const { node } = stage.story.person(BOB)
      ;(node.machine as Puppet).told = [{ type: 'result', id: 0, result: { type: 'said', local: 'a' } }]
      stage.story.world.command(node, { type: 'say', channel: CHANNEL, content: {}, isPlain: false })
    }
    const removed = (stage: Stage): void => {
      const { node } = stage.story.person(ALICE)
      ;(node.machine as Puppet).told = [{ type: 'result', id: 0, result: { type: 'done' } }]
      stage.story.world.command(node, { type: 'remove', channel: CHANNEL, user: stage.userOf(DAVE), isForCause: false })
    }
    const message = {
      ...{ group: EMPTY, key: { term: 5, serial: 1, commitment: zeros(16) }, device: 0, boot: zeros(16), counter: 0 },
      ...{ previous: EMPTY, lamport: 1, descriptor: zeros(32), logHead: zeros(32), commitment: zeros(32) },
      sealed: zeros(272)
    }

    const forgetful: Readonly<Record<string, (stage: Stage, isDurable: boolean) => void>> = {
      'announces under a number': (stage, isDurable) => {
        stage.keeps(ALICE, `channel/${NAME}`, channelRow(5, 1), isDurable)
        stage.announces(ALICE, 5, 1)
      },
      'co-signs a number': (stage, isDurable) => {
        stage.keeps(BOB, `channel/${NAME}`, channelRow(5, 1), isDurable)
        stage.coSigns(BOB, zeros(32), 5, 1)
      },
      'speaks under an epoch': (stage, isDurable) => {
        const epoch = EpochRow.encode({ ...EPOCH, term: 5, announcement: zeros(32).fill(1) })
        stage.keeps(BOB, `epoch/${NAME}/1`, epoch, isDurable)
        stage.says(BOB, { message })
      },
      'publishes a record': (stage, isDurable) => {
        stage.keeps(BOB, 'self', selfRow(1, utf8('record')), isDurable)
        stage.does(BOB, { type: 'putRecord', kind: 'user', id: stage.userOf(BOB), value: utf8('record') })
      },
      'takes a message': (stage, isDurable) => {
        stage.does(BOB, { type: 'persist', puts: [stateRow(`outbox/${NAME}/a`, EMPTY)], deletes: [], isDurable })
        said(stage)
      },
      'takes a removal': (stage, isDurable) => {
        stage.keepsStatement(ALICE, 'log', Operation.ADMIT, DAVE)
        stage.keepsStatement(ALICE, 'pending', Operation.REMOVE, DAVE, isDurable)
        removed(stage)
      }
    }
    for (const [what, act] of Object.entries(forgetful)) {
      it(`who ${what} that is not on its disk for good breaks I-23`, () => {
        expect(keeping((stage) => act(stage, true))).to.equal('nothing')
        expect(keeping((stage) => act(stage, false))).to.match(/^I-23/)
      })
    }
  })

  describe('what never goes down', () => {
    const going = (act: (stage: Stage) => void): string => onStage(3, (truth) => new Monotonic(truth), act)
    const restarted = (stage: Stage): void => {
      stage.story.act({ type: 'crash', who: BOB })
      stage.story.act({ type: 'start', who: BOB })
    }
    const rows: readonly [what: string, invariant: string, entry: string, low: Uint8Array, high: Uint8Array][] = [
      ['number of a record', 'I-11', 'self', selfRow(4), selfRow(5)],
      ['term used', 'I-11', `channel/${NAME}`, channelRow(4, 9), channelRow(5, 1)],
      ['serial used', 'I-11', `channel/${NAME}`, channelRow(5, 1), channelRow(5, 2)],
      ['record of a user', 'I-12', 'user/1', userRow(4), userRow(5)]
    ]
    for (const [what, invariant, entry, low, high] of rows) {
      it(`a ${what} that goes down after a restart breaks ${invariant}`, () => {
        const writing = (first: Uint8Array, then: Uint8Array) => (stage: Stage) => {
          stage.keeps(BOB, entry, first)
          restarted(stage)
          stage.keeps(BOB, entry, then)
        }
        expect(going(writing(low, high))).to.equal('nothing')
        expect(going(writing(high, low))).to.match(new RegExp(`^${invariant}: bob`))
      })
    }

    it('a statement that is forgotten breaks I-11', () => {
      const deletes = [stateKey(`log/${NAME}/01`)]
      const act = (stage: Stage): void => stage.does(BOB, { type: 'persist', puts: [], deletes, isDurable: true })
      expect(going(act)).to.match(/^I-11: bob forgets/)
    })
  })

  describe('liveness', () => {
    const telling = (...steps: readonly Step[]): string =>
      broken(() => tell([ALICE, BOB, CAROL, DAVE], [...gathering(BOB, CAROL), ...steps]))
    const apart: readonly Step[] = [
      { type: 'isolate', who: CAROL },
      { type: 'wait', forMs: SECOND_MS }
    ]

    it('members that do not come to one key break I-14', () => {
      const settle: Step = { type: 'settle', withinMs: 20 * SECOND_MS }
      expect(telling(...apart, { type: 'rekey', by: ALICE }, { type: 'wait', forMs: SECOND_MS }, settle)).to.match(
        /^I-14/
      )
      expect(telling(...apart, { type: 'rekey', by: ALICE }, { type: 'heal' }, settle)).to.equal('nothing')
    })

    it('an admitted member without the key breaks I-16', () => {
      const join: Step[] = [
        { type: 'crash', who: ALICE },
        { type: 'join', who: DAVE },
        { type: 'settle', withinMs: 20 * SECOND_MS }
      ]
      expect(telling(...join)).to.match(/^I-16:/)
    })

    it('a removal that somebody never hears of breaks I-18', () => {
      const removal: Step[] = [
        { type: 'remove', who: BOB, by: ALICE },
        { type: 'expect', promise: removalsAreAdopted() }
      ]
      expect(telling(...apart, ...removal)).to.match(/^I-18: bob/)
      expect(telling(...removal)).to.equal('nothing')
    })

    it('a channel that nobody leads breaks I-16b', () => {
      const leads: Step = { type: 'expect', promise: somebodyLeads() }
      expect(telling({ type: 'wait', forMs: 2 * SECOND_MS }, { type: 'crash', who: LEADER }, leads)).to.match(/^I-16b/)
      expect(telling({ type: 'wait', forMs: 2 * SECOND_MS }, leads)).to.equal('nothing')
    })

    it('of a manager that is alone in the channel nobody is to hear that it leads', () => {
      const leads: Step = { type: 'expect', promise: somebodyLeads() }
      const gone = [BOB, CAROL, DAVE].map((who): Step => ({ type: 'stop', who }))
      const wait: Step = { type: 'wait', forMs: 2 * SECOND_MS }
      expect(telling(wait, ...gone, leads)).to.equal('nothing')
      expect(telling(wait, ...gone, { type: 'crash', who: LEADER }, leads)).to.match(/^I-16b/)
      expect(telling(wait, ...[ALICE, BOB, CAROL].map((who): Step => ({ type: 'isolate', who })), leads)).to.match(
        /^I-16b/
      )
    })
  })
})
