/** The smallest world for peers: everybody hears everybody at once, and time moves when told to. For tests of `core`. */
import { present } from '../../src/base/assert.ts'
import { EMPTY, equalBytes, hex, joinBytes, u32, utf8 } from '../../src/base/bytes.ts'
import { atMillis } from '../../src/base/time.ts'
import { certificateOf, type EpochTerms, type IssuedEpoch, issueEpoch } from '../../src/core/channel/announcement.ts'
import { ControlLog, type LogPreview } from '../../src/core/channel/control-log.ts'
import { type Charter, foundChannel } from '../../src/core/channel/descriptor.ts'
import { needsQuorum } from '../../src/core/channel/election.ts'
import { type Frame, makeFrame, readFrame } from '../../src/core/channel/frame.ts'
import { type GrantParties, type GrantTerms, sealGrant } from '../../src/core/channel/grant.ts'
import { inviteText } from '../../src/core/channel/invite.ts'
import { type OpenedRequest, openRequest } from '../../src/core/channel/key-request.ts'
import { FIRST_TRANSCRIPT, rebuildLeafSecret, sealControl } from '../../src/core/channel/key-schedule.ts'
import { KeyTree, type TreeChange } from '../../src/core/channel/key-tree.ts'
import { type CheckedStatement, makeStatement } from '../../src/core/channel/statement.ts'
import type { ChannelSettings, ChannelView, Command, CommandResult } from '../../src/core/command.ts'
import { Prekeys } from '../../src/core/identity/prekeys.ts'
import { asUserId, type UserId } from '../../src/core/identity/user.ts'
import { makeUserRecord, readUserRecord, type UserRecord } from '../../src/core/identity/user-record.ts'
import type { Effect, Env, Event, HandOutcome, Row } from '../../src/core/machine.ts'
import { refreshLeaves } from '../../src/core/manager/leaf-refresh.ts'
import { compareMessages, framesAmong, messageRoom, readMessageRow } from '../../src/core/member/history.ts'
import { type MessageHeader, sealMessage } from '../../src/core/member/message.ts'
import { SecretTree } from '../../src/core/member/secret-tree.ts'
import type { MessageView, Notice } from '../../src/core/notice.ts'
import { Peer } from '../../src/core/peer.ts'
import { Refusal } from '../../src/core/reject.ts'
import { seal } from '../../src/crypto/aead.ts'
import { derive, sha256 } from '../../src/crypto/kdf.ts'
import { x25519, x25519KeyPair } from '../../src/crypto/kem.ts'
import { framed, LABEL } from '../../src/crypto/labels.ts'
import { type SigningKey, signingKey } from '../../src/crypto/sign.ts'
import {
  Admission,
  type Answer,
  Content,
  type Grant,
  type GrantContent,
  type Heartbeat,
  Message,
  Operation,
  type Question,
  Reason,
  type SessionsQuestion,
  type Statement,
  StatementList,
  TreeUpdateKind
} from '../../src/wire/messages.ts'
import { EpochRow } from '../../src/wire/rows.ts'

/** A stream of bytes that looks random and depends on the seed alone. */
export function randomOf(seed: string): (length: number) => Uint8Array {
  let block = 0
  return (length) => {
    const bytes = new Uint8Array(length)
    for (let at = 0; at < length; at += 32)
      bytes.set(sha256(utf8(`${seed}/`), u32(block++)).subarray(0, length - at), at)
    return bytes
  }
}

export interface Node {
  readonly nick: string
  readonly seed: Uint8Array
  readonly key: SigningKey
  readonly random: (length: number) => Uint8Array
  peer: Peer
  /** What the disk holds for sure. */
  durable: Map<string, Row>
  /** What a start finds, unless the machine fell: with what was written since, without waiting for the disk. */
  rows: Map<string, Row>
  notices: Notice[]
  rejects: number[]
  results: Map<number, CommandResult | Error>
  subscribed: Set<string>
  wakeAt: number | undefined
  isUp: boolean
  /** Effects performed so far, and how many are performed before this node falls. */
  effects: number
  fallsAt: number
}

