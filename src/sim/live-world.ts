/**
 * A world of real nodes: libp2p over loopback, real time, real threads of work that take turns. Checkers look on as in virtual
 * time: each machine is wrapped, so that it is seen what comes to it, and each driver tells what it performs, when it performs
 * it. What the disk of a node holds is kept twice: as its store has it, and as its machine has asked for it, which checkers see.
 *
 * Nothing that a checker throws gets into a node: the first violation is kept, and whoever waits for time to pass gets it.
 */
import { assert, present } from '../base/assert.ts'
import { UsageError } from '../base/errors.ts'
import { SECOND_MS } from '../base/time.ts'
import type { Frame } from '../core/channel/frame.ts'
import type { Command } from '../core/command.ts'
import { type UserId, userIdText } from '../core/identity/user.ts'
import type { Effect, Env, Event } from '../core/machine.ts'
import type { SigningKey } from '../crypto/sign.ts'
import { addressBytes } from '../node/address.ts'
import type { MakeTransport } from '../node/host.ts'
import { Answer, Question } from '../wire/messages.ts'
import { type Checker, Violation } from './checkers/checker.ts'
import { CALM_DIRECTORY, type DirectoryConditions } from './directory.ts'
import { Disk, type Loss } from './disk.ts'
import { LiveNetwork, type LiveNetworkHost } from './live-network.ts'
import { LivePeer } from './live-peer.ts'
import { Stranger } from './live-stranger.ts'
import { Loopback } from './live-transport.ts'
import { CALM, type Conditions, type Packet } from './network.ts'
import { type JudgingMachine, type NodeConfig, type Pending, SimNode } from './node.ts'
import type { LiveTransport } from './play.ts'
import { Random } from './random.ts'
import type { Setting } from './scene.ts'
import { describeEffect, describeEvent, Trace } from './trace.ts'
import { machineFault, RunError } from './world.ts'

const LISTEN_HOST = '/ip4/127.0.0.1/tcp'
/** More would walk through each other for a minute before they settle. */
const DIRECTORY_SERVERS = 8
/** How many that run somebody who starts is told of. */
const KNOWN = 4
/** Nodes that start at once: a start costs more of the processor than anything after it. */
const STARTS = 8
/** What a peer said of itself longer ago is not its word any more. */
const FRESH_MS = 2 * SECOND_MS
/** A peer that handles more than this works without end. */
const MAX_EVENTS_PER_S = 20_000
const QUERIES: readonly Command['type'][] = ['channels', 'groups']

/** One process of a node, from its start to its end. */
interface Process {
  machine: JudgingMachine
  /** As soon as it runs. */
  peer: LivePeer | undefined
  /** It counts as dead. What it still does is not seen. */
  isDead: boolean
  /** It ends in order; nobody reaches it any more. */
  isEnding: boolean
  /** Answered once it runs; undefined when it died before. */
  readonly ready: Promise<LivePeer | undefined>
  /** Commands under way by what was asked, and by the ids that the driver gave them. */
  readonly asked: Map<Command, Pending>
  readonly commands: Map<number, Pending>
  /** Ids of questions about it, which are nothing that happens. */
  readonly queries: Set<number>
  /** Since when its machine has asked to write something that its store has not, ms. */
  unwrittenSince: number | undefined
  events: number
}

/** What is known of one node beside what everybody sees. */
interface Home {
  readonly node: SimNode
  /** What its store has. */
  readonly disk: Disk
  process: Process | undefined
  /** Resolves when the process before is gone for good. */
  gone: Promise<unknown>
  /** Once it has had one, it keeps its port. */
  port: number
  /** What it last said of itself. */
  readonly answers: Map<string, Query>
  /** When it was last told to do something, or something was done to it, ms: what it said before is over. */
  changedAt: number
}

interface Query {
  readonly pending: Pending
  isUnderWay: boolean
  askedAt: number
}

export interface LiveWorldConfig {
  readonly seed: number
  readonly checkers: readonly Checker[]
  readonly network: Partial<Conditions>
  readonly transport: LiveTransport
  readonly keyOf: (name: string) => SigningKey
}

export class LiveWorld implements Setting, LiveNetworkHost {
  readonly trace = new Trace()
  readonly network: LiveNetwork
  /** Real: nothing is done to it. */
  readonly directory: { conditions: DirectoryConditions } = { conditions: CALM_DIRECTORY }
  readonly nodes: SimNode[] = []
  events = 0

