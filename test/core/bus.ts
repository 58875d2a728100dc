/** The smallest world for peers: everybody hears everybody at once, and time moves when told to. For tests of `core`. */
import { randomBytes } from 'node:crypto'
import { atMillis } from '../../src/base/time.ts'
import { readFrame } from '../../src/core/channel/frame.ts'
import type { Command, CommandResult } from '../../src/core/command.ts'
import type { Effect, Env, Event, Row } from '../../src/core/machine.ts'
import type { Notice } from '../../src/core/notice.ts'
import { Peer } from '../../src/core/peer.ts'
import { Refusal } from '../../src/core/reject.ts'
import { signingKey } from '../../src/crypto/sign.ts'

export interface Node {
  readonly nick: string
  readonly seed: Uint8Array
  peer: Peer
  rows: Map<string, Row>
  notices: Notice[]
  rejects: number[]
  results: Map<number, CommandResult | Error>
  subscribed: Set<string>
  wakeAt: number | undefined
  isUp: boolean
}

export class Bus {
  now = Date.UTC(2026, 10, 22)
  uptimeMs = 1_000
  readonly nodes: Node[] = []
  /** Every frame ever published: what the carrier has. */
  readonly tap: Uint8Array[] = []
  /** Says whether a frame gets from one to the other. */
  passes: (from: Node, to: Node) => boolean = () => true
  readonly #queue: (() => void)[] = []
  #commands = 0
  #isDraining = false

  add(nick: string): Node {
    const seed = new Uint8Array(randomBytes(32))
    const node: Node = {
      nick,
      seed,
      peer: new Peer({ key: signingKey(seed), nick }),
      rows: new Map(),
      notices: [],
      rejects: [],
      results: new Map(),
      subscribed: new Set(),
      wakeAt: undefined,
      isUp: true
    }
    this.nodes.push(node)
    this.send(node, { type: 'restore', rows: [] })
    return node
  }

  env(): Env {
    return {
      now: atMillis(Math.floor(this.now)),
      uptimeMs: this.uptimeMs,
      random: (n) => new Uint8Array(randomBytes(n))
    }
  }

