/** People and their channel in whatever world: what they do and suffer happens to it, and the truth is written down. */
import { present } from '../base/assert.ts'
import { EMPTY, equalBytes, unhex } from '../base/bytes.ts'
import type { ChannelSettings, ChannelView, Command, GroupView } from '../core/command.ts'
import { asUserId } from '../core/identity/user.ts'
import { type SigningKey, signingKey } from '../crypto/sign.ts'
import type { Content } from '../wire/messages.ts'
import { type Checker, Violation } from './checkers/checker.ts'
import { type Deed, LEADER, twinOf } from './deeds.ts'
import { CALM_DIRECTORY } from './directory.ts'
import type { DiskCopy } from './disk.ts'
import { type Flood, Hostile } from './hostile.ts'
import { type Lie, lying } from './lying-manager.ts'
import { CALM } from './network.ts'
import type { JudgingMachine, NodeConfig, Pending, SimNode } from './node.ts'
import { Random } from './random.ts'
import { knowsInvite, Rosters } from './rosters.ts'
import type { Setting } from './scene.ts'
import { NAME_MARK, type Person, TEXT_MARK, Truth } from './truth.ts'

/** Nobody types `join` again sooner. */
const JOIN_AGAIN_MS = 5_000

/** Makes the peer of a user. `Peer` of `core/peer.ts`, or a toy. */
export type MakePeer = (config: { readonly key: SigningKey; readonly nick: string }) => JudgingMachine

export interface CastConfig {
  readonly seed: number
  readonly makePeer: MakePeer
  readonly people: readonly string[]
  /** In order; the first creates the channel. The first of `people` unless told. */
  readonly managers?: readonly string[]
  /** Who may admit and remove, besides the managers. */
  readonly memberManagers?: readonly string[]
  readonly settings?: Omit<ChannelSettings, 'managers' | 'memberManagers'>
  readonly nodes?: Readonly<Record<string, Pick<NodeConfig, 'skewMs' | 'rate' | 'syncMs'>>>
  /** Watch the run. They get the truth to compare with. */
  readonly checkers?: (truth: Truth) => readonly Checker[]
}

/** The text that stands for `text` on the wire: marked, so that a search finds it wherever it leaks. */
export const sayText = (text: string): string => `${TEXT_MARK} ${text}`

/** What somebody typed. @param text - as it is on the wire. */
export const typedText = (text: string): string => text.slice(TEXT_MARK.length + 1)

/** Something that is so, or not yet. It may ask peers, but changes nothing. */
export type Condition = (cast: Cast) => boolean

/** A claim about what happened so far. Throws a `Violation`. */
export type Claim = (cast: Cast) => void

/** People, and what they do and suffer, in whatever world. */
export class Cast<W extends Setting = Setting> {
  readonly config: CastConfig
  readonly world: W
  readonly truth = new Truth()
  readonly managers: readonly string[]
  readonly #keys = new Map<string, SigningKey>()
  readonly #diskCopies = new Map<string, DiskCopy>()
  readonly #lies = new Map<string, Lie>()
  readonly #hostile: Hostile

  /** @param makeWorld - one that these look at. */
  constructor(config: CastConfig, makeWorld: (checkers: readonly Checker[]) => W) {
    this.config = config
    const { seed, people } = config
    this.managers = config.managers ?? people.slice(0, 1)
    this.world = makeWorld([this.truth, ...(config.checkers?.(this.truth) ?? [])])
    for (const name of people) this.#addPerson(name)
    this.#hostile = new Hostile(this.world.network, new Random(seed, 'hostile'))
    for (const { node } of this.truth.people) this.world.start(node)
  }

