/**
 * Asking the key manager, through the channel, for the user record of another member (protocol §10).
 *
 * An answer counts when it comes from the manager in office, to a question under way, opens with everything it binds, and
 * holds a valid record of the very user asked for. Its user is told once: the record, or that there is none.
 */
import { EMPTY, equalBytes, hex } from '../../base/bytes.ts'
import { UsageError } from '../../base/errors.ts'
import { KEM_SEED_BYTES, type KemKeyPair, x25519KeyPair } from '../../crypto/kem.ts'
import { NONCE_BYTES } from '../../wire/limits.ts'
import type { Context } from '../channel/context.ts'
import { type Frame, makeFrame } from '../channel/frame.ts'
import { openAnswer, sealQuestion } from '../channel/public-key.ts'
import type { Env } from '../machine.ts'
import type { Out } from '../out.ts'
import { OWN_QUESTIONS, RETRY_MS } from '../params.ts'
import { Refusal, refuse } from '../reject.ts'
import type { Keyring } from './keyring.ts'
import type { Standing } from './speaker.ts'

/** Who is asked for: a user, or whoever has registered a nick. */
export interface Subject {
  readonly user?: Uint8Array
  readonly nick?: string
}

/** Tries before a question is given up. */
const TRIES = 4

interface Question {
  /** What its user knows it by. */
  readonly name: string
  readonly subject: Subject
  readonly oneTimeKey: KemKeyPair
  /** Ids of the frames it went out in. */
  readonly frames: string[]
  tries: number
  /** `Env.uptimeMs` */
  nextAt: number
}

export class PublicKeys {
  readonly #context: Context
  readonly #keyring: Keyring
  readonly #standing: Standing
  #questions: readonly Question[] = []

  constructor(context: Context, keyring: Keyring, standing: Standing) {
    this.#context = context
    this.#keyring = keyring
    this.#standing = standing
  }

  unsafeFills(): { readonly name: string; readonly size: number; readonly cap: number }[] {
    return [{ name: 'own questions', size: this.#questions.length, cap: OWN_QUESTIONS }]
  }

  nextAt(): number | undefined {
    return this.#questions.length === 0 ? undefined : Math.min(...this.#questions.map(({ nextAt }) => nextAt))
  }

  wake(env: Env, out: Out): void {
    for (const question of this.#questions) {
      if (question.nextAt > env.uptimeMs) continue
      if (question.tries < TRIES) this.#send(question, env, out)
      else this.#settle(question, EMPTY, EMPTY, out)
    }
  }

  /** Whether `ask` would ask. */
  mayAsk(env: Env): boolean {
    return this.#standing.isKeyReady(env.now) && this.#questions.length < OWN_QUESTIONS
  }

  /**
   * Puts a question.
   *
   * @param name - what the notice that answers it is known by; empty: the record is all that is wanted.
   * @throws {UsageError} `NO_KEY_YET` without a usable key, `TOO_MANY_QUESTIONS`.
   */
  ask(subject: Subject, name: string, env: Env, out: Out): void {
    if (!this.#standing.isKeyReady(env.now)) {
      throw new UsageError(
        'NO_KEY_YET',
        'Only members with the current key can ask. Nothing was asked: wait for the key.'
      )
    }
    if (this.#questions.length >= OWN_QUESTIONS) {
      throw new UsageError('TOO_MANY_QUESTIONS', `${OWN_QUESTIONS} questions are under way. Wait for their answers.`)
    }
    const oneTimeKey = x25519KeyPair(env.random(KEM_SEED_BYTES))
    const question: Question = { name, subject, oneTimeKey, frames: [], tries: 0, nextAt: 0 }
    this.#questions = [...this.#questions, question]
    this.#send(question, env, out)
  }

  /** A try in a frame of its own: the carrier would pass the same one over. */
  #send(question: Question, env: Env, out: Out): void {
    const jitter = env.random(1)[0]! / 1024
    question.nextAt = env.uptimeMs + RETRY_MS[Math.min(question.tries++, RETRY_MS.length - 1)]! * (1 + jitter)
    const epoch = this.#keyring.current
    if (epoch === undefined || !this.#standing.isKeyReady(env.now)) return
    const { channel, self } = this.#context
    const { user = EMPTY, nick = '' } = question.subject
    const content = { nonce: env.random(NONCE_BYTES), oneTimeKey: question.oneTimeKey.publicKey, user, nick }
    const publicKeyRequest = sealQuestion(channel, epoch, content, env.random)
    const frame = makeFrame(channel, self.key, { publicKeyRequest })
    question.frames.push(hex(frame.id))
    out.push({ type: 'publish', channel, frame: frame.bytes })
  }

  /** An answer; those to others pass by.. */
  onAnswer(frame: Frame, env: Env, out: Out): Refusal | undefined {
    const answer = frame.body.publicKeyAnswer!
    const question = this.#questions.find(({ frames }) => frames.includes(hex(answer.request)))
    if (question === undefined) return undefined
    const { channel, manager, user, records } = this.#context
    if (!equalBytes(frame.author, manager)) return refuse(904)
    const bytes = openAnswer({ channel, request: answer.request, asker: user, manager }, answer, question.oneTimeKey)
    if (bytes instanceof Refusal) return bytes
    if (bytes.length === 0) {
      this.#settle(question, EMPTY, EMPTY, out)
      return undefined
    }
    const record = records.read(bytes, env.now)
    if (record instanceof Refusal || !this.#isOf(question.subject, record.user)) return refuse(906)
    records.take(record, env.now, out)
    this.#settle(question, record.user, record.bytes, out)
    return undefined
  }

  #isOf({ user, nick }: Subject, found: Uint8Array): boolean {
    const sought = user ?? this.#context.log.nicks.userOf(nick ?? '')
    return sought !== undefined && equalBytes(sought, found)
  }

  #settle(question: Question, user: Uint8Array, record: Uint8Array, out: Out): void {
    this.#questions = this.#questions.filter((one) => one !== question)
    question.oneTimeKey.destroy()
    const sought = user.length > 0 ? user : (question.subject.user ?? EMPTY)
    const { channel } = this.#context
    if (question.name !== '') out.notify({ type: 'publicKey', channel, request: question.name, user: sought, record })
  }
}
