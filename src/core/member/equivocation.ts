/**
 * That a manager lied: sending stops for good, and the proof, where there is one, is told to everybody (protocol §7.6).
 *
 * Who knows of a lie says nothing any more. So a member that is heard saying something does not know of it: it is told, by
 * whoever comes first, and ever more rarely if it goes on.
 */
import { hex } from '../../base/bytes.ts'
import { Alarm } from '../../wire/messages.ts'
import { type CheckedAnnouncement, certificateOf, equivocatorOf, readSide } from '../channel/announcement.ts'
import type { Context } from '../channel/context.ts'
import { isManagerOf } from '../channel/descriptor.ts'
import { type Frame, makeFrame } from '../channel/frame.ts'
import { Deadlines } from '../deadlines.ts'
import type { Env, RowKey } from '../machine.ts'
import { type Out, stateKey, stateRow } from '../out.ts'
import { ALARM_AGAIN_MS, ALARM_MAX_MS, ALARM_PER_MEMBER_MS } from '../params.ts'
import { type Check, Refusal, refuse } from '../reject.ts'

export class Equivocation {
  readonly #context: Context
  /** Without one the lie is ours to know, and nobody would believe it. */
  #proof: Alarm | undefined
  /** How often each member was told that seemed not to know, by hex. */
  readonly #told = new Map<string, number>()
  /** Those that it is for when it is told next, by hex. */
  readonly #unaware = new Set<string>()
  /** `Env.uptimeMs` at which anybody told it last. */
  #toldAt = Number.NEGATIVE_INFINITY
  readonly #deadlines = new Deadlines<'tell'>()

  constructor(context: Context) {
    this.#context = context
  }

  nextAt(): number | undefined {
    return this.#deadlines.next()
  }

  wake(env: Env, out: Out): void {
    if (this.#deadlines.due(env.uptimeMs).length > 0) this.#tell(env, out)
  }

  /** Two announcements that one manager signed for one number. @returns the refusal of whatever brought the second. */
  raise(first: CheckedAnnouncement, second: CheckedAnnouncement, env: Env, out: Out): Refusal {
    const liar = equivocatorOf(this.#context.charter.descriptor, first, second)
    if (this.#context.alarm.length === 0 && liar !== undefined) {
      this.#proof = { first: certificateOf(first.frame).bytes, second: certificateOf(second.frame).bytes, at: 0 }
      out.keep(stateRow(this.#entry, Alarm.encode(this.#proof)))
      this.stop(liar, 414, out)
      this.#tell(env, out)
    }
    return refuse(414)
  }

  /** A manager lied: sending stops, for good. */
  stop(manager: Uint8Array, check: Check, out: Out): void {
    if (this.#context.alarm.length > 0) return
    this.#context.alarm = manager
    out.keep(this.#context.row())
    out.notify({ type: 'alarm', channel: this.#context.channel, manager, check })
  }

  /** Somebody tells a proof: nobody else has to, for now. */
  onAlarm(frame: Frame, env: Env, out: Out): Refusal | undefined {
    const { charter, alarm } = this.#context
    const first = readSide(charter, frame.body.alarm!.first)
    const second = readSide(charter, frame.body.alarm!.second)
    if (first instanceof Refusal || second instanceof Refusal) return refuse(414)
    const liar = equivocatorOf(charter.descriptor, first, second)
    if (liar === undefined || !isManagerOf(charter.descriptor, liar)) return refuse(414)
    if (alarm.length === 0) return this.raise(first, second, env, out)
    this.#noteTold(env)
    return undefined
  }

  /** A member says something. */
  onHeard(member: Uint8Array, env: Env): void {
    if (this.#proof === undefined) return
    const name = hex(member)
    this.#unaware.add(name)
    const wait = Math.min(ALARM_MAX_MS, ALARM_AGAIN_MS * 2 ** (this.#told.get(name) ?? 0))
    const spread = (env.random(1)[0]! / 256) * this.#context.log.roster.members.size * ALARM_PER_MEMBER_MS
    this.#deadlines.setEarliest('tell', Math.max(env.uptimeMs, this.#toldAt + wait) + spread)
  }

  #tell(env: Env, out: Out): void {
    if (this.#proof === undefined) return
    const { channel, self } = this.#context
    const alarm = { ...this.#proof, at: env.now }
    out.push({ type: 'publish', channel, frame: makeFrame(channel, self.key, { alarm }).bytes })
    this.#noteTold(env)
  }

  #noteTold(env: Env): void {
    for (const name of this.#unaware) this.#told.set(name, (this.#told.get(name) ?? 0) + 1)
    this.#unaware.clear()
    this.#toldAt = env.uptimeMs
    this.#deadlines.set('tell', undefined)
  }

  /** The proof for one that asks how things stand. */
  frames(): Uint8Array[] {
    const { channel, self } = this.#context
    return this.#proof === undefined ? [] : [makeFrame(channel, self.key, { alarm: this.#proof }).bytes]
  }

  get #entry(): string {
    return `alarm/${this.#context.name}`
  }

  /** @returns the rows to delete. */
  keys(): RowKey[] {
    return [stateKey(this.#entry)]
  }

  restore(bytes: Uint8Array): void {
    this.#proof = Alarm.decode(bytes)
  }
}