export interface Performed {
  readonly node: Node
  readonly effect: Effect
}

/** Whoever is no node, and keeps session frames. */
export interface Keeper {
  readonly user: UserId
  readonly answer: (question: SessionsQuestion, asker: Node) => Answer | undefined
}

export class Bus {
  now = Date.UTC(2026, 10, 22)
  uptimeMs = 1_000
  readonly nodes: Node[] = []
  /** Every effect performed, in order. */
  readonly trace: Performed[] = []
  /** Whether look-ups stay without any answer. */
  isDirectorySilent = false
  /** Listeners on every topic that are no nodes. */
  ghosts = 0
  /** Answers questions in place of the nodes, where it gives one. */
  oracle: (question: Question, from: Node) => Answer | undefined = () => undefined
  /** Carriers without keys, that keep session frames. */
  readonly carriers: Keeper[] = []
  /** Decides when, how often and whether a frame that passes is delivered. */
  carry: (deliver: () => void, to: Node, bytes: Uint8Array) => void = (deliver) => deliver()
  readonly #seed: string
  /** Every frame ever published: what the carrier has. */
  readonly tap: Uint8Array[] = []
  /** Every frame that went to one node alone. */
  readonly handed: Uint8Array[] = []
  /** Whether all nodes are connected, so that what is for one need not be published. */
  isHandingOver = false
  /** Whether nodes may hand each other what is for one alone. */
  isDirect = true
  /** Says whether a frame gets from one to the other. */
  passes: (from: Node, to: Node) => boolean = () => true
  readonly #queue: (() => void)[] = []
  #commands = 0
  #isDraining = false

  constructor(seed = 'bus') {
    this.#seed = seed
  }

  add(nick: string): Node {
    const random = randomOf(`${this.#seed}/${nick}`)
    const seed = random(32)
    const key = signingKey(seed)
    const node: Node = {
      nick,
      seed,
      key,
      random,
      peer: new Peer({ key, nick }),
      durable: new Map(),
      rows: new Map(),
      notices: [],
      rejects: [],
      results: new Map(),
      subscribed: new Set(),
      wakeAt: undefined,
      isUp: true,
      effects: 0,
      fallsAt: Number.POSITIVE_INFINITY
    }
    this.nodes.push(node)
    this.send(node, { type: 'restore', rows: [] })
    return node
  }

  env(node: Node): Env {
    return { now: atMillis(Math.floor(this.now)), uptimeMs: this.uptimeMs, random: node.random }
  }

