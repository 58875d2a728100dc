/**
 * A world of real nodes: libp2p over loopback, real time, real threads of work that take turns. Checkers look on as in virtual
 * time: each machine is wrapped, so that it is seen what comes to it, and each driver tells what it performs, when it performs
 * it. What the disk of a node holds is kept twice: as its store has it, and as its machine has asked for it, which checkers see.
 *
 * Nothing that a checker throws gets into a node: the first violation is kept, and whoever waits for time to pass gets it.
 */
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { assert, present } from '../base/assert.ts'
import { UsageError } from '../base/errors.ts'
import { SECOND_MS } from '../base/time.ts'
import type { Frame } from '../core/channel/frame.ts'
import type { Command } from '../core/command.ts'
import { type UserId, userIdText } from '../core/identity/user.ts'
import type { Effect, Event, Row } from '../core/machine.ts'
import { STATE_ROOM } from '../core/out.ts'
import type { SigningKey } from '../crypto/sign.ts'
import { addressBytes } from '../node/address.ts'
import type { MakeTransport } from '../node/host.ts'
import { Turns } from '../node/slots.ts'
import { Answer, Question } from '../wire/messages.ts'
import { type Checker, Violation } from './checkers/checker.ts'
import { CALM_DIRECTORY, type DirectoryConditions } from './directory.ts'
import { Disk, type Loss } from './disk.ts'
import { Answers, type Asked, FRESH_MS, isQuery } from './live-answers.ts'
import { Folder } from './live-folder.ts'
import { type Listener, QUERY } from './live-machine.ts'
import { Neighbourhood, type NeighbourhoodConfig } from './live-neighbourhood.ts'
import { LiveNetwork, type LiveNetworkHost } from './live-network.ts'
import { OuterMachine, OuterPeer } from './live-outer-peer.ts'
import { InnerPeer, type LivePeer, type LivePeerInit } from './live-peer.ts'
import { Stranger } from './live-stranger.ts'
import { Loopback } from './live-transport.ts'
import { CALM, type Conditions } from './network.ts'
import { type JudgingMachine, type NodeConfig, type Pending, SimNode } from './node.ts'
import type { Packet } from './packets.ts'
import type { LiveTransport } from './play.ts'
import { Random } from './random.ts'
import type { Setting } from './scene.ts'
import { describeEffect, describeEvent, Trace } from './trace.ts'
import { NAME_MARK } from './truth.ts'
import { machineFault, RunError } from './world.ts'

const LISTEN_HOST = '/ip4/127.0.0.1/tcp'
/** More would walk through each other for a minute before they settle. */
const DIRECTORY_SERVERS = 8
/** How many that run somebody who starts is told of. */
const KNOWN = 4
/** Nodes that start at once: a start costs more of the processor than anything after it. */
const STARTS = 8
/** What a process elsewhere has published is told within this time, ms, unless it was killed. */
const UNTOLD_MS = 500
/** For each node there is: so long nobody is asked how it stands again. To ask all of many all the time takes more than they do. */
const REST_MS = 5
/** A peer that handles more than this works without end. */
const MAX_EVENTS_PER_S = 20_000

/** One process of a node, from its start to its end. */
interface Process {
  machine: JudgingMachine
  /** As soon as it runs. */
  peer: LivePeer | undefined
  /** In a process of its own: as soon as there is one. */
  outer: OuterPeer | undefined
  /** It counts as dead. What it still does is not seen. */
  isDead: boolean
  /** It ends in order; nobody reaches it any more. */
  isEnding: boolean
  /** Answered once it runs; undefined when it died before. */
  readonly ready: Promise<LivePeer | undefined>
  /** Its disk is asked to make safe what it has. Nothing is performed until it has. */
  isSyncing: boolean
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
  readonly answers: Answers
}

export interface LiveWorldConfig extends NeighbourhoodConfig {
  readonly checkers: readonly Checker[]
  readonly network: Partial<Conditions>
  readonly transport: LiveTransport
  /** Whether each node has a process of its own, and a home in a folder. */
  readonly isInProcesses: boolean
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
  readonly #neighbourhood: Neighbourhood
  readonly #begunAt = performance.now()
  readonly #timers = new Set<NodeJS.Timeout>()
  readonly #transport: MakeTransport | undefined
  readonly #starting = new Turns(STARTS)
  readonly #closing = new AbortController()
  #stranger: Promise<Stranger> | undefined
  #folder: Folder | undefined
  #commandIds = 0
  #failure: unknown
  #isClosed = false

