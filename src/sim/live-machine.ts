/**
 * A machine inside a live node that is looked at: what comes to it, what it thinks of frames, and what its driver performs for
 * it. Commands go by the numbers that the world gave them, in place of those of the driver.
 */
import type { Frame } from '../core/channel/frame.ts'
import type { Command } from '../core/command.ts'
import type { Effect, Env, Event, Row } from '../core/machine.ts'
import type { Watch } from '../node/driver.ts'
import type { JudgingMachine } from './node.ts'

/** Of whatever the world asks only to know how a peer stands: it is nothing that happens. */
export const QUERY = 0

/** Is told what happens in one process, in its order. */
export interface Listener {
  /** An event comes to the machine. */
  onEvent(event: Event): void
  /** A frame has come, for the first time there. */
  onArrival(frame: Frame, judgement: ReturnType<JudgingMachine['judge']>): void
  onEffect(effect: Effect): void
  onHandled(): void
  /** Messages that its disk has, where that is elsewhere. */
  onKept?(rows: readonly Row[]): void
  /** The machine threw, or the node failed closed. */
  onFault(fault: unknown): void
}

export class SeenMachine implements JudgingMachine, Watch {
  readonly #machine: () => JudgingMachine
  readonly #listener: Listener
  readonly #isLost: () => boolean
  /** Commands that the machine has not heard of yet. */
  readonly #given = new Map<Command, number>()
  /** The world's numbers of commands by those of the driver. */
  readonly #numbers = new Map<number, number>()

  /**
   * @param machine - as it is now: it may begin to lie.
   * @param isLost - whether what comes over a stream now is lost.
   */
  constructor(machine: () => JudgingMachine, listener: Listener, isLost: () => boolean) {
    this.#machine = machine
    this.#listener = listener
    this.#isLost = isLost
  }

  /** A command is about to come. */
  expect(command: Command, number: number): void {
    this.#given.set(command, number)
  }

  get rooms(): readonly string[] {
    return this.#machine().rooms
  }

  judge(frame: Frame): ReturnType<JudgingMachine['judge']> {
    const judgement = this.#machine().judge(frame)
    this.#listener.onArrival(frame, judgement)
    return judgement
  }

  handle(came: Event, env: Env): Effect[] {
    const event = this.#throughStream(came)
    if (event === undefined) return []
    this.#listener.onEvent(event.type === 'command' ? this.#numbered(event) : event)
    try {
      return this.#machine().handle(event, env)
    } catch (error) {
      this.#listener.onFault(error)
      throw error
    }
  }

  /** What becomes of an event that comes over a stream; undefined: the other end waits until its patience is over. */
  #throughStream(event: Event): Event | undefined {
    const { type } = event
    const isStream = type === 'question' || type === 'session' || type === 'answer' || type === 'handed'
    if (!isStream || !this.#isLost()) return event
    if (type === 'answer') return { ...event, answer: undefined }
    return type === 'handed' ? { ...event, outcome: 'failed' } : undefined
  }

  #numbered(event: Extract<Event, { type: 'command' }>): Event {
    const number = this.#given.get(event.command) ?? QUERY
    this.#given.delete(event.command)
    this.#numbers.set(event.id, number)
    return { ...event, id: number }
  }

  onEffect(effect: Effect): void {
    if (effect.type !== 'result') {
      this.#listener.onEffect(effect)
      return
    }
    const id = this.#numbers.get(effect.id) ?? QUERY
    this.#numbers.delete(effect.id)
    this.#listener.onEffect({ ...effect, id })
  }

  onHandled(): void {
    this.#listener.onHandled()
  }
}