  /** Hands an event in and everything that follows from it. */
  send(node: Node, event: Event): void {
    this.#queue.push(() => {
      if (!node.isUp) return
      for (const effect of node.peer.handle(event, this.env())) this.#perform(node, effect)
    })
    this.#drain()
  }

  #drain(): void {
    if (this.#isDraining) return
    this.#isDraining = true
    for (let next = this.#queue.shift(); next !== undefined; next = this.#queue.shift()) next()
    this.#isDraining = false
  }

  command(node: Node, command: Command): CommandResult {
    const id = ++this.#commands
    this.send(node, { type: 'command', id, command })
    const result = node.results.get(id)
    if (result === undefined || result instanceof Error) throw result ?? new Error('no result')
    return result
  }

  /** Lets time pass, waking whoever wants to be woken. */
  pass(ms: number): void {
    const until = this.uptimeMs + ms
    for (;;) {
      const due = this.nodes.filter((node) => node.isUp && node.wakeAt !== undefined && node.wakeAt <= until)
      const next = due.sort((a, b) => a.wakeAt! - b.wakeAt!)[0]
      if (next === undefined) break
      const at = Math.max(this.uptimeMs, next.wakeAt!)
      this.now += at - this.uptimeMs
      this.uptimeMs = at
      next.wakeAt = undefined
      this.send(next, { type: 'wake' })
    }
    this.now += until - this.uptimeMs
    this.uptimeMs = until
  }

  /** The process ends; what was kept stays. */
  stop(node: Node): void {
    node.isUp = false
    for (const topic of node.subscribed) this.#tellCarrier(topic)
    node.subscribed.clear()
  }

  start(node: Node): void {
    node.isUp = true
    node.wakeAt = undefined
    node.peer = new Peer({ key: signingKey(node.seed), nick: node.nick })
    const rows = [...node.rows.values()].filter(({ room }) => node.peer.rooms.includes(room))
    this.send(node, { type: 'restore', rows })
  }

  #tellCarrier(topic: string): void {
    const there = this.nodes.filter((node) => node.isUp && node.subscribed.has(topic))
    for (const node of there) {
      const channel = new Uint8Array(Buffer.from(topic, 'hex'))
      this.send(node, { type: 'carrier', channel, isReady: there.length > 1 })
    }
  }

  #perform(node: Node, effect: Effect): void {
    switch (effect.type) {
      case 'persist':
        for (const { room, entry, order } of effect.deletes) node.rows.delete(`${room}|${entry}|${order ?? 0}`)
        for (const row of effect.puts) node.rows.set(`${row.room}|${row.entry}|${row.order ?? 0}`, row)
        return
      case 'subscribe':
        node.subscribed.add(Buffer.from(effect.channel).toString('hex'))
        return this.#tellCarrier(Buffer.from(effect.channel).toString('hex'))
      case 'unsubscribe':
        node.subscribed.delete(Buffer.from(effect.channel).toString('hex'))
        return this.#tellCarrier(Buffer.from(effect.channel).toString('hex'))
      case 'publish':
        return this.#publish(node, effect.channel, effect.frame, effect.receipt)
      case 'ask': {
        const { id, question } = effect
        const other = this.nodes.find((one) => one !== node && one.isUp && this.passes(node, one))
        if (other === undefined) return this.send(node, { type: 'answer', id, from: undefined, answer: undefined })
        this.#asks.set(++this.#askId, { node, id })
        return this.send(other, {
          type: 'question',
          id: this.#askId,
          from: signingKey(node.seed).publicKey as never,
          question
        })
      }
      case 'answer': {
        const ask = this.#asks.get(effect.id)!
        return this.send(ask.node, { type: 'answer', id: ask.id, from: undefined, answer: effect.answer })
      }
      case 'putRecord':
        this.directory.set(Buffer.from(effect.id).toString('hex'), effect.value)
        return
      case 'lookUp': {
        const value = this.directory.get(Buffer.from(effect.id).toString('hex'))
        return this.send(node, { type: 'found', kind: effect.kind, id: effect.id, value })
      }
      case 'wakeAt':
        node.wakeAt = effect.uptimeMs
        return
      case 'notify':
        node.notices.push(effect.notice)
        return
      case 'result':
        node.results.set(effect.id, effect.result as CommandResult)
        return
      case 'reject':
        node.rejects.push(effect.check)
        return
      default:
        effect satisfies never
    }
  }

  readonly directory = new Map<string, Uint8Array>()
  readonly #asks = new Map<number, { node: Node; id: string }>()
  #askId = 0

  /** Carries bytes as if a node had published them. */
  #publish(node: Node, channel: Uint8Array, bytes: Uint8Array, receipt?: string): void {
    this.tap.push(bytes)
    const topic = Buffer.from(channel).toString('hex')
    const others = this.nodes.filter(
      (one) => one !== node && one.isUp && one.subscribed.has(topic) && this.passes(node, one)
    )
    for (const other of others) this.deliver(other, channel, bytes)
    if (receipt !== undefined) this.send(node, { type: 'published', receipt, recipients: others.length })
  }

  /** Gives bytes to one node as its carrier would. */
  deliver(node: Node, channel: Uint8Array, bytes: Uint8Array): void {
    this.#queue.push(() => {
      const frame = readFrame(channel, bytes)
      if (frame === undefined) return
      if (frame instanceof Refusal) {
        node.rejects.push(frame.check)
        return
      }
      const verdict = node.peer.judge(frame)
      if (verdict === 'accept') this.send(node, { type: 'frame', frame })
      else if (verdict !== 'ignore') node.rejects.push(verdict)
    })
    this.#drain()
  }

  texts(node: Node): string[] {
    return node.notices.flatMap((notice) =>
      notice.type === 'message' && notice.content.text !== undefined
        ? [`${notice.nick}: ${notice.content.text.text}`]
        : []
    )
  }
}