  constructor(config: LiveWorldConfig) {
    this.#config = config
    this.#checkers = config.checkers
    this.#random = new Random(config.seed, 'live')
    this.#neighbourhood = new Neighbourhood(config, this.nodes)
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
    this.#closing.abort()
    for (const timer of this.#timers) clearTimeout(timer)
    const homes = [...this.#homes.values()]
    const ends = homes.map(async ({ process, gone }) => {
      if (process !== undefined) {
        await process.outer?.kill()
        await (await process.ready)?.kill()
      }
      await gone
    })
    const stranger = this.#stranger?.then((one) => one.stop())
    await Promise.allSettled([...ends, stranger])
    await this.#folder?.remove()
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
      answers: new Answers(this.#askedOf(node))
    })
    return node
  }

  /** Who stands still says nothing. */
  #askedOf(node: SimNode): Asked {
    const world = this
    return {
      get time() {
        return world.time
      },
      get restMs() {
        return REST_MS * world.nodes.length
      },
      get peer() {
        return node.isPaused ? undefined : world.#homeOf(node).process?.peer
      }
    }
  }

  addressOf(node: SimNode): Uint8Array {
    const address = this.#homeOf(node).process?.peer?.addresses[0]
    return addressBytes(present(address, `${node.name} runs, and listens`))
  }

