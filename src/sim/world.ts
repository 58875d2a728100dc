/**
 * One simulated world: virtual time, nodes, carrier, directory. One seed makes the whole run.
 *
 * Effects are performed strictly in order; a crash may fall between any two of them, and what follows is lost. Tasks at
 * one instant run in the order they were scheduled. Nothing here reads a clock or draws unseeded randomness.
 */

import { assert, present } from '../base/assert.ts'
import { InternalError } from '../base/errors.ts'
import type { Frame } from '../core/channel/frame.ts'
import type { Command } from '../core/command.ts'
import type { Effect, Event } from '../core/machine.ts'
import { framesAmong, messageRoom } from '../core/member/history.ts'
import type { Notice } from '../core/notice.ts'
import { Refusal } from '../core/reject.ts'
import { type Checker, Violation } from './checkers/checker.ts'
import { Directory } from './directory.ts'
import type { Loss } from './disk.ts'
import { addressOf, Network, type NetworkHost } from './network.ts'
import { type NodeConfig, type Pending, SimNode } from './node.ts'
import type { Packet } from './packets.ts'
import { Queue } from './queue.ts'
import { Random } from './random.ts'
import type { Setting } from './scene.ts'
import { describeEffect, describeEvent, Trace } from './trace.ts'

/** More events than this in one run is a livelock. */
const MAX_EVENTS = 5_000_000
/** More events than this within one virtual ms is one, too. */
const MAX_EVENTS_PER_MS = 50_000
/** A process finds its monotonic clock anywhere below this. */
const MAX_FIRST_UPTIME_MS = 10_000_000
const PUBLISHED_MS = 2
const SHOWN_LINES = 30

export interface WorldConfig {
  readonly seed: number
  readonly checkers?: readonly Checker[]
  /** False: every node gets frames of its own. Slower; shows machines that change what they were given. */
  readonly isSharingFrames?: boolean
  /** About how many neighbours carry on what a node says; everybody hears it from itself unless told. */
  readonly degree?: number
  /** The command that repeats this run, for the error. */
  readonly repeatWith?: string
}

export class World implements NetworkHost, Setting {
  readonly seed: number
  readonly random: Random
  readonly trace = new Trace()
  readonly network: Network
  readonly directory: Directory
  readonly nodes: SimNode[] = []
  /** Virtual ms since the start of the run. */
  time = 0

  readonly #queue = new Queue()
  readonly #checkers: readonly Checker[]
  readonly #repeatWith: string
  #commandIds = 0
  #events = 0
  #eventsThisMs = 0

  constructor(config: WorldConfig) {
    this.seed = config.seed
    this.random = new Random(config.seed, 'world')
    this.#checkers = config.checkers ?? []
    this.#repeatWith = config.repeatWith ?? `npm run sweep -- --seed=${config.seed}`
    this.network = new Network(this, config.isSharingFrames ?? true, config.degree)
    this.directory = new Directory(new Random(config.seed, 'directory'))
  }

  /** How many events machines have handled. */
  get events(): number {
    return this.#events
  }

  // ---------------------------------------------------------------- nodes

  /** Adds a node; it is not started. */
  addNode(config: NodeConfig): SimNode {
    assert(!this.nodes.some((node) => node.name === config.name), 'each node has its own name')
    const node = new SimNode(config, this.nodes.length, this.seed)
    this.nodes.push(node)
    return node
  }

  node(name: string): SimNode {
    return present(
      this.nodes.find((node) => node.name === name),
      `there is a node ${name}`
    )
  }

  addressOf(node: SimNode): Uint8Array {
    return addressOf(node)
  }

