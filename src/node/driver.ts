/**
 * The driver: feeds a machine one event at a time and performs its effects strictly in their order.
 *
 * A durable `persist` is on the disk before anything after it happens, in this event or a later one: that is the contract
 * all crash safety rests on. Other persists keep their order and are not waited for. When the machine throws or the store
 * refuses a write, the node fails closed: no further event, nothing published, every command answered with the error; what
 * is stored can still be read. Frames wait in bounded queues, and strangers' are dropped first.
 */
import { type ConclaveError, InternalError, UsageError } from '../base/errors.ts'
import { type Logger, type Metrics, SILENT_LOGGER, SILENT_METRICS } from '../base/report.ts'
import { atMillis } from '../base/time.ts'
import type { Frame } from '../core/channel/frame.ts'
import type { Command, CommandResult } from '../core/command.ts'
import type { UserId } from '../core/identity/user.ts'
import type { Effect, Env, Event, HandOutcome, Machine, Row } from '../core/machine.ts'
import type { Notice } from '../core/notice.ts'
import type { Check } from '../core/reject.ts'
import type { Answer, Question } from '../wire/messages.ts'
import type { Judgement } from './carrier.ts'
import { EventQueue } from './event-queue.ts'
import { errorFields } from './report.ts'
import type { HandAnswer } from './session-streams.ts'
import { Wake } from './wake.ts'
import { NATURE, type Nature, type World } from './world.ts'
import { WriteBehind } from './write-behind.ts'

/** A machine that also says, for each verified frame, whether to carry it. `Peer` is one. */
export interface JudgingMachine extends Machine {
  /** The rooms whose rows `restore` must bring. */
  readonly rooms: readonly string[]
  /** Pure and cheap. */
  judge(frame: Frame): Judgement
}

/** Commands, answers and the like that wait. */
const MAX_COMMANDS = 1_024
/** Events handled before the event loop gets its turn. */
const EVENTS_PER_TURN = 64
/** How long an end waits for the last frames to go out. */
const LAST_WORDS_MS = 300

/** Looks on at what is really performed, in its order. It does not throw. */
export interface Watch {
  onEffect(effect: Effect): void
  /** Nothing of the events handled so far is left to be performed. */
  onHandled(): void
}

/** What a driver is made of. */
export interface DriverInit {
  readonly machine: JudgingMachine
  readonly world: World
  /** For tests and the simulator. */
  readonly watch?: Watch | undefined
  readonly nature?: Nature
  readonly logger?: Logger
  readonly metrics?: Metrics
}

interface Waiting<T> {
  resolve(value: T): void
  reject(error: ConclaveError): void
}

/** A stranger that waits for the machine's word. */
interface Asking<T> {
  resolve(value: T | undefined): void
  readonly signal: AbortSignal
}

/** Runs one machine. */
export class Driver {
  readonly #machine: JudgingMachine
  readonly #world: World
  readonly #nature: Nature
  readonly #logger: Logger
  readonly #metrics: Metrics
  readonly #random: Env['random']
  readonly #watch: Watch | undefined

  readonly #queue = new EventQueue()
  /** Effects of the event at hand that are still to be performed. */
  #effects: readonly Effect[] = []
  #nextEffect = 0
  #isBlocked = false
  #isScheduled = false
  #isPerforming = false

  readonly #writes: WriteBehind
  readonly #wake: Wake
  /** While this ends: the frames that are on their way out. */
  #lastWords: Promise<unknown>[] | undefined
  #nextId = 1
  readonly #commands = new Map<number, Waiting<CommandResult>>()
  readonly #questions = new Map<number, Asking<Answer>>()
  readonly #handed = new Map<number, Asking<HandAnswer>>()
  readonly #listeners = new Set<(notice: Notice) => void>()
  readonly #failureListeners = new Set<(failure: ConclaveError) => void>()
  #failure: ConclaveError | undefined