  #addPerson(name: string): void {
    const { seed, makePeer, nodes } = this.config
    const keySeed = new Random(seed, 'key', name).bytes(32)
    const key = signingKey(keySeed)
    this.#keys.set(name, key)
    const node = this.world.addNode({
      name,
      user: asUserId(key.publicKey),
      // A new process has a key object of its own: nothing of the one before lives on in it.
      boot: () => {
        const peer = makePeer({ key: signingKey(keySeed), nick: `${NAME_MARK} ${name}` })
        const lie = this.#lies.get(name)
        return lie === undefined ? peer : lying(peer, signingKey(keySeed), lie)
      },
      ...nodes?.[name]
    })
    this.truth.add(node, this.managers.includes(name))
  }

  fail(claim: string, invariant = 'promise'): never {
    return this.world.fail(new Violation(invariant, claim))
  }

  /** Who leads at this moment: whose heartbeat the carrier saw last under the highest term; the first manager before any. */
  leaderAt(): Person {
    return this.truth.lead?.by ?? this.person(this.managers[0]!)
  }

  person(name: string): Person {
    if (name === LEADER) return this.leaderAt()
    return present(
      this.truth.people.find((person) => person.name === name),
      `${name} is in the story`
    )
  }

  #nodeOf(name: string): SimNode {
    return name === LEADER ? this.leaderAt().node : this.world.node(name)
  }

  keyOf(name: string): SigningKey {
    return present(this.#keys.get(name), `${name} is in the story`)
  }

  get channel(): Uint8Array {
    return this.truth.channel ?? this.fail('there is no channel yet')
  }

  /** What a peer says of the channel now; undefined when it is down, asleep, or does not know it. */
  view(name: string): ChannelView | undefined {
    return this.#channels(name)?.find(({ id }) => equalBytes(id, this.truth.channel ?? EMPTY))
  }

  /** Whether a peer says that it does not know the channel. */
  isOutside(name: string): boolean {
    return this.#channels(name)?.every(({ id }) => !equalBytes(id, this.truth.channel ?? EMPTY)) ?? false
  }

  /** The channels that a peer knows; undefined when it does not say. */
  #channels(name: string): readonly ChannelView[] | undefined {
    const result = this.#command(name, { type: 'channels' })?.result
    return result === undefined || result instanceof Error || result.type !== 'channels' ? undefined : result.channels
  }

  /** What a peer says of the groups now; empty when it is down or asleep. */
  groups(name: string): readonly GroupView[] {
    const result = this.#command(name, { type: 'groups', channel: this.channel })?.result
    return result === undefined || result instanceof Error || result.type !== 'groups' ? [] : result.groups
  }

  /** Who is in a group by the statements that its founder's peer keeps. */
  inGroup(name: string): readonly Person[] {
    const group = this.truth.groupId(name)
    if (group === undefined) return []
    const members = Rosters.of(this.truth, this.person(this.managers[0]!).node).groupMembers(group)
    return this.truth.people.filter(({ key }) => members.has(key))
  }

  /** Does one thing now. */
  act(act: Deed): void {
    const { world } = this
    switch (act.type) {
      case 'create':
        this.#create(act.who)
        break
      case 'invite':
        this.#invite(act.who, act.uses ?? 0)
        break
      case 'join':
        this.join(this.person(act.who))
        break
      case 'say':
        this.#say(act)
        break
      case 'sayTo':
        this.#sayTo(act)
        break
      case 'admit':
        this.#command(act.by, { type: 'admit', channel: this.channel, user: this.person(act.who).node.user })
        break
      case 'remove':
        this.#remove(act.who, act.by, act.isForCause ?? false)
        break
      case 'leave':
        this.#leave(act.who)
        break
      case 'amend':
        this.#amend(act)
        break
      case 'rekey':
        this.#rekey(act.by, act.group)
        break
      case 'createGroup':
      case 'dissolveGroup':
      case 'putIntoGroup':
      case 'takeOutOfGroup':
        this.#changeGroup(act)
        break
      case 'setNick':
        this.#command(act.who, { type: 'setNick', nick: `${NAME_MARK} ${act.nick}` })
        break
      case 'crash':
      case 'stop':
      case 'start':
      case 'pause':
      case 'resume':
      case 'suspend':
      case 'clock':
      case 'copyDisk':
      case 'oldDisk':
      case 'emptyDisk':
        this.#disturbNode(act)
        break
      case 'partition':
        world.network.partition(...act.sets.map((set) => set.map((name) => this.#nodeOf(name))))
        break
      case 'isolate':
        world.network.isolate(this.person(act.who).node)
        break
      case 'cut':
        world.network.cut(this.person(act.from).node, this.person(act.to).node)
        break
      case 'heal':
        world.network.heal()
        break
      case 'weather':
        world.network.conditions = { ...world.network.conditions, ...act.conditions }
        break
      case 'directory':
        world.directory.conditions = { ...world.directory.conditions, ...act.conditions }
        break
      case 'replay':
        this.#hostile.replay(act.count)
        break
      case 'flood':
        this.#flood(act.what, act.count, act.as)
        break
      case 'lie':
        this.#lie(this.person(act.who), act.lie)
        break
      case 'calm':
        this.#calm()
        break
      default:
        act satisfies never
    }
  }

  /** Tells a person to join, or to try again when the last try is some time ago. */
  join(person: Person): void {
    const invite = this.truth.invites.at(-1)
    const last = person.joins.at(-1)
    person.isJoining = true
    if (invite === undefined || (last !== undefined && this.world.time - last.at < JOIN_AGAIN_MS)) return
    const pending = this.#command(person.name, { type: 'join', invite })
    if (pending !== undefined) person.joins.push(pending)
  }

  #command(name: string, command: Command): Pending | undefined {
    const { node } = this.person(name)
    return node.isUp ? this.world.command(node, command) : undefined
  }

  #create(who: string): void {
    const managers = this.managers.map((name) => this.person(name).node.user)
    const memberManagers = (this.config.memberManagers ?? []).map((name) => this.person(name).node.user)
    const settings = { name: `${NAME_MARK} room`, ...this.config.settings, managers, memberManagers }
    const pending = this.#command(who, { type: 'createChannel', settings })
    if (pending?.result instanceof Error) this.fail(`${who} cannot create the channel: ${pending.result.message}`)
    if (pending !== undefined) this.person(who).joins.push(pending)
  }

  #invite(who: string, uses: number): void {
    const addresses = [this.world.addressOf(this.person(who).node)]
    const command: Command = { type: 'invite', channel: this.channel, uses, lifetimeMs: undefined, addresses }
    this.#command(who, command)
  }

  #say({ who, text: words, isPlain = false, group: name, isReply = false }: Extract<Deed, { type: 'say' }>): void {
    const { channel } = this.truth
    const person = this.person(who)
    const group = name === undefined ? EMPTY : this.truth.groupId(name)
    if (channel === undefined || group === undefined || !person.node.isUp) return
    const text = sayText(words)
    const { world } = this
    const content = contentOf(text, isReply ? newestOther(person, group) : EMPTY)
    const command: Command = { type: 'say', channel, group, content, isPlain }
    // The machine may show it before the command returns, so the truth is written down first.
    world.command(person.node, command, (pending) => {
      this.truth.noteSaid({ text, by: person, at: world.time, isPlain, group, pending })
    })
  }

  #sayTo({ who, to, text: words }: Extract<Deed, { type: 'sayTo' }>): void {
    const [person, other] = [this.person(who), this.person(to)]
    if (!person.node.isUp) return
    const text = sayText(words)
    const { world } = this
    const command: Command = { type: 'sayTo', user: other.node.user, content: contentOf(text, EMPTY) }
    world.command(person.node, command, (pending) => {
      this.truth.noteSaid({ text, by: person, at: world.time, isPlain: false, group: EMPTY, to: other, pending })
    })
  }

  #rekey(by: string, name: string | undefined): void {
    const group = name === undefined ? EMPTY : this.truth.groupId(name)
    if (group !== undefined) this.#command(by, { type: 'rekey', channel: this.channel, group })
  }

  #changeGroup(
    act: Extract<Deed, { type: 'createGroup' | 'dissolveGroup' | 'putIntoGroup' | 'takeOutOfGroup' }>
  ): void {
    const { channel, truth } = this
    const by = this.person(act.by)
    const who = 'who' in act ? this.person(act.who) : undefined
    const group = act.type === 'createGroup' ? EMPTY : truth.groupId(act.group)
    if (group === undefined) return
    const pending = this.#command(act.by, groupCommand(act.type, channel, group, act.group, who?.node.user))
    if (pending !== undefined) truth.noteGroupChange(act.group, { type: GROUP_CHANGES[act.type], who, by, pending })
  }

  #remove(who: string, by: string, isForCause: boolean): void {
    const person = this.person(who)
    const pending = this.#command(by, { type: 'remove', channel: this.channel, user: person.node.user, isForCause })
    if (pending !== undefined) person.partings.push(pending)
  }

  #amend({ by, promote = [], dismiss = [], changes = {} }: Extract<Deed, { type: 'amend' }>): void {
    const usersOf = (names: readonly string[]): Uint8Array[] => names.map((name) => this.person(name).node.user)
    const lists = { addManagers: usersOf(promote), removeManagers: usersOf(dismiss) }
    for (const name of promote) this.person(name).isManager = true
    const command: Command = { type: 'amendChannel', channel: this.channel, changes: { ...changes, ...lists } }
    const pending = this.#command(by, command)
    if (pending !== undefined) for (const name of dismiss) this.person(name).partings.push(pending)
  }

  #leave(who: string): void {
    const person = this.person(who)
    const pending = this.#command(who, { type: 'leaveChannel', channel: this.channel })
    if (pending !== undefined) person.partings.push(pending)
  }

  #disturbNode(
    act: Extract<
      Deed,
      {
        type:
          | 'crash'
          | 'stop'
          | 'start'
          | 'pause'
          | 'resume'
          | 'suspend'
          | 'clock'
          | 'copyDisk'
          | 'oldDisk'
          | 'emptyDisk'
      }
    >
  ): void {
    const { world } = this
    const node = this.#nodeOf(act.who)
    switch (act.type) {
      case 'crash':
        if (act.afterEffects === undefined) world.crash(node, act.loss)
        else world.crashAfter(node, act.afterEffects, act.loss ?? 'nothing')
        if (act.forMs !== undefined) world.schedule(act.forMs, () => this.#start(node))
        break
      case 'stop':
        world.stop(node)
        if (act.forMs !== undefined) world.schedule(act.forMs, () => this.#start(node))
        break
      case 'start':
        this.#start(node)
        break
      case 'pause':
        world.pause(node)
        if (act.forMs !== undefined) world.schedule(act.forMs, () => world.resume(node))
        break
      case 'resume':
        world.resume(node)
        break
      case 'suspend':
        world.suspend(node, act.forMs)
        break
      case 'clock':
        node.clock.jump(act.jumpMs ?? 0)
        if (act.rate !== undefined) world.setRate(node, act.rate)
        break
      case 'copyDisk':
        this.#diskCopies.set(act.who, node.disk.copy())
        break
      case 'oldDisk':
        this.#setBack(this.person(act.who), this.#diskCopies.get(act.who))
        break
      case 'emptyDisk':
        this.#setBack(this.person(act.who), new Map())
        break
      default:
        act satisfies never
    }
  }

  #start(node: SimNode): void {
    node.effectsUntilCrash = undefined
    if (!node.isUp) this.world.start(node)
  }

  #setBack(person: Person, copy: DiskCopy | undefined): void {
    if (copy === undefined || person.node.isUp) return
    person.node.disk.replace(copy)
    person.isRolledBack = true
    // The founder, too, has to join what its disk does not know any more.
    person.isJoining ||= person.joins.length > 0
    this.#forgetInvites()
  }

  /** Invites that nobody has heard of but who forgot them are worth nothing: those who ask with one get another. */
  #forgetInvites(): void {
    const { truth } = this
    const isKnown = (invite: string): boolean => truth.people.some(({ node }) => knowsInvite(node, invite))
    truth.invites = truth.invites.filter(isKnown)
    for (const person of truth.people) {
      const isVain = person.joins.some(({ command }) => command.type === 'join' && !isKnown(command.invite))
      if (person.readyAt !== undefined || !isVain) continue
      person.joins = []
      person.isJoining = truth.invites.length > 0
    }
  }

  #flood(what: Flood, count: number, as: string | undefined): void {
    const { channel } = this.truth
    if (channel === undefined) return
    if (as !== undefined) this.person(as).isByzantine = true
    this.#hostile.flood(channel, what, count, as === undefined ? undefined : this.keyOf(as))
  }

  #lie(person: Person, lie: Lie): void {
    const { world, truth } = this
    const { name, node } = person
    if (this.#lies.has(name)) return
    person.isByzantine = true
    person.isLiar = true
    this.#lies.set(name, lie)
    if (node.machine !== undefined) node.machine = lying(node.machine, this.keyOf(name), lie, node.disk.all())
    if (lie !== 'two lives') return
    world.crash(node)
    const { user, boot, disk } = node
    const twin = world.addNode({ name: twinOf(name), user, boot })
    twin.disk.replace(disk.copy())
    truth.addTwin(twin, person)
  }

  #calm(): void {
    const { world } = this
    world.network.conditions = CALM
    world.directory.conditions = CALM_DIRECTORY
    world.network.heal()
    this.#lies.clear()
    for (const node of world.nodes) if (this.truth.personOf(node)?.isLiar) world.crash(node)
    for (const person of this.truth.people) {
      const { node } = person
      person.isLiar = false
      node.syncMs = 0
      world.setRate(node, 1)
      node.clock.repair(world.time)
      this.#start(node)
      world.resume(node)
    }
  }
}

const contentOf = (text: string, replyTo: Uint8Array): Partial<Content> => ({
  writtenAt: 0,
  replaces: EMPTY,
  text: { text, replyTo, isAction: false }
})

/** The id of the newest message of others that somebody was shown there; empty when there is none. */
function newestOther({ shown }: Person, group: Uint8Array): Uint8Array {
  const newest = shown.findLast(({ view }) => !view.isOwn && equalBytes(view.group, group))
  return newest === undefined ? EMPTY : unhex(newest.view.id)
}

const GROUP_CHANGES = {
  createGroup: 'make',
  dissolveGroup: 'dissolve',
  putIntoGroup: 'put-in',
  takeOutOfGroup: 'take-out'
} as const

function groupCommand(
  type: keyof typeof GROUP_CHANGES,
  channel: Uint8Array,
  group: Uint8Array,
  name: string,
  user: Uint8Array | undefined
): Command {
  if (type === 'createGroup') return { type, channel, name: `${NAME_MARK} ${name}` }
  if (type === 'dissolveGroup') return { type, channel, group }
  return { type, channel, group, user: present(user, 'somebody is put in or taken out') }
}