  readonly #config: LiveWorldConfig
  readonly #checkers: readonly Checker[]
  readonly #homes = new Map<SimNode, Home>()
  readonly #byUser = new Map<string, SimNode>()
  readonly #random: Random
  readonly #begunAt = performance.now()
  readonly #timers = new Set<NodeJS.Timeout>()
  readonly #transport: MakeTransport | undefined
  readonly #starting = new Slots(STARTS)
  #stranger: Promise<Stranger> | undefined
  #commandIds = 0
  #failure: unknown
  #isClosed = false

  constructor(config: LiveWorldConfig) {
    this.#config = config
    this.#checkers = config.checkers
    this.#random = new Random(config.seed, 'live')
    this.network = new LiveNetwork(this, new Random(config.seed, 'streams'))
    if (Object.keys(config.network).length > 0) this.network.conditions = { ...CALM, ...config.network }
    const loopback = new Loopback(() => this.#weather, new Random(config.seed, 'loopback'))
    this.#transport = config.transport === 'memory' ? loopback.transport : undefined
    this.#every(SECOND_MS, () => this.#requireRest())
  }

  /** What the loopback is like: as it is, unless a scenario says otherwise. */
  get #weather(): Conditions {
    const { conditions } = this.network
    return conditions === CALM ? { ...CALM, medianDelayMs: 0 } : conditions
  }

