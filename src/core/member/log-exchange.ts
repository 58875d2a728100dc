/** Statements between members: ours are told until an epoch covers them, and a newcomer is given the log it was promised. */
import { EMPTY, equalBytes, hex } from '../../base/bytes.ts'
import { UsageError } from '../../base/errors.ts'
import { SECOND_MS } from '../../base/time.ts'
import { type KeyId, Operation, StatementList } from '../../wire/messages.ts'
import { readStatementList } from '../channel/announcement.ts'
import type { Context } from '../channel/context.ts'
import { type Frame, makeFrame } from '../channel/frame.ts'
import { openControl, sealControl } from '../channel/key-schedule.ts'
import type { CheckedStatement } from '../channel/statement.ts'
import { Deadlines } from '../deadlines.ts'
import type { Env } from '../machine.ts'
import { type Out, stateKey } from '../out.ts'
import { Refusal, refuse } from '../reject.ts'
import type { Keyring } from './keyring.ts'
import type { Standing } from './speaker.ts'

/** Sealing purposes under the control key. */
const STATEMENTS = 'statements'
const LOG = 'log'
/** Bytes of statements in one answer to a question for the log. */
const LOG_ANSWER_BYTES = 48 * 1024

/** Frames of statements told in one go: more would break the rate of statements, and the rest is told next time. */
const FRAMES_AT_ONCE = 4
/**
 * While a removal or a taking-out is known and not in force, it is told again: whoever said it first may be gone. So is what
 * we said ourselves: it may have come to nobody.
 */
const RETELL_MS = 2 * SECOND_MS
/** Whoever hears it told waits anew. So that few of many tell at once what others have said, they wait up to this long for each member more. */
const RETELL_PER_MEMBER_MS = 40

export class LogExchange {
  readonly #context: Context
  readonly #keyring: Keyring
  readonly #standing: Standing
  readonly #deadlines = new Deadlines<'retell'>()

  constructor(context: Context, keyring: Keyring, standing: Standing) {
    this.#context = context
    this.#keyring = keyring
    this.#standing = standing
  }

  nextAt(): number | undefined {
    return this.#deadlines.next()
  }

