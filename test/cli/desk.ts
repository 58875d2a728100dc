/** A desk whose node answers commands as a test says, for methods without a network. */
import { equalBytes } from '../../src/base/bytes.ts'
import { PeerError, UsageError } from '../../src/base/errors.ts'
import { callMethod, type Desk } from '../../src/cli/methods.ts'
import type { ChannelView, Command, CommandResult, MemberView, PairView } from '../../src/core/command.ts'
import { messageRow, rowsBeside } from '../../src/core/member/history.ts'
import type { MessageView, Notice } from '../../src/core/notice.ts'
import type { ControlCaller } from '../../src/node/control.ts'
import type { Node } from '../../src/node/index.ts'
import { openMemoryStore } from '../../src/node/memory-store.ts'
import type { RowRange } from '../../src/node/store.ts'
import { Threads } from '../../src/node/threads.ts'
import { Admission, Authentication, type Descriptor, HistoryPolicy, Privacy } from '../../src/wire/messages.ts'

export const CHANNEL = new Uint8Array(32).fill(7)

const TERMS = { history: HistoryPolicy.NONE, retentionSeconds: 0 }

/** What happens when a command comes: a result, or nothing when it is none of this test's. */
export type Answer = (command: Command, tell: (notice: Notice) => void) => CommandResult | undefined

const descriptorOf = (user: Uint8Array): Descriptor => ({
  founder: user,
  salt: new Uint8Array(16),
  version: 1,
  previous: new Uint8Array(0),
  name: 'garden',
  suite: 1,
  managers: [user],
  quorum: 0,
  memberManagers: [],
  admission: Admission.BY_INVITE,
  authentication: Authentication.BY_CHALLENGE,
  privacy: Privacy.ENCRYPTED,
  history: HistoryPolicy.NONE,
  partition: 'CONTINUE' as Descriptor['partition'],
  timing: 'LOCAL' as Descriptor['timing'],
  keyLifetimeSeconds: 3600,
  stepSeconds: 0,
  graceSeconds: 600,
  idleSeconds: 90,
  fenceSeconds: 86_400,
  retentionSeconds: 0,
  recoveryKeys: [],
  recoveryThreshold: 0,
  maxMembers: 12,
  withoutTriggers: 1
})

/** A channel named garden, its key there, managed by this user. */
export const gardenOf = (user: Uint8Array): ChannelView => ({
  id: CHANNEL,
  name: 'garden',
  founder: user,
  descriptor: descriptorOf(user),
  key: 'ready',
  term: 3,
  serial: 12,
  commitment: new Uint8Array(16),
  notAfter: 0,
  members: 2,
  manager: user,
  isManagerPresent: true,
  leaseMs: 4000,
  signers: [],
  isStanding: false,
  exposure: 'none',
  isManager: true,
  waiting: 0,
  missing: 0,
  logHead: new Uint8Array(32),
  online: 2
})

export const memberOf = (user: Uint8Array, nick: string, changes: Partial<MemberView> = {}): MemberView => ({
  user,
  nick,
  isFounder: false,
  isManager: false,
  isMemberManager: false,
  isSelf: false,
  isOnline: false,
  holdsKey: false,
  ...changes
})

export const CONVERSATION = new Uint8Array(32).fill(9)

/** A conversation that has begun, with a session that both ends have. */
export const pairOf = (user: Uint8Array, nick: string, changes: Partial<PairView> = {}): PairView => ({
  user,
  id: CONVERSATION,
  nick,
  trust: 'met',
  rival: undefined,
  session: 'open',
  isDirect: true,
  waiting: 0,
  unseen: 0,
  seenUpTo: 0,
  isOnline: true,
  ...changes
})