  /** Starts a process with what is on disk. */
  start(node: SimNode): void {
    assert(!node.isUp, 'a node starts when it is down')
    node.incarnation++
    node.clock.startUptime(this.time, node.random.between(0, MAX_FIRST_UPTIME_MS))
    node.machine = node.boot()
    this.trace.note(this.time, node.name, 'start')
    for (const checker of this.#checkers) checker.onStart?.(node, this)
    this.network.refresh()
    this.deliver(node, { type: 'restore', rows: node.disk.rows(node.machine.rooms) })
  }

  /** The process dies now. */
  crash(node: SimNode, loss: Loss = 'nothing'): void {
    if (!node.isUp) return
    const lostSince = node.disk.crash(loss, node.random)
    if (lostSince !== undefined) node.losses.push({ at: this.time, since: lostSince })
    node.machine = undefined
    node.incarnation++
    node.inbox = []
    node.effects = []
    node.handling = undefined
    node.isPaused = false
    node.suspendedAt = undefined
    node.isSyncing = false
    node.wakeUptimeMs = undefined
    node.wakeGeneration++
    node.effectsUntilCrash = undefined
    node.seen.clear()
    node.topics.clear()
    this.trace.note(this.time, node.name, 'crash', node.losses.length)
    for (const checker of this.#checkers) checker.onCrash?.(node, this)
    this.network.refresh()
  }

  /** The process ends as it should: it says what is to be said first. What a slow disk holds back is lost. */
  stop(node: SimNode): void {
    this.deliver(node, { type: 'stop' })
    this.crash(node)
  }

  /** The process dies when it has performed this many more effects; the rest of them is lost. */
  crashAfter(node: SimNode, effects: number, loss: Loss): void {
    node.effectsUntilCrash = effects
    node.crashLoss = loss
  }

  /** The process stands still (SIGSTOP); clocks go on. */
  pause(node: SimNode): void {
    node.isPaused = node.isUp
  }

  resume(node: SimNode): void {
    if (!node.isPaused) return
    node.isPaused = false
    const { suspendedAt } = node
    node.suspendedAt = undefined
    if (suspendedAt !== undefined) {
      node.clock.holdUptime(this.time, this.time - suspendedAt)
      if (node.wakeUptimeMs !== undefined) this.#setWake(node, node.wakeUptimeMs)
    }
    this.#drain(node)
  }

  /** The machine sleeps: like `pause`, and the monotonic clock stands still, too. */
  suspend(node: SimNode, forMs: number): void {
    if (!node.isUp || node.suspendedAt !== undefined) return
    this.pause(node)
    node.suspendedAt = this.time
    const { incarnation, suspendedAt } = node
    this.schedule(forMs, () => {
      if (node.incarnation === incarnation && node.suspendedAt === suspendedAt) this.resume(node)
    })
  }

  /** Drift: the node's clocks run faster or slower from now on. */
  setRate(node: SimNode, rate: number): void {
    node.clock.setRate(this.time, rate)
    if (node.wakeUptimeMs !== undefined) this.#setWake(node, node.wakeUptimeMs)
  }

  /**
   * Gives a command to a node that is up.
   *
   * @param before - called when the command has its id and the machine has not heard of it yet.
   */
  command(node: SimNode, command: Command, before?: (pending: Pending) => void): Pending {
    const pending: Pending = { id: ++this.#commandIds, command, at: this.time, result: undefined }
    node.commands.set(pending.id, pending)
    before?.(pending)
    this.deliver(node, { type: 'command', id: pending.id, command })
    return pending
  }

  // ---------------------------------------------------------------- time

  schedule(delayMs: number, task: () => void): void {
    this.#queue.push(this.time + Math.max(0, Math.round(delayMs)), task)
  }

  /** When something happens next, virtual ms; undefined: never. */
  get nextAt(): number | undefined {
    return this.#queue.nextAt
  }

  /** Does what is next, unless it is after `untilMs`; returns false when there is nothing. */
  step(untilMs: number): boolean {
    const { nextAt } = this.#queue
    if (nextAt === undefined || nextAt > untilMs) return false
    const { at, task } = this.#queue.pop()!
    if (at !== this.time) this.#eventsThisMs = 0
    this.time = at
    task()
    return true
  }

  /** Lets time pass until this virtual ms. */
  runUntil(untilMs: number): void {
    while (this.step(untilMs)) {}
    this.time = Math.max(this.time, untilMs)
  }

  run(forMs: number): void {
    this.runUntil(this.time + forMs)
  }

  /** Lets time pass until the condition holds; returns false when it does not within this time. */
  runTo(condition: () => boolean, withinMs: number): boolean {
    const untilMs = this.time + withinMs
    for (;;) {
      if (condition()) return true
      if (!this.step(untilMs)) break
    }
    this.time = untilMs
    return condition()
  }

  /** Stops the run: an invariant is broken. */
  fail(violation: Violation): never {
    throw new RunError(violation, this, `, seed ${this.seed}: ${this.#repeatWith}`)
  }

  /** Ends the run: every checker says its last word. */
  end(): void {
    for (const checker of this.#checkers) this.#guard(() => checker.atEnd?.(this))
  }

  // ---------------------------------------------------------------- events and effects

  deliver(node: SimNode, event: Event): void {
    if (!node.isUp) return
    if (node.isPaused || node.isSyncing) node.inbox.push(() => this.#handle(node, event))
    else this.#handle(node, event)
  }

  arrive(node: SimNode, packet: Packet, verdict: Frame | Refusal | undefined): boolean {
    if (node.isPaused || node.isSyncing) {
      node.inbox.push(() => this.arrive(node, packet, verdict))
      return false
    }
    if (verdict === undefined) return false
    if (verdict instanceof Refusal) return this.#reject(node, verdict.check)
    const judgement = this.#guard(() => node.machine!.judge(verdict))
    if (judgement === 'ignore') return false
    if (judgement !== 'accept') return this.#reject(node, judgement)
    this.deliver(node, { type: 'frame', frame: verdict })
    return true
  }

  onPacket(packet: Packet): void {
    for (const checker of this.#checkers) if (checker.onPacket) this.#guard(() => checker.onPacket!(packet, this))
  }

  #reject(node: SimNode, check: Parameters<SimNode['rejects']['set']>[0]): false {
    node.rejects.set(check, (node.rejects.get(check) ?? 0) + 1)
    return false
  }

  #handle(node: SimNode, event: Event): void {
    this.#events++
    if (++this.#eventsThisMs > MAX_EVENTS_PER_MS || this.#events > MAX_EVENTS) {
      this.fail(new Violation('I-21', `${node.name} is in a livelock`))
    }
    this.trace.note(this.time, node.name, ...describeEvent(event))
    const machine = node.machine!
    const effects = this.#guard(() => machine.handle(event, node.env(this.time)))
    node.effects.push(...effects)
    node.handling = event
    this.#perform(node)
  }

  /** Performs what waits, up to a write that the disk needs time for. Checkers are told when all of it is done. */
  #perform(node: SimNode): void {
    this.#performEffects(node)
    const event = node.handling
    if (event === undefined || !node.isUp || node.isSyncing) return
    node.handling = undefined
    for (const checker of this.#checkers) {
      if (event.type === 'frame' && checker.onFrame) this.#guard(() => checker.onFrame!(node, event.frame, this))
      if (checker.onHandled) this.#guard(() => checker.onHandled!(node, event, this))
    }
  }

  #performEffects(node: SimNode): void {
    while (node.effects.length > 0 && !node.isSyncing) {
      if (node.effectsUntilCrash === 0) {
        this.crash(node, node.crashLoss)
        return
      }
      if (node.effectsUntilCrash !== undefined) node.effectsUntilCrash--
      const effect = node.effects.shift()!
      if (effect.type !== 'wakeAt') this.trace.note(this.time, node.name, ...describeEffect(effect))
      for (const checker of this.#checkers)
        if (checker.onEffect) this.#guard(() => checker.onEffect!(node, effect, this))
      this.#performOne(node, effect)
    }
  }

  #performOne(node: SimNode, effect: Effect): void {
    const { network, directory } = this
    switch (effect.type) {
      case 'persist':
        node.disk.write(effect, this.time)
        if (effect.isDurable && node.syncMs > 0) this.#waitForDisk(node)
        break
      case 'destroy':
        node.disk.destroy(effect.cohort, effect.before)
        break
      case 'subscribe':
        network.subscribe(node, effect.channel)
        break
      case 'unsubscribe':
        network.unsubscribe(node, effect.channel)
        break
      case 'publish':
        this.#publish(node, effect)
        break
      case 'ask':
        network.ask(node, effect)
        break
      case 'answer':
        network.answer(node, effect.id, effect.answer)
        break
      case 'answerFrames':
        network.answer(node, effect.id, framesAmong(node.disk.rows([messageRoom(effect.channel)]), effect.ranges))
        break
      case 'hand': {
        const { receipt } = effect
        const { incarnation } = node
        network.hand(node, effect, (outcome) => {
          if (node.incarnation !== incarnation) return
          this.#later(node, PUBLISHED_MS, () => ({ type: 'handed', receipt, outcome }))
        })
        break
      }
      case 'answerHand':
        network.answerHand(node, effect.id, effect.outcome)
        break
      case 'putRecord':
        if (!network.isIsolated(node)) directory.put(effect.kind, effect.id, effect.value)
        break
      case 'lookUp': {
        const { kind, id } = effect
        this.#later(node, directory.conditions.delayMs, () => {
          const value = network.isIsolated(node) ? undefined : directory.get(kind, id)
          return { type: 'found', kind, id, value }
        })
        break
      }
      case 'wakeAt':
        this.#setWake(node, effect.uptimeMs)
        break
      case 'notify':
        this.#notify(node, effect.notice)
        break
      case 'result':
        this.#finishCommand(node, effect)
        break
      case 'reject':
        this.#reject(node, effect.check)
        break
      default:
        effect satisfies never
    }
  }