  constructor(init: DriverInit) {
    const { machine, world, nature = NATURE, logger = SILENT_LOGGER, metrics = SILENT_METRICS } = init
    this.#watch = init.watch
    this.#machine = machine
    this.#world = world
    this.#nature = nature
    this.#logger = logger
    this.#metrics = metrics
    this.#random = (length) => nature.random(length)
    this.#wake = new Wake(nature, () => this.#push({ type: 'wake' }))
    this.#writes = new WriteBehind(
      (batch) => world.write(batch),
      (cause) => this.#failStore(cause)
    )
  }

  /** The first event. Call once, before any other event comes. */
  restore(rows: readonly Row[]): void {
    this.#push({ type: 'restore', rows })
  }

  /** What the machine thinks of a frame. For the topic validator. */
  judge(frame: Frame): Judgement {
    if (this.#failure !== undefined) return 'ignore'
    try {
      return this.#machine.judge(frame)
    } catch (cause) {
      this.#fail(new InternalError('the machine threw while it judged a frame', { cause }))
      return 'ignore'
    }
  }

  /** An accepted frame. Handled after this turn of the event loop; dropped and counted when too many wait. */
  frame(frame: Frame, isStranger: boolean): void {
    if (this.#failure !== undefined) return
    if (!this.#queue.pushFrame({ type: 'frame', frame }, isStranger)) {
      this.#metrics.count(isStranger ? 'driver.strangersDropped' : 'driver.framesDropped')
      return
    }
    this.#schedule()
  }

  /**
   * Hands the machine a command.
   *
   * @returns what the machine answers.
   * @throws {ConclaveError} the machine's refusal; `UsageError` `BUSY`; the failure that made the node fail closed.
   */
  command(command: Command): Promise<CommandResult> {
    return new Promise((resolve, reject) => {
      const refusal =
        this.#failure ??
        (this.#commands.size < MAX_COMMANDS
          ? undefined
          : new UsageError('BUSY', 'Too many commands at once. Wait for earlier ones to be answered.'))
      if (refusal !== undefined) {
        reject(refusal)
        return
      }
      const id = this.#nextId++
      this.#commands.set(id, { resolve, reject })
      this.#push({ type: 'command', id, command })
    })
  }

  /** A stranger's question; undefined: no answer. Forgotten when the signal is aborted. */
  question(from: UserId, question: Question, signal: AbortSignal): Promise<Answer | undefined> {
    return this.#asked(this.#questions, signal, (id) => ({ type: 'question', id, from, question }))
  }

  /** A session frame that a user handed to us; undefined: no answer. Forgotten when the signal is aborted. */
  session(from: UserId, frame: Uint8Array, signal: AbortSignal): Promise<HandAnswer | undefined> {
    return this.#asked(this.#handed, signal, (id) => ({ type: 'session', id, from, frame }))
  }

  /** The topic of a channel has, or has no longer, somebody to carry frames. */
  readiness(channel: Uint8Array, isReady: boolean): void {
    this.#push({ type: 'carrier', channel, isReady })
  }

  /** Calls back on every notice, in order. Returns how to stop that. */
  onNotice(listener: (notice: Notice) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** Calls back once, if the node fails closed. */
  onFailure(listener: (failure: ConclaveError) => void): () => void {
    this.#failureListeners.add(listener)
    return () => this.#failureListeners.delete(listener)
  }

  /** Why the node failed closed; undefined while it works. */
  get failure(): ConclaveError | undefined {
    return this.#failure
  }

  /**
   * Handles what waits, lets the machine say its last words, writes what is to be written, and ends. Commands that come
   * later are refused.
   *
   * Frames that wait are not handled: they come again.
   */
  async stop(): Promise<void> {
    this.#queue.clearFrames()
    this.#lastWords = []
    this.#push({ type: 'stop' })
    this.#wake.cancel()
    while (
      this.#failure === undefined &&
      (this.#isBlocked || this.#queue.urgent > 0 || this.#nextEffect < this.#effects.length)
    ) {
      if (!this.#isBlocked) this.#run()
      await this.#writes.settled()
      await Promise.resolve()
    }
    void this.#writes.flush(false)
    await this.#writes.settled()
    await this.#published(this.#lastWords)
    if (this.#failure === undefined) this.#end(stopped())
  }

  /** For tests and the simulator: ends as a killed process does, without a word. What waits for the disk is not written. */
  unsafeKill(): void {
    this.#writes.unsafeForget()
    if (this.#failure === undefined) this.#end(stopped())
  }

  /** Waits until frames are out, not for ever. */
  async #published(frames: readonly Promise<unknown>[]): Promise<void> {
    if (frames.length === 0) return
    let callOff = (): void => {}
    const patience = new Promise<void>((resolve) => {
      callOff = this.#nature.after(LAST_WORDS_MS, resolve)
    })
    await Promise.race([Promise.allSettled(frames), patience])
    callOff()
  }

  // ---------------------------------------------------------------- events

  #push(event: Event): void {
    if (this.#failure !== undefined) return
    this.#queue.push(event)
    this.#schedule()
  }

  /** Tells the machine what a stranger asks, which waits for the answer; a node that stops answers nobody. */
  #asked<T>(all: Map<number, Asking<T>>, signal: AbortSignal, event: (id: number) => Event): Promise<T | undefined> {
    return new Promise((resolve) => {
      if (this.#failure !== undefined || this.#lastWords !== undefined || signal.aborted) {
        resolve(undefined)
        return
      }
      const id = this.#nextId++
      all.set(id, { resolve, signal })
      signal.addEventListener('abort', () => answer(all, id, undefined), { once: true })
      this.#push(event(id))
    })
  }

  #schedule(): void {
    if (this.#isScheduled || this.#isBlocked) return
    this.#isScheduled = true
    this.#nature.soon(() => {
      this.#isScheduled = false
      this.#run()
    })
  }

  /** Goes on until nothing is left, something must be waited for, or the turn is used up. Never re-entered. */
  #run(): void {
    if (this.#isPerforming) return
    this.#isPerforming = true
    try {
      let turns = EVENTS_PER_TURN
      while (this.#failure === undefined && !this.#isBlocked) {
        if (this.#nextEffect < this.#effects.length) {
          this.#perform(this.#effects[this.#nextEffect++]!)
          continue
        }
        this.#watch?.onHandled()
        if (turns-- === 0) break
        const event = this.#queue.take()
        if (event === undefined) break
        const env = { now: atMillis(this.#nature.now()), uptimeMs: this.#nature.uptimeMs(), random: this.#random }
        this.#effects = this.#machine.handle(event, env)
        this.#nextEffect = 0
      }
      if (this.#failure === undefined) this.#block(this.#writes.flush(false))
    } catch (cause) {
      this.#fail(new InternalError('the machine threw while it handled an event', { cause }))
    } finally {
      this.#isPerforming = false
    }
    if (this.#hasWork()) this.#schedule()
  }

  #hasWork(): boolean {
    return this.#failure === undefined && (this.#nextEffect < this.#effects.length || this.#queue.length > 0)
  }

  // ---------------------------------------------------------------- effects

  #perform(effect: Effect): void {
    this.#watch?.onEffect(effect)
    switch (effect.type) {
      case 'persist':
        this.#writes.add(effect.puts, effect.deletes)
        if (effect.isDurable) this.#block(this.#writes.flush(true))
        return
      case 'destroy':
        this.#later('destroy', this.#world.destroy(effect.cohort, effect.before), () => {})
        return
      case 'subscribe':
        this.#world.subscribe(effect.channel)
        return
      case 'unsubscribe':
        this.#world.unsubscribe(effect.channel)
        return
      case 'publish':
        this.#publish(effect)
        return
      case 'ask':
        this.#ask(effect)
        return
      case 'answer':
        answer(this.#questions, effect.id, effect.answer)
        return
      case 'answerFrames':
        this.#answerFrames(effect)
        return
      case 'hand':
        this.#hand(effect)
        return
      case 'answerHand':
        answer(this.#handed, effect.id, effect.outcome)
        return
      case 'putRecord':
        this.#later('putRecord', this.#world.putRecord(effect.kind, effect.id, effect.value), () => {})
        return
      case 'lookUp': {
        const { kind, id } = effect
        const found = (value: Uint8Array | undefined): void => this.#push({ type: 'found', kind, id, value })
        this.#later('lookUp', this.#world.lookUp(kind, id), found, () => found(undefined))
        return
      }
      case 'wakeAt':
        this.#wake.at(effect.uptimeMs)
        return
      case 'notify':
        this.#notify(effect.notice)
        return
      case 'result':
        this.#result(effect.id, effect.result)
        return
      case 'reject':
        this.#reject(effect.check)
        return
      default:
        effect satisfies never
    }
  }

  /** Stops performing until the write is done. Its failure has its own way. */
  #block(write: Promise<void> | undefined): void {
    if (write === undefined) return
    this.#isBlocked = true
    const goOn = (): void => {
      this.#isBlocked = false
      this.#run()
    }
    write.then(goOn, () => {
      this.#isBlocked = false
    })
  }

  #publish(effect: Extract<Effect, { type: 'publish' }>): void {
    const { channel, frame, receipt, to } = effect
    if (to !== undefined) return this.#deliver(effect, to)
    const done = (recipients: number): void => {
      if (receipt !== undefined) this.#push({ type: 'published', receipt, recipients })
    }
    const publishing = this.#world.publish(channel, frame)
    this.#lastWords?.push(publishing)
    this.#later('publish', publishing, done, () => done(0))
  }

  /** To one peer; on the topic when that peer did not take it. */
  #deliver({ to: _, ...publish }: Extract<Effect, { type: 'publish' }>, to: UserId): void {
    const { channel, frame, receipt } = publish
    const done = (isHanded: boolean): void => {
      if (this.#failure !== undefined) return
      if (!isHanded) this.#publish(publish)
      else if (receipt !== undefined) this.#push({ type: 'published', receipt, recipients: 1, isHanded })
    }
    this.#later('deliver', this.#world.deliver(to, channel, frame), done, () => done(false))
  }

  #answerFrames({ id, channel, ranges }: Extract<Effect, { type: 'answerFrames' }>): void {
    const asking = this.#questions.get(id)
    if (asking === undefined) return
    const done = (found: Answer | undefined): void => answer(this.#questions, id, found)
    this.#later('answerFrames', this.#world.frames(channel, ranges, asking.signal), done, () => done(undefined))
  }

  #hand({ to, frame, receipt, isOnlyWay }: Extract<Effect, { type: 'hand' }>): void {
    const done = (outcome: HandOutcome): void => this.#push({ type: 'handed', receipt, outcome })
    this.#later('hand', this.#world.hand(to, frame, isOnlyWay), done, () => done('failed'))
  }

  #ask({ id, channel, to, addresses, question, skip = 0, but = [] }: Extract<Effect, { type: 'ask' }>): void {
    const done = (from: UserId | undefined, answer: Answer | undefined): void =>
      this.#push({ type: 'answer', id, from, answer })
    this.#later(
      'ask',
      this.#world.ask(channel, to, addresses, question, skip, but),
      (asked) => done(asked.from, asked.answer),
      () => done(to, undefined)
    )
  }

  /** What takes its time, and may fail without harm to us. */
  #later<T>(name: string, promise: Promise<T>, done: (value: T) => void, failed: () => void = () => {}): void {
    promise.then(done, (error) => {
      this.#metrics.count(`driver.${name}Failed`)
      this.#logger.log('warn', `driver.${name}Failed`, errorFields(error))
      failed()
    })
  }

  #notify(notice: Notice): void {
    for (const listener of this.#listeners) {
      try {
        listener(notice)
      } catch (error) {
        this.#logger.log('error', 'driver.listenerThrew', errorFields(error))
      }
    }
  }

  #result(id: number, result: CommandResult | ConclaveError): void {
    const waiting = this.#commands.get(id)
    this.#commands.delete(id)
    if (result instanceof Error) waiting?.reject(result)
    else waiting?.resolve(result)
  }

  #reject(check: Check): void {
    this.#metrics.count(`reject.${check}`)
    this.#logger.log('debug', 'driver.reject', { check })
  }

  // ---------------------------------------------------------------- the end

  #failStore(cause: unknown): void {
    this.#fail(
      new UsageError(
        'STORE_FAILED',
        'The store does not take changes any more, so this node has stopped sending. Look after the disk, then start it again.',
        { cause }
      )
    )
  }

  #fail(failure: ConclaveError): void {
    if (this.#failure !== undefined) return
    this.#metrics.count('driver.failed')
    this.#logger.log('error', 'driver.failed', {
      ...errorFields(failure),
      cause: errorFields(failure.cause)['error'] ?? ''
    })
    this.#end(failure)
    for (const listener of this.#failureListeners) listener(failure)
  }

  #end(failure: ConclaveError): void {
    this.#failure = failure
    this.#world.refuse()
    this.#wake.cancel()
    this.#effects = []
    this.#nextEffect = 0
    this.#queue.clear()
    for (const waiting of this.#commands.values()) waiting.reject(failure)
    this.#commands.clear()
    for (const id of [...this.#questions.keys()]) answer(this.#questions, id, undefined)
    for (const id of [...this.#handed.keys()]) answer(this.#handed, id, undefined)
  }
}

const stopped = (): UsageError => new UsageError('STOPPED', 'The node has been stopped. Start it again.')

/** Answers one of those who wait, if it still does. */
function answer<T>(all: Map<number, Asking<T>>, id: number, value: T | undefined): void {
  all.get(id)?.resolve(value)
  all.delete(id)
}
