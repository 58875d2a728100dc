/** What only several managers can break, and what rests on time or on a disk: puppets that do just that, and who notices. */
import { expect } from 'chai'
import { EMPTY, hex, utf8, zeros } from '../../src/base/bytes.ts'
import { MINUTE_MS, SECOND_MS } from '../../src/base/time.ts'
import { coSignedBytes } from '../../src/core/channel/announcement.ts'
import { makeFrame } from '../../src/core/channel/frame.ts'
import { IdSet } from '../../src/core/channel/id-set.ts'
import type { Effect, Env, Event } from '../../src/core/machine.ts'
import { STATE_ROOM, stateKey, stateRow } from '../../src/core/out.ts'
import { type SigningKey, sign, signingKey } from '../../src/crypto/sign.ts'
import { Alarms } from '../../src/sim/checkers/alarms.ts'
import { Calm } from '../../src/sim/checkers/calm.ts'
import type { Checker } from '../../src/sim/checkers/checker.ts'
import { Delivery } from '../../src/sim/checkers/delivery.ts'
import { Monotonic } from '../../src/sim/checkers/monotonic.ts'
import { OneValue } from '../../src/sim/checkers/one-value.ts'
import { Promised } from '../../src/sim/checkers/promised.ts'
import { Signing } from '../../src/sim/checkers/signing.ts'
import { LEADER } from '../../src/sim/deeds.ts'
import type { JudgingMachine } from '../../src/sim/node.ts'
import { removalsAreAdopted, somebodyLeads } from '../../src/sim/promises.ts'
import { type Step, Story } from '../../src/sim/story.ts'
import type { Truth } from '../../src/sim/truth.ts'
import { RunError } from '../../src/sim/world.ts'
import {
  AnnouncementAttachment,
  type Body,
  Content,
  Operation,
  Reason,
  type SignatureBy,
  SignedStatement,
  Statement
} from '../../src/wire/messages.ts'
import { channelIdText } from '../../src/wire/names.ts'
import { ChannelRow, EpochRow, SelfRow, UserRow } from '../../src/wire/rows.ts'
import { ALICE, BOB, CAROL, DAVE, gathering, tell } from '../people.ts'

const CHANNEL = zeros(32).fill(7)
const NAME = channelIdText(CHANNEL)
const PEOPLE = [ALICE, BOB, CAROL, DAVE]

/** Does what it is told, and wakes every second. */
class Puppet implements JudgingMachine {
  readonly rooms = [STATE_ROOM]
  told: Effect[] = []

  judge(): 'accept' {
    return 'accept'
  }

  handle(event: Event, { uptimeMs }: Env): Effect[] {
    const wakeAt: Effect = { type: 'wakeAt', uptimeMs: uptimeMs + SECOND_MS }
    if (event.type === 'restore') return [{ type: 'subscribe', channel: CHANNEL }, wakeAt]
    if (event.type === 'wake') return [wakeAt]
    if (event.type !== 'command') return []
    return this.told.splice(0).map((effect) => (effect.type === 'result' ? { ...effect, id: event.id } : effect))
  }
}

/** Puppets who are all members. */
class Stage {
  readonly story: Story

  constructor(managers: number, checker: (truth: Truth) => Checker) {
    const checkers = (truth: Truth): Checker[] => [checker(truth)]
    const makePeer = (): Puppet => new Puppet()
    this.story = new Story({ seed: 1, people: PEOPLE, managers: PEOPLE.slice(0, managers), makePeer, checkers })
    for (const person of this.story.truth.people) {
      const command = { type: 'join', invite: '' } as const
      person.joins.push({ id: 0, command, at: 0, result: { type: 'done' } })
      person.readyAt = 0
    }
    this.wait(SECOND_MS)
  }

  does(who: string, ...effects: Effect[]): void {
    const { node } = this.story.person(who)
    ;(node.machine as Puppet).told = effects
    this.story.world.command(node, { type: 'channels' })
  }