  start(node: SimNode): void {
    assert(!node.isUp, 'a node starts when it is down')
    const home = this.#homeOf(node)
    const machine = this.#config.isInProcesses ? new OuterMachine() : node.boot()
    node.incarnation++
    node.machine = machine
    this.trace.note(this.time, node.name, 'start')
    this.#tell((checker) => checker.onStart?.(node, this))
    const { promise: ready, resolve } = Promise.withResolvers<LivePeer | undefined>()
    const process: Process = {
      machine,
      peer: undefined,
      outer: undefined,
      isDead: false,
      isEnding: false,
      ready,
      isSyncing: false,
      unwrittenSince: undefined,
      events: 0
    }
    home.process = process
    home.answers.clear()
    void this.#launch(home, process).then(resolve, (error) => {
      if (!process.isDead) this.#break(error)
      resolve(undefined)
    })
  }

  async #launch(home: Home, process: Process): Promise<LivePeer | undefined> {
    await home.gone
    const end = await this.#starting.take(this.#closing.signal)
    if (end === undefined) return undefined
    try {
      if (process.isDead || this.#isClosed) return undefined
      const { node } = home
      const init = {
        name: node.name,
        key: this.#config.keyOf(node.name),
        listener: this.#listenerOf(node, process),
        listen: `${LISTEN_HOST}/${home.port}`,
        bootstrap: this.#someAddresses(node),
        isDirectoryServer: node.index < DIRECTORY_SERVERS
      }
      const peer = this.#config.isInProcesses
        ? await this.#startOuter(home, process, init)
        : await this.#startInner(home, process, init)
      home.port = Number(/\/tcp\/(\d+)/.exec(peer.addresses[0] ?? '')?.[1] ?? 0)
      process.peer = peer
      peer.cutOff(this.#cutFrom(node))
      if (!process.isDead && !this.#isClosed) return peer
      await peer.kill()
      return undefined
    } finally {
      end()
    }
  }

  #startInner(home: Home, process: Process, init: LivePeerInit): Promise<LivePeer> {
    const { node } = home
    node.disk.replace(home.disk.copy())
    return InnerPeer.start({
      ...init,
      disk: home.disk,
      // A batch is of many turns: it is as old as the oldest thing in it, of which checkers have heard since.
      askedAt: () => process.unwrittenSince ?? this.time,
      machine: () => {
        if (home.process === process && node.machine !== undefined) process.machine = node.machine
        return process.machine
      },
      onWritten: () => {
        process.unwrittenSince = undefined
      },
      isStreamLost: () => this.network.isStreamLost(),
      transport: this.#transport
    })
  }

  #startOuter({ node }: Home, process: Process, init: LivePeerInit): Promise<LivePeer> {
    this.#folder ??= new Folder()
    return OuterPeer.start(
      {
        ...init,
        machine: process.machine as OuterMachine,
        home: join(this.#folder.path, node.name),
        seed: init.key.seed.expose(),
        nick: `${NAME_MARK} ${node.name}`,
        cut: this.#cutFrom(node)
      },
      (outer) => {
        process.outer = outer
        this.#folder!.children.add(outer)
        if (process.isDead) void outer.kill()
      }
    )
  }

  /** Of some who run, the founder among them where it does. */
  #someAddresses(node: SimNode): string[] {
    const running = this.nodes.filter(
      (other) =>
        other !== node && this.#neighbourhood.isNear(node, other) && this.#homeOf(other).process?.peer !== undefined
    )
    const [first, ...others] = running
    const known = first === undefined ? [] : [first, ...this.#random.shuffle(others).slice(0, KNOWN - 1)]
    return known.flatMap((other) => this.#homeOf(other).process!.peer!.addresses[0] ?? [])
  }

  crash(node: SimNode, loss: Loss = 'nothing'): void {
    if (!node.isUp) return
    const home = this.#homeOf(node)
    const process = home.process!
    process.isDead = true
    const dying = (process.outer ?? process.peer)?.kill()
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
    home.answers.forget()
  }

  /** Where all are in one process nobody can be made to stand still: it is cut off, and hears no command. */
  pause(node: SimNode): void {
    node.isPaused = node.isUp
    const outer = this.#homeOf(node).process?.outer
    if (outer === undefined) this.onLinks()
    else outer.pause()
  }

  resume(node: SimNode): void {
    if (!node.isPaused) return
    node.isPaused = false
    const outer = this.#homeOf(node).process?.outer
    if (outer === undefined) this.onLinks()
    else outer.resume()
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

  /** With whom a node may not be connected. */
  #cutFrom(node: SimNode): UserId[] {
    const others = this.nodes.filter((other) => other !== node)
    return others
      .filter(
        (other) =>
          this.#isOff(node) ||
          this.#isOff(other) ||
          this.network.isCut(node, other) ||
          !this.#neighbourhood.isNear(node, other)
      )
      .map(({ user }) => user)
  }

  /** Whether a node that stands still is cut off instead. */
  #isOff(node: SimNode): boolean {
    return node.isPaused && !this.#config.isInProcesses
  }

  onWeather(): void {
    for (const { process } of this.#homes.values()) process?.outer?.loseStreams(this.network.conditions.streamLossRate)
  }

  #listenerOf(node: SimNode, process: Process): Listener {
    const unlessDead =
      <A extends unknown[]>(act: (...args: A) => void) =>
      (...args: A): void => {
        if (process.isDead || this.#isClosed) return
        if (process.isSyncing) {
          // It is done: else nothing would be told.
          process.isSyncing = false
          process.unwrittenSince = undefined
          node.disk.sync()
        }
        act(...args)
      }
    return {
      onEvent: unlessDead((event) => this.#noteEvent(node, process, event)),
      onArrival: (frame, judgement) => {
        if (!process.isDead && !this.#isClosed) this.#noteArrival(node, frame, judgement)
      },
      onEffect: unlessDead((effect) => this.#see(node, process, effect)),
      onHandled: unlessDead(() => this.#noteHandled(node)),
      onKept: (rows) => {
        const puts = rows.filter((row) => node.disk.row(row) === undefined)
        node.disk.write({ type: 'persist', puts, deletes: [], isDurable: true }, this.time)
      },
      onFault: (fault) => {
        if (!process.isDead && !process.isEnding) this.#break(machineFault(fault))
      }
    }
  }

  onLinks(): void {
    for (const home of this.#homes.values()) {
      home.answers.forget()
      home.process?.peer?.cutOff(this.#cutFrom(home.node))
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
    const home = this.#homeOf(node)
    if (isQuery(command)) return home.answers.query(command)
    home.answers.forget()
    const pending: Pending = { id: ++this.#commandIds, command, at: this.time, result: undefined }
    node.commands.set(pending.id, pending)
    before?.(pending)
    const process = present(home.process, `${node.name} runs`)
    const give = (): void => void this.#give(process, pending)
    if (node.isPaused) node.inbox.push(give)
    else give()
    return pending
  }

  /** Its result is seen as an effect; what the node says itself is that it does not take it. */
  async #give(process: Process, pending: Pending): Promise<void> {
    try {
      await (await process.ready)?.command(pending.command, pending.id)
    } catch (error) {
      if (error instanceof UsageError && error.code !== 'STOPPED') pending.result ??= error
    }
  }

  /** Asks everybody who is there how it stands, and waits for what they say. */
  async askAll(): Promise<void> {
    const asked = [...this.#homes.values()].map(({ answers }) => answers.askAgain())
    await Promise.race([Promise.all(asked), delay(FRESH_MS, undefined, { ref: false })])
  }

  /** What peers have said of themselves so far is not their word any more. */
  forgetAnswers(): void {
    for (const { answers } of this.#homes.values()) answers.forget()
  }

  // ---------------------------------------------------------------- what is seen

  #noteEvent(node: SimNode, process: Process, event: Event): void {
    this.events++
    process.events++
    node.handling = event
    if (event.type === 'command' && event.id === QUERY) return
    if (event.type === 'restore' && process.outer !== undefined) this.#restore(node, event.rows)
    this.trace.note(this.time, node.name, ...describeEvent(event))
    if (event.type === 'question') this.#noteStream(node, event.from, false, Question.encode(event.question))
    if (event.type === 'session') this.#noteStream(node, event.from, false, event.frame)
    if (event.type === 'answer' && event.from !== undefined && event.answer !== undefined)
      this.#noteStream(node, event.from, true, Answer.encode(event.answer))
  }

  /** What a disk elsewhere has of its machine's state. */
  #restore({ disk }: SimNode, rows: readonly Row[]): void {
    disk.write({ type: 'persist', puts: rows, deletes: disk.rows([STATE_ROOM]), isDurable: true }, this.time)
  }

  #noteStream(to: SimNode, user: Uint8Array, isAnswer: boolean, bytes: Uint8Array): void {
    const from = this.#byUser.get(userIdText(user as UserId))
    this.network.onSent?.(isAnswer ? 'answer' : 'question', bytes.length)
    if (from !== undefined) this.network.streams.push({ at: this.time, from, to, isAnswer, bytes })
  }

  #noteArrival(node: SimNode, frame: Frame, judgement: ReturnType<JudgingMachine['judge']>): void {
    this.network.onSent?.(frame.kind, frame.bytes.length)
    if (typeof judgement === 'number') count(node, judgement)
    if (!this.#config.isInProcesses) return
    // Who was killed may not have told of it.
    const note = (): void =>
      void this.network.note(frame.channel, frame.bytes, this.#byUser.get(userIdText(frame.author as UserId)))
    this.schedule(UNTOLD_MS, note)
  }

  #see(node: SimNode, process: Process, effect: Effect): void {
    const isAnswer = effect.type === 'result' && effect.id === QUERY
    if (effect.type !== 'wakeAt' && !isAnswer) this.trace.note(this.time, node.name, ...describeEffect(effect))
    this.#tell((checker) => checker.onEffect?.(node, effect, this))
    switch (effect.type) {
      case 'persist':
        process.unwrittenSince ??= this.time
        node.disk.write({ ...effect, isDurable: false }, this.time)
        process.isSyncing = effect.isDurable
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
        const pending = node.commands.get(effect.id)
        if (pending !== undefined) pending.result = effect.result
        break
      }
      case 'reject':
        count(node, effect.check)
        break
      default:
    }
  }

  #noteHandled(node: SimNode): void {
    const event = node.handling
    if (event === undefined) return
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

function count({ rejects }: SimNode, check: Parameters<SimNode['rejects']['set']>[0]): void {
  rejects.set(check, (rejects.get(check) ?? 0) + 1)
}

/** What nobody can do to real nodes in one process. @param what - a clause. */
export const unplayable = (what: string, instead = 'or another scenario'): UsageError =>
  new UsageError(
    'NOT_LIVE',
    `Cannot play this with live nodes like this. In it ${what}, which nobody can do to them. Take --mode virtual, ${instead}.`
  )