  get time(): number {
    return Math.floor(performance.now() - this.#begunAt)
  }

  node(name: string): SimNode {
    return present(
      this.nodes.find((node) => node.name === name),
      `there is a node ${name}`
    )
  }

  /** Waits until all who are to run do. */
  async settled(): Promise<void> {
    await Promise.all([...this.#homes.values()].map(({ process }) => process?.ready))
  }

  /** @throws what went wrong since the last time that somebody looked. */
  requireWhole(): void {
    if (this.#failure !== undefined) throw this.#failure
  }

  /** Everything ends, without a word. */
  async close(): Promise<void> {
    this.#isClosed = true
    for (const timer of this.#timers) clearTimeout(timer)
    const homes = [...this.#homes.values()]
    const ends = homes.map(async ({ process, gone }) => {
      if (process !== undefined) await (await process.ready.catch(() => undefined))?.kill()
      await gone
    })
    const stranger = this.#stranger?.then((one) => one.stop())
    await Promise.allSettled([...ends, stranger])
  }

  // ---------------------------------------------------------------- nodes

  addNode(config: NodeConfig): SimNode {
    const node = new SimNode(config, this.nodes.length, this.#config.seed)
    this.nodes.push(node)
    this.#byUser.set(userIdText(node.user), node)
    this.#homes.set(node, {
      node,
      disk: new Disk(),
      process: undefined,
      gone: Promise.resolve(),
      port: 0,
      answers: new Map(),
      changedAt: 0
    })
    return node
  }

  addressOf(node: SimNode): Uint8Array {
    const address = this.#homeOf(node).process?.peer?.addresses[0]
    return addressBytes(present(address, `${node.name} runs, and listens`))
  }

  start(node: SimNode): void {
    assert(!node.isUp, 'a node starts when it is down')
    const home = this.#homeOf(node)
    const machine = node.boot()
    node.incarnation++
    node.machine = machine
    this.trace.note(this.time, node.name, 'start')
    this.#tell((checker) => checker.onStart?.(node, this))
    const { promise: ready, resolve } = Promise.withResolvers<LivePeer | undefined>()
    const process: Process = {
      machine,
      peer: undefined,
      isDead: false,
      isEnding: false,
      ready,
      asked: new Map(),
      commands: new Map(),
      queries: new Set(),
      unwrittenSince: undefined,
      events: 0
    }
    home.process = process
    home.answers.clear()
    void this.#launch(home, process).then(resolve, (error) => {
      this.#break(error)
      resolve(undefined)
    })
  }

  async #launch(home: Home, process: Process): Promise<LivePeer | undefined> {
    await home.gone
    return await this.#starting.take(async () => {
      if (process.isDead || this.#isClosed) return undefined
      const { node } = home
      node.disk.replace(home.disk.copy())
      const peer = await LivePeer.start({
        key: this.#config.keyOf(node.name),
        disk: home.disk,
        now: () => this.time,
        machine: new Seen(this, home, process),
        watch: {
          onEffect: (effect) => this.#see(node, process, effect),
          onHandled: () => this.#noteHandled(node, process)
        },
        onSynced: () => {
          process.unwrittenSince = undefined
          if (!process.isDead) node.disk.sync()
        },
        onFailure: (failure) => {
          if (!process.isDead && !process.isEnding) this.#break(machineFault(failure.cause ?? failure))
        },
        transport: this.#transport,
        gate: (user) => this.#mayMeet(node, process, user),
        listen: [`${LISTEN_HOST}/${home.port}`],
        bootstrap: this.#someAddresses(node),
        isDirectoryServer: node.index < DIRECTORY_SERVERS
      })
      home.port = Number(/\/tcp\/(\d+)/.exec(peer.addresses[0] ?? '')?.[1] ?? 0)
      process.peer = peer
      if (!process.isDead && !this.#isClosed) return peer
      await peer.kill()
      return undefined
    })
  }

  /** Of some who run, the founder among them where it does. */
  #someAddresses(node: SimNode): string[] {
    const running = this.nodes.filter((other) => other !== node && this.#homeOf(other).process?.peer !== undefined)
    const [first, ...others] = running
    const known = first === undefined ? [] : [first, ...this.#random.shuffle(others).slice(0, KNOWN - 1)]
    return known.flatMap((other) => this.#homeOf(other).process!.peer!.addresses[0] ?? [])
  }

  crash(node: SimNode, loss: Loss = 'nothing'): void {
    if (!node.isUp) return
    const home = this.#homeOf(node)
    const process = home.process!
    process.isDead = true
    const dying = process.peer?.kill()
    home.gone = Promise.allSettled([home.gone, dying, process.ready])
    const lostSince = home.disk.crash(loss, node.random) ?? process.unwrittenSince
    if (lostSince !== undefined) node.losses.push({ at: this.time, since: lostSince })
    this.#leave(home)
    this.trace.note(this.time, node.name, 'crash', node.losses.length)
    this.#tell((checker) => checker.onCrash?.(node, this))
  }

  crashAfter(): void {
    throw unplayable('somebody dies between two effects')
  }

  stop(node: SimNode): void {
    if (!node.isUp) return
    const home = this.#homeOf(node)
    const process = home.process!
    process.isEnding = true
    const ending = process.ready.then((peer) => peer?.stop())
    home.gone = Promise.allSettled([home.gone, ending])
    this.#leave(home)
    this.trace.note(this.time, node.name, 'stop')
    this.#tell((checker) => checker.onCrash?.(node, this))
  }

  #leave(home: Home): void {
    const { node } = home
    node.machine = undefined
    node.incarnation++
    node.inbox = []
    node.isPaused = false
    home.changedAt = this.time
  }

  /** In one process nobody can be made to stand still: it is cut off, and hears no command. */
  pause(node: SimNode): void {
    node.isPaused = node.isUp
    this.hangUp()
  }

  resume(node: SimNode): void {
    if (!node.isPaused) return
    node.isPaused = false
    for (const give of node.inbox.splice(0)) give()
  }

  suspend(): void {
    throw unplayable('a machine sleeps')
  }

  setRate(_node: SimNode, rate: number): void {
    if (rate !== 1) throw unplayable('a clock runs wrong')
  }

  #homeOf(node: SimNode): Home {
    return present(this.#homes.get(node), `${node.name} is in this world`)
  }

  // ---------------------------------------------------------------- links

  #mayMeet(node: SimNode, process: Process, user: UserId): boolean {
    if (process.isDead || this.#isClosed || node.isPaused) return false
    const other = this.#byUser.get(userIdText(user))
    if (other === undefined) return true
    return !other.isPaused && !this.network.isCut(node, other)
  }

  hangUp(): void {
    for (const home of this.#homes.values()) {
      home.changedAt = this.time
      home.process?.peer?.hangUp()
    }
  }

  neighbours(node: SimNode, channel: Uint8Array): readonly SimNode[] {
    const subscribers = node.isUp ? (this.#homeOf(node).process?.peer?.subscribers(channel) ?? []) : []
    return subscribers.flatMap((user) => this.#byUser.get(userIdText(user)) ?? []).filter(({ isUp }) => isUp)
  }

  publishAsStranger(channel: Uint8Array, frame: Uint8Array): void {
    const all = this.nodes.flatMap((node) => (node.isUp ? (this.#homeOf(node).process?.peer?.addresses[0] ?? []) : []))
    this.#stranger ??= Stranger.start(all, this.#transport)
    this.#stranger.then(
      (stranger) => (this.#isClosed ? undefined : stranger.publish(channel, frame)),
      (error) => this.#break(error)
    )
  }

  // ---------------------------------------------------------------- commands

  command(node: SimNode, command: Command, before?: (pending: Pending) => void): Pending {
    if (QUERIES.includes(command.type)) return this.#query(node, command)
    const home = this.#homeOf(node)
    home.changedAt = this.time
    const pending: Pending = { id: ++this.#commandIds, command, at: this.time, result: undefined }
    node.commands.set(pending.id, pending)
    before?.(pending)
    const process = present(home.process, `${node.name} runs`)
    process.asked.set(command, pending)
    const give = (): void => void this.#give(process, pending)
    if (node.isPaused) node.inbox.push(give)
    else give()
    return pending
  }

  /** Its result is seen as an effect; what the node says itself is that it does not take it. */
  async #give(process: Process, pending: Pending): Promise<void> {
    try {
      await (await process.ready)?.command(pending.command)
    } catch (error) {
      if (error instanceof UsageError && error.code !== 'STOPPED') pending.result ??= error
    }
  }

  /** What it said last, if that is fresh; it is asked again. */
  #query(node: SimNode, command: Command): Pending {
    const { answers, process, changedAt } = this.#homeOf(node)
    const name = 'channel' in command ? `${command.type} ${command.channel.join()}` : command.type
    const fresh = (): Query => ({ pending: this.#blank(command), isUnderWay: false, askedAt: 0 })
    const known = answers.get(name) ?? fresh()
    answers.set(name, known)
    if (!known.isUnderWay && process?.peer !== undefined && !node.isPaused) {
      known.isUnderWay = true
      const askedAt = this.time
      const done = (result: Pending['result']): void => {
        known.isUnderWay = false
        known.askedAt = askedAt
        known.pending.result = result
      }
      process.peer.command(command).then(done, () => done(undefined))
    }
    const isFresh = known.askedAt > changedAt && this.time - known.askedAt < FRESH_MS
    return isFresh ? known.pending : this.#blank(command)
  }

  #blank(command: Command): Pending {
    return { id: 0, command, at: this.time, result: undefined }
  }

  // ---------------------------------------------------------------- what is seen

  /** An event comes to a machine. */
  noteEvent(node: SimNode, process: Process, event: Event): void {
    if (process.isDead || this.#isClosed) return
    this.events++
    process.events++
    node.handling = event
    if (event.type === 'command') {
      const pending = process.asked.get(event.command)
      if (pending === undefined) {
        process.queries.add(event.id)
        return
      }
      process.asked.delete(event.command)
      process.commands.set(event.id, pending)
    }
    this.trace.note(this.time, node.name, ...describeEvent(event))
    if (event.type === 'question') this.#noteStream(node, event.from, false, Question.encode(event.question))
    if (event.type === 'session') this.#noteStream(node, event.from, false, event.frame)
    if (event.type === 'answer' && event.from !== undefined && event.answer !== undefined)
      this.#noteStream(node, event.from, true, Answer.encode(event.answer))
  }

  #noteStream(to: SimNode, user: Uint8Array, isAnswer: boolean, bytes: Uint8Array): void {
    const from = this.#byUser.get(userIdText(user as UserId))
    this.network.onSent?.(isAnswer ? 'answer' : 'question', bytes.length)
    if (from !== undefined) this.network.streams.push({ at: this.time, from, to, isAnswer, bytes })
  }

  /** A frame has come to a node, for the first time there. */
  noteArrival(node: SimNode, process: Process, frame: Frame, judgement: ReturnType<JudgingMachine['judge']>): void {
    if (process.isDead || this.#isClosed) return
    this.network.onSent?.(frame.kind, frame.bytes.length)
    if (typeof judgement === 'number') count(node, judgement)
  }

  /** A machine threw. */
  noteFault(process: Process, error: unknown): void {
    if (!process.isDead) this.#break(machineFault(error))
  }

  #see(node: SimNode, process: Process, performed: Effect): void {
    if (process.isDead || this.#isClosed) return
    const effect = numbered(performed, process)
    const isQuery = performed.type === 'result' && process.queries.delete(performed.id)
    if (effect.type !== 'wakeAt' && !isQuery) this.trace.note(this.time, node.name, ...describeEffect(effect))
    this.#tell((checker) => checker.onEffect?.(node, effect, this))
    switch (effect.type) {
      case 'persist':
        process.unwrittenSince ??= this.time
        node.disk.write({ ...effect, isDurable: false }, this.time)
        break
      case 'destroy':
        node.disk.destroy(effect.cohort, effect.before)
        break
      case 'publish':
        this.#guard(() => this.network.note(effect.channel, effect.frame, node))
        break
      case 'notify': {
        const { notice } = effect
        node.notices.push({ at: this.time, incarnation: node.incarnation, notice })
        this.#tell((checker) => checker.onNotice?.(node, notice, this))
        break
      }
      case 'result': {
        const pending = process.commands.get(performed.type === 'result' ? performed.id : 0)
        if (pending !== undefined) pending.result = effect.result
        break
      }
      case 'reject':
        count(node, effect.check)
        break
      default:
    }
  }

  #noteHandled(node: SimNode, process: Process): void {
    const event = node.handling
    if (event === undefined || process.isDead || this.#isClosed) return
    node.handling = undefined
    this.#tell((checker) => {
      if (event.type === 'frame') checker.onFrame?.(node, event.frame, this)
      checker.onHandled?.(node, event, this)
    })
  }

  onPacket(packet: Packet): void {
    this.#tell((checker) => checker.onPacket?.(packet, this))
  }

  /** Nobody works without end. */
  #requireRest(): void {
    for (const { node, process } of this.#homes.values()) {
      if (process === undefined) continue
      if (process.events > MAX_EVENTS_PER_S) this.#break(new Violation('I-21', `${node.name} is in a livelock`))
      process.events = 0
    }
  }

  // ---------------------------------------------------------------- time and failure

  schedule(delayMs: number, task: () => void): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer)
      this.#guard(task)
    }, delayMs)
    this.#timers.add(timer)
  }

  #every(ms: number, task: () => void): void {
    this.schedule(ms, () => {
      task()
      this.#every(ms, task)
    })
  }

  #tell(say: (checker: Checker) => void): void {
    for (const checker of this.#checkers) this.#guard(() => say(checker))
  }

  #guard(act: () => void): void {
    if (this.#isClosed || this.#failure !== undefined) return
    try {
      act()
    } catch (error) {
      this.#break(error)
    }
  }

  /** Keeps what went wrong first. */
  #break(error: unknown): void {
    if (this.#isClosed) return
    this.#failure ??= error instanceof Violation ? new RunError(error, this) : error
  }

  fail(violation: Violation): never {
    throw new RunError(violation, this)
  }

  end(): void {
    this.#tell((checker) => checker.atEnd?.(this))
    this.requireWhole()
  }
}

/** A machine whose events are seen. */
class Seen implements JudgingMachine {
  readonly #world: LiveWorld
  readonly #home: Home
  readonly #process: Process