  /** Hands an event in and everything that follows from it. */
  send(node: Node, event: Event): void {
    this.#queue.push(() => {
      if (!node.isUp) return
      for (const effect of node.peer.handle(event, this.env(node))) {
        if (node.effects++ >= node.fallsAt) return this.stop(node)
        this.trace.push({ node, effect })
        this.#perform(node, effect)
      }
    })
    this.#drain()
  }

  #drain(): void {
    if (this.#isDraining) return
    this.#isDraining = true
    for (let next = this.#queue.shift(); next !== undefined; next = this.#queue.shift()) next()
    this.#isDraining = false
  }

  /** Hands a command in; undefined when the node fell before it answered. */
  ask(node: Node, command: Command): CommandResult | Error | undefined {
    const id = ++this.#commands
    this.send(node, { type: 'command', id, command })
    return node.results.get(id)
  }

  command(node: Node, command: Command): CommandResult {
    const result = this.ask(node, command)
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

  /** Hands a session frame to a node as any user may. @returns what is answered. */
  handAs(user: Uint8Array, to: Node, frame: Uint8Array): HandOutcome | undefined {
    const id = ++this.#askId
    this.send(to, { type: 'session', id, from: asUserId(user), frame })
    const answer = this.trace.findLast(({ effect }) => effect.type === 'answerHand' && effect.id === id)?.effect
    return answer?.type === 'answerHand' ? answer.outcome : undefined
  }

  /** The process ends; what was kept stays. */
  stop(node: Node): void {
    node.isUp = false
    for (const topic of node.subscribed) this.#tellCarrier(topic)
    node.subscribed.clear()
  }

  /** The machine falls: only what was durable is there afterwards. */
  losePower(node: Node): void {
    this.stop(node)
    node.rows = new Map(node.durable)
  }

  start(node: Node): void {
    node.isUp = true
    node.wakeAt = undefined
    node.fallsAt = Number.POSITIVE_INFINITY
    node.peer = new Peer({ key: node.key, nick: node.nick })
    const rows = [...node.rows.values()].filter(({ room }) => node.peer.rooms.includes(room))
    this.send(node, { type: 'restore', rows })
  }

  #tellCarrier(topic: string): void {
    const there = this.nodes.filter((node) => node.isUp && node.subscribed.has(topic))
    for (const node of there) {
      const channel = new Uint8Array(Buffer.from(topic, 'hex'))
      this.send(node, { type: 'carrier', channel, isReady: there.length + this.ghosts > 1 })
    }
  }

  #perform(node: Node, effect: Effect): void {
    switch (effect.type) {
      case 'persist':
        for (const { room, entry, order } of effect.deletes) node.rows.delete(`${room}|${entry}|${order ?? 0}`)
        for (const row of effect.puts) node.rows.set(`${row.room}|${row.entry}|${row.order ?? 0}`, row)
        if (effect.isDurable) node.durable = new Map(node.rows)
        return
      case 'destroy':
        for (const table of [node.rows, node.durable])
          for (const [name, { cohort }] of table)
            if (cohort?.name === effect.cohort && cohort.since < effect.before) table.delete(name)
        return
      case 'subscribe':
        node.subscribed.add(Buffer.from(effect.channel).toString('hex'))
        return this.#tellCarrier(Buffer.from(effect.channel).toString('hex'))
      case 'unsubscribe':
        node.subscribed.delete(Buffer.from(effect.channel).toString('hex'))
        return this.#tellCarrier(Buffer.from(effect.channel).toString('hex'))
      case 'publish':
        if (effect.to !== undefined && this.isHandingOver) return this.#hand(node, effect)
        return this.#publish(node, effect.channel, effect.frame, effect.receipt)
      case 'ask': {
        const { id, question, to, but = [] } = effect
        const scripted = this.oracle(question, node)
        if (scripted !== undefined) return this.send(node, { type: 'answer', id, from: undefined, answer: scripted })
        const isMeant = ({ user }: Keeper): boolean =>
          to === undefined ? !but.some((one) => equalBytes(one, user)) : equalBytes(to, user)
        const carrier = question.sessions && this.carriers.find(isMeant)
        if (question.sessions !== undefined && (to === undefined || carrier !== undefined)) {
          const answer = carrier?.answer(question.sessions, node)
          return this.send(node, { type: 'answer', id, from: carrier?.user, answer })
        }
        const isAsked = (one: Node): boolean => to === undefined || equalBytes(one.key.publicKey, to)
        const other = this.nodes.find((one) => one !== node && one.isUp && isAsked(one) && this.passes(node, one))
        if (other === undefined) return this.send(node, { type: 'answer', id, from: to, answer: undefined })
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
        const from = asUserId(node.key.publicKey)
        return this.send(ask.node, { type: 'answer', id: ask.id, from, answer: effect.answer })
      }
      case 'hand': {
        const other = this.nodes.find((one) => equalBytes(one.key.publicKey, effect.to))
        const isReached = this.isDirect && other?.isUp && this.passes(node, other)
        if (!isReached) return this.send(node, { type: 'handed', receipt: effect.receipt, outcome: 'failed' })
        this.#hands.set(++this.#askId, { node, receipt: effect.receipt })
        const from = asUserId(node.key.publicKey)
        return this.send(other, { type: 'session', id: this.#askId, from, frame: effect.frame })
      }
      case 'answerHand': {
        const hand = this.#hands.get(effect.id)
        return hand && this.send(hand.node, { type: 'handed', receipt: hand.receipt, outcome: effect.outcome })
      }
      case 'answerFrames': {
        const kept = [...node.rows.values()].filter(({ room }) => room === messageRoom(effect.channel))
        return this.#perform(node, { type: 'answer', id: effect.id, answer: framesAmong(kept, effect.ranges) })
      }
      case 'putRecord':
        this.directory.set(Buffer.from(effect.id).toString('hex'), effect.value)
        return
      case 'lookUp': {
        if (this.isDirectorySilent) return
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
  readonly #hands = new Map<number, { node: Node; receipt: string }>()
  #askId = 0

  /** Gives a frame to the one node that it is for, and to nobody else. */
  #hand(node: Node, { channel, frame, receipt, to }: Effect & { type: 'publish' }): void {
    const other = this.nodes.find((one) => equalBytes(one.key.publicKey, to!))
    if (other === undefined || !other.isUp || !this.passes(node, other))
      return this.#publish(node, channel, frame, receipt)
    this.handed.push(frame)
    this.deliver(other, channel, frame)
    if (receipt !== undefined) this.send(node, { type: 'published', receipt, recipients: 1, isHanded: true })
  }

  /** Carries bytes as if a node had published them. */
  #publish(node: Node, channel: Uint8Array, bytes: Uint8Array, receipt?: string): void {
    this.tap.push(bytes)
    const topic = Buffer.from(channel).toString('hex')
    const others = this.nodes.filter(
      (one) => one !== node && one.isUp && one.subscribed.has(topic) && this.passes(node, one)
    )
    for (const other of others) this.carry(() => this.deliver(other, channel, bytes), other, bytes)
    if (receipt === undefined) return
    this.send(node, { type: 'published', receipt, recipients: others.length + this.ghosts })
  }

  /** Gives bytes to everybody, as if somebody who is no node had published them. */
  inject(channel: Uint8Array, bytes: Uint8Array): void {
    for (const node of this.nodes) if (node.isUp) this.deliver(node, channel, bytes)
  }

  /** Gives bytes to one node as its carrier would. */
  deliver(node: Node, channel: Uint8Array, bytes: Uint8Array): void {
    this.#queue.push(() => {
      if (!node.isUp) return
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

  /** What a node was told of messages of others and its own, in the order in which it was told. */
  texts(node: Node): string[] {
    return node.notices.flatMap((notice) =>
      notice.type === 'message' && notice.content.text !== undefined
        ? [`${notice.nick}: ${notice.content.text.text}`]
        : []
    )
  }

  /** The messages a node keeps, in the order shown. */
  history(node: Node, channel: Uint8Array): MessageView[] {
    const rows = [...node.rows.values()].filter(({ room }) => room === messageRoom(channel))
    return rows.map((row) => readMessageRow(row)!).sort(compareMessages)
  }

  /** What a node says of a channel. */
  view(node: Node, channel: Uint8Array): ChannelView {
    const result = this.command(node, { type: 'channels' })
    const views = result.type === 'channels' ? result.channels : []
    return views.find(({ id }) => equalBytes(id, channel))!
  }

  /** Everything verified that was ever published on a channel. */
  frames(channel: Uint8Array): Frame[] {
    return this.tap.map((bytes) => readFrame(channel, bytes)).filter((frame) => isFrame(frame))
  }

  // ---------------------------------------------------------------- what people do

  open(founder: Node, settings: ChannelSettings = {}): Uint8Array {
    const named = { name: 'lobby', admission: Admission.OPEN, ...settings }
    const result = this.command(founder, { type: 'createChannel', settings: named })
    if (result.type !== 'channel') throw new Error('no channel')
    return result.channel.id
  }

  invite(node: Node, channel: Uint8Array, uses = 0, lifetimeMs?: number): string {
    const result = this.command(node, { type: 'invite', channel, uses, lifetimeMs, addresses: [] })
    if (result.type !== 'invite') throw new Error('no invite')
    return result.invite
  }

  join(node: Node, invite: string): void {
    this.command(node, { type: 'join', invite })
  }

  say(node: Node, channel: Uint8Array, text: string, isPlain = false): void {
    this.command(node, { type: 'say', channel, content: textContent(text), isPlain })
  }

  remove(by: Node, channel: Uint8Array, who: Node): void {
    this.command(by, { type: 'remove', channel, user: who.key.publicKey, isForCause: false })
  }
}

const isFrame = (frame: Frame | Refusal | undefined): frame is Frame =>
  frame !== undefined && !(frame instanceof Refusal)

/** A content with these fields, everything else empty. */
export const contentOf = (fields: Partial<Content>): Content => ({ ...Content.decode(EMPTY), ...fields })

export const textContent = (text: string): Content =>
  contentOf({ text: { text, replyTo: new Uint8Array(0), isAction: false } })

/** The row of a node's state with this beginning of its entry. */
export const rowsOf = (node: Node, kind: string): Row[] =>
  [...node.rows.values()].filter(({ room, entry }) => room === 'state' && entry.startsWith(`${kind}/`))

/** Peers answer questions for messages as if they had none. */
export const withholding: Bus['oracle'] = ({ frames }) =>
  frames && { descriptors: EMPTY, records: [], frames: [], sealed: EMPTY, isMore: false }

/** Statements in a frame that opens for every member: what a member with a program of its own can send. */
export function told(
  bus: Bus,
  channel: Uint8Array,
  member: Node,
  fields: readonly Partial<Statement>[],
  author: SigningKey = member.key
): Frame {
  const row = rowsOf(member, 'epoch')
    .map(({ value }) => EpochRow.decode(value))
    .find(({ endedAt }) => endedAt === 0)!
  const list = fields.map((one, i) => makeStatement(author, { channel, seq: i, at: bus.now, ...one }).bytes)
  const statements = StatementList.encode({ statements: list })
  const sealed = sealControl(row.control, { channel, group: EMPTY }, 'statements', statements, member.random(32))
  const { term, serial, commitment } = row
  return makeFrame(channel, member.key, { statements: { key: { term, serial, commitment }, sealed } })
}

// ---------------------------------------------------------------- a key manager in the test's hands

/** An epoch that a `Liar` issued. */
export interface Issued extends IssuedEpoch {
  readonly preview: LogPreview
  readonly change: TreeChange
}

/** What a `Liar` does otherwise than it should. */
export interface Lies {
  readonly issuer?: SigningKey
  readonly key?: Partial<{ term: number; serial: number }>
  readonly terms?: Partial<EpochTerms>
  readonly preview?: (honest: LogPreview) => LogPreview
  readonly rootKey?: Uint8Array
  /** Whether its own next epoch follows from this one; true unless said otherwise. */
  readonly isKept?: boolean
}

/** What a `Liar` grants otherwise than it should. */
export interface GrantLies {
  readonly terms?: Partial<GrantTerms>
  readonly content?: Partial<GrantContent>
  readonly parties?: Partial<GrantParties>
  readonly oneTimeKey?: Uint8Array
  /** Changes what was sealed. */
  readonly grant?: Partial<Grant>
  readonly by?: SigningKey
}

/**
 * A manager that speaks the protocol through the same functions as an honest one and can leave the truth at any point.
 * It is no node: what it says goes onto the bus by `inject`.
 */
export class Liar {
  readonly bus: Bus
  readonly key: SigningKey
  readonly random: (length: number) => Uint8Array
  readonly prekeys: Prekeys
  readonly record: UserRecord
  readonly charter: Charter
  readonly log: ControlLog
  readonly line: { channel: Uint8Array; group: Uint8Array }
  tree = KeyTree.empty()
  leaves: string[] = []
  current: Issued | undefined
  /** The first epoch of its term. */
  opening: Issued | undefined

  constructor(bus: Bus, settings: (key: Uint8Array) => ChannelSettings = () => ({}), founder?: SigningKey) {
    this.bus = bus
    this.random = randomOf('liar')
    this.key = signingKey(this.random(32))
    this.prekeys = Prekeys.create(this.random, atMillis(bus.now))
    this.record = this.recordOf(this.key, 'liar', this.prekeys)
    const admission = Admission.OPEN
    const given = { name: 'lobby', admission, ...settings(this.key.publicKey) }
    this.charter = foundChannel(founder ?? this.key, given, this.random(16))
    this.line = { channel: this.charter.channel, group: EMPTY }
    this.log = new ControlLog(this.charter)
    bus.directory.set(hex(this.key.publicKey), this.record.bytes)
    bus.directory.set(hex(this.charter.channel), this.charter.bytes)
    bus.ghosts = 1
  }

  get channel(): Uint8Array {
    return this.charter.channel
  }

  /** A valid record of anybody whose key the test has; prekeys as given. */
  recordOf(key: SigningKey, nick: string, prekeys: Prekeys, seq = 1): UserRecord {
    const { current } = prekeys
    const now = atMillis(this.bus.now)
    const times = { issuedAt: now, expiresAt: current.notAfter }
    const record = readUserRecord(makeUserRecord({ key, seq, nick, prekey: current, ...times }), now)
    if (record instanceof Refusal) throw new Error('a bad record')
    return record
  }

  invite(): string {
    const { channel, charter } = this
    return inviteText({ channel, descriptor: charter.ref, addresses: [], token: EMPTY, expiresAt: 0 })
  }

  state(fields: Partial<Statement>, author: SigningKey = this.key): CheckedStatement {
    return makeStatement(author, { channel: this.channel, seq: 1, at: this.bus.now, ...fields })
  }

  admit(user: Uint8Array, author?: SigningKey): CheckedStatement {
    return this.state({ operation: Operation.ADMIT, subject: user, admitId: this.random(16) }, author)
  }

  removal(user: Uint8Array, author?: SigningKey): CheckedStatement {
    return this.state({ operation: Operation.REMOVE, subject: user, ends: this.log.admitsOf(user) }, author)
  }

  publish(...frames: readonly Frame[]): void {
    for (const frame of frames) this.bus.inject(this.channel, frame.bytes)
  }

  /** The first epoch. */
  found(lies: Lies = {}): Issued {
    this.leaves = [hex(this.key.publicKey)]
    const context = { ...this.line, term: 1, serial: 1 }
    const change = KeyTree.rebuild([this.random(32)], context)
    const update = { ...change.update, termKey: x25519KeyPair(this.random(32)).publicKey }
    return this.#issue({ ...change, update }, { term: 1, serial: 1 }, Reason.CREATED, [], lies)
  }

  /** A new term: the tree is built again from the prekeys of those whose records the directory has. */
  rebuild(lies: Lies = {}): Issued {
    const term = present(this.current, 'found comes first').key.term + 1
    const number = { term, serial: 1, ...lies.key }
    const termKey = x25519KeyPair(this.random(32))
    const members = this.log.roster.members.ids()
    const secrets = members.map((member) => {
      const bytes = this.bus.directory.get(hex(member))
      const record = bytes && readUserRecord(bytes, atMillis(this.bus.now))
      if (record === undefined || record instanceof Refusal || equalBytes(member, this.key.publicKey))
        return this.random(32)
      const shared = present(x25519(termKey.seed.expose(), record.prekey.x25519), 'a good prekey')
      return rebuildLeafSecret(shared, this.line, number.term, member)
    })
    const change = KeyTree.rebuild(secrets, { ...this.line, ...number })
    if (lies.isKept !== false) this.leaves = members.map(hex)
    const update = { ...change.update, termKey: termKey.publicKey }
    return this.#issue({ ...change, update }, number, Reason.TAKEOVER, [], lies)
  }

  /** The next epoch: an admit steps, a removal or nothing makes a fresh path. */
  issue(statements: readonly CheckedStatement[] = [], lies: Lies = {}): Issued {
    const before = present(this.current, 'found comes first').key
    const number = { term: before.term, serial: before.serial + 1, ...lies.key }
    const context = { ...this.line, ...number }
    const users = (operation: Operation): string[] =>
      statements.filter((one) => one.statement.operation === operation).map((one) => hex(one.statement.subject))
    const joining = users(Operation.ADMIT).filter((name) => !this.leaves.includes(name))
    const removed = users(Operation.REMOVE).map((name) => this.leaves.indexOf(name))
    const fresh = (): Uint8Array => this.random(32)
    const change =
      removed.length === 0 && joining.length > 0
        ? this.tree.step(joining.length, context, fresh)
        : this.tree.path({ removed, joiners: joining.length }, context, fresh)
    const issued = this.#issue(change, number, Reason.ADMITTED, statements, lies)
    if (lies.isKept === false) return issued
    for (const leaf of removed) this.leaves[leaf] = ''
    for (const [i, leaf] of change.update.added.entries()) this.leaves[leaf] = joining[i]!
    return issued
  }

  /** The next epoch, with fresh leaves for these nodes through the prekeys that the directory has. */
  refresh(nodes: readonly Node[], lies: Lies & { readonly termKey?: Uint8Array } = {}): Issued {
    const before = present(this.current, 'found comes first').key
    const number = { term: before.term, serial: before.serial + 1 }
    const candidates = nodes.map(({ key }) => {
      const record = readUserRecord(
        present(this.bus.directory.get(hex(key.publicKey)), 'a record'),
        atMillis(this.bus.now)
      )
      if (record instanceof Refusal) throw new Error('a bad record')
      const leaf = this.leaves.indexOf(hex(key.publicKey))
      return { member: key.publicKey, leaf, prekey: record.prekey, keyedAt: 0, usedPrekeyFrom: undefined }
    })
    const { refreshed, termKey } = present(refreshLeaves(candidates, this.line, number, this.random), 'good prekeys')
    const change = this.tree.path({ refreshed }, { ...this.line, ...number }, () => this.random(32))
    const update = { ...change.update, termKey: lies.termKey ?? termKey }
    return this.#issue({ ...change, update }, number, Reason.REFRESHED, [], lies)
  }

  #issue(
    change: TreeChange,
    number: { term: number; serial: number },
    reason: Reason,
    statements: readonly CheckedStatement[],
    lies: Lies
  ): Issued {
    const honest = this.log.preview(statements)
    if (honest instanceof Refusal) throw new Error('not a statement the log takes')
    const preview = lies.preview?.(honest) ?? honest
    const { current } = this
    const terms = {
      line: this.line,
      ...number,
      descriptor: this.charter.ref,
      previous: current?.announcement.id ?? EMPTY,
      reason,
      notAfter: this.bus.now + 86_400_000,
      ...(change.update.kind === TreeUpdateKind.STEP && this.#certificate),
      ...lies.terms
    }
    const before = { init: current?.keys.init ?? this.random(32), transcript: current?.transcript ?? FIRST_TRANSCRIPT }
    const root = lies.rootKey ?? change.rootKey
    const epoch = issueEpoch(lies.issuer ?? this.key, terms, preview, change.update, root, before)
    const issued = { ...epoch, preview, change }
    if (lies.isKept === false) return issued
    this.log.commit(honest)
    this.tree = change.tree
    this.current = issued
    if (number.serial === 1) this.opening = issued
    return issued
  }

  /** What a pure step carries where a quorum signs new roots. */
  get #certificate(): Pick<EpochTerms, 'certificate'> {
    if (this.opening === undefined || !needsQuorum(this.charter.descriptor)) return {}
    return { certificate: certificateOf(this.opening.announcement).bytes }
  }

  /** A heartbeat, with a quorum behind it. @param fields - in place of the honest ones. */
  heartbeat(counter: number, fields: Partial<Heartbeat> = {}): Frame {
    const { announcement, key } = present(this.current, 'an epoch')
    const honest = { group: EMPTY, term: key.term, counter, announcement: announcement.id, logHead: this.log.head }
    const heartbeat = {
      ...honest,
      descriptor: this.charter.ref,
      isBacked: true,
      boot: new Uint8Array(16),
      isFollowing: false,
      ...fields
    }
    return makeFrame(this.channel, this.key, { heartbeat })
  }

  /** The newest request of a node on the bus, opened. */
  request(from: Node): OpenedRequest & { readonly author: Uint8Array } {
    for (const frame of this.bus.frames(this.channel).reverse()) {
      const { keyRequest } = frame.body
      const prekey = keyRequest && this.prekeys.find(keyRequest.prekey)
      if (keyRequest === undefined || prekey === undefined) continue
      const opened = openRequest(this.channel, frame.author, keyRequest, this.key.publicKey, prekey)
      if (opened instanceof Refusal || !equalBytes(opened.content.user, from.key.publicKey)) continue
      return { ...opened, author: frame.author }
    }
    throw new Error('no request')
  }

  /** A grant of an epoch for a request. */
  grant(request: OpenedRequest, issued: Issued, lies: GrantLies = {}): Frame {
    const { content } = request
    const record = readUserRecord(content.record, atMillis(this.bus.now))
    if (record instanceof Refusal) throw new Error('a bad record')
    const leaf = this.leaves.indexOf(hex(content.user))
    const tree = issued.change.tree
    const body: GrantContent = {
      epochSecret: issued.epochSecret,
      leaf: Math.max(leaf, 0),
      depth: tree.depth,
      pathKeys: tree.pathKeys(Math.max(leaf, 0)),
      announcement: certificateOf(issued.announcement).bytes,
      statements: this.log.announced().map((one) => one.bytes),
      isLogComplete: true,
      earlier: [],
      notAfter: 0,
      init: EMPTY,
      control: EMPTY,
      ...lies.content
    }
    const terms: GrantTerms = {
      request: request.hash,
      group: EMPTY,
      key: issued.key,
      transcript: issued.transcript,
      roster: issued.preview.roster.hash,
      logHead: issued.preview.ids.root(),
      descriptor: this.charter.ref,
      ...lies.terms
    }
    const parties = { channel: this.channel, manager: this.key.publicKey, requester: content.user, ...lies.parties }
    const oneTimeKey = lies.oneTimeKey ?? content.oneTimeKey
    const grant = sealGrant(terms, parties, body, record.prekey, oneTimeKey, 0, this.random)
    return makeFrame(this.channel, lies.by ?? this.key, { grant: { ...present(grant, 'usable keys'), ...lies.grant } })
  }

  /** Takes nodes in as an honest manager would: found, one epoch that admits all, a grant each. */
  takeIn(...nodes: readonly Node[]): Issued {
    if (this.current === undefined) this.found()
    for (const node of nodes) this.bus.join(node, this.invite())
    const issued = this.issue(nodes.map((node) => this.admit(node.key.publicKey)))
    this.publish(issued.announcement, ...issued.chunks)
    for (const node of nodes) this.publish(this.grant(this.request(node), issued))
    return issued
  }

  /** A message under an epoch, by anybody whose key the test has. */
  message(author: SigningKey, issued: Issued, fields: MessageLies = {}): Frame {
    const { boot = this.random(16), counter = 0, plaintext, tamper = {}, ...rest } = fields
    const chain = SecretTree.from(issued.keys.reading).chainFor(author.publicKey, boot)
    chain?.skipTo(counter)
    const messageKey = present(chain?.keyAt(counter), 'a key of the chain')
    const header: MessageHeader = {
      group: EMPTY,
      key: issued.key,
      device: 0,
      boot,
      counter,
      previous: EMPTY,
      lamport: 1,
      descriptor: this.charter.ref.hash,
      logHead: this.log.head,
      ...rest
    }
    if (plaintext === undefined) {
      const frame = sealMessage(this.channel, author, header, messageKey, textContent('forged'))
      return makeFrame(this.channel, author, { message: { ...frame.body.message!, ...tamper } })
    }
    const aad = framed(
      LABEL.messageAad,
      this.channel,
      author.publicKey,
      Message.encode({ ...header, commitment: EMPTY, sealed: EMPTY })
    )
    const nonce = this.random(12)
    const sealed = joinBytes(nonce, seal(derive(messageKey, LABEL.messageKey, EMPTY), nonce, aad, plaintext))
    const commitment = derive(messageKey, LABEL.messageCommitment, aad)
    return makeFrame(this.channel, author, { message: { ...header, commitment, sealed, ...tamper } })
  }
}

export interface MessageLies extends Partial<MessageHeader> {
  /** Instead of a text: what is sealed, padding included. */
  readonly plaintext?: Uint8Array
  /** Changed after sealing, before signing. */
  readonly tamper?: Partial<Message>
}
