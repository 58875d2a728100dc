/** Two users with sessions, in one room: every frame is seen, and comes only when the spec says so. */
import { hex } from '../../../src/base/bytes.ts'
import { atMillis } from '../../../src/base/time.ts'
import type { Self } from '../../../src/core/channel/context.ts'
import { asUserId } from '../../../src/core/identity/user.ts'
import type { UserRecord } from '../../../src/core/identity/user-record.ts'
import type { Effect, Row } from '../../../src/core/machine.ts'
import { asNewDevice } from '../../../src/core/new-device.ts'
import { Out } from '../../../src/core/out.ts'
import { rowsByKind } from '../../../src/core/restore.ts'
import { Sessions } from '../../../src/core/session/sessions.ts'
import type { PairNotice } from '../../../src/core/session/turn.ts'
import type { SessionFrame } from '../../../src/wire/messages.ts'
import { SessionRow } from '../../../src/wire/rows.ts'
import { NOW, type Random, seeded, selfOf, textOf } from './ends.ts'

export type Who = 'alice' | 'bob'

export const otherOf = (who: Who): Who => (who === 'alice' ? 'bob' : 'alice')

export class Side {
  readonly self: Self
  readonly random: Random
  sessions: Sessions
  rows = new Map<string, Row>()
  readonly notices: PairNotice[] = []
  /** Frames that this end has posted and nobody has carried. */
  readonly posted: SessionFrame[] = []
  /** All effects, in their order. */
  readonly effects: (Effect | { type: 'post' })[] = []
  record: UserRecord | undefined
  isWelcome: (user: Uint8Array) => boolean = () => true
  readonly #couple: Couple

  constructor(couple: Couple, nick: string) {
    this.#couple = couple
    this.random = seeded(`couple ${nick}`)
    this.self = selfOf(nick, this.random)
    this.sessions = this.#open()
  }

  get env(): { now: ReturnType<typeof atMillis>; uptimeMs: number; random: Random } {
    return { now: atMillis(NOW + this.#couple.at), uptimeMs: this.#couple.at, random: this.random }
  }

  #open(): Sessions {
    return new Sessions({
      self: this.self,
      recordOf: () => this.record,
      rowsOf: ({ isOwn, number, content }) => [
        { room: 'direct', entry: `${isOwn} ${number} ${content.text?.text}`, value: new Uint8Array(0) }
      ],
      rowsOfRenamed: (was, text) => ({
        puts: [{ room: 'direct', entry: `true ${text.number} ${text.content.text?.text}`, value: new Uint8Array(0) }],
        deletes: [{ room: 'direct', entry: `true ${was.number} ${was.content.text?.text}` }]
      }),
      post: (_, frame, out) => {
        this.posted.push(frame)
        ;(out.effects as { type: string }[]).push({ type: 'post' })
      },
      tell: (notice) => this.notices.push(notice),
      isWelcome: (user) => this.isWelcome(user),
      onStarted: () => {}
    })
  }

  act<T>(what: (out: Out) => T): T {
    const out = new Out()
    const result = what(out)
    for (const effect of out.effects) {
      this.effects.push(effect)
      if (effect.type !== 'persist') continue
      for (const row of effect.puts) this.rows.set(`${row.room} ${row.entry}`, row)
      for (const key of effect.deletes) this.rows.delete(`${key.room} ${key.entry}`)
    }
    return result
  }

  /** Goes on in another home, with what an export brings there. */
  move(): void {
    const rows = [...this.rows].map(([name, row]) => [name, asNewDevice(row)] as const)
    this.rows = new Map(rows.flatMap(([name, row]) => (row === undefined ? [] : [[name, row]])))
    this.posted.length = 0
    this.restart()
  }

  /** The disk as it is now, for a `putBack` later. */
  backUp(): Map<string, Row> {
    return new Map([...this.rows].map(([name, row]) => [name, { ...row, value: row.value.slice() }]))
  }

  /** Goes on with an older disk. */
  putBack(rows: ReadonlyMap<string, Row>): void {
    this.rows = new Map(rows)
    this.posted.length = 0
    this.restart()
  }

  restart(): void {
    this.sessions = this.#open()
    this.sessions.restore(rowsByKind([...this.rows.values()].filter(({ room }) => room === 'state')), this.env)
  }

  /** The texts that came, in order. */
  get heard(): string[] {
    return this.notices.flatMap((notice) => (notice.type === 'text' ? [notice.text.content.text!.text] : []))
  }

  get sessionRows(): SessionRow[] {
    const rows = [...this.rows.values()].filter(({ entry }) => entry.startsWith('session/'))
    return rows.map(({ value }) => SessionRow.decode(value.slice()))
  }
}

export class Couple {
  at = 0
  readonly alice: Side
  readonly bob: Side
  /** All that was ever carried. */
  readonly carried: { from: Who; frame: SessionFrame }[] = []

  constructor() {
    this.alice = new Side(this, 'alice')
    this.bob = new Side(this, 'bob')
    this.alice.record = this.bob.self.record
    this.bob.record = this.alice.self.record
  }

  /** @returns the name of the text. */
  say(who: Who, text: string): string {
    const side = this[who]
    const { id } = side.act((out) =>
      side.sessions.say(this[otherOf(who)].self.record.user, textOf(text), side.env, out)
    )
    return hex(id)
  }

  /** Gives one frame to an end. @param from - who brings it. @returns the check that it breaks. */
  give(to: Who, frame: SessionFrame, from: Uint8Array = this[otherOf(to)].self.record.user): number | undefined {
    const side = this[to]
    return side.act((out) => side.sessions.receive(frame, from, side.env, out))?.check
  }

  /** As `give`, handed over. */
  hand(to: Who, frame: SessionFrame, from: Uint8Array = this[otherOf(to)].self.record.user): number | undefined {
    const side = this[to]
    return side.act((out) => side.sessions.receiveHanded(frame, asUserId(from), side.env, out))?.check
  }

  /** An end is told that the other can do nothing with its frames of a tag. */
  hint(who: Who, tag: Uint8Array): void {
    const side = this[who]
    side.act((out) => side.sessions.hint(this[otherOf(who)].self.record.user, tag, side.env, out))
  }

  /** Carries everything that was posted, and what comes of it. */
  carry(): void {
    for (const who of ['alice', 'bob', 'alice', 'bob', 'alice', 'bob'] as const) {
      for (const frame of this[who].posted.splice(0)) {
        this.carried.push({ from: who, frame })
        this.give(otherOf(who), frame)
      }
    }
  }

  /** Lets time pass without carrying anything. */
  pass(ms: number): void {
    for (const end = this.at + ms; ; ) {
      const times = [this.alice, this.bob].map(({ sessions }) => sessions.nextAt ?? Number.POSITIVE_INFINITY)
      const next = Math.min(...times)
      if (next > end) {
        this.at = end
        return
      }
      this.at = Math.max(this.at, next)
      for (const side of [this.alice, this.bob]) side.act((out) => side.sessions.wake(side.env, out))
    }
  }
}
