/**
 * A node with what people's programs need around it: the control socket, forms of what happens, and addresses remembered
 * for the next start.
 *
 * Whoever owns a home serves its socket, also when it lives for one command only: two commands at once never collide. It
 * leaves when the calls under way are answered.
 */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { equalBytes, hex, readUtf8, utf8 } from '../base/bytes.ts'
import type { Logger } from '../base/report.ts'
import type { Secret } from '../base/secret.ts'
import { SECOND_MS } from '../base/time.ts'
import type { Thread } from '../core/member/thread.ts'
import type { MessageView, Notice } from '../core/notice.ts'
import { type ControlCaller, type Params, serveControl } from '../node/control.ts'
import { type ArchiveLimits, lineLogger, type Node, type Role, startNode } from '../node/index.ts'
import { channelIdText } from '../wire/names.ts'
import { connectWhereUsable } from './channel-methods.ts'
import type { NoticeForm } from './forms.ts'
import { writesSoFar } from './history-methods.ts'
import { socketOf } from './home.ts'
import { channelsOf, groupsOf, pairsOf } from './lookups.ts'
import { callMethod, type Desk, type Wanted } from './methods.ts'
import {
  conversationView,
  eventForm,
  messageForm,
  type Names,
  officeEvent,
  type PlaceView,
  personForm,
  placeOf,
  userText
} from './to-forms.ts'

export interface RunInit {
  readonly home: string
  readonly passphrase: Secret | undefined
  readonly role: Role
  /** Whether it lives for one command only. */
  readonly isBrief: boolean
  /** Undefined: the node's own choice. */
  readonly listen?: readonly string[] | undefined
  readonly bootstrap: readonly string[]
  readonly isMdns: boolean
  /** Of a carrier. */
  readonly archive?: Partial<ArchiveLimits>
  /** Whether to call whom we knew in earlier runs. */
  readonly isOnline: boolean
}

const ADDRESSES = 'addresses'
const MAX_ADDRESSES = 16
const NOTE_MS = 10 * SECOND_MS
/** How long other people's calls may take when we want to leave. */
const DRAIN_MS = 5 * SECOND_MS
/** Notices told of with one look at the channels, and that may wait: what comes beyond is not told, only kept. */
const TOLD_AT_ONCE = 256
const MAX_UNTOLD = 65_536

/** Starts a node and serves its home. @throws what `startNode` and `serveControl` throw; nothing stays open then. */
export async function startRunning(init: RunInit): Promise<Running> {
  const { home, passphrase, role, isBrief, listen, bootstrap, isMdns, archive } = init
  const logger = debugLogger()
  const node = await startNode({
    home,
    passphrase,
    role,
    isBrief,
    bootstrap,
    isMdns,
    ...(listen !== undefined && { listen }),
    ...(archive !== undefined && { archive }),
    ...(logger !== undefined && { logger })
  })
  const running = new Running(node, home)
  try {
    await running.open(init.isOnline)
    if (bootstrap.length > 0) running.noteAddresses(bootstrap)
  } catch (error) {
    await running.close().catch(() => {})
    throw error
  }
  return running
}

/** `DEBUG=conclave:*` shows the node's own words on standard error. */
function debugLogger(): Logger | undefined {
  const wanted = process.env['DEBUG'] ?? ''
  return /(^|[ ,])(conclave(:.*)?|\*)/.test(wanted)
    ? lineLogger((line) => process.stderr.write(line), 'debug')
    : undefined
}

interface Untold {
  readonly notice: Notice
  /** Who was in office before, when another is now. */
  readonly before: Uint8Array | undefined
}

export class Running implements Desk {
  readonly node: Node
  readonly home: string
  readonly startedAt = performance.now()
  readonly #people = new Map<string, string>()
  /** Names of groups, also of those that are dissolved. */
  readonly #groups = new Map<string, string>()
  /** Who was in office when a channel's newest epoch was told of. */
  readonly #managers = new Map<string, Uint8Array>()
  readonly #listeners = new Set<(form: NoticeForm) => void>()
  #socket: { close(): Promise<void> } | undefined
  #addresses: string[] = []
  #noter: NodeJS.Timeout | undefined
  #calls = 0
  /** While this ends: what is called when no call is under way. */
  #onIdle: (() => void) | undefined
  /** Notices become forms one after the other, since a form may need a look at the channel. */
  readonly #untold: Untold[] = []
  #isTelling = false
  #closing: Promise<void> | undefined

  constructor(node: Node, home: string) {
    this.node = node
    this.home = home
  }