  wake(env: Env, out: Out): void {
    if (this.#deadlines.due(env.uptimeMs).length > 0) this.repeatStatements(env, out, true)
  }

  /** Makes a statement of ours known: kept, and told to the channel. */
  tellStatement(statement: CheckedStatement, env: Env, out: Out): void {
    if (!this.#context.log.addPending(statement)) {
      throw new UsageError(
        'LOG_BUSY',
        'Too many changes wait for the key manager already. Nothing was changed: try again when it is back.'
      )
    }
    out.keep(this.#context.pendingRow(statement))
    this.#publishStatements([statement], env, out)
    this.#retellLater(env)
  }

  /**
   * Registers our nick where it is not on record, unless somebody else has one like it. One that waited is replaced.
   */
  registerNick(env: Env, out: Out): void {
    const { log, user, self } = this.#context
    const name = self.record.nick
    const waiting = log.pendingNickOf(user)
    const isKnown = waiting === undefined ? log.nickOf(user) === name : waiting.statement.name === name
    if (isKnown || !log.isMember(user) || this.#keyring.current === undefined) return
    const statement = this.#context.state({ operation: Operation.REGISTER_NICK, subject: user, name }, env)
    if (waiting !== undefined) this.#drop(waiting, out)
    if (!log.mayRegister(statement) || !log.addPending(statement)) return
    out.keep(this.#context.pendingRow(statement))
    this.#publishStatements([statement], env, out)
  }

  #drop(one: CheckedStatement, out: Out): void {
    this.#context.log.dropPending(one)
    out.note([], [stateKey(this.#context.pendingRow(one).entry)])
  }

  onEpoch(env: Env, out: Out): void {
    this.#context.log.strandPending()
    this.repeatStatements(env, out)
  }

  /** @param isLate - whether others had time to tell what all of us know. */
  repeatStatements(env: Env, out: Out, isLate = false): void {
    const { log, wasRemoved } = this.#context
    for (const one of log.pendingNicks()) if (!log.mayRegister(one)) this.#drop(one, out)
    for (const one of log.spent()) this.#drop(one, out)
    // Whoever was removed never sees the epoch that applies it, and nobody listens to it any more.
    if (wasRemoved) return
    const told = this.#toTell(isLate)
    if (told.length > 0) this.#publishStatements(told, env, out)
    this.#retellLater(env)
  }

  /** What is told again, each once. @param isLate - whether others had time to tell what all of us know. */
  #toTell(isLate: boolean): CheckedStatement[] {
    const { log, user } = this.#context
    const own = log.pending().filter((one) => equalBytes(one.author, user))
    const stranded = isLate ? log.stranded() : []
    return [...new Set([...log.unappliedRemovals(), ...log.unappliedTakeOuts(), ...own, ...stranded])]
  }

  /** @param isTold - whether somebody has just told all that we would tell: else what is due before stays due. */
  #retellLater(env: Env, isTold = true): void {
    const { log, user } = this.#context
    // A nick that waits may have to wait for ever, and holds nobody up.
    const isLasting = ({ author, statement }: CheckedStatement): boolean =>
      equalBytes(author, user) && statement.operation !== Operation.REGISTER_NICK
    const isPressing = log.hasUnappliedRemoval || log.unappliedTakeOuts().length > 0
    const isOurs = log.pending().some(isLasting)
    if (!isPressing && log.stranded().length === 0 && !isOurs) return
    const spreadMs = isOurs ? RETELL_MS : Math.max(RETELL_MS, log.roster.members.size * RETELL_PER_MEMBER_MS)
    const at = env.uptimeMs + RETELL_MS + (env.random(1)[0]! / 256) * spreadMs
    if (isTold) this.#deadlines.set('retell', at)
    else this.#deadlines.setOnce('retell', at)
  }

  #publishStatements(told: readonly CheckedStatement[], env: Env, out: Out): void {
    const epoch = this.#keyring.current
    if (epoch === undefined || !this.#standing.isCarrierReady) return
    const { channel, self, log } = this.#context
    for (const statements of framesFull(told)) {
      for (const one of statements) log.noteTold(one)
      const list = StatementList.encode({ statements: statements.map(({ bytes }) => bytes) })
      const sealed = sealControl(epoch.control, { channel, group: EMPTY }, STATEMENTS, list, env.random(32))
      const frame = makeFrame(channel, self.key, { statements: { key: epoch.key, sealed } })
      out.push({ type: 'publish', channel, frame: frame.bytes })
    }
  }

  onStatements(frame: Frame, env: Env, out: Out): Refusal | undefined {
    const { key, sealed } = frame.body.statements!
    const epoch = this.#keyring.find(key!)
    if (epoch === undefined) return undefined
    const { channel, log } = this.#context
    const line = { channel, group: EMPTY }
    const opened = openControl(epoch.control, line, STATEMENTS, sealed)
    if (opened === undefined) return refuse(416)
    const statements = readStatementList(line, opened)
    if (statements instanceof Refusal) return statements
    let refusal: Refusal | undefined
    for (const one of statements) {
      log.noteTold(one)
      if (log.has(one.id) || (log.mayTell(one) && !log.mayBeKept(one))) continue
      // What cannot be taken holds up nothing that is told with it.
      const unfit = log.mayTell(one) ? log.judgeRegistration(one) : refuse(303)
      refusal ??= unfit
      if (unfit === undefined && log.addHeard(one)) out.keep(this.#context.pendingRow(one))
    }
    const told = new Set(statements.map(({ id }) => hex(id)))
    this.#retellLater(
      env,
      this.#toTell(true).every(({ id }) => told.has(hex(id)))
    )
    return refusal
  }

  /** Statements for a member that holds the epoch named; empty when we do not. */
  logFrom(key: KeyId | undefined, offset: number, env: Env): { sealed: Uint8Array; isMore: boolean } | undefined {
    const epoch = key && this.#keyring.find(key)
    if (epoch === undefined) return undefined
    if (epoch.log === undefined) return undefined
    const all = this.#context.log.statementsOf(epoch.log)
    const statements: Uint8Array[] = []
    let bytes = 0
    for (const one of all.slice(offset)) {
      bytes += one.bytes.length + 4
      if (bytes > LOG_ANSWER_BYTES) break
      statements.push(one.bytes)
    }
    const line = { channel: this.#context.channel, group: EMPTY }
    const sealed = sealControl(epoch.control, line, LOG, StatementList.encode({ statements }), env.random(32))
    return { sealed, isMore: offset + statements.length < all.length }
  }
}

/** Statements in as many lists as frames are needed for them, removals first as they come. */
function framesFull(told: readonly CheckedStatement[]): CheckedStatement[][] {
  const frames: CheckedStatement[][] = []
  let room = 0
  for (const one of told) {
    const bytes = one.bytes.length + 4
    if (bytes > room) {
      if (frames.length === FRAMES_AT_ONCE) break
      frames.push([])
      room = LOG_ANSWER_BYTES
    }
    frames.at(-1)!.push(one)
    room -= bytes
  }
  return frames
}

/** The statements in an answer to a question for the log, opened under the control key of the epoch named; R-416. */
export function openLogAnswer(
  channel: Uint8Array,
  control: Uint8Array,
  sealed: Uint8Array
): CheckedStatement[] | Refusal {
  const line = { channel, group: EMPTY }
  const statements = readStatementList(line, openControl(control, line, LOG, sealed))
  return statements instanceof Refusal ? refuse(416) : statements
}
