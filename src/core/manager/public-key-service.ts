/**
 * The key manager's service for members: the user record of another member, by id or by registered nick (protocol §10).
 *
 * It answers members alone, each question once, and each asker at a bounded rate. A record that was not confirmed lately is
 * looked up first, for a moment; then what is known goes out, and nothing for who is no member.
 */
import { EMPTY, equalBytes, hex } from '../../base/bytes.ts'
import { trim } from '../../base/trim.ts'
import type { Context } from '../channel/context.ts'
import { type Frame, makeFrame } from '../channel/frame.ts'
import { openQuestion, sealAnswer } from '../channel/public-key.ts'
import type { Env } from '../machine.ts'
import type { Out } from '../out.ts'
import { ANSWERED_QUESTIONS, ASKERS, LOOK_UP_MS, QUESTION_MS, QUESTIONS_AT_ONCE, WAITING_QUESTIONS } from '../params.ts'
import { Refusal, refuse } from '../reject.ts'

/** A question that waits for the directory. */
interface Waiting {
  readonly subject: Uint8Array
  /** `Env.uptimeMs` */
  readonly until: number
  readonly answer: (record: Uint8Array, env: Env, out: Out) => void
}

export class PublicKeyService {
  readonly #context: Context
  /** The control key of an epoch that the member in this peer holds. */
  readonly #controlOf: (frame: Frame) => Uint8Array | undefined
  #waiting: Waiting[] = []
  /** Frames answered, or about to be: whoever repeats one gets nothing more. */
  readonly #answered = new Set<string>()
  /** By asker: questions that may still be asked, and when that was counted. */
  readonly #allowance = new Map<string, { left: number; at: number }>()

  constructor(context: Context, controlOf: (frame: Frame) => Uint8Array | undefined) {
    this.#context = context
    this.#controlOf = controlOf
  }

  get #isInOffice(): boolean {
    return equalBytes(this.#context.manager, this.#context.user)
  }

  unsafeFills(): { readonly name: string; readonly size: number; readonly cap: number }[] {
    return [
      { name: 'waiting questions', size: this.#waiting.length, cap: WAITING_QUESTIONS },
      { name: 'answered questions', size: this.#answered.size, cap: ANSWERED_QUESTIONS },
      { name: 'askers', size: this.#allowance.size, cap: ASKERS }
    ]
  }

  nextAt(): number | undefined {
    return this.#waiting.length === 0 ? undefined : Math.min(...this.#waiting.map(({ until }) => until))
  }

  wake(env: Env, out: Out): void {
    this.#settle(({ until }) => until <= env.uptimeMs, env, out)
  }

  /** The directory has said what it knows of a user. */
  onRecord(user: Uint8Array, env: Env, out: Out): void {
    this.#settle(({ subject }) => equalBytes(subject, user), env, out)
  }

  /** A member's question. */
  onQuestion(frame: Frame, env: Env, out: Out): void {
    if (!this.#isInOffice || this.#answered.has(hex(frame.id))) return
    const control = this.#controlOf(frame)
    // Who is in no key line with us, or ahead of us, is answered when it asks again.
    if (control === undefined) return
    if (!this.#context.log.isMember(frame.author)) return out.reject(902)
    const { channel, log, self } = this.#context
    const content = openQuestion(channel, control, frame.body.publicKeyRequest!.sealed)
    if (content instanceof Refusal) return out.reject(content)
    if (!this.#mayAsk(hex(frame.author), env)) return out.reject(903)
    this.#note(hex(frame.id))
    const subject = content.nick === '' ? content.user : log.nicks.userOf(content.nick)
    this.#find(
      subject,
      (record, then, answers) => {
        const parties = { channel, request: frame.id, asker: frame.author, manager: self.key.publicKey }
        const publicKeyAnswer = sealAnswer(parties, content.oneTimeKey, record, then.random)
        if (publicKeyAnswer === undefined) return answers.reject(refuse(901))
        answers.push({ type: 'publish', channel, frame: makeFrame(channel, self.key, { publicKeyAnswer }).bytes })
      },
      env,
      out
    )
  }

  /** A question of the user of this very peer; `request` names it in the notice that answers it, later. */
  askHere(subject: Uint8Array | undefined, request: string, env: Env, out: Out): void {
    const { channel } = this.#context
    const answer: Waiting['answer'] = (record, _then, answers) => {
      answers.notify({ type: 'publicKey', channel, request, user: subject ?? EMPTY, record })
    }
    if (subject !== undefined && !this.#isKnown(subject, env)) return this.#find(subject, answer, env, out)
    this.#waiting.push({ subject: subject ?? EMPTY, until: env.uptimeMs, answer })
  }

  #find(subject: Uint8Array | undefined, answer: Waiting['answer'], env: Env, out: Out): void {
    if (subject === undefined || this.#isKnown(subject, env) || this.#waiting.length >= WAITING_QUESTIONS) {
      return answer(this.#recordOf(subject, env), env, out)
    }
    const isUnderWay = this.#waiting.some((one) => equalBytes(one.subject, subject))
    this.#waiting.push({ subject, until: env.uptimeMs + LOOK_UP_MS, answer })
    if (!isUnderWay) out.push({ type: 'lookUp', kind: 'user', id: subject })
  }

  #settle(isDue: (one: Waiting) => boolean, env: Env, out: Out): void {
    const due = this.#waiting.filter(isDue)
    if (due.length > 0) this.#waiting = this.#waiting.filter((one) => !due.includes(one))
    for (const { subject, answer } of due) answer(this.#recordOf(subject, env), env, out)
  }

  /** Whether there is nothing to look up: our own record, one confirmed lately, or of nobody who may be asked for. */
  #isKnown(subject: Uint8Array, env: Env): boolean {
    const { log, records, user } = this.#context
    return !log.isMember(subject) || equalBytes(subject, user) || records.isConfirmed(subject, env.now)
  }

  /** A member's newest record, valid now; else empty. */
  #recordOf(subject: Uint8Array | undefined, env: Env): Uint8Array {
    const { log, records } = this.#context
    const record = subject !== undefined && log.isMember(subject) ? records.get(subject) : undefined
    return record !== undefined && record.expiresAt > env.now ? record.bytes : EMPTY
  }

  #mayAsk(asker: string, env: Env): boolean {
    const known = this.#allowance.get(asker) ?? { left: QUESTIONS_AT_ONCE, at: env.uptimeMs }
    const left = Math.min(QUESTIONS_AT_ONCE, known.left + (env.uptimeMs - known.at) / QUESTION_MS)
    this.#allowance.delete(asker)
    this.#allowance.set(asker, { left: left < 1 ? left : left - 1, at: env.uptimeMs })
    trim(this.#allowance, ASKERS)
    return left >= 1
  }

  #note(question: string): void {
    this.#answered.add(question)
    trim(this.#answered, ANSWERED_QUESTIONS)
  }
}