  async open(isOnline: boolean): Promise<void> {
    this.node.onNotice((notice) => this.#hear(notice))
    this.#socket = await serveControl(socketOf(this.home), (method, params, caller) =>
      this.#serve(method, params, caller)
    )
    if (this.node.role !== 'carrier')
      for (const { id, term, manager } of await channelsOf(this.node))
        if (manager !== undefined && term > 0) this.#managers.set(hex(id), manager)
    await this.#recallAddresses()
    if (!isOnline) return
    connectWhereUsable(this.node, this.#addresses)
    this.#noter = setInterval(() => this.#noteCalled(), NOTE_MS)
    this.#noter.unref()
  }

  /** Where the socket really is: a long path has a short stand-in. */
  async socketPath(): Promise<string> {
    const pointer = await readFile(join(this.home, 'socket'), 'utf8').catch(() => undefined)
    return pointer?.trim() ?? socketOf(this.home)
  }

  call(method: string, params: Params, caller: ControlCaller): Promise<object> {
    return callMethod(this, method, params, caller)
  }

  async #serve(method: string, params: Params, caller: ControlCaller): Promise<object> {
    this.#calls++
    try {
      return await this.call(method, params, caller)
    } finally {
      if (--this.#calls === 0) this.#onIdle?.()
    }
  }

  /** Hears forms of everything that happens. Returns how to stop that. */
  listen(listener: (form: NoticeForm) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  subscribe(caller: ControlCaller, { channel, group, withEvents }: Wanted): void {
    const stop = this.listen((form) => {
      if (channel !== undefined && form.channel !== channel) return
      const line = 'group' in form ? form.group : undefined
      if (group !== undefined && line !== group && (form.type === 'message' || line !== undefined)) return
      if (withEvents || form.type === 'message')
        caller.notify(form.type === 'message' ? 'message' : 'event', { ...form })
    })
    caller.closed.addEventListener('abort', stop, { once: true })
    if (caller.closed.aborted) stop()
  }

  #hear(notice: Notice): void {
    const before = this.#noteManager(notice)
    if (this.#listeners.size === 0 || this.#untold.length >= MAX_UNTOLD) return
    this.#untold.push({ notice, before })
    if (!this.#isTelling) void this.#tellAll()
  }

  /** One look at the channels is for all that wait, so that whoever has much to tell falls no further behind. */
  async #tellAll(): Promise<void> {
    this.#isTelling = true
    while (this.#untold.length > 0) {
      const untold = this.#untold.splice(0, TOLD_AT_ONCE)
      const views = this.node.failure === undefined ? await this.#placesOf(untold).catch(() => undefined) : []
      if (views !== undefined) for (const one of untold) await this.#tell(one, views).catch(() => {})
    }
    this.#isTelling = false
  }

  /** The channels, and the conversations when something happened in one. */
  async #placesOf(untold: readonly Untold[]): Promise<readonly PlaceView[]> {
    const channels = await channelsOf(this.node)
    const isIn = ({ notice }: Untold): boolean => channels.some(({ id }) => equalBytes(id, notice.channel))
    return untold.every(isIn) ? channels : [...channels, ...(await pairsOf(this.node)).map(conversationView)]
  }

  async #tell(one: Untold, views: readonly PlaceView[]): Promise<void> {
    for (const form of await this.#formsOf(one, views)) for (const listener of [...this.#listeners]) listener(form)
  }

  /** @returns who was in office before, when another is now. */
  #noteManager(notice: Notice): Uint8Array | undefined {
    if (notice.type !== 'epoch' || notice.group.length > 0) return undefined
    const before = this.#managers.get(hex(notice.channel))
    this.#managers.set(hex(notice.channel), notice.issuer)
    return before === undefined || equalBytes(before, notice.issuer) ? undefined : before
  }