export class TestDesk {
  /** Commands carried out, lists and views left out. */
  readonly commands: Command[] = []
  view: ChannelView
  members: MemberView[]
  pairs: PairView[] = []
  /** Other channels, and who is in them. */
  others: { readonly view: ChannelView; readonly members: readonly MemberView[] }[] = []
  receipts: Extract<CommandResult, { type: 'receipts' }> = { type: 'receipts', receipts: [], unknown: [], unsent: [] }
  readonly #user: Uint8Array
  readonly #answer: Answer
  readonly #listeners = new Set<(notice: Notice) => void>()
  readonly #store = openMemoryStore()
  readonly #threads = new Threads(this.#store)

  constructor(user: Uint8Array, members: MemberView[], answer: Answer = () => undefined) {
    this.#user = user
    this.view = gardenOf(user)
    this.members = members
    this.#answer = answer
  }

  /** Calls a method as the command line does, with a patience of a moment. */
  async call<T>(name: string, params: Record<string, unknown> = {}): Promise<T> {
    const caller: ControlCaller = { notify: () => {}, closed: new AbortController().signal }
    return (await callMethod(this.#desk, name, { timeout: 1, ...params }, caller)) as T
  }

  /** Keeps messages as a member does. */
  async keep(...messages: MessageView[]): Promise<void> {
    const puts = messages.flatMap((one) => [messageRow(one, new Uint8Array(0), 0), ...rowsBeside(one, TERMS)])
    await this.#store.write({ puts, deletes: [], isDurable: false })
  }

  get #desk(): Desk {
    const node = {
      user: this.#user,
      threads: this.#threads,
      recall: (entry: string) => this.#store.read({ room: 'program', entry }),
      remember: (entry: string, value: Uint8Array) =>
        this.#store.write({ puts: [{ room: 'program', entry, value }], deletes: [], isDurable: false }),
      messages: async (channel: Uint8Array, range: RowRange) => {
        const views: MessageView[] = []
        for await (const one of this.#threads.stream(channel, range)) views.push(one)
        return views
      },
      peers: () => [],
      topics: () => [],
      command: async (command: Command) => this.#run(command),
      onNotice: (listener: (notice: Notice) => void) => {
        this.#listeners.add(listener)
        return () => this.#listeners.delete(listener)
      }
    } as unknown as Node
    return { node, home: '', startedAt: 0, noteAddresses: () => {}, subscribe: () => {} }
  }

  #pairs(user: Uint8Array | undefined): readonly PairView[] {
    if (user === undefined) return this.pairs
    if (equalBytes(user, this.#user)) throw new UsageError('TO_ONESELF', 'This is your own user id.')
    const known = this.pairs.find((one) => equalBytes(one.user, user))
    const nick = this.members.find((one) => equalBytes(one.user, user))?.nick ?? ''
    return [known ?? pairOf(user, nick, { trust: undefined, session: 'none', isDirect: false })]
  }

  #run(command: Command): CommandResult {
    if (command.type === 'channels')
      return { type: 'channels', channels: [this.view, ...this.others.map(({ view }) => view)] }
    if (command.type === 'members') {
      const other = this.others.find(({ view }) => equalBytes(view.id, command.channel))
      if (other !== undefined && other.view.descriptor === undefined)
        throw new UsageError('NOT_JOINED_YET', 'This channel was not found yet.')
      return { type: 'members', members: other?.members ?? this.members }
    }
    if (command.type === 'pairs') return { type: 'pairs', pairs: this.#pairs(command.user) }
    if (command.type === 'receipts') return this.receipts
    const result = this.#answer(command, (notice) => {
      for (const listener of this.#listeners) listener(notice)
    })
    if (result === undefined) throw new UsageError('UNEXPECTED', `nobody expected ${command.type}`)
    if (!['groups', 'keys', 'invites'].includes(command.type)) this.commands.push(command)
    return result
  }
}

/** The code that a call ends with. */
export async function codeOf(call: Promise<unknown>): Promise<string> {
  try {
    await call
  } catch (error) {
    if (error instanceof UsageError || error instanceof PeerError) return error.code
    throw error
  }
  return 'none'
}