  #publish(node: SimNode, effect: Extract<Effect, { type: 'publish' }>): void {
    const { network } = this
    const { channel, frame, receipt, to } = effect
    const tell = (event: { readonly recipients: number; readonly isHanded?: true }): void => {
      if (receipt !== undefined) this.#later(node, PUBLISHED_MS, () => ({ type: 'published', receipt, ...event }))
    }
    const toAll = (): void => tell({ recipients: network.publish(node, channel, frame) })
    if (to === undefined) {
      toAll()
      return
    }
    const { incarnation } = node
    network.deliver(node, to, channel, frame, (isTaken) => {
      if (node.incarnation !== incarnation) return
      if (isTaken) tell({ recipients: 1, isHanded: true })
      else toAll()
    })
  }

  #notify(node: SimNode, notice: Notice): void {
    node.notices.push({ at: this.time, incarnation: node.incarnation, notice })
    for (const checker of this.#checkers) if (checker.onNotice) this.#guard(() => checker.onNotice!(node, notice, this))
  }

  #finishCommand(node: SimNode, effect: Extract<Effect, { type: 'result' }>): void {
    const pending = node.commands.get(effect.id)
    if (pending === undefined || pending.result !== undefined) {
      this.fail(new Violation('machine', `${node.name} answers command ${effect.id} twice, or unasked`))
    }
    pending.result = effect.result
  }

  /** Effects and events wait until the disk has the batch. */
  #waitForDisk(node: SimNode): void {
    node.isSyncing = true
    const { incarnation } = node
    this.schedule(node.syncMs, () => {
      if (node.incarnation !== incarnation) return
      node.isSyncing = false
      this.#perform(node)
      this.#drain(node)
    })
  }

  /** Handles what has waited. */
  #drain(node: SimNode): void {
    while (node.isUp && !node.isPaused && !node.isSyncing && node.inbox.length > 0) {
      node.inbox.shift()!()
    }
  }

  #later(node: SimNode, delayMs: number, event: () => Event): void {
    const { incarnation } = node
    this.schedule(delayMs, () => {
      if (node.incarnation === incarnation) this.deliver(node, event())
    })
  }

  #setWake(node: SimNode, uptimeMs: number | undefined): void {
    node.wakeUptimeMs = uptimeMs
    const generation = ++node.wakeGeneration
    if (uptimeMs === undefined) return
    // A real timer takes a millisecond at least.
    const at = Math.max(this.time + 1, node.clock.timeOf(uptimeMs))
    this.#queue.push(at, () => {
      if (node.wakeGeneration !== generation) return
      node.wakeUptimeMs = undefined
      this.deliver(node, { type: 'wake' })
    })
  }

  /** Adds to whatever goes wrong where it went wrong and how to see it again. */
  #guard<T>(act: () => T): T {
    try {
      return act()
    } catch (error) {
      if (error instanceof RunError) throw error
      return this.fail(error instanceof Violation ? error : machineFault(error))
    }
  }
}

/** What comes out of a machine, as a broken promise of our own code. */
export function machineFault(error: unknown): Violation {
  const kind = error instanceof InternalError ? 'a promise of our own code' : 'an exception'
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error)
  return new Violation('machine', `${kind} came out of a machine: ${text}`, { cause: error })
}

/** A violation with the way to it. */
export class RunError extends Error {
  readonly violation: Violation

  /** @param where - how to see it again. */
  constructor(violation: Violation, { trace, time }: Pick<Setting, 'trace' | 'time'>, where = '') {
    const lines = trace.last(SHOWN_LINES).join('\n')
    super(`${violation.message}\nat ${time} ms${where}\n${lines}`, { cause: violation })
    this.name = 'RunError'
    this.violation = violation
  }
}