  async #formsOf({ notice, before }: Untold, views: readonly PlaceView[]): Promise<NoticeForm[]> {
    const view = views.find(({ id }) => equalBytes(id, notice.channel))
    const place = view === undefined ? { channel: channelIdText(notice.channel), channelName: '' } : placeOf(view)
    if (notice.type === 'group') this.#groups.set(hex(notice.group), notice.name)
    else if ((notice.type === 'message' || notice.type === 'epoch') && notice.group.length > 0)
      await this.#learnGroup(notice.channel, notice.group)
    const groupName = (group: Uint8Array): string => this.#groups.get(hex(group)) ?? ''
    if (notice.type === 'message') {
      this.#people.set(personKey(notice.channel, notice.sender), notice.nick)
      return [messageForm(notice, place, { groupName }, await this.#threadOf(notice))]
    }
    const people = [...peopleIn(notice), ...(before === undefined ? [] : [before, ...(view?.signers ?? [])])]
    if (notice.type === 'roster') this.#people.set(personKey(notice.channel, notice.user), notice.nick)
    if (view?.pair) this.#people.set(personKey(notice.channel, view.pair.user), view.pair.nick)
    const isKnown = (user: Uint8Array): boolean => this.#people.has(personKey(notice.channel, user))
    if (view?.descriptor !== undefined && !people.every(isKnown)) await this.#learnPeople(notice.channel)
    const person: Names['person'] = (user) =>
      personForm(user, this.#people.get(personKey(notice.channel, user)) ?? '', this.node.user)
    const form = eventForm(notice, place, { person, groupName }, view)
    if (before === undefined || notice.type !== 'epoch') return [form]
    return [form, officeEvent(notice, before, place, { person }, view)]
  }

  /** What a new message belongs to. What that is about may have been told of a moment ago, and be on its way to the disk. */
  async #threadOf(message: MessageView): Promise<Thread> {
    const thread = await this.node.threads.around(message.channel, [message])
    const isAbout = message.content.text === undefined || message.content.text.replyTo.length > 0
    if (!isAbout || thread.subjectOf(message) !== undefined) return thread
    await writesSoFar(this.node)
    return await this.node.threads.around(message.channel, [message])
  }

  async #learnGroup(channel: Uint8Array, group: Uint8Array): Promise<void> {
    if (this.#groups.has(hex(group)) || this.node.failure !== undefined) return
    for (const { id, name } of await groupsOf(this.node, channel)) this.#groups.set(hex(id), name)
  }

  async #learnPeople(channel: Uint8Array): Promise<void> {
    const result = await this.node.command({ type: 'members', channel })
    if (result.type !== 'members') return
    for (const { user, nick } of result.members) if (nick !== '') this.#people.set(personKey(channel, user), nick)
  }

  // ---------------------------------------------------------------- addresses of others

  noteAddresses(addresses: readonly string[]): void {
    const next = [...new Set([...addresses, ...this.#addresses])].slice(0, MAX_ADDRESSES)
    if (next.join() === this.#addresses.join()) return
    this.#addresses = next
    this.node.remember(ADDRESSES, utf8(JSON.stringify(next))).catch(() => {})
  }

  /** Those we called are where we said they are; those who called us are not. */
  #noteCalled(): void {
    const called = this.node.peers().filter(({ direction }) => direction === 'outbound')
    const texts = called.map(({ address, peer }) => (address.includes('/p2p/') ? address : `${address}/p2p/${peer}`))
    const known = new Set(this.#addresses)
    if (texts.some((text) => !known.has(text))) this.noteAddresses(texts)
  }

  async #recallAddresses(): Promise<void> {
    const kept = await this.node.recall(ADDRESSES)
    const value: unknown = kept === undefined ? [] : JSON.parse(readUtf8(kept) ?? '[]')
    if (Array.isArray(value)) this.#addresses = value.filter((one) => typeof one === 'string').slice(0, MAX_ADDRESSES)
  }

  // ---------------------------------------------------------------- the end

  /** Answers what is being asked, then leaves. Harmless when called again. */
  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    clearInterval(this.#noter)
    if (this.#calls > 0) {
      const { promise, resolve } = Promise.withResolvers<void>()
      const patience = setTimeout(resolve, DRAIN_MS)
      this.#onIdle = resolve
      await promise
      clearTimeout(patience)
      // The answer is written after its call has ended.
      await new Promise((done) => setImmediate(done))
    }
    this.#noteCalled()
    await this.#socket?.close()
    await this.node.stop()
  }
}

const personKey = (channel: Uint8Array, user: Uint8Array): string => `${channelIdText(channel)}/${userText(user)}`

/** Whom a notice speaks of. */
function peopleIn(notice: Exclude<Notice, { type: 'message' }>): readonly Uint8Array[] {
  switch (notice.type) {
    case 'epoch':
      return [notice.issuer]
    case 'roster':
      return [notice.user, notice.by]
    case 'manager':
    case 'alarm':
      return [notice.manager]
    case 'descriptor':
      return [...notice.descriptor.managers, ...notice.before.managers]
    case 'gap':
    case 'unreadable':
      return [notice.sender]
    case 'group':
      return notice.user.length > 0 ? [notice.user, notice.by] : [notice.by]
    case 'session':
    case 'rival':
      return [notice.user]
    case 'publicKey':
      return notice.user.length > 0 ? [notice.user] : []
    case 'keyState':
    case 'exposure':
    case 'messageState':
    case 'presence':
      return []
    default:
      return notice satisfies never
  }
}