  /** Alice's message at a place of her chain; the first under its key. */
  seals(lamport: number, previous: Uint8Array): Uint8Array {
    const key = { term: lamport, serial: 1, commitment: zeros(16) }
    const place = { group: EMPTY, device: 0, boot: zeros(16), counter: 0, previous, lamport }
    const rest = { descriptor: zeros(32), logHead: zeros(32), commitment: zeros(32), sealed: zeros(284) }
    return this.says(ALICE, { message: { ...place, key, ...rest } })
  }

  shows(who: string, id: Uint8Array, lamport: number): void {
    const said = { channel: CHANNEL, group: EMPTY, id: hex(id), sender: this.userOf(ALICE), nick: ALICE, lamport }
    const how = { counter: 0, content: Content.decode(EMPTY), isEncrypted: true, isOwn: false, state: 'sent' } as const
    this.does(who, { type: 'notify', notice: { type: 'message', ...said, ...how, seenAt: 0 } })
  }

  says(who: string, body: Body, as: SigningKey = this.story.keyOf(who), attachment = EMPTY): Uint8Array {
    const frame = makeFrame(CHANNEL, as, body, attachment)
    this.does(who, { type: 'publish', channel: CHANNEL, frame: frame.bytes })
    return frame.id
  }

  /** @param signers - whose names stand under it, beside its issuer's. */
  announces(who: string, term: number, serial: number, ...signers: string[]): Uint8Array {
    const announcement = headOf(term, serial)
    const signed = coSignedBytes(makeFrame(CHANNEL, this.story.keyOf(who), { announcement }), EMPTY, announcement.key)
    return this.announcesWith(
      who,
      announcement,
      signers.map((name) => ({ signer: this.userOf(name), signature: sign(this.story.keyOf(name), signed) }))
    )
  }

  announcesWith(who: string, announcement: ReturnType<typeof headOf>, coSignatures: SignatureBy[]): Uint8Array {
    const attachment = AnnouncementAttachment.encode({ payload: EMPTY, coSignatures, certificate: EMPTY })
    return this.says(who, { announcement }, this.story.keyOf(who), attachment)
  }

  coSigns(who: string, announcement: Uint8Array, term: number, serial: number): void {
    const rest = { signature: zeros(64).fill(1), promisedTerm: term, promisedSerial: serial }
    this.says(who, { coSignature: { announcement, term, serial, attempt: 0, ...rest } })
  }

  keeps(who: string, entry: string, value: Uint8Array, isDurable = true): void {
    this.does(who, { type: 'persist', puts: [stateRow(entry, value)], deletes: [], isDurable })
  }

  holds(who: string, announcement: number, issuer = ALICE, term = 5): void {
    const epoch = { ...EPOCH, term, announcement: zeros(32).fill(announcement), issuer: this.userOf(issuer) }
    this.keeps(who, `epoch/${NAME}/${hex(epoch.announcement)}`, EpochRow.encode(epoch))
  }

  isAlarmed(who: string): void {
    const notice = { type: 'alarm', channel: CHANNEL, manager: this.userOf(ALICE), check: 414 } as const
    this.does(who, { type: 'notify', notice })
  }

  asksForKey(who: string, request: number): void {
    const keyRequest = { prekey: zeros(16), attempt: 0, enc: zeros(1120), sealed: zeros(1040) }
    this.says(who, { keyRequest }, signingKey(zeros(32).fill(request)))
  }

  getsKey(who: string): void {
    const line = { channel: CHANNEL, group: EMPTY, term: 1, serial: 1 }
    const notice = { type: 'epoch', ...line, reason: Reason.ADMITTED, issuer: this.userOf(ALICE) } as const
    this.does(who, { type: 'notify', notice })
  }

  userOf(who: string): Uint8Array {
    return this.story.keyOf(who).publicKey
  }

  wait(forMs: number): void {
    this.story.world.run(forMs)
  }
}