  constructor(world: LiveWorld, home: Home, process: Process) {
    this.#world = world
    this.#home = home
    this.#process = process
  }

  /** As it is now: it may begin to lie. */
  get #machine(): JudgingMachine {
    const { node, process } = this.#home
    if (process === this.#process && node.machine !== undefined) process.machine = node.machine
    return this.#process.machine
  }

  get rooms(): readonly string[] {
    return this.#machine.rooms
  }

  judge(frame: Frame): ReturnType<JudgingMachine['judge']> {
    const judgement = this.#machine.judge(frame)
    this.#world.noteArrival(this.#home.node, this.#process, frame, judgement)
    return judgement
  }

  handle(came: Event, env: Env): Effect[] {
    const event = this.#world.network.throughStream(came)
    if (event === undefined) return []
    this.#world.noteEvent(this.#home.node, this.#process, event)
    try {
      return this.#machine.handle(event, env)
    } catch (error) {
      this.#world.noteFault(this.#process, error)
      throw error
    }
  }
}

/** An effect with the id that a command has in the world, in place of the one that its driver gave it. */
function numbered(effect: Effect, { commands, queries }: Process): Effect {
  if (effect.type !== 'result') return effect
  const id = queries.has(effect.id) ? 0 : (commands.get(effect.id)?.id ?? 0)
  return { ...effect, id }
}

function count({ rejects }: SimNode, check: Parameters<SimNode['rejects']['set']>[0]): void {
  rejects.set(check, (rejects.get(check) ?? 0) + 1)
}

/** What nobody can do to real nodes in one process. @param what - a clause. */
export const unplayable = (what: string, instead = 'or another scenario'): UsageError =>
  new UsageError(
    'NOT_LIVE',
    `Cannot play this with live nodes like this. In it ${what}, which nobody can do to them. Take --mode virtual, ${instead}.`
  )

/** So many at once; the others wait. */
class Slots {
  readonly #waiting: (() => void)[] = []
  #free: number

  constructor(count: number) {
    this.#free = count
  }

  async take<T>(act: () => Promise<T>): Promise<T> {
    if (this.#free === 0) await new Promise<void>((resolve) => this.#waiting.push(resolve))
    else this.#free--
    try {
      return await act()
    } finally {
      const next = this.#waiting.shift()
      if (next === undefined) this.#free++
      else next()
    }
  }
}
