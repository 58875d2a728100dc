/**
 * What calls for a new key besides members who come and go and users who ask (protocol §8).
 *
 * A pure decision: it is asked with every heartbeat, and whenever somebody is heard of. It has no timers that could be
 * lost, and a start, which opens a new term, leaves nothing to remember.
 */
import { SECOND_MS } from '../../base/time.ts'
import { type Descriptor, Reason } from '../../wire/messages.ts'
import { OPTIONAL_TRIGGERS } from '../channel/descriptor.ts'
import type { Env } from '../machine.ts'
import { FIRST_MEMBER_MS, REFRESH_MS } from '../params.ts'

/** How things stand in the channel. */
export interface Circumstances {
  /** Members online, managers not counted. */
  readonly present: number
  /** Messages said and heard in this start. */
  readonly messages: number
  /** `Env.uptimeMs` of the last one; minus infinity: none yet. */
  readonly lastMessageAt: number
  /** Of the key in force, ms since 1970. */
  readonly notAfter: number
}

type Settings = Pick<Descriptor, 'idleSeconds' | 'stepSeconds' | 'withoutTriggers'>

export class Triggers {
  #startedAt = 0
  #epochAt = 0
  /** Messages there had been when the last epoch was made. */
  #messagesBefore = 0
  /** Messages there had been when a silence was answered: one answer for each silence. */
  #silenceAnswered = -1
  /** Since the last fresh root: nobody came yet, somebody is or was there, or everybody went. */
  #attendance: 'none' | 'some' | 'gone' = 'none'
  #firstMemberAt = Number.NEGATIVE_INFINITY
  #refreshAt = 0

  /** A term begins. */
  start(env: Env): void {
    this.#startedAt = env.uptimeMs
    this.#refreshAt = env.uptimeMs + REFRESH_MS
  }

  /** @param isRoot - whether it has a fresh root, where a step has none. */
  onEpoch(isRoot: boolean, { present, messages }: Circumstances, env: Env): void {
    this.#epochAt = env.uptimeMs
    this.#messagesBefore = messages
    if (isRoot) this.#attendance = present > 0 ? 'some' : 'none'
  }

  /** Why there has to be a new epoch now, if it has to; the caller makes it. */
  due(settings: Settings, circumstances: Circumstances, env: Env): Reason | undefined {
    if (env.now >= circumstances.notAfter) return Reason.DEADLINE
    if (this.#isFirstMember(settings, circumstances, env)) return Reason.FIRST_MEMBER
    if (this.#isIdle(settings, circumstances, env)) return Reason.IDLE
    const { messages } = circumstances
    const stepMs = settings.stepSeconds * SECOND_MS
    const isStepDue = stepMs > 0 && messages > this.#messagesBefore && env.uptimeMs >= this.#epochAt + stepMs
    return isStepDue ? Reason.SCHEDULED : undefined
  }

  /** Whether to look now for members with newer prekeys: every now and then, as they rotate daily. */
  isLookDue(env: Env): boolean {
    if (env.uptimeMs < this.#refreshAt) return false
    this.#refreshAt = env.uptimeMs + REFRESH_MS
    return true
  }

  /** The first one who comes after everybody had gone; at most once in a while, as presence costs nothing to feign. */
  #isFirstMember({ withoutTriggers }: Settings, { present }: Circumstances, env: Env): boolean {
    if (present === 0) {
      if (this.#attendance === 'some') this.#attendance = 'gone'
      return false
    }
    const isFirst = this.#attendance === 'gone' && (withoutTriggers & OPTIONAL_TRIGGERS.firstMember) === 0
    if (isFirst && env.uptimeMs < this.#firstMemberAt + FIRST_MEMBER_MS) return false
    this.#attendance = 'some'
    if (isFirst) this.#firstMemberAt = env.uptimeMs
    return isFirst
  }

  #isIdle({ idleSeconds }: Settings, { messages, lastMessageAt }: Circumstances, env: Env): boolean {
    const silenceMs = env.uptimeMs - Math.max(this.#startedAt, lastMessageAt)
    if (idleSeconds === 0 || silenceMs < idleSeconds * SECOND_MS || this.#silenceAnswered === messages) return false
    this.#silenceAnswered = messages
    return true
  }
}