const headOf = (term: number, serial: number) => ({
  group: EMPTY,
  key: { term, serial, commitment: zeros(16) },
  roster: zeros(32),
  logHead: zeros(32),
  descriptor: { version: 1, hash: zeros(32) },
  previous: EMPTY,
  reason: Reason.TAKEOVER,
  notAfter: 1,
  payload: zeros(32),
  chunks: []
})

const EPOCH: EpochRow = { ...EpochRow.decode(EMPTY), serial: 1, commitment: zeros(16) }
const channelRow = (term: number, serial: number): Uint8Array =>
  ChannelRow.encode({ ...ChannelRow.decode(EMPTY), promisedTerm: term, promisedSerial: serial })
const selfRow = (recordSeq: number, record = EMPTY): Uint8Array =>
  SelfRow.encode({ ...SelfRow.decode(EMPTY), recordSeq, record })
const userRow = (seq: number): Uint8Array => UserRow.encode({ ...UserRow.decode(EMPTY), seq })

/** The invariant that breaks, and how. */
function broken(act: () => void): string {
  try {
    act()
  } catch (error) {
    if (error instanceof RunError) return error.violation.message
    throw error
  }
  return 'nothing'
}

const onStage = (managers: number, checker: (truth: Truth) => Checker, act: (stage: Stage) => void): string => {
  const stage = new Stage(managers, checker)
  return broken(() => act(stage))
}

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
    const admitted = (stage: Stage): void => {
      const content = Statement.encode({
        ...Statement.decode(EMPTY),
        operation: Operation.ADMIT,
        subject: stage.userOf(DAVE)
      })
      stage.keeps(ALICE, `log/${NAME}/01`, SignedStatement.encode({ author: EMPTY, content, signature: EMPTY }))
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
        admitted(stage)
        const removal = { ...Statement.decode(EMPTY), operation: Operation.REMOVE, subject: stage.userOf(DAVE) }
        const content = Statement.encode(removal)
        const row = SignedStatement.encode({ author: EMPTY, content, signature: EMPTY })
        stage.keeps(ALICE, `pending/${NAME}/1`, row, isDurable)
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

  describe('what managers sign', () => {
    const signing = (act: (stage: Stage) => void): string => onStage(3, (truth) => new Signing(truth), act)
    const states = (stage: Stage, entry: string, fields: Partial<Statement>): void => {
      const content = Statement.encode({ ...Statement.decode(EMPTY), subject: stage.userOf(DAVE), ...fields })
      stage.keeps(BOB, entry, SignedStatement.encode({ author: EMPTY, content, signature: EMPTY }))
    }
    /** @param attempts - how often it was sent before. */
    const signs = (stage: Stage, attempts: number): void => {
      const roster = PEOPLE.reduce((ids, who) => ids.with(stage.userOf(who)), IdSet.EMPTY).root()
      const coSignatures = Array.from({ length: attempts }, () => ({ signer: EMPTY, signature: EMPTY }))
      stage.coSigns(
        BOB,
        stage.announcesWith(ALICE, { ...headOf(5, 2), roster, previous: zeros(32) }, coSignatures),
        5,
        2
      )
    }
    const admitted = (stage: Stage): void => states(stage, `log/${NAME}/01`, { operation: Operation.ADMIT })
    const removed = (stage: Stage): void => states(stage, `pending/${NAME}/02`, { operation: Operation.REMOVE })

    it('a roster with somebody whose removal the signer knows breaks I-4, and what was signed before may be said again', () => {
      const late = (stage: Stage): void => {
        admitted(stage)
        removed(stage)
        signs(stage, 0)
      }
      expect(signing(late)).to.match(/^I-4: bob signs/)
      const again = (stage: Stage): void => {
        admitted(stage)
        signs(stage, 0)
        removed(stage)
        signs(stage, 1)
      }
      expect(signing(again)).to.equal('nothing')
    })
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
  })
})
