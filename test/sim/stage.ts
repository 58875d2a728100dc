/** A stage for puppets, who do just what a test tells them: to see what a checker notices. */
import { EMPTY, hex, zeros } from '../../src/base/bytes.ts'
import { SECOND_MS } from '../../src/base/time.ts'
import { coSignedBytes } from '../../src/core/channel/announcement.ts'
import { makeFrame } from '../../src/core/channel/frame.ts'
import type { Effect, Env, Event } from '../../src/core/machine.ts'
import { STATE_ROOM, stateRow } from '../../src/core/out.ts'
import { type SigningKey, sign, signingKey } from '../../src/crypto/sign.ts'
import type { Checker } from '../../src/sim/checkers/checker.ts'
import type { JudgingMachine } from '../../src/sim/node.ts'
import { Story } from '../../src/sim/story.ts'
import type { Truth } from '../../src/sim/truth.ts'
import { RunError } from '../../src/sim/world.ts'
import {
  type Announcement,
  AnnouncementAttachment,
  type Body,
  Content,
  type Operation,
  Reason,
  type SignatureBy,
  SignedStatement,
  Statement
} from '../../src/wire/messages.ts'
import { channelIdText } from '../../src/wire/names.ts'
import { EpochRow } from '../../src/wire/rows.ts'
import { ALICE, BOB, CAROL, DAVE } from '../people.ts'

export const CHANNEL = zeros(32).fill(7)
export const NAME = channelIdText(CHANNEL)
const PEOPLE = [ALICE, BOB, CAROL, DAVE]

/** Does what it is told, and wakes every second. */
export class Puppet implements JudgingMachine {
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
export class Stage {
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

  announcesWith(
    who: string,
    announcement: Announcement,
    coSignatures: SignatureBy[],
    rest: Partial<AnnouncementAttachment> = {}
  ): Uint8Array {
    const attachment = AnnouncementAttachment.encode({ payload: EMPTY, coSignatures, certificate: EMPTY, ...rest })
    return this.says(who, { announcement }, this.story.keyOf(who), attachment)
  }

  coSigns(who: string, announcement: Uint8Array, term: number, serial: number): void {
    const rest = { signature: zeros(64).fill(1), promisedTerm: term, promisedSerial: serial }
    this.says(who, { coSignature: { announcement, term, serial, attempt: 0, ...rest } })
  }

  keeps(who: string, entry: string, value: Uint8Array, isDurable = true): void {
    this.does(who, { type: 'persist', puts: [stateRow(entry, value)], deletes: [], isDurable })
  }

  /** In its log, or pending, in place of what else is there. */
  keepsStatement(who: string, where: 'log' | 'pending', operation: Operation, about: string, isDurable = true): void {
    const content = Statement.encode({ ...Statement.decode(EMPTY), operation, subject: this.userOf(about) })
    const row = SignedStatement.encode({ author: EMPTY, content, signature: EMPTY })
    this.keeps(who, `${where}/${NAME}/01`, row, isDurable)
  }

  /** The epoch in force for it is now this one. */
  follows(who: string, issuer: string, term: number, serial: number, fields: Partial<EpochRow> = {}): void {
    const keys = { control: zeros(32), tree: zeros(1) }
    const epoch = { ...EPOCH, ...keys, term, serial, issuer: this.userOf(issuer), ...fields }
    this.keeps(who, `epoch/${NAME}/now`, EpochRow.encode(epoch))
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

export const headOf = (term: number, serial: number) => ({
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

export const EPOCH: EpochRow = { ...EpochRow.decode(EMPTY), serial: 1, commitment: zeros(16) }
/** The invariant that breaks, and how. */
export function broken(act: () => void): string {
  try {
    act()
  } catch (error) {
    if (error instanceof RunError) return error.violation.message
    throw error
  }
  return 'nothing'
}

export const onStage = (managers: number, checker: (truth: Truth) => Checker, act: (stage: Stage) => void): string => {
  const stage = new Stage(managers, checker)
  return broken(() => act(stage))
}
